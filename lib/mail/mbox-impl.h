/*
 * mbox-impl.h - shared by mbox*.c: how a line of an mbox is judged. Layer:
 * private to mbox.
 */
#ifndef MS_MBOX_IMPL_H
#define MS_MBOX_IMPL_H
#include <string.h>
#include "mbox.h"

#define MS_BOM 3 /* bytes of a byte order mark */

/* What was found at a line, or in a window. */
enum ms_found {
	MS_FOUND_NOTHING, /* the line is text; no line matters */
	MS_FOUND_PARTIAL, /* more bytes are needed to decide */
	MS_FOUND_SEPARATOR,
	MS_FOUND_DOUBT, /* a line that may be a separator, but too little
			   shows it */
	MS_FOUND_QUOTED /* a ">" that quoting added */
};

/* From a result of 1, 0 or -1. */
static inline enum ms_found
ms_found_if(int rc)
{
	return rc < 0   ? MS_FOUND_PARTIAL
	       : rc > 0 ? MS_FOUND_SEPARATOR
			: MS_FOUND_NOTHING;
}

static inline bool
ms_is_bom(const unsigned char *p)
{
	return memcmp(p, "\xef\xbb\xbf", MS_BOM) == 0;
}

/* The length of the byte order mark at the beginning, or 0. */
static inline size_t
ms_mbox_mark(const unsigned char *p, size_t n)
{
	return n >= MS_BOM && ms_is_bom(p) ? MS_BOM : 0;
}

/* Whether a line of such bytes counts as an empty line. */
static inline bool
ms_mbox_blank(unsigned char c)
{
	return c == ' ' || c == '\t' || c == '\r' || c == '\0' || c == 0xef ||
	       c == 0xbb || c == 0xbf;
}

/* Skips NULs, which stand for lost bytes of a disk, and byte order marks. */
const unsigned char *ms_mbox_skip_junk(
    const unsigned char *p, const unsigned char *end);
/*
 * Whether the bytes begin with text. Returns 1, 0, or -1 if more bytes are
 * needed.
 */
int ms_mbox_begins(
    const unsigned char *p, size_t n, bool eof, const char *text);
/*
 * Finds the line at the beginning of the bytes. Returns 1, and line is without
 * its end; 0, the line is too long or does not end; -1, more bytes are needed.
 */
int ms_mbox_line(const unsigned char *p, size_t n, bool eof, size_t *len,
    struct ms_slice *line);
/*
 * Examines the line that begins with "From " at p, where blank tells whether it
 * follows a blank line. These are the rules of ms-stream(5), Foreign mboxes.
 */
enum ms_found ms_mbox_separator(const struct ms_mbox *m, const unsigned char *p,
    size_t n, bool eof, bool blank);
/*
 * How many bytes an empty line takes between a From_ line and a header, which
 * some programs write and which would hide the header; or -1, more bytes are
 * needed.
 */
int ms_mbox_empty_line(const unsigned char *p, size_t n, bool eof);
/* The length of what can precede the first line. */
size_t ms_mbox_skip_blank(const unsigned char *p, size_t n);
/* Examines the first line, which p begins with. */
enum ms_found ms_mbox_first(
    const unsigned char *p, size_t n, bool eof, bool stream);

#endif
