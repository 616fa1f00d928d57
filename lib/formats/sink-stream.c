/* sink-stream.c - the message stream as a destination. ms-stream(5). */
#include "sink-impl.h"
#include "time.h"

#include <stdlib.h>
#include <string.h>

struct stream {
	struct ms_sink sink;
	struct ms_outfile file;
	struct ms_stream_writer *writer;
	struct ms_envelope env;
};

static void
set(struct ms_envelope *env, enum ms_attr a, const char *value)
{
	if (value != NULL && value[0] != '\0')
		ms_envelope_set(env, a, value);
}

/* The reader knows which kind a date without a raw date has. */
static void
set_dates(struct ms_envelope *env, const struct ms_out_message *m)
{
	char date[21], raw[MS_RAW_TEXT];
	bool plain = m->raw.kind == ms_raw_unstated(m->source) &&
		     m->raw.date == m->arrived;

	if (m->has_date) {
		ms_time_format(m->arrived, date);
		set(env, MS_ATTR_DATE, date);
	}
	if (m->has_date ? !plain : m->raw.kind != MS_RAW_NONE) {
		ms_raw_format(m->raw, raw);
		set(env, MS_ATTR_RAW_DATE, raw);
	}
}

/* These attributes are never passed on from earlier streams. */
static void
set_moves(struct ms_envelope *env, const struct ms_out_message *m)
{
	char at[21];

	ms_time_format(m->moved_at, at);
	ms_envelope_set(env, MS_ATTR_REF, m->ref);
	ms_envelope_set(env, MS_ATTR_MOVED_FROM, m->moved_from);
	ms_envelope_set(env, MS_ATTR_MOVED_PLACES, m->moved_places);
	ms_envelope_set(
	    env, MS_ATTR_MOVED_AT, m->moved_from != NULL ? at : NULL);
	ms_envelope_set(env, MS_ATTR_MOVED_AWAY, m->moved_away ? "yes" : NULL);
	ms_envelope_set(env, MS_ATTR_SHOWN, m->shown);
	ms_envelope_set(env, MS_ATTR_SHOWN_USER, m->shown_user);
}

static int
stream_begin(
    struct ms_sink *sink, const struct ms_out_message *m, struct ms_err *err)
{
	struct stream *s = (struct stream *)sink;
	struct ms_trailer unused;

	/*
	 * Attributes that the archive does not interpret are passed on
	 * unchanged.
	 */
	ms_envelope_release(&s->env);
	if (m->other.n > 0 &&
	    ms_envelope_parse(&s->env, &unused, m->other, NULL) != 1)
		ms_envelope_release(&s->env);
	set(&s->env, MS_ATTR_USER, m->user);
	set(&s->env, MS_ATTR_SOURCE, m->source);
	set(&s->env, MS_ATTR_LABEL, m->label);
	set(&s->env, MS_ATTR_FOLDER, m->folder);
	set(&s->env, MS_ATTR_UID, m->place);
	set(&s->env, MS_ATTR_FLAGS, m->flags);
	set_dates(&s->env, m);
	set_moves(&s->env, m);
	return ms_stream_begin(s->writer, &s->env, err);
}

static int
stream_data(
    struct ms_sink *sink, const unsigned char *p, size_t n, struct ms_err *err)
{
	return ms_stream_data(((struct stream *)sink)->writer, p, n, err);
}

static int
stream_end(struct ms_sink *sink, struct ms_err *err)
{
	return ms_stream_end(((struct stream *)sink)->writer, err);
}

static int
stream_cancel(struct ms_sink *sink, const char *reason, struct ms_err *err)
{
	return ms_stream_cancel(((struct stream *)sink)->writer, reason, err);
}

static int
stream_flush(struct ms_sink *sink, struct ms_err *err)
{
	return ms_outfile_flush(&((struct stream *)sink)->file, err);
}

/*
 * On standard output, the trailer is also written after a failure, so that the
 * reader learns of it.
 */
static int
stream_close(
    struct ms_sink *sink, const struct ms_trailer *t, struct ms_err *err)
{
	struct stream *s = (struct stream *)sink;
	bool keep = ms_sink_complete(t);
	int rc = 0;

	if (keep || s->file.path == NULL)
		rc = ms_stream_trailer(s->writer, t, err);
	if (ms_outfile_close(&s->file, keep && rc == 0, rc == 0 ? err : NULL) <
	    0)
		rc = -1;
	ms_stream_writer_free(s->writer);
	ms_envelope_release(&s->env);
	free(s);
	return rc;
}

static const struct ms_sink_ops stream_ops = {.begin = stream_begin,
    .data = stream_data,
    .end = stream_end,
    .cancel = stream_cancel,
    .flush = stream_flush,
    .close = stream_close};

static int
stream_open(
    struct ms_sink **out, const struct ms_sink_options *opt, struct ms_err *err)
{
	struct stream *s = ms_xcalloc(1, sizeof(*s));

	s->sink.ops = &stream_ops;
	s->sink.can_cancel = true;
	if (ms_outfile_open(&s->file, opt->dest, err) < 0) {
		free(s);
		return -1;
	}
	s->writer = ms_stream_writer_new(s->file.f);
	*out = &s->sink;
	return 0;
}

const struct ms_sink_format ms_sink_stream = {.name = "stream",
    .eol = MS_EXPORT_ORIGINAL,
    .moves = true,
    .open = stream_open};
