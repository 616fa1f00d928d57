/*
 * fs.h - files and file systems: complete writes, durable files, local disks.
 * Layer: above buf, sha.
 */
#ifndef MS_FS_H
#define MS_FS_H
#include <fcntl.h>
#include <stdint.h>
#include "buf.h"

/*
 * Refuses network file systems, where locks and memory maps are not reliable.
 * Returns 0, or -1 with MS_USAGE; the message names path and the kind of file
 * system.
 */
int ms_fs_local(int fd, const char *path, struct ms_err *err);
/*
 * write(2) of all n bytes, at the position of the descriptor or at an offset.
 * Results: 0, or -1 with errno set; some of the bytes may then be written.
 */
int ms_fs_write(int fd, const void *p, size_t n);
int ms_fs_write_at(int fd, uint64_t offset, const void *p, size_t n);
/* Calls fsync(2); `what` names the file in the error. */
int ms_fs_sync(int fd, const char *what, struct ms_err *err);
/*
 * Replaces the file `name`, which is directly in dirfd, or creates it.
 *   folder  "", or where the bytes are written first, as in "tmp/"
 *   mode    of the file, whatever the umask is
 * Nothing can be planted in the way: the first name is random, and ends in
 * .new, and a link at `name` is replaced and not followed. The file and the
 * folder are synced.
 */
int ms_fs_replace(int dirfd, const char *folder, const char *name,
    unsigned mode, struct ms_slice bytes, struct ms_err *err);
/*
 * Opens a file that a caller has named, to write it anew. It is created with
 * mode 0600, or truncated. To write what another user owns, or to follow a link
 * that another user may have planted, is refused with MS_AUTH: an existing file
 * must be a file without further names, or a FIFO, of the effective user, or a
 * device. The paths of open descriptors, as in /dev/stdout or /dev/fd/3, are
 * opened as they are. Returns the descriptor, or -1.
 */
int ms_fs_create(const char *path, struct ms_err *err);
/*
 * Opens the file or folder `path`, such as "secret/profile/admin.x", below the
 * directory `base`; no part of path can be a link. With O_CREAT, its folders
 * are created (mode 0700), and the file (mode 0600). Returns the descriptor, or
 * -1 with errno set.
 */
int ms_fs_open_below(const char *base, const char *path, int flags);
/* Removes a file, or a folder that contains only files. */
void ms_fs_remove(int dirfd, const char *name);

#endif
