/* term.c - the values of terms: parses dates and matches names with patterns.
 * ms-query(7), Dates and Names. */
#include "impl.h"
#include "time.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

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
static bool
relative_date(const char *s, size_t n, int64_t now, int64_t *out)
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
		*out = now - count * 86400;
		return true;
	case 'w':
		*out = now - count * 7 * 86400;
		return true;
	case 'm':
		return months_before(now, count, out);
	case 'y':
		return months_before(now, count * 12, out);
	default:
		return false;
	}
}

/* 2024, 2024-03, 2024-03-01, 2024-03-01T10:00[:00][Z]: the first moment. */
static bool
absolute_date(const char *s, size_t n, int64_t *out)
{
	static const char shape[] = "dddd-dd-ddTdd:dd:ddZ";
	char full[] = "0000-01-01T00:00:00Z";

	if (n > 0 && s[n - 1] == 'Z')
		n = n == 17 || n == 20 ? n - 1 : 0;
	if (n != 4 && n != 7 && n != 10 && n != 16 && n != 19)
		return false;
	for (size_t i = 0; i < n; i++)
		if (shape[i] == 'd' ? s[i] < '0' || s[i] > '9'
				    : s[i] != shape[i])
			return false;
	memcpy(full, s, n);
	return ms_time_parse(full, out);
}

bool
ms_query_date(const char *s, size_t n, int64_t now, int64_t *out)
{
	return relative_date(s, n, now, out) || absolute_date(s, n, out);
}

/* ---- patterns ---- */

bool
ms_query_glob(const char *pattern, const char *text)
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
