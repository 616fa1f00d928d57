/*
 * unsynced.c - a library for LD_PRELOAD, which records the state before each
 * write, truncation, rename and removal. After the death of the process,
 * build/t/undo makes a state of the files that a power loss could have left.
 *   MS_SHIM_JOURNAL   an empty folder for the records, outside MS_SHIM_DIR, but
 *                     on the same file system
 * MS_SHIM_EXE and MS_SHIM_DIR are described in shim.h. The process must be
 * ended by crash.c, loaded before this library, because a signal from outside
 * may come between a call and its record. Writes through mmap and stdio, and
 * the effect of O_DSYNC, are not seen.
 */
#include "shim.h"

#include <fcntl.h>
#include <pthread.h>
#include <stdarg.h>

#include "journal.h"

static char journal[PATH_MAX - 64];
static int log_fd = -1;
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;

static void
die(const char *what)
{
	dprintf(STDERR_FILENO, "unsynced.so: %s: %s\n", what, strerror(errno));
	abort();
}

__attribute__((constructor)) static void
start(void)
{
	const char *dir = getenv("MS_SHIM_JOURNAL");
	char path[PATH_MAX];

	shim_start();
	if (!shim_active)
		return;
	shim_active = false; /* while the library makes its own files */
	if (dir == NULL)
		die("MS_SHIM_JOURNAL");
	snprintf(journal, sizeof(journal), "%s", dir);
	snprintf(path, sizeof(path), "%s/files", journal);
	syscall(SYS_mkdirat, AT_FDCWD, path, 0700);
	snprintf(path, sizeof(path), "%s/kept", journal);
	syscall(SYS_mkdirat, AT_FDCWD, path, 0700);
	snprintf(path, sizeof(path), "%s/log", journal);
	log_fd = (int)syscall(SYS_openat, AT_FDCWD, path,
	    O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
	if (log_fd < 0)
		die(path);
	shim_active = true;
}

static void
put(const struct journal_entry *e, const void *data)
{
	static char zeros[8];
	struct iovec iov[3] = {{(void *)e, sizeof(*e)}, {(void *)data, e->data},
	    {zeros, JOURNAL_PAD(e->data) - e->data}};

	if (syscall(SYS_writev, log_fd, iov, 3) !=
	    (long)(sizeof(*e) + JOURNAL_PAD(e->data)))
		die("log");
}

/* ---- bytes ---- */

/* Records n bytes at an offset of fd, and the length of the file. */
static void
note_bytes(int fd, uint64_t offset, uint64_t n)
{
	struct journal_entry e = {.kind = J_WRITE};
	char proc[64], path[PATH_MAX];
	unsigned char *data = NULL;
	struct stat st;
	int own;

	if (fstat(fd, &st) != 0 || !S_ISREG(st.st_mode))
		return;
	snprintf(proc, sizeof(proc), "/proc/self/fd/%d", fd);
	snprintf(path, sizeof(path), "%s/files/%llu", journal,
	    (unsigned long long)st.st_ino);
	if (syscall(SYS_linkat, AT_FDCWD, proc, AT_FDCWD, path,
		AT_SYMLINK_FOLLOW) != 0 &&
	    errno != EEXIST)
		return; /* it has no name any more, and is lost anyway */
	e.file = st.st_ino;
	e.size = (uint64_t)st.st_size;
	e.offset = offset / JOURNAL_PAGE * JOURNAL_PAGE;
	e.length = offset + n - e.offset;
	e.length = (e.length + JOURNAL_PAGE - 1) / JOURNAL_PAGE * JOURNAL_PAGE;
	if (n > 0 && e.size > e.offset)
		e.data =
		    e.size - e.offset < e.length ? e.size - e.offset : e.length;
	if (e.data > 0) {
		own = (int)syscall(
		    SYS_openat, AT_FDCWD, path, O_RDONLY | O_CLOEXEC);
		data = malloc(e.data);
		if (own < 0 || data == NULL ||
		    syscall(SYS_pread64, own, data, e.data, e.offset) !=
			(long)e.data)
			die(path);
		syscall(SYS_close, own);
	}
	put(&e, data);
	free(data);
}

static void
note_sync(int fd)
{
	struct journal_entry e = {.kind = J_SYNC};
	struct stat st;

	if (fstat(fd, &st) == 0) {
		e.file = st.st_ino;
		put(&e, NULL);
	}
}

/* Returns the offset at which write(2) will write. */
static uint64_t
position(int fd)
{
	struct stat st;
	int flags = fcntl(fd, F_GETFL);

	if (flags >= 0 && (flags & O_APPEND) != 0 && fstat(fd, &st) == 0)
		return (uint64_t)st.st_size;
	return (uint64_t)syscall(SYS_lseek, fd, 0, SEEK_CUR);
}

static size_t
total(const struct iovec *iov, int count)
{
	size_t n = 0;
	int i;

	for (i = 0; i < count; i++)
		n += iov[i].iov_len;
	return n;
}

/* If the file is affected, takes the lock and records the bytes. Returns
 * whether it is. */
static bool
begin_write(int fd, bool here, uint64_t offset, uint64_t n)
{
	int e = errno;

	if (!shim_fd_counts(fd))
		return false;
	pthread_mutex_lock(&lock);
	note_bytes(fd, here ? position(fd) : offset, n);
	errno = e;
	return true;
}

static ssize_t
end_call(bool locked, ssize_t rc)
{
	if (locked)
		pthread_mutex_unlock(&lock);
	return rc;
}

ssize_t
write(int fd, const void *p, size_t n)
{
	REAL(ssize_t, "write", int, const void *, size_t);
	bool locked = begin_write(fd, true, 0, n);

	return end_call(locked, real(fd, p, n));
}

ssize_t
pwrite64(int fd, const void *p, size_t n, off64_t offset)
{
	REAL(ssize_t, "pwrite64", int, const void *, size_t, off64_t);
	bool locked = begin_write(fd, false, (uint64_t)offset, n);

	return end_call(locked, real(fd, p, n, offset));
}

ssize_t
pwrite(int fd, const void *p, size_t n, off_t offset)
{
	return pwrite64(fd, p, n, offset);
}

ssize_t
writev(int fd, const struct iovec *iov, int count)
{
	REAL(ssize_t, "writev", int, const struct iovec *, int);
	bool locked = begin_write(fd, true, 0, total(iov, count));

	return end_call(locked, real(fd, iov, count));
}

ssize_t
pwritev64(int fd, const struct iovec *iov, int count, off64_t offset)
{
	REAL(ssize_t, "pwritev64", int, const struct iovec *, int, off64_t);
	bool locked =
	    begin_write(fd, false, (uint64_t)offset, total(iov, count));

	return end_call(locked, real(fd, iov, count, offset));
}

ssize_t
pwritev(int fd, const struct iovec *iov, int count, off_t offset)
{
	return pwritev64(fd, iov, count, offset);
}

ssize_t
pwritev64v2(int fd, const struct iovec *iov, int count, off64_t offset, int how)
{
	REAL(ssize_t, "pwritev64v2", int, const struct iovec *, int, off64_t,
	    int);
	bool here = offset == -1;
	bool locked =
	    begin_write(fd, here, (uint64_t)offset, total(iov, count));

	return end_call(locked, real(fd, iov, count, offset, how));
}

ssize_t
pwritev2(int fd, const struct iovec *iov, int count, off_t offset, int how)
{
	return pwritev64v2(fd, iov, count, offset, how);
}

int
ftruncate64(int fd, off64_t length)
{
	REAL(int, "ftruncate64", int, off64_t);
	struct stat st;
	bool locked;

	if (fstat(fd, &st) != 0)
		return -1;
	locked = begin_write(fd, false, (uint64_t)length,
	    st.st_size > length ? (uint64_t)(st.st_size - length) : 0);
	return (int)end_call(locked, real(fd, length));
}

int
ftruncate(int fd, off_t length)
{
	return ftruncate64(fd, length);
}

static int
sync_with(int (*real)(int), int fd)
{
	bool ours = shim_fd_counts(fd);
	int rc;

	if (ours)
		pthread_mutex_lock(&lock);
	rc = real(fd);
	if (ours && rc == 0)
		note_sync(fd);
	return (int)end_call(ours, rc);
}

int
fsync(int fd)
{
	REAL(int, "fsync", int);
	return sync_with(real, fd);
}

int
fdatasync(int fd)
{
	REAL(int, "fdatasync", int);
	return sync_with(real, fd);
}

/* ---- names ---- */

/* Splits a path into the inode of its folder and its name. */
static bool
split(int dirfd, const char *name, uint64_t *dir, char out[JOURNAL_NAME])
{
	char path[PATH_MAX], *slash;
	struct stat st;

	if (!shim_at_path(dirfd, name, path))
		return false;
	while ((slash = strrchr(path, '/')) != NULL && slash[1] == '\0' &&
	       slash > path)
		*slash = '\0';
	if (slash == NULL)
		return false;
	snprintf(out, JOURNAL_NAME, "%s", slash + 1);
	*slash = '\0';
	if (stat(path[0] != '\0' ? path : "/", &st) != 0)
		return false;
	*dir = st.st_ino;
	return true;
}

/* Links a file that is about to be removed into kept/. 0: there is no file. */
static uint64_t
keep(int dirfd, const char *name)
{
	static unsigned count;
	uint64_t number = ((uint64_t)getpid() << 20) + ++count;
	char path[PATH_MAX];

	snprintf(path, sizeof(path), "%s/kept/%llu", journal,
	    (unsigned long long)number);
	return syscall(SYS_linkat, dirfd, name, AT_FDCWD, path, 0) == 0 ? number
									: 0;
}

static bool
is_dir(int dirfd, const char *name)
{
	struct stat st;

	return fstatat(dirfd, name, &st, AT_SYMLINK_NOFOLLOW) == 0 &&
	       S_ISDIR(st.st_mode);
}

static bool
begin_name(int dirfd, const char *name)
{
	bool ours = shim_name_counts(dirfd, name);

	if (ours)
		pthread_mutex_lock(&lock);
	return ours;
}

/* Writes the entry if the call succeeded; rc: the result of the call. */
static int
end_name(bool ours, int rc, const struct journal_entry *e)
{
	int saved = errno;

	if (ours && rc >= 0)
		put(e, NULL);
	if (ours)
		pthread_mutex_unlock(&lock);
	errno = saved;
	return rc;
}

int
renameat2(int fromfd, const char *from, int tofd, const char *to, unsigned how)
{
	struct journal_entry e = {.kind = J_RENAME};
	bool ours = begin_name(tofd, to);

	REAL(int, "renameat2", int, const char *, int, const char *, unsigned);
	if (ours) {
		split(tofd, to, &e.dir, e.name);
		split(fromfd, from, &e.dir2, e.name2);
		if (how & RENAME_EXCHANGE)
			e.kind = J_EXCHANGE;
		else
			e.kept = keep(tofd, to);
	}
	return end_name(ours, real(fromfd, from, tofd, to, how), &e);
}

int
renameat(int fromfd, const char *from, int tofd, const char *to)
{
	return renameat2(fromfd, from, tofd, to, 0);
}

int
rename(const char *from, const char *to)
{
	return renameat2(AT_FDCWD, from, AT_FDCWD, to, 0);
}

int
linkat(int fromfd, const char *from, int tofd, const char *to, int how)
{
	struct journal_entry e = {.kind = J_CREATE};
	bool ours = begin_name(tofd, to);

	REAL(int, "linkat", int, const char *, int, const char *, int);
	if (ours)
		split(tofd, to, &e.dir, e.name);
	return end_name(ours, real(fromfd, from, tofd, to, how), &e);
}

int
link(const char *from, const char *to)
{
	return linkat(AT_FDCWD, from, AT_FDCWD, to, 0);
}

int
unlinkat(int dirfd, const char *name, int how)
{
	struct journal_entry e = {.kind = J_REMOVE};
	bool ours = begin_name(dirfd, name);

	REAL(int, "unlinkat", int, const char *, int);
	if (ours) {
		split(dirfd, name, &e.dir, e.name);
		e.is_dir = (how & AT_REMOVEDIR) != 0;
		if (!e.is_dir)
			e.kept = keep(dirfd, name);
	}
	return end_name(ours, real(dirfd, name, how), &e);
}

int
unlink(const char *name)
{
	return unlinkat(AT_FDCWD, name, 0);
}

int
rmdir(const char *name)
{
	return unlinkat(AT_FDCWD, name, AT_REMOVEDIR);
}

int
remove(const char *name)
{
	return unlinkat(
	    AT_FDCWD, name, is_dir(AT_FDCWD, name) ? AT_REMOVEDIR : 0);
}

int
mkdirat(int dirfd, const char *name, mode_t mode)
{
	struct journal_entry e = {.kind = J_CREATE, .is_dir = 1};
	bool ours = begin_name(dirfd, name);

	REAL(int, "mkdirat", int, const char *, mode_t);
	if (ours)
		split(dirfd, name, &e.dir, e.name);
	return end_name(ours, real(dirfd, name, mode), &e);
}

int
mkdir(const char *name, mode_t mode)
{
	return mkdirat(AT_FDCWD, name, mode);
}

/* ---- open ---- */

static int
open_noted(int dirfd, const char *name, int flags, mode_t mode)
{
	struct journal_entry e = {.kind = J_CREATE};
	bool ours, is_new = false;
	struct stat st;
	int fd, own;

	REAL(int, "openat64", int, const char *, int, ...);
	if ((flags & (O_CREAT | O_TRUNC)) == 0 ||
	    (flags & O_TMPFILE) == O_TMPFILE)
		return real(dirfd, name, flags, mode);
	ours = begin_name(dirfd, name);
	if (ours) {
		is_new = fstatat(dirfd, name, &st, 0) != 0;
		if (is_new) {
			split(dirfd, name, &e.dir, e.name);
		} else if ((flags & O_TRUNC) != 0 && st.st_size > 0) {
			own = (int)syscall(
			    SYS_openat, dirfd, name, O_RDONLY | O_CLOEXEC);
			note_bytes(own, 0, (uint64_t)st.st_size);
			syscall(SYS_close, own);
		}
	}
	fd = real(dirfd, name, flags, mode);
	if (is_new)
		return end_name(ours, fd, &e);
	return (int)end_call(ours, fd);
}

#define MODE_OF(flags, mode)                                                   \
	do {                                                                   \
		va_list ap;                                                    \
		va_start(ap, flags);                                           \
		if (((flags)&O_CREAT) || ((flags)&O_TMPFILE) == O_TMPFILE)     \
			(mode) = va_arg(ap, mode_t);                           \
		va_end(ap);                                                    \
	} while (0)

int
open64(const char *name, int flags, ...)
{
	mode_t mode = 0;

	MODE_OF(flags, mode);
	return open_noted(AT_FDCWD, name, flags, mode);
}

int
open(const char *name, int flags, ...)
{
	mode_t mode = 0;

	MODE_OF(flags, mode);
	return open_noted(AT_FDCWD, name, flags, mode);
}

int
openat64(int dirfd, const char *name, int flags, ...)
{
	mode_t mode = 0;

	MODE_OF(flags, mode);
	return open_noted(dirfd, name, flags, mode);
}

int
openat(int dirfd, const char *name, int flags, ...)
{
	mode_t mode = 0;

	MODE_OF(flags, mode);
	return open_noted(dirfd, name, flags, mode);
}
