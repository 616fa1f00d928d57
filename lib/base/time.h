/*
 * time.h - points in time as seconds since the epoch and as calendar dates, in
 * UTC and the Gregorian calendar, without the C library and its time zones.
 * The text form is that of RFC 3339. Layer: bottom.
 */
#ifndef MS_TIME_H
#define MS_TIME_H
#include <stdbool.h>
#include <stdint.h>

/* A moment taken apart. */
struct ms_civil {
	int32_t year;                 /* 0..9999 */
	uint8_t month, day;           /* 1..12, 1..31 */
	uint8_t hour, minute, second; /* second 60 is the next minute's 0 */
};

/* Is there such a moment? */
bool ms_civil_ok(const struct ms_civil *c);
/* Seconds since the epoch of what ms_civil_ok() accepts. */
int64_t ms_time_join(const struct ms_civil *c);
/* The reverse; what lies outside years 0..9999 becomes their first or last
 * second. */
void ms_time_split(int64_t t, struct ms_civil *c);

/*
 * English names of three letters in a row, from "Jan" and from "Sun" (RFC 5322,
 * 3.3). ms_time_name() returns the index of the name at p, in either case, or
 * -1; at p are three bytes, or a shorter string.
 */
extern const char ms_month_names[], ms_weekday_names[];
int ms_time_name(const char *names, const char *p);

/* "2026-11-20T10:00:00Z", 20 characters and a NUL; years 0000..9999. */
void ms_time_format(int64_t t, char out[21]);
/* "Fri Nov 20 10:00:00 2026", 24 characters and a NUL, as From_ lines do. */
void ms_time_asctime(int64_t t, char out[25]);
/*
 * ms_time_format() backwards, nothing else in s. Taken as well: no seconds;
 * +00:00 or -00:00 for Z. False: not such a string, or no such moment.
 */
bool ms_time_parse(const char *s, int64_t *out);

#endif
