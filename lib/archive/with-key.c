/* with-key.c - messages by the ids in their headers. ms-archive(5), Index. */
#include <string.h>

#include "impl.h"

#define ROWS 64 /* read in one transaction */

struct found {
	uint64_t message;
	unsigned char id[MS_SHA_LEN];
};

/* Reads the next rows of the key. */
static int
read_rows(struct ms_txn *txn, uint64_t key, uint64_t *number,
    struct ms_buf *out, struct ms_err *err)
{
	struct ms_message_row row;
	struct found f;
	int got = 0;

	while (out->n < ROWS * sizeof(f) &&
	       (got = ms_index_next_in_thread(txn, key, number, err)) == 1) {
		f.message = *number;
		got = ms_index_message(txn, *number, &row, err);
		if (got == 1) {
			memcpy(f.id, row.id, MS_SHA_LEN);
			got = ms_index_id(txn, row.id, &f.message, err);
			ms_buf_add(out, &f, sizeof(f));
		}
		if (got < 0)
			return -1;
		++*number;
	}
	return got;
}

static int
report(const struct ms_buf *rows, ms_with_key_fn *fn, void *ctx,
    struct ms_err *err)
{
	struct found f;
	int rc = 0;

	for (size_t at = 0; rc == 0 && at < rows->n; at += sizeof(f)) {
		memcpy(&f, rows->p + at, sizeof(f));
		rc = fn(ctx, f.message, f.id, err);
	}
	return rc;
}

int
ms_archive_with_key(struct ms_archive *a, uint64_t key, ms_with_key_fn *fn,
    void *ctx, struct ms_err *err)
{
	struct ms_buf rows = {0};
	struct ms_txn txn;
	uint64_t next = 0, number;
	int got = ms_archive_check_index(a, MS_INDEX_THREADS, err);

	while (got == 0) {
		do {
			ms_buf_clear(&rows);
			number = next;
			if (ms_index_begin(a->ix, &txn, err) < 0) {
				got = -1;
				break;
			}
			got = read_rows(&txn, key, &number, &rows, err);
		} while (ms_index_end(&txn) != 0);
		next = number;
		if (got < 0 || rows.n == 0)
			break;
		got = report(&rows, fn, ctx, err);
	}
	ms_buf_release(&rows);
	return got < 0 ? -1 : 0;
}
