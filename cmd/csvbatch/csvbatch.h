/*
 * csvbatch.h - the parts of ms-csvbatch: a run reads the rows of a table, makes
 * jobs (job.h) of each row, and reports the results.
 */
#ifndef CSVBATCH_H
#define CSVBATCH_H
#include <stdbool.h>
#include <stdint.h>

#include "csv-mailbox.h"
#include "job.h"
#include "report.h"
#include "url.h"

#define TOOL "ms-csvbatch"
#define AT_ONCE 4 /* mailboxes, unless -j is given */

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

/* ---- rows (rows.c) ---- */

/* A row of the table, and its result. */
struct row {
	const struct ms_csv_mailbox *mailbox;
	char *name;              /* "line 12, alice", in messages */
	char *source;            /* where the mailbox is, for the log */
	struct argv own_options; /* --login=alice ... */
	struct argv ingest_options;
	size_t user;   /* index of the archive user whose turn it is */
	bool deleting; /* all users have the messages: the delete run */
	struct ms_run_mailbox sum; /* of its jobs */
	int64_t ms;                /* that its jobs took */
	char *reason;              /* of sum; NULL */
};

struct batch;

/* Reads the table: the rows, without those that --failed-from leaves out. */
int rows_open(struct batch *b, struct ms_err *err);
/* Makes jobs of the rows; the job of a row with a fault fails at once. */
void rows_add_jobs(struct batch *b);
/* A job of a row has ended; another one may follow. */
void rows_job_done(struct batch *b, const struct job *job,
    const struct ms_run_mailbox *result, int64_t ms);
void rows_release(struct batch *b);

/* ---- rows that failed before (retry.c) ---- */

/* Reads the report of an earlier run, and keeps line and login of its rows. */
struct retry_list;
int retry_list_open(
    struct retry_list **out, const char *report, struct ms_err *err);
/* Is this row to be done again? */
bool retry_list_has(
    const struct retry_list *list, const struct ms_csv_mailbox *mailbox);
void retry_list_free(struct retry_list *list);

/* ---- results (result.c) ---- */

/* A row is done: writes its line to stdout and to the report. */
void result_row(struct batch *b, const struct row *row);
/* Writes the failures of one of its jobs to the report. */
void result_failures(struct batch *b, const struct row *row,
    const struct ms_run_mailbox *result);
/* Writes the sums of the run to the report and to stderr. */
int result_end(struct batch *b, int status, struct ms_err *err);

/* ---- a run ---- */

struct batch {
	const struct options *opt;
	struct ms_csv_mailboxes table;
	struct row *rows;
	size_t count, done;
	bool single;      /* one connection for each mailbox */
	unsigned threads; /* of each ms-ingest; 0: the tool decides */
	struct jobs *jobs;
	struct job_sum sum; /* of the rows */
	struct ms_report *report;
	int stdout_errno; /* of the first line that was not written; 0 */

	struct ms_archive *archive; /* NULL: --check, which is not recorded */
	struct ms_run_log *log;
};

#endif
