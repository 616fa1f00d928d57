/*
 * worker.h - the process that talks to a server: requests come over the
 * link, answers go back over it (fetch-link.h). fetch-worker.c has the loop,
 * fetch-imap.c and fetch-pop3.c do what is asked. A link that breaks ends the
 * process: then there is nobody to work for.
 */
#ifndef FETCH_WORKER_H
#define FETCH_WORKER_H
#include "conn.h"
#include "fetch.h"
#include "imap.h"
#include "ipc.h"
#include "pop3.h"

struct worker {
	const struct fetch_options *opt;
	struct ms_secret *secret; /* the password, or the token */
	struct link link;
	bool reached;     /* this request had a session to run in */
	bool told;        /* SAY_LOGGED_IN was sent */
	int64_t until_ms; /* when --max-time is over; 0: never */

	/* one of these, or none */
	bool login_failed; /* it is only there to say how long to wait */
	struct ms_imap *im;
	struct ms_pop3 *pop;

	/* IMAP: the folder that is open */
	char *raw;
	bool writable;
	uint32_t uidvalidity;

	/* POP3: the mailbox as it was first listed: a message's "UID" is its
	 * index here plus 1; and as a later session lists it */
	struct ms_pop3_list first, now;
	bool listed; /* first has been filled */
	enum {
		NOT_LISTED,
		IS_FIRST,
		IS_LATER
	} session;
};

/* What a message is asked for by: a list of UIDs, ascending. */
struct wanted {
	const char *raw;
	uint32_t uidvalidity;
	uint32_t *uids;
	size_t count;
	/* ASK_DELETE: what each must be */
	uint64_t *size;
	unsigned char (*head)[MS_SHA_LEN], (*id)[MS_SHA_LEN];
	bool dry_run;
};

/* The process: never returns. */
_Noreturn void worker_run(
    const struct fetch_options *opt, struct ms_secret *secret, int fd);

/* Connects; TLS is established where the port has it from the start. */
int worker_connect(struct worker *w, struct ms_conn **out, enum ms_tls *tls,
    struct ms_err *err);
/* Who logs in; asks the other side for a token where that is the secret. */
int worker_login(struct worker *w, struct ms_login *l, struct ms_err *err);
void worker_logged_in(struct worker *w, unsigned capabilities);

/* Waits so long, or until the other side has something to say. */
void worker_wait(struct worker *w, unsigned seconds);

/* Frames that several requests send. -1 only if the link is broken. */
void say_failed(struct worker *w, uint32_t uid, const char *reason);
void say_uid(struct worker *w, enum word word, uint32_t uid);
void say_kept(struct worker *w, uint32_t uid, const char *reason);
void say_end(struct worker *w); /* ends any frame */
/* The bytes of a message and its end. */
void say_body(struct worker *w, const struct ms_spool *body);

/* What is asked, by protocol. Each returns 0, or -1 with err: then the frames
 * before it say what was done. */
struct protocol {
	void (*close)(struct worker *w);
	bool (*usable)(const struct worker *w);
	unsigned (*backoff)(const struct worker *w);
	int (*folders)(struct worker *w, struct ms_err *err);
	int (*survey)(struct worker *w, const char *raw, const char *criteria,
	    struct ms_err *err);
	int (*attributes)(
	    struct worker *w, const struct wanted *u, struct ms_err *err);
	int (*heads)(
	    struct worker *w, const struct wanted *u, struct ms_err *err);
	int (*fetch)(
	    struct worker *w, const struct wanted *u, struct ms_err *err);
	int (*delete)(
	    struct worker *w, const struct wanted *u, struct ms_err *err);
	int (*idle)(struct worker *w, const char *raw, unsigned seconds,
	    struct ms_err *err);
};
extern const struct protocol fetch_imap, fetch_pop3;

#endif
