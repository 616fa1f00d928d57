/*
 * text.c - header text for people: unfolds fields and decodes encoded words.
 * RFC 5322, 2.2.3; RFC 2047; ms-quirks(7), Encoded words.
 */
#include "impl.h"
#include "base64.h"
#include "sha.h"
#include "utf8.h"

#include <string.h>

#define CHARSET_NAME_MAX                                                       \
	64 /* bytes of the name of the character set in an encoded word */

/* An encoded word: =?charset?Q?text?= */
struct word {
	const struct ms_charset *charset;
	bool base64;
	struct ms_slice text;
	size_t length; /* of the whole word */
};

/* Adds a character, after the separator that is due. */
static void
put(struct ms_text *t, const unsigned char *c, size_t n)
{
	static const unsigned char gaps[] = ", ";
	size_t gap = (size_t)t->gap;

	if (t->cut)
		return;
	if (t->n + gap + n > t->max) {
		if (t->out == NULL) {
			t->cut = true;
			return;
		}
		ms_buf_add(t->out, t->p, t->n);
		t->n = 0;
	}
	memcpy(t->p + t->n, gaps + 2 - gap, gap);
	memcpy(t->p + t->n + gap, c, n);
	t->n += gap + n;
	t->gap = MS_GAP_NONE;
	t->any = true;
}

static void
put_blank(struct ms_text *t)
{
	if (t->any && t->gap == MS_GAP_NONE)
		t->gap = MS_GAP_BLANK;
}

static bool
is_control(uint32_t c)
{
	return c <= 0x20 || (c >= 0x7f && c < 0xa0) || c == 0x2028 ||
	       c == 0x2029;
}

/* Adds the character at p. Returns the number of its bytes. */
static size_t
put_next(struct ms_text *t, const unsigned char *p, size_t n)
{
	unsigned char utf8[4];
	uint32_t c = p[0];
	size_t used = 1;

	if (c >= 0x80)
		used = ms_charset_next(p, n, &c);
	if (is_control(c))
		put_blank(t);
	else
		put(t, utf8, ms_utf8_put(utf8, c));
	return used;
}

/*
 * Most text is printable ASCII, which is copied unchanged. Returns the position
 * after it.
 */
static const unsigned char *
put_ascii(struct ms_text *t, const unsigned char *p, const unsigned char *end)
{
	if (t->gap != MS_GAP_NONE)
		return p;
	for (; p < end && t->n < t->max; p++) {
		unsigned char c = *p;

		if (c <= 0x20 || c >= 0x7f)
			break;
		t->p[t->n++] = c;
		t->any = true;
	}
	return p;
}

/* Adds text that should be UTF-8. */
static void
put_utf8(struct ms_text *t, struct ms_slice s)
{
	const unsigned char *p = s.p, *end;

	if (s.n == 0) /* p can be NULL */
		return;
	end = p + s.n;
	while (p < end && !t->cut) {
		p = put_ascii(t, p, end);
		if (p < end)
			p += put_next(t, p, (size_t)(end - p));
	}
}

/*
 * Finds the "?=" that ends the text of an encoded word. A "=?" before it begins
 * the next word: the current word then has no end, and the result is NULL.
 * *hopeless is set if there is no "?=" at all, so that the search is not
 * repeated.
 */
static const unsigned char *
word_end(const unsigned char *p, const unsigned char *end, bool *hopeless)
{
	const unsigned char *from = p, *q;

	while ((q = memchr(p, '?', (size_t)(end - p))) != NULL) {
		if (q + 1 < end && q[1] == '=')
			return q;
		if (q > from && q[-1] == '=')
			return NULL;
		p = q + 1;
	}
	*hopeless = true;
	return NULL;
}

/*
 * Parses the encoded word at p, which begins with "=?". Returns false if it is
 * invalid.
 */
static bool
word_parse(struct word *w, const unsigned char *p, const unsigned char *end,
    bool *hopeless)
{
	const unsigned char *name = p + 2, *mark, *star, *close;
	size_t n = (size_t)(end - name);

	if (*hopeless)
		return false;
	mark = memchr(name, '?', n < CHARSET_NAME_MAX ? n : CHARSET_NAME_MAX);
	if (mark == NULL || end - mark < 3 || mark[2] != '?')
		return false;
	if ((mark[1] | 0x20) != 'q' && (mark[1] | 0x20) != 'b')
		return false;
	close = word_end(mark + 3, end, hopeless);
	if (close == NULL)
		return false;
	w->base64 = (mark[1] | 0x20) == 'b';
	w->text = (struct ms_slice){mark + 3, (size_t)(close - (mark + 3))};
	w->length = (size_t)(close + 2 - p);
	/* RFC 2231, 5: a language may follow the name. */
	star = memchr(name, '*', (size_t)(mark - name));
	if (star == NULL)
		star = mark;
	w->charset =
	    ms_charset_find((struct ms_slice){name, (size_t)(star - name)});
	return true;
}

/* "=" without two hex digits is ordinary text. */
static void
decode_q(struct ms_slice s, struct ms_buf *out)
{
	unsigned char *to = ms_buf_room(out, s.n);
	size_t n = 0;

	for (size_t i = 0; i < s.n; i++) {
		unsigned char c = s.p[i];

		if (c == '_') {
			c = ' ';
		} else if (c == '=' && s.n - i > 2 &&
			   ms_unhex((struct ms_slice){s.p + i + 1, 2}, &c, 1) ==
			       1) {
			i += 2;
		}
		to[n++] = c;
	}
	out->n += n;
}

/*
 * Adds a run of encoded words that begins with w at p. White space between
 * encoded words is not part of the text (RFC 2047, 6.2). Neighbours with the
 * same character set are joined before conversion, because real mail splits
 * characters. Returns the position after the run.
 */
static const unsigned char *
put_words(struct ms_text *t, struct word w, const unsigned char *p,
    const unsigned char *end, bool *hopeless)
{
	const struct ms_charset *charset;
	bool more = true;

	while (more && !t->cut) {
		charset = w.charset;
		ms_buf_clear(&t->bytes);
		do {
			const unsigned char *next;

			if (w.base64)
				ms_base64_decode_any(w.text, &t->bytes);
			else
				decode_q(w.text, &t->bytes);
			p += w.length;
			for (next = p; next < end && ms_is_blank(*next);)
				next++;
			more = end - next > 2 && next[0] == '=' &&
			       next[1] == '?' &&
			       word_parse(&w, next, end, hopeless);
			if (more)
				p = next;
		} while (more && w.charset == charset);
		put_utf8(t, ms_charset_utf8(
				charset, ms_buf_slice(&t->bytes), &t->utf8));
	}
	return p;
}

/*
 * Finds the next encoded word after p; w->length is 0 if there is none. Returns
 * its position, or end.
 */
static const unsigned char *
find_word(struct word *w, const unsigned char *p, const unsigned char *end,
    bool *hopeless)
{
	w->length = 0;
	while ((p = memchr(p, '=', (size_t)(end - p))) != NULL) {
		if (end - p > 2 && p[1] == '?' &&
		    word_parse(w, p, end, hopeless))
			return p;
		p++;
	}
	return end;
}

/* Adds text with encoded words. */
static void
put_field(struct ms_text *t, struct ms_slice body, bool not_utf8)
{
	const unsigned char *p = body.p, *end, *at;
	bool hopeless = false;
	struct word w;

	if (body.n == 0) /* p can be NULL */
		return;
	end = p + body.n;
	while (p < end && !t->cut) {
		struct ms_slice plain;

		at = find_word(&w, p, end, &hopeless);
		plain = (struct ms_slice){p, (size_t)(at - p)};
		if (not_utf8)
			plain = ms_charset_utf8(t->raw, plain, &t->utf8);
		put_utf8(t, plain);
		p = at;
		if (w.length > 0)
			p = put_words(t, w, p, end, &hopeless);
	}
}

void
ms_text_field(struct ms_text *t, struct ms_slice body, bool not_utf8)
{
	struct ms_buf jis = {0};

	if (t->any)
		t->gap = MS_GAP_COMMA;
	/* Its characters can look like the marks of an encoded word. */
	if (ms_charset_is_jis(body))
		body = ms_charset_utf8(
		    ms_charset_find((struct ms_slice){0}), body, &jis);
	put_field(t, body, not_utf8);
	ms_buf_release(&jis);
}

void
ms_mail_decode_text(struct ms_slice text, struct ms_buf *out)
{
	unsigned char chunk[512];
	struct ms_text t = {.p = chunk,
	    .max = sizeof(chunk),
	    .out = out,
	    .raw = ms_charset_find_raw((struct ms_slice){0})};

	ms_text_field(&t, text, !ms_utf8_valid(text.p, text.n));
	ms_text_end(&t);
}

void
ms_text_end(struct ms_text *t)
{
	if (t->out != NULL)
		ms_buf_add(t->out, t->p, t->n);
	t->n = 0;
	ms_buf_release(&t->bytes);
	ms_buf_release(&t->utf8);
}
