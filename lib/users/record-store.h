/*
 * record-store.h - the state of users, settings, profiles and runs, out of an
 * archive: one, or all of a kind. Layer: above archive.
 */
#ifndef MS_RECORD_STORE_H
#define MS_RECORD_STORE_H
#include "archive.h"
#include "index.h"

/* Rows as they were copied; record-row.h takes them apart. row is emptied
 * first. 1, 0 there is none, -1. */
int ms_record_store_get_in(struct ms_txn *txn, enum ms_row_kind kind,
    uint64_t number, struct ms_buf *row, struct ms_err *err);
int ms_record_store_get(struct ms_archive *a, enum ms_row_kind kind,
    uint64_t number, struct ms_buf *row, struct ms_err *err);
/* The one that is called so. */
int ms_record_store_find_in(struct ms_txn *txn, enum ms_row_kind kind,
    enum ms_name_kind how, const char *name, uint64_t *number,
    struct ms_buf *row, struct ms_err *err);
int ms_record_store_find(struct ms_archive *a, enum ms_row_kind kind,
    enum ms_name_kind how, const char *name, uint64_t *number,
    struct ms_buf *row, struct ms_err *err);

/*
 * All of a kind, in order of their numbers, a slice at a time: no transaction
 * is held between calls. 1 (the row is the walk's until the next call), 0 no
 * more, -1.
 */
struct ms_record_store;
struct ms_record_store *ms_record_store_open(
    struct ms_archive *a, enum ms_row_kind kind);
int ms_record_store_next(struct ms_record_store *w, uint64_t *number,
    struct ms_slice *row, struct ms_err *err);
void ms_record_store_close(struct ms_record_store *w);

#endif
