/*
 * mapi-item.h - items for the tests: properties from plain values, and the
 * message that is made of an item.
 */
#ifndef MAPI_ITEM_H
#define MAPI_ITEM_H
#include <string.h>
#include "convert.h"
#include "le.h"

static inline void
set_text(struct ms_mapi_props *props, struct ms_mapi_key key, const char *text)
{
	ms_mapi_put(props, key, MS_MAPI_STRING8, (const unsigned char *)text,
	    strlen(text), NULL);
}

static inline void
set_number(struct ms_mapi_props *props, struct ms_mapi_key key, uint32_t n)
{
	unsigned char p[4];

	ms_put_le32(p, n);
	ms_mapi_put(props, key, MS_MAPI_LONG, p, sizeof(p), NULL);
}

static inline void
set_bool(struct ms_mapi_props *props, struct ms_mapi_key key)
{
	ms_mapi_put(
	    props, key, MS_MAPI_BOOLEAN, (const unsigned char *)"\1", 2, NULL);
}

/* t: seconds since the epoch */
static inline void
set_time(struct ms_mapi_props *props, struct ms_mapi_key key, int64_t t)
{
	unsigned char p[8];

	ms_put_le64(p, (uint64_t)(t + INT64_C(11644473600)) * 10000000);
	ms_mapi_put(props, key, MS_MAPI_SYSTIME, p, sizeof(p), NULL);
}

/* An item in UTF-8 of this class. */
static inline struct ms_mapi_item *
item_of(const struct ms_mapi_item *parent, const char *class)
{
	struct ms_mapi_item *item = ms_mapi_item_new(parent, 65001);

	set_text(&item->props, MS_MAPI_ID(0x001a), class);
	return item;
}

static inline void
add_recipient(struct ms_mapi_item *item, uint32_t type, const char *name,
    const char *kind, const char *address)
{
	struct ms_mapi_recipient *r = ms_mapi_recipient_add(item);

	set_number(&r->props, MS_MAPI_ID(0x0c15), type);
	set_text(&r->props, MS_MAPI_ID(0x3001), name);
	set_text(&r->props, MS_MAPI_ID(0x3002), kind);
	set_text(&r->props, MS_MAPI_ID(0x3003), address);
}

static inline struct ms_mapi_attachment *
add_file(struct ms_mapi_item *item, const char *name, const char *bytes)
{
	struct ms_mapi_attachment *a = ms_mapi_attachment_add(item);

	set_text(&a->props, MS_MAPI_ID(0x3707), name);
	ms_mapi_attach_copy(a, MS_MAPI_BYTES, (const unsigned char *)bytes,
	    strlen(bytes), NULL);
	return a;
}

/* Replaces out by the message. */
static inline const char *
convert(const struct ms_mapi_item *item, struct ms_buf *out)
{
	struct ms_mapi_losses losses;
	struct ms_err err = {0};

	ms_buf_clear(out);
	return ms_mapi_convert(item, ms_buf_append, out, &losses, &err) == 0
		   ? ms_buf_str(out)
		   : "";
}

#endif
