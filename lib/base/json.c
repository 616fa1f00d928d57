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
		json_object_set_new(
		    o, key, json_stringn((const char *)text.p, text.n));
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

/* The number of bytes that JSON does not escape. */
static size_t
plain_length(const char *s)
{
	size_t n = 0;

	while ((unsigned char)s[n] >= 0x20 && s[n] != '"' && s[n] != '\\')
		n++;
	return n;
}

void
ms_json_put_text(struct ms_buf *out, const char *text)
{
	size_t n = plain_length(text);
	unsigned char *room = ms_buf_room(out, n + 2);

	if (text[n] == '\0') { /* the usual case, and the fast one */
		room[0] = room[n + 1] = '"';
		memcpy(room + 1, text, n);
		out->n += n + 2;
		return;
	}
	ms_buf_add_byte(out, '"');
	for (;; text++) {
		n = plain_length(text);
		ms_buf_add(out, text, n);
		text += n;
		if (*text == '\0')
			break;
		if (*text == '"' || *text == '\\')
			ms_buf_printf(out, "\\%c", *text);
		else
			ms_buf_printf(out, "\\u%04x", (unsigned char)*text);
	}
	ms_buf_add_byte(out, '"');
}

static int
append(const char *p, size_t n, void *out)
{
	ms_buf_add(out, p, n);
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
