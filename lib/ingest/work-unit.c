/* work-unit.c - sends complete messages to the workers in work units and
 * collects the results in the order of sending. */
#include "impl.h"

static void
run_work_unit(struct ms_job *job, unsigned worker)
{
	struct work_unit *unit = (struct work_unit *)job;

	ms_work_unit_run(&unit->in->workers[worker], unit);
}

struct work_unit *
ms_work_unit_new(struct ms_ingest *in)
{
	struct work_unit *unit = in->spare;

	if (unit != NULL)
		in->spare = unit->next;
	else
		unit = ms_xcalloc(1, sizeof(*unit));
	unit->job.run = run_work_unit;
	unit->in = in;
	unit->next = NULL;
	return unit;
}

/* Adds the messages of the oldest work unit that was sent to the batch. */
static int
collect(struct ms_ingest *in, struct ms_err *err)
{
	struct work_unit *unit = in->sent;
	struct ms_err why;
	struct entry *e;
	size_t i, n;
	int rc;

	ms_pool_wait(in->pool, &unit->job);
	in->sent = unit->next;
	if (in->sent == NULL)
		in->sent_tail = &in->sent;
	in->in_flight--;
	in->looked_up = unit->committed;
	rc = unit->rc;
	why = unit->err;
	e = (struct entry *)(void *)unit->entries.p;
	n = unit->entries.n / sizeof(*e);
	for (i = 0; i < n && rc == 0; i++)
		rc = ms_batch_builder_add(in, &e[i],
		    (struct ms_slice){
			unit->contents.p + e[i].content, e[i].content_n},
		    &unit->text,
		    (const struct found_blob *)(const void *)unit->found.p +
			e[i].blob,
		    e[i].blob_n, unit->blobs.p, &why);
	if (rc < 0)
		ms_ingest_fail(in, &why, err);
	ms_work_unit_clear(unit);
	unit->next = in->spare;
	in->spare = unit;
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
	struct work_unit *unit = in->filling, *next;
	struct entry *last;

	if (unit->entries.n / sizeof(struct entry) <=
	    (in->current != NULL ? 1u : 0u))
		return 0;
	next = ms_work_unit_new(in);
	if (in->current != NULL) {
		last = in->current;
		ms_buf_add(&next->bytes, unit->bytes.p + last->at,
		    unit->bytes.n - last->at);
		ms_buf_add(&next->text, unit->text.p, unit->text.n);
		last->at = 0;
		ms_buf_add(&next->entries, last, sizeof(*last));
		unit->entries.n -= sizeof(*last);
		in->current = (struct entry *)(void *)next->entries.p;
	}
	in->filling = next;
	*in->sent_tail = unit;
	in->sent_tail = &unit->next;
	in->in_flight++;
	unit->committed = in->committed;
	ms_pool_submit(in->pool, &unit->job);
	while (in->in_flight > in->threads + 1)
		if (collect(in, err) < 0)
			return -1;
	return 0;
}

int
ms_ingest_commit_all(struct ms_ingest *in)
{
	if (ms_ingest_check(in, NULL) < 0 || ms_work_units_send(in, NULL) < 0 ||
	    ms_work_units_collect(in, NULL) < 0 ||
	    ms_batch_builder_close(in, true, NULL) < 0)
		return -1;
	return ms_batch_builder_wait(in, NULL);
}
