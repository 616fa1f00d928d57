/* hits.c - finds the occurrences that match a query, by the rows that plan.c
 * chooses. ms-query(7). */
#include "query.h"

#include <stdlib.h>
#include <string.h>

#include "impl.h"
#include "numbers.h"
#include "time.h"

struct ms_hits {
	struct ms_archive *a;
	const struct ms_query *q;
	enum ms_order order;
	struct ms_matcher matcher;
	struct ms_buf folders;  /* uint64_t: their numbers, ascending */
	struct ms_buf messages; /* likewise, of sel.messages */
	struct ms_select sel;
	struct ms_walk *walk;
	/* If the rows were chosen before they are returned: */
	bool chosen;
	struct ms_buf rows;   /* struct ms_row_key */
	struct ms_buf later;  /* likewise: a later level decides */
	struct ms_buf unsure; /* uint64_t: OCCURRENCEs that are damaged */
};

/* ---- the rows to look at ---- */

int
ms_query_messages(const struct ms_query *q, struct ms_archive *a,
    uint64_t **messages, size_t *count, struct ms_err *err)
{
	struct ms_select sel = {0};
	struct ms_buf list = {0};
	struct ms_matcher m;
	bool listed;
	int rc;

	*messages = NULL;
	ms_matcher_init(&m, a, q);
	rc = ms_query_plan(&m, &sel, &list, &listed, err);
	ms_matcher_release(&m);
	if (rc < 0) {
		ms_buf_release(&list);
		return -1;
	}
	*count = list.n / sizeof(uint64_t);
	*messages = ms_xcalloc(*count + 1, sizeof(uint64_t));
	if (list.n > 0)
		memcpy(*messages, list.p, list.n);
	ms_buf_release(&list);
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

/* Selects the folders in which something can match, and those from which a
 * person has moved messages into such a folder. Of a folder whose record is
 * lost, nothing is known. */
static int
choose_folders(struct ms_hits *h, struct ms_err *err)
{
	const struct ms_folder **all;
	size_t count, n = 0;
	int rc = 0;

	if (ms_archive_folders(h->a, &all, &count, err) < 0)
		return -1;
	for (size_t i = 0; i < count && rc == 0; i++)
		if (ms_match_folder(&h->matcher, all[i])) {
			ms_buf_add(&h->folders, &all[i]->number,
			    sizeof(all[i]->number));
			n++;
			rc = ms_archive_moved_into(
			    h->a, all[i]->number, &h->folders, err);
		}
	free(all);
	if (rc < 0 || n == count)
		return rc;
	if (ms_archive_lost_folders(h->a, &h->folders, err) < 0)
		return -1;
	ms_buf_room(&h->folders, 1); /* not NULL, also if there are none */
	h->sel.folder_count = ms_query_sort(&h->folders);
	h->sel.folders = (uint64_t *)(void *)h->folders.p;
	return 0;
}

static int
plan(struct ms_hits *h, struct ms_err *err)
{
	bool listed;

	if (open_user(h, err) < 0 ||
	    ms_query_plan(&h->matcher, &h->sel, &h->messages, &listed, err) < 0)
		return -1;
	if (!listed)
		return choose_folders(h, err);
	ms_buf_room(&h->messages, 1); /* not NULL, also if there are none */
	h->sel.messages = (uint64_t *)(void *)h->messages.p;
	h->sel.message_count = h->messages.n / sizeof(uint64_t);
	/* All occurrences of these messages are wanted. */
	return ms_archive_check_places(h->a, err);
}

static bool
needs_headers(const struct ms_query *q)
{
	for (uint32_t i = 1; i < q->count; i++)
		if (q->node[i].op == MS_QUERY_TERM &&
		    ms_match_last_level(&q->node[i]) > MS_MATCH_ROW)
			return true;
	return false;
}

/* ---- choosing ---- */

static int
compare_by_date(const void *va, const void *vb)
{
	const struct ms_row_key *a = va, *b = vb;

	if (a->date != b->date)
		return a->date < b->date ? -1 : 1;
	return (a->number > b->number) - (a->number < b->number);
}

static int
compare_by_folder(const void *va, const void *vb)
{
	const struct ms_row_key *a = va, *b = vb;

	if (a->folder != b->folder)
		return a->folder < b->folder ? -1 : 1;
	return compare_by_date(va, vb);
}

static int
compare_by_record(const void *va, const void *vb)
{
	const struct ms_row_key *a = va, *b = vb;

	if (a->message != b->message)
		return a->message < b->message ? -1 : 1;
	return compare_by_folder(va, vb);
}

static void
sort_rows(struct ms_buf *rows, enum ms_order order)
{
	static int (*const compare[])(const void *, const void *) = {
	    [MS_BY_DATE] = compare_by_date,
	    [MS_BY_FOLDER] = compare_by_folder,
	    [MS_BY_RECORD] = compare_by_record};

	if (rows->n > 0)
		qsort(rows->p, rows->n / sizeof(struct ms_row_key),
		    sizeof(struct ms_row_key), compare[order]);
}

static void
list_rows(struct ms_select *sel, const struct ms_buf *rows)
{
	*sel = (struct ms_select){.order = MS_BY_LIST,
	    .rows = (const void *)rows->p,
	    .row_count = rows->n / sizeof(struct ms_row_key)};
}

/* Evaluates a row up to a level, and keeps it unless it does not match. */
static int
choose_row(struct ms_hits *h, const struct ms_row *row,
    enum ms_match_level level, struct ms_err *err)
{
	const struct ms_row_key key = {.message = row->message,
	    .folder = row->own,
	    .number = row->number,
	    .date = row->date};
	bool unsure;
	int rc = ms_match_row(&h->matcher, row, level, &unsure, err);

	if (rc < 0 && !unsure)
		return -1;
	if (rc < 0)
		ms_buf_add(&h->unsure, &row->number, sizeof(row->number));
	if (rc != 0)
		ms_buf_add(rc == 2 ? &h->later : &h->rows, &key, sizeof(key));
	return 0;
}

static int
choose_from(struct ms_hits *h, const struct ms_select *sel,
    enum ms_match_level level, struct ms_err *err)
{
	struct ms_walk *walk;
	const struct ms_row *row;
	int rc;

	if (ms_walk_open(&walk, h->a, sel, err) < 0)
		return -1;
	while ((rc = ms_walk_next(walk, &row, err)) == 1 &&
	       (rc = choose_row(h, row, level, err)) == 0)
		;
	ms_walk_close(walk);
	return rc;
}

static bool
is_narrow(const struct ms_select *sel)
{
	return sel->has_since || sel->has_before || sel->folders != NULL;
}

/*
 * Reading headers in the order of dates would decompress a block for each row.
 * If the index narrows the rows, those of a few folders and of a period are
 * looked at first, and headers are read of what is left, in the order of the
 * records. Otherwise all rows are looked at in that order.
 */
static int
choose_rows(struct ms_hits *h, struct ms_err *err)
{
	struct ms_select sel = h->sel;
	bool first = sel.messages == NULL && is_narrow(&sel);

	sel.order = first ? MS_BY_FOLDER : MS_BY_RECORD;
	if (choose_from(
		h, &sel, first ? MS_MATCH_ROW : MS_MATCH_LEVELS - 1, err) < 0)
		return -1;
	sort_rows(&h->later, MS_BY_RECORD);
	list_rows(&sel, &h->later);
	if (choose_from(h, &sel, MS_MATCH_LEVELS - 1, err) < 0)
		return -1;
	sort_rows(&h->rows, h->order);
	ms_query_sort(&h->unsure);
	list_rows(&h->sel, &h->rows);
	h->chosen = true;
	return 0;
}

/* Can the rows be looked at in the order in which they are returned? */
static bool
can_stream(const struct ms_hits *h)
{
	if (h->sel.messages == NULL && !needs_headers(h->q))
		return true;
	return h->order == MS_BY_RECORD &&
	       (h->sel.messages != NULL || !is_narrow(&h->sel));
}

int
ms_hits_open(struct ms_hits **out, struct ms_archive *a,
    const struct ms_query *q, enum ms_order order, struct ms_err *err)
{
	struct ms_hits *h = ms_xcalloc(1, sizeof(*h));

	*out = NULL;
	h->a = a;
	h->q = q;
	h->order = order;
	ms_matcher_init(&h->matcher, a, q);
	if (plan(h, err) < 0)
		goto failed;
	h->sel.order = order;
	if (!can_stream(h) && choose_rows(h, err) < 0)
		goto failed;
	if (ms_walk_open(&h->walk, a, &h->sel, err) < 0)
		goto failed;
	*out = h;
	return 0;
failed:
	ms_hits_close(h);
	return -1;
}

/* ---- explaining ---- */

static void
explain_rows(const struct ms_select *sel, struct ms_buf *out)
{
	char date[21];

	ms_buf_add_str(out, "rows of the index: ");
	if (sel->messages != NULL)
		ms_buf_printf(out,
		    "of messages by id, Message-ID or thread, %zu",
		    sel->message_count);
	else if (sel->folders != NULL)
		ms_buf_printf(out, "of folders, %zu", sel->folder_count);
	else
		ms_buf_add_str(out, "of all folders");
	if (sel->has_since) {
		ms_time_format(sel->since, date);
		ms_buf_printf(out, "; sent since %s", date);
	}
	if (sel->has_before) {
		ms_time_format(sel->before, date);
		ms_buf_printf(out, "; sent before %s", date);
	}
	if (sel->first > 0)
		ms_buf_add_str(out, "; archived since a date");
	ms_buf_add_byte(out, '\n');
}

/* Names the terms that can need a level. */
static void
explain_level(const struct ms_query *q, enum ms_match_level level,
    const char *what, struct ms_buf *out)
{
	const struct ms_query_node *t;
	bool any = false;

	for (uint32_t i = 1; i < q->count; i++) {
		t = &q->node[i];
		if (t->op != MS_QUERY_TERM || ms_match_last_level(t) != level)
			continue;
		ms_buf_add_str(out, any ? " " : what);
		if (*t->kind->name != '\0')
			ms_buf_printf(out, "%s:", t->kind->name);
		else
			ms_buf_add_str(out, "words");
		any = true;
	}
	if (any)
		ms_buf_add_byte(out, '\n');
}

int
ms_hits_explain(struct ms_archive *a, const struct ms_query *q,
    struct ms_buf *out, struct ms_err *err)
{
	struct ms_hits *h = ms_xcalloc(1, sizeof(*h));
	int rc;

	h->a = a;
	h->q = q;
	ms_matcher_init(&h->matcher, a, q);
	rc = plan(h, err);
	if (rc == 0) {
		explain_rows(&h->sel, out);
		explain_level(q, MS_MATCH_FOLDER, "folders decide: ", out);
		explain_level(q, MS_MATCH_ROW, "rows decide: ", out);
		explain_level(q, MS_MATCH_HEADER,
		    "rows or, if these do not decide, headers: ", out);
		explain_level(q, MS_MATCH_CONTENT, "messages decide: ", out);
	}
	ms_hits_close(h);
	return rc;
}

/* ---- walking ---- */

static bool
is_chosen(const struct ms_hits *h, const struct ms_row *row)
{
	return h->chosen &&
	       ms_find_u64((const uint64_t *)(const void *)h->unsure.p,
		   h->unsure.n / sizeof(uint64_t), row->number) == NULL;
}

int
ms_hits_next(struct ms_hits *h, const struct ms_row **row, struct ms_err *err)
{
	const struct ms_row *r = NULL;
	int rc;

	*row = NULL;
	while ((rc = ms_walk_next(h->walk, &r, err)) == 1) {
		bool unsure = false;
		int yes = is_chosen(h, r)
			      ? 1
			      : ms_match_row(&h->matcher, r,
				    MS_MATCH_LEVELS - 1, &unsure, err);

		if (yes < 0 && !unsure)
			return -1;
		if (yes != 0) {
			*row = r;
			return yes;
		}
	}
	return rc;
}

int
ms_hits_count(struct ms_archive *a, const struct ms_query *q, uint64_t *count,
    uint64_t *bytes, struct ms_err *err)
{
	struct ms_hits *h;
	const struct ms_row *row;
	int rc;

	*count = *bytes = 0;
	if (needs_headers(q))
		return 0;
	if (ms_hits_open(&h, a, q, MS_BY_RECORD, err) < 0)
		return -1;
	while ((rc = ms_hits_next(h, &row, err)) == 1) {
		++*count;
		*bytes += row->size;
	}
	ms_hits_close(h);
	return rc < 0 ? -1 : 1;
}

void
ms_hits_close(struct ms_hits *h)
{
	if (h == NULL)
		return;
	ms_walk_close(h->walk);
	ms_buf_release(&h->folders);
	ms_buf_release(&h->messages);
	ms_buf_release(&h->rows);
	ms_buf_release(&h->later);
	ms_buf_release(&h->unsure);
	ms_matcher_release(&h->matcher);
	free(h);
}
