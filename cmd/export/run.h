/*
 * run.h - a run of ms-export(1): messages are chosen by a query or by lines of
 * ms-list(1), read, and written to a sink. Part of ms-export.
 */
#ifndef EXPORT_RUN_H
#define EXPORT_RUN_H
#include "archive.h"
#include "query.h"
#include "sink.h"
#include "window.h"

#define TOOL "ms-export"

struct export_run {
	struct ms_archive *archive;
	struct ms_sink *sink;
	const char *user; /* of -u; lines about other users fail. Or NULL */
	enum ms_eol eol;
	bool single; /* the sink accepts one message */

	struct ms_trailer sum;     /* status: 0, 1 or 73 */
	struct ms_buf rows;        /* struct ms_row: export_look_up() */
	struct export_choice only; /* if single: the message */
	bool has_only;
	struct export_window *window; /* NULL: write each message at once */
	bool begun;                   /* the sink has begun a message */
	bool sink_failed;             /* the error comes from the sink */
};

/*
 * These functions export the result of a query, or the messages that lines of
 * ms-list refer to. A message that fails is named on stderr and counted in
 * sum. -1: the run cannot go on; MS_USAGE: more than one message for a sink
 * that accepts one.
 */
int export_query(
    struct export_run *r, const struct ms_query *q, struct ms_err *err);
int export_lines(struct export_run *r, int fd, struct ms_err *err);
/* Ends the run: a single message is written now. */
int export_end(struct export_run *r, struct ms_err *err);
void export_release(struct export_run *r);

/* ---- parts of the above; -1 as above ---- */

/* Exports a message: at once, when the window is full, or, if the sink accepts
 * one message, at the end. */
int export_choose(
    struct export_run *r, const struct export_choice *c, struct ms_err *err);
/* Exports a message without an occurrence, in the form of its first one. */
int export_message(struct export_run *r, uint64_t message, struct ms_err *err);
/* Writes a message to the sink; ctx is a struct export_run. */
export_write_fn export_write;
/* Names a message or line that cannot be exported. */
void export_warn(
    struct export_run *r, const char *what, const struct ms_err *err);

/* Reads the occurrences of a message; the i-th of them, or NULL. */
int export_look_up(struct export_run *r, uint64_t message, struct ms_err *err);
const struct ms_row *export_row(const struct export_run *r, size_t i);

#endif
