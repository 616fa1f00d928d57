/*
 * text.c - reads an answer of many lines as bytes: removes the dots that were
 * added, finds the end and changes nothing else. RFC 1939, 3.
 */
#include "pop3.h"
#include "impl.h"

#include <string.h>

/* Passes on the rest of a line, or the part of it that was read. Returns its
 * length. */
static size_t
put_line(struct ms_pop3_text *t, const unsigned char *p, size_t n,
    ms_pop3_put_fn *put, void *ctx)
{
	const unsigned char *nl = memchr(p, '\n', n);

	if (nl != NULL) {
		n = (size_t)(nl - p) + 1;
		/* A bare LF does not end a line, so a dot after it is data. */
		if (nl > p ? nl[-1] == '\r' : t->after_cr)
			t->place = MS_POP3_AT_START;
	}
	t->after_cr = p[n - 1] == '\r';
	put(ctx, p, n);
	return n;
}

size_t
ms_pop3_unstuff(struct ms_pop3_text *t, const unsigned char *p, size_t n,
    ms_pop3_put_fn *put, void *ctx, bool *end)
{
	size_t i = 0;

	*end = false;
	while (i < n) {
		switch (t->place) {
		case MS_POP3_AT_START:
			t->after_cr = false;
			t->place = MS_POP3_IN_LINE;
			if (p[i] == '.') {
				t->place = MS_POP3_AFTER_DOT;
				i++;
			}
			break;
		case MS_POP3_AFTER_DOT:
			t->place = MS_POP3_IN_LINE;
			if (p[i] == '\r') {
				t->place = MS_POP3_AFTER_DOT_CR;
				i++;
			}
			break;
		case MS_POP3_AFTER_DOT_CR:
			if (p[i] == '\n') {
				*end = true;
				return i + 1;
			}
			put(ctx, (const unsigned char *)"\r", 1);
			t->place = MS_POP3_IN_LINE;
			break;
		case MS_POP3_IN_LINE:
			i += put_line(t, p + i, n - i, put, ctx);
			break;
		}
	}
	return n;
}

int
ms_pop3_read_text(
    struct ms_pop3 *p, ms_pop3_put_fn *put, void *ctx, struct ms_err *err)
{
	struct ms_pop3_text text = {0};
	uint64_t total = 0;
	size_t used;
	bool end;

	for (;;) {
		used = ms_pop3_unstuff(
		    &text, p->input + p->at, p->end - p->at, put, ctx, &end);
		p->at += used;
		total += used;
		if (end)
			return 0;
		if (total > MS_POP3_TEXT_MAX)
			return ms_pop3_kill(p, err, MS_PROTO,
			    "the server sends a message longer than %llu bytes",
			    (unsigned long long)MS_POP3_TEXT_MAX);
		if (ms_pop3_more(p, err) < 0)
			return -1;
	}
}
