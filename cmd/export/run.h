/*
 * run.h - a run of ms-export(1): messages are chosen by a query or by lines of
 * ms-list(1), read, and written to a sink. Part of ms-export.
 */
#ifndef EXPORT_RUN_H
#define EXPORT_RUN_H
#include "actor.h"
#include "archive.h"
#include "expand.h"
#include "query.h"
#include "report.h"
#include "sink.h"
#include "window.h"

#define TOOL "ms-export"

struct export_run {
	struct ms_archive *archive;
	struct ms_sink *sink;
	struct ms_report *report;
	const struct ms_args *args; /* for ms_actor_access() */
	const char *user; /* of -u; lines about other users fail. Or NULL */
	enum ms_eol eol;
	bool single;  /* the sink accepts one message */
	bool moves;   /* it can say which messages were moved */
	bool shows;   /* the progress */
	bool dry_run; /* messages are counted, and not written */
	struct ms_expander *expander; /* of --expand-tnef, or NULL */
	unsigned char id[MS_SHA_LEN]; /* of a message that it has changed */

	struct ms_trailer sum;     /* status: 0, 1 or 73 */
	struct ms_buf rows;        /* struct ms_row: export_look_up() */
	struct export_choice only; /* if single: the message */
	bool has_only;
	struct export_group *group;   /* NULL: rows are written at once */
	struct export_window *window; /* NULL: write each message at once */
	bool begun;                   /* the sink has begun a message */
	bool sink_failed;             /* the error comes from the sink */
	uint64_t bytes;               /* written of the message */
	struct ms_progress progress;  /* in bytes of the archive */
};

/*
 * These functions export the result of a query, or the messages that lines of
 * ms-list refer to. A message that fails is named on stderr and counted in
 * sum. -1: the run cannot go on; MS_USAGE: more than one message for a sink
 * that accepts one.
 */
int export_query(struct export_run *r, struct ms_query *q, struct ms_err *err);
int export_lines(struct export_run *r, int fd, struct ms_err *err);
/* Ends the run: a single message is written now. */
int export_end(struct export_run *r, struct ms_err *err);
void export_release(struct export_run *r);

/* ---- parts of the above; -1 as above ---- */

/* Exports a message: at once, when the window is full, or, if the sink accepts
 * one message, at the end. */
int export_choose(
    struct export_run *r, const struct export_choice *c, struct ms_err *err);
/*
 * Did a person move this occurrence from another user, whose folder, places and
 * moves the output does not name, because it is of one user (-u), or because
 * the user of --as may not read them? 1, 0, -1.
 */
int export_is_foreign(
    struct export_run *r, const struct ms_row *row, struct ms_err *err);
/*
 * group.c: the occurrences of a message that was moved are exported so that
 * each follows those that were moved to it. If an occurrence is not exported,
 * those that were moved to it are left out; and so are those that another user
 * has left (export_is_foreign()).
 */
int export_group_open(struct export_run *r, struct ms_err *err);
int export_group_add(
    struct export_run *r, const struct ms_row *row, struct ms_err *err);
int export_group_end(struct export_run *r, struct ms_err *err);
void export_group_free(struct export_group *g);
/* moves.c: sets m->moved_...; the list of places is in `places`. */
int export_describe_move(struct export_run *r, const struct ms_row *from,
    struct ms_out_message *m, struct ms_buf *places, struct ms_err *err);
/* After a message was written: its further places, and further occurrences that
 * were moved to this one, each as a reference. */
int export_references(struct export_run *r, const struct export_choice *c,
    const struct ms_out_message *m, struct ms_err *err);
/* Exports a message without an occurrence, in the form of its first one. */
int export_message(struct export_run *r, uint64_t message, struct ms_err *err);
/* Writes a message to the sink; ctx is a struct export_run. */
export_write_fn export_write;
/*
 * expand.c: --expand-tnef. The processes are started before the archive is
 * opened. Then, for each message: reads it, and replaces winmail.dat in it; m
 * gets the id of what is to be written. -1: the message cannot be read.
 */
int export_expand_open(struct export_run *r, struct ms_err *err);
int export_expand(struct export_run *r, const struct export_choice *c,
    struct ms_out_message *m, struct ms_err *err);
/* count.c: the counts of the folder of a message. If c is NULL, they are those
 * of no folder. */
struct ms_tally *export_tally(
    struct export_run *r, const struct export_choice *c);
/* Reports a message or line that cannot be exported. c: the message, or NULL.
 */
void export_failed(struct export_run *r, const struct export_choice *c,
    const char *where, const struct ms_err *why);

/* Reads the occurrences of a message; the i-th of them, or NULL. */
int export_look_up(struct export_run *r, uint64_t message, struct ms_err *err);
const struct ms_row *export_row(const struct export_run *r, size_t i);

#endif
