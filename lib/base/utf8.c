/* utf8.c - UTF-8 by RFC 3629: no overlong forms and no surrogates. */
#include "utf8.h"

#include <string.h>

static bool
is_tail(unsigned char c)
{
	return (c & 0xc0) == 0x80;
}

size_t
ms_utf8_next(const unsigned char *p, size_t n, uint32_t *c)
{
	if (p[0] < 0x80) {
		*c = p[0];
		return 1;
	}
	if (p[0] < 0xe0) {
		if (p[0] < 0xc2 || n < 2 || !is_tail(p[1]))
			return 0;
		*c = (p[0] & 0x1fU) << 6 | (p[1] & 0x3fU);
		return 2;
	}
	if (p[0] < 0xf0) {
		if (n < 3 || !is_tail(p[1]) || !is_tail(p[2]))
			return 0;
		*c =
		    (p[0] & 0x0fU) << 12 | (p[1] & 0x3fU) << 6 | (p[2] & 0x3fU);
		return *c < 0x800 || (*c >= 0xd800 && *c < 0xe000) ? 0 : 3;
	}
	if (p[0] > 0xf4 || n < 4 || !is_tail(p[1]) || !is_tail(p[2]) ||
	    !is_tail(p[3]))
		return 0;
	*c = (p[0] & 0x07U) << 18 | (p[1] & 0x3fU) << 12 | (p[2] & 0x3fU) << 6 |
	     (p[3] & 0x3fU);
	return *c < 0x10000 || *c > 0x10ffff ? 0 : 4;
}

size_t
ms_utf8_step(const unsigned char *p, size_t n, uint32_t *c)
{
	size_t used = ms_utf8_next(p, n, c);

	if (used > 0)
		return used;
	*c = MS_NOT_UTF8;
	return 1;
}

size_t
ms_utf8_put(unsigned char out[4], uint32_t c)
{
	if (c < 0x80) {
		out[0] = (unsigned char)c;
		return 1;
	}
	if (c < 0x800) {
		out[0] = (unsigned char)(0xc0 | c >> 6);
		out[1] = (unsigned char)(0x80 | (c & 0x3f));
		return 2;
	}
	if (c < 0x10000) {
		out[0] = (unsigned char)(0xe0 | c >> 12);
		out[1] = (unsigned char)(0x80 | (c >> 6 & 0x3f));
		out[2] = (unsigned char)(0x80 | (c & 0x3f));
		return 3;
	}
	out[0] = (unsigned char)(0xf0 | c >> 18);
	out[1] = (unsigned char)(0x80 | (c >> 12 & 0x3f));
	out[2] = (unsigned char)(0x80 | (c >> 6 & 0x3f));
	out[3] = (unsigned char)(0x80 | (c & 0x3f));
	return 4;
}

bool
ms_utf8_valid(const unsigned char *p, size_t n)
{
	size_t i = 0, used;
	uint64_t eight;
	uint32_t c;

	while (i < n) {
		/* Most text is ASCII: test eight bytes at a time. */
		if (n - i >= sizeof(eight)) {
			memcpy(&eight, p + i, sizeof(eight));
			if ((eight & 0x8080808080808080U) == 0) {
				i += sizeof(eight);
				continue;
			}
		}
		used = ms_utf8_next(p + i, n - i, &c);
		if (used == 0)
			return false;
		i += used;
	}
	return true;
}

bool
ms_utf8_control(uint32_t c)
{
	return c < 0x20 || (c >= 0x7f && c < 0xa0) ||
	       (c >= 0x2028 && c <= 0x202e) || (c >= 0x2066 && c <= 0x2069);
}

bool
ms_utf8_plain(const unsigned char *p, size_t n)
{
	size_t used;
	uint32_t c;

	for (; n > 0; p += used, n -= used) {
		used = ms_utf8_next(p, n, &c);
		if (used == 0 || ms_utf8_control(c))
			return false;
	}
	return true;
}
