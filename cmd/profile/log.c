/* log.c - the verb log: runs and their results. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "json.h"
#include "run-report.h"
#include "query.h"
#include "run-liveness.h"
#include "time.h"

/* ---- log ---- */

struct log {
	struct tool *t;
	const struct ms_run *run; /* that is shown now */
	bool failed;              /* a run that failed was shown */
};

/* A run is cancelled on request, which is not a failure. */
static bool
is_failure(enum ms_run_result result)
{
	return result == MS_RUN_ERRORS || result == MS_RUN_FAILED;
}

static void
show_counts(const struct ms_tally *t)
{
	show_count(t->seen, '\t');
	show_count(t->new, '\t');
	show_count(t->known, '\t');
	show_count(t->left_out, '\t');
	show_count(t->failed, '\t');
	show_count(t->deleted, '\t');
}

/* An ms_run_mailbox_fn. */
static int
show_mailbox(void *ctx, const struct ms_run_mailbox *m, struct ms_err *err)
{
	const struct log *l = ctx;
	const struct ms_run *run = l->run;
	(void)err;
	if (l->t->opt.failed_only && !is_failure(m->result))
		return 0;
	if (l->t->opt.json) {
		show_json(report_json(run->name, run->number, m));
		return 0;
	}
	show_field("mailbox", '\t');
	show_when(m->time, '\t');
	show_field(run->name, '\t');
	show_field(m->user, '\t');
	show_result_field(ms_run_result_name(m->result), '\t');
	show_count((uint64_t)m->status, '\t');
	show_counts(&m->counts);
	show_seconds(m->seconds, '\t');
	show_field(m->source, '\t');
	show_field(m->reason != NULL      ? m->reason
		   : m->failure_count > 0 ? m->failures[0].reason
					  : "",
	    '\n');
	return 0;
}

/* A run without a recorded end has failed, unless it runs now. */
static const char *
result_name(const struct ms_run *run, bool now)
{
	if (run->result == MS_RUN_OPEN && !now)
		return ms_run_result_name(MS_RUN_FAILED);
	return show_result(run, now);
}

static void
show_run_json(const struct ms_run *run, bool now)
{
	json_t *o = json_object();

	show_text(o, "type", "run");
	show_text(o, "profile", run->name);
	show_text(o, "kind", run->kind);
	ms_json_number(o, "run", run->number);
	show_time(o, "began", run->began);
	show_time(o, "ended", run->ended);
	show_text(o, "result", result_name(run, now));
	if (run->result != MS_RUN_OPEN)
		ms_json_number(o, "status", (uint64_t)run->status);
	else if (!now)
		show_text(o, "reason", "interrupted");
	ms_json_number(o, "mailboxes", run->mailboxes);
	ms_tally_json(o, &run->counts, run->counts.deleted > 0);
	show_json(o);
}

static void
show_run_text(const struct ms_run *run, bool now)
{
	show_field("run", '\t');
	show_when(run->began, '\t');
	show_field(run->name, '\t');
	show_count(run->mailboxes, '\t');
	show_result_field(result_name(run, now), '\t');
	if (run->result != MS_RUN_OPEN)
		show_count((uint64_t)run->status, '\t');
	else
		show_field("", '\t');
	show_counts(&run->counts);
	show_seconds(
	    run->ended > run->began ? (uint64_t)(run->ended - run->began) : 0,
	    '\n');
}

/* Does this run, which has no recorded end, run now? */
static int
runs_now(struct tool *t, const struct ms_run *run, struct ms_err *err)
{
	struct ms_stored_profile p = {0};
	int pid = 0, got;

	if (run->profile == 0)
		return run_liveness_test(t->path, run->number, err);
	got = ms_profile_get(t->archive, run->profile, &p, err);
	if (got == 1 && p.last_run == run->number)
		pid = run_holder(t, run->profile, NULL, err);
	ms_stored_profile_release(&p);
	return got < 0 || pid < 0 ? -1 : pid > 0;
}

static int
show_run(struct log *l, const struct ms_run *run, struct ms_err *err)
{
	const struct profile_options *opt = &l->t->opt;
	bool open = run->result == MS_RUN_OPEN;
	int now = open ? runs_now(l->t, run, err) : 0;
	bool failure = (open && now == 0) || is_failure(run->result);

	if (now < 0)
		return -1;
	if (opt->failed_only && !failure)
		return 0;
	l->failed = l->failed || failure;
	l->run = run;
	if (opt->json)
		show_run_json(run, now == 1);
	else
		show_run_text(run, now == 1);
	if (!opt->json && !opt->mailboxes && !opt->failed_only)
		return 0;
	return ms_run_mailboxes(
	    l->t->archive, run->number, show_mailbox, l, err);
}

/* May the actor see this run? Only admins see those of ms-csvbatch. */
static int
is_seen(struct tool *t, const struct ms_run *run, struct ms_err *err)
{
	struct ms_stored_profile p = {0};
	int got;
	bool sees;

	if (t->as == NULL || ms_account_has(&t->actor, MS_PRIVILEGE_ADMIN))
		return 1;
	if (run->profile == 0)
		return 0;
	got = ms_profile_get(t->archive, run->profile, &p, err);
	sees = got == 1 && tool_sees(t, &p);
	ms_stored_profile_release(&p);
	return got < 0 ? -1 : sees;
}

/* profile: its number; 0: all. */
static int
show_runs(struct log *l, uint64_t profile, struct ms_err *err)
{
	struct ms_runs *w =
	    ms_runs_open(l->t->archive, profile, l->t->opt.since);
	struct ms_run run = {0};
	int got, seen;

	while ((got = ms_runs_next(w, &run, err)) == 1) {
		seen = is_seen(l->t, &run, err);
		if (seen < 0 || (seen == 1 && show_run(l, &run, err) < 0)) {
			got = -1;
			break;
		}
	}
	l->run = NULL;
	ms_run_release(&run);
	ms_runs_close(w);
	return got;
}

static void
show_log(struct log *l, const struct ms_args *args, struct ms_err *err)
{
	struct ms_stored_profile p = {0};

	if (args->count == 0)
		show_runs(l, 0, err);
	for (int i = 0; i < args->count && err->code == MS_OK; i++)
		if (tool_profile(l->t, args->v[i], 0, &p, err) < 0)
			ms_context(err, "%s", args->v[i]);
		else
			show_runs(l, p.number, err);
	ms_stored_profile_release(&p);
}

/* The fields of runs and mailboxes, on a terminal. */
static const struct ms_column columns[] = {
    {.heading = "", .plain = "run"},
    {.heading = "WHEN"},
    {.heading = "PROFILE", .shrink = true},
    {.heading = "MAILBOX", .shrink = true},
    {.heading = "RESULT", .shrink = true},
    {.heading = "STATUS", .right = true, .plain = "0"},
    {.heading = "SEEN", .right = true},
    {.heading = "NEW", .right = true},
    {.heading = "KNOWN", .right = true, .plain = "0"},
    {.heading = "LEFT OUT", .right = true, .plain = "0"},
    {.heading = "FAILED", .right = true, .plain = "0"},
    {.heading = "DELETED", .right = true, .plain = "0"},
    {.heading = "TIME", .right = true},
    {.heading = "SOURCE", .shrink = true, .plain = ""},
    {.heading = "REASON", .plain = ""},
};

int
verb_log(const struct ms_args *args)
{
	struct log l = {.t = args->values};
	struct ms_err err = {0};

	if (tool_open(l.t, MS_ARCHIVE_READ, &err) == 0) {
		show_begin(l.t, columns, sizeof(columns) / sizeof(columns[0]));
		show_log(&l, args, &err);
		show_end();
	}
	return tool_close(
	    l.t, l.t->opt.failed_only && l.failed ? MS_STATUS_SOME : 0, &err);
}
