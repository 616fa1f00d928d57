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
	    "%s: is on a network file system (%s); an archive needs a local "
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

int
ms_fs_replace(int dirfd, const char *tmp, const char *name,
    struct ms_slice bytes, struct ms_err *err)
{
	int fd;

	fd = openat(dirfd, tmp, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	if (fd < 0)
		return ms_fail_errno(err, "%s", tmp);
	if (ms_fs_write(fd, bytes.p, bytes.n) < 0) {
		ms_fail_errno(err, "%s", tmp);
		goto fail;
	}
	if (ms_fs_sync(fd, tmp, err) < 0)
		goto fail;
	if (close(fd) < 0)
		return ms_fail_errno(err, "%s", tmp);
	if (renameat(dirfd, tmp, dirfd, name) < 0)
		return ms_fail_errno(err, "%s", name);
	return ms_fs_sync(dirfd, name, err);
fail:
	close(fd);
	return -1;
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
