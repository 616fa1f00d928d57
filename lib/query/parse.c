/* parse.c - parses a query into a tree of terms. ms-query(7), Operators. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "impl.h"
#include "nearest.h"
#include "utf8.h"

#define NAME_SHOWN 40 /* bytes of a word in a message */

/* What came last in a group. */
enum last {
	LAST_NONE,
	LAST_OPERAND,
	LAST_AND,
	LAST_OR,
	LAST_NOT
};

/* A query, or what is between parentheses: lists that `or` separates. */
struct group {
	uint32_t any;       /* the OR of the lists before this one, or 0 */
	uint32_t all;       /* the AND of this list */
	uint32_t ids;       /* the OR of the ids in this list, or 0 */
	size_t at, last_at; /* the parenthesis; what came last */
	enum last last;
	bool negate; /* what comes next */
};

struct parse {
	struct ms_query_parser ps;
	struct group group[MS_QUERY_DEPTH];
	size_t depth; /* of the last group */
};

/* ---- the tree ---- */

uint32_t
ms_query_add(struct ms_query *q, enum ms_query_op op)
{
	uint32_t i = q->count++;

	q->node = ms_xreallocarray(q->node, q->count, sizeof(*q->node));
	q->node[i] = (struct ms_query_node){.op = op};
	return i;
}

void
ms_query_add_child(struct ms_query *q, uint32_t parent, uint32_t child)
{
	struct ms_query_node *p = &q->node[parent];

	q->node[child].parent = parent;
	if (p->last == 0)
		p->first = child;
	else
		q->node[p->last].next = child;
	p->last = child;
}

/* A list of one operand is that operand. */
static uint32_t
simplify(const struct ms_query *q, uint32_t i)
{
	uint32_t first = q->node[i].first;

	return first != 0 && q->node[first].next == 0 ? first : i;
}

static uint32_t
negated(struct ms_query *q, uint32_t i)
{
	uint32_t not = ms_query_add(q, MS_QUERY_NOT);

	ms_query_add_child(q, not, i);
	return not ;
}

/* Adds an operand to the list. As a message has one id, several ids of a list
 * match any of these ids. */
static void
add_operand(struct parse *p, uint32_t i)
{
	struct group *g = &p->group[p->depth];
	struct ms_query *q = p->ps.q;
	const struct ms_query_node *node = &q->node[i];
	uint32_t list = g->all;

	if (g->negate) {
		i = negated(q, i);
	} else if (node->op == MS_QUERY_TERM && node->field == MS_QUERY_ID) {
		if (g->ids == 0) {
			g->ids = ms_query_add(q, MS_QUERY_OR);
			ms_query_add_child(q, g->all, g->ids);
		}
		list = g->ids;
	}
	ms_query_add_child(q, list, i);
	g->negate = false;
	g->last = LAST_OPERAND;
}

static void
begin_group(struct parse *p)
{
	p->group[p->depth] = (struct group){
	    .all = ms_query_add(p->ps.q, MS_QUERY_AND), .at = p->ps.at};
}

/* Ends a list at an `or`. */
static void
end_list(struct parse *p)
{
	struct group *g = &p->group[p->depth];
	struct ms_query *q = p->ps.q;

	if (g->any == 0)
		g->any = ms_query_add(q, MS_QUERY_OR);
	ms_query_add_child(q, g->any, simplify(q, g->all));
	g->all = ms_query_add(q, MS_QUERY_AND);
	g->ids = 0;
	g->last = LAST_OR;
}

/* Ends a group, and returns its node. */
static uint32_t
end_group(struct parse *p)
{
	struct group *g = &p->group[p->depth];
	struct ms_query *q = p->ps.q;
	uint32_t list = simplify(q, g->all);

	if (g->any == 0)
		return list;
	ms_query_add_child(q, g->any, list);
	return g->any;
}

/* ---- words ---- */

static bool
blank(unsigned char c)
{
	return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

/* At the end of a word: a blank, or the end of a group or of the query. */
static bool
at_end(const struct ms_query_parser *ps)
{
	return ps->at == ps->text.n || blank(ps->text.p[ps->at]) ||
	       ps->text.p[ps->at] == ')';
}

static int
read_quoted(struct ms_query_parser *ps, struct ms_err *err)
{
	size_t open = ps->at++;

	while (ps->at < ps->text.n && ps->text.p[ps->at] != '"') {
		if (ps->text.p[ps->at] == '\\' && ps->at + 1 < ps->text.n &&
		    (ps->text.p[ps->at + 1] == '"' ||
			ps->text.p[ps->at + 1] == '\\'))
			ps->at++;
		ms_buf_add_byte(&ps->value, ps->text.p[ps->at++]);
	}
	if (ps->at == ps->text.n)
		return ms_query_refuse(
		    ps, open, err, "this quotation mark is not closed");
	ps->at++;
	ps->quoted = true;
	if (!at_end(ps))
		return ms_query_refuse(ps, ps->at, err,
		    "a blank is missing after the quotation mark");
	return 0;
}

/* Reads the value of a term, or a word, into ps->value. */
static int
read_value(struct ms_query_parser *ps, const char *name, struct ms_err *err)
{
	ms_buf_clear(&ps->value);
	ps->value_at = ps->at;
	ps->quoted = false;
	if (!at_end(ps) && ps->text.p[ps->at] == '"')
		return read_quoted(ps, err);
	for (; !at_end(ps); ps->at++) {
		unsigned char c = ps->text.p[ps->at];

		if (c == '"' || c == '(')
			return ms_query_refuse(ps, ps->at, err,
			    "a value with %c must be in quotation marks; write "
			    "%s\"...\"",
			    c, name);
		ms_buf_add_byte(&ps->value, c);
	}
	return 0;
}

/* Returns the bytes up to the next blank, colon, parenthesis or quote. */
static struct ms_slice
peek_word(const struct ms_query_parser *ps)
{
	size_t n = ps->at;

	while (n < ps->text.n && !blank(ps->text.p[n]) &&
	       memchr(":()\"", ps->text.p[n], 4) == NULL)
		n++;
	return (struct ms_slice){ps->text.p + ps->at, n - ps->at};
}

static bool
word_is(struct ms_slice w, const char *name)
{
	return w.n == strlen(name) &&
	       strncasecmp((const char *)w.p, name, w.n) == 0;
}

/* ---- terms ---- */

/* How many bytes of a word a message shows: whole characters. */
static int
shown(struct ms_slice w)
{
	size_t n = w.n < NAME_SHOWN ? w.n : NAME_SHOWN;

	while (n > 0 && n < w.n && (w.p[n] & 0xc0) == 0x80)
		n--;
	return (int)n;
}

/* The names of all terms: "from: to: ...". */
static void
list_names(struct ms_buf *out)
{
	for (size_t i = 0; ms_query_term(i) != NULL; i++)
		ms_buf_printf(out, " %s:", ms_query_term(i));
}

/* Refuses a word before a colon that is no name of a term. */
static int
refuse_name(
    const struct ms_query_parser *ps, struct ms_slice w, struct ms_err *err)
{
	char *name = ms_xstrndup(w.p, (size_t)shown(w));
	struct ms_nearest near = {.wanted = name};
	struct ms_buf names = {0};

	list_names(&names);
	for (size_t i = 0; ms_query_kind(i) != NULL; i++)
		ms_nearest_try(&near, ms_query_kind(i)->name);
	if (near.word != NULL)
		(void)ms_query_refuse(ps, ps->at, err,
		    "unknown term \"%s:\" (did you mean \"%s:\"?)", name,
		    near.word);
	else
		(void)ms_query_refuse(ps, ps->at, err,
		    "unknown term \"%s:\"; the terms are%s", name,
		    ms_buf_str(&names));
	ms_buf_release(&names);
	free(name);
	return -1;
}

/* A word without a name: an id, or what is searched everywhere. */
static int
parse_word(struct parse *p, struct ms_slice w,
    const struct ms_query_kind **kind, struct ms_err *err)
{
	*kind = ms_query_is_id(w) ? ms_query_kind_of(ms_slice_str("id"))
				  : ms_query_word_kind();
	return read_value(&p->ps, "", err);
}

/* Reads the name, and the value behind it. */
static int
parse_named(struct parse *p, struct ms_slice w,
    const struct ms_query_kind **kind, struct ms_err *err)
{
	char name[32];

	*kind = ms_query_kind_of(w);
	if (*kind == NULL)
		return refuse_name(&p->ps, w, err);
	snprintf(name, sizeof(name), "%s:", (*kind)->name);
	p->ps.at += w.n + 1;
	if (read_value(&p->ps, name, err) < 0)
		return -1;
	if (p->ps.value.n == 0)
		return ms_query_refuse(&p->ps, p->ps.value_at, err,
		    "%s has no value; write it directly after the colon", name);
	return 0;
}

static int
parse_term(struct parse *p, struct ms_slice w, struct ms_err *err)
{
	struct ms_query_parser *ps = &p->ps;
	const struct ms_query_kind *kind;
	bool negate = false;
	uint32_t i;
	int rc;

	if (++ps->q->terms > MS_QUERY_TERMS)
		return ms_query_refuse(
		    ps, ps->at, err, "more than %d terms", MS_QUERY_TERMS);
	if (w.n < ps->text.n - ps->at && ps->text.p[ps->at + w.n] == ':')
		rc = parse_named(p, w, &kind, err);
	else
		rc = parse_word(p, w, &kind, err);
	if (rc < 0)
		return -1;
	i = ms_query_add(ps->q, MS_QUERY_TERM);
	ps->q->node[i].field = kind->field;
	ps->q->node[i].kind = kind;
	if (kind->set(ps, &ps->q->node[i], &negate, err) < 0)
		return -1;
	add_operand(p, negate ? negated(ps->q, i) : i);
	return 0;
}

/* ---- operators ---- */

/* What is before the end, an `and`, an `or` or a `)` must be an operand. */
static int
check_operand(const struct parse *p, struct ms_err *err)
{
	const struct group *g = &p->group[p->depth];
	static const char *const names[] = {
	    [LAST_AND] = "and", [LAST_OR] = "or", [LAST_NOT] = "not"};

	if (g->last == LAST_OPERAND)
		return 0;
	if (g->last == LAST_NONE)
		return ms_query_refuse(
		    &p->ps, p->ps.at, err, "a term is missing before this");
	return ms_query_refuse(&p->ps, g->last_at, err,
	    "a term is missing after this \"%s\"", names[g->last]);
}

static int
parse_join(struct parse *p, struct ms_slice w, struct ms_err *err)
{
	struct group *g = &p->group[p->depth];

	if (check_operand(p, err) < 0)
		return -1;
	g->last = LAST_AND;
	if (word_is(w, "or"))
		end_list(p);
	g->last_at = p->ps.at;
	p->ps.at += w.n;
	return 0;
}

static int
parse_not(struct parse *p, size_t n, struct ms_err *err)
{
	struct group *g = &p->group[p->depth];

	g->negate = !g->negate;
	g->last = LAST_NOT;
	g->last_at = p->ps.at;
	p->ps.at += n;
	if (n == 1 && (at_end(&p->ps) || p->ps.text.p[p->ps.at] == '-'))
		return ms_query_refuse(&p->ps, g->last_at, err,
		    "a \"-\" must stand directly before a term");
	return 0;
}

static int
parse_open(struct parse *p, struct ms_err *err)
{
	if (p->depth + 1 == MS_QUERY_DEPTH)
		return ms_query_refuse(&p->ps, p->ps.at, err,
		    "more than %d parentheses in each other",
		    MS_QUERY_DEPTH - 1);
	p->depth++;
	begin_group(p);
	p->ps.at++;
	return 0;
}

static int
parse_close(struct parse *p, struct ms_err *err)
{
	uint32_t node;

	if (p->depth == 0)
		return ms_query_refuse(&p->ps, p->ps.at, err,
		    "no \"(\" belongs to this; a value with \")\" must be in "
		    "quotation marks");
	if (check_operand(p, err) < 0)
		return -1;
	node = end_group(p);
	p->depth--;
	p->ps.at++;
	add_operand(p, node);
	return 0;
}

/* Parses one operator, parenthesis or term. */
static int
parse_next(struct parse *p, struct ms_err *err)
{
	struct ms_slice w = peek_word(&p->ps);
	unsigned char c = p->ps.text.p[p->ps.at];
	size_t end = p->ps.at + w.n;
	bool named = end < p->ps.text.n && p->ps.text.p[end] == ':';

	if (c == '(')
		return parse_open(p, err);
	if (c == ')')
		return parse_close(p, err);
	if (c == '-')
		return parse_not(p, 1, err);
	if (!named && (word_is(w, "and") || word_is(w, "or")))
		return parse_join(p, w, err);
	if (!named && word_is(w, "not"))
		return parse_not(p, w.n, err);
	return parse_term(p, w, err);
}

static int
parse(struct parse *p, struct ms_err *err)
{
	begin_group(p);
	for (;;) {
		while (p->ps.at < p->ps.text.n && blank(p->ps.text.p[p->ps.at]))
			p->ps.at++;
		if (p->ps.at == p->ps.text.n)
			break;
		if (parse_next(p, err) < 0)
			return -1;
	}
	if (p->depth > 0)
		return ms_query_refuse(&p->ps, p->group[p->depth].at, err,
		    "this parenthesis is not closed");
	if (p->group[0].last != LAST_NONE && check_operand(p, err) < 0)
		return -1;
	p->ps.q->root = end_group(p);
	return 0;
}

int
ms_query_parse(struct ms_query **out, struct ms_slice text, int64_t now,
    struct ms_err *err)
{
	struct parse *p = ms_xcalloc(1, sizeof(*p));
	int rc = -1;

	*out = NULL;
	p->ps = (struct ms_query_parser){
	    .q = ms_xcalloc(1, sizeof(struct ms_query)),
	    .text = text,
	    .now = now};
	ms_query_add(p->ps.q, MS_QUERY_AND); /* index 0 */
	if (text.n > MS_QUERY_MAX)
		ms_fail(err, MS_USAGE, "longer than %d bytes", MS_QUERY_MAX);
	else if (!ms_utf8_valid(text.p, text.n) ||
		 (text.n > 0 && memchr(text.p, '\0', text.n) != NULL))
		ms_fail(err, MS_USAGE, "not UTF-8");
	else
		rc = parse(p, err);
	if (rc == 0) {
		*out = p->ps.q;
		p->ps.q = NULL;
	} else {
		ms_context(err, "query");
	}
	ms_query_free(p->ps.q);
	ms_buf_release(&p->ps.value);
	free(p);
	return rc;
}

int
ms_query_parse_words(struct ms_query **out, int argc, char *const argv[],
    int64_t now, struct ms_err *err)
{
	struct ms_buf text = {0};
	int rc;

	for (int i = 0; i < argc; i++) {
		if (i > 0)
			ms_buf_add_byte(&text, ' ');
		ms_buf_add_str(&text, argv[i]);
	}
	rc = ms_query_parse(out, ms_buf_slice(&text), now, err);
	ms_buf_release(&text);
	return rc;
}
