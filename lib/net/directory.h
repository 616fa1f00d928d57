/*
 * directory.h - verifies a password in a directory: LDAP simple bind, over TLS
 * only. RFC 4511, 4513. Layer: above clock; libldap.
 */
#ifndef MS_DIRECTORY_H
#define MS_DIRECTORY_H
#include "err.h"

struct ms_directory {
	const char *url; /* ldaps://..., or ldap://... with StartTLS; several,
			    separated by blanks, are tried in order */
	const char *ca_file; /* PEM; NULL or "": those of the system */
	unsigned timeout;    /* time limit for each server, in seconds */
};

/*
 * Returns 0 if the URL can be used, -1 with MS_USAGE if it is of another kind
 * or contains more than a host.
 */
int ms_directory_url_ok(const char *url, struct ms_err *err);
/*
 * Binds with a DN and a password. Returns 1 if the password is right; 0 if it
 * is wrong, or if the DN or the password is empty; -1 with MS_TEMP (server not
 * reachable or busy), MS_PROTO (no TLS, or the certificate is not valid) or
 * MS_USAGE. Configuration files and environment variables of libldap have no
 * effect.
 */
int ms_directory_check(const struct ms_directory *where, const char *dn,
    const char *password, struct ms_err *err);

#endif
