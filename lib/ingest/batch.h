/*
 * batch.h - a batch is what one commit writes: messages, their BLOBs, and the
 * folders they are put in. It is prepared without a lock, then written and
 * indexed under `lock`. ms-archive(5), Writing. Layer: above archive.
 */
#ifndef MS_BATCH_H
#define MS_BATCH_H
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include "archive.h"
#include "block.h"
#include "index.h"

/* When a batch is full; MS_BATCH_STORED and MS_BATCH_META are in log.h. A batch
 * has all deposits of its last message, so it can have more of them. */
#define MS_BATCH_MESSAGES 2048
#define MS_BATCH_BLOBS 4096
#define MS_BATCH_DEPOSITS 16384 /* including those that write nothing */

/* A destination of messages: one for each user, source and folder. */
struct ms_dest {
	char *user, *source, *folder;
	char *label; /* NULL: leave the label as it is */
	bool create_user;
	size_t events_max;       /* bytes that its events take at most */
	_Atomic bool has_user;   /* the archive is known to have the user */
	_Atomic uint64_t number; /* of the folder, once it is committed; or 0 */
	/* Used by ms_batch_commit(): the folder's number in the commit of this
	 * serial number. */
	uint64_t commit_serial, commit_folder;
};

enum ms_outcome {
	MS_OUTCOME_NEW,     /* the id was not in the archive */
	MS_OUTCOME_KNOWN,   /* the id was in the archive */
	MS_OUTCOME_FAILED,  /* err gives the reason */
	MS_OUTCOME_LEFT_OUT /* a person has removed it: `removed` */
};

#define MS_NO_NEW_MESSAGE UINT32_MAX

/* A deposit: one message to be recorded in one folder, and the outcome. */
struct ms_deposit {
	struct ms_dest *dest;
	/* Where the message was found, if it is assigned to users. */
	struct ms_dest *mailbox;
	bool copy; /* the same message as that of the deposit before */
	bool more; /* copies follow, in the same batch */
	unsigned char id[MS_SHA_LEN];
	struct ms_raw_date raw;
	int64_t date; /* of arrival; 0 with MS_DATE_UNKNOWN */
	uint8_t form, bits;
	uint32_t new_message; /* index of the batch's ms_new_message; or
				 MS_NO_NEW_MESSAGE */
	uint64_t message;     /* MESSAGE it is a copy of, if known by number;
				 0: found by its id */
	bool reference;       /* ref=: the user must have the message already */
	bool gone;            /* the message has left this folder */
	bool has_left;        /* `left` is stated */
	int64_t moved_at;     /* when the message was moved, if has_left */
	bool restore;         /* a removed occurrence comes back into view */
	bool receipt;         /* it adds a RECEIPT: the message was assigned */
	bool resolved; /* nothing is to be written: it is known with its place,
			  or it failed before it was looked up */
	/* Offsets and lengths in the text of the batch. `from` is the folder
	 * from which the message was moved, `left` its places there; `shown`
	 * and `shown_user` are where another archive shows it. */
	size_t place, flags, other, email_id, from, left, shown, shown_user;
	/* Of a RECEIPT: a struct ms_given, and who has what. */
	size_t given, who;
	size_t where;
	uint32_t given_n, who_n;
	uint32_t place_n, flags_n, other_n, email_id_n, from_n, left_n, shown_n;
	uint32_t shown_user_n, where_n;
	/* Filled by ms_batch_commit(): */
	enum ms_outcome outcome;
	uint64_t removed;    /* the change that removed the occurrence, or 0 */
	bool occurrence;     /* a new OCCURRENCE was recorded */
	bool source_missing; /* the message is not in the folder `from` */
	bool again; /* its copy in the archive is damaged: it is stored again */
	bool last;  /* of its batch; set for its result */
	struct ms_err *err; /* the reason of a failure; owned */
};

/*
 * What the source gave at a place of a mailbox whose messages are assigned.
 * ms-archive(5), RECEIPT.
 */
struct ms_given {
	unsigned char id[MS_SHA_LEN], head[MS_SHA_LEN];
	unsigned char top[MS_SHA_LEN]; /* ms_header_top() */
	uint64_t size;
	bool identifies; /* ms_mail_identifies() */
};

/* A MESSAGE of the batch. */
struct ms_new_message {
	unsigned char id[MS_SHA_LEN];
	uint64_t size;
	bool mixed_eol; /* only an equal record can stand in for this one */
	bool again;     /* no record can: those of the archive are damaged */
	uint32_t bytes; /* of the record's content */
	struct ms_message_meta meta;
	/* Set by the commit: */
	uint64_t number; /* record that is used: this one or an earlier one */
	bool known;      /* an earlier record is used */
	bool id_known;   /* the archive had a message of this id */
};

/* A BLOB of the batch. */
struct ms_new_blob {
	unsigned char digest[MS_SHA_LEN];
	uint32_t bytes; /* of the record's content */
	bool known;     /* set by the commit: the archive has it */
};

/*
 * A commit under way, as ms_batch.decide() sees it: its transaction, in which
 * everything recorded so far can be looked up, and a way to add EVENTs.
 */
struct ms_committer;
struct ms_txn *ms_committer_txn(struct ms_committer *c);
/*
 * ms_committer_event() adds an EVENT.
 *   json     a valid event (ms-archive(5), EVENT) of at most MS_EVENT_MAX
 *            bytes; copied
 *   number   receives its record number
 * The function returns 0, or -1 with err set as by ms_batch_commit().
 */
int ms_committer_event(struct ms_committer *c, struct ms_slice json,
    uint64_t *number, struct ms_err *err);

/* {0} is an empty batch. The pipeline (ingest.h) fills it. */
struct ms_batch {
	/* Finished blocks. The records of the data blocks are the blobs, those
	 * of the meta blocks are the messages, in the same order. */
	struct ms_block_image **data, **meta;
	uint32_t data_n, meta_n;
	struct ms_buf messages; /* struct ms_new_message */
	struct ms_buf blobs;    /* struct ms_new_blob */
	struct ms_buf deposits; /* struct ms_deposit, in order of arrival */
	struct ms_buf text;     /* places, flags and the like */
	/* Adds EVENTs; may be NULL. Called after all deposits are recorded, in
	 * the commit's transaction, and again if the commit is repeated. */
	int (*decide)(void *ctx, struct ms_committer *c, struct ms_err *err);
	void *decide_ctx;
	bool view; /* it has view or undo events, which are a feature */
};

/* Arrays in the buffers of the batch; *count receives their length. */
struct ms_new_message *ms_batch_messages(
    const struct ms_batch *b, size_t *count);
struct ms_new_blob *ms_batch_blobs(const struct ms_batch *b, size_t *count);
struct ms_deposit *ms_batch_deposits(const struct ms_batch *b, size_t *count);

/* Sets the date of arrival by the raw date and the header. */
void ms_deposit_date(struct ms_deposit *d, const struct ms_desc *desc);
/* Marks a deposit as failed. Returns its error, for the caller to fill. */
struct ms_err *ms_deposit_fail(struct ms_deposit *d);
/* Appends an image to the data or meta blocks, by its kind, and owns it. */
void ms_batch_add_image(struct ms_batch *b, struct ms_block_image *image);
/* Empties the batch and frees its images and errors. */
void ms_batch_clear(struct ms_batch *b);
void ms_batch_release(struct ms_batch *b);

/*
 * ms_batch_commit() takes the lock, catches up, looks everything up once more,
 * appends, syncs and indexes. The archive is open for writing. A batch with
 * nothing to write writes nothing and takes no lock.
 * The function returns 0: every deposit has its outcome and the batch is
 * durable; or -1 with err set: nothing of the batch was acknowledged. Errors:
 * MS_TEMP (disk full), MS_IO, MS_DATA (the archive is damaged).
 */
int ms_batch_commit(
    struct ms_archive *a, struct ms_batch *b, struct ms_err *err);

/*
 * ms_archive_log_event() records one EVENT in a batch of its own.
 *   json     the event, as event.h writes it
 * The function returns 0 when the event is durable, or -1 with err set as by
 * ms_batch_commit(); MS_BUG: json is longer than MS_EVENT_MAX or not an event.
 */
int ms_archive_log_event(
    struct ms_archive *a, struct ms_slice json, struct ms_err *err);

/*
 * ms_batch_sift() removes the BLOBs and MESSAGEs that are marked `known`: the
 * blocks are decompressed and built again without them. MS_DATA: a block
 * cannot be read back, which happens only if memory is faulty.
 */
int ms_batch_sift(struct ms_batch *b, struct ms_err *err);

#endif
