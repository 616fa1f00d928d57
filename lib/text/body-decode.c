/*
 * body-decode.c - the bytes of a part, piece by piece, so that a part of a
 * gigabyte needs no memory. A piece ends where decoding can begin again.
 */
#include "base64.h"
#include "body-impl.h"

#include <string.h>

#define PIECE ((size_t)64 << 10)

struct decoder {
	enum ms_mime_encoding encoding;
	ms_emit_fn *emit;
	void *ctx;
	struct ms_err *err;
	struct ms_buf in, out;
};

static int
put(struct decoder *d, struct ms_slice in)
{
	ms_buf_clear(&d->out);
	ms_mime_decode(d->encoding, in, &d->out);
	return d->out.n == 0 ? 0 : d->emit(d->ctx, d->out.p, d->out.n, d->err);
}

static int
put_plain(struct decoder *d, struct ms_slice s)
{
	size_t n;
	int rc = 0;

	for (; s.n > 0 && rc == 0; s.p += n, s.n -= n) {
		n = s.n < PIECE ? s.n : PIECE;
		rc = d->emit(d->ctx, s.p, n, d->err);
	}
	return rc;
}

/* Bytes outside the alphabet are left out first; a piece has whole groups of
 * four characters, or ends with padding. */
static int
put_base64(struct decoder *d, struct ms_slice s)
{
	size_t n, room, group = 0;
	int rc = 0;

	while (s.n > 0 && rc == 0) {
		n = ms_base64_span(s.p, s.n < PIECE ? s.n : PIECE);
		room = d->in.n < PIECE ? PIECE - d->in.n : 4 - group;
		if (n > room)
			n = room;
		ms_buf_add(&d->in, s.p, n);
		group = (group + n) % 4;
		s.p += n;
		s.n -= n;
		if (n == 0 && *s.p == '=' && group != 0) {
			ms_buf_add_byte(&d->in, '=');
			group = 0;
		}
		s.p += n == 0;
		s.n -= n == 0;
		if (d->in.n >= PIECE && group == 0) {
			rc = put(d, ms_buf_slice(&d->in));
			ms_buf_clear(&d->in);
		}
	}
	return rc == 0 ? put(d, ms_buf_slice(&d->in)) : rc;
}

/* A piece ends after a line, or, in a long one, where neither an escape nor
 * blanks are. */
static size_t
quoted_piece(struct ms_slice s)
{
	const unsigned char *lf;
	size_t n = PIECE;

	if (s.n <= PIECE)
		return s.n;
	lf = memrchr(s.p, '\n', PIECE);
	if (lf != NULL)
		return (size_t)(lf - s.p) + 1;
	while (n < s.n && n < 2 * PIECE &&
	       (s.p[n - 1] == '=' || s.p[n - 2] == '=' || s.p[n - 1] <= ' ' ||
		   s.p[n] <= ' '))
		n++;
	return n;
}

static int
put_quoted(struct decoder *d, struct ms_slice s)
{
	size_t n;
	int rc = 0;

	for (; s.n > 0 && rc == 0; s.p += n, s.n -= n) {
		n = quoted_piece(s);
		rc = put(d, (struct ms_slice){s.p, n});
	}
	return rc;
}

int
ms_body_decode(const struct ms_body *b, const struct ms_body_part *part,
    ms_emit_fn *emit, void *ctx, struct ms_err *err)
{
	struct decoder d = {part->encoding, emit, ctx, err, {0}, {0}};
	struct ms_slice s = {
	    ms_body_message(b).p + part->body, part->end - part->body};
	int rc;

	if (part->encoding == MS_MIME_BASE64)
		rc = put_base64(&d, s);
	else if (part->encoding == MS_MIME_QUOTED)
		rc = put_quoted(&d, s);
	else
		rc = put_plain(&d, s);
	ms_buf_release(&d.in);
	ms_buf_release(&d.out);
	return rc;
}

static int
count(void *ctx, const unsigned char *p, size_t n, struct ms_err *err)
{
	uint64_t *size = ctx;

	(void)p;
	(void)err;
	*size += n;
	return 0;
}

uint64_t
ms_body_size(const struct ms_body *b, const struct ms_body_part *part)
{
	uint64_t size = 0;

	if (part->encoding == MS_MIME_AS_IS)
		return part->end - part->body;
	(void)ms_body_decode(b, part, count, &size, NULL);
	return size;
}
