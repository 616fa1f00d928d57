/*
 * source.h - sources of messages: a stream, an mbox, a file, a Maildir, a tree
 * of these. A source returns messages one after another, each as an envelope
 * and bytes in pieces. A new format is one file source-NAME.c and one row in
 * source.c. Layer: above stream, mail.
 */
#ifndef MS_SOURCE_H
#define MS_SOURCE_H
#include <stdbool.h>
#include <stdint.h>
#include "client.h"
#include "dates.h"
#include "sha.h"
#include "spool.h"
#include "stream.h"

/*
 * The beginning of the error for a message that the writer of the stream has
 * cancelled, and has reported itself.
 */
#define MS_SOURCE_CANCELLED "cancelled by its writer"

/*
 * The error, with MS_TEMP, if a signal came (stop.h) while the source was
 * waiting for input; a message stream then has MS_STOP_GRACE_MS to end.
 */
#define MS_SOURCE_STOPPED "stopped by a signal"

enum ms_format {
	MS_FORMAT_AUTO,
	MS_FORMAT_STREAM,
	MS_FORMAT_MBOX,
	MS_FORMAT_EML,
	MS_FORMAT_MAILDIR,
	MS_FORMAT_EMLX,   /* is recognized, but not requested */
	MS_FORMAT_OUTLOOK /* likewise */
};

/*
 * A point between two messages of a file, from which reading can go on:
 * ms-archive(5), Interrupted imports.
 */
struct ms_source_point {
	uint64_t file;  /* in a container: its files up to this one; or 0 */
	uint64_t at;    /* bytes of the file; of a PST file: items */
	uint64_t style; /* between messages of an mbox: 1 + its style; or 0 */
	uint64_t messages; /* that were returned before this point */
	/* Of all bytes before the point; of a PST file: of all its bytes. */
	unsigned char hash[MS_SHA_LEN];
};

struct ms_mapi_folder;
struct ms_source_options {
	enum ms_format format;
	bool unquote; /* foreign mboxes: ">From " loses its ">" */
	const char
	    *into; /* -d: the folder, or a prefix if the input has folders */
	/* Reads files of Outlook, and outlives the source; NULL: they are
	 * refused. */
	struct ms_mapi_reader *outlook;
	uint64_t codepage; /* of their text, if they do not say it; 0: unknown
			    */
	bool mail_only;    /* leave out their items that are not mail */
	bool recover;      /* of a PST: add what was deleted, too */
	/* Unpacks containers, and outlives the source; NULL: they are refused.
	 */
	struct ms_container *containers;
	/*
	 * Is called for what is not a failure, but should be known: where is
	 * like that of an arrival. NULL: remarks are dropped.
	 */
	void (*remark)(void *ctx, const char *where, const char *text);
	/*
	 * Is called at the end of a PST file for each of its folders; file is
	 * its name. NULL: it is not called.
	 */
	void (*pst_folder)(
	    void *ctx, const char *file, const struct ms_mapi_folder *folder);
	void *remark_ctx; /* ctx of both */
	/*
	 * find_point() is called for each regular file whose reading can go on
	 * at a point, when it is opened: an mbox, a container or a PST file.
	 * NULL: nothing goes on.
	 *   file   identifies the file and its folder; borrowed
	 * Returns whether *p is a point of this file. If the bytes before it
	 * are still the same, resumed() is called; otherwise, the file is read
	 * from its beginning.
	 */
	bool (*find_point)(
	    void *ctx, struct ms_slice file, struct ms_source_point *p);
	void (*resumed)(
	    void *ctx, const char *where, const struct ms_source_point *p);
	void *point_ctx;
	/* The client whose store this is; its rules apply. */
	enum ms_client client;
	bool with_deleted; /* do not leave out what the client has deleted */
};

/* One message and its attributes. Borrowed until the next call. */
struct ms_arrival {
	struct ms_envelope
	    env; /* value[MS_ATTR_FOLDER] is always set, and includes `into` */
	bool trusted;           /* env came from an MS-Envelope field */
	const char *where;      /* "inbox.mbox @ 18231", "Maildir/cur/17:2,S",
				   "stdin, message 3": for people and the report;
				   UTF-8 without controls */
	struct ms_raw_date raw; /* what the place says about the date */
	/* Why the message is not to be added: its client has deleted it. NULL:
	 * it is. */
	const char *left_out;
	/* What the message lacks, which is to be reported as a failure although
	 * the message is added. NULL: nothing. */
	const char *fault;
};

struct ms_source;

/*
 * Opens an input, or standard input for "-". Only as much is read as is needed
 * to recognize the format. Errors: MS_NOINPUT (missing, empty, not readable, or
 * of a kind that is not mail), MS_DATA (not mail), MS_IO, MS_USAGE (`into` is
 * not UTF-8). The message does not contain the path. The source keeps a copy of
 * opt. Memory is bounded for any input: one window, and the names of one
 * directory.
 */
int ms_source_open(struct ms_source **out, const char *path,
    const struct ms_source_options *opt, struct ms_err *err);
void ms_source_close(struct ms_source *src);
/*
 * A source with the message of a spool, which outlives it. Every byte belongs
 * to the message.
 *   origin   the attribute source of its envelope; borrowed
 *   where    names the message
 */
struct ms_source *ms_source_of_spool(
    const struct ms_spool *spool, const char *origin, const char *where);

/*
 * Finds the next message. A message that its client has in several folders
 * comes once for each. Returns 1; 0 at the end; -1 if a part of the input
 * cannot be read: arrival->where names it, and the next call goes on after it.
 */
int ms_source_next(
    struct ms_source *src, struct ms_arrival *arrival, struct ms_err *err);
/*
 * Reads the next piece of the message, which is valid until the next call for
 * this source. Returns 1; 0, the message is complete; -1, it cannot be
 * completed (stream cut or message cancelled by its writer, read error, longer
 * than MS_MESSAGE_MAX), and ms_source_next() goes on. Only 0 proves that a
 * message is complete, so a message without bytes must be read too. If a
 * message is not read to its end, ms_source_next() skips the rest and does not
 * report errors in it.
 */
int ms_source_read(
    struct ms_source *src, struct ms_slice *piece, struct ms_err *err);

/*
 * Whether reading can go on at the end of the message that was read last; *p
 * is then this point.
 */
bool ms_source_point(const struct ms_source *src, struct ms_source_point *p);

/*
 * Sets how far the source is: the bytes that are used, and all bytes of the
 * input (0: unknown); or the items of a PST file, as messages.
 */
void ms_source_progress(const struct ms_source *src, struct ms_progress *p);

/* Whether the open file is one of Outlook. */
bool ms_source_is_outlook(const struct ms_source *src);
/* The items of files of Outlook that were left out, because they are no mail.
 */
uint64_t ms_source_left_out(const struct ms_source *src);

/* Whether the writer of a stream has said how far it is; p is then what it said
 * last, and p->what is valid until the next call of ms_source_next(). */
bool ms_source_writer(const struct ms_source *src, struct ms_progress *p);

#define MS_SEVERAL_ARCHIVES "*"

/*
 * After ms_source_next() has returned 0. Returns 1 if the input was a message
 * stream. t is then the sum of its trailers, with the highest status, and
 * *whole tells whether the last one was at the end; t->archive is
 * MS_SEVERAL_ARCHIVES if they name several archives. A stream without trailer
 * was cut: status 76.
 */
int ms_source_trailer(
    const struct ms_source *src, struct ms_trailer *t, bool *whole);

#endif
