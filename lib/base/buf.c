/* buf.c - slices, growing buffers, allocation that cannot fail. */
#include "buf.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sysexits.h>
#include <unistd.h>

void
ms_out_of_memory(void)
{
	static const char msg[] = "out of memory\n";

	(void)!write(STDERR_FILENO, msg, sizeof(msg) - 1);
	_exit(EX_OSERR);
}

static void *
checked(void *p)
{
	if (p == NULL)
		ms_out_of_memory();
	return p;
}

void *
ms_xmalloc(size_t n)
{
	return checked(malloc(n > 0 ? n : 1));
}

void *
ms_xcalloc(size_t count, size_t size)
{
	return checked(calloc(count > 0 ? count : 1, size > 0 ? size : 1));
}

void *
ms_xreallocarray(void *p, size_t count, size_t size)
{
	return checked(
	    reallocarray(p, count > 0 ? count : 1, size > 0 ? size : 1));
}

char *
ms_xstrdup(const char *s)
{
	return checked(strdup(s));
}

char *
ms_xstrndup(const void *p, size_t n)
{
	char *s = ms_xmalloc(n + 1);

	if (n > 0)
		memcpy(s, p, n);
	s[n] = '\0';
	return s;
}

unsigned char *
ms_buf_room(struct ms_buf *b, size_t n)
{
	size_t cap = b->cap;

	assert(n <= SIZE_MAX / 4 && b->n <= SIZE_MAX / 4);
	if (b->p == NULL ||
	    b->n + n > cap) { /* arithmetic on NULL is undefined */
		cap = cap < 256 ? 256 : cap + cap / 2;
		if (cap < b->n + n)
			cap = b->n + n;
		b->p = ms_xreallocarray(b->p, cap, 1);
		b->cap = cap;
	}
	return b->p + b->n;
}

void
ms_buf_add(struct ms_buf *b, const void *p, size_t n)
{
	if (n == 0)
		return;
	memcpy(ms_buf_room(b, n), p, n);
	b->n += n;
}

void
ms_buf_add_str(struct ms_buf *b, const char *s)
{
	ms_buf_add(b, s, strlen(s));
}

void
ms_buf_add_byte(struct ms_buf *b, unsigned char c)
{
	*ms_buf_room(b, 1) = c;
	b->n++;
}

void
ms_buf_printf(struct ms_buf *b, const char *fmt, ...)
{
	size_t room = b->cap - b->n;
	va_list ap;
	int n;

	va_start(ap, fmt);
	n = vsnprintf(room > 0 ? (char *)b->p + b->n : NULL, room, fmt, ap);
	va_end(ap);
	assert(n >= 0);
	if ((size_t)n >= room) {
		va_start(ap, fmt);
		vsnprintf((char *)ms_buf_room(b, (size_t)n + 1), (size_t)n + 1,
		    fmt, ap);
		va_end(ap);
	}
	b->n += (size_t)n;
}

char *
ms_buf_str(struct ms_buf *b)
{
	*ms_buf_room(b, 1) = '\0';
	return (char *)b->p;
}

void
ms_buf_clear(struct ms_buf *b)
{
	b->n = 0;
}

void
ms_buf_release(struct ms_buf *b)
{
	free(b->p);
	*b = (struct ms_buf){0};
}

void
ms_buf_trim(struct ms_buf *b)
{
	if (b->cap == b->n)
		return;
	b->p = ms_xreallocarray(b->p, b->n, 1);
	b->cap = b->n;
}

struct ms_slice
ms_buf_slice(const struct ms_buf *b)
{
	return (struct ms_slice){b->p, b->n};
}

struct ms_slice
ms_slice_str(const char *s)
{
	return (struct ms_slice){(const unsigned char *)s, strlen(s)};
}

bool
ms_slice_eq(struct ms_slice a, struct ms_slice b)
{
	return a.n == b.n && (a.n == 0 || memcmp(a.p, b.p, a.n) == 0);
}

bool
ms_slice_is(struct ms_slice s, const char *word)
{
	return s.n == strlen(word) &&
	       (s.n == 0 || strncasecmp((const char *)s.p, word, s.n) == 0);
}

bool
ms_words_have(const char *words, const char *word)
{
	size_t n = strlen(word);

	for (; *words != '\0'; words += strspn(words, " ")) {
		if (strcspn(words, " ") == n &&
		    strncasecmp(words, word, n) == 0)
			return true;
		words += strcspn(words, " ");
	}
	return false;
}

int
ms_buf_append(void *ctx, const unsigned char *p, size_t n, struct ms_err *err)
{
	(void)err;
	ms_buf_add(ctx, p, n);
	return 0;
}

int
ms_buf_read_fd(
    struct ms_buf *b, int fd, const char *path, size_t max, struct ms_err *err)
{
	size_t start = b->n;
	ssize_t n;

	for (;;) {
		n = read(fd, ms_buf_room(b, 16384), 16384);
		if (n == 0)
			return 0;
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return ms_fail_errno(err, "%s", path);
		b->n += (size_t)n;
		if (b->n - start > max)
			return ms_fail(
			    err, MS_DATA, "%s: more than %zu bytes", path, max);
	}
}

static int
read_and_close(
    struct ms_buf *b, int fd, const char *path, size_t max, struct ms_err *err)
{
	int rc;

	if (fd < 0)
		return ms_fail_errno(err, "%s", path);
	rc = ms_buf_read_fd(b, fd, path, max, err);
	close(fd);
	return rc;
}

int
ms_buf_read_file(
    struct ms_buf *b, const char *path, size_t max, struct ms_err *err)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);

	return read_and_close(b, fd, path, max, err);
}

int
ms_buf_read_at(struct ms_buf *b, int dirfd, const char *name, const char *path,
    size_t max, struct ms_err *err)
{
	/* A FIFO must not make the reader wait. */
	int fd =
	    openat(dirfd, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);

	return read_and_close(b, fd, path, max, err);
}
