/* record-store.c - reads users, settings, profiles and runs from the index.
 * ms-archive(5), EVENT. */
#include "record-store.h"

#include <stdlib.h>
#include <string.h>

#include "archive.h"
#include "le.h"

/* Limits of a read transaction. */
#define ROWS_MAX 1024
#define BYTES_MAX (4 << 20) /* without the last row */

static int
look_up(struct ms_txn *txn, struct ms_record_key *key, struct ms_buf *row,
    struct ms_err *err)
{
	uint64_t found;
	struct ms_slice v;
	int got = 1;

	ms_buf_clear(row);
	if (key->name != NULL)
		got = ms_index_name(
		    txn, key->how, 0, 0, key->name, &key->number, err);
	if (got != 1)
		return got;
	found = key->number;
	got = ms_index_next_record_row(txn, key->kind, &found, &v, err);
	if (got != 1 || found != key->number)
		return got < 0 ? -1 : 0;
	ms_buf_add(row, v.p, v.n);
	return 1;
}

int
ms_record_store_get(struct ms_archive *a, struct ms_txn *txn,
    struct ms_record_key *key, struct ms_buf *row, struct ms_err *err)
{
	struct ms_txn own;
	int got;

	if (txn != NULL)
		return look_up(txn, key, row, err);
	do {
		if (ms_index_begin(ms_archive_index(a), &own, err) < 0)
			return -1;
		got = look_up(&own, key, row, err);
	} while (ms_index_end(&own) != 0);
	return got;
}

/* ---- all rows of a kind ---- */

struct ms_record_store {
	struct ms_archive *a;
	enum ms_row_kind kind;
	uint64_t next; /* the number to continue with */
	bool ended;
	struct ms_buf rows; /* u64 number, u64 length, bytes, for each */
	size_t at;
};

struct ms_record_store *
ms_record_store_open(struct ms_archive *a, enum ms_row_kind kind)
{
	struct ms_record_store *w = ms_xcalloc(1, sizeof(*w));

	w->a = a;
	w->kind = kind;
	return w;
}

void
ms_record_store_close(struct ms_record_store *w)
{
	if (w == NULL)
		return;
	ms_buf_release(&w->rows);
	free(w);
}

static void
keep_row(struct ms_record_store *w, uint64_t number, struct ms_slice v)
{
	unsigned char head[16];

	ms_put_le64(head, number);
	ms_put_le64(head + 8, v.n);
	ms_buf_add(&w->rows, head, sizeof(head));
	ms_buf_add(&w->rows, v.p, v.n);
}

static int
read_rows(struct ms_record_store *w, struct ms_txn *txn, uint64_t *next,
    struct ms_err *err)
{
	struct ms_slice v;
	int got = 1, count;

	ms_buf_clear(&w->rows);
	*next = w->next;
	for (count = 0; count < ROWS_MAX && w->rows.n < BYTES_MAX; count++) {
		got = ms_index_next_record_row(txn, w->kind, next, &v, err);
		if (got <= 0)
			break;
		keep_row(w, (*next)++, v);
	}
	return got;
}

/* Reads more rows. Returns 1, 0 at the end, or -1. */
static int
fill(struct ms_record_store *w, struct ms_err *err)
{
	uint64_t next = 0;
	struct ms_txn txn;
	int got;

	if (w->ended)
		return 0;
	do {
		if (ms_index_begin(ms_archive_index(w->a), &txn, err) < 0)
			return -1;
		got = read_rows(w, &txn, &next, err);
	} while (ms_index_end(&txn) != 0);
	if (got < 0)
		return -1;
	w->ended = got == 0;
	w->next = next;
	w->at = 0;
	return w->rows.n > 0;
}

int
ms_record_store_next(struct ms_record_store *w, uint64_t *number,
    struct ms_slice *row, struct ms_err *err)
{
	int got;

	if (w->at == w->rows.n) {
		got = fill(w, err);
		if (got <= 0)
			return got;
	}
	*number = ms_le64(w->rows.p + w->at);
	row->n = ms_le64(w->rows.p + w->at + 8);
	row->p = w->rows.p + w->at + 16;
	w->at += 16 + row->n;
	return 1;
}
