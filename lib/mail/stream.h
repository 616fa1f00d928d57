/*
 * stream.h - the message stream that the tools pipe to each other: mboxrd
 * with an MS-Envelope field on top of each message. ms-stream(5).
 * Layer: above mail.
 */
#ifndef MS_STREAM_H
#define MS_STREAM_H
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include "buf.h"

#define MS_STREAM_FROM "From ms-stream@1 Thu Jan  1 00:00:00 1970\n"
#define MS_ENVELOPE_MAX 65536 /* bytes of an MS-Envelope line */

/* The attributes that ms-stream(5) names, in the order they are written. */
enum ms_attr {
	MS_ATTR_USER,
	MS_ATTR_SOURCE,
	MS_ATTR_LABEL,
	MS_ATTR_FOLDER,
	MS_ATTR_UID,
	MS_ATTR_FLAGS,
	MS_ATTR_DATE,
	MS_ATTR_REF,
	MS_ATTR_SPECIAL,
	MS_ATTR_MOVED_FROM,
	MS_ATTRS
};

/* What is known of a message beside its bytes. {0} is "nothing". */
struct ms_envelope {
	char *value[MS_ATTRS]; /* UTF-8 without NUL; NULL: not said. Owned */
	char *other;           /* unknown attributes as `name="value"; ...`,
				  or NULL. Owned */
};

#define MS_ENVELOPE_ATTRIBUTES 256 /* at most, in one line */

/* The name of an attribute, as the stream writes it. */
const char *ms_attr_name(enum ms_attr a);

/* Is this use of a folder (RFC 6154, "\\Sent", in any case) among those of a
 * `special`? */
bool ms_special_has(const char *special, const char *use);

/* Keeps a copy of value; NULL takes the attribute away. */
void ms_envelope_set(struct ms_envelope *e, enum ms_attr a, const char *value);
/* Releases what it holds; {0} again. */
void ms_envelope_clear(struct ms_envelope *e);

/* What a stream says last. */
struct ms_trailer {
	uint64_t messages, failed;
	int status; /* sysexits; what its writer was about to return */
};

/* What an MS-Envelope line can be. */
enum ms_stream_line {
	MS_STREAM_ENVELOPE = 1, /* of a message */
	MS_STREAM_TRAILER = 2,  /* "end" */
	MS_STREAM_VOID = 3, /* "void": the message before was not completed */
	MS_STREAM_IDLE = 4  /* "idle": nothing comes for a while */
};

/*
 * Parses the body of an MS-Envelope line: what follows the colon, without
 * the line end. Returns an enum ms_stream_line: for an envelope e is filled (it
 * was {0} or cleared), for a trailer t; or -1: none of these, err says why
 * (MS_DATA), e is empty. Values are not looked into but for being UTF-8.
 */
int ms_envelope_parse(struct ms_envelope *e, struct ms_trailer *t,
    struct ms_slice line, struct ms_err *err);
/*
 * The same for a line that may say "void": true if it does; the reason it
 * gives is appended to reason, which may be NULL.
 */
bool ms_envelope_void(struct ms_slice line, struct ms_buf *reason);
/*
 * Appends "MS-Envelope: ...\n". -1 (MS_DATA), nothing appended: it would be
 * longer than MS_ENVELOPE_MAX, a value is not UTF-8, or `other` is no list of
 * attributes.
 */
int ms_envelope_write(
    struct ms_buf *out, const struct ms_envelope *e, struct ms_err *err);

/* Appends `name="value"`, escaped; value is UTF-8 without NUL. */
void ms_attr_write(struct ms_buf *out, const char *name, struct ms_slice value);

/*
 * Writes a stream to a file; quoting and the trailer are its business. Each
 * call returns 0, or -1 with MS_IO or MS_TEMP and errno's sentence (EPIPE
 * among them), or as ms_envelope_write() does, before anything is written.
 * After a failed write all calls fail. What is written may wait in the FILE's
 * buffer, but for the trailer, which flushes it.
 */
struct ms_stream_writer;

struct ms_stream_writer *ms_stream_writer_new(FILE *out);
void ms_stream_writer_free(struct ms_stream_writer *w);
/* Begins a message; one that is still open is voided first. */
int ms_stream_begin(struct ms_stream_writer *w, const struct ms_envelope *e,
    struct ms_err *err);
/* The next bytes of the message as it came, in pieces of any size. */
int ms_stream_data(struct ms_stream_writer *w, const unsigned char *p, size_t n,
    struct ms_err *err);
/* The message is complete. */
int ms_stream_end(struct ms_stream_writer *w, struct ms_err *err);
/*
 * The message begun cannot be completed: the reader is told to drop it, and
 * why (ms-stream(5), Cut messages). reason may be NULL. Nothing, if no message
 * is open.
 */
int ms_stream_cancel(
    struct ms_stream_writer *w, const char *reason, struct ms_err *err);
/*
 * Says that for a while nothing comes (ms-stream(5), Idle lines): a reader sees
 * then that the last message is whole. Nothing, while a message is open.
 */
int ms_stream_idle(struct ms_stream_writer *w, struct ms_err *err);
/* The last thing to write, after any orderly failure too. Voids a message
 * that is still open. */
int ms_stream_trailer(
    struct ms_stream_writer *w, const struct ms_trailer *t, struct ms_err *err);

#endif
