/* txn.c - transactions; another process may replace or enlarge the index
 * between two of them. ms-archive(5), Index. */
#include <errno.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statvfs.h>

#include "impl.h"

#define WRITE_MAX ((size_t)1 << 20) /* bytes; LMDB writes less at once */

/* Is there no environment, or was its file replaced? A file that was deleted is
 * still served from the map. */
static bool
is_replaced(struct ms_index *ix)
{
	struct stat st;

	return ix->env == NULL ||
	       (ms_index_stat(ix, &st) == 0 &&
		   (st.st_ino != ix->ino || st.st_dev != ix->dev));
}

static int
reopen(struct ms_index *ix, struct ms_err *err)
{
	struct ms_err why = {0};
	int rc = 0;

	pthread_rwlock_wrlock(&ix->lock);
	/* Another thread may have done it. */
	if (!is_replaced(ix))
		goto out;
	ms_index_close_env(ix);
	rc = ms_index_open_env(ix, false, &why);
	ix->exchanged++;
	if (rc < 0)
		ms_index_close_env(ix);
out:
	pthread_rwlock_unlock(&ix->lock);
	/* It is being replaced just now, or was replaced by another version. */
	if (rc < 0 && why.code == MS_NOINPUT)
		why.code = MS_TEMP;
	if (rc < 0 && err != NULL)
		*err = why;
	return rc;
}

static void
follow_resize(struct ms_index *ix)
{
	pthread_rwlock_wrlock(&ix->lock);
	if (ix->env != NULL)
		mdb_env_set_mapsize(ix->env, 0);
	pthread_rwlock_unlock(&ix->lock);
}

static int
begin(
    struct ms_index *ix, struct ms_txn *txn, unsigned flags, struct ms_err *err)
{
	int rc;

	*txn = (struct ms_txn){.ix = ix, .write = (flags & MDB_RDONLY) == 0};
	for (;;) {
		if (ix->crashed)
			return ms_index_damaged(err, "it crashed LMDB");
		pthread_rwlock_rdlock(&ix->lock);
		if (is_replaced(ix)) {
			pthread_rwlock_unlock(&ix->lock);
			if (reopen(ix, err) < 0)
				return -1;
			continue;
		}
		rc = ms_index_begin_mdb(ix, flags, &txn->t);
		if (rc == 0)
			break;
		pthread_rwlock_unlock(&ix->lock);
		if (rc == MDB_MAP_RESIZED) {
			follow_resize(ix);
			continue;
		}
		if (rc == EAGAIN)
			return ms_fail(err, MS_TEMP,
			    "index: cannot be locked for reading; try again");
		return ms_lmdb_fail(rc, err);
	}
	txn->id_before = mdb_txn_id(txn->t);
	return 0;
}

int
ms_index_begin(struct ms_index *ix, struct ms_txn *txn, struct ms_err *err)
{
	return begin(ix, txn, MDB_RDONLY, err);
}

static void
close_cursors(struct ms_txn *txn)
{
	int i;

	for (i = 0; i < MS_TABLES; i++)
		if (txn->cursor[i] != NULL)
			mdb_cursor_close(txn->cursor[i]);
	memset(txn->cursor, 0, sizeof(txn->cursor));
}

int
ms_index_end(struct ms_txn *txn)
{
	struct ms_index *ix = txn->ix;
	MDB_envinfo info;
	int stale = 0;

	close_cursors(txn);
	mdb_txn_abort(txn->t);
	if (ix->no_locks && mdb_env_info(ix->env, &info) == 0)
		stale = info.me_last_txnid != txn->id_before;
	txn->t = NULL;
	pthread_rwlock_unlock(&ix->lock);
	return stale;
}

int
ms_index_begin_write(
    struct ms_index *ix, struct ms_txn *txn, struct ms_err *err)
{
	if (begin(ix, txn, 0, err) < 0)
		return -1;
	if (ms_totals_begin(txn, err) == 0)
		return 0;
	ms_index_abort(txn);
	return -1;
}

/* LMDB reports a short write as EIO, but the usual cause is a full disk. */
static bool
disk_is_full(MDB_env *env)
{
	struct statvfs fs;
	mdb_filehandle_t fd;

	return mdb_env_get_fd(env, &fd) == 0 && fstatvfs(fd, &fs) == 0 &&
	       fs.f_bavail < WRITE_MAX / fs.f_frsize;
}

static int
call_commit(void *ctx)
{
	return mdb_txn_commit(ctx);
}

int
ms_index_commit(struct ms_txn *txn, struct ms_err *err)
{
	int rc;

	if (ms_totals_store(txn, err) < 0) {
		ms_index_abort(txn);
		return -1;
	}
	ms_totals_free(txn);
	close_cursors(txn);
	rc = ms_index_guarded(call_commit, txn->t);
	if (rc == MDB_PANIC)
		txn->ix->crashed = true;
	if (rc == EIO && disk_is_full(txn->ix->env))
		rc = ENOSPC;
	txn->t = NULL;
	pthread_rwlock_unlock(&txn->ix->lock);
	if (rc == MDB_MAP_FULL)
		txn->full = true;
	return rc == 0 ? 0 : ms_lmdb_fail(rc, err);
}

void
ms_index_abort(struct ms_txn *txn)
{
	ms_totals_free(txn);
	if (!txn->ix->crashed) {
		close_cursors(txn);
		mdb_txn_abort(txn->t);
	}
	txn->t = NULL;
	pthread_rwlock_unlock(&txn->ix->lock);
}

int
ms_index_grow(struct ms_index *ix, struct ms_err *err)
{
	MDB_envinfo info;
	int rc;

	pthread_rwlock_wrlock(&ix->lock);
	rc = mdb_env_info(ix->env, &info);
	if (rc == 0)
		rc = mdb_env_set_mapsize(ix->env, info.me_mapsize * 2);
	pthread_rwlock_unlock(&ix->lock);
	return rc == 0 ? 0 : ms_lmdb_fail(rc, err);
}
