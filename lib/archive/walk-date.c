/* walk-date.c - occurrences by date: the folders, each in order, are merged.
 * ms-archive(5), Index. */
#include <stdlib.h>

#include "walk.h"

#define AHEAD_MAX 512
#define AHEAD_ALL 65536 /* keys read ahead, by all cursors together */

static bool
before(const struct folder_cursor *x, const struct folder_cursor *y)
{
	const struct key *a = &x->ahead[x->at], *b = &y->ahead[y->at];

	return a->date != b->date ? a->date < b->date : a->number < b->number;
}

static void
sift_down(struct ms_walk *w, size_t i)
{
	struct folder_cursor *moved = w->heap[i];
	size_t child;

	while ((child = 2 * i + 1) < w->heap_count) {
		if (child + 1 < w->heap_count &&
		    before(w->heap[child + 1], w->heap[child]))
			child++;
		if (!before(w->heap[child], moved))
			break;
		w->heap[i] = w->heap[child];
		i = child;
	}
	w->heap[i] = moved;
}

/* Reads the next keys of a folder. */
static int
read_ahead(struct ms_walk *w, struct ms_txn *txn, struct folder_cursor *c,
    struct ms_err *err)
{
	struct ms_occurrence_row row = {.folder = c->folder};
	int got;

	c->n = c->at = 0;
	c->more = false;
	if (c->begun) {
		row.date = c->last.date;
		row.number = c->last.number + 1;
	} else {
		row.date = w->sel.has_since ? w->sel.since : INT64_MIN;
	}
	c->begun = true;
	for (; (got = ms_index_next_occurrence(txn, &row, err)) == 1 &&
	       row.folder == c->folder &&
	       !(w->sel.has_before && row.date >= w->sel.before);
	     row.number++) {
		if (c->n == w->ahead) {
			c->more = true;
			break;
		}
		c->last = (struct key){row.date, row.number};
		if (row.number >= w->bound)
			continue;
		if (c->ahead == NULL)
			c->ahead = ms_xcalloc(w->ahead, sizeof(*c->ahead));
		c->ahead[c->n++] = c->last;
	}
	return got < 0 ? -1 : 0;
}

int
ms_walk_by_date(struct ms_walk *w, struct ms_txn *txn, struct ms_err *err)
{
	struct ms_occurrence_row row;
	struct folder_cursor *c;
	int got;

	while (w->n < MS_WALK_SLICE) {
		if (w->heap_count == 0) {
			w->done = true;
			return 0;
		}
		c = w->heap[0];
		row = (struct ms_occurrence_row){.folder = c->folder,
		    .date = c->ahead[c->at].date,
		    .number = c->ahead[c->at].number};
		got = ms_index_occurrence(txn, &row, err);
		if (got < 0 || (got == 1 && ms_walk_row(txn, &row,
						&w->rows[w->n++], err) < 0))
			return -1;
		if (++c->at == c->n && c->more &&
		    read_ahead(w, txn, c, err) < 0)
			return -1;
		if (c->at == c->n)
			w->heap[0] = w->heap[--w->heap_count];
		if (w->heap_count > 0)
			sift_down(w, 0);
	}
	return 0;
}

/* A transaction is used for some hundred folders. */
int
ms_walk_open_cursors(struct ms_walk *w, struct ms_err *err)
{
	const struct ms_folder **all = NULL;
	struct ms_txn txn;
	size_t i, n = w->sel.folder_count, count;
	int rc = 0;

	if (w->sel.folders == NULL) {
		if (ms_archive_folders(w->a, &all, &count, err) < 0)
			return -1;
		n = count;
	}
	w->cursors = ms_xcalloc(n, sizeof(*w->cursors));
	w->heap = ms_xcalloc(n, sizeof(struct folder_cursor *));
	w->cursor_count = n;
	w->ahead = (uint32_t)(AHEAD_ALL / (n + 1));
	if (w->ahead > AHEAD_MAX)
		w->ahead = AHEAD_MAX;
	if (w->ahead < 4)
		w->ahead = 4;
	for (i = 0; i < n; i++)
		w->cursors[i].folder =
		    all != NULL ? all[i]->number : w->folders[i];
	free(all);
	for (i = 0; i < n && rc == 0; i++) {
		if (i % MS_WALK_SLICE == 0)
			rc = ms_index_begin(w->a->ix, &txn, err);
		if (rc < 0)
			return -1;
		rc = read_ahead(w, &txn, &w->cursors[i], err);
		if (w->cursors[i].n > 0)
			w->heap[w->heap_count++] = &w->cursors[i];
		if (rc < 0 || i % MS_WALK_SLICE == MS_WALK_SLICE - 1 ||
		    i + 1 == n)
			ms_index_end(&txn);
	}
	for (i = w->heap_count; i-- > 0;)
		sift_down(w, i);
	return rc;
}
