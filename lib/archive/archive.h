/*
 * archive.h - an archive for its readers: opening, looking up, reading
 * messages. The log has the data, and the index finds records in it. Writers
 * also use archive-writer.h and batch.h. ms-archive(5). Layer: above pack,
 * index, recipe.
 *
 * No function leaves an LMDB transaction open: what is returned was copied. A
 * function can be called by several threads at once only if its comment says
 * so.
 */
#ifndef MS_ARCHIVE_H
#define MS_ARCHIVE_H
#include <stdbool.h>
#include <stdint.h>
#include "mail.h"
#include "recipe.h"

struct ms_archive;

enum ms_archive_mode {
	MS_ARCHIVE_READ, /* also without write permission */
	MS_ARCHIVE_WRITE
};

/*
 * ms_archive_init() creates an archive with one user in dir; dir is created
 * (mode 0700) unless it exists. MS_EXISTS: dir is not empty; MS_USAGE: dir is
 * on a network file system, or the user name is invalid.
 */
int ms_archive_init(const char *dir, const char *user, struct ms_err *err);

/*
 * ms_archive_open() opens an archive, brings its index up to date if the lock
 * is free, and builds the index if there is none. MS_NOINPUT: there is no
 * archive; MS_DATA: damaged, or the index belongs to other packs (the message
 * names
 * --rebuild-index).
 */
int ms_archive_open(struct ms_archive **out, const char *dir,
    enum ms_archive_mode mode, struct ms_err *err);
void ms_archive_close(struct ms_archive *a);
/* The absolute path of the archive, valid as long as the handle. */
const char *ms_archive_path(const struct ms_archive *a);

/* The index, for transactions of the caller. */
struct ms_index;
struct ms_index *ms_archive_index(struct ms_archive *a);
/* ms_archive_content() appends the content of record `number`, which must be of
 * this type. MS_DATA: the record is damaged, missing, purged or of another
 * type. */
int ms_archive_content(struct ms_archive *a, uint64_t number, uint8_t type,
    struct ms_buf *out, struct ms_err *err);

/* ---- users, sources, folders: their number is that of their first event ----
 */

#define MS_USER_MAX 255    /* bytes of a user name */
#define MS_SOURCE_MAX 2048 /* of a source */
#define MS_FOLDER_MAX 4096 /* of a folder name */

/* A valid user name has 1 to MS_USER_MAX bytes of UTF-8 without control
 * characters or `/`, and does not begin with `-`. */
bool ms_user_name_ok(const char *name);

/* The number of a name. 1 found, 0 there is none, -1. */
int ms_archive_user(struct ms_archive *a, const char *name, uint64_t *number,
    struct ms_err *err);
/* The same, but a deleted user is not found: for tools that add mail. */
int ms_archive_active_user(struct ms_archive *a, const char *name,
    uint64_t *number, struct ms_err *err);
int ms_archive_source(struct ms_archive *a, const char *url, uint64_t *number,
    struct ms_err *err);
int ms_archive_folder(struct ms_archive *a, uint64_t user, uint64_t source,
    const char *name, uint64_t *number, struct ms_err *err);

struct ms_folder {
	uint64_t number, user, source;
	const char *user_name, *source_url, *label, *name;
};
/* A folder by its number; the strings stay valid as long as the handle. 1, 0,
 * -1.
 */
int ms_archive_folder_get(struct ms_archive *a, uint64_t number,
    const struct ms_folder **out, struct ms_err *err);
/* All folders in the order of their numbers; the caller frees the array. */
int ms_archive_folders(struct ms_archive *a, const struct ms_folder ***out,
    size_t *count, struct ms_err *err);

/* ---- occurrences ---- */

#define MS_ROW_MISSING 128 /* bit of a row: the MESSAGE is missing */
#define MS_ROW_MORE                                                            \
	64             /* bit of a row: the OCCURRENCE has more than the row   \
			*/
#define MS_ROW_SENT 32 /* bit of a row: the folder is one of sent mail */
#define MS_ROW_MOVED                                                           \
	16 /* bit of a row: the message was moved to row->moved_to */
#define MS_ROW_FIELD 512 /* bytes kept of flags and place in a row */
#define MS_ROW_UNDATED 2 /* in bits: the date is unknown, and 0 */

/* One occurrence, with what the index has of it. */
struct ms_row {
	uint64_t number;  /* of the OCCURRENCE */
	uint64_t message; /* of its MESSAGE */
	uint64_t folder;
	uint64_t
	    moved_to; /* OCCURRENCE in the folder that it was moved to, or 0 */
	int64_t date;
	enum ms_form form;
	uint8_t bits; /* OCCURRENCE, 57 */
	unsigned char id[MS_SHA_LEN];
	uint64_t size; /* wire form */
	struct ms_desc desc;
	char flags[MS_ROW_FIELD], place[MS_ROW_FIELD]; /* "" if none */
};

enum ms_order {
	MS_BY_DATE,   /* date, then number */
	MS_BY_FOLDER, /* folder number, date, number: fastest */
	MS_BY_RECORD  /* MESSAGE number, then folder number */
};

struct ms_select {
	const uint64_t *folders; /* ascending; NULL: all */
	size_t folder_count;
	bool has_since, has_before;
	int64_t since, before; /* since <= date < before */
	enum ms_order order;
};

/*
 * A walk over the occurrences that existed when it was opened, including those
 * that were moved to another folder. No transaction is held between calls, so
 * the caller may write to a pipe. A row is valid until the next call.
 */
struct ms_walk;
int ms_walk_open(struct ms_walk **out, struct ms_archive *a,
    const struct ms_select *sel, struct ms_err *err);
int ms_walk_next(
    struct ms_walk *w, const struct ms_row **row, struct ms_err *err);
void ms_walk_close(struct ms_walk *w);

/*
 * ms_archive_find() finds the messages whose id begins with `digits`
 * (lower-case hex digits, in even or odd number). messages receives the first
 * MESSAGE of at most max different ids. The result is their number, or -1.
 */
int ms_archive_find(struct ms_archive *a, const char *digits,
    uint64_t *messages, size_t max, struct ms_err *err);
/* ms_archive_occurrences() appends all occurrences of a message (by the number
 * from ms_archive_find()) to rows, as struct ms_row in the order of the
 * folders. */
int ms_archive_occurrences(struct ms_archive *a, uint64_t message,
    struct ms_buf *rows, struct ms_err *err);

/*
 * The whole OCCURRENCE of a row with MS_ROW_MORE: long flags, and attributes
 * that are not in the index. The record is appended to content, and *o points
 * into it.
 */
struct ms_occurrence;
int ms_archive_occurrence(struct ms_archive *a, const struct ms_row *row,
    struct ms_occurrence *o, struct ms_buf *content, struct ms_err *err);
/*
 * The same by the number of the OCCURRENCE, as a place names it. The body was
 * seen at a place only if o->place is that place and o->bits does not have
 * MS_BODY_NOT_SEEN (ms-archive(5), PLACE). MS_DATA: the record is damaged,
 * missing or not an OCCURRENCE.
 */
int ms_archive_occurrence_at(struct ms_archive *a, uint64_t number,
    struct ms_occurrence *o, struct ms_buf *content, struct ms_err *err);
/*
 * The time of the COMMIT of the batch that has record `number`. MS_DATA: there
 * is no such record, or the COMMIT is missing.
 */
int ms_archive_committed(
    struct ms_archive *a, uint64_t number, int64_t *when, struct ms_err *err);

/* ---- messages ---- */

/* Appends the header of a message in stored form, at most MS_HEAD_MAX bytes. */
int ms_archive_header(struct ms_archive *a, uint64_t message,
    struct ms_buf *out, struct ms_err *err);
/*
 * ms_archive_emit() assembles a message and emits its bytes in pieces. MS_DATA:
 * the message is damaged, and what was emitted is not the whole message. A
 * caller that must not emit a part of a message calls ms_archive_check() first.
 */
int ms_archive_emit(struct ms_archive *a, uint64_t message, enum ms_form form,
    ms_emit_fn *emit, void *ctx, struct ms_err *err);
/* Reads and checks all blocks that ms_archive_emit() needs. 0, -1. */
int ms_archive_check(
    struct ms_archive *a, uint64_t message, struct ms_err *err);
/* The id and the wire size of a message. */
int ms_archive_identity(struct ms_archive *a, uint64_t message,
    unsigned char id[MS_SHA_LEN], uint64_t *size, struct ms_err *err);

/* ---- messages of a mailbox that are stored ---- */

/* The UID of a message of a mailbox, and its OCCURRENCE. */
struct ms_stored_uid {
	uint32_t uid;
	uint64_t occurrence;
};
/*
 * The UIDs of a folder that are stored under a UIDVALIDITY, ascending; the
 * caller frees the array. An unknown folder has none. Messages that are not
 * whole are left out, here and below.
 */
int ms_archive_places(struct ms_archive *a, uint64_t folder,
    uint32_t uidvalidity, struct ms_stored_uid **out, size_t *count,
    struct ms_err *err);
/*
 * Is a message stored for this place of a folder, "UIDVALIDITY/UID" or a POP3
 * UIDL? 1 (*occurrence receives its OCCURRENCE), 0, -1.
 */
int ms_archive_place(struct ms_archive *a, uint64_t folder, const char *place,
    uint64_t *occurrence, struct ms_err *err);

/*
 * The messages of a user, in any folder of any source, by header and size, as
 * they were when the list was opened. The list takes 16 bytes for each message,
 * and opening it reads a row of the index for each.
 */
struct ms_heads;
/*
 * Has this MESSAGE that head? The first 64 bits, which the index has, are
 * compared. 1, 0, -1.
 */
int ms_archive_head_is(struct ms_archive *a, uint64_t message,
    const unsigned char head[MS_SHA_LEN], struct ms_err *err);
int ms_heads_open(struct ms_heads **out, struct ms_archive *a, uint64_t user,
    struct ms_err *err);
void ms_heads_close(struct ms_heads *h);
/* The number of messages. */
size_t ms_heads_count(const struct ms_heads *h);
/*
 * ms_heads_find() finds the message with this head (the SHA-256 of the header
 * in wire form including the empty line, ms-archive(5), Identity) and wire
 * size. A message that the index finds is read and compared. 1 (its id and
 * MESSAGE); 0: there is none, its header is damaged, or there are several ids,
 * whose messages differ only in their bodies; -1.
 */
int ms_heads_find(struct ms_heads *h, const unsigned char head[MS_SHA_LEN],
    uint64_t size, unsigned char id[MS_SHA_LEN], uint64_t *message,
    struct ms_err *err);

#endif
