/* encode.c - the text of a body: line ends and quoted-printable (RFC 2045,
 * 6.7). ms-mapi(7), Bodies. */
#include "impl.h"

#define TEXT_LINE_MAX 998 /* RFC 5322, 2.1.1, without the line end */
#define QUOTED_MAX 76     /* RFC 2045, 6.7, with the "=" of a soft line break */

/* The length of a line, and of its end; CR, LF and CRLF end one. */
static size_t
line_length(struct ms_slice text, size_t *end)
{
	size_t n = 0;

	while (n < text.n && text.p[n] != '\r' && text.p[n] != '\n')
		n++;
	*end = 0;
	if (n < text.n)
		*end =
		    text.p[n] == '\r' && n + 1 < text.n && text.p[n + 1] == '\n'
			? 2
			: 1;
	return n;
}

bool
ms_mapi_is_7bit(struct ms_slice text)
{
	size_t n, end;

	for (; text.n > 0;
	     text = (struct ms_slice){text.p + n + end, text.n - n - end}) {
		n = line_length(text, &end);
		if (n > TEXT_LINE_MAX)
			return false;
		for (size_t i = 0; i < n; i++)
			if ((text.p[i] < ' ' && text.p[i] != '\t') ||
			    text.p[i] > 0x7e)
				return false;
	}
	return true;
}

void
ms_mapi_crlf(struct ms_slice text, struct ms_buf *out)
{
	size_t n, end;

	for (; text.n > 0;
	     text = (struct ms_slice){text.p + n + end, text.n - n - end}) {
		n = line_length(text, &end);
		ms_buf_add(out, text.p, n);
		if (end > 0)
			ms_buf_add_str(out, "\r\n");
	}
}

static void
quote_line(struct ms_buf *out, const unsigned char *p, size_t n)
{
	static const char hex[] = "0123456789ABCDEF";
	size_t column = 0, width;
	bool plain;

	for (size_t i = 0; i < n; i++) {
		plain = (p[i] > ' ' && p[i] < 0x7f && p[i] != '=') ||
			((p[i] == ' ' || p[i] == '\t') && i + 1 < n);
		width = plain ? 1 : 3;
		if (column + width > QUOTED_MAX - (i + 1 < n)) {
			ms_buf_add_str(out, "=\r\n");
			column = 0;
		}
		if (plain) {
			ms_buf_add_byte(out, p[i]);
		} else {
			ms_buf_add_byte(out, '=');
			ms_buf_add_byte(out, (unsigned char)hex[p[i] >> 4]);
			ms_buf_add_byte(out, (unsigned char)hex[p[i] & 15]);
		}
		column += width;
	}
}

void
ms_mapi_quoted(struct ms_slice text, struct ms_buf *out)
{
	size_t n, end;

	for (; text.n > 0;
	     text = (struct ms_slice){text.p + n + end, text.n - n - end}) {
		n = line_length(text, &end);
		quote_line(out, text.p, n);
		if (end > 0)
			ms_buf_add_str(out, "\r\n");
	}
}
