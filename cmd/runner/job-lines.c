/* job-lines.c - lines that a process writes into a pipe, read without waiting.
 */
#include "job-impl.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#define READ_BYTES 65536

static void
give_line(struct lines *l, lines_fn *fn, void *ctx)
{
	fn(ctx, ms_buf_str(&l->buf));
	ms_buf_clear(&l->buf);
}

static void
split(struct lines *l, const char *p, size_t n, lines_fn *fn, void *ctx)
{
	const char *end = p + n, *lf;
	size_t part;

	for (; p < end; p = lf + 1) {
		lf = memchr(p, '\n', (size_t)(end - p));
		part = (size_t)((lf != NULL ? lf : end) - p);
		if (part > LINE_BYTES - l->buf.n)
			part = LINE_BYTES - l->buf.n;
		ms_buf_add(&l->buf, p, part);
		if (lf == NULL)
			return;
		give_line(l, fn, ctx);
	}
}

/* 1: something was read; 0: nothing is available; -1: the end. */
static int
read_some(struct lines *l, lines_fn *fn, void *ctx)
{
	char bytes[READ_BYTES];
	ssize_t n = read(l->fd, bytes, sizeof(bytes));

	if (n > 0)
		split(l, bytes, (size_t)n, fn, ctx);
	if (n > 0 || (n < 0 && errno == EINTR))
		return 1;
	return n < 0 && errno == EAGAIN ? 0 : -1;
}

void
lines_read(struct lines *l, lines_fn *fn, void *ctx)
{
	/* One read(2), so that no process can keep the runner from the others.
	 */
	if (l->fd >= 0 && read_some(l, fn, ctx) < 0)
		lines_close(l, fn, ctx);
}

void
lines_close(struct lines *l, lines_fn *fn, void *ctx)
{
	if (l->fd < 0)
		return;
	while (read_some(l, fn, ctx) > 0)
		;
	if (l->buf.n > 0)
		give_line(l, fn, ctx);
	close(l->fd);
	l->fd = -1;
}
