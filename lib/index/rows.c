/* rows.c - rows of the index in the order of their keys.
 * ms-archive(5), Index. */
#include <string.h>

#include "impl.h"
#include "le.h"

#define OCCURRENCE_FIXED 12 /* bytes before the flags */

static bool
is_before(const MDB_val *a, const MDB_val *b)
{
	size_t n = a->mv_size < b->mv_size ? a->mv_size : b->mv_size;
	int c = memcmp(a->mv_data, b->mv_data, n);

	return c != 0 ? c < 0 : a->mv_size < b->mv_size;
}

/*
 * The first row whose key is not lower than the n bytes at key. Mostly this is
 * the row after the row of the cursor, which is looked at first: to
 * search the tree for every row of a walk costs several times as much.
 */
static int
at_or_after(struct ms_txn *txn, enum ms_table table, const void *key, size_t n,
    struct ms_slice *k, struct ms_slice *v, struct ms_err *err)
{
	MDB_val want = {n, (void *)key}, mk, mv = {0};
	MDB_cursor *c = txn->cursor[table];
	int got = 1;

	if (c == NULL || mdb_cursor_get(c, &mk, &mv, MDB_GET_CURRENT) != 0 ||
	    !is_before(&mk, &want) ||
	    mdb_cursor_get(c, &mk, &mv, MDB_NEXT) != 0 ||
	    is_before(&mk, &want)) {
		mk = want;
		got = ms_index_seek(txn, table, MDB_SET_RANGE, &mk, &mv, err);
	}
	*k = (struct ms_slice){mk.mv_data, mk.mv_size};
	*v = (struct ms_slice){mv.mv_data, mv.mv_size};
	return got;
}

/* ---- occurrences ---- */

int
ms_index_next_occurrence(
    struct ms_txn *txn, struct ms_occurrence_row *row, struct ms_err *err)
{
	unsigned char key[MS_OCCURRENCE_KEY];
	struct ms_slice k, v;
	size_t flags;
	int got;

	ms_occurrence_key(key, row->folder, row->date, row->number);
	got = at_or_after(
	    txn, MS_TABLE_OCCURRENCE, key, sizeof(key), &k, &v, err);
	if (got <= 0)
		return got;
	if (k.n != sizeof(key) || v.n < OCCURRENCE_FIXED)
		return ms_index_damaged(err, "occurrence");
	row->folder = ms_be64(k.p);
	row->date = (int64_t)(ms_be64(k.p + 8) ^ (uint64_t)1 << 63);
	row->number = ms_be64(k.p + 16);
	row->message = ms_le64(v.p);
	row->form = v.p[8];
	row->bits = v.p[9];
	flags = ms_le16(v.p + 10);
	if (row->form > 2 || flags > v.n - OCCURRENCE_FIXED)
		return ms_index_damaged(err, "occurrence");
	row->flags = (struct ms_slice){v.p + OCCURRENCE_FIXED, flags};
	row->place = (struct ms_slice){
	    v.p + OCCURRENCE_FIXED + flags, v.n - OCCURRENCE_FIXED - flags};
	return 1;
}

int
ms_index_occurrence(
    struct ms_txn *txn, struct ms_occurrence_row *row, struct ms_err *err)
{
	const struct ms_occurrence_row want = *row;
	int got = ms_index_next_occurrence(txn, row, err);

	return got == 1
		   ? row->number == want.number && row->date == want.date &&
			 row->folder == want.folder
		   : got;
}

void
ms_message_folder_row(unsigned char key[16], unsigned char value[16],
    const struct ms_message_folder *m)
{
	ms_put_be64(key, m->message);
	ms_put_be64(key + 8, m->folder);
	ms_put_le64(value, m->occurrence);
	ms_put_le64(value + 8, (uint64_t)m->date);
}

int
ms_index_next_message_folder(
    struct ms_txn *txn, struct ms_message_folder *row, struct ms_err *err)
{
	unsigned char key[16], value[16];
	struct ms_slice k, v;
	int got;

	ms_message_folder_row(key, value, row);
	got = at_or_after(
	    txn, MS_TABLE_MESSAGE_FOLDERS, key, sizeof(key), &k, &v, err);
	if (got <= 0)
		return got;
	if (k.n != sizeof(key) || v.n != 16)
		return ms_index_damaged(err, "held");
	row->message = ms_be64(k.p);
	row->folder = ms_be64(k.p + 8);
	row->occurrence = ms_le64(v.p);
	row->date = (int64_t)ms_le64(v.p + 8);
	return 1;
}

/* ---- messages ---- */

int
ms_index_next_message(struct ms_txn *txn, uint64_t *number,
    struct ms_message_row *row, struct ms_err *err)
{
	unsigned char key[8];
	struct ms_slice k, v;
	int got;

	ms_put_be64(key, *number);
	got = at_or_after(txn, MS_TABLE_MESSAGE, key, sizeof(key), &k, &v, err);
	if (got <= 0)
		return got;
	if (k.n != sizeof(key))
		return ms_index_damaged(err, "message");
	*number = ms_be64(k.p);
	return ms_message_row(row, v, err) < 0 ? -1 : 1;
}

/* A number of a table that has several numbers for a digest: the lowest one of
 * this digest that is not below *number. */
static int
next_number(struct ms_txn *txn, enum ms_table table,
    const unsigned char digest[MS_INDEX_DIGEST], uint64_t *number,
    struct ms_err *err)
{
	unsigned char want[8];
	MDB_val k = {MS_INDEX_DIGEST, (void *)digest}, v = {8, want};
	int got;

	ms_put_be64(want, *number);
	got = ms_index_seek(txn, table, MDB_GET_BOTH_RANGE, &k, &v, err);
	if (got == 1 && v.mv_size != sizeof(want))
		return ms_index_damaged(err, ms_tables[table].name);
	if (got == 1)
		*number = ms_be64(v.mv_data);
	return got;
}

int
ms_index_next_same_id(struct ms_txn *txn, const unsigned char id[MS_SHA_LEN],
    uint64_t *number, struct ms_err *err)
{
	return next_number(txn, MS_TABLE_ID, id, number, err);
}

int
ms_index_next_blob(struct ms_txn *txn, const unsigned char digest[MS_SHA_LEN],
    uint64_t *number, struct ms_err *err)
{
	return next_number(txn, MS_TABLE_BLOB, digest, number, err);
}

int
ms_index_next_id(struct ms_txn *txn, unsigned char id[MS_INDEX_DIGEST],
    uint64_t *number, struct ms_err *err)
{
	MDB_val k = {MS_INDEX_DIGEST, id}, v;
	int got = next_number(txn, MS_TABLE_ID, id, number, err);

	if (got != 0)
		return got;
	got = ms_index_seek(txn, MS_TABLE_ID, MDB_SET_RANGE, &k, &v, err);
	if (got == 1 && memcmp(k.mv_data, id, MS_INDEX_DIGEST) == 0)
		got = ms_index_seek(
		    txn, MS_TABLE_ID, MDB_NEXT_NODUP, &k, &v, err);
	if (got <= 0)
		return got;
	if (k.mv_size != MS_INDEX_DIGEST || v.mv_size != 8)
		return ms_index_damaged(err, "id");
	memcpy(id, k.mv_data, MS_INDEX_DIGEST);
	*number = ms_be64(v.mv_data);
	return 1;
}

/* ---- folders ---- */

int
ms_index_next_folder(
    struct ms_txn *txn, struct ms_folder_row *row, struct ms_err *err)
{
	unsigned char key[8];
	struct ms_slice k, v;
	int got;

	ms_put_be64(key, row->number);
	got = at_or_after(txn, MS_TABLE_FOLDER, key, sizeof(key), &k, &v, err);
	if (got <= 0)
		return got;
	if (k.n != sizeof(key) || v.n < 16)
		return ms_index_damaged(err, "folder");
	row->number = ms_be64(k.p);
	row->user = ms_le64(v.p);
	row->source = ms_le64(v.p + 8);
	row->name = (struct ms_slice){v.p + 16, v.n - 16};
	return 1;
}

int
ms_index_folder(struct ms_txn *txn, uint64_t number, struct ms_folder_row *row,
    struct ms_err *err)
{
	int got;

	row->number = number;
	got = ms_index_next_folder(txn, row, err);
	return got == 1 ? row->number == number : got;
}

int
ms_index_next_uid(struct ms_txn *txn, uint64_t folder, uint32_t uidvalidity,
    uint64_t *uid, uint64_t *occurrence, struct ms_err *err)
{
	unsigned char key[MS_UID_KEY];
	struct ms_slice k, v;
	int got;

	if (*uid > UINT32_MAX)
		return 0;
	ms_uid_key(key, folder, uidvalidity, (uint32_t)*uid);
	got = at_or_after(txn, MS_TABLE_PLACE, key, sizeof(key), &k, &v, err);
	if (got <= 0 || k.n != sizeof(key) ||
	    memcmp(k.p, key, sizeof(key) - 4) != 0)
		return got < 0 ? -1 : 0;
	if (v.n != 8)
		return ms_index_damaged(err, "place");
	*uid = ms_be32(k.p + sizeof(key) - 4);
	*occurrence = ms_le64(v.p);
	return 1;
}

/* ---- users, profiles, runs, settings ---- */

int
ms_index_next_record_row(struct ms_txn *txn, enum ms_row_kind kind,
    uint64_t *number, struct ms_slice *row, struct ms_err *err)
{
	unsigned char key[MS_RECORD_ROW_KEY];
	struct ms_slice k;
	int got;

	ms_record_row_key(key, (uint8_t)kind, *number);
	got = at_or_after(
	    txn, MS_TABLE_RECORD_ROWS, key, sizeof(key), &k, row, err);
	if (got <= 0)
		return got;
	if (k.n != sizeof(key))
		return ms_index_damaged(err, "object");
	*number = ms_be64(k.p + 1);
	return k.p[0] == kind;
}

/* Fills a row; 0 if it is of another class. */
static int
event_row(struct ms_event_row *row, uint8_t class, const MDB_val *key,
    const MDB_val *value, struct ms_err *err)
{
	const unsigned char *k = key->mv_data, *v = value->mv_data;

	if (key->mv_size != MS_RECORD_ROW_KEY || value->mv_size != MS_EVENT_ROW)
		return ms_index_damaged(err, "event");
	row->number = ms_be64(k + 1);
	row->kind = v[0];
	row->time = (int64_t)ms_le64(v + 1);
	row->target = ms_le64(v + 9);
	return k[0] == class;
}

int
ms_index_next_event(struct ms_txn *txn, uint8_t class, struct ms_event_row *row,
    struct ms_err *err)
{
	unsigned char key[MS_RECORD_ROW_KEY];
	MDB_val k = {sizeof(key), key}, v;
	int got;

	ms_record_row_key(key, class, row->number);
	got = ms_index_seek(txn, MS_TABLE_EVENT, MDB_SET_RANGE, &k, &v, err);
	return got == 1 ? event_row(row, class, &k, &v, err) : got;
}

int
ms_index_previous_event(struct ms_txn *txn, uint8_t class,
    struct ms_event_row *row, struct ms_err *err)
{
	unsigned char key[MS_RECORD_ROW_KEY];
	MDB_val k = {sizeof(key), key}, v;
	int got;

	ms_record_row_key(key, class, row->number);
	got = ms_index_seek(txn, MS_TABLE_EVENT, MDB_SET_RANGE, &k, &v, err);
	if (got == 0)
		got = ms_index_seek(txn, MS_TABLE_EVENT, MDB_LAST, &k, &v, err);
	else if (got == 1 && (k.mv_size != sizeof(key) ||
				 memcmp(k.mv_data, key, sizeof(key)) != 0))
		got = ms_index_seek(txn, MS_TABLE_EVENT, MDB_PREV, &k, &v, err);
	return got == 1 ? event_row(row, class, &k, &v, err) : got;
}

/* ---- blocks ---- */

int
ms_index_forget_blocks(struct ms_txn *txn, uint64_t first, struct ms_err *err)
{
	unsigned char key[8];
	struct ms_slice k, v;
	int got;

	ms_put_be64(key, first);
	while ((got = at_or_after(
		    txn, MS_TABLE_BLOCK, key, sizeof(key), &k, &v, err)) == 1) {
		if (k.n != sizeof(key))
			return ms_index_damaged(err, "block");
		memcpy(key, k.p, sizeof(key));
		if (ms_index_delete(
			txn, MS_TABLE_BLOCK, key, sizeof(key), err) < 0)
			return -1;
	}
	return got;
}
