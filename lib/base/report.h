/*
 * report.h - what a run did, by folder and failure: sentences on stderr and
 * JSON Lines in --report. ms-json(5), Reports. One thread's. Layer: above json.
 *
 * Texts given to it may hold anything: on stderr controls and bytes that are
 * not UTF-8 are shown as '?', in the report they follow ms-json(5).
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
 * tool names the program in sentences. path is --report's file or NULL; it is
 * made (0600), or emptied, before anything else happens, so that a bad path is
 * found early. Lines reach the file one by one. MS_NOINPUT, MS_IO: it can't be
 * made.
 */
int ms_report_open(struct ms_report **out, const char *tool, const char *path,
    bool quiet, struct ms_err *err);

/* The tally of a folder, made when first asked for; add to it. It stays where
 * it is until the report is closed. Without a file all folders have one. */
struct ms_tally *ms_report_tally(struct ms_report *r, const char *user,
    const char *source, const char *folder);

/* One failure: a line on stderr (always) and in the report. Does not count. */
void ms_report_failed(
    struct ms_report *r, const char *where, const char *reason);
/* The same for a message left out by a rule of the user's: report only. */
void ms_report_left_out(
    struct ms_report *r, const char *where, const char *reason);
/* A remark for the person: "tool: text". Not with quiet. */
void ms_report_note(struct ms_report *r, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));
/* The progress line; drawn at most 10 times a second, on a terminal only,
 * never with quiet. total 0: unknown. */
void ms_report_progress(struct ms_report *r, const char *what, uint64_t done,
    uint64_t total, const char *unit);

/* Sum over all folders. */
struct ms_tally ms_report_total(const struct ms_report *r);

/*
 * Ends: a line per folder and the last line, which holds status, to the
 * report; one sentence with the sums to stderr unless quiet. -1: the report
 * could not be written. Frees r.
 */
int ms_report_close(struct ms_report *r, int status, struct ms_err *err);

/* ---- runs that do not count messages by folder (ms-verify) ---- */

struct ms_report_text {
	const char *key, *text; /* text NULL: left out */
};
struct ms_report_count {
	const char *key;
	uint64_t n;
};
/* A line of a type of its own in the report; nothing on stderr. */
void ms_report_line(struct ms_report *r, const char *type,
    const struct ms_report_text *texts, size_t n);
/* Ends as ms_report_close() does, with these counts in the last line instead
 * of the sums, and without a sentence. */
int ms_report_end(struct ms_report *r, int status,
    const struct ms_report_count *counts, size_t n, struct ms_err *err);

/* A line that the caller has made, to the report; it stays the caller's. */
struct json_t;
void ms_report_object(struct ms_report *r, const struct json_t *line);

/* Appends text as it is shown on a terminal: controls, C1 ones too, and bytes
 * that are not UTF-8 are '?'. */
struct ms_buf;
void ms_term_sanitize(struct ms_buf *out, const char *text);
/* stderr lines outside a report: "tool: " and a sentence, controls as '?'. */
void ms_warn(const char *tool, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));
/* Prints an error, after the name of the option that it is about, if any;
 * returns its exit status. */
int ms_warn_err(const char *tool, const struct ms_err *err);

#endif
