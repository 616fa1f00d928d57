/*
 * run.h - runs of ms-profile and ms-csvbatch in the archive's log: recorded
 * while they go on, and read back. ms-archive(5), EVENT. Layer: above change,
 * history.
 */
#ifndef MS_RUN_H
#define MS_RUN_H
#include "change.h"
#include "tally.h"

enum ms_run_result {
	MS_RUN_OPEN, /* no end is recorded: it runs, or was interrupted */
	MS_RUN_SUCCEEDED,
	MS_RUN_ERRORS, /* completed with errors, each of them named */
	MS_RUN_FAILED,
	MS_RUN_CANCELLED
};
/* "succeeded", "completed with errors", "failed", "cancelled"; "". */
const char *ms_run_result_name(enum ms_run_result r);

#define MS_RUN_FAILURES 100              /* in one mailbox's event */
#define MS_RUN_FAILURE_BYTES (64 * 1024) /* and their texts together */

/* The strings of a run that was read live in `row`. */
struct ms_run {
	uint64_t number, profile; /* profile 0: ms-csvbatch */
	const char *name;         /* of the profile, when the run began */
	const char *kind;         /* of the profile: "csv", ... */
	uint64_t mailboxes;       /* how many mailboxes the run has */
	int64_t began, ended;     /* ended 0: no end is recorded */
	enum ms_run_result result;
	int status;
	struct ms_tally counts;
	uint64_t ran; /* number of the event of the end; 0: none */
	struct ms_buf row;
};
void ms_run_release(struct ms_run *r);

struct ms_run_failure {
	char *where, *reason;
};
/* A mailbox of a run, or a tool that the run has started. */
struct ms_run_mailbox {
	const char *user;   /* of the archive */
	const char *source; /* where the mailbox is, without a password */
	int status;
	enum ms_run_result result;
	struct ms_tally counts;
	uint64_t seconds;
	const char *reason; /* why it failed; NULL */
	const struct ms_run_failure *failures;
	size_t failure_count;
	uint64_t more; /* failures that are not among these */
	int64_t time;  /* when it was recorded; set when it is read back */
};
/*
 * Sets the members of o that describe a mailbox. For the event of the log, a
 * byte that is not UTF-8 becomes U+FFFD, and failures beyond the limits are
 * counted only. For a report (ms-json(5)), such bytes are kept in base64, and
 * empty texts are left out. Returns the bytes of the failures.
 */
enum ms_run_json {
	MS_RUN_JSON_EVENT,
	MS_RUN_JSON_REPORT
};
size_t ms_run_mailbox_json(
    json_t *o, const struct ms_run_mailbox *m, enum ms_run_json form);

/* ---- recording ---- */

/*
 * The log of a run that goes on. Mailboxes wait until several of them can be
 * recorded in one commit, because a commit costs several syncs.
 */
struct ms_run_log;
/*
 * ms_run_log_begin() records that a run begins.
 *   a, as  for ms_archive_change(); borrowed until the end
 *   run    its profile, name, kind and mailboxes are recorded. If `number` is
 *          not 0, another process has begun the run and will end it: only
 *          mailboxes are recorded
 * The function returns 0, or -1 with err set, as ms_archive_change() does.
 */
int ms_run_log_begin(struct ms_run_log **log, struct ms_archive *a,
    const char *as, const struct ms_run *run, struct ms_err *err);
/* All the following functions take NULL for a run that is not recorded. */
uint64_t ms_run_log_number(const struct ms_run_log *log); /* NULL: 0 */
/* Adds a mailbox. -1: mailboxes could not be recorded, now or before. */
int ms_run_log_add(struct ms_run_log *log, const struct ms_run_mailbox *m);
/* Records the waiting mailboxes if the first of them has waited for some
 * seconds; to be called about once in a second. -1: as above. */
int ms_run_log_tick(struct ms_run_log *log);
/* Records the waiting mailboxes. -1: as above; err is set to the first error
 * of the log. */
int ms_run_log_flush(struct ms_run_log *log, struct ms_err *err);
/* Records the waiting mailboxes and the end of the run, with result, status
 * and counts. Returns as ms_run_log_flush(), and frees log. */
int ms_run_log_end(
    struct ms_run_log *log, const struct ms_run *run, struct ms_err *err);

/* ---- reading ---- */

/* 1, 0 there is no such run, -1. */
int ms_run_get(struct ms_archive *a, uint64_t number, struct ms_run *r,
    struct ms_err *err);
/*
 * Runs, the newest first: of one profile (0: of all, and of ms-csvbatch) that
 * began at `since` or later. ms_runs_next() fills r and returns 1, 0 or -1.
 */
struct ms_runs;
struct ms_runs *ms_runs_open(
    struct ms_archive *a, uint64_t profile, int64_t since);
int ms_runs_next(struct ms_runs *w, struct ms_run *r, struct ms_err *err);
void ms_runs_close(struct ms_runs *w);
/* Calls fn for each mailbox of a run, in the order of their recording. -1 from
 * fn ends the iteration. m and its strings live until fn returns. */
typedef int ms_run_mailbox_fn(
    void *ctx, const struct ms_run_mailbox *m, struct ms_err *err);
int ms_run_mailboxes(struct ms_archive *a, uint64_t run, ms_run_mailbox_fn *fn,
    void *ctx, struct ms_err *err);

#endif
