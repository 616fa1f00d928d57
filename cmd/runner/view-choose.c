/* view-choose.c - chooses the occurrences that ms-remove(1) and ms-move(1) act
 * on. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "archive.h"
#include "listing.h"
#include "term.h"
#include "terminal.h"
#include "numbers.h"
#include "report.h"
#include "view-tool.h"

#define OUT_FULL 65536

int
view_flush(struct view_tool *t, struct ms_err *err)
{
	if (t->out.n > 0 && fwrite(t->out.p, 1, t->out.n, stdout) != t->out.n)
		return ms_fail_errno(err, "standard output");
	ms_buf_clear(&t->out);
	return 0;
}

/* Names a message that cannot be chosen; the run goes on. */
static void
warn_about(
    struct view_tool *t, const struct ms_row *row, const struct ms_err *err)
{
	char hex[MS_SHA_HEX + 1];

	ms_hex(row->id, MS_SHA_LEN, hex);
	ms_report_failed(t->report, hex, err->msg);
	t->failed++;
	t->some_failed = true;
}

/* ---- one occurrence ---- */

static void
add_item(struct view_tool *t, const struct ms_row *row,
    const struct ms_folder *own, uint64_t user)
{
	struct ms_view_item item = {.own = row->own,
	    .user = user,
	    .source = own->source,
	    .occurrence = row->number};

	ms_buf_add(&t->items, &item, sizeof(item));
}

static bool
has_number(const struct ms_buf *list, uint64_t number)
{
	const uint64_t *v = (const void *)list->p;

	for (size_t i = 0; i < list->n / sizeof(*v); i++)
		if (v[i] == number)
			return true;
	return false;
}

/*
 * An occurrence that the message has left follows it: if the source puts the
 * message there again, it is where the person wants it. The chain of moves ends
 * at the occurrence `number`.
 */
static int
add_left(struct view_tool *t, const struct ms_row *row, uint64_t user,
    struct ms_err *err)
{
	struct ms_buf rows = {0}, chain = {0};
	const struct ms_folder *own;
	const struct ms_row *r;
	size_t i, n, before;
	int rc = ms_archive_occurrences(t->archive, row->message, &rows, err);

	r = (const void *)rows.p;
	n = rows.n / sizeof(*r);
	ms_buf_add(&chain, &row->number, sizeof(row->number));
	do {
		before = chain.n;
		for (i = 0; i < n && rc >= 0; i++) {
			if ((r[i].bits & MS_ROW_MOVED) == 0 ||
			    (r[i].bits & MS_ROW_REMOVED) != 0 ||
			    !has_number(&chain, r[i].moved_to) ||
			    has_number(&chain, r[i].number))
				continue;
			ms_buf_add(&chain, &r[i].number, sizeof(r[i].number));
			rc = ms_archive_folder_get(
			    t->archive, r[i].own, &own, err);
			if (rc == 1)
				add_item(t, &r[i], own, user);
		}
	} while (rc >= 0 && chain.n > before);
	ms_buf_release(&chain);
	ms_buf_release(&rows);
	return rc < 0 ? -1 : 0;
}

static int
print_row(struct view_tool *t, const struct ms_row *row,
    const struct ms_folder *f, struct ms_err *err)
{
	struct ms_row whole = *row;
	struct ms_err why = {0};
	int rc;

	if (t->opt->json) {
		rc = ms_listing_json(&t->out, t->archive, row, f, '\n', &why);
	} else {
		rc = ms_archive_describe(t->archive, &whole, &why);
		if (ms_term_stdout())
			terminal_line(&t->out, t->archive, &whole, f,
			    t->several == 1 ? TERMINAL_USER : TERMINAL_FOLDER);
		else
			ms_listing_write(&t->out, &whole, f, '\n');
	}
	if (rc < 0)
		warn_about(t, row, &why);
	return t->out.n < OUT_FULL ? 0 : view_flush(t, err);
}

static int
choose_row(struct view_tool *t, const struct ms_row *row, struct ms_err *err)
{
	const struct ms_folder *shown = NULL, *own = NULL;
	const uint64_t *moved = (const void *)t->moved.p;
	struct ms_err why = {0};
	int got;

	got = ms_archive_folder_get(t->archive, row->folder, &shown, err);
	if (got == 1)
		got = ms_archive_folder_get(t->archive, row->own, &own, err);
	if (got < 0)
		return -1;
	if (got == 0 || shown == NULL || own == NULL) {
		ms_fail(&why, MS_DATA, "the record of its folder is lost");
		warn_about(t, row, &why);
		return 0;
	}
	if (t->opt->as != NULL &&
	    !ms_account_may(&t->actor, shown->user, MS_RIGHT_READ))
		return 0;
	t->chosen++;
	if (t->opt->dry_run && print_row(t, row, shown, err) < 0)
		return -1;
	add_item(t, row, own, shown->user);
	if (ms_find_u64(moved, t->moved.n / sizeof(*moved), row->number) ==
	    NULL)
		return 0;
	return add_left(t, row, shown->user, err);
}

/* ---- all ---- */

/* Calls one() for each occurrence that matches a query. */
static int
each_hit(struct view_tool *t, const struct ms_query *q, enum ms_order order,
    int (*one)(
	struct view_tool *t, const struct ms_row *row, struct ms_err *err),
    struct ms_err *err)
{
	const struct ms_row *row;
	struct ms_hits *hits;
	int rc;

	if (ms_hits_open(&hits, t->archive, q, order, err) < 0)
		return -1;
	while ((rc = ms_hits_next(hits, &row, err)) != 0) {
		if (rc < 0 && row == NULL)
			break;
		if (rc < 0)
			warn_about(t, row, err);
		else if ((rc = one(t, row, err)) != 0)
			break;
	}
	ms_hits_close(hits);
	return rc;
}

/* The folder is renamed, or one above it. */
static bool
is_renamed(const struct view_tool *t, const struct ms_folder *f)
{
	size_t n = strlen(t->change.from);

	return f->user == t->change.user &&
	       strncmp(f->name, t->change.from, n) == 0 &&
	       (f->name[n] == '\0' || f->name[n] == '/');
}

static int
count_renamed(struct view_tool *t, const struct ms_row *row, struct ms_err *err)
{
	const struct ms_folder *f;
	int got = ms_archive_folder_get(t->archive, row->folder, &f, err);

	t->total++;
	t->chosen += got == 1 && is_renamed(t, f);
	return got < 0 ? -1 : 0;
}

static int
print_folders(struct view_tool *t, struct ms_err *err)
{
	const struct ms_folder **all;
	size_t i, n;

	if (ms_archive_folders(t->archive, &all, &n, err) < 0)
		return -1;
	for (i = 0; i < n; i++) {
		if (!is_renamed(t, all[i]))
			continue;
		ms_listing_escape(&t->out, all[i]->name, strlen(all[i]->name));
		ms_buf_add_byte(&t->out, '\t');
		ms_listing_escape(
		    &t->out, t->change.folder, strlen(t->change.folder));
		ms_listing_escape(&t->out,
		    all[i]->name + strlen(t->change.from),
		    strlen(all[i]->name + strlen(t->change.from)));
		ms_buf_add_byte(&t->out, '\n');
	}
	free(all);
	return 0;
}

static int
each_of_all(struct view_tool *t,
    int (*one)(
	struct view_tool *t, const struct ms_row *row, struct ms_err *err),
    struct ms_err *err)
{
	struct ms_query *all = NULL;
	int rc = ms_query_parse(&all, (struct ms_slice){0}, 0, err);

	if (rc == 0)
		rc = each_hit(t, all, MS_BY_FOLDER, one, err);
	ms_query_free(all);
	return rc;
}

int
view_choose(struct view_tool *t, struct ms_err *err)
{
	if (t->change.kind == MS_VIEW_RENAME) {
		if (t->opt->dry_run && print_folders(t, err) < 0)
			return -1;
		return each_of_all(t, count_renamed, err);
	}
	if (ms_archive_moved_to(t->archive, &t->moved, err) < 0)
		return -1;
	t->several = terminal_has_users(t->archive, err);
	if (t->several < 0)
		return -1;
	return each_hit(t, t->query,
	    t->opt->dry_run ? MS_BY_DATE : MS_BY_RECORD, choose_row, err);
}

/* 1: enough were counted. */
static int
count_one(struct view_tool *t, const struct ms_row *row, struct ms_err *err)
{
	(void)row;
	(void)err;
	t->total++;
	return t->total >= t->chosen * 10;
}

int
view_count(struct view_tool *t, struct ms_err *err)
{
	if (t->change.kind == MS_VIEW_RENAME)
		return 0;
	return each_of_all(t, count_one, err) < 0 ? -1 : 0;
}
