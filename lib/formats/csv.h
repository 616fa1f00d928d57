/*
 * csv.h - tables of comma separated values, as spreadsheets and scripts write
 * them. The separator and the character set are recognized; the first row names
 * the columns. ms-csvbatch(1), The file. The text can contain passwords, so all
 * copies made here are wiped. Layer: above charset.
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
	uint64_t line; /* of its start in the text; the first is 1 */
	size_t count;
	/*
	 * UTF-8, except in a table that is marked as UTF-8 and is not. The
	 * array is valid until the next row is read, the strings as long as the
	 * table.
	 */
	char *const *field;
};

/*
 * Opens a table, which is copied. Fields of the first `plain` columns contain
 * no line break, so that a missing closing quote affects only its own row;
 * names of columns may contain one, unless `data_first` says that the first row
 * is data. It is ms_csv_header() anyway. encoding is the name of the character
 * set, which must live as long as the table; NULL: it is recognized. Errors:
 * MS_NOINPUT, the table is empty; MS_USAGE, the encoding is unknown; MS_DATA,
 * the table is too long, has no row of column names, or has no recognizable
 * separator.
 */
int ms_csv_open(struct ms_csv **out, struct ms_slice table, size_t plain,
    bool data_first, const char *encoding, struct ms_err *err);
/* Checks the name of an encoding: -1 with MS_USAGE if it is unknown. */
int ms_csv_check_encoding(const char *encoding, struct ms_err *err);
/*
 * The first row, which has at least two columns. Empty columns at the end of
 * this row do not count.
 */
const struct ms_csv_row *ms_csv_header(const struct ms_csv *c);
/* `;`, `,`, `|` or TAB. */
char ms_csv_separator(const struct ms_csv *c);
/* "UTF-8", "UTF-16LE", "UTF-16BE" or "windows-1252"; or what was given. */
const char *ms_csv_charset(const struct ms_csv *c);
/*
 * A remark for people if the text is not Unicode, and its code page was only
 * assumed; or NULL.
 */
const char *ms_csv_remark(const struct ms_csv *c);
/*
 * Reads the next row that is not empty. Empty columns at its end that the first
 * row does not have do not count. Returns 1; 0 at the end; -1 (MS_DATA),
 * this row cannot be read: row->line is set, and the next call goes on with the
 * line after it.
 */
int ms_csv_next(struct ms_csv *c, struct ms_csv_row *row, struct ms_err *err);
void ms_csv_close(struct ms_csv *c);

#endif
