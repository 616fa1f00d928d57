/*
 * fetch-table.h - the options of ms-fetch: one table for ms-fetch itself and
 * for those who pass them on (ms-csvbatch, ms-profile), so that no two lists
 * can differ.
 */
#ifndef FETCH_TABLE_H
#define FETCH_TABLE_H
#include <stdbool.h>

#include "opt.h"

#define FETCH_LETTERS "a:u:nqvhV"

/* Whose business an option is. */
enum fetch_class {
	FETCH_RUN,    /* who runs it: archive, user, report, kinds of run */
	FETCH_SECRET, /* where the password comes from */
	FETCH_LOGIN,  /* who logs in, whose mailbox it is */
	FETCH_SERVER, /* the connection */
	FETCH_CHOICE, /* which folders and messages, here or to delete */
	FETCH_FETCH,  /* of fetching only, without meaning for a delete run */
	FETCH_DELETE  /* of the delete run only */
};

struct fetch_option {
	const char *name; /* long, without dashes; NULL ends the table */
	bool argument;
	bool many;  /* may be given several times */
	int letter; /* or a number of its own, MS_OPT_LONG and above */
	enum fetch_class class;
};
extern const struct fetch_option fetch_table[];

/* The option of this name, NULL: ms-fetch has none. */
const struct fetch_option *fetch_option(const char *name);

#endif
