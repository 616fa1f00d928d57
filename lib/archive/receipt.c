/* receipt.c - places of a mailbox whose messages are assigned to users.
 * ms-archive(5), RECEIPT. */
#include "impl.h"
#include "record.h"

#define SLICE 20000 /* rows looked up in one transaction */

int
ms_archive_receipt(struct ms_archive *a, uint64_t number, struct ms_receipt *r,
    struct ms_buf *content, struct ms_err *err)
{
	struct ms_err why = {0};

	ms_buf_clear(content);
	if (ms_archive_content(a, number, MS_RECEIPT, content, &why) == 0 &&
	    ms_receipt_parse(r, ms_buf_slice(content), &why) == 0)
		return 1;
	if (why.code == MS_DATA)
		return 0;
	if (err != NULL)
		*err = why;
	return -1;
}

int
ms_archive_has_losses(struct ms_archive *a, struct ms_err *err)
{
	uint64_t missing = 0;
	struct ms_txn txn;
	int got;

	do {
		if (ms_index_begin(a->ix, &txn, err) < 0)
			return -1;
		got = ms_index_has_gap(&txn, err);
		if (got == 0 && ms_index_count_missing(&txn, &missing, err) < 0)
			got = -1;
	} while (ms_index_end(&txn) != 0);
	return got == 0 ? missing > 0 : got;
}

/* Can the message of an OCCURRENCE be put together? 1, 0, -1. */
static int
occurrence_whole(struct ms_archive *a, uint64_t number, struct ms_err *err)
{
	struct ms_buf content = {0};
	struct ms_err why = {0};
	struct ms_occurrence o;
	struct ms_txn txn;
	uint64_t message;
	int got;

	got = ms_archive_occurrence_at(a, number, &o, &content, &why);
	if (got < 0 && why.code == MS_DATA) {
		ms_buf_release(&content);
		return 0;
	}
	if (got < 0 && err != NULL)
		*err = why;
	while (got == 0) {
		got = ms_index_begin(a->ix, &txn, err);
		if (got < 0)
			break;
		got = ms_index_id(&txn, o.id, &message, err);
		if (ms_index_end(&txn) == 0)
			break;
		got = 0;
	}
	ms_buf_release(&content);
	return got;
}

int
ms_archive_receipt_whole(
    struct ms_archive *a, const struct ms_receipt *r, struct ms_err *err)
{
	uint32_t i;
	int got = 1;

	for (i = 0; i < r->count && got == 1; i++)
		got = occurrence_whole(a, ms_receipt_occurrence(r, i), err);
	return got;
}

/* Visits rows of a folder from *row on. 1: there may be more; 0; -1. */
static int
visit_slice(struct ms_txn *txn, struct ms_receipt_row *row,
    bool (*visit)(void *, const struct ms_receipt_row *), void *ctx,
    struct ms_err *err)
{
	const uint64_t folder = row->folder;
	int got, i;

	for (i = 0; i < SLICE; i++, row->number++) {
		got = ms_index_next_receipt(txn, row, err);
		if (got <= 0)
			return got;
		if (row->folder != folder || !visit(ctx, row))
			return 0;
	}
	return 1;
}

int
ms_archive_receipts(struct ms_archive *a, uint64_t folder,
    bool (*visit)(void *, const struct ms_receipt_row *), void *ctx,
    struct ms_err *err)
{
	struct ms_receipt_row row = {.folder = folder}, before;
	struct ms_txn txn;
	int got;

	do {
		before = row;
		if (ms_index_begin(a->ix, &txn, err) < 0)
			return -1;
		got = visit_slice(&txn, &row, visit, ctx, err);
		if (ms_index_end(&txn) != 0) {
			row = before;
			got = 1;
		}
	} while (got == 1);
	return got;
}
