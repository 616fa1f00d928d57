/*
 * expunge.h - which messages may be deleted at the source: the archive's copy
 * was read back whole, and the server's message is seen to be the same.
 * ms-fetch(1), Deleting. Layer: above archive-lookup, ingest, sync.
 */
#ifndef MS_EXPUNGE_H
#define MS_EXPUNGE_H
#include "message-hasher.h"
#include "sync.h"

struct ms_expunge;

/* Flagged messages are never deleted, whatever the rules say. The rules and the
 * lookup must outlive *out. Returns 0, or -1 with MS_USAGE: the lookup has no
 * archive. */
int ms_expunge_open(struct ms_expunge **out, const struct ms_sync_rules *rules,
    struct ms_lookup *l, struct ms_err *err);
void ms_expunge_close(struct ms_expunge *e);

/* Decides about a message of a planned folder: MS_SYNC_DELETE, MS_SYNC_FETCH
 * (only its header was compared when it was archived: the bodies must be
 * compared), MS_SYNC_LEFT_OUT or MS_SYNC_FAILED. */
void ms_expunge_message(struct ms_expunge *e, struct ms_mailbox_state *m,
    const struct ms_msg_info *info, struct ms_sync_decision *out);

/* The server's bytes of a message, in pieces, and their end: MS_SYNC_DELETE or
 * MS_SYNC_FAILED. */
void ms_expunge_body(struct ms_expunge *e, const unsigned char *p, size_t n);
void ms_expunge_body_end(struct ms_expunge *e, struct ms_mailbox_state *m,
    uint32_t uid, struct ms_sync_decision *out);
/* The body will not be completed. */
void ms_expunge_body_cancel(struct ms_expunge *e);

/* Reads the archive's copy of a message. Returns 0 and its identity, or -1:
 * the copy cannot be read or is not what its id says. */
int ms_expunge_read_back(struct ms_expunge *e, const struct ms_mailbox_state *m,
    uint32_t uid, struct ms_identity *out, struct ms_err *err);

/* Records in the archive's log that these messages are about to be deleted at
 * the source. n > 0. One request at a time. */
int ms_expunge_begin(struct ms_expunge *e, const struct ms_mailbox_state *m,
    const uint32_t *uids, size_t n, struct ms_err *err);
/* The server has deleted a message; ms_expunge_end() records all of them. */
void ms_expunge_deleted(struct ms_expunge *e, uint32_t uid);
int ms_expunge_end(
    struct ms_expunge *e, const struct ms_mailbox_state *m, struct ms_err *err);

#endif
