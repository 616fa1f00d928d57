/*
 * retry.c - carries out what lib/sync/backoff.c decides after a failure: asks
 * again, or reports what has failed. ms-fetch(1), Retries.
 */
#include "retry.h"

#include "account.h"
#include "clock.h"

static void
pause_requests(struct run *r, const struct ms_failure *failure)
{
	int64_t ms = ms_backoff_pause_ms(&r->backoff, failure);
	int64_t until = ms_clock_ms() + ms;

	if (r->pause_until_ms < until)
		r->pause_until_ms = until;
	ms_report_note(r->report, "%s: %s: trying again in %.1f seconds",
	    r->opt->url.host, failure->err.msg, (double)ms / 1000);
}

/* The messages of a task that are not answered go back to their queue; a survey
 * begins again. */
static void
ask_again(struct task *t)
{
	enum ms_stage stage = t->request == ASK_FETCH || t->request == ASK_IDS
				  ? MS_STAGE_FETCH
			      : t->request == ASK_DELETE ? MS_STAGE_DELETE
							 : MS_STAGE_LOOK;
	uint32_t left[TASK_MAX];
	size_t i, n = 0;

	if (t->request == ASK_SURVEY) {
		folder_reset(t->folder);
		return;
	}
	for (i = 0; i < t->n; i++)
		if (!t->answered[i])
			left[n++] = t->uid[i];
	ms_queue_return(&t->folder->mailbox.queue[stage], left, n);
	t->left = 0;
}

void
retry_fail_rest(struct run *r, struct task *t, const char *reason)
{
	bool probing = t->folder->mailbox.probing > 0;
	struct ms_buf why = {0};
	struct ms_err err = {0};
	uint32_t left[TASK_MAX];
	size_t i, n = 0;

	if (t->renumbered != t->folder->backoff.renumbered) {
		account_uncount(t->folder, t->left);
		t->n = t->left = 0;
		return;
	}
	for (i = 0; i < t->n; i++)
		if (!t->answered[i])
			left[n++] = t->uid[i];
	t->n = t->left = 0;
	/* A probe without an answer: the UIDs are not trusted. */
	for (i = 0; i < n && probing; i++)
		if (folder_probed(r, t->folder, left[i], NULL, &err) < 0)
			account_abort(r, &err);
	ms_buf_printf(&why, "%s%s",
	    t->request == ASK_DELETE ? "not deleted: " : "", reason);
	if (!probing)
		account_all_failed(r, t->folder, left, n, ms_buf_str(&why));
	ms_buf_release(&why);
}

/* A new UIDVALIDITY makes every UID of the folder invalid (RFC 3501, 2.3.1.1):
 * the folder is surveyed again. */
static void
renumbered(struct run *r, struct task *t, const char *reason)
{
	struct folder *f = t->folder;
	bool probing = f->mailbox.probing > 0; /* nothing was counted yet */
	size_t i;

	if (t->renumbered == f->backoff.renumbered) {
		if (!probing)
			account_uncount(
			    f, t->left + ms_mailbox_waiting(&f->mailbox));
		account_report_folder(r, f);
		folder_reset(f);
		for (i = 0; i < r->pool->count; i++)
			if (r->pool->workers[i].open == f)
				r->pool->workers[i].open = NULL;
		if (ms_backoff_renumbered(&f->backoff))
			ms_report_note(r->report, "%s: %s: surveyed again",
			    f->mailbox.name, reason);
		else
			account_folder_unreadable(r, f, reason);
	} else {
		account_uncount(f, t->left);
	}
	t->left = 0;
}

static void
session_lost(struct run *r, struct worker *w, const struct ms_failure *failure)
{
	struct task *t = &w->task;
	struct ms_err why = {0};
	bool progress = t->left < t->n;

	w->open = NULL;
	if (t->folder != NULL) {
		if (ms_backoff_blame(&r->backoff, &t->folder->backoff, t->n,
			t->left, failure->had_session)) {
			retry_fail_rest(r, t, failure->err.msg);
			if (r->damage < failure->err.code)
				r->damage = failure->err.code;
		}
		ask_again(t);
	}
	switch (ms_backoff_session_lost(
	    &r->backoff, failure, progress, w->logged_in, &why)) {
	case MS_BACKOFF_FEWER_CONNECTIONS:
		pool_dismiss(w);
		ms_report_note(r->report, "%s: one connection fewer: %s",
		    r->opt->url.host, failure->err.msg);
		break;
	case MS_BACKOFF_GIVE_UP:
		account_abort(r, &why);
		break;
	case MS_BACKOFF_RETRY:
		pause_requests(r, failure);
	}
}

/* There is no INBOX. That is no failure if the server lists other folders; a
 * mailbox without any folder is mostly that of a wrong name. */
static void
no_inbox(struct run *r, struct folder *f, const char *reason)
{
	struct ms_err why = {0};
	size_t i, others = 0;

	for (i = 0; i < r->listed_count; i++)
		others += r->listed[i].selectable && !r->listed[i].unlisted;
	f->state = FOLDER_FAILED;
	if (r->opt->report.verbose || others == 0)
		ms_report_note(r->report, "INBOX: %s", reason);
	if (others > 0 || r->opt->allow_empty)
		return;
	ms_fail(&why, MS_NOINPUT,
	    "the mailbox has no folder (--allow-empty accepts that)");
	ms_report_failed(r->report, r->source, why.msg);
	account_abort(r, &why);
}

/* The server refuses a request, and the session goes on. */
static void
refused(struct run *r, struct worker *w, const struct ms_failure *failure)
{
	struct task *t = &w->task;
	struct folder *f = t->folder;

	w->open = NULL;
	if (failure->err.code == MS_PROTO && r->damage < MS_PROTO)
		r->damage = MS_PROTO;
	if (f == NULL) {
		account_abort(r, &failure->err);
	} else if (ms_backoff_postpone(&f->backoff, failure)) {
		ask_again(t);
		pause_requests(r, failure);
	} else if (t->request == ASK_SURVEY && f->unlisted) {
		no_inbox(r, f, failure->err.msg);
	} else if (t->request == ASK_SURVEY) {
		account_folder_unreadable(r, f, failure->err.msg);
	} else {
		retry_fail_rest(r, t, failure->err.msg);
	}
}

void
retry_failed_request(
    struct run *r, struct worker *w, const struct ms_failure *failure)
{
	r->next_survey = 0;
	if (w->task.request == ASK_COUNT) /* only for the summary */
		w->open = NULL;
	else if (failure->err.code == MS_EXISTS && w->task.folder != NULL)
		renumbered(r, &w->task, failure->err.msg);
	else if (failure->session_lost)
		session_lost(r, w, failure);
	else
		refused(r, w, failure);
}

void
retry_worker_died(struct run *r, struct worker *w, const struct ms_err *why)
{
	struct task *t = &w->task;
	struct folder *f = t->folder;
	size_t i, left = 0;

	w->open = NULL;
	if (r->damage < why->code)
		r->damage = why->code;
	if (f == NULL)
		account_abort(r, why);
	else if (t->request == ASK_SURVEY)
		account_folder_unreadable(r, f, why->msg);
	else
		retry_fail_rest(r, t, why->msg);
	for (i = 0; i < r->pool->count; i++)
		left += r->pool->workers[i].state != WORKER_GONE;
	if (left == 0)
		account_abort(r, why);
}
