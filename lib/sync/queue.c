/*
 * queue.c - lists of UIDs: ascending lists as a server gives them, and queues
 * of messages that wait for a step.
 */
#include "queue.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "buf.h"
#include "numbers.h"

#define CAPACITY_MIN 256

static uint32_t *
grow(uint32_t *v, size_t *cap)
{
	*cap = *cap < CAPACITY_MIN ? CAPACITY_MIN : *cap * 2;
	return ms_xreallocarray(v, *cap, sizeof(*v));
}

/* ---- ascending lists ---- */

int
ms_uid_list_add(struct ms_uid_list *l, uint32_t uid, size_t max)
{
	if (uid == 0 || (l->n > 0 && uid <= l->v[l->n - 1]) || l->n >= max)
		return -1;
	if (l->n == l->cap)
		l->v = grow(l->v, &l->cap);
	l->v[l->n++] = uid;
	return 0;
}

bool
ms_uid_list_has(const struct ms_uid_list *l, uint32_t uid)
{
	return ms_find_u32(l->v, l->n, uid) != NULL;
}

void
ms_uid_list_release(struct ms_uid_list *l)
{
	free(l->v);
	*l = (struct ms_uid_list){0};
}

size_t
ms_uid_set_write(struct ms_buf *out, const uint32_t *v, size_t n, size_t max)
{
	size_t i, j, start = out->n;

	for (i = 0; i < n && out->n - start < max; i = j) {
		for (j = i + 1; j < n && v[j] == v[j - 1] + 1; j++)
			;
		ms_buf_printf(out, i > 0 ? ",%" PRIu32 : "%" PRIu32, v[i]);
		if (j - i > 1)
			ms_buf_printf(out, ":%" PRIu32, v[j - 1]);
	}
	return i;
}

/* ---- queues ---- */

void
ms_queue_add(struct ms_queue *q, uint32_t uid)
{
	/* The places of UIDs that were taken are used again, once they are
	 * more than half of the memory. */
	if (q->end == q->cap && q->first > q->cap / 2) {
		q->end -= q->first;
		memmove(q->v, q->v + q->first, q->end * sizeof(*q->v));
		q->first = 0;
	}
	if (q->end == q->cap)
		q->v = grow(q->v, &q->cap);
	q->v[q->end++] = uid;
}

void
ms_queue_return(struct ms_queue *q, const uint32_t *uids, size_t n)
{
	size_t waiting = ms_queue_count(q), i;

	if (n == 0)
		return;
	if (n > q->first) {
		for (i = 0; i < n; i++)
			ms_queue_add(q, 0);
		memmove(q->v + q->first + n, q->v + q->first,
		    waiting * sizeof(*q->v));
		q->first += n;
	}
	q->first -= n;
	memcpy(q->v + q->first, uids, n * sizeof(*uids));
}

size_t
ms_queue_take(struct ms_queue *q, uint32_t *uids, size_t n)
{
	if (n > ms_queue_count(q))
		n = ms_queue_count(q);
	if (n == 0)
		return 0;
	memcpy(uids, q->v + q->first, n * sizeof(*uids));
	q->first += n;
	return n;
}

size_t
ms_queue_count(const struct ms_queue *q)
{
	return q->end - q->first;
}

void
ms_queue_release(struct ms_queue *q)
{
	free(q->v);
	*q = (struct ms_queue){0};
}
