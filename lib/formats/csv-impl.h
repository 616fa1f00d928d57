/*
 * csv-impl.h - shared by csv*.c: the character set of a table. ms-csvbatch(1),
 * The file. Layer: private to csv.
 */
#ifndef MS_CSV_IMPL_H
#define MS_CSV_IMPL_H
#include "csv.h"

/*
 * Converts the table to UTF-8 in out, with room for a NUL after it. Returns the
 * name of its character set; NULL: MS_DATA, the set is not supported.
 */
const char *ms_csv_decode(
    struct ms_buf *out, struct ms_slice table, struct ms_err *err);

#endif
