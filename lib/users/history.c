/* history.c - iterates over events about users, settings, profiles, runs and
 * changes of the view by the index. ms-archive(5), EVENT. */
#include "history.h"

#include <stdlib.h>
#include <string.h>

#include "archive.h"
#include "record.h"

#define ROWS_MAX 4096  /* of a read transaction */
#define OLDER_MAX 1024 /* consecutive older events that end the iteration */

struct ms_history {
	struct ms_archive *a;
	struct ms_history_select sel;
	uint64_t next; /* the number to continue with */
	bool ended;
	unsigned older;     /* consecutive older events */
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

/* Is the event selected? Sets h->ended if the iteration ends with it. */
static bool
is_selected(struct ms_history *h, const struct ms_event_row *row)
{
	const struct ms_history_select *sel = &h->sel;

	if (sel->has_since && row->time < sel->since) {
		if (++h->older > OLDER_MAX && !sel->forward)
			h->ended = true;
		return false;
	}
	h->older = 0;
	return (sel->target == 0 || row->target == sel->target) &&
	       (sel->kinds == 0 || sel->kinds >> row->kind & 1);
}

static bool
is_outside(const struct ms_history *h, uint64_t number)
{
	return (h->sel.above > 0 && number <= h->sel.above) ||
	       (h->sel.below > 0 && number >= h->sel.below);
}

/* Reads rows from h->next on. Returns 0 or -1. */
static int
read_rows(struct ms_history *h, struct ms_txn *txn, struct ms_err *err)
{
	uint8_t class = (uint8_t)h->sel.class;
	struct ms_event_row row;
	int got, count;

	for (count = 0; count < ROWS_MAX && !h->ended; count++) {
		row.number = h->next;
		got = h->sel.forward
			  ? ms_index_next_event(txn, class, &row, err)
			  : ms_index_previous_event(txn, class, &row, err);
		if (got < 0)
			return -1;
		if (got == 0 || is_outside(h, row.number))
			h->ended = true;
		else if (is_selected(h, &row))
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
		if (ms_index_begin(ms_archive_index(h->a), &txn, err) < 0)
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

int
ms_history_change(struct ms_archive *a, uint64_t change, uint64_t number,
    struct ms_buf *json, struct ms_err *err)
{
	struct ms_change_event_row row;
	const size_t before = json->n;
	struct ms_txn txn;
	int got;

	do {
		json->n = before;
		row = (struct ms_change_event_row){change, number, {0}};
		if (ms_index_begin(ms_archive_index(a), &txn, err) < 0)
			return -1;
		got = ms_index_change_event(&txn, &row, err);
		if (got == 1)
			ms_buf_add(json, row.json.p, row.json.n);
	} while (ms_index_end(&txn) != 0);
	if (got == 0)
		return ms_fail(err, MS_DATA, "event %llu is lost",
		    (unsigned long long)number);
	return got < 0 ? -1 : 0;
}
