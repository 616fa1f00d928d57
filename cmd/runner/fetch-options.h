/*
 * fetch-options.h - the options of ms-fetch: one table for ms-fetch itself and
 * for those who pass them on (ms-csvbatch, ms-profile), so that no two lists
 * can differ.
 */
#ifndef FETCH_TABLE_H
#define FETCH_TABLE_H
#include <stdbool.h>

#include "err.h"
#include "opt.h"

#define FETCH_LETTERS "a:u:nqvhV"
#define FETCH_OPTIONS 64 /* more than there are */

/* What getopt calls those without a letter. */
enum {
	OPT_LOGIN = MS_OPT_LONG,
	OPT_AUTHZID,
	OPT_MASTER,
	OPT_SEPARATOR,
	OPT_AUTH,
	OPT_PASSWORD_FILE,
	OPT_PASSWORD_FD,
	OPT_PASSWORD_COMMAND,
	OPT_TOKEN_COMMAND,
	OPT_CONNECT,
	OPT_CA_FILE,
	OPT_PIN,
	OPT_ACCEPT_ANY,
	OPT_PLAINTEXT,
	OPT_TIMEOUT,
	OPT_MAX_TIME,
	OPT_CONNECTIONS,
	OPT_RETRIES,
	OPT_MAX_RATE,
	OPT_MAX_BYTES,
	OPT_FOLDER,
	OPT_EXCLUDE,
	OPT_ALL_FOLDERS,
	OPT_SENT_FOLDER,
	OPT_SHARED,
	OPT_OTHER_USERS,
	OPT_UNSEEN,
	OPT_SEEN_ONLY,
	OPT_FLAGGED,
	OPT_SINCE,
	OPT_BEFORE,
	OPT_BY_DATE_FIELD,
	OPT_OLDER_THAN,
	OPT_LARGER,
	OPT_SMALLER,
	OPT_NO_AUTO_MOVE,
	OPT_FOLLOW,
	OPT_POLL,
	OPT_DELETE,
	OPT_ARCHIVED_BEFORE,
	OPT_CHECK,
	OPT_LIST_FOLDERS,
	OPT_REPORT
};

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

/* The same for ms_getopt(). */
void fetch_longs(struct option longs[FETCH_OPTIONS + 1]);
/* The option of this name, NULL: ms-fetch has none. */
const struct fetch_option *fetch_option(const char *name);

/* Would ms-fetch take this command line? MS_USAGE, in its words; what getopt(3)
 * has to say goes to stderr. Starts getopt anew. */
int fetch_try(int argc, char *argv[], struct ms_err *err);

#endif
