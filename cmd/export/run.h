/*
 * run.h - the messages that ms-export hands out: chosen by a query or
 * by lines, put together, handed to a sink. Layer: part of ms-export.
 */
#ifndef EXPORT_RUN_H
#define EXPORT_RUN_H
#include "archive.h"
#include "query.h"
#include "sink.h"

#define TOOL "ms-export"

/* One message chosen: an occurrence of it, or just the message. */
struct export_choice {
	struct ms_row row;
	bool bare; /* no occurrence is meant */
	/* What the window has read ahead: its bytes, or why there are none. */
	bool loaded;
	struct ms_slice bytes;
	struct ms_err damage;
};

struct export_window;

struct export_run {
	struct ms_archive *archive;
	struct ms_sink *sink;
	const char *user; /* of -u, or NULL: lines of others fail */
	enum ms_eol eol;
	bool single; /* the sink takes one message */

	struct ms_trailer sum;     /* so far; its status is 0, 1 or 73 */
	struct ms_buf rows;        /* struct ms_row: occurrences looked up */
	struct export_choice only; /* if single: the first, not yet given */
	bool has_only;
	struct export_window *window; /* or NULL: messages go out at once */
	bool begun;       /* the sink has begun the message at hand */
	bool sink_failed; /* rather than the archive */
};

/*
 * Exports what a query means, or what lines of ms-list point at. A message
 * that fails is named on stderr and counted in sum. -1: the run can't go on;
 * MS_USAGE: more than one message for a sink that takes one.
 */
int export_query(
    struct export_run *r, const struct ms_query *q, struct ms_err *err);
int export_lines(struct export_run *r, int fd, struct ms_err *err);
/* There are no more: a single one goes out now. */
int export_end(struct export_run *r, struct ms_err *err);
void export_release(struct export_run *r);

/* ---- what these are made of; -1 as above ---- */

/* A message is to go out: at once, when the window is full, or, if just one
 * may, when it is known that there is no other. */
int export_choose(
    struct export_run *r, const struct export_choice *c, struct ms_err *err);
/* A message by itself, in the form in which it first came. */
int export_message(struct export_run *r, uint64_t message, struct ms_err *err);
/* It goes out now. */
int export_give(
    struct export_run *r, const struct export_choice *c, struct ms_err *err);
/* How its line ends are asked for. */
enum ms_form export_form(const struct export_run *r, const struct ms_row *row);
/* A message, or line, can't go out: it is named, and the run goes on. */
void export_warn(
    struct export_run *r, const char *what, const struct ms_err *err);

/* The occurrences of a message into r->rows; the i-th of them, or NULL. */
int export_look_up(struct export_run *r, uint64_t message, struct ms_err *err);
const struct ms_row *export_row(const struct export_run *r, size_t i);

/*
 * Messages wanted in an order of their own are put together in that of the
 * archive, some megabytes ahead: else each costs a block decompressed.
 */
struct export_window *export_window_new(void);
void export_window_free(struct export_window *w);
int export_window_add(
    struct export_run *r, const struct export_choice *c, struct ms_err *err);
/* All that wait go out. */
int export_window_drain(struct export_run *r, struct ms_err *err);

#endif
