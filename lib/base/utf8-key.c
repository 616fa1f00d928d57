/*
 * utf8-key.c - the forms in which texts and names are compared: Unicode
 * Standard Annex 15 (normalization) and NFKC_Casefold, by libunistring; domains
 * of addresses, by libidn2.
 */
#include "utf8.h"

#include <idn2.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unicase.h>
#include <unictype.h>
#include <uninorm.h>

#define LABEL_MAX 63 /* bytes of a label of a domain (RFC 1035, 2.3.4) */

static bool
is_ascii(struct ms_slice s)
{
	for (size_t i = 0; i < s.n; i++)
		if (s.p[i] >= 0x80)
			return false;
	return true;
}

static bool
is_no_break_space(uint32_t c)
{
	return c == 0xa0 || c == 0x2007 || c == 0x202f;
}

/* Soft hyphens, zero-width spaces and joiners, variation selectors... */
static bool
is_invisible(uint32_t c)
{
	return c >= 0x80 &&
	       uc_is_property_default_ignorable_code_point((ucs4_t)c);
}

/* Appends UTF-8 without invisible characters. */
static void
add_visible(struct ms_slice in, struct ms_buf *out)
{
	size_t i = 0, n;
	uint32_t c;

	for (; i < in.n; i += n) {
		n = ms_utf8_step(in.p + i, in.n - i, &c);
		if (c == MS_NOT_UTF8)
			c = MS_REPLACEMENT;
		if (is_no_break_space(c))
			ms_buf_add_byte(out, ' ');
		else if (!is_invisible(c))
			out->n += ms_utf8_put(ms_buf_room(out, 4), c);
	}
}

/* Appends the result of a function of libunistring; NULL: no memory is left. */
static void
add_result(uint8_t *result, size_t n, struct ms_buf *out)
{
	if (result == NULL)
		ms_out_of_memory();
	ms_buf_add(out, result, n);
	free(result);
}

/* Makes one blank of each run, from out->p + start on. */
static void
collapse_blanks(struct ms_buf *out, size_t start)
{
	size_t to = start;

	for (size_t i = start; i < out->n; i++)
		if (out->p[i] != ' ' || to == start || out->p[to - 1] != ' ')
			out->p[to++] = out->p[i];
	out->n = to;
}

void
ms_utf8_text_key(struct ms_slice in, struct ms_buf *out)
{
	struct ms_buf visible = {0};
	size_t start = out->n, n = 0;
	uint8_t *folded;

	if (is_ascii(in)) {
		ms_utf8_fold(in, out);
	} else {
		add_visible(in, &visible);
		folded = u8_casefold(
		    visible.p, visible.n, NULL, UNINORM_NFKC, NULL, &n);
		add_result(folded, n, out);
		ms_buf_release(&visible);
	}
	collapse_blanks(out, start);
}

void
ms_utf8_name_key(struct ms_slice in, struct ms_buf *out)
{
	struct ms_buf visible = {0};
	uint8_t *composed;
	size_t n = 0;

	if (is_ascii(in)) {
		ms_buf_add(out, in.p, in.n);
		return;
	}
	add_visible(in, &visible);
	composed = u8_normalize(UNINORM_NFC, visible.p, visible.n, NULL, &n);
	add_result(composed, n, out);
	ms_buf_release(&visible);
}

/* Appends a label of a domain, in its Unicode form if it is an A-label. */
static void
add_label(const char *label, size_t n, struct ms_buf *out)
{
	char ace[LABEL_MAX + 1], *unicode = NULL;

	if (n > 4 && n <= LABEL_MAX && strncasecmp(label, "xn--", 4) == 0) {
		memcpy(ace, label, n);
		ace[n] = '\0';
		if (idn2_to_unicode_8z8z(ace, &unicode, 0) != IDN2_OK)
			unicode = NULL;
	}
	if (unicode != NULL)
		ms_buf_add_str(out, unicode);
	else
		ms_buf_add(out, label, n);
	idn2_free(unicode);
}

/* Appends an address with a domain in its Unicode form. */
static void
add_address(struct ms_slice in, struct ms_buf *out)
{
	const char *p = (const char *)in.p, *end = p + in.n, *dot;
	const char *at = in.n > 0 ? memrchr(p, '@', in.n) : NULL;

	if (at == NULL) {
		ms_buf_add(out, in.p, in.n);
		return;
	}
	ms_buf_add(out, p, (size_t)(at - p));
	for (p = at; p != NULL; p = dot) {
		ms_buf_add_byte(out, (unsigned char)*p++);
		dot = p < end ? memchr(p, '.', (size_t)(end - p)) : NULL;
		add_label(p, (size_t)((dot != NULL ? dot : end) - p), out);
	}
}

void
ms_utf8_address_key(struct ms_slice in, struct ms_buf *out)
{
	struct ms_buf address = {0}, composed = {0};

	add_address(in, &address);
	ms_utf8_name_key(ms_buf_slice(&address), &composed);
	ms_utf8_fold(ms_buf_slice(&composed), out);
	ms_buf_release(&composed);
	ms_buf_release(&address);
}

bool
ms_utf8_same_name(const char *a, const char *b)
{
	struct ms_slice sa = ms_slice_str(a), sb = ms_slice_str(b);
	struct ms_buf ka = {0}, kb = {0};
	bool same = strcmp(a, b) == 0;

	if (!same && !(is_ascii(sa) && is_ascii(sb))) {
		ms_utf8_name_key(sa, &ka);
		ms_utf8_name_key(sb, &kb);
		same = ms_slice_eq(ms_buf_slice(&ka), ms_buf_slice(&kb));
		ms_buf_release(&ka);
		ms_buf_release(&kb);
	}
	return same;
}
