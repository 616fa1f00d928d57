/*
 * mime.h - the structure of a message: a flat list of its parts, by their
 * positions. libetpan finds them in a confined process of its own (sandbox.h),
 * so that a message that takes over the parser has nothing there. RFC 2045,
 * RFC 2046; departures: ms-quirks(7), Parts. Layer: above mail, sandbox.
 */
#ifndef MS_MIME_H
#define MS_MIME_H
#include <stddef.h>
#include <stdint.h>
#include "buf.h"

#define MS_MIME_PARTS_MAX 200000        /* parts of a message */
#define MS_MIME_DEPTH_MAX 100           /* parts in parts */
#define MS_MIME_MAX ((uint64_t)1 << 31) /* bytes of a message */
#define MS_MIME_WAIT_MS 60000           /* for the parts of a message */

/*
 * A part. The parts are in the order of their headers; the first one is the
 * whole message, and an embedded message is the parent of the part that it
 * contains. header <= body <= end: the header ends where the body begins. A
 * part without a header has the type of its default (RFC 2046, 5.1).
 */
enum ms_mime_kind {
	MS_MIME_LEAF,
	MS_MIME_MULTIPART, /* its body has the bodies of its parts */
	MS_MIME_MESSAGE    /* its body is a message */
};

struct ms_mime_part {
	uint64_t header, body, end; /* positions in the message */
	uint32_t parent, depth;     /* the first part: 0, 0 */
	uint32_t kind;              /* enum ms_mime_kind */
	uint32_t unused;
};

struct ms_mime;

/*
 * Starts the process, and waits until it is confined. Call it before the
 * archive is opened or a secret is read: the process begins as a copy of the
 * caller. Returns 0; 1, this system cannot confine it completely, and `err` is
 * the warning that ms_sandbox_check() describes; -1, MS_CONFIG if
 * MS_SANDBOX=require is set and the system lacks something, else MS_IO or
 * MS_TEMP.
 */
int ms_mime_open(struct ms_mime **out, struct ms_err *err);
void ms_mime_close(struct ms_mime *m);

/* Drops the message. */
void ms_mime_clear(struct ms_mime *m);
/*
 * Adds bytes to the message; the type is ms_emit_fn. The bytes are in shared
 * memory, not on the heap. Errors: MS_DATA, larger than MS_MIME_MAX; MS_TEMP.
 */
int ms_mime_add(void *m, const unsigned char *p, size_t n, struct ms_err *err);
/*
 * Finds the parts of the message, within MS_MIME_WAIT_MS. Returns 1, or 0 if
 * that is impossible: there is then one part, the whole message, and `why` says
 * why (too deep, too many, too slow, the parser died). Another parser, without
 * anything of this message, reads the next one. -1: MS_IO or MS_TEMP, no parser
 * can be started any more.
 */
int ms_mime_parse(struct ms_mime *m, struct ms_err *why);
/* The parts, valid until the message is cleared or closed. */
const struct ms_mime_part *ms_mime_parts(const struct ms_mime *m, size_t *n);
/* The bytes of the message, valid as long. */
struct ms_slice ms_mime_message(const struct ms_mime *m);

#endif
