/* segment.c - a row for each rule of ms-archive(5), Segments; random messages;
 * long messages. */
#include "segment.h"

#include <stdlib.h>
#include <string.h>
#include "segmented.h"
#include "slowseg.h"
#include "tap.h"

/* ---- rules ---- */

/*
 * In a message, [L] stands for L base64 characters, and [NxL] for N lines of
 * them with LF. An item is its kind (t, b), stored bytes, line end (f, l, c,
 * v), for base64 /L and + if the last line ends, and @ if it is in a BLOB.
 */
static const struct {
	const char *message, *items;
} rules[] = {
    /* headers */
    {"", ""},
    {"a", "t1f"},
    {"\n", "t1f"},
    {"\na", "t1f t1f"},
    {"a: b\n", "t5f"},
    {"a: b\n\n", "t6f"},
    {"a: b\n\nc", "t6f t1f"},
    {"a\n \nb\n\nc", "t7f t1f"},
    {"a\n\r\nb", "t4v t1l"},
    {"a\n\r\r\nb", "t6v"},
    {"\r\n\r\n", "t1f t1f"},
    {"\r\r\n\r\nx", "t3f t1f"},
    {"\r", "t1f"},
    {"a\r", "t2f"},
    {"\n\r", "t1f t1f"},
    /* line ends */
    {"a\r\n\r\nb\r\n", "t3f t2f"},
    {"a\n\nb\r\n", "t3l t2c"},
    {"a\n\nb", "t3f t1f"},
    {"a\r\n\r\nb\n", "t3c t2l"},
    {"a\r\n\r\nb", "t3f t1f"},
    {"a\n\nb\nc\r\n", "t3l t5v"},
    {"a\n\nb\r\nc\r\nd\n", "t3l t8v"},
    {"a\n\nb\r\nc\r\n[4x76]", "t3l t4c b228/76l+"},
    {"a\r\n\r\n[4x76]b", "t3c b228/76l+ t1l"},
    {"a\n\nb\rc\n", "t3f t4f"},
    {"a\n\nb\r\r\n", "t3l t3c"},
    /* how many lines, and how long */
    {"\n[3x76]", "t1f t231f"},
    {"\n[4x76]", "t1f b228/76f+"},
    {"\n[5x76]", "t1f b285/76f+"},
    {"\n[4x60]", "t1f b180/60f+"},
    {"\n[4x59]", "t1f t240f"},
    {"\n[4x77]", "t1f t312f"},
    {"\n[4x64]", "t1f b192/64f+"},
    {"\n[4x72]", "t1f b216/72f+"},
    {"\n[2x76][2x72]", "t1f t300f"},
    {"\n[3x76][4x72]", "t1f t231f b216/72f+"},
    {"\n[3x76][76]", "t1f t307f"},
    {"\n[3x76][75]\n", "t1f t307f"},
    {"\na[4x76]", "t1f t309f"},
    {"\na[5x76]", "t1f t78f b228/76f+"},
    {"\na\n[4x76]b\n", "t1f t2f b228/76f+ t2f"},
    {"\n [4x76]", "t1f t309f"},
    {"\n[154]\n[3x76]a", "t1f t387f"},
    {"\n[154]\n[4x76]a", "t1f t155f b228/76f+ t1f"},
    {"[77]\n\n[4x76]", "t79f b228/76f+"},
    {"a[77]\n[4x76]\n[4x76]", "t388f b228/76f+"},
    /* the last line */
    {"\n[4x76][4]\n", "t1f b231/76f+"},
    {"\n[4x76][4]", "t1f b231/76f"},
    {"\n[4x76][76]", "t1f b285/76f"},
    {"\n[4x76][72]\n", "t1f b282/76f+"},
    {"\n[4x76]\n[4]", "t1f b228/76f+ t5f"},
    {"\n[4x76]AA==\n", "t1f b229/76f+"},
    {"\n[4x76]AAA=\n", "t1f b230/76f+"},
    {"\n[4x76]AAA=", "t1f b230/76f"},
    {"\n[4x76][74]==\n", "t1f b283/76f+"},
    {"\n[4x76][75]=", "t1f b284/76f"},
    {"\n[5x76][75]=\nx", "t1f b341/76f+ t1f"},
    {"\n[4x76][76]=\n", "t1f b228/76f+ t78f"},
    {"\n[4x76][3]\n", "t1f b228/76f+ t4f"},
    {"\n[4x76]AB==\n", "t1f b228/76f+ t5f"},
    {"\n[4x76]A=A=\n", "t1f b228/76f+ t5f"},
    {"\n[4x76]====\n", "t1f b228/76f+ t5f"},
    {"\n[4x76]AAAA-\n", "t1f b228/76f+ t6f"},
    {"\n[4x76]AAAA \n", "t1f b228/76f+ t6f"},
    {"\n[4x76][4]\n[4]\n", "t1f b231/76f+ t5f"},
    {"\n[4x76]AA==\n[4x76]", "t1f b229/76f+ b228/76f+"},
    {"\n[4x76][72]\n[4x72]", "t1f b282/76f+ b216/72f+"},
    {"\n[4x76][4x72]", "t1f b282/76f+ t219f"},
    {"\n[4x76][4x70]", "t1f b228/76f+ b210/70f+"},
    {"\n[4x60][4x76]", "t1f b180/60f+ b228/76f+"},
    {"\n[4x76][4]\r\n", "t1l b228/76l+ t5c"},
    {"\n[4x76][76]\r\n", "t1l b228/76l+ t77c"},
    {"\n[4x76][4]\r", "t1f b228/76f+ t5f"},
    /* lines that are no whole groups */
    {"\n[4x70]", "t1f b210/70f+"},
    {"\n[5x70]", "t1f b210/70f+ t71f"},
    {"\n[6x70]", "t1f b315/70f+"},
    {"\n[7x61]", "t1f b183/61f+ t186f"},
    {"\n[8x61]", "t1f b366/61f+"},
    {"\n[5x70][2]\n", "t1f b264/70f+"},
    {"\n[5x70][2]", "t1f b264/70f"},
    {"\n[5x70][4]\n", "t1f b210/70f+ t76f"},
    {"\n[5x61]A==\n", "t1f b229/61f+"},
    {"\n[7x61]A\n", "t1f b321/61f+"},
    {"\n[7x61]==\n", "t1f b183/61f+ t189f"},
    {"\n[6x61]==\n", "t1f b274/61f+"},
    /* inline and BLOB */
    {"\n[35x76]", "t1f b1995/76f+"},
    {"\n[35x76][68]\n", "t1f b2046/76f+"},
    {"\n[35x76][70]==\n", "t1f b2047/76f+"},
    {"\n[35x76][72]\n", "t1f b2049/76f+@"},
    {"\n[2047]", "t1f t2047f"},
    {"\n[2048]", "t1f t2048f@"},
    {"\n[2047]\n", "t1f t2048f@"},
    {"\n[2047]\r\n\n", "t1l t2050v@"},
    {"[3000]\n\n", "t3002f"},
};

/* The message of a row, with eol for each single LF of the row. */
static void
expand(const char *s, const char *eol, struct ms_buf *out)
{
	unsigned long lines, chars;
	char *end;

	for (; *s != '\0'; s++) {
		if (*s == '\n' && (out->n == 0 || out->p[out->n - 1] != '\r')) {
			ms_buf_add_str(out, eol);
			continue;
		}
		if (*s != '[') {
			ms_buf_add_byte(out, (unsigned char)*s);
			continue;
		}
		lines = 0;
		chars = strtoul(s + 1, &end, 10);
		if (*end == 'x') {
			lines = chars;
			chars = strtoul(end + 1, &end, 10);
		}
		s = end;
		do {
			memset(ms_buf_room(out, chars), 'A', chars);
			out->n += chars;
			if (lines > 0)
				ms_buf_add_str(out, eol);
		} while (lines > 0 && --lines > 0);
	}
}

static void
describe(const struct segmented *s, struct ms_buf *out)
{
	struct ms_recipe_walk walk = {0};
	struct ms_recipe r;
	struct ms_item item;

	if (ms_recipe_parse(&r, ms_buf_slice(&s->content), NULL) < 0) {
		ms_buf_add_str(out, "not a recipe");
		return;
	}
	while (ms_recipe_next(&r, &walk, &item) == 1) {
		ms_buf_printf(out, "%s%c%u", walk.i > 1 ? " " : "",
		    "tb"[item.kind], item.n);
		if (item.kind == MS_ITEM_BASE64)
			ms_buf_printf(out, "/%u", item.line);
		ms_buf_printf(out, "%c%s%s", "flcv"[item.eol],
		    item.ends ? "+" : "", item.blob ? "@" : "");
	}
}

static size_t
one_byte(void *ctx, size_t n)
{
	(void)ctx;
	(void)n;
	return 1;
}

/* Is the result that of the slow segmenter, does it pass segmented_check(), and
 * is it the same if the message arrives in pieces? */
static const char *
check(const struct segmented *s, const struct ms_buf *b, segmented_cut *cut,
    void *ctx)
{
	struct segmented pieces = {0};
	struct ms_buf content = {0}, blobs = {0};
	const char *bad = segmented_check(s, b->p, b->n);

	slow_segment(b->p, b->n, &content, &blobs);
	if (bad == NULL &&
	    (!ms_slice_eq(ms_buf_slice(&content), ms_buf_slice(&s->content)) ||
		!ms_slice_eq(ms_buf_slice(&blobs), ms_buf_slice(&s->blobs))))
		bad = "not according to the manual";
	ms_buf_release(&content);
	ms_buf_release(&blobs);
	segmented_make(&pieces, b->p, b->n, cut, ctx);
	if (bad == NULL && !segmented_eq(s, &pieces))
		bad = "different in pieces";
	segmented_release(&pieces);
	return bad;
}

static size_t
at_once(void *ctx, size_t n)
{
	size_t *first = ctx, k = *first;

	*first = n;
	return k > 0 && k < n ? k : n;
}

/* Is the result the same in two pieces, for any cut? */
static bool
same_cut_once(const struct segmented *s, const struct ms_buf *b)
{
	struct segmented two = {0};
	size_t i, first;
	bool same = true;

	for (i = 1; i < b->n && same; i++) {
		first = i;
		segmented_make(&two, b->p, b->n, at_once, &first);
		same = segmented_eq(s, &two);
		segmented_release(&two);
	}
	return same;
}

static void
test_rule(size_t i)
{
	struct segmented s = {0}, crlf = {0};
	struct ms_buf b = {0}, text = {0};
	const char *bad;

	expand(rules[i].message, "\n", &b);
	segmented_make(&s, b.p, b.n, NULL, NULL);
	describe(&s, &text);
	bad = check(&s, &b, one_byte, NULL);
	if (bad == NULL && !same_cut_once(&s, &b))
		bad = "different in two pieces";
	ok(bad == NULL && strcmp(ms_buf_str(&text), rules[i].items) == 0,
	    "rule %zu: %s", i, rules[i].items);
	if (bad != NULL || strcmp(ms_buf_str(&text), rules[i].items) != 0)
		printf("# got %s; %s\n", ms_buf_str(&text), bad ? bad : "");
	if (s.identity.form == MS_FORM_LF &&
	    strchr((char *)ms_buf_str(&b), '\r') == NULL) {
		ms_buf_clear(&b);
		expand(rules[i].message, "\r\n", &b);
		segmented_make(&crlf, b.p, b.n, NULL, NULL);
		ok(check(&crlf, &b, one_byte, NULL) == NULL &&
			ms_slice_eq(ms_buf_slice(&s.content),
			    ms_buf_slice(&crlf.content)) &&
			ms_slice_eq(
			    ms_buf_slice(&s.blobs), ms_buf_slice(&crlf.blobs)),
		    "rule %zu: the same with CRLF", i);
	}
	segmented_release(&s);
	segmented_release(&crlf);
	ms_buf_release(&b);
	ms_buf_release(&text);
}

/* ---- random messages ---- */

static uint64_t state;

static unsigned
rnd(unsigned n)
{
	state = state * 6364136223846793005u + 1442695040888963407u;
	return (unsigned)(state >> 33) % n;
}

/* Pieces of at most *ctx bytes, and sometimes of more. */
static size_t
rnd_cut(void *ctx, size_t n)
{
	unsigned max = *(unsigned *)ctx;
	size_t k = 1 + rnd(rnd(8) == 0 ? max * 40 : max);

	return k < n ? k : n;
}

static const char base64[] =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
static const char *const ends[] = {"\n", "\r\n", "\r\r\n", "\r", ""};

/* n characters, any of the m at alphabet. */
static void
add_chars(struct ms_buf *b, size_t n, const char *alphabet, size_t m)
{
	unsigned char *to = ms_buf_room(b, n);

	for (b->n += n; n > 0; n--)
		*to++ = (unsigned char)alphabet[rnd((unsigned)m)];
}

static void
add_line(struct ms_buf *b, size_t n, const char *end)
{
	add_chars(b, n, base64, 64);
	ms_buf_add_str(b, end);
}

/* Lines that are base64, almost, or not at all; line ends that are all the
 * same, or almost. */
static void
make_message(struct ms_buf *b)
{
	unsigned parts = rnd(12), lines, mixed = rnd(4), width, i;
	const char *end = ends[rnd(2)];

	for (i = rnd(4); i > 0; i--) {
		add_chars(b, 1 + rnd(70), "ab: =", 5);
		ms_buf_add_str(b, end);
	}
	ms_buf_add_str(b, rnd(8) == 0 ? "" : end);
	while (parts-- > 0) {
		lines = rnd(3) == 0 ? rnd(60) : rnd(7);
		width = rnd(2) == 0 ? 76 : 58 + rnd(20);
		while (lines-- > 0) {
			if (mixed == 0 && rnd(20) == 0)
				end = ends[rnd(5)];
			add_line(b, rnd(30) == 0 ? 58 + rnd(20) : width, end);
			if (mixed == 1)
				end = ends[rnd(2)];
		}
		if (rnd(2) == 0)
			add_chars(b, rnd(78), base64, 64);
		if (rnd(2) == 0)
			add_chars(b, 1, "AQgw", 4);
		ms_buf_add(b, "===", rnd(4));
		if (rnd(6) != 0)
			ms_buf_add_str(b, end);
		if (rnd(2) == 0)
			add_chars(
			    b, rnd(rnd(9) == 0 ? 5000 : 90), "a\0\r\n=", 5);
	}
}

static void
test_random(unsigned count)
{
	struct segmented s = {0};
	struct ms_buf b = {0};
	const char *bad = NULL;
	unsigned i, max;

	for (i = 0; i < count && bad == NULL; i++) {
		ms_buf_clear(&b);
		make_message(&b);
		segmented_make(&s, b.p, b.n, NULL, NULL);
		max = 1 + rnd(i % 2 == 0 ? 3 : 200);
		bad = check(&s, &b, rnd_cut, &max);
		if (bad != NULL)
			printf("# message %u: %s\n", i, bad);
		segmented_release(&s);
	}
	ms_buf_release(&b);
	ok(bad == NULL, "%u random messages", count);
}

/* ---- long messages: cuts and full recipes ---- */

#define MIB (1024 * 1024)

static void
long_line(struct ms_buf *b)
{
	ms_buf_add_str(b, "a: b\n\n");
	memset(ms_buf_room(b, 9 * MIB), 'x', 9 * MIB);
	b->n += 9 * MIB;
}

static void
long_header(struct ms_buf *b)
{
	while (b->n < 262144 - 50)
		add_line(b, 1 + rnd(76), rnd(2000) == 0 ? "\n" : "\r\n");
	while (b->n < 300000)
		add_line(b, 76, "\r\n");
	ms_buf_add_str(b, "\r\n\r\n");
}

static void
header_of(struct ms_buf *b, size_t n, const char *end)
{
	memset(ms_buf_room(b, n), 'h', n);
	b->n += n;
	ms_buf_add_str(b, end);
	ms_buf_add_str(b, "b\n");
}

/* 262,144 stored bytes with the empty line, one less, one more. */
static void
full_header(struct ms_buf *b)
{
	header_of(b, 262142, "\r\n\r\n");
}

static void
over_full_header(struct ms_buf *b)
{
	header_of(b, 262143, "\r\n\r\n");
}

static void
full_verbatim_header(struct ms_buf *b)
{
	header_of(b, 262141, "\r\n\n");
}

static void
over_full_verbatim_header(struct ms_buf *b)
{
	header_of(b, 262142, "\r\n\n");
}

static void
long_text(struct ms_buf *b, const char *one, const char *other, unsigned often)
{
	ms_buf_add_str(b, "a: b");
	ms_buf_add_str(b, one);
	ms_buf_add_str(b, one);
	while (b->n < 9 * MIB)
		add_line(b, 1 + rnd(40), rnd(often) == 0 ? other : one);
}

static void
long_lf(struct ms_buf *b)
{
	long_text(b, "\n", "\n", 1);
}

static void
long_crlf(struct ms_buf *b)
{
	long_text(b, "\r\n", "\r\r\n", 9);
}

/* Sometimes the other line end: a piece becomes verbatim late, or is cut
 * because the bytes do not fit then. */
static void
long_mixed_lf(struct ms_buf *b)
{
	long_text(b, "\n", "\r\n", 100000);
}

static void
long_mixed_crlf(struct ms_buf *b)
{
	long_text(b, "\r\n", "\n", 100000);
}

/* Line ends only: the bytes double when a piece becomes verbatim. */
static void
long_ends(struct ms_buf *b)
{
	size_t i;

	for (i = 0; i < 5 * MIB; i++)
		ms_buf_add_str(b, i == 3 * MIB ? "\n" : "\r\n");
	for (i = 0; i < 5 * MIB; i++)
		ms_buf_add_str(b, i == 4 * MIB - 1 ? "\r\n" : "\n");
}

static void
long_base64(struct ms_buf *b, size_t line, size_t n, const char *end)
{
	ms_buf_add_str(b, end);
	while (n > line) {
		add_line(b, line, end);
		n -= line;
	}
	add_line(b, n, end);
}

/* Characters of two whole pieces and a rest. */
static void
base64_exact(struct ms_buf *b)
{
	long_base64(b, 76, 2 * 4104000 / 3 * 4, "\r\n");
}

static void
base64_over(struct ms_buf *b)
{
	long_base64(b, 72, 2 * 4104000 / 3 * 4 + 4, "\n");
}

static void
base64_odd(struct ms_buf *b)
{
	long_base64(b, 61, 9000000, "\n");
}

/* Short runs: more items than allowed. */
static void
many_runs(struct ms_buf *b)
{
	unsigned i;

	ms_buf_add_str(b, "\n");
	for (i = 0; i < 4000; i++) {
		long_base64(b, i % 2 == 0 ? 60 : 62, 248, "\n");
		if (i % 100 == 0)
			ms_buf_add_str(b, "-");
	}
}

/* A line of 61 or 63 characters cannot be the last line of the other runs. */
static void
many_joined_runs(struct ms_buf *b)
{
	unsigned i, k;

	ms_buf_add_str(b, "\n");
	for (i = 0; i < 4000; i++)
		for (k = 0; k < 4; k++)
			add_line(b, i % 2 == 0 ? 61 : 63, "\n");
}

/* Exactly as many items as allowed, then a short run, which is in a BLOB
 * anyway. */
static void
short_rest(struct ms_buf *b)
{
	unsigned i, k;

	ms_buf_add_str(b, "\n");
	for (i = 0; i < MS_SEGMENT_ITEMS - 1; i++)
		for (k = 0; k < 4; k++)
			add_line(b, i % 2 == 0 ? 61 : 63, "\n");
	ms_buf_add_str(b, "end\n");
}

/* Short runs after long ones are inline again. */
static void
long_and_short(struct ms_buf *b)
{
	unsigned i;

	ms_buf_add_str(b, "\n");
	for (i = 0; i < 2; i++) {
		memset(ms_buf_room(b, 5 * MIB), '-', 5 * MIB);
		b->n += 5 * MIB;
		long_base64(b, 76, i == 0 ? 400 : 6000000, "\n");
		ms_buf_add_str(b, "short\n");
	}
}

/* A verbatim piece is full between CR and LF. */
static void
straddling(struct ms_buf *b)
{
	size_t i;

	ms_buf_add_str(b, "\nab\n");
	for (i = 0; i < 3 * MIB; i++)
		ms_buf_add_str(b, "\r\n");
}

/* Inline runs of the greatest length: more bytes than allowed. */
static void
wide_runs(struct ms_buf *b)
{
	unsigned i;

	ms_buf_add_str(b, "\r\n");
	for (i = 0; i < 2000; i++) {
		long_base64(b, 76, 2046 / 3 * 4, "\r\n");
		add_chars(b, 2040, "ab", 2);
		ms_buf_add_str(b, "\r\n");
	}
}

static const struct {
	const char *name;
	void (*make)(struct ms_buf *b);
} longs[] = {
    {"a line of 9 MiB", long_line},
    {"a header that is cut", long_header},
    {"a header that just fits", full_header},
    {"a header that is one byte too long", over_full_header},
    {"a verbatim header that just fits", full_verbatim_header},
    {"a verbatim header, one byte too long", over_full_verbatim_header},
    {"text with LF", long_lf},
    {"text with CRLF", long_crlf},
    {"text with LF and a few CRLF", long_mixed_lf},
    {"text with CRLF and a few LF", long_mixed_crlf},
    {"line ends only", long_ends},
    {"base64 of whole pieces", base64_exact},
    {"base64 with a group more", base64_over},
    {"base64 in lines of 61", base64_odd},
    {"more runs than items", many_runs},
    {"more runs than items, none of text", many_joined_runs},
    {"a short run where the recipe is full", short_rest},
    {"short runs behind long ones", long_and_short},
    {"a CRLF on the edge of a verbatim piece", straddling},
    {"more inline bytes than a record has", wide_runs},
};

static void
test_long(size_t i)
{
	struct segmented s = {0};
	struct ms_buf b = {0};
	unsigned max = 3000;
	const char *bad;

	longs[i].make(&b);
	segmented_make(&s, b.p, b.n, NULL, NULL);
	bad = check(&s, &b, rnd_cut, &max);
	ok(bad == NULL, "%s%s%s", longs[i].name, bad ? ": " : "",
	    bad ? bad : "");
	segmented_release(&s);
	ms_buf_release(&b);
}

/* An attachment has the same BLOBs with any line length and line end. */
static void
test_found_again(void)
{
	static const size_t lines[] = {60, 64, 72, 76};
	struct segmented s[8] = {0};
	unsigned char digest[8][MS_SHA_LEN];
	struct ms_buf b = {0};
	uint64_t seed = state;
	unsigned i, same = 0;

	for (i = 0; i < 8; i++) {
		ms_buf_clear(&b);
		state = seed;
		long_base64(&b, lines[i % 4], 12000000, i < 4 ? "\n" : "\r\n");
		segmented_make(&s[i], b.p, b.n, NULL, NULL);
		ms_sha256(s[i].blobs.p, s[i].blobs.n, digest[i]);
		same += s[i].count == 3 &&
			memcmp(digest[0], digest[i], MS_SHA_LEN) == 0;
		segmented_release(&s[i]);
	}
	ms_buf_release(&b);
	ok(same == 8, "9 MB in lines of 60 to 76: the same three BLOBs");
}

/* One segmenter for several messages, one of which is aborted. */
static void
test_again(void)
{
	struct segmented s = {0}, blobs = {0};
	struct ms_segmenter *sg = ms_segmenter_new(segmented_blob, &blobs);
	struct ms_buf b = {0}, half = {0};
	struct ms_slice content;
	bool good = true;
	int i;

	expand("a: b\r\n\r\n[90x76]AA==\r\nend\n", "\n", &b);
	expand("a: b\n\n[5000][4x76][20]", "\n", &half);
	segmented_make(&s, b.p, b.n, NULL, NULL);
	for (i = 0; i < 3; i++) {
		ms_segment_add(sg, half.p, half.n - (size_t)i * 100);
		ms_segment_abort(sg);
		ms_buf_clear(&blobs.blobs);
		ms_segment_add(sg, b.p, b.n);
		ms_segment_end(sg, &s.identity, &content);
		good = good && ms_slice_eq(content, ms_buf_slice(&s.content)) &&
		       ms_slice_eq(
			   ms_buf_slice(&blobs.blobs), ms_buf_slice(&s.blobs));
	}
	ok(good, "a segmenter can be used again, also after an abort");
	ms_segmenter_free(sg);
	ms_segmenter_free(NULL);
	segmented_release(&s);
	segmented_release(&blobs);
	ms_buf_release(&b);
	ms_buf_release(&half);
}

int
main(void)
{
	const char *seed = getenv("MS_SEED");
	size_t i;

	state = seed != NULL ? strtoull(seed, NULL, 10) : 20261121;
	printf("# MS_SEED=%llu\n", (unsigned long long)state);
	for (i = 0; i < sizeof(rules) / sizeof(rules[0]); i++)
		test_rule(i);
	test_random(3000);
	for (i = 0; i < sizeof(longs) / sizeof(longs[0]); i++)
		test_long(i);
	test_found_again();
	test_again();
	return done();
}
