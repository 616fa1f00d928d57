/* retry.c - the rows that failed in an earlier run, from its report. */
#include "csvbatch.h"

#include <errno.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define LINE_MAX_BYTES (1024 * 1024)

/* A row of the report. */
struct reported {
	uint64_t line;
	char *login; /* "": it could not be read */
	bool failed;
};

struct retry_list {
	struct reported *v; /* sorted by login and line */
	size_t n, room;
	bool has_end;     /* the run came to its end */
	bool has_unknown; /* there is a row without a login */
};

static int
by_login(const void *a, const void *b)
{
	const struct reported *x = a, *y = b;
	int c = strcmp(x->login, y->login);

	if (c != 0)
		return c;
	return x->line < y->line ? -1 : x->line > y->line;
}

static void
add(struct retry_list *l, const json_t *o)
{
	const char *login = json_string_value(json_object_get(o, "login"));
	const char *result = json_string_value(json_object_get(o, "result"));
	json_int_t line = json_integer_value(json_object_get(o, "line"));

	if (l->n == l->room) {
		l->room = l->room > 0 ? 2 * l->room : 64;
		l->v = ms_xreallocarray(l->v, l->room, sizeof(*l->v));
	}
	l->v[l->n++] = (struct reported){.line = line > 0 ? (uint64_t)line : 0,
	    .login = ms_xstrdup(login != NULL ? login : ""),
	    .failed = result == NULL || strcmp(result, "succeeded") != 0};
	l->has_unknown |= login == NULL;
}

/* Adds a line. -1: the file is not a report of ms-csvbatch. */
static int
add_line(struct retry_list *l, const char *text)
{
	json_t *o = json_loads(text, 0, NULL);
	const char *type = json_string_value(json_object_get(o, "type"));
	const char *tool = json_string_value(json_object_get(o, "tool"));
	int rc = type != NULL ? 0 : -1;

	if (rc == 0 && strcmp(type, "mailbox") == 0)
		add(l, o);
	else if (rc == 0 && strcmp(type, "end") == 0)
		l->has_end = true;
	if (tool != NULL && strcmp(tool, TOOL) != 0)
		rc = -1;
	json_decref(o);
	return rc;
}

static int
read_report(struct retry_list *l, FILE *file, struct ms_err *err)
{
	char *line = NULL;
	size_t room = 0;
	ssize_t n;
	int rc = 0;

	while (rc == 0 && (n = getline(&line, &room, file)) > 0)
		/* The last line may be incomplete if the run was killed. */
		if (n > LINE_MAX_BYTES ||
		    (add_line(l, line) < 0 && line[n - 1] == '\n'))
			rc = ms_fail(err, MS_DATA, "not a report of " TOOL);
	free(line);
	if (rc == 0 && ferror(file) != 0)
		rc = ms_fail_errno(err, "cannot read");
	return rc;
}

int
retry_list_open(struct retry_list **out, const char *report, struct ms_err *err)
{
	struct retry_list *l = ms_xcalloc(1, sizeof(*l));
	FILE *file = fopen(report, "re");
	int rc;

	rc = file != NULL ? read_report(l, file, err)
			  : ms_fail_errno(err, "cannot open");
	if (file != NULL)
		fclose(file);
	if (rc < 0) {
		retry_list_free(l);
		return ms_context(err, "%s", report);
	}
	if (l->n > 0)
		qsort(l->v, l->n, sizeof(*l->v), by_login);
	*out = l;
	return 0;
}

/* The first row with this login at this line or after it. */
static const struct reported *
find(const struct retry_list *l, const char *login, uint64_t line)
{
	const struct reported key = {.line = line, .login = (char *)login};
	size_t low = 0, high = l->n, middle;

	while (low < high) {
		middle = low + (high - low) / 2;
		if (by_login(l->v + middle, &key) < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return low < l->n && strcmp(l->v[low].login, login) == 0 ? l->v + low
								 : NULL;
}

bool
retry_list_has(const struct retry_list *l, const struct ms_csv_mailbox *m)
{
	const char *login = m->login != NULL ? m->login : "";
	const struct reported *o;
	bool failed = false, any = false;

	o = find(l, login, m->line);
	if (o != NULL && o->line == m->line)
		return o->failed;
	o = find(l, "", m->line); /* the row was corrected */
	if (o != NULL && o->line == m->line)
		return true;
	/* The line is another one now: the login decides. */
	for (o = find(l, login, 0);
	     o != NULL && o < l->v + l->n && strcmp(o->login, login) == 0;
	     o++) {
		any = true;
		failed |= o->failed;
	}
	return any ? failed : !l->has_end || l->has_unknown;
}

void
retry_list_free(struct retry_list *l)
{
	size_t i;

	if (l == NULL)
		return;
	for (i = 0; i < l->n; i++)
		free(l->v[i].login);
	free(l->v);
	free(l);
}
