/*
 * conn.h - one connection to a server: TCP, then TLS on OpenSSL. The chain
 * and the host name are verified (RFC 9525), or the certificate is a pinned
 * one; TLS is 1.2 or newer, and every operation has a deadline. Knows nothing
 * of mail. Layer: above err, url.
 *
 * The program must ignore SIGPIPE: OpenSSL's writes raise it.
 */
#ifndef MS_CONN_H
#define MS_CONN_H
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "err.h"

#define MS_CONN_TIMEOUT 60 /* seconds an operation may take, unless said */

struct ms_conn;

/* How a session of a mail protocol comes to TLS. */
enum ms_tls {
	MS_TLS_DONE,    /* the connection is TLS from its first byte */
	MS_TLS_UPGRADE, /* demanded of the server (STARTTLS, STLS) */
	MS_TLS_NEVER    /* none: everything can be read on the way */
};

struct ms_conn_options {
	const char *host; /* a name, or an address (IPv6 without brackets);
			     what the certificate must be for */
	uint16_t port;
	const char *connect_to; /* HOST:PORT or [IPv6]:PORT that is dialled
				   instead; NULL: host and port */
	unsigned timeout;    /* seconds an operation may take; 0: the default */
	int64_t until_ms;    /* CLOCK_MONOTONIC; from then on every operation
				fails; 0: never */
	uint64_t rate;       /* bytes a second that are read; 0: no limit */
	const char *ca_file; /* PEM; NULL: the system's authorities */
	/* If there are any, the server's certificate or its key must be one of
	 * these, which ms_conn_pin_ok(); chain and name don't count then. */
	const char *const *pins;
	size_t pin_count;
	bool accept_any; /* whose certificate it is doesn't matter */
	/* Called before something is sent and before a wait for what comes, if
	 * not NULL: the moment to pass on what has come. */
	void (*idle)(void *ctx);
	void *idle_ctx;
};

/*
 * Connects to the first of the host's addresses that answers. The options are
 * copied, but for the pins, which stay the caller's until ms_conn_tls().
 * Errors: MS_TEMP (no such host, refused, no answer in time), MS_USAGE
 * (connect_to, a pin).
 */
int ms_conn_open(struct ms_conn **out, const struct ms_conn_options *opt,
    struct ms_err *err);

/* The other end as functions: for tests of what speaks over a connection. */
struct ms_conn_peer {
	/* What it says next: fills p, at most n bytes; 0: it has closed. */
	size_t (*says)(void *ctx, void *p, size_t n);
	/* What it is told; NULL: it does not listen. */
	void (*hears)(void *ctx, const void *p, size_t n);
	void *ctx;
};
/* A connection to it. ms_conn_tls() does nothing there. */
struct ms_conn *ms_conn_with(const struct ms_conn_peer *peer);

/*
 * Is it a pin: `sha256//` and the digest of a certificate (DER) or of its
 * public key (SubjectPublicKeyInfo), in base64?
 */
bool ms_conn_pin_ok(const char *text);

/*
 * Makes the connection a TLS one; nothing may have been read ahead. The
 * sentences (which do not name the host) tell an unknown authority, a
 * certificate for another host, one that has expired, and one that is not
 * pinned apart; the last one says what its pins are. Errors:
 * MS_PROTO (certificate, TLS version, protocol), MS_TEMP (cut, no answer in
 * time), MS_NOINPUT, MS_DATA (ca_file).
 */
int ms_conn_tls(struct ms_conn *c, struct ms_err *err);

/*
 * Waits for at least one byte; reads up to n. Returns how many, never 0: the
 * end of the connection is an error too. Errors: MS_TEMP (closed, cut, no
 * answer in time), MS_PROTO (broken TLS).
 */
int ms_conn_read(struct ms_conn *c, void *p, size_t n, struct ms_err *err);
/* Writes all n bytes. 0, or -1 as above. */
int ms_conn_write(
    struct ms_conn *c, const void *p, size_t n, struct ms_err *err);

/*
 * Waits until there is something to read: from the server (1), or from
 * other_fd (2), which may be -1; 0: neither within wait_ms. The timeout has no
 * part in it. -1 as above.
 */
int ms_conn_wait(
    struct ms_conn *c, int wait_ms, int other_fd, struct ms_err *err);

bool ms_conn_is_tls(const struct ms_conn *c);
/* Bytes read so far, as they were inside TLS. */
uint64_t ms_conn_received(const struct ms_conn *c);

/* Says goodbye without waiting for an answer, and frees. NULL is fine. */
void ms_conn_close(struct ms_conn *c);

#endif
