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
	const char *want; /* s stream, m mbox, e single message, - none */
} kinds[] = {
    {"a header", TEXT("Subject: x\n\ny\n"), "e"},
    {"a header without end", TEXT("Subject: x"), "e"},
    {"a field without value", TEXT("Subject:"), "e"},
    {"blank lines on top", TEXT("\n \t\r\n\r\nSubject: x\n"), "e"},
    {"a byte order mark", TEXT("\xef\xbb\xbfSubject: x\r\n"), "e"},
    {"other text before the header", TEXT(">From x\nhello\nSubject: x\n"), "e"},
    {"8-bit text before it", TEXT("Gr\xfc\xdf\x65\nSubject: x\n"), "e"},
    {"NUL after the first field", TEXT("A: b\n\0\0"), "e"},
    {"a From_ line with a date", TEXT(D1 "hello\n"), "m"},
    {"a From_ line without, and a field", TEXT("From x y\nA: b\n"), "m"},
    {"a stream", TEXT(MS_STREAM_FROM), "s"},
    {"nearly a stream", TEXT(" " MS_STREAM_FROM), "-"},
    {"prose", TEXT("From here on, it is prose.\nMore of it\n"), "-"},
    {"prose with a colon", TEXT("We need three things: a, b, c\n"), "-"},
    {"a field below the first paragraph", TEXT("Hello\n\nSubject: x\n"), "-"},
    {"a web address", TEXT("https://example.org/\n"), "-"},
    {"a field with a blank", TEXT("Subject : x\n"), "-"},
    {"an indented field", TEXT(" Subject: x\n"), "-"},
    {"JPEG", TEXT("\xff\xd8\xff\xe0\0\x10JFIF\0\1A:b\nSubject: x\n"), "-"},
    {"PNG", TEXT("\x89PNG\r\n\x1a\nSubject: x\n"), "-"},
    {"ELF", TEXT("\x7f\x45LF\2\1\1\nSubject: x\n"), "-"},
    {"zip", TEXT("PK\3\4\x14\0\0\nSubject: x\n"), "-"},
    {"tar", TEXT("Subject:\0\0\0\0\0\0"), "-"},
    {"PDF", TEXT("%PDF-1.4\n%\xe2\xe3\xcf\xd3\n1 0 obj\n<</A/http://x>>\n\n"),
	"-"},
    {"UTF-16", TEXT("\xff\xfeS\0u\0b\0:\0"), "-"},
    {"one byte", TEXT("F"), "-"},
    {"an LF", TEXT("\n"), "-"},
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
	expect("text", "text", none, "2 not a mail message\n");
	expect("an mbox without its beginning", "text", mbox,
	    "text @ 0: 5 bytes before the first From_ line\n"
	    "text @ 6|text||2026-01-05T10:00:00Z|A: b~\n");
	expect("no mbox", "a.eml", mbox,
	    "a.eml @ 0: not an mbox: no From_ line\n");
	expect("-d, not UTF-8", "a.eml",
	    (struct ms_source_options){.into = "\xff"},
	    "1 the folder name is not UTF-8\n");
	expect("an empty file", "empty", none, "3 empty\n");
	expect(
	    "no file", "nothere", none, "3 open: No such file or directory\n");
	expect("a file that opens but cannot be read", "/proc/self/mem", none,
	    "6 read: Input/output error\n");
	if (geteuid() != 0) {
		chmod("empty", 0);
		expect(
		    "unreadable", "empty", none, "3 open: Permission denied\n");
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
	uint64_t done, total;
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
	ok(messages == 100, "messages left unread are skipped");
	ms_source_progress(src, &done, &total);
	ok(done == b.n && total == b.n, "progress ends at the end");
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

int
main(int argc, char *argv[])
{
	char dir[64];

	for (int i = 1; i < argc; i++)
		print_messages(argv[i]);
	if (argc > 1)
		return 0;
	enter_scratch(dir);
	test_kinds();
	test_files();
	test_skip();
	leave_scratch(dir);
	return done();
}
