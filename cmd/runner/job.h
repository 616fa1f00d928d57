/*
 * job.h - jobs: tools of the suite, run as processes, several jobs at once.
 * A job archives one mailbox by `ms-fetch | ms-ingest` and then, if it has a
 * rule for that, deletes in it by `ms-fetch --delete-archived`; or it runs one
 * tool by itself. The runner repeats nothing that these tools do: it chooses
 * their arguments, and it learns the result of a job from their exit statuses,
 * reports (ms-json(5)) and messages.
 *
 * Each process has a session of its own, so that it cannot ask for a password
 * at the terminal, and it ends when its parent ends, for whatever reason.
 * Passwords are passed through a pipe. Layer: part of ms-profile and
 * ms-csvbatch.
 */
#ifndef JOB_H
#define JOB_H
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "argv.h"
#include "err.h"
#include "run.h"

#define JOB_GRACE_MS 10000  /* from SIGTERM to SIGKILL */
#define JOB_AT_ONCE_MAX 256 /* jobs at the same time */

enum job_work {
	JOB_ARCHIVE, /* ms-fetch | ms-ingest, then the delete run if there is
			a rule */
	JOB_DELETE,  /* the delete run only */
	JOB_CHECK,   /* ms-fetch --check: connect and log in */
	JOB_TOOL     /* another tool by itself */
};

/*
 * A job. jobs_add() copies the struct; all that it points to belongs to the
 * caller and must not change until the job is done. A list of arguments that
 * is NULL is an empty one.
 */
struct job {
	enum job_work work;
	const char *name; /* of the mailbox, in messages */
	void *ctx;        /* the caller's */
	/* Why the job cannot start; NULL. jobs_add() then calls `done` at
	 * once, with the status of fault_code. */
	const char *fault;
	enum ms_code fault_code;

	/* A mailbox. */
	const char *archive;  /* NULL: -a is not given (JOB_CHECK) */
	const char *user;     /* of the archive; NULL: -u is not given */
	const char *source;   /* where the mailbox is, for the log */
	const char *url;      /* of the server */
	const char *password; /* NULL: the options tell ms-fetch where it is;
				 if they do not, the job fails with 64 */
	/* A command for tokens, which takes the place of the password; NULL. */
	const char *token_command;
	/* Options of ms-fetch for every run, and those of this mailbox only
	 * (--login, --authzid ...), without the options of the class FETCH_RUN
	 * (fetch-options.h). */
	const struct argv *options, *own_options;
	/* Options of ms-fetch for the fetching run only: what to fetch. */
	const struct argv *fetch_options;
	/* Options of ms-fetch for the delete run, after --delete-archived.
	 * NULL: there is no delete run. It takes place if the first run has
	 * ended with 0 or 1. */
	const struct argv *delete_options;
	const struct argv *ingest_options; /* --create-user, --label ... */

	/* JOB_TOOL: the name and the arguments of the tool. -q and --report
	 * are added if the tool writes a report. */
	const struct argv *tool;
	bool reports;
};

struct jobs;

/*
 * All functions except `done` may be NULL. The job that they get is the copy of
 * the runner. They may call jobs_add() and jobs_stop(). The progress lines are
 * off the screen while they run.
 */
struct jobs_hooks {
	void (*started)(void *ctx, const struct job *job);
	/* A line that a tool wrote to stderr, without its end. */
	void (*message)(void *ctx, const struct job *job, const char *line);
	/* A line that a delete run wrote to stdout (-n in delete_options). */
	void (*output)(void *ctx, const struct job *job, const char *line);
	/*
	 * A job has ended, or it will never start because the runner was
	 * stopped. The status of an archiving job is that of the pipe, which is
	 * that of ms-ingest unless it is 0, then that of ms-fetch; then that of
	 * the delete run. reason is NULL if the status is 0. The result lives
	 * until `done` returns.
	 *   ms  how long the job took, in milliseconds
	 */
	void (*done)(void *ctx, const struct job *job,
	    const struct ms_run_mailbox *result, int64_t ms);
	/* Called about once in a second while jobs run. */
	void (*tick)(void *ctx);
	/* Shows what runs on the terminal, if stderr is one. */
	bool progress;
	/* Appends the last progress line, which is about all jobs. Needed with
	 * `progress`. */
	void (*total)(void *ctx, struct ms_buf *out);
};

/*
 * jobs_new() makes a runner of at most at_once (1..JOB_AT_ONCE_MAX) jobs at a
 * time. SIGTERM, SIGINT and SIGHUP are caught from here on: the first signal
 * means jobs_stop(), the second kills the processes. SIGPIPE is ignored. A
 * process can have one runner.
 */
struct jobs *jobs_new(
    unsigned at_once, const struct jobs_hooks *hooks, void *ctx);

/* Adds a job at the end of the queue. */
void jobs_add(struct jobs *jobs, const struct job *job);
/* Adds a job at the beginning: for the next step of what has just ended. */
void jobs_add_next(struct jobs *jobs, const struct job *job);

/* Runs the jobs, and returns when the queue is empty and all jobs have ended.
 * `done` is called once for each job, also for those that never start. */
void jobs_run(struct jobs *jobs);

/* No further job starts. Running ones are asked to end (SIGTERM): messages that
 * were read completely are archived. After JOB_GRACE_MS they are killed. */
void jobs_stop(struct jobs *jobs);
/* Was the runner stopped, by jobs_stop() or by a signal? */
bool jobs_stopped(const struct jobs *jobs);

void jobs_free(struct jobs *jobs);

/* The results of several jobs; {0} to begin with. */
struct job_sum {
	uint64_t jobs, succeeded, with_errors, failed, cancelled;
	struct ms_tally counts;
	int failed_status; /* the status of all that failed, else 1 */
};
void job_sum_add(struct job_sum *sum, const struct ms_run_mailbox *result);
/*
 * The result, status and counts of the run. The status is 0 if all jobs
 * succeeded, 75 if some were cancelled, the common status of all jobs if all
 * failed in the same way, else 1.
 */
struct ms_run job_sum_run(const struct job_sum *sum);

#endif
