/*
 * pop3.h - reads a mailbox by POP3 (RFC 1939; RFC 2449 CAPA and response codes,
 * RFC 2595 STLS, RFC 3206, RFC 5034 AUTH). Bytes are passed on unchanged,
 * including NUL, bare CR and bare LF. Only ms_pop3_delete() followed by
 * ms_pop3_quit() deletes messages. Layer: above conn, auth, spool, mail.
 */
#ifndef MS_POP3_H
#define MS_POP3_H
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "conn.h"
#include "spool.h"
#include "message-hasher.h"

/* Limits on what a server may send, so that it cannot fill our memory. Lines of
 * messages have no limit, as they are not kept. */
#define MS_POP3_LINE_MAX 4096 /* bytes of other lines; RFC 2449, 4 has 512 */
#define MS_POP3_CAPAS_MAX 500 /* lines of an answer to CAPA */
#define MS_POP3_MESSAGES_MAX (4 * 1024 * 1024) /* messages in a mailbox */
#define MS_POP3_EXAMPLE 100  /* bytes of a line that is shown, with its NUL */
#define MS_POP3_UIDL_MAX 255 /* bytes of a UIDL; RFC 1939, 7 has 70 */
#define MS_POP3_UIDLS_MAX (256 * 1024 * 1024) /* bytes of all UIDLs */
/* Bytes of an answer to RETR or TOP. A message larger than MS_MESSAGE_MAX
 * fails; a longer answer than this ends the session. */
#define MS_POP3_TEXT_MAX (2 * MS_MESSAGE_MAX)
/* Commands that may be unanswered if the server has PIPELINING. */
#define MS_POP3_WINDOW 256

struct ms_pop3;
struct ms_login; /* auth.h */

/*
 * ms_pop3_open() begins a session: reads the greeting and the capabilities.
 * With MS_TLS_UPGRADE the function requires STLS (MS_PROTO if STLS is missing,
 * refused, or followed by plain text) and reads the capabilities again. The
 * session owns the connection from now on, also if this call fails.
 *
 * Errors of all functions of this header: MS_TEMP (network error, or the server
 * asks to try later: [IN-USE], [LOGIN-DELAY], [SYS/TEMP]), MS_PROTO (the answer
 * is invalid or too long), MS_NOINPUT (-ERR; the message has the server's
 * words). After MS_PROTO, and when the connection is lost, the session cannot
 * continue; ms_pop3_usable() tells.
 */
int ms_pop3_open(struct ms_pop3 **out, struct ms_conn *conn, enum ms_tls tls,
    bool no_capa, struct ms_err *err);
/* The context of an error at CAPA. Some old servers close the connection there:
 * the caller connects again, with no_capa. */
#define MS_POP3_AT_CAPA "CAPA"
bool ms_pop3_usable(const struct ms_pop3 *p);
/*
 * Ends the session and frees it: by QUIT, if that deletes nothing; else by
 * closing the connection, so that no marked message is deleted. NULL is
 * allowed.
 */
void ms_pop3_close(struct ms_pop3 *p);

/*
 * ms_pop3_login() tries once to log in, by USER and PASS, or by AUTH with the
 * mechanism that the login names or, with MS_MECH_AUTO, needs. Errors: MS_AUTH
 * (refused; the message has the server's words), MS_TEMP (try later),
 * MS_NOINPUT (refused permanently, but not because of the password
 * ([SYS/PERM]), or the mechanism is missing), MS_USAGE (login or password has
 * control bytes).
 */
int ms_pop3_login(
    struct ms_pop3 *p, const struct ms_login *login, struct ms_err *err);
/* Returns the seconds to wait before the next login, if one failed because it
 * was too early; 0: the server did not say. */
unsigned ms_pop3_backoff(const struct ms_pop3 *p);

struct ms_pop3_item {
	uint32_t number; /* valid in this session only; never 0 */
	bool has_size;
	uint64_t size; /* as the server counts */
	/* Printable ASCII, 1..MS_POP3_UIDL_MAX bytes; NULL: there is none, or
	 * it is not unique. Belongs to the list. */
	const char *uidl;
};

/* The messages on the server; {0} is a valid, empty list. */
struct ms_pop3_list {
	struct ms_pop3_item *items; /* ascending by number, no duplicates */
	size_t count;
	/* Messages that the server counts (STAT) and does not list. If the
	 * count is unusable, each unusable line of LIST or UIDL counts. */
	uint64_t missing;
	/* Lines that have no usable number or name a message again, and the
	 * first of them, printable, as "LIST: 0 120". */
	size_t unusable;
	char example[MS_POP3_EXAMPLE];
	/* Items without a UIDL, because the server gives several messages the
	 * same one (RFC 1939, 7 allows that for copies), and because there is
	 * none or it is invalid. */
	size_t shared, without;
	bool no_uidl; /* the server does not know UIDL */
	char *texts;  /* the UIDLs */
};

/*
 * ms_pop3_list() lists the messages by STAT, LIST and UIDL. A message that only
 * UIDL names, or whose size is invalid, is an item without a size. A line
 * without a number, or with 0 or a number above 2^32, is counted and skipped. A
 * message that is named twice keeps what all its lines say. MS_PROTO also
 * means: more than MS_POP3_MESSAGES_MAX lines, or no message is listed and the
 * answer to STAT is invalid. The session is over if STAT or LIST is refused.
 */
int ms_pop3_list(
    struct ms_pop3 *p, struct ms_pop3_list *out, struct ms_err *err);
void ms_pop3_list_release(struct ms_pop3_list *list);
/* Compares the UIDLs of two items, given by pointers to pointers to them, for
 * qsort(3) and bsearch(3). Both must have a UIDL. */
int ms_pop3_by_uidl(const void *a, const void *b);

/* Receives the result for each requested message, in the order of the items;
 * index is that of the item. */
struct ms_pop3_sink {
	/* The message as sent; borrowed for the call. -1 stops the fetch, which
	 * returns err, and ends the session. */
	int (*message)(void *ctx, size_t index, const struct ms_spool *body,
	    struct ms_err *err);
	/* The message cannot be fetched. */
	void (*failed)(void *ctx, size_t index, const char *reason);
	void *ctx;
};

/*
 * ms_pop3_fetch() sends RETR for each of the items.
 *   done   receives the number of items, from the first, for which the sink was
 *          called
 * Returns 0 after the sink was called for all, or -1: the session is over, and
 * nothing is known of the other items.
 */
int ms_pop3_fetch(struct ms_pop3 *p, const struct ms_pop3_item *items,
    size_t count, size_t *done, const struct ms_pop3_sink *sink,
    struct ms_err *err);

/* What is known of a message by its header. */
struct ms_pop3_head {
	unsigned char digest[MS_SHA_LEN]; /* struct ms_identity, head */
	bool has_date, has_received;
	int64_t date;     /* the Date field */
	int64_t received; /* the top Received field */
};
struct ms_pop3_head_sink {
	int (*head)(void *ctx, size_t index, const struct ms_pop3_head *head,
	    struct ms_err *err);
	void (*failed)(void *ctx, size_t index, const char *reason);
	void *ctx;
};

/*
 * Sends TOP n 0 for each of the items; otherwise as ms_pop3_fetch(). MS_NOINPUT
 * also means that the server does not offer TOP; then the sink was not called
 * and the session can continue.
 */
int ms_pop3_heads(struct ms_pop3 *p, const struct ms_pop3_item *items,
    size_t count, size_t *done, const struct ms_pop3_head_sink *sink,
    struct ms_err *err);

/* Receives the result for each message that was to be deleted. */
struct ms_pop3_delete_sink {
	/* The message will be deleted by ms_pop3_quit(). */
	void (*marked)(void *ctx, size_t index);
	void (*failed)(void *ctx, size_t index, const char *reason);
	void *ctx;
};
/* Sends DELE for each of the items; otherwise as ms_pop3_fetch(). */
int ms_pop3_delete(struct ms_pop3 *p, const struct ms_pop3_item *items,
    size_t count, size_t *done, const struct ms_pop3_delete_sink *sink,
    struct ms_err *err);
/*
 * ms_pop3_quit() sends QUIT. Returns 0 only if the server answers +OK: the
 * marked messages are deleted. Returns -1 if it is unknown which were deleted;
 * MS_TEMP also if the server refuses. MS_NOINPUT: QUIT was not sent and nothing
 * is deleted, because this server would also delete what was downloaded, but
 * not marked (MS_POP3_EXPIRE_NOW). The session is over in every case; the
 * caller calls ms_pop3_close().
 */
int ms_pop3_quit(struct ms_pop3 *p, struct ms_err *err);

#endif
