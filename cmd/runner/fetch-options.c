/* fetch-options.c - the options of ms-fetch(1). */
#include "fetch-options.h"

#include <string.h>

const struct fetch_option fetch_table[] = {
    {"archive", true, false, 'a', FETCH_RUN},
    {"user", true, false, 'u', FETCH_RUN},
    {"follow", false, false, OPT_FOLLOW, FETCH_RUN},
    {"poll", true, false, OPT_POLL, FETCH_RUN},
    {"check", false, false, OPT_CHECK, FETCH_RUN},
    {"list-folders", false, false, OPT_LIST_FOLDERS, FETCH_RUN},
    {"report", true, false, OPT_REPORT, FETCH_RUN},
    {"quiet", false, false, 'q', FETCH_RUN},
    {"verbose", false, false, 'v', FETCH_RUN},
    {"help", false, false, 'h', FETCH_RUN},
    {"version", false, false, 'V', FETCH_RUN},
    {"login", true, false, OPT_LOGIN, FETCH_LOGIN},
    {"authzid", true, false, OPT_AUTHZID, FETCH_LOGIN},
    {"master", true, false, OPT_MASTER, FETCH_LOGIN},
    {"master-separator", true, false, OPT_SEPARATOR, FETCH_LOGIN},
    {"password-file", true, false, OPT_PASSWORD_FILE, FETCH_SECRET},
    {"password-fd", true, false, OPT_PASSWORD_FD, FETCH_SECRET},
    {"password-command", true, false, OPT_PASSWORD_COMMAND, FETCH_SECRET},
    {"token-command", true, false, OPT_TOKEN_COMMAND, FETCH_SECRET},
    {"auth", true, false, OPT_AUTH, FETCH_SERVER},
    {"connect", true, false, OPT_CONNECT, FETCH_SERVER},
    {"ca-file", true, false, OPT_CA_FILE, FETCH_SERVER},
    {"pin", true, true, OPT_PIN, FETCH_SERVER},
    {"accept-any-certificate", false, false, OPT_ACCEPT_ANY, FETCH_SERVER},
    {"insecure-plaintext", false, false, OPT_PLAINTEXT, FETCH_SERVER},
    {"timeout", true, false, OPT_TIMEOUT, FETCH_SERVER},
    {"max-time", true, false, OPT_MAX_TIME, FETCH_SERVER},
    {"connections", true, false, OPT_CONNECTIONS, FETCH_SERVER},
    {"retries", true, false, OPT_RETRIES, FETCH_SERVER},
    {"max-rate", true, false, OPT_MAX_RATE, FETCH_SERVER},
    {"max-bytes", true, false, OPT_MAX_BYTES, FETCH_SERVER},
    {"folder", true, true, OPT_FOLDER, FETCH_CHOICE},
    {"exclude", true, true, OPT_EXCLUDE, FETCH_CHOICE},
    {"all-folders", false, false, OPT_ALL_FOLDERS, FETCH_CHOICE},
    {"sent-folder", true, false, OPT_SENT_FOLDER, FETCH_CHOICE},
    {"shared", false, false, OPT_SHARED, FETCH_CHOICE},
    {"other-users", false, false, OPT_OTHER_USERS, FETCH_CHOICE},
    {"unseen", false, false, OPT_UNSEEN, FETCH_CHOICE},
    {"seen-only", false, false, OPT_SEEN_ONLY, FETCH_CHOICE},
    {"flagged", false, false, OPT_FLAGGED, FETCH_CHOICE},
    {"since", true, false, OPT_SINCE, FETCH_CHOICE},
    {"before", true, false, OPT_BEFORE, FETCH_CHOICE},
    {"by-date-field", false, false, OPT_BY_DATE_FIELD, FETCH_CHOICE},
    {"older-than", true, false, OPT_OLDER_THAN, FETCH_CHOICE},
    {"larger", true, false, OPT_LARGER, FETCH_CHOICE},
    {"smaller", true, false, OPT_SMALLER, FETCH_CHOICE},
    {"no-auto-move", false, false, OPT_NO_AUTO_MOVE, FETCH_FETCH},
    {"delete-archived", false, false, OPT_DELETE, FETCH_DELETE},
    {"archived-before", true, false, OPT_ARCHIVED_BEFORE, FETCH_DELETE},
    {"dry-run", false, false, 'n', FETCH_DELETE},
    {NULL, false, false, 0, FETCH_RUN},
};

_Static_assert(
    sizeof(fetch_table) / sizeof(fetch_table[0]) <= FETCH_OPTIONS + 1,
    "FETCH_OPTIONS");

void
fetch_longs(struct option longs[FETCH_OPTIONS + 1])
{
	const struct fetch_option *o;

	for (o = fetch_table; o->name != NULL; o++)
		*longs++ = (struct option){.name = o->name,
		    .has_arg = o->argument ? required_argument : no_argument,
		    .val = o->letter};
	*longs = (struct option){0};
}

const struct fetch_option *
fetch_option(const char *name)
{
	const struct fetch_option *o;

	for (o = fetch_table; o->name != NULL; o++)
		if (strcmp(o->name, name) == 0)
			return o;
	return NULL;
}
