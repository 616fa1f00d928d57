/* link.c - bytes between a caller, its keeper and a parser. */
#include "keeper.h"

#include <errno.h>
#include <poll.h>
#include <unistd.h>

#include "clock.h"

/* Waits for bytes, or for the end. Returns 1, or -1 with errno. */
static int
wait_for(int fd, int64_t until_ms)
{
	struct pollfd p = {.fd = fd, .events = POLLIN};
	int64_t left;
	int rc;

	do {
		left = until_ms - ms_clock_ms();
		rc = left > 0 ? poll(&p, 1, (int)left) : 0;
	} while (rc < 0 && errno == EINTR);
	if (rc == 0)
		errno = ETIMEDOUT;
	return rc > 0 ? 1 : -1;
}

int
ms_link_receive(int fd, void *p, size_t n, int64_t until_ms)
{
	unsigned char *to = p;
	ssize_t got;

	while (n > 0) {
		if (until_ms != INT64_MAX && wait_for(fd, until_ms) < 0)
			return -1;
		got = read(fd, to, n);
		if (got < 0 && errno == EINTR)
			continue;
		if (got <= 0)
			return (int)got;
		to += got;
		n -= (size_t)got;
	}
	return 1;
}

int
ms_link_read(int fd, void *p, size_t n)
{
	return ms_link_receive(fd, p, n, INT64_MAX);
}

int
ms_link_write(int fd, const void *p, size_t n)
{
	const unsigned char *from = p;
	ssize_t put;

	while (n > 0) {
		put = write(fd, from, n);
		if (put < 0 && errno == EINTR)
			continue;
		if (put < 0)
			return -1;
		from += put;
		n -= (size_t)put;
	}
	return 1;
}
