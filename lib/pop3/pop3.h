/*
 * pop3.h - reading a mailbox by POP3 (RFC 1939; RFC 2449 CAPA and response
 * codes, RFC 2595 STLS, RFC 3206, RFC 5034 AUTH). A reader of our own: lines
 * by length, so that NUL, bare CR and bare LF come as they are. Layer: above
 * conn, auth, spool, wire.
 *
 * Nothing is deleted but by ms_pop3_delete() with ms_pop3_quit() after it.
 */
#ifndef MS_POP3_H
#define MS_POP3_H
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "conn.h"
#include "spool.h"
#include "message-hasher.h"

/* What a server may send, so that it can't fill our memory. Lines of messages
 * have no limit: they are never held. */
#define MS_POP3_LINE_MAX                                                       \
	4096                  /* bytes of any other line; RFC 2449, 4 has 512  \
			       */
#define MS_POP3_CAPAS_MAX 500 /* lines that answer CAPA */
#define MS_POP3_MESSAGES_MAX (4 * 1024 * 1024) /* messages in a mailbox */
#define MS_POP3_UIDL_MAX 255 /* bytes of a UIDL; RFC 1939, 7 has 70 */
#define MS_POP3_UIDLS_MAX (256 * 1024 * 1024) /* bytes of all UIDLs */
#define MS_POP3_TEXT_MAX                                                       \
	(2 * MS_MESSAGE_MAX) /* bytes of an answer to RETR or TOP; what is     \
				larger than MS_MESSAGE_MAX fails, more than    \
				this ends the session */
#define MS_POP3_WINDOW                                                         \
	256 /* commands without an answer yet, where the server has PIPELINING \
	     */

struct ms_pop3;
struct ms_login; /* auth.h */

/*
 * Reads the greeting and the capabilities; with MS_TLS_UPGRADE demands STLS:
 * that it is missing, refused, or followed by text which came before TLS did
 * is MS_PROTO, each with its sentence; capabilities are asked anew afterwards.
 * The connection belongs to the session from now on, also if this fails.
 *
 * Errors of all calls here: MS_TEMP (the network, or the server says "not
 * now": [IN-USE], [LOGIN-DELAY], [SYS/TEMP]), MS_PROTO (the answer makes no
 * sense, or is too long), MS_NOINPUT (-ERR: the server's words). After
 * MS_PROTO, and when the connection is lost, the session is of no more use, as
 * ms_pop3_usable() says.
 */
int ms_pop3_open(struct ms_pop3 **out, struct ms_conn *conn, enum ms_tls tls,
    struct ms_err *err);
bool ms_pop3_usable(const struct ms_pop3 *p);
/*
 * Ends the session: with QUIT, where that deletes nothing; else by closing the
 * connection, so that nothing marked is deleted. Frees. NULL is fine.
 */
void ms_pop3_close(struct ms_pop3 *p);

/* What the server says it has (CAPA); 0 also where it has no CAPA. */
enum {
	MS_POP3_CAPA = 1, /* it answered CAPA */
	MS_POP3_STLS = 2,
	MS_POP3_USER = 4,
	MS_POP3_UIDL = 8,
	MS_POP3_TOP = 16,
	MS_POP3_PIPELINING = 32,
	/* It deletes at QUIT what was downloaded (EXPIRE 0; RFC 2449, 6.7).
	 * Such a session, once it has downloaded, never sends QUIT. */
	MS_POP3_EXPIRE_NOW = 64
};
unsigned ms_pop3_capabilities(const struct ms_pop3 *p);

/*
 * USER and PASS, or AUTH with the mechanism that the login asks for or, with
 * MS_MECH_AUTO, needs. One attempt. MS_AUTH: refused, with the server's words;
 * MS_TEMP: not now ([IN-USE], [LOGIN-DELAY], [SYS/TEMP]); MS_NOINPUT: refused
 * for good, but not for the password ([SYS/PERM]), or a mechanism that is not
 * there; MS_USAGE: control bytes in login or password.
 */
int ms_pop3_login(
    struct ms_pop3 *p, const struct ms_login *login, struct ms_err *err);
/* Seconds after which the server wants to see us again, if a login failed for
 * coming too soon; 0: it did not say. */
unsigned ms_pop3_backoff(const struct ms_pop3 *p);

struct ms_pop3_item {
	uint32_t number; /* in this session only; never 0 */
	bool has_size;
	uint64_t size; /* what the server thinks */
	/* Printable ASCII, 1..MS_POP3_UIDL_MAX bytes; NULL: none that can be
	 * relied on. Lives as long as the list. */
	const char *uidl;
};

/* What is on the server; {0} is a valid, empty value. */
struct ms_pop3_list {
	struct ms_pop3_item *items; /* ascending by number, each once */
	size_t count;
	/* Messages that the server counts (STAT) and does not list. */
	uint64_t missing;
	/* Items without a UIDL because the server gives two messages the same
	 * (RFC 1939, 7 allows that for copies), and because it gives them
	 * none, or nothing that can be one. */
	size_t shared, without;
	bool no_uidl; /* the server does not know UIDL */
	char *texts;  /* the UIDLs */
};

/*
 * STAT, LIST and UIDL. What only UIDL names is an item without a size. MS_PROTO
 * also: a line that has no number, 0 or one past 2^32 for a message, a size
 * that is none, a message named twice in one answer, more than
 * MS_POP3_MESSAGES_MAX. If STAT or LIST is refused the session is over.
 */
int ms_pop3_list(
    struct ms_pop3 *p, struct ms_pop3_list *out, struct ms_err *err);
void ms_pop3_list_release(struct ms_pop3_list *list);

/* Who is told what became of each message that was asked for, in the order of
 * the items; index is that of the item. */
struct ms_pop3_sink {
	/* Here it is, byte for byte as sent; borrowed for the call. -1: stop;
	 * err is then what the fetch returns, and the session is over. */
	int (*message)(void *ctx, size_t index, const struct ms_spool *body,
	    struct ms_err *err);
	/* It can't be had. */
	void (*failed)(void *ctx, size_t index, const char *reason);
	void *ctx;
};

/*
 * RETR for each of the items; what has a size and comes empty has failed.
 * *done receives of how many of them, from the first on, the sink was told.
 * 0: of all. -1: the session is over; of the others nothing is known.
 */
int ms_pop3_fetch(struct ms_pop3 *p, const struct ms_pop3_item *items,
    size_t count, size_t *done, const struct ms_pop3_sink *sink,
    struct ms_err *err);

/* What a header gives without its body. */
struct ms_pop3_head {
	unsigned char digest[MS_SHA_LEN]; /* struct ms_identity, head */
	bool has_date;
	int64_t date; /* the Date field */
};
struct ms_pop3_head_sink {
	int (*head)(void *ctx, size_t index, const struct ms_pop3_head *head,
	    struct ms_err *err);
	void (*failed)(void *ctx, size_t index, const char *reason);
	void *ctx;
};

/*
 * TOP n 0 for each of the items, as ms_pop3_fetch() does. MS_NOINPUT also: the
 * server's capabilities lack TOP; nobody was told anything then, and the
 * session goes on.
 */
int ms_pop3_heads(struct ms_pop3 *p, const struct ms_pop3_item *items,
    size_t count, size_t *done, const struct ms_pop3_head_sink *sink,
    struct ms_err *err);

/* Who is told of messages that can't be deleted. */
struct ms_pop3_delete_sink {
	void (*marked)(void *ctx, size_t index); /* goes when QUIT says so */
	void (*failed)(void *ctx, size_t index, const char *reason);
	void *ctx;
};
/* DELE for each of the items, as ms_pop3_fetch() does. */
int ms_pop3_delete(struct ms_pop3 *p, const struct ms_pop3_item *items,
    size_t count, size_t *done, const struct ms_pop3_delete_sink *sink,
    struct ms_err *err);
/*
 * QUIT: 0 only if the server says +OK: what was marked is deleted. -1: nobody
 * knows which were; MS_TEMP also if the server refuses. MS_NOINPUT: not sent,
 * nothing is deleted, since this server would delete what was downloaded too
 * (MS_POP3_EXPIRE_NOW). The session is over in every case; ms_pop3_close() it.
 */
int ms_pop3_quit(struct ms_pop3 *p, struct ms_err *err);

#endif
