/* lock.c - the lock of a running profile, and its progress. */
#include "common.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "fs.h"

#define PROGRESS_BYTES 128 /* of a progress that is written */

/* Opens the file of a profile; -1 with errno. Closing it would release a lock
 * that this process holds. */
static int
open_file(struct tool *t, uint64_t profile, int flags)
{
	char name[40];

	snprintf(name, sizeof(name), "run/%" PRIu64, profile);
	return ms_fs_open_below(t->path, name, flags);
}

static struct flock
whole_file(void)
{
	return (struct flock){.l_type = F_WRLCK, .l_whence = SEEK_SET};
}

/* The process that holds the lock, 0 if none does; -1. */
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
		    "is run by a process in another container, which cannot "
		    "be seen from here");
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
run_progress_write(int fd, const struct run_progress *progress)
{
	char text[PROGRESS_BYTES];

	/* One write of a fixed length, so that a reader sees all of it. */
	memset(text, ' ', sizeof(text));
	snprintf(text, sizeof(text),
	    "%" PRIu64 " %" PRIu64 " %" PRIu64 " %" PRIu64 "\n", progress->run,
	    progress->mailboxes, progress->done, progress->failed);
	(void)!pwrite(fd, text, sizeof(text), 0);
}

static void
read_progress(int fd, struct run_progress *progress)
{
	char text[PROGRESS_BYTES + 1] = "";

	*progress = (struct run_progress){0};
	if (pread(fd, text, PROGRESS_BYTES, 0) <= 0 ||
	    /* NOLINTNEXTLINE(cert-err34-c): ours; zeros if it is not */
	    sscanf(text, "%" SCNu64 " %" SCNu64 " %" SCNu64 " %" SCNu64,
		&progress->run, &progress->mailboxes, &progress->done,
		&progress->failed) != 4)
		*progress = (struct run_progress){0};
}

int
run_holder(struct tool *t, uint64_t profile, struct run_progress *progress,
    struct ms_err *err)
{
	int fd = open_file(t, profile, O_RDONLY);
	pid_t pid;

	if (progress != NULL)
		*progress = (struct run_progress){0};
	if (fd < 0)
		return errno == ENOENT ? 0
				       : ms_fail_errno(err, "%s/run", t->path);
	pid = holder(fd, err);
	if (pid > 0 && progress != NULL)
		read_progress(fd, progress);
	close(fd);
	return (int)pid;
}

int
run_stop(struct tool *t, uint64_t profile, struct ms_err *err)
{
	int pid = run_holder(t, profile, NULL, err), holder_now, pidfd;
	struct pollfd gone = {.events = POLLIN};

	if (pid <= 0)
		return pid;
	/* The number may be reused at any time: it is the process that holds
	 * the lock if this is still so after pidfd_open(2). */
	pidfd = (int)syscall(SYS_pidfd_open, pid, 0);
	if (pidfd < 0 && errno != ESRCH)
		return ms_fail_errno(err, "process %d", pid);
	holder_now = run_holder(t, profile, NULL, err);
	if (pidfd < 0 || holder_now != pid) {
		if (pidfd >= 0)
			close(pidfd);
		return holder_now < 0 ? -1 : 1;
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
