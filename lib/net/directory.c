/*
 * directory.c - LDAP simple bind over verified TLS. RFC 4511, 4.2; RFC 4513,
 * 5.1.3.
 */
#include "directory.h"

#include <errno.h>
#include <fcntl.h>
#include <ldap.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <unistd.h>

#include "buf.h"
#include "clock.h"

#define SYSTEM_CAS "/etc/ssl/certs/ca-certificates.crt"

static int
check_one(const LDAPURLDesc *d, struct ms_err *err)
{
	if (strcmp(d->lud_scheme, "ldaps") != 0 &&
	    strcmp(d->lud_scheme, "ldap") != 0)
		return ms_fail(err, MS_USAGE,
		    "directory: URL is neither ldaps: nor ldap:");
	if (d->lud_host == NULL || *d->lud_host == '\0')
		return ms_fail(err, MS_USAGE, "directory: URL has no host");
	if (d->lud_dn != NULL && *d->lud_dn != '\0')
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
		rc = check_one(d, err);
		ldap_free_urldesc(d);
	}
	free(copy);
	if (rc == 0 && !any)
		rc = ms_fail(err, MS_USAGE, "directory: invalid URL");
	return rc;
}

/* Fails with an error of libldap. */
static int
failed(LDAP *ld, int rc, const char *what, struct ms_err *err)
{
	char *more = NULL;

	ldap_get_option(ld, LDAP_OPT_DIAGNOSTIC_MESSAGE, &more);
	ms_fail(err, rc == LDAP_CONNECT_ERROR ? MS_PROTO : MS_TEMP,
	    "directory: %s: %s%s%.200s", what, ldap_err2string(rc),
	    more != NULL && *more != '\0' ? ": " : "",
	    more != NULL ? more : "");
	ldap_memfree(more);
	return -1;
}

/*
 * Sets all options that decide which server is trusted, so that ldap.conf has
 * no influence.
 */
static int
prepare(LDAP *ld, const struct ms_directory *where, struct ms_err *err)
{
	int version = LDAP_VERSION3, demand = LDAP_OPT_X_TLS_HARD, client = 0;
	int least = LDAP_OPT_X_TLS_PROTOCOL_TLS1_2;
	struct timeval wait = {.tv_sec = where->timeout};
	const char *ca = where->ca_file;

	if (ca == NULL || *ca == '\0')
		ca = SYSTEM_CAS;
	if (access(ca, R_OK) < 0)
		return ms_fail_errno(err, "%s", ca);
	if (ldap_set_option(ld, LDAP_OPT_PROTOCOL_VERSION, &version) != 0 ||
	    ldap_set_option(ld, LDAP_OPT_REFERRALS, LDAP_OPT_OFF) != 0 ||
	    ldap_set_option(ld, LDAP_OPT_NETWORK_TIMEOUT, &wait) != 0 ||
	    ldap_set_option(ld, LDAP_OPT_TIMEOUT, &wait) != 0 ||
	    ldap_set_option(ld, LDAP_OPT_X_TLS_CACERTFILE, ca) != 0 ||
	    ldap_set_option(ld, LDAP_OPT_X_TLS_REQUIRE_CERT, &demand) != 0 ||
	    ldap_set_option(ld, LDAP_OPT_X_TLS_PROTOCOL_MIN, &least) != 0 ||
	    ldap_set_option(ld, LDAP_OPT_X_TLS_NEWCTX, &client) != 0)
		return ms_fail(
		    err, MS_PROTO, "directory: %s cannot be used for TLS", ca);
	return 0;
}

static int
bind_to(LDAP *ld, const struct ms_directory *where, const char *dn,
    const char *password, struct ms_err *err)
{
	struct berval cred = {strlen(password), (char *)password};
	int rc;

	if (!ldap_tls_inplace(ld) && strncmp(where->url, "ldaps:", 6) != 0) {
		rc = ldap_start_tls_s(ld, NULL, NULL);
		if (rc != LDAP_SUCCESS)
			return failed(ld, rc, "StartTLS", err);
	}
	rc =
	    ldap_sasl_bind_s(ld, dn, LDAP_SASL_SIMPLE, &cred, NULL, NULL, NULL);
	switch (rc) {
	case LDAP_SUCCESS:
		return 1;
	case LDAP_INVALID_CREDENTIALS:
	case LDAP_NO_SUCH_OBJECT:
	case LDAP_INVALID_DN_SYNTAX:
	case LDAP_INAPPROPRIATE_AUTH:
	case LDAP_INSUFFICIENT_ACCESS:
	case LDAP_UNWILLING_TO_PERFORM: /* mostly a locked account */
		return 0;
	default:
		return failed(ld, rc, "bind", err);
	}
}

/* Asks one server. */
static int
check_at(const struct ms_directory *where, const char *dn, const char *password,
    struct ms_err *err)
{
	LDAP *ld = NULL;
	int got;

	if (ldap_initialize(&ld, where->url) != LDAP_SUCCESS)
		return ms_fail(err, MS_USAGE, "directory: %s", where->url);
	got = prepare(ld, where, err);
	if (got == 0)
		got = bind_to(ld, where, dn, password, err);
	ldap_unbind_ext_s(ld, NULL, NULL);
	return got;
}

/* The result of the child process that asks one server. */
struct answer {
	int got;
	struct ms_err err;
};

/* Waits for the result of the child. */
static int
wait_for(int fd, unsigned seconds, struct answer *a, struct ms_err *err)
{
	struct pollfd p = {.fd = fd, .events = POLLIN};
	int64_t end = ms_clock_ms() + (int64_t)seconds * 1000, left;
	int got;

	do {
		left = end - ms_clock_ms();
		got = poll(&p, 1, left > 0 ? (int)left : 0);
	} while (got < 0 && errno == EINTR);
	if (got < 0)
		return ms_fail_errno(err, "directory");
	if (got == 0)
		return ms_fail(err, MS_TEMP,
		    "directory: no answer in %u seconds", seconds);
	/* The struct is smaller than PIPE_BUF, so it arrives in one piece. */
	if (read(fd, a, sizeof(*a)) != (ssize_t)sizeof(*a))
		return ms_fail(err, MS_TEMP, "directory: libldap failed");
	if (a->got < 0 && err != NULL)
		*err = a->err;
	return a->got;
}

/*
 * libldap has no time limit for a TLS handshake, and its options are global: a
 * child process asks, so that it can be killed.
 */
static int
ask_in_child(const struct ms_directory *where, const char *dn,
    const char *password, struct ms_err *err)
{
	struct answer a = {0};
	int fds[2], got;
	pid_t pid;

	if (pipe2(fds, O_CLOEXEC) < 0)
		return ms_fail_errno(err, "directory");
	pid = fork();
	if (pid == 0) {
		a.got = check_at(where, dn, password, &a.err);
		(void)!write(fds[1], &a, sizeof(a));
		_exit(0);
	}
	close(fds[1]);
	if (pid < 0)
		got = ms_fail_errno(err, "directory");
	else
		got = wait_for(fds[0], where->timeout, &a, err);
	close(fds[0]);
	if (pid > 0) {
		kill(pid, SIGKILL);
		while (waitpid(pid, NULL, 0) < 0 && errno == EINTR)
			;
	}
	return got;
}

int
ms_directory_check(const struct ms_directory *where, const char *dn,
    const char *password, struct ms_err *err)
{
	struct ms_directory one = *where;
	char *copy, *at, *url;
	int got = -1;

	/*
	 * A bind without a password is anonymous and succeeds (RFC 4513,
	 * 5.1.2).
	 */
	if (*dn == '\0' || *password == '\0')
		return 0;
	if (ms_directory_url_ok(where->url, err) < 0)
		return -1;
	setenv("LDAPNOINIT", "1", 1);
	copy = at = ms_xstrdup(where->url);
	while (got < 0 && (url = strsep(&at, " ")) != NULL) {
		one.url = url;
		if (*url != '\0')
			got = ask_in_child(&one, dn, password, err);
	}
	free(copy);
	return got;
}
