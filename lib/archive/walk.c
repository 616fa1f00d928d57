/* walk.c - occurrences, one after another. ms-archive(5), Index. */
#include <stdlib.h>
#include <string.h>

#include "walk.h"
#include "le.h"

/* ---- one row ---- */

static void
copy_field(char out[MS_ROW_FIELD], struct ms_slice s)
{
	size_t n = s.n < MS_ROW_FIELD ? s.n : MS_ROW_FIELD - 1;

	if (n > 0)
		memcpy(out, s.p, n);
	out[n] = '\0';
}

/* Fills a row from the index. A message whose MESSAGE is lost has no id here:
 * size 0 and a zero id tell (see fill_missing). */
int
ms_walk_row(struct ms_txn *txn, const MDB_val *k, const MDB_val *v,
    struct ms_row *row, struct ms_err *err)
{
	struct ms_occurrence_row o;
	struct ms_message_row m;
	int got;

	if (ms_occurrence_row(&o, k, v, err) < 0)
		return -1;
	*row = (struct ms_row){.number = o.number,
	    .message = o.message,
	    .folder = o.folder,
	    .date = o.date,
	    .form = (enum ms_form)o.form,
	    .bits = o.bits & (MS_BODY_NOT_SEEN | MS_DATE_UNKNOWN)};
	copy_field(row->flags, o.flags);
	copy_field(row->place, o.place);
	if ((o.bits & MS_ROW_HAS_OTHER) != 0 || o.flags.n >= MS_ROW_FIELD ||
	    o.place.n >= MS_ROW_FIELD)
		row->bits |= MS_ROW_MORE;
	if ((o.bits & MS_ROW_IS_SENT) != 0)
		row->bits |= MS_ROW_SENT;
	got = ms_index_moved(txn, o.number, &row->moved_to, err);
	if (got < 0)
		return -1;
	if (got == 1)
		row->bits |= MS_ROW_MOVED;
	else
		row->moved_to = 0;
	got = ms_index_message(txn, o.message, &m, err);
	if (got < 0)
		return -1;
	if (got == 1) {
		memcpy(row->id, m.id, MS_SHA_LEN);
		row->size = m.size;
		row->desc = m.desc;
	} else {
		row->bits |= MS_ROW_MISSING;
	}
	return 0;
}

/* The id of a message whose MESSAGE is lost stands in its OCCURRENCE. */
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

/* Where folder number `from` or the next one that is wanted begins. */
static bool
next_folder(struct ms_walk *w, uint64_t from)
{
	int64_t since = w->sel.has_since ? w->sel.since : INT64_MIN;
	size_t i;

	if (w->sel.folders == NULL) {
		ms_occurrence_key(w->key, from, INT64_MIN, 0);
		return true;
	}
	for (i = 0; i < w->sel.folder_count; i++)
		if (w->sel.folders[i] >= from) {
			ms_occurrence_key(w->key, w->sel.folders[i], since, 0);
			return true;
		}
	return false;
}

static int
slice_by_folder(struct ms_walk *w, struct ms_txn *txn, struct ms_err *err)
{
	MDB_cursor_op op = MDB_SET_RANGE;
	MDB_val k = {sizeof(w->key), w->key}, v;
	int looked = 0, got;
	uint64_t folder;
	int64_t date;

	while (w->n < MS_WALK_SLICE && looked++ < 16 * MS_WALK_SLICE) {
		got = ms_index_seek(txn, MS_TABLE_OCCURRENCE, op, &k, &v, err);
		if (got < 0)
			return -1;
		if (got == 0 || k.mv_size != MS_OCCURRENCE_KEY) {
			w->done = true;
			return 0;
		}
		folder = ms_be64(k.mv_data);
		date = (int64_t)(ms_be64((unsigned char *)k.mv_data + 8) ^
				 (uint64_t)1 << 63);
		op = MDB_NEXT;
		if (!wanted_folder(&w->sel, folder) ||
		    (w->sel.has_before && date >= w->sel.before)) {
			if (!next_folder(w, folder + 1)) {
				w->done = true;
				return 0;
			}
			k = (MDB_val){sizeof(w->key), w->key};
			op = MDB_SET_RANGE;
			continue;
		}
		if (ms_be64((unsigned char *)k.mv_data + 16) < w->bound &&
		    wanted_date(&w->sel, date) &&
		    ms_walk_row(txn, &k, &v, &w->rows[w->n++], err) < 0)
			return -1;
		memcpy(w->key, k.mv_data, sizeof(w->key));
		ms_occurrence_key(w->key, folder, date,
		    ms_be64((unsigned char *)k.mv_data + 16) + 1);
	}
	return 0;
}

/* ---- by record ---- */

static int
slice_by_record(struct ms_walk *w, struct ms_txn *txn, struct ms_err *err)
{
	unsigned char key[MS_OCCURRENCE_KEY];
	MDB_val k = {16, w->key}, v, ok = {sizeof(key), key}, ov;
	MDB_cursor_op op = MDB_SET_RANGE;
	uint64_t message, folder, number;
	int looked = 0, got;
	int64_t date;

	while (w->n < MS_WALK_SLICE && looked++ < 16 * MS_WALK_SLICE) {
		got = ms_index_seek(
		    txn, MS_TABLE_MESSAGE_FOLDERS, op, &k, &v, err);
		if (got < 0)
			return -1;
		if (got == 0 || k.mv_size != 16 || v.mv_size != 16) {
			w->done = true;
			return 0;
		}
		op = MDB_NEXT;
		message = ms_be64(k.mv_data);
		if (w->only != 0 && message != w->only) {
			w->done = true;
			return 0;
		}
		folder = ms_be64((unsigned char *)k.mv_data + 8);
		number = ms_le64(v.mv_data);
		date = (int64_t)ms_le64((unsigned char *)v.mv_data + 8);
		ms_put_be64(w->key, message);
		ms_put_be64(w->key + 8, folder + 1);
		if (number >= w->bound || !wanted_folder(&w->sel, folder) ||
		    !wanted_date(&w->sel, date))
			continue;
		ms_occurrence_key(key, folder, date, number);
		ok = (MDB_val){sizeof(key), key};
		got = ms_index_seek(
		    txn, MS_TABLE_OCCURRENCE, MDB_SET_KEY, &ok, &ov, err);
		if (got < 0 || (got == 1 && ms_walk_row(txn, &ok, &ov,
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
		rc = ms_walk_lanes(w, err);
	if (rc == 0 && sel->order == MS_BY_FOLDER)
		w->done = !next_folder(w, 0);
	if (rc < 0) {
		ms_walk_close(w);
		return -1;
	}
	*out = w;
	return 0;
}

/* State that a slice changes, to read it again if it was not consistent. */
static int
read_slice(struct ms_walk *w, struct ms_err *err)
{
	unsigned char key[sizeof(w->key)];
	struct ms_txn txn;
	int rc;

	memcpy(key, w->key, sizeof(key));
	for (;;) {
		w->n = w->at = 0;
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
			    "the index was written while it was read without "
			    "reader locks: try again");
		memcpy(w->key, key, sizeof(key));
		w->done = false;
	}
}

int
ms_walk_next(struct ms_walk *w, const struct ms_row **row, struct ms_err *err)
{
	while (w->at == w->n) {
		if (w->done)
			return 0;
		if (read_slice(w, err) < 0)
			return -1;
	}
	fill_missing(w->a, &w->rows[w->at]);
	*row = &w->rows[w->at++];
	return 1;
}

void
ms_walk_close(struct ms_walk *w)
{
	size_t i;

	if (w == NULL)
		return;
	for (i = 0; i < w->lane_count; i++)
		free(w->lanes[i].ahead);
	free(w->lanes);
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

	/* The walk goes by the first message of the id. */
	if (ms_index_begin(a->ix, &txn, err) < 0)
		return -1;
	got = ms_index_message(&txn, message, &m, err);
	if (got == 1)
		got = ms_index_id(&txn, m.id, &first, err);
	ms_index_end(&txn);
	if (got < 0 || ms_walk_open(&w, a, &all, err) < 0)
		return -1;
	w->only = first;
	ms_put_be64(w->key, first);
	ms_put_be64(w->key + 8, 0);
	while ((got = ms_walk_next(w, &row, err)) == 1)
		ms_buf_add(rows, row, sizeof(*row));
	ms_walk_close(w);
	return got < 0 ? -1 : 0;
}
