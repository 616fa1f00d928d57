/*
 * unpack.h - the files in a tar, zip or 7z file, or in a file that is
 * compressed by gzip, bzip2, xz or zstd, and in such files in them, by
 * libarchive. For a confined process (container.h): reads an open descriptor,
 * opens nothing. ms-stream(5), Containers. Layer: above err; libarchive.
 */
#ifndef MS_UNPACK_H
#define MS_UNPACK_H
#include <stdbool.h>
#include <stdint.h>
#include "buf.h"

#define MS_UNPACK_DEPTH_MAX 8         /* containers in containers */
#define MS_UNPACK_FILES_MAX 100000000 /* in a container, with all in it */
#define MS_UNPACK_PATH_MAX 65536      /* bytes */
/* A container whose files have more bytes than UNPACK_FREE and more than
 * UNPACK_TIMES its own is a bomb. Deflate can make 1,032 bytes of one. */
#define MS_UNPACK_FREE ((uint64_t)256 << 20)
#define MS_UNPACK_TIMES 1000
/* As many bytes of a file show whether it is a container. */
#define MS_UNPACK_HEAD 512

/* Whether a file that begins like this is a container. */
bool ms_unpack_is(struct ms_slice head);

/* The length of a name of n bytes without its suffixes of containers, such as
 * ".tar.gz". */
size_t ms_unpack_stem(const char *name, size_t n);

struct ms_unpack;

/*
 * Begins to unpack.
 *   fd    stays the caller's
 *   size  its bytes if it is a file, which is read from its beginning; -1: it
 *         is a pipe
 *   fd    stays the caller's
 *   size  its bytes if it is a file, which is read from its beginning; -1: it
 *         is a pipe
 *   head  the bytes that were read from the pipe already; copied
 * -1 with MS_DATA: it is damaged, or needs a file and fd is a pipe.
 */
int ms_unpack_open(struct ms_unpack **out, int fd, int64_t size,
    struct ms_slice head, struct ms_err *err);
/* Loads what libarchive reads of the system. */
void ms_unpack_warm_up(void);
void ms_unpack_close(struct ms_unpack *u);

/* A file in a container. Valid until the next call. */
struct ms_unpacked {
	/* The names on the way to it, each ended by a NUL, without "." and
	 * "..": directories, and containers without their suffix. Empty: the
	 * only file of a container that keeps no names. */
	struct ms_slice path;
	int64_t mtime;
	bool has_mtime;
};

/*
 * Goes on to the next file. Returns 1; 0 at the end; -1 with MS_DATA: the one
 * that `file` names cannot be read (encrypted, a link, damaged), and the next
 * call goes on after it.
 */
int ms_unpack_next(
    struct ms_unpack *u, struct ms_unpacked *file, struct ms_err *err);
/*
 * Reads up to n bytes of the file. Returns their number; 0 at its end; -1 with
 * MS_DATA: its rest is damaged, or the container is a bomb, which then ends.
 */
int64_t ms_unpack_read(
    struct ms_unpack *u, unsigned char *p, size_t n, struct ms_err *err);
/* Bytes of the container that are read so far. */
uint64_t ms_unpack_used(const struct ms_unpack *u);

#endif
