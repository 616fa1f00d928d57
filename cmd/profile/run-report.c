/* run-report.c - what became of a run. See profile-report.h. */
#include "run-report.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>

#include "json.h"

/* ---- in words ---- */

void
report_counts(struct ms_buf *out, const struct ms_tally *t)
{
	ms_buf_printf(out,
	    "%" PRIu64 " seen: %" PRIu64 " new, %" PRIu64 " known, %" PRIu64
	    " left out, %" PRIu64 " failed",
	    t->seen, t->new, t->known, t->left_out, t->failed);
	if (t->deleted > 0)
		ms_buf_printf(out, ", %" PRIu64 " deleted", t->deleted);
}

static void
say(const struct run_report *r, const char *name,
    const struct ms_run_mailbox *m)
{
	struct ms_buf counts = {0};

	for (size_t i = 0; i < m->failure_count; i++)
		ms_warn(TOOL, "%s: %s: %s: %s", r->profile, name,
		    m->failures[i].where, m->failures[i].reason);
	if (m->more > 0)
		ms_warn(TOOL, "%s: %s: %" PRIu64 " more failures", r->profile,
		    name, m->more);
	if (m->result == MS_RUN_FAILED || m->result == MS_RUN_CANCELLED)
		ms_warn(TOOL, "%s: %s: %s, status %d%s%s", r->profile, name,
		    ms_run_result_name(m->result), m->status,
		    m->reason != NULL ? ": " : "",
		    m->reason != NULL ? m->reason : "");
	else if (r->talk != TALK_QUIET) {
		report_counts(&counts, &m->counts);
		ms_warn(
		    TOOL, "%s: %s: %s", r->profile, name, ms_buf_str(&counts));
	}
	ms_buf_release(&counts);
}

/* ---- as JSON ---- */

json_t *
report_json(const char *profile, uint64_t run, const struct ms_run_mailbox *m)
{
	json_t *o = json_object(), *failures;

	show_text(o, "type", "mailbox");
	show_text(o, "profile", profile);
	ms_json_number(o, "run", run);
	show_text(o, "user", m->user);
	show_text(o, "source", m->source);
	show_text(o, "result", ms_run_result_name(m->result));
	ms_json_number(o, "status", (uint64_t)m->status);
	show_tally(o, &m->counts);
	ms_json_number(o, "seconds", m->seconds);
	show_text(o, "reason", m->reason);
	if (m->failure_count > 0) {
		failures = json_array();
		for (size_t i = 0; i < m->failure_count; i++) {
			json_t *f = json_object();

			show_text(f, "where", m->failures[i].where);
			show_text(f, "reason", m->failures[i].reason);
			json_array_append_new(failures, f);
		}
		json_object_set_new(o, "failures", failures);
	}
	if (m->more > 0)
		ms_json_number(o, "more_failures", m->more);
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

/* ---- the run ---- */

int
report_begin(struct run_report *r, uint64_t mailboxes, struct ms_err *err)
{
	struct ms_run run = {.profile = r->number,
	    .name = r->profile,
	    .kind = r->kind,
	    .mailboxes = mailboxes};

	return ms_run_begin(r->t->archive, r->t->as, &run, &r->run, err);
}

static enum ms_run_result
result_of(enum job_end end)
{
	static const enum ms_run_result results[] = {
	    [JOB_SUCCEEDED] = MS_RUN_SUCCEEDED,
	    [JOB_SOME] = MS_RUN_ERRORS,
	    [JOB_FAILED] = MS_RUN_FAILED,
	    [JOB_CANCELLED] = MS_RUN_CANCELLED,
	};

	return results[end];
}

static int
flush(struct run_report *r)
{
	return records_flush(&r->waiting, r->t->archive, r->t->as, r->run,
	    r->err.code == MS_OK ? &r->err : NULL);
}

int
report_tick(struct run_report *r)
{
	return records_due(&r->waiting) ? flush(r) : 0;
}

/* Keeps it, and writes it to --report. */
static int
record(struct run_report *r, const struct ms_run_mailbox *m)
{
	records_add(&r->waiting, m);
	write_line(r, report_json(r->profile, r->run, m));
	r->mailboxes++;
	r->succeeded += m->result == MS_RUN_SUCCEEDED;
	return report_tick(r);
}

int
report_mailbox(struct run_report *r, const struct plan_job *j,
    const struct job_result *result)
{
	struct ms_run_failure *failures =
	    ms_xcalloc(result->failure_count + 1, sizeof(*failures));
	struct ms_run_mailbox m = {.user = j->user,
	    .source = j->source,
	    .status = result->status,
	    .result = result_of(result->end),
	    .counts = {.seen = result->seen,
		.new = result->fresh,
		.known = result->known,
		.left_out = result->left_out,
		.failed = result->failed,
		.deleted = result->deleted},
	    .seconds = (uint64_t)(result->ms / 1000),
	    .reason = result->reason[0] != '\0' ? result->reason : NULL,
	    .failures = failures,
	    .failure_count = result->failure_count,
	    .more = result->failures_more};
	int rc = 0;

	for (size_t i = 0; i < result->failure_count; i++)
		failures[i] = (struct ms_run_failure){
		    result->failures[i].where, result->failures[i].reason};
	job_sum_add(&r->sum, result);
	say(r, j->name, &m);
	if (j->records)
		r->recorded = true;
	else
		rc = record(r, &m);
	free(failures);
	return rc;
}

/* An ms_run_mailbox_fn: what a job has recorded itself. */
static int
take_recorded(void *ctx, const struct ms_run_mailbox *m, struct ms_err *err)
{
	struct run_report *r = ctx;

	(void)err;
	write_line(r, report_json(r->profile, r->run, m));
	r->mailboxes++;
	r->succeeded += m->result == MS_RUN_SUCCEEDED;
	return 0;
}

/* What the mailboxes say of the whole. A follower that was asked to end has
 * done what it was to do. */
static enum ms_run_result
judge(const struct job_sum *sum, bool follow, int *status)
{
	uint64_t bad = sum->some + sum->failed;

	*status = job_sum_status(sum);
	if (sum->cancelled > 0 && !follow)
		return MS_RUN_CANCELLED;
	if (bad == 0) {
		*status = 0;
		return MS_RUN_SUCCEEDED;
	}
	return sum->failed == sum->jobs ? MS_RUN_FAILED : MS_RUN_ERRORS;
}

/* Why nothing could be begun: as of a mailbox without a name. */
static void
keep_reason(struct run_report *r, const struct ms_err *why)
{
	const struct ms_run_mailbox m = {.user = "",
	    .source = "",
	    .status = ms_status(why->code),
	    .result = MS_RUN_FAILED,
	    .reason = why->msg};

	ms_run_mailbox(r->t->archive, r->t->as, r->run, &m,
	    r->err.code == MS_OK ? &r->err : NULL);
}

static void
say_end(const struct run_report *r, const struct ms_run *run)
{
	struct ms_buf counts = {0};

	report_counts(&counts, &run->counts);
	if (r->talk != TALK_QUIET)
		ms_warn(TOOL,
		    "%s: %s: %" PRIu64 " of %" PRIu64 " mailboxes; %s",
		    r->profile, ms_run_result_name(run->result), r->succeeded,
		    r->mailboxes, ms_buf_str(&counts));
	ms_buf_release(&counts);
}

int
report_end(struct run_report *r, const struct ms_err *why, bool follow)
{
	const struct job_sum *s = &r->sum;
	struct ms_run run = {.counts = {.seen = s->seen,
				 .new = s->fresh,
				 .known = s->known,
				 .left_out = s->left_out,
				 .failed = s->failures,
				 .deleted = s->deleted}};
	json_t *o = json_object();
	struct ms_err err;

	if (r->run != 0)
		flush(r);
	err = r->err;
	if (r->recorded)
		ms_run_mailboxes(r->t->archive, r->run, take_recorded, r, NULL);
	run.result = judge(s, follow, &run.status);
	if (why != NULL || err.code != MS_OK) {
		run.result = MS_RUN_FAILED;
		run.status = ms_status(why != NULL ? why->code : err.code);
	}
	if (r->run != 0 && why != NULL)
		keep_reason(r, why);
	if (r->run != 0)
		ms_run_end(r->t->archive, r->t->as, r->run, &run,
		    err.code == MS_OK ? &err : NULL);
	if (why != NULL)
		ms_warn(TOOL, "%s: %s", r->profile, why->msg);
	else
		say_end(r, &run);
	if (err.code != MS_OK) {
		ms_warn(TOOL, "%s: %s", r->profile, err.msg);
		run.status = run.status == 0 ? ms_status(err.code) : run.status;
	}
	show_text(o, "type", "run");
	show_text(o, "profile", r->profile);
	show_text(o, "kind", r->kind);
	ms_json_number(o, "run", r->run);
	show_text(o, "result", ms_run_result_name(run.result));
	ms_json_number(o, "status", (uint64_t)run.status);
	ms_json_number(o, "mailboxes", r->mailboxes);
	show_tally(o, &run.counts);
	if (why != NULL)
		show_text(o, "reason", why->msg);
	write_line(r, o);
	return run.status;
}
