/*
 * directory.h - is this somebody's password in a directory? LDAP simple bind,
 * over TLS only. RFC 4511, 4513. Layer: above err; libldap.
 */
#ifndef MS_DIRECTORY_H
#define MS_DIRECTORY_H
#include "err.h"

struct ms_directory {
	const char *url; /* ldaps://..., or ldap://... with StartTLS; several
			    with blanks between are tried one by one */
	const char *ca_file; /* PEM; NULL or "": those of the system */
	unsigned timeout;    /* seconds that one server may take */
};

/* 0 it can be used, -1: MS_USAGE, it is neither, or names more than a host. */
int ms_directory_url_ok(const char *url, struct ms_err *err);
/*
 * Binds with a DN and password. 1: it is his; 0: it is not, or one of them is
 * empty; -1: MS_TEMP (not to be reached, busy), MS_PROTO (no TLS, or the
 * certificate does not hold), MS_USAGE. Configuration of libldap, in files or
 * the environment, does not count.
 */
int ms_directory_check(const struct ms_directory *where, const char *dn,
    const char *password, struct ms_err *err);

#endif
