/* log.c - runs and what became of their mailboxes, in the archive's
 * log. ms-archive(5), EVENT. */
#include "csvbatch.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "profile-store.h"
#include "run-liveness.h"

#define WAITING_MAX 64       /* mailboxes of one commit */
#define WAITING_BYTES 262144 /* of their failures */
#define WAITING_S 5          /* seconds that the first waits */

/* Mailboxes wait for each other, since a commit takes its time. */
struct log {
	struct ms_run_mailbox v[WAITING_MAX];
	size_t n, bytes; /* bytes: of what they say */
	time_t since;    /* when the first was put here */
};

static const enum ms_run_result results[] = {[JOB_SUCCEEDED] = MS_RUN_SUCCEEDED,
    [JOB_SOME] = MS_RUN_ERRORS,
    [JOB_FAILED] = MS_RUN_FAILED,
    [JOB_CANCELLED] = MS_RUN_CANCELLED};

int
log_begin(struct run *run, struct ms_err *err)
{
	const char *slash = strrchr(run->opt->file, '/');
	const struct ms_run begun = {.kind = "csv",
	    .name = slash != NULL ? slash + 1 : run->opt->file,
	    .mailboxes = run->count};

	if (run->opt->check)
		return 0;
	if (ms_archive_open(
		&run->archive, run->opt->archive, MS_ARCHIVE_WRITE, err) < 0)
		return -1;
	run->log = ms_xcalloc(1, sizeof(*run->log));
	run->number = run->opt->run;
	if (run->number != 0)
		return 0;
	if (ms_run_begin(run->archive, NULL, &begun, &run->number, err) < 0)
		return -1;
	/* Without it ms-profile takes it for interrupted while it goes on. */
	(void)run_mark(run->opt->archive, run->number, NULL);
	return 0;
}

/* ---- mailboxes: they wait for each other, since a commit takes its time ----
 */

static void
forget(struct ms_run_mailbox *m)
{
	size_t i;

	for (i = 0; i < m->failure_count; i++) {
		free((char *)(uintptr_t)m->failures[i].where);
		free((char *)(uintptr_t)m->failures[i].reason);
	}
	free((void *)(uintptr_t)m->failures);
	free((char *)(uintptr_t)m->source);
	free((char *)(uintptr_t)m->reason);
}

static void
flush(struct run *run)
{
	struct log *log = run->log;
	size_t i;

	if (log == NULL || log->n == 0)
		return;
	/* The mailboxes are archived all the same: said once, at the end. */
	if (run->unlogged.code == MS_OK)
		(void)ms_run_mailboxes_add(run->archive, NULL, run->number,
		    log->v, log->n, &run->unlogged);
	for (i = 0; i < log->n; i++)
		forget(log->v + i);
	log->n = log->bytes = 0;
}

void
log_tick(struct run *run)
{
	if (run->log != NULL && run->log->n > 0 &&
	    time(NULL) - run->log->since >= WAITING_S)
		flush(run);
}

static char *
source_of(const struct run *run, const struct row *row)
{
	struct ms_buf source = {0};

	if (row->box->fault != NULL)
		ms_buf_add_str(&source, row->name);
	else
		ms_url_source(&run->opt->url, row->box->login, &source);
	return ms_buf_str(&source);
}

static const struct ms_run_failure *
failures_of(const struct job_result *r, size_t *bytes)
{
	struct ms_run_failure *list =
	    ms_xcalloc(r->failure_count + 1, sizeof(*list));
	size_t i;

	for (i = 0; i < r->failure_count; i++) {
		list[i].where = ms_xstrdup(r->failures[i].where);
		list[i].reason = ms_xstrdup(r->failures[i].reason);
		*bytes += strlen(list[i].where) + strlen(list[i].reason) + 100;
	}
	return list;
}

void
log_mailbox(struct run *run, const struct row *row, const char *user,
    const struct job_result *r)
{
	const char *reason =
	    row->box->fault != NULL ? row->box->fault : r->reason;
	struct log *log = run->log;

	if (log == NULL)
		return;
	if (log->n == 0)
		log->since = time(NULL);
	log->v[log->n++] = (struct ms_run_mailbox){.user = user,
	    .source = source_of(run, row),
	    .status = r->status,
	    .result = results[r->end],
	    .counts = {.seen = r->seen,
		.new = r->fresh,
		.known = r->known,
		.left_out = r->left_out,
		.failed = r->failed,
		.deleted = r->deleted},
	    .seconds = (uint64_t)(r->ms + 500) / 1000,
	    .reason = r->status != 0 ? ms_xstrdup(reason) : NULL,
	    .failures = failures_of(r, &log->bytes),
	    .failure_count = r->failure_count,
	    .more = r->failures_more};
	if (log->n == WAITING_MAX || log->bytes > WAITING_BYTES)
		flush(run);
}

/* ---- the end ---- */

void
log_close(struct run *run)
{
	flush(run);
	free(run->log);
	run->log = NULL;
	if (run->archive != NULL)
		ms_archive_close(run->archive);
	run->archive = NULL;
}

int
log_end(struct run *run, int status, struct ms_err *err)
{
	const struct job_sum *s = &run->sum;
	struct ms_run ran = {.status = status,
	    .counts = {.seen = s->seen,
		.new = s->fresh,
		.known = s->known,
		.left_out = s->left_out,
		.failed = s->failures,
		.deleted = s->deleted}};
	int rc = 0;

	if (run->archive == NULL)
		return 0;
	flush(run);
	if (s->cancelled > 0)
		ran.result = MS_RUN_CANCELLED;
	else if (s->succeeded == s->jobs)
		ran.result = MS_RUN_SUCCEEDED;
	else
		ran.result =
		    s->failed == s->jobs ? MS_RUN_FAILED : MS_RUN_ERRORS;
	if (run->opt->run == 0)
		rc = ms_run_end(run->archive, NULL, run->number, &ran, err);
	log_close(run);
	if (rc == 0 && run->unlogged.code != MS_OK) {
		*err = run->unlogged;
		rc = -1;
	}
	return rc < 0 ? ms_context(err, "the archive's log") : 0;
}
