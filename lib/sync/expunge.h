/*
 * expunge.h - which messages may be deleted at the source: the archive's copy
 * was read back whole, and the server's message is seen to be the same.
 * ms-fetch(1), Deleting. Layer: above archive-lookup, ingest, sync.
 */
#ifndef MS_EXPUNGE_H
#define MS_EXPUNGE_H
#include "sync.h"

struct ms_expunge;

/* Flagged messages are never deleted, whatever the rules say. The rules and the
 * lookup must outlive *out. Returns 0, or -1 with MS_USAGE: the lookup has no
 * archive. */
int ms_expunge_open(struct ms_expunge **out, const struct ms_sync_rules *rules,
    struct ms_lookup *l, struct ms_err *err);
void ms_expunge_close(struct ms_expunge *e);

/* Decides about a message of a planned folder: MS_SYNC_DELETE, MS_SYNC_LEFT_OUT
 * or MS_SYNC_FAILED. */
void ms_expunge_message(struct ms_expunge *e, struct ms_mailbox_state *m,
    const struct ms_msg_info *info, struct ms_sync_decision *out);

/*
 * What proves that the server's message is the archived one. Header and size do
 * not: they can be those of another message.
 */
struct ms_proof {
	unsigned char id[MS_SHA_LEN]; /* of the body */
	/* SHA-256 of the EMAILID that was archived with the body, or zeros; and
	 * the size that the server announces with it. */
	unsigned char email_id[MS_SHA_LEN];
	uint64_t size;
};
/* Writes the attribute `email-id` of the stream (ms-stream(5)) for a message
 * with MS_HAS_ID, or "" if its EMAILID will not prove anything: there is none,
 * or the body has not the size that the server has announced. */
void ms_expunge_email_id(const struct ms_msg_info *info, struct ms_buf *out);

/* Reads the archive's copy of a message. Returns 0 and what proves the message
 * in *out, or -1: the copy cannot be read or is not what its id says. */
int ms_expunge_read_back(struct ms_expunge *e, const struct ms_mailbox_state *m,
    uint32_t uid, struct ms_proof *out, struct ms_err *err);
/* To be called when the copies of a request were read back: if this server has
 * given one EMAILID to two messages, EMAILIDs prove nothing. */
void ms_expunge_distrust(
    const struct ms_expunge *e, struct ms_proof *proofs, size_t n);

/* Does the EMAILID prove the message that the server describes, in the session
 * that deletes? */
bool ms_expunge_proved(
    const struct ms_msg_info *info, const struct ms_proof *proof);
/*
 * Does the body prove it, which was read in that session? info has MS_HAS_ID,
 * and the size that the server announces. Returns NULL, or the reason why the
 * message must not be deleted.
 */
const char *ms_expunge_doubt(const struct ms_msg_info *info,
    const struct ms_proof *proof, bool force_short);

/* Records in the archive's log that these messages are about to be deleted at
 * the source. n > 0. One request at a time. */
int ms_expunge_begin(struct ms_expunge *e, const struct ms_mailbox_state *m,
    const uint32_t *uids, size_t n, struct ms_err *err);
/* The server has deleted a message; ms_expunge_end() records all of them. */
void ms_expunge_deleted(struct ms_expunge *e, uint32_t uid);
int ms_expunge_end(
    struct ms_expunge *e, const struct ms_mailbox_state *m, struct ms_err *err);

#endif
