/*
 * quote.h - mboxrd quoting: lines that begin with ">*From " gain one ">", so
 * that no message can hold a separator. ms-stream(5), Quoting.
 * Layer: above err.
 */
#ifndef MS_QUOTE_H
#define MS_QUOTE_H
#include <stddef.h>
#include "err.h"

/* The quoting of one message, which comes in pieces of any size. */
struct ms_quote {
	unsigned matched; /* the line so far is ">*" and so many bytes of
			     "From ", which are held back; or MS_QUOTE_MID */
};
#define MS_QUOTE_MID 5U

/* Receives bytes; 0, or -1 with err set. */
typedef int ms_quote_fn(
    void *ctx, const unsigned char *p, size_t n, struct ms_err *err);

/* A message begins, and with it a line. */
void ms_quote_begin(struct ms_quote *q);
/* The next bytes; what they become goes to write. 0, or -1 as write says. */
int ms_quote_data(struct ms_quote *q, const unsigned char *p, size_t n,
    ms_quote_fn *write, void *ctx, struct ms_err *err);
/* The message is over: what was held back goes to write. */
int ms_quote_end(
    struct ms_quote *q, ms_quote_fn *write, void *ctx, struct ms_err *err);

#endif
