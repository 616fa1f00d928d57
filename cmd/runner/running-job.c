/* running-job.c - a job that runs: its processes from the first to the last,
 * and what they write. */
#include "job-impl.h"

#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "clock.h"

/* ---- what a process writes ---- */

struct reader {
	struct running_job *job;
	struct process *process;
};

static void
on_err_line(void *ctx, char *line)
{
	const struct reader *r = ctx;
	struct process *p = r->process;
	size_t n = strlen(p->tool);

	if (strncmp(line, p->tool, n) == 0 && line[n] == ':') {
		free(p->last_message);
		p->last_message = ms_xstrdup(line);
	}
	if (r->job->hooks->message != NULL) {
		progress_clear(r->job->progress);
		r->job->hooks->message(r->job->ctx, &r->job->job, line);
	}
}

static void
on_report_line(void *ctx, char *line)
{
	const struct reader *r = ctx;

	outcome_add_report(&r->job->outcome, r->process, line);
}

/* A line of --print-ids, or of what a delete run would delete. */
static void
on_out_line(void *ctx, char *line)
{
	const struct reader *r = ctx;
	const char *tab = strchr(line, '\t');

	if (r->process == &r->job->second && tab != NULL) {
		*(tab[1] == 'n' ? &r->process->new : &r->process->known) += 1;
	} else if (r->job->hooks->output != NULL) {
		progress_clear(r->job->progress);
		r->job->hooks->output(r->job->ctx, &r->job->job, line);
	}
}

typedef void read_fn(struct lines *l, lines_fn *fn, void *ctx);

/* read: lines_read(), or lines_close() after the end of the process. */
static void
read_lines(struct running_job *job, struct process *p, read_fn *read)
{
	struct reader r = {job, p};

	read(&p->err_lines, on_err_line, &r);
	read(&p->report_lines, on_report_line, &r);
	read(&p->out_lines, on_out_line, &r);
}

/* Reads from p. Has it ended? */
static bool
read_process(struct running_job *r, struct process *p)
{
	bool ended;

	if (p->tool == NULL || p->pid == 0)
		return true;
	ended = process_ended(p);
	read_lines(r, p, ended ? lines_close : lines_read);
	return ended;
}

/* ---- start ---- */

static int
start_fetch(struct running_job *r, int out, struct ms_err *err)
{
	struct argv argv = {0};
	const struct spawn_stdio stdio = {.in = -1,
	    .out = out,
	    .password = r->job.token_command != NULL ? r->job.token_command
						     : r->job.password,
	    .report = true,
	    .read_out = r->deleting && r->hooks->output != NULL};
	int rc;

	job_argv_fetch(&argv, &r->job, r->deleting);
	rc = process_start(&r->first, &argv, &stdio, err);
	argv_release(&argv);
	return rc;
}

static int
start_pipe(struct running_job *r, struct ms_err *err)
{
	struct argv argv = {0};
	struct spawn_stdio stdio = {.out = -1,
	    .report = true,
	    .read_out = r->progress != NULL,
	    .outlives = true};
	int ends[2], rc;

	if (process_pipe(ends, err) < 0)
		return -1;
	job_argv_ingest(&argv, &r->job, r->progress != NULL);
	stdio.in = ends[0];
	rc = process_start(&r->second, &argv, &stdio, err);
	argv_release(&argv);
	close(ends[0]);
	if (rc == 0)
		rc = start_fetch(r, ends[1], err);
	/* If ms-fetch has not started, ms-ingest reads nothing, and ends. */
	close(ends[1]);
	return rc;
}

static int
start_tool(struct running_job *r, struct ms_err *err)
{
	struct argv argv = {0};
	const struct spawn_stdio stdio = {.in = -1,
	    .out = -1,
	    .password = r->job.password,
	    .report = r->job.reports};
	int rc;

	job_argv_tool(&argv, &r->job);
	rc = process_start(&r->first, &argv, &stdio, err);
	argv_release(&argv);
	return rc;
}

int
running_job_start(struct running_job *r, struct ms_err *err)
{
	if (r->job.work == JOB_TOOL)
		return start_tool(r, err);
	if (r->job.work == JOB_ARCHIVE && !r->deleting)
		return start_pipe(r, err);
	r->deleting = r->job.work != JOB_CHECK;
	return start_fetch(r, -1, err);
}

/* ---- end ---- */

void
running_job_finish(struct running_job *r)
{
	struct ms_run_mailbox *result = &r->outcome.result;
	int64_t ms = r->started_ms > 0 ? ms_clock_ms() - r->started_ms : 0;

	result->user = r->job.user;
	result->source = r->job.source;
	result->seconds = (uint64_t)(ms + 500) / 1000;
	result->failures = r->outcome.failures;
	if (result->status == 0)
		result->result = MS_RUN_SUCCEEDED;
	else if (r->stopped)
		result->result = MS_RUN_CANCELLED;
	else
		result->result = result->status == MS_STATUS_SOME
				     ? MS_RUN_ERRORS
				     : MS_RUN_FAILED;
	if (result->status != 0)
		result->reason = ms_buf_str(&r->outcome.reason);
	progress_clear(r->progress);
	r->hooks->done(r->ctx, &r->job, result, ms);
	process_release(&r->first);
	process_release(&r->second);
	outcome_release(&r->outcome);
	free(r);
}

void
running_job_cancel(struct running_job *r)
{
	struct ms_err err = {0};

	r->stopped = true;
	ms_fail(&err, MS_TEMP, "stopped by a signal");
	outcome_fail(&r->outcome, &err);
}

/* After the mailbox was archived, its rule deletes messages in it. */
static bool
start_delete(struct running_job *r)
{
	struct ms_err err = {0};

	if (r->job.work != JOB_ARCHIVE || r->deleting ||
	    r->job.delete_options == NULL ||
	    r->outcome.result.status > MS_STATUS_SOME)
		return false;
	if (r->stopped) {
		running_job_cancel(r);
		return false;
	}
	process_release(&r->first);
	process_release(&r->second);
	r->deleting = true;
	if (running_job_start(r, &err) == 0)
		return true;
	outcome_fail(&r->outcome, &err);
	return false;
}

bool
running_job_next(struct running_job *r)
{
	if (r->first.tool == NULL) /* it never started */
		return false;
	if (r->second.tool != NULL)
		outcome_from_pipe(&r->outcome, &r->first, &r->second);
	else if (r->deleting)
		outcome_from_delete(&r->outcome, &r->first);
	else
		outcome_from_tool(&r->outcome, &r->first);
	return start_delete(r);
}

bool
running_job_read(struct running_job *r)
{
	bool first = read_process(r, &r->first);
	bool second = read_process(r, &r->second);
	int64_t now;

	if (first && second)
		return true;
	now = ms_clock_ms();
	if (r->kill_ms > 0 && now >= r->kill_ms) {
		/* The process that writes first, then the process that reads.
		 */
		process_kill(r->first.pid > 0 ? &r->first : &r->second);
		r->kill_ms = now + JOB_GRACE_MS;
	}
	return false;
}

void
running_job_stop(struct running_job *r)
{
	r->stopped = true;
	if (r->kill_ms > 0)
		return;
	r->kill_ms = ms_clock_ms() + JOB_GRACE_MS;
	/* ms-ingest keeps the complete messages, and ends with its input. */
	process_signal(&r->first, SIGTERM);
}

void
running_job_kill(struct running_job *r)
{
	process_kill(&r->first);
	process_kill(&r->second);
}

static void
watch(struct pollfd **at, int fd)
{
	if (fd >= 0)
		*(*at)++ = (struct pollfd){.fd = fd, .events = POLLIN};
}

struct pollfd *
running_job_watch(const struct running_job *r, struct pollfd *at)
{
	const struct process *const both[] = {&r->first, &r->second};
	size_t i;

	for (i = 0; i < 2; i++) {
		if (both[i]->tool == NULL || both[i]->pid == 0)
			continue;
		watch(&at, both[i]->pidfd);
		watch(&at, both[i]->err_lines.fd);
		watch(&at, both[i]->report_lines.fd);
		watch(&at, both[i]->out_lines.fd);
	}
	return at;
}
