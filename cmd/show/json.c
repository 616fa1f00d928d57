/* json.c - a message as a line of JSON. ms-json(5), Messages shown. */
#include "show.h"

#include <string.h>

#include "json.h"
#include "mail.h"
#include "time.h"

/* A text of one value, as an element of an array. */
static json_t *
text_of(struct ms_slice text)
{
	json_t *o = json_object(), *value;

	ms_json_text(o, "x", text);
	value = json_incref(json_object_get(o, "x"));
	json_decref(o);
	return value;
}

static void
set_time(json_t *o, const char *key, bool known, int64_t time)
{
	char text[21];

	ms_time_format(time, text);
	json_object_set_new(o, key, known ? json_string(text) : json_null());
}

static json_t *
places_of(const struct show_message *m)
{
	json_t *all = json_array();

	for (size_t i = 0; i < m->place_count; i++) {
		const struct show_place *p = &m->places[i];
		json_t *o = json_object();

		ms_json_text(o, "user", ms_slice_str(p->folder->user_name));
		ms_json_text(o, "folder", ms_slice_str(p->folder->name));
		ms_json_text(o, "source", ms_slice_str(p->folder->source_url));
		set_time(o, "archived", p->has_archived, p->archived);
		json_array_append_new(all, o);
	}
	return all;
}

/* ---- the header ---- */

static json_t *
header_of(const struct show_message *m)
{
	struct ms_slice rest = ms_body_message(m->body), name, body;
	struct ms_buf text = {0};
	json_t *all = json_array();

	while (ms_mail_next_field(&rest, &name, &body)) {
		json_t *o = json_object();

		ms_buf_clear(&text);
		ms_mail_decode_text(body, &text);
		ms_json_text(o, "name", name);
		ms_json_text(o, "value", ms_buf_slice(&text));
		json_array_append_new(all, o);
	}
	ms_buf_release(&text);
	return all;
}

static void
add_address(void *ctx, struct ms_slice address)
{
	json_array_append_new(ctx, text_of(address));
}

/* The addresses of all fields with this name. */
static json_t *
addresses_in(const struct show_message *m, const char *field)
{
	struct ms_slice rest = ms_body_message(m->body), name, body;
	json_t *all = json_array();

	while (ms_mail_next_field(&rest, &name, &body))
		if (ms_slice_is(name, field))
			ms_mail_addresses(body, add_address, all);
	return all;
}

static void
set_fields(json_t *o, const struct show_message *m)
{
	static const struct {
		const char *key;
		enum ms_mail_field field;
	} fields[] = {{"from", MS_MAIL_FROM}, {"to", MS_MAIL_TO},
	    {"cc", MS_MAIL_CC}, {"subject", MS_MAIL_SUBJECT},
	    {"message_id", MS_MAIL_MESSAGE_ID}};
	static const char *const lists[] = {
	    "from", "sender", "reply-to", "to", "cc", "bcc"};
	struct ms_buf text = {0};
	json_t *all = json_object();

	for (size_t i = 0; i < sizeof(fields) / sizeof(fields[0]); i++) {
		ms_buf_clear(&text);
		ms_mail_decode(
		    ms_body_message(m->body), fields[i].field, &text);
		ms_json_text(o, fields[i].key, ms_buf_slice(&text));
	}
	for (size_t i = 0; i < sizeof(lists) / sizeof(lists[0]); i++) {
		json_t *list = addresses_in(m, lists[i]);

		if (json_array_size(list) > 0)
			json_object_set(all, lists[i], list);
		json_decref(list);
	}
	json_object_set_new(o, "addresses", all);
	json_object_set_new(o, "header", header_of(m));
	ms_buf_release(&text);
}

/* ---- parts ---- */

static json_t *
part_of(const struct show_message *m, const struct ms_body_part *p)
{
	static const struct {
		const char *key;
		unsigned bit;
	} bits[] = {{"attachment", MS_PART_ATTACHMENT},
	    {"shown", MS_PART_SHOWN}, {"inline", MS_PART_INLINE},
	    {"signature", MS_PART_SIGNATURE}, {"shell", MS_PART_SHELL},
	    {"message", MS_PART_MESSAGE}};
	json_t *o = json_object();

	ms_json_number(o, "number", p->number);
	ms_json_number(o, "depth", p->depth);
	ms_json_text(o, "type", ms_slice_str(p->type));
	ms_json_text(o, "name", ms_slice_str(p->name));
	ms_json_number(o, "size", ms_body_size(m->body, p));
	for (size_t i = 0; i < sizeof(bits) / sizeof(bits[0]); i++)
		if ((p->bits & bits[i].bit) != 0)
			json_object_set_new(o, bits[i].key, json_true());
	return o;
}

static json_t *
parts_of(const struct show_message *m)
{
	json_t *all = json_array();
	size_t n;
	const struct ms_body_part *p = ms_body_parts(m->body, &n);

	for (size_t i = 0; i < n; i++)
		if (p[i].number != 0)
			json_array_append_new(all, part_of(m, &p[i]));
	return all;
}

static void
set_state(json_t *o, const struct show_message *m)
{
	static const struct {
		const char *key;
		unsigned bit;
	} bits[] = {{"encrypted", MS_BODY_ENCRYPTED},
	    {"signed", MS_BODY_SIGNED}, {"broken", MS_BODY_BROKEN},
	    {"text_cut", MS_BODY_CUT}};
	json_t *notes = json_array();
	const char *remark;

	for (size_t i = 0; i < sizeof(bits) / sizeof(bits[0]); i++)
		if ((ms_body_state(m->body) & bits[i].bit) != 0)
			json_object_set_new(o, bits[i].key, json_true());
	for (size_t i = 0; (remark = ms_body_remark(m->body, i)) != NULL; i++)
		json_array_append_new(notes, text_of(ms_slice_str(remark)));
	if (json_array_size(notes) > 0)
		json_object_set(o, "notes", notes);
	json_decref(notes);
}

int
show_json(struct ms_buf *out, const struct show_message *m, struct ms_err *err)
{
	char hex[MS_SHA_HEX + 1];
	struct ms_buf text = {0};
	json_t *o = json_object();
	int rc = ms_body_text(m->body, &text, err);

	ms_hex(m->row->id, MS_SHA_LEN, hex);
	json_object_set_new(o, "id", json_string(hex));
	set_time(o, "date", (m->row->bits & MS_ROW_UNDATED) == 0, m->row->sent);
	ms_json_number(o, "size", m->row->size);
	json_object_set_new(o, "places", places_of(m));
	set_fields(o, m);
	set_state(o, m);
	json_object_set_new(o, "parts", parts_of(m));
	ms_json_text(o, "text", ms_buf_slice(&text));
	ms_json_line(out, o);
	ms_buf_add_byte(out, '\n');
	json_decref(o);
	ms_buf_release(&text);
	return rc;
}
