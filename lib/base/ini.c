/*
 * ini.c - INI text, read by libinih. The library gets one line at a time, so
 * that its number is known, and a long line in pieces: by itself the library
 * silently splits lines at 199 bytes.
 */
#include "ini.h"

#include <ini.h>
#include <string.h>
#include <strings.h>

#include "utf8.h"

#define PIECE 150 /* bytes of a line at once, well below INI_MAX_LINE */

static bool
is_blank(unsigned char c)
{
	return c == ' ' || c == '\t';
}

/* Removes the next line from the text, without its end; false: no more. */
static bool
next_line(struct ms_slice *text, struct ms_slice *line)
{
	const unsigned char *end;

	if (text->n == 0)
		return false;
	end = memchr(text->p, '\n', text->n);
	line->p = text->p;
	line->n = end != NULL ? (size_t)(end - text->p) : text->n;
	text->p += line->n + (end != NULL);
	text->n -= line->n + (end != NULL);
	if (line->n > 0 && line->p[line->n - 1] == '\r')
		line->n--;
	while (line->n > 0 && is_blank(line->p[line->n - 1]))
		line->n--;
	return true;
}

/* Does libinih see a comment after other text in this line? */
static bool
has_comment(struct ms_slice line)
{
	for (size_t i = 1; i < line.n; i++)
		if (line.p[i] == ';' && is_blank(line.p[i - 1]))
			return true;
	return false;
}

int
ms_ini_check_text(const unsigned char *p, size_t n, struct ms_err *err)
{
	size_t used;
	uint32_t c;

	for (; n > 0; p += used, n -= used) {
		used = ms_utf8_next(p, n, &c);
		if (used == 0)
			return ms_fail(err, MS_USAGE, "not UTF-8");
		if (c != '\t' && ms_utf8_control(c))
			return ms_fail(
			    err, MS_USAGE, "contains a control character");
	}
	return 0;
}

int
ms_ini_check_value(const char *value, struct ms_err *err)
{
	size_t n = strlen(value);

	if (n == 0)
		return ms_fail(err, MS_USAGE, "no value");
	if (ms_ini_check_text((const unsigned char *)value, n, err) < 0)
		return -1;
	if (strchr(" \t", value[0]) != NULL ||
	    strchr(" \t", value[n - 1]) != NULL)
		return ms_fail(err, MS_USAGE, "begins or ends with a blank");
	if (value[0] == ';' || strstr(value, " ;") != NULL ||
	    strstr(value, "\t;") != NULL)
		return ms_fail(
		    err, MS_USAGE, "a ';' after a blank would begin a comment");
	return 0;
}

int
ms_ini_switch(const struct ms_ini_value *v, struct ms_err *err)
{
	static const char *const names[] = {
	    "no", "yes", "off", "on", "false", "true", "0", "1"};

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (strcasecmp(v->value, names[i]) == 0)
			return (int)(i & 1);
	return ms_fail(err, MS_USAGE, "%s: must be yes or no", v->key);
}

/* Does the line have a value? 1, 0, -1: it cannot be read. */
static int
check_line(struct ms_slice s, struct ms_err *err)
{
	size_t blanks = 0;

	while (blanks < s.n && is_blank(s.p[blanks]))
		blanks++;
	if (s.n > MS_INI_VALUE_MAX)
		return ms_fail(
		    err, MS_USAGE, "longer than %d bytes", MS_INI_VALUE_MAX);
	if (ms_ini_check_text(s.p, s.n, err) < 0)
		return -1;
	if (blanks == s.n || s.p[blanks] == ';' || s.p[blanks] == '#')
		return 0;
	if (blanks > 0)
		return ms_fail(err, MS_USAGE, "begins with a blank; remove it");
	if (s.n > PIECE && has_comment(s))
		return ms_fail(err, MS_USAGE,
		    "comment in a line of more than %d bytes; write it in a "
		    "line of its own",
		    PIECE);
	return 1;
}

/* ---- one line by libinih ---- */

struct pieces {
	struct ms_slice rest;
	bool continued; /* not the first piece */
	struct ms_buf key, value;
};

/*
 * The length of the next piece: the text after it must not look like a comment
 * or like blanks, which libinih removes. 0: the line cannot be split.
 */
static size_t
cut_at(struct ms_slice s)
{
	if (s.n <= PIECE)
		return s.n;
	for (size_t n = PIECE; n > PIECE / 2; n--)
		if (!is_blank(s.p[n - 1]) && !is_blank(s.p[n]) &&
		    s.p[n] != ';' && s.p[n] != '#' && (s.p[n] & 0xc0) != 0x80)
			return n;
	return 0;
}

/* An ini_reader. A piece is given as a line; all except the first begin with a
 * blank, which marks a continuation of the value. */
static char *
next_piece(char *out, int size, void *ctx)
{
	struct pieces *p = ctx;
	size_t n = cut_at(p->rest);

	if (n == 0 || (size_t)size < n + 2)
		return NULL;
	*out = ' ';
	memcpy(out + p->continued, p->rest.p, n);
	out[n + p->continued] = '\0';
	p->rest.p += n;
	p->rest.n -= n;
	p->continued = true;
	return out;
}

/* An ini_handler. */
static int
on_piece(void *ctx, const char *section, const char *key, const char *value)
{
	struct pieces *p = ctx;

	(void)section;
	if (p->key.n == 0)
		ms_buf_add_str(&p->key, key);
	ms_buf_add_str(&p->value, value);
	return 1;
}

static int
read_line(struct ms_slice line, struct ms_ini_value v, ms_ini_fn *fn, void *ctx,
    struct ms_err *err)
{
	struct pieces p = {.rest = line};
	int rc = ini_parse_stream(next_piece, &p, on_piece, &p);

	v.comment = has_comment(line);
	v.key = ms_buf_str(&p.key);
	v.value = ms_buf_str(&p.value);
	if (rc < 0)
		ms_out_of_memory();
	if (rc > 0)
		rc = ms_fail(
		    err, MS_USAGE, "not a line of the form key = value");
	else if (p.rest.n > 0)
		rc =
		    ms_fail(err, MS_USAGE, "too many blanks one after another");
	else if (p.key.n == 0)
		rc = ms_fail(err, MS_USAGE, "no key");
	else if (p.value.n == 0)
		rc = ms_fail(
		    err, MS_USAGE, "%.*s: no value", MS_INI_KEY_MAX, v.key);
	else
		rc = fn(ctx, &v, err);
	ms_buf_release(&p.key);
	ms_buf_release(&p.value);
	return rc;
}

/* Reads the name of a section, as in [account work]. */
static int
read_section(struct ms_buf *section, struct ms_slice line, struct ms_err *err)
{
	if (line.n < 3 || memchr(line.p, ']', line.n) != line.p + line.n - 1)
		return ms_fail(err, MS_USAGE, "not a line of the form [name]");
	ms_buf_clear(section);
	ms_buf_add(section, line.p + 1, line.n - 2);
	return 0;
}

int
ms_ini_read(struct ms_slice text, bool sections, ms_ini_fn *fn, void *ctx,
    struct ms_err *err)
{
	struct ms_ini_value v = {0};
	struct ms_buf section = {0};
	struct ms_slice line;
	int rc = 0;

	if (text.n >= 3 && memcmp(text.p, "\xef\xbb\xbf", 3) == 0) {
		text.p += 3;
		text.n -= 3;
	}
	while (rc == 0 && next_line(&text, &line)) {
		v.line++;
		v.section = ms_buf_str(&section);
		rc = check_line(line, err);
		if (rc == 1 && line.p[0] != '[')
			rc = read_line(line, v, fn, ctx, err);
		else if (rc == 1 && sections)
			rc = read_section(&section, line, err);
		else if (rc == 1)
			rc = ms_fail(err, MS_USAGE,
			    "a section such as [account work] is not allowed "
			    "here");
	}
	ms_buf_release(&section);
	return rc < 0 ? ms_context(err, "line %u", v.line) : 0;
}
