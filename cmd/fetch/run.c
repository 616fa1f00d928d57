/* run.c - runs ms-fetch: from the list of folders to the exit status. */
#include "run.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "account.h"
#include "clock.h"
#include "dispatch.h"
#include "follow.h"
#include "listing.h"
#include "opt.h"
#include "output.h"

/* ---- folders ---- */

static void
add_folder(struct run *r, const struct ms_imap_folder *listed,
    const struct ms_folder_verdict *v)
{
	struct folder *f = r->folders + r->folder_count++;

	*f = (struct folder){.raw = ms_xstrdup(listed->raw),
	    .mailbox.name = ms_xstrdup(listed->name),
	    .uses = v->uses,
	    .labels = (r->capabilities & MS_CAP_GMAIL) != 0 &&
		      (v->uses & MS_USE_ALL) != 0};
	f->tally = ms_report_tally(r->report, r->user, r->source, listed->name);
	if (listed->duplicate)
		account_folder_unreadable(
		    r, f, "another folder has the same name");
	else if (strlen(listed->name) > MS_FOLDER_MAX)
		account_folder_unreadable(r, f, "name too long");
}

/* Reports each --folder and --sent-folder that names no folder. */
static void
report_unmatched(struct run *r, const struct ms_folders *rules)
{
	struct ms_tally *tally;
	const char *name;
	size_t at = 0;

	while ((name = ms_folders_unmatched(
		    rules, r->listed, r->listed_count, &at)) != NULL) {
		ms_report_failed(r->report, name, "no such folder");
		tally = ms_report_tally(r->report, r->user, r->source, name);
		tally->seen++;
		tally->failed++;
		r->trailer->failed++;
	}
}

/* One line for each folder: whether it is read, its name, and why. */
static int
print_folders(
    struct run *r, const struct ms_folder_verdict *v, struct ms_err *err)
{
	static const char *const way[] = {"-", "+", "label"};
	struct ms_buf line = {0};
	size_t i;
	int rc = 0;

	for (i = 0; i < r->listed_count && rc == 0; i++) {
		ms_buf_clear(&line);
		ms_listing_escape(
		    &line, r->listed[i].name, strlen(r->listed[i].name));
		if (printf("%s\t%s\t%s\n", way[v[i].mode], ms_buf_str(&line),
			v[i].why) < 0)
			rc = ms_fail_errno(err, "standard output");
	}
	ms_buf_release(&line);
	return rc;
}

static int
choose_folders(struct run *r, struct ms_err *err)
{
	struct ms_folders_options options = r->opt->folders;
	struct ms_folder_verdict *v; /* r's */
	struct ms_folders *rules = NULL;
	size_t i;
	int rc = 0;

	options.gmail = (r->capabilities & MS_CAP_GMAIL) != 0;
	if (ms_folders_new(&rules, &options, err) < 0)
		return -1;
	v = r->verdicts = ms_xcalloc(r->listed_count + 1, sizeof(*v));
	r->folders = ms_xcalloc(r->listed_count + 1, sizeof(*r->folders));
	ms_folders_match(rules, r->listed, r->listed_count, v);
	if (r->opt->job == FETCH_JOB_LIST_FOLDERS)
		rc = print_folders(r, v, err);
	for (i = 0; i < r->listed_count; i++) {
		if (r->opt->job == FETCH_JOB_LIST_FOLDERS)
			continue;
		if (v[i].mode == MS_FOLDER_READ)
			add_folder(r, r->listed + i, v + i);
		else if (r->opt->verbose)
			ms_warn(TOOL, "%s: left out: %s", r->listed[i].name,
			    v[i].why);
	}
	report_unmatched(r, rules);
	ms_folders_free(rules);
	return rc;
}

/* ---- the run ---- */

static void
report_check(const struct run *r)
{
	size_t i, n = 0;

	for (i = 0; i < r->listed_count; i++)
		n += r->listed[i].selectable;
	if (!r->opt->quiet)
		ms_warn(TOOL, "%s: logged in as %s, %zu %s", r->opt->url.host,
		    r->opt->login_name, n, n == 1 ? "folder" : "folders");
}

static void
do_job(struct run *r)
{
	struct ms_err err = {0};

	dispatch_list_folders(r);
	if (r->aborted.code != MS_OK)
		return;
	if (r->opt->job == FETCH_JOB_CHECK) {
		report_check(r);
		return;
	}
	if (choose_folders(r, &err) < 0) {
		account_abort(r, &err);
		return;
	}
	dispatch_loop(r);
	if (r->opt->follow && r->aborted.code == MS_OK)
		follow(r);
}

static int
open_archive(struct run *r, struct ms_err *err)
{
	const struct fetch_options *opt = r->opt;
	const struct ms_lookup_options options = {.archive = opt->archive,
	    .user = r->user,
	    .source = r->source,
	    .write = r->rules.delete_archived && !opt->dry_run,
	    .watch_moves = opt->job == FETCH_JOB_FETCH && !opt->no_auto_move};

	if (ms_lookup_open(&r->lookup, &options, err) < 0)
		return -1;
	return r->rules.delete_archived
		   ? ms_expunge_open(&r->expunge, &r->rules, r->lookup, err)
		   : 0;
}

static void
release(struct run *r)
{
	size_t i;

	output_free(r->output);
	ms_expunge_close(r->expunge);
	ms_lookup_close(r->lookup);
	for (i = 0; i < r->folder_count; i++)
		folder_release(r->folders + i);
	free(r->folders);
	free(r->verdicts);
	ms_imap_folders_free(r->listed, r->listed_count);
	ms_buf_release(&r->criteria);
	ms_pending_moves_release(&r->moves);
}

void
fetch_run(const struct fetch_options *opt, struct ms_secret *password,
    struct ms_stream_writer *out, struct ms_report *report,
    struct ms_trailer *t)
{
	struct worker_pool pool;
	struct run r = {.opt = opt,
	    .report = report,
	    .trailer = t,
	    .pool = &pool,
	    .rules = {.choice = &opt->choice,
		.delete_archived = opt->job == FETCH_JOB_DELETE,
		.has_archived_before = opt->has_archived_before,
		.archived_before = opt->archived_before},
	    .backoff = {.retries = opt->retries, .follows = opt->follow}};
	struct ms_buf source = {0};
	struct ms_err err = {0};

	ms_url_source(&opt->url, opt->identity, &source);
	r.source = ms_buf_str(&source);
	r.user = ms_opt_user(opt->user, NULL);
	(void)ms_choose_search(
	    &opt->choice, &r.criteria, &r.rules.search_is_exact);
	if (opt->accept_any)
		ms_warn(TOOL,
		    "%s: warning: certificate is not verified "
		    "(--accept-any-certificate)",
		    opt->url.host);
	if (opt->max_time > 0)
		r.deadline_ms = ms_clock_ms() + (int64_t)opt->max_time * 1000;
	pool_catch_signals();
	/* The workers are started before the archive is opened. */
	if (pool_open(&pool, opt, password, &err) < 0 ||
	    open_archive(&r, &err) < 0) {
		account_abort(&r, &err);
	} else {
		r.output = output_new(&r, out);
		do_job(&r);
	}
	if (r.aborted.code != MS_OK) {
		if (r.folders == NULL)
			ms_report_failed(report,
			    opt->job == FETCH_JOB_CHECK ? opt->url.host
							: r.source,
			    r.aborted.msg);
		account_rest(&r);
	}
	t->status = account_status(&r);
	pool_close(&pool);
	release(&r);
	ms_buf_release(&source);
}
