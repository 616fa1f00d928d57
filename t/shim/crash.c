/*
 * crash.c - a library for LD_PRELOAD, which counts the calls that change files
 * and, at the Nth call, ends the process or lets the call fail.
 *   MS_SHIM_AT    N, counted from 1 in this process; 0: only counts
 *   MS_SHIM_DO    kill      SIGKILL instead of the call
 *                 torn      SIGKILL after half of a write; for other calls like
 *                           kill
 *                 short     half of the bytes are written, and the call returns
 *                           their number
 *                 EINTR EIO ENOSPC   this error, if the call can return it
 *   MS_SHIM_FOR   the number of calls that fail from the Nth on (default: 1; 0:
 *                 all)
 *   MS_SHIM_LOG   a file that gets a line for each counted call
 * MS_SHIM_EXE and MS_SHIM_DIR are described in shim.h.
 */
#include "shim.h"

#include <signal.h>
#include <stdatomic.h>

enum kind {
	WRITES,
	SYNCS,
	NAMES, /* changes names or lengths */
};

/* The result of a call: the number of bytes to write, or an error. */
struct fate {
	bool fails, dies;
	size_t n;
};

#define IOV_MAX_HERE 1024

static unsigned long at, how_long = 1;
static const char *what = "";
static atomic_ulong counted;
static int log_fd = -1;

static const struct {
	const char *name;
	int number;
} errors[] = {{"EINTR", EINTR}, {"EIO", EIO}, {"ENOSPC", ENOSPC}};

__attribute__((constructor)) static void
start(void)
{
	const char *s;

	shim_start();
	if (!shim_active)
		return;
	if ((s = getenv("MS_SHIM_AT")) != NULL)
		at = strtoul(s, NULL, 10);
	if ((s = getenv("MS_SHIM_FOR")) != NULL)
		how_long = strtoul(s, NULL, 10);
	if ((s = getenv("MS_SHIM_DO")) != NULL)
		what = strdup(s);
	if ((s = getenv("MS_SHIM_LOG")) != NULL)
		log_fd =
		    open(s, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
}

static void
die(void)
{
	for (;;)
		syscall(SYS_kill, getpid(), SIGKILL);
}

static void
put_log(const char *call, unsigned long number)
{
	char line[128];
	int n;

	if (log_fd < 0)
		return;
	n = snprintf(
	    line, sizeof(line), "%ld %lu %s\n", (long)getpid(), number, call);
	syscall(SYS_write, log_fd, line, (size_t)n);
}

/* Unlinking on a full disk succeeds, and only writes can be interrupted. */
static int
error_for(enum kind kind)
{
	size_t i;

	for (i = 0; i < sizeof(errors) / sizeof(errors[0]); i++) {
		if (strcmp(what, errors[i].name) != 0)
			continue;
		if (errors[i].number == EINTR && kind == NAMES)
			return 0;
		if (errors[i].number == ENOSPC && kind == NAMES)
			return 0;
		return errors[i].number;
	}
	return 0;
}

/* Decides about a call that changes an affected file; n: bytes to write. */
static struct fate
decide(const char *call, enum kind kind, size_t n)
{
	unsigned long number = atomic_fetch_add(&counted, 1) + 1;
	struct fate f = {.n = n};
	int e = errno;

	put_log(call, number);
	errno = e;
	if (at == 0 || number < at || (how_long > 0 && number >= at + how_long))
		return f;
	if (strcmp(what, "kill") == 0)
		die();
	if (strcmp(what, "torn") == 0) {
		if (kind != WRITES || n < 2)
			die();
		f.dies = true;
		f.n = n / 2;
	} else if (strcmp(what, "short") == 0) {
		f.n = kind == WRITES && n >= 2 ? n / 2 : n;
	} else if ((e = error_for(kind)) != 0) {
		errno = e;
		f.fails = true;
	}
	return f;
}

static struct fate
on_fd(int fd, const char *call, enum kind kind, size_t n)
{
	struct fate f = {.n = n};

	return shim_fd_counts(fd) ? decide(call, kind, n) : f;
}

static bool
name_fails(int dirfd, const char *name, const char *call)
{
	return shim_name_counts(dirfd, name) && decide(call, NAMES, 0).fails;
}

static ssize_t
after(struct fate f, ssize_t rc)
{
	if (f.dies)
		die();
	return rc;
}

ssize_t
write(int fd, const void *p, size_t n)
{
	REAL(ssize_t, "write", int, const void *, size_t);
	struct fate f = on_fd(fd, "write", WRITES, n);

	return f.fails ? -1 : after(f, real(fd, p, f.n));
}

ssize_t
pwrite64(int fd, const void *p, size_t n, off64_t offset)
{
	REAL(ssize_t, "pwrite64", int, const void *, size_t, off64_t);
	struct fate f = on_fd(fd, "pwrite", WRITES, n);

	return f.fails ? -1 : after(f, real(fd, p, f.n, offset));
}

ssize_t
pwrite(int fd, const void *p, size_t n, off_t offset)
{
	return pwrite64(fd, p, n, offset);
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

/* Copies the first n bytes of a vector. Returns the number of elements. */
static int
cut(struct iovec out[IOV_MAX_HERE], const struct iovec *iov, int count,
    size_t n)
{
	int i;

	for (i = 0; i < count && i < IOV_MAX_HERE && n > 0; i++) {
		out[i] = iov[i];
		if (out[i].iov_len > n)
			out[i].iov_len = n;
		n -= out[i].iov_len;
	}
	return i;
}

ssize_t
writev(int fd, const struct iovec *iov, int count)
{
	struct iovec part[IOV_MAX_HERE];

	REAL(ssize_t, "writev", int, const struct iovec *, int);
	struct fate f = on_fd(fd, "writev", WRITES, total(iov, count));

	return f.fails ? -1
		       : after(f, real(fd, part, cut(part, iov, count, f.n)));
}

ssize_t
pwritev64(int fd, const struct iovec *iov, int count, off64_t offset)
{
	struct iovec part[IOV_MAX_HERE];

	REAL(ssize_t, "pwritev64", int, const struct iovec *, int, off64_t);
	struct fate f = on_fd(fd, "pwritev", WRITES, total(iov, count));

	return f.fails ? -1
		       : after(f, real(fd, part, cut(part, iov, count, f.n),
				      offset));
}

ssize_t
pwritev(int fd, const struct iovec *iov, int count, off_t offset)
{
	return pwritev64(fd, iov, count, offset);
}

ssize_t
pwritev64v2(int fd, const struct iovec *iov, int count, off64_t offset, int how)
{
	struct iovec part[IOV_MAX_HERE];

	REAL(ssize_t, "pwritev64v2", int, const struct iovec *, int, off64_t,
	    int);
	struct fate f = on_fd(fd, "pwritev2", WRITES, total(iov, count));

	return f.fails ? -1
		       : after(f, real(fd, part, cut(part, iov, count, f.n),
				      offset, how));
}

ssize_t
pwritev2(int fd, const struct iovec *iov, int count, off_t offset, int how)
{
	return pwritev64v2(fd, iov, count, offset, how);
}

int
fsync(int fd)
{
	REAL(int, "fsync", int);
	struct fate f = on_fd(fd, "fsync", SYNCS, 0);

	return f.fails ? -1 : real(fd);
}

int
fdatasync(int fd)
{
	REAL(int, "fdatasync", int);
	struct fate f = on_fd(fd, "fdatasync", SYNCS, 0);

	return f.fails ? -1 : real(fd);
}

int
ftruncate64(int fd, off64_t length)
{
	REAL(int, "ftruncate64", int, off64_t);
	struct fate f = on_fd(fd, "ftruncate", NAMES, 0);

	return f.fails ? -1 : real(fd, length);
}

int
ftruncate(int fd, off_t length)
{
	return ftruncate64(fd, length);
}

int
rename(const char *from, const char *to)
{
	REAL(int, "rename", const char *, const char *);
	return name_fails(AT_FDCWD, to, "rename") ? -1 : real(from, to);
}

int
renameat(int fromfd, const char *from, int tofd, const char *to)
{
	REAL(int, "renameat", int, const char *, int, const char *);
	return name_fails(tofd, to, "renameat") ? -1
						: real(fromfd, from, tofd, to);
}

int
renameat2(int fromfd, const char *from, int tofd, const char *to, unsigned how)
{
	REAL(int, "renameat2", int, const char *, int, const char *, unsigned);
	return name_fails(tofd, to, "renameat2")
		   ? -1
		   : real(fromfd, from, tofd, to, how);
}

int
link(const char *from, const char *to)
{
	REAL(int, "link", const char *, const char *);
	return name_fails(AT_FDCWD, to, "link") ? -1 : real(from, to);
}

int
linkat(int fromfd, const char *from, int tofd, const char *to, int how)
{
	REAL(int, "linkat", int, const char *, int, const char *, int);
	return name_fails(tofd, to, "linkat")
		   ? -1
		   : real(fromfd, from, tofd, to, how);
}

int
unlink(const char *name)
{
	REAL(int, "unlink", const char *);
	return name_fails(AT_FDCWD, name, "unlink") ? -1 : real(name);
}

int
unlinkat(int dirfd, const char *name, int how)
{
	REAL(int, "unlinkat", int, const char *, int);
	return name_fails(dirfd, name, "unlinkat") ? -1
						   : real(dirfd, name, how);
}

int
rmdir(const char *name)
{
	REAL(int, "rmdir", const char *);
	return name_fails(AT_FDCWD, name, "rmdir") ? -1 : real(name);
}

int
mkdir(const char *name, mode_t mode)
{
	REAL(int, "mkdir", const char *, mode_t);
	return name_fails(AT_FDCWD, name, "mkdir") ? -1 : real(name, mode);
}

int
mkdirat(int dirfd, const char *name, mode_t mode)
{
	REAL(int, "mkdirat", int, const char *, mode_t);
	return name_fails(dirfd, name, "mkdirat") ? -1
						  : real(dirfd, name, mode);
}
