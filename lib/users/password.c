/* password.c - computes, compares and stores hashes of passwords. crypt(3),
 * crypt(5); ms-archive(5), Directory tree. */
#include "password.h"

#include <crypt.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <openssl/crypto.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "fs.h"
#include "sha.h"

#define HASH_MAX 512 /* bytes of a file; CRYPT_OUTPUT_SIZE is 384 */

/* ---- hashing ---- */

/* Calls crypt(3) with a buffer that is wiped afterwards. Returns false on
 * failure. */
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
		return ms_fail(err, MS_IO, "crypt: yescrypt is not available");
	ms_buf_add_str(hash, out);
	return 0;
}

bool
ms_password_matches(const char *password, const char *hash)
{
	/* A setting with the default cost of crypt_gensalt(). */
	static const char dummy[] = "$y$j9T$F5Jx5fExrKuPp53xLKQ..1";
	const char *setting = hash != NULL ? hash : dummy;
	char out[CRYPT_OUTPUT_SIZE];
	size_t n;

	if (strlen(password) > MS_PASSWORD_MAX ||
	    !hash_with(password, setting, out) || hash == NULL)
		return false;
	n = strlen(hash);
	return *password != '\0' && strlen(out) == n &&
	       CRYPTO_memcmp(out, hash, n) == 0;
}

/* ---- storing ---- */

#define STALE 3600 /* seconds after which a staged file is abandoned */

static const char *const folders[] = {"password", "new"};

/* Opens ARCHIVE/secret. Returns the descriptor, or -1. The folders in it are no
 * links. */
static int
open_secret(const char *archive, struct ms_err *err)
{
	int fd = ms_fs_open_below(archive, "secret", O_DIRECTORY);
	struct stat st;

	if (fd < 0)
		return ms_fail_errno(err, "%s/secret", archive);
	for (size_t i = 0; i < 2; i++) {
		if (fstatat(fd, folders[i], &st, AT_SYMLINK_NOFOLLOW) == 0 &&
		    !S_ISDIR(st.st_mode)) {
			close(fd);
			return ms_fail(err, MS_AUTH,
			    "%s/secret/%s: is not a folder", archive,
			    folders[i]);
		}
	}
	return fd;
}

static int
make_folders(int secret, struct ms_err *err)
{
	size_t i;

	for (i = 0; i < 2; i++) {
		if (mkdirat(secret, folders[i], 0700) == 0) {
			if (ms_fs_sync(secret, "secret", err) < 0)
				return -1;
		} else if (errno != EEXIST) {
			return ms_fail_errno(err, "secret/%s", folders[i]);
		}
	}
	return 0;
}

/* Removes the files of processes that ended between the two steps. */
static void
clean(int secret)
{
	int fd = openat(
	    secret, "new", O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	DIR *d = fd >= 0 ? fdopendir(fd) : NULL;
	time_t now = time(NULL);
	struct dirent *e;
	struct stat st;

	if (d == NULL) {
		if (fd >= 0)
			close(fd);
		return;
	}
	while ((e = readdir(d)) != NULL)
		if (e->d_name[0] != '.' &&
		    fstatat(fd, e->d_name, &st, AT_SYMLINK_NOFOLLOW) == 0 &&
		    st.st_mtime < now - STALE)
			unlinkat(fd, e->d_name, 0);
	closedir(d);
}

static int
write_line(int fd, struct ms_slice hash, const char *name, struct ms_err *err)
{
	struct ms_buf line = {0};
	int rc;

	ms_buf_add(&line, hash.p, hash.n);
	ms_buf_add_byte(&line, '\n');
	rc = ms_fs_write(fd, line.p, line.n);
	ms_buf_release(&line);
	if (rc < 0)
		return ms_fail_errno(err, "secret/%s", name);
	return ms_fs_sync(fd, name, err);
}

int
ms_password_stage(struct ms_password_stage *s, const char *archive,
    struct ms_slice hash, struct ms_err *err)
{
	unsigned char salt[8];
	char hex[2 * sizeof(salt) + 1];
	int fd, rc;

	s->tmp[0] = '\0';
	s->secret = open_secret(archive, err);
	if (s->secret < 0)
		return -1;
	if (make_folders(s->secret, err) < 0) {
		ms_password_unstage(s);
		return -1;
	}
	clean(s->secret);
	ms_random(salt, sizeof(salt));
	ms_hex(salt, sizeof(salt), hex);
	snprintf(s->tmp, sizeof(s->tmp), "new/%s", hex);
	fd = openat(s->secret, s->tmp,
	    O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
	if (fd < 0)
		rc = ms_fail_errno(err, "secret/%s", s->tmp);
	else
		rc = write_line(fd, hash, s->tmp, err);
	if (fd >= 0)
		close(fd);
	if (rc < 0)
		ms_password_unstage(s);
	return rc;
}

/* Syncs secret/password after a name was added or removed. */
static int
sync_names(int secret, struct ms_err *err)
{
	int fd = openat(secret, "password",
	    O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	int rc;

	if (fd < 0)
		return ms_fail_errno(err, "secret/password");
	rc = ms_fs_sync(fd, "secret/password", err);
	close(fd);
	return rc;
}

int
ms_password_install(
    struct ms_password_stage *s, uint64_t user, struct ms_err *err)
{
	char name[40];

	snprintf(name, sizeof(name), "password/%" PRIu64, user);
	if (renameat(s->secret, s->tmp, s->secret, name) < 0)
		return ms_fail_errno(err, "secret/%s", name);
	s->tmp[0] = '\0';
	return sync_names(s->secret, err);
}

void
ms_password_unstage(struct ms_password_stage *s)
{
	if (s->secret < 0)
		return;
	if (s->tmp[0] != '\0')
		unlinkat(s->secret, s->tmp, 0);
	close(s->secret);
	s->secret = -1;
}

int
ms_password_read(
    const char *archive, uint64_t user, struct ms_buf *hash, struct ms_err *err)
{
	char name[48];
	int fd, rc;

	ms_buf_clear(hash);
	snprintf(name, sizeof(name), "secret/password/%" PRIu64, user);
	fd = ms_fs_open_below(archive, name, O_RDONLY | O_NONBLOCK);
	if (fd < 0)
		return errno == ENOENT ? 0 : ms_fail_errno(err, "%s", name);
	rc = ms_buf_read_fd(hash, fd, name, HASH_MAX, err);
	close(fd);
	if (rc < 0)
		return -1;
	ms_buf_str(hash)[strcspn(ms_buf_str(hash), "\r\n")] = '\0';
	return hash->n > 0;
}

int
ms_password_remove(const char *archive, uint64_t user, struct ms_err *err)
{
	int secret = open_secret(archive, err), rc = 0;
	char name[40];

	if (secret < 0)
		return -1;
	snprintf(name, sizeof(name), "password/%" PRIu64, user);
	if (unlinkat(secret, name, 0) == 0)
		rc = sync_names(secret, err);
	else if (errno != ENOENT)
		rc = ms_fail_errno(err, "secret/%s", name);
	close(secret);
	return rc;
}
