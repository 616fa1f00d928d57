/*
 * walk.h - a walk over occurrences, as its parts share it. Not for
 * others. Layer: archive.
 */
#ifndef MS_ARCHIVE_WALK_H
#define MS_ARCHIVE_WALK_H
#include "archive-impl.h"

#define MS_WALK_SLICE 256 /* rows read in one transaction */

/* One folder on its way through a walk by date. */
struct lane {
	uint64_t folder;
	struct key {
		int64_t date;
		uint64_t number;
	} * ahead, last; /* keys read ahead; the last of them */
	uint32_t n, at;
	bool begun, more;
};

struct ms_walk {
	struct ms_archive *a;
	struct ms_select sel;
	uint64_t *folders; /* copy of sel.folders */
	uint64_t bound;    /* records from this number on came later */
	struct ms_row *rows;
	size_t n, at;
	bool done;
	uint64_t only; /* by record: this message's; 0: all */
	unsigned char key[MS_OCCURRENCE_KEY]; /* where the next slice begins */
	/* By date: a heap of lanes that have a key. */
	struct lane *lanes, **heap;
	size_t lane_count, heap_count;
	uint32_t ahead;
};

/* Fills a row from the index. A message whose MESSAGE is lost has no id there:
 * size 0 and MS_ROW_MISSING tell. */
int ms_walk_row(struct ms_txn *txn, const MDB_val *k, const MDB_val *v,
    struct ms_row *row, struct ms_err *err);

/* ---- by date, the folders merged: archive-walk-date.c ---- */

/* A lane for each folder. */
int ms_walk_lanes(struct ms_walk *w, struct ms_err *err);
/* The next rows. */
int ms_walk_by_date(struct ms_walk *w, struct ms_txn *txn, struct ms_err *err);

#endif
