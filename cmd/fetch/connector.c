/* connector.c - the process that connects for a worker. */
#include "connector.h"

#include <errno.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "pass.h"
#include "sandbox.h"

#define FD_REQUESTS 3 /* in the connector */

/* The answer to a request, which is one byte. If code is MS_OK, the socket
 * comes with it. */
struct reply {
	uint32_t code; /* enum ms_code */
	char msg[sizeof(((struct ms_err *)NULL)->msg)];
};

/* ---- the connector ---- */

static int
answer(const struct ms_err *err, int fd)
{
	struct reply r = {.code = (uint32_t)err->code};

	memcpy(r.msg, err->msg, sizeof(r.msg));
	return ms_pass_send(FD_REQUESTS, &r, sizeof(r), fd);
}

/* The process of one connection. */
static _Noreturn void
connect_once(const struct ms_conn_options *server)
{
	static const struct ms_sandbox sb = {.profile = MS_SANDBOX_CONNECT};
	struct ms_err err = {0};
	int fd = -1;

	if (ms_sandbox_enter(&sb, &err) == 0)
		fd = ms_conn_dial(server, &err);
	_exit(answer(&err, fd) == 0 ? 0 : 1);
}

/* Runs a process that answers. Returns whether it has. */
static bool
run_once(const struct ms_conn_options *server, struct ms_err *err)
{
	pid_t connector = getpid(), pid = fork();
	int status = 0;

	if (pid == 0) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		if (getppid() == connector)
			connect_once(server);
		_exit(1);
	}
	if (pid < 0) {
		ms_fail_errno(err, "cannot start a process that connects");
		return false;
	}
	while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
		;
	if (status == 0)
		return true;
	if (WIFSIGNALED(status))
		ms_fail(err, MS_PROTO,
		    "the process that looks up the server was ended by signal "
		    "%d (%s)",
		    WTERMSIG(status), strsignal(WTERMSIG(status)));
	else
		ms_fail(err, MS_IO,
		    "the process that looks up the server ended with status %d",
		    WEXITSTATUS(status));
	return false;
}

/* Keeps nothing of its parent but the socket and the standard descriptors, so
 * that ms-fetch sees the end of the worker. */
static _Noreturn void
serve(pid_t worker, int fd, const struct ms_conn_options *server)
{
	struct ms_err err = {0};
	char byte;
	int none;

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (dup2(fd, FD_REQUESTS) < 0 ||
	    close_range(FD_REQUESTS + 1, ~0U, 0) < 0 || getppid() != worker)
		_exit(1);
	while (ms_pass_receive(FD_REQUESTS, &byte, 1, &none) == 1)
		if (!run_once(server, &err) && answer(&err, -1) < 0)
			break;
	_exit(0);
}

/* ---- the worker ---- */

int
connector_start(struct connector *c, const struct ms_conn_options *server,
    struct ms_secret *secret, struct ms_err *err)
{
	pid_t worker = getpid();
	int pair[2];

	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) < 0)
		return ms_fail_errno(err, "cannot start a connector");
	c->pid = fork();
	if (c->pid == 0) {
		close(pair[0]); /* may be a standard descriptor */
		ms_secret_wipe(secret);
		serve(worker, pair[1], server);
	}
	close(pair[1]);
	c->fd = pair[0];
	if (c->pid > 0)
		return 0;
	ms_fail_errno(err, "cannot start a connector");
	close(c->fd);
	*c = (struct connector){0};
	return -1;
}

int
connector_dial(void *connector, struct ms_err *err)
{
	struct connector *c = connector;
	struct reply r = {0};
	int fd = -1;

	if (send(c->fd, "", 1, MSG_NOSIGNAL) != 1 ||
	    ms_pass_receive(c->fd, &r, sizeof(r), &fd) != (int)sizeof(r)) {
		if (fd >= 0)
			close(fd);
		return ms_fail(
		    err, MS_IO, "the process that connects has ended");
	}
	if (fd >= 0)
		return fd;
	r.msg[sizeof(r.msg) - 1] = '\0';
	return ms_fail(err,
	    r.code > MS_OK && r.code <= MS_CONFIG ? (enum ms_code)r.code
						  : MS_BUG,
	    "%s", r.msg);
}

void
connector_stop(struct connector *c)
{
	if (c->pid <= 0)
		return;
	close(c->fd);
	while (waitpid(c->pid, NULL, 0) < 0 && errno == EINTR)
		;
	*c = (struct connector){0};
}
