/* plan.c - chooses the rows of the index that a query has to look at.
 * ms-query(7), Speed. */
#include "impl.h"

#include <stdlib.h>
#include <string.h>

#include "numbers.h"

/* What a node allows: dates of sending, dates of archiving, messages. */
struct bound {
	int64_t since, before, archived_since;
	bool listed;            /* only these messages: */
	struct ms_buf messages; /* uint64_t, ascending */
};

static const struct bound everything = {
    .since = INT64_MIN, .before = INT64_MAX, .archived_since = INT64_MIN};

/* ---- the nodes, children before their parents ---- */

static uint32_t
deepest(const struct ms_query *q, uint32_t i)
{
	while (q->node[i].first != 0)
		i = q->node[i].first;
	return i;
}

static uint32_t
following(const struct ms_query *q, uint32_t i)
{
	if (i == q->root)
		return 0;
	return q->node[i].next != 0 ? deepest(q, q->node[i].next)
				    : q->node[i].parent;
}

/* ---- sets of messages ---- */

/* Keeps the messages that are in both sets. */
static void
intersect(struct bound *to, struct bound *from)
{
	uint64_t *list = (uint64_t *)(void *)to->messages.p;
	size_t n = to->messages.n / sizeof(*list), kept = 0;

	if (!from->listed)
		return;
	if (!to->listed) {
		to->listed = true;
		ms_buf_add(&to->messages, from->messages.p, from->messages.n);
		return;
	}
	for (size_t i = 0; i < n; i++)
		if (ms_find_u64(
			(const uint64_t *)(const void *)from->messages.p,
			from->messages.n / sizeof(*list), list[i]) != NULL)
			list[kept++] = list[i];
	to->messages.n = kept * sizeof(*list);
}

static void
unite(struct bound *to, struct bound *from)
{
	if (!to->listed)
		return;
	to->listed = from->listed;
	ms_buf_add(&to->messages, from->messages.p, from->messages.n);
	ms_query_sort(&to->messages);
}

/* ---- bounds ---- */

static void
narrow(struct bound *to, struct bound *from)
{
	if (from->since > to->since)
		to->since = from->since;
	if (from->before < to->before)
		to->before = from->before;
	if (from->archived_since > to->archived_since)
		to->archived_since = from->archived_since;
	intersect(to, from);
}

static void
widen(struct bound *to, struct bound *from)
{
	if (from->since < to->since)
		to->since = from->since;
	if (from->before > to->before)
		to->before = from->before;
	if (from->archived_since < to->archived_since)
		to->archived_since = from->archived_since;
	unite(to, from);
}

static int
bound_of_id(struct ms_archive *a, const struct ms_query_node *t,
    struct bound *b, struct ms_err *err)
{
	uint64_t found[2];
	int rc = ms_archive_find(a, t->value, found, 2, err);

	if (rc > 1)
		return ms_query_ambiguous(t, err);
	b->listed = true;
	if (rc == 1)
		ms_buf_add(&b->messages, found, sizeof(*found));
	return rc < 0 ? -1 : 0;
}

static int
bound_of_term(
    struct ms_matcher *m, uint32_t i, struct bound *b, struct ms_err *err)
{
	const struct ms_query_node *t = &m->q->node[i];

	switch (t->field) {
	case MS_QUERY_SENT:
		b->since = t->since;
		b->before = t->before;
		return 0;
	case MS_QUERY_ARCHIVED:
		b->archived_since = t->since;
		return 0;
	case MS_QUERY_ID:
		return bound_of_id(m->a, t, b, err);
	case MS_QUERY_MSGID:
		b->listed = true;
		return ms_query_find_msgid(m->a, t, &b->messages, err);
	case MS_QUERY_THREAD:
		b->listed = true;
		return ms_query_find_thread(
		    m->a, t, &m->thread[i], &b->messages, err);
	default:
		return 0;
	}
}

/* The bound of a node from those of its children. What does not match a term is
 * not bounded: it can be without a date. */
static int
bound_of(
    struct ms_matcher *m, uint32_t i, struct bound *all, struct ms_err *err)
{
	const struct ms_query_node *node = &m->q->node[i];
	uint32_t child = node->first;

	all[i] = everything;
	if (node->op == MS_QUERY_TERM)
		return bound_of_term(m, i, &all[i], err);
	if (node->op == MS_QUERY_NOT)
		return 0;
	for (; child != 0; child = m->q->node[child].next)
		if (node->op == MS_QUERY_AND || child == node->first)
			narrow(&all[i], &all[child]);
		else
			widen(&all[i], &all[child]);
	return 0;
}

static int
select_archived(struct ms_archive *a, int64_t since, struct ms_select *sel,
    struct ms_err *err)
{
	int got;

	if (since == INT64_MIN)
		return 0;
	got = ms_archive_first_since(a, since, &sel->first, err);
	if (got == 0)
		sel->first = UINT64_MAX;
	return got < 0 ? -1 : 0;
}

/* ---- the plan ---- */

int
ms_query_plan(struct ms_matcher *m, struct ms_select *sel,
    struct ms_buf *messages, bool *listed, struct ms_err *err)
{
	const struct ms_query *q = m->q;
	struct bound *all = ms_xcalloc(q->count, sizeof(*all));
	struct bound *root = &all[q->root];
	uint32_t i;
	int rc = 0;

	for (i = deepest(q, q->root); i != 0 && rc == 0; i = following(q, i))
		rc = bound_of(m, i, all, err);
	sel->has_since = root->since != INT64_MIN;
	sel->since = root->since;
	sel->has_before = root->before != INT64_MAX;
	sel->before = root->before;
	*listed = root->listed;
	ms_buf_add(messages, root->messages.p, root->messages.n);
	if (rc == 0)
		rc = select_archived(m->a, root->archived_since, sel, err);
	for (i = 0; i < q->count; i++)
		ms_buf_release(&all[i].messages);
	free(all);
	return rc;
}
