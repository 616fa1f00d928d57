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
#include "tally.h"

struct ms_report;

/*
 * Begins a report.
 *   tool    the name of the program in messages
 *   path    the file of --report, or NULL. It is created with mode 0600, or
 *           emptied, before anything else happens, so that a bad path is found
 *           early. Each line is written at once.
 *   quiet   no notes and no progress line
 * Errors: MS_NOINPUT, MS_IO, the file cannot be created.
 */
int ms_report_open(struct ms_report **out, const char *tool, const char *path,
    bool quiet, struct ms_err *err);

/*
 * Returns the counts of a folder, to which the caller adds. The pointer is
 * valid until the report is closed. Without a report file all folders share one
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
/* Writes a remark "tool: text" to stderr, except with quiet. */
void ms_report_note(struct ms_report *r, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));
/*
 * Draws the progress line, at most 10 times a second, on a terminal only and
 * not with quiet. total 0 means unknown.
 */
void ms_report_progress(struct ms_report *r, const char *what, uint64_t done,
    uint64_t total, const char *unit);

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
 * Appends text for a terminal: controls, including C1, and bytes that are not
 * UTF-8 become '?'.
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
