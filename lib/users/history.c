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
beyond(const struct ms_history *h, uint64_t number)
{
	return (h->sel.above > 0 && number <= h->sel.above) ||
	       (h->sel.below > 0 && number >= h->sel.below);
}

/* 0, -1. Reads on from h->next. */
static int
read_rows(struct ms_history *h, struct ms_txn *txn, struct ms_err *err)
{
	uint8_t class = (uint8_t)h->sel.class;
	struct ms_event_row row;
	int got, count;

	for (count = 0; count < SLICE && !h->ended; count++) {
		row.number = h->next;
		got = h->sel.forward
			  ? ms_index_next_event(txn, class, &row, err)
			  : ms_index_previous_event(txn, class, &row, err);
		if (got < 0)
			return -1;
		if (got == 0 || beyond(h, row.number))
			h->ended = true;
		else if (fits(h, &row))
			ms_buf_add(&h->rows, &row, sizeof(row));
		h->next = h->sel.forward ? row.number + 1 : row.number - 1;
	}
	return 0;
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
