/*
 * profile-plan.h - a profile as jobs: which mailboxes, with which arguments.
 * Part of ms-profile.
 */
#ifndef PROFILE_PLAN_H
#define PROFILE_PLAN_H
#include "job.h"
#include "profile-tool.h"

/* A list of arguments; {0} is empty. Owns its words. */
struct words {
	char **word;
	size_t count;
};
void words_add(struct words *w, const char *word);
void words_printf(struct words *w, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));
/* The words with a NULL behind them, until the next is added. */
const char *const *words_end(struct words *w);
void words_release(struct words *w);

/* The options of ms-fetch that the profile has for all of its runs, with those
 * that say where the password is or without; those of its delete run only. */
void plan_fetch_options(
    const struct ms_profile *p, bool passwords, struct words *w);
void plan_remove_options(const struct ms_profile *p, struct words *w);

/* One mailbox, or one run of a tool. What its job points to is here. */
struct plan_job {
	struct job job;
	char *name, *user, *source;
	struct words own, tool;
	char *trouble; /* why it cannot be begun; NULL */
};

struct plan {
	struct plan_job *jobs;
	size_t count;
	unsigned at_once;
	struct words options, fetch, remove, ingest;
	struct ms_secret password;
	char *url;
};

/*
 * What a profile means at this moment. check: to be tried only. follow: the
 * mailbox stays open. -1: none of it can be done, as err says.
 */
int plan_make(struct plan *plan, struct tool *t, const struct ms_account *owner,
    const struct ms_profile *p, bool check, bool follow, struct ms_err *err);
void plan_release(struct plan *plan);

#endif
