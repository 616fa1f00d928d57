/* mail.c - headers: fields, encoded words, addresses, descriptions. */
#include "mail.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "guarded.h"
#include "tap.h"
#include "utf8.h"

#define S(s)                                                                   \
	{                                                                      \
		(const unsigned char *)(s), sizeof(s) - 1                      \
	}
#define HANG_S                                                                 \
	120 /* time limit in seconds; the tests take a tenth of a second */

/* Whether the buffer contains this text; prints the contents if not. */
static bool
holds(const struct ms_buf *b, const char *want)
{
	if (b->n == strlen(want) && memcmp(b->p, want, b->n) == 0)
		return true;
	printf("# got:  %.*s\n# want: %s\n", (int)b->n,
	    b->n > 0 ? (const char *)b->p : "", want);
	return false;
}

static bool
desc_is(const struct ms_desc_field *f, const char *want)
{
	struct ms_buf b = {.p = (unsigned char *)f->s, .n = f->n};

	return holds(&b, want);
}

/* Decodes the whole text of a field; out is overwritten. */
static void
decode(struct ms_slice header, enum ms_mail_field field, struct ms_buf *out)
{
	ms_buf_clear(out);
	ms_mail_decode(guarded(header), field, out);
}

/* ---- the text of one field ---- */

static const struct {
	const char *rule;
	struct ms_slice body;
	const char *want;
} texts[] = {
    {"plain", S(" hello"), "hello"},
    {"no blank after the colon", S("hello"), "hello"},
    {"empty", S(""), ""},
    {"blanks only", S(" \t "), ""},
    {"blanks at both ends", S("  a b \t "), "a b"},
    {"runs of blanks are one", S("a  \t b"), "a b"},
    {"fold with blank", S("a\n b"), "a b"},
    {"fold with tab and CRLF", S("a\r\n\tb"), "a b"},
    {"fold at once", S("\n a"), "a"},
    {"fold of blanks only", S("a\n \n b"), "a b"},
    {"controls are blanks", S("a\001\033[2Jb\177c\bd"), "a [2Jb c d"},
    {"NUL is a blank", S("a\0b"), "a b"},
    {"a bare CR is a blank", S("a\rb"), "a b"},
    {"C1 controls are blanks",
	S("a\xc2\x9b"
	  "1mb\xc2\x85"
	  "c"),
	"a 1mb c"},
    {"line and paragraph separators",
	S("a\xe2\x80\xa8"
	  "b\xe2\x80\xa9"
	  "c"),
	"a b c"},
    {"no-break space stays",
	S("a\xc2\xa0"
	  "b"),
	"a\xc2\xa0"
	"b"},
    {"raw UTF-8", S("Fran\xc3\xa7ois \xe2\x82\xac"),
	"Fran\xc3\xa7ois \xe2\x82\xac"},
    {"raw bytes that are not: windows-1252", S("Fran\xe7ois \x80"),
	"Fran\xc3\xa7ois \xe2\x82\xac"},
    {"a field is one or the other", S("\xc3\xa9 \xe9"),
	"\xc3\x83\xc2\xa9 \xc3\xa9"},
    {"bytes windows-1252 lacks", S("\x81\xe9"), "\xef\xbf\xbd\xc3\xa9"},
    {"Q", S("=?iso-8859-1?Q?Fran=E7ois?="), "Fran\xc3\xa7ois"},
    {"q, and hex in lower case", S("=?ISO-8859-1?q?=e9?="), "\xc3\xa9"},
    {"B", S("=?UTF-8?B?RnJhbsOnb2lz?="), "Fran\xc3\xa7ois"},
    {"b", S("=?utf-8?b?RnJhbsOnb2lz?="), "Fran\xc3\xa7ois"},
    {"_ is a blank", S("=?utf-8?Q?a_b?="), "a b"},
    {"=5F is not", S("=?utf-8?Q?a=5Fb?="), "a_b"},
    {"every hex digit", S("=?us-ascii?Q?=30=41=52=63=74=35=46=57=68=39?="),
	"0ARct5FWh9"},
    {"and A to F, small too", S("=?us-ascii?Q?=4A=4b=4C=4d=4E=4f=6A=6F?="),
	"JKLMNOjo"},
    {"no hex digits", S("=?us-ascii?Q?=4G=/0=:0=4g=@A?="), "=4G=/0=:0=4g=@A"},
    {"digits of base64",
	S("=?us-ascii?B?THA4SFZnb296T1V5aTlIZz8+b05aWjZ2flYzT25O?="),
	"Lp8HVgoozOUyi9Hg?>oNZZ6v~V3OnN"},
    {"language after the charset", S("=?us-ascii*en?Q?Keith?="), "Keith"},
    {"before and after text", S("Re: =?utf-8?Q?a?= b"), "Re: a b"},
    {"blanks between words go", S("=?utf-8?Q?a?=  =?utf-8?Q?b?="), "ab"},
    {"folds between words go", S("=?utf-8?Q?a?=\r\n =?utf-8?Q?b?="), "ab"},
    {"other blanks stay", S("=?utf-8?Q?a?= b =?utf-8?Q?c?="), "a b c"},
    {"a blank within a word stays", S("=?utf-8?Q?a_?= =?utf-8?Q?b?="), "a b"},
    {"words without a blank", S("=?utf-8?Q?a?==?utf-8?Q?b?="), "ab"},
    {"a word amidst text", S("a=?utf-8?Q?b?=c"), "abc"},
    {"a word within quotes", S("\"=?utf-8?Q?b?=\""), "\"b\""},
    {"a character cut in two, Q", S("=?utf-8?Q?Fran=C3?= =?utf-8?Q?=A7ois?="),
	"Fran\xc3\xa7ois"},
    {"a character cut in two, B", S("=?utf-8?B?w6TD?=\n =?utf-8?B?tsO8?="),
	"\xc3\xa4\xc3\xb6\xc3\xbc"},
    {"a character cut in two, B then Q", S("=?utf-8?B?4oI=?= =?UTF-8?Q?=AC?="),
	"\xe2\x82\xac"},
    {"cut in two, ISO-2022-JP",
	S("=?iso-2022-jp?B?GyRCRnxLXA==?= =?iso-2022-jp?B?OGwbKEI=?="),
	"\xe6\x97\xa5\xe6\x9c\xac\xe8\xaa\x9e"},
    {"two charsets are not joined", S("=?utf-8?Q?=C3?= =?iso-8859-1?Q?=A7?="),
	"\xc3\x83\xc2\xa7"},
    {"two names of one charset are", S("=?gb2312?B?1g==?= =?gbk?B?0A==?="),
	"\xe4\xb8\xad"},
    {"koi8-r", S("=?koi8-r?B?8NLJ18XU?="),
	"\xd0\x9f\xd1\x80\xd0\xb8\xd0\xb2\xd0\xb5\xd1\x82"},
    {"Latin-1 means windows-1252", S("=?iso-8859-1?Q?=80?="), "\xe2\x82\xac"},
    {"unknown charset, UTF-8", S("=?x-what?Q?=C3=A9?="), "\xc3\xa9"},
    {"unknown charset, not UTF-8", S("=?x-what?Q?=E9?="), "\xc3\xa9"},
    {"no charset", S("=??Q?Bras=EDlia?="), "Bras\xc3\xadlia"},
    {"ASCII that is not", S("=?us-ascii?Q?=E9?="), "\xc3\xa9"},
    {"UTF-8 with a stray byte", S("=?utf-8?Q?=E4=B8=AD=E9?="),
	"\xe4\xb8\xad\xc3\xa9"},
    {"raw bytes in a word are the word's", S("=?iso-8859-1?Q?M\xfcller?="),
	"M\xc3\xbcller"},
    {"blanks in a Q word", S("=?utf-8?Q?a b\n c?="), "a b c"},
    {"blanks in a B word", S("=?utf-8?B?RnJh\n bsOn?="), "Fran\xc3\xa7"},
    {"base64 without padding", S("=?utf-8?B?YQ?="), "a"},
    {"base64 with other bytes", S("=?utf-8?B?Y*W-I=?="), "ab"},
    {"base64 that continues after padding", S("=?utf-8?B?YQ==Yg==?="), "ab"},
    {"base64 with a digit too many", S("=?utf-8?B?YWJjZ?="), "abc"},
    {"Q with a lone =", S("=?utf-8?Q?a=zb=?="), "a=zb="},
    {"Q with a raw ?", S("=?utf-8?Q?what?\?="), "what?"},
    {"an empty word", S("a =?utf-8?Q?\?= b"), "a b"},
    {"an unfinished word", S("=?utf-8?Q?abc"), "=?utf-8?Q?abc"},
    {"an unfinished word before a good one", S("=?utf-8?Q?abc =?utf-8?Q?d?="),
	"=?utf-8?Q?abc d"},
    {"an unfinished word ends with =", S("=?utf-8?Q?abc?"), "=?utf-8?Q?abc?"},
    {"neither B nor Q", S("=?utf-8?X?abc?="), "=?utf-8?X?abc?="},
    {"a name longer than any",
	S("=?aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
	  "?Q?x?="),
	"=?aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
	"?Q?x?="},
    {"only the beginning of one", S("=?"), "=?"},
    {"an encoded line end is a blank", S("=?utf-8?Q?a=0D=0Ab?="), "a b"},
    {"an encoded NUL is a blank", S("=?utf-8?Q?a=00b?="), "a b"},
    {"an encoded encoded word stays",
	S("=?utf-8?Q?=3D=3Futf-8=3FQ=3Fa=3F=3D?="), "=?utf-8?Q?a?="},
    {"surrogates are no UTF-8", S("=?utf-8?Q?=ED=A0=80?="),
	"\xc3\xad\xc2\xa0\xe2\x82\xac"},
};

static void
test_texts(void)
{
	struct ms_buf header = {0}, out = {0};

	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		struct ms_slice body = texts[i].body;
		struct ms_desc d;

		ms_buf_clear(&header);
		ms_buf_add_str(&header, "Subject:");
		ms_buf_add(&header, body.p, body.n);
		ms_buf_add_str(&header, "\nX: y\n\n");
		decode(ms_buf_slice(&header), MS_MAIL_SUBJECT, &out);
		ms_mail_describe(guarded(ms_buf_slice(&header)), &d);
		ok(holds(&out, texts[i].want) && d.subject.n <= out.n &&
			(out.n == 0 ||
			    memcmp(d.subject.s, out.p, d.subject.n) == 0),
		    "text: %s", texts[i].rule);
	}
	ms_buf_release(&header);
	ms_buf_release(&out);
}

/* ---- the fields of a header ---- */

static const struct {
	const char *rule;
	struct ms_slice header;
	const char *from, *to, *subject;
} headers[] = {
    {"three fields", S("From: a\nTo: b\nSubject: c\n\n"), "a", "b", "c"},
    {"CRLF", S("From: a\r\nTo: b\r\nSubject: c\r\n\r\n"), "a", "b", "c"},
    {"names in any case", S("FROM: a\ntO: b\nsubjecT: c\n"), "a", "b", "c"},
    {"no empty line", S("From: a\nSubject: c"), "a", "", "c"},
    {"nothing at all", S(""), "", "", ""},
    {"an empty line first", S("\nFrom: a\n"), "", "", ""},
    {"the body does not count", S("To: b\n\nFrom: a\n"), "", "b", ""},
    {"nor after CRLF", S("To: b\r\n\r\nFrom: a\r\n"), "", "b", ""},
    {"a line of blanks ends nothing", S("To: b\n \nFrom: a\n\n"), "a", "b", ""},
    {"a From_ line", S("From x@y Thu Jan  1 00:00:00 1970\nFrom: a\n\n"), "a",
	"", ""},
    {"a quoted From_ line",
	S(">From x@y Thu Jan  1 00:00:00 1970\nFrom: a\n\n"), "a", "", ""},
    {"a line without colon", S("From: a\nwhat is this\nTo: b\n\n"), "a", "b",
	""},
    {"its continuation is no field's", S("From: a\nwhat\n is\nTo: b\n\n"), "a",
	"b", ""},
    {"a line of a colon", S(": x\nFrom: a\n\n"), "a", "", ""},
    {"a continuation first", S(" x\n y\nFrom: a\n\n"), "a", "", ""},
    {"a blank before the colon", S("From : a\nTo\t: b\n\n"), "a", "b", ""},
    {"names that begin alike",
	S("From-x: 1\nTopic: 2\nSubjects: 3\nccc: 4\nFro: 5\n\n"), "", "", ""},
    {"a name cut off", S("To: b\nSubjec"), "", "b", ""},
    {"a name without a body", S("To: b\nSubject:"), "", "b", ""},
    {"the first From, the first Subject",
	S("From: a\nSubject: c\nFrom: x\nSubject: y\n\n"), "a", "", "c"},
    {"an empty first one counts", S("Subject:\nSubject: y\n\n"), "", "", ""},
    {"To, Cc, Bcc as they stand", S("Cc: c\nTo: t, u\nBcc: b\nTo: v\n\n"), "",
	"c, t, u, b, v", ""},
    {"empty ones leave no comma", S("To:\nCc: c\nBcc: \n\n"), "", "c", ""},
    {"folded", S("To: a,\n b\r\n\tc\nFrom: x\n\n"), "x", "a, b c", ""},
    {"Resent and Reply-To are others",
	S("Resent-From: r\nReply-To: s\nFrom: a\n\n"), "a", "", ""},
    {"Content-Type gives the charset of raw bytes",
	S("Subject: \xcf\xf0\nContent-Type: text/plain;\n charset=windows-1251"
	  "\n\n"),
	"", "", "\xd0\x9f\xd1\x80"},
    {"quoted, in capitals, before the field",
	S("Content-Type: text/plain; x=y; CHARSET = \"EUC-KR\"; z\n"
	  "Subject: \xb1\xa4\xb0\xed =?utf-8?Q?=C3=A9?=\n\n"),
	"", "", "\xea\xb4\x91\xea\xb3\xa0 \xc3\xa9"},
    {"but not if they are UTF-8",
	S("Content-Type: text/plain; charset=windows-1251\n"
	  "Subject: \xc3\xa9\n\n"),
	"", "", "\xc3\xa9"},
    {"and not where ASCII is something else",
	S("Content-Type: text/plain; charset=utf-16\nSubject: a\xe9\n\n"), "",
	"", "a\xc3\xa9"},
    {"UTF-8 cut in mid-character",
	S("Content-Type: text/plain; charset=utf-8\n"
	  "Subject: \xc3\xa9\xe4\xb8\xad\xe9\n\n"),
	"", "", "\xc3\xa9\xe4\xb8\xad\xc3\xa9"},
    {"a Content-Type of marks", S("Content-Type: ;;;\nSubject: \xe9\n\n"), "",
	"", "\xc3\xa9"},
    {"charset= and no more",
	S("Content-Type: text/plain; charset=\nSubject: \xe9\n\n"), "", "",
	"\xc3\xa9"},
};

static void
test_headers(void)
{
	struct ms_buf from = {0}, to = {0}, subject = {0};

	for (size_t i = 0; i < sizeof(headers) / sizeof(headers[0]); i++) {
		struct ms_slice h = headers[i].header;
		struct ms_desc d;

		decode(h, MS_MAIL_FROM, &from);
		decode(h, MS_MAIL_TO, &to);
		decode(h, MS_MAIL_SUBJECT, &subject);
		ms_mail_describe(guarded(h), &d);
		ok(holds(&from, headers[i].from) && holds(&to, headers[i].to) &&
			holds(&subject, headers[i].subject),
		    "fields: %s", headers[i].rule);
		ok(desc_is(&d.from, headers[i].from) &&
			desc_is(&d.to, headers[i].to) &&
			desc_is(&d.subject, headers[i].subject),
		    "described: %s", headers[i].rule);
	}
	ms_buf_release(&from);
	ms_buf_release(&to);
	ms_buf_release(&subject);
}

/* ---- truncated fields and their bits ---- */

#define TEN "123456789 "
#define SIXTY TEN TEN TEN TEN TEN "1234567890"

static const struct {
	const char *rule;
	struct ms_slice header;
	const char *from, *to, *subject;
	int64_t date;
	unsigned bits;
} kept[] = {
    {"60 bytes fit", S("Subject: " SIXTY "\n\n"), "", "", SIXTY, 0, 0},
    {"61 do not", S("Subject: " SIXTY "x\n\n"), "", "", SIXTY, 0,
	MS_DESC_SUBJECT_CUT},
    {"blanks at the end are not more", S("Subject: " SIXTY "  \n \n\n"), "", "",
	SIXTY, 0, 0},
    {"a blank is not kept for nothing", S("From: " SIXTY " x\n\n"), SIXTY, "",
	"", 0, MS_DESC_FROM_CUT},
    {"60 bytes with blanks among them",
	S("From: 12345678 " TEN TEN TEN TEN TEN "x\n\n"),
	"12345678 " TEN TEN TEN TEN TEN "x", "", "", 0, 0},
    {"a blank and a character of two bytes",
	S("Subject: " TEN TEN TEN TEN TEN "12345678 \xc3\xa9\n\n"), "", "",
	TEN TEN TEN TEN TEN "12345678", 0, MS_DESC_SUBJECT_CUT},
    {"whole characters",
	S("Subject: " TEN TEN TEN TEN TEN "123456789\xe2\x82\xac\n\n"), "", "",
	TEN TEN TEN TEN TEN "123456789", 0, MS_DESC_SUBJECT_CUT},
    {"a decoded one that fits",
	S("Subject: " TEN TEN TEN TEN TEN "=?utf-8?Q?1234567=E2=82=AC?=\n\n"),
	"", "", TEN TEN TEN TEN TEN "1234567\xe2\x82\xac", 0, 0},
    {"recipients together", S("To: " SIXTY "\nCc: x\n\n"), "", SIXTY, "", 0,
	MS_DESC_TO_CUT},
    {"recipients up to the comma",
	S("To: " TEN TEN TEN TEN TEN "1234567\nCc: x\nBcc: y\n\n"), "",
	TEN TEN TEN TEN TEN "1234567, x", "", 0, MS_DESC_TO_CUT},
    {"raw From", S("From: \xe9\nTo: \xc3\xa9\n\n"), "\xc3\xa9", "\xc3\xa9", "",
	0, MS_DESC_FROM_RAW},
    {"raw in the second To", S("To: a\nCc: \xe9\n\n"), "", "a, \xc3\xa9", "", 0,
	MS_DESC_TO_RAW},
    {"raw after the cut", S("Subject: " SIXTY " \xe9\n\n"), "", "", SIXTY, 0,
	MS_DESC_SUBJECT_CUT | MS_DESC_SUBJECT_RAW},
    {"raw is about bytes, not about words", S("Subject: =?utf-8?Q?=E9?=\n\n"),
	"", "", "\xc3\xa9", 0, 0},
    {"a date", S("Date: Thu, 01 Jan 1970 00:00:07 +0000\n\n"), "", "", "", 7,
	MS_DESC_DATE},
    {"no date", S("Date: yesterday\n\n"), "", "", "", 0, 0},
    {"the first date", S("Date: x\nDate: 1 Jan 1970 00:00:07 +0000\n\n"), "",
	"", "", 0, 0},
    {"a folded date", S("Date: Thu,\r\n\t01 Jan 1970\r\n 00:00:07 GMT\r\n"), "",
	"", "", 7, MS_DESC_DATE},
};

static void
test_kept(void)
{
	for (size_t i = 0; i < sizeof(kept) / sizeof(kept[0]); i++) {
		struct ms_desc d;

		memset(&d, 0xff, sizeof(d));
		ms_mail_describe(guarded(kept[i].header), &d);
		ok(desc_is(&d.from, kept[i].from) &&
			desc_is(&d.to, kept[i].to) &&
			desc_is(&d.subject, kept[i].subject) &&
			d.date == kept[i].date && d.bits == kept[i].bits,
		    "kept: %s", kept[i].rule);
	}
}

/* ---- undecoded fields ---- */

static const struct {
	const char *rule;
	struct ms_slice header;
	enum ms_mail_field field;
	struct ms_slice want;
} raws[] = {
    {"not decoded", S("Subject: =?utf-8?Q?a?= \xe9\n\n"), MS_MAIL_SUBJECT,
	S("=?utf-8?Q?a?= \xe9")},
    {"line ends go, blanks stay", S("Subject:  a\r\n  b\n\tc \n\n"),
	MS_MAIL_SUBJECT, S("a  b\tc")},
    {"controls stay", S("From: a\0\rb\r\r\n c\n\n"), MS_MAIL_FROM,
	S("a\0\rb\r c")},
    {"recipients by comma", S("To: a\nCc:\nBcc: \xe9\n\n"), MS_MAIL_TO,
	S("a, \xe9")},
    {"not there", S("To: a\n\n"), MS_MAIL_FROM, S("")},
};

static void
test_raw(void)
{
	struct ms_buf out = {0};

	for (size_t i = 0; i < sizeof(raws) / sizeof(raws[0]); i++) {
		ms_buf_clear(&out);
		ms_mail_raw(guarded(raws[i].header), raws[i].field, &out);
		ok(ms_slice_eq(ms_buf_slice(&out), raws[i].want), "raw: %s",
		    raws[i].rule);
	}
	ms_buf_release(&out);
}

/* ---- senders ---- */

static const struct {
	const char *rule, *header, *want;
} senders[] = {
    {"bare", "From: a@b.c\n", "a@b.c"},
    {"in angle brackets", "From: Joe <a@b.c>\n", "a@b.c"},
    {"with a comment", "From: a@b.c (Joe)\n", "a@b.c"},
    {"comments nest", "From: (x (y) z\\)) a@b.c\n", "a@b.c"},
    {"a comment that does not end", "From: a@b.c (Joe\n", "a@b.c"},
    {"brackets before a bare one", "From: x@y <a@b.c>\n", "a@b.c"},
    {"the first of several", "From: a@b.c, d@e.f\n", "a@b.c"},
    {"the first in brackets of several", "From: J <a@b.c>, d@e.f\n", "a@b.c"},
    {"a name with an address in quotes", "From: \"x@y\" <a@b.c>\n", "a@b.c"},
    {"a name with marks in quotes", "From: \"x, <y>; (z\" <a@b.c>\n", "a@b.c"},
    {"a quote in quotes", "From: \"x\\\" y\" <a@b.c>\n", "a@b.c"},
    {"a quote that does not end", "From: \"Joe <a@b.c>\n", "a@b.c"},
    {"a quoted local part", "From: \"a.b\"@c.d\n", "\"a.b\"@c.d"},
    {"an address all in quotes", "From: \"a@b.c\"\n", "a@b.c"},
    {"and in brackets", "From: J <\"a@b.c\">\n", "a@b.c"},
    {"folded", "From: Joe\r\n <a@b.c>\r\n", "a@b.c"},
    {"blanks in brackets", "From: Joe < a@b.c >\n", "a@b.c"},
    {"blanks around @", "From: a @ b.c\n", "a@b.c"},
    {"a name and no brackets", "From: Big Bug a@b.c\n", "a@b.c"},
    {"brackets not closed", "From: Joe <a@b.c\n", "a@b.c"},
    {"twice", "From: <<a@b.c>>\n", "a@b.c"},
    {"a route", "From: <@x,@y:a@b.c>\n", "a@b.c"},
    {"a group", "From: Friends: a@b.c, d@e.f;\n", "a@b.c"},
    {"a comma in a name", "From: Detox, Inc <a@b.c>\n", "a@b.c"},
    {"a comma before the brackets", "From: T-Mobile ,_<a@b.c>\n", "a@b.c"},
    {"an encoded name", "From: =?utf-8?Q?x=40y?= <a@b.c>\n", "a@b.c"},
    {"UTF-8", "From: <\xc3\xa9@b.c>\n", "\xc3\xa9@b.c"},
    {"not UTF-8", "From: <\xe9@b.c>\nSender: d@e\n", "d@e"},
    {"a control", "From: <a\001@b.c>\nSender: d@e\n", "d@e"},
    {"a blank in quotes", "From: <\"a b\"@c>\nSender: d@e\n", "d@e"},
    {"nothing before @", "From: @b.c\nSender: d@e\n", "d@e"},
    {"nothing after @", "From: a@\nSender: d@e\n", "d@e"},
    {"an address encoded whole", "From: =?utf-8?Q?a@b?=\nSender: d@e\n", "d@e"},
    {"empty brackets", "From: \"Facebook\" <>\nSender: d@e\n", "d@e"},
    {"words in brackets", "From: <Saved by Bill>\nSender: d@e\n", "d@e"},
    {"no From", "Sender: Joe <d@e>\nReturn-Path: <x@y>\n", "d@e"},
    {"only a Return-Path", "Return-Path: <x@y>\n", "x@y"},
    {"an empty Return-Path", "Return-Path: <>\n", ""},
    {"From in any position", "Return-Path: <x@y>\nFrom: a@b.c\n", "a@b.c"},
    {"a word", "From: root\n", "root"},
    {"a word in brackets", "From: Charlie <root>\n", "root"},
    {"a word with a comment", "From: root (Cron)\n", "root"},
    {"a word is less than an address", "From: root\nReturn-Path: <x@y>\n",
	"x@y"},
    {"two words are a name", "From: Maria Clennett\n", ""},
    {"an empty group", "From: undisclosed-recipients:;\n", ""},
    {"nothing", "To: x@y\n", ""},
};

static void
test_senders(void)
{
	struct ms_buf out = {0}, header = {0};

	for (size_t i = 0; i < sizeof(senders) / sizeof(senders[0]); i++) {
		ms_buf_clear(&out);
		ms_mail_sender(guarded(ms_slice_str(senders[i].header)), &out);
		ok(holds(&out, senders[i].want), "sender: %s", senders[i].rule);
	}
	for (size_t n = MS_ADDRESS_MAX - 1; n <= MS_ADDRESS_MAX + 1; n++) {
		ms_buf_clear(&out);
		ms_buf_clear(&header);
		ms_buf_add_str(&header, "From: <");
		for (size_t i = 0; i < n - 2; i++)
			ms_buf_add_byte(&header, 'a');
		ms_buf_add_str(&header, "@b>\n\n");
		ms_mail_sender(ms_buf_slice(&header), &out);
		ok(out.n == (n <= MS_ADDRESS_MAX ? n : 0),
		    "sender: an address of %zu bytes", n);
	}
	ms_buf_release(&out);
	ms_buf_release(&header);
}

/* ---- the end of the header ---- */

static const struct {
	struct ms_slice bytes;
	size_t want;
} lengths[] = {
    {S(""), 0},
    {S("\n"), 1},
    {S("\r\n"), 2},
    {S("a"), 1},
    {S("a\n"), 2},
    {S("a\n\nb"), 3},
    {S("a\r\n\r\nb"), 5},
    {S("a\n\r\nb"), 4},
    {S("a\r\n\nb"), 4},
    {S("a\n \nb\n\nc"), 7},
    {S("a\n\r\rb\n"), 6},
    {S("\nb\n\n"), 1},
    {S("a\n\r"), 3},
};

static void
test_lengths(void)
{
	for (size_t i = 0; i < sizeof(lengths) / sizeof(lengths[0]); i++)
		ok(ms_mail_header_length(guarded(lengths[i].bytes).p,
		       lengths[i].bytes.n) == lengths[i].want,
		    "header length %zu of %zu", lengths[i].want,
		    lengths[i].bytes.n);
}

/* ---- hostile headers ---- */

#define HUGE_HEADER ((size_t)262144)

/* Makes a header of `head` and as many `unit` as fit. */
static struct ms_slice
repeat(struct ms_buf *b, const char *head, const char *unit)
{
	ms_buf_clear(b);
	ms_buf_add_str(b, head);
	while (b->n + strlen(unit) <= HUGE_HEADER)
		ms_buf_add_str(b, unit);
	return ms_buf_slice(b);
}

/* A parser that is quadratic in these headers exceeds the time limit. */
static const struct {
	const char *rule, *head, *unit;
} huge[] = {
    {"one field", "Subject: ", "a"},
    {"one field of blanks", "Subject: ", " "},
    {"100,000 empty fields", "", "a:\n"},
    {"100,000 To fields", "", "to:\n"},
    {"To fields with text", "", "to:x\n"},
    {"Subject fields", "", "subject:\xe9\n"},
    {"folds", "Subject: ", "\n "},
    {"lines of CR", "Subject: ", "\r"},
    {"unfinished words", "Subject: ", "=?a?Q?"},
    {"beginnings of words", "Subject: ", "=?"},
    {"half words", "Subject: ", "=?a?Q?b?c"},
    {"empty words", "Subject: ", "=?a?Q?\?="},
    {"words of alternating charsets",
	"Subject: ", "=?koi8-r?Q?a?= =?gbk?Q?b?="},
    {"one word", "Subject: =?utf-8?B?", "YWFh"},
    {"words by blanks", "Subject: ", "=?a?Q?b?=                   "},
    {"raw bytes", "Subject: ", "\xff"},
    {"bytes no GB18030 has", "Content-Type: a; charset=gbk\nSubject: ", "\xff"},
    {"an unfinished charset", "Subject: \xe9\nContent-Type: a", ";charse"},
    {"comments in From", "From: ", "("},
    {"comments in Date", "Date: ", "("},
    {"closed comments in Date", "Date: ", "()"},
    {"quotes in From", "From: ", "\""},
    {"escapes in From", "From: \"", "\\\\"},
    {"brackets in From", "From: ", "<"},
    {"words in From", "From: ", "a "},
    {"commas in From", "From: ", "a,"},
    {"numbers in Date", "Date: ", "1 "},
    {"one number in Date", "Date: ", "9"},
    {"addresses in To", "To: ", "a@b, "},
};

static void
test_huge(void)
{
	struct ms_buf b = {0}, out = {0};
	struct ms_desc d;

	for (size_t i = 0; i < sizeof(huge) / sizeof(huge[0]); i++) {
		struct ms_slice h = repeat(&b, huge[i].head, huge[i].unit);
		bool good = true;

		ms_mail_describe(guarded(h), &d);
		for (int f = MS_MAIL_FROM; f <= MS_MAIL_SUBJECT; f++) {
			decode(h, (enum ms_mail_field)f, &out);
			good = good && ms_utf8_valid(out.p, out.n) &&
			       (out.n == 0 || out.p[out.n - 1] != ' ');
		}
		ms_buf_clear(&out);
		ms_mail_sender(h, &out);
		ok(good && out.n <= MS_ADDRESS_MAX, "huge: %s", huge[i].rule);
	}
	ms_buf_release(&b);
	ms_buf_release(&out);
}

/*
 * Deep nesting is counted instead of recursed into: the text after it is found.
 */
static void
test_nesting(void)
{
	struct ms_buf b = {0}, out = {0};
	struct ms_desc d;

	ms_buf_add_str(&b, "From: ");
	for (int i = 0; i < 100000; i++)
		ms_buf_add_byte(&b, '(');
	for (int i = 0; i < 100000; i++)
		ms_buf_add_byte(&b, ')');
	ms_buf_add_str(&b, " a@b\nDate: ");
	for (int i = 0; i < 100000; i++)
		ms_buf_add_byte(&b, '(');
	for (int i = 0; i < 100000; i++)
		ms_buf_add_byte(&b, ')');
	ms_buf_add_str(&b, " 1 Jan 1970 00:00:07 GMT\n\n");
	ms_mail_describe(ms_buf_slice(&b), &d);
	ms_mail_sender(ms_buf_slice(&b), &out);
	ok((d.bits & MS_DESC_DATE) && d.date == 7 && holds(&out, "a@b"),
	    "text after 100,000 nested comments");
	ms_buf_release(&b);
	ms_buf_release(&out);
}

/* A NULL pointer with length 0 is an empty header. */
static void
test_nothing(void)
{
	struct ms_slice none = {NULL, 0};
	struct ms_buf out = {0};
	struct ms_desc d;
	int64_t t;

	ms_mail_describe(none, &d);
	ms_mail_decode(none, MS_MAIL_TO, &out);
	ms_mail_raw(none, MS_MAIL_TO, &out);
	ms_mail_sender(none, &out);
	ms_utf8_fold(none, &out);
	ms_mutf7_encode(none, &out);
	ok(d.bits == 0 && d.from.n + d.to.n + d.subject.n == 0 && out.n == 0 &&
		ms_mail_header_length(NULL, 0) == 0 &&
		!ms_mail_date(none, &t) && ms_utf8_valid(NULL, 0) &&
		ms_mutf7_decode(none, &out) == 0,
	    "nothing at all");
	ms_buf_release(&out);
}

int
main(void)
{
	alarm(HANG_S);
	test_texts();
	test_headers();
	test_kept();
	test_raw();
	test_senders();
	test_lengths();
	test_huge();
	test_nesting();
	test_nothing();
	return done();
}
