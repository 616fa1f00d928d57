/*
 * sync-first.c - runs `ms-users sync` before a profile with the key sync-first,
 * so that new people get their mail in this run. ms-profile(5).
 */
#include "sync-first.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>

#include "job-impl.h"
#include "report.h"

struct sync_first {
	const char *profile;
	char *last; /* message; not yet printed */
};

static void
print_last(struct sync_first *s)
{
	if (s->last != NULL)
		ms_warn(TOOL, "%s: %s", s->profile, s->last);
	free(s->last);
	s->last = NULL;
}

static void
take_message(void *ctx, char *line)
{
	static const char own[] = "ms-users: ";
	struct sync_first *s = ctx;
	size_t n = strlen(own);

	if (strncmp(line, own, n) == 0)
		line += n;
	print_last(s);
	s->last = ms_xstrdup(line);
}

/* Waits for the end of the process. */
static void
wait_for(struct process *p, struct sync_first *s)
{
	struct pollfd ready[2] = {
	    {.fd = p->pidfd, .events = POLLIN}, {.events = POLLIN}};

	while (!process_ended(p)) {
		ready[1].fd = p->err_lines.fd; /* -1 is ignored */
		if (poll(ready, 2, -1) < 0 && errno != EINTR)
			break;
		if (ready[1].revents != 0)
			lines_read(&p->err_lines, take_message, s);
	}
	lines_close(&p->err_lines, take_message, s);
}

int
sync_first(struct tool *t, const char *profile, const struct ms_account *owner,
    const char *directory, struct ms_err *err)
{
	const struct spawn_stdio stdio = {.in = -1, .out = -1};
	struct sync_first s = {.profile = profile};
	struct argv argv = {0};
	struct process p;
	int rc;

	argv_add(&argv, "ms-users");
	argv_addf(&argv, "--archive=%s", t->path);
	argv_addf(&argv, "--as=%s", owner->name);
	argv_add(&argv, "sync");
	argv_add(&argv, "--");
	argv_add(&argv, directory);
	rc = process_start(&p, &argv, &stdio, err);
	if (rc == 0) {
		wait_for(&p, &s);
		/* 1: some people were refused, and each is named. */
		if (p.status != 0 && p.status != MS_STATUS_SOME)
			rc = ms_fail(err, p.status == 77 ? MS_AUTH : MS_TEMP,
			    "sync-first: %.200s",
			    s.last != NULL ? s.last : "ms-users failed");
		else
			print_last(&s);
		process_release(&p);
	}
	free(s.last);
	argv_release(&argv);
	return rc;
}
