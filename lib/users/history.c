/* history.c - events about users, settings, profiles and runs, as the index
 * finds them. ms-archive(5), EVENT. */
#include "history.h"

#include <stdlib.h>
#include <string.h>

#include "archive-impl.h"
#include "record.h"

#define SLICE 4096 /* rows looked at in a transaction */
#define OLDER 1024 /* older ones in a row that end a walk */

struct ms_history {
	struct ms_archive *a;
	struct ms_history_select sel;
	uint64_t next; /* the number to go on with */
	bool ended;
	unsigned older;     /* in a row */
	struct ms_buf rows; /* struct ms_event_row */
	size_t at;
};

struct ms_history *
ms_history_open(struct ms_archive *a, const struct ms_history_select *sel)
{
	struct ms_history *h = ms_xcalloc(1, sizeof(*h));

	h->a = a;
	h->sel = *sel;
	if (sel->forward)
		h->next = sel->above + 1;
	else
		h->next = sel->below > 0 ? sel->below - 1 : UINT64_MAX;
	return h;
}

void
ms_history_close(struct ms_history *h)
{
	if (h == NULL)
		return;
	ms_buf_release(&h->rows);
	free(h);
}

/* Puts the cursor on the first row of the walk. */
static int
seek(struct ms_history *h, struct ms_txn *txn, MDB_val *k, MDB_val *v,
    struct ms_err *err)
{
	unsigned char key[MS_RECORD_ROW_KEY];
	int got, past;

	ms_record_row_key(key, (uint8_t)h->sel.class, h->next);
	*k = (MDB_val){sizeof(key), key};
	got = ms_index_seek(txn, MS_TABLE_EVENT, MDB_SET_RANGE, k, v, err);
	if (got < 0 || h->sel.forward)
		return got;
	if (got == 0)
		return ms_index_seek(txn, MS_TABLE_EVENT, MDB_LAST, k, v, err);
	ms_record_row_key(key, (uint8_t)h->sel.class, h->next);
	past = k->mv_size != sizeof(key) ||
	       memcmp(k->mv_data, key, sizeof(key)) != 0;
	if (past)
		got = ms_index_seek(txn, MS_TABLE_EVENT, MDB_PREV, k, v, err);
	return got;
}

/* Is it one of those asked for? Or does the walk end with it? */
static bool
fits(struct ms_history *h, const struct ms_event_row *row)
{
	const struct ms_history_select *sel = &h->sel;

	if (sel->has_since && row->time < sel->since) {
		if (++h->older > OLDER && !sel->forward)
			h->ended = true;
		return false;
	}
	h->older = 0;
	return (sel->target == 0 || row->target == sel->target) &&
	       (sel->kinds == 0 || sel->kinds >> row->kind & 1);
}

static bool
beyond(const struct ms_history *h, const MDB_val *k, uint64_t number)
{
	return *(const unsigned char *)k->mv_data != h->sel.class ||
	       (h->sel.above > 0 && number <= h->sel.above) ||
	       (h->sel.below > 0 && number >= h->sel.below);
}

/* 0, -1. Reads on from h->next. */
static int
read_rows(struct ms_history *h, struct ms_txn *txn, struct ms_err *err)
{
	MDB_cursor_op op = h->sel.forward ? MDB_NEXT : MDB_PREV;
	struct ms_event_row row;
	MDB_val k, v;
	int got, count;

	got = seek(h, txn, &k, &v, err);
	for (count = 0; got == 1 && count < SLICE; count++) {
		if (ms_event_row(&row, &k, &v, err) < 0)
			return -1;
		if (beyond(h, &k, row.number))
			got = 0;
		else if (fits(h, &row))
			ms_buf_add(&h->rows, &row, sizeof(row));
		if (h->ended || got == 0)
			break;
		h->next = h->sel.forward ? row.number + 1 : row.number - 1;
		got = ms_index_seek(txn, MS_TABLE_EVENT, op, &k, &v, err);
	}
	if (got == 0)
		h->ended = true;
	return got < 0 ? -1 : 0;
}

static int
fill(struct ms_history *h, struct ms_err *err)
{
	uint64_t from = h->next;
	unsigned older = h->older;
	struct ms_txn txn;
	int rc;

	do {
		h->next = from;
		h->older = older;
		h->ended = false;
		ms_buf_clear(&h->rows);
		if (ms_index_begin(h->a->ix, &txn, err) < 0)
			return -1;
		rc = read_rows(h, &txn, err);
	} while (ms_index_end(&txn) != 0);
	h->at = 0;
	return rc;
}

int
ms_history_next(
    struct ms_history *h, struct ms_event_row *row, struct ms_err *err)
{
	while (h->at == h->rows.n) {
		if (h->ended)
			return 0;
		if (fill(h, err) < 0)
			return -1;
	}
	memcpy(row, h->rows.p + h->at, sizeof(*row));
	h->at += sizeof(*row);
	return 1;
}

int
ms_history_read(struct ms_archive *a, uint64_t number, struct ms_buf *json,
    struct ms_err *err)
{
	return ms_archive_content(a, number, MS_EVENT, json, err);
}
