/*
 * progress.h - lines on a terminal that show what runs now: one for each job
 * and one for all, drawn repeatedly in the same place. Private to the
 * runner.
 */
#ifndef PROGRESS_H
#define PROGRESS_H
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct progress;

struct progress_job {
	const char *name;
	const char *doing;   /* "fetching", "deleting", "checking", the tool */
	int64_t ms;          /* since the job has started */
	uint64_t new, known; /* messages archived so far */
};

/* NULL if progress is not wanted or stderr is not a terminal; the other
 * functions then do nothing. */
struct progress *progress_new(bool wanted);
/* Draws n jobs, and the text `total` below them. */
void progress_draw(struct progress *p, const struct progress_job *jobs,
    size_t n, const char *total);
/* Takes the lines off the screen, before anything else is written there. */
void progress_clear(struct progress *p);
void progress_free(struct progress *p);

#endif
