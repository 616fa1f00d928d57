/* query.c - what a parsed query is about. ms-query(7). */
#include "query.h"

#include <stdlib.h>

#include "impl.h"

void
ms_query_free(struct ms_query *q)
{
	if (q == NULL)
		return;
	for (uint32_t i = 0; i < q->count; i++) {
		free(q->node[i].value);
		free(q->node[i].address);
		if (q->node[i].term != NULL)
			ms_text_term_release(q->node[i].term);
		free(q->node[i].term);
	}
	free(q->node);
	free(q->user);
	ms_text_reader_close(q->reader);
	free(q);
}

int
ms_query_begin(struct ms_query *q, struct ms_err *err)
{
	const struct ms_query_node *t;
	unsigned parts = 0;
	bool reads = false;

	for (uint32_t i = 1; i < q->count; i++) {
		t = &q->node[i];
		if (t->op != MS_QUERY_TERM ||
		    ms_match_last_level(t) != MS_MATCH_CONTENT)
			continue;
		reads = true;
		if (t->term != NULL)
			parts |= t->term->parts;
		else if (t->field == MS_QUERY_STATE && t->bit == MS_TEXT_UNREAD)
			parts = MS_TEXT_ALL;
	}
	return reads ? ms_text_reader_open(&q->reader, parts, err) : 0;
}

void
ms_query_user(struct ms_query *q, const char *name)
{
	free(q->user);
	q->user = ms_xstrdup(name);
}

bool
ms_query_with_moved(struct ms_query *q)
{
	bool asks = q->moved;

	q->moved = true;
	return !asks;
}

static bool
is_id(const struct ms_query_node *node)
{
	return node->op == MS_QUERY_TERM && node->field == MS_QUERY_ID;
}

/* In the tree, such a query is an id, or an OR of ids and of such ORs. */
bool
ms_query_ids_only(const struct ms_query *q)
{
	bool ids = false;

	for (uint32_t i = 1; i < q->count; i++) {
		const struct ms_query_node *node = &q->node[i];

		/* The nodes that simplifying left behind have no parent. */
		if (is_id(node))
			ids = true;
		else if (node->op != MS_QUERY_OR &&
			 (node->parent != 0 || i == q->root))
			return false;
	}
	return ids && q->user == NULL;
}

bool
ms_query_since_sent(const struct ms_query *q)
{
	return q->since;
}
