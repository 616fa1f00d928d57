/* run.c - runs ms-fetch: from the list of folders to the exit status. */
#include "run.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>
#include <unistd.h>

#include "account.h"
#include "clock.h"
#include "dispatch.h"
#include "follow.h"
#include "listing.h"
#include "opt.h"
#include "output.h"
#include "stop.h"

#define COUNTED_MAX 50 /* folders that are opened to count their messages */
#define SIMILAR_MAX 5  /* names of folders in an error */

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
	f->unlisted = listed->unlisted;
	if (listed->duplicate)
		account_folder_unreadable(
		    r, f, "another folder has the same name");
	else if (strlen(listed->name) > MS_FOLDER_MAX)
		account_folder_unreadable(r, f, "name too long");
}

/* The last level of a name. */
static const char *
last_level(const char *name)
{
	const char *slash = strrchr(name, '/');

	return slash != NULL && slash[1] != '\0' ? slash + 1 : name;
}

/* Appends the names of folders whose last level is the same, in any case: many
 * servers keep all folders below INBOX. */
static void
add_similar(const struct run *r, const char *name, struct ms_buf *out)
{
	size_t i, n = 0;

	for (i = 0; i < r->listed_count && n < SIMILAR_MAX; i++)
		if (strcasecmp(
			last_level(r->listed[i].name), last_level(name)) == 0)
			ms_buf_printf(out, "%s'%s'",
			    n++ > 0 ? ", " : "; there is ", r->listed[i].name);
}

/* Reports each --folder and --sent-folder that names no folder. */
static void
report_unmatched(struct run *r, const struct ms_folders *rules)
{
	struct ms_buf why = {0};
	const char *name;
	size_t at = 0;

	while ((name = ms_folders_unmatched(
		    rules, r->listed, r->listed_count, &at)) != NULL) {
		ms_buf_clear(&why);
		ms_buf_add_str(&why, "no such folder");
		add_similar(r, name, &why);
		account_folder_failed(r,
		    ms_report_tally(r->report, r->user, r->source, name), name,
		    ms_buf_str(&why));
	}
	ms_buf_release(&why);
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
		else if (r->opt->report.verbose)
			ms_report_note(r->report, "%s: left out: %s",
			    r->listed[i].name, v[i].why);
	}
	report_unmatched(r, rules);
	ms_folders_free(rules);
	return rc;
}

/* Folders that a default leaves out are counted, as far as that is cheap. */
static void
report_unopened(struct run *r)
{
	const struct ms_folder_verdict *v;
	size_t i, counted = 0;
	uint64_t n;

	for (i = 0; i < r->listed_count; i++) {
		v = &r->verdicts[i];
		if (v->mode != MS_FOLDER_SKIP || !r->listed[i].selectable)
			continue;
		n = MS_REPORT_UNKNOWN;
		if (v->option != NULL && counted++ < COUNTED_MAX &&
		    r->aborted.code == MS_OK)
			n = dispatch_count(r, r->listed[i].raw);
		ms_report_unopened(
		    r->report, r->listed[i].name, n, v->why, v->option);
	}
}

/* Some servers number a folder anew each time it is opened read-only, until it
 * was opened to write (Courier): then every run reads all headers. */
static void
report_volatile(struct run *r)
{
	struct folder *f;

	for (f = r->folders; f < r->folders + r->folder_count; f++)
		if (f->renumbered && r->aborted.code == MS_OK &&
		    dispatch_count(r, f->raw) != MS_REPORT_UNKNOWN &&
		    r->counted_validity != f->mailbox.uidvalidity)
			ms_report_remark(r->report, f->mailbox.name,
			    "the server gives a new UIDVALIDITY each time the "
			    "folder is opened; open it once with a mail "
			    "program, then fetch it again");
}

/* ---- the run ---- */

/* Two tools of a pipe must not draw on the same terminal. */
static bool
next_tool_shows(const struct run *r)
{
	struct stat st;

	return ms_report_draws(r->report) && r->opt->job == FETCH_JOB_FETCH &&
	       fstat(STDOUT_FILENO, &st) == 0 && S_ISFIFO(st.st_mode);
}

static void
report_check(const struct run *r)
{
	size_t i, n = 0;

	for (i = 0; i < r->listed_count; i++)
		n += r->listed[i].selectable;
	if (!r->opt->report.quiet)
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
	report_volatile(r);
	if (r->opt->job == FETCH_JOB_FETCH)
		report_unopened(r);
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
	if (opt->archive != NULL && opt->job == FETCH_JOB_FETCH)
		ms_archive_id(
		    ms_lookup_archive(r->lookup), r->trailer->archive);
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
	ms_buf_release(&r->remark);
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
		.force_short = opt->force_short,
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
	r.pipes = next_tool_shows(&r);
	if (r.pipes)
		ms_report_share();
	ms_stop_catch();
	/* The workers are started before the archive is opened. */
	if (pool_open(&pool, opt, password, &err) < 0 ||
	    open_archive(&r, &err) < 0) {
		account_abort(&r, &err);
	} else {
		r.output = output_new(&r, out);
		do_job(&r);
	}
	if (r.aborted.code != MS_OK) {
		if (r.output != NULL && output_busy(r.output))
			(void)output_cancel(r.output, r.aborted.msg, NULL);
		if (r.folders == NULL)
			ms_report_failed(report,
			    opt->job == FETCH_JOB_CHECK ? opt->url.host
							: r.source,
			    r.aborted.msg);
		account_rest(&r);
	}
	account_report_left_out(&r);
	t->status = account_status(&r);
	pool_close(&pool);
	release(&r);
	ms_buf_release(&source);
}
