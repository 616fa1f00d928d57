/* output.c - the name of the file to which an export profile writes.
 * ms-profile(5), output. */
#include "common.h"

#include "local-date.h"

char *
profile_output(const char *output, int64_t now, struct ms_err *err)
{
	struct ms_buf out = {0};

	if (ms_local_date(&out, output, now) == 0)
		return ms_buf_str(&out);
	ms_buf_release(&out);
	ms_fail(err, MS_USAGE,
	    "output: unknown %% sequence (try %%Y %%m %%d %%H %%M %%S %%%%)");
	return NULL;
}
