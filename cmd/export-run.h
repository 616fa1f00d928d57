/*
 * export-run.h - the messages that ms-export hands out: chosen by a query or
 * by lines, put together, handed to a sink. Layer: part of ms-export.
 */
#ifndef EXPORT_RUN_H
#define EXPORT_RUN_H
#include "archive.h"
#include "query.h"
#include "sink.h"

/* One message chosen: an occurrence of it, or just the message. */
struct export_choice {
	struct ms_row row;
	bool bare; /* no occurrence is meant */
};

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

#endif
