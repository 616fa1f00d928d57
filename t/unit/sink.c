/*
 * sink.c - the exact output of each format; names of files; nothing is
 * overwritten. ms-export(1).
 */
#include "sink.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "sink-impl.h"
#include "scratch.h"
#include "tap.h"
#include "utf8.h"

static char scratch[SCRATCH_MAX];
static const unsigned char id[MS_SHA_LEN] = {
    0x01, 0x23, 0x45, 0x67, 0x89, 0xab, 0xcd, 0xef};

static struct ms_out_message
work_unit(const char *folder, const char *subject)
{
	return (struct ms_out_message){.id = id,
	    .user = folder != NULL ? "alice" : NULL,
	    .source = folder != NULL ? "local:" : NULL,
	    .folder = folder,
	    .place = "",
	    .flags = "\\Seen",
	    .has_date = true,
	    .sent = 1795251600,
	    .arrived = 1795255200,
	    .raw = {1795255200, MS_RAW_INTERNALDATE},
	    .subject = ms_slice_str(subject)};
}

/* Passes one message in pieces of `piece` bytes. */
static int
give(struct ms_sink *s, const struct ms_out_message *m, const char *text,
    size_t piece, struct ms_err *err)
{
	size_t n = strlen(text), at = 0;

	if (ms_sink_begin(s, m, err) < 0)
		return -1;
	for (; at < n; at += piece)
		if (ms_sink_data(s, (const unsigned char *)text + at,
			n - at < piece ? n - at : piece, err) < 0)
			return -1;
	return ms_sink_end(s, err);
}

static bool
file_is(const char *path, const char *want)
{
	struct ms_buf got = {0};
	bool same = ms_buf_read_file(&got, path, 1 << 20, NULL) == 0 &&
		    got.n == strlen(want) && memcmp(got.p, want, got.n) == 0;

	if (!same)
		printf("# %s: %.*s\n", path, (int)got.n, (char *)got.p);
	ms_buf_release(&got);
	return same;
}

static struct ms_sink *
open_sink(
    const char *format, const char *dest, enum ms_eol eol, struct ms_err *err)
{
	struct ms_sink_options opt = {.dest = dest, .eol = eol};
	struct ms_sink *s = NULL;

	if (ms_sink_format(format)->open(&s, &opt, err) < 0)
		return NULL;
	return s;
}

static int
close_sink(struct ms_sink *s, int status, struct ms_err *err)
{
	struct ms_trailer t = {.messages = 1, .status = status};

	return ms_sink_close(s, &t, err);
}

/* ---- mboxrd ---- */

static const struct {
	const char *text;
	enum ms_eol eol;
	const char *mbox;
} boxes[] = {
    {"From: Bob <bob@example.org>\n\nhello\n", MS_EXPORT_LF,
	"From bob@example.org Sat Nov 21 10:00:00 2026\n"
	"From: Bob <bob@example.org>\n\nhello\n\n"},
    {"Subject: x\n\nno end", MS_EXPORT_LF,
	"From MAILER-DAEMON Sat Nov 21 10:00:00 2026\n"
	"Subject: x\n\nno end\n\n"},
    {"Sender: a@b\n\n\nFrom x\n>From y\n", MS_EXPORT_ORIGINAL,
	"From a@b Sat Nov 21 10:00:00 2026\n"
	"Sender: a@b\n\n\n>From x\n>>From y\n\n"},
    {"From: a@b\r\n\r\nFrom x\r\n", MS_EXPORT_CRLF,
	"From a@b Sat Nov 21 10:00:00 2026\r\n"
	"From: a@b\r\n\r\n>From x\r\n\r\n"},
    {"", MS_EXPORT_LF, "From MAILER-DAEMON Sat Nov 21 10:00:00 2026\n\n"},
    {"From: only@header", MS_EXPORT_LF,
	"From only@header Sat Nov 21 10:00:00 2026\n"
	"From: only@header\n\n"},
};

static void
test_mboxrd(void)
{
	struct ms_out_message m = work_unit("INBOX", "x");

	for (size_t i = 0; i < sizeof(boxes) / sizeof(boxes[0]); i++)
		for (size_t piece = 1; piece < 100; piece += 49) {
			struct ms_err err = {0};
			struct ms_sink *s =
			    open_sink("mboxrd", "box", boxes[i].eol, &err);

			ok(s != NULL &&
				give(s, &m, boxes[i].text, piece, &err) == 0 &&
				close_sink(s, 0, &err) == 0 &&
				file_is("box", boxes[i].mbox),
			    "mboxrd %zu in pieces of %zu", i, piece);
			unlink("box");
		}
}

static void
test_mboxrd_odd_dates(void)
{
	struct ms_out_message m = work_unit("INBOX", "x");
	struct ms_err err = {0};
	struct ms_sink *s = open_sink("mboxrd", "box", MS_EXPORT_LF, &err);

	m.has_date = false;
	give(s, &m, "a: b\n", 9, &err);
	m.has_date = true;
	m.arrived = INT64_MAX;
	give(s, &m, "a: b\n", 9, &err);
	m.arrived = -1;
	give(s, &m, "a: b\n", 9, &err);
	ok(close_sink(s, 0, &err) == 0 &&
		file_is("box",
		    "From MAILER-DAEMON Thu Jan  1 00:00:00 1970\na: b\n\n"
		    "From MAILER-DAEMON Fri Dec 31 23:59:59 9999\na: b\n\n"
		    "From MAILER-DAEMON Wed Dec 31 23:59:59 1969\na: b\n\n"),
	    "dates that are unknown or cannot be represented");
	unlink("box");
}

/* ---- stream ---- */

static void
test_stream(void)
{
	struct ms_out_message m = work_unit("IN\"BOX", "x"),
			      bare = work_unit(NULL, "x");
	struct ms_err err = {0};
	struct ms_sink *s = open_sink("stream", "st", MS_EXPORT_LF, &err);

	m.place = "12/3";
	m.label = "L";
	bare.flags = NULL;
	bare.place = NULL;
	ok(ms_sink_can_cancel(s), "a stream can cancel a message");
	ok(give(s, &m, "a: b\n\nFrom x", 3, &err) == 0,
	    "an occurrence is written");
	ok(give(s, &bare, "a: b\n", 3, &err) == 0,
	    "a message without an occurrence is written");
	ok(close_sink(s, 1, &err) == 0, "the sink is closed");
	ok(file_is("st", MS_STREAM_FROM
	       "MS-Envelope: user=\"alice\"; source=\"local:\"; label=\"L\"; "
	       "folder=\"IN\\\"BOX\"; uid=\"12/3\"; flags=\"\\\\Seen\"; "
	       "date=\"2026-11-21T10:00:00Z\"; "
	       "raw-date=\"internaldate 2026-11-21T10:00:00Z\"\n"
	       "a: b\n\n>From x\n" MS_STREAM_FROM
	       "MS-Envelope: date=\"2026-11-21T10:00:00Z\"\na: "
	       "b\n\n" MS_STREAM_FROM
	       "MS-Envelope: end; messages=1; failed=0; status=1\n\n"),
	    "the output has envelopes, quoting and a trailer");
	unlink("st");
}

/* ---- a file that gets its name when it is complete ---- */

static size_t
count_files(const char *dir)
{
	DIR *d = opendir(dir);
	size_t n = 0;

	if (d == NULL)
		return 0;
	while (readdir(d) != NULL)
		n++;
	closedir(d);
	return n - 2;
}

static void
test_outfile(void)
{
	struct ms_out_message m = work_unit("INBOX", "x");
	struct ms_err err = {0};
	struct ms_sink *s = open_sink("mboxrd", "box", MS_EXPORT_LF, &err);
	struct stat st;

	give(s, &m, "a: b\n", 9, &err);
	ok(access("box", F_OK) < 0, "the file has no name before the end");
	ok(close_sink(s, 75, &err) == 0 && count_files(".") == 0,
	    "a failed run leaves no file");
	close(open("box", O_CREAT | O_WRONLY, 0644));
	s = open_sink("mboxrd", "box", MS_EXPORT_LF, &err);
	ok(s != NULL && close_sink(s, 75, &err) == 0 && stat("box", &st) == 0 &&
		st.st_size == 0,
	    "an empty file survives a failed run");
	s = open_sink("mboxrd", "box", MS_EXPORT_LF, &err);
	give(s, &m, "a: b\n", 9, &err);
	ok(close_sink(s, 1, &err) == 0 && stat("box", &st) == 0 &&
		st.st_size > 0 && (st.st_mode & 0777) == 0600,
	    "an empty file is replaced, with a private mode");
	ok(open_sink("mboxrd", "box", MS_EXPORT_LF, &err) == NULL &&
		err.code == MS_EXISTS,
	    "a file that is not empty is not replaced: %s", err.msg);
	unlink("box");
	s = open_sink("mboxrd", "box", MS_EXPORT_LF, &err);
	close(open("box", O_CREAT | O_WRONLY, 0644));
	ok(close_sink(s, 0, &err) == -1 && err.code == MS_EXISTS &&
		count_files(".") == 1,
	    "a file that was created during the run is not replaced: %s",
	    err.msg);
	unlink("box");
	ok(open_sink("mboxrd", ".", MS_EXPORT_LF, &err) == NULL &&
		err.code == MS_EXISTS,
	    "a directory is not replaced: %s", err.msg);
	ok(open_sink("mboxrd", "no/box", MS_EXPORT_LF, &err) == NULL &&
		err.code == MS_NOINPUT,
	    "a directory does not exist: %s", err.msg);
	s = open_sink("mboxrd", "/dev/full", MS_EXPORT_LF, &err);
	give(s, &m, "a: b\n", 9, &err);
	ok(close_sink(s, 0, &err) == -1 && err.code == MS_TEMP,
	    "a device is full: %s", err.msg);
}

/* ---- names ---- */

static const struct {
	const char *folder, *path;
} folders[] = {
    {"INBOX", "INBOX"},
    {"INBOX/Sent Items/2024", "INBOX/Sent Items/2024"},
    {"Entw\xc3\xbcrfe/\xf0\x9f\x93\xa7", "Entw\xc3\xbcrfe/\xf0\x9f\x93\xa7"},
    {"..", "__~5ec1f7e7"},
    {"../../etc/passwd", "__~5ec1f7e7/__~5ec1f7e7/etc/passwd"},
    {".", "_~cdb4ee2a"},
    {".hidden", "_hidden~16924190"},
    {"/etc", "_~e3b0c442/etc"},
    {"a//b", "a/_~e3b0c442/b"},
    {"a/", "a/_~e3b0c442"},
    {"-rf", "_rf~686c39ac"},
    {"a\\/b", "a_b~c14cddc0"},
    {"a\\\\b", "a_b~c62016d0"},
    {"a:b", "a_b~6783a31e"},
    {"a\nb\x1b[m", NULL},
    {"nul", "_nul~"},
    {"COM1.txt", "_COM1.txt~"},
    {"command", "command"},
    {"x\xe2\x80\xae"
     "fdp.exe",
	NULL},
    {"end.", NULL},
    {"bad\xff utf", NULL},
};

/*
 * Whether a path stays in the directory and contains no surprising characters.
 */
static bool
harmless(const char *path)
{
	size_t level = 0;

	for (const char *s = path;; s++) {
		if (*s == '/' || *s == '\0') {
			if (level == 0 || level > MS_FILE_LEVEL_MAX)
				return false;
			level = 0;
			if (*s == '\0')
				break;
			continue;
		}
		if ((unsigned char)*s < ' ' || *s == 0x7f ||
		    strchr("\\:*?\"<>|", *s) != NULL ||
		    (level == 0 && (*s == '.' || *s == '-')))
			return false;
		level++;
	}
	return ms_utf8_valid((const unsigned char *)path, strlen(path)) &&
	       strstr(path, "\xe2\x80\xae") == NULL;
}

static void
test_folders(void)
{
	struct ms_buf out = {0}, name = {0};

	for (size_t i = 0; i < sizeof(folders) / sizeof(folders[0]); i++) {
		const char *want = folders[i].path;

		ms_buf_clear(&out);
		ms_file_folder(&out, folders[i].folder);
		ok(harmless(ms_buf_str(&out)) &&
			(want == NULL ||
			    strncmp(ms_buf_str(&out), want, strlen(want)) == 0),
		    "folder %zu: %s", i, ms_buf_str(&out));
	}
	for (int i = 0; i < 1000; i++)
		ms_buf_add_str(&name, i % 3 == 0 ? "/" : "\xc3\xa4");
	ms_buf_clear(&out);
	ms_file_folder(&out, ms_buf_str(&name));
	ok(harmless(ms_buf_str(&out)),
	    "a folder that is very deep or has empty levels");
	ms_buf_clear(&name);
	for (int i = 0; i < 999; i++)
		ms_buf_add_str(&name, "\xf0\x9f\x93\xa7");
	ms_buf_clear(&out);
	ms_file_folder(&out, ms_buf_str(&name));
	ok(harmless(ms_buf_str(&out)) && out.n > 90,
	    "a long name is cut between characters");
	ms_buf_release(&out);
	ms_buf_release(&name);
}

static const struct {
	const char *subject, *name;
} subjects[] = {
    {"Hello World", "Hello-World_"},
    {"", ""},
    {"../../etc/passwd", "..-..-etc-passwd_"},
    {"Re: [x] a & b; rm -rf $(HOME)", "Re-x-a-b-rm-rf-HOME_"},
    {"  --  ", ""},
    {"\xc3\x84rger \xf0\x9f\x93\xa7!", "\xc3\x84rger-\xf0\x9f\x93\xa7_"},
    {"a\xe2\x80\xae"
     "b\xef\xbb\xbf",
	"a-b_"},
    {"bad\xff\xc3", "bad_"},
    {"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\xc3\xa4"
     "\xc3\xa4",
	"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\xc3\xa4_"},
};

static void
test_subjects(void)
{
	struct ms_buf out = {0}, want = {0};

	for (size_t i = 0; i < sizeof(subjects) / sizeof(subjects[0]); i++) {
		struct ms_out_message m =
		    work_unit("INBOX", subjects[i].subject);

		m.has_date = i != 0;
		ms_buf_clear(&out);
		ms_buf_clear(&want);
		ms_file_message(&out, &m);
		ms_buf_printf(&want, "%s_%s0123456789abcdef.eml",
		    i != 0 ? "2026-11-21_09-00-00" : "undated",
		    subjects[i].name);
		ok(strcmp(ms_buf_str(&out), ms_buf_str(&want)) == 0, "%s",
		    ms_buf_str(&out));
	}
	ms_buf_release(&out);
	ms_buf_release(&want);
}

/* ---- files ---- */

#define NAME "2026-11-21_09-00-00_x_0123456789abcdef.eml"

static void
test_files(void)
{
	struct ms_out_message m = work_unit("IN/a", "x"),
			      bare = work_unit(NULL, "x");
	struct ms_err err = {0};
	struct ms_sink *s = open_sink("eml", "d", MS_EXPORT_ORIGINAL, &err);
	struct stat st;

	ok(give(s, &m, "a: b\r\n\r\nFrom x", 4, &err) == 0 &&
		file_is("d/IN/a/" NAME, "a: b\r\n\r\nFrom x"),
	    "a file has the bytes of the message");
	ok(stat("d/IN/a/" NAME, &st) == 0 && st.st_mtime == m.arrived &&
		(st.st_mode & 0777) == 0600,
	    "the file has the date of the message, and is private");
	ok(give(s, &m, "a: b\r\n\r\nFrom x", 4, &err) == 0,
	    "an equal file is accepted");
	ok(give(s, &m, "a: b\r\n\r\nFrom y", 4, &err) == -1 &&
		err.code == MS_EXISTS,
	    "another file is refused: %s", err.msg);
	ok(give(s, &m, "a: b\r\n\r\nFrom", 4, &err) == -1 &&
		err.code == MS_EXISTS,
	    "a shorter file is refused: %s", err.msg);
	ok(give(s, &m, "a: b\r\n\r\nFrom x ", 4, &err) == -1 &&
		err.code == MS_EXISTS,
	    "a longer file is refused: %s", err.msg);
	ok(file_is("d/IN/a/" NAME, "a: b\r\n\r\nFrom x"),
	    "the existing file is not changed");
	ok(give(s, &bare, "", 4, &err) == 0 && file_is("d/" NAME, ""),
	    "a message without a place is stored at the top");
	m = work_unit("IN/b", "x");
	ok(ms_sink_begin(s, &m, &err) == 0 &&
		ms_sink_data(s, (const unsigned char *)"a", 1, &err) == 0 &&
		ms_sink_cancel(s, "why", &err) == 0,
	    "a message is removed when it is cancelled");
	ok(count_files("d/IN/b") == 0, "no file is left of it");
	ok(close_sink(s, 0, &err) == 0, "the sink is closed");
}

static void
test_files_in_the_way(void)
{
	struct ms_out_message m = work_unit("link/x", "x"),
			      n = work_unit("f/g", "x");
	struct ms_err err = {0};
	struct ms_sink *s;

	if (mkdir("e", 0700) < 0 || mkdir("out", 0700) < 0 ||
	    symlink("../out", "e/link") < 0 ||
	    symlink("../out/stolen", "e/" NAME) < 0)
		return;
	close(open("e/f", O_CREAT | O_WRONLY, 0600));
	s = open_sink("eml", "e", MS_EXPORT_ORIGINAL, &err);
	ok(give(s, &m, "a", 1, &err) == -1 && err.code == MS_EXISTS,
	    "a link in place of a directory is refused: %s", err.msg);
	ok(give(s, &n, "a", 1, &err) == -1 && err.code == MS_EXISTS,
	    "a file in place of a directory is refused: %s", err.msg);
	m = work_unit(NULL, "x");
	ok(give(s, &m, "a", 1, &err) == -1 && err.code == MS_EXISTS,
	    "a link in place of a file is refused: %s", err.msg);
	m = work_unit("fine", "x");
	ok(give(s, &m, "a", 1, &err) == 0, "the next message is accepted");
	ok(count_files("out") == 0, "nothing was written elsewhere");
	close_sink(s, 73, &err);
	ok(open_sink("eml", "e/f", MS_EXPORT_ORIGINAL, &err) == NULL &&
		err.code == MS_EXISTS,
	    "a file as the destination is refused: %s", err.msg);
}

int
main(void)
{
	if (scratch_make(scratch) == NULL || chdir(scratch) < 0)
		return 1;
	test_mboxrd();
	test_mboxrd_odd_dates();
	test_stream();
	test_outfile();
	test_folders();
	test_subjects();
	test_files();
	test_files_in_the_way();
	ok(scratch_remove(scratch) == 0, "the scratch folder is deleted");
	return done();
}
