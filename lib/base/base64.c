/* base64.c - base64 by tables, strict and tolerant. RFC 4648, 4. */
#include "base64.h"

#include <string.h>
#include "le.h"

static const char alphabet[] =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

/*
 * The six bits of a character with IN set, or 0 for a byte that is not in the
 * alphabet.
 */
#define IN 64
/* clang-format off */
static const unsigned char bits[256] = {
    0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,
    0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,
    0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 126, 0, 0, 0, 127,
    116, 117, 118, 119, 120, 121, 122, 123, 124, 125, 0, 0, 0, 0, 0, 0,
    0, 64, 65, 66, 67, 68, 69, 70, 71, 72, 73, 74, 75, 76, 77, 78,
    79, 80, 81, 82, 83, 84, 85, 86, 87, 88, 89, 0, 0, 0, 0, 0,
    0, 90, 91, 92, 93, 94, 95, 96, 97, 98, 99, 100, 101, 102, 103, 104,
    105, 106, 107, 108, 109, 110, 111, 112, 113, 114, 115, 0, 0, 0, 0, 0
};
/* clang-format on */

size_t
ms_base64_span(const unsigned char *p, size_t n)
{
	size_t i = 0;

	while (n - i >= 4 && (bits[p[i]] & bits[p[i + 1]] & bits[p[i + 2]] &
				 bits[p[i + 3]] & IN) != 0)
		i += 4;
	while (i < n && bits[p[i]] != 0)
		i++;
	return i;
}

static void
encode_three(uint32_t v, unsigned char out[4])
{
	ms_put_le32(out, (uint32_t)alphabet[v >> 18 & 63] |
			     (uint32_t)alphabet[v >> 12 & 63] << 8 |
			     (uint32_t)alphabet[v >> 6 & 63] << 16 |
			     (uint32_t)alphabet[v & 63] << 24);
}

size_t
ms_base64_encode(const unsigned char *p, size_t n, unsigned char *out)
{
	unsigned char *o = out;

	for (; n > 3; p += 3, n -= 3,
	     o += 4) /* the input has a fourth byte, which ms_be32() reads */
		encode_three(ms_be32(p) >> 8, o);
	if (n == 0)
		return 0;
	encode_three((uint32_t)p[0] << 16 | (n > 1 ? (uint32_t)p[1] << 8 : 0) |
			 (n > 2 ? p[2] : 0),
	    o);
	if (n < 3)
		o[3] = '=';
	if (n < 2)
		o[2] = '=';
	return (size_t)(o - out) + 4;
}

static uint32_t
decode_four(const unsigned char *p)
{
	return (uint32_t)(bits[p[0]] & 63) << 18 |
	       (uint32_t)(bits[p[1]] & 63) << 12 |
	       (uint32_t)(bits[p[2]] & 63) << 6 | (bits[p[3]] & 63);
}

/*
 * Decodes without a check. A byte that is not in the alphabet counts as zero
 * bits, so encoding the result again gives other characters. n is a positive
 * multiple of 4.
 */
static size_t
decode_blindly(const unsigned char *p, size_t n, unsigned char *out)
{
	unsigned char *o = out;
	uint32_t v;

	for (; n > 4;
	     p += 4, n -= 4, o += 3) /* the output has room for a fourth byte */
		ms_put_be32(o, decode_four(p) << 8);
	v = decode_four(p);
	*o++ = (unsigned char)(v >> 16);
	if (p[3] != '=' || p[2] != '=')
		*o++ = (unsigned char)(v >> 8);
	if (p[3] != '=')
		*o++ = (unsigned char)v;
	return (size_t)(o - out);
}

ssize_t
ms_base64_decode(const unsigned char *p, size_t n, unsigned char *out)
{
	unsigned char encoded[1024]; /* a multiple of 4 */
	size_t done, chunk, got, total = 0;

	if (n % 4 != 0)
		return -1;
	for (done = 0; done < n; done += chunk) {
		chunk = n - done < sizeof(encoded) ? n - done : sizeof(encoded);
		got = decode_blindly(p + done, chunk, out + total);
		if (ms_base64_encode(out + total, got, encoded) != chunk ||
		    memcmp(p + done, encoded, chunk) != 0)
			return -1;
		total += got;
		if (got < chunk / 4 * 3 && done + chunk < n)
			return -1; /* characters after padding */
	}
	return (ssize_t)total;
}

void
ms_base64_decode_any(struct ms_slice s, struct ms_buf *out)
{
	unsigned char *to = ms_buf_room(out, s.n);
	uint32_t value = 0;
	unsigned waiting = 0;
	size_t n = 0;

	for (size_t i = 0; i < s.n; i++) {
		unsigned char six = bits[s.p[i]];

		if (s.p[i] == '=')
			waiting = 0;
		if (six == 0)
			continue;
		value = value << 6 | (six & (IN - 1));
		waiting += 6;
		if (waiting >= 8) {
			waiting -= 8;
			to[n++] = (unsigned char)(value >> waiting);
		}
	}
	out->n += n;
}
