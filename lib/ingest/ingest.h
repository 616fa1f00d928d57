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
	struct ms_dest *mailbox; /* ms_ingest_also(); or NULL */
	struct ms_raw_date raw;  /* what the source said about the date, if it
				    did; MS_RAW_UNSTATED is MS_RAW_NONE */
	/* At most MS_FIELD_MAX bytes each. */
	const char *place, *flags, *other, *email_id;
	/* The folder of the same user and source from which the message was
	 * moved; at most MS_FOLDER_MAX bytes. */
	const char *from;
	/*
	 * What another archive says of that move; ms-stream(5), moved-places.
	 * left: the places that the message has left, or NULL; at most
	 * MS_FIELD_MAX bytes. moved_at: when, if left is set.
	 */
	const char *left;
	int64_t moved_at;
	/* Where a person has put the message in another archive: a folder, and
	 * its user if that is not the one of dest; or NULL. */
	const char *shown, *shown_user;
	bool gone;         /* and of this folder: the message has left it */
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

/*
 * ms_ingest_read_back() is called before the first message: a message that the
 * archive has is then read from the archive and compared before it counts as
 * known. If it is damaged, it is stored again (d->again), and a reference to it
 * fails.
 */
void ms_ingest_read_back(struct ms_ingest *in);

/* ms_ingest_restore() is called before the first message: a message that a
 * person has removed comes back into view when it arrives again. */
void ms_ingest_restore(struct ms_ingest *in);

/* Returns the destination of these names, which belongs to the pipeline and is
 * valid until ms_ingest_trim(). label may be NULL. */
struct ms_dest *ms_ingest_dest(struct ms_ingest *in, const char *user,
    const char *source, const char *folder, const char *label,
    bool create_user);

/* Is called between two messages: frees the destinations if they are many, so
 * that servers, which choose the names, cannot fill the memory. */
void ms_ingest_trim(struct ms_ingest *in);

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
/*
 * After ms_ingest_begin(), adds a further destination of the same message, with
 * the same spec otherwise. The message is processed and stored once; all its
 * deposits are in one batch, so either all of them become durable or none. Each
 * deposit has a result; copy, more and mailbox tell the message that they
 * belong to. Destinations of a message differ.
 */
void ms_ingest_also(struct ms_ingest *in, struct ms_dest *dest);
/* Adds a message that the archive has already, by its id; ms-stream(5), ref. */
int ms_ingest_reference(struct ms_ingest *in, const struct ms_spec *spec,
    const unsigned char id[MS_SHA_LEN], struct ms_err *err);

/*
 * ms_ingest_receipt() records that a message of a mailbox was assigned: all
 * users who should have it were given it by messages that were added before.
 *   spec   the place; only dest, place, flags, email_id and where count
 *   given  what the source gave
 *   who    for each of its occurrences, of the same source as dest: the id of
 *          the message in hex, the user and the folder, as texts that end with
 *          a NUL. Another id is that of a message inside a journal report.
 * No RECEIPT is written if one of these occurrences is not recorded; then the
 * result is a failure, and the message will be fetched again. Mail from files
 * (local:) has no places, and gets none. The result has d->receipt.
 */
int ms_ingest_receipt(struct ms_ingest *in, const struct ms_spec *spec,
    const struct ms_given *given, struct ms_slice who, struct ms_err *err);
/* The same for a message that was recognised by its header; ms-stream(5), ref.
 * The user of dest must have a RECEIPT with this id. */
int ms_ingest_receipt_again(struct ms_ingest *in, const struct ms_spec *spec,
    const unsigned char id[MS_SHA_LEN], struct ms_err *err);

/* Commits what was added, and waits until all its results have come. Returns 0,
 * or -1 as above. */
int ms_ingest_commit(struct ms_ingest *in, struct ms_err *err);
/* How many messages, references and receipts were added: the number of results
 * without d->more that have come or will come. */
uint64_t ms_ingest_added(const struct ms_ingest *in);

/* Commits what is left, ends the threads, and frees the pipeline and its
 * destinations. Returns 0, or -1 as above. */
int ms_ingest_finish(struct ms_ingest *in, struct ms_err *err);

#endif
