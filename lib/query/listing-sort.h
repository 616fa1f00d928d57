/*
 * listing-sort.h - sorts occurrences by what people ask for, in bounded memory:
 * what does not fit goes to temporary files in sorted runs. ms-list(1), --sort
 * and --limit. Layer: above archive.
 */
#ifndef MS_LISTING_SORT_H
#define MS_LISTING_SORT_H
#include "archive.h"

/* In the order of the values of --sort, each followed by its reverse. */
enum ms_sort {
	MS_SORT_DATE,
	MS_SORT_DATE_DOWN,
	MS_SORT_SIZE,
	MS_SORT_SIZE_DOWN,
	MS_SORT_FROM,
	MS_SORT_FROM_DOWN,
	MS_SORT_SUBJECT,
	MS_SORT_SUBJECT_DOWN,
	MS_SORT_FOLDER,
	MS_SORT_FOLDER_DOWN
};

#define MS_SORT_LIMIT_MAX 100000000

struct ms_sorter;

/*
 * Begins to sort.
 *   limit     rows to keep: the newest or largest ones, of other orders the
 *             first ones; 0: all
 *   memory    bytes for rows; 0: 64 MiB
 * From and subject are compared as queries compare text, by what the index has
 * of them, the subject without "Re:" and the like. Equal rows are in the order
 * of date and number.
 */
int ms_sorter_new(struct ms_sorter **out, struct ms_archive *a,
    enum ms_sort sort, uint64_t limit, size_t memory, struct ms_err *err);
/* Adds a row. MS_TEMP, MS_IO: a temporary file cannot be written. */
int ms_sorter_add(
    struct ms_sorter *s, const struct ms_row *row, struct ms_err *err);
/* After the last one: returns the rows in order, as ms_walk_next(). */
int ms_sorter_next(
    struct ms_sorter *s, const struct ms_row **row, struct ms_err *err);
void ms_sorter_free(struct ms_sorter *s);

#endif
