/* parser.c - a confined parser that answers with frames. */
#include "parser.h"
#include "clock.h"
#include "pass.h"
#include "stop.h"
#include "utf8.h"

#include <errno.h>
#include <signal.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

/* ---- the process that asks ---- */

int
ms_parser_open(struct ms_parser *p, const struct ms_keeper_job *job,
    uint32_t kinds, struct ms_err *err)
{
	int confined = ms_sandbox_check(MS_SANDBOX_PARSE, err);

	*p = (struct ms_parser){
	    .link = -1, .wait_ms = MS_PARSER_WAIT_MS, .kinds = kinds};
	p->keeper.control = -1;
	if (confined < 0 || ms_keeper_open(&p->keeper, job, -1, err) < 0)
		return -1;
	return confined;
}

void
ms_parser_end(struct ms_parser *p)
{
	if (p->link >= 0)
		close(p->link);
	p->link = -1;
}

void
ms_parser_close(struct ms_parser *p)
{
	if (p->keeper.job == NULL)
		return;
	ms_parser_end(p);
	ms_keeper_close(&p->keeper);
	ms_buf_release(&p->bytes);
	*p = (struct ms_parser){0};
}

static int64_t
until(const struct ms_parser *p)
{
	return p->wait_ms < 0 ? INT64_MAX : ms_clock_ms() + p->wait_ms;
}

int
ms_parser_receive(struct ms_parser *p)
{
	struct ms_frame *f = &p->frame;
	int64_t end = until(p);
	int rc = ms_link_receive(p->link, f, sizeof(*f), end);

	ms_buf_clear(&p->bytes);
	if (rc != 1)
		return rc;
	p->output += sizeof(*f) + f->size;
	if (f->kind >= p->kinds || f->size > MS_FRAME_MAX ||
	    p->output > p->output_max) {
		errno = EPROTO;
		return -1;
	}
	rc = ms_link_receive(
	    p->link, ms_buf_room(&p->bytes, f->size), f->size, end);
	if (rc == 1)
		p->bytes.n = f->size;
	return rc;
}

int
ms_parser_begin(struct ms_parser *p, const void *request, size_t n, int fd,
    uint64_t output_max, struct ms_err *err)
{
	const char *what = p->keeper.job->what;
	int status;

	ms_parser_end(p);
	p->output = 0;
	p->output_max = output_max;
	if (ms_keeper_start(&p->keeper, &p->link, &status,
		ms_clock_ms() + MS_PARSER_WAIT_MS, err) < 0)
		return -1;
	if (ms_pass_send(p->link, request, n, fd) < 0 ||
	    ms_parser_receive(p) != 1 || p->frame.kind != MS_FRAME_READY) {
		ms_parser_end(p);
		return ms_fail(err, MS_TEMP, "%s does not start", what);
	}
	if (p->frame.number == 0)
		return 0;
	errno = (int)p->frame.number;
	ms_parser_end(p);
	return ms_fail_errno(err, "%s cannot be confined", what);
}

const char *
ms_parser_text(struct ms_parser *p)
{
	char *text = ms_buf_str(&p->bytes);
	size_t n = strlen(text);

	if (!ms_utf8_plain((const unsigned char *)text, n))
		for (size_t i = 0; i < n; i++)
			if (text[i] < ' ' || text[i] > '~')
				text[i] = '?';
	return text;
}

/* How the parser ended. */
static int
fail_by_status(int status, struct ms_err *err)
{
	if (WIFSIGNALED(status) &&
	    (WTERMSIG(status) == SIGPROF || WTERMSIG(status) == SIGXCPU))
		return ms_fail(err, MS_DATA, "it takes too long to read");
	if (WIFSIGNALED(status))
		return ms_fail(err, MS_DATA,
		    "its reader ended by signal %d; the rest of the file is "
		    "lost",
		    WTERMSIG(status));
	return ms_fail(
	    err, MS_DATA, "its reader ended; the rest of the file is lost");
}

int
ms_parser_failed(struct ms_parser *p, int rc, struct ms_err *err)
{
	int status = 0, error = errno;

	ms_parser_end(p);
	/* Ctrl-C ends the parser and its keeper, too. */
	if (ms_stopped != 0)
		return ms_fail(err, MS_TEMP, "stopped by a signal");
	if (rc < 0 && error == EPROTO && p->output > p->output_max)
		return ms_fail(err, MS_DATA,
		    "more comes out of it than can be in a file of its size");
	if (rc < 0)
		return ms_fail(err, MS_DATA, "%s",
		    error == ETIMEDOUT ? "it takes too long to read"
				       : "its reader says what is impossible");
	/* The next parser is for nothing but the status of this one. */
	if (ms_keeper_start(&p->keeper, &p->link, &status,
		ms_clock_ms() + MS_PARSER_WAIT_MS, err) < 0)
		return -1;
	ms_parser_end(p);
	return fail_by_status(status, err);
}

/* ---- the parser ---- */

void
ms_frame_send(int link, uint32_t kind, int64_t number, const void *p, size_t n)
{
	struct ms_frame f = {kind, (uint32_t)n, number};

	if (ms_link_write(link, &f, sizeof(f)) < 0 ||
	    (n > 0 && ms_link_write(link, p, n) < 0))
		_exit(0);
}

int
ms_parser_confine(int link, void *request, size_t n, struct ms_sandbox *sandbox)
{
	struct stat st;
	int fd = -1;

	if (ms_pass_receive(link, request, n, &fd) != (int)n || fd < 0 ||
	    fstat(fd, &st) < 0)
		_exit(1);
	if (S_ISREG(st.st_mode) && sandbox->memory > 0)
		sandbox->memory += (uint64_t)st.st_size < MS_PARSER_MAP_MAX
				       ? (uint64_t)st.st_size
				       : MS_PARSER_MAP_MAX;
	if (ms_sandbox_enter(sandbox, NULL) < 0) {
		ms_frame_send(link, MS_FRAME_READY, errno, NULL, 0);
		_exit(1);
	}
	ms_frame_send(link, MS_FRAME_READY, 0, NULL, 0);
	return fd;
}
