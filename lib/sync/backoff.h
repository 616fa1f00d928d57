/*
 * backoff.h - what a run does when a server refuses, throttles, or breaks the
 * connection or the protocol: try again after a pause, ask for one message at a
 * time, or give up. ms-fetch(1), Retries. Layer: bottom of sync.
 */
#ifndef MS_BACKOFF_H
#define MS_BACKOFF_H
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "err.h"

/* How a request has failed. */
struct ms_failure {
	struct ms_err err;
	bool session_lost;
	bool had_session; /* there was one: it had logged in */
	unsigned wait;    /* seconds for which the server wants no request */
};

/* ---- a run ---- */

/* {0} before anything was asked. */
struct ms_backoff {
	unsigned retries; /* lost sessions in a row that are forgiven */
	bool follows;     /* the run goes on until it is stopped */
	bool logged_in;   /* a worker has logged in, at least once */
	unsigned consecutive_failures;
	struct ms_err worst; /* of these */
	unsigned unreadable; /* messages in a row that cost their sessions */
	bool excused;        /* the session that is lost now does not count */
};

enum ms_backoff_action {
	MS_BACKOFF_RETRY,             /* after a pause */
	MS_BACKOFF_FEWER_CONNECTIONS, /* without this one */
	MS_BACKOFF_GIVE_UP            /* end the run */
};
/*
 * A session is lost.
 *   progress        the server has answered a part of the request
 *   was_logged_in   this worker has had a session before
 *   why             receives the reason to give up
 */
enum ms_backoff_action ms_backoff_session_lost(struct ms_backoff *b,
    const struct ms_failure *f, bool progress, bool was_logged_in,
    struct ms_err *why);
/* Milliseconds until the next request: as the server asks, or longer with each
 * consecutive failure. */
int64_t ms_backoff_pause_ms(
    const struct ms_backoff *b, const struct ms_failure *f);

/* ---- a folder ---- */

/* {0} before anything was asked. */
struct ms_folder_backoff {
	bool one_at_a_time;  /* after a loss: ask for single messages */
	unsigned blamed;     /* sessions lost with one message asked for */
	unsigned postponed;  /* how often the server said "later" */
	unsigned renumbered; /* how often the UIDs became void */
};

/* The server has answered a request. */
void ms_backoff_success(struct ms_backoff *b, struct ms_folder_backoff *fb);
/*
 * A session is lost while the server was asked for `asked` messages, of which
 * `left` are not answered. Returns whether they have failed: else they are
 * asked for again. The sessions that a message costs are excused: they are not
 * among the retries of the run, so that a few unreadable messages in a row do
 * not end it.
 */
bool ms_backoff_blame(struct ms_backoff *b, struct ms_folder_backoff *fb,
    size_t asked, size_t left, bool had_session);
/* The server refuses a request, and the session goes on. Returns whether it is
 * to be asked again: the server has said when. */
bool ms_backoff_postpone(
    struct ms_folder_backoff *fb, const struct ms_failure *f);
/* The UIDs became void. Returns whether the folder is surveyed again. */
bool ms_backoff_renumbered(struct ms_folder_backoff *fb);

#endif
