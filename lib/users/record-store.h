/*
 * record-store.h - the state of users, settings, profiles and runs, out of an
 * archive: one, or all of a kind. Layer: above archive.
 */
#ifndef MS_OBJECTS_H
#define MS_OBJECTS_H
#include "archive.h"
#include "index.h"

/* Rows as they were copied; object.h takes them apart. row is emptied first.
 * 1, 0 there is none, -1. */
int ms_objects_get_in(struct ms_txn *txn, enum ms_object_kind kind,
    uint64_t number, struct ms_buf *row, struct ms_err *err);
int ms_objects_get(struct ms_archive *a, enum ms_object_kind kind,
    uint64_t number, struct ms_buf *row, struct ms_err *err);
/* The one that is called so. */
int ms_objects_find_in(struct ms_txn *txn, enum ms_object_kind kind,
    enum ms_name_kind how, const char *name, uint64_t *number,
    struct ms_buf *row, struct ms_err *err);
int ms_objects_find(struct ms_archive *a, enum ms_object_kind kind,
    enum ms_name_kind how, const char *name, uint64_t *number,
    struct ms_buf *row, struct ms_err *err);

/*
 * All of a kind, in order of their numbers, a slice at a time: no transaction
 * is held between calls. 1 (the row is the walk's until the next call), 0 no
 * more, -1.
 */
struct ms_objects;
struct ms_objects *ms_objects_open(
    struct ms_archive *a, enum ms_object_kind kind);
int ms_objects_next(struct ms_objects *w, uint64_t *number,
    struct ms_slice *row, struct ms_err *err);
void ms_objects_close(struct ms_objects *w);

#endif
