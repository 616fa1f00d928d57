/*
 * dots.h - text as POP3 and LMTP send it: a dot is added before each line that
 * begins with one, and a line of one dot is the end. RFC 1939, 3; RFC 5321,
 * 4.5.2. Layer: above buf.
 */
#ifndef MS_DOTS_H
#define MS_DOTS_H
#include <stdbool.h>
#include <stddef.h>

/* The position in such a text; {0} is the beginning. */
struct ms_dots {
	enum {
		MS_DOTS_AT_START, /* of a line */
		MS_DOTS_AFTER_DOT,
		MS_DOTS_AFTER_DOT_CR,
		MS_DOTS_IN_LINE
	} place;
	bool after_cr; /* in a line */
	bool lf_lines; /* LF alone ends a line, too */
};
typedef void ms_dots_put_fn(void *ctx, const unsigned char *p, size_t n);
/*
 * ms_dots_remove() passes the bytes of a text to put(), without the dots that
 * were added. Only CRLF ends a line, unless lf_lines is set: a sender cannot
 * end a message with LF, dot, LF.
 *   end   receives whether the text is complete
 * Returns how many of the n bytes belong to the text.
 */
size_t ms_dots_remove(struct ms_dots *d, const unsigned char *p, size_t n,
    ms_dots_put_fn *put, void *ctx, bool *end);

#endif
