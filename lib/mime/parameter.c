/*
 * parameter.c - parameters of Content-Type and Content-Disposition. RFC 2045,
 * 5.1; RFC 2231; ms-quirks(7), Parts.
 */
#include "part.h"
#include "mail.h"
#include "sha.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

#define SECTIONS_MAX 100 /* of a value (RFC 2231, 3) */
#define NAME_MAX_LEN 64  /* bytes of the name of a parameter */

/* An iterator over the parameters of a field. */
struct parameters {
	struct ms_slice text; /* what is left */
	struct ms_slice name, value;
};

static bool
is_blank(unsigned char c)
{
	return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

static bool
is_name(unsigned char c)
{
	return c > ' ' && c < 0x7f && strchr("()<>@,;:\\\"/[]?=", c) == NULL;
}

static void
skip(struct ms_slice *s, size_t n)
{
	s->p += n;
	s->n -= n;
}

static size_t
name_length(struct ms_slice s)
{
	size_t n = 0;

	while (n < s.n && is_name(s.p[n]))
		n++;
	return n;
}

/* Does a name and "=" begin here? */
static bool
begins_parameter(struct ms_slice s)
{
	size_t n = name_length(s), k = n;

	while (k < s.n && is_blank(s.p[k]))
		k++;
	return n > 0 && k < s.n && s.p[k] == '=';
}

/*
 * A value without quotes goes on to the next ";", because names of files with
 * blanks are often not quoted; but not into the next parameter, if the ";"
 * before that is missing.
 */
static struct ms_slice
bare_value(struct ms_slice *s)
{
	struct ms_slice value = {s->p, 0};

	while (s->n > 0 && *s->p != ';') {
		if (is_blank(*s->p)) {
			skip(s, 1);
			if (begins_parameter(*s))
				break;
		} else {
			skip(s, 1);
			value.n = (size_t)(s->p - value.p);
		}
	}
	return value;
}

/* The text between quotes, with its backslashes. */
static struct ms_slice
quoted_value(struct ms_slice *s)
{
	struct ms_slice value;

	skip(s, 1);
	value.p = s->p;
	while (s->n > 0 && *s->p != '"')
		skip(s, *s->p == '\\' && s->n > 1 ? 2 : 1);
	value.n = (size_t)(s->p - value.p);
	if (s->n > 0)
		skip(s, 1);
	return value;
}

/* Finds the next parameter. */
static bool
next_parameter(struct parameters *ps)
{
	struct ms_slice *s = &ps->text;

	while (s->n > 0) {
		if (!begins_parameter(*s)) {
			size_t n = name_length(*s);

			skip(s, n > 0 ? n : 1);
			continue;
		}
		ps->name = (struct ms_slice){s->p, name_length(*s)};
		skip(s, ps->name.n);
		while (*s->p != '=')
			skip(s, 1);
		skip(s, 1);
		while (s->n > 0 && is_blank(*s->p))
			skip(s, 1);
		ps->value =
		    s->n > 0 && *s->p == '"' ? quoted_value(s) : bare_value(s);
		return true;
	}
	return false;
}

/* Finds the value of the parameter with exactly this name. */
static bool
find(struct ms_slice field, const char *name, struct ms_slice *value)
{
	struct parameters ps = {.text = field};
	size_t n = strlen(name);

	while (next_parameter(&ps))
		if (ps.name.n == n &&
		    strncasecmp((const char *)ps.name.p, name, n) == 0) {
			*value = ps.value;
			return true;
		}
	return false;
}

/* Only quotes and backslashes are quoted: "C:\new" is a path of Windows. */
static void
add_unquoted(struct ms_slice s, struct ms_buf *out)
{
	for (size_t i = 0; i < s.n; i++) {
		if (s.p[i] == '\\' && i + 1 < s.n &&
		    (s.p[i + 1] == '"' || s.p[i + 1] == '\\'))
			i++;
		ms_buf_add_byte(out, s.p[i]);
	}
}

static void
add_percent(struct ms_slice s, struct ms_buf *out)
{
	for (size_t i = 0; i < s.n; i++) {
		unsigned char c = s.p[i];

		if (c == '%' && s.n - i > 2 &&
		    ms_unhex((struct ms_slice){s.p + i + 1, 2}, &c, 1) == 1)
			i += 2;
		ms_buf_add_byte(out, c);
	}
}

/* Takes "charset'language'" away from an extended value (RFC 2231, 4). */
static const struct ms_charset *
take_charset(struct ms_slice *value)
{
	const unsigned char *end = memchr(value->p, '\'', value->n), *second;
	struct ms_slice name;

	if (end == NULL)
		return ms_charset_find((struct ms_slice){0});
	name = (struct ms_slice){value->p, (size_t)(end - value->p)};
	skip(value, name.n + 1);
	second = memchr(value->p, '\'', value->n);
	if (second != NULL)
		skip(value, (size_t)(second - value->p) + 1);
	return ms_charset_find(name);
}

/* Adds bytes in a character set as text without controls. */
static void
add_converted(const struct ms_charset *charset, const struct ms_buf *bytes,
    struct ms_buf *out)
{
	struct ms_buf utf8 = {0};

	ms_mail_decode_text(
	    ms_charset_utf8(charset, ms_buf_slice(bytes), &utf8), out);
	ms_buf_release(&utf8);
}

/* The section of a value, "name*0" or, encoded, "name*0*". */
static bool
find_section(struct ms_slice field, const char *name, int i,
    struct ms_slice *value, bool *encoded)
{
	char full[NAME_MAX_LEN + 16];

	snprintf(full, sizeof(full), "%s*%d*", name, i);
	*encoded = find(field, full, value);
	if (*encoded)
		return true;
	full[strlen(full) - 1] = '\0';
	return find(field, full, value);
}

static bool
add_sections(struct ms_slice field, const char *name, struct ms_buf *out)
{
	const struct ms_charset *charset =
	    ms_charset_find((struct ms_slice){0});
	struct ms_buf bytes = {0};
	struct ms_slice value;
	bool encoded;
	int i;

	for (i = 0;
	     i < SECTIONS_MAX && find_section(field, name, i, &value, &encoded);
	     i++) {
		if (encoded && i == 0)
			charset = take_charset(&value);
		if (encoded)
			add_percent(value, &bytes);
		else
			add_unquoted(value, &bytes);
	}
	if (i > 0)
		add_converted(charset, &bytes, out);
	ms_buf_release(&bytes);
	return i > 0;
}

static bool
add_extended(struct ms_slice field, const char *name, struct ms_buf *out)
{
	char full[NAME_MAX_LEN + 2];
	const struct ms_charset *charset;
	struct ms_buf bytes = {0};
	struct ms_slice value;

	snprintf(full, sizeof(full), "%s*", name);
	if (!find(field, full, &value))
		return false;
	charset = take_charset(&value);
	add_percent(value, &bytes);
	add_converted(charset, &bytes, out);
	ms_buf_release(&bytes);
	return true;
}

bool
ms_mime_parameter(struct ms_slice field, const char *name, struct ms_buf *out)
{
	struct ms_buf bytes = {0};
	struct ms_slice value;

	if (add_sections(field, name, out) || add_extended(field, name, out))
		return true;
	if (!find(field, name, &value))
		return false;
	add_unquoted(value, &bytes);
	ms_mail_decode_text(ms_buf_slice(&bytes), out);
	ms_buf_release(&bytes);
	return true;
}
