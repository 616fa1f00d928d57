/* job.c - the runner of jobs: the queue, and one loop that waits for
 * everything that can happen. */
#include "job-impl.h"

#include <signal.h>
#include <stdlib.h>
#include <string.h>

#include "clock.h"
#include "stop.h"

#define TICK_MS 1000
#define PROGRESS_TICK_MS 250 /* with progress lines */

struct jobs {
	unsigned at_once;
	struct jobs_hooks hooks;
	void *ctx;

	struct job *queue; /* queue[next..queued) have not started */
	size_t next, queued, room;
	struct running_job **running; /* in the order of their start */
	size_t count;
	struct pollfd *fds;
	struct progress *progress; /* NULL: not shown */
	int64_t ticked_ms;
	bool stopped;
	unsigned signals;   /* that were handled */
	sigset_t unblocked; /* the signal mask while waiting */
};

static volatile sig_atomic_t signals_caught;

static void
on_signal(int number)
{
	signals_caught++;
	ms_stopped = number;
}

/* ---- the loop ---- */

static struct running_job *
new_job(const struct jobs *j, const struct job *job)
{
	struct running_job *r = ms_xcalloc(1, sizeof(*r));

	r->job = *job;
	r->hooks = &j->hooks;
	r->ctx = j->ctx;
	r->progress = j->progress;
	return r;
}

/* The jobs that never started. */
static void
cancel_queue(struct jobs *j)
{
	struct running_job *r;

	while (j->next < j->queued) {
		r = new_job(j, &j->queue[j->next++]);
		running_job_cancel(r);
		running_job_finish(r);
	}
	j->next = j->queued = 0;
}

static void
start_next(struct jobs *j)
{
	struct running_job *r = new_job(j, &j->queue[j->next++]);
	struct ms_err err = {0};

	r->started_ms = ms_clock_ms();
	if (j->hooks.started != NULL) {
		progress_clear(j->progress);
		j->hooks.started(j->ctx, &r->job);
	}
	if (running_job_start(r, &err) < 0)
		outcome_fail(&r->outcome, &err);
	j->running[j->count++] = r;
}

static int64_t
next_tick(const struct jobs *j)
{
	return j->ticked_ms +
	       (j->progress != NULL ? PROGRESS_TICK_MS : TICK_MS);
}

static void
wait_for_event(struct jobs *j)
{
	struct pollfd *at = j->fds;
	int64_t due = next_tick(j), now = ms_clock_ms();
	struct timespec ts;
	size_t i;

	for (i = 0; i < j->count; i++) {
		at = running_job_watch(j->running[i], at);
		if (j->running[i]->kill_ms > 0 && j->running[i]->kill_ms < due)
			due = j->running[i]->kill_ms;
	}
	ts = ms_clock_timespec(due > now ? due - now : 0);
	(void)ppoll(j->fds, (nfds_t)(at - j->fds), &ts, &j->unblocked);
}

static void
handle_signals(struct jobs *j)
{
	size_t i;

	if ((unsigned)signals_caught == j->signals)
		return;
	j->signals = (unsigned)signals_caught;
	if (!j->stopped) {
		jobs_stop(j);
		return;
	}
	for (i = 0; i < j->count; i++)
		running_job_kill(j->running[i]);
}

/* Reads from all jobs; those whose processes have ended go on or are done. */
static void
handle_jobs(struct jobs *j)
{
	struct running_job *r;
	size_t i = 0;

	while (i < j->count) {
		r = j->running[i];
		if (!running_job_read(r) || running_job_next(r)) {
			i++;
			continue;
		}
		j->count--;
		memmove(j->running + i, j->running + i + 1,
		    (j->count - i) * sizeof(struct running_job *));
		running_job_finish(r);
	}
}

static bool
may_start(const struct jobs *j)
{
	return !j->stopped && j->count < j->at_once && j->next < j->queued;
}

static void
draw_progress(struct jobs *j)
{
	struct progress_job list[JOB_AT_ONCE_MAX];
	const struct running_job *r;
	struct ms_buf total = {0};
	size_t i;

	for (i = 0; i < j->count; i++) {
		r = j->running[i];
		list[i] = (struct progress_job){.name = r->job.name,
		    .doing = r->deleting                ? "deleting"
			     : r->job.work == JOB_CHECK ? "checking"
			     : r->job.work == JOB_TOOL  ? r->job.tool->v[0]
							: "fetching",
		    .ms = ms_clock_ms() - r->started_ms,
		    .new = r->second.new,
		    .known = r->second.known};
	}
	j->hooks.total(j->ctx, &total);
	progress_draw(j->progress, list, j->count, ms_buf_str(&total));
	ms_buf_release(&total);
}

static void
tick(struct jobs *j)
{
	int64_t now = ms_clock_ms();

	if (now < next_tick(j))
		return;
	j->ticked_ms = now;
	if (j->hooks.tick != NULL)
		j->hooks.tick(j->ctx);
	if (j->progress != NULL)
		draw_progress(j);
}

void
jobs_run(struct jobs *j)
{
	for (;;) {
		handle_signals(j);
		while (may_start(j))
			start_next(j);
		handle_jobs(j);
		if (may_start(j))
			continue;
		if (j->count == 0)
			break;
		wait_for_event(j);
		tick(j);
	}
	cancel_queue(j);
	progress_clear(j->progress);
}

/* ---- interface ---- */

static void
catch_signals(struct jobs *j)
{
	static const int stop[] = {SIGTERM, SIGINT, SIGHUP};
	struct sigaction sa = {.sa_handler = on_signal}, before;
	sigset_t blocked;
	size_t i;

	sigemptyset(&sa.sa_mask);
	sigemptyset(&blocked);
	for (i = 0; i < sizeof(stop) / sizeof(stop[0]); i++) {
		/* A signal that is ignored stays so: nohup(1). */
		if (sigaction(stop[i], NULL, &before) == 0 &&
		    before.sa_handler == SIG_IGN)
			continue;
		sigaction(stop[i], &sa, NULL);
		sigaddset(&blocked, stop[i]);
	}
	signal(SIGPIPE, SIG_IGN);
	/* Signals arrive only in ppoll(2), so that the loop misses none. */
	sigprocmask(SIG_BLOCK, &blocked, &j->unblocked);
	for (i = 0; i < sizeof(stop) / sizeof(stop[0]); i++)
		sigdelset(&j->unblocked, stop[i]);
}

struct jobs *
jobs_new(unsigned at_once, const struct jobs_hooks *hooks, void *ctx)
{
	struct jobs *j = ms_xcalloc(1, sizeof(*j));

	j->at_once = at_once;
	j->hooks = *hooks;
	j->ctx = ctx;
	j->running = ms_xcalloc(at_once, sizeof(struct running_job *));
	j->fds = ms_xcalloc((size_t)at_once * RUNNING_JOB_FDS, sizeof(*j->fds));
	j->progress = progress_new(hooks->progress);
	catch_signals(j);
	return j;
}

void
jobs_free(struct jobs *j)
{
	if (j == NULL)
		return;
	sigprocmask(SIG_SETMASK, &j->unblocked, NULL);
	progress_free(j->progress);
	free(j->queue);
	free(j->running);
	free(j->fds);
	free(j);
}

/* A job that cannot start. */
static void
add_faulty(struct jobs *j, const struct job *job)
{
	struct running_job *r = new_job(j, job);
	struct ms_err err = {0};

	ms_fail(&err, job->fault_code, "%s", job->fault);
	outcome_fail(&r->outcome, &err);
	running_job_finish(r);
}

void
jobs_add(struct jobs *j, const struct job *job)
{
	if (job->fault != NULL) {
		add_faulty(j, job);
		return;
	}
	if (j->queued == j->room) {
		j->room = j->room > 0 ? 2 * j->room : 64;
		j->queue =
		    ms_xreallocarray(j->queue, j->room, sizeof(*j->queue));
	}
	j->queue[j->queued++] = *job;
}

void
jobs_add_next(struct jobs *j, const struct job *job)
{
	if (j->next > 0) { /* the place of a job that has started */
		j->queue[--j->next] = *job;
		return;
	}
	jobs_add(j, job);
	memmove(j->queue + 1, j->queue, (j->queued - 1) * sizeof(*j->queue));
	j->queue[0] = *job;
}

void
jobs_stop(struct jobs *j)
{
	size_t i;

	j->stopped = true;
	for (i = 0; i < j->count; i++)
		running_job_stop(j->running[i]);
}

bool
jobs_stopped(const struct jobs *j)
{
	return j->stopped;
}
