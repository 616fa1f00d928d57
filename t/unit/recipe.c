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
	ok(parses(ms_buf_slice(&b)), "a valid record");
	ms_buf_add_str(&b, "later versions' bytes");
	ok(parses(ms_buf_slice(&b)), "bytes after it are ignored");
	make_good(&b);
	for (n = 0; n < b.n; n++) {
		cut = ms_xmalloc(n);
		memcpy(cut, b.p, n);
		wrong += parses((struct ms_slice){cut, n});
		free(cut);
	}
	ok(wrong == 0, "a record that is cut anywhere is refused");
	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		make_good(&b);
		b.p[bad[i].at] = bad[i].value;
		ok(!parses(ms_buf_slice(&b)), "refused: %s", bad[i].what);
	}
	make_good(&b);
	ms_buf_room(&b, MS_MESSAGE_RECORD_MAX);
	memset(b.p + b.n, 0, MS_MESSAGE_RECORD_MAX - b.n + 1);
	ok(parses((struct ms_slice){b.p, MS_MESSAGE_RECORD_MAX}), "8 MiB");
	ok(!parses((struct ms_slice){b.p, MS_MESSAGE_RECORD_MAX + 1}),
	    "refused: more than 8 MiB");
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
	    "id, size, items, header");
	ok(ms_recipe_next(&r, &walk, &item) == 1 && item.kind == MS_ITEM_TEXT &&
		item.eol == MS_EOL_FOLLOW && !item.blob && item.n == 6 &&
		ms_slice_eq(item.bytes, r.header),
	    "the header is item 0");
	ok(ms_recipe_next(&r, &walk, &item) == 1 &&
		item.kind == MS_ITEM_BASE64 && item.eol == MS_EOL_CRLF &&
		!item.blob && item.line == 76 && item.ends &&
		ms_slice_eq(item.bytes, ms_slice_str("foo")),
	    "an inline item");
	ok(ms_recipe_next(&r, &walk, &item) == 1 && item.kind == MS_ITEM_TEXT &&
		item.eol == MS_EOL_VERBATIM && item.blob &&
		item.n == MS_BLOB_MAX && item.bytes.n == 0 &&
		item.digest[0] == 7 && item.digest[31] == 9,
	    "an item in a BLOB");
	ok(ms_recipe_next(&r, &walk, &item) == 0 && walk.i == 3, "the end");
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

/* More bytes than are collected at once, and an emit function that fails at any
 * call. */
static void
test_long(void)
{
	struct ms_buf text = {0};
	struct sink sink = {0};
	struct ms_assembly as = {MS_FORM_CRLF, emit, &sink};
	struct ms_item item = {.kind = MS_ITEM_TEXT};
	struct ms_err err;
	unsigned i, calls, lines = 0, wrong = 0;

	for (i = 0; i < 3000; i++)
		ms_buf_add_str(&text, "0123456789\n");
	memset(ms_buf_room(&text, 50000), 'x', 50000);
	text.n += 50000;
	ms_buf_add_str(&text, "\n");
	item.n = (uint32_t)text.n;
	ok(ms_assemble(&as, &item, ms_buf_slice(&text), NULL) == 0 &&
		sink.all.n == text.n + 3001,
	    "long text");
	for (i = 0; i + 1 < sink.all.n; i++)
		lines += memcmp(sink.all.p + i, "\r\n", 2) == 0;
	ok(lines == 3001, "each of its lines has CRLF");
	calls = sink.calls;
	for (i = 1; i <= calls; i++) {
		sink.calls = 0;
		sink.fail_at = i;
		err = (struct ms_err){0};
		wrong +=
		    ms_assemble(&as, &item, ms_buf_slice(&text), &err) == 0 ||
		    err.code != MS_IO || sink.calls != i;
	}
	ok(calls > 2 && wrong == 0, "emit fails at each of %u calls", calls);
	text.n--;
	ok(ms_assemble(&as, &item, ms_buf_slice(&text), &err) < 0 &&
		err.code == MS_DATA,
	    "a BLOB of another length is refused");
	ms_buf_release(&text);
	ms_buf_release(&sink.all);
}

int
main(void)
{
	test_refused();
	test_read();
	test_forms();
	test_long();
	return done();
}
