/* run.c - a run from its beginning to its status. ms-fetch(1). */
#include "run.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "clock.h"
#include "listing.h"
#include "opt.h"

/* ---- accounting ---- */

const char *
run_where(struct ms_buf *b, const struct box *box, uint32_t uid)
{
	ms_buf_clear(b);
	if (box->places != NULL && uid <= box->count &&
	    box->places[uid - 1] != NULL)
		ms_buf_printf(
		    b, "%s, UIDL %s", box->name, box->places[uid - 1]);
	else if (box->places != NULL)
		ms_buf_printf(b, "%s, message %" PRIu32, box->name, uid);
	else
		ms_buf_printf(b, "%s, UID %" PRIu32, box->name, uid);
	return ms_buf_str(b);
}

void
run_failed(struct run *r, struct box *b, uint32_t uid, const char *reason)
{
	struct ms_buf where = {0};

	ms_report_failed(r->report, run_where(&where, b, uid), reason);
	b->tally->failed++;
	r->t->failed++;
	ms_buf_release(&where);
}

void
run_left_out(struct run *r, struct box *b, uint32_t uid, const char *reason)
{
	struct ms_buf where = {0};

	ms_report_left_out(r->report, run_where(&where, b, uid), reason);
	b->tally->left_out++;
	ms_buf_release(&where);
}

void
run_box_failed(
    struct run *r, struct box *b, const char *reason, uint64_t messages)
{
	ms_report_failed(r->report, b->name, reason);
	b->tally->failed += messages;
	r->t->failed += messages;
}

void
run_over(struct run *r, const struct ms_err *why)
{
	if (r->over.code == MS_OK)
		r->over = *why;
}

/* ---- folders ---- */

/* A folder that can't be read counts as one failure. */
static void
box_fails(struct run *r, struct box *b, const char *reason)
{
	b->tally->seen++;
	b->state = BOX_FAILED;
	run_box_failed(r, b, reason, 1);
}

static void
add_box(struct run *r, const struct ms_imap_folder *f,
    const struct ms_folder_verdict *v)
{
	struct box *b = r->boxes + r->box_count++;

	*b = (struct box){.raw = ms_xstrdup(f->raw),
	    .name = ms_xstrdup(f->name),
	    .uses = v->uses,
	    .labels = (r->capabilities & MS_CAP_GMAIL) != 0 &&
		      (v->uses & MS_USE_ALL) != 0};
	b->tally = ms_report_tally(r->report, r->user_name, r->source, f->name);
	if (f->duplicate)
		box_fails(r, b, "another folder has the same name");
	else if (strlen(f->name) > MS_FOLDER_MAX)
		box_fails(r, b, "its name is too long");
}

/* What --folder or --sent-folder names and nobody has. */
static void
report_unmatched(struct run *r, const struct ms_folders *rules)
{
	const char *name;
	size_t at = 0;

	while ((name = ms_folders_unmatched(
		    rules, r->folders, r->folder_count, &at)) != NULL) {
		ms_report_failed(r->report, name, "no such folder");
		ms_report_tally(r->report, r->user_name, r->source, name)
		    ->seen++;
		ms_report_tally(r->report, r->user_name, r->source, name)
		    ->failed++;
		r->t->failed++;
	}
}

/* name TAB taken or not TAB why, a line a folder. */
static int
print_folders(
    struct run *r, const struct ms_folder_verdict *v, struct ms_err *err)
{
	static const char *const way[] = {"-", "+", "label"};
	struct ms_buf line = {0};
	size_t i;
	int rc = 0;

	for (i = 0; i < r->folder_count && rc == 0; i++) {
		ms_buf_clear(&line);
		ms_listing_escape(
		    &line, r->folders[i].name, strlen(r->folders[i].name));
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
	v = r->verdicts = ms_xcalloc(r->folder_count + 1, sizeof(*v));
	r->boxes = ms_xcalloc(r->folder_count + 1, sizeof(*r->boxes));
	ms_folders_match(rules, r->folders, r->folder_count, v);
	if (r->opt->job == FETCH_JOB_LIST_FOLDERS)
		rc = print_folders(r, v, err);
	for (i = 0; i < r->folder_count; i++) {
		if (r->opt->job == FETCH_JOB_LIST_FOLDERS)
			continue;
		if (v[i].mode == MS_FOLDER_READ)
			add_box(r, r->folders + i, v + i);
		else if (r->opt->verbose)
			ms_warn(TOOL, "%s: left out: %s", r->folders[i].name,
			    v[i].why);
	}
	report_unmatched(r, rules);
	ms_folders_free(rules);
	return rc;
}

/* ---- the end ---- */

/* The run is over before its time: names what it leaves. */
static void
account_for_rest(struct run *r)
{
	struct ms_buf why = {0};
	struct hand *h;
	struct box *b;
	uint64_t left;
	int i;

	for (b = r->boxes; b != NULL && b < r->boxes + r->box_count; b++) {
		if (b->state == BOX_WAITS || b->state == BOX_SURVEYED_NOW) {
			box_fails(r, b, r->over.msg);
			continue;
		}
		left = 0;
		if (b->probe != 0) { /* nothing of it was counted yet */
			b->tally->seen += b->count;
			left = b->count;
		}
		for (i = 0; i < STAGES && b->probe == 0; i++)
			left += queue_left(&b->queue[i]);
		for (h = r->crew->hands; h < r->crew->hands + r->crew->count;
		     h++)
			if (h->task.box == b && b->probe == 0)
				left += h->task.left;
		if (left == 0 || b->state != BOX_OPEN)
			continue;
		ms_buf_clear(&why);
		ms_buf_printf(&why, "%" PRIu64 " %s not fetched: %s", left,
		    left == 1 ? "message" : "messages", r->over.msg);
		run_box_failed(r, b, ms_buf_str(&why), left);
	}
	ms_buf_release(&why);
}

static int
status_of(const struct run *r)
{
	if (r->over.code != MS_OK)
		return ms_status(r->over.code);
	if (r->damage != MS_OK)
		return ms_status(r->damage);
	return r->t->failed > 0 ? MS_STATUS_SOME : 0;
}

static void
say_checked(const struct run *r)
{
	size_t i, n = 0;

	for (i = 0; i < r->folder_count; i++)
		n += r->folders[i].selectable;
	if (!r->opt->quiet)
		ms_warn(TOOL, "%s: logged in as %s, %zu %s", r->opt->url.host,
		    r->opt->login_name, n, n == 1 ? "folder" : "folders");
}

static void
do_job(struct run *r)
{
	struct ms_err err = {0};

	if (work_folders(r, &err) < 0)
		return;
	if (r->opt->job == FETCH_JOB_CHECK) {
		say_checked(r);
		return;
	}
	if (choose_folders(r, &err) < 0) {
		run_over(r, &err);
		return;
	}
	work(r);
	if (r->opt->follow && r->over.code == MS_OK)
		fetch_follow(r);
}

static void
release(struct run *r)
{
	size_t i;

	output_free(r->output);
	doom_close(r->doom);
	known_close(r->known);
	for (i = 0; i < r->box_count; i++)
		box_release(r->boxes + i);
	free(r->boxes);
	free(r->verdicts);
	ms_imap_folders_free(r->folders, r->folder_count);
	ms_buf_release(&r->criteria);
	ms_buf_release(&r->late);
}

void
fetch_run(const struct fetch_options *opt, struct ms_secret *password,
    struct ms_stream_writer *out, struct ms_report *report,
    struct ms_trailer *t)
{
	struct crew crew;
	struct run r = {.opt = opt,
	    .report = report,
	    .t = t,
	    .crew = &crew,
	    .following = opt->follow};
	struct ms_buf source = {0};
	struct ms_err err = {0};

	ms_url_source(&opt->url, opt->identity, &source);
	r.source = ms_buf_str(&source);
	r.user_name = ms_opt_user(opt->user, NULL);
	(void)ms_choose_search(&opt->choice, &r.criteria, &r.exact);
	if (opt->accept_any)
		ms_warn(TOOL,
		    "warning: whoever answers for %s is believed "
		    "(--accept-any-certificate)",
		    opt->url.host);
	if (opt->max_time > 0)
		r.until_ms = ms_clock_ms() + (int64_t)opt->max_time * 1000;
	crew_catch_signals();
	if (crew_open(&crew, opt, password, &err) < 0 ||
	    known_open(&r.known, &r, &err) < 0 ||
	    (opt->job == FETCH_JOB_DELETE &&
		doom_open(&r.doom, &r, &err) < 0)) {
		run_over(&r, &err);
	} else {
		r.output = output_new(&r, out);
		do_job(&r);
	}
	if (r.over.code != MS_OK) {
		if (r.boxes == NULL)
			ms_report_failed(report,
			    opt->job == FETCH_JOB_CHECK ? opt->url.host
							: r.source,
			    r.over.msg);
		account_for_rest(&r);
	}
	t->status = status_of(&r);
	crew_close(&crew);
	release(&r);
	ms_buf_release(&source);
}
