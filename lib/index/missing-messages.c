/* missing-messages.c - a message that is not whole counts as not there, until
 * what it lacks comes again. ms-archive(5), Index. */
#include <stdlib.h>
#include <string.h>

#include "impl.h"
#include "le.h"

/* ---- rows of tables with several values a key ---- */

static int
put_pair(struct ms_txn *txn, enum ms_table table, MDB_val k, MDB_val v,
    struct ms_err *err)
{
	int rc = mdb_put(txn->t, txn->ix->dbi[table], &k, &v, 0);

	if (rc == MDB_MAP_FULL)
		txn->full = true;
	return rc == 0 ? 0 : ms_lmdb_fail(rc, err);
}

static int
delete_pair(struct ms_txn *txn, enum ms_table table, MDB_val k, MDB_val v,
    struct ms_err *err)
{
	int rc = mdb_del(txn->t, txn->ix->dbi[table], &k, &v);

	if (rc == MDB_MAP_FULL)
		txn->full = true;
	return rc == 0 ? 0 : ms_lmdb_fail(rc, err);
}

/* 1, 0, -1. */
static int
has_rows(struct ms_txn *txn, enum ms_table table, struct ms_err *err)
{
	MDB_stat st;
	int rc = mdb_stat(txn->t, txn->ix->dbi[table], &st);

	return rc != 0 ? ms_lmdb_fail(rc, err) : st.ms_entries > 0;
}

static int
has_blob(struct ms_txn *txn, const unsigned char digest[DIGEST_KEY],
    struct ms_err *err)
{
	struct ms_slice v;

	return ms_index_get(txn, MS_TABLE_BLOB, digest, DIGEST_KEY, &v, err);
}

/* ---- what a message lacks ---- */

int
ms_missing_blobs_of(
    struct ms_txn *txn, const unsigned char number[8], struct ms_err *err)
{
	struct ms_slice v;

	return ms_index_get(txn, MS_TABLE_MISSING_BLOBS, number, 8, &v, err);
}

/* Takes out the BLOBs that are there by now. */
static int
prune(struct ms_txn *txn, struct ms_err *err)
{
	struct ms_buf come = {0};
	MDB_cursor_op op = MDB_FIRST;
	struct ms_want w, *p;
	MDB_val k, v;
	size_t i, n;
	int got;

	while ((got = ms_index_seek(
		    txn, MS_TABLE_MISSING_BLOBS, op, &k, &v, err)) == 1) {
		op = MDB_NEXT;
		if (k.mv_size != 8 || v.mv_size != DIGEST_KEY) {
			got = ms_index_damaged(err, "lacks");
			break;
		}
		memcpy(w.number, k.mv_data, 8);
		memcpy(w.digest, v.mv_data, DIGEST_KEY);
		got = has_blob(txn, w.digest, err);
		if (got < 0)
			break;
		if (got == 1)
			ms_buf_add(&come, &w, sizeof(w));
	}
	p = (struct ms_want *)(void *)come.p;
	n = come.n / sizeof(*p);
	for (i = 0; i < n && got == 0; i++)
		got = delete_pair(txn, MS_TABLE_MISSING_BLOBS,
		    (MDB_val){8, p[i].number},
		    (MDB_val){DIGEST_KEY, p[i].digest}, err);
	ms_buf_release(&come);
	return got;
}

static int
by_digest(const void *a, const void *b)
{
	const struct ms_want *x = a, *y = b;

	return memcmp(x->digest, y->digest, DIGEST_KEY);
}

int
ms_missing_settle(
    struct ms_txn *txn, struct ms_buf *wants, bool blobs, struct ms_err *err)
{
	struct ms_want *w = (struct ms_want *)(void *)wants->p;
	size_t i, n = wants->n / sizeof(*w);
	int got = 0, there = 0;

	if (blobs)
		got = has_rows(txn, MS_TABLE_MISSING_BLOBS, err);
	if (got < 0 || (got == 1 && prune(txn, err) < 0))
		return -1;
	if (n > 0)
		qsort(w, n, sizeof(*w), by_digest);
	for (i = 0; i < n; i++) {
		if (i == 0 || by_digest(&w[i - 1], &w[i]) != 0)
			there = has_blob(txn, w[i].digest, err);
		if (there < 0 ||
		    (there == 0 &&
			put_pair(txn, MS_TABLE_MISSING_BLOBS,
			    (MDB_val){8, w[i].number},
			    (MDB_val){DIGEST_KEY, w[i].digest}, err) < 0))
			return -1;
	}
	return 0;
}

/* ---- a message in the place of one that is lost ---- */

/* A row of `held`: message, folder; occurrence, date. */
struct held {
	unsigned char key[16], value[16];
};

/* One occurrence becomes one of message `to`. */
static int
move_one(struct ms_txn *txn, const struct held *h, const unsigned char to[8],
    struct ms_err *err)
{
	unsigned char key[MS_OCCURRENCE_KEY], now[16];
	struct ms_buf row = {0};
	struct ms_slice v;
	int got, rc = -1;

	ms_occurrence_key(key, ms_be64(h->key + 8),
	    (int64_t)ms_le64(h->value + 8), ms_le64(h->value));
	got = ms_index_get(txn, MS_TABLE_OCCURRENCE, key, sizeof(key), &v, err);
	if (got < 0)
		return -1;
	if (got == 0 || v.n < 8)
		return ms_index_damaged(err, "occurrence");
	ms_buf_add(&row, v.p, v.n);
	ms_put_le64(row.p, ms_be64(to));
	memcpy(now, to, 8);
	memcpy(now + 8, h->key + 8, 8);
	if (ms_index_put(txn, MS_TABLE_OCCURRENCE, key, sizeof(key), row.p,
		row.n, err) == 0 &&
	    ms_index_delete(txn, MS_TABLE_MESSAGE_FOLDERS, h->key,
		sizeof(h->key), err) == 0 &&
	    ms_index_put(txn, MS_TABLE_MESSAGE_FOLDERS, now, sizeof(now),
		h->value, sizeof(h->value), err) == 0)
		rc = 0;
	ms_buf_release(&row);
	return rc;
}

static int
move_all(struct ms_txn *txn, const unsigned char from[8],
    const unsigned char to[8], struct ms_err *err)
{
	unsigned char key[16] = {0};
	MDB_val k = {sizeof(key), key}, v;
	struct ms_buf rows = {0};
	const struct held *h;
	size_t i, n;
	int got;

	memcpy(key, from, 8);
	got = ms_index_seek(
	    txn, MS_TABLE_MESSAGE_FOLDERS, MDB_SET_RANGE, &k, &v, err);
	while (got == 1 && k.mv_size == 16 && v.mv_size == 16 &&
	       memcmp(k.mv_data, from, 8) == 0) {
		ms_buf_add(&rows, k.mv_data, k.mv_size);
		ms_buf_add(&rows, v.mv_data, v.mv_size);
		got = ms_index_seek(
		    txn, MS_TABLE_MESSAGE_FOLDERS, MDB_NEXT, &k, &v, err);
	}
	h = (const struct held *)(void *)rows.p;
	n = rows.n / sizeof(*h);
	for (i = 0; i < n && got >= 0; i++)
		got = move_one(txn, &h[i], to, err);
	ms_buf_release(&rows);
	return got < 0 ? -1 : 0;
}

/* The records of this id that lack something: their numbers, big-endian. */
static int
find_lacking(struct ms_txn *txn, const unsigned char id[MS_SHA_LEN],
    struct ms_buf *numbers, struct ms_err *err)
{
	MDB_val k = {DIGEST_KEY, (void *)id}, v;
	struct ms_slice row;
	int got, missing_blobs;

	got = ms_index_seek(txn, MS_TABLE_ID, MDB_SET_KEY, &k, &v, err);
	while (got == 1) {
		if (v.mv_size != 8)
			return ms_index_damaged(err, "id");
		missing_blobs = ms_missing_blobs_of(txn, v.mv_data, err);
		if (missing_blobs == 1)
			missing_blobs = ms_index_get(
			    txn, MS_TABLE_MESSAGE, v.mv_data, 8, &row, err);
		if (missing_blobs < 0)
			return -1;
		if (missing_blobs == 1 && row.n >= MS_SHA_LEN &&
		    memcmp(row.p, id, MS_SHA_LEN) == 0)
			ms_buf_add(numbers, v.mv_data, 8);
		got =
		    ms_index_seek(txn, MS_TABLE_ID, MDB_NEXT_DUP, &k, &v, err);
	}
	return got;
}

/* Those that are gone; they are no longer missed. */
static int
take_gone(struct ms_txn *txn, const unsigned char id[MS_SHA_LEN],
    struct ms_buf *numbers, struct ms_err *err)
{
	MDB_val k = {DIGEST_KEY, (void *)id}, v;
	unsigned char row[MS_MISSING_ROW];
	size_t i, start = numbers->n;
	int got;

	got = ms_index_seek(
	    txn, MS_TABLE_MISSING_MESSAGES, MDB_SET_KEY, &k, &v, err);
	while (got == 1) {
		if (v.mv_size != sizeof(row))
			return ms_index_damaged(err, "lost");
		ms_missing_row(row, id, ms_be64(v.mv_data));
		if (memcmp(v.mv_data, row, sizeof(row)) == 0)
			ms_buf_add(numbers, row, 8);
		got = ms_index_seek(
		    txn, MS_TABLE_MISSING_MESSAGES, MDB_NEXT_DUP, &k, &v, err);
	}
	for (i = start; i < numbers->n && got == 0; i += 8) {
		ms_missing_row(row, id, ms_be64(numbers->p + i));
		got = delete_pair(txn, MS_TABLE_MISSING_MESSAGES,
		    (MDB_val){DIGEST_KEY, (void *)id},
		    (MDB_val){sizeof(row), row}, err);
	}
	return got;
}

void
ms_missing_row(unsigned char row[MS_MISSING_ROW],
    const unsigned char id[MS_SHA_LEN], uint64_t number)
{
	ms_put_be64(row, number);
	memcpy(row + 8, id + DIGEST_KEY, MS_SHA_LEN - DIGEST_KEY);
}

int
ms_missing_replace(struct ms_txn *txn, const unsigned char number[8],
    const unsigned char id[MS_SHA_LEN], struct ms_err *err)
{
	int gone = has_rows(txn, MS_TABLE_MISSING_MESSAGES, err);
	int lacking = has_rows(txn, MS_TABLE_MISSING_BLOBS, err);
	struct ms_buf numbers = {0};
	size_t i;
	int got;

	if (gone < 0 || lacking < 0)
		return -1;
	if (gone == 0 && lacking == 0)
		return 0;
	got = ms_missing_blobs_of(txn, number, err);
	if (got != 0)
		return got < 0 ? -1 : 0;
	if (gone == 1)
		got = take_gone(txn, id, &numbers, err);
	if (lacking == 1 && got == 0)
		got = find_lacking(txn, id, &numbers, err);
	for (i = 0; i < numbers.n && got == 0; i += 8)
		got = move_all(txn, numbers.p + i, number, err);
	ms_buf_release(&numbers);
	return got;
}

/* ---- who asks ---- */

/* Adds the occurrence of a message in a folder. */
static int
add_message_folder(struct ms_txn *txn, const unsigned char number[8],
    uint64_t folder, struct ms_buf *out, struct ms_err *err)
{
	uint64_t occurrence;
	int got;

	got = ms_index_message_folders(
	    txn, ms_be64(number), folder, &occurrence, err);
	if (got == 1)
		ms_buf_add(out, &occurrence, sizeof(occurrence));
	return got < 0 ? -1 : 0;
}

static int
by_number(const void *a, const void *b)
{
	uint64_t x, y;

	memcpy(&x, a, sizeof(x));
	memcpy(&y, b, sizeof(y));
	return (x > y) - (x < y);
}

int
ms_index_missing_message(struct ms_txn *txn, uint64_t folder,
    struct ms_buf *occurrences, struct ms_err *err)
{
	MDB_cursor_op op = MDB_FIRST;
	MDB_val k, v;
	int got;

	ms_buf_clear(occurrences);
	while ((got = ms_index_seek(
		    txn, MS_TABLE_MISSING_BLOBS, op, &k, &v, err)) == 1) {
		op = MDB_NEXT_NODUP;
		if (k.mv_size != 8)
			return ms_index_damaged(err, "lacks");
		if (add_message_folder(
			txn, k.mv_data, folder, occurrences, err) < 0)
			return -1;
	}
	op = MDB_FIRST;
	while (got == 0 && (got = ms_index_seek(txn, MS_TABLE_MISSING_MESSAGES,
				op, &k, &v, err)) == 1) {
		op = MDB_NEXT;
		if (v.mv_size != MS_MISSING_ROW)
			return ms_index_damaged(err, "lost");
		got = add_message_folder(
		    txn, v.mv_data, folder, occurrences, err);
	}
	if (got == 0 && occurrences->n > 0)
		qsort(occurrences->p, occurrences->n / sizeof(uint64_t),
		    sizeof(uint64_t), by_number);
	return got;
}

bool
ms_index_is_missing(const struct ms_buf *occurrences, uint64_t occurrence)
{
	return occurrences->n > 0 && bsearch(&occurrence, occurrences->p,
					 occurrences->n / sizeof(uint64_t),
					 sizeof(uint64_t), by_number) != NULL;
}

int
ms_index_whole(struct ms_txn *txn, uint64_t number, struct ms_err *err)
{
	unsigned char key[8];
	int missing_blobs;

	ms_put_be64(key, number);
	missing_blobs = ms_missing_blobs_of(txn, key, err);
	return missing_blobs < 0 ? -1 : !missing_blobs;
}

int
ms_index_count_missing(struct ms_txn *txn, uint64_t *count, struct ms_err *err)
{
	MDB_cursor_op op = MDB_FIRST;
	MDB_stat st;
	MDB_val k, v;
	int got, rc;

	*count = 0;
	for (; (got = ms_index_seek(
		    txn, MS_TABLE_MISSING_BLOBS, op, &k, &v, err)) == 1;
	     op = MDB_NEXT_NODUP)
		(*count)++;
	if (got < 0)
		return -1;
	rc = mdb_stat(txn->t, txn->ix->dbi[MS_TABLE_MISSING_MESSAGES], &st);
	if (rc != 0)
		return ms_lmdb_fail(rc, err);
	*count += st.ms_entries;
	return 0;
}
