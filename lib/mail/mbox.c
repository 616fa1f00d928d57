/*
 * mbox.c - splits an mbox or a message stream into messages: a parser over a
 * window of bytes, without I/O. ms-stream(5), Quoting and Foreign mboxes.
 */
#include "mbox.h"

#include <string.h>
#include "stream.h"

enum state {
	START, /* at the beginning of the input */
	BODY,  /* in a message */
	TAIL, /* bytes that are not part of the message, then a separator or the
		 end */
	BETWEEN, /* the window begins with a separator */
	OVER
};

/* What search() found. */
enum found {
	NOTHING, /* the end of the window */
	PARTIAL, /* more bytes are needed to decide */
	SEPARATOR,
	QUOTED /* a ">" that quoting added */
};

static const char envelope_name[] = "MS-Envelope:";

void
ms_mbox_init(struct ms_mbox *m, enum ms_mbox_kind kind, bool unquote)
{
	*m = (struct ms_mbox){.kind = kind,
	    .unquote = unquote || kind == MS_MBOX_STREAM,
	    .state = START};
}

bool
ms_mbox_ended(const struct ms_mbox *m)
{
	return m->ended;
}

bool
ms_mbox_bare(const struct ms_mbox *m)
{
	return m->bare;
}

/*
 * Whether the bytes begin with text. Returns 1, 0, or -1 if more bytes are
 * needed.
 */
static int
begins(const unsigned char *p, size_t n, bool eof, const char *text)
{
	size_t len = strlen(text);

	if (n >= len)
		return memcmp(p, text, len) == 0;
	return !eof && memcmp(p, text, n) == 0 ? -1 : 0;
}

/*
 * Finds the line at the beginning of the bytes. Returns 1; 0, the line is too
 * long or does not end; -1, more bytes are needed.
 */
static int
from_line(
    const unsigned char *p, size_t n, bool eof, size_t *len, struct ms_slice *s)
{
	const unsigned char *lf;

	lf = memchr(p, '\n', n < MS_MBOX_FROM_MAX ? n : MS_MBOX_FROM_MAX);
	if (lf == NULL)
		return eof || n >= MS_MBOX_FROM_MAX ? 0 : -1;
	*len = (size_t)(lf + 1 - p);
	*s = (struct ms_slice){p, *len - 1};
	if (s->n > 0 && p[s->n - 1] == '\r')
		s->n--;
	return 1;
}

/*
 * Whether the line, which begins with "From ", is a separator. Returns 1, 0, or
 * -1.
 */
static int
separator(const struct ms_mbox *m, const unsigned char *p, size_t n, bool eof)
{
	struct ms_slice line;
	size_t len;
	int rc;

	if (m->kind == MS_MBOX_SINGLE)
		return 0;
	rc = from_line(p, n, eof, &len, &line);
	if (rc <= 0)
		return rc;
	if (m->kind == MS_MBOX_STREAM) {
		if (begins(p, len, true, MS_STREAM_FROM) == 1)
			return 1;
		return begins(p + len, n - len, eof, envelope_name);
	}
	switch (ms_mbox_style(line)) {
	case MS_MBOX_STYLE_DATED:
		break;
	case MS_MBOX_STYLE_GIT:
		/*
		 * Mail contains patches that are not quoted; see ms-stream(5).
		 */
		if (m->style != MS_MBOX_STYLE_GIT)
			return 0;
		break;
	case MS_MBOX_STYLE_WORD:
		if (m->style != MS_MBOX_STYLE_WORD)
			return 0;
		break;
	case MS_MBOX_STYLE_NONE:
		return 0;
	}
	return ms_mbox_header(p + len, n - len, eof);
}

/*
 * Examines the line that begins at *at, and moves *at to the byte that matters.
 */
static enum found
look_at_line(const struct ms_mbox *m, const unsigned char *p, size_t n,
    bool eof, size_t *at)
{
	size_t i = *at;
	int rc;

	if (p[i] == '>' && m->unquote) {
		while (i < n && p[i] == '>')
			i++;
		/*
		 * Any ">" could be removed; it is the last one, so that only
		 * one byte waits for more input.
		 */
		*at = i - 1;
		rc = begins(p + i, n - i, eof, "From ");
		return rc < 0 ? PARTIAL : rc > 0 ? QUOTED : NOTHING;
	}
	if (p[i] != 'F')
		return NOTHING;
	rc = begins(p + i, n - i, eof, "From ");
	if (rc > 0)
		rc = separator(m, p + i, n - i, eof);
	return rc < 0 ? PARTIAL : rc > 0 ? SEPARATOR : NOTHING;
}

/*
 * Finds the next start of a line after q that can matter, or NULL. If ">" is
 * not special, the line must begin with F, and there are fewer Fs than lines.
 */
static const unsigned char *
next_line(
    const struct ms_mbox *m, const unsigned char *q, const unsigned char *end)
{
	if (m->unquote) {
		q = memchr(q, '\n', (size_t)(end - q));
		return q != NULL && q + 1 < end ? q + 1 : NULL;
	}
	while (end - q > 1) {
		q = memchr(q + 1, 'F', (size_t)(end - q) - 1);
		if (q == NULL || q[-1] == '\n')
			return q;
	}
	return NULL;
}

/* Finds the first place in the window where the data stops. */
static enum found
search(const struct ms_mbox *m, const unsigned char *p, size_t n, bool eof,
    bool bol, size_t *at)
{
	const unsigned char *end = p + n, *q = p;
	enum found found;

	if (!bol || n == 0)
		q = next_line(m, p, end);
	for (; q != NULL; q = next_line(m, q, end)) {
		if (*q != 'F' && *q != '>')
			continue;
		*at = (size_t)(q - p);
		found = look_at_line(m, p, n, eof, at);
		if (found != NOTHING)
			return found;
	}
	*at = n;
	return NOTHING;
}

/*
 * How many bytes before p[e] are the line end, or the empty line, that is
 * removed if the message ends there.
 */
static size_t
tail(const struct ms_mbox *m, const unsigned char *p, size_t e)
{
	if (e == 0 || p[e - 1] != '\n')
		return 0;
	if (m->kind == MS_MBOX_STREAM)
		return 1;
	if (e == 1)
		return m->bol ? 1 : 0;
	if (p[e - 2] == '\n')
		return 1;
	if (p[e - 2] != '\r')
		return 0;
	if (e == 2)
		return m->bol ? 2 : 0;
	return p[e - 3] == '\n' ? 2 : 0;
}

/* Whether the last byte of the window may be half of an empty CRLF line. */
static bool
half_line(const struct ms_mbox *m, const unsigned char *p, size_t n)
{
	return n > 0 && p[n - 1] == '\r' && (n > 1 ? p[n - 2] == '\n' : m->bol);
}

/* Ends the message and skips the bytes that are not part of it. */
static enum ms_mbox_event
end_message(struct ms_mbox *m, size_t n, size_t *used)
{
	if (n < m->pending)
		return MS_MBOX_MORE;
	*used = m->pending;
	m->bare = m->pending == 0;
	m->state = m->ended ? BETWEEN : OVER;
	return MS_MBOX_END;
}

static enum ms_mbox_event
body(struct ms_mbox *m, const unsigned char *p, size_t n, bool eof,
    size_t *used, struct ms_slice *piece)
{
	size_t skip = 0, e, pending;
	enum found found;

	found = search(m, p, n, eof, m->bol, &e);
	if (found == QUOTED && e == 0) {
		skip = 1;
		found = search(m, p + 1, n - 1, eof, false, &e);
		e++;
	}
	pending = found == QUOTED ? 0 : tail(m, p, e);
	if (found == NOTHING && !eof && pending == 0 && half_line(m, p, n))
		pending = 1;
	if (found == SEPARATOR || (found == NOTHING && eof)) {
		m->state = TAIL;
		m->pending = (uint8_t)pending;
		m->ended = found == SEPARATOR;
	}
	if (e - pending > skip) {
		*used = e - pending;
		*piece = (struct ms_slice){p + skip, e - pending - skip};
		/*
		 * After ">"s only another ">" matters, and it waits for more
		 * input.
		 */
		m->bol =
		    found == PARTIAL || found == QUOTED || p[*used - 1] == '\n';
		return MS_MBOX_DATA;
	}
	return m->state == TAIL ? end_message(m, n, used) : MS_MBOX_MORE;
}

/* Skips the separator at the beginning of the window. */
static enum ms_mbox_event
begin(struct ms_mbox *m, const unsigned char *p, size_t n, bool eof,
    size_t *used, struct ms_slice *piece)
{
	/* The line was complete before, but the window may be shorter now. */
	if (from_line(p, n, eof, used, piece) <= 0)
		return eof ? MS_MBOX_DONE : MS_MBOX_MORE;
	if (m->state == START)
		m->style = ms_mbox_style(*piece);
	m->state = BODY;
	m->bol = true;
	return MS_MBOX_FROM;
}

static enum ms_mbox_event
start(struct ms_mbox *m, const unsigned char *p, size_t n, bool eof,
    size_t *used, struct ms_slice *piece)
{
	enum ms_mbox_event event;
	size_t i = 0;
	int rc;

	if (m->kind == MS_MBOX_STREAM) {
		rc = begins(p, n, eof, MS_STREAM_FROM);
	} else {
		while (i < n && (p[i] == '\n' || p[i] == '\r'))
			i++;
		rc = ms_mbox_looks(p + i, n - i, eof);
	}
	*used = i;
	if (rc < 0)
		return MS_MBOX_MORE;
	if (rc == 0 && i == n) {
		m->state = OVER;
		return MS_MBOX_DONE;
	}
	*used = 0;
	if (rc > 0) {
		event = begin(m, p + i, n - i, eof, used, piece);
	} else {
		m->state = BODY;
		m->bol = true;
		event = body(m, p + i, n - i, eof, used, piece);
	}
	*used += i;
	return event;
}

enum ms_mbox_event
ms_mbox_next(struct ms_mbox *m, const unsigned char *p, size_t n, bool eof,
    size_t *used, struct ms_slice *piece)
{
	*used = 0;
	if (m->state == OVER)
		return MS_MBOX_DONE;
	if (n == 0 && !eof)
		return MS_MBOX_MORE;
	switch (m->state) {
	case START:
		return start(m, p, n, eof, used, piece);
	case BODY:
		return body(m, p, n, eof, used, piece);
	case TAIL:
		return end_message(m, n, used);
	default:
		return begin(m, p, n, eof, used, piece);
	}
}
