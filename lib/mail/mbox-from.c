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

/* The word before a sign that an offset can begin with, or all of it. */
static struct ms_slice
before_sign(struct ms_slice word)
{
	size_t n = 0;

	while (n < word.n && word.p[n] != '+' && word.p[n] != '-')
		n++;
	return (struct ms_slice){word.p, n};
}

/* Whether the bytes are empty or an offset: "+0100", "-05:30", "+1". */
static bool
is_offset(const unsigned char *p, size_t n)
{
	size_t digits = 0;

	if (n == 0)
		return true;
	if ((p[0] != '+' && p[0] != '-') || n < 2 || n > 6)
		return false;
	for (size_t i = 1; i < n; i++) {
		if (p[i] == ':' && n == 6 && i == 3)
			continue;
		if (p[i] < '0' || p[i] > '9')
			return false;
		digits++;
	}
	return digits <= 4;
}

/*
 * Parses HH:MM or HH:MM:SS; the hour can have one digit. An offset that
 * directly follows is ignored: programs that write one there write the time in
 * UTC (ms-quirks(7), Mailbox files).
 */
static bool
time_of(struct ms_slice word, int *hour, int *minute, int *second)
{
	struct ms_slice part[3];
	size_t parts = 0, from = 0, all = word.n;

	word = before_sign(word);
	if (!is_offset(word.p + word.n, all - word.n))
		return false;
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

/*
 * "+0100", "GMT+0100", or up to five letters, which ms_mail_date() may know.
 */
static bool
is_zone(struct ms_slice word)
{
	struct ms_slice name = before_sign(word);

	for (size_t i = 0; i < name.n; i++)
		if ((name.p[i] | 0x20) < 'a' || (name.p[i] | 0x20) > 'z')
			return false;
	if (name.n == 0 && word.n != 5)
		return false;
	return name.n <= 5 && is_offset(word.p + name.n, word.n - name.n);
}

/* The parts of a date; -1: not found yet. */
struct date {
	int day, month, year, hour, minute, second;
	int zones;
	struct ms_slice zone; /* the first zone, or empty */
};

/* Whether the word is a part of a date that d does not have yet; sets it. */
static bool
take_part(struct date *d, struct ms_slice word)
{
	struct ms_slice day = word;

	if (d->month < 0) {
		d->month = name_of(word, ms_month_names);
		if (d->month >= 0)
			return true;
	}
	if (d->day < 0) {
		if (day.n > 1 && day.p[day.n - 1] == ',')
			day.n--;
		d->day = number_of(day, 1, 2);
		if (d->day >= 0)
			return true;
	}
	if (d->year < 0) {
		d->year = number_of(word, 4, 4);
		if (d->year >= 0)
			return true;
	}
	if (d->hour < 0)
		return d->month >= 0 && d->day >= 0 &&
		       time_of(word, &d->hour, &d->minute, &d->second);
	if (!is_zone(word) || ++d->zones > 2)
		return false;
	if (d->zone.n == 0)
		d->zone = word;
	return true;
}

/*
 * Parses what follows the day of the week: "Jan 5 10:00:00 2026", "5 Jan 2026
 * 10:00:00 +0000", "Jan 5 2026 10:00:00 GMT+0000". Zones follow the time.
 */
static bool
date_parts(struct words w, struct date *d)
{
	*d = (struct date){.day = -1, .month = -1, .year = -1, .hour = -1};
	while (d->month < 0 || d->day < 0 || d->year < 0 || d->hour < 0)
		if (!next_word(&w) || !take_part(d, w.word))
			return false;
	if (d->zone.n == 0 && next_word(&w) && is_zone(w.word))
		d->zone = w.word;
	return d->day >= 1 && d->day <= 31;
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
		if (name_of(day, ms_weekday_names) >= 0 && date_parts(w, d))
			return true;
	}
	return false;
}

/*
 * Finds a date of ISO 8601 with a time. Text can contain such dates, so only
 * the sender may precede it, and only a zone may follow.
 */
static bool
find_iso_date(struct ms_slice from, struct ms_slice *date)
{
	struct words w = {from.p + 5, from.p + from.n, {0}};
	struct ms_slice year, part;

	(void)next_word(&w); /* the sender */
	if (!next_word(&w))
		return false;
	date->p = w.word.p;
	date->n = (size_t)(from.p + from.n - date->p);
	year = (struct ms_slice){w.word.p, 4};
	if (w.word.n < 10 || number_of(year, 4, 4) < 0 || w.word.p[4] != '-' ||
	    w.word.p[7] != '-')
		return false;
	part = (struct ms_slice){w.word.p + 10, w.word.n - 10};
	if (part.n == 0) {
		if (!next_word(&w))
			return false;
		part = w.word;
	} else {
		if (*part.p++ != 'T')
			return false;
		part.n--;
	}
	if (part.n < 5 || part.p[2] != ':')
		return false;
	if (next_word(&w) && !is_zone(w.word))
		return false;
	return !next_word(&w);
}

static bool
begins_from(struct ms_slice line)
{
	return line.n >= 5 && memcmp(line.p, "From ", 5) == 0;
}

/* "From : x" is a header field (RFC 5322, 4.5.3). */
static bool
is_from_field(struct ms_slice from)
{
	size_t i = 4;

	while (i < from.n && (from.p[i] == ' ' || from.p[i] == '\t'))
		i++;
	return i < from.n && from.p[i] == ':';
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
	struct ms_slice iso;
	struct ms_civil c;
	struct date d;

	if (!begins_from(from) || is_from_field(from))
		return false;
	if (find_iso_date(from, &iso))
		return ms_mail_date(iso, out);
	if (!find_date(from, &d))
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

bool
ms_mbox_thunderbird(struct ms_slice from)
{
	struct words w = {from.p + 4, from.p + from.n, {0}};

	return begins_from(from) && next_word(&w) && w.word.n == 1 &&
	       *w.word.p == '-' && next_word(&w) &&
	       name_of(w.word, ms_weekday_names) >= 0;
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
	struct ms_slice iso;
	struct date d;

	if (!begins_from(from) || is_from_field(from))
		return MS_MBOX_STYLE_NONE;
	if (is_git(from))
		return MS_MBOX_STYLE_GIT;
	if (find_date(from, &d) || find_iso_date(from, &iso))
		return MS_MBOX_STYLE_DATED;
	if (next_word(&w) && !next_word(&w))
		return MS_MBOX_STYLE_WORD;
	return MS_MBOX_STYLE_OTHER;
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

static bool
is_name_byte(unsigned char c)
{
	return ((c | 0x20) >= 'a' && (c | 0x20) <= 'z') ||
	       (c >= '0' && c <= '9') || c == '-' || c == '_' || c == '.';
}

struct ms_slice
ms_mbox_field_name(struct ms_slice line)
{
	struct ms_slice none = {line.p, 0}, name = none;
	bool letter = false;
	size_t i = 0;

	for (; i < line.n && i < MS_MBOX_FIELD_MAX && is_name_byte(line.p[i]);
	     i++)
		letter = letter || (line.p[i] >= 'A' && line.p[i] != '_');
	name.n = i;
	while (i < line.n && (line.p[i] == ' ' || line.p[i] == '\t'))
		i++;
	if (!letter || i >= MS_MBOX_FIELD_MAX || i >= line.n ||
	    line.p[i] != ':')
		return none;
	if (line.n - i > 2 && line.p[i + 1] == '/' && line.p[i + 2] == '/')
		return none;
	return name;
}

int
ms_mbox_fields(const unsigned char *p, size_t n, bool eof)
{
	const unsigned char *end, *lf;
	struct ms_slice line;
	bool other = false;
	int count = 0;

	if (n >= MS_MBOX_LOOK) {
		n = MS_MBOX_LOOK;
		eof = true;
	}
	for (end = p + n; count < 2; p = lf + 1) {
		lf = memchr(p, '\n', (size_t)(end - p));
		if (lf == NULL && !eof)
			return -1;
		line =
		    (struct ms_slice){p, (size_t)((lf != NULL ? lf : end) - p)};
		if (ms_mbox_field_name(line).n > 0)
			count++;
		else if (count == 0 && !other)
			other = true;
		else if (count == 0 || line.n == 0 || (*p != ' ' && *p != '\t'))
			break;
		if (lf == NULL)
			break;
	}
	return count;
}
