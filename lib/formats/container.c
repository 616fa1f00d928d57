/*
 * container.c - asks a confined process for the files in a container.
 */
#include "container.h"
#include "parser.h"
#include "stop.h"

#include <errno.h>
#include <string.h>
#include <sys/stat.h>
#include <stdlib.h>
#include <unistd.h>

#define MEMORY_MAX ((uint64_t)2 << 30) /* bytes; a dictionary of xz or 7z */
#define PIECE 65536
/* Bytes for frames and paths, and files that are no bomb whatever their ratio.
 */
#define OUTPUT_MORE (2 * MS_UNPACK_FREE + ((uint64_t)4 << 30))

struct request {
	int64_t size;  /* of a file; -1: a pipe */
	uint64_t head; /* bytes of the pipe, which follow */
};

/* Frames. */
enum {
	BEGIN =
	    MS_FRAME_READY + 1, /* a file: its path; its date or INT64_MIN */
	BYTES,                  /* of it; number: used of the container */
	END,                    /* of it */
	CUT,                    /* the same, but bytes are missing; why */
	FAILURE,                /* of the file in the last PATH; why */
	PATH,
	DONE,
	FRAMES
};

struct ms_container {
	struct ms_parser parser;
	bool pipe;
	bool in_file;
	size_t at; /* of the bytes in the frame that are used */
	uint64_t used;
	struct ms_buf path;
};

/* ---- the parser ---- */

static void
send_file(int link, struct ms_unpack *u)
{
	unsigned char p[PIECE];
	struct ms_err why = {0};
	int64_t n;

	while ((n = ms_unpack_read(u, p, sizeof p, &why)) > 0)
		ms_frame_send(
		    link, BYTES, (int64_t)ms_unpack_used(u), p, (size_t)n);
	if (n < 0)
		ms_frame_send(link, CUT, 0, why.msg, strlen(why.msg));
	else
		ms_frame_send(link, END, 0, NULL, 0);
}

static void
send_files(int link, struct ms_unpack *u)
{
	struct ms_unpacked file;
	struct ms_err why = {0};
	int rc;

	while ((rc = ms_unpack_next(u, &file, &why)) != 0) {
		if (rc > 0) {
			ms_frame_send(link, BEGIN,
			    file.has_mtime ? file.mtime : INT64_MIN,
			    file.path.p, file.path.n);
			send_file(link, u);
			continue;
		}
		ms_frame_send(link, PATH, 0, file.path.p, file.path.n);
		ms_frame_send(link, FAILURE, 0, why.msg, strlen(why.msg));
	}
}

_Noreturn static void
serve(int link, int unused)
{
	struct ms_sandbox sb = {
	    .profile = MS_SANDBOX_PARSE, .memory = MEMORY_MAX};
	struct request request = {0};
	struct ms_unpack *u = NULL;
	struct ms_buf head = {0};
	struct ms_err why = {0};
	int fd;

	(void)unused;
	fd = ms_parser_confine(link, &request, sizeof request, &sb);
	if (request.head > 0 &&
	    ms_link_read(
		link, ms_buf_room(&head, request.head), request.head) != 1)
		_exit(1);
	head.n = request.head;
	if (ms_unpack_open(&u, fd, request.size, ms_buf_slice(&head), &why) < 0)
		ms_frame_send(link, FAILURE, 0, why.msg, strlen(why.msg));
	else
		send_files(link, u);
	ms_frame_send(link, DONE, 0, NULL, 0);
	_exit(0);
}

/* ---- the process that asks ---- */

int
ms_container_open(struct ms_container **out, struct ms_err *err)
{
	static const struct ms_keeper_job job = {.serve = serve,
	    .warm_up = ms_unpack_warm_up,
	    .what = "the reader of containers"};
	struct ms_container *c = ms_xcalloc(1, sizeof(*c));
	int rc = ms_parser_open(&c->parser, &job, FRAMES, err);

	*out = NULL;
	if (rc < 0)
		ms_container_close(c);
	else
		*out = c;
	return rc;
}

void
ms_container_close(struct ms_container *c)
{
	if (c == NULL)
		return;
	ms_parser_close(&c->parser);
	ms_buf_release(&c->path);
	free(c);
}

/*
 * The bytes that can come out of a file of this size. The parser looks for
 * bombs; this is for a parser that a file has taken over, and above all that
 * an honest one can say. The size of a pipe is not known.
 */
static uint64_t
output_max(const struct stat *st)
{
	uint64_t size = (uint64_t)st->st_size, max;

	if (!S_ISREG(st->st_mode) ||
	    __builtin_mul_overflow(size, 2 * MS_UNPACK_TIMES, &max) ||
	    __builtin_add_overflow(max, OUTPUT_MORE, &max))
		return UINT64_MAX;
	return max;
}

int
ms_container_begin(struct ms_container *c, int fd, bool is_file,
    struct ms_slice head, struct ms_err *err)
{
	struct request request = {0};
	struct stat st;

	if (fstat(fd, &st) < 0)
		return ms_fail_errno(err, "stat");
	request.size = is_file ? st.st_size : -1;
	request.head = is_file ? 0 : head.n;
	c->in_file = false;
	c->used = 0;
	if (ms_parser_begin(&c->parser, &request, sizeof request, fd,
		output_max(&st), err) < 0)
		return -1;
	/* A pipe can wait for its writer. */
	c->pipe = !S_ISREG(st.st_mode);
	c->parser.wait_ms = c->pipe ? -1 : MS_PARSER_WAIT_MS;
	if (request.head > 0 &&
	    ms_link_write(c->parser.link, head.p, head.n) < 0)
		return ms_fail_errno(err, "the reader of containers");
	return 0;
}

/* Levels that do not end with a NUL are impossible. */
static void
take_path(struct ms_container *c)
{
	ms_buf_clear(&c->path);
	if (c->parser.bytes.n > 0) {
		ms_buf_add(&c->path, c->parser.bytes.p, c->parser.bytes.n);
		c->path.p[c->path.n - 1] = '\0';
	}
}

/* As ms_parser_receive(); -1 with EINTR: a signal came while a pipe waited for
 * its writer. */
static int
receive(struct ms_container *c)
{
	if (!c->pipe || ms_stop_wait(c->parser.link, 0))
		return ms_parser_receive(&c->parser);
	errno = EINTR;
	return -1;
}

static int
fail(struct ms_container *c, int rc, struct ms_err *err)
{
	c->in_file = false;
	if (rc == 1) {
		errno = EPROTO;
		rc = -1;
	}
	return ms_parser_failed(&c->parser, rc, err);
}

int
ms_container_next(
    struct ms_container *c, struct ms_unpacked *file, struct ms_err *err)
{
	const struct ms_frame *f = &c->parser.frame;
	int rc = 1;

	ms_buf_clear(&c->path);
	*file = (struct ms_unpacked){0};
	while (rc == 1 && c->parser.link >= 0) {
		rc = receive(c);
		file->path = ms_buf_slice(&c->path);
		if (rc != 1)
			break;
		if (c->in_file) { /* the caller did not read it to its end */
			c->in_file = f->kind == BYTES;
		} else if (f->kind == PATH) {
			take_path(c);
		} else if (f->kind == BEGIN) {
			take_path(c);
			c->in_file = true;
			c->parser.bytes.n = c->at = 0;
			*file = (struct ms_unpacked){ms_buf_slice(&c->path),
			    f->number, f->number != INT64_MIN};
			return 1;
		} else if (f->kind == FAILURE) {
			return ms_fail(
			    err, MS_DATA, "%.400s", ms_parser_text(&c->parser));
		} else if (f->kind == DONE) {
			ms_parser_end(&c->parser);
		} else {
			break;
		}
	}
	return c->parser.link < 0 ? 0 : fail(c, rc, err);
}

int64_t
ms_container_read(
    struct ms_container *c, unsigned char *p, size_t n, struct ms_err *err)
{
	struct ms_buf *bytes = &c->parser.bytes;
	int rc;

	while (c->in_file && c->at == bytes->n) {
		c->at = 0;
		rc = receive(c);
		if (rc != 1)
			return fail(c, rc, err);
		if (c->parser.frame.kind == BYTES) {
			c->used = (uint64_t)c->parser.frame.number;
			continue;
		}
		c->in_file = false;
		if (c->parser.frame.kind == CUT)
			return ms_fail(
			    err, MS_DATA, "%.400s", ms_parser_text(&c->parser));
		if (c->parser.frame.kind != END)
			return fail(c, rc, err);
	}
	if (!c->in_file)
		return 0;
	if (n > bytes->n - c->at)
		n = bytes->n - c->at;
	memcpy(p, bytes->p + c->at, n);
	c->at += n;
	return (int64_t)n;
}

uint64_t
ms_container_used(const struct ms_container *c)
{
	return c->used;
}
