/*
 * replies.h - handles the messages of workers: the server's answers about a
 * message, a folder or a request.
 */
#ifndef FETCH_REPLIES_H
#define FETCH_REPLIES_H
#include "folder.h"

/* Returns 0, or -1 if the run cannot go on. */
int handle_reply(struct run *r, struct worker *w, const struct ipc_message *m,
    struct ms_err *err);

#endif
