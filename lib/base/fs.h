/*
 * fs.h - files and file systems: complete writes, durable files, local disks.
 * Layer: above buf.
 */
#ifndef MS_FS_H
#define MS_FS_H
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
 * Writes bytes to the file tmp and renames it to name. Both paths are relative
 * to dirfd; name is directly in it. The file and the folder are synced.
 */
int ms_fs_replace(int dirfd, const char *tmp, const char *name,
    struct ms_slice bytes, struct ms_err *err);
/* Removes a file, or a folder that contains only files. */
void ms_fs_remove(int dirfd, const char *name);

#endif
