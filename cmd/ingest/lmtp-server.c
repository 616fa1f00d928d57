/* lmtp-server.c - many LMTP sessions at once, in one thread with poll(2). */
#include "lmtp-server.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "clock.h"
#include "stop.h"

#define LISTEN_FIRST 3 /* of the sockets that are handed over */
#define LISTEN_MAX 16
#define FULL_WAIT_MS 100 /* after the system had no room for a client */
#define INPUT_MAX ((size_t)64 * 1024)
#define SLOWEST 8192                   /* bytes of a message in a second */
#define OUTPUT_MAX ((size_t)64 * 1024) /* a client that does not read waits */

/* A client. The message that waits for its reply is its only one. */
struct client {
	int in, out;
	struct ms_lmtp *session;
	struct ms_spool message;
	struct ms_buf input; /* not used yet, as the message waits */
	int64_t active;      /* when it last sent or took something */
	int64_t begun;       /* when its message could begin */
	bool waits;          /* for answer() */
	bool eof;  /* there is no more input; replies are still sent */
	bool gone; /* closed, but waits */
};

struct lmtp_server {
	struct lmtp_server_options opt;
	struct lmtp_receiver receiver;
	int listeners[LISTEN_MAX];
	size_t listener_count;
	struct ms_buf clients; /* struct client * */
	struct ms_buf waiting; /* struct client *, the oldest first */
	struct ms_buf polls;   /* struct pollfd */
	bool stopping;
	sigset_t signals; /* that were blocked before the server */
};

/* ---- lists of pointers ---- */

static size_t
count(const struct ms_buf *list)
{
	return list->n / sizeof(void *);
}

static struct client *
at(const struct ms_buf *list, size_t i)
{
	struct client *c;

	memcpy(&c, list->p + i * sizeof(c), sizeof(c));
	return c;
}

static void
append(struct ms_buf *list, const void *pointer)
{
	ms_buf_add(list, &pointer, sizeof(pointer));
}

/* ---- clients ---- */

static int
add_data(void *ctx, const unsigned char *p, size_t n, struct ms_err *err)
{
	struct client *c = ctx;

	return ms_spool_add(&c->message, p, n, err);
}

/* A client may not be silent, and each message has a time of its own: else
 * single bytes, or commands that do nothing, would keep the session. */
static int64_t
deadline(const struct lmtp_server *v, const struct client *c)
{
	int64_t timeout = (int64_t)v->opt.timeout * 1000;
	int64_t for_text = (int64_t)(ms_spool_size(&c->message) / SLOWEST);
	int64_t silent = c->active + timeout;
	int64_t slow = c->begun + timeout + for_text * 1000;

	return silent < slow ? silent : slow;
}

static void
add_client(struct lmtp_server *v, int in, int out)
{
	struct client *c = ms_xcalloc(1, sizeof(*c));
	const struct ms_lmtp_options opt = {.host = v->opt.host,
	    .size_max = v->opt.size_max,
	    .recipient = v->receiver.recipient,
	    .recipient_ctx = v->receiver.ctx,
	    .data = add_data,
	    .data_ctx = c};

	c->in = in;
	c->out = out;
	c->message.fd = -1;
	c->session = ms_lmtp_new(&opt);
	c->active = c->begun = ms_clock_ms();
	append(&v->clients, c);
}

static void
close_client(struct client *c)
{
	if (c->gone)
		return;
	close(c->in);
	if (c->out != c->in)
		close(c->out);
	ms_buf_clear(&c->input);
	c->gone = true;
}

static void
free_client(struct client *c)
{
	close_client(c);
	ms_lmtp_free(c->session);
	ms_spool_release(&c->message);
	ms_buf_release(&c->input);
	free(c);
}

static void
answer(struct client *c, const char *reply)
{
	ms_lmtp_reply(c->session, reply);
	/* A client that sends nothing more keeps no memory. */
	ms_spool_release(&c->message);
	c->waits = false;
	c->active = c->begun = ms_clock_ms();
}

static void
deliver(struct lmtp_server *v, struct client *c)
{
	const char *reply = ms_lmtp_refusal(c->session);

	if (reply == NULL)
		reply = v->receiver.deliver(
		    v->receiver.ctx, c->session, &c->message);
	if (reply != NULL) {
		answer(c, reply);
		return;
	}
	c->waits = true;
	append(&v->waiting, c);
}

/* Uses the input until it is empty, or a message waits for its reply. */
static void
use_input(struct lmtp_server *v, struct client *c)
{
	size_t used;

	while (c->input.n > 0 && !c->waits &&
	       ms_lmtp_state(c->session) == MS_LMTP_READS) {
		used = ms_lmtp_read(c->session, c->input.p, c->input.n);
		c->input.n -= used;
		memmove(c->input.p, c->input.p + used, c->input.n);
		if (ms_lmtp_state(c->session) == MS_LMTP_MESSAGE)
			deliver(v, c);
	}
}

/* Reads once. An error of the socket is the end of its session. */
static void
read_client(struct lmtp_server *v, struct client *c)
{
	unsigned char *room = ms_buf_room(&c->input, INPUT_MAX);
	ssize_t n = read(c->in, room, INPUT_MAX);

	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	if (n < 0) {
		close_client(c);
		return;
	}
	c->eof = n == 0;
	c->input.n += (size_t)n;
	c->active = ms_clock_ms();
	use_input(v, c);
}

/* How much a write takes that must not wait: standard output may be a pipe or a
 * socket that others use too, so it stays as it is (pipe(7), PIPE_BUF). */
static size_t
room(const struct client *c, size_t n)
{
	struct pollfd p = {.fd = c->out, .events = POLLOUT};

	if (c->in == c->out || n == 0)
		return n;
	if (poll(&p, 1, 0) != 1)
		return 0;
	return n < PIPE_BUF ? n : PIPE_BUF;
}

static void
write_client(struct client *c)
{
	struct ms_buf *out = ms_lmtp_output(c->session);
	size_t part;
	ssize_t n;

	if (c->gone || (part = room(c, out->n)) == 0)
		return;
	n = write(c->out, out->p, part);
	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	if (n < 0) {
		close_client(c);
		return;
	}
	out->n -= (size_t)n;
	memmove(out->p, out->p + n, out->n);
	c->active = ms_clock_ms();
}

/* A client whose message waits, or that does not read its replies, waits. */
static bool
wants_input(const struct client *c)
{
	return !c->waits && !c->eof && !c->gone &&
	       ms_lmtp_state(c->session) == MS_LMTP_READS &&
	       ms_lmtp_output(c->session)->n < OUTPUT_MAX;
}

static bool
is_finished(const struct client *c)
{
	bool ended = c->eof || ms_lmtp_state(c->session) == MS_LMTP_ENDED;

	return !c->waits &&
	       (c->gone || (ended && ms_lmtp_output(c->session)->n == 0));
}

/* ---- answers ---- */

/* Commits what was taken, answers all clients that wait for it, and goes on
 * with what they have sent since. */
static void
answer_all(struct lmtp_server *v)
{
	struct ms_buf waiting = v->waiting;
	struct client *c;

	v->receiver.commit(v->receiver.ctx);
	for (size_t i = 0; i < count(&waiting); i++)
		answer(at(&waiting, i), v->receiver.reply(v->receiver.ctx, i));
	v->waiting = (struct ms_buf){0};
	for (size_t i = 0; i < count(&waiting); i++) {
		c = at(&waiting, i);
		write_client(c);
		use_input(v, c);
	}
	ms_buf_release(&waiting);
}

/* ---- the loop ---- */

static void
accept_client(struct lmtp_server *v, int listener)
{
	int fd = accept4(listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);

	if (fd >= 0)
		add_client(v, fd, fd);
	else if (errno != EAGAIN && errno != EINTR && errno != ECONNABORTED)
		poll(NULL, 0, FULL_WAIT_MS);
}

static void
add_poll(struct lmtp_server *v, int fd, short events)
{
	const struct pollfd p = {.fd = events != 0 ? fd : -1, .events = events};

	ms_buf_add(&v->polls, &p, sizeof(p));
}

/* The order: listeners, and two for each client. */
static void
fill_polls(struct lmtp_server *v)
{
	bool room = count(&v->clients) < v->opt.connections && !v->stopping;
	struct client *c;

	ms_buf_clear(&v->polls);
	for (size_t i = 0; i < v->listener_count; i++)
		add_poll(v, v->listeners[i], room ? POLLIN : 0);
	for (size_t i = 0; i < count(&v->clients); i++) {
		c = at(&v->clients, i);
		add_poll(v, c->in, wants_input(c) ? POLLIN : 0);
		add_poll(v, c->out,
		    !c->gone && ms_lmtp_output(c->session)->n > 0 ? POLLOUT
								  : 0);
	}
}

/* Milliseconds until a client is too late; 0 while messages wait. */
static int64_t
poll_time(const struct lmtp_server *v)
{
	int64_t left, least = 60000, now = ms_clock_ms();

	if (v->waiting.n > 0)
		return 0;

	for (size_t i = 0; i < count(&v->clients); i++) {
		left = deadline(v, at(&v->clients, i)) - now;
		if (!at(&v->clients, i)->waits && left < least)
			least = left;
	}
	return least > 0 ? least + 1 : 0;
}

/* A signal that came before this call ends it, too: see block_signals(). */
static int
wait_for_events(struct lmtp_server *v)
{
	struct timespec t = ms_clock_timespec(poll_time(v));

	return ppoll((void *)v->polls.p, v->polls.n / sizeof(struct pollfd), &t,
	    &v->signals);
}

static void
handle_polls(struct lmtp_server *v)
{
	const struct pollfd *p = (const void *)v->polls.p;
	size_t clients = count(&v->clients);

	for (size_t i = 0; i < v->listener_count; i++, p++)
		if (p->revents != 0)
			accept_client(v, v->listeners[i]);
	for (size_t i = 0; i < clients; i++, p += 2) {
		struct client *c = at(&v->clients, i);

		if (p[0].revents != 0 && wants_input(c))
			read_client(v, c);
		if (p[1].revents != 0)
			write_client(c);
	}
}

/* Ends the sessions that are too late, and frees those that have ended. */
static void
sweep(struct lmtp_server *v)
{
	size_t kept = 0;
	struct client *c;

	for (size_t i = 0; i < count(&v->clients); i++) {
		c = at(&v->clients, i);
		write_client(c);
		if (!c->waits && !c->gone && ms_clock_ms() >= deadline(v, c)) {
			ms_lmtp_close(c->session, "421 4.4.2 Timeout");
			write_client(c);
			close_client(c);
		}
		if (is_finished(c))
			free_client(c);
		else
			memcpy(
			    v->clients.p + kept++ * sizeof(c), &c, sizeof(c));
	}
	v->clients.n = kept * sizeof(c);
}

/* After a signal, only messages that were taken are answered. */
static void
stop(struct lmtp_server *v)
{
	v->stopping = true;
	for (size_t i = 0; i < count(&v->clients); i++) {
		struct client *c = at(&v->clients, i);

		ms_buf_clear(&c->input);
		if (!c->waits && ms_lmtp_state(c->session) != MS_LMTP_ENDED)
			ms_lmtp_close(c->session, "421 4.3.2 Shutting down");
	}
}

static bool
goes_on(const struct lmtp_server *v)
{
	return (v->listener_count > 0 && !v->stopping) ||
	       count(&v->clients) > 0;
}

int
lmtp_server_run(struct lmtp_server *v, struct ms_err *err)
{
	for (;;) {
		if (ms_stopped != 0)
			stop(v);
		sweep(v);
		if (!goes_on(v))
			return 0;
		fill_polls(v);
		if (wait_for_events(v) < 0) {
			if (errno == EINTR)
				continue;
			return ms_fail_errno(err, "poll");
		}
		handle_polls(v);
		/* What then waits of the same clients waits for the others. */
		if (v->waiting.n > 0)
			answer_all(v);
	}
}

/* ---- the sockets ---- */

static bool
listens(int fd)
{
	socklen_t n = sizeof(int);
	int yes = 0;

	return getsockopt(fd, SOL_SOCKET, SO_ACCEPTCONN, &yes, &n) == 0 && yes;
}

static int
add_listener(struct lmtp_server *v, int fd, struct ms_err *err)
{
	if (!listens(fd))
		return ms_fail(err, MS_USAGE,
		    "descriptor %d: not a socket that listens", fd);
	if (v->listener_count == LISTEN_MAX)
		return ms_fail(
		    err, MS_USAGE, "more than %d sockets", LISTEN_MAX);
	/* Several processes may share the socket. */
	if (fcntl(fd, F_SETFL, fcntl(fd, F_GETFL) | O_NONBLOCK) < 0)
		return ms_fail_errno(err, "socket");
	v->listeners[v->listener_count++] = fd;
	return 0;
}

/* How many sockets the service manager hands over: sd_listen_fds(3). */
static int
handed_over(void)
{
	const char *pid = getenv("LISTEN_PID"), *n = getenv("LISTEN_FDS");

	if (pid == NULL || n == NULL || strtol(pid, NULL, 10) != getpid())
		return 0;
	return (int)strtol(n, NULL, 10);
}

static int
open_sockets(struct lmtp_server *v, struct ms_err *err)
{
	int n = handed_over(), in, out;

	for (int i = 0; i < n; i++)
		if (add_listener(v, LISTEN_FIRST + i, err) < 0)
			return -1;
	if (n > 0)
		return 0;
	if (listens(STDIN_FILENO))
		return add_listener(v, STDIN_FILENO, err);
	/* The tool closes standard output itself. */
	in = dup(STDIN_FILENO);
	out = dup(STDOUT_FILENO);
	if (in < 0 || out < 0)
		return ms_fail_errno(err, "standard input and output");
	add_client(v, in, out);
	return 0;
}

/* Signals reach this thread only, and only while it waits. The threads that it
 * starts inherit this. */
static void
block_signals(struct lmtp_server *v)
{
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGINT);
	sigaddset(&set, SIGTERM);
	sigaddset(&set, SIGHUP);
	pthread_sigmask(SIG_BLOCK, &set, &v->signals);
	signal(SIGPIPE, SIG_IGN);
}

int
lmtp_server_new(struct lmtp_server **out,
    const struct lmtp_server_options *options,
    const struct lmtp_receiver *receiver, struct ms_err *err)
{
	struct lmtp_server *v = ms_xcalloc(1, sizeof(*v));

	*out = v;
	v->opt = *options;
	v->receiver = *receiver;
	block_signals(v);
	return open_sockets(v, err);
}

void
lmtp_server_free(struct lmtp_server *v)
{
	if (v == NULL)
		return;
	for (size_t i = 0; i < count(&v->clients); i++)
		free_client(at(&v->clients, i));
	ms_buf_release(&v->clients);
	ms_buf_release(&v->waiting);
	ms_buf_release(&v->polls);
	free(v);
}
