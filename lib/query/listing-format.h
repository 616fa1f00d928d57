/*
 * listing-format.h - lines of fields that the user chooses. ms-list(1),
 * Formats. Layer: above listing.
 */
#ifndef MS_LISTING_FORMAT_H
#define MS_LISTING_FORMAT_H
#include "listing.h"

#define MS_FORMAT_PIECES 256 /* texts and fields of a format */

struct ms_format;

/*
 * ms_format_parse() reads a format: text with {FIELD}, {{ for a brace, and the
 * escapes \t \n \0 \\. MS_USAGE: a field is unknown (the message names the
 * nearest one), a brace is not closed, an escape is unknown, or there are too
 * many fields.
 */
int ms_format_parse(
    struct ms_format **out, const char *text, struct ms_err *err);
/* The same for a list of fields, "date,from", which are separated by TAB. */
int ms_format_parse_fields(
    struct ms_format **out, const char *list, struct ms_err *err);
void ms_format_free(struct ms_format *f);

/*
 * Appends the line of an occurrence, with `end` as its last byte. Each field is
 * escaped as in ms_listing_write(). Fields of the header are whole; the header
 * is read if the index does not have enough of them. Returns 0, or -1 with err
 * set: the line was appended, but fields may not be whole.
 */
int ms_format_write(struct ms_buf *out, const struct ms_format *f,
    struct ms_archive *a, const struct ms_row *row,
    const struct ms_folder *folder, char end, struct ms_err *err);

/* The name of the ith field; NULL: no more. */
const char *ms_format_field(size_t i);

#endif
