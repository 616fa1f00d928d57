/* profile-try.c - ms-fetch's own opinion of a command line: its reader is
 * called, so that no second one can differ. */
#include "profile-try.h"

#include <getopt.h>

#include "fetch.h"

int
profile_try_fetch(int argc, char *argv[], struct ms_err *err)
{
	struct options opt;
	int rc;

	optind = 0; /* a second command line begins */
	rc = fetch_options(&opt, argc, argv, err);
	fetch_options_release(&opt);
	return rc;
}
