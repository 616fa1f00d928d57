/*
 * job.h - jobs: the tools of the suite run as processes, several jobs at once.
 * A job is one mailbox, archived by `ms-fetch | ms-ingest` and then, if it has
 * a rule for that, cleared by `ms-fetch --delete-archived`; or one tool run by
 * itself. Whoever runs jobs holds no copy of what these tools do: it chooses
 * their arguments, and learns from their statuses, reports (ms-json(5)) and
 * sentences what became of them.
 *
 * Each process has a session of its own, so that it cannot ask a terminal for
 * a password, and ends when its parent does, however that ends. Passwords go
 * in by a pipe. Layer: part of ms-profile and ms-csvbatch.
 */
#ifndef JOB_H
#define JOB_H
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "argv.h"
#include "err.h"

#define JOB_FAILURES_MAX 100    /* failures of a job that are kept */
#define JOB_FAILURE_BYTES 65536 /* bytes of all of them */
#define JOB_GRACE_MS 10000      /* from SIGTERM to SIGKILL */
#define JOB_AT_ONCE_MAX 256     /* jobs at the same time */

enum job_work {
	JOB_ARCHIVE, /* ms-fetch | ms-ingest, then the delete run if there is
			a rule */
	JOB_DELETE,  /* the delete run only */
	JOB_CHECK,   /* ms-fetch --check: connect and log in */
	JOB_TOOL     /* another tool by itself */
};

/*
 * What is to be done. jobs_add() copies the struct, but all it points to is
 * the caller's and stays as it is until the job is done. A list of arguments
 * that is NULL is an empty one.
 */
struct job {
	enum job_work work;
	const char *name; /* of the mailbox, for the person */
	void *mine;       /* the caller's */

	/* A mailbox. */
	const char *archive; /* NULL: -a is not given (JOB_CHECK) */
	const char *user;    /* the archive's; NULL: -u is not given */
	const char *url;
	const char *password; /* NULL: the options say where it is. If they
				 don't either, the job fails with 64 */
	/* Options of ms-fetch for every run, and what this mailbox alone adds
	 * (--login, --authzid ...); ones that fetch_option() calls FETCH_RUN
	 * are not among them. */
	const struct argv *options, *own;
	/* Options of ms-fetch for the fetching run only: rules of choice. */
	const struct argv *fetch;
	/* The same for the delete run: behind --delete-archived. NULL: there is
	 * none. It takes place when the first run has ended with 0 or 1. */
	const struct argv *remove;
	/* Options of ms-ingest: --create-user, --label ... */
	const struct argv *ingest;

	/* JOB_TOOL: name and arguments; -q and --report are added if
	 * `reports`. */
	const struct argv *tool;
	bool reports;
	int stdout_fd; /* where its output goes; 0: nowhere */

	unsigned max_s; /* seconds it may take; then it fails with 75. 0: any */
};

enum job_end {
	JOB_SUCCEEDED,
	JOB_SOME, /* "completed with errors": status 1, each one named */
	JOB_FAILED,
	JOB_CANCELLED /* jobs_stop() */
};
/* "succeeded", "completed with errors", "failed", "cancelled". */
const char *job_end_name(enum job_end end);

struct job_failure {
	char *where, *reason;
};

/* What became of it; the memory is the runner's, until `done` returns. */
struct job_result {
	enum job_end end;
	int status; /* as for the pipe: ms-ingest's unless that is 0, then
		       ms-fetch's; then that of the delete run */
	const char *reason; /* the sentence that explains it, "" if it is 0 */
	/* Messages: seen = fresh + known + left_out + failed. `failed` counts
	 * those which could not be deleted too, `seen` does not. */
	uint64_t seen, fresh, known, left_out, failed, deleted;
	const struct job_failure *failures; /* the first ones, in order */
	size_t failure_count;
	uint64_t failures_more; /* that many were not kept */
	int64_t ms;             /* it took */
};

/* How far a running job is, for jobs_running(). */
struct job_progress {
	const struct job *job;
	const char *doing; /* "fetching", "deleting", "checking", the tool */
	int64_t ms;
	uint64_t fresh, known; /* archived so far; 0 unless `counting` */
};

struct jobs;

/* All but `done` may be NULL. The job given is the runner's copy. They may
 * call jobs_add() and jobs_stop(). */
struct jobs_hooks {
	void (*begun)(void *ctx, const struct job *job);
	/* A line that a tool wrote to stderr, without its end. */
	void (*said)(void *ctx, const struct job *job, const char *line);
	/* A line that a delete run writes to stdout (-n in `remove`). */
	void (*printed)(void *ctx, const struct job *job, const char *line);
	void (*done)(
	    void *ctx, const struct job *job, const struct job_result *result);
	/* Called every so often while jobs run. */
	void (*tick)(void *ctx);
	int tick_ms; /* 0: never */
	/* ms-ingest's --print-ids is asked for, so that progress has numbers.
	 */
	bool counting;
};

/*
 * A runner of at most at_once (1..JOB_AT_ONCE_MAX) jobs at a time. Takes
 * SIGTERM, SIGINT and SIGHUP for a wish to stop: the first means jobs_stop(),
 * the second kills. SIGPIPE is ignored from here on. One in a process.
 */
struct jobs *jobs_new(
    unsigned at_once, const struct jobs_hooks *hooks, void *ctx);

/* Puts a job at the end of the queue. */
void jobs_add(struct jobs *jobs, const struct job *job);
/* At its front: for what goes on with a job that is just done. */
void jobs_add_next(struct jobs *jobs, const struct job *job);

/* Runs them; comes back when the queue is empty and all are done, each with
 * one call of `done`, those too that never began since somebody stopped it. */
void jobs_run(struct jobs *jobs);

/* No further one begins. Fetching ones are asked to end (SIGTERM): what they
 * have read whole is archived; after JOB_GRACE_MS they are killed. */
void jobs_stop(struct jobs *jobs);
/* Was it? Also by a signal. */
bool jobs_stopped(const struct jobs *jobs);

/* Those that run, in order of their beginning: the i-th. False: no such. */
bool jobs_running(
    const struct jobs *jobs, size_t i, struct job_progress *progress);

void jobs_free(struct jobs *jobs);

/* What became of several jobs; zero to begin with. */
struct job_sum {
	uint64_t jobs, succeeded, some, failed, cancelled;
	uint64_t seen, fresh, known, left_out, failures, deleted;
	int agreed; /* the status of all that failed, else 1 */
};
void job_sum_add(struct job_sum *sum, const struct job_result *result);
/* 0: all succeeded; 75: some were cancelled; if all failed, and in the same
 * way, that status; else 1. */
int job_sum_status(const struct job_sum *sum);

/* The program that runs under this name: beside the one that is running, else
 * as execvp(3) finds it. Owned by the caller. */
char *job_tool_path(const char *tool);

#endif
