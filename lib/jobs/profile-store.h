/*
 * profile-store.h - saved jobs and what became of their runs, kept as events.
 * What a profile's text says is profile.h's; here it is text. ms-archive(5),
 * EVENT. Layer: above account.
 */
#ifndef MS_PROFILE_STORE_H
#define MS_PROFILE_STORE_H
#include "change.h"
#include "report.h"

#define MS_PROFILE_NAME_MAX 255
#define MS_PROFILE_TEXT_MAX (256 * 1024)

/* 1..MS_PROFILE_NAME_MAX bytes of UTF-8 without controls, `/`, leading `-` or
 * `.`. */
bool ms_profile_name_ok(const char *name);

/* A profile. Strings live in `row`, until it is filled again or released. */
struct ms_stored_profile {
	uint64_t number, owner; /* owner: a user's number; 0: none */
	uint64_t last_run;      /* number of its latest run; 0 */
	int64_t made;
	const char *name, *text;
	bool enabled, deleted;
	struct ms_buf row;
};
void ms_stored_profile_release(struct ms_stored_profile *p);

/* 1, 0 there is none, -1. By number a deleted one is found too. */
int ms_profile_get(struct ms_archive *a, uint64_t number,
    struct ms_stored_profile *p, struct ms_err *err);
int ms_profile_find(struct ms_archive *a, const char *name,
    struct ms_stored_profile *p, struct ms_err *err);
int ms_profile_get_in(struct ms_txn *txn, uint64_t number,
    struct ms_stored_profile *p, struct ms_err *err);
int ms_profile_find_in(struct ms_txn *txn, const char *name,
    struct ms_stored_profile *p, struct ms_err *err);

/* All that are not deleted, in order of their numbers: 1, 0 no more, -1. */
struct ms_profiles;
struct ms_profiles *ms_profiles_open(struct ms_archive *a);
int ms_profiles_next(
    struct ms_profiles *w, struct ms_stored_profile *p, struct ms_err *err);
void ms_profiles_close(struct ms_profiles *w);

/* ---- changes: within ms_archive_change() ---- */

enum {
	MS_PROFILE_SET_NAME = 1,
	MS_PROFILE_SET_OWNER = 2,
	MS_PROFILE_SET_TEXT = 4,
	MS_PROFILE_SET_ENABLED = 8
};
/* Of `want`: name, owner, text, enabled. MS_EXISTS: the name is taken;
 * MS_USAGE: no name, or too long. */
int ms_profile_add(struct ms_change *ch, const struct ms_stored_profile *want,
    uint64_t *number, struct ms_err *err);
/* The members that `set` names; no event if nothing differs. MS_NOINPUT: there
 * is no such profile. */
int ms_profile_set(struct ms_change *ch, uint64_t number,
    const struct ms_stored_profile *want, unsigned set, struct ms_err *err);
/* Its name is free from then on; its runs stay. */
int ms_profile_delete(
    struct ms_change *ch, uint64_t number, struct ms_err *err);

/* A user has another name: profiles that name him get new texts. */
int ms_profiles_rename_user(
    struct ms_change *ch, const char *from, const char *to, struct ms_err *err);

/* ---- runs: each call is a commit of its own ---- */

enum ms_run_result {
	MS_RUN_OPEN, /* no end is recorded: it runs, or was interrupted */
	MS_RUN_SUCCEEDED,
	MS_RUN_ERRORS, /* completed with errors */
	MS_RUN_FAILED,
	MS_RUN_CANCELLED
};
/* "succeeded", "completed with errors", "failed", "cancelled"; "". */
const char *ms_run_result_name(enum ms_run_result r);
enum ms_run_result ms_run_result_of(const char *name);

#define MS_RUN_FAILURES 100              /* in one mailbox's event */
#define MS_RUN_FAILURE_BYTES (64 * 1024) /* and their texts together */

/* Strings live in `row` where it was read. */
struct ms_run {
	uint64_t number, profile; /* profile 0: ms-csvbatch */
	const char *name, *kind;  /* of the profile then; of what it did */
	uint64_t mailboxes;       /* how many it is to do */
	int64_t began, ended;     /* ended 0: no end is recorded */
	enum ms_run_result result;
	int status;
	struct ms_tally counts;
	uint64_t ran; /* number of the event of its end; 0 */
	struct ms_buf row;
};
void ms_run_release(struct ms_run *r);

struct ms_run_failure {
	const char *where, *reason;
};
struct ms_run_mailbox {
	const char *user, *source; /* source: without a password */
	int status;
	enum ms_run_result result;
	struct ms_tally counts;
	uint64_t seconds;
	const char *reason;                    /* why it failed; NULL */
	const struct ms_run_failure *failures; /* those beyond the bounds are
						  left out, and counted */
	size_t failure_count;
	uint64_t more; /* read back: failures that were left out */
	int64_t time;  /* read back: when it was recorded */
};

/*
 * Texts need not be UTF-8: bytes that are not become U+FFFD. as: as in
 * ms_archive_change(). A run begins with profile, name, kind, mailboxes, and
 * ends with result, status and counts.
 */
int ms_run_begin(struct ms_archive *a, const char *as, const struct ms_run *r,
    uint64_t *number, struct ms_err *err);
int ms_run_mailbox(struct ms_archive *a, const char *as, uint64_t run,
    const struct ms_run_mailbox *m, struct ms_err *err);
/* Several of them in one commit. */
int ms_run_mailboxes_add(struct ms_archive *a, const char *as, uint64_t run,
    const struct ms_run_mailbox *m, size_t n, struct ms_err *err);
int ms_run_end(struct ms_archive *a, const char *as, uint64_t run,
    const struct ms_run *r, struct ms_err *err);

/* 1, 0, -1. */
int ms_run_get(struct ms_archive *a, uint64_t number, struct ms_run *r,
    struct ms_err *err);
/*
 * Runs, the newest first: of one profile (0: of all, and of ms-csvbatch) that
 * began at `since` or later. ms_runs_next() fills r: 1, 0, -1.
 */
struct ms_runs;
struct ms_runs *ms_runs_open(
    struct ms_archive *a, uint64_t profile, int64_t since);
int ms_runs_next(struct ms_runs *w, struct ms_run *r, struct ms_err *err);
void ms_runs_close(struct ms_runs *w);
/* The mailboxes of a run, as they were recorded. -1 from fn ends it. m and its
 * strings are fn's for the call. */
typedef int ms_run_mailbox_fn(
    void *ctx, const struct ms_run_mailbox *m, struct ms_err *err);
int ms_run_mailboxes(struct ms_archive *a, uint64_t run, ms_run_mailbox_fn *fn,
    void *ctx, struct ms_err *err);

#endif
