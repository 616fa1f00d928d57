/* rows.c - rows of the index in the order of their keys.
 * ms-archive(5), Index. */
#include <string.h>

#include "impl.h"
#include "le.h"

/*
 * The first row whose key is not lower than the n bytes at key, in a table
 * whose keys all have n bytes.
 */
static int
at_or_after(struct ms_txn *txn, enum ms_table table, const void *key, size_t n,
    struct ms_slice *k, struct ms_slice *v, struct ms_err *err)
{
	MDB_val mk = {n, (void *)key}, mv = {0};
	int got = ms_index_at_or_after(txn, table, &mk, &mv, err);

	*k = (struct ms_slice){mk.mv_data, mk.mv_size};
	*v = (struct ms_slice){mv.mv_data, mv.mv_size};
	if (got == 1 && mk.mv_size != n)
		return ms_index_damaged(err, ms_tables[table].name);
	return got;
}

/* ---- occurrences ---- */

int
ms_occurrence_value(
    struct ms_occurrence_row *row, struct ms_slice v, struct ms_err *err)
{
	size_t flags;

	if (v.n < MS_OCCURRENCE_FIXED)
		return ms_index_damaged(err, "occurrence");
	row->message = ms_le64(v.p);
	row->form = v.p[8];
	row->bits = v.p[9];
	flags = ms_le16(v.p + 10);
	row->raw.date = (int64_t)ms_le64(v.p + 12);
	row->raw.kind = v.p[20];
	v.p += MS_OCCURRENCE_FIXED;
	v.n -= MS_OCCURRENCE_FIXED;
	if (row->form > 2 || flags > v.n || row->raw.kind >= MS_RAW_KINDS)
		return ms_index_damaged(err, "occurrence");
	row->flags = (struct ms_slice){v.p, flags};
	row->place = (struct ms_slice){v.p + flags, v.n - flags};
	return 0;
}

int
ms_index_next_occurrence(
    struct ms_txn *txn, struct ms_occurrence_row *row, struct ms_err *err)
{
	unsigned char key[MS_OCCURRENCE_KEY];
	struct ms_slice k, v;
	int got;

	ms_occurrence_key(key, row->folder, row->date, row->number);
	got = at_or_after(
	    txn, MS_TABLE_OCCURRENCE, key, sizeof(key), &k, &v, err);
	if (got <= 0)
		return got;
	row->folder = ms_be64(k.p);
	row->date = (int64_t)(ms_be64(k.p + 8) ^ (uint64_t)1 << 63);
	row->number = ms_be64(k.p + 16);
	return ms_occurrence_value(row, v, err) < 0 ? -1 : 1;
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
	if (v.n != 16)
		return ms_index_damaged(err, "held");
	row->message = ms_be64(k.p);
	row->folder = ms_be64(k.p + 8);
	row->occurrence = ms_le64(v.p);
	row->date = (int64_t)ms_le64(v.p + 8);
	return 1;
}

int
ms_index_next_receipt(
    struct ms_txn *txn, struct ms_receipt_row *row, struct ms_err *err)
{
	const size_t rest = MS_SHA_LEN - DIGEST_KEY;
	unsigned char key[MS_RECEIPT_KEY];
	struct ms_slice k, v = {0};
	int got;

	ms_receipt_key(key, row->folder, row->id, row->number);
	got = at_or_after(txn, MS_TABLE_RECEIPT, key, sizeof(key), &k, &v, err);
	if (got <= 0)
		return got;
	if (v.n < MS_RECEIPT_FIXED)
		return ms_index_damaged(err, "receipt");
	row->folder = ms_be64(k.p);
	memcpy(row->id, k.p + 8, DIGEST_KEY);
	row->number = ms_be64(k.p + 8 + DIGEST_KEY);
	memcpy(row->id + DIGEST_KEY, v.p, rest);
	memcpy(row->head, v.p + rest, MS_SHA_LEN);
	row->size = ms_le64(v.p + rest + MS_SHA_LEN);
	row->who = ms_le64(v.p + rest + MS_SHA_LEN + 8);
	row->bits = v.p[MS_RECEIPT_FIXED - 1];
	row->place =
	    (struct ms_slice){v.p + MS_RECEIPT_FIXED, v.n - MS_RECEIPT_FIXED};
	return 1;
}

int
ms_index_next_place(
    struct ms_txn *txn, struct ms_place_row *row, struct ms_err *err)
{
	unsigned char key[16];
	const unsigned char *nul = NULL;
	struct ms_slice k, v = {0};
	int got;

	ms_put_be64(key, row->occurrence);
	ms_put_be64(key + 8, row->number);
	got = at_or_after(
	    txn, MS_TABLE_FURTHER_PLACES, key, sizeof(key), &k, &v, err);
	if (got <= 0)
		return got;
	if (v.n > 0)
		nul = memchr(v.p, '\0', v.n);
	if (nul == NULL)
		return ms_index_damaged(err, "also");
	row->place = (struct ms_slice){v.p, (size_t)(nul - v.p)};
	row->flags = (struct ms_slice){nul + 1, v.n - (size_t)(nul + 1 - v.p)};
	row->occurrence = ms_be64(k.p);
	row->number = ms_be64(k.p + 8);
	return 1;
}

int
ms_index_next_move(
    struct ms_txn *txn, uint64_t *occurrence, uint64_t *to, struct ms_err *err)
{
	unsigned char key[8];
	struct ms_slice k, v;
	int got;

	ms_put_be64(key, *occurrence);
	got = at_or_after(txn, MS_TABLE_MOVED, key, sizeof(key), &k, &v, err);
	if (got <= 0)
		return got;
	if (v.n != MS_MOVED_ROW)
		return ms_index_damaged(err, "moved");
	*occurrence = ms_be64(k.p);
	*to = ms_le64(v.p);
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
	*number = ms_be64(k.p);
	return ms_message_row(row, v, err) < 0 ? -1 : 1;
}

int
ms_index_next_commit(
    struct ms_txn *txn, struct ms_commit_row *row, struct ms_err *err)
{
	unsigned char key[8];
	struct ms_slice k, v;
	int got;

	ms_put_be64(key, row->number);
	got = at_or_after(txn, MS_TABLE_COMMIT, key, sizeof(key), &k, &v, err);
	if (got <= 0)
		return got;
	if (v.n != 16)
		return ms_index_damaged(err, "commit");
	row->number = ms_be64(k.p);
	row->first = ms_le64(v.p);
	row->time = (int64_t)ms_le64(v.p + 8);
	return 1;
}

/* A number of a table that has several numbers for a key: the lowest one of
 * this key that is not below *number. */
static int
next_number(struct ms_txn *txn, enum ms_table table, const void *key,
    size_t key_n, uint64_t *number, struct ms_err *err)
{
	unsigned char want[8];
	MDB_val k = {key_n, (void *)key}, v = {8, want};
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
	return next_number(txn, MS_TABLE_ID, id, MS_INDEX_DIGEST, number, err);
}

int
ms_index_next_blob(struct ms_txn *txn, const unsigned char digest[MS_SHA_LEN],
    uint64_t *number, struct ms_err *err)
{
	return next_number(
	    txn, MS_TABLE_BLOB, digest, MS_INDEX_DIGEST, number, err);
}

int
ms_index_next_in_thread(
    struct ms_txn *txn, uint64_t key, uint64_t *number, struct ms_err *err)
{
	unsigned char k[8];

	ms_put_be64(k, key);
	return next_number(txn, MS_TABLE_THREAD, k, sizeof(k), number, err);
}

int
ms_index_next_id(struct ms_txn *txn, unsigned char id[MS_INDEX_DIGEST],
    uint64_t *number, struct ms_err *err)
{
	MDB_val k = {MS_INDEX_DIGEST, id}, v;
	int got =
	    next_number(txn, MS_TABLE_ID, id, MS_INDEX_DIGEST, number, err);

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

/* ---- names, folders, labels ---- */

int
ms_index_next_name(struct ms_txn *txn, enum ms_name_kind kind, uint64_t *number,
    struct ms_slice *name, struct ms_err *err)
{
	enum ms_table table =
	    kind == MS_NAME_USER ? MS_TABLE_USER : MS_TABLE_SOURCE;
	unsigned char key[8];
	struct ms_slice k;
	int got;

	ms_put_be64(key, *number);
	got = at_or_after(txn, table, key, sizeof(key), &k, name, err);
	if (got <= 0)
		return got;
	*number = ms_be64(k.p);
	return 1;
}

int
ms_index_next_label(
    struct ms_txn *txn, struct ms_label_row *row, struct ms_err *err)
{
	unsigned char key[16];
	struct ms_slice k, v;
	int got;

	ms_put_be64(key, row->user);
	ms_put_be64(key + 8, row->source);
	got = at_or_after(txn, MS_TABLE_LABEL, key, sizeof(key), &k, &v, err);
	if (got <= 0)
		return got;
	if (v.n < txn->ix->label_fixed)
		return ms_index_damaged(err, "label");
	row->user = ms_be64(k.p);
	row->source = ms_be64(k.p + 8);
	row->number = txn->ix->label_fixed > 0 ? ms_le64(v.p) : 0;
	row->label = (struct ms_slice){
	    v.p + txn->ix->label_fixed, v.n - txn->ix->label_fixed};
	return 1;
}

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
	if (v.n < 16)
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
	MDB_val k = {sizeof(key), key}, v; /* the keys of UIDLs are longer */
	int got;

	if (*uid > UINT32_MAX)
		return 0;
	ms_uid_key(key, folder, uidvalidity, (uint32_t)*uid);
	got = ms_index_at_or_after(txn, MS_TABLE_PLACE, &k, &v, err);
	if (got <= 0 || k.mv_size != sizeof(key) ||
	    memcmp(k.mv_data, key, sizeof(key) - 4) != 0)
		return got < 0 ? -1 : 0;
	if (v.mv_size != 8)
		return ms_index_damaged(err, "place");
	*uid = ms_be32((unsigned char *)k.mv_data + sizeof(key) - 4);
	*occurrence = ms_le64(v.mv_data);
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
	got = ms_index_at_or_before(txn, MS_TABLE_EVENT, &k, &v, err);
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
		memcpy(key, k.p, sizeof(key));
		if (ms_index_delete(
			txn, MS_TABLE_BLOCK, key, sizeof(key), err) < 0)
			return -1;
	}
	return got;
}

int
ms_index_label(struct ms_txn *txn, uint64_t user, uint64_t source,
    struct ms_label_row *row, struct ms_err *err)
{
	int got;

	*row = (struct ms_label_row){.user = user, .source = source};
	got = ms_index_next_label(txn, row, err);
	return got == 1 ? row->user == user && row->source == source : got;
}
