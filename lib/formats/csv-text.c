/*
 * csv-text.c - the character set of a table, by its first bytes or by what is
 * valid. ms-csvbatch(1), The file.
 */
#include "csv-impl.h"

#include <string.h>

#include "charset.h"
#include "utf8.h"

#define LOOKED_AT                                                              \
	4096 /* bytes that are examined to recognize UTF-16 without a mark */

/*
 * UTF-16 without a byte order mark is recognized by its zero bytes: line ends,
 * separators and digits have one each, always on the same side. A single NUL in
 * other text does not have this form.
 */
static const char *
guess_utf16(struct ms_slice t)
{
	size_t n = t.n < LOOKED_AT ? t.n & ~(size_t)1 : LOOKED_AT, i;
	size_t zeros[2] = {0};

	for (i = 0; i < n; i++)
		zeros[i & 1] += t.p[i] == 0;
	if (t.n % 2 == 0 && zeros[1] > n / 16 && zeros[0] <= zeros[1] / 16)
		return "UTF-16LE";
	if (t.n % 2 == 0 && zeros[0] > n / 16 && zeros[1] <= zeros[0] / 16)
		return "UTF-16BE";
	return NULL;
}

static void
add_char(struct ms_buf *out, uint32_t c)
{
	out->n += ms_utf8_put(ms_buf_room(out, 4), c);
}

/*
 * Half a surrogate pair, or half a unit, is one U+FFFD: a decoder that skips
 * more could lose the end of a row.
 */
static void
add_utf16(struct ms_buf *out, struct ms_slice t, bool big)
{
	uint32_t c, low;
	size_t i, next;

	for (i = 0; i + 1 < t.n; i = next) {
		next = i + 2;
		c = (uint32_t)t.p[i + !big] << 8 | t.p[i + big];
		low = next + 1 < t.n
			  ? (uint32_t)t.p[next + !big] << 8 | t.p[next + big]
			  : 0;
		if (c >= 0xd800 && c < 0xdc00 && low >= 0xdc00 &&
		    low < 0xe000) {
			c = 0x10000 + ((c - 0xd800) << 10) + (low - 0xdc00);
			next += 2;
		} else if (c >= 0xd800 && c < 0xe000) {
			c = MS_REPLACEMENT;
		}
		add_char(out, c);
	}
	if (i < t.n)
		add_char(out, MS_REPLACEMENT);
}

static bool
begins(struct ms_slice t, const char *mark, size_t n)
{
	return t.n >= n && memcmp(t.p, mark, n) == 0;
}

const char *
ms_csv_decode(struct ms_buf *out, struct ms_slice t, struct ms_err *err)
{
	const char *name;
	struct ms_slice text;
	size_t mark = 0;

	if (begins(t, "\xff\xfe\0\0", 4) || begins(t, "\0\0\xfe\xff", 4)) {
		ms_fail(err, MS_DATA, "UTF-32 is not supported; write UTF-8");
		return NULL;
	}
	if (begins(t, "\xef\xbb\xbf", 3)) {
		name = "UTF-8";
		mark = 3;
	} else if (begins(t, "\xff\xfe", 2) || begins(t, "\xfe\xff", 2)) {
		name = t.p[0] == 0xff ? "UTF-16LE" : "UTF-16BE";
		mark = 2;
	} else if ((name = guess_utf16(t)) == NULL) {
		name = ms_utf8_valid(t.p, t.n) ? "UTF-8" : "windows-1252";
	}
	text = (struct ms_slice){t.p + mark, t.n - mark};
	/*
	 * The largest size that is needed, so that no copy of a secret is left
	 * in memory.
	 */
	ms_buf_room(out, 3 * text.n + 1);
	if (strncmp(name, "UTF-16", 6) == 0) {
		add_utf16(out, text, name[6] == 'B');
		return name;
	}
	text = ms_charset_utf8(ms_charset_find(ms_slice_str(name)), text, out);
	if (text.p != out->p)
		ms_buf_add(out, text.p, text.n);
	return name;
}
