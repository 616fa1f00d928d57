/* view-tool.c - a run of ms-remove(1) or ms-move(1). */
#include "view-tool.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "actor.h"
#include "archive.h"
#include "json.h"
#include "report.h"
#include "term.h"
#include "utf8.h"

#define REASON_MAX 65536

/* ---- before a change ---- */

static unsigned long long
number(uint64_t n)
{
	return (unsigned long long)n;
}

static const char *
plural(uint64_t n)
{
	return n == 1 ? "" : "s";
}

/* Refuses to change more than a tenth of what is in view, but never a single
 * message: in a small archive, each one is more than a tenth. */
static int
check_tenth(struct view_tool *t, struct ms_err *err)
{
	if (t->opt->force || t->chosen <= 1)
		return 0;
	if (view_count(t, err) < 0)
		return -1;
	if (t->chosen * 10 <= t->total)
		return 0;
	return ms_fail(err, MS_USAGE,
	    "%llu messages are more than a tenth of the %llu in view; use "
	    "--force to %s them",
	    number(t->chosen), number(t->total), t->verb);
}

/* Asks on a terminal. */
static bool
is_confirmed(const struct view_tool *t)
{
	char answer[16] = "";

	if (t->opt->yes || isatty(STDIN_FILENO) != 1 ||
	    isatty(STDERR_FILENO) != 1)
		return true;
	fprintf(stderr, "%s: %s %llu message%s? [y/N] ", t->name, t->verb,
	    number(t->chosen), plural(t->chosen));
	if (fgets(answer, sizeof(answer), stdin) == NULL)
		return false;
	return strcmp(answer, "y\n") == 0 || strcmp(answer, "yes\n") == 0;
}

/* ---- after it ---- */

static int
print_result(struct view_tool *t, uint64_t change, const char *key,
    uint64_t count, struct ms_err *err)
{
	json_t *o = json_object();

	t->changed = count;
	ms_json_number(o, key, change);
	ms_json_number(o, "count", count);
	if (t->opt->json) {
		ms_json_line(&t->out, o);
		ms_buf_add_byte(&t->out, '\n');
	} else if (!ms_term_stdout() || t->opt->report.quiet) {
		ms_buf_printf(
		    &t->out, "%llu\t%llu\n", number(change), number(count));
	}
	json_object_set_new(o, "type", json_string("change"));
	ms_report_object(t->report, o);
	json_decref(o);
	return view_flush(t, err);
}

static void
say(const struct view_tool *t, const char *how, uint64_t n, uint64_t change)
{
	if (change == 0)
		ms_report_note(t->report, "%llu %s%s %s", number(n), t->objects,
		    plural(n), how);
	else
		ms_report_note(t->report,
		    "%llu %s%s %s; to undo: %s --undo %llu", number(n),
		    t->objects, plural(n), how, t->name, number(change));
}

/* ---- what the options ask for ---- */

static int
change(struct view_tool *t, struct ms_err *err)
{
	uint64_t made, count;

	if (view_choose(t, err) < 0 || view_flush(t, err) < 0 ||
	    check_tenth(t, err) < 0)
		return -1;
	if (t->chosen == 0 && t->query != NULL) {
		ms_report_note(t->report, "no message matches");
		return 0;
	}
	if (t->opt->dry_run) {
		ms_report_note(t->report, "%llu message%s would be %s",
		    number(t->chosen), plural(t->chosen), t->done);
		return 0;
	}
	if (!is_confirmed(t)) {
		ms_warn(t->name, "nothing was changed");
		t->some_failed = true;
		return 0;
	}
	t->change.as = t->opt->as;
	t->change.reason = t->opt->reason;
	t->change.items = (struct ms_view_item *)(void *)t->items.p;
	t->change.count = t->items.n / sizeof(struct ms_view_item);
	if (ms_view_write(t->archive, &t->change, &made, &count, err) < 0)
		return -1;
	count = t->query != NULL ? t->chosen : count;
	say(t, t->done, count, made);
	return print_result(t, made, "change", count, err);
}

static int
undo(struct view_tool *t, struct ms_err *err)
{
	struct ms_change_row row;

	if (ms_view_undo(t->archive, t->opt->undo, t->kinds, t->opt->as,
		t->opt->reason, &row, err) < 0)
		return -1;
	if (row.kind == MS_VIEW_RENAME)
		t->objects = "folder";
	say(t, t->back, row.count, 0);
	return print_result(t, t->opt->undo, "undone", row.count, err);
}

/* The user of --as, who needs a privilege; the log is for admins. */
static int
find_actor(struct view_tool *t, struct ms_err *err)
{
	enum ms_privilege needed = t->change.kind == MS_VIEW_REMOVE
				       ? MS_PRIVILEGE_DELETE
				       : MS_PRIVILEGE_MOVE;
	int got;

	if (t->opt->as == NULL)
		return 0;
	got = ms_account_find(t->archive, t->opt->as, &t->actor, err);
	if (got == 0)
		return ms_fail(err, MS_AUTH, "--as: no user '%s'", t->opt->as);
	if (got == 1 && !ms_account_has(&t->actor,
			    t->opt->log ? MS_PRIVILEGE_ADMIN : needed))
		return ms_fail(err, MS_AUTH,
		    "--as: user '%s' is not allowed to do this", t->opt->as);
	return got < 0 ? -1 : 0;
}

static int
run(struct view_tool *t, struct ms_err *err)
{
	if (t->opt->log)
		return view_log(t, err);
	return t->opt->undo != 0 ? undo(t, err) : change(t, err);
}

/* ---- the archive ---- */

/* Starts what reads messages; a system that cannot confine it is named. */
static int
begin_query(struct view_tool *t, struct ms_err *err)
{
	int rc = ms_query_begin(t->query, err);

	if (rc != 1)
		return rc;
	(void)ms_warn_err(t->name, err);
	*err = (struct ms_err){0};
	return 0;
}

/* Parses the query, and keeps it, or the old name of a folder, as a remark;
 * text holds it. 0, -1. */
static int
parse_query(struct view_tool *t, const struct ms_args *args,
    struct ms_buf *text, struct ms_err *err)
{
	if (t->opt->undo != 0 || t->opt->log)
		return 0;
	t->change.query = t->change.from;
	if (t->change.kind == MS_VIEW_RENAME)
		return 0;
	for (int i = 0; i < args->count; i++)
		ms_buf_printf(text, "%s%s", i > 0 ? " " : "", args->v[i]);
	t->change.query = ms_buf_str(text);
	if (ms_query_parse(&t->query, ms_buf_slice(text), time(NULL), err) < 0)
		return -1;
	if (t->change.kind == MS_VIEW_REMOVE && t->opt->user != NULL)
		ms_query_user(t->query, t->opt->user);
	return begin_query(t, err);
}

static int
check_texts(const struct view_tool *t, struct ms_err *err)
{
	const char *reason = t->opt->reason, *folder = t->change.folder;

	if (reason != NULL &&
	    (strlen(reason) > REASON_MAX ||
		!ms_utf8_valid((const unsigned char *)reason, strlen(reason))))
		return ms_fail_option(err, "reason", "too long, or not UTF-8");
	if (folder != NULL &&
	    (*folder == '\0' || strlen(folder) > MS_FOLDER_MAX ||
		!ms_utf8_valid((const unsigned char *)folder, strlen(folder))))
		return ms_fail(err, MS_USAGE,
		    "the name of a folder is empty, too long, or not UTF-8");
	return 0;
}

/* Finds the only user who has the folder that is to be renamed. The user of
 * --as learns nothing about folders whose mail this user may not read. */
static int
find_owner(struct view_tool *t, struct ms_err *err)
{
	const struct ms_folder **all;
	size_t n;
	int rc = 0;

	if (ms_archive_folders(t->archive, &all, &n, err) < 0)
		return -1;
	for (size_t i = 0; i < n && rc == 0; i++) {
		if (strcmp(all[i]->name, t->change.from) != 0 ||
		    !ms_actor_may(all[i]->user, MS_RIGHT_READ))
			continue;
		if (t->change.user != 0 && t->change.user != all[i]->user)
			rc = ms_fail(err, MS_USAGE,
			    "several users have a folder '%.200s'; name one "
			    "with --user",
			    t->change.from);
		t->change.user = all[i]->user;
	}
	free(all);
	if (rc == 0 && t->change.user == 0)
		rc = ms_fail(err, MS_NOINPUT, "there is no folder '%.200s'",
		    t->change.from);
	return rc;
}

/* The user of --user must exist. */
static int
find_user(struct view_tool *t, struct ms_err *err)
{
	int got;

	if (t->opt->undo != 0 || t->opt->log ||
	    t->change.kind == MS_VIEW_REMOVE)
		return 0;
	if (t->opt->user == NULL)
		return t->change.kind == MS_VIEW_RENAME ? find_owner(t, err)
							: 0;
	got = ms_archive_active_user(
	    t->archive, t->opt->user, &t->change.user, err);
	if (got == 0)
		return ms_fail(err, MS_USAGE, "the archive has no user '%s'",
		    t->opt->user);
	return got < 0 ? -1 : 0;
}

/* Begins the report. 0, -1. */
static int
open_report(struct view_tool *t, struct ms_err *err)
{
	struct ms_report_options opt = t->opt->report;

	opt.dry_run = t->opt->dry_run;
	return ms_report_open(&t->report, t->name, &opt, err);
}

/* Ends the report; returns the exit status. */
static int
end_report(struct view_tool *t, int status)
{
	const struct ms_report_count counts[] = {
	    {"matched", t->chosen},
	    {"changed", t->changed},
	    {"failed", t->failed},
	};
	struct ms_err err = {0};

	if (ms_report_end(t->report, status, counts,
		sizeof(counts) / sizeof(counts[0]), &err) < 0)
		return ms_warn_end(t->name, status, &err);
	return status;
}

int
view_tool_run(struct view_tool *t, const struct ms_args *args)
{
	const struct view_options *opt = t->opt;
	bool looks = opt->log || opt->dry_run;
	struct ms_buf text = {0};
	struct ms_err err = {0};
	const char *dir;
	int rc = -1, status;

	if (open_report(t, &err) < 0)
		return ms_warn_err(t->name, &err);
	if (check_texts(t, &err) < 0 || parse_query(t, args, &text, &err) < 0)
		goto out;
	if (ms_opt_archive(&dir, opt->archive, &err) < 0 ||
	    ms_archive_open(&t->archive, dir,
		looks ? MS_ARCHIVE_READ : MS_ARCHIVE_WRITE, &err) < 0 ||
	    find_actor(t, &err) < 0 || find_user(t, &err) < 0)
		goto out;
	rc = run(t, &err);
out:
	ms_archive_close(t->archive);
	ms_query_free(t->query);
	ms_account_release(&t->actor);
	ms_buf_release(&t->items);
	ms_buf_release(&t->moved);
	ms_buf_release(&t->out);
	ms_buf_release(&text);
	status = t->some_failed ? MS_STATUS_SOME : 0;
	return end_report(t, rc < 0 ? ms_warn_err(t->name, &err) : status);
}
