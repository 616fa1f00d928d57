/*
 * term.h - text for terminals: widths, columns, tables, dates. What goes to a
 * pipe or a file never depends on a terminal. Layer: above config, utf8, human.
 */
#ifndef MS_TERM_H
#define MS_TERM_H
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "buf.h"

#define MS_TERM_WIDTH 80 /* columns, if a terminal does not say */

/* Whether standard output is a terminal, or a pager that shows it there. */
bool ms_term_stdout(void);
/* The number of columns of a terminal; for standard output, $COLUMNS counts. */
size_t ms_term_width(int fd);
/* The columns that a text takes: two for East Asian wide characters, none for
 * combining ones (Unicode, Standard Annex 11). */
size_t ms_term_columns(const char *text);
/*
 * Appends a text in exactly `width` columns, with controls as '?': a longer one
 * is cut and ends with an ellipsis, a shorter one is filled up with blanks, on
 * the left if `right` is set.
 */
void ms_term_fit(
    struct ms_buf *out, const char *text, size_t width, bool right);
/*
 * Appends a date in local time, in the format of the key `date` of
 * ms-config(5), which is 2026-11-30 if there is none; with hours and minutes if
 * `clock` is set.
 */
void ms_term_date(struct ms_buf *out, int64_t time, bool clock);

/* ---- tables ---- */

struct ms_column {
	const char *heading;
	bool right;  /* numbers */
	bool shrink; /* if the table is too wide, its texts are cut */
	/* The column is left out if all its cells are this text or empty; NULL:
	 * it is always shown. */
	const char *plain;
};

struct ms_table;

/*
 * A table with headings. ms_table_add() adds the next cell, and ms_table_row()
 * ends a row; cells that are missing are empty. The table is printed on
 * standard output after each 1000 rows and by ms_table_end(), which frees it. A
 * text in the last column that does not fit has a line of its own.
 */
struct ms_table *ms_table_new(const struct ms_column *columns, size_t n);
void ms_table_add(struct ms_table *t, const char *text);
void ms_table_row(struct ms_table *t);
void ms_table_end(struct ms_table *t);

#endif
