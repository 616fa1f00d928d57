/*
 * url.c - parses the URL of a mailbox, and makes the identity of a source. RFC
 * 3986.
 */
#include "url.h"

#include <arpa/inet.h>
#include <ctype.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "sha.h"

static const struct scheme {
	const char *name;
	const char *identity;
	uint16_t port, other; /* the default port, and that of the variant with
				 or without TLS */
} schemes[] = {
    [MS_IMAP] = {"imap://", "imap://", 143, 993},
    [MS_IMAPS] = {"imaps://", "imap://", 993, 143},
    [MS_POP3] = {"pop3://", "pop3://", 110, 995},
    [MS_POP3S] = {"pop3s://", "pop3://", 995, 110},
};
#define SCHEMES (sizeof(schemes) / sizeof(schemes[0]))

void
ms_url_release(struct ms_url *u)
{
	free(u->login);
	free(u->host);
	*u = (struct ms_url){0};
}

bool
ms_url_login_ok(const void *p, size_t n)
{
	const unsigned char *s = p;
	size_t i;

	for (i = 0; i < n; i++)
		if (s[i] < 0x20 || s[i] == 0x7f)
			return false;
	return n > 0 && n <= MS_LOGIN_MAX;
}

/*
 * Percent-decodes the login. Control bytes are refused because the login
 * becomes part of a command.
 */
static int
parse_login(struct ms_url *u, const char *p, size_t n, struct ms_err *err)
{
	struct ms_buf out = {0};
	unsigned char c;
	size_t i;
	struct ms_slice hex = {.n = 2};

	for (i = 0; i < n; i++) {
		c = (unsigned char)p[i];
		if (c == ':') {
			ms_buf_release(&out);
			return ms_fail(err, MS_USAGE,
			    "URL contains a password; write a colon in the "
			    "login as %%3A");
		}
		if (c == '%') {
			hex.p = (const unsigned char *)p + i + 1;
			if (n - i < 3 || ms_unhex(hex, &c, 1) < 0)
				goto bad;
			i += 2;
		}
		ms_buf_add_byte(&out, c);
	}
	if (!ms_url_login_ok(out.p, out.n))
		goto bad;
	u->login = ms_xstrndup(out.p, out.n);
	ms_buf_release(&out);
	return 0;
bad:
	ms_buf_release(&out);
	return ms_fail(err, MS_USAGE, "invalid login in the URL");
}

static int
parse_port(struct ms_url *u, const char *p, size_t n, struct ms_err *err)
{
	uint32_t port = 0;
	size_t i;

	for (i = 0; i < n && port <= UINT16_MAX; i++) {
		if (!isdigit((unsigned char)p[i]))
			break;
		port = port * 10 + (uint32_t)(p[i] - '0');
	}
	if (n == 0 || i < n || port == 0 || port > UINT16_MAX)
		return ms_fail(err, MS_USAGE, "invalid port in the URL");
	u->port = (uint16_t)port;
	return 0;
}

/* Whether p is a name or an IPv4 address: letters, digits, - . and _ */
static bool
name_ok(const char *p, size_t n)
{
	size_t i;

	if (n == 0 || n > 253 || p[0] == '-' || p[0] == '.' || p[n - 1] == '.')
		return false;
	for (i = 0; i < n; i++)
		if (!isalnum((unsigned char)p[i]) && p[i] != '-' &&
		    p[i] != '_' && (p[i] != '.' || p[i - 1] == '.'))
			return false;
	return true;
}

/* Converts u->host to its canonical form, which is part of the identity. */
static bool
make_canonical(struct ms_url *u, bool ipv6)
{
	unsigned char addr[sizeof(struct in6_addr)];
	char text[INET6_ADDRSTRLEN];
	size_t n = strlen(u->host), i;

	if (ipv6) {
		if (inet_pton(AF_INET6, u->host, addr) != 1 ||
		    inet_ntop(AF_INET6, addr, text, sizeof(text)) == NULL)
			return false;
		free(u->host);
		u->host = ms_xstrdup(text);
		return true;
	}
	for (i = 0; i < n; i++)
		u->host[i] = (char)tolower((unsigned char)u->host[i]);
	if (n > 0 && u->host[n - 1] == '.')
		u->host[--n] =
		    '\0'; /* the dot of the root zone names the same host */
	return name_ok(u->host, n);
}

static int
parse_host(struct ms_url *u, const char *p, size_t n, struct ms_err *err)
{
	const char *end = p + n, *stop;
	bool ipv6 = n > 0 && *p == '[';

	stop = memchr(p, ipv6 ? ']' : ':', n);
	if (ipv6 && stop == NULL)
		return ms_fail(err, MS_USAGE, "invalid host in the URL");
	if (stop == NULL)
		stop = end;
	u->host = ms_xstrndup(p + ipv6, (size_t)(stop - p - ipv6));
	stop += ipv6;
	if (!make_canonical(u, ipv6) || (stop < end && *stop != ':'))
		return ms_fail(err, MS_USAGE, "invalid host in the URL");
	if (stop < end)
		return parse_port(u, stop + 1, (size_t)(end - stop - 1), err);
	return 0;
}

/* Finds the scheme at the beginning of text; NULL: unknown. */
static const struct scheme *
find_scheme(const char *text)
{
	size_t i;

	for (i = 0; i < SCHEMES; i++)
		if (strncasecmp(
			text, schemes[i].name, strlen(schemes[i].name)) == 0)
			return &schemes[i];
	return NULL;
}

int
ms_url_parse(struct ms_url *u, const char *text, struct ms_err *err)
{
	const struct scheme *scheme = find_scheme(text);
	const char *p = text, *end, *at;
	size_t n;

	*u = (struct ms_url){0};
	if (strlen(text) > MS_URL_MAX)
		return ms_fail(err, MS_USAGE, "URL is too long");
	if (scheme == NULL)
		return ms_fail(err, MS_USAGE,
		    "URL does not begin with imaps://, imap://, pop3s:// "
		    "or pop3:// (example: imaps://alice@imap.example.org/)");
	u->scheme = (enum ms_scheme)(scheme - schemes);
	u->port = scheme->port;
	p += strlen(scheme->name);
	end = p + strcspn(p, "/?#");
	if (*end != '\0' && strcmp(end, "/") != 0)
		return ms_fail(err, MS_USAGE,
		    "URL has text after the host; name folders with "
		    "--folder");
	n = (size_t)(end - p);
	at = memrchr(p, '@', n);
	if ((at != NULL && parse_login(u, p, (size_t)(at - p), err) < 0) ||
	    parse_host(u, at != NULL ? at + 1 : p,
		(size_t)(end - (at != NULL ? at + 1 : p)), err) < 0) {
		ms_url_release(u);
		return -1;
	}
	return 0;
}

int
ms_url_endpoint(struct ms_url *u, const char *text, struct ms_err *err)
{
	struct ms_url at = {0};

	if (strlen(text) > MS_URL_MAX ||
	    parse_host(&at, text, strlen(text), NULL) < 0 || at.port == 0) {
		ms_url_release(&at);
		return ms_fail(err, MS_USAGE,
		    "%.100s: not HOST:PORT or [ADDRESS]:PORT", text);
	}
	free(u->host);
	u->host = at.host;
	u->port = at.port;
	return 0;
}

void
ms_url_source(const struct ms_url *u, const char *login, struct ms_buf *out)
{
	static const char plain[] = "-._~!$&'()*+,;=";
	const struct scheme *scheme = &schemes[u->scheme];
	const char *p = login != NULL ? login : u->login;

	ms_buf_add_str(out, scheme->identity);
	for (; p != NULL && *p != '\0'; p++) {
		if (isalnum((unsigned char)*p) || strchr(plain, *p) != NULL)
			ms_buf_add_byte(out, (unsigned char)*p);
		else
			ms_buf_printf(out, "%%%02X", (unsigned char)*p);
	}
	ms_buf_printf(out, strchr(u->host, ':') ? "@[%s]" : "@%s", u->host);
	if (u->port != scheme->port && u->port != scheme->other)
		ms_buf_printf(out, ":%u", u->port);
	ms_buf_add_byte(out, '/');
}
