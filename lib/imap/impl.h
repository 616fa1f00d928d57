/* impl.h - what imap*.c share. Not for others. Layer: imap. */
#ifndef MS_IMAP_IMPL_H
#define MS_IMAP_IMPL_H
#include <libetpan/libetpan.h>

#include "guard.h"
#include "imap.h"

#define MS_IMAP_WORDS 200   /* bytes of the server's words that we repeat */
#define MS_IMAP_DATE_MAX 64 /* bytes of an INTERNALDATE that count */
#define MS_IMAP_USES 9      /* bits in MS_USE_* */

/* Capabilities that only the login is about; above those of imap.h. */
enum {
	MS_IMAP_STARTTLS = 1 << 24,
	MS_IMAP_NO_LOGIN = 1 << 25, /* LOGINDISABLED */
	MS_IMAP_SASL_IR = 1 << 26   /* RFC 4959 */
};

struct ms_imap {
	struct ms_conn *conn;
	mailimap *m;
	unsigned caps;     /* what the server can do, as it last said */
	unsigned mechs;    /* SASL mechanisms that it offers */
	unsigned backoff;  /* seconds it wants to be left alone */
	bool throttled;    /* and asked for that in so many words */
	bool dead;         /* nothing more can be asked */
	struct ms_err err; /* why: the first thing that went wrong */
	int64_t text;      /* bytes come since the last answer began, but those
			      of bodies; see MS_IMAP_TEXT_MAX */
	char bye[MS_IMAP_WORDS + 1]; /* what it said with BYE, or "" */
	struct ms_imap_guard guard;
	char *pushed;                /* the bytes that the guard looks at */
	size_t before;               /* and how many are in front of them */
	char held[MS_IMAP_DATE_LEN]; /* come, and not yet libetpan's */
	size_t held_n;
	char date[MS_IMAP_DATE_MAX]; /* of the message that is coming */
	size_t date_n;
	struct ms_spool body;
	bool opened;                 /* a folder is */
	struct ms_imap_box box;      /* it, as it is by now */
	unsigned moved;              /* MS_MOVED_* */
	bool listed;                 /* special is filled in */
	char *special[MS_IMAP_USES]; /* name of the folder with use 1 << i */
};

/* A line of status has come: what it says of our being left alone. */
void ms_imap_take_status(void *im, const char *line);

/* The stream that libetpan reads and writes; NULL: no memory. */
mailstream *ms_imap_stream(struct ms_imap *im);

/* What the server said that it can do no longer holds. */
void ms_imap_forget_capabilities(struct ms_imap *im);
/* Asks it, unless it has said so since. */
int ms_imap_learn_capabilities(struct ms_imap *im, struct ms_err *err);

/* From inside libetpan's calls: the session ends, for this reason. */
int ms_imap_kill(struct ms_imap *im, enum ms_code code, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));
/* The result of one of libetpan's calls as ours; what names the command. */
int ms_imap_result(
    struct ms_imap *im, int result, const char *what, struct ms_err *err);
/* What the server said last, fit for a sentence. */
const char *ms_imap_words(
    const struct ms_imap *im, char out[MS_IMAP_WORDS + 1]);
/* Takes the answer to the command that was just sent; a result of libetpan's.
 */
int ms_imap_answer(struct ms_imap *im);
/* The same if its first line has been read. */
int ms_imap_rest_of_answer(struct ms_imap *im);
/*
 * Waits for the server's go-ahead, for a literal, in AUTHENTICATE or to IDLE.
 * 1: there it is; 0: it has answered the command instead, or it can't be read:
 * *result, of libetpan's, says what.
 */
int ms_imap_await(struct ms_imap *im, int *result);
/*
 * Sends a command (without tag and line end) and takes its answer; what comes
 * with it has gone to the handlers and to m->imap_response_info.
 */
int ms_imap_command(struct ms_imap *im, const char *command, const char *what,
    struct ms_err *err);

/*
 * Note what an answer, or a line of status on its way to libetpan, says of the
 * opened folder, for ms_imap_moved_on().
 */
void ms_imap_note(struct ms_imap *im, const struct mailimap_response *answer);
void ms_imap_note_status(struct ms_imap *im, const char *line);
/* -1 if the opened folder's UIDs are void by now. */
int ms_imap_still(const struct ms_imap *im, struct ms_err *err);

/* A folder's name as we print it, from what the server calls it. */
char *ms_imap_folder_name(const char *raw, char delimiter);

/* Runs a FETCH whose answers go to the handlers, which get ctx. */
int ms_imap_run_fetch(struct ms_imap *im, const char *command,
    mailimap_msg_att_handler *att, mailimap_msg_body_handler *body, void *ctx,
    struct ms_err *err);
/* The UID in an answer to FETCH; 0: there is none. */
uint32_t ms_imap_uid_of(const struct mailimap_msg_att *att);

/* UIDs as they come; sorted, each once, after ms_imap_sort(). */
struct ms_imap_list {
	uint32_t *v;
	size_t n, cap;
	size_t expunged; /* messages that went away meanwhile */
};
void ms_imap_sort(struct ms_imap_list *l);
/* Runs a SEARCH and adds the UIDs it names. */
int ms_imap_search_into(struct ms_imap *im, const char *command,
    struct ms_imap_list *l, struct ms_err *err);
/* Is it in a sorted list? */
bool ms_imap_listed(const struct ms_imap_list *l, uint32_t uid);
/*
 * Appends UIDs as an IMAP set, as many as there is room for; skip[i]: not this
 * one (skip may be NULL). Returns how many of the n it took or skipped.
 */
size_t ms_imap_add_set(struct ms_buf *out, const uint32_t *uids,
    const unsigned char *skip, size_t n);

/* What an answer to FETCH says of a message, but its body. */
struct ms_imap_attr {
	uint32_t uid;
	bool has_date, has_size, has_flags, flags_cut, has_labels;
	int64_t date;
	uint32_t size;
	struct ms_buf flags, labels;
};
/*
 * A piece of a body has come: is it the date? libetpan ends the session for a
 * date that makes no sense, so it gets each as a section that nobody asks for
 * (imap-stream.c), and ms_imap_attr_read() makes a date of that.
 */
#define MS_IMAP_DATE_SECTION "BODY[1.2.34]" /* as long as INTERNALDATE */
#define MS_IMAP_LABEL_MARK '\x7f' /* the backslash of one without quotes */
bool ms_imap_is_date(struct ms_imap *im, int type,
    const struct mailimap_msg_att_body_section *section, const char *p,
    size_t n);
void ms_imap_attr_read(struct ms_imap *im, struct ms_imap_attr *a,
    const struct mailimap_msg_att *att);
/* Has it this flag, in whatever case? */
bool ms_imap_has_flag(struct ms_imap_attr *a, const char *flag);
void ms_imap_attr_release(struct ms_imap_attr *a);
/* Appends `UID FLAGS INTERNALDATE RFC822.SIZE` and what else this server has.
 */
void ms_imap_attr_ask(struct ms_imap *im, struct ms_buf *command);

/*
 * A FETCH of some messages, each of which is accounted for once. Who runs it
 * sets what is above the line.
 */
struct ms_imap_batch {
	struct ms_imap *im;
	const char *what; /* attributes, in parentheses */
	/* Called by libetpan with the batch as context. att must begin with
	 * ms_imap_batch_due(). */
	mailimap_msg_att_handler *att;
	mailimap_msg_body_handler *body;
	void (*failed)(void *ctx, uint32_t uid, const char *reason);
	void (*gone)(void *ctx, uint32_t uid);
	void *ctx; /* failed's and gone's */
	/* ---- */
	const uint32_t *uids;
	size_t n;
	unsigned char *fate;
	size_t unasked;
};
int ms_imap_batch_run(struct ms_imap_batch *b, const uint32_t *uids,
    size_t count, size_t *done, struct ms_err *err);
/*
 * An answer about this message has come. True: it is due, and from now on the
 * caller has to tell somebody. False: nobody asked for it, or not again.
 */
bool ms_imap_batch_due(struct ms_imap_batch *b, uint32_t uid);

#endif
