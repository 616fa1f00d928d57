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
	    "M/fs/cur: contains no Maildir\n");
	expect("a file, and a Maildir asked for", "M/new/0", maildir,
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
	ok(strstr(ms_buf_str(&out), ": more than 100 nested directories\n") !=
		NULL,
	    "directories nested too deeply");
	ms_buf_release(&path);
	ms_buf_release(&out);
}

int
main(void)
{
	char dir[64];

	enter_scratch(dir);
	test_maildir();
	test_tree();
	test_deep();
	leave_scratch(dir);
	return done();
}
