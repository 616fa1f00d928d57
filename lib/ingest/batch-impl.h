/*
 * batch-impl.h - the state of ms_batch_commit(), shared by the files that
 * implement it. Layer: batch.
 */
#ifndef MS_BATCH_IMPL_H
#define MS_BATCH_IMPL_H
#include "archive-writer.h"
#include "batch.h"
#include "map.h"

/* A commit under way. */
struct ms_committer {
	struct ms_archive *a;
	struct ms_batch *b;
	struct ms_txn txn;
	struct ms_position pos;
	/* EVENT, OCCURRENCE, PLACE, MOVED and COMMIT records, which follow the
	 * blocks of the batch. */
	struct ms_block_builder last;
	uint64_t last_first;            /* number of the first record in last */
	struct ms_block_image **closed; /* full blocks that precede last */
	uint32_t closed_n;
	/* Added by this batch; keys are digests. names: number of a name;
	 * message_folders: occurrence of a message in a folder; places. */
	struct ms_map names, message_folders, places;
	uint64_t serial;
	bool durable; /* written and synced, whatever happens to the index */
};

/* Frees n images, but not the list. */
void ms_images_free(struct ms_block_image **list, uint32_t n);

/* Adds a record after those of the batch; *number receives its number. */
int ms_committer_record(struct ms_committer *c, uint8_t type,
    struct ms_slice content, uint64_t *number, struct ms_err *err);
/* Removes the records that were added. */
void ms_committer_clear(struct ms_committer *c);
/*
 * ms_committer_name() finds the number of a name. If the name is new and
 * `create` is true, an event is added for it. A deleted user counts as
 * unknown; `create` restores the user by an event.
 * The function returns 1, 0 if the name is unknown, or -1.
 */
int ms_committer_name(struct ms_committer *c, enum ms_name_kind kind,
    uint64_t user, uint64_t source, const char *name, bool create,
    uint64_t *number, struct ms_err *err);
/* Finds or creates the folder of a destination. Returns 1, 0 if there is no
 * such user, or -1. */
int ms_committer_folder(struct ms_committer *c, struct ms_dest *dest,
    uint64_t *folder, struct ms_err *err);
/*
 * Records one deposit. A deposit that does not fit the present state of the
 * archive (for example, its user is gone) fails, and the function returns 0.
 */
int ms_committer_deposit(
    struct ms_committer *c, struct ms_deposit *d, struct ms_err *err);

#endif
