/* run.c - chooses messages by a query, reads them and writes them to a sink.
 * The manual is ms-export(1). */
#include "run.h"

#include <stdio.h>
#include <string.h>

#include "record.h"
#include "report.h"
#include "stop.h"

/* ---- one message ---- */

static void
show_progress(struct export_run *r, const struct export_choice *c)
{
	const struct ms_folder *f = NULL;

	r->progress.messages++;
	r->progress.bytes += c->row.size;
	if (!r->shows)
		return;
	if (!c->bare)
		(void)ms_archive_folder_get(
		    r->archive, c->row.folder, &f, NULL);
	r->progress.what = f != NULL ? f->name : NULL;
	ms_report_progress(r->report, &r->progress);
}

static void
count(struct export_run *r, const struct export_choice *c, uint64_t bytes)
{
	struct ms_tally *t = export_tally(r, c);

	t->seen++;
	t->exported++;
	t->bytes += bytes;
	r->sum.messages++;
	show_progress(r, c);
}

static int
emit(void *ctx, const unsigned char *p, size_t n, struct ms_err *err)
{
	struct export_run *r = ctx;

	r->bytes += n;
	if (ms_sink_data(r->sink, p, n, err) == 0)
		return 0;
	r->sink_failed = true;
	return -1;
}

/* Writes the bytes of a message, from the expander, the window or the archive.
 */
static int
write_bytes(
    struct export_run *r, const struct export_choice *c, struct ms_err *err)
{
	if (r->expander != NULL)
		return ms_expander_emit(r->expander, emit, r, err);
	if (c->loaded)
		return emit(r, c->bytes.p, c->bytes.n, err);
	return ms_archive_emit(r->archive, c->row.message, c->row.id,
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
	if (!c->loaded && r->expander == NULL && !ms_sink_can_cancel(r->sink) &&
	    ms_archive_check(r->archive, c->row.message, c->row.id, err) < 0)
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
	struct ms_buf content, flags, place, moved_places;
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

int
export_is_foreign(
    struct export_run *r, const struct ms_row *row, struct ms_err *err)
{
	const struct ms_folder *own = NULL, *shown = NULL;

	bool all = r->user == NULL && ms_actor_limited() == NULL;

	if (all || row->own == row->folder)
		return 0;
	if (ms_archive_folder_get(r->archive, row->own, &own, err) < 0 ||
	    ms_archive_folder_get(r->archive, row->folder, &shown, err) < 0)
		return -1;
	if (own == NULL || shown == NULL || own->user == shown->user)
		return 0;
	return r->user != NULL || ms_actor_may(own->user, MS_RIGHT_READ) != 1;
}

/* Sets the folder of an occurrence that is shown in folder f. A stream has the
 * folder of its source, so that another archive knows its place. */
static int
set_folder(struct export_run *r, const struct ms_row *row,
    const struct ms_folder *f, struct ms_out_message *m, struct ms_err *err)
{
	const struct ms_folder *own = NULL;
	int foreign = export_is_foreign(r, row, err);

	if (foreign < 0)
		return -1;
	m->user = f->user_name;
	m->source = f->source_url;
	/* A label that the reader would make itself says nothing. */
	m->label = !r->moves || f->labelled ? f->label : NULL;
	m->folder = f->name;
	if (!r->moves)
		return 0;
	if (f->source_lost)
		m->source = m->label = NULL;
	if (f->source_lost || foreign == 1)
		m->place = "";
	if (foreign == 1)
		return 0;
	if (ms_archive_folder_get(r->archive, row->own, &own, err) < 0)
		return -1;
	if (own == NULL)
		return 0;
	m->user = own->user_name;
	m->folder = own->source_name;
	if (own->user != f->user || strcmp(own->source_name, f->name) != 0)
		m->shown = f->name;
	m->shown_user = own->user != f->user ? f->user_name : NULL;
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
	    .sent = row->sent,
	    .arrived = row->arrived,
	    .raw = row->raw,
	    .subject = {(const unsigned char *)row->desc.subject.s,
		row->desc.subject.n}};
	if (c->bare)
		return 0;
	m->flags = row->flags;
	m->place = row->place;
	if ((row->bits & MS_ROW_MORE) != 0 &&
	    read_more(r, row, m, more, err) < 0)
		return -1;
	if (ms_archive_folder_get(r->archive, row->folder, &f, err) < 0)
		return -1;
	if (f != NULL && set_folder(r, row, f, m, err) < 0)
		return -1;
	m->moved_away = c->away;
	/* An occurrence that the message has left is not shown. If its folder
	 * were named, another archive would also show the new one there. */
	if (c->away)
		m->shown = m->shown_user = NULL;
	if (c->from_count == 0)
		return 0;
	return export_describe_move(r, c->from[0], m, &more->moved_places, err);
}

/* Writes a message, and what belongs to its occurrence. */
static int
write_all(struct export_run *r, const struct export_choice *c,
    struct ms_out_message *m, struct ms_err *err)
{
	r->bytes = 0;
	if (r->expander != NULL && export_expand(r, c, m, err) < 0)
		return -1;
	if (write_message(r, c, m, err) < 0)
		return -1;
	count(r, c, r->bytes);
	r->begun = false;
	return r->moves && !c->bare ? export_references(r, c, m, err) : 0;
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

	if (ms_stopped != 0)
		return ms_fail(err, MS_TEMP, "stopped by a signal");
	if (r->dry_run) {
		count(r, c, c->row.size);
		return 0;
	}
	r->sink_failed = r->begun = false;
	rc = describe(r, c, &m, &more, &why);
	if (rc == 0)
		rc = write_all(r, c, &m, &why);
	ms_buf_release(&more.content);
	ms_buf_release(&more.flags);
	ms_buf_release(&more.place);
	ms_buf_release(&more.moved_places);
	if (rc == 0)
		return 0;
	if (r->sink_failed && why.code != MS_EXISTS && why.code != MS_DATA) {
		*err = why;
		return -1;
	}
	/* Not a fault of this message: the others would fail, too. */
	if (!r->sink_failed && (why.code == MS_INDEX || why.code == MS_TEMP)) {
		*err = why;
		if (r->begun)
			ms_sink_cancel(r->sink, why.msg, NULL);
		return -1;
	}
	ms_hex(c->row.id, MS_SHA_LEN, hex);
	export_failed(r, c, hex, &why);
	if (r->sink_failed || !r->begun)
		return 0;
	return ms_sink_cancel(r->sink, why.msg, err);
}

/* With --as, the access to the mail of another user is recorded. */
static int
record_access(struct export_run *r, uint64_t folder, struct ms_err *err)
{
	const struct ms_folder *f;
	int got = ms_archive_folder_get(r->archive, folder, &f, err);

	return got < 0 ? -1
		       : ms_actor_access(
			     r->archive, got == 1 ? f->user : 0, r->args, err);
}

int
export_choose(
    struct export_run *r, const struct export_choice *c, struct ms_err *err)
{
	if (!r->dry_run && record_access(r, c->row.folder, err) < 0)
		return -1;
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
