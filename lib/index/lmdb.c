/* lmdb.c - the tables in LMDB: their rows read, written and deleted, with the
 * checksum of each row. ms-archive(5), Index. */
#include <errno.h>
#include <string.h>

#include "impl.h"
#include "le.h"

#define ROW_MAX                                                                \
	((size_t)4 << 20) /* bytes of a value; a longer one is damage          \
			   */

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
    [MS_TABLE_COUNT] = {"count", 0},
    [MS_TABLE_COMMIT] = {"commit", 0},
    [MS_TABLE_FURTHER_PLACES] = {"also", 0},
    [MS_TABLE_VIEW] = {"view", 0},
    [MS_TABLE_SHOWN] = {"shown", 0},
    [MS_TABLE_TARGET] = {"target", 0},
    [MS_TABLE_CHANGE] = {"change", 0},
    [MS_TABLE_RECEIPT] = {"receipt", 0},
    [MS_TABLE_CHANGE_EVENT] = {"change-event", 0},
    [MS_TABLE_THREAD] = {"thread", MDB_DUPSORT | MDB_DUPFIXED},
};

int
ms_index_damaged(struct ms_err *err, const char *what)
{
	return ms_fail(err, MS_INDEX,
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

/* ---- checksums ---- */

static bool
has_several(enum ms_table table)
{
	return (ms_tables[table].flags & MDB_DUPSORT) != 0;
}

/* Mixes bytes into a hash, eight at a time. A change of one of these words
 * always changes the hash. */
static uint64_t
mix(uint64_t h, const unsigned char *p, size_t n)
{
	uint64_t word;

	for (; n > 0; p += sizeof(word), n -= sizeof(word)) {
		word = 0;
		if (n < sizeof(word)) {
			memcpy(&word, p, n);
			n = sizeof(word);
		} else {
			memcpy(&word, p, sizeof(word));
		}
		h = (h ^ word) * 0x9E3779B97F4A7C15u;
		h ^= h >> 32;
	}
	return h;
}

/* The hash of a row. Its low half is the checksum that follows the value. */
static uint64_t
hash_row(enum ms_table table, const MDB_val *k, const void *value, size_t n)
{
	uint64_t h = (uint64_t)table << 56 | (uint64_t)k->mv_size << 32 | n;

	h = mix(h, k->mv_data, k->mv_size);
	return mix(h, value, n);
}

/*
 * Checks a row that LMDB has found, and removes the checksum from its value.
 * Tables with several values for a key have no checksums: their rows name
 * others, which are compared.
 */
static int
check_row(const struct ms_index *ix, enum ms_table table, const MDB_val *k,
    MDB_val *v, uint64_t *hash)
{
	size_t n = v->mv_size;

	if (n > ROW_MAX || k->mv_size > UINT8_MAX)
		return MDB_CORRUPTED;
	if (has_several(table) || ix->no_checks) {
		*hash = hash_row(table, k, v->mv_data, n);
		return 0;
	}
	if (n < MS_ROW_CHECK)
		return MDB_CORRUPTED;
	n -= MS_ROW_CHECK;
	*hash = hash_row(table, k, v->mv_data, n);
	if (ms_le32((unsigned char *)v->mv_data + n) != (uint32_t)*hash)
		return MDB_CORRUPTED;
	v->mv_size = n;
	return 0;
}

/* ---- reading ---- */

/* A call of LMDB, for ms_index_guarded(). */
struct access {
	struct ms_txn *txn;
	enum ms_table table;
	MDB_cursor_op op;
	MDB_val *k, *v;
	unsigned flags;
	uint64_t hash; /* of the row that was found */
};

static int
open_cursor(struct access *a)
{
	MDB_cursor **c = &a->txn->cursor[a->table];

	if (*c != NULL)
		return 0;
	return mdb_cursor_open(a->txn->t, a->txn->ix->dbi[a->table], c);
}

static int
call_get(void *ctx)
{
	struct access *a = ctx;
	int rc = mdb_get(a->txn->t, a->txn->ix->dbi[a->table], a->k, a->v);

	return rc == 0 ? check_row(a->txn->ix, a->table, a->k, a->v, &a->hash)
		       : rc;
}

static int
call_seek(void *ctx)
{
	struct access *a = ctx;
	int rc = open_cursor(a);

	if (rc == 0)
		rc =
		    mdb_cursor_get(a->txn->cursor[a->table], a->k, a->v, a->op);
	return rc == 0 ? check_row(a->txn->ix, a->table, a->k, a->v, &a->hash)
		       : rc;
}

/* The result of a call: 1, 0 there is no such row, -1. */
static int
result(struct ms_txn *txn, enum ms_table table, int rc, struct ms_err *err)
{
	if (rc == 0)
		return 1;
	if (rc == MDB_NOTFOUND)
		return 0;
	if (rc == MDB_MAP_FULL)
		txn->full = true;
	if (rc == MDB_PANIC && txn->write)
		txn->ix->crashed = true;
	if (rc == MDB_CORRUPTED || rc == MDB_PANIC)
		return ms_index_damaged(err, ms_tables[table].name);
	return ms_failed(ms_lmdb_fail(rc, err));
}

int
ms_index_get(struct ms_txn *txn, enum ms_table table, const void *key,
    size_t key_n, struct ms_slice *value, struct ms_err *err)
{
	MDB_val k = {key_n, (void *)key}, v = {0};
	struct access a = {.txn = txn, .table = table, .k = &k, .v = &v};
	int got = result(txn, table, ms_index_guarded(call_get, &a), err);

	*value = (struct ms_slice){0};
	if (got == 1)
		*value = (struct ms_slice){v.mv_data, v.mv_size};
	return got;
}

int
ms_index_seek(struct ms_txn *txn, enum ms_table table, MDB_cursor_op op,
    MDB_val *key, MDB_val *value, struct ms_err *err)
{
	uint64_t hash;

	return ms_index_seek_hash(txn, table, op, key, value, &hash, err);
}

int
ms_index_seek_hash(struct ms_txn *txn, enum ms_table table, MDB_cursor_op op,
    MDB_val *key, MDB_val *value, uint64_t *hash, struct ms_err *err)
{
	struct access a = {
	    .txn = txn, .table = table, .op = op, .k = key, .v = value};
	int rc = ms_index_guarded(call_seek, &a);

	*hash = a.hash;
	return result(txn, table, rc, err);
}

/*
 * LMDB keeps the free pages in its table 0: by transaction, a number of pages
 * and their numbers, the highest first. Pages 0 and 1 are never free.
 */
static bool
is_free_list(const MDB_val *k, const MDB_val *v)
{
	const unsigned char *p = v->mv_data;
	size_t n = v->mv_size / sizeof(uint64_t), i;
	uint64_t page, before = UINT64_MAX;

	if (k->mv_size != sizeof(size_t) ||
	    v->mv_size % sizeof(uint64_t) != 0 || n == 0 || ms_le64(p) != n - 1)
		return false;
	for (i = 1; i < n; i++) {
		page = ms_le64(p + 8 * i);
		if (page < 2 || page >= before)
			return false;
		before = page;
	}
	return true;
}

static int
call_free_pages(void *ctx)
{
	struct ms_txn *txn = ctx;
	MDB_cursor *c;
	MDB_val k, v;
	int rc = mdb_cursor_open(txn->t, 0, &c);

	if (rc != 0)
		return rc;
	while ((rc = mdb_cursor_get(c, &k, &v, MDB_NEXT)) == 0)
		if (!is_free_list(&k, &v))
			break;
	mdb_cursor_close(c);
	return rc == 0 ? MDB_CORRUPTED : rc;
}

int
ms_index_check_free_pages(struct ms_txn *txn, struct ms_err *err)
{
	int rc = ms_index_guarded(call_free_pages, txn);

	if (rc == MDB_NOTFOUND)
		return 0;
	if (rc == MDB_CORRUPTED || rc == MDB_PANIC)
		return ms_index_damaged(err, "free pages");
	return ms_lmdb_fail(rc, err);
}

static bool
is_before(const MDB_val *a, const MDB_val *b)
{
	size_t n = a->mv_size < b->mv_size ? a->mv_size : b->mv_size;
	int c = memcmp(a->mv_data, b->mv_data, n);

	return c != 0 ? c < 0 : a->mv_size < b->mv_size;
}

/*
 * Mostly the row that is searched is the row after the row of the cursor, which
 * is looked at first: to search the tree for every row of a walk costs several
 * times as much. On a damaged page the search can end anywhere.
 */
static int
call_at_or_after(void *ctx)
{
	struct access *a = ctx;
	const MDB_val want = *a->k;
	MDB_cursor *c = a->txn->cursor[a->table];
	int rc;

	if (c == NULL || mdb_cursor_get(c, a->k, a->v, MDB_GET_CURRENT) != 0 ||
	    !is_before(a->k, &want) ||
	    mdb_cursor_get(c, a->k, a->v, MDB_NEXT) != 0 ||
	    is_before(a->k, &want)) {
		*a->k = want;
		a->op = MDB_SET_RANGE;
		rc = call_seek(a);
	} else {
		rc = check_row(a->txn->ix, a->table, a->k, a->v, &a->hash);
	}
	return rc == 0 && is_before(a->k, &want) ? MDB_CORRUPTED : rc;
}

int
ms_index_at_or_after(struct ms_txn *txn, enum ms_table table, MDB_val *key,
    MDB_val *value, struct ms_err *err)
{
	struct access a = {.txn = txn, .table = table, .k = key, .v = value};

	return result(txn, table, ms_index_guarded(call_at_or_after, &a), err);
}

/* The same in the other direction. */
static int
call_at_or_before(void *ctx)
{
	struct access *a = ctx;
	const MDB_val want = *a->k;
	MDB_cursor *c;
	int rc = open_cursor(a);

	if (rc != 0)
		return rc;
	c = a->txn->cursor[a->table];
	if (mdb_cursor_get(c, a->k, a->v, MDB_GET_CURRENT) != 0 ||
	    !is_before(&want, a->k) ||
	    mdb_cursor_get(c, a->k, a->v, MDB_PREV) != 0 ||
	    is_before(&want, a->k)) {
		*a->k = want;
		rc = mdb_cursor_get(c, a->k, a->v, MDB_SET_RANGE);
		if (rc == MDB_NOTFOUND)
			rc = mdb_cursor_get(c, a->k, a->v, MDB_LAST);
		else if (rc == 0 && is_before(&want, a->k))
			rc = mdb_cursor_get(c, a->k, a->v, MDB_PREV);
	}
	if (rc == 0)
		rc = check_row(a->txn->ix, a->table, a->k, a->v, &a->hash);
	return rc == 0 && is_before(&want, a->k) ? MDB_CORRUPTED : rc;
}

int
ms_index_at_or_before(struct ms_txn *txn, enum ms_table table, MDB_val *key,
    MDB_val *value, struct ms_err *err)
{
	struct access a = {.txn = txn, .table = table, .k = key, .v = value};

	return result(txn, table, ms_index_guarded(call_at_or_before, &a), err);
}

/* ---- writing ---- */

/* Reports a row that was put or is about to be deleted. */
static void
report_change(const struct access *a, int by, uint64_t hash)
{
	const struct ms_row_change change = {a->table, a->k, by, hash};

	if (a->txn->row_changed != NULL)
		a->txn->row_changed(a->txn, &change);
}

/* Puts the value and its checksum where LMDB has reserved room for them. */
static int
fill_row(struct access *a, const MDB_val *room)
{
	unsigned char *to = room->mv_data;

	if (a->v->mv_size > 0)
		memcpy(to, a->v->mv_data, a->v->mv_size);
	ms_put_le32(to + a->v->mv_size, (uint32_t)a->hash);
	return 0;
}

/* Puts a row of a table with one value for each key. */
static int
call_put(void *ctx)
{
	struct access *a = ctx;
	MDB_cursor **c = &a->txn->cursor[a->table];
	MDB_val room = {a->v->mv_size + MS_ROW_CHECK, NULL}, v = room;
	uint64_t old;
	int rc = open_cursor(a);

	if (rc == 0)
		rc = mdb_cursor_put(
		    *c, a->k, &v, MDB_RESERVE | MDB_NOOVERWRITE | a->flags);
	if (rc == MDB_KEYEXIST && a->flags == MDB_NOOVERWRITE)
		return 0;
	if (rc == MDB_KEYEXIST && v.mv_data != NULL) {
		rc = check_row(a->txn->ix, a->table, a->k, &v, &old);
		if (rc != 0)
			return rc;
		report_change(a, -1, old);
		v = room;
		rc = mdb_cursor_put(*c, a->k, &v, MDB_RESERVE);
	}
	if (rc != 0)
		return rc;
	a->hash = hash_row(a->table, a->k, a->v->mv_data, a->v->mv_size);
	report_change(a, 1, a->hash);
	return fill_row(a, &v);
}

/* Adds a value to those of a key. */
static int
call_add(void *ctx)
{
	struct access *a = ctx;
	int rc = open_cursor(a);

	a->hash = hash_row(a->table, a->k, a->v->mv_data, a->v->mv_size);
	if (rc == 0)
		rc = mdb_cursor_put(
		    a->txn->cursor[a->table], a->k, a->v, MDB_NODUPDATA);
	if (rc == MDB_KEYEXIST)
		return 0;
	if (rc == 0)
		report_change(a, 1, a->hash);
	return rc;
}

int
ms_index_put_row(struct ms_txn *txn, enum ms_table table, MDB_val *k,
    MDB_val *v, unsigned flags, struct ms_err *err)
{
	struct access a = {
	    .txn = txn, .table = table, .k = k, .v = v, .flags = flags};
	int rc = ms_index_guarded(has_several(table) ? call_add : call_put, &a);

	return result(txn, table, rc, err) == 1 ? 0 : -1;
}

int
ms_index_put(struct ms_txn *txn, enum ms_table table, const void *key,
    size_t key_n, const void *value, size_t value_n, struct ms_err *err)
{
	MDB_val k = {key_n, (void *)key}, v = {value_n, (void *)value};

	return ms_index_put_row(txn, table, &k, &v, 0, err);
}

static int
call_delete(void *ctx)
{
	struct access *a = ctx;
	int rc = call_seek(a);

	if (rc != 0)
		return rc;
	report_change(a, -1, a->hash);
	return mdb_cursor_del(a->txn->cursor[a->table], 0);
}

int
ms_index_delete(struct ms_txn *txn, enum ms_table table, const void *key,
    size_t key_n, struct ms_err *err)
{
	MDB_val k = {key_n, (void *)key}, v = {0};
	struct access a = {
	    .txn = txn, .table = table, .op = MDB_SET_KEY, .k = &k, .v = &v};
	int rc = ms_index_guarded(call_delete, &a);

	return result(txn, table, rc, err) < 0 ? -1 : 0;
}

int
ms_index_delete_value(struct ms_txn *txn, enum ms_table table, const void *key,
    size_t key_n, const void *value, size_t value_n, struct ms_err *err)
{
	MDB_val k = {key_n, (void *)key}, v = {value_n, (void *)value};
	struct access a = {
	    .txn = txn, .table = table, .op = MDB_GET_BOTH, .k = &k, .v = &v};
	int rc = ms_index_guarded(call_delete, &a);

	return result(txn, table, rc, err) == 1 ? 0 : -1;
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
