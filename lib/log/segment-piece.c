/* segment-piece.c - the line ends of a piece of text. ms-archive(5), Segments.
 */
#include "segment-impl.h"

#include <assert.h>
#include <string.h>

void
ms_piece_clear(struct ms_piece *pc)
{
	ms_buf_clear(&pc->buf);
	pc->ends = 0;
	pc->crs = 0;
}

static size_t
at_most(size_t n, size_t max)
{
	return n < max ? n : max;
}

/* Puts back the CRs that were left out; further bytes are kept unchanged. */
static void
make_verbatim(struct ms_piece *pc)
{
	unsigned char *from, *to;

	ms_buf_room(&pc->buf, pc->crs);
	from = pc->buf.p + pc->buf.n;
	pc->buf.n += pc->crs;
	to = pc->buf.p + pc->buf.n;
	while (from < to) {
		*--to = *--from;
		if (*from == '\n')
			*--to = '\r';
	}
	pc->crs = 0;
	pc->ends = MS_ENDS_BOTH;
}

static size_t
fill_verbatim(
    struct ms_piece *pc, const unsigned char *p, size_t n, size_t room)
{
	size_t take = at_most(n, room);

	if (take > 0 && take < n && p[take - 1] == '\r' && p[take] == '\n')
		take--;
	ms_buf_add(&pc->buf, p, take);
	return take;
}

/* Adds lines that end with a single LF, up to the first other line. */
static size_t
fill_lf(struct ms_piece *pc, const unsigned char *p, size_t n, size_t room)
{
	const unsigned char *cr = p, *end = p + n;

	while ((cr = memchr(cr, '\r', (size_t)(end - cr))) != NULL) {
		if (end - cr > 1 && cr[1] == '\n')
			break;
		cr++;
	}
	n = at_most(cr != NULL ? (size_t)(cr - p) : n, room);
	ms_buf_add(&pc->buf, p, n);
	return n;
}

/* Adds lines that end with CRLF, up to the first other line. */
static size_t
fill_crlf(struct ms_piece *pc, const unsigned char *p, size_t n, size_t room)
{
	const unsigned char *line = p, *end = p + n, *nl;
	unsigned char *to = ms_buf_room(&pc->buf, at_most(n, room));
	size_t len;

	while ((nl = memchr(line, '\n', (size_t)(end - line))) != NULL &&
	       nl > line && nl[-1] == '\r' && (size_t)(nl - line) <= room) {
		len = (size_t)(nl - line);
		memcpy(to, line, len - 1);
		to[len - 1] = '\n';
		to += len;
		room -= len;
		pc->crs++;
		line = nl + 1;
	}
	/* The rest of the line is added here; fill_end() adds its line end. */
	if (nl != NULL)
		end = nl > line && nl[-1] == '\r' ? nl - 1 : nl;
	len = at_most((size_t)(end - line), room);
	memcpy(to, line, len);
	pc->buf.n = (size_t)(to - pc->buf.p) + len;
	return (size_t)(line - p) + len;
}

/* Adds a line without its line end, or the part of it that fits. */
static size_t
fill_line(struct ms_piece *pc, const unsigned char *p, size_t n, size_t room)
{
	const unsigned char *nl = memchr(p, '\n', n);

	if (nl != NULL)
		n = (size_t)(nl - p) - (nl > p && nl[-1] == '\r');
	n = at_most(n, room);
	ms_buf_add(&pc->buf, p, n);
	return n;
}

/*
 * Adds the line end at p, which may be the first of its kind in the piece.
 * Returns its length, or 0 if it does not fit.
 */
static size_t
fill_end(struct ms_piece *pc, const unsigned char *p, size_t n, size_t limit)
{
	size_t width = p[0] == '\r' ? 2 : 1, size = pc->buf.n;
	unsigned kind = width == 2 ? MS_ENDS_CRLF : MS_ENDS_LF;

	assert(n >= width && p[width - 1] == '\n');
	if ((pc->ends | kind) == MS_ENDS_BOTH) {
		if (size + pc->crs + width > limit)
			return 0;
		make_verbatim(pc);
		ms_buf_add(&pc->buf, p, width);
		return width;
	}
	if (size + 1 > limit)
		return 0;
	ms_buf_add_byte(&pc->buf, '\n');
	pc->crs += width - 1;
	pc->ends |= kind;
	return width;
}

size_t
ms_piece_fill(
    struct ms_piece *pc, const unsigned char *p, size_t n, size_t limit)
{
	size_t used = 0, room, k;

	while (used < n) {
		room = limit - pc->buf.n;
		if (pc->ends == MS_ENDS_BOTH)
			return used +
			       fill_verbatim(pc, p + used, n - used, room);
		if (pc->ends == MS_ENDS_LF)
			k = fill_lf(pc, p + used, n - used, room);
		else if (pc->ends == MS_ENDS_CRLF)
			k = fill_crlf(pc, p + used, n - used, room);
		else
			k = fill_line(pc, p + used, n - used, room);
		used += k;
		if (used == n || pc->buf.n == limit)
			break;
		k = fill_end(pc, p + used, n - used, limit);
		if (k == 0)
			break;
		used += k;
	}
	return used;
}
