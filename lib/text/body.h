/*
 * body.h - a message as a person reads it: its parts, and the text that is
 * below its header. ms-show(1) prints it, and the search finds it. MIME and
 * HTML are read in confined processes (mime.h, html.h). ms-quirks(7), Texts of
 * messages. Layer: above mime, html.
 */
#ifndef MS_BODY_H
#define MS_BODY_H
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "buf.h"
#include "charset.h"
#include "part.h"

#define MS_BODY_TEXT_MAX ((size_t)16 << 20) /* bytes of text of a message */
#define MS_BODY_NAME_MAX 1024               /* bytes kept of a name */
#define MS_BODY_REMARKS_MAX 20

struct ms_body;

/*
 * Starts the two processes. Call it before the archive is opened or a secret is
 * read: they begin as copies of the caller. Results as ms_mime_open(): 0; 1,
 * `err` is a warning; -1.
 */
int ms_body_open(struct ms_body **out, struct ms_err *err);
void ms_body_close(struct ms_body *b);

/* ---- the message ---- */

/* Drops the message. */
void ms_body_clear(struct ms_body *b);
/* Adds bytes to the message; the type is ms_emit_fn. They are in shared memory,
 * not on the heap. Errors as ms_mime_add(). */
int ms_body_add(void *b, const unsigned char *p, size_t n, struct ms_err *err);
/*
 * Finds the parts. A message whose parts cannot be found is one part, and a
 * remark says why. Returns 0, or -1: MS_IO or MS_TEMP, no parser can be started
 * any more.
 */
int ms_body_parse(struct ms_body *b, struct ms_err *err);
/* The bytes of the message, valid until it is dropped, like all below. */
struct ms_slice ms_body_message(const struct ms_body *b);

/* ---- what it is ---- */

enum {
	MS_BODY_ENCRYPTED = 1, /* PGP/MIME or S/MIME: its text is hidden */
	MS_BODY_SIGNED = 2,    /* PGP/MIME or S/MIME; nothing is checked */
	MS_BODY_OPAQUE = 4,    /* S/MIME: the text is within the signature */
	MS_BODY_BROKEN = 8,    /* its parts cannot be found */
	MS_BODY_CUT = 16,      /* ms_body_text() is not all its text */
	MS_BODY_LAYOUT = 32    /* HTML was read without its layout */
};
/* The bits of the message. The last two are known after ms_body_text(). */
unsigned ms_body_state(const struct ms_body *b);
/* The i-th remark for people, such as "encrypted with PGP/MIME"; NULL: no more.
 * Further ones come from ms_body_text(). */
const char *ms_body_remark(const struct ms_body *b, size_t i);

/* ---- parts ---- */

enum {
	/* Counts for has:attachment: it has a name, or the sender calls it an
	 * attachment, or it is no text, or an embedded message; but it is not a
	 * signature, the shell of an encryption, or an image shown inline. */
	MS_PART_ATTACHMENT = 1,
	MS_PART_SHOWN = 2, /* its text is in ms_body_text() */
	MS_PART_SIGNATURE = 4,
	MS_PART_SHELL = 8,      /* of an encryption or an opaque signature */
	MS_PART_INLINE = 16,    /* an image shown inline */
	MS_PART_MULTIPART = 32, /* has parts, and nothing of its own */
	MS_PART_MESSAGE = 64    /* an embedded message */
};

/* The parts are in the order of their headers; the first is the message. */
struct ms_body_part {
	unsigned number; /* for people, from 1; multiparts have none, 0 */
	unsigned bits;
	const char *type; /* "text/plain", lower case */
	const char *name; /* of a file, UTF-8 without controls; "": none */
	uint64_t header, body, end; /* positions in the message */
	uint32_t parent, depth;
	enum ms_mime_encoding encoding;
	const struct ms_charset *charset;
};

const struct ms_body_part *ms_body_parts(const struct ms_body *b, size_t *n);
/* The part with a number, or NULL. */
const struct ms_body_part *ms_body_numbered(
    const struct ms_body *b, uint64_t number);
/*
 * Emits the decoded bytes of a part in pieces of at most 64 KiB, as its sender
 * attached it. Returns 0, or -1 with the error of emit().
 */
int ms_body_decode(const struct ms_body *b, const struct ms_body_part *part,
    ms_emit_fn *emit, void *ctx, struct ms_err *err);
/* The number of these bytes. */
uint64_t ms_body_size(const struct ms_body *b, const struct ms_body_part *part);
/* The header of a part as it is. */
struct ms_slice ms_body_header(
    const struct ms_body *b, const struct ms_body_part *part);

/* ---- text ---- */

/*
 * Appends the text below the header: lines of UTF-8, each ended by LF. It may
 * have controls: who prints it for people replaces them.
 *   - the text parts in their order, without those that are attachments. Of
 *     alternatives, plain text comes first, then HTML, then what else is text
 *     (an empty text is none)
 *   - calendars and cards as "Summary: ..." lines; invitations also beside
 *     other alternatives
 *   - of an embedded message a line of dashes, From, To, Cc, Date and Subject,
 *     and its text
 * Lines of format=flowed are joined (RFC 3676). The text ends after
 * MS_BODY_TEXT_MAX bytes with a remark. Returns 0, or -1 as ms_html_read().
 */
int ms_body_text(struct ms_body *b, struct ms_buf *out, struct ms_err *err);
/* Is it a part whose text ms_body_part_text() can append? */
bool ms_body_is_text(const struct ms_body_part *part);
/* The same for one part, also for an attachment, if it is text. */
int ms_body_part_text(struct ms_body *b, const struct ms_body_part *part,
    struct ms_buf *out, struct ms_err *err);
/*
 * Appends the decoded bytes of a part of text as UTF-8, with LF as the end of
 * lines, and nothing else changed: HTML as HTML. At most MS_BODY_TEXT_MAX bytes
 * are decoded.
 */
void ms_body_part_utf8(
    struct ms_body *b, const struct ms_body_part *part, struct ms_buf *out);

#endif
