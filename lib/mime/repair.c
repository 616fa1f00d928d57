/*
 * repair.c - corrects the parts that libetpan finds where delimiters are
 * missing, so that no text is lost. RFC 2046, 5.1.1; ms-quirks(7), Parts.
 */
#include "impl.h"

#include <stdlib.h>
#include <string.h>

#define LINES_BETWEEN 8

struct repair {
	const unsigned char *text;
	struct ms_mime_part *part;
	size_t n;
};

/* The start of the line that ends at the LF before p, or p if there is none. */
static uint64_t
line_before(const struct repair *r, uint64_t p)
{
	const unsigned char *lf;

	if (p == 0 || r->text[p - 1] != '\n')
		return p;
	lf = memrchr(r->text, '\n', p - 1);
	return lf == NULL ? 0 : (uint64_t)(lf - r->text) + 1;
}

/* The length of a line without its line end. */
static size_t
line_length(const struct repair *r, uint64_t start, uint64_t end)
{
	while (end > start &&
	       (r->text[end - 1] == '\n' || r->text[end - 1] == '\r'))
		end--;
	return (size_t)(end - start);
}

/*
 * The delimiter before the header of a part. A few lines can be between them:
 * the empty line of an empty header, or lines that are no fields. The result is
 * empty if there is none.
 */
static struct ms_slice
delimiter(const struct repair *r, const struct ms_mime_part *part)
{
	uint64_t end = part->header, start, from = r->part[part->parent].body;

	for (int i = 0; i < LINES_BETWEEN && end > from; i++, end = start) {
		size_t n;

		start = line_before(r, end);
		n = line_length(r, start, end);
		if (n >= 3 && memcmp(r->text + start, "--", 2) == 0)
			return (struct ms_slice){r->text + start, n};
		if (start == end)
			break;
	}
	return (struct ms_slice){0};
}

/*
 * A multipart whose first part comes after no delimiter is one part: libetpan
 * takes the rest of any line for it.
 */
static void
drop_false_parts(struct repair *r)
{
	uint32_t *moved = ms_xcalloc(r->n, sizeof(*moved)), depth = UINT32_MAX;
	size_t kept = 0;

	for (size_t i = 0; i < r->n; i++) {
		struct ms_mime_part p = r->part[i];

		if (p.depth > depth)
			continue;
		depth = UINT32_MAX;
		if (p.kind == MS_MIME_MULTIPART &&
		    (i + 1 == r->n || r->part[i + 1].depth <= p.depth ||
			delimiter(r, &r->part[i + 1]).n == 0)) {
			p.kind = MS_MIME_LEAF;
			depth = p.depth;
		}
		moved[i] = (uint32_t)kept;
		p.parent = moved[p.parent];
		r->part[kept++] = p;
	}
	r->n = kept;
	free(moved);
}

/* Where the last part of a multipart ends. */
static uint64_t
closing(const struct repair *r, const struct ms_mime_part *part)
{
	uint64_t from = part->end, end = r->part[part->parent].end;
	struct ms_slice line = delimiter(r, part);
	const unsigned char *p = r->text + from, *stop = r->text + end;

	while (line.n > 0 && p < stop &&
	       (p = memmem(p, (size_t)(stop - p), line.p, line.n)) != NULL) {
		if (p > r->text && p[-1] == '\n' &&
		    (size_t)(stop - p) >= line.n + 2 &&
		    memcmp(p + line.n, "--", 2) == 0)
			return (uint64_t)(p - r->text);
		p += line.n;
	}
	return end;
}

/* The line end before a delimiter belongs to the delimiter. */
static uint64_t
without_line_end(const struct repair *r, uint64_t p)
{
	if (p > 0 && r->text[p - 1] == '\n')
		p--;
	if (p > 0 && r->text[p - 1] == '\r')
		p--;
	return p;
}

/* Lets each part of a multipart end at the next delimiter. */
static void
extend_parts(struct repair *r)
{
	uint32_t *next = ms_xcalloc(r->n, sizeof(*next)); /* child, or 0 */

	for (size_t i = r->n; i-- > 1;) {
		struct ms_mime_part *p = &r->part[i];
		uint64_t end;

		if (r->part[p->parent].kind != MS_MIME_MULTIPART)
			continue;
		if (next[p->parent] != 0)
			end = (uint64_t)(delimiter(r, &r->part[next[p->parent]])
					     .p -
					 r->text);
		else
			end = closing(r, p);
		end = without_line_end(r, end);
		if (end > p->end)
			p->end = end;
		next[p->parent] = (uint32_t)i;
	}
	free(next);
}

void
ms_mime_repair(const unsigned char *text, struct ms_buf *parts)
{
	struct repair r = {.text = text,
	    .part = (struct ms_mime_part *)(void *)parts->p,
	    .n = parts->n / sizeof(struct ms_mime_part)};

	if (r.n == 0)
		return;
	drop_false_parts(&r);
	extend_parts(&r);
	parts->n = r.n * sizeof(struct ms_mime_part);
}
