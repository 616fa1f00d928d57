/*
 * mbox.c - splits an mbox or a message stream into messages: a parser over a
 * window of bytes, without I/O. ms-stream(5), Quoting and Foreign mboxes.
 */
#include "mbox-impl.h"

#include <string.h>

enum state {
	START, /* at the beginning of the input */
	BODY,  /* in a message */
	TAIL, /* bytes that are not part of the message, then a separator or the
		 end */
	BETWEEN, /* the window begins with a separator */
	OVER
};

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
ms_mbox_between(const struct ms_mbox *m)
{
	return m->state == BETWEEN;
}

void
ms_mbox_resume(struct ms_mbox *m, enum ms_mbox_style style)
{
	m->state = BETWEEN;
	m->style = style;
}

bool
ms_mbox_bare(const struct ms_mbox *m)
{
	return m->bare;
}

/*
 * Whether p[at] begins a line if what ms_mbox_skip_junk() skips is not counted.
 * A writer that quotes counts it, so that nothing is skipped where quoting is
 * undone.
 */
static bool
begins_line(const struct ms_mbox *m, const unsigned char *p, size_t at)
{
	while (!m->unquote && at > 0) {
		if (p[at - 1] == '\0')
			at--;
		else if (at >= MS_BOM && ms_is_bom(p + at - MS_BOM))
			at -= MS_BOM;
		else
			break;
	}
	return at > 0 ? p[at - 1] == '\n' : m->bol || m->nuls;
}

/* Whether all bytes of the line before p[at] are blank. */
static bool
blank_before(const struct ms_mbox *m, const unsigned char *p, size_t at)
{
	while (at > 0 && ms_mbox_blank(p[at - 1]))
		at--;
	if (at > 0)
		return p[at - 1] == '\n';
	return m->bol || m->nuls || m->blank;
}

/* Whether the line before the one that p[at] begins is blank. */
static bool
after_blank(const struct ms_mbox *m, const unsigned char *p, size_t at)
{
	while (at > 0 && p[at - 1] != '\n')
		at--;
	return at > 0 ? blank_before(m, p, at - 1) : m->blank;
}

/*
 * Examines the line that begins at *at, and moves *at to the byte that matters.
 */
static enum ms_found
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
		rc = ms_mbox_begins(p + i, n - i, eof, "From ");
		return rc < 0   ? MS_FOUND_PARTIAL
		       : rc > 0 ? MS_FOUND_QUOTED
				: MS_FOUND_NOTHING;
	}
	if (p[i] != 'F')
		return MS_FOUND_NOTHING;
	/* A byte order mark belongs to the From_ line. */
	if (!m->unquote && i >= MS_BOM && ms_is_bom(p + i - MS_BOM))
		*at -= MS_BOM;
	rc = ms_mbox_begins(p + i, n - i, eof, "From ");
	if (rc <= 0)
		return ms_found_if(rc);
	return ms_mbox_separator(m, p + i, n - i, eof, after_blank(m, p, i));
}

/*
 * Finds the next start of a line after q that can matter, or NULL. If ">" is
 * not special, the line must begin with F, and there are fewer Fs than lines.
 */
static const unsigned char *
next_line(const struct ms_mbox *m, const unsigned char *p,
    const unsigned char *q, const unsigned char *end)
{
	if (m->unquote) {
		q = memchr(q, '\n', (size_t)(end - q));
		return q != NULL && q + 1 < end ? q + 1 : NULL;
	}
	while (end - q > 1) {
		q = memchr(q + 1, 'F', (size_t)(end - q) - 1);
		if (q == NULL || q[-1] == '\n')
			return q;
		if ((q[-1] == '\0' || q[-1] == 0xbf) &&
		    begins_line(m, p, (size_t)(q - p)))
			return q;
	}
	return NULL;
}

/* Finds the first place in the window where the data stops. */
static enum ms_found
search(const struct ms_mbox *m, const unsigned char *p, size_t n, bool eof,
    bool bol, size_t *at)
{
	const unsigned char *end = p + n, *q = p;
	enum ms_found found;

	if (!bol || n == 0)
		q = next_line(m, p, p, end);
	for (; q != NULL; q = next_line(m, p, q, end)) {
		if (!m->unquote)
			q = ms_mbox_skip_junk(q, end);
		if (q == end || (*q != 'F' && *q != '>'))
			continue;
		*at = (size_t)(q - p);
		found = look_at_line(m, p, n, eof, at);
		if (found != MS_FOUND_NOTHING)
			return found;
	}
	*at = n;
	return MS_FOUND_NOTHING;
}

/*
 * How many bytes before p[e] are the line end, or the empty line, that is
 * removed if the message ends there. A line end of a stream is that of its
 * separators; crlf: it can be CRLF.
 */
static size_t
tail(const struct ms_mbox *m, const unsigned char *p, size_t e, bool crlf)
{
	if (e == 0 || p[e - 1] != '\n')
		return 0;
	if (m->kind == MS_MBOX_STREAM)
		return crlf && e > 1 && p[e - 2] == '\r' ? 2 : 1;
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

/*
 * How many bytes at the end of the window may be a part of what is removed
 * before a separator: half of a CRLF, or a byte order mark.
 */
static size_t
half_line(const struct ms_mbox *m, const unsigned char *p, size_t n)
{
	size_t k = 1;

	if (n > 0 && p[n - 1] == '\r' && m->kind == MS_MBOX_STREAM)
		return 1;
	if (n > 0 && p[n - 1] == '\r')
		return n > 1 ? p[n - 2] == '\n' : m->bol;
	for (; !m->unquote && k <= MS_BOM && k <= n; k++)
		if (memcmp(p + n - k, "\xef\xbb\xbf", k) == 0)
			return begins_line(m, p, n - k) ? k : 0;
	return 0;
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

/*
 * Remembers how the bytes that are used end. After ">"s only another ">"
 * matters, and it waits for more input: stop.
 */
static void
pass(struct ms_mbox *m, const unsigned char *p, size_t used, bool stop)
{
	bool new_line = begins_line(m, p, used);

	m->blank =
	    new_line ? after_blank(m, p, used) : blank_before(m, p, used);
	m->nuls = new_line && p[used - 1] != '\n';
	m->bol = stop || (new_line && !m->nuls);
}

/* Whether the first line ends with CRLF. */
static bool
ends_crlf(const unsigned char *p, size_t n)
{
	const unsigned char *lf = memchr(p, '\n', n);

	return lf != NULL && lf > p && lf[-1] == '\r';
}

static enum ms_mbox_event
body(struct ms_mbox *m, const unsigned char *p, size_t n, bool eof,
    size_t *used, struct ms_slice *piece)
{
	size_t skip = 0, e, pending, half;
	enum ms_found found;
	bool crlf;

	found = search(m, p, n, eof, m->bol || m->nuls, &e);
	if (found == MS_FOUND_QUOTED && e == 0) {
		skip = 1;
		found = search(m, p + 1, n - 1, eof, false, &e);
		e++;
	}
	half = found == MS_FOUND_NOTHING && !eof ? half_line(m, p, n) : 0;
	/* Both bytes of a CRLF are kept back until the separator is known. */
	crlf = found == MS_FOUND_SEPARATOR ? ends_crlf(p + e, n - e) : !eof;
	pending = found == MS_FOUND_QUOTED || found == MS_FOUND_DOUBT
		      ? 0
		      : half + tail(m, p, e - half, crlf);
	if (found == MS_FOUND_SEPARATOR || (found == MS_FOUND_NOTHING && eof)) {
		m->state = TAIL;
		m->pending = (uint8_t)pending;
		m->ended = found == MS_FOUND_SEPARATOR;
	}
	if (e - pending > skip) {
		*used = e - pending;
		*piece = (struct ms_slice){p + skip, e - pending - skip};
		pass(m, p, *used,
		    found == MS_FOUND_PARTIAL || found == MS_FOUND_QUOTED);
		return MS_MBOX_DATA;
	}
	if (found == MS_FOUND_DOUBT) {
		(void)ms_mbox_line(p + ms_mbox_mark(p, n),
		    n - ms_mbox_mark(p, n), eof, &e, piece);
		m->bol = m->nuls = m->blank = false;
		return MS_MBOX_DOUBT;
	}
	return m->state == TAIL ? end_message(m, n, used) : MS_MBOX_MORE;
}

/* Skips the separator at the beginning of the window. */
static enum ms_mbox_event
begin(struct ms_mbox *m, const unsigned char *p, size_t n, bool eof,
    size_t *used, struct ms_slice *piece)
{
	size_t i = ms_mbox_mark(p, n);
	int empty = 0;

	/* The line was complete before, but the window may be shorter now. */
	if (ms_mbox_line(p + i, n - i, eof, used, piece) <= 0)
		return eof ? MS_MBOX_DONE : MS_MBOX_MORE;
	i += *used;
	*used = 0;
	if (m->kind != MS_MBOX_STREAM)
		empty = ms_mbox_empty_line(p + i, n - i, eof);
	if (empty < 0)
		return MS_MBOX_MORE;
	*used = i + (size_t)empty;
	if (m->state == START)
		m->style = ms_mbox_style(*piece);
	m->state = BODY;
	m->bol = true;
	m->nuls = m->blank = false;
	return MS_MBOX_FROM;
}

static enum ms_mbox_event
start(struct ms_mbox *m, const unsigned char *p, size_t n, bool eof,
    size_t *used, struct ms_slice *piece)
{
	enum ms_mbox_event event;
	enum ms_found found;
	size_t i = 0;

	if (m->kind != MS_MBOX_STREAM)
		i = ms_mbox_skip_blank(p, n);
	found = ms_mbox_first(p + i, n - i, eof, m->kind == MS_MBOX_STREAM);
	*used = i;
	if (found == MS_FOUND_PARTIAL)
		return MS_MBOX_MORE;
	if (found == MS_FOUND_NOTHING && i == n) {
		m->state = OVER;
		return MS_MBOX_DONE;
	}
	if (found == MS_FOUND_DOUBT && m->kind != MS_MBOX_SINGLE &&
	    !m->doubted) {
		m->doubted = true;
		(void)ms_mbox_line(p + i, n - i, eof, &i, piece);
		return MS_MBOX_DOUBT;
	}
	*used = 0;
	if (found != MS_FOUND_NOTHING) {
		event = begin(m, p + i, n - i, eof, used, piece);
	} else {
		m->state = BODY;
		m->bol = m->blank = true;
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
