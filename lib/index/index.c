/* index.c - the LMDB environment. ms-archive(5), Index. */
#include "index.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "impl.h"
#include "le.h"

#define MAP_SIZE ((size_t)64 << 30)
#define MAP_LEAST ((size_t)1 << 20)
#define READERS 1022
#define OPEN_TRIES 16    /* while the index is replaced */
#define LOCK_BYTES 65536 /* size of lock.mdb for that many readers */

/* ---- the environment ---- */

static size_t
map_size(const struct stat *st)
{
	const char *s = getenv("MS_INDEX_MAP");
	size_t n = s != NULL ? strtoul(s, NULL, 10) : 0;
	struct rlimit limit;

	if (n >= MAP_LEAST)
		return n;
	n = (size_t)st->st_size * 4;
	if (n < MAP_SIZE)
		n = MAP_SIZE;
	/* The rest of a limited address space is for other memory. */
	if (getrlimit(RLIMIT_AS, &limit) == 0 &&
	    limit.rlim_cur != RLIM_INFINITY)
		while (n > limit.rlim_cur / 4 && n / 2 >= MAP_LEAST &&
		       n / 2 >= (size_t)st->st_size)
			n /= 2;
	return n;
}

/* LMDB would follow them. */
static int
check_links(const struct ms_index *ix, struct ms_err *err)
{
	static const char *const parts[] = {"", "/data.mdb", "/lock.mdb"};
	struct stat st;
	int rc = 0;

	for (size_t i = 0; i < 3 && rc == 0; i++) {
		struct ms_buf path = {0};

		ms_buf_printf(&path, "%s%s", ix->path, parts[i]);
		if (lstat(ms_buf_str(&path), &st) == 0 && S_ISLNK(st.st_mode))
			rc =
			    ms_fail(err, MS_IO, "index%s: is a link", parts[i]);
		ms_buf_release(&path);
	}
	return rc;
}

/* Whether the lock file of another user, or a link, would be written. */
static bool
is_foreign(const struct ms_index *ix)
{
	struct ms_buf path = {0};
	struct stat st;
	bool foreign;

	ms_buf_printf(&path, "%s/lock.mdb", ix->path);
	foreign = lstat(ms_buf_str(&path), &st) != 0 || !S_ISREG(st.st_mode) ||
		  st.st_uid != geteuid();
	ms_buf_release(&path);
	return foreign;
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
		fd = open(ms_buf_str(&path),
		    O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0600);
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
 * Each of the first two pages of the file has a header, with the page size at
 * 40 and the number of the last page at 136. LMDB maps as many pages as there
 * are by these numbers, and reports what cannot be mapped as a lack of memory,
 * or crashes.
 */
#define HEADER_LEN 152
#define PAGE_LEAST 256
#define PAGE_MOST 65536

static bool
is_header(const unsigned char *p, size_t page, const struct stat *st)
{
	uint64_t last = ms_le64(p + 136);

	return page >= PAGE_LEAST && page <= PAGE_MOST &&
	       (page & (page - 1)) == 0 && ms_le32(p + 40) == page &&
	       last <= ((uint64_t)st->st_size + MAP_SIZE) / page * 4;
}

/* Checks both headers. An index that is being created has none. */
static int
check_header(
    const struct ms_index *ix, const struct stat *st, struct ms_err *err)
{
	unsigned char p[HEADER_LEN];
	struct ms_buf path = {0};
	size_t page = 0, i;
	int fd, rc = 0;
	ssize_t n;

	ms_buf_printf(&path, "%s/data.mdb", ix->path);
	fd = open(ms_buf_str(&path), O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
	if (fd < 0 && errno != ENOENT)
		rc = ms_fail_errno(err, "index");
	for (i = 0; i < 2 && rc == 0 && fd >= 0; i++) {
		n = pread(fd, p, sizeof(p), (off_t)(i * page));
		if (n < 0)
			rc = ms_fail_errno(err, "index");
		if (n != (ssize_t)sizeof(p))
			break;
		if (i == 0)
			page = ms_le32(p + 40);
		if (!is_header(p, page, st))
			rc = ms_index_damaged(err, "header");
	}
	if (fd >= 0)
		close(fd);
	ms_buf_release(&path);
	return rc;
}

struct open_env {
	struct ms_index *ix;
	unsigned flags;
};

static int
call_env_open(void *ctx)
{
	struct open_env *o = ctx;

	return mdb_env_open(o->ix->env, o->ix->path, o->flags, 0600);
}

static int
guarded_env_open(struct ms_index *ix, unsigned flags)
{
	struct open_env o = {ix, flags};
	int rc = ms_index_guarded(call_env_open, &o);

	/* After a crash, what is open cannot be closed. */
	if (rc != 0 && rc != MDB_PANIC)
		mdb_env_close(ix->env);
	if (rc != 0)
		ix->env = NULL;
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
	if (check_links(ix, err) < 0 || check_header(ix, st, err) < 0)
		return -1;
	if (ix->read_only && is_foreign(ix)) {
		ix->no_locks = true;
		flags |= MDB_NOLOCK;
	} else if (reserve_lock(ix, err) < 0) {
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
		rc = guarded_env_open(ix, flags);
		if (rc == 0)
			break;
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

struct begin_txn {
	struct ms_index *ix;
	unsigned flags;
	MDB_txn **t;
};

static int
call_begin(void *ctx)
{
	struct begin_txn *b = ctx;

	return mdb_txn_begin(b->ix->env, NULL, b->flags, b->t);
}

int
ms_index_begin_mdb(struct ms_index *ix, unsigned flags, MDB_txn **t)
{
	struct timespec wait = {0, 20 * 1000 * 1000};
	struct begin_txn b = {ix, flags, t};
	int rc, i;

	/* EAGAIN: the reader table is locked by a process of another
	 * container with the same process id; it holds the lock only briefly.
	 */
	for (i = 0; i < 100; i++) {
		rc = ms_index_guarded(call_begin, &b);
		if (rc == MDB_READERS_FULL && i == 0)
			mdb_reader_check(ix->env, &(int){0});
		else if (rc != EAGAIN)
			break;
		if (i > 0)
			nanosleep(&wait, NULL);
	}
	if (rc == MDB_PANIC && (flags & MDB_RDONLY) == 0)
		ix->crashed = true;
	return rc;
}

/* Sets what depends on the version of an index. An earlier version has no
 * checksum after the version. */
static int
read_version(struct ms_txn *txn, uint32_t *version, struct ms_err *err)
{
	struct ms_index *ix = txn->ix;
	struct ms_slice v;
	int got;

	ix->no_checks = ix->any_version;
	ix->label_fixed = 8;
	got = ms_index_get(txn, MS_TABLE_META, "version", 7, &v, err);
	if (got < 0)
		return -1;
	*version = got == 1 && v.n >= 4 ? ms_le32(v.p) : 0;
	if (*version > MS_INDEX_VERSION || *version < MS_INDEX_OLDEST ||
	    (*version != MS_INDEX_VERSION && !ix->any_version))
		return ms_fail(err, MS_NOINPUT, "index: another version");
	ix->no_checks = *version < 6;
	ix->label_fixed = *version < 9 ? 0 : 8;
	ix->no_changes = *version < 14;
	return 0;
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
	uint32_t version;

	if (read_version(txn, &version, err) < 0 ||
	    ms_index_archive(txn, id, err) < 0)
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

	txn->ix->label_fixed = 8;
	ms_put_le32(version, MS_INDEX_VERSION);
	if (ms_index_put(txn, MS_TABLE_META, "version", 7, version,
		sizeof(version), err) < 0)
		return -1;
	return ms_index_put(
	    txn, MS_TABLE_META, "archive", 7, txn->ix->archive, MS_ID_LEN, err);
}

struct open_table {
	struct ms_index *ix;
	MDB_txn *t;
	int table;
	unsigned flags;
};

static int
call_open(void *ctx)
{
	struct open_table *o = ctx;
	const struct ms_table_def *def = &ms_tables[o->table];

	return mdb_dbi_open(
	    o->t, def->name, def->flags | o->flags, &o->ix->dbi[o->table]);
}

static int
open_table(struct ms_index *ix, MDB_txn *t, int table, unsigned flags)
{
	struct open_table o = {ix, t, table, flags};

	return ms_index_guarded(call_open, &o);
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
		rc = open_table(ix, t, i, make ? MDB_CREATE : 0);
		if (rc == MDB_NOTFOUND && ix->any_version)
			continue;
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
	if (ix->env != NULL && !ix->crashed)
		mdb_env_close(ix->env);
	ix->env = NULL;
}

static int
open_env_once(struct ms_index *ix, bool make, struct ms_err *err)
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
	return 0;
}

/*
 * LMDB opens two files, lock.mdb and data.mdb. If the folder is replaced
 * between the two, they do not belong together: no writer would see this
 * reader, nor this reader what is committed. So the folder must be the same
 * afterwards.
 */
int
ms_index_open_env(struct ms_index *ix, bool make, struct ms_err *err)
{
	struct stat before, after;
	int rc, i;

	for (i = 0; i < MS_ID_PARTS / 64; i++)
		atomic_store(&ix->ids_checked[i], 0);
	for (i = 0; i < MS_PARTS_CHECKED; i++)
		atomic_store(&ix->parts_checked[i], 0);
	atomic_store(&ix->tables_checked, 0);
	for (i = 0; i < OPEN_TRIES; i++) {
		if (stat(ix->path, &before) < 0)
			return ms_fail_errno(err, "index");
		rc = open_env_once(ix, make, err);
		if (stat(ix->path, &after) == 0 &&
		    before.st_ino == after.st_ino &&
		    before.st_dev == after.st_dev)
			return rc < 0 ? -1 : open_tables(ix, make, err);
		ms_index_close_env(ix);
	}
	return ms_fail(
	    err, MS_TEMP, "index: is replaced again and again; try again");
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
	ms_index_catch_crashes(1);
	return ix;
}

static int
open_index(struct ms_index **out, const char *archive, bool read_only,
    bool any_version, struct ms_err *err)
{
	struct ms_index *ix = new_index(archive, "/index", read_only);

	ix->any_version = any_version;
	if (ms_index_open_env(ix, false, err) < 0) {
		ms_index_close(ix);
		return -1;
	}
	*out = ix;
	return 0;
}

int
ms_index_open(struct ms_index **out, const char *archive, bool read_only,
    struct ms_err *err)
{
	return open_index(out, archive, read_only, false, err);
}

int
ms_index_open_old(
    struct ms_index **out, const char *archive, struct ms_err *err)
{
	return open_index(out, archive, false, true, err);
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
	ms_index_catch_crashes(-1);
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
