/*
 * index.h - LMDB tables that find things in the log. Derived from the packs,
 * disposable; only ms-archive(5) promises anything. Layer: above log; LMDB.
 *
 * Tables, keys and values (integers big-endian in keys, little-endian in
 * values; a digest in a key is its first 16 bytes):
 *
 *   meta        "position" -> struct ms_position; "version", "archive"
 *   block       first number of a run -> struct ms_location
 *   message     number -> id, wire size, start of the head, struct ms_desc
 *   id          id -> numbers (several)
 *   blob        digest -> numbers (several)
 *   occurrence  folder, date, number -> message, form, bits, flags, place
 *   held        message (the first of its id), folder -> occurrence, date
 *   place       folder, UIDVALIDITY, UID or a digest of the place -> occurrence
 *   moved       occurrence that was left -> the one in its new folder
 *   name        H(kind, what it is called) -> number
 *   user, source, folder   number -> name; url; user, source, name
 *   label       user, source -> label
 *   object      kind, number -> the state of a user, profile, run, or the
 *               settings: a row of record-row.h
 *   event       class, number of an EVENT about these -> kind, time, target
 *   lacks       number of a MESSAGE -> digests of BLOBs it names that are not
 *               there (several): it cannot be put together
 *   lost        id -> number and rest of the id of a MESSAGE that is not
 *               there, but an OCCURRENCE names it (several)
 *
 * A read transaction is never held while something may block; see
 * ms_index_begin().
 */
#ifndef MS_INDEX_H
#define MS_INDEX_H
#include <lmdb.h>
#include <stdbool.h>
#include <stdint.h>
#include "log.h"
#include "mail.h"
#include "record-row.h"
#include "recipe.h"

#define MS_INDEX_VERSION 3

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

struct ms_index;

/*
 * Opens ARCHIVE/index of the archive in path. MS_NOINPUT: there is none, or
 * it is empty or of another version; MS_DATA: damaged (the sentence names
 * --rebuild-index); MS_TEMP; MS_IO. While any index is open, SIGSEGV, SIGBUS
 * and SIGABRT end the program with that sentence and status 65: a damaged
 * index crashes LMDB. read_only: also where nothing may be written.
 */
int ms_index_open(struct ms_index **out, const char *archive, bool read_only,
    struct ms_err *err);
/*
 * Who is asked whenever another index has been put in the place of the open
 * one: does its position, how far it knows the log, lie on this log? -1
 * refuses it. Not to use the index.
 */
typedef int ms_index_guard_fn(
    void *ctx, const struct ms_position *pos, struct ms_err *err);
void ms_index_guard(struct ms_index *ix, ms_index_guard_fn *guard, void *ctx);
/* How often that has been done. */
unsigned ms_index_exchanged(const struct ms_index *ix);
/* Makes an empty one in the folder path, which must not exist. */
int ms_index_create(struct ms_index **out, const char *path,
    const unsigned char archive_id[MS_ID_LEN], struct ms_err *err);
void ms_index_close(struct ms_index *ix);
bool ms_index_writable(const struct ms_index *ix);

/* A transaction. */
struct ms_txn {
	MDB_txn *t;
	struct ms_index *ix;
	bool write;
	bool full; /* the map is full: abort, ms_index_grow(), begin again */
	MDB_cursor *cursor[MS_TABLES];
	size_t id_before; /* last transaction, if there are no reader locks */
};

/*
 * Read. Reopens the index if ms-verify has put another in its place. For less
 * than a second, with no pipe or socket touched; any thread.
 * MS_DATA: that index is damaged; MS_TEMP: no reader slot.
 */
int ms_index_begin(struct ms_index *ix, struct ms_txn *txn, struct ms_err *err);
/* 0; 1: without reader locks something was written meanwhile: what was read
 * may be wrong, begin again. */
int ms_index_end(struct ms_txn *txn);
/* Write; by the holder of `lock` only. */
int ms_index_begin_write(
    struct ms_index *ix, struct ms_txn *txn, struct ms_err *err);
int ms_index_commit(struct ms_txn *txn, struct ms_err *err);
void ms_index_abort(struct ms_txn *txn);
/* Doubles the map. No transaction of the caller may be open. */
int ms_index_grow(struct ms_index *ix, struct ms_err *err);

/* ---- any table ---- */

/* 1 found (value lives until the transaction ends or writes), 0, -1. */
int ms_index_get(struct ms_txn *txn, enum ms_table table, const void *key,
    size_t key_n, struct ms_slice *value, struct ms_err *err);
/*
 * Cursor over a table: MDB_SET_RANGE, MDB_NEXT ... 1, 0 no more, -1. One
 * cursor a table and transaction.
 */
int ms_index_seek(struct ms_txn *txn, enum ms_table table, MDB_cursor_op op,
    MDB_val *key, MDB_val *value, struct ms_err *err);
int ms_index_put(struct ms_txn *txn, enum ms_table table, const void *key,
    size_t key_n, const void *value, size_t value_n, struct ms_err *err);
int ms_index_delete(struct ms_txn *txn, enum ms_table table, const void *key,
    size_t key_n, struct ms_err *err);

int ms_index_position(
    struct ms_txn *txn, struct ms_position *pos, struct ms_err *err);
int ms_index_set_position(
    struct ms_txn *txn, const struct ms_position *pos, struct ms_err *err);
/* The archive id this index was made for. */
int ms_index_archive(
    struct ms_txn *txn, unsigned char id[MS_ID_LEN], struct ms_err *err);
/* Are all tables of both equal, key by key? On a difference: 0, and which
 * table in *table. 1 equal, -1. */
int ms_index_equal(struct ms_index *a, struct ms_index *b, const char **table,
    struct ms_err *err);

/* ---- finding ---- */

struct ms_location {
	uint32_t pack, generation;
	uint64_t offset;
	uint32_t place; /* of the record in its block */
	uint32_t stored;
	uint8_t kind;
};

/* Where record number is. 1, 0 the index knows no such record, -1. */
int ms_index_locate(struct ms_txn *txn, uint64_t number,
    struct ms_location *loc, struct ms_err *err);
/*
 * The first MESSAGE of an id that can be put together. 1, 0, -1. One that
 * lacks BLOBs is passed over, so that it is stored again when it comes again.
 */
int ms_index_id(struct ms_txn *txn, const unsigned char id[MS_SHA_LEN],
    uint64_t *number, struct ms_err *err);
/* Does this message (by its first number) lie in this folder? 1, 0, -1. */
int ms_index_message_folders(struct ms_txn *txn, uint64_t message,
    uint64_t folder, uint64_t *occurrence, struct ms_err *err);
/* Does a MESSAGE that is there lack none of its BLOBs? 1, 0, -1. */
int ms_index_whole(struct ms_txn *txn, uint64_t number, struct ms_err *err);
/* The occurrences in a folder of messages that are not whole: their numbers,
 * for ms_index_is_missing(). Mostly there are none. 0, -1. */
int ms_index_missing_message(struct ms_txn *txn, uint64_t folder,
    struct ms_buf *occurrences, struct ms_err *err);
bool ms_index_is_missing(const struct ms_buf *occurrences, uint64_t occurrence);
/* How many MESSAGEs are not there, or not whole. */
int ms_index_count_missing(
    struct ms_txn *txn, uint64_t *count, struct ms_err *err);
/* Is this place of the folder known? 1, 0, -1. */
int ms_index_place(struct ms_txn *txn, uint64_t folder, struct ms_slice place,
    uint64_t *occurrence, struct ms_err *err);

/*
 * Was this occurrence left for another (*to), and not come back to? One that
 * is lost counts for nothing: what is left is better than nothing. 1, 0, -1.
 */
int ms_index_moved(
    struct ms_txn *txn, uint64_t occurrence, uint64_t *to, struct ms_err *err);

enum ms_name_kind {
	MS_NAME_USER = 1,
	MS_NAME_SOURCE = 2,
	MS_NAME_FOLDER = 3,
	MS_NAME_ADDRESS = 4, /* a user's; case does not matter */
	MS_NAME_POP3 = 5,    /* the same */
	MS_NAME_PROFILE = 6
};
/* The number of a folder of user and source; else these are 0. 1, 0, -1. */
int ms_index_name(struct ms_txn *txn, enum ms_name_kind kind, uint64_t user,
    uint64_t source, const char *name, uint64_t *number, struct ms_err *err);

/*
 * The state of a user, profile, run (by its number), or the settings (0). Views
 * of the transaction. 1, 0, -1.
 */
int ms_index_record_row(struct ms_txn *txn, enum ms_row_kind kind,
    uint64_t number, struct ms_record_row *o, struct ms_err *err);
/* Is this user deleted? 1, 0, -1. */
int ms_index_user_deleted(
    struct ms_txn *txn, uint64_t number, struct ms_err *err);
/* The number of a user of this name who is not. 1, 0, -1. */
int ms_index_live_user(
    struct ms_txn *txn, const char *name, uint64_t *number, struct ms_err *err);
#define MS_RECORD_ROW_KEY 9
/* The key in `object`, or, with a class of history.h, in `event`. */
void ms_record_row_key(
    unsigned char key[MS_RECORD_ROW_KEY], uint8_t kind, uint64_t number);
/* What a row of `event` says. */
struct ms_event_row {
	uint64_t number, target;
	int64_t time;
	uint8_t kind; /* enum ms_event_kind */
};
int ms_event_row(struct ms_event_row *row, const MDB_val *key,
    const MDB_val *value, struct ms_err *err);

/*
 * Rows as values; views end with the transaction. -1: MS_DATA.
 *
 * A message is looked up by its head too seldom for a table that every message
 * would have to be put into: whoever does so reads the rows of the messages he
 * means once, and compares the whole head of those that begin alike.
 */
#define MS_HEAD_START 8 /* bytes of a head in its row */
struct ms_message_row {
	unsigned char id[MS_SHA_LEN];
	unsigned char head[MS_HEAD_START];
	uint64_t size;
	struct ms_desc desc;
};
int ms_index_message(struct ms_txn *txn, uint64_t number,
    struct ms_message_row *row, struct ms_err *err); /* 1, 0, -1 */

#define MS_OCCURRENCE_KEY 24
#define MS_ROW_HAS_OTHER 64 /* bit: the OCCURRENCE has further attributes */
#define MS_ROW_IS_SENT 32   /* bit: by them, its folder is one of sent mail */
struct ms_occurrence_row {
	uint64_t folder, number, message;
	int64_t date;
	uint8_t form, bits;
	struct ms_slice flags, place;
};
void ms_occurrence_key(unsigned char key[MS_OCCURRENCE_KEY], uint64_t folder,
    int64_t date, uint64_t number);
int ms_occurrence_row(struct ms_occurrence_row *row, const MDB_val *key,
    const MDB_val *value, struct ms_err *err);
/* "V/U" of an IMAP place. */
bool ms_place_uid(struct ms_slice place, uint32_t *validity, uint32_t *uid);

/* ---- filling: the same for a new batch and for one read from a pack ---- */

/* What the index keeps of a MESSAGE beyond its recipe. */
struct ms_message_meta {
	unsigned char head[MS_SHA_LEN];
	struct ms_desc desc;
};

/* Rows of a batch, gathered to be put in sorted order. */
struct ms_indexer;

struct ms_indexer *ms_indexer_new(void);
void ms_indexer_free(struct ms_indexer *in);
/* Forgets the rows not yet put (the transaction was aborted). */
void ms_indexer_clear(struct ms_indexer *in);
/* A block that begins at offset, with its runs. */
void ms_indexer_block(struct ms_indexer *in, const struct ms_pack_header *pack,
    uint64_t offset, const struct ms_block_header *header,
    const unsigned char *runs);
void ms_indexer_blob(struct ms_indexer *in, uint64_t number,
    const unsigned char digest[MS_SHA_LEN]);
/* A MESSAGE by what is known of it. */
void ms_indexer_message(struct ms_indexer *in, uint64_t number,
    const unsigned char id[MS_SHA_LEN], uint64_t size,
    const struct ms_message_meta *note);
/*
 * Any record but a BLOB. OCCURRENCEs look up their message in txn: rows
 * gathered before are put then. MS_DATA: the content is not what its type says.
 */
int ms_indexer_record(struct ms_indexer *in, struct ms_txn *txn,
    uint64_t number, const struct ms_record *rec, struct ms_err *err);
/* Puts what was gathered. */
int ms_indexer_put(
    struct ms_indexer *in, struct ms_txn *txn, struct ms_err *err);
/* Purge events met since the last call. */
uint64_t ms_indexer_purges(struct ms_indexer *in);

#endif
