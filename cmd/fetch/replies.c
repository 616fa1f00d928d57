/*
 * replies.c - handles the messages of workers: the server's answers about a
 * message, a folder or a request.
 */
#include "replies.h"

#include <stdio.h>
#include <string.h>

#include "account.h"
#include "clock.h"
#include "delete.h"
#include "numbers.h"
#include "output.h"
#include "retry.h"

#define PROGRESS_MS 200

static int
misplaced(struct ms_err *err)
{
	return ms_fail(
	    err, MS_PROTO, "connection to a worker: message out of place");
}

/* ---- progress ---- */

/* The sum of all folders, and the folder that is read now. In a pipe, the next
 * tool shows it. */
static void
show_progress(struct run *r, const struct folder *f)
{
	struct ms_progress p = {.what = f->mailbox.name, .bytes = r->bytes};
	const struct folder *g;
	int64_t now = ms_clock_ms();

	if (now - r->shown_ms < PROGRESS_MS)
		return;
	r->shown_ms = now;
	for (g = r->folders; g < r->folders + r->folder_count; g++) {
		p.messages += g->done;
		p.messages_total += g->asked;
	}
	if (r->pipes && r->output != NULL)
		output_progress(r->output, &p);
	else
		ms_report_progress(r->report, &p);
}

/* ---- messages ---- */

/* Is this the first answer about a message that was asked for? */
static bool
mark_answered(struct run *r, struct worker *w, uint32_t uid)
{
	struct task *t = &w->task;
	struct folder *f = t->folder;
	const uint32_t *at = ms_find_u32(t->uid, t->n, uid);

	if (at == NULL || t->answered[at - t->uid] ||
	    t->renumbered != f->backoff.renumbered)
		return false;
	t->answered[at - t->uid] = true;
	t->left--;
	f->done += t->request == ASK_FETCH;
	show_progress(r, f);
	ms_backoff_success(&r->backoff, &f->backoff);
	return true;
}

/* Carries out a decision of lib/sync about a message. */
static int
carry_out(struct run *r, struct folder *f, const struct ms_msg_info *info,
    const struct ms_sync_decision *d, struct ms_err *err)
{
	switch (d->action) {
	case MS_SYNC_LEFT_OUT:
		account_left_out(r, f, info->uid, d->reason.msg);
		break;
	case MS_SYNC_FAILED:
		account_failed(r, f, info->uid, d->reason.msg);
		break;
	case MS_SYNC_MAYBE_MOVED:
		f->done++;
		ms_pending_moves_add(&r->moves, f, info, d);
		break;
	case MS_SYNC_REFERENCE:
		f->done++;
		return output_reference(r->output, f, info, d->id, NULL, err);
	default: /* the message is in a queue */
		break;
	}
	return 0;
}

static int
handle_header(struct run *r, struct folder *f, const struct ms_msg_info *info,
    struct ms_err *err)
{
	struct ms_sync_decision d;

	if (f->mailbox.probing > 0)
		return folder_probed(r, f, info->uid, info, err);
	if (r->expunge != NULL)
		ms_expunge_message(r->expunge, &f->mailbox, info, &d);
	else if (ms_sync_message(
		     &r->rules, r->lookup, &f->mailbox, info, &d, err) < 0)
		return -1;
	return carry_out(r, f, info, &d, err);
}

/* What became of a message that was asked for. */
static int
handle_result(struct run *r, struct worker *w, const struct ipc_message *m,
    struct ms_err *err)
{
	struct folder *f = w->task.folder;
	uint32_t uid = m->info.uid;

	if (f == NULL)
		return misplaced(err);
	if (!mark_answered(r, w, uid))
		return 0;
	if (m->type == SAY_HEADER)
		return handle_header(r, f, &m->info, err);
	/* If the server does not send the header of a probe, its body decides.
	 */
	if (f->mailbox.probing > 0)
		return folder_probed(r, f, uid,
		    m->type == SAY_FAILED && w->task.request != ASK_IDS
			? &m->info
			: NULL,
		    err);
	switch (m->type) {
	case SAY_FAILED:
		account_failed(r, f, uid, m->text);
		break;
	case SAY_GONE:
		account_left_out(r, f, uid, "gone from the server");
		break;
	case SAY_DELETED:
		delete_done(r, f, uid);
		break;
	default:
		delete_failed(r, f, uid, m->text);
	}
	return 0;
}

/* ---- bodies ---- */

static int
write_body(struct run *r, const struct worker *w, const struct ipc_message *m,
    struct ms_err *err)
{
	switch (m->type) {
	case SAY_MESSAGE:
		return output_begin(r->output, w->task.folder, &m->info, err);
	case SAY_DATA:
		return output_data(r->output, m->data.p, m->data.n, err);
	case SAY_END:
		return output_end(r->output, err) < 0 ? -1 : 0;
	default:
		return output_cancel(r->output, m->text, err);
	}
}

static int
handle_body(struct run *r, struct worker *w, const struct ipc_message *m,
    struct ms_err *err)
{
	if (m->type == SAY_MESSAGE) {
		w->skipping = w->task.request != ASK_FETCH ||
			      w->task.folder == NULL ||
			      !mark_answered(r, w, m->info.uid);
	}
	if (w->skipping)
		return 0;
	return write_body(r, w, m, err);
}

/* ---- folders ---- */

static int
handle_folder(struct run *r, const struct ipc_message *m, struct ms_err *err)
{
	if (m->prefix > strlen(m->name) ||
	    r->listed_count > MS_IMAP_FOLDERS_MAX)
		return ms_fail(err, MS_PROTO, "invalid list of folders");
	if (r->listed_count == r->listed_cap) {
		r->listed_cap = r->listed_cap < 64 ? 64 : r->listed_cap * 2;
		r->listed = ms_xreallocarray(
		    r->listed, r->listed_cap, sizeof(*r->listed));
	}
	r->listed[r->listed_count++] =
	    (struct ms_imap_folder){.raw = ms_xstrdup(m->raw),
		.name = ms_xstrdup(m->name),
		.uses = m->uses,
		.space = (enum ms_imap_space)m->space,
		.prefix = m->prefix,
		.selectable = m->selectable,
		.duplicate = m->duplicate,
		.unlisted = m->unlisted};
	return 0;
}

static int
handle_survey(struct run *r, struct worker *w, const struct ipc_message *m,
    struct ms_err *err)
{
	if (w->task.folder == NULL)
		return misplaced(err);
	return folder_add_survey(r, w->task.folder, m, err);
}

/* ---- the end of a request ---- */

/* Messages that the worker did not mention have failed. */
static void
finish_task(struct run *r, struct worker *w)
{
	struct task *t = &w->task;
	struct folder *f = t->folder;
	struct ms_err err = {0};

	if (t->request == ASK_SURVEY && folder_surveyed(r, f, &err) < 0) {
		account_folder_messages_failed(
		    r, f, err.msg, f->mailbox.uids.n);
		f->state = FOLDER_FAILED;
	}
	retry_fail_rest(r, t, "the server does not say what became of it");
}

/* SAY_DONE: the request has ended, well or with an error. */
static int
handle_done(struct run *r, struct worker *w, const struct ipc_message *m,
    struct ms_err *err)
{
	struct ms_failure failure = {.err.code = (enum ms_code)m->code,
	    .session_lost = m->session_lost,
	    .had_session = m->had_session,
	    .wait = m->seconds};
	struct folder *f = w->task.folder;
	bool deletes = w->task.request == ASK_DELETE && f != NULL;
	int rc = 0;

	if (m->code > MS_AUTH)
		return ms_fail(err, MS_PROTO, "invalid result of a request");
	snprintf(failure.err.msg, sizeof(failure.err.msg), "%s", m->text);
	w->state = WORKER_FREE;
	r->bytes += m->compared;
	if (f != NULL)
		f->tally->bytes_compared += m->compared;
	if (f != NULL && f->busy > 0 && w->task.request != ASK_IDLE)
		f->busy--;
	if (m->code == MS_OK) {
		ms_backoff_success(&r->backoff, f != NULL ? &f->backoff : NULL);
		if (f != NULL)
			finish_task(r, w);
	}
	if (deletes)
		rc = ms_expunge_end(r->expunge, &f->mailbox, err);
	if (m->code != MS_OK && rc == 0)
		retry_failed_request(r, w, &failure);
	w->task.folder = NULL;
	w->task.n = w->task.left = 0;
	return rc;
}

/* ---- all messages ---- */

static void
give_token(struct run *r, struct worker *w)
{
	struct ms_secret token = {0};
	struct ms_err err = {0};

	if (ms_secret_command(&token, r->opt->token_command, &err) < 0) {
		ms_warn(TOOL, "--token-command: %s", err.msg);
		token.s[0] = '\0';
	}
	pool_send(
	    w, &(struct ipc_message){.type = GIVE_TOKEN, .text = token.s});
	ms_secret_wipe(&token);
}

/* A remark of a worker. The workers make the same ones: each is said once. */
static void
handle_remark(struct run *r, const char *text)
{
	if (strcmp(ms_buf_str(&r->remark), text) == 0)
		return;
	ms_buf_clear(&r->remark);
	ms_buf_add_str(&r->remark, text);
	ms_report_remark(r->report, r->opt->url.host, text);
}

int
handle_reply(struct run *r, struct worker *w, const struct ipc_message *m,
    struct ms_err *err)
{
	switch (m->type) {
	case SAY_WANT_TOKEN:
		give_token(r, w);
		return 0;
	case SAY_LOGGED_IN:
		w->logged_in = r->backoff.logged_in = true;
		r->capabilities = m->capabilities;
		return 0;
	case SAY_REMARK:
		handle_remark(r, m->text);
		return 0;
	case SAY_DONE:
		return handle_done(r, w, m, err);
	case SAY_FOLDER:
		return handle_folder(r, m, err);
	case SAY_COUNT:
		r->counted = m->messages;
		r->counted_validity = m->uidvalidity;
		return 0;
	case SAY_MESSAGE:
	case SAY_DATA:
	case SAY_END:
	case SAY_CANCEL:
		return handle_body(r, w, m, err);
	case SAY_SURVEY:
	case SAY_UIDS:
	case SAY_MET:
	case SAY_UNMET:
	case SAY_UIDL:
		return handle_survey(r, w, m, err);
	case SAY_HEADER:
	case SAY_FAILED:
	case SAY_GONE:
	case SAY_DELETED:
	case SAY_NOT_DELETED:
		return handle_result(r, w, m, err);
	default:
		return misplaced(err);
	}
}
