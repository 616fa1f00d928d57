/*
 * walk.h - a walk over occurrences, as its parts share it. Private to the
 * folder. Layer: archive.
 */
#ifndef MS_ARCHIVE_WALK_H
#define MS_ARCHIVE_WALK_H
#include "impl.h"

#define MS_WALK_SLICE 256 /* rows read in one transaction */

/* One folder in a walk by date, with keys that were read ahead. */
struct folder_cursor {
	uint64_t folder;
	struct key {
		int64_t date;
		uint64_t number;
	} * ahead, last; /* last: the last key that was read */
	uint32_t n, at;  /* of ahead: how many, the next one */
	bool begun, more;
};

struct ms_walk {
	struct ms_archive *a;
	struct ms_select sel;
	uint64_t *folders; /* copy of sel.folders */
	uint64_t bound;    /* records from this number on came later */
	struct ms_row *rows;
	size_t n, given; /* rows of the slice; how many the caller has had */
	bool done;
	struct ms_occurrence_row
	    at; /* by folder: where the next slice begins */
	struct ms_message_folder at_message; /* likewise, by record */
	uint64_t only; /* by record: of this message only; 0: all */
	/* By date: a heap of the cursors that have a key. */
	struct folder_cursor *cursors, **heap;
	size_t cursor_count, heap_count;
	uint32_t ahead; /* keys that a cursor reads ahead */
};

/* Fills a row from the index. A message whose MESSAGE is missing has no id
 * there: it gets size 0 and MS_ROW_MISSING. 0, -1. */
int ms_walk_row(struct ms_txn *txn, const struct ms_occurrence_row *o,
    struct ms_row *row, struct ms_err *err);

/* ---- by date, the folders merged: walk-date.c ---- */

/* Opens a cursor for each folder. */
int ms_walk_open_cursors(struct ms_walk *w, struct ms_err *err);
/* Reads the next rows. */
int ms_walk_by_date(struct ms_walk *w, struct ms_txn *txn, struct ms_err *err);

#endif
