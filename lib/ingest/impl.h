/*
 * impl.h - what the files of the ingest module share. Not for others.
 * Layer: ingest.
 */
#ifndef MS_INGEST_IMPL_H
#define MS_INGEST_IMPL_H
#include <pthread.h>
#include "archive-impl.h"
#include "ingest.h"
#include "map.h"
#include "pool.h"
#include "segment.h"

/* ---- work units: complete messages on their way to a worker and back ---- */

#define WORK_UNIT_BYTES (512 * 1024) /* then it is sent off */
#define WORK_UNIT_MESSAGES 512
#define WORK_UNIT_MESSAGE_MAX                                                  \
	(2 * 1024 * 1024) /* a larger message is streamed                      \
			   */

/* A message in a work unit: as it came, and what the worker found out. */
struct entry {
	struct ms_deposit d; /* place and the rest: offsets in unit's text */
	bool has_date, has_fallback;
	int64_t fallback;
	size_t at, n; /* in unit's bytes */
	bool no_user; /* it fails, and nothing of it is kept */
	bool is_new;  /* to be stored: content, note and blobs are filled */
	bool mixed_eol;
	uint64_t size;
	size_t content, content_n; /* in unit's contents */
	size_t blob, blob_n;       /* in unit's blob list */
	struct ms_message_meta meta;
};

struct found_blob {
	unsigned char digest[MS_SHA_LEN];
	size_t at; /* in unit's blobs */
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
	uint64_t committed;  /* batches when it was sent off */
	int rc;
	struct ms_err err;
};

/* What a worker has of its own. */
struct worker {
	struct ms_archive *a;
	struct ms_message_hasher *hasher;
	struct ms_segmenter *segmenter;
	void *zstd;
	struct work_unit *work_unit; /* being worked on */
	struct ms_txn *txn;
};

/* work.c */
void ms_worker_init(struct worker *w, struct ms_archive *a);
void ms_worker_release(struct worker *w);
/* Hashes, looks up, segments all messages of a work unit. */
void ms_work_unit_run(struct worker *w, struct work_unit *unit);
/*
 * The message, all of whose bytes have gone through wire and segmenter: is
 * it known? Fills e; content is the segmenter's until its next message.
 */
int ms_work_finish(struct worker *w, struct ms_txn *txn,
    const struct ms_identity *identity, struct entry *e, struct ms_slice place,
    struct ms_slice *content, struct ms_err *err);
/*
 * Sets no_user if the archive has no such user and may not get one: found out
 * before the message is looked at, so that nothing of it is stored.
 */
int ms_work_user(struct ms_txn *txn, struct entry *e, struct ms_err *err);
void ms_work_unit_clear(struct work_unit *unit);
void ms_work_unit_free(struct work_unit *unit);

/* ---- a batch in the making ---- */

/* Bytes of payload that compress jobs hold at one time. */
#define COMPRESS_JOB_BYTES (8 * 1024 * 1024)

/* A block on its way to be compressed. */
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
	struct ms_map
	    messages; /* by id, or digest of content if mixed_eol: index */
	struct ms_map blobs; /* by digest */
	struct ms_block_builder data, meta;
	struct compress_job *compress_jobs; /* the oldest first */
	size_t compressing;                 /* bytes of payload of these */
	size_t stored;                      /* bytes of the finished blocks */
	size_t meta_plain; /* of MESSAGEs, and of EVENTs at most */
	size_t unresolved; /* deposits to be written */
	int64_t since_ms;  /* when its first deposit came; 0: none */
};

struct ms_ingest {
	struct ms_archive *a;
	ms_result_fn *result;
	void *ctx;
	size_t batch_messages;
	struct ms_pool *pool;
	unsigned threads;
	struct worker *workers;    /* threads + 1 */
	struct ms_dest *last_dest; /* asked for, mostly again; the caller's */

	pthread_mutex_t lock; /* all below, but while a call waits */
	struct ms_map dests;
	struct ms_buf dest_list;   /* struct ms_dest * */
	struct work_unit *filling; /* the work unit being filled */
	struct work_unit *sent, **sent_tail;
	struct work_unit *spare;
	unsigned in_flight;
	struct entry *current; /* the message being received, or NULL */
	struct entry streamed; /* that, if it is large */
	bool streaming;
	struct worker large; /* for large ones */
	struct batch_builder builders[2], *builder;
	bool failed;
	struct ms_err why;

	pthread_t writer, ticker;
	pthread_cond_t wake; /* writer, ticker, and who waits for them */
	struct batch_builder
	    *writing; /* given to the writer; NULL: it is idle */
	bool busy;    /* a call or the ticker is at work, perhaps waiting */
	bool stop;
	uint64_t committed; /* batches so far */
	uint64_t looked_up; /* how many when the entry at hand was looked up:
			       what was not known then may be by now */
};

/* The ticker and the caller take turns; each may wait for the writer, which
 * lets go of the lock, so that is not enough. */
void ms_ingest_enter(struct ms_ingest *in);
void ms_ingest_leave(struct ms_ingest *in);

/* work-unit.c; in->lock is held. */
struct work_unit *ms_work_unit_new(struct ms_ingest *in);
/* Sends off the complete messages of the work unit being filled; one being
 * received goes on in the next. */
int ms_work_units_send(struct ms_ingest *in, struct ms_err *err);
/* Takes in all messages that were sent. */
int ms_work_units_collect(struct ms_ingest *in, struct ms_err *err);

/* large.c; in->lock is held. */
void ms_large_init(struct ms_ingest *in);
void ms_large_release(struct ms_ingest *in);
/* The message being received has become large: what came before it is taken
 * in first, then its bytes go straight through. */
int ms_large_begin(struct ms_ingest *in, struct ms_err *err);
void ms_large_feed(struct ms_ingest *in, const unsigned char *p, size_t n);
int ms_large_end(struct ms_ingest *in, struct ms_err *err);
void ms_large_drop(struct ms_ingest *in);

/* dest.c */
void ms_dests_release(struct ms_ingest *in);

/* batch-builder.c; in->lock is held. */
/* The pipeline takes no more, because of `why`, unless it has failed already.
 * Fills err with the reason; -1. */
int ms_ingest_fail(
    struct ms_ingest *in, const struct ms_err *why, struct ms_err *err);
/* Takes in a message; texts are in `text`, bytes of its BLOBs in `blobs`. */
int ms_batch_builder_add(struct ms_ingest *in, const struct entry *e,
    struct ms_slice content, const struct ms_buf *text,
    const struct found_blob *found, size_t found_n, const unsigned char *blobs,
    struct ms_err *err);
int ms_batch_builder_blob(struct ms_ingest *in, const unsigned char *p,
    size_t n, const unsigned char digest[MS_SHA_LEN], struct ms_err *err);
bool ms_batch_builder_has_blob(
    const struct ms_ingest *in, const unsigned char digest[MS_SHA_LEN]);
/* Has it waited for as long as a batch may? */
bool ms_batch_builder_due(const struct batch_builder *bb);
/* Hands the batch to the writer if it is full or due, or anyway. */
int ms_batch_builder_close(
    struct ms_ingest *in, bool anyway, struct ms_err *err);
/* Waits until the writer is idle. */
int ms_batch_builder_wait(struct ms_ingest *in, struct ms_err *err);
void ms_batch_builder_release(struct ms_ingest *in, struct batch_builder *bb);
void *ms_ingest_write(void *in); /* the writer thread */

#endif
