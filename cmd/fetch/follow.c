/*
 * follow.c - waits for new messages: one folder is watched with IDLE, and every
 * folder is surveyed when something may have happened. ms-fetch(1), --follow.
 */
#include "follow.h"

#include <strings.h>

#include "account.h"
#include "clock.h"
#include "dispatch.h"
#include "stop.h"

#define SURVEY_MS 1000 /* at least, between two surveys of the folders */
#define LOGOUT_MS 2000 /* for an IDLE to end in good order */

static struct worker *
free_worker(struct worker_pool *p)
{
	size_t i;

	for (i = 0; i < p->count; i++)
		if (p->workers[i].state == WORKER_FREE)
			return p->workers + i;
	return NULL;
}

/* One connection watches a folder, until something happens there. */
static void
watch(struct run *r, struct worker *w, struct folder *f)
{
	pool_begin_task(w, ASK_IDLE, f);
	pool_send(
	    w, &(struct ipc_message){
		   .type = ASK_IDLE, .raw = f->raw, .seconds = r->opt->poll});
	w->open = f;
	while (w->state == WORKER_BUSY && r->aborted.code == MS_OK)
		dispatch_wait(r, 0);
	if (w->state != WORKER_BUSY)
		return;
	/* The run is aborted: the worker has time to log out. */
	pool_send(w, &(struct ipc_message){.type = ASK_STOP});
	while (w->state == WORKER_BUSY && pool_ready(r->pool, LOGOUT_MS))
		dispatch_wait(r, 0);
}

static void
wait_for_change(struct run *r)
{
	struct worker *w = free_worker(r->pool);
	struct folder *watched = r->folders, *f;
	int64_t since = ms_clock_ms();

	for (f = r->folders; f < r->folders + r->folder_count; f++)
		if (strcasecmp(f->mailbox.name, "INBOX") == 0)
			watched = f;
	if (w == NULL || r->folder_count == 0)
		dispatch_wait_until(r, since + (int64_t)r->opt->poll * 1000);
	else
		watch(r, w, watched);
	/* No server makes the run survey without pause. */
	dispatch_wait_until(r, since + SURVEY_MS);
}

static void
survey_again(struct run *r)
{
	struct folder *f;

	account_report_left_out(r); /* POP3 gives messages new numbers */
	for (f = r->folders; f < r->folders + r->folder_count; f++)
		if (f->state == FOLDER_OPEN) {
			ms_mailbox_resurvey(&f->mailbox);
			f->state = FOLDER_WAITS;
		}
	r->next_survey = 0;
	dispatch_loop(r);
}

void
follow(struct run *r)
{
	while (r->aborted.code == MS_OK) {
		wait_for_change(r);
		if (r->aborted.code == MS_OK)
			survey_again(r);
	}
	if (ms_stopped != 0) /* the usual end of following */
		r->aborted = (struct ms_err){0};
}
