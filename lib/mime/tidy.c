/*
 * tidy.c - prepares a message for libetpan, which stops at a line without a
 * colon and dies of nested comments. Bytes are overwritten in a copy, so that
 * positions stay. ms-quirks(7), Parts.
 */
#include "impl.h"
#include "utf8.h"

#include <string.h>
#include <strings.h>

#define COMMENTS_MAX 50 /* nested comments in a field */

/* What is known at the beginning of a line. */
struct tidy {
	bool header;       /* in a block of fields */
	bool any;          /* the block has a line */
	bool content;      /* the field says something about the part */
	bool container;    /* it is of type multipart or message */
	bool message;      /* it is of type message: another block follows */
	unsigned in_a_row; /* containers since the last other part */
	unsigned comments; /* that are open in the field */
};

static bool
begins(const unsigned char *p, size_t n, const char *word)
{
	size_t k = strlen(word);

	return n >= k && strncasecmp((const char *)p, word, k) == 0;
}

/* Notes the type of the block from its Content-Type. */
static void
note_type(struct tidy *t, const unsigned char *p, size_t n)
{
	while (n > 0 && (*p == ' ' || *p == '\t')) {
		p++;
		n--;
	}
	t->message = begins(p, n, "message/rfc822") ||
		     begins(p, n, "message/global") ||
		     begins(p, n, "message/news");
	t->container = t->message || begins(p, n, "multipart/");
}

/* Overwrites the beginning of comments that are nested too deeply. */
static void
flatten_comments(struct tidy *t, unsigned char *p, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		if (p[i] == ')' && t->comments > 0)
			t->comments--;
		else if (p[i] == '(' && t->comments == COMMENTS_MAX)
			p[i] = '_';
		else if (p[i] == '(')
			t->comments++;
	}
}

/* The length of the name of a field at p, or 0. */
static size_t
name_length(const unsigned char *p, size_t n)
{
	const unsigned char *colon = memchr(p, ':', n);
	size_t k = colon != NULL ? (size_t)(colon - p) : 0;

	while (k > 0 && (p[k - 1] == ' ' || p[k - 1] == '\t'))
		k--;
	for (size_t i = 0; i < k; i++)
		if (p[i] <= ' ' || p[i] >= 0x7f)
			return 0;
	return k;
}

/* A line that goes on with a field. For libetpan, a line of blanks ends the
 * header. */
static void
folded_line(struct tidy *t, unsigned char *p, size_t n)
{
	size_t blanks = 0;

	while (blanks < n && (p[blanks] == ' ' || p[blanks] == '\t'))
		blanks++;
	if (blanks == n) {
		p[-1] = ' '; /* its line is one with the line before */
		if (p[-2] == '\r')
			p[-2] = ' ';
	} else if (!t->content) {
		memset(p + blanks, 'x', n - blanks);
	}
	flatten_comments(t, p, n);
}

/* A line of a block of fields, which is not empty. What is in fields that say
 * nothing about the part does not matter here, and libetpan need not read it.
 */
static void
field_line(struct tidy *t, unsigned char *p, size_t n)
{
	const unsigned char *colon;
	size_t name;

	if ((p[0] == ' ' || p[0] == '\t') && t->any) {
		folded_line(t, p, n);
		return;
	}
	t->comments = 0;
	name = name_length(p, n);
	t->content = begins(p, name, "content-") || begins(p, name, "mime-");
	if (name == 0 && n == 1) {
		p[0] = ' ';
	} else if (name == 0) {
		p[0] = 'X';
		p[1] = ':';
	} else if (!t->content) {
		colon = memchr(p, ':', n);
		memset(p, 'X', name);
		memset(p + (colon + 1 - p), 'x', n - (size_t)(colon + 1 - p));
	} else if (name == 12 && begins(p, n, "content-type")) {
		colon = memchr(p, ':', n);
		note_type(t, colon + 1, n - (size_t)(colon + 1 - p));
	}
	flatten_comments(t, p, n);
	t->any = true;
}

/* The empty line after a block. Returns false if the parts are too deep. */
static bool
end_block(struct tidy *t)
{
	t->in_a_row = t->container ? t->in_a_row + 1 : 0;
	t->header = t->message;
	t->any = t->container = t->message = false;
	return t->in_a_row <= MS_MIME_DEPTH_MAX;
}

static void
begin_block(struct tidy *t)
{
	t->header = true;
	t->any = t->container = t->message = false;
}

/* Blank lines are before the header only if a field follows. */
static size_t
before_header(const unsigned char *p, size_t n)
{
	size_t bom = ms_utf8_bom((struct ms_slice){p, n}), i = bom;
	const unsigned char *nl;

	while (i < n && (p[i] == '\n' || p[i] == '\r'))
		i++;
	if (i == bom || i == n)
		return bom;
	nl = memchr(p + i, '\n', n - i);
	return name_length(p + i, nl != NULL ? (size_t)(nl - p) - i : n - i) > 0
		   ? i
		   : bom;
}

bool
ms_mime_tidy(unsigned char *p, size_t n, size_t *skip)
{
	struct tidy t = {.header = true};
	unsigned char *end = p + n, *nl;

	*skip = before_header(p, n);
	for (p += *skip; p < end; p = nl + 1) {
		size_t line;

		nl = memchr(p, '\n', (size_t)(end - p));
		if (nl == NULL)
			nl = end;
		line = (size_t)(nl - p);
		if (line > 0 && p[line - 1] == '\r')
			line--;
		if (line > 2 && p[0] == '-' && p[1] == '-')
			begin_block(&t);
		else if (t.header && line > 0)
			field_line(&t, p, line);
		else if (t.header && !end_block(&t))
			return false;
	}
	return true;
}
