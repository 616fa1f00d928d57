/*
 * record-store.h - reads the state of users, settings, profiles and runs from
 * the index: one row, or all rows of a kind. ms-archive(5), EVENT. Layer: above
 * archive.
 */
#ifndef MS_RECORD_STORE_H
#define MS_RECORD_STORE_H
#include "archive.h"
#include "index.h"

/* The row to be found: by its number or, if name is set, by a name of the kind
 * `how`; number then receives the number. */
struct ms_record_key {
	enum ms_row_kind kind;
	uint64_t number;
	enum ms_name_kind how;
	const char *name;
};

/*
 * ms_record_store_get() copies a row, which record-row.h can parse.
 *   a, txn   the archive is used if txn is NULL, in a read transaction of its
 *            own
 *   row      is emptied first
 * The function returns 1, 0 if there is no such row, or -1 with err set.
 */
int ms_record_store_get(struct ms_archive *a, struct ms_txn *txn,
    struct ms_record_key *key, struct ms_buf *row, struct ms_err *err);

/*
 * Iterates over all rows of a kind, ascending by number. No transaction is held
 * between calls. ms_record_store_next() returns 1 (row is valid until the next
 * call), 0 at the end, or -1 with err set.
 */
struct ms_record_store;
struct ms_record_store *ms_record_store_open(
    struct ms_archive *a, enum ms_row_kind kind);
int ms_record_store_next(struct ms_record_store *w, uint64_t *number,
    struct ms_slice *row, struct ms_err *err);
void ms_record_store_close(struct ms_record_store *w);

#endif
