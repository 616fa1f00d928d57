/* job-process.c - one process of a job: its start, pipes and end. */
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

#define LOW_FDS 10  /* lower numbers are those of a new process */
#define NOT_RUN 127 /* the status of a process that could not be started */

/* The path of a tool: in the folder of this program, else as execvp(3) finds
 * it. Owned by the caller. */
static char *
tool_path(const char *tool)
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
		return ms_fail_errno(err, "cannot make a pipe");
	for (i = 0; i < 2; i++)
		ends[i] = fcntl(low[i], F_DUPFD_CLOEXEC, LOW_FDS);
	saved = errno;
	close(low[0]);
	close(low[1]);
	errno = saved;
	return ends[0] >= 0 && ends[1] >= 0
		   ? 0
		   : ms_fail_errno(err, "cannot make a pipe");
}

static void
close_fd(int *fd)
{
	if (*fd >= 0)
		close(*fd);
	*fd = -1;
}

/* Takes our end of a pipe over, which must never make us wait. */
static void
set_reader(struct lines *l, int *fd)
{
	l->fd = *fd;
	*fd = -1;
	(void)fcntl(l->fd, F_SETFL, O_NONBLOCK);
}

/* The pipes to and from the new process. */
struct pipes {
	int password[2], report[2], err[2], out[2];
};

static void
close_pipes(struct pipes *e)
{
	int i;

	for (i = 0; i < 2; i++) {
		close_fd(&e->password[i]);
		close_fd(&e->report[i]);
		close_fd(&e->err[i]);
		close_fd(&e->out[i]);
	}
}

/* A password fits into a pipe, so that the write does not block. */
static int
write_password(struct pipes *e, const char *password, struct ms_err *err)
{
	size_t n = strlen(password);

	if (n > MS_SECRET_MAX)
		return ms_fail(err, MS_USAGE,
		    "password, or token-command, is longer than %d bytes",
		    MS_SECRET_MAX);
	if (process_pipe(e->password, err) < 0)
		return -1;
	(void)fcntl(e->password[1], F_SETFL, O_NONBLOCK);
	if (write(e->password[1], password, n) != (ssize_t)n)
		return ms_fail_errno(
		    err, "cannot write the password into a pipe");
	close_fd(&e->password[1]);
	return 0;
}

static int
open_pipes(struct pipes *e, const struct spawn_stdio *stdio, struct ms_err *err)
{
	*e = (struct pipes){{-1, -1}, {-1, -1}, {-1, -1}, {-1, -1}};
	if (process_pipe(e->err, err) < 0 ||
	    (stdio->password != NULL &&
		write_password(e, stdio->password, err) < 0) ||
	    (stdio->report && process_pipe(e->report, err) < 0) ||
	    (stdio->read_out && process_pipe(e->out, err) < 0)) {
		close_pipes(e);
		return -1;
	}
	return 0;
}

/* ---- the new process ---- */

/* Gives fd this number; -1 is /dev/null. */
static void
set_fd(int fd, int number)
{
	if (fd < 0)
		fd = open("/dev/null", O_RDWR | O_CLOEXEC);
	if (fd == number)
		(void)fcntl(fd, F_SETFD, 0);
	else if (fd < 0 || dup2(fd, number) < 0)
		_exit(NOT_RUN);
}

/* Runs in the new process: only functions that are async-signal-safe. */
static _Noreturn void
become(const char *path, const struct argv *argv,
    const struct spawn_stdio *stdio, const struct pipes *e, pid_t parent)
{
	static const int defaults[] = {
	    SIGTERM, SIGINT, SIGHUP, SIGPIPE, SIGCHLD};
	sigset_t none;
	size_t i;

	setsid();
	if (!stdio->outlives) {
		prctl(PR_SET_PDEATHSIG, SIGTERM);
		if (getppid() != parent)
			_exit(NOT_RUN);
	}
	for (i = 0; i < sizeof(defaults) / sizeof(defaults[0]); i++)
		signal(defaults[i], SIG_DFL);
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	set_fd(stdio->in, STDIN_FILENO);
	set_fd(stdio->read_out ? e->out[1] : stdio->out, STDOUT_FILENO);
	set_fd(e->err[1], STDERR_FILENO);
	if (stdio->password != NULL)
		set_fd(e->password[0], PASSWORD_FD);
	if (stdio->report)
		set_fd(e->report[1], REPORT_FD);
	execvp(path, argv->v);
	_exit(NOT_RUN);
}

int
process_start(struct process *p, const struct argv *argv,
    const struct spawn_stdio *stdio, struct ms_err *err)
{
	struct pipes e;
	pid_t parent = getpid();
	char *path;

	*p = (struct process){0};
	if (open_pipes(&e, stdio, err) < 0)
		return -1;
	*p = (struct process){.tool = ms_xstrdup(argv->v[0]),
	    .pidfd = -1,
	    .err_lines.fd = -1,
	    .report_lines.fd = -1,
	    .out_lines.fd = -1};
	path = tool_path(p->tool);
	p->pid = fork();
	if (p->pid == 0)
		become(path, argv, stdio, &e, parent);
	free(path);
	if (p->pid > 0)
		p->pidfd = pidfd_open(p->pid, 0);
	if (p->pidfd < 0) {
		ms_fail_errno(err, "cannot start %s", p->tool);
		process_kill(p);
		if (p->pid > 0)
			waitpid(p->pid, NULL, 0);
		process_release(p);
		close_pipes(&e);
		return -1;
	}
	set_reader(&p->err_lines, &e.err[0]);
	if (stdio->report)
		set_reader(&p->report_lines, &e.report[0]);
	if (stdio->read_out)
		set_reader(&p->out_lines, &e.out[0]);
	close_pipes(&e);
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
	close_fd(&p->pidfd);
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
	/* The process may not have made its process group yet. */
	if (p->pid > 0 && kill(-p->pid, SIGKILL) < 0)
		kill(p->pid, SIGKILL);
}

void
process_release(struct process *p)
{
	struct lines *const all[] = {
	    &p->err_lines, &p->report_lines, &p->out_lines};
	size_t i;

	for (i = 0; p->tool != NULL && i < 3; i++) {
		close_fd(&all[i]->fd);
		ms_buf_release(&all[i]->buf);
	}
	free(p->last_message);
	free(p->tool);
	*p = (struct process){0};
}
