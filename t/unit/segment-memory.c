/*
 * segment-memory.c - messages of 50 MB (with MS_SOAK=1 of 2 GiB, the maximum)
 * in limited memory, and recipes within their limits.
 */
#include "segment.h"

#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include "tap.h"

#define MEMORY (40 * 1024 * 1024) /* bytes for all there is */

#if defined(__SANITIZE_ADDRESS__)
#define SANITIZED 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define SANITIZED 1
#endif
#endif
#ifdef SANITIZED /* slow, and hungry for memory */
#define SIZE (MS_MESSAGE_MAX / 400)
#else
#define SIZE (MS_MESSAGE_MAX / 40)
#endif

#define L20 "ABCDEFGHIJKLMNOPQRST"
#define L60 L20 L20 L20
#define L61 L60 "A"
#define L63 L60 "ABC"
#define L76 L60 "ABCDEFGHIJKLMNOP"

/*
 * A text that is repeated after `before` until the message is full, in pieces
 * of any length or, if piece is not 0, of that length.
 */
static const struct {
	const char *what, *before, *unit;
	size_t piece;
	/* of a unit as stored, and how many items at most, 0: the bound */
	size_t stored;
	uint32_t items;
} shapes[] = {
    {"one line", "\n", "x", 0, 1, 514},
    {"a header without end", "", "a: bcdefg\n", 0, 10, 514},
    {"empty lines", "\n", "\n", 0, 1, 514},
    {"empty lines with CRLF", "\r\n", "\r\n", 3, 1, 258},
    {"a CR at the end of each piece", "\r\n", "abcdef\r\n", 7, 7, 514},
    {"CRs", "\n", "\r", 0, 1, 514},
    {"LF and CRLF alternate", "\n", "a\nb\r\n", 0, 5, 514},
    {"lines of base64", "\n", L76 "\n", 0, 57, 392},
    {"lines of base64 with CRLF", "\n", L76 "\r\n", 0, 57, 392},
    {"base64 in lines of 61 characters", "\n",
	L61 "\n" L61 "\n" L61 "\n" L61 "\n", 0, 183, 392},
    {"base64 in one line", "\n", L76, 0, 76, 514},
    {"short runs of base64", "\n",
	L61 "\n" L61 "\n" L61 "\n" L61 "\n" L63 "\n" L63 "\n" L63 "\n" L63 "\n",
	0, 0, 0},
    {"short runs of base64 in text", "\n",
	"-\n" L60 "\n" L60 "\n" L60 "\n" L60 "\n", 0, 0, 0},
    {"base64 in runs of three lines", "\n", "-\n" L76 "\n" L76 "\n" L76 "\n", 0,
	233, 514},
};

static void
count_blob(void *ctx, const unsigned char *p, size_t n,
    const unsigned char digest[MS_SHA_LEN])
{
	uint64_t *bytes = ctx;

	(void)p;
	(void)digest;
	*bytes += n;
}

static void
test_shape(size_t i, uint64_t size)
{
	uint64_t blobs = 0, units, stored, sum = 0, at;
	struct ms_segmenter *sg = ms_segmenter_new(count_blob, &blobs);
	struct ms_message_hasher *w = ms_message_hasher_new();
	size_t unit = strlen(shapes[i].unit), before, n, piece;
	struct ms_buf b = {0};
	struct ms_identity id;
	struct ms_slice content;
	struct ms_recipe r;
	struct ms_recipe_walk walk = {0};
	struct ms_item item;

	/* a piece and a unit more, so that any of its units can begin it */
	piece = shapes[i].piece > 0 ? shapes[i].piece : 65521;
	while (b.n < piece + unit)
		ms_buf_add_str(&b, shapes[i].unit);
	before = strlen(shapes[i].before);
	units = (size - before) / unit;
	ms_segment_add(sg, (const unsigned char *)shapes[i].before, before);
	ms_message_hasher_add(
	    w, (const unsigned char *)shapes[i].before, before);
	for (at = 0; at < units * unit; at += n) {
		n = piece < units * unit - at ? piece : units * unit - at;
		ms_segment_add(sg, b.p + at % unit, n);
		ms_message_hasher_add(w, b.p + at % unit, n);
	}
	ms_message_hasher_end(w, &id);
	ms_segment_end(sg, &id, &content);
	stored = units * shapes[i].stored + (before > 0);
	if (ms_recipe_parse(&r, content, NULL) == 0)
		while (ms_recipe_next(&r, &walk, &item) == 1)
			sum += item.n;
	ok(walk.i > 0 && walk.i == r.items && r.items <= MS_RECIPE_ITEMS &&
		(shapes[i].items == 0 || r.items <= shapes[i].items) &&
		blobs <= sum && (shapes[i].stored == 0 || sum == stored),
	    "%s: %u items, record of %zu bytes", shapes[i].what, r.items,
	    content.n);
	ms_segmenter_free(sg);
	ms_message_hasher_free(w);
	ms_buf_release(&b);
}

int
main(void)
{
	bool soak = getenv("MS_SOAK") != NULL;
	size_t i;
#ifndef SANITIZED
	struct rlimit limit = {MEMORY, MEMORY};

	ok(setrlimit(RLIMIT_DATA, &limit) == 0, "memory is limited");
#endif
	for (i = 0; i < sizeof(shapes) / sizeof(shapes[0]); i++)
		test_shape(i, soak ? MS_MESSAGE_MAX : SIZE);
	return done();
}
