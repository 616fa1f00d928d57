/*
 * body.c - the text and the parts of messages: a row for each rule. "\n" of a
 * message is its line end; parts are written as number, type, name and bits.
 */
#include "body.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "tap.h"
#include "text/body-impl.h"

#define LIMIT_S 240 /* of the program */

static struct ms_body *b;

static void
load(const char *p, size_t n)
{
	struct ms_err err = {0};

	ms_body_clear(b);
	if (ms_body_add(b, (const unsigned char *)p, n, &err) < 0 ||
	    ms_body_parse(b, &err) < 0) {
		printf("Bail out! %s\n", err.msg);
		exit(1);
	}
}

static bool
same(const struct ms_buf *got, const char *want)
{
	bool good = got->n == strlen(want) &&
		    (got->n == 0 || memcmp(got->p, want, got->n) == 0);

	if (!good)
		printf("# got: %.*s|\n", (int)got->n, (const char *)got->p);
	return good;
}

/* ---- texts ---- */

/* clang-format off */

#define MULTI(kind) "Content-Type: multipart/" kind "; boundary=b\n\n"
#define PART(type) "--b\nContent-Type: " type "\n\n"
#define END "--b--\n"

static const struct {
	const char *about, *message, *text;
} texts[] = {
    {"no header",
	"\nhello\n",
	"hello\n"},
    {"an empty message",
	"",
	""},
    {"a header only",
	"Subject: x\n",
	""},
    {"plain text",
	"Subject: x\n\nhello\nworld",
	"hello\nworld\n"},
    {"empty lines around a text",
	"A: b\n\n\n \n  c\n\nd \n\n\n",
	"  c\n\nd\n"},
    {"ends of lines",
	"A: b\r\n\r\nc\r\nd\re\r\n",
	"c\nd\ne\n"},
    {"a line of blanks in the header",
	"To: a,\r\n\t\r\n b\r\nX: y\n \n  \n z\nContent-Type: text/html\n"
	    " \n\n<b>c</b>",
	"c\n"},
    {"a colon in a folded field",
	"To:A group(b)\n   :c <d@e>,\n f\nContent-Type: text/html\n\n<b>c</b>",
	"c\n"},
    {"quoted-printable",
	"Content-Type: text/plain; charset=iso-8859-1\n"
	    "Content-Transfer-Encoding: quoted-printable\n\nf=FCr =\nb=zz\n",
	"f\xc3\xbcr b=zz\n"},
    {"base64",
	"Content-Type: text/plain; charset=utf-8\n"
	    "Content-Transfer-Encoding: base64\n\nZsO8\ncg==\n",
	"f\xc3\xbcr\n"},
    {"8-bit text without a label",
	"A: b\n\nf\xfcr \xc3\xbc\n",
	"f\xc3\xbcr \xc3\x83\xc2\xbc\n"},
    {"UTF-8 without a label",
	"A: b\n\nf\xc3\xbcr\n",
	"f\xc3\xbcr\n"},
    {"invalid UTF-8",
	"Content-Type: text/plain; charset=utf-8\n\na\xff\n",
	"a\xc3\xbf\n"},
    {"a byte order mark",
	"A: b\n\n\xef\xbb\xbfhello\n",
	"hello\n"},
    {"ISO-2022-JP",
	"Content-Type: text/plain; charset=iso-2022-jp\n\n\x1b$B$\"\x1b(B\n",
	"\xe3\x81\x82\n"},
    /* flowed */
    {"flowed",
	"Content-Type: text/plain; format=flowed\n\na \nb\nc\n\n-- \nd \n",
	"a b\nc\n\n-- \nd\n"},
    {"flowed, quoted",
	"Content-Type: text/plain; format=Flowed\n\n> a \n> b\n>> c \nd\n",
	"> a b\n>> c \nd\n"},
    {"flowed, stuffed",
	"Content-Type: text/plain; format=flowed\n\n >a\n  b\n From c\n",
	">a\n b\nFrom c\n"},
    {"flowed, DelSp=yes",
	"Content-Type: text/plain; format=flowed; delsp=yes\n\na \nb  \nc\n",
	"ab c\n"},
    {"not flowed",
	"Content-Type: text/plain\n\na \nb\n",
	"a \nb\n"},
    /* HTML */
    {"HTML",
	"Content-Type: text/html\n\n<p>a<p>b <a href=http://c>d</a>",
	"a\n\nb d [http://c]\n"},
    {"HTML with a charset in it",
	"Content-Type: text/html\n\n<meta charset=\"iso-8859-2\">\xb1",
	"\xc4\x85\n"},
    {"HTML with an old charset in it",
	"Content-Type: text/html\n\n"
	    "<meta http-equiv=content-type content='text/html; "
	    "charset=koi8-r'>\xc1",
	"\xd0\xb0\n"},
    {"HTML whose part names the charset",
	"Content-Type: text/html; charset=utf-8\n\n"
	    "<meta charset=koi8-r>\xc3\xbc",
	"\xc3\xbc\n"},
    /* multiparts */
    {"two parts",
	MULTI("mixed")
	    PART("text/plain") "a\n"
	    PART("text/html") "<b>c</b>\n"
	    END,
	"a\n\nc\n"},
    {"the text around parts is none",
	MULTI("mixed") "pre\n"
	    PART("text/plain") "a\n"
	    END "post\n",
	"a\n"},
    {"alternatives: plain text is preferred",
	MULTI("alternative")
	    PART("text/plain") "a\n"
	    PART("text/html") "b\n"
	    END,
	"a\n"},
    {"in any order",
	MULTI("alternative")
	    PART("text/html") "b\n"
	    PART("text/plain") "a\n"
	    END,
	"a\n"},
    {"unless it is empty",
	MULTI("alternative")
	    PART("text/plain") " \n\xc2\xa0\n"
	    PART("text/html") "b\n"
	    END,
	"b\n"},
    {"HTML is preferred to other text",
	MULTI("alternative")
	    PART("text/enriched") "a\n"
	    PART("text/html") "b\n"
	    END,
	"b\n"},
    {"other text is better than none",
	MULTI("alternative")
	    PART("text/enriched") "a\n"
	    PART("image/png") "b\n"
	    END,
	"a\n"},
    {"a calendar is shown beside them",
	MULTI("alternative")
	    PART("text/plain") "a\n"
	    PART("text/calendar") "BEGIN:VCALENDAR\nSUMMARY:b\nEND:VCALENDAR\n"
	    END,
	"a\n\nSummary: b\n"},
    {"related parts within alternatives",
	MULTI("alternative")
	    PART("text/plain") "\n"
	    PART("multipart/related; boundary=c")
	    "--c\nContent-Type: text/html\n\n<p>d\n--c\n"
	    "Content-Type: text/css\n\ne\n--c--\n"
	    END,
	"d\n"},
    {"what is within an alternative that is not chosen",
	MULTI("alternative")
	    PART("text/plain") "a\n"
	    PART("multipart/mixed; boundary=c")
	    "--c\nContent-Type: text/html\n\nd\n--c\n"
	    "Content-Type: message/rfc822\n\nSubject: e\n\nf\n--c--\n"
	    END,
	"a\n"},
    {"an attachment is not shown",
	MULTI("mixed")
	    PART("text/plain") "a\n"
	    PART("text/plain\nContent-Disposition: attachment") "c\n"
	    END,
	"a\n"},
    {"a part that the sender shows inline",
	MULTI("mixed")
	    PART("text/plain") "a\n"
	    PART("text/x-diff; name=d.diff\nContent-Disposition: inline") "c\n"
	    END,
	"a\n\nc\n"},
    {"style sheets and scripts are no text",
	MULTI("mixed")
	    PART("text/css") "a\n"
	    PART("text/javascript") "b\n"
	    END,
	""},
    {"empty parts leave no gap",
	MULTI("mixed")
	    PART("text/plain") "a\n"
	    PART("text/plain") "\n"
	    PART("text/plain") "c\n"
	    END,
	"a\n\nc\n"},
    {"a signed message",
	MULTI("signed; protocol=\"application/pgp-signature\"")
	    PART("text/plain") "a\n"
	    PART("application/pgp-signature") "-----BEGIN PGP SIGNATURE-----\n"
	    END,
	"a\n"},
    {"an encrypted message",
	MULTI("encrypted; protocol=\"application/pgp-encrypted\"")
	    PART("application/pgp-encrypted") "Version: 1\n"
	    PART("application/octet-stream") "-----BEGIN PGP MESSAGE-----\n"
	    END,
	""},
    {"a multipart without delimiters",
	MULTI("mixed") "a\nb\n",
	"a\nb\n"},
    /* embedded messages */
    {"an embedded message",
	MULTI("mixed")
	    PART("text/plain") "a\n"
	    PART("message/rfc822")
	    "From: =?utf-8?q?J=C3=BCrgen?= <j@b.example>\nTo: c@d.example\n"
	    "Date: Thu, 1 Jan 2015 10:00:00 +0100\nSubject: e\n\nf\n"
	    END,
	"a\n\n----------------------------------------\n"
	    "From: J\xc3\xbcrgen <j@b.example>\nTo: c@d.example\n"
	    "Date: Thu, 1 Jan 2015 10:00:00 +0100\nSubject: e\n\nf\n"},
    {"a digest",
	MULTI("digest") "--b\n\nSubject: a\n\nb\n--b\n\nSubject: c\n\nd\n"
	    END,
	"----------------------------------------\nSubject: a\n\nb\n\n"
	    "----------------------------------------\nSubject: c\n\nd\n"},
    {"a digest of a multipart",
	MULTI("digest") "--b\r\n\r\nSubject: a\r\n"
	    "Content-Type: multipart/x; boundary=c\r\n\r\n--c\r\n\r\nd\r\n"
	    "--c--\r\n"
	    END,
	"----------------------------------------\nSubject: a\n\nd\n"},
    {"an embedded message in another one",
	MULTI("mixed")
	    PART("message/rfc822")
	    "Content-Type: message/rfc822\nSubject: a\n\nSubject: b\n\nc\n"
	    END,
	"----------------------------------------\nSubject: a\n\n"
	    "----------------------------------------\nSubject: b\n\nc\n"},
    {"a report about delivery",
	MULTI("report")
	    PART("text/plain") "a\n"
	    PART("message/delivery-status") "Status: 5.1.1\n"
	    PART("text/rfc822-headers") "Subject: c\n"
	    END,
	"a\n\nStatus: 5.1.1\n\nSubject: c\n"},
};

/* clang-format on */

static void
test_texts(void)
{
	struct ms_buf out = {0};
	struct ms_err err = {0};

	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		ms_buf_clear(&out);
		load(texts[i].message, strlen(texts[i].message));
		ok(ms_body_text(b, &out, &err) == 0 &&
			same(&out, texts[i].text),
		    "text: %s", texts[i].about);
	}
	ms_buf_release(&out);
}

/* ---- parts ---- */

/* clang-format off */

static const struct {
	const char *about, *message, *parts;
} lists[] = {
    {"one part",
	"A: b\n\nc\n",
	"1 text/plain  s 2\n"},
    {"a named text",
	"Content-Type: text/plain; name=\"a b\"\n\nc\n",
	"1 text/plain a b As 2\n"},
    {"one part that is no text",
	"Content-Type: Application/PDF\n\nc",
	"1 application/pdf  A 1\n"},
    {"alternatives",
	MULTI("alternative")
	    PART("text/plain") "a\n"
	    PART("text/html") "bc\n"
	    END,
	"0 multipart/alternative  M 0\n1 text/plain  s 1\n2 text/html   2\n"},
    {"attachments",
	MULTI("mixed")
	    PART("text/plain\nContent-Disposition: attachment;\n"
	    " filename*=utf-8''%c3%bc.txt") "a\n"
	    PART("application/pdf; name==?utf-8?q?=C3=BC?=\n"
	    "Content-Transfer-Encoding: base64") "YWJj\nZA==\n"
	    END,
	"0 multipart/mixed  M 0\n1 text/plain \xc3\xbc.txt A 1\n"
	    "2 application/pdf \xc3\xbc A 4\n"},
    {"images shown inline",
	MULTI("related")
	    PART("text/html") "a\n"
	    PART("image/png; name=b.png\nContent-ID: <c>") "d\n"
	    PART("image/png; name=b.png") "d\n"
	    PART("image/gif; name=e.gif\nContent-Disposition: inline") "f\n"
	    PART("image/gif\nContent-ID: <c>\nContent-Disposition: attachment")
	    "g\n"
	    END,
	"0 multipart/related  M 0\n1 text/html  s 1\n"
	    "2 image/png b.png I 1\n3 image/png b.png A 1\n"
	    "4 image/gif e.gif I 1\n5 image/gif  A 1\n"},
    {"a signature",
	MULTI("signed")
	    PART("text/plain") "a\n"
	    PART("application/pgp-signature; name=signature.asc\n"
	    "Content-Disposition: attachment") "c\n"
	    END,
	"0 multipart/signed  M 0\n1 text/plain  s 1\n"
	    "2 application/pgp-signature signature.asc S 1\n"},
    {"the shell of an encryption",
	MULTI("encrypted")
	    PART("application/pgp-encrypted") "a\n"
	    PART("application/octet-stream; name=encrypted.asc") "c\n"
	    END,
	"0 multipart/encrypted  M 0\n1 application/pgp-encrypted  X 1\n"
	    "2 application/octet-stream encrypted.asc X 1\n"},
    {"S/MIME",
	"Content-Type: application/x-pkcs7-mime; name=smime.p7m\n\na",
	"1 application/x-pkcs7-mime smime.p7m X 1\n"},
    {"an embedded message",
	MULTI("mixed")
	    PART("message/rfc822") "Subject: a\n\nb\n"
	    END,
	"0 multipart/mixed  M 0\n1 message/rfc822  AEs 13\n"
	    "2 text/plain  s 1\n"},
    {"a report",
	MULTI("report")
	    PART("text/plain") "a\n"
	    PART("message/delivery-status") "c\n"
	    END,
	"0 multipart/report  M 0\n1 text/plain  s 1\n"
	    "2 message/delivery-status  s 1\n"},
    {"a name in a character set that iconv(3) would have to load",
	MULTI("mixed; name=\"=?koi8-r?B?wQ==?=\"") PART("text/plain;"
	    " charset=koi8-r; name==?koi8-r?B?wQ==?=") "a\n"
	    END,
	"0 multipart/mixed \xd0\xb0 M 0\n1 text/plain \xd0\xb0 As 1\n"},
    {"controls in a name",
	"Content-Type: text/plain; name*=utf-8''a%1b%e2%80%ae%0ab\n\nc",
	NULL},
};

/* clang-format on */

static void
describe(struct ms_buf *out)
{
	static const struct {
		unsigned bit;
		char letter;
	} bits[] = {{MS_PART_MULTIPART, 'M'}, {MS_PART_ATTACHMENT, 'A'},
	    {MS_PART_SIGNATURE, 'S'}, {MS_PART_SHELL, 'X'},
	    {MS_PART_INLINE, 'I'}, {MS_PART_MESSAGE, 'E'},
	    {MS_PART_SHOWN, 's'}};
	size_t n;
	const struct ms_body_part *p = ms_body_parts(b, &n);

	for (size_t i = 0; i < n; i++) {
		ms_buf_printf(
		    out, "%u %s %s ", p[i].number, p[i].type, p[i].name);
		for (size_t k = 0; k < sizeof(bits) / sizeof(bits[0]); k++)
			if ((p[i].bits & bits[k].bit) != 0)
				ms_buf_add_byte(
				    out, (unsigned char)bits[k].letter);
		ms_buf_printf(out, " %llu\n",
		    (p[i].bits & MS_PART_MULTIPART) != 0
			? 0ULL
			: (unsigned long long)ms_body_size(b, &p[i]));
	}
}

static void
test_lists(void)
{
	struct ms_buf out = {0};

	for (size_t i = 0; i < sizeof(lists) / sizeof(lists[0]); i++) {
		ms_buf_clear(&out);
		load(lists[i].message, strlen(lists[i].message));
		describe(&out);
		ok(lists[i].parts == NULL ? memchr(out.p, 0x1b, out.n) == NULL
					  : same(&out, lists[i].parts),
		    "parts: %s", lists[i].about);
	}
	ms_buf_release(&out);
}

/* ---- calendars and cards ---- */

static const struct {
	const char *card, *text;
} cards[] = {
    {"BEGIN:VCALENDAR\r\nBEGIN:VEVENT\r\nSUMMARY;LANGUAGE=de:a\\, b\\nc\r\n"
     "DTSTART;TZID=Europe/Berlin:20240131T090000\r\n"
     "DTEND:20240131T100000Z\r\nDUE;VALUE=DATE:20240201\r\n"
     "LOCATION:Room\r\n  1\r\nORGANIZER;CN=\"X; Y\":mailto:x@y.example\r\n"
     "BEGIN:VALARM\r\nDESCRIPTION:no\r\nEND:VALARM\r\nUID:no\r\n"
     "X-NO:no\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n",
	"Summary: a, b\n    c\nStart: 2024-01-31 09:00 Europe/Berlin\n"
	"End: 2024-01-31 10:00 UTC\nDue: 2024-02-01\nLocation: Room 1\n"
	"Organizer: X; Y mailto:x@y.example\n"},
    {"BEGIN:VCARD\nVERSION:3.0\nFN:A B\nN:B;A;;;\nitem1.TEL;TYPE=work:20240131"
     "\nNOTE:a\\;b\nPHOTO;ENCODING=b:AAAA\n BBBB\nEND:VCARD",
	"Name: A B\nNames: B A   \nPhone: 20240131\nNote: a;b\n"},
    {"NOTE;ENCODING=QUOTED-PRINTABLE:a=\nb=3Dc\nFN;QUOTED-PRINTABLE:=41\n",
	"Note: ab=c\nName: A\n"},
    {"no line\n:x\nFN\nFN:\n", ""},
    {"BEGIN:VTIMEZONE\nBEGIN:X\nEND:X\nTZNAME:a\nCOMMENT:b\nEND:VTIMEZONE\n"
     "COMMENT:c\n",
	"Comment: c\n"},
    {"DTSTART:2024013\nDTSTART:20240131 090000\n",
	"Start: 2024013\nStart: 20240131 090000\n"},
};

static void
test_cards(void)
{
	struct ms_buf out = {0};

	for (size_t i = 0; i < sizeof(cards) / sizeof(cards[0]); i++) {
		ms_buf_clear(&out);
		ms_card_text(ms_slice_str(cards[i].card), &out);
		ok(same(&out, cards[i].text), "card %zu", i);
	}
	ms_buf_release(&out);
}

/* ---- what a message is ---- */

/* clang-format off */

static const struct {
	const char *message;
	unsigned state;
	const char *remark; /* the first one */
} states[] = {
    {"A: b\n\nc\n",
	0,
	NULL},
    {MULTI("signed; protocol=\"application/pgp-signature\"")
	    PART("text/plain") "a\n"
	    END,
	MS_BODY_SIGNED,
	"signed with PGP/MIME; not checked"},
    {MULTI("signed; protocol=\"application/x-pkcs7-signature\"")
	    PART("text/plain") "a\n"
	    END,
	MS_BODY_SIGNED,
	"signed with S/MIME; not checked"},
    {MULTI("encrypted")
	    PART("application/pgp-encrypted") "a\n"
	    END,
	MS_BODY_ENCRYPTED,
	"encrypted with PGP/MIME"},
    {"Content-Type: application/pkcs7-mime; " "smime-type=enveloped-data\n\na",
	MS_BODY_ENCRYPTED,
	"encrypted with S/MIME"},
    {"Content-Type: application/x-pkcs7-mime\n\na",
	MS_BODY_ENCRYPTED,
	"encrypted with S/MIME"},
    {"Content-Type: application/pkcs7-mime; smime-type=signed-data\n\na",
	MS_BODY_SIGNED | MS_BODY_OPAQUE,
	"signed with S/MIME, and its text is within the signature; not "
	    "checked"},
    {"Content-Type: application/pkcs7-mime; smime-type=certs-only\n\na",
	0,
	NULL},
};

/* clang-format on */

static void
test_states(void)
{
	const char *remark;

	for (size_t i = 0; i < sizeof(states) / sizeof(states[0]); i++) {
		load(states[i].message, strlen(states[i].message));
		remark = ms_body_remark(b, 0);
		ok(ms_body_state(b) == states[i].state &&
			(remark == NULL
				? states[i].remark == NULL
				: states[i].remark != NULL &&
				      strcmp(remark, states[i].remark) == 0),
		    "state %zu: %s", i, remark != NULL ? remark : "");
	}
}

/* ---- limits ---- */

static void
repeat(struct ms_buf *out, const char *text, size_t n)
{
	while (n-- > 0)
		ms_buf_add_str(out, text);
}

static void
test_nesting(void)
{
	struct ms_buf mail = {0}, out = {0};
	struct ms_err err = {0};
	const char *remark;
	size_t n;

	for (int i = 0; i < 10000; i++)
		ms_buf_printf(&mail,
		    "Content-Type: multipart/mixed; boundary=b%d\n\n--b%d\n", i,
		    i);
	ms_buf_add_str(&mail, "\nthe text\n");
	load((const char *)mail.p, mail.n);
	ms_body_parts(b, &n);
	remark = ms_body_remark(b, 0);
	ok(n == 1 && remark != NULL && (ms_body_state(b) & MS_BODY_BROKEN) != 0,
	    "10,000 levels: %s", remark);
	ok(ms_body_text(b, &out, &err) == 0 &&
		strstr(ms_buf_str(&out), "the text\n") != NULL,
	    "the text is shown as it is");
	ms_buf_release(&mail);
	ms_buf_release(&out);
}

static void
test_many(void)
{
	struct ms_buf mail = {0}, out = {0};
	struct ms_err err = {0};
	size_t n;

	ms_buf_add_str(&mail, MULTI("mixed"));
	repeat(&mail, "--b\n\na\n", 100000);
	load((const char *)mail.p, mail.n);
	ms_body_parts(b, &n);
	ok(n == 100001 && ms_body_text(b, &out, &err) == 0 &&
		out.n == 100000 * 3 - 1 &&
		ms_body_numbered(b, 100000) != NULL &&
		ms_body_numbered(b, 100001) == NULL &&
		ms_body_numbered(b, 0) == NULL,
	    "100,000 parts");
	repeat(&mail, "--b\n\na\n", 900000);
	ms_buf_clear(&out);
	load((const char *)mail.p, mail.n);
	ms_body_parts(b, &n);
	ok(n == 1 && ms_body_text(b, &out, &err) == 0 && out.n > 1000000,
	    "a million parts: %s", ms_body_remark(b, 0));
	ms_buf_release(&mail);
	ms_buf_release(&out);
}

static void
test_long(void)
{
	struct ms_buf mail = {0}, out = {0};
	struct ms_err err = {0};

	ms_buf_add_str(&mail, MULTI("mixed") PART("text/plain"));
	repeat(&mail, "0123456789abcdef \xc3\xbc\n", MS_BODY_TEXT_MAX / 16);
	ms_buf_add_str(&mail, PART("text/plain") "b\n" END);
	load((const char *)mail.p, mail.n);
	ms_buf_add_str(&out, "before");
	ok(ms_body_text(b, &out, &err) == 0 && out.n <= MS_BODY_TEXT_MAX + 6 &&
		out.n > MS_BODY_TEXT_MAX && out.p[out.n - 1] == '\n' &&
		(ms_body_state(b) & MS_BODY_CUT) != 0,
	    "a long text is cut: %s", ms_body_remark(b, 0));
	ok(ms_body_remark(b, 1) == NULL, "which is said once");
	ms_buf_release(&mail);
	ms_buf_release(&out);
}

/* ---- bytes of parts ---- */

/* A body that is decoded piece by piece is the one that is decoded at once. */
static void
test_pieces(
    const char *encoding, enum ms_mime_encoding kind, const char *alphabet)
{
	struct ms_buf mail = {0}, want = {0}, got = {0};
	unsigned seed = 12345;
	size_t head, k = strlen(alphabet), n;
	struct ms_slice s;

	ms_buf_printf(&mail,
	    "Content-Type: application/x\nContent-Transfer-Encoding: %s\n\n",
	    encoding);
	head = mail.n;
	for (size_t i = 0; i < 400000; i++) {
		seed = seed * 1103515245U + 12345U;
		ms_buf_add_byte(
		    &mail, (unsigned char)alphabet[(seed >> 16) % k]);
	}
	load((const char *)mail.p, mail.n);
	s = (struct ms_slice){mail.p + head, mail.n - head};
	ms_mime_decode(kind, s, &want);
	ms_body_decode(b, ms_body_numbered(b, 1), ms_buf_append, &got, NULL);
	ok(got.n == want.n && memcmp(got.p, want.p, want.n) == 0 &&
		ms_body_size(b, ms_body_parts(b, &n)) == want.n,
	    "%s with %zu characters in pieces", encoding, k);
	ms_buf_release(&mail);
	ms_buf_release(&want);
	ms_buf_release(&got);
}

static void
test_part_text(void)
{
	struct ms_buf out = {0};
	struct ms_err err = {0};
	static const char mail[] = MULTI("mixed")
	    PART("text/html\nContent-Disposition: attachment") "<p>a\n" PART(
		"application/pdf") "c\n" END;

	load(mail, strlen(mail));
	ok(ms_body_part_text(b, ms_body_numbered(b, 1), &out, &err) == 0 &&
		same(&out, "a\n"),
	    "the text of an attachment");
	ok(!ms_body_is_text(ms_body_numbered(b, 2)) &&
		ms_body_part_text(b, ms_body_numbered(b, 2), &out, &err) == 0 &&
		same(&out, "a\n"),
	    "of what is no text, none");
	ms_buf_release(&out);
}

int
main(void)
{
	struct ms_err err = {0};

	alarm(LIMIT_S);
	if (ms_body_open(&b, &err) < 0) {
		ok(false, "the parsers start: %s", err.msg);
		return done();
	}
	test_texts();
	test_lists();
	test_cards();
	test_states();
	test_part_text();
	test_nesting();
	test_many();
	test_long();
	test_pieces("base64", MS_MIME_BASE64, "ABCDabcd0123+/");
	test_pieces("base64", MS_MIME_BASE64, "ABCDabcd0123+/=\n !");
	test_pieces("base64", MS_MIME_BASE64, "A=\n !!!!!!!!!!");
	test_pieces(
	    "quoted-printable", MS_MIME_QUOTED, "abcdefghijklm\n=3D \t");
	test_pieces("quoted-printable", MS_MIME_QUOTED, "abcdefghijklm=3D");
	test_pieces("8bit", MS_MIME_AS_IS, "abc\n");
	ms_body_close(b);
	ms_body_close(NULL);
	return done();
}
