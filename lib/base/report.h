/*
 * report.h - what a run did, by folder and failure: messages on stderr and JSON
 * Lines in the file of --report. ms-json(5), Reports. A report must be used by
 * one thread only. Layer: above json.
 *
 * The texts can contain any bytes. On stderr, controls and bytes that are not
 * UTF-8 appear as '?'; in the report they follow ms-json(5).
 */
#ifndef MS_REPORT_H
#define MS_REPORT_H
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "err.h"
#include "sandbox.h"
#include "meter.h"
#include "tally.h"

struct ms_report;

/* How the progress is shown, in the order of the values of --progress. */
enum ms_report_how {
	MS_REPORT_TERMINAL, /* only on a terminal */
	MS_REPORT_JSON
};

struct ms_report_options {
	/* The file of --report, or NULL. It is created with mode 0600, or
	 * emptied, before anything else happens, so that a bad path is found
	 * early. Each line is written at once. */
	const char *path;
	bool quiet;             /* no notes, no sums and no progress line */
	bool verbose;           /* at the end, the sums of each folder, too */
	enum ms_report_how how; /* --progress */
	/* The run writes messages out of an archive: its counts are seen,
	 * exported, failed and bytes. */
	bool exports;
	/* Nothing is deleted: what counts as deleted is what would be. */
	bool dry_run;
};

/*
 * Begins a report.
 *   tool    the name of the program in messages
 * Errors: MS_NOINPUT, MS_IO, the file cannot be created.
 */
int ms_report_open(struct ms_report **out, const char *tool,
    const struct ms_report_options *opt, struct ms_err *err);

/*
 * Calls ms_sandbox_check(), and notes what it says is missing. -1: the run must
 * not begin; MS_CONFIG.
 */
int ms_report_sandbox(
    struct ms_report *r, enum ms_sandbox_profile profile, struct ms_err *err);

/*
 * Returns the counts of a folder, to which the caller adds. The pointer is
 * valid until the report is closed. If nothing shows the folders, all share one
 * struct.
 */
struct ms_tally *ms_report_tally(struct ms_report *r, const char *user,
    const char *source, const char *folder);

/*
 * Reports a failure: a line on stderr, also with quiet, and a line in the
 * report. The caller counts it.
 */
void ms_report_failed(
    struct ms_report *r, const char *where, const char *reason);
/*
 * The same for a message that a rule of the user leaves out, in the report
 * only.
 */
void ms_report_left_out(
    struct ms_report *r, const char *where, const char *reason);
/*
 * Reports something that is not a failure, but should be known: a line on
 * stderr, except with quiet, and a line of type note in the report.
 */
void ms_report_remark(struct ms_report *r, const char *where, const char *text);
/*
 * A folder that was not opened: its messages are not among those that were
 * seen. The report gets a line of type left_out, and the last line the sums.
 *   messages   how many it has; MS_REPORT_UNKNOWN
 *   option     that would read the folder: the summary on stderr names it, too.
 *              NULL: the user's own rules leave it out
 */
#define MS_REPORT_UNKNOWN UINT64_MAX
void ms_report_unopened(struct ms_report *r, const char *folder,
    uint64_t messages, const char *reason, const char *option);
/* Writes a remark "tool: text" to stderr, except with quiet. */
void ms_report_note(struct ms_report *r, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));
/*
 * Shows how far the run is: as a line on stderr, 10 times a second, if that is
 * a terminal and not with quiet; or, if json is set, as JSON once a second.
 */
void ms_report_progress(struct ms_report *r, const struct ms_progress *p);
/* Whether ms_report_progress() shows anything. */
bool ms_report_shows(const struct ms_report *r);
/* Whether ms_report_progress() draws a line on a terminal. */
bool ms_report_draws(const struct ms_report *r);
/* Another tool draws on this terminal: its line is erased before each message,
 * as the own one is. */
void ms_report_share(void);

/* The sentence at the end, instead of the sums; "" is none. */
void ms_report_sentence(struct ms_report *r, const char *text);

/* The sum over all folders. */
struct ms_tally ms_report_total(const struct ms_report *r);

/*
 * Ends the report and frees r. The report gets a line for each folder and the
 * last line, which has the status; stderr gets a sentence with the sums, except
 * with quiet. Returns -1 if the report could not be written.
 */
int ms_report_close(struct ms_report *r, int status, struct ms_err *err);

/* ---- runs that do not count messages by folder (ms-verify) ---- */

struct ms_report_text {
	const char *key, *text; /* NULL: the key is left out */
};
struct ms_report_count {
	const char *key;
	uint64_t n;
};
/* Writes a line with a type of its own to the report, and nothing to stderr. */
void ms_report_line(struct ms_report *r, const char *type,
    const struct ms_report_text *texts, size_t n);
/*
 * Ends the report like ms_report_close(), with these counts instead of the sums
 * in the last line, and without a sentence on stderr.
 */
int ms_report_end(struct ms_report *r, int status,
    const struct ms_report_count *counts, size_t n, struct ms_err *err);

/* Writes a line that the caller has made and still owns. */
struct json_t;
void ms_report_object(struct ms_report *r, const struct json_t *line);

/*
 * Appends text for a terminal: controls (ms_utf8_control()) and bytes that are
 * not UTF-8 become '?'.
 */
struct ms_buf;
void ms_term_sanitize(struct ms_buf *out, const char *text);
/*
 * Writes "tool: " and a sentence to stderr, outside a report; controls become
 * '?'.
 */
void ms_warn(const char *tool, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));
/* Prints an error, after the name of the option that it is about, if any;
 * returns its exit status. */
int ms_warn_err(const char *tool, const struct ms_err *err);
/* Prints an error at the end of a run. Returns `status`, or the exit status of
 * the error if `status` is 0. */
int ms_warn_end(const char *tool, int status, const struct ms_err *err);

#endif
