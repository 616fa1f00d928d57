/*
 * listing-sort.c - tests of lib/query/listing-sort.c: each order, with and
 * without a limit, in memory and in temporary files, beside a plain qsort() of
 * what the messages were made of.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "archive.h"
#include "listing-sort.h"
#include "scratch.h"
#include "stored.h"

#define MANY 1200
#define FOLDERS 4

/* What a message is made of: n is the number in its Message-ID. */
struct made {
	const char *from, *from_key, *subject, *subject_key;
	int day, body;
};

static struct made
make(int n)
{
	static const char *const from[][2] = {
	    {"\"Zoe\" <z@h>", "zoe\" <z@h>"},
	    {"anna <a@h>", "anna <a@h>"},
	    {"Anna <a@h>", "anna <a@h>"},
	    {"Ben <b@h>", "ben <b@h>"},
	    {"", ""},
	};
	static const char *const subject[][2] = {
	    {"Re: walk", "walk"},
	    {"RE: Fwd: Walk", "walk"},
	    {"Aw: WG: hut", "hut"},
	    {"report", "report"},
	    {"Re:", ""},
	    {"Stra\xc3\x9f"
	     "e",
		"strasse"},
	};
	int f = n * 7 % 5, s = n * 11 % 6;

	return (struct made){from[f][0], from[f][1], subject[s][0],
	    subject[s][1], n * 7919 % 28 + 1, n * 31 % 50};
}

static void
fill(struct ms_archive *a)
{
	/* Not in the order of the names. */
	static const char *const names[FOLDERS] = {"m", "z", "a", "M"};
	struct ms_dest *dests[FOLDERS];
	char place[16], text[512];

	in = ms_ingest_new(a, 1, store_result, NULL);
	for (int i = 0; i < FOLDERS; i++)
		dests[i] = ms_ingest_dest(
		    in, i == 3 ? "adam" : "eve", SOURCE, names[i], NULL, true);
	for (int i = 0; i < MANY; i++) {
		struct made m = make(i);

		dest = dests[i % 7 % FOLDERS];
		snprintf(place, sizeof(place), "7/%d", i + 1);
		snprintf(text, sizeof(text),
		    "From: %s\r\nSubject: %s\r\nMessage-ID: <%04d@h>\r\nDate: "
		    "%d Jan 2020 00:00:00 +0000\r\n\r\n%.*s\r\n",
		    m.from, m.subject, i, m.day, m.body,
		    "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx");
		store(place, text);
	}
	ok(ms_ingest_finish(in, NULL) == 0, "an archive");
}

/* ---- the plain way ---- */

struct plain {
	uint64_t number, size;
	int64_t sent;
	const char *from, *subject;
	char folder[16];
};
static struct plain plain[MANY];
static enum ms_sort order;

static int
compare_key(const struct plain *a, const struct plain *b)
{
	switch (order / 2 * 2) {
	case MS_SORT_DATE:
		return (a->sent > b->sent) - (a->sent < b->sent);
	case MS_SORT_SIZE:
		return (a->size > b->size) - (a->size < b->size);
	case MS_SORT_FROM:
		return strcmp(a->from, b->from);
	case MS_SORT_SUBJECT:
		return strcmp(a->subject, b->subject);
	default:
		return strcmp(a->folder, b->folder);
	}
}

static int
compare(const void *va, const void *vb)
{
	const struct plain *a = va, *b = vb;
	int c = compare_key(a, b);

	if (c != 0)
		return order % 2 == 1 ? -c : c;
	if (a->sent != b->sent)
		return a->sent < b->sent ? -1 : 1;
	return a->number < b->number ? -1 : 1;
}

/* The occurrences come in the order in which they were stored. */
static void
read_plain(struct ms_archive *a)
{
	struct ms_select all = {.order = MS_BY_RECORD};
	const struct ms_folder *f;
	const struct ms_row *row;
	struct ms_walk *w;
	int n = 0;

	ok(ms_walk_open(&w, a, &all, NULL) == 0, "a walk");
	while (ms_walk_next(w, &row, NULL) == 1 && n < MANY &&
	       ms_archive_folder_get(a, row->folder, &f, NULL) == 1) {
		struct made m = make(n);

		plain[n] = (struct plain){.number = row->number,
		    .size = row->size,
		    .sent = row->sent,
		    .from = m.from_key,
		    .subject = m.subject_key};
		snprintf(plain[n].folder, sizeof(plain[n].folder), "%.4s/%.4s",
		    f->user_name, f->name);
		n++;
	}
	ms_walk_close(w);
	ok(n == MANY, "%d occurrences", n);
}

/* ---- the comparison ---- */

/* Sorts all rows; *wrong: how many are not where they should be. */
static int
sort_all(struct ms_archive *a, uint64_t limit, size_t memory, int *wrong)
{
	struct ms_select all = {.order = MS_BY_FOLDER};
	const struct ms_row *row;
	struct ms_sorter *s;
	struct ms_walk *w;
	bool last = order == MS_SORT_DATE || order == MS_SORT_SIZE;
	int n = 0, from = 0;

	if (ms_sorter_new(&s, a, order, limit, memory, NULL) < 0 ||
	    ms_walk_open(&w, a, &all, NULL) < 0)
		return -1;
	while (ms_walk_next(w, &row, NULL) == 1)
		if (ms_sorter_add(s, row, NULL) < 0)
			return -1;
	ms_walk_close(w);
	if (last && limit != 0 && limit < MANY)
		from = MANY - (int)limit;
	for (*wrong = 0; ms_sorter_next(s, &row, NULL) == 1; n++)
		if (from + n >= MANY || row->number != plain[from + n].number)
			++*wrong;
	ms_sorter_free(s);
	return n;
}

static void
test_orders(struct ms_archive *a)
{
	static const uint64_t limits[] = {0, 1, 7, 600, MANY, 5000};
	static const size_t memories[] = {0, 20000, 1};
	uint64_t want;
	int n, wrong = 0;

	for (int i = MS_SORT_DATE; i <= MS_SORT_FOLDER_DOWN; i++) {
		order = (enum ms_sort)i;
		qsort(plain, MANY, sizeof(plain[0]), compare);
		for (size_t l = 0; l < 6; l++)
			for (size_t m = 0; m < 3; m++) {
				want = limits[l] == 0 || limits[l] > MANY
					   ? MANY
					   : limits[l];
				n = sort_all(a, limits[l], memories[m], &wrong);
				ok(n == (int)want && wrong == 0,
				    "order %d, limit %d, memory %zu: %d rows, "
				    "%d of them wrong",
				    i, (int)limits[l], memories[m], n, wrong);
			}
	}
}

int
main(void)
{
	char dir[SCRATCH_MAX], path[SCRATCH_MAX + 8];
	struct ms_archive *a = NULL;
	struct ms_err err = {0};

	if (scratch_make(dir) == NULL)
		return 1;
	snprintf(path, sizeof(path), "%s/arc", dir);
	ok(ms_archive_init(path, "eve", &err) == 0 &&
		ms_archive_open(&a, path, MS_ARCHIVE_WRITE, &err) == 0,
	    "an archive is made %s", err.msg);
	fill(a);
	read_plain(a);
	test_orders(a);
	ms_archive_close(a);
	scratch_remove(dir);
	return done();
}
