/*
 * imap.h - reading a mailbox by IMAP (RFC 3501, RFC 9051): libetpan's parser
 * over a connection of ours. Nothing here changes anything on the server but
 * ms_imap_delete(). Layer: above auth, conn, spool, mail, wire.
 *
 * A server that sends garbage can crash the parser: whoever uses this gives
 * each account a process of its own.
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

/* Compares two UIDs (uint32_t), for qsort(3) and bsearch(3). */
int ms_imap_by_uid(const void *a, const void *b);

/*
 * Reads the greeting, and goes from a plain connection to TLS by STARTTLS where
 * tls says so. The connection belongs to the session from now on, also if this
 * fails. Errors of all calls here: MS_TEMP (the network, or the server said BYE
 * or "not now"), MS_PROTO (the answer makes no sense, or is too long; a server
 * without STARTTLS, one that refuses it, sends something after it or has logged
 * us in already), MS_NOINPUT (the server said NO: its words). Whether the
 * session is of use after an error ms_imap_usable() says; after MS_PROTO never.
 */
int ms_imap_open(struct ms_imap **out, struct ms_conn *conn, enum ms_tls tls,
    struct ms_err *err);
bool ms_imap_usable(const struct ms_imap *im);
/* Logs out if the session is usable; frees. NULL is fine. */
void ms_imap_close(struct ms_imap *im);

/*
 * Logs in, by the LOGIN command or by a SASL mechanism; see auth.h. One
 * attempt. MS_AUTH: refused, with the server's words; MS_TEMP also if it says
 * that it can't tell now (RFC 5530); MS_NOINPUT: it does not have the
 * mechanism; MS_USAGE: a string holds CR, LF or NUL.
 */
int ms_imap_login(
    struct ms_imap *im, const struct ms_login *login, struct ms_err *err);

enum {
	MS_CAP_IDLE = 1 << 0,          /* RFC 2177 */
	MS_CAP_UIDPLUS = 1 << 1,       /* RFC 4315 */
	MS_CAP_MOVE = 1 << 2,          /* RFC 6851 */
	MS_CAP_NAMESPACE = 1 << 3,     /* RFC 2342 */
	MS_CAP_SPECIAL_USE = 1 << 4,   /* RFC 6154 */
	MS_CAP_LIST_EXTENDED = 1 << 5, /* RFC 5258 */
	MS_CAP_LIST_STATUS = 1 << 6,   /* RFC 5819 */
	MS_CAP_CONDSTORE = 1 << 7,     /* RFC 7162 */
	MS_CAP_QRESYNC = 1 << 8,
	MS_CAP_ESEARCH = 1 << 9, /* RFC 4731 */
	MS_CAP_LITERAL_PLUS = 1 << 10,
	MS_CAP_GMAIL = 1 << 11 /* X-GM-EXT-1 */
};
/* What the server can do for who has logged in: bits. 0 before. */
unsigned ms_imap_capabilities(const struct ms_imap *im);

/*
 * Waits for something to happen in the opened folder: 1 (whatever it is), or 2:
 * other_fd is readable, 0: neither within wait_ms. By IDLE; where there is none
 * by NOOP, every MS_IMAP_POLL seconds. The caller repeats it at least every 29
 * minutes.
 */
#define MS_IMAP_POLL 60
int ms_imap_idle(
    struct ms_imap *im, int wait_ms, int other_fd, struct ms_err *err);

/*
 * For how many seconds the server wants to be left alone, by what it said last:
 * a code (THROTTLED, OVERQUOTA, UNAVAILABLE ...), "Suggested Backoff Time", or
 * BYE. 0: it did not say so.
 */
unsigned ms_imap_backoff(const struct ms_imap *im);

/* What a folder is for: bits of `uses`. RFC 6154, 2; RFC 8457, 4. */
enum {
	MS_USE_SENT = 1,
	MS_USE_TRASH = 2,
	MS_USE_JUNK = 4,
	MS_USE_DRAFTS = 8,
	MS_USE_ARCHIVE = 16,
	MS_USE_ALL = 32,
	MS_USE_FLAGGED = 64,
	MS_USE_IMPORTANT = 128,
	MS_USE_OUTBOX = 256 /* no attribute says so; by name only */
};

/* Whose a folder is. RFC 2342. */
enum ms_imap_space {
	MS_SPACE_PERSONAL,
	MS_SPACE_OTHER, /* another user's */
	MS_SPACE_SHARED
};

/* A folder, or (not selectable) only a level above folders. */
struct ms_imap_folder {
	char *raw; /* what the server calls it */
	char
	    *name; /* UTF-8; levels joined by `/`, with `\/` and `\\` in them */
	bool clash; /* another folder before it has the same name */
	bool selectable;
	char delimiter; /* 0: the server has no levels here */
	unsigned uses;  /* by its attributes; names say nothing here */
	enum ms_imap_space space;
	size_t prefix; /* bytes of name, with the `/`, that lead to its
			  namespace: `Public/`, `Other Users/`; 0 for INBOX */
};
/*
 * All folders, ascending by name; ms_imap_folders_free() them. Other users'
 * and shared ones are listed too where the server lists or names them.
 */
int ms_imap_folders(struct ms_imap *im, struct ms_imap_folder **out,
    size_t *count, struct ms_err *err);
void ms_imap_folders_free(struct ms_imap_folder *f, size_t count);

/* An opened folder. */
struct ms_imap_box {
	uint32_t exists;      /* messages */
	uint32_t uidvalidity; /* 0: the server has none */
	uint32_t uidnext;     /* 0: the server does not say */
	bool writable;        /* it was asked for, and the server agrees */
};
/* Opens a folder: SELECT to write, else EXAMINE. */
int ms_imap_select(struct ms_imap *im, const char *raw, bool write,
    struct ms_imap_box *box, struct ms_err *err);
/* The same, never to write. */
int ms_imap_examine(struct ms_imap *im, const char *raw,
    struct ms_imap_box *box, struct ms_err *err);

/*
 * What became of the opened folder while it was open, as far as the server
 * said; MS_MOVED_* joined by |. After MS_MOVED_RENUMBERED, all that was known
 * of its UIDs is void (RFC 3501, 2.3.1.1): open it again.
 */
enum {
	MS_MOVED_MORE = 1,      /* messages have come */
	MS_MOVED_LESS = 2,      /* more are gone than it said were expunged */
	MS_MOVED_RENUMBERED = 4 /* it has, or had, another UIDVALIDITY */
};
unsigned ms_imap_moved_on(const struct ms_imap *im);
/* Lets the server say what is new, and keeps it from its idle timeout. */
int ms_imap_noop(struct ms_imap *im, struct ms_err *err);

/*
 * The UIDs of the opened folder, ascending, each once; free() the array.
 * missing: how many more messages the server had said there are and neither
 * listed nor said to be gone.
 */
int ms_imap_uids(struct ms_imap *im, const struct ms_imap_box *box,
    uint32_t **uids, size_t *count, size_t *missing, struct ms_err *err);

/*
 * Which messages of the opened folder meet SEARCH criteria (`SEEN SMALLER
 * 5000`).
 *   all, count  UIDs of the folder, ascending
 *   met         count bytes, enum ms_imap_met of each
 * A message is one or the other only if the server's answers to the criteria
 * and to their contrary agree on it; what a server leaves out, or refuses to
 * search, is unsure: judge it by ms_imap_attributes().
 */
enum ms_imap_met {
	MS_MET_NO,
	MS_MET_YES,
	MS_MET_UNSURE
};
int ms_imap_search(struct ms_imap *im, const char *criteria,
    const uint32_t *all, size_t count, unsigned char *met, struct ms_err *err);

/* A message that has come whole. Borrowed for the call. */
struct ms_imap_message {
	uint32_t uid;
	bool has_date, has_size, flags_cut;
	int64_t date;      /* INTERNALDATE */
	uint32_t size;     /* RFC822.SIZE: what the server thinks */
	const char *flags; /* `\Seen $Forwarded`; without \Recent */
	/* With MS_CAP_GMAIL, else NULL: the names of the folders it is in by
	 * its labels, as in ms_imap_folder.name, each followed by a newline. */
	const char *labels;
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
 * told of nothing is known. A date that makes no sense is no date.
 */
int ms_imap_fetch(struct ms_imap *im, const uint32_t *uids, size_t count,
    size_t *done, const struct ms_imap_sink *sink, struct ms_err *err);

/* What is known of a message without its body. Borrowed for the call. */
struct ms_imap_head {
	uint32_t uid;
	bool has_date, has_size, flags_cut;
	int64_t date;  /* INTERNALDATE */
	uint32_t size; /* RFC822.SIZE */
	const char *flags;
	const char *labels; /* as in ms_imap_message */
	/* From ms_imap_heads() only: */
	bool has_head;                  /* the header has come */
	unsigned char head[MS_SHA_LEN]; /* as in ms_identity */
	bool has_sent;
	int64_t sent; /* its Date field */
};
struct ms_imap_head_sink {
	/* -1: stop; err is then what the call returns. */
	int (*head)(
	    void *ctx, const struct ms_imap_head *h, struct ms_err *err);
	void (*failed)(void *ctx, uint32_t uid, const char *reason);
	void (*gone)(void *ctx, uint32_t uid);
	void *ctx;
};
/* Like ms_imap_fetch(), but headers instead of messages. */
int ms_imap_heads(struct ms_imap *im, const uint32_t *uids, size_t count,
    size_t *done, const struct ms_imap_head_sink *sink, struct ms_err *err);
/* The same without headers: flags, date, size. */
int ms_imap_attributes(struct ms_imap *im, const uint32_t *uids, size_t count,
    size_t *done, const struct ms_imap_head_sink *sink, struct ms_err *err);

/* Who is told what became of each message that was to be deleted. */
struct ms_imap_delete_sink {
	void (*gone)(void *ctx, uint32_t uid);
	/* It is still there, or nobody knows. */
	void (*stays)(void *ctx, uint32_t uid, const char *reason);
	void *ctx;
};
/*
 * Deletes the first messages of an ascending list from a folder that is open
 * to write, as many as go into one command; *done receives how many. One that
 * is flagged by now stays; without UIDPLUS all stay if others in the folder
 * are marked \Deleted. What is gone is what the server no longer lists
 * afterwards. Returns 0: sink was told of each of them once. -1: of those it
 * was not told of nothing is known.
 */
int ms_imap_delete(struct ms_imap *im, const uint32_t *uids, size_t count,
    size_t *done, const struct ms_imap_delete_sink *sink, struct ms_err *err);

#endif
