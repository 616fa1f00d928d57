/*
 * time.c - points in time and calendar dates, in UTC, with arithmetic of our
 * own instead of libc and its time zones. RFC 3339.
 */
#include "time.h"

#include <string.h>

#define DAY ((int64_t)86400)
#define FIRST_SECOND (-(int64_t)62167219200) /* 0000-01-01T00:00:00Z */
#define LAST_SECOND ((int64_t)253402300799)  /* 9999-12-31T23:59:59Z */
#define DAYS_TO_EPOCH 719468                 /* from 0000-03-01 */
#define DAYS_OF_400_YEARS 146097

const char ms_month_names[] = "JanFebMarAprMayJunJulAugSepOctNovDec";
const char ms_weekday_names[] = "SunMonTueWedThuFriSat";

int
ms_time_name(const char *names, const char *p)
{
	/* Only a letter becomes a lower-case letter when 0x20 is set. */
	for (const char *n = names; *n != '\0'; n += 3)
		if ((p[0] | 0x20) == (n[0] | 0x20) && (p[1] | 0x20) == n[1] &&
		    (p[2] | 0x20) == n[2])
			return (int)(n - names) / 3;
	return -1;
}

/*
 * Returns days since 1970-01-01. The year is assumed to begin in March, so that
 * a leap day is the last day of the year and five months always have 153 days.
 */
static int64_t
days_from_civil(int64_t year, unsigned month, unsigned day)
{
	int64_t y = month <= 2 ? year - 1 : year;
	int64_t era = (y >= 0 ? y : y - 399) / 400;
	unsigned of_era = (unsigned)(y - era * 400);
	unsigned m = month <= 2 ? month + 9 : month - 3;
	unsigned of_year = (153 * m + 2) / 5 + day - 1;
	unsigned n = of_era * 365 + of_era / 4 - of_era / 100 + of_year;

	return era * DAYS_OF_400_YEARS + n - DAYS_TO_EPOCH;
}

static void
civil_from_days(int64_t days, struct ms_civil *c)
{
	int64_t z = days + DAYS_TO_EPOCH;
	int64_t era =
	    (z >= 0 ? z : z - (DAYS_OF_400_YEARS - 1)) / DAYS_OF_400_YEARS;
	unsigned n = (unsigned)(z - era * DAYS_OF_400_YEARS);
	unsigned of_era = (n - n / 1460 + n / 36524 - n / 146096) / 365;
	unsigned of_year = n - (365 * of_era + of_era / 4 - of_era / 100);
	unsigned m = (5 * of_year + 2) / 153;

	c->day = (uint8_t)(of_year - (153 * m + 2) / 5 + 1);
	c->month = (uint8_t)(m < 10 ? m + 3 : m - 9);
	c->year = (int32_t)(of_era + era * 400 + (c->month <= 2));
}

static unsigned
days_of_month(int32_t year, unsigned month)
{
	static const unsigned char days[] = {
	    31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
	bool leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);

	return month == 2 && leap ? 29 : days[month - 1];
}

bool
ms_civil_ok(const struct ms_civil *c)
{
	return c->year >= 0 && c->year <= 9999 && c->month >= 1 &&
	       c->month <= 12 && c->day >= 1 &&
	       c->day <= days_of_month(c->year, c->month) && c->hour <= 23 &&
	       c->minute <= 59 && c->second <= 60;
}

int64_t
ms_time_join(const struct ms_civil *c)
{
	return days_from_civil(c->year, c->month, c->day) * DAY +
	       c->hour * 3600 + c->minute * 60 + c->second;
}

void
ms_time_split(int64_t t, struct ms_civil *c)
{
	int64_t days;
	unsigned rest;

	if (t < FIRST_SECOND)
		t = FIRST_SECOND;
	if (t > LAST_SECOND)
		t = LAST_SECOND;
	days = (t - FIRST_SECOND) / DAY + FIRST_SECOND / DAY;
	rest = (unsigned)(t - days * DAY);
	civil_from_days(days, c);
	c->hour = (uint8_t)(rest / 3600);
	c->minute = (uint8_t)(rest / 60 % 60);
	c->second = (uint8_t)(rest % 60);
}

/* Writes v as `width` digits and returns the position after them. */
static char *
put_digits(char *p, unsigned v, unsigned width)
{
	for (unsigned i = width; i-- > 0; v /= 10)
		p[i] = (char)('0' + v % 10);
	return p + width;
}

static char *
put_clock(char *p, const struct ms_civil *c)
{
	p = put_digits(p, c->hour, 2);
	*p++ = ':';
	p = put_digits(p, c->minute, 2);
	*p++ = ':';
	return put_digits(p, c->second, 2);
}

void
ms_time_format(int64_t t, char out[21])
{
	struct ms_civil c;
	char *p = out;

	ms_time_split(t, &c);
	p = put_digits(p, (unsigned)c.year, 4);
	*p++ = '-';
	p = put_digits(p, c.month, 2);
	*p++ = '-';
	p = put_digits(p, c.day, 2);
	*p++ = 'T';
	p = put_clock(p, &c);
	*p++ = 'Z';
	*p = '\0';
}

void
ms_time_asctime(int64_t t, char out[25])
{
	struct ms_civil c;
	int64_t since_sunday;
	char *p = out;

	ms_time_split(t, &c);
	since_sunday = days_from_civil(c.year, c.month, c.day) + 4;
	since_sunday = (since_sunday % 7 + 7) % 7;
	memcpy(p, ms_weekday_names + 3 * since_sunday, 3);
	p[3] = ' ';
	memcpy(p + 4, ms_month_names + (size_t)3 * (c.month - 1U), 3);
	p[7] = ' ';
	p = put_digits(p + 8, c.day, 2);
	if (p[-2] == '0')
		p[-2] = ' ';
	*p++ = ' ';
	p = put_clock(p, &c);
	*p++ = ' ';
	p = put_digits(p, (unsigned)c.year, 4);
	*p = '\0';
}

/* Parses `width` digits and, unless it is NUL, the byte `next` after them. */
static bool
digits(const char **s, unsigned width, char next, unsigned *out)
{
	const char *p = *s;
	unsigned v = 0;

	for (; width > 0; width--, p++) {
		if (*p < '0' || *p > '9')
			return false;
		v = v * 10 + (unsigned)(*p - '0');
	}
	if (next != '\0' && *p++ != next)
		return false;
	*s = p;
	*out = v;
	return true;
}

bool
ms_time_parse(const char *s, int64_t *out)
{
	unsigned year, month, day, hour, minute, second = 0;
	struct ms_civil c;

	if (!digits(&s, 4, '-', &year) || !digits(&s, 2, '-', &month) ||
	    !digits(&s, 2, 'T', &day) || !digits(&s, 2, ':', &hour) ||
	    !digits(&s, 2, '\0', &minute))
		return false;
	if (*s == ':' && (s++, !digits(&s, 2, '\0', &second)))
		return false;
	if (strcmp(s, "Z") != 0 && strcmp(s, "+00:00") != 0 &&
	    strcmp(s, "-00:00") != 0)
		return false;
	c = (struct ms_civil){.year = (int32_t)year,
	    .month = (uint8_t)month,
	    .day = (uint8_t)day,
	    .hour = (uint8_t)hour,
	    .minute = (uint8_t)minute,
	    .second = (uint8_t)second};
	if (!ms_civil_ok(&c))
		return false;
	*out = ms_time_join(&c);
	return true;
}
