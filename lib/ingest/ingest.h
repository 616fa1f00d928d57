/*
 * ingest.h - messages on their way into an archive: hashed, segmented and
 * compressed on several threads while more are read, committed in batches by
 * one more. ms-archive(5), Writing. Layer: above batch, segment, pool.
 *
 * One thread calls; results arrive in the order of the messages, from another
 * thread, when they are durable.
 */
#ifndef MS_INGEST_H
#define MS_INGEST_H
#include <stdint.h>
#include "batch.h"

#define MS_INGEST_SECONDS 5 /* after which a batch is committed as it is */

/* What is known of a message before its bytes. Strings may be NULL; all are
 * copied. */
struct ms_spec {
	struct ms_dest *dest;
	bool has_date; /* goes before the Date field */
	int64_t date;
	bool has_fallback; /* goes after it */
	int64_t fallback;
	const char *place, *flags, *other; /* at most MS_FIELD_MAX bytes each */
	const char *from;  /* the user's folder, of the same source, that it was
			      moved from; at most MS_FOLDER_MAX */
	const char *where; /* for whoever gets the result */
};

/*
 * Receives what became of a message; d->err says why it failed. where is the
 * spec's. Called from a thread of the pipeline, one call at a time, with no
 * lock of the archive held.
 */
typedef void ms_result_fn(
    void *ctx, const struct ms_deposit *d, struct ms_slice where);

struct ms_ingest;

/*
 * threads: workers beside the caller's mixed_eol, 1..64. The archive is the
 * pipeline's until ms_ingest_finish(). $MS_BATCH: messages a batch.
 */
struct ms_ingest *ms_ingest_new(
    struct ms_archive *a, unsigned threads, ms_result_fn *result, void *ctx);

/* The destination of these names, the pipeline's: good until the next call,
 * for messages that begin before that. label may be NULL. */
struct ms_dest *ms_ingest_dest(struct ms_ingest *in, const char *user,
    const char *source, const char *folder, const char *label,
    bool create_user);

/*
 * A message: begin, data as often as it takes, then end, or drop if it cannot
 * be completed. -1: the pipeline has failed (disk full, archive damaged) and
 * takes no more; what was acknowledged before is kept.
 */
int ms_ingest_begin(
    struct ms_ingest *in, const struct ms_spec *spec, struct ms_err *err);
int ms_ingest_data(
    struct ms_ingest *in, const unsigned char *p, size_t n, struct ms_err *err);
int ms_ingest_end(struct ms_ingest *in, struct ms_err *err);
void ms_ingest_drop(struct ms_ingest *in);
/* One that is there already, by id; ms-stream(5), ref. */
int ms_ingest_reference(struct ms_ingest *in, const struct ms_spec *spec,
    const unsigned char id[MS_SHA_LEN], struct ms_err *err);

/* Commits what is left, ends the threads, frees the pipeline and its
 * destinations. 0, or -1 as above. */
int ms_ingest_finish(struct ms_ingest *in, struct ms_err *err);

#endif
