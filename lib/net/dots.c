/*
 * dots.c - reads text that ends with a line of one dot, as bytes: removes the
 * dots that were added, finds the end and changes nothing else. RFC 1939, 3.
 */
#include "dots.h"

#include <string.h>

/* Passes on the rest of a line, or the part of it that was read. Returns its
 * length. */
static size_t
put_line(struct ms_dots *t, const unsigned char *p, size_t n,
    ms_dots_put_fn *put, void *ctx)
{
	const unsigned char *nl = memchr(p, '\n', n);

	if (nl != NULL) {
		n = (size_t)(nl - p) + 1;
		/* A bare LF does not end a line, so a dot after it is data. */
		if (t->lf_lines || (nl > p ? nl[-1] == '\r' : t->after_cr))
			t->place = MS_DOTS_AT_START;
	}
	t->after_cr = p[n - 1] == '\r';
	put(ctx, p, n);
	return n;
}

size_t
ms_dots_remove(struct ms_dots *t, const unsigned char *p, size_t n,
    ms_dots_put_fn *put, void *ctx, bool *end)
{
	size_t i = 0;

	*end = false;
	while (i < n) {
		switch (t->place) {
		case MS_DOTS_AT_START:
			t->after_cr = false;
			t->place = MS_DOTS_IN_LINE;
			if (p[i] == '.') {
				t->place = MS_DOTS_AFTER_DOT;
				i++;
			}
			break;
		case MS_DOTS_AFTER_DOT:
			t->place = MS_DOTS_IN_LINE;
			if (t->lf_lines && p[i] == '\n') {
				*end = true;
				return i + 1;
			}
			if (p[i] == '\r') {
				t->place = MS_DOTS_AFTER_DOT_CR;
				i++;
			}
			break;
		case MS_DOTS_AFTER_DOT_CR:
			if (p[i] == '\n') {
				*end = true;
				return i + 1;
			}
			put(ctx, (const unsigned char *)"\r", 1);
			t->place = MS_DOTS_IN_LINE;
			break;
		case MS_DOTS_IN_LINE:
			i += put_line(t, p + i, n - i, put, ctx);
			break;
		}
	}
	return n;
}
