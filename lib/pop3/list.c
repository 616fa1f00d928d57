/*
 * list.c - what is on the server: STAT, LIST and UIDL, line by line as
 * strictly as their grammar allows. RFC 1939, 5 and 7.
 */
#include "pop3.h"
#include "impl.h"

#include <assert.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#define NO_TEXT UINT32_MAX

/* ---- lines ---- */

/* Says what is wrong with a line. */
static int
bad_line(struct ms_pop3 *p, const char *what, struct ms_slice line,
    struct ms_err *err)
{
	char text[MS_POP3_WORDS + 1];

	return ms_pop3_kill(p, err, MS_PROTO,
	    "a line of the answer to %s is invalid: %s", what,
	    ms_pop3_words(line, text));
}

/* Blanks between two words; there must be one, or the line is over. */
static bool
skip_blanks(struct ms_slice *s)
{
	const unsigned char *from = s->p;

	while (s->n > 0 && *s->p == ' ')
		s->p++, s->n--;
	return s->n == 0 || s->p > from;
}

/* The message's number and the blanks behind it. */
static bool
take_number(struct ms_slice *s, uint32_t *number)
{
	uint64_t v;

	if (!ms_pop3_number(s, UINT32_MAX, &v) || v == 0 || !skip_blanks(s))
		return false;
	*number = (uint32_t)v;
	return true;
}

/* Sends a command whose refusal ends the session. */
static int
ask(struct ms_pop3 *p, const char *verb, struct ms_slice *words,
    struct ms_err *err)
{
	char text[MS_POP3_WORDS + 1];
	int rc = ms_pop3_answer(p, verb, words, err);

	if (rc == 0)
		return ms_pop3_kill(p, err, ms_pop3_code(*words, MS_NOINPUT),
		    "%s refused: %s", verb, ms_pop3_words(*words, text));
	return rc < 0 ? -1 : 0;
}

/* ---- STAT and LIST ---- */

static int
read_stat(struct ms_pop3 *p, uint64_t *count, struct ms_err *err)
{
	struct ms_slice words, line;

	if (ask(p, "STAT", &words, err) < 0)
		return -1;
	line = words;
	if (!ms_pop3_number(&words, UINT64_MAX, count) || !skip_blanks(&words))
		return bad_line(p, "STAT", line, err);
	if (*count > MS_POP3_MESSAGES_MAX)
		return ms_pop3_kill(p, err, MS_PROTO,
		    "%" PRIu64 " messages, more than %d", *count,
		    MS_POP3_MESSAGES_MAX);
	return 0;
}

static int
by_number(const void *a, const void *b)
{
	/* It comes first in an item and in a row. */
	uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;

	return x < y ? -1 : x > y;
}

static int
said_twice(
    struct ms_pop3 *p, const char *what, uint32_t number, struct ms_err *err)
{
	return ms_pop3_kill(p, err, MS_PROTO,
	    "the server names message %" PRIu32 " twice in its answer to %s",
	    number, what);
}

static int
too_many(struct ms_pop3 *p, struct ms_err *err)
{
	return ms_pop3_kill(p, err, MS_PROTO,
	    "the server lists more than %d messages", MS_POP3_MESSAGES_MAX);
}

static int
read_list(struct ms_pop3 *p, struct ms_pop3_list *l, struct ms_err *err)
{
	struct ms_pop3_item *item;
	struct ms_slice line, s;
	size_t cap = 0, i;
	int rc;

	if (ask(p, "LIST", &line, err) < 0)
		return -1;
	while ((rc = ms_pop3_list_line(p, &line, err)) > 0) {
		if (l->count == MS_POP3_MESSAGES_MAX)
			return too_many(p, err);
		if (l->count == cap) {
			cap = cap > 0 ? 2 * cap : 64;
			l->items =
			    ms_xreallocarray(l->items, cap, sizeof(*l->items));
		}
		item = l->items + l->count;
		*item = (struct ms_pop3_item){.has_size = true};
		s = line;
		/* Some servers have more to say behind the size. */
		if (!take_number(&s, &item->number) ||
		    !ms_pop3_number(&s, UINT64_MAX, &item->size) ||
		    !skip_blanks(&s))
			return bad_line(p, "LIST", line, err);
		l->count++;
	}
	if (rc < 0)
		return -1;
	if (l->count > 0)
		qsort(l->items, l->count, sizeof(*l->items), by_number);
	for (i = 1; i < l->count; i++)
		if (l->items[i].number == l->items[i - 1].number)
			return said_twice(p, "LIST", l->items[i].number, err);
	return 0;
}

/* ---- UIDL ---- */

struct row {
	uint32_t number;
	uint32_t text; /* where it begins, or NO_TEXT */
};

struct rows {
	struct row *rows; /* ascending */
	size_t count, cap;
	struct ms_buf texts; /* each with its NUL */
};

static bool
uidl_ok(struct ms_slice s)
{
	size_t i;

	for (i = 0; i < s.n; i++)
		if (s.p[i] <= ' ' || s.p[i] > '~')
			return false;
	return s.n > 0 && s.n <= MS_POP3_UIDL_MAX;
}

static int
take_row(
    struct ms_pop3 *p, struct rows *r, struct ms_slice line, struct ms_err *err)
{
	struct ms_slice s = line;
	struct row row = {.text = NO_TEXT};

	if (r->count == MS_POP3_MESSAGES_MAX)
		return too_many(p, err);
	if (!take_number(&s, &row.number))
		return bad_line(p, "UIDL", line, err);
	while (s.n > 0 && s.p[s.n - 1] == ' ')
		s.n--;
	if (uidl_ok(s)) {
		if (r->texts.n + s.n >= MS_POP3_UIDLS_MAX)
			return ms_pop3_kill(p, err, MS_PROTO,
			    "UIDLs of more than %d bytes", MS_POP3_UIDLS_MAX);
		row.text = (uint32_t)r->texts.n;
		ms_buf_add(&r->texts, s.p, s.n);
		ms_buf_add_byte(&r->texts, '\0');
	}
	if (r->count == r->cap) {
		r->cap = r->cap > 0 ? 2 * r->cap : 64;
		r->rows = ms_xreallocarray(r->rows, r->cap, sizeof(*r->rows));
	}
	r->rows[r->count++] = row;
	return 0;
}

/* 0: also if the server does not know UIDL. */
static int
read_uidl(struct ms_pop3 *p, struct rows *r, bool *none, struct ms_err *err)
{
	struct ms_slice line;
	size_t i;
	int rc = ms_pop3_answer(p, "UIDL", &line, err);

	*none = rc == 0;
	if (rc <= 0)
		return rc;
	while ((rc = ms_pop3_list_line(p, &line, err)) > 0)
		if (take_row(p, r, line, err) < 0)
			return -1;
	if (rc < 0)
		return -1;
	if (r->count > 0)
		qsort(r->rows, r->count, sizeof(*r->rows), by_number);
	for (i = 1; i < r->count; i++)
		if (r->rows[i].number == r->rows[i - 1].number)
			return said_twice(p, "UIDL", r->rows[i].number, err);
	return 0;
}

/* Items that only UIDL names come after the others, then in their place. */
static void
add_unlisted(struct ms_pop3_list *l, const struct rows *r)
{
	size_t i, at = 0, listed = l->count, cap = l->count;

	for (i = 0; i < r->count; i++) {
		while (at < listed && l->items[at].number < r->rows[i].number)
			at++;
		if (at < listed && l->items[at].number == r->rows[i].number)
			continue;
		if (l->count == cap) {
			cap = 2 * cap + 64;
			l->items =
			    ms_xreallocarray(l->items, cap, sizeof(*l->items));
		}
		l->items[l->count++] =
		    (struct ms_pop3_item){.number = r->rows[i].number};
	}
	if (l->count > listed)
		qsort(l->items, l->count, sizeof(*l->items), by_number);
}

/* Every row has its item now. */
static void
name_items(struct ms_pop3_list *l, const struct rows *r)
{
	size_t i, at = 0;

	for (i = 0; i < r->count; i++) {
		while (at < l->count && l->items[at].number < r->rows[i].number)
			at++;
		assert(at < l->count);
		if (r->rows[i].text != NO_TEXT)
			l->items[at].uidl = l->texts + r->rows[i].text;
	}
}

static int
by_uidl(const void *a, const void *b)
{
	const struct ms_pop3_item *const *x = a, *const *y = b;

	return strcmp((*x)->uidl, (*y)->uidl);
}

/* A UIDL that two messages have tells neither. */
static void
drop_shared(struct ms_pop3_list *l)
{
	struct ms_pop3_item **named =
	    ms_xreallocarray(NULL, l->count + 1, sizeof(struct ms_pop3_item *));
	size_t n = 0, i, j, k;

	for (i = 0; i < l->count; i++)
		if (l->items[i].uidl != NULL)
			named[n++] = l->items + i;
	l->without = l->count - n;
	qsort(named, n, sizeof(struct ms_pop3_item *), by_uidl);
	for (i = 0; i < n; i = j) {
		for (j = i + 1; j < n; j++)
			if (by_uidl(named + i, named + j) != 0)
				break;
		if (j - i == 1)
			continue;
		l->shared += j - i;
		for (k = i; k < j; k++)
			named[k]->uidl = NULL;
	}
	free(named);
}

int
ms_pop3_list(struct ms_pop3 *p, struct ms_pop3_list *out, struct ms_err *err)
{
	static const char *const commands[] = {
	    "STAT\r\n", "LIST\r\n", "UIDL\r\n", "STAT\r\nLIST\r\nUIDL\r\n"};
	bool pipelining = (p->capabilities & MS_POP3_PIPELINING) != 0;
	struct ms_pop3_list l = {0};
	struct rows rows = {0};
	uint64_t count = 0;
	int i, rc = 0;

	for (i = 0; i < 3 && rc == 0; i++) {
		if (!pipelining || i == 0)
			rc = ms_pop3_send(p, commands[pipelining ? 3 : i],
			    strlen(commands[pipelining ? 3 : i]), err);
		if (rc == 0)
			rc = i == 0   ? read_stat(p, &count, err)
			     : i == 1 ? read_list(p, &l, err)
				      : read_uidl(p, &rows, &l.no_uidl, err);
	}
	if (rc == 0) {
		add_unlisted(&l, &rows);
		ms_buf_trim(&rows.texts);
		l.texts = (char *)rows.texts.p;
		rows.texts = (struct ms_buf){0};
		name_items(&l, &rows);
		drop_shared(&l);
		l.missing = count > l.count ? count - l.count : 0;
		*out = l;
	} else {
		ms_pop3_list_release(&l);
	}
	ms_buf_release(&rows.texts);
	free(rows.rows);
	return rc;
}

void
ms_pop3_list_release(struct ms_pop3_list *l)
{
	free(l->items);
	free(l->texts);
	*l = (struct ms_pop3_list){0};
}
