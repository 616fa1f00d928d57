/*
 * segment-impl.h - a piece of text for a record: CRLF becomes LF as long as
 * every line of the piece ends with CRLF. Private to segment*.c. Layer:
 * segment.
 */
#ifndef MS_SEGMENT_IMPL_H
#define MS_SEGMENT_IMPL_H
#include "buf.h"

/* The kinds of line ends in a piece; a set. */
enum {
	MS_ENDS_LF = 1,
	MS_ENDS_CRLF = 2,
	MS_ENDS_BOTH = 3
};

struct ms_piece {
	struct ms_buf buf; /* stored bytes; unchanged if ends is BOTH */
	unsigned ends;
	size_t crs; /* CRs that were left out of buf */
};

/*
 * ms_piece_fill() adds bytes of text, as many as fit in `limit` stored bytes. p
 * must not begin or end between CR and LF. The result is the number of bytes
 * that were used, which does not end between CR and LF either; if it is less
 * than n, the piece is full and not empty.
 */
size_t ms_piece_fill(
    struct ms_piece *pc, const unsigned char *p, size_t n, size_t limit);
/* Empties the piece and keeps its memory. */
void ms_piece_clear(struct ms_piece *pc);

#endif
