/* query.c - parses a query into a tree of terms. ms-query(7). */
#include "query.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "impl.h"
#include "utf8.h"

#define NAMES                                                                  \
	"user: folder: source: label: since: before: from: to: subject: id: "  \
	"is:"

enum kind {
	KIND_NAME, /* a pattern for a whole name */
	KIND_DATE,
	KIND_TEXT, /* a part of a field */
	KIND_ID,
	KIND_WORD /* a fixed word */
};

static const struct row {
	const char *name;
	enum ms_query_field field;
	enum kind kind;
} rows[] = {
    {"user", MS_QUERY_USER, KIND_NAME},
    {"folder", MS_QUERY_FOLDER, KIND_NAME},
    {"source", MS_QUERY_SOURCE, KIND_NAME},
    {"label", MS_QUERY_LABEL, KIND_NAME},
    {"since", MS_QUERY_SINCE, KIND_DATE},
    {"before", MS_QUERY_BEFORE, KIND_DATE},
    {"from", MS_QUERY_FROM, KIND_TEXT},
    {"to", MS_QUERY_TO, KIND_TEXT},
    {"subject", MS_QUERY_SUBJECT, KIND_TEXT},
    {"id", MS_QUERY_ID, KIND_ID},
    {"is", MS_QUERY_IS, KIND_WORD},
};

struct parser {
	struct ms_query *q;
	struct ms_slice text;
	size_t at;
	int64_t now;
	struct ms_buf value; /* of the current term */
};

/* ---- the tree ---- */

static uint32_t
add_node(struct ms_query *q, enum ms_query_op op, uint32_t parent)
{
	uint32_t i = q->count++;

	q->node = ms_xreallocarray(q->node, q->count, sizeof(*q->node));
	q->node[i] = (struct ms_query_node){.op = op};
	if (i == 0)
		return i;
	q->node[i].parent = parent;
	if (q->node[parent].last == 0)
		q->node[parent].first = i;
	else
		q->node[q->node[parent].last].next = i;
	q->node[parent].last = i;
	return i;
}

/* A message has one id, so several id: terms match any of these ids. */
static uint32_t
parent_of(struct ms_query *q, enum kind kind)
{
	if (kind != KIND_ID)
		return 0;
	if (q->ids == 0)
		q->ids = add_node(q, MS_QUERY_OR, 0);
	return q->ids;
}

void
ms_query_free(struct ms_query *q)
{
	if (q == NULL)
		return;
	for (uint32_t i = 0; i < q->count; i++)
		free(q->node[i].value);
	free(q->node);
	free(q->user);
	free(q);
}

void
ms_query_user(struct ms_query *q, const char *name)
{
	free(q->user);
	q->user = ms_xstrdup(name);
}

bool
ms_query_ids_only(const struct ms_query *q)
{
	return q->ids != 0 && q->node[0].first == q->ids &&
	       q->node[q->ids].next == 0 && q->user == NULL;
}

/* ---- values ---- */

/* The position of a byte for messages: in characters, from 1. */
static size_t
column(const struct parser *ps, size_t at)
{
	size_t n = 1;

	for (size_t i = 0; i < at; i++)
		if ((ps->text.p[i] & 0xc0) != 0x80)
			n++;
	return n;
}

static int
set_date(struct parser *ps, struct ms_query_node *node, struct ms_err *err)
{
	const char *s = ms_buf_str(&ps->value);
	size_t n = ps->value.n;

	if (ms_query_date(s, n, ps->now, &node->time))
		return 0;
	return ms_fail(err, MS_USAGE,
	    "\"%.40s\" is not a date; write 2024-03-01, 2024-03, 2024, "
	    "2024-03-01T10:00:00Z, or an age such as 12h, 90d, 2w, 6m, 10y",
	    s);
}

static int
set_id(struct parser *ps, struct ms_query_node *node, struct ms_err *err)
{
	char *s = ms_buf_str(&ps->value);
	size_t n = ps->value.n;

	for (size_t i = 0; i < n; i++)
		if (s[i] >= 'A' && s[i] <= 'F')
			s[i] = (char)(s[i] - 'A' + 'a');
	if (n < MS_QUERY_ID_DIGITS || n > MS_SHA_HEX ||
	    strspn(s, "0123456789abcdef") != n)
		return ms_fail(err, MS_USAGE,
		    "\"%.70s\" is not an id; write %d to %d hex digits", s,
		    MS_QUERY_ID_DIGITS, MS_SHA_HEX);
	node->value = ms_xstrndup(s, n);
	node->n = n;
	return 0;
}

static int
set_word(struct parser *ps, struct ms_query_node *node, struct ms_err *err)
{
	const char *s = ms_buf_str(&ps->value);

	if (strcmp(s, "moved") == 0)
		node->bit = MS_ROW_MOVED;
	else if (strcmp(s, "sent") == 0)
		node->bit = MS_ROW_SENT;
	else
		return ms_fail(err, MS_USAGE,
		    "unknown term is:%.40s; write is:moved or is:sent", s);
	ps->q->moved = ps->q->moved || node->bit == MS_ROW_MOVED;
	return 0;
}

static int
set_value(struct parser *ps, const struct row *row, struct ms_query_node *node,
    struct ms_err *err)
{
	struct ms_buf folded = {0};

	if (ps->value.n == 0)
		return ms_fail(err, MS_USAGE, "%s: has no value", row->name);
	switch (row->kind) {
	case KIND_DATE:
		return set_date(ps, node, err);
	case KIND_ID:
		return set_id(ps, node, err);
	case KIND_WORD:
		return set_word(ps, node, err);
	case KIND_TEXT:
		ms_utf8_fold(ms_buf_slice(&ps->value), &folded);
		break;
	case KIND_NAME:
		ms_buf_add(&folded, ps->value.p, ps->value.n);
		break;
	}
	node->value = ms_xstrdup(ms_buf_str(&folded));
	node->n = folded.n;
	ms_buf_release(&folded);
	return 0;
}

/* ---- terms ---- */

static bool
blank(unsigned char c)
{
	return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

static bool
at_blank(const struct parser *ps)
{
	return ps->at == ps->text.n || blank(ps->text.p[ps->at]);
}

static int
read_quoted(struct parser *ps, struct ms_err *err)
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
		return ms_fail(err, MS_USAGE,
		    "the \" at character %zu is not closed", column(ps, open));
	ps->at++;
	if (!at_blank(ps))
		return ms_fail(err, MS_USAGE,
		    "a blank is missing after the \" at character %zu",
		    column(ps, ps->at - 1));
	return 0;
}

/* Reads the value of a term into ps->value. */
static int
read_value(struct parser *ps, const char *name, struct ms_err *err)
{
	ms_buf_clear(&ps->value);
	if (!at_blank(ps) && ps->text.p[ps->at] == '"')
		return read_quoted(ps, err);
	for (; !at_blank(ps); ps->at++) {
		unsigned char c = ps->text.p[ps->at];

		if (c == '"' || c == '(' || c == ')')
			return ms_fail(err, MS_USAGE,
			    "%c at character %zu must be in quotes; write "
			    "%s:\"...\"",
			    c, column(ps, ps->at), name);
		ms_buf_add_byte(&ps->value, c);
	}
	return 0;
}

static bool
word_is(struct ms_slice w, const char *name)
{
	return w.n == strlen(name) &&
	       strncasecmp((const char *)w.p, name, w.n) == 0;
}

/* Returns the bytes up to the next blank or colon. */
static struct ms_slice
peek_word(const struct parser *ps)
{
	size_t n = ps->at;

	while (n < ps->text.n && !blank(ps->text.p[n]) && ps->text.p[n] != ':')
		n++;
	return (struct ms_slice){ps->text.p + ps->at, n - ps->at};
}

/* Reports what is wrong with a word that is not a term. */
static int
refuse(const struct parser *ps, struct ms_slice w, struct ms_err *err)
{
	int show = w.n < 40 ? (int)w.n : 40;
	size_t col = column(ps, ps->at);

	while (show > 0 && (size_t)show < w.n && (w.p[show] & 0xc0) == 0x80)
		show--;
	if (word_is(w, "or") || word_is(w, "not") ||
	    ps->text.p[ps->at] == '(' || ps->text.p[ps->at] == ')')
		return ms_fail(err, MS_USAGE,
		    "\"%.*s\" at character %zu: terms can only be joined by "
		    "\"and\"; run one query for each alternative",
		    show, (const char *)w.p, col);
	if (ps->at + w.n < ps->text.n && ps->text.p[ps->at + w.n] == ':')
		return ms_fail(err, MS_USAGE,
		    "unknown term \"%.*s:\" at character %zu; the terms "
		    "are " NAMES,
		    show, (const char *)w.p, col);
	return ms_fail(err, MS_USAGE,
	    "\"%.*s\" at character %zu is not a term; write from:, to: or "
	    "subject: before it, and quote a value with blanks for the shell "
	    "too, 'subject:\"two words\"'",
	    show, (const char *)w.p, col);
}

static int
parse_term(struct parser *ps, struct ms_err *err)
{
	struct ms_slice w = peek_word(ps);
	const struct row *row = NULL;
	uint32_t i;

	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		if (ms_slice_eq(w, ms_slice_str(rows[i].name)))
			row = &rows[i];
	if (row == NULL || ps->at + w.n == ps->text.n ||
	    ps->text.p[ps->at + w.n] != ':')
		return refuse(ps, w, err);
	if (++ps->q->terms > MS_QUERY_TERMS)
		return ms_fail(
		    err, MS_USAGE, "more than %d terms", MS_QUERY_TERMS);
	ps->at += w.n + 1;
	if (read_value(ps, row->name, err) < 0)
		return -1;
	i = add_node(ps->q, MS_QUERY_TERM, parent_of(ps->q, row->kind));
	ps->q->node[i].field = row->field;
	return set_value(ps, row, &ps->q->node[i], err);
}

static int
parse(struct parser *ps, struct ms_err *err)
{
	bool joined = true; /* at the beginning, or after an "and" */
	size_t and_at = 0;

	for (;;) {
		struct ms_slice w;

		while (ps->at < ps->text.n && blank(ps->text.p[ps->at]))
			ps->at++;
		if (ps->at == ps->text.n)
			break;
		w = peek_word(ps);
		if (word_is(w, "and") &&
		    (ps->at + w.n == ps->text.n || blank(w.p[w.n]))) {
			and_at = ps->at;
			if (joined)
				goto misplaced;
			ps->at += w.n;
			joined = true;
			continue;
		}
		if (parse_term(ps, err) < 0)
			return -1;
		joined = false;
	}
	if (!joined || ps->q->terms == 0)
		return 0;
misplaced:
	return ms_fail(err, MS_USAGE,
	    "\"and\" at character %zu must stand between two terms",
	    column(ps, and_at));
}

int
ms_query_parse(struct ms_query **out, struct ms_slice text, int64_t now,
    struct ms_err *err)
{
	struct parser ps = {.text = text, .now = now};
	int rc = -1;

	*out = NULL;
	ps.q = ms_xcalloc(1, sizeof(*ps.q));
	add_node(ps.q, MS_QUERY_AND, 0);
	if (text.n > MS_QUERY_MAX)
		ms_fail(err, MS_USAGE, "longer than %d bytes", MS_QUERY_MAX);
	else if (!ms_utf8_valid(text.p, text.n) ||
		 (text.n > 0 && memchr(text.p, '\0', text.n) != NULL))
		ms_fail(err, MS_USAGE, "not UTF-8");
	else
		rc = parse(&ps, err);
	if (rc == 0) {
		*out = ps.q;
		ps.q = NULL;
	} else {
		ms_context(err, "query");
	}
	ms_query_free(ps.q);
	ms_buf_release(&ps.value);
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
