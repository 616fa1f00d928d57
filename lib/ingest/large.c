/* large.c - a message too large for a work unit is processed on the caller's
 * thread, as its bytes arrive. ms-archive(5), Writing. */
#include "impl.h"

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
}

void
ms_large_feed(struct ms_ingest *in, const unsigned char *p, size_t n)
{
	if (in->large.no_user)
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

int
ms_large_begin(struct ms_ingest *in, struct ms_err *err)
{
	if (ms_work_units_send(in, err) < 0 ||
	    ms_work_units_collect(in, err) < 0)
		return -1;
	if (look_up_user(in, in->current, err) < 0)
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

int
ms_large_end(struct ms_ingest *in, struct ms_err *err)
{
	const struct ms_buf *text = &in->filling->text;
	struct entry *e = &in->large;
	struct ms_identity identity;
	struct ms_slice content = {0};
	struct ms_err why;
	struct ms_txn txn;
	int rc = 0;

	in->streaming = false;
	in->looked_up = in->committed;
	if (!e->no_user) {
		ms_message_hasher_end(in->large_worker.hasher, &identity);
		rc = ms_index_begin(in->a->ix, &txn, &why);
	}
	if (!e->no_user && rc == 0) {
		rc = ms_work_finish(&in->large_worker, &txn, &identity, e,
		    (struct ms_slice){text->p + e->d.place, e->d.place_n},
		    &content, &why);
		ms_index_end(&txn);
	}
	if (rc == 0)
		rc = ms_batch_builder_add(
		    in, e, content, text, NULL, 0, NULL, &why);
	return rc == 0 ? 0 : ms_ingest_fail(in, &why, err);
}
