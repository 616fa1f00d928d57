/*
 * part.c - the header of a part, and its body decoded. RFC 2045; RFC 2183;
 * ms-quirks(7), Parts.
 */
#include "part.h"
#include "base64.h"
#include "mail.h"
#include "sha.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

/* ---- the header ---- */

static bool
is_blank(unsigned char c)
{
	return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

/* The first word of a field, up to a blank, ";" or a comment. */
static struct ms_slice
first_word(struct ms_slice s)
{
	size_t n = 0;

	while (s.n > 0 && is_blank(*s.p)) {
		s.p++;
		s.n--;
	}
	while (n < s.n && !is_blank(s.p[n]) && s.p[n] != ';' && s.p[n] != '(')
		n++;
	return (struct ms_slice){s.p, n};
}

static bool
word_is(struct ms_slice word, const char *name)
{
	return word.n == strlen(name) &&
	       strncasecmp((const char *)word.p, name, word.n) == 0;
}

/* Sets the type if the word is one: two names with "/" between. */
static void
set_type(struct ms_mime_info *info, struct ms_slice word, bool in_digest)
{
	const unsigned char *slash =
	    word.n > 0 ? memchr(word.p, '/', word.n) : NULL;

	snprintf(info->type, sizeof(info->type), "%s",
	    in_digest ? "message/rfc822" : "text/plain");
	if (slash == NULL || slash == word.p || slash == word.p + word.n - 1 ||
	    word.n >= sizeof(info->type))
		return;
	for (size_t i = 0; i < word.n; i++)
		if (word.p[i] <= ' ' || word.p[i] >= 0x7f)
			return;
	for (size_t i = 0; i < word.n; i++)
		info->type[i] = (char)(word.p[i] >= 'A' && word.p[i] <= 'Z'
					   ? word.p[i] - 'A' + 'a'
					   : word.p[i]);
	info->type[word.n] = '\0';
}

static enum ms_mime_encoding
encoding_of(struct ms_slice word)
{
	if (word_is(word, "base64"))
		return MS_MIME_BASE64;
	return word_is(word, "quoted-printable") ? MS_MIME_QUOTED
						 : MS_MIME_AS_IS;
}

void
ms_mime_info_read(
    struct ms_mime_info *info, struct ms_slice header, bool in_digest)
{
	struct ms_slice type = {0}, disposition = {0}, encoding = {0};
	struct ms_buf charset = {0};

	ms_buf_clear(&info->name);
	(void)ms_mail_find(header, "content-type", &type);
	(void)ms_mail_find(header, "content-disposition", &disposition);
	(void)ms_mail_find(header, "content-transfer-encoding", &encoding);
	set_type(info, first_word(type), in_digest);
	info->encoding = encoding_of(first_word(encoding));
	info->attachment = word_is(first_word(disposition), "attachment");
	(void)ms_mime_parameter(type, "charset", &charset);
	info->charset = ms_charset_find(ms_buf_slice(&charset));
	if (!ms_mime_parameter(disposition, "filename", &info->name))
		(void)ms_mime_parameter(type, "name", &info->name);
	ms_buf_release(&charset);
}

void
ms_mime_info_release(struct ms_mime_info *info)
{
	ms_buf_release(&info->name);
	*info = (struct ms_mime_info){0};
}

/* ---- the body ---- */

/*
 * The length of a soft line break that begins with "=" at p: blanks may follow
 * it (RFC 2045, 6.7). 0: it is none.
 */
static size_t
soft_break(const unsigned char *p, size_t n)
{
	size_t i = 1;

	while (i < n && (p[i] == ' ' || p[i] == '\t' || p[i] == '\r'))
		i++;
	if (i == n)
		return n;
	return p[i] == '\n' ? i + 1 : 0;
}

/* Removes the blanks before a line end, which were added on the way. */
static size_t
without_blanks(const unsigned char *to, size_t n, size_t line)
{
	while (n > line && (to[n - 1] == ' ' || to[n - 1] == '\t'))
		n--;
	return n;
}

static void
decode_quoted(struct ms_slice s, struct ms_buf *out)
{
	unsigned char *to = ms_buf_room(out, s.n), c;
	size_t n = 0, line = 0; /* line: blanks before it stay */
	size_t i = 0, soft;

	while (i < s.n) {
		c = s.p[i];
		soft = c == '=' ? soft_break(s.p + i, s.n - i) : 0;
		if (soft > 0) {
			i += soft;
			line = n;
			continue;
		}
		if (c == '=' && s.n - i > 2 &&
		    ms_unhex((struct ms_slice){s.p + i + 1, 2}, &c, 1) == 1) {
			i += 3;
			to[n++] = c;
			line = n;
			continue;
		}
		if (c == '\n' ||
		    (c == '\r' && i + 1 < s.n && s.p[i + 1] == '\n'))
			n = without_blanks(to, n, line);
		to[n++] = c;
		i++;
	}
	out->n += n;
}

void
ms_mime_decode(
    enum ms_mime_encoding encoding, struct ms_slice body, struct ms_buf *out)
{
	if (encoding == MS_MIME_BASE64)
		ms_base64_decode_any(body, out);
	else if (encoding == MS_MIME_QUOTED)
		decode_quoted(body, out);
	else
		ms_buf_add(out, body.p, body.n);
}
