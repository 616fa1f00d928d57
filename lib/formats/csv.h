/*
 * csv.h - tables of comma separated values, such as spreadsheets and scripts
 * write them. The separator and the character set are found out; the first row
 * names the columns. What is read is documented in ms-csvbatch(1), The file.
 * The text may hold passwords: all copies made here are wiped.
 * Layer: above charset.
 */
#ifndef MS_CSV_H
#define MS_CSV_H
#include <stdint.h>
#include "buf.h"

#define MS_CSV_BYTES_MAX ((size_t)64 * 1024 * 1024) /* of a table */
#define MS_CSV_FIELD_MAX 65536                      /* bytes of a field */
#define MS_CSV_COLUMNS_MAX 256

struct ms_csv;

struct ms_csv_row {
	uint64_t line; /* of the text on which it begins, from 1 */
	size_t count;
	/* UTF-8, but for bytes in a table marked as UTF-8 which is not. The
	 * array lives until the next row is read, the strings as long as the
	 * table. */
	char *const *field;
};

/*
 * Begins with a table, which is copied. Fields of the first `plain` columns
 * hold no line break: an opening quote that is never closed then costs the row
 * it stands in, and not those below. MS_NOINPUT: there is nothing in it;
 * MS_DATA: it is too long, no row of column names can be read, or the
 * separator can't be told from it.
 */
int ms_csv_open(struct ms_csv **out, struct ms_slice table, size_t plain,
    struct ms_err *err);
/* The first row; it has at least two columns. */
const struct ms_csv_row *ms_csv_header(const struct ms_csv *c);
/* `;`, `,`, `|` or TAB. */
char ms_csv_separator(const struct ms_csv *c);
/* "UTF-8", "UTF-16LE", "UTF-16BE" or "windows-1252". */
const char *ms_csv_charset(const struct ms_csv *c);
/*
 * The next row in which there is anything. 1; 0: no more; -1: MS_DATA, this row
 * cannot be read: its `line` is set, and the next call goes on with the line
 * behind that.
 */
int ms_csv_next(struct ms_csv *c, struct ms_csv_row *row, struct ms_err *err);
void ms_csv_close(struct ms_csv *c);

#endif
