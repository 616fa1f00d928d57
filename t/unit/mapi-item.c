/* mapi-item.c - properties of items: lib/mapi/item.h. */
#include "tap.h"

#include "mapi-item.h"

static const char *
text_of(const struct ms_mapi_props *props, struct ms_mapi_key key)
{
	static struct ms_buf out;

	ms_buf_clear(&out);
	return ms_mapi_text(props, key, &out) ? ms_buf_str(&out) : "(none)";
}

/* Code page 3ffd, that of the option, 3fde; bytes; UTF-8. */
static void
test_codepages(void)
{
	static const struct {
		int message, option, internet;
		const char *bytes, *want;
	} rows[] = {{1251, 0, 0, "\xcf\xf0\xe8", "При"},
	    {0, 1251, 0, "\xcf\xf0\xe8", "При"},
	    {0, 0, 1251, "\xcf\xf0\xe8", "При"},
	    {1251, 1252, 932, "\xcf\xf0\xe8", "При"},
	    {0, 1251, 1252, "\xcf\xf0\xe8", "При"},
	    {20866, 0, 0, "\xf0\xd2\xc9", "При"},
	    {932, 0, 0, "\x93\xfa\x96\x7b", "日本"},
	    {0, 0, 50220, "\x93\xfa\x96\x7b", "日本"},
	    {0, 0, 50220, "\x1b$BF|K\\\x1b(B", "日本"},
	    {936, 0, 0, "\xd6\xd0\xce\xc4", "中文"},
	    {949, 0, 0, "\xc7\xd1\xb1\xdb", "한글"},
	    {0, 0, 50225, "\xc7\xd1\xb1\xdb", "한글"},
	    {950, 0, 0, "\xa4\xa4\xa4\xe5", "中文"},
	    {1252, 0, 0, "\x80 caf\xe9", "€ café"},
	    {1250, 0, 0, "\xb9\xe6", "ąć"}, {0, 0, 65000, "Hi +AOk-", "Hi é"},
	    {0, 0, 65000, "caf\xe9", "café"},
	    {65001, 0, 0, "caf\xc3\xa9", "café"},
	    {0, 0, 65001, "caf\xe9", "café"}, {0, 0, 0, "caf\xe9", "café"},
	    {1200, 0, 0, "caf\xe9", "café"},
	    {99999, 0, 1251, "\xcf\xf0\xe8", "При"}};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct ms_mapi_item *item =
		    ms_mapi_item_new(NULL, (unsigned)rows[i].option);

		set_text(&item->props, MS_MAPI_ID(0x37), rows[i].bytes);
		add_recipient(item, 1, rows[i].bytes, "SMTP", "a@example.org");
		if (rows[i].message != 0)
			set_number(&item->props, MS_MAPI_ID(0x3ffd),
			    (uint32_t)rows[i].message);
		if (rows[i].internet != 0)
			set_number(&item->props, MS_MAPI_ID(0x3fde),
			    (uint32_t)rows[i].internet);
		ms_mapi_item_end(item);
		ok(strcmp(text_of(&item->props, MS_MAPI_ID(0x37)),
		       rows[i].want) == 0,
		    "code pages %d, %d, %d: %s", rows[i].message,
		    rows[i].option, rows[i].internet,
		    text_of(&item->props, MS_MAPI_ID(0x37)));
		ok(strcmp(
		       text_of(&item->recipients[0].props, MS_MAPI_ID(0x3001)),
		       rows[i].want) == 0,
		    "  and of a recipient");
		ms_mapi_item_free(item);
	}
}

static void
test_values(void)
{
	struct ms_mapi_item *item = ms_mapi_item_new(NULL, 65001);
	struct ms_mapi_props *p = &item->props;
	const struct ms_mapi_key key = MS_MAPI_ID(0x1234);
	const struct ms_mapi_key named =
	    MS_MAPI_NAME(MS_MAPI_STRINGS, "Keywords");
	struct ms_err err = {0};
	struct ms_slice s;
	int64_t n = 0;

	ok(!ms_mapi_has(p, key) && !ms_mapi_number(p, key, &n) &&
		ms_mapi_bytes(p, key).n == 0,
	    "a property that is missing");
	set_number(p, key, (uint32_t)-5);
	ok(ms_mapi_number(p, key, &n) && n == -5, "a negative number");
	set_bool(p, key);
	ok(ms_mapi_number(p, key, &n) && n == 1, "a later value replaces it");
	ok(ms_mapi_put(p, key, MS_MAPI_LONG, (const unsigned char *)"abc", 3,
	       &err) < 0 &&
		err.code == MS_DATA,
	    "an integer that is too short is refused: %s", err.msg);
	ok(ms_mapi_put(p, MS_MAPI_ID(9), 0x0999, (const unsigned char *)"abc",
	       3, &err) == 0 &&
		!ms_mapi_has(p, MS_MAPI_ID(9)),
	    "a value of an unknown type is ignored");
	ms_mapi_put(p, key, MS_MAPI_UNICODE,
	    (const unsigned char *)"A\0\xe9\0\0\0X\0\1", 9, NULL);
	ok(strcmp(text_of(p, key), "Aé") == 0, "UTF-16 ends at its NUL");
	ms_mapi_put(p, key, MS_MAPI_UNICODE,
	    (const unsigned char *)"A\0\x00\xd8"
				   "B\0",
	    6, NULL);
	ok(strcmp(text_of(p, key), "A\xef\xbf\xbd"
				   "B") == 0,
	    "half of a surrogate pair is U+FFFD");
	ms_mapi_add(
	    p, named, MS_MAPI_STRING8, (const unsigned char *)"one", 3, NULL);
	ms_mapi_add(p, MS_MAPI_NAME(MS_MAPI_STRINGS, "keywords"),
	    MS_MAPI_STRING8, (const unsigned char *)"two\0", 4, NULL);
	ok(ms_mapi_value_at(p, named, 0, &s) && s.n == 3 &&
		ms_mapi_value_at(p, named, 1, &s) && s.n == 4 &&
		!ms_mapi_value_at(p, named, 2, &s),
	    "two values; the case of a name does not count");
	ok(strcmp(text_of(p, named), "(none)") == 0,
	    "several values are no text");
	ms_mapi_item_free(item);
}

/* Seconds since 1601 as FILETIME, and whether they are a date. */
static void
test_times(void)
{
	static const struct {
		uint64_t ticks;
		bool valid;
		int64_t want;
	} rows[] = {{0, false, 0}, {UINT64_MAX, false, 0},
	    {UINT64_C(0x0cb34557a3dd4000), false, 0}, /* "none" of Outlook */
	    {UINT64_C(116444736000000000), true, 0},
	    {UINT64_C(116444736019999999), true, 1},
	    {UINT64_C(116444735990000000), true, -1}};
	struct ms_mapi_item *item = ms_mapi_item_new(NULL, 0);
	unsigned char p[8];
	int64_t t = 0;

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		ms_put_le64(p, rows[i].ticks);
		ms_mapi_put(&item->props, MS_MAPI_ID(0x39), MS_MAPI_SYSTIME, p,
		    8, NULL);
		ok(ms_mapi_time(&item->props, MS_MAPI_ID(0x39), &t) ==
			    rows[i].valid &&
			(!rows[i].valid || t == rows[i].want),
		    "time %zu", i);
	}
	ms_mapi_item_free(item);
}

static void
test_sets(void)
{
	static const unsigned char guids[][16] = {
	    {0x08, 0x20, 6, 0, 0, 0, 0, 0, 0xc0, 0, 0, 0, 0, 0, 0, 0x46},
	    {0x29, 3, 2, 0, 0, 0, 0, 0, 0xc0, 0, 0, 0, 0, 0, 0, 0x46},
	    {0x90, 0xda, 0xd8, 0x6e, 0x0b, 0x45, 0x1b, 0x10, 0x98, 0xda, 0,
		0xaa, 0, 0x3f, 0x13, 0x05},
	    {0x08, 0x20, 6, 0, 0, 0, 0, 0, 0xc0, 0, 0, 0, 0, 0, 0, 0x47}};

	ok(ms_mapi_set_find(guids[0]) == MS_MAPI_COMMON, "PSETID_Common");
	ok(ms_mapi_set_find(guids[1]) == MS_MAPI_STRINGS, "PS_PUBLIC_STRINGS");
	ok(ms_mapi_set_find(guids[2]) == MS_MAPI_MEETING, "PSETID_Meeting");
	ok(ms_mapi_set_find(guids[3]) == MS_MAPI_SET_OTHER, "an unknown GUID");
}

static void
test_limits(void)
{
	struct ms_mapi_item *root = ms_mapi_item_new(NULL, 0), *item = root,
			    *next;
	struct ms_err err = {0};
	unsigned depth = 0, i;
	unsigned char *big = ms_xcalloc(1, MS_MAPI_VALUES_MAX / 2);

	while ((next = ms_mapi_item_new(item, 0)) != NULL) {
		ms_mapi_attach_item(ms_mapi_attachment_add(item), next);
		item = next;
		depth++;
	}
	ok(depth == MS_MAPI_DEPTH_MAX, "%u items in items", depth);
	ok(ms_mapi_put(&item->props, MS_MAPI_ID(1), MS_MAPI_BINARY, big,
	       MS_MAPI_VALUES_MAX / 2, &err) == 0,
	    "half of all bytes, in the deepest item");
	ok(ms_mapi_put(&root->props, MS_MAPI_ID(1), MS_MAPI_BINARY, big,
	       MS_MAPI_VALUES_MAX / 2, &err) < 0 &&
		err.code == MS_DATA,
	    "the limit is one for all: %s", err.msg);
	for (i = 0; i <= MS_MAPI_PROPS_MAX; i++)
		if (ms_mapi_put(&item->props, MS_MAPI_ID(i + 2), MS_MAPI_BINARY,
			big, 1, &err) < 0)
			break;
	ok(i == MS_MAPI_PROPS_MAX - 1, "%u properties: %s", i + 1, err.msg);
	ms_mapi_lost(root, "one %d", 1);
	ms_mapi_lost(root, "two");
	ok(root->lost == 2 && strcmp(root->lost_why, "one 1") == 0,
	    "what is lost is counted, and the first reason kept");
	free(big);
	ms_mapi_item_free(root);
}

/* UTF-16 where text of 8 bits belongs, and what only begins like it. */
static void
test_utf16_in_string8(void)
{
	static const struct {
		const char *bytes;
		size_t n;
		const char *want;
	} rows[] = {{"H\0i\0 \0y\0\0\0", 10, "Hi y"}, {"H\0i\0", 4, "Hi"},
	    {"H\0i", 3, "Hi"}, {"H\0", 2, "H"}, {"H\0\0\0x\0", 6, "H"},
	    {"H\0ix", 4, "H"}, {"Hi\0\0", 4, "Hi"}, {"\0H\0i", 4, "(none)"}};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct ms_mapi_item *item = ms_mapi_item_new(NULL, 1252);

		ms_mapi_put(&item->props, MS_MAPI_ID(0x1000), MS_MAPI_STRING8,
		    (const unsigned char *)rows[i].bytes, rows[i].n, NULL);
		ms_mapi_item_end(item);
		ok(strcmp(text_of(&item->props, MS_MAPI_ID(0x1000)),
		       rows[i].want) == 0,
		    "text of 8 bits, row %zu: %s", i,
		    text_of(&item->props, MS_MAPI_ID(0x1000)));
		ms_mapi_item_free(item);
	}
}

int
main(void)
{
	test_codepages();
	test_values();
	test_times();
	test_sets();
	test_limits();
	test_utf16_in_string8();
	return done();
}
