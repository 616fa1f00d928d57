/*
 * tnef.c - reads winmail.dat: attributes of the message and of its attachments,
 * of which some are lists of properties. [MS-OXTNEF].
 */
#include "tnef.h"
#include <stdlib.h>
#include <string.h>
#include "le.h"
#include "time.h"
#include "tnef-impl.h"

#define SIGNATURE 0x223e9f78U
#define HEADER 6 /* the signature and a key */
#define IID 16   /* bytes before an object: the id of its interface */
#define MESSAGE 1
#define ATTACHMENT 2

/* Attributes, with the type in the upper half; [MS-OXTNEF], 2.1.3.3. */
enum {
	OEM_CODEPAGE = 0x00069007,
	MESSAGE_PROPS = 0x00069003,
	RECIPIENT_TABLE = 0x00069004,
	FROM = 0x00008000,
	MESSAGE_CLASS = 0x00078008,
	MESSAGE_STATUS = 0x00068007,
	PRIORITY = 0x0004800d,
	ATTACH_RENDER_DATA = 0x00069002,
	ATTACH_DATA = 0x0006800f,
	ATTACH_PROPS = 0x00069005
};
/* Properties that are not taken from a table. */
enum {
	CLASS = 0x001a,
	IMPORTANCE = 0x0017,
	SENDER_NAME = 0x0c1a,
	SENDER_TYPE = 0x0c1e,
	SENDER_ADDRESS = 0x0c1f,
	FLAGS = 0x0e07,
	ATTACH_METHOD = 0x3705
};
#define METHOD_OLE 6

struct tnef {
	struct ms_tnef_cursor in;
	struct ms_mapi_item *item;
	struct ms_mapi_attachment *attachment; /* the last one, or NULL */
};

/* An attribute: [MS-OXTNEF], 2.1.3.2. */
struct attribute {
	unsigned level;
	uint32_t id;
	struct ms_slice value;
};

static struct ms_mapi_item *read_tnef(
    struct ms_slice in, const struct ms_mapi_item *parent, struct ms_err *err);

/* Attributes that are one property, which a list of properties can replace. */
static const struct {
	uint32_t attribute;
	unsigned property, type;
} simple[] = {{0x00018004, 0x0037, MS_MAPI_STRING8},
    {0x0002800c, 0x1000, MS_MAPI_STRING8},
    {0x00070600, 0x004b, MS_MAPI_STRING8},
    {0x00038005, 0x0039, MS_MAPI_SYSTIME},
    {0x00038006, 0x0e06, MS_MAPI_SYSTIME},
    {0x00038020, 0x3008, MS_MAPI_SYSTIME},
    {0x00030006, 0x0060, MS_MAPI_SYSTIME},
    {0x00030007, 0x0061, MS_MAPI_SYSTIME}, {0x00040008, 0x0062, MS_MAPI_LONG},
    {0x00018010, 0x3704, MS_MAPI_STRING8},
    {0x00069001, 0x370c, MS_MAPI_STRING8}, {0x00068011, 0x3709, MS_MAPI_BINARY},
    {0x00038012, 0x3007, MS_MAPI_SYSTIME},
    {0x00038013, 0x3008, MS_MAPI_SYSTIME}};

/* Message classes of Microsoft Mail; [MS-OXTNEF], 2.1.3.3.3. */
static const struct {
	const char *old, *now;
} classes[] = {{"IPM.Microsoft Mail.Note", "IPM.Note"},
    {"IPM.Microsoft Mail.Read Receipt", "Report.IPM.Note.IPNRN"},
    {"IPM.Microsoft Mail.Non-Delivery", "Report.IPM.Note.NDR"},
    {"IPM.Microsoft Schedule.MtgRespP", "IPM.Schedule.Meeting.Resp.Pos"},
    {"IPM.Microsoft Schedule.MtgRespN", "IPM.Schedule.Meeting.Resp.Neg"},
    {"IPM.Microsoft Schedule.MtgRespA", "IPM.Schedule.Meeting.Resp.Tent"},
    {"IPM.Microsoft Schedule.MtgReq", "IPM.Schedule.Meeting.Request"},
    {"IPM.Microsoft Schedule.MtgCncl", "IPM.Schedule.Meeting.Canceled"}};

/* ---- values ---- */

/* Sets a property, unless a list of properties has set it. */
static void
set(struct tnef *t, struct ms_mapi_props *props, unsigned id, unsigned type,
    struct ms_slice value)
{
	struct ms_err err = {0};

	if (!ms_mapi_has(props, MS_MAPI_ID(id)) &&
	    ms_mapi_put(props, MS_MAPI_ID(id), type, value.p, value.n, &err) <
		0)
		ms_mapi_lost(t->item, "%s", err.msg);
}

static void
set_number(struct tnef *t, unsigned id, uint32_t number)
{
	unsigned char value[4];

	ms_put_le32(value, number);
	set(t, &t->item->props, id, MS_MAPI_LONG,
	    (struct ms_slice){value, sizeof value});
}

static void
set_str(struct tnef *t, unsigned id, const char *s)
{
	set(t, &t->item->props, id, MS_MAPI_STRING8, ms_slice_str(s));
}

/* A date of seven numbers of 16 bits; [MS-OXTNEF], 2.1.3.3. */
static bool
read_date(struct ms_slice value, unsigned char filetime[8])
{
	struct ms_tnef_cursor c = {value, false};
	struct ms_civil civil = {0};

	civil.year = ms_tnef_u16(&c);
	civil.month = ms_tnef_u16(&c);
	civil.day = ms_tnef_u16(&c);
	civil.hour = ms_tnef_u16(&c);
	civil.minute = ms_tnef_u16(&c);
	civil.second = ms_tnef_u16(&c);
	if (c.cut || civil.year < 1602 || !ms_civil_ok(&civil))
		return false;
	ms_put_le64(filetime,
	    (uint64_t)(ms_time_join(&civil) + 11644473600) * 10000000);
	return true;
}

static void
set_simple(struct tnef *t, struct ms_mapi_props *props, unsigned id,
    unsigned type, struct ms_slice value)
{
	unsigned char filetime[8];

	if (type == MS_MAPI_SYSTIME) {
		if (!read_date(value, filetime))
			return;
		value = (struct ms_slice){filetime, sizeof filetime};
	}
	set(t, props, id, type, value);
}

/* ---- attributes of the message ---- */

static void
set_class(struct tnef *t, struct ms_slice value)
{
	char *name = ms_xstrndup(value.p, value.n);
	const char *now = name;

	for (size_t i = 0; i < sizeof(classes) / sizeof(classes[0]); i++)
		if (strcmp(classes[i].old, name) == 0)
			now = classes[i].now;
	set_str(t, CLASS, now);
	free(name);
}

/* The sender as a structure of Microsoft Mail: lengths, name, "TYPE:address".
 */
static void
set_from(struct tnef *t, struct ms_slice value)
{
	struct ms_tnef_cursor c = {value, false};
	size_t name_size, address_size;
	struct ms_slice name, address;
	char *type, *colon;

	ms_tnef_take(&c, 4); /* the kind and the size of the structure */
	name_size = ms_tnef_u16(&c);
	address_size = ms_tnef_u16(&c);
	name = ms_tnef_take(&c, name_size);
	address = ms_tnef_take(&c, address_size);
	if (c.cut)
		return;
	set(t, &t->item->props, SENDER_NAME, MS_MAPI_STRING8, name);
	type = ms_xstrndup(address.p, address.n);
	colon = strchr(type, ':');
	if (colon != NULL) {
		*colon = '\0';
		set_str(t, SENDER_TYPE, type);
		set_str(t, SENDER_ADDRESS, colon + 1);
	}
	free(type);
}

static void
add_recipients(struct tnef *t, struct ms_slice value)
{
	struct ms_tnef_cursor c = {value, false};
	struct ms_err err = {0};

	for (uint32_t n = ms_tnef_u32(&c); n > 0 && !c.cut; n--) {
		struct ms_mapi_recipient *r = ms_mapi_recipient_add(t->item);

		if (r == NULL)
			break; /* too many, which the item counts */
		if (ms_tnef_props(&c, &r->props, NULL, NULL, &err) < 0) {
			ms_mapi_lost(t->item, "recipient %zu: %s",
			    t->item->recipient_count, err.msg);
			return; /* the next one cannot be found */
		}
	}
}

static void
set_properties(struct tnef *t, struct ms_slice value)
{
	struct ms_tnef_cursor c = {value, false};
	struct ms_err err = {0};

	if (ms_tnef_props(&c, &t->item->props, NULL, NULL, &err) < 0)
		ms_mapi_lost(t->item, "%s", err.msg);
}

static void
message_attribute(struct tnef *t, const struct attribute *a)
{
	if (a->id == MESSAGE_PROPS)
		set_properties(t, a->value);
	else if (a->id == RECIPIENT_TABLE)
		add_recipients(t, a->value);
	else if (a->id == MESSAGE_CLASS)
		set_class(t, a->value);
	else if (a->id == FROM)
		set_from(t, a->value);
	else if (a->id == MESSAGE_STATUS && a->value.n > 0)
		set_number(t, FLAGS, (a->value.p[0] & 0x20) != 0);
	else if (a->id == PRIORITY && a->value.n > 0) /* 1 high, 3 low */
		set_number(t, IMPORTANCE,
		    a->value.p[0] == 1   ? 2
		    : a->value.p[0] == 3 ? 0
					 : 1);
}

/* ---- attachments ---- */

/* Reads from a view of the input; ms_mapi_attachment_read() observes its end.
 */
static int64_t
read_view(
    void *ctx, uint64_t at, unsigned char *p, size_t n, struct ms_err *err)
{
	const unsigned char *view = ctx;

	(void)err;
	memcpy(p, view + at, n);
	return (int64_t)n;
}

static void
attach_view(struct ms_mapi_attachment *a, enum ms_mapi_content what,
    struct ms_slice value)
{
	ms_mapi_attach_read(
	    a, what, value.n, read_view, (void *)(uintptr_t)value.p);
}

/* An object: a message as TNEF, or something of OLE. */
static void
attach_object(struct tnef *t, struct ms_slice value)
{
	struct ms_slice content = {value.p, 0};
	struct ms_mapi_item *embedded;
	struct ms_err err = {0};

	if (value.n >= IID)
		content = (struct ms_slice){value.p + IID, value.n - IID};
	if (ms_tnef_is(content)) {
		embedded = read_tnef(content, t->item, &err);
		if (embedded != NULL) {
			ms_mapi_attach_item(t->attachment, embedded);
			return;
		}
		ms_mapi_lost(t->item, "embedded message: %s", err.msg);
	} else {
		attach_view(t->attachment, MS_MAPI_OLE, content);
	}
}

static void
attach_property(void *ctx, unsigned type, struct ms_slice value)
{
	struct tnef *t = ctx;

	if (type == MS_MAPI_OBJECT)
		attach_object(t, value);
	else if (type == MS_MAPI_BINARY)
		attach_view(t->attachment, MS_MAPI_BYTES, value);
}

static bool
new_attachment(struct tnef *t)
{
	t->attachment = ms_mapi_attachment_add(t->item);
	return t->attachment != NULL;
}

/* The data that says how an attachment is shown; an OLE object has the kind 2.
 */
static void
begin_attachment(struct tnef *t, struct ms_slice value)
{
	unsigned char method[4] = {METHOD_OLE};

	if (new_attachment(t) && value.n >= 2 && ms_le16(value.p) == 2)
		set(t, &t->attachment->props, ATTACH_METHOD, MS_MAPI_LONG,
		    (struct ms_slice){method, sizeof method});
}

static void
attachment_properties(struct tnef *t, struct ms_slice value)
{
	struct ms_tnef_cursor c = {value, false};
	struct ms_err err = {0};

	if (ms_tnef_props(&c, &t->attachment->props, attach_property, t, &err) <
	    0)
		ms_mapi_lost(t->item, "attachment %zu: %s",
		    t->item->attachment_count, err.msg);
}

static void
attachment_attribute(struct tnef *t, const struct attribute *a)
{
	if (a->id == ATTACH_RENDER_DATA) {
		begin_attachment(t, a->value);
		return;
	}
	if (t->attachment == NULL && !new_attachment(t))
		return;
	if (a->id == ATTACH_DATA)
		attach_view(t->attachment, MS_MAPI_BYTES, a->value);
	else if (a->id == ATTACH_PROPS)
		attachment_properties(t, a->value);
}

/* ---- the stream of attributes ---- */

/*
 * Reads the next attribute. Returns 1, 0 at the end, or -1 if none can be found
 * any more.
 */
static int
next_attribute(
    struct ms_tnef_cursor *c, struct attribute *a, struct ms_mapi_item *item)
{
	uint16_t sum = 0, want;
	struct ms_slice level;

	if (c->in.n == 0)
		return 0;
	level = ms_tnef_take(c, 1);
	a->level = level.p[0];
	if (a->level != MESSAGE && a->level != ATTACHMENT)
		return -1;
	a->id = ms_tnef_u32(c);
	a->value = ms_tnef_take(c, ms_tnef_u32(c));
	want = ms_tnef_u16(c);
	if (c->cut)
		return -1;
	for (size_t i = 0; i < a->value.n; i++)
		sum = (uint16_t)(sum + a->value.p[i]);
	if (sum != want && item != NULL)
		ms_mapi_lost(
		    item, "attribute %08x has a wrong checksum", a->id);
	return 1;
}

static void
take_attribute(struct tnef *t, const struct attribute *a)
{
	struct ms_mapi_props *props = &t->item->props;

	if (a->level == MESSAGE)
		message_attribute(t, a);
	else
		attachment_attribute(t, a);
	if (a->level == ATTACHMENT) {
		if (t->attachment == NULL)
			return;
		props = &t->attachment->props;
	}
	for (size_t i = 0; i < sizeof(simple) / sizeof(simple[0]); i++)
		if (simple[i].attribute == a->id)
			set_simple(t, props, simple[i].property, simple[i].type,
			    a->value);
}

/* The code page of text, which must be known before the item is made. */
static unsigned
find_codepage(struct ms_slice attributes)
{
	struct ms_tnef_cursor c = {attributes, false};
	struct attribute a;

	while (next_attribute(&c, &a, NULL) == 1)
		if (a.id == OEM_CODEPAGE && a.value.n >= 4)
			return ms_le32(a.value.p);
	return 0;
}

static struct ms_mapi_item *
read_tnef(
    struct ms_slice in, const struct ms_mapi_item *parent, struct ms_err *err)
{
	struct tnef t = {.in = {{in.p + HEADER, in.n - HEADER}, false}};
	struct attribute a;
	int rc;

	t.item = ms_mapi_item_new(parent, find_codepage(t.in.in));
	if (t.item == NULL) {
		ms_fail(err, MS_DATA, "is nested more than %d deep",
		    MS_MAPI_DEPTH_MAX);
		return NULL;
	}
	while ((rc = next_attribute(&t.in, &a, t.item)) == 1)
		take_attribute(&t, &a);
	if (rc < 0)
		ms_mapi_lost(t.item, "the rest of winmail.dat is damaged");
	ms_mapi_item_end(t.item);
	return t.item;
}

bool
ms_tnef_is(struct ms_slice in)
{
	return in.n >= HEADER && ms_le32(in.p) == SIGNATURE;
}

int
ms_tnef_parse(struct ms_slice in, struct ms_mapi_item **out, struct ms_err *err)
{
	if (!ms_tnef_is(in))
		return ms_fail(err, MS_DATA, "is not TNEF (winmail.dat)");
	*out = read_tnef(in, NULL, err);
	return *out == NULL ? -1 : 0;
}
