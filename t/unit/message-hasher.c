/*
 * message-hasher.c - ids, heads, sizes and forms, for pieces of any size.
 */
#include "message-hasher.h"

#include <stdlib.h>
#include <string.h>
#include "tap.h"

/* head: length of the header in wire form. form: f LF, c CRLF, s stored. */
static const struct {
	const char *came, *wire;
	size_t head;
	enum ms_form form;
} rules[] = {
    {"", "", 0, MS_FORM_LF},
    {"a", "a", 1, MS_FORM_LF},
    {"\n", "\r\n", 2, MS_FORM_LF},
    {"\r\n", "\r\n", 2, MS_FORM_CRLF},
    {"\r", "\r", 1, MS_FORM_LF},
    {"\n\r", "\r\n\r", 2, MS_FORM_LF},
    {"\r\r\n", "\r\r\n", 3, MS_FORM_CRLF},
    {"\n\n", "\r\n\r\n", 2, MS_FORM_LF},
    {"a\n\nb", "a\r\n\r\nb", 5, MS_FORM_LF},
    {"a\r\n\r\nb", "a\r\n\r\nb", 5, MS_FORM_CRLF},
    {"a\n\r\nb", "a\r\n\r\nb", 5, MS_FORM_STORED},
    {"a\r\n\nb", "a\r\n\r\nb", 5, MS_FORM_STORED},
    {"a\n\r\r\n\nb", "a\r\n\r\r\n\r\nb", 8, MS_FORM_STORED},
    {"a\n \n\nb", "a\r\n \r\n\r\nb", 8, MS_FORM_LF},
    {"a\n\r\r\nb", "a\r\n\r\r\nb", 7, MS_FORM_STORED},
    {"a\rb\n\rc\n", "a\rb\r\n\rc\r\n", 9, MS_FORM_LF},
    {"a\n\nb\n\nc", "a\r\n\r\nb\r\n\r\nc", 5, MS_FORM_LF},
    {"a\r\n\r\nb\n", "a\r\n\r\nb\r\n", 5, MS_FORM_STORED},
};

static bool
hash_is(const unsigned char *digest, const void *p, size_t n)
{
	unsigned char want[MS_SHA_LEN];

	ms_sha256(p, n, want);
	return memcmp(digest, want, MS_SHA_LEN) == 0;
}

static void
test_rules(void)
{
	struct ms_message_hasher *w = ms_message_hasher_new();
	struct ms_identity id;
	size_t i, cut, n;
	unsigned wrong;

	for (i = 0; i < sizeof(rules) / sizeof(rules[0]); i++) {
		wrong = 0;
		n = strlen(rules[i].came);
		for (cut = 0; cut <= n; cut++) {
			ms_message_hasher_add(
			    w, (const unsigned char *)rules[i].came, cut);
			ms_message_hasher_add(w,
			    (const unsigned char *)rules[i].came + cut,
			    n - cut);
			ms_message_hasher_end(w, &id);
			wrong += !hash_is(
			    id.id, rules[i].wire, strlen(rules[i].wire));
			wrong +=
			    !hash_is(id.head, rules[i].wire, rules[i].head);
			wrong += id.size != strlen(rules[i].wire);
			wrong += id.form != rules[i].form;
		}
		ok(wrong == 0, "rule %zu, in pieces of any size", i);
	}
	ms_message_hasher_free(w);
	ms_message_hasher_free(NULL);
}

/* A NUL is an ordinary byte. */
static void
test_nul(void)
{
	static const unsigned char came[] = "a\0\n\0\r\n\n";
	static const unsigned char wire[] = "a\0\r\n\0\r\n\r\n";
	struct ms_message_hasher *w = ms_message_hasher_new();
	struct ms_identity id;

	ms_message_hasher_add(w, came, sizeof(came) - 1);
	ms_message_hasher_end(w, &id);
	ok(hash_is(id.id, wire, sizeof(wire) - 1) && id.size == 9,
	    "NULs are hashed");
	ms_message_hasher_free(w);
}

static uint64_t state = 20261121;

static unsigned
rnd(unsigned n)
{
	state = state * 6364136223846793005u + 1442695040888963407u;
	return (unsigned)(state >> 33) % n;
}

/*
 * Makes lines of any length with any line ends, the line `empty` being empty,
 * and their wire form.
 */
static void
make(struct ms_buf *came, struct ms_buf *wire, size_t n, size_t empty,
    unsigned often)
{
	size_t line;
	bool crlf;

	ms_buf_clear(came);
	ms_buf_clear(wire);
	while (came->n < n) {
		line = 1 + rnd(rnd(50) == 0 ? 40000 : 90);
		if (came->n < empty && came->n + line >= empty)
			line = 0;
		memset(ms_buf_room(came, line), 'x', line);
		memset(ms_buf_room(wire, line), 'x', line);
		came->n += line;
		wire->n += line;
		crlf = rnd(often) == 0;
		ms_buf_add_str(came, crlf ? "\r\n" : "\n");
		ms_buf_add_str(wire, "\r\n");
		if (line == 0)
			empty = 0;
	}
}

/* Finds the end of the header in the simplest way. */
static size_t
head_length(const struct ms_buf *wire)
{
	size_t i;

	for (i = 1; i < wire->n && i < MS_HEAD_MAX; i++)
		if (wire->p[i] == '\n' && (i == 1 || wire->p[i - 2] == '\n'))
			return i + 1;
	return wire->n < MS_HEAD_MAX ? wire->n : MS_HEAD_MAX;
}

/* Long headers: around MS_HEAD_MAX, and without any empty line. */
static void
test_long(void)
{
	struct ms_message_hasher *w = ms_message_hasher_new();
	struct ms_buf came = {0}, wire = {0};
	struct ms_identity id;
	unsigned i, max, wrong = 0;
	size_t at, k;

	for (i = 0; i < 60; i++) {
		make(&came, &wire, 400000, i % 3 == 0 ? 0 : rnd(300000),
		    1 + rnd(3) * 20);
		max = i % 2 == 0 ? 100 : 50000;
		for (at = 0; at < came.n; at += k) {
			k = 1 + rnd(max);
			if (k > came.n - at)
				k = came.n - at;
			ms_message_hasher_add(w, came.p + at, k);
		}
		ms_message_hasher_end(w, &id);
		wrong += !hash_is(id.id, wire.p, wire.n);
		wrong += !hash_is(id.head, wire.p, head_length(&wire));
		wrong += id.size != wire.n;
	}
	ok(wrong == 0, "60 long messages with long headers have the right ids");
	ms_buf_release(&came);
	ms_buf_release(&wire);
	ms_message_hasher_free(w);
}

/*
 * n bytes and an empty line that ends with `end`: the header is cut at
 * MS_HEAD_MAX bytes of its wire form, also between CR and LF.
 */
static void
test_edge(size_t n, const char *end)
{
	struct ms_message_hasher *w = ms_message_hasher_new();
	struct ms_buf b = {0};
	struct ms_identity id;
	size_t head = n + 4 < MS_HEAD_MAX ? n + 4 : MS_HEAD_MAX;

	memset(ms_buf_room(&b, n), 'x', n);
	b.n = n;
	ms_message_hasher_add(w, b.p, n);
	ms_message_hasher_add(w, (const unsigned char *)end, strlen(end));
	ms_message_hasher_end(w, &id);
	ms_buf_add_str(&b, "\r\n\r\nbody");
	ok(hash_is(id.id, b.p, b.n) && hash_is(id.head, b.p, head),
	    "a header of %zu bytes is hashed up to its limit", n + 4);
	ms_buf_release(&b);
	ms_message_hasher_free(w);
}

/* A header of short lines, of which one ends after `end` bytes of wire form,
 * near MS_HEAD_MAX. */
static void
test_lines(size_t end)
{
	struct ms_message_hasher *w = ms_message_hasher_new();
	struct ms_buf came = {0}, wire = {0};
	struct ms_identity id;
	size_t i;

	/* The first line has 98 to 197 bytes, the others have 98. */
	for (i = end % 100 + 98; wire.n < MS_HEAD_MAX + 1000; i = 98) {
		memset(ms_buf_room(&came, i), 'x', i);
		memset(ms_buf_room(&wire, i), 'x', i);
		came.n += i;
		wire.n += i;
		ms_buf_add_byte(&came, '\n');
		ms_buf_add_str(&wire, "\r\n");
	}
	ms_message_hasher_add(w, came.p, came.n);
	ms_message_hasher_end(w, &id);
	ok(id.size == wire.n && hash_is(id.id, wire.p, wire.n) &&
		hash_is(id.head, wire.p, MS_HEAD_MAX),
	    "a line ends after %zu bytes", end);
	ms_buf_release(&came);
	ms_buf_release(&wire);
	ms_message_hasher_free(w);
}

/* The beginning of a header is the same with LF and CRLF, and ends with the
 * header or after MS_TOP_MAX bytes of its wire form. */
static void
check_top(void)
{
	static char longer[2][3 * MS_TOP_MAX];
	static const char *const pairs[][2] = {{"A: b\n\nbody", "A: b\r\n\r\n"},
	    {"A: b\n c\n\n\n", "A: b\r\n c\r\n\r\nx\r\n"}, {"\nA: b", "\r\n"},
	    {"A: b", "A: b"}, {"", ""}};
	unsigned char got[2][MS_SHA_LEN], sha[MS_SHA_LEN];
	size_t i, n[2] = {0};

	for (i = 0; i < sizeof(pairs) / sizeof(*pairs); i++) {
		ms_header_top(ms_slice_str(pairs[i][0]), got[0]);
		ms_header_top(ms_slice_str(pairs[i][1]), got[1]);
		ok(memcmp(got[0], got[1], MS_SHA_LEN) == 0, "top %zu", i);
	}
	ms_header_top(
	    (struct ms_slice){(const unsigned char *)"A: b\r\nC", 6}, got[0]);
	ms_sha256("A: b\r\n", 6, sha);
	ok(memcmp(got[0], sha, MS_SHA_LEN) == 0, "a top ends with the header");
	while (n[1] < MS_TOP_MAX + 100) {
		n[0] += (size_t)sprintf(longer[0] + n[0], "X: %zu\n", n[1]);
		n[1] += (size_t)sprintf(longer[1] + n[1], "X: %zu\r\n", n[1]);
	}
	ms_header_top(ms_slice_str(longer[0]), got[0]);
	ms_sha256(longer[1], MS_TOP_MAX, sha);
	ok(memcmp(got[0], sha, MS_SHA_LEN) == 0, "a top is cut");
}

int
main(void)
{
	size_t i;

	test_rules();
	test_nul();
	test_long();
	for (i = 0; i < 7; i++) {
		test_edge(MS_HEAD_MAX - 6 + i, "\n\nbody");
		test_edge(MS_HEAD_MAX - 6 + i, "\r\n\r\nbody");
	}
	for (i = 0; i < 12; i++)
		test_lines(MS_HEAD_MAX - 6 + i);
	check_top();
	return done();
}
