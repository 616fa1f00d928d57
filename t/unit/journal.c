/* journal.c - journal reports, made after the description in [MS-XJRNL]. */
#include "mime/journal.h"

#include <iconv.h>
#include <string.h>
#include <unistd.h>

#include "base64.h"
#include "tap.h"

#define HANG_S 120 /* time limit in seconds; the tests take less than one */

/* ---- making reports ---- */

#define ORIGINAL                                                               \
	"From: Ann <ann@example.org>\r\nTo: list@example.org\r\n"              \
	"Subject: =?utf-8?Q?Gr=C3=BC=C3=9Fe?=\r\n"                             \
	"Content-Type: multipart/mixed; boundary=in\r\n\r\n--in\r\n\r\n"       \
	"--\r\n-- \r\n--report-\r\nbytes: \344\366\374 = \t\r\n--in--\r\n"

#define ENVELOPE                                                               \
	"Sender: ann@example.org\r\nSubject: Gr\303\274\303\237e\r\n"          \
	"Message-Id: <1@example.org>\r\n"                                      \
	"To: ben@example.org, Expanded: list@example.org\r\n"                  \
	"Bcc: cleo@example.org\r\n"

#define PARTIES "s ann@example.org; r ben@example.org; r cleo@example.org"

/* What a report is made of; empty fields have their usual value. */
struct made {
	const char *fields;   /* of the header, besides Content-Type */
	const char *type;     /* of the whole; two %s: the boundary */
	const char *envelope; /* decoded */
	const char *charset;  /* of the envelope */
	const char *envelope_encoding, *encoding; /* of the original */
	const char *original;
	const char *more; /* parts after the original */
	const char *tail; /* after the end */
	bool lf;          /* lines end with LF */
	bool is_signed;
};

static void
add_encoded(struct ms_buf *out, struct ms_slice s, const char *encoding)
{
	struct ms_buf text = {0};

	if (encoding != NULL && strcmp(encoding, "base64") == 0) {
		ms_buf_room(&text, MS_BASE64_CHARS(s.n));
		text.n = ms_base64_encode(s.p, s.n, text.p);
		for (size_t i = 0; i < text.n; i += 76) {
			ms_buf_add(
			    out, text.p + i, text.n - i < 76 ? text.n - i : 76);
			ms_buf_add_str(out, "\r\n");
		}
	} else if (encoding != NULL && *encoding == 'q') {
		for (size_t i = 0; i < s.n; i++)
			if (s.p[i] == '=' || s.p[i] > '~' ||
			    (s.p[i] == ' ' && s.p[i + 1] == '\r'))
				ms_buf_printf(out, "=%02X", s.p[i]);
			else if (s.p[i] == 'T' || s.p[i] == '\t')
				ms_buf_printf(out, "=%02X=\r\n", s.p[i]);
			else
				ms_buf_add_byte(out, s.p[i]);
	} else {
		ms_buf_add(out, s.p, s.n);
	}
	ms_buf_release(&text);
}

static void
add_charset(struct ms_buf *out, const char *utf8, const char *charset)
{
	char *from = (char *)utf8, *to;
	size_t left = strlen(utf8), room = 65536;
	iconv_t cd = iconv_open(charset, "UTF-8");

	to = (char *)ms_buf_room(out, room);
	(void)iconv(cd, &from, &left, &to, &room);
	out->n += 65536 - room;
	(void)iconv_close(cd);
}

static void
add_encoding(struct ms_buf *out, const char *encoding)
{
	if (encoding != NULL)
		ms_buf_printf(
		    out, "Content-Transfer-Encoding: %s\r\n", encoding);
	ms_buf_add_str(out, "\r\n");
}

static void
without_cr(struct ms_buf *b)
{
	size_t n = 0;

	for (size_t i = 0; i < b->n; i++)
		if (b->p[i] != '\r')
			b->p[n++] = b->p[i];
	b->n = n;
}

static void
add_parts(struct ms_buf *out, const struct made *m)
{
	const char *original = m->original != NULL ? m->original : ORIGINAL;
	const char *charset = m->charset != NULL ? m->charset : "utf-8";
	struct ms_buf text = {0};

	ms_buf_printf(out,
	    "hint\r\n--report\r\nContent-Type: text/plain; "
	    "charset=\"%s\"\r\n",
	    charset);
	add_encoding(out, m->envelope_encoding);
	add_charset(
	    &text, m->envelope != NULL ? m->envelope : ENVELOPE, charset);
	add_encoded(out, ms_buf_slice(&text), m->envelope_encoding);
	ms_buf_add_str(out, "\r\n--report\r\nContent-Type: message/rfc822\r\n"
			    "Content-Disposition: attachment\r\n");
	add_encoding(out, m->encoding);
	add_encoded(out, ms_slice_str(original), m->encoding);
	ms_buf_printf(
	    out, "\r\n%s--report--\r\n", m->more != NULL ? m->more : "");
	ms_buf_release(&text);
}

static void
make(struct ms_buf *out, const struct made *m)
{
	const char *type = "Content-Type: multipart/mixed; boundary=report\r\n";

	ms_buf_clear(out);
	ms_buf_printf(out, "From: exchange@example.org\r\n%s",
	    m->fields != NULL ? m->fields : "X-MS-Journal-Report:\r\n");
	if (m->is_signed)
		ms_buf_add_str(out,
		    "Content-Type: multipart/signed; boundary=signed\r\n\r\n"
		    "--signed\r\n");
	ms_buf_printf(out, "%s\r\n", m->type != NULL ? m->type : type);
	add_parts(out, m);
	if (m->is_signed)
		ms_buf_add_str(out,
		    "\r\n--signed\r\nContent-Type: application/pkcs7-signature"
		    "\r\nContent-Transfer-Encoding: base64\r\n\r\nMIIG\r\n"
		    "--signed--\r\n");
	if (m->tail != NULL)
		ms_buf_add_str(out, m->tail);
	if (m->lf)
		without_cr(out);
}

/* ---- reading reports ---- */

/* What the reader says of a message. */
struct read {
	enum ms_journal_kind kind;
	const char *why;
	struct ms_buf parties; /* "s sender; r recipient" */
	struct ms_buf whys;    /* "Sender of a report; ..." */
	struct ms_buf original;
	size_t originals;
};

static void
unpack(struct ms_slice s, const struct ms_journal_original *o, size_t piece,
    struct ms_buf *out)
{
	struct ms_journal_unpack u = {
	    .original = *o, .next = ms_buf_append, .ctx = out};
	size_t n;
	int rc = 0;

	for (size_t i = 0; rc == 0 && i < s.n; i += n) {
		n = s.n - i < piece ? s.n - i : piece;
		rc = ms_journal_unpack(&u, s.p + i, n, NULL);
	}
	if (rc == 0)
		rc = ms_journal_unpack_end(&u, NULL);
	ms_journal_unpack_release(&u);
	ok(rc == 0, "the original is unpacked");
}

static void
list(const struct ms_parties *p, struct read *r)
{
	ms_buf_clear(&r->parties);
	ms_buf_clear(&r->whys);
	for (size_t i = 0; i < p->n; i++) {
		struct ms_party party = ms_parties_at(p, i);

		ms_buf_printf(&r->parties, "%s%c %s", i > 0 ? "; " : "",
		    party.role == MS_PARTY_SENDER ? 's' : 'r', party.address);
		ms_buf_printf(&r->whys, "%s%s", i > 0 ? "; " : "", party.why);
	}
}

static void
read_report(
    struct ms_journal *j, struct ms_slice s, size_t piece, struct read *r)
{
	const struct ms_journal_original *o;
	size_t n;

	ms_journal_clear(j);
	for (size_t i = 0; i < s.n; i += n) {
		n = s.n - i < piece ? s.n - i : piece;
		(void)ms_journal_add(j, s.p + i, n, NULL);
	}
	r->kind = ms_journal_end(j, &r->why);
	list(ms_journal_parties(j), r);
	o = ms_journal_originals(j, &r->originals);
	ms_buf_clear(&r->original);
	if (r->originals > 0)
		unpack(s, o, piece, &r->original);
}

static void
release(struct read *r)
{
	ms_buf_release(&r->parties);
	ms_buf_release(&r->whys);
	ms_buf_release(&r->original);
}

static bool
holds(const struct ms_buf *b, const char *want)
{
	if (ms_slice_eq(ms_buf_slice(b), ms_slice_str(want)))
		return true;
	printf("# got:  %.*s\n# want: %s\n", (int)b->n,
	    b->n > 0 ? (const char *)b->p : "", want);
	return false;
}

/* ---- envelopes ---- */

static const struct {
	const char *rule, *text, *want;
} envelopes[] = {
    {"the fields of [MS-XJRNL]",
	"Sender: a@x.org\r\nOn-Behalf-Of: b@x.org\r\nSubject: To: no@x.org\r\n"
	"Message-ID: <to@x.org>\r\nLabel: Cc: no@x.org\r\nTo: c@x.org\r\n"
	"Cc: d@x.org\r\nBcc: e@x.org\r\nRecipient: f@x.org\r\n",
	"s a@x.org; s b@x.org; r c@x.org; r d@x.org; r e@x.org; r f@x.org"},
    {"labels in any case, blanks around them",
	"SENDER : a@x.org\nto:b@x.org\n\tTo: c@x.org\n",
	"s a@x.org; r b@x.org; r c@x.org"},
    {"members of an expanded list; the list is not one",
	"Sender: a@x.org\nTo: b@x.org, Expanded: list@x.org\n",
	"s a@x.org; r b@x.org"},
    {"the source of forwarded mail gets it too",
	"Sender: a@x.org\nCc: b@x.org, Forwarded: c@x.org\n",
	"s a@x.org; r b@x.org; r c@x.org"},
    {"several redirections, without blanks, in any case",
	"Sender: a@x.org\nTo: b@x.org,EXPANDED:l@x.org ,\tforwarded : "
	"c@x.org\n",
	"s a@x.org; r b@x.org; r c@x.org"},
    {"a folded line", "Sender: a@x.org\nTo: b@x.org,\n Forwarded:\n c@x.org\n",
	"s a@x.org; r b@x.org; r c@x.org"},
    {"a folded subject is not a line",
	"Sender: a@x.org\nSubject: x\n To: no@x.org\nTo: b@x.org\n",
	"s a@x.org; r b@x.org"},
    {"other line separators do not end a subject",
	"Sender: a@x.org\nSubject: x\rTo: no@x.org\xe2\x80\xa8To: no@x.org"
	"\xc2\x85"
	"Bcc: no@x.org\vCc: no@x.org\nTo: b@x.org\n",
	"s a@x.org; r b@x.org"},
    {"no sender", "Sender: <>\nTo: b@x.org\n", "r b@x.org"},
    {"an empty sender", "Sender:\nTo: b@x.org\n", "r b@x.org"},
    {"names and <>",
	"Sender: \"Ann, A.\" <a@x.org>\nTo: Ben <b@x.org>, Doe, John "
	"<c@x.org>\n",
	"s a@x.org; r b@x.org; r c@x.org"},
    {"several addresses", "Sender: a@x.org\nTo: b@x.org, c@x.org; <d@x.org>\n",
	"s a@x.org; r b@x.org; r c@x.org; r d@x.org"},
    {"commas and redirections in quotes",
	"Sender: \"a, Forwarded: no\"@x.org\nTo: \"b\\\",c\"@x.org\n",
	"s \"a, Forwarded: no\"@x.org; r \"b\\\",c\"@x.org"},
    {"quotes without an end", "Sender: a@x.org\nTo: \"b@x.org, c@x.org\n",
	"s a@x.org; r \"b@x.org; r c@x.org"},
    {"X.500 addresses",
	"Sender: /o=Org/ou=A, B/cn=Recipients/cn=ann\n"
	"To: EX:/o=Org/cn=ben <SMTP:b@x.org>\nCc: smtp:c@x.org\n"
	"Bcc: mailto:d@x.org\n",
	"s /o=Org/ou=A, B/cn=Recipients/cn=ann; r b@x.org; r c@x.org; r "
	"d@x.org"},
    {"internationalised addresses",
	"Sender: j\xc3\xb6rg@m\xc3\xbcnchen.example\nTo: "
	"b@xn--mnchen-3ya.example",
	"s j\xc3\xb6rg@m\xc3\xbcnchen.example; r b@xn--mnchen-3ya.example"},
    {"Exchange 2003: a list of recipients",
	"Sender: \"Ann\" <a@x.org>\r\nMessage-ID: <1@x.org>\r\nRecipients:\r\n"
	"\t\"Ben, B.\" <b@x.org>\r\n\tc@x.org\r\n\r\n",
	"s a@x.org; r b@x.org; r c@x.org"},
    {"the same without tabs",
	"Sender: a@x.org\nRecipients:\nBen <b@x.org>\nc@x.org\nLabel: "
	"d@x.org\n",
	"s a@x.org; r b@x.org; r c@x.org"},
    {"the owner of a mailbox, if no other line names him",
	"Sender: a@x.org\nMailbox: b@x.org\nSentUtc: 1\n",
	"s a@x.org; r b@x.org"},
    {"the owner of a mailbox has sent the original",
	"Sender: a@x.org\nMailbox: A@X.org\nTo: b@x.org\n",
	"s a@x.org; r b@x.org"},
    {"an address with controls is none",
	"Sender: a@x.org\nTo: b\001@x.org\nTo: c@x.org\n",
	"s a@x.org; r c@x.org"},
    {"empty lines", "\n\r\n\nSender: a@x.org\n\n\nTo: b@x.org\n\n",
	"s a@x.org; r b@x.org"},
};

static void
reads_envelopes(void)
{
	struct read r = {0};

	for (size_t i = 0; i < sizeof(envelopes) / sizeof(*envelopes); i++) {
		struct ms_parties p = {0};
		bool is =
		    ms_journal_envelope(ms_slice_str(envelopes[i].text), &p);

		list(&p, &r);
		ok(is && holds(&r.parties, envelopes[i].want), "envelope: %s",
		    envelopes[i].rule);
		ms_parties_release(&p);
	}
	release(&r);
}

static void
gives_reasons(void)
{
	struct ms_parties p = {0};
	struct read r = {0};

	(void)ms_journal_envelope(
	    ms_slice_str("Sender: a\nOn-Behalf-Of: b\nTo: c, Forwarded: d\n"
			 "Cc: e\nBcc: f\nRecipient: g\nRecipients: h\n"
			 "Mailbox: i\n"),
	    &p);
	list(&p, &r);
	ok(holds(&r.whys,
	       "Sender of a report; On-Behalf-Of of a report; To of a report; "
	       "Forwarded of a report; Cc of a report; Bcc of a report; "
	       "Recipient of a report; Recipient of a report; "
	       "Mailbox of a report"),
	    "each address has its reason");
	ms_parties_clear(&p);
	ok(!ms_journal_envelope(ms_slice_str("To: a@x\nSender: b@x\n"), &p),
	    "an envelope begins with its sender");
	ms_parties_release(&p);
	release(&r);
}

static void
takes_linear_time(void)
{
	static const char *const units[] = {"\"", "<", "\"\\\"", ",", ", ",
	    "x,", "a@b,", "\n ", "\nTo:", "\n\tx",
	    ",Expanded:", ",Forwarded:a@b", ":"};
	struct ms_buf text = {0};
	struct ms_parties p = {0};

	for (size_t i = 0; i < sizeof(units) / sizeof(*units); i++) {
		ms_buf_clear(&text);
		ms_buf_add_str(&text, "Sender: a@b\nRecipients: @");
		while (text.n < MS_JOURNAL_ENVELOPE_MAX / 4)
			ms_buf_add_str(&text, units[i]);
		ms_parties_clear(&p);
		(void)ms_journal_envelope(ms_buf_slice(&text), &p);
	}
	ok(p.n > 0, "hostile envelopes take linear time");
	ms_buf_release(&text);
	ms_parties_release(&p);
}

/* ---- reports ---- */

static const struct {
	const char *what;
	struct made made;
	const char *parties; /* NULL: PARTIES */
} whole[] = {
    {"Exchange 2007 and later", {0}, NULL},
    {"Microsoft 365: base64",
	{.fields = "x-ms-journal-report: \r\n", .envelope_encoding = "base64"},
	NULL},
    {"Google", {.fields = "X-GM-Journal-ID: 0123\r\n"}, NULL},
    {"inside the organization",
	{.fields = "X-MS-Exchange-Organization-Journal-Report: \r\n"}, NULL},
    {"Exchange 2003",
	{.fields = "Content-Identifer: ExJournalReport\r\n",
	    .envelope = "Sender: ann@example.org\r\nMessage-ID: <1@x>\r\n"
			"Recipients:\r\n\tben@example.org\r\n\tcleo@example.org"
			"\r\n"},
	NULL},
    {"Exchange 2003, spelled correctly",
	{.fields = "Content-Identifier: exjournalreport\r\n"}, NULL},
    {"no field of its own", {.fields = ""}, NULL},
    {"lines that end with LF", {.lf = true}, NULL},
    {"a signed report", {.is_signed = true}, NULL},
    {"an envelope in quoted-printable",
	{.envelope_encoding = "quoted-printable"}, NULL},
    {"an original in base64", {.encoding = "base64"}, NULL},
    {"an original in quoted-printable", {.encoding = "quoted-printable"}, NULL},
    {"8bit and binary", {.envelope_encoding = "8bit", .encoding = "binary"},
	NULL},
    {"ISO 8859-1", {.charset = "iso-8859-1", .envelope_encoding = "8bit"},
	NULL},
    {"KOI8-R",
	{.charset = "koi8-r",
	    .envelope = "Sender: ann@example.org\r\nSubject: \xd0\x9f\xd1\x80"
			"\xd0\xb8\xd0\xb2\xd0\xb5\xd1\x82\r\n"
			"To: ben@example.org\r\nBcc: cleo@example.org\r\n"},
	NULL},
    {"Shift_JIS, with bytes that look like ASCII",
	{.charset = "shift_jis",
	    .envelope = "Sender: ann@example.org\r\nSubject: \xe8\xa1\xa8\xe8"
			"\xa1\xa8\r\nTo: ben@example.org\r\n"
			"Bcc: cleo@example.org\r\n"},
	NULL},
    {"ISO-2022-JP",
	{.charset = "iso-2022-jp",
	    .envelope = "Sender: ann@example.org\r\nSubject: \xe8\xa1\xa8\r\n"
			"To: ben@example.org\r\nBcc: cleo@example.org\r\n"},
	NULL},
    {"GB18030",
	{.charset = "gb18030",
	    .envelope = "Sender: ann@example.org\r\nSubject: \xe4\xbd\xa0\xe5"
			"\xa5\xbd\r\nTo: ben@example.org\r\n"
			"Bcc: cleo@example.org\r\n"},
	NULL},
    {"windows-1256",
	{.charset = "windows-1256",
	    .envelope = "Sender: ann@example.org\r\nSubject: \xd9\x85\xd8\xb1"
			"\xd8\xad\xd8\xa8\xd8\xa7\r\nTo: ben@example.org\r\n"
			"Bcc: cleo@example.org\r\n"},
	NULL},
    {"UTF-16 in base64", {.charset = "utf-16", .envelope_encoding = "base64"},
	NULL},
    {"UTF-7", {.charset = "utf-7"}, NULL},
    {"a byte order mark",
	{.envelope = "\xef\xbb\xbf"
		     "Sender: a@x.org\r\nTo: b@x.org\r\n"},
	"s a@x.org; r b@x.org"},
    {"the footer of a gateway",
	{.more = "--report\r\nContent-Type: text/html\r\n\r\n<p>x\r\n"}, NULL},
    {"the original has the fields of a report",
	{.original = "X-MS-Journal-Report:\r\nTo: x@example.org\r\n\r\n"
		     "Sender: no@example.org\r\nTo: no@example.org\r\n"},
	NULL},
    {"an original without an end of its last line",
	{.original = "A: b\r\n\r\nx"}, NULL},
    {"an original of one byte", {.original = "x"}, NULL},
};

static void
reads_whole_reports(void)
{
	struct ms_journal *j = ms_journal_new();
	struct ms_buf text = {0}, want = {0};
	struct read r = {0};

	for (size_t i = 0; i < sizeof(whole) / sizeof(*whole); i++) {
		const struct made *m = &whole[i].made;

		make(&text, m);
		ms_buf_clear(&want);
		ms_buf_add_str(
		    &want, m->original != NULL ? m->original : ORIGINAL);
		if (m->lf)
			without_cr(&want);
		for (size_t piece = 1; piece < 100000; piece *= 10) {
			read_report(j, ms_buf_slice(&text), piece, &r);
			ok(r.kind == MS_JOURNAL_WHOLE && r.why == NULL,
			    "%s: whole (%s)", whole[i].what,
			    r.why != NULL ? r.why : "");
			ok(holds(&r.parties, whole[i].parties != NULL
						 ? whole[i].parties
						 : PARTIES),
			    "%s: its parties", whole[i].what);
			ok(r.originals == 1 &&
				holds(&r.original, ms_buf_str(&want)),
			    "%s: its original, exactly", whole[i].what);
		}
	}
	release(&r);
	ms_buf_release(&text);
	ms_buf_release(&want);
	ms_journal_free(j);
}

static const struct {
	struct made made;
	const char *why;
	const char *parties; /* NULL: PARTIES */
} broken[] = {
    {{.original = ""}, "its original is empty", NULL},
    {{.envelope = ""}, "its envelope names no address", ""},
    {{.envelope = "Hello\r\n"}, "its envelope names no address", ""},
    {{.more = "--report\r\nContent-Type: application/ms-tnef\r\n\r\nx\r\n"},
	"it has a part that is not a message", NULL},
    {{.more = "--report\r\nContent-Type: text/plain\r\n"
	      "Content-Disposition: attachment; filename=a.txt\r\n\r\nx\r\n"},
	"it has a part that is not a message", NULL},
    {{.more = "--report\r\nContent-Type: text/plain\r\n"}, "a part has no body",
	NULL},
    {{.tail = "--report--\r\n"}, "text follows its last part", NULL},
    {{.tail = "rest"}, "text follows its last part", NULL},
    {{.original = "a: b\r\n\r\nx\r\n--report--\r\ny\r\n"},
	"text follows its last part", NULL},
    {{.more = "--report\r\nContent-Type: message/rfc822\r\n"
	      "Content-Transfer-Encoding: base64\r\n\r\nA: b\r\n\r\n"},
	"its original is not encoded correctly", NULL},
    {{.more = "--report\r\nContent-Type: message/rfc822\r\n"
	      "Content-Transfer-Encoding: base64\r\n\r\nQTpiCgpjC\r\n"},
	"its original is not encoded correctly", NULL},
    {{.more = "--report\r\nContent-Type: message/rfc822\r\n"
	      "Content-Transfer-Encoding: quoted-printable\r\n\r\nA: =x\r\n"},
	"its original is not encoded correctly", NULL},
    {{.type = "Content-Type: multipart/mixed\r\n"}, "it has no original", ""},
    {{.type = "Content-Type: text/plain\r\n"}, "it has no original", NULL},
    {{.type = "Content-Type: multipart/mixed; boundary=other\r\n"},
	"it is cut off", ""},
    {{.more = "--report\r\nContent-Type: multipart/mixed; boundary=in\r\n\r\n"
	      "--in\r\n\r\nx\r\n"},
	"it is cut off", NULL},
};

static void
keeps_broken_reports(void)
{
	struct ms_journal *j = ms_journal_new();
	struct ms_buf text = {0};
	struct read r = {0};

	for (size_t i = 0; i < sizeof(broken) / sizeof(*broken); i++) {
		make(&text, &broken[i].made);
		read_report(j, ms_buf_slice(&text), 1000, &r);
		ok(r.kind == MS_JOURNAL_BROKEN && r.why != NULL &&
			strcmp(r.why, broken[i].why) == 0,
		    "broken: %s (%s)", broken[i].why,
		    r.why != NULL ? r.why : "");
		ok(r.originals == 0 &&
			holds(&r.parties, broken[i].parties != NULL
					      ? broken[i].parties
					      : PARTIES),
		    "broken: its parties");
	}
	release(&r);
	ms_buf_release(&text);
	ms_journal_free(j);
}

static const char no_envelope[] =
    "Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n\r\nHello\r\n"
    "Sender: c@x.org\r\n--b\r\nContent-Type: message/rfc822\r\n\r\nx\r\n"
    "--b--\r\n";
static const char no_parts[] =
    "From: a@x.org\r\n\r\nSender: c@x.org\r\nTo: d@x.org\r\n";

static const char *const others[] = {no_envelope, no_parts,
    "Content-Identifer: other\r\n\r\nSender: a@x.org\r\n", "", "\r\n", "x",
    "From: a@x.org"};

static void
leaves_other_mail(void)
{
	struct ms_journal *j = ms_journal_new();
	struct read r = {0};

	for (size_t i = 0; i < sizeof(others) / sizeof(*others); i++) {
		read_report(j, ms_slice_str(others[i]), 7, &r);
		ok(r.kind == MS_JOURNAL_NO && r.originals == 0 &&
			r.parties.n == 0,
		    "ordinary mail %zu is not a report", i);
	}
	read_report(j,
	    ms_slice_str("Content-Identifer: ExJournalData\r\nBcc: a@x.org"
			 "\r\n\r\nx\r\n"),
	    7, &r);
	ok(r.kind == MS_JOURNAL_COPY, "a copy of Exchange 2003 is one");
	release(&r);
	ms_journal_free(j);
}

static void
has_several_originals(void)
{
	const struct made m = {
	    .more = "--report\r\nContent-Type: message/rfc822\r\n"
		    "Content-Transfer-Encoding: base64\r\n\r\nQTpiCgpj\r\n"};
	const struct ms_journal_original *o;
	struct ms_journal *j = ms_journal_new();
	struct ms_buf text = {0}, second = {0};
	struct read r = {0};
	size_t n;

	make(&text, &m);
	read_report(j, ms_buf_slice(&text), 100, &r);
	o = ms_journal_originals(j, &n);
	ok(r.kind == MS_JOURNAL_WHOLE && n == 2,
	    "a decrypted copy is an original, too");
	if (n == 2)
		unpack(ms_buf_slice(&text), &o[1], 100, &second);
	ok(holds(&r.original, ORIGINAL) && holds(&second, "A:b\n\nc"),
	    "both are exact");
	release(&r);
	ms_buf_release(&text);
	ms_buf_release(&second);
	ms_journal_free(j);
}

/* Whatever is missing at the end, a report is not taken for whole, or nothing
 * of its original is missing. No address is cut. */
static void
is_cut_anywhere(void)
{
	struct ms_journal *j = ms_journal_new();
	struct ms_buf text = {0};
	struct read r = {0};
	size_t lost = 0, wrong = 0, wholes = 0;

	for (size_t i = 0; i < sizeof(whole) / sizeof(*whole); i++) {
		const struct made *m = &whole[i].made;

		if (m->lf || m->original != NULL)
			continue;
		make(&text, m);
		for (size_t n = 0; n < text.n; n++) {
			ms_journal_clear(j);
			(void)ms_journal_add(j, text.p, n, NULL);
			r.kind = ms_journal_end(j, &r.why);
			list(ms_journal_parties(j), &r);
			(void)ms_journal_originals(j, &r.originals);
			wholes += r.kind == MS_JOURNAL_WHOLE;
			lost += r.kind == MS_JOURNAL_WHOLE &&
				n + strlen("\r\n") < text.n;
			wrong +=
			    strncmp(whole[i].parties != NULL ? whole[i].parties
							     : PARTIES,
				ms_buf_str(&r.parties), r.parties.n) != 0;
		}
	}
	ok(lost == 0, "no report that is cut counts as whole (%zu)", lost);
	ok(wrong == 0, "no address that is cut counts (%zu)", wrong);
	ok(wholes > 0, "a report without its last line end is whole");
	release(&r);
	ms_buf_release(&text);
	ms_journal_free(j);
}

static void
limits_what_it_keeps(void)
{
	struct ms_journal *j = ms_journal_new();
	struct ms_buf text = {0}, names = {0}, more = {0};
	struct read r = {0};

	ms_buf_add_str(&names, "Sender: a@x.org\r\n");
	for (int i = 0; i <= MS_PARTIES_MAX; i++)
		ms_buf_printf(&names, "Bcc: %d@x.org\r\n", i);
	/* make() converts short envelopes only. */
	ms_buf_printf(&more,
	    "X-MS-Journal-Report:\r\nContent-Type: multipart/mixed; boundary=b"
	    "\r\n\r\n--b\r\n\r\n%s\r\n--b\r\nContent-Type: message/rfc822\r\n"
	    "\r\nx\r\n--b--\r\n",
	    ms_buf_str(&names));
	read_report(j, ms_buf_slice(&more), 4096, &r);
	ok(r.kind == MS_JOURNAL_BROKEN &&
		strcmp(r.why, "it names too many people") == 0,
	    "too many people");
	ms_buf_clear(&more);
	while (more.n < MS_JOURNAL_PARTS_MAX * 60)
		ms_buf_add_str(&more, "--report\r\nContent-Type: message/rfc822"
				      "\r\n\r\nx\r\n");
	make(&text, &(struct made){.more = ms_buf_str(&more)});
	read_report(j, ms_buf_slice(&text), 4096, &r);
	ok(r.kind == MS_JOURNAL_BROKEN &&
		strcmp(r.why, "it has too many parts") == 0,
	    "too many parts");
	ms_buf_clear(&more);
	ms_buf_add_str(&more, "X-MS-Journal-Report: ");
	while (more.n <= MS_JOURNAL_HEADER_MAX)
		ms_buf_add_str(&more, "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx\r\n ");
	ms_buf_add_str(&more, "\r\n");
	make(&text, &(struct made){.fields = ms_buf_str(&more)});
	read_report(j, ms_buf_slice(&text), 4096, &r);
	ok(r.kind == MS_JOURNAL_BROKEN, "a header that is too long");
	release(&r);
	ms_buf_release(&text);
	ms_buf_release(&names);
	ms_buf_release(&more);
	ms_journal_free(j);
}

/* Lines without end, and lines that are cut by the pieces in any place. */
static void
unpacks_long_lines(void)
{
	struct ms_journal *j = ms_journal_new();
	struct ms_buf text = {0}, original = {0};
	struct read r = {0};

	ms_buf_add_str(&original, "Subject: x\r\n\r\n");
	while (original.n < 300000)
		ms_buf_add_str(&original, "a line that does not end = ");
	for (int i = 0; i < 3; i++) {
		static const char *const encodings[] = {
		    NULL, "base64", "quoted-printable"};

		make(&text, &(struct made){.original = ms_buf_str(&original),
				.encoding = encodings[i]});
		for (size_t piece = 1021; piece < 1000000; piece *= 31) {
			read_report(j, ms_buf_slice(&text), piece, &r);
			ok(r.kind == MS_JOURNAL_WHOLE &&
				ms_slice_eq(ms_buf_slice(&r.original),
				    ms_buf_slice(&original)),
			    "a long line, pieces of %zu", piece);
		}
	}
	release(&r);
	ms_buf_release(&text);
	ms_buf_release(&original);
	ms_journal_free(j);
}

int
main(void)
{
	(void)alarm(HANG_S);
	reads_envelopes();
	gives_reasons();
	takes_linear_time();
	reads_whole_reports();
	keeps_broken_reports();
	leaves_other_mail();
	has_several_originals();
	is_cut_anywhere();
	limits_what_it_keeps();
	unpacks_long_lines();
	return done();
}
