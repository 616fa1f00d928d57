/*
 * list.c - lists the messages of a mailbox by STAT, LIST and UIDL, as strictly
 * as their grammar allows. RFC 1939, 5 and 7.
 */
#include "pop3.h"
#include "impl.h"

#include <assert.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "numbers.h"

#define NO_TEXT UINT32_MAX

/* A line of the answer to UIDL. */
struct uidl_row {
	uint32_t number;
	uint32_t text; /* offset in texts, or NO_TEXT */
};

struct lister {
	struct ms_pop3 *p;
	struct ms_buf items; /* struct ms_pop3_item, ascending */
	struct ms_buf rows;  /* struct uidl_row, ascending */
	struct ms_buf texts; /* UIDLs, each with its NUL */
};

static struct ms_pop3_item *
get_items(const struct lister *l, size_t *count)
{
	*count = l->items.n / sizeof(struct ms_pop3_item);
	return (struct ms_pop3_item *)(void *)l->items.p;
}

static const struct uidl_row *
get_rows(const struct lister *l, size_t *count)
{
	*count = l->rows.n / sizeof(struct uidl_row);
	return (const struct uidl_row *)(const void *)l->rows.p;
}

/* ---- lines ---- */

/* Reports an invalid line. */
static int
bad_line(struct ms_pop3 *p, const char *what, struct ms_slice line,
    struct ms_err *err)
{
	char text[MS_POP3_REPLY_MAX + 1];

	return ms_pop3_kill(p, err, MS_PROTO,
	    "a line of the answer to %s is invalid: %s", what,
	    ms_pop3_reply(line, text));
}

/* Skips blanks. Returns false if there are none although the line goes on. */
static bool
skip_blanks(struct ms_slice *s)
{
	const unsigned char *from = s->p;

	while (s->n > 0 && *s->p == ' ')
		s->p++, s->n--;
	return s->n == 0 || s->p > from;
}

/* Parses the number of a message and the blanks after it. */
static bool
parse_number(struct ms_slice *s, uint32_t *number)
{
	uint64_t v;

	if (!ms_pop3_number(s, UINT32_MAX, &v) || v == 0 || !skip_blanks(s))
		return false;
	*number = (uint32_t)v;
	return true;
}

/* Reads the first line of an answer. A refusal ends the session. */
static int
expect_ok(struct ms_pop3 *p, const char *verb, struct ms_slice *reply,
    struct ms_err *err)
{
	char text[MS_POP3_REPLY_MAX + 1];
	int rc = ms_pop3_answer(p, verb, reply, err);

	if (rc == 0)
		return ms_pop3_kill(p, err, ms_pop3_code(*reply, MS_NOINPUT),
		    "%s refused: %s", verb, ms_pop3_reply(*reply, text));
	return rc < 0 ? -1 : 0;
}

/*
 * Reads the lines of an answer into a list and sorts it by number.
 *   parse   appends an element for a line, or returns -1
 *   size    bytes of an element
 */
static int
read_lines(struct lister *l, const char *what, struct ms_buf *list, size_t size,
    int (*parse)(struct lister *, struct ms_slice, struct ms_err *),
    struct ms_err *err)
{
	struct ms_slice line;
	size_t i;
	int rc;

	while ((rc = ms_pop3_list_line(l->p, &line, err)) > 0) {
		if (list->n / size == MS_POP3_MESSAGES_MAX)
			return ms_pop3_kill(l->p, err, MS_PROTO,
			    "the server lists more than %d messages",
			    MS_POP3_MESSAGES_MAX);
		if (parse(l, line, err) < 0)
			return -1;
	}
	if (rc < 0)
		return -1;
	if (list->n > 0)
		qsort(list->p, list->n / size, size, ms_compare_u32);
	for (i = size; i < list->n; i += size)
		if (ms_compare_u32(list->p + i - size, list->p + i) == 0)
			return ms_pop3_kill(l->p, err, MS_PROTO,
			    "the server names message %" PRIu32
			    " twice in its answer to %s",
			    *(const uint32_t *)(const void *)(list->p + i),
			    what);
	return 0;
}

/* ---- STAT and LIST ---- */

static int
read_stat(struct ms_pop3 *p, uint64_t *count, struct ms_err *err)
{
	struct ms_slice reply, line;

	if (expect_ok(p, "STAT", &reply, err) < 0)
		return -1;
	line = reply;
	if (!ms_pop3_number(&reply, UINT64_MAX, count) || !skip_blanks(&reply))
		return bad_line(p, "STAT", line, err);
	if (*count > MS_POP3_MESSAGES_MAX)
		return ms_pop3_kill(p, err, MS_PROTO,
		    "%" PRIu64 " messages, more than %d", *count,
		    MS_POP3_MESSAGES_MAX);
	return 0;
}

static int
parse_list_line(struct lister *l, struct ms_slice line, struct ms_err *err)
{
	struct ms_pop3_item item = {.has_size = true};
	struct ms_slice s = line;

	/* Some servers send more after the size. */
	if (!parse_number(&s, &item.number) ||
	    !ms_pop3_number(&s, UINT64_MAX, &item.size) || !skip_blanks(&s))
		return bad_line(l->p, "LIST", line, err);
	ms_buf_add(&l->items, &item, sizeof(item));
	return 0;
}

static int
read_list(struct lister *l, struct ms_err *err)
{
	struct ms_slice reply;

	if (expect_ok(l->p, "LIST", &reply, err) < 0)
		return -1;
	return read_lines(l, "LIST", &l->items, sizeof(struct ms_pop3_item),
	    parse_list_line, err);
}

/* ---- UIDL ---- */

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
parse_uidl_line(struct lister *l, struct ms_slice line, struct ms_err *err)
{
	struct uidl_row row = {.text = NO_TEXT};
	struct ms_slice s = line;

	if (!parse_number(&s, &row.number))
		return bad_line(l->p, "UIDL", line, err);
	while (s.n > 0 && s.p[s.n - 1] == ' ')
		s.n--;
	if (uidl_ok(s)) {
		if (l->texts.n + s.n >= MS_POP3_UIDLS_MAX)
			return ms_pop3_kill(l->p, err, MS_PROTO,
			    "the UIDLs are longer than %d bytes",
			    MS_POP3_UIDLS_MAX);
		row.text = (uint32_t)l->texts.n;
		ms_buf_add(&l->texts, s.p, s.n);
		ms_buf_add_byte(&l->texts, '\0');
	}
	ms_buf_add(&l->rows, &row, sizeof(row));
	return 0;
}

/* A server that does not know UIDL sets *none and succeeds. */
static int
read_uidl(struct lister *l, bool *none, struct ms_err *err)
{
	struct ms_slice reply;
	int rc = ms_pop3_answer(l->p, "UIDL", &reply, err);

	*none = rc == 0;
	if (rc <= 0)
		return rc;
	return read_lines(
	    l, "UIDL", &l->rows, sizeof(struct uidl_row), parse_uidl_line, err);
}

/* Adds items for the messages that only UIDL names. */
static void
add_unlisted(struct lister *l)
{
	size_t i, count, listed, at = 0;
	const struct uidl_row *rows = get_rows(l, &count);
	const struct ms_pop3_item *items = get_items(l, &listed);
	struct ms_buf added = {0};
	struct ms_pop3_item item = {0};

	for (i = 0; i < count; i++) {
		while (at < listed && items[at].number < rows[i].number)
			at++;
		item.number = rows[i].number;
		if (at == listed || items[at].number != item.number)
			ms_buf_add(&added, &item, sizeof(item));
	}
	if (added.n > 0) {
		ms_buf_add(&l->items, added.p, added.n);
		qsort(l->items.p, l->items.n / sizeof(item), sizeof(item),
		    ms_compare_u32);
	}
	ms_buf_release(&added);
}

/* Sets the UIDLs; every row has an item now. */
static void
set_uidls(const struct lister *l)
{
	size_t i, rows_n, count, at = 0;
	const struct uidl_row *rows = get_rows(l, &rows_n);
	struct ms_pop3_item *items = get_items(l, &count);

	for (i = 0; i < rows_n; i++) {
		while (at < count && items[at].number < rows[i].number)
			at++;
		assert(at < count);
		if (rows[i].text != NO_TEXT)
			items[at].uidl = (char *)l->texts.p + rows[i].text;
	}
}

int
ms_pop3_by_uidl(const void *a, const void *b)
{
	const struct ms_pop3_item *const *x = a, *const *y = b;

	return strcmp((*x)->uidl, (*y)->uidl);
}

/* Removes each UIDL that several messages have: it identifies none of them. */
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
	qsort(named, n, sizeof(struct ms_pop3_item *), ms_pop3_by_uidl);
	for (i = 0; i < n; i = j) {
		for (j = i + 1; j < n; j++)
			if (ms_pop3_by_uidl(named + i, named + j) != 0)
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
	struct lister l = {.p = p};
	uint64_t count = 0;
	bool no_uidl = false;
	int i, rc = 0;

	for (i = 0; i < 3 && rc == 0; i++) {
		if (!pipelining || i == 0)
			rc = ms_pop3_send(p, commands[pipelining ? 3 : i],
			    strlen(commands[pipelining ? 3 : i]), err);
		if (rc == 0)
			rc = i == 0   ? read_stat(p, &count, err)
			     : i == 1 ? read_list(&l, err)
				      : read_uidl(&l, &no_uidl, err);
	}
	if (rc == 0) {
		add_unlisted(&l);
		ms_buf_trim(&l.texts);
		set_uidls(&l);
		*out = (struct ms_pop3_list){
		    .no_uidl = no_uidl, .texts = (char *)l.texts.p};
		out->items = get_items(&l, &out->count);
		drop_shared(out);
		out->missing = count > out->count ? count - out->count : 0;
	} else {
		ms_buf_release(&l.items);
		ms_buf_release(&l.texts);
	}
	ms_buf_release(&l.rows);
	return rc;
}

void
ms_pop3_list_release(struct ms_pop3_list *l)
{
	free(l->items);
	free(l->texts);
	*l = (struct ms_pop3_list){0};
}
