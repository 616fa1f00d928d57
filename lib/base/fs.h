/*
 * fs.h - files and file systems: what is durable, what is local.
 * Layer: above buf.
 */
#ifndef MS_FS_H
#define MS_FS_H
#include <stdint.h>
#include "buf.h"

/* Refuses network file systems, on which locks and maps cannot be relied on.
 * 0, or -1: MS_USAGE, naming path and kind. */
int ms_fs_local(int fd, const char *path, struct ms_err *err);
/*
 * write(2) of all n bytes, at the position of the descriptor or at an offset.
 * Results: 0, or -1 with errno set; some of the bytes may then be written.
 */
int ms_fs_write(int fd, const void *p, size_t n);
int ms_fs_write_at(int fd, uint64_t offset, const void *p, size_t n);
/* fsync; what names it in the error. */
int ms_fs_sync(int fd, const char *what, struct ms_err *err);
/*
 * Writes bytes to the file tmp and renames it to name, both below dirfd (name
 * directly in it); file and folder are synced.
 */
int ms_fs_replace(int dirfd, const char *tmp, const char *name,
    struct ms_slice bytes, struct ms_err *err);
/* Removes a file, or a folder with the files in it (one level). */
void ms_fs_remove(int dirfd, const char *name);

#endif
