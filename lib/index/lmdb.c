/* lmdb.c - the tables in LMDB: their rows read, written and deleted.
 * ms-archive(5), Index. */
#include <errno.h>

#include "impl.h"

const struct ms_table_def ms_tables[MS_TABLES] = {
    [MS_TABLE_META] = {"meta", 0},
    [MS_TABLE_BLOCK] = {"block", 0},
    [MS_TABLE_MESSAGE] = {"message", 0},
    [MS_TABLE_ID] = {"id", MDB_DUPSORT | MDB_DUPFIXED},
    [MS_TABLE_BLOB] = {"blob", MDB_DUPSORT | MDB_DUPFIXED},
    [MS_TABLE_OCCURRENCE] = {"occurrence", 0},
    [MS_TABLE_MESSAGE_FOLDERS] = {"held", 0},
    [MS_TABLE_PLACE] = {"place", 0},
    [MS_TABLE_MOVED] = {"moved", 0},
    [MS_TABLE_NAME] = {"name", 0},
    [MS_TABLE_USER] = {"user", 0},
    [MS_TABLE_SOURCE] = {"source", 0},
    [MS_TABLE_FOLDER] = {"folder", 0},
    [MS_TABLE_LABEL] = {"label", 0},
    [MS_TABLE_MISSING_BLOBS] = {"lacks", MDB_DUPSORT | MDB_DUPFIXED},
    [MS_TABLE_MISSING_MESSAGES] = {"lost", MDB_DUPSORT | MDB_DUPFIXED},
    [MS_TABLE_RECORD_ROWS] = {"object", 0},
    [MS_TABLE_EVENT] = {"event", 0},
};

int
ms_index_damaged(struct ms_err *err, const char *what)
{
	return ms_fail(err, MS_DATA,
	    "index: damaged (%s); run ms-verify --rebuild-index", what);
}

int
ms_lmdb_fail(int rc, struct ms_err *err)
{
	if (rc > 0) {
		errno = rc;
		return ms_fail_errno(err, "index");
	}
	switch (rc) {
	case MDB_MAP_FULL:
	case MDB_READERS_FULL:
	case MDB_TXN_FULL:
		return ms_fail(err, MS_TEMP, "index: %s", mdb_strerror(rc));
	default:
		return ms_index_damaged(err, mdb_strerror(rc));
	}
}

int
ms_index_get(struct ms_txn *txn, enum ms_table table, const void *key,
    size_t key_n, struct ms_slice *value, struct ms_err *err)
{
	MDB_val k = {key_n, (void *)key}, v;
	int rc = mdb_get(txn->t, txn->ix->dbi[table], &k, &v);

	*value = (struct ms_slice){0};
	if (rc == MDB_NOTFOUND)
		return 0;
	if (rc != 0)
		return ms_lmdb_fail(rc, err);
	*value = (struct ms_slice){v.mv_data, v.mv_size};
	return 1;
}

int
ms_index_seek(struct ms_txn *txn, enum ms_table table, MDB_cursor_op op,
    MDB_val *key, MDB_val *value, struct ms_err *err)
{
	MDB_cursor **c = &txn->cursor[table];
	int rc = 0;

	if (*c == NULL)
		rc = mdb_cursor_open(txn->t, txn->ix->dbi[table], c);
	if (rc == 0)
		rc = mdb_cursor_get(*c, key, value, op);
	if (rc == MDB_NOTFOUND)
		return 0;
	if (rc != 0)
		return ms_failed(ms_lmdb_fail(rc, err));
	return 1;
}

/* The result of a write to a table. */
static int
written(struct ms_txn *txn, int rc, struct ms_err *err)
{
	if (rc == MDB_MAP_FULL)
		txn->full = true;
	return rc == 0 ? 0 : ms_lmdb_fail(rc, err);
}

int
ms_index_put(struct ms_txn *txn, enum ms_table table, const void *key,
    size_t key_n, const void *value, size_t value_n, struct ms_err *err)
{
	MDB_val k = {key_n, (void *)key}, v = {value_n, (void *)value};

	return written(
	    txn, mdb_put(txn->t, txn->ix->dbi[table], &k, &v, 0), err);
}

int
ms_index_delete(struct ms_txn *txn, enum ms_table table, const void *key,
    size_t key_n, struct ms_err *err)
{
	MDB_val k = {key_n, (void *)key};
	int rc = mdb_del(txn->t, txn->ix->dbi[table], &k, NULL);

	return written(txn, rc == MDB_NOTFOUND ? 0 : rc, err);
}

int
ms_index_delete_value(struct ms_txn *txn, enum ms_table table, const void *key,
    size_t key_n, const void *value, size_t value_n, struct ms_err *err)
{
	MDB_val k = {key_n, (void *)key}, v = {value_n, (void *)value};

	return written(txn, mdb_del(txn->t, txn->ix->dbi[table], &k, &v), err);
}

int
ms_index_entries(struct ms_txn *txn, enum ms_table table, uint64_t *count,
    struct ms_err *err)
{
	MDB_stat st;
	int rc = mdb_stat(txn->t, txn->ix->dbi[table], &st);

	*count = rc == 0 ? st.ms_entries : 0;
	return rc == 0 ? 0 : ms_lmdb_fail(rc, err);
}
