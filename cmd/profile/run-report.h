/*
 * run-report.h - the result of a run: recorded in the archive's log, printed to
 * stderr, written to --report. Part of ms-profile.
 */
#ifndef PROFILE_RUN_REPORT_H
#define PROFILE_RUN_REPORT_H
#include <stdio.h>

#include "job.h"
#include "plan.h"
#include "show.h"

struct run_report {
	struct tool *t;
	const char *profile, *kind; /* names */
	uint64_t number;            /* of the profile */
	enum verbosity verbosity;
	FILE *file; /* --report; NULL */

	struct ms_run_log *log; /* NULL: the run could not begin */
	uint64_t run;           /* its number; 0 */
	struct job_sum sum;
	uint64_t mailboxes, succeeded; /* that have ended; of them */
	bool recorded; /* a job has recorded its mailboxes itself */
};

/* The run begins; `mailboxes` is their number. */
int report_begin(struct run_report *r, uint64_t mailboxes, struct ms_err *err);
/* A mailbox has ended. -1: mailboxes could not be recorded. */
int report_mailbox(struct run_report *r, const struct plan_job *j,
    const struct ms_run_mailbox *m);
/*
 * The run has ended: with the results of its jobs or, if nothing could be
 * started, with the error `why`. follow: the run ends only if it is asked to.
 * Returns its exit status.
 */
int report_end(struct run_report *r, const struct ms_err *why, bool follow);

/* A mailbox of a run as JSON. ms-json(5). */
json_t *report_json(
    const char *profile, uint64_t run, const struct ms_run_mailbox *m);

#endif
