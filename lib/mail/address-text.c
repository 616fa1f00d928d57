/*
 * address-text.c - address fields in the form in which addresses are searched.
 * RFC 5322, 3.4 and 4.4; RFC 5891; ms-query(7), Addresses.
 */
#include "impl.h"

#include <ctype.h>
#include <idn2.h>
#include <string.h>
#include <strings.h>

#define LABEL_MAX 63 /* bytes of a label of a domain (RFC 1035, 2.3.4) */

static bool
is_label(unsigned char c)
{
	return isascii(c) && (isalnum(c) || c == '-');
}

/*
 * Appends the label p, n. A label of an internationalised domain name becomes
 * Unicode.
 */
static void
add_label(const unsigned char *p, size_t n, struct ms_buf *out)
{
	char ace[LABEL_MAX + 1], *unicode = NULL;
	struct ms_slice text = {p, n};

	if (n > 4 && n <= LABEL_MAX &&
	    strncasecmp((const char *)p, "xn--", 4) == 0) {
		memcpy(ace, p, n);
		ace[n] = '\0';
		if (idn2_to_unicode_8z8z(ace, &unicode, 0) == IDN2_OK &&
		    *unicode != '\0')
			text = ms_slice_str(unicode);
	}
	ms_buf_add(out, text.p, text.n);
	idn2_free(unicode);
}

/* Removes the blank at the end of the text, if it is after `start`. */
static void
drop_blank(struct ms_buf *out, size_t start)
{
	if (out->n > start && out->p[out->n - 1] == ' ')
		out->n--;
}

static bool
is_joint(unsigned char c)
{
	return c == '@' || c == '.';
}

/* Adds a blank, unless there is one already or the address goes on. */
static void
add_blank(struct ms_buf *out, size_t start)
{
	unsigned char last = out->n > start ? out->p[out->n - 1] : ' ';

	if (last != ' ' && !is_joint(last))
		ms_buf_add_byte(out, ' ');
}

void
ms_mail_address_text(struct ms_slice text, struct ms_buf *out)
{
	size_t start = out->n, i = 0, n;
	bool quoted = false;

	while (i < text.n) {
		unsigned char c = text.p[i];

		if (is_label(c)) {
			for (n = 1; i + n < text.n && is_label(text.p[i + n]);)
				n++;
			add_label(text.p + i, n, out);
			i += n;
			continue;
		}
		if (c == '(' && !quoted) {
			i = ms_skip_comment(text, i);
			add_blank(out, start);
			continue;
		}
		i++;
		if (c == '"') {
			quoted = !quoted;
		} else if (c == '\\' && i < text.n) {
			ms_buf_add_byte(out, text.p[i++]);
		} else if (ms_is_blank(c)) {
			add_blank(out, start);
		} else {
			if (is_joint(c))
				drop_blank(out, start);
			ms_buf_add_byte(out, c);
		}
	}
}
