/*
 * terminal.h - the line of an occurrence on a terminal. Private to the tools
 * that list some.
 */
#ifndef RUNNER_TERMINAL_H
#define RUNNER_TERMINAL_H
#include "archive.h"

/* Columns of a line; the others are always there. */
enum terminal_columns {
	TERMINAL_USER = 1,  /* the list has mail of several users */
	TERMINAL_FOLDER = 2 /* the folder, also where the terminal is narrow */
};
/*
 * Appends a line that fits into the width of the terminal: the id, shortened as
 * far as it is unique, the date in local time, the sender, the size and the
 * subject. The folder, after the user, comes before the size if `columns` has
 * one of these bits, or the terminal is wide.
 */
void terminal_line(struct ms_buf *out, struct ms_archive *a,
    const struct ms_row *row, const struct ms_folder *folder, unsigned columns);
/* Do several users have mail? 1, 0, -1. */
int terminal_has_users(struct ms_archive *a, struct ms_err *err);

#endif
