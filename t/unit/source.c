/*
 * source.c - recognition of mail, single files, and mboxes. With files as
 * arguments, it lists their messages for t/0210.
 */
#include "source.h"

#include "sha.h"
#include "sourced.h"

/* ---- recognition of mail ---- */

#define TEXT(s) s, sizeof(s) - 1

static const struct {
	const char *name, *in;
	size_t n;
	const char *want; /* m mbox, e single message, - none, o a kind that
			     is not mail */
} kinds[] = {
    {"a header", TEXT("Subject: x\n\ny\n"), "e"},
    {"a header without end", TEXT("Subject: x"), "e"},
    {"a field without value", TEXT("Subject:"), "e"},
    {"blank lines on top", TEXT("\n \t\r\n\r\nSubject: x\n"), "e"},
    {"a byte order mark", TEXT("\xef\xbb\xbfSubject: x\r\n"), "e"},
    {"other text before the header", TEXT(">From x\nhello\nSubject: x\n"), "e"},
    {"8-bit text before it", TEXT("Gr\xfc\xdf\x65\nSubject: x\n"), "e"},
    {"NUL after the first field", TEXT("To: b\n\0\0"), "e"},
    {"a From_ line with a date", TEXT(D1 "hello\n"), "m"},
    {"a From_ line without, and a field", TEXT("From x y\nTo: b\n"), "m"},
    {"the same, not a field of mail", TEXT("From x y\nNote: b\n"), "o"},
    {"the same, two fields", TEXT("From x y\nNote: b\nA: b\n"), "m"},
    {"From with a colon", TEXT("From : a@b\nNote: x\n"), "e"},
    {"a NUL and a byte order mark before a From_ line",
	TEXT("\0\n\xef\xbb\xbf" D1 "A: b\n"), "m"},
    {"a stream", TEXT(MS_STREAM_FROM), "-"},
    {"nearly a stream", TEXT(" " MS_STREAM_FROM), "o"},
    {"prose", TEXT("From here on, it is prose.\nMore of it\n"), "o"},
    {"prose with a colon", TEXT("We need three things: a, b, c\n"), "o"},
    {"a field below the first paragraph", TEXT("Hello\n\nSubject: x\n"), "o"},
    {"a web address", TEXT("https://example.org/\n"), "o"},
    {"a field with a blank", TEXT("Subject : x\n"), "e"},
    {"a text with other fields", TEXT("A: b\nVersion: 1\n\nTo: x\n"), "o"},
    {"one field of mail below others", TEXT("A: b\nVersion: 1\nTo: x\n"), "e"},
    {"a date below other fields", TEXT("Format: 1.8\nDate: x\n"), "o"},
    {"a date on top", TEXT("Date: x\n"), "e"},
    {"a vCard", TEXT("BEGIN:VCARD\r\nSubject: x\r\n"), "o"},
    {"a calendar",
	TEXT("\xef\xbb\xbf"
	     "begin:vcalendar\nSubject: x\n"),
	"o"},
    {"a document type", TEXT("<!DOCTYPE html>\nSubject: x\n"), "o"},
    {"HTML", TEXT("\n  <html><style>\nbody:hover{}\nSubject: x\n"), "o"},
    {"LDIF", TEXT("dn: cn=x\nSubject: x\nmail: a@b\n"), "o"},
    {"LDIF with a comment", TEXT("# x\n\nversion: 1\ndn: x\nTo: x\n"), "o"},
    {"YAML", TEXT("---\nsubject: x\ndate: y\n---\n"), "o"},
    {"YAML without a mark", TEXT("name: x\nkeep:\n  - a\n"), "o"},
    {"YAML with keys of mail", TEXT("name: x\nto: a@b\nfrom: c\n\na: b\n"),
	"o"},
    {"the same, below them", TEXT("from: c\r\nto:\r\n- a@b\r\njob: x\r\n"),
	"o"},
    {"fields in lower case", TEXT("from: c\nto: d\npriority: 1\nx-a: b\n"),
	"e"},
    {"and a field that only mail has", TEXT("name: x\nreceived: y\n"), "e"},
    {"one name in upper case", TEXT("name: x\nTo: y\n"), "e"},
    {"JSON", TEXT("{\nSubject: x\n}\n"), "o"},
    {"C", TEXT("/* x */\ndefault:\nSubject: x\n"), "o"},
    {"a script", TEXT("#!/bin/sh\nSubject: x\n"), "o"},
    {"a patch", TEXT("Index: x\nSubject: x\n"), "o"},
    {"a log of git", TEXT("commit x\nAuthor: a\nDate: x\nTo: x\n"), "o"},
    {"a log with levels", TEXT("INFO: started\nTo: x\n"), "o"},
    {"a log with times", TEXT("2026-01-05 10:00 x\nTo: x\n"), "o"},
    {"syslog", TEXT("Jan  5 10:00:00 host x: y\nTo: x\n"), "o"},
    {"a log of procmail", TEXT(D1 " Subject: x\n  Folder: y  12\n"), "o"},
    {"BABYL", TEXT("BABYL OPTIONS: -*-\nVersion: 5\n\37\nSubject: x\n"), "-"},
    {"MMDF", TEXT("\1\1\1\1\nSubject: x\n\n\1\1\1\1\n"), "-"},
    {"an indented field", TEXT(" Subject: x\n"), "o"},
    {"JPEG", TEXT("\xff\xd8\xff\xe0\0\x10JFIF\0\1A:b\nSubject: x\n"), "o"},
    {"PNG", TEXT("\x89PNG\r\n\x1a\nSubject: x\n"), "o"},
    {"ELF", TEXT("\x7f\x45LF\2\1\1\nSubject: x\n"), "o"},
    {"zip", TEXT("PK\3\4\x14\0\0\nSubject: x\n"), "-"},
    {"tar", TEXT("Subject:\0\0\0\0\0\0"), "o"},
    {"PDF", TEXT("%PDF-1.4\n%\xe2\xe3\xcf\xd3\n1 0 obj\n<</A/http://x>>\n\n"),
	"o"},
    {"UTF-16", TEXT("\xff\xfeS\0u\0b\0:\0"), "-"},
    {"one byte", TEXT("F"), "o"},
    {"an LF", TEXT("\n"), "o"},
};

static void
test_kinds(void)
{
	struct ms_source_options opt = {0};
	struct ms_source *src;
	struct ms_arrival a;
	struct ms_trailer t;
	struct ms_err err;
	const char *got;
	bool whole;

	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
		put("kind", kinds[i].in, kinds[i].n);
		err = (struct ms_err){0};
		got = "-";
		if (ms_source_open(&src, "kind", &opt, &err) == 0) {
			(void)ms_source_next(src, &a, NULL);
			got = strstr(a.where, " @ ") != NULL ? "m" : "e";
			if (ms_source_trailer(src, &t, &whole) == 1)
				got = "s";
			ms_source_close(src);
		}
		if (err.code == MS_NOINPUT)
			got = "o";
		ok(strcmp(got, kinds[i].want) == 0 &&
			(got[0] != '-' || err.code == MS_DATA),
		    "%s: %s", kinds[i].name, kinds[i].want);
	}
	unlink("kind");
}

/* ---- files ---- */

static void
test_files(void)
{
	struct ms_source_options none = {0}, into = {.into = "X/Y"},
				 mbox = {.format = MS_FORMAT_MBOX},
				 eml = {.format = MS_FORMAT_EML},
				 unquote = {.unquote = true};

	put_str("a.mbox", D1 "A: b\n\n>From x\n\n" D2 "A: d\n");
	put_str("blank", "\n\r\n" D1 "A: b\n");
	put_str("a.eml", "A: b\n\nc\n");
	put_str("f.eml", "From x@y\r\nA: b\r\n\r\n" D1 "A: d\r\n\r\n");
	put_str("text", "text\n\n" D1 "A: b\n");
	put_str("empty", "");
	put_str("bird", "From - Mon Jan  5 10:00:00 2026\nA: b\n");
	put_str("birds", "From - a@b Mon Jan  5 10:00:00 2026\nA: b\n");
	put_str("bird.eml", "From - Mon Jan  5 11:00:00 2026\nA: b\n");
	put_str("lore.eml", "From x@z Thu Jan  1 00:00:00 1970\nA: b\n");
	expect("an mbox", "a.mbox", none,
	    "a.mbox @ 0|a||2026-01-05T10:00:00Z|A: b~~>From x~\n"
	    "a.mbox @ 49|a||2026-01-06T11:00:00Z|A: d~\n");
	expect("an mbox, unquoted", "a.mbox", unquote,
	    "a.mbox @ 0|a||2026-01-05T10:00:00Z|A: b~~From x~\n"
	    "a.mbox @ 49|a||2026-01-06T11:00:00Z|A: d~\n");
	expect("an mbox, -d", "a.mbox", into,
	    "a.mbox @ 0|X/Y||2026-01-05T10:00:00Z|A: b~~>From x~\n"
	    "a.mbox @ 49|X/Y||2026-01-06T11:00:00Z|A: d~\n");
	/* The offset is that of the From_ line, not of the empty lines. */
	expect("an mbox after empty lines", "blank", none,
	    "blank @ 3|blank||2026-01-05T10:00:00Z|A: b~\n");
	expect("an eml", "a.eml", none, "a.eml|INBOX||*|A: b~~c~\n");
	expect("an eml, -d", "a.eml", into, "a.eml|X/Y||*|A: b~~c~\n");
	expect("an eml with a From_ line", "f.eml", none,
	    "f.eml @ 0|INBOX||*|A: b\r~\r~"
	    "From a@b Mon Jan  5 10:00:00 2026~"
	    "A: d\r~\n");
	expect("an mbox as one message", "a.mbox", eml,
	    "a.mbox|INBOX||*|From a@b Mon Jan  5 10:00:00 2026~A: b~~>From x~"
	    "~From c@d Tue Jan  6 11:00:00 2026~A: d~\n");
	expect("Thunderbird's From_ line", "bird", none,
	    "bird @ 0|bird||T2026-01-05T10:00:00Z|A: b~\n");
	expect("one with an address is not Thunderbird's", "birds", none,
	    "birds @ 0|birds||2026-01-05T10:00:00Z|A: b~\n");
	expect("an eml of Thunderbird", "bird.eml", none,
	    "bird.eml @ 0|INBOX||*|A: b~\n");
	expect("an eml with a constant date", "lore.eml", none,
	    "lore.eml @ 0|INBOX||*|A: b~\n");
	expect("text", "text", none, "65 not a mail message\n");
	expect("an mbox without its beginning", "text", mbox,
	    "text @ 0: 5 bytes before the first From_ line\n"
	    "text @ 6|text||2026-01-05T10:00:00Z|A: b~\n");
	expect("no mbox", "a.eml", mbox,
	    "a.eml @ 0: not an mbox: no From_ line\n");
	expect("-d, not UTF-8", "a.eml",
	    (struct ms_source_options){.into = "\xff"},
	    "64 the folder name is not UTF-8\n");
	expect("an empty file", "empty", none, "66 empty\n");
	expect("no file", "nothere", none, "66 No such file or directory\n");
	expect("a file that opens but cannot be read", "/proc/self/mem", none,
	    "74 read: Input/output error\n");
	if (geteuid() != 0) {
		chmod("empty", 0);
		expect("unreadable", "empty", none, "66 Permission denied\n");
	}
}

/* ---- the caller's side ---- */

/* A message that is not read, or only partly, does not affect the next one. */
static void
test_skip(void)
{
	struct ms_source_options none = {0};
	struct ms_buf b = {0};
	struct ms_arrival a;
	struct ms_source *src;
	struct ms_slice piece;
	struct ms_progress p = {0};
	int messages = 0;

	for (int i = 0; i < 100; i++) {
		ms_buf_add_str(&b, D1 "A: b\n\n");
		memset(ms_buf_room(&b, 30000), 'x', 30000);
		b.n += 30000;
		ms_buf_add_str(&b, "\n\n");
	}
	put("big.mbox", (char *)b.p, b.n);
	if (ms_source_open(&src, "big.mbox", &none, NULL) < 0)
		abort();
	while (ms_source_next(src, &a, NULL) > 0)
		if (++messages % 3 == 0)
			(void)ms_source_read(src, &piece, NULL);
	ok(messages == 100, "messages that were not read are skipped");
	ms_source_progress(src, &p);
	ok(p.bytes == b.n && p.bytes_total == b.n,
	    "the progress ends with the size of the input");
	ms_source_close(src);
	ms_buf_release(&b);
}

/*
 * For t/0210: prints "file TAB where TAB SHA-256" for each message, or the
 * failure.
 */
static void
print_messages(const char *path)
{
	struct ms_source_options none = {0};
	unsigned char digest[MS_SHA_LEN];
	char hex[MS_SHA_HEX + 1];
	struct ms_err err = {0};
	struct ms_sha sha;
	struct ms_source *src;
	struct ms_arrival a;
	struct ms_slice piece;
	int rc;

	if (ms_source_open(&src, path, &none, &err) < 0) {
		printf("%s\t%s\tfailed: %s\n", path, path, err.msg);
		return;
	}
	ms_sha_init(&sha);
	while ((rc = ms_source_next(src, &a, &err)) != 0) {
		while (rc > 0 && (rc = ms_source_read(src, &piece, &err)) > 0)
			ms_sha_add(&sha, piece.p, piece.n);
		ms_sha_end(&sha, digest);
		ms_hex(digest, sizeof(digest), hex);
		printf("%s\t%s\t%s%s\n", path, a.where,
		    rc < 0 ? "failed: " : hex, rc < 0 ? err.msg : "");
	}
	ms_source_close(src);
}

/* ---- a message in a spool ---- */

static void
test_spool(size_t n)
{
	struct ms_spool sp = {.fd = -1};
	struct ms_buf in = {0}, got = {0};
	struct ms_source *src;
	struct ms_arrival a;
	struct ms_slice piece;
	struct ms_err err = {0};
	int rc;

	ms_buf_add_str(&in, "A: b\r\n\n>From \r\n");
	while (in.n < n)
		ms_buf_add_byte(&in, (unsigned char)(in.n / 7));
	ms_spool_add(&sp, in.p, in.n, NULL);
	src = ms_source_of_spool(&sp, "lmtp:", "message 7");
	ok(ms_source_next(src, &a, &err) == 1 &&
		strcmp(a.where, "message 7") == 0 &&
		strcmp(a.env.value[MS_ATTR_SOURCE], "lmtp:") == 0 &&
		strcmp(a.env.value[MS_ATTR_FOLDER], "INBOX") == 0,
	    "the message of a spool with %zu bytes", in.n);
	while ((rc = ms_source_read(src, &piece, &err)) == 1)
		ms_buf_add(&got, piece.p, piece.n);
	ok(rc == 0 && ms_slice_eq(ms_buf_slice(&in), ms_buf_slice(&got)),
	    "  has all bytes");
	ok(ms_source_next(src, &a, &err) == 0, "  there is no other");
	ms_source_close(src);
	ok(ms_spool_size(&sp) == in.n, "  the spool still has it");
	ms_spool_release(&sp);
	ms_buf_release(&in);
	ms_buf_release(&got);
}

int
main(int argc, char *argv[])
{
	char dir[SCRATCH_MAX];

	for (int i = 1; i < argc; i++)
		print_messages(argv[i]);
	if (argc > 1)
		return 0;
	enter_scratch(dir);
	test_kinds();
	test_files();
	test_skip();
	test_spool(0);
	test_spool(2 * MS_SPOOL_MEMORY + 1);
	leave_scratch(dir);
	return done();
}
