/*
 * schedule.h - when a profile runs: parsed from words, and written for cron and
 * systemd. ms-profile(5), Schedules. Layer: above buf.
 */
#ifndef MS_SCHEDULE_H
#define MS_SCHEDULE_H
#include <stdbool.h>
#include <stdint.h>
#include "buf.h"

enum ms_schedule_kind {
	MS_SCHEDULE_NONE,  /* only on request */
	MS_SCHEDULE_TIMES, /* at the matching times, in local time */
	MS_SCHEDULE_CONTINUOUS
};

/* Bit n: n matches. {0} is no schedule. */
struct ms_schedule {
	enum ms_schedule_kind kind;
	uint64_t minutes;
	uint32_t hours, days, months; /* days 1..31, months 1..12 */
	uint32_t weekdays;            /* 0..6, 0 is Sunday */
	/* The field begins with `*`. If one of the two fields does, crontab(5)
	 * needs a match of both fields, else a match of either. */
	bool any_day, any_weekday;
};

/*
 * Parses `hourly`, `daily HH:MM`, `weekly DAY HH:MM`, `monthly N HH:MM`,
 * `every N minutes`, `every N hours`, the five fields of crontab(5), or
 * `continuous`. On error, MS_USAGE with the invalid part, s is {0}.
 */
int ms_schedule_parse(
    struct ms_schedule *s, const char *text, struct ms_err *err);

/* Appends the five fields of crontab(5). Only for MS_SCHEDULE_TIMES. */
void ms_schedule_cron(const struct ms_schedule *s, struct ms_buf *out);
/*
 * Appends the lines `OnCalendar=...` of systemd.timer(5) for the same times:
 * two lines if a match of either day field is enough. Only for
 * MS_SCHEDULE_TIMES.
 */
void ms_schedule_calendar(const struct ms_schedule *s, struct ms_buf *out);

#endif
