/* record.c - contents of records at the offsets of ms-archive(5), leaves,
 * trees. */
#include "record.h"

#include <stdlib.h>
#include <string.h>

#include "le.h"
#include "tap.h"

static struct ms_slice
str(const char *s)
{
	return (struct ms_slice){(const unsigned char *)s, strlen(s)};
}

static void
occurrences(void)
{
	struct ms_occurrence o = {.message = 0x0102030405060708,
	    .folder = 9,
	    .date = -2,
	    .form = 2,
	    .bits = 3,
	    .place = str("1/2"),
	    .flags = str("\\Seen"),
	    .other = str("x=\"y\"")};
	struct ms_occurrence got;
	struct ms_buf b = {0};
	size_t n;

	memset(o.id, 0xab, sizeof(o.id));
	ms_occurrence_write(&b, &o);
	ok(b.n == 60 + 4 + 3 + 4 + 5 + 4 + 5,
	    "OCCURRENCE: the length is right");
	ok(b.p[0] == 0xab && ms_le64(b.p + 32) == o.message &&
		ms_le64(b.p + 40) == 9 && ms_le64(b.p + 48) == UINT64_MAX - 1 &&
		b.p[56] == 2 && b.p[57] == 3,
	    "the fields are at the offsets of the manual");
	ok(memcmp(b.p + 60, "\1\0\3\0001/2\2\0\5\0\\Seen\3\0\5\0x=\"y\"",
	       b.n - 60) == 0,
	    "the tagged fields follow");
	ok(ms_occurrence_parse(&got, ms_buf_slice(&b), NULL) == 0 &&
		memcmp(got.id, o.id, sizeof(o.id)) == 0 &&
		got.message == o.message && got.folder == 9 && got.date == -2 &&
		got.form == 2 && got.bits == 3 &&
		ms_slice_eq(got.place, o.place) &&
		ms_slice_eq(got.flags, o.flags) &&
		ms_slice_eq(got.other, o.other),
	    "the fields are read back");
	for (n = 0; n < b.n; n++)
		if (ms_occurrence_parse(
			&got, (struct ms_slice){b.p, n}, NULL) == 0 &&
		    n != 60 && n != 67 && n != 76)
			break;
	ok(n == b.n, "an OCCURRENCE that ends within a field is damage (%zu)",
	    n);
	ms_buf_add(&b, "\377\0\2\0??", 6);
	ok(ms_occurrence_parse(&got, ms_buf_slice(&b), NULL) == 0 &&
		ms_slice_eq(got.other, o.other),
	    "an unknown field is ignored");
	b.p[56] = 3;
	ok(ms_occurrence_parse(&got, ms_buf_slice(&b), NULL) < 0,
	    "an unknown form is refused");
	ms_buf_release(&b);
}

/* A raw date, as it is written and as it is read back. */
static void
raw_dates(void)
{
	static const struct {
		const char *rule;
		int64_t date;
		uint8_t bits;
		struct ms_raw_date raw;
		size_t n; /* bytes of the record */
		struct ms_raw_date want;
	} rows[] = {
	    {"version 0.1", 7, 0, {0, MS_RAW_UNSTATED}, 60,
		{7, MS_RAW_UNSTATED}},
	    {"version 0.1, unknown", 0, MS_DATE_UNKNOWN, {0, MS_RAW_UNSTATED},
		60, {0, MS_RAW_NONE}},
	    {"the date is the raw date", 7, 0, {7, MS_RAW_INTERNALDATE}, 60,
		{7, MS_RAW_INTERNALDATE}},
	    {"another raw date", 7, 0, {-8, MS_RAW_FILE}, 72,
		{-8, MS_RAW_FILE}},
	    {"a raw date that does not count", 0, MS_DATE_UNKNOWN,
		{0, MS_RAW_FROM_LINE}, 72, {0, MS_RAW_FROM_LINE}},
	    {"no raw date", 7, 0, {0, MS_RAW_NONE}, 60, {0, MS_RAW_NONE}},
	    {"a kind of a later version", 7, 0, {8, MS_RAW_KINDS}, 72,
		{7, MS_RAW_UNSTATED}},
	};
	struct ms_occurrence o = {0}, got;
	struct ms_buf b = {0};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		o.date = rows[i].date;
		o.bits = rows[i].bits;
		o.raw = rows[i].raw;
		ms_buf_clear(&b);
		ms_occurrence_write(&b, &o);
		ok(b.n == rows[i].n && b.p[58] == rows[i].raw.kind &&
			b.p[59] == 0 &&
			ms_occurrence_parse(&got, ms_buf_slice(&b), NULL) ==
			    0 &&
			got.date == rows[i].date &&
			got.raw.date == rows[i].want.date &&
			got.raw.kind == rows[i].want.kind,
		    "raw date: %s", rows[i].rule);
	}
	b.p[58] = MS_RAW_MTIME;
	ms_buf_add(&b, "\4\0\7\0abcdefg", 11);
	ok(ms_occurrence_parse(&got, ms_buf_slice(&b), NULL) == 0 &&
		got.raw.date == 7 && got.raw.kind == MS_RAW_MTIME,
	    "a raw date of seven bytes is ignored");
	ms_buf_release(&b);
}

static void
long_fields(void)
{
	static char text[MS_FIELD_MAX + 2];
	struct ms_occurrence o = {0}, got;
	struct ms_buf b = {0};

	memset(text, 'x', MS_FIELD_MAX + 1);
	o.flags = (struct ms_slice){(unsigned char *)text, MS_FIELD_MAX};
	ms_occurrence_write(&b, &o);
	ok(ms_occurrence_parse(&got, ms_buf_slice(&b), NULL) == 0 &&
		ms_slice_eq(got.flags, o.flags),
	    "the longest field is read");
	ms_buf_clear(&b);
	o.email_id = o.flags;
	ms_occurrence_write(&b, &o);
	ok(ms_occurrence_parse(&got, ms_buf_slice(&b), NULL) == 0 &&
		ms_slice_eq(got.email_id, o.email_id),
	    "an EMAILID is read");
	o.email_id.n = 0;
	ms_buf_clear(&b);
	o.flags.n++;
	ms_occurrence_write(&b, &o);
	ok(b.n == 60, "a longer field is left out");
	ms_buf_release(&b);
}

/* The fields of an OCCURRENCE, complete or cut off at each place. */
static void
fields(void)
{
	static const struct {
		const char *bytes;
		size_t n;
		int rc;
		const char *place, *flags;
	} cases[] = {
	    {"", 0, 0, "", ""},
	    {"\1\0\0\0", 4, 0, "", ""}, /* an empty field */
	    {"\1\0\2\0ab", 6, 0, "ab", ""},
	    {"\2\0\1\0a\1\0\1\0b", 10, 0, "b", "a"},           /* any order */
	    {"\6\0\1\0a\377\0\1\0b\2\0\1\0c", 15, 0, "", "c"}, /* unknown */
	    {"\1", 1, -1, "", ""},
	    {"\1\0", 2, -1, "", ""},
	    {"\1\0\0", 3, -1, "", ""},
	    {"\1\0\2\0a", 5, -1, "", ""},
	    {"\1\0\0\1a", 5, -1, "", ""}, /* of 256 bytes */
	    {"\1\0\1\0a\2\0\0", 8, -1, "", ""},
	};
	struct ms_occurrence o = {.message = 1}, got;
	struct ms_place place = {.folder = 1}, got_place;
	struct ms_buf b = {0};
	struct ms_err err;
	size_t i;
	int rc;

	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		ms_buf_clear(&b);
		ms_occurrence_write(&b, &o);
		ms_buf_add(&b, cases[i].bytes, cases[i].n);
		err = (struct ms_err){0};
		rc = ms_occurrence_parse(&got, ms_buf_slice(&b), &err);
		ok(rc == cases[i].rc && (rc == 0 || err.code == MS_DATA) &&
			(rc < 0 ||
			    (ms_slice_eq(got.place, str(cases[i].place)) &&
				ms_slice_eq(got.flags, str(cases[i].flags)))),
		    "fields %zu: %s", i, rc == 0 ? "read" : "refused");
		ms_buf_clear(&b);
		ms_place_write(&b, &place);
		ms_buf_add(&b, cases[i].bytes, cases[i].n);
		err = (struct ms_err){0};
		rc = ms_place_parse(&got_place, ms_buf_slice(&b), &err);
		ok(rc == cases[i].rc && (rc == 0 || err.code == MS_DATA) &&
			(rc < 0 || (ms_slice_eq(
					got_place.place, str(cases[i].place)) &&
				       ms_slice_eq(got_place.flags,
					   str(cases[i].flags)))),
		    "  and of a PLACE");
	}
	ms_buf_release(&b);
}

/* Changes of a RECEIPT with three OCCURRENCEs, and whether readers accept it.
 */
static void
receipts(void)
{
	static const struct {
		size_t at, n; /* byte that is changed, and the new length */
		unsigned char to;
		bool accepted;
		const char *what;
	} rows[] = {
	    {116, 167, 3, true, "other bits"},
	    {112, 167, 0, false, "no OCCURRENCEs"},
	    {112, 167, 9, false, "more OCCURRENCEs than there are"},
	    {114, 167, 3, false, "more OCCURRENCEs than the limit"},
	    {128, 167, 5, false, "an OCCURRENCE twice"},
	    {128, 167, 4, false, "OCCURRENCEs in another order"},
	    {120, 167, 0, false, "an OCCURRENCE of number 0"},
	    {0, 119, 1, false, "a content that is too short"},
	    {0, 143, 1, false, "OCCURRENCEs that are cut off"},
	    {0, 144, 1, true, "no fields"},
	    {0, 162, 1, false, "a field that is cut off"},
	};
	static const unsigned char numbers[24] = {5, [8] = 6, [17] = 1};
	struct ms_receipt r = {.size = 70000,
			      .folder = 8,
			      .bits = MS_RECEIPT_IDENTIFIES,
			      .count = 3,
			      .occurrences = {numbers, sizeof(numbers)},
			      .place = str("7/20"),
			      .flags = str("\\Seen"),
			      .email_id = str("M1")},
			  back;
	struct ms_buf b = {0};
	size_t i;

	memset(r.id, 1, MS_SHA_LEN);
	memset(r.head, 2, MS_SHA_LEN);
	memset(r.top, 3, MS_SHA_LEN);
	ms_receipt_write(&b, &r);
	ok(b.n == 120 + 24 + 8 + 9 + 6 && b.p[31] == 1 && b.p[32] == 2 &&
		b.p[95] == 3 && ms_le64(b.p + 96) == 70000 &&
		ms_le64(b.p + 104) == 8 && ms_le32(b.p + 112) == 3 &&
		b.p[116] == 2 && ms_le64(b.p + 136) == 256,
	    "RECEIPT: the fields are right");
	ok(ms_receipt_parse(&back, ms_buf_slice(&b), NULL) == 0 &&
		memcmp(back.id, r.id, MS_SHA_LEN) == 0 &&
		memcmp(back.head, r.head, MS_SHA_LEN) == 0 &&
		memcmp(back.top, r.top, MS_SHA_LEN) == 0 &&
		back.size == 70000 && back.folder == 8 && back.bits == 2 &&
		back.count == 3 && ms_receipt_occurrence(&back, 2) == 256 &&
		ms_slice_eq(back.place, r.place) &&
		ms_slice_eq(back.flags, r.flags) &&
		ms_slice_eq(back.email_id, r.email_id),
	    "the fields are read back");
	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct ms_buf changed = {0};

		ms_buf_add(&changed, b.p, rows[i].n < b.n ? rows[i].n : b.n);
		changed.p[rows[i].at] = rows[i].to;
		ok((ms_receipt_parse(&back, ms_buf_slice(&changed), NULL) ==
		       0) == rows[i].accepted,
		    "RECEIPT with %s", rows[i].what);
		ms_buf_release(&changed);
	}
	ms_buf_release(&b);
}

static void
places_and_commits(void)
{
	struct ms_place pl = {7, 8, str("uidl"), str("\\Seen")}, pl2;
	struct ms_moved m = {9, 10, -11}, m2;
	struct ms_commit c = {.first = 5, .count = 6, .time = -7}, c2;
	struct ms_buf b = {0};
	struct ms_err err = {0};

	ms_place_write(&b, &pl);
	ok(b.n == 16 + 4 + 4 + 4 + 5 && ms_le64(b.p) == 7 &&
		ms_le64(b.p + 8) == 8,
	    "PLACE: the fields are right");
	ok(ms_place_parse(&pl2, ms_buf_slice(&b), NULL) == 0 &&
		pl2.occurrence == 7 && pl2.folder == 8 &&
		ms_slice_eq(pl2.place, pl.place) &&
		ms_slice_eq(pl2.flags, pl.flags),
	    "the fields are read back");
	b.n = 15;
	ok(ms_place_parse(&pl2, ms_buf_slice(&b), NULL) < 0,
	    "a record that is too short is refused");
	ms_buf_clear(&b);

	ms_moved_write(&b, &m);
	ok(b.n == 24 && ms_le64(b.p) == 9 && ms_le64(b.p + 8) == 10 &&
		ms_le64(b.p + 16) == UINT64_MAX - 10,
	    "MOVED: the fields are right");
	ok(ms_moved_parse(&m2, ms_buf_slice(&b), NULL) == 0 && m2.left == 9 &&
		m2.now == 10 && m2.time == -11,
	    "the fields are read back");
	b.n = 23;
	ok(ms_moved_parse(&m2, ms_buf_slice(&b), NULL) < 0,
	    "a record that is too short is refused");
	ms_buf_clear(&b);

	memset(c.root, 1, sizeof(c.root));
	memset(c.chain, 2, sizeof(c.chain));
	ms_commit_write(&b, &c);
	ok(b.n == MS_COMMIT_LEN && b.n == 88 && ms_le64(b.p) == 5 &&
		ms_le32(b.p + 8) == 6 && b.p[12] == 1 && b.p[16] == 1 &&
		b.p[48] == 2 && ms_le64(b.p + 80) == UINT64_MAX - 6,
	    "COMMIT: the fields are right");
	ok(ms_commit_parse(&c2, ms_buf_slice(&b), NULL) == 0 && c2.first == 5 &&
		c2.count == 6 && c2.time == -7 && c2.root[31] == 1 &&
		c2.chain[31] == 2,
	    "the fields are read back");
	b.p[12] = 2;
	ok(ms_commit_parse(&c2, ms_buf_slice(&b), &err) < 0 &&
		err.code == MS_DATA && strstr(err.msg, "algorithm 2") != NULL,
	    "another hash algorithm is refused: %s", err.msg);
	b.p[12] = 1;
	b.n--;
	ok(ms_commit_parse(&c2, ms_buf_slice(&b), NULL) < 0,
	    "a record that is too short is refused");
	ms_buf_release(&b);
}

/* The definition of RFC 6962, 2.1, which is recursive. */
static void
slow_root(const unsigned char *leaves, size_t n, unsigned char out[MS_SHA_LEN])
{
	unsigned char both[1 + 2 * MS_SHA_LEN] = {1};
	size_t k = 1;

	if (n == 1) {
		memcpy(out, leaves, MS_SHA_LEN);
		return;
	}
	while (k * 2 < n)
		k *= 2;
	slow_root(leaves, k, both + 1);
	slow_root(leaves + k * MS_SHA_LEN, n - k, both + 1 + MS_SHA_LEN);
	ms_sha256(both, sizeof(both), out);
}

static void
trees(void)
{
	static unsigned char leaves[300 * MS_SHA_LEN];
	unsigned char want[MS_SHA_LEN], got[MS_SHA_LEN];
	struct ms_tree t = {0};
	size_t n, bad = 0;

	ms_tree_root(&t, got);
	ms_sha256("", 0, want);
	ok(memcmp(got, want, sizeof(got)) == 0, "root of nothing: H(\"\")");
	for (n = 1; n <= 300; n++) {
		ms_sha256(&n, sizeof(n), leaves + (n - 1) * MS_SHA_LEN);
		ms_tree_add(&t, leaves + (n - 1) * MS_SHA_LEN);
		ms_tree_root(&t, got);
		slow_root(leaves, n, want);
		bad += memcmp(got, want, sizeof(got)) != 0;
	}
	ok(bad == 0, "the roots of 1 to 300 leaves are those of RFC 6962");
}

static void
leaves(void)
{
	unsigned char salt[MS_SALT_LEN], digest[MS_SHA_LEN];
	unsigned char bytes[2 + MS_SALT_LEN + MS_SHA_LEN] = {0, MS_EVENT};
	unsigned char pair[2 * MS_SHA_LEN];
	unsigned char want[MS_SHA_LEN], got[MS_SHA_LEN];

	memset(salt, 3, sizeof(salt));
	memset(digest, 4, sizeof(digest));
	memset(bytes + 2, 3, sizeof(salt));
	memset(bytes + 18, 4, sizeof(digest));
	ms_sha256(bytes, sizeof(bytes), want);
	ms_record_leaf(MS_EVENT, salt, digest, got);
	ok(memcmp(got, want, sizeof(got)) == 0,
	    "leaf: H(0 || type || salt || digest)");
	memset(pair, 5, MS_SHA_LEN);
	memset(pair + MS_SHA_LEN, 6, MS_SHA_LEN);
	ms_sha256(pair, sizeof(pair), want);
	ms_chain(pair, pair + MS_SHA_LEN, got);
	ok(memcmp(got, want, sizeof(got)) == 0, "chain: H(previous || root)");
}

/* Which places are "UIDVALIDITY/UID"? */
static void
test_uids(void)
{
	static const struct {
		const char *place;
		bool is;
	} rows[] = {{"7/1", true}, {"10/20", true}, {"0/9", true},
	    {"9/0", true}, {"4294967295/4294967295", true}, {"", false},
	    {"7", false}, {"7/", false}, {"/7", false}, {"/", false},
	    {"7/1/2", false}, {"7//1", false}, {"7/1 ", false}, {"7/:", false},
	    {":/7", false}, {"7/a", false}, {"a/7", false}, {"7.1", false},
	    {"uidl", false}};
	size_t i;

	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		ok(ms_place_is_uid(ms_slice_str(rows[i].place)) == rows[i].is,
		    "'%s' is a UID: %d", rows[i].place, rows[i].is);
}

int
main(void)
{
	test_uids();
	occurrences();
	raw_dates();
	long_fields();
	fields();
	places_and_commits();
	receipts();
	trees();
	leaves();
	return done();
}
