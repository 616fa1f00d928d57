/* conn-wait.c - waits for a socket until a deadline. */
#include "conn-impl.h"

#include <errno.h>
#include <limits.h>
#include <poll.h>

#include "clock.h"

int64_t
ms_conn_deadline(const struct ms_conn *c)
{
	int64_t at = ms_clock_ms() + (int64_t)c->timeout * 1000;

	return c->until_ms != 0 && c->until_ms < at ? c->until_ms : at;
}

int
ms_conn_too_late(const struct ms_conn *c, struct ms_err *err)
{
	if (c->until_ms != 0 && ms_clock_ms() >= c->until_ms)
		return ms_fail(err, MS_TEMP, "--max-time is over");
	return ms_fail(err, MS_TEMP, "no answer within %u seconds", c->timeout);
}

int
ms_conn_poll(int fd, short events, int64_t deadline_ms)
{
	struct pollfd pfd = {.fd = fd, .events = events};
	int64_t left;
	int n;

	for (;;) {
		left = deadline_ms - ms_clock_ms();
		if (left < 0)
			left = 0;
		n = poll(&pfd, 1, left > INT_MAX ? INT_MAX : (int)left);
		if (n >= 0 || errno != EINTR)
			return n;
	}
}

int
ms_conn_await(
    struct ms_conn *c, short events, int64_t deadline_ms, struct ms_err *err)
{
	int got;

	if (events == POLLIN && c->idle != NULL)
		c->idle(c->idle_ctx);
	got = ms_conn_poll(c->fd, events, deadline_ms);
	if (got < 0)
		return ms_fail_errno(err, "poll");
	return got == 0 ? ms_conn_too_late(c, err) : 0;
}
