/*
 * folder.c - a folder of the run: its survey, and the tasks cut from it.
 */
#include "folder.h"

#include <assert.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "account.h"
#include "numbers.h"
#include "pop3.h"

#define TASK_BYTES (8 * 1024 * 1024) /* of messages in a request, about */
#define TASK_LOOK 500                /* headers in a request */
#define TASK_SHARE 100               /* messages worth another connection */
#define MEAN_BYTES 16384             /* of a message, before any has come */

void
folder_release(struct folder *f)
{
	ms_mailbox_release(&f->mailbox);
	account_forget_left_out(f);
	free(f->raw);
}

void
folder_reset(struct folder *f)
{
	ms_mailbox_reset(&f->mailbox);
	f->backoff.one_at_a_time = false;
	f->asked = f->done = 0;
	f->state = FOLDER_WAITS;
}

/* ---- the survey ---- */

static void
add_missing(struct run *r, struct folder *f, uint64_t missing)
{
	char why[80];

	if (missing == 0)
		return;
	snprintf(why, sizeof(why), "%" PRIu64 " %s not listed by the server",
	    missing, missing == 1 ? "message" : "messages");
	account_folder_messages_failed(r, f, why, missing);
}

static int
add_uids(struct ms_uid_list *list, const struct ipc_message *m)
{
	size_t i;
	int rc = 0;

	for (i = 0; i < m->uids.n && rc == 0; i++)
		rc = ms_uid_list_add(list, m->uids.v[i], MS_IMAP_UIDS_MAX);
	return rc;
}

int
folder_add_survey(struct run *r, struct folder *f, const struct ipc_message *m,
    struct ms_err *err)
{
	struct ms_mailbox_state *state = &f->mailbox;
	int rc = 0;

	switch (m->type) {
	case SAY_SURVEY:
		state->uidvalidity = m->uidvalidity;
		add_missing(r, f, m->missing);
		break;
	case SAY_UIDS:
		rc = add_uids(&state->uids, m);
		break;
	case SAY_MET:
		rc = add_uids(&state->met, m);
		break;
	case SAY_UNMET:
		rc = add_uids(&state->unmet, m);
		break;
	default:
		if (m->info.uid == state->uids.n + 1)
			rc = ms_mailbox_add_uidl(
			    state, m->text, m->info.size, MS_POP3_MESSAGES_MAX);
		else
			rc = -1;
	}
	return rc == 0 ? 0
		       : ms_fail(err, MS_PROTO,
			     "%s: the worker sends UIDs out of order",
			     f->mailbox.name);
}

/* Counts what a plan says of the messages that wait for no stage. */
static void
account_plan(struct run *r, struct folder *f, struct ms_sync_plan *plan)
{
	const struct ms_mailbox_state *m = &f->mailbox;
	const struct ms_left_out *l;
	char why[64];
	size_t i;

	if (plan->uids_reused)
		ms_report_remark(r->report, m->name,
		    "the server's UIDs name other messages than in the "
		    "archive; every header is compared");
	f->renumbered = plan->renumbered;
	f->tally->seen += plan->seen;
	f->tally->known += plan->known;
	for (l = plan->left_out; l->reason != NULL; l++)
		for (i = 0; i < l->uids.n; i++)
			account_left_out(r, f, l->uids.v[i], l->reason);
	for (i = 0; i < plan->removed_count; i++) {
		snprintf(why, sizeof(why),
		    "removed by hand: ms-remove --undo %llu",
		    (unsigned long long)plan->removed[i].change);
		account_left_out(r, f, plan->removed[i].uid, why);
	}
	account_shorts(r, f, &plan->shorts);
	f->asked = ms_queue_count(&m->queue[MS_STAGE_LOOK]) +
		   ms_queue_count(&m->queue[MS_STAGE_FETCH]);
	ms_sync_plan_release(plan);
}

int
folder_surveyed(struct run *r, struct folder *f, struct ms_err *err)
{
	struct ms_sync_plan plan = {0};
	int rc;

	f->state = FOLDER_OPEN;
	rc = ms_sync_surveyed(&r->rules, r->lookup, &f->mailbox, &plan, err);
	if (rc == 0)
		account_plan(r, f, &plan);
	return rc < 0 ? -1 : 0;
}

int
folder_probed(struct run *r, struct folder *f, uint32_t uid,
    const struct ms_msg_info *info, struct ms_err *err)
{
	struct ms_sync_plan plan = {0};
	int rc;

	rc = ms_sync_probed(
	    &r->rules, r->lookup, &f->mailbox, uid, info, &plan, err);
	if (rc == 0)
		account_plan(r, f, &plan);
	return rc < 0 ? -1 : 0;
}

/* ---- tasks ---- */

/* How many bytes of messages one request should ask for. */
static uint64_t
bytes_left(const struct run *r)
{
	uint64_t max = r->opt->max_bytes;

	if (max == 0 || max > r->bytes + TASK_BYTES)
		return TASK_BYTES;
	return max > r->bytes ? max - r->bytes : 0;
}

/* How many messages one request names: some MiB, and not all messages to one
 * worker where others are free. */
static size_t
task_size(const struct run *r, const struct folder *f, enum ms_stage stage)
{
	uint64_t mean =
	    r->messages > 0 ? r->bytes / r->messages + 1 : MEAN_BYTES;
	size_t waiting = ms_queue_count(&f->mailbox.queue[stage]);
	size_t n = TASK_LOOK, share;

	if (f->backoff.one_at_a_time)
		return 1;
	if (stage != MS_STAGE_LOOK) { /* bodies are read */
		n = (size_t)(bytes_left(r) / mean);
		share = waiting / r->pool->count + 1;
		if (share < TASK_SHARE)
			share = TASK_SHARE;
		if (n > share)
			n = share;
	}
	if (n < 1)
		n = 1;
	return n < TASK_MAX ? n : TASK_MAX;
}

static enum ipc_type
request_of(const struct run *r, const struct folder *f, enum ms_stage stage)
{
	if (stage == MS_STAGE_FETCH)
		return f->mailbox.probing > 0 ? ASK_IDS : ASK_FETCH;
	if (stage == MS_STAGE_DELETE)
		return ASK_DELETE;
	if (f->mailbox.probing > 0)
		return f->mailbox.places == NULL ? ASK_TOPS : ASK_HEADERS;
	return ms_sync_needs_heads(&r->rules, r->lookup) ? ASK_HEADERS
							 : ASK_ATTRIBUTES;
}

void
folder_cut_task(
    struct run *r, struct folder *f, enum ms_stage stage, struct task *t)
{
	t->folder = f;
	t->request = request_of(r, f, stage);
	t->n = t->left = ms_queue_take(
	    &f->mailbox.queue[stage], t->uid, task_size(r, f, stage));
	assert(t->n > 0);
	t->renumbered = f->backoff.renumbered;
	memset(t->answered, 0, sizeof(t->answered));
	qsort(t->uid, t->n, sizeof(*t->uid), ms_compare_u32);
	f->busy++;
}
