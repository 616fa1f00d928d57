/*
 * ingest.h - the pipeline that brings messages into an archive. Several threads
 * hash, segment and compress messages while more are read; one more thread
 * commits them in batches. ms-archive(5), Writing. Layer: above batch, segment,
 * pool.
 *
 * All calls come from one thread. Results arrive on another thread, in the
 * order of the messages, when the messages are durable.
 */
#ifndef MS_INGEST_H
#define MS_INGEST_H
#include <stdint.h>
#include "batch.h"

#define MS_INGEST_SECONDS 5 /* a batch waits no longer before its commit */

/* What is known of a message before its bytes arrive. Strings may be NULL; all
 * are copied. */
struct ms_spec {
	struct ms_dest *dest;
	bool has_date; /* the date is used instead of the Date field */
	int64_t date;
	bool has_fallback; /* is used if there is no Date field */
	int64_t fallback;
	const char *place, *flags, *other; /* at most MS_FIELD_MAX bytes each */
	/* The folder of the same user and source from which the message was
	 * moved; at most MS_FOLDER_MAX bytes. */
	const char *from;
	const char *where; /* names the message in its result */
};

/*
 * Receives the outcome of a message; d->err is the reason of a failure, `where`
 * that of the spec. A thread of the pipeline makes these calls, one at a time,
 * without holding a lock of the archive.
 */
typedef void ms_result_fn(
    void *ctx, const struct ms_deposit *d, struct ms_slice where);

struct ms_ingest;

/*
 * ms_ingest_new() starts a pipeline.
 *   a         open for writing; used by the pipeline only, until
 *             ms_ingest_finish()
 *   threads   workers in addition to the caller's thread, 1..64
 * The environment variable MS_BATCH limits the messages of a batch, for tests.
 */
struct ms_ingest *ms_ingest_new(
    struct ms_archive *a, unsigned threads, ms_result_fn *result, void *ctx);

/* Returns the destination of these names, which belongs to the pipeline. It can
 * be used for messages that begin before the next call of this function. label
 * may be NULL. */
struct ms_dest *ms_ingest_dest(struct ms_ingest *in, const char *user,
    const char *source, const char *folder, const char *label,
    bool create_user);

/*
 * A message is added by begin, any number of data, and end; or drop, if the
 * message cannot be completed. These calls return 0, or -1 if the pipeline has
 * failed (disk full, archive damaged) and accepts nothing more; what was
 * acknowledged before remains.
 */
int ms_ingest_begin(
    struct ms_ingest *in, const struct ms_spec *spec, struct ms_err *err);
int ms_ingest_data(
    struct ms_ingest *in, const unsigned char *p, size_t n, struct ms_err *err);
int ms_ingest_end(struct ms_ingest *in, struct ms_err *err);
void ms_ingest_drop(struct ms_ingest *in);
/* Adds a message that the archive has already, by its id; ms-stream(5), ref. */
int ms_ingest_reference(struct ms_ingest *in, const struct ms_spec *spec,
    const unsigned char id[MS_SHA_LEN], struct ms_err *err);

/* Commits what is left, ends the threads, and frees the pipeline and its
 * destinations. Returns 0, or -1 as above. */
int ms_ingest_finish(struct ms_ingest *in, struct ms_err *err);

#endif
