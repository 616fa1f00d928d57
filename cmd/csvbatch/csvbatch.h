/*
 * csvbatch.h - the parts of ms-csvbatch: a run takes the rows of a table, makes
 * a job (job.h) of each, and says what became of it.
 */
#ifndef CSVBATCH_H
#define CSVBATCH_H
#include <stdbool.h>
#include <stdint.h>

#include "csv-mailbox.h"
#include "job.h"
#include "progress.h"
#include "report.h"
#include "url.h"

#define TOOL "ms-csvbatch"
#define AT_ONCE 4 /* mailboxes, unless said */

struct options {
	const char *archive, *report, *failed_from;
	unsigned at_once;
	uint64_t run; /* of ms-profile, to which this one belongs; 0: none */
	bool quiet, json, check;

	struct argv server; /* ms-fetch's: for every run of it */
	struct argv fetch;  /* for the one that fetches */
	struct argv remove; /* for the one that deletes */
	bool removes, dry_run;
	struct argv ingest;        /* ms-ingest's */
	bool connections, threads; /* their numbers are given */

	struct ms_url url;
	const char *url_text, *file;
};

/* Reads the command line. 0; 1: help or version was asked for and given; -1:
 * err says what is wrong, "" if that was said already. */
int csvbatch_options(
    struct options *opt, int argc, char *argv[], struct ms_err *err);
void csvbatch_options_release(struct options *opt);
extern const char csvbatch_usage[];

/* ---- rows (csvbatch-rows.c) ---- */

/* A row of the table, and what became of it. */
struct row {
	const struct ms_csv_mailbox *box;
	char *name;      /* "line 12, alice", for the person */
	struct argv own; /* --login alice ... */
	struct argv ingest;
	size_t user;   /* whose turn it is */
	bool removing; /* what all of them have is deleted */
	struct job_result sum;
	char *reason;
};

struct run;

/* Reads the table: the rows, without those that --failed-from leaves out. */
int rows_open(struct run *run, struct ms_err *err);
/* Makes jobs of them; a row with a fault is done at once. */
void rows_begin(struct run *run);
/* A job of a row has ended; another may follow it. */
void rows_job_done(
    struct run *run, const struct job *job, const struct job_result *result);
void rows_release(struct run *run);

/* ---- what failed before (csvbatch-again.c) ---- */

/* Reads a report; of the rows in it that failed keeps line and login. */
struct again;
int again_open(struct again **out, const char *report, struct ms_err *err);
bool again_wanted(const struct again *again, const struct ms_csv_mailbox *box);
void again_free(struct again *again);

/* ---- results (csvbatch-result.c) ---- */

/* A row is done: the line on stdout, and those of the report. */
void result_row(struct run *run, const struct row *row);
/* The failures of one of its jobs, to the report. */
void result_failures(
    struct run *run, const struct row *row, const struct job_result *result);
/* The run's sums, to report and stderr. */
int result_end(struct run *run, int status, struct ms_err *err);

/* ---- the archive's log (csvbatch-log.c) ---- */

/* Nothing of a check is logged. */
int log_begin(struct run *run, struct ms_err *err);
void log_mailbox(struct run *run, const struct row *row, const char *user,
    const struct job_result *result);
/* What waits to be recorded does not wait for long. */
void log_tick(struct run *run);
int log_end(struct run *run, int status, struct ms_err *err);
void log_close(struct run *run);

/* ---- a run ---- */

struct run {
	const struct options *opt;
	struct ms_csv_mailboxes table;
	struct row *rows;
	size_t count, done;
	bool single;      /* one connection for each mailbox */
	unsigned threads; /* of each ms-ingest; 0: it decides */
	struct jobs *jobs;
	struct job_sum sum;
	struct ms_report *report;
	struct live *live;
	int stdout_errno; /* of the first line that was not written */

	struct ms_archive *archive;
	struct log *log;        /* what waits to be recorded */
	uint64_t number;        /* of the run in the log */
	struct ms_err unlogged; /* why something could not be recorded */
};

#endif
