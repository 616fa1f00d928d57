/*
 * probe.h - messages that are compared with the archive before the places of a
 * folder are trusted: a mailbox that was restored from a backup can give a UID,
 * without a new UIDVALIDITY, to another message, and some POP3 servers use the
 * number of a message as its UIDL. ms-fetch(1), What is already there. Layer:
 * above archive-lookup.
 *
 * With IMAP, the known message with the highest UID is compared. With POP3,
 * LIST gives all sizes: a few known messages are compared, and each whose size
 * looks wrong. The header is compared first (MS_STAGE_LOOK); with IMAP, its
 * beginning, because some headers have 100 KB. If it differs, or
 * the server has none, the body decides (MS_STAGE_FETCH; its id is asked for):
 * servers repair headers that have no empty line, or CR CR LF. If a POP3 server
 * has no headers (TOP), and its sizes are exact, the body of the last sample is
 * enough: the sizes of the others are right.
 */
#ifndef MS_PROBE_H
#define MS_PROBE_H
#include "archive-lookup.h"

/* Chooses the messages, sets m->probing and fills the queues. Returns 0 or -1.
 */
int ms_probes_choose(
    struct ms_lookup *l, struct ms_mailbox_state *m, struct ms_err *err);
/* A message is answered: m->probing becomes less unless its body is asked for.
 * The place of a message that differs is unknown. Returns 0 or -1. */
int ms_probe_answered(struct ms_lookup *l, struct ms_mailbox_state *m,
    uint32_t uid, const struct ms_msg_info *info, struct ms_err *err);

#endif
