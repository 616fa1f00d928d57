/*
 * fuzz.h - a fuzz target and its seeds. `make fuzz` runs it under libFuzzer,
 * `make check` with t/fuzz-main.c: the seeds, and what is close to them.
 * Files in t/fuzz/seeds/NAME are seeds too.
 */
#ifndef FUZZ_H
#define FUZZ_H
#include <stddef.h>
#include <stdint.h>

struct fuzz_seed {
	const char *p;
	size_t n;
};

#define SEED(text)                                                             \
	{                                                                      \
		text, sizeof(text) - 1                                         \
	} /* a literal, NUL inside or not */
#define SEEDS_END                                                              \
	{                                                                      \
		NULL, 0                                                        \
	}

/* Optional: const struct fuzz_seed fuzz_seeds[] = {SEED("..."), SEEDS_END}; */
extern const struct fuzz_seed fuzz_seeds[] __attribute__((weak));

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n);

#endif
