/*
 * session.h - a worker's session with a server: connecting, logging in, and the
 * messages to ms-fetch.
 */
#ifndef FETCH_SESSION_H
#define FETCH_SESSION_H
#include "conn.h"
#include "fetch.h"
#include "imap.h"
#include "ipc.h"
#include "pop3.h"

/* The state of a worker, and its session with the server. */
struct session {
	const struct fetch_options *opt;
	struct ms_secret *secret; /* the password, or the last token */
	struct ipc ipc;
	bool reached;        /* this request had a session */
	bool said_logged_in; /* SAY_LOGGED_IN was sent */
	int64_t deadline_ms; /* --max-time; 0: none */

	/* one of these, or none */
	bool login_failed; /* the session only says how long to wait */
	struct ms_imap *im;
	struct ms_pop3 *pop;

	/* IMAP: the folder that is open */
	char *raw;
	bool writable;
	uint32_t uidvalidity;
	/* ASK_DELETE: the request, and its messages that are the same as in the
	 * archive */
	const struct ipc_message *request;
	struct ms_queue verified;

	/* POP3: the mailbox as it was first listed, where item i is sent as UID
	 * i + 1; and as a later session lists it */
	struct ms_pop3_list first, now;
	bool listed; /* first is filled */
	enum {
		NOT_LISTED,
		IS_FIRST,
		IS_LATER
	} list_state; /* of this session */
};

/* Connects; with TLS, where the port begins with it. */
int session_connect(struct session *s, struct ms_conn **out, enum ms_tls *tls,
    struct ms_err *err);
/* Fills the login; asks ms-fetch for a token if there is no password. */
int session_login(struct session *s, struct ms_login *l, struct ms_err *err);
void session_logged_in(struct session *s, unsigned capabilities);

/* Waits until there is a message from ms-fetch, or for some seconds. */
void session_wait(struct session *s, unsigned seconds);

/* Ends the process: ms-fetch has ended. Messages that were not sent are still
 * on the server. */
_Noreturn void session_leave(void);
/* Sends what say() has gathered. */
void session_flush(struct session *s);

/* Sends a message, perhaps later. If ms-fetch has ended, the process ends. */
void say(struct session *s, const struct ipc_message *m);
/* What became of a message. lib/imap can call these. */
void say_gone(void *session, uint32_t uid);
void say_deleted(void *session, uint32_t uid);
void say_failed(void *session, uint32_t uid, const char *reason);
void say_not_deleted(void *session, uint32_t uid, const char *reason);
/* The bytes of a message and its end. */
void say_body(struct session *s, const struct ms_spool *body);

#endif
