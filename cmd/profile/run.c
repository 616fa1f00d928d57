/* run.c - profiles run: the jobs, what becomes of them, and that it
 * happens once at a time. */
#include "progress.h"
#include "run-report.h"

#include <fcntl.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sysexits.h>
#include <time.h>
#include <unistd.h>

#define TICK_MS 1000
#define REMOVE_EVERY                                                           \
	3600 /* seconds, while a mailbox is followed, unless                   \
	      * MS_REMOVE_EVERY says otherwise for tests */

struct options {
	enum run_talk talk;
	bool follow, scheduled;
	const char *report;
	FILE *file;
};

/* One run. */
struct running {
	struct run_report report;
	struct plan plan;
	struct jobs *jobs;
	int lock;
	struct run_note note;
	bool follow;
	time_t removed; /* when the last delete run of a follower began */
	uint64_t remove_every; /* seconds */
	bool removing;
	struct job remove; /* that run */
	bool failed;       /* something could not be kept: end */
	struct live *live;
};

/* ---- what the jobs say ---- */

static void
note_progress(struct running *r)
{
	const struct job_sum *sum = &r->report.sum;

	r->note.done = sum->jobs;
	r->note.failed = sum->some + sum->failed;
	run_note(r->lock, &r->note);
}

/* What becomes of the mailboxes cannot be kept. */
static void
give_up(struct running *r)
{
	r->failed = true;
	jobs_stop(r->jobs);
}

static void
begun(void *ctx, const struct job *job)
{
	struct running *r = ctx;

	if (r->report.talk != TALK_ALL)
		return;
	live_clear(r->live);
	ms_warn(TOOL, "%s: %s: begins", r->report.profile, job->name);
}

static void
said(void *ctx, const struct job *job, const char *line)
{
	struct running *r = ctx;

	if (r->report.talk != TALK_ALL)
		return;
	live_clear(r->live);
	ms_warn(TOOL, "%s: %s: %s", r->report.profile, job->name, line);
}

static void
done(void *ctx, const struct job *job, const struct job_result *result)
{
	struct running *r = ctx;
	const struct plan_job *j = job->mine;

	if (job->work == JOB_DELETE) {
		r->removing = false;
		/* Every hour, for months: only what is worth a record. */
		if (result->status == 0 && result->deleted == 0)
			return;
	} else {
		r->follow = false; /* nothing is added behind it */
	}
	live_clear(r->live);
	if (report_mailbox(&r->report, j, result) < 0)
		give_up(r);
	note_progress(r);
}

/* While a mailbox is followed, what is old is deleted every hour. */
static void
remove_old(struct running *r)
{
	time_t now = time(NULL);

	if (!r->follow || r->removing || r->remove.remove == NULL ||
	    now < r->removed + (time_t)r->remove_every || jobs_stopped(r->jobs))
		return;
	r->removed = now;
	r->removing = true;
	jobs_add(r->jobs, &r->remove);
}

static void
tick(void *ctx)
{
	struct running *r = ctx;
	const struct job_sum *s = &r->report.sum;
	struct ms_buf total = {0};

	remove_old(r);
	if (report_tick(&r->report) < 0)
		give_up(r);
	if (r->live == NULL)
		return;
	ms_buf_printf(&total,
	    "%s: %" PRIu64 " of %zu done, %" PRIu64 " not well; %" PRIu64
	    " messages new, %" PRIu64 " known",
	    r->report.profile, s->jobs, r->plan.count, s->some + s->failed,
	    s->fresh, s->known);
	live_draw(r->live, r->jobs, ms_buf_str(&total));
	ms_buf_release(&total);
}

/* ---- a run ---- */

/* A mailbox that cannot be begun is one that failed. */
static void
report_trouble(struct running *r, const struct plan_job *j)
{
	const struct job_result result = {
	    .end = JOB_FAILED, .status = EX_NOINPUT, .reason = j->trouble};

	if (report_mailbox(&r->report, j, &result) < 0)
		r->failed = true;
}

static void
run_jobs(struct running *r)
{
	struct live *live = live_new(r->report.talk != TALK_QUIET);
	const struct jobs_hooks hooks = {.begun = begun,
	    .said = said,
	    .done = done,
	    .tick = tick,
	    .tick_ms = live != NULL ? LIVE_TICK_MS : TICK_MS,
	    .counting = live != NULL};
	const char *every = getenv("MS_REMOVE_EVERY");
	struct plan *plan = &r->plan;

	r->live = live;
	r->jobs = jobs_new(r->follow ? 2 : plan->at_once, &hooks, r);
	for (size_t i = 0; i < plan->count && !r->failed; i++)
		if (plan->jobs[i].trouble != NULL)
			report_trouble(r, &plan->jobs[i]);
		else
			jobs_add(r->jobs, &plan->jobs[i].job);
	r->removed = time(NULL);
	r->remove_every = REMOVE_EVERY;
	if (every != NULL)
		(void)ms_opt_number(every, 1, REMOVE_EVERY, &r->remove_every,
		    "MS_REMOVE_EVERY", NULL);
	if (!r->failed)
		jobs_run(r->jobs);
	live_free(r->live);
	r->live = NULL;
}

/* Has its owner the privilege that this takes? */
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

/* What is to be done, as far as its owner may. */
static int
prepare(struct running *r, const struct ms_stored_profile *stored,
    struct ms_profile *p, bool follow, struct ms_err *err)
{
	struct tool *t = r->report.t;
	struct ms_account owner = {0};
	int got = ms_account_get(t->archive, stored->owner, &owner, err);

	if (got == 0)
		ms_fail(err, MS_AUTH, "it has no owner");
	got = got != 1 ? -1
		       : profile_judge(t, &owner, ms_slice_str(stored->text),
			     false, p, err);
	if (got == 0) {
		r->report.kind = ms_profile_kind_name(p->kind);
		r->follow = follow;
		if (follow && p->kind != MS_PROFILE_MAILBOX)
			got = ms_fail(
			    err, MS_USAGE, "--follow is for kind = mailbox");
	}
	if (got == 0 && owner_privileged(&owner, p, err) < 0)
		got = -1;
	if (got == 0)
		got = plan_make(&r->plan, t, &owner, p, false, follow, err);
	if (got == 0 && follow && p->deletes) {
		r->remove = r->plan.jobs[0].job;
		r->remove.work = JOB_DELETE;
		r->remove.remove = &r->plan.remove;
	}
	ms_account_release(&owner);
	return got;
}

/* With the lock held. */
static int
run_locked(struct tool *t, const struct ms_stored_profile *stored, int lock,
    const struct options *opt, bool *stopped)
{
	struct running r = {.lock = lock,
	    .report = {.t = t,
		.profile = stored->name,
		.kind = "",
		.number = stored->number,
		.talk = opt->talk,
		.file = opt->file}};
	struct ms_profile p = {0};
	struct ms_err err = {0}, why = {0};
	int rc, status;

	rc = prepare(&r, stored, &p, opt->follow, &err);
	if (report_begin(&r.report, rc == 0 ? r.plan.mailboxes : 0, &why) < 0) {
		r.report.err = why;
		rc = -1;
		if (err.code == MS_OK)
			err = why;
	}
	r.note.run = r.report.run;
	r.note.mailboxes = r.plan.mailboxes;
	plan_number(&r.plan, r.report.run);
	note_progress(&r);
	if (rc == 0)
		run_jobs(&r);
	status = report_end(&r.report, rc < 0 ? &err : NULL, opt->follow);
	*stopped = r.jobs != NULL && jobs_stopped(r.jobs) && !r.failed;
	jobs_free(r.jobs);
	plan_release(&r.plan);
	ms_profile_release(&p);
	return status;
}

/* One by its name. *stopped: somebody asked it to end. */
static int
run_one(
    struct tool *t, const char *name, const struct options *opt, bool *stopped)
{
	struct ms_stored_profile p = {0};
	struct ms_err err = {0};
	int lock = -1, status = 0;

	if (tool_profile(t, name, 0, &p, &err) < 0)
		goto out;
	if (opt->scheduled && !p.enabled)
		goto out;
	/* Read again when nobody else runs it: that is what will be run. */
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
run_all(struct tool *t, const struct args *args, struct options *opt,
    struct ms_err *err)
{
	bool stopped = false;
	int status = 0, fd;

	if (opt->report != NULL) {
		fd = open(opt->report, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC,
		    0600);
		opt->file = fd >= 0 ? fdopen(fd, "w") : NULL;
		if (opt->file == NULL)
			return ms_fail_errno(err, "%s", opt->report);
	}
	for (size_t i = 0; i < args->count && !stopped; i++)
		status = tool_join(
		    status, run_one(t, args->names[i], opt, &stopped), i == 0);
	if (opt->file != NULL &&
	    (ferror(opt->file) != 0) + (fclose(opt->file) != 0) > 0)
		return ms_fail(err, MS_IO, "%s: write failed", opt->report);
	return status;
}

int
verb_run(struct tool *t, int argc, char *argv[])
{
	enum {
		OPT_FOLLOW = MS_OPT_LONG,
		OPT_SCHEDULED,
		OPT_REPORT
	};
	static const struct option longs[] = {
	    {"follow", no_argument, NULL, OPT_FOLLOW},
	    {"scheduled", no_argument, NULL, OPT_SCHEDULED},
	    {"report", required_argument, NULL, OPT_REPORT},
	    {"quiet", no_argument, NULL, 'q'},
	    {"verbose", no_argument, NULL, 'v'},
	    {NULL, 0, NULL, 0},
	};
	const struct rlimit no_core = {0, 0};
	struct args args = {
	    .argc = argc, .argv = argv, .letters = "qv", .longs = longs};
	struct options opt = {.talk = TALK_SOME};
	struct ms_err err = {0};
	int c, status = 0;

	setrlimit(RLIMIT_CORE, &no_core); /* a core would hold passwords */
	while (status == 0 && (c = args_next(&args)) != -1) {
		if (c == OPT_FOLLOW)
			opt.follow = true;
		else if (c == OPT_SCHEDULED)
			opt.scheduled = true;
		else if (c == OPT_REPORT)
			opt.report = optarg;
		else if (c == 'q' || c == 'v')
			opt.talk = c == 'q' ? TALK_QUIET : TALK_ALL;
		else
			status = tool_misused();
	}
	if (status == 0 && args.count == 0)
		status = tool_misused();
	if (status == 0 && tool_open(t, MS_ARCHIVE_WRITE, &err) == 0)
		status = run_all(t, &args, &opt, &err);
	args_release(&args);
	return tool_close(t, status, &err);
}
