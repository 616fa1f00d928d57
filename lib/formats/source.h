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
#include "stream.h"

/*
 * The beginning of the error for a message that the writer of the stream has
 * cancelled, and has reported itself.
 */
#define MS_SOURCE_CANCELLED "cancelled by its writer"

enum ms_format {
	MS_FORMAT_AUTO,
	MS_FORMAT_STREAM,
	MS_FORMAT_MBOX,
	MS_FORMAT_EML,
	MS_FORMAT_MAILDIR
};

struct ms_source_options {
	enum ms_format format;
	bool unquote; /* foreign mboxes: ">From " loses its ">" */
	const char
	    *into; /* -d: the folder, or a prefix if the input has folders */
};

/* One message and its attributes. Borrowed until the next call. */
struct ms_arrival {
	struct ms_envelope
	    env; /* value[MS_ATTR_FOLDER] is always set, and includes `into` */
	bool trusted;      /* env came from an MS-Envelope field */
	const char *where; /* "inbox.mbox @ 18231", "Maildir/cur/17:2,S",
			      "stdin, message 3": for people and the report;
			      UTF-8 without controls */
	int64_t date; /* of the place; has precedence over the Date field */
	bool has_date;
	int64_t
	    fallback_date; /* mtime of the file, if there is no Date field */
	bool has_fallback_date;
};

struct ms_source;

/*
 * Opens an input, or standard input for "-". Only as much is read as is needed
 * to recognize the format. Errors: MS_NOINPUT (missing, empty or not readable),
 * MS_DATA (contains no mail), MS_IO, MS_USAGE (`into` is not UTF-8). The
 * message does not contain the path. The source keeps a copy of opt. Memory is
 * bounded for any input: one window, and the names of one directory.
 */
int ms_source_open(struct ms_source **out, const char *path,
    const struct ms_source_options *opt, struct ms_err *err);
void ms_source_close(struct ms_source *src);

/*
 * Finds the next message. Returns 1; 0 at the end; -1 if a part of the input
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
 * The number of input bytes used so far, and of all input bytes (0: unknown).
 */
void ms_source_progress(
    const struct ms_source *src, uint64_t *done, uint64_t *total);

/*
 * After ms_source_next() has returned 0. Returns 1 if the input was a message
 * stream. t is then the sum of its trailers, with the highest status, and
 * *whole tells whether the last one was at the end. A stream without trailer
 * was cut: status 76.
 */
int ms_source_trailer(
    const struct ms_source *src, struct ms_trailer *t, bool *whole);

#endif
