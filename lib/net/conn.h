/*
 * conn.h - one connection to a server: TCP, then TLS by OpenSSL. The chain and
 * the host name are verified (RFC 9525), or the certificate is pinned; TLS is
 * version 1.2 or later; every operation has a deadline. The module does not
 * depend on mail. Layer: above clock, url.
 *
 * The program must ignore SIGPIPE, because writes of OpenSSL raise it.
 */
#ifndef MS_CONN_H
#define MS_CONN_H
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "err.h"

#define MS_CONN_TIMEOUT 60 /* seconds for an operation, by default */

struct ms_conn;

/* How a session of a mail protocol gets TLS. */
enum ms_tls {
	MS_TLS_DONE,    /* the connection is TLS from its first byte */
	MS_TLS_UPGRADE, /* the server must upgrade (STARTTLS, STLS) */
	MS_TLS_NEVER    /* no encryption */
};

struct ms_conn_options {
	const char *host; /* a name or an address (IPv6 without brackets), which
			     the certificate must contain */
	uint16_t port;
	const char *connect_to; /* HOST:PORT or [IPv6]:PORT to connect to
				   instead of host and port, or NULL */
	unsigned timeout;       /* seconds for an operation; 0: the default */
	int64_t until_ms; /* see ms_clock_ms(); every later operation fails; 0:
			     never */
	uint64_t rate;    /* bytes a second that are read; 0: unlimited */
	const char *ca_file; /* PEM; NULL: the authorities of the system */
	/*
	 * If there are pins, the server's certificate or its key must match one
	 * of them (see ms_conn_pin_ok()); chain and name are not verified.
	 */
	const char *const *pins;
	size_t pin_count;
	bool accept_any; /* do not verify the certificate */
	/*
	 * If not NULL: called before data is sent and before a wait for data,
	 * so that the caller can pass on what it has received.
	 */
	void (*idle)(void *ctx);
	void *idle_ctx;
	/*
	 * If not NULL: called in place of ms_conn_dial(), for a process that
	 * may not connect by itself.
	 */
	int (*dial)(void *ctx, struct ms_err *err);
	void *dial_ctx;
};

/*
 * Looks up the host and connects, as ms_conn_open() does. Returns a socket that
 * does not block and that the caller closes, or -1 with the errors of
 * ms_conn_open().
 */
int ms_conn_dial(const struct ms_conn_options *opt, struct ms_err *err);

/*
 * Connects to the first address of the host that answers. The options are
 * copied except for the pins, which the caller keeps until ms_conn_tls().
 * Errors: MS_TEMP, no such host, connection refused, no answer in time;
 * MS_USAGE, connect_to or a pin is invalid; those of dial.
 */
int ms_conn_open(struct ms_conn **out, const struct ms_conn_options *opt,
    struct ms_err *err);

/* The other end of a connection as functions, for tests. */
struct ms_conn_peer {
	/*
	 * Writes the next bytes from the peer to p, at most n; 0: the peer has
	 * closed.
	 */
	size_t (*says)(void *ctx, void *p, size_t n);
	/* Receives what is sent to the peer. NULL: it is ignored. */
	void (*hears)(void *ctx, const void *p, size_t n);
	void *ctx;
};
/* Makes a connection to a peer, on which ms_conn_tls() does nothing. */
struct ms_conn *ms_conn_with(const struct ms_conn_peer *peer);

/*
 * Whether text is a pin: `sha256//` and the digest of a certificate (DER) or of
 * its public key (SubjectPublicKeyInfo) in base64.
 */
bool ms_conn_pin_ok(const char *text);

/*
 * Whether a certificate (DER), or its key, is one of the pins. MS_PROTO: it is
 * not, or is no certificate; the message contains its pins.
 */
int ms_conn_check_pins(const unsigned char *der, size_t n,
    const char *const *pins, size_t count, struct ms_err *err);

/*
 * Begins TLS on the connection; nothing may have been read ahead. The messages
 * (which do not name the host) distinguish an unknown authority, a certificate
 * for another host, an expired one, and one that is not pinned; the last
 * message contains the pins of the certificate. Errors: MS_PROTO, certificate,
 * TLS version or protocol; MS_TEMP, connection lost or no answer in time;
 * MS_NOINPUT or MS_DATA, ca_file.
 */
int ms_conn_tls(struct ms_conn *c, struct ms_err *err);

/*
 * Waits for at least one byte and reads up to n. Returns the number of bytes,
 * never 0: the end of the connection is an error. Errors: MS_TEMP, connection
 * closed or lost, no answer in time; MS_PROTO, invalid TLS.
 */
int ms_conn_read(struct ms_conn *c, void *p, size_t n, struct ms_err *err);
/* Writes all n bytes. Returns 0, or -1 with the errors of ms_conn_read(). */
int ms_conn_write(
    struct ms_conn *c, const void *p, size_t n, struct ms_err *err);

/*
 * Waits until there is something to read: returns 1 for the server, 2 for
 * other_fd (which can be -1), 0 if there is nothing within wait_ms. The timeout
 * of the connection does not apply. Returns -1 with the errors of
 * ms_conn_read().
 */
int ms_conn_wait(
    struct ms_conn *c, int wait_ms, int other_fd, struct ms_err *err);

/*
 * Sends the end of TLS without waiting for an answer, and frees. c can be NULL.
 */
void ms_conn_close(struct ms_conn *c);

#endif
