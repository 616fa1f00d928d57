/*
 * impl.h - what the files of lib/index share. Private to the folder.
 * Layer: index.
 */
#ifndef MS_INDEX_IMPL_H
#define MS_INDEX_IMPL_H
#include <jansson.h>
#include <lmdb.h>
#include <pthread.h>
#include <stdatomic.h>
#include <sys/types.h>
#include "index.h"

#define MESSAGE_FIXED (61 + MS_HEAD_START) /* bytes before the fields */
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
	MS_TABLE_COUNT,
	MS_TABLE_COMMIT,
	MS_TABLE_FURTHER_PLACES,
	MS_TABLE_VIEW,
	MS_TABLE_SHOWN,
	MS_TABLE_TARGET,
	MS_TABLE_CHANGE,
	MS_TABLE_RECEIPT,
	MS_TABLE_CHANGE_EVENT,
	MS_TABLE_THREAD,
	MS_TABLES
};
_Static_assert(MS_TABLES == MS_INDEX_TABLES, "a cursor for each table");

#define MS_ID_PARTS 512 /* of the table of ids, by 9 bits of the id */
/* Parts of `held` that the process knows to be whole. */
#define MS_PARTS_CHECKED 4096

struct ms_index {
	MDB_env *env;
	MDB_dbi dbi[MS_TABLES];
	char *path;
	dev_t dev; /* of data.mdb, to see that the file was replaced */
	ino_t ino;
	bool read_only;
	bool no_locks;    /* reader locks are not possible */
	bool has_archive; /* archive is set */
	bool any_version; /* for ms_index_open_old() */
	/* By the version of the index: */
	bool no_checks;     /* its rows have no checksums */
	size_t label_fixed; /* bytes before the text of a label */
	bool no_changes;    /* it has no table of the events of changes */
	/* LMDB crashed while it wrote: nothing more is asked of it. */
	bool crashed;
	unsigned char archive[MS_ID_LEN];
	ms_index_guard_fn *guard; /* or NULL */
	void *guard_ctx;
	_Atomic unsigned exchanged;
	/* Parts of tables that have all their rows. */
	_Atomic uint64_t ids_checked[MS_ID_PARTS / 64];   /* bits by part */
	_Atomic uint64_t parts_checked[MS_PARTS_CHECKED]; /* keys; others are
							  checked again */
	_Atomic uint32_t tables_checked;                  /* bits by table */
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
/* MS_INDEX; `what` is the name of a table or an LMDB message. */
int ms_index_damaged(struct ms_err *err, const char *what);

#define MS_ROW_CHECK 4 /* bytes of the checksum after each value */

/* A row was put (by 1) or is about to be deleted (by -1). The functions that
 * write report it to ms_txn.row_changed, which may put rows itself. */
struct ms_row_change {
	enum ms_table table;
	const MDB_val *k;
	int by;
	uint64_t hash; /* of the row */
};

/*
 * These functions add the checksums of rows and check them, except in tables
 * with several values for a key. MS_INDEX: a checksum is wrong, or LMDB crashed
 * on a damaged page.
 */
/* 1 found (value is valid until the transaction ends or writes), 0, -1. */
int ms_index_get(struct ms_txn *txn, enum ms_table table, const void *key,
    size_t key_n, struct ms_slice *value, struct ms_err *err);
/* Moves the cursor of a table; there is one for each table and transaction. 1,
 * 0 there is no such row, -1. */
int ms_index_seek(struct ms_txn *txn, enum ms_table table, MDB_cursor_op op,
    MDB_val *key, MDB_val *value, struct ms_err *err);
/* The first row whose key is not lower than *key, which moves to that key. */
int ms_index_at_or_after(struct ms_txn *txn, enum ms_table table, MDB_val *key,
    MDB_val *value, struct ms_err *err);
/* The last row whose key is not higher than *key, which moves to that key. */
int ms_index_at_or_before(struct ms_txn *txn, enum ms_table table, MDB_val *key,
    MDB_val *value, struct ms_err *err);
/* Reads the list of free pages, which only writers use. 0, -1. */
int ms_index_check_free_pages(struct ms_txn *txn, struct ms_err *err);
/* As ms_index_seek(); *hash receives the hash of the row. */
int ms_index_seek_hash(struct ms_txn *txn, enum ms_table table,
    MDB_cursor_op op, MDB_val *key, MDB_val *value, uint64_t *hash,
    struct ms_err *err);
/*
 * Puts a row; in a table with several values for a key, adds a value.
 *   flags    MDB_NOOVERWRITE: a row with this key stays as it is; MDB_APPEND:
 *            the key is higher than all keys of the table
 */
int ms_index_put_row(struct ms_txn *txn, enum ms_table table, MDB_val *k,
    MDB_val *v, unsigned flags, struct ms_err *err);
int ms_index_put(struct ms_txn *txn, enum ms_table table, const void *key,
    size_t key_n, const void *value, size_t value_n, struct ms_err *err);
/* Deletes a row, if there is one, of a table with one value for each key. */
int ms_index_delete(struct ms_txn *txn, enum ms_table table, const void *key,
    size_t key_n, struct ms_err *err);
/* Deletes one of several values; it must be there. */
int ms_index_delete_value(struct ms_txn *txn, enum ms_table table,
    const void *key, size_t key_n, const void *value, size_t value_n,
    struct ms_err *err);
/* The number of values in a table. */
int ms_index_entries(struct ms_txn *txn, enum ms_table table, uint64_t *count,
    struct ms_err *err);

/* ---- crash.c ---- */

/* A call of LMDB. Returns an LMDB result. */
typedef int ms_lmdb_call(void *ctx);
/*
 * ms_index_guarded() makes the call. If LMDB crashes on a damaged page, the
 * result is MDB_PANIC. If it was writing then, its transaction must not be used
 * again; see ms_index.crashed.
 */
int ms_index_guarded(ms_lmdb_call *call, void *ctx);
/* Counts open indexes: by is 1 or -1. While there are any, crashes are caught.
 */
void ms_index_catch_crashes(int by);

/* ---- totals.c ---- */

/* The totals as they are at the beginning of a write transaction, which follow
 * each change of a row from now on; at its end they are stored. 0, -1. */
int ms_totals_begin(struct ms_txn *txn, struct ms_err *err);
int ms_totals_store(struct ms_txn *txn, struct ms_err *err);
void ms_totals_free(struct ms_txn *txn);
/*
 * An id was not found: counts the rows of its part of the table, unless that
 * was done before. 0; -1: MS_INDEX, rows are lost.
 *   has_key    there are rows with this key, but not of this id
 */
int ms_totals_check_id(struct ms_txn *txn, const unsigned char id[DIGEST_KEY],
    bool has_key, struct ms_err *err);
/*
 * The same for an occurrence of a message (the first of its id) in a folder:
 * counts the rows of the messages with numbers near this one.
 */
int ms_totals_check_message(
    struct ms_txn *txn, uint64_t message, struct ms_err *err);
/* The same for all rows of a table. */
int ms_totals_check_table(
    struct ms_txn *txn, enum ms_table table, struct ms_err *err);

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
/*
 * ms_view_merge() does the same with a view or undo event, ms_view_restore()
 * with an object of a state event that repeats such an event. An event whose
 * number was merged before changes nothing.
 *   change, number    of the change, and of the event
 *   o                 ms_ranges_ok() is true for its ranges
 */
int ms_view_merge(struct ms_txn *txn, uint64_t number,
    const struct ms_event *ev, struct ms_err *err);
int ms_view_restore(struct ms_txn *txn, uint64_t change, uint64_t number,
    const json_t *o, struct ms_err *err);
/* Puts the row of a change. 0, -1. */
int ms_index_put_change(
    struct ms_txn *txn, const struct ms_change_row *row, struct ms_err *err);
/* Puts the row of an event of a class, which is an enum ms_history_class. 0,
 * -1. */
int ms_index_put_event(struct ms_txn *txn, uint8_t class,
    const struct ms_event_row *row, struct ms_err *err);
/* ms_index_replace_row() replaces the row of a user, a profile or the settings
 * and its names, which are taken away from others. 0, -1. */
int ms_index_replace_row(struct ms_txn *txn, enum ms_row_kind kind,
    uint64_t number, const struct ms_record_row *row, struct ms_err *err);
/* Puts the name of a user by its number. 0, -1. */
int ms_index_put_user_name(
    struct ms_txn *txn, uint64_t number, const char *name, struct ms_err *err);

/* ---- keys and values ---- */

#define MS_OCCURRENCE_KEY 24
void ms_occurrence_key(unsigned char key[MS_OCCURRENCE_KEY], uint64_t folder,
    int64_t date, uint64_t number);
#define MS_PAIR 16 /* bytes of a key of two numbers */
void ms_pair_key(unsigned char key[MS_PAIR], uint64_t a, uint64_t b);
#define MS_UID_KEY 17
void ms_uid_key(unsigned char key[MS_UID_KEY], uint64_t folder,
    uint32_t validity, uint32_t uid);
#define PLACE_KEY_MAX (8 + 1 + DIGEST_KEY)
size_t ms_place_key(
    unsigned char key[PLACE_KEY_MAX], uint64_t folder, struct ms_slice place);
#define MS_RECEIPT_KEY (8 + DIGEST_KEY + 8)
void ms_receipt_key(unsigned char key[MS_RECEIPT_KEY], uint64_t folder,
    const unsigned char id[MS_SHA_LEN], uint64_t number);
/* Bytes of its value before the place. */
#define MS_RECEIPT_FIXED (MS_SHA_LEN - DIGEST_KEY + MS_SHA_LEN + 8 + 8 + 1)
#define NAME_KEY (1 + DIGEST_KEY)
/* ms_index_name() without names that are only alike. */
int ms_index_exact_name(struct ms_txn *txn, enum ms_name_kind kind,
    uint64_t user, uint64_t source, const char *name, uint64_t *number,
    struct ms_err *err);
void ms_name_key(unsigned char key[NAME_KEY], enum ms_name_kind kind,
    uint64_t user, uint64_t source, const char *name);
/* The key in `object` or, with a class of events, in `event`. */
#define MS_RECORD_ROW_KEY 9
void ms_record_row_key(
    unsigned char key[MS_RECORD_ROW_KEY], uint8_t kind, uint64_t number);
#define MS_EVENT_ROW 17
void ms_message_folder_row(unsigned char key[16], unsigned char value[16],
    const struct ms_message_folder *m);
#define MS_OCCURRENCE_FIXED 21 /* bytes of its value before the flags */
/*
 * The dates of an occurrence of MESSAGE `message`; `sent` is in its key. 1; 0:
 * the MESSAGE is missing, and the dates are by the raw date alone; -1.
 */
int ms_index_dates(struct ms_txn *txn, uint64_t message, struct ms_raw_date raw,
    struct ms_dates *out, struct ms_err *err);
#define MS_MOVED_ROW 16 /* bytes of a value in `moved` */
/* Reads the value of a row of `occurrence`, which is not the key. 0, -1. */
int ms_occurrence_value(
    struct ms_occurrence_row *row, struct ms_slice v, struct ms_err *err);
/* Reads the value of a row of `message`. 0, -1. */
int ms_message_row(
    struct ms_message_row *row, struct ms_slice v, struct ms_err *err);

#endif
