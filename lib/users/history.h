/*
 * history.h - iterates over the events about users, settings, profiles, runs
 * and changes of the view. ms-archive(5), EVENT. Layer: above archive.
 */
#ifndef MS_HISTORY_H
#define MS_HISTORY_H
#include "archive.h"
#include "event.h"
#include "index.h"

struct ms_history_select {
	enum ms_history_class class;
	uint64_t target; /* this user, profile, run or change only; 0: all */
	bool has_since;
	int64_t since;         /* events of this time or later */
	uint64_t above, below; /* limits of the record number; 0: no limit */
	unsigned kinds;        /* bits, 1 << enum ms_event_kind; 0: all */
	bool forward;          /* the oldest first; else the newest first */
};

/*
 * Iterates over the selected events. No transaction is held between calls.
 * ms_history_next() returns 1, 0 at the end, or -1 with err set. With the
 * newest first, the iteration ends after 1,024 consecutive events that are
 * older than `since`: a few may be out of order, because clocks can be wrong.
 */
struct ms_history;
struct ms_history *ms_history_open(
    struct ms_archive *a, const struct ms_history_select *sel);
int ms_history_next(
    struct ms_history *h, struct ms_event_row *row, struct ms_err *err);
void ms_history_close(struct ms_history *h);

/* Appends the event of this number as it is in the log. MS_DATA: the record is
 * damaged. */
int ms_history_read(struct ms_archive *a, uint64_t number, struct ms_buf *json,
    struct ms_err *err);
/*
 * ms_history_change() appends a view or undo event as a repeated state has it
 * (ms-archive(5), EVENT, changes), also if its record is lost. MS_DATA: the
 * event is lost.
 *   change, number    of the change, and of the event
 */
int ms_history_change(struct ms_archive *a, uint64_t change, uint64_t number,
    struct ms_buf *json, struct ms_err *err);

#endif
