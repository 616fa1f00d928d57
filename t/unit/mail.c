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
    {"a field of blanks", S(" \t "), ""},
    {"blanks at both ends", S("  a b \t "), "a b"},
    {"runs of blanks are one", S("a  \t b"), "a b"},
    {"fold with blank", S("a\n b"), "a b"},
    {"fold with tab and CRLF", S("a\r\n\tb"), "a b"},
    {"a fold directly after the colon", S("\n a"), "a"},
    {"a fold with a line of blanks", S("a\n \n b"), "a b"},
    {"control characters are blanks", S("a\001\033[2Jb\177c\bd"), "a [2Jb c d"},
    {"NUL is a blank", S("a\0b"), "a b"},
    {"a bare CR is a blank", S("a\rb"), "a b"},
    {"C1 control characters are blanks",
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
    {"raw bytes that are not UTF-8 are windows-1252", S("Fran\xe7ois \x80"),
	"Fran\xc3\xa7ois \xe2\x82\xac"},
    {"a field is either UTF-8 or windows-1252", S("\xc3\xa9 \xe9"),
	"\xc3\x83\xc2\xa9 \xc3\xa9"},
    {"bytes that windows-1252 does not have", S("\x81\xe9"),
	"\xef\xbf\xbd\xc3\xa9"},
    {"Q", S("=?iso-8859-1?Q?Fran=E7ois?="), "Fran\xc3\xa7ois"},
    {"q, and hex in lower case", S("=?ISO-8859-1?q?=e9?="), "\xc3\xa9"},
    {"B", S("=?UTF-8?B?RnJhbsOnb2lz?="), "Fran\xc3\xa7ois"},
    {"b", S("=?utf-8?b?RnJhbsOnb2lz?="), "Fran\xc3\xa7ois"},
    {"_ is a blank", S("=?utf-8?Q?a_b?="), "a b"},
    {"=5F is not", S("=?utf-8?Q?a=5Fb?="), "a_b"},
    {"every hexadecimal digit",
	S("=?us-ascii?Q?=30=41=52=63=74=35=46=57=68=39?="), "0ARct5FWh9"},
    {"the digits A to F in capitals and small letters",
	S("=?us-ascii?Q?=4A=4b=4C=4d=4E=4f=6A=6F?="), "JKLMNOjo"},
    {"= without hexadecimal digits", S("=?us-ascii?Q?=4G=/0=:0=4g=@A?="),
	"=4G=/0=:0=4g=@A"},
    {"every digit of base64",
	S("=?us-ascii?B?THA4SFZnb296T1V5aTlIZz8+b05aWjZ2flYzT25O?="),
	"Lp8HVgoozOUyi9Hg?>oNZZ6v~V3OnN"},
    {"language after the charset", S("=?us-ascii*en?Q?Keith?="), "Keith"},
    {"before and after text", S("Re: =?utf-8?Q?a?= b"), "Re: a b"},
    {"blanks between encoded words are dropped",
	S("=?utf-8?Q?a?=  =?utf-8?Q?b?="), "ab"},
    {"folds between encoded words are dropped",
	S("=?utf-8?Q?a?=\r\n =?utf-8?Q?b?="), "ab"},
    {"blanks next to other text stay", S("=?utf-8?Q?a?= b =?utf-8?Q?c?="),
	"a b c"},
    {"a blank within a word stays", S("=?utf-8?Q?a_?= =?utf-8?Q?b?="), "a b"},
    {"words without a blank", S("=?utf-8?Q?a?==?utf-8?Q?b?="), "ab"},
    {"a word amidst text", S("a=?utf-8?Q?b?=c"), "abc"},
    {"a word within quotes", S("\"=?utf-8?Q?b?=\""), "\"b\""},
    {"a character cut in two, in Q words",
	S("=?utf-8?Q?Fran=C3?= =?utf-8?Q?=A7ois?="), "Fran\xc3\xa7ois"},
    {"a character cut in two, in B words",
	S("=?utf-8?B?w6TD?=\n =?utf-8?B?tsO8?="), "\xc3\xa4\xc3\xb6\xc3\xbc"},
    {"a character cut in two, in a B and a Q word",
	S("=?utf-8?B?4oI=?= =?UTF-8?Q?=AC?="), "\xe2\x82\xac"},
    {"a character cut in two, in ISO-2022-JP",
	S("=?iso-2022-jp?B?GyRCRnxLXA==?= =?iso-2022-jp?B?OGwbKEI=?="),
	"\xe6\x97\xa5\xe6\x9c\xac\xe8\xaa\x9e"},
    {"words of two charsets are not joined",
	S("=?utf-8?Q?=C3?= =?iso-8859-1?Q?=A7?="), "\xc3\x83\xc2\xa7"},
    {"words with two names of one charset are joined",
	S("=?gb2312?B?1g==?= =?gbk?B?0A==?="), "\xe4\xb8\xad"},
    {"koi8-r", S("=?koi8-r?B?8NLJ18XU?="),
	"\xd0\x9f\xd1\x80\xd0\xb8\xd0\xb2\xd0\xb5\xd1\x82"},
    {"Latin-1 means windows-1252", S("=?iso-8859-1?Q?=80?="), "\xe2\x82\xac"},
    {"unknown charset, UTF-8", S("=?x-what?Q?=C3=A9?="), "\xc3\xa9"},
    {"unknown charset, not UTF-8", S("=?x-what?Q?=E9?="), "\xc3\xa9"},
    {"no charset", S("=??Q?Bras=EDlia?="), "Bras\xc3\xadlia"},
    {"bytes that are not ASCII in a word of ASCII", S("=?us-ascii?Q?=E9?="),
	"\xc3\xa9"},
    {"UTF-8 with a stray byte", S("=?utf-8?Q?=E4=B8=AD=E9?="),
	"\xe4\xb8\xad\xc3\xa9"},
    {"raw bytes in a word have the charset of the word",
	S("=?iso-8859-1?Q?M\xfcller?="), "M\xc3\xbcller"},
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
    {"an encoding other than B and Q", S("=?utf-8?X?abc?="), "=?utf-8?X?abc?="},
    {"a name that is longer than that of any charset",
	S("=?aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
	  "?Q?x?="),
	"=?aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
	"?Q?x?="},
    {"only the beginning of a word", S("=?"), "=?"},
    {"an encoded line end is a blank", S("=?utf-8?Q?a=0D=0Ab?="), "a b"},
    {"an encoded NUL is a blank", S("=?utf-8?Q?a=00b?="), "a b"},
    {"an encoded word within an encoded word stays",
	S("=?utf-8?Q?=3D=3Futf-8=3FQ=3Fa=3F=3D?="), "=?utf-8?Q?a?="},
    {"raw ISO-2022-JP", S("\033$BF|K\\8l\033(B x"), "日本語 x"},
    {"raw ISO-2022-JP ends at the end of the line", S("\033$BF|\n F|"),
	"日 F|"},
    {"raw ISO-2022-JP that looks like a word", S("\033$B=?\033(B?Q?a?="),
	"戎?Q?a?="},
    {"raw ISO-2022-JP before a word", S("\033$BF|\033(B =?utf-8?Q?a?="),
	"日 a"},
    {"an escape that is no sequence of ISO-2022-JP", S("a\033[Bb"), "a [Bb"},
    {"ISO-2022-JP under another name", S("=?us-ascii?B?GyRCRnwbKEI=?="), "日"},
    {"surrogates are not UTF-8", S("=?utf-8?Q?=ED=A0=80?="),
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
    {"an empty header", S(""), "", "", ""},
    {"an empty line first", S("\nFrom: a\n"), "", "", ""},
    {"the body does not count", S("To: b\n\nFrom: a\n"), "", "b", ""},
    {"the body does not count with CRLF either", S("To: b\r\n\r\nFrom: a\r\n"),
	"", "b", ""},
    {"a line of blanks does not end the header", S("To: b\n \nFrom: a\n\n"),
	"a", "b", ""},
    {"a From_ line", S("From x@y Thu Jan  1 00:00:00 1970\nFrom: a\n\n"), "a",
	"", ""},
    {"a quoted From_ line",
	S(">From x@y Thu Jan  1 00:00:00 1970\nFrom: a\n\n"), "a", "", ""},
    {"a line without colon", S("From: a\nwhat is this\nTo: b\n\n"), "a", "b",
	""},
    {"its continuation is no field's", S("From: a\nwhat\n is\nTo: b\n\n"), "a",
	"b", ""},
    {"a line that is a colon", S(": x\nFrom: a\n\n"), "a", "", ""},
    {"a continuation first", S(" x\n y\nFrom: a\n\n"), "a", "", ""},
    {"a blank before the colon", S("From : a\nTo\t: b\n\n"), "a", "b", ""},
    {"names with the same beginning",
	S("From-x: 1\nTopic: 2\nSubjects: 3\nccc: 4\nFro: 5\n\n"), "", "", ""},
    {"a name that is cut off", S("To: b\nSubjec"), "", "b", ""},
    {"a name without a body", S("To: b\nSubject:"), "", "b", ""},
    {"the first From, the first Subject",
	S("From: a\nSubject: c\nFrom: x\nSubject: y\n\n"), "a", "", "c"},
    {"a first field that is empty counts", S("Subject:\nSubject: y\n\n"), "",
	"", ""},
    {"To, Cc and Bcc in their order", S("Cc: c\nTo: t, u\nBcc: b\nTo: v\n\n"),
	"", "c, t, u, b, v", ""},
    {"empty fields leave no comma", S("To:\nCc: c\nBcc: \n\n"), "", "c", ""},
    {"folded", S("To: a,\n b\r\n\tc\nFrom: x\n\n"), "x", "a, b c", ""},
    {"Resent-To and Reply-To do not count",
	S("Resent-From: r\nReply-To: s\nFrom: a\n\n"), "a", "", ""},
    {"a byte order mark",
	S("\xef\xbb\xbf"
	  "From: a\nTo: b\n\n"),
	"a", "b", ""},
    {"a byte order mark after a From_ line",
	S("From x@y Thu Jan  1 00:00:00 1970\n\xef\xbb\xbf"
	  "Subject: c\n\n"),
	"", "", "c"},
    {"a byte order mark alone", S("\xef\xbb\xbf"), "", "", ""},
    {"Content-Type gives the charset of raw bytes",
	S("Subject: \xcf\xf0\nContent-Type: text/plain;\n charset=windows-1251"
	  "\n\n"),
	"", "", "\xd0\x9f\xd1\x80"},
    {"a charset in quotes and capitals, before the field",
	S("Content-Type: text/plain; x=y; CHARSET = \"EUC-KR\"; z\n"
	  "Subject: \xb1\xa4\xb0\xed =?utf-8?Q?=C3=A9?=\n\n"),
	"", "", "\xea\xb4\x91\xea\xb3\xa0 \xc3\xa9"},
    {"raw bytes that are UTF-8 do not have that charset",
	S("Content-Type: text/plain; charset=windows-1251\n"
	  "Subject: \xc3\xa9\n\n"),
	"", "", "\xc3\xa9"},
    {"a charset in which ASCII means something else is not used",
	S("Content-Type: text/plain; charset=utf-16\nSubject: a\xe9\n\n"), "",
	"", "a\xc3\xa9"},
    {"UTF-8 that is cut in the middle of a character",
	S("Content-Type: text/plain; charset=utf-8\n"
	  "Subject: \xc3\xa9\xe4\xb8\xad\xe9\n\n"),
	"", "", "\xc3\xa9\xe4\xb8\xad\xc3\xa9"},
#define MIXED "Subject: \xcf\xf0\nContent-Type: multipart/mixed; boundary=b\n\n"
    {"a part gives the charset",
	S(MIXED "x\n--b\nContent-Type: text/plain; charset=windows-1251\n\n"),
	"", "", "\xd0\x9f\xd1\x80"},
    {"a part after a boundary of no letters",
	S(MIXED "--\nContent-Type: text/plain; charset=windows-1251\n\n"), "",
	"", "\xd0\x9f\xd1\x80"},
    {"a line that is too short for a boundary",
	S(MIXED "-\nContent-Type: text/plain; charset=windows-1251\n\n"), "",
	"", "\xc3\x8f\xc3\xb0"},
    {"the first part that is not ASCII",
	S(MIXED "--b\nContent-Type: text/plain; charset=us-ascii\n\nx\n--b\n"
		"Content-Type: text/html;\n charset=koi8-r\n\n"),
	"", "", "\xd0\xbe\xd0\x9f"},
    {"a part in a part",
	S(MIXED "--b\nContent-Type: multipart/alternative\n\n--c\n"
		"Content-Type: text/plain; charset=koi8-r\n\n"),
	"", "", "\xd0\xbe\xd0\x9f"},
    {"text in a part that looks like a part does not count",
	S(MIXED "--b\n\nContent-Type: text/plain; charset=koi8-r\n\n"), "", "",
	"\xc3\x8f\xc3\xb0"},
    {"nor does such text in a message that is no multipart",
	S("Subject: \xcf\nContent-Type: text/plain\n\n--b\n"
	  "Content-Type: text/plain; charset=koi8-r\n\n"),
	"", "", "\xc3\x8f"},
    {"of a type that only begins like one",
	S("Subject: \xcf\nContent-Type: multipart-x/y\n\n--b\n"
	  "Content-Type: text/plain; charset=koi8-r\n\n"),
	"", "", "\xc3\x8f"},
    {"a Content-Type of punctuation", S("Content-Type: ;;;\nSubject: \xe9\n\n"),
	"", "", "\xc3\xa9"},
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
		decode(h, MS_MAIL_RECIPIENTS, &to);
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
    {"a field is not cut if only blanks are left",
	S("Subject: " SIXTY "  \n \n\n"), "", "", SIXTY, 0, 0},
    {"a blank at the limit is not kept", S("From: " SIXTY " x\n\n"), SIXTY, "",
	"", 0, MS_DESC_FROM_CUT},
    {"60 bytes with blanks among them",
	S("From: 12345678 " TEN TEN TEN TEN TEN "x\n\n"),
	"12345678 " TEN TEN TEN TEN TEN "x", "", "", 0, 0},
    {"a blank and a character of two bytes",
	S("Subject: " TEN TEN TEN TEN TEN "12345678 \xc3\xa9\n\n"), "", "",
	TEN TEN TEN TEN TEN "12345678", 0, MS_DESC_SUBJECT_CUT},
    {"the text is cut between characters",
	S("Subject: " TEN TEN TEN TEN TEN "123456789\xe2\x82\xac\n\n"), "", "",
	TEN TEN TEN TEN TEN "123456789", 0, MS_DESC_SUBJECT_CUT},
    {"a field that fits after it was decoded",
	S("Subject: " TEN TEN TEN TEN TEN "=?utf-8?Q?1234567=E2=82=AC?=\n\n"),
	"", "", TEN TEN TEN TEN TEN "1234567\xe2\x82\xac", 0, 0},
    {"the recipients of all fields are cut together",
	S("To: " SIXTY "\nCc: x\n\n"), "", SIXTY, "", 0, MS_DESC_TO_CUT},
    {"recipients that are cut at a comma",
	S("To: " TEN TEN TEN TEN TEN "1234567\nCc: x\nBcc: y\n\n"), "",
	TEN TEN TEN TEN TEN "1234567, x", "", 0, MS_DESC_TO_CUT},
    {"raw bytes in From", S("From: \xe9\nTo: \xc3\xa9\n\n"), "\xc3\xa9",
	"\xc3\xa9", "", 0, MS_DESC_FROM_RAW},
    {"raw bytes in the second To", S("To: a\nCc: \xe9\n\n"), "", "a, \xc3\xa9",
	"", 0, MS_DESC_TO_RAW},
    {"raw bytes after the cut", S("Subject: " SIXTY " \xe9\n\n"), "", "", SIXTY,
	0, MS_DESC_SUBJECT_CUT | MS_DESC_SUBJECT_RAW},
    {"encoded words are not raw bytes", S("Subject: =?utf-8?Q?=E9?=\n\n"), "",
	"", "\xc3\xa9", 0, 0},
    {"a date", S("Date: Thu, 01 Jan 1970 00:00:07 +0000\n\n"), "", "", "", 7,
	MS_DESC_DATE},
    {"no date", S("Date: yesterday\n\n"), "", "", "", 0, 0},
    {"the first date", S("Date: x\nDate: 1 Jan 1970 00:00:07 +0000\n\n"), "",
	"", "", 0, 0},
    {"a folded date", S("Date: Thu,\r\n\t01 Jan 1970\r\n 00:00:07 GMT\r\n"), "",
	"", "", 7, MS_DESC_DATE | MS_DESC_PARTIAL},
    {"no empty line", S("Subject: x\nA: \xe9\n"), "", "", "x", 0,
	MS_DESC_PARTIAL},
    {"raw bytes, whose charset may be in a part",
	S("Subject: \xe9\nContent-Type: multipart/mixed\n\n--b\n"), "", "",
	"\xc3\xa9", 0, MS_DESC_SUBJECT_RAW | MS_DESC_PARTIAL},
    {"no part can have the charset", S("Subject: \xe9\nContent-Type: a/b\n\n"),
	"", "", "\xc3\xa9", 0, MS_DESC_SUBJECT_RAW},
    {"the charset is known already",
	S("Subject: \xe9\nContent-Type: Multipart/x; charset=koi8-r\n\n"), "",
	"", "\xd0\x98", 0, MS_DESC_SUBJECT_RAW},
    {"a part that was read has the charset",
	S("To: \xe9\nContent-Type: multipart/x\n\n--b\nContent-type: text/html;"
	  " charset=koi8-r"),
	"", "\xd0\x98", "", 0, MS_DESC_TO_RAW},
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
    {"line ends are dropped, blanks stay", S("Subject:  a\r\n  b\n\tc \n\n"),
	MS_MAIL_SUBJECT, S("a  b\tc")},
    {"control characters stay", S("From: a\0\rb\r\r\n c\n\n"), MS_MAIL_FROM,
	S("a\0\rb\r c")},
    {"recipients by comma", S("To: a\nCc:\nBcc: \xe9\n\n"), MS_MAIL_RECIPIENTS,
	S("a, \xe9")},
    {"To alone", S("Cc: a\nTo: b\nBcc: c\nTo: d\n\n"), MS_MAIL_TO, S("b, d")},
    {"Cc alone", S("Cc: a\nTo: b\nCc: c\n\n"), MS_MAIL_CC, S("a, c")},
    {"Message-ID", S("message-id : <a@b>\nMessage-ID: <c>\n\n"),
	MS_MAIL_MESSAGE_ID, S("<a@b>")},
    {"a field that is not there", S("To: a\n\n"), MS_MAIL_FROM, S("")},
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

/* ---- the text in which addresses are searched ---- */

static const struct {
	const char *rule, *text, *want;
} address_texts[] = {
    {"nothing before @", "@example.org", "@example.org"},
    {"a plain address", "Joe Doe <joe@example.org>",
	"Joe Doe <joe@example.org>"},
    {"blanks next to @", "joe @ example.org", "joe@example.org"},
    {"blanks next to dots", "joe . doe@example . org", "joe.doe@example.org"},
    {"comments", "joe(x)@(y)example.org (Joe)", "joe@example.org "},
    {"nested comments", "joe (a (b) c)@ (d)example.org", "joe@example.org"},
    {"a comment between words", "joe(x)doe", "joe doe"},
    {"a comment that does not end", "joe@example.org (x", "joe@example.org "},
    {"quotes", "\"joe.doe\"@example.org", "joe.doe@example.org"},
    {"a parenthesis in quotes", "\"a (b\" <c@d>", "a (b <c@d>"},
    {"a backslash", "\"a\\\"b\"@c", "a\"b@c"},
    {"a backslash at the end", "a\\", "a\\"},
    {"a domain in ACE form", "joe@xn--bcher-kva.example", "joe@bücher.example"},
    {"in capitals", "joe@XN--BCHER-KVA.example", "joe@BüCHER.example"},
    {"a domain in Unicode", "joe@bücher.example", "joe@bücher.example"},
    {"only the prefix", "joe@xn--.x", "joe@xn--.x"},
    {"nothing", "", ""},
};

static void
test_address_texts(void)
{
	struct ms_buf out = {0};

	for (size_t i = 0; i < sizeof(address_texts) / sizeof(address_texts[0]);
	     i++) {
		ms_buf_clear(&out);
		ms_mail_address_text(
		    guarded(ms_slice_str(address_texts[i].text)), &out);
		ok(holds(&out, address_texts[i].want), "address text: %s",
		    address_texts[i].rule);
	}
	ms_buf_release(&out);
}

/* ---- any field ---- */

/* The body of the first field x-y, or NULL. */
static const struct {
	const char *rule, *header, *want;
} found_fields[] = {
    {"the first field", "X-Y: a\nX-Y: b\n\n", " a"},
    {"after others", "A: b\r\nX-Y:c\r\n\r\n", "c"},
    {"in any case", "x-Y: a\n", " a"},
    {"with a blank before the colon", "X-Y : a\n", " a"},
    {"folded", "X-Y: a\r\n b\r\n\tc\r\nX: d\r\n", " a\r\n b\r\n\tc"},
    {"in a fold of another field", "A: b\n X-Y: a\n", NULL},
    {"empty", "X-Y:\nA: b\n", ""},
    {"without a line end", "X-Y: a", " a"},
    {"only a part of a name", "X-Y-Z: a\nX: b\nXX-Y: c\n", NULL},
    {"no colon", "X-Y\nX-Y a\n", NULL},
    {"after the header", "A: b\n\nX-Y: c\n", NULL},
    {"after the header, CRLF", "A: b\r\n\r\nX-Y: c\r\n", NULL},
    {"no header", "", NULL},
};

static void
test_find(void)
{
	struct ms_slice body;
	struct ms_buf got = {0};
	bool found;

	for (size_t i = 0; i < sizeof(found_fields) / sizeof(found_fields[0]);
	     i++) {
		found =
		    ms_mail_find(guarded(ms_slice_str(found_fields[i].header)),
			"x-y", &body);
		ms_buf_clear(&got);
		if (found)
			ms_buf_add(&got, body.p, body.n);
		ok(found == (found_fields[i].want != NULL) &&
			(!found || holds(&got, found_fields[i].want)),
		    "a field is found: %s", found_fields[i].rule);
	}
	ms_buf_release(&got);
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
    {"an address in brackets has precedence over one without",
	"From: x@y <a@b.c>\n", "a@b.c"},
    {"the first of several", "From: a@b.c, d@e.f\n", "a@b.c"},
    {"the first of several without a domain", "From: joe, ann b\n", "joe"},
    {"the first in brackets of several", "From: J <a@b.c>, d@e.f\n", "a@b.c"},
    {"a name with an address in quotes", "From: \"x@y\" <a@b.c>\n", "a@b.c"},
    {"a name with marks in quotes", "From: \"x, <y>; (z\" <a@b.c>\n", "a@b.c"},
    {"a quote in quotes", "From: \"x\\\" y\" <a@b.c>\n", "a@b.c"},
    {"a quote that does not end", "From: \"Joe <a@b.c>\n", "a@b.c"},
    {"a quoted local part", "From: \"a.b\"@c.d\n", "\"a.b\"@c.d"},
    {"a whole address in quotes", "From: \"a@b.c\"\n", "a@b.c"},
    {"a whole address in quotes and brackets", "From: J <\"a@b.c\">\n",
	"a@b.c"},
    {"an address before a quote", "From: a@b.c \"J <d@e>\"\n", "a@b.c"},
    {"folded", "From: Joe\r\n <a@b.c>\r\n", "a@b.c"},
    {"blanks in brackets", "From: Joe < a@b.c >\n", "a@b.c"},
    {"blanks around @", "From: a @ b.c\n", "a@b.c"},
    {"a name and no brackets", "From: Big Bug a@b.c\n", "a@b.c"},
    {"brackets that are not closed", "From: Joe <a@b.c\n", "a@b.c"},
    {"twice", "From: <<a@b.c>>\n", "a@b.c"},
    {"a route", "From: <@x,@y:a@b.c>\n", "a@b.c"},
    {"a group", "From: Friends: a@b.c, d@e.f;\n", "a@b.c"},
    {"a comma in a name", "From: Detox, Inc <a@b.c>\n", "a@b.c"},
    {"a comma before the brackets", "From: T-Mobile ,_<a@b.c>\n", "a@b.c"},
    {"an encoded name", "From: =?utf-8?Q?x=40y?= <a@b.c>\n", "a@b.c"},
    {"UTF-8", "From: <\xc3\xa9@b.c>\n", "\xc3\xa9@b.c"},
    {"not UTF-8", "From: <\xe9@b.c>\nSender: d@e\n", "d@e"},
    {"a control", "From: <a\001@b.c>\nSender: d@e\n", "d@e"},
    {"DEL", "From: <a\177@b.c>\nSender: d@e\n", "d@e"},
    {"a tilde", "From: <a~@b.c>\nSender: d@e\n", "a~@b.c"},
    {"no blank after the colon", "From:a@b.c\n", "a@b.c"},
    {"brackets after a quote in quotes", "From: \"x\\\" <y@z> \" <a@b.c>\n",
	"a@b.c"},
    {"a word after empty brackets", "From: Joe <> a\n", ""},
    {"a word after a word in brackets", "From: <root> a\n", "root"},
    {"an address after a word in brackets", "From: <root> a@b.c\n", "a@b.c"},
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
    {"an address has precedence over a word",
	"From: root\nReturn-Path: <x@y>\n", "x@y"},
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

/* ---- headers that identify their message ---- */

static const struct {
	const char *rule, *header;
	bool want;
} identities[] = {
    {"a Message-ID", "Subject: x\nMessage-ID: <a@b>\n\n", true},
    {"in any case, with a blank before the colon", "message-id : a\r\n\r\n",
	true},
    {"a blank Message-ID", "Message-ID: \n\t\n\n", false},
    {"nothing", "", false},
    {"a Subject", "Subject: x\n\n", false},
    {"a Date", "Date: Fri, 20 Nov 2026 10:00:00 +0000\n\n", false},
    {"a Date and a Received", "Date: x\nReceived: a\n\n", false},
    {"a Date and two Received", "Received: b\nReceived: a\nDate: x\n", true},
    {"a Date and two Received, one of which is blank",
	"Received: b\nReceived:\nDate: x\n\n", false},
    {"two Received", "Received: b\nReceived: a\n\n", false},
    {"a blank Date", "Received: b\nReceived: a\nDate:\n\n", false},
    {"Receiver is not Received", "Receiver: b\nReceived: a\nDate: x\n\n",
	false},
    {"Message-ID in the body does not count",
	"Subject: x\n\nMessage-ID: <a@b>\n", false},
    {"Message-ID in a folded line does not count",
	"Subject: x\n Message-ID: <a@b>\n\n", false},
};

static void
test_identities(void)
{
	size_t i;

	for (i = 0; i < sizeof(identities) / sizeof(identities[0]); i++)
		ok(ms_mail_identifies(guarded(ms_slice_str(
		       identities[i].header))) == identities[i].want,
		    "identifies: %s", identities[i].rule);
	ok(!ms_mail_identifies((struct ms_slice){0}), "identifies: no bytes");
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
    {"bytes that GB18030 does not have",
	"Content-Type: a; charset=gbk\nSubject: ", "\xff"},
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
	ms_mail_decode(none, MS_MAIL_RECIPIENTS, &out);
	ms_mail_raw(none, MS_MAIL_RECIPIENTS, &out);
	ms_mail_sender(none, &out);
	ms_utf8_fold(none, &out);
	ms_mutf7_encode(none, &out);
	ok(d.bits == MS_DESC_PARTIAL && d.from.n + d.to.n + d.subject.n == 0 &&
		out.n == 0 && ms_mail_header_length(NULL, 0) == 0 &&
		!ms_mail_date(none, &t) && ms_utf8_valid(NULL, 0) &&
		ms_mutf7_decode(none, &out) == 0,
	    "all functions accept empty text");
	ms_buf_release(&out);
}

/* A header ends within an encoded word. */
static void
test_cut_words(void)
{
	static const char *const cut[] = {"=?utf-8?Q?a?=", "=?utf-8?Q?a?",
	    "=?utf-8?Q?a", "=?utf-8?Q?", "=?utf-8?Q", "=?utf-8?", "=?utf-8",
	    "=?", "="};
	struct ms_buf header = {0}, out = {0};
	size_t i;

	for (i = 0; i < sizeof(cut) / sizeof(cut[0]); i++) {
		ms_buf_clear(&header);
		ms_buf_printf(&header, "Subject: %s", cut[i]);
		decode(ms_buf_slice(&header), MS_MAIL_SUBJECT, &out);
		ok(holds(&out, i == 0 ? "a" : cut[i]), "ends with %s", cut[i]);
	}
	ms_buf_release(&header);
	ms_buf_release(&out);
}

/* The date of the top Received. */
static void
test_received(void)
{
	static const struct {
		const char *fields;
		int64_t want;
	} rows[] = {
	    {"Received: x; Thu, 1 Jan 2026 10:00:00 +0130\n", 1767256200},
	    {"Received: x;1 Jan 2026 10:00:00 +0130\n", 1767256200},
	    {"Received: x; y; 1 Jan 2026 08:30:00 +0000 (a; b)\n", 1767256200},
	    {"Received: x 1 Jan 2026 10:00:00 +0130\n", 0},
	    {"Received: x; y\nReceived: z; 1 Jan 2026 10:00:00 +0130\n",
		1767256200},
	    {"Received: z; 1 Jan 2026 10:00:00 +0130\n"
	     "Received: z; 2 Jan 2026 10:00:00 +0130\n",
		1767256200},
	};
	struct ms_buf header = {0};
	struct ms_desc d;
	size_t i;

	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		ms_buf_clear(&header);
		ms_buf_printf(&header, "%s\n", rows[i].fields);
		ms_mail_describe(guarded(ms_buf_slice(&header)), &d);
		ok(d.received == rows[i].want && ((d.bits & MS_DESC_RECEIVED) !=
						     0) == (rows[i].want != 0),
		    "received at %lld: row %zu", (long long)d.received, i);
	}
	ms_buf_release(&header);
}

int
main(void)
{
	alarm(HANG_S);
	test_texts();
	test_headers();
	test_kept();
	test_raw();
	test_address_texts();
	test_find();
	test_senders();
	test_identities();
	test_lengths();
	test_huge();
	test_nesting();
	test_nothing();
	test_cut_words();
	test_received();
	return done();
}
