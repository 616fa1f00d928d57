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
#include "dates.h"
#include "recipe.h"

struct ms_archive;

enum ms_archive_mode {
	MS_ARCHIVE_READ, /* also without write permission */
	MS_ARCHIVE_WRITE,
	MS_ARCHIVE_JOBS /* as READ, for a tool that runs what its profiles say
			 */
};

/*
 * Whether a tool can write to the archive `dir`, and run its jobs: the
 * directory, open as fd, and what other users can reach below it, belongs to
 * the effective user, and no other user can write to it; or the caller's
 * ms-config(5) lists it as safe. 0; -1: MS_AUTH,
 * it is not so, and the errors of ms_config_has_path().
 */
int ms_archive_trust(const char *dir, int fd, struct ms_err *err);
bool ms_archive_trusted(const char *dir);

/*
 * ms_archive_init() creates an archive with one user in dir; dir is created
 * (mode 0700) unless it exists. MS_EXISTS: dir is not empty; MS_USAGE: dir is
 * on a network file system, or the user name is invalid.
 */
int ms_archive_init(const char *dir, const char *user, struct ms_err *err);

/*
 * ms_archive_open() opens an archive, brings its index up to date if the lock
 * is free, and builds a missing index. The errors are MS_NOINPUT (dir has no
 * archive) and MS_DATA (the archive is damaged, or the index belongs to other
 * packs; the message names --rebuild-index). To write, and to run jobs,
 * ms_archive_trust() must permit it; otherwise nothing is written at all, and
 * the index is read as it is.
 */
int ms_archive_open(struct ms_archive **out, const char *dir,
    enum ms_archive_mode mode, struct ms_err *err);
void ms_archive_close(struct ms_archive *a);
/* The absolute path of the archive, valid as long as the handle. */
const char *ms_archive_path(const struct ms_archive *a);
#define MS_ARCHIVE_ID_HEX 32 /* digits of the id of an archive */
/* The id of the archive in hex, as in its file FORMAT. */
void ms_archive_id(const struct ms_archive *a, char hex[MS_ARCHIVE_ID_HEX + 1]);

/* The index, for transactions of the caller. */
struct ms_index;
struct ms_index *ms_archive_index(struct ms_archive *a);
/* ms_archive_content() appends the content of record `number`, which must be of
 * this type. MS_DATA: the record is damaged, missing, purged or of another
 * type. */
int ms_archive_content(struct ms_archive *a, uint64_t number, uint8_t type,
    struct ms_buf *out, struct ms_err *err);

/* A pack, and the records in it: first <= number < end. */
struct ms_pack_extent {
	uint32_t number;
	uint64_t first, end;
};
/*
 * The packs in the order of their numbers, as far as the index has followed
 * them; the caller frees the array. The records of a pack whose header is
 * damaged count to the pack before it. 0, -1.
 */
int ms_archive_packs(struct ms_archive *a, struct ms_pack_extent **out,
    size_t *n, struct ms_err *err);

/* ---- users, sources, folders: their number is that of their first event ----
 */

#define MS_USER_MAX 255    /* bytes of a user name */
#define MS_SOURCE_MAX 2048 /* of a source */
#define MS_FOLDER_MAX 4096 /* of a folder name */

/* A valid user name has 1 to MS_USER_MAX bytes of UTF-8 without control
 * characters or `/`, and does not begin with `-`; `?` stands for a user whose
 * record is lost. */
bool ms_user_name_ok(const char *name);

/* These look up the number of a name. They return 1, 0 if the archive does not
 * have the name, or -1. */
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
	const char *user_name, *source_url, *label;
	const char *name;        /* under which it is shown */
	const char *source_name; /* under which its source knows it */
	bool labelled; /* the label was given, and not made from the source */
	/* Their records are lost because of damage; the name is "?". */
	bool user_lost, source_lost;
	bool lost; /* for lib/query: the record of the folder itself is lost */
};
/* A folder by its number; the strings stay valid as long as the handle, so they
 * do not show later changes. 1, 0, -1. */
int ms_archive_folder_get(struct ms_archive *a, uint64_t number,
    const struct ms_folder **out, struct ms_err *err);
/* All folders in the order of their numbers; the caller frees the array. */
int ms_archive_folders(struct ms_archive *a, const struct ms_folder ***out,
    size_t *count, struct ms_err *err);
/* Appends the numbers (uint64_t, ascending) of the folders that have messages,
 * but whose own record is lost because of damage. 0, -1. */
int ms_archive_lost_folders(
    struct ms_archive *a, struct ms_buf *numbers, struct ms_err *err);

/* ---- occurrences ---- */

#define MS_ROW_MISSING 128 /* bit of a row: the MESSAGE is missing */
#define MS_ROW_MORE                                                            \
	64             /* bit of a row: the OCCURRENCE has more than the row   \
			*/
#define MS_ROW_SENT 32 /* bit of a row: the folder is one of sent mail */
#define MS_ROW_MOVED                                                           \
	16 /* bit of a row: the message was moved to row->moved_to */
#define MS_ROW_FIELD 512 /* bytes kept of flags and place in a row */
#define MS_ROW_REMOVED 8 /* bit of a row: a person removed it from view */
#define MS_ROW_UNDATED 2 /* in bits: both dates are unknown, and 0 */

/* One occurrence, with what the index has of it. */
struct ms_row {
	uint64_t number;  /* of the OCCURRENCE */
	uint64_t message; /* of its MESSAGE */
	uint64_t folder;  /* in which it is shown */
	uint64_t own;     /* in which its source had it: that of its places */
	uint64_t change;  /* which shows it in `folder`, or removed it; or 0 */
	uint64_t
	    moved_to; /* OCCURRENCE in the folder that it was moved to, or 0 */
	int64_t moved_at; /* when; 0 if it was not moved */
	int64_t sent, arrived;
	int64_t date; /* of its row in the index: see struct ms_row_key */
	struct ms_raw_date raw; /* what its source said about the date */
	enum ms_form form;
	uint8_t bits; /* MS_BODY_NOT_SEEN and MS_ROW_... */
	unsigned char id[MS_SHA_LEN];
	uint64_t size; /* wire form */
	struct ms_desc desc;
	char flags[MS_ROW_FIELD], place[MS_ROW_FIELD]; /* "" if none */
};

enum ms_order {
	MS_BY_DATE,   /* sent, then number */
	MS_BY_FOLDER, /* folder number, sent, number: fastest */
	MS_BY_RECORD, /* MESSAGE number, then folder number */
	MS_BY_LIST    /* the rows of a list, in its order */
};

/* Where a row is in the index; `message` is only for the caller. */
struct ms_row_key {
	uint64_t message, folder, number; /* folder: its own one */
	int64_t date;
};

struct ms_select {
	const uint64_t *folders; /* own ones, ascending; NULL: all */
	size_t folder_count;
	bool has_since, has_before;
	int64_t since, before; /* since <= sent < before */
	uint64_t first;        /* OCCURRENCEs from this number on; 0: all */
	enum ms_order order;
	/* By record: only these MESSAGEs, each the first of its id, ascending;
	 * NULL: all. Rows that the index has lost are then not missed: see
	 * ms_archive_check_places(). */
	const uint64_t *messages;
	size_t message_count;
	/* By list: the rows, borrowed; nothing else is looked at. */
	const struct ms_row_key *rows;
	size_t row_count;
	/* For MS_BY_RECORD: the rows have only what needs no row of the
	 * OCCURRENCE: not arrived, raw, form, flags, place, MS_ROW_SENT and
	 * MS_ROW_MORE. That is three times as fast. */
	bool brief;
};

/*
 * A walk over the occurrences that existed when it was opened, including those
 * that were moved to another folder, or that a person has removed. No
 * transaction is held between calls, so the caller may write to a pipe. A row
 * is valid until the next call.
 */
struct ms_walk;
int ms_walk_open(struct ms_walk **out, struct ms_archive *a,
    const struct ms_select *sel, struct ms_err *err);
int ms_walk_next(
    struct ms_walk *w, const struct ms_row **row, struct ms_err *err);
void ms_walk_close(struct ms_walk *w);

/* Is an occurrence in view: neither moved to another folder nor removed? */
static inline bool
ms_row_in_view(const struct ms_row *row)
{
	return (row->bits & (MS_ROW_MOVED | MS_ROW_REMOVED)) == 0;
}

/* Has a person removed this OCCURRENCE? 1 (by this change), 0, -1. */
int ms_archive_removed(struct ms_archive *a, uint64_t occurrence,
    uint64_t *change, struct ms_err *err);
/*
 * Appends the own folders (uint64_t) of the occurrences that a person has moved
 * into this folder, also those whose move was undone. 0, -1.
 */
int ms_archive_moved_into(struct ms_archive *a, uint64_t folder,
    struct ms_buf *own, struct ms_err *err);

/*
 * ms_archive_find() finds the messages whose id begins with `digits`
 * (lower-case hex digits, in even or odd number). messages receives the first
 * MESSAGE of at most max different ids. The result is their number, or -1.
 */
int ms_archive_find(struct ms_archive *a, const char *digits,
    uint64_t *messages, size_t max, struct ms_err *err);
#define MS_SHORT_ID 8 /* digits, at least */
/*
 * Writes the fewest digits, at least MS_SHORT_ID, with which no other id of the
 * archive begins. ms_archive_find() and id: find the message by them, until one
 * comes that begins alike. 0, -1.
 */
int ms_archive_short_id(struct ms_archive *a,
    const unsigned char id[MS_SHA_LEN], char digits[MS_SHA_HEX + 1],
    struct ms_err *err);
/* ms_archive_occurrences() appends all occurrences of a message (by the number
 * from ms_archive_find()) to rows, as struct ms_row in the order of the
 * folders. If the index has lost some of them by damage, the others are added:
 * see ms_archive_check_places(). */
int ms_archive_occurrences(struct ms_archive *a, uint64_t message,
    struct ms_buf *rows, struct ms_err *err);

/*
 * Appends the places of an OCCURRENCE beyond its own one, each with a NUL after
 * it, its flags there, and another NUL. An OCCURRENCE whose first further place
 * came after the first call for this handle has none. 0, -1.
 */
int ms_archive_further_places(struct ms_archive *a, uint64_t occurrence,
    struct ms_buf *out, struct ms_err *err);
/* The next place of such a list; *at begins with 0. NULL: no more. */
const char *ms_further_place(
    const struct ms_buf *places, size_t *at, const char **flags);
/* Appends the OCCURRENCEs that messages were moved to, as uint64_t in ascending
 * order. 0, -1. */
int ms_archive_moved_to(
    struct ms_archive *a, struct ms_buf *out, struct ms_err *err);

/*
 * The messages whose header has an id with this key (ms_mail_id_key()) in
 * Message-ID, References or In-Reply-To, and perhaps others with the same key.
 * ms_archive_with_key() calls fn for each with its first MESSAGE and its id,
 * perhaps more than once. 0, -1: MS_INDEX, rows are lost, or the error of fn.
 */
typedef int ms_with_key_fn(void *ctx, uint64_t message,
    const unsigned char id[MS_SHA_LEN], struct ms_err *err);
int ms_archive_with_key(struct ms_archive *a, uint64_t key, ms_with_key_fn *fn,
    void *ctx, struct ms_err *err);

/* Has the index lost rows that ms_archive_occurrences() relies upon? They are
 * all read once. 0; -1: MS_INDEX. A walk finds that out by itself. */
int ms_archive_check_places(struct ms_archive *a, struct ms_err *err);

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

/*
 * The same by the index: when an OCCURRENCE was archived, for display and
 * queries. 1; 0: the COMMIT is missing because of damage; -1.
 */
int ms_archive_archived(
    struct ms_archive *a, uint64_t number, int64_t *when, struct ms_err *err);
/* The first record of the first batch that was committed at or after `since`.
 * 1; 0: no batch was; -1. */
int ms_archive_first_since(
    struct ms_archive *a, int64_t since, uint64_t *number, struct ms_err *err);

/* ---- messages ---- */

/*
 * These functions read MESSAGE `message`, which must have this id. MS_DATA: the
 * record is damaged, or is another message, because the index belongs to other
 * packs.
 */
/*
 * Appends the header of a message in stored form and, if that is needed to
 * decode it, what follows it (ms_mail_decode()). 0; 1: the header is longer
 * than MS_HEADER_MAX, and was cut there; -1.
 */
int ms_archive_header(struct ms_archive *a, uint64_t message,
    const unsigned char id[MS_SHA_LEN], struct ms_buf *out, struct ms_err *err);
/* Fails with MS_DATA: the header was cut at MS_HEADER_MAX. Returns -1. */
int ms_archive_header_cut(struct ms_err *err);
/*
 * Completes a row with MS_DESC_PARTIAL, whose description needs more bytes than
 * the index had; other rows do not change. 0; 1: the header was cut, as above;
 * -1.
 */
int ms_archive_describe(
    struct ms_archive *a, struct ms_row *row, struct ms_err *err);
/*
 * ms_archive_emit() assembles a message and emits its bytes in pieces. MS_DATA:
 * the message is damaged, and what was emitted is not the whole message. A
 * caller that must not emit a part of a message calls ms_archive_check() first.
 */
int ms_archive_emit(struct ms_archive *a, uint64_t message,
    const unsigned char id[MS_SHA_LEN], enum ms_form form, ms_emit_fn *emit,
    void *ctx, struct ms_err *err);
/* Reads and checks all blocks that ms_archive_emit() needs. 0, -1. */
int ms_archive_check(struct ms_archive *a, uint64_t message,
    const unsigned char id[MS_SHA_LEN], struct ms_err *err);
/* Reads a message and compares the SHA-256 of its wire form with its id. 0, -1:
 * MS_DATA, it is damaged. */
int ms_archive_read_back(struct ms_archive *a, uint64_t message,
    const unsigned char id[MS_SHA_LEN], struct ms_err *err);
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

/* ---- places of a mailbox whose messages are assigned: ms-archive(5), RECEIPT
 * ---- */

struct ms_receipt;
struct ms_receipt_row;
/* Reads a RECEIPT by its number, as a place names it; *r points into content,
 * which is cleared first. 1; 0: the record is no RECEIPT, or damaged; -1. */
int ms_archive_receipt(struct ms_archive *a, uint64_t number,
    struct ms_receipt *r, struct ms_buf *content, struct ms_err *err);
/* Are records or messages missing because of damage? Otherwise all OCCURRENCEs
 * of all RECEIPTs are whole. 1, 0, -1. */
int ms_archive_has_losses(struct ms_archive *a, struct ms_err *err);
/* Can all its OCCURRENCEs be read, and their messages be put together? 1, 0,
 * -1. */
int ms_archive_receipt_whole(
    struct ms_archive *a, const struct ms_receipt *r, struct ms_err *err);
/* Calls visit() for the RECEIPTs of a folder, in the order of their ids, until
 * it returns false. A row can come twice. 0, -1. */
int ms_archive_receipts(struct ms_archive *a, uint64_t folder,
    bool (*visit)(void *, const struct ms_receipt_row *), void *ctx,
    struct ms_err *err);

/*
 * The messages of a user, in any folder of any source, by header and size, as
 * they were when the list was opened; and those of which the user has a
 * RECEIPT. The list takes 16 bytes for each message, and opening it reads a row
 * of the index for each.
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
 * size. A message that the index finds is read and compared. The function
 * returns 1 with its id and the number of its MESSAGE or RECEIPT; 0 if no
 * message matches, the header of the message is damaged, or messages with
 * several ids match, which differ only in their bodies; or -1.
 */
int ms_heads_find(struct ms_heads *h, const unsigned char head[MS_SHA_LEN],
    uint64_t size, unsigned char id[MS_SHA_LEN], uint64_t *message,
    struct ms_err *err);

#endif
