/* report.c - sums, JSON Lines, and no hostile bytes on stderr. */
#include "report.h"

#include <fcntl.h>
#include <jansson.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "buf.h"
#include "scratch.h"
#include "tap.h"

static char dir[SCRATCH_MAX];
static char path[64], errors[64];
static int saved = -1;

/* Redirects stderr to a file until shown() is called. */
static void
capture(void)
{
	int fd = open(errors, O_RDWR | O_CREAT | O_TRUNC, 0600);

	saved = dup(STDERR_FILENO);
	dup2(fd, STDERR_FILENO);
	close(fd);
}

static const char *
shown(void)
{
	static struct ms_buf b;

	dup2(saved, STDERR_FILENO);
	close(saved);
	ms_buf_clear(&b);
	ms_buf_read_file(&b, errors, 1 << 20, NULL);
	return ms_buf_str(&b);
}

/*
 * Reads the lines of the report as a JSON array; NULL if a line is not an
 * object.
 */
static json_t *
lines(void)
{
	FILE *f = fopen(path, "r");
	json_t *all = json_array(), *line;
	char *text = NULL;
	size_t cap = 0;

	while (f != NULL && getline(&text, &cap, f) > 0) {
		line = json_loads(text, 0, NULL);
		if (!json_is_object(line)) {
			json_decref(all);
			all = NULL;
			break;
		}
		json_array_append_new(all, line);
	}
	free(text);
	if (f != NULL)
		fclose(f);
	return all;
}

static const char *
str(const json_t *a, size_t i, const char *key)
{
	const char *s;

	s = json_string_value(json_object_get(json_array_get(a, i), key));
	return s != NULL ? s : "(none)";
}

static long long
num(const json_t *a, size_t i, const char *key)
{
	return json_integer_value(json_object_get(json_array_get(a, i), key));
}

static struct ms_report *
report(const char *file, bool quiet)
{
	struct ms_report *r = NULL;
	struct ms_err err = {0};

	const struct ms_report_options opt = {.path = file, .quiet = quiet};

	if (ms_report_open(&r, "ms-unit", &opt, &err) < 0) {
		printf("Bail out! %s\n", err.msg);
		exit(1);
	}
	return r;
}

static void
test_lines(void)
{
	struct ms_report *r = report(path, false);
	struct ms_tally *t, *again;
	struct stat st;
	json_t *a;

	ok(stat(path, &st) == 0 && (st.st_mode & 0777) == 0600,
	    "the file is created at once, with the mode 0600");
	capture();
	t = ms_report_tally(r, "alice", "local:", "INBOX");
	t->seen = 5, t->new = 2, t->known = 1, t->left_out = 1, t->failed = 1;
	t->occurrences = 3;
	ms_report_tally(r, "bob", "local:", "INBOX")->seen += 1;
	ms_report_tally(r, "alice", "imap://a@b/", "INBOX")->seen += 1;
	ms_report_tally(r, "alice", "local:", "INBOX/a")->seen += 1;
	ms_report_tally(r, "alice", "local:", "Trash")->failed_folders += 1;
	ms_report_tally(r, "alice", "local:", "Junk")->failed_folders += 1;
	again = ms_report_tally(r, "alice", "local:", "INBOX");
	ok(again == t, "a folder has one tally");
	ok(ms_report_total(r).seen == 8, "the total is the sum of all folders");
	ms_report_failed(r, "a.mbox @ 7", "no header");
	ms_report_left_out(r, "INBOX/17", "too old");
	ok(ms_report_close(r, 1, NULL) == 0, "the report is closed");
	ok(strcmp(shown(),
	       "ms-unit: a.mbox @ 7: no header\n"
	       "ms-unit: 8 seen: 2 new, 1 known, 1 left out, 1 failed; "
	       "2 folders failed\n") == 0,
	    "stderr has the failure and the sums");

	a = lines();
	ok(json_array_size(a) == 9, "the report has 9 lines of JSON");
	ok(strcmp(str(a, 0, "type"), "failed") == 0 &&
		strcmp(str(a, 0, "where"), "a.mbox @ 7") == 0 &&
		strcmp(str(a, 0, "reason"), "no header") == 0,
	    "a line has the failure");
	ok(strcmp(str(a, 1, "type"), "left_out") == 0 &&
		strcmp(str(a, 1, "reason"), "too old") == 0,
	    "a line has the message that was left out");
	ok(strcmp(str(a, 2, "type"), "folder") == 0 &&
		strcmp(str(a, 2, "user"), "alice") == 0 &&
		strcmp(str(a, 2, "source"), "local:") == 0 &&
		strcmp(str(a, 2, "folder"), "INBOX") == 0 &&
		num(a, 2, "seen") == 5 && num(a, 2, "new") == 2 &&
		num(a, 2, "known") == 1 && num(a, 2, "left_out") == 1 &&
		num(a, 2, "failed") == 1 && num(a, 2, "occurrences") == 3,
	    "a line has the folder with all its numbers");
	ok(json_object_get(json_array_get(a, 2), "failed_folders") == NULL &&
		num(a, 6, "failed_folders") == 1 && num(a, 6, "seen") == 0,
	    "the line of a folder that failed says so");
	ok(strcmp(str(a, 8, "type"), "end") == 0 &&
		strcmp(str(a, 8, "tool"), "ms-unit") == 0 &&
		num(a, 8, "status") == 1 && num(a, 8, "seen") == 8 &&
		num(a, 8, "failed_folders") == 2,
	    "the end comes last");
	json_decref(a);
}

/* Text from mail in a message: as shown, and as reported. */
static const struct {
	const char *in, *shown, *json, *b64;
} texts[] = {
    {"plain", "plain", "plain", NULL},
    {"gr\xc3\xbc\xc3\x9f", "gr\xc3\xbc\xc3\x9f", "gr\xc3\xbc\xc3\x9f", NULL},
    {"a\x1b[2Jb\n", "a?[2Jb?", "a\x1b[2Jb\n", NULL},
    {"c1 \xc2\x9b.", "c1 ?.", "c1 \xc2\x9b.", NULL},
    {"del\x7f", "del?", "del\x7f", NULL},
    {"8bit \xfc.", "8bit ?.", "8bit \xef\xbf\xbd.", "OGJpdCD8Lg=="},
    {"cut \xe2\x82", "cut ??", "cut \xef\xbf\xbd\xef\xbf\xbd", "Y3V0IOKC"},
    {"long \xc0\xaf", "long ??", "long \xef\xbf\xbd\xef\xbf\xbd",
	"bG9uZyDArw=="},
    {"\xed\xa0\x80", "???", "\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd", "7aCA"},
    {"\xf0\x9f\x93\xa7", "\xf0\x9f\x93\xa7", "\xf0\x9f\x93\xa7", NULL},
    {"\xf4\x90\x80\x80", "????",
	"\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd", "9JCAgA=="},
    {"", "", "", NULL},
};

static void
test_hostile(void)
{
	char want[256];
	size_t i;
	json_t *a;

	for (i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		struct ms_report *r = report(path, true);

		capture();
		ms_report_failed(r, "x", texts[i].in);
		ms_report_close(r, 1, NULL);
		snprintf(
		    want, sizeof(want), "ms-unit: x: %s\n", texts[i].shown);
		ok(strcmp(shown(), want) == 0, "stderr shows %s",
		    texts[i].shown);
		a = lines();
		ok(strcmp(str(a, 0, "reason"), texts[i].json) == 0 &&
			strcmp(str(a, 0, "reason_b64"),
			    texts[i].b64 != NULL ? texts[i].b64 : "(none)") ==
			    0,
		    "row %zu is JSON", i);
		json_decref(a);
	}
}

static void
test_quiet(void)
{
	struct ms_report *r = report(NULL, true);

	capture();
	ms_report_note(r, "a note");
	ms_report_progress(r, &(struct ms_progress){"reading", 1, 2, 0, 0});
	ms_report_tally(r, "u", "s", "f")->seen++;
	ms_report_close(r, 0, NULL);
	ok(*shown() == '\0', "with quiet, a success prints nothing");
	r = report(NULL, false);
	capture();
	ms_report_progress(r, &(struct ms_progress){"reading", 1, 2, 0, 0});
	ms_report_note(r, "a %s", "note");
	ms_warn("ms-unit", "a %s", "complaint\r");
	ms_report_close(r, 0, NULL);
	ok(strcmp(shown(), "ms-unit: a note\nms-unit: a complaint?\n"
			   "ms-unit: 0 seen: 0 new, 0 known, 0 left out, "
			   "0 failed\n") == 0,
	    "without a terminal there is no progress line");
}

/* With -v, each folder has a sentence; an export has counts of its own. */
static void
test_verbose(void)
{
	const struct ms_report_options opt = {
	    .path = path, .verbose = true, .exports = true};
	struct ms_report *r = NULL;
	struct ms_tally *t;
	json_t *a;

	ok(ms_report_open(&r, "ms-unit", &opt, NULL) == 0, "an export begins");
	capture();
	t = ms_report_tally(r, "alice", "local:", "INBOX");
	t->seen = 3, t->exported = 2, t->failed = 1, t->bytes = 2048;
	t = ms_report_tally(r, "", "", "");
	t->seen = t->exported = 1, t->bytes = 10;
	ms_report_close(r, 0, NULL);
	ok(strcmp(shown(),
	       "ms-unit: alice, local:, INBOX: 2 messages exported, 2.0 KiB, "
	       "1 failed\n"
	       "ms-unit: 1 message exported, 10 B\n"
	       "ms-unit: 3 messages exported, 2.0 KiB, 1 failed\n") == 0,
	    "stderr has the folders and the sums");
	a = lines();
	ok(json_array_size(a) == 3 && num(a, 0, "exported") == 2 &&
		num(a, 2, "seen") == 4 && num(a, 2, "exported") == 3 &&
		num(a, 2, "failed") == 1 && num(a, 2, "bytes") == 2058 &&
		json_object_get(json_array_get(a, 2), "new") == NULL,
	    "so has the report");
	json_decref(a);
}

static void
test_bad_file(void)
{
	const struct ms_report_options opt = {.path = "/nonexistent/r"};
	struct ms_report *r = NULL;
	struct ms_err err = {0};

	ok(ms_report_open(&r, "t", &opt, &err) == -1 && err.code == MS_NOINPUT,
	    "a bad path is an error at once");
	r = report("/dev/full", true);
	ok(ms_report_close(r, 0, &err) == -1, "a full disk is an error");
	ok(err.code == MS_TEMP, "the kind of the error is MS_TEMP");
}

static void
test_many(void)
{
	struct ms_report *r = report(path, true);
	char name[32];
	int i, wrong = 0;
	json_t *a;

	for (i = 0; i < 300000; i++) {
		snprintf(name, sizeof(name), "folder %d", i % 100000);
		ms_report_tally(r, "u", "s", name)->seen += (uint64_t)i;
	}
	for (i = 0; i < 100000; i++) {
		snprintf(name, sizeof(name), "folder %d", i);
		wrong += ms_report_tally(r, "u", "s", name)->seen !=
			 3 * (uint64_t)i + 300000;
	}
	ok(wrong == 0, "100,000 folders have their tallies");
	ms_report_close(r, 0, NULL);
	a = lines();
	ok(json_array_size(a) == 100001, "each folder has a line");
	ok(strcmp(str(a, 99999, "folder"), "folder 99999") == 0,
	    "the lines are in the order of the folders");
	json_decref(a);
}

int
main(void)
{
	if (scratch_make(dir) == NULL)
		return 1;
	snprintf(path, sizeof(path), "%s/report", dir);
	snprintf(errors, sizeof(errors), "%s/errors", dir);
	test_lines();
	test_hostile();
	test_quiet();
	test_verbose();
	test_bad_file();
	test_many();
	unlink(path);
	unlink(errors);
	rmdir(dir);
	return done();
}
