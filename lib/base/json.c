/*
 * json.c - texts as JSON, where mail is not always UTF-8. ms-json(5), Values.
 */
#include "json.h"

#include <string.h>

#include "base64.h"
#include "utf8.h"

void
ms_json_base64(json_t *o, const char *key, struct ms_slice bytes)
{
	struct ms_buf name = {0}, text = {0};
	unsigned char *room = ms_buf_room(&text, MS_BASE64_CHARS(bytes.n) + 1);

	text.n = bytes.n > 0 ? ms_base64_encode(bytes.p, bytes.n, room) : 0;
	ms_buf_printf(&name, "%s_b64", key);
	json_object_set_new(
	    o, ms_buf_str(&name), json_stringn(ms_buf_str(&text), text.n));
	ms_buf_release(&name);
	ms_buf_release(&text);
}

void
ms_json_text(json_t *o, const char *key, struct ms_slice text)
{
	struct ms_slice rest = text;
	struct ms_buf near = {0};
	uint32_t c;
	size_t n;

	if (ms_utf8_valid(text.p, text.n)) {
		json_object_set_new(o, key,
		    json_stringn(
			text.n > 0 ? (const char *)text.p : "", text.n));
		return;
	}
	for (; rest.n > 0; rest.p += n, rest.n -= n) {
		n = ms_utf8_step(rest.p, rest.n, &c);
		if (c == MS_NOT_UTF8)
			c = MS_REPLACEMENT;
		near.n += ms_utf8_put(ms_buf_room(&near, 4), c);
	}
	json_object_set_new(o, key, json_stringn(ms_buf_str(&near), near.n));
	ms_json_base64(o, key, text);
	ms_buf_release(&near);
}

void
ms_json_number(json_t *o, const char *key, uint64_t n)
{
	json_object_set_new(o, key, json_integer((json_int_t)n));
}

/* The number of bytes of the control at p that JSON permits and a terminal may
 * interpret; 0: there is none. */
static size_t
permitted_control(const unsigned char *p, size_t n, uint32_t *c)
{
	size_t used;

	/* Only these bytes begin such a character. */
	if (*p != 0x7f && *p != 0xc2 && *p != 0xe2)
		return 0;
	used = ms_utf8_next(p, n, c);
	return used > 0 && ms_utf8_control(*c) ? used : 0;
}

/* The number of bytes that are not escaped. */
static size_t
plain_length(const char *s, size_t *control, uint32_t *c)
{
	size_t n = 0;

	*control = 0;
	while ((unsigned char)s[n] >= 0x20 && s[n] != '"' && s[n] != '\\') {
		if ((unsigned char)s[n] >= 0x7f) {
			*control = permitted_control(
			    (const unsigned char *)s + n, strnlen(s + n, 3), c);
			if (*control > 0)
				break;
		}
		n++;
	}
	return n;
}

void
ms_json_put_text(struct ms_buf *out, const char *text)
{
	uint32_t c;
	size_t control, n = plain_length(text, &control, &c);
	unsigned char *room = ms_buf_room(out, n + 2);

	if (text[n] == '\0') { /* the usual case, and the fast one */
		room[0] = room[n + 1] = '"';
		memcpy(room + 1, text, n);
		out->n += n + 2;
		return;
	}
	ms_buf_add_byte(out, '"');
	for (;; text += control > 0 ? control : 1) {
		n = plain_length(text, &control, &c);
		ms_buf_add(out, text, n);
		text += n;
		if (*text == '\0')
			break;
		if (*text == '"' || *text == '\\')
			ms_buf_printf(out, "\\%c", *text);
		else
			ms_buf_printf(out, "\\u%04x",
			    control > 0 ? (unsigned)c : (unsigned char)*text);
	}
	ms_buf_add_byte(out, '"');
}

void
ms_json_add(struct ms_buf *out, const char *text, size_t n)
{
	const unsigned char *p = (const unsigned char *)text, *start = p;
	const unsigned char *end = p + n;
	size_t control;
	uint32_t c;

	while (p < end) {
		control = permitted_control(p, (size_t)(end - p), &c);
		if (control == 0) {
			p++;
			continue;
		}
		ms_buf_add(out, start, (size_t)(p - start));
		ms_buf_printf(out, "\\u%04x", (unsigned)c);
		start = p += control;
	}
	ms_buf_add(out, start, (size_t)(end - start));
}

/* jansson gives whole characters. */
static int
append(const char *text, size_t n, void *out)
{
	ms_json_add(out, text, n);
	return 0;
}

void
ms_json_line(struct ms_buf *out, const json_t *o)
{
	json_dump_callback(o, append, out, JSON_COMPACT);
}

uint64_t
ms_json_number_of(const json_t *o, const char *key)
{
	json_int_t n = json_integer_value(json_object_get(o, key));

	return n > 0 ? (uint64_t)n : 0;
}

const char *
ms_json_text_of(const json_t *o, const char *key)
{
	const char *s = json_string_value(json_object_get(o, key));

	return s != NULL ? s : "";
}
