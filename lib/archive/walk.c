/* walk.c - a walk over the selected occurrences. ms-archive(5), Index. */
#include <stdlib.h>
#include <string.h>

#include "walk.h"

/* Rows looked at in one transaction, also if few of them are selected. */
#define LOOKED_MAX (16 * MS_WALK_SLICE)

/*
 * If the MESSAGE is missing, the id is read from the OCCURRENCE. The index
 * lists the MESSAGEs that are missing; it has lost the row of another one.
 */
static int
fill_missing(struct ms_walk *w, struct ms_row *row, struct ms_err *err)
{
	struct ms_archive *a = w->a;
	struct ms_buf content = {0};
	struct ms_occurrence o;
	struct ms_txn txn;
	int got = 1;

	if (ms_archive_content(a, row->number, MS_OCCURRENCE, &content, NULL) ==
		0 &&
	    ms_occurrence_parse(&o, ms_buf_slice(&content), NULL) == 0) {
		memcpy(row->id, o.id, MS_SHA_LEN);
		do {
			if (ms_index_begin(a->ix, &txn, err) < 0) {
				got = -1;
				break;
			}
			got = ms_index_names_missing(
			    &txn, o.id, row->message, err);
		} while (ms_index_end(&txn) != 0);
	}
	ms_buf_release(&content);
	if (got == 0)
		return ms_walk_lost(w, "a message", row->message, err);
	return got < 0 ? -1 : 0;
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
		wanted = got == 1 &&
			 ms_walk_wants_folder(&w->sel, at->folder) &&
			 !(w->sel.has_before && at->date >= w->sel.before);
		if (got == 0 || (!wanted && !next_folder(w, at->folder + 1))) {
			w->done = true;
			return 0;
		}
		if (!wanted)
			continue;
		if (at->number < w->bound &&
		    ms_walk_wants_date(&w->sel, at->date)) {
			ms_walk_count_row(w, at->folder);
			if (at->number >= w->sel.first &&
			    ms_walk_row(txn, at, &w->rows[w->n++], err) < 0)
				return -1;
		}
		at->number++;
	}
	return 0;
}

/* ---- by record ---- */

/* Moves the position to the next message of the list, if there is a list.
 * false: there is none. */
static bool
next_listed(struct ms_walk *w)
{
	const struct ms_select *sel = &w->sel;
	struct ms_message_folder *m = &w->at_message;

	if (sel->messages == NULL)
		return true;
	while (w->at_list < sel->message_count &&
	       sel->messages[w->at_list] < m->message)
		w->at_list++;
	if (w->at_list == sel->message_count)
		return false;
	if (sel->messages[w->at_list] > m->message)
		*m = (struct ms_message_folder){
		    .message = sel->messages[w->at_list]};
	return true;
}

static bool
is_listed(const struct ms_walk *w, uint64_t message)
{
	return w->sel.messages == NULL ||
	       w->sel.messages[w->at_list] == message;
}

/* Adds the row of an occurrence to the slice. 0, -1. */
static int
add_of_message(struct ms_walk *w, struct ms_txn *txn,
    const struct ms_message_folder *m, struct ms_err *err)
{
	struct ms_occurrence_row o = {
	    .folder = m->folder, .date = m->date, .number = m->occurrence};

	if (w->sel.brief)
		return ms_walk_brief_row(txn, m, &w->rows[w->n++], err);
	return ms_walk_add(w, txn, &o, err);
}

static int
slice_by_record(struct ms_walk *w, struct ms_txn *txn, struct ms_err *err)
{
	struct ms_message_folder *m = &w->at_message;
	int looked, got;

	for (looked = 0; w->n < MS_WALK_SLICE && looked < LOOKED_MAX;
	     looked++) {
		got = next_listed(w) ? ms_index_next_message_folder(txn, m, err)
				     : 0;
		if (got <= 0) {
			w->done = got == 0;
			return got;
		}
		if (!is_listed(w, m->message))
			continue;
		if (m->occurrence < w->bound &&
		    ms_walk_wants_folder(&w->sel, m->folder)) {
			ms_walk_count_row(w, m->folder);
			if (m->occurrence >= w->sel.first &&
			    ms_walk_wants_date(&w->sel, m->date) &&
			    add_of_message(w, txn, m, err) < 0)
				return -1;
		}
		m->folder++;
	}
	return 0;
}

/* ---- by list ---- */

static int
slice_by_list(struct ms_walk *w, struct ms_txn *txn, struct ms_err *err)
{
	const struct ms_row_key *key;
	struct ms_occurrence_row o;

	for (; w->n < MS_WALK_SLICE && w->at_list < w->sel.row_count;
	     w->at_list++) {
		key = &w->sel.rows[w->at_list];
		o = (struct ms_occurrence_row){.folder = key->folder,
		    .date = key->date,
		    .number = key->number};
		if (ms_walk_add(w, txn, &o, err) < 0)
			return -1;
	}
	w->done = w->at_list == w->sel.row_count;
	return 0;
}

/* ---- the walk ---- */

static struct ms_walk *
new_walk(struct ms_archive *a, const struct ms_select *sel)
{
	struct ms_walk *w = ms_xcalloc(1, sizeof(*w));

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
	return w;
}

/* Are the rows counted, so that lost ones are missed? */
static bool
is_counted(const struct ms_walk *w)
{
	return w->sel.messages == NULL && w->sel.order != MS_BY_LIST;
}

static int
begin(struct ms_walk *w, struct ms_err *err)
{
	struct ms_position pos;
	struct ms_txn txn;
	int rc;

	w->exchanged = ms_index_exchanged(w->a->ix);
	do {
		if (ms_index_begin(w->a->ix, &txn, err) < 0)
			return -1;
		ms_buf_clear(&w->counts);
		rc = ms_index_position(&txn, &pos, err);
		if (rc == 0 && is_counted(w))
			rc = ms_walk_count_open(w, &txn, err);
	} while (ms_index_end(&txn) != 0);
	w->bound = pos.next;
	if (rc == 0 && w->sel.order == MS_BY_DATE)
		rc = ms_walk_open_cursors(w, err);
	return rc;
}

int
ms_walk_open(struct ms_walk **out, struct ms_archive *a,
    const struct ms_select *sel, struct ms_err *err)
{
	struct ms_walk *w = new_walk(a, sel);

	if (begin(w, err) < 0) {
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
	const size_t at_list = w->at_list;
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
		case MS_BY_LIST:
			rc = slice_by_list(w, &txn, err);
			break;
		default:
			rc = slice_by_folder(w, &txn, err);
			break;
		}
		if (ms_index_end(&txn) == 0)
			break;
		w->at = at;
		w->at_message = at_message;
		w->at_list = at_list;
		w->done = false;
		w->uncounted = true;
		if (w->sel.order == MS_BY_DATE &&
		    ms_walk_place_cursors(w, err) < 0)
			return -1;
	}
	w->has_given = w->has_given || w->n > 0;
	w->given_last = w->read;
	return rc;
}

int
ms_walk_next(struct ms_walk *w, const struct ms_row **row, struct ms_err *err)
{
	while (w->given == w->n) {
		if (w->done)
			return ms_walk_count_end(w, err) < 0 ? -1 : 0;
		if (read_slice(w, err) < 0)
			return -1;
	}
	if ((w->rows[w->given].bits & MS_ROW_MISSING) != 0 &&
	    fill_missing(w, &w->rows[w->given], err) < 0)
		return -1;
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
	ms_buf_release(&w->counts);
	free(w->rows);
	free(w->folders);
	free(w);
}

/* ---- of one message ---- */

int
ms_archive_occurrences(struct ms_archive *a, uint64_t message,
    struct ms_buf *rows, struct ms_err *err)
{
	uint64_t first;
	struct ms_select one = {
	    .order = MS_BY_RECORD, .messages = &first, .message_count = 1};
	struct ms_walk *w;
	const struct ms_row *row;
	struct ms_txn txn;
	struct ms_message_row m;
	size_t before = rows->n;
	int got;

	/* The table has the first MESSAGE of the id. */
	do {
		if (ms_index_begin(a->ix, &txn, err) < 0)
			return -1;
		first = message;
		got = ms_index_message(&txn, message, &m, err);
		if (got == 1)
			got = ms_index_id(&txn, m.id, &first, err);
	} while (ms_index_end(&txn) != 0);
	if (got < 0)
		return -1;
	w = new_walk(a, &one);
	got = begin(w, err);
	while (got == 0 && (got = ms_walk_next(w, &row, err)) == 1) {
		ms_buf_add(rows, row, sizeof(*row));
		got = 0;
	}
	ms_walk_close(w);
	/* It is unusual that a message is nowhere: its rows may be lost. */
	if (got == 0 && rows->n == before)
		got = ms_archive_check_index(a, MS_INDEX_PLACES, err);
	return got < 0 ? -1 : 0;
}
