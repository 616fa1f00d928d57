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
	enum ms_stage stage = t->request == ASK_FETCH    ? MS_STAGE_FETCH
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
	struct ms_err err = {0};
	size_t i;

	if (t->left > 0 && t->folder->mailbox.probe != 0) {
		/* The probe has no answer: the UIDs are not trusted. */
		t->n = t->left = 0;
		if (folder_probed(r, t->folder, NULL, &err) < 0)
			account_abort(r, &err);
		return;
	}
	for (i = 0; i < t->n; i++)
		if (!t->answered[i]) {
			account_failed(r, t->folder, t->uid[i], reason);
			t->answered[i] = true;
		}
	t->left = 0;
}

/* A new UIDVALIDITY makes every UID of the folder invalid (RFC 3501, 2.3.1.1):
 * the folder is surveyed again. */
static void
renumbered(struct run *r, struct task *t, const char *reason)
{
	struct folder *f = t->folder;
	bool probing = f->mailbox.probe != 0; /* nothing was counted yet */
	uint64_t uncount = probing ? 0 : t->left;

	t->left = 0;
	if (t->renumbered == f->backoff.renumbered) {
		if (!probing)
			uncount += ms_mailbox_waiting(&f->mailbox);
		folder_reset(f);
		if (ms_backoff_renumbered(&f->backoff))
			ms_report_note(r->report, "%s: %s: surveyed again",
			    f->mailbox.name, reason);
		else
			account_folder_failed(r, f, reason, 1);
	}
	f->tally->seen -= uncount <= f->tally->seen ? uncount : 0;
}

static void
session_lost(struct run *r, struct worker *w, const struct ms_failure *failure)
{
	struct task *t = &w->task;
	struct ms_err why = {0};
	bool progress = t->left < t->n;

	w->open = NULL;
	if (t->folder != NULL) {
		if (ms_backoff_blame(&t->folder->backoff, t->n, t->left,
			failure->had_session)) {
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

/* The server refuses a request, and the session goes on. */
static void
refused(struct run *r, struct worker *w, const struct ms_failure *failure)
{
	struct task *t = &w->task;
	struct folder *f = t->folder;

	w->open = NULL;
	if (f == NULL) {
		account_abort(r, &failure->err);
	} else if (ms_backoff_postpone(&f->backoff, failure)) {
		ask_again(t);
		pause_requests(r, failure);
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
	if (failure->err.code == MS_EXISTS && w->task.folder != NULL)
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
