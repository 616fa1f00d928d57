/*
 * guard.h - checks the bytes of an IMAP server before libetpan parses them, and
 * refuses what libetpan cannot handle: it recurses into parentheses, calculates
 * modulo 2^32 and allocates the announced length of a literal. RFC 3501, 9.
 * Layer: above err.
 *
 * Bytes may be pushed in pieces of any length. The bytes of a literal are only
 * counted.
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
	MS_LINE_STATUS, /* OK, NO, BAD, BYE, PREAUTH, +, or tagged; a text */
	MS_LINE_FETCH,
	MS_LINE_SEARCH,
	MS_LINE_FOLDER, /* STATUS: numbers in parentheses */
	MS_LINE_NAMESPACE,
	MS_LINE_OTHER
};

/* {0} is the beginning of a session. */
struct ms_imap_guard {
	/* May be set at any time: bodies are streamed, and may be long. */
	bool bodies;
	/* Each of the following may be NULL. Positions are those of bytes in
	 * the piece that is being pushed. */
	/* Called for each status line, cut at MS_IMAP_HEAD_MAX; several blanks
	 * are passed as one. */
	void (*status)(void *ctx, const char *line);
	/* Called for each attribute INTERNALDATE with the position of its last
	 * letter. */
	void (*date)(void *ctx, size_t last);
	/* Called for each backslash that begins a word among Gmail's labels,
	 * with its position. */
	void (*label)(void *ctx, size_t at);
	/* Called for each CR that ends a status line without a text, with its
	 * position. */
	void (*no_text)(void *ctx, size_t at);
	void *ctx;
	uint64_t events; /* lines other than status lines, so far */

	/* private */
	int state;
	enum ms_imap_line kind;
	uint64_t literal; /* bytes of a literal that are still missing */
	uint64_t number;
	bool in_number;
	bool empty; /* the quoted string is empty so far */
	size_t length;
	unsigned depth;
	char attribute[16]; /* the last attribute of a FETCH, cut */
	size_t attribute_n;
	bool naming;    /* an attribute name is being read */
	char last;      /* the previous byte */
	char solid;     /* the last byte that is not a blank */
	bool code_over; /* the `]` of the response code was read */
	bool strings;   /* the line has a quote or a literal */
	bool greeted;   /* a status line was read */
	char head[MS_IMAP_HEAD_MAX];
	size_t head_n;
};

/* INTERNALDATE, as an attribute at the first level of a FETCH. */
#define MS_IMAP_DATE_LEN 12
/* The number of its letters that were read last, if this may be the attribute:
 * 0..11. */
size_t ms_imap_guard_date_begun(const struct ms_imap_guard *g);

/*
 * Checks n bytes. Returns 0, or -1 with MS_PROTO: neither these bytes nor
 * anything after them may be passed to libetpan.
 */
int ms_imap_guard_push(
    struct ms_imap_guard *g, const void *p, size_t n, struct ms_err *err);

#endif
