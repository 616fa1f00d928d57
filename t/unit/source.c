/* source.c - what is mail and what is not, and what each source says of its
 * messages. Runs in a scratch folder of its own. */
#include "source.h"

#include <fcntl.h>
#include <ftw.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include "tap.h"

#define D1 "From a@b Mon Jan  5 10:00:00 2026\n"
#define D2 "From c@d Tue Jan  6 11:00:00 2026\n"
#define END(n)                                                                 \
	MS_STREAM_FROM "MS-Envelope: end; messages=" n                         \
		       "; failed=0; status=75\n\n"
#define MTIME 1767607200 /* 2026-01-05T10:00:00Z */

static void
put(const char *path, const char *p, size_t n)
{
	struct timespec times[2] = {{.tv_sec = MTIME}, {.tv_sec = MTIME}};
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0600);

	if (fd < 0 || write(fd, p, n) != (ssize_t)n || futimens(fd, times) < 0)
		perror(path);
	close(fd);
}

static void
put_str(const char *path, const char *text)
{
	put(path, text, strlen(text));
}

static void
make_dirs(const char *const *names)
{
	for (; *names != NULL; names++)
		if (mkdir(*names, 0700) < 0)
			perror(*names);
}

/*
 * All messages of an input, a line each: "where|folder|flags|date|bytes", the
 * date with "*" if it is the fallback, "!" before the user of a believed
 * envelope; failures as "where: sentence".
 */
static void
add_message(
    struct ms_source *src, const struct ms_arrival *a, struct ms_buf *out)
{
	char *const *v = a->env.value;
	struct ms_buf bytes = {0};
	struct ms_err err = {0};
	struct ms_slice piece;
	int rc;

	ms_buf_printf(out, "%s|%s|%s|%s%s|", a->where, v[MS_ATTR_FOLDER],
	    v[MS_ATTR_FLAGS] != NULL ? v[MS_ATTR_FLAGS] : "",
	    v[MS_ATTR_DATE] != NULL ? v[MS_ATTR_DATE] : "",
	    a->has_fallback_date && a->fallback_date == MTIME ? "*" : "");
	if (a->believed)
		ms_buf_printf(out, "!%s|",
		    v[MS_ATTR_USER] != NULL ? v[MS_ATTR_USER] : "");
	while ((rc = ms_source_read(src, &piece, &err)) > 0)
		ms_buf_add(&bytes, piece.p, piece.n);
	for (size_t i = 0; i < bytes.n; i++)
		ms_buf_printf(out, bytes.p[i] == '\n' ? "~" : "%c", bytes.p[i]);
	ms_buf_printf(out, "%s\n", rc < 0 ? err.msg : "");
	ms_buf_release(&bytes);
}

static void
read_all(
    const char *path, const struct ms_source_options *opt, struct ms_buf *out)
{
	struct ms_source *src;
	struct ms_arrival a;
	struct ms_trailer t;
	struct ms_err err = {0};
	bool whole;
	int rc;

	ms_buf_clear(out);
	if (ms_source_open(&src, path, opt, &err) < 0) {
		ms_buf_printf(out, "%d %s\n", err.code, err.msg);
		return;
	}
	while ((rc = ms_source_next(src, &a, &err)) != 0) {
		if (rc < 0)
			ms_buf_printf(out, "%s: %s\n", a.where, err.msg);
		else
			add_message(src, &a, out);
	}
	if (ms_source_trailer(src, &t, &whole) == 1)
		ms_buf_printf(out, "%s, %d messages, status %d\n",
		    whole ? "whole" : "cut", (int)t.messages, t.status);
	ms_source_close(src);
}

static void
expect(const char *name, const char *path, struct ms_source_options opt,
    const char *want)
{
	struct ms_buf out = {0};

	read_all(path, &opt, &out);
	ok(strcmp(ms_buf_str(&out), want) == 0, "%s", name);
	if (strcmp(ms_buf_str(&out), want) != 0)
		printf("# got:\n%s# want:\n%s", ms_buf_str(&out), want);
	ms_buf_release(&out);
}

/* ---- what is mail ---- */

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
    {"junk before the header", TEXT(">From x\nhello\nSubject: x\n"), "e"},
    {"8-bit text before it", TEXT("Gr\xfc\xdf\x65\nSubject: x\n"), "e"},
    {"NUL behind the first field", TEXT("A: b\n\0\0"), "e"},
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
	expect("an empty file", "empty", none, "3 empty\n");
	expect(
	    "no file", "nothere", none, "3 open: No such file or directory\n");
	if (geteuid() != 0) {
		chmod("empty", 0);
		expect(
		    "unreadable", "empty", none, "3 open: Permission denied\n");
	}
}

/* ---- streams ---- */

static void
test_streams(void)
{
	static const struct {
		const char *name, *in, *want;
	} rows[] = {
	    {"two messages",
		MS_STREAM_FROM "MS-Envelope: user=alice; flags=\"\\\\Seen\"\n"
			       "A: b\n>From x\n\n" MS_STREAM_FROM
			       "MS-Envelope: folder=\"B/C\"\n\n" END("2"),
		"s, message 1|INBOX|\\Seen||!alice|A: b~From x~\n"
		"s, message 2|B/C|||!|\nwhole, 2 messages, status 75\n"},
	    {"nothing but a trailer", END("0"),
		"whole, 0 messages, status 75\n"},
	    {"two streams",
		END("1") END("2") MS_STREAM_FROM
		"MS-Envelope: end; messages=3; failed=0; status=1\n",
		"whole, 6 messages, status 75\n"},
	    {"a message behind the trailer",
		END("0") MS_STREAM_FROM "MS-Envelope:\nx\n" MS_STREAM_FROM,
		"s, message 1|INBOX|||!|x\n"
		"s, message 2: cut: the stream ends in an envelope\n"
		"cut, 0 messages, status 75\n"},
	    {"text behind the trailer", END("0") "hello\n",
		"s, message 1: 5 bytes behind a trailer, which are no message\n"
		"cut, 0 messages, status 75\n"},
	    {"cut in a message", MS_STREAM_FROM "MS-Envelope:\nA: b\n\n",
		"s, message 1|INBOX|||!|A: b~cut: the stream ends in "
		"mid-message\ncut, 0 messages, status 0\n"},
	    {"cut in an envelope", MS_STREAM_FROM "MS-Envel",
		"s, message 1: cut: the stream ends in an envelope\n"
		"cut, 0 messages, status 0\n"},
	    {"cut in the separator",
		MS_STREAM_FROM "MS-Envelope:\nx\n\nFrom ms-stre",
		"s, message 1|INBOX|||!|x~~From ms-strecut: the stream ends in "
		"mid-message\ncut, 0 messages, status 0\n"},
	    {"cut in the trailer",
		MS_STREAM_FROM "MS-Envelope:\nx\n" MS_STREAM_FROM
			       "MS-Envelope: end; mess",
		"s, message 1|INBOX|||!|x\n"
		"s, message 2: cut: the stream ends in an envelope\n"
		"cut, 0 messages, status 0\n"},
	    {"a message that its writer voided",
		MS_STREAM_FROM
		"MS-Envelope:\nha\n" MS_STREAM_FROM
		"MS-Envelope: void; reason=\"gone\"\n\n" MS_STREAM_FROM
		"MS-Envelope:\nlf\n" MS_STREAM_FROM
		"MS-Envelope: void\n\n" END("0"),
		"s, message 1|INBOX|||!|hacut by its writer: gone\n"
		"s, message 2|INBOX|||!|lfcut by its writer\n"
		"whole, 0 messages, status 75\n"},
	    {"a bad envelope, and its neighbours",
		MS_STREAM_FROM "MS-Envelope:\na\n" MS_STREAM_FROM
			       "MS-Envelope: user=\nb\n" MS_STREAM_FROM
			       "Subject: x\n\nc\n\n" MS_STREAM_FROM
			       "MS-Envelope:\nd\n" END("2"),
		"s, message 1|INBOX|||!|a\n"
		"s, message 2: envelope: a value is missing\n"
		"s, message 3: the message does not begin with MS-Envelope\n"
		"s, message 4|INBOX|||!|d\nwhole, 2 messages, status 75\n"},
	    {"no LF before the next separator",
		MS_STREAM_FROM "MS-Envelope:\n" MS_STREAM_FROM
			       "MS-Envelope: ref=1\n" END("0"),
		"s, message 1|INBOX|||!|cut: another message begins in its "
		"place\ns, message 2|INBOX|||!|\n"
		"whole, 0 messages, status 75\n"},
	    {"a field of that name deeper down is the message's own",
		MS_STREAM_FROM "MS-Envelope: user=a\nMS-Envelope: user=b\n"
			       "\n" END("1"),
		"s, message 1|INBOX|||!a|MS-Envelope: user=b~\n"
		"whole, 1 messages, status 75\n"},
	};
	struct ms_source_options none = {0}, into = {.into = "X"};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		put_str("s", rows[i].in);
		expect(rows[i].name, "s", none, rows[i].want);
	}
	put_str("s", rows[0].in);
	expect("-d goes before a folder", "s", into,
	    "s, message 1|X|\\Seen||!alice|A: b~From x~\n"
	    "s, message 2|X/B/C|||!|\nwhole, 2 messages, status 75\n");
}

/* Lines of 64 KiB and around, which no window edge may hurt. */
static void
test_long_envelopes(void)
{
	struct ms_source_options none = {0};
	struct ms_buf b = {0}, out = {0};

	for (int extra = 0; extra < 2; extra++) {
		ms_buf_clear(&b);
		for (int i = 0; i < 20; i++) {
			ms_buf_add_str(&b, MS_STREAM_FROM "MS-Envelope: x=");
			memset(ms_buf_room(&b, 65536), 'x', 65536);
			b.n += (size_t)(MS_ENVELOPE_MAX - 16 + extra);
			ms_buf_add_str(&b, "\nm\n");
		}
		ms_buf_add_str(&b, END("20"));
		put("s", (char *)b.p, b.n);
		read_all("s", &none, &out);
		ok(strstr(ms_buf_str(&out),
		       extra == 0 ? "s, message 20|INBOX|||!|m\n"
				  : "s, message 20: envelope: more than 65536 "
				    "bytes\n") != NULL,
		    "envelopes of 65,536 bytes and %d", extra);
	}
	ms_buf_release(&b);
	ms_buf_release(&out);
}

/* ---- Maildirs and directories ---- */

static void
test_maildir(void)
{
	static const char *const dirs[] = {"M", "M/cur", "M/new", "M/tmp",
	    "M/.A.B&-C", "M/.A.B&-C/cur", "M/.A.B&-C/new", "M/.nomaildir",
	    "M/fs", "M/fs/cur", "M/fs/new", "M/fs/Entw&APw-rfe",
	    "M/fs/Entw&APw-rfe/cur", "M/fs/Entw&APw-rfe/new", NULL};
	struct ms_source_options none = {0}, into = {.into = "X"},
				 maildir = {.format = MS_FORMAT_MAILDIR};

	make_dirs(dirs);
	put_str("M/cur/2:2,FRSTDPab", "A: 2\n");
	put_str("M/cur/1:2,", D1 "A: 1\n");
	put_str("M/cur/3!2,S", "no field\n");
	put_str("M/cur/.hidden", "A: 4\n");
	put_str("M/cur/4:2,S", "");
	put_str("M/new/0", "A: 0\n");
	put_str("M/tmp/9", "A: 9\n");
	put_str("M/dovecot-keywords", "0 $Junk\n2 x\n1 Work\n30 y\nz\n");
	put_str("M/dovecot.index.log", "\1\2");
	put_str("M/maildirsize", "1 2\n");
	put_str("M/.A.B&-C/cur/5:2,S", "A: 5\n");
	put_str("M/.nomaildir/6", "A: 6\n");
	put_str("M/fs/cur/7", "A: 7\n");
	put_str("M/fs/Entw&APw-rfe/new/8", "A: 8\n");
	expect("a Maildir", "M", none,
	    "M/cur/1:2,|INBOX||2026-01-05T10:00:00Z*|"
	    "From a@b Mon Jan  5 "
	    "10:00:00 2026~A: 1~\n"
	    "M/cur/2:2,FRSTDPab|INBOX|\\Seen \\Answered \\Flagged \\Draft "
	    "\\Deleted $Forwarded $Junk Work|2026-01-05T10:00:00Z*|A: 2~\n"
	    "M/cur/3!2,S|INBOX|\\Seen|2026-01-05T10:00:00Z*|no field~\n"
	    "M/cur/4:2,S: empty\n"
	    "M/new/0|INBOX||2026-01-05T10:00:00Z*|A: 0~\n"
	    "M/.A.B&-C/cur/5:2,S|A/B&C|\\Seen|2026-01-05T10:00:00Z*|A: 5~\n"
	    "M/fs/cur/7|fs||2026-01-05T10:00:00Z*|A: 7~\n"
	    "M/fs/Entw&APw-rfe/new/8|fs/Entw\xc3\xbcrfe||"
	    "2026-01-05T10:00:00Z*|A: 8~\n");
	expect("a Maildir, -d", "M/fs/", into,
	    "M/fs/cur/7|X||2026-01-05T10:00:00Z*|A: 7~\n"
	    "M/fs/Entw&APw-rfe/new/8|X/Entw\xc3\xbcrfe||"
	    "2026-01-05T10:00:00Z*|A: 8~\n");
	expect("no Maildir, but asked for", "M/fs/cur", maildir,
	    "M/fs/cur: holds no Maildir\n");
	expect("a file, and a Maildir asked for", "a.eml", maildir,
	    "2 not a Maildir\n");
}

static void
test_tree(void)
{
	static const char *const dirs[] = {"T", "T/d", "T/d/Work.sbd", "T/.x",
	    "T/a\\b\x01\xff", "T/m", "T/m/cur", "T/m/new", NULL};
	struct ms_source_options none = {0}, into = {.into = "X"},
				 stream = {.format = MS_FORMAT_STREAM};

	make_dirs(dirs);
	put_str("T/1.eml", "A: 1\n");
	put_str("T/2.mbox", D1 "A: 2\n");
	put_str("T/3.eml", D1 "A: 3\n");
	put_str("T/4.jpg", "\xff\xd8\xff");
	put_str("T/5.eml", "");
	put_str("T/Trash", "");
	put_str("T/Trash.msf", "<!-- -->");
	put_str("T/.x/6.eml", "A: 6\n");
	put_str("T/stream", MS_STREAM_FROM "MS-Envelope: user=\"root\"\nx\n");
	put_str("T/d/7", "A: 7\n");
	put_str("T/d/Work", D1 "A: 8\n");
	put_str("T/d/Work.sbd/Sub", D2 "A: 9\n");
	put_str("T/a\\b\x01\xff/10.eml", "A: 10\n");
	put_str("T/m/cur/11:2,F", "A: 11\n");
	if (mkfifo("T/fifo", 0600) < 0 || symlink("1.eml", "T/link") < 0)
		perror("T");
	expect("a directory", "T", none,
	    "T/1.eml|INBOX||*|A: 1~\n"
	    "T/2.mbox @ 0|2||2026-01-05T10:00:00Z|A: 2~\n"
	    "T/3.eml @ 0|INBOX||2026-01-05T10:00:00Z*|A: 3~\n"
	    "T/4.jpg: not a mail message\n"
	    "T/5.eml: empty\n"
	    "T/stream @ 0|stream||1970-01-01T00:00:00Z|"
	    "MS-Envelope: user=\"root\"~x~\n"
	    "T/link: symbolic link, not followed\n"
	    "T/fifo: not a regular file\n"
	    "T/a\\b\\x01\\xFF/10.eml|a\\\\b\\x01\\xFF||*|A: 10~\n"
	    "T/d/7|d||*|A: 7~\n"
	    "T/d/Work @ 0|d/Work||2026-01-05T10:00:00Z|A: 8~\n"
	    "T/d/Work.sbd/Sub @ 0|d/Work/Sub||2026-01-06T11:00:00Z|A: 9~\n"
	    "T/m/cur/11:2,F|m|\\Flagged|2026-01-05T10:00:00Z*|A: 11~\n");
	expect("-d goes before a path", "T/d", into,
	    "T/d/7|X||*|A: 7~\n"
	    "T/d/Work @ 0|X/Work||2026-01-05T10:00:00Z|A: 8~\n"
	    "T/d/Work.sbd/Sub @ 0|X/Work/Sub||2026-01-06T11:00:00Z|A: 9~\n");
	expect("no stream in a directory", "T", stream,
	    "2 a directory is not a message stream\n");
	expect(
	    "a link that is named", "T/link", none, "T/link|INBOX||*|A: 1~\n");
}

static void
test_deep(void)
{
	struct ms_source_options none = {0};
	struct ms_buf path = {0}, out = {0};

	ms_buf_add_str(&path, "deep");
	for (int i = 0; i < 300; i++) {
		mkdir(ms_buf_str(&path), 0700);
		ms_buf_add_str(&path, "/d");
	}
	read_all("deep", &none, &out);
	ok(strstr(ms_buf_str(&out),
	       ": more than 100 directories in each other\n") != NULL,
	    "directories nested too deeply");
	ms_buf_release(&path);
	ms_buf_release(&out);
}

/* ---- the caller's side ---- */

/* A message that is left half-read, or not read, does not hurt the next. */
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

/* Standard input, which is a pipe that gives a few bytes at a time. */
static void
test_pipe(void)
{
	static const char in[] =
	    MS_STREAM_FROM "MS-Envelope: user=a\nx\n" END("1");
	struct ms_source_options none = {0};
	int fd[2];
	pid_t pid;

	fflush(stdout);
	if (pipe(fd) < 0 || (pid = fork()) < 0)
		abort();
	if (pid == 0) {
		for (size_t i = 0; i < sizeof(in) - 1; i += 7)
			if (write(fd[1], in + i,
				sizeof(in) - 1 - i < 7 ? sizeof(in) - 1 - i
						       : 7) < 0)
				_exit(1);
		_exit(0);
	}
	close(fd[1]);
	dup2(fd[0], STDIN_FILENO);
	expect("a pipe", "-", none,
	    "stdin, message 1|INBOX|||!a|x\nwhole, 1 messages, status 75\n");
	expect("a pipe that is at its end", "-", none, "3 empty\n");
	close(fd[0]);
}

static int
remove_one(const char *path, const struct stat *st, int type, struct FTW *f)
{
	(void)st;
	(void)type;
	(void)f;
	return remove(path);
}

int
main(void)
{
	char dir[] = "/tmp/ms-unit-source.XXXXXX";

	if (mkdtemp(dir) == NULL || chdir(dir) < 0) {
		perror(dir);
		return 1;
	}
	test_kinds();
	test_files();
	test_streams();
	test_long_envelopes();
	test_maildir();
	test_tree();
	test_deep();
	test_skip();
	test_pipe();
	if (chdir("/") < 0 ||
	    nftw(dir, remove_one, 16, FTW_DEPTH | FTW_PHYS) < 0)
		perror(dir);
	return done();
}
