/* fetch-check.c - what ms-fetch would say of a command line, for those who
 * are about to run it many times. */
#include "fetch.h"
#include "fetch-options.h"

#include <getopt.h>

int
fetch_try(int argc, char *argv[], struct ms_err *err)
{
	struct fetch_options opt;
	int rc;

	optind = 0; /* glibc: another command line begins */
	rc = fetch_options(&opt, argc, argv, err);
	fetch_options_release(&opt);
	if (rc < 0 && (err->code == MS_OK || err->msg[0] == '\0'))
		return ms_fail(err, MS_USAGE, "the options are not right");
	return rc < 0 ? -1 : 0;
}
