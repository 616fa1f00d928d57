/*
 * run-report.h - what became of a run: kept as events of the archive, said
 * on stderr, written to --report. Part of ms-profile.
 */
#ifndef PROFILE_REPORT_H
#define PROFILE_REPORT_H
#include <stdio.h>

#include "job.h"
#include "plan.h"
#include "run-record.h"
#include "show.h"

enum run_talk {
	TALK_QUIET, /* what failed */
	TALK_SOME,  /* and what was done */
	TALK_ALL    /* and what the tools say */
};

struct run_report {
	struct tool *t;
	const char *profile, *kind; /* names */
	uint64_t number;            /* of the profile */
	enum run_talk talk;
	FILE *file; /* --report; NULL */

	uint64_t run; /* its number; 0: did not begin */
	struct job_sum sum;
	uint64_t mailboxes, succeeded; /* that have ended, of these well */
	bool recorded; /* a job has recorded its mailboxes itself */
	struct records waiting;
	struct ms_err err; /* why it could not be kept */
};

/* The run begins, with so many mailboxes. */
int report_begin(struct run_report *r, uint64_t mailboxes, struct ms_err *err);
/* One has ended. -1: what has could not be kept; r->err. */
int report_mailbox(struct run_report *r, const struct plan_job *j,
    const struct job_result *result);
/* Writes those that have waited long enough; to be called every so often. The
 * same. */
int report_tick(struct run_report *r);
/* The run has ended: with what its jobs have come to, or with `why`. Its exit
 * status. */
int report_end(struct run_report *r, const struct ms_err *why, bool follow);

/* A mailbox of a run as JSON. */
json_t *report_json(
    const char *profile, uint64_t run, const struct ms_run_mailbox *m);
/* "3 seen: 1 new, 2 known, 0 left out, 0 failed[, 1 deleted]"; appended. */
void report_counts(struct ms_buf *out, const struct ms_tally *t);

#endif
