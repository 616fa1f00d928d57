/*
 * batch-impl.h - a batch on its way into the archive: what the files of
 * ms_batch_commit() share. Not for others. Layer: batch.
 */
#ifndef MS_BATCH_IMPL_H
#define MS_BATCH_IMPL_H
#include "archive-impl.h"
#include "batch.h"
#include "map.h"

/* One commit in the making. */
struct ms_committer {
	struct ms_archive *a;
	struct ms_batch *b;
	struct ms_txn txn;
	struct ms_position pos;
	struct ms_block_builder last;   /* EVENT, OCCURRENCE, PLACE, MOVED,
					   COMMIT */
	uint64_t last_first;            /* number of its first record */
	struct ms_block_image **closed; /* full ones, before `last` */
	uint32_t closed_n;
	struct ms_map names, message_folders, places; /* added by this batch */
	uint64_t serial;
	bool durable; /* written and synced, whatever the index says */
};

/* Frees n images, but not the list. */
void ms_images_free(struct ms_block_image **list, uint32_t n);

/* Adds a record behind those of `last`; its number. A `last` that is full is
 * closed first: names can be long, and blocks have a limit. */
int ms_committer_record(struct ms_committer *c, uint8_t type,
    struct ms_slice content, uint64_t *number, struct ms_err *err);
/* Forgets the records added. */
void ms_committer_clear(struct ms_committer *c);
/* The number of a name, which gets an event if it is new and may be made.
 * 1 got it, 0 there is none, -1. */
int ms_committer_name(struct ms_committer *c, enum ms_name_kind kind,
    uint64_t user, uint64_t source, const char *name, bool make,
    uint64_t *number, struct ms_err *err);
/* The folder of a destination. 1, 0 there is no such user, -1. */
int ms_committer_folder(struct ms_committer *c, struct ms_dest *dest,
    uint64_t *folder, struct ms_err *err);
/*
 * Records one deposit. What no longer fits the archive as it is now (its
 * user is gone) fails by itself.
 */
int ms_committer_deposit(
    struct ms_committer *c, struct ms_deposit *d, struct ms_err *err);

#endif
