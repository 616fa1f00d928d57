/*
 * pop3-session.h - a session with a POP3 server: its list of messages, and the
 * messages of a request in it.
 */
#ifndef FETCH_POP3_SESSION_H
#define FETCH_POP3_SESSION_H
#include "session.h"

bool pop3_usable(const struct session *s);
void pop3_close_session(struct session *s);
/* Opens a session unless one is open; the second function also lists the
 * messages. */
int pop3_need_session(struct session *s, struct ms_err *err);
int pop3_need_list(struct session *s, struct ms_err *err);

/* The messages of a request, as items of this session. uid has the UID of each
 * item. */
struct pop3_batch {
	struct session *session;
	const struct ipc_message *request;
	struct ms_pop3_item *items;
	uint32_t *uid;
	size_t count;
};

/* Finds the messages in the session's list, and reports those that are not
 * there. Release the batch also after a failure. */
int pop3_batch_open(struct pop3_batch *b, struct session *s,
    const struct ipc_message *request, struct ms_err *err);
void pop3_batch_release(struct pop3_batch *b);
/* The UID and the size of a message. */
struct ms_msg_info pop3_info(const struct pop3_batch *b, size_t index);

/* pop3-delete.c: deletes messages, after each was compared with the archive's.
 */
int pop3_delete(
    struct session *s, const struct ipc_message *request, struct ms_err *err);

#endif
