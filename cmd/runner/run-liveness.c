/* run-liveness.c - marks of runs that go on. See run-mark.h. */
#include "run-liveness.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "buf.h"

static int
open_marks(const char *archive, int flags)
{
	struct ms_buf path = {0};
	int fd = -1;

	ms_buf_printf(&path, "%s/run", archive);
	if ((flags & O_CREAT) == 0 || mkdir(ms_buf_str(&path), 0700) == 0 ||
	    errno == EEXIST) {
		ms_buf_add_str(&path, "/0");
		fd = open(
		    ms_buf_str(&path), flags | O_CLOEXEC | O_NOFOLLOW, 0600);
	}
	ms_buf_release(&path);
	return fd;
}

static struct flock
byte_of(uint64_t run)
{
	return (struct flock){.l_type = F_WRLCK,
	    .l_whence = SEEK_SET,
	    .l_start = (off_t)run,
	    .l_len = 1};
}

int
run_mark(const char *archive, uint64_t run, struct ms_err *err)
{
	struct flock fl = byte_of(run);
	int fd = open_marks(archive, O_RDWR | O_CREAT);

	/* It stays open: closing it would take the mark away. */
	if (fd < 0 || fcntl(fd, F_SETLK, &fl) < 0)
		return ms_fail_errno(err, "%s/run/0", archive);
	return 0;
}

int
run_marked(const char *archive, uint64_t run, struct ms_err *err)
{
	struct flock fl = byte_of(run);
	int fd = open_marks(archive, O_RDONLY), rc = 0;

	if (fd < 0)
		return errno == ENOENT
			   ? 0
			   : ms_fail_errno(err, "%s/run/0", archive);
	if (fcntl(fd, F_GETLK, &fl) < 0)
		rc = ms_fail_errno(err, "%s/run/0", archive);
	else
		rc = fl.l_type != F_UNLCK;
	close(fd);
	return rc;
}
