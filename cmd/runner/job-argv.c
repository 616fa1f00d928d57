/* job-argv.c - the command lines of the processes of a job. */
#include "job-impl.h"

static void
add_value(struct argv *a, const char *option, const char *value)
{
	if (value == NULL)
		return;
	argv_add(a, option);
	argv_add(a, value);
}

void
job_argv_fetch(struct argv *a, const struct job *job, bool deleting)
{
	argv_add(a, "ms-fetch");
	argv_add(a, "-q");
	add_value(a, "-a", job->archive);
	add_value(a, "-u", job->user);
	argv_add_list(a, job->options);
	argv_add_list(a, job->own_options);
	if (deleting) {
		argv_add(a, "--delete-archived");
		argv_add_list(a, job->delete_options);
	} else if (job->work == JOB_CHECK) {
		argv_add(a, "--check");
	} else {
		argv_add_list(a, job->fetch_options);
	}
	if (job->token_command != NULL)
		argv_addf(a, "--token-command-fd=%d", PASSWORD_FD);
	else if (job->password != NULL)
		argv_addf(a, "--password-fd=%d", PASSWORD_FD);
	add_value(a, "--report", REPORT_PATH);
	add_value(a, "--", job->url);
}

void
job_argv_ingest(struct argv *a, const struct job *job, bool print_ids)
{
	argv_add(a, "ms-ingest");
	argv_add(a, "-q");
	add_value(a, "-a", job->archive);
	add_value(a, "-u", job->user);
	argv_add_list(a, job->ingest_options);
	if (print_ids)
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
