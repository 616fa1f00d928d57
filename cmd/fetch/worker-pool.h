/*
 * worker-pool.h - the workers of a run as the process that started them sees
 * them: hands that are given tasks, one at a time, and send frames.
 */
#ifndef FETCH_CREW_H
#define FETCH_CREW_H
#include <signal.h>
#include <sys/types.h>

#include "ipc.h"
#include "fetch.h"

#define TASK_MAX 1000 /* messages of one */

struct box;

/* What a hand was asked. */
struct task {
	struct box *box; /* NULL: of no folder */
	enum word ask;
	uint32_t uid[TASK_MAX]; /* ascending */
	bool told[TASK_MAX];    /* it is known what became of it */
	size_t n, left;         /* left: not told */
	unsigned renumbered;    /* the box's, when it was cut */
};

struct hand {
	pid_t pid;
	struct link link;
	enum {
		HAND_FREE,
		HAND_BUSY,
		HAND_GONE /* the process has ended, or is not needed */
	} state;
	bool logged_in;   /* it once was */
	struct box *open; /* the folder it has open, as far as we know */
	struct task task;
	bool passing; /* over the bytes of a message nobody asked for */
};

struct crew {
	struct hand *hands;
	size_t count;
	struct hand *talking; /* in the middle of a message */
	size_t turn;          /* who is looked at first */
};

/* Has somebody sent SIGTERM, SIGINT or SIGHUP? Set by crew_catch_signals(). */
extern volatile sig_atomic_t crew_stopped;
void crew_catch_signals(void);

/*
 * Starts the workers; no archive may be open, LMDB does not survive a fork.
 * Every worker has a copy of the password. MS_TEMP.
 */
int crew_open(struct crew *c, const struct fetch_options *opt,
    struct ms_secret *password, struct ms_err *err);
/* Lets those that are free log out, ends the others. */
void crew_close(struct crew *c);

/* Sends a request that link_begin() began. A hand that is gone shows at the
 * next crew_wait(). */
void crew_send(struct hand *h);

/* A hand that is not needed any more logs out. */
void crew_dismiss(struct hand *h);

/* Is there something to read, now or within this time? */
bool crew_ready(struct crew *c);
bool crew_ready_within(struct crew *c, int wait_ms);

enum crew_event {
	CREW_NOTHING, /* the time is over, or a signal has come */
	CREW_FRAME,
	CREW_LOST /* the hand's process has ended; err says how */
};
/*
 * The next frame of any hand; of the same one as before while that is in the
 * middle of a message.
 */
enum crew_event crew_wait(struct crew *c, int wait_ms, struct hand **who,
    struct frame *f, struct ms_err *err);

#endif
