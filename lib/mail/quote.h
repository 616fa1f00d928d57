/*
 * quote.h - mboxrd quoting: a line that begins with ">*From " gains one ">", so
 * that no message can contain a separator. ms-stream(5), Quoting. Layer: above
 * buf.
 */
#ifndef MS_QUOTE_H
#define MS_QUOTE_H
#include "buf.h"

/*
 * The state of the quoting of one message, which comes in pieces of any size.
 */
struct ms_quote {
	/* MS_QUOTE_MID; or at the start of a line, the number of bytes of
	 * "From " that have come after ">*" and are not written yet. */
	unsigned matched;
};
#define MS_QUOTE_MID 5U

/* Begins a message, and a line. */
void ms_quote_begin(struct ms_quote *q);
/*
 * Quotes the next bytes and passes the result to write. Returns 0, or -1 with
 * the error of write.
 */
int ms_quote_data(struct ms_quote *q, const unsigned char *p, size_t n,
    ms_emit_fn *write, void *ctx, struct ms_err *err);
/* Ends the message: passes the bytes that are not written yet to write. */
int ms_quote_end(
    struct ms_quote *q, ms_emit_fn *write, void *ctx, struct ms_err *err);

#endif
