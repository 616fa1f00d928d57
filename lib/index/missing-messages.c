/* missing-messages.c - messages that are missing or not whole. They count as
 * not stored until the missing records come again. ms-archive(5), Index. */
#include <stdlib.h>
#include <string.h>

#include "impl.h"
#include "le.h"
#include "numbers.h"

/* Has a table any rows? 1, 0, -1. */
static int
has_rows(struct ms_txn *txn, enum ms_table table, struct ms_err *err)
{
	uint64_t count;

	return ms_index_entries(txn, table, &count, err) < 0 ? -1 : count > 0;
}

static int
has_blob(struct ms_txn *txn, const unsigned char digest[DIGEST_KEY],
    struct ms_err *err)
{
	struct ms_slice v;

	return ms_index_get(txn, MS_TABLE_BLOB, digest, DIGEST_KEY, &v, err);
}

/* ---- missing BLOBs ---- */

/* Deletes the rows of BLOBs that are no longer missing. */
static int
prune(struct ms_txn *txn, struct ms_err *err)
{
	struct ms_buf found = {0};
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
			ms_buf_add(&found, &w, sizeof(w));
	}
	p = (struct ms_want *)(void *)found.p;
	n = found.n / sizeof(*p);
	for (i = 0; i < n && got == 0; i++)
		got = ms_index_delete_value(txn, MS_TABLE_MISSING_BLOBS,
		    p[i].number, 8, p[i].digest, DIGEST_KEY, err);
	ms_buf_release(&found);
	return got;
}

static int
by_digest(const void *a, const void *b)
{
	const struct ms_want *x = a, *y = b;

	return memcmp(x->digest, y->digest, DIGEST_KEY);
}

int
ms_missing_update(
    struct ms_txn *txn, struct ms_buf *wants, bool blobs, struct ms_err *err)
{
	struct ms_want *w = (struct ms_want *)(void *)wants->p;
	size_t i, n = wants->n / sizeof(*w);
	int got = 0, found = 0;

	if (blobs)
		got = has_rows(txn, MS_TABLE_MISSING_BLOBS, err);
	if (got < 0 || (got == 1 && prune(txn, err) < 0))
		return -1;
	if (n > 0)
		qsort(w, n, sizeof(*w), by_digest);
	for (i = 0; i < n; i++) {
		if (i == 0 || by_digest(&w[i - 1], &w[i]) != 0)
			found = has_blob(txn, w[i].digest, err);
		if (found < 0 ||
		    (found == 0 &&
			ms_index_put(txn, MS_TABLE_MISSING_BLOBS, w[i].number,
			    8, w[i].digest, DIGEST_KEY, err) < 0))
			return -1;
	}
	return 0;
}

/* ---- a message that replaces others of its id ---- */

/* Puts a row of `occurrence` under the date that it has as one of MESSAGE `to`,
 * and sets m->date. */
static int
put_occurrence(struct ms_txn *txn, struct ms_message_folder *m, uint64_t to,
    struct ms_slice row, struct ms_err *err)
{
	unsigned char key[MS_OCCURRENCE_KEY];
	struct ms_occurrence_row o;
	struct ms_dates dates;

	ms_occurrence_key(key, m->folder, m->date, m->occurrence);
	if (ms_occurrence_value(&o, row, err) < 0 ||
	    ms_index_dates(txn, to, o.raw, &dates, err) < 0 ||
	    ms_index_delete(txn, MS_TABLE_OCCURRENCE, key, sizeof(key), err) <
		0)
		return -1;
	m->date = dates.sent;
	ms_occurrence_key(key, m->folder, m->date, m->occurrence);
	return ms_index_put(
	    txn, MS_TABLE_OCCURRENCE, key, sizeof(key), row.p, row.n, err);
}

/* Gives one occurrence to message `to`. */
static int
move_one(struct ms_txn *txn, const struct ms_message_folder *m,
    const unsigned char to[8], struct ms_err *err)
{
	unsigned char key[MS_OCCURRENCE_KEY], old[16], new[16], value[16];
	struct ms_message_folder moved = *m;
	struct ms_buf row = {0};
	struct ms_slice v;
	int got, rc = -1;

	ms_occurrence_key(key, m->folder, m->date, m->occurrence);
	got = ms_index_get(txn, MS_TABLE_OCCURRENCE, key, sizeof(key), &v, err);
	if (got < 0)
		return -1;
	if (got == 0 || v.n < 8)
		return ms_index_damaged(err, "occurrence");
	ms_buf_add(&row, v.p, v.n);
	ms_put_le64(row.p, ms_be64(to));
	moved.message = ms_be64(to);
	ms_message_folder_row(old, value, m);
	if (put_occurrence(
		txn, &moved, moved.message, ms_buf_slice(&row), err) == 0 &&
	    ms_index_delete(
		txn, MS_TABLE_MESSAGE_FOLDERS, old, sizeof(old), err) == 0) {
		ms_message_folder_row(new, value, &moved);
		rc = ms_index_put(txn, MS_TABLE_MESSAGE_FOLDERS, new,
		    sizeof(new), value, sizeof(value), err);
	}
	ms_buf_release(&row);
	return rc;
}

static int
move_all(struct ms_txn *txn, uint64_t from, const unsigned char to[8],
    struct ms_err *err)
{
	struct ms_message_folder m = {.message = from};
	int got;

	while ((got = ms_index_next_message_folder(txn, &m, err)) == 1 &&
	       m.message == from) {
		if (move_one(txn, &m, to, err) < 0)
			return -1;
		m.folder++;
	}
	return got < 0 ? -1 : 0;
}

/* The MESSAGEs of this id with missing BLOBs: their numbers, big-endian. */
static int
find_incomplete(struct ms_txn *txn, const unsigned char id[MS_SHA_LEN],
    struct ms_buf *numbers, struct ms_err *err)
{
	unsigned char key[8];
	uint64_t number = 0;
	struct ms_slice row;
	int got, found;

	for (; (got = ms_index_next_same_id(txn, id, &number, err)) == 1;
	     number++) {
		ms_put_be64(key, number);
		found = ms_missing_blobs_of(txn, key, err);
		if (found == 1)
			found = ms_index_get(
			    txn, MS_TABLE_MESSAGE, key, sizeof(key), &row, err);
		if (found < 0)
			return -1;
		if (found == 1 && row.n >= MS_SHA_LEN &&
		    memcmp(row.p, id, MS_SHA_LEN) == 0)
			ms_buf_add(numbers, key, sizeof(key));
	}
	return got;
}

/* The MESSAGEs of this id that are missing. Their rows are deleted. */
static int
find_missing(struct ms_txn *txn, const unsigned char id[MS_SHA_LEN],
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
		got = ms_index_delete_value(txn, MS_TABLE_MISSING_MESSAGES, id,
		    DIGEST_KEY, row, sizeof(row), err);
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
	int missing = has_rows(txn, MS_TABLE_MISSING_MESSAGES, err);
	int incomplete = has_rows(txn, MS_TABLE_MISSING_BLOBS, err);
	struct ms_buf numbers = {0};
	size_t i;
	int got;

	if (missing < 0 || incomplete < 0)
		return -1;
	if (missing == 0 && incomplete == 0)
		return 0;
	got = ms_missing_blobs_of(txn, number, err);
	if (got != 0)
		return got < 0 ? -1 : 0;
	if (missing == 1)
		got = find_missing(txn, id, &numbers, err);
	if (incomplete == 1 && got == 0)
		got = find_incomplete(txn, id, &numbers, err);
	for (i = 0; i < numbers.n && got == 0; i += 8)
		got = move_all(txn, ms_be64(numbers.p + i), number, err);
	ms_buf_release(&numbers);
	return got;
}

/* ---- queries ---- */

/* Adds the occurrence of a message in a folder. */
static int
add_message_folder(struct ms_txn *txn, const unsigned char number[8],
    uint64_t folder, struct ms_buf *out, struct ms_err *err)
{
	uint64_t occurrence;
	int got;

	got =
	    ms_index_in_folder(txn, ms_be64(number), folder, &occurrence, err);
	if (got == 1)
		ms_buf_add(out, &occurrence, sizeof(occurrence));
	return got < 0 ? -1 : 0;
}

int
ms_index_missing_messages(struct ms_txn *txn, uint64_t folder,
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
		    sizeof(uint64_t), ms_compare_u64);
	return got;
}

int
ms_index_names_missing(struct ms_txn *txn, const unsigned char id[MS_SHA_LEN],
    uint64_t number, struct ms_err *err)
{
	unsigned char row[MS_MISSING_ROW];
	MDB_val k = {DIGEST_KEY, (void *)id}, v = {sizeof(row), row};

	ms_missing_row(row, id, number);
	return ms_index_seek(
	    txn, MS_TABLE_MISSING_MESSAGES, MDB_GET_BOTH, &k, &v, err);
}

bool
ms_index_is_missing(const struct ms_buf *occurrences, uint64_t occurrence)
{
	return ms_find_u64((const uint64_t *)(const void *)occurrences->p,
		   occurrences->n / sizeof(uint64_t), occurrence) != NULL;
}

int
ms_index_count_missing(struct ms_txn *txn, uint64_t *count, struct ms_err *err)
{
	MDB_cursor_op op = MDB_FIRST;
	uint64_t incomplete = 0;
	MDB_val k, v;
	int got;

	for (; (got = ms_index_seek(
		    txn, MS_TABLE_MISSING_BLOBS, op, &k, &v, err)) == 1;
	     op = MDB_NEXT_NODUP)
		incomplete++;
	if (got < 0 ||
	    ms_index_entries(txn, MS_TABLE_MISSING_MESSAGES, count, err) < 0)
		return -1;
	*count += incomplete;
	return 0;
}
