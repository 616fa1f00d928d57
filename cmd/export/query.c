/* query.c - chooses the messages to export by a query. ms-export(1). */
#include "run.h"

#include <stdlib.h>

#include "actor.h"

/* ---- messages and occurrences ---- */

/* May the user of --as read this folder? 1, 0, -1. */
static int
may_read(struct export_run *r, uint64_t folder, struct ms_err *err)
{
	const struct ms_folder *f;
	int got;

	if (ms_actor_limited() == NULL)
		return 1;
	got = ms_archive_folder_get(r->archive, folder, &f, err);
	return got == 1 ? ms_actor_may(f->user, MS_RIGHT_READ) : got;
}

int
export_look_up(struct export_run *r, uint64_t message, struct ms_err *err)
{
	struct ms_row *rows;
	size_t kept = 0;
	int may;

	ms_buf_clear(&r->rows);
	if (ms_archive_occurrences(r->archive, message, &r->rows, err) < 0)
		return -1;
	rows = (void *)r->rows.p;
	for (size_t i = 0; i < r->rows.n / sizeof(*rows); i++) {
		may = may_read(r, rows[i].folder, err);
		if (may < 0)
			return -1;
		if (may == 1)
			rows[kept++] = rows[i];
	}
	r->rows.n = kept * sizeof(*rows);
	return 0;
}

const struct ms_row *
export_row(const struct export_run *r, size_t i)
{
	const struct ms_row *rows = (const void *)r->rows.p;

	return i < r->rows.n / sizeof(*rows) ? &rows[i] : NULL;
}

/* Does a represent the message better than b? An occurrence that was not moved
 * away comes first, then the oldest one. Neither was removed. */
static bool
is_before(const struct ms_row *a, const struct ms_row *b)
{
	int moved_a = (a->bits & MS_ROW_MOVED) != 0;
	int moved_b = (b->bits & MS_ROW_MOVED) != 0;

	return moved_a != moved_b ? moved_a < moved_b : a->number < b->number;
}

int
export_message(struct export_run *r, uint64_t message, struct ms_err *err)
{
	const struct ms_row *row, *first = NULL;
	struct export_choice c = {.bare = true};
	bool seen = false, in_view = false;

	if (export_look_up(r, message, err) < 0)
		return -1;
	for (size_t i = 0; (row = export_row(r, i)) != NULL; i++) {
		seen = true;
		in_view = in_view || ms_row_in_view(row);
		if ((row->bits & MS_ROW_REMOVED) == 0 &&
		    (first == NULL || is_before(row, first)))
			first = row;
	}
	if (!in_view && (seen || ms_actor_limited() != NULL))
		return 0;
	if (first != NULL) {
		c.row = *first;
	} else {
		c.row.message = message;
		c.row.bits = MS_ROW_UNDATED;
		if (ms_archive_identity(
			r->archive, message, c.row.id, &c.row.size, err) < 0)
			return -1;
	}
	return export_choose(r, &c, err);
}

static int
query_messages(
    struct export_run *r, const struct ms_query *q, struct ms_err *err)
{
	uint64_t *messages;
	size_t count;
	int rc = 0;

	if (ms_query_messages(q, r->archive, &messages, &count, err) < 0)
		return -1;
	r->progress.messages_total = count;
	for (size_t i = 0; i < count && rc == 0; i++)
		rc = export_message(r, messages[i], err);
	free(messages);
	return rc;
}

/* How much there is to export, if the progress is shown. Not for a user of --as
 * who is not told what others have. */
static int
count_total(struct export_run *r, const struct ms_query *q, struct ms_err *err)
{
	struct ms_progress *p = &r->progress;

	if (!r->shows || !ms_report_shows(r->report) ||
	    ms_actor_limited() != NULL)
		return 0;
	return ms_hits_count(
		   r->archive, q, &p->messages_total, &p->bytes_total, err) < 0
		   ? -1
		   : 0;
}

static int
query_occurrences(struct export_run *r, struct ms_query *q, struct ms_err *err)
{
	struct ms_hits *hits;
	const struct ms_row *row;
	struct export_choice c = {.bare = false};
	char hex[MS_SHA_HEX + 1];
	int rc;

	if (r->moves && ms_query_with_moved(q) && export_group_open(r, err) < 0)
		return -1;
	if (count_total(r, q, err) < 0 ||
	    ms_hits_open(&hits, r->archive, q, MS_BY_RECORD, err) < 0)
		return -1;
	while ((rc = ms_hits_next(hits, &row, err)) != 0) {
		if (rc < 0 && row == NULL)
			break;
		if (rc < 0 && ms_actor_limited() != NULL)
			continue;
		if (rc < 0) {
			ms_hex(row->id, MS_SHA_LEN, hex);
			c.row = *row;
			export_failed(r, &c, hex, err);
			continue;
		}
		rc = may_read(r, row->folder, err);
		if (rc < 0)
			break;
		if (rc == 0)
			continue;
		c.row = *row;
		rc = r->group != NULL ? export_group_add(r, row, err)
				      : export_choose(r, &c, err);
		if (rc < 0)
			break;
	}
	ms_hits_close(hits);
	return rc < 0 ? -1 : export_group_end(r, err);
}

int
export_query(struct export_run *r, struct ms_query *q, struct ms_err *err)
{
	return ms_query_ids_only(q) ? query_messages(r, q, err)
				    : query_occurrences(r, q, err);
}

int
export_end(struct export_run *r, struct ms_err *err)
{
	if (!r->has_only)
		return 0;
	r->has_only = false;
	return export_write(r, &r->only, err);
}

void
export_release(struct export_run *r)
{
	export_group_free(r->group);
	ms_expander_close(r->expander);
	ms_buf_release(&r->rows);
}
