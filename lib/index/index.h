/*
 * index.h - LMDB tables that find records in the log. The index is derived
 * from the packs and can be deleted at any time; the format of its tables is
 * private, ms-archive(5), Index. Layer: above log; LMDB, which no other folder
 * uses.
 *
 * Tables, keys and values. Integers are big-endian in keys and little-endian
 * in values; a digest in a key is its first 16 bytes.
 *
 *   meta        "position" -> struct ms_position; "version"; "archive";
 *               "totals" -> for each table, the number of its rows and the sum
 *               of their hashes; "ids" -> the same for the rows of `id` by the
 *               first 9 bits of the id
 *   block       first number of a run -> struct ms_location
 *   message     number -> id, wire size, start of the head, struct ms_desc
 *   commit      number of a COMMIT -> first record of its batch, time
 *   id          id -> numbers (several)
 *   blob        digest -> numbers (several)
 *   thread      key of an id (mail.h) -> numbers (several) of the MESSAGEs
 * whose header has it in Message-ID, References or In-Reply-To occurrence
 * folder, date, number -> message, form, bits, raw date, flags, place; date:
 * when the message was sent, here and below held        message (the first of
 * its id), folder -> occurrence, date place       folder, UIDVALIDITY, UID or a
 * digest of the place -> occurrence also        occurrence, number of a PLACE
 * -> the place, a NUL, its flags receipt     folder, id, number of a RECEIPT
 * (`place` has that number) -> rest of the id, head, size, who, bits, place
 *   moved       an occurrence of a MOVED -> the one in the new folder, or 0 if
 *               this is it; time of that MOVED
 *   name        H(kind, name) -> number
 *   user, source, folder   number -> name; url; user, source, name
 *   label       user, source -> number of the EVENT, label
 *   object      kind, number -> the state of a user, a profile, a run or the
 *               settings: a row of record-row.h
 *   event       class, number of an EVENT about these -> kind, time, target
 *   lacks       number of a MESSAGE -> digests of the BLOBs (several) that the
 *               MESSAGE names and that are missing: the message cannot be put
 *               together
 *   lost        id -> number and rest of the id of a MESSAGE (several) that is
 *               missing although an OCCURRENCE names it
 *   view        occurrence, number of a change -> the folder in which the
 *               change shows the occurrence; 0: nowhere
 *   shown       folder, number of a change -> the name that the change gives
 *               the folder
 *   target      folder, folder of an OCCURRENCE -> nothing: a change shows such
 *               an occurrence in the first folder
 *   change      number of the first event of a change -> kind, events, time,
 *               number of the undo event
 *   change-event   number of a change, number of an event of it -> the JSON
 *               object with which a state event repeats this event
 *   count       folder -> number of its rows in `occurrence` and in `held`;
 *               highest bit and part of `held` -> number of its rows, and the
 *               sum of their hashes; the rows of 4096 numbers of messages are a
 *               part
 *
 * A checksum of 4 bytes follows each value, except in the tables that have
 * several values for a key (id, blob, thread, lacks, lost). A lookup that finds
 * a row can therefore be relied upon. A row that is not found may be lost: a
 * walk over all rows is compared with `count`, and ms_index_check() compares a
 * table with the totals. An id that is not found is no longer looked for than
 * its part of the table is counted, once in a process; so is an occurrence of a
 * message in a folder, and a name. `view` is counted before its rows are used,
 * once in a process. A row that a damaged page hides is therefore not written a
 * second time, and what a person removed is not shown again.
 *
 * A read transaction is never held while the program may block; see
 * ms_index_begin().
 */
#ifndef MS_INDEX_H
#define MS_INDEX_H
#include <stdbool.h>
#include <stdint.h>
#include "log.h"
#include "dates.h"
#include "record-row.h"
#include "recipe.h"

#define MS_INDEX_VERSION 15
#define MS_INDEX_OLDEST 3 /* for ms_index_open_old() */
#define MS_INDEX_TABLES 28

struct ms_index;

/*
 * ms_index_open() opens ARCHIVE/index of the archive in path.
 *   read_only    also where nothing may be written
 * The errors are MS_NOINPUT (there is no index, it is empty or of another
 * version), MS_INDEX (damaged; the message names --rebuild-index), MS_TEMP and
 * MS_IO. A damaged index can crash LMDB. While any index is open, SIGSEGV,
 * SIGBUS and SIGABRT in LMDB become MS_INDEX; elsewhere they end the program
 * with that message and status 65.
 */
int ms_index_open(struct ms_index **out, const char *archive, bool read_only,
    struct ms_err *err);
/*
 * ms_index_open_old() also opens an index of an earlier version, for state.h
 * and the id of the archive only: the other tables may be missing or different.
 */
int ms_index_open_old(
    struct ms_index **out, const char *archive, struct ms_err *err);
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
struct ms_row_change;
struct ms_txn {
	struct MDB_txn *t;
	struct ms_index *ix;
	bool write;
	bool full; /* the map is full: abort, ms_index_grow(), begin again */
	struct MDB_cursor *cursor[MS_INDEX_TABLES];
	/* Of a write transaction: */
	struct ms_totals *totals;
	void (*row_changed)(
	    struct ms_txn *txn, const struct ms_row_change *change);
	size_t id_before; /* last transaction, if there are no reader locks */
};

/*
 * ms_index_begin() begins a read transaction, in any thread. If ms-verify has
 * replaced the index, it is opened again first. The transaction must last less
 * than a second and must not touch a pipe or a socket: LMDB cannot reuse pages
 * meanwhile. The errors are MS_INDEX (the new index is damaged) and MS_TEMP (no
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
 * failure (MS_INDEX: the row is damaged). Slices in a row are views of the
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
	int64_t date;    /* sent (dates.h); 0 if it is unknown */
	uint64_t number, message;
	struct ms_raw_date raw; /* never MS_RAW_UNSTATED */
	uint8_t form, bits;
	struct ms_slice flags, place;
};

/* An occurrence by its message, which is the first MESSAGE of its id. */
struct ms_message_folder {
	uint64_t message, folder; /* the key */
	uint64_t occurrence;
	int64_t date;
};

/* A PLACE: a place of an occurrence beyond the one in its OCCURRENCE. */
struct ms_place_row {
	uint64_t occurrence, number; /* the key; number: of the PLACE */
	struct ms_slice place, flags;
};

/* A RECEIPT. */
struct ms_receipt_row {
	uint64_t folder; /* the key: folder, id (16 bytes), number */
	unsigned char id[MS_SHA_LEN];
	uint64_t number;
	unsigned char head[MS_SHA_LEN];
	uint64_t size;
	uint64_t who; /* ms_receipt_who() */
	uint8_t bits;
	struct ms_slice place;
};
/* A number for the list of OCCURRENCEs, which tells whether two are equal. */
uint64_t ms_receipt_who(struct ms_slice occurrences);

/* A batch by its COMMIT. */
struct ms_commit_row {
	uint64_t number; /* the key: of the COMMIT */
	uint64_t first;  /* record of the batch */
	int64_t time;
};

struct ms_folder_row {
	uint64_t number; /* the key */
	uint64_t user, source;
	struct ms_slice name;
};

/* A label. */
struct ms_label_row {
	uint64_t user, source; /* the key */
	uint64_t number;       /* of its EVENT */
	struct ms_slice label;
};

/* An EVENT about a user, a profile, a run, the settings or a change of the
 * view.
 */
struct ms_event_row {
	uint64_t number; /* the key */
	/* Number of the user, profile, run or change; 0: settings. */
	uint64_t target;
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
 * again. MS_INDEX: rows of ids are lost, so the message may be stored.
 */
int ms_index_id(struct ms_txn *txn, const unsigned char id[MS_SHA_LEN],
    uint64_t *number, struct ms_err *err);
int ms_index_message(struct ms_txn *txn, uint64_t number,
    struct ms_message_row *row, struct ms_err *err);
/* The occurrence with the key in *row. */
int ms_index_occurrence(
    struct ms_txn *txn, struct ms_occurrence_row *row, struct ms_err *err);
/* The occurrence of a message (by its first number) in a folder. MS_INDEX: rows
 * are lost, so there may be one. */
int ms_index_in_folder(struct ms_txn *txn, uint64_t message, uint64_t folder,
    uint64_t *occurrence, struct ms_err *err);
/* The occurrence, or the RECEIPT, that has this place of a folder. */
int ms_index_place(struct ms_txn *txn, uint64_t folder, struct ms_slice place,
    uint64_t *occurrence, struct ms_err *err);
/*
 * The occurrence (*to) for which this one was left, and when, unless the
 * message came back. If the record of that occurrence is missing, the result is
 * 0: a message in its old folder is better than no message.
 */
int ms_index_moved(struct ms_txn *txn, uint64_t occurrence, uint64_t *to,
    int64_t *time, struct ms_err *err);
/* The last MOVED of an occurrence, unless a PLACE came after it. *to is 0 if
 * the message came into the folder of this occurrence. */
int ms_index_last_move(struct ms_txn *txn, uint64_t occurrence, uint64_t *to,
    int64_t *time, struct ms_err *err);

/*
 * ---- what a person removed, moved or renamed ----
 * A change has one or more view events, and counts if all of them are in the
 * log and no undo event names it. Rows of changes that do not count remain, so
 * that the tables do not depend on the order of the events.
 */

/* What the command was. Stored in the index: only add kinds at the end. */
enum ms_view_kind {
	MS_VIEW_OTHER,
	MS_VIEW_REMOVE,
	MS_VIEW_MOVE,
	MS_VIEW_RENAME,
	MS_VIEW_RESTORE
};
/* "remove" ...; "?" for MS_VIEW_OTHER. */
const char *ms_view_kind_name(enum ms_view_kind kind);

struct ms_change_row {
	uint64_t number; /* the key: of the first event */
	uint8_t kind;    /* enum ms_view_kind */
	uint32_t parts;  /* events that the change has; 0: the first is missing
			  */
	uint32_t seen;   /* how many of them are in the log */
	int64_t time;    /* of the first event */
	uint64_t undone; /* number of the undo event, or 0 */
	uint64_t count;  /* of OCCURRENCEs, or of folders, so far */
};
bool ms_change_counts(const struct ms_change_row *row);
/* The change with the number in *row. */
int ms_index_change(
    struct ms_txn *txn, struct ms_change_row *row, struct ms_err *err);
int ms_index_next_change(
    struct ms_txn *txn, struct ms_change_row *row, struct ms_err *err);
/* The same in descending order: the last row at or before the position. */
int ms_index_previous_change(
    struct ms_txn *txn, struct ms_change_row *row, struct ms_err *err);

/* A view or undo event. */
struct ms_change_event_row {
	uint64_t change, number; /* the key */
	struct ms_slice json;    /* ms-archive(5), EVENT, changes */
};
/* The event with the key in *row. */
int ms_index_change_event(
    struct ms_txn *txn, struct ms_change_event_row *row, struct ms_err *err);
int ms_index_next_change_event(
    struct ms_txn *txn, struct ms_change_event_row *row, struct ms_err *err);

/* Where an occurrence is shown, by the last change that counts. */
struct ms_view_row {
	uint64_t change;
	uint64_t folder; /* 0: nowhere */
};
/* The view of an occurrence. 0: it is shown in its own folder. MS_INDEX: the
 * table has lost rows. */
int ms_index_view(struct ms_txn *txn, uint64_t occurrence,
    struct ms_view_row *row, struct ms_err *err);
/* The same without the changes from number `before` on. */
int ms_index_view_before(struct ms_txn *txn, uint64_t occurrence,
    uint64_t before, struct ms_view_row *row, struct ms_err *err);
/* The last change that lists this occurrence, also one that does not count. */
int ms_index_last_change(struct ms_txn *txn, uint64_t occurrence,
    uint64_t *change, struct ms_err *err);
/* The name under which a folder is shown. 0: its own name. */
int ms_index_shown(struct ms_txn *txn, uint64_t folder, struct ms_slice *name,
    struct ms_err *err);
/* The first folder of a user and a source that is shown under the name. */
int ms_index_find_shown(struct ms_txn *txn, uint64_t user, uint64_t source,
    const char *name, uint64_t *number, struct ms_err *err);
/* The name under which a folder is shown, also if it is its own name. 0, -1. */
int ms_index_shown_name(struct ms_txn *txn, const struct ms_folder_row *row,
    struct ms_slice *name, struct ms_err *err);
/* The folders whose occurrences a change shows in another folder; the key is
 * both numbers. */
int ms_index_next_target(
    struct ms_txn *txn, uint64_t *shown, uint64_t *own, struct ms_err *err);
/* What any change says about an occurrence; the key is the occurrence and the
 * change. */
int ms_index_next_view(struct ms_txn *txn, uint64_t *occurrence,
    struct ms_view_row *row, struct ms_err *err);
/* The folders that any change has renamed; the key is both numbers. */
int ms_index_next_shown(
    struct ms_txn *txn, uint64_t *folder, uint64_t *change, struct ms_err *err);

enum ms_name_kind {
	MS_NAME_USER = 1,
	MS_NAME_SOURCE = 2,
	MS_NAME_FOLDER = 3,
	MS_NAME_ADDRESS = 4, /* of a user; case does not matter */
	MS_NAME_POP3 = 5,    /* likewise */
	MS_NAME_PROFILE = 6,
	MS_NAME_USER_KEY = 7 /* ms_utf8_name_key() of a user's name, if it
				differs from the name */
};
/* The number that belongs to a name. user and source are those of a folder,
 * else 0. A user is also found by a name that has the same key. MS_INDEX: rows
 * of names are lost, so the name may have a number. */
int ms_index_name(struct ms_txn *txn, enum ms_name_kind kind, uint64_t user,
    uint64_t source, const char *name, uint64_t *number, struct ms_err *err);
/* The name that belongs to the number of a user or a source. */
int ms_index_name_of(struct ms_txn *txn, enum ms_name_kind kind,
    uint64_t number, struct ms_slice *name, struct ms_err *err);
int ms_index_folder(struct ms_txn *txn, uint64_t number,
    struct ms_folder_row *row, struct ms_err *err);
/* The label of a source for a user. */
int ms_index_label(struct ms_txn *txn, uint64_t user, uint64_t source,
    struct ms_label_row *row, struct ms_err *err);

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
int ms_index_next_commit(
    struct ms_txn *txn, struct ms_commit_row *row, struct ms_err *err);
int ms_index_next_message_folder(
    struct ms_txn *txn, struct ms_message_folder *row, struct ms_err *err);
int ms_index_next_place(
    struct ms_txn *txn, struct ms_place_row *row, struct ms_err *err);
int ms_index_next_receipt(
    struct ms_txn *txn, struct ms_receipt_row *row, struct ms_err *err);
/* The occurrences that a MOVED names, with or without a mark. */
int ms_index_next_move(
    struct ms_txn *txn, uint64_t *occurrence, uint64_t *to, struct ms_err *err);
int ms_index_next_folder(
    struct ms_txn *txn, struct ms_folder_row *row, struct ms_err *err);
int ms_index_next_label(
    struct ms_txn *txn, struct ms_label_row *row, struct ms_err *err);
/* The users or the sources. */
int ms_index_next_name(struct ms_txn *txn, enum ms_name_kind kind,
    uint64_t *number, struct ms_slice *name, struct ms_err *err);
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
/* The MESSAGEs whose header has an id with this key, and perhaps others. */
int ms_index_next_in_thread(
    struct ms_txn *txn, uint64_t key, uint64_t *number, struct ms_err *err);
/* The rows of a kind. They are for ms_record_row_parse(). */
int ms_index_next_record_row(struct ms_txn *txn, enum ms_row_kind kind,
    uint64_t *number, struct ms_slice *row, struct ms_err *err);
/* The events of a class; `class` is an enum ms_history_class. */
int ms_index_next_event(struct ms_txn *txn, uint8_t class,
    struct ms_event_row *row, struct ms_err *err);
/* The same in descending order: the last row at or before the position. */
int ms_index_previous_event(struct ms_txn *txn, uint8_t class,
    struct ms_event_row *row, struct ms_err *err);

/* ---- lost rows ---- */

/* How many rows a folder has. */
struct ms_folder_count {
	uint64_t folder; /* the key */
	uint64_t occurrences, messages;
};
/* The folders that have occurrences, with or without a row in `folder`. */
int ms_index_next_count(
    struct ms_txn *txn, struct ms_folder_count *count, struct ms_err *err);

enum ms_index_part {
	MS_INDEX_ALL,       /* also the list of free pages */
	MS_INDEX_NAMES,     /* the small tables that a walk relies on */
	MS_INDEX_BLOCKS,    /* where records and BLOBs are */
	MS_INDEX_IDS,       /* the messages by their ids */
	MS_INDEX_PLACES,    /* the occurrences by their messages */
	MS_INDEX_FURTHER,   /* the further places of occurrences */
	MS_INDEX_LOCATIONS, /* where records are */
	MS_INDEX_THREADS    /* the messages by the ids in their headers */
};
/* Reads whole tables and compares them with their totals. 0; -1: MS_INDEX, rows
 * are damaged or lost. */
int ms_index_check(
    struct ms_txn *txn, enum ms_index_part part, struct ms_err *err);

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
/* Does the index list this MESSAGE as missing? 1, 0, -1. */
int ms_index_names_missing(struct ms_txn *txn,
    const unsigned char id[MS_SHA_LEN], uint64_t number, struct ms_err *err);
/* Are records missing between the first and the last one, because of damage? 1,
 * 0, -1. */
int ms_index_has_gap(struct ms_txn *txn, struct ms_err *err);
/* How many MESSAGEs are missing or not whole. 0, -1. */
int ms_index_count_missing(
    struct ms_txn *txn, uint64_t *count, struct ms_err *err);

/* ---- filling: the same for a new batch and for one read from a pack ---- */

/* What the index keeps of a MESSAGE beyond its recipe. */
struct ms_message_meta {
	unsigned char head[MS_SHA_LEN];
	struct ms_desc desc;
	uint64_t keys[MS_THREAD_KEYS]; /* ms_mail_thread_keys() */
	size_t key_count;
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
/* A COMMIT, by its number. */
void ms_indexer_commit(
    struct ms_indexer *in, uint64_t number, const struct ms_commit *commit);
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
/* ms_index_forget_blocks() deletes the rows of `block` for the records from
 * number `first` on, because their pack was replaced. 0, -1. */
int ms_index_forget_blocks(
    struct ms_txn *txn, uint64_t first, struct ms_err *err);

#endif
