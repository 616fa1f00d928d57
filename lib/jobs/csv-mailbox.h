/*
 * csv-mailbox.h - a table of mailboxes: login, password, label, archive users.
 * The meaning of a column depends on its position: ms-csvbatch(1), The file.
 * Layer: above csv, url, account.
 */
#ifndef MS_CSV_MAILBOX_H
#define MS_CSV_MAILBOX_H
#include "csv.h"

/* A row. A row that cannot be used has a fault, and only those fields that
 * could be read. */
struct ms_csv_mailbox {
	uint64_t line;
	const char *login, *password; /* NULL: not read */
	const char *label;            /* NULL: none */
	char **users;                 /* at least one; owned */
	size_t user_count;
	char
	    *fault; /* why the row cannot be used, without the password; NULL */
};

struct ms_csv_mailboxes {
	struct ms_csv *csv;
	struct ms_csv_mailbox *v;
	size_t n;
	bool has_names; /* the first row names the columns, and is no mailbox */
};

/* Checks a list of columns, as ms_csv_mailboxes_read() gets it. MS_USAGE. */
int ms_csv_check_columns(const char *columns, struct ms_err *err);

/*
 * Reads a table.
 *   encoding  as for ms_csv_open()
 *   columns   the columns of the table, as in "login,-,password"; then the
 * first row is a mailbox, too, unless it obviously names the columns. NULL:
 * login, password, address, user, with a row of names. Errors: those of
 * ms_csv_open(); MS_DATA, if the first row contains an address instead of names
 * of columns; MS_USAGE, if it names the password in another column than the one
 * of the password, or `columns` is invalid; MS_NOINPUT, if there is no mailbox.
 * The strings live as long as m.
 */
int ms_csv_mailboxes_read(struct ms_csv_mailboxes *m, struct ms_slice table,
    const char *encoding, const char *columns, struct ms_err *err);
/* Overwrites the passwords. */
void ms_csv_mailboxes_release(struct ms_csv_mailboxes *m);

#endif
