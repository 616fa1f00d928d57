/*
 * plan.h - the jobs of a profile: its mailboxes, and the arguments of the
 * tools. Part of ms-profile.
 */
#ifndef PROFILE_PLAN_H
#define PROFILE_PLAN_H
#include "job.h"
#include "common.h"
#include "argv.h"

/* A mailbox, or one run of a tool. Owns what its job points to. */
struct plan_job {
	struct job job;
	char *name, *user, *source;
	struct argv own_options, tool;
	bool records; /* it records its mailboxes itself (ms-csvbatch) */
	char *said;   /* the last message of its tools that was shown; NULL */
};

struct plan {
	struct plan_job *jobs;
	size_t count;
	uint64_t mailboxes; /* of all jobs */
	unsigned at_once;
	struct argv options, fetch, delete, ingest;
	struct ms_secret password;
	char *url;
};

/*
 * Makes the jobs of a profile, as of now.
 *   check   the jobs only connect and log in
 *   follow  the mailbox stays open for new messages
 * -1: nothing can be run. The plan is to be released in any case.
 */
int plan_make(struct plan *plan, struct tool *t, const struct ms_account *owner,
    const struct ms_profile *p, bool check, bool follow, struct ms_err *err);
/* Gives the number of the run to a job that records its mailboxes itself. */
void plan_number(struct plan *plan, uint64_t run);
void plan_release(struct plan *plan);

#endif
