/*
 * batch.h - what is committed together: prepared outside any lock, then
 * written and indexed under it. ms-archive(5), Writing. Layer: above archive.
 */
#ifndef MS_BATCH_H
#define MS_BATCH_H
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include "archive.h"
#include "block.h"
#include "index.h"

/* When a batch is full; MS_BATCH_STORED and MS_BATCH_META are in log.h. */
#define MS_BATCH_MESSAGES 2048
#define MS_BATCH_BLOBS 4096
#define MS_BATCH_DEPOSITS 16384 /* also those that were known */

/* Where messages go: one for each user, source and folder. */
struct ms_dest {
	char *user, *source, *folder;
	char *label; /* NULL: leave it */
	bool create_user;
	size_t events_max;       /* bytes that its events take at most */
	_Atomic bool has_user;   /* the archive has, that is known */
	_Atomic uint64_t number; /* the folder's, once it is committed; 0 */
	uint64_t commit_serial,
	    commit_folder; /* the commit's: number within one batch */
};

enum ms_outcome {
	MS_OUTCOME_NEW,   /* its id was not in the archive */
	MS_OUTCOME_KNOWN, /* it was */
	MS_OUTCOME_FAILED /* err says why */
};

#define MS_NO_NEW_MESSAGE UINT32_MAX

/* One message to be recorded at one place, and what became of it. */
struct ms_deposit {
	struct ms_dest *dest;
	unsigned char id[MS_SHA_LEN];
	int64_t date;
	uint8_t form, bits;
	uint32_t new_message; /* which ms_new_message of the batch it is;
			   MS_NO_NEW_MESSAGE */
	uint64_t message; /* the MESSAGE it is a copy of, if known by number; 0:
			     by its id */
	bool reference;   /* ref=: must be known, and this user's */
	bool resolved;    /* known with its place, or failed before it was
			    looked for: nothing is to be written */
	/* offsets in the batch's text; from: the folder it was moved from */
	size_t place, flags, other, from, where;
	uint32_t place_n, flags_n, other_n, from_n, where_n;
	/* Filled by ms_batch_commit(): */
	enum ms_outcome outcome;
	bool occurrence;     /* a new one was recorded */
	bool source_missing; /* the user has it in no such folder as `from` */
	struct ms_err *err;  /* if failed; owned */
};

/* A MESSAGE of the batch. */
struct ms_new_message {
	unsigned char id[MS_SHA_LEN];
	uint64_t size;
	bool mixed_eol; /* of mixed line ends: only an equal record serves */
	uint32_t image, row; /* image: among the meta images */
	uint32_t bytes;
	struct ms_message_meta meta;
	uint64_t number; /* the commit's: the record that serves, this or an
			    earlier one */
	bool known;      /* an earlier record serves */
	bool id_known;   /* one of this id was there */
};

/* A BLOB of the batch. */
struct ms_new_blob {
	unsigned char digest[MS_SHA_LEN];
	uint32_t image, row; /* image: among the data images */
	uint32_t bytes;
	bool known;
};

/*
 * A commit under way, as ms_batch.decide() sees it: its transaction, in which
 * all that was recorded so far can be looked up, and a way to add EVENTs.
 */
struct ms_committer;
struct ms_txn *ms_committer_txn(struct ms_committer *c);
/*
 * Adds an EVENT; *number receives its record number. json is valid
 * (ms-archive(5), EVENT) and not longer than MS_EVENT_MAX; it is copied.
 * Returns 0, or -1 with err set as by ms_batch_commit().
 */
int ms_committer_event(struct ms_committer *c, struct ms_slice json,
    uint64_t *number, struct ms_err *err);

/* All of it; {0} is empty. The pipeline (ingest.h) fills it. */
struct ms_batch {
	struct ms_block_image **data, **meta; /* finished blocks, in order */
	uint32_t data_n, meta_n;
	struct ms_buf messages; /* struct ms_new_message */
	struct ms_buf blobs;    /* struct ms_new_blob */
	struct ms_buf deposits; /* struct ms_deposit, in order of arrival */
	struct ms_buf text;     /* places, flags and the like */
	/* Called when all else has its numbers, in the transaction, and perhaps
	 * more than once: adds records of its own. Or NULL. */
	int (*decide)(void *ctx, struct ms_committer *c, struct ms_err *err);
	void *decide_ctx;
	size_t stored; /* bytes of the images so far */
};

/* It fails; the sentence may end in a name. Frees nothing; err is made. */
void ms_deposit_fail(struct ms_deposit *d, const char *why, const char *name);
struct ms_deposit *ms_batch_deposits(const struct ms_batch *b, size_t *count);
void ms_batch_add_image(struct ms_batch *b, struct ms_block_image *image);
/* Empties it; images and errors are freed. */
void ms_batch_clear(struct ms_batch *b);
void ms_batch_release(struct ms_batch *b);

/*
 * Writes the batch: lock, catch up, look everything up once more, append,
 * sync, index. When it returns 0 every deposit has its outcome and all of it
 * is durable. If nothing is to be written nothing is, and no lock is taken.
 * -1: nothing of it was acknowledged: MS_TEMP (disk full), MS_IO, MS_DATA (the
 * archive is damaged).
 */
int ms_batch_commit(
    struct ms_archive *a, struct ms_batch *b, struct ms_err *err);

/*
 * Records an EVENT (event.h writes its JSON) in a batch of its mixed_eol;
 * durable when it returns 0. The archive is open for writing. -1 as above;
 * MS_BUG: longer than MS_EVENT_MAX, or no EVENT.
 */
int ms_archive_log_event(
    struct ms_archive *a, struct ms_slice json, struct ms_err *err);

/*
 * Takes out the BLOBs and MESSAGEs that are marked `known`: their blocks are
 * decompressed and built anew without them. MS_DATA: never, but for memory
 * gone bad.
 */
int ms_batch_sift(struct ms_batch *b, struct ms_err *err);

#endif
