/*
 * profile-ini.c - INI text, read by libinih. The library gets one line at a
 * time, so that its number is known, and a long line in pieces: by itself the
 * library silently splits lines at 199 bytes.
 */
#include "profile-impl.h"
#include "utf8.h"

#include <ini.h>
#include <string.h>

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
	if (!ms_utf8_valid(p, n))
		return ms_fail(err, MS_USAGE, "not UTF-8");
	for (size_t i = 0; i < n; i++)
		if ((p[i] < 0x20 && p[i] != '\t') || p[i] == 0x7f)
			return ms_fail(
			    err, MS_USAGE, "contains a control character");
	return 0;
}

/* Does the line have a value? 1, 0, -1: it cannot be read. */
static int
check_line(struct ms_slice s, struct ms_err *err)
{
	size_t blanks = 0;

	while (blanks < s.n && is_blank(s.p[blanks]))
		blanks++;
	if (s.n > MS_PROFILE_VALUE_MAX)
		return ms_fail(err, MS_USAGE, "longer than %d bytes",
		    MS_PROFILE_VALUE_MAX);
	if (ms_ini_check_text(s.p, s.n, err) < 0)
		return -1;
	if (blanks == s.n || s.p[blanks] == ';' || s.p[blanks] == '#')
		return 0;
	if (blanks > 0)
		return ms_fail(err, MS_USAGE, "begins with a blank; remove it");
	if (s.p[0] == '[')
		return ms_fail(
		    err, MS_USAGE, "sections are not allowed in a profile");
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
read_line(struct ms_slice line, unsigned number, ms_ini_fn *fn, void *ctx,
    struct ms_err *err)
{
	struct pieces p = {.rest = line};
	struct ms_ini_value v = {.line = number, .comment = has_comment(line)};
	int rc = ini_parse_stream(next_piece, &p, on_piece, &p);

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
		    err, MS_USAGE, "%.*s: no value", MS_PROFILE_KEY_MAX, v.key);
	else
		rc = fn(ctx, &v, err);
	ms_buf_release(&p.key);
	ms_buf_release(&p.value);
	return rc;
}

int
ms_ini_read(struct ms_slice text, ms_ini_fn *fn, void *ctx, struct ms_err *err)
{
	struct ms_slice line;
	unsigned number = 0;
	int rc = 0;

	if (text.n >= 3 && memcmp(text.p, "\xef\xbb\xbf", 3) == 0) {
		text.p += 3;
		text.n -= 3;
	}
	while (rc == 0 && next_line(&text, &line)) {
		number++;
		rc = check_line(line, err);
		if (rc == 1)
			rc = read_line(line, number, fn, ctx, err);
	}
	return rc < 0 ? ms_context(err, "line %u", number) : 0;
}
