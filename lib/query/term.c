/* term.c - the values of terms: parses dates and matches names with patterns.
 * ms-query(7), Dates and Names. */
#include "impl.h"
#include "time.h"
#include "utf8.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#define DAY ((int64_t)86400)

/* ---- dates ---- */

static bool
all_digits(const char *s, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (s[i] < '0' || s[i] > '9')
			return false;
	return n > 0;
}

/* Gives the same time of day some months earlier, on the last day of that month
 * if it is too short. */
static bool
months_before(int64_t now, long months, int64_t *out)
{
	struct ms_civil c;
	long month;

	ms_time_split(now, &c);
	month = c.year * 12L + c.month - 1 - months;
	if (month < 0)
		return false;
	c.year = (int32_t)(month / 12);
	c.month = (uint8_t)(month % 12 + 1);
	while (!ms_civil_ok(&c))
		c.day--;
	*out = ms_time_join(&c);
	return true;
}

/* 90d, 12h, 2w, 6m, 10y: this long before now. */
bool
ms_query_age(const char *s, size_t n, int64_t now, int64_t *out)
{
	long count;

	if (n < 2 || n > 6 || !all_digits(s, n - 1))
		return false;
	count = strtol(s, NULL, 10);
	switch (s[n - 1]) {
	case 'h':
		*out = now - count * 3600;
		return true;
	case 'd':
		*out = now - count * DAY;
		return true;
	case 'w':
		*out = now - count * 7 * DAY;
		return true;
	case 'm':
		return months_before(now, count, out);
	case 'y':
		return months_before(now, count * 12, out);
	default:
		return false;
	}
}

static int64_t
day_of(int64_t t)
{
	int64_t second = t % DAY;

	return t - (second < 0 ? second + DAY : second);
}

static bool
word_is(const char *s, size_t n, const char *word)
{
	return n == strlen(word) && memcmp(s, word, n) == 0;
}

/* today, yesterday: the days before this one. */
static bool
named_day(const char *s, size_t n, int64_t now, int64_t *out)
{
	if (!word_is(s, n, "today") && !word_is(s, n, "yesterday"))
		return false;
	*out = day_of(now) - (*s == 'y' ? DAY : 0);
	return true;
}

/* Reads the zone at the end of a time, Z or +01:00; *n becomes the length of
 * what is before it. */
static bool
read_zone(const char *s, size_t *n, int64_t *seconds)
{
	const char *zone = s + *n - 6;

	*seconds = 0;
	if (*n == 17 || *n == 20) {
		--*n;
		return s[*n] == 'Z';
	}
	if (*n != 22 && *n != 25)
		return *n == 16 || *n == 19 || *n <= 10;
	if ((*zone != '+' && *zone != '-') || !all_digits(zone + 1, 2) ||
	    zone[3] != ':' || !all_digits(zone + 4, 2))
		return false;
	*seconds =
	    strtol(zone + 1, NULL, 10) * 3600 + strtol(zone + 4, NULL, 10) * 60;
	if (*seconds >= DAY || zone[4] > '5')
		return false;
	if (*zone == '-')
		*seconds = -*seconds;
	*n -= 6;
	return true;
}

/*
 * 2024, 2024-03, 2024-03-01, 2024-03-01T10:00[:00][Z|+01:00]: the first moment.
 * *used receives how many bytes were given without a zone.
 */
static bool
absolute_date(const char *s, size_t n, size_t *used, int64_t *out)
{
	static const char shape[] = "dddd-dd-ddTdd:dd:dd";
	char full[] = "0000-01-01T00:00:00Z";
	int64_t zone;

	if (n > 25 || !read_zone(s, &n, &zone))
		return false;
	if (n != 4 && n != 7 && n != 10 && n != 16 && n != 19)
		return false;
	for (size_t i = 0; i < n; i++)
		if (shape[i] != 'd' ? s[i] != shape[i]
				    : s[i] < '0' || s[i] > '9')
			return false;
	memcpy(full, s, n);
	*used = n;
	if (!ms_time_parse(full, out))
		return false;
	*out -= zone;
	return true;
}

/* With slashes, as people write it in Gmail: 2024/03/01. */
static bool
slashed_date(const char *s, size_t n, size_t *used, int64_t *out)
{
	char text[11];

	if (n != 10 || s[4] != '/' || s[7] != '/')
		return false;
	memcpy(text, s, 10);
	text[4] = text[7] = '-';
	return absolute_date(text, n, used, out);
}

bool
ms_query_date(const char *s, size_t n, int64_t now, int64_t *out)
{
	size_t used;

	return ms_query_age(s, n, now, out) || named_day(s, n, now, out) ||
	       absolute_date(s, n, &used, out) ||
	       slashed_date(s, n, &used, out);
}

/* The moment after a period that begins with `since`; used: bytes that name it.
 */
static int64_t
period_end(int64_t since, size_t used)
{
	struct ms_civil c;

	if (used > 7)
		return since + (used == 10 ? DAY : used == 16 ? 60 : 1);
	ms_time_split(since, &c);
	if (used == 4 || c.month == 12) {
		c.year++;
		c.month = 1;
	} else {
		c.month++;
	}
	return c.year > 9999 ? INT64_MAX : ms_time_join(&c);
}

bool
ms_query_period(
    const char *s, size_t n, int64_t now, int64_t *since, int64_t *before)
{
	size_t used = 10;

	if (ms_query_age(s, n, now, since))
		*since = day_of(*since);
	else if (!named_day(s, n, now, since) &&
		 !absolute_date(s, n, &used, since) &&
		 !slashed_date(s, n, &used, since))
		return false;
	*before = period_end(*since, used);
	return true;
}

/* ---- patterns ---- */

bool
ms_query_glob_bytes(const char *pattern, const char *text)
{
	const char *star = NULL, *resume = NULL;

	while (*text != '\0') {
		if (*pattern == '*') {
			star = pattern++;
			resume = text;
		} else if (*pattern == *text) {
			pattern++;
			text++;
		} else if (star != NULL) {
			pattern = star + 1;
			text = ++resume;
		} else {
			return false;
		}
	}
	while (*pattern == '*')
		pattern++;
	return *pattern == '\0';
}

bool
ms_query_glob(const char *pattern, const char *name)
{
	struct ms_buf key = {0};
	bool yes;

	ms_utf8_name_key(ms_slice_str(name), &key);
	yes = ms_query_glob_bytes(pattern, ms_buf_str(&key));
	ms_buf_release(&key);
	return yes;
}

/* Is the first level INBOX, in any case? */
static bool
is_inbox(const char *name)
{
	return strncasecmp(name, "INBOX", 5) == 0 &&
	       (name[5] == '\0' || name[5] == '/' || name[5] == '*');
}

bool
ms_query_glob_folder(const char *pattern, const char *folder)
{
	if (is_inbox(pattern) && is_inbox(folder))
		return ms_query_glob(pattern + 5, folder + 5);
	return ms_query_glob(pattern, folder);
}
