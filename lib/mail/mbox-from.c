/*
 * mbox-from.c - From_ lines: whether they begin a message, and their dates.
 * ms-stream(5), Foreign mboxes.
 */
#include "mbox.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "mail.h"
#include "time.h"

/* An iterator over the words of a From_ line. */
struct words {
	const unsigned char *p, *end; /* the rest of the line */
	struct ms_slice word;
};

static bool
next_word(struct words *w)
{
	while (w->p < w->end && (*w->p == ' ' || *w->p == '\t'))
		w->p++;
	w->word.p = w->p;
	while (w->p < w->end && *w->p != ' ' && *w->p != '\t')
		w->p++;
	w->word.n = (size_t)(w->p - w->word.p);
	return w->word.n > 0;
}

/* The index of a three-letter name in `names`, or -1. */
static int
name_of(struct ms_slice word, const char *names)
{
	return word.n == 3 ? ms_time_name(names, (const char *)word.p) : -1;
}

/*
 * Parses a word of min to max digits as a decimal number. Returns -1 if it is
 * not one.
 */
static int
number_of(struct ms_slice word, size_t min, size_t max)
{
	int v = 0;

	if (word.n < min || word.n > max)
		return -1;
	for (size_t i = 0; i < word.n; i++) {
		if (word.p[i] < '0' || word.p[i] > '9')
			return -1;
		v = 10 * v + (word.p[i] - '0');
	}
	return v;
}

/* Parses HH:MM or HH:MM:SS; the hour can have one digit. */
static bool
time_of(struct ms_slice word, int *hour, int *minute, int *second)
{
	struct ms_slice part[3];
	size_t parts = 0, from = 0;

	for (size_t i = 0; i <= word.n; i++) {
		if (i < word.n && word.p[i] != ':')
			continue;
		if (parts == 3)
			return false;
		part[parts++] = (struct ms_slice){word.p + from, i - from};
		from = i + 1;
	}
	if (parts < 2)
		return false;
	*hour = number_of(part[0], 1, 2);
	*minute = number_of(part[1], 2, 2);
	*second = parts == 3 ? number_of(part[2], 2, 2) : 0;
	return *hour >= 0 && *hour < 24 && *minute >= 0 && *minute < 60 &&
	       *second >= 0 && *second <= 60;
}

/* "+0100", or up to five letters, which ms_mail_date() may know. */
static bool
is_zone(struct ms_slice word)
{
	struct ms_slice digits = {word.p + 1, word.n - 1};

	if (word.n == 5 && (word.p[0] == '+' || word.p[0] == '-'))
		return number_of(digits, 4, 4) >= 0;
	for (size_t i = 0; i < word.n; i++)
		if ((word.p[i] | 0x20) < 'a' || (word.p[i] | 0x20) > 'z')
			return false;
	return word.n <= 5;
}

struct date {
	int day, month, year, hour, minute, second;
	struct ms_slice zone; /* the first zone, or empty */
};

/* Parses "Jan 5 10:00:00 2026"; zones can stand before or after the year. */
static bool
ctime_date(struct words w, struct date *d)
{
	d->month = name_of(w.word, ms_month_names);
	if (d->month < 0 || !next_word(&w))
		return false;
	d->day = number_of(w.word, 1, 2);
	if (!next_word(&w) ||
	    !time_of(w.word, &d->hour, &d->minute, &d->second))
		return false;
	for (int zones = 0;; zones++) {
		if (!next_word(&w))
			return false;
		d->year = number_of(w.word, 4, 4);
		if (d->year >= 0)
			break;
		if (zones == 2 || !is_zone(w.word))
			return false;
		if (zones == 0)
			d->zone = w.word;
	}
	if (d->zone.n == 0 && next_word(&w) && is_zone(w.word))
		d->zone = w.word;
	return true;
}

/* Parses "5 Jan 2026 10:00:00 +0000". */
static bool
mail_date(struct words w, struct date *d)
{
	d->day = number_of(w.word, 1, 2);
	if (d->day < 0 || !next_word(&w))
		return false;
	d->month = name_of(w.word, ms_month_names);
	if (d->month < 0 || !next_word(&w))
		return false;
	d->year = number_of(w.word, 4, 4);
	if (d->year < 0 || !next_word(&w) ||
	    !time_of(w.word, &d->hour, &d->minute, &d->second))
		return false;
	if (next_word(&w) && is_zone(w.word))
		d->zone = w.word;
	return true;
}

/*
 * Finds the day of the week, which begins a date, and parses the date after it.
 */
static bool
find_date(struct ms_slice from, struct date *d)
{
	struct words w = {from.p + 4, from.p + from.n, {0}};
	struct ms_slice day;

	while (next_word(&w)) {
		day = w.word;
		if (day.n == 4 && day.p[3] == ',')
			day.n = 3;
		if (name_of(day, ms_weekday_names) < 0)
			continue;
		struct words rest = w;
		if (!next_word(&rest))
			return false;
		*d = (struct date){0};
		if (ctime_date(rest, d))
			return d->day >= 1 && d->day <= 31;
		*d = (struct date){0};
		if (mail_date(rest, d))
			return d->day >= 1 && d->day <= 31;
	}
	return false;
}

static bool
begins_from(struct ms_slice line)
{
	return line.n >= 5 && memcmp(line.p, "From ", 5) == 0;
}

/*
 * A date with a zone, or before MS_YEAR_FIRST, is parsed like the Date field of
 * a message.
 */
static bool
read_as_mail(const struct date *d, int64_t *out)
{
	char text[64];

	snprintf(text, sizeof(text), "%d %.3s %04d %02d:%02d:%02d %.*s", d->day,
	    ms_month_names + (ptrdiff_t)3 * d->month, d->year, d->hour,
	    d->minute, d->second, (int)d->zone.n, (const char *)d->zone.p);
	return ms_mail_date(ms_slice_str(text), out);
}

bool
ms_mbox_date(struct ms_slice from, int64_t *out)
{
	struct ms_civil c;
	struct date d;

	if (!begins_from(from) || !find_date(from, &d))
		return false;
	if (d.zone.n > 0 || d.year < MS_YEAR_FIRST)
		return read_as_mail(&d, out);
	c = (struct ms_civil){.year = d.year,
	    .month = (uint8_t)(d.month + 1),
	    .day = (uint8_t)d.day,
	    .hour = (uint8_t)d.hour,
	    .minute = (uint8_t)d.minute,
	    .second = (uint8_t)d.second};
	if (!ms_civil_ok(&c))
		return false;
	*out = ms_time_join(&c);
	return true;
}

/* git format-patch: "From " 40 or 64 hex digits " Mon Sep 17 00:00:00 2001" */
static bool
is_git(struct ms_slice from)
{
	static const char magic[] = " Mon Sep 17 00:00:00 2001";
	size_t n = sizeof(magic) - 1, hex = 5;

	while (hex < from.n &&
	       strchr("0123456789abcdef", from.p[hex]) != NULL &&
	       from.p[hex] != '\0')
		hex++;
	return (hex == 5 + 40 || hex == 5 + 64) && from.n == hex + n &&
	       memcmp(from.p + hex, magic, n) == 0;
}

enum ms_mbox_style
ms_mbox_style(struct ms_slice from)
{
	struct words w = {from.p + 5, from.p + from.n, {0}};
	struct date d;

	if (!begins_from(from))
		return MS_MBOX_STYLE_NONE;
	if (is_git(from))
		return MS_MBOX_STYLE_GIT;
	if (find_date(from, &d))
		return MS_MBOX_STYLE_DATED;
	if (next_word(&w) && !next_word(&w))
		return MS_MBOX_STYLE_WORD;
	return MS_MBOX_STYLE_NONE;
}

int
ms_mbox_field(const unsigned char *p, size_t n, bool eof)
{
	size_t i = 0;

	while (i < n && i < MS_MBOX_FIELD_MAX && p[i] > ' ' && p[i] < 0x7f &&
	       p[i] != ':')
		i++;
	if (i == 0 && n > 0)
		return 0;
	while (i < n && i < MS_MBOX_FIELD_MAX && (p[i] == ' ' || p[i] == '\t'))
		i++;
	if (i < n)
		return i < MS_MBOX_FIELD_MAX && p[i] == ':';
	return eof || i == MS_MBOX_FIELD_MAX ? 0 : -1;
}

int
ms_mbox_header(const unsigned char *p, size_t n, bool eof)
{
	static const char from[] = ">From ";
	size_t len = sizeof(from) - 1;

	if (memcmp(p, from, n < len ? n : len) == 0)
		return n >= len ? 1 : eof ? 0 : -1;
	return ms_mbox_field(p, n, eof);
}

int
ms_mbox_looks(const unsigned char *p, size_t n, bool eof)
{
	const unsigned char *lf;
	struct ms_slice line;
	size_t i = 0;

	while (i < n && (p[i] == '\n' || p[i] == '\r'))
		i++;
	p += i;
	n -= i;
	if (n < 5)
		return !eof && (n == 0 || memcmp(p, "From ", n) == 0) ? -1 : 0;
	if (memcmp(p, "From ", 5) != 0)
		return 0;
	lf = memchr(p, '\n', n < MS_MBOX_FROM_MAX ? n : MS_MBOX_FROM_MAX);
	if (lf == NULL)
		return eof || n >= MS_MBOX_FROM_MAX ? 0 : -1;
	line = (struct ms_slice){p, (size_t)(lf - p)};
	if (line.n > 0 && line.p[line.n - 1] == '\r')
		line.n--;
	if (ms_mbox_style(line) == MS_MBOX_STYLE_DATED ||
	    ms_mbox_style(line) == MS_MBOX_STYLE_GIT)
		return 1;
	n -= (size_t)(lf + 1 - p);
	return ms_mbox_field(lf + 1, n, eof);
}
