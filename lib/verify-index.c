/* verify-index.c - looking into an index that may be damaged, which can crash
 * LMDB: always in a child process. ms-archive(5), Index. */
#include "verify-impl.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "index.h"

/* What a child found out, as it goes through the pipe. */
struct answer {
	int got; /* 1, 0, -1: err says why */
	struct ms_position position;
	char text[64];
	struct ms_err err;
};

struct question {
	const char *dir, *fresh;
	bool read_only;
	int (*ask)(const struct question *q, struct answer *out);
};

/* Writes all of it; a parent that is gone needs no answer. */
static void
put_answer(int fd, const struct answer *a)
{
	const char *p = (const char *)a;
	size_t left = sizeof(*a);
	ssize_t n;

	while (left > 0) {
		n = write(fd, p, left);
		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return;
		p += n;
		left -= (size_t)n;
	}
}

static bool
get_answer(int fd, struct answer *a)
{
	char *p = (char *)a;
	size_t have = 0;
	ssize_t n;

	while (have < sizeof(*a)) {
		n = read(fd, p + have, sizeof(*a) - have);
		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return false;
		have += (size_t)n;
	}
	return true;
}

/* In the child: says nothing but through the pipe, and leaves nothing. */
_Noreturn static void
answer_and_exit(const struct question *q, int fd)
{
	struct answer a;
	int null = open("/dev/null", O_WRONLY | O_CLOEXEC);

	if (null >= 0)
		dup2(null, STDERR_FILENO);
	memset(&a, 0, sizeof(a));
	a.got = q->ask(q, &a);
	put_answer(fd, &a);
	_exit(0);
}

/* Asks a child. 1 answered, 0 it died (of a damaged index), -1. */
static int
ask(const struct question *q, struct answer *a, struct ms_err *err)
{
	int fd[2], status;
	bool answered;
	pid_t pid;

	if (pipe2(fd, O_CLOEXEC) < 0)
		return ms_fail_errno(err, "pipe");
	pid = fork();
	if (pid < 0) {
		close(fd[0]);
		close(fd[1]);
		return ms_fail_errno(err, "fork");
	}
	if (pid == 0)
		answer_and_exit(q, fd[1]);
	close(fd[1]);
	answered = get_answer(fd[0], a);
	close(fd[0]);
	while (waitpid(pid, &status, 0) < 0)
		if (errno != EINTR)
			return ms_fail_errno(err, "waitpid");
	return answered ? 1 : 0;
}

/* ---- questions ---- */

static int
position_of(struct ms_index *ix, struct ms_position *pos, struct ms_err *err)
{
	struct ms_txn txn;
	int rc;

	if (ms_index_begin(ix, &txn, err) < 0)
		return -1;
	rc = ms_index_position(&txn, pos, err);
	ms_index_end(&txn);
	return rc;
}

static int
ask_position(const struct question *q, struct answer *out)
{
	struct ms_index *ix;

	if (ms_index_open(&ix, q->dir, q->read_only, &out->err) < 0)
		return -1;
	return position_of(ix, &out->position, &out->err) < 0 ? -1 : 1;
}

/* A reader of the archive brings its index up to date by itself. */
static int
ask_catch_up(const struct question *q, struct answer *out)
{
	struct ms_archive *a;

	if (ms_archive_open(&a, q->dir, MS_ARCHIVE_READ, &out->err) < 0)
		return -1;
	ms_archive_close(a);
	return 1;
}

static int
ask_equal(const struct question *q, struct answer *out)
{
	struct ms_position fresh;
	struct ms_index *a, *b;
	const char *table = "";
	int got;

	if (ms_index_open(&a, q->dir, q->read_only, &out->err) < 0 ||
	    ms_index_open(&b, q->fresh, false, &out->err) < 0 ||
	    position_of(a, &out->position, &out->err) < 0 ||
	    position_of(b, &fresh, &out->err) < 0)
		return -1;
	if (out->position.next < fresh.next)
		return 0; /* and no table is named */
	got = ms_index_equal(a, b, &table, &out->err);
	snprintf(out->text, sizeof(out->text), "%s", table);
	return got;
}

/* ---- what the others see ---- */

static bool
cannot_write(const char *dir)
{
	struct ms_buf path = {0};
	bool no;

	ms_buf_printf(&path, "%s/index", dir);
	no = access(ms_buf_str(&path), W_OK) < 0;
	ms_buf_release(&path);
	return no;
}

int
ms_verify_known(struct ms_verify_run *r, const char *dir, struct ms_err *err)
{
	struct question q = {
	    .dir = dir, .read_only = cannot_write(dir), .ask = ask_position};
	struct answer a;
	int got;

	got = ask(&q, &a, err);
	if (got <= 0 || a.got != 1)
		return got < 0 ? -1 : 0;
	r->known = a.position;
	return 1;
}

int
ms_verify_catch_up(const char *dir, struct ms_err *err)
{
	struct question q = {.dir = dir, .ask = ask_catch_up};
	struct answer a;

	return ask(&q, &a, err) < 0 ? -1 : 0;
}

int
ms_verify_index(struct ms_verify_run *r, const char *dir, const char *fresh,
    struct ms_err *err)
{
	struct question q = {.dir = dir,
	    .fresh = fresh,
	    .read_only = cannot_write(dir),
	    .ask = ask_equal};
	struct answer a;
	int got;

	got = ask(&q, &a, err);
	if (got < 0)
		return -1;
	if (got == 0) {
		ms_verify_fault(r, MS_FAULT_INDEX, "index",
		    "is damaged: run ms-verify --rebuild-index");
		return 0;
	}
	if (a.got == 1)
		return 0;
	if (a.got < 0 && a.err.code == MS_NOINPUT)
		ms_verify_fault(r, MS_FAULT_NOTE, "index",
		    "is not there; the next tool makes one");
	else if (a.got < 0)
		ms_verify_fault(r, MS_FAULT_INDEX, "index", "%s", a.err.msg);
	else if (a.text[0] == '\0')
		ms_verify_fault(r, MS_FAULT_NOTE, "index",
		    "lags behind the packs; the next writer brings it up");
	else if (r->sum->faults > 0)
		ms_verify_fault(r, MS_FAULT_NOTE, "index",
		    "still names what is damaged; ms-verify --rebuild-index "
		    "makes one that does not");
	else
		ms_verify_fault(r, MS_FAULT_INDEX, "index",
		    "table %s is not what the packs say: run ms-verify "
		    "--rebuild-index",
		    a.text);
	return 0;
}
