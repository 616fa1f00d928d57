/*
 * job-impl.h - what the parts of the runner share: processes, the lines that
 * they write into pipes, and results. Private to job-*.c and running-job.c.
 */
#ifndef JOB_IMPL_H
#define JOB_IMPL_H
#include <poll.h>
#include <sys/types.h>

#include "buf.h"
#include "job.h"
#include "progress.h"

#define LINE_BYTES 131072 /* of a report or stderr; a longer line is cut */

/* ---- command lines (job-argv.c) ---- */

void job_argv_fetch(struct argv *a, const struct job *job, bool deleting);
void job_argv_ingest(struct argv *a, const struct job *job, bool print_ids);
void job_argv_tool(struct argv *a, const struct job *job);

/* ---- lines (job-lines.c) ---- */

struct lines {
	int fd; /* -1: closed */
	struct ms_buf buf;
};
typedef void lines_fn(void *ctx, char *line);

/* Reads what is available without waiting, and calls fn for each complete line;
 * at the end of the file also for an incomplete one, and closes. */
void lines_read(struct lines *l, lines_fn *fn, void *ctx);
/* Reads the rest that is available, and closes. */
void lines_close(struct lines *l, lines_fn *fn, void *ctx);

/* ---- a process (job-process.c) ---- */

struct process {
	char *tool; /* its name; NULL: no process. Owned */
	pid_t pid;  /* 0: it has ended, or never started */
	int pidfd;  /* -1: none */
	int status; /* as for a shell: 128 + N after signal N */
	struct lines err_lines, report_lines, out_lines;
	char *last_message; /* to stderr, in its own name. Owned */

	/* From its report. */
	struct ms_tally
	    tally;          /* of the end line, else the sum of the folders */
	bool has_end;       /* the report has an end line */
	int end_status;     /* in that line */
	uint64_t cancelled; /* failures that are ms-fetch's, which names them */
	uint64_t new, known; /* counted by --print-ids */
};

/* The standard input and output of a new process. Descriptors are the
 * caller's. */
struct spawn_stdio {
	int in, out;          /* -1: /dev/null */
	const char *password; /* or the command for tokens: written to
				 PASSWORD_FD; NULL: none */
	bool report;          /* REPORT_FD is a pipe that is read */
	bool read_out;        /* stdout is a pipe that is read; out is -1 */
	bool outlives;        /* does not end with us: its input will end */
};
#define PASSWORD_FD 3
#define REPORT_FD 4
#define REPORT_PATH "/dev/fd/4"

/* Makes a pipe that new processes do not inherit, with ends above the numbers
 * of spawn_stdio. MS_TEMP, MS_IO. */
int process_pipe(int ends[2], struct ms_err *err);
/* Starts a tool; its name is the first argument. MS_TEMP, MS_IO, MS_USAGE (too
 * long a password). */
int process_start(struct process *p, const struct argv *argv,
    const struct spawn_stdio *stdio, struct ms_err *err);
/* Has it ended? Then its status is set. */
bool process_ended(struct process *p);
/* Sends a signal to the process; kills it and its children. */
void process_signal(const struct process *p, int number);
void process_kill(const struct process *p);
/* For a process that has ended or never started. */
void process_release(struct process *p);

/* ---- results (job-outcome.c) ---- */

/* The result of a job, while it is put together. */
struct outcome {
	struct ms_run_mailbox result;
	struct ms_run_failure failures[MS_RUN_FAILURES];
	size_t bytes; /* of failures */
	struct ms_buf reason;
};

/* Adds a line of the report of p. */
void outcome_add_report(struct outcome *o, struct process *p, const char *line);
/* Add the processes of a run after their end: the pipe that archives, the
 * delete run, another tool. */
void outcome_from_pipe(struct outcome *o, const struct process *fetch,
    const struct process *ingest);
void outcome_from_delete(struct outcome *o, const struct process *fetch);
void outcome_from_tool(struct outcome *o, const struct process *p);
/* The job fails for this reason, in addition to what happened before. */
void outcome_fail(struct outcome *o, const struct ms_err *err);
void outcome_release(struct outcome *o);

/* ---- a job that runs (running-job.c) ---- */

#define RUNNING_JOB_FDS 8 /* descriptors to poll, at most */

struct running_job {
	struct job job;
	const struct jobs_hooks *hooks;
	void *ctx;
	struct progress *progress;    /* ms-ingest --print-ids counts for it */
	struct process first, second; /* second: ms-ingest, in a pipe */
	bool deleting;                /* the delete run has started */
	bool stopped;                 /* it was asked to end */
	int64_t started_ms, kill_ms;  /* 0: never */
	struct outcome outcome;
};

int running_job_start(struct running_job *r, struct ms_err *err);
/* Puts the descriptors to wait for at `at`, and returns the end of them. */
struct pollfd *running_job_watch(
    const struct running_job *r, struct pollfd *at);
/* Reads what its processes have written. Have they ended? */
bool running_job_read(struct running_job *r);
/* To be called when the processes have ended. True: further ones have
 * started. */
bool running_job_next(struct running_job *r);
void running_job_stop(struct running_job *r);
void running_job_kill(struct running_job *r);
/* The job was stopped before its end, and fails for that reason. */
void running_job_cancel(struct running_job *r);
/* Calls the hook `done`, and frees r. */
void running_job_finish(struct running_job *r);

#endif
