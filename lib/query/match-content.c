/* match-content.c - evaluates the terms about the parts and the text of a
 * message, by the text index or, if that does not have the message, by reading
 * the message. ms-query(7), Terms of the content. */
#include "fold.h"
#include "impl.h"
#include "part.h"

#include <string.h>

/* ---- reading ---- */

/* Reads the message of a row. 0; -1, m->damage says why. */
static int
load(struct ms_matcher *m, const struct ms_row *row)
{
	struct ms_text_message *content = &m->content;

	if (content->number == row->message)
		return 0;
	if (m->q->reader == NULL)
		return ms_fail(
		    &m->damage, MS_BUG, "query: ms_query_begin() is missing");
	content->number = row->message;
	memcpy(content->id, row->id, MS_SHA_LEN);
	if (ms_text_read(m->q->reader, m->a, content, &m->damage) == 0)
		return 0;
	content->number = 0;
	return -1;
}

/* ---- parts ---- */

/* Does the name have the text, or match the pattern? */
static bool
has_name(struct ms_matcher *m, const struct ms_query_node *t, const char *name)
{
	ms_buf_clear(&m->key);
	ms_text_fold(ms_slice_str(name), &m->key);
	if (memchr(t->value, '*', t->n) != NULL)
		return ms_query_glob_bytes(t->value, ms_buf_str(&m->key));
	return m->key.n >= t->n &&
	       memmem(m->key.p, m->key.n, t->value, t->n) != NULL;
}

/* Without a slash, a pattern is for either half of the type. */
static bool
has_type(const struct ms_query_node *t, const char *type)
{
	const char *slash = strchr(type, '/');
	char half[MS_MIME_TYPE_MAX];
	size_t n = slash != NULL ? (size_t)(slash - type) : 0;

	if (memchr(t->value, '/', t->n) != NULL || slash == NULL)
		return ms_query_glob_bytes(t->value, type);
	memcpy(half, type, n);
	half[n] = '\0';
	return ms_query_glob_bytes(t->value, half) ||
	       ms_query_glob_bytes(t->value, slash + 1);
}

/* A term, and whose rows are looked at. */
struct selection {
	struct ms_matcher *m;
	const struct ms_query_node *t;
	struct ms_buf line;
};

/* Does a line of a list of names or types match the term? */
static bool
has_line(struct selection *s, const char *list)
{
	bool found = false;

	for (size_t n; *list != '\0' && !found; list += n + 1) {
		n = strcspn(list, "\n");
		ms_buf_clear(&s->line);
		ms_buf_add(&s->line, list, n);
		found = s->t->field == MS_QUERY_TYPE
			    ? has_type(s->t, ms_buf_str(&s->line))
			    : has_name(s->m, s->t, ms_buf_str(&s->line));
	}
	return found;
}

static bool
select_row(void *ctx, const struct ms_text_row *row)
{
	struct selection *s = ctx;

	switch (s->t->field) {
	case MS_QUERY_STATE:
		return (row->bits & s->t->bit) != 0;
	case MS_QUERY_HAS:
		return (row->bits & MS_TEXT_HAS_ATTACHMENT) != 0;
	case MS_QUERY_TYPE:
		return has_line(s, row->types);
	default:
		return has_line(s, row->names);
	}
}

/* ---- the text index ---- */

/* The messages of the text index that match a term. */
static struct ms_text_set *
find_set(struct ms_matcher *m, const struct ms_query_node *t)
{
	struct selection s = {.m = m, .t = t};
	struct ms_text_set *set;

	if (t->term != NULL)
		return ms_text_search(m->index, t->term);
	set = ms_text_select(m->index, select_row, &s);
	ms_buf_release(&s.line);
	return set;
}

enum ms_verdict
ms_match_by_index(struct ms_matcher *m, const struct ms_query_node *t,
    const struct ms_row *row)
{
	size_t i = (size_t)(t - m->q->node);

	if (m->index == NULL && !m->no_index)
		m->no_index = ms_text_open(&m->index, m->a, NULL) < 0;
	if (m->no_index || !ms_text_has(m->index, row->message))
		return MS_MAYBE;
	if (m->set[i] == NULL)
		m->set[i] = find_set(m, t);
	/* The search can have found the database damaged. */
	if (!ms_text_has(m->index, row->message))
		return MS_MAYBE;
	return ms_text_set_has(m->set[i], row->message) ? MS_YES : MS_NO;
}

/* ---- terms ---- */

enum ms_verdict
ms_match_content(struct ms_matcher *m, const struct ms_query_node *t,
    const struct ms_row *row)
{
	struct selection s = {.m = m, .t = t};
	struct ms_text_row content;
	bool yes;

	if (load(m, row) < 0)
		return MS_MAYBE;
	content = (struct ms_text_row){.bits = m->content.bits,
	    .types = ms_buf_str(&m->content.types),
	    .names = ms_buf_str(&m->content.names)};
	yes = t->term != NULL ? ms_text_term_matches(t->term, &m->content)
			      : select_row(&s, &content);
	ms_buf_release(&s.line);
	return yes ? MS_YES : MS_NO;
}
