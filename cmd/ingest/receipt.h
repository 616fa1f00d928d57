/*
 * receipt.h - records that a message of a mailbox was assigned: what the source
 * gave, and the users who have it. ms-archive(5), RECEIPT. Part of ms-ingest.
 */
#ifndef INGEST_RECEIPT_H
#define INGEST_RECEIPT_H
#include "run-impl.h"

/*
 * These functions are called for each message of a mailbox, in this order, and
 * do nothing with -n, and for mail from files, which has no places.
 *
 * receipt_begin() begins with the header; more of it than the header may
 * follow. receipt_given() adds the next bytes of what the source gave, from the
 * first one on, the header too.
 *
 * receipt_users(): the users of the last decision of the assigner were given
 * the message with this id; NULL: what the source gave.
 *
 * receipt_part() adds the next bytes of a message inside a journal report, and
 * receipt_part_users() ends it: the users of the last decision were given it.
 *
 * receipt_also(): so was this user, in this folder.
 *
 * receipt_refuse(): someone did not get it, for example because its addresses
 * are unknown. It will be fetched again.
 *
 * receipt_end() adds the RECEIPT to the pipeline, after the message of the last
 * user was ended. -1: the archive cannot be written.
 */
struct receipt;

void receipt_free(struct receipt *rc);
void receipt_begin(
    struct run *r, const struct ms_dest *mailbox, struct ms_slice header);
void receipt_given(struct run *r, const unsigned char *p, size_t n);
void receipt_users(struct run *r, const unsigned char id[MS_SHA_LEN]);
void receipt_part(struct run *r, const unsigned char *p, size_t n);
void receipt_part_users(struct run *r);
void receipt_also(struct run *r, const unsigned char id[MS_SHA_LEN],
    const char *user, const char *folder);
void receipt_refuse(struct run *r);
int receipt_end(struct run *r, struct ms_dest *mailbox,
    const struct ms_arrival *m, struct ms_err *err);

#endif
