/*
 * archive.h - an archive: the log that is the truth, the index that finds
 * things in it. Opening, looking up, reading back. Writing is batch.h.
 * ms-archive(5). Layer: above pack, index, recipe.
 *
 * No call leaves an LMDB transaction open: what is returned was copied. One
 * handle may be used by several threads for what says so, by one for the rest.
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
 * Makes an archive in dir (made if it is not there, 0700), with one user.
 * MS_EXISTS: dir holds something; MS_USAGE: a network file system, or a bad
 * user name.
 */
int ms_archive_init(const char *dir, const char *user, struct ms_err *err);

/*
 * Opens an archive, brings its index up to date if the lock is free, builds
 * it if there is none. MS_NOINPUT: no archive there; MS_DATA: damaged, or the
 * index belongs to other packs (the sentence names --rebuild-index).
 */
int ms_archive_open(struct ms_archive **out, const char *dir,
    enum ms_archive_mode mode, struct ms_err *err);
void ms_archive_close(struct ms_archive *a);
/* Its folder, absolute; as long as the handle. */
const char *ms_archive_path(const struct ms_archive *a);

/* Its index, for transactions of the caller. */
struct ms_index;
struct ms_index *ms_archive_index(struct ms_archive *a);
/* Appends the content of record `number`, which must be of this type. MS_DATA:
 * the record is damaged, missing, purged or of another type. */
int ms_archive_content(struct ms_archive *a, uint64_t number, uint8_t type,
    struct ms_buf *out, struct ms_err *err);

/* ---- users, sources, folders: numbers are those of their first event ---- */

#define MS_USER_MAX 255    /* bytes of a user name */
#define MS_SOURCE_MAX 2048 /* of a source */
#define MS_FOLDER_MAX 4096 /* of a folder name */

/* What a user name may be: 1..MS_USER_MAX bytes of UTF-8 without controls,
 * `/` or leading `-`. */
bool ms_user_name_ok(const char *name);

/* 1 found, 0 there is none, -1. */
int ms_archive_user(struct ms_archive *a, const char *name, uint64_t *number,
    struct ms_err *err);
/* The same, but a deleted one is not there: for who brings mail. */
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
/* A folder by its number; the strings live as long as the handle. 1, 0, -1. */
int ms_archive_folder_get(struct ms_archive *a, uint64_t number,
    const struct ms_folder **out, struct ms_err *err);
/* All folders there are, in order of their numbers; free() the array. */
int ms_archive_folders(struct ms_archive *a, const struct ms_folder ***out,
    size_t *count, struct ms_err *err);

/* ---- occurrences ---- */

#define MS_ROW_MISSING 128 /* bit of a row: its MESSAGE is lost */
#define MS_ROW_MORE 64     /* bit of a row: its OCCURRENCE holds more than it */
#define MS_ROW_SENT 32     /* bit of a row: it came out of a sent folder */
#define MS_ROW_MOVED 16    /* bit of a row: it went on to row->moved_to */
#define MS_ROW_FIELD 512   /* bytes kept of flags and place in a row */
#define MS_ROW_UNDATED 2   /* in bits: the date is not known, and 0 */

/* One occurrence, with all that the index knows of it. */
struct ms_row {
	uint64_t number;  /* of the OCCURRENCE */
	uint64_t message; /* of its MESSAGE */
	uint64_t folder;
	uint64_t moved_to; /* OCCURRENCE in its later folder; 0: it is here */
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
 * Walks the occurrences that were there when it was opened, also those that
 * were moved on. No transaction is held between calls, so the caller may write
 * to a pipe. The row is the walk's until the next call.
 */
struct ms_walk;
int ms_walk_open(struct ms_walk **out, struct ms_archive *a,
    const struct ms_select *sel, struct ms_err *err);
int ms_walk_next(
    struct ms_walk *w, const struct ms_row **row, struct ms_err *err);
void ms_walk_close(struct ms_walk *w);

/*
 * Messages whose id begins with `digits` hex digits (an even or odd number of
 * them, lower case). Fills the first MESSAGE number of at most max distinct
 * ids; returns how many there are, counting no further than max; -1.
 */
int ms_archive_find(struct ms_archive *a, const char *digits,
    uint64_t *messages, size_t max, struct ms_err *err);
/* All occurrences of a message (given by the number ms_archive_find gave), by
 * folder number. Appends struct ms_row to rows. */
int ms_archive_occurrences(struct ms_archive *a, uint64_t message,
    struct ms_buf *rows, struct ms_err *err);

/*
 * The whole OCCURRENCE of a row that says MS_ROW_MORE: long flags, attributes
 * that the index does not keep. *o points into content, which is appended to.
 */
struct ms_occurrence;
int ms_archive_occurrence(struct ms_archive *a, const struct ms_row *row,
    struct ms_occurrence *o, struct ms_buf *content, struct ms_err *err);
/*
 * The same by its number, as a place names it. Whether the body was seen at a
 * place: only if o->place is that place and o->bits has no MS_BODY_NOT_SEEN
 * (ms-archive(5), PLACE). MS_DATA: it is damaged, missing, or no OCCURRENCE.
 */
int ms_archive_occurrence_at(struct ms_archive *a, uint64_t number,
    struct ms_occurrence *o, struct ms_buf *content, struct ms_err *err);
/*
 * When record `number` was committed: the time of its batch's COMMIT, seconds
 * since the epoch. MS_DATA: there is no such record, or that COMMIT is lost.
 */
int ms_archive_committed(
    struct ms_archive *a, uint64_t number, int64_t *when, struct ms_err *err);

/* ---- messages ---- */

/* The bytes of a message's header in stored form, first MS_HEAD_MAX at most;
 * appended. Thread: one at a time. */
int ms_archive_header(struct ms_archive *a, uint64_t message,
    struct ms_buf *out, struct ms_err *err);
/*
 * Puts a message together and emits its bytes in pieces. MS_DATA: it is
 * damaged; what was emitted before is then not the whole message. Whoever
 * must not hand out a partial message calls ms_archive_check() first.
 */
int ms_archive_emit(struct ms_archive *a, uint64_t message, enum ms_form form,
    ms_emit_fn *emit, void *ctx, struct ms_err *err);
/* Is everything there that emit needs? Reads and checks the blocks. 0 or -1. */
int ms_archive_check(
    struct ms_archive *a, uint64_t message, struct ms_err *err);
/* id and wire size of a message. */
int ms_archive_identity(struct ms_archive *a, uint64_t message,
    unsigned char id[MS_SHA_LEN], uint64_t *size, struct ms_err *err);

/* ---- what a mailbox is known to hold ---- */

/* A message of a mailbox, and the OCCURRENCE that has it. */
struct ms_known {
	uint32_t uid;
	uint64_t occurrence;
};
/*
 * The UIDs of a folder that are known under a UIDVALIDITY, ascending; free()
 * the array. An unknown folder has none. What damage has taken is not known,
 * here and below.
 */
int ms_archive_places(struct ms_archive *a, uint64_t folder,
    uint32_t uidvalidity, struct ms_known **out, size_t *count,
    struct ms_err *err);
/* The same without the occurrences. */
int ms_archive_uids(struct ms_archive *a, uint64_t folder, uint32_t uidvalidity,
    uint32_t **uids, size_t *count, struct ms_err *err);
/*
 * Is this place of a folder known, "UIDVALIDITY/UID" or a POP3 UIDL? 1 (whose
 * place it is in *occurrence), 0, -1.
 */
int ms_archive_place(struct ms_archive *a, uint64_t folder, const char *place,
    uint64_t *occurrence, struct ms_err *err);

/*
 * The messages a user has, in any folder of any source, by header and size:
 * what was there when it was opened. 16 bytes of memory a message; opening
 * reads a row of the index for each.
 */
struct ms_heads;
/*
 * Has this MESSAGE (by its number) that head, as far as the index keeps one
 * (64 bits)? 1, 0, -1.
 */
int ms_archive_head_is(struct ms_archive *a, uint64_t message,
    const unsigned char head[MS_SHA_LEN], struct ms_err *err);
int ms_heads_open(struct ms_heads **out, struct ms_archive *a, uint64_t user,
    struct ms_err *err);
void ms_heads_close(struct ms_heads *h);
/* How many messages. */
size_t ms_heads_count(const struct ms_heads *h);
/* Has any of them this wire size? */
bool ms_heads_has_size(const struct ms_heads *h, uint64_t size);
/*
 * The message with this head (SHA-256 of the header in wire form through its
 * empty line: ms-archive(5), Identity) and wire size. What the index finds is
 * read from the archive and compared before it counts. 1: its id and MESSAGE;
 * 0: none, or one whose header is damaged, or several of different ids, which
 * only their bodies tell apart; -1.
 */
int ms_heads_find(struct ms_heads *h, const unsigned char head[MS_SHA_LEN],
    uint64_t size, unsigned char id[MS_SHA_LEN], uint64_t *message,
    struct ms_err *err);

#endif
