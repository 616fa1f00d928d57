/* msg-props.c - the properties of an object in an MSG file, and the names of
 * named ones. [MS-OXMSG], 2.2.3 and 2.4. */
#include "msg-impl.h"

#include <gsf/gsf-input.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include "le.h"

#define ENTRY 16     /* bytes of a property */
#define NAMED 0x8000 /* the first id of a named property */
#define NAMES_MAX 32767

/* ---- streams ---- */

GsfInput *
ms_msg_child(GsfInfile *dir, const char *name)
{
	return gsf_infile_child_by_name(dir, name);
}

GsfInfile *
ms_msg_storage(GsfInfile *dir, const char *name)
{
	GsfInput *in = ms_msg_child(dir, name);

	if (in != NULL && GSF_IS_INFILE(in) &&
	    gsf_infile_num_children(GSF_INFILE(in)) >= 0)
		return GSF_INFILE(in);
	if (in != NULL)
		g_object_unref(in);
	return NULL;
}

/* Reads a stream. false: it is missing, damaged or larger than max. */
static bool
read_stream(GsfInfile *dir, const char *name, uint64_t max, struct ms_buf *out)
{
	GsfInput *in = ms_msg_child(dir, name);
	gsf_off_t size;
	bool ok = false;

	ms_buf_clear(out);
	if (in == NULL)
		return false;
	size = gsf_input_size(in);
	if (size == 0)
		ok = true;
	else if (size > 0 && (uint64_t)size <= max &&
		 gsf_input_read(in, (size_t)size,
		     ms_buf_room(out, (size_t)size)) != NULL) {
		out->n = (size_t)size;
		ok = true;
	}
	g_object_unref(in);
	return ok;
}

/* ---- named properties ---- */

/* The GUID with this number: 1 and 2 are fixed, others are in a list. */
static enum ms_mapi_set
set_of(unsigned number, struct ms_slice guids)
{
	size_t at = (size_t)(number - 3) * 16;

	if (number == 2)
		return MS_MAPI_STRINGS;
	if (number < 3 || at + 16 > guids.n)
		return MS_MAPI_SET_OTHER;
	return ms_mapi_set_find(guids.p + at);
}

static char *
name_at(struct ms_slice texts, size_t at)
{
	struct ms_mapi_item *item;
	struct ms_buf out = {0};
	char *name;
	uint32_t n;

	if (at + 4 > texts.n)
		return NULL;
	n = ms_le32(texts.p + at);
	if (n > texts.n - at - 4)
		return NULL;
	item = ms_mapi_item_new(NULL, 0);
	if (ms_mapi_put(&item->props, MS_MAPI_ID(1), MS_MAPI_UNICODE,
		texts.p + at + 4, n, NULL) == 0)
		(void)ms_mapi_text(&item->props, MS_MAPI_ID(1), &out);
	name = ms_xstrdup(ms_buf_str(&out));
	ms_buf_release(&out);
	ms_mapi_item_free(item);
	return name;
}

/* [MS-OXMSG], 2.2.3: lists of GUIDs, of names, and of the properties. */
void
ms_msg_names_read(struct ms_msg *msg)
{
	GsfInfile *dir = ms_msg_storage(msg->root, "__nameid_version1.0");
	struct ms_buf guids = {0}, entries = {0}, texts = {0};
	size_t n;

	if (dir == NULL)
		return;
	(void)read_stream(
	    dir, "__substg1.0_00020102", MS_MAPI_VALUES_MAX, &guids);
	(void)read_stream(
	    dir, "__substg1.0_00030102", MS_MAPI_VALUES_MAX, &entries);
	(void)read_stream(
	    dir, "__substg1.0_00040102", MS_MAPI_VALUES_MAX, &texts);
	n = entries.n / 8 < NAMES_MAX ? entries.n / 8 : NAMES_MAX;
	msg->names = ms_xcalloc(n + 1, sizeof(*msg->names));
	msg->name_count = n;
	for (size_t i = 0; i < n; i++) {
		const unsigned char *p = entries.p + 8 * i;
		unsigned kind = ms_le16(p + 4);
		struct ms_msg_name *name = &msg->names[i];

		name->set = set_of(kind >> 1, ms_buf_slice(&guids));
		if ((kind & 1) == 0)
			name->id = ms_le32(p);
		else
			name->text = name_at(ms_buf_slice(&texts), ms_le32(p));
	}
	ms_buf_release(&guids);
	ms_buf_release(&entries);
	ms_buf_release(&texts);
	g_object_unref(dir);
}

/* The key of a property id; false: a name that nothing here knows. */
static bool
key_of(const struct ms_msg *msg, unsigned id, struct ms_mapi_key *key)
{
	const struct ms_msg_name *name;

	*key = MS_MAPI_ID(id);
	if (id < NAMED)
		return true;
	if (id - NAMED >= msg->name_count)
		return false;
	name = &msg->names[id - NAMED];
	if (name->set == MS_MAPI_SET_OTHER ||
	    (name->id == 0 && name->text == NULL))
		return false;
	*key = (struct ms_mapi_key){
	    name->set, name->text != NULL ? 0 : name->id, name->text};
	return true;
}

void
ms_msg_names_free(struct ms_msg *msg)
{
	for (size_t i = 0; i < msg->name_count; i++)
		free(msg->names[i].text);
	free(msg->names);
}

/* ---- properties ---- */

static void
lose(const struct ms_msg_object *o, unsigned tag, const char *why)
{
	ms_mapi_lost(o->item, "%s %zu, property %08x: %s", o->what,
	    o->number + 1, tag, why);
}

/* Several values of fixed size are one stream. */
static void
read_fixed_values(const struct ms_msg_object *o, struct ms_mapi_key key,
    unsigned tag, struct ms_slice s, size_t size)
{
	struct ms_err why;

	for (; s.n >= size; s = (struct ms_slice){s.p + size, s.n - size})
		if (ms_mapi_add(o->props, key, tag & 0xfff, s.p, size, &why) <
		    0) {
			lose(o, tag, why.msg);
			break;
		}
}

/* Several values of other types: a stream of lengths, and one for each. */
static void
read_values(const struct ms_msg_object *o, struct ms_mapi_key key, unsigned tag,
    struct ms_slice lengths)
{
	struct ms_buf value = {0};
	struct ms_err why;
	char name[MS_MSG_NAME_LEN];
	size_t step = (tag & 0xfff) == MS_MAPI_BINARY ? 8 : 4;

	for (size_t i = 0; i < lengths.n / step; i++) {
		snprintf(name, sizeof(name), "__substg1.0_%08X-%08zX", tag, i);
		if (!read_stream(
			o->dir, name, o->props->root->values_left, &value)) {
			lose(o, tag, "a value is missing");
			break;
		}
		if (ms_mapi_add(o->props, key, tag & 0xfff, value.p, value.n,
			&why) < 0) {
			lose(o, tag, why.msg);
			break;
		}
	}
	ms_buf_release(&value);
}

/* Reads the stream of a property. */
static void
read_long(const struct ms_msg_object *o, unsigned tag)
{
	struct ms_mapi_key key;
	struct ms_buf value = {0};
	struct ms_err why;
	char name[MS_MSG_NAME_LEN];
	unsigned type = tag & 0xffff;

	if (!key_of(o->msg, tag >> 16, &key))
		return;
	snprintf(name, sizeof(name), "__substg1.0_%08X", tag);
	if (!read_stream(o->dir, name, o->props->root->values_left, &value))
		lose(o, tag, "it cannot be read, or is too large");
	else if ((type & MS_MAPI_MANY) == 0) {
		if (ms_mapi_put(o->props, key, type, value.p, value.n, &why) <
		    0)
			lose(o, tag, why.msg);
	} else if (ms_mapi_size(type & 0xfff) > 0)
		read_fixed_values(o, key, tag, ms_buf_slice(&value),
		    ms_mapi_size(type & 0xfff));
	else
		read_values(o, key, tag, ms_buf_slice(&value));
	ms_buf_release(&value);
}

/*
 * The tag in the name of a stream with a property, or 0: this is another
 * stream. Values of properties that have several have longer names.
 */
static unsigned
tag_of(const char *name)
{
	static const char prefix[] = "__substg1.0_";
	char *end;
	unsigned long tag;

	if (name == NULL ||
	    strncasecmp(name, prefix, sizeof(prefix) - 1) != 0 ||
	    strlen(name) != sizeof(prefix) - 1 + 8)
		return 0;
	tag = strtoul(name + sizeof(prefix) - 1, &end, 16);
	return *end == '\0' ? (unsigned)tag : 0;
}

/* The streams themselves are the list of the long properties, because the
 * list of the file is damaged more often. */
static void
read_long_properties(const struct ms_msg_object *o)
{
	int n = gsf_infile_num_children(o->dir);
	unsigned tag, type;

	for (int i = 0; i < n; i++) {
		tag = tag_of(gsf_infile_name_by_index(o->dir, i));
		type = tag & 0xfff;
		if (tag == 0 || tag >> 16 == 0x3701 || type == MS_MAPI_OBJECT)
			continue;
		if ((tag & MS_MAPI_MANY) != 0 || type == MS_MAPI_STRING8 ||
		    type == MS_MAPI_UNICODE || type == MS_MAPI_BINARY ||
		    type == MS_MAPI_GUID)
			read_long(o, tag);
	}
}

void
ms_msg_properties(const struct ms_msg_object *o, size_t header)
{
	struct ms_buf list = {0};
	struct ms_mapi_key key;
	struct ms_err why;
	unsigned type;

	(void)read_stream(
	    o->dir, "__properties_version1.0", MS_MAPI_VALUES_MAX, &list);
	for (size_t at = header; at + ENTRY <= list.n; at += ENTRY) {
		const unsigned char *p = list.p + at;

		type = ms_le16(p);
		if (ms_mapi_size(type) == 0)
			continue;
		if (type != MS_MAPI_GUID &&
		    key_of(o->msg, ms_le16(p + 2), &key) &&
		    ms_mapi_put(o->props, key, type, p + 8, 8, &why) < 0)
			lose(o, ms_le32(p), why.msg);
	}
	ms_buf_release(&list);
	read_long_properties(o);
	if (o->props->n == 0)
		ms_mapi_lost(o->item, "%s %zu has no properties", o->what,
		    o->number + 1);
}
