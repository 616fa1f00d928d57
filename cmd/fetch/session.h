/*
 * session.h - a worker's session with a server: connecting, logging in, and the
 * messages to ms-fetch.
 */
#ifndef FETCH_SESSION_H
#define FETCH_SESSION_H
#include "conn.h"
#include "connector.h"
#include "fetch.h"
#include "imap.h"
#include "ipc.h"
#include "pop3.h"

/* The state of a worker, and its session with the server. */
struct session {
	const struct fetch_options *opt;
	struct ms_secret *secret; /* the password, or the last token */
	struct ipc ipc;
	struct connector connector;
	bool confined;       /* and the connector started */
	bool reached;        /* this request had a session */
	uint64_t compared;   /* bytes of bodies that this request compared */
	bool said_logged_in; /* SAY_LOGGED_IN was sent */
	bool said_selected;  /* the remark about SELECT was sent */
	int64_t deadline_ms; /* --max-time; 0: none */

	/* one of these, or none */
	bool login_failed; /* the session only says how long to wait */
	struct ms_imap *im;
	struct ms_pop3 *pop;

	/* IMAP: the folder that is open */
	char *raw;
	bool writable;
	uint64_t uidvalidity;
	/* ASK_DELETE: the request, its messages that are the same as in the
	 * archive, and those whose bodies must prove that */
	const struct ipc_message *request;
	struct ms_queue verified, unproved;

	/* POP3: the mailbox as it was first listed, where item i is sent as UID
	 * i + 1; and as a later session lists it */
	struct ms_pop3_list first, now;
	bool listed;  /* first is filled */
	bool no_capa; /* the server closes the connection at CAPA */
	enum {
		NOT_LISTED,
		IS_FIRST,
		IS_LATER
	} list_state; /* of this session */
};

/* Where to connect, and how. */
struct ms_conn_options session_server(struct session *s);
/* Connects; with TLS, where the port begins with it. */
int session_connect(struct session *s, struct ms_conn **out, enum ms_tls *tls,
    struct ms_err *err);
/* Fills the login; asks ms-fetch for a token if there is no password. */
int session_login(struct session *s, struct ms_login *l, struct ms_err *err);
void session_logged_in(struct session *s, unsigned capabilities);

/* Adds to the failure of a session that began without TLS, and not even with a
 * greeting, that the port may need TLS. */
void session_explain_plain(const struct session *s, struct ms_err *err);

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

/* Reads a body: fills what MS_HAS_ID announces, with the id in *identity, and
 * counts its bytes as compared. -1: it cannot be read. */
int session_measure(struct session *s, const struct ms_spool *body,
    struct ms_msg_info *info, struct ms_identity *identity, struct ms_err *err);
/* A message with its body. The body is measured if it can be short, or has an
 * EMAILID. */
void say_message(struct session *s, const struct ms_spool *body,
    const struct ms_msg_info *info);
/* What a message of ASK_IDS is, by its body. */
void say_id(struct session *s, const struct ms_spool *body,
    const struct ms_msg_info *info);
/* Is this the message of ASK_DELETE that the archive has? If not, says so. */
bool session_proves(struct session *s, const struct ipc_message *request,
    const struct ms_spool *body, const struct ms_msg_info *info);

#endif
