/* recipe.c - MESSAGE records that are refused, and the output of each kind of
 * item.
 */
#include "recipe.h"

#include <stdlib.h>
#include <string.h>
#include "le.h"
#include "tap.h"

/* ---- parsing ---- */

/* A valid record: header, inline base64, and a text BLOB. */
static void
make_good(struct ms_buf *b)
{
	static const unsigned char rows[] = {
	    6, 0, 0, 0, 0, 0, 0, 0,          /* header */
	    3, 0, 0, 0, 1, 2, 76, 1,         /* base64, crlf */
	    0, 0, 0x40, 0, 0x80, 3, 0, 0, 7, /* and a digest */
	};

	ms_buf_clear(b);
	memset(ms_buf_room(b, 48), 0, 48);
	b->n = 48;
	ms_put_le64(b->p + 32, 4 * 1024 * 1024 + 12);
	ms_put_le32(b->p + 40, 3);
	ms_put_le32(b->p + 44, 6);
	ms_buf_add(b, rows, sizeof(rows));
	memset(ms_buf_room(b, 31), 9, 31);
	b->n += 31;
	ms_buf_add_str(b, "a: b\n\nfoo");
}

/* Byte `at` of the valid record becomes `value`. */
static const struct {
	size_t at;
	unsigned char value;
	const char *what;
} bad[] = {
    {38, 1, "a size over 4 GiB"},
    {40, 0, "no items but a header"},
    {40, 4, "one item more"},
    {41, 0x10, "more than 4,096 items"},
    {44, 5, "another length of the header"},
    {44, 0, "items but no header"},
    {48, 0, "an empty item"},
    {50, 1, "a longer header than there are bytes"},
    {52, 1, "a header of base64"},
    {52, 0x80, "a header in a BLOB"},
    {52, 2, "an unknown kind"},
    {53, 4, "an unknown line end"},
    {56, 4, "more inline bytes than there are"},
    {61, 3, "verbatim base64"},
    {62, 59, "short lines"},
    {62, 77, "long lines"},
    {62, 0, "no lines"},
    {64, 1, "a BLOB over 4 MiB"},
    {67, 1, "a BLOB of 16 MiB"},
};

/* A refusal is MS_DATA with a message. */
static bool
parses(struct ms_slice content)
{
	struct ms_recipe r;
	struct ms_err err = {0};
	int rc = ms_recipe_parse(&r, content, &err);

	return rc == 0 || err.code != MS_DATA || err.msg[0] == '\0';
}

static void
test_refused(void)
{
	struct ms_buf b = {0};
	unsigned char *cut;
	size_t i, n, wrong = 0;

	make_good(&b);
	ok(parses(ms_buf_slice(&b)), "a valid record is accepted");
	ms_buf_add_str(&b, "later versions' bytes");
	ok(parses(ms_buf_slice(&b)), "bytes after the items are ignored");
	make_good(&b);
	for (n = 0; n < b.n; n++) {
		cut = ms_xmalloc(n);
		memcpy(cut, b.p, n);
		wrong += parses((struct ms_slice){cut, n});
		free(cut);
	}
	ok(wrong == 0, "an incomplete record is refused");
	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		make_good(&b);
		b.p[bad[i].at] = bad[i].value;
		ok(!parses(ms_buf_slice(&b)), "refused: %s", bad[i].what);
	}
	make_good(&b);
	b.p[62] = 60;
	ok(parses(ms_buf_slice(&b)), "base64 in lines of 60 is accepted");
	ms_buf_clear(&b);
	memset(ms_buf_room(&b, 48 + 8 + MS_SHA_LEN), 0, 48 + 8 + MS_SHA_LEN);
	b.n = 48 + 8 + MS_SHA_LEN;
	b.p[32] = 6;
	b.p[40] = 1;
	b.p[44] = b.p[48] = 6;
	b.p[52] = MS_RECIPE_IN_BLOB;
	ok(!parses(ms_buf_slice(&b)), "refused: only a header in a BLOB");
	b.p[52] = 0;
	ok(parses(ms_buf_slice(&b)), "only an inline header is accepted");
	b.p[52] = MS_ITEM_BASE64;
	b.p[54] = 76;
	ok(!parses(ms_buf_slice(&b)), "refused: only a header of base64");
	make_good(&b);
	ms_buf_room(&b, MS_MESSAGE_RECORD_MAX);
	memset(b.p + b.n, 0, MS_MESSAGE_RECORD_MAX - b.n + 1);
	ok(parses((struct ms_slice){b.p, MS_MESSAGE_RECORD_MAX}),
	    "a record of 8 MiB is accepted");
	ok(!parses((struct ms_slice){b.p, MS_MESSAGE_RECORD_MAX + 1}),
	    "a record above 8 MiB is refused");
	ms_buf_release(&b);
}

static void
test_read(void)
{
	struct ms_buf b = {0};
	struct ms_recipe r;
	struct ms_recipe_walk walk = {0};
	struct ms_item item;

	make_good(&b);
	b.p[0] = 0xab;
	ok(ms_recipe_parse(&r, ms_buf_slice(&b), NULL) == 0 &&
		r.id[0] == 0xab && r.size == 4 * 1024 * 1024 + 12 &&
		r.items == 3 && ms_slice_eq(r.header, ms_slice_str("a: b\n\n")),
	    "the id, the size, the items and the header are read");
	ok(ms_recipe_next(&r, &walk, &item) == 1 && item.kind == MS_ITEM_TEXT &&
		item.eol == MS_EOL_FOLLOW && !item.blob && item.n == 6 &&
		ms_slice_eq(item.bytes, r.header),
	    "the header is item 0");
	ok(ms_recipe_next(&r, &walk, &item) == 1 &&
		item.kind == MS_ITEM_BASE64 && item.eol == MS_EOL_CRLF &&
		!item.blob && item.line == 76 && item.ends &&
		ms_slice_eq(item.bytes, ms_slice_str("foo")),
	    "an inline item is read");
	ok(ms_recipe_next(&r, &walk, &item) == 1 && item.kind == MS_ITEM_TEXT &&
		item.eol == MS_EOL_VERBATIM && item.blob &&
		item.n == MS_BLOB_MAX && item.bytes.n == 0 &&
		item.digest[0] == 7 && item.digest[31] == 9,
	    "an item in a BLOB is read");
	ok(ms_recipe_next(&r, &walk, &item) == 0 && walk.i == 3,
	    "there are no more items");
	ms_buf_release(&b);
}

/* A record of these rows and inline bytes, with a header of 6 bytes. */
static void
make_record(struct ms_buf *b, uint32_t items, uint64_t size, uint32_t header,
    const unsigned char *rows, size_t n, const char *inlined)
{
	ms_buf_clear(b);
	memset(ms_buf_room(b, 48), 0, 48);
	b->n = 48;
	ms_put_le64(b->p + 32, size);
	ms_put_le32(b->p + 40, items);
	ms_put_le32(b->p + 44, header);
	ms_buf_add(b, rows, n);
	ms_buf_add_str(b, inlined);
}

/* An empty message has no item, no header and no size. */
static void
test_empty(void)
{
	static const unsigned char row[] = {6, 0, 0, 0, 0, 0, 0, 0};
	static const struct {
		uint32_t items, header;
		uint64_t size;
		bool good;
	} rows[] = {{0, 0, 0, true}, {0, 6, 0, false}, {0, 0, 8, false},
	    {1, 6, 8, true}, {1, 6, 0, false}, {1, 0, 8, false}};
	struct ms_buf b = {0};
	size_t i;

	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		make_record(&b, rows[i].items, rows[i].size, rows[i].header,
		    row, rows[i].items * sizeof(row),
		    rows[i].items > 0 ? "a: b\n\n" : "");
		ok(parses(ms_buf_slice(&b)) == rows[i].good,
		    "%u items, a header of %u bytes, a size of %u",
		    rows[i].items, rows[i].header, (unsigned)rows[i].size);
	}
	ms_buf_release(&b);
}

#define ROW(n, kind) n, 0, 0, 0, kind, 0, 76, 0
#define DIGEST(c)                                                              \
	c, c, c, c, c, c, c, c, c, c, c, c, c, c, c, c, c, c, c, c, c, c, c,   \
	    c, c, c, c, c, c, c, c, c
#define IN_BLOB MS_RECIPE_IN_BLOB

/* The items of a record are found one after another; its description is that of
 * the header and the inline text up to the first other item. */
static void
test_items(void)
{
	static const unsigned char text[] = {ROW(6, 0), ROW(3, 0)},
				   blob[] = {ROW(6, 0), ROW(3, 0),
				       ROW(9, IN_BLOB), DIGEST(7), ROW(2, 0),
				       ROW(8, IN_BLOB | 1), DIGEST(8),
				       ROW(1, 1)},
				   base64[] = {ROW(6, 0), ROW(3, 1), ROW(2, 0)};
	static const struct {
		const char *name;
		const unsigned char *rows;
		size_t n;
		uint32_t items;
		const char *inlined, *want, *text;
		bool more;
	} rows[] = {
	    {"text", text, sizeof(text), 2, "a: b\n\nfoo", "a: b\n\n|foo|",
		"a: b\n\nfoo", false},
	    {"BLOBs", blob, sizeof(blob), 6, "a: b\n\nfoobar",
		"a: b\n\n|foo|BLOB 7|ba|BLOB 8|r|", "a: b\n\nfoo", true},
	    {"base64", base64, sizeof(base64), 3, "a: b\n\nfooba",
		"a: b\n\n|foo|ba|", "a: b\n\n", true},
	};
	struct ms_buf b = {0}, got = {0};
	struct ms_desc desc;
	struct ms_item item;
	struct ms_recipe r;
	size_t i;

	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct ms_recipe_walk walk = {0};

		make_record(&b, rows[i].items, 99, 6, rows[i].rows, rows[i].n,
		    rows[i].inlined);
		ms_buf_clear(&got);
		ok(ms_recipe_parse(&r, ms_buf_slice(&b), NULL) == 0 &&
			ms_slice_eq(r.text, ms_slice_str(rows[i].text)) &&
			r.more == rows[i].more,
		    "%s: the text that is described", rows[i].name);
		while (ms_recipe_next(&r, &walk, &item) == 1) {
			if (item.blob)
				ms_buf_printf(&got, "BLOB %d", item.digest[31]);
			ms_buf_add(&got, item.bytes.p, item.bytes.n);
			ms_buf_add_byte(&got, '|');
		}
		ok(strcmp(ms_buf_str(&got), rows[i].want) == 0, "%s: the items",
		    rows[i].name);
		ms_recipe_describe(&r, &desc);
		ok(desc.bits == 0, "%s: the description", rows[i].name);
		b.p[48 + rows[i].n + 4] = 'x'; /* no empty line */
		ms_recipe_parse(&r, ms_buf_slice(&b), NULL);
		ms_recipe_describe(&r, &desc);
		ok(desc.bits == (rows[i].more ? MS_DESC_PARTIAL : 0),
		    "%s: a header without its end", rows[i].name);
	}
	ms_buf_release(&b);
	ms_buf_release(&got);
}

/* The header is hashed in wire form, also from a record with CR CR LF. */
static void
test_header(void)
{
	static const char *const rows[][2] = {
	    {"a: b\n\n", "a: b\r\n\r\n"}, {"a: b\r\n", "a: b\r\r\n"}};
	static const unsigned char row[] = {
	    ROW(6, 0), ROW(6, IN_BLOB), DIGEST(1)};
	struct ms_message_hasher *h = ms_message_hasher_new();
	unsigned char want[MS_SHA_LEN];
	struct ms_buf b = {0};
	struct ms_identity id;
	struct ms_recipe r;
	size_t i;

	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		make_record(&b, 2, 99, 6, row, sizeof(row), rows[i][0]);
		ms_recipe_parse(&r, ms_buf_slice(&b), NULL);
		ms_recipe_add_header(&r, h);
		ms_message_hasher_end(h, &id);
		ms_sha256(rows[i][1], strlen(rows[i][1]), want);
		ok(id.size == strlen(rows[i][1]) &&
			memcmp(id.id, want, sizeof(want)) == 0,
		    "header %zu in wire form", i);
	}
	ms_message_hasher_free(h);
	ms_buf_release(&b);
}

/* ---- assembling ---- */

#define TEXT MS_ITEM_TEXT, 0, 0
#define B64(line, ends) MS_ITEM_BASE64, line, ends
#define A20 "AAAAAAAAAAAAAAAAAAAA"
#define Z15 "\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0"

static const struct {
	enum ms_item_kind kind;
	uint8_t line;
	bool ends;
	enum ms_item_eol eol;
	const char *bytes;
	size_t n;
	const char *stored, *lf, *crlf; /* what comes out in each form */
} forms[] = {
    {TEXT, MS_EOL_FOLLOW, "a\nb", 3, "a\nb", "a\nb", "a\r\nb"},
    {TEXT, MS_EOL_LF, "a\nb\n", 4, "a\nb\n", "a\nb\n", "a\r\nb\r\n"},
    {TEXT, MS_EOL_CRLF, "a\nb\n", 4, "a\r\nb\r\n", "a\nb\n", "a\r\nb\r\n"},
    {TEXT, MS_EOL_CRLF, "\n", 1, "\r\n", "\n", "\r\n"},
    {TEXT, MS_EOL_VERBATIM, "a\nb\r\n", 5, "a\nb\r\n", "a\nb\n", "a\r\nb\r\n"},
    {TEXT, MS_EOL_VERBATIM, "\n\r\n", 3, "\n\r\n", "\n\n", "\r\n\r\n"},
    {TEXT, MS_EOL_VERBATIM, "a\r\nb\n", 5, "a\r\nb\n", "a\nb\n", "a\r\nb\r\n"},
    {TEXT, MS_EOL_VERBATIM, "\r", 1, "\r", "\r", "\r"},
    /* CR CR LF */
    {TEXT, MS_EOL_FOLLOW, "a\r\n", 3, "a\r\n", "a\r\n", "a\r\r\n"},
    {TEXT, MS_EOL_CRLF, "a\r\n", 3, "a\r\r\n", "a\r\n", "a\r\r\n"},
    {TEXT, MS_EOL_VERBATIM, "a\r\r\n", 4, "a\r\r\n", "a\r\n", "a\r\r\n"},
    /* base64 */
    {B64(60, true), MS_EOL_FOLLOW, "foo", 3, "Zm9v\n", "Zm9v\n", "Zm9v\r\n"},
    {B64(60, false), MS_EOL_FOLLOW, "foo", 3, "Zm9v", "Zm9v", "Zm9v"},
    {B64(60, true), MS_EOL_LF, "fo", 2, "Zm8=\n", "Zm8=\n", "Zm8=\r\n"},
    {B64(60, true), MS_EOL_CRLF, "f", 1, "Zg==\r\n", "Zg==\n", "Zg==\r\n"},
    {B64(60, true), MS_EOL_LF, Z15 Z15 Z15, 45, A20 A20 A20 "\n",
	A20 A20 A20 "\n", A20 A20 A20 "\r\n"},
    {B64(60, false), MS_EOL_LF, Z15 Z15 Z15, 45, A20 A20 A20, A20 A20 A20,
	A20 A20 A20},
    {B64(62, false), MS_EOL_CRLF, Z15 Z15 Z15 Z15, 60,
	A20 A20 A20 "AA\r\nAAAAAAAAAAAAAAAAAA",
	A20 A20 A20 "AA\nAAAAAAAAAAAAAAAAAA",
	A20 A20 A20 "AA\r\nAAAAAAAAAAAAAAAAAA"},
};

struct sink {
	struct ms_buf all;
	unsigned calls, fail_at; /* 0: never */
};

static int
emit(void *ctx, const unsigned char *p, size_t n, struct ms_err *err)
{
	struct sink *s = ctx;

	if (++s->calls == s->fail_at)
		return ms_fail(err, MS_IO, "no more");
	ms_buf_add(&s->all, p, n);
	return 0;
}

static void
test_forms(void)
{
	static const enum ms_form all[] = {
	    MS_FORM_STORED, MS_FORM_LF, MS_FORM_CRLF};
	const char *want;
	struct sink sink = {0};
	struct ms_item item;
	size_t i, k;
	unsigned wrong;
	int rc;

	for (i = 0; i < sizeof(forms) / sizeof(forms[0]); i++) {
		item = (struct ms_item){.kind = forms[i].kind,
		    .eol = forms[i].eol,
		    .line = forms[i].line,
		    .ends = forms[i].ends,
		    .n = (uint32_t)forms[i].n,
		    .bytes = {
			(const unsigned char *)forms[i].bytes, forms[i].n}};
		wrong = 0;
		for (k = 0; k < 3; k++) {
			struct ms_assembly as = {all[k], emit, &sink};

			want = k == 0   ? forms[i].stored
			       : k == 1 ? forms[i].lf
					: forms[i].crlf;
			ms_buf_clear(&sink.all);
			rc = ms_assemble(&as, &item, item.bytes, NULL);
			wrong +=
			    rc != 0 || strcmp(ms_buf_str(&sink.all), want) != 0;
		}
		ok(wrong == 0, "item %zu in three forms", i);
	}
	ms_buf_release(&sink.all);
}

/* Assembles an item while each call of emit fails in turn. */
static void
each_emit_fails(const char *name, enum ms_form form, struct ms_item *item,
    struct ms_slice bytes, size_t want)
{
	struct sink sink = {0};
	struct ms_assembly as = {form, emit, &sink};
	struct ms_err err;
	unsigned i, calls, wrong = 0;

	item->n = (uint32_t)bytes.n;
	ok(ms_assemble(&as, item, bytes, NULL) == 0 && sink.all.n == want,
	    "%s: %zu bytes", name, sink.all.n);
	calls = sink.calls;
	for (i = 1; i <= calls; i++) {
		sink.calls = 0;
		sink.fail_at = i;
		err = (struct ms_err){0};
		wrong += ms_assemble(&as, item, bytes, &err) == 0 ||
			 err.code != MS_IO || sink.calls != i;
	}
	ok(calls > 0 && wrong == 0, "  emit fails at each of %u calls", calls);
	ms_buf_release(&sink.all);
}

/* Items with more bytes than are collected at once (16 KiB). */
static void
test_long(void)
{
	struct ms_item text = {.kind = MS_ITEM_TEXT};
	struct ms_item verbatim = {
	    .kind = MS_ITEM_TEXT, .eol = MS_EOL_VERBATIM};
	struct ms_item base64 = {
	    .kind = MS_ITEM_BASE64, .line = 76, .ends = true};
	struct ms_slice s;
	struct ms_buf b = {0};
	struct ms_err err = {0};
	struct ms_assembly as = {MS_FORM_CRLF, emit, NULL};
	unsigned i;

	for (i = 0; i < 3000; i++)
		ms_buf_add_str(&b, "0123456789\n");
	memset(ms_buf_room(&b, 50000), 'x', 50000);
	b.n += 50000;
	ms_buf_add_str(&b, "\n");
	s = ms_buf_slice(&b);
	each_emit_fails("lines", MS_FORM_CRLF, &text, s, s.n + 3001);
	s.n -= 1; /* a long last line, without a line end */
	each_emit_fails("a long end", MS_FORM_CRLF, &text, s, s.n + 3000);
	each_emit_fails("verbatim", MS_FORM_LF, &verbatim, s, s.n);
	each_emit_fails("base64", MS_FORM_CRLF, &base64, s,
	    (s.n + 2) / 3 * 4 + ((s.n + 56) / 57) * 2);
	s = (struct ms_slice){s.p + s.n - 40000, 40000};
	each_emit_fails("one line", MS_FORM_CRLF, &text, s, 40000);
	ms_buf_clear(&b);
	for (i = 0; i < 9000; i++)
		ms_buf_add_str(&b, "\r\n0\r\n");
	s = ms_buf_slice(&b);
	each_emit_fails("CRLF becomes LF", MS_FORM_LF, &verbatim, s, 27000);
	text.n = (uint32_t)s.n - 1;
	ok(ms_assemble(&as, &text, s, &err) < 0 && err.code == MS_DATA,
	    "a BLOB of another length is refused");
	ms_buf_release(&b);
}

int
main(void)
{
	test_refused();
	test_read();
	test_empty();
	test_items();
	test_header();
	test_forms();
	test_long();
	return done();
}
