/*
 * mime-parser.c - a parser that hangs, dies or gives odd answers costs one
 * message, within the time limit. The parser of this program does what the
 * text of a message says; it takes the place of lib/mime/serve.c.
 */
#include "mime/impl.h"

#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "clock.h"
#include "keeper.h"
#include "tap.h"

#define HANG_S 120   /* time limit of the program in seconds */
#define WAIT_MS 300  /* time limit of a message */
#define LATE_MS 5000 /* what a busy machine can add */

static struct ms_mime *m;

/* ---- the parser ---- */

static void
answer(int link, uint32_t result, uint32_t count)
{
	struct ms_mime_reply reply = {result, count};

	ms_link_write(link, &reply, sizeof(reply));
}

static void
give_part(int link, uint64_t end)
{
	struct ms_mime_part part = {.end = end};

	ms_link_write(link, &part, sizeof(part));
}

/* Gives the first n bytes of two parts. */
static void
give_bytes(int link, size_t n)
{
	static const struct ms_mime_part part[2];

	ms_link_write(link, part, n);
}

/* One byte after the other, each before the time is over. */
static _Noreturn void
drip(int link)
{
	for (;;) {
		ms_link_write(link, "", 1);
		usleep(WAIT_MS * 1000 / 10);
	}
}

/* An answer and another one after it, at once. */
static void
answer_twice(int link, uint64_t end)
{
	struct {
		struct ms_mime_reply first;
		struct ms_mime_part part;
		struct ms_mime_reply second;
	} all = {.first = {MS_MIME_PARSED, 1},
	    .part = {.end = end},
	    .second = {MS_MIME_TOO_DEEP, 0}};

	ms_link_write(link, &all, sizeof(all));
}

static _Noreturn void
hang(void)
{
	for (;;)
		pause();
}

static void
do_what_it_says(int link, const char *text, size_t n)
{
	if (strcmp(text, "hang") == 0)
		hang();
	if (strcmp(text, "half a reply") == 0) {
		give_bytes(link, 4);
		hang();
	}
	if (strcmp(text, "half a part") == 0) {
		answer(link, MS_MIME_PARSED, 2);
		give_bytes(link, 50);
		hang();
	}
	if (strcmp(text, "drip") == 0) {
		answer(link, MS_MIME_PARSED, MS_MIME_PARTS_MAX);
		drip(link);
	}
	if (strcmp(text, "exit") == 0)
		_exit(0);
	if (strcmp(text, "exit in a reply") == 0) {
		give_bytes(link, 4);
		_exit(0);
	}
	if (strcmp(text, "signal") == 0)
		raise(SIGKILL);
	if (strcmp(text, "time") == 0)
		raise(SIGPROF);
	if (strcmp(text, "twice") == 0) {
		answer_twice(link, n);
		return;
	}
	if (strcmp(text, "too many") == 0)
		answer(link, MS_MIME_PARSED, MS_MIME_PARTS_MAX + 1);
	else if (strcmp(text, "none") == 0)
		answer(link, MS_MIME_PARSED, 0);
	else if (strcmp(text, "unknown") == 0)
		answer(link, 77, 1);
	else
		answer(link, MS_MIME_PARSED, 1);
	give_part(link, strcmp(text, "too long") == 0 ? n + 1 : n);
}

_Noreturn void
ms_mime_serve(int link, int message)
{
	struct ms_mime_request request;
	char text[32] = "";

	answer(link, MS_MIME_PARSED, 0);
	while (ms_link_read(link, &request, sizeof(request)) == 1) {
		memset(text, 0, sizeof(text));
		if (request.size >= sizeof(text) ||
		    pread(message, text, request.size, 0) < 0)
			_exit(1);
		do_what_it_says(link, text, request.size);
	}
	_exit(0);
}

/* ---- its caller ---- */

static int
parse(const char *text, struct ms_err *why)
{
	ms_mime_clear(m);
	ms_mime_add(m, (const unsigned char *)text, strlen(text), NULL);
	return ms_mime_parse(m, why);
}

static const struct {
	const char *text, *why;
} rows[] = {
    {"hang", "takes too long"},
    {"half a reply", "takes too long"},
    {"half a part", "takes too long"},
    {"drip", "takes too long"},
    {"exit", "cannot be read"},
    {"exit in a reply", "cannot be read"},
    {"signal", "signal 9"},
    {"time", "takes too long"},
    {"too many", "cannot be read"},
    {"none", "cannot be read"},
    {"unknown", "cannot be read"},
    {"too long", "cannot be read"},
};

static void
test_rows(void)
{
	const struct ms_mime_part *part;
	struct ms_err why;
	int64_t begun;
	size_t n;
	int rc;

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		why = (struct ms_err){0};
		begun = ms_clock_ms();
		rc = parse(rows[i].text, &why);
		part = ms_mime_parts(m, &n);
		ok(rc == 0 && n == 1 && part[0].end == strlen(rows[i].text) &&
			strstr(why.msg, rows[i].why) != NULL,
		    "%s: %s", rows[i].text, why.msg);
		ok(ms_clock_ms() - begun < WAIT_MS + LATE_MS,
		    "%s: within the time", rows[i].text);
		ok(parse("fine", NULL) == 1 && parse("fine", NULL) == 1,
		    "%s: the next messages are read", rows[i].text);
	}
}

int
main(void)
{
	struct ms_err err = {0};

	alarm(HANG_S);
	if (ms_mime_open(&m, &err) < 0) {
		ok(false, "open: %s", err.msg);
		return done();
	}
	ms_mime_set_wait(m, WAIT_MS);
	test_rows();
	ok(parse("twice", NULL) == 1 && parse("fine", NULL) == 1,
	    "a second answer is not that of the next message");
	ms_mime_close(m);
	return done();
}
