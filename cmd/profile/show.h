/* show.h - what ms-profile prints on standard output. */
#ifndef PROFILE_SHOW_H
#define PROFILE_SHOW_H
#include <jansson.h>

#include "common.h"

/* The state of a profile. */
struct show_state {
	int pid;            /* of the process that runs it; 0 */
	const char *result; /* of its last run: "running", "interrupted" or a
			       ms_run_result_name(); "" if there is none */
	int64_t began;      /* the last run; 0 */
	char when[21];      /* the same as text, "" */
	struct run_progress progress;
};
int show_state(struct show_state *state, struct tool *t,
    const struct ms_stored_profile *p, struct ms_err *err);
/*
 * The result of a run. A run without a recorded end runs now (`running`: its
 * profile runs, and this is the last run), or was interrupted.
 */
const char *show_result(const struct ms_run *run, bool running);

/* Print a field and the byte that ends it; TAB, newline and backslash are
 * escaped. */
void show_field(const char *text, char end);
void show_count(uint64_t n, char end);

/* Set members of a JSON object, unless the value is "" or 0. */
void show_text(json_t *o, const char *key, const char *text);
void show_time(json_t *o, const char *key, int64_t time);
/* Prints an object as a line, and releases it. */
void show_json(json_t *o);

#endif
