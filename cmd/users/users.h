/*
 * users.h - the verbs of ms-users(1) and the functions that they share. Part of
 * ms-users.
 */
#ifndef USERS_H
#define USERS_H
#include <jansson.h>

#include "directory-store.h"
#include "opt.h"

#define TOOL "ms-users"

enum {
	USERS_CSV,
	USERS_JSON
};

/* The options of all verbs. */
struct users_options {
	const char *archive, *as;

	struct ms_account want; /* the members of a user: add, set */
	unsigned set;           /* which of them are given: MS_SET_... */
	struct ms_buf addresses, pop3_names; /* texts, each with its NUL */

	const char *password_file; /* add, passwd */
	int password_fd;           /* -1: none */
	bool remove;               /* passwd, addresses */
	bool add, primary;         /* addresses */
	const char *on;            /* grant, revoke */
	bool on_all;
	bool json, nul, deleted;
	const char *since; /* log */
	uint64_t last;
	int format;           /* export, import: USERS_CSV ...; -1: not given */
	const char *encoding; /* import */
	bool dry_run;         /* import, sync */
	struct ms_stored_directory directory; /* directory add */
	bool directory_given;        /* one of these options is given */
	bool delete_vanished, force; /* sync */
};

struct users {
	const struct users_options *opt;
	const struct ms_args *command; /* what was given */
	struct ms_archive *a;
	char **args; /* of the verb, ended by NULL */
	int count;
	struct ms_stored_directory *directory; /* of the options */
	struct ms_buf out;      /* not yet written to standard output */
	struct ms_table *table; /* of users_list() on a terminal */
};

/* ---- the verbs: each returns the exit status ---- */

int users_list(struct users *u);
int users_show(struct users *u);
int users_add(struct users *u);
int users_set(struct users *u);
int users_rename(struct users *u);
int users_delete(struct users *u);
int users_passwd(struct users *u);
int users_check(struct users *u); /* opens the archive itself */
int users_addresses(struct users *u);
int users_grant(struct users *u);
int users_revoke(struct users *u);
int users_settings(struct users *u);
int users_log(struct users *u);
/* Appends the line of a change of the view, or of its undo. 0, -1. */
struct ms_event_row;
int users_log_view(
    struct users *u, const struct ms_event_row *row, struct ms_err *err);
int users_export(struct users *u);
int users_import(struct users *u);
int users_directory(struct users *u);
int users_sync(struct users *u);

/* ---- shared functions: common.c ---- */

/* Prints an error about a user (NULL: about none); returns its exit status. */
int users_failed(const char *user, const struct ms_err *err);
/* Writes u->out to standard output if it is long, or in any case if `all`. */
int users_flush(struct users *u, bool all, struct ms_err *err);

/*
 * Checks that the user of --as may read about user `name` (NULL: all users).
 * Admins may read about all users, others about themselves. -1: MS_AUTH.
 */
int users_may_look(struct users *u, const char *name, struct ms_err *err);
/*
 * ms_archive_change() with a check of the user of --as: an admin, or the user
 * `self` (NULL: no other user) with the privilege change-password. -1: also
 * MS_AUTH.
 */
int users_change(struct users *u, const char *self, ms_decide_fn *fn, void *ctx,
    struct ms_err *err);
/* Looks up a user that is not deleted. -1: also MS_NOINPUT, no such user. */
int users_find(struct users *u, const char *name, struct ms_account *out,
    struct ms_err *err);
int users_find_in(struct ms_change *ch, const char *name,
    struct ms_account *out, struct ms_err *err);

/* Calls one() for each operand and prints the errors. Returns the exit status:
 * 1 after an error, or that of the error if there is one operand. */
int users_each(struct users *u,
    int (*one)(struct users *u, const char *name, struct ms_err *err));

/* Parses a list of words that `sep` separates; bit() returns the bit of a word,
 * or 0. The list "none" is empty. -1: MS_USAGE. */
int users_words(const char *list, char sep, unsigned (*bit)(const char *word),
    unsigned *bits, struct ms_err *err);

/* ---- users as text: write.c ---- */

/* Appends the line of `list`, without its end. */
void users_write_line(struct ms_buf *out, const struct ms_account *u);
/* Appends the names of members, MS_SET_..., separated by commas. */
void users_write_members(struct ms_buf *out, unsigned set);
/* The same as a new array of JSON. */
json_t *users_members_json(unsigned set);
/* Appends a JSON object, without a line end; a has the names of archives. */
int users_write_json(struct ms_buf *out, struct ms_archive *a,
    const struct ms_account *u, struct ms_err *err);
/* These append a record of CSV, or the record of column names, with its end. */
int users_write_csv(struct ms_buf *out, struct ms_archive *a,
    const struct ms_account *u, struct ms_err *err);
void users_write_columns(struct ms_buf *out);
/* Sets name to the name of user `number`, or to "?" if the archive has no such
 * user. */
int users_name_of(struct ms_archive *a, uint64_t number, struct ms_buf *name,
    struct ms_err *err);

#endif
