/*
 * short-body.h - bodies that are much shorter than the server has announced: a
 * notice instead of the message, or half of it. ms-fetch(1), Short messages.
 * Layer: above mailbox-state.
 *
 * A short body is archived, but not under the place of its message, which
 * stays unknown: the message is requested again in the next run. The archive
 * counts the runs by places that no server can give, because they contain a
 * blank (ms-stream(5), uid):
 *
 *   short 1 ID PLACE   one run has received this body; ID is the beginning of
 *   short 2 ID PLACE   its id in hex; two runs have
 *   short 3 PLACE      three runs have: the message counts as known
 */
#ifndef MS_SHORT_BODY_H
#define MS_SHORT_BODY_H
#include "archive.h"
#include "mailbox-state.h"

#define MS_SHORT_RUNS 3

/*
 * Is the body of a message short? It is if it is empty, or smaller than the
 * announced size by more than 10 % and one byte for each line, because servers
 * count line ends in different ways and some estimate. The announced size, and
 * bytes and lines of the body, are read from info.
 */
bool ms_body_is_short(const struct ms_msg_info *info);

/*
 * The place under which a short body is to be archived.
 *   archive NULL: there is none
 *   info    uid, and the id of the body
 *   place   receives the place; it is empty if the message has none
 * Returns the number of runs that have received this body with this one, 1 to
 * MS_SHORT_RUNS, or -1.
 */
int ms_short_runs(struct ms_archive *archive, const struct ms_mailbox_state *m,
    const struct ms_msg_info *info, struct ms_buf *place, struct ms_err *err);

/* Does the archive know a message only by a short body that three runs have
 * received? place is that of the message. Returns 1 (*occurrence receives its
 * OCCURRENCE), 0 or -1. */
int ms_short_known(struct ms_archive *archive, const struct ms_mailbox_state *m,
    const char *place, uint64_t *occurrence, struct ms_err *err);

#endif
