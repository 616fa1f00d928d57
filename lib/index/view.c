/* view.c - the rows of what a person removed, moved or renamed.
 * ms-archive(5), View. */
#include <string.h>

#include "impl.h"
#include "le.h"

#define CHANGE_ROW 33

static const char *const kinds[] = {
    [MS_VIEW_OTHER] = "?",
    [MS_VIEW_REMOVE] = "remove",
    [MS_VIEW_MOVE] = "move",
    [MS_VIEW_RENAME] = "rename",
    [MS_VIEW_RESTORE] = "restore",
};
#define KINDS (sizeof(kinds) / sizeof(kinds[0]))

const char *
ms_view_kind_name(enum ms_view_kind kind)
{
	return kinds[kind < KINDS ? kind : MS_VIEW_OTHER];
}

void
ms_pair_key(unsigned char key[MS_PAIR], uint64_t a, uint64_t b)
{
	ms_put_be64(key, a);
	ms_put_be64(key + 8, b);
}

/* ---- changes ---- */

bool
ms_change_counts(const struct ms_change_row *row)
{
	return row->undone == 0 && row->parts > 0 && row->seen >= row->parts;
}

static int
parse_change(struct ms_change_row *row, const MDB_val *k, const MDB_val *v,
    struct ms_err *err)
{
	const unsigned char *p = v->mv_data;

	if (k->mv_size != 8 || v->mv_size != CHANGE_ROW)
		return ms_index_damaged(err, "change");
	*row = (struct ms_change_row){.number = ms_be64(k->mv_data),
	    .kind = p[0],
	    .parts = ms_le32(p + 1),
	    .seen = ms_le32(p + 5),
	    .time = (int64_t)ms_le64(p + 9),
	    .undone = ms_le64(p + 17),
	    .count = ms_le64(p + 25)};
	return 1;
}

int
ms_index_next_change(
    struct ms_txn *txn, struct ms_change_row *row, struct ms_err *err)
{
	unsigned char key[8];
	MDB_val k = {sizeof(key), key}, v = {0};
	int got;

	ms_put_be64(key, row->number);
	got = ms_index_at_or_after(txn, MS_TABLE_CHANGE, &k, &v, err);
	return got == 1 ? parse_change(row, &k, &v, err) : got;
}

int
ms_index_previous_change(
    struct ms_txn *txn, struct ms_change_row *row, struct ms_err *err)
{
	unsigned char key[8];
	MDB_val k = {sizeof(key), key}, v = {0};
	int got;

	ms_put_be64(key, row->number);
	got = ms_index_at_or_before(txn, MS_TABLE_CHANGE, &k, &v, err);
	return got == 1 ? parse_change(row, &k, &v, err) : got;
}

int
ms_index_change(
    struct ms_txn *txn, struct ms_change_row *row, struct ms_err *err)
{
	uint64_t number = row->number;
	int got = ms_index_next_change(txn, row, err);

	return got == 1 ? row->number == number : got;
}

int
ms_index_put_change(
    struct ms_txn *txn, const struct ms_change_row *row, struct ms_err *err)
{
	unsigned char key[8], v[CHANGE_ROW] = {row->kind};

	ms_put_be64(key, row->number);
	ms_put_le32(v + 1, row->parts);
	ms_put_le32(v + 5, row->seen);
	ms_put_le64(v + 9, (uint64_t)row->time);
	ms_put_le64(v + 17, row->undone);
	ms_put_le64(v + 25, row->count);
	return ms_index_put(
	    txn, MS_TABLE_CHANGE, key, sizeof(key), v, sizeof(v), err);
}

/* ---- events of changes ---- */

/* The first row of a table at or after the key of two numbers. 1, 0, -1. */
static int
next_pair(struct ms_txn *txn, enum ms_table table, uint64_t *a, uint64_t *b,
    MDB_val *v, struct ms_err *err)
{
	unsigned char key[MS_PAIR];
	MDB_val k = {MS_PAIR, key};
	int got;

	ms_pair_key(key, *a, *b);
	got = ms_index_at_or_after(txn, table, &k, v, err);
	if (got == 1 && k.mv_size != MS_PAIR)
		return ms_index_damaged(err, ms_tables[table].name);
	if (got == 1) {
		*a = ms_be64(k.mv_data);
		*b = ms_be64((unsigned char *)k.mv_data + 8);
	}
	return got;
}

int
ms_index_next_change_event(
    struct ms_txn *txn, struct ms_change_event_row *row, struct ms_err *err)
{
	MDB_val v = {0};
	int got = 0;

	if (!txn->ix->no_changes)
		got = next_pair(txn, MS_TABLE_CHANGE_EVENT, &row->change,
		    &row->number, &v, err);
	if (got == 1)
		row->json = (struct ms_slice){v.mv_data, v.mv_size};
	return got;
}

int
ms_index_change_event(
    struct ms_txn *txn, struct ms_change_event_row *row, struct ms_err *err)
{
	uint64_t change = row->change, number = row->number;
	int got = ms_index_next_change_event(txn, row, err);

	return got == 1 ? row->change == change && row->number == number : got;
}

/* ---- the view of an object ---- */

/*
 * The last row of an object in a table whose key is the object and a change:
 * of a change before `before` that counts. 1, 0, -1.
 */
static int
last_row(struct ms_txn *txn, enum ms_table table, uint64_t object,
    uint64_t before, uint64_t *change, struct ms_slice *value,
    struct ms_err *err)
{
	struct ms_change_row row = {0};
	unsigned char key[MS_PAIR];
	MDB_val k, v = {0};
	int got;

	while (before > 0) {
		ms_pair_key(key, object, before - 1);
		k = (MDB_val){MS_PAIR, key};
		got = ms_index_at_or_before(txn, table, &k, &v, err);
		if (got == 1 && k.mv_size != MS_PAIR)
			return ms_index_damaged(err, ms_tables[table].name);
		if (got <= 0 || ms_be64(k.mv_data) != object)
			return got < 0 ? -1 : 0;
		before = ms_be64((unsigned char *)k.mv_data + 8);
		*value = (struct ms_slice){v.mv_data, v.mv_size};
		row.number = before;
		got = ms_index_change(txn, &row, err);
		if (got < 0)
			return -1;
		*change = before;
		if (got == 1 && ms_change_counts(&row))
			return 1;
	}
	return 0;
}

int
ms_index_view_before(struct ms_txn *txn, uint64_t occurrence, uint64_t before,
    struct ms_view_row *row, struct ms_err *err)
{
	struct ms_slice v;
	int got = last_row(
	    txn, MS_TABLE_VIEW, occurrence, before, &row->change, &v, err);

	if (got == 1 && v.n != 8)
		return ms_index_damaged(err, "view");
	if (got == 1)
		row->folder = ms_le64(v.p);
	return got;
}

int
ms_index_view(struct ms_txn *txn, uint64_t occurrence, struct ms_view_row *row,
    struct ms_err *err)
{
	/* Without the row of the last change, an earlier one would count. */
	if (ms_totals_check_table(txn, MS_TABLE_VIEW, err) < 0)
		return -1;
	return ms_index_view_before(txn, occurrence, UINT64_MAX, row, err);
}

int
ms_index_last_change(struct ms_txn *txn, uint64_t occurrence, uint64_t *change,
    struct ms_err *err)
{
	unsigned char key[MS_PAIR];
	MDB_val k = {MS_PAIR, key}, v = {0};
	int got;

	ms_pair_key(key, occurrence, UINT64_MAX);
	got = ms_index_at_or_before(txn, MS_TABLE_VIEW, &k, &v, err);
	if (got == 1 && k.mv_size != MS_PAIR)
		return ms_index_damaged(err, "view");
	if (got != 1 || ms_be64(k.mv_data) != occurrence)
		return got < 0 ? -1 : 0;
	*change = ms_be64((unsigned char *)k.mv_data + 8);
	return 1;
}

int
ms_index_shown(struct ms_txn *txn, uint64_t folder, struct ms_slice *name,
    struct ms_err *err)
{
	uint64_t change;

	return last_row(
	    txn, MS_TABLE_SHOWN, folder, UINT64_MAX, &change, name, err);
}

int
ms_index_shown_name(struct ms_txn *txn, const struct ms_folder_row *row,
    struct ms_slice *name, struct ms_err *err)
{
	int got = ms_index_shown(txn, row->number, name, err);

	if (got == 0)
		*name = row->name;
	return got < 0 ? -1 : 0;
}

int
ms_index_find_shown(struct ms_txn *txn, uint64_t user, uint64_t source,
    const char *name, uint64_t *number, struct ms_err *err)
{
	const struct ms_slice want = ms_slice_str(name);
	struct ms_folder_row row = {0};
	struct ms_slice shown = {0};
	int got;

	for (; (got = ms_index_next_folder(txn, &row, err)) == 1;
	     row.number++) {
		if (row.user != user || row.source != source)
			continue;
		if (ms_index_shown_name(txn, &row, &shown, err) < 0)
			return -1;
		*number = row.number;
		if (ms_slice_eq(shown, want))
			return 1;
	}
	return got;
}

int
ms_index_next_target(
    struct ms_txn *txn, uint64_t *shown, uint64_t *own, struct ms_err *err)
{
	MDB_val v = {0};

	return next_pair(txn, MS_TABLE_TARGET, shown, own, &v, err);
}

int
ms_index_next_view(struct ms_txn *txn, uint64_t *occurrence,
    struct ms_view_row *row, struct ms_err *err)
{
	MDB_val v = {0};
	int got =
	    next_pair(txn, MS_TABLE_VIEW, occurrence, &row->change, &v, err);

	if (got == 1 && v.mv_size != 8)
		return ms_index_damaged(err, "view");
	if (got == 1)
		row->folder = ms_le64(v.mv_data);
	return got;
}

int
ms_index_next_shown(
    struct ms_txn *txn, uint64_t *folder, uint64_t *change, struct ms_err *err)
{
	MDB_val v = {0};

	return next_pair(txn, MS_TABLE_SHOWN, folder, change, &v, err);
}
