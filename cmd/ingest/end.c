/* end.c - the end of a run of ms-ingest(1). */
#include "run.h"

#include <errno.h>

#include "opt.h"

/* An id that cannot be printed does not stop the run; the error is returned
 * here. */
static int
close_stdout(int stdout_errno, struct ms_err *err)
{
	int rc = ms_close_stdout(err);

	if (stdout_errno == 0)
		return rc;
	errno = stdout_errno;
	return ms_fail_errno(err, "standard output");
}

int
ingest_end(struct ms_report *report, int status, int stdout_errno)
{
	struct ms_err why = {0};

	if (close_stdout(stdout_errno, &why) < 0)
		status = ms_warn_end(TOOL, status, &why);
	if (ms_report_close(report, status, &why) < 0)
		status = ms_warn_end(TOOL, status, &why);
	return status;
}
