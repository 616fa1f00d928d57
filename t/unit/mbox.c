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
#define Q2 "{From c@d  Tue Jan  6 11:00:00 2026}"
#define SF MS_STREAM_FROM
#define FROM                                                                   \
	"["                                                                    \
	"From ms-stream@1 Thu Jan  1 00:00:00 1970"                            \
	"]"

#define F MS_MBOX_FOREIGN
#define ONE MS_MBOX_SINGLE
#define S MS_MBOX_STREAM

/*
 * "[From_ line]bytes;" is a message, "{line}" a line that perhaps begins one.
 * "!" replaces ";" if the message ended with the input, and "?" if its line end
 * was missing in a stream. N is a NUL.
 */
#define N "\x02"
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
    {"the last line has no line end", F, false, D1 "A: b\n\nc",
	"[From a@b Mon Jan  5 10:00:00 2026]A: b\n\nc!"},
    {"a message that is an empty line", F, false, D1 "\n" D2 "A: d\n",
	"{From a@b Mon Jan  5 10:00:00 2026}"
	"[From a@b Mon Jan  5 10:00:00 2026];"
	"[From c@d  Tue Jan  6 11:00:00 2026]A: d\n!"},
    {"a message of no bytes", F, false, D1 D2 "A: d\n",
	"{From a@b Mon Jan  5 10:00:00 2026}"
	"[From a@b Mon Jan  5 10:00:00 2026];"
	"[From c@d  Tue Jan  6 11:00:00 2026]A: d\n!"},
    {"nothing after the From_ line", F, false, D1,
	"{From a@b Mon Jan  5 10:00:00 2026}"
	"[From a@b Mon Jan  5 10:00:00 2026]!"},
    {"empty lines on top", F, false, "\n\r\n" D1 "A: b\n",
	"[From a@b Mon Jan  5 10:00:00 2026]A: b\n!"},
    {"a date, but no header field below", F, false, D1 "A: b\n\n" D2 "text\n",
	"[From a@b Mon Jan  5 10:00:00 2026]A: b\n\n" Q2 D2 "text\n!"},
    {"a header field below, but no date", F, false,
	D1 "A: b\n\nFrom here on\nNote: it\n",
	"[From a@b Mon Jan  5 10:00:00 2026]A: b\n\n{From here on}"
	"From here on\nNote: it\n!"},
    {"no hour 24 in a date", F, false,
	D1 "A: b\n\nFrom a@b Mon Jan  5 24:00:00 2026\nA: d\n",
	"[From a@b Mon Jan  5 10:00:00 2026]A: b\n\n"
	"{From a@b Mon Jan  5 24:00:00 2026}From a@b Mon Jan  5 24:00:00 "
	"2026\nA: d\n!"},
    {"no minute 60 in a date", F, false,
	D1 "A: b\n\nFrom a@b Mon Jan  5 10:60:00 2026\nA: d\n",
	"[From a@b Mon Jan  5 10:00:00 2026]A: b\n\n"
	"{From a@b Mon Jan  5 10:60:00 2026}From a@b Mon Jan  5 10:60:00 "
	"2026\nA: d\n!"},
    {"no second 61 in a date", F, false,
	D1 "A: b\n\nFrom a@b Mon Jan  5 10:00:61 2026\nA: d\n",
	"[From a@b Mon Jan  5 10:00:00 2026]A: b\n\n"
	"{From a@b Mon Jan  5 10:00:61 2026}From a@b Mon Jan  5 10:00:61 "
	"2026\nA: d\n!"},
    {"no time of four numbers in a date", F, false,
	D1 "A: b\n\nFrom a@b Mon Jan  5 10:00:00:00 2026\nA: d\n",
	"[From a@b Mon Jan  5 10:00:00 2026]A: b\n\n"
	"{From a@b Mon Jan  5 10:00:00:00 2026}From a@b Mon Jan  5 10:00:00:00 "
	"2026\nA: d\n!"},
    {"no time of one number in a date", F, false,
	D1 "A: b\n\nFrom a@b Mon Jan  5 10 2026\nA: d\n",
	"[From a@b Mon Jan  5 10:00:00 2026]A: b\n\n"
	"{From a@b Mon Jan  5 10 2026}From a@b Mon Jan  5 10 2026\nA: d\n!"},
    {"no minute of one digit in a date", F, false,
	D1 "A: b\n\nFrom a@b Mon Jan  5 10:0:00 2026\nA: d\n",
	"[From a@b Mon Jan  5 10:00:00 2026]A: b\n\n"
	"{From a@b Mon Jan  5 10:0:00 2026}From a@b Mon Jan  5 10:0:00 "
	"2026\nA: d\n!"},
    {"a field name with DEL below", F, false,
	D1 "A: b\n\nFrom a@b Mon Jan  5 10:00:00 2026\nA\x7f: d\n",
	"[From a@b Mon Jan  5 10:00:00 2026]A: b\n\n"
	"{From a@b Mon Jan  5 10:00:00 2026}"
	"From a@b Mon Jan  5 10:00:00 2026\nA\x7f: d\n!"},
    {"a field name with a blank in it below", F, false,
	D1 "A: b\n\nFrom a@b Mon Jan  5 10:00:00 2026\nA b: d\n",
	"[From a@b Mon Jan  5 10:00:00 2026]A: b\n\n"
	"{From a@b Mon Jan  5 10:00:00 2026}"
	"From a@b Mon Jan  5 10:00:00 2026\nA b: d\n!"},
    {"an empty line below", F, false, D1 "A: b\n\n" D2 "\nA: b\n",
	"[From a@b Mon Jan  5 10:00:00 2026]A: b\n\n"
	"{From c@d  Tue Jan  6 11:00:00 2026}" D2 "\nA: b\n!"},
    {"the last line looks like a separator", F, false, D1 "A: b\n\n" D2,
	"[From a@b Mon Jan  5 10:00:00 2026]A: b\n\n" Q2 D2 "!"},
    {"a quoted From_ line stays as it is", F, false, D1 "A: b\n\n>" D2 "A: d\n",
	"[From a@b Mon Jan  5 10:00:00 2026]A: b\n\n>" D2 "A: d\n!"},
    {"a quoted From_ line is unquoted if that is requested", F, true,
	D1 "A: b\n\n>From x\n>>From y\n> From z\n>F",
	"[From a@b Mon Jan  5 10:00:00 2026]A: b\n\n"
	"From x\n>From y\n> From z\n>F!"},
    {"no dates anywhere, no empty lines", F, false,
	"From -\nA: b\nC: d\nFrom x@y\nA: d\nB: e\nFrom x\nz: 1\n",
	"[From -]A: b\nC: d\n;[From x@y]A: d\nB: e\nFrom x\nz: 1\n!"},
    {"no dates, and two words", F, false,
	"From -\nA: b\nC: d\nFrom x y\nA: d\nB: e\n",
	"[From -]A: b\nC: d\n{From x y}From x y\nA: d\nB: e\n!"},
    {"one field below the first line", F, false, "From -\nA: b\n\nc\n",
	"{From -}[From -]A: b\n\nc\n!"},
    {"no date, after an empty line, two fields", F, false,
	D1 "A: b\n\n\nFrom \nA: d\nB: e\n",
	"[From a@b Mon Jan  5 10:00:00 2026]A: b\n\n;[From ]A: d\nB: e\n!"},
    {"no date, after text", F, false, D1 "A: b\n\nc\nFrom x\nA: d\nB: e\n",
	"[From a@b Mon Jan  5 10:00:00 2026]A: b\n\nc\n{From x}From x\nA: "
	"d\nB: e\n!"},
    {"no date, after text, and a line above two fields", F, false,
	D1 "A: b\n\nc\nFrom x\ny\nA: d\nB: e\n",
	"[From a@b Mon Jan  5 10:00:00 2026]A: b\n\nc\nFrom x\ny\nA: d\nB: "
	"e\n!"},
    {"a From_ line with a date, and a line above two fields", F, false,
	D1 "A: b\n\nc\n" D2 "y\nA: d\nB: e\n",
	"[From a@b Mon Jan  5 10:00:00 2026]A: b\n\nc\n" Q2 D2
	"y\nA: d\nB: e\n!"},
    {"an empty line before the two fields", F, false,
	D1 "A: b\n\nFrom x y\r\n\r\nA: d\r\nB: e\r\n",
	"[From a@b Mon Jan  5 10:00:00 2026]A: b\n;[From x y]A: d\r\n"
	"B: e\r\n!"},
    {"the same, with dates", F, false,
	D1 "\nA: b\nC: d\n\n" D2 "\nA: d\nB: e\n",
	"[From a@b Mon Jan  5 10:00:00 2026]A: b\nC: d\n;"
	"[From c@d  Tue Jan  6 11:00:00 2026]A: d\nB: e\n!"},
    {"two empty lines before the fields", F, false, D1 "\n\nA: b\nC: d\n",
	"{From a@b Mon Jan  5 10:00:00 2026}"
	"[From a@b Mon Jan  5 10:00:00 2026]\n\nA: b\nC: d\n!"},
    {"a line of junk before the two fields", F, false,
	D1 "A: b\n\nFrom x y\n>From z\nA: d\nB: e\n",
	"[From a@b Mon Jan  5 10:00:00 2026]A: b\n;[From x y]>From z\nA: d\n"
	"B: e\n!"},
    {"two lines of junk", F, false, D1 "A: b\n\nFrom x\ny\nz\nA: d\nB: e\n",
	"[From a@b Mon Jan  5 10:00:00 2026]A: b\n\nFrom x\ny\nz\nA: d\n"
	"B: e\n!"},
    {"fields with more lines", F, false,
	D1 "A: b\n\nFrom x\nA: d\n e\n\tf\nB: e\n",
	"[From a@b Mon Jan  5 10:00:00 2026]A: b\n;[From x]A: d\n e\n\tf\n"
	"B: e\n!"},
    {"a field, an empty line, a field", F, false,
	D1 "A: b\n\nFrom x\nA: d\n\nB: e\n",
	"[From a@b Mon Jan  5 10:00:00 2026]A: b\n\n{From x}From x\nA: d\n\n"
	"B: e\n!"},
    {"an empty line of blanks", F, false,
	D1 "A: b\n\nc\n \t\r\nFrom x\nA: d\nB: e\n",
	"[From a@b Mon Jan  5 10:00:00 2026]A: b\n\nc\n \t\r\n;[From x]A: d\n"
	"B: e\n!"},
    {"a byte order mark before a From_ line", F, false,
	D1 "A: b\n\n\xef\xbb\xbf" D2 "A: d\n\n\xef\xbb\xbf"
	   "From x\nA: f\nB: e\n\n\xef\xbb\xbf",
	"[From a@b Mon Jan  5 10:00:00 2026]A: b\n;"
	"[From c@d  Tue Jan  6 11:00:00 2026]A: d\n;[From x]A: f\nB: e\n\n"
	"\xef\xbb\xbf!"},
    {"NULs instead of an empty line, and before a From_ line", F, false,
	D1 "A: b\n\nc\n" N N "\nFrom x\nA: d\nB: e\n" N N N D2 "A: f\n",
	"[From a@b Mon Jan  5 10:00:00 2026]A: b\n\nc\n" N N "\n;"
	"[From x]A: d\nB: e\n" N N N ";"
	"[From c@d  Tue Jan  6 11:00:00 2026]A: f\n!"},
    {"NULs at the start", F, false,
	N "\xef\xbb\xbf" N "\n" N N D1 "A: b\n\n" N N D2 "A: d\n",
	"[From a@b Mon Jan  5 10:00:00 2026]A: b\n\n" N N ";"
	"[From c@d  Tue Jan  6 11:00:00 2026]A: d\n!"},
    {"NULs at the start count if quotes are removed", F, true,
	N D1 "A: b\n\n" N D2 "A: d\n" N ">" D2 "\n\xef\xbb\xbf" D2 "A: d\n",
	"[From a@b Mon Jan  5 10:00:00 2026]A: b\n\n" N D2 "A: d\n" N ">" D2
	"\n\xef\xbb\xbf" D2 "A: d\n!"},
    {"an inverted question mark before a From_ line", F, false,
	D1 "A: b\n\n\xbf" D2 "A: d\n",
	"[From a@b Mon Jan  5 10:00:00 2026]A: b\n\n\xbf" D2 "A: d\n!"},
    {"a byte order mark at the start", F, false, "\n\xef\xbb\xbf" D1 "A: b\n",
	"[From a@b Mon Jan  5 10:00:00 2026]A: b\n!"},
    {"blank lines at the start", F, false, " \t\n\r\n  \n" D1 "A: b\n",
	"[From a@b Mon Jan  5 10:00:00 2026]A: b\n!"},
    {"a blank before the first line", F, false, " " D1 "A: b\n",
	" " D1 "A: b\n!"},
    {"From with a colon is a field", F, false,
	D1 "A: b\n\nFrom : c\nA: d\nB: e\n\nFrom \t: f\nA: d\n",
	"[From a@b Mon Jan  5 10:00:00 2026]A: b\n\nFrom : c\nA: d\nB: e\n\n"
	"From \t: f\nA: d\n!"},
    {"web addresses and times are no fields", F, false,
	D1 "A: b\n\nFrom x\nhttp://a\nhttp://b\n\nFrom y\n10:00 a\n11: b\n",
	"[From a@b Mon Jan  5 10:00:00 2026]A: b\n\nFrom x\nhttp://a\n"
	"http://b\n\nFrom y\n10:00 a\n11: b\n!"},
    {"a patch after an empty line, two fields", F, false,
	D1 "A: b\n\nFrom 0123456789012345678901234567890123456789 Mon Sep 17 "
	   "00:00:00 2001\nFrom: x\nDate: y\n",
	"[From a@b Mon Jan  5 10:00:00 2026]A: b\n\nFrom "
	"0123456789012345678901234567890123456789 Mon Sep 17 00:00:00 2001\n"
	"From: x\nDate: y\n!"},
    {"doubt, then a separator", F, true,
	D1 "A: b\n\n>From q\n\nFrom x\nA: d\n\nFrom y\nA: d\nB: e\n",
	"[From a@b Mon Jan  5 10:00:00 2026]A: b\n\nFrom q\n\n{From x}From x\n"
	"A: d\n;[From y]A: d\nB: e\n!"},
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
    {"a file that is no mbox", F, false, "text\n\n", "text\n!"},
    {"nothing", F, false, "", ""},
    {"empty lines only", F, false, "\n\r\n\n", ""},

    {"single: no separator below", ONE, false, D1 "A: b\n\n" D2 "A: d\n\n",
	"[From a@b Mon Jan  5 10:00:00 2026]A: b\n\n" D2 "A: d\n!"},
    {"single: no date, one field", ONE, false,
	"From x@y\r\nA: b\r\n\r\nc\r\n\r\n", "[From x@y]A: b\r\n\r\nc\r\n!"},

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
    {"stream: a message without a line end", S, false, SF SF,
	FROM "?" FROM "!"},
    {"stream: quoting", S, false,
	SF ">From a\n>>From b\n>>>>>>>>>>>>>>>From c\n>from\n>\n>>Fro\n>F\n"
	   " >From d\nx >From e\n>From ",
	FROM "From a\n>From b\n>>>>>>>>>>>>>>From c\n>from\n>\n>>Fro\n>F\n"
	     " >From d\nx >From e\nFrom !"},
    {"stream: a quoted separator", S, false, SF "a\n>" SF "b\n\n" SF,
	FROM "a\n" SF "b\n;" FROM "!"},
    {"stream: a From_ line with a date is no separator", S, false,
	SF "a\n" D2 "A: b\n\n" SF, FROM "a\n" D2 "A: b\n;" FROM "!"},
    {"stream: a separator that a filter wrote", S, false,
	SF "a\n\n" D2 "MS-Envelope: x\n",
	FROM "a\n;[From c@d  Tue Jan  6 11:00:00 2026]MS-Envelope: x!"},
    {"stream: with CRLF", S, false,
	"From ms-stream@1 Thu Jan  1 00:00:00 1970\r\nMS-Envelope:\r\nA: b\r\n"
	"\r\n>From c\r\n\r\n"
	"From ms-stream@1 Thu Jan  1 00:00:00 1970\r\nMS-Envelope:\r\nd\r\n"
	"From ms-stream@1 Thu Jan  1 00:00:00 1970\r\nMS-Envelope: end\r\n\r\n",
	FROM "MS-Envelope:\r\nA: b\r\n\r\nFrom c\r\n;" FROM
	     "MS-Envelope:\r\nd;" FROM "MS-Envelope: end\r\n\r!"},
    {"stream: the separator says which line end is removed", S, false,
	SF "a\r\n" SF "b\r\n"
	   "From ms-stream@1 Thu Jan  1 00:00:00 1970\r\nc\n" SF,
	FROM "a\r;" FROM "b;" FROM "c;" FROM "!"},
    {"stream: other bytes before the first separator", S, false,
	D1 "A: b\n\n" SF "a\n", D1 "A: b\n;" FROM "a!"},
    {"stream: cut in a separator", S, false, SF "a\n\nFrom ms-stream@1 Thu Jan",
	FROM "a\n\nFrom ms-stream@1 Thu Jan!"},
};

static void
replace(unsigned char *p, size_t n, unsigned char from, unsigned char to)
{
	for (size_t i = 0; i < n; i++)
		if (p[i] == from)
			p[i] = to;
}

/* Moves a window of random size over the input; seed 0: it is all of it. */
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
		case MS_MBOX_DOUBT:
			ms_buf_printf(
			    out, "{%.*s}", (int)piece.n, (const char *)piece.p);
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
			replace(out->p, out->n, '\0', N[0]);
			return;
		}
	}
}

static void
test_rows(unsigned seed)
{
	struct ms_buf out = {0}, in = {0};
	const struct row *r;
	unsigned bad;

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		r = &rows[i];
		ms_buf_clear(&in);
		ms_buf_add_str(&in, r->in);
		replace(in.p, in.n, N[0], '\0');
		split(r, (char *)in.p, in.n, 0, &out);
		ok(strcmp(ms_buf_str(&out), r->out) == 0, "%s", r->name);
		if (strcmp(ms_buf_str(&out), r->out) != 0)
			printf(
			    "# got  %s\n# want %s\n", ms_buf_str(&out), r->out);
		bad = 0;
		for (unsigned k = 1; k <= 40 && bad == 0; k++) {
			split(r, (char *)in.p, in.n, seed + k, &out);
			if (strcmp(ms_buf_str(&out), r->out) != 0)
				bad = seed + k;
		}
		ok(bad == 0, "%s, in small windows", r->name);
		if (bad != 0)
			printf("# seed %u: got %s\n", bad, ms_buf_str(&out));
	}
	ms_buf_release(&out);
	ms_buf_release(&in);
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
    {"From - a@b Mon Oct 16 2023 16:18:56 GMT-0700",
	"16 Oct 2023 23:18:56 +0000"},
    {"From a Mon Oct 16 2023 23:18:56-0700", "16 Oct 2023 23:18:56 +0000"},
    {"From a Mon Oct 16 23:18:56+02:00 2023", "16 Oct 2023 23:18:56 +0000"},
    {"From a Mon Oct 16 2023 16:18:56 GMT+0000 (Coordinated Universal Time)",
	"16 Oct 2023 16:18:56 +0000"},
    {"From a Mon, 16 Oct 2023 04:18:56 PM", "16 Oct 2023 16:18:56 +0000"},
    {"From a Mon Oct 16, 2023 16:18:56", "16 Oct 2023 16:18:56 +0000"},
    {"From a 2023-10-16T16:18:56Z", "16 Oct 2023 16:18:56 +0000"},
    {"From a 2023-10-16T16:18:56.123+02:00", "16 Oct 2023 14:18:56 +0000"},
    {"From - 2023-10-16 16:18:56 +0100", "16 Oct 2023 15:18:56 +0000"},
    {"From a 2023-10-16 16:18", "16 Oct 2023 16:18:00 +0000"},
    {"From 2023-10-16 16:18", NULL},
    {"From the log 2023-10-16 16:18:56", NULL},
    {"From a 2023-10-16 16:18:56 it ran", NULL},
    {"From a 2023-10-16", NULL},
    {"From a 2023-10-16X16:18", NULL},
    {"From a Mon Oct 16 2023 16:18:56x", NULL},
    {"From a Mon Oct 16 2023 16:18:56+12345", NULL},
    {"From : Mon Jan 05 10:00:00 2026", NULL},
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
    {"From a Mon Jan 5 10:00:00 970", NULL},
    {"From a Mon Jan 5 00:00:00 2026", "5 Jan 2026 00:00:00 +0000"},
    {"From: Mon Jan 5 10:00:00 2026", NULL},
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

/* The style of a From_ line. */
static void
test_styles(void)
{
#define SHA1 "0123456789abcdef0123456789abcdef01234567"
#define SHA256 SHA1 "0123456789abcdef01234567"
#define GIT_DATE " Mon Sep 17 00:00:00 2001"
	static const struct {
		const char *line;
		enum ms_mbox_style style;
	} lines[] = {
	    {"From " SHA1 GIT_DATE, MS_MBOX_STYLE_GIT},
	    {"From " SHA256 GIT_DATE, MS_MBOX_STYLE_GIT},
	    {"From " SHA1 "0" GIT_DATE, MS_MBOX_STYLE_DATED},
	    {"From g123456789abcdef0123456789abcdef01234567" GIT_DATE,
		MS_MBOX_STYLE_DATED},
	    {"From 0123456789abcdef0123456789abcdef0123456g" GIT_DATE,
		MS_MBOX_STYLE_DATED},
	    {"From abc" GIT_DATE, MS_MBOX_STYLE_DATED},
	    {"From " SHA1 " Mon Sep 17 00:00:01 2001", MS_MBOX_STYLE_DATED},
	    {"From " SHA1 GIT_DATE " ", MS_MBOX_STYLE_DATED},
	    {"From " SHA1 " Mon Sep 17", MS_MBOX_STYLE_OTHER},
	    {"From " SHA1, MS_MBOX_STYLE_WORD},
	    {"From a Thu Jan  1 00:00:00 0000", MS_MBOX_STYLE_DATED},
	    {"From a Thu Jan  0 00:00:00 1970", MS_MBOX_STYLE_OTHER},
	    {"From a Thu Jan 31 00:00:00 1970", MS_MBOX_STYLE_DATED},
	    {"From a Thu Jan 32 00:00:00 1970", MS_MBOX_STYLE_OTHER},
	    {"From a Thu Jan  1 23:59:60 1970", MS_MBOX_STYLE_DATED},
	    {"From a Thu Jan  1 23:59:61 1970", MS_MBOX_STYLE_OTHER},
	    {"From a Thu Jan  1 0:00:00 +1 1970", MS_MBOX_STYLE_OTHER},
	    {"From a Thu Jan  1 0:00:00 U+1 +0100 1970", MS_MBOX_STYLE_DATED},
	    {"From a Thu Jan  1 0:00:00 -0100 U U 1970", MS_MBOX_STYLE_OTHER},
	    {"From a Thu Jan  1 0:00:00 a b 1970", MS_MBOX_STYLE_DATED},
	    {"From a Thu Jan  1 0:00:00 a b c 1970", MS_MBOX_STYLE_OTHER},
	    {"From a Thu Jan  1 0:00:00 abcde 1970", MS_MBOX_STYLE_DATED},
	    {"From a Thu Jan  1 0:00:00 abcdef 1970", MS_MBOX_STYLE_OTHER},
	    {"From a Thu Jan  1 0:00:00 a1 1970", MS_MBOX_STYLE_OTHER},
	    {"From a Thu Jan  1 0:00:00 -01:00 1970", MS_MBOX_STYLE_OTHER},
	    {"From a Thu Jan  1 0:00:00 U-01:00 1970", MS_MBOX_STYLE_DATED},
	    {"From a Thu Jan  1 0:00:00 U-0100 1970", MS_MBOX_STYLE_DATED},
	    {"From a Thu Jan  1 0:00:00 U-01000 1970", MS_MBOX_STYLE_OTHER},
	    {"From a Thu Jan  1 0:00:00 U- 1970", MS_MBOX_STYLE_OTHER},
	    {"From a Thu Jan  1 0:00:00 U-0x 1970", MS_MBOX_STYLE_OTHER},
	    {"From a Thu Jan  1 0:00:00 U-010:0 1970", MS_MBOX_STYLE_OTHER},
	    {"From a Thu, 1 Jan 1970 0:00:00", MS_MBOX_STYLE_DATED},
	    {"From a Thu 1, Jan 1970 0:00", MS_MBOX_STYLE_DATED},
	    {"From a Thu , Jan 1970 0:00", MS_MBOX_STYLE_OTHER},
	    {"From a Thu 0:00 1 Jan 1970", MS_MBOX_STYLE_OTHER},
	    {"From a Thux 1 Jan 1970 0:00:00", MS_MBOX_STYLE_OTHER},
	    {"From a 1970-01-01 00:00", MS_MBOX_STYLE_DATED},
	    {"From a 1970-01-01T00:00", MS_MBOX_STYLE_DATED},
	    {"From a 0000-01-01 00:00", MS_MBOX_STYLE_DATED},
	    {"From a 1970-01-01T00:0", MS_MBOX_STYLE_OTHER},
	    {"From a 1970-01-01T0000Z", MS_MBOX_STYLE_OTHER},
	    {"From a 1970-01-01 00:00 Z", MS_MBOX_STYLE_DATED},
	    {"From a 1970-01-01 00:00 Z Z", MS_MBOX_STYLE_OTHER},
	    {"From a 1970/01-01 00:00", MS_MBOX_STYLE_OTHER},
	    {"From a 1970-01/01 00:00", MS_MBOX_STYLE_OTHER},
	    {"From a 1970-01-1 00:00", MS_MBOX_STYLE_OTHER},
	    {"From a", MS_MBOX_STYLE_WORD},
	    {"From \ta\t ", MS_MBOX_STYLE_WORD},
	    {"From a b", MS_MBOX_STYLE_OTHER},
	    {"From ", MS_MBOX_STYLE_OTHER},
	    {"From  ", MS_MBOX_STYLE_OTHER},
	    {"From", MS_MBOX_STYLE_NONE},
	    {"from a", MS_MBOX_STYLE_NONE},
	    {"From : a", MS_MBOX_STYLE_NONE},
	    {"From \t:", MS_MBOX_STYLE_NONE},
	    {"From a:", MS_MBOX_STYLE_WORD},
	};

	for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++)
		ok(ms_mbox_style(guarded(ms_slice_str(lines[i].line))) ==
			lines[i].style,
		    "the style of '%s'", lines[i].line);
}

/* Names of fields, and how many fields follow each other. */
static void
test_fields(void)
{
	static const struct {
		const char *line;
		size_t name;
	} names[] = {{"To: a", 2}, {"To:", 2}, {"To : a", 2}, {"To \t:", 2},
	    {"To", 0}, {"To ", 0}, {"", 0}, {":", 0}, {" To: a", 0},
	    {"x-1_.z: a", 6}, {"X+1: a", 0}, {"1: a", 0}, {"-_.9: a", 0},
	    {"1a: a", 2}, {"a09: a", 3}, {"a/: a", 0}, {"aZz: a", 3},
	    {"http://h/", 0}, {"http: //h/", 4}, {"a:/", 1}, {"a://", 0},
	    {"a:/b/", 1}, {"a :// ", 0}, {"Z[: a", 0}, {"`a: a", 0},
	    {"{a: a", 0}, {"@a: a", 0}};
	static const struct {
		const char *text;
		int more, eof;
	} counts[] = {{"", -1, 0}, {"A: a", -1, 1}, {"A: a\n", -1, 1},
	    {"A: a\nB: b\n", 2, 2}, {"A: a\nB: b", -1, 2},
	    {"A: a\nB: b\nC: c\n", 2, 2}, {"A: a\nx\nB: b\n", 1, 1},
	    {"A: a\n x\nB: b\n", 2, 2}, {"A: a\n\tx\nB: b\n", 2, 2},
	    {"A: a\n\nB: b\n", 1, 1}, {"x\nA: a\nB: b\n", 2, 2},
	    {"\nA: a\nB: b\n", 2, 2}, {"x\ny\nA: a\nB: b\n", 0, 0},
	    {"x\n y\nA: a\nB: b\n", 0, 0}, {" x\nA: a\n", -1, 1}};
	char name[MS_MBOX_FIELD_MAX + 2];
	struct ms_slice s;

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		ok(ms_mbox_field_name(guarded(ms_slice_str(names[i].line))).n ==
			names[i].name,
		    "the name of '%s'", names[i].line);
	memset(name, 'a', sizeof(name));
	name[MS_MBOX_FIELD_MAX - 1] = ':';
	s = (struct ms_slice){(unsigned char *)name, sizeof(name)};
	ok(ms_mbox_field_name(s).n == MS_MBOX_FIELD_MAX - 1,
	    "the longest name");
	name[MS_MBOX_FIELD_MAX - 1] = 'a';
	name[MS_MBOX_FIELD_MAX] = ':';
	ok(ms_mbox_field_name(s).n == 0, "a name that is too long");
	for (size_t i = 0; i < sizeof(counts) / sizeof(counts[0]); i++) {
		s = guarded(ms_slice_str(counts[i].text));
		ok(ms_mbox_fields(s.p, s.n, false) == counts[i].more &&
			ms_mbox_fields(s.p, s.n, true) == counts[i].eof,
		    "fields, %zu", i);
	}
}

/* Does a line begin a message of Thunderbird? */
static void
test_thunderbird(void)
{
	static const struct {
		const char *line;
		bool is;
	} lines[] = {
	    {"From - Mon Jan 05 10:00:00 2026", true},
	    {"From - Mon", true},
	    {"From - Mun Jan 05 10:00:00 2026", false},
	    {"From -- Mon Jan 05 10:00:00 2026", false},
	    {"From a Mon Jan 05 10:00:00 2026", false},
	    {"From: - Mon Jan 05 10:00:00 2026", false},
	    {"From -", false},
	    {"From ", false},
	    {"From", false},
	};

	for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++)
		ok(ms_mbox_thunderbird(guarded(ms_slice_str(lines[i].line))) ==
			lines[i].is,
		    "'%s' is of Thunderbird: %d", lines[i].line, lines[i].is);
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
		    "the field %zu is recognized or not", i);
	}
	memset(name, 'a', sizeof(name));
	name[MS_MBOX_FIELD_MAX - 1] = ':';
	s = (struct ms_slice){(unsigned char *)name, sizeof(name)};
	ok(ms_mbox_field(s.p, s.n, false) == 1,
	    "the longest name of a field is accepted");
	name[MS_MBOX_FIELD_MAX - 1] = 'a';
	name[MS_MBOX_FIELD_MAX] = ':';
	ok(ms_mbox_field(s.p, s.n, false) == 0,
	    "a name with one byte more is not a field");
}

/* A header begins with a field, or with an old From_ line. */
static void
test_header(void)
{
	static const struct {
		const char *in;
		int more, eof;
	} headers[] = {{"", -1, 0}, {">", -1, 0}, {">From", -1, 0},
	    {">From ", 1, 1}, {">From x", 1, 1}, {">From x y", 1, 1},
	    {">Frox ", -1, 0}, {">From:", 1, 1}, {"A: b", 1, 1}, {"A", -1, 0},
	    {" ", 0, 0}};
	struct ms_slice s;

	for (size_t i = 0; i < sizeof(headers) / sizeof(headers[0]); i++) {
		s = guarded(ms_slice_str(headers[i].in));
		ok(ms_mbox_header(s.p, s.n, false) == headers[i].more &&
			ms_mbox_header(s.p, s.n, true) == headers[i].eof,
		    "'%s' begins a header or not: %d %d", headers[i].in,
		    ms_mbox_header(s.p, s.n, false),
		    ms_mbox_header(s.p, s.n, true));
	}
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
	    {"\n\r\n", -1, 0}, {"\nFrom ", -1, 0}, {D, -1, 1},
	    {"\n\r\n" D, -1, 1}, {D "A:", 1, 1}, {"From -\n", -1, 0},
	    {"From -\nA", -1, 0}, {"From -\nA:", -1, 2},
	    {"From -\r\nA:\n\n", 2, 2}, {"From -\n\n", -1, 0},
	    {"From -\n\nA: b\nC: d\n", 1, 1},
	    {"From a b c d\nA: b\nC: d\n", 1, 1},
	    {"From : a\nA: b\nC: d\n", 0, 0}, {"From a b\nA: b\nc\n", 2, 2},
	    {"\xef\xbb", -1, 0}, {"\xef\xbb\xbf" D, -1, 1},
	    {" \n\t\r\n" D, -1, 1}, {" " D, 0, 0}};
#undef D

	for (size_t i = 0; i < sizeof(looks) / sizeof(looks[0]); i++) {
		struct ms_slice s = guarded(ms_slice_str(looks[i].in));
		int more = ms_mbox_looks(s.p, s.n, false);
		int eof = ms_mbox_looks(s.p, s.n, true);

		ok(more == looks[i].more && eof == looks[i].eof,
		    "an mbox is recognized or not, %zu: %d %d", i, more, eof);
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

/* A field of many lines is examined as far as MS_MBOX_LOOK. */
static void
test_long_fields(void)
{
	const struct row r = {"", F, false, NULL, NULL};
	struct ms_buf in = {0}, out = {0};

	for (int extra = -8; extra <= 8; extra += 16) {
		for (unsigned seed = 0; seed < 2; seed++) {
			ms_buf_clear(&in);
			ms_buf_add_str(&in, D1 "A: b\n\nFrom x\nTo: a,\n");
			for (size_t n = 7; n + 4 < MS_MBOX_LOOK + (size_t)extra;
			     n += 4)
				ms_buf_add_str(&in, " b,\n");
			ms_buf_add_str(&in, "B: c\nC: d\n");
			split(&r, (char *)in.p, in.n, seed, &out);
			ok(strstr(ms_buf_str(&out),
			       extra < 0
				   ? "A: b\n;[From x]To: a,\n b,\n"
				   : "A: b\n\n{From x}From x\nTo: ") != NULL,
			    "a field of %d bytes more than the limit, %u",
			    extra, seed);
		}
	}
	ms_buf_release(&in);
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
	test_styles();
	test_fields();
	test_thunderbird();
	test_field();
	test_header();
	test_looks();
	test_long_lines();
	test_long_fields();
	return done();
}
