/*
 * local-date.h - dates in local time, in a format that the user chooses. Layer:
 * above buf.
 */
#ifndef MS_LOCAL_DATE_H
#define MS_LOCAL_DATE_H
#include <stdint.h>
#include "buf.h"

/*
 * Appends a format with %Y %m %d %H %M %S replaced by the parts of a date, in
 * local time, and %% by a percent sign. Returns 0, or -1 if the format has
 * another % sequence.
 */
int ms_local_date(struct ms_buf *out, const char *format, int64_t time);

#endif
