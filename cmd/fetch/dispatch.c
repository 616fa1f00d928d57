/* dispatch.c - who is asked what, and waiting for the answers. */
#include "run.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "clock.h"

#define TICK_MS 500   /* a signal is noticed so soon */
#define GRACE_MS 1000 /* for a worker to end */

/* ---- asking ---- */

void
work_ask(struct hand *h, enum word word, struct box *b)
{
	h->task.box = b;
	h->task.ask = word;
	h->task.n = h->task.left = 0;
	link_begin(&h->link, word);
}

static void
ask_survey(struct run *r, struct hand *h, struct box *b)
{
	work_ask(h, ASK_SURVEY, b);
	h->task.renumbered = b->renumbered;
	link_str(&h->link, b->raw);
	link_str(&h->link, ms_buf_str(&r->criteria));
	crew_send(h);
	b->state = BOX_SURVEYED_NOW;
	b->busy++;
	h->open = b;
}

static void
ask_messages(struct run *r, struct hand *h, struct box *b, enum stage stage)
{
	struct task *t = &h->task;
	struct ms_err err = {0};
	size_t i;
	int got = 0;

	box_cut_task(r, b, stage, t);
	link_begin(&h->link, t->ask);
	link_str(&h->link, b->raw);
	link_u32(&h->link, b->uidvalidity);
	if (t->ask == ASK_DELETE) {
		got = doom_request(r, h, &err);
		if (got < 0)
			run_over(r, &err);
	} else {
		link_u32(&h->link, (uint32_t)t->n);
		for (i = 0; i < t->n; i++)
			link_u32(&h->link, t->uid[i]);
	}
	if (got != 0) { /* nothing is left to ask for */
		link_drop(&h->link);
		t->box = NULL;
		b->busy--;
		return;
	}
	h->open = b;
	crew_send(h);
}

/* The stage of a folder that has something to do, the latest first: what is
 * known is forgotten soonest. STAGES: none. */
static enum stage
ready_stage(const struct box *b)
{
	int i;

	if (b->state == BOX_OPEN)
		for (i = STAGES - 1; i >= 0; i--)
			if (queue_left(&b->queue[i]) > 0)
				return (enum stage)i;
	return STAGES;
}

/* Something to do in the folder it has open, else another look, else help
 * where another one is at work. */
static bool
find_work(struct run *r, struct hand *h)
{
	enum stage stage;
	size_t i;

	if (h->open != NULL && (stage = ready_stage(h->open)) != STAGES) {
		ask_messages(r, h, h->open, stage);
		return true;
	}
	for (i = r->next; i < r->box_count; i++)
		if (r->boxes[i].state == BOX_WAITS) {
			r->next = i + 1;
			ask_survey(r, h, r->boxes + i);
			return true;
		}
	for (i = 0; i < r->box_count; i++)
		if ((stage = ready_stage(r->boxes + i)) != STAGES) {
			ask_messages(r, h, r->boxes + i, stage);
			return true;
		}
	return false;
}

/* Past --max-bytes nothing more is fetched. */
static void
stop_at_max_bytes(struct run *r)
{
	struct queue *q;
	size_t i;
	int stage;

	if (r->opt->max_bytes == 0 || r->bytes < r->opt->max_bytes)
		return;
	for (i = 0; i < r->box_count; i++)
		for (stage = STAGE_LOOK; stage <= STAGE_FETCH; stage++)
			for (q = &r->boxes[i].queue[stage];
			     queue_left(q) > 0 && r->boxes[i].probe == 0;
			     q->at++)
				run_left_out(r, r->boxes + i, q->v[q->at],
				    "--max-bytes is reached");
}

/* Gives every free hand something to do; returns how many are at work. The
 * others log in when the first one has: an account is locked by attempts. */
static size_t
assign(struct run *r, bool more)
{
	struct hand *h;
	size_t busy = 0;

	stop_at_max_bytes(r);
	for (h = r->crew->hands; h < r->crew->hands + r->crew->count; h++) {
		if (more && h->state == HAND_FREE &&
		    (r->logged_in || h == r->crew->hands))
			while (h->state == HAND_FREE && find_work(r, h))
				;
		busy += h->state == HAND_BUSY;
	}
	return busy;
}

/* ---- waiting ---- */

/* A worker at work ends by itself when the time is over, and says what it was
 * at; but it may be that none is. */
static void
stopped(struct run *r)
{
	struct ms_err why = {0};

	if (r->over.code != MS_OK)
		return;
	if (crew_stopped)
		ms_fail(&why, MS_TEMP, "stopped by a signal");
	else if (r->until_ms != 0 && ms_clock_ms() >= r->until_ms + GRACE_MS)
		ms_fail(&why, MS_TEMP, "--max-time is over");
	else
		return;
	run_over(r, &why);
}

/* What has come may be archived while we wait. */
void
work_wait(struct run *r, int64_t until_ms)
{
	int wait_ms =
	    until_ms > 0 && until_ms < TICK_MS ? (int)until_ms : TICK_MS;
	struct hand *h = NULL;
	struct frame f;
	struct ms_err err = {0};

	if (!crew_ready(r->crew)) {
		if (r->following && output_rest(r->output, &err) < 0)
			run_over(r, &err);
		(void)fflush(stdout); /* an error shows at the next write */
	}
	switch (crew_wait(r->crew, wait_ms, &h, &f, &err)) {
	case CREW_NOTHING:
		break;
	case CREW_FRAME:
		if (take_frame(r, h, &f, &err) < 0)
			run_over(r, &err);
		break;
	case CREW_LOST:
		if (output_busy(r->output) &&
		    output_void(r->output, err.msg, NULL) < 0)
			run_over(r, &err);
		if (h->task.box != NULL && h->task.box->busy > 0)
			h->task.box->busy--;
		patience_dead(r, h, &err);
		break;
	}
	stopped(r);
}

void
work_wait_until(struct run *r, int64_t until_ms)
{
	int64_t left;

	while (r->over.code == MS_OK && (left = until_ms - ms_clock_ms()) > 0)
		work_wait(r, left);
}

/* Whatever goes on may go on; but not after the run is over. */
void
work(struct run *r)
{
	struct ms_err err = {0};
	int64_t left;

	while (r->over.code == MS_OK) {
		left = r->pause_until - ms_clock_ms();
		if (assign(r, left <= 0) == 0 && left <= 0)
			break;
		work_wait(r, left);
	}
	if (take_late(r, &err) < 0)
		run_over(r, &err);
}

int
work_folders(struct run *r, struct ms_err *err)
{
	struct hand *h = r->crew->hands;

	do {
		work_wait_until(r, r->pause_until);
		if (r->over.code != MS_OK)
			break;
		work_ask(h, ASK_FOLDERS, NULL);
		crew_send(h);
		while (h->state == HAND_BUSY && r->over.code == MS_OK)
			work_wait(r, 0);
	} while (r->over.code == MS_OK && r->pause_until > ms_clock_ms());
	if (r->over.code == MS_OK)
		return 0;
	*err = r->over;
	return -1;
}
