/*
 * segment.c - fuzzes the segmenter: for any message in any pieces, the result
 * is that of ms-archive(5), and assembling it gives the message again. The
 * fuzzer seldom finds lines of 60 to 76 equal bytes, so the byte 0xfe stands
 * for one such line and 0xff for four.
 */
#include "../unit/segmented.h"
#include "../unit/slowseg.h"

#include <stdio.h>
#include "fuzz.h"

/* The first two bytes of each seed select the sizes of the pieces. */
const struct fuzz_seed fuzz_seeds[] = {SEED("00a: b\n\nc\n"),
    SEED("01a: b\r\n\r\nc\r\nd\ne\r\r\n\rf"), SEED("02\n\xff\xff\xffQUJD\n"),
    SEED("03\n\xfc\x12\xff\xfe\xfeQUI=\nx\n\xfe\xff"),
    SEED("04\xfd\r\n\xfc\x0c\xff\xff\xfe\r\n"),
    SEED("05\n\xff\xfd\xff\xfd\xff\xfc\x04\xff"),
    SEED("06\n\xfc\x03\xff\xfe\xfe\xfeQ\n\xfc\x0d\xff"),
    SEED("07\n\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff-\n\xff"), SEEDS_END};

static void
expand(const unsigned char *p, size_t n, struct ms_buf *out)
{
	static const char line[] = "AbCdEfGhIjKlMnOpQrStUvWxYz0123456789+/ab"
				   "cdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOP";
	size_t width = 60, i, k;
	const char *end = "\n";

	for (i = 0; i < n; i++) {
		if (p[i] < 0xfc) {
			ms_buf_add_byte(out, p[i]);
			continue;
		}
		if (p[i] == 0xfc && i + 1 < n)
			width = 58 + p[++i] % 20;
		if (p[i] == 0xfd)
			end = end[0] == '\n' ? "\r\n" : "\n";
		for (k = p[i] < 0xfe ? 0 : p[i] == 0xfe ? 1 : 4; k > 0; k--) {
			ms_buf_add(out, line, width);
			ms_buf_add_str(out, end);
		}
	}
}

static size_t
cut(void *ctx, size_t n)
{
	uint32_t *state = ctx;
	size_t k;

	*state = *state * 1664525 + 1013904223;
	k = 1 + (*state >> 16) % (*state >> 30 ? 7 : 400);
	return k < n ? k : n;
}

static void
fail(const char *what)
{
	fprintf(stderr, "%s\n", what);
	abort();
}

int
LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
	struct segmented whole = {0}, pieces = {0};
	struct ms_buf b = {0}, content = {0}, blobs = {0};
	uint32_t state;
	const char *bad;

	if (n < 2)
		return 0;
	state = (uint32_t)p[0] << 8 | p[1];
	expand(p + 2, n - 2, &b);
	segmented_make(&whole, b.p, b.n, NULL, NULL);
	bad = segmented_check(&whole, b.p, b.n);
	if (bad != NULL)
		fail(bad);
	segmented_make(&pieces, b.p, b.n, cut, &state);
	if (!segmented_eq(&whole, &pieces))
		fail("something else in pieces");
	slow_segment(b.p, b.n, &content, &blobs);
	if (!ms_slice_eq(
		ms_buf_slice(&content), ms_buf_slice(&whole.content)) ||
	    !ms_slice_eq(ms_buf_slice(&blobs), ms_buf_slice(&whole.blobs)))
		fail("not what the manual page says");
	segmented_release(&whole);
	segmented_release(&pieces);
	ms_buf_release(&b);
	ms_buf_release(&content);
	ms_buf_release(&blobs);
	return 0;
}
