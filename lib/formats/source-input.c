/*
 * source-input.c - a window that moves over an input, which is a file or a
 * pipe.
 */
#include "source-impl.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

void
ms_input_begin(struct ms_input *in, int fd, bool owned)
{
	unsigned char *buf = in->buf;

	*in = (struct ms_input){.fd = fd, .owned = owned, .buf = buf};
}

void
ms_input_end(struct ms_input *in)
{
	if (in->owned)
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
	in->start += n;
	in->offset += n;
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

int
ms_input_more(struct ms_input *in, struct ms_err *err)
{
	ssize_t got;

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
	do
		got = read(in->fd, in->buf + in->end, MS_INPUT_SIZE - in->end);
	while (got < 0 && (errno == EINTR || wait_for(in->fd, errno)));
	if (got <= 0)
		in->eof = true;
	if (got < 0) {
		in->failed = true;
		return ms_fail_errno(err, "read");
	}
	in->end += (size_t)got;
	return got > 0;
}
