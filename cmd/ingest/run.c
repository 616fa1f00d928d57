/* run.c - a run of ms-ingest(1): reads its inputs, adds their messages to the
 * archive and reports the results. */
#include "run.h"

#include <errno.h>
#include <string.h>
#include <sysexits.h>

#include "actor.h"
#include "assign.h"
#include "by-folder.h"
#include "receipt.h"
#include "container.h"
#include "event.h"
#include "opt.h"
#include "outlook.h"
#include "resume.h"
#include "stop.h"

/* ---- one input ---- */

/* A stream of ms-fetch may leave out what an archive has already. If that is
 * another archive, this one does not get all mail. */
static void
check_archive(struct run *r, const struct ms_trailer *t, const char *name)
{
	char id[MS_ARCHIVE_ID_HEX + 1];

	ms_archive_id(r->archive, id);
	if (t->archive[0] == '\0' || strcmp(t->archive, id) == 0)
		return;
	ms_warn(TOOL,
	    "%s: this stream leaves out what archive %s has; fetch again with "
	    "-a %s or --no-archive",
	    name,
	    strcmp(t->archive, MS_SEVERAL_ARCHIVES) == 0 ? "others"
							 : t->archive,
	    ms_archive_path(r->archive));
	if (r->stream_status < EX_DATAERR)
		r->stream_status = EX_DATAERR;
}

static void
handle_trailer(struct run *r, const struct ms_source *src, const char *name,
    uint64_t arrived)
{
	struct ms_trailer t;
	bool whole;

	if (ms_source_trailer(src, &t, &whole) != 1)
		return;
	if (!whole && ms_stopped != 0) {
		r->stopped = true;
		return;
	}
	if (!whole) {
		r->cut = true;
		ms_warn(TOOL,
		    "%s: the stream has no trailer, so its writer was "
		    "interrupted; its whole messages were added",
		    name);
		return;
	}
	if (t.status > r->stream_status)
		r->stream_status = t.status;
	check_archive(r, &t, name);
	if (t.messages == arrived)
		return;
	pthread_mutex_lock(&r->lock);
	ms_report_note(r->report, "%s: %llu messages were sent, %llu arrived",
	    name, (unsigned long long)t.messages, (unsigned long long)arrived);
	pthread_mutex_unlock(&r->lock);
}

/* In a pipe, ms-fetch says how far it is; the line on the terminal is here. */
static void
show_progress(
    struct run *r, const struct ms_source *src, const char *name, uint64_t seen)
{
	struct ms_progress p = {.what = name, .messages = seen};

	ms_source_progress(src, &p);
	(void)ms_source_writer(src, &p);
	pthread_mutex_lock(&r->lock);
	ms_report_progress(r->report, &p);
	pthread_mutex_unlock(&r->lock);
}

/* An unknown user is an error before anything is read. */
static int
check_user(struct run *r, const char *user, struct ms_err *err)
{
	uint64_t number;
	int got;

	if (!ms_user_name_ok(user))
		return ms_fail(
		    err, MS_USAGE, "'%.64s' is not a user name", user);
	if (r->opt->create_user)
		return 0;
	if (ms_actor_limited() != NULL &&
	    strcmp(user, ms_actor_limited()) != 0 &&
	    ms_actor_user(r->archive, user, MS_RIGHT_WRITE, err) < 0)
		return -1;
	/* destination() creates the user of a multidrop mailbox. */
	if (r->opt->assign.on && strcmp(user, MS_MULTIDROP) == 0)
		return 0;
	got = ms_archive_active_user(r->archive, user, &number, err);
	if (got == 0)
		return ms_fail(err, MS_USAGE,
		    "the archive has no user '%s'; use --create-user to create "
		    "this user",
		    user);
	return got < 0 ? -1 : 0;
}

/* After a signal, only a stream is read to its end, which comes soon. */
static bool
stops(struct run *r, const struct ms_source *src)
{
	struct ms_trailer t;
	bool whole;

	if (ms_stopped != 0 && ms_source_trailer(src, &t, &whole) != 1)
		r->stopped = true;
	return r->stopped;
}

static int
add_input(struct run *r, const char *path, struct ms_err *err)
{
	const char *name = strcmp(path, "-") == 0 ? "stdin" : path;
	struct ms_source_options opt = r->opt->source;
	struct ms_arrival m;
	struct ms_source *src;
	struct ms_err why = {0};
	bool checked = r->opt->user != NULL || r->assigner != NULL;
	bool failed = false, unreadable = false;
	const uint64_t earlier = resume_earlier(r->resume);
	uint64_t seen = 0, whole = 0;
	int got, rc = 0;

	opt.remark = run_add_remark;
	opt.pst_folder = run_add_pst_folder;
	opt.remark_ctx = r;
	opt.outlook = r->outlook;
	opt.containers = r->containers;
	resume_source(r->resume, &opt);
	if (r->owner != NULL)
		opt.into = NULL; /* owner_apply() adds it */
	if (ms_source_open(&src, path, &opt, &why) < 0) {
		r->missing += why.code == MS_NOINPUT || why.code == MS_IO;
		run_add_failed(r, NULL, name, why.msg);
		return 0;
	}
	while (rc == 0 && !stops(r, src) &&
	       (got = ms_source_next(src, &m, &why)) != 0) {
		if (got < 0 && ms_stopped != 0 && why.code == MS_TEMP) {
			r->stopped = true;
			continue;
		}
		if (got < 0) {
			r->missing += why.code == MS_NOINPUT;
			failed = true;
			unreadable |=
			    why.code == MS_DATA && ms_source_is_outlook(src);
			run_add_failed(r, NULL, m.where, why.msg);
			continue;
		}
		if (r->untrusted)
			run_distrust(&m.env);
		if (r->ingest != NULL)
			ms_ingest_trim(r->ingest);
		if (m.left_out != NULL) {
			run_add_left_out(r, &m);
			seen++;
			continue;
		}
		if (m.fault != NULL)
			run_add_fault(r, m.where, m.fault);
		got = r->owner != NULL ? owner_apply(r, &m, err) : 1;
		if (got <= 0) {
			rc = got;
			whole++;
			seen++;
			continue;
		}
		if (!checked && m.env.value[MS_ATTR_USER] == NULL) {
			rc = check_user(r, r->user, err);
			checked = true;
		}
		if (rc == 0)
			rc = run_add_message(r, src, &m, &whole, err);
		if (rc == 0)
			resume_mark(r->resume, src);
		seen++;
		show_progress(
		    r, src, name, seen + resume_earlier(r->resume) - earlier);
	}
	r->opened += seen > 0 || !failed || resume_earlier(r->resume) > earlier;
	r->unreadable += unreadable;
	r->left_out += ms_source_left_out(src);
	if (rc == 0)
		handle_trailer(r, src, name, whole);
	ms_source_close(src);
	return rc;
}

/* ---- the run ---- */

static int
final_status(const struct run *r, int rc, const struct ms_err *err)
{
	if (rc < 0) /* not 0, even if the error has no code */
		return err->code != MS_OK ? ms_status(err->code) : EX_SOFTWARE;
	if (r->stopped)
		return EX_TEMPFAIL;
	if (r->opened == 0 && r->missing > 0 && r->missing == r->failed)
		return EX_NOINPUT;
	if (r->opened == 0 && r->unreadable > 0)
		return EX_DATAERR;
	if (r->cut)
		return EX_PROTOCOL;
	if (r->failed > 0 || r->incomplete > 0)
		return MS_STATUS_SOME;
	return r->stream_status;
}

/* resume_repeat */
static void
report_again(struct run *r, bool added, const char *where, const char *why)
{
	if (added)
		run_add_fault(r, where, why);
	else
		run_add_failed(r, NULL, where, why);
}

static int
add_inputs(struct run *r, char *paths[], struct ms_err *err)
{
	static char stdin_name[] = "-";
	static char *only_stdin[] = {stdin_name, NULL};
	int rc = 0;

	r->resume = resume_new(r, report_again);
	if (r->opt->dry_run)
		r->dry = dry_run_new(r->archive);
	else
		run_open_pipeline(r);
	if (paths[0] == NULL)
		paths = only_stdin;
	for (; rc == 0 && *paths != NULL && !r->stopped; paths++)
		rc = add_input(r, *paths, err);
	return rc;
}

static int
add_all(struct run *r, char *paths[], struct ms_err *err)
{
	int rc;

	if (!run_name_ok(r->opt->label, MS_FOLDER_MAX) ||
	    !run_name_ok(r->opt->source.into, MS_FOLDER_MAX))
		return ms_fail(
		    err, MS_USAGE, "folder or label: too long, or not UTF-8");
	if (r->opt->user != NULL && check_user(r, r->opt->user, err) < 0)
		return -1;
	if (r->opt->assign.by_folder && owner_new(&r->owner, r, err) < 0)
		return -1;
	if (r->opt->assign.on &&
	    assigner_new(&r->assigner, r->archive, &r->opt->assign, err) < 0)
		return -1;
	rc = r->opt->lmtp ? lmtp_run(r, err) : add_inputs(r, paths, err);
	/* After a failure, the whole messages are still added if possible. */
	if (r->ingest != NULL &&
	    ms_ingest_finish(r->ingest, rc == 0 ? err : NULL) < 0)
		rc = -1;
	resume_free(r->resume, rc == 0 && !r->stopped);
	r->resume = NULL;
	if (r->dry != NULL)
		ms_report_note(r->report, "nothing was written (-n)");
	dry_run_free(r->dry);
	if (r->reports > 0)
		ms_report_note(r->report, "%llu journal report%s",
		    (unsigned long long)r->reports, r->reports == 1 ? "" : "s");
	if (r->left_out > 0)
		ms_report_note(r->report,
		    "%llu item%s that are not mail: left out (--mail-only)",
		    (unsigned long long)r->left_out,
		    r->left_out == 1 ? "" : "s");
	if (r->client_deleted > 0)
		ms_report_note(r->report,
		    "%llu left out, which the client has deleted; "
		    "--with-deleted adds them",
		    (unsigned long long)r->client_deleted);
	if (r->incomplete > 0)
		ms_report_note(r->report, "%llu incomplete, and added",
		    (unsigned long long)r->incomplete);
	if (r->remarks > 0)
		ms_report_note(r->report, "%llu remark%s",
		    (unsigned long long)r->remarks, r->remarks == 1 ? "" : "s");
	if (r->source_missing > 0)
		ms_report_note(r->report,
		    "%llu messages were moved from folders that do not have "
		    "them; they were added without the move",
		    (unsigned long long)r->source_missing);
	return rc;
}

static int
run_inputs(const struct ingest_options *opt, char *paths[])
{
	struct run r = {.opt = opt,
	    .user = ms_opt_user(opt->user, ms_actor_name()),
	    .untrusted = opt->untrusted || ms_actor_name() != NULL,
	    .lock = PTHREAD_MUTEX_INITIALIZER};
	const struct ms_damage_sink damage = {run_found_damage, &r};
	struct ms_err err = {0};
	const char *dir;
	int rc, status;

	if (opt->assign.on && opt->user == NULL)
		r.user = MS_MULTIDROP;
	if (assigner_options_check(&opt->assign, &err) < 0 ||
	    ms_opt_archive(&dir, opt->archive, &err) < 0 ||
	    ms_report_open(&r.report, TOOL, &opt->report, &err) < 0)
		return ms_warn_err(TOOL, &err);
	rc = ms_report_sandbox(r.report, ingest_sandbox(opt), &err);
	/* Their processes begin before this one has read anything. A system
	 * that lacks something was named by the line above. */
	if (rc == 0 && !opt->lmtp &&
	    (ms_mapi_reader_open(&r.outlook, &err) < 0 ||
		ms_container_open(&r.containers, &err) < 0))
		rc = -1;
	if (rc == 0)
		rc = ms_archive_open(&r.archive, dir,
		    opt->dry_run ? MS_ARCHIVE_READ : MS_ARCHIVE_WRITE, &err);
	if (rc == 0) {
		ms_archive_report_damage(r.archive, &damage);
		ms_stop_catch();
		ms_event_find_login();
		rc = ingest_confine(opt, dir, paths, &err);
		if (rc == 0)
			rc = add_all(&r, paths, &err);
		ms_archive_close(r.archive);
	}
	ms_mapi_reader_close(r.outlook);
	ms_container_close(r.containers);
	assigner_free(r.assigner);
	owner_free(r.owner);
	receipt_free(r.receipt);
	if (rc < 0)
		ms_warn_err(TOOL, &err);
	status = final_status(&r, rc, &err);
	if (rc == 0 && status != 0 && ms_stopped != 0)
		ms_warn(TOOL,
		    "stopped by a signal; what arrived whole is in the "
		    "archive, and the same command continues");
	return ingest_end(r.report, status, r.stdout_errno);
}

int
ingest_run(const struct ingest_options *opt, char *paths[])
{
	struct ms_client_stores stores = {0};
	struct ms_err err = {0};
	int status;

	if (ingest_client_paths(opt, &paths, &stores, &err) < 0)
		return ms_warn_err(TOOL, &err);
	status = run_inputs(opt, paths);
	ingest_client_paths_release(paths, &stores);
	return status;
}
