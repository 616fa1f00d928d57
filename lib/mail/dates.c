/*
 * dates.c - the two dates of a message, sent and arrived. ms-archive(5), Dates.
 */
#include "dates.h"

#include <stdio.h>
#include <string.h>

#include "time.h"

#define DAY 86400
#define YEAR_1971 31536000
#define DOS_EPOCH 315532800 /* 1980-01-01T00:00:00Z */
#define GIT_DATE 1000684800 /* 2001-09-17T00:00:00Z: git format-patch */

static const char *const names[MS_RAW_KINDS] = {
    [MS_RAW_UNSTATED] = "",
    [MS_RAW_INTERNALDATE] = "internaldate",
    [MS_RAW_FROM_LINE] = "from-line",
    [MS_RAW_THUNDERBIRD] = "thunderbird",
    [MS_RAW_MTIME] = "mtime",
    [MS_RAW_FILE] = "file",
    [MS_RAW_NONE] = "none",
};

static bool
is_of_file(struct ms_raw_date raw)
{
	return raw.kind == MS_RAW_MTIME || raw.kind == MS_RAW_FILE ||
	       raw.kind == MS_RAW_UNSTATED;
}

bool
ms_raw_is_date(struct ms_raw_date raw)
{
	switch (raw.kind) {
	case MS_RAW_NONE:
		return false;
	case MS_RAW_INTERNALDATE:
		return raw.date != 0;
	case MS_RAW_FROM_LINE:
	case MS_RAW_THUNDERBIRD:
		return raw.date >= YEAR_1971 && raw.date != DOS_EPOCH &&
		       raw.date != GIT_DATE;
	default: /* of a file, where a DOS date is in local time */
		return raw.date >= DOS_EPOCH + DAY && raw.date != GIT_DATE;
	}
}

static bool
begins(const char *s, const char *with)
{
	return strncmp(s, with, strlen(with)) == 0;
}

enum ms_raw_kind
ms_raw_unstated(const char *source)
{
	return source == NULL || begins(source, "imap:") ||
		       begins(source, "imaps:")
		   ? MS_RAW_INTERNALDATE
		   : MS_RAW_MTIME;
}

static bool
within(int64_t a, int64_t b, uint64_t seconds)
{
	return (a > b ? (uint64_t)a - (uint64_t)b
		      : (uint64_t)b - (uint64_t)a) <= seconds;
}

/* Does the date of the source count before those of the header? */
static bool
is_arrival(const struct ms_desc *desc, struct ms_raw_date raw)
{
	if (!ms_raw_is_date(raw))
		return false;
	if (raw.kind == MS_RAW_INTERNALDATE || raw.kind == MS_RAW_FROM_LINE)
		return true;
	return (raw.kind == MS_RAW_MTIME || raw.kind == MS_RAW_UNSTATED) &&
	       (desc->bits & MS_DESC_RECEIVED) != 0 &&
	       within(raw.date, desc->received, DAY);
}

static bool
arrived(const struct ms_desc *desc, struct ms_raw_date raw, int64_t *out)
{
	bool known = is_arrival(desc, raw);

	if (!known && (desc->bits & MS_DESC_RECEIVED) != 0)
		*out = desc->received;
	else if (!known && (desc->bits & MS_DESC_DATE) != 0)
		*out = desc->date;
	else if (known || (is_of_file(raw) && ms_raw_is_date(raw)))
		*out = raw.date;
	else
		return false;
	return true;
}

struct ms_dates
ms_dates_of(const struct ms_desc *desc, struct ms_raw_date raw)
{
	bool has_date = (desc->bits & MS_DESC_DATE) != 0;
	bool has_received = (desc->bits & MS_DESC_RECEIVED) != 0;
	struct ms_dates d = {0};

	d.known = arrived(desc, raw, &d.arrived);
	if (has_date &&
	    (!has_received || within(desc->date, desc->received, 7 * DAY)))
		d.sent = desc->date;
	else
		d.sent = has_received ? desc->received : d.arrived;
	return d;
}

void
ms_raw_format(struct ms_raw_date raw, char out[MS_RAW_TEXT])
{
	char date[21];

	ms_time_format(raw.date, date);
	snprintf(out, MS_RAW_TEXT, "%s%s%s", names[raw.kind],
	    raw.kind == MS_RAW_NONE ? "" : " ",
	    raw.kind == MS_RAW_NONE ? "" : date);
}

bool
ms_raw_parse(const char *text, struct ms_raw_date *out)
{
	size_t n = strcspn(text, " ");
	int64_t date = 0;

	for (int kind = MS_RAW_INTERNALDATE; kind < MS_RAW_KINDS; kind++) {
		if (strlen(names[kind]) != n ||
		    memcmp(text, names[kind], n) != 0)
			continue;
		if (kind == MS_RAW_NONE
			? text[n] != '\0'
			: text[n] == '\0' ||
			      !ms_time_parse(text + n + 1, &date))
			return false;
		*out = (struct ms_raw_date){date, (uint8_t)kind};
		return true;
	}
	return false;
}
