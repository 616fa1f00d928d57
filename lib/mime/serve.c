/*
 * serve.c - the process that parses: confined, and started by its keeper.
 */
#include "impl.h"
#include "keeper.h"
#include "sandbox.h"

#include <errno.h>
#include <sys/mman.h>
#include <sys/time.h>
#include <unistd.h>

#define SECONDS_EACH 5   /* of processor time for a message */
#define SECONDS_ALL 3600 /* for the process */
#define MEMORY_MAX (MS_MIME_MAX + ((uint64_t)1 << 30))

/* The time of one message; SIGPROF ends the process. */
static void
set_timer(time_t seconds)
{
	struct itimerval t = {.it_value = {.tv_sec = seconds}};

	setitimer(ITIMER_PROF, &t, NULL);
}

static enum ms_mime_result
parse(int message, size_t n, struct ms_buf *parts)
{
	enum ms_mime_result result;
	unsigned char *p;

	if (n == 0)
		return ms_mime_find((unsigned char *)"", 0, parts);
	/* A private copy, because ms_mime_tidy() writes to it. */
	p = mmap(NULL, n, PROT_READ | PROT_WRITE, MAP_PRIVATE, message, 0);
	if (p == MAP_FAILED)
		return MS_MIME_DIED;
	set_timer(SECONDS_EACH);
	result = ms_mime_find(p, n, parts);
	set_timer(0);
	munmap(p, n);
	return result;
}

/* Lets the libraries open the files that they need once, such as iconv's. */
static void
warm_up(struct ms_buf *parts)
{
	unsigned char text[] =
	    "Content-Type: multipart/mixed; boundary=b\n\n--b\n\nx\n--b--\n";

	(void)ms_mime_find(text, sizeof(text) - 1, parts);
}

void
ms_mime_serve(int link, int message)
{
	static const struct ms_sandbox sb = {.profile = MS_SANDBOX_PARSE,
	    .cpu_seconds = SECONDS_ALL,
	    .memory = MEMORY_MAX};
	struct ms_mime_request request;
	struct ms_mime_reply reply = {MS_MIME_PARSED, 0};
	struct ms_buf parts = {0};

	warm_up(&parts);
	if (ms_sandbox_enter(&sb, NULL) < 0)
		reply = (struct ms_mime_reply){MS_MIME_DIED, (uint32_t)errno};
	if (ms_link_write(link, &reply, sizeof(reply)) < 0 ||
	    reply.result != MS_MIME_PARSED)
		_exit(1);
	while (ms_link_read(link, &request, sizeof(request)) == 1) {
		ms_buf_clear(&parts);
		reply.result = parse(message, request.size, &parts);
		if (reply.result != MS_MIME_PARSED)
			ms_buf_clear(&parts);
		reply.count = (uint32_t)(parts.n / sizeof(struct ms_mime_part));
		if (ms_link_write(link, &reply, sizeof(reply)) < 0 ||
		    ms_link_write(link, parts.p, parts.n) < 0)
			break;
	}
	_exit(0);
}
