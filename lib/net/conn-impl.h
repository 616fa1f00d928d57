/* conn-impl.h - shared by conn*.c. Layer: private to conn. */
#ifndef MS_CONN_IMPL_H
#define MS_CONN_IMPL_H
#include <openssl/ssl.h>

#include "conn.h"

struct ms_conn {
	int fd; /* -1: peer replaces the socket */
	struct ms_conn_peer peer;
	char *host, *ca_file;
	const char *const *pins;
	size_t pin_count;
	bool accept_any;
	unsigned timeout; /* seconds */
	int64_t until_ms;
	void (*idle)(void *ctx);
	void *idle_ctx;
	SSL_CTX *ctx;
	SSL *ssl; /* NULL: not TLS */
	bool tls;
	uint64_t rate; /* bytes a second; 0: no limit */
	uint64_t left; /* bytes that the rate allows now */
	int64_t filled_ms;
};

/* The deadline of an operation that begins now; see ms_clock_ms(). */
int64_t ms_conn_deadline(const struct ms_conn *c);
/* Fails with MS_TEMP: the deadline has passed. */
int ms_conn_too_late(const struct ms_conn *c, struct ms_err *err);
/* Waits for events on a socket. 1: they have come; 0: too late; -1: errno. */
int ms_conn_poll(int fd, short events, int64_t deadline_ms);
/* Waits until bytes can be received (POLLIN) or sent (POLLOUT). */
int ms_conn_await(
    struct ms_conn *c, short events, int64_t deadline_ms, struct ms_err *err);
/*
 * Called after an SSL function returned n <= 0: waits for what TLS needs.
 * Returns 0 if the call can be repeated, -1 if it has failed.
 */
int ms_conn_ssl_retry(
    struct ms_conn *c, int n, int64_t deadline_ms, struct ms_err *err);

#endif
