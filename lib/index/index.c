/* index.c - the LMDB environment. ms-archive(5), Index. */
#include "index.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sysexits.h>
#include <time.h>
#include <unistd.h>

#include "impl.h"
#include "le.h"

#define MAP_SIZE ((size_t)64 << 30)
#define MAP_LEAST ((size_t)1 << 20)
#define READERS 1022
#define LOCK_BYTES 65536 /* size of lock.mdb for that many readers */

/* ---- a damaged index crashes LMDB ---- */

static const int crash_signals[] = {SIGSEGV, SIGBUS, SIGABRT};
static pthread_mutex_t open_lock = PTHREAD_MUTEX_INITIALIZER;
static int open_count;

static void
crashed(int sig)
{
	static const char msg[] =
	    "index: damaged; run ms-verify --rebuild-index\n";

	(void)sig;
	(void)!write(STDERR_FILENO, msg, sizeof(msg) - 1);
	_exit(EX_DATAERR);
}

/* Sanitizers give a better report of a crash. */
#if defined(__SANITIZE_ADDRESS__)
#define CATCH_CRASHES 0
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define CATCH_CRASHES 0
#endif
#endif
#ifndef CATCH_CRASHES
#define CATCH_CRASHES 1
#endif

static void
count_open(int by)
{
	struct sigaction sa = {.sa_flags = SA_RESETHAND};
	size_t i;

	pthread_mutex_lock(&open_lock);
	open_count += by;
	if (CATCH_CRASHES && (open_count == 0 || (by > 0 && open_count == 1))) {
		sa.sa_handler = open_count > 0 ? crashed : SIG_DFL;
		for (i = 0; i < 3; i++)
			sigaction(crash_signals[i], &sa, NULL);
	}
	pthread_mutex_unlock(&open_lock);
}

/* ---- the environment ---- */

static size_t
map_size(const struct stat *st)
{
	const char *s = getenv("MS_INDEX_MAP");
	size_t n = s != NULL ? strtoul(s, NULL, 10) : 0;

	if (n >= MAP_LEAST)
		return n;
	n = (size_t)st->st_size * 4;
	return n > MAP_SIZE ? n : MAP_SIZE;
}

/*
 * LMDB creates lock.mdb as a sparse file, and a full disk then ends the program
 * with SIGBUS, so its blocks are allocated here. Other errors are left to LMDB.
 * A file that is complete is not opened: closing it would drop the locks of
 * another environment of this process.
 */
static int
reserve_lock(const struct ms_index *ix, struct ms_err *err)
{
	struct ms_buf path = {0};
	struct stat st;
	int fd = -1, rc = 0;

	ms_buf_printf(&path, "%s/lock.mdb", ix->path);
	if (stat(ms_buf_str(&path), &st) != 0 || st.st_size < LOCK_BYTES ||
	    st.st_blocks * 512 < LOCK_BYTES)
		fd =
		    open(ms_buf_str(&path), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	if (fd >= 0) {
		rc = fallocate(fd, 0, 0, LOCK_BYTES);
		if (rc < 0 && errno != ENOSPC && errno != EDQUOT)
			rc = 0;
		if (rc < 0)
			ms_fail_errno(err, "index");
		close(fd);
	}
	ms_buf_release(&path);
	return rc;
}

/*
 * Opens the environment, with a smaller map if the address space is limited
 * (ulimit -v, valgrind).
 */
static int
open_env(struct ms_index *ix, const struct stat *st, struct ms_err *err)
{
	unsigned flags = MDB_NOTLS | MDB_NOMETASYNC;
	size_t size = map_size(st);
	int rc;

	if (ix->read_only)
		flags |= MDB_RDONLY;
	ix->no_locks = false;
	if (reserve_lock(ix, err) < 0) {
		if (!ix->read_only)
			return -1;
		ix->no_locks = true;
		flags |= MDB_NOLOCK;
	}
	for (;;) {
		rc = mdb_env_create(&ix->env);
		if (rc != 0)
			return ms_lmdb_fail(rc, err);
		mdb_env_set_maxdbs(ix->env, MS_TABLES);
		mdb_env_set_maxreaders(ix->env, READERS);
		mdb_env_set_mapsize(ix->env, size);
		rc = mdb_env_open(ix->env, ix->path, flags, 0600);
		if (rc == 0)
			break;
		mdb_env_close(ix->env);
		ix->env = NULL;
		if ((rc == ENOMEM || rc == EINVAL) && size / 2 >= MAP_LEAST) {
			/* valgrind returns EINVAL */
			size /= 2;
		} else if ((rc == EACCES || rc == EROFS) && ix->read_only &&
			   !ix->no_locks) {
			ix->no_locks = true;
			flags |= MDB_NOLOCK;
		} else {
			return ms_lmdb_fail(rc, err);
		}
	}
	if (access(ix->path, W_OK) != 0 && errno == EROFS)
		ix->no_locks = true;
	if (!ix->no_locks)
		mdb_reader_check(ix->env, &(int){0});
	return 0;
}

int
ms_index_begin_mdb(struct ms_index *ix, unsigned flags, MDB_txn **t)
{
	struct timespec wait = {0, 20 * 1000 * 1000};
	int rc, i;

	/* EAGAIN: the reader table is locked by a process of another
	 * container with the same process id; it holds the lock only briefly.
	 */
	for (i = 0; i < 100; i++) {
		rc = mdb_txn_begin(ix->env, NULL, flags, t);
		if (rc == MDB_READERS_FULL && i == 0)
			mdb_reader_check(ix->env, &(int){0});
		else if (rc != EAGAIN)
			break;
		if (i > 0)
			nanosleep(&wait, NULL);
	}
	return rc;
}

/*
 * Checks the version, and that the index belongs to the same archive as when it
 * was first opened: a foreign index that has replaced the files must not be
 * used to decide which mail is stored already.
 */
static int
check_meta(struct ms_txn *txn, struct ms_err *err)
{
	struct ms_index *ix = txn->ix;
	unsigned char id[MS_ID_LEN];
	struct ms_position pos;
	struct ms_slice v;
	int got;

	got = ms_index_get(txn, MS_TABLE_META, "version", 7, &v, err);
	if (got < 0)
		return -1;
	if (got == 0 || v.n != 4 || ms_le32(v.p) != MS_INDEX_VERSION)
		return ms_fail(err, MS_NOINPUT, "index: another version");
	if (ms_index_archive(txn, id, err) < 0)
		return -1;
	if (ix->has_archive && memcmp(id, ix->archive, sizeof(id)) != 0)
		return ms_fail(err, MS_DATA,
		    "index: belongs to other packs (another archive); run "
		    "ms-verify --rebuild-index");
	memcpy(ix->archive, id, sizeof(id));
	ix->has_archive = true;
	if (ix->guard == NULL)
		return 0;
	if (ms_index_position(txn, &pos, err) < 0)
		return -1;
	return ix->guard(ix->guard_ctx, &pos, err);
}

/* A new index belongs to ix->archive. */
static int
put_meta(struct ms_txn *txn, struct ms_err *err)
{
	unsigned char version[4];

	ms_put_le32(version, MS_INDEX_VERSION);
	if (ms_index_put(txn, MS_TABLE_META, "version", 7, version,
		sizeof(version), err) < 0)
		return -1;
	return ms_index_put(
	    txn, MS_TABLE_META, "archive", 7, txn->ix->archive, MS_ID_LEN, err);
}

static int
open_tables(struct ms_index *ix, bool make, struct ms_err *err)
{
	unsigned flags = make ? 0 : MDB_RDONLY;
	struct ms_txn txn;
	MDB_txn *t;
	int rc, i;

	rc = ms_index_begin_mdb(ix, flags, &t);
	if (rc == MDB_MAP_RESIZED) {
		mdb_env_set_mapsize(ix->env, 0);
		rc = ms_index_begin_mdb(ix, flags, &t);
	}
	if (rc == EAGAIN)
		return ms_fail(err, MS_TEMP,
		    "index: cannot be locked for reading; do not use the "
		    "archive from two containers at once");
	if (rc != 0)
		return ms_lmdb_fail(rc, err);
	for (i = 0; i < MS_TABLES; i++) {
		rc = mdb_dbi_open(t, ms_tables[i].name,
		    ms_tables[i].flags | (make ? MDB_CREATE : 0), &ix->dbi[i]);
		if (rc != 0) {
			mdb_txn_abort(t);
			if (rc == MDB_NOTFOUND)
				return ms_fail(err, MS_NOINPUT,
				    "index: table %s is missing",
				    ms_tables[i].name);
			return ms_lmdb_fail(rc, err);
		}
	}
	txn = (struct ms_txn){.t = t, .ix = ix};
	if ((make ? put_meta(&txn, err) : check_meta(&txn, err)) < 0) {
		mdb_txn_abort(t);
		return -1;
	}
	rc = mdb_txn_commit(t);
	return rc == 0 ? 0 : ms_lmdb_fail(rc, err);
}

int
ms_index_stat(struct ms_index *ix, struct stat *st)
{
	char path[4200];

	snprintf(path, sizeof(path), "%s/data.mdb", ix->path);
	return stat(path, st);
}

void
ms_index_close_env(struct ms_index *ix)
{
	if (ix->env != NULL)
		mdb_env_close(ix->env);
	ix->env = NULL;
}

int
ms_index_open_env(struct ms_index *ix, bool make, struct ms_err *err)
{
	struct stat st = {0};

	if (!make) {
		if (ms_index_stat(ix, &st) < 0)
			return ms_fail_errno(err, "index");
		if (st.st_size == 0)
			return ms_fail(err, MS_NOINPUT, "index: empty");
	}
	if (open_env(ix, &st, err) < 0)
		return -1;
	if (ms_index_stat(ix, &st) < 0)
		return ms_fail_errno(err, "index");
	ix->dev = st.st_dev;
	ix->ino = st.st_ino;
	return open_tables(ix, make, err);
}

static struct ms_index *
new_index(const char *path, const char *below, bool read_only)
{
	struct ms_index *ix = ms_xcalloc(1, sizeof(*ix));
	struct ms_buf b = {0};

	ms_buf_printf(&b, "%s%s", path, below);
	ix->path = ms_buf_str(&b);
	ix->read_only = read_only;
	pthread_rwlock_init(&ix->lock, NULL);
	count_open(1);
	return ix;
}

int
ms_index_open(struct ms_index **out, const char *archive, bool read_only,
    struct ms_err *err)
{
	struct ms_index *ix = new_index(archive, "/index", read_only);

	if (ms_index_open_env(ix, false, err) < 0) {
		ms_index_close(ix);
		return -1;
	}
	*out = ix;
	return 0;
}

int
ms_index_create(struct ms_index **out, const char *path,
    const unsigned char archive_id[MS_ID_LEN], struct ms_err *err)
{
	struct ms_index *ix;

	if (mkdir(path, 0700) < 0)
		return ms_fail_errno(err, "%s", path);
	ix = new_index(path, "", false);
	memcpy(ix->archive, archive_id, MS_ID_LEN);
	ix->has_archive = true;
	if (ms_index_open_env(ix, true, err) < 0) {
		ms_index_close(ix);
		return -1;
	}
	*out = ix;
	return 0;
}

void
ms_index_close(struct ms_index *ix)
{
	if (ix == NULL)
		return;
	ms_index_close_env(ix);
	pthread_rwlock_destroy(&ix->lock);
	free(ix->path);
	free(ix);
	count_open(-1);
}

void
ms_index_guard(struct ms_index *ix, ms_index_guard_fn *guard, void *ctx)
{
	ix->guard = guard;
	ix->guard_ctx = ctx;
}

unsigned
ms_index_exchanged(const struct ms_index *ix)
{
	return ix->exchanged;
}
