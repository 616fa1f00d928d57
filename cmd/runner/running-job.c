/* running-job.c - a job that runs: its processes from the first to the last,
 * and what they say. */
#include "job-impl.h"

#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "clock.h"

/* ---- what a process says ---- */

struct heard {
	struct errand *errand;
	struct process *process;
};

static void
take_said(void *ctx, char *line)
{
	const struct heard *h = ctx;
	struct process *p = h->process;
	size_t n = strlen(p->tool);

	if (strncmp(line, p->tool, n) == 0 && line[n] == ':') {
		free(p->sentence);
		p->sentence = ms_xstrdup(line);
	}
	if (h->errand->hooks->said != NULL)
		h->errand->hooks->said(h->errand->ctx, &h->errand->job, line);
}

static void
take_report(void *ctx, char *line)
{
	const struct heard *h = ctx;

	outcome_report(&h->errand->outcome, h->process, line);
}

/* A line of --print-ids, or of what a delete run would delete. */
static void
take_printed(void *ctx, char *line)
{
	const struct heard *h = ctx;
	const char *tab = strchr(line, '\t');

	if (h->process == &h->errand->second && tab != NULL)
		*(tab[1] == 'n' ? &h->process->fresh : &h->process->known) += 1;
	else if (h->errand->hooks->printed != NULL)
		h->errand->hooks->printed(
		    h->errand->ctx, &h->errand->job, line);
}

static void
hear(struct errand *r, struct process *p)
{
	struct heard h = {r, p};

	lines_read(&p->said, take_said, &h);
	lines_read(&p->report, take_report, &h);
	lines_read(&p->printed, take_printed, &h);
}

static void
hear_last(struct errand *r, struct process *p)
{
	struct heard h = {r, p};

	lines_close(&p->said, take_said, &h);
	lines_close(&p->report, take_report, &h);
	lines_close(&p->printed, take_printed, &h);
}

/* ---- starting ---- */

static int
start_fetch(struct errand *r, int out, struct ms_err *err)
{
	struct argv args = {0};
	struct wiring w = {.in = -1,
	    .out = out,
	    .password = r->job.password,
	    .reports = true,
	    .prints = r->removing && r->hooks->printed != NULL};
	int rc;

	job_argv_fetch(&args, &r->job, r->removing);
	w.argv = &args;
	rc = process_start(&r->first, &w, err);
	argv_release(&args);
	return rc;
}

static int
start_pipe(struct errand *r, struct ms_err *err)
{
	struct argv args = {0};
	struct wiring w = {.out = -1,
	    .reports = true,
	    .prints = r->hooks->counting,
	    .outlives = true};
	int ends[2], rc;

	if (process_pipe(ends, err) < 0)
		return -1;
	job_argv_ingest(&args, &r->job, r->hooks->counting);
	w.argv = &args;
	w.in = ends[0];
	rc = process_start(&r->second, &w, err);
	argv_release(&args);
	close(ends[0]);
	if (rc == 0)
		rc = start_fetch(r, ends[1], err);
	/* If this failed, ms-ingest finds nothing to read, and ends. */
	close(ends[1]);
	return rc;
}

static int
start_tool(struct errand *r, struct ms_err *err)
{
	struct argv args = {0};
	struct wiring w = {.in = -1,
	    .out = r->job.stdout_fd > 0 ? r->job.stdout_fd : -1,
	    .password = r->job.password,
	    .reports = r->job.reports};
	int rc;

	job_argv_tool(&args, &r->job);
	w.argv = &args;
	rc = process_start(&r->first, &w, err);
	argv_release(&args);
	return rc;
}

int
errand_start(struct errand *r, struct ms_err *err)
{
	switch (r->job.work) {
	case JOB_TOOL:
		return start_tool(r, err);
	case JOB_ARCHIVE:
		if (!r->removing)
			return start_pipe(r, err);
		break;
	case JOB_DELETE:
		r->removing = true;
		break;
	case JOB_CHECK:
		break;
	}
	return start_fetch(r, -1, err);
}

/* ---- ending ---- */

void
errand_finish(struct errand *r)
{
	struct job_result *result = &r->outcome.result;

	if (r->began_ms > 0)
		result->ms = ms_clock_ms() - r->began_ms;
	result->failures = r->outcome.failures;
	result->reason = ms_buf_str(&r->outcome.reason);
	if (result->status == 0)
		result->end = JOB_SUCCEEDED;
	else if (r->stopped)
		result->end = JOB_CANCELLED;
	else
		result->end =
		    result->status == MS_STATUS_SOME ? JOB_SOME : JOB_FAILED;
	r->hooks->done(r->ctx, &r->job, result);
	process_release(&r->first);
	process_release(&r->second);
	outcome_release(&r->outcome);
	free(r);
}

void
errand_stopped(struct errand *r)
{
	struct ms_err err = {0};

	ms_fail(&err, MS_TEMP, "stopped by a signal");
	outcome_fail(&r->outcome, &err);
}

/* The mailbox was archived; now what the rule says is deleted there. */
static bool
begin_removing(struct errand *r)
{
	struct ms_err err = {0};

	if (r->job.work != JOB_ARCHIVE || r->removing ||
	    r->job.remove == NULL || r->outcome.result.status > MS_STATUS_SOME)
		return false;
	if (r->stopped) {
		errand_stopped(r);
		return false;
	}
	process_release(&r->first);
	process_release(&r->second);
	r->removing = true;
	if (errand_start(r, &err) == 0)
		return true;
	outcome_fail(&r->outcome, &err);
	return false;
}

bool
errand_go_on(struct errand *r)
{
	struct ms_err err = {0};

	if (r->first.tool == NULL) /* it never began */
		return false;
	if (r->second.tool != NULL)
		outcome_archived(&r->outcome, &r->first, &r->second);
	else if (r->removing)
		outcome_removed(&r->outcome, &r->first);
	else
		outcome_alone(&r->outcome, &r->first);
	if (!r->late)
		return begin_removing(r);
	ms_fail(&err, MS_TEMP, "not done within %u seconds", r->job.max_s);
	outcome_fail(&r->outcome, &err);
	return false;
}

/* Hears p out. Has it ended? */
static bool
attend(struct errand *r, struct process *p)
{
	if (p->tool == NULL || p->pid == 0)
		return true;
	if (!process_ended(p)) {
		hear(r, p);
		return false;
	}
	hear_last(r, p);
	return true;
}

/* ---- time ---- */

/* Asks it to end, then makes it. */
static void
compress_job(struct errand *r)
{
	if (r->kill_ms > 0)
		return;
	r->kill_ms = ms_clock_ms() + JOB_GRACE_MS;
	/* ms-ingest keeps what is whole, and ends when its input does. */
	process_signal(&r->first, SIGTERM);
}

static void
check_time(struct errand *r)
{
	int64_t now = ms_clock_ms();

	if (r->late_ms > 0 && now >= r->late_ms && r->kill_ms == 0) {
		r->late = true;
		compress_job(r);
	}
	if (r->kill_ms == 0 || now < r->kill_ms)
		return;
	/* First who writes, then who still reads. */
	process_kill(r->first.pid > 0 ? &r->first : &r->second);
	r->kill_ms = now + JOB_GRACE_MS;
}

bool
errand_attend(struct errand *r)
{
	bool first = attend(r, &r->first), second = attend(r, &r->second);

	if (first && second)
		return true;
	check_time(r);
	return false;
}

void
errand_stop(struct errand *r)
{
	r->stopped = true;
	compress_job(r);
}

void
errand_kill(struct errand *r)
{
	process_kill(&r->first);
	process_kill(&r->second);
}

int64_t
errand_due_ms(const struct errand *r)
{
	return r->kill_ms > 0 ? r->kill_ms : r->late_ms;
}

static void
watch(struct pollfd **at, int fd)
{
	if (fd >= 0)
		*(*at)++ = (struct pollfd){.fd = fd, .events = POLLIN};
}

struct pollfd *
errand_watch(const struct errand *r, struct pollfd *at)
{
	const struct process *const both[] = {&r->first, &r->second};
	size_t i;

	for (i = 0; i < 2; i++) {
		if (both[i]->tool == NULL || both[i]->pid == 0)
			continue;
		watch(&at, both[i]->pidfd);
		watch(&at, both[i]->said.fd);
		watch(&at, both[i]->report.fd);
		watch(&at, both[i]->printed.fd);
	}
	return at;
}
