/* impl.h - what pop3*.c share. Not for others. Layer: pop3. */
#ifndef MS_POP3_IMPL_H
#define MS_POP3_IMPL_H
#include "pop3.h"

#define MS_POP3_WORDS 200 /* bytes of the server's words that we repeat */
#define MS_POP3_INPUT 65536

struct ms_pop3 {
	struct ms_conn *conn;
	bool dead;         /* nothing more can be asked */
	struct ms_err err; /* why: the first thing that went wrong */
	unsigned capabilities;
	unsigned mechs;       /* of SASL: MS_MECH_BIT() */
	unsigned login_delay; /* seconds between two logins; 0: not said */
	unsigned backoff;
	bool downloaded; /* RETR was sent */
	bool marked;     /* DELE was sent */
	struct ms_spool body;
	struct ms_message_hasher *wire;
	struct ms_buf head;
	size_t at, end; /* what has come and was not looked at, in input */
	unsigned char input[MS_POP3_INPUT];
};

/* The session ends, for this reason. -1; err receives the first reason. */
int ms_pop3_kill(struct ms_pop3 *p, struct ms_err *err, enum ms_code code,
    const char *fmt, ...) __attribute__((format(printf, 4, 5)));

/* Sends commands, line ends included. */
int ms_pop3_send(
    struct ms_pop3 *p, const void *text, size_t n, struct ms_err *err);

/* Waits for more input behind what is there, of which room must be left. */
int ms_pop3_more(struct ms_pop3 *p, struct ms_err *err);
/* The next line without its CRLF, borrowed until the next is asked for. */
int ms_pop3_line(struct ms_pop3 *p, struct ms_slice *line, struct ms_err *err);
/* The next line of an answer with many, dots unstuffed. 1; 0: that was all. */
int ms_pop3_list_line(
    struct ms_pop3 *p, struct ms_slice *line, struct ms_err *err);

/* A line as an answer: 1 +OK, 0 -ERR, -1 neither. words: what follows. */
int ms_pop3_status(struct ms_slice line, struct ms_slice *words);
/*
 * Takes the answer to the command that `what` names. 1 +OK, 0 -ERR, with words
 * (borrowed as a line); -1 with err set: the session is over.
 */
int ms_pop3_answer(struct ms_pop3 *p, const char *what, struct ms_slice *words,
    struct ms_err *err);
/* The server's words, fit for a sentence. */
const char *ms_pop3_words(struct ms_slice words, char out[MS_POP3_WORDS + 1]);
/* Do they begin with this response code: `[IN-USE] ...`? */
bool ms_pop3_has_code(struct ms_slice words, const char *code);
/* What an -ERR means by its response code (RFC 2449, 8; RFC 3206), or else. */
enum ms_code ms_pop3_code(struct ms_slice words, enum ms_code otherwise);

/* CAPA. A server that does not know it has none. */
int ms_pop3_ask_capabilities(struct ms_pop3 *p, struct ms_err *err);

/* Digits at the beginning of s, which moves behind them. False: there are
 * none, or they are more than max. */
bool ms_pop3_number(struct ms_slice *s, uint64_t max, uint64_t *out);

/* ---- pop3-text.c: answers of many lines, as bytes ---- */

/* Where in such an answer we are; {0} is its beginning. */
struct ms_pop3_text {
	enum {
		MS_POP3_AT_START, /* of a line */
		MS_POP3_AFTER_DOT,
		MS_POP3_AFTER_DOT_CR,
		MS_POP3_IN_LINE
	} place;
	bool after_cr; /* in a line */
};
typedef void ms_pop3_put_fn(void *ctx, const unsigned char *p, size_t n);
/*
 * Gives the bytes without what RFC 1939, 3 adds to them to put(). Lines end
 * with CRLF only. Returns how many of the n bytes belong to the answer; *end:
 * it is complete.
 */
size_t ms_pop3_unstuff(struct ms_pop3_text *t, const unsigned char *p, size_t n,
    ms_pop3_put_fn *put, void *ctx, bool *end);
/* Reads such an answer to its end. */
int ms_pop3_read_text(
    struct ms_pop3 *p, ms_pop3_put_fn *put, void *ctx, struct ms_err *err);

#endif
