/* mutf7.c - fuzzes folder names: each has exactly one encoding. */
#include "fuzz.h"
#include "utf8.h"

#include <string.h>

const struct fuzz_seed fuzz_seeds[] = {SEED("Entw&APw-rfe"),
    SEED("&U,BTFw-/&ZeVnLIqe-"), SEED("&2D3eAA-&-"), SEED("&AOkA6QDp-"),
    SEED("Entw\xc3\xbcrfe & \xf0\x9f\x98\x80"), SEEDS_END};

int
LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
	struct ms_slice in = {p, n};
	struct ms_buf there = {0}, back = {0};

	if (ms_mutf7_decode(in, &there) == 0) {
		require(ms_utf8_valid(there.p, there.n));
		ms_mutf7_encode(ms_buf_slice(&there), &back);
		require(ms_slice_eq(ms_buf_slice(&back), in));
	} else {
		require(there.n == 0);
	}
	ms_buf_clear(&there);
	ms_buf_clear(&back);
	if (ms_utf8_valid(p, n) && memchr(p, '\0', n) == NULL) {
		ms_mutf7_encode(in, &there);
		require(ms_mutf7_decode(ms_buf_slice(&there), &back) == 0);
		require(ms_slice_eq(ms_buf_slice(&back), in));
	}
	ms_buf_release(&there);
	ms_buf_release(&back);
	return 0;
}
