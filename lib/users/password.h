/*
 * password.h - passwords of the archive's users: yescrypt by crypt(3), the
 * hashes in ARCHIVE/secret/password/NUMBER. ms-archive(5), Directory.
 * Layer: above fs.
 */
#ifndef MS_PASSWORD_H
#define MS_PASSWORD_H
#include <stdbool.h>
#include <stdint.h>
#include "buf.h"

#define MS_PASSWORD_MAX 256 /* bytes; crypt(3) takes 512 */

/* MS_USAGE: empty, or too long; MS_IO: no random numbers. Appends the hash. */
int ms_password_hash(
    const char *password, struct ms_buf *hash, struct ms_err *err);
/* Is it this one? A hash that is NULL is nobody's, and takes as long. */
bool ms_password_matches(const char *password, const char *hash);

/*
 * A new hash takes its place in two steps: it is written and synced beside the
 * old one; then, when the log knows of it, put in its place.
 */
struct ms_password_stage {
	int secret; /* the folder; -1: nothing is staged */
	char tmp[32];
};
int ms_password_stage(struct ms_password_stage *s, const char *archive,
    struct ms_slice hash, struct ms_err *err);
int ms_password_install(
    struct ms_password_stage *s, uint64_t user, struct ms_err *err);
/* Also if it was installed. */
void ms_password_unstage(struct ms_password_stage *s);

/* The hash of a user as a string. 1, 0 he has none, -1: MS_IO. */
int ms_password_read(const char *archive, uint64_t user, struct ms_buf *hash,
    struct ms_err *err);
/* There is none afterwards. */
int ms_password_remove(const char *archive, uint64_t user, struct ms_err *err);

#endif
