/*
 * worker-pool.h - the workers of a run: processes that get one task at a time
 * and answer it with messages.
 */
#ifndef FETCH_WORKER_POOL_H
#define FETCH_WORKER_POOL_H
#include <signal.h>
#include <sys/types.h>

#include "fetch.h"
#include "ipc.h"

#define TASK_MAX 1000 /* messages of a task */

struct folder;

/* The request that a worker is answering. */
struct task {
	struct folder *folder; /* NULL: it concerns no folder */
	enum ipc_type request;
	uint32_t uid[TASK_MAX]; /* ascending */
	bool answered[TASK_MAX];
	size_t n, left;      /* left: messages not answered */
	unsigned renumbered; /* the folder's, when the task was cut */
};

struct worker {
	pid_t pid;
	struct ipc ipc;
	enum {
		WORKER_FREE,
		WORKER_BUSY,
		WORKER_GONE /* the process has ended, or is not needed */
	} state;
	bool logged_in;      /* at least once */
	struct folder *open; /* the folder it has open, as far as is known */
	struct task task;
	bool skipping; /* the body of a message that was not asked for */
};

struct worker_pool {
	struct worker *workers;
	size_t count;
	struct worker *sending; /* in the middle of a message */
	size_t turn;            /* the worker that is looked at first */
};

/*
 * Starts the workers, each with a copy of the password. No archive can be open:
 * LMDB does not survive a fork. MS_TEMP.
 */
int pool_open(struct worker_pool *p, const struct fetch_options *opt,
    struct ms_secret *password, struct ms_err *err);
/* Lets free workers log out, and kills the others. */
void pool_close(struct worker_pool *p);

/* Begins a task without messages; pool_send() follows. */
void pool_begin_task(struct worker *w, enum ipc_type request, struct folder *f);
/* Sends a request. If the worker is gone, the next pool_wait() says so. */
void pool_send(struct worker *w, const struct ipc_message *m);
/* Lets a worker that is not needed any more log out. */
void pool_dismiss(struct worker *w);

/* Is there something to read, within wait_ms? */
bool pool_ready(struct worker_pool *p, int wait_ms);

enum pool_event {
	POOL_NOTHING, /* the time is over, or a signal has come */
	POOL_MESSAGE,
	POOL_WORKER_DIED /* err says how */
};
/* The next message of any worker; of the same worker as before while that is in
 * the middle of a message. */
enum pool_event pool_wait(struct worker_pool *p, int wait_ms,
    struct worker **from, struct ipc_message *m, struct ms_err *err);

#endif
