/* run.c - runs profiles: their jobs, and that each profile runs once at a time.
 */
#include "run-report.h"
#include "sync-first.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>
#include <time.h>
#include <unistd.h>

#include "fs.h"

/* Seconds between two delete runs while a mailbox is followed. The variable
 * MS_REMOVE_EVERY of the environment overrides it in tests. */
#define DELETE_EVERY 3600

/* One run. */
struct profile_run {
	struct run_report report;
	struct plan plan;
	struct jobs *jobs;
	int lock;
	struct run_progress progress;
	bool follow; /* the mailbox is followed */
	bool failed; /* a result could not be recorded: the run ends */

	/* The delete runs while the mailbox is followed. */
	struct job delete;
	bool deleting;
	time_t deleted;        /* when the last one started */
	uint64_t delete_every; /* seconds */
};

/* ---- hooks of the runner ---- */

static void
update_progress(struct profile_run *r)
{
	const struct job_sum *sum = &r->report.sum;

	r->progress.done = sum->jobs;
	r->progress.failed = sum->with_errors + sum->failed;
	run_progress_write(r->lock, &r->progress);
}

/* The results of mailboxes cannot be recorded. */
static void
give_up(struct profile_run *r)
{
	r->failed = true;
	jobs_stop(r->jobs);
}

static void
on_started(void *ctx, const struct job *job)
{
	const struct profile_run *r = ctx;

	ms_warn(TOOL, "%s: %s: started", r->report.profile, job->name);
}

static void
on_message(void *ctx, const struct job *job, const char *line)
{
	const struct profile_run *r = ctx;
	struct plan_job *j = job->ctx;

	ms_warn(TOOL, "%s: %s: %s", r->report.profile, job->name, line);
	free(j->said);
	j->said = ms_xstrdup(line);
}

static void
on_done(void *ctx, const struct job *job, const struct ms_run_mailbox *result,
    int64_t ms)
{
	struct profile_run *r = ctx;

	(void)ms;
	if (job->work == JOB_DELETE) {
		r->deleting = false;
		/* This happens every hour for months: a run that deleted
		 * nothing is not recorded. */
		if (result->status == 0 && result->counts.deleted == 0)
			return;
	} else {
		r->follow = false; /* no further delete run */
	}
	if (report_mailbox(&r->report, job->ctx, result) < 0)
		give_up(r);
	update_progress(r);
}

/* While a mailbox is followed, old messages are deleted every hour. */
static void
start_delete(struct profile_run *r)
{
	time_t now = time(NULL);

	if (!r->follow || r->deleting || r->delete.delete_options == NULL ||
	    now < r->deleted + (time_t)r->delete_every || jobs_stopped(r->jobs))
		return;
	r->deleted = now;
	r->deleting = true;
	jobs_add(r->jobs, &r->delete);
}

static void
on_tick(void *ctx)
{
	struct profile_run *r = ctx;

	start_delete(r);
	if (ms_run_log_tick(r->report.log) < 0)
		give_up(r);
}

static void
on_total(void *ctx, struct ms_buf *out)
{
	const struct profile_run *r = ctx;
	const struct job_sum *s = &r->report.sum;

	ms_buf_printf(out,
	    "%s: %" PRIu64 " of %zu done, %" PRIu64 " not well; %" PRIu64
	    " messages new, %" PRIu64 " known",
	    r->report.profile, s->jobs, r->plan.count,
	    s->with_errors + s->failed, s->counts.new, s->counts.known);
}

/* ---- a run ---- */

static void
run_jobs(struct profile_run *r)
{
	bool verbose = r->report.verbosity == VERBOSE;
	const struct jobs_hooks hooks = {.started = verbose ? on_started : NULL,
	    .message = verbose ? on_message : NULL,
	    .done = on_done,
	    .tick = on_tick,
	    .progress = r->report.verbosity != QUIET,
	    .total = on_total};
	const char *every = getenv("MS_REMOVE_EVERY");
	struct plan *plan = &r->plan;

	/* A followed mailbox needs a second place for its delete runs. */
	r->jobs = jobs_new(r->follow ? 2 : plan->at_once, &hooks, r);
	for (size_t i = 0; i < plan->count && !r->failed; i++)
		jobs_add(r->jobs, &plan->jobs[i].job);
	r->deleted = time(NULL);
	r->delete_every = DELETE_EVERY;
	if (every != NULL)
		(void)ms_opt_number(
		    every, 1, DELETE_EVERY, &r->delete_every, NULL);
	if (!r->failed)
		jobs_run(r->jobs);
}

/* Has the owner the privilege that a run of the profile needs? */
static int
owner_privileged(const struct ms_account *owner, const struct ms_profile *p,
    struct ms_err *err)
{
	bool exports = p->kind == MS_PROFILE_EXPORT;

	if (ms_account_has(
		owner, exports ? MS_PRIVILEGE_EXPORT : MS_PRIVILEGE_ARCHIVE))
		return 0;
	return ms_fail(err, MS_AUTH,
	    "its owner '%.255s' lacks the privilege '%s'", owner->name,
	    exports ? "export" : "archive");
}

/* Makes the plan of the run, if the owner may run the profile. */
static int
prepare(struct profile_run *r, const struct ms_stored_profile *stored,
    struct ms_profile *p, bool follow, struct ms_err *err)
{
	struct tool *t = r->report.t;
	struct ms_account owner = {0};
	int got = ms_account_get(t->archive, stored->owner, &owner, err);

	if (got == 0)
		ms_fail(err, MS_AUTH, "the profile has no owner");
	got = got != 1 ? -1
		       : profile_validate(t, &owner, ms_slice_str(stored->text),
			     false, p, err);
	if (got == 0) {
		r->report.kind = ms_profile_kind_name(p->kind);
		r->follow = follow;
		if (follow && p->kind != MS_PROFILE_MAILBOX &&
		    p->kind != MS_PROFILE_MULTIDROP)
			got = ms_fail(err, MS_USAGE,
			    "--follow needs kind = mailbox or multidrop");
	}
	if (got == 0 && owner_privileged(&owner, p, err) < 0)
		got = -1;
	if (got == 0)
		got = profile_check_demoted(t, stored, &owner, p, err);
	if (got == 0 && ms_profile_value(p, "sync-first") != NULL)
		got = sync_first(t, stored->name, &owner,
		    ms_profile_value(p, "sync-first"), err);
	if (got == 0)
		got = plan_make(&r->plan, t, &owner, p, false, follow, err);
	if (got == 0 && follow && p->deletes) {
		r->delete = r->plan.jobs[0].job;
		r->delete.work = JOB_DELETE;
		r->delete.delete_options = &r->plan.delete;
	}
	ms_account_release(&owner);
	return got;
}

/* With the lock held. */
static int
run_locked(struct tool *t, const struct ms_stored_profile *stored, int lock,
    const struct profile_options *opt, bool *stopped)
{
	struct profile_run r = {.lock = lock,
	    .report = {.t = t,
		.profile = stored->name,
		.kind = "",
		.number = stored->number,
		.verbosity = opt->verbosity,
		.file = opt->report_file}};
	struct ms_profile p = {0};
	struct ms_err err = {0}, why = {0};
	int rc, status;

	rc = prepare(&r, stored, &p, opt->follow, &err);
	if (report_begin(&r.report, rc == 0 ? r.plan.mailboxes : 0, &why) < 0) {
		rc = -1;
		if (err.code == MS_OK)
			err = why;
		else
			tool_warn(stored->name, &why);
	}
	r.progress.run = r.report.run;
	r.progress.mailboxes = r.plan.mailboxes;
	plan_number(&r.plan, r.report.run);
	update_progress(&r);
	if (rc == 0)
		run_jobs(&r);
	status = report_end(&r.report, rc < 0 ? &err : NULL, opt->follow);
	*stopped = r.jobs != NULL && jobs_stopped(r.jobs) && !r.failed;
	jobs_free(r.jobs);
	plan_release(&r.plan);
	ms_profile_release(&p);
	return status;
}

/* Runs the profile of this name. *stopped: it was asked to end. */
static int
run_one(struct tool *t, const char *name, const struct profile_options *opt,
    bool *stopped)
{
	struct ms_stored_profile p = {0};
	struct ms_err err = {0};
	int lock = -1, status = 0;

	if (tool_profile(t, name, 0, &p, &err) < 0)
		goto out;
	if (opt->scheduled && !p.enabled)
		goto out;
	/* Read again with the lock held: the profile may have changed. */
	if (run_lock(t, &p, &lock, &err) < 0 ||
	    tool_profile(t, name, 0, &p, &err) < 0)
		goto out;
	status = run_locked(t, &p, lock, opt, stopped);
out:
	if (err.code != MS_OK)
		status = tool_warn(name, &err);
	if (lock >= 0)
		close(lock);
	ms_stored_profile_release(&p);
	return status;
}

static int
run_all(const struct ms_args *args, struct ms_err *err)
{
	struct tool *t = args->values;
	struct profile_options *opt = &t->opt;
	bool stopped = false;
	int status = 0, fd;

	if (opt->report != NULL) {
		fd = ms_fs_create(opt->report, err);
		if (fd < 0)
			return -1;
		opt->report_file = fdopen(fd, "w");
		if (opt->report_file == NULL)
			return ms_fail_errno(err, "%s", opt->report);
	}
	for (int i = 0; i < args->count && !stopped; i++)
		status = tool_join(
		    status, run_one(t, args->v[i], opt, &stopped), i == 0);
	if (opt->report_file != NULL &&
	    (ferror(opt->report_file) != 0) + (fclose(opt->report_file) != 0) >
		0)
		return ms_fail(err, MS_IO, "%s: write failed", opt->report);
	return status;
}

int
verb_run(const struct ms_args *args)
{
	struct tool *t = args->values;
	struct ms_err err = {0};
	int status = 0;

	if (tool_open(t, MS_ARCHIVE_WRITE, &err) == 0)
		status = run_all(args, &err);
	return tool_close(t, status, &err);
}
