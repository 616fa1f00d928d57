/* job-process.c - one process of a job: how it is started, wired and ended. */
#include "job-impl.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/pidfd.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "secret.h"

#define LOW_FDS 10  /* below are those that a new process is given */
#define NOT_RUN 127 /* status of a process that is no program */

char *
job_tool_path(const char *tool)
{
	char self[PATH_MAX];
	struct ms_buf path = {0};
	ssize_t n = readlink("/proc/self/exe", self, sizeof(self));
	const char *slash = n > 0 ? memrchr(self, '/', (size_t)n) : NULL;

	if (slash != NULL) {
		ms_buf_add(&path, self, (size_t)(slash + 1 - self));
		ms_buf_add_str(&path, tool);
		if (access(ms_buf_str(&path), X_OK) == 0)
			return ms_buf_str(&path);
	}
	ms_buf_release(&path);
	return ms_xstrdup(tool);
}

/* ---- descriptors ---- */

int
process_pipe(int ends[2], struct ms_err *err)
{
	int low[2], i, saved;

	ends[0] = ends[1] = -1;
	if (pipe2(low, O_CLOEXEC) < 0)
		return ms_fail_errno(err, "no pipe");
	for (i = 0; i < 2; i++)
		ends[i] = fcntl(low[i], F_DUPFD_CLOEXEC, LOW_FDS);
	saved = errno;
	close(low[0]);
	close(low[1]);
	errno = saved;
	return ends[0] >= 0 && ends[1] >= 0 ? 0 : ms_fail_errno(err, "no pipe");
}

static void
shut(int *fd)
{
	if (*fd >= 0)
		close(*fd);
	*fd = -1;
}

/* Our end of a pipe never makes us wait. */
static void
listen_to(struct lines *l, int *fd)
{
	l->fd = *fd;
	*fd = -1;
	(void)fcntl(l->fd, F_SETFL, O_NONBLOCK);
}

/* The ends of the new process. */
struct ends {
	int password[2], report[2], said[2], printed[2];
};

static void
shut_ends(struct ends *e)
{
	int i;

	for (i = 0; i < 2; i++) {
		shut(&e->password[i]);
		shut(&e->report[i]);
		shut(&e->said[i]);
		shut(&e->printed[i]);
	}
}

/* A password is shorter than what a pipe holds, so nobody waits. */
static int
put_password(struct ends *e, const char *password, struct ms_err *err)
{
	size_t n = strlen(password);

	if (n > MS_SECRET_MAX)
		return ms_fail(err, MS_USAGE,
		    "the password has more than %d bytes", MS_SECRET_MAX);
	if (process_pipe(e->password, err) < 0)
		return -1;
	(void)fcntl(e->password[1], F_SETFL, O_NONBLOCK);
	if (write(e->password[1], password, n) != (ssize_t)n)
		return ms_fail_errno(err, "no pipe for the password");
	shut(&e->password[1]);
	return 0;
}

static int
open_ends(struct ends *e, const struct wiring *w, struct ms_err *err)
{
	*e = (struct ends){{-1, -1}, {-1, -1}, {-1, -1}, {-1, -1}};
	if (process_pipe(e->said, err) < 0 ||
	    (w->password != NULL && put_password(e, w->password, err) < 0) ||
	    (w->reports && process_pipe(e->report, err) < 0) ||
	    (w->prints && process_pipe(e->printed, err) < 0)) {
		shut_ends(e);
		return -1;
	}
	return 0;
}

/* ---- the new process ---- */

/* fd under this number; -1 is /dev/null. */
static void
place(int fd, int number)
{
	if (fd < 0)
		fd = open("/dev/null", O_RDWR | O_CLOEXEC);
	if (fd == number)
		(void)fcntl(fd, F_SETFD, 0);
	else if (fd < 0 || dup2(fd, number) < 0)
		_exit(NOT_RUN);
}

/* Only what is safe after fork in a process with threads. */
static _Noreturn void
become(const struct wiring *w, const struct ends *e, const char *path,
    pid_t parent)
{
	static const int usual[] = {SIGTERM, SIGINT, SIGHUP, SIGPIPE, SIGCHLD};
	sigset_t none;
	size_t i;

	setsid();
	if (!w->outlives) {
		prctl(PR_SET_PDEATHSIG, SIGTERM);
		if (getppid() != parent)
			_exit(NOT_RUN);
	}
	for (i = 0; i < sizeof(usual) / sizeof(usual[0]); i++)
		signal(usual[i], SIG_DFL);
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	place(w->in, STDIN_FILENO);
	place(w->prints ? e->printed[1] : w->out, STDOUT_FILENO);
	place(e->said[1], STDERR_FILENO);
	if (w->password != NULL)
		place(e->password[0], PASSWORD_FD);
	if (w->reports)
		place(e->report[1], REPORT_FD);
	execvp(path, w->argv->v);
	_exit(NOT_RUN);
}

int
process_start(struct process *p, const struct wiring *w, struct ms_err *err)
{
	struct ends e;
	pid_t parent = getpid();
	char *path;

	*p = (struct process){0};
	if (open_ends(&e, w, err) < 0)
		return -1;
	*p = (struct process){.tool = ms_xstrdup(w->argv->v[0]),
	    .pidfd = -1,
	    .said.fd = -1,
	    .report.fd = -1,
	    .printed.fd = -1};
	path = job_tool_path(p->tool);
	p->pid = fork();
	if (p->pid == 0)
		become(w, &e, path, parent);
	free(path);
	if (p->pid > 0)
		p->pidfd = pidfd_open(p->pid, 0);
	if (p->pidfd < 0) {
		ms_fail_errno(err, "%s cannot be started", p->tool);
		process_kill(p);
		if (p->pid > 0)
			waitpid(p->pid, NULL, 0);
		process_release(p);
		shut_ends(&e);
		return -1;
	}
	listen_to(&p->said, &e.said[0]);
	if (w->reports)
		listen_to(&p->report, &e.report[0]);
	if (w->prints)
		listen_to(&p->printed, &e.printed[0]);
	shut_ends(&e);
	return 0;
}

bool
process_ended(struct process *p)
{
	int status;
	pid_t got;

	if (p->pid == 0)
		return true;
	got = waitpid(p->pid, &status, WNOHANG);
	if (got == 0 || (got < 0 && errno == EINTR))
		return false;
	p->pid = 0;
	shut(&p->pidfd);
	if (got < 0)
		p->status = NOT_RUN;
	else
		p->status = WIFSIGNALED(status) ? 128 + WTERMSIG(status)
						: WEXITSTATUS(status);
	return true;
}

void
process_signal(const struct process *p, int number)
{
	if (p->pid > 0)
		kill(p->pid, number);
}

void
process_kill(const struct process *p)
{
	/* It may not have its group yet. */
	if (p->pid > 0 && kill(-p->pid, SIGKILL) < 0)
		kill(p->pid, SIGKILL);
}

void
process_release(struct process *p)
{
	struct lines *const all[] = {&p->said, &p->report, &p->printed};
	size_t i;

	for (i = 0; p->tool != NULL && i < 3; i++) {
		shut(&all[i]->fd);
		ms_buf_release(&all[i]->buf);
	}
	free(p->sentence);
	free(p->tool);
	*p = (struct process){0};
}
