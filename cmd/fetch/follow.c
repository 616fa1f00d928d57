/* follow.c - staying: a folder is watched, and all are looked at again
 * when something may have happened. ms-fetch(1), --follow. */
#include "run.h"

#include <strings.h>

#include "clock.h"

#define LOOK_MS 1000   /* at least, from one look at all folders to the next */
#define LOGOUT_MS 2000 /* for an IDLE to end in good order */

static struct hand *
free_hand(struct crew *c)
{
	size_t i;

	for (i = 0; i < c->count; i++)
		if (c->hands[i].state == HAND_FREE)
			return c->hands + i;
	return NULL;
}

/* A folder is watched by one connection, until something happens there. */
static void
watch(struct run *r, struct hand *h, struct box *watched)
{
	work_ask(h, ASK_IDLE, watched);
	link_str(&h->link, watched->raw);
	link_u32(&h->link, r->opt->poll);
	crew_send(h);
	h->open = watched;
	while (h->state == HAND_BUSY && r->over.code == MS_OK)
		work_wait(r, 0);
	if (h->state != HAND_BUSY)
		return;
	link_begin(&h->link, ASK_STOP); /* so that it logs out */
	crew_send(h);
	while (h->state == HAND_BUSY && crew_ready_within(r->crew, LOGOUT_MS))
		work_wait(r, 0);
}

static void
idle(struct run *r)
{
	struct hand *h = free_hand(r->crew);
	struct box *watched = r->boxes;
	int64_t since = ms_clock_ms();
	size_t i;

	for (i = 0; i < r->box_count; i++)
		if (strcasecmp(r->boxes[i].name, "INBOX") == 0)
			watched = r->boxes + i;
	if (h == NULL || r->box_count == 0)
		work_wait_until(r, since + (int64_t)r->opt->poll * 1000);
	else
		watch(r, h, watched);
	/* Nobody makes us look without pause. */
	work_wait_until(r, since + LOOK_MS);
}

/* Looks again at what there was and what has come. */
static void
look_again(struct run *r)
{
	size_t i;

	for (i = 0; i < r->box_count; i++)
		if (r->boxes[i].state == BOX_OPEN)
			box_again(r->boxes + i);
	r->next = 0;
	work(r);
}

void
fetch_follow(struct run *r)
{
	while (r->over.code == MS_OK) {
		idle(r);
		if (r->over.code == MS_OK)
			look_again(r);
	}
	if (crew_stopped) /* that is how following ends */
		r->over = (struct ms_err){0};
}
