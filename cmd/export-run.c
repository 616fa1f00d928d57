/* export-run.c - messages chosen, put together and handed to a sink, one by
 * one. ms-export(1). */
#include "export-run.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "listing.h"
#include "report.h"

#define TOOL "ms-export"

/* ---- one message ---- */

/* One message, or line, that can't go out: named, and no end of the run. */
static void
complain_of(struct export_run *r, const char *what, const struct ms_err *err)
{
	ms_complain(TOOL, "%s: %s", what, err->msg);
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

static enum ms_form
form_of(const struct export_run *r, const struct ms_row *row)
{
	switch (r->eol) {
	case MS_EXPORT_LF:
		return MS_FORM_LF;
	case MS_EXPORT_CRLF:
		return MS_FORM_CRLF;
	default:
		return row->form;
	}
}

/* From begin to end. -1: err says why, r->sink_failed who. */
static int
transfer(struct export_run *r, const struct ms_row *row,
    const struct ms_parcel *m, struct ms_err *err)
{
	r->sink_failed = false;
	if (!ms_sink_voids(r->sink) &&
	    ms_archive_check(r->archive, row->message, err) < 0)
		return -1;
	if (ms_sink_begin(r->sink, m, err) < 0) {
		r->sink_failed = true;
		return -1;
	}
	if (ms_archive_emit(
		r->archive, row->message, form_of(r, row), emit, r, err) < 0)
		return -1;
	if (ms_sink_end(r->sink, err) < 0) {
		r->sink_failed = true;
		return -1;
	}
	return 0;
}

/* -1: the run can't go on. */
static int
give(struct export_run *r, const struct export_choice *c, struct ms_err *err)
{
	const struct ms_row *row = &c->row;
	const struct ms_folder *f = NULL;
	char hex[MS_SHA_HEX + 1];
	struct ms_parcel m = {.id = row->id,
	    .has_date = (row->bits & MS_ROW_UNDATED) == 0,
	    .date = row->date,
	    .subject = {(const unsigned char *)row->desc.subject.s,
		row->desc.subject.n}};
	struct ms_err why = {0};

	if (!c->bare) {
		if (ms_archive_folder_get(r->archive, row->folder, &f, err) < 0)
			return -1;
		m.flags = row->flags;
		m.place = row->place;
	}
	if (f != NULL) {
		m.user = f->user_name;
		m.source = f->source_url;
		m.label = f->label;
		m.folder = f->name;
	}
	if (transfer(r, row, &m, &why) == 0) {
		r->sum.messages++;
		return 0;
	}
	if (r->sink_failed && why.code != MS_EXISTS && why.code != MS_DATA) {
		*err = why;
		return -1;
	}
	ms_hex(row->id, MS_SHA_LEN, hex);
	complain_of(r, hex, &why);
	return r->sink_failed ? 0 : ms_sink_void(r->sink, why.msg, err);
}

/*
 * Where standard output takes one message, the first is kept until it is
 * known that there is no other.
 */
static int
choose(struct export_run *r, const struct export_choice *c, struct ms_err *err)
{
	if (!r->single)
		return give(r, c, err);
	if (!r->has_only) {
		r->only = *c;
		r->has_only = true;
		return 0;
	}
	if (memcmp(r->only.row.id, c->row.id, MS_SHA_LEN) == 0)
		return 0;
	return ms_fail(err, MS_USAGE,
	    "more than one message matches: standard output takes one in this "
	    "format, -o DIR all of them");
}

/* ---- messages and occurrences looked up ---- */

/* The occurrences of a message into r->rows. */
static int
look_up(struct export_run *r, uint64_t message, struct ms_err *err)
{
	ms_buf_clear(&r->rows);
	return ms_archive_occurrences(r->archive, message, &r->rows, err);
}

static const struct ms_row *
row_at(const struct export_run *r, size_t i)
{
	const struct ms_row *rows = (const void *)r->rows.p;

	return i < r->rows.n / sizeof(*rows) ? &rows[i] : NULL;
}

/* A message by itself: in the form in which it first came. */
static int
choose_message(struct export_run *r, uint64_t message, struct ms_err *err)
{
	const struct ms_row *row, *first = NULL;
	struct export_choice c = {.bare = true};

	if (look_up(r, message, err) < 0)
		return -1;
	for (size_t i = 0; (row = row_at(r, i)) != NULL; i++)
		if (first == NULL || row->number < first->number)
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
	return choose(r, &c, err);
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
		rc = choose_message(r, messages[i], err);
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
			complain_of(r, hex, err);
			continue;
		}
		c.row = *row;
		if (choose(r, &c, err) < 0) {
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

/* ---- lines from standard input ---- */

/* Does an occurrence in this folder belong to what a line points at? */
static bool
fits(const struct export_run *r, const struct ms_pick *pick,
    const struct ms_folder *f)
{
	return (r->user == NULL || strcmp(r->user, f->user_name) == 0) &&
	       (pick->user == NULL || ms_pick_fits(pick, f));
}

/* The occurrences of a message that a line points at; bare: the message, if
 * it has any that would fit. */
static int
pick_occurrences(struct export_run *r, const struct ms_pick *pick,
    uint64_t message, bool *some, struct ms_err *err)
{
	struct export_choice c = {.bare = false};
	const struct ms_folder *f;
	const struct ms_row *row;

	if (look_up(r, message, err) < 0)
		return -1;
	for (size_t i = 0; (row = row_at(r, i)) != NULL; i++) {
		int rc =
		    ms_archive_folder_get(r->archive, row->folder, &f, err);

		if (rc < 0)
			return -1;
		if (rc == 0 || !fits(r, pick, f))
			continue;
		*some = true;
		if (pick->user == NULL)
			return choose_message(r, message, err);
		c.row = *row;
		if (choose(r, &c, err) < 0)
			return -1;
	}
	return 0;
}

/* -1: the run can't go on; a line that points at nothing is a failure. */
static int
export_line(
    struct export_run *r, char *line, uint64_t number, struct ms_err *err)
{
	struct ms_pick pick;
	struct ms_err why = {0};
	uint64_t found[2];
	char where[64];
	bool some = false;
	int count;

	if (ms_pick_parse(&pick, line, &why) < 0)
		goto failed;
	count = ms_archive_find(r->archive, pick.digits, found, 2, err);
	if (count < 0)
		return -1;
	if (count > 1) {
		ms_fail(&why, MS_USAGE,
		    "%s is the beginning of more than one id", pick.digits);
		goto failed;
	}
	if (count == 1 && pick_occurrences(r, &pick, found[0], &some, err) < 0)
		return -1;
	if (some)
		return 0;
	ms_fail(&why, MS_NOINPUT, "%s is not in the archive%s", pick.digits,
	    count == 1 ? " under this user, folder and source" : "");
failed:
	snprintf(where, sizeof(where), "standard input, line %llu",
	    (unsigned long long)number);
	complain_of(r, where, &why);
	return 0;
}

/* Whoever waits for what was written so far gets it. */
static void
flush(void *ctx)
{
	struct export_run *r = ctx;

	(void)ms_sink_flush(r->sink, NULL);
}

int
export_lines(struct export_run *r, int fd, struct ms_err *err)
{
	struct ms_lines lines = {.fd = fd, .idle = flush, .ctx = r};
	char *line;
	int rc;

	while ((rc = ms_lines_next(&lines, &line, err)) == 1) {
		rc = export_line(r, line, lines.number, err);
		if (rc < 0)
			break;
	}
	ms_lines_release(&lines);
	return rc;
}

int
export_end(struct export_run *r, struct ms_err *err)
{
	int rc = r->has_only ? give(r, &r->only, err) : 0;

	r->has_only = false;
	return rc;
}

void
export_release(struct export_run *r)
{
	ms_buf_release(&r->rows);
}
