/*
 * url.h - addresses of mailboxes: imaps://LOGIN@HOST[:PORT]/ (RFC 3986; the
 * shape of RFC 5092 without what follows the slash; imap, pop3 and pop3s are
 * written alike), and the identity of a source (ms-stream(5), source). Layer:
 * above buf.
 */
#ifndef MS_URL_H
#define MS_URL_H
#include <stdbool.h>
#include <stdint.h>
#include "buf.h"

#define MS_URL_MAX 1024  /* bytes of a URL */
#define MS_LOGIN_MAX 512 /* bytes of a login: its source fits MS_SOURCE_MAX */

/* The protocol, and whether TLS comes first: else it is upgraded to. */
enum ms_scheme {
	MS_IMAP,
	MS_IMAPS,
	MS_POP3,
	MS_POP3S
};

struct ms_url {
	enum ms_scheme scheme;
	char *login; /* decoded; NULL: not said. Owned */
	char *host;  /* lower case, IPv6 without brackets. Owned */
	uint16_t port;
};

/*
 * Parses `SCHEME://[LOGIN@]HOST[:PORT][/]`. The last @ ends the login, so that
 * `user@domain@host` and `user%40domain@host` are the same. A password is
 * refused: what is in a URL is in `ps`. MS_USAGE; u is then {0}.
 */
int ms_url_parse(struct ms_url *u, const char *text, struct ms_err *err);
/* May this be a login: 1..MS_LOGIN_MAX bytes without controls? */
bool ms_url_login_ok(const void *p, size_t n);
void ms_url_release(struct ms_url *u);

/* Parses HOST:PORT or [IPv6]:PORT; the rest of u is as it was. MS_USAGE. */
int ms_url_endpoint(struct ms_url *u, const char *text, struct ms_err *err);

/*
 * Appends the identity of the source: `imap://LOGIN@HOST[:PORT]/` or
 * `pop3://...`, with or without TLS, the port only if it is none of the
 * protocol's two. login is whose mailbox it is (an authorization identity),
 * NULL: the URL's; in it all but letters, digits and `-._~!$&'()*+,;=` is
 * escaped as %XX.
 */
void ms_url_source(
    const struct ms_url *u, const char *login, struct ms_buf *out);

#endif
