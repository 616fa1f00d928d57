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
		if (row.number < w->sel.first)
			ms_walk_count_row(w, c->folder);
		if (row.number < w->sel.first || row.number >= w->bound)
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

	while (w->n < MS_WALK_SLICE) {
		if (w->heap_count == 0) {
			w->done = true;
			return 0;
		}
		c = w->heap[0];
		row = (struct ms_occurrence_row){.folder = c->folder,
		    .date = c->ahead[c->at].date,
		    .number = c->ahead[c->at].number};
		ms_walk_count_row(w, c->folder);
		if (ms_walk_add(w, txn, &row, err) < 0)
			return -1;
		w->read = c->ahead[c->at];
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

/* Places cursors after the last row that was given, or at the start. */
static int
place(struct ms_walk *w, struct folder_cursor *c, size_t n, struct ms_err *err)
{
	struct ms_txn txn;
	size_t i;
	int rc;

	for (;;) {
		if (ms_index_begin(w->a->ix, &txn, err) < 0)
			return -1;
		for (i = 0, rc = 0; i < n && rc == 0; i++) {
			c[i].begun = w->has_given;
			c[i].last = w->given_last;
			rc = read_ahead(w, &txn, &c[i], err);
		}
		if (ms_index_end(&txn) == 0)
			return rc;
		w->uncounted = true;
	}
}

/* A transaction is used for some hundred cursors. */
int
ms_walk_place_cursors(struct ms_walk *w, struct ms_err *err)
{
	size_t i, n;

	for (i = 0; i < w->cursor_count; i += n) {
		n = w->cursor_count - i;
		if (n > MS_WALK_SLICE)
			n = MS_WALK_SLICE;
		if (place(w, &w->cursors[i], n, err) < 0)
			return -1;
	}
	w->heap_count = 0;
	for (i = 0; i < w->cursor_count; i++)
		if (w->cursors[i].n > 0)
			w->heap[w->heap_count++] = &w->cursors[i];
	for (i = w->heap_count; i-- > 0;)
		sift_down(w, i);
	return 0;
}

int
ms_walk_open_cursors(struct ms_walk *w, struct ms_err *err)
{
	const struct ms_walk_count *c = (const void *)w->counts.p;
	size_t i, n = w->counts.n / sizeof(*c);

	w->cursors = ms_xcalloc(n, sizeof(*w->cursors));
	w->heap = ms_xcalloc(n, sizeof(struct folder_cursor *));
	w->cursor_count = n;
	w->ahead = (uint32_t)(AHEAD_ALL / (n + 1));
	if (w->ahead > AHEAD_MAX)
		w->ahead = AHEAD_MAX;
	if (w->ahead < 4)
		w->ahead = 4;
	for (i = 0; i < n; i++)
		w->cursors[i].folder = c[i].folder;
	return ms_walk_place_cursors(w, err);
}
