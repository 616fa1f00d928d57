/*
 * impl.h - the parts of the ingest pipeline, shared by its files only.
 * Layer: private to ingest.
 *
 * A message goes through these stages. The caller's thread adds it to a work
 * unit; a worker hashes, looks up and segments the messages of a work unit; the
 * caller's thread (or the ticker) adds the results to a batch in the order of
 * arrival; the writer commits the batch. A message too large for a work unit is
 * processed on the caller's thread as it arrives.
 */
#ifndef MS_INGEST_IMPL_H
#define MS_INGEST_IMPL_H
#include <pthread.h>
#include "archive-writer.h"
#include "ingest.h"
#include "map.h"
#include "pool.h"
#include "segment.h"

/* ---- work units: complete messages for a worker ---- */

/* A work unit that holds this much is sent to a worker. */
#define WORK_UNIT_BYTES (512 * 1024)
#define WORK_UNIT_MESSAGES 512
/* Bytes; a larger message does not go through a work unit. */
#define WORK_UNIT_MESSAGE_MAX (2 * 1024 * 1024)

/* A message of a work unit, and what the worker found out about it. */
struct entry {
	struct ms_deposit d; /* its offsets are in the text of the unit */
	size_t at, n;        /* in the bytes of the unit */
	/* The bytes of a copy (d.copy) are those of the entry before. */
	bool no_user;      /* the deposit fails, and no content is stored */
	bool ref_damaged;  /* likewise: it refers to a damaged message */
	uint64_t known_as; /* the MESSAGE that makes it known, or 0 */
	bool again;  /* is_new, although the archive has it: it is damaged */
	bool is_new; /* to be stored: content, meta and blobs are filled */
	bool mixed_eol;
	uint64_t size;
	size_t content, content_n;        /* in the contents of the unit */
	unsigned char digest[MS_SHA_LEN]; /* of the content */
	size_t blob, blob_n;              /* in the list `found` of the unit */
	struct ms_message_meta meta;
};

/* A BLOB that was not in the archive when it was looked up. */
struct found_blob {
	unsigned char digest[MS_SHA_LEN];
	size_t at; /* in the blobs of the unit */
	uint32_t n;
};

struct work_unit {
	struct ms_job job;
	struct work_unit *next;
	struct ms_ingest *in;
	struct ms_buf bytes, text;
	struct ms_buf entries; /* struct entry */
	struct ms_buf contents, blobs;
	struct ms_buf found; /* struct found_blob */
	uint64_t committed;  /* in->committed when the unit was sent */
	int rc;
	struct ms_err err;
};

/* What each worker has for itself. */
struct worker {
	struct ms_archive *a;
	struct ms_message_hasher *hasher;
	struct ms_segmenter *segmenter;
	void *zstd;
	struct work_unit *work_unit; /* being processed */
	struct ms_archive *view; /* to read messages back; NULL: not wanted */
	struct ms_txn *txn;
};

/* work.c */
void ms_worker_init(struct worker *w, struct ms_archive *a);
void ms_worker_release(struct worker *w);
/* Hashes, looks up and segments all messages of a unit; sets unit->rc. */
void ms_work_unit_run(struct worker *w, struct work_unit *unit);
/*
 * ms_work_finish() looks up a message whose bytes have all gone through the
 * hasher and the segmenter of w, and fills e.
 *   content   receives the content of its record; belongs to the segmenter,
 *             until its next message
 * The function returns 0; 1 if the message is known, and the segmenter has not
 * ended; or -1.
 */
int ms_work_finish(struct worker *w, struct ms_txn *txn,
    const struct ms_identity *identity, struct entry *e, struct ms_slice place,
    struct ms_slice *content, struct ms_err *err);
/*
 * Sets e->no_user: the archive does not have the user and may not create
 * it. This is found out before the message is processed, so that nothing of
 * the message is stored.
 */
int ms_work_user(struct ms_txn *txn, struct entry *e, struct ms_err *err);
/*
 * Reads the message back that makes e known, if that is wanted. The caller has
 * no transaction. 1; 0: the message is damaged, which is reported with e; -1.
 */
int ms_work_read_back(struct worker *w, struct entry *e, struct ms_err *err);
/*
 * Fills a copy by an entry of the same message that was processed. If that is
 * known, the place of the copy is looked up; txn is not used otherwise. 0, -1.
 */
int ms_work_take_over(struct ms_txn *txn, struct entry *e,
    const struct entry *from, struct ms_slice place, struct ms_err *err);
void ms_work_unit_clear(struct work_unit *unit);
void ms_work_unit_free(struct work_unit *unit);

/* ---- the batch that is being built ---- */

/* Bytes of payload that compress jobs hold at one time. */
#define COMPRESS_JOB_BYTES (8 * 1024 * 1024)

/* A block that is being compressed. */
struct compress_job {
	struct ms_job job;
	struct compress_job *next;
	struct ms_ingest *in;
	struct ms_block_builder builder;
	struct ms_block_image *image;
	size_t plain; /* bytes of payload */
};

struct batch_builder {
	struct ms_batch batch;
	/* Index of each message: by id, or by digest of the content if
	 * mixed_eol. */
	struct ms_map messages;
	struct ms_map blobs; /* by digest */
	struct ms_block_builder data, meta;
	struct compress_job *compress_jobs; /* the oldest first */
	size_t compressing;                 /* bytes of payload of these */
	size_t stored;     /* bytes of the blocks that are finished */
	size_t meta_plain; /* bytes of MESSAGEs, and of EVENTs at most */
	size_t unresolved; /* deposits that write something */
	int64_t since_ms;  /* time of the first deposit */
};

/* in->looked_up of something that was not looked up yet. */
#define NOT_LOOKED_UP UINT64_MAX

struct ms_ingest {
	struct ms_archive *a;
	ms_result_fn *result;
	void *ctx;
	size_t batch_messages;
	struct ms_pool *pool;
	unsigned threads;
	bool restore;              /* ms_ingest_restore() */
	uint64_t added;            /* ms_ingest_added() */
	struct worker *workers;    /* threads + 1 */
	struct ms_dest *last_dest; /* the caller's last one, mostly repeated */

	/* Protects everything below. A thread that waits for the writer
	 * releases the lock while it waits: see `busy`. */
	pthread_mutex_t lock;
	struct ms_map dests;
	struct ms_buf dest_list;   /* struct ms_dest * */
	struct work_unit *filling; /* the unit to which messages are added */
	struct work_unit *sent, **sent_tail;
	struct work_unit *spare;
	unsigned in_flight;    /* units in `sent` */
	struct entry *current; /* message being received; NULL: none, or it
				  is large */
	struct ms_buf also;    /* its further destinations: struct ms_dest * */
	struct entry large;    /* the large message being received */
	bool streaming;        /* a large message is being received */
	bool large_unwanted; /* none of its users exists: it is not processed */
	struct worker large_worker;
	struct batch_builder builders[2], *builder;
	bool failed;
	struct ms_err why;

	pthread_t writer, ticker;
	pthread_cond_t wake;           /* any of the following has changed */
	struct batch_builder *writing; /* the writer's; NULL: it is idle */
	bool busy;                     /* the caller or the ticker is at work */
	bool stop;
	uint64_t committed; /* batches so far */
	/* Value of `committed` when the entry that is being added was looked
	 * up. If a batch was committed since, the entry may be known by now. */
	uint64_t looked_up;
};

/*
 * turn.c. The caller and the ticker take turns. The lock alone does not ensure
 * this, as both release it while they wait for the writer.
 */
void ms_ingest_enter(struct ms_ingest *in);
void ms_ingest_leave(struct ms_ingest *in);

/* work-unit.c; the caller holds in->lock. */
struct work_unit *ms_work_unit_new(struct ms_ingest *in);
/* Sends the complete messages of the unit being filled to a worker. A message
 * being received moves to the next unit. */
int ms_work_units_send(struct ms_ingest *in, struct ms_err *err);
/* Adds all messages that were sent to the batch. */
int ms_work_units_collect(struct ms_ingest *in, struct ms_err *err);

/* large.c; the caller holds in->lock. */
void ms_large_init(struct ms_ingest *in);
void ms_large_release(struct ms_ingest *in);
/* The message being received has become large: the messages before it are
 * added to the batch first, then its bytes are processed as they arrive. */
int ms_large_begin(struct ms_ingest *in, struct ms_err *err);
void ms_large_feed(struct ms_ingest *in, const unsigned char *p, size_t n);
int ms_large_end(struct ms_ingest *in, struct ms_err *err);
void ms_large_drop(struct ms_ingest *in);

/* work-unit.c; the caller holds in->lock. Commits all messages that were added.
 */
int ms_ingest_commit_all(struct ms_ingest *in);

/* dest.c */
void ms_dests_release(struct ms_ingest *in);

/* batch-builder.c; the caller holds in->lock. */
/* Ends the pipeline with the error `why`, unless it has failed already. Fills
 * err with the first error and returns -1. */
int ms_ingest_fail(
    struct ms_ingest *in, const struct ms_err *why, struct ms_err *err);
/* 0, or -1 with err set if the pipeline has failed. */
int ms_ingest_check(struct ms_ingest *in, struct ms_err *err);
/* Adds a message. Its texts are in `text`, the bytes of its BLOBs in `blobs`.
 */
int ms_batch_builder_add(struct ms_ingest *in, const struct entry *e,
    struct ms_slice content, const struct ms_buf *text,
    const struct found_blob *found, size_t found_n, const unsigned char *blobs,
    struct ms_err *err);
int ms_batch_builder_blob(struct ms_ingest *in, const unsigned char *p,
    size_t n, const unsigned char digest[MS_SHA_LEN], struct ms_err *err);
/* Gives the batch to the writer if it is full, if it has waited for
 * MS_INGEST_SECONDS, or if `now` is true. */
int ms_batch_builder_close(struct ms_ingest *in, bool now, struct ms_err *err);
/* Waits until the writer is idle. */
int ms_batch_builder_wait(struct ms_ingest *in, struct ms_err *err);
void ms_batch_builder_release(struct ms_ingest *in, struct batch_builder *bb);
void *ms_ingest_write(void *in); /* the writer thread */

#endif
