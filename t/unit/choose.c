/* choose.c - the choice of messages, and the SEARCH that a server gets. */
#include "choose.h"

#include <string.h>
#include "tap.h"
#include "time.h"

static int64_t
at(const char *text)
{
	int64_t t = 0;

	ok(ms_time_parse(text, &t), "%s is a moment", text);
	return t;
}

/* One message and one condition in each row. */
static void
test_judgement(void)
{
	const struct ms_attributes seen = {.flags = "\\Seen $Work"},
				   plain = {.flags = ""}, unknown = {0},
				   starred = {.flags = "$NotFlagged \\FLAGGED"},
				   old = {.has_date = true,
				       .date = 99,
				       .has_sent = true,
				       .sent = 500},
				   edge = {.has_date = true, .date = 100},
				   forged = {.has_date = true,
				       .date = 500,
				       .has_sent = true,
				       .sent = 99},
				   popped = {.has_sent = true,
				       .sent = 99,
				       .has_received = true,
				       .received = 99},
				   recent = {.has_sent = true,
				       .sent = 99,
				       .has_received = true,
				       .received = 500},
				   injected = {.has_sent = true, .sent = 99},
				   big = {.has_size = true, .size = 5000000000};
	const struct {
		const char *name;
		struct ms_choice c;
		const struct ms_attributes *a;
		enum ms_chosen want;
		const char *why;
	} rows[] = {
	    {"everything", {0}, &unknown, MS_CHOSEN, ""},
	    {"--unseen, and no flags", {.unseen = true}, &plain, MS_CHOSEN, ""},
	    {"--unseen, and seen", {.unseen = true}, &seen, MS_LEFT_OUT,
		"seen"},
	    {"--seen-only, and seen", {.seen = true}, &seen, MS_CHOSEN, ""},
	    {"--seen-only, and no flags", {.seen = true}, &plain, MS_LEFT_OUT,
		"not seen"},
	    {"--seen-only, and flags are unknown", {.seen = true}, &unknown,
		MS_UNSURE, "flags are unknown"},
	    {"--flagged, and flagged", {.flagged = true}, &starred, MS_CHOSEN,
		""},
	    {"--flagged, and only seen", {.flagged = true}, &seen, MS_LEFT_OUT,
		"not flagged"},
	    {"not --flagged, and flagged", {.unflagged = true}, &starred,
		MS_LEFT_OUT, "flagged"},
	    {"--since, and an older message", {.has_since = true, .since = 100},
		&old, MS_LEFT_OUT, "too old"},
	    {"--since, and a message of this second",
		{.has_since = true, .since = 100}, &edge, MS_CHOSEN, ""},
	    {"--before, and an older message",
		{.has_before = true, .before = 100}, &old, MS_CHOSEN, ""},
	    {"--before, and a message of this second",
		{.has_before = true, .before = 100}, &edge, MS_LEFT_OUT,
		"too new"},
	    {"--before, and the date is unknown",
		{.has_before = true, .before = 100}, &plain, MS_UNSURE,
		"date is unknown"},
	    {"--by-date-field: the Date field counts, not the arrival",
		{.has_before = true, .before = 100, .by_date_field = true},
		&old, MS_LEFT_OUT, "too new"},
	    {"--by-date-field, and there is no Date field",
		{.has_before = true, .before = 1000, .by_date_field = true},
		&edge, MS_UNSURE, "date is unknown"},
	    {"--by-date-field, and the Date field is forged",
		{.has_before = true, .before = 100, .by_date_field = true},
		&forged, MS_CHOSEN, ""},
	    {"a forged Date field, and arrival must agree",
		{.has_before = true,
		    .before = 100,
		    .by_date_field = true,
		    .arrival_agrees = true},
		&forged, MS_LEFT_OUT, "too new"},
	    {"the arrival is old enough, but not the Date field",
		{.has_before = true,
		    .before = 100,
		    .by_date_field = true,
		    .arrival_agrees = true},
		&old, MS_LEFT_OUT, "too new"},
	    {"without INTERNALDATE, the top Received line agrees",
		{.has_before = true,
		    .before = 100,
		    .by_date_field = true,
		    .arrival_agrees = true},
		&popped, MS_CHOSEN, ""},
	    {"without INTERNALDATE, the top Received line does not agree",
		{.has_before = true,
		    .before = 100,
		    .by_date_field = true,
		    .arrival_agrees = true},
		&recent, MS_LEFT_OUT, "too new"},
	    {"without INTERNALDATE and Received",
		{.has_before = true,
		    .before = 100,
		    .by_date_field = true,
		    .arrival_agrees = true},
		&injected, MS_UNSURE, "date of arrival is unknown"},
	    {"without --by-date-field, the arrival is compared anyway",
		{.has_before = true, .before = 100, .arrival_agrees = true},
		&old, MS_CHOSEN, ""},
	    {"larger", {.larger = 4999999999}, &big, MS_CHOSEN, ""},
	    {"not larger", {.larger = 5000000000}, &big, MS_LEFT_OUT,
		"too small"},
	    {"smaller", {.smaller = 5000000001}, &big, MS_CHOSEN, ""},
	    {"not smaller", {.smaller = 5000000000}, &big, MS_LEFT_OUT,
		"too large"},
	    {"smaller, unknown", {.smaller = 1}, &plain, MS_UNSURE,
		"size is unknown"},
	    {"one rule leaves the message out, another one is unsure",
		{.smaller = 1, .seen = true}, &plain, MS_LEFT_OUT, "not seen"},
	    {"in any order", {.seen = true, .smaller = 1}, &big, MS_LEFT_OUT,
		"too large"},
	};
	const char *why;

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		enum ms_chosen got = ms_choose(&rows[i].c, rows[i].a, &why);

		ok(got == rows[i].want && strcmp(why, rows[i].why) == 0,
		    "%s: %d, %s", rows[i].name, (int)got, why);
	}
}

static void
test_search(void)
{
	const int64_t since = at("2024-03-01T00:00:00Z"),
		      before = at("2024-12-31T23:59:59Z");
	const struct {
		struct ms_choice c;
		const char *want;
		bool exact;
	} rows[] = {
	    {{0}, "", true},
	    {{.unseen = true}, "UNSEEN", true},
	    {{.seen = true, .flagged = true}, "SEEN FLAGGED", true},
	    {{.larger = 10, .smaller = 20, .unflagged = true},
		"UNFLAGGED LARGER 10 SMALLER 20", true},
	    {{.has_since = true, .since = since}, "SINCE 29-Feb-2024", false},
	    {{.has_before = true, .before = before}, "BEFORE 2-Jan-2025",
		false},
	    {{.has_before = true,
		 .before = before,
		 .by_date_field = true,
		 .seen = true},
		"SEEN", false},
	    {{.larger = 4294967296}, "", false},
	    {{.larger = 4294967295}, "LARGER 4294967295", true},
	};
	struct ms_buf out = {0};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		bool exact, any;

		ms_buf_clear(&out);
		any = ms_choose_search(&rows[i].c, &out, &exact);
		ok(strcmp(ms_buf_str(&out), rows[i].want) == 0 &&
			any == (*rows[i].want != '\0') &&
			exact == rows[i].exact,
		    "SEARCH %s%s", ms_buf_str(&out), exact ? "" : ", by rows");
	}
	ms_buf_release(&out);
}

/* Every moment that is chosen is within the days of the SEARCH, whatever the
 * time zone in which the server wrote the day (RFC 3501, 6.4.4). */
static void
test_zones(void)
{
	static const int zones[] = {-12 * 3600, -3600, 0, 5400, 14 * 3600};
	const int64_t edge = at("2024-03-01T11:30:00Z"), day = 86400;
	int64_t from = at("2024-02-29T00:00:00Z"),
		to = at("2024-03-03T00:00:00Z"), t, local;
	bool within = true;

	for (size_t z = 0; z < sizeof(zones) / sizeof(zones[0]); z++)
		for (t = edge - 2 * day; t < edge + 2 * day; t += 1800) {
			local = (t + zones[z]) / day * day;
			within &= t < edge || local >= from;
			within &= t >= edge || local < to;
		}
	ok(within, "the days are right in every time zone");
}

static void
test_options(void)
{
	const int64_t now = at("2024-03-31T12:00:00Z");
	struct ms_choice c = {0};
	struct ms_err err = {0};

	ok(ms_choice_since(&c, "2023", now, &err) == 0 &&
		ms_choice_since(&c, "2024-01-01", now, &err) == 0 &&
		ms_choice_since(&c, "2022", now, &err) == 0 &&
		c.since == at("2024-01-01T00:00:00Z"),
	    "the latest since is used");
	ok(ms_choice_before(&c, "2024-03-01", now, &err) == 0 &&
		ms_choice_older(&c, "90d", now, &err) == 0 &&
		ms_choice_before(&c, "2025", now, &err) == 0 &&
		c.before == at("2024-01-01T12:00:00Z"),
	    "the earliest before is used, also of an age");
	ok(ms_choice_check(&c, &err) == 0, "a period of half a day is valid");
	ok(ms_choice_older(&c, "2024", now, &err) == -1 &&
		err.code == MS_USAGE &&
		strstr(err.msg, "'2024' is not an age") != NULL,
	    "a year is not an age");
	ok(ms_choice_older(&c, "", now, &err) == -1, "an empty age is refused");
	ok(ms_choice_since(&c, "soon", now, &err) == -1 &&
		strstr(err.msg, "'soon' is not a date") != NULL,
	    "an invalid date is refused");
}

static void
test_contradictions(void)
{
	static const struct ms_choice bad[] = {
	    {.seen = true, .unseen = true},
	    {.flagged = true, .unflagged = true},
	    {.has_since = true, .since = 5, .has_before = true, .before = 5},
	    {.larger = 9, .smaller = 10},
	    {.larger = 10, .smaller = 10},
	};
	static const struct ms_choice good = {.larger = 8, .smaller = 10};
	struct ms_err err;

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		err = (struct ms_err){0};
		ok(ms_choice_check(&bad[i], &err) == -1 && err.code == MS_USAGE,
		    "%s", err.msg);
	}
	ok(ms_choice_check(&good, &err) == 0, "a valid range of sizes");
}

int
main(void)
{
	test_judgement();
	test_search();
	test_zones();
	test_options();
	test_contradictions();
	return done();
}
