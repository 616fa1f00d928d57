/*
 * show.h - how a message is printed. ms-show(1), Output; ms-json(5), Messages
 * shown.
 */
#ifndef SHOW_H
#define SHOW_H
#include "archive.h"
#include "body.h"

#define SHOW_PARTS_MAX 1000 /* lines of the list of parts */

/* A place of the message: a row and its folder. */
struct show_place {
	const struct ms_folder *folder;
	int64_t archived;
	bool has_archived; /* else the time is lost by damage */
};

/* A message that was read. */
struct show_message {
	const struct ms_row *row; /* that matches */
	struct ms_body *body;
	const struct show_place *places;
	size_t place_count;
};

/* Appends the message as a person reads it. -1: MS_IO or MS_TEMP, HTML cannot
 * be read any more. */
int show_text(
    struct ms_buf *out, const struct show_message *m, struct ms_err *err);
/* Appends all fields of its header. */
void show_header(struct ms_buf *out, const struct show_message *m);
/* Appends the message as a line of JSON. -1 as show_text(). */
int show_json(
    struct ms_buf *out, const struct show_message *m, struct ms_err *err);

/* Appends lines with '?' for controls and bytes that are not UTF-8; lines that
 * are longer than width columns are wrapped at blanks, if it is not 0. */
void show_lines(struct ms_buf *out, struct ms_slice text, size_t width);

#endif
