/* totals.c - how many rows each table and each folder has, and the sums of
 * their hashes: they show whether a damaged page has lost rows. ms-archive(5),
 * Index.
 */
#include <stdlib.h>
#include <string.h>

#include "impl.h"
#include "le.h"

#define META_ROWS_MAX 64 /* rows of `meta`, which has the totals itself */
#define TOTALS_ROW (16 * MS_TABLES)
#define COUNTS_AHEAD 64 /* counts that are not written yet: folders, parts */
/* The table `held` in parts: the rows of 4096 numbers of messages each. */
#define PART_BITS 12
#define PART_KEY ((uint64_t)1 << 63) /* in the key of a count */

#define IDS_ROW (8 * MS_ID_PARTS)
#define COUNT_ROW 16

/* The rows of a part of the table of ids. */
struct id_part {
	uint32_t rows, sum;
};

/*
 * A row of `count`. Of a folder: a is the number of its rows in `occurrence`, b
 * of those in `held`. Of a part of `held`: a is the number of its rows, b the
 * sum of their hashes. A count of zeros has no row.
 */
struct count {
	uint64_t key, a, b;
};

struct ms_totals {
	struct {
		uint64_t rows, sum;
	} table[MS_TABLES];
	struct id_part ids[MS_ID_PARTS];
	bool ids_changed;
	/* What was added to the counts of some folders, and of some parts. */
	struct count count[2][COUNTS_AHEAD];
	bool failed; /* a count could not be written; err says why */
	struct ms_err err;
};

/* ---- counts of folders and parts ---- */

/* The count with the key *c; zeros if there is none. 0, -1. */
static int
read_count(struct ms_txn *txn, struct count *c, struct ms_err *err)
{
	unsigned char key[8];
	struct ms_slice v;
	int got;

	ms_put_be64(key, c->key);
	got = ms_index_get(txn, MS_TABLE_COUNT, key, sizeof(key), &v, err);
	if (got < 0 || (got == 1 && v.n != COUNT_ROW))
		return got < 0 ? -1 : ms_index_damaged(err, "count");
	c->a = got == 1 ? ms_le64(v.p) : 0;
	c->b = got == 1 ? ms_le64(v.p + 8) : 0;
	return 0;
}

static int
add_count(struct ms_txn *txn, const struct count *add, struct ms_err *err)
{
	struct count c = {.key = add->key};
	unsigned char key[8], v[COUNT_ROW];

	if (read_count(txn, &c, err) < 0)
		return -1;
	ms_put_be64(key, c.key);
	ms_put_le64(v, c.a + add->a);
	ms_put_le64(v + 8, c.b + add->b);
	if (c.a + add->a == 0 && c.b + add->b == 0)
		return ms_index_delete(
		    txn, MS_TABLE_COUNT, key, sizeof(key), err);
	return ms_index_put(
	    txn, MS_TABLE_COUNT, key, sizeof(key), v, sizeof(v), err);
}

static void
flush_count(struct ms_txn *txn, struct count *c)
{
	struct ms_totals *t = txn->totals;

	if ((c->a != 0 || c->b != 0) && !t->failed &&
	    add_count(txn, c, &t->err) < 0)
		t->failed = true;
	*c = (struct count){0};
}

static struct count *
count_ahead(struct ms_totals *t, uint64_t key)
{
	return &t->count[(key & PART_KEY) != 0][key % COUNTS_AHEAD];
}

static void
change_count(struct ms_txn *txn, uint64_t key, uint64_t a, uint64_t b)
{
	struct count *c = count_ahead(txn->totals, key);

	if (c->key != key)
		flush_count(txn, c);
	c->key = key;
	c->a += a;
	c->b += b;
}

static uint64_t
part_key(uint64_t message)
{
	return PART_KEY | message >> PART_BITS;
}

/* ---- totals of tables ---- */

static unsigned
part_of(const unsigned char *id)
{
	return (unsigned)id[0] << 1 | id[1] >> 7;
}

static void
change_ids(struct id_part *p, int by, uint64_t hash)
{
	p->rows += (uint32_t)by;
	p->sum += (uint32_t)by * (uint32_t)hash;
}

static void
row_changed(struct ms_txn *txn, const struct ms_row_change *change)
{
	struct ms_totals *t = txn->totals;
	const unsigned char *key = change->k->mv_data;
	uint64_t by = (uint64_t)change->by;

	/* The totals are a row of `meta`, which cannot count itself. */
	if (change->table == MS_TABLE_META)
		return;
	t->table[change->table].rows += by;
	t->table[change->table].sum += by * change->hash;
	if (change->table == MS_TABLE_ID) {
		change_ids(&t->ids[part_of(key)], change->by, change->hash);
		t->ids_changed = true;
	}
	if (change->table == MS_TABLE_OCCURRENCE)
		change_count(txn, ms_be64(key), by, 0);
	if (change->table == MS_TABLE_MESSAGE_FOLDERS) {
		change_count(txn, ms_be64(key + 8), 0, by);
		change_count(
		    txn, part_key(ms_be64(key)), by, by * change->hash);
	}
}

static int
load(struct ms_txn *txn, struct ms_totals *t, struct ms_err *err)
{
	struct ms_slice v;
	int got = ms_index_get(txn, MS_TABLE_META, "totals", 6, &v, err);
	size_t i;

	if (got < 0 || (got == 1 && v.n != TOTALS_ROW))
		return got < 0 ? -1 : ms_index_damaged(err, "totals");
	for (i = 0; got == 1 && i < MS_TABLES; i++) {
		t->table[i].rows = ms_le64(v.p + 16 * i);
		t->table[i].sum = ms_le64(v.p + 16 * i + 8);
	}
	return 0;
}

/* The rows of a part of the table of ids, if this row of `meta` exists. */
static int
find_ids(struct ms_txn *txn, struct ms_slice *row, struct ms_err *err)
{
	int got = ms_index_get(txn, MS_TABLE_META, "ids", 3, row, err);

	return got == 1 && row->n != IDS_ROW ? ms_index_damaged(err, "ids")
					     : got;
}

static struct id_part
part_in(struct ms_slice row, unsigned part)
{
	const unsigned char *p = row.p + 8 * (size_t)part;

	return (struct id_part){ms_le32(p), ms_le32(p + 4)};
}

static int
load_ids(struct ms_txn *txn, struct id_part *ids, struct ms_err *err)
{
	struct ms_slice row;
	unsigned i;
	int got = find_ids(txn, &row, err);

	for (i = 0; got == 1 && i < MS_ID_PARTS; i++)
		ids[i] = part_in(row, i);
	return got < 0 ? -1 : 0;
}

static int
store_ids(struct ms_txn *txn, const struct id_part *ids, struct ms_err *err)
{
	unsigned char v[IDS_ROW];
	size_t i;

	for (i = 0; i < MS_ID_PARTS; i++) {
		ms_put_le32(v + 8 * i, ids[i].rows);
		ms_put_le32(v + 8 * i + 4, ids[i].sum);
	}
	return ms_index_put(txn, MS_TABLE_META, "ids", 3, v, sizeof(v), err);
}

int
ms_totals_begin(struct ms_txn *txn, struct ms_err *err)
{
	txn->totals = ms_xcalloc(1, sizeof(*txn->totals));
	txn->row_changed = row_changed;
	if (load(txn, txn->totals, err) < 0)
		return -1;
	return load_ids(txn, txn->totals->ids, err);
}

int
ms_totals_store(struct ms_txn *txn, struct ms_err *err)
{
	struct ms_totals *t = txn->totals;
	unsigned char v[TOTALS_ROW];
	size_t i;

	for (i = 0; i < COUNTS_AHEAD; i++) {
		flush_count(txn, &t->count[0][i]);
		flush_count(txn, &t->count[1][i]);
	}
	if (t->failed) {
		if (err != NULL)
			*err = t->err;
		return -1;
	}
	if (t->ids_changed && store_ids(txn, t->ids, err) < 0)
		return -1;
	for (i = 0; i < MS_TABLES; i++) {
		ms_put_le64(v + 16 * i, t->table[i].rows);
		ms_put_le64(v + 16 * i + 8, t->table[i].sum);
	}
	return ms_index_put(txn, MS_TABLE_META, "totals", 6, v, sizeof(v), err);
}

void
ms_totals_free(struct ms_txn *txn)
{
	free(txn->totals);
	txn->totals = NULL;
	txn->row_changed = NULL;
}

/* ---- checks ---- */

/* A walk can pass a damaged page on which a search does not find a row. */
static int
check_search(
    struct ms_txn *txn, enum ms_table table, MDB_val *k, struct ms_err *err)
{
	struct ms_slice v;
	int got = ms_index_get(txn, table, k->mv_data, k->mv_size, &v, err);

	return got == 0 ? ms_index_damaged(err, ms_tables[table].name) : got;
}

static int
check_table(struct ms_txn *txn, enum ms_table table,
    const struct ms_totals *want, struct ms_err *err)
{
	MDB_cursor_op op = MDB_FIRST;
	uint64_t rows = 0, sum = 0, hash;
	MDB_val k, v;
	int got;

	while ((got = ms_index_seek_hash(txn, table, op, &k, &v, &hash, err)) ==
	       1) {
		op = MDB_NEXT;
		rows++;
		sum += hash;
		if (check_search(txn, table, &k, err) < 0)
			return -1;
		/* A damaged page can lead back to an earlier one. */
		if (rows > want->table[table].rows)
			break;
	}
	if (got < 0)
		return -1;
	if (table == MS_TABLE_META && rows <= META_ROWS_MAX)
		return 0;
	if (rows != want->table[table].rows || sum != want->table[table].sum)
		return ms_index_damaged(err, ms_tables[table].name);
	return 0;
}

int
ms_index_check(struct ms_txn *txn, enum ms_index_part part, struct ms_err *err)
{
	static const uint32_t parts[] = {
	    [MS_INDEX_ALL] = UINT32_MAX,
	    [MS_INDEX_NAMES] = 1 << MS_TABLE_COUNT | 1 << MS_TABLE_FOLDER |
			       1 << MS_TABLE_USER | 1 << MS_TABLE_SOURCE |
			       1 << MS_TABLE_LABEL | 1 << MS_TABLE_MOVED |
			       1 << MS_TABLE_MISSING_MESSAGES |
			       1 << MS_TABLE_VIEW | 1 << MS_TABLE_SHOWN |
			       1 << MS_TABLE_TARGET | 1 << MS_TABLE_CHANGE |
			       1 << MS_TABLE_CHANGE_EVENT,
	    [MS_INDEX_BLOCKS] = 1 << MS_TABLE_BLOCK | 1 << MS_TABLE_BLOB,
	    [MS_INDEX_IDS] = 1 << MS_TABLE_ID | 1 << MS_TABLE_MESSAGE,
	    [MS_INDEX_PLACES] = 1 << MS_TABLE_MESSAGE_FOLDERS,
	    [MS_INDEX_FURTHER] = 1 << MS_TABLE_FURTHER_PLACES,
	    [MS_INDEX_LOCATIONS] = 1 << MS_TABLE_BLOCK,
	    [MS_INDEX_THREADS] = 1 << MS_TABLE_THREAD,
	};
	struct ms_totals want = {0};
	int i;

	if (load(txn, &want, err) < 0 ||
	    (part == MS_INDEX_ALL && ms_index_check_free_pages(txn, err) < 0))
		return -1;
	want.table[MS_TABLE_META].rows = META_ROWS_MAX;
	for (i = 0; i < MS_TABLES; i++)
		if ((parts[part] >> i & 1) != 0 &&
		    check_table(txn, (enum ms_table)i, &want, err) < 0)
			return -1;
	return 0;
}

/* ---- an id that is not found ---- */

/* Counts the rows of a part of the table of ids. 1: one has this key; 0; -1. */
static int
count_ids(struct ms_txn *txn, unsigned part, uint32_t most,
    const unsigned char *id, struct id_part *found, struct ms_err *err)
{
	unsigned char first[2] = {
	    (unsigned char)(part >> 1), (unsigned char)(part << 7)};
	MDB_val k = {sizeof(first), first}, v;
	MDB_cursor_op op = MDB_SET_RANGE;
	uint64_t hash;
	int got, has_key = 0;

	*found = (struct id_part){0};
	while ((got = ms_index_seek_hash(
		    txn, MS_TABLE_ID, op, &k, &v, &hash, err)) == 1 &&
	       k.mv_size == DIGEST_KEY && part_of(k.mv_data) == part &&
	       found->rows <= most) {
		op = MDB_NEXT;
		change_ids(found, 1, hash);
		if (memcmp(k.mv_data, id, DIGEST_KEY) == 0)
			has_key = 1;
	}
	return got < 0 ? -1 : has_key;
}

/* What a part should have, also in a write transaction. */
static int
wanted_ids(
    struct ms_txn *txn, unsigned part, struct id_part *want, struct ms_err *err)
{
	struct ms_slice row;
	int got;

	*want = (struct id_part){0};
	if (txn->totals != NULL) {
		*want = txn->totals->ids[part];
		return 0;
	}
	got = find_ids(txn, &row, err);
	if (got == 1)
		*want = part_in(row, part);
	return got < 0 ? -1 : 0;
}

int
ms_totals_check_id(struct ms_txn *txn, const unsigned char id[DIGEST_KEY],
    bool has_key, struct ms_err *err)
{
	const unsigned part = part_of(id);
	const uint64_t bit = (uint64_t)1 << part % 64;
	_Atomic uint64_t *checked = &txn->ix->ids_checked[part / 64];
	struct id_part want, found;
	int got;

	/* Without reader locks the counts and the rows may differ. */
	if ((atomic_load(checked) & bit) != 0 || txn->ix->no_locks)
		return 0;
	if (wanted_ids(txn, part, &want, err) < 0)
		return -1;
	got = count_ids(txn, part, want.rows, id, &found, err);
	if (got < 0)
		return -1;
	if (found.rows != want.rows || found.sum != want.sum ||
	    (got == 1 && !has_key))
		return ms_index_damaged(err, "id");
	atomic_fetch_or(checked, bit);
	return 0;
}

/* ---- an occurrence, or a row of a small table, that is not found ---- */

/* What a part of `held` should have, also in a write transaction. */
static int
wanted_part(struct ms_txn *txn, struct count *want, struct ms_err *err)
{
	const struct count *ahead;

	if (read_count(txn, want, err) < 0)
		return -1;
	if (txn->totals == NULL)
		return 0;
	ahead = count_ahead(txn->totals, want->key);
	if (ahead->key == want->key) {
		want->a += ahead->a;
		want->b += ahead->b;
	}
	return 0;
}

/* What it has; at most one row more than it should have. */
static int
count_part(
    struct ms_txn *txn, uint64_t most, struct count *found, struct ms_err *err)
{
	MDB_cursor_op op = MDB_SET_RANGE;
	unsigned char first[16] = {0};
	MDB_val k = {sizeof(first), first}, v;
	uint64_t hash;
	int got;

	ms_put_be64(first, (found->key & ~PART_KEY) << PART_BITS);
	while (found->a <= most &&
	       (got = ms_index_seek_hash(txn, MS_TABLE_MESSAGE_FOLDERS, op, &k,
		    &v, &hash, err)) == 1 &&
	       part_key(ms_be64(k.mv_data)) == found->key) {
		op = MDB_NEXT;
		found->a++;
		found->b += hash;
	}
	return got < 0 ? -1 : 0;
}

int
ms_totals_check_message(
    struct ms_txn *txn, uint64_t message, struct ms_err *err)
{
	struct count want = {.key = part_key(message)}, found = want;
	_Atomic uint64_t *checked =
	    &txn->ix->parts_checked[want.key % MS_PARTS_CHECKED];

	if (atomic_load(checked) == want.key || txn->ix->no_locks)
		return 0;
	if (wanted_part(txn, &want, err) < 0 ||
	    count_part(txn, want.a, &found, err) < 0)
		return -1;
	if (found.a != want.a || found.b != want.b)
		return ms_index_damaged(err, "held");
	atomic_store(checked, want.key);
	return 0;
}

static int
check_stored(struct ms_txn *txn, enum ms_table table, struct ms_err *err)
{
	struct ms_totals stored = {0};

	if (load(txn, &stored, err) < 0)
		return -1;
	return check_table(txn, table, &stored, err);
}

int
ms_totals_check_table(
    struct ms_txn *txn, enum ms_table table, struct ms_err *err)
{
	const uint32_t bit = (uint32_t)1 << table;
	int rc;

	/* This comes first, and with little on the stack: a walk asks it for
	 * every row. */
	if ((atomic_load(&txn->ix->tables_checked) & bit) != 0 ||
	    txn->ix->no_locks)
		return 0;
	rc = txn->totals != NULL ? check_table(txn, table, txn->totals, err)
				 : check_stored(txn, table, err);
	if (rc == 0)
		atomic_fetch_or(&txn->ix->tables_checked, bit);
	return rc;
}

/* ---- counts of folders, for readers ---- */

int
ms_index_next_count(
    struct ms_txn *txn, struct ms_folder_count *count, struct ms_err *err)
{
	unsigned char key[8];
	MDB_val k = {sizeof(key), key}, v;
	int got;

	ms_put_be64(key, count->folder);
	got = ms_index_seek(txn, MS_TABLE_COUNT, MDB_SET_RANGE, &k, &v, err);
	if (got <= 0)
		return got;
	if (k.mv_size != sizeof(key) || v.mv_size != COUNT_ROW ||
	    ms_be64(k.mv_data) < count->folder)
		return ms_index_damaged(err, "count");
	if (ms_be64(k.mv_data) >= PART_KEY)
		return 0;
	count->folder = ms_be64(k.mv_data);
	count->occurrences = ms_le64(v.mv_data);
	count->messages = ms_le64((unsigned char *)v.mv_data + 8);
	return 1;
}
