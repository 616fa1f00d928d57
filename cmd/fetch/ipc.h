/*
 * ipc.h - the messages between ms-fetch and its workers, over a socket pair.
 * ipc.c has the table of each message's fields. Neither side trusts the other's
 * lengths: a server can take over a worker.
 */
#ifndef FETCH_IPC_H
#define FETCH_IPC_H
#include "mailbox-state.h"
#include "expunge.h"

#define IPC_MESSAGE_MAX (1024 * 1024) /* bytes of a message */
#define IPC_DATA_MAX 131072           /* bytes of a body in one message */
#define IPC_UIDS_MAX 16384            /* UIDs in one message */

enum ipc_type {
	/* Requests. SAY_DONE is the last answer to each. */
	ASK_FOLDERS = 1,
	ASK_COUNT, /* how many messages a folder has */
	ASK_SURVEY,
	ASK_ATTRIBUTES,
	ASK_HEADERS,
	ASK_TOPS, /* only the beginnings of headers: SAY_HEADER with MS_HAS_TOP
		   */
	ASK_IDS,  /* reads the bodies: SAY_HEADER with MS_HAS_ID */
	ASK_FETCH,
	ASK_DELETE,
	ASK_IDLE, /* ends also when any other request comes */

	/* To a worker, and not answered. */
	ASK_STOP, /* ends ASK_IDLE */
	GIVE_TOKEN,

	/* From a worker. */
	SAY_WANT_TOKEN, /* asks for GIVE_TOKEN */
	SAY_LOGGED_IN,
	SAY_FOLDER,
	SAY_COUNT,
	SAY_SURVEY,
	SAY_UIDS,
	SAY_MET,   /* UIDs that meet the criteria */
	SAY_UNMET, /* UIDs that do not; the others are unsure */
	SAY_UIDL,  /* a POP3 item */
	SAY_HEADER,
	SAY_MESSAGE, /* SAY_DATA follow, and SAY_END or SAY_CANCEL */
	SAY_DATA,
	SAY_END,
	SAY_CANCEL, /* the message cannot be completed */
	SAY_FAILED,
	SAY_GONE, /* no longer on the server */
	SAY_DELETED,
	SAY_NOT_DELETED,
	SAY_REMARK, /* for the user */
	SAY_DONE,
	IPC_TYPES
};

/*
 * A message. Only the fields that the table names for its type are sent; the
 * others of a received message are 0 or "". Pointers are borrowed. Those of a
 * received message are valid until the next ipc_receive(); its lists, until a
 * message with a list is received.
 */
struct ipc_message {
	enum ipc_type type;
	const char *raw;  /* the server's name of a folder */
	const char *text; /* criteria, token, UIDL, reason or remark */
	uint64_t uidvalidity;
	struct ms_msg_info info; /* info.uid also where only a UID is sent */
	struct ipc_uids {
		const uint32_t *v;
		size_t n;
	} uids;
	/* ASK_DELETE: what each of uids must be. */
	struct ipc_proofs {
		const struct ms_proof *v;
		size_t n;
	} proofs;
	struct ms_slice data;
	bool dry_run;
	uint32_t seconds; /* ASK_IDLE: at most; SAY_DONE: until a retry */
	uint32_t capabilities;

	/* SAY_FOLDER, as in ms_imap_folder */
	const char *name;
	uint32_t uses, space, prefix;
	bool selectable, duplicate, unlisted;

	uint64_t missing;  /* SAY_SURVEY: messages that were not listed */
	uint64_t messages; /* SAY_COUNT */

	/* SAY_DONE */
	uint64_t compared; /* bytes of bodies that were only compared */
	uint32_t code;     /* enum ms_code */
	bool session_lost, had_session;
};

struct ipc {
	int fd;
	struct ms_buf out, in;
	size_t received; /* bytes of in that belong to earlier messages */
	struct ms_buf uids, proofs; /* of the last message that has them */
};

void ipc_release(struct ipc *c);

/* Sends a message, at the latest with ipc_flush(). MS_IO: the other process has
 * ended. */
int ipc_send(struct ipc *c, const struct ipc_message *m, struct ms_err *err);
int ipc_flush(struct ipc *c, struct ms_err *err);

/* Is a whole message here already? */
bool ipc_ready(const struct ipc *c);
/* Waits for a message. Returns 1, 0 if the other process has ended, or -1:
 * MS_IO, or MS_PROTO if it is malformed. */
int ipc_receive(struct ipc *c, struct ipc_message *m, struct ms_err *err);

#endif
