/*
 * password.h - passwords of the users of an archive: hashed with yescrypt by
 * crypt(3), stored in ARCHIVE/secret/password/NUMBER. ms-archive(5), Directory
 * tree. Layer: above fs.
 */
#ifndef MS_PASSWORD_H
#define MS_PASSWORD_H
#include <stdbool.h>
#include <stdint.h>
#include "buf.h"

#define MS_PASSWORD_MAX 256 /* bytes; crypt(3) takes 512 */

/* Appends the hash of a password. MS_USAGE: the password is empty or too long;
 * MS_IO: crypt(3) fails. */
int ms_password_hash(
    const char *password, struct ms_buf *hash, struct ms_err *err);
/* Does the password match? A NULL hash matches none and takes the same time, so
 * that the time does not tell which users exist. */
bool ms_password_matches(const char *password, const char *hash);

/*
 * A new hash is stored in two steps. ms_password_stage() writes and syncs a
 * temporary file; ms_password_install() renames it when the log has the event.
 * ms_password_unstage() releases s in every case, also after installing.
 */
struct ms_password_stage {
	int secret; /* the folder; -1: nothing is staged */
	char tmp[32];
};
int ms_password_stage(struct ms_password_stage *s, const char *archive,
    struct ms_slice hash, struct ms_err *err);
int ms_password_install(
    struct ms_password_stage *s, uint64_t user, struct ms_err *err);
void ms_password_unstage(struct ms_password_stage *s);

/* Reads the hash of a user, as a string. Returns 1, 0 if the user has no
 * password, or -1: MS_IO. */
int ms_password_read(const char *archive, uint64_t user, struct ms_buf *hash,
    struct ms_err *err);
/* Removes the hash of a user, if there is one. */
int ms_password_remove(const char *archive, uint64_t user, struct ms_err *err);

#endif
