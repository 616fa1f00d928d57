/* job-argv.c - the command lines of a job's processes, and the sum of jobs. */
#include "job-impl.h"

#include <sysexits.h>

/* ---- command lines ---- */

static void
add_value(struct argv *a, const char *option, const char *value)
{
	if (value == NULL)
		return;
	argv_add(a, option);
	argv_add(a, value);
}

void
job_argv_fetch(struct argv *a, const struct job *job, bool removing)
{
	argv_add(a, "ms-fetch");
	argv_add(a, "-q");
	add_value(a, "-a", job->archive);
	add_value(a, "-u", job->user);
	argv_add_list(a, job->options);
	argv_add_list(a, job->own);
	if (removing) {
		argv_add(a, "--delete-archived");
		argv_add_list(a, job->remove);
	} else if (job->work == JOB_CHECK) {
		argv_add(a, "--check");
	} else {
		argv_add_list(a, job->fetch);
	}
	if (job->password != NULL)
		argv_addf(a, "--password-fd=%d", PASSWORD_FD);
	add_value(a, "--report", REPORT_PATH);
	add_value(a, "--", job->url);
}

void
job_argv_ingest(struct argv *a, const struct job *job, bool counting)
{
	argv_add(a, "ms-ingest");
	argv_add(a, "-q");
	add_value(a, "-a", job->archive);
	add_value(a, "-u", job->user);
	argv_add_list(a, job->ingest);
	if (counting)
		argv_add(a, "--print-ids");
	add_value(a, "--report", REPORT_PATH);
}

void
job_argv_tool(struct argv *a, const struct job *job)
{
	argv_add(a, job->tool->v[0]);
	if (job->reports) {
		argv_add(a, "-q");
		add_value(a, "--report", REPORT_PATH);
	}
	for (size_t i = 1; i < job->tool->n; i++)
		argv_add(a, job->tool->v[i]);
}

/* ---- names and sums ---- */

const char *
job_end_name(enum job_end end)
{
	static const char *const names[] = {[JOB_SUCCEEDED] = "succeeded",
	    [JOB_SOME] = "completed with errors",
	    [JOB_FAILED] = "failed",
	    [JOB_CANCELLED] = "cancelled"};

	return names[end];
}

void
job_sum_add(struct job_sum *sum, const struct job_result *r)
{
	uint64_t *const ends[] = {[JOB_SUCCEEDED] = &sum->succeeded,
	    [JOB_SOME] = &sum->some,
	    [JOB_FAILED] = &sum->failed,
	    [JOB_CANCELLED] = &sum->cancelled};

	if (r->end == JOB_FAILED)
		sum->agreed = sum->failed == 0 || sum->agreed == r->status
				  ? r->status
				  : MS_STATUS_SOME;
	*ends[r->end] += 1;
	sum->jobs++;
	sum->seen += r->seen;
	sum->fresh += r->fresh;
	sum->known += r->known;
	sum->left_out += r->left_out;
	sum->failures += r->failed;
	sum->deleted += r->deleted;
}

int
job_sum_status(const struct job_sum *sum)
{
	if (sum->cancelled > 0)
		return EX_TEMPFAIL;
	if (sum->succeeded == sum->jobs)
		return 0;
	return sum->failed == sum->jobs ? sum->agreed : MS_STATUS_SOME;
}
