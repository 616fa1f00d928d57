/*
 * source-stream.c - a message stream: messages with envelopes, void lines,
 * trailers. ms-stream(5).
 */
#include "source-impl.h"
#include "stop.h"
#include "time.h"

#include <inttypes.h>
#include <string.h>

static const char field[] = "MS-Envelope:";
#define FIELD_LEN (sizeof(field) - 1)

static struct ms_slice
without_cr(struct ms_slice line)
{
	if (line.n > 0 && line.p[line.n - 1] == '\r')
		line.n--;
	return line;
}

static int
looks(const struct ms_source *src, struct ms_slice w, bool eof)
{
	size_t n = sizeof(MS_STREAM_FROM) - 2;
	const unsigned char *lf;

	if (!src->file.named ||
	    memcmp(w.p, MS_STREAM_FROM, w.n < n ? w.n : n) != 0)
		return 0;
	lf = memchr(w.p, '\n', w.n < n + 2 ? w.n : n + 2);
	if (lf == NULL)
		return eof || w.n >= n + 2 ? 0 : -1;
	w.n = (size_t)(lf - w.p);
	return ms_mbox_is_stream(without_cr(w));
}

static void
begin(struct ms_source *src)
{
	ms_mbox_init(&src->mbox, MS_MBOX_STREAM, true);
	src->stream = true;
	src->in.grace_ms = MS_STOP_GRACE_MS;
}

/*
 * Examines the line at `from` in the window. Returns 1, and line is the text
 * after "MS-Envelope:"; 0 for another line, or a line that is too long or
 * incomplete; -1.
 */
static int
envelope_line(struct ms_source *src, size_t from, struct ms_slice *line,
    struct ms_err *err)
{
	const unsigned char *lf;
	struct ms_slice w;
	size_t n;
	int rc = 1;

	for (;;) {
		w = ms_input_window(&src->in);
		w.p += from;
		w.n -= from;
		n = w.n < FIELD_LEN ? w.n : FIELD_LEN;
		if (memcmp(w.p, field, n) != 0)
			return 0;
		n = w.n < MS_ENVELOPE_MAX ? w.n : MS_ENVELOPE_MAX;
		lf = memchr(w.p, '\n', n);
		if (lf != NULL && (size_t)(lf - w.p) >= FIELD_LEN)
			break;
		if (lf != NULL || n == MS_ENVELOPE_MAX || rc == 0)
			return 0;
		rc = ms_input_more(&src->in, err);
		if (rc < 0)
			return -1;
	}
	line->p = w.p + FIELD_LEN;
	line->n = (size_t)(lf - line->p);
	return 1;
}

/* Finds the next separator. Returns 1, 0 if there is none, or -1. */
static int
next_separator(struct ms_source *src, struct ms_err *err)
{
	struct ms_slice from;
	uint64_t offset;
	int event = ms_source_split(src, &from, &offset, err);

	return event < 0 ? -1 : event == MS_MBOX_FROM;
}

static void
add_trailer(struct ms_source *src, const struct ms_trailer *t)
{
	struct ms_trailer *sum = &src->trailer;

	/*
	 * A forged sum can wrap around, which is harmless: it is only compared.
	 */
	sum->messages += t->messages;
	sum->failed += t->failed;
	if (t->status > sum->status)
		sum->status = t->status;
	if (sum->archive[0] == '\0')
		memcpy(sum->archive, t->archive, sizeof(sum->archive));
	else if (t->archive[0] != '\0' && strcmp(t->archive, sum->archive) != 0)
		snprintf(sum->archive, sizeof(sum->archive), "%s",
		    MS_SEVERAL_ARCHIVES);
	src->whole = true;
}

/*
 * Skips what follows a trailer or a void line, which should be an empty line.
 */
static int
pass_over(struct ms_source *src, struct ms_err *err)
{
	struct ms_slice piece;
	uint64_t extra = 0, offset;
	int event;

	while ((event = ms_source_split(src, &piece, &offset, err)) ==
	       MS_MBOX_DATA)
		for (size_t i = 0; i < piece.n; i++)
			extra += piece.p[i] != '\n' && piece.p[i] != '\r';
	if (event < 0)
		return -1;
	if (extra == 0)
		return 0;
	src->whole = false;
	return ms_fail(err, MS_DATA,
	    "%" PRIu64 " bytes after a trailer are not a message", extra);
}

/*
 * The envelope of a message is not readable. Returns 0 if it is not a message,
 * but an incomplete trailer.
 */
static int
bad_envelope(struct ms_source *src, struct ms_err *err)
{
	static const char trailer[] = "MS-Envelope: end";
	struct ms_slice w = ms_input_window(&src->in);

	src->reading = true;
	if (src->in.eof && memchr(w.p, '\n', w.n) == NULL) {
		if (w.n >= sizeof(trailer) - 1 &&
		    memcmp(w.p, trailer, sizeof(trailer) - 1) == 0)
			return 0;
		return ms_fail(
		    err, MS_DATA, "incomplete: the stream ends in an envelope");
	}
	if (w.n >= FIELD_LEN && memcmp(w.p, field, FIELD_LEN) == 0)
		return ms_fail(err, MS_DATA, "envelope: more than %d bytes",
		    MS_ENVELOPE_MAX);
	return ms_fail(
	    err, MS_DATA, "the message does not begin with MS-Envelope");
}

/* Version 0.1 wrote no raw date. */
static void
set_date(struct ms_source *src)
{
	const char *raw = src->env.value[MS_ATTR_RAW_DATE];
	const char *text = src->env.value[MS_ATTR_DATE];
	int64_t date;

	if (raw != NULL && ms_raw_parse(raw, &src->raw))
		return;
	if (text != NULL && ms_time_parse(text, &date))
		ms_source_set_date(
		    src, ms_raw_unstated(src->env.value[MS_ATTR_SOURCE]), date);
}

static int
next(struct ms_source *src, struct ms_err *err)
{
	struct ms_trailer t;
	struct ms_slice line;
	int rc;

	for (;;) {
		ms_source_where_at(src, ", message ", src->count + 1);
		ms_envelope_release(&src->env);
		rc = next_separator(src, err);
		if (rc <= 0)
			return rc;
		src->whole = false;
		rc = envelope_line(src, 0, &line, err);
		if (rc < 0)
			return -1;
		if (rc == 0)
			return bad_envelope(src, err);
		rc = ms_envelope_parse(&src->env, &t, without_cr(line), err);
		if (rc == MS_STREAM_IDLE)
			(void)ms_envelope_progress(without_cr(line),
			    &src->writer, &src->writer_folder);
		ms_input_use(&src->in, FIELD_LEN + line.n + 1);
		if (rc < 0) {
			src->reading = true;
			return -1;
		}
		if (rc == MS_STREAM_ENVELOPE)
			break;
		if (rc == MS_STREAM_TRAILER)
			add_trailer(src, &t);
		if (pass_over(src, err) < 0)
			return -1;
	}
	src->trusted = true;
	ms_source_folder(src, src->env.value[MS_ATTR_FOLDER]);
	ms_source_set_folder(src);
	set_date(src);
	return 1;
}

/*
 * The message has ended at a separator. Returns 0, or -1 if its writer has
 * cancelled it.
 */
static int
check_end(struct ms_source *src, struct ms_err *err)
{
	struct ms_slice w = ms_input_window(&src->in), line;
	const unsigned char *lf = memchr(w.p, '\n', w.n);
	struct ms_buf reason = {0};
	int rc;

	rc = envelope_line(src, (size_t)(lf + 1 - w.p), &line, err);
	if (rc > 0 && ms_envelope_void(without_cr(line), &reason))
		rc = ms_fail(err, MS_DATA, MS_SOURCE_CANCELLED "%s%s",
		    reason.n > 0 ? ": " : "", ms_buf_str(&reason));
	ms_buf_release(&reason);
	return rc < 0 ? -1 : 0;
}

static int
read_piece(struct ms_source *src, struct ms_slice *piece, struct ms_err *err)
{
	uint64_t offset;
	int event = ms_source_split(src, piece, &offset, err);

	if (event < 0 || event == MS_MBOX_DATA)
		return event < 0 ? -1 : 1;
	if (!ms_mbox_ended(&src->mbox))
		return ms_fail(
		    err, MS_DATA, "incomplete: the stream ends in the message");
	if (ms_mbox_bare(&src->mbox) && src->env.value[MS_ATTR_REF] == NULL)
		return ms_fail(
		    err, MS_DATA, "incomplete: another message begins in it");
	return check_end(src, err);
}

const struct ms_source_format ms_source_stream = {
    .format = MS_FORMAT_STREAM,
    .mismatch = "not a message stream",
    .looks = looks,
    .begin = begin,
    .next = next,
    .read = read_piece,
};
