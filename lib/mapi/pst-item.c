/*
 * pst-item.c - makes a MAPI item of an item of libpff: its properties,
 * recipients and attachments. [MS-PST], 2.4.5 and 2.4.6.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "pst-impl.h"

#define ATTACH_DATA 0x3701
#define ATTACH_METHOD 0x3705
#define METHOD_OLE 6
#define NAME_MAX_BYTES 1024
#define PROPERTY_MAX ((size_t)1 << 20) /* bytes, for ms_pst_property() */

int
ms_pst_fail(libpff_error_t *error, struct ms_err *err, const char *what)
{
	char message[1024] = "";
	char *end;

	if (error == NULL ||
	    libpff_error_sprint(error, message, sizeof message) < 0)
		message[0] = '\0';
	libpff_error_free(&error);
	end = strpbrk(message, "\r\n");
	if (end != NULL)
		*end = '\0';
	return message[0] == '\0'
		   ? ms_fail(err, MS_DATA, "%s cannot be read", what)
		   : ms_fail(err, MS_DATA, "%s: %s", what, message);
}

/* ---- what attachments are read from ---- */

static void
hold(struct ms_pst_held *held, libpff_item_t *object)
{
	if (held->n == held->cap) {
		held->cap = held->cap == 0 ? 16 : 2 * held->cap;
		held->list =
		    ms_xreallocarray(held->list, held->cap, sizeof *held->list);
	}
	held->list[held->n++] = object;
}

void
ms_pst_held_free(struct ms_pst_held *held)
{
	while (held->n > 0)
		libpff_item_free(&held->list[--held->n], NULL);
	free(held->list);
	*held = (struct ms_pst_held){0};
}

/* ---- properties ---- */

struct copy {
	struct ms_mapi_item *item;
	struct ms_mapi_props *props; /* of the item, or of a part of it */
	struct ms_buf name, value;
	bool is_attachment;
};

/* The name of a named property. Returns 1; 0: it cannot be used. */
static int
read_name(struct copy *c, libpff_name_to_id_map_entry_t *entry,
    struct ms_mapi_key *key)
{
	unsigned char guid[16];
	uint8_t type = 0;
	size_t n = 0;

	if (libpff_name_to_id_map_entry_get_guid(
		entry, guid, sizeof guid, NULL) != 1 ||
	    libpff_name_to_id_map_entry_get_type(entry, &type, NULL) != 1)
		return 0;
	*key = MS_MAPI_LID(ms_mapi_set_find(guid), 0);
	if (key->set == MS_MAPI_PLAIN || key->set == MS_MAPI_SET_OTHER)
		return 0;
	if (type == LIBPFF_NAME_TO_ID_MAP_ENTRY_TYPE_NUMERIC)
		return libpff_name_to_id_map_entry_get_number(
			   entry, &key->id, NULL) == 1 &&
		       key->id != 0;
	if (libpff_name_to_id_map_entry_get_utf8_string_size(entry, &n, NULL) !=
		1 ||
	    n < 2 || n > NAME_MAX_BYTES)
		return 0;
	ms_buf_clear(&c->name);
	if (libpff_name_to_id_map_entry_get_utf8_string(
		entry, ms_buf_room(&c->name, n), n, NULL) != 1)
		return 0;
	c->name.n = strnlen((const char *)c->name.p, n);
	key->name = ms_buf_str(&c->name);
	return 1;
}

/* The key of an entry. Returns whether it can be used. */
static bool
read_key(struct copy *c, libpff_record_entry_t *entry, struct ms_mapi_key *key)
{
	libpff_name_to_id_map_entry_t *name = NULL;
	uint32_t id = 0;

	if (libpff_record_entry_get_name_to_id_map_entry(entry, &name, NULL) ==
	    1)
		return read_name(c, name, key) == 1;
	if (libpff_record_entry_get_entry_type(entry, &id, NULL) != 1)
		return false;
	*key = MS_MAPI_ID(id);
	return id != 0 && id < 0x8000;
}

static void
set(struct copy *c, struct ms_mapi_key key, unsigned type, bool many,
    struct ms_slice value)
{
	static const unsigned char zero[8];
	struct ms_buf padded = {0};
	struct ms_err err = {0};

	if (value.n < sizeof zero && type != MS_MAPI_STRING8 &&
	    type != MS_MAPI_UNICODE && type != MS_MAPI_BINARY) {
		/* libpff gives fewer bytes of small numbers. */
		ms_buf_add(&padded, value.p, value.n);
		ms_buf_add(&padded, zero, sizeof zero - value.n);
		value = ms_buf_slice(&padded);
	}
	if ((many ? ms_mapi_add : ms_mapi_put)(
		c->props, key, type, value.p, value.n, &err) < 0)
		ms_mapi_lost(c->item, "property %04x: %s", key.id, err.msg);
	ms_buf_release(&padded);
}

static void
set_many(struct copy *c, struct ms_mapi_key key, unsigned type,
    libpff_record_entry_t *entry)
{
	libpff_multi_value_t *values = NULL;
	int n = 0;

	if (libpff_record_entry_get_multi_value(entry, &values, NULL) != 1)
		return;
	if (libpff_multi_value_get_number_of_values(values, &n, NULL) != 1)
		n = 0;
	for (int i = 0; i < n && i < MS_MAPI_PROPS_MAX; i++) {
		struct ms_slice value = {NULL, 0};
		uint32_t value_type;
		uint8_t *p = NULL;

		if (libpff_multi_value_get_value(
			values, i, &value_type, &p, &value.n, NULL) != 1)
			continue;
		value.p = p;
		set(c, key, type & ~(unsigned)MS_MAPI_MANY, true, value);
	}
	libpff_multi_value_free(&values, NULL);
}

/* Reads the bytes of an entry into c->value. Returns whether there are any. */
static bool
read_value(struct copy *c, libpff_record_entry_t *entry, size_t max)
{
	size_t n = 0;

	ms_buf_clear(&c->value);
	if (libpff_record_entry_get_data_size(entry, &n, NULL) != 1 || n == 0)
		return false;
	if (n > max) {
		ms_mapi_lost(c->item, "a property has %zu bytes", n);
		return false;
	}
	if (libpff_record_entry_get_data(
		entry, ms_buf_room(&c->value, n), n, NULL) != 1) {
		ms_mapi_lost(c->item, "a property cannot be read");
		return false;
	}
	c->value.n = n;
	return true;
}

static void
copy_entry(struct copy *c, libpff_record_entry_t *entry)
{
	struct ms_mapi_key key;
	uint32_t type = 0;

	if (libpff_record_entry_get_value_type(entry, &type, NULL) != 1 ||
	    !read_key(c, entry, &key) || type == MS_MAPI_OBJECT)
		return;
	/* The bytes of an attachment are read when they are needed. */
	if (c->is_attachment && key.set == MS_MAPI_PLAIN &&
	    key.id == ATTACH_DATA)
		return;
	if (type & MS_MAPI_MANY)
		set_many(c, key, type, entry);
	else if (read_value(c, entry, MS_MAPI_VALUES_MAX))
		set(c, key, type, false, ms_buf_slice(&c->value));
}

/* Copies record set i of an object. Returns whether there is one. */
static bool
copy_set(struct copy *c, libpff_item_t *object, int i)
{
	libpff_record_set_t *set = NULL;
	int n = 0;

	if (libpff_item_get_record_set_by_index(object, i, &set, NULL) != 1)
		return false;
	if (libpff_record_set_get_number_of_entries(set, &n, NULL) != 1)
		n = 0;
	for (int entry = 0; entry < n; entry++) {
		libpff_record_entry_t *e = NULL;

		if (libpff_record_set_get_entry_by_index(
			set, entry, &e, NULL) == 1)
			copy_entry(c, e);
		libpff_record_entry_free(&e, NULL);
	}
	libpff_record_set_free(&set, NULL);
	return true;
}

static bool
copy_props(struct ms_mapi_item *item, struct ms_mapi_props *props,
    libpff_item_t *object, int i, bool is_attachment)
{
	struct copy c = {
	    .item = item, .props = props, .is_attachment = is_attachment};
	bool found = copy_set(&c, object, i);

	ms_buf_release(&c.name);
	ms_buf_release(&c.value);
	return found;
}

static void
read_property(libpff_record_set_t *set, unsigned id, struct ms_buf *out)
{
	libpff_record_entry_t *entry = NULL;
	size_t n = 0;

	if (libpff_record_set_get_entry_by_type(set, id, 0, &entry,
		LIBPFF_ENTRY_VALUE_FLAG_MATCH_ANY_VALUE_TYPE |
		    LIBPFF_ENTRY_VALUE_FLAG_IGNORE_NAME_TO_ID_MAP,
		NULL) == 1 &&
	    libpff_record_entry_get_data_size(entry, &n, NULL) == 1 && n > 0 &&
	    n <= PROPERTY_MAX &&
	    libpff_record_entry_get_data(entry, ms_buf_room(out, n), n, NULL) ==
		1)
		out->n += n;
	libpff_record_entry_free(&entry, NULL);
}

void
ms_pst_property(libpff_item_t *object, unsigned id, struct ms_buf *out)
{
	libpff_record_set_t *set = NULL;

	if (libpff_item_get_record_set_by_index(object, 0, &set, NULL) == 1)
		read_property(set, id, out);
	libpff_record_set_free(&set, NULL);
}

/* ---- recipients and attachments ---- */

static void
add_recipients(struct ms_mapi_item *item, libpff_item_t *message)
{
	libpff_item_t *table = NULL;
	int n = 0;

	if (libpff_message_get_recipients(message, &table, NULL) != 1)
		return;
	if (libpff_item_get_number_of_record_sets(table, &n, NULL) != 1)
		n = 0;
	for (int i = 0; i < n; i++) {
		struct ms_mapi_recipient *r = ms_mapi_recipient_add(item);

		if (r == NULL)
			break; /* too many, which the item counts */
		if (!copy_props(item, &r->props, table, i, false))
			ms_mapi_lost(
			    item, "recipient %d cannot be read", i + 1);
	}
	libpff_item_free(&table, NULL);
}

static int64_t
read_attachment(
    void *ctx, uint64_t at, unsigned char *p, size_t n, struct ms_err *err)
{
	libpff_error_t *error = NULL;
	ssize_t got = -1;

	if (libpff_attachment_data_seek_offset(
		ctx, (off64_t)at, SEEK_SET, &error) >= 0)
		got = libpff_attachment_data_read_buffer(ctx, p, n, &error);
	if (got < 0)
		return ms_pst_fail(error, err, "the attachment");
	return got;
}

static void /* NOLINTNEXTLINE(misc-no-recursion) */
attach_item(struct ms_mapi_item *item, struct ms_mapi_attachment *a,
    libpff_item_t *object, struct ms_pst_held *held)
{
	struct ms_mapi_item *embedded;
	libpff_item_t *message = NULL;
	libpff_error_t *error = NULL;
	struct ms_err err = {0};

	if (libpff_attachment_get_item(object, &message, &error) != 1) {
		ms_pst_fail(error, &err, "the message");
	} else {
		embedded = ms_pst_item(
		    message, item, item->props.codepage, held, &err);
		if (embedded != NULL) {
			ms_mapi_attach_item(a, embedded);
			return;
		}
	}
	snprintf(a->damage, sizeof a->damage, "%.120s", err.msg);
}

static void
attach_bytes(struct ms_mapi_attachment *a, libpff_item_t *object)
{
	bool is_ole = ms_mapi_number_or(&a->props, MS_MAPI_ID(ATTACH_METHOD),
			  0) == METHOD_OLE;
	libpff_error_t *error = NULL;
	struct ms_err err = {0};
	size64_t size = 0;

	if (libpff_attachment_get_data_size(object, &size, &error) < 0) {
		ms_pst_fail(error, &err, "the content");
		snprintf(a->damage, sizeof a->damage, "%.120s", err.msg);
		return;
	}
	ms_mapi_attach_read(a, is_ole ? MS_MAPI_OLE : MS_MAPI_BYTES, size,
	    read_attachment, object);
}

static void /* NOLINTNEXTLINE(misc-no-recursion) */
add_attachment(
    struct ms_mapi_item *item, libpff_item_t *object, struct ms_pst_held *held)
{
	struct ms_mapi_attachment *a = ms_mapi_attachment_add(item);
	int type = LIBPFF_ATTACHMENT_TYPE_UNDEFINED;

	if (a == NULL)
		return;
	copy_props(item, &a->props, object, 0, true);
	libpff_attachment_get_type(object, &type, NULL);
	if (type == LIBPFF_ATTACHMENT_TYPE_ITEM)
		attach_item(item, a, object, held);
	else if (type == LIBPFF_ATTACHMENT_TYPE_DATA)
		attach_bytes(a, object);
}

static void /* NOLINTNEXTLINE(misc-no-recursion) */
add_attachments(
    struct ms_mapi_item *item, libpff_item_t *message, struct ms_pst_held *held)
{
	libpff_error_t *error = NULL;
	struct ms_err err = {0};
	int n = 0;

	if (libpff_message_get_number_of_attachments(message, &n, &error) < 0) {
		ms_pst_fail(error, &err, "attachments");
		ms_mapi_lost(item, "%s", err.msg);
	}
	for (int i = 0; i < n; i++) {
		libpff_item_t *object = NULL;

		error = NULL;
		if (libpff_message_get_attachment(
			message, i, &object, &error) == 1) {
			hold(held, object);
			add_attachment(item, object, held);
			continue;
		}
		ms_pst_fail(error, &err, "it");
		ms_mapi_lost(item, "attachment %d: %s", i + 1, err.msg);
	}
}

/* Items are at most MS_MAPI_DEPTH_MAX deep. */
struct ms_mapi_item * /* NOLINTNEXTLINE(misc-no-recursion) */
ms_pst_item(libpff_item_t *message, const struct ms_mapi_item *parent,
    unsigned codepage, struct ms_pst_held *held, struct ms_err *err)
{
	struct ms_mapi_item *item = ms_mapi_item_new(parent, codepage);

	hold(held, message);
	if (item == NULL) {
		ms_fail(err, MS_DATA, "is nested more than %d deep",
		    MS_MAPI_DEPTH_MAX);
		return NULL;
	}
	if (!copy_props(item, &item->props, message, 0, false)) {
		ms_mapi_item_free(item);
		ms_fail(err, MS_DATA, "the properties cannot be read");
		return NULL;
	}
	add_recipients(item, message);
	add_attachments(item, message, held);
	ms_mapi_item_end(item);
	return item;
}
