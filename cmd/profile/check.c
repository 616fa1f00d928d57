/* check.c - the verb check: tries connection and login, or whether the files of
 * a profile are accessible. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>
#include <unistd.h>

#include "plan.h"
#include "show.h"

struct checking {
	const char *profile;
	struct job_sum sum;
};

/* Prints a line: profile, mailbox, "ok" or the status and the reason. */
static void
show_line(struct checking *c, const char *name, const struct ms_run_mailbox *r)
{
	job_sum_add(&c->sum, r);
	show_field(c->profile, '\t');
	show_field(name, '\t');
	if (r->status == 0) {
		puts("ok");
		return;
	}
	show_count((uint64_t)r->status, '\t');
	show_field(r->reason, '\n');
}

static void
show_errno(struct checking *c, const char *path, int rc)
{
	struct ms_run_mailbox r = {.result = MS_RUN_SUCCEEDED};
	struct ms_err err = {0};

	if (rc < 0) {
		ms_fail_errno(&err, "%s", path);
		r.result = MS_RUN_FAILED;
		r.status = ms_status(err.code);
		r.reason = err.msg;
	}
	show_line(c, path, &r);
}

static void
on_done(void *ctx, const struct job *job, const struct ms_run_mailbox *result,
    int64_t ms)
{
	(void)ms;
	show_line(ctx, job->name, result);
	fflush(stdout);
}

/* ---- by kind ---- */

static void
check_files(struct checking *c, const struct ms_profile *p)
{
	const char *path;
	size_t at = 0;

	while ((path = ms_profile_next(p, "file", &at)) != NULL)
		show_errno(c, path, access(path, R_OK));
}

/* Can a file be created in the folder of the output? */
static void
check_output(struct checking *c, const struct ms_profile *p)
{
	const char *output = ms_profile_value(p, "output");
	const char *slash = strrchr(output, '/');
	char *folder =
	    ms_xstrndup(output, slash == output ? 1 : (size_t)(slash - output));

	show_errno(c, folder, access(folder, W_OK | X_OK));
	free(folder);
}

static int
check_jobs(struct checking *c, struct tool *t, const struct ms_account *owner,
    const struct ms_profile *p, struct ms_err *err)
{
	const struct jobs_hooks hooks = {.done = on_done};
	struct plan plan;
	struct jobs *jobs = NULL;
	int rc = plan_make(&plan, t, owner, p, true, false, err);

	if (rc == 0)
		jobs = jobs_new(plan.at_once, &hooks, c);
	for (size_t i = 0; rc == 0 && i < plan.count; i++)
		jobs_add(jobs, &plan.jobs[i].job);
	if (rc == 0)
		jobs_run(jobs);
	jobs_free(jobs);
	plan_release(&plan);
	return rc;
}

/* The exit status. */
static int
check_one(struct tool *t, const char *name)
{
	struct checking c = {.profile = name};
	struct ms_stored_profile stored = {0};
	struct ms_account owner = {0};
	struct ms_profile p = {0};
	struct ms_err err = {0};
	int got;

	if (tool_profile(t, name, 0, &stored, &err) < 0)
		goto out;
	got = ms_account_get(t->archive, stored.owner, &owner, &err);
	if (got == 0)
		ms_fail(&err, MS_AUTH, "the profile has no owner");
	if (got != 1 ||
	    profile_validate(
		t, &owner, ms_slice_str(stored.text), false, &p, &err) < 0 ||
	    profile_check_demoted(t, &stored, &owner, &p, &err) < 0)
		goto out;
	profile_warn_query(name, &p);
	if (p.kind == MS_PROFILE_FILES)
		check_files(&c, &p);
	else if (p.kind == MS_PROFILE_EXPORT)
		check_output(&c, &p);
	else
		check_jobs(&c, t, &owner, &p, &err);
out:
	ms_profile_release(&p);
	ms_account_release(&owner);
	ms_stored_profile_release(&stored);
	return err.code != MS_OK ? tool_warn(name, &err)
				 : job_sum_run(&c.sum).status;
}

int
verb_check(const struct ms_args *args)
{
	return tool_each_name(args, check_one);
}
