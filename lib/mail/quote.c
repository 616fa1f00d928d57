/* quote.c - mboxrd quoting of bytes that come in pieces. ms-stream(5). */
#include "quote.h"

#include <string.h>

static const unsigned char word[] = "From ";
#define WORD MS_QUOTE_MID /* its length */

void
ms_quote_begin(struct ms_quote *q)
{
	q->matched = 0;
}

/*
 * Looks at the bytes from i on as the beginning of a line, or its
 * continuation. Bytes from *start on were not written yet. Returns where the
 * beginning ends; q says what it was.
 */
static int
line_start(struct ms_quote *q, const unsigned char *p, size_t n, size_t *start,
    size_t *at, ms_quote_fn *write, void *ctx, struct ms_err *err)
{
	unsigned held = q->matched;
	size_t i = *at, from;

	while (held == 0 && i < n && p[i] == '>')
		i++;
	from = i;
	while (i < n && q->matched < WORD && p[i] == word[q->matched]) {
		q->matched++;
		i++;
	}
	*at = i;
	if (i == n && q->matched < WORD) {
		/* What follows decides: these bytes wait for it. */
		if (from > *start &&
		    write(ctx, p + *start, from - *start, err) < 0)
			return -1;
		*start = n;
		return 0;
	}
	/* A ">" more before "From " is a ">" more before ">>From ". */
	if (q->matched == WORD) {
		if (from > *start &&
		    write(ctx, p + *start, from - *start, err) < 0)
			return -1;
		*start = from;
		if (write(ctx, (const unsigned char *)">", 1, err) < 0)
			return -1;
	}
	q->matched = WORD;
	return held > 0 ? write(ctx, word, held, err) : 0;
}

/* The first "From " between the two, or NULL. memmem() looks at a quarter of
 * the bytes; few of them are an F. */
static const unsigned char *
find_word(const unsigned char *p, const unsigned char *end)
{
	while ((p = memchr(p, word[0], (size_t)(end - p))) != NULL) {
		if ((size_t)(end - p) >= WORD && memcmp(p, word, WORD) == 0)
			return p;
		p++;
	}
	return NULL;
}

/* From the middle of a line at i: where the next line that has to be quoted
 * gets its ">", or n; then *next is where the last line begins, or n. */
static size_t
find(const unsigned char *p, size_t n, size_t i, size_t *next)
{
	const unsigned char *end = p + n, *hit = p + i, *line;

	while ((hit = find_word(hit, end)) != NULL) {
		for (line = hit; line > p + i && line[-1] == '>'; line--)
			;
		if (line > p + i && line[-1] == '\n') {
			*next = (size_t)(hit - p) + WORD;
			return (size_t)(hit - p);
		}
		hit += WORD;
	}
	line = memrchr(p + i, '\n', n - i);
	*next = line != NULL ? (size_t)(line + 1 - p) : n;
	return n;
}

int
ms_quote_data(struct ms_quote *q, const unsigned char *p, size_t n,
    ms_quote_fn *write, void *ctx, struct ms_err *err)
{
	size_t start = 0, i = 0, next, quote;

	while (i < n) {
		if (q->matched < WORD) {
			if (line_start(q, p, n, &start, &i, write, ctx, err) <
			    0)
				return -1;
			continue;
		}
		quote = find(p, n, i, &next);
		if (quote < n) {
			if (write(ctx, p + start, quote - start, err) < 0 ||
			    write(ctx, (const unsigned char *)">", 1, err) < 0)
				return -1;
			start = quote;
		} else if (next > i && p[next - 1] == '\n') {
			q->matched = 0;
		}
		i = next;
	}
	return start < n ? write(ctx, p + start, n - start, err) : 0;
}

int
ms_quote_end(
    struct ms_quote *q, ms_quote_fn *write, void *ctx, struct ms_err *err)
{
	unsigned held = q->matched < WORD ? q->matched : 0;

	q->matched = 0;
	return held > 0 ? write(ctx, word, held, err) : 0;
}
