/*
 * tap.h - the Test Anything Protocol for unit tests: ok(), and done() last.
 * With MUTANTS set, the first failed row ends the program: t/mutants.py.
 */
#ifndef TAP_H
#define TAP_H
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>

static int tap_count, tap_bad;

#define ok(cond, ...)                                                          \
	do {                                                                   \
		bool tap_good = (cond);                                        \
		printf("%sok %d - ", tap_good ? "" : "not ", ++tap_count);     \
		printf(__VA_ARGS__);                                           \
		printf("\n");                                                  \
		if (!tap_good) {                                               \
			tap_bad++;                                             \
			printf("# %s:%d: %s\n", __FILE__, __LINE__, #cond);    \
			if (getenv("MUTANTS") != NULL)                         \
				exit(1);                                       \
		}                                                              \
	} while (0)

static inline int
done(void)
{
	printf("1..%d\n", tap_count);
	return tap_bad > 0 ? 1 : 0;
}

#endif
