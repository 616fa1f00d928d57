/* mapi-convert.c - messages that are made of items: lib/mapi/convert.h,
 * ms-mapi(7). */
#include "tap.h"

#include "mapi-item.h"

#define DAY 86400
#define FIRST INT64_C(1767225600) /* 2026-01-01 */

static struct ms_buf out;

/* Whether the message of the item has all these texts, and frees the item. */
static bool
gives(struct ms_mapi_item *item, const char *const *texts)
{
	const char *message;
	bool all = true;

	ms_mapi_item_end(item);
	message = convert(item, &out);
	for (; *texts != NULL; texts++) {
		bool no = (*texts)[0] == '!';

		if ((strstr(message, *texts + no) != NULL) != no)
			continue;
		printf("# %s: %s\n", no ? "has" : "lacks", *texts + no);
		all = false;
	}
	if (!all)
		for (const char *p = message; *p != '\0'; p++) {
			if (p == message || p[-1] == '\n')
				printf("# | ");
			if (*p != '\r')
				putchar(*p);
		}
	ms_mapi_item_free(item);
	return all;
}
#define GIVES(item, ...) gives(item, (const char *const[]){__VA_ARGS__, NULL})

static struct ms_mapi_item *
note(void)
{
	struct ms_mapi_item *item = item_of(NULL, "IPM.Note");

	set_text(&item->props, MS_MAPI_ID(0x0037), "Hello");
	set_text(&item->props, MS_MAPI_ID(0x1000), "Text\n");
	set_time(&item->props, MS_MAPI_ID(0x0039), FIRST);
	set_text(&item->props, MS_MAPI_ID(0x0042), "Ann");
	set_text(&item->props, MS_MAPI_ID(0x0064), "SMTP");
	set_text(&item->props, MS_MAPI_ID(0x0065), "ann@example.org");
	return item;
}

/* ---- the header ---- */

static void
test_plain(void)
{
	struct ms_mapi_item *item = note();

	set_text(&item->props, MS_MAPI_ID(0x1035), "<1@example.org>");
	set_text(&item->props, MS_MAPI_ID(0x1042), "<2@example.org>");
	set_text(
	    &item->props, MS_MAPI_ID(0x1039), "<2@example.org><3@example.org>");
	set_number(&item->props, MS_MAPI_ID(0x0017), 2);
	set_number(&item->props, MS_MAPI_ID(0x0036), 2);
	add_recipient(item, 1, "Ben", "SMTP", "ben@example.org");
	add_recipient(item, 2, "Cy, \"C\"", "SMTP", "cy@example.org");
	add_recipient(item, 3, "dan@example.org", "SMTP", "dan@example.org");
	ok(GIVES(item, "From: \"Ann\" <ann@example.org>\r\n"
		       "To: \"Ben\" <ben@example.org>\r\n"
		       "Cc: \"Cy, \\\"C\\\"\" <cy@example.org>\r\n"
		       "Bcc: <dan@example.org>\r\n"
		       "Subject: Hello\r\n"
		       "Date: Thu, 01 Jan 2026 00:00:00 +0000\r\n"
		       "Message-ID: <1@example.org>\r\n"
		       "In-Reply-To: <2@example.org>\r\n"
		       "References: <2@example.org>\r\n <3@example.org>\r\n"
		       "Importance: high\r\n"
		       "Sensitivity: Private\r\n"
		       "MIME-Version: 1.0\r\n"
		       "Content-Type: text/plain; charset=UTF-8\r\n"
		       "Content-Transfer-Encoding: 7bit\r\n"
		       "\r\n"
		       "Text\r\n"),
	    "a header that is made of properties");
}

static void
test_kept_header(void)
{
	struct ms_mapi_item *item = note();

	set_text(&item->props, MS_MAPI_ID(0x007d),
	    "Microsoft Mail Internet Headers Version 2.0\r\n"
	    "Received: from a\r\n\tby b; Thu, 1 Jan 2026 00:00:00 +0000\r\n"
	    "From: Other <ann@example.org>\r\n"
	    "To: Ben <BEN@example.org>,\r\n\tEve <eve@example.org>\r\n"
	    "MIME-Version: 1.0\r\n"
	    "Content-Type: multipart/mixed;\r\n\tboundary=b\r\n"
	    "content-transfer-encoding: 7bit\r\n"
	    "X-Odd : yes\r\n"
	    "\r\n"
	    "--b\r\nContent-Type: text/plain\r\n");
	add_recipient(item, 1, "Ben", "SMTP", "ben@example.org");
	add_recipient(item, 1, "Eve", "EX", "/o=x/cn=eve");
	add_recipient(item, 1, "Ev", "EX", "/o=x/cn=ev");
	add_recipient(item, 2, "Cy", "SMTP", "cy@example.org");
	add_recipient(item, 3, "Dan", "SMTP", "dan@example.org");
	ok(GIVES(item,
	       "Received: from a\r\n\tby b; Thu, 1 Jan 2026 00:00:00 +0000\r\n"
	       "From: Other <ann@example.org>\r\n"
	       "To: Ben <BEN@example.org>,\r\n\tEve <eve@example.org>,\r\n"
	       "\t\"Ev\":;\r\n"
	       "X-Odd: yes\r\n"
	       "Cc: \"Cy\" <cy@example.org>\r\n"
	       "Bcc: \"Dan\" <dan@example.org>\r\n"
	       "Subject: Hello\r\n",
	       "X-MAPI-To: /o=x/cn=ev\r\n", "!cn=eve", "!Microsoft Mail",
	       "!boundary=b", "!content-transfer-encoding", "!--b",
	       "Message-ID: <"),
	    "a header that is kept, and what it lacks");
}

/* The properties of an author and a sender; the fields. */
static void
test_people(void)
{
	static const struct {
		const char *name, *type, *address, *smtp;
		const char *sender, *sender_type, *sender_address;
		const char *want;
	} rows[] = {{"Ann", "SMTP", "ann@x.org", "", "", "", "",
			"From: \"Ann\" <ann@x.org>\r\nSubject"},
	    {"Ann", "EX", "/o=x/cn=ann", "ann@x.org", "", "", "",
		"From: \"Ann\" <ann@x.org>\r\nSubject"},
	    {"Ann", "EX", "/o=x/cn=ann", "", "", "", "",
		"From: \"Ann\":;\r\nSubject"},
	    {"Ann", "EX", "/o=x/cn=ann", "", "", "", "",
		"X-MAPI-From: /o=x/cn=ann\r\n"},
	    {"", "EX", "/o=x/cn=ann", "", "", "", "",
		"From: \"/o=x/cn=ann\":;\r\n"},
	    {"Boss", "SMTP", "boss@x.org", "", "Ann", "SMTP", "ann@x.org",
		"From: \"Boss\" <boss@x.org>\r\nSender: \"Ann\" <ann@x.org>"},
	    {"Ann", "SMTP", "ann@x.org", "", "Ann", "SMTP", "ANN@x.org",
		"From: \"Ann\" <ann@x.org>\r\nSubject"},
	    {"Ann", "EX", "/o=x/cn=ann", "", "Ann", "SMTP", "ann@x.org",
		"From: \"Ann\" <ann@x.org>\r\nSubject"},
	    {"", "", "", "", "Ann", "SMTP", "ann@x.org",
		"From: \"Ann\" <ann@x.org>\r\nSubject"},
	    {"'ann@x.org'", "SMTP", "ann@x.org", "", "", "", "",
		"From: <ann@x.org>\r\n"},
	    {"ann@x.org", "", "", "", "", "", "", "From: <ann@x.org>\r\n"},
	    {"Ännchen", "SMTP", "ann@x.org", "", "", "", "",
		"From: =?UTF-8?B?w4RubmNoZW4=?= <ann@x.org>\r\n"},
	    {"Ann\r\nBcc: all@x.org", "SMTP", "ann@x.org", "", "", "", "",
		"From: \"Ann Bcc: all@x.org\" <ann@x.org>\r\n"},
	    {"Ann", "SMTP", "<ann@x.org>", "", "", "", "",
		"From: \"Ann\" <ann@x.org>\r\n"},
	    {"Ann", "SMTP", "a b@x.org", "", "", "", "",
		"From: \"Ann\" <\"a b\"@x.org>\r\n"},
	    {"Ann", "SMTP", "ann@x.org, all@x.org", "", "", "", "",
		"From: \"Ann\" <\"ann@x.org, all\"@x.org>\r\n"},
	    {"Ann", "SMTP", "ann at x.org", "", "", "", "",
		"From: \"Ann\":;\r\n"},
	    {"Ann", "FAX", "Ann@+49 30 1", "", "", "", "",
		"X-MAPI-From: Ann@+49 30 1\r\n"}};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		static const uint16_t ids[] = {
		    0x42, 0x64, 0x65, 0x5d02, 0xc1a, 0xc1e, 0xc1f};
		const char *texts[] = {rows[i].name, rows[i].type,
		    rows[i].address, rows[i].smtp, rows[i].sender,
		    rows[i].sender_type, rows[i].sender_address};
		struct ms_mapi_item *item = item_of(NULL, "IPM.Note");

		set_text(&item->props, MS_MAPI_ID(0x37), "S");
		for (size_t j = 0; j < 7; j++)
			set_text(&item->props, MS_MAPI_ID(ids[j]), texts[j]);
		ok(GIVES(item, rows[i].want), "%s", rows[i].want);
	}
}

static void
test_fields(void)
{
	struct ms_mapi_item *item = note();

	set_text(&item->props, MS_MAPI_ID(0x37), "\1\5Re: a\tb\nc: d");
	ok(GIVES(item, "Subject: Re: a b c: d\r\n"),
	    "a subject on one line, without the mark of a prefix");
	item = note();
	set_text(&item->props, MS_MAPI_ID(0x37), "");
	set_text(&item->props, MS_MAPI_ID(0x3d), "Re: ");
	set_text(&item->props, MS_MAPI_ID(0xe1d), "topic");
	ok(GIVES(item, "Subject: Re: topic\r\n"), "a subject of two parts");
	item = note();
	set_text(&item->props, MS_MAPI_ID(0x37), "=?UTF-8?Q?x?=");
	ok(GIVES(item, "Subject: =?UTF-8?B?PT9VVEYtOD9RP3g/PQ==?=\r\n"),
	    "what looks like an encoded word is encoded");
	item = note();
	set_text(&item->props, MS_MAPI_ID(0xe04), "Ben; cy@example.org");
	ok(GIVES(item, "To: \"Ben\":;,\r\n\t<cy@example.org>\r\n"),
	    "without a table, the names for people");
	item = item_of(NULL, "REPORT.IPM.Note.NDR");
	set_text(&item->props, MS_MAPI_ID(0x1001), "not delivered");
	ok(GIVES(item, "X-MAPI-Message-Class: report.ipm.note.ndr\r\n",
	       "\r\n\r\nnot delivered", "!From:", "!Date:"),
	    "a report with its text; nothing is invented");
}

/* ---- bodies ---- */

static void
test_bodies(void)
{
	struct ms_mapi_item *item = note();
	struct ms_mapi_attachment *a;
	static const unsigned char html[] = "<p>\xcf\xf0<img src=\"cid:i@1\">";

	ms_mapi_put(&item->props, MS_MAPI_ID(0x1013), MS_MAPI_BINARY, html,
	    sizeof(html), NULL);
	set_number(&item->props, MS_MAPI_ID(0x3fde), 1251);
	a = add_file(item, "i.png", "PNG");
	set_text(&a->props, MS_MAPI_ID(0x3712), "<i@1>");
	set_text(&a->props, MS_MAPI_ID(0x370e), "image/png");
	add_file(item, "über.txt", "abc");
	ok(GIVES(item, "Content-Type: multipart/mixed;",
	       "Content-Type: multipart/alternative;",
	       "Content-Type: multipart/related; type=\"text/html\";",
	       "Content-Type: text/html; charset=windows-1251\r\n"
	       "Content-Transfer-Encoding: quoted-printable\r\n\r\n"
	       "<p>=CF=F0<img src=3D\"cid:i@1\">\r\n--",
	       "Content-Type: image/png\r\nContent-Disposition: inline;\r\n"
	       "\tfilename=\"i.png\"\r\nContent-Transfer-Encoding: base64\r\n"
	       "Content-ID: <i@1>\r\n\r\nUE5H\r\n",
	       "Content-Type: application/octet-stream\r\n"
	       "Content-Disposition: attachment;\r\n"
	       "\tfilename*0*=UTF-8''%C3%BCber.txt\r\n"
	       "Content-Transfer-Encoding: base64\r\n\r\nYWJj\r\n"),
	    "text, HTML with an image, and a file");

	item = note();
	set_text(&item->props, MS_MAPI_ID(0x1000), "caf\xc3\xa9 \nFrom x\n");
	ok(GIVES(item, "quoted-printable\r\n\r\ncaf=C3=A9=20\r\nFrom x\r\n"),
	    "text that is not ASCII");
	item = note();
	ms_mapi_put(&item->props, MS_MAPI_ID(0x1013), MS_MAPI_BINARY,
	    (const unsigned char *)"\xff\xfe<\0p\0>\0\xe9\0", 10, NULL);
	ok(GIVES(item, "charset=UTF-8\r\n", "<p>=C3=A9"),
	    "HTML in UTF-16 becomes UTF-8");
	item = note();
	ms_mapi_put(&item->props, MS_MAPI_ID(0x1013), MS_MAPI_BINARY,
	    (const unsigned char *)"<meta charset='koi8-r'>\xf0", 24, NULL);
	ok(GIVES(item, "text/html; charset=koi8-r\r\n", "=F0"),
	    "HTML that names its charset itself");
	item = note();
	ms_mapi_put(&item->props, MS_MAPI_ID(0x1013), MS_MAPI_BINARY,
	    (const unsigned char *)"<p>\xc3\xa9", 5, NULL);
	set_number(&item->props, MS_MAPI_ID(0x3fde), 20127);
	ok(GIVES(item, "text/html; charset=UTF-8\r\n", "=C3=A9"),
	    "ASCII that is UTF-8");
}

/* The name of a charset comes from the item. */
static void
test_charset_name(void)
{
	struct ms_mapi_item *item = note();
	static const char html[] = "<meta charset=\"x\r\nBcc: a\">\xe9";

	ms_mapi_put(&item->props, MS_MAPI_ID(0x1013), MS_MAPI_BINARY,
	    (const unsigned char *)html, sizeof(html) - 1, NULL);
	ok(GIVES(item, "text/html; charset=UTF-8\r\n", "!charset=x"),
	    "a charset that is none");
}

/* ---- attachments ---- */

static void
test_attachments(void)
{
	struct ms_mapi_item *item = note(), *inner = item_of(item, "IPM.Note"),
			    *deep;
	struct ms_mapi_attachment *a;

	set_text(&inner->props, MS_MAPI_ID(0x37), "Inner");
	deep = item_of(inner, "IPM.Note");
	set_text(&deep->props, MS_MAPI_ID(0x37), "Deep");
	ms_mapi_attach_item(ms_mapi_attachment_add(inner), deep);
	add_file(inner, "in.bin", "inner");
	ms_mapi_attach_item(ms_mapi_attachment_add(item), inner);
	add_file(item, "out.bin", "outer");
	ok(GIVES(item,
	       "Content-Type: message/rfc822\r\n"
	       "Content-Disposition: attachment;\r\n"
	       "\tfilename=\"Inner.eml\"\r\n"
	       "Content-Transfer-Encoding: 8bit\r\n\r\n"
	       "Subject: Inner\r\n",
	       "filename=\"Deep.eml\"", "\r\n\r\nSubject: Deep\r\n",
	       "aW5uZXI=\r\n", "b3V0ZXI=\r\n"),
	    "messages in messages, and what comes after them");

	item = note();
	a = add_file(item, "a\"b\\c.txt", "x");
	set_text(&a->props, MS_MAPI_ID(0x370e), "message/rfc822");
	a = add_file(item, "", "y");
	set_text(&a->props, MS_MAPI_ID(0x370e), "text/x; charset=a\r\nX: y");
	a = ms_mapi_attachment_add(item);
	set_text(&a->props, MS_MAPI_ID(0x3707), "far.doc");
	set_text(&a->props, MS_MAPI_ID(0x370d), "\\\\srv\\far.doc");
	ok(GIVES(item, "filename=\"a\\\"b\\\\c.txt\"",
	       "Content-Type: application/octet-stream\r\n",
	       "Content-Type: text/x\r\n", "filename=\"attachment-2\"",
	       "filename=\"far.doc.txt\"",
	       "This attachment is a link to:\r\n\\\\srv\\far.doc\r\n",
	       "!X: y"),
	    "names, types and a link");
}

/* Reads three bytes, and is then damaged. */
static int64_t
read_some(
    void *ctx, uint64_t at, unsigned char *p, size_t n, struct ms_err *err)
{
	(void)ctx;
	(void)n;
	if (at >= 3)
		return ms_fail(err, MS_DATA, "damaged");
	*p = (unsigned char)('a' + at);
	return 1;
}

static void
test_losses(void)
{
	struct ms_mapi_item *item = note();
	struct ms_mapi_losses losses;
	struct ms_err err;

	ms_mapi_attach_read(
	    ms_mapi_attachment_add(item), MS_MAPI_BYTES, 100, read_some, NULL);
	ms_mapi_item_end(item);
	ms_buf_clear(&out);
	ok(ms_mapi_convert(item, ms_buf_append, &out, &losses, &err) == 0 &&
		strstr(ms_buf_str(&out), "YWJj\r\n") != NULL &&
		losses.count == 1,
	    "what is left of an attachment is kept: %s", losses.first);
	ms_mapi_item_free(item);
}

/* ---- S/MIME ---- */

static void
test_smime(void)
{
	static const char entity[] =
	    "MIME-Version: 1.0\r\nContent-Type: multipart/signed;\r\n"
	    "\tboundary=b\r\n\r\n--b\r\n\r\n signed \t\r\n--b--\r\n";
	struct ms_mapi_item *item = item_of(NULL, "IPM.Note.SMIME");

	set_text(&item->props, MS_MAPI_ID(0x1000), "not this");
	add_file(item, "smime.p7m", "0\x82xx");
	ok(GIVES(item,
	       "Content-Type: application/pkcs7-mime; name=\"smime.p7m\"\r\n",
	       "base64\r\n\r\nMIJ4eA==\r\n", "!not this", "!multipart"),
	    "an encrypted message");
	item = item_of(NULL, "IPM.Note.SMIME.MultipartSigned");
	add_file(item, "smime.p7m", entity);
	ok(GIVES(item, "\r\nMIME-Version: 1.0\r\n"
		       "Content-Type: multipart/signed;\r\n\tboundary=b\r\n\r\n"
		       "--b\r\n\r\n signed \t\r\n--b--\r\n"),
	    "a signed message, byte for byte");
}

/* ---- other items ---- */

static void
test_event(void)
{
	struct ms_mapi_item *item = item_of(NULL, "IPM.Appointment");

	set_text(&item->props, MS_MAPI_ID(0x37), "Tea, biscuits; \\");
	set_text(&item->props, MS_MAPI_ID(0x1000), "line\r\nline");
	set_time(&item->props, MS_MAPI_ID(0x3007), FIRST);
	set_time(&item->props, MS_MAPI_LID(MS_MAPI_APPOINTMENT, 0x820d),
	    FIRST + 3600);
	set_time(&item->props, MS_MAPI_LID(MS_MAPI_APPOINTMENT, 0x820e),
	    FIRST + 7200);
	set_text(
	    &item->props, MS_MAPI_LID(MS_MAPI_APPOINTMENT, 0x8208), "Here");
	ok(GIVES(item, "text/calendar; method=PUBLISH; charset=UTF-8\r\n",
	       "METHOD:PUBLISH\r\nBEGIN:VEVENT\r\nUID:",
	       "DTSTART:20260101T010000Z\r\nDTEND:20260101T020000Z\r\n"
	       "SUMMARY:Tea\\, biscuits\\; \\\\\r\nLOCATION:Here\r\n"
	       "DESCRIPTION:line\\nline\r\n"),
	    "an appointment");
	item = item_of(NULL, "IPM.Appointment");
	set_bool(&item->props, MS_MAPI_LID(MS_MAPI_APPOINTMENT, 0x8215));
	set_time(&item->props, MS_MAPI_LID(MS_MAPI_APPOINTMENT, 0x820d),
	    FIRST - 3600);
	set_time(&item->props, MS_MAPI_LID(MS_MAPI_APPOINTMENT, 0x820e),
	    FIRST - 3600 + DAY);
	ok(GIVES(item, "DTSTART;VALUE=DATE:20260101\r\n",
	       "DTEND;VALUE=DATE:20260102\r\n"),
	    "a whole day, east of Greenwich");
}

static void
test_meetings(void)
{
	static const struct {
		const char *class, *want;
	} rows[] = {
	    {"IPM.Schedule.Meeting.Request",
		"METHOD:REQUEST|ORGANIZER;CN=\"Ann\":mailto:ann@x|"
		"ATTENDEE;ROLE=REQ-PARTICIPANT;CN=\"Ben\":mailto:ben@x"},
	    {"IPM.Schedule.Meeting.Canceled", "METHOD:CANCEL|STATUS:CANCELLED"},
	    {"IPM.Schedule.Meeting.Resp.Pos",
		"METHOD:REPLY|ATTENDEE;CN=\"Ann\";PARTSTAT=ACCEPTED:mailto:"
		"ann@x|ORGANIZER;CN=\"Ben\":mailto:ben@x"},
	    {"IPM.Schedule.Meeting.Resp.Neg", "PARTSTAT=DECLINED"},
	    {"IPM.Schedule.Meeting.Resp.Tent", "PARTSTAT=TENTATIVE"}};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct ms_mapi_item *item = item_of(NULL, rows[i].class);
		char *want = ms_xstrdup(rows[i].want), *p = want, *word;
		bool all = true;

		set_text(&item->props, MS_MAPI_ID(0x42), "Ann");
		set_text(&item->props, MS_MAPI_ID(0x65), "ann@x");
		add_recipient(item, 1, "Ben", "SMTP", "ben@x");
		convert(item, &out);
		while ((word = strsep(&p, "|")) != NULL)
			all &= strstr(ms_buf_str(&out), word) != NULL;
		ok(all, "%s", rows[i].class);
		ms_mapi_item_free(item);
		free(want);
	}
}

/* [MS-OXOCAL], 4.1.1.3: a blob, and the lines that it gives. */
static void
put_series(struct ms_mapi_item *item, unsigned frequency, unsigned pattern,
    uint32_t period, uint32_t days, uint32_t nth, uint32_t end,
    uint32_t deleted)
{
	const uint32_t day = 224068320; /* 2027-01-11, a Monday, in minutes */
	unsigned char blob[128] = {4, 0x30, 4, 0x30}, *p = blob + 4;
	uint32_t rest[] = {
	    day, day + 7 * 1440, 0x3006, 0x3009, 9 * 60, 10 * 60};

#define PUT16(n) (ms_put_le16(p, (uint16_t)(n)), p += 2)
#define PUT32(n) (ms_put_le32(p, (n)), p += 4)
	PUT16(frequency);
	PUT16(pattern);
	PUT16(0);
	PUT32(0);
	PUT32(period);
	PUT32(0);
	if (pattern != 0)
		PUT32(days);
	if (pattern == 3)
		PUT32(nth);
	PUT32(end);
	PUT32(5);
	PUT32(0);
	PUT32(deleted);
	if (deleted > 0)
		PUT32(day + 1440);
	PUT32(0);
	for (size_t i = 0; i < 6; i++)
		PUT32(rest[i]);
	PUT16(0);
	ms_mapi_put(&item->props, MS_MAPI_LID(MS_MAPI_APPOINTMENT, 0x8216),
	    MS_MAPI_BINARY, blob, (size_t)(p - blob), NULL);
}

static void
test_series(void)
{
	static const struct {
		unsigned frequency, pattern;
		uint32_t period, days, nth, end;
		const char *want;
	} rows[] = {
	    {0x200a, 0, 2880, 0, 0, 0x2023, "RRULE:FREQ=DAILY;INTERVAL=2\r\n"},
	    {0x200a, 1, 1, 0x3e, 0, 0x2022,
		"RRULE:FREQ=WEEKLY;INTERVAL=1;BYDAY=MO,TU,WE,TH,FR;COUNT="
		"5\r\n"},
	    {0x200b, 1, 2, 0x02, 0, 0x2021,
		"RRULE:FREQ=WEEKLY;INTERVAL=2;BYDAY=MO;UNTIL=20270118T210000Z"},
	    {0x200c, 2, 3, 31, 0, 0x2023,
		"RRULE:FREQ=MONTHLY;INTERVAL=3;BYMONTHDAY=-1\r\n"},
	    {0x200c, 3, 1, 0x02, 5, 0x2023,
		"RRULE:FREQ=MONTHLY;INTERVAL=1;BYDAY=MO;BYSETPOS=-1\r\n"},
	    {0x200d, 2, 12, 11, 0, 0x2023,
		"RRULE:FREQ=YEARLY;INTERVAL=1;BYMONTH=1;BYMONTHDAY=11\r\n"}};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct ms_mapi_item *item = item_of(NULL, "IPM.Appointment");

		put_series(item, rows[i].frequency, rows[i].pattern,
		    rows[i].period, rows[i].days, rows[i].nth, rows[i].end, 0);
		ok(GIVES(item, rows[i].want,
		       "DTSTART:20270111T090000\r\nDTEND:20270111T100000\r\n"),
		    "%s", rows[i].want);
	}
}

static void
test_zone(void)
{
	/* Bias 300, daylight -60; from the second Sunday of March to the first
	 * of November. */
	static const unsigned char zone[48] = {0x2c, 1, 0, 0, 0, 0, 0, 0, 0xc4,
	    0xff, 0xff, 0xff, 0, 0, /* standard: */ 0, 0, 11, 0, 0, 0, 1, 0, 2,
	    0, 0, 0, 0, 0, 0, 0, 0, 0, /* daylight: */ 0, 0, 3, 0, 0, 0, 2, 0,
	    2, 0, 0, 0, 0, 0, 0, 0};
	struct ms_mapi_item *item = item_of(NULL, "IPM.Appointment");

	put_series(item, 0x200b, 1, 1, 2, 0, 0x2021, 1);
	ms_mapi_put(&item->props, MS_MAPI_LID(MS_MAPI_APPOINTMENT, 0x8233),
	    MS_MAPI_BINARY, zone, sizeof(zone), NULL);
	ok(GIVES(item,
	       "BEGIN:STANDARD\r\nDTSTART:16010101T020000\r\n"
	       "RRULE:FREQ=YEARLY;BYDAY=1SU;BYMONTH=11\r\n"
	       "TZOFFSETFROM:-0400\r\nTZOFFSETTO:-0500\r\nEND:STANDARD\r\n",
	       "RRULE:FREQ=YEARLY;BYDAY=2SU;BYMONTH=3\r\n"
	       "TZOFFSETFROM:-0500\r\nTZOFFSETTO:-0400\r\nEND:DAYLIGHT\r\n",
	       "DTSTART;TZID=zone:20270111T090000\r\n",
	       "UNTIL=20270119T020000Z\r\n",
	       "EXDATE;TZID=zone:20270112T090000\r\n"),
	    "a series in its time zone, with a day without it");
	item = item_of(NULL, "IPM.Appointment");
	put_series(item, 0x200b, 1, 1, 2, 0, 0x2021, 0xffffffff);
	ok(GIVES(item, "BEGIN:VEVENT", "!RRULE"), "a blob that is damaged");
}

static void
test_task(void)
{
	struct ms_mapi_item *item = item_of(NULL, "IPM.Task");

	set_text(&item->props, MS_MAPI_ID(0x37), "Do");
	set_time(&item->props, MS_MAPI_LID(MS_MAPI_TASK, 0x8105), FIRST);
	set_number(&item->props, MS_MAPI_LID(MS_MAPI_TASK, 0x8101), 2);
	ok(GIVES(item, "BEGIN:VTODO\r\n", "DUE;VALUE=DATE:20260101\r\n",
	       "SUMMARY:Do\r\n", "STATUS:COMPLETED\r\n", "END:VTODO\r\n"),
	    "a task");
	item = item_of(NULL, "IPM.StickyNote");
	set_text(&item->props, MS_MAPI_ID(0x1000), "buy milk");
	ok(GIVES(item, "Content-Type: text/plain", "\r\n\r\nbuy milk"),
	    "a sticky note");
}

static void
test_cards(void)
{
	struct ms_mapi_item *item = item_of(NULL, "IPM.Contact");
	/* A one-off entry id: Unicode, "Al" SMTP "a@x". */
	static const unsigned char entry[] =
	    "\0\0\0\0\x81\x2b\x1f\xa4\xbe\xa3\x10\x19\x9d\x6e\0\xdd\1\x0f\x54"
	    "\2\0\0\1\x80"
	    "A\0l\0\0\0S\0M\0T\0P\0\0\0a\0@\0x\0\0";

	set_text(&item->props, MS_MAPI_ID(0x3001), "Ann Able");
	set_text(&item->props, MS_MAPI_ID(0x3a11), "Able");
	set_text(&item->props, MS_MAPI_ID(0x3a06), "Ann");
	set_text(&item->props, MS_MAPI_ID(0x3a16), "A; B");
	set_text(&item->props, MS_MAPI_ID(0x3a1c), "+1 2");
	set_text(&item->props, MS_MAPI_LID(MS_MAPI_ADDRESS, 0x8083), "ann@x");
	set_text(&item->props, MS_MAPI_LID(MS_MAPI_ADDRESS, 0x8046), "Town");
	set_text(&item->props, MS_MAPI_ID(0x1000), "a note");
	ok(GIVES(item,
	       "Content-Type: text/vcard; charset=UTF-8\r\n"
	       "Content-Disposition: attachment;\r\n"
	       "\tfilename=\"contact.vcf\"\r\n",
	       "BEGIN:VCARD\r\nVERSION:4.0\r\nFN:Ann Able\r\n"
	       "N:Able;Ann;;;\r\nEMAIL:ann@x\r\nTEL;TYPE=cell:+1 2\r\n"
	       "ADR;TYPE=work:;;;Town;;;\r\nORG:A\\; B;\r\nNOTE:a note\r\n"
	       "END:VCARD\r\n",
	       "\r\n\r\na note\r\n"),
	    "a contact");
	item = item_of(NULL, "IPM.DistList");
	set_text(&item->props, MS_MAPI_ID(0x3001), "All");
	ms_mapi_add(&item->props, MS_MAPI_LID(MS_MAPI_ADDRESS, 0x8054),
	    MS_MAPI_BINARY, entry, sizeof(entry), NULL);
	ok(GIVES(item, "FN:All\r\nKIND:group\r\n"
		       "MEMBER;X-CN=\"Al\":mailto:a@x\r\nEND:VCARD\r\n"),
	    "a distribution list");
}

/* ---- flags, and what does not change a message ---- */

static void
test_flags(void)
{
	struct ms_mapi_item *item = note();
	struct ms_buf before = {0}, flags = {0};

	ms_mapi_item_end(item);
	convert(item, &before);
	set_number(&item->props, MS_MAPI_ID(0x0e07), 0x1 | 0x8);
	set_number(&item->props, MS_MAPI_ID(0x1081), 102);
	set_number(&item->props, MS_MAPI_ID(0x1090), 2);
	ms_mapi_add(&item->props, MS_MAPI_NAME(MS_MAPI_STRINGS, "Keywords"),
	    MS_MAPI_STRING8, (const unsigned char *)"Red Cat", 7, NULL);
	ms_mapi_flags(item, &flags);
	ok(strcmp(ms_buf_str(&flags),
	       "\\Seen \\Answered \\Flagged \\Draft Red_Cat") == 0,
	    "flags: %s", ms_buf_str(&flags));
	convert(item, &out);
	ok(ms_slice_eq(ms_buf_slice(&out), ms_buf_slice(&before)),
	    "flags and categories do not change the message");
	ms_mapi_item_free(item);
	ms_buf_release(&before);
	ms_buf_release(&flags);
}

static void
test_same(void)
{
	struct ms_buf first = {0};

	for (int i = 0; i < 2; i++) {
		struct ms_mapi_item *item = note();

		add_file(item, "a", "b");
		ms_mapi_item_end(item);
		convert(item, i == 0 ? &first : &out);
		ms_mapi_item_free(item);
	}
	ok(ms_slice_eq(ms_buf_slice(&first), ms_buf_slice(&out)),
	    "the same item gives the same bytes");
	/* A later version must not give another one: it would import every
	 * item again. */
	ok(strstr(ms_buf_str(&out),
	       "Message-ID: <d048ff88398de2b1764b40e926b16185@mapi.invalid>") !=
		NULL,
	    "the Message-ID of an item that has none");
	ms_buf_release(&first);
}

int
main(void)
{
	test_plain();
	test_kept_header();
	test_people();
	test_fields();
	test_bodies();
	test_charset_name();
	test_attachments();
	test_losses();
	test_smime();
	test_event();
	test_meetings();
	test_series();
	test_zone();
	test_task();
	test_cards();
	test_flags();
	test_same();
	ms_buf_release(&out);
	return done();
}
