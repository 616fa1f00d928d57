/* match.c - evaluates the tree of a query for an occurrence, or for a folder of
 * which no occurrence is known yet. ms-query(7). */
#include "impl.h"
#include "utf8.h"

#include <stdlib.h>
#include <string.h>

/*
 * The verdict of a node. AND has the least verdict of its children, OR the
 * greatest. MAYBE of a row means that its header is damaged.
 */
enum verdict {
	NO,
	MAYBE,
	YES
};

static bool
contains(
    struct ms_matcher *m, struct ms_slice text, const struct ms_query_node *t)
{
	ms_buf_clear(&m->folded);
	ms_utf8_fold(text, &m->folded);
	return m->folded.n >= t->n &&
	       memmem(m->folded.p, m->folded.n, t->value, t->n) != NULL;
}

/* Reads the header of the row's message into m->header. */
static int
load_header(struct ms_matcher *m, const struct ms_row *row)
{
	if (m->header_of == row->message)
		return 0;
	m->header_of = 0;
	ms_buf_clear(&m->header);
	if (ms_archive_header(m->a, row->message, &m->header, &m->damage) < 0)
		return -1;
	m->header_of = row->message;
	return 0;
}

/* The index has the beginning of a field. If the text is not found there and
 * the field is longer, the header is searched. */
static enum verdict
match_text(struct ms_matcher *m, const struct ms_query_node *t,
    const struct ms_row *row)
{
	static const struct {
		enum ms_mail_field field;
		int cut;
	} indexed[] = {{MS_MAIL_FROM, MS_DESC_FROM_CUT},
	    {MS_MAIL_TO, MS_DESC_TO_CUT},
	    {MS_MAIL_SUBJECT, MS_DESC_SUBJECT_CUT}};
	const struct ms_desc *d = &row->desc;
	const struct ms_desc_field *f[] = {&d->from, &d->to, &d->subject};
	int i = (int)t->field - MS_QUERY_FROM;

	if (contains(m,
		(struct ms_slice){(const unsigned char *)f[i]->s, f[i]->n}, t))
		return YES;
	if ((d->bits & indexed[i].cut) == 0)
		return NO;
	if (load_header(m, row) < 0)
		return MAYBE;
	ms_buf_clear(&m->text);
	ms_mail_decode(ms_buf_slice(&m->header), indexed[i].field, &m->text);
	return contains(m, ms_buf_slice(&m->text), t) ? YES : NO;
}

static bool
has_id(const struct ms_row *row, const struct ms_query_node *t)
{
	char hex[MS_SHA_HEX + 1];

	ms_hex(row->id, MS_SHA_LEN, hex);
	return memcmp(hex, t->value, t->n) == 0;
}

/* row may be NULL: only the folder is known. */
static enum verdict
match_term(struct ms_matcher *m, const struct ms_query_node *t,
    const struct ms_folder *f, const struct ms_row *row)
{
	bool yes = false;

	switch (t->field) {
	case MS_QUERY_USER:
		yes = ms_query_glob(t->value, f->user_name);
		break;
	case MS_QUERY_FOLDER:
		yes = ms_query_glob_folder(t->value, f->name);
		break;
	case MS_QUERY_SOURCE:
		yes = ms_query_glob(t->value, f->source_url);
		break;
	case MS_QUERY_LABEL:
		yes = f->label != NULL && ms_query_glob(t->value, f->label);
		break;
	case MS_QUERY_SINCE:
	case MS_QUERY_BEFORE:
		if (row == NULL)
			return MAYBE;
		yes = (row->bits & MS_ROW_UNDATED) == 0 &&
		      (t->field == MS_QUERY_SINCE) == (row->date >= t->time);
		break;
	case MS_QUERY_FROM:
	case MS_QUERY_TO:
	case MS_QUERY_SUBJECT:
		return row == NULL ? MAYBE : match_text(m, t, row);
	case MS_QUERY_ID:
		if (row == NULL)
			return MAYBE;
		yes = has_id(row, t);
		break;
	case MS_QUERY_IS:
		if (row == NULL)
			return MAYBE;
		yes = (row->bits & t->bit) != 0;
		break;
	}
	return yes ? YES : NO;
}

/* Adds the verdict of a child to that of its parent. Returns true if the other
 * children cannot change it. */
static bool
add_verdict(struct ms_matcher *m, uint32_t parent, enum verdict v)
{
	unsigned char *partial = &m->partial[parent];

	if (m->q->node[parent].op == MS_QUERY_AND) {
		if (v < *partial)
			*partial = (unsigned char)v;
		return *partial == NO;
	}
	if (v > *partial)
		*partial = (unsigned char)v;
	return *partial == YES;
}

/* Evaluates the tree, without the nodes that cannot change the verdict. */
static enum verdict
match(struct ms_matcher *m, const struct ms_folder *f, const struct ms_row *row)
{
	const struct ms_query_node *node = m->q->node;
	uint32_t i = 0;

	do {
		enum verdict v = node[i].op == MS_QUERY_OR ? NO : YES;

		m->partial[i] = (unsigned char)v;
		if (node[i].first != 0) {
			i = node[i].first;
			continue;
		}
		if (node[i].op == MS_QUERY_TERM)
			v = match_term(m, &node[i], f, row);
		while (i != 0 && (add_verdict(m, node[i].parent, v) ||
				     node[i].next == 0)) {
			i = node[i].parent;
			v = m->partial[i];
		}
		i = i != 0 ? node[i].next : 0;
	} while (i != 0);
	return m->partial[0];
}

void
ms_matcher_init(
    struct ms_matcher *m, struct ms_archive *a, const struct ms_query *q)
{
	*m = (struct ms_matcher){.a = a, .q = q};
	m->partial = ms_xcalloc(q->count, 1);
}

bool
ms_match_folder(struct ms_matcher *m, const struct ms_folder *f)
{
	return (m->user == 0 || f->user == m->user) && match(m, f, NULL) != NO;
}

int
ms_match_row(struct ms_matcher *m, const struct ms_row *row, bool *unsure,
    struct ms_err *err)
{
	const struct ms_folder *f;
	enum verdict v;
	int rc;

	*unsure = false;
	if ((row->bits & MS_ROW_MOVED) != 0 && !m->q->moved)
		return 0;
	if (m->q->terms == 0 && m->user == 0)
		return 1;
	rc = ms_archive_folder_get(m->a, row->folder, &f, err);
	if (rc < 0)
		return -1;
	if (rc == 0) {
		*unsure = true;
		return ms_fail(err, MS_DATA, "its folder is unknown");
	}
	if (m->user != 0 && f->user != m->user)
		return 0;
	v = match(m, f, row);
	if (v == MAYBE) {
		*unsure = true;
		return ms_fail(err, m->damage.code, "%s", m->damage.msg);
	}
	return v == YES;
}

void
ms_matcher_release(struct ms_matcher *m)
{
	free(m->partial);
	ms_buf_release(&m->header);
	ms_buf_release(&m->text);
	ms_buf_release(&m->folded);
}
