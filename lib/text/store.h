/*
 * store.h - one database of the text index: the words of the messages of one
 * pack. ms-archive(5), Text. Layer: above pages, words; SQLite FTS5.
 */
#ifndef MS_TEXT_STORE_H
#define MS_TEXT_STORE_H
#include <stdbool.h>
#include <stdint.h>
#include "buf.h"
#include "err.h"
#include "log.h"

/* What is searched of a message; the columns of a database have this order. */
enum ms_text_part {
	MS_TEXT_SUBJECT,
	MS_TEXT_FROM,
	MS_TEXT_TO,       /* To, Cc, Bcc */
	MS_TEXT_BODY,     /* what ms-show prints below the header */
	MS_TEXT_NAMES,    /* names of the attachments */
	MS_TEXT_ATTACHED, /* text of the attachments */
	MS_TEXT_PARTS
};
#define MS_TEXT_ALL ((1U << MS_TEXT_PARTS) - 1)

/* What a message is besides. Stored: only add bits at the end. */
#define MS_TEXT_HAS_ATTACHMENT 1U
#define MS_TEXT_ENCRYPTED 2U
#define MS_TEXT_SIGNED 4U
#define MS_TEXT_UNREAD                                                         \
	8U /* a part of the text could not be read: an encrypted part, a       \
	    * converter that failed, a limit */

/* The text of a message, folded. */
struct ms_text_message {
	uint64_t number; /* of the MESSAGE */
	unsigned char id[MS_SHA_LEN];
	unsigned bits;
	struct ms_buf part[MS_TEXT_PARTS];
	/* The media types of its parts, and the names of its attachments, not
	 * folded; a line end after each. */
	struct ms_buf types, names;
};
void ms_text_message_clear(struct ms_text_message *m);
void ms_text_message_release(struct ms_text_message *m);

/* What a database is about. */
struct ms_text_extent {
	unsigned char archive[MS_ID_LEN];
	uint32_t pack;
	uint64_t first; /* record of the pack */
	uint64_t next;  /* the messages before this record are in it */
	/* The last message before `next`, or zeros. */
	uint64_t last;
	unsigned char last_id[MS_SHA_LEN];
	uint64_t messages;
	char converters[MS_SHA_HEX + 1]; /* how attachments were converted */
};

struct ms_text_store;

/*
 * Opens the database `path`.
 *   whole   nothing is ever added to it: it is read without locks
 * Errors: MS_NOINPUT, there is none; MS_INDEX, it is damaged or of another
 * version; MS_TEMP, a writer has it; MS_IO.
 */
int ms_text_store_open(struct ms_text_store **out, const char *path, bool whole,
    struct ms_err *err);
/* Opens it for writing; a missing one is made for this extent (next = first).
 * MS_TEMP: another process writes to it, or the disk is full. */
int ms_text_store_write(struct ms_text_store **out, const char *path,
    const struct ms_text_extent *extent, struct ms_err *err);
void ms_text_store_close(struct ms_text_store *s);
const struct ms_text_extent *ms_text_store_extent(
    const struct ms_text_store *s);

/* ---- reading ---- */

/*
 * Calls found() for each message that matches an expression of FTS5, in the
 * order of their numbers. 0, -1: MS_INDEX, damaged; MS_TEMP.
 */
int ms_text_store_search(struct ms_text_store *s, const char *expression,
    void (*found)(void *, uint64_t number), void *ctx, struct ms_err *err);
/* What the database has of a message besides its words; strings valid during
 * the call. */
struct ms_text_row {
	uint64_t number;
	unsigned bits;
	const char *types, *names; /* as in struct ms_text_message */
};
/* Calls visit() for each message, in the order of their numbers. 0, -1. */
int ms_text_store_rows(struct ms_text_store *s,
    void (*visit)(void *, const struct ms_text_row *), void *ctx,
    struct ms_err *err);
/* Calls found() for each message that the database passed over because its
 * records could not be read. */
int ms_text_store_skipped(struct ms_text_store *s,
    void (*found)(void *, uint64_t number), void *ctx, struct ms_err *err);
/* Compares the words with what was added, and all pages with their checksums.
 * 0; -1: MS_INDEX. */
int ms_text_store_check(struct ms_text_store *s, struct ms_err *err);

/* ---- writing ---- */

/* Adds a message, or one that cannot be read. They are durable after
 * ms_text_store_commit(), which also says how far the database reaches now. */
int ms_text_store_add(struct ms_text_store *s, const struct ms_text_message *m,
    struct ms_err *err);
int ms_text_store_skip(struct ms_text_store *s, uint64_t number,
    const unsigned char id[MS_SHA_LEN], struct ms_err *err);
int ms_text_store_commit(
    struct ms_text_store *s, uint64_t next, struct ms_err *err);
/* Merges the words, so that a search reads as little as possible, when nothing
 * will be added any more. */
int ms_text_store_finish(struct ms_text_store *s, struct ms_err *err);

#endif
