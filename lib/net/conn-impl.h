/* conn-impl.h - what conn*.c share. Not for others. Layer: conn. */
#ifndef MS_CONN_IMPL_H
#define MS_CONN_IMPL_H
#include <openssl/ssl.h>

#include "conn.h"

struct ms_conn {
	int fd; /* -1: there is a peer */
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
	uint64_t received;
	uint64_t rate; /* bytes a second; 0: no limit */
	uint64_t left; /* bytes that may be read now */
	int64_t filled_ms;
};

/* When an operation that begins now has to be done, CLOCK_MONOTONIC. */
int64_t ms_conn_deadline(const struct ms_conn *c);
/* Waits for the server's bytes, or for room for ours. */
int ms_conn_await(
    struct ms_conn *c, short events, int64_t deadline_ms, struct ms_err *err);
/*
 * After an SSL call that returned n <= 0: waits for what it wants. 0: try it
 * again, -1: it failed.
 */
int ms_conn_ssl_again(
    struct ms_conn *c, int n, int64_t deadline_ms, struct ms_err *err);

#endif
