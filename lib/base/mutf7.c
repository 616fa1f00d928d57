/*
 * mutf7.c - modified UTF-7, the encoding of folder names in IMAP. RFC 9051,
 * appendix A; RFC 3501, 5.1.3.
 */
#include "utf8.h"

#include <string.h>

static const char alphabet[64] =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+,";

/* The state of the encoder between "&" and "-". */
struct shifted {
	uint32_t bits;
	unsigned waiting; /* bits that are not written yet, 0..5 */
	bool open;        /* "&" has been written and "-" has not */
};

static void
put_unit(struct shifted *s, uint32_t unit, struct ms_buf *out)
{
	if (!s->open)
		ms_buf_add_byte(out, '&');
	s->open = true;
	s->bits = s->bits << 16 | unit;
	s->waiting += 16;
	while (s->waiting >= 6) {
		s->waiting -= 6;
		ms_buf_add_byte(
		    out, (unsigned char)alphabet[s->bits >> s->waiting & 0x3f]);
	}
}

static void
end_shift(struct shifted *s, struct ms_buf *out)
{
	if (!s->open)
		return;
	if (s->waiting > 0)
		ms_buf_add_byte(out,
		    (unsigned char)
			alphabet[s->bits << (6 - s->waiting) & 0x3f]);
	ms_buf_add_byte(out, '-');
	*s = (struct shifted){0};
}

void
ms_mutf7_encode(struct ms_slice in, struct ms_buf *out)
{
	struct shifted s = {0};
	uint32_t c;

	for (size_t i = 0, used; i < in.n; i += used) {
		used = ms_utf8_step(in.p + i, in.n - i, &c);
		if (c == MS_NOT_UTF8)
			c = MS_REPLACEMENT;
		if (c >= 0x20 && c < 0x7f) {
			end_shift(&s, out);
			ms_buf_add_byte(out, (unsigned char)c);
			if (c == '&')
				ms_buf_add_byte(out, '-');
		} else if (c < 0x10000) {
			put_unit(&s, c, out);
		} else {
			put_unit(&s, 0xd800 + ((c - 0x10000) >> 10), out);
			put_unit(&s, 0xdc00 + (c & 0x3ff), out);
		}
	}
	end_shift(&s, out);
}

/*
 * Decodes the characters between "&" and "-" at p; n >= 1. Errors that the
 * caller finds by encoding the result again are not detected here.
 */
static int
decode_shift(const unsigned char *p, size_t n, struct ms_buf *out)
{
	uint32_t bits = 0, unit, high = 0, c;
	unsigned waiting = 0;

	for (size_t i = 0; i < n; i++) {
		const char *at = memchr(alphabet, p[i], sizeof(alphabet));

		if (at == NULL)
			return -1;
		bits = bits << 6 | (uint32_t)(at - alphabet);
		waiting += 6;
		if (waiting < 16)
			continue;
		waiting -= 16;
		unit = bits >> waiting & 0xffff;
		c = unit;
		if (high != 0 && unit >= 0xdc00 && unit < 0xe000)
			c = 0x10000 + ((high - 0xd800) << 10) + (unit - 0xdc00);
		else if (high != 0 || (unit >= 0xdc00 && unit < 0xe000))
			return -1;
		high = unit >= 0xd800 && unit < 0xdc00 ? unit : 0;
		if (unit == 0)
			return -1;
		if (high == 0)
			out->n += ms_utf8_put(ms_buf_room(out, 4), c);
	}
	return high == 0 ? 0 : -1;
}

static int
decode(struct ms_slice in, struct ms_buf *out)
{
	const unsigned char *minus;
	size_t i = 0, n;

	while (i < in.n) {
		if (in.p[i] != '&') {
			ms_buf_add_byte(out, in.p[i++]);
			continue;
		}
		i++;
		minus = memchr(in.p + i, '-', in.n - i);
		if (minus == NULL)
			return -1;
		n = (size_t)(minus - (in.p + i));
		if (n == 0)
			ms_buf_add_byte(out, '&');
		else if (decode_shift(in.p + i, n, out) < 0)
			return -1;
		i += n + 1;
	}
	return 0;
}

/*
 * Each name has exactly one encoding, so that two names on a server never
 * become one name here. An encoding that differs from that of ms_mutf7_encode()
 * is refused.
 */
int
ms_mutf7_decode(struct ms_slice in, struct ms_buf *out)
{
	struct ms_buf encoded = {0};
	size_t before = out->n;
	int rc = decode(in, out);

	if (rc == 0 && out->n > before)
		ms_mutf7_encode(
		    (struct ms_slice){out->p + before, out->n - before},
		    &encoded);
	if (rc < 0 || !ms_slice_eq(in, ms_buf_slice(&encoded))) {
		out->n = before;
		rc = -1;
	}
	ms_buf_release(&encoded);
	return rc;
}
