/*
 * imap.h - reads a mailbox by IMAP (RFC 3501, RFC 9051). The connection is a
 * struct ms_conn. Only ms_imap_delete() changes anything on the server. Layer:
 * above auth, conn, spool, mail.
 *
 * What cannot be read of an answer costs only the item, the message or the
 * folder that it belongs to. If it is not certain where a response ends,
 * nothing more of the connection is believed, and the session is over. The code
 * parses what strangers send: a program that uses it gives each account a
 * process of its own.
 */
#ifndef MS_IMAP_H
#define MS_IMAP_H
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "auth.h"
#include "conn.h"
#include "sha.h"
#include "spool.h"

/* Limits on what a server may send, so that it cannot fill our memory. */
/* Bytes of an answer without message bodies: for each message of a FETCH, else
 * for all answers to a command, with 1,024 more for each UID or folder. */
#define MS_IMAP_TEXT_MAX (4 * 1024 * 1024)
#define MS_IMAP_UIDS_MAX (16 * 1024 * 1024) /* messages in a folder */
#define MS_IMAP_FOLDERS_MAX 100000          /* folders in a mailbox */
#define MS_IMAP_FLAGS_MAX 16384             /* bytes of a message's flags */
/* Limits on what we send. */
#define MS_IMAP_BATCH 1000 /* messages of one command */
/* Bytes of UIDs in a command, which has less than 1,000; RFC 2683, 3.2.1.5. */
#define MS_IMAP_SET_MAX 840

struct ms_imap;

/*
 * ms_imap_open() begins a session: reads the greeting and switches to TLS by
 * STARTTLS if tls asks for it. The session owns the connection from now on.
 * After a failure too, *out is a session, which is not usable, for
 * ms_imap_backoff() and ms_imap_close().
 *
 * Errors of all functions of this header: MS_TEMP (network error, BYE, or the
 * server asks to try later), MS_PROTO (the answer is invalid or too long;
 * STARTTLS is missing, refused, followed by plain data, or we are logged in
 * already), MS_NOINPUT (the server refused; the message has its words). After
 * an error, ms_imap_usable() tells whether the session can continue; after
 * MS_PROTO it never can.
 */
int ms_imap_open(struct ms_imap **out, struct ms_conn *conn, enum ms_tls tls,
    struct ms_err *err);
bool ms_imap_usable(const struct ms_imap *im);
/* Logs out if the session is usable, and frees it. NULL is allowed. */
void ms_imap_close(struct ms_imap *im);

/*
 * ms_imap_login() logs in by the LOGIN command or by a SASL mechanism; see
 * auth.h. With MS_MECH_AUTO, the next mechanism is tried after a challenge and
 * response that failed, and after BAD; else there is one attempt. Errors:
 * MS_AUTH (refused; the message has the server's words), MS_TEMP (also: the
 * server cannot check the password now, RFC 5530), MS_NOINPUT (the server does
 * not offer the mechanism), MS_USAGE (a string has CR, LF or NUL).
 */
int ms_imap_login(
    struct ms_imap *im, const struct ms_login *login, struct ms_err *err);
/*
 * ms_imap_identify() sends the name and the version of the program, if the
 * server has ID (RFC 2971); some servers refuse folders to clients that do not.
 * A refusal is ignored.
 */
int ms_imap_identify(struct ms_imap *im, const char *name, const char *version,
    struct ms_err *err);

enum {
	MS_CAP_IDLE = 1 << 0,        /* RFC 2177 */
	MS_CAP_UIDPLUS = 1 << 1,     /* RFC 4315 */
	MS_CAP_NAMESPACE = 1 << 2,   /* RFC 2342 */
	MS_CAP_SPECIAL_USE = 1 << 3, /* RFC 6154 */
	MS_CAP_LITERAL_PLUS = 1 << 4,
	MS_CAP_GMAIL = 1 << 5,   /* X-GM-EXT-1 */
	MS_CAP_OBJECTID = 1 << 6 /* RFC 8474 */
};
/* The capabilities of the server for the user who has logged in, as bits. 0
 * before the login. */
unsigned ms_imap_capabilities(const struct ms_imap *im);

/*
 * ms_imap_idle() waits until something happens in the opened folder. It uses
 * IDLE or, if the server does not have that, a NOOP every MS_IMAP_POLL seconds.
 * Returns 1 if something has happened, 2 if other_fd is readable, 0 if neither
 * happened within wait_ms, or -1. The caller repeats the call at least every 29
 * minutes.
 */
#define MS_IMAP_POLL 60
int ms_imap_idle(
    struct ms_imap *im, int wait_ms, int other_fd, struct ms_err *err);

/*
 * Returns for how many seconds the server asked not to be contacted, in its
 * last answer: by a response code (THROTTLED, OVERQUOTA, UNAVAILABLE ...), by
 * "Suggested Backoff Time" or by BYE. 0: it did not ask.
 */
unsigned ms_imap_backoff(const struct ms_imap *im);

/* The special uses of a folder: bits of `uses`. RFC 6154, 2; RFC 8457, 4. */
enum {
	MS_USE_SENT = 1,
	MS_USE_TRASH = 2,
	MS_USE_JUNK = 4,
	MS_USE_DRAFTS = 8,
	MS_USE_ARCHIVE = 16,
	MS_USE_ALL = 32,
	MS_USE_FLAGGED = 64,
	MS_USE_IMPORTANT = 128,
	MS_USE_OUTBOX = 256 /* known by name only; there is no attribute */
};
#define MS_IMAP_USES 9 /* bits in MS_USE_* */

/* The owner of a folder. RFC 2342. */
enum ms_imap_space {
	MS_SPACE_PERSONAL,
	MS_SPACE_OTHER, /* another user's */
	MS_SPACE_SHARED
};

/* A folder, or (not selectable) only a level above folders. */
struct ms_imap_folder {
	char *raw; /* the name as the server sends it */
	/* UTF-8; levels are joined by `/`, and `/` and `\` in a level are
	 * escaped by `\`. */
	char *name;
	bool duplicate; /* an earlier folder of the list has the same name */
	bool unlisted;  /* INBOX, which exists also if it is not listed, or
			   listed as not selectable */
	bool selectable;
	char delimiter; /* 0: the server has no levels here */
	unsigned uses;  /* by attributes only, not by the name */
	enum ms_imap_space space;
	/* Bytes of name that are the prefix of its namespace, with the `/`:
	 * `Public/`, `Other Users/`; 0 for INBOX. */
	size_t prefix;
};
/*
 * Lists all folders, ascending by name; ms_imap_folders_free() frees them.
 * Folders of other users and shared folders are included where the server
 * lists them or names their namespaces.
 */
int ms_imap_folders(struct ms_imap *im, struct ms_imap_folder **out,
    size_t *count, struct ms_err *err);
void ms_imap_folders_free(struct ms_imap_folder *f, size_t count);

/* The state of the opened folder (in IMAP: the selected mailbox). */
struct ms_imap_mailbox {
	uint32_t exists;  /* messages */
	uint32_t most;    /* the highest number, without what was expunged */
	uint64_t uidnext; /* 0: the server did not say */
	uint64_t uidvalidity; /* 0: the server has none */
	bool writable;        /* we asked to write, and the server allows it */
	bool selected;        /* by SELECT, because EXAMINE was refused */
};
enum ms_imap_access {
	MS_IMAP_READ,   /* EXAMINE, or SELECT if the server refuses that */
	MS_IMAP_WRITE,  /* SELECT */
	MS_IMAP_EXAMINE /* EXAMINE only */
};
/*
 * Opens a folder. Some servers have a UIDVALIDITY of more than the 32 bits of
 * RFC 9051; one that is not a number below 2^64 counts as none. MS_PROTO with a
 * usable session: the server does not say how many messages there are.
 */
int ms_imap_select(struct ms_imap *im, const char *raw,
    enum ms_imap_access access, struct ms_imap_mailbox *mailbox,
    struct ms_err *err);

/*
 * Whether the server has reported another UIDVALIDITY since the folder was
 * opened. Then all its UIDs are invalid (RFC 3501, 2.3.1.1), and the folder
 * must be opened again.
 */
bool ms_imap_renumbered(const struct ms_imap *im);

/* Messages that the server counted, but neither listed nor reported as
 * expunged. */
struct ms_imap_unlisted {
	size_t missing;   /* by its last number */
	size_t withdrawn; /* by a higher number before, and not by the last one;
			   * that may have been the number of another folder */
};
/*
 * ms_imap_uids() lists the UIDs of the opened folder. A folder with 0 messages
 * is listed, too, unless it never had any (UIDNEXT 1).
 *   uids      receives an array, ascending, without duplicates; the caller
 *             frees it
 */
int ms_imap_uids(struct ms_imap *im, const struct ms_imap_mailbox *mailbox,
    uint32_t **uids, size_t *count, struct ms_imap_unlisted *unlisted,
    struct ms_err *err);

/*
 * ms_imap_search() tells which messages of the opened folder meet SEARCH
 * criteria (`SEEN SMALLER 5000`).
 *   all, count   UIDs of the folder, ascending
 *   matches      receives count bytes, an enum ms_imap_match for each UID
 * A result is certain only if the server's answers to the criteria and to their
 * opposite agree. If not, or if the server refuses to search, it is
 * MS_MATCH_UNSURE, and the caller fetches the attributes.
 */
enum ms_imap_match {
	MS_MATCH_NO,
	MS_MATCH_YES,
	MS_MATCH_UNSURE
};
int ms_imap_search(struct ms_imap *im, const char *criteria,
    const uint32_t *all, size_t count, unsigned char *matches,
    struct ms_err *err);

/* What is requested of messages, besides flags, date and size. */
enum ms_imap_part {
	MS_IMAP_NO_PART,
	MS_IMAP_HEADER,
	MS_IMAP_TOP, /* the beginning of the header; ms_header_top() */
	MS_IMAP_BODY /* the whole message */
};
#define MS_IMAP_PARTS 4

/* What the server says of a message. Borrowed for the call. */
struct ms_imap_message {
	uint32_t uid;
	bool has_date, has_size, flags_cut;
	int64_t date;  /* INTERNALDATE */
	uint32_t size; /* RFC822.SIZE, as the server counts */
	/* `\Seen $Forwarded`; without \Recent. UTF-8 without control bytes: any
	 * other byte of a keyword is written as `\xE9`. */
	const char *flags;
	/* With MS_CAP_GMAIL, else NULL: names of the folders that its labels
	 * stand for, as in ms_imap_folder.name, each followed by a newline. */
	const char *labels;
	const char *email_id;        /* EMAILID; "" if there is none */
	const struct ms_spool *body; /* MS_IMAP_BODY; else NULL */
	/* MS_IMAP_HEADER and MS_IMAP_TOP: */
	bool has_head; /* there is a header */
	/* As in ms_identity, or that of ms_header_top(). */
	unsigned char head[MS_SHA_LEN];
	bool has_sent;
	int64_t sent; /* its Date field */
};

/* Receives the result for each message that was requested. */
struct ms_imap_sink {
	/* The message. -1 stops the fetch, which returns err. */
	int (*message)(
	    void *ctx, const struct ms_imap_message *m, struct ms_err *err);
	/* The message cannot be fetched. */
	void (*failed)(void *ctx, uint32_t uid, const char *reason);
	/* The message is no longer in the folder. */
	void (*expunged)(void *ctx, uint32_t uid);
	void *ctx;
};

/*
 * ms_imap_fetch() fetches a part of the first messages of an ascending list, as
 * many as fit into one command.
 *   done   receives how many messages of the list were requested
 * The sink is called in the order in which the server answers. Returns 0 after
 * the sink was called once for each requested message, or -1; then nothing is
 * known of the messages for which the sink was not called. An invalid date
 * counts as no date.
 */
int ms_imap_fetch(struct ms_imap *im, enum ms_imap_part part,
    const uint32_t *uids, size_t count, size_t *done,
    const struct ms_imap_sink *sink, struct ms_err *err);

/* Receives the result for each message that was to be deleted. */
struct ms_imap_delete_sink {
	void (*expunged)(void *ctx, uint32_t uid);
	/* The message is still there, or the server does not say. */
	void (*kept)(void *ctx, uint32_t uid, const char *reason);
	void *ctx;
};
/*
 * ms_imap_delete() deletes the first messages of an ascending list, as many as
 * fit into one command, from a folder that is open to write.
 *   done   receives how many messages of the list were processed
 * A message that is flagged by now is kept. A message counts as expunged when
 * the server no longer lists it. Returns as ms_imap_fetch(). MS_NOINPUT with no
 * result: the folder is read-only, or the server does not have UIDPLUS.
 */
int ms_imap_delete(struct ms_imap *im, const uint32_t *uids, size_t count,
    size_t *done, const struct ms_imap_delete_sink *sink, struct ms_err *err);

#endif
