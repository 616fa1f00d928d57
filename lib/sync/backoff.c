/*
 * backoff.c - what a run does when a server refuses, throttles, or breaks the
 * connection or the protocol. ms-fetch(1), Retries.
 */
#include "backoff.h"

#define PAUSE_FIRST 200   /* ms before the first retry */
#define PAUSE_SECOND 1000 /* then twice as long each time */
#define PAUSE_MAX 60000
#define POSTPONED_MAX 3   /* times that a folder may be postponed */
#define RENUMBERED_MAX 3  /* times that a folder may be renumbered */
#define BLAMED_MAX 2      /* sessions that one message may cost */
#define UNREADABLE_MAX 20 /* such messages in a row that are excused */

/* ---- a run ---- */

int64_t
ms_backoff_pause_ms(const struct ms_backoff *b, const struct ms_failure *f)
{
	int64_t ms = PAUSE_FIRST;
	unsigned i;

	if (f->wait > 0)
		return (int64_t)f->wait * 1000;
	for (i = 1; i < b->consecutive_failures && ms < PAUSE_MAX; i++)
		ms = i == 1 ? PAUSE_SECOND : ms * 2;
	return ms;
}

/* Can a retry succeed? A run that has never logged in does not insist, unless
 * the server asks it to wait. */
static bool
is_temporary(const struct ms_backoff *b, const struct ms_failure *f)
{
	if (f->err.code != MS_TEMP &&
	    (f->err.code != MS_PROTO || !f->had_session))
		return false;
	return b->logged_in || f->wait > 0 || b->follows;
}

enum ms_backoff_action
ms_backoff_session_lost(struct ms_backoff *b, const struct ms_failure *f,
    bool progress, bool was_logged_in, struct ms_err *why)
{
	if (progress)
		b->consecutive_failures = b->unreadable = 0;
	if (b->consecutive_failures == 0 || b->worst.code < f->err.code)
		b->worst = f->err;
	/* The server accepts fewer connections than the run has workers. */
	if (!f->had_session && b->logged_in && !was_logged_in)
		return MS_BACKOFF_FEWER_CONNECTIONS;
	b->consecutive_failures += !b->excused;
	b->excused = false;
	if (!is_temporary(b, f)) {
		*why = f->err;
		return MS_BACKOFF_GIVE_UP;
	}
	if (b->consecutive_failures > b->retries && !b->follows) {
		*why = b->worst;
		return MS_BACKOFF_GIVE_UP;
	}
	return MS_BACKOFF_RETRY;
}

/* ---- a folder ---- */

void
ms_backoff_success(struct ms_backoff *b, struct ms_folder_backoff *fb)
{
	b->consecutive_failures = b->unreadable = 0;
	if (fb != NULL) {
		fb->one_at_a_time = false;
		fb->blamed = 0;
	}
}

/* Which message the server cannot send, or our parser cannot read, shows when
 * the messages are asked for one at a time. */
bool
ms_backoff_blame(struct ms_backoff *b, struct ms_folder_backoff *fb,
    size_t asked, size_t left, bool had_session)
{
	if (asked == 0 || left < asked || !had_session)
		return false;
	b->excused = b->unreadable < UNREADABLE_MAX;
	if (asked > 1) {
		fb->one_at_a_time = true;
		fb->blamed = 0;
		return false;
	}
	if (++fb->blamed < BLAMED_MAX)
		return false;
	fb->blamed = 0;
	b->unreadable++;
	return true;
}

bool
ms_backoff_postpone(struct ms_folder_backoff *fb, const struct ms_failure *f)
{
	return f->wait > 0 && fb->postponed++ < POSTPONED_MAX;
}

bool
ms_backoff_renumbered(struct ms_folder_backoff *fb)
{
	return ++fb->renumbered <= RENUMBERED_MAX;
}
