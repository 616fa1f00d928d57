/* schedule.c - tests lib/jobs/schedule.c: schedules parsed and written. */
#include "schedule.h"

#include <string.h>
#include "tap.h"

static const struct {
	const char *text, *cron, *calendar;
} good[] = {
    {"hourly", "0 * * * *", "OnCalendar=*-*-* *:00:00\n"},
    {"Hourly", "0 * * * *", "OnCalendar=*-*-* *:00:00\n"},
    {"daily 03:30", "30 3 * * *", "OnCalendar=*-*-* 03:30:00\n"},
    {"  daily\t00:00 ", "0 0 * * *", "OnCalendar=*-*-* 00:00:00\n"},
    {"daily 7:05", "5 7 * * *", "OnCalendar=*-*-* 07:05:00\n"},
    {"weekly Sun 23:59", "59 23 * * 0", "OnCalendar=Sun *-*-* 23:59:00\n"},
    {"weekly wednesday 12:00", "0 12 * * 3", "OnCalendar=Wed *-*-* 12:00:00\n"},
    {"monthly 1 04:00", "0 4 1 * *", "OnCalendar=*-*-01 04:00:00\n"},
    {"monthly 31 04:00", "0 4 31 * *", "OnCalendar=*-*-31 04:00:00\n"},
    {"every 15 minutes", "*/15 * * * *", "OnCalendar=*-*-* *:00,15,30,45:00\n"},
    {"every 1 minute", "* * * * *", "OnCalendar=*-*-* *:*:00\n"},
    {"every 30 minutes", "*/30 * * * *", "OnCalendar=*-*-* *:00,30:00\n"},
    {"every 6 hours", "0 */6 * * *", "OnCalendar=*-*-* 00,06,12,18:00:00\n"},
    {"0 3 * * *", "0 3 * * *", "OnCalendar=*-*-* 03:00:00\n"},
    {"5,35 8-17 * * 1-5", "5,35 8,9,10,11,12,13,14,15,16,17 * * 1,2,3,4,5",
	"OnCalendar=Mon,Tue,Wed,Thu,Fri *-*-* "
	"08,09,10,11,12,13,14,15,16,17:05,35:00\n"},
    {"0 0 * jan,DEC mon", "0 0 * 1,12 1",
	"OnCalendar=Mon *-01,12-* 00:00:00\n"},
    {"0 0 * * 7", "0 0 * * 0", "OnCalendar=Sun *-*-* 00:00:00\n"},
    {"0 0 * * 5-7", "0 0 * * 0,5,6", "OnCalendar=Sun,Fri,Sat *-*-* 00:00:00\n"},
    {"10-40/10 0 * * *", "10,20,30,40 0 * * *",
	"OnCalendar=*-*-* 00:10,20,30,40:00\n"},
    /* Both days said: either will do. */
    {"0 0 13 * 5", "0 0 13 * 5",
	"OnCalendar=*-*-13 00:00:00\nOnCalendar=Fri *-*-* 00:00:00\n"},
    {"0 0 31 2 5", "0 0 31 2 5",
	"OnCalendar=*-02-31 00:00:00\nOnCalendar=Fri *-02-* 00:00:00\n"},
    /* A field that begins with `*` narrows the other. */
    {"0 0 */10 * 5", "0 0 */10 * 5",
	"OnCalendar=Fri *-*-01,11,21,31 00:00:00\n"},
    {"0 0 */10,2 * 5", "0 0 */31,2,11,21,31 * 5",
	"OnCalendar=Fri *-*-01,02,11,21,31 00:00:00\n"},
    {"0 0 13 * */2", "0 0 13 * */2",
	"OnCalendar=Sun,Tue,Thu,Sat *-*-13 00:00:00\n"},
    {"0 0 1 * */7", "0 0 1 * */7", "OnCalendar=Sun *-*-01 00:00:00\n"},
    {"0 0 29 2 *", "0 0 29 2 *", "OnCalendar=*-02-29 00:00:00\n"},
};

static const struct {
	const char *text, *says;
} bad[] = {
    {"", "unknown schedule"},
    {"sometimes", "unknown schedule"},
    {"daily", "unknown schedule"},
    {"hourly 5", "unknown schedule"},
    {"daily 24:00", "'24:00' is not a time (HH:MM)"},
    {"daily 3:5", "'3:5' is not a time"},
    {"daily 03:60", "'03:60' is not a time"},
    {"daily 03:00:00", "'03:00:00' is not a time"},
    {"daily 0003:00", "'0003:00' is not a time"},
    {"weekly 03:00 Mon", "'03:00' is not a day of the week"},
    {"weekly Monda 03:00", "'Monda' is not a day of the week"},
    {"monthly 0 03:00", "'0' is not a day of the month"},
    {"monthly 32 03:00", "'32' is not a day of the month"},
    {"monthly 1st 03:00", "'1st' is not a day of the month"},
    {"every 7 minutes", "the number must divide 60"},
    {"every 0 minutes", "the number must divide 60"},
    {"every 60 minutes", "the number must divide 60, and be at most "
			 "30"},
    {"every 5 hours", "the number must divide 24"},
    {"every 2 days", "unknown unit (try minutes, hours)"},
    {"every 2 minutess", "unknown unit (try minutes, hours)"},
    {"every -5 minutes", "the number must divide 60"},
    {"60 * * * *", "'60' is not a valid minute (see crontab(5))"},
    {"* 24 * * *", "'24' is not a valid hour"},
    {"* * 0 * *", "'0' is not a valid day"},
    {"* * * 13 *", "'13' is not a valid month"},
    {"* * * * 8", "'8' is not a valid weekday"},
    {"5/10 * * * *", "'5/10' is not a valid minute"},
    {"*/0 * * * *", "'*/0' is not a valid minute"},
    {"5-1 * * * *", "'5-1' is not a valid minute"},
    {"1,,2 * * * *", "'1,,2' is not a valid minute"},
    {"1, * * * *", "'1,' is not a valid minute"},
    {"*5 * * * *", "'*5' is not a valid minute"},
    {"99999999999 * * * *", "is not a valid minute"},
    {"0 0 30 2 *", "there is no such day"},
    {"0 0 31 4,6 *", "there is no such day"},
    {"* * * *", "unknown schedule"},
    {"* * * * * *", "unknown schedule"},
    {"* * * * * * * *", "unknown schedule"},
    {"continuous 5", "unknown schedule"},
};

static void
test_good(size_t i)
{
	struct ms_buf cron = {0}, calendar = {0}, read = {0};
	struct ms_schedule s, again;
	struct ms_err err = {0};

	if (ms_schedule_parse(&s, good[i].text, &err) < 0) {
		ok(false, "'%s': %s", good[i].text, err.msg);
		return;
	}
	ms_schedule_cron(&s, &cron);
	ms_schedule_calendar(&s, &calendar);
	ok(strcmp(ms_buf_str(&cron), good[i].cron) == 0, "'%s': cron '%s'",
	    good[i].text, ms_buf_str(&cron));
	ok(strcmp(ms_buf_str(&calendar), good[i].calendar) == 0,
	    "'%s': the calendar of systemd is right", good[i].text);
	if (ms_schedule_parse(&again, ms_buf_str(&cron), &err) == 0)
		ms_schedule_calendar(&again, &read);
	ok(strcmp(ms_buf_str(&read), good[i].calendar) == 0,
	    "'%s': the line for cron means the same", good[i].text);
	ms_buf_release(&read);
	ms_buf_release(&cron);
	ms_buf_release(&calendar);
}

int
main(void)
{
	struct ms_schedule s;

	for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++)
		test_good(i);
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		struct ms_err err = {0};

		ok(ms_schedule_parse(&s, bad[i].text, &err) < 0 &&
			err.code == MS_USAGE &&
			strstr(err.msg, bad[i].says) != NULL &&
			s.kind == MS_SCHEDULE_NONE,
		    "'%s' is refused: %s", bad[i].text, err.msg);
	}
	ok(ms_schedule_parse(&s, "continuous", NULL) == 0 &&
		s.kind == MS_SCHEDULE_CONTINUOUS,
	    "the schedule is continuous");
	return done();
}
