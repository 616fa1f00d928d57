/* source-tree.c - Maildirs, and directories of all kinds of files. */
#include "source.h"

#include "sourced.h"

static void
make_dirs(const char *const *names)
{
	for (; *names != NULL; names++)
		if (mkdir(*names, 0700) < 0)
			perror(*names);
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
	    "M/cur/1:2,|INBOX||M2026-01-05T10:00:00Z|"
	    "From a@b Mon Jan  5 "
	    "10:00:00 2026~A: 1~\n"
	    "M/cur/2:2,FRSTDPab|INBOX|\\Seen \\Answered \\Flagged \\Draft "
	    "\\Deleted $Forwarded $Junk Work|M2026-01-05T10:00:00Z|A: 2~\n"
	    "M/cur/3!2,S|INBOX|\\Seen|M2026-01-05T10:00:00Z|no field~\n"
	    "M/cur/4:2,S: empty\n"
	    "M/new/0|INBOX||M2026-01-05T10:00:00Z|A: 0~\n"
	    "M/.A.B&-C/cur/5:2,S|A/B&C|\\Seen|M2026-01-05T10:00:00Z|A: 5~\n"
	    "M/.nomaildir ? hidden directory, not read\n"
	    "M/fs/cur/7|fs||M2026-01-05T10:00:00Z|A: 7~\n"
	    "M/fs/Entw&APw-rfe/new/8|fs/Entw\xc3\xbcrfe||"
	    "M2026-01-05T10:00:00Z|A: 8~\n");
	expect("a Maildir, -d", "M/fs/", into,
	    "M/fs/cur/7|X||M2026-01-05T10:00:00Z|A: 7~\n"
	    "M/fs/Entw&APw-rfe/new/8|X/Entw\xc3\xbcrfe||"
	    "M2026-01-05T10:00:00Z|A: 8~\n");
	expect("no Maildir, but asked for", "M/fs/cur", maildir,
	    "M/fs/cur: contains no Maildir\n");
	expect("a file, and a Maildir asked for", "M/new/0", maildir,
	    "65 not a Maildir\n");
}

/* Copies of Maildirs lose empty directories. */
static void
test_lost(void)
{
	static const char *const dirs[] = {"L", "L/a", "L/a/.Lists",
	    "L/a/.Lists/new", "L/a/.None", "L/a/.None/tmp", "L/b", "L/b/new",
	    "L/c", "L/c/cur", "L/c/.Sent", "L/c/.Sent/cur", "L/c/.Sent/old",
	    "L/d", "L/d/cur", "L/d/Work", "L/d/Work/new", "L/e", "L/e/new",
	    "L/e/Work", "L/f", "L/f/new", "L/f/old", "L/g", "L/h", "L/h/.x",
	    "L/i", "L/i/.Lists", NULL};
	struct ms_source_options none = {0};

	make_dirs(dirs);
	put_str("L/a/.Lists/new/1", "A: 1\n");
	put_str("L/a/.Lists/maildirfolder", "");
	put_str("L/a/.None/maildirfolder", "");
	put_str("L/b/new/2", "A: 2\n");
	put_str("L/c/cur/3", "A: 3\n");
	put_str("L/c/dovecot-uidlist", "3\n");
	put_str("L/c/.Sent/cur/4:2,S", "A: 4\n");
	put_str("L/d/cur/5:2,S", "A: 5\n");
	put_str("L/d/Work/new/6", "A: 6\n");
	put_str("L/e/new/1767607200.M1P2.host", "A: 7\n");
	put_str("L/f/new/8", "To: 8\n");
	put_str("L/h/.x/9", "A: 9\n");
	put_str("L/i/.Lists/10", "A: 10\n");
	expect("a folder that has only new", "L/a", none,
	    "L/a/.Lists/new/1|Lists||M2026-01-05T10:00:00Z|A: 1~\n");
	expect("a Maildir that has only new", "L/b", none,
	    "L/b/new/2|INBOX||M2026-01-05T10:00:00Z|A: 2~\n");
	expect("only cur, and files of programs", "L/c", none,
	    "L/c/cur/3|INBOX||M2026-01-05T10:00:00Z|A: 3~\n"
	    "L/c/.Sent/cur/4:2,S|Sent|\\Seen|M2026-01-05T10:00:00Z|A: 4~\n");
	expect("only cur, and a folder without a dot", "L/d", none,
	    "L/d/cur/5:2,S|INBOX|\\Seen|M2026-01-05T10:00:00Z|A: 5~\n"
	    "L/d/Work/new/6|Work||M2026-01-05T10:00:00Z|A: 6~\n");
	expect("only new, whose files have names of a delivery", "L/e", none,
	    "L/e/new/1767607200.M1P2.host|INBOX||M2026-01-05T10:00:00Z|"
	    "A: 7~\n");
	expect("a directory that is called new", "L/f", none,
	    "L/f/new/8|new||*|To: 8~\n");
	expect("an empty directory", "L/g", none, "L/g: contains no mail\n");
	expect("a hidden directory", "L/h", none,
	    "L/h/.x ? hidden directory, not read\nL/h: contains no mail\n");
	expect("hidden files instead of a folder", "L/i", none,
	    "L/i/.Lists ? hidden directory, not read\n"
	    "L/i: contains no mail\n");
}

static void
test_apple(void)
{
	static const char *const dirs[] = {"A", "A/Reisen.mbox", "A/Old.mbox",
	    "A/Old.mbox/Messages", "A/Old.mbox/Sub.mbox",
	    "A/Old.mbox/Sub.mbox/Messages", "A/no.mbox", "A/Empty.mbox", NULL};
	static const char plist[] = "<?xml version=\"1.0\"?>\n<plist/>\n";
	struct ms_source_options none = {0}, into = {.into = "X"};
	char text[200];

	make_dirs(dirs);
	put_str("A/Reisen.mbox/mbox", D1 "A: 1\n");
	put_str("A/Reisen.mbox/table_of_contents", "\1\2");
	put_str("A/Old.mbox/Info.plist", plist);
	snprintf(text, sizeof(text), "8         \nTo: 2\n\n\n%s", plist);
	put_str("A/Old.mbox/Messages/2.emlx", text);
	put_str("A/Old.mbox/Messages/3.emlx", "7\r\nTo: 3\n\n");
	put_str("A/Old.mbox/Messages/4.partial.emlx", text);
	text[0] = '7';
	put_str("A/Old.mbox/Messages/5.emlx", text);
	put_str("A/Old.mbox/Messages/6.emlx", "18\nTo: 6\n\n");
	put_str("A/Old.mbox/Messages/7.emlx", "5\n\nTo: 7\n\n");
	put_str("A/Old.mbox/Messages/a.emlx", "\xef\xbb\xbf 7\nTo: a\n\n");
	put_str("A/Old.mbox/Messages/b.emlx", "13\nFrom x\nTo: b\n<?xml");
	put_str("A/Old.mbox/Messages/c.emlx", "-5\nTo: c\n\n");
	put_str("A/Old.mbox/Messages/d.emlx", "To: d\n\n");
	put_str("A/Old.mbox/Messages/e.emlx", "\n7\nTo: e\n\n");
	text[0] = '8';
	put_str("A/Old.mbox/Sub.mbox/Messages/8", text);
	put_str("A/no.mbox/9", "To: 9\n");
	put_str("A/Empty.mbox/mbox", "");
	expect("packages and files of Apple Mail", "A", none,
	    "A/Old.mbox/Messages/2.emlx|Old||*|To: 2~~~\n"
	    "A/Old.mbox/Messages/3.emlx|Old||*|To: 3~~\n"
	    "A/Old.mbox/Messages/4.partial.emlx: an Apple .emlx file without "
	    "its attachments, which are in other files\n"
	    "A/Old.mbox/Messages/5.emlx|Old||*|To: 2~~an Apple .emlx file "
	    "whose number of bytes is wrong\n"
	    "A/Old.mbox/Messages/6.emlx|Old||*|To: 6~~an Apple .emlx file "
	    "that ends in its message\n"
	    "A/Old.mbox/Messages/7.emlx|Old||*|~To: an Apple .emlx file "
	    "whose number of bytes is wrong\n"
	    "A/Old.mbox/Messages/a.emlx|Old||*|To: a~~\n"
	    "A/Old.mbox/Messages/b.emlx|Old||*|From x~To: b~\n"
	    "A/Old.mbox/Messages/c.emlx: an Apple .emlx file that does not "
	    "begin with a number of bytes\n"
	    "A/Old.mbox/Messages/d.emlx|Old||*|To: d~~\n"
	    "A/Old.mbox/Messages/e.emlx: an Apple .emlx file that does not "
	    "begin with a number of bytes\n"
	    "A/Old.mbox/Sub.mbox/Messages/8|Old/Sub||*|To: 2~~~\n"
	    "A/Reisen.mbox/mbox @ 0|Reisen||2026-01-05T10:00:00Z|A: 1~\n"
	    "A/no.mbox/9|no.mbox||*|To: 9~\n");
	expect("a package that is named", "A/Reisen.mbox/", none,
	    "A/Reisen.mbox/mbox @ 0|Reisen||2026-01-05T10:00:00Z|A: 1~\n");
	expect("a package, -d", "A/Reisen.mbox", into,
	    "A/Reisen.mbox/mbox @ 0|X||2026-01-05T10:00:00Z|A: 1~\n");
}

static void
test_tree(void)
{
	static const char *const dirs[] = {"T", "T/d", "T/d/Work.sbd", "T/.x",
	    "T/a\\b\x01\xff", "T/m", "T/m/cur", "T/m/new", NULL};
	struct ms_source_options none = {0}, into = {.into = "X"},
				 stream = {.format = MS_FORMAT_STREAM};

	make_dirs(dirs);
	put_str("T/1.eml", "To: 1\n");
	put_str("T/2.mbox", D1 "A: 2\n");
	put_str("T/3.eml", D1 "A: 3\n");
	put_str("T/4.jpg", "\xff\xd8\xff");
	put_str("T/5.eml", "");
	put_str("T/Trash", "");
	put_str("T/Trash.msf", "<!-- -->");
	put_str("T/.x/6.eml", "A: 6\n");
	put_str("T/stream", MS_STREAM_FROM "MS-Envelope: user=\"root\"\nx\n");
	put_str("T/d/7", "To: 7\n");
	put_str("T/d/Work", D1 "A: 8\n");
	put_str("T/d/Work.sbd/Sub", D2 "A: 9\n");
	put_str("T/a\\b\x01\xff/10.eml", "A: 10\n");
	put_str("T/m/cur/11:2,F", "A: 11\n");
	if (mkfifo("T/fifo", 0600) < 0 || symlink("1.eml", "T/link") < 0)
		perror("T");
	expect("a directory", "T", none,
	    "T/1.eml|INBOX||*|To: 1~\n"
	    "T/2.mbox @ 0|2||2026-01-05T10:00:00Z|A: 2~\n"
	    "T/3.eml @ 0|INBOX||2026-01-05T10:00:00Z|A: 3~\n"
	    "T/4.jpg: not a mail message\n"
	    "T/5.eml: empty\n"
	    "T/stream @ 0|stream||1970-01-01T00:00:00Z|"
	    "MS-Envelope: user=\"root\"~x~\n"
	    "T/link: symbolic link, not followed\n"
	    "T/fifo: not a regular file\n"
	    "T/.x ? hidden directory, not read\n"
	    "T/a\\b\\x01\\xFF/10.eml|a\\\\b\\x01\\xFF||*|A: 10~\n"
	    "T/d/7|d||*|To: 7~\n"
	    "T/d/Work @ 0|d/Work||2026-01-05T10:00:00Z|A: 8~\n"
	    "T/d/Work.sbd/Sub @ 0|d/Work/Sub||2026-01-06T11:00:00Z|A: 9~\n"
	    "T/m/cur/11:2,F|m|\\Flagged|M2026-01-05T10:00:00Z|A: 11~\n");
	expect("-d goes before a path", "T/d", into,
	    "T/d/7|X||*|To: 7~\n"
	    "T/d/Work @ 0|X/Work||2026-01-05T10:00:00Z|A: 8~\n"
	    "T/d/Work.sbd/Sub @ 0|X/Work/Sub||2026-01-06T11:00:00Z|A: 9~\n");
	expect("no stream in a directory", "T", stream,
	    "65 a directory is not a message stream\n");
	expect(
	    "a link that is named", "T/link", none, "T/link|INBOX||*|To: 1~\n");
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
	ok(strstr(ms_buf_str(&out), ": more than 100 nested directories\n") !=
		NULL,
	    "directories that are nested too deeply are refused");
	ms_buf_release(&path);
	ms_buf_release(&out);
}

int
main(void)
{
	char dir[SCRATCH_MAX];

	enter_scratch(dir);
	test_maildir();
	test_lost();
	test_apple();
	test_tree();
	test_deep();
	leave_scratch(dir);
	return done();
}
