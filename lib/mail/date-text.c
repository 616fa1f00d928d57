/*
 * date-text.c - the text of a date in ASCII. RFC 2047; ms-quirks(7), Dates.
 */
#include "date-impl.h"
#include "utf8.h"

#include <string.h>

/* What stands in dates of East Asia and Greece, in UTF-8, and what is meant. */
static const struct {
	const char *text, *ascii;
} signs[] = {
    {"\xe5\xb9\xb4", "-"},                /* year */
    {"\xeb\x85\x84", "-"},                /* the same, Korean */
    {"\xe6\x9c\x88", "-"},                /* month */
    {"\xec\x9b\x94", "-"},                /* the same, Korean */
    {"\xe6\x97\xa5", " "},                /* day */
    {"\xec\x9d\xbc", " "},                /* the same, Korean */
    {"\xe6\x97\xb6", ":"},                /* hour, simplified */
    {"\xe6\x99\x82", ":"},                /* hour, traditional and Japanese */
    {"\xec\x8b\x9c", ":"},                /* hour, Korean */
    {"\xe5\x88\x86", ":"},                /* minute */
    {"\xeb\xb6\x84", ":"},                /* the same, Korean */
    {"\xe7\xa7\x92", " "},                /* second */
    {"\xec\xb4\x88", " "},                /* the same, Korean */
    {"\xe4\xb8\x8a\xe5\x8d\x88", " am "}, /* Chinese */
    {"\xe4\xb8\x8b\xe5\x8d\x88", " pm "},
    {"\xe5\x8d\x88\xe5\x89\x8d", " am "}, /* Japanese */
    {"\xe5\x8d\x88\xe5\xbe\x8c", " pm "},
    {"\xec\x98\xa4\xec\xa0\x84", " am "}, /* Korean */
    {"\xec\x98\xa4\xed\x9b\x84", " pm "},
    {"\xcf\x80.\xce\xbc.", " am "}, /* Greek */
    {"\xce\xbc.\xce\xbc.", " pm "},
    {"\xcf\x80\xce\xbc", " am "},
    {"\xce\xbc\xce\xbc", " pm "},
};

/* U+00C0 to U+00FF without accents; a blank: not a letter. */
static const char latin[] = "AAAAAAACEEEEIIIIDNOOOOO OUUUUYTs"
			    "aaaaaaaceeeeiiiidnooooo ouuuuyty";

struct out {
	unsigned char *p;
	size_t n;
};

static void
put(struct out *o, const char *s)
{
	for (; *s != '\0'; s++)
		o->p[o->n++] = (unsigned char)*s;
}

/* Puts a character above ASCII. */
static void
put_character(struct out *o, uint32_t c)
{
	char one[2] = {MS_DATE_LETTER, '\0'};

	if (c >= 0xc0 && c <= 0xff)
		one[0] = latin[c - 0xc0];
	else if (c == 0x2212 || (c >= 0x2010 && c <= 0x2015))
		one[0] = '-';
	else if (c > 0xff00 && c < 0xff5f) /* of full width */
		one[0] = (char)(c - 0xff00 + ' ');
	else if (c < 0xc0 || (c >= 0x2000 && c <= 0x206f) || c == 0x3000 ||
		 c == 0xfeff)
		one[0] = ' '; /* blanks and marks of direction */
	put(o, one);
}

/* Returns the bytes of the sign with which s begins, and puts it; 0: none. */
static size_t
put_sign(struct out *o, struct ms_slice s)
{
	for (size_t i = 0; i < sizeof(signs) / sizeof(signs[0]); i++) {
		size_t n = strlen(signs[i].text);

		if (s.n < n || memcmp(s.p, signs[i].text, n) != 0)
			continue;
		put(o, signs[i].ascii);
		return n;
	}
	return 0;
}

/* Writes UTF-8 as ASCII, in which nothing is longer. */
static size_t
fold(struct ms_slice s, unsigned char *out)
{
	struct out o = {out, 0};
	uint32_t c;
	size_t n;

	for (; s.n > 0; s.p += n, s.n -= n) {
		n = ms_utf8_step(s.p, s.n, &c);
		if (c < 0x80) {
			o.p[o.n++] = (unsigned char)c;
			continue;
		}
		n = put_sign(&o, s);
		if (n > 0)
			continue;
		n = ms_utf8_step(s.p, s.n, &c);
		put_character(&o, c);
	}
	return o.n;
}

static bool
is_plain(struct ms_slice s)
{
	for (size_t i = 0; i < s.n; i++)
		if (s.p[i] >= 0x80 ||
		    (s.p[i] == '=' && i + 1 < s.n && s.p[i + 1] == '?'))
			return false;
	return true;
}

struct ms_slice
ms_date_text(struct ms_slice text, unsigned char buf[MS_DATE_TEXT_MAX])
{
	unsigned char utf8[MS_DATE_TEXT_MAX];
	struct ms_text t = {.p = utf8,
	    .max = sizeof(utf8),
	    .raw = ms_charset_find_raw((struct ms_slice){0})};
	size_t n;

	if (is_plain(text))
		return text;
	ms_text_field(&t, text, !ms_utf8_valid(text.p, text.n));
	n = fold((struct ms_slice){utf8, t.n}, buf);
	ms_text_end(&t);
	return (struct ms_slice){buf, n};
}
