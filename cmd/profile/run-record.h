/*
 * run-record.h - mailboxes of a run on their way into the archive's log:
 * they wait for each other, since a commit costs several syncs. Part of
 * ms-profile.
 */
#ifndef PROFILE_RECORD_H
#define PROFILE_RECORD_H
#include <time.h>

#include "profile-store.h"

#define RECORDS_MAX 64       /* mailboxes of one commit */
#define RECORDS_BYTES 262144 /* of their failures */
#define RECORDS_WAIT 5       /* seconds that the first one waits */

/* {0} is empty. */
struct records {
	struct ms_run_mailbox v[RECORDS_MAX];
	size_t n, bytes; /* bytes: of what they say */
	time_t since;    /* when the first was put here */
};

/* Puts one behind the others; reason and failures are copied, user and source
 * stay the caller's. */
void records_add(struct records *q, const struct ms_run_mailbox *m);
/* Is it time to write them? */
bool records_due(const struct records *q);
/* Writes them into the run; whatever happens, none is left. */
int records_flush(struct records *q, struct ms_archive *a, const char *as,
    uint64_t run, struct ms_err *err);

#endif
