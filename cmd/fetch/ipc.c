/* ipc.c - frames: le32 word, le32 length, that many bytes. */
#include "ipc.h"

#include <assert.h>
#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "le.h"

#define HEADER 8      /* bytes before a frame's fields */
#define SEND_AT 65536 /* bytes gathered before they are sent */
#define READ_AT_ONCE 262144

void
link_release(struct link *l)
{
	if (l->fd >= 0)
		close(l->fd);
	l->fd = -1;
	if (l->out.p != NULL) /* a password may have gone through */
		explicit_bzero(l->out.p, l->out.cap);
	if (l->in.p != NULL)
		explicit_bzero(l->in.p, l->in.cap);
	ms_buf_release(&l->out);
	ms_buf_release(&l->in);
}

/* ---- writing ---- */

void
link_begin(struct link *l, enum word word)
{
	l->begun = l->out.n;
	link_u32(l, (uint32_t)word);
	link_u32(l, 0);
}

void
link_u32(struct link *l, uint32_t v)
{
	ms_put_le32(ms_buf_room(&l->out, sizeof(v)), v);
	l->out.n += sizeof(v);
}

void
link_u64(struct link *l, uint64_t v)
{
	ms_put_le64(ms_buf_room(&l->out, sizeof(v)), v);
	l->out.n += sizeof(v);
}

void
link_bytes(struct link *l, const void *p, size_t n)
{
	ms_buf_add(&l->out, p, n);
}

void
link_str(struct link *l, const char *s)
{
	size_t n = s != NULL ? strlen(s) : 0;

	link_u32(l, (uint32_t)n);
	ms_buf_add(&l->out, s != NULL ? s : "", n);
	ms_buf_add_byte(&l->out, '\0');
}

int
link_flush(struct link *l, struct ms_err *err)
{
	size_t at = 0;
	ssize_t n;

	while (at < l->out.n) {
		n = send(l->fd, l->out.p + at, l->out.n - at, MSG_NOSIGNAL);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return ms_fail_errno(err, "between processes");
		at += (size_t)n;
	}
	ms_buf_clear(&l->out);
	return 0;
}

void
link_drop(struct link *l)
{
	l->out.n = l->begun;
}

int
link_end(struct link *l, struct ms_err *err)
{
	size_t n = l->out.n - l->begun - HEADER;

	assert(n <= LINK_FRAME_MAX);
	ms_put_le32(l->out.p + l->begun + 4, (uint32_t)n);
	return l->out.n >= SEND_AT ? link_flush(l, err) : 0;
}

/* ---- reading ---- */

/* Bytes of the frame at hand with its header; 0: not known yet. */
static size_t
frame_size(const struct link *l)
{
	if (l->in.n - l->taken < HEADER)
		return 0;
	return HEADER + (size_t)ms_le32(l->in.p + l->taken + 4);
}

bool
link_ready(const struct link *l)
{
	size_t n = frame_size(l);

	return n > 0 && l->in.n - l->taken >= n;
}

/* More bytes. 1, 0 at the end, -1. */
static int
fill(struct link *l, struct ms_err *err)
{
	ssize_t n;

	if (l->taken > 0) {
		memmove(l->in.p, l->in.p + l->taken, l->in.n - l->taken);
		l->in.n -= l->taken;
		l->taken = 0;
	}
	do {
		n = recv(
		    l->fd, ms_buf_room(&l->in, READ_AT_ONCE), READ_AT_ONCE, 0);
	} while (n < 0 && errno == EINTR);
	if (n < 0 && errno != ECONNRESET)
		return ms_fail_errno(err, "between processes");
	if (n <= 0)
		return 0;
	l->in.n += (size_t)n;
	return 1;
}

int
link_next(struct link *l, struct frame *f, struct ms_err *err)
{
	size_t n;
	int got;

	while (!link_ready(l)) {
		if (frame_size(l) > HEADER + LINK_FRAME_MAX)
			return ms_fail(
			    err, MS_PROTO, "between processes: no frame");
		got = fill(l, err);
		if (got <= 0)
			return got;
	}
	n = frame_size(l);
	f->word = (enum word)ms_le32(l->in.p + l->taken);
	f->p = l->in.p + l->taken + HEADER;
	f->n = n - HEADER;
	f->bad = false;
	l->taken += n;
	return 1;
}

const unsigned char *
frame_bytes(struct frame *f, size_t n)
{
	const unsigned char *p = f->p;

	if (f->bad || f->n < n) {
		f->bad = true;
		return NULL;
	}
	f->p += n;
	f->n -= n;
	return p;
}

uint32_t
frame_u32(struct frame *f)
{
	const unsigned char *p = frame_bytes(f, sizeof(uint32_t));

	return p != NULL ? ms_le32(p) : 0;
}

uint64_t
frame_u64(struct frame *f)
{
	const unsigned char *p = frame_bytes(f, sizeof(uint64_t));

	return p != NULL ? ms_le64(p) : 0;
}

const char *
frame_str(struct frame *f)
{
	size_t n = frame_u32(f);
	const unsigned char *p;

	if (n >= f->n)
		f->bad = true;
	p = frame_bytes(f, n + 1);
	if (p == NULL || p[n] != '\0' || memchr(p, '\0', n) != NULL) {
		f->bad = true;
		return "";
	}
	return (const char *)p;
}
