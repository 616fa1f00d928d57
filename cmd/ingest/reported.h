/*
 * reported.h - adds a message that can be a journal report: ms-ingest(1),
 * Journal reports. Part of ms-ingest.
 */
#ifndef INGEST_REPORTED_H
#define INGEST_REPORTED_H
#include "run-impl.h"

/*
 * Adds the message, for those who get it: the originals of a report, or all of
 * it. The arguments are those of assigner_message().
 *   head     what was read of it
 *   header   bytes of the header in it
 *   src      has the rest, or NULL
 */
int reported_message(struct run *r, struct ms_source *src, struct ms_slice head,
    size_t header, const struct ms_arrival *m, struct ms_dest *mailbox,
    uint64_t *whole, struct ms_err *err);

#endif
