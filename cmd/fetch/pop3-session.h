/*
 * pop3-session.h - what fetch-pop3.c and fetch-pop3-delete.c share.
 */
#ifndef FETCH_POP3_H
#define FETCH_POP3_H
#include "worker.h"

bool pop3_usable(const struct worker *w);
void pop3_close_session(struct worker *w);

/* What is asked for, as items of this session; uid says what each is to the
 * other side. */
struct pop3_batch {
	struct worker *w;
	const struct wanted *u;
	struct ms_pop3_item *items;
	uint32_t *uid;
	size_t count;
};

/* Finds what is wanted in the session at hand; those that are not there are
 * told to the other side. Release it also if it fails. */
int pop3_batch_open(struct pop3_batch *b, struct worker *w,
    const struct wanted *u, struct ms_err *err);
void pop3_batch_release(struct pop3_batch *b);

/* Deletes what is wanted, after a look at each. */
int pop3_delete(struct worker *w, const struct wanted *u, struct ms_err *err);

#endif
