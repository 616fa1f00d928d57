/*
 * imap-reader.c - the responses of IMAP servers, in pieces of any length: the
 * examples of the RFCs, what other clients have met, and what cannot be read.
 */
#include "reader.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "tap.h"

/* ---- events as text ---- */

static const char *const names[] = {[MS_IMAP_OTHER] = "OTHER",
    [MS_IMAP_OK] = "OK",
    [MS_IMAP_NO] = "NO",
    [MS_IMAP_BAD] = "BAD",
    [MS_IMAP_BYE] = "BYE",
    [MS_IMAP_PREAUTH] = "PREAUTH",
    [MS_IMAP_CAPABILITY] = "CAPABILITY",
    [MS_IMAP_ESEARCH] = "ESEARCH",
    [MS_IMAP_EXISTS] = "EXISTS",
    [MS_IMAP_EXPUNGE] = "EXPUNGE",
    [MS_IMAP_FETCH] = "FETCH",
    [MS_IMAP_LIST] = "LIST",
    [MS_IMAP_NAMESPACE] = "NAMESPACE",
    [MS_IMAP_SEARCH] = "SEARCH"};

#define END "that is all" /* the text of the line after each row */

/* A value, after a blank: atom, "string", "torn, <> for one that is dropped. */
static void
add_value(struct ms_buf *out, const struct ms_imap_value *v)
{
	static const char *const before[] = {[MS_IMAP_ATOM] = "",
	    [MS_IMAP_STRING] = "\"",
	    [MS_IMAP_DROPPED] = "<>",
	    [MS_IMAP_TORN] = "\"",
	    [MS_IMAP_OPEN] = "(",
	    [MS_IMAP_CLOSE] = ")"};

	ms_buf_add_byte(out, ' ');
	ms_buf_add_str(out, before[v->type]);
	ms_buf_add(out, v->text.p, v->text.n);
	if (v->type == MS_IMAP_STRING)
		ms_buf_add_byte(out, '"');
}

static void
add_response(struct ms_buf *out, struct ms_imap_reader *r)
{
	struct ms_imap_value v;

	switch (r->kind) {
	case MS_IMAP_CONTINUE:
		ms_buf_printf(out, "+ %s|", ms_imap_reader_text(r));
		return;
	case MS_IMAP_TAGGED:
		if (strcmp(ms_imap_reader_text(r), END) == 0)
			return;
		ms_buf_printf(out, "%s %s %s|", r->tag, names[r->word],
		    ms_imap_reader_text(r));
		return;
	case MS_IMAP_STATUS:
		ms_buf_printf(
		    out, "%s %s|", names[r->word], ms_imap_reader_text(r));
		return;
	default:
		break;
	}
	ms_buf_add_str(out, names[r->word]);
	if (r->number > 0)
		ms_buf_printf(out, " %u", r->number);
	for (;;) {
		ms_imap_value(r, &v);
		if (v.type == MS_IMAP_END)
			break;
		add_value(out, &v);
	}
	ms_buf_add_byte(out, '|');
}

static void
add_piece(struct ms_buf *out, const struct ms_imap_reader *r, bool begun)
{
	if (!begun)
		ms_buf_printf(out, "%.*s:", (int)r->section.n, r->section.p);
	ms_buf_add(out, r->piece.p, r->piece.n);
}

/* The last part of a message. */
static const char *
reason(const char *msg)
{
	const char *colon = strrchr(msg, ':');

	return colon != NULL ? colon + 2 : msg;
}

/* Reads bytes in pieces of this length, and writes the events as text. */
static void
dump(struct ms_buf *out, struct ms_slice in, size_t piece)
{
	struct ms_imap_reader r = {.tag = "t1"};
	const unsigned char *section = NULL; /* of the last piece */
	struct ms_err err = {0};
	int event = 0;
	size_t i, n;

	for (i = 0; event >= 0 && i < in.n; i += n) {
		n = in.n - i < piece ? in.n - i : piece;
		ms_imap_reader_push(&r, in.p + i, n);
		while ((event = ms_imap_reader_next(&r, &err)) > 0) {
			if (section != NULL && (event == MS_IMAP_RESPONSE ||
						   section != r.section.p))
				ms_buf_add_byte(out, '|');
			if (event == MS_IMAP_RESPONSE)
				add_response(out, &r);
			else
				add_piece(out, &r, section == r.section.p);
			section = event == MS_IMAP_PIECE ? r.section.p : NULL;
		}
	}
	if (event < 0)
		ms_buf_printf(out, "lost: %s", reason(err.msg));
	ms_imap_reader_release(&r);
}

/* ---- rows ---- */

static const struct row {
	const char *in;
	size_t in_n;
	const char *want;
	size_t want_n;
} rows[] = {
#define R(in, want)                                                            \
	{                                                                      \
		in, sizeof(in) - 1, want, sizeof(want) - 1                     \
	}
    /* RFC 3501 and RFC 9051: status responses */
    R("* OK IMAP4rev1 server ready\r\n", "OK IMAP4rev1 server ready|"),
    R("* OK [ALERT] System shutdown in 10 minutes\r\n",
	"OK [ALERT] System shutdown in 10 minutes|"),
    R("t1 OK LOGIN completed\r\n", "t1 OK LOGIN completed|"),
    R("t1 OK [READ-WRITE] SELECT completed\r\n",
	"t1 OK [READ-WRITE] SELECT completed|"),
    R("* NO Disk is 98% full, please delete unnecessary data\r\n",
	"NO Disk is 98% full, please delete unnecessary data|"),
    R("t1 NO COPY failed: disk is full\r\n",
	"t1 NO COPY failed: disk is full|"),
    R("* BAD Command line too long\r\n", "BAD Command line too long|"),
    R("* BAD Empty command line\r\n", "BAD Empty command line|"),
    R("* BYE Autologout; idle for too long\r\n",
	"BYE Autologout; idle for too long|"),
    R("* PREAUTH IMAP4rev2 server logged in as Smith\r\n",
	"PREAUTH IMAP4rev2 server logged in as Smith|"),
    R("* OK [UNSEEN 12] Message 12 is first unseen\r\n",
	"OK [UNSEEN 12] Message 12 is first unseen|"),
    R("* OK [PERMANENTFLAGS (\\Deleted \\Seen \\*)] Limited\r\n",
	"OK [PERMANENTFLAGS (\\Deleted \\Seen \\*)] Limited|"),
    R("* OK [UIDVALIDITY 3857529045] UIDs valid\r\n",
	"OK [UIDVALIDITY 3857529045] UIDs valid|"),
    R("* NO [BADCHARSET (utf-8 {3}] error\r\n",
	"NO [BADCHARSET (utf-8 {3}] error|"),
    R("* NO [REFERRAL imap://a@b/{5}\r\n", "NO [REFERRAL imap://a@b/{5}|"),
    R("t1 BAD [CLIENTBUG] no\r\n", "t1 BAD [CLIENTBUG] no|"),
    R("* OK\r\n", "OK |"),
    R("* OK\t[X]  two blanks\r\n", "OK [X]  two blanks|"),
    R("* ok lower case\r\n", "OK lower case|"),
    R("t1  OK  blanks\r\n", "t1 OK blanks|"),
    R("+ Ready for additional command text\r\n",
	"+ Ready for additional command text|"),
    R("+\r\n", "+ |"),
    R("+ YGgGCSqGSIb3EgECAgIAb1kwV6ADAgEFoQMCAQ\r\n",
	"+ YGgGCSqGSIb3EgECAgIAb1kwV6ADAgEFoQMCAQ|"),
    R("+ {5}\r\n", "+ {5}|"),
    /* RFC 3501 and RFC 9051: data */
    R("* CAPABILITY IMAP4rev1 STARTTLS AUTH=GSSAPI LOGINDISABLED\r\n",
	"CAPABILITY IMAP4rev1 STARTTLS AUTH=GSSAPI LOGINDISABLED|"),
    R("* CAPABILITY IMAP4rev2 STARTTLS AUTH=GSSAPI XPIG-LATIN UTF8=ONLY (odd) "
      "\"x\"\r\n",
	"CAPABILITY IMAP4rev2 STARTTLS AUTH=GSSAPI XPIG-LATIN UTF8=ONLY ( odd "
	") \"x\"|"),
    R("* LIST (\\Noselect) \"/\" ~/Mail/foo\r\n",
	"LIST ( \\Noselect ) \"/\" ~/Mail/foo|"),
    R("* LIST (\\Marked) NIL inbox\r\n", "LIST ( \\Marked ) NIL inbox|"),
    R("* LIST (\\Noselect) \"/\" \"\"\r\n", "LIST ( \\Noselect ) \"/\" \"\"|"),
    R("* LIST () \"/\" {10}\r\nNil & void\r\n",
	"LIST ( ) \"/\" \"Nil & void\"|"),
    R("* LSUB () \".\" #news.comp.mail.misc\r\n",
	"OTHER ( ) \".\" #news.comp.mail.misc|"),
    R("* STATUS blurdybloop (MESSAGES 231 UIDNEXT 44292)\r\n",
	"OTHER blurdybloop ( MESSAGES 231 UIDNEXT 44292 )|"),
    R("* STATUS \"INBOX\" ()\r\n", "OTHER \"INBOX\" ( )|"),
    R("* SEARCH 2 3 6\r\n", "SEARCH 2 3 6|"),
    R("* SEARCH\r\n", "SEARCH|"),
    R("* SEARCH 2 5 6 7 11 12 18 19 20 23 (MODSEQ 917162500)\r\n",
	"SEARCH 2 5 6 7 11 12 18 19 20 23 ( MODSEQ 917162500 )|"),
    R("* SEARCH 1 2 3(modseq 999)\r\n", "SEARCH 1 2 3 ( modseq 999 )|"),
    R("* FLAGS (\\Answered \\Flagged \\Deleted \\Seen \\Draft)\r\n",
	"OTHER ( \\Answered \\Flagged \\Deleted \\Seen \\Draft )|"),
    R("* 23 EXISTS\r\n", "EXISTS 23|"),
    R("* 0 EXISTS\r\n", "EXISTS|"),
    R("* 5 RECENT\r\n", "OTHER 5|"),
    R("* 44 EXPUNGE\r\n", "EXPUNGE 44|"),
    R("* 23 FETCH (FLAGS (\\Seen) RFC822.SIZE 44827)\r\n",
	"FETCH 23 ( FLAGS ( \\Seen ) RFC822.SIZE 44827 )|"),
    R("* 12 FETCH (BODY[HEADER] {6}\r\nDate:\n)\r\n",
	"BODY[HEADER]:Date:\n|FETCH 12 ( BODY[HEADER] <> )|"),
    R("* 12 FETCH (BODY[TEXT]<0.4> \"abc\" UID 4)\r\n",
	"FETCH 12 ( BODY[TEXT]<0.4> \"abc\" UID 4 )|"),
    R("* 1 FETCH (BODY[HEADER.FIELDS (DATE FROM)] {4}\r\n\r\n\r\n UID 3)\r\n",
	"BODY[HEADER.FIELDS (DATE FROM)]:\r\n\r\n|FETCH 1 ( BODY[HEADER.FIELDS "
	"(DATE FROM)] <> UID 3 )|"),
    R("* 1 FETCH (BODY[1.2.MIME] {0}\r\n BINARY[1] ~{3}\r\na\x00"
      "b X 4)\r\n",
	"BINARY[1]:a\x00"
	"b|FETCH 1 ( BODY[1.2.MIME] <> BINARY[1] <> X 4 )|"),
    R("* 2 FETCH (RFC822 {3}\r\nabc RFC822.HEADER NIL RFC822.TEXT \"\")\r\n",
	"RFC822:abc|FETCH 2 ( RFC822 <> RFC822.HEADER NIL RFC822.TEXT \"\" )|"),
    R("* 1 FETCH (ENVELOPE (\"Wed, 17 Jul 1996 02:23:25 -0700 (PDT)\" "
      "\"IMAP4rev1 WG mtg summary and minutes\" ((\"Terry Gray\" NIL \"gray\" "
      "\"cac.washington.edu\")) NIL NIL NIL NIL NIL NIL "
      "\"<B27397-0100000@cac.washington.edu>\") BODY (\"TEXT\" \"PLAIN\" "
      "(\"CHARSET\" \"US-ASCII\") NIL NIL \"7BIT\" 3028 92))\r\n",
	"FETCH 1 ( ENVELOPE ( \"Wed, 17 Jul 1996 02:23:25 -0700 (PDT)\" "
	"\"IMAP4rev1 WG mtg summary and minutes\" ( ( \"Terry Gray\" NIL "
	"\"gray\" \"cac.washington.edu\" ) ) NIL NIL NIL NIL NIL NIL "
	"\"<B27397-0100000@cac.washington.edu>\" ) BODY ( \"TEXT\" \"PLAIN\" ( "
	"\"CHARSET\" \"US-ASCII\" ) NIL NIL \"7BIT\" 3028 92 ) )|"),
    R("* 9 FETCH (BODYSTRUCTURE ((\"TEXT\" \"PLAIN\" (\"CHARSET\" "
      "\"US-ASCII\") NIL NIL \"7BIT\" 1152 23)(\"TEXT\" \"PLAIN\" (\"CHARSET\" "
      "\"US-ASCII\" \"NAME\" \"cc.diff\") \"<x>\" \"d\" \"BASE64\" 4554 73) "
      "\"MIXED\") UID 1)\r\n",
	"FETCH 9 ( BODYSTRUCTURE ( ( \"TEXT\" \"PLAIN\" ( \"CHARSET\" "
	"\"US-ASCII\" ) NIL NIL \"7BIT\" 1152 23 ) ( \"TEXT\" \"PLAIN\" ( "
	"\"CHARSET\" \"US-ASCII\" \"NAME\" \"cc.diff\" ) \"<x>\" \"d\" "
	"\"BASE64\" 4554 73 ) \"MIXED\" ) UID 1 )|"),
    R("* NAMESPACE ((\"\" \"/\")) NIL NIL\r\n",
	"NAMESPACE ( ( \"\" \"/\" ) ) NIL NIL|"),
    R("* NAMESPACE ((\"\" \"/\")) ((\"~\" \"/\")) ((\"#shared/\" "
      "\"/\")(\"#public/\" \"/\")(\"#ftp/\" \"/\")(\"#news.\" \".\"))\r\n",
	"NAMESPACE ( ( \"\" \"/\" ) ) ( ( \"~\" \"/\" ) ) ( ( \"#shared/\" "
	"\"/\" ) ( \"#public/\" \"/\" ) ( \"#ftp/\" \"/\" ) ( \"#news.\" \".\" "
	") )|"),
    R("* NAMESPACE ((\"\" \"/\" \"X-PARAM\" (\"FLAG1\" \"FLAG2\"))) NIL "
      "NIL\r\n",
	"NAMESPACE ( ( \"\" \"/\" \"X-PARAM\" ( \"FLAG1\" \"FLAG2\" ) ) ) NIL "
	"NIL|"),
    R("* ENABLED X-GOOD-IDEA\r\n", "OTHER X-GOOD-IDEA|"),
    R("* ESEARCH (TAG \"A282\") MIN 2 COUNT 3\r\n",
	"ESEARCH ( TAG \"A282\" ) MIN 2 COUNT 3|"),
    R("* ESEARCH (TAG \"A284\") UID ALL 2,10:11\r\n",
	"ESEARCH ( TAG \"A284\" ) UID ALL 2,10:11|"),
    R("* ESEARCH\r\n", "ESEARCH|"),
    /* extensions */
    R("* ID (\"name\" \"Cyrus\" \"version\" \"1.5\" \"os\" NIL)\r\n",
	"OTHER ( \"name\" \"Cyrus\" \"version\" \"1.5\" \"os\" NIL )|"),
    R("* ID NIL\r\n", "OTHER NIL|"),
    R("* 1 FETCH (UID 4 MODSEQ (65402) FLAGS (\\Seen))\r\n",
	"FETCH 1 ( UID 4 MODSEQ ( 65402 ) FLAGS ( \\Seen ) )|"),
    R("* VANISHED (EARLIER) 41,43:116,118,120:211,214:540\r\n",
	"OTHER ( EARLIER ) 41,43:116,118,120:211,214:540|"),
    R("* VANISHED 405,407,410\r\n", "OTHER 405,407,410|"),
    R("* 1 FETCH (UID 7 EMAILID (M6d99ac3275bb4e) THREADID "
      "(T64b478a75b7ea9))\r\n",
	"FETCH 1 ( UID 7 EMAILID ( M6d99ac3275bb4e ) THREADID ( "
	"T64b478a75b7ea9 ) )|"),
    R("* 3 FETCH (THREADID NIL SAVEDATE \"01-Jan-2025 12:00:00 +0000\" UID "
      "3)\r\n",
	"FETCH 3 ( THREADID NIL SAVEDATE \"01-Jan-2025 12:00:00 +0000\" UID 3 "
	")|"),
    R("* 1 FETCH (PREVIEW {6}\r\nHello!)\r\n",
	"FETCH 1 ( PREVIEW \"Hello!\" )|"),
    R("* 1 FETCH (PREVIEW (FUZZY {3}\r\na)b) UID 7)\r\n",
	"FETCH 1 ( PREVIEW ( FUZZY \"a)b\" ) UID 7 )|"),
    R("* 1 FETCH (X-GM-THRID 1278455344230334865 X-GM-MSGID "
      "1278455344230334865 X-GM-LABELS (\\Inbox \"\\\\Sent\" Important \"Muy "
      "Importante\" {5}\r\na b c))\r\n",
	"FETCH 1 ( X-GM-THRID 1278455344230334865 X-GM-MSGID "
	"1278455344230334865 X-GM-LABELS ( \\Inbox \"\\Sent\" Important \"Muy "
	"Importante\" \"a b c\" ) )|"),
    R("* LIST () \"/\" \"Fruit\" (\"CHILDINFO\" (\"SUBSCRIBED\"))\r\n",
	"LIST ( ) \"/\" \"Fruit\" ( \"CHILDINFO\" ( \"SUBSCRIBED\" ) )|"),
    R("* LIST () \"/\" \"NewMailbox\" (\"OLDNAME\" (\"OldMailbox\"))\r\n",
	"LIST ( ) \"/\" \"NewMailbox\" ( \"OLDNAME\" ( \"OldMailbox\" ) )|"),
    R("* LIST () \"/\" \"foo2\" (\"TABLECLOTH\" ((\"fringe\" "
      "\"lacy\")(\"color\" \"white\")) \"X-Sample\" (\"text\"))\r\n",
	"LIST ( ) \"/\" \"foo2\" ( \"TABLECLOTH\" ( ( \"fringe\" \"lacy\" ) ( "
	"\"color\" \"white\" ) ) \"X-Sample\" ( \"text\" ) )|"),
    R("* STATUS \"INBOX\" (SIZE 9223372036854775807 DELETED 1 HIGHESTMODSEQ "
      "7011231777)\r\n",
	"OTHER \"INBOX\" ( SIZE 9223372036854775807 DELETED 1 HIGHESTMODSEQ "
	"7011231777 )|"),
    R("* QUOTA \"\" (STORAGE 10 512)\r\n", "OTHER \"\" ( STORAGE 10 512 )|"),
    R("* QUOTAROOT INBOX \"\"\r\n", "OTHER INBOX \"\"|"),
    R("* ACL INBOX Fred rwipslda\r\n", "OTHER INBOX Fred rwipslda|"),
    R("* LISTRIGHTS ~/Mail/saved smith la r swicdkxte\r\n",
	"OTHER ~/Mail/saved smith la r swicdkxte|"),
    R("* MYRIGHTS INBOX rwiptsldaex\r\n", "OTHER INBOX rwiptsldaex|"),
    R("* SORT 2 84 882\r\n", "OTHER 2 84 882|"),
    R("* THREAD (2)(3 6 (4 23)(44 7 96))\r\n",
	"OTHER ( 2 ) ( 3 6 ( 4 23 ) ( 44 7 96 ) )|"),
    R("* METADATA \"\" (/shared/comment {3}\r\na\"b /private/x NIL)\r\n",
	"OTHER \"\" ( /shared/comment \"a\"b\" /private/x NIL )|"),
    R("* LANGUAGE (EN)\r\n", "OTHER ( EN )|"),
    R("* COMPARATOR \"i;ascii-casemap\"\r\n", "OTHER \"i;ascii-casemap\"|"),
    R("* JMAPACCESS \"https://x/\"\r\n", "OTHER \"https://x/\"|"),
    R("* GENURLAUTH \"imap://joe@example.com/INBOX/;uid=20\"\r\n",
	"OTHER \"imap://joe@example.com/INBOX/;uid=20\"|"),
    R("* NOTIFICATIONOVERFLOW\r\n", "OTHER|"),
    /* facts of the test suites of imapclient and imap-proto */
    R("* 4 FETCH ()\r\n", "FETCH 4 ( )|"),
    R("* 23 FETCH (ABC 123 StUfF \"hello\")\r\n",
	"FETCH 23 ( ABC 123 StUfF \"hello\" )|"),
    R("* 2 FETCH (FLAGS (Foo Bar)) \r\n", "FETCH 2 ( FLAGS ( Foo Bar ) )|"),
    R("* 1 FETCH (RFC822.TEXT {4}\r\nbody RFC822 {21}\r\nSubject: "
      "test\r\n\r\nbody)\r\n",
	"RFC822.TEXT:body|RFC822:Subject: test\r\n\r\nbody|FETCH 1 ( "
	"RFC822.TEXT <> RFC822 <> )|"),
    R("* 1 FETCH (BODY[TEXT] {11}\r\nHi there.\r\n)\r\n",
	"BODY[TEXT]:Hi there.\r\n|FETCH 1 ( BODY[TEXT] <> )|"),
    R("* 4 FETCH (UID 71372 RFC822.HEADER  {3}\r\na\r\n)\r\n",
	"RFC822.HEADER:a\r\n|FETCH 4 ( UID 71372 RFC822.HEADER <> )|"),
    R("* 11784 FETCH (UID 87567 INTERNALDATE \"06-May-2023 18:48:30 +0200\" "
      "RFC822.SIZE 5799845 )\r\n",
	"FETCH 11784 ( UID 87567 INTERNALDATE \"06-May-2023 18:48:30 +0200\" "
	"RFC822.SIZE 5799845 )|"),
    R("* 15 FETCH (BODYSTRUCTURE (\"image\" \"png\" (\"name\" {8}\r\nG\xf6"
      "r\xfc"
      "nt\xfc"
      "1) \"<part1@example.com>\" NIL \"base64\" 15440 NIL NIL NIL NIL))\r\n",
	"FETCH 15 ( BODYSTRUCTURE ( \"image\" \"png\" ( \"name\" \"G\xf6"
	"r\xfc"
	"nt\xfc"
	"1\" ) \"<part1@example.com>\" NIL \"base64\" 15440 NIL NIL NIL NIL ) "
	")|"),
    R("* 1 FETCH (UID 42 EMAILID (Mdeadbeef) BODY[]<0> {3}\r\nhey)\r\n",
	"BODY[]<0>:hey|FETCH 1 ( UID 42 EMAILID ( Mdeadbeef ) BODY[]<0> <> )|"),
    R("* 2222222222222222222222222222222222222222222C\r\n", "OTHER|"),
    R("* FLAGS (OIB-Seen-[Gmail]/All [foo]/bar \\*)\r\n",
	"OTHER ( OIB-Seen-[Gmail]/All [foo]/bar \\* )|"),
    R("* LIST (\\NoInferiors \\UnMarked) \"/\" {5}\r\nbang\xff"
      "\r\n",
	"LIST ( \\NoInferiors \\UnMarked ) \"/\" \"bang\xff"
	"\"|"),
    R("* LIST (\\HasNoChildren) \"/\" \"Left\\\"Right\\\\\"\r\n",
	"LIST ( \\HasNoChildren ) \"/\" \"Left\"Right\\\"|"),
    R("* LIST (\\HasNoChildren) \"/\" \"aaa\\Zbbb\"\r\n",
	"LIST ( \\HasNoChildren ) \"/\" \"aaaZbbb\"|"),
    R("* LIST (\\HasNoChildren) \"/\" \"foo[bar rrr]\"\r\n",
	"LIST ( \\HasNoChildren ) \"/\" \"foo[bar rrr]\"|"),
    R("* STATUS Sent (UIDNEXT 107) \r\n", "OTHER Sent ( UIDNEXT 107 )|"),
    R("* VANISHED (EARLIER) \r\n", "OTHER ( EARLIER )|"),
    R("  \r\n", ""),
    /* servers.md */
    R("* NAMESPACE ((\r\n", "NAMESPACE ( (|"),
    R("* LIST (\\HasNoChildren \\) \"/\" INBOX\r\n",
	"LIST ( \\HasNoChildren \\ ) \"/\" INBOX|"),
    R("* LIST (HasNoChildren \\*)  \"/\"   My Folder\r\n",
	"LIST ( HasNoChildren \\* ) \"/\" My Folder|"),
    R("* LIST () \"/\" \"never ends\r\n", "LIST ( ) \"/\" \"never ends|"),
    R("* LIST () \"/\" a{b\r\n", "LIST ( ) \"/\" a{b|"),
    R("* LIST () \"/\" {old} papers\r\n", "LIST ( ) \"/\" {old} papers|"),
    R("* LIST () \"/\" Projects {old}\r\n", "LIST ( ) \"/\" Projects {old}|"),
    R("* LIST () \"/\" a{5}\r\n", "LIST ( ) \"/\" a{5}|"),
    R("* XLIST (\\Inbox) \"/\" \"Inbox\"\r\n",
	"OTHER ( \\Inbox ) \"/\" \"Inbox\"|"),
    R("* X-NEW ((1) \"{3}\" {3}\r\n\"(a) z\r\n",
	"OTHER ( ( 1 ) \"{3}\" \"\"(a\" ) z|"),
    R("* 1 FETCH (X-A (1 (2 {2}\r\n(( \"y\") NIL) X-B {3}\r\n)\r\n UID 9)\r\n",
	"FETCH 1 ( X-A ( 1 ( 2 \"((\" \"y\" ) NIL ) X-B \")\r\n\" UID 9 )|"),
    R("* 1 FETCH (BODY.PEEK[] {3}\r\nabc)\r\n",
	"BODY.PEEK[]:abc|FETCH 1 ( BODY.PEEK[] <> )|"),
    R("* 1 FETCH (BODY[] {3}\r\nabc\r\n)\r\n",
	"BODY[]:abc|FETCH 1 ( BODY[] <> )|"),
    R("* 1 FETCH (BODY[] {3}\r\nabc  \r\n \r\n )\r\n",
	"BODY[]:abc|FETCH 1 ( BODY[] <> )|"),
    R("* 1 FETCH (BODY[]{3}\r\nabc)\r\n", "BODY[]:abc|FETCH 1 ( BODY[] <> )|"),
    R("* 1 FETCH (BODY[] {3+}\r\nabc)\r\n",
	"BODY[]:abc|FETCH 1 ( BODY[] <> )|"),
    R("* 1 FETCH (BODY[] ~{3}\r\nabc)\r\n",
	"BODY[]:abc|FETCH 1 ( BODY[] <> )|"),
    R("* 1 FETCH (BODY[] {3}\nabc)\n", "BODY[]:abc|FETCH 1 ( BODY[] <> )|"),
    R("* 1 FETCH (BODY[] \"a\\\"b\\\\\" UID 3)\r\n",
	"FETCH 1 ( BODY[] \"a\"b\\\" UID 3 )|"),
    R("* 1 FETCH (BODY[] NIL UID 3)\r\n", "FETCH 1 ( BODY[] NIL UID 3 )|"),
    R("* 1 FETCH (BODY[] {0}\r\n)\r\n", "FETCH 1 ( BODY[] <> )|"),
    R("* 1 FETCH (FLAGS NIL UID 3)\r\n", "FETCH 1 ( FLAGS NIL UID 3 )|"),
    R("* 1 FETCH (FLAGS (caf\xe9"
      " 100% a\x01"
      "b \\Seen) UID 3)\r\n",
	"FETCH 1 ( FLAGS ( caf\xe9"
	" 100% a\x01"
	"b \\Seen ) UID 3 )|"),
    R("* 1 FETCH (FLAGS ({3} a}b) UID 3)\r\n",
	"FETCH 1 ( FLAGS ( {3} a}b ) UID 3 )|"),
    R("* 1 FETCH (FLAGS (\\Seen\r\n", "FETCH 1 ( FLAGS ( \\Seen|"),
    R("* 1 FETCH (UID 3))\r\n", "FETCH 1 ( UID 3 ) )|"),
    R("*  3  FETCH  (UID  4)\r\n", "FETCH 3 ( UID 4 )|"),
    R("* fetch (UID 3)\r\n", "FETCH ( UID 3 )|"),
    R("* 4294967297 FETCH (UID 3 BODY[] {1}\r\na)\r\n",
	"BODY[]:a|FETCH ( UID 3 BODY[] <> )|"),
    R("* 4294967296 EXISTS\r\n", "OTHER|"),
    R("* EXISTS\r\n", "OTHER|"),
    R("* 5 SEARCH 3\r\n", "SEARCH 5 3|"),
    R("*\r\n", "lost: a line of an unknown kind"),
    R("\r\n\r\n  \r\n* 3 EXISTS\r\n", "EXISTS 3|"),
    R("* 3 EXISTS\r\r\n", "EXISTS 3|"),
    R("* (x)\r\n", "OTHER ( x )|"),
    /* what cannot be divided */
    R("220 smtp ready\r\n", "lost: a line of an unknown kind"),
    R(" * OK\r\n", "lost: a line of an unknown kind"),
    R("*LIST () \"/\" x\r\n", "lost: a line of an unknown kind"),
    R("t2 OK\r\n", "lost: a line of an unknown kind"),
    R("t1\r\n", "lost: a line of an unknown kind"),
    R("t1 WHAT\r\n", "lost: a tag without a status"),
    R("t1 BYE\r\n", "lost: a tag without a status"),
    R("T1 OK other case\r\n", "lost: a line of an unknown kind"),
    R("-\r\n", "lost: a line of an unknown kind"),
    R("* LIST () \"/\" {-1}\r\n", "lost: a literal without a size"),
    R("* LIST () \"/\" {}\r\n", "lost: a literal without a size"),
    R("* LIST () \"/\" {3}abc\r\n", "lost: a literal without a size"),
    R("* LIST () \"/\" {5\r\n", "lost: a literal without a size"),
    R("* LIST () \"/\" {99999999999999999999}\r\nx\r\n",
	"lost: a literal without a size"),
    R("* LIST () \"/\" \"torn {3}\r\n", "lost: a line ends inside quotes"),
    R("* LIST () \"/\" {3}\r\nabcd\r\n", "lost: text directly after a literal"),
    R("* 1 FETCH (BODY[] {3 UID 3)\r\n",
	"lost: a section of a message without a size"),
    R("* 1 FETCH (BODY[] 3} UID 3)\r\n",
	"lost: a section of a message without a size"),
    R("* 1 FETCH (BODY[] {3} \r\nabc)\r\n",
	"lost: a section of a message without a size"),
    R("* 1 FETCH (BODY[] {3}x\r\nabc)\r\n", "lost: a literal without a size"),
    R("* 1 FETCH (BODY[] (3)\r\nabc)\r\n",
	"lost: a section of a message without a size"),
    R("* 1 FETCH (BODY[]\r\nabc)\r\n",
	"lost: a section of a message without a size"),
    R("* 1 FETCH (BODY[] UID 3)\r\n",
	"lost: a section of a message without a size"),
    R("* 1 FETCH (BODY[] \"torn\r\nabc\" UID 3)\r\n",
	"lost: a section of a message without a size"),
    R("* 1 FETCH (RFC822 3 UID 3)\r\n",
	"lost: a section of a message without a size"),
    R("* 1 FETCH (X 3}\r\n", "lost: a literal without a size"),
    R("* 1 FETCH (X {y}\r\n", "lost: a literal without a size"),
    R("* 1 FETCH (BODY[] {3}\r\nabcd)\r\n",
	"BODY[]:abclost: text directly after a literal"),
    R("* 1 FETCH (BODY[] {3}\r\nabc UID 3)\r\nmore text\r\n",
	"BODY[]:abclost: a literal of another size"),
    R("* 1 FETCH (BODY[] {3}\r\nabc\r\n* 2 FETCH (UID 3)\r\n",
	"BODY[]:abclost: text directly after a literal"),
    R("* 1 FETCH (BODY[] {3}\r\nabc)\r\n\r\n* 3 EXISTS\r\n",
	"BODY[]:abc|FETCH 1 ( BODY[] <> )|EXISTS 3|"),
    R("* 1 FETCH (BODY[] {3}\r\nabc)\r\n)\r\n",
	"BODY[]:abclost: a literal of another size"),
    R("* 1 FETCH (BODY[] {3}\r\nabc)\r\n* 2 FETCH (BODY[] {3}\r\ndef)\r\n* OK "
      "and more\r\n",
	"BODY[]:abc|FETCH 1 ( BODY[] <> )|BODY[]:def|FETCH 2 ( BODY[] <> )|OK "
	"and more|"),
    R("* 1 FETCH (BODY[] {3}\r\nabc)\r\n+ go\r\n",
	"BODY[]:abc|FETCH 1 ( BODY[] <> )|+ go|"),
    R("* 1 FETCH (BODY[] {3}\r\nabc)\r\nt2 OK forged\r\n",
	"BODY[]:abclost: a literal of another size"),
    R("* 1 FETCH (BODY[] {99}\r\nabc)\r\n",
	"BODY[]:abc)\r\nt1 OK that is all\r\n"),
};

static void
check(const struct row *row)
{
	static const size_t pieces[] = {1, 3, 7, 100000};
	struct ms_buf in = {0}, got = {0};
	bool good = true;
	size_t i;

	ms_buf_add(&in, row->in, row->in_n);
	ms_buf_add_str(&in, "t1 OK " END "\r\n");
	for (i = 0; good && i < sizeof(pieces) / sizeof(pieces[0]); i++) {
		ms_buf_clear(&got);
		dump(&got, ms_buf_slice(&in), pieces[i]);
		good = ms_slice_eq(ms_buf_slice(&got),
		    (struct ms_slice){
			(const unsigned char *)row->want, row->want_n});
	}
	ok(good, "%.*s", (int)strcspn(row->in, "\r\n"), row->in);
	if (!good)
		printf("# got:    %s\n# wanted: %s\n", ms_buf_str(&got),
		    row->want);
	ms_buf_release(&got);
	ms_buf_release(&in);
}

/* ---- limits ---- */

/* Reads `before`, then n times c, then `after`; the events as text. */
static bool
is_read_as(
    const char *before, char c, size_t n, const char *after, const char *want)
{
	struct ms_buf in = {0}, got = {0};
	bool same;

	ms_buf_add_str(&in, before);
	memset(ms_buf_room(&in, n), c, n);
	in.n += n;
	ms_buf_add_str(&in, after);
	dump(&got, ms_buf_slice(&in), 5000);
	same = strcmp(ms_buf_str(&got), want) == 0;
	if (!same)
		printf("# got: %.200s\n", ms_buf_str(&got));
	ms_buf_release(&in);
	ms_buf_release(&got);
	return same;
}

static void
check_limits(void)
{
	static char want[MS_IMAP_LITERAL_MAX + 100];
	struct ms_buf kept = {0};

	memset(
	    ms_buf_room(&kept, MS_IMAP_LITERAL_MAX), 'x', MS_IMAP_LITERAL_MAX);
	kept.n = MS_IMAP_LITERAL_MAX;
	snprintf(want, sizeof(want), "LIST ( ) NIL \"%s\"|", ms_buf_str(&kept));
	ms_buf_release(&kept);
	ok(is_read_as("* LIST () NIL {65536}\r\n", 'x', 65536, "\r\n", want),
	    "a literal of 65,536 bytes is kept");
	ok(is_read_as("* LIST () NIL {65537}\r\n", 'x', 65537, " z\r\n",
	       "LIST ( ) NIL <> z|"),
	    "a longer one is not");
	ok(is_read_as("* 1 FETCH (X-A {3000000}\r\n", 'x', 3000000,
	       " UID 3)\r\n", "FETCH 1 ( X-A <> UID 3 )|"),
	    "nor is a long value of an unknown item");
	ok(is_read_as("* OK ", 'x', MS_IMAP_LINE_MAX, "\r\n",
	       "lost: the server sends a line longer than 2097152 bytes"),
	    "a line that is too long");
	ok(is_read_as("* LIST () NIL {5}\r\nabcde ", 'x', MS_IMAP_LINE_MAX - 20,
	       "\r\n", "lost: a line is too long"),
	    "a response that is too long");
}

/* A whole line of atoms that begin like a literal or a section is read in some
 * seconds at most; a search to the end of the line for each took minutes. */
static void
check_time(void)
{
	static const char *const atoms[] = {"{ ", "BODY[ "};
	struct ms_imap_reader r;
	struct ms_buf line = {0};
	clock_t begun;
	size_t i;

	for (i = 0; i < 2; i++) {
		r = (struct ms_imap_reader){.tag = "t1"};
		ms_buf_clear(&line);
		ms_buf_add_str(&line, "* 1 FETCH (");
		while (line.n < MS_IMAP_LINE_MAX - 20)
			ms_buf_add_str(&line, atoms[i]);
		ms_buf_add_str(&line, "x)\r\n");
		ms_imap_reader_push(&r, line.p, line.n);
		begun = clock();
		ok(ms_imap_reader_next(&r, NULL) == MS_IMAP_RESPONSE &&
			clock() - begun < 4 * CLOCKS_PER_SEC,
		    "2 MiB of '%s' are read in time", atoms[i]);
		ms_imap_reader_release(&r);
	}
	ms_buf_release(&line);
}

static void
check_numbers(void)
{
	static const struct {
		const char *text;
		uint64_t max;
		bool good;
		uint64_t number;
	} numbers[] = {
	    {"0", 5, true, 0},
	    {"5", 5, true, 5},
	    {"6", 5, false, 0},
	    {"0005", 5, true, 5},
	    {"4294967295", UINT32_MAX, true, 4294967295},
	    {"4294967296", UINT32_MAX, false, 0},
	    {"18446744073709551615", UINT64_MAX, true, UINT64_MAX},
	    {"18446744073709551616", UINT64_MAX, false, 0},
	    {"", 5, false, 0},
	    {"-1", 5, false, 0},
	    {"1a", 5, false, 0},
	    {" 1", 5, false, 0},
	};
	uint64_t number;
	size_t i;
	bool good;

	for (i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++) {
		number = 0;
		good = ms_imap_number(
		    ms_slice_str(numbers[i].text), numbers[i].max, &number);
		ok(good == numbers[i].good &&
			(!good || number == numbers[i].number),
		    "the number '%s' of at most %llu", numbers[i].text,
		    (unsigned long long)numbers[i].max);
	}
}

int
main(void)
{
	size_t i;

	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		check(&rows[i]);
	check_limits();
	check_time();
	check_numbers();
	return done();
}
