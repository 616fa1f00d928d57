/*
 * impl.h - an IMAP session, shared by the files of lib/imap only. RFC 3501 and
 * RFC 9051. Layer: private to imap.
 */
#ifndef MS_IMAP_IMPL_H
#define MS_IMAP_IMPL_H
#include "imap.h"
#include "reader.h"

#define MS_IMAP_REPLY_MAX 200 /* bytes of the server's text in our messages */

/* Capabilities that concern the session only; above those of imap.h. */
enum {
	MS_IMAP_STARTTLS = 1 << 24,
	MS_IMAP_NO_LOGIN = 1 << 25,  /* LOGINDISABLED */
	MS_IMAP_SASL_IR = 1 << 26,   /* RFC 4959 */
	MS_IMAP_ID = 1 << 27,        /* RFC 2971 */
	MS_IMAP_REV1 = 1 << 28,      /* RFC 3501 */
	MS_IMAP_REV2 = 1 << 29,      /* RFC 9051 */
	MS_IMAP_UTF8_ONLY = 1 << 30, /* RFC 6855, 6 */
};

struct ms_imap {
	struct ms_conn *conn;
	struct ms_imap_reader reader;
	char tag[12];      /* how the tags of this session begin */
	unsigned commands; /* that were sent */
	unsigned caps;     /* capabilities, as the server sent them */
	unsigned mechs;    /* SASL mechanisms that it offers */
	bool caps_known;   /* the server has sent them */
	bool utf8;         /* it writes the names of folders in UTF-8 */
	bool bad;          /* it did not understand the last command (BAD) */
	bool said_bug;     /* it has failed at the last command (SERVERBUG) */
	unsigned backoff;  /* seconds for which it asked to be left alone */
	bool throttled;    /* it said that we are throttled */
	bool dead;         /* no command is possible any more */
	struct ms_err err; /* the first error, which made it dead */
	uint64_t events;   /* responses other than status responses */
	uint64_t expunged; /* messages that it reported as expunged */
	char reply[MS_IMAP_REPLY_MAX + 1]; /* its last words */
	char bye[MS_IMAP_REPLY_MAX + 1];   /* the text of its BYE, or "" */
	bool opened;                       /* a folder is open */
	bool has_exists;                   /* the server has said EXISTS */
	struct ms_imap_mailbox mailbox;    /* the present state of the folder */
	bool renumbered;                   /* ms_imap_renumbered() */
	size_t most;                       /* messages in one command */
	/* Messages whose part, when requested with others, was not whole; see
	 * due() in batch.c. */
	unsigned odd[MS_IMAP_PARTS];
	struct ms_spool body;    /* the part that is being received */
	struct ms_err body_lost; /* why it cannot be kept; {0}: it is */
	uint64_t body_bytes;     /* of it, also of those that are not kept */
	bool listed;             /* special is filled */
	char *special[MS_IMAP_USES]; /* name of the folder of use 1 << i */
	char in[65536];
};

/* ---- reading ---- */

/* Ends the session with an error, which is the first one. Returns -1. */
int ms_imap_kill(struct ms_imap *im, enum ms_code code, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));
/* Copies im->err if the session is dead. Returns -1 if it is. */
int ms_imap_check(const struct ms_imap *im, struct ms_err *err);
/*
 * Reads the next event, and updates the session by it: an enum ms_imap_event, 0
 * if no more bytes have been read from the connection, or -1.
 */
int ms_imap_poll(struct ms_imap *im);
/* The same; waits for the server, and never returns 0. */
int ms_imap_next(struct ms_imap *im);
/* Reads some bytes from the connection. */
int ms_imap_receive(struct ms_imap *im);
/*
 * What a server sends is limited by what was asked for: the limits apply anew
 * when a requested message has its result; and each UID or folder of a list
 * allows for some more text.
 */
void ms_imap_progress(struct ms_imap *im);
void ms_imap_progress_list(struct ms_imap *im);

/* Update the session by the response that was just read. */
void ms_imap_track_status(struct ms_imap *im);
void ms_imap_track_data(struct ms_imap *im);
/* -1 if the UIDs of the opened folder have become invalid. */
int ms_imap_check_uidvalidity(const struct ms_imap *im, struct ms_err *err);

/* ---- commands ---- */

/*
 * Appends a string as an atom, in quotes or as a literal (RFC 3501, 4.3). If it
 * has bytes that are not ASCII, it is a literal if ascii is true; else it is
 * the name of a folder, which the server itself has sent so.
 */
void ms_imap_add_string(
    const struct ms_imap *im, struct ms_buf *out, const char *s, bool ascii);
/*
 * Writes the command `before`, UIDs as an IMAP set, `after` to *out. The set
 * has as many as fit into one command; the ith is left out if skip[i] is not 0,
 * and skip may be NULL. *out is empty if all are left out. Returns how many of
 * the n were processed.
 */
size_t ms_imap_set(struct ms_buf *out, const char *before, const uint32_t *uids,
    const unsigned char *skip, size_t n, const char *after);

/* Sends bytes that are no command: the answer to a continuation. */
int ms_imap_send(struct ms_imap *im, const void *p, size_t n);
/*
 * Sends a command (without tag and line end), whose literals may have to wait
 * for the server. Returns 1, 0 if the server has answered already, or -1.
 */
int ms_imap_begin(struct ms_imap *im, const char *command);
/*
 * Waits for a continuation request, for a literal, AUTHENTICATE or IDLE.
 * Returns 1, 0 if the server has answered the command instead, or -1.
 */
int ms_imap_await(struct ms_imap *im);

/* Receives the data in the answer to a command. Each may be NULL. */
struct ms_imap_handler {
	void (*response)(struct ms_imap *im, void *ctx);
	void (*piece)(struct ms_imap *im, void *ctx);
	void *ctx;
};
/* Reads up to the tagged answer. Returns 0, or -1: the session is dead. */
int ms_imap_answer(struct ms_imap *im, const struct ms_imap_handler *h);
/* The result of a command that was answered; `what` is its name. */
int ms_imap_result(struct ms_imap *im, const char *what, struct ms_err *err);
/* All of a command; h may be NULL. */
int ms_imap_command(struct ms_imap *im, const char *command, const char *what,
    const struct ms_imap_handler *h, struct ms_err *err);

/* Asks for the capabilities, unless the server has sent them already. */
int ms_imap_learn_capabilities(struct ms_imap *im, struct ms_err *err);
void ms_imap_forget_capabilities(struct ms_imap *im);

/* Converts a folder name of the server to that of ms_imap_folder.name. */
char *ms_imap_folder_name(
    const struct ms_imap *im, const char *raw, char delimiter);

/* The use that an attribute of LIST or a label of Gmail names, without its
 * backslash; or 0. */
unsigned ms_imap_use(struct ms_slice name);

/* ---- messages ---- */

/* A list of UIDs; ms_imap_sort() sorts it and removes duplicates. */
struct ms_imap_list {
	uint32_t *v;
	size_t n, cap;
	uint64_t expunged; /* messages that were expunged meanwhile */
};
void ms_imap_sort(struct ms_imap_list *l);
/* Runs a SEARCH, or a FETCH of UIDs, and adds the UIDs of the result. */
int ms_imap_list(struct ms_imap *im, const char *command, const char *what,
    struct ms_imap_list *l, struct ms_err *err);

/* A message in an answer to FETCH. */
struct ms_imap_attr {
	struct ms_imap_message m; /* uid 0: none */
	bool has_flags, has_labels;
	struct ms_buf flags, labels, email_id;
	unsigned sections, nils; /* of the requested part; those that are NIL */
	/* UID and size were sent before the part: what follows it may be text
	 * of the message, if the length of the part is wrong. */
	bool sure_uid, sure_size;
};
/* Reads a FETCH in the answer to a request for this part. */
void ms_imap_attr_read(
    struct ms_imap *im, struct ms_imap_attr *a, enum ms_imap_part part);
void ms_imap_attr_release(struct ms_imap_attr *a);
/* Appends `UID FLAGS INTERNALDATE RFC822.SIZE` and the extensions that the
 * server has. */
void ms_imap_attr_ask(struct ms_imap *im, struct ms_buf *command);

/* Appends the item of a FETCH that requests a part: ` BODY.PEEK[]`, or "". */
void ms_imap_part_ask(enum ms_imap_part part, struct ms_buf *command);
/* Is this the name of the part? */
bool ms_imap_part_is(enum ms_imap_part part, struct ms_slice name);
/* Adds bytes of the part to im->body. */
void ms_imap_part_add(struct ms_imap *im, struct ms_slice piece);

/* Describes the header, or its top, in im->body. Returns whether it ends with
 * an empty line. */
bool ms_imap_part_describe(
    struct ms_imap *im, enum ms_imap_part part, struct ms_imap_message *m);

#endif
