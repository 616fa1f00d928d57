/*
 * html.c - the process that asks for the text of HTML. If the parser dies or
 * hangs, its keeper (keeper.h) starts another one, so that HTML costs only its
 * own layout.
 */
#include "html-impl.h"
#include "clock.h"
#include "keeper.h"
#include "sandbox.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

struct ms_html {
	struct ms_keeper keeper;
	int link;    /* a socket to the parser; -1: there is none */
	int wait_ms; /* for a text */
};

void
ms_html_set_wait(struct ms_html *h, int wait_ms)
{
	h->wait_ms = wait_ms;
}

/* ---- the keeper and the parser ---- */

int
ms_html_open(struct ms_html **out, struct ms_err *err)
{
	static const struct ms_keeper_job job = {
	    .serve = ms_html_serve, .what = "the parser of HTML"};
	struct ms_html *h;
	int confined;

	*out = NULL;
	confined = ms_sandbox_check(MS_SANDBOX_PARSE, err);
	if (confined < 0)
		return -1;
	h = ms_xcalloc(1, sizeof(*h));
	h->link = -1;
	h->wait_ms = MS_HTML_WAIT_MS;
	if (ms_keeper_open(&h->keeper, &job, -1, err) < 0) {
		free(h);
		return -1;
	}
	*out = h;
	return confined;
}

static void
drop_parser(struct ms_html *h)
{
	if (h->link >= 0)
		close(h->link);
	h->link = -1;
}

void
ms_html_close(struct ms_html *h)
{
	if (h == NULL)
		return;
	drop_parser(h);
	ms_keeper_close(&h->keeper);
	free(h);
}

/* Takes a parser, in place of the one that is there. */
static int
take_parser(struct ms_html *h, int *status, struct ms_err *err)
{
	int64_t until = ms_clock_ms() + MS_HTML_WAIT_MS;
	struct ms_html_reply hello;

	drop_parser(h);
	if (ms_keeper_start(&h->keeper, &h->link, status, until, err) < 0)
		return -1;
	if (ms_link_receive(h->link, &hello, sizeof(hello), until) != 1)
		return ms_fail(
		    err, MS_TEMP, "the parser of HTML does not start");
	if (hello.error == 0)
		return 0;
	drop_parser(h);
	errno = (int)hello.error;
	return ms_fail_errno(err, "the parser of HTML cannot be confined");
}

/* Is the parser alive, and silent until it is asked? */
static bool
is_ready(const struct ms_html *h)
{
	struct pollfd p = {.fd = h->link, .events = POLLIN};

	return h->link >= 0 && poll(&p, 1, 0) == 0;
}

/* ---- a text ---- */

/* Writes to a parser that may be dead. */
static bool
send_all(int fd, const void *p, size_t n)
{
	const unsigned char *from = p;
	ssize_t put;

	for (; n > 0; from += put, n -= (size_t)put) {
		put = send(fd, from, n, MSG_NOSIGNAL);
		if (put < 0 && errno == EINTR)
			put = 0;
		else if (put < 0)
			return false;
	}
	return true;
}

/*
 * Sends a request and reads the answer. Returns 1; 0: the parser has ended; -1:
 * errno is ETIMEDOUT, or EPROTO after an impossible answer.
 */
static int
ask(struct ms_html *h, struct ms_slice html, struct ms_buf *out, bool *cut)
{
	int64_t until = ms_clock_ms() + h->wait_ms;
	struct ms_html_request request = {(uint32_t)html.n};
	struct ms_html_reply reply;
	int rc;

	if (!send_all(h->link, &request, sizeof(request)) ||
	    !send_all(h->link, html.p, html.n))
		return 0;
	rc = ms_link_receive(h->link, &reply, sizeof(reply), until);
	if (rc != 1)
		return rc;
	if (reply.size > MS_HTML_TEXT_MAX || reply.error != 0) {
		errno = EPROTO;
		return -1;
	}
	rc = reply.size == 0
		 ? 1
		 : ms_link_receive(h->link, ms_buf_room(out, reply.size),
		       reply.size, until);
	if (rc == 1)
		out->n += reply.size;
	*cut = reply.cut != 0;
	return rc;
}

/* Says why gumbo gave no text, with another parser for the next one. */
static int
replace_parser(struct ms_html *h, int result, struct ms_err *why)
{
	bool late = result < 0 && errno == ETIMEDOUT;
	int status, n;

	if (take_parser(h, &status, why) < 0)
		return -1;
	n = WIFSIGNALED(status) ? WTERMSIG(status) : 0;
	if (late || (result == 0 && (n == SIGPROF || n == SIGXCPU)))
		ms_fail(why, MS_DATA, "its HTML takes too long to read");
	else if (result == 0 && n > 0)
		ms_fail(why, MS_DATA,
		    "the parser of its HTML ended by signal %d", n);
	else
		ms_fail(why, MS_DATA, "its HTML cannot be read");
	return 0;
}

static int
cut_at_limit(struct ms_err *why)
{
	ms_fail(why, MS_DATA, "its text is longer than %zu bytes",
	    MS_HTML_TEXT_MAX);
	return 0;
}

int
ms_html_read(struct ms_html *h, struct ms_slice html, struct ms_buf *out,
    struct ms_err *why)
{
	bool cut = false;
	int rc, status;

	if (html.n > MS_HTML_MAX) {
		ms_fail(why, MS_DATA, "its HTML is larger than %zu bytes",
		    MS_HTML_MAX);
		if (!ms_html_plain(html, out))
			return cut_at_limit(why);
		return 0;
	}
	if (!is_ready(h) && take_parser(h, &status, why) < 0)
		return -1;
	rc = ask(h, html, out, &cut);
	if (rc == 1)
		return cut ? cut_at_limit(why) : 1;
	if (replace_parser(h, rc, why) < 0)
		return -1;
	if (!ms_html_plain(html, out))
		return cut_at_limit(why);
	return 0;
}
