/*
 * impl.h - what the files of lib/index share. Private to the folder.
 * Layer: index.
 */
#ifndef MS_INDEX_IMPL_H
#define MS_INDEX_IMPL_H
#include <lmdb.h>
#include <pthread.h>
#include <stdatomic.h>
#include <sys/types.h>
#include "index.h"

#define MESSAGE_FIXED (52 + MS_HEAD_START) /* bytes before the fields */
#define DIGEST_KEY MS_INDEX_DIGEST

enum ms_table {
	MS_TABLE_META,
	MS_TABLE_BLOCK,
	MS_TABLE_MESSAGE,
	MS_TABLE_ID,
	MS_TABLE_BLOB,
	MS_TABLE_OCCURRENCE,
	MS_TABLE_MESSAGE_FOLDERS,
	MS_TABLE_PLACE,
	MS_TABLE_MOVED,
	MS_TABLE_NAME,
	MS_TABLE_USER,
	MS_TABLE_SOURCE,
	MS_TABLE_FOLDER,
	MS_TABLE_LABEL,
	MS_TABLE_MISSING_BLOBS,
	MS_TABLE_MISSING_MESSAGES,
	MS_TABLE_RECORD_ROWS,
	MS_TABLE_EVENT,
	MS_TABLES
};
_Static_assert(MS_TABLES == MS_INDEX_TABLES, "a cursor for each table");

struct ms_index {
	MDB_env *env;
	MDB_dbi dbi[MS_TABLES];
	char *path;
	dev_t dev; /* of data.mdb, to see that the file was replaced */
	ino_t ino;
	bool read_only;
	bool no_locks;    /* reader locks are not possible */
	bool has_archive; /* archive is set */
	unsigned char archive[MS_ID_LEN];
	ms_index_guard_fn *guard; /* or NULL */
	void *guard_ctx;
	_Atomic unsigned exchanged;
	pthread_rwlock_t lock; /* shared by transactions; exclusive to change
				  the map */
};

/* ---- lmdb.c ---- */

/* Name and LMDB flags of each table. */
extern const struct ms_table_def {
	const char *name;
	unsigned flags;
} ms_tables[MS_TABLES];

/* An LMDB result as an error. */
int ms_lmdb_fail(int rc, struct ms_err *err);
/* MS_DATA; `what` is the name of a table or an LMDB message. */
int ms_index_damaged(struct ms_err *err, const char *what);

/* 1 found (value is valid until the transaction ends or writes), 0, -1. */
int ms_index_get(struct ms_txn *txn, enum ms_table table, const void *key,
    size_t key_n, struct ms_slice *value, struct ms_err *err);
/* Moves the cursor of a table; there is one for each table and transaction. 1,
 * 0 there is no such row, -1. */
int ms_index_seek(struct ms_txn *txn, enum ms_table table, MDB_cursor_op op,
    MDB_val *key, MDB_val *value, struct ms_err *err);
int ms_index_put(struct ms_txn *txn, enum ms_table table, const void *key,
    size_t key_n, const void *value, size_t value_n, struct ms_err *err);
/* Deletes a row, if there is one; in a table with several values for a key, all
 * of them. */
int ms_index_delete(struct ms_txn *txn, enum ms_table table, const void *key,
    size_t key_n, struct ms_err *err);
/* Deletes one of several values; it must be there. */
int ms_index_delete_value(struct ms_txn *txn, enum ms_table table,
    const void *key, size_t key_n, const void *value, size_t value_n,
    struct ms_err *err);
/* The number of values in a table. */
int ms_index_entries(struct ms_txn *txn, enum ms_table table, uint64_t *count,
    struct ms_err *err);

/* ---- index.c ---- */

/* The caller holds ix->lock exclusively, or ix is not in use yet. make: creates
 * the environment. */
int ms_index_open_env(struct ms_index *ix, bool make, struct ms_err *err);
void ms_index_close_env(struct ms_index *ix);
/* stat() of data.mdb. 0, -1 with errno. */
struct stat;
int ms_index_stat(struct ms_index *ix, struct stat *st);
/* mdb_txn_begin(), which retries while the reader table is locked. Returns an
 * LMDB result. */
int ms_index_begin_mdb(struct ms_index *ix, unsigned flags, MDB_txn **t);

/* ---- missing-messages.c ---- */

/* A BLOB that a MESSAGE names. The number of the MESSAGE is big-endian. */
struct ms_want {
	unsigned char number[8], digest[DIGEST_KEY];
};

/* Has this MESSAGE (its number is big-endian) missing BLOBs? 1, 0, -1. In
 * get.c. */
int ms_missing_blobs_of(
    struct ms_txn *txn, const unsigned char number[8], struct ms_err *err);
/*
 * ms_missing_update() brings the table of missing BLOBs up to date after rows
 * were put.
 *   wants    struct ms_want, of the MESSAGEs that were put; is sorted
 *   blobs    the rows included BLOBs, so some may no longer be missing
 */
int ms_missing_update(
    struct ms_txn *txn, struct ms_buf *wants, bool blobs, struct ms_err *err);
/*
 * ms_missing_replace() is called after MESSAGE `number` was put. If that
 * message is whole, it takes over the occurrences of the MESSAGEs of the same
 * id that are missing or not whole.
 */
int ms_missing_replace(struct ms_txn *txn, const unsigned char number[8],
    const unsigned char id[MS_SHA_LEN], struct ms_err *err);
/* The value in `lost` of a MESSAGE that is missing. */
#define MS_MISSING_ROW (8 + MS_SHA_LEN - DIGEST_KEY)
void ms_missing_row(unsigned char row[MS_MISSING_ROW],
    const unsigned char id[MS_SHA_LEN], uint64_t number);

/*
 * ms_index_merge() merges an event about a user, a profile, a run or the
 * settings into the tables. Events are merged immediately, in the order of
 * their records.
 */
struct ms_event;
int ms_index_merge(struct ms_txn *txn, uint64_t number,
    const struct ms_event *ev, struct ms_err *err);

/* ---- keys and values ---- */

#define MS_OCCURRENCE_KEY 24
void ms_occurrence_key(unsigned char key[MS_OCCURRENCE_KEY], uint64_t folder,
    int64_t date, uint64_t number);
#define MS_UID_KEY 17
void ms_uid_key(unsigned char key[MS_UID_KEY], uint64_t folder,
    uint32_t validity, uint32_t uid);
#define PLACE_KEY_MAX (8 + 1 + DIGEST_KEY)
size_t ms_place_key(
    unsigned char key[PLACE_KEY_MAX], uint64_t folder, struct ms_slice place);
#define NAME_KEY (1 + DIGEST_KEY)
void ms_name_key(unsigned char key[NAME_KEY], enum ms_name_kind kind,
    uint64_t user, uint64_t source, const char *name);
/* The key in `object` or, with a class of events, in `event`. */
#define MS_RECORD_ROW_KEY 9
void ms_record_row_key(
    unsigned char key[MS_RECORD_ROW_KEY], uint8_t kind, uint64_t number);
#define MS_EVENT_ROW 17
void ms_message_folder_row(unsigned char key[16], unsigned char value[16],
    const struct ms_message_folder *m);
/* Reads the value of a row of `message`. 0, -1. */
int ms_message_row(
    struct ms_message_row *row, struct ms_slice v, struct ms_err *err);

#endif
