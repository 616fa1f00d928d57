/* html-serve.c - the process that parses HTML: confined, and started by its
 * keeper. */
#include "html-impl.h"
#include "keeper.h"
#include "sandbox.h"

#include <errno.h>
#include <sys/time.h>
#include <unistd.h>

#define SECONDS_EACH 2   /* of processor time for one text */
#define SECONDS_ALL 3600 /* for the process */
#define MEMORY_MAX ((uint64_t)512 << 20)

/* The time of one text; SIGPROF ends the process. */
static void
set_timer(time_t seconds)
{
	struct itimerval t = {.it_value = {.tv_sec = seconds}};

	setitimer(ITIMER_PROF, &t, NULL);
}

static void
answer(int link, struct ms_slice html, struct ms_buf *text)
{
	struct ms_html_reply reply = {0};

	ms_buf_clear(text);
	set_timer(SECONDS_EACH);
	reply.cut = !ms_html_text(html, text);
	set_timer(0);
	reply.size = (uint32_t)text->n;
	if (ms_link_write(link, &reply, sizeof(reply)) < 0 ||
	    ms_link_write(link, text->p, text->n) < 0)
		_exit(0);
}

void
ms_html_serve(int link, int file)
{
	static const struct ms_sandbox sb = {.profile = MS_SANDBOX_PARSE,
	    .cpu_seconds = SECONDS_ALL,
	    .memory = MEMORY_MAX};
	struct ms_html_request request;
	struct ms_html_reply reply = {0};
	struct ms_buf html = {0}, text = {0};

	(void)file;
	if (ms_sandbox_enter(&sb, NULL) < 0)
		reply.error = errno != 0 ? (uint32_t)errno : EPERM;
	if (ms_link_write(link, &reply, sizeof(reply)) < 0 || reply.error != 0)
		_exit(1);
	while (ms_link_read(link, &request, sizeof(request)) == 1 &&
	       request.size <= MS_HTML_MAX) {
		ms_buf_clear(&html);
		if (request.size > 0 &&
		    ms_link_read(link, ms_buf_room(&html, request.size),
			request.size) != 1)
			break;
		html.n = request.size;
		answer(link, ms_buf_slice(&html), &text);
	}
	_exit(0);
}
