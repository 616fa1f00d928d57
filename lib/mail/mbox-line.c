/*
 * mbox-line.c - judges a line of an mbox or a stream: whether it is a
 * separator, text, or in doubt. ms-stream(5), Foreign mboxes.
 */
#include "mbox-impl.h"

#include "stream.h"

static const char envelope_name[] = "MS-Envelope:";

const unsigned char *
ms_mbox_skip_junk(const unsigned char *p, const unsigned char *end)
{
	while (
	    p < end && (*p == '\0' || ms_mbox_mark(p, (size_t)(end - p)) > 0))
		p += *p == '\0' ? 1 : MS_BOM;
	return p;
}

int
ms_mbox_begins(const unsigned char *p, size_t n, bool eof, const char *text)
{
	size_t len = strlen(text);

	if (n >= len)
		return memcmp(p, text, len) == 0;
	return !eof && memcmp(p, text, n) == 0 ? -1 : 0;
}

int
ms_mbox_line(
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

bool
ms_mbox_is_stream(struct ms_slice line)
{
	return line.n == sizeof(MS_STREAM_FROM) - 2 &&
	       memcmp(line.p, MS_STREAM_FROM, line.n) == 0;
}

static bool
is_dated(enum ms_mbox_style style)
{
	return style == MS_MBOX_STYLE_DATED || style == MS_MBOX_STYLE_GIT;
}

enum ms_found
ms_mbox_separator(const struct ms_mbox *m, const unsigned char *p, size_t n,
    bool eof, bool blank)
{
	enum ms_mbox_style style;
	struct ms_slice line;
	bool dated;
	size_t len;
	int rc;

	if (m->kind == MS_MBOX_SINGLE)
		return MS_FOUND_NOTHING;
	rc = ms_mbox_line(p, n, eof, &len, &line);
	if (rc <= 0)
		return ms_found_if(rc);
	if (m->kind == MS_MBOX_STREAM && ms_mbox_is_stream(line))
		return MS_FOUND_SEPARATOR;
	if (m->kind == MS_MBOX_STREAM)
		return ms_found_if(
		    ms_mbox_begins(p + len, n - len, eof, envelope_name));
	style = ms_mbox_style(line);
	if (style == MS_MBOX_STYLE_NONE ||
	    (style == MS_MBOX_STYLE_GIT && m->style != style))
		return MS_FOUND_NOTHING;
	dated = is_dated(style);
	p += len;
	n -= len;
	rc = dated ? ms_mbox_header(p, n, eof) : 0;
	if (rc != 0)
		return ms_found_if(rc);
	rc = ms_mbox_fields(p, n, eof);
	if (rc == 2 &&
	    (blank || (style == MS_MBOX_STYLE_WORD && m->style == style)))
		return MS_FOUND_SEPARATOR;
	if (rc == 2)
		return dated || ms_mbox_field(p, n, eof) > 0 ? MS_FOUND_DOUBT
							     : MS_FOUND_NOTHING;
	if (rc >= 0)
		return blank && (rc == 1 || dated) ? MS_FOUND_DOUBT
						   : MS_FOUND_NOTHING;
	return MS_FOUND_PARTIAL;
}

int
ms_mbox_empty_line(const unsigned char *p, size_t n, bool eof)
{
	size_t i = n > 0 && p[0] == '\r' ? 1 : 0;
	int rc;

	if (i == n)
		return eof ? 0 : -1;
	if (p[i++] != '\n')
		return 0;
	rc = ms_mbox_field(p + i, n - i, eof);
	if (rc > 0)
		rc = ms_mbox_fields(p + i, n - i, eof);
	return rc < 0 ? -1 : rc == 2 ? (int)i : 0;
}

/* The number of blank bytes at the beginning, at most MS_MBOX_FIELD_MAX. */
static size_t
blanks(const unsigned char *p, size_t n)
{
	size_t i = 0;

	while (i < n && i < MS_MBOX_FIELD_MAX && ms_mbox_blank(p[i]))
		i++;
	return i;
}

size_t
ms_mbox_skip_blank(const unsigned char *p, size_t n)
{
	const unsigned char *end = p + n, *line = p;
	size_t i;

	for (;;) {
		line = ms_mbox_skip_junk(line, end);
		i = blanks(line, (size_t)(end - line));
		if (line + i == end || line[i] != '\n')
			return (size_t)(line - p);
		line += i + 1;
	}
}

enum ms_found
ms_mbox_first(const unsigned char *p, size_t n, bool eof, bool stream)
{
	enum ms_mbox_style style;
	struct ms_slice line;
	bool dated;
	size_t len;
	int rc;

	if (!eof && n < MS_MBOX_FIELD_MAX && blanks(p, n) == n)
		return MS_FOUND_PARTIAL;
	rc = ms_mbox_begins(p, n, eof, "From ");
	if (rc > 0)
		rc = ms_mbox_line(p, n, eof, &len, &line);
	if (rc <= 0)
		return ms_found_if(rc);
	if (stream)
		return ms_found_if(ms_mbox_is_stream(line));
	style = ms_mbox_style(line);
	if (style == MS_MBOX_STYLE_NONE)
		return MS_FOUND_NOTHING;
	dated = is_dated(style);
	rc = dated ? ms_mbox_header(p + len, n - len, eof) : 0;
	if (rc == 0)
		rc = ms_mbox_fields(p + len, n - len, eof);
	else if (rc > 0)
		return MS_FOUND_SEPARATOR;
	return rc == 1 || (rc == 0 && dated) ? MS_FOUND_DOUBT : ms_found_if(rc);
}

int
ms_mbox_looks(const unsigned char *p, size_t n, bool eof)
{
	size_t i = ms_mbox_skip_blank(p, n), len;
	struct ms_slice line;

	switch (ms_mbox_first(p + i, n - i, eof, false)) {
	case MS_FOUND_PARTIAL:
		return -1;
	case MS_FOUND_SEPARATOR:
		return 1;
	case MS_FOUND_DOUBT:
		return ms_mbox_line(p + i, n - i, eof, &len, &line) == 1 &&
			       is_dated(ms_mbox_style(line))
			   ? 1
			   : 2;
	default:
		return 0;
	}
}
