/*
 * users.h - what the verbs of ms-users share. See ms-users(1).
 */
#ifndef USERS_H
#define USERS_H
#include "account.h"
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
	int format; /* export, import: USERS_CSV ...; -1: not given */
	bool dry_run;
};

struct users {
	const struct users_options *opt;
	struct ms_archive *a;
	char **args; /* of the verb, ended by NULL */
	int count;
	struct ms_buf out; /* what is not yet on standard output */
};

extern const struct ms_command users_command;

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
int users_export(struct users *u);
int users_import(struct users *u);

/* ---- what they have in common: users-common.c ---- */

/* Says what went wrong, with whom (NULL: with none); its exit status. */
int users_failed(const char *who, const struct ms_err *err);
/* Puts u->out on standard output when it is long, or `all` of it. */
int users_flush(struct users *u, bool all, struct ms_err *err);

/*
 * May who does this look at this user (NULL: at all of them)? An admin at
 * everybody, others at themselves. -1: MS_AUTH.
 */
int users_may_look(struct users *u, const char *name, struct ms_err *err);
/*
 * ms_archive_change(), if he may: an admin; for `self` (or NULL) that user
 * himself, if he has change-password. -1: also MS_AUTH.
 */
int users_change(struct users *u, const char *self, ms_decide_fn *fn, void *ctx,
    struct ms_err *err);
/* A user who is not deleted. 0; -1: also MS_NOINPUT, there is none. */
int users_find(struct users *u, const char *name, struct ms_account *out,
    struct ms_err *err);
int users_find_in(struct ms_change *ch, const char *name,
    struct ms_account *out, struct ms_err *err);

/* For each of the arguments. A failure is told, and those behind it still have
 * their turn: the exit status is 1 then, or, if there is but one, the kind. */
int users_each(struct users *u,
    int (*one)(struct users *u, const char *name, struct ms_err *err));

/* Words, separated by `sep`, as bits by a function of record-row.h; "none"
 * alone is none. -1: MS_USAGE. */
int users_words(const char *list, char sep, unsigned (*bit)(const char *word),
    unsigned *bits, struct ms_err *err);

/* ---- writing users: users-write.c ---- */

/* A line for people and cut(1), without its end. */
void users_write_line(struct ms_buf *out, const struct ms_account *u);
/* A JSON object, without an end; names of archives come from a. */
int users_write_json(struct ms_buf *out, struct ms_archive *a,
    const struct ms_account *u, struct ms_err *err);
void users_json_text(struct ms_buf *out, const char *text);
/* A record of CSV, or the one that names its columns; with its end. */
int users_write_csv(struct ms_buf *out, struct ms_archive *a,
    const struct ms_account *u, struct ms_err *err);
void users_write_columns(struct ms_buf *out);
/* "name" of a user by number; "?" if there is none. Good until the next call
 * with the same buffer. 0, -1. */
int users_name_of(struct ms_archive *a, uint64_t number, struct ms_buf *name,
    struct ms_err *err);

#endif
