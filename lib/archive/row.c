/* row.c - one row of a walk: what the index has of an occurrence.
 * ms-archive(5), Index. */
#include <string.h>

#include "walk.h"

/* out is zeroed. */
static void
copy_field(char out[MS_ROW_FIELD], struct ms_slice s)
{
	size_t n = s.n < MS_ROW_FIELD ? s.n : MS_ROW_FIELD - 1;

	if (n > 0)
		memcpy(out, s.p, n);
}

/* Fills in where a person wants the occurrence to be shown. 0, -1. */
static int
set_view(struct ms_txn *txn, struct ms_row *row, struct ms_err *err)
{
	struct ms_view_row view;
	int got = ms_index_view(txn, row->number, &view, err);

	if (got != 1)
		return got;
	row->change = view.change;
	if (view.folder != 0)
		row->folder = view.folder;
	else
		row->bits |= MS_ROW_REMOVED;
	return 0;
}

/* Fills in the occurrence to which the source moved the message. 0, -1. */
static int
set_moved(struct ms_txn *txn, struct ms_row *row, struct ms_err *err)
{
	int got = ms_index_moved(
	    txn, row->number, &row->moved_to, &row->moved_at, err);

	/* A mark has no effect if its record is missing, but not if the index
	 * has lost the place of that record. */
	if (got == 0 && row->moved_to != 0)
		got = ms_index_check(txn, MS_INDEX_LOCATIONS, err);
	if (got < 0)
		return -1;
	if (got == 1) {
		row->bits |= MS_ROW_MOVED;
	} else {
		row->moved_to = 0;
		row->moved_at = 0;
	}
	return 0;
}

/* got: whether the index has the MESSAGE. */
static void
set_message(struct ms_row *row, const struct ms_message_row *m, bool got)
{
	if (!got) {
		row->bits |= MS_ROW_MISSING;
		return;
	}
	memcpy(row->id, m->id, MS_SHA_LEN);
	row->size = m->size;
	row->desc = m->desc;
}

int
ms_walk_row(struct ms_txn *txn, const struct ms_occurrence_row *o,
    struct ms_row *row, struct ms_err *err)
{
	struct ms_message_row m;
	struct ms_dates dates;
	int got;

	*row = (struct ms_row){.number = o->number,
	    .message = o->message,
	    .folder = o->folder,
	    .own = o->folder,
	    .date = o->date,
	    .raw = o->raw,
	    .form = (enum ms_form)o->form,
	    .bits = o->bits & MS_BODY_NOT_SEEN};
	copy_field(row->flags, o->flags);
	copy_field(row->place, o->place);
	if ((o->bits & MS_ROW_HAS_OTHER) != 0 || o->flags.n >= MS_ROW_FIELD ||
	    o->place.n >= MS_ROW_FIELD)
		row->bits |= MS_ROW_MORE;
	if ((o->bits & MS_ROW_IS_SENT) != 0)
		row->bits |= MS_ROW_SENT;
	if (set_view(txn, row, err) < 0 || set_moved(txn, row, err) < 0)
		return -1;
	got = ms_index_message(txn, o->message, &m, err);
	if (got < 0)
		return -1;
	set_message(row, &m, got == 1);
	dates = ms_dates_of(&row->desc, o->raw);
	row->sent = dates.sent;
	row->arrived = dates.arrived;
	if (!dates.known)
		row->bits |= MS_ROW_UNDATED;
	return 0;
}

int
ms_walk_brief_row(struct ms_txn *txn, const struct ms_message_folder *f,
    struct ms_row *row, struct ms_err *err)
{
	struct ms_message_row m;
	uint64_t number = f->message;
	int got;

	*row = (struct ms_row){.number = f->occurrence,
	    .message = f->message,
	    .folder = f->folder,
	    .own = f->folder,
	    .sent = f->date,
	    .date = f->date,
	    .bits = f->date == 0 ? MS_ROW_UNDATED : 0};
	if (set_view(txn, row, err) < 0 || set_moved(txn, row, err) < 0)
		return -1;
	/* The rows of messages are read in order, which needs no search. */
	got = ms_index_next_message(txn, &number, &m, err);
	if (got < 0)
		return -1;
	set_message(row, &m, got == 1 && number == f->message);
	return 0;
}

int
ms_walk_lost(
    struct ms_walk *w, const char *what, uint64_t number, struct ms_err *err)
{
	/* An index that was built around damage lacks rows by right. */
	if (ms_index_exchanged(w->a->ix) != w->exchanged)
		return ms_fail(err, MS_TEMP,
		    "index: was rebuilt meanwhile; run the command again");
	return ms_fail(err, MS_INDEX,
	    "index: damaged (rows of %s, %llu, are lost); run ms-verify "
	    "--rebuild-index",
	    what, (unsigned long long)number);
}

bool
ms_walk_wants_date(const struct ms_select *sel, int64_t date)
{
	return (!sel->has_since || date >= sel->since) &&
	       (!sel->has_before || date < sel->before);
}

bool
ms_walk_wants_folder(const struct ms_select *sel, uint64_t folder)
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

int
ms_walk_add(struct ms_walk *w, struct ms_txn *txn, struct ms_occurrence_row *o,
    struct ms_err *err)
{
	int got = ms_index_occurrence(txn, o, err);

	if (got == 0)
		return ms_walk_lost(w, "an occurrence", o->number, err);
	return got < 0 ? -1 : ms_walk_row(txn, o, &w->rows[w->n++], err);
}
