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

void ms_envelope_set(struct ms_envelope *e, enum ms_attr a, const char *value);
/* Releases what it holds; {0} again. */
void ms_envelope_clear(struct ms_envelope *e);

/* What a stream says last. */
struct ms_trailer {
	uint64_t messages, failed;
	int status; /* sysexits; what its writer was about to return */
};

/*
 * Parses the body of an MS-Envelope line: what follows the colon, without
 * the line end. Returns 1: an envelope (e filled); 2: a trailer (t filled);
 * -1: neither, err says why (MS_DATA).
 */
int ms_envelope_parse(struct ms_envelope *e, struct ms_trailer *t,
    struct ms_slice line, struct ms_err *err);
/*
 * Appends "MS-Envelope: ...\n". -1 (MS_DATA), nothing appended: it would be
 * longer than MS_ENVELOPE_MAX.
 */
int ms_envelope_write(
    struct ms_buf *out, const struct ms_envelope *e, struct ms_err *err);

/* Writes a stream to a file; quoting and the trailer are its business. */
struct ms_stream_writer;

struct ms_stream_writer *ms_stream_writer_new(FILE *out);
void ms_stream_writer_free(struct ms_stream_writer *w);
/* Each: 0, or -1 with MS_IO and errno's sentence (EPIPE among them). */
int ms_stream_begin(struct ms_stream_writer *w, const struct ms_envelope *e,
    struct ms_err *err);
int ms_stream_data(struct ms_stream_writer *w, const unsigned char *p, size_t n,
    struct ms_err *err);
int ms_stream_end(struct ms_stream_writer *w, struct ms_err *err);
/* The message begun cannot be completed: nothing more is written of it, and
 * the reader is told so (ms-stream(5), Cut messages). */
int ms_stream_trailer(
    struct ms_stream_writer *w, const struct ms_trailer *t, struct ms_err *err);

#endif
