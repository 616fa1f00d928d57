/* imap-impl.h - what imap*.c share. Not for others. Layer: imap. */
#ifndef MS_IMAP_IMPL_H
#define MS_IMAP_IMPL_H
#include <libetpan/libetpan.h>

#include "imap.h"

#define MS_IMAP_TAIL 512
#define MS_IMAP_WORDS 200 /* bytes of the server's words that we repeat */

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
	bool dead;         /* nothing more can be asked */
	struct ms_err err; /* why: the first thing that went wrong */
	int64_t text;      /* bytes come since the last answer began, but those
			      of bodies; see MS_IMAP_TEXT_MAX */
	char tail[MS_IMAP_TAIL]; /* the end of what came last, as a string */
	struct ms_spool body;
};

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
 * Sends a command (without tag and line end) and takes its answer; what comes
 * with it has gone to the handlers and to m->imap_response_info.
 */
int ms_imap_command(struct ms_imap *im, const char *command, const char *what,
    struct ms_err *err);

/* Runs a FETCH whose answers go to the handlers, which get ctx. */
int ms_imap_run_fetch(struct ms_imap *im, const char *command,
    mailimap_msg_att_handler *att, mailimap_msg_body_handler *body, void *ctx,
    struct ms_err *err);
/* The UID in an answer to FETCH; 0: there is none. */
uint32_t ms_imap_uid_of(const struct mailimap_msg_att *att);
/* Compares two uint32_t, for qsort(3) and bsearch(3). */
int ms_imap_by_uid(const void *a, const void *b);

#endif
