/*
 * html-plain.c - the text of HTML that gumbo cannot read: in one pass, without
 * a tree. Tags are dropped, and those of blocks end a line.
 */
#include "html-impl.h"
#include "utf8.h"

#include <string.h>
#include <strings.h>

#define ENTITY_MAX 10  /* bytes */
#define VALUE_MAX 4096 /* bytes of an attribute */
#define TAG_MAX 15

struct scan {
	const char *p, *end;
	struct ms_html_writer w;
};

/* Goes on after the next `text`, in any case; without one, to the end. */
static void
skip_past(struct scan *s, const char *text)
{
	size_t n = strlen(text);

	for (; (size_t)(s->end - s->p) >= n; s->p++)
		if (strncasecmp(s->p, text, n) == 0) {
			s->p += n;
			return;
		}
	s->p = s->end;
}

/* The value of a digit, also of a hexadecimal one; 99: it is none. */
static unsigned
digit_of(unsigned char c)
{
	if (c >= '0' && c <= '9')
		return c - (unsigned)'0';
	c |= 0x20;
	return c >= 'a' && c <= 'f' ? c - (unsigned)'a' + 10 : 99;
}

/* The number of a character reference such as #8364 or #x20AC; 0: none. */
static uint32_t
numbered(const char *p, size_t n)
{
	unsigned base = n > 1 && (p[1] | 0x20) == 'x' ? 16 : 10, digit;
	uint32_t c = 0;

	for (size_t i = base == 16 ? 2 : 1; i < n; i++) {
		digit = digit_of((unsigned char)p[i]);
		if (digit >= base || c > 0x10ffff)
			return 0;
		c = c * base + digit;
	}
	return c > 0x10ffff || (c >= 0xd800 && c < 0xe000) ? 0 : c;
}

static uint32_t
named(const char *p, size_t n)
{
	static const struct {
		const char *name;
		uint32_t c;
	} names[] = {{"amp", '&'}, {"lt", '<'}, {"gt", '>'}, {"quot", '"'},
	    {"apos", '\''}, {"nbsp", ' '}};

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (strlen(names[i].name) == n &&
		    memcmp(names[i].name, p, n) == 0)
			return names[i].c;
	return 0;
}

/* At "&": adds the character. What is none is text. */
static void
add_reference(struct scan *s)
{
	size_t left = (size_t)(s->end - s->p), n = 1;
	unsigned char bytes[4];
	uint32_t c;

	while (n < left && n <= ENTITY_MAX && s->p[n] != ';')
		n++;
	c = n < 2 || n >= left || s->p[n] != ';' ? 0
	    : s->p[1] == '#'                     ? numbered(s->p + 1, n - 1)
						 : named(s->p + 1, n - 1);
	if (c == 0) {
		ms_html_add(&s->w, "&", 1);
		s->p++;
		return;
	}
	ms_html_add(&s->w, (const char *)bytes, ms_utf8_put(bytes, c));
	s->p += n + 1;
}

/* Goes on after the ">" of a tag, which is not in quotes. */
static void
skip_tag(struct scan *s)
{
	const char *close;
	size_t left;

	for (; s->p < s->end && *s->p != '>'; s->p++) {
		if (*s->p != '"' && *s->p != '\'')
			continue;
		left = (size_t)(s->end - s->p) - 1;
		close = memchr(
		    s->p + 1, *s->p, left < VALUE_MAX ? left : VALUE_MAX);
		if (close != NULL)
			s->p = close;
	}
	s->p += s->p < s->end;
}

/* At "<": drops a tag, a comment, or an element without text. */
static void
read_tag(struct scan *s)
{
	static const char *const silent[][2] = {{"script", "</script"},
	    {"style", "</style"}, {"title", "</title"}, {"iframe", "</iframe"}};
	bool end = s->p + 1 < s->end && s->p[1] == '/';
	char name[TAG_MAX + 1] = "";
	size_t n = 0;
	unsigned breaks;

	for (const char *p = s->p + 1 + end;
	     p < s->end && n < TAG_MAX &&
	     (((*p | 0x20) >= 'a' && (*p | 0x20) <= 'z') ||
		 (n > 0 && *p >= '0' && *p <= '9'));
	     p++)
		name[n++] = (char)(*p | 0x20);
	name[n] = '\0';
	breaks = ms_html_breaks(name);
	if (breaks > 0)
		ms_html_break(&s->w, breaks);
	else if (strcmp(name, "td") == 0 || strcmp(name, "th") == 0)
		ms_html_add(&s->w, " ", 1);
	skip_tag(s);
	for (size_t i = 0; !end && i < sizeof(silent) / sizeof(silent[0]); i++)
		if (strcmp(name, silent[i][0]) == 0) {
			skip_past(s, silent[i][1]);
			skip_tag(s);
		}
}

/* Does a tag begin here? "a < b" is text. */
static bool
is_tag(const struct scan *s)
{
	unsigned char c;

	if (s->end - s->p < 2)
		return false;
	c = (unsigned char)s->p[1];
	return c == '/' || c == '!' || c == '?' ||
	       ((c | 0x20) >= 'a' && (c | 0x20) <= 'z');
}

bool
ms_html_plain(struct ms_slice html, struct ms_buf *out)
{
	struct scan s = {.p = (const char *)html.p,
	    .end = (const char *)html.p + html.n,
	    .w = {.out = out, .start = out->n}};
	const char *from;

	while (s.p < s.end && !s.w.cut) {
		if (s.end - s.p >= 4 && memcmp(s.p, "<!--", 4) == 0) {
			skip_past(&s, "-->");
		} else if (*s.p == '<' && is_tag(&s)) {
			read_tag(&s);
		} else if (*s.p == '&') {
			add_reference(&s);
		} else {
			from = s.p++;
			while (s.p < s.end && *s.p != '<' && *s.p != '&')
				s.p++;
			ms_html_add(&s.w, from, (size_t)(s.p - from));
		}
	}
	return ms_html_finish(&s.w);
}
