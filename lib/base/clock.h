/*
 * clock.h - the monotonic clock, for deadlines and durations. The calendar is
 * in time.h. Layer: bottom.
 */
#ifndef MS_CLOCK_H
#define MS_CLOCK_H
#include <stdint.h>
#include <time.h>

/* Milliseconds since an arbitrary moment; unaffected by changes of the system
 * time (CLOCK_MONOTONIC). */
int64_t ms_clock_ms(void);
/* Milliseconds as a struct timespec, for the calls that want one. */
struct timespec ms_clock_timespec(int64_t ms);

#endif
