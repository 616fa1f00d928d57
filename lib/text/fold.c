/*
 * fold.c - removes marks from letters of five scripts: Unicode Standard Annex
 * 15 (normalization) and Annex 24 (scripts), by libunistring.
 */
#include "fold.h"
#include "utf8.h"

#include <stdlib.h>
#include <string.h>
#include <unictype.h>
#include <uninorm.h>

#define SEGMENT_MAX 16384 /* bytes that are folded at once */

/* Is this a letter of a script in which marks are left out? */
static bool
loses_marks(uint32_t c)
{
	/* A letter of each: Latin, Greek, Cyrillic, Arabic, Hebrew. */
	static const ucs4_t letters[] = {'a', 0x3b1, 0x430, 0x627, 0x5d0};
	const uc_script_t *script;

	if (c < 0x80)
		return c >= 'a' && c <= 'z';
	script = uc_script(c);
	for (size_t i = 0; i < sizeof(letters) / sizeof(letters[0]); i++)
		if (script == uc_script(letters[i]))
			return true;
	return false;
}

static bool
is_mark(uint32_t c)
{
	return c >= 0x300 && uc_is_general_category_withtable(
				 c, UC_CATEGORY_MASK_Mn | UC_CATEGORY_MASK_Me);
}

/* Copies text in NFD, without the marks. */
static void
copy_without_marks(struct ms_slice in, struct ms_buf *out)
{
	bool lost = false; /* marks on the last letter are */
	size_t i = 0, n;
	uint32_t c;

	for (; i < in.n; i += n) {
		n = ms_utf8_step(in.p + i, in.n - i, &c);
		if (!is_mark(c))
			lost = loses_marks(c);
		else if (lost)
			continue;
		ms_buf_add(out, in.p + i, n);
	}
}

/* Appends the normal form of text that is UTF-8. A blank after a blank is left
 * out. */
static void
normalize(uninorm_t form, struct ms_slice in, struct ms_buf *out)
{
	size_t n = 0;
	uint8_t *result = u8_normalize(form, in.p, in.n, NULL, &n);
	size_t skip;

	if (result == NULL)
		ms_out_of_memory();
	skip = n > 0 && result[0] == ' ' && out->n > 0 &&
	       out->p[out->n - 1] == ' ';
	ms_buf_add(out, result + skip, n - skip);
	free(result);
}

/* The buffers of a fold. */
struct fold {
	struct ms_buf key, decomposed, plain, *out;
};

/* Folds text that has other characters than ASCII. */
static void
fold_segment(struct fold *f, struct ms_slice in)
{
	ms_buf_clear(&f->key);
	ms_buf_clear(&f->decomposed);
	ms_buf_clear(&f->plain);
	ms_utf8_text_key(in, &f->key);
	normalize(UNINORM_NFD, ms_buf_slice(&f->key), &f->decomposed);
	copy_without_marks(ms_buf_slice(&f->decomposed), &f->plain);
	normalize(UNINORM_NFC, ms_buf_slice(&f->plain), f->out);
}

static bool
is_blank(unsigned char c)
{
	return c == ' ' || (c >= '\t' && c <= '\r');
}

/* Appends ASCII; a blank after a blank is left out. */
static void
add_ascii(struct ms_buf *out, const unsigned char *p, size_t n)
{
	unsigned char *to = ms_buf_room(out, n);
	unsigned char last = out->n > 0 ? to[-1] : 0;

	for (size_t i = 0; i < n; i++) {
		unsigned char c = p[i];

		if (c == ' ' && last == ' ')
			continue;
		if (c >= 'A' && c <= 'Z')
			c |= 0x20;
		*to++ = last = c;
	}
	out->n = (size_t)(to - out->p);
}

/* The length of the ASCII at the start of s that a mark after it cannot change.
 */
static size_t
plain_ascii(struct ms_slice s)
{
	size_t n = 0;

	while (n < s.n && s.p[n] < 0x80)
		n++;
	return n == s.n || n == 0 ? n : n - 1;
}

/* The length of the piece that is folded at once: up to a blank, or to the end
 * of a character at SEGMENT_MAX. */
static size_t
segment_length(struct ms_slice s)
{
	size_t n = 1;

	while (n < s.n && !is_blank(s.p[n]) &&
	       (n < SEGMENT_MAX || (s.p[n] & 0xc0) == 0x80))
		n++;
	return n;
}

void
ms_text_fold(struct ms_slice in, struct ms_buf *out)
{
	struct fold f = {.out = out};
	size_t n;

	while (in.n > 0) {
		n = plain_ascii(in);
		add_ascii(out, in.p, n);
		if (n == 0) {
			n = segment_length(in);
			fold_segment(&f, (struct ms_slice){in.p, n});
		}
		in.p += n;
		in.n -= n;
	}
	ms_buf_release(&f.key);
	ms_buf_release(&f.decomposed);
	ms_buf_release(&f.plain);
}
