/*
 * time.h - points in time as seconds since the epoch and as calendar dates, in
 * UTC and the Gregorian calendar, without the C library and its time zones. The
 * text form is that of RFC 3339. Layer: bottom.
 */
#ifndef MS_TIME_H
#define MS_TIME_H
#include <stdbool.h>
#include <stdint.h>

/* A point in time as a calendar date. */
struct ms_civil {
	int32_t year;       /* 0..9999 */
	uint8_t month, day; /* 1..12, 1..31 */
	uint8_t hour, minute,
	    second; /* second 60 equals second 0 of the next minute */
};

/* Whether the calendar has this date and time. */
bool ms_civil_ok(const struct ms_civil *c);
/* Seconds since the epoch, for a date that ms_civil_ok() accepts. */
int64_t ms_time_join(const struct ms_civil *c);
/*
 * The inverse of ms_time_join(). A time outside the years 0..9999 becomes the
 * first or last second of these years.
 */
void ms_time_split(int64_t t, struct ms_civil *c);

/*
 * English names of three letters without separators, beginning with "Jan" and
 * "Sun" (RFC 5322, 3.3). ms_time_name() returns the index of the name at p, in
 * either case, or -1. p has three bytes, or is a shorter string.
 */
extern const char ms_month_names[], ms_weekday_names[];
int ms_time_name(const char *names, const char *p);

/* Writes "2026-11-20T10:00:00Z", 20 characters and a NUL; years 0000..9999. */
void ms_time_format(int64_t t, char out[21]);
/*
 * Writes "Fri Nov 20 10:00:00 2026", 24 characters and a NUL, for From_ lines.
 */
void ms_time_asctime(int64_t t, char out[25]);
/*
 * Parses the whole string s as written by ms_time_format(). The seconds can be
 * missing, and +00:00 or -00:00 can replace Z. Returns false if s is not of
 * this form, or if the calendar does not have the date.
 */
bool ms_time_parse(const char *s, int64_t *out);

#endif
