/*
 * follow.h - waits for new messages: ms-fetch(1), --follow.
 */
#ifndef FETCH_FOLLOW_H
#define FETCH_FOLLOW_H
#include "run.h"

/* Fetches what arrives, until the run is aborted or a signal comes. */
void follow(struct run *r);

#endif
