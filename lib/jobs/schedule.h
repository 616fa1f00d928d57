/*
 * schedule.h - when a profile runs: words for people, as lines for cron and
 * calendars for systemd. ms-profile(5), Schedules. Layer: above buf.
 */
#ifndef MS_SCHEDULE_H
#define MS_SCHEDULE_H
#include <stdbool.h>
#include <stdint.h>
#include "buf.h"

enum ms_schedule_kind {
	MS_SCHEDULE_NONE,  /* when somebody runs it */
	MS_SCHEDULE_TIMES, /* at the times that match, in local time */
	MS_SCHEDULE_CONTINUOUS
};

/* Bit n: n matches. {0} is no schedule. */
struct ms_schedule {
	enum ms_schedule_kind kind;
	uint64_t minutes;
	uint32_t hours, days, months; /* days 1..31, months 1..12 */
	uint32_t weekdays;            /* 0..6, 0 is Sunday */
	/* Their field began with `*`: crontab(5) has a day match if both
	 * fields do where one of them is so, else if either does. */
	bool any_day, any_weekday;
};

/*
 * Parses `hourly`, `daily HH:MM`, `weekly DAY HH:MM`, `monthly N HH:MM`,
 * `every N minutes`, `every N hours`, the five fields of crontab(5), or
 * `continuous`. MS_USAGE, quoting what makes no sense; s is then {0}.
 */
int ms_schedule_parse(
    struct ms_schedule *s, const char *text, struct ms_err *err);

/* Appends the five fields of crontab(5). Of MS_SCHEDULE_TIMES only. */
void ms_schedule_cron(const struct ms_schedule *s, struct ms_buf *out);
/*
 * Appends the lines `OnCalendar=...` of systemd.timer(5) that mean the same
 * times: two where crontab(5) takes either of two days. Of MS_SCHEDULE_TIMES
 * only.
 */
void ms_schedule_calendar(const struct ms_schedule *s, struct ms_buf *out);

#endif
