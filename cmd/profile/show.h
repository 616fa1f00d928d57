/* show.h - what ms-profile prints on standard output. */
#ifndef PROFILE_SHOW_H
#define PROFILE_SHOW_H
#include <jansson.h>

#include "common.h"
#include "term.h"

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

/*
 * If standard output is a terminal and --json is not given, the fields that
 * follow become a table, which show_end() prints; a pager shows it. Otherwise
 * these functions do nothing.
 */
void show_begin(
    const struct tool *t, const struct ms_column *columns, size_t n);
void show_end(void);
/* Print a field and the byte that ends it; TAB, newline and backslash are
 * escaped. */
void show_field(const char *text, char end);
/* A time, in UTC or, in a table, in local time; 0 is "". */
void show_when(int64_t time, char end);
/* The result of a run; a table has a shorter name for that with errors. */
void show_result_field(const char *name, char end);
/* A duration in seconds. */
void show_seconds(uint64_t seconds, char end);
/* Prints the lines of a text; other controls become '?'. */
void show_lines(const char *text);
void show_count(uint64_t n, char end);

/* Set members of a JSON object, unless the value is "" or 0. */
void show_text(json_t *o, const char *key, const char *text);
void show_time(json_t *o, const char *key, int64_t time);
/* Prints an object as a line, and releases it. */
void show_json(json_t *o);

#endif
