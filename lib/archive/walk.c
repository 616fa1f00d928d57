/* walk.c - a walk over the selected occurrences. ms-archive(5), Index. */
#include <stdlib.h>
#include <string.h>

#include "walk.h"

/* Rows looked at in one transaction, also if few of them are selected. */
#define LOOKED_MAX (16 * MS_WALK_SLICE)

/* If the MESSAGE is missing, the id is read from the OCCURRENCE. */
static void
fill_missing(struct ms_archive *a, struct ms_row *row)
{
	struct ms_buf content = {0};
	struct ms_occurrence o;

	if ((row->bits & MS_ROW_MISSING) == 0)
		return;
	if (ms_archive_content(a, row->number, MS_OCCURRENCE, &content, NULL) ==
		0 &&
	    ms_occurrence_parse(&o, ms_buf_slice(&content), NULL) == 0)
		memcpy(row->id, o.id, MS_SHA_LEN);
	ms_buf_release(&content);
}

static bool
wanted_date(const struct ms_select *sel, int64_t date)
{
	return (!sel->has_since || date >= sel->since) &&
	       (!sel->has_before || date < sel->before);
}

static bool
wanted_folder(const struct ms_select *sel, uint64_t folder)
{
	size_t low = 0, high = sel->folder_count, mid;

	if (sel->folders == NULL)
		return true;
	while (low < high) {
		mid = low + (high - low) / 2;
		if (sel->folders[mid] == folder)
			return true;
		if (sel->folders[mid] < folder)
			low = mid + 1;
		else
			high = mid;
	}
	return false;
}

/* ---- by folder ---- */

/* Moves the position to folder number `from` or the next selected one. */
static bool
next_folder(struct ms_walk *w, uint64_t from)
{
	int64_t since = w->sel.has_since ? w->sel.since : INT64_MIN;
	size_t i;

	if (w->sel.folders == NULL) {
		w->at = (struct ms_occurrence_row){
		    .folder = from, .date = INT64_MIN};
		return true;
	}
	for (i = 0; i < w->sel.folder_count; i++)
		if (w->sel.folders[i] >= from) {
			w->at = (struct ms_occurrence_row){
			    .folder = w->sel.folders[i], .date = since};
			return true;
		}
	return false;
}

static int
slice_by_folder(struct ms_walk *w, struct ms_txn *txn, struct ms_err *err)
{
	struct ms_occurrence_row *at = &w->at;
	int looked, got;
	bool wanted;

	for (looked = 0; w->n < MS_WALK_SLICE && looked < LOOKED_MAX;
	     looked++) {
		got = ms_index_next_occurrence(txn, at, err);
		if (got < 0)
			return -1;
		wanted = got == 1 && wanted_folder(&w->sel, at->folder) &&
			 !(w->sel.has_before && at->date >= w->sel.before);
		if (got == 0 || (!wanted && !next_folder(w, at->folder + 1))) {
			w->done = true;
			return 0;
		}
		if (!wanted)
			continue;
		if (at->number < w->bound && wanted_date(&w->sel, at->date) &&
		    ms_walk_row(txn, at, &w->rows[w->n++], err) < 0)
			return -1;
		at->number++;
	}
	return 0;
}

/* ---- by record ---- */

static int
slice_by_record(struct ms_walk *w, struct ms_txn *txn, struct ms_err *err)
{
	struct ms_message_folder *m = &w->at_message;
	struct ms_occurrence_row o;
	int looked, got;

	for (looked = 0; w->n < MS_WALK_SLICE && looked < LOOKED_MAX;
	     looked++) {
		got = ms_index_next_message_folder(txn, m, err);
		if (got < 0)
			return -1;
		if (got == 0 || (w->only != 0 && m->message != w->only)) {
			w->done = true;
			return 0;
		}
		o = (struct ms_occurrence_row){.folder = m->folder++,
		    .date = m->date,
		    .number = m->occurrence};
		if (o.number >= w->bound || !wanted_folder(&w->sel, o.folder) ||
		    !wanted_date(&w->sel, o.date))
			continue;
		got = ms_index_occurrence(txn, &o, err);
		if (got < 0 || (got == 1 && ms_walk_row(txn, &o,
						&w->rows[w->n++], err) < 0))
			return -1;
	}
	return 0;
}

/* ---- the walk ---- */

int
ms_walk_open(struct ms_walk **out, struct ms_archive *a,
    const struct ms_select *sel, struct ms_err *err)
{
	struct ms_walk *w = ms_xcalloc(1, sizeof(*w));
	struct ms_position pos;
	struct ms_txn txn;
	int rc;

	w->a = a;
	w->sel = *sel;
	if (sel->folders != NULL) {
		w->folders = ms_xcalloc(sel->folder_count, sizeof(*w->folders));
		if (sel->folder_count > 0)
			memcpy(w->folders, sel->folders,
			    sel->folder_count * sizeof(*w->folders));
		w->sel.folders = w->folders;
	}
	w->rows = ms_xcalloc(MS_WALK_SLICE, sizeof(*w->rows));
	rc = ms_index_begin(a->ix, &txn, err);
	if (rc == 0) {
		rc = ms_index_position(&txn, &pos, err);
		ms_index_end(&txn);
		w->bound = pos.next;
	}
	if (rc == 0 && sel->order == MS_BY_DATE)
		rc = ms_walk_open_cursors(w, err);
	if (rc == 0 && sel->order == MS_BY_FOLDER)
		w->done = !next_folder(w, 0);
	if (rc < 0) {
		ms_walk_close(w);
		return -1;
	}
	*out = w;
	return 0;
}

/* Reads the next rows, again if the index was written meanwhile. */
static int
read_slice(struct ms_walk *w, struct ms_err *err)
{
	const struct ms_message_folder at_message = w->at_message;
	const struct ms_occurrence_row at = w->at;
	struct ms_txn txn;
	int rc;

	for (;;) {
		w->n = w->given = 0;
		if (ms_index_begin(w->a->ix, &txn, err) < 0)
			return -1;
		switch (w->sel.order) {
		case MS_BY_DATE:
			rc = ms_walk_by_date(w, &txn, err);
			break;
		case MS_BY_RECORD:
			rc = slice_by_record(w, &txn, err);
			break;
		default:
			rc = slice_by_folder(w, &txn, err);
			break;
		}
		if (ms_index_end(&txn) == 0)
			return rc;
		if (w->sel.order == MS_BY_DATE)
			return ms_fail(err, MS_TEMP,
			    "index: was written while it was read without "
			    "reader locks; try again");
		w->at = at;
		w->at_message = at_message;
		w->done = false;
	}
}

int
ms_walk_next(struct ms_walk *w, const struct ms_row **row, struct ms_err *err)
{
	while (w->given == w->n) {
		if (w->done)
			return 0;
		if (read_slice(w, err) < 0)
			return -1;
	}
	fill_missing(w->a, &w->rows[w->given]);
	*row = &w->rows[w->given++];
	return 1;
}

void
ms_walk_close(struct ms_walk *w)
{
	size_t i;

	if (w == NULL)
		return;
	for (i = 0; i < w->cursor_count; i++)
		free(w->cursors[i].ahead);
	free(w->cursors);
	free(w->heap);
	free(w->rows);
	free(w->folders);
	free(w);
}

/* ---- of one message ---- */

int
ms_archive_occurrences(struct ms_archive *a, uint64_t message,
    struct ms_buf *rows, struct ms_err *err)
{
	struct ms_select all = {.order = MS_BY_RECORD};
	struct ms_walk *w;
	const struct ms_row *row;
	struct ms_txn txn;
	uint64_t first = message;
	struct ms_message_row m;
	int got;

	/* The table has the first MESSAGE of the id. */
	if (ms_index_begin(a->ix, &txn, err) < 0)
		return -1;
	got = ms_index_message(&txn, message, &m, err);
	if (got == 1)
		got = ms_index_id(&txn, m.id, &first, err);
	ms_index_end(&txn);
	if (got < 0 || ms_walk_open(&w, a, &all, err) < 0)
		return -1;
	w->only = first;
	w->at_message.message = first;
	while ((got = ms_walk_next(w, &row, err)) == 1)
		ms_buf_add(rows, row, sizeof(*row));
	ms_walk_close(w);
	return got < 0 ? -1 : 0;
}
