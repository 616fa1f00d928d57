/* job-outcome.c - the result of a job, from the reports and exit statuses of
 * its processes; sums of results. ms-json(5), Reports. */
#include "job-impl.h"

#include <jansson.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>

#include "json.h"
#include "source.h"

/* ---- a report ---- */

static void
keep_failure(struct outcome *o, const char *where, const char *reason)
{
	size_t n = strlen(where) + strlen(reason);

	if (o->result.failure_count == MS_RUN_FAILURES ||
	    n > MS_RUN_FAILURE_BYTES - o->bytes) {
		o->result.more++;
		return;
	}
	o->bytes += n;
	o->failures[o->result.failure_count++] = (struct ms_run_failure){
	    .where = ms_xstrdup(where), .reason = ms_xstrdup(reason)};
}

/* The end line replaces the sum of the folders. */
static void
add_line_tally(struct process *p, const json_t *o, bool end)
{
	struct ms_tally t = ms_tally_of_json(o);

	if (end)
		p->tally = (struct ms_tally){0};
	ms_tally_add(&p->tally, &t);
	p->has_end |= end;
	if (end)
		p->end_status = (int)ms_json_number_of(o, "status");
}

void
outcome_add_report(struct outcome *o, struct process *p, const char *line)
{
	json_t *json = json_loads(line, 0, NULL);
	const char *type = ms_json_text_of(json, "type");
	const char *reason = ms_json_text_of(json, "reason");

	if (strcmp(type, "folder") == 0 || strcmp(type, "end") == 0)
		add_line_tally(p, json, strcmp(type, "end") == 0);
	else if (strcmp(type, "failed") == 0 &&
		 strncmp(reason, MS_SOURCE_CANCELLED,
		     strlen(MS_SOURCE_CANCELLED)) == 0)
		p->cancelled++;
	else if (strcmp(type, "failed") == 0)
		keep_failure(o, ms_json_text_of(json, "where"), reason);
	json_decref(json);
}

/* ---- the result ---- */

/* Sets the reason why p ended with a status that is not 0. */
static void
explain(struct outcome *o, const struct process *p)
{
	struct ms_run_mailbox *r = &o->result;
	const char *message = p->last_message;
	size_t n = strlen(p->tool);

	ms_buf_clear(&o->reason);
	if (p->status > 128 && !p->has_end) {
		ms_buf_printf(&o->reason, "%s was ended by signal %d (%s)",
		    p->tool, p->status - 128, strsignal(p->status - 128));
	} else if (p->status == 127) {
		ms_buf_printf(&o->reason, "%s cannot be run", p->tool);
	} else if (r->failure_count > 0 && p->status == MS_STATUS_SOME) {
		ms_buf_printf(&o->reason, "%s: %s", o->failures[0].where,
		    o->failures[0].reason);
	} else if (message != NULL) {
		if (strncmp(message, p->tool, n) == 0 &&
		    strncmp(message + n, ": ", 2) == 0)
			message += n + 2;
		ms_buf_add_str(&o->reason, message);
	} else {
		ms_buf_printf(
		    &o->reason, "%s ended with status %d", p->tool, p->status);
	}
}

/* The exit status, with that of a process that crashed or did not run in the
 * form that our tools use. A process that was asked to stop ends by the signal
 * after its report is complete. */
static int
status_of(const struct process *p)
{
	if (p->status > 128 && p->has_end)
		return p->end_status;
	return p->status >= 126 ? EX_SOFTWARE : p->status;
}

static void
add_run(struct outcome *o, const struct process *p)
{
	struct ms_run_mailbox *r = &o->result;

	if (r->status == 0 && p->status != 0) {
		r->status = status_of(p);
		explain(o, p);
	}
}

void
outcome_from_pipe(struct outcome *o, const struct process *fetch,
    const struct process *ingest)
{
	const struct ms_tally *f = &fetch->tally, *i = &ingest->tally;
	struct ms_tally *t = &o->result.counts;
	uint64_t named =
	    i->failed > ingest->cancelled ? i->failed - ingest->cancelled : 0;
	uint64_t accounted = i->new + i->known + named, rest;

	if (fetch->has_end) {
		/* A message that was sent, and that is neither archived nor
		 * named, was lost when ms-ingest ended. */
		rest = f->new > accounted ? f->new - accounted : 0;
		t->new = i->new;
		t->left_out = f->left_out;
		t->failed_folders = f->failed_folders;
		t->failed = f->failed + named + rest;
		rest = t->new + t->left_out + t->failed;
		t->known = f->seen > rest ? f->seen - rest : 0;
		t->seen = t->known + rest;
	} else {
		ms_tally_add(t, i);
	}

	/* The status of the pipe is that of ms-ingest, which finds the status
	 * of ms-fetch in the trailer. The process that failed first gives the
	 * better reason. */
	if (fetch->status != 0 && (ingest->status == status_of(fetch) ||
				      ingest->status == 0 || !fetch->has_end))
		add_run(o, fetch);
	if (ingest->status != 0) {
		if (o->result.status == 0)
			explain(o, ingest);
		o->result.status = status_of(ingest);
	}
}

void
outcome_from_delete(struct outcome *o, const struct process *fetch)
{
	o->result.counts.deleted += fetch->tally.deleted;
	o->result.counts.failed += fetch->tally.failed;
	o->result.counts.failed_folders += fetch->tally.failed_folders;
	add_run(o, fetch);
}

void
outcome_from_tool(struct outcome *o, const struct process *p)
{
	ms_tally_add(&o->result.counts, &p->tally);
	add_run(o, p);
}

void
outcome_fail(struct outcome *o, const struct ms_err *err)
{
	o->result.status = ms_status(err->code);
	ms_buf_clear(&o->reason);
	ms_buf_add_str(&o->reason, err->msg);
}

void
outcome_release(struct outcome *o)
{
	size_t i;

	for (i = 0; i < o->result.failure_count; i++) {
		free(o->failures[i].where);
		free(o->failures[i].reason);
	}
	ms_buf_release(&o->reason);
}

/* ---- sums ---- */

void
job_sum_add(struct job_sum *sum, const struct ms_run_mailbox *r)
{
	uint64_t *const ends[] = {[MS_RUN_SUCCEEDED] = &sum->succeeded,
	    [MS_RUN_ERRORS] = &sum->with_errors,
	    [MS_RUN_FAILED] = &sum->failed,
	    [MS_RUN_CANCELLED] = &sum->cancelled};

	if (r->result == MS_RUN_FAILED)
		sum->failed_status =
		    sum->failed == 0 || sum->failed_status == r->status
			? r->status
			: MS_STATUS_SOME;
	*ends[r->result] += 1;
	sum->jobs++;
	ms_tally_add(&sum->counts, &r->counts);
}

struct ms_run
job_sum_run(const struct job_sum *sum)
{
	struct ms_run run = {.result = MS_RUN_ERRORS,
	    .status = MS_STATUS_SOME,
	    .counts = sum->counts};

	if (sum->cancelled > 0) {
		run.result = MS_RUN_CANCELLED;
		run.status = EX_TEMPFAIL;
	} else if (sum->succeeded == sum->jobs) {
		run.result = MS_RUN_SUCCEEDED;
		run.status = 0;
	} else if (sum->failed == sum->jobs) {
		run.result = MS_RUN_FAILED;
		run.status = sum->failed_status;
	}
	return run;
}
