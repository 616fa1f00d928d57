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
};

/*
 * Reads a table. Errors: those of ms_csv_open(); MS_DATA, if the first row
 * contains an address instead of names of columns; MS_NOINPUT, if there is no
 * second row. The strings live as long as m.
 */
int ms_csv_mailboxes_read(
    struct ms_csv_mailboxes *m, struct ms_slice table, struct ms_err *err);
/* Overwrites the passwords. */
void ms_csv_mailboxes_release(struct ms_csv_mailboxes *m);

#endif
