/*
 * tnef.c - winmail.dat, written by hand: the attributes of messages and
 * attachments, lists of properties, messages in messages, and damage.
 */
#include "mapi/tnef.h"
#include <string.h>
#include "le.h"
#include "tap.h"

/* ---- writing ---- */

static void
put16(struct ms_buf *b, unsigned v)
{
	unsigned char p[2];

	ms_put_le16(p, (uint16_t)v);
	ms_buf_add(b, p, sizeof p);
}

static void
put32(struct ms_buf *b, uint32_t v)
{
	unsigned char p[4];

	ms_put_le32(p, v);
	ms_buf_add(b, p, sizeof p);
}

static void
begin(struct ms_buf *b)
{
	ms_buf_clear(b);
	put32(b, 0x223e9f78);
	put16(b, 1);
}

static void
attribute(struct ms_buf *b, int level, uint32_t id, const void *value, size_t n)
{
	const unsigned char *p = value;
	unsigned sum = 0;

	ms_buf_add_byte(b, (unsigned char)level);
	put32(b, id);
	put32(b, (uint32_t)n);
	ms_buf_add(b, value, n);
	for (size_t i = 0; i < n; i++)
		sum += p[i];
	put16(b, sum & 0xffff);
}

#define ATTRIBUTE(b, level, id, s) attribute(b, level, id, s, sizeof(s) - 1)

/* A list of properties: begin_list(), and a call for each property. */
static void
begin_list(struct ms_buf *b, uint32_t n)
{
	ms_buf_clear(b);
	put32(b, n);
}

static void
padded(struct ms_buf *b, const void *value, size_t n)
{
	ms_buf_add(b, value, n);
	for (; n % 4 != 0; n++)
		ms_buf_add_byte(b, 0);
}

static void
tag(struct ms_buf *b, unsigned id, unsigned type)
{
	put16(b, type);
	put16(b, id);
}

static void
counted(struct ms_buf *b, const void *value, size_t n)
{
	put32(b, (uint32_t)n);
	padded(b, value, n);
}

static void
text(struct ms_buf *b, unsigned id, const char *s)
{
	tag(b, id, MS_MAPI_STRING8);
	put32(b, 1);
	counted(b, s, strlen(s) + 1);
}

static void
number(struct ms_buf *b, unsigned id, uint32_t v)
{
	tag(b, id, MS_MAPI_LONG);
	put32(b, v);
}

/* ---- reading ---- */

static struct ms_mapi_item *
parse(const struct ms_buf *b)
{
	struct ms_mapi_item *item = NULL;
	struct ms_err err = {0};

	if (ms_tnef_parse(ms_buf_slice(b), &item, &err) < 0)
		printf("# %s\n", err.msg);
	return item;
}

static bool
has_text(
    const struct ms_mapi_props *props, struct ms_mapi_key key, const char *want)
{
	struct ms_buf got = {0};
	bool same;

	ms_mapi_text(props, key, &got);
	same = strcmp(ms_buf_str(&got), want) == 0;
	if (!same)
		printf("# %s\n", ms_buf_str(&got));
	ms_buf_release(&got);
	return same;
}

/* Whether an attachment has these bytes, read in pieces of 3. */
static bool
has_bytes(const struct ms_mapi_attachment *a, const char *want)
{
	struct ms_buf got = {0};
	unsigned char p[3];
	struct ms_err err = {0};
	int64_t n;
	bool same;

	while ((n = ms_mapi_attachment_read(a, got.n, p, sizeof p, &err)) > 0)
		ms_buf_add(&got, p, (size_t)n);
	same =
	    n == 0 && got.n == a->size && strcmp(ms_buf_str(&got), want) == 0;
	ms_buf_release(&got);
	return same;
}

/* ---- tests ---- */

/* Attributes of Microsoft Mail, which have no list of properties. */
static void
write_old(struct ms_buf *b)
{
	begin(b);
	ATTRIBUTE(b, 1, 0x00089006, "\0\0\1\0");
	ATTRIBUTE(b, 1, 0x00069007, "\xe3\4\0\0\0\0\0\0"); /* 1251 */
	ATTRIBUTE(b, 1, 0x00078008, "IPM.Microsoft Mail.Note\0");
	ATTRIBUTE(b, 1, 0x00018004, "\xcf\xf0\0");
	ATTRIBUTE(b, 1, 0x00008000, "\4\0\x20\0\4\0\x0d\0Ann\0SMTP:a@b.org\0");
	ATTRIBUTE(b, 1, 0x00038005, "\xd0\7\2\0\x1d\0\x0c\0\0\0\1\0\2\0");
	ATTRIBUTE(b, 1, 0x0004800d, "\1\0");
	ATTRIBUTE(b, 1, 0x00068007, "\x20");
	ATTRIBUTE(b, 1, 0x0002800c, "body\0");
	ATTRIBUTE(b, 2, 0x00069002, "\1\0\0\0\0\0\0\0\0\0\0\0\0\0");
	ATTRIBUTE(b, 2, 0x00018010, "\xcf.txt\0");
	ATTRIBUTE(b, 2, 0x0006800f, "first bytes");
	ATTRIBUTE(b, 2, 0x00069002, "\2\0\0\0\0\0\0\0\0\0\0\0\0\0");
	ATTRIBUTE(b, 2, 0x0006800f, "");
}

static void
test_old(void)
{
	struct ms_buf b = {0};
	struct ms_mapi_item *item;
	int64_t v;

	write_old(&b);
	item = parse(&b);
	ok(has_text(&item->props, MS_MAPI_ID(0x001a), "IPM.Note"),
	    "the class of Microsoft Mail has its name of today");
	ok(has_text(&item->props, MS_MAPI_ID(0x0037), "\u041f\u0440"),
	    "the subject is in the code page");
	ok(has_text(&item->props, MS_MAPI_ID(0x0c1a), "Ann") &&
		has_text(&item->props, MS_MAPI_ID(0x0c1e), "SMTP") &&
		has_text(&item->props, MS_MAPI_ID(0x0c1f), "a@b.org"),
	    "the sender");
	ok(ms_mapi_time(&item->props, MS_MAPI_ID(0x0039), &v) && v == 951825601,
	    "the date, a leap day");
	ok(ms_mapi_number_or(&item->props, MS_MAPI_ID(0x0017), -1) == 2,
	    "the importance");
	ok(ms_mapi_number_or(&item->props, MS_MAPI_ID(0x0e07), -1) == 1,
	    "the message was read");
	ok(has_text(&item->props, MS_MAPI_ID(0x1000), "body"), "the body");
	ok(item->attachment_count == 2, "two attachments");
	ok(has_text(
	       &item->attachments[0].props, MS_MAPI_ID(0x3704), "\u041f.txt"),
	    "the name of an attachment");
	ok(has_bytes(&item->attachments[0], "first bytes"), "its bytes");
	ok(has_bytes(&item->attachments[1], ""), "an empty attachment");
	ok(ms_mapi_number_or(
	       &item->attachments[1].props, MS_MAPI_ID(0x3705), 0) == 6,
	    "an attachment that is an OLE object");
	ok(item->lost == 0, "nothing is lost");
	ms_mapi_item_free(item);
	ms_buf_release(&b);
}

static const unsigned char common[16] = {
    0x08, 0x20, 0x06, 0, 0, 0, 0, 0, 0xc0, 0, 0, 0, 0, 0, 0, 0x46};
static const unsigned char strings[16] = {
    0x29, 0x03, 0x02, 0, 0, 0, 0, 0, 0xc0, 0, 0, 0, 0, 0, 0, 0x46};

static void
test_properties(void)
{
	struct ms_buf b = {0}, list = {0};
	struct ms_mapi_item *item;
	struct ms_buf got = {0};

	begin(&b);
	ATTRIBUTE(&b, 1, 0x00018004, "old subject\0");
	begin_list(&list, 7);
	tag(&list, 0x0037, MS_MAPI_UNICODE);
	put32(&list, 1);
	counted(&list, "n\0\xfc\0\0\0", 6);
	tag(&list, 0x0e1b, MS_MAPI_BOOLEAN);
	put32(&list, 1);
	tag(&list, 0x0e06, MS_MAPI_SYSTIME);
	put32(&list, 0);
	put32(&list, 0x01d00000);
	tag(&list, 0x8001, MS_MAPI_LONG); /* a name that is a number */
	ms_buf_add(&list, common, sizeof common);
	put32(&list, 0);
	put32(&list, 0x8503);
	put32(&list, 7);
	tag(&list, 0x8002, MS_MAPI_UNICODE | MS_MAPI_MANY); /* a name */
	ms_buf_add(&list, strings, sizeof strings);
	put32(&list, 1);
	counted(&list, "K\0e\0y\0\0\0", 8);
	put32(&list, 2);
	counted(&list, "a\0\0\0", 4);
	counted(&list, "b\0c\0\0\0", 6);
	tag(&list, 0x8003, MS_MAPI_LONG); /* a set that nothing needs */
	ms_buf_add(&list, "0123456789abcdef", 16);
	put32(&list, 0);
	put32(&list, 1);
	put32(&list, 9);
	number(&list, 0x0017, 1);
	attribute(&b, 1, 0x00069003, list.p, list.n);
	item = parse(&b);
	ok(has_text(&item->props, MS_MAPI_ID(0x0037), "n\u00fc"),
	    "a property replaces an attribute");
	ok(ms_mapi_number_or(&item->props, MS_MAPI_ID(0x0e1b), 0) == 1,
	    "a boolean");
	ok(ms_mapi_number_or(
	       &item->props, MS_MAPI_LID(MS_MAPI_COMMON, 0x8503), 0) == 7,
	    "a property that a number names");
	ok(ms_mapi_text_at(
	       &item->props, MS_MAPI_NAME(MS_MAPI_STRINGS, "key"), 1, &got) &&
		strcmp(ms_buf_str(&got), "bc") == 0,
	    "the second value of a property with a name");
	ok(ms_mapi_number_or(&item->props, MS_MAPI_ID(0x0017), 0) == 1,
	    "the last property");
	ok(item->lost == 0, "nothing is lost");
	ms_mapi_item_free(item);
	ms_buf_release(&got);
	ms_buf_release(&list);
	ms_buf_release(&b);
}

static void
test_recipients(void)
{
	struct ms_buf b = {0}, list = {0}, all = {0};
	struct ms_mapi_item *item;

	begin(&b);
	put32(&all, 2);
	begin_list(&list, 2);
	text(&list, 0x3001, "Ann");
	number(&list, 0x0c15, 1);
	ms_buf_add(&all, list.p, list.n);
	begin_list(&list, 1);
	text(&list, 0x39fe, "b@example.org");
	ms_buf_add(&all, list.p, list.n);
	attribute(&b, 1, 0x00069004, all.p, all.n);
	item = parse(&b);
	ok(item->recipient_count == 2, "two recipients");
	ok(has_text(&item->recipients[0].props, MS_MAPI_ID(0x3001), "Ann") &&
		ms_mapi_number_or(
		    &item->recipients[0].props, MS_MAPI_ID(0x0c15), 0) == 1,
	    "the first one");
	ok(has_text(
	       &item->recipients[1].props, MS_MAPI_ID(0x39fe), "b@example.org"),
	    "the second one");
	ms_mapi_item_free(item);
	ms_buf_release(&all);
	ms_buf_release(&list);
	ms_buf_release(&b);
}

/* Puts into b an item with a subject, and, if there is one, an item in it. */
static void
nest(struct ms_buf *b, const struct ms_buf *inner)
{
	struct ms_buf list = {0}, content = {0};

	begin(b);
	ATTRIBUTE(b, 1, 0x00018004, "outer\0");
	if (inner != NULL) {
		ATTRIBUTE(b, 2, 0x00069002, "\1\0");
		begin_list(&list, 1);
		tag(&list, 0x3701, MS_MAPI_OBJECT);
		put32(&list, 1);
		ms_buf_add(&content, "the interface id", 16);
		ms_buf_add(&content, inner->p, inner->n);
		counted(&list, content.p, content.n);
		attribute(b, 2, 0x00069005, list.p, list.n);
	}
	ms_buf_release(&list);
	ms_buf_release(&content);
}

/* Puts into b an item with an attachment that has two contents: the message
 * `inner`, and bytes after it. */
static void
nest_twice(struct ms_buf *b, const struct ms_buf *inner)
{
	struct ms_buf list = {0}, content = {0};

	begin(b);
	ATTRIBUTE(b, 2, 0x00069002, "\1\0");
	ms_buf_add(&content, "the interface id", 16);
	ms_buf_add(&content, inner->p, inner->n);
	begin_list(&list, 1);
	tag(&list, 0x3701, MS_MAPI_OBJECT);
	put32(&list, 2);
	counted(&list, content.p, content.n);
	counted(&list, content.p, content.n);
	attribute(b, 2, 0x00069005, list.p, list.n);
	ATTRIBUTE(b, 2, 0x0006800f, "bytes");
	ms_buf_release(&list);
	ms_buf_release(&content);
}

static void
test_two_contents(void)
{
	struct ms_buf inner = {0}, outer = {0};
	struct ms_mapi_item *item;

	write_old(&inner);
	nest_twice(&outer, &inner);
	item = parse(&outer);
	ok(item->attachment_count == 1 &&
		item->attachments[0].content == MS_MAPI_BYTES &&
		item->attachments[0].item == NULL &&
		has_bytes(&item->attachments[0], "bytes"),
	    "of two contents of an attachment, the last one counts");
	ms_mapi_item_free(item);
	ms_buf_release(&inner);
	ms_buf_release(&outer);
}

static void
test_embedded(void)
{
	struct ms_buf b[2] = {0}, ole = {0};
	struct ms_mapi_item *item;
	int i;

	write_old(&b[0]);
	nest(&b[1], &b[0]);
	item = parse(&b[1]);
	ok(item->attachment_count == 1 &&
		item->attachments[0].content == MS_MAPI_ITEM,
	    "a message in a message");
	ok(has_text(
	       &item->attachments[0].item->props, MS_MAPI_ID(0x1000), "body"),
	    "its body");
	ms_mapi_item_free(item);
	for (i = 0; i < MS_MAPI_DEPTH_MAX + 2; i++)
		nest(&b[i % 2], &b[1 - i % 2]);
	item = parse(&b[1 - i % 2]);
	ok(has_text(&item->props, MS_MAPI_ID(0x0037), "outer"),
	    "messages that are nested too deeply cost the inner ones");
	ms_mapi_item_free(item);
	ms_buf_add_str(&ole, "compound file");
	nest(&b[0], &ole);
	item = parse(&b[0]);
	ok(item->attachment_count == 1 &&
		item->attachments[0].content == MS_MAPI_OLE &&
		has_bytes(&item->attachments[0], "compound file"),
	    "an object of OLE");
	ms_mapi_item_free(item);
	ms_buf_release(&ole);
	ms_buf_release(&b[0]);
	ms_buf_release(&b[1]);
}

static void
test_damage(void)
{
	struct ms_buf b = {0};
	struct ms_mapi_item *item;
	unsigned bad = 0, lost = 0;
	size_t n;

	write_old(&b);
	b.p[b.n - 1] ^= 1;
	item = parse(&b);
	ok(item->lost == 1 && strstr(item->lost_why, "checksum") != NULL,
	    "a wrong checksum is named");
	ok(item->attachment_count == 2, "  and the attribute is read");
	ms_mapi_item_free(item);
	for (n = b.n - 2; n > 6; n--) {
		struct ms_buf cut = {0};

		ms_buf_add(&cut, b.p, n);
		item = parse(&cut);
		bad += item == NULL;
		lost += item != NULL && item->lost > 0;
		ms_mapi_item_free(item);
		ms_buf_release(&cut);
	}
	ok(bad == 0 && lost > b.n - 30,
	    "each end that is missing is named, but for ends of attributes");
	b.n = 5;
	ok(parse(&b) == NULL, "what does not begin like TNEF is refused");
	ms_buf_release(&b);
}

int
main(void)
{
	test_old();
	test_properties();
	test_recipients();
	test_embedded();
	test_two_contents();
	test_damage();
	return done();
}
