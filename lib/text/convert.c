/*
 * convert.c - starts a confined process for each file, and reads the text that
 * comes out of it.
 */
#include "convert.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "clock.h"
#include "convert-impl.h"
#include "keeper.h"
#include "pass.h"
#include "sandbox.h"
#include "stop.h"
#include "unpack.h"

#define FD_FIRST_OTHER 8

struct ms_convert {
	struct ms_keeper keeper;
	int link;      /* to the next converter; -1: there is none */
	bool confined; /* otherwise nothing is converted */
	char name[MS_SHA_HEX + 1];
};

/* Seconds for a file; $MS_CONVERTER_SECONDS: for tests. */
static unsigned
seconds(void)
{
	const char *s = getenv("MS_CONVERTER_SECONDS");

	return s != NULL ? (unsigned)strtoul(s, NULL, 10) : MS_CONVERT_SECONDS;
}

/* Those of this process, which its keeper has, too. */
static struct ms_converters converters;

/* ---- the converter ---- */

/* What is done with the file, whose descriptor comes with it. */
struct request {
	uint32_t row; /* of the converters */
	uint32_t unused;
	uint64_t size;
};

/* Confines the process, and says 0, or why it cannot be confined. */
static void
confine(int link, enum ms_sandbox_profile profile, const char *program)
{
	const char *const read[] = {program, NULL};
	struct ms_sandbox sandbox = {.profile = profile,
	    .cpu_seconds = seconds(),
	    .read = read,
	    .memory = profile == MS_SANDBOX_PARSE ? 4 * MS_CONVERT_MEMORY : 0};
	int failed = ms_sandbox_enter(&sandbox, NULL) < 0 ? errno : 0;

	if (ms_link_write(link, &failed, sizeof(failed)) < 0 || failed != 0)
		_exit(1);
}

static void
convert_here(int link, const struct ms_converter *c, int fd, size_t size)
{
	struct ms_slice bytes = {NULL, size};
	struct ms_buf out = {0};
	void *map = NULL;
	int rc;

	if (size > 0)
		map = mmap(NULL, size, PROT_READ, MAP_PRIVATE, fd, 0);
	if (map == MAP_FAILED)
		_exit(1);
	bytes.p = map;
	confine(link, MS_SANDBOX_PARSE, NULL);
	rc = c->convert(bytes, &out);
	if (ms_link_write(link, out.p, out.n) < 0)
		_exit(1);
	_exit(rc < 0 ? 1 : 0);
}

/* The program has the link as its standard output, and as a descriptor of its
 * own, so that the link ends when the program does. */
static void
become_program(int link, const struct ms_converter *c, int fd)
{
	const struct rlimit memory = {MS_CONVERT_MEMORY, MS_CONVERT_MEMORY};
	char lang[] = "LC_ALL=C.UTF-8", path[MS_CONVERTER_PATH];
	char *env[] = {lang, NULL}, *argv[MS_CONVERT_ARGS + 1] = {NULL};
	int null;

	if (!ms_converter_path(c, path))
		_exit(127);
	for (size_t i = 0; i < MS_CONVERT_ARGS && c->argv[i] != NULL; i++)
		argv[i] = ms_xstrdup(c->argv[i]);
	/* The keeper has closed the first descriptors, so that fd can be one.
	 */
	fd = fcntl(fd, F_DUPFD_CLOEXEC, FD_FIRST_OTHER);
	null =
	    fcntl(open("/dev/null", O_WRONLY), F_DUPFD_CLOEXEC, FD_FIRST_OTHER);
	if (fd < 0 || null < 0 || dup2(fd, STDIN_FILENO) < 0 ||
	    dup2(link, STDOUT_FILENO) < 0)
		_exit(1);
	confine(link, MS_SANDBOX_PROGRAM, path);
	dup2(null, STDERR_FILENO);
	signal(SIGPIPE, SIG_DFL);
	setrlimit(RLIMIT_AS, &memory);
	execve(path, argv, env);
	_exit(127);
}

static void
serve(int link, int file)
{
	struct request r;
	int fd;

	(void)file;
	if (ms_pass_receive(link, &r, sizeof(r), &fd) != (int)sizeof(r) ||
	    fd < 0 || r.row >= converters.n)
		_exit(1);
	if (converters.list[r.row].convert != NULL)
		convert_here(link, &converters.list[r.row], fd, r.size);
	else
		become_program(link, &converters.list[r.row], fd);
}

static const struct ms_keeper_job job = {.serve = serve,
    .warm_up = ms_unpack_warm_up, /* of libarchive */
    .what = "the converter of attachments"};

/* ---- the process that asks ---- */

static void
make_name(struct ms_convert *c)
{
	unsigned char digest[MS_SHA_LEN];
	char path[MS_CONVERTER_PATH];
	struct ms_sha sha;

	ms_sha_init(&sha);
	ms_sha_add(&sha, &c->confined, 1);
	for (size_t i = 0; i < converters.n; i++) {
		const struct ms_converter *one = &converters.list[i];

		if (one->convert == NULL && !ms_converter_path(one, path))
			continue;
		ms_sha_add(&sha, one->type, strlen(one->type) + 1);
		for (int j = 0; j < MS_CONVERT_ARGS && one->argv[j] != NULL;
		     j++)
			ms_sha_add(
			    &sha, one->argv[j], strlen(one->argv[j]) + 1);
	}
	ms_sha_end(&sha, digest);
	ms_hex(digest, MS_SHA_LEN, c->name);
}

int
ms_convert_open(struct ms_convert **out, struct ms_err *err)
{
	struct ms_convert *c = ms_xcalloc(1, sizeof(*c));
	int confined = ms_sandbox_check(MS_SANDBOX_PROGRAM, err);

	if (confined >= 0 && ms_converters_read(&converters, err) < 0)
		confined = -1;
	c->link = -1;
	c->keeper.control = -1;
	c->confined = confined == 0;
	make_name(c);
	if (confined < 0 ||
	    (c->confined && ms_keeper_open(&c->keeper, &job, -1, err) < 0)) {
		free(c);
		return -1;
	}
	*out = c;
	return confined;
}

void
ms_convert_close(struct ms_convert *c)
{
	if (c == NULL)
		return;
	if (c->link >= 0)
		close(c->link);
	if (c->confined)
		ms_keeper_close(&c->keeper);
	ms_converters_release(&converters);
	free(c);
}

void
ms_convert_name(const struct ms_convert *c, char out[MS_SHA_HEX + 1])
{
	memcpy(out, c->name, sizeof(c->name));
}

/* Ends the converter, and starts the next one; *status is how it ended. */
static int
next_converter(struct ms_convert *c, int *status, struct ms_err *err)
{
	if (c->link >= 0)
		close(c->link);
	c->link = -1;
	return ms_keeper_start(&c->keeper, &c->link, status,
	    ms_clock_ms() + (int64_t)MS_CONVERT_SECONDS * 1000, err);
}

static int
send_request(struct ms_convert *c, const struct ms_converter *how, int fd,
    uint64_t size, struct ms_err *err)
{
	struct request r = {
	    .row = (uint32_t)(how - converters.list), .size = size};
	int failed = 0;

	if (lseek(fd, 0, SEEK_SET) != 0)
		return ms_fail_errno(err, "attachment");
	if (ms_pass_send(c->link, &r, sizeof(r), fd) < 0 ||
	    ms_link_receive(
		c->link, &failed, sizeof(failed), ms_clock_ms() + 10000) != 1)
		return ms_fail(err, MS_TEMP, "%s does not start", job.what);
	errno = failed;
	return failed == 0
		   ? 0
		   : ms_fail_errno(err, "%s cannot be confined", job.what);
}

/* Reads what comes. 1: it has ended; 0: too much, or too long; -1: errno. */
static int
receive_text(int link, struct ms_buf *out)
{
	int64_t end = ms_clock_ms() + (int64_t)seconds() * 1000, left;
	struct pollfd p = {.fd = link, .events = POLLIN};
	size_t start = out->n;
	ssize_t n = 1;

	while (n > 0 && out->n - start < MS_CONVERT_TEXT_MAX) {
		left = end - ms_clock_ms();
		if (left <= 0)
			return 0;
		if (poll(&p, 1, (int)left) <= 0)
			continue;
		n = read(link, ms_buf_room(out, 65536), 65536);
		if (n > 0)
			out->n += (size_t)n;
		else if (n < 0 && errno == EINTR)
			n = 1;
	}
	return n > 0 ? 0 : n < 0 ? -1 : 1;
}

static int
fail_by_status(
    const struct ms_converter *how, int ended, int status, struct ms_err *err)
{
	const char *by = how->convert != NULL ? "the converter" : how->argv[0];

	if (ended == 0)
		return ms_fail(err, MS_DATA,
		    "%s was stopped: it took too long or wrote too much", by);
	if (WIFSIGNALED(status) && WTERMSIG(status) == SIGSYS)
		return ms_fail(err, MS_DATA,
		    "%s was stopped: it tried to do more than read", by);
	if (WIFSIGNALED(status) &&
	    (WTERMSIG(status) == SIGXCPU || WTERMSIG(status) == SIGKILL))
		return ms_fail(err, MS_DATA, "%s took too long", by);
	if (WIFSIGNALED(status))
		return ms_fail(err, MS_DATA, "%s ended by signal %d", by,
		    WTERMSIG(status));
	return ms_fail(err, MS_DATA, "%s cannot read it", by);
}

static int
convert(struct ms_convert *c, const struct ms_converter *how, int fd,
    uint64_t size, struct ms_buf *out, struct ms_err *err)
{
	int status = 0, ended;

	if (c->link < 0 && next_converter(c, &status, err) < 0)
		return -1;
	if (send_request(c, how, fd, size, err) < 0) {
		close(c->link);
		c->link = -1;
		return -1;
	}
	ended = receive_text(c->link, out);
	if (next_converter(c, &status, err) < 0)
		return -1;
	if (ms_stopped != 0)
		return ms_fail(err, MS_TEMP, "stopped by a signal");
	if (ended == 1 && status == 0)
		return 0;
	return fail_by_status(how, ended, status, err);
}

const struct ms_converter *
ms_convert_find(const struct ms_convert *c, const char *type, const char *name,
    struct ms_slice begins)
{
	return c->confined ? ms_converters_find(&converters, type, name, begins)
			   : NULL;
}

int
ms_convert_read(struct ms_convert *c, const struct ms_converter *how, int fd,
    struct ms_buf *out, struct ms_err *err)
{
	struct stat st;

	if (fstat(fd, &st) < 0)
		return ms_fail_errno(err, "attachment");
	if ((uint64_t)st.st_size > MS_CONVERT_FILE_MAX)
		return ms_fail(err, MS_DATA, "it is too large to be converted");
	return convert(c, how, fd, (uint64_t)st.st_size, out, err);
}
