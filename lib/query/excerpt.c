/* excerpt.c - shows where a query is wrong: the query, or what of it is near
 * the character, and a caret below it. ms-query(7), Errors. */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "impl.h"
#include "report.h"
#include "term.h"
#include "utf8.h"

#undef ms_query_refuse

#define INDENT "    "
#define CUT "..."
#define SIDE_COLUMNS 34 /* shown before the character, and after it */
#define SIDE_BYTES 80   /* at most */

/* The beginning of the character before this byte. */
static size_t
step_back(struct ms_slice s, size_t at)
{
	do {
		at--;
	} while (at > 0 && (s.p[at] & 0xc0) == 0x80);
	return at;
}

static size_t
columns(struct ms_buf *text)
{
	return ms_term_columns(ms_buf_str(text));
}

/* Appends bytes of the query as a terminal can show them. */
static void
add_shown(struct ms_buf *out, struct ms_slice s, size_t from, size_t to)
{
	char *part = ms_xstrndup(s.p + from, to - from);

	ms_term_sanitize(out, part);
	free(part);
}

/* The first byte that is shown: few columns before the character. */
static size_t
first_shown(struct ms_slice s, size_t at, struct ms_buf *shown)
{
	size_t from = at, next;

	while (from > 0) {
		next = step_back(s, from);
		ms_buf_clear(shown);
		add_shown(shown, s, next, at);
		if (columns(shown) > SIDE_COLUMNS || at - next > SIDE_BYTES)
			break;
		from = next;
	}
	return from;
}

/* The byte after the last one that is shown. */
static size_t
last_shown(struct ms_slice s, size_t at, struct ms_buf *shown)
{
	size_t to = at, next;

	while (to < s.n) {
		for (next = to + 1; next < s.n && (s.p[next] & 0xc0) == 0x80;)
			next++;
		ms_buf_clear(shown);
		add_shown(shown, s, at, next);
		if (columns(shown) > SIDE_COLUMNS || next - at > SIDE_BYTES)
			break;
		to = next;
	}
	return to;
}

static void
write_excerpt(struct ms_slice s, size_t at, struct ms_err *err)
{
	struct ms_buf out = {0}, shown = {0};
	size_t from, to, before;

	from = first_shown(s, at, &shown);
	to = last_shown(s, at, &shown);
	ms_buf_clear(&shown);
	ms_buf_add_str(&shown, from > 0 ? INDENT CUT : INDENT);
	add_shown(&shown, s, from, at);
	before = columns(&shown);
	ms_buf_add(&out, shown.p, shown.n);
	add_shown(&out, s, at, to);
	ms_buf_add_str(&out, to < s.n ? CUT "\n" : "\n");
	for (size_t i = 0; i < before; i++)
		ms_buf_add_byte(&out, ' ');
	ms_buf_add_byte(&out, '^');
	snprintf(err->excerpt, sizeof(err->excerpt), "%s", ms_buf_str(&out));
	ms_buf_release(&out);
	ms_buf_release(&shown);
}

int
ms_query_refuse(const struct ms_query_parser *ps, size_t at, struct ms_err *err,
    const char *fmt, ...)
{
	char text[sizeof(err->msg)];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	if (err == NULL)
		return -1;
	(void)ms_fail(err, MS_USAGE, "%.400s", text);
	write_excerpt(ps->text, at < ps->text.n ? at : ps->text.n, err);
	return -1;
}
