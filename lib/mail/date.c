/*
 * date.c - dates in mail. RFC 5322, 3.3 and 4.3; RFC 3501, date-time; asctime;
 * ISO 8601; departures: ms-quirks(7), Dates.
 */
#include "date-impl.h"
#include "time.h"

#include <string.h>
#include <strings.h>

#define TOKENS_MAX 32 /* a date has at most 12; the rest is ignored */

enum kind {
	NUMBER,
	WORD
};

/*
 * A run of digits or letters, and the last other character between this run and
 * the one before (a blank if there is none).
 */
struct token {
	enum kind kind;
	unsigned char mark;
	const unsigned char *p;
	size_t n;
	uint64_t value; /* of a NUMBER; of its first 18 digits */
};

/* The parts of the date that are known so far. */
struct date {
	int year, month, day; /* -1: unknown */
	int hour, minute, second;
	bool has_time, has_zone, has_offset;
	int zone; /* seconds east of UTC */
	enum ms_half_day half;
	bool early; /* the month came before any number: or is it a weekday? */
	bool compact;  /* 20261120 */
	bool doubtful; /* a word may mean the other half of the day */
	bool invalid;
};

static bool
is_digit(unsigned char c)
{
	return c >= '0' && c <= '9';
}

static bool
is_letter(unsigned char c)
{
	return ((c | 0x20) >= 'a' && (c | 0x20) <= 'z') || c == MS_DATE_LETTER;
}

size_t
ms_skip_comment(struct ms_slice s, size_t i)
{
	size_t depth = 0;

	for (; i < s.n; i++) {
		if (s.p[i] == '\\')
			i++;
		else if (s.p[i] == '(')
			depth++;
		else if (s.p[i] == ')' && --depth == 0)
			return i + 1;
	}
	return s.n;
}

static void
read_run(struct token *t, const unsigned char *p, const unsigned char *end)
{
	t->p = p;
	t->value = 0;
	t->kind = is_digit(*p) ? NUMBER : WORD;
	if (t->kind == WORD) {
		while (p < end && is_letter(*p))
			p++;
	} else {
		for (; p < end && is_digit(*p); p++)
			if (p - t->p < 18)
				t->value = t->value * 10 + (*p - '0');
	}
	t->n = (size_t)(p - t->p);
}

/* "10h05" means 10:05. */
static bool
is_colon(struct ms_slice s, size_t i)
{
	return (s.p[i] | 0x20) == 'h' && i > 0 && is_digit(s.p[i - 1]) &&
	       i + 1 < s.n && is_digit(s.p[i + 1]);
}

static size_t
tokenize(struct ms_slice s, struct token tokens[TOKENS_MAX])
{
	size_t i = 0, count = 0;
	unsigned char mark = ' ';

	while (i < s.n && count < TOKENS_MAX) {
		unsigned char c = s.p[i];

		if (c == '(') {
			i = ms_skip_comment(s, i);
		} else if (is_colon(s, i)) {
			mark = ':';
			i++;
		} else if (is_digit(c) || is_letter(c)) {
			struct token *t = &tokens[count++];

			t->mark = mark;
			mark = ' ';
			read_run(t, s.p + i, s.p + s.n);
			i += t->n;
		} else {
			if (!ms_is_blank(c))
				mark = c;
			i++;
		}
	}
	return count;
}

/* ---- words ---- */

static struct ms_slice
word_of(const struct token *t)
{
	return (struct ms_slice){t->p, t->n};
}

static bool
word_is(const struct token *t, const char *lower)
{
	return ms_slice_is(word_of(t), lower);
}

/*
 * A word names the month if none is known; or if what is known is "mar", before
 * any number: that is Tuesday in French, Spanish and Italian.
 */
static bool
parse_month(struct date *d, const struct token *t)
{
	bool weekday = d->early && d->day >= 0 && d->year < 0 && !d->has_time;
	int month;

	if (d->month >= 0 && !weekday)
		return false;
	month = ms_date_month(word_of(t));
	if (month == 0) {
		/* "mar. 16" and a month in a language that is not known */
		if (weekday && t->n >= 3)
			d->invalid = true;
		return false;
	}
	d->early = d->day < 0 && d->year < 0 && word_is(t, "mar");
	d->month = month;
	return true;
}

/*
 * The half of the day that a word means, and the number of its tokens: "p. m."
 * has two. Other words than these and "pm" mean it only after the time.
 */
static enum ms_half_day
parse_half(const struct token *t, size_t count, bool after_time, size_t *used)
{
	bool apart = count > 1 && t[1].kind == WORD && word_is(&t[1], "m");

	*used = apart ? 2 : 1;
	if (apart && word_is(t, "a"))
		return MS_HALF_AM;
	if (apart && word_is(t, "p"))
		return MS_HALF_PM;
	*used = 1;
	return after_time || word_is(t, "am") || word_is(t, "pm")
		   ? ms_date_half(word_of(t))
		   : MS_HALF_UNKNOWN;
}

/*
 * Can this word mean a half of the day in a language that is not known? Names
 * of zones have capital letters.
 */
static bool
is_doubtful(const struct token *t, bool after_time)
{
	bool lower = after_time;

	for (size_t i = 0; i < t->n; i++) {
		if (t->p[i] == MS_DATE_LETTER)
			return true;
		lower = lower && t->p[i] >= 'a';
	}
	return lower && *t->p != 'h' && !word_is(t, "z") &&
	       !word_is(t, "uhr") && !word_is(t, "dst");
}

/* Parses a word; after_time: the token before is a part of the time. Returns
 * the number of tokens used. */
static size_t
parse_word(struct date *d, const struct token *t, size_t count, bool after_time)
{
	enum ms_half_day half;
	size_t used;

	if (parse_month(d, t))
		return 1;
	half = parse_half(t, count, after_time, &used);
	if (half != MS_HALF_UNKNOWN) {
		if (d->half == MS_HALF_UNKNOWN)
			d->half = half;
		return used;
	}
	if (d->has_time && word_is(t, "dst")) { /* "MET DST" */
		if (d->has_zone && !d->has_offset)
			d->zone += 3600;
	} else if (d->has_time && !d->has_zone &&
		   ms_date_zone(word_of(t), &d->zone)) {
		d->has_zone = true;
	} else if (is_doubtful(t, after_time)) {
		d->doubtful = true;
	}
	return 1;
}

/* ---- numbers ---- */

/*
 * Parses "10:20", "10:20:30" or "10:20:30.5"; after the day also "10.20.30".
 * Returns the number of tokens used, or 0.
 */
static size_t
parse_time(struct date *d, const struct token *t, size_t count)
{
	unsigned char mark = count > 1 ? t[1].mark : ' ';
	bool more = count > 2 && t[2].kind == NUMBER && t[2].mark == mark &&
		    t[2].n <= 2;

	if (d->has_time || count < 2 || t[0].n > 2 || t[1].kind != NUMBER ||
	    t[1].n > 2)
		return 0;
	if (mark != ':' && (mark != '.' || !more || d->day < 0))
		return 0;
	d->has_time = true;
	d->hour = (int)t[0].value;
	d->minute = (int)t[1].value;
	d->second = more ? (int)t[2].value : 0;
	if (!more)
		return 2;
	return count > 3 && t[3].kind == NUMBER && t[3].mark == '.' ? 4 : 3;
}

/*
 * Parses "+0200", "-500", "+2" or "+02:00". Returns the number of tokens used.
 */
static size_t
parse_offset(struct date *d, const struct token *t, size_t count)
{
	uint64_t hours, minutes;
	size_t used = 1;

	if (t[0].n <= 2) {
		hours = t[0].value;
		minutes = 0;
		if (count > 1 && t[1].kind == NUMBER && t[1].mark == ':') {
			minutes = t[1].value;
			used = 2;
		}
	} else {
		hours = t[0].value / 100;
		minutes = t[0].value % 100;
	}
	d->has_zone = d->has_offset = true;
	d->zone = 0;
	if (hours < 24 && minutes < 60)
		d->zone = (int)(hours * 3600 + minutes * 60);
	if (t[0].mark == '-')
		d->zone = -d->zone;
	return used;
}

/*
 * Parses 2003-11-20 with any of "-/.", and 20.11.2003. With "-" or "/", a date
 * that ends with the year can have the month or the day first: it is used only
 * if one of the two orders is impossible. Returns the number of tokens used, or
 * 0.
 */
static size_t
parse_numeric(struct date *d, const struct token *t, size_t count)
{
	uint64_t a = t[0].value, b, c;

	if (d->month >= 0 || d->day >= 0 || d->year >= 0 || count < 3 ||
	    t[1].kind != NUMBER || t[2].kind != NUMBER ||
	    t[1].mark != t[2].mark ||
	    (t[1].mark != '-' && t[1].mark != '/' && t[1].mark != '.'))
		return 0;
	b = t[1].value;
	c = t[2].value;
	if (t[0].n == 4 && t[1].n <= 2 && t[2].n <= 2) {
		d->year = (int)a;
		d->month = (int)b;
		d->day = (int)c;
	} else if (t[0].n <= 2 && t[1].n <= 2 && t[2].n == 4) {
		bool american = t[1].mark != '.' && a <= 12 && b > 12;

		if (t[1].mark != '.' && a <= 12 && b <= 12 && a != b)
			return 3;
		d->year = (int)c;
		d->month = (int)(american ? a : b);
		d->day = (int)(american ? b : a);
	} else {
		return 0;
	}
	return 3;
}

/* RFC 5322, 4.3; and "0102", which faulty programs wrote for 2002. */
static void
parse_year(struct date *d, const struct token *t)
{
	d->year = t->value > 9999 ? 10000 : (int)t->value;
	if (t->n <= 2)
		d->year += d->year < 50 ? 2000 : 1900;
	else if (t->n == 3 || (t->n == 4 && d->year >= 100 && d->year < 200))
		d->year += 1900;
}

static void
set_clock(struct date *d, uint64_t hhmmss)
{
	d->has_time = true;
	d->hour = (int)(hhmmss / 10000);
	d->minute = (int)(hhmmss / 100 % 100);
	d->second = (int)(hhmmss % 100);
}

/* Parses 20261120, then 101530; or both in one. Returns whether it did. */
static bool
parse_compact(struct date *d, const struct token *t)
{
	uint64_t date = t->n == 14 ? t->value / 1000000 : t->value;

	if (d->compact && t->n == 6 && !d->has_time) {
		set_clock(d, t->value);
		return true;
	}
	if ((t->n != 8 && t->n != 14) || d->day >= 0 || d->month >= 0 ||
	    d->year >= 0 || d->has_time)
		return false;
	d->year = (int)(date / 10000);
	d->month = (int)(date / 100 % 100);
	d->day = (int)(date % 100);
	d->compact = true;
	if (t->n == 14)
		set_clock(d, t->value % 1000000);
	return true;
}

static size_t
parse_number(struct date *d, const struct token *t, size_t count)
{
	size_t used = parse_compact(d, t) ? 1 : parse_numeric(d, t, count);

	if (used == 0)
		used = parse_time(d, t, count);
	if (used > 0)
		return used;
	if (d->has_time && !d->has_offset && (t->mark == '+' || t->mark == '-'))
		return parse_offset(d, t, count);
	if (t->n <= 2 && d->day < 0)
		d->day = (int)t->value;
	else if (d->year < 0)
		parse_year(d, t);
	else if (d->has_time && !d->has_zone && t->n == 4)
		return parse_offset(d, t, count); /* the sign is missing */
	return 1;
}

/*
 * Whether the text is a number of seconds or, with 13 digits, milliseconds
 * since the epoch; a fraction or a zone, which does not matter, can follow.
 */
static bool
is_epoch(const struct token *t, size_t count, int64_t *out)
{
	if (count == 0 || count > 2 || t[0].kind != NUMBER ||
	    (t[0].mark != ' ' && t[0].mark != '@') || t[0].p[0] == '0' ||
	    (t[0].n != 9 && t[0].n != 10 && t[0].n != 13))
		return false;
	if (count == 2 &&
	    (t[1].kind != NUMBER || strchr(".+-", t[1].mark) == NULL))
		return false;
	*out = (int64_t)(t[0].n == 13 ? t[0].value / 1000 : t[0].value);
	return true;
}

/* ---- the whole ---- */

/* Whether no encoding is left in the text whose digits are not of the date. */
static bool
is_decoded(struct ms_slice s)
{
	return s.n == 0 ||
	       (memchr(s.p, '=', s.n) == NULL && memchr(s.p, '%', s.n) == NULL);
}

/* Applies the half of the day. False: it may be the other half. */
static bool
set_half(struct date *d)
{
	if (d->hour < 1 || d->hour > 12 || !d->has_time)
		return true;
	if (d->half != MS_HALF_UNKNOWN)
		d->hour = d->hour % 12 + (d->half == MS_HALF_PM ? 12 : 0);
	return d->half != MS_HALF_UNKNOWN || !d->doubtful;
}

static bool
join(struct date *d, int64_t *out)
{
	struct ms_civil c;

	if (d->invalid || d->year < MS_YEAR_FIRST || d->month < 0 ||
	    d->day < 0 || !set_half(d))
		return false;
	c = (struct ms_civil){.year = d->year,
	    .month = (uint8_t)d->month,
	    .day = (uint8_t)d->day,
	    .hour = (uint8_t)d->hour,
	    .minute = (uint8_t)d->minute,
	    .second = (uint8_t)d->second};
	if (!ms_civil_ok(&c))
		return false;
	*out = ms_time_join(&c) - d->zone;
	return true;
}

bool
ms_mail_date(struct ms_slice text, int64_t *out)
{
	struct token tokens[TOKENS_MAX];
	struct date d = {.year = -1, .month = -1, .day = -1};
	unsigned char buf[MS_DATE_TEXT_MAX];
	struct ms_slice ascii = ms_date_text(text, buf);
	size_t count = tokenize(ascii, tokens);
	bool after_time, had_half, had_time = false;

	if (is_epoch(tokens, count, out))
		return true;
	for (size_t i = 0; i < count;) {
		after_time = d.has_time && !had_time;
		had_time = d.has_time;
		had_half = d.half != MS_HALF_UNKNOWN;
		if (tokens[i].kind == WORD)
			i += parse_word(&d, tokens + i, count - i, after_time);
		else
			i += parse_number(&d, tokens + i, count - i);
		if (had_half && !d.has_time) /* "am" as in "am 16. Oktober" */
			d.half = MS_HALF_UNKNOWN;
	}
	return is_decoded(ascii) && join(&d, out);
}
