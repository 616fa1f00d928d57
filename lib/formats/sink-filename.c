/*
 * sink-filename.c - file names from folders, dates and subjects, which can be
 * hostile. ms-export(1), Files.
 */
#include "sink-impl.h"
#include "time.h"
#include "utf8.h"

#include <string.h>
#include <strings.h>

#define LEVEL_HASH 4 /* bytes of the hash shown in a changed level */
#define ID_SHOWN 8   /* bytes of the id in the name of a message */

/* Characters above ASCII that are invisible or change the direction of text,
 * and bytes that are not UTF-8. */
static bool
invisible(uint32_t c)
{
	static const uint32_t range[][2] = {{0x80, 0xa0}, {0xad, 0xad},
	    {0x61c, 0x61c}, {0x115f, 0x1160}, {0x180e, 0x180e},
	    {0x2000, 0x200f}, {0x2028, 0x202f}, {0x205f, 0x206f},
	    {0x3000, 0x3000}, {0x3164, 0x3164}, {0xe000, 0xf8ff},
	    {0xfe00, 0xfe0f}, {0xfeff, 0xfeff}, {0xfff0, 0xffff},
	    {0xe0000, MS_NOT_UTF8}};

	for (size_t i = 0; i < sizeof(range) / sizeof(range[0]); i++)
		if (c >= range[i][0] && c <= range[i][1])
			return true;
	return false;
}

/*
 * Characters that no system forbids and that need no quotes in a shell, except
 * blanks.
 */
static bool
fit_for_folder(uint32_t c)
{
	if (c >= 0x80)
		return !invisible(c);
	return c >= ' ' && c != 0x7f && strchr("/\\:*?\"<>|`$", (int)c) == NULL;
}

static bool
fit_for_subject(uint32_t c)
{
	if (c >= 0x80)
		return !invisible(c);
	return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') ||
	       (c >= 'a' && c <= 'z') || (c != 0 && strchr("._+=@,", (int)c));
}

/*
 * Names such as CON, NUL and COM1 are devices on Windows, with any suffix after
 * a dot.
 */
static bool
is_device(struct ms_slice s)
{
	static const char *const names[] = {
	    "con", "prn", "aux", "nul", "com", "lpt"};
	const unsigned char *dot = memchr(s.p, '.', s.n);
	size_t n = dot != NULL ? (size_t)(dot - s.p) : s.n;

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (n >= 3 && strncasecmp((const char *)s.p, names[i], 3) == 0)
			return i < 4 ? n == 3 : n == 4;
	return false;
}

/*
 * Appends a level with `_` in place of unsuitable characters. Returns whether
 * anything was changed.
 */
static bool
clean_level(struct ms_buf *out, struct ms_slice level)
{
	struct ms_slice rest = level;
	bool changed = level.n == 0 || is_device(level);

	if (changed)
		ms_buf_add_byte(out, '_');
	while (rest.n > 0) {
		uint32_t c;
		size_t n = ms_utf8_step(rest.p, rest.n, &c);
		bool first = rest.n == level.n, last = rest.n == n;

		if (fit_for_folder(c) &&
		    !(first && strchr(".-~", (int)c) != NULL) &&
		    !(last && (c == '.' || c == ' '))) {
			ms_buf_add(out, rest.p, n);
		} else {
			ms_buf_add_byte(out, '_');
			changed = true;
		}
		rest.p += n;
		rest.n -= n;
	}
	return changed;
}

/*
 * Shortens the text from start on to at most max bytes, without splitting a
 * character.
 */
static void
cut_at(struct ms_buf *out, size_t start, size_t max)
{
	size_t n = start + max;

	if (out->n <= n)
		return;
	while (n > start && (out->p[n] & 0xc0) == 0x80)
		n--;
	out->n = n;
}

void
ms_file_level(struct ms_buf *out, struct ms_slice level)
{
	unsigned char digest[MS_SHA_LEN];
	char hex[2 * LEVEL_HASH + 1];
	size_t start = out->n;

	if (!clean_level(out, level) && out->n - start <= MS_FILE_LEVEL_MAX)
		return;
	cut_at(out, start, MS_FILE_LEVEL_MAX - 2 * LEVEL_HASH - 1);
	ms_sha256(level.p, level.n, digest);
	ms_hex(digest, LEVEL_HASH, hex);
	ms_buf_add_byte(out, '~');
	ms_buf_add_str(out, hex);
}

void
ms_file_folder(struct ms_buf *out, const char *folder)
{
	struct ms_buf level = {0};
	int levels = 1;

	for (const char *s = folder;; s++) {
		if (*s == '\0' || (*s == '/' && levels < MS_FILE_LEVELS)) {
			ms_file_level(out, ms_buf_slice(&level));
			ms_buf_clear(&level);
			levels++;
			if (*s == '\0')
				break;
			ms_buf_add_byte(out, '/');
			continue;
		}
		if (*s == '\\' && (s[1] == '/' || s[1] == '\\'))
			s++;
		ms_buf_add_byte(&level, (unsigned char)*s);
	}
	ms_buf_release(&level);
}

/*
 * Appends the words of a subject, joined by `-`. Returns false if no word is
 * left.
 */
static bool
add_subject(struct ms_buf *out, struct ms_slice rest)
{
	size_t start = out->n;
	bool gap = false;

	while (rest.n > 0) {
		uint32_t c;
		size_t n = ms_utf8_step(rest.p, rest.n, &c);

		if (fit_for_subject(c)) {
			if (out->n - start + n + gap > MS_FILE_SUBJECT_MAX)
				break;
			if (gap && out->n > start)
				ms_buf_add_byte(out, '-');
			ms_buf_add(out, rest.p, n);
			gap = false;
		} else {
			gap = true;
		}
		rest.p += n;
		rest.n -= n;
	}
	return out->n > start;
}

void
ms_file_message(struct ms_buf *out, const struct ms_out_message *m)
{
	char date[21] = "undated", hex[2 * ID_SHOWN + 1];

	if (m->has_date) {
		ms_time_format(m->sent, date);
		date[10] = '_';
		date[13] = date[16] = '-';
		date[19] = '\0';
	}
	ms_hex(m->id, ID_SHOWN, hex);
	ms_buf_add_str(out, date);
	ms_buf_add_byte(out, '_');
	if (add_subject(out, m->subject))
		ms_buf_add_byte(out, '_');
	ms_buf_add_str(out, hex);
	ms_buf_add_str(out, ".eml");
}
