/*
 * csv-mailbox.h - a table of mailboxes: login, password, label, archive users.
 * The columns count by position; ms-csvbatch(1), The file. Layer: above csv,
 * url, archive.
 */
#ifndef MS_CSV_MAILBOX_H
#define MS_CSV_MAILBOX_H
#include "csv.h"

/* A row. What can't be used has a fault, and else only what could be read. */
struct ms_csv_mailbox {
	uint64_t line;
	const char *login, *password; /* NULL: could not be read */
	const char *label;            /* NULL: none is given */
	char **users;                 /* at least one; owned */
	size_t user_count;
	char *fault; /* why it can't be used, without the password; NULL */
};

struct ms_csv_mailboxes {
	struct ms_csv *csv;
	struct ms_csv_mailbox *v;
	size_t n;
};

/*
 * Reads a table. Errors as of ms_csv_open(), and MS_DATA if the first row holds
 * an address where names of columns should stand, MS_NOINPUT if no other row
 * is there.
 */
int ms_csv_mailboxes_read(
    struct ms_csv_mailboxes *m, struct ms_slice table, struct ms_err *err);
/* Passwords are wiped. */
void ms_csv_mailboxes_release(struct ms_csv_mailboxes *m);

#endif
