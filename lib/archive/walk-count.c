/* walk-count.c - the rows of a walk are counted, because a damaged page of the
 * index can lose some. ms-archive(5), Index. */
#include <stdlib.h>

#include "numbers.h"
#include "walk.h"

#define ROWS 16384 /* read in one transaction */

int
ms_walk_count_open(struct ms_walk *w, struct ms_txn *txn, struct ms_err *err)
{
	struct ms_folder_count row = {0};
	struct ms_walk_count c;
	int got;

	if (ms_index_check(txn, MS_INDEX_NAMES, err) < 0)
		return -1;
	for (; (got = ms_index_next_count(txn, &row, err)) == 1; row.folder++) {
		c.folder = row.folder;
		c.left = w->sel.order == MS_BY_RECORD ? row.messages
						      : row.occurrences;
		if (ms_walk_wants_folder(&w->sel, c.folder))
			ms_buf_add(&w->counts, &c, sizeof(c));
	}
	return got;
}

static struct ms_walk_count *
counts_of(const struct ms_walk *w, size_t *n)
{
	*n = w->counts.n / sizeof(struct ms_walk_count);
	return (struct ms_walk_count *)(void *)w->counts.p;
}

void
ms_walk_count_row(struct ms_walk *w, uint64_t folder)
{
	size_t n;
	struct ms_walk_count *c = counts_of(w, &n), key = {.folder = folder};

	c = n == 0 ? NULL : bsearch(&key, c, n, sizeof(*c), ms_compare_u64);
	if (c != NULL)
		c->left--;
}

/* Counts the rows of a folder from *at on whose date is not selected, in one
 * transaction. 1: there may be more; 0; -1. */
static int
count_unselected(struct ms_walk *w, struct ms_walk_count *c,
    struct ms_occurrence_row *at, struct ms_err *err)
{
	const struct ms_walk_count count = *c;
	const struct ms_occurrence_row start = *at;
	struct ms_txn txn;
	int got, i;

	do {
		*c = count;
		*at = start;
		if (ms_index_begin(w->a->ix, &txn, err) < 0)
			return -1;
		for (i = 0; i < ROWS; i++) {
			got = ms_index_next_occurrence(&txn, at, err);
			if (got == 1 && at->folder != c->folder)
				got = 0;
			if (got != 1)
				break;
			if (!ms_walk_wants_date(&w->sel, at->date)) {
				c->left -= at->number < w->bound;
				at->number++;
			} else if (w->sel.has_before) {
				at->date = w->sel.before;
				at->number = 0;
			} else {
				got = 0;
				break;
			}
		}
	} while (ms_index_end(&txn) != 0);
	return got;
}

/* A walk by record sees all rows, the others only those of the period. */
static int
count_rest(struct ms_walk *w, struct ms_walk_count *c, struct ms_err *err)
{
	struct ms_occurrence_row at = {.folder = c->folder, .date = INT64_MIN};
	int got;

	if (w->sel.order == MS_BY_RECORD ||
	    (!w->sel.has_since && !w->sel.has_before))
		return 0;
	while ((got = count_unselected(w, c, &at, err)) == 1)
		;
	return got;
}

int
ms_walk_count_end(struct ms_walk *w, struct ms_err *err)
{
	size_t i, n;
	struct ms_walk_count *c = counts_of(w, &n);

	for (i = 0; i < n && !w->uncounted; i++) {
		if (count_rest(w, &c[i], err) < 0)
			return -1;
		if (c[i].left == 0)
			continue;
		return ms_walk_lost(w, "a folder", c[i].folder, err);
	}
	return 0;
}
