/* clock.c - the monotonic clock. clock_gettime(2). */
#include "clock.h"

int64_t
ms_clock_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

struct timespec
ms_clock_timespec(int64_t ms)
{
	return (struct timespec){ms / 1000, ms % 1000 * 1000000};
}
