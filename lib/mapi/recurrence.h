/*
 * recurrence.h - the blob that describes a series of appointments. [MS-OXOCAL],
 * 2.2.1.44. Layer: private to mapi.
 */
#ifndef MS_MAPI_RECURRENCE_H
#define MS_MAPI_RECURRENCE_H
#include "item.h"

/* Dates and times are local, as seconds since the epoch. */
struct ms_mapi_recurrence {
	unsigned frequency; /* 0x200a daily, weekly, monthly, 0x200d yearly */
	unsigned pattern;   /* 0 day, 1 week, 2 month, 3 nth of a month, 4 last
			       day of a month */
	uint32_t period;    /* minutes, weeks or months */
	uint32_t days;      /* bits from Sunday on, or the day of a month */
	uint32_t nth;       /* 1 to 5, the last */
	uint32_t end_type, count, first_weekday;
	int64_t start, end;       /* the first appointment and its end */
	int64_t last;             /* the last one, if end_type is by date */
	struct ms_slice deleted;  /* minutes since 1601 */
	struct ms_slice modified; /* likewise */
	struct ms_slice changes;  /* ms_mapi_change_next() */
	unsigned change_count;
};
#define MS_MAPI_END_DATE 0x2021
#define MS_MAPI_END_COUNT 0x2022

/* Reads the blob, of which the result has views. */
bool ms_mapi_recurrence_read(
    struct ms_slice blob, struct ms_mapi_recurrence *out);
/* Date i of a list of dates (midnight); false: it has no more. */
bool ms_mapi_recurrence_date(struct ms_slice list, size_t i, int64_t *out);
/* Appends the value of RRULE. bias: seconds from local time to UTC. */
void ms_mapi_recurrence_rule(
    const struct ms_mapi_recurrence *r, int64_t bias, struct ms_buf *out);

/* An appointment of the series that differs. */
struct ms_mapi_change {
	int64_t start, end, original;
	struct ms_slice subject, location; /* in a code page, or empty */
};
/* Takes the next one from r->changes. */
bool ms_mapi_change_next(
    struct ms_mapi_recurrence *r, struct ms_mapi_change *out);

#endif
