/*
 * impl.h - a POP3 session, shared by the files of lib/pop3 only. RFC 1939 and
 * RFC 2449. Layer: private to pop3.
 */
#ifndef MS_POP3_IMPL_H
#define MS_POP3_IMPL_H
#include "pop3.h"

#define MS_POP3_REPLY_MAX 200 /* bytes of the server's text in our messages */
#define MS_POP3_INPUT 65536

/* The capabilities of the server, as bits; 0 also if it does not know CAPA. */
enum {
	MS_POP3_CAPA = 1, /* the server answered CAPA */
	MS_POP3_STLS = 2,
	MS_POP3_USER = 4,
	MS_POP3_UIDL = 8,
	MS_POP3_TOP = 16,
	MS_POP3_PIPELINING = 32,
	/* At QUIT the server deletes what was downloaded (EXPIRE 0; RFC 2449,
	 * 6.7). After a download of a message that is not deleted, such a
	 * session never sends QUIT. */
	MS_POP3_EXPIRE_NOW = 64
};

struct ms_pop3 {
	struct ms_conn *conn;
	bool no_capa;      /* CAPA is not sent */
	bool lf_lines;     /* the last line ended with LF, without CR */
	bool dead;         /* no command is possible any more */
	struct ms_err err; /* the first error, which made it dead */
	unsigned capabilities;
	unsigned mechs;       /* SASL mechanisms: MS_MECH_BIT() */
	unsigned login_delay; /* seconds between two logins; 0: unknown */
	unsigned backoff;
	/* uint32_t: with MS_POP3_EXPIRE_NOW, the numbers of the messages that
	 * were downloaded and are not marked */
	struct ms_buf downloaded;
	bool marked; /* a DELE was sent */
	struct ms_spool body;
	struct ms_message_hasher *hasher;
	struct ms_buf head;
	size_t at, end; /* the bytes of input that were not processed yet */
	unsigned char input[MS_POP3_INPUT];
};

/* Ends the session with an error. Returns -1; err receives the first error of
 * the session. */
int ms_pop3_kill(struct ms_pop3 *p, struct ms_err *err, enum ms_code code,
    const char *fmt, ...) __attribute__((format(printf, 4, 5)));

/* Sends commands, which include their line ends. */
int ms_pop3_send(
    struct ms_pop3 *p, const void *text, size_t n, struct ms_err *err);

/* Waits for more input. The input must not be full. */
int ms_pop3_more(struct ms_pop3 *p, struct ms_err *err);
/* Reads a line. *line has no CRLF and is valid until the next read. */
int ms_pop3_line(struct ms_pop3 *p, struct ms_slice *line, struct ms_err *err);
/* Reads a line of an answer of many lines, without the dot that was added to
 * it. Returns 1, 0 at the end of the answer, or -1. */
int ms_pop3_list_line(
    struct ms_pop3 *p, struct ms_slice *line, struct ms_err *err);

/* Parses the first line of an answer. Returns 1 for +OK, 0 for -ERR, -1 for
 * something else. *reply receives the rest of the line. */
int ms_pop3_status(struct ms_slice line, struct ms_slice *reply);
/*
 * Reads the first line of the answer to the command `what`. Returns 1 for +OK
 * and 0 for -ERR, with *reply (valid as a line), or -1 with err set: the
 * session is over.
 */
int ms_pop3_answer(struct ms_pop3 *p, const char *what, struct ms_slice *reply,
    struct ms_err *err);
/* The text of the server for our messages, without control bytes. */
const char *ms_pop3_reply(
    struct ms_slice reply, char out[MS_POP3_REPLY_MAX + 1]);
/* Does the reply begin with this response code, `[IN-USE] ...`? */
bool ms_pop3_has_code(struct ms_slice reply, const char *code);
/* The kind of an -ERR by its response code (RFC 2449, 8; RFC 3206). */
enum ms_code ms_pop3_code(struct ms_slice reply, enum ms_code otherwise);

/* Sends CAPA. A server that does not know it has no capabilities. */
int ms_pop3_ask_capabilities(struct ms_pop3 *p, struct ms_err *err);

/* Parses the digits at the beginning of s and removes them. Returns false if
 * there are none or the number is greater than max. */
bool ms_pop3_number(struct ms_slice *s, uint64_t max, uint64_t *out);

#endif
