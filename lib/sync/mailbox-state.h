/*
 * mailbox-state.h - a folder of a mailbox as a server describes it, and the
 * messages of it that wait for a step of the run. Layer: above queue.
 */
#ifndef MS_MAILBOX_STATE_H
#define MS_MAILBOX_STATE_H
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "queue.h"

/* What a message waits for. */
enum ms_stage {
	MS_STAGE_LOOK,  /* its header or attributes */
	MS_STAGE_FETCH, /* its bytes */
	MS_STAGE_DELETE,
	MS_STAGES
};

/* The bits of ms_msg_info.has: what the server has said. */
enum {
	MS_HAS_DATE = 1,
	MS_HAS_SIZE = 2,
	MS_HAS_FLAGS = 4,
	MS_HAS_FLAGS_CUT = 8, /* flags over the limit were left out */
	MS_HAS_SENT = 16,
	MS_HAS_HEAD = 32,
	MS_HAS_ID = 64, /* the body was read: bytes, lines and id are known */
	MS_HAS_RECEIVED = 128,
	MS_HAS_TOP = 256 /* head is the digest of ms_header_top() */
};

/* A message as the server describes it; the pointers are borrowed. */
struct ms_msg_info {
	uint32_t uid, has;
	int64_t date;              /* INTERNALDATE */
	int64_t sent;              /* the Date field */
	int64_t received;          /* POP3: the top Received field */
	uint64_t size;             /* as the server says */
	uint64_t bytes;            /* the size of the body */
	uint64_t lines;            /* of the body */
	const unsigned char *head; /* MS_SHA_LEN bytes, as in ms_identity */
	const unsigned char *id;   /* likewise */
	const char *flags, *labels;
	const char *email_id; /* EMAILID; "" if there is none */
};

/* {0}, with a name, is a folder that was not surveyed. */
struct ms_mailbox_state {
	char *name;      /* UTF-8, as in the archive; owned */
	uint64_t number; /* of the folder in the archive; 0: it has none */
	uint64_t uidvalidity;
	/* What the last survey has found. places is NULL for IMAP; for POP3 it
	 * has the UIDL, or NULL, of each of uids. */
	struct ms_uid_list uids;
	char **places;
	uint64_t *sizes; /* POP3: of each of uids; MS_SIZE_UNKNOWN */
	struct ms_uid_list met, unmet; /* by the server's SEARCH */
	/* What the survey before the last one has found and the run has dealt
	 * with: only messages that are not here are new. */
	struct ms_uid_list seen;
	uint64_t seen_validity;
	char **seen_places; /* sorted */
	struct ms_queue queue[MS_STAGES];
	/* The archive's OCCURRENCE or RECEIPT of each of uids, or 0; NULL
	 * except between survey and plan. */
	uint64_t *occurrence;
	/* Of each of these: the change by which a person has removed it from
	 * view, or 0. */
	uint64_t *removed;
	/* Of uids: the archive has them with a short body (short-body.h). */
	struct ms_uid_list shorts;
	/* How many messages must still be compared before the places are
	 * trusted. If one of the samples is another message, no place is. */
	size_t probing;
	struct ms_uid_list samples;
	/* POP3: samples that their size proves, if there is no header. */
	struct ms_uid_list by_size;
	bool sample_differs;
};
#define MS_SIZE_UNKNOWN UINT64_MAX

/* Appends the next message of a POP3 survey. uidl "" means none; size can be
 * MS_SIZE_UNKNOWN. Returns -1 if there are `max` messages already. */
int ms_mailbox_add_uidl(
    struct ms_mailbox_state *m, const char *uidl, uint64_t size, size_t max);
/* Forgets the last survey and all that waits. */
void ms_mailbox_reset(struct ms_mailbox_state *m);
/* Prepares the next survey of a folder whose messages were dealt with. */
void ms_mailbox_resurvey(struct ms_mailbox_state *m);
/* Did the survey before the last one find uids.v[i]? */
bool ms_mailbox_was_seen(const struct ms_mailbox_state *m, size_t i);
/*
 * The place of a message in the archive's words: "UIDVALIDITY/UID" (written to
 * text) or a UIDL (the state's). NULL: the server gives it no lasting name.
 */
const char *ms_mailbox_place(
    const struct ms_mailbox_state *m, uint32_t uid, char text[32]);
/* How many messages wait for any stage. */
size_t ms_mailbox_waiting(const struct ms_mailbox_state *m);
void ms_mailbox_release(struct ms_mailbox_state *m);

#endif
