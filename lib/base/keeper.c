/* keeper.c - a process that starts one parser after another. */
#include "keeper.h"
#include "pass.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdbool.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

/* Descriptors of the keeper; the parser has its link in place of the first. */
enum {
	FD_CONTROL = 3,
	FD_FILE,
	FD_FIRST_OTHER
};

/* ---- the keeper ---- */

/* Waits for the link of the next parser; -1: the caller has ended. */
static int
receive_link(void)
{
	char byte = 0;
	int fd;

	return ms_pass_receive(FD_CONTROL, &byte, 1, &fd) == 1 ? fd : -1;
}

/* Ends the parser, if there is one, and returns its wait status. */
static int
end_parser(pid_t parser)
{
	int status = 0;

	if (parser > 0)
		kill(parser, SIGKILL);
	while (parser > 0 && waitpid(parser, &status, 0) < 0 && errno == EINTR)
		;
	return status;
}

/* Without a parser the link ends, and the caller sees this. */
static pid_t
start_parser(const struct ms_keeper_job *job, int link, bool has_file)
{
	pid_t keeper = getpid(), pid = fork();

	if (pid == 0) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		if (getppid() != keeper || dup2(link, FD_CONTROL) < 0)
			_exit(1);
		close(link);
		job->serve(FD_CONTROL, has_file ? FD_FILE : -1);
		_exit(0);
	}
	return pid;
}

/*
 * The keeper keeps nothing of its parent but two descriptors, standard error
 * and the default signals.
 */
static void
drop_all(pid_t parent, int control, int file)
{
	/* Out of the way of the numbers that are given out. */
	int fds[] = {fcntl(control, F_DUPFD, FD_FIRST_OTHER),
	    file >= 0 ? fcntl(file, F_DUPFD, FD_FIRST_OTHER) : -1};
	sigset_t none;

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	signal(SIGPIPE, SIG_IGN);
	if (dup2(fds[0], FD_CONTROL) < 0 ||
	    (file >= 0 && dup2(fds[1], FD_FILE) < 0))
		_exit(1);
	if (file < 0)
		close(FD_FILE);
	close(STDIN_FILENO);
	close(STDOUT_FILENO);
	if (close_range(FD_FIRST_OTHER, ~0U, 0) < 0 || getppid() != parent)
		_exit(1);
}

/* control: each byte that comes brings the link of a new parser as its
 * descriptor (SCM_RIGHTS); the answer is the wait status of the one before. */
_Noreturn static void
keep(const struct ms_keeper_job *job, pid_t parent, int control, int file)
{
	pid_t parser = 0;
	bool warm = job->warm_up == NULL;
	int link, status;

	drop_all(parent, control, file);
	while ((link = receive_link()) >= 0) {
		status = end_parser(parser);
		if (!warm)
			job->warm_up();
		warm = true;
		parser = start_parser(job, link, file >= 0);
		close(link);
		if (ms_link_write(FD_CONTROL, &status, sizeof(status)) < 0)
			break;
	}
	_exit(0);
}

/* ---- the caller ---- */

int
ms_keeper_open(struct ms_keeper *k, const struct ms_keeper_job *job, int file,
    struct ms_err *err)
{
	pid_t parent = getpid();
	int control[2];

	*k = (struct ms_keeper){.job = job, .control = -1};
	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, control) < 0)
		return ms_fail_errno(err, "%s", job->what);
	k->pid = fork();
	if (k->pid == 0)
		keep(job, parent, control[1], file);
	close(control[1]);
	if (k->pid > 0) {
		k->control = control[0];
		return 0;
	}
	ms_fail_errno(err, "%s", job->what);
	close(control[0]);
	k->pid = 0;
	return -1;
}

void
ms_keeper_close(struct ms_keeper *k)
{
	if (k->control >= 0)
		close(k->control);
	k->control = -1;
	if (k->pid <= 0)
		return;
	kill(k->pid, SIGKILL);
	while (waitpid(k->pid, NULL, 0) < 0 && errno == EINTR)
		;
	k->pid = 0;
}

int
ms_keeper_start(struct ms_keeper *k, int *link, int *status, int64_t until,
    struct ms_err *err)
{
	int pair[2];
	bool ok;

	*link = -1;
	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) < 0)
		return ms_fail_errno(err, "%s", k->job->what);
	ok = ms_pass_send(k->control, "", 1, pair[1]) == 0 &&
	     ms_link_receive(k->control, status, sizeof(*status), until) == 1;
	close(pair[1]);
	if (ok) {
		*link = pair[0];
		return 0;
	}
	close(pair[0]);
	ms_keeper_close(k); /* a late answer would be taken for the next one */
	return ms_fail(err, MS_IO,
	    "%s: the process that starts it does not answer", k->job->what);
}
