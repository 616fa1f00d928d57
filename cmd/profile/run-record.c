/* run-record.c - mailboxes on their way into the log. See
 * profile-record.h. */
#include "run-record.h"

#include <stdlib.h>
#include <string.h>

void
records_add(struct records *q, const struct ms_run_mailbox *m)
{
	struct ms_run_failure *failures =
	    ms_xcalloc(m->failure_count + 1, sizeof(*failures));
	struct ms_run_mailbox *copy = &q->v[q->n];

	if (q->n++ == 0)
		q->since = time(NULL);
	*copy = *m;
	if (m->reason != NULL)
		copy->reason = ms_xstrdup(m->reason);
	for (size_t i = 0; i < m->failure_count; i++) {
		failures[i].where = ms_xstrdup(m->failures[i].where);
		failures[i].reason = ms_xstrdup(m->failures[i].reason);
		q->bytes +=
		    strlen(failures[i].where) + strlen(failures[i].reason);
	}
	copy->failures = failures;
}

bool
records_due(const struct records *q)
{
	return q->n == RECORDS_MAX || q->bytes > RECORDS_BYTES ||
	       (q->n > 0 && time(NULL) - q->since >= RECORDS_WAIT);
}

static void
forget(struct ms_run_mailbox *m)
{
	for (size_t i = 0; i < m->failure_count; i++) {
		free((char *)(uintptr_t)m->failures[i].where);
		free((char *)(uintptr_t)m->failures[i].reason);
	}
	free((void *)(uintptr_t)m->failures);
	free((char *)(uintptr_t)m->reason);
}

int
records_flush(struct records *q, struct ms_archive *a, const char *as,
    uint64_t run, struct ms_err *err)
{
	int rc = 0;

	if (q->n > 0)
		rc = ms_run_mailboxes_add(a, as, run, q->v, q->n, err);
	for (size_t i = 0; i < q->n; i++)
		forget(&q->v[i]);
	q->n = q->bytes = 0;
	return rc;
}
