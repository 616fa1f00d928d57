/*
 * mime.c - the process that asks for the parts of a message. If the parser dies
 * or hangs, its keeper (keeper.h) starts another one, so that a message costs
 * only its own structure.
 */
#include "mime.h"
#include "clock.h"
#include "impl.h"
#include "keeper.h"
#include "mail.h"
#include "sandbox.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

struct ms_mime {
	struct ms_keeper keeper;
	int link;    /* a socket to the parser; -1: there is none */
	int wait_ms; /* for an answer */
	int message; /* shared memory */
	uint64_t size;
	unsigned char *map; /* or NULL */
	struct ms_buf parts;
};

void
ms_mime_set_wait(struct ms_mime *m, int wait_ms)
{
	m->wait_ms = wait_ms;
}

static void
close_fd(int *fd)
{
	if (*fd >= 0)
		close(*fd);
	*fd = -1;
}

/* ---- the keeper and the parser ---- */

static int
start_keeper(struct ms_mime *m, struct ms_err *err)
{
	static const struct ms_keeper_job job = {
	    .serve = ms_mime_serve, .what = "the parser of MIME"};
	char path[32];
	int reader, rc;

	/* The parser can read the message, but neither change nor cut it. */
	snprintf(path, sizeof(path), "/proc/self/fd/%d", m->message);
	reader = open(path, O_RDONLY | O_CLOEXEC);
	if (reader < 0)
		return ms_fail_errno(err, "%s", job.what);
	rc = ms_keeper_open(&m->keeper, &job, reader, err);
	close(reader);
	return rc;
}

/* Takes a parser, in place of the one that is there. */
static int
take_parser(struct ms_mime *m, int *status, struct ms_err *err)
{
	int64_t until = ms_clock_ms() + m->wait_ms;
	struct ms_mime_reply hello;

	close_fd(&m->link);
	if (ms_keeper_start(&m->keeper, &m->link, status, until, err) < 0)
		return -1;
	if (ms_link_receive(m->link, &hello, sizeof(hello), until) != 1)
		return ms_fail(
		    err, MS_TEMP, "the parser of MIME does not start");
	if (hello.result == MS_MIME_PARSED)
		return 0;
	errno = (int)hello.count;
	return ms_fail_errno(err, "the parser of MIME cannot be confined");
}

int
ms_mime_open(struct ms_mime **out, struct ms_err *err)
{
	struct ms_mime *m;
	int status, confined;

	*out = NULL;
	confined = ms_sandbox_check(MS_SANDBOX_PARSE, err);
	if (confined < 0)
		return -1;
	m = ms_xcalloc(1, sizeof(*m));
	m->link = m->keeper.control = -1;
	m->wait_ms = MS_MIME_WAIT_MS;
	m->message = memfd_create("ms-mime", MFD_CLOEXEC);
	if (m->message < 0)
		ms_fail_errno(err, "memfd_create");
	if (m->message < 0 || start_keeper(m, err) < 0 ||
	    take_parser(m, &status, err) < 0) {
		ms_mime_close(m);
		return -1;
	}
	*out = m;
	return confined;
}

void
ms_mime_close(struct ms_mime *m)
{
	if (m == NULL)
		return;
	close_fd(&m->link);
	ms_keeper_close(&m->keeper);
	ms_mime_clear(m);
	close_fd(&m->message);
	ms_buf_release(&m->parts);
	free(m);
}

/* ---- the message ---- */

void
ms_mime_clear(struct ms_mime *m)
{
	if (m->map != NULL)
		munmap(m->map, m->size);
	m->map = NULL;
	/* The memory of a large message is given back. */
	if (m->message >= 0 && ftruncate(m->message, 0) < 0)
		m->size = 0;
	m->size = 0;
	ms_buf_clear(&m->parts);
}

int
ms_mime_add(void *ctx, const unsigned char *p, size_t n, struct ms_err *err)
{
	struct ms_mime *m = ctx;
	ssize_t put;

	if (n > MS_MIME_MAX - m->size)
		return ms_fail(err, MS_DATA, "larger than %llu bytes",
		    (unsigned long long)MS_MIME_MAX);
	while (n > 0) {
		put = pwrite(m->message, p, n, (off_t)m->size);
		if (put < 0 && errno == EINTR)
			continue;
		if (put < 0)
			return ms_fail_errno(err, "shared memory");
		m->size += (uint64_t)put;
		p += put;
		n -= (size_t)put;
	}
	return 0;
}

struct ms_slice
ms_mime_message(const struct ms_mime *m)
{
	return (struct ms_slice){m->map, m->map != NULL ? m->size : 0};
}

const struct ms_mime_part *
ms_mime_parts(const struct ms_mime *m, size_t *n)
{
	*n = m->parts.n / sizeof(struct ms_mime_part);
	return (const struct ms_mime_part *)(const void *)m->parts.p;
}

/* ---- parsing ---- */

/* Do the parts come from this message, and from a parser that is sound? */
static bool
parts_valid(const struct ms_mime *m)
{
	size_t n;
	const struct ms_mime_part *part = ms_mime_parts(m, &n);

	for (size_t i = 0; i < n; i++) {
		if (part[i].header > part[i].body ||
		    part[i].body > part[i].end || part[i].end > m->size)
			return false;
		if (i == 0
			? part[i].parent != 0 || part[i].depth != 0
			: part[i].parent >= i ||
			      part[i].depth != part[part[i].parent].depth + 1)
			return false;
	}
	return n > 0;
}

/* Is the parser alive, and silent until it is asked? */
static bool
is_ready(const struct ms_mime *m)
{
	struct pollfd p = {.fd = m->link, .events = POLLIN};

	return m->link >= 0 && poll(&p, 1, 0) == 0;
}

static int
impossible(void)
{
	errno = EPROTO;
	return -1;
}

/*
 * Sends a request and reads the answer. Returns 1; 0: the parser has ended; -1:
 * errno is ETIMEDOUT, or EPROTO after an impossible answer.
 */
static int
ask(struct ms_mime *m, struct ms_mime_reply *reply)
{
	int64_t until = ms_clock_ms() + m->wait_ms;
	struct ms_mime_request request = {m->size};
	size_t n;
	int rc;

	if (send(m->link, &request, sizeof(request), MSG_NOSIGNAL) !=
	    (ssize_t)sizeof(request))
		return 0;
	rc = ms_link_receive(m->link, reply, sizeof(*reply), until);
	if (rc == 1 && reply->result >= MS_MIME_DIED)
		return impossible();
	if (rc != 1 || reply->result != MS_MIME_PARSED)
		return rc;
	if (reply->count == 0 || reply->count > MS_MIME_PARTS_MAX)
		return impossible();
	n = reply->count * sizeof(struct ms_mime_part);
	rc = ms_link_receive(m->link, ms_buf_room(&m->parts, n), n, until);
	if (rc != 1)
		return rc;
	m->parts.n = n;
	return parts_valid(m) ? 1 : impossible();
}

/* What the parser died of, from its wait status. */
static struct ms_mime_reply
cause_of(int status)
{
	uint32_t n = WIFSIGNALED(status) ? (uint32_t)WTERMSIG(status) : 0;

	if (n == SIGPROF || n == SIGXCPU) /* serve.c, the time of a message */
		return (struct ms_mime_reply){MS_MIME_TOO_SLOW, 0};
	return (struct ms_mime_reply){MS_MIME_DIED, n};
}

/* After a result of ask() other than 1: another parser, and the reply. */
static int
replace_parser(struct ms_mime *m, int result, struct ms_mime_reply *reply,
    struct ms_err *err)
{
	bool late = result < 0 && errno == ETIMEDOUT;
	int status;

	if (take_parser(m, &status, err) < 0)
		return -1;
	if (result == 0)
		*reply = cause_of(status);
	else
		*reply = (struct ms_mime_reply){
		    late ? MS_MIME_TOO_SLOW : MS_MIME_DIED, 0};
	return 0;
}

/* Makes the whole message one part. */
static int
give_up(
    struct ms_mime *m, const struct ms_mime_reply *reply, struct ms_err *why)
{
	struct ms_mime_part whole = {.end = m->size};

	ms_buf_clear(&m->parts);
	whole.body = ms_mail_header_length(m->map, m->size);
	ms_buf_add(&m->parts, &whole, sizeof(whole));
	if (reply->result == MS_MIME_TOO_DEEP)
		ms_fail(why, MS_DATA, "parts are nested deeper than %d levels",
		    MS_MIME_DEPTH_MAX);
	else if (reply->result == MS_MIME_TOO_MANY)
		ms_fail(why, MS_DATA, "more than %d parts", MS_MIME_PARTS_MAX);
	else if (reply->result == MS_MIME_TOO_SLOW)
		ms_fail(why, MS_DATA, "its structure takes too long to read");
	else if (reply->count > 0)
		ms_fail(why, MS_DATA,
		    "the parser of its structure ended by signal %u",
		    reply->count);
	else
		ms_fail(why, MS_DATA, "its structure cannot be read");
	return 0;
}

int
ms_mime_parse(struct ms_mime *m, struct ms_err *why)
{
	struct ms_mime_reply reply;
	int status, rc;

	if (m->map == NULL && m->size > 0) {
		m->map =
		    mmap(NULL, m->size, PROT_READ, MAP_SHARED, m->message, 0);
		if (m->map == MAP_FAILED) {
			m->map = NULL;
			return ms_fail_errno(why, "shared memory");
		}
	}
	ms_buf_clear(&m->parts);
	if (!is_ready(m) && take_parser(m, &status, why) < 0)
		return -1;
	rc = ask(m, &reply);
	if (rc != 1 && replace_parser(m, rc, &reply, why) < 0)
		return -1;
	return reply.result == MS_MIME_PARSED ? 1 : give_up(m, &reply, why);
}
