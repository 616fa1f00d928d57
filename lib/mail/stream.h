/*
 * stream.h - the message stream that the tools write to each other: mboxrd with
 * an MS-Envelope field before each message. ms-stream(5). Layer: above mail.
 */
#ifndef MS_STREAM_H
#define MS_STREAM_H
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include "buf.h"
#include "meter.h"

#define MS_STREAM_FROM "From ms-stream@1 Thu Jan  1 00:00:00 1970\n"
#define MS_ENVELOPE_MAX 65536 /* bytes of an MS-Envelope line */

/* The source of messages from files; with a name after it, a part of them. */
#define MS_SOURCE_LOCAL "local:"
bool ms_source_is_local(const char *source);

/* The attributes of ms-stream(5), in the order in which they are written. */
enum ms_attr {
	MS_ATTR_USER,
	MS_ATTR_SOURCE,
	MS_ATTR_LABEL,
	MS_ATTR_FOLDER,
	MS_ATTR_UID,
	MS_ATTR_FLAGS,
	MS_ATTR_DATE,
	MS_ATTR_RAW_DATE,
	MS_ATTR_REF,
	MS_ATTR_SPECIAL,
	MS_ATTR_EMAIL_ID,
	MS_ATTR_MOVED_FROM,
	MS_ATTR_MOVED_PLACES,
	MS_ATTR_MOVED_AT,
	MS_ATTR_MOVED_AWAY,
	MS_ATTR_SHOWN,
	MS_ATTR_SHOWN_USER,
	MS_ATTRS
};

/* What is known of a message besides its bytes. {0} is an empty envelope. */
struct ms_envelope {
	char *value[MS_ATTRS]; /* UTF-8 without NUL, or NULL. Owned */
	char *other;           /* unknown attributes as `name="value"; ...`,
				  or NULL. Owned */
};

#define MS_ENVELOPE_ATTRIBUTES 256 /* at most, in one line */

/*
 * Whether `special` contains this use of a folder (RFC 6154, "\\Sent", in any
 * case).
 */
bool ms_special_has(const char *special, const char *use);

/* Sets an attribute to a copy of value; NULL removes the attribute. */
void ms_envelope_set(struct ms_envelope *e, enum ms_attr a, const char *value);
/* Releases all attributes; the envelope is {0} again. */
void ms_envelope_release(struct ms_envelope *e);

#define MS_TRAILER_ARCHIVE 32 /* hex digits of the id of an archive */

/* The last line of a stream. */
struct ms_trailer {
	uint64_t messages, failed;
	int status; /* sysexits(3); the exit status of the writer */
	/* The id of the archive whose mail the stream leaves out, in hex; "":
	 * it leaves nothing out. */
	char archive[MS_TRAILER_ARCHIVE + 1];
};

/* The kinds of MS-Envelope lines. */
enum ms_stream_line {
	MS_STREAM_ENVELOPE = 1, /* the envelope of a message */
	MS_STREAM_TRAILER = 2,  /* "end" */
	MS_STREAM_VOID = 3,     /* "void": the message before is incomplete */
	MS_STREAM_IDLE = 4      /* "idle": the writer is waiting */
};

/*
 * Parses the body of an MS-Envelope line, without the colon and the line end.
 *   e     filled for an envelope; must be {0} or cleared
 *   t     filled for a trailer
 * Returns an enum ms_stream_line; or -1 (MS_DATA) if the line is invalid, with
 * e empty. Of the values only the encoding is checked: it is UTF-8.
 */
int ms_envelope_parse(struct ms_envelope *e, struct ms_trailer *t,
    struct ms_slice line, struct ms_err *err);
/*
 * Whether a line says "void". Its reason, if any, is appended to reason, which
 * can be NULL.
 */
bool ms_envelope_void(struct ms_slice line, struct ms_buf *reason);
/*
 * Whether a line is an idle line that says how far the writer is. p receives
 * the numbers, and p->what the folder, whose text is in `folder`.
 */
bool ms_envelope_progress(
    struct ms_slice line, struct ms_progress *p, struct ms_buf *folder);
/*
 * Appends "MS-Envelope: ...\n". Returns -1 (MS_DATA), with out unchanged, if
 * the line would be longer than MS_ENVELOPE_MAX, if a value is not UTF-8, or if
 * `other` is not a list of attributes.
 */
int ms_envelope_write(
    struct ms_buf *out, const struct ms_envelope *e, struct ms_err *err);

/* Appends `name="value"` with escapes; value is UTF-8 without NUL. */
void ms_attr_write(struct ms_buf *out, const char *name, struct ms_slice value);

/*
 * A writer of a stream, which quotes and writes the trailer. Each call returns
 * 0 or -1; the error is MS_IO or MS_TEMP with the text of errno (for example
 * EPIPE), or that of ms_envelope_write(), before anything is written. After a
 * failed write all calls fail. Output can remain in the buffer of the FILE
 * until ms_stream_trailer(), which flushes it.
 */
struct ms_stream_writer;

struct ms_stream_writer *ms_stream_writer_new(FILE *out);
void ms_stream_writer_free(struct ms_stream_writer *w);
/* Begins a message; cancels a message that is still open. */
int ms_stream_begin(struct ms_stream_writer *w, const struct ms_envelope *e,
    struct ms_err *err);
/* Writes the next bytes of the message as it came, in pieces of any size. */
int ms_stream_data(struct ms_stream_writer *w, const unsigned char *p, size_t n,
    struct ms_err *err);
/* Ends a complete message. */
int ms_stream_end(struct ms_stream_writer *w, struct ms_err *err);
/*
 * Cancels the open message: the reader drops it, and learns the reason, which
 * can be NULL (ms-stream(5), Incomplete messages). Does nothing if no message
 * is open.
 */
int ms_stream_cancel(
    struct ms_stream_writer *w, const char *reason, struct ms_err *err);
/*
 * Writes an idle line (ms-stream(5), Idle lines), so that the reader knows that
 * the last message is complete. Does nothing while a message is open.
 */
int ms_stream_idle(struct ms_stream_writer *w, struct ms_err *err);
/* Writes an idle line that says how far the writer is. */
int ms_stream_progress(struct ms_stream_writer *w, const struct ms_progress *p,
    struct ms_err *err);
/*
 * Writes the trailer, which is the last line of the stream, also after a
 * failure. Cancels a message that is still open.
 */
int ms_stream_trailer(
    struct ms_stream_writer *w, const struct ms_trailer *t, struct ms_err *err);

#endif
