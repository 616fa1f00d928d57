/* hits.c - finds the occurrences that match a query. Folders and dates select
 * rows of the index; the other terms are tested row by row. ms-query(7). */
#include "query.h"

#include <stdlib.h>
#include <string.h>

#include "impl.h"
#include "numbers.h"

struct ms_hits {
	struct ms_archive *a;
	const struct ms_query *q;
	enum ms_order order;
	struct ms_matcher matcher;
	uint64_t *folders;
	struct ms_select sel;
	struct ms_walk *walk;
	struct ms_buf rows; /* struct ms_row; instead of walk, with id: terms */
	size_t at;          /* bytes of rows that were returned */
	bool chosen;        /* choice is filled */
	/* The rows that match: uint64_t, number * 2 + unsure, ascending. */
	struct ms_buf choice;
};

/* ---- opening ---- */

/* Sorts the numbers and removes duplicates; returns how many are left. */
static size_t
sort_numbers(uint64_t *list, size_t n)
{
	size_t kept = 0;

	if (n > 1)
		qsort(list, n, sizeof(*list), ms_compare_u64);
	for (size_t i = 0; i < n; i++)
		if (i == 0 || list[i] != list[i - 1])
			list[kept++] = list[i];
	return kept;
}

int
ms_query_messages(const struct ms_query *q, struct ms_archive *a,
    uint64_t **messages, size_t *count, struct ms_err *err)
{
	uint64_t *list = NULL, found[2];
	size_t n = 0;

	for (uint32_t i = q->node[q->ids].first; i != 0; i = q->node[i].next) {
		int rc = ms_archive_find(a, q->node[i].value, found, 2, err);

		if (rc > 1)
			rc = ms_fail(err, MS_USAGE,
			    "id:%s is the beginning of more than one id; write "
			    "more digits",
			    q->node[i].value);
		if (rc < 0) {
			free(list);
			return -1;
		}
		if (rc == 0)
			continue;
		list = ms_xreallocarray(list, n + 1, sizeof(*list));
		list[n++] = found[0];
	}
	*count = sort_numbers(list, n);
	*messages = list;
	return 0;
}

static int
open_user(struct ms_hits *h, struct ms_err *err)
{
	int rc;

	if (h->q->user == NULL)
		return 0;
	rc = ms_archive_user(h->a, h->q->user, &h->matcher.user, err);
	if (rc == 0)
		return ms_fail(err, MS_USAGE,
		    "the archive has no user \"%.255s\"", h->q->user);
	return rc < 0 ? -1 : 0;
}

/* Selects the folders in which something can match. */
static int
choose_folders(struct ms_hits *h, struct ms_err *err)
{
	const struct ms_folder **all;
	size_t count, n = 0;

	if (ms_archive_folders(h->a, &all, &count, err) < 0)
		return -1;
	h->folders = ms_xcalloc(count + 1, sizeof(*h->folders));
	for (size_t i = 0; i < count; i++)
		if (ms_match_folder(&h->matcher, all[i]))
			h->folders[n++] = all[i]->number;
	free(all);
	h->sel.folder_count = n;
	h->sel.folders = n < count ? h->folders : NULL;
	return 0;
}

/* Selects the period on which all since: and before: terms agree. */
static void
choose_dates(struct ms_hits *h)
{
	struct ms_select *sel = &h->sel;
	const struct ms_query_node *t;

	for (uint32_t i = h->q->node[0].first; i != 0; i = t->next) {
		t = &h->q->node[i];
		if (t->op != MS_QUERY_TERM)
			continue;
		if (t->field == MS_QUERY_SINCE &&
		    (!sel->has_since || t->time > sel->since)) {
			sel->has_since = true;
			sel->since = t->time;
		}
		if (t->field == MS_QUERY_BEFORE &&
		    (!sel->has_before || t->time < sel->before)) {
			sel->has_before = true;
			sel->before = t->time;
		}
	}
}

static bool
needs_headers(const struct ms_query *q)
{
	for (uint32_t i = 0; i < q->count; i++)
		if (q->node[i].op == MS_QUERY_TERM &&
		    (q->node[i].field == MS_QUERY_FROM ||
			q->node[i].field == MS_QUERY_TO ||
			q->node[i].field == MS_QUERY_SUBJECT))
			return true;
	return false;
}

static int
compare_by_date(const void *va, const void *vb)
{
	const struct ms_row *a = va, *b = vb;

	if (a->date != b->date)
		return a->date < b->date ? -1 : 1;
	return (a->number > b->number) - (a->number < b->number);
}

static int
compare_by_folder(const void *va, const void *vb)
{
	const struct ms_row *a = va, *b = vb;

	if (a->folder != b->folder)
		return a->folder < b->folder ? -1 : 1;
	return compare_by_date(va, vb);
}

static int
compare_by_record(const void *va, const void *vb)
{
	const struct ms_row *a = va, *b = vb;

	if (a->message != b->message)
		return a->message < b->message ? -1 : 1;
	return compare_by_folder(va, vb);
}

/* With id: terms the occurrences are few, and no walk is needed. */
static int
gather_rows(struct ms_hits *h, struct ms_err *err)
{
	static int (*const compare[])(const void *, const void *) = {
	    [MS_BY_DATE] = compare_by_date,
	    [MS_BY_FOLDER] = compare_by_folder,
	    [MS_BY_RECORD] = compare_by_record};
	uint64_t *messages;
	size_t count;
	int rc = 0;

	if (ms_query_messages(h->q, h->a, &messages, &count, err) < 0)
		return -1;
	for (size_t i = 0; i < count && rc == 0; i++)
		rc = ms_archive_occurrences(h->a, messages[i], &h->rows, err);
	free(messages);
	if (rc == 0 && h->rows.n > 0)
		qsort(h->rows.p, h->rows.n / sizeof(struct ms_row),
		    sizeof(struct ms_row), compare[h->order]);
	return rc;
}

/*
 * Reading headers in the order of dates would decompress a block for each row.
 * Therefore a first walk, in record order, finds the rows that match, and a
 * second one returns them in the order of dates.
 */
static int
choose_rows(struct ms_hits *h, struct ms_err *err)
{
	struct ms_walk *walk;
	const struct ms_row *row;
	int rc;

	h->sel.order = MS_BY_RECORD;
	if (ms_walk_open(&walk, h->a, &h->sel, err) < 0)
		return -1;
	while ((rc = ms_walk_next(walk, &row, err)) == 1) {
		bool unsure;
		uint64_t entry;

		rc = ms_match_row(&h->matcher, row, &unsure, err);
		if (rc < 0 && !unsure)
			break;
		if (rc == 0)
			continue;
		entry = row->number * 2 + (unsure ? 1 : 0);
		ms_buf_add(&h->choice, &entry, sizeof(entry));
	}
	ms_walk_close(walk);
	if (h->choice.n > 0)
		qsort(h->choice.p, h->choice.n / sizeof(uint64_t),
		    sizeof(uint64_t), ms_compare_u64);
	h->chosen = true;
	return rc;
}

int
ms_hits_open(struct ms_hits **out, struct ms_archive *a,
    const struct ms_query *q, enum ms_order order, struct ms_err *err)
{
	struct ms_hits *h = ms_xcalloc(1, sizeof(*h));
	int rc = -1;

	h->a = a;
	h->q = q;
	h->order = order;
	ms_matcher_init(&h->matcher, a, q);
	if (open_user(h, err) < 0)
		goto out;
	if (q->ids != 0) {
		rc = gather_rows(h, err);
		goto out;
	}
	if (choose_folders(h, err) < 0)
		goto out;
	choose_dates(h);
	if (needs_headers(q) && order != MS_BY_RECORD &&
	    choose_rows(h, err) < 0)
		goto out;
	h->sel.order = order;
	rc = ms_walk_open(&h->walk, a, &h->sel, err);
out:
	if (rc < 0) {
		ms_hits_close(h);
		h = NULL;
	}
	*out = h;
	return rc;
}

/* ---- walking ---- */

static int
next_candidate(struct ms_hits *h, const struct ms_row **row, struct ms_err *err)
{
	if (h->walk != NULL)
		return ms_walk_next(h->walk, row, err);
	if (h->at == h->rows.n)
		return 0;
	*row = (const struct ms_row *)(const void *)(h->rows.p + h->at);
	h->at += sizeof(struct ms_row);
	return 1;
}

/* Returns 1 if the first walk chose the row, 0 if not, 2 if it was unsure. */
static int
find_in_choice(const struct ms_hits *h, const struct ms_row *row)
{
	size_t low = 0, high = h->choice.n / sizeof(uint64_t);

	while (low < high) {
		size_t mid = low + (high - low) / 2;
		uint64_t entry;

		memcpy(
		    &entry, h->choice.p + mid * sizeof(entry), sizeof(entry));
		if (entry / 2 == row->number)
			return entry % 2 == 1 ? 2 : 1;
		if (entry / 2 < row->number)
			low = mid + 1;
		else
			high = mid;
	}
	return 0;
}

int
ms_hits_next(struct ms_hits *h, const struct ms_row **row, struct ms_err *err)
{
	const struct ms_row *r = NULL;
	int rc;

	*row = NULL;
	while ((rc = next_candidate(h, &r, err)) == 1) {
		bool unsure = false;
		int yes = h->chosen ? find_in_choice(h, r) : 2;

		if (yes == 2)
			yes = ms_match_row(&h->matcher, r, &unsure, err);
		if (yes < 0 && !unsure)
			return -1;
		if (yes != 0) {
			*row = r;
			return yes;
		}
	}
	return rc;
}

void
ms_hits_close(struct ms_hits *h)
{
	if (h == NULL)
		return;
	ms_walk_close(h->walk);
	free(h->folders);
	ms_buf_release(&h->rows);
	ms_buf_release(&h->choice);
	ms_matcher_release(&h->matcher);
	free(h);
}
