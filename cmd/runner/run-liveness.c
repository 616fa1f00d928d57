/* run-liveness.c - locks of runs that go on. */
#include "run-liveness.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#include "fs.h"

static int
open_locks(const char *archive, int flags)
{
	return ms_fs_open_below(archive, "run/0", flags);
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
run_liveness_lock(const char *archive, uint64_t run, struct ms_err *err)
{
	struct flock fl = byte_of(run);
	int fd = open_locks(archive, O_RDWR | O_CREAT);

	/* fd stays open: the first close(2) of the file in this process would
	 * release the lock. */
	if (fd < 0 || fcntl(fd, F_SETLK, &fl) < 0)
		return ms_fail_errno(err, "%s/run/0", archive);
	return 0;
}

int
run_liveness_test(const char *archive, uint64_t run, struct ms_err *err)
{
	struct flock fl = byte_of(run);
	int fd = open_locks(archive, O_RDONLY), rc = 0;

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
