/*
 * history.h - who changed what, and when: the events about users, settings,
 * profiles and runs. ms-archive(5), EVENT. Layer: above archive.
 */
#ifndef MS_HISTORY_H
#define MS_HISTORY_H
#include "archive.h"
#include "event.h"
#include "index.h"

struct ms_history_select {
	enum ms_history_class class;
	uint64_t target; /* this user, profile or run only; 0: all */
	bool has_since;
	int64_t since;         /* time of an event, at least */
	uint64_t above, below; /* numbers between these; 0: no bound */
	unsigned kinds;        /* bits, 1 << enum ms_event_kind; 0: all */
	bool forward;          /* from the oldest on; else the newest first */
};

/*
 * Walks them. No transaction is held between calls. ms_history_next(): 1, 0 no
 * more, -1. Newest first, it ends where a good number of events one after
 * another are older than `since`: clocks may have been wrong for a while.
 */
struct ms_history;
struct ms_history *ms_history_open(
    struct ms_archive *a, const struct ms_history_select *sel);
int ms_history_next(
    struct ms_history *h, struct ms_event_row *row, struct ms_err *err);
void ms_history_close(struct ms_history *h);

/* The event of this number as it is in the log: appended. MS_DATA: it is
 * damaged. */
int ms_history_read(struct ms_archive *a, uint64_t number, struct ms_buf *json,
    struct ms_err *err);

#endif
