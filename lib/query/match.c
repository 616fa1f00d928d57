/* match.c - evaluates the tree of a query for an occurrence, or for a folder of
 * which no occurrence is known yet. ms-query(7). */
#include "impl.h"
#include "record.h"
#include "utf8.h"

#include <stdlib.h>
#include <string.h>

static bool
has_id(const struct ms_row *row, const struct ms_query_node *t)
{
	char hex[MS_SHA_HEX + 1];

	ms_hex(row->id, MS_SHA_LEN, hex);
	return memcmp(hex, t->value, t->n) == 0;
}

/* ---- dates and flags ---- */

static enum ms_verdict
match_date(struct ms_matcher *m, const struct ms_query_node *t,
    const struct ms_row *row)
{
	bool known = (row->bits & MS_ROW_UNDATED) == 0;
	int64_t date = row->sent;
	int got;

	if (t->field == MS_QUERY_ARRIVED)
		date = row->arrived;
	if (t->field == MS_QUERY_ARCHIVED) {
		got = ms_archive_archived(m->a, row->number, &date, &m->damage);
		if (got < 0)
			return MS_MAYBE;
		known = got == 1;
	}
	return known && date >= t->since && date < t->before ? MS_YES : MS_NO;
}

/* Is the flag among flags such as `\Seen $Forwarded`? The backslash can be left
 * out in the term. */
static bool
has_flag(struct ms_matcher *m, const char *flags, const char *pattern)
{
	char *word, *rest;

	ms_buf_clear(&m->key);
	ms_utf8_fold(ms_slice_str(flags), &m->key);
	for (rest = ms_buf_str(&m->key); (word = strsep(&rest, " ")) != NULL;)
		if (ms_query_glob_bytes(pattern, word) ||
		    (*word == '\\' && ms_query_glob_bytes(pattern, word + 1)))
			return *word != '\0';
	return false;
}

/* The flags of the OCCURRENCE, if the row has only their beginning. */
static int
long_flags(struct ms_matcher *m, const struct ms_row *row, char **flags)
{
	struct ms_occurrence o;
	struct ms_buf content = {0};
	int rc = ms_archive_occurrence(m->a, row, &o, &content, &m->damage);

	*flags = rc == 0 ? ms_xstrndup(o.flags.p, o.flags.n) : NULL;
	ms_buf_release(&content);
	return rc;
}

/* The message has a flag if it has it at any of its places in the folder. */
static enum ms_verdict
match_flag(struct ms_matcher *m, const struct ms_query_node *t,
    const struct ms_row *row)
{
	struct ms_buf further = {0};
	const char *flags;
	char *whole;
	size_t at = 0;
	enum ms_verdict v = MS_NO;

	if (strlen(row->flags) == MS_ROW_FIELD - 1) {
		if (long_flags(m, row, &whole) < 0)
			return MS_MAYBE;
		v = has_flag(m, whole, t->value) ? MS_YES : MS_NO;
		free(whole);
	} else if (has_flag(m, row->flags, t->value)) {
		v = MS_YES;
	}
	if (v == MS_NO && ms_archive_further_places(
			      m->a, row->number, &further, &m->damage) < 0)
		v = MS_MAYBE;
	while (v == MS_NO && ms_further_place(&further, &at, &flags) != NULL)
		if (has_flag(m, flags, t->value))
			v = MS_YES;
	ms_buf_release(&further);
	return v;
}

/* ---- terms ---- */

/* The name of a user or a source, or a label that is made of its source, is
 * lost because of damage. */
static enum ms_verdict
lost_name(struct ms_matcher *m, const struct ms_folder *f, const char *what)
{
	m->damage = (struct ms_err){0};
	ms_fail(&m->damage, MS_DATA,
	    "the record of its %s is lost; it is not known whether this "
	    "message matches",
	    f->lost ? "folder" : what);
	return MS_MAYBE;
}

static enum ms_verdict
verdict_of(bool yes)
{
	return yes ? MS_YES : MS_NO;
}

static enum ms_verdict
match_name(struct ms_matcher *m, const struct ms_query_node *t,
    const struct ms_folder *f)
{
	switch (t->field) {
	case MS_QUERY_USER:
		if (f->user_lost)
			return lost_name(m, f, "user");
		return verdict_of(ms_query_glob(t->value, f->user_name));
	case MS_QUERY_FOLDER:
		if (f->lost)
			return lost_name(m, f, "folder");
		return verdict_of(ms_query_glob_folder(t->value, f->name));
	case MS_QUERY_SOURCE:
		if (f->source_lost)
			return lost_name(m, f, "source");
		return verdict_of(ms_query_glob(t->value, f->source_url));
	default:
		if (f->source_lost && !f->labelled)
			return lost_name(m, f, "source");
		return verdict_of(
		    f->label != NULL && ms_query_glob(t->value, f->label));
	}
}

/* Is the message in the thread? If its header is damaged, the thread may have
 * more messages. */
static enum ms_verdict
match_thread(struct ms_matcher *m, const struct ms_query_node *t,
    const struct ms_row *row)
{
	uint64_t damaged;

	if (!ms_map_get(&m->thread[t - m->q->node], row->id, &damaged))
		return MS_NO;
	if (damaged == 0)
		return MS_YES;
	m->damage = (struct ms_err){0};
	ms_fail(&m->damage, MS_DATA,
	    "its header cannot be read, so that messages of its thread may be "
	    "missing");
	return MS_MAYBE;
}

/* What the row of the index decides. */
static enum ms_verdict
match_row(struct ms_matcher *m, const struct ms_query_node *t,
    const struct ms_row *row)
{
	switch (t->field) {
	case MS_QUERY_SENT:
	case MS_QUERY_ARRIVED:
	case MS_QUERY_ARCHIVED:
		return match_date(m, t, row);
	case MS_QUERY_ID:
		return verdict_of(has_id(row, t));
	case MS_QUERY_THREAD:
		return match_thread(m, t, row);
	case MS_QUERY_FLAG:
		return match_flag(m, t, row);
	case MS_QUERY_SIZE:
		return verdict_of(
		    row->size >= t->least && row->size < t->below);
	default:
		return verdict_of((row->bits & t->bit) != 0);
	}
}

static bool
is_name(const struct ms_query_node *t)
{
	return t->field <= MS_QUERY_LABEL;
}

static bool
is_text(const struct ms_query_node *t)
{
	return (t->field >= MS_QUERY_FROM && t->field <= MS_QUERY_LIST) ||
	       t->field == MS_QUERY_MSGID;
}

static bool
is_content(const struct ms_query_node *t)
{
	return t->field >= MS_QUERY_HAS && t->field <= MS_QUERY_WORD;
}

enum ms_match_level
ms_match_last_level(const struct ms_query_node *t)
{
	if (is_name(t) || t->field == MS_QUERY_ANY)
		return MS_MATCH_FOLDER;
	if (is_content(t))
		return MS_MATCH_CONTENT;
	return is_text(t) ? MS_MATCH_HEADER : MS_MATCH_ROW;
}

/* row is NULL at the level of folders. */
static enum ms_verdict
match_term(struct ms_matcher *m, const struct ms_query_node *t,
    const struct ms_folder *f, const struct ms_row *row,
    enum ms_match_level level)
{
	if (t->field == MS_QUERY_ANY)
		return MS_YES;
	if (is_name(t))
		return match_name(m, t, f);
	if (level == MS_MATCH_FOLDER)
		return MS_MAYBE;
	if (is_text(t))
		return ms_match_text(m, t, row, level);
	if (is_content(t))
		return level == MS_MATCH_CONTENT ? ms_match_content(m, t, row)
						 : ms_match_by_index(m, t, row);
	return match_row(m, t, row);
}

/* ---- the tree ---- */

/* The verdict of a node of which no child is known. */
static enum ms_verdict
initial(enum ms_query_op op)
{
	return op == MS_QUERY_OR ? MS_NO : MS_YES;
}

/* Adds the verdict of a child to that of its parent. Returns true if the other
 * children cannot change it. */
static bool
add_verdict(struct ms_matcher *m, uint32_t parent, enum ms_verdict v)
{
	unsigned char *partial = &m->partial[parent];

	switch (m->q->node[parent].op) {
	case MS_QUERY_NOT:
		*partial = (unsigned char)(MS_YES - v);
		return true;
	case MS_QUERY_AND:
		if (v < *partial)
			*partial = (unsigned char)v;
		return *partial == MS_NO;
	default:
		if (v > *partial)
			*partial = (unsigned char)v;
		return *partial == MS_YES;
	}
}

/*
 * Evaluates the tree at a level, without the nodes that cannot change the
 * verdict, and without those of which an earlier level has decided.
 */
static enum ms_verdict
evaluate(struct ms_matcher *m, const struct ms_folder *f,
    const struct ms_row *row, enum ms_match_level level)
{
	const struct ms_query_node *node = m->q->node;
	uint32_t i = m->q->root, root = i;
	enum ms_verdict v;

	do {
		v = (enum ms_verdict)m->verdict[i];
		m->partial[i] = (unsigned char)initial(node[i].op);
		if (v == MS_MAYBE && node[i].first != 0) {
			i = node[i].first;
			continue;
		}
		if (v == MS_MAYBE && node[i].op == MS_QUERY_TERM)
			v = match_term(m, &node[i], f, row, level);
		else if (v == MS_MAYBE)
			v = initial(node[i].op);
		m->verdict[i] = (unsigned char)v;
		while (i != root && (add_verdict(m, node[i].parent, v) ||
					node[i].next == 0)) {
			i = node[i].parent;
			v = (enum ms_verdict)m->partial[i];
			m->verdict[i] = (unsigned char)v;
		}
		i = i != root ? node[i].next : 0;
	} while (i != 0);
	return (enum ms_verdict)m->verdict[root];
}

void
ms_matcher_init(
    struct ms_matcher *m, struct ms_archive *a, const struct ms_query *q)
{
	*m = (struct ms_matcher){.a = a, .q = q};
	m->verdict = ms_xcalloc(q->count, 1);
	m->partial = ms_xcalloc(q->count, 1);
	m->by_folder = ms_xcalloc(q->count, 1);
	m->thread = ms_xcalloc(q->count, sizeof(*m->thread));
	m->set = ms_xcalloc(q->count, sizeof(*m->set));
}

/* A second number with the name of the user belongs to an event that has no
 * effect, because the user existed. */
static bool
is_of_user(const struct ms_matcher *m, const struct ms_folder *f)
{
	return m->user == 0 || f->user == m->user ||
	       strcmp(f->user_name, m->q->user) == 0;
}

/* Begins a row with what its folder decides, which is the same for all rows of
 * the folder. */
static enum ms_verdict
begin(struct ms_matcher *m, const struct ms_folder *f)
{
	if (m->folder != f || f->user_lost || f->source_lost || f->lost) {
		memset(m->verdict, MS_MAYBE, m->q->count);
		(void)evaluate(m, f, NULL, MS_MATCH_FOLDER);
		memcpy(m->by_folder, m->verdict, m->q->count);
		m->folder = f;
	} else {
		memcpy(m->verdict, m->by_folder, m->q->count);
	}
	return (enum ms_verdict)m->verdict[m->q->root];
}

bool
ms_match_folder(struct ms_matcher *m, const struct ms_folder *f)
{
	return is_of_user(m, f) && begin(m, f) != MS_NO;
}

/* A folder whose record is lost. */
static const struct ms_folder lost_folder = {.user_name = "?",
    .source_url = "?",
    .label = "?",
    .name = "?",
    .user_lost = true,
    .source_lost = true,
    .lost = true};

/* The verdict is that of the last level: MAYBE is damage. */
static int
undecided(const struct ms_matcher *m, bool *unsure, struct ms_err *err)
{
	*unsure = m->damage.code != MS_INDEX && m->damage.code != MS_TEMP;
	return ms_fail_as(err, &m->damage);
}

int
ms_match_row(struct ms_matcher *m, const struct ms_row *row,
    enum ms_match_level last, bool *unsure, struct ms_err *err)
{
	const struct ms_folder *f;
	enum ms_verdict v;
	int rc;

	*unsure = false;
	if ((row->bits & MS_ROW_MOVED) != 0 && !m->q->moved)
		return 0;
	if ((row->bits & MS_ROW_REMOVED) != 0 && !m->q->removed)
		return 0;
	if (m->q->terms == 0 && m->user == 0)
		return 1;
	rc = ms_archive_folder_get(m->a, row->folder, &f, err);
	if (rc < 0)
		return -1;
	if (rc == 0)
		f = &lost_folder;
	if (!f->lost && !is_of_user(m, f))
		return 0;
	v = begin(m, f);
	for (int level = MS_MATCH_ROW; v == MS_MAYBE && level <= (int)last;
	     level++)
		v = evaluate(m, f, row, (enum ms_match_level)level);
	if (v == MS_YES && m->user != 0 && f->lost)
		v = lost_name(m, f, "folder");
	if (v != MS_MAYBE)
		return v == MS_YES;
	return last + 1 < MS_MATCH_LEVELS ? 2 : undecided(m, unsure, err);
}

void
ms_matcher_release(struct ms_matcher *m)
{
	free(m->verdict);
	free(m->partial);
	free(m->by_folder);
	for (uint32_t i = 0; i < m->q->count; i++)
		ms_map_release(&m->thread[i]);
	free(m->thread);
	for (uint32_t i = 0; i < m->q->count; i++)
		ms_text_set_free(m->set[i]);
	free(m->set);
	ms_text_close(m->index);
	ms_buf_release(&m->header);
	ms_buf_release(&m->text);
	ms_buf_release(&m->key);
	ms_buf_release(&m->address);
	ms_text_message_release(&m->content);
}
