/*
 * fuzz.h - a fuzz target and its seeds. `make fuzz` runs it with libFuzzer,
 * `make check` with t/fuzz-main.c, which tries the seeds and changed seeds.
 * Files in t/fuzz/seeds/NAME are seeds, too.
 */
#ifndef FUZZ_H
#define FUZZ_H
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

struct fuzz_seed {
	const char *p;
	size_t n;
};

#define SEED(text)                                                             \
	{                                                                      \
		text, sizeof(text) - 1                                         \
	} /* a literal, which can contain NUL */
#define SEEDS_END                                                              \
	{                                                                      \
		NULL, 0                                                        \
	}

/* Optional: const struct fuzz_seed fuzz_seeds[] = {SEED("..."), SEEDS_END}; */
extern const struct fuzz_seed fuzz_seeds[] __attribute__((weak));

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n);

/* Ends the target, and so reports the input, if a condition does not hold. */
static inline void
require(bool holds)
{
	if (!holds)
		abort();
}

#endif
