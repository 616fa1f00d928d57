/* flowed.c - paragraphs of format=flowed. RFC 3676, 4. */
#include "body-impl.h"

#include <string.h>

/* A line: its quote depth and its text without quote marks and stuffing. */
struct line {
	size_t depth;
	struct ms_slice text;
	bool flowed; /* the paragraph goes on in the next line */
};

static struct line
parse_line(struct ms_slice s)
{
	struct line l = {.text = s};

	if (l.text.n > 0 && l.text.p[l.text.n - 1] == '\r')
		l.text.n--;
	while (l.text.n > 0 && *l.text.p == '>') {
		l.depth++;
		l.text.p++;
		l.text.n--;
	}
	if (l.text.n > 0 && *l.text.p == ' ') {
		l.text.p++;
		l.text.n--;
	}
	l.flowed = l.text.n > 0 && l.text.p[l.text.n - 1] == ' ' &&
		   !(l.text.n == 3 && memcmp(l.text.p, "-- ", 3) == 0);
	return l;
}

static void
begin(struct ms_buf *out, const struct line *l)
{
	for (size_t i = 0; i < l->depth; i++)
		ms_buf_add_byte(out, '>');
	if (l->depth > 0 && l->text.n > 0)
		ms_buf_add_byte(out, ' ');
}

void
ms_flowed_text(struct ms_slice text, bool del_sp, struct ms_buf *out)
{
	const unsigned char *lf;
	struct line l, before = {0};
	size_t n;

	for (; text.n > 0; text.p += n, text.n -= n) {
		lf = memchr(text.p, '\n', text.n);
		n = lf != NULL ? (size_t)(lf - text.p) : text.n;
		l = parse_line((struct ms_slice){text.p, n});
		n += lf != NULL;
		if (before.flowed && l.depth != before.depth)
			ms_buf_add_byte(out, '\n');
		if (!before.flowed || l.depth != before.depth)
			begin(out, &l);
		ms_buf_add(
		    out, l.text.p, l.text.n - (l.flowed && del_sp ? 1 : 0));
		if (!l.flowed)
			ms_buf_add_byte(out, '\n');
		before = l;
	}
	if (before.flowed)
		ms_buf_add_byte(out, '\n');
}
