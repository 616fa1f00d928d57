/* item.c - MAPI items: their properties, recipients and attachments.
 * [MS-OXCDATA], 2.11.1; [MS-OXPROPS]. */
#include "item.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include "charset.h"
#include "le.h"
#include "utf8.h"

#define CP_PLAIN 1252
#define FILETIME_EPOCH INT64_C(11644473600) /* seconds from 1601 to 1970 */
#define FILETIME_SECOND 10000000
#define TIME_LAST INT64_C(79839000000) /* the year 4500 */
#define VALUE_COST 64 /* bytes that a value costs besides its own */

struct ms_mapi_prop {
	uint8_t set; /* enum ms_mapi_set */
	uint16_t type;
	uint32_t id;
	char *name;          /* or NULL */
	struct ms_buf value; /* of several values: length and bytes of each */
};

/* ---- properties ---- */

/* The GUIDs as they are stored: the first three numbers little-endian. */
enum ms_mapi_set
ms_mapi_set_find(const unsigned char guid[16])
{
	/* {000620xx-0000-0000-C000-000000000046} */
	static const unsigned char outlook[16] = {
	    0, 0x20, 6, 0, 0, 0, 0, 0, 0xc0, 0, 0, 0, 0, 0, 0, 0x46};
	/* {000203xx-0000-0000-C000-000000000046} */
	static const unsigned char public[16] = {
	    0, 3, 2, 0, 0, 0, 0, 0, 0xc0, 0, 0, 0, 0, 0, 0, 0x46};
	/* {6ED8DA90-450B-101B-98DA-00AA003F1305} */
	static const unsigned char meeting[16] = {0x90, 0xda, 0xd8, 0x6e, 0x0b,
	    0x45, 0x1b, 0x10, 0x98, 0xda, 0, 0xaa, 0, 0x3f, 0x13, 0x05};

	if (memcmp(guid, meeting, 16) == 0)
		return MS_MAPI_MEETING;
	if (memcmp(guid + 1, public + 1, 15) == 0)
		return guid[0] == 0x29   ? MS_MAPI_STRINGS
		       : guid[0] == 0x86 ? MS_MAPI_HEADERS
					 : MS_MAPI_SET_OTHER;
	if (memcmp(guid + 1, outlook + 1, 15) != 0)
		return MS_MAPI_SET_OTHER;
	switch (guid[0]) {
	case 0x02:
		return MS_MAPI_APPOINTMENT;
	case 0x03:
		return MS_MAPI_TASK;
	case 0x04:
		return MS_MAPI_ADDRESS;
	case 0x08:
		return MS_MAPI_COMMON;
	case 0x0a:
		return MS_MAPI_LOG;
	case 0x0e:
		return MS_MAPI_NOTE;
	default:
		return MS_MAPI_SET_OTHER;
	}
}

static struct ms_mapi_prop *
find(const struct ms_mapi_props *props, struct ms_mapi_key key)
{
	struct ms_mapi_prop *p;

	for (size_t i = 0; i < props->n; i++) {
		p = &props->list[i];
		if (p->set != key.set || p->id != key.id ||
		    (p->name == NULL) != (key.name == NULL))
			continue;
		if (key.name == NULL || strcasecmp(p->name, key.name) == 0)
			return p;
	}
	return NULL;
}

size_t
ms_mapi_size(unsigned type)
{
	switch (type) {
	case MS_MAPI_SHORT:
	case MS_MAPI_BOOLEAN:
		return 2;
	case MS_MAPI_LONG:
	case MS_MAPI_FLOAT:
	case MS_MAPI_ERROR:
		return 4;
	case MS_MAPI_DOUBLE:
	case MS_MAPI_CURRENCY:
	case MS_MAPI_APPTIME:
	case MS_MAPI_I8:
	case MS_MAPI_SYSTIME:
		return 8;
	case MS_MAPI_GUID:
		return 16;
	default:
		return 0;
	}
}

/* The bytes of a value of this type; 0: any number; -1: it is not kept. */
static int
size_of(unsigned type)
{
	if (type == MS_MAPI_STRING8 || type == MS_MAPI_UNICODE ||
	    type == MS_MAPI_BINARY)
		return 0;
	return type == MS_MAPI_ERROR || ms_mapi_size(type) == 0
		   ? -1
		   : (int)ms_mapi_size(type);
}

static int
spend(struct ms_mapi_props *props, uint64_t n, struct ms_err *err)
{
	if (n > props->root->values_left)
		return ms_fail(err, MS_DATA,
		    "an item with more than %llu bytes of properties",
		    (unsigned long long)MS_MAPI_VALUES_MAX);
	props->root->values_left -= n;
	return 0;
}

/* The property with this key, without a value if it is new. */
static struct ms_mapi_prop *
obtain(struct ms_mapi_props *props, struct ms_mapi_key key, struct ms_err *err)
{
	struct ms_mapi_prop *p = find(props, key);
	size_t name_n = key.name != NULL ? strlen(key.name) : 0;

	if (p != NULL)
		return p;
	if (props->n == MS_MAPI_PROPS_MAX) {
		(void)ms_fail(
		    err, MS_DATA, "more than %d properties", MS_MAPI_PROPS_MAX);
		return NULL;
	}
	if (spend(props, name_n + VALUE_COST, err) < 0)
		return NULL;
	if (props->n == props->cap) {
		props->cap = props->cap == 0 ? 16 : 2 * props->cap;
		props->list = ms_xreallocarray(
		    props->list, props->cap, sizeof(*props->list));
	}
	p = &props->list[props->n++];
	*p = (struct ms_mapi_prop){.set = (uint8_t)key.set,
	    .id = key.id,
	    .name = key.name != NULL ? ms_xstrdup(key.name) : NULL};
	return p;
}

/* Whether a value can be kept; *n becomes the size of an integer. */
static int
check_value(unsigned type, size_t *n, struct ms_err *err)
{
	int size = size_of(type);

	if (size <= 0)
		return size;
	if (*n < (size_t)size)
		return ms_fail(
		    err, MS_DATA, "a property of %zu bytes, not %d", *n, size);
	*n = (size_t)size;
	return 0;
}

int
ms_mapi_put(struct ms_mapi_props *props, struct ms_mapi_key key, unsigned type,
    const unsigned char *p, size_t n, struct ms_err *err)
{
	struct ms_mapi_prop *prop;

	if (size_of(type) < 0)
		return 0;
	if (check_value(type, &n, err) < 0 || spend(props, n, err) < 0)
		return -1;
	prop = obtain(props, key, err);
	if (prop == NULL)
		return -1;
	prop->type = (uint16_t)type;
	ms_buf_clear(&prop->value);
	ms_buf_add(&prop->value, p, n);
	return 0;
}

int
ms_mapi_add(struct ms_mapi_props *props, struct ms_mapi_key key, unsigned type,
    const unsigned char *p, size_t n, struct ms_err *err)
{
	struct ms_mapi_prop *prop;
	unsigned char length[4];

	if (size_of(type) < 0)
		return 0;
	if (check_value(type, &n, err) < 0 ||
	    spend(props, n + VALUE_COST, err) < 0)
		return -1;
	prop = obtain(props, key, err);
	if (prop == NULL)
		return -1;
	if (prop->type != (type | MS_MAPI_MANY))
		ms_buf_clear(&prop->value);
	prop->type = (uint16_t)(type | MS_MAPI_MANY);
	ms_put_le32(length, (uint32_t)n);
	ms_buf_add(&prop->value, length, sizeof(length));
	ms_buf_add(&prop->value, p, n);
	return 0;
}

/* ---- values ---- */

bool
ms_mapi_has(const struct ms_mapi_props *props, struct ms_mapi_key key)
{
	return find(props, key) != NULL;
}

bool
ms_mapi_number(
    const struct ms_mapi_props *props, struct ms_mapi_key key, int64_t *out)
{
	const struct ms_mapi_prop *p = find(props, key);

	if (p == NULL)
		return false;
	switch (p->type) {
	case MS_MAPI_SHORT:
		*out = (int16_t)ms_le16(p->value.p);
		return true;
	case MS_MAPI_BOOLEAN:
		*out = ms_le16(p->value.p) != 0;
		return true;
	case MS_MAPI_LONG:
		*out = (int32_t)ms_le32(p->value.p);
		return true;
	case MS_MAPI_I8:
		*out = (int64_t)ms_le64(p->value.p);
		return true;
	default:
		return false;
	}
}

int64_t
ms_mapi_number_or(
    const struct ms_mapi_props *props, struct ms_mapi_key key, int64_t missing)
{
	int64_t n;

	return ms_mapi_number(props, key, &n) ? n : missing;
}

bool
ms_mapi_time(
    const struct ms_mapi_props *props, struct ms_mapi_key key, int64_t *out)
{
	const struct ms_mapi_prop *p = find(props, key);
	uint64_t t;

	if (p == NULL || p->type != MS_MAPI_SYSTIME)
		return false;
	t = ms_le64(p->value.p) / FILETIME_SECOND;
	if (t < (uint64_t)366 * 86400 ||
	    t > (uint64_t)(TIME_LAST + FILETIME_EPOCH))
		return false;
	*out = (int64_t)t - FILETIME_EPOCH;
	return true;
}

struct ms_slice
ms_mapi_bytes(const struct ms_mapi_props *props, struct ms_mapi_key key)
{
	const struct ms_mapi_prop *p = find(props, key);
	struct ms_slice s;

	if (p == NULL || (p->type & MS_MAPI_MANY) != 0)
		return (struct ms_slice){(const unsigned char *)"", 0};
	s = ms_buf_slice(&p->value);
	while (p->type == MS_MAPI_STRING8 && s.n > 0 && s.p[s.n - 1] == '\0')
		s.n--;
	return s;
}

/*
 * The charset of text in a code page. One of 7 bits cannot have other bytes:
 * these are in the code page that Windows has for the same language.
 */
static const char *
charset_of(unsigned codepage, struct ms_slice text)
{
	static const struct {
		unsigned codepage;
		const char *windows;
	} sets[] = {{50220, "Shift_JIS"}, {50221, "Shift_JIS"},
	    {50222, "Shift_JIS"}, {50225, "EUC-KR"}, {50227, "GBK"},
	    {65000, "windows-1252"}};
	const char *name = ms_mapi_charset(codepage);
	bool ascii = true;

	for (size_t i = 0; i < text.n && ascii; i++)
		ascii = text.p[i] < 0x80;
	for (size_t i = 0; i < sizeof(sets) / sizeof(sets[0]) && !ascii; i++)
		if (sets[i].codepage == codepage)
			name = sets[i].windows;
	return name != NULL ? name : "windows-1252";
}

/* Appends UTF-16LE up to its NUL; half a pair of surrogates is U+FFFD. */
static void
add_utf16(struct ms_slice in, struct ms_buf *out)
{
	uint32_t c, low;

	for (size_t i = 0; i + 2 <= in.n; i += 2) {
		c = ms_le16(in.p + i);
		if (c == 0)
			break;
		if (c >= 0xd800 && c < 0xe000) {
			low = i + 4 <= in.n ? ms_le16(in.p + i + 2) : 0;
			if (c < 0xdc00 && low >= 0xdc00 && low < 0xe000) {
				c = 0x10000 + ((c - 0xd800) << 10) + low -
				    0xdc00;
				i += 2;
			} else {
				c = MS_REPLACEMENT;
			}
		}
		out->n += ms_utf8_put(ms_buf_room(out, 4), c);
	}
}

/* The same, where a NUL at the end is missing if the number of bytes is odd. */
static void
add_cut_utf16(struct ms_slice in, struct ms_buf *out)
{
	struct ms_buf whole = {0};

	ms_buf_add(&whole, in.p, in.n);
	if (in.n % 2 != 0)
		ms_buf_add_byte(&whole, '\0');
	add_utf16(ms_buf_slice(&whole), out);
	ms_buf_release(&whole);
}

/* Some programs put UTF-16 where text of 8 bits belongs. The last byte can have
 * been cut off as the NUL of the text. */
static bool
is_utf16(struct ms_slice in)
{
	return in.n >= 3 && in.p[0] != 0 && in.p[1] == 0 && in.p[2] != 0 &&
	       (in.n == 3 || in.p[3] == 0);
}

/* Appends text of a code page, up to its NUL. */
static void
add_string8(unsigned codepage, struct ms_slice in, struct ms_buf *out)
{
	struct ms_buf room = {0};
	const unsigned char *nul = in.n > 0 ? memchr(in.p, 0, in.n) : NULL;
	uint32_t c;
	size_t n;

	if (nul != NULL)
		in.n = (size_t)(nul - in.p);
	in = ms_charset_utf8(
	    ms_charset_find(ms_slice_str(charset_of(codepage, in))), in, &room);
	/* What is called UTF-8 can be something else. */
	for (; in.n > 0; in = (struct ms_slice){in.p + n, in.n - n}) {
		n = ms_charset_next(in.p, in.n, &c);
		out->n += ms_utf8_put(ms_buf_room(out, 4), c);
	}
	ms_buf_release(&room);
}

/* Appends a value if it is text. Returns whether there is any. */
static bool
add_text(
    unsigned codepage, unsigned type, struct ms_slice in, struct ms_buf *out)
{
	size_t before = out->n;

	if (type == MS_MAPI_UNICODE)
		add_utf16(in, out);
	else if (type == MS_MAPI_STRING8 && is_utf16(in))
		add_cut_utf16(in, out);
	else if (type == MS_MAPI_STRING8)
		add_string8(codepage, in, out);
	return out->n > before;
}

bool
ms_mapi_text(const struct ms_mapi_props *props, struct ms_mapi_key key,
    struct ms_buf *out)
{
	const struct ms_mapi_prop *p = find(props, key);

	return p != NULL &&
	       add_text(props->codepage, p->type, ms_buf_slice(&p->value), out);
}

bool
ms_mapi_value_at(const struct ms_mapi_props *props, struct ms_mapi_key key,
    size_t i, struct ms_slice *out)
{
	const struct ms_mapi_prop *p = find(props, key);
	struct ms_slice s;
	uint32_t n;

	if (p == NULL || (p->type & MS_MAPI_MANY) == 0)
		return false;
	s = ms_buf_slice(&p->value);
	for (; s.n > 0; i--) {
		n = ms_le32(s.p);
		if (i == 0) {
			*out = (struct ms_slice){s.p + 4, n};
			return true;
		}
		s = (struct ms_slice){s.p + 4 + n, s.n - 4 - n};
	}
	return false;
}

bool
ms_mapi_text_at(const struct ms_mapi_props *props, struct ms_mapi_key key,
    size_t i, struct ms_buf *out)
{
	const struct ms_mapi_prop *p = find(props, key);
	struct ms_slice s;

	return p != NULL && ms_mapi_value_at(props, key, i, &s) &&
	       add_text(
		   props->codepage, p->type & ~(unsigned)MS_MAPI_MANY, s, out);
}

/* Whether a code page is known and its characters are bytes, not words. */
static bool
is_of_bytes(int64_t codepage)
{
	return codepage > 0 && codepage != 1200 && codepage != 1201 &&
	       codepage != 12000 && codepage != 12001 && codepage < 100000 &&
	       ms_mapi_charset((unsigned)codepage) != NULL;
}

/* ---- items ---- */

struct ms_mapi_item *
ms_mapi_item_new(const struct ms_mapi_item *parent, unsigned codepage)
{
	struct ms_mapi_item *item;

	if (parent != NULL && parent->depth == MS_MAPI_DEPTH_MAX)
		return NULL;
	item = ms_xcalloc(1, sizeof(*item));
	item->depth = parent != NULL ? parent->depth + 1 : 0;
	item->values_left = MS_MAPI_VALUES_MAX;
	item->props.root = parent != NULL ? parent->props.root : item;
	item->props.codepage = codepage;
	return item;
}

static void
release_props(struct ms_mapi_props *props)
{
	for (size_t i = 0; i < props->n; i++) {
		free(props->list[i].name);
		ms_buf_release(&props->list[i].value);
	}
	free(props->list);
}

/* Releases an item, and puts the items in it before `rest`. */
static struct ms_mapi_item *
release_one(struct ms_mapi_item *item, struct ms_mapi_item *rest)
{
	struct ms_mapi_attachment *a;

	for (size_t i = 0; i < item->recipient_count; i++)
		release_props(&item->recipients[i].props);
	for (size_t i = 0; i < item->attachment_count; i++) {
		a = &item->attachments[i];
		release_props(&a->props);
		ms_buf_release(&a->copy);
		if (a->item != NULL) {
			a->item->next = rest;
			rest = a->item;
		}
	}
	release_props(&item->props);
	free(item->recipients);
	free(item->attachments);
	free(item);
	return rest;
}

void
ms_mapi_item_free(struct ms_mapi_item *item)
{
	while (item != NULL)
		item = release_one(item, item->next);
}

struct ms_mapi_recipient *
ms_mapi_recipient_add(struct ms_mapi_item *item)
{
	struct ms_mapi_recipient *r;

	if (item->recipient_count == MS_MAPI_RECIPIENTS_MAX)
		return NULL;
	if (item->recipient_count == item->recipient_cap) {
		item->recipient_cap =
		    item->recipient_cap == 0 ? 4 : 2 * item->recipient_cap;
		item->recipients = ms_xreallocarray(item->recipients,
		    item->recipient_cap, sizeof(*item->recipients));
	}
	r = &item->recipients[item->recipient_count++];
	*r = (struct ms_mapi_recipient){.props = {.root = item->props.root,
					    .codepage = item->props.codepage}};
	return r;
}

struct ms_mapi_attachment *
ms_mapi_attachment_add(struct ms_mapi_item *item)
{
	struct ms_mapi_attachment *a;

	if (item->attachment_count == MS_MAPI_ATTACHMENTS_MAX)
		return NULL;
	if (item->attachment_count == item->attachment_cap) {
		item->attachment_cap =
		    item->attachment_cap == 0 ? 4 : 2 * item->attachment_cap;
		item->attachments = ms_xreallocarray(item->attachments,
		    item->attachment_cap, sizeof(*item->attachments));
	}
	a = &item->attachments[item->attachment_count++];
	*a = (struct ms_mapi_attachment){.props = {.root = item->props.root,
					     .codepage = item->props.codepage}};
	return a;
}

/* Makes the content of an attachment one of the kind `what`, without bytes. A
 * damaged file can give an attachment more than one content; the last one
 * counts. */
static void
replace_content(struct ms_mapi_attachment *a, enum ms_mapi_content what)
{
	ms_mapi_item_free(a->item);
	ms_buf_clear(&a->copy);
	a->content = what;
	a->item = NULL;
	a->size = 0;
	a->read = NULL;
	a->ctx = NULL;
}

void
ms_mapi_attach_item(struct ms_mapi_attachment *a, struct ms_mapi_item *embedded)
{
	replace_content(a, MS_MAPI_ITEM);
	a->item = embedded;
}

int
ms_mapi_attach_copy(struct ms_mapi_attachment *a, enum ms_mapi_content what,
    const unsigned char *p, size_t n, struct ms_err *err)
{
	if (spend(&a->props, n, err) < 0)
		return -1;
	replace_content(a, what);
	a->size = n;
	ms_buf_add(&a->copy, p, n);
	return 0;
}

void
ms_mapi_attach_read(struct ms_mapi_attachment *a, enum ms_mapi_content what,
    uint64_t size, ms_mapi_read_fn *read, void *ctx)
{
	replace_content(a, what);
	a->size = size;
	a->read = read;
	a->ctx = ctx;
}

int64_t
ms_mapi_attachment_read(const struct ms_mapi_attachment *a, uint64_t at,
    unsigned char *p, size_t n, struct ms_err *err)
{
	if (at >= a->size)
		return 0;
	if (n > a->size - at)
		n = (size_t)(a->size - at);
	if (a->read != NULL)
		return a->read(a->ctx, at, p, n, err);
	memcpy(p, a->copy.p + at, n);
	return (int64_t)n;
}

void
ms_mapi_lost(struct ms_mapi_item *item, const char *fmt, ...)
{
	va_list ap;

	if (item->lost++ > 0)
		return;
	va_start(ap, fmt);
	vsnprintf(item->lost_why, sizeof(item->lost_why), fmt, ap);
	va_end(ap);
}

void
ms_mapi_item_end(struct ms_mapi_item *item)
{
	int64_t codepage = 0;

	/* A set that is not one of bytes, such as UTF-16, is a mistake. */
	if (!ms_mapi_number(&item->props, MS_MAPI_ID(0x3ffd), &codepage) ||
	    !is_of_bytes(codepage))
		codepage = item->props.codepage;
	if (codepage == 0 &&
	    (!ms_mapi_number(&item->props, MS_MAPI_ID(0x3fde), &codepage) ||
		!is_of_bytes(codepage)))
		codepage = CP_PLAIN;
	item->props.codepage = (unsigned)codepage;
	for (size_t i = 0; i < item->recipient_count; i++)
		item->recipients[i].props.codepage = item->props.codepage;
	for (size_t i = 0; i < item->attachment_count; i++)
		item->attachments[i].props.codepage = item->props.codepage;
}
