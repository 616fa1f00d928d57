/* listing-sort.c - sorts occurrences in bounded memory. See listing-sort.h. */
#include "listing-sort.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "spool.h"
#include "utf8.h"

#define MEMORY ((size_t)64 << 20)
#define TEXT 64      /* bytes of a text that are compared */
#define LISTED 4096  /* rows that are read from the index together */
#define BUFFER_MIN 8 /* entries of a run that are read together, at least */

struct entry {
	struct ms_row_key key;
	uint64_t rank; /* of a number, a date, a folder */
	unsigned char text[TEXT];
};

/* Sorted entries in the temporary file. */
struct run {
	uint64_t at, end;    /* entries that are not read yet */
	struct entry *ahead; /* read already */
	size_t n, next;
};

/* Which place a folder has in the order of the users and names. */
struct folder_rank {
	uint64_t number, rank;
};

struct ms_sorter {
	struct ms_archive *a;
	enum ms_sort sort;
	uint64_t limit, count; /* count: of rows that came */
	struct entry *v;
	size_t n, room;
	struct folder_rank *folders;
	size_t folder_count;
	struct ms_buf text;

	struct ms_spool file; /* the runs */
	int fd;               /* of the file, when it is read */
	struct run *runs;
	size_t run_count;

	bool sorted;
	size_t at;       /* in v, if there are no runs */
	uint64_t passed; /* entries that were taken */
	struct ms_row_key *keys;
	struct ms_walk *walk;
};

/* ---- the order ---- */

static int
compare_u64(uint64_t a, uint64_t b)
{
	return (a > b) - (a < b);
}

/* For qsort_r(). */
static int
compare(const void *va, const void *vb, void *ctx)
{
	const struct entry *a = va, *b = vb;
	const struct ms_sorter *s = ctx;
	int c = compare_u64(a->rank, b->rank);

	if (c == 0)
		c = memcmp(a->text, b->text, TEXT);
	if (c != 0)
		return s->sort % 2 == 1 ? -c : c;
	if (a->key.date != b->key.date)
		return a->key.date < b->key.date ? -1 : 1;
	return compare_u64(a->key.number, b->key.number);
}

static void
sort_entries(struct ms_sorter *s)
{
	if (s->n > 1)
		qsort_r(s->v, s->n, sizeof(*s->v), compare, s);
}

/* Are the rows to keep the last ones? */
static bool
keeps_last(const struct ms_sorter *s)
{
	return s->sort == MS_SORT_DATE || s->sort == MS_SORT_SIZE;
}

/* ---- what is compared ---- */

static int
compare_folders(const void *va, const void *vb)
{
	const struct ms_folder *const *a = va, *const *b = vb;
	int c = strcmp((*a)->user_name, (*b)->user_name);

	if (c == 0)
		c = strcmp((*a)->name, (*b)->name);
	return c;
}

static int
compare_numbers(const void *va, const void *vb)
{
	const struct folder_rank *a = va, *b = vb;

	return compare_u64(a->number, b->number);
}

/* Ranks the folders; those of the same user and name are equal. */
static int
rank_folders(struct ms_sorter *s, struct ms_err *err)
{
	const struct ms_folder **all;
	size_t i;

	if (ms_archive_folders(s->a, &all, &s->folder_count, err) < 0)
		return -1;
	s->folders = ms_xcalloc(s->folder_count + 1, sizeof(*s->folders));
	if (s->folder_count > 0)
		qsort(all, s->folder_count, sizeof(*all), compare_folders);
	for (i = 0; i < s->folder_count; i++) {
		bool same = i > 0 && compare_folders(&all[i - 1], &all[i]) == 0;

		s->folders[i] = (struct folder_rank){
		    all[i]->number, same ? s->folders[i - 1].rank : i};
	}
	free(all);
	if (s->folder_count > 0)
		qsort(s->folders, s->folder_count, sizeof(*s->folders),
		    compare_numbers);
	return 0;
}

/* The rank of a folder; one that is new, or lost, comes last. */
static uint64_t
rank_of(const struct ms_sorter *s, uint64_t folder)
{
	const struct folder_rank key = {.number = folder}, *found;

	found = bsearch(
	    &key, s->folders, s->folder_count, sizeof(key), compare_numbers);
	return found != NULL ? found->rank : UINT64_MAX;
}

/* Passes over "Re: ", "Fwd: Re: " and the like. */
static struct ms_slice
without_prefixes(struct ms_slice s)
{
	static const char *const prefixes[] = {
	    "re:", "fwd:", "fw:", "aw:", "wg:", " "};
	size_t i = 0, n;

	while (i < sizeof(prefixes) / sizeof(prefixes[0])) {
		n = strlen(prefixes[i]);
		if (s.n >= n && memcmp(s.p, prefixes[i], n) == 0) {
			s.p += n;
			s.n -= n;
			i = 0;
		} else {
			i++;
		}
	}
	return s;
}

static void
set_text(struct ms_sorter *s, struct entry *e, const struct ms_desc_field *f)
{
	struct ms_slice text = {(const unsigned char *)f->s, f->n}, key;

	if (text.n > 0 && *text.p == '"') {
		text.p++;
		text.n--;
	}
	ms_buf_clear(&s->text);
	ms_utf8_text_key(text, &s->text);
	key = ms_buf_slice(&s->text);
	if (s->sort / 2 == MS_SORT_SUBJECT / 2)
		key = without_prefixes(key);
	if (key.n > 0)
		memcpy(e->text, key.p, key.n < TEXT ? key.n : TEXT);
}

static void
fill(struct ms_sorter *s, struct entry *e, const struct ms_row *row)
{
	*e = (struct entry){.key = {.message = row->message,
				.folder = row->own,
				.number = row->number,
				.date = row->date}};
	switch (s->sort / 2 * 2) {
	case MS_SORT_DATE:
		e->rank = (uint64_t)row->sent ^ (uint64_t)1 << 63;
		break;
	case MS_SORT_SIZE:
		e->rank = row->size;
		break;
	case MS_SORT_FROM:
		set_text(s, e, &row->desc.from);
		break;
	case MS_SORT_SUBJECT:
		set_text(s, e, &row->desc.subject);
		break;
	default:
		e->rank = rank_of(s, row->folder);
		break;
	}
}

/* ---- adding ---- */

int
ms_sorter_new(struct ms_sorter **out, struct ms_archive *a, enum ms_sort sort,
    uint64_t limit, size_t memory, struct ms_err *err)
{
	struct ms_sorter *s = ms_xcalloc(1, sizeof(*s));

	s->a = a;
	s->file.fd = -1;
	s->sort = sort;
	s->limit = limit;
	s->room = (memory != 0 ? memory : MEMORY) / sizeof(struct entry);
	if (s->room < 2 * BUFFER_MIN)
		s->room = 2 * BUFFER_MIN;
	if (sort / 2 == MS_SORT_FOLDER / 2 && rank_folders(s, err) < 0) {
		ms_sorter_free(s);
		return -1;
	}
	/* Pages that are not used take no memory. */
	s->v = ms_xreallocarray(NULL, s->room, sizeof(*s->v));
	*out = s;
	return 0;
}

/* Drops what can no longer be among the rows to keep. */
static void
cut(struct ms_sorter *s)
{
	size_t limit = (size_t)s->limit;

	sort_entries(s);
	if (keeps_last(s))
		memmove(s->v, s->v + (s->n - limit), limit * sizeof(*s->v));
	s->count -= s->n - limit;
	s->n = limit;
}

/* Writes the entries as a sorted run. */
static int
spill(struct ms_sorter *s, struct ms_err *err)
{
	struct run *r;

	sort_entries(s);
	if (ms_spool_add(&s->file, s->v, s->n * sizeof(*s->v), err) < 0)
		return -1;
	s->runs = ms_xreallocarray(s->runs, s->run_count + 1, sizeof(*s->runs));
	r = &s->runs[s->run_count];
	*r = (struct run){.at = s->run_count > 0 ? r[-1].end : 0};
	r->end = r->at + s->n;
	s->run_count++;
	s->n = 0;
	return 0;
}

int
ms_sorter_add(struct ms_sorter *s, const struct ms_row *row, struct ms_err *err)
{
	fill(s, &s->v[s->n++], row);
	s->count++;
	if (s->limit != 0 && s->limit <= s->room / 2 && s->n == 2 * s->limit)
		cut(s);
	return s->n == s->room ? spill(s, err) : 0;
}

/* ---- reading ---- */

/* Reads entries of the file, from entry number `at` on. */
static int
read_entries(struct ms_sorter *s, struct entry *to, size_t n, uint64_t at,
    struct ms_err *err)
{
	unsigned char *p = (unsigned char *)to;
	size_t left = n * sizeof(*to);
	off_t offset = (off_t)(at * sizeof(*to));
	ssize_t got;

	while (left > 0) {
		got = pread(s->fd, p, left, offset);
		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0)
			return ms_fail_errno(err, "temporary file");
		if (got == 0)
			return ms_fail(err, MS_IO, "temporary file: cut off");
		p += got;
		offset += got;
		left -= (size_t)got;
	}
	return 0;
}

static int
read_ahead(struct ms_sorter *s, struct run *r, struct ms_err *err)
{
	size_t want = s->room / s->run_count;

	if (want > r->end - r->at)
		want = (size_t)(r->end - r->at);
	r->next = 0;
	r->n = want;
	if (read_entries(s, r->ahead, want, r->at, err) < 0)
		return -1;
	r->at += want;
	return 0;
}

/* Sorts what is in memory or, if there are runs, makes it the last run and
 * gives its memory to their buffers. */
static int
begin_reading(struct ms_sorter *s, struct ms_err *err)
{
	size_t part;

	s->sorted = true;
	s->keys = ms_xcalloc(LISTED, sizeof(*s->keys));
	if (s->run_count == 0) {
		sort_entries(s);
		return 0;
	}
	if (s->n > 0 && spill(s, err) < 0)
		return -1;
	s->fd = ms_spool_file(&s->file, err);
	if (s->fd < 0)
		return -1;
	/* More runs than the buffers allow take more memory than was said. */
	part = s->room / s->run_count;
	if (part < BUFFER_MIN) {
		part = BUFFER_MIN;
		s->room = part * s->run_count;
		s->v = ms_xreallocarray(s->v, s->room, sizeof(*s->v));
	}
	for (size_t i = 0; i < s->run_count; i++) {
		s->runs[i].ahead = s->v + i * part;
		if (read_ahead(s, &s->runs[i], err) < 0)
			return -1;
	}
	return 0;
}

/* The next entry in order. 1, 0, -1. */
static int
take(struct ms_sorter *s, struct ms_row_key *key, struct ms_err *err)
{
	struct run *best = NULL;

	if (s->run_count == 0) {
		if (s->at == s->n)
			return 0;
		*key = s->v[s->at++].key;
		return 1;
	}
	for (size_t i = 0; i < s->run_count; i++) {
		struct run *r = &s->runs[i];

		if (r->next < r->n &&
		    (best == NULL || compare(&r->ahead[r->next],
					 &best->ahead[best->next], s) < 0))
			best = r;
	}
	if (best == NULL)
		return 0;
	*key = best->ahead[best->next++].key;
	return best->next == best->n && read_ahead(s, best, err) < 0 ? -1 : 1;
}

/* The same, of the rows to keep. */
static int
take_kept(struct ms_sorter *s, struct ms_row_key *key, struct ms_err *err)
{
	uint64_t first = 0, end = s->count;
	int got;

	if (s->limit != 0 && s->count > s->limit) {
		first = keeps_last(s) ? s->count - s->limit : 0;
		end = first + s->limit;
	}
	do {
		if (s->passed == end)
			return 0;
		got = take(s, key, err);
		s->passed++;
	} while (got == 1 && s->passed <= first);
	return got;
}

/* Opens a walk over the next rows. 1, 0: there are none, -1. */
static int
next_walk(struct ms_sorter *s, struct ms_err *err)
{
	struct ms_select sel = {.order = MS_BY_LIST, .rows = s->keys};
	int got = 1;

	ms_walk_close(s->walk);
	s->walk = NULL;
	while (sel.row_count < LISTED &&
	       (got = take_kept(s, &s->keys[sel.row_count], err)) == 1)
		sel.row_count++;
	if (got < 0 || sel.row_count == 0)
		return got;
	return ms_walk_open(&s->walk, s->a, &sel, err) < 0 ? -1 : 1;
}

int
ms_sorter_next(
    struct ms_sorter *s, const struct ms_row **row, struct ms_err *err)
{
	int got;

	if (!s->sorted && begin_reading(s, err) < 0)
		return -1;
	for (;;) {
		if (s->walk != NULL) {
			got = ms_walk_next(s->walk, row, err);
			if (got != 0)
				return got;
		}
		got = next_walk(s, err);
		if (got <= 0)
			return got;
	}
}

void
ms_sorter_free(struct ms_sorter *s)
{
	if (s == NULL)
		return;
	ms_walk_close(s->walk);
	ms_spool_release(&s->file);
	free(s->runs);
	free(s->keys);
	free(s->folders);
	free(s->v);
	ms_buf_release(&s->text);
	free(s);
}
