/* ms-csvbatch - archive the mailboxes that a table names. See ms-csvbatch(1).
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sysexits.h>

#include "csvbatch.h"
#include "opt.h"

#define TICK_MS 1000 /* without a terminal */

/* ---- what the runner has to say ---- */

static void
on_said(void *ctx, const struct job *job, const char *line)
{
	struct run *run = ctx;
	const struct row *row = job->mine;

	live_clear(run->live);
	ms_warn(TOOL, "%s: %s", row->name, line);
}

/* What a delete run would delete. */
static void
on_printed(void *ctx, const struct job *job, const char *line)
{
	struct run *run = ctx;
	const struct row *row = job->mine;

	live_clear(run->live);
	ms_warn(TOOL, "%s: would delete %s", row->name, line);
}

static void
on_done(void *ctx, const struct job *job, const struct job_result *result)
{
	rows_job_done(ctx, job, result);
}

static void
on_tick(void *ctx)
{
	struct run *run = ctx;
	struct ms_buf total = {0};

	log_tick(run);
	if (run->live == NULL)
		return;
	ms_buf_printf(&total,
	    "%zu of %zu mailboxes, %" PRIu64 " failed, %" PRIu64
	    " messages new",
	    run->done, run->count, run->sum.failed + run->sum.some,
	    run->sum.fresh);
	live_draw(run->live, run->jobs, ms_buf_str(&total));
	ms_buf_release(&total);
}

/* ---- a run ---- */

static void
do_jobs(struct run *run)
{
	const struct jobs_hooks hooks = {.said = on_said,
	    .printed = run->opt->dry_run ? on_printed : NULL,
	    .done = on_done,
	    .tick = on_tick,
	    .tick_ms = run->live != NULL ? LIVE_TICK_MS : TICK_MS,
	    .counting = run->live != NULL};

	run->jobs = jobs_new(run->opt->at_once, &hooks, run);
	rows_begin(run);
	jobs_run(run->jobs);
	live_clear(run->live);
}

static int
worse(int status, const struct ms_err *err)
{
	ms_warn(TOOL, "%s", err->msg);
	return status == 0 ? ms_status(err->code) : status;
}

/* Everything has been said of every row: what follows for the whole. */
static int
finish(struct run *run)
{
	int status = job_sum_status(&run->sum);
	struct ms_err err = {0};

	if (log_end(run, status, &err) < 0)
		status = worse(status, &err);
	if (result_end(run, status, &err) < 0)
		status = worse(status, &err);
	return status;
}

static int
do_run(const struct options *opt)
{
	struct run run = {.opt = opt};
	struct ms_err err = {0};
	int status;

	/* What failed before is read before a report of that name is made. */
	if (rows_open(&run, &err) < 0 ||
	    ms_report_open(&run.report, TOOL, opt->report, opt->quiet, &err) <
		0 ||
	    log_begin(&run, &err) < 0) {
		status = worse(0, &err);
		log_close(&run);
		if (run.report != NULL)
			ms_report_end(run.report, status, NULL, 0, NULL);
	} else {
		run.live = live_new(!opt->quiet);
		do_jobs(&run);
		status = finish(&run);
	}
	live_free(run.live);
	jobs_free(run.jobs);
	rows_release(&run);
	if (ms_close_stdout(&err) < 0)
		status = worse(status, &err);
	return status;
}

int
main(int argc, char *argv[])
{
	const struct rlimit no_core = {0, 0};
	struct options opt;
	struct ms_err err = {0};
	int rc, status = 0;

	setrlimit(RLIMIT_CORE, &no_core); /* a core would hold passwords */
	rc = csvbatch_options(&opt, argc, argv, &err);
	if (rc == 0) {
		status = do_run(&opt);
	} else if (rc < 0) {
		if (err.code != MS_OK)
			ms_warn(TOOL, "%s", err.msg);
		fputs(csvbatch_usage, stderr);
		status = EX_USAGE;
	} else if (ms_close_stdout(&err) < 0) {
		ms_warn(TOOL, "%s", err.msg);
		status = ms_status(err.code);
	}
	csvbatch_options_release(&opt);
	return status;
}
