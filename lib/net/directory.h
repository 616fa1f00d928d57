/*
 * directory.h - a directory server: passwords verified by a simple bind, and
 * searches, over TLS only. RFC 4511, 4513, 2696. Layer: above clock, conn;
 * libldap.
 */
#ifndef MS_DIRECTORY_H
#define MS_DIRECTORY_H
#include <stdbool.h>
#include "buf.h"
#include "err.h"

struct ms_directory {
	const char *url; /* ldaps://..., or ldap://... with StartTLS; several,
			    separated by blanks, are tried in order */
	const char *ca_file; /* PEM; NULL or "": those of the system */
	unsigned timeout;    /* time limit for each server, and for each answer
				of a search, in seconds */
	/* If there are pins, the certificate or its key must be one of them
	 * (ms_conn_pin_ok()); chain and name are not verified. */
	const char *const *pins;
	size_t pin_count;
	bool accept_any; /* do not verify the certificate */
};

/*
 * Returns 0 if the URL can be used, -1 with MS_USAGE if it is of another kind
 * or contains more than a host.
 */
int ms_directory_url_ok(const char *url, struct ms_err *err);
/* Is this a filter (RFC 4515), a DN (RFC 4514)? MS_USAGE. */
int ms_directory_filter_ok(const char *filter, struct ms_err *err);
int ms_directory_dn_ok(const char *dn, struct ms_err *err);
/*
 * Binds with a DN and a password. Returns 1 if the password is right; 0 if it
 * is wrong, or if the DN or the password is empty; -1 with MS_TEMP (server not
 * reachable or busy), MS_PROTO (no TLS, or the certificate is not valid) or
 * MS_USAGE. Configuration files and environment variables of libldap have no
 * effect.
 */
int ms_directory_check(const struct ms_directory *where, const char *dn,
    const char *password, struct ms_err *err);

/* ---- searches ---- */

#define MS_DIRECTORY_ATTRIBUTES 32
#define MS_DIRECTORY_ENTRY_MAX (1024 * 1024)            /* bytes of an entry */
#define MS_DIRECTORY_ENTRIES 1000000                    /* of a search */
#define MS_DIRECTORY_BYTES ((size_t)1024 * 1024 * 1024) /* of a search */
#define MS_DIRECTORY_REFERRALS 64 /* servers or bases of a search */

struct ms_directory_query {
	const char *bind_dn, *password; /* "": anonymous */
	const char *base;   /* "": what the root DSE of the server names */
	const char *filter; /* RFC 4515 */
	const char *const *attributes; /* at most MS_DIRECTORY_ATTRIBUTES, ended
					  by NULL */
	size_t attribute_count;
	/* DNs; if there are any, only their members are returned. The values of
	 * memberUid are compared with attributes[0]. */
	const char *const *groups;
	size_t group_count;
	bool follow; /* referrals, with the same DN and password */
	/* Referrals to the partitions of a server of Active Directory that have
	 * no users are ignored. */
	bool active_directory;
};

/* A value of an attribute. */
struct ms_directory_value {
	unsigned attribute; /* index in attributes */
	struct ms_slice bytes;
};
/* An entry. Nothing is verified but the sizes; the DN has no NUL. */
struct ms_directory_entry {
	const char *dn;
	const struct ms_directory_value
	    *values; /* in the order of attributes */
	size_t count;
};
/* e is valid for the call. -1 with err set ends the search. */
typedef int ms_directory_entry_fn(
    void *ctx, const struct ms_directory_entry *e, struct ms_err *err);

/*
 * Searches for entries below the base, page by page, and calls fn for each one.
 *   base   receives the base that was used; may be NULL
 * The result is 0 only if the result is complete. Errors: MS_AUTH, the bind
 * failed; MS_TEMP, the server is not reachable, a limit of the server or a
 * limit above was exceeded, or a referral was not followed; MS_PROTO, as above;
 * MS_NOINPUT, the base or a group does not exist; MS_USAGE; and those of fn,
 * which can have been called before.
 */
int ms_directory_search(const struct ms_directory *where,
    const struct ms_directory_query *query, ms_directory_entry_fn *fn,
    void *ctx, struct ms_buf *base, struct ms_err *err);

#endif
