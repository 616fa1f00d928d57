/* fs.c - files and file systems. */
#include "fs.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/vfs.h>
#include <unistd.h>

#include "sha.h"

/*
 * Values of f_type (statfs(2)) of file systems where flock, mmap or fsync are
 * not reliable between hosts.
 */
static const struct {
	uint32_t type;
	const char *name;
} network[] = {
    {0x6969, "NFS"},
    {0x517b, "SMB"},
    {0xff534d42, "CIFS"},
    {0xfe534d42, "SMB"},
    {0x01021997, "9p"},
    {0x5346414f, "AFS"},
    {0x6b414653, "AFS"},
    {0x73757245, "Coda"},
    {0x564c, "NCP"},
    {0x00c36400, "Ceph"},
    {0x0bd00bd0, "Lustre"},
    {0x01161970, "GFS2"},
};
#define FUSE 0x65735546

/* Types of FUSE file systems that are on a local disk. */
static const char *const local_fuse[] = {"fuseblk", "fuse.ntfs-3g", "fuse.ntfs",
    "fuse.exfat", "fuse.ext4", "fuse.zfs", "fuse.bindfs", "fuse.gocryptfs",
    "fuse.encfs", "fuse.cryfs", "fuse.fuse-overlayfs"};

/* Looks up the type of the file system with this device in mountinfo(5). */
static bool
fuse_is_local(dev_t dev)
{
	char *line = NULL, *dash, type[64];
	unsigned maj, min;
	bool local = false;
	size_t n = 0, i;
	FILE *f;

	f = fopen("/proc/self/mountinfo", "re");
	if (f == NULL)
		return false;
	while (getline(&line, &n, f) > 0) {
		/* NOLINTNEXTLINE(cert-err34-c): the kernel writes it */
		if (sscanf(line, "%*d %*d %u:%u", &maj, &min) != 2 ||
		    maj != major(dev) || min != minor(dev))
			continue;
		dash = strstr(line, " - ");
		if (dash == NULL || sscanf(dash + 3, "%63s", type) != 1)
			continue;
		for (i = 0; i < sizeof(local_fuse) / sizeof(*local_fuse); i++)
			if (strcmp(type, local_fuse[i]) == 0)
				local = true;
	}
	free(line);
	fclose(f);
	return local;
}

int
ms_fs_local(int fd, const char *path, struct ms_err *err)
{
	const char *name = NULL;
	struct statfs fs;
	struct stat st;
	size_t i;

	if (fstatfs(fd, &fs) < 0 || fstat(fd, &st) < 0)
		return ms_fail_errno(err, "%s", path);
	for (i = 0; i < sizeof(network) / sizeof(network[0]); i++)
		if ((uint32_t)fs.f_type == network[i].type)
			name = network[i].name;
	if ((uint32_t)fs.f_type == FUSE && !fuse_is_local(st.st_dev))
		name = "FUSE";
	if (name == NULL)
		return 0;
	return ms_fail(err, MS_USAGE,
	    "%s: is on %s, a network file system; an archive needs a local "
	    "one",
	    path, name);
}

/* offset < 0: at the position of the descriptor. */
static int
write_all(int fd, off_t offset, const unsigned char *p, size_t n)
{
	ssize_t k;

	while (n > 0) {
		k = offset < 0 ? write(fd, p, n) : pwrite(fd, p, n, offset);
		if (k < 0 && errno == EINTR)
			continue;
		if (k < 0)
			return -1;
		p += k;
		n -= (size_t)k;
		offset += offset < 0 ? 0 : k;
	}
	return 0;
}

int
ms_fs_write(int fd, const void *p, size_t n)
{
	return write_all(fd, -1, p, n);
}

int
ms_fs_write_at(int fd, uint64_t offset, const void *p, size_t n)
{
	return write_all(fd, (off_t)offset, p, n);
}

int
ms_fs_sync(int fd, const char *what, struct ms_err *err)
{
	while (fsync(fd) < 0)
		if (errno != EINTR)
			return ms_fail_errno(err, "%s", what);
	return 0;
}

static int
write_synced(int fd, const char *name, unsigned mode, struct ms_slice bytes,
    struct ms_err *err)
{
	if (fchmod(fd, mode) < 0 || ms_fs_write(fd, bytes.p, bytes.n) < 0)
		return ms_fail_errno(err, "%s", name);
	return ms_fs_sync(fd, name, err);
}

int
ms_fs_replace(int dirfd, const char *folder, const char *name, unsigned mode,
    struct ms_slice bytes, struct ms_err *err)
{
	unsigned char salt[8];
	char hex[2 * sizeof(salt) + 1];
	struct ms_buf tmp = {0};
	int fd, rc = -1;

	ms_random(salt, sizeof(salt));
	ms_hex(salt, sizeof(salt), hex);
	ms_buf_printf(&tmp, "%s.ms-%s.new", folder, hex);
	fd = openat(dirfd, ms_buf_str(&tmp),
	    O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
	if (fd < 0) {
		ms_fail_errno(err, "%s", name);
		goto out;
	}
	rc = write_synced(fd, name, mode, bytes, err);
	close(fd);
	if (rc == 0 && renameat(dirfd, ms_buf_str(&tmp), dirfd, name) < 0)
		rc = ms_fail_errno(err, "%s", name);
	if (rc < 0)
		unlinkat(dirfd, ms_buf_str(&tmp), 0);
	else
		rc = ms_fs_sync(dirfd, name, err);
out:
	ms_buf_release(&tmp);
	return rc;
}

/* ---- files that a caller names ---- */

static bool
is_descriptor(const char *path)
{
	return strncmp(path, "/dev/fd/", 8) == 0 ||
	       strncmp(path, "/dev/std", 8) == 0 ||
	       strncmp(path, "/proc/", 6) == 0;
}

static int
check_target(const struct stat *st, const char *path, struct ms_err *err)
{
	if (S_ISLNK(st->st_mode))
		return ms_fail(
		    err, MS_AUTH, "%s: is a link; give the file itself", path);
	if (S_ISDIR(st->st_mode))
		return ms_fail(err, MS_EXISTS, "%s: is a directory", path);
	if (S_ISCHR(st->st_mode))
		return 0;
	if (st->st_uid != geteuid())
		return ms_fail(
		    err, MS_AUTH, "%s: belongs to another user", path);
	if (S_ISREG(st->st_mode) && st->st_nlink != 1)
		return ms_fail(err, MS_AUTH,
		    "%s: has further names, and their contents would change",
		    path);
	return 0;
}

/* Checks the file before it is opened, and opens the file that was checked. */
static int
open_checked(const char *path, struct ms_err *err)
{
	int was = open(path, O_PATH | O_NOFOLLOW | O_CLOEXEC), fd = -1;
	char again[40];
	struct stat st;

	if (was < 0 || fstat(was, &st) < 0) {
		ms_fail_errno(err, "%s", path);
	} else if (check_target(&st, path, err) == 0) {
		snprintf(again, sizeof(again), "/proc/self/fd/%d", was);
		fd = open(again, O_WRONLY | O_TRUNC | O_CLOEXEC | O_NOCTTY);
		if (fd < 0)
			ms_fail_errno(err, "%s", path);
	}
	if (was >= 0)
		close(was);
	return fd;
}

int
ms_fs_create(const char *path, struct ms_err *err)
{
	int fd = open(path,
	    O_WRONLY | O_CREAT | O_CLOEXEC | O_NOCTTY |
		(is_descriptor(path) ? O_TRUNC : O_EXCL | O_NOFOLLOW),
	    0600);

	if (fd >= 0)
		return fd;
	if (errno == EEXIST)
		return open_checked(path, err);
	return ms_fail_errno(err, "%s", path);
}

/* Opens the next folder of a path. The parent is closed. */
static int
enter(int parent, const char *name, bool create)
{
	int fd = -1, saved;

	if (!create || mkdirat(parent, name, 0700) == 0 || errno == EEXIST)
		fd = openat(parent, name,
		    O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	/* O_DIRECTORY reports a link so. */
	saved = errno == ENOTDIR ? ELOOP : errno;
	close(parent);
	errno = saved;
	return fd;
}

int
ms_fs_open_below(const char *base, const char *path, int flags)
{
	bool folder = (flags & O_DIRECTORY) != 0;
	int dir = open(base, O_RDONLY | O_DIRECTORY | O_CLOEXEC), fd, saved;
	const char *slash;
	char *name;

	while (dir >= 0 && ((slash = strchr(path, '/')) != NULL || folder)) {
		size_t n =
		    slash != NULL ? (size_t)(slash - path) : strlen(path);

		name = ms_xstrndup(path, n);
		dir = enter(dir, name, (flags & O_CREAT) != 0);
		free(name);
		if (slash == NULL)
			return dir;
		path = slash + 1;
	}
	if (dir < 0)
		return -1;
	fd = openat(dir, path, flags | O_NOFOLLOW | O_CLOEXEC, 0600);
	saved = errno;
	close(dir);
	errno = saved;
	return fd;
}

void
ms_fs_remove(int dirfd, const char *name)
{
	struct dirent *e;
	DIR *d;
	int fd;

	if (unlinkat(dirfd, name, 0) == 0 || errno == ENOENT)
		return;
	fd = openat(
	    dirfd, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (fd < 0)
		return;
	d = fdopendir(fd);
	if (d == NULL) {
		close(fd);
		return;
	}
	while ((e = readdir(d)) != NULL)
		unlinkat(fd, e->d_name, 0);
	closedir(d);
	unlinkat(dirfd, name, AT_REMOVEDIR);
}
