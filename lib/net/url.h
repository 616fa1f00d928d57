/*
 * url.h - URLs of mailboxes: imaps://LOGIN@HOST[:PORT]/ (RFC 3986; the form of
 * RFC 5092 without what follows the slash; imap, pop3 and pop3s are written in
 * the same way), and the identity of a source (ms-stream(5), source). Layer:
 * above buf.
 */
#ifndef MS_URL_H
#define MS_URL_H
#include <stdbool.h>
#include <stdint.h>
#include "buf.h"

#define MS_URL_MAX 1024  /* bytes of a URL */
#define MS_LOGIN_MAX 512 /* bytes of a login; its source fits MS_SOURCE_MAX */

/*
 * The protocol. The S means TLS from the first byte; otherwise STARTTLS or
 * STLS.
 */
enum ms_scheme {
	MS_IMAP,
	MS_IMAPS,
	MS_POP3,
	MS_POP3S
};

struct ms_url {
	enum ms_scheme scheme;
	char *login; /* decoded, or NULL. Owned */
	char *host;  /* lower case, IPv6 without brackets. Owned */
	uint16_t port;
};

/*
 * Parses `SCHEME://[LOGIN@]HOST[:PORT][/]`. The last @ ends the login, so that
 * `user@domain@host` and `user%40domain@host` are equal. A password is refused,
 * because ps(1) shows the URL. On failure (MS_USAGE) u is {0}.
 */
int ms_url_parse(struct ms_url *u, const char *text, struct ms_err *err);
/* Whether n bytes are a valid login: 1..MS_LOGIN_MAX bytes without controls. */
bool ms_url_login_ok(const void *p, size_t n);
void ms_url_release(struct ms_url *u);

/*
 * Parses HOST:PORT or [IPv6]:PORT; the other fields of u are unchanged.
 * MS_USAGE.
 */
int ms_url_endpoint(struct ms_url *u, const char *text, struct ms_err *err);

/*
 * Appends the identity of the source: `imap://LOGIN@HOST[:PORT]/` or
 * `pop3://...`, the same with and without TLS. The port is left out if it is
 * one of the two default ports of the protocol. login is the owner of the
 * mailbox (an authorization identity), NULL: the login of the URL. All its
 * bytes except letters, digits and `-._~!$&'()*+,;=` are escaped as %XX.
 */
void ms_url_source(
    const struct ms_url *u, const char *login, struct ms_buf *out);

#endif
