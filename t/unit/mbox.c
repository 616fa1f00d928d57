/*
 * mbox.c - splits mboxes and streams; each row is also tested in windows of
 * random sizes.
 */
#include "mail.h"
#include "mbox.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>
#include "guarded.h"
#include "stream.h"
#include "tap.h"

#define D1 "From a@b Mon Jan  5 10:00:00 2026\n"
#define D2 "From c@d  Tue Jan  6 11:00:00 2026\n"
#define SF MS_STREAM_FROM
#define FROM                                                                   \
	"["                                                                    \
	"From ms-stream@1 Thu Jan  1 00:00:00 1970"                            \
	"]"

#define F MS_MBOX_FOREIGN
#define ONE MS_MBOX_SINGLE
#define S MS_MBOX_STREAM

/*
 * "[From_ line]bytes;" is a message. "!" replaces ";" if the message ended with
 * the input, and "?" if its line end was missing in a stream.
 */
static const struct row {
	const char *name;
	enum ms_mbox_kind kind;
	bool unquote;
	const char *in, *out;
} rows[] = {
    {"one message", F, false, D1 "A: b\n\nc\n",
	"[From a@b Mon Jan  5 10:00:00 2026]A: b\n\nc\n!"},
    {"two, an empty line removed from each", F, false,
	D1 "A: b\n\nc\n\n" D2 "A: d\n\n",
	"[From a@b Mon Jan  5 10:00:00 2026]A: b\n\nc\n;"
	"[From c@d  Tue Jan  6 11:00:00 2026]A: d\n!"},
    {"no empty line between", F, false, D1 "A: b\n\nc\n" D2 "A: d\n",
	"[From a@b Mon Jan  5 10:00:00 2026]A: b\n\nc\n;"
	"[From c@d  Tue Jan  6 11:00:00 2026]A: d\n!"},
    {"only one empty line is removed", F, false,
	D1 "A: b\n\nc\n\n\n\n" D2 "A: d\n\n\n",
	"[From a@b Mon Jan  5 10:00:00 2026]A: b\n\nc\n\n\n;"
	"[From c@d  Tue Jan  6 11:00:00 2026]A: d\n\n!"},
    {"CRLF", F, false,
	"From a@b Mon Jan  5 10:00:00 2026\r\nA: b\r\n\r\nc\r\n\r\n"
	"From a@b Mon Jan  5 10:00:00 2026\r\nA: d\r\n\r\n",
	"[From a@b Mon Jan  5 10:00:00 2026]A: b\r\n\r\nc\r\n;"
	"[From a@b Mon Jan  5 10:00:00 2026]A: d\r\n!"},
    {"a CR at the end is no line", F, false, D1 "A: b\n\r",
	"[From a@b Mon Jan  5 10:00:00 2026]A: b\n\r!"},
    {"no line end at the end", F, false, D1 "A: b\n\nc",
	"[From a@b Mon Jan  5 10:00:00 2026]A: b\n\nc!"},
    {"an empty line is all there is of a message", F, false,
	D1 "\n" D2 "A: d\n",
	"[From a@b Mon Jan  5 10:00:00 2026];"
	"[From c@d  Tue Jan  6 11:00:00 2026]A: d\n!"},
    {"a message of no bytes", F, false, D1 D2 "A: d\n",
	"[From a@b Mon Jan  5 10:00:00 2026];"
	"[From c@d  Tue Jan  6 11:00:00 2026]A: d\n!"},
    {"nothing after the From_ line", F, false, D1,
	"[From a@b Mon Jan  5 10:00:00 2026]!"},
    {"empty lines on top", F, false, "\n\r\n" D1 "A: b\n",
	"[From a@b Mon Jan  5 10:00:00 2026]A: b\n!"},
    {"a date, but no header field below", F, false, D1 "A: b\n\n" D2 "text\n",
	"[From a@b Mon Jan  5 10:00:00 2026]A: b\n\n" D2 "text\n!"},
    {"a header field below, but no date", F, false,
	D1 "A: b\n\nFrom here on\nNote: it\n",
	"[From a@b Mon Jan  5 10:00:00 2026]A: b\n\nFrom here on\n"
	"Note: it\n!"},
    {"no hour 24 in a date", F, false,
	D1 "A: b\n\nFrom a@b Mon Jan  5 24:00:00 2026\nA: d\n",
	"[From a@b Mon Jan  5 10:00:00 2026]A: b\n\n"
	"From a@b Mon Jan  5 24:00:00 2026\nA: d\n!"},
    {"no minute 60 in a date", F, false,
	D1 "A: b\n\nFrom a@b Mon Jan  5 10:60:00 2026\nA: d\n",
	"[From a@b Mon Jan  5 10:00:00 2026]A: b\n\n"
	"From a@b Mon Jan  5 10:60:00 2026\nA: d\n!"},
    {"no second 61 in a date", F, false,
	D1 "A: b\n\nFrom a@b Mon Jan  5 10:00:61 2026\nA: d\n",
	"[From a@b Mon Jan  5 10:00:00 2026]A: b\n\n"
	"From a@b Mon Jan  5 10:00:61 2026\nA: d\n!"},
    {"no time of four numbers in a date", F, false,
	D1 "A: b\n\nFrom a@b Mon Jan  5 10:00:00:00 2026\nA: d\n",
	"[From a@b Mon Jan  5 10:00:00 2026]A: b\n\n"
	"From a@b Mon Jan  5 10:00:00:00 2026\nA: d\n!"},
    {"no time of one number in a date", F, false,
	D1 "A: b\n\nFrom a@b Mon Jan  5 10 2026\nA: d\n",
	"[From a@b Mon Jan  5 10:00:00 2026]A: b\n\n"
	"From a@b Mon Jan  5 10 2026\nA: d\n!"},
    {"no minute of one digit in a date", F, false,
	D1 "A: b\n\nFrom a@b Mon Jan  5 10:0:00 2026\nA: d\n",
	"[From a@b Mon Jan  5 10:00:00 2026]A: b\n\n"
	"From a@b Mon Jan  5 10:0:00 2026\nA: d\n!"},
    {"a field name with DEL below", F, false,
	D1 "A: b\n\nFrom a@b Mon Jan  5 10:00:00 2026\nA\x7f: d\n",
	"[From a@b Mon Jan  5 10:00:00 2026]A: b\n\n"
	"From a@b Mon Jan  5 10:00:00 2026\nA\x7f: d\n!"},
    {"a field name with a blank in it below", F, false,
	D1 "A: b\n\nFrom a@b Mon Jan  5 10:00:00 2026\nA b: d\n",
	"[From a@b Mon Jan  5 10:00:00 2026]A: b\n\n"
	"From a@b Mon Jan  5 10:00:00 2026\nA b: d\n!"},
    {"an empty line below", F, false, D1 "A: b\n\n" D2 "\nA: b\n",
	"[From a@b Mon Jan  5 10:00:00 2026]A: b\n\n" D2 "\nA: b\n!"},
    {"the last line looks like a separator", F, false, D1 "A: b\n\n" D2,
	"[From a@b Mon Jan  5 10:00:00 2026]A: b\n\n" D2 "!"},
    {"a quoted one stays as it is", F, false, D1 "A: b\n\n>" D2 "A: d\n",
	"[From a@b Mon Jan  5 10:00:00 2026]A: b\n\n>" D2 "A: d\n!"},
    {"unless it is to be unquoted", F, true,
	D1 "A: b\n\n>From x\n>>From y\n> From z\n>F",
	"[From a@b Mon Jan  5 10:00:00 2026]A: b\n\n"
	"From x\n>From y\n> From z\n>F!"},
    {"no dates anywhere", F, false, "From -\nA: b\nFrom x@y\nA: d\nFrom x\nz\n",
	"[From -]A: b\n;[From x@y]A: d\nFrom x\nz\n!"},
    {"no dates, and two words", F, false, "From -\nA: b\nFrom x y\nA: d\n",
	"[From -]A: b\nFrom x y\nA: d\n!"},
    {"a patch in a mail", F, false,
	D1 "A: b\n\nFrom 0123456789012345678901234567890123456789 Mon Sep 17 "
	   "00:00:00 2001\nFrom: x\n",
	"[From a@b Mon Jan  5 10:00:00 2026]A: b\n\nFrom "
	"0123456789012345678901234567890123456789 Mon Sep 17 00:00:00 2001\n"
	"From: x\n!"},
    {"a file of patches", F, false,
	"From 0123456789012345678901234567890123456789 Mon Sep 17 00:00:00 "
	"2001\nA: b\n\nFrom 012345678901234567890123456789012345678f Mon Sep "
	"17 00:00:00 2001\nA: d\n",
	"[From 0123456789012345678901234567890123456789 Mon Sep 17 00:00:00 "
	"2001]A: b\n;[From 012345678901234567890123456789012345678f Mon Sep "
	"17 00:00:00 2001]A: d\n!"},
    {"the beginning is missing", F, false, "text\n\n" D1 "A: b\n",
	"text\n;[From a@b Mon Jan  5 10:00:00 2026]A: b\n!"},
    {"no mbox at all", F, false, "text\n\n", "text\n!"},
    {"nothing", F, false, "", ""},
    {"empty lines only", F, false, "\n\r\n\n", ""},

    {"single: no separator below", ONE, false, D1 "A: b\n\n" D2 "A: d\n\n",
	"[From a@b Mon Jan  5 10:00:00 2026]A: b\n\n" D2 "A: d\n!"},
    {"single: no date", ONE, false, "From x@y\r\nA: b\r\n\r\nc\r\n\r\n",
	"[From x@y]A: b\r\n\r\nc\r\n!"},

    {"stream", S, false, SF "MS-Envelope:\nA: b\n\nc\n\n" SF "MS-Envelope:\n\n",
	FROM "MS-Envelope:\nA: b\n\nc\n;" FROM "MS-Envelope:\n!"},
    {"stream: no line end at the end of a message", S, false,
	SF "MS-Envelope:\nc\n" SF, FROM "MS-Envelope:\nc;" FROM "!"},
    {"stream: empty lines at the end of a message", S, false, SF "c\n\n\n\n" SF,
	FROM "c\n\n\n;" FROM "!"},
    {"stream: CRLF stays", S, false, SF "c\r\n\r\n\n" SF,
	FROM "c\r\n\r\n;" FROM "!"},
    {"stream: one LF is a message of no bytes", S, false, SF "\n" SF "\n\n",
	FROM ";" FROM "\n!"},
    {"stream: none is not", S, false, SF SF, FROM "?" FROM "!"},
    {"stream: quoting", S, false,
	SF ">From a\n>>From b\n>>>>>>>>>>>>>>>From c\n>from\n>\n>>Fro\n>F\n"
	   " >From d\nx >From e\n>From ",
	FROM "From a\n>From b\n>>>>>>>>>>>>>>From c\n>from\n>\n>>Fro\n>F\n"
	     " >From d\nx >From e\nFrom !"},
    {"stream: a quoted separator", S, false, SF "a\n>" SF "b\n\n" SF,
	FROM "a\n" SF "b\n;" FROM "!"},
    {"stream: dates mean nothing", S, false, SF "a\n" D2 "A: b\n\n" SF,
	FROM "a\n" D2 "A: b\n;" FROM "!"},
    {"stream: a separator that a filter wrote", S, false,
	SF "a\n\n" D2 "MS-Envelope: x\n",
	FROM "a\n;[From c@d  Tue Jan  6 11:00:00 2026]MS-Envelope: x!"},
    {"stream: it has to begin with the separator", S, false,
	D1 "A: b\n\n" SF "a\n", D1 "A: b\n;" FROM "a!"},
    {"stream: cut in a separator", S, false, SF "a\n\nFrom ms-stream@1 Thu Jan",
	FROM "a\n\nFrom ms-stream@1 Thu Jan!"},
};

/* Moves a window of at most `size` bytes over the input. */
static void
split(const struct row *r, const char *in, size_t n, unsigned seed,
    struct ms_buf *out)
{
	size_t start = 0, end = 0, used;
	enum ms_mbox_event event;
	struct ms_slice piece;
	struct ms_mbox m;

	ms_mbox_init(&m, r->kind, r->unquote);
	ms_buf_clear(out);
	if (seed == 0)
		end = n;
	for (;;) {
		event = ms_mbox_next(&m, (const unsigned char *)in + start,
		    end - start, end == n, &used, &piece);
		start += used;
		switch (event) {
		case MS_MBOX_MORE:
			if (end == n || end - start >= MS_MBOX_WINDOW) {
				ms_buf_add_str(out, "STUCK");
				return;
			}
			end += 1 + (size_t)rand_r(&seed) % 8;
			end = end < n ? end : n;
			break;
		case MS_MBOX_FROM:
			ms_buf_printf(
			    out, "[%.*s]", (int)piece.n, (const char *)piece.p);
			break;
		case MS_MBOX_DATA:
			ms_buf_add(out, piece.p, piece.n);
			break;
		case MS_MBOX_END:
			ms_buf_add_str(out, !ms_mbox_ended(&m) ? "!"
					    : r->kind == S && ms_mbox_bare(&m)
						? "?"
						: ";");
			break;
		case MS_MBOX_DONE:
			return;
		}
	}
}

static void
test_rows(unsigned seed)
{
	struct ms_buf out = {0};
	const struct row *r;
	unsigned bad;

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		r = &rows[i];
		split(r, r->in, strlen(r->in), 0, &out);
		ok(strcmp(ms_buf_str(&out), r->out) == 0, "%s", r->name);
		if (strcmp(ms_buf_str(&out), r->out) != 0)
			printf(
			    "# got  %s\n# want %s\n", ms_buf_str(&out), r->out);
		bad = 0;
		for (unsigned k = 1; k <= 40 && bad == 0; k++) {
			split(r, r->in, strlen(r->in), seed + k, &out);
			if (strcmp(ms_buf_str(&out), r->out) != 0)
				bad = seed + k;
		}
		ok(bad == 0, "%s, in small windows", r->name);
		if (bad != 0)
			printf("# seed %u: got %s\n", bad, ms_buf_str(&out));
	}
	ms_buf_release(&out);
}

static const struct {
	const char *line, *date;
} dates[] = {
    {"From a Mon Jan  5 10:00:00 2026", "5 Jan 2026 10:00:00 +0000"},
    {"From a@b.c  Mon Jan 5 1:02 2026", "5 Jan 2026 01:02:00 +0000"},
    {"From a at b.c  mon JAN 05 10:00:00 2026", "5 Jan 2026 10:00:00 +0000"},
    {"From - Mon Jan 05 10:00:00 2026", "5 Jan 2026 10:00:00 +0000"},
    {"From  Mon Jan 05 10:00:00 2026", "5 Jan 2026 10:00:00 +0000"},
    {"From 12@xxx Mon Jan 05 10:00:00 +0130 2026", "5 Jan 2026 10:00:00 +0130"},
    {"From a Mon Jan 05 10:00:00 2026 -0500", "5 Jan 2026 10:00:00 -0500"},
    {"From a Mon Jan 05 10:00:00 PST 2026", "5 Jan 2026 10:00:00 PST"},
    {"From a Mon Jan 05 10:00:00 MET DST 2026", "5 Jan 2026 10:00:00 MET"},
    {"From a Mon Jan 05 10:00:00 2026 remote from b",
	"5 Jan 2026 10:00:00 +0000"},
    {"From a Mon, 5 Jan 2026 10:00:00 +0100", "5 Jan 2026 10:00:00 +0100"},
    {"From Mon Amour Mon Jan 05 10:00:00 2026", "5 Jan 2026 10:00:00 +0000"},
    {"From a\tMon\tJan\t05\t10:00:00\t2026", "5 Jan 2026 10:00:00 +0000"},
    {"From a Sat Mar 28 23:59:60 2026", "29 Mar 2026 00:00:00 +0000"},
    {"From a Thu Feb 29 10:00:00 1996", "29 Feb 1996 10:00:00 +0000"},
    {"From a Wed Feb 29 10:00:00 1995", NULL},
    {"From a Mon Jan 5 10:00:00 0102", "5 Jan 2002 10:00:00 +0000"},
    {"From a Mon Jan 5 10:00:00 1899", NULL},
    {"From a Mon Jan 32 10:00:00 2026", NULL},
    {"From a Mon Jan 0 10:00:00 2026", NULL},
    {"From a Mon Jan 5 24:00:00 2026", NULL},
    {"From a Mon Jan 5 10:60:00 2026", NULL},
    {"From a Mon Jan 5 10:00:00:00 2026", NULL},
    {"From a Mon Jan 5 10 2026", NULL},
    {"From a Mon Jan 5 10:00:00 26", NULL},
    {"From a Mon Jan 5 10:00:00", NULL},
    {"From a Mon Jan 5 10:00:00 a b c 2026", NULL},
    {"From a Jan 5 10:00:00 2026", NULL},
    {"From a Mon Jen 5 10:00:00 2026", NULL},
    {"From a", NULL},
    {"From ", NULL},
    {"From", NULL},
    {"", NULL},
};

static void
test_dates(void)
{
	const char *line, *want;
	int64_t date, as_mail;
	bool found;

	for (size_t i = 0; i < sizeof(dates) / sizeof(dates[0]); i++) {
		line = dates[i].line;
		want = dates[i].date;
		found = ms_mbox_date(guarded(ms_slice_str(line)), &date);
		ok(found == (want != NULL) &&
			(!found ||
			    (ms_mail_date(ms_slice_str(want), &as_mail) &&
				date == as_mail)),
		    "date of \"%s\"", line);
	}
}

static void
test_field(void)
{
	static const struct {
		const char *in;
		int more, eof; /* the result if more bytes can follow, and at
				  the end */
	} fields[] = {{"Subject: x", 1, 1}, {"X-a.b_c!: ", 1, 1},
	    {"Subject :x", 1, 1}, {"Subject", -1, 0}, {"Subject ", -1, 0},
	    {"", -1, 0}, {":", 0, 0}, {" Subject: x", 0, 0},
	    {"two words: x", 0, 0}, {"\n", 0, 0},
	    {"Gr\xc3\xbc\xc3\x9f: x", 0, 0}, {"Subject\n", 0, 0},
	    {"Subject\x7f: x", 0, 0}, {"Subject\t:", 1, 1}, {"~!:", 1, 1}};
	struct ms_slice s;
	char name[MS_MBOX_FIELD_MAX + 1];

	for (size_t i = 0; i < sizeof(fields) / sizeof(fields[0]); i++) {
		s = guarded(ms_slice_str(fields[i].in));
		ok(ms_mbox_field(s.p, s.n, false) == fields[i].more &&
			ms_mbox_field(s.p, s.n, true) == fields[i].eof,
		    "field %zu", i);
	}
	memset(name, 'a', sizeof(name));
	name[MS_MBOX_FIELD_MAX - 1] = ':';
	s = (struct ms_slice){(unsigned char *)name, sizeof(name)};
	ok(ms_mbox_field(s.p, s.n, false) == 1, "the longest name of a field");
	name[MS_MBOX_FIELD_MAX - 1] = 'a';
	name[MS_MBOX_FIELD_MAX] = ':';
	ok(ms_mbox_field(s.p, s.n, false) == 0, "one byte more");
}

static void
test_looks(void)
{
#define D "From a Mon Jan  5 10:00:00 2026\n"
	static const struct {
		const char *in;
		int more, eof; /* the answer where more may follow, or not */
	} looks[] = {{"", -1, 0}, {"Fro", -1, 0}, {"From", -1, 0},
	    {"From ", -1, 0}, {"From x", -1, 0}, {"X", 0, 0}, {"FromX", 0, 0},
	    {"\n\r\n", -1, 0}, {"\nFrom ", -1, 0}, {D, 1, 1},
	    {"\n\r\n" D, 1, 1}, {"From -\n", -1, 0}, {"From -\nA", -1, 0},
	    {"From -\nA:", 1, 1}, {"From -\r\nA:", 1, 1}, {"From -\n\n", 0, 0},
	    {"From a b c d\nA: b\n", 1, 1}};
#undef D

	for (size_t i = 0; i < sizeof(looks) / sizeof(looks[0]); i++) {
		struct ms_slice s = guarded(ms_slice_str(looks[i].in));
		int more = ms_mbox_looks(s.p, s.n, false);
		int eof = ms_mbox_looks(s.p, s.n, true);

		ok(more == looks[i].more && eof == looks[i].eof,
		    "is it an mbox, %zu: %d %d", i, more, eof);
	}
}

/* Lines at their limits: windows of MS_MBOX_WINDOW bytes are sufficient. */
static void
test_long_lines(void)
{
	static char in[16 * MS_MBOX_FROM_MAX];
	const struct row r = {"", F, true, NULL, NULL};
	struct ms_buf out = {0};
	size_t n = 0;

	n += (size_t)snprintf(in, sizeof(in), D1 "A: b\n\n");
	for (int extra = 0; extra < 2; extra++) {
		n += (size_t)snprintf(in + n, sizeof(in) - n,
		    "From %0*d Mon Jan  5 10:00:00 2026\nB: c\n\n",
		    MS_MBOX_FROM_MAX - 5 - 25 - 1 + extra, 0);
	}
	memset(in + n, '>', 5000);
	n += 5000;
	n += (size_t)snprintf(in + n, sizeof(in) - n, "From x\n");
	for (unsigned seed = 0; seed < 3; seed++) {
		split(&r, in, n, seed, &out);
		ms_buf_str(&out);
		ok(strstr((char *)out.p, "A: b\n;[From 000") != NULL &&
			strstr((char *)out.p, "B: c\n\nFrom 0000") != NULL &&
			memmem(out.p, out.n, ">From x", 7) != NULL &&
			out.n == n + 2,
		    "lines at their limits, %u", seed);
	}
	ms_buf_release(&out);
}

int
main(void)
{
	unsigned seed = (unsigned)time(NULL) | 1;
	const char *given = getenv("MS_SEED");

	if (given != NULL)
		seed = (unsigned)strtoul(given, NULL, 10);
	printf("# seed %u (MS_SEED repeats it)\n", seed);
	test_rows(seed);
	test_dates();
	test_field();
	test_looks();
	test_long_lines();
	return done();
}
