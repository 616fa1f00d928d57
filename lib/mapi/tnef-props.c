/*
 * tnef-props.c - the lists of properties in winmail.dat. [MS-OXTNEF], 2.1.3.4.
 */
#include "tnef-impl.h"
#include <string.h>
#include "charset.h"
#include "le.h"

#define ATTACH_DATA 0x3701
#define NAMED 0x8000 /* the first id of a named property */
#define NAME_MAX_BYTES 1024

struct ms_slice
ms_tnef_take(struct ms_tnef_cursor *c, size_t n)
{
	struct ms_slice s = {c->in.p, n};

	if (n > c->in.n) {
		c->cut = true;
		s.n = c->in.n;
	}
	c->in = (struct ms_slice){c->in.p + s.n, c->in.n - s.n};
	return s;
}

uint16_t
ms_tnef_u16(struct ms_tnef_cursor *c)
{
	struct ms_slice s = ms_tnef_take(c, 2);

	return s.n == 2 ? ms_le16(s.p) : 0;
}

uint32_t
ms_tnef_u32(struct ms_tnef_cursor *c)
{
	struct ms_slice s = ms_tnef_take(c, 4);

	return s.n == 4 ? ms_le32(s.p) : 0;
}

/* The next n bytes, and those that fill them up to a multiple of 4, which can
 * be missing at the end. */
static struct ms_slice
take_padded(struct ms_tnef_cursor *c, size_t n)
{
	struct ms_slice s = ms_tnef_take(c, n);
	size_t padding = (4 - n % 4) % 4;

	ms_tnef_take(c, padding < c->in.n ? padding : c->in.n);
	return s;
}

static bool
is_variable(unsigned type)
{
	return type == MS_MAPI_STRING8 || type == MS_MAPI_UNICODE ||
	       type == MS_MAPI_BINARY || type == MS_MAPI_OBJECT;
}

/* The name of a named property. Returns whether it is one that can be used. */
static bool
read_name(
    struct ms_tnef_cursor *c, struct ms_mapi_key *key, struct ms_buf *name)
{
	struct ms_slice guid = ms_tnef_take(c, 16), s;

	key->set = guid.n == 16 ? ms_mapi_set_find(guid.p) : MS_MAPI_SET_OTHER;
	if (ms_tnef_u32(c) == 0) {
		key->id = ms_tnef_u32(c);
		return key->set != MS_MAPI_SET_OTHER && key->id != 0;
	}
	s = take_padded(c, ms_tnef_u32(c));
	if (s.n > NAME_MAX_BYTES)
		return false;
	s = ms_charset_utf8(ms_charset_find(ms_slice_str("UTF-16LE")), s, name);
	if (s.p != name->p)
		ms_buf_add(name, s.p, s.n);
	key->id = 0;
	key->name = ms_buf_str(name);
	return key->set != MS_MAPI_SET_OTHER && key->name[0] != '\0';
}

struct list {
	struct ms_mapi_props *props;
	ms_tnef_data_fn *data;
	void *ctx;
	bool too_large; /* a value exceeds a limit and is left out; err says it
			 */
	struct ms_err *err;
};

/* Sets a value, or adds one. */
static void
set(struct list *list, struct ms_mapi_key key, unsigned type, bool many,
    struct ms_slice value)
{
	struct ms_err *err = list->too_large ? NULL : list->err;

	if (list->data != NULL && key.set == MS_MAPI_PLAIN &&
	    key.id == ATTACH_DATA) {
		list->data(list->ctx, type, value);
	} else if ((many ? ms_mapi_add : ms_mapi_put)(
		       list->props, key, type, value.p, value.n, err) < 0) {
		list->too_large = true;
	}
}

/* The values of a property; key: NULL if it cannot be set. */
static int
read_values(struct ms_tnef_cursor *c, struct list *list,
    const struct ms_mapi_key *key, unsigned type)
{
	bool many = (type & MS_MAPI_MANY) != 0;
	unsigned one = type & ~(unsigned)MS_MAPI_MANY;
	size_t size = ms_mapi_size(one);
	uint32_t n = many || size == 0 ? ms_tnef_u32(c) : 1;

	if (size == 0 && !is_variable(one))
		return ms_fail(list->err, MS_DATA,
		    "property %04x has the unknown type %04x",
		    key != NULL ? key->id : 0, type);
	for (; n > 0 && !c->cut; n--) {
		struct ms_slice value =
		    take_padded(c, size > 0 ? size : ms_tnef_u32(c));

		if (key != NULL && !c->cut)
			set(list, *key, one, many, value);
	}
	if (c->cut)
		return ms_fail(
		    list->err, MS_DATA, "its properties are cut off");
	return 0;
}

static int
read_property(struct ms_tnef_cursor *c, struct list *list, struct ms_buf *name)
{
	unsigned type = ms_tnef_u16(c);
	struct ms_mapi_key key = MS_MAPI_ID(ms_tnef_u16(c));
	bool usable = true;

	ms_buf_clear(name);
	if (key.id >= NAMED)
		usable = read_name(c, &key, name);
	return read_values(c, list, usable ? &key : NULL, type);
}

int
ms_tnef_props(struct ms_tnef_cursor *c, struct ms_mapi_props *props,
    ms_tnef_data_fn *data, void *ctx, struct ms_err *err)
{
	struct list list = {props, data, ctx, false, err};
	struct ms_buf name = {0};
	uint32_t n = ms_tnef_u32(c);
	int rc = 0;

	for (; n > 0 && rc == 0; n--)
		rc = read_property(c, &list, &name);
	ms_buf_release(&name);
	return list.too_large ? -1 : rc;
}
