/* dates.c - when a message was sent and when it arrived. ms-archive(5), Dates.
 */
#include "dates.h"

#include <string.h>
#include "guarded.h"
#include "tap.h"
#include "time.h"

/* Moments in the tables: none, or a time as ms_time_format() writes it. */
#define NONE NULL
#define GIT "2001-09-17T00:00:00Z"

static int64_t
moment(const char *text)
{
	int64_t t = 0;

	if (text != NULL && !ms_time_parse(text, &t))
		ok(false, "not a moment: %s", text);
	return t;
}

/* One row for each rule: what header and source say, and what follows. */
static const struct {
	const char *rule, *date, *received;
	enum ms_raw_kind kind;
	const char *raw, *sent, *arrived;
} rules[] = {
    {"Date near Received is sent", "2023-10-16T16:00:00Z",
	"2023-10-16T16:00:09Z", MS_RAW_NONE, NONE, "2023-10-16T16:00:00Z",
	"2023-10-16T16:00:09Z"},
    {"Date seven days before Received is sent", "2023-10-09T16:00:00Z",
	"2023-10-16T16:00:00Z", MS_RAW_NONE, NONE, "2023-10-09T16:00:00Z",
	"2023-10-16T16:00:00Z"},
    {"Date seven days and a second before Received is not",
	"2023-10-09T15:59:59Z", "2023-10-16T16:00:00Z", MS_RAW_NONE, NONE,
	"2023-10-16T16:00:00Z", "2023-10-16T16:00:00Z"},
    {"Date seven days after Received is sent", "2023-10-23T16:00:00Z",
	"2023-10-16T16:00:00Z", MS_RAW_NONE, NONE, "2023-10-23T16:00:00Z",
	"2023-10-16T16:00:00Z"},
    {"Date seven days and a second after Received is not",
	"2023-10-23T16:00:01Z", "2023-10-16T16:00:00Z", MS_RAW_NONE, NONE,
	"2023-10-16T16:00:00Z", "2023-10-16T16:00:00Z"},
    {"Received alone", NONE, "2023-10-16T16:00:00Z", MS_RAW_NONE, NONE,
	"2023-10-16T16:00:00Z", "2023-10-16T16:00:00Z"},
    {"Date alone", "2023-10-16T16:00:00Z", NONE, MS_RAW_NONE, NONE,
	"2023-10-16T16:00:00Z", "2023-10-16T16:00:00Z"},
    {"nothing", NONE, NONE, MS_RAW_NONE, NONE, NONE, NONE},

    {"INTERNALDATE is arrived", "2023-10-16T16:00:00Z", "2023-10-16T16:00:09Z",
	MS_RAW_INTERNALDATE, "2024-01-01T00:00:00Z", "2023-10-16T16:00:00Z",
	"2024-01-01T00:00:00Z"},
    {"INTERNALDATE alone is both", NONE, NONE, MS_RAW_INTERNALDATE,
	"2024-01-01T00:00:00Z", "2024-01-01T00:00:00Z", "2024-01-01T00:00:00Z"},
    {"INTERNALDATE of the epoch", "2023-10-16T16:00:00Z", NONE,
	MS_RAW_INTERNALDATE, "1970-01-01T00:00:00Z", "2023-10-16T16:00:00Z",
	"2023-10-16T16:00:00Z"},
    {"a From_ line is arrived", "2023-10-16T16:00:00Z", "2023-10-16T16:00:09Z",
	MS_RAW_FROM_LINE, "2023-10-20T00:00:00Z", "2023-10-16T16:00:00Z",
	"2023-10-20T00:00:00Z"},
    {"the constant From_ line of public-inbox is not arrived",
	"2023-10-17T10:00:00Z", NONE, MS_RAW_FROM_LINE, "1970-01-01T00:00:00Z",
	"2023-10-17T10:00:00Z", "2023-10-17T10:00:00Z"},
    {"nor is it in another zone", "2023-10-17T10:00:00Z", NONE,
	MS_RAW_FROM_LINE, "1969-12-31T16:00:00Z", "2023-10-17T10:00:00Z",
	"2023-10-17T10:00:00Z"},
    {"the constant From_ line of git is not arrived", "2023-10-17T10:00:00Z",
	NONE, MS_RAW_FROM_LINE, GIT, "2023-10-17T10:00:00Z",
	"2023-10-17T10:00:00Z"},
    {"a second later than that constant is a date", "2001-09-17T00:00:00Z",
	NONE, MS_RAW_FROM_LINE, "2001-09-17T00:00:01Z", "2001-09-17T00:00:00Z",
	"2001-09-17T00:00:01Z"},
    {"a constant and no header", NONE, NONE, MS_RAW_FROM_LINE, GIT, NONE, NONE},
    {"a From_ line of Thunderbird is not arrived", "2023-10-16T16:00:00Z",
	"2023-10-16T16:00:09Z", MS_RAW_THUNDERBIRD, "2023-10-16T16:00:10Z",
	"2023-10-16T16:00:00Z", "2023-10-16T16:00:09Z"},
    {"nor if there is no other date", NONE, NONE, MS_RAW_THUNDERBIRD,
	"2023-10-16T16:00:10Z", NONE, NONE},

    {"mtime within a day of Received", "2023-10-16T16:00:00Z",
	"2023-10-16T16:00:00Z", MS_RAW_MTIME, "2023-10-17T16:00:00Z",
	"2023-10-16T16:00:00Z", "2023-10-17T16:00:00Z"},
    {"mtime a day and a second after Received", "2023-10-16T16:00:00Z",
	"2023-10-16T16:00:00Z", MS_RAW_MTIME, "2023-10-17T16:00:01Z",
	"2023-10-16T16:00:00Z", "2023-10-16T16:00:00Z"},
    {"mtime a day before Received", NONE, "2023-10-16T16:00:00Z", MS_RAW_MTIME,
	"2023-10-15T16:00:00Z", "2023-10-16T16:00:00Z", "2023-10-15T16:00:00Z"},
    {"mtime without Received", "2023-10-16T16:00:00Z", NONE, MS_RAW_MTIME,
	"2023-10-16T17:00:00Z", "2023-10-16T16:00:00Z", "2023-10-16T16:00:00Z"},
    {"mtime alone", NONE, NONE, MS_RAW_MTIME, "2024-01-01T00:00:00Z",
	"2024-01-01T00:00:00Z", "2024-01-01T00:00:00Z"},
    {"mtime of the epoch", NONE, NONE, MS_RAW_MTIME, "1970-01-01T00:00:00Z",
	NONE, NONE},
    {"mtime of a zip without dates", NONE, NONE, MS_RAW_FILE,
	"1980-01-01T12:00:00Z", NONE, NONE},
    {"mtime a day after that of a zip without dates", NONE, NONE, MS_RAW_FILE,
	"1980-01-02T00:00:00Z", "1980-01-02T00:00:00Z", "1980-01-02T00:00:00Z"},
    {"mtime of a file outside of Maildirs, near Received",
	"2023-10-16T16:00:00Z", "2023-10-16T16:00:09Z", MS_RAW_FILE,
	"2023-10-16T17:00:00Z", "2023-10-16T16:00:00Z", "2023-10-16T16:00:09Z"},
    {"mtime of a file outside of Maildirs, alone", NONE, NONE, MS_RAW_FILE,
	"2024-01-01T00:00:00Z", "2024-01-01T00:00:00Z", "2024-01-01T00:00:00Z"},
    {"a date without a kind, near Received", NONE, "2023-10-16T16:00:00Z",
	MS_RAW_UNSTATED, "2023-10-16T17:00:00Z", "2023-10-16T16:00:00Z",
	"2023-10-16T17:00:00Z"},
    {"a date without a kind, far from Received", NONE, "2023-10-16T16:00:00Z",
	MS_RAW_UNSTATED, "2024-10-16T17:00:00Z", "2023-10-16T16:00:00Z",
	"2023-10-16T16:00:00Z"},
};

static void
test_rules(void)
{
	for (size_t i = 0; i < sizeof(rules) / sizeof(rules[0]); i++) {
		const struct ms_desc desc = {.date = moment(rules[i].date),
		    .received = moment(rules[i].received),
		    .bits =
			(uint16_t)((rules[i].date ? MS_DESC_DATE : 0) |
				   (rules[i].received ? MS_DESC_RECEIVED : 0))};
		struct ms_dates d = ms_dates_of(&desc,
		    (struct ms_raw_date){moment(rules[i].raw), rules[i].kind});

		ok(d.known == (rules[i].sent != NULL) &&
			d.sent == moment(rules[i].sent) &&
			d.arrived == moment(rules[i].arrived),
		    "%s", rules[i].rule);
	}
}

/* No date of a source is too far away to be compared. */
static void
test_extremes(void)
{
	const struct ms_desc desc = {
	    .received = 1000000000, .bits = MS_DESC_RECEIVED};
	const int64_t raw[] = {INT64_MIN, INT64_MAX};

	for (size_t i = 0; i < 2; i++)
		ok(ms_dates_of(
		       &desc, (struct ms_raw_date){raw[i], MS_RAW_MTIME})
			    .arrived == 1000000000,
		    "the date of a file is too far away, %zu", i);
}

static const struct {
	const char *source;
	enum ms_raw_kind want;
} sources[] = {{"local:", MS_RAW_MTIME}, {"pop3://a@b/", MS_RAW_MTIME},
    {"pop3s://a@b/", MS_RAW_MTIME}, {"imap://a@b/", MS_RAW_INTERNALDATE},
    {"imaps://a@b/", MS_RAW_INTERNALDATE}, {"backup:", MS_RAW_MTIME},
    {"imapfile:", MS_RAW_MTIME}, {NULL, MS_RAW_INTERNALDATE}};

static void
test_unstated(void)
{
	for (size_t i = 0; i < sizeof(sources) / sizeof(sources[0]); i++)
		ok(ms_raw_unstated(sources[i].source) == sources[i].want,
		    "a date without a kind from %s",
		    sources[i].source != NULL ? sources[i].source : "nowhere");
}

static const struct {
	const char *text;
	struct ms_raw_date want;
} good[] = {
    {"internaldate 2026-11-20T10:00:00Z", {1795168800, MS_RAW_INTERNALDATE}},
    {"from-line 1970-01-01T00:00:00Z", {0, MS_RAW_FROM_LINE}},
    {"thunderbird 1970-01-01T00:00:07Z", {7, MS_RAW_THUNDERBIRD}},
    {"mtime 1969-12-31T23:59:59Z", {-1, MS_RAW_MTIME}},
    {"file 2026-11-20T10:00:00Z", {1795168800, MS_RAW_FILE}},
    {"none", {0, MS_RAW_NONE}},
};

static const char *const bad[] = {"", " ", "none ", "none 1970-01-01T00:00:00Z",
    "mtime", "mtime ", "mtime  1970-01-01T00:00:00Z", "mtime 1970",
    "mtimes 1970-01-01T00:00:00Z", " 1970-01-01T00:00:00Z", "unstated"};

static void
test_text(void)
{
	char text[MS_RAW_TEXT];

	for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
		struct ms_raw_date raw = {4711, 99};

		ms_raw_format(good[i].want, text);
		ok(strcmp(text, good[i].text) == 0, "written: %s", text);
		ok(ms_raw_parse(good[i].text, &raw) &&
			raw.date == good[i].want.date &&
			raw.kind == good[i].want.kind,
		    "and read: %s", good[i].text);
	}
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		struct ms_raw_date raw = {4711, 99};

		ok(!ms_raw_parse(bad[i], &raw) && raw.date == 4711 &&
			raw.kind == 99,
		    "not a raw date: \"%s\"", bad[i]);
	}
}

/* The top Received field that has a date. */
static const struct {
	const char *rule, *header, *want;
} received[] = {
    {"after the semicolon",
	"Received: from a 1 Jan 2001 by b;\r\n Mon, 16 Oct 2023 16:18:56 "
	"+0200\r\n",
	"2023-10-16T14:18:56Z"},
    {"the top one counts",
	"Received: by b; 17 Oct 2023 10:00:00 +0000\n"
	"Received: by a; 16 Oct 2023 10:00:00 +0000\n",
	"2023-10-17T10:00:00Z"},
    {"a field without a date is ignored",
	"Received: by c with 3 of 4\nReceived: by b; soon\n"
	"Received: by a; 16 Oct 2023 10:00:00 +0000\n",
	"2023-10-16T10:00:00Z"},
    {"a semicolon in a comment before the date",
	"Received: by a (TLS; 256 bits); 16 Oct 2023 10:00:00 +0000\n",
	"2023-10-16T10:00:00Z"},
    {"a semicolon in a comment after the date",
	"Received: by a; 16 Oct 2023 10:00:00 +0000 (UTC; by clock)\n",
	"2023-10-16T10:00:00Z"},
    {"three semicolons after the date",
	"Received: by a; 16 Oct 2023 10:00:00 +0000 (a;b;c;d)\n",
	"2023-10-16T10:00:00Z"},
    {"four semicolons after the date",
	"Received: by a; 16 Oct 2023 10:00:00 +0000 (a;b;c;d;e)\n", NONE},
    {"a semicolon before the one with the date",
	"Received:; 16 Oct 2023 10:00:00 +0000 (;)\n", "2023-10-16T10:00:00Z"},
    {"a semicolon and no blank", "Received:;16 Oct 2023 10:00:00 +0000\n",
	"2023-10-16T10:00:00Z"},
    {"qmail",
	"Received: (qmail 123 invoked by uid 0); 16 Oct 2023 10:00:00 "
	"-0000\n",
	"2023-10-16T10:00:00Z"},
    {"the name of the field in another case",
	"RECEIVED : by a; 16 Oct 2023 10:00:00 +0000\n",
	"2023-10-16T10:00:00Z"},
    {"after a From_ line",
	"From a@b Mon Oct 16 10:00:00 2023\n"
	"Received: by a; 16 Oct 2023 11:00:00 +0000\n",
	"2023-10-16T11:00:00Z"},
    {"X-Received does not count",
	"X-Received: by a; 16 Oct 2023 10:00:00 +0000\n", NONE},
    {"the body does not count",
	"\nReceived: by a; 16 Oct 2023 10:00:00 +0000\n", NONE},
    {"no semicolon", "Received: by a 16 Oct 2023 10:00:00 +0000\n", NONE},
    {"nothing", "Received:", NONE},
    {"nothing but a semicolon", "Received:;", NONE},
};

static void
test_received(void)
{
	for (size_t i = 0; i < sizeof(received) / sizeof(received[0]); i++) {
		struct ms_desc d;

		ms_mail_describe(guarded(ms_slice_str(received[i].header)), &d);
		ok(((d.bits & MS_DESC_RECEIVED) != 0) ==
			    (received[i].want != NULL) &&
			(received[i].want == NULL ||
			    d.received == moment(received[i].want)),
		    "Received: %s", received[i].rule);
	}
}

int
main(void)
{
	test_rules();
	test_extremes();
	test_unstated();
	test_text();
	test_received();
	return done();
}
