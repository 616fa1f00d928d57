/*
 * failing.h - for tests in which each call of LMDB and of the file system fails
 * in turn. The functions below replace those of the libraries.
 */
#ifndef FAILING_H
#define FAILING_H
#include <dirent.h>
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#define MAP_FULL (-30792) /* MDB_MAP_FULL; only lib/index includes lmdb.h */

static atomic_long fail_at;    /* 1: the next call fails; 0: none */
static atomic_long calls;      /* of the functions below */
static atomic_long pack_syncs; /* of files in a folder pack/ */
static int fail_with = EIO;    /* errno, or MAP_FULL: only writes to a table */
static atomic_bool has_failed; /* since fail_at was set */
static const char *failed;     /* the name of the call */

static inline void
fail_call(long number, int error)
{
	atomic_store(&has_failed, false);
	fail_with = error;
	atomic_store(&fail_at, number);
}

/* Returns the error of a call that must fail, or 0. */
static inline int
failure(const char *name)
{
	atomic_fetch_add(&calls, 1);
	if (atomic_load(&fail_at) == 0 || atomic_fetch_sub(&fail_at, 1) != 1)
		return 0;
	atomic_store(&has_failed, true);
	failed = name;
	errno = fail_with;
	return fail_with;
}

#define NOT_FULL (fail_with != MAP_FULL)
/* Declares `real`, the function of that name in a library. */
#define REAL(name)                                                             \
	static __typeof__(name) *real;                                         \
	if (real == NULL)                                                      \
	*(void **)&real = dlsym(RTLD_NEXT, #name)

/* A function of LMDB, which returns the error. */
#define FAILING_MDB(name, params, args, fails)                                 \
	int name params;                                                       \
	int name params                                                        \
	{                                                                      \
		REAL(name);                                                    \
		int rc = (fails) ? failure(#name) : 0;                         \
		return rc != 0 ? rc : real args;                               \
	}
/* A function of the C library, which returns -1. */
#define FAILING_C(type, name, params, args)                                    \
	type name params                                                       \
	{                                                                      \
		REAL(name);                                                    \
		return NOT_FULL && failure(#name) != 0 ? -1 : real args;       \
	}

FAILING_MDB(mdb_env_open,
    (void *env, const char *path, unsigned flags, mode_t mode),
    (env, path, flags, mode), NOT_FULL)
FAILING_MDB(mdb_dbi_open,
    (void *t, const char *name, unsigned flags, unsigned *dbi),
    (t, name, flags, dbi), NOT_FULL)
FAILING_MDB(mdb_stat, (void *t, unsigned dbi, void *st), (t, dbi, st), NOT_FULL)
FAILING_MDB(mdb_get, (void *t, unsigned dbi, void *key, void *value),
    (t, dbi, key, value), NOT_FULL)
FAILING_MDB(
    mdb_cursor_open, (void *t, unsigned dbi, void **c), (t, dbi, c), NOT_FULL)

/* Does a failure of this operation of a cursor count? After MDB_GET_CURRENT,
 * MDB_LAST, MDB_NEXT and MDB_PREV, the index searches for the row if they
 * fail; but not if the search ends with MDB_PREV. */
static inline bool
cursor_fails(unsigned op)
{
	static _Thread_local unsigned last;
	bool searching = last == 17; /* MDB_SET_RANGE */

	last = op;
	return op != 4 && op != 6 && op != 8 && (op != 12 || searching);
}

FAILING_MDB(mdb_cursor_get, (void *c, void *key, void *value, unsigned op),
    (c, key, value, op), cursor_fails(op) && NOT_FULL)
FAILING_MDB(mdb_put,
    (void *t, unsigned dbi, void *key, void *value, unsigned flags),
    (t, dbi, key, value, flags), true)
FAILING_MDB(mdb_cursor_put, (void *c, void *key, void *value, unsigned flags),
    (c, key, value, flags), true)
FAILING_MDB(mdb_del, (void *t, unsigned dbi, void *key, void *value),
    (t, dbi, key, value), true)

static _Thread_local bool txn_writes; /* the last transaction */
static _Thread_local bool
    in_commit;             /* a commit that fails ends the transaction */
static atomic_long txns;   /* that are open */
static atomic_long writes; /* transactions that can write, so far */

int mdb_txn_begin(void *env, void *parent, unsigned flags, void **t);
int
mdb_txn_begin(void *env, void *parent, unsigned flags, void **t)
{
	REAL(mdb_txn_begin);
	int rc = NOT_FULL ? failure("mdb_txn_begin") : 0;

	txn_writes = (flags & 0x20000) == 0; /* MDB_RDONLY */
	if (rc == 0)
		rc = real(env, parent, flags, t);
	txns += rc == 0;
	writes += rc == 0 && txn_writes;
	return rc;
}

void mdb_txn_abort(void *t);
void
mdb_txn_abort(void *t)
{
	REAL(mdb_txn_abort);

	txns -= !in_commit;
	real(t);
}

int mdb_txn_commit(void *t);
int
mdb_txn_commit(void *t)
{
	REAL(mdb_txn_commit);
	int rc = NOT_FULL || txn_writes ? failure("mdb_txn_commit") : 0;

	if (rc != 0) {
		mdb_txn_abort(t);
		return rc;
	}
	in_commit = true;
	rc = real(t);
	in_commit = false;
	txns--;
	return rc;
}

/* Is this the folder pack/, or a file in it? */
static inline bool
of_packs(int fd)
{
	char link[64], path[256] = "";
	ssize_t n;

	snprintf(link, sizeof(link), "/proc/self/fd/%d", fd);
	n = readlink(link, path, sizeof(path) - 2);
	if (n > 0)
		path[n] = '/';
	return strstr(path, "/pack/") != NULL;
}

static _Thread_local DIR *pack_dir; /* pack/ while it is read */

/* Other folders are only read to remove leftovers. */
DIR *
fdopendir(int fd)
{
	REAL(fdopendir);
	const bool of = of_packs(fd);
	DIR *d;

	if (NOT_FULL && of && failure("fdopendir") != 0)
		return NULL;
	d = real(fd);
	if (of)
		pack_dir = d;
	return d;
}

struct dirent *
readdir(DIR *d)
{
	REAL(readdir);
	return NOT_FULL && d == pack_dir && failure("readdir") != 0 ? NULL
								    : real(d);
}

int
closedir(DIR *d)
{
	REAL(closedir);
	if (d == pack_dir)
		pack_dir = NULL;
	return real(d);
}

FAILING_C(ssize_t, pread, (int fd, void *p, size_t n, off_t at), (fd, p, n, at))
FAILING_C(ssize_t, pwrite, (int fd, const void *p, size_t n, off_t at),
    (fd, p, n, at))
FAILING_C(int, fstat, (int fd, struct stat *st), (fd, st))
FAILING_C(int, fsync, (int fd), (fd))

int
fdatasync(int fd)
{
	REAL(fdatasync);
	if (of_packs(fd))
		atomic_fetch_add(&pack_syncs, 1);
	return NOT_FULL && failure("fdatasync") != 0 ? -1 : real(fd);
}

FAILING_C(int, ftruncate, (int fd, off_t n), (fd, n))
FAILING_C(int, renameat, (int a, const char *from, int b, const char *to),
    (a, from, b, to))
FAILING_C(int, renameat2,
    (int a, const char *from, int b, const char *to, unsigned flags),
    (a, from, b, to, flags))

/* A folder that exists is not made again. */
int
mkdir(const char *path, mode_t mode)
{
	REAL(mkdir);
	return NOT_FULL && access(path, F_OK) != 0 && failure("mkdir") != 0
		   ? -1
		   : real(path, mode);
}

FAILING_C(
    int, mkdirat, (int fd, const char *path, mode_t mode), (fd, path, mode))
FAILING_C(int, fchmod, (int fd, mode_t mode), (fd, mode))

/* Unlocking does not fail. */
int
flock(int fd, int how)
{
	REAL(flock);
	return how != LOCK_UN && NOT_FULL && failure("flock") != 0
		   ? -1
		   : real(fd, how);
}

/* O_NOFOLLOW: the call removes leftovers, which the next writer can do, too. */
int
openat(int dir, const char *path, int flags, ...)
{
	REAL(openat);
	va_list args;
	mode_t mode;

	va_start(args, flags);
	mode = (flags & (O_CREAT | O_TMPFILE)) != 0 ? va_arg(args, mode_t) : 0;
	va_end(args);
	return NOT_FULL && (flags & O_NOFOLLOW) == 0 && failure("openat") != 0
		   ? -1
		   : real(dir, path, flags, mode);
}

#endif
