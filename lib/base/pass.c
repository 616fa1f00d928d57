/* pass.c - passes an open descriptor to another process. unix(7). */
#include "pass.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>

union control {
	char bytes[CMSG_SPACE(sizeof(int))];
	struct cmsghdr align;
};

int
ms_pass_send(int socket, const void *p, size_t n, int fd)
{
	union control c = {{0}};
	struct iovec iov = {(void *)p, n};
	struct msghdr msg = {.msg_iov = &iov, .msg_iovlen = 1};
	struct cmsghdr *h;
	ssize_t put;

	if (fd >= 0) {
		msg.msg_control = c.bytes;
		msg.msg_controllen = sizeof(c.bytes);
		h = CMSG_FIRSTHDR(&msg);
		h->cmsg_level = SOL_SOCKET;
		h->cmsg_type = SCM_RIGHTS;
		h->cmsg_len = CMSG_LEN(sizeof(fd));
		memcpy(CMSG_DATA(h), &fd, sizeof(fd));
	}
	do
		put = sendmsg(socket, &msg, MSG_NOSIGNAL);
	while (put < 0 && errno == EINTR);
	return put == (ssize_t)n ? 0 : -1;
}

int
ms_pass_receive(int socket, void *p, size_t n, int *fd)
{
	union control c;
	/* cppcheck-suppress ctuuninitvar; recvmsg(2) fills it */
	struct iovec iov = {p, n};
	struct msghdr msg = {.msg_iov = &iov,
	    .msg_iovlen = 1,
	    .msg_control = c.bytes,
	    .msg_controllen = sizeof(c.bytes)};
	struct cmsghdr *h;
	ssize_t got;

	*fd = -1;
	do
		got = recvmsg(socket, &msg, MSG_CMSG_CLOEXEC);
	while (got < 0 && errno == EINTR);
	h = got > 0 ? CMSG_FIRSTHDR(&msg) : NULL;
	if (h != NULL && h->cmsg_level == SOL_SOCKET &&
	    h->cmsg_type == SCM_RIGHTS && h->cmsg_len == CMSG_LEN(sizeof(*fd)))
		memcpy(fd, CMSG_DATA(h), sizeof(*fd));
	return (int)got;
}
