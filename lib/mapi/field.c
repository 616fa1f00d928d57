/* field.c - fields of a header: text, mailboxes, dates and parameters. RFC
 * 5322, RFC 2047, RFC 2231; ms-mapi(7), Header. */
#include "impl.h"

#include <string.h>
#include "base64.h"
#include "time.h"
#include "utf8.h"

#define PLAIN_MAX                                                              \
	200         /* bytes of text that is not encoded; lines have <= 998    \
		     */
#define WORD_MAX 45 /* bytes in an encoded word, which has 75 characters */
#define PARAMETER_MAX 60 /* characters of a piece of a parameter */

void
ms_mapi_line(struct ms_slice text, struct ms_buf *out)
{
	size_t before = out->n, n;
	bool blank = false;
	uint32_t c;

	for (; text.n > 0; text = (struct ms_slice){text.p + n, text.n - n}) {
		n = ms_utf8_step(text.p, text.n, &c);
		if (c == MS_NOT_UTF8)
			c = MS_REPLACEMENT;
		if (c == ' ' || ms_utf8_control(c)) {
			blank = true;
			continue;
		}
		if (blank && out->n > before)
			ms_buf_add_byte(out, ' ');
		blank = false;
		out->n += ms_utf8_put(ms_buf_room(out, 4), c);
	}
}

/* Whether text can stand in a header as it is, and comes out as it went in. */
static bool
is_plain(struct ms_slice s)
{
	if (s.n > PLAIN_MAX)
		return false;
	for (size_t i = 0; i < s.n; i++)
		if (s.p[i] < 0x20 || s.p[i] > 0x7e)
			return false;
	return s.n < 2 || memmem(s.p, s.n, "=?", 2) == NULL;
}

/* Appends text as encoded words; a character is never divided. */
static void
encode_words(struct ms_buf *out, struct ms_slice text)
{
	size_t take, n;
	uint32_t c;

	while (text.n > 0) {
		for (take = 0; take < text.n; take += n) {
			n = ms_utf8_step(text.p + take, text.n - take, &c);
			if (take + n > WORD_MAX)
				break;
		}
		ms_buf_add_str(out, "=?UTF-8?B?");
		out->n += ms_base64_encode(
		    text.p, take, ms_buf_room(out, MS_BASE64_CHARS(WORD_MAX)));
		ms_buf_add_str(out, "?=");
		text = (struct ms_slice){text.p + take, text.n - take};
		if (text.n > 0)
			ms_buf_add_str(out, "\r\n ");
	}
}

void
ms_mapi_field(struct ms_buf *out, const char *name, struct ms_slice text)
{
	struct ms_buf line = {0};

	ms_mapi_line(text, &line);
	if (line.n > 0) {
		ms_buf_printf(out, "%s: ", name);
		if (is_plain(ms_buf_slice(&line)))
			ms_buf_add(out, line.p, line.n);
		else
			encode_words(out, ms_buf_slice(&line));
		ms_buf_add_str(out, "\r\n");
	}
	ms_buf_release(&line);
}

/* ---- message ids ---- */

/* Appends an id: what is between brackets, or else a word. */
static void
add_id(struct ms_buf *out, struct ms_slice word)
{
	ms_buf_add_byte(out, '<');
	for (size_t i = 0; i < word.n; i++)
		if (word.p[i] > ' ' && word.p[i] < 0x7f)
			ms_buf_add_byte(out, word.p[i]);
	ms_buf_add_byte(out, '>');
}

static bool
is_delimiter(unsigned char c)
{
	return c <= ' ' || c == '<' || c == '>' || c >= 0x7f;
}

void
ms_mapi_field_ids(struct ms_buf *out, const char *name, struct ms_slice text)
{
	size_t i = 0, n, count = 0;

	while (i < text.n) {
		for (; i < text.n && is_delimiter(text.p[i]); i++)
			;
		for (n = 0; i + n < text.n && !is_delimiter(text.p[i + n]); n++)
			;
		if (n > 0 && n <= PLAIN_MAX * 4) {
			if (count++ == 0)
				ms_buf_printf(out, "%s: ", name);
			else
				ms_buf_add_str(out, "\r\n ");
			add_id(out, (struct ms_slice){text.p + i, n});
		}
		i += n;
	}
	if (count > 0)
		ms_buf_add_str(out, "\r\n");
}

void
ms_mapi_field_date(struct ms_buf *out, const char *name, int64_t date)
{
	char text[25];
	struct ms_civil c;

	ms_time_asctime(date, text); /* "Fri Nov 20 10:00:00 2026" */
	ms_time_split(date, &c);
	ms_buf_printf(out, "%s: %.3s, %02u %.3s %04d %.8s +0000\r\n", name,
	    text, c.day, text + 4, c.year, text + 11);
}

/* ---- mailboxes ---- */

/* Appends a display name. */
static void
add_phrase(struct ms_buf *out, struct ms_slice name)
{
	struct ms_buf line = {0};

	ms_mapi_line(name, &line);
	if (is_plain(ms_buf_slice(&line))) {
		ms_buf_add_byte(out, '"');
		for (size_t i = 0; i < line.n; i++) {
			if (line.p[i] == '"' || line.p[i] == '\\')
				ms_buf_add_byte(out, '\\');
			ms_buf_add_byte(out, line.p[i]);
		}
		ms_buf_add_byte(out, '"');
	} else {
		encode_words(out, ms_buf_slice(&line));
	}
	ms_buf_release(&line);
}

void
ms_mapi_mailbox(struct ms_buf *out, const struct ms_mapi_address *a)
{
	if (a->name.n > 0)
		add_phrase(out, ms_buf_slice(&a->name));
	if (a->mail.n == 0) {
		if (a->name.n == 0)
			add_phrase(out, ms_buf_slice(&a->other));
		/* Encoded words end with a blank. */
		ms_buf_add_str(out, out->p[out->n - 1] == '"' ? ":;" : " :;");
		return;
	}
	ms_buf_add_str(out, a->name.n > 0 ? " <" : "<");
	ms_buf_add(out, a->mail.p, a->mail.n);
	ms_buf_add_byte(out, '>');
}

/* ---- parameters ---- */

static bool
is_attribute_char(unsigned char c)
{
	return c > ' ' && c < 0x7f && strchr("*'%()<>@,;:\\\"/[]?=", c) == NULL;
}

/* Appends a character of an extended value; returns its width. */
static size_t
add_extended_char(struct ms_buf *out, const unsigned char *p, size_t n)
{
	if (n == 1 && is_attribute_char(*p)) {
		ms_buf_add_byte(out, *p);
		return 1;
	}
	for (size_t i = 0; i < n; i++)
		ms_buf_printf(out, "%%%02X", p[i]);
	return 3 * n;
}

/* RFC 2231, in pieces that fit into a line; a character is never divided. */
static void
add_extended(struct ms_buf *out, const char *name, struct ms_slice value)
{
	unsigned piece = 0;
	size_t used = PARAMETER_MAX, n;
	uint32_t c;

	for (; value.n > 0;
	     value = (struct ms_slice){value.p + n, value.n - n}) {
		n = ms_utf8_step(value.p, value.n, &c);
		if (used >= PARAMETER_MAX) {
			ms_buf_printf(out, ";\r\n\t%s*%u*=%s", name, piece,
			    piece == 0 ? "UTF-8''" : "");
			piece++;
			used = 0;
		}
		used += add_extended_char(out, value.p, n);
	}
}

void
ms_mapi_parameter(struct ms_buf *out, const char *name, struct ms_slice value)
{
	if (!is_plain(value)) {
		add_extended(out, name, value);
		return;
	}
	ms_buf_printf(out, ";\r\n\t%s=\"", name);
	for (size_t i = 0; i < value.n; i++) {
		if (value.p[i] == '"' || value.p[i] == '\\')
			ms_buf_add_byte(out, '\\');
		ms_buf_add_byte(out, value.p[i]);
	}
	ms_buf_add_byte(out, '"');
}
