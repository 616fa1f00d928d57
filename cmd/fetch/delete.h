/*
 * delete.h - the deletion of archived messages at the source: requests and
 * their answers. ms-fetch(1), Deleting.
 */
#ifndef FETCH_DELETE_H
#define FETCH_DELETE_H
#include "folder.h"

/*
 * Sends the request for a task of messages to delete, after it has read back
 * the archive's copy of each. Messages whose copy cannot be read fail and leave
 * the task. Returns 0, 1 (no message is left and nothing was sent) or -1.
 */
int delete_request(struct run *r, struct worker *w, struct ms_err *err);
/* The server has deleted a message, or would have with --dry-run. */
void delete_done(struct run *r, struct folder *f, uint32_t uid);
/* A message was not deleted. */
void delete_failed(
    struct run *r, struct folder *f, uint32_t uid, const char *reason);

#endif
