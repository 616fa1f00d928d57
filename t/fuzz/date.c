/* date.c - fuzzes dates, and the conversion of times in both directions. */
#include "fuzz.h"
#include "mail.h"
#include "time.h"

#include <stdlib.h>
#include <string.h>

const struct fuzz_seed fuzz_seeds[] = {
    SEED("Fri, 20 Nov 2026 10:00:00 +0100 (CET)"),
    SEED("(a (b\\)))Fri Nov 20 10:00:00.5 MET DST 2026"),
    SEED("2026-11-20T10:00:00Z"), SEED("2026-11-20T10:00:00+00:00"),
    SEED("20.11.2026 12.00.01 AM"), SEED("11/20/2026 12:00 PM GMT+02:30"),
    SEED("1 Jan 0102 23:59:60 -500"), SEED("31 Dec 9999 23:59:59 -2359"),
    SEEDS_END};

/* A time within the years 0..9999 is written and read again. */
static void
check_moment(int64_t t)
{
	struct ms_civil c;
	char s[25];
	int64_t again;

	ms_time_split(t, &c);
	require(ms_civil_ok(&c));
	again = ms_time_join(&c);
	ms_time_format(t, s);
	require(strlen(s) == 20 && ms_time_parse(s, &t) && t == again);
	ms_time_asctime(t, s);
	require(strlen(s) == 24);
	require(c.year < 1900 ||
		(ms_mail_date(ms_slice_str(s), &again) && again == t));
}

int
LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
	struct ms_slice text = {p, n};
	char *s = ms_xstrndup(p, n);
	int64_t t;

	if (ms_mail_date(text, &t))
		check_moment(t);
	if (ms_time_parse(s, &t))
		check_moment(t);
	free(s);
	if (n >= sizeof(t)) {
		memcpy(&t, p, sizeof(t));
		check_moment(t);
	}
	return 0;
}
