/*
 * users.h - what the verbs of ms-users share. See ms-users(1).
 */
#ifndef USERS_H
#define USERS_H
#include "account.h"

#define TOOL "ms-users"

/* Options that need not be followed by a value are bits of `given` alone. */
enum users_option {
	USERS_FULL_NAME,
	USERS_ADDRESS,
	USERS_POP3_NAME,
	USERS_AUTHENTICATION,
	USERS_DN,
	USERS_PRIVILEGES,
	USERS_DISABLED,
	USERS_ENABLED,
	USERS_PASSWORD_FD,
	USERS_PASSWORD_FILE,
	USERS_REMOVE,
	USERS_ADD,
	USERS_PRIMARY,
	USERS_ON,
	USERS_ON_ALL,
	USERS_JSON,
	USERS_NUL,
	USERS_DELETED,
	USERS_SINCE,
	USERS_LAST,
	USERS_FORMAT,
	USERS_DRY_RUN,
	USERS_OPTIONS
};
#define USERS_BIT(o) (1U << (o))

struct users_options {
	const char *archive, *as;
	unsigned given; /* bits: which there were */
	const char *full_name, *dn, *password_file, *on, *since, *format;
	enum ms_authentication authentication;
	unsigned privileges;
	uint64_t password_fd, last;
	struct ms_buf addresses, pop3_names; /* texts, each with its NUL */
};

struct users {
	const struct users_options *opt;
	struct ms_archive *a;
	char **args; /* of the verb, ended by NULL */
	int count;
	struct ms_buf out; /* what is not yet on standard output */
};

static inline bool
users_given(const struct users *u, enum users_option o)
{
	return (u->opt->given & USERS_BIT(o)) != 0;
}

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

/* What the options say of a user (but his name and password), and which
 * members that is: bits of MS_SET_... */
unsigned users_wish(const struct users *u, struct ms_account *want);
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
