/*
 * pst-io.c - lets libpff read an open descriptor. libbfio opens files by their
 * names only, which a confined process cannot do.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "pst-impl.h"

struct io {
	int fd;
	off64_t at, size;
};

/* libbfio passes what it knows as intptr_t. */
static struct io *
io_of(intptr_t *handle)
{
	return (struct io *)handle;
}

static int
free_io(intptr_t **handle, libbfio_error_t **error)
{
	(void)error;
	free(*handle);
	*handle = NULL;
	return 1;
}

static int
clone_io(intptr_t **copy, intptr_t *handle, libbfio_error_t **error)
{
	struct io *io = ms_xmalloc(sizeof *io);

	(void)error;
	*io = *io_of(handle);
	*copy = (intptr_t *)io;
	return 1;
}

static int
open_io(intptr_t *handle, int flags, libbfio_error_t **error)
{
	(void)error;
	io_of(handle)->at = 0;
	return (flags & LIBBFIO_ACCESS_FLAG_WRITE) ? -1 : 1;
}

static int
close_io(intptr_t *handle, libbfio_error_t **error)
{
	(void)handle;
	(void)error;
	return 0;
}

static ssize_t
read_io(intptr_t *handle, uint8_t *p, size_t n, libbfio_error_t **error)
{
	struct io *io = io_of(handle);
	size_t done = 0;

	(void)error;
	while (done < n) {
		ssize_t got = pread(io->fd, p + done, n - done, io->at);

		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0)
			return -1;
		if (got == 0)
			break;
		done += (size_t)got;
		io->at += got;
	}
	return (ssize_t)done;
}

static ssize_t
write_io(intptr_t *handle, const uint8_t *p, size_t n, libbfio_error_t **error)
{
	(void)handle;
	(void)p;
	(void)n;
	(void)error;
	return -1;
}

static off64_t
seek_io(intptr_t *handle, off64_t offset, int whence, libbfio_error_t **error)
{
	struct io *io = io_of(handle);
	off64_t base = whence == SEEK_CUR   ? io->at
		       : whence == SEEK_END ? io->size
					    : 0;

	(void)error;
	if (__builtin_add_overflow(base, offset, &base) || base < 0)
		return -1;
	io->at = base;
	return base;
}

static int
is_there(intptr_t *handle, libbfio_error_t **error)
{
	(void)handle;
	(void)error;
	return 1;
}

static int
size_io(intptr_t *handle, size64_t *size, libbfio_error_t **error)
{
	(void)error;
	*size = (size64_t)io_of(handle)->size;
	return 1;
}

libbfio_handle_t *
ms_pst_io(int fd, uint64_t size)
{
	libbfio_handle_t *handle = NULL;
	struct io *io = ms_xmalloc(sizeof *io);
	*io = (struct io){fd, 0, (off64_t)size};
	if (libbfio_handle_initialize(&handle, (intptr_t *)io, free_io,
		clone_io, open_io, close_io, read_io, write_io, seek_io,
		is_there, is_there, size_io,
		LIBBFIO_FLAG_IO_HANDLE_MANAGED |
		    LIBBFIO_FLAG_IO_HANDLE_CLONE_BY_FUNCTION,
		NULL) != 1) {
		free(io);
		return NULL;
	}
	return handle;
}
