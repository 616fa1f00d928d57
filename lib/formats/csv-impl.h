/*
 * csv-impl.h - what the parts of csv share: the character set of a table.
 * ms-csvbatch(1), The file. Layer: inside csv.
 */
#ifndef MS_CSV_IMPL_H
#define MS_CSV_IMPL_H
#include "csv.h"

/*
 * Puts the table into out as UTF-8, with room for a NUL behind it, and returns
 * the name of its character set; NULL: MS_DATA, none of ours.
 */
const char *ms_csv_decode(
    struct ms_buf *out, struct ms_slice table, struct ms_err *err);

#endif
