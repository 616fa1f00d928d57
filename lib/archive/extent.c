/* extent.c - the rows of an extent that was read from the log.
 * ms-archive(5), Index. */
#include "impl.h"

static int
index_record(struct ms_archive *a, struct ms_txn *txn, uint64_t number,
    const struct ms_record *rec, const struct ms_damage_sink *damage,
    struct ms_err *err)
{
	struct ms_err why = {0};

	if (ms_indexer_record(a->indexer, txn, number, rec, &why) == 0)
		return 0;
	if (why.code != MS_DATA || txn->full) {
		if (err != NULL)
			*err = why;
		return -1;
	}
	/* It costs its own message only; ms-verify names it. */
	if (damage != NULL)
		damage->fn(damage->ctx, why.msg);
	return 0;
}

/* A block, and its records from number `from` on. */
static int
index_block(struct ms_archive *a, struct ms_txn *txn,
    const struct ms_log_reader *r, const struct ms_log_block *lb, uint64_t from,
    const struct ms_damage_sink *damage, struct ms_err *err)
{
	const unsigned char *runs = ms_log_extent_runs(&r->extent, lb);
	const unsigned char *digests = ms_log_extent_digests(&r->extent, lb);
	/* For numbers only: a block that was not opened has no contents. */
	struct ms_block shape = {.header = lb->header, .runs = runs};
	struct ms_numbers numbers = {.block = &shape};
	struct ms_record rec;
	uint64_t number;
	uint32_t i;

	ms_indexer_block(
	    a->indexer, &r->pack->header, lb->offset, &lb->header, runs);
	for (i = 0; ms_numbers_next(&numbers, &number) == 1; i++) {
		if (number < from)
			continue;
		if (lb->open == NULL) {
			ms_indexer_blob(a->indexer, number,
			    digests + (size_t)i * MS_SHA_LEN);
			continue;
		}
		ms_block_record(lb->open, i, &rec);
		if (index_record(a, txn, number, &rec, damage, err) < 0)
			return -1;
	}
	return 0;
}

int
ms_archive_index_extent(struct ms_archive *a, struct ms_txn *txn,
    struct ms_log_reader *r, uint64_t from, const struct ms_damage_sink *damage,
    struct ms_err *err)
{
	size_t i, n = ms_log_extent_count(&r->extent);

	for (i = 0; i < n; i++)
		if (index_block(a, txn, r, ms_log_extent_block(&r->extent, i),
			from, damage, err) < 0)
			return -1;
	return ms_indexer_put(a->indexer, txn, err);
}
