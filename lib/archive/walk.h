/*
 * walk.h - a walk over occurrences, as its parts share it. Private to the
 * folder. Layer: archive.
 */
#ifndef MS_ARCHIVE_WALK_H
#define MS_ARCHIVE_WALK_H
#include "impl.h"

#define MS_WALK_SLICE 256 /* rows read in one transaction */

struct key {
	int64_t date;
	uint64_t number;
};

/* One folder in a walk by date, with keys that were read ahead. */
struct folder_cursor {
	uint64_t folder;
	struct key *ahead, last; /* last: the last key that was read */
	uint32_t n, at;          /* of ahead: how many, the next one */
	bool begun, more;
};

/* How many rows of a folder have not been read yet. The index knows their
 * number, so rows that were lost by damage are missed. */
struct ms_walk_count {
	uint64_t folder, left;
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
	size_t at_list;                      /* of sel.messages or sel.rows */
	struct ms_buf counts; /* struct ms_walk_count, ascending */
	unsigned exchanged;   /* ms_index_exchanged() at the beginning */
	bool uncounted;       /* the counts cannot be compared at the end */
	/* By date: a heap of the cursors that have a key. */
	struct folder_cursor *cursors, **heap;
	size_t cursor_count, heap_count;
	uint32_t ahead; /* keys that a cursor reads ahead */
	bool has_given; /* slices; given_last is the key of their last row */
	struct key read, given_last; /* read: of the last row that was read */
};

/* Are this date, and this folder, selected? */
bool ms_walk_wants_date(const struct ms_select *sel, int64_t date);
bool ms_walk_wants_folder(const struct ms_select *sel, uint64_t folder);

/* Rows of an object are lost: fills err and returns -1. MS_INDEX, or MS_TEMP if
 * the index was replaced during the walk. */
int ms_walk_lost(
    struct ms_walk *w, const char *what, uint64_t number, struct ms_err *err);
/* Fills a row from the index. A message whose MESSAGE is missing has no id
 * there: it gets size 0 and MS_ROW_MISSING. 0, -1. */
int ms_walk_row(struct ms_txn *txn, const struct ms_occurrence_row *o,
    struct ms_row *row, struct ms_err *err);
/* The same for ms_select.brief. */
int ms_walk_brief_row(struct ms_txn *txn, const struct ms_message_folder *m,
    struct ms_row *row, struct ms_err *err);
/* Adds the row of an occurrence to the slice. MS_INDEX also if the index has
 * lost that row. */
int ms_walk_add(struct ms_walk *w, struct ms_txn *txn,
    struct ms_occurrence_row *o, struct ms_err *err);

/* ---- counting rows: walk-count.c ---- */

/* Reads how many rows the selected folders have. */
int ms_walk_count_open(
    struct ms_walk *w, struct ms_txn *txn, struct ms_err *err);
/* A row of this folder was read. */
void ms_walk_count_row(struct ms_walk *w, uint64_t folder);
/* All selected rows were read. 0; -1: MS_INDEX, some are missing. */
int ms_walk_count_end(struct ms_walk *w, struct ms_err *err);

/* ---- by date, the folders merged: walk-date.c ---- */

/* Opens a cursor for each folder that is selected. */
int ms_walk_open_cursors(struct ms_walk *w, struct ms_err *err);
/* Moves the cursors to the row after the slices that were given. */
int ms_walk_place_cursors(struct ms_walk *w, struct ms_err *err);
/* Reads the next rows. */
int ms_walk_by_date(struct ms_walk *w, struct ms_txn *txn, struct ms_err *err);

#endif
