/* output.c - the name of the file to which an export profile writes.
 * ms-profile(5), output. */
#include "common.h"

#include <string.h>
#include <time.h>

/* Appends the part of a date that this letter means. False: none. */
static bool
add_date_part(struct ms_buf *out, char letter, const struct tm *tm)
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

char *
profile_output(const char *output, int64_t now, struct ms_err *err)
{
	struct ms_buf out = {0};
	time_t t = (time_t)now;
	struct tm tm;

	localtime_r(&t, &tm);
	for (; *output != '\0'; output++) {
		if (*output != '%') {
			ms_buf_add_byte(&out, (unsigned char)*output);
		} else if (!add_date_part(&out, *++output, &tm)) {
			ms_fail(err, MS_USAGE,
			    "output: unknown %% sequence (try %%Y %%m %%d %%H "
			    "%%M %%S %%%%)");
			ms_buf_release(&out);
			return NULL;
		}
	}
	return ms_buf_str(&out);
}
