/* spool.c - bytes in memory and, above a limit, in an unnamed file. */
#include "spool.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "fs.h"

static int
open_file(struct ms_spool *sp, struct ms_err *err)
{
	const char *dir = getenv("TMPDIR");
	struct ms_buf path = {0};

	if (dir == NULL || *dir == '\0')
		dir = "/tmp";
	sp->fd = open(dir, O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
	if (sp->fd < 0 && (errno == EOPNOTSUPP || errno == EISDIR)) {
		ms_buf_printf(&path, "%s/ms-spool-XXXXXX", dir);
		sp->fd = mkostemp(ms_buf_str(&path), O_CLOEXEC);
		if (sp->fd >= 0)
			unlink(ms_buf_str(&path));
	}
	if (sp->fd < 0)
		ms_fail_errno(err, "temporary file in %s", dir);
	ms_buf_release(&path);
	return sp->fd < 0 ? -1 : 0;
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

int
ms_spool_emit(
    const struct ms_spool *sp, ms_emit_fn *emit, void *ctx, struct ms_err *err)
{
	unsigned char piece[65536];
	uint64_t at = 0;
	ssize_t n;

	while (at < sp->filed) {
		n = pread(sp->fd, piece,
		    sp->filed - at < sizeof(piece) ? (size_t)(sp->filed - at)
						   : sizeof(piece),
		    (off_t)at);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return ms_fail_errno(err, "temporary file");
		if (n == 0)
			return ms_fail(
			    err, MS_IO, "temporary file: shorter than written");
		if (emit(ctx, piece, (size_t)n, err) < 0)
			return -1;
		at += (uint64_t)n;
	}
	if (sp->mem.n == 0)
		return 0;
	return emit(ctx, sp->mem.p, sp->mem.n, err);
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
	ms_buf_release(&sp->mem);
	if (sp->fd >= 0)
		close(sp->fd);
	*sp = (struct ms_spool){.fd = -1};
}
