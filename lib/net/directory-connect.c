/*
 * directory-connect.c - connects to a directory over TLS, and binds. RFC 4511,
 * 4.2 and 4.14; RFC 4513, 3 and 5.1.
 */
#include "directory-impl.h"

#include <stdlib.h>
#include <string.h>
#include <sys/time.h>
#include <unistd.h>

#include "conn.h"

#define SYSTEM_CAS "/etc/ssl/certs/ca-certificates.crt"

int
ms_directory_failed(LDAP *ld, int rc, const char *what, struct ms_err *err)
{
	char *more = NULL;

	ldap_get_option(ld, LDAP_OPT_DIAGNOSTIC_MESSAGE, &more);
	ms_fail(err, rc == LDAP_CONNECT_ERROR ? MS_PROTO : MS_TEMP,
	    "directory: %s: %s%s%.100s", what, ldap_err2string(rc),
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
	bool verify = where->pin_count == 0 && !where->accept_any;
	int version = LDAP_VERSION3, client = 0, none = 0;
	int demand = verify ? LDAP_OPT_X_TLS_HARD : LDAP_OPT_X_TLS_NEVER;
	int least = LDAP_OPT_X_TLS_PROTOCOL_TLS1_2;
	struct timeval wait = {.tv_sec = where->timeout};
	const char *ca = where->ca_file;

	if (ca == NULL || *ca == '\0')
		ca = SYSTEM_CAS;
	if (verify && access(ca, R_OK) < 0)
		return ms_fail_errno(err, "%s", ca);
	if (ldap_set_option(ld, LDAP_OPT_PROTOCOL_VERSION, &version) != 0 ||
	    ldap_set_option(ld, LDAP_OPT_REFERRALS, LDAP_OPT_OFF) != 0 ||
	    ldap_set_option(ld, LDAP_OPT_SIZELIMIT, &none) != 0 ||
	    ldap_set_option(ld, LDAP_OPT_TIMELIMIT, &none) != 0 ||
	    ldap_set_option(ld, LDAP_OPT_NETWORK_TIMEOUT, &wait) != 0 ||
	    ldap_set_option(ld, LDAP_OPT_TIMEOUT, &wait) != 0 ||
	    (verify &&
		ldap_set_option(ld, LDAP_OPT_X_TLS_CACERTFILE, ca) != 0) ||
	    ldap_set_option(ld, LDAP_OPT_X_TLS_REQUIRE_CERT, &demand) != 0 ||
	    ldap_set_option(ld, LDAP_OPT_X_TLS_PROTOCOL_MIN, &least) != 0 ||
	    ldap_set_option(ld, LDAP_OPT_X_TLS_NEWCTX, &client) != 0)
		return ms_fail(
		    err, MS_PROTO, "directory: %s cannot be used for TLS", ca);
	return 0;
}

/* Compares the certificate of the server with the pins. */
static int
check_pins(LDAP *ld, const struct ms_directory *where, struct ms_err *err)
{
	struct berval der = {0};
	int rc;

	if (where->pin_count == 0)
		return 0;
	if (ldap_get_option(ld, LDAP_OPT_X_TLS_PEERCERT, &der) != 0)
		return ms_fail(
		    err, MS_PROTO, "directory: the server has no certificate");
	rc = ms_conn_check_pins((const unsigned char *)der.bv_val, der.bv_len,
	    where->pins, where->pin_count, err);
	ber_memfree(der.bv_val);
	return rc < 0 ? ms_context(err, "directory") : 0;
}

/* Begins TLS; the result is one of libldap, and *step what failed. */
static int
begin_tls(LDAP *ld, const char *url, const char **step)
{
	int rc = ldap_connect(ld);

	*step = url;
	if (rc == LDAP_SUCCESS && strncmp(url, "ldaps:", 6) != 0) {
		rc = ldap_start_tls_s(ld, NULL, NULL);
		*step = "StartTLS";
	}
	return rc;
}

/* libldap does not say why TLS failed. If TLS works without verification, the
 * reason is the certificate. */
static bool
is_certificate_refused(const struct ms_directory *where)
{
	struct ms_directory any = *where;
	struct ms_err err = {0};
	const char *step;
	LDAP *ld = NULL;
	bool yes;

	any.accept_any = true;
	yes = where->pin_count == 0 && !where->accept_any &&
	      ldap_initialize(&ld, where->url) == LDAP_SUCCESS &&
	      prepare(ld, &any, &err) == 0 &&
	      begin_tls(ld, where->url, &step) == LDAP_SUCCESS;
	if (ld != NULL)
		ldap_unbind_ext_s(ld, NULL, NULL);
	return yes;
}

int
ms_directory_connect(
    LDAP **out, const struct ms_directory *where, struct ms_err *err)
{
	const char *step;
	int rc;

	*out = NULL;
	if (ldap_initialize(out, where->url) != LDAP_SUCCESS)
		return ms_fail(err, MS_USAGE, "directory: %s", where->url);
	if (prepare(*out, where, err) < 0)
		return -1;
	rc = begin_tls(*out, where->url, &step);
	if (rc == LDAP_SUCCESS)
		return check_pins(*out, where, err);
	if (is_certificate_refused(where))
		return ms_fail(err, MS_PROTO,
		    "directory: certificate of %s is for another host, of an "
		    "unknown authority, or expired",
		    where->url);
	return ms_directory_failed(*out, rc, step, err);
}

int
ms_directory_bind(
    LDAP *ld, const char *dn, const char *password, struct ms_err *err)
{
	struct berval cred = {strlen(password), (char *)password};
	int rc;

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
		return ms_directory_failed(ld, rc, "bind", err);
	}
}
