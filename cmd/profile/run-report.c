/* run-report.c - the result of a run. ms-json(5), Reports; ms-profile(1). */
#include "run-report.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>

#include "json.h"

/* ---- text ---- */

static void
print_counts(
    const char *profile, const char *what, const struct ms_tally *counts)
{
	struct ms_buf text = {0};

	ms_tally_text(&text, counts, "", counts->deleted > 0);
	ms_warn(TOOL, "%s: %s%s", profile, what, ms_buf_str(&text));
	ms_buf_release(&text);
}

/* Is the reason "where: reason" of this failure? */
static bool
is_reason(const char *reason, const struct ms_run_failure *f)
{
	size_t n = strlen(f->where);

	return reason != NULL && strncmp(reason, f->where, n) == 0 &&
	       strncmp(reason + n, ": ", 2) == 0 &&
	       strcmp(reason + n + 2, f->reason) == 0;
}

/* With -v, the tools have said all that is in their reports. The reason of a
 * mailbox that failed follows in the line of its result. */
static void
print_failures(const struct run_report *r, const char *name,
    const struct ms_run_mailbox *m)
{
	bool failed =
	    m->result == MS_RUN_FAILED || m->result == MS_RUN_CANCELLED;

	if (r->verbosity == VERBOSE)
		return;
	for (size_t i = 0; i < m->failure_count; i++)
		if (!failed || !is_reason(m->reason, &m->failures[i]))
			ms_warn(TOOL, "%s: %s: %s: %s", r->profile, name,
			    m->failures[i].where, m->failures[i].reason);
	if (m->more > 0)
		ms_warn(TOOL, "%s: %s: %" PRIu64 " more failures", r->profile,
		    name, m->more);
}

/* Was the reason shown as a message of the form "tool: reason"? */
static bool
was_said(const struct plan_job *j, const char *reason)
{
	const char *text = j->said != NULL ? strstr(j->said, ": ") : NULL;

	return text != NULL && strcmp(text + 2, reason) == 0;
}

static void
print_mailbox(const struct run_report *r, const struct plan_job *j,
    const struct ms_run_mailbox *m)
{
	struct ms_buf what = {0};
	const char *name = j->name;
	const char *reason =
	    m->reason != NULL && !was_said(j, m->reason) ? m->reason : NULL;

	print_failures(r, name, m);
	if (m->result == MS_RUN_FAILED || m->result == MS_RUN_CANCELLED)
		ms_warn(TOOL, "%s: %s: %s, status %d%s%s", r->profile, name,
		    ms_run_result_name(m->result), m->status,
		    reason != NULL ? ": " : "", reason != NULL ? reason : "");
	else if (r->verbosity != QUIET) {
		ms_buf_printf(&what, "%s: ", name);
		print_counts(r->profile, ms_buf_str(&what), &m->counts);
	}
	ms_buf_release(&what);
}

static void
print_end(const struct run_report *r, const struct ms_run *run)
{
	struct ms_buf what = {0};

	if (r->verbosity == QUIET)
		return;
	ms_buf_printf(&what, "%s: %" PRIu64 " of %" PRIu64 " mailboxes; ",
	    ms_run_result_name(run->result), r->succeeded, r->mailboxes);
	print_counts(r->profile, ms_buf_str(&what), &run->counts);
	ms_buf_release(&what);
}

/* ---- JSON ---- */

json_t *
report_json(const char *profile, uint64_t run, const struct ms_run_mailbox *m)
{
	json_t *o = json_object();

	show_text(o, "type", "mailbox");
	show_text(o, "profile", profile);
	ms_json_number(o, "run", run);
	ms_run_mailbox_json(o, m, MS_RUN_JSON_REPORT);
	return o;
}

/* Writes a line to --report, and releases it. */
static void
write_line(const struct run_report *r, json_t *o)
{
	struct ms_buf line = {0};

	if (r->file != NULL) {
		ms_json_line(&line, o);
		ms_buf_add_byte(&line, '\n');
		fwrite(line.p, 1, line.n, r->file);
		fflush(r->file);
	}
	ms_buf_release(&line);
	json_decref(o);
}

static void
write_mailbox(struct run_report *r, const struct ms_run_mailbox *m)
{
	write_line(r, report_json(r->profile, r->run, m));
	r->mailboxes++;
	r->succeeded += m->result == MS_RUN_SUCCEEDED;
}

static void
write_end(const struct run_report *r, const struct ms_run *run,
    const struct ms_err *why)
{
	json_t *o = json_object();

	show_text(o, "type", "run");
	show_text(o, "profile", r->profile);
	show_text(o, "kind", r->kind);
	ms_json_number(o, "run", r->run);
	show_text(o, "result", ms_run_result_name(run->result));
	ms_json_number(o, "status", (uint64_t)run->status);
	ms_json_number(o, "mailboxes", r->mailboxes);
	ms_tally_json(o, &run->counts, run->counts.deleted > 0);
	if (why != NULL)
		show_text(o, "reason", why->msg);
	write_line(r, o);
}

/* ---- the run ---- */

int
report_begin(struct run_report *r, uint64_t mailboxes, struct ms_err *err)
{
	const struct ms_run run = {.profile = r->number,
	    .name = r->profile,
	    .kind = r->kind,
	    .mailboxes = mailboxes};

	if (ms_run_log_begin(&r->log, r->t->archive, r->t->as, &run, err) < 0)
		return -1;
	r->run = ms_run_log_number(r->log);
	return 0;
}

int
report_mailbox(struct run_report *r, const struct plan_job *j,
    const struct ms_run_mailbox *m)
{
	job_sum_add(&r->sum, m);
	print_mailbox(r, j, m);
	if (j->records) {
		r->recorded = true;
		return 0;
	}
	write_mailbox(r, m);
	return ms_run_log_add(r->log, m);
}

/* An ms_run_mailbox_fn, for the mailboxes that a job has recorded itself. */
static int
on_recorded(void *ctx, const struct ms_run_mailbox *m, struct ms_err *err)
{
	(void)err;
	write_mailbox(ctx, m);
	return 0;
}

/* The result of the run, from those of its mailboxes. */
static struct ms_run
run_of(const struct run_report *r, bool follow)
{
	const struct job_sum *s = &r->sum;
	struct ms_run run = job_sum_run(s);

	/* A run that follows a mailbox succeeds when it is asked to end. */
	if (!follow || run.result != MS_RUN_CANCELLED)
		return run;
	if (s->with_errors + s->failed > 0) {
		run.result = MS_RUN_ERRORS;
	} else {
		run.result = MS_RUN_SUCCEEDED;
		run.status = 0;
	}
	return run;
}

int
report_end(struct run_report *r, const struct ms_err *why, bool follow)
{
	struct ms_run run = run_of(r, follow);
	struct ms_err err = {0};
	struct ms_run_mailbox failed = {
	    .user = "", .source = "", .result = MS_RUN_FAILED};

	if (why != NULL) { /* recorded as a mailbox without a name */
		failed.status = ms_status(why->code);
		failed.reason = why->msg;
		(void)ms_run_log_add(r->log, &failed);
	}
	(void)ms_run_log_flush(r->log, &err);
	if (r->recorded)
		ms_run_mailboxes(r->t->archive, r->run, on_recorded, r, NULL);
	if (why != NULL || err.code != MS_OK) {
		run.result = MS_RUN_FAILED;
		run.status = ms_status(why != NULL ? why->code : err.code);
	}
	(void)ms_run_log_end(r->log, &run, &err);
	r->log = NULL;
	if (why != NULL)
		ms_warn(TOOL, "%s: %s", r->profile, why->msg);
	else
		print_end(r, &run);
	if (err.code != MS_OK) {
		ms_warn(TOOL, "%s: %s", r->profile, err.msg);
		run.status = run.status == 0 ? ms_status(err.code) : run.status;
	}
	write_end(r, &run, why);
	return run.status;
}
