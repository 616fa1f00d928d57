/*
 * list.c - lists the messages of a mailbox by STAT, LIST and UIDL. A line that
 * cannot be used is skipped and counted. RFC 1939, 5 and 7.
 */
#include "pop3.h"
#include "impl.h"

#include <assert.h>
#include <inttypes.h>
#include <stdio.h>
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
	struct ms_pop3_list *out;
	bool counted; /* the answer to STAT is valid */
	uint64_t count;
	size_t lost; /* unusable lines of LIST or of UIDL, if those are more */
};

/* An answer of many lines. */
struct answer {
	const char *verb;
	struct ms_buf *list;
	size_t size; /* bytes of an element */
	/* Appends an element for a line. Returns 1; 0: the line is unusable;
	 * -1: err is set. */
	int (*parse)(struct lister *, struct ms_slice, struct ms_err *);
	/* Keeps what two elements with the same number agree in. */
	void (*merge)(struct lister *, void *, const void *);
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

/* Counts an unusable line. The first one is shown to the user. */
static void
add_unusable(struct lister *l, const char *verb, const char *text)
{
	if (l->out->unusable++ == 0)
		snprintf(l->out->example, sizeof(l->out->example), "%s: %s",
		    verb, text);
}

static bool
is_blank(unsigned char c)
{
	return c == ' ' || c == '\t';
}

/* Skips blanks. Returns false if there are none although the line goes on. */
static bool
skip_blanks(struct ms_slice *s)
{
	const unsigned char *from = s->p;

	while (s->n > 0 && is_blank(*s->p))
		s->p++, s->n--;
	return s->n == 0 || s->p > from;
}

/* Parses the number of a message and the blanks after it. */
static bool
parse_number(struct ms_slice *s, uint32_t *number)
{
	uint64_t v;

	(void)skip_blanks(s);
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

/* Sorts the elements by number and merges those with the same number. */
static void
sort_elements(struct lister *l, const struct answer *a)
{
	size_t size = a->size, i, n = 0;
	unsigned char *p = a->list->p;
	char text[40];

	if (a->list->n == 0)
		return;
	qsort(p, a->list->n / size, size, ms_compare_u32);
	for (i = size; i < a->list->n; i += size) {
		if (ms_compare_u32(p + n, p + i) != 0) {
			n += size;
			memmove(p + n, p + i, size);
			continue;
		}
		a->merge(l, p + n, p + i);
		snprintf(text, sizeof(text), "%" PRIu32 ", twice",
		    *(const uint32_t *)(const void *)(p + n));
		add_unusable(l, a->verb, text);
	}
	a->list->n = n + size;
}

/* Reads the lines of an answer into its list, and sorts it by number. */
static int
read_lines(struct lister *l, const struct answer *a, struct ms_err *err)
{
	char text[MS_POP3_REPLY_MAX + 1];
	struct ms_slice line;
	size_t count = 0, before = l->out->unusable;
	int rc, used;

	while ((rc = ms_pop3_list_line(l->p, &line, err)) > 0) {
		if (count++ == MS_POP3_MESSAGES_MAX)
			return ms_pop3_kill(l->p, err, MS_PROTO,
			    "the server lists more than %d messages",
			    MS_POP3_MESSAGES_MAX);
		used = a->parse(l, line, err);
		if (used < 0)
			return -1;
		if (used == 0)
			add_unusable(l, a->verb, ms_pop3_reply(line, text));
	}
	sort_elements(l, a);
	if (l->out->unusable - before > l->lost)
		l->lost = l->out->unusable - before;
	return rc;
}

/* ---- STAT and LIST ---- */

static int
read_stat(struct lister *l, struct ms_err *err)
{
	char text[MS_POP3_REPLY_MAX + 1];
	struct ms_slice reply, line;

	if (expect_ok(l->p, "STAT", &reply, err) < 0)
		return -1;
	line = reply;
	l->counted = ms_pop3_number(&reply, MS_POP3_MESSAGES_MAX, &l->count) &&
		     skip_blanks(&reply);
	if (!l->counted)
		add_unusable(l, "STAT", ms_pop3_reply(line, text));
	return 0;
}

static int
parse_list_line(struct lister *l, struct ms_slice s, struct ms_err *err)
{
	struct ms_pop3_item item = {0};

	(void)err;
	if (!parse_number(&s, &item.number))
		return 0;
	/* Some servers send more after the size. */
	item.has_size =
	    ms_pop3_number(&s, UINT64_MAX, &item.size) && skip_blanks(&s);
	if (!item.has_size)
		item.size = 0;
	ms_buf_add(&l->items, &item, sizeof(item));
	return 1;
}

static void
merge_items(struct lister *l, void *into, const void *other)
{
	struct ms_pop3_item *item = into;
	const struct ms_pop3_item *o = other;

	(void)l;
	if (!o->has_size || o->size != item->size) {
		item->has_size = false;
		item->size = 0;
	}
}

static int
read_list(struct lister *l, struct ms_err *err)
{
	const struct answer a = {"LIST", &l->items, sizeof(struct ms_pop3_item),
	    parse_list_line, merge_items};
	struct ms_slice reply;

	if (expect_ok(l->p, "LIST", &reply, err) < 0)
		return -1;
	return read_lines(l, &a, err);
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
parse_uidl_line(struct lister *l, struct ms_slice s, struct ms_err *err)
{
	struct uidl_row row = {.text = NO_TEXT};
	size_t n = 0;

	if (!parse_number(&s, &row.number))
		return 0;
	/* Some servers send more words after the UIDL. */
	while (n < s.n && !is_blank(s.p[n]))
		n++;
	s.n = n;
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
	return 1;
}

static void
merge_rows(struct lister *l, void *into, const void *other)
{
	struct uidl_row *row = into;
	const struct uidl_row *o = other;
	const char *texts = (const char *)l->texts.p;

	if (row->text == NO_TEXT || o->text == NO_TEXT ||
	    strcmp(texts + row->text, texts + o->text) != 0)
		row->text = NO_TEXT;
}

/* A server that does not know UIDL sets no_uidl and succeeds. */
static int
read_uidl(struct lister *l, struct ms_err *err)
{
	const struct answer a = {"UIDL", &l->rows, sizeof(struct uidl_row),
	    parse_uidl_line, merge_rows};
	struct ms_slice reply;
	int rc = ms_pop3_answer(l->p, "UIDL", &reply, err);

	l->out->no_uidl = rc == 0;
	return rc <= 0 ? rc : read_lines(l, &a, err);
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

/* Counts the messages that are not listed. A list that is empty must be so by
 * STAT, too. */
static int
count_missing(const struct lister *l, struct ms_err *err)
{
	struct ms_pop3_list *out = l->out;

	if (!l->counted && out->count == 0)
		return ms_pop3_kill(l->p, err, MS_PROTO,
		    "no message is listed, and an answer is invalid: %s",
		    out->example);
	out->missing = !l->counted             ? l->lost
		       : l->count > out->count ? l->count - out->count
					       : 0;
	return 0;
}

/* Sends the commands, in one go if the server has PIPELINING, and reads the
 * answers. */
static int
read_answers(struct lister *l, struct ms_err *err)
{
	static const char *const commands[] = {
	    "STAT\r\n", "LIST\r\n", "UIDL\r\n", "STAT\r\nLIST\r\nUIDL\r\n"};
	bool pipelining = (l->p->capabilities & MS_POP3_PIPELINING) != 0;
	int i, rc = 0;

	for (i = 0; i < 3 && rc == 0; i++) {
		if (!pipelining || i == 0)
			rc = ms_pop3_send(l->p, commands[pipelining ? 3 : i],
			    strlen(commands[pipelining ? 3 : i]), err);
		if (rc == 0)
			rc = i == 0   ? read_stat(l, err)
			     : i == 1 ? read_list(l, err)
				      : read_uidl(l, err);
	}
	return rc;
}

int
ms_pop3_list(struct ms_pop3 *p, struct ms_pop3_list *out, struct ms_err *err)
{
	struct lister l = {.p = p, .out = out};
	int rc;

	*out = (struct ms_pop3_list){0};
	rc = read_answers(&l, err);
	if (rc == 0) {
		add_unlisted(&l);
		ms_buf_trim(&l.texts);
		set_uidls(&l);
		out->texts = (char *)l.texts.p;
		out->items = get_items(&l, &out->count);
		drop_shared(out);
		rc = count_missing(&l, err);
		if (rc < 0)
			ms_pop3_list_release(out);
	} else {
		ms_buf_release(&l.items);
		ms_buf_release(&l.texts);
		*out = (struct ms_pop3_list){0};
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
