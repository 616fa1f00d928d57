/* lookup.c - the messages of a mailbox by place, and when they were committed.
 * ms-archive(5), PLACE and COMMIT. */
#include <stdlib.h>
#include <string.h>

#include "impl.h"
#include "le.h"

#define SLICE 20000 /* rows looked up in one transaction */

/* ---- by place ---- */

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
	int got = 1, i;

	if (ms_index_missing_messages(txn, folder, missing, err) < 0)
		return -1;
	for (i = 0; i < SLICE; i++, ++*from) {
		got = ms_index_next_uid(
		    txn, folder, uidvalidity, from, &known.occurrence, err);
		if (got != 1)
			break;
		known.uid = (uint32_t)*from;
		if (!ms_index_is_missing(missing, known.occurrence))
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
		if (got == 1 &&
		    ms_index_missing_messages(&txn, folder, &missing, err) < 0)
			got = -1;
	} while (ms_index_end(&txn) != 0);
	if (got == 1)
		got = !ms_index_is_missing(&missing, *occurrence);
	ms_buf_release(&missing);
	return got;
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
