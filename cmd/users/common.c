/* common.c - functions that the verbs of ms-users share: errors, output,
 * permissions, lookup of users. The manual is ms-users(1). */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "report.h"
#include "users.h"
#include "nearest.h"

#define OUT_FULL 65536

int
users_failed(const char *user, const struct ms_err *err)
{
	if (user == NULL)
		return ms_warn_err(TOOL, err);
	ms_warn(TOOL, "%s: %s", user, err->msg);
	return ms_status(err->code);
}

int
users_flush(struct users *u, bool all, struct ms_err *err)
{
	if (u->out.n == 0 || (!all && u->out.n < OUT_FULL))
		return 0;
	if (fwrite(u->out.p, 1, u->out.n, stdout) != u->out.n)
		return ms_fail_errno(err, "standard output");
	ms_buf_clear(&u->out);
	return 0;
}

/* ---- permissions ---- */

/* Refuses what the user of --as may not do. got: the result of its lookup. */
static int
check_actor(const struct users *u, int got, const struct ms_account *user,
    bool allowed, struct ms_err *err)
{
	if (got < 0)
		return -1;
	if (got == 0 || user->deleted)
		return ms_fail(err, MS_AUTH, "--as: no user '%s'", u->opt->as);
	if (user->disabled)
		return ms_fail(
		    err, MS_AUTH, "--as: user '%s' is disabled", user->name);
	if (!allowed)
		return ms_fail(err, MS_AUTH,
		    "--as: user '%s' is not allowed to do this", user->name);
	return 0;
}

int
users_may_look(struct users *u, const char *name, struct ms_err *err)
{
	struct ms_account user = {0};
	int got, rc;

	if (u->opt->as == NULL)
		return 0;
	got = ms_account_find(u->a, u->opt->as, &user, err);
	rc = check_actor(u, got, &user,
	    got == 1 && (ms_account_has(&user, MS_PRIVILEGE_ADMIN) ||
			    (name != NULL && strcmp(name, user.name) == 0)),
	    err);
	ms_account_release(&user);
	return rc;
}

/* A change, and the user that may make it besides an admin. */
struct guarded {
	struct users *u;
	const char *self;
	ms_decide_fn *fn;
	void *ctx;
};

static int
decide(void *ctx, struct ms_change *ch, struct ms_err *err)
{
	struct guarded *g = ctx;
	const char *as = g->u->opt->as;
	struct ms_account user = {0};
	int got, rc = 0;

	if (as != NULL) {
		got = ms_account_find_in(ms_change_txn(ch), as, &user, err);
		rc = check_actor(g->u, got, &user,
		    got == 1 && (ms_account_has(&user, MS_PRIVILEGE_ADMIN) ||
				    (g->self != NULL &&
					strcmp(g->self, user.name) == 0 &&
					ms_account_has(&user,
					    MS_PRIVILEGE_CHANGE_PASSWORD))),
		    err);
		ms_account_release(&user);
	}
	return rc < 0 ? -1 : g->fn(g->ctx, ch, err);
}

int
users_change(struct users *u, const char *self, ms_decide_fn *fn, void *ctx,
    struct ms_err *err)
{
	struct guarded g = {u, self, fn, ctx};

	return ms_archive_change(u->a, u->opt->as, decide, &g, err);
}

/* ---- users by name ---- */

static int
found(int got, const struct ms_account *u, struct ms_err *err)
{
	if (got == 0 || (got == 1 && u->deleted))
		return ms_fail(err, MS_NOINPUT, "no such user");
	return got < 0 ? -1 : 0;
}

int
users_find(struct users *u, const char *name, struct ms_account *out,
    struct ms_err *err)
{
	return found(ms_account_find(u->a, name, out, err), out, err);
}

int
users_find_in(struct ms_change *ch, const char *name, struct ms_account *out,
    struct ms_err *err)
{
	int got = ms_account_find_in(ms_change_txn(ch), name, out, err);

	return found(got, out, err);
}

int
users_each(struct users *u,
    int (*one)(struct users *u, const char *name, struct ms_err *err))
{
	int i, status = 0;

	for (i = 0; i < u->count; i++) {
		struct ms_err err = {0};

		if (one(u, u->args[i], &err) < 0)
			status = users_failed(u->args[i], &err);
	}
	return status != 0 && u->count > 1 ? MS_STATUS_SOME : status;
}

int
users_words(const char *list, char sep, unsigned (*bit)(const char *word),
    unsigned *bits, struct ms_err *err)
{
	char *copy, *at, *word, by[2] = {sep, '\0'};
	struct ms_hint hint;
	unsigned one;
	int rc = 0;

	*bits = 0;
	if (*list == '\0' || strcmp(list, "none") == 0)
		return 0;
	copy = at = ms_xstrdup(list);
	while (rc == 0 && (word = strsep(&at, by)) != NULL) {
		one = bit(word);
		*bits |= one;
		if (one == 0)
			rc = ms_fail(err, MS_USAGE, "'%.99s' is not a %s%s",
			    word, bit == ms_right_of ? "right" : "privilege",
			    ms_hint(word,
				bit == ms_right_of
				    ? "read, write, delete"
				    : "admin, login, change-password, archive, "
				      "export, delete, modify-profiles, move",
				&hint));
	}
	free(copy);
	return rc;
}
