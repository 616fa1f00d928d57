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
	uint64_t imported; /* the change that shows messages where another
			      archive does; or 0 */
	uint64_t restored; /* the change that brings removed ones back; or 0 */
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
 * These find the number of a user, a source, or a folder of both by its name.
 * If the name is new and `create` is true, an event is added for it. A deleted
 * user counts as unknown; `create` restores the user by an event. They return
 * 1, 0 if the name is unknown, or -1.
 */
int ms_committer_user(struct ms_committer *c, const char *name, bool create,
    uint64_t *number, struct ms_err *err);
int ms_committer_source(struct ms_committer *c, const char *name, bool create,
    uint64_t *number, struct ms_err *err);
int ms_committer_folder_of(struct ms_committer *c, uint64_t user,
    uint64_t source, const char *name, bool create, uint64_t *number,
    struct ms_err *err);
/* Finds or creates the folder of a destination. Returns 1, 0 if there is no
 * such user, or -1. */
int ms_committer_folder(struct ms_committer *c, struct ms_dest *dest,
    uint64_t *folder, struct ms_err *err);

/* ---- batch-find.c ---- */

/* A digest of some bytes and a folder, for the maps of this batch. */
void ms_deposit_digest(
    const void *p, size_t n, uint64_t folder, unsigned char digest[MS_SHA_LEN]);
/* The text of a deposit; {0} for none. */
struct ms_slice ms_deposit_text(
    const struct ms_committer *c, size_t at, uint32_t n);
/* Finds the user and the source of a deposit. Returns 1, 0 or -1. */
int ms_committer_owner(struct ms_committer *c, const struct ms_deposit *d,
    uint64_t *user, uint64_t *source, struct ms_err *err);
/* Finds the occurrence of a message (first of its id) in a folder. Returns 1, 0
 * or -1. */
int ms_committer_occurrence(struct ms_committer *c, const struct ms_deposit *d,
    uint64_t first, uint64_t folder, uint64_t *occurrence, struct ms_err *err);
/* The place in the OCCURRENCE of a message in a folder; a view of the index. 1,
 * 0, -1. */
int ms_committer_own_place(struct ms_committer *c, uint64_t first,
    uint64_t folder, struct ms_slice *place, struct ms_err *err);

/* ---- batch-moves.c ---- */

/* The mark of an occurrence: the one that the message was moved to, and when.
 */
struct ms_mark {
	uint64_t to; /* 0: not moved */
	int64_t time;
};
/* Reads the mark, with what this batch has recorded. 0, -1. */
int ms_committer_mark(struct ms_committer *c, uint64_t occurrence,
    struct ms_mark *mark, struct ms_err *err);
/* Marks an occurrence. The occurrence that it names keeps its own mark. 0, -1.
 */
int ms_committer_set_mark(struct ms_committer *c, uint64_t left,
    struct ms_mark mark, struct ms_err *err);
/*
 * Records that the message of a deposit was moved to this occurrence: a MOVED
 * names the occurrence in the folder from which it came.
 *   folder    of this occurrence
 *   arrived   the message was not known at this place
 * 0, -1.
 */
int ms_committer_moved(struct ms_committer *c, struct ms_deposit *d,
    uint64_t first, uint64_t occurrence, uint64_t folder, bool arrived,
    struct ms_err *err);

/* ---- batch-view.c ---- */

/* A message was moved to occurrence `now`, which is in this folder: a change
 * that shows the occurrence that was left, or hides it, also applies to the new
 * one. 0, -1. */
int ms_committer_follow(struct ms_committer *c, uint64_t left, uint64_t now,
    uint64_t folder, struct ms_err *err);
/* Shows an occurrence where another archive shows it, unless a person has
 * decided otherwise here. 0, -1. */
int ms_committer_shown(struct ms_committer *c, const struct ms_deposit *d,
    uint64_t occurrence, uint64_t folder, struct ms_err *err);
/* Adds a folder event; the folder may have the name of an earlier one. 0, -1.
 */
int ms_committer_add_folder(struct ms_committer *c, uint64_t user,
    uint64_t source, const char *name, uint64_t *number, struct ms_err *err);
/* Sets d->removed if a person has removed the occurrence of a deposit; or
 * brings it back, if d->restore is set. 0, -1. */
int ms_committer_removed(struct ms_committer *c, struct ms_deposit *d,
    uint64_t occurrence, uint64_t folder, struct ms_err *err);

/* ---- batch-receipt.c ---- */

/* Records a RECEIPT, for a deposit with d->receipt. Returns as
 * ms_committer_deposit(). */
int ms_committer_receipt(
    struct ms_committer *c, struct ms_deposit *d, struct ms_err *err);

/*
 * Records one deposit. A deposit that does not fit the present state of the
 * archive (for example, its user is gone) fails, and the function returns 0.
 */
int ms_committer_deposit(
    struct ms_committer *c, struct ms_deposit *d, struct ms_err *err);

#endif
