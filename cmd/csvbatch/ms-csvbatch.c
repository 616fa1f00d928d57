/* ms-csvbatch.c - archives the mailboxes that a table names. The manual is
 * ms-csvbatch(1). */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "csvbatch.h"
#include "actor.h"
#include "run-liveness.h"
#include "secret.h"

/* ---- hooks of the runner ---- */

static void
on_message(void *ctx, const struct job *job, const char *line)
{
	(void)ctx;
	result_say(job->ctx, line);
}

/* A message that the delete run would delete. */
static void
on_output(void *ctx, const struct job *job, const char *line)
{
	const struct row *row = job->ctx;

	(void)ctx;
	ms_warn(TOOL, "%s: would delete %s", row->name, line);
}

static void
on_done(void *ctx, const struct job *job, const struct ms_run_mailbox *result,
    int64_t ms)
{
	rows_job_done(ctx, job, result, ms);
}

static void
on_tick(void *ctx)
{
	struct batch *b = ctx;

	(void)ms_run_log_tick(b->log);
}

static void
on_total(void *ctx, struct ms_buf *out)
{
	const struct batch *b = ctx;

	ms_buf_printf(out,
	    "%zu of %zu mailboxes, %" PRIu64 " failed, %" PRIu64
	    " messages new",
	    b->done, b->count, b->sum.failed + b->sum.with_errors,
	    b->sum.counts.new);
}

/* ---- a run ---- */

/* Begins the record of the run in the archive's log. */
static int
begin_log(struct batch *b, struct ms_err *err)
{
	const char *slash = strrchr(b->opt->file, '/');
	const struct ms_run run = {.number = b->opt->run,
	    .kind = "csv",
	    .name = slash != NULL ? slash + 1 : b->opt->file,
	    .mailboxes = b->count};

	if (b->opt->check)
		return 0;
	if (ms_archive_open(
		&b->archive, b->opt->archive, MS_ARCHIVE_WRITE, err) < 0 ||
	    ms_run_log_begin(&b->log, b->archive, NULL, &run, err) < 0)
		return -1;
	/* Without the lock, ms-profile shows the run as interrupted. */
	if (run.number == 0)
		(void)run_liveness_lock(
		    b->opt->archive, ms_run_log_number(b->log), NULL);
	return 0;
}

static void
run_jobs(struct batch *b)
{
	const struct jobs_hooks hooks = {
	    .message = b->opt->report.verbose ? on_message : NULL,
	    .output = b->opt->dry_run ? on_output : NULL,
	    .done = on_done,
	    .tick = on_tick,
	    .progress = !b->opt->report.quiet,
	    .total = on_total};

	b->jobs = jobs_new(b->opt->at_once, &hooks, b);
	rows_add_jobs(b);
	jobs_run(b->jobs);
}

/* Logins and passwords in a wrong code page can lock accounts. */
static void
remark(struct batch *b)
{
	const char *text = ms_csv_remark(b->table.csv);

	if (text != NULL)
		ms_report_remark(b->report, b->opt->file, text);
}

static int
finish(struct batch *b)
{
	struct ms_run run = job_sum_run(&b->sum);
	struct ms_err err = {0};
	int status = run.status;

	if (ms_run_log_end(b->log, &run, &err) < 0) {
		ms_context(&err, "the archive's log");
		status = ms_warn_end(TOOL, status, &err);
	}
	if (result_end(b, status, &err) < 0)
		status = ms_warn_end(TOOL, status, &err);
	return status;
}

static int
run_batch(const struct csvbatch_options *opt)
{
	struct batch b = {.opt = opt};
	struct ms_err err = {0};
	int status;

	/* --failed-from is read before --report, which may be the same file,
	 * is emptied. */
	if (rows_open(&b, &err) < 0 ||
	    ms_report_open(&b.report, TOOL, &opt->report, &err) < 0 ||
	    begin_log(&b, &err) < 0) {
		status = ms_warn_end(TOOL, 0, &err);
		if (b.report != NULL)
			ms_report_end(b.report, status, NULL, 0, NULL);
	} else {
		remark(&b);
		run_jobs(&b);
		status = finish(&b);
	}
	jobs_free(b.jobs);
	if (b.archive != NULL)
		ms_archive_close(b.archive);
	rows_release(&b);
	if (ms_close_stdout(&err) < 0)
		status = ms_warn_end(TOOL, status, &err);
	return status;
}

static int
run(const struct ms_args *args)
{
	struct csvbatch_options *opt = args->values;
	struct ms_err err = {0};

	opt->url_text = args->v[0];
	opt->file = args->v[1];
	if (csvbatch_options_check(opt, &err) < 0)
		return ms_command_misused(args, &err);
	return run_batch(opt);
}

static const struct ms_command tool = {
    .name = TOOL,
    .options = csvbatch_table,
    .operands = "url file | -",
    .least = 2,
    .most = 2,
    .about = "Archives the mailboxes of a CSV file",
    .see = "The options of ms-fetch are accepted too, and are used for each "
	   "mailbox:\n"
	   "see 'ms-fetch --help'. Those after --delete-archived are for "
	   "deleting.",
    .more = fetch_table,
    .more_call = csvbatch_pass_on,
    .run = run,
    .guard = ms_actor_guard,
};

int
main(int argc, char *argv[])
{
	struct csvbatch_options opt;
	int status;

	ms_secret_protect();
	csvbatch_options_init(&opt);
	status = ms_command_main(&tool, &opt, argc, argv);
	csvbatch_options_release(&opt);
	return status;
}
