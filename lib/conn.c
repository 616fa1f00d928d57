/* conn.c - TCP and TLS on OpenSSL, with deadlines. RFC 8446, RFC 9525. */
#include "conn.h"

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
#include <time.h>
#include <unistd.h>

#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>

#include "buf.h"

struct ms_conn {
	int fd;
	char *host, *ca_file;
	unsigned timeout; /* seconds */
	void (*idle)(void *ctx);
	void *idle_ctx;
	SSL_CTX *ctx;
	SSL *ssl; /* NULL: not TLS */
};

/* ---- deadlines ---- */

static int64_t
now_ms(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (int64_t)ts.tv_sec * 1000 + ts.tv_nsec / 1000000;
}

static int
too_slow(const struct ms_conn *c, struct ms_err *err)
{
	return ms_fail(err, MS_TEMP, "no answer within %u seconds", c->timeout);
}

/* Waits for events on a socket. 1: they are there; 0: too late; -1. */
static int
wait_fd(int fd, short events, int64_t deadline_ms)
{
	struct pollfd pfd = {.fd = fd, .events = events};
	int64_t left;
	int n;

	for (;;) {
		left = deadline_ms - now_ms();
		if (left < 0)
			left = 0;
		n = poll(&pfd, 1, left > INT_MAX ? INT_MAX : (int)left);
		if (n >= 0 || errno != EINTR)
			return n;
	}
}

/* ---- connecting ---- */

/* What the resolver's thread may still write to when we have given up. */
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
 * Looks the host up, by the deadline; getaddrinfo(3) itself has none. If the
 * resolver can't be called off, its request is left to it. NULL: failed.
 */
static struct lookup *
resolve(const struct ms_conn *c, uint16_t port, int64_t deadline_ms,
    struct ms_err *err)
{
	struct lookup *l = ms_xcalloc(1, sizeof(*l));
	struct gaicb *list[1] = {&l->request};
	struct timespec wait;
	int64_t left;
	int e;

	l->host = ms_xstrdup(c->host);
	snprintf(l->port, sizeof(l->port), "%u", port);
	l->hints.ai_socktype = SOCK_STREAM;
	l->request.ar_name = l->host;
	l->request.ar_service = l->port;
	l->request.ar_request = &l->hints;
	e = getaddrinfo_a(GAI_NOWAIT, list, 1, NULL);
	while (e == 0 && (e = gai_error(&l->request)) == EAI_INPROGRESS) {
		left = deadline_ms - now_ms();
		if (left <= 0) {
			if (gai_cancel(&l->request) != EAI_NOTCANCELED)
				lookup_free(l);
			ms_fail(err, MS_TEMP,
			    "host not looked up within %u seconds", c->timeout);
			return NULL;
		}
		wait.tv_sec = left / 1000;
		wait.tv_nsec = left % 1000 * 1000000;
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
			n = wait_fd(fd, POLLOUT, deadline_ms);
			if (n == 0) {
				too_slow(c, err);
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

static struct ms_conn *
conn_new(const struct ms_conn_options *opt)
{
	struct ms_conn *c = ms_xcalloc(1, sizeof(*c));

	c->fd = -1;
	c->host = ms_xstrdup(opt->host);
	c->ca_file = opt->ca_file != NULL ? ms_xstrdup(opt->ca_file) : NULL;
	c->idle = opt->idle;
	c->idle_ctx = opt->idle_ctx;
	c->timeout = opt->timeout > 0 ? opt->timeout : MS_CONN_TIMEOUT;
	return c;
}

void
ms_conn_adopt(struct ms_conn **out, int fd, const struct ms_conn_options *opt)
{
	int flags = fcntl(fd, F_GETFL);

	*out = conn_new(opt);
	(*out)->fd = fd;
	if (flags >= 0)
		(void)fcntl(fd, F_SETFL, flags | O_NONBLOCK);
}

int
ms_conn_open(
    struct ms_conn **out, const struct ms_conn_options *opt, struct ms_err *err)
{
	struct ms_conn *c = conn_new(opt);
	struct lookup *l = NULL;
	const struct addrinfo *ai;
	int64_t deadline, left;
	int more = 0;

	deadline = now_ms() + (int64_t)c->timeout * 1000;
	l = resolve(c, opt->port, deadline, err);
	if (l == NULL)
		goto fail;
	for (ai = l->request.ar_result; ai != NULL; ai = ai->ai_next)
		more++;
	/* A dead address gets its share of the time, not all of it. */
	for (ai = l->request.ar_result; ai != NULL && c->fd < 0;
	     ai = ai->ai_next) {
		left = deadline - now_ms();
		if (more > 1)
			left /= more--;
		c->fd = connect_one(c, ai, now_ms() + left, err);
	}
	if (c->fd < 0)
		goto fail;
	lookup_free(l);
	*out = c;
	return 0;
fail:
	if (l != NULL)
		lookup_free(l);
	ms_conn_close(c);
	return -1;
}

/* ---- TLS ---- */

static int
bad_certificate(long why, struct ms_err *err)
{
	switch (why) {
	case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT:
	case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY:
	case X509_V_ERR_UNABLE_TO_VERIFY_LEAF_SIGNATURE:
	case X509_V_ERR_SELF_SIGNED_CERT_IN_CHAIN:
	case X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT:
	case X509_V_ERR_CERT_UNTRUSTED:
		return ms_fail(err, MS_PROTO,
		    "certificate of an unknown authority (%s)",
		    X509_verify_cert_error_string(why));
	case X509_V_ERR_HOSTNAME_MISMATCH:
	case X509_V_ERR_IP_ADDRESS_MISMATCH:
		return ms_fail(
		    err, MS_PROTO, "certificate is for another host");
	case X509_V_ERR_CERT_HAS_EXPIRED:
		return ms_fail(err, MS_PROTO, "certificate has expired");
	default:
		return ms_fail(err, MS_PROTO, "certificate refused: %s",
		    X509_verify_cert_error_string(why));
	}
}

/* OpenSSL's last error as a sentence; the error queue is empty afterwards. */
static int
ssl_fail(int why, int sys, struct ms_err *err)
{
	unsigned long e = ERR_peek_last_error();
	const char *reason = ERR_reason_error_string(e);
	bool cut = ERR_GET_LIB(e) == ERR_LIB_SSL &&
		   ERR_GET_REASON(e) == SSL_R_UNEXPECTED_EOF_WHILE_READING;

	ERR_clear_error();
	if (why == SSL_ERROR_ZERO_RETURN)
		return ms_fail(
		    err, MS_TEMP, "the server closed the connection");
	if (cut || (why == SSL_ERROR_SYSCALL && sys == 0))
		return ms_fail(err, MS_TEMP, "the server cut the connection");
	if (why == SSL_ERROR_SYSCALL) {
		errno = sys;
		ms_fail_errno(err, "connection lost");
		if (err != NULL)
			err->code = MS_TEMP;
		return -1;
	}
	if (ERR_GET_REASON(e) == SSL_R_UNSUPPORTED_PROTOCOL ||
	    ERR_GET_REASON(e) == SSL_R_TLSV1_ALERT_PROTOCOL_VERSION)
		reason = "the server has no TLS 1.2 or newer";
	else if (ERR_GET_REASON(e) == SSL_R_WRONG_VERSION_NUMBER)
		reason = "the server does not speak TLS on this port";
	return ms_fail(err, MS_PROTO, "TLS: %s",
	    reason != NULL ? reason : "unknown error");
}

static int
set_up_context(struct ms_conn *c, struct ms_err *err)
{
	int good;

	c->ctx = SSL_CTX_new(TLS_client_method());
	if (c->ctx == NULL)
		return ms_fail(err, MS_BUG, "TLS: no context");
	SSL_CTX_set_min_proto_version(c->ctx, TLS1_2_VERSION);
	SSL_CTX_set_verify(c->ctx, SSL_VERIFY_PEER, NULL);
	SSL_CTX_set_mode(c->ctx, SSL_MODE_ENABLE_PARTIAL_WRITE |
				     SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
	SSL_CTX_set_read_ahead(c->ctx, 1); /* fewer, larger reads */
	if (c->ca_file == NULL) {
		good = SSL_CTX_set_default_verify_paths(c->ctx);
	} else {
		if (access(c->ca_file, R_OK) < 0)
			return ms_fail_errno(err, "%s", c->ca_file);
		good = SSL_CTX_load_verify_file(c->ctx, c->ca_file);
	}
	ERR_clear_error();
	if (!good)
		return ms_fail(err, MS_DATA, "%s: no certificates in it",
		    c->ca_file != NULL ? c->ca_file : "system authorities");
	return 0;
}

/* Who must be at the other end. */
static int
set_up_name(struct ms_conn *c, struct ms_err *err)
{
	unsigned char addr[sizeof(struct in6_addr)];
	bool numeric = inet_pton(AF_INET, c->host, addr) == 1 ||
		       inet_pton(AF_INET6, c->host, addr) == 1;
	int good;

	SSL_set_hostflags(c->ssl, X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS);
	if (numeric)
		good = X509_VERIFY_PARAM_set1_ip_asc(
		    SSL_get0_param(c->ssl), c->host);
	else
		good = SSL_set1_host(c->ssl, c->host) &&
		       SSL_set_tlsext_host_name(c->ssl, c->host);
	return good ? 0 : ms_fail(err, MS_USAGE, "%s: bad host name", c->host);
}

/* Waits for the server's bytes, or for room for ours. */
static int
wait_server(
    struct ms_conn *c, short events, int64_t deadline_ms, struct ms_err *err)
{
	int got;

	if (events == POLLIN && c->idle != NULL)
		c->idle(c->idle_ctx);
	got = wait_fd(c->fd, events, deadline_ms);
	if (got < 0)
		return ms_fail_errno(err, "poll");
	return got == 0 ? too_slow(c, err) : 0;
}

/*
 * After an SSL call that returned n <= 0: waits for what it wants. 0: try it
 * again, -1: it failed.
 */
static int
ssl_again(struct ms_conn *c, int n, int64_t deadline_ms, struct ms_err *err)
{
	int sys = errno, why = SSL_get_error(c->ssl, n);

	if (why != SSL_ERROR_WANT_READ && why != SSL_ERROR_WANT_WRITE)
		return ssl_fail(why, sys, err);
	return wait_server(
	    c, why == SSL_ERROR_WANT_READ ? POLLIN : POLLOUT, deadline_ms, err);
}

int
ms_conn_tls(struct ms_conn *c, struct ms_err *err)
{
	int64_t deadline = now_ms() + (int64_t)c->timeout * 1000;
	long verdict;
	int n;

	assert(c->ssl == NULL);
	if (set_up_context(c, err) < 0)
		return -1;
	c->ssl = SSL_new(c->ctx);
	if (c->ssl == NULL || !SSL_set_fd(c->ssl, c->fd))
		return ms_fail(err, MS_BUG, "TLS: no session");
	if (set_up_name(c, err) < 0)
		return -1;
	for (;;) {
		errno = 0;
		ERR_clear_error();
		n = SSL_connect(c->ssl);
		if (n == 1)
			break;
		verdict = SSL_get_verify_result(c->ssl);
		if (verdict != X509_V_OK)
			return bad_certificate(verdict, err);
		if (ssl_again(c, n, deadline, err) < 0)
			return ms_context(err, "TLS handshake");
	}
	verdict = SSL_get_verify_result(c->ssl);
	if (verdict != X509_V_OK)
		return bad_certificate(verdict, err);
	return 0;
}

/* ---- reading and writing ---- */

static int
plain_again(
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
	return wait_server(c, events, deadline_ms, err);
}

int
ms_conn_read(struct ms_conn *c, void *p, size_t n, struct ms_err *err)
{
	int64_t deadline = now_ms() + (int64_t)c->timeout * 1000;
	int want = n > INT_MAX ? INT_MAX : (int)n;
	ssize_t got;
	int rc;

	assert(n > 0);
	for (;;) {
		errno = 0;
		if (c->ssl != NULL) {
			ERR_clear_error();
			got = SSL_read(c->ssl, p, want);
			if (got > 0)
				return (int)got;
			rc = ssl_again(c, (int)got, deadline, err);
		} else {
			got = recv(c->fd, p, (size_t)want, 0);
			if (got > 0)
				return (int)got;
			if (got == 0)
				return ms_fail(err, MS_TEMP,
				    "the server closed the connection");
			rc = plain_again(c, POLLIN, deadline, err);
		}
		if (rc < 0)
			return -1;
	}
}

int
ms_conn_write(struct ms_conn *c, const void *p, size_t n, struct ms_err *err)
{
	int64_t deadline = now_ms() + (int64_t)c->timeout * 1000;
	const unsigned char *at = p;
	ssize_t put;
	int part, rc;

	if (c->idle != NULL)
		c->idle(c->idle_ctx);
	while (n > 0) {
		part = n > INT_MAX ? INT_MAX : (int)n;
		errno = 0;
		if (c->ssl != NULL) {
			ERR_clear_error();
			put = SSL_write(c->ssl, at, part);
			rc =
			    put > 0 ? 0 : ssl_again(c, (int)put, deadline, err);
		} else {
			put = send(c->fd, at, (size_t)part, MSG_NOSIGNAL);
			rc = put > 0 ? 0
				     : plain_again(c, POLLOUT, deadline, err);
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
