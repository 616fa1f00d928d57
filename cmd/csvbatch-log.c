/* csvbatch-log.c - runs and what became of their mailboxes, in the archive's
 * log. ms-archive(5), EVENT. */
#include "csvbatch.h"

#include <string.h>

#include "profile-store.h"

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
	run->number = run->opt->run;
	if (run->number != 0)
		return 0;
	return ms_run_begin(run->archive, NULL, &begun, &run->number, err);
}

void
log_mailbox(struct run *run, const struct row *row, const char *user,
    const struct job_result *r)
{
	struct ms_run_mailbox m = {.user = user,
	    .status = r->status,
	    .result = results[r->end],
	    .counts = {.seen = r->seen,
		.fresh = r->fresh,
		.known = r->known,
		.left_out = r->left_out,
		.failed = r->failed,
		.deleted = r->deleted},
	    .seconds = (uint64_t)(r->ms + 500) / 1000,
	    .reason = r->status != 0 ? r->reason : NULL,
	    .failure_count = r->failure_count,
	    .more = r->failures_more};
	struct ms_run_failure failures[JOB_FAILURES_MAX];
	struct ms_buf source = {0};
	size_t i;

	if (run->archive == NULL)
		return;
	for (i = 0; i < r->failure_count; i++)
		failures[i] = (struct ms_run_failure){
		    r->failures[i].where, r->failures[i].reason};
	m.failures = failures;
	if (row->box->fault != NULL) {
		ms_buf_printf(&source, "%s", row->name);
		m.reason = row->box->fault;
	} else {
		ms_url_source(&run->opt->url, row->box->login, &source);
	}
	m.source = ms_buf_str(&source);
	/* The mailbox is archived all the same: said once, at the end. */
	if (run->unlogged.code == MS_OK)
		(void)ms_run_mailbox(
		    run->archive, NULL, run->number, &m, &run->unlogged);
	ms_buf_release(&source);
}

void
log_close(struct run *run)
{
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
		.fresh = s->fresh,
		.known = s->known,
		.left_out = s->left_out,
		.failed = s->failures,
		.deleted = s->deleted}};
	int rc = 0;

	if (run->archive == NULL)
		return 0;
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
