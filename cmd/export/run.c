/* run.c - chooses messages by a query, reads them and writes them to a sink.
 * The manual is ms-export(1). */
#include "run.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "listing.h"
#include "record.h"
#include "report.h"

/* ---- one message ---- */

void
export_warn(struct export_run *r, const char *what, const struct ms_err *err)
{
	ms_warn(TOOL, "%s: %s", what, err->msg);
	r->sum.failed++;
	if (r->sum.status == 0 || err->code == MS_EXISTS)
		r->sum.status = err->code == MS_EXISTS ? ms_status(MS_EXISTS)
						       : MS_STATUS_SOME;
}

static int
emit(void *ctx, const unsigned char *p, size_t n, struct ms_err *err)
{
	struct export_run *r = ctx;

	if (ms_sink_data(r->sink, p, n, err) == 0)
		return 0;
	r->sink_failed = true;
	return -1;
}

/* Writes the bytes of a message, from the window or from the archive. */
static int
write_bytes(
    struct export_run *r, const struct export_choice *c, struct ms_err *err)
{
	if (c->loaded)
		return emit(r, c->bytes.p, c->bytes.n, err);
	return ms_archive_emit(r->archive, c->row.message,
	    export_form(r->eol, &c->row), emit, r, err);
}

/* Writes a whole message. On failure, r->sink_failed says where the error comes
 * from, and r->begun whether the sink has a part of the message. */
static int
write_message(struct export_run *r, const struct export_choice *c,
    const struct ms_out_message *m, struct ms_err *err)
{
	if (c->damage.code != MS_OK) {
		*err = c->damage;
		return -1;
	}
	if (!c->loaded && !ms_sink_can_cancel(r->sink) &&
	    ms_archive_check(r->archive, c->row.message, err) < 0)
		return -1;
	if (ms_sink_begin(r->sink, m, err) < 0) {
		r->sink_failed = true;
		return -1;
	}
	r->begun = true;
	if (write_bytes(r, c, err) < 0)
		return -1;
	if (ms_sink_end(r->sink, err) < 0) {
		r->sink_failed = true;
		return -1;
	}
	return 0;
}

/* Texts of an occurrence that a row has no room for. */
struct more {
	struct ms_buf content, flags, place;
};

/* Reads these texts from the OCCURRENCE record. */
static int
read_more(struct export_run *r, const struct ms_row *row,
    struct ms_out_message *m, struct more *more, struct ms_err *err)
{
	struct ms_occurrence o;

	if (ms_archive_occurrence(r->archive, row, &o, &more->content, err) < 0)
		return -1;
	ms_buf_add(&more->flags, o.flags.p, o.flags.n);
	ms_buf_add(&more->place, o.place.p, o.place.n);
	m->flags = ms_buf_str(&more->flags);
	m->place = ms_buf_str(&more->place);
	m->other = o.other;
	return 0;
}

/* Fills m with all that is known about an occurrence. */
static int
describe(struct export_run *r, const struct export_choice *c,
    struct ms_out_message *m, struct more *more, struct ms_err *err)
{
	const struct ms_row *row = &c->row;
	const struct ms_folder *f = NULL;

	*m = (struct ms_out_message){.id = row->id,
	    .has_date = (row->bits & MS_ROW_UNDATED) == 0,
	    .date = row->date,
	    .subject = {(const unsigned char *)row->desc.subject.s,
		row->desc.subject.n}};
	if (c->bare)
		return 0;
	m->flags = row->flags;
	m->place = row->place;
	if (ms_archive_folder_get(r->archive, row->folder, &f, err) < 0)
		return -1;
	if (f != NULL) {
		m->user = f->user_name;
		m->source = f->source_url;
		m->label = f->label;
		m->folder = f->name;
	}
	if ((row->bits & MS_ROW_MORE) == 0)
		return 0;
	return read_more(r, row, m, more, err);
}

int
export_write(void *ctx, const struct export_choice *c, struct ms_err *err)
{
	struct export_run *r = ctx;
	char hex[MS_SHA_HEX + 1];
	struct more more = {0};
	struct ms_out_message m;
	struct ms_err why = {0};
	int rc;

	r->sink_failed = r->begun = false;
	rc = describe(r, c, &m, &more, &why);
	if (rc == 0)
		rc = write_message(r, c, &m, &why);
	ms_buf_release(&more.content);
	ms_buf_release(&more.flags);
	ms_buf_release(&more.place);
	if (rc == 0) {
		r->sum.messages++;
		return 0;
	}
	if (r->sink_failed && why.code != MS_EXISTS && why.code != MS_DATA) {
		*err = why;
		return -1;
	}
	ms_hex(c->row.id, MS_SHA_LEN, hex);
	export_warn(r, hex, &why);
	if (r->sink_failed || !r->begun)
		return 0;
	return ms_sink_cancel(r->sink, why.msg, err);
}

int
export_choose(
    struct export_run *r, const struct export_choice *c, struct ms_err *err)
{
	if (!r->single)
		return r->window != NULL ? export_window_add(r->window, c, err)
					 : export_write(r, c, err);
	if (!r->has_only) {
		r->only = *c;
		r->has_only = true;
		return 0;
	}
	if (memcmp(r->only.row.id, c->row.id, MS_SHA_LEN) == 0)
		return 0;
	return ms_fail(err, MS_USAGE,
	    "more than one message matches: standard output accepts one in "
	    "this format; use -o DIRECTORY");
}

/* ---- messages and occurrences ---- */

int
export_look_up(struct export_run *r, uint64_t message, struct ms_err *err)
{
	ms_buf_clear(&r->rows);
	return ms_archive_occurrences(r->archive, message, &r->rows, err);
}

const struct ms_row *
export_row(const struct export_run *r, size_t i)
{
	const struct ms_row *rows = (const void *)r->rows.p;

	return i < r->rows.n / sizeof(*rows) ? &rows[i] : NULL;
}

/* Does a represent the message better than b? An occurrence that was not moved
 * away comes first, then the oldest one. */
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

	if (export_look_up(r, message, err) < 0)
		return -1;
	for (size_t i = 0; (row = export_row(r, i)) != NULL; i++)
		if (first == NULL || is_before(row, first))
			first = row;
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
	for (size_t i = 0; i < count && rc == 0; i++)
		rc = export_message(r, messages[i], err);
	free(messages);
	return rc;
}

static int
query_occurrences(
    struct export_run *r, const struct ms_query *q, struct ms_err *err)
{
	struct ms_hits *hits;
	const struct ms_row *row;
	struct export_choice c = {.bare = false};
	char hex[MS_SHA_HEX + 1];
	int rc;

	if (ms_hits_open(&hits, r->archive, q, MS_BY_RECORD, err) < 0)
		return -1;
	while ((rc = ms_hits_next(hits, &row, err)) != 0) {
		if (rc < 0 && row == NULL)
			break;
		if (rc < 0) {
			ms_hex(row->id, MS_SHA_LEN, hex);
			export_warn(r, hex, err);
			continue;
		}
		c.row = *row;
		if (export_choose(r, &c, err) < 0) {
			rc = -1;
			break;
		}
	}
	ms_hits_close(hits);
	return rc;
}

int
export_query(struct export_run *r, const struct ms_query *q, struct ms_err *err)
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
	ms_buf_release(&r->rows);
}
