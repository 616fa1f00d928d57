/*
 * worker.h - a worker: the process that talks to a server. worker.c receives
 * requests and sends the answers (ipc.h); imap.c and pop3.c carry them out. The
 * process ends when its connection to ms-fetch does.
 */
#ifndef FETCH_WORKER_H
#define FETCH_WORKER_H
#include "session.h"

/* The process: never returns. fd is the connection to ms-fetch. */
_Noreturn void worker_run(
    const struct fetch_options *opt, struct ms_secret *secret, int fd);

/* Carries out a request. Returns 0, or -1 with err: then the messages that were
 * sent before say what was done. A request with uids has at least one. */
typedef int request_fn(
    struct session *s, const struct ipc_message *request, struct ms_err *err);

struct protocol {
	void (*close)(struct session *s);
	bool (*usable)(const struct session *s);
	unsigned (*backoff)(const struct session *s);
	request_fn *serve[ASK_IDLE + 1]; /* by the type of the request */
};
extern const struct protocol fetch_imap, fetch_pop3;

#endif
