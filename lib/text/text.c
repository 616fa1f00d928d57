/*
 * text.c - searches the databases of the text index, and knows which messages
 * none of them has.
 */
#include "text.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "folder.h"
#include "index.h"
#include "numbers.h"

/* A database that can be used. */
struct part {
	struct ms_text_store *store; /* NULL: it was found damaged */
	uint64_t first, next;        /* the messages that it has */
	struct ms_buf skipped;       /* uint64_t, ascending: except these */
};

struct ms_text {
	struct ms_archive *a;
	struct part *parts;
	size_t n;
	size_t unusable;
	struct ms_err why;
};

/* A set has a bit for each record of a database. */
struct set_part {
	uint64_t first, next;
	unsigned char *bits;
};

struct ms_text_set {
	size_t n;
	struct set_part part[];
};

/* ---- opening ---- */

static void
cannot_use(struct ms_text *t, const struct ms_err *why)
{
	if (t->unusable++ == 0)
		t->why = *why;
}

static void
add_number(void *ctx, uint64_t number)
{
	ms_buf_add(ctx, &number, sizeof(number));
}

static bool
overlaps(const struct ms_text *t, const struct ms_text_extent *e)
{
	return t->n > 0 && e->first < t->parts[t->n - 1].next;
}

/* Adds a database. 1; 0: it cannot be used, and `why` says why; -1. */
static int
add_part(struct ms_text *t, const struct ms_text_file *file, const char *path,
    struct ms_err *why)
{
	struct part p = {0};
	const struct ms_text_extent *e;
	int got;

	if (ms_text_store_open(&p.store, path, file->whole, why) < 0)
		return 0;
	e = ms_text_store_extent(p.store);
	got = ms_text_belongs(t->a, file, e, why);
	if (got == 0 || (got == 1 && overlaps(t, e)))
		got = ms_fail(why, MS_INDEX,
			  "%s: belongs to another archive, or to another state "
			  "of this one",
			  path) +
		      1;
	if (got == 1 &&
	    ms_text_store_skipped(p.store, add_number, &p.skipped, why) < 0)
		got = 0;
	if (got <= 0) {
		ms_text_store_close(p.store);
		ms_buf_release(&p.skipped);
		return got;
	}
	p.first = e->first;
	p.next = e->next;
	t->parts = ms_xreallocarray(t->parts, t->n + 1, sizeof(*t->parts));
	t->parts[t->n++] = p;
	return 1;
}

static int
add_parts(struct ms_text *t, const struct ms_text_file *files, size_t n,
    struct ms_err *err)
{
	struct ms_buf path = {0};
	int got = 0;

	for (size_t i = 0; i < n && got >= 0; i++) {
		struct ms_err why = {0};

		ms_buf_clear(&path);
		ms_text_file_path(t->a, &files[i], &path);
		got = add_part(t, &files[i], ms_buf_str(&path), &why);
		if (got == 0)
			cannot_use(t, &why);
		else if (got < 0)
			ms_fail_as(err, &why);
	}
	ms_buf_release(&path);
	return got < 0 ? -1 : 0;
}

int
ms_text_open(struct ms_text **out, struct ms_archive *a, struct ms_err *err)
{
	struct ms_text *t = ms_xcalloc(1, sizeof(*t));
	struct ms_text_file *files;
	size_t n;
	int rc;

	t->a = a;
	*out = t;
	if (!ms_archive_trusted(ms_archive_path(a)))
		return 0;
	if (ms_text_files(a, &files, &n, err) < 0) {
		ms_text_close(t);
		return -1;
	}
	rc = add_parts(t, files, n, err);
	free(files);
	if (rc < 0)
		ms_text_close(t);
	return rc;
}

void
ms_text_close(struct ms_text *t)
{
	if (t == NULL)
		return;
	for (size_t i = 0; i < t->n; i++) {
		ms_text_store_close(t->parts[i].store);
		ms_buf_release(&t->parts[i].skipped);
	}
	free(t->parts);
	free(t);
}

/* ---- what the index has ---- */

static bool
has_number(const struct ms_buf *list, uint64_t number)
{
	return ms_find_u64((const void *)list->p, list->n / sizeof(number),
		   number) != NULL;
}

bool
ms_text_has(const struct ms_text *t, uint64_t number)
{
	for (size_t i = 0; i < t->n; i++) {
		const struct part *p = &t->parts[i];

		if (number >= p->first && number < p->next)
			return p->store != NULL &&
			       !has_number(&p->skipped, number);
	}
	return false;
}

/* The first record from `number` on that no database has. */
static uint64_t
next_gap(const struct ms_text *t, uint64_t number)
{
	for (size_t i = 0; i < t->n; i++) {
		const struct part *p = &t->parts[i];

		if (p->store != NULL && number >= p->first && number < p->next)
			number = p->next;
	}
	return number;
}

/* Counts a slice of the messages that no database has. 1: there may be more,
 * from *number on; 0; -1. */
static int
count_slice(struct ms_text *t, uint64_t *number, struct ms_text_coverage *c,
    struct ms_err *err)
{
	struct ms_text_coverage before = *c;
	uint64_t at = *number;
	struct ms_message_row row;
	struct ms_txn txn;
	int got = 1;

	if (ms_index_begin(ms_archive_index(t->a), &txn, err) < 0)
		return -1;
	for (int i = 0; i < 65536 && got == 1; i++) {
		at = next_gap(t, at);
		got = ms_index_next_message(&txn, &at, &row, err);
		if (got == 1 && next_gap(t, at) == at) {
			c->missing++;
			c->bytes += row.size;
			at++;
		}
	}
	if (ms_index_end(&txn) != 0) {
		*c = before;
		return 1;
	}
	*number = at;
	return got;
}

int
ms_text_coverage(
    struct ms_text *t, struct ms_text_coverage *c, struct ms_err *err)
{
	uint64_t number = 0, skipped;
	int got;

	*c = (struct ms_text_coverage){.unusable = t->unusable, .why = t->why};
	while ((got = count_slice(t, &number, c, err)) == 1)
		;
	for (size_t i = 0; i < t->n; i++) {
		if (t->parts[i].store == NULL)
			continue;
		skipped = t->parts[i].skipped.n / sizeof(uint64_t);
		c->missing += skipped;
		c->indexed +=
		    ms_text_store_extent(t->parts[i].store)->messages - skipped;
	}
	return got;
}

int
ms_text_size(struct ms_archive *a, uint64_t *databases, uint64_t *bytes,
    struct ms_err *err)
{
	struct ms_text_file *files;
	struct ms_buf path = {0};
	struct stat st;
	size_t n;

	*databases = *bytes = 0;
	if (ms_text_files(a, &files, &n, err) < 0)
		return -1;
	for (size_t i = 0; i < n; i++) {
		ms_buf_clear(&path);
		ms_text_file_path(a, &files[i], &path);
		if (stat(ms_buf_str(&path), &st) < 0)
			continue; /* it has got its other name now */
		++*databases;
		*bytes += (uint64_t)st.st_size;
	}
	ms_buf_release(&path);
	free(files);
	return 0;
}

/* ---- searching ---- */

static struct ms_text_set *
new_set(const struct ms_text *t)
{
	struct ms_text_set *set =
	    ms_xcalloc(1, sizeof(*set) + t->n * sizeof(set->part[0]));

	set->n = t->n;
	for (size_t i = 0; i < t->n; i++) {
		struct set_part *p = &set->part[i];

		p->first = t->parts[i].first;
		p->next = t->parts[i].next;
		p->bits = ms_xcalloc((size_t)((p->next - p->first) / 8 + 1), 1);
	}
	return set;
}

static void
set_bit(void *ctx, uint64_t number)
{
	struct set_part *p = ctx;

	if (number >= p->first && number < p->next)
		p->bits[(number - p->first) / 8] |=
		    (unsigned char)(1U << (number - p->first) % 8);
}

/* Stops using a database: it is damaged, or it is being written for long. Its
 * messages will be read from the archive. */
static void
drop_part(struct ms_text *t, size_t i, const struct ms_err *why)
{
	ms_text_store_close(t->parts[i].store);
	t->parts[i].store = NULL;
	cannot_use(t, why);
}

/* What finds the messages of a set in one database. */
typedef int find_fn(
    void *ctx, struct ms_text_store *s, struct set_part *p, struct ms_err *err);

static struct ms_text_set *
find_set(struct ms_text *t, find_fn *find, void *ctx)
{
	struct ms_text_set *set = new_set(t);

	for (size_t i = 0; i < t->n; i++) {
		struct ms_err why = {0};

		if (t->parts[i].store != NULL &&
		    find(ctx, t->parts[i].store, &set->part[i], &why) < 0)
			drop_part(t, i, &why);
	}
	return set;
}

static int
find_words(
    void *ctx, struct ms_text_store *s, struct set_part *p, struct ms_err *err)
{
	return ms_text_store_search(s, ctx, set_bit, p, err);
}

struct ms_text_set *
ms_text_search(struct ms_text *t, const struct ms_text_term *term)
{
	struct ms_buf expression = {0};
	struct ms_text_set *set;

	ms_text_term_expression(term, &expression);
	set = find_set(t, find_words, ms_buf_str(&expression));
	ms_buf_release(&expression);
	return set;
}

/* A selection, and the part of the set that it fills. */
struct selection {
	bool (*match)(void *, const struct ms_text_row *);
	void *ctx;
	struct set_part *part;
};

static void
select_row(void *ctx, const struct ms_text_row *row)
{
	struct selection *s = ctx;

	if (s->match(s->ctx, row))
		set_bit(s->part, row->number);
}

static int
find_rows(
    void *ctx, struct ms_text_store *s, struct set_part *p, struct ms_err *err)
{
	struct selection *selection = ctx;

	selection->part = p;
	return ms_text_store_rows(s, select_row, selection, err);
}

struct ms_text_set *
ms_text_select(struct ms_text *t,
    bool (*match)(void *, const struct ms_text_row *), void *ctx)
{
	struct selection s = {match, ctx, NULL};

	return find_set(t, find_rows, &s);
}

void
ms_text_set_free(struct ms_text_set *set)
{
	if (set == NULL)
		return;
	for (size_t i = 0; i < set->n; i++)
		free(set->part[i].bits);
	free(set);
}

bool
ms_text_set_has(const struct ms_text_set *set, uint64_t number)
{
	for (size_t i = 0; i < set->n; i++) {
		const struct set_part *p = &set->part[i];

		if (number >= p->first && number < p->next)
			return (p->bits[(number - p->first) / 8] >>
				       (number - p->first) % 8 &
				   1) != 0;
	}
	return false;
}
