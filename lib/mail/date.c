/*
 * date.c - dates in mail. RFC 5322, 3.3 and 4.3; RFC 3501, date-time; asctime;
 * ISO 8601; departures: ms-quirks(7), Dates.
 */
#include "impl.h"
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
	uint32_t
	    value; /* of a NUMBER; more than 9 digits all give the same value */
};

/* The parts of the date that are known so far. */
struct date {
	int year, month, day; /* -1: unknown */
	int hour, minute, second;
	bool has_time, has_zone, has_offset;
	int zone; /* seconds east of UTC */
};

static bool
is_digit(unsigned char c)
{
	return c >= '0' && c <= '9';
}

static bool
is_letter(unsigned char c)
{
	return (c | 0x20) >= 'a' && (c | 0x20) <= 'z';
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
			if (p - t->p < 9)
				t->value = t->value * 10 + (*p - '0');
	}
	t->n = (size_t)(p - t->p);
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

/* Returns 1..12, or -1. Only the first three letters count. */
static int
month_number(const struct token *t)
{
	int i = -1;

	if (t->n >= 3)
		i = ms_time_name(ms_month_names, (const char *)t->p);
	return i < 0 ? -1 : i + 1;
}

/*
 * Names of zones: those of RFC 5322, 4.3, and common names with only one
 * meaning. Single letters mean UTC, because RFC 822 defined their signs
 * wrongly.
 */
static bool
zone_by_name(const struct token *t, int *zone)
{
	static const struct {
		char name[5];
		int16_t minutes;
	} zones[] = {{"UT", 0}, {"UTC", 0}, {"GMT", 0}, {"EST", -300},
	    {"EDT", -240}, {"CST", -360}, {"CDT", -300}, {"MST", -420},
	    {"MDT", -360}, {"PST", -480}, {"PDT", -420}, {"AKST", -540},
	    {"AKDT", -480}, {"HST", -600}, {"AST", -240}, {"ADT", -180},
	    {"NST", -210}, {"NDT", -150}, {"WET", 0}, {"WEST", 60}, {"BST", 60},
	    {"CET", 60}, {"CEST", 120}, {"MET", 60}, {"MEST", 120}, {"MEZ", 60},
	    {"MESZ", 120}, {"EET", 120}, {"EEST", 180}, {"MSK", 180},
	    {"MSD", 240}, {"HKT", 480}, {"SGT", 480}, {"JST", 540},
	    {"KST", 540}, {"AEST", 600}, {"AEDT", 660}, {"NZST", 720},
	    {"NZDT", 780}};

	for (size_t i = 0; i < sizeof(zones) / sizeof(zones[0]); i++) {
		if (strlen(zones[i].name) != t->n ||
		    strncasecmp((const char *)t->p, zones[i].name, t->n) != 0)
			continue;
		*zone = zones[i].minutes * 60;
		return true;
	}
	return false;
}

static bool
word_is(const struct token *t, const char *lower)
{
	return t->n == strlen(lower) &&
	       strncasecmp((const char *)t->p, lower, t->n) == 0;
}

static void
parse_word(struct date *d, const struct token *t)
{
	if (d->month < 0 && month_number(t) > 0) {
		d->month = month_number(t);
	} else if (!d->has_time) {
		return;
	} else if (word_is(t, "am") || word_is(t, "pm")) {
		if (d->hour >= 1 && d->hour <= 12)
			d->hour = d->hour % 12 + (word_is(t, "pm") ? 12 : 0);
	} else if (word_is(t, "dst")) { /* "MET DST" */
		if (d->has_zone && !d->has_offset)
			d->zone += 3600;
	} else if (!d->has_zone) {
		d->has_zone = zone_by_name(t, &d->zone);
	}
}

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
	uint32_t hours, minutes;
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
	uint32_t a = t[0].value, b, c;

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
	d->year = (int)t->value;
	if (t->n <= 2)
		d->year += d->year < 50 ? 2000 : 1900;
	else if (t->n == 3 || (t->n == 4 && d->year >= 100 && d->year < 200))
		d->year += 1900;
}

static size_t
parse_number(struct date *d, const struct token *t, size_t count)
{
	size_t used = parse_numeric(d, t, count);

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

bool
ms_mail_date(struct ms_slice text, int64_t *out)
{
	struct token tokens[TOKENS_MAX];
	struct date d = {.year = -1, .month = -1, .day = -1};
	size_t count = tokenize(text, tokens);
	struct ms_civil c;

	for (size_t i = 0; i < count;) {
		if (tokens[i].kind == WORD)
			parse_word(&d, &tokens[i++]);
		else
			i += parse_number(&d, tokens + i, count - i);
	}
	if (d.year < MS_YEAR_FIRST || d.year > 9999 || d.month < 1 ||
	    d.month > 12 || d.day < 1 || d.day > 31)
		return false;
	c = (struct ms_civil){.year = d.year,
	    .month = (uint8_t)d.month,
	    .day = (uint8_t)d.day,
	    .hour = (uint8_t)d.hour,
	    .minute = (uint8_t)d.minute,
	    .second = (uint8_t)d.second};
	if (!ms_civil_ok(&c))
		return false;
	*out = ms_time_join(&c) - d.zone;
	return true;
}
