/*
 * job-impl.h - what the parts of the runner share: a process with the pipes
 * that end at the runner, and what comes out of them.
 */
#ifndef JOB_IMPL_H
#define JOB_IMPL_H
#include <poll.h>
#include <sys/types.h>

#include "buf.h"
#include "job.h"
#include "report.h"

#define LINE_BYTES 131072 /* of a report or stderr; a longer one is cut */

/* ---- command lines (job-argv.c) ---- */

void job_argv_fetch(struct argv *a, const struct job *job, bool removing);
void job_argv_ingest(struct argv *a, const struct job *job, bool counting);
void job_argv_tool(struct argv *a, const struct job *job);

/* ---- lines (job-report.c) ---- */

struct lines {
	int fd; /* -1: closed */
	struct ms_buf buf;
	bool cut; /* the rest of an overlong line is passed over */
};
typedef void lines_take(void *ctx, char *line);

/* Reads what is there now, without waiting, and calls take for each whole
 * line; at the end of the file also for one without its end, and closes. */
void lines_read(struct lines *l, lines_take *take, void *ctx);
/* The last there is: what has not come yet never will. */
void lines_close(struct lines *l, lines_take *take, void *ctx);

/* ---- a process (job-process.c) ---- */

struct process {
	char *tool; /* its name; NULL: there is none. Owned */
	pid_t pid;  /* 0: it has ended, or never began */
	int pidfd;  /* -1: none */
	int status; /* as for a shell: 128 + N after signal N */
	struct lines said, report, printed;
	char *sentence; /* the last that it said. Owned */

	/* From its report. */
	struct ms_tally
	    tally;       /* of the end line, else the sum of the folders */
	bool whole;      /* there was an end line */
	uint64_t voided; /* failures that are ms-fetch's and named there */
	uint64_t fresh, known; /* counted by --print-ids */
};

/* How it is connected; descriptors are the caller's. */
struct wiring {
	const struct argv *argv; /* the first one is the tool */
	int in, out;             /* -1: /dev/null */
	const char *password;    /* comes in by PASSWORD_FD; NULL: none */
	bool reports;            /* to REPORT_FD */
	bool prints;             /* its output is read; out is -1 */
	bool outlives;           /* does not die with us: its input will end */
};
#define PASSWORD_FD 3
#define REPORT_FD 4
#define REPORT_PATH "/dev/fd/4"

/* A pipe that no new process inherits by itself, its ends out of the way of the
 * numbers above. MS_TEMP, MS_IO. */
int process_pipe(int ends[2], struct ms_err *err);
/* Starts it. MS_TEMP, MS_IO, MS_USAGE (too long a password). */
int process_start(
    struct process *p, const struct wiring *w, struct ms_err *err);
/* Has it ended? Then its status is there. */
bool process_ended(struct process *p);
/* A signal for the process, or with all its children. */
void process_signal(const struct process *p, int number);
void process_kill(const struct process *p);
/* For p that has ended or never began. */
void process_release(struct process *p);

/* ---- results (job-report.c) ---- */

/* A job's result in the making. */
struct outcome {
	struct job_result result;
	struct job_failure failures[JOB_FAILURES_MAX];
	size_t bytes; /* of failures */
	struct ms_buf reason;
};

/* Takes a line of p's report. */
void outcome_report(struct outcome *o, struct process *p, const char *line);
/* Takes the runs of a mailbox, or a tool, when they have ended. */
void outcome_archived(struct outcome *o, const struct process *fetch,
    const struct process *ingest);
void outcome_removed(struct outcome *o, const struct process *fetch);
void outcome_alone(struct outcome *o, const struct process *p);
/* It fails for this reason, whatever else happened. */
void outcome_fail(struct outcome *o, const struct ms_err *err);
void outcome_release(struct outcome *o);

/* ---- a job that runs (job-errand.c) ---- */

#define ERRAND_FDS 8 /* descriptors that are waited for, at most */

struct errand {
	struct job job;
	const struct jobs_hooks *hooks;
	void *ctx;
	struct process first, second;       /* second: ms-ingest, in a pipe */
	bool removing;                      /* it is the delete run */
	bool stopped, late;                 /* it was asked to end, and why */
	int64_t began_ms, late_ms, kill_ms; /* 0: never */
	struct outcome outcome;
};

int errand_start(struct errand *r, struct ms_err *err);
/* What is to be waited for is put at `at`; returns what is behind. */
struct pollfd *errand_watch(const struct errand *r, struct pollfd *at);
int64_t errand_due_ms(const struct errand *r); /* 0: never */
/* Hears what there is to hear. Have its processes ended? */
bool errand_attend(struct errand *r);
/* They have. True: others have begun. */
bool errand_go_on(struct errand *r);
void errand_stop(struct errand *r);
void errand_kill(struct errand *r);
/* It was stopped before it was done: so it failed. */
void errand_stopped(struct errand *r);
/* Says what became of it, and frees it. */
void errand_finish(struct errand *r);

#endif
