/* lock.c - the lock of the writers of an archive. ms-archive(5), Writing.
 */
#include <errno.h>
#include <sys/file.h>

#include "impl.h"

int
ms_archive_lock(struct ms_archive *a, bool wait, struct ms_err *err)
{
	while (flock(a->lockfd, LOCK_EX | (wait ? 0 : LOCK_NB)) < 0) {
		if (errno == EWOULDBLOCK)
			return 0;
		if (errno != EINTR)
			return ms_fail_errno(err, "%s/lock", a->path);
	}
	return 1;
}

void
ms_archive_unlock(struct ms_archive *a)
{
	flock(a->lockfd, LOCK_UN);
}
