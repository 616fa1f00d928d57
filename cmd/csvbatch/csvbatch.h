/*
 * csvbatch.h - the parts of ms-csvbatch: a run reads the rows of a table, makes
 * jobs (job.h) of each row, and reports the results.
 */
#ifndef CSVBATCH_H
#define CSVBATCH_H
#include <stdbool.h>
#include <stdint.h>

#include "csv-mailbox.h"
#include "fetch-options.h"
#include "job.h"
#include "report.h"

#define TOOL "ms-csvbatch"
#define AT_ONCE 4 /* mailboxes, unless -j is given */

/* What ms-fetch will be given, so that its options are checked once and not
 * for each row. */
struct fetch_trial {
	struct fetch_options values;
	struct ms_opt_state state;
};

struct csvbatch_options {
	const char *archive, *failed_from, *into, *encoding, *columns;
	struct ms_report_options report;
	unsigned at_once, threads; /* threads 0: not given */
	uint64_t run; /* of ms-profile, to which this one belongs; 0: none */
	bool json, check;

	struct argv server; /* for every run of ms-fetch */
	struct argv fetch;  /* for the run that fetches */
	struct argv remove; /* for the run that deletes */
	bool removes, dry_run;
	bool connections;             /* their number is given */
	struct argv ingest;           /* for ms-ingest */
	struct fetch_trial trials[2]; /* the run that fetches, that deletes */

	struct ms_url url;
	const char *url_text, *file;
};

extern const struct ms_option csvbatch_table[];
/* An ms_opt_fn for the table of ms-fetch: options that are passed on. */
ms_opt_fn csvbatch_pass_on;
void csvbatch_options_init(struct csvbatch_options *opt);
/* Checks the options together. -1: MS_USAGE. */
int csvbatch_options_check(struct csvbatch_options *opt, struct ms_err *err);
void csvbatch_options_release(struct csvbatch_options *opt);

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
	struct ms_buf said; /* messages that were printed: result_say() */
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

/* Prints a message about a row, which is not printed again with its result. */
void result_say(struct row *row, const char *text);
/* A row is done: writes its line to stdout and to the report. */
void result_row(struct batch *b, struct row *row);
/* Writes the failures of one of its jobs to the report, and to stderr, where
 * each of them appears once. */
void result_failures(
    struct batch *b, struct row *row, const struct ms_run_mailbox *result);
/* Writes the sums of the run to the report and to stderr. */
int result_end(struct batch *b, int status, struct ms_err *err);

/* ---- a run ---- */

struct batch {
	const struct csvbatch_options *opt;
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
