/*
 * reader.h - reads the responses of an IMAP server: the caller pushes bytes and
 * pulls events. RFC 3501, 7 and 9; RFC 9051; RFC 3516, 4.2 (literal8). Layer:
 * above buf.
 *
 * The reader divides the bytes into responses and a response into values. The
 * caller interprets the values, and ignores those that it does not know or
 * cannot read. The bytes of a message are passed on in pieces and are never
 * kept. Nothing recurses.
 *
 * If it is not certain where a response or the bytes of a message end, nothing
 * that follows can be believed: ms_imap_reader_next() fails from then on, and
 * the caller closes the connection.
 */
#ifndef MS_IMAP_READER_H
#define MS_IMAP_READER_H
#include <stdint.h>
#include "buf.h"

/* Bytes of a response, without the literals that are not kept. */
#define MS_IMAP_LINE_MAX (2 * 1024 * 1024)
#define MS_IMAP_LITERAL_MAX 65536 /* bytes of a literal that is kept */
#define MS_IMAP_TAG_MAX 24        /* bytes of a tag */

enum ms_imap_event {
	MS_IMAP_RESPONSE = 1, /* a complete response */
	MS_IMAP_PIECE         /* bytes of a section of a message */
};

enum ms_imap_kind {
	MS_IMAP_CONTINUE, /* `+`: the server waits for the rest of a command */
	MS_IMAP_TAGGED,   /* the end of a command: OK, NO or BAD */
	MS_IMAP_STATUS,   /* OK, NO, BAD, BYE or PREAUTH without a tag */
	MS_IMAP_DATA      /* all others */
};

enum ms_imap_word {
	MS_IMAP_OTHER, /* unknown, or without the number that it needs */
	MS_IMAP_OK,
	MS_IMAP_NO,
	MS_IMAP_BAD,
	MS_IMAP_BYE,
	MS_IMAP_PREAUTH,
	MS_IMAP_CAPABILITY,
	MS_IMAP_ESEARCH,
	MS_IMAP_EXISTS,
	MS_IMAP_EXPUNGE,
	MS_IMAP_FETCH,
	MS_IMAP_LIST,
	MS_IMAP_NAMESPACE,
	MS_IMAP_SEARCH
};

/* {0} is the beginning of a connection. */
struct ms_imap_reader {
	/* The tag of the current command, which the caller sets. A line with
	 * another tag is no response. */
	char tag[MS_IMAP_TAG_MAX];
	/* Bytes that were read: without those of MS_IMAP_PIECE, and only those.
	 * The caller can reset the counters. */
	uint64_t text, passed;

	/* A response: its kind, its word, and the number before the word. */
	enum ms_imap_kind kind;
	enum ms_imap_word word;
	uint32_t number; /* 0 also if there is none, or not below 2^32 */
	/* A piece: the section, as the server names it, and the bytes. */
	struct ms_slice section, piece;

	/* private */
	struct ms_slice in; /* pushed bytes that were not read yet */
	struct ms_buf line; /* the beginning of a line, from earlier pushes */
	struct ms_slice ready; /* a line that was read ahead */
	struct ms_buf record;  /* the response so far; see reader.c */
	struct ms_buf string;  /* the last quoted string with an escape */
	size_t at;             /* the next value in record */
	size_t scanned;        /* bytes of record whose end is certain */
	size_t name, name_n;   /* the section in record that needs a value */
	unsigned depth;        /* open parentheses at scanned */
	uint64_t left;         /* bytes of the literal that are missing */
	enum {
		KEEP,
		PASS,
		DROP
	} literal;
	bool begun, has_section, is_ready, after_literal, broken, done, lost;
};

void ms_imap_reader_release(struct ms_imap_reader *r);

/* Gives the reader bytes. They are borrowed until ms_imap_reader_next() returns
 * 0, which must have happened for the previous ones. */
void ms_imap_reader_push(struct ms_imap_reader *r, const void *p, size_t n);

/*
 * Reads up to the next event and returns it (an enum ms_imap_event), 0 if all
 * bytes are read, or -1 with MS_PROTO: the bytes cannot be divided into
 * responses. The event is valid until the next call.
 *
 * A response with pieces is reported only when the line after it has begun as a
 * response begins: otherwise the length of a literal was wrong.
 */
int ms_imap_reader_next(struct ms_imap_reader *r, struct ms_err *err);
/* Whether bytes were read ahead that belong to no event yet. */
bool ms_imap_reader_ahead(const struct ms_imap_reader *r);

/* The text of a CONTINUE, TAGGED or STATUS, as a string: `[CODE] words`. */
const char *ms_imap_reader_text(struct ms_imap_reader *r);

enum ms_imap_type {
	MS_IMAP_END, /* of the response */
	MS_IMAP_ATOM,
	MS_IMAP_STRING,  /* quoted, or a literal */
	MS_IMAP_DROPPED, /* a string that was passed on in pieces, or too long
			  */
	MS_IMAP_TORN,    /* a quoted string without an end */
	MS_IMAP_OPEN,    /* ( */
	MS_IMAP_CLOSE    /* ) */
};
/* A value of a response; text is empty for the other types. */
struct ms_imap_value {
	enum ms_imap_type type;
	struct ms_slice text; /* until the next value */
};
/* Reads the next value of a response of kind MS_IMAP_DATA, which can be the
 * first one of the list that v opens. */
void ms_imap_value(struct ms_imap_reader *r, struct ms_imap_value *v);
/* Reads the value after v, or after the list that v opens. {0} is before the
 * first value. */
void ms_imap_value_next(struct ms_imap_reader *r, struct ms_imap_value *v);
/* Reads up to the end of the list that v is in. */
void ms_imap_value_leave(struct ms_imap_reader *r, struct ms_imap_value *v);
/* The values that follow as they were sent, without blanks around them. */
struct ms_slice ms_imap_value_rest(const struct ms_imap_reader *r);
/* A table of names. Returns the value of the name that the text is, in any
 * case, or 0. */
struct ms_imap_name {
	const char *name;
	unsigned value; /* not 0 */
};
unsigned ms_imap_name(
    const struct ms_imap_name *table, size_t n, struct ms_slice text);
/* Reads a decimal number of at most max. Returns false if it is none. */
bool ms_imap_number(struct ms_slice text, uint64_t max, uint64_t *out);

#endif
