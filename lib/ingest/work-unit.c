/* work-unit.c - complete messages go to the workers in parcels, and come
 * back in their order. */
#include "impl.h"

static void
run_work_unit(struct ms_job *job, unsigned worker)
{
	struct work_unit *pl = (struct work_unit *)job;

	ms_work_unit_run(&pl->in->workers[worker], pl);
}

struct work_unit *
ms_work_unit_new(struct ms_ingest *in)
{
	struct work_unit *pl = in->spare;

	if (pl != NULL)
		in->spare = pl->next;
	else
		pl = ms_xcalloc(1, sizeof(*pl));
	pl->job.run = run_work_unit;
	pl->in = in;
	pl->next = NULL;
	return pl;
}

/* Takes in the messages of the oldest parcel that was sent. */
static int
collect(struct ms_ingest *in, struct ms_err *err)
{
	struct work_unit *pl = in->sent;
	struct ms_err why;
	struct entry *e;
	size_t i, n;
	int rc;

	ms_pool_wait(in->pool, &pl->job);
	in->sent = pl->next;
	if (in->sent == NULL)
		in->sent_tail = &in->sent;
	in->in_flight--;
	in->looked_up = pl->committed;
	rc = pl->rc;
	why = pl->err;
	e = (struct entry *)(void *)pl->entries.p;
	n = pl->entries.n / sizeof(*e);
	for (i = 0; i < n && rc == 0; i++)
		rc = ms_batch_builder_add(in, &e[i],
		    (struct ms_slice){
			pl->contents.p + e[i].content, e[i].content_n},
		    &pl->text,
		    (const struct found_blob *)(const void *)pl->found.p +
			e[i].blob,
		    e[i].blob_n, pl->blobs.p, &why);
	if (rc < 0)
		ms_ingest_fail(in, &why, err);
	ms_work_unit_clear(pl);
	pl->next = in->spare;
	in->spare = pl;
	return rc;
}

int
ms_work_units_collect(struct ms_ingest *in, struct ms_err *err)
{
	int rc = 0;

	while (in->sent != NULL)
		if (collect(in, err) < 0)
			rc = -1;
	return rc;
}

int
ms_work_units_send(struct ms_ingest *in, struct ms_err *err)
{
	struct work_unit *pl = in->filling, *next;
	struct entry *last;

	if (pl->entries.n / sizeof(struct entry) <=
	    (in->current != NULL ? 1u : 0u))
		return 0;
	next = ms_work_unit_new(in);
	if (in->current != NULL) {
		last = in->current;
		ms_buf_add(&next->bytes, pl->bytes.p + last->at,
		    pl->bytes.n - last->at);
		ms_buf_add(&next->text, pl->text.p, pl->text.n);
		last->at = 0;
		ms_buf_add(&next->entries, last, sizeof(*last));
		pl->entries.n -= sizeof(*last);
		in->current = (struct entry *)(void *)next->entries.p;
	}
	in->filling = next;
	*in->sent_tail = pl;
	in->sent_tail = &pl->next;
	in->in_flight++;
	pl->committed = in->committed;
	ms_pool_submit(in->pool, &pl->job);
	while (in->in_flight > in->threads + 1)
		if (collect(in, err) < 0)
			return -1;
	return 0;
}
