/* walk-date.c - occurrences by date: each folder is in order, all of
 * them are merged. ms-archive(5), Index. */
#include <stdlib.h>

#include "walk.h"
#include "le.h"

#define AHEAD_MAX 512
#define AHEAD_ALL 65536 /* keys read ahead, in all lanes together */

static bool
before(const struct lane *x, const struct lane *y)
{
	const struct key *a = &x->ahead[x->at], *b = &y->ahead[y->at];

	return a->date != b->date ? a->date < b->date : a->number < b->number;
}

static void
sift_down(struct ms_walk *w, size_t i)
{
	struct lane *moved = w->heap[i];
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

/* Reads a lane's next keys. */
static int
fill_lane(
    struct ms_walk *w, struct ms_txn *txn, struct lane *l, struct ms_err *err)
{
	unsigned char key[MS_OCCURRENCE_KEY];
	MDB_val k = {sizeof(key), key}, v;
	struct key at;
	int got;

	l->n = l->at = 0;
	l->more = false;
	if (l->begun)
		ms_occurrence_key(
		    key, l->folder, l->last.date, l->last.number + 1);
	else
		ms_occurrence_key(key, l->folder,
		    w->sel.has_since ? w->sel.since : INT64_MIN, 0);
	l->begun = true;
	got =
	    ms_index_seek(txn, MS_TABLE_OCCURRENCE, MDB_SET_RANGE, &k, &v, err);
	while (got == 1 && k.mv_size == MS_OCCURRENCE_KEY &&
	       ms_be64(k.mv_data) == l->folder) {
		at.date = (int64_t)(ms_be64((unsigned char *)k.mv_data + 8) ^
				    (uint64_t)1 << 63);
		at.number = ms_be64((unsigned char *)k.mv_data + 16);
		if (w->sel.has_before && at.date >= w->sel.before)
			break;
		if (l->n == w->ahead) {
			l->more = true;
			break;
		}
		l->last = at;
		if (at.number < w->bound) {
			if (l->ahead == NULL)
				l->ahead =
				    ms_xcalloc(w->ahead, sizeof(*l->ahead));
			l->ahead[l->n++] = at;
		}
		got = ms_index_seek(
		    txn, MS_TABLE_OCCURRENCE, MDB_NEXT, &k, &v, err);
	}
	return got < 0 ? -1 : 0;
}

int
ms_walk_by_date(struct ms_walk *w, struct ms_txn *txn, struct ms_err *err)
{
	unsigned char key[MS_OCCURRENCE_KEY];
	MDB_val k, v;
	struct lane *l;
	int got;

	while (w->n < MS_WALK_SLICE) {
		if (w->heap_count == 0) {
			w->done = true;
			return 0;
		}
		l = w->heap[0];
		ms_occurrence_key(key, l->folder, l->ahead[l->at].date,
		    l->ahead[l->at].number);
		k = (MDB_val){sizeof(key), key};
		got = ms_index_seek(
		    txn, MS_TABLE_OCCURRENCE, MDB_SET_KEY, &k, &v, err);
		if (got < 0 || (got == 1 && ms_walk_row(txn, &k, &v,
						&w->rows[w->n++], err) < 0))
			return -1;
		if (++l->at == l->n && l->more && fill_lane(w, txn, l, err) < 0)
			return -1;
		if (l->at == l->n)
			w->heap[0] = w->heap[--w->heap_count];
		if (w->heap_count > 0)
			sift_down(w, 0);
	}
	return 0;
}

/* A lane for each folder, some hundred in one transaction. */
int
ms_walk_lanes(struct ms_walk *w, struct ms_err *err)
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
	w->lanes = ms_xcalloc(n, sizeof(*w->lanes));
	w->heap = ms_xcalloc(n, sizeof(struct lane *));
	w->lane_count = n;
	w->ahead = (uint32_t)(AHEAD_ALL / (n + 1));
	if (w->ahead > AHEAD_MAX)
		w->ahead = AHEAD_MAX;
	if (w->ahead < 4)
		w->ahead = 4;
	for (i = 0; i < n; i++)
		w->lanes[i].folder =
		    all != NULL ? all[i]->number : w->folders[i];
	free(all);
	for (i = 0; i < n && rc == 0; i++) {
		if (i % MS_WALK_SLICE == 0)
			rc = ms_index_begin(w->a->ix, &txn, err);
		if (rc < 0)
			return -1;
		rc = fill_lane(w, &txn, &w->lanes[i], err);
		if (w->lanes[i].n > 0)
			w->heap[w->heap_count++] = &w->lanes[i];
		if (rc < 0 || i % MS_WALK_SLICE == MS_WALK_SLICE - 1 ||
		    i + 1 == n)
			ms_index_end(&txn);
	}
	for (i = w->heap_count; i-- > 0;)
		sift_down(w, i);
	return rc;
}
