/* mime.c - the parts of messages, also of those that kill a parser. */
#include "mime/impl.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "sandbox.h"
#include "tap.h"

#define HANG_S 300 /* time limit in seconds */

static struct ms_mime *m;

static void
set(const char *text)
{
	ms_mime_clear(m);
	ms_mime_add(m, (const unsigned char *)text, strlen(text), NULL);
}

/* The parts as "depth:parent body|...", where a blank stands for a line end. */
static const char *
parts(struct ms_buf *out)
{
	struct ms_slice all = ms_mime_message(m);
	const struct ms_mime_part *p;
	size_t n;

	ms_buf_clear(out);
	p = ms_mime_parts(m, &n);
	for (size_t i = 0; i < n; i++) {
		ms_buf_printf(
		    out, "%s%u:%u ", i > 0 ? "|" : "", p[i].depth, p[i].parent);
		if (i + 1 < n && p[i + 1].parent == i)
			continue; /* the text is that of the parts */
		ms_buf_add(out, all.p + p[i].body, p[i].end - p[i].body);
	}
	for (size_t i = 0; i < out->n; i++)
		if (out->p[i] == '\n' || out->p[i] == '\r')
			out->p[i] = ' ';
	return ms_buf_str(out);
}

#define MIXED "Content-Type: multipart/mixed; boundary=b\n\n"
static const struct {
	const char *rule, *text, *want;
} rows[] = {
    {"plain", "Subject: x\n\nhello\n", "0:0 hello "},
    {"no body", "Subject: x\n", "0:0 "},
    {"no header", "\nhello\n", "0:0 hello "},
    {"nothing", "", "0:0 "},
    {"two parts",
	MIXED
	"pre\n--b\nContent-Type: text/plain\n\nA\n--b\n\nBB\n--b--\nepi\n",
	"0:0 |1:0 A|1:0 BB"},
    {"with CRLF",
	"Content-Type: multipart/mixed; boundary=\"b\"\r\n\r\n--b\r\n\r\nA\r\n"
	"--b--\r\n",
	"0:0 |1:0 A"},
    {"parts in parts",
	MIXED "--b\nContent-Type: multipart/alternative; boundary=c\n\n--c\n\n"
	      "A\n--c\n\nB\n--c--\n--b\n\nC\n--b--\n",
	"0:0 |1:0 |2:1 A|2:1 B|1:0 C"},
    {"an embedded message",
	MIXED "--b\nContent-Type: message/rfc822\n\nSubject: x\n\nA\n--b\n\nB\n"
	      "--b--\n",
	"0:0 |1:0 |2:1 A|1:0 B"},
    {"a multipart that does not end", MIXED "--b\n\nA\n--b\n\nB\nend\n",
	"0:0 |1:0 A|1:0 B end"},
    {"an inner one that does not end",
	MIXED "--b\nContent-Type: multipart/mixed; boundary=c\n\n--c\n\nA\n"
	      "--b\n\nB\n--b--\n",
	"0:0 |1:0 |2:1 A|1:0 B"},
    {"a multipart without a boundary",
	"Content-Type: multipart/mixed\n\n--b\n\nA\n", "0:0 --b  A "},
    {"a multipart without its delimiter", MIXED "text\n--c\n\nA\n--c--\n",
	"0:0 text --c  A --c-- "},
    {"nothing but the closing delimiter", MIXED "text\n\n--b--\n",
	"0:0 text  --b-- "},
    {"a part that begins with a dash", MIXED "--b\n-----\nA\n\n--b--\n",
	"0:0 |1:0 ----- A "},
    {"a part without an empty line", MIXED "--b\nA: b\n--b--\n",
	"0:0 |1:0 A: b"},
    {"a From_ line", "From a@b Thu Jan  1 1970\n" MIXED "--b\n\nA\n--b--\n",
	"0:0 |1:0 A"},
    {"a quoted From_ line",
	">From a@b Thu Jan  1 1970\n" MIXED "--b\n\nA\n--b--\n", "0:0 |1:0 A"},
    {"blank lines before the header", "\n\r\n" MIXED "--b\n\nA\n--b--\n",
	"0:0 |1:0 A"},
    {"a byte order mark", "\xef\xbb\xbf" MIXED "--b\n\nA\n--b--\n",
	"0:0 |1:0 A"},
    {"a line without a colon",
	"Subject: x\njunk\n" MIXED "--b\nx\nContent-Type: text/html\n\nA\n"
	"--b--\n",
	"0:0 |1:0 A"},
    {"a line that begins with a colon", ": x\n" MIXED "--b\n\nA\n--b--\n",
	"0:0 |1:0 A"},
    {"a line of one letter", "Subject: x\nx\n" MIXED "--b\n\nA\n--b--\n",
	"0:0 |1:0 A"},
    {"stray = and base64 change nothing",
	MIXED "--b\nContent-Transfer-Encoding: quoted-printable\n\na=zz=\n--b\n"
	      "Content-Transfer-Encoding: base64\n\n!!!\n--b--\n",
	"0:0 |1:0 a=zz=|1:0 !!!"},
};

static void
test_rows(void)
{
	struct ms_buf got = {0};
	struct ms_err why = {0};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		bool fine;

		set(rows[i].text);
		fine = ms_mime_parse(m, &why) == 1 &&
		       strcmp(parts(&got), rows[i].want) == 0;
		ok(fine, "%s", rows[i].rule);
		if (!fine)
			printf("# got:  %s (%s)\n# want: %s\n", parts(&got),
			    why.msg, rows[i].want);
	}
	ms_buf_release(&got);
}

/* ---- hostile messages ---- */

static void
add(const char *text, size_t times)
{
	struct ms_buf b = {0};

	for (size_t i = 0; i < times; i++)
		ms_buf_add_str(&b, text);
	ms_mime_add(m, b.p, b.n, NULL);
	ms_buf_release(&b);
}

static size_t
count(void)
{
	size_t n;

	(void)ms_mime_parts(m, &n);
	return n;
}

/* The next message is read, whatever happened to this one. */
static bool
goes_on(void)
{
	set(MIXED "--b\n\nA\n--b--\n");
	return ms_mime_parse(m, NULL) == 1 && count() == 2;
}

static void
test_comments(void)
{
	static const char *const fields[] = {
	    "From: ", "Date: ", "Content-Type: ", "Subject: x\n ("};

	for (size_t i = 0; i < sizeof(fields) / sizeof(fields[0]); i++) {
		set(fields[i]);
		add("(", 200000);
		add("\n" MIXED "--b\n\nA\n--b--\n", 1);
		ok(ms_mime_parse(m, NULL) == 1, "200,000 ( in %s", fields[i]);
	}
	set(MIXED "--b\nContent-Type: message/rfc822\n\nFrom: ");
	add("(", 200000);
	add("\n\nA\n--b--\n", 1);
	ok(ms_mime_parse(m, NULL) == 1 && count() == 3,
	    "200,000 ( in an embedded message");
}

static void
test_depth(void)
{
	struct ms_err why = {0};
	char line[96];

	set("");
	for (int i = 0; i < 10000; i++) {
		snprintf(line, sizeof(line),
		    "Content-Type: multipart/mixed; boundary=b%d\n\n--b%d\n", i,
		    i);
		add(line, 1);
	}
	ok(ms_mime_parse(m, &why) == 0 && count() == 1 &&
		strstr(why.msg, "deeper than 100") != NULL,
	    "multiparts nested 10,000 deep");
	set("");
	add("Content-Type: message/rfc822\n\n", 40000);
	ok(ms_mime_parse(m, &why) == 0 && count() == 1 &&
		strstr(why.msg, "deeper than 100") != NULL,
	    "messages nested 40,000 deep");
	set("");
	add("Content-Type: message/rfc822\n\n", 99);
	add("Subject: x\n\nA\n", 1);
	ok(ms_mime_parse(m, &why) == 1 && count() == 100, "100 deep");
	ok(goes_on(), "the next message");
}

static void
test_many(void)
{
	struct ms_err why = {0};

	set(MIXED);
	add("--b\n\nA\n", 100000);
	ok(ms_mime_parse(m, &why) == 1 && count() == 100001, "100,000 parts");
	set(MIXED);
	add("--b\n\nA\n", 1000000);
	ok(ms_mime_parse(m, &why) == 0 && count() == 1, "a million parts: %s",
	    why.msg);
	ok(goes_on(), "the next message");
}

/* A message that ends with a page: nothing is read after it. */
static void
test_page_end(void)
{
	static const char text[] =
	    "Subject: =?utf-8?Q?x?= (a \"b\")\nFrom: A <a@b>, \"c\" <d@e>;\n"
	    "Date: Thu, 1 Jan 1970 00:00:07 +0000\nMessage-ID: <a@b>\n" MIXED
	    "--b\nContent-Type: text/plain; charset=\"utf-8\"; name*0=x\n"
	    "Content-Disposition: attachment; filename=\"x\"\n\nA\n--b\n"
	    "Content-Type: message/rfc822\n\nSubject: x\n\nA\n--b--\n";
	struct ms_buf b = {0};
	size_t died = 0;

	for (size_t n = 1; n < sizeof(text); n++) {
		ms_buf_clear(&b);
		ms_buf_add_str(&b, "X: ");
		while (b.n < 4096 - 1 - n)
			ms_buf_add_byte(&b, 'x');
		ms_buf_add_byte(&b, '\n');
		ms_buf_add(&b, text, n);
		ms_mime_clear(m);
		ms_mime_add(m, b.p, b.n, NULL);
		died += ms_mime_parse(m, NULL) != 1;
	}
	ok(died == 0, "messages of a page: %zu not read", died);
	ms_buf_release(&b);
}

/* The first child of a process, or 0. */
static int
child_of(int pid)
{
	char path[64], line[64];
	int child = 0;
	FILE *f;

	snprintf(path, sizeof(path), "/proc/%d/task/%d/children", pid, pid);
	f = fopen(path, "r");
	if (f == NULL)
		return 0;
	if (fgets(line, sizeof(line), f) != NULL)
		child = (int)strtol(line, NULL, 10);
	fclose(f);
	return child;
}

static void
test_death(void)
{
	struct ms_err why = {0};
	int keeper = child_of(getpid()), parser = child_of(keeper);

	if (parser == 0) {
		printf("ok - # SKIP no list of children in /proc\n");
		return;
	}
	kill(parser, SIGSTOP);
	ms_mime_set_wait(m, 500);
	set(MIXED "--b\n\nA\n--b--\n");
	ok(ms_mime_parse(m, &why) == 0 && count() == 1 &&
		strstr(why.msg, "takes too long") != NULL,
	    "a parser that stopped: %s", why.msg);
	ms_mime_set_wait(m, MS_MIME_WAIT_MS);
	ok(goes_on() && child_of(keeper) != parser, "another one goes on");
	kill(child_of(keeper), SIGKILL);
	set(MIXED "--b\n\nA\n--b\n\nB\n--b--\n");
	(void)ms_mime_parse(m, NULL);
	ok(goes_on(), "a parser dies while it is idle: the next parts are "
		      "those of the next message");
	/* The parser ends with its keeper, perhaps after another message. */
	kill(keeper, SIGKILL);
	set("x");
	for (int i = 0; i < 1000 && ms_mime_parse(m, &why) >= 0; i++)
		usleep(10000);
	ok(why.code == MS_IO && ms_mime_parse(m, NULL) == -1,
	    "a keeper that was killed: %s", why.msg);
}

/*
 * Prints a line for each file: its name and, for each part, the depth and the
 * positions. t/0220-mime-corpora.t compares them.
 */
static int
list(int argc, char *argv[])
{
	const struct ms_mime_part *p;
	struct ms_buf text = {0};
	struct ms_err err = {0};
	size_t n;

	for (int i = 1; i < argc; i++) {
		ms_buf_clear(&text);
		ms_mime_clear(m);
		if (ms_buf_read_file(&text, argv[i], MS_MIME_MAX, &err) < 0 ||
		    ms_mime_add(m, text.p, text.n, &err) < 0 ||
		    ms_mime_parse(m, &err) < 0)
			return 1;
		p = ms_mime_parts(m, &n);
		printf("%s", argv[i]);
		for (size_t k = 0; k < n; k++)
			printf("\t%u %llu %llu %llu", p[k].depth,
			    (unsigned long long)p[k].header,
			    (unsigned long long)p[k].body,
			    (unsigned long long)p[k].end);
		printf("\n");
	}
	ms_buf_release(&text);
	return 0;
}

int
main(int argc, char *argv[])
{
	struct ms_err err = {0};
	int rc;

	if (ms_mime_open(&m, &err) < 0) {
		ok(false, "open: %s", err.msg);
		return done();
	}
	if (argc > 1) {
		rc = list(argc, argv);
		ms_mime_close(m);
		return rc;
	}
	alarm(HANG_S);
	test_rows();
	test_comments();
	test_depth();
	test_many();
	test_page_end();
	test_death();
	ms_mime_close(m);
	return done();
}
