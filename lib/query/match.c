/* match.c - does an occurrence, or anything in a folder, match? The tree
 * of a query is asked about what is known. ms-query(7). */
#include "impl.h"
#include "utf8.h"

#include <stdlib.h>
#include <string.h>

/* What is known of a term so far; AND is the least of its children, OR the
 * greatest. With a row at hand only a damaged header leaves a doubt. */
enum verdict {
	NO,
	MAYBE,
	YES
};

/* ---- verdicts ---- */

static bool
contains(
    struct ms_judge *jd, struct ms_slice text, const struct ms_query_node *t)
{
	ms_buf_clear(&jd->folded);
	ms_utf8_fold(text, &jd->folded);
	return jd->folded.n >= t->n &&
	       memmem(jd->folded.p, jd->folded.n, t->value, t->n) != NULL;
}

/* Reads the header of the row's message, unless it is the one at hand. */
static int
load_header(struct ms_judge *jd, const struct ms_row *row)
{
	if (jd->header_of == row->message)
		return 0;
	jd->header_of = 0;
	ms_buf_clear(&jd->header);
	if (ms_archive_header(jd->a, row->message, &jd->header, &jd->damage) <
	    0)
		return -1;
	jd->header_of = row->message;
	return 0;
}

/* The index keeps the beginning of a field; where that doesn't decide, the
 * header does. */
static enum verdict
judge_text(struct ms_judge *jd, const struct ms_query_node *t,
    const struct ms_row *row)
{
	static const struct {
		enum ms_mail_field field;
		int cut;
	} kept[] = {{MS_MAIL_FROM, MS_DESC_FROM_CUT},
	    {MS_MAIL_TO, MS_DESC_TO_CUT},
	    {MS_MAIL_SUBJECT, MS_DESC_SUBJECT_CUT}};
	const struct ms_desc *d = &row->desc;
	const struct ms_desc_field *f[] = {&d->from, &d->to, &d->subject};
	int i = (int)t->field - MS_QUERY_FROM;

	if (contains(jd,
		(struct ms_slice){(const unsigned char *)f[i]->s, f[i]->n}, t))
		return YES;
	if ((d->bits & kept[i].cut) == 0)
		return NO;
	if (load_header(jd, row) < 0)
		return MAYBE;
	ms_buf_clear(&jd->text);
	ms_mail_decode(ms_buf_slice(&jd->header), kept[i].field, &jd->text);
	return contains(jd, ms_buf_slice(&jd->text), t) ? YES : NO;
}

static bool
has_id(const struct ms_row *row, const struct ms_query_node *t)
{
	char hex[MS_SHA_HEX + 1];

	ms_hex(row->id, MS_SHA_LEN, hex);
	return memcmp(hex, t->value, t->n) == 0;
}

/* row is NULL while only the folder is known. */
static enum verdict
judge_term(struct ms_judge *jd, const struct ms_query_node *t,
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
		return row == NULL ? MAYBE : judge_text(jd, t, row);
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

/* Adds a child's verdict to its parent's; true: that is decided by it. */
static bool
decide(struct ms_judge *jd, uint32_t parent, enum verdict v)
{
	unsigned char *partial = &jd->partial[parent];

	if (jd->q->node[parent].op == MS_QUERY_AND) {
		if (v < *partial)
			*partial = (unsigned char)v;
		return *partial == NO;
	}
	if (v > *partial)
		*partial = (unsigned char)v;
	return *partial == YES;
}

/* Goes through the tree, leaving out what can't change the verdict. */
static enum verdict
judge(struct ms_judge *jd, const struct ms_folder *f, const struct ms_row *row)
{
	const struct ms_query_node *node = jd->q->node;
	uint32_t i = 0;

	do {
		enum verdict v = node[i].op == MS_QUERY_OR ? NO : YES;

		jd->partial[i] = (unsigned char)v;
		if (node[i].first != 0) {
			i = node[i].first;
			continue;
		}
		if (node[i].op == MS_QUERY_TERM)
			v = judge_term(jd, &node[i], f, row);
		while (i != 0 &&
		       (decide(jd, node[i].parent, v) || node[i].next == 0)) {
			i = node[i].parent;
			v = jd->partial[i];
		}
		i = i != 0 ? node[i].next : 0;
	} while (i != 0);
	return jd->partial[0];
}

void
ms_judge_init(
    struct ms_judge *jd, struct ms_archive *a, const struct ms_query *q)
{
	*jd = (struct ms_judge){.a = a, .q = q};
	jd->partial = ms_xcalloc(q->count, 1);
}

bool
ms_judge_folder(struct ms_judge *jd, const struct ms_folder *f)
{
	return (jd->user == 0 || f->user == jd->user) &&
	       judge(jd, f, NULL) != NO;
}

int
ms_judge_row(struct ms_judge *jd, const struct ms_row *row, bool *doubt,
    struct ms_err *err)
{
	const struct ms_folder *f;
	enum verdict v;
	int rc;

	*doubt = false;
	if ((row->bits & MS_ROW_MOVED) != 0 && !jd->q->moved)
		return 0;
	if (jd->q->terms == 0 && jd->user == 0)
		return 1;
	rc = ms_archive_folder_get(jd->a, row->folder, &f, err);
	if (rc < 0)
		return -1;
	if (rc == 0) {
		*doubt = true;
		return ms_fail(err, MS_DATA, "its folder is not known");
	}
	if (jd->user != 0 && f->user != jd->user)
		return 0;
	v = judge(jd, f, row);
	if (v == MAYBE) {
		*doubt = true;
		return ms_fail(err, jd->damage.code, "%s", jd->damage.msg);
	}
	return v == YES;
}

void
ms_judge_release(struct ms_judge *jd)
{
	free(jd->partial);
	ms_buf_release(&jd->header);
	ms_buf_release(&jd->text);
	ms_buf_release(&jd->folded);
}
