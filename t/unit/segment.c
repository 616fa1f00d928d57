/* Segments: a row a rule of ms-archive(5), and random hostile messages. */
#include "segment.h"

#include <stdlib.h>
#include <string.h>
#include "segmented.h"
#include "tap.h"

/* ---- random messages ---- */

static uint64_t state;

static unsigned
rnd(unsigned n)
{
	state = state * 6364136223846793005u + 1442695040888963407u;
	return (unsigned)(state >> 33) % n;
}

static size_t
rnd_cut(void *ctx, size_t n)
{
	unsigned max = *(unsigned *)ctx;
	size_t k = 1 + rnd(rnd(8) == 0 ? 2000 : max);

	return k < n ? k : n;
}

static const char *const ends[] = {"\n", "\r\n", "\r\r\n", "\r", ""};

static void
add_line(struct ms_buf *b, size_t n, const char *alphabet, const char *end)
{
	size_t m = strlen(alphabet);

	while (n-- > 0)
		ms_buf_add_byte(b, (unsigned char)alphabet[rnd((unsigned)m)]);
	ms_buf_add_str(b, end);
}

/* Lines that are base64, nearly, or not at all; ends that agree, nearly. */
static void
make_message(struct ms_buf *b)
{
	static const char b64[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnop"
				  "qrstuvwxyz0123456789+/";
	unsigned parts = rnd(12), lines, mixed = rnd(4), width, i;
	const char *end = ends[rnd(2)];

	for (i = rnd(4); i > 0; i--)
		add_line(b, 1 + rnd(70), "ab: =", end);
	ms_buf_add_str(b, rnd(8) == 0 ? "" : end);
	while (parts-- > 0) {
		lines = rnd(3) == 0 ? rnd(60) : rnd(7);
		width = rnd(2) == 0 ? 76 : 58 + rnd(20);
		while (lines-- > 0) {
			if (mixed == 0 && rnd(20) == 0)
				end = ends[rnd(5)];
			add_line(
			    b, rnd(30) == 0 ? 58 + rnd(20) : width, b64, end);
			if (mixed == 1)
				end = ends[rnd(2)];
		}
		if (rnd(2) == 0)
			add_line(b, rnd(78), b64, "");
		ms_buf_add(b, "===", rnd(4));
		if (rnd(6) != 0)
			ms_buf_add_str(b, end);
		if (rnd(2) == 0)
			add_line(
			    b, rnd(rnd(9) == 0 ? 5000 : 90), "a b\r\n=", end);
	}
}

static void
test_random(unsigned count)
{
	struct segmented whole, cut;
	struct ms_buf b = {0};
	const char *bad;
	unsigned i, max, wrong = 0;

	for (i = 0; i < count && wrong == 0; i++) {
		whole = cut = (struct segmented){0};
		ms_buf_clear(&b);
		make_message(&b);
		max = 1 + rnd(i % 2 == 0 ? 3 : 200);
		segmented_make(&whole, b.p, b.n, NULL, NULL);
		segmented_make(&cut, b.p, b.n, rnd_cut, &max);
		bad = segmented_check(&whole, b.p, b.n);
		if (bad == NULL && !segmented_eq(&whole, &cut))
			bad = "cut elsewhere it is something else";
		if (bad != NULL) {
			printf("# message %u: %s\n", i, bad);
			wrong++;
		}
		segmented_release(&whole);
		segmented_release(&cut);
	}
	ms_buf_release(&b);
	ok(wrong == 0, "%u random messages come back, however cut", count);
}

int
main(void)
{
	const char *seed = getenv("MS_SEED");

	state = seed != NULL ? strtoull(seed, NULL, 10) : 20261121;
	printf("# MS_SEED=%llu\n", (unsigned long long)state);
	test_random(3000);
	return done();
}
