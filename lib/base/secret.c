/* secret.c - passwords from files, descriptors, commands and the terminal. */
#include "secret.h"
#include "utf8.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <termios.h>
#include <unistd.h>

void
ms_secret_wipe(struct ms_secret *s)
{
	explicit_bzero(s, sizeof(*s));
}

void
ms_secret_forget(struct ms_buf *b)
{
	if (b->p != NULL)
		explicit_bzero(b->p, b->cap);
	ms_buf_release(b);
}

bool
ms_secret_text_ok(const char *p, size_t n)
{
	size_t i;

	for (i = 0; i < n; i++)
		if (p[i] == '\r' || p[i] == '\n' || p[i] == '\0')
			return false;
	return true;
}

void
ms_secret_protect(void)
{
	const struct rlimit none = {0, 0};

	(void)setrlimit(RLIMIT_CORE, &none);
	/* A program that gets cores through a pipe gets them in spite of the
	 * limit: core(5). */
	(void)prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
}

/* Reads to the end of fd or, if `line` is set, to the end of a line. */
static int
read_all(struct ms_secret *s, int fd, bool line, struct ms_err *err)
{
	ssize_t n;

	s->n = 0;
	while (s->n < sizeof(s->s) - 1) {
		n = read(fd, s->s + s->n, sizeof(s->s) - 1 - s->n);
		if (n < 0 && errno == EINTR && !line)
			continue;
		if (n < 0)
			return ms_fail_errno(err, "password");
		if (n == 0)
			return 0;
		s->n += (size_t)n;
		if (line && s->s[s->n - 1] == '\n')
			return 0;
	}
	return 0;
}

/* Removes a byte order mark and the line end, and checks the rest. */
static int
finish(struct ms_secret *s, struct ms_err *err)
{
	size_t bom =
	    ms_utf8_bom((struct ms_slice){(const unsigned char *)s->s, s->n});

	s->n -= bom;
	memmove(s->s, s->s + bom, s->n);
	if (s->n > 0 && s->s[s->n - 1] == '\n') {
		s->n--;
		if (s->n > 0 && s->s[s->n - 1] == '\r')
			s->n--;
	}
	s->s[s->n] = '\0';
	if (s->n > MS_SECRET_MAX)
		return ms_fail(err, MS_USAGE,
		    "password is longer than %d bytes", MS_SECRET_MAX);
	if (s->n == 0)
		return ms_fail(err, MS_USAGE, "password is empty");
	if (!ms_secret_text_ok(s->s, s->n))
		return ms_fail(
		    err, MS_USAGE, "password contains a CR, LF or NUL byte");
	return 0;
}

int
ms_secret_fd(struct ms_secret *s, int fd, struct ms_err *err)
{
	int rc = read_all(s, fd, false, err);

	close(fd);
	return rc < 0 ? rc : finish(s, err);
}

int
ms_secret_inherited(struct ms_secret *s, int fd, struct ms_err *err)
{
	int flags = fcntl(fd, F_GETFD);

	if (flags < 0 || (flags & FD_CLOEXEC) != 0)
		return ms_fail(err, MS_USAGE, "descriptor %d is not open", fd);
	return ms_secret_fd(s, fd, err);
}

int
ms_secret_file(struct ms_secret *s, const char *path, struct ms_err *err)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);

	if (fd < 0)
		return ms_fail_errno(err, "%s", path);
	if (ms_secret_fd(s, fd, err) < 0)
		return ms_context(err, "%s", path);
	return 0;
}

bool
ms_secret_file_exposed(const char *path)
{
	struct stat st;

	return stat(path, &st) == 0 && S_ISREG(st.st_mode) &&
	       (st.st_mode & (S_IRGRP | S_IROTH)) != 0;
}

/* ---- a command ---- */

/* Gives the text of a command to a new shell. */
static int
command_pipe(const char *command, struct ms_err *err)
{
	size_t n = strlen(command);
	int fds[2];

	if (pipe2(fds, O_CLOEXEC | O_NONBLOCK) < 0)
		return ms_fail_errno(err, "password command");
	if (n > MS_SECRET_MAX) {
		ms_fail(err, MS_USAGE,
		    "password command is longer than %d bytes", MS_SECRET_MAX);
	} else if (write(fds[1], command, n) != (ssize_t)n) {
		ms_fail_errno(err, "password command");
	} else {
		close(fds[1]);
		(void)fcntl(fds[0], F_SETFL, 0);
		return fds[0];
	}
	close(fds[0]);
	close(fds[1]);
	return -1;
}

static void
run_command(int command, int out)
{
	static const char script[] = "eval \"$(cat <&3)\" 3<&-";

	/* The shell must not inherit ignored signals. */
	signal(SIGPIPE, SIG_DFL);
	signal(SIGXFSZ, SIG_DFL);
	command = fcntl(command, F_DUPFD_CLOEXEC, 4);
	if (command < 0 || dup2(out, STDOUT_FILENO) < 0 || dup2(command, 3) < 0)
		_exit(127);
	execl("/bin/sh", "sh", "-c", script, (char *)NULL);
	_exit(127);
}

static pid_t
start_command(const char *command, int out, struct ms_err *err)
{
	int text = command_pipe(command, err);
	pid_t pid;

	if (text < 0)
		return -1;
	pid = fork();
	if (pid == 0)
		run_command(text, out);
	if (pid < 0)
		ms_fail_errno(err, "password command");
	close(text);
	return pid;
}

int
ms_secret_command(struct ms_secret *s, const char *command, struct ms_err *err)
{
	int fds[2], status = 0, rc;
	pid_t pid;

	if (pipe2(fds, O_CLOEXEC) < 0)
		return ms_fail_errno(err, "password command");
	pid = start_command(command, fds[1], err);
	close(fds[1]);
	if (pid < 0) {
		close(fds[0]);
		return -1;
	}
	rc = read_all(s, fds[0], false, err);
	close(fds[0]);
	while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
		;
	if (rc < 0)
		return -1;
	/* The command may have failed because we stopped reading. */
	if (s->n > MS_SECRET_MAX)
		return finish(s, err);
	if (WIFSIGNALED(status))
		return ms_fail(err, MS_NOINPUT,
		    "password command was killed by signal %d",
		    WTERMSIG(status));
	if (WIFEXITED(status) && WEXITSTATUS(status) != 0)
		return ms_fail(err, MS_NOINPUT,
		    "password command ended with status %d",
		    WEXITSTATUS(status));
	return finish(s, err);
}

/* ---- the terminal ---- */

static volatile sig_atomic_t caught;

static void
catch_signal(int sig)
{
	caught = sig;
}

/*
 * Asks with echo turned off. The state of the terminal is restored in all
 * cases.
 */
static int
ask(struct ms_secret *s, int tty, const char *prompt, struct ms_err *err)
{
	static const int sigs[] = {SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGTSTP};
	struct sigaction act = {.sa_handler = catch_signal}, old[5];
	struct termios was, quiet;
	size_t i;
	int rc;

	if (tcgetattr(tty, &was) < 0)
		return ms_fail_errno(err, "/dev/tty");
	caught = 0;
	for (i = 0; i < 5; i++)
		sigaction(sigs[i], &act, &old[i]);
	quiet = was;
	quiet.c_lflag &= ~(tcflag_t)(ECHO | ECHONL);
	tcsetattr(tty, TCSAFLUSH, &quiet);
	(void)!write(tty, prompt, strlen(prompt));
	rc = read_all(s, tty, true, err);
	(void)!write(tty, "\n", 1);
	tcsetattr(tty, TCSAFLUSH, &was);
	for (i = 0; i < 5; i++)
		sigaction(sigs[i], &old[i], NULL);
	if (caught != 0)
		raise(caught);
	if (rc == 0 && s->n == 0)
		return ms_fail(err, MS_NOINPUT, "no password was typed");
	return rc;
}

int
ms_secret_ask(struct ms_secret *s, const char *prompt, struct ms_err *err)
{
	int tty = open("/dev/tty", O_RDWR | O_CLOEXEC | O_NOCTTY), rc;

	if (tty < 0)
		return ms_fail(err, MS_USAGE,
		    "no terminal to ask for the password; give --password-file "
		    "or --password-fd");
	rc = ask(s, tty, prompt, err);
	close(tty);
	return rc < 0 ? rc : finish(s, err);
}

int
ms_secret_ask_twice(struct ms_secret *s, const char *prompt, struct ms_err *err)
{
	struct ms_secret repeated = {0};
	int rc = ms_secret_ask(s, prompt, err);

	if (rc == 0)
		rc = ms_secret_ask(&repeated, "Once more: ", err);
	if (rc == 0 && strcmp(s->s, repeated.s) != 0)
		rc = ms_fail(err, MS_USAGE, "passwords do not match");
	ms_secret_wipe(&repeated);
	return rc;
}
