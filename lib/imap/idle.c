/* idle.c - waits for changes of the opened folder. RFC 2177. */
#include "imap.h"
#include "impl.h"

#include <poll.h>
#include <string.h>

#include "clock.h"

/* Reads more bytes into the buffer. Returns 0 if it is full. */
static ssize_t
read_ahead(mailstream *s)
{
	size_t room = s->buffer_max_size - s->read_buffer_len;
	ssize_t n;

	if (room == 0)
		return 0;
	n = mailstream_low_read(
	    s->low, s->read_buffer + s->read_buffer_len, room);
	if (n > 0)
		s->read_buffer_len += (size_t)n;
	return n;
}

/*
 * Waits until the server has sent a line other than a status line, which some
 * servers send regularly to keep the connection open. Returns 1, 2 or 0 as
 * ms_imap_idle(), or -1: the session is over.
 */
static int
await_event(struct ms_imap *im, uint64_t seen, int64_t until_ms, int other_fd)
{
	int64_t left;
	int got;

	while (im->guard.events == seen) {
		left = until_ms - ms_clock_ms();
		got = ms_conn_wait(
		    im->conn, left > 0 ? (int)left : 0, other_fd, &im->err);
		if (got < 0) {
			im->dead = true;
			return -1;
		}
		if (got != 1)
			return got;
		if (im->bye[0] != '\0')
			return 1;
		im->text = 0;
		if (read_ahead(im->m->imap_stream) <= 0)
			return im->dead ? -1 : 1;
	}
	return 1;
}

/*
 * Runs IDLE and ends it. Data that was sent meanwhile is read with the answer.
 */
static int
idle(struct ms_imap *im, int64_t until_ms, int other_fd, struct ms_err *err)
{
	uint64_t seen = im->guard.events;
	mailstream *s = im->m->imap_stream;
	int result, got = -1;

	im->text = 0;
	result = mailimap_send_current_tag(im->m);
	if (result == MAILIMAP_NO_ERROR &&
	    (mailstream_write(s, "IDLE\r\n", 6) < 0 || mailstream_flush(s) < 0))
		result = MAILIMAP_ERROR_STREAM;
	if (result != MAILIMAP_NO_ERROR)
		return ms_imap_result(im, result, "IDLE", err);
	if (ms_imap_await(im, &result) == 0) {
		/* IDLE was refused, or ended before it began. */
		if (result != MAILIMAP_NO_ERROR)
			return ms_imap_result(im, result, "IDLE", err);
		return im->guard.events != seen;
	}
	got = await_event(im, seen, until_ms, other_fd);
	if (got >= 0 &&
	    (mailstream_write(s, "DONE\r\n", 6) < 0 || mailstream_flush(s) < 0))
		got = -1;
	result = got < 0 ? MAILIMAP_ERROR_STREAM : ms_imap_answer(im);
	return ms_imap_result(im, result, "IDLE", err) < 0 ? -1 : got;
}

/* Without IDLE, the server is asked at intervals. */
static int
ask(struct ms_imap *im, int64_t until_ms, int other_fd, struct ms_err *err)
{
	struct pollfd fd = {.fd = other_fd, .events = POLLIN};
	uint64_t seen = im->guard.events;
	int64_t left;

	for (;;) {
		if (ms_imap_command(im, "NOOP", "NOOP", err) < 0)
			return -1;
		if (im->guard.events != seen)
			return 1;
		left = until_ms - ms_clock_ms();
		if (left <= 0)
			return 0;
		if (left > MS_IMAP_POLL * 1000)
			left = MS_IMAP_POLL * 1000;
		if (poll(&fd, 1, (int)left) > 0)
			return 2;
	}
}

int
ms_imap_idle(struct ms_imap *im, int wait_ms, int other_fd, struct ms_err *err)
{
	int64_t until_ms = ms_clock_ms() + wait_ms;

	if ((im->caps & MS_CAP_IDLE) != 0)
		return idle(im, until_ms, other_fd, err);
	return ask(im, until_ms, other_fd, err);
}
