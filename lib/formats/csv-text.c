/*
 * csv-text.c - the character set of a table, by its first bytes or by what is
 * valid. ms-csvbatch(1), The file.
 */
#include "csv-impl.h"

#include <string.h>
#include <strings.h>

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

/* "utf-16" and the like, in any case and with or without the hyphen. */
static bool
is_utf16(const char *name, const char *order)
{
	static const char utf[] = "utf";
	size_t n = sizeof(utf) - 1;

	if (strncasecmp(name, utf, n) != 0)
		return false;
	name += n;
	name += *name == '-' || *name == '_';
	return strncmp(name, "16", 2) == 0 && strcasecmp(name + 2, order) == 0;
}

/* Recognizes the set. *mark receives the length of a byte order mark. */
static const char *
guess(struct ms_slice t, size_t *mark, struct ms_err *err)
{
	const char *name;

	if (begins(t, "\xff\xfe\0\0", 4) || begins(t, "\0\0\xfe\xff", 4)) {
		ms_fail(err, MS_DATA, "UTF-32 is not supported; write UTF-8");
		return NULL;
	}
	if (begins(t, "\xef\xbb\xbf", 3)) {
		*mark = 3;
		return "UTF-8";
	}
	if (begins(t, "\xff\xfe", 2) || begins(t, "\xfe\xff", 2)) {
		*mark = 2;
		return t.p[0] == 0xff ? "UTF-16LE" : "UTF-16BE";
	}
	name = guess_utf16(t);
	if (name != NULL)
		return name;
	return ms_utf8_valid(t.p, t.n) ? "UTF-8" : MS_CSV_ASSUMED;
}

int
ms_csv_check_encoding(const char *encoding, struct ms_err *err)
{
	if (is_utf16(encoding, "") || is_utf16(encoding, "le") ||
	    is_utf16(encoding, "be") ||
	    ms_charset_is_known(ms_slice_str(encoding)))
		return 0;
	return ms_fail(err, MS_USAGE,
	    "unknown encoding '%.64s' (such as windows-1254, UTF-8)", encoding);
}

/* The same as guess() if the set is given. */
static const char *
given(struct ms_slice t, const char *encoding, size_t *mark, struct ms_err *err)
{
	bool big = is_utf16(encoding, "be");

	if (ms_csv_check_encoding(encoding, err) < 0)
		return NULL;
	if (big || is_utf16(encoding, "") || is_utf16(encoding, "le")) {
		if (begins(t, "\xff\xfe", 2) || begins(t, "\xfe\xff", 2))
			*mark = 2;
		if (*mark > 0 && is_utf16(encoding, ""))
			big = t.p[0] == 0xfe;
		return big ? "UTF-16BE" : "UTF-16LE";
	}
	if (begins(t, "\xef\xbb\xbf", 3))
		*mark = 3;
	return encoding;
}

const char *
ms_csv_decode(struct ms_buf *out, struct ms_slice t, const char *encoding,
    struct ms_err *err)
{
	const char *name;
	struct ms_slice text;
	size_t mark = 0;

	name = encoding != NULL ? given(t, encoding, &mark, err)
				: guess(t, &mark, err);
	if (name == NULL)
		return NULL;
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
