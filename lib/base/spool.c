/* spool.c - bytes in memory and, above a limit, in an unnamed file. */
#include "spool.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "fs.h"

#define PIECE ((size_t)65536) /* bytes read from the file at a time */

/* The file of ms_spool_prepare(). */
static struct {
	bool prepared, taken;
	int fd, error;
} spare;

static const char *
directory(void)
{
	const char *dir = getenv("TMPDIR");

	return dir != NULL && *dir != '\0' ? dir : "/tmp";
}

/* Returns a new file without a name, or -1 with errno. */
static int
create(void)
{
	struct ms_buf path = {0};
	int fd = open(directory(), O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);

	if (fd < 0 && (errno == EOPNOTSUPP || errno == EISDIR)) {
		ms_buf_printf(&path, "%s/ms-spool-XXXXXX", directory());
		fd = mkostemp(ms_buf_str(&path), O_CLOEXEC);
		if (fd >= 0)
			unlink(ms_buf_str(&path));
		ms_buf_release(&path);
	}
	return fd;
}

void
ms_spool_prepare(void)
{
	if (spare.prepared)
		return;
	spare.prepared = true;
	spare.fd = create();
	spare.error = errno;
}

static int
open_file(struct ms_spool *sp, struct ms_err *err)
{
	if (spare.prepared && !spare.taken) {
		sp->fd = spare.fd;
		errno = spare.error;
		spare.taken = spare.fd >= 0;
	} else {
		sp->fd = create();
	}
	return sp->fd < 0
		   ? ms_fail_errno(err, "temporary file in %s", directory())
		   : 0;
}

/* Moves the bytes in memory to the file. */
static int
to_file(struct ms_spool *sp, struct ms_err *err)
{
	if (sp->fd < 0 && open_file(sp, err) < 0)
		return -1;
	if (ms_fs_write_at(sp->fd, sp->filed, sp->mem.p, sp->mem.n) < 0)
		return ms_fail_errno(err, "temporary file");
	sp->filed += sp->mem.n;
	ms_buf_clear(&sp->mem);
	return 0;
}

int
ms_spool_file(struct ms_spool *sp, struct ms_err *err)
{
	return to_file(sp, err) < 0 ? -1 : sp->fd;
}

int
ms_spool_add(struct ms_spool *sp, const void *p, size_t n, struct ms_err *err)
{
	const unsigned char *at = p;
	size_t part;

	while (n > 0) {
		if (sp->mem.n == MS_SPOOL_MEMORY && to_file(sp, err) < 0)
			return -1;
		part = MS_SPOOL_MEMORY - sp->mem.n;
		if (part > n)
			part = n;
		ms_buf_add(&sp->mem, at, part);
		at += part;
		n -= part;
	}
	return 0;
}

uint64_t
ms_spool_size(const struct ms_spool *sp)
{
	return sp->filed + sp->mem.n;
}

/* Reads the bytes from `at` on that are in the file. */
static int
read_file(const struct ms_spool *sp, uint64_t at, struct ms_buf *room,
    struct ms_slice *piece, struct ms_err *err)
{
	uint64_t left = sp->filed - at;
	ssize_t n;

	ms_buf_clear(room);
	do
		n = pread(sp->fd, ms_buf_room(room, PIECE),
		    left < PIECE ? (size_t)left : PIECE, (off_t)at);
	while (n < 0 && errno == EINTR);
	if (n < 0)
		return ms_fail_errno(err, "temporary file");
	if (n == 0)
		return ms_fail(
		    err, MS_IO, "temporary file: shorter than written");
	*piece = (struct ms_slice){room->p, (size_t)n};
	return 1;
}

int
ms_spool_read(const struct ms_spool *sp, uint64_t at, struct ms_buf *room,
    struct ms_slice *piece, struct ms_err *err)
{
	size_t skip;

	if (at < sp->filed)
		return read_file(sp, at, room, piece, err);
	skip = (size_t)(at - sp->filed);
	if (skip >= sp->mem.n)
		return 0;
	*piece = (struct ms_slice){sp->mem.p + skip, sp->mem.n - skip};
	return 1;
}

int
ms_spool_emit(
    const struct ms_spool *sp, ms_emit_fn *emit, void *ctx, struct ms_err *err)
{
	struct ms_buf room = {0};
	struct ms_slice piece;
	uint64_t at = 0;
	int got;

	while ((got = ms_spool_read(sp, at, &room, &piece, err)) == 1) {
		got = emit(ctx, piece.p, piece.n, err);
		if (got < 0)
			break;
		at += piece.n;
	}
	ms_buf_release(&room);
	return got;
}

void
ms_spool_clear(struct ms_spool *sp)
{
	ms_buf_clear(&sp->mem);
	if (sp->filed > 0)
		(void)!ftruncate(sp->fd, 0);
	sp->filed = 0;
}

void
ms_spool_release(struct ms_spool *sp)
{
	if (sp->fd >= 0 && spare.taken && sp->fd == spare.fd) {
		ms_spool_clear(sp);
		spare.taken = false;
	} else if (sp->fd >= 0) {
		close(sp->fd);
	}
	ms_buf_release(&sp->mem);
	*sp = (struct ms_spool){.fd = -1};
}
