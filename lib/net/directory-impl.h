/*
 * directory-impl.h - connections to a directory, and the child process that
 * uses libldap. directory.h has the contract. Layer: private to net.
 */
#ifndef MS_DIRECTORY_IMPL_H
#define MS_DIRECTORY_IMPL_H
#include <ldap.h>
#include <sys/types.h>

#include "directory.h"

/*
 * Connects to one server, where->url, over TLS. *out is to be closed with
 * ldap_unbind_ext_s(), also after an error, unless it is NULL.
 */
int ms_directory_connect(
    LDAP **out, const struct ms_directory *where, struct ms_err *err);
/* Binds; 1, 0 (the password is wrong) or -1. */
int ms_directory_bind(
    LDAP *ld, const char *dn, const char *password, struct ms_err *err);
/* Fails with an error of libldap; returns -1. */
int ms_directory_failed(LDAP *ld, int rc, const char *what, struct ms_err *err);

/*
 * libldap has no time limit for a TLS handshake, and its options are global: a
 * child process uses it, so that it can be killed.
 */
struct ms_directory_child {
	pid_t pid;
	int fd;           /* reads what run() writes */
	unsigned timeout; /* seconds */
};
/* Starts a process that calls run() with the other end of the pipe. */
int ms_directory_start(struct ms_directory_child *c, unsigned timeout,
    void (*run)(int fd, const void *ctx), const void *ctx, struct ms_err *err);
/* Appends what the child writes to `out`; 1, 0 at its end, or -1: also MS_TEMP,
 * no answer in time. */
int ms_directory_read(
    struct ms_directory_child *c, struct ms_buf *out, struct ms_err *err);
void ms_directory_stop(struct ms_directory_child *c);

/* Calls one(ctx, url) for each URL until one call does not return -1 with
 * MS_TEMP or MS_PROTO. */
int ms_directory_try(const char *urls,
    int (*one)(void *ctx, const char *url, struct ms_err *err), void *ctx,
    struct ms_err *err);

#endif
