/*
 * segment-impl.h - a piece of text on its way into a record: CRLF becomes LF
 * while every line of the piece ends so. Private to segment*.c.
 * Layer: segment.
 */
#ifndef MS_SEGMENT_IMPL_H
#define MS_SEGMENT_IMPL_H
#include "buf.h"

/* Line ends seen; a set. */
enum {
	MS_ENDS_LF = 1,
	MS_ENDS_CRLF = 2,
	MS_ENDS_BOTH = 3
};

struct ms_piece {
	struct ms_buf buf; /* stored bytes; as they came if ends is BOTH */
	unsigned ends;
	size_t crs; /* CRs left out of buf */
};

/*
 * Adds bytes of text as they came, as many as fit in `limit` stored bytes.
 * p neither begins nor ends between CR and LF, and what is taken does not
 * either. Returns how many of the n bytes were taken; all, or the piece is
 * full and has something in it.
 */
size_t ms_piece_fill(
    struct ms_piece *pc, const unsigned char *p, size_t n, size_t limit);
/* Forgets the bytes, keeps the memory. */
void ms_piece_clear(struct ms_piece *pc);

#endif
