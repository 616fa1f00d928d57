/* argv.c - lists of arguments for the command lines of tools. */
#include "argv.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "buf.h"

static void
append(struct argv *a, char *arg)
{
	a->v = ms_xreallocarray(a->v, a->n + 2, sizeof(*a->v));
	a->v[a->n++] = arg;
	a->v[a->n] = NULL;
}

void
argv_add(struct argv *a, const char *arg)
{
	append(a, ms_xstrdup(arg));
}

void
argv_addf(struct argv *a, const char *fmt, ...)
{
	char *arg;
	va_list ap;
	int n;

	va_start(ap, fmt);
	n = vasprintf(&arg, fmt, ap);
	va_end(ap);
	if (n < 0)
		ms_out_of_memory();
	append(a, arg);
}

void
argv_add_list(struct argv *a, const struct argv *list)
{
	for (size_t i = 0; list != NULL && i < list->n; i++)
		argv_add(a, list->v[i]);
}

void
argv_release(struct argv *a)
{
	for (size_t i = 0; i < a->n; i++)
		free(a->v[i]);
	free(a->v);
	*a = (struct argv){0};
}
