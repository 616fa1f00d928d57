/*
 * retry.c - what a run does when a server refuses, throttles, breaks
 * the connection or the protocol: ms-fetch(1), Patience.
 */
#include "run.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "clock.h"

#define PAUSE_FIRST 200   /* ms before the first new try */
#define PAUSE_SECOND 1000 /* then twice as long each time */
#define PAUSE_MAX 60000
#define PUT_OFF_MAX 3    /* times that a folder may ask for patience */
#define RENUMBERED_MAX 3 /* times that a folder may be made anew */
#define BLAMED_MAX 2     /* losses that one message may cause */

void
patience_won(struct run *r, struct hand *h)
{
	r->strikes = 0;
	if (h->task.box != NULL) {
		h->task.box->careful = false;
		h->task.box->blamed = 0;
	}
}

static void
pause_for(struct run *r, const struct verdict *v)
{
	int64_t ms = PAUSE_FIRST;
	unsigned i;

	for (i = 1; i < r->strikes && ms < PAUSE_MAX; i++)
		ms = i == 1 ? PAUSE_SECOND : ms * 2;
	if (v->wait > 0)
		ms = (int64_t)v->wait * 1000;
	if (r->pause_until < ms_clock_ms() + ms)
		r->pause_until = ms_clock_ms() + ms;
	ms_report_note(r->report, "%s: %s: trying again in %.1f seconds",
	    r->opt->url.host, v->err.msg, (double)ms / 1000);
}

/* The messages of a task of which nothing is known go back to where they came
 * from. */
static void
requeue(struct task *t)
{
	uint32_t left[TASK_MAX];
	size_t i, n = 0;
	enum stage stage = t->ask == ASK_FETCH    ? STAGE_FETCH
			   : t->ask == ASK_DELETE ? STAGE_DELETE
						  : STAGE_LOOK;

	for (i = 0; i < t->n; i++)
		if (!t->told[i])
			left[n++] = t->uid[i];
	queue_return(&t->box->queue[stage], left, n);
	t->left = 0;
}

static void
fail_rest(struct run *r, struct task *t, const char *reason)
{
	struct ms_err err = {0};
	size_t i;

	if (t->left > 0 && t->box->probe != 0) { /* nothing is believed then */
		t->left = 0;
		if (box_probed(r, t->box, NULL, &err) < 0)
			run_over(r, &err);
		return;
	}
	for (i = 0; i < t->n; i++)
		if (!t->told[i]) {
			run_failed(r, t->box, t->uid[i], reason);
			t->told[i] = true;
		}
	t->left = 0;
}

/* All that is known of the folder's UIDs is void. */
static void
renumbered(struct run *r, struct task *t, const char *reason)
{
	struct box *b = t->box;
	uint64_t void_now = b->probe != 0 ? 0 : t->left;
	int i;

	t->left = 0;
	if (t->renumbered == b->renumbered) {
		for (i = 0; i < STAGES && b->probe == 0; i++)
			void_now += queue_left(&b->queue[i]);
		b->renumbered++;
		box_reset(b);
		if (b->renumbered > RENUMBERED_MAX)
			run_box_failed(r, b, reason, 1);
		else
			ms_report_note(r->report, "%s: %s: looked at once more",
			    b->name, reason);
	}
	b->tally->seen -= void_now <= b->tally->seen ? void_now : 0;
}

/*
 * The session was lost while it worked on this. Which message it was that the
 * server can't send, or we can't read, shows when they are asked for one by
 * one.
 */
static void
blame(struct run *r, struct task *t, const struct verdict *v)
{
	struct box *b = t->box;

	if (b == NULL || t->n == 0 || t->left < t->n || !v->reached)
		return;
	if (t->n > 1) {
		b->careful = true;
		b->blamed = 0;
	} else if (++b->blamed >= BLAMED_MAX) {
		fail_rest(r, t, v->err.msg);
		b->blamed = 0;
		if (r->damage < v->err.code)
			r->damage = v->err.code;
	}
}

/* Is it the network or the server's mood, or would it be the same again? A run
 * that never got in does not insist, unless it is asked to wait. */
static bool
forgivable(const struct run *r, const struct verdict *v)
{
	if (v->err.code != MS_TEMP && (v->err.code != MS_PROTO || !v->reached))
		return false;
	return r->logged_in || v->wait > 0 || r->following;
}

static void
session_lost(struct run *r, struct hand *h, const struct verdict *v)
{
	struct task *t = &h->task;
	struct box *b = t->box;

	if (t->left < t->n)
		r->strikes = 0;
	if (r->strikes++ == 0 || r->loss.code < v->err.code)
		r->loss = v->err;
	h->open = NULL;
	blame(r, t, v);
	if (b != NULL && t->ask == ASK_SURVEY)
		box_reset(b);
	else if (b != NULL)
		requeue(t);
	if (!v->reached && r->logged_in && !h->logged_in) {
		/* So many connections the server does not like. */
		crew_dismiss(h);
		r->strikes--;
		ms_report_note(r->report, "%s: with one connection fewer: %s",
		    r->opt->url.host, v->err.msg);
		return;
	}
	if (!forgivable(r, v))
		run_over(r, &v->err);
	else if (r->strikes > r->opt->retries && !r->following)
		run_over(r, &r->loss);
	else
		pause_for(r, v);
}

/* The server says no to this folder, and the session goes on. */
static void
refused(struct run *r, struct hand *h, const struct verdict *v)
{
	struct task *t = &h->task;
	struct box *b = t->box;

	h->open = NULL;
	if (b == NULL) {
		run_over(r, &v->err);
	} else if (v->wait > 0 && b->tries++ < PUT_OFF_MAX) {
		if (t->ask == ASK_SURVEY)
			box_reset(b);
		else
			requeue(t);
		pause_for(r, v);
	} else if (t->ask == ASK_SURVEY) {
		run_box_failed(r, b, v->err.msg, 1);
		b->tally->seen++;
		b->state = BOX_FAILED;
	} else {
		fail_rest(r, t, v->err.msg);
	}
}

void
patience_failed(struct run *r, struct hand *h, const struct verdict *v)
{
	r->next = 0;
	if (v->err.code == MS_EXISTS && h->task.box != NULL)
		renumbered(r, &h->task, v->err.msg);
	else if (v->lost)
		session_lost(r, h, v);
	else
		refused(r, h, v);
}

void
patience_dead(struct run *r, struct hand *h, const struct ms_err *why)
{
	struct task *t = &h->task;
	struct box *b = t->box;
	size_t i, left = 0;

	if (r->damage < why->code)
		r->damage = why->code;
	if (b != NULL && t->ask == ASK_SURVEY) {
		b->state = BOX_FAILED;
		b->tally->seen++;
		run_box_failed(r, b, why->msg, 1);
	} else if (b != NULL) {
		fail_rest(r, t, why->msg);
	} else {
		run_over(r, why);
	}
	for (i = 0; i < r->crew->count; i++)
		left += r->crew->hands[i].state != HAND_GONE;
	if (left == 0)
		run_over(r, why);
}
