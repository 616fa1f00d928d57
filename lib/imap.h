/*
 * imap.h - reading a mailbox by IMAP (RFC 3501, RFC 9051): libetpan's parser
 * over a connection of ours. Folders are opened read-only; nothing here
 * changes a flag. Layer: above conn, spool, mail.
 *
 * A server that sends garbage can crash the parser: whoever uses this gives
 * each account a process of its own.
 */
#ifndef MS_IMAP_H
#define MS_IMAP_H
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "conn.h"
#include "spool.h"

/* What a server may send, so that it can't fill our memory. */
#define MS_IMAP_TEXT_MAX                                                       \
	(4 * 1024 * 1024)                   /* bytes of an answer, message     \
					     * bodies not counted: of each     \
					     * message's in a FETCH, else of   \
					     * all that a command is answered */
#define MS_IMAP_UIDS_MAX (16 * 1024 * 1024) /* messages in a folder */
#define MS_IMAP_FLAGS_MAX 16384             /* bytes of a message's flags */
#define MS_IMAP_BATCH 1000 /* messages asked for in one command */
#define MS_IMAP_SET_MAX                                                        \
	7500 /* bytes of a command's UIDs (RFC 2683, 3.2.1.5)                  \
	      */

struct ms_imap;

/*
 * Reads the greeting. The connection is TLS already and belongs to the session
 * from now on, also if this fails. Errors of all calls here: MS_TEMP (the
 * network, or the server said BYE), MS_PROTO (the answer makes no sense, or is
 * too long), MS_NOINPUT (the server said NO: its words). After MS_TEMP and
 * MS_PROTO the session is of no more use, as ms_imap_usable() says.
 */
int ms_imap_open(
    struct ms_imap **out, struct ms_conn *conn, struct ms_err *err);
bool ms_imap_usable(const struct ms_imap *im);
/* Logs out if the session is usable; frees. NULL is fine. */
void ms_imap_close(struct ms_imap *im);

/*
 * LOGIN. Both strings without CR and LF. MS_AUTH: refused, with the server's
 * words; MS_TEMP also if it says that it can't tell now (RFC 5530).
 */
int ms_imap_login(struct ms_imap *im, const char *login, const char *password,
    struct ms_err *err);

/* A folder that can be opened. */
struct ms_imap_folder {
	char *raw; /* what the server calls it */
	char
	    *name; /* UTF-8; levels joined by `/`, with `\/` and `\\` in them */
	bool clash; /* another folder before it has the same name */
};
/* All folders, ascending by name; ms_imap_folders_free() them. */
int ms_imap_folders(struct ms_imap *im, struct ms_imap_folder **out,
    size_t *count, struct ms_err *err);
void ms_imap_folders_free(struct ms_imap_folder *f, size_t count);

/* An opened folder. */
struct ms_imap_box {
	uint32_t exists;      /* messages */
	uint32_t uidvalidity; /* 0: the server has none */
};
/* EXAMINE: opens a folder for reading only. */
int ms_imap_examine(struct ms_imap *im, const char *raw,
    struct ms_imap_box *box, struct ms_err *err);

/*
 * The UIDs of the opened folder, ascending, each once; free() the array.
 * missing: how many more messages the server had said there are and neither
 * listed nor said to be gone.
 */
int ms_imap_uids(struct ms_imap *im, const struct ms_imap_box *box,
    uint32_t **uids, size_t *count, size_t *missing, struct ms_err *err);

/* A message that has come whole. Borrowed for the call. */
struct ms_imap_message {
	uint32_t uid;
	bool has_date, has_size, flags_cut;
	int64_t date;      /* INTERNALDATE */
	uint32_t size;     /* RFC822.SIZE: what the server thinks */
	const char *flags; /* `\Seen $Forwarded`; without \Recent */
	const struct ms_spool *body;
};

/* Who is told what became of each message that was asked for. */
struct ms_imap_sink {
	/* Here it is. -1: stop; err is then what the fetch returns. */
	int (*message)(
	    void *ctx, const struct ms_imap_message *m, struct ms_err *err);
	/* It can't be had. */
	void (*failed)(void *ctx, uint32_t uid, const char *reason);
	/* It is no longer in the folder. */
	void (*gone)(void *ctx, uint32_t uid);
	void *ctx;
};

/*
 * Fetches the first messages of an ascending list, as many as go into one
 * command, in the order in which the server sends them; *done receives how
 * many. Returns 0: sink was told of each of them once. -1: of those it was not
 * told of nothing is known.
 */
int ms_imap_fetch(struct ms_imap *im, const uint32_t *uids, size_t count,
    size_t *done, const struct ms_imap_sink *sink, struct ms_err *err);

#endif
