/*
 * progress.h - what runs now, on a terminal: a line for each job and one for
 * all, drawn over and over in place. Elsewhere nothing. Layer: part of
 * ms-profile and ms-csvbatch.
 */
#ifndef LIVE_H
#define LIVE_H
#include <stdbool.h>

#include "job.h"

#define LIVE_TICK_MS 250

struct live;

/* NULL, which the others take, unless it is wanted and stderr is a terminal. */
struct live *live_new(bool wanted);
/* Draws the jobs that run, and the sentence `total` below them. */
void live_draw(struct live *live, const struct jobs *jobs, const char *total);
/* Takes it off the screen, before anything else is written there. */
void live_clear(struct live *live);
void live_free(struct live *live);

#endif
