/*
 * conn.c - TCP connections with deadlines and a rate limit; TLS is in
 * conn-tls.c.
 */
#include "conn.h"
#include "conn-impl.h"

#include <arpa/inet.h>
#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <openssl/err.h>

#include "buf.h"
#include "clock.h"
#include "url.h"

#define RATE_MAX                                                               \
	((uint64_t)1 << 40) /* bytes a second; a higher rate has no effect */

/* ---- connecting ---- */

/*
 * Memory that the thread of the resolver can write to after we have given up.
 */
struct lookup {
	struct gaicb request;
	struct addrinfo hints;
	char *host;
	char port[8];
};

static void
lookup_free(struct lookup *l)
{
	if (l->request.ar_result != NULL)
		freeaddrinfo(l->request.ar_result);
	free(l->host);
	free(l);
}

/*
 * Looks up a host until the deadline, because getaddrinfo(3) has no timeout. If
 * the request cannot be cancelled, its memory is left to the resolver. Returns
 * NULL on failure.
 */
static struct lookup *
resolve(const struct ms_conn *c, const char *host, uint16_t port,
    int64_t deadline_ms, struct ms_err *err)
{
	struct lookup *l = ms_xcalloc(1, sizeof(*l));
	struct gaicb *list[1] = {&l->request};
	struct timespec wait;
	int64_t left;
	int e;

	l->host = ms_xstrdup(host);
	snprintf(l->port, sizeof(l->port), "%u", port);
	l->hints.ai_socktype = SOCK_STREAM;
	l->request.ar_name = l->host;
	l->request.ar_service = l->port;
	l->request.ar_request = &l->hints;
	e = getaddrinfo_a(GAI_NOWAIT, list, 1, NULL);
	while (e == 0 && (e = gai_error(&l->request)) == EAI_INPROGRESS) {
		left = deadline_ms - ms_clock_ms();
		if (left <= 0) {
			if (gai_cancel(&l->request) != EAI_NOTCANCELED)
				lookup_free(l);
			ms_fail(err, MS_TEMP,
			    "host name not resolved within %u seconds",
			    c->timeout);
			return NULL;
		}
		wait = ms_clock_timespec(left);
		gai_suspend((const struct gaicb *const *)list, 1, &wait);
		e = 0;
	}
	if (e != 0) {
		lookup_free(l);
		ms_fail(err, MS_TEMP, "%s", gai_strerror(e));
		return NULL;
	}
	return l;
}

/* Connects to one address. Returns the socket, or -1. */
static int
connect_one(const struct ms_conn *c, const struct addrinfo *ai,
    int64_t deadline_ms, struct ms_err *err)
{
	int fd, e = 0, n, one = 1;
	socklen_t size = sizeof(e);

	fd = socket(ai->ai_family,
	    ai->ai_socktype | SOCK_NONBLOCK | SOCK_CLOEXEC, ai->ai_protocol);
	if (fd < 0)
		return ms_fail_errno(err, "no connection");
	if (connect(fd, ai->ai_addr, ai->ai_addrlen) < 0) {
		e = errno;
		if (e == EINPROGRESS || e == EINTR) {
			n = ms_conn_poll(fd, POLLOUT, deadline_ms);
			if (n == 0) {
				ms_conn_too_late(c, err);
				goto fail;
			}
			if (n < 0 ||
			    getsockopt(fd, SOL_SOCKET, SO_ERROR, &e, &size) < 0)
				e = errno;
		}
	}
	if (e != 0) {
		errno = e;
		ms_fail_errno(err, "no connection");
		if (err != NULL)
			err->code = MS_TEMP;
		goto fail;
	}
	(void)setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one));
	(void)setsockopt(fd, SOL_SOCKET, SO_KEEPALIVE, &one, sizeof(one));
	return fd;
fail:
	close(fd);
	return -1;
}

/* Connects to the first address that answers. Returns the socket, or -1. */
static int
connect_any(const struct ms_conn *c, const char *host, uint16_t port,
    struct ms_err *err)
{
	int64_t deadline = ms_conn_deadline(c), left;
	struct lookup *l = resolve(c, host, port, deadline, err);
	const struct addrinfo *ai;
	int more = 0, fd = -1;

	if (l == NULL)
		return -1;
	for (ai = l->request.ar_result; ai != NULL; ai = ai->ai_next)
		more++;
	/*
	 * The remaining time is divided among the addresses, so that a dead
	 * address does not use all of it.
	 */
	for (ai = l->request.ar_result; ai != NULL && fd < 0;
	     ai = ai->ai_next) {
		left = deadline - ms_clock_ms();
		if (more > 1)
			left /= more--;
		fd = connect_one(c, ai, ms_clock_ms() + left, err);
	}
	lookup_free(l);
	return fd;
}

static struct ms_conn *
conn_new(const struct ms_conn_options *opt)
{
	struct ms_conn *c = ms_xcalloc(1, sizeof(*c));

	c->fd = -1;
	c->host = ms_xstrdup(opt->host);
	c->ca_file = opt->ca_file != NULL ? ms_xstrdup(opt->ca_file) : NULL;
	c->pins = opt->pins;
	c->pin_count = opt->pin_count;
	c->accept_any = opt->accept_any;
	c->idle = opt->idle;
	c->idle_ctx = opt->idle_ctx;
	c->timeout = opt->timeout > 0 ? opt->timeout : MS_CONN_TIMEOUT;
	c->until_ms = opt->until_ms;
	c->rate = opt->rate < RATE_MAX ? opt->rate : 0;
	return c;
}

int
ms_conn_dial(const struct ms_conn_options *opt, struct ms_err *err)
{
	struct ms_url to = {0};
	struct ms_conn *c;
	int fd;

	if (opt->connect_to != NULL &&
	    ms_url_endpoint(&to, opt->connect_to, err) < 0)
		return -1;
	c = conn_new(opt);
	if (to.host != NULL)
		fd = connect_any(c, to.host, to.port, err);
	else
		fd = connect_any(c, opt->host, opt->port, err);
	ms_url_release(&to);
	ms_conn_close(c);
	return fd;
}

int
ms_conn_open(
    struct ms_conn **out, const struct ms_conn_options *opt, struct ms_err *err)
{
	size_t i;
	int fd;

	for (i = 0; i < opt->pin_count; i++)
		if (!ms_conn_pin_ok(opt->pins[i]))
			return ms_fail(err, MS_USAGE,
			    "%.100s: invalid pin; use sha256// and 44 "
			    "characters",
			    opt->pins[i]);
	fd = opt->dial != NULL ? opt->dial(opt->dial_ctx, err)
			       : ms_conn_dial(opt, err);
	if (fd < 0)
		return -1;
	*out = conn_new(opt);
	(*out)->fd = fd;
	return 0;
}

struct ms_conn *
ms_conn_with(const struct ms_conn_peer *peer)
{
	static const struct ms_conn_options none = {.host = "peer"};
	struct ms_conn *c = conn_new(&none);

	c->peer = *peer;
	return c;
}

/* ---- waiting ---- */

/*
 * Called after recv(2) or send(2) failed. Returns 0 if the call can be
 * repeated.
 */
static int
plain_retry(
    struct ms_conn *c, short events, int64_t deadline_ms, struct ms_err *err)
{
	if (errno == EINTR)
		return 0;
	if (errno != EAGAIN && errno != EWOULDBLOCK) {
		ms_fail_errno(err, "connection lost");
		if (err != NULL)
			err->code = MS_TEMP;
		return -1;
	}
	return ms_conn_await(c, events, deadline_ms, err);
}

/*
 * Whether there is a byte to read. On TLS a readable socket does not prove it:
 * a record may be incomplete, or contain a session ticket. Returns 1, 0, or -1.
 */
static int
peek(struct ms_conn *c, struct ms_err *err)
{
	char byte;
	int n, why, sys;

	if (c->ssl == NULL)
		return recv(c->fd, &byte, 1, MSG_PEEK | MSG_DONTWAIT) >= 0 ||
		       errno != EAGAIN;
	errno = 0;
	ERR_clear_error();
	n = SSL_peek(c->ssl, &byte, 1);
	sys = errno;
	if (n > 0)
		return 1;
	why = SSL_get_error(c->ssl, n);
	errno = sys;
	if (why == SSL_ERROR_WANT_READ || why == SSL_ERROR_WANT_WRITE)
		return 0;
	return ms_conn_ssl_retry(c, n, 0, err);
}

int
ms_conn_wait(struct ms_conn *c, int wait_ms, int other_fd, struct ms_err *err)
{
	int64_t until = ms_clock_ms() + wait_ms, left;
	struct pollfd fds[2] = {{.fd = c->fd, .events = POLLIN},
	    {.fd = other_fd, .events = POLLIN}};
	int n;

	if (c->fd < 0)
		return 1;
	if (c->until_ms != 0 && c->until_ms < until)
		until = c->until_ms;
	if (c->idle != NULL)
		c->idle(c->idle_ctx);
	for (;;) {
		n = peek(c, err);
		if (n != 0)
			return n;
		left = until - ms_clock_ms();
		if (left < 0)
			left = 0;
		n = poll(fds, 2, left > INT_MAX ? INT_MAX : (int)left);
		if (n < 0 && errno != EINTR)
			return ms_fail_errno(err, "poll");
		if (n > 0 && fds[1].revents != 0)
			return 2;
		if (n == 0 && c->until_ms != 0 && ms_clock_ms() >= c->until_ms)
			return ms_conn_too_late(c, err);
		if (n == 0)
			return 0;
	}
}

/*
 * Returns how many of n bytes the rate allows now. The token bucket contains up
 * to half a second's worth of bytes; the function waits until a quarter of this
 * is available.
 */
static int
allowance(struct ms_conn *c, int n, struct ms_err *err)
{
	uint64_t full = c->rate / 2 + 1, enough = full / 4 + 1, ms;
	int64_t now;

	for (;;) {
		now = ms_clock_ms();
		ms = (uint64_t)(now - c->filled_ms);
		if (c->filled_ms == 0 || ms > 1000)
			ms = 1000;
		if (ms * c->rate >= 1000) {
			c->left += ms * c->rate / 1000;
			c->filled_ms = now;
		}
		if (c->left > full)
			c->left = full;
		if (c->left >= enough)
			return (uint64_t)n < c->left ? n : (int)c->left;
		if (c->until_ms != 0 && now >= c->until_ms)
			return ms_conn_too_late(c, err);
		if (c->idle != NULL)
			c->idle(c->idle_ctx);
		(void)poll(
		    NULL, 0, (int)((enough - c->left) * 1000 / c->rate) + 1);
	}
}

/* ---- reading and writing ---- */

/* Reads once. Returns the number of bytes, 0 to repeat the call, or -1. */
static int
read_some(
    struct ms_conn *c, void *p, int n, int64_t deadline_ms, struct ms_err *err)
{
	ssize_t got;

	errno = 0;
	if (c->ssl != NULL) {
		ERR_clear_error();
		got = SSL_read(c->ssl, p, n);
		if (got <= 0)
			return ms_conn_ssl_retry(c, (int)got, deadline_ms, err);
		return (int)got;
	}
	if (c->fd < 0)
		got = (ssize_t)c->peer.says(c->peer.ctx, p, (size_t)n);
	else
		got = recv(c->fd, p, (size_t)n, 0);
	if (got < 0)
		return plain_retry(c, POLLIN, deadline_ms, err);
	if (got == 0)
		return ms_fail(
		    err, MS_TEMP, "the server closed the connection");
	return (int)got;
}

int
ms_conn_read(struct ms_conn *c, void *p, size_t n, struct ms_err *err)
{
	int64_t deadline;
	int want = n > INT_MAX ? INT_MAX : (int)n, got;

	assert(n > 0);
	if (c->rate > 0 && (want = allowance(c, want, err)) < 0)
		return -1;
	deadline = ms_conn_deadline(c);
	do
		got = read_some(c, p, want, deadline, err);
	while (got == 0);
	if (got > 0 && c->rate > 0)
		c->left -= (uint64_t)got;
	return got;
}

int
ms_conn_write(struct ms_conn *c, const void *p, size_t n, struct ms_err *err)
{
	int64_t deadline = ms_conn_deadline(c);
	const unsigned char *at = p;
	ssize_t put;
	int part, rc;

	if (c->idle != NULL)
		c->idle(c->idle_ctx);
	if (c->fd < 0) {
		if (c->peer.hears != NULL)
			c->peer.hears(c->peer.ctx, p, n);
		return 0;
	}
	while (n > 0) {
		part = n > INT_MAX ? INT_MAX : (int)n;
		errno = 0;
		if (c->ssl != NULL) {
			ERR_clear_error();
			put = SSL_write(c->ssl, at, part);
			rc = put > 0 ? 0
				     : ms_conn_ssl_retry(
					   c, (int)put, deadline, err);
		} else {
			put = send(c->fd, at, (size_t)part, MSG_NOSIGNAL);
			rc = put > 0 ? 0
				     : plain_retry(c, POLLOUT, deadline, err);
		}
		if (rc < 0)
			return -1;
		if (put > 0) {
			at += put;
			n -= (size_t)put;
		}
	}
	return 0;
}

void
ms_conn_close(struct ms_conn *c)
{
	if (c == NULL)
		return;
	if (c->ssl != NULL) {
		if (SSL_is_init_finished(c->ssl))
			(void)SSL_shutdown(c->ssl);
		ERR_clear_error();
		SSL_free(c->ssl);
	}
	SSL_CTX_free(c->ctx);
	if (c->fd >= 0)
		close(c->fd);
	free(c->host);
	free(c->ca_file);
	free(c);
}
