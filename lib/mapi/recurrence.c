/* recurrence.c - reads the description of a series of appointments, and writes
 * its rule. [MS-OXOCAL], 2.2.1.44; RFC 5545, 3.3.10. */
#include "recurrence.h"

#include "le.h"
#include "time.h"

#define EPOCH INT64_C(11644473600) /* seconds from 1601 to 1970 */
#define DAY (24 * 60 * 60)
#define DATES_MAX 10000
#define MINUTES_MAX 1525252320U /* 4500-12-31, about the last of Outlook */

enum {
	DAILY = 0x200a,
	WEEKLY,
	MONTHLY,
	YEARLY
};

/* ---- the blob ---- */

/* Takes a number of n bytes from the blob, which becomes empty at its end. */
static uint32_t
take(struct ms_slice *s, size_t n)
{
	uint32_t value;

	if (s->n < n) {
		s->n = 0;
		s->p = NULL;
		return 0;
	}
	value = n == 2 ? ms_le16(s->p) : ms_le32(s->p);
	*s = (struct ms_slice){s->p + n, s->n - n};
	return value;
}

static struct ms_slice
take_bytes(struct ms_slice *s, size_t n)
{
	struct ms_slice out = {s->p, n};

	if (s->n < n) {
		*s = (struct ms_slice){NULL, 0};
		return *s;
	}
	*s = (struct ms_slice){s->p + n, s->n - n};
	return out;
}

static struct ms_slice
take_dates(struct ms_slice *s)
{
	uint32_t n = take(s, 4);

	if (n > DATES_MAX) {
		*s = (struct ms_slice){NULL, 0};
		return *s;
	}
	return take_bytes(s, (size_t)n * 4);
}

/* Minutes since 1601, as seconds since the epoch. */
static int64_t
of_minutes(uint32_t minutes)
{
	if (minutes > MINUTES_MAX)
		minutes = MINUTES_MAX;
	return (int64_t)minutes * 60 - EPOCH;
}

bool
ms_mapi_recurrence_date(struct ms_slice list, size_t i, int64_t *out)
{
	if (i >= list.n / 4)
		return false;
	*out = of_minutes(ms_le32(list.p + 4 * i));
	return true;
}

static void
take_pattern(struct ms_slice *s, struct ms_mapi_recurrence *r)
{
	r->frequency = take(s, 2);
	r->pattern = take(s, 2);
	(void)take(s, 2); /* the calendar */
	(void)take(s, 4); /* the first date, for a calculation */
	r->period = take(s, 4);
	(void)take(s, 4);
	if (r->pattern != 0)
		r->days = take(s, 4);
	if ((r->pattern & 7) == 3)
		r->nth = take(s, 4);
	r->end_type = take(s, 4);
	r->count = take(s, 4);
	r->first_weekday = take(s, 4);
}

/* The blob must be whole up to the changes; the calendar is the Gregorian one,
 * because RRULE has no other. */
bool
ms_mapi_recurrence_read(struct ms_slice s, struct ms_mapi_recurrence *r)
{
	uint32_t first, last, begins, ends;

	*r = (struct ms_mapi_recurrence){0};
	if (take(&s, 4) != 0x30043004)
		return false;
	take_pattern(&s, r);
	r->deleted = take_dates(&s);
	r->modified = take_dates(&s);
	first = take(&s, 4);
	last = take(&s, 4);
	(void)take(&s, 4);
	(void)take(&s, 4);
	begins = take(&s, 4);
	ends = take(&s, 4);
	if (s.n < 2 || r->frequency < DAILY || r->frequency > YEARLY ||
	    r->pattern > 4 || r->period == 0 || begins > DAY / 60 ||
	    ends > 100U * DAY / 60)
		return false;
	r->start = of_minutes(first) + (int64_t)begins * 60;
	r->end = of_minutes(first) + (int64_t)ends * 60;
	r->last = of_minutes(last) + (int64_t)begins * 60;
	r->change_count = take(&s, 2);
	r->changes = s;
	return true;
}

/* ---- changes ---- */

static struct ms_slice
take_text(struct ms_slice *s)
{
	(void)take(s, 2);
	return take_bytes(s, take(s, 2));
}

bool
ms_mapi_change_next(struct ms_mapi_recurrence *r, struct ms_mapi_change *c)
{
	struct ms_slice *s = &r->changes;
	unsigned flags, i;

	if (r->change_count == 0 || s->n < 14)
		return false;
	r->change_count--;
	*c = (struct ms_mapi_change){.start = of_minutes(take(s, 4))};
	c->end = of_minutes(take(s, 4));
	c->original = of_minutes(take(s, 4));
	flags = take(s, 2);
	for (i = 0; i < 9; i++) {
		if ((flags & 1U << i) == 0)
			continue;
		if (i == 0)
			c->subject = take_text(s);
		else if (i == 4)
			c->location = take_text(s);
		else
			(void)take(s, 4);
	}
	return true;
}

/* ---- the rule ---- */

static void
add_days(struct ms_buf *out, uint32_t days)
{
	static const char names[7][3] = {
	    "SU", "MO", "TU", "WE", "TH", "FR", "SA"};
	const char *between = ";BYDAY=";

	for (unsigned i = 0; i < 7; i++) {
		if ((days & 1U << i) == 0)
			continue;
		ms_buf_printf(out, "%s%s", between, names[i]);
		between = ",";
	}
}

static void
add_day_of_month(struct ms_buf *out, const struct ms_mapi_recurrence *r)
{
	if (r->pattern == 3) {
		add_days(out, r->days);
		ms_buf_printf(out, ";BYSETPOS=%d",
		    r->nth > 4 || r->nth == 0 ? -1 : (int)r->nth);
	} else if (r->pattern == 4 || r->days > 30) {
		ms_buf_add_str(out, ";BYMONTHDAY=-1");
	} else if (r->days > 0) {
		ms_buf_printf(out, ";BYMONTHDAY=%u", r->days);
	}
}

static uint32_t
at_least_one(uint32_t n)
{
	return n > 0 ? n : 1;
}

static void
add_frequency(struct ms_buf *out, const struct ms_mapi_recurrence *r)
{
	struct ms_civil c;

	if (r->frequency == DAILY && r->pattern == 0) {
		ms_buf_printf(out, "FREQ=DAILY;INTERVAL=%u",
		    at_least_one(r->period / (24 * 60)));
	} else if (r->pattern <= 1) { /* every working day is daily, too */
		ms_buf_printf(out, "FREQ=WEEKLY;INTERVAL=%u", r->period);
		add_days(out, r->days);
	} else if (r->frequency == YEARLY) {
		ms_time_split(r->start, &c);
		ms_buf_printf(out, "FREQ=YEARLY;INTERVAL=%u;BYMONTH=%u",
		    at_least_one(r->period / 12), c.month);
		add_day_of_month(out, r);
	} else {
		ms_buf_printf(out, "FREQ=MONTHLY;INTERVAL=%u", r->period);
		add_day_of_month(out, r);
	}
}

void
ms_mapi_recurrence_rule(
    const struct ms_mapi_recurrence *r, int64_t bias, struct ms_buf *out)
{
	struct ms_civil c;

	add_frequency(out, r);
	if (r->end_type == MS_MAPI_END_COUNT && r->count > 0)
		ms_buf_printf(out, ";COUNT=%u", r->count);
	if (r->end_type != MS_MAPI_END_DATE)
		return;
	/* In UTC: half a day later is after the last appointment, and before
	 * the next one, whatever the season. */
	ms_time_split(r->last + bias + DAY / 2, &c);
	ms_buf_printf(out, ";UNTIL=%04d%02u%02uT%02u%02u%02uZ", c.year, c.month,
	    c.day, c.hour, c.minute, c.second);
}
