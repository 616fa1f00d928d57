/*
 * charset-jis.c - ISO-2022-JP: each run of characters of one set is rewritten
 * as 8-bit text, which iconv(3) converts; and HZ. RFC 1468; RFC 1843;
 * ms-quirks(7), Charsets.
 */
#include "charset-jis.h"
#include "utf8.h"

#include <string.h>

#define ESC 0x1b
#define SHIFT_OUT 0x0e
#define SHIFT_IN 0x0f

/* A set that an escape sequence selects. */
struct set {
	const char *escape; /* after ESC */
	const char *eight;  /* the 8-bit set; "" for none: ASCII */
	unsigned char bytes;
	unsigned char prefix; /* of each character in the 8-bit set, or 0 */
	bool shifted;         /* the 8-bit set is Shift_JIS, else EUC */
	bool second; /* selected by ESC N for one character (RFC 1554) */
};

static const struct set sets[] = {
    {.escape = "(B", .eight = "", .bytes = 1},
    {.escape = "$B", .eight = "cp932", .bytes = 2, .shifted = true},
    {.escape = "(J", .eight = "", .bytes = 1},
    {.escape = "(H", .eight = "", .bytes = 1},
    {.escape = "$@", .eight = "cp932", .bytes = 2, .shifted = true},
    {.escape = "(I", .eight = "cp932", .bytes = 1},
    {.escape = "$(B", .eight = "cp932", .bytes = 2, .shifted = true},
    {.escape = "$(@", .eight = "cp932", .bytes = 2, .shifted = true},
    {.escape = "$(D", .eight = "eucjp", .bytes = 2, .prefix = 0x8f},
    {.escape = "$(O", .eight = "eucjisx0213", .bytes = 2},
    {.escape = "$(Q", .eight = "eucjisx0213", .bytes = 2},
    {.escape = "$(P", .eight = "eucjisx0213", .bytes = 2, .prefix = 0x8f},
    {.escape = "$A", .eight = "gb2312", .bytes = 2},
    {.escape = "$(C", .eight = "euckr", .bytes = 2},
    {.escape = ".A", .eight = "latin1", .bytes = 1, .second = true},
    {.escape = ".F", .eight = "iso88597", .bytes = 1, .second = true},
};
#define ASCII (&sets[0])
#define KATAKANA (&sets[5])
#define KATAKANA_LAST 0x5f

struct decoder {
	ms_jis_convert_fn convert;
	const struct set *now, *second; /* second may be NULL */
	const char *eight;              /* of the bytes in run */
	struct ms_buf run, utf8, *out;
};

static const struct set *
find_set(struct ms_slice s)
{
	for (size_t i = 0; i < sizeof(sets) / sizeof(sets[0]); i++) {
		size_t n = strlen(sets[i].escape);

		if (s.n > n && s.p[0] == ESC &&
		    memcmp(s.p + 1, sets[i].escape, n) == 0)
			return &sets[i];
	}
	return NULL;
}

size_t
ms_jis_escape(struct ms_slice s)
{
	const struct set *set = find_set(s);

	return set == NULL ? 0 : 1 + strlen(set->escape);
}

/* Converts the bytes of the run. */
static void
flush(struct decoder *d)
{
	struct ms_slice text = ms_buf_slice(&d->run);

	if (d->eight != NULL)
		text = d->convert(d->eight, text, &d->utf8);
	ms_buf_add(d->out, text.p, text.n);
	ms_buf_clear(&d->run);
	d->eight = NULL;
}

/* Every 8-bit set contains ASCII. */
static void
add_ascii(struct decoder *d, unsigned char c)
{
	ms_buf_add_byte(&d->run, c);
}

static void
add_invalid(struct decoder *d)
{
	flush(d);
	d->out->n += ms_utf8_put(ms_buf_room(d->out, 4), MS_REPLACEMENT);
}

/* Adds the character of a set at p; its bytes are in 0x21..0x7e. */
static void
add_char(struct decoder *d, const struct set *set, const unsigned char *p)
{
	unsigned row = p[0], cell = set->bytes == 2 ? p[1] : 0;

	if (d->eight == NULL || strcmp(d->eight, set->eight) != 0)
		flush(d);
	d->eight = set->eight;
	if (set->prefix != 0)
		ms_buf_add_byte(&d->run, set->prefix);
	if (set->shifted) {
		cell += row % 2 == 0 ? 0x7e : cell < 0x60 ? 0x1f : 0x20;
		row = (row + 1) / 2 + (row < 0x5f ? 0x70 : 0xb0);
	} else {
		cell |= 0x80;
		row |= 0x80;
	}
	ms_buf_add_byte(&d->run, (unsigned char)row);
	if (set->bytes == 2)
		ms_buf_add_byte(&d->run, (unsigned char)cell);
}

static bool
is_graphic(unsigned char c)
{
	return c > 0x20 && c < 0x7f;
}

/* Handles a byte that begins no escape sequence. Returns the bytes used. */
static size_t
step(struct decoder *d, const unsigned char *p, size_t n)
{
	if (p[0] == '\n' || p[0] == SHIFT_IN)
		d->now = ASCII;
	else if (p[0] == SHIFT_OUT)
		d->now = KATAKANA;
	if (p[0] == SHIFT_IN || p[0] == SHIFT_OUT)
		return 1;
	if (p[0] >= 0xa1 && p[0] < 0xe0) { /* 8-bit katakana */
		add_char(d, KATAKANA, p);
		return 1;
	}
	if (p[0] >= 0x80 || (d->now == KATAKANA && p[0] > KATAKANA_LAST)) {
		add_invalid(d);
		return 1;
	}
	if (d->now == ASCII || !is_graphic(p[0]) || d->now->eight[0] == '\0') {
		add_ascii(d, p[0]);
		return 1;
	}
	if (d->now->bytes == 2 && (n < 2 || !is_graphic(p[1]))) {
		add_invalid(d);
		return 1;
	}
	add_char(d, d->now, p);
	return d->now->bytes;
}

/* Handles ESC at p. Returns the bytes used. */
static size_t
escape(struct decoder *d, const unsigned char *p, size_t n)
{
	const struct set *set = find_set((struct ms_slice){p, n});

	if (set != NULL && set->second)
		d->second = set;
	else if (set != NULL)
		d->now = set;
	if (set != NULL)
		return 1 + strlen(set->escape);
	if (n > 2 && p[1] == 'N' && d->second != NULL && is_graphic(p[2])) {
		add_char(d, d->second, p + 2);
		return 3;
	}
	add_ascii(d, p[0]);
	return 1;
}

void
ms_jis_utf8(struct ms_slice in, ms_jis_convert_fn convert, struct ms_buf *out)
{
	struct decoder d = {.now = ASCII, .convert = convert, .out = out};
	size_t i = 0;

	while (i < in.n) {
		const unsigned char *p = in.p + i;

		if (p[0] == ESC)
			i += escape(&d, p, in.n - i);
		else
			i += step(&d, p, in.n - i);
	}
	flush(&d);
	ms_buf_release(&d.run);
	ms_buf_release(&d.utf8);
}

/* ---- HZ ---- */

/* Handles "~" and the byte after it. Returns the bytes used; 0: it is no escape
 * sequence. */
static size_t
hz_escape(struct ms_slice s, bool *gb, struct ms_buf *run)
{
	unsigned char next = s.n > 1 ? s.p[1] : 0;

	if (s.p[0] != '~')
		return 0;
	if (next == '{' || next == '}') {
		*gb = next == '{';
		return 2;
	}
	if (*gb)
		return 0;
	if (next == '~')
		ms_buf_add_byte(run, '~');
	if (next == '~' || next == '\n')
		return 2;
	return next == '\r' && s.n > 2 && s.p[2] == '\n' ? 3 : 0;
}

/* Adds a byte, or a pair of bytes of GB2312. Returns the bytes used. */
static size_t
hz_text(struct ms_slice s, bool *gb, struct ms_buf *run)
{
	if (*gb && s.n > 1 && is_graphic(s.p[0]) && is_graphic(s.p[1])) {
		ms_buf_add_byte(run, s.p[0] | 0x80);
		ms_buf_add_byte(run, s.p[1] | 0x80);
		return 2;
	}
	*gb = *gb && s.p[0] != '\n'; /* each line begins in ASCII */
	ms_buf_add_byte(run, s.p[0]);
	return 1;
}

void
ms_hz_utf8(struct ms_slice in, ms_jis_convert_fn convert, struct ms_buf *out)
{
	struct decoder d = {.convert = convert, .out = out, .eight = "gb2312"};
	bool gb = false;

	while (in.n > 0) {
		size_t used = hz_escape(in, &gb, &d.run);

		if (used == 0)
			used = hz_text(in, &gb, &d.run);
		in.p += used;
		in.n -= used;
	}
	flush(&d);
	ms_buf_release(&d.run);
	ms_buf_release(&d.utf8);
}
