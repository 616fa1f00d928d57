/*
 * directory.c - verifies passwords by a bind, and runs libldap in a child
 * process. RFC 4511, 4.2; RFC 4513, 5.1.3.
 */
#include "directory-impl.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "clock.h"

/* ---- syntax ---- */

static int
check_one(const char *url, const LDAPURLDesc *d, struct ms_err *err)
{
	if (strcmp(d->lud_scheme, "ldaps") != 0 &&
	    strcmp(d->lud_scheme, "ldap") != 0)
		return ms_fail(err, MS_USAGE,
		    "directory: URL is neither ldaps: nor ldap:");
	if (d->lud_host == NULL || *d->lud_host == '\0')
		return ms_fail(err, MS_USAGE, "directory: URL has no host");
	if (d->lud_port < 0 || d->lud_port > UINT16_MAX)
		return ms_fail(
		    err, MS_USAGE, "directory: URL has an invalid port");
	if ((d->lud_dn != NULL && *d->lud_dn != '\0') ||
	    strchr(url, '?') != NULL)
		return ms_fail(err, MS_USAGE,
		    "directory: URL has more than a host and port");
	return 0;
}

int
ms_directory_url_ok(const char *url, struct ms_err *err)
{
	char *copy = ms_xstrdup(url), *at = copy, *one;
	LDAPURLDesc *d;
	bool any = false;
	int rc = 0;

	while (rc == 0 && (one = strsep(&at, " ")) != NULL) {
		if (*one == '\0')
			continue;
		any = true;
		if (ldap_url_parse(one, &d) != LDAP_URL_SUCCESS) {
			rc = ms_fail(err, MS_USAGE, "directory: invalid URL");
			break;
		}
		rc = check_one(one, d, err);
		ldap_free_urldesc(d);
	}
	free(copy);
	if (rc == 0 && !any)
		rc = ms_fail(err, MS_USAGE, "directory: invalid URL");
	return rc;
}

/* libldap parses the filter of a search before it connects, here to a path that
 * is no socket. */
int
ms_directory_filter_ok(const char *filter, struct ms_err *err)
{
	LDAP *ld = NULL;
	int id, rc;

	setenv("LDAPNOINIT", "1", 1);
	rc = ldap_initialize(&ld, "ldapi://%2Fdev%2Fnull");
	if (rc == LDAP_SUCCESS)
		rc = ldap_search_ext(ld, "", LDAP_SCOPE_BASE, filter, NULL, 0,
		    NULL, NULL, NULL, 0, &id);
	if (ld != NULL)
		ldap_unbind_ext_s(ld, NULL, NULL);
	if (*filter != '\0' && rc == LDAP_SERVER_DOWN)
		return 0;
	return ms_fail(err, MS_USAGE, "invalid filter (RFC 4515)");
}

int
ms_directory_dn_ok(const char *dn, struct ms_err *err)
{
	LDAPDN parts = NULL;
	int rc = 0;

	if (*dn == '\0' || ldap_str2dn(dn, &parts, LDAP_DN_FORMAT_LDAPV3) != 0)
		rc = ms_fail(err, MS_USAGE, "invalid DN (RFC 4514)");
	ldap_dnfree(parts);
	return rc;
}

/* ---- the child process ---- */

int
ms_directory_start(struct ms_directory_child *c, unsigned timeout,
    void (*run)(int fd, const void *ctx), const void *ctx, struct ms_err *err)
{
	int fds[2];

	*c = (struct ms_directory_child){.fd = -1, .timeout = timeout};
	if (pipe2(fds, O_CLOEXEC) < 0)
		return ms_fail_errno(err, "directory");
	c->pid = fork();
	if (c->pid == 0) {
		close(fds[0]);
		run(fds[1], ctx);
		_exit(0);
	}
	close(fds[1]);
	c->fd = fds[0];
	if (c->pid < 0) {
		ms_fail_errno(err, "directory");
		close(c->fd);
		c->fd = -1;
		return -1;
	}
	return 0;
}

int
ms_directory_read(
    struct ms_directory_child *c, struct ms_buf *out, struct ms_err *err)
{
	struct pollfd p = {.fd = c->fd, .events = POLLIN};
	int64_t end = ms_clock_ms() + (int64_t)c->timeout * 1000, left;
	ssize_t n;
	int got;

	do {
		left = end - ms_clock_ms();
		got = poll(&p, 1, left > 0 ? (int)left : 0);
	} while (got < 0 && errno == EINTR);
	if (got < 0)
		return ms_fail_errno(err, "directory");
	if (got == 0)
		return ms_fail(err, MS_TEMP,
		    "directory: no answer in %u seconds", c->timeout);
	n = read(c->fd, ms_buf_room(out, 65536), 65536);
	if (n < 0)
		return ms_fail_errno(err, "directory");
	out->n += (size_t)n;
	return n > 0;
}

void
ms_directory_stop(struct ms_directory_child *c)
{
	if (c->fd >= 0)
		close(c->fd);
	if (c->pid <= 0)
		return;
	kill(c->pid, SIGKILL);
	while (waitpid(c->pid, NULL, 0) < 0 && errno == EINTR)
		;
}

int
ms_directory_try(const char *urls,
    int (*one)(void *ctx, const char *url, struct ms_err *err), void *ctx,
    struct ms_err *err)
{
	struct ms_err why = {0};
	char *copy, *at, *url;
	int got = -1;

	if (ms_directory_url_ok(urls, err) < 0)
		return -1;
	setenv("LDAPNOINIT", "1", 1);
	copy = at = ms_xstrdup(urls);
	while (got < 0 && (url = strsep(&at, " ")) != NULL) {
		if (*url == '\0')
			continue;
		why = (struct ms_err){0};
		got = one(ctx, url, &why);
		if (why.code != MS_TEMP && why.code != MS_PROTO)
			break;
	}
	if (got < 0 && err != NULL)
		*err = why;
	free(copy);
	return got;
}

/* ---- passwords ---- */

struct check {
	struct ms_directory where;
	const char *dn, *password;
};

/* The result of the child process. */
struct answer {
	int got;
	struct ms_err err;
};

static void
check_in_child(int fd, const void *ctx)
{
	const struct check *c = ctx;
	struct answer a = {0};
	LDAP *ld = NULL;

	a.got = ms_directory_connect(&ld, &c->where, &a.err);
	if (a.got == 0)
		a.got = ms_directory_bind(ld, c->dn, c->password, &a.err);
	if (ld != NULL)
		ldap_unbind_ext_s(ld, NULL, NULL);
	(void)!write(fd, &a, sizeof(a));
}

static int
check_at(void *ctx, const char *url, struct ms_err *err)
{
	struct check *c = ctx;
	struct ms_directory_child child;
	struct ms_buf bytes = {0};
	struct answer a = {0};
	int got;

	c->where.url = url;
	if (ms_directory_start(
		&child, c->where.timeout, check_in_child, c, err) < 0)
		return -1;
	got = ms_directory_read(&child, &bytes, err);
	ms_directory_stop(&child);
	if (got >= 0 && bytes.n != sizeof(a))
		got = ms_fail(err, MS_TEMP, "directory: libldap failed");
	if (got >= 0) {
		memcpy(&a, bytes.p, sizeof(a));
		got = a.got;
		if (got < 0 && err != NULL)
			*err = a.err;
	}
	ms_buf_release(&bytes);
	return got;
}

int
ms_directory_check(const struct ms_directory *where, const char *dn,
    const char *password, struct ms_err *err)
{
	struct check c = {*where, dn, password};

	/*
	 * A bind without a password is anonymous and succeeds (RFC 4513,
	 * 5.1.2).
	 */
	if (*dn == '\0' || *password == '\0')
		return 0;
	return ms_directory_try(where->url, check_at, &c, err);
}
