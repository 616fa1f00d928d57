/*
 * source.h - where messages come from: a stream, an mbox, a file, a Maildir,
 * a tree of these. A source yields messages one after another, each as an
 * envelope and bytes in pieces; adding a format is one file source-NAME.c and
 * one row in source.c. Layer: above stream, mail, wire.
 */
#ifndef MS_SOURCE_H
#define MS_SOURCE_H
#include <stdbool.h>
#include <stdint.h>
#include "stream.h"

/* How the error begins of a message that its stream's writer gave up, and has
 * named itself. */
#define MS_SOURCE_CANCELLED "cut by its writer"

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
	    *into; /* -d: folder, or prefix where the input has folders */
};

/* One message, as far as its source knows it. Borrowed until the next call. */
struct ms_arrival {
	struct ms_envelope env; /* value[MS_ATTR_FOLDER] is always set, with
				   `into` applied */
	bool trusted;           /* env came from an MS-Envelope field */
	const char
	    *where;   /* "inbox.mbox @ 18231", "Maildir/cur/17:2,S", "stdin,
			 message 3":
			 for people and the report; valid UTF-8, no controls */
	int64_t date; /* its place's, which goes before the Date field */
	bool has_date;
	int64_t fallback_date; /* the file's mtime, used after the Date field */
	bool has_fallback_date;
};

struct ms_source;

/*
 * Opens what is named, or standard input for "-". Nothing is read yet but
 * what it takes to tell the format. Errors: MS_NOINPUT (not there, empty, not
 * readable), MS_DATA (holds no mail), MS_IO, MS_USAGE (`into` is not UTF-8);
 * the sentence does not repeat the path. opt may go away afterwards. Memory is
 * bounded whatever the input: one window, and the names of one directory.
 */
int ms_source_open(struct ms_source **out, const char *path,
    const struct ms_source_options *opt, struct ms_err *err);
void ms_source_close(struct ms_source *src);

/*
 * The next message. 1: got one; 0: no more; -1: one input failed, arrival's
 * `where` names it and err says why; the source can go on.
 */
int ms_source_next(
    struct ms_source *src, struct ms_arrival *arrival, struct ms_err *err);
/*
 * The next piece of the message's bytes, valid until the next call with this
 * source. 1: got one; 0: the message is complete; -1: it cannot be completed
 * (cut stream, voided by its writer, read error, longer than MS_MESSAGE_MAX),
 * err says why; call ms_source_next() to go on. Only 0 says that a message is
 * whole: one without bytes is to be read too. A message left half-read is
 * skipped by next, and what is wrong with the rest of it is not told.
 */
int ms_source_read(
    struct ms_source *src, struct ms_slice *piece, struct ms_err *err);

/* Input bytes consumed so far, and how many there are in all (0: unknown). */
void ms_source_progress(
    const struct ms_source *src, uint64_t *done, uint64_t *total);

/*
 * After next has said 0. Returns 1 if this was a message stream; t then holds
 * its trailers added up (highest status), and whole is whether the last one
 * stood at the end. A stream without one was cut: status 76.
 */
int ms_source_trailer(
    const struct ms_source *src, struct ms_trailer *t, bool *whole);

#endif
