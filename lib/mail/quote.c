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
 * Examines the bytes from *at as the start of a line, or its continuation;
 * bytes from *start on are not written yet. *at receives the end of the
 * examined bytes; q receives the result.
 */
static int
line_start(struct ms_quote *q, const unsigned char *p, size_t n, size_t *start,
    size_t *at, ms_emit_fn *write, void *ctx, struct ms_err *err)
{
	unsigned pending = q->matched;
	size_t i = *at, from;

	while (pending == 0 && i < n && p[i] == '>')
		i++;
	from = i;
	while (i < n && q->matched < WORD && p[i] == word[q->matched]) {
		q->matched++;
		i++;
	}
	*at = i;
	if (i == n && q->matched < WORD) {
		/*
		 * More bytes are needed to decide; these bytes are written
		 * then.
		 */
		if (from > *start &&
		    write(ctx, p + *start, from - *start, err) < 0)
			return -1;
		*start = n;
		return 0;
	}
	/*
	 * The ">" can be added directly before "From ": the result is the same.
	 */
	if (q->matched == WORD) {
		if (from > *start &&
		    write(ctx, p + *start, from - *start, err) < 0)
			return -1;
		*start = from;
		if (write(ctx, (const unsigned char *)">", 1, err) < 0)
			return -1;
	}
	q->matched = WORD;
	return pending > 0 ? write(ctx, word, pending, err) : 0;
}

/*
 * Finds the first "From " between p and end, or NULL. This is faster than
 * memmem(3), which reads a quarter of the bytes: few bytes are an F.
 */
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

/*
 * Searches from i, in the middle of a line, for the next line that is quoted.
 * Returns the position of the new ">", or n. *next receives the position to go
 * on at; if no line is quoted, that is the start of the last line, or n.
 */
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
    ms_emit_fn *write, void *ctx, struct ms_err *err)
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
    struct ms_quote *q, ms_emit_fn *write, void *ctx, struct ms_err *err)
{
	unsigned pending = q->matched < WORD ? q->matched : 0;

	q->matched = 0;
	return write(ctx, word, pending, err);
}
