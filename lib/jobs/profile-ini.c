/*
 * profile-ini.c - INI text by libinih, a line at a time: so its number is
 * known, and a long one can be handed over in pieces. By itself the library
 * cuts lines at 199 bytes without a word, and takes the rest for another line.
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

/* Takes the next line off the text, without its end; false: there is none. */
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

/* Does libinih see a comment behind something in this line? */
static bool
has_comment(struct ms_slice line)
{
	for (size_t i = 1; i < line.n; i++)
		if (line.p[i] == ';' && is_blank(line.p[i - 1]))
			return true;
	return false;
}

/* Is there anything in it? 1, 0, -1: it cannot be read. */
static int
judge_line(struct ms_slice s, struct ms_err *err)
{
	size_t blanks = 0;

	while (blanks < s.n && is_blank(s.p[blanks]))
		blanks++;
	if (s.n > MS_PROFILE_VALUE_MAX)
		return ms_fail(err, MS_USAGE, "longer than %d bytes",
		    MS_PROFILE_VALUE_MAX);
	if (!ms_utf8_valid(s.p, s.n))
		return ms_fail(err, MS_USAGE, "not UTF-8");
	for (size_t i = 0; i < s.n; i++)
		if ((s.p[i] < 0x20 && s.p[i] != '\t') || s.p[i] == 0x7f)
			return ms_fail(
			    err, MS_USAGE, "holds a control character");
	if (blanks == s.n || s.p[blanks] == ';' || s.p[blanks] == '#')
		return 0;
	if (blanks > 0)
		return ms_fail(err, MS_USAGE,
		    "begins with a blank; a key stands at the margin");
	if (s.p[0] == '[')
		return ms_fail(err, MS_USAGE, "a profile has no [sections]");
	if (s.n > PIECE && has_comment(s))
		return ms_fail(err, MS_USAGE,
		    "a comment in a line of more than %d bytes; give it a line "
		    "of its own",
		    PIECE);
	return 1;
}

/* ---- one line by libinih ---- */

struct pieces {
	struct ms_slice rest;
	bool further;
	struct ms_buf key, value;
};

/*
 * How much of a line can be handed over: what follows must not look like a
 * comment or a blank that is trimmed. 0: there is no such place.
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

/* An ini_reader: a piece as a line, further ones begin with a blank, which
 * makes them more of the value before. */
static char *
next_piece(char *out, int size, void *ctx)
{
	struct pieces *p = ctx;
	size_t n = cut_at(p->rest);

	if (n == 0 || (size_t)size < n + 2)
		return NULL;
	*out = ' ';
	memcpy(out + p->further, p->rest.p, n);
	out[n + p->further] = '\0';
	p->rest.p += n;
	p->rest.n -= n;
	p->further = true;
	return out;
}

/* An ini_handler. */
static int
take_piece(void *ctx, const char *section, const char *key, const char *value)
{
	struct pieces *p = ctx;

	(void)section;
	if (p->key.n == 0)
		ms_buf_add_str(&p->key, key);
	ms_buf_add_str(&p->value, value);
	return 1;
}

static int
read_line(struct ms_slice line, unsigned number, ms_ini_fn *take, void *ctx,
    struct ms_err *err)
{
	struct pieces p = {.rest = line};
	struct ms_ini_value v = {.line = number, .comment = has_comment(line)};
	int rc = ini_parse_stream(next_piece, &p, take_piece, &p);

	v.key = ms_buf_str(&p.key);
	v.value = ms_buf_str(&p.value);
	if (rc < 0)
		ms_out_of_memory();
	if (rc > 0)
		rc = ms_fail(err, MS_USAGE, "no key = value");
	else if (p.rest.n > 0)
		rc = ms_fail(err, MS_USAGE, "too many blanks in a row");
	else if (p.key.n == 0)
		rc = ms_fail(err, MS_USAGE, "no key");
	else if (p.value.n == 0)
		rc = ms_fail(
		    err, MS_USAGE, "%.*s: no value", MS_PROFILE_KEY_MAX, v.key);
	else
		rc = take(ctx, &v, err);
	ms_buf_release(&p.key);
	ms_buf_release(&p.value);
	return rc;
}

int
ms_ini_read(
    struct ms_slice text, ms_ini_fn *take, void *ctx, struct ms_err *err)
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
		rc = judge_line(line, err);
		if (rc == 1)
			rc = read_line(line, number, take, ctx, err);
	}
	return rc < 0 ? ms_context(err, "line %u", number) : 0;
}
