/*
 * plan.h - a profile as jobs: which mailboxes, with which arguments.
 * Part of ms-profile.
 */
#ifndef PROFILE_PLAN_H
#define PROFILE_PLAN_H
#include "job.h"
#include "common.h"
#include "argv.h"

/* The options of ms-fetch that the profile has for all of its runs, with those
 * that say where the password is or without; those of its delete run only. */
void plan_fetch_options(
    const struct ms_profile *p, bool passwords, struct argv *w);
void plan_remove_options(const struct ms_profile *p, struct argv *w);

/* One mailbox, or one run of a tool. What its job points to is here. */
struct plan_job {
	struct job job;
	char *name, *user, *source;
	struct argv own_options, tool;
	bool records; /* it records what becomes of its mailboxes itself */
};

struct plan {
	struct plan_job *jobs;
	size_t count;
	uint64_t mailboxes; /* that they are */
	unsigned at_once;
	struct argv options, fetch, remove, ingest;
	struct ms_secret password;
	char *url;
};

/*
 * What a profile means at this moment. check: to be tried only. follow: the
 * mailbox stays open. -1: none of it can be done, as err says.
 */
int plan_make(struct plan *plan, struct tool *t, const struct ms_account *owner,
    const struct ms_profile *p, bool check, bool follow, struct ms_err *err);
/* Tells a job that records its mailboxes itself, as ms-csvbatch does, in which
 * run. */
void plan_number(struct plan *plan, uint64_t run);
void plan_release(struct plan *plan);

#endif
