/*
 * import.h - the users of a file that is imported: CSV or JSON Lines. Part of
 * ms-users.
 */
#ifndef USERS_IMPORT_H
#define USERS_IMPORT_H
#include "users.h"

#define USERS_IMPORT_MAX ((size_t)64 * 1024 * 1024) /* bytes of a file */

/* A user of the file. `set` has a bit for each member that the file gives. */
struct users_row {
	uint64_t line;
	unsigned set; /* MS_SET_...; rights are in `rights` */
	enum ms_authentication authentication;
	unsigned privileges;
	bool disabled;
	struct ms_buf name, full_name, dn, addresses, pop3_names;
	struct ms_buf rights; /* u8 bits, then the archive's name (or "" for
				 all) and a NUL, for each */
	char *error;          /* the reason why the row failed; or NULL */
	/* The result: */
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
	const char *remark; /* on the text as a whole; or NULL */
};

/*
 * These functions read a whole text. An invalid row has an error. MS_DATA: the
 * text is in another format, or has an unknown column. encoding is as for
 * ms_csv_open().
 */
int users_read_csv(struct users_rows *rows, struct ms_slice text,
    const char *encoding, struct ms_err *err);
int users_read_json(
    struct users_rows *rows, struct ms_slice text, struct ms_err *err);
void users_rows_release(struct users_rows *rows);
/* Marks a row as failed. The first error counts. */
void users_row_fail(struct users_row *r, const struct ms_err *err);

#endif
