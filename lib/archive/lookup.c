/* lookup.c - the messages of a mailbox by place, and when they were committed.
 * ms-archive(5), PLACE and COMMIT. */
#include <stdlib.h>
#include <string.h>

#include "impl.h"
#include "le.h"
#include "numbers.h"

#define SLICE 20000 /* rows looked up in one transaction */

/* ---- by place ---- */

/* Is the message of a place whole? A PLACE outlives its OCCURRENCE if that is
 * lost. 1, 0, -1. */
static int
is_whole(struct ms_txn *txn, const struct ms_buf *missing, uint64_t occurrence,
    struct ms_err *err)
{
	struct ms_location at;

	return ms_index_is_missing(missing, occurrence)
		   ? 0
		   : ms_index_locate(txn, occurrence, &at, err);
}

/*
 * Adds some places of a folder under a UIDVALIDITY, from UID *from on. Places
 * of messages that are not whole are left out: these are fetched again. 1:
 * there may be more, from *from on; 0; -1.
 */
static int
places_slice(struct ms_txn *txn, uint64_t folder, uint32_t uidvalidity,
    uint64_t *from, struct ms_buf *missing, struct ms_buf *out,
    struct ms_err *err)
{
	struct ms_stored_uid known = {0};
	int got = 1, whole, i;

	if (ms_index_missing_messages(txn, folder, missing, err) < 0)
		return -1;
	for (i = 0; i < SLICE; i++, ++*from) {
		got = ms_index_next_uid(
		    txn, folder, uidvalidity, from, &known.occurrence, err);
		if (got != 1)
			break;
		known.uid = (uint32_t)*from;
		whole = is_whole(txn, missing, known.occurrence, err);
		if (whole < 0)
			return -1;
		if (whole == 1)
			ms_buf_add(out, &known, sizeof(known));
	}
	return got;
}

int
ms_archive_places(struct ms_archive *a, uint64_t folder, uint32_t uidvalidity,
    struct ms_stored_uid **out, size_t *count, struct ms_err *err)
{
	struct ms_buf list = {0}, missing = {0};
	uint64_t from = 0, start; /* the next UID */
	struct ms_txn txn;
	size_t kept;
	int got;

	do {
		kept = list.n;
		start = from;
		got = ms_index_begin(a->ix, &txn, err);
		if (got < 0)
			break;
		got = places_slice(
		    &txn, folder, uidvalidity, &from, &missing, &list, err);
		if (ms_index_end(&txn) != 0) {
			list.n = kept;
			from = start;
			got = 1;
		}
	} while (got == 1);
	ms_buf_release(&missing);
	if (got < 0) {
		ms_buf_release(&list);
		return -1;
	}
	*count = list.n / sizeof(struct ms_stored_uid);
	*out = (struct ms_stored_uid *)(void *)list.p;
	return 0;
}

int
ms_archive_place(struct ms_archive *a, uint64_t folder, const char *place,
    uint64_t *occurrence, struct ms_err *err)
{
	struct ms_buf missing = {0};
	struct ms_txn txn;
	int got;

	do {
		if (ms_index_begin(a->ix, &txn, err) < 0)
			return -1;
		got = ms_index_place(
		    &txn, folder, ms_slice_str(place), occurrence, err);
		if (got == 1)
			got = ms_index_missing_messages(
				  &txn, folder, &missing, err) < 0
				  ? -1
				  : is_whole(&txn, &missing, *occurrence, err);
	} while (ms_index_end(&txn) != 0);
	ms_buf_release(&missing);
	return got;
}

/* Appends the numbers of some OCCURRENCEs with further places, from that of
 * *row on. 1: there may be more; 0; -1. */
static int
find_placed(struct ms_txn *txn, struct ms_place_row *row, struct ms_buf *out,
    struct ms_err *err)
{
	int got, i;

	for (i = 0; i < SLICE; i++) {
		got = ms_index_next_place(txn, row, err);
		if (got != 1)
			return got;
		ms_buf_add(out, &row->occurrence, sizeof(row->occurrence));
		row->occurrence++;
		row->number = 0;
	}
	return 1;
}

/* Lists the OCCURRENCEs with further places: most have none, and need no
 * transaction then. */
static int
load_placed(struct ms_archive *a, struct ms_err *err)
{
	struct ms_place_row row = {0}, from;
	struct ms_txn txn;
	size_t kept;
	int got;

	if (a->has_placed)
		return 0;
	if (ms_archive_check_index(a, MS_INDEX_FURTHER, err) < 0)
		return -1;
	ms_buf_clear(&a->placed);
	do {
		kept = a->placed.n;
		from = row;
		if (ms_index_begin(a->ix, &txn, err) < 0)
			return -1;
		got = find_placed(&txn, &row, &a->placed, err);
		if (ms_index_end(&txn) != 0) {
			a->placed.n = kept;
			row = from;
			got = 1;
		}
	} while (got == 1);
	a->has_placed = got == 0;
	return got;
}

int
ms_archive_further_places(struct ms_archive *a, uint64_t occurrence,
    struct ms_buf *out, struct ms_err *err)
{
	const size_t before = out->n;
	struct ms_place_row row;
	struct ms_txn txn;
	int got;

	if (load_placed(a, err) < 0)
		return -1;
	if (ms_find_u64((const uint64_t *)(const void *)a->placed.p,
		a->placed.n / sizeof(uint64_t), occurrence) == NULL)
		return 0;
	do {
		out->n = before;
		row = (struct ms_place_row){.occurrence = occurrence};
		if (ms_index_begin(a->ix, &txn, err) < 0)
			return -1;
		while ((got = ms_index_next_place(&txn, &row, err)) == 1 &&
		       row.occurrence == occurrence) {
			ms_buf_add(out, row.place.p, row.place.n);
			ms_buf_add_byte(out, '\0');
			ms_buf_add(out, row.flags.p, row.flags.n);
			ms_buf_add_byte(out, '\0');
			row.number++;
		}
	} while (ms_index_end(&txn) != 0);
	return got < 0 ? -1 : 0;
}

const char *
ms_further_place(const struct ms_buf *places, size_t *at, const char **flags)
{
	const char *p = (const char *)places->p + *at;

	if (*at >= places->n)
		return NULL;
	*flags = p + strlen(p) + 1;
	*at += strlen(p) + strlen(*flags) + 2;
	return p;
}

/* ---- moves ---- */

int
ms_archive_moved_to(
    struct ms_archive *a, struct ms_buf *out, struct ms_err *err)
{
	uint64_t occurrence = 0, to, from;
	struct ms_txn txn;
	size_t kept;
	int got, i;

	do {
		kept = out->n;
		from = occurrence;
		if (ms_index_begin(a->ix, &txn, err) < 0)
			return -1;
		for (i = 0; i < SLICE; i++, occurrence++) {
			got = ms_index_next_move(&txn, &occurrence, &to, err);
			if (got != 1)
				break;
			if (to != 0)
				ms_buf_add(out, &to, sizeof(to));
		}
		if (ms_index_end(&txn) != 0) {
			out->n = kept;
			occurrence = from;
			got = 1;
		}
	} while (got == 1);
	if (out->n > 0)
		qsort(out->p, out->n / sizeof(to), sizeof(to), ms_compare_u64);
	return got;
}

int
ms_archive_removed(struct ms_archive *a, uint64_t occurrence, uint64_t *change,
    struct ms_err *err)
{
	struct ms_view_row view;
	struct ms_txn txn;
	int got;

	do {
		if (ms_index_begin(a->ix, &txn, err) < 0)
			return -1;
		got = ms_index_view(&txn, occurrence, &view, err);
	} while (ms_index_end(&txn) != 0);
	if (got != 1)
		return got;
	*change = view.change;
	return view.folder == 0;
}

int
ms_archive_moved_into(struct ms_archive *a, uint64_t folder, struct ms_buf *own,
    struct ms_err *err)
{
	const size_t before = own->n;
	uint64_t shown, from;
	struct ms_txn txn;
	int got;

	do {
		own->n = before;
		shown = folder;
		from = 0;
		if (ms_index_begin(a->ix, &txn, err) < 0)
			return -1;
		while ((got = ms_index_next_target(&txn, &shown, &from, err)) ==
			   1 &&
		       shown == folder) {
			ms_buf_add(own, &from, sizeof(from));
			from++;
		}
	} while (ms_index_end(&txn) != 0);
	return got < 0 ? -1 : 0;
}

/* ---- time of commit ---- */

static bool
is_in(const struct ms_commit *c, uint64_t number)
{
	return number >= c->first && number - c->first <= c->count;
}

/*
 * Finds the next COMMIT in a block, from record number *n, which is at `place`,
 * on. 1; 0: the block has none, and the log goes on with *n; -1: the COMMIT is
 * damaged.
 */
static int
next_commit(const struct ms_block *b, uint32_t place, uint64_t *n,
    struct ms_commit *c, struct ms_err *err)
{
	struct ms_numbers it = {.block = b};
	struct ms_record rec;
	uint64_t number;
	uint32_t i;

	for (i = 0; ms_numbers_next(&it, &number) == 1; i++) {
		if (i < place)
			continue;
		if (number != *n)
			break;
		++*n;
		if (b->header.kind != MS_BLOCK_META)
			continue;
		ms_block_record(b, i, &rec);
		if (rec.type == MS_COMMIT && !rec.stub)
			return ms_commit_parse(c, rec.content, err) < 0 ? -1
									: 1;
	}
	return 0;
}

int
ms_archive_committed(
    struct ms_archive *a, uint64_t number, int64_t *when, struct ms_err *err)
{
	struct ms_commit c = a->queried;
	uint64_t n = number;
	struct ms_block *b;
	uint32_t place;
	int got = is_in(&c, number);

	while (got == 0 && n - number <= MS_BATCH_RECORDS_MAX) {
		if (ms_archive_block_of(a, n, &b, &place, err) < 0)
			return -1;
		got = next_commit(b, place, &n, &c, err);
	}
	if (got < 0)
		return -1;
	if (got == 0 || !is_in(&c, number))
		return ms_fail(err, MS_DATA,
		    "record %llu: its COMMIT is missing",
		    (unsigned long long)number);
	a->queried = c;
	*when = c.time;
	return 0;
}

int
ms_archive_archived(
    struct ms_archive *a, uint64_t number, int64_t *when, struct ms_err *err)
{
	struct ms_commit_row *c = &a->archived;
	struct ms_txn txn;
	int got = 1;

	if (number < c->first || number > c->number) {
		do {
			*c = (struct ms_commit_row){.number = number};
			if (ms_index_begin(a->ix, &txn, err) < 0)
				return -1;
			got = ms_index_next_commit(&txn, c, err);
		} while (ms_index_end(&txn) != 0);
	}
	if (got == 1 && number < c->first)
		got = 0;
	if (got == 1)
		*when = c->time;
	else
		*c = (struct ms_commit_row){0};
	return got;
}

int
ms_archive_first_since(
    struct ms_archive *a, int64_t since, uint64_t *number, struct ms_err *err)
{
	struct ms_commit_row c;
	struct ms_txn txn;
	int got;

	do {
		c = (struct ms_commit_row){0};
		if (ms_index_begin(a->ix, &txn, err) < 0)
			return -1;
		while ((got = ms_index_next_commit(&txn, &c, err)) == 1 &&
		       c.time < since)
			c.number++;
	} while (ms_index_end(&txn) != 0);
	*number = c.first;
	return got;
}
