/*
 * conn.h - one connection to a server: TCP, then TLS on OpenSSL. The chain
 * and the host name are verified (RFC 9525), TLS is 1.2 or newer, and every
 * operation has a deadline. Knows nothing of mail. Layer: above err.
 *
 * The program must ignore SIGPIPE: OpenSSL's writes raise it.
 */
#ifndef MS_CONN_H
#define MS_CONN_H
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
	unsigned timeout;    /* seconds an operation may take; 0: the default */
	const char *ca_file; /* PEM; NULL: the system's authorities */
	/* Called before something is sent and before a wait for what comes, if
	 * not NULL: the moment to pass on what has come. */
	void (*idle)(void *ctx);
	void *idle_ctx;
};

/*
 * Connects to the first of the host's addresses that answers. The options are
 * copied. Errors: MS_TEMP (no such host, refused, no answer in time).
 */
int ms_conn_open(struct ms_conn **out, const struct ms_conn_options *opt,
    struct ms_err *err);

/*
 * Takes over a connected socket, whatever its family; of the options the host
 * and port are only names. It is closed with the connection.
 */
void ms_conn_adopt(
    struct ms_conn **out, int fd, const struct ms_conn_options *opt);

/*
 * Makes the connection a TLS one; nothing may have been read ahead. The
 * sentences (which do not name the host) tell an unknown authority, a
 * certificate for another host, and one that has expired apart. Errors:
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

/* Says goodbye without waiting for an answer, and frees. NULL is fine. */
void ms_conn_close(struct ms_conn *c);

#endif
