/* lock.c - that a profile runs once at a time: who runs it, and how far
 * it is. See profile-tool.h. */
#include "common.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#define NOTE_MAX 128 /* bytes of what a run says of itself */

/* The file of a profile; -1, errno. Opening it is harmless, closing it would
 * take a lock of ours away. */
static int
open_file(struct tool *t, uint64_t profile, int flags)
{
	struct ms_buf path = {0};
	int fd;

	ms_buf_printf(&path, "%s/run", t->path);
	if ((flags & O_CREAT) != 0 && mkdir(ms_buf_str(&path), 0700) < 0 &&
	    errno != EEXIST) {
		ms_buf_release(&path);
		return -1;
	}
	ms_buf_printf(&path, "/%" PRIu64, profile);
	fd = open(ms_buf_str(&path), flags | O_CLOEXEC | O_NOFOLLOW, 0600);
	ms_buf_release(&path);
	return fd;
}

static struct flock
whole_file(void)
{
	return (struct flock){.l_type = F_WRLCK, .l_whence = SEEK_SET};
}

/* Who has it: a process, 0 nobody. -1: err. */
static pid_t
holder(int fd, struct ms_err *err)
{
	struct flock fl = whole_file();

	if (fcntl(fd, F_GETLK, &fl) < 0)
		return ms_fail_errno(err, "lock of the profile");
	if (fl.l_type == F_UNLCK)
		return 0;
	if (fl.l_pid <= 0)
		return ms_fail(err, MS_TEMP,
		    "is run by a process that cannot be seen from here, in "
		    "another container");
	return fl.l_pid;
}

int
run_lock(struct tool *t, const struct ms_stored_profile *p, int *fd,
    struct ms_err *err)
{
	struct flock fl = whole_file();
	pid_t pid;

	*fd = open_file(t, p->number, O_RDWR | O_CREAT);
	if (*fd < 0)
		return ms_fail_errno(err, "%s/run", t->path);
	if (fcntl(*fd, F_SETLK, &fl) == 0) {
		(void)!ftruncate(*fd, 0);
		return 0;
	}
	if (errno != EACCES && errno != EAGAIN) {
		ms_fail_errno(err, "lock of the profile");
	} else {
		pid = holder(*fd, err);
		if (pid >= 0)
			ms_fail(err, MS_TEMP,
			    "is running already (process %ld)", (long)pid);
	}
	close(*fd);
	*fd = -1;
	return -1;
}

void
run_note(int fd, const struct run_note *note)
{
	char text[NOTE_MAX];

	/* One write of one length: who reads it sees all of it. */
	memset(text, ' ', sizeof(text));
	snprintf(text, sizeof(text),
	    "%" PRIu64 " %" PRIu64 " %" PRIu64 " %" PRIu64 "\n", note->run,
	    note->mailboxes, note->done, note->failed);
	(void)!pwrite(fd, text, sizeof(text), 0);
}

static void
read_note(int fd, struct run_note *note)
{
	char text[NOTE_MAX + 1] = "";

	*note = (struct run_note){0};
	if (pread(fd, text, NOTE_MAX, 0) <= 0 ||
	    /* NOLINTNEXTLINE(cert-err34-c): ours; zeros if it is not */
	    sscanf(text, "%" SCNu64 " %" SCNu64 " %" SCNu64 " %" SCNu64,
		&note->run, &note->mailboxes, &note->done, &note->failed) != 4)
		*note = (struct run_note){0};
}

int
run_holder(
    struct tool *t, uint64_t profile, struct run_note *note, struct ms_err *err)
{
	int fd = open_file(t, profile, O_RDONLY);
	pid_t pid;

	if (note != NULL)
		*note = (struct run_note){0};
	if (fd < 0)
		return errno == ENOENT ? 0
				       : ms_fail_errno(err, "%s/run", t->path);
	pid = holder(fd, err);
	if (pid > 0 && note != NULL)
		read_note(fd, note);
	close(fd);
	return (int)pid;
}

int
run_stop(struct tool *t, uint64_t profile, struct ms_err *err)
{
	int pid = run_holder(t, profile, NULL, err), again, pidfd;
	struct pollfd gone = {.events = POLLIN};

	if (pid <= 0)
		return pid;
	/* What has this number now is the process that has the lock, if it
	 * still has it once the number is held. */
	pidfd = (int)syscall(SYS_pidfd_open, pid, 0);
	if (pidfd < 0 && errno != ESRCH)
		return ms_fail_errno(err, "process %d", pid);
	again = run_holder(t, profile, NULL, err);
	if (pidfd < 0 || again != pid) {
		if (pidfd >= 0)
			close(pidfd);
		return again < 0 ? -1 : 1;
	}
	if (syscall(SYS_pidfd_send_signal, pidfd, SIGTERM, NULL, 0) < 0) {
		ms_fail_errno(err, "process %d", pid);
		close(pidfd);
		return -1;
	}
	gone.fd = pidfd;
	while (poll(&gone, 1, -1) < 0 && errno == EINTR)
		;
	close(pidfd);
	return 1;
}
