/*
 * impl.h - an IMAP session over libetpan, shared by the files of lib/imap only.
 */
#ifndef MS_IMAP_IMPL_H
#define MS_IMAP_IMPL_H
#include <libetpan/libetpan.h>

#include "guard.h"
#include "imap.h"

#define MS_IMAP_REPLY_MAX 200 /* bytes of the server's text in our messages */
#define MS_IMAP_DATE_MAX 64   /* bytes of an INTERNALDATE that are kept */
#define MS_IMAP_USES 9        /* bits in MS_USE_* */

/* Capabilities that concern the login only; above those of imap.h. */
enum {
	MS_IMAP_STARTTLS = 1 << 24,
	MS_IMAP_NO_LOGIN = 1 << 25, /* LOGINDISABLED */
	MS_IMAP_SASL_IR = 1 << 26   /* RFC 4959 */
};

struct ms_imap {
	struct ms_conn *conn;
	mailimap *m;
	unsigned caps;     /* capabilities, as the server last sent them */
	unsigned mechs;    /* SASL mechanisms that it offers */
	unsigned backoff;  /* seconds for which it asked to be left alone */
	bool throttled;    /* the server said that we are throttled */
	bool dead;         /* no command is possible any more */
	struct ms_err err; /* the first error, which made it dead */
	int64_t text;      /* bytes of this answer so far, without bodies; see
			      MS_IMAP_TEXT_MAX */
	char bye[MS_IMAP_REPLY_MAX + 1]; /* text of its BYE, or "" */
	struct ms_imap_guard guard;
	char *pushed;  /* the bytes that are being pushed into the guard */
	size_t before; /* bytes of the same read that precede them */
	/* Bytes that were read, but not yet passed to libetpan. */
	char pending[MS_IMAP_DATE_LEN];
	size_t pending_n;
	char date[MS_IMAP_DATE_MAX]; /* of the current message */
	size_t date_n;
	struct ms_spool body;
	bool opened;                    /* a folder is open */
	struct ms_imap_mailbox mailbox; /* its present state */
	unsigned changes;               /* MS_CHANGE_* */
	bool listed;                    /* special is filled */
	char *special[MS_IMAP_USES];    /* name of the folder of use 1 << i */
};

/* Evaluates a status line: does the server ask to be left alone? */
void ms_imap_handle_status(void *im, const char *line);

/* Creates the stream that libetpan reads and writes; NULL: no memory. */
mailstream *ms_imap_stream(struct ms_imap *im);

/* Forgets the capabilities, which are no longer valid. */
void ms_imap_forget_capabilities(struct ms_imap *im);
/* Asks for the capabilities, unless the server has sent them since. */
int ms_imap_learn_capabilities(struct ms_imap *im, struct ms_err *err);

/* Ends the session with an error, also from inside a call of libetpan. */
int ms_imap_kill(struct ms_imap *im, enum ms_code code, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));
/* Converts a result of libetpan; `what` is the name of the command. */
int ms_imap_result(
    struct ms_imap *im, int result, const char *what, struct ms_err *err);
/* The last text of the server, without control bytes. */
const char *ms_imap_reply(
    const struct ms_imap *im, char out[MS_IMAP_REPLY_MAX + 1]);
/* Reads the answer to the command that was just sent; returns a result of
 * libetpan. */
int ms_imap_answer(struct ms_imap *im);
/*
 * Waits for a continuation request, for a literal, AUTHENTICATE or IDLE.
 * Returns 1, or 0 if the server has answered the command instead or the read
 * has failed; *result receives the result of libetpan.
 */
int ms_imap_await(struct ms_imap *im, int *result);
/*
 * Sends a command (without tag and line end) and reads its answer. Untagged
 * data goes to the handlers and to m->imap_response_info.
 */
int ms_imap_command(struct ms_imap *im, const char *command, const char *what,
    struct ms_err *err);

/*
 * Update the state of the opened folder by an answer, or by a status line that
 * is being passed to libetpan; see ms_imap_changes().
 */
void ms_imap_track_response(
    struct ms_imap *im, const struct mailimap_response *answer);
void ms_imap_track_status(struct ms_imap *im, const char *line);
/* -1 if the UIDs of the opened folder have become invalid. */
int ms_imap_check_uidvalidity(const struct ms_imap *im, struct ms_err *err);

/* Converts a folder name of the server to that of ms_imap_folder.name. */
char *ms_imap_folder_name(const char *raw, char delimiter);

/* Runs a FETCH whose answers go to the handlers, which get ctx. */
int ms_imap_run_fetch(struct ms_imap *im, const char *command,
    mailimap_msg_att_handler *att, mailimap_msg_body_handler *body, void *ctx,
    struct ms_err *err);
/* The UID in an answer to FETCH, or 0. */
uint32_t ms_imap_uid_of(const struct mailimap_msg_att *att);
/* Counts the body sections of an answer that is() accepts; *nils receives how
 * many of them are NIL. */
unsigned ms_imap_count_sections(const struct mailimap_msg_att *att,
    bool (*is)(const struct mailimap_msg_att_body_section *), unsigned *nils);

/* A list of UIDs; ms_imap_sort() sorts it and removes duplicates. */
struct ms_imap_list {
	uint32_t *v;
	size_t n, cap;
	size_t expunged; /* messages that were expunged meanwhile */
};
void ms_imap_sort(struct ms_imap_list *l);
/* Runs a SEARCH and adds the UIDs of the result. */
int ms_imap_search_into(struct ms_imap *im, const char *command,
    struct ms_imap_list *l, struct ms_err *err);
/*
 * Appends UIDs as an IMAP set, as many as fit. The ith is left out if skip[i]
 * is not 0; skip may be NULL. Returns how many of the n were processed.
 */
size_t ms_imap_add_set(struct ms_buf *out, const uint32_t *uids,
    const unsigned char *skip, size_t n);

/* The attributes of a message in an answer to FETCH. */
struct ms_imap_attr {
	uint32_t uid;
	bool has_date, has_size, has_flags, flags_cut, has_labels;
	int64_t date;
	uint32_t size;
	struct ms_buf flags, labels;
};
/*
 * Is this piece of a body an INTERNALDATE? libetpan ends the session if a date
 * is invalid, so stream.c renames the attribute to a section that is never
 * requested, and ms_imap_attr_read() parses the content.
 */
#define MS_IMAP_DATE_SECTION "BODY[1.2.34]" /* as long as INTERNALDATE */
#define MS_IMAP_LABEL_MARK '\x7f'           /* for the backslash of a label */
bool ms_imap_is_date(struct ms_imap *im, int type,
    const struct mailimap_msg_att_body_section *section, const char *p,
    size_t n);
void ms_imap_attr_read(struct ms_imap *im, struct ms_imap_attr *a,
    const struct mailimap_msg_att *att);
/* Is this flag set, in any case? */
bool ms_imap_has_flag(struct ms_imap_attr *a, const char *flag);
void ms_imap_attr_release(struct ms_imap_attr *a);
/* Appends `UID FLAGS INTERNALDATE RFC822.SIZE` and the extensions that the
 * server has. */
void ms_imap_attr_ask(struct ms_imap *im, struct ms_buf *command);

/*
 * A FETCH of some messages with one result for each. The caller sets the
 * members above the line.
 */
struct ms_imap_batch {
	struct ms_imap *im;
	const char *what; /* attributes, in parentheses */
	/* Called by libetpan with the batch as context. att first calls
	 * ms_imap_batch_due(). */
	mailimap_msg_att_handler *att;
	mailimap_msg_body_handler *body;
	void (*failed)(void *ctx, uint32_t uid, const char *reason);
	void (*expunged)(void *ctx, uint32_t uid);
	void *ctx; /* of failed and expunged */
	/* ---- */
	const uint32_t *uids;
	size_t n;
	unsigned char *state;
	size_t unasked;
};
int ms_imap_batch_run(struct ms_imap_batch *b, const uint32_t *uids,
    size_t count, size_t *done, struct ms_err *err);
/*
 * Returns true if this message was requested and has no result yet; then the
 * caller must deliver the result.
 */
bool ms_imap_batch_due(struct ms_imap_batch *b, uint32_t uid);

#endif
