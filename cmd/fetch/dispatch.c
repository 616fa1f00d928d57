/*
 * dispatch.c - gives tasks to workers, waits for their answers and carries out
 * what follows from them.
 */
#include "dispatch.h"

#include <stdio.h>
#include <stdlib.h>

#include "account.h"
#include "clock.h"
#include "delete.h"
#include "output.h"
#include "replies.h"
#include "retry.h"
#include "stop.h"

#define TICK_MS 500   /* until a signal is noticed */
#define GRACE_MS 1000 /* for a worker to end */

/* ---- requests ---- */

static void
ask_survey(struct run *r, struct worker *w, struct folder *f)
{
	pool_begin_task(w, ASK_SURVEY, f);
	w->task.renumbered = f->backoff.renumbered;
	pool_send(w, &(struct ipc_message){.type = ASK_SURVEY,
			 .raw = f->raw,
			 .text = ms_buf_str(&r->criteria)});
	f->state = FOLDER_IN_SURVEY;
	f->busy++;
	w->open = f;
}

static void
ask_messages(
    struct run *r, struct worker *w, struct folder *f, enum ms_stage stage)
{
	struct task *t = &w->task;
	struct ms_err err = {0};
	int rc;

	folder_cut_task(r, f, stage, t);
	if (t->request != ASK_DELETE) {
		pool_send(w, &(struct ipc_message){.type = t->request,
				 .raw = f->raw,
				 .uidvalidity = f->mailbox.uidvalidity,
				 .uids = {t->uid, t->n}});
	} else if ((rc = delete_request(r, w, &err)) != 0) {
		if (rc < 0)
			account_abort(r, &err);
		t->folder = NULL;
		f->busy--;
		return;
	}
	w->open = f;
}

/* The stage of a folder that has messages waiting, the last stage first: so
 * that as little as possible is kept in memory. MS_STAGES: none. After a loss,
 * one worker asks for one message, and the others wait for what it finds. */
static enum ms_stage
ready_stage(const struct folder *f)
{
	int i;

	if (f->state == FOLDER_OPEN &&
	    (f->busy == 0 || !f->backoff.one_at_a_time))
		for (i = MS_STAGES - 1; i >= 0; i--)
			if (ms_queue_count(&f->mailbox.queue[i]) > 0)
				return (enum ms_stage)i;
	return MS_STAGES;
}

/* Some servers give a folder a new UIDVALIDITY each time it is opened. After it
 * was renumbered, no other worker opens it. */
static bool
may_join(const struct run *r, const struct folder *f)
{
	const struct worker_pool *p = r->pool;
	size_t i;

	for (i = 0; f->backoff.renumbered > 0 && i < p->count; i++)
		if (p->workers[i].open == f)
			return false;
	return true;
}

/* A worker goes on with the folder that it has open; else it surveys the next
 * folder; else it joins other workers. Returns whether there was a task. */
static bool
find_task(struct run *r, struct worker *w)
{
	enum ms_stage stage;
	struct folder *f;

	if (w->open != NULL && (stage = ready_stage(w->open)) != MS_STAGES) {
		ask_messages(r, w, w->open, stage);
		return true;
	}
	for (; r->next_survey < r->folder_count; r->next_survey++)
		if (r->folders[r->next_survey].state == FOLDER_WAITS) {
			ask_survey(r, w, r->folders + r->next_survey++);
			return true;
		}
	for (f = r->folders; f < r->folders + r->folder_count; f++)
		if ((stage = ready_stage(f)) != MS_STAGES && may_join(r, f)) {
			ask_messages(r, w, f, stage);
			return true;
		}
	return false;
}

static void
leave_out_stage(
    struct run *r, struct folder *f, enum ms_stage stage, const char *reason)
{
	uint32_t uid;

	while (ms_queue_take(&f->mailbox.queue[stage], &uid, 1) == 1)
		account_left_out(r, f, uid, reason);
}

/* After --max-bytes nothing more is fetched, or compared and deleted. */
static void
stop_at_max_bytes(struct run *r)
{
	static const char reason[] = "--max-bytes is reached";
	struct folder *f;
	int stage;

	if (r->opt->max_bytes == 0 || r->bytes < r->opt->max_bytes)
		return;
	for (f = r->folders; f < r->folders + r->folder_count; f++)
		for (stage = 0; f->mailbox.probing == 0 && stage < MS_STAGES;
		     stage++)
			leave_out_stage(r, f, (enum ms_stage)stage, reason);
}

/* Gives every free worker a task, and returns how many workers are busy. The
 * first worker logs in before the others: several failed logins can lock an
 * account. */
static size_t
assign_tasks(struct run *r, bool more)
{
	struct worker_pool *p = r->pool;
	struct worker *w;
	size_t busy = 0;

	stop_at_max_bytes(r);
	for (w = p->workers; w < p->workers + p->count; w++) {
		if (more && (r->backoff.logged_in || w == p->workers))
			while (w->state == WORKER_FREE && find_task(r, w))
				;
		busy += w->state == WORKER_BUSY;
	}
	return busy;
}

/* ---- waiting ---- */

/* A busy worker ends by itself at the deadline and says what it was doing; but
 * perhaps no worker is busy. */
static void
check_stop(struct run *r)
{
	struct ms_err why = {0};

	if (ms_stopped != 0)
		ms_fail(&why, MS_TEMP, "stopped by a signal");
	else if (r->deadline_ms != 0 &&
		 ms_clock_ms() >= r->deadline_ms + GRACE_MS)
		ms_fail(&why, MS_TEMP, "--max-time is over");
	else
		return;
	account_abort(r, &why);
}

/* Messages that were received can be archived while we wait. */
static void
flush_output(struct run *r)
{
	struct ms_err err = {0};

	if (r->opt->follow && output_idle(r->output, &err) < 0)
		account_abort(r, &err);
	(void)fflush(stdout); /* an error shows at the next write */
}

void
dispatch_wait(struct run *r, int64_t wait_ms)
{
	struct worker *w = NULL;
	struct ipc_message m;
	struct ms_err err = {0};

	if (wait_ms <= 0 || wait_ms > TICK_MS)
		wait_ms = TICK_MS;
	if (!pool_ready(r->pool, 0))
		flush_output(r);
	switch (pool_wait(r->pool, (int)wait_ms, &w, &m, &err)) {
	case POOL_NOTHING:
		break;
	case POOL_MESSAGE:
		if (handle_reply(r, w, &m, &err) < 0)
			account_abort(r, &err);
		break;
	case POOL_WORKER_DIED:
		if (output_busy(r->output) &&
		    output_cancel(r->output, err.msg, NULL) < 0)
			account_abort(r, &err);
		if (w->task.folder != NULL && w->task.folder->busy > 0)
			w->task.folder->busy--;
		retry_worker_died(r, w, &err);
		break;
	}
	check_stop(r);
}

void
dispatch_wait_until(struct run *r, int64_t until_ms)
{
	int64_t left;

	while (
	    r->aborted.code == MS_OK && (left = until_ms - ms_clock_ms()) > 0)
		dispatch_wait(r, left);
}

/* ---- the loop ---- */

/* What is known of the server's folders. The first of a name counts, so those
 * that are read come first. */
static struct ms_folder_content *
folder_contents(const struct run *r, size_t *n)
{
	struct ms_folder_content *c =
	    ms_xcalloc(r->folder_count + r->listed_count + 1, sizeof(*c));
	size_t i;

	*n = 0;
	for (i = 0; i < r->folder_count; i++)
		c[(*n)++] =
		    (struct ms_folder_content){r->folders[i].mailbox.name,
			r->folders[i].state == FOLDER_OPEN};
	for (i = 0; i < r->listed_count; i++)
		c[(*n)++] = (struct ms_folder_content){
		    r->listed[i].name, !r->listed[i].selectable};
	return c;
}

/* Every folder was surveyed: writes what may have moved. */
static int
write_pending_moves(struct run *r, struct ms_err *err)
{
	const struct ms_pending_move *move;
	struct ms_folder_content *contents;
	size_t n;
	int rc;

	contents = folder_contents(r, &n);
	while ((rc = ms_pending_moves_next(
		    &r->moves, r->lookup, contents, n, &move, err)) == 1) {
		const struct ms_msg_info info = {.uid = move->uid,
		    .has = move->has,
		    .date = move->date,
		    .flags = move->flags};

		rc = output_reference(
		    r->output, move->folder, &info, move->id, move->from, err);
		if (rc < 0)
			break;
	}
	free(contents);
	ms_pending_moves_release(&r->moves);
	return rc;
}

void
dispatch_loop(struct run *r)
{
	struct ms_err err = {0};
	int64_t left;

	while (r->aborted.code == MS_OK) {
		left = r->pause_until_ms - ms_clock_ms();
		if (assign_tasks(r, left <= 0) == 0 && left <= 0)
			break;
		dispatch_wait(r, left);
	}
	if (write_pending_moves(r, &err) < 0)
		account_abort(r, &err);
}

void
dispatch_list_folders(struct run *r)
{
	struct worker *w = r->pool->workers;

	do {
		dispatch_wait_until(r, r->pause_until_ms);
		if (r->aborted.code != MS_OK)
			break;
		pool_begin_task(w, ASK_FOLDERS, NULL);
		pool_send(w, &(struct ipc_message){.type = ASK_FOLDERS});
		while (w->state == WORKER_BUSY && r->aborted.code == MS_OK)
			dispatch_wait(r, 0);
	} while (r->aborted.code == MS_OK && r->pause_until_ms > ms_clock_ms());
}

uint64_t
dispatch_count(struct run *r, const char *raw)
{
	struct worker *w = r->pool->workers;

	r->counted = MS_REPORT_UNKNOWN;
	while (w < r->pool->workers + r->pool->count && w->state != WORKER_FREE)
		w++;
	if (w == r->pool->workers + r->pool->count)
		return MS_REPORT_UNKNOWN;
	pool_begin_task(w, ASK_COUNT, NULL);
	pool_send(w, &(struct ipc_message){.type = ASK_COUNT, .raw = raw});
	w->open = NULL;
	while (w->state == WORKER_BUSY && r->aborted.code == MS_OK)
		dispatch_wait(r, 0);
	return r->counted;
}
