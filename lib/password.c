/* password.c - hashes of passwords: made, compared, kept. crypt(3), crypt(5);
 * ms-archive(5), Directory. */
#include "password.h"

#include <crypt.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <openssl/crypto.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "fs.h"

#define HASH_MAX 512 /* bytes of a file; CRYPT_OUTPUT_SIZE is 384 */

/* ---- hashing ---- */

/* crypt(3) in memory of its own, which is wiped. False: it could not. */
static bool
hash_with(
    const char *password, const char *setting, char out[CRYPT_OUTPUT_SIZE])
{
	struct crypt_data *d = ms_xcalloc(1, sizeof(*d));
	const char *hash = crypt_r(password, setting, d);
	bool fine = hash != NULL && hash[0] != '*';

	if (fine)
		snprintf(out, CRYPT_OUTPUT_SIZE, "%s", hash);
	explicit_bzero(d, sizeof(*d));
	free(d);
	return fine;
}

int
ms_password_hash(const char *password, struct ms_buf *hash, struct ms_err *err)
{
	char setting[CRYPT_GENSALT_OUTPUT_SIZE], out[CRYPT_OUTPUT_SIZE];

	if (*password == '\0')
		return ms_fail(err, MS_USAGE, "password is empty");
	if (strlen(password) > MS_PASSWORD_MAX)
		return ms_fail(err, MS_USAGE,
		    "password is longer than %d bytes", MS_PASSWORD_MAX);
	if (crypt_gensalt_rn("$y$", 0, NULL, 0, setting, sizeof(setting)) ==
		NULL ||
	    !hash_with(password, setting, out))
		return ms_fail(err, MS_IO, "crypt: no yescrypt here");
	ms_buf_add_str(hash, out);
	return 0;
}

bool
ms_password_matches(const char *password, const char *hash)
{
	/* Of the cost that crypt_gensalt() gives of itself. */
	static const char nobody[] = "$y$j9T$F5Jx5fExrKuPp53xLKQ..1";
	const char *setting = hash != NULL ? hash : nobody;
	char out[CRYPT_OUTPUT_SIZE];
	size_t n;

	if (strlen(password) > MS_PASSWORD_MAX ||
	    !hash_with(password, setting, out) || hash == NULL)
		return false;
	n = strlen(hash);
	return *password != '\0' && strlen(out) == n &&
	       CRYPTO_memcmp(out, hash, n) == 0;
}

/* ---- keeping ---- */

/* ARCHIVE/secret/password, made if `make`. The descriptor, or -1. */
static int
open_folder(const char *archive, bool make, struct ms_err *err)
{
	struct ms_buf path = {0};
	int fd, parent;

	ms_buf_printf(&path, "%s/secret", archive);
	parent = open(ms_buf_str(&path), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (parent < 0) {
		ms_fail_errno(err, "%s", ms_buf_str(&path));
		ms_buf_release(&path);
		return -1;
	}
	ms_buf_release(&path);
	if (make && mkdirat(parent, "password", 0700) == 0 &&
	    ms_fs_sync(parent, "secret", err) < 0) {
		close(parent);
		return -1;
	}
	fd = openat(parent, "password",
	    O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (fd < 0)
		ms_fail_errno(err, "secret/password");
	close(parent);
	return fd;
}

int
ms_password_stage(struct ms_password_stage *s, const char *archive,
    struct ms_slice hash, struct ms_err *err)
{
	struct ms_buf line = {0};
	ssize_t n;
	int fd, rc = -1;

	s->dirfd = open_folder(archive, true, err);
	if (s->dirfd < 0)
		return -1;
	/* Who had this process number before, and died, left nothing of use. */
	snprintf(s->tmp, sizeof(s->tmp), "new.%ld", (long)getpid());
	fd = openat(s->dirfd, s->tmp,
	    O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC, 0600);
	if (fd < 0) {
		ms_fail_errno(err, "secret/password/%s", s->tmp);
		close(s->dirfd);
		s->dirfd = -1;
		return -1;
	}
	ms_buf_add(&line, hash.p, hash.n);
	ms_buf_add_byte(&line, '\n');
	n = write(fd, line.p, line.n);
	if (n != (ssize_t)line.n) {
		errno = n < 0 ? errno : ENOSPC;
		ms_fail_errno(err, "secret/password/%s", s->tmp);
	} else {
		rc = ms_fs_sync(fd, s->tmp, err);
	}
	close(fd);
	ms_buf_release(&line);
	if (rc < 0)
		ms_password_unstage(s);
	return rc;
}

int
ms_password_install(
    struct ms_password_stage *s, uint64_t user, struct ms_err *err)
{
	char name[24];

	snprintf(name, sizeof(name), "%" PRIu64, user);
	if (renameat(s->dirfd, s->tmp, s->dirfd, name) < 0)
		return ms_fail_errno(err, "secret/password/%s", name);
	s->tmp[0] = '\0';
	return ms_fs_sync(s->dirfd, "secret/password", err);
}

void
ms_password_unstage(struct ms_password_stage *s)
{
	if (s->dirfd < 0)
		return;
	if (s->tmp[0] != '\0')
		unlinkat(s->dirfd, s->tmp, 0);
	close(s->dirfd);
	s->dirfd = -1;
}

int
ms_password_read(
    const char *archive, uint64_t user, struct ms_buf *hash, struct ms_err *err)
{
	struct ms_err why = {0};
	struct ms_buf path = {0};
	int rc;

	ms_buf_clear(hash);
	ms_buf_printf(&path, "%s/secret/password/%" PRIu64, archive, user);
	rc = ms_buf_read_file(hash, ms_buf_str(&path), HASH_MAX, &why);
	ms_buf_release(&path);
	if (rc < 0 && why.code == MS_NOINPUT)
		return 0;
	if (rc < 0) {
		if (err != NULL)
			*err = why;
		return -1;
	}
	ms_buf_str(hash)[strcspn(ms_buf_str(hash), "\r\n")] = '\0';
	return hash->n > 0;
}

int
ms_password_remove(const char *archive, uint64_t user, struct ms_err *err)
{
	struct ms_err why = {0};
	char name[24];
	int fd = open_folder(archive, false, &why), rc = 0;

	if (fd < 0 && why.code == MS_NOINPUT)
		return 0;
	if (fd < 0) {
		if (err != NULL)
			*err = why;
		return -1;
	}
	snprintf(name, sizeof(name), "%" PRIu64, user);
	if (unlinkat(fd, name, 0) == 0)
		rc = ms_fs_sync(fd, "secret/password", err);
	else if (errno != ENOENT)
		rc = ms_fail_errno(err, "secret/password/%s", name);
	close(fd);
	return rc;
}
