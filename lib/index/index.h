/*
 * index.h - LMDB tables that find records in the log. The index is derived
 * from the packs and can be deleted at any time; the format of its tables is
 * private, ms-archive(5), Index. Layer: above log; LMDB, which no other folder
 * uses.
 *
 * Tables, keys and values. Integers are big-endian in keys and little-endian
 * in values; a digest in a key is its first 16 bytes.
 *
 *   meta        "position" -> struct ms_position; "version"; "archive"
 *   block       first number of a run -> struct ms_location
 *   message     number -> id, wire size, start of the head, struct ms_desc
 *   id          id -> numbers (several)
 *   blob        digest -> numbers (several)
 *   occurrence  folder, date, number -> message, form, bits, flags, place
 *   held        message (the first of its id), folder -> occurrence, date
 *   place       folder, UIDVALIDITY, UID or a digest of the place -> occurrence
 *   moved       the occurrence that was left -> the one in the new folder
 *   name        H(kind, name) -> number
 *   user, source, folder   number -> name; url; user, source, name
 *   label       user, source -> label
 *   object      kind, number -> the state of a user, a profile, a run or the
 *               settings: a row of record-row.h
 *   event       class, number of an EVENT about these -> kind, time, target
 *   lacks       number of a MESSAGE -> digests of the BLOBs (several) that the
 *               MESSAGE names and that are missing: the message cannot be put
 *               together
 *   lost        id -> number and rest of the id of a MESSAGE (several) that is
 *               missing although an OCCURRENCE names it
 *
 * A read transaction is never held while the program may block; see
 * ms_index_begin().
 */
#ifndef MS_INDEX_H
#define MS_INDEX_H
#include <stdbool.h>
#include <stdint.h>
#include "log.h"
#include "mail.h"
#include "record-row.h"
#include "recipe.h"

#define MS_INDEX_VERSION 3
#define MS_INDEX_TABLES 18

struct ms_index;

/*
 * ms_index_open() opens ARCHIVE/index of the archive in path.
 *   read_only    also where nothing may be written
 * The errors are MS_NOINPUT (there is no index, it is empty or of another
 * version), MS_DATA (damaged; the message names --rebuild-index), MS_TEMP and
 * MS_IO. A damaged index crashes LMDB: while any index is open, SIGSEGV, SIGBUS
 * and SIGABRT end the program with that message and status 65.
 */
int ms_index_open(struct ms_index **out, const char *archive, bool read_only,
    struct ms_err *err);
/*
 * Another process may replace the files of an open index. The guard is then
 * called with the position of the new index, that is how far it has followed
 * the log, and refuses the index with -1 if that position is not on this log.
 * The guard must not use the index.
 */
typedef int ms_index_guard_fn(
    void *ctx, const struct ms_position *pos, struct ms_err *err);
void ms_index_guard(struct ms_index *ix, ms_index_guard_fn *guard, void *ctx);
/* How often the files of this index have been replaced. */
unsigned ms_index_exchanged(const struct ms_index *ix);
/* ms_index_create() makes an empty index in the folder path, which must not
 * exist. */
int ms_index_create(struct ms_index **out, const char *path,
    const unsigned char archive_id[MS_ID_LEN], struct ms_err *err);
void ms_index_close(struct ms_index *ix);

/* A transaction. Its members are for lib/index, except `full`. */
struct ms_txn {
	struct MDB_txn *t;
	struct ms_index *ix;
	bool write;
	bool full; /* the map is full: abort, ms_index_grow(), begin again */
	struct MDB_cursor *cursor[MS_INDEX_TABLES];
	size_t id_before; /* last transaction, if there are no reader locks */
};

/*
 * ms_index_begin() begins a read transaction, in any thread. If ms-verify has
 * replaced the index, it is opened again first. The transaction must last less
 * than a second and must not touch a pipe or a socket: LMDB cannot reuse pages
 * meanwhile. The errors are MS_DATA (the new index is damaged) and MS_TEMP (no
 * reader slot is free).
 */
int ms_index_begin(struct ms_index *ix, struct ms_txn *txn, struct ms_err *err);
/*
 * ms_index_end() returns 0, or 1 if the index was written meanwhile and there
 * are no reader locks: what was read may be wrong, and the caller begins again.
 */
int ms_index_end(struct ms_txn *txn);
/* Write transactions, by the holder of `lock` only. */
int ms_index_begin_write(
    struct ms_index *ix, struct ms_txn *txn, struct ms_err *err);
int ms_index_commit(struct ms_txn *txn, struct ms_err *err);
void ms_index_abort(struct ms_txn *txn);
/* ms_index_grow() doubles the map. The caller must have no transaction open. */
int ms_index_grow(struct ms_index *ix, struct ms_err *err);

/* How far the index has followed the log. */
int ms_index_position(
    struct ms_txn *txn, struct ms_position *pos, struct ms_err *err);
int ms_index_set_position(
    struct ms_txn *txn, const struct ms_position *pos, struct ms_err *err);
/* The id of the archive that this index was made for. */
int ms_index_archive(
    struct ms_txn *txn, unsigned char id[MS_ID_LEN], struct ms_err *err);
/* ms_index_equal() compares all tables of two indexes. It returns 1 if they are
 * equal, 0 if they differ (*table is the name of the first table that does),
 * or -1. */
int ms_index_equal(struct ms_index *a, struct ms_index *b, const char **table,
    struct ms_err *err);

/*
 * ---- rows ----
 * All functions that find a row return 1 if they found it, 0 if not and -1 on
 * failure (MS_DATA: the row is damaged). Slices in a row are views of the
 * index, valid until the transaction ends or writes.
 */

struct ms_location {
	uint32_t pack, generation;
	uint64_t offset;
	uint32_t place; /* of the record in its block */
	uint32_t stored;
	uint8_t kind;
};

/*
 * A message is looked up by its head too seldom to justify a table that every
 * message would have to be put into: the callers read the rows of the candidate
 * messages once and compare the whole head of those that begin alike.
 */
#define MS_HEAD_START 8 /* bytes of a head in its row */
struct ms_message_row {
	unsigned char id[MS_SHA_LEN];
	unsigned char head[MS_HEAD_START];
	uint64_t size;
	struct ms_desc desc;
};

#define MS_ROW_HAS_OTHER 64 /* bit: the OCCURRENCE has further attributes */
#define MS_ROW_IS_SENT 32   /* bit: by them, its folder contains sent mail */
struct ms_occurrence_row {
	uint64_t folder; /* the key: folder, date, number */
	int64_t date;
	uint64_t number, message;
	uint8_t form, bits;
	struct ms_slice flags, place;
};

/* An occurrence by its message, which is the first MESSAGE of its id. */
struct ms_message_folder {
	uint64_t message, folder; /* the key */
	uint64_t occurrence;
	int64_t date;
};

struct ms_folder_row {
	uint64_t number; /* the key */
	uint64_t user, source;
	struct ms_slice name;
};

/* An EVENT about a user, a profile, a run or the settings. */
struct ms_event_row {
	uint64_t number; /* the key */
	uint64_t target; /* number of the user, profile or run; 0: settings */
	int64_t time;
	uint8_t kind; /* enum ms_event_kind */
};

/* ---- one row by its key ---- */

/* The place of record `number` in the packs. */
int ms_index_locate(struct ms_txn *txn, uint64_t number,
    struct ms_location *loc, struct ms_err *err);
/*
 * The first MESSAGE of an id that can be put together. A MESSAGE with missing
 * BLOBs is passed over, so that its message is stored again when it comes
 * again.
 */
int ms_index_id(struct ms_txn *txn, const unsigned char id[MS_SHA_LEN],
    uint64_t *number, struct ms_err *err);
int ms_index_message(struct ms_txn *txn, uint64_t number,
    struct ms_message_row *row, struct ms_err *err);
/* The occurrence with the key in *row. */
int ms_index_occurrence(
    struct ms_txn *txn, struct ms_occurrence_row *row, struct ms_err *err);
/* The occurrence of a message (by its first number) in a folder. */
int ms_index_in_folder(struct ms_txn *txn, uint64_t message, uint64_t folder,
    uint64_t *occurrence, struct ms_err *err);
/* The occurrence that has this place of a folder. */
int ms_index_place(struct ms_txn *txn, uint64_t folder, struct ms_slice place,
    uint64_t *occurrence, struct ms_err *err);
/*
 * The occurrence (*to) for which this one was left, unless the message came
 * back. If the record of that occurrence is missing, the result is 0: a message
 * in its old folder is better than no message.
 */
int ms_index_moved(
    struct ms_txn *txn, uint64_t occurrence, uint64_t *to, struct ms_err *err);

enum ms_name_kind {
	MS_NAME_USER = 1,
	MS_NAME_SOURCE = 2,
	MS_NAME_FOLDER = 3,
	MS_NAME_ADDRESS = 4, /* of a user; case does not matter */
	MS_NAME_POP3 = 5,    /* likewise */
	MS_NAME_PROFILE = 6
};
/* The number that belongs to a name. user and source are those of a folder,
 * else 0. */
int ms_index_name(struct ms_txn *txn, enum ms_name_kind kind, uint64_t user,
    uint64_t source, const char *name, uint64_t *number, struct ms_err *err);
/* The name that belongs to the number of a user or a source. */
int ms_index_name_of(struct ms_txn *txn, enum ms_name_kind kind,
    uint64_t number, struct ms_slice *name, struct ms_err *err);
int ms_index_folder(struct ms_txn *txn, uint64_t number,
    struct ms_folder_row *row, struct ms_err *err);
int ms_index_label(struct ms_txn *txn, uint64_t user, uint64_t source,
    struct ms_slice *label, struct ms_err *err);

/* The state of a user, a profile, a run (by its number) or the settings (0);
 * views of the index. */
int ms_index_record_row(struct ms_txn *txn, enum ms_row_kind kind,
    uint64_t number, struct ms_record_row *o, struct ms_err *err);
/* Is this user deleted? 1, 0, -1. */
int ms_index_user_deleted(
    struct ms_txn *txn, uint64_t number, struct ms_err *err);
/* The number of the user of this name, if the user is not deleted. */
int ms_index_active_user(
    struct ms_txn *txn, const char *name, uint64_t *number, struct ms_err *err);

/*
 * ---- rows in the order of their keys ----
 * Each of these functions finds the first row at or after a position and moves
 * the position to the key of that row. The position is the key in *row, or the
 * numbers passed by address; to go on, the caller adds one to the last number.
 * Nothing is kept between calls, so a position stays valid in the next
 * transaction and while the caller writes.
 */

int ms_index_next_occurrence(
    struct ms_txn *txn, struct ms_occurrence_row *row, struct ms_err *err);
int ms_index_next_message(struct ms_txn *txn, uint64_t *number,
    struct ms_message_row *row, struct ms_err *err);
int ms_index_next_message_folder(
    struct ms_txn *txn, struct ms_message_folder *row, struct ms_err *err);
int ms_index_next_folder(
    struct ms_txn *txn, struct ms_folder_row *row, struct ms_err *err);
/* The UIDs of a folder that are known under a UIDVALIDITY. */
int ms_index_next_uid(struct ms_txn *txn, uint64_t folder, uint32_t uidvalidity,
    uint64_t *uid, uint64_t *occurrence, struct ms_err *err);
#define MS_INDEX_DIGEST 16 /* bytes of a digest in a key */
/* The MESSAGEs of all ids, as far as the index keeps an id in its key. */
int ms_index_next_id(struct ms_txn *txn, unsigned char id[MS_INDEX_DIGEST],
    uint64_t *number, struct ms_err *err);
/* The MESSAGEs whose id begins with the same 16 bytes as this one. */
int ms_index_next_same_id(struct ms_txn *txn,
    const unsigned char id[MS_SHA_LEN], uint64_t *number, struct ms_err *err);
/* The BLOBs whose digest begins with the same 16 bytes as this one. */
int ms_index_next_blob(struct ms_txn *txn,
    const unsigned char digest[MS_SHA_LEN], uint64_t *number,
    struct ms_err *err);
/* The rows of a kind. They are for ms_record_row_parse(). */
int ms_index_next_record_row(struct ms_txn *txn, enum ms_row_kind kind,
    uint64_t *number, struct ms_slice *row, struct ms_err *err);
/* The events of a class; `class` is an enum ms_history_class. */
int ms_index_next_event(struct ms_txn *txn, uint8_t class,
    struct ms_event_row *row, struct ms_err *err);
/* The same in descending order: the last row at or before the position. */
int ms_index_previous_event(struct ms_txn *txn, uint8_t class,
    struct ms_event_row *row, struct ms_err *err);

/* ---- messages that are not whole ---- */

/* Has a MESSAGE that is there all of its BLOBs? 1, 0, -1. */
int ms_index_whole(struct ms_txn *txn, uint64_t number, struct ms_err *err);
/*
 * ms_index_missing_messages() lists the occurrences in a folder whose messages
 * are missing or not whole, for ms_index_is_missing(). The list, which replaces
 * the contents of *occurrences, is mostly empty. 0, -1.
 */
int ms_index_missing_messages(struct ms_txn *txn, uint64_t folder,
    struct ms_buf *occurrences, struct ms_err *err);
bool ms_index_is_missing(const struct ms_buf *occurrences, uint64_t occurrence);
/* How many MESSAGEs are missing or not whole. 0, -1. */
int ms_index_count_missing(
    struct ms_txn *txn, uint64_t *count, struct ms_err *err);

/* ---- filling: the same for a new batch and for one read from a pack ---- */

/* What the index keeps of a MESSAGE beyond its recipe. */
struct ms_message_meta {
	unsigned char head[MS_SHA_LEN];
	struct ms_desc desc;
};

/* Rows of a batch, which are collected and put in sorted order. */
struct ms_indexer;

struct ms_indexer *ms_indexer_new(void);
void ms_indexer_free(struct ms_indexer *in);
/* ms_indexer_clear() drops the rows that were not put, because their
 * transaction was aborted. */
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
    const struct ms_message_meta *meta);
/*
 * Any record but a BLOB. An OCCURRENCE looks up its message in txn; the rows
 * that were collected before are put for that. MS_DATA: the content is not what
 * the type of the record says.
 */
int ms_indexer_record(struct ms_indexer *in, struct ms_txn *txn,
    uint64_t number, const struct ms_record *rec, struct ms_err *err);
/* ms_indexer_put() puts the rows that were collected. */
int ms_indexer_put(
    struct ms_indexer *in, struct ms_txn *txn, struct ms_err *err);
/* The number of purge events since the last call. */
uint64_t ms_indexer_purges(struct ms_indexer *in);
/* ms_index_forget_blocks() deletes the rows of `block` for the records from
 * number `first` on, because their pack was replaced. 0, -1. */
int ms_index_forget_blocks(
    struct ms_txn *txn, uint64_t first, struct ms_err *err);

#endif
