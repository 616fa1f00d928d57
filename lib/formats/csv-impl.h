/*
 * csv-impl.h - shared by csv*.c: the character set of a table. ms-csvbatch(1),
 * The file. Layer: private to csv.
 */
#ifndef MS_CSV_IMPL_H
#define MS_CSV_IMPL_H
#include "csv.h"

#define MS_CSV_ASSUMED "windows-1252" /* of text that is not Unicode */

/*
 * Converts the table to UTF-8 in out, with room for a NUL after it. encoding is
 * its character set, or NULL. Returns the name of the set; NULL: MS_USAGE or
 * MS_DATA, the set is unknown or not supported.
 */
const char *ms_csv_decode(struct ms_buf *out, struct ms_slice table,
    const char *encoding, struct ms_err *err);

#endif
