/*
 * guard.h - looks at what an IMAP server sends before libetpan does, and
 * refuses what that can't take: it recurses into parentheses, counts modulo
 * 2^32, and allocates what a literal says. RFC 3501, 9. Layer: above err.
 *
 * Bytes are pushed in as they come, however they are cut. The body of a literal
 * costs nothing but its being skipped.
 */
#ifndef MS_IMAP_GUARD_H
#define MS_IMAP_GUARD_H
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "err.h"

#define MS_IMAP_LINE_MAX                                                       \
	(2 * 1024 * 1024)         /* bytes of a line, without its              \
				   * literals */
#define MS_IMAP_DEPTH_MAX 50      /* parentheses in parentheses */
#define MS_IMAP_LITERAL_MAX 65536 /* bytes of a literal that is no body */
#define MS_IMAP_HEAD_MAX 512      /* bytes of a line that we keep */

enum ms_imap_line {
	MS_LINE_STATUS, /* OK, NO, BAD, BYE, PREAUTH, +, or tagged: text */
	MS_LINE_FETCH,
	MS_LINE_SEARCH,
	MS_LINE_FOLDER, /* STATUS: numbers in its parentheses */
	MS_LINE_NAMESPACE,
	MS_LINE_OTHER
};

/* {0} is the beginning of a session. */
struct ms_imap_guard {
	/* Set by the owner at any time: a body that comes is streamed. */
	bool bodies;
	/* Told of each line of status, blanks in a row as one, cut at
	 * MS_IMAP_HEAD_MAX; NULL: not. */
	void (*status)(void *ctx, const char *line);
	/* Told of each attribute INTERNALDATE: which of the bytes that are
	 * being pushed is its last letter; NULL: not. */
	void (*date)(void *ctx, size_t last);
	/* Told of each backslash that begins a word among Gmail's labels:
	 * which of the bytes being pushed it is; NULL: not. */
	void (*label)(void *ctx, size_t at);
	/* Told of each CR that ends a line of status which has no text, not
	 * even a blank: which of the bytes being pushed it is; NULL: not. */
	void (*bare)(void *ctx, size_t at);
	void *ctx;
	uint64_t events; /* lines that are not status, so far */

	/* the guard's own */
	int state;
	enum ms_imap_line kind;
	uint64_t literal; /* bytes of one that are still to come */
	uint64_t number;
	bool in_number;
	bool empty; /* the string in quotes, so far */
	size_t length;
	unsigned depth;
	char attribute[16]; /* the last one in a FETCH, cut */
	size_t attribute_n;
	bool naming;    /* in it */
	char last;      /* the byte before */
	char solid;     /* the last one that is no blank */
	bool code_over; /* a response code's `]` has come */
	bool strings;   /* there is a quote or a literal in it */
	bool greeted;   /* a line of status has come */
	char head[MS_IMAP_HEAD_MAX];
	size_t head_n;
};

/* INTERNALDATE, as an attribute at the first level of a FETCH. */
#define MS_IMAP_DATE_LEN 12
/* How many of its letters have come last, if it may be that one: 0..11. */
size_t ms_imap_guard_date_begun(const struct ms_imap_guard *g);

/*
 * Looks at n bytes. -1: they must not go to libetpan, nor anything after them.
 * Errors: MS_PROTO.
 */
int ms_imap_guard_push(
    struct ms_imap_guard *g, const void *p, size_t n, struct ms_err *err);

#endif
