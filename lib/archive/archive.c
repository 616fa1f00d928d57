/* archive.c - an archive is opened and closed. ms-archive(5), Directory tree.
 */
#include "archive.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "impl.h"
#include "fs.h"
#include "utf8.h"

bool
ms_user_name_ok(const char *name)
{
	size_t n = strlen(name);

	return n > 0 && n <= MS_USER_MAX && name[0] != '-' &&
	       strchr(name, '/') == NULL && strcmp(name, "?") != 0 &&
	       ms_utf8_plain((const unsigned char *)name, n);
}

/* When a pack is full. Tests set MS_SEAL=BYTES[,BLOCKS]. */
static void
read_seal(struct ms_archive *a)
{
	const char *s = getenv("MS_SEAL");
	unsigned long v;
	char *end;

	a->seal_bytes = MS_PACK_SEAL;
	a->seal_blocks = MS_PACK_BLOCKS_MAX;
	if (s == NULL)
		return;
	v = strtoul(s, &end, 10);
	if (v >= MS_PACK_HEADER)
		a->seal_bytes = v;
	if (*end != ',')
		return;
	v = strtoul(end + 1, NULL, 10);
	if (v > 0 && v < MS_PACK_BLOCKS_MAX)
		a->seal_blocks = v;
}

static struct ms_archive *
new_archive(const char *path, struct ms_err *err)
{
	struct ms_archive *a = ms_xcalloc(1, sizeof(*a));

	a->dirfd = a->packfd = a->tmpfd = a->lockfd = -1;
	a->recent = UINT64_MAX;
	a->path = realpath(path, NULL);
	if (a->path == NULL) {
		if (errno == ENOENT)
			ms_archive_missing(path, err);
		else
			ms_fail_errno(err, "%s", path);
		ms_archive_close(a);
		return NULL;
	}
	read_seal(a);
	a->refresh = ms_archive_refresh;
	a->reader = ms_reader_new();
	a->names = ms_names_new();
	a->indexer = ms_indexer_new();
	return a;
}

static int
open_part(const struct ms_archive *a, const char *name, int flags, int *fd,
    struct ms_err *err)
{
	*fd = openat(a->dirfd, name, flags | O_NOFOLLOW | O_CLOEXEC, 0600);
	return *fd < 0 ? ms_fail_errno(err, "%s/%s", a->path, name) : 0;
}

/*
 * Opens `lock` or tmp/. Backups may leave out what is empty: it is created
 * again if it is missing and can be written.
 */
static int
open_or_create(const struct ms_archive *a, const char *name, int flags, int *fd,
    struct ms_err *err)
{
	if (open_part(a, name, flags, fd, NULL) == 0)
		return 0;
	if (errno == ENOENT && (flags & O_DIRECTORY) != 0)
		(void)!mkdirat(a->dirfd, name, 0700);
	else if (errno == ENOENT)
		flags |= O_CREAT;
	return open_part(a, name, flags, fd, err);
}

/* Opens the directory of the archive. A reader writes nothing to the archive of
 * another user. */
static int
open_dir(struct ms_archive *a, enum ms_archive_mode mode, struct ms_err *err)
{
	struct ms_err why = {0};

	a->dirfd = open(a->path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (a->dirfd < 0)
		return ms_fail_errno(err, "%s", a->path);
	a->mode = mode == MS_ARCHIVE_WRITE ? mode : MS_ARCHIVE_READ;
	if (ms_archive_read_format(a, err) < 0)
		return -1;
	if (ms_archive_trust(a->path, a->dirfd, &why) == 0)
		return 0;
	a->read_only = true;
	if (mode == MS_ARCHIVE_READ && why.code != MS_IO)
		return 0;
	if (err != NULL)
		*err = why;
	return -1;
}

/* `lock` is opened for writing if possible. flock() does not need that, but
 * where `lock` cannot be written, neither can the files of LMDB. */
static int
open_parts(struct ms_archive *a, struct ms_err *err)
{
	if (!a->read_only &&
	    open_or_create(a, "lock", O_RDWR, &a->lockfd, NULL) < 0) {
		if (a->mode == MS_ARCHIVE_WRITE)
			return ms_fail_errno(err, "%s/lock", a->path);
		a->read_only = true;
	}
	if (open_part(a, "pack", O_RDONLY | O_DIRECTORY, &a->packfd, err) < 0)
		return -1;
	if (a->read_only)
		return 0;
	return open_or_create(a, "tmp", O_RDONLY | O_DIRECTORY, &a->tmpfd, err);
}

/*
 * A reader brings the index up to date if the lock is free. Without an index,
 * it waits for the lock, because it cannot read anything.
 */
static int
open_index(struct ms_archive *a, struct ms_err *err)
{
	struct ms_position pos = {0};
	struct ms_err why = {0};
	bool had_index;
	int got;

	if (ms_archive_attach(a, &why) < 0) {
		if (why.code != MS_NOINPUT || a->read_only) {
			if (why.code == MS_NOINPUT)
				ms_fail(&why, MS_DATA,
				    "no index found, and the archive cannot "
				    "be written; run ms-verify "
				    "--rebuild-index where it can be written");
			if (err != NULL)
				*err = why;
			return -1;
		}
	}
	/* The index of another archive would find the wrong mail. */
	if (a->ix != NULL && ms_archive_read_position(a, &pos, err) < 0)
		return -1;
	got = a->read_only ? 0 : ms_archive_lock(a, a->ix == NULL, err);
	if (got == 0)
		return ms_archive_fits(a, &pos, err);
	if (got < 0)
		return -1;
	had_index = a->ix != NULL;
	got = ms_archive_catch_up(a, false, &why);
	ms_archive_unlock(a);
	/* What is indexed can be read, even if there is damage after it. */
	if (got < 0 && had_index && a->mode == MS_ARCHIVE_READ &&
	    !a->other_packs)
		return 0;
	if (got < 0 && err != NULL)
		*err = why;
	return got;
}

int
ms_archive_open_log(struct ms_archive **out, const char *dir,
    enum ms_archive_mode mode, struct ms_err *err)
{
	struct ms_archive *a;

	a = new_archive(dir, err);
	if (a == NULL)
		return -1;
	if (open_dir(a, mode, err) < 0 || open_parts(a, err) < 0)
		goto fail;
	if (ms_fs_local(a->packfd, a->path, err) < 0)
		goto fail;
	*out = a;
	return 0;
fail:
	ms_archive_close(a);
	return -1;
}

int
ms_archive_open(struct ms_archive **out, const char *dir,
    enum ms_archive_mode mode, struct ms_err *err)
{
	struct ms_position pos;
	struct ms_archive *a;

	if (ms_archive_open_log(&a, dir, mode, err) < 0)
		return -1;
	if (open_index(a, err) < 0) {
		if (err != NULL)
			ms_context(err, "%s", dir);
		ms_archive_close(a);
		return -1;
	}
	if (ms_archive_read_position(a, &pos, err) < 0) {
		ms_archive_close(a);
		return -1;
	}
	a->recent = pos.next;
	*out = a;
	return 0;
}

struct ms_index *
ms_archive_index(struct ms_archive *a)
{
	/* cppcheck-suppress ctunullpointer; callers with a transaction pass
	 * NULL and do not get here */
	return a->ix;
}

const char *
ms_archive_path(const struct ms_archive *a)
{
	return a->path;
}

void
ms_archive_id(const struct ms_archive *a, char hex[MS_ARCHIVE_ID_HEX + 1])
{
	ms_hex(a->id, sizeof(a->id), hex);
}

void
ms_archive_close(struct ms_archive *a)
{
	if (a == NULL)
		return;
	ms_index_close(a->ix);
	ms_reader_free(a->reader);
	ms_names_free(a->names);
	ms_buf_release(&a->message);
	ms_buf_release(&a->placed);
	ms_buf_release(&a->locations);
	ms_indexer_free(a->indexer);
	ms_pack_close(a->tail);
	if (a->dirfd >= 0)
		close(a->dirfd);
	if (a->packfd >= 0)
		close(a->packfd);
	if (a->tmpfd >= 0)
		close(a->tmpfd);
	if (a->lockfd >= 0)
		close(a->lockfd);
	free(a->path);
	free(a);
}
