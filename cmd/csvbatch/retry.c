/* retry.c - which rows an earlier run's report names as failed. */
#include "csvbatch.h"

#include <errno.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define LINE_MAX_BYTES (1024 * 1024)

/* A row of the report. */
struct old {
	uint64_t line;
	char *login; /* "": it could not be read */
	bool failed;
};

struct again {
	struct old *v; /* by login and line */
	size_t n, room;
	bool whole;    /* the run came to its end */
	bool nameless; /* some row's login could not be read: who was it? */
};

static int
by_login(const void *a, const void *b)
{
	const struct old *x = a, *y = b;
	int c = strcmp(x->login, y->login);

	if (c != 0)
		return c;
	return x->line < y->line ? -1 : x->line > y->line;
}

static void
add(struct again *g, const json_t *o)
{
	const char *login = json_string_value(json_object_get(o, "login"));
	const char *result = json_string_value(json_object_get(o, "result"));
	json_int_t line = json_integer_value(json_object_get(o, "line"));

	if (g->n == g->room) {
		g->room = g->room > 0 ? 2 * g->room : 64;
		g->v = ms_xreallocarray(g->v, g->room, sizeof(*g->v));
	}
	g->v[g->n++] = (struct old){.line = line > 0 ? (uint64_t)line : 0,
	    .login = ms_xstrdup(login != NULL ? login : ""),
	    .failed = result == NULL || strcmp(result, "succeeded") != 0};
	g->nameless |= login == NULL;
}

/* A line. -1: it is none of a report of ours. */
static int
take(struct again *g, const char *text)
{
	json_t *o = json_loads(text, 0, NULL);
	const char *type = json_string_value(json_object_get(o, "type"));
	const char *tool = json_string_value(json_object_get(o, "tool"));
	int rc = type != NULL ? 0 : -1;

	if (rc == 0 && strcmp(type, "mailbox") == 0)
		add(g, o);
	else if (rc == 0 && strcmp(type, "end") == 0)
		g->whole = true;
	if (tool != NULL && strcmp(tool, TOOL) != 0)
		rc = -1;
	json_decref(o);
	return rc;
}

static int
take_all(struct again *g, FILE *file, struct ms_err *err)
{
	char *line = NULL;
	size_t room = 0;
	ssize_t n;
	int rc = 0;

	while (rc == 0 && (n = getline(&line, &room, file)) > 0)
		/* The last line of a run that died may be half of one. */
		if (n > LINE_MAX_BYTES ||
		    (take(g, line) < 0 && line[n - 1] == '\n'))
			rc =
			    ms_fail(err, MS_DATA, "this is no report of " TOOL);
	free(line);
	if (rc == 0 && ferror(file) != 0)
		rc = ms_fail_errno(err, "reading");
	return rc;
}

int
again_open(struct again **out, const char *report, struct ms_err *err)
{
	struct again *g = ms_xcalloc(1, sizeof(*g));
	FILE *file = fopen(report, "re");
	int rc;

	rc = file != NULL ? take_all(g, file, err)
			  : ms_fail_errno(err, "opening");
	if (file != NULL)
		fclose(file);
	if (rc < 0) {
		again_free(g);
		return ms_context(err, "%s", report);
	}
	if (g->n > 0)
		qsort(g->v, g->n, sizeof(*g->v), by_login);
	*out = g;
	return 0;
}

/* The first row with this login that is not before this line. */
static const struct old *
find(const struct again *g, const char *login, uint64_t line)
{
	const struct old key = {.line = line, .login = (char *)login};
	size_t low = 0, high = g->n, middle;

	while (low < high) {
		middle = low + (high - low) / 2;
		if (by_login(g->v + middle, &key) < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return low < g->n && strcmp(g->v[low].login, login) == 0 ? g->v + low
								 : NULL;
}

bool
again_wanted(const struct again *g, const struct ms_csv_mailbox *box)
{
	const char *login = box->login != NULL ? box->login : "";
	const struct old *o;
	bool failed = false, any = false;

	o = find(g, login, box->line);
	if (o != NULL && o->line == box->line)
		return o->failed;
	o = find(g, "", box->line); /* it has been corrected */
	if (o != NULL && o->line == box->line)
		return true;
	/* The lines have moved: then the login decides. */
	for (o = find(g, login, 0);
	     o != NULL && o < g->v + g->n && strcmp(o->login, login) == 0;
	     o++) {
		any = true;
		failed |= o->failed;
	}
	return any ? failed : !g->whole || g->nameless;
}

void
again_free(struct again *g)
{
	size_t i;

	if (g == NULL)
		return;
	for (i = 0; i < g->n; i++)
		free(g->v[i].login);
	free(g->v);
	free(g);
}
