/*
 * retry.h - carries out what lib/sync/backoff.c decides after a failure: asks
 * again, or reports what has failed. ms-fetch(1), Retries.
 */
#ifndef FETCH_RETRY_H
#define FETCH_RETRY_H
#include "folder.h"

/* A request has failed. */
void retry_failed_request(
    struct run *r, struct worker *w, const struct ms_failure *failure);
/* A worker's process has ended. */
void retry_worker_died(
    struct run *r, struct worker *w, const struct ms_err *why);
/* The messages of a task that are not answered have failed. */
void retry_fail_rest(struct run *r, struct task *t, const char *reason);

#endif
