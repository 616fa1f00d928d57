/* schedule.c - schedules: parsed, and written for cron and systemd.
 * ms-profile(5), Schedules. */
#include "schedule.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "time.h"

#define TOKENS 6 /* more than any schedule has */
#define FIELDS 5

/* The five fields of crontab(5), in its order. */
static const struct field {
	const char *what;
	unsigned min, max; /* the weekday 7 is Sunday, as 0 is */
	const char *names;
} fields[FIELDS] = {
    {"minute", 0, 59, NULL},
    {"hour", 0, 23, NULL},
    {"day", 1, 31, NULL},
    {"month", 1, 12, ms_month_names},
    {"weekday", 0, 7, ms_weekday_names},
};

static uint64_t
bits(unsigned min, unsigned max)
{
	return (UINT64_MAX >> (63 - max)) & (UINT64_MAX << min);
}

/* ---- numbers and names ---- */

/* Parses a number at *p, which then moves past it. False: no number within the
 * limits. */
static bool
number(const char **p, unsigned min, unsigned max, unsigned *out)
{
	unsigned v = 0;
	const char *s = *p;

	while (isdigit((unsigned char)*s) && s - *p < 4)
		v = v * 10 + (unsigned)(*s++ - '0');
	if (s == *p || v < min || v > max)
		return false;
	*p = s;
	*out = v;
	return true;
}

static bool
field_value(const char **p, const struct field *f, unsigned *out)
{
	int i = f->names != NULL ? ms_time_name(f->names, *p) : -1;

	if (i < 0)
		return number(p, f->min, f->max, out);
	*p += 3;
	*out = f->min + (unsigned)i;
	return true;
}

/* HH:MM, and nothing after it. */
static bool
time_of_day(const char *s, unsigned *hour, unsigned *minute)
{
	return strlen(s) <= 5 && number(&s, 0, 23, hour) && *s++ == ':' &&
	       strlen(s) == 2 && number(&s, 0, 59, minute) && *s == '\0';
}

/* ---- the fields of crontab(5) ---- */

/* One of the parts between commas: *, N, N-M, each with /STEP. */
static bool
part(const char **p, const struct field *f, uint64_t *set)
{
	unsigned from = f->min, to = f->max, step = 1;

	if (**p == '*') {
		++*p;
		/* The weekday 7 is the same as 0. */
		to = f->names == ms_weekday_names ? 6 : f->max;
	} else {
		if (!field_value(p, f, &from))
			return false;
		to = from;
		if (**p == '-') {
			++*p;
			if (!field_value(p, f, &to) || to < from)
				return false;
		} else if (**p == '/') {
			return false; /* a step needs a range */
		}
	}
	if (**p == '/') {
		++*p;
		if (!number(p, 1, f->max, &step))
			return false;
	}
	for (unsigned i = from; i <= to; i += step)
		*set |= (uint64_t)1 << i;
	return true;
}

static int
parse_field(
    const char *text, const struct field *f, uint64_t *set, struct ms_err *err)
{
	const char *p = text;
	bool good;

	*set = 0;
	while ((good = part(&p, f, set)) && *p == ',')
		p++;
	if (!good || *p != '\0')
		return ms_fail(err, MS_USAGE,
		    "'%.40s' is not a valid %s (see crontab(5))", text,
		    f->what);
	return 0;
}

/* Is there such a day in any year? */
static bool
has_day(const struct ms_schedule *s)
{
	static const unsigned char last[] = {
	    31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};

	for (unsigned m = 1; m <= 12; m++)
		if ((s->months >> m & 1) != 0 &&
		    (s->days & bits(1, last[m - 1])) != 0)
			return true;
	return !s->any_day && !s->any_weekday;
}

static int
parse_cron(struct ms_schedule *s, char *tokens[], struct ms_err *err)
{
	uint64_t set[FIELDS];

	for (size_t i = 0; i < FIELDS; i++)
		if (parse_field(tokens[i], &fields[i], &set[i], err) < 0)
			return -1;
	s->minutes = set[0];
	s->hours = (uint32_t)set[1];
	s->days = (uint32_t)set[2];
	s->months = (uint32_t)set[3];
	s->weekdays = (uint32_t)((set[4] | set[4] >> 7) & bits(0, 6));
	s->any_day = tokens[2][0] == '*';
	s->any_weekday = tokens[4][0] == '*';
	if (!has_day(s))
		return ms_fail(
		    err, MS_USAGE, "there is no such day in any year");
	return 0;
}

/* ---- words ---- */

/* The first minute of each hour of each day, to begin with. */
static void
hourly(struct ms_schedule *s)
{
	s->minutes = 1;
	s->hours = (uint32_t)bits(0, 23);
	s->days = (uint32_t)bits(1, 31);
	s->months = (uint32_t)bits(1, 12);
	s->weekdays = (uint32_t)bits(0, 6);
	s->any_day = s->any_weekday = true;
}

static int
parse_time(struct ms_schedule *s, const char *text, struct ms_err *err)
{
	unsigned hour, minute;

	if (!time_of_day(text, &hour, &minute))
		return ms_fail(
		    err, MS_USAGE, "'%.40s' is not a time (HH:MM)", text);
	s->hours = (uint32_t)1 << hour;
	s->minutes = (uint64_t)1 << minute;
	return 0;
}

static int
parse_weekday(struct ms_schedule *s, const char *text, struct ms_err *err)
{
	static const char *const names[] = {"Sunday", "Monday", "Tuesday",
	    "Wednesday", "Thursday", "Friday", "Saturday"};
	int i = ms_time_name(ms_weekday_names, text);

	if (i < 0 || (text[3] != '\0' && strcasecmp(text, names[i]) != 0))
		return ms_fail(err, MS_USAGE,
		    "'%.40s' is not a day of the week (Mon, Tue ...)", text);
	s->weekdays = (uint32_t)1 << i;
	s->any_weekday = false;
	return 0;
}

static int
parse_day(struct ms_schedule *s, const char *text, struct ms_err *err)
{
	const char *p = text;
	unsigned day;

	if (!number(&p, 1, 31, &day) || *p != '\0')
		return ms_fail(err, MS_USAGE,
		    "'%.40s' is not a day of the month (1 to 31)", text);
	s->days = (uint32_t)1 << day;
	s->any_day = false;
	return 0;
}

static bool
is_unit(const char *token, const char *unit)
{
	size_t n = strlen(unit);

	return strncasecmp(token, unit, n) == 0 &&
	       (token[n] == '\0' || strcasecmp(token + n, "s") == 0);
}

/* `every N minutes`: N must divide the hour, as cron can express only that. */
static int
parse_every(struct ms_schedule *s, const char *count, const char *unit,
    struct ms_err *err)
{
	bool minutes = is_unit(unit, "minute");
	unsigned whole = minutes ? 60 : 24, n;
	const char *p = count;

	if (!minutes && !is_unit(unit, "hour"))
		return ms_fail(err, MS_USAGE,
		    "every %.20s '%.40s': unknown unit (try minutes, hours)",
		    count, unit);
	if (!number(&p, 1, whole / 2, &n) || *p != '\0' || whole % n != 0)
		return ms_fail(err, MS_USAGE,
		    "every '%.20s' %.40s: the number must divide %u, and be at "
		    "most "
		    "%u",
		    count, unit, whole, whole / 2);
	if (minutes)
		s->minutes = 0;
	else
		s->hours = 0;
	for (unsigned i = 0; i < whole; i += n)
		if (minutes)
			s->minutes |= (uint64_t)1 << i;
		else
			s->hours |= (uint32_t)1 << i;
	return 0;
}

static int
parse_tokens(struct ms_schedule *s, char *w[], size_t n, struct ms_err *err)
{
	hourly(s);
	if (n == 1 && strcasecmp(w[0], "hourly") == 0)
		return 0;
	if (n == 2 && strcasecmp(w[0], "daily") == 0)
		return parse_time(s, w[1], err);
	if (n == 3 && strcasecmp(w[0], "every") == 0)
		return parse_every(s, w[1], w[2], err);
	if (n == 3 && strcasecmp(w[0], "weekly") == 0)
		return parse_weekday(s, w[1], err) < 0
			   ? -1
			   : parse_time(s, w[2], err);
	if (n == 3 && strcasecmp(w[0], "monthly") == 0)
		return parse_day(s, w[1], err) < 0 ? -1
						   : parse_time(s, w[2], err);
	if (n == FIELDS)
		return parse_cron(s, w, err);
	return ms_fail(err, MS_USAGE,
	    "unknown schedule (try hourly, daily HH:MM, weekly DAY HH:MM, "
	    "monthly N HH:MM, every N minutes, continuous, or the five fields "
	    "of crontab(5))");
}

int
ms_schedule_parse(struct ms_schedule *s, const char *text, struct ms_err *err)
{
	char *copy = ms_xstrdup(text), *p = copy, *tokens[TOKENS], *token;
	size_t n = 0;
	int rc;

	*s = (struct ms_schedule){.kind = MS_SCHEDULE_TIMES};
	while (n < TOKENS && (token = strsep(&p, " \t")) != NULL)
		if (*token != '\0')
			tokens[n++] = token;
	if (n == 1 && strcasecmp(tokens[0], "continuous") == 0) {
		s->kind = MS_SCHEDULE_CONTINUOUS;
		rc = 0;
	} else {
		rc = parse_tokens(s, tokens, n, err);
	}
	if (rc < 0)
		*s = (struct ms_schedule){0};
	free(copy);
	return rc;
}

/* ---- output ---- */

/* The numbers of a set, separated by commas, or `*` for all of them. */
static void
put_set(struct ms_buf *out, uint64_t set, unsigned min, unsigned max,
    unsigned digits)
{
	const char *comma = "";

	if (set == bits(min, max)) {
		ms_buf_add_str(out, "*");
		return;
	}
	for (unsigned i = min; i <= max; i++) {
		if ((set >> i & 1) == 0)
			continue;
		ms_buf_printf(out, "%s%0*u", comma, (int)digits, i);
		comma = ",";
	}
}

/* The step with which `*` is this set; 0: none. */
static unsigned
step_of(uint64_t set, unsigned min, unsigned max)
{
	for (unsigned step = 2; step <= max - min + 1; step++) {
		uint64_t every = 0;

		for (unsigned i = min; i <= max; i += step)
			every |= (uint64_t)1 << i;
		if (every == set)
			return step;
	}
	return 0;
}

/*
 * Writes a field of crontab(5). A field that began with `*` must do so again,
 * because this decides how days are combined. Its set contains the first
 * number, which is all that `*` with the longest step matches.
 */
static void
put_field(
    struct ms_buf *out, uint64_t set, unsigned min, unsigned max, bool any)
{
	unsigned step = any ? step_of(set, min, max) : 0;

	if (step != 0) {
		ms_buf_printf(out, "*/%u", step);
		return;
	}
	if (any && set != bits(min, max)) {
		ms_buf_printf(out, "*/%u,", max - min + 1);
		set &= ~((uint64_t)1 << min);
	}
	put_set(out, set, min, max, 1);
}

/* A field where a `*` has no other effect: the form that is easiest to read. */
static void
put_even(struct ms_buf *out, uint64_t set, unsigned max)
{
	unsigned step = step_of(set, 0, max);

	/* With a longer step, the set has only one or two numbers. */
	put_field(out, set, 0, max, step != 0 && step <= (max + 1) / 2);
}

void
ms_schedule_cron(const struct ms_schedule *s, struct ms_buf *out)
{
	put_even(out, s->minutes, 59);
	ms_buf_add_byte(out, ' ');
	put_even(out, s->hours, 23);
	ms_buf_add_byte(out, ' ');
	put_field(out, s->days, 1, 31, s->any_day);
	ms_buf_add_byte(out, ' ');
	put_set(out, s->months, 1, 12, 1);
	ms_buf_add_byte(out, ' ');
	put_field(out, s->weekdays, 0, 6, s->any_weekday);
}

static void
put_calendar(
    const struct ms_schedule *s, bool days, bool weekdays, struct ms_buf *out)
{
	static const char *const names[] = {
	    "Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
	const char *comma = "";

	ms_buf_add_str(out, "OnCalendar=");
	if (weekdays && s->weekdays != bits(0, 6)) {
		for (unsigned i = 0; i < 7; i++)
			if ((s->weekdays >> i & 1) != 0) {
				ms_buf_printf(out, "%s%s", comma, names[i]);
				comma = ",";
			}
		ms_buf_add_byte(out, ' ');
	}
	ms_buf_add_str(out, "*-");
	put_set(out, s->months, 1, 12, 2);
	ms_buf_add_byte(out, '-');
	put_set(out, days ? s->days : bits(1, 31), 1, 31, 2);
	ms_buf_add_byte(out, ' ');
	put_set(out, s->hours, 0, 23, 2);
	ms_buf_add_byte(out, ':');
	put_set(out, s->minutes, 0, 59, 2);
	ms_buf_add_str(out, ":00\n");
}

void
ms_schedule_calendar(const struct ms_schedule *s, struct ms_buf *out)
{
	if (s->any_day || s->any_weekday) {
		put_calendar(s, true, true, out);
	} else {
		put_calendar(s, true, false, out);
		put_calendar(s, false, true, out);
	}
}
