/*
 * folder.c - a folder in a run: what a survey says it has, which of that is
 * to be looked at, fetched or deleted, and tasks cut from it.
 */
#include "run.h"
#include "pop3.h"

#include <assert.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define TASK_BYTES (8 * 1024 * 1024) /* of messages in a request, about */
#define TASK_LOOK 500                /* headers in a request */
#define MEAN_BYTES 16384             /* of a message, before any has come */

/* ---- queues ---- */

void
queue_add(struct queue *q, uint32_t uid)
{
	if (q->n == q->cap) {
		/* What was taken out at the front is room too. */
		if (q->at > q->cap / 2) {
			memmove(
			    q->v, q->v + q->at, (q->n - q->at) * sizeof(*q->v));
			q->n -= q->at;
			q->at = 0;
		} else {
			q->cap = q->cap < 256 ? 256 : q->cap * 2;
			q->v = ms_xreallocarray(q->v, q->cap, sizeof(*q->v));
		}
	}
	q->v[q->n++] = uid;
}

void
queue_return(struct queue *q, const uint32_t *uids, size_t n)
{
	size_t left = q->n - q->at, i;

	if (n > q->at) {
		for (i = 0; i < n; i++)
			queue_add(q, 0);
		memmove(q->v + q->at + n, q->v + q->at, left * sizeof(*q->v));
		q->at += n;
	}
	q->at -= n;
	memcpy(q->v + q->at, uids, n * sizeof(*uids));
}

size_t
queue_left(const struct queue *q)
{
	return q->n - q->at;
}

void
queue_release(struct queue *q)
{
	free(q->v);
	*q = (struct queue){0};
}

/* ---- a folder ---- */

static void
forget_places(struct box *b)
{
	size_t i;

	for (i = 0; b->places != NULL && i < b->count; i++)
		free(b->places[i]);
	free(b->places);
	b->places = NULL;
}

void
box_reset(struct box *b)
{
	int i;

	for (i = 0; i < STAGES; i++)
		queue_release(&b->queue[i]);
	forget_places(b);
	b->count = 0;
	b->probe = 0;
	free(b->occurrence);
	b->occurrence = NULL;
	b->careful = false;
	queue_release(&b->met);
	queue_release(&b->unmet);
	b->asked = b->done = 0;
	b->state = BOX_WAITS;
}

/* ---- following: what was dealt with in an earlier look ---- */

static int
by_text(const void *a, const void *b)
{
	const char *x = *(char *const *)a, *y = *(char *const *)b;

	/* those without a UIDL come last */
	return x == NULL || y == NULL ? (x == NULL) - (y == NULL)
				      : strcmp(x, y);
}

static void
forget_seen(struct box *b)
{
	size_t i;

	for (i = 0; b->seen_places != NULL && i < b->seen_count; i++)
		free(b->seen_places[i]);
	free(b->seen_places);
	free(b->seen);
	b->seen_places = NULL;
	b->seen = NULL;
	b->seen_count = 0;
}

void
box_again(struct box *b)
{
	forget_seen(b);
	b->seen = b->uids;
	b->seen_places = b->places;
	b->seen_count = b->count;
	b->seen_validity = b->uidvalidity;
	b->uids = NULL;
	b->places = NULL;
	b->count = b->cap = 0;
	b->state = BOX_WAITS;
	if (b->seen_places != NULL)
		qsort(b->seen_places, b->seen_count, sizeof(*b->seen_places),
		    by_text);
}

static bool
was_seen(const struct box *b, size_t i)
{
	if (b->seen == NULL || b->seen_validity != b->uidvalidity)
		return false;
	if (b->places == NULL)
		return bsearch(&b->uids[i], b->seen, b->seen_count,
			   sizeof(*b->seen), ms_imap_by_uid) != NULL;
	return b->places[i] != NULL && b->seen_places != NULL &&
	       bsearch(&b->places[i], b->seen_places, b->seen_count,
		   sizeof(*b->seen_places), by_text) != NULL;
}

void
box_release(struct box *b)
{
	box_reset(b);
	forget_seen(b);
	free(b->uids);
	free(b->raw);
	free(b->name);
}

/* ---- the survey ---- */

static void
add_uid(uint32_t **v, size_t *n, size_t *cap, uint32_t uid)
{
	if (*n == *cap) {
		*cap = *cap < 256 ? 256 : *cap * 2;
		*v = ms_xreallocarray(*v, *cap, sizeof(**v));
	}
	(*v)[(*n)++] = uid;
}

static int
take_uids(struct frame *f, uint32_t **v, size_t *n, size_t *cap)
{
	uint32_t count = frame_u32(f), i, uid;

	for (i = 0; i < count && !f->bad; i++) {
		uid = frame_u32(f);
		if (uid == 0 || (*n > 0 && uid <= (*v)[*n - 1]) ||
		    *n >= MS_IMAP_UIDS_MAX)
			return -1;
		add_uid(v, n, cap, uid);
	}
	return f->bad ? -1 : 0;
}

static int
take_place(struct box *b, struct frame *f)
{
	uint32_t uid = frame_u32(f);
	const char *uidl = frame_str(f);
	size_t cap = b->cap;

	if (f->bad || uid != b->count + 1 || b->count >= MS_POP3_MESSAGES_MAX)
		return -1;
	add_uid(&b->uids, &b->count, &b->cap, uid);
	if (b->places == NULL || b->cap != cap)
		b->places =
		    ms_xreallocarray(b->places, b->cap, sizeof(*b->places));
	b->places[b->count - 1] = *uidl != '\0' ? ms_xstrdup(uidl) : NULL;
	return 0;
}

static int
take_box(struct run *r, struct box *b, struct frame *f)
{
	char why[80];
	uint64_t missing;

	b->uidvalidity = frame_u32(f);
	missing = frame_u64(f);
	if (f->bad)
		return -1;
	if (missing > 0) {
		snprintf(why, sizeof(why),
		    "%" PRIu64 " %s not listed by the server", missing,
		    missing == 1 ? "message" : "messages");
		run_box_failed(r, b, why, missing);
		b->tally->seen += missing;
	}
	return 0;
}

int
box_take(struct run *r, struct box *b, struct frame *f)
{
	switch (f->word) {
	case SAY_BOX:
		return take_box(r, b, f);
	case SAY_UIDS:
		return take_uids(f, &b->uids, &b->count, &b->cap);
	case SAY_MET:
		return take_uids(f, &b->met.v, &b->met.n, &b->met.cap);
	case SAY_UNMET:
		return take_uids(f, &b->unmet.v, &b->unmet.n, &b->unmet.cap);
	default:
		return take_place(b, f);
	}
}

static bool
holds(const struct queue *q, uint32_t uid)
{
	return q->n > 0 &&
	       bsearch(&uid, q->v, q->n, sizeof(uid), ms_imap_by_uid) != NULL;
}

/* Does this one need to be looked at before it is fetched? -1: it is left out
 * already. */
static int
must_look(struct run *r, const struct box *b, uint32_t uid, bool heads)
{
	bool choosy = !ms_choice_all(&r->opt->choice);

	if (choosy && holds(&b->unmet, uid))
		return -1;
	return heads || (choosy && !(r->exact && holds(&b->met, uid)));
}

static void
sort_fetch(struct run *r, struct box *b, const uint64_t *occurrence, bool heads)
{
	size_t i;
	int look;

	for (i = 0; i < b->count; i++) {
		if (was_seen(b, i))
			continue;
		b->tally->seen++;
		if (occurrence[i] != 0) {
			b->tally->known++;
			continue;
		}
		look = must_look(r, b, b->uids[i], heads);
		if (look < 0)
			run_left_out(r, b, b->uids[i], "not chosen");
		else
			queue_add(&b->queue[look ? STAGE_LOOK : STAGE_FETCH],
			    b->uids[i]);
	}
}

/* Only what is known where it lies can be deleted there. */
static void
sort_delete(struct run *r, struct box *b, uint64_t *occurrence)
{
	size_t i;

	b->tally->seen += b->count;
	for (i = 0; i < b->count; i++)
		if (occurrence[i] == 0)
			run_left_out(r, b, b->uids[i], "not archived");
		else
			queue_add(&b->queue[STAGE_LOOK], b->uids[i]);
}

/* It is certain which of its messages are known. */
static int
sort(struct run *r, struct box *b, struct ms_err *err)
{
	bool heads = false, unknown = false;
	size_t i;

	known_believed(r->known, b);
	for (i = 0; i < b->count && !unknown; i++)
		unknown = b->occurrence[i] == 0 && !was_seen(b, i);
	if (unknown && r->opt->job == FETCH_JOB_FETCH &&
	    known_has_heads(r->known, &heads, err) < 0)
		return -1;
	if (r->opt->job == FETCH_JOB_DELETE)
		sort_delete(r, b, b->occurrence);
	else
		sort_fetch(r, b, b->occurrence, heads);
	free(b->occurrence);
	b->occurrence = NULL;
	queue_release(&b->met);
	queue_release(&b->unmet);
	b->asked = queue_left(&b->queue[STAGE_LOOK]) +
		   queue_left(&b->queue[STAGE_FETCH]);
	return 0;
}

int
box_surveyed(struct run *r, struct box *b, struct ms_err *err)
{
	size_t i;

	b->state = BOX_OPEN;
	b->occurrence = ms_xcalloc(b->count + 1, sizeof(*b->occurrence));
	if (known_places(r->known, b, b->occurrence, err) < 0)
		return -1;
	for (i = b->count; i > 0 && b->occurrence[i - 1] == 0; i--)
		;
	/* UIDLs are not numbers that begin again. */
	if (i == 0 || b->places != NULL || b->seen != NULL)
		return sort(r, b, err);
	b->probe = b->uids[i - 1];
	queue_add(&b->queue[STAGE_LOOK], b->probe);
	return 0;
}

int
box_probed(
    struct run *r, struct box *b, const struct sight *s, struct ms_err *err)
{
	const uint32_t *at =
	    bsearch(&b->probe, b->uids, b->count, sizeof(*at), ms_imap_by_uid);
	int same = 0;

	b->probe = 0;
	if (s != NULL && (s->has & HAS_HEAD) != 0)
		same = known_same_head(
		    r->known, b->occurrence[at - b->uids], s, err);
	if (same < 0)
		return -1;
	if (!same) {
		ms_report_note(r->report,
		    "%s: UIDs are not those that were archived: looking at "
		    "every header",
		    b->name);
		memset(b->occurrence, 0, b->count * sizeof(*b->occurrence));
	}
	return sort(r, b, err);
}

const char *
box_place(const struct box *b, uint32_t uid, char text[32])
{
	if (b->places != NULL)
		return uid <= b->count ? b->places[uid - 1] : NULL;
	if (b->uidvalidity == 0)
		return NULL;
	snprintf(text, 32, "%" PRIu32 "/%" PRIu32, b->uidvalidity, uid);
	return text;
}

/* ---- tasks ---- */

bool
box_done(const struct box *b)
{
	int i;

	if (b->state == BOX_FAILED)
		return true;
	if (b->state != BOX_OPEN || b->busy > 0 || b->probe != 0)
		return false;
	for (i = 0; i < STAGES; i++)
		if (queue_left(&b->queue[i]) > 0)
			return false;
	return true;
}

/* How many messages one request should name: some MiB of them, and not all to
 * one hand where others are free. */
static size_t
task_size(const struct run *r, const struct box *b, enum stage stage)
{
	uint64_t mean =
	    r->messages > 0 ? r->bytes / r->messages + 1 : MEAN_BYTES;
	size_t left = queue_left(&b->queue[stage]), n = TASK_LOOK, share;

	if (b->careful)
		return 1;
	if (stage == STAGE_FETCH) {
		n = (size_t)(TASK_BYTES / mean);
		share = left / r->crew->count + 1;
		if (share < 100)
			share = 100;
		if (n > share)
			n = share;
	}
	if (n < 1)
		n = 1;
	return n < TASK_MAX ? n : TASK_MAX;
}

void
box_cut_task(struct run *r, struct box *b, enum stage stage, struct task *t)
{
	struct queue *q = &b->queue[stage];
	size_t n = task_size(r, b, stage);

	if (n > queue_left(q))
		n = queue_left(q);
	assert(n > 0);
	t->box = b;
	t->ask = b->probe != 0 ? ASK_HEADS : box_ask(r, stage);
	t->n = t->left = n;
	t->renumbered = b->renumbered;
	memcpy(t->uid, q->v + q->at, n * sizeof(*t->uid));
	memset(t->told, 0, sizeof(t->told));
	q->at += n;
	qsort(t->uid, n, sizeof(*t->uid), ms_imap_by_uid);
	b->busy++;
}

enum word
box_ask(const struct run *r, enum stage stage)
{
	bool heads = false;

	if (stage == STAGE_FETCH)
		return ASK_FETCH;
	if (stage == STAGE_DELETE)
		return ASK_DELETE;
	if (r->opt->job == FETCH_JOB_FETCH)
		(void)known_has_heads(r->known, &heads, NULL);
	return heads || ms_choose_needs_head(&r->opt->choice) ? ASK_HEADS
							      : ASK_ATTRIBUTES;
}
