/*
 * expand.h - replaces winmail.dat in a message by what it contains, as parts
 * that every program reads. Two confined processes do it: one finds the parts
 * of the message (mime.h), and one reads TNEF (outlook.h). ms-export(1),
 * Winmail.dat. Layer: above outlook, mime.
 */
#ifndef MS_MAPI_EXPAND_H
#define MS_MAPI_EXPAND_H
#include "buf.h"

#define MS_EXPAND_MAX ((size_t)256 << 20) /* bytes of TNEF, as encoded */

struct ms_expander;

/* What became of the TNEF parts of a message. */
struct ms_expansion {
	unsigned replaced;
	unsigned sealed;   /* kept, because a signature covers them */
	unsigned failed;   /* kept, because they cannot be read completely */
	struct ms_err why; /* of the first one that failed */
};

/*
 * Starts the processes. Call it before the archive is opened or a secret is
 * read. Results as of ms_mime_open(): 0; 1, the system cannot confine them
 * completely, and `err` is the warning; -1.
 */
int ms_expander_open(struct ms_expander **out, struct ms_err *err);
void ms_expander_close(struct ms_expander *e); /* NULL is allowed */

/* Begins a message. */
void ms_expander_clear(struct ms_expander *e);
/* Adds bytes to it; the type is ms_emit_fn. Errors: as of ms_spool_add(). */
int ms_expander_add(
    void *e, const unsigned char *p, size_t n, struct ms_err *err);
/*
 * Ends the message. A part that cannot be read completely stays as it is. The
 * same message always becomes the same bytes. -1: MS_IO or MS_TEMP, no process
 * or file can be had.
 */
int ms_expander_end(
    struct ms_expander *e, struct ms_expansion *out, struct ms_err *err);
/* Emits the message with its new parts. -1: as of ms_spool_emit(). */
int ms_expander_emit(const struct ms_expander *e, ms_emit_fn *emit, void *ctx,
    struct ms_err *err);

#endif
