/* large.c - a message too large for a work unit is processed on the caller's
 * thread, as its bytes arrive. ms-archive(5), Writing. */
#include "impl.h"

#include <string.h>

static void
add_blob(void *ctx, const unsigned char *p, size_t n,
    const unsigned char digest[MS_SHA_LEN])
{
	struct ms_ingest *in = ctx;
	struct ms_err why;

	if (in->failed)
		return;
	in->looked_up = NOT_LOOKED_UP;
	if (ms_batch_builder_blob(in, p, n, digest, &why) < 0)
		ms_ingest_fail(in, &why, NULL);
}

void
ms_large_init(struct ms_ingest *in)
{
	in->large_worker.a = in->a;
	in->large_worker.hasher = ms_message_hasher_new();
	in->large_worker.segmenter = ms_segmenter_new(add_blob, in);
}

void
ms_large_release(struct ms_ingest *in)
{
	ms_message_hasher_free(in->large_worker.hasher);
	ms_segmenter_free(in->large_worker.segmenter);
	ms_archive_view_free(in->large_worker.view);
}

void
ms_large_feed(struct ms_ingest *in, const unsigned char *p, size_t n)
{
	if (in->large_unwanted)
		return;
	ms_message_hasher_add(in->large_worker.hasher, p, n);
	ms_segment_add(in->large_worker.segmenter, p, n);
}

static int
look_up_user(struct ms_ingest *in, struct entry *e, struct ms_err *err)
{
	struct ms_err why;
	struct ms_txn txn;
	int rc = ms_index_begin(in->a->ix, &txn, &why);

	if (rc == 0) {
		rc = ms_work_user(&txn, e, &why);
		ms_index_end(&txn);
	}
	return rc == 0 ? 0 : ms_ingest_fail(in, &why, err);
}

/* The ith further destination of the message. */
static struct ms_dest *
also(const struct ms_ingest *in, size_t i)
{
	struct ms_dest *dest;

	memcpy(&dest, in->also.p + i * sizeof(dest), sizeof(dest));
	return dest;
}

/* Finds out whether one of the users exists. */
static int
look_up_users(struct ms_ingest *in, struct ms_err *err)
{
	size_t n = in->also.n / sizeof(struct ms_dest *);
	struct entry e = *in->current;
	int rc = look_up_user(in, &e, err);

	for (size_t i = 0; i < n && rc == 0 && e.no_user; i++) {
		e.d.dest = also(in, i);
		rc = look_up_user(in, &e, err);
	}
	in->large_unwanted = e.no_user;
	return rc;
}

int
ms_large_begin(struct ms_ingest *in, struct ms_err *err)
{
	if (ms_work_units_send(in, err) < 0 ||
	    ms_work_units_collect(in, err) < 0 || look_up_users(in, err) < 0)
		return -1;
	in->large = *in->current;
	in->streaming = true;
	in->current = NULL;
	ms_large_feed(in, in->filling->bytes.p + in->large.at,
	    in->filling->bytes.n - in->large.at);
	in->filling->bytes.n = in->large.at;
	in->filling->entries.n -= sizeof(struct entry);
	return 0;
}

void
ms_large_drop(struct ms_ingest *in)
{
	struct ms_identity unused;

	ms_message_hasher_end(in->large_worker.hasher, &unused);
	ms_segment_abort(in->large_worker.segmenter);
	in->streaming = false;
}

/* ms_work_finish() in a transaction of its own. */
static int
finish(struct ms_ingest *in, const struct ms_identity *identity,
    struct ms_slice *content, struct ms_err *err)
{
	const struct ms_buf *text = &in->filling->text;
	struct entry *e = &in->large;
	struct ms_txn txn;
	int rc;

	if (ms_index_begin(in->a->ix, &txn, err) < 0)
		return -1;
	rc = ms_work_finish(&in->large_worker, &txn, identity, e,
	    (struct ms_slice){text->p + e->d.place, e->d.place_n}, content,
	    err);
	ms_index_end(&txn);
	return rc;
}

/* Looks the message up, and stores it again if the archive's copy is damaged.
 */
static int
finish_or_known(
    struct ms_ingest *in, struct ms_slice *content, struct ms_err *err)
{
	struct ms_identity identity;
	int rc, whole;

	ms_message_hasher_end(in->large_worker.hasher, &identity);
	rc = finish(in, &identity, content, err);
	if (rc < 0)
		return -1;
	whole = ms_work_read_back(&in->large_worker, &in->large, err);
	if (rc == 1 && whole == 0)
		return finish(in, &identity, content, err);
	if (rc == 1)
		ms_segment_abort(in->large_worker.segmenter);
	return whole < 0 ? -1 : 0;
}

static int
add(struct ms_ingest *in, const struct entry *e, struct ms_slice content,
    struct ms_err *err)
{
	return ms_batch_builder_add(
	    in, e, content, &in->filling->text, NULL, 0, NULL, err);
}

/* Adds the message for its ith further destination. */
static int
add_copy(
    struct ms_ingest *in, size_t i, struct ms_slice content, struct ms_err *err)
{
	struct entry e = in->large;
	struct ms_slice place = {in->filling->text.p + e.d.place, e.d.place_n};
	struct ms_txn txn;
	int rc;

	e.d.dest = also(in, i);
	e.d.copy = true;
	e.d.more = (i + 1) * sizeof(e.d.dest) < in->also.n;
	if (in->large_unwanted)
		return add(in, &e, content, err);
	if (ms_index_begin(in->a->ix, &txn, err) < 0)
		return -1;
	rc = ms_work_take_over(&txn, &e, &in->large, place, err);
	if (rc == 0)
		rc = ms_work_user(&txn, &e, err);
	ms_index_end(&txn);
	return rc < 0 ? -1 : add(in, &e, content, err);
}

int
ms_large_end(struct ms_ingest *in, struct ms_err *err)
{
	size_t i, n = in->also.n / sizeof(struct ms_dest *);
	struct ms_slice content = {0};
	struct ms_err why;
	int rc = 0;

	in->streaming = false;
	in->looked_up = in->committed;
	in->large.no_user = in->large_unwanted;
	if (!in->large_unwanted)
		rc = finish_or_known(in, &content, &why);
	/* The first user may not exist, although another one does. */
	if (rc == 0 && n > 0 && !in->large_unwanted)
		rc = look_up_user(in, &in->large, &why);
	in->large.d.more = n > 0;
	if (rc == 0)
		rc = add(in, &in->large, content, &why);
	for (i = 0; i < n && rc == 0; i++)
		rc = add_copy(in, i, content, &why);
	return rc == 0 ? 0 : ms_ingest_fail(in, &why, err);
}
