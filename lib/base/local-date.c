/* local-date.c - dates in local time. See local-date.h. */
#include "local-date.h"

#include <stdbool.h>
#include <string.h>
#include <time.h>

/* Appends the part of a date that this letter means. False: none. */
static bool
add_part(struct ms_buf *out, char letter, const struct tm *tm)
{
	static const char letters[] = "YmdHMS";
	const int parts[] = {tm->tm_year + 1900, tm->tm_mon + 1, tm->tm_mday,
	    tm->tm_hour, tm->tm_min, tm->tm_sec};
	const char *at = letter != '\0' ? strchr(letters, letter) : NULL;

	if (letter == '%')
		ms_buf_add_byte(out, '%');
	else if (at != NULL)
		ms_buf_printf(
		    out, "%0*d", letter == 'Y' ? 4 : 2, parts[at - letters]);
	return letter == '%' || at != NULL;
}

int
ms_local_date(struct ms_buf *out, const char *format, int64_t time)
{
	time_t t = (time_t)time;
	struct tm tm = {0};

	if (localtime_r(&t, &tm) == NULL)
		return 0;
	for (; *format != '\0'; format++) {
		if (*format != '%')
			ms_buf_add_byte(out, (unsigned char)*format);
		else if (!add_part(out, *++format, &tm))
			return -1;
	}
	return 0;
}
