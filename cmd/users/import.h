/*
 * import.h - users as they stand in a file to be imported: CSV, or JSON
 * Lines. See ms-users(1).
 */
#ifndef USERS_IMPORT_H
#define USERS_IMPORT_H
#include "users.h"

#define USERS_IMPORT_MAX ((size_t)64 * 1024 * 1024) /* bytes of a file */

/* A user of the file. What it says is bits of `set`. */
struct users_row {
	uint64_t line;
	unsigned set; /* MS_SET_...; rights are in `rights` */
	enum ms_authentication authentication;
	unsigned privileges;
	bool disabled;
	struct ms_buf name, full_name, dn, addresses, pop3_names;
	struct ms_buf rights; /* u8 bits, then the archive's name (or "" for
				 all) and a NUL, for each */
	char *error;          /* why it cannot be taken; or NULL */
	/* What became of it: */
	enum {
		USERS_SAME,
		USERS_ADDED,
		USERS_CHANGED
	} outcome;
	unsigned changed;
};

struct users_rows {
	struct users_row *row;
	size_t count, room;
};

/*
 * Reads the whole text. Rows that are not what they must be have an error.
 * MS_DATA: it is no such file, or names a column that no user has.
 */
int users_read_csv(
    struct users_rows *rows, struct ms_slice text, struct ms_err *err);
int users_read_json(
    struct users_rows *rows, struct ms_slice text, struct ms_err *err);
void users_rows_release(struct users_rows *rows);
/* A row more. */
struct users_row *users_rows_add(struct users_rows *rows, uint64_t line);
/* It cannot be taken: the first reason counts. */
void users_row_fail(struct users_row *r, const struct ms_err *err);

#endif
