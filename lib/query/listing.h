/*
 * listing.h - writes the lines of ms-list, and reads them back as references to
 * messages or occurrences. ms-list(1), Output. Layer: above archive.
 */
#ifndef MS_LISTING_H
#define MS_LISTING_H
#include <stdbool.h>
#include "archive.h"

#define MS_LISTING_MAX 65536 /* bytes of a line that is read */

/* Appends text with \t \n \\ for TAB, newline, backslash, and \xHH for the
 * bytes of any other control (ms_utf8_control()), and for bytes that are not
 * UTF-8. */
void ms_listing_escape(struct ms_buf *out, const char *text, size_t n);

/* Appends the line of an occurrence, with `end` as its last byte. */
void ms_listing_write(struct ms_buf *out, const struct ms_row *row,
    const struct ms_folder *folder, char end);

/*
 * Appends the same as JSON (ms-json(5), Messages). Returns 0, or -1 with err
 * set: the line was appended, but fields of the header may not be whole.
 */
int ms_listing_json(struct ms_buf *out, struct ms_archive *a,
    const struct ms_row *row, const struct ms_folder *folder, char end,
    struct ms_err *err);

/* A reference: a line names a message, or occurrences of it. */
struct ms_pick {
	char digits[MS_SHA_HEX + 1]; /* of the id, lower case; 8 to 64 */
	const char *user, *folder;   /* both are set, or both are NULL */
	const char *source;          /* NULL: any source */
};

/*
 * ms_pick_parse() parses a line (without its end) in place: the strings of p
 * point into it. Fields that are not needed may be missing or empty, and
 * further fields are ignored. MS_DATA: the line does not begin with an id.
 */
int ms_pick_parse(struct ms_pick *p, char *line, struct ms_err *err);
/* Does the reference include occurrences in this folder? */
bool ms_pick_fits(const struct ms_pick *p, const struct ms_folder *folder);

/* Reads lines from a descriptor. Newline or NUL ends a line. */
struct ms_lines {
	int fd;
	/* Called before a read that must wait; may be NULL. Returns 0 or -1. */
	int (*idle)(void *ctx, struct ms_err *err);
	void *ctx;
	struct ms_buf in, line;
	size_t at;       /* bytes of `in` that were used */
	uint64_t number; /* of the last line, from 1 */
};

/*
 * ms_lines_next() reads a line. *line receives it without its end, valid until
 * the next call. The last line may have no end. Returns 1, 0 at the end, or -1
 * with err set: MS_IO, MS_DATA (longer than MS_LISTING_MAX), or as idle().
 */
int ms_lines_next(struct ms_lines *l, char **line, struct ms_err *err);
void ms_lines_release(struct ms_lines *l);

#endif
