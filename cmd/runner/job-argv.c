/* job-argv.c - the command lines of a job's processes, and the sum of jobs. */
#include "job-impl.h"

#include <stdlib.h>
#include <sysexits.h>

/* ---- command lines ---- */

static void
add(struct job_args *a, const char *arg)
{
	a->v =
	    ms_xreallocarray((void *)(uintptr_t)a->v, a->n + 2, sizeof(*a->v));
	a->v[a->n++] = arg;
	a->v[a->n] = NULL;
}

static void
add_list(struct job_args *a, const char *const *list)
{
	for (; list != NULL && *list != NULL; list++)
		add(a, *list);
}

static void
add_value(struct job_args *a, const char *option, const char *value)
{
	if (value == NULL)
		return;
	add(a, option);
	add(a, value);
}

void
job_args_fetch(struct job_args *a, const struct job *job, bool removing)
{
	static const char fd[] = {'0' + PASSWORD_FD, '\0'};

	add(a, "ms-fetch");
	add(a, "-q");
	add_value(a, "-a", job->archive);
	add_value(a, "-u", job->user);
	add_list(a, job->options);
	add_list(a, job->own);
	if (removing) {
		add(a, "--delete-archived");
		add_list(a, job->remove);
	} else if (job->work == JOB_CHECK) {
		add(a, "--check");
	} else {
		add_list(a, job->fetch);
	}
	if (job->password != NULL)
		add_value(a, "--password-fd", fd);
	add_value(a, "--report", REPORT_PATH);
	add_value(a, "--", job->url);
}

void
job_args_ingest(struct job_args *a, const struct job *job, bool counting)
{
	add(a, "ms-ingest");
	add(a, "-q");
	add_value(a, "-a", job->archive);
	add_value(a, "-u", job->user);
	add_list(a, job->ingest);
	if (counting)
		add(a, "--print-ids");
	add_value(a, "--report", REPORT_PATH);
}

void
job_args_tool(struct job_args *a, const struct job *job)
{
	add(a, job->tool[0]);
	if (job->reports) {
		add(a, "-q");
		add_value(a, "--report", REPORT_PATH);
	}
	add_list(a, job->tool + 1);
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
