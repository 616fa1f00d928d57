/* journal-unpack.c - the original in a journal report, decoded as its bytes
 * pass. RFC 2045, 6. */
#include "journal.h"

#include <string.h>

#include "base64.h"

#define KEEP_MAX 65536 /* encoded bytes that wait for the end of their line */

/* The length of what can be decoded without the bytes after it: whole groups of
 * base64, or whole lines. A longer line is cut where no code and no blanks are,
 * which have a meaning at its end. */
static size_t
decodable(const struct ms_buf *in, enum ms_mime_encoding encoding)
{
	const unsigned char *end;
	size_t n = in->n;

	if (encoding == MS_MIME_BASE64 || n == 0)
		return n / 4 * 4;
	end = memrchr(in->p, '\n', n);
	if (end != NULL)
		return (size_t)(end - in->p) + 1;
	if (n < KEEP_MAX)
		return 0;
	while (n > 3 && (in->p[n - 1] <= ' ' || in->p[n - 1] == '=' ||
			    in->p[n - 2] == '='))
		n--;
	return n > 3 ? n : in->n;
}

/* Decodes the first n bytes that wait, and passes them on. */
static int
decode(struct ms_journal_unpack *u, size_t n, struct ms_err *err)
{
	if (n == 0)
		return 0;
	ms_buf_clear(&u->out);
	ms_mime_decode(
	    u->original.encoding, (struct ms_slice){u->in.p, n}, &u->out);
	memmove(u->in.p, u->in.p + n, u->in.n - n);
	u->in.n -= n;
	return u->out.n > 0 ? u->next(u->ctx, u->out.p, u->out.n, err) : 0;
}

/* Line ends and blanks in base64 would move the groups. */
static void
keep_base64(struct ms_buf *in, const unsigned char *p, size_t n)
{
	size_t span;

	while (n > 0) {
		span = ms_base64_span(p, n);
		if (span == 0 && *p == '=')
			span = 1;
		ms_buf_add(in, p, span);
		span += span == 0;
		p += span;
		n -= span;
	}
}

static int
decode_more(struct ms_journal_unpack *u, const unsigned char *p, size_t n,
    struct ms_err *err)
{
	size_t part;

	for (; n > 0; p += part, n -= part) {
		part = n < KEEP_MAX ? n : KEEP_MAX;
		if (u->original.encoding == MS_MIME_BASE64)
			keep_base64(&u->in, p, part);
		else
			ms_buf_add(&u->in, p, part);
		if (decode(u, decodable(&u->in, u->original.encoding), err) < 0)
			return -1;
	}
	return 0;
}

int
ms_journal_unpack(
    void *unpack, const unsigned char *p, size_t n, struct ms_err *err)
{
	struct ms_journal_unpack *u = unpack;
	uint64_t from = u->original.at, to = from + u->original.size;
	uint64_t at = u->seen, end = at + n;

	u->seen = end;
	if (from < at)
		from = at;
	if (to > end)
		to = end;
	if (from >= to)
		return 0;
	p += from - at;
	n = (size_t)(to - from);
	if (u->original.encoding == MS_MIME_AS_IS)
		return u->next(u->ctx, p, n, err);
	return decode_more(u, p, n, err);
}

int
ms_journal_unpack_end(struct ms_journal_unpack *u, struct ms_err *err)
{
	return decode(u, u->in.n, err);
}

void
ms_journal_unpack_release(struct ms_journal_unpack *u)
{
	ms_buf_release(&u->in);
	ms_buf_release(&u->out);
}
