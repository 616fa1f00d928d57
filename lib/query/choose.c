/* choose.c - chooses messages of a folder by flags, date and size.
 * ms-fetch(1), Messages; RFC 3501, 6.4.4. */
#include "choose.h"

#include <string.h>
#include <strings.h>

#include "query.h"
#include "time.h"

#define DAY 86400
#define SEARCH_NUMBER_MAX UINT32_MAX /* RFC 3501, 9: number */

/* ---- conditions ---- */

static int
date(const char *text, int64_t now, int64_t *out, struct ms_err *err)
{
	if (ms_query_date(text, strlen(text), now, out))
		return 0;
	return ms_fail(err, MS_USAGE,
	    "'%.40s' is not a date; write 2024, 2024-03-01, or 90d for 90 days "
	    "ago",
	    text);
}

static void
narrow_before(struct ms_choice *c, int64_t t)
{
	if (!c->has_before || t < c->before)
		c->before = t;
	c->has_before = true;
}

int
ms_choice_since(
    struct ms_choice *c, const char *text, int64_t now, struct ms_err *err)
{
	int64_t t;

	if (date(text, now, &t, err) < 0)
		return -1;
	if (!c->has_since || t > c->since)
		c->since = t;
	c->has_since = true;
	return 0;
}

int
ms_choice_before(
    struct ms_choice *c, const char *text, int64_t now, struct ms_err *err)
{
	int64_t t;

	if (date(text, now, &t, err) < 0)
		return -1;
	narrow_before(c, t);
	return 0;
}

int
ms_choice_older(
    struct ms_choice *c, const char *age, int64_t now, struct ms_err *err)
{
	size_t n = strlen(age);
	int64_t t;

	if (n == 0 || strchr("hdwmy", age[n - 1]) == NULL ||
	    !ms_query_date(age, n, now, &t))
		return ms_fail(err, MS_USAGE,
		    "'%.40s' is not an age; write 12h, 90d, 2w, 6m or 10y",
		    age);
	narrow_before(c, t);
	return 0;
}

int
ms_choice_check(const struct ms_choice *c, struct ms_err *err)
{
	if (c->seen && c->unseen)
		return ms_fail_option(err, "unseen",
		    "no message can match: it would be both seen and not seen");
	if (c->flagged && c->unflagged)
		return ms_fail_option(err, "flagged",
		    "no message can match: it would be both flagged and not "
		    "flagged");
	if (c->has_since && c->has_before && c->since >= c->before)
		return ms_fail_option(err, "since",
		    "no message can match: the start of the period is not "
		    "before its end");
	if (c->larger > 0 && c->smaller > 0 && c->larger >= c->smaller - 1)
		return ms_fail_option(err, "smaller",
		    "no message can match: no size is within both limits");
	return 0;
}

/* ---- choosing ---- */

/* The verdict so far: left out overrides unsure, which overrides chosen. */
struct verdict {
	enum ms_chosen chosen;
	const char *why;
};

static void
require(struct verdict *v, bool asked, bool met, const char *why)
{
	if (!asked || met || v->chosen == MS_LEFT_OUT)
		return;
	v->chosen = MS_LEFT_OUT;
	v->why = why;
}

static void
mark_unsure(struct verdict *v, const char *why)
{
	if (v->chosen != MS_CHOSEN)
		return;
	v->chosen = MS_UNSURE;
	v->why = why;
}

static void
check_flags(struct verdict *v, const struct ms_choice *c, const char *flags)
{
	bool seen, flagged;

	if (!c->seen && !c->unseen && !c->flagged && !c->unflagged)
		return;
	if (flags == NULL) {
		mark_unsure(v, "flags are unknown");
		return;
	}
	seen = ms_words_have(flags, "\\Seen");
	flagged = ms_words_have(flags, "\\Flagged");
	require(v, c->seen, seen, "not seen");
	require(v, c->unseen, !seen, "seen");
	require(v, c->flagged, flagged, "not flagged");
	require(v, c->unflagged, !flagged, "flagged");
}

static void
check_period(struct verdict *v, const struct ms_choice *c, bool known,
    int64_t t, const char *unknown)
{
	if (!c->has_since && !c->has_before)
		return;
	if (!known) {
		mark_unsure(v, unknown);
		return;
	}
	require(v, c->has_since, t >= c->since, "too old");
	require(v, c->has_before, t < c->before, "too new");
}

static void
check_date(
    struct verdict *v, const struct ms_choice *c, const struct ms_attributes *a)
{
	if (!c->by_date_field) {
		check_period(v, c, a->has_date, a->date, "date is unknown");
		return;
	}
	check_period(v, c, a->has_sent, a->sent, "date is unknown");
	if (c->arrival_agrees)
		check_period(v, c, a->has_date || a->has_received,
		    a->has_date ? a->date : a->received,
		    "date of arrival is unknown");
}

static void
check_size(
    struct verdict *v, const struct ms_choice *c, const struct ms_attributes *a)
{
	if (c->larger == 0 && c->smaller == 0)
		return;
	if (!a->has_size) {
		mark_unsure(v, "size is unknown");
		return;
	}
	require(v, c->larger > 0, a->size > c->larger, "too small");
	require(v, c->smaller > 0, a->size < c->smaller, "too large");
}

enum ms_chosen
ms_choose(
    const struct ms_choice *c, const struct ms_attributes *a, const char **why)
{
	struct verdict v = {MS_CHOSEN, ""};

	check_flags(&v, c, a->flags);
	check_date(&v, c, a);
	check_size(&v, c, a);
	*why = v.why;
	return v.chosen;
}

/* ---- SEARCH ---- */

static void
add(struct ms_buf *out, bool asked, const char *criterion)
{
	if (!asked)
		return;
	if (out->n > 0)
		ms_buf_add_byte(out, ' ');
	ms_buf_add_str(out, criterion);
}

static void
add_day(struct ms_buf *out, const char *criterion, int64_t t)
{
	struct ms_civil day;

	ms_time_split(t, &day);
	add(out, true, criterion);
	ms_buf_printf(out, " %d-%.3s-%04d", day.day,
	    ms_month_names + (ptrdiff_t)3 * (day.month - 1), (int)day.year);
}

static void
add_number(struct ms_buf *out, const char *criterion, uint64_t n)
{
	add(out, true, criterion);
	ms_buf_printf(out, " %llu", (unsigned long long)n);
}

bool
ms_choose_search(const struct ms_choice *c, struct ms_buf *out, bool *exact)
{
	struct ms_buf text = {0};
	bool dates = c->has_since || c->has_before, any;

	*exact = !dates;
	add(&text, c->seen, "SEEN");
	add(&text, c->unseen, "UNSEEN");
	add(&text, c->flagged, "FLAGGED");
	add(&text, c->unflagged, "UNFLAGGED");
	/* A server compares days, in the time zone of the INTERNALDATE: up to a
	 * day earlier or later than in UTC. */
	if (c->has_since && !c->by_date_field)
		add_day(&text, "SINCE", c->since - DAY);
	if (c->has_before && !c->by_date_field)
		add_day(&text, "BEFORE", c->before + 2 * DAY);
	if (c->larger > SEARCH_NUMBER_MAX || c->smaller > SEARCH_NUMBER_MAX)
		*exact = false;
	if (c->larger > 0 && c->larger <= SEARCH_NUMBER_MAX)
		add_number(&text, "LARGER", c->larger);
	if (c->smaller > 0 && c->smaller <= SEARCH_NUMBER_MAX)
		add_number(&text, "SMALLER", c->smaller);
	any = text.n > 0;
	ms_buf_add(out, text.p, text.n);
	ms_buf_release(&text);
	return any;
}

bool
ms_choose_needs_head(const struct ms_choice *c)
{
	return c->by_date_field && (c->has_since || c->has_before);
}

bool
ms_choice_all(const struct ms_choice *c)
{
	return !c->unseen && !c->seen && !c->flagged && !c->unflagged &&
	       !c->has_since && !c->has_before && c->larger == 0 &&
	       c->smaller == 0;
}
