/* job.c - runs jobs: who is next, who is running, who has ended. One loop waits
 * for everything that can happen. */
#include "job-impl.h"

#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>

#include "clock.h"

struct jobs {
	unsigned at_once;
	struct jobs_hooks hooks;
	void *ctx;

	struct job *queue; /* from next on */
	size_t next, queued, room;
	struct errand **runs;
	size_t count;
	struct pollfd *fds;
	int64_t ticked_ms;
	bool stopped;
	unsigned signals;   /* that were heard */
	sigset_t unblocked; /* the mask while waiting */
};

static volatile sig_atomic_t signals_got;

static void
on_signal(int number)
{
	(void)number;
	signals_got++;
}

/* ---- the loop ---- */

static struct errand *
take_next(struct jobs *j)
{
	struct errand *r = ms_xcalloc(1, sizeof(*r));

	r->job = j->queue[j->next++];
	r->hooks = &j->hooks;
	r->ctx = j->ctx;
	return r;
}

/* What never began. */
static void
cancel_queue(struct jobs *j)
{
	struct errand *r;

	while (j->next < j->queued) {
		r = take_next(j);
		r->stopped = true;
		errand_stopped(r);
		errand_finish(r);
	}
	j->next = j->queued = 0;
}

static void
begin_next(struct jobs *j)
{
	struct errand *r = take_next(j);
	struct ms_err err = {0};

	r->began_ms = ms_clock_ms();
	if (r->job.max_s > 0)
		r->late_ms = r->began_ms + (int64_t)r->job.max_s * 1000;
	if (j->hooks.begun != NULL)
		j->hooks.begun(j->ctx, &r->job);
	if (errand_start(r, &err) < 0)
		outcome_fail(&r->outcome, &err);
	j->runs[j->count++] = r;
}

/* Milliseconds until something is due; -1: nothing is. */
static int64_t
next_due(const struct jobs *j)
{
	int64_t due = INT64_MAX, now = ms_clock_ms(), one;
	size_t i;

	if (j->hooks.tick != NULL && j->hooks.tick_ms > 0)
		due = j->ticked_ms + j->hooks.tick_ms;
	for (i = 0; i < j->count; i++) {
		one = errand_due_ms(j->runs[i]);
		if (one > 0 && one < due)
			due = one;
	}
	if (due == INT64_MAX)
		return -1;
	return due > now ? due - now : 0;
}

static void
wait_for_something(struct jobs *j)
{
	struct pollfd *at = j->fds;
	int64_t wait_ms = next_due(j);
	struct timespec ts = ms_clock_timespec(wait_ms);
	size_t i;

	for (i = 0; i < j->count; i++)
		at = errand_watch(j->runs[i], at);
	(void)ppoll(j->fds, (nfds_t)(at - j->fds), wait_ms < 0 ? NULL : &ts,
	    &j->unblocked);
}

static void
heed_signals(struct jobs *j)
{
	size_t i;

	if ((unsigned)signals_got == j->signals)
		return;
	j->signals = (unsigned)signals_got;
	if (!j->stopped) {
		jobs_stop(j);
		return;
	}
	for (i = 0; i < j->count; i++)
		errand_kill(j->runs[i]);
}

/* Hears them all; those that have ended are done. */
static void
look_after(struct jobs *j)
{
	struct errand *r;
	size_t i = 0;

	while (i < j->count) {
		r = j->runs[i];
		if (!errand_attend(r) || errand_go_on(r)) {
			i++;
			continue;
		}
		j->count--;
		memmove(j->runs + i, j->runs + i + 1,
		    (j->count - i) * sizeof(struct errand *));
		errand_finish(r);
	}
}

static bool
may_begin(const struct jobs *j)
{
	return !j->stopped && j->count < j->at_once && j->next < j->queued;
}

static void
tick(struct jobs *j)
{
	int64_t now = ms_clock_ms();

	if (j->hooks.tick == NULL || j->hooks.tick_ms <= 0 ||
	    now < j->ticked_ms + j->hooks.tick_ms)
		return;
	j->ticked_ms = now;
	j->hooks.tick(j->ctx);
}

void
jobs_run(struct jobs *j)
{
	for (;;) {
		heed_signals(j);
		while (may_begin(j))
			begin_next(j);
		look_after(j);
		if (may_begin(j))
			continue;
		if (j->count == 0)
			break;
		wait_for_something(j);
		tick(j);
	}
	cancel_queue(j);
}

/* ---- from outside ---- */

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
		/* nohup(1) means what it says. */
		if (sigaction(stop[i], NULL, &before) == 0 &&
		    before.sa_handler == SIG_IGN)
			continue;
		sigaction(stop[i], &sa, NULL);
		sigaddset(&blocked, stop[i]);
	}
	signal(SIGPIPE, SIG_IGN);
	/* They are heard while waiting only, so that none comes between. */
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
	j->runs = ms_xcalloc(at_once, sizeof(struct errand *));
	j->fds = ms_xcalloc((size_t)at_once * ERRAND_FDS, sizeof(*j->fds));
	catch_signals(j);
	return j;
}

void
jobs_free(struct jobs *j)
{
	if (j == NULL)
		return;
	sigprocmask(SIG_SETMASK, &j->unblocked, NULL);
	free(j->queue);
	free(j->runs);
	free(j->fds);
	free(j);
}

void
jobs_add(struct jobs *j, const struct job *job)
{
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
	if (j->next > 0) { /* the place of one that has begun */
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
		errand_stop(j->runs[i]);
}

bool
jobs_stopped(const struct jobs *j)
{
	return j->stopped;
}

bool
jobs_running(const struct jobs *j, size_t i, struct job_progress *p)
{
	const struct errand *r;

	if (i >= j->count)
		return false;
	r = j->runs[i];
	*p = (struct job_progress){.job = &r->job,
	    .doing = r->removing                ? "deleting"
		     : r->job.work == JOB_CHECK ? "checking"
		     : r->job.work == JOB_TOOL  ? r->job.tool->v[0]
						: "fetching",
	    .ms = ms_clock_ms() - r->began_ms,
	    .fresh = r->second.fresh,
	    .known = r->second.known};
	return true;
}
