/*
 * slowseg.h - a second implementation of ms-archive(5), Identity to MESSAGE,
 * which works on a whole message and was written from the manual alone. The
 * segmenter is compared with it.
 */
#ifndef SLOWSEG_H
#define SLOWSEG_H
#include <string.h>
#include "le.h"
#include "sha.h"

struct slow {
	struct ms_buf rows, inlined;
	struct ms_buf blobs; /* as segmented.h keeps them */
	uint32_t items, header;
	bool lf, crlf; /* seen in the message */
};

/* Returns the length of the unit at p: a CRLF, or one byte. */
static inline size_t
slow_unit(const unsigned char *p, size_t n)
{
	return n > 1 && p[0] == '\r' && p[1] == '\n' ? 2 : 1;
}

/* Makes the stored bytes of n original bytes. Returns the line end: 1 lf, 2
 * crlf, 3 verbatim. */
static inline int
slow_store(const unsigned char *p, size_t n, struct ms_buf *out)
{
	unsigned char *to = ms_buf_room(out, n);
	size_t i, unit, lf = 0, crlf = 0;

	for (i = 0; i < n; i += unit) {
		unit = slow_unit(p + i, n - i);
		crlf += unit == 2;
		lf += unit == 1 && p[i] == '\n';
	}
	for (i = 0; i < n; i += unit) {
		unit = slow_unit(p + i, n - i);
		if (unit == 2 && lf > 0)
			*to++ = '\r';
		*to++ = p[i + unit - 1];
	}
	out->n = (size_t)(to - out->p);
	return crlf == 0 ? 1 : lf == 0 ? 2 : 3;
}

/* Returns the length of the longest beginning with at most limit stored bytes.
 */
static inline size_t
slow_beginning(const unsigned char *p, size_t n, size_t limit)
{
	size_t i, unit, lf = 0, crlf = 0;

	for (i = 0; i < n; i += unit) {
		unit = slow_unit(p + i, n - i);
		crlf += unit == 2;
		lf += unit == 1 && p[i] == '\n';
		if (i + unit - (lf == 0 ? crlf : 0) > limit)
			break;
	}
	return i;
}

static inline void
slow_item(struct slow *s, const unsigned char *p, size_t n, bool blob,
    unsigned eol, size_t line, bool ends)
{
	unsigned char row[8] = {0}, digest[MS_SHA_LEN];
	uint32_t length = (uint32_t)n;

	ms_put_le32(row, length);
	row[4] = (unsigned char)((line > 0) + (blob ? 128 : 0));
	row[5] = (unsigned char)eol;
	row[6] = (unsigned char)line;
	row[7] = line > 0 && ends;
	ms_buf_add(&s->rows, row, sizeof(row));
	if (blob) {
		ms_sha256(p, n, digest);
		ms_buf_add(&s->rows, digest, sizeof(digest));
		ms_buf_add(&s->blobs, &length, sizeof(length));
		ms_buf_add(&s->blobs, digest, sizeof(digest));
		ms_buf_add(&s->blobs, p, n);
	} else {
		ms_buf_add(&s->inlined, p, n);
	}
	s->items++;
}

static inline bool
slow_full(const struct slow *s)
{
	return s->items >= 3500 ||
	       48 + s->rows.n + s->inlined.n >= 6 * 1024 * 1024;
}

static inline void
slow_text(struct slow *s, const unsigned char *p, size_t n, bool rest)
{
	size_t k = slow_beginning(p, n, 4194304);
	struct ms_buf b = {0};
	bool blob = rest || k < n;
	int eol;

	for (; n > 0; p += k, n -= k) {
		k = slow_beginning(p, n, 4194304);
		ms_buf_clear(&b);
		eol = slow_store(p, k, &b);
		slow_item(
		    s, b.p, b.n, blob || b.n >= 2048, (unsigned)eol, 0, false);
	}
	ms_buf_release(&b);
}

/* Returns the value of a character of base64, or -1. */
static inline int
slow_bits(unsigned char c)
{
	return c >= 'A' && c <= 'Z'   ? c - 'A'
	       : c >= 'a' && c <= 'z' ? c - 'a' + 26
	       : c >= '0' && c <= '9' ? c - '0' + 52
	       : c == '+'             ? 62
	       : c == '/'             ? 63
				      : -1;
}

/* Decodes n characters and appends the bytes; false: they are not base64. */
static inline bool
slow_decode(const unsigned char *p, size_t n, struct ms_buf *out)
{
	unsigned char *to = ms_buf_room(out, n);
	size_t i, pad = 0;
	unsigned have = 0;
	uint32_t value = 0;

	if (n % 4 != 0)
		return false;
	while (pad < 2 && n > 0 && p[n - 1] == '=') {
		n--;
		pad++;
	}
	for (i = 0; i < n; i++) {
		if (slow_bits(p[i]) < 0)
			return false;
		value = (value << 6 | (uint32_t)slow_bits(p[i])) & 0xffffff;
		have += 6;
		if (have >= 8) {
			have -= 8;
			*to++ = (unsigned char)(value >> have & 255);
		}
	}
	out->n = (size_t)(to - out->p);
	return (value & ((1u << have) - 1)) == 0;
}

struct slow_line {
	size_t chars, ends; /* ends: bytes of the line end, or 0 */
};

static inline struct slow_line
slow_line(const unsigned char *p, size_t n)
{
	const unsigned char *nl = memchr(p, '\n', n);
	struct slow_line l = {n, 0};

	if (nl != NULL) {
		l.chars = (size_t)(nl - p);
		l.ends = 1;
	}
	if (nl != NULL && l.chars > 0 && nl[-1] == '\r') {
		l.chars--;
		l.ends = 2;
	}
	return l;
}

static inline bool
slow_whole(const unsigned char *p, struct slow_line l)
{
	size_t i;

	if (l.chars < 60 || l.chars > 76 || l.ends == 0)
		return false;
	for (i = 0; i < l.chars; i++)
		if (slow_bits(p[i]) < 0)
			return false;
	return true;
}

/* Returns the number of original bytes of the base64 run at p, or 0. */
static inline size_t
slow_run(const unsigned char *p, size_t n, struct slow_line *first,
    struct ms_buf *decoded, bool *ends)
{
	struct ms_buf chars = {0};
	size_t lines = 0, used = 0;
	struct slow_line l;

	*first = slow_line(p, n);
	for (;;) {
		l = slow_line(p + used, n - used);
		if (l.chars != first->chars || l.ends != first->ends ||
		    !slow_whole(p + used, l))
			break;
		ms_buf_add(&chars, p + used, l.chars);
		used += l.chars + l.ends;
		lines++;
	}
	if (lines < 4) {
		ms_buf_release(&chars);
		return 0;
	}
	*ends = l.ends > 0;
	ms_buf_add(&chars, p + used, l.chars);
	if (l.chars >= 1 && l.chars <= first->chars &&
	    (l.ends == 0 || l.ends == first->ends) &&
	    slow_decode(chars.p, chars.n, decoded)) {
		used += l.chars + l.ends;
	} else {
		chars.n -= l.chars;
		*ends = true;
		while (chars.n % 4 != 0) {
			chars.n -= first->chars;
			used -= first->chars + first->ends;
		}
		ms_buf_clear(decoded);
		(void)slow_decode(chars.p, chars.n, decoded);
	}
	ms_buf_release(&chars);
	return used;
}

static inline void
slow_base64(
    struct slow *s, const struct ms_buf *d, struct slow_line l, bool ends)
{
	size_t piece = 4104000 - 4104000 % (3 * l.chars), i, k;

	for (i = 0; i < d->n; i += k) {
		k = d->n - i < piece ? d->n - i : piece;
		slow_item(s, d->p + i, k, d->n >= 2048, (unsigned)l.ends,
		    l.chars, i + k < d->n || ends);
	}
}

static inline void
slow_body(struct slow *s, const unsigned char *p, size_t n)
{
	size_t text = 0, i = 0, run;
	struct ms_buf d = {0};
	struct slow_line l;
	bool ends, full = slow_full(s);

	while (i < n && !full) {
		ms_buf_clear(&d);
		run = slow_run(p + i, n - i, &l, &d, &ends);
		if (run == 0) {
			i += l.chars + l.ends;
			continue;
		}
		slow_text(s, p + text, i - text, false);
		text = i;
		full = slow_full(s);
		if (full)
			break;
		slow_base64(s, &d, l, ends);
		text = i = i + run;
		full = slow_full(s);
	}
	slow_text(s, p + text, n - text, full);
	ms_buf_release(&d);
}

static inline size_t
slow_header(const unsigned char *p, size_t n)
{
	size_t i = 0;
	struct slow_line l;

	while (i < n) {
		l = slow_line(p + i, n - i);
		i += l.chars + l.ends;
		if (l.chars == 0 && l.ends > 0)
			break;
	}
	return i;
}

/* Appends the content of the MESSAGE to content, and its BLOBs to blobs. */
static inline void
slow_segment(const unsigned char *p, size_t n, struct ms_buf *content,
    struct ms_buf *blobs)
{
	size_t whole, header, more, i;
	struct ms_buf wire = {0}, b = {0}, m = {0};
	unsigned char head[48], *to;
	struct slow s = {0};
	struct ms_sha sha;
	bool cr;
	int eol;

	if (n == 0)
		p = head; /* it may be NULL */
	whole = slow_header(p, n);
	header = slow_beginning(p, whole, 262144);
	eol = slow_store(p, header, &b);
	if (header > 0)
		slow_item(&s, b.p, b.n, false, (unsigned)eol, 0, false);
	more = slow_beginning(p + header, whole - header, 3932160);
	eol = slow_store(p + header, more, &m);
	if (more > 0)
		slow_item(&s, m.p, m.n, false, (unsigned)eol, 0, false);
	slow_body(&s, p + header + more, n - header - more);
	to = ms_buf_room(&wire, 2 * n);
	for (i = 0; i < n; i++) {
		cr = i > 0 && p[i - 1] == '\r';
		s.crlf |= p[i] == '\n' && cr;
		s.lf |= p[i] == '\n' && !cr;
		if (p[i] == '\n' && !cr)
			*to++ = '\r';
		*to++ = p[i];
	}
	wire.n = (size_t)(to - wire.p);
	for (i = 0; i < s.rows.n; i += 8 + (s.rows.p[i + 4] & 128) / 4)
		if (!s.lf || !s.crlf)
			s.rows.p[i + 5] = 0;
	ms_sha_init(&sha);
	ms_sha_add(&sha, wire.p, wire.n);
	ms_sha_end(&sha, head);
	ms_put_le64(head + 32, wire.n);
	ms_put_le32(head + 40, s.items);
	ms_put_le32(head + 44, (uint32_t)b.n);
	ms_buf_add(content, head, sizeof(head));
	ms_buf_add(content, s.rows.p, s.rows.n);
	ms_buf_add(content, s.inlined.p, s.inlined.n);
	ms_buf_add(blobs, s.blobs.p, s.blobs.n);
	ms_buf_release(&s.rows);
	ms_buf_release(&s.inlined);
	ms_buf_release(&s.blobs);
	ms_buf_release(&wire);
	ms_buf_release(&b);
	ms_buf_release(&m);
}

#endif
