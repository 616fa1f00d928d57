/*
 * listing.h - the lines of ms-list: written for an occurrence, and read back
 * as what they point at. ms-list(1), Output. Layer: above archive.
 */
#ifndef MS_LISTING_H
#define MS_LISTING_H
#include <stdbool.h>
#include "archive.h"

#define MS_LISTING_MAX 65536 /* bytes of a line that is read */

/* Appends text with \t \n \\ for TAB, newline, backslash, and \xHH for any
 * other control byte. */
void ms_listing_escape(struct ms_buf *out, const char *text, size_t n);

/* Appends a line for an occurrence, with `end` as its last byte. */
void ms_listing_write(struct ms_buf *out, const struct ms_row *row,
    const struct ms_folder *folder, char end);

/*
 * The same as JSON (ms-json(5), Messages). -1: the line is there, but the
 * header that holds a field's very bytes could not be read; err says why.
 */
int ms_listing_json(struct ms_buf *out, struct ms_archive *a,
    const struct ms_row *row, const struct ms_folder *folder, char end,
    struct ms_err *err);

/* What a line points at: a message, or occurrences of it. */
struct ms_pick {
	char digits[MS_SHA_HEX + 1]; /* of its id, lower case; 8 to 64 */
	const char *user, *folder;   /* both, or neither (NULL) */
	const char *source;          /* NULL: not said */
};

/*
 * Parses a line without its end, in place: the pick's strings lie in it.
 * Fields that are not needed may be missing or empty, further ones are passed
 * over. MS_DATA: it does not begin with an id.
 */
int ms_pick_parse(struct ms_pick *p, char *line, struct ms_err *err);
/* Does an occurrence in this folder fit? */
bool ms_pick_fits(const struct ms_pick *p, const struct ms_folder *folder);

/* Lines read from a descriptor, each ended by newline or NUL. */
struct ms_lines {
	int fd;
	/* Called before a read that has to wait for its bytes. 0, or -1. */
	int (*idle)(void *ctx, struct ms_err *err);
	void *ctx;
	struct ms_buf in, line;
	size_t at;       /* what of `in` was used */
	uint64_t number; /* of the line at hand, from 1 */
};

/*
 * The next line, without its end, good until the next call. A last line may
 * lack its end. 1; 0: no more; -1: MS_IO, MS_DATA: longer than
 * MS_LISTING_MAX, or what idle said.
 */
int ms_lines_next(struct ms_lines *l, char **line, struct ms_err *err);
void ms_lines_release(struct ms_lines *l);

#endif
