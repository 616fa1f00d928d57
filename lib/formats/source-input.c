/*
 * source-input.c - a window that moves over an input, which is a file or a
 * pipe.
 */
#include "source-impl.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "container.h"
#include "stop.h"

void
ms_input_begin(struct ms_input *in, int fd, bool owned)
{
	unsigned char *buf = in->buf;

	struct stat st;

	*in = (struct ms_input){.fd = fd, .owned = owned, .buf = buf};
	if (fstat(fd, &st) < 0)
		return;
	in->slow = !S_ISREG(st.st_mode);
	/* Standard input can be a file of which another process has read a
	 * part: it is then read on, like a pipe. */
	in->whole = !in->slow && lseek(fd, 0, SEEK_CUR) == 0;
}

void
ms_input_end(struct ms_input *in)
{
	if (in->owned && in->fd >= 0)
		close(in->fd);
	in->owned = false;
	in->eof = true;
	in->start = in->end = 0;
}

void
ms_input_release(struct ms_input *in)
{
	ms_input_end(in);
	free(in->buf);
	in->buf = NULL;
}

struct ms_slice
ms_input_window(const struct ms_input *in)
{
	if (in->buf == NULL)
		return (struct ms_slice){(const unsigned char *)"", 0};
	return (struct ms_slice){in->buf + in->start, in->end - in->start};
}

void
ms_input_use(struct ms_input *in, size_t n)
{
	if (in->hash != NULL && n > 0)
		ms_sha_add(in->hash, in->buf + in->start, n);
	in->start += n;
	in->offset += n;
}

int
ms_input_seek(struct ms_input *in, uint64_t at, struct ms_err *err)
{
	if (lseek(in->fd, (off_t)at, SEEK_SET) < 0)
		return ms_fail_errno(err, "seek");
	in->start = in->end = 0;
	in->offset = at;
	in->eof = false;
	return 0;
}

/* Another process may have made our standard input non-blocking. */
static bool
wait_for(int fd, int error)
{
	struct pollfd p = {.fd = fd, .events = POLLIN};

	if (error != EAGAIN && error != EWOULDBLOCK)
		return false;
	return poll(&p, 1, -1) >= 0 || errno == EINTR;
}

/* Reads once. Returns the number of bytes, 0 at the end, or -1. */
static int64_t
read_some(struct ms_input *in, struct ms_err *err)
{
	unsigned char *p = in->buf + in->end;
	size_t n = MS_INPUT_SIZE - in->end;
	ssize_t got;

	if (in->container != NULL)
		return ms_container_read(in->container, p, n, err);
	do
		got = read(in->fd, p, n);
	while (got < 0 && (errno == EINTR || wait_for(in->fd, errno)));
	return got < 0 ? ms_fail_errno(err, "read") : got;
}

int
ms_input_more(struct ms_input *in, struct ms_err *err)
{
	int64_t got;

	if (in->eof)
		return 0;
	if (in->buf == NULL)
		in->buf = ms_xmalloc(MS_INPUT_SIZE);
	if (in->start > 0) {
		memmove(in->buf, in->buf + in->start, in->end - in->start);
		in->end -= in->start;
		in->start = 0;
	}
	if (in->end == MS_INPUT_SIZE)
		return 0;
	if (in->slow && !ms_stop_wait(in->fd, in->grace_ms)) {
		in->eof = in->failed = true;
		return ms_fail(err, MS_TEMP, MS_SOURCE_STOPPED);
	}
	got = read_some(in, err);
	if (got <= 0)
		in->eof = true;
	if (got < 0) {
		in->failed = true;
		return -1;
	}
	in->end += (size_t)got;
	return got > 0;
}
