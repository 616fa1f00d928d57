/* date.c - dates in mail, and conversion of times in both directions. */
#include "mail.h"

#include <stdlib.h>
#include <string.h>
#include "guarded.h"
#include "tap.h"
#include "clock.h"
#include "time.h"

static const struct {
	const char *rule, *text,
	    *want; /* result of ms_time_format(), or NULL: not a date */
} dates[] = {
    {"RFC 5322", "Fri, 20 Nov 2026 10:00:00 +0000", "2026-11-20T10:00:00Z"},
    {"a zone east", "Fri, 20 Nov 2026 10:00:00 +0530", "2026-11-20T04:30:00Z"},
    {"a zone west", "Fri, 20 Nov 2026 20:00:00 -0800", "2026-11-21T04:00:00Z"},
    {"-0000", "Fri, 20 Nov 2026 10:00:00 -0000", "2026-11-20T10:00:00Z"},
    {"no weekday", "20 Nov 2026 10:00:00 +0000", "2026-11-20T10:00:00Z"},
    {"a wrong weekday", "Mon, 20 Nov 2026 10:00:00 GMT",
	"2026-11-20T10:00:00Z"},
    {"a weekday without comma", "Fri 20 Nov 2026 10:00:00 GMT",
	"2026-11-20T10:00:00Z"},
    {"one digit", "1 Nov 2026 1:02:03 GMT", "2026-11-01T01:02:03Z"},
    {"no seconds", "20 Nov 2026 10:01 GMT", "2026-11-20T10:01:00Z"},
    {"a fraction", "20 Nov 2026 10:01:02.567 +0100", "2026-11-20T09:01:02Z"},
    {"no time", "20 Nov 2026", "2026-11-20T00:00:00Z"},
    {"no zone", "20 Nov 2026 10:00:00", "2026-11-20T10:00:00Z"},
    {"names in any case", "FRI, 20 nOV 2026 10:00:00 gmt",
	"2026-11-20T10:00:00Z"},
    {"whole names", "Friday, 20 November 2026 10:00:00 GMT",
	"2026-11-20T10:00:00Z"},
    {"Sept", "20 Sept 2026 10:00:00 GMT", "2026-09-20T10:00:00Z"},
    {"a comment after the date", "20 Nov 2026 10:00:00 +0100 (CET)",
	"2026-11-20T09:00:00Z"},
    {"comments all over",
	"(a)20(b)Nov(c (d))2026(e)10(f):(g)00(h):(i)01(\\))+0000",
	"2026-11-20T10:00:01Z"},
    {"a comment that does not end", "20 Nov 2026 10:00:00 +0000 (a (b",
	"2026-11-20T10:00:00Z"},
    {"a date in a comment is ignored", "(20 Nov 2026 10:00:00 GMT)", NULL},
    {"text after the date",
	"20 Nov 2026 10:00:00 +0000; 1 2 3 Jan 4 5:6 -0700 x",
	"2026-11-20T10:00:00Z"},
    {"text before the date", "received: 20 Nov 2026 10:00:00 +0000",
	"2026-11-20T10:00:00Z"},
    {"blanks", "  Fri ,  20  Nov\t2026\r\n 10 : 00 : 01  +0000 ",
	"2026-11-20T10:00:01Z"},
    {"no blanks", "Fri,20Nov2026 10:00:00+0100", "2026-11-20T09:00:00Z"},
    {"two digits, 2000", "20 Nov 26 10:00:00 GMT", "2026-11-20T10:00:00Z"},
    {"two digits, 49", "20 Nov 49 10:00:00 GMT", "2049-11-20T10:00:00Z"},
    {"two digits, 50", "20 Nov 50 10:00:00 GMT", "1950-11-20T10:00:00Z"},
    {"two digits, 99", "20 Nov 99 10:00:00 GMT", "1999-11-20T10:00:00Z"},
    {"three digits", "20 Nov 103 10:00:00 GMT", "2003-11-20T10:00:00Z"},
    {"three digits, 099", "20 Nov 099 10:00:00 GMT", "1999-11-20T10:00:00Z"},
    {"0102, the year 2000 again", "Tue, 23 Jul 0102 03:26:35 +1000",
	"2002-07-22T17:26:35Z"},
    {"EST", "20 Nov 2026 10:00:00 EST", "2026-11-20T15:00:00Z"},
    {"PDT", "20 Nov 2026 10:00:00 PDT", "2026-11-20T17:00:00Z"},
    {"UT", "20 Nov 2026 10:00:00 UT", "2026-11-20T10:00:00Z"},
    {"Z", "20 Nov 2026 10:00:00 Z", "2026-11-20T10:00:00Z"},
    {"JST", "Sat, 6 Jun 92 06:21:22 JST", "1992-06-05T21:21:22Z"},
    {"MET DST", "20 Jun 1993 10:00:00 MET DST", "1993-06-20T08:00:00Z"},
    {"a letter is UTC", "20 Nov 2026 10:00:00 A", "2026-11-20T10:00:00Z"},
    {"an unknown name is UTC", "20 Nov 2026 10:00:00 XYZ",
	"2026-11-20T10:00:00Z"},
    {"a name, then an offset", "20 Sep 1995 00:19:00 EDT -0400",
	"1995-09-20T04:19:00Z"},
    {"an offset, then a name", "20 Sep 1995 00:19:00 -0400 EST",
	"1995-09-20T04:19:00Z"},
    {"GMT and an offset", "20 Nov 2026 10:00:00 GMT+0200",
	"2026-11-20T08:00:00Z"},
    {"GMT and an hour", "20 Nov 2026 10:00:00 GMT+1", "2026-11-20T09:00:00Z"},
    {"an offset with colon", "20 Nov 2026 10:00:00 +02:30",
	"2026-11-20T07:30:00Z"},
    {"an offset of three digits", "20 Nov 2026 10:00:00 -500",
	"2026-11-20T15:00:00Z"},
    {"an offset of two", "20 Nov 2026 10:00:00 -05", "2026-11-20T15:00:00Z"},
    {"an offset without sign", "20 Nov 2026 10:00:00 0200",
	"2026-11-20T08:00:00Z"},
    {"two signs", "24 Sep 2002 10:39:13 +-0500", "2002-09-24T15:39:13Z"},
    {"an offset no clock has", "20 Nov 2026 10:00:00 -0060",
	"2026-11-20T10:00:00Z"},
    {"nor this", "20 Nov 2026 10:00:00 +2400", "2026-11-20T10:00:00Z"},
    {"nor this one", "20 Nov 2026 10:00:00 +9999999999",
	"2026-11-20T10:00:00Z"},
    {"AM", "29 May 2019 06:09:22 AM GMT", "2019-05-29T06:09:22Z"},
    {"PM", "29 May 2019 06:09:22 PM EDT", "2019-05-29T22:09:22Z"},
    {"12 AM", "29 May 2019 12:09:22 AM", "2019-05-29T00:09:22Z"},
    {"12 PM", "29 May 2019 12:09:22 pm", "2019-05-29T12:09:22Z"},
    {"15 PM", "14 Nov 2001 15:09:52 PM -0000", "2001-11-14T15:09:52Z"},
    {"asctime", "Fri Nov 20 10:00:00 2026", "2026-11-20T10:00:00Z"},
    {"asctime, one digit", "Sun Nov  1 10:00:00 2026", "2026-11-01T10:00:00Z"},
    {"asctime with a zone", "Fri Nov 20 10:00:00 PST 2026",
	"2026-11-20T18:00:00Z"},
    {"asctime with an offset", "Fri Nov 20 10:00:00 -0700 2026",
	"2026-11-20T17:00:00Z"},
    {"and after the year", "Fri Nov 20 10:00:00 2026 +0100",
	"2026-11-20T09:00:00Z"},
    {"asctime, two digits", "Fri Nov 20 10:00:00 26", "2026-11-20T10:00:00Z"},
    {"asctime without seconds", "Fri Nov 20 10:00 2026",
	"2026-11-20T10:00:00Z"},
    {"American words", "November 20, 2026 10:00:00 GMT",
	"2026-11-20T10:00:00Z"},
    {"INTERNALDATE", " 1-Nov-2026 10:00:00 +0100", "2026-11-01T09:00:00Z"},
    {"RFC 850", "Friday, 20-Nov-26 10:00:00 GMT", "2026-11-20T10:00:00Z"},
    {"ISO 8601", "2026-11-20T10:00:00Z", "2026-11-20T10:00:00Z"},
    {"ISO with an offset", "2026-11-20T10:00:00+01:00", "2026-11-20T09:00:00Z"},
    {"ISO with a fraction", "2026-11-20T10:00:00.123-0500",
	"2026-11-20T15:00:00Z"},
    {"ISO with a blank", "2026-11-20 10:00:00", "2026-11-20T10:00:00Z"},
    {"ISO without time", "2026-11-20", "2026-11-20T00:00:00Z"},
    {"slashes and a weekday", "2002/09/14 Sat 13:06:03 CDT",
	"2002-09-14T18:06:03Z"},
    {"dots, day first", "20.11.2026 10:00:00", "2026-11-20T10:00:00Z"},
    {"dots, whatever it looks like", "01.02.2026", "2026-02-01T00:00:00Z"},
    {"dots in the time", "20 Nov 2026 10.00.01", "2026-11-20T10:00:01Z"},
    {"slashes, day first", "20/11/2026", "2026-11-20T00:00:00Z"},
    {"slashes, month first", "11/20/2026", "2026-11-20T00:00:00Z"},
    {"slashes, both the same", "11/11/2026", "2026-11-11T00:00:00Z"},
    {"slashes, who knows", "11/12/2026 10:00:00", NULL},
    {"two marks in a date", "2026-11/20 10:00:00", NULL},
    {"a day of three digits", "020.11.2026", NULL},
    {"a year of three digits", "20/11/202", NULL},
    {"a month of three digits", "2026-011-20", NULL},
    {"month 12 is a month", "12/13/2026", "2026-12-13T00:00:00Z"},
    {"day 13 is no month", "13/12/2026", "2026-12-13T00:00:00Z"},
    {"both can be months", "12/11/2026", NULL},
    {"dots, day 13", "13.12.2026", "2026-12-13T00:00:00Z"},
    {"a minute of three digits", "20 Nov 2026 10:000:00 GMT",
	"2026-11-20T00:00:00Z"},
    {"a second of three digits", "20 Nov 2026 10:00:007 GMT",
	"2026-11-20T10:00:00Z"},
    {"an hour alone", "20 Nov 2026 10", "2026-11-20T00:00:00Z"},
    {"two dots are no time", "20 Nov 2026 10.30", "2026-11-20T00:00:00Z"},
    {"two times", "20 Nov 2026 10:00:01 11:00:02", "2026-11-20T10:00:01Z"},
    {"an hour and a colon", "20 Nov 2026 10:00 +5:30", "2026-11-20T04:30:00Z"},
    {"an offset of 59 minutes", "20 Nov 2026 10:00 +0059",
	"2026-11-20T09:01:00Z"},
    {"an offset of 23 hours", "20 Nov 2026 10:00 +2300",
	"2026-11-19T11:00:00Z"},
    {"EDT", "20 Nov 2026 10:00:00 EDT", "2026-11-20T14:00:00Z"},
    {"CST", "20 Nov 2026 10:00:00 CST", "2026-11-20T16:00:00Z"},
    {"AEDT", "20 Nov 2026 10:00:00 AEDT", "2026-11-19T23:00:00Z"},
    {"DST after an offset", "20 Jun 2026 10:00 +0100 DST",
	"2026-06-20T09:00:00Z"},
    {"29 Feb", "29 Feb 2024 10:00:00 GMT", "2024-02-29T10:00:00Z"},
    {"29 Feb 2000", "29 Feb 2000 10:00:00 GMT", "2000-02-29T10:00:00Z"},
    {"no 29 Feb", "29 Feb 2023 10:00:00 GMT", NULL},
    {"no 29 Feb 2100", "29 Feb 2100 10:00:00 GMT", NULL},
    {"no 31 Apr", "31 Apr 2026 10:00:00 GMT", NULL},
    {"no 0 Jan", "Wed, 0 Jan 2009 17:59:37 -0500", NULL},
    {"no 32 Jan", "Fri, 32 Jan 2008 19:24:01 +0800", NULL},
    {"no 13th month", "2026-13-01", NULL},
    {"no hour 24", "20 Nov 2026 24:00:00 GMT", NULL},
    {"no minute 60", "20 Nov 2026 10:60:00 GMT", NULL},
    {"a leap second", "31 Dec 2016 23:59:60 GMT", "2017-01-01T00:00:00Z"},
    {"no second 61", "31 Dec 2016 23:59:61 GMT", NULL},
    {"the first year", "1 Jan 1900 00:00:00 GMT", "1900-01-01T00:00:00Z"},
    {"none before", "31 Dec 1899 23:59:59 GMT", NULL},
    {"none of .NET's", "1 Jan 0001 00:00:00 +0000", NULL},
    {"the last year", "31 Dec 9999 23:59:59 GMT", "9999-12-31T23:59:59Z"},
    {"none after", "1 Jan 10000 00:00:00 GMT", NULL},
    {"years beyond all", "1 Jan 99999999999999999999 00:00:00 GMT", NULL},
    {"no month", "Fri, 20 2026 10:00:00 GMT", NULL},
    {"no day", "Nov 2026 10:00:00 GMT", NULL},
    {"no year", "Fri, 20 Nov 10:00:00 GMT", NULL},
    {"nothing", "", NULL},
    {"words", "the day before yesterday", NULL},
    {"marks", "::--++//..", NULL},
};

static void
test_dates(void)
{
	for (size_t i = 0; i < sizeof(dates) / sizeof(dates[0]); i++) {
		char got[21] = "no date";
		int64_t t = 4711;
		bool found =
		    ms_mail_date(guarded(ms_slice_str(dates[i].text)), &t);

		if (found)
			ms_time_format(t, got);
		ok(dates[i].want == NULL
			? !found && t == 4711
			: found && strcmp(got, dates[i].want) == 0,
		    "date: %s: %s", dates[i].rule, got);
	}
	/* A NUL is ignored like any other text. */
	{
		static const char text[] = "20 Nov\0 2026 10:00:07 GMT";
		struct ms_slice s = {
		    (const unsigned char *)text, sizeof(text) - 1};
		int64_t t = 0;

		ok(ms_mail_date(s, &t) && t == 1795168807, "date: a NUL in it");
	}
}

static const struct {
	const char *text;
	int64_t want;
} good[] = {
    {"1970-01-01T00:00:00Z", 0},
    {"1970-01-01T00:00Z", 0},
    {"1969-12-31T23:59:59Z", -1},
    {"2026-11-20T10:00:00Z", 1795168800},
    {"2026-11-20T10:00:00+00:00", 1795168800},
    {"2026-11-20T10:00-00:00", 1795168800},
    {"2000-02-29T12:34:56Z", 951827696},
    {"0000-01-01T00:00:00Z", -62167219200},
    {"9999-12-31T23:59:59Z", 253402300799},
    {"2038-01-19T03:14:08Z", 2147483648},
};

static const char *const bad[] = {"", "2026", "2026-11-20", "2026-11-20T10Z",
    "2026-11-20T10:00:00", "2026-11-20 10:00:00Z", "2026-11-20t10:00:00Z",
    "2026-11-20T10:00:00z", "2026-11-20T10:00:00Z ", " 2026-11-20T10:00:00Z",
    "2026-11-20T10:00:00+01:00", "2026-11-20T10:00:00+0000",
    "2026-11-20T10:00:00.0Z", "2026-13-20T10:00:00Z", "2026-00-20T10:00:00Z",
    "2026-02-30T10:00:00Z", "2026-11-00T10:00:00Z", "2026-11-20T24:00:00Z",
    "2026-11-20T10:60:00Z", "2026-11-20T10:00:61Z", "26-11-20T10:00:00Z",
    "+026-11-20T10:00:00Z", "2026-11-20T10:00:Z", "20261120T100000Z"};

static void
test_parse(void)
{
	for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
		int64_t t = 4711;

		ok(ms_time_parse(good[i].text, &t) && t == good[i].want,
		    "moment: %s", good[i].text);
	}
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		int64_t t = 4711;

		ok(!ms_time_parse(bad[i], &t) && t == 4711, "no moment: \"%s\"",
		    bad[i]);
	}
}

/* Compares the calendar with a count of every day of 10,000 years. */
static void
test_calendar(void)
{
	static const int lengths[] = {
	    31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
	int64_t t = -62167219200 + 3723; /* 01:02:03 */
	bool good_split = true, good_join = true, good_ok = true;

	for (int year = 0; year <= 9999; year++) {
		for (int month = 1; month <= 12; month++) {
			bool leap = year % 4 == 0 &&
				    (year % 100 != 0 || year % 400 == 0);
			int last = lengths[month - 1] + (month == 2 && leap);

			for (int day = 1; day <= last; day++, t += 86400) {
				struct ms_civil c;

				ms_time_split(t, &c);
				good_split = good_split && c.year == year &&
					     c.month == month && c.day == day &&
					     c.hour == 1 && c.minute == 2 &&
					     c.second == 3;
				good_join = good_join && ms_time_join(&c) == t;
				good_ok = good_ok && ms_civil_ok(&c);
				c.day = (uint8_t)(last + 1);
				good_ok = good_ok && !ms_civil_ok(&c);
			}
		}
	}
	ok(good_split, "every day of 10,000 years is split");
	ok(good_join, "and put together");
	ok(good_ok, "and no month has a day more");
}

/* Names in any case are found; only three letters count. */
static const struct {
	const char *names, *text;
	int want;
} names[] = {{ms_month_names, "Jan", 0}, {ms_month_names, "dEC", 11},
    {ms_month_names, "August", 7}, {ms_month_names, "anF", -1},
    {ms_month_names, "Ma", -1}, {ms_month_names, "", -1},
    {ms_month_names, "\rAN", -1}, {ms_month_names, "J\x01N", -1},
    {ms_weekday_names, "sun", 0}, {ms_weekday_names, "SAT", 6},
    {ms_weekday_names, "Jan", -1}};

static void
test_names(void)
{
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		ok(ms_time_name(names[i].names, names[i].text) == names[i].want,
		    "name %zu: %d", i, names[i].want);
}

static void
test_clock(void)
{
	int64_t before = ms_clock_ms();
	struct timespec t = ms_clock_timespec(61234);

	ok(before > 0 && ms_clock_ms() >= before, "the clock does not go back");
	ok(t.tv_sec == 61 && t.tv_nsec == 234000000, "61,234 ms as a timespec");
}

static void
test_format(void)
{
	char s[25];

	ms_time_format(INT64_MIN, s);
	ok(strcmp(s, "0000-01-01T00:00:00Z") == 0, "before all years: %s", s);
	ms_time_format(INT64_MAX, s);
	ok(strcmp(s, "9999-12-31T23:59:59Z") == 0, "after all years: %s", s);
	ms_time_asctime(0, s);
	ok(strcmp(s, "Thu Jan  1 00:00:00 1970") == 0, "asctime: %s", s);
	ms_time_asctime(1795168800, s);
	ok(strcmp(s, "Fri Nov 20 10:00:00 2026") == 0, "asctime: %s", s);
	ms_time_asctime(-62167219200, s);
	ok(strcmp(s, "Sat Jan  1 00:00:00 0000") == 0, "asctime: %s", s);
	ms_time_asctime(-1, s);
	ok(strcmp(s, "Wed Dec 31 23:59:59 1969") == 0, "asctime: %s", s);
}

int
main(void)
{
	test_dates();
	test_parse();
	test_calendar();
	test_names();
	test_clock();
	test_format();
	return done();
}
