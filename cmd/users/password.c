/* password.c - ms-users add, passwd: users who get a password. See
 * ms-users(1). */
#include <string.h>

#include "password.h"
#include "secret.h"
#include "users.h"

/* Twice, since nobody sees what is typed. */
static int
ask(struct ms_secret *s, struct ms_err *err)
{
	struct ms_secret again = {0};
	int rc = ms_secret_ask(s, "new password: ", err);

	if (rc == 0)
		rc = ms_secret_ask(&again, "once more: ", err);
	if (rc == 0 && strcmp(s->s, again.s) != 0)
		rc = ms_fail(err, MS_USAGE, "that was something else");
	ms_secret_wipe(&again);
	return rc;
}

/* The hash of the password that was given in one way or other. */
static int
read_hash(struct users *u, struct ms_buf *hash, struct ms_err *err)
{
	struct ms_secret s = {0};
	int rc;

	if (u->opt->password_fd >= 0)
		rc = ms_secret_fd(&s, u->opt->password_fd, err);
	else if (u->opt->password_file != NULL)
		rc = ms_secret_file(&s, u->opt->password_file, err);
	else
		rc = ask(&s, err);
	if (rc == 0)
		rc = ms_password_hash(s.s, hash, err);
	ms_secret_wipe(&s);
	return rc;
}

/* A user who is made, or whose password is set or removed. */
struct wish {
	struct users *u;
	const char *name;
	struct ms_account want;
	unsigned set;
	bool add;
	uint64_t number; /* whose it is */
};

static int
check_login(const struct ms_account *now, bool set, struct ms_err *err)
{
	static const char *const why[] = {
	    [MS_LOGIN_NONE] = "cannot log in: first set --authentication "
			      "integrated",
	    [MS_LOGIN_DIRECTORY] = "logs in with the password that the "
				   "directory has"};

	if (set && now->authentication != MS_LOGIN_INTEGRATED)
		return ms_fail(err, MS_USAGE, "%s", why[now->authentication]);
	return 0;
}

static int
decide(void *ctx, struct ms_change *ch, struct ms_err *err)
{
	struct wish *w = ctx;
	struct ms_account now = {0};
	int rc;

	if (w->add)
		return ms_account_add(ch, &w->want, w->set, &w->number, err);
	rc = users_find_in(ch, w->name, &now, err);
	if (rc == 0)
		rc = check_login(&now, w->want.has_password, err);
	if (rc == 0)
		rc = ms_account_set(
		    ch, now.number, &w->want, MS_SET_PASSWORD, NULL, err);
	w->number = now.number;
	ms_account_release(&now);
	return rc;
}

/*
 * A file that somebody left who died while he removed a password must not come
 * to life again when the log says that there is one.
 */
static int
drop_stale(struct users *u, const char *name, struct ms_err *err)
{
	struct ms_account now = {0};
	int got = ms_account_find(u->a, name, &now, err), rc = 0;

	if (got == 1 && !now.has_password)
		rc = ms_password_remove(ms_archive_path(u->a), now.number, err);
	ms_account_release(&now);
	return got < 0 ? -1 : rc;
}

/*
 * The log knows of a new password before it can be used, so no change is
 * missing there. hash NULL: none is set.
 */
static int
carry_out(struct users *u, struct wish *w, const struct ms_buf *hash,
    struct ms_err *err)
{
	struct ms_password_stage stage = {.secret = -1};
	const char *path = ms_archive_path(u->a);
	int rc = 0;

	if (hash != NULL &&
	    (drop_stale(u, w->name, err) < 0 ||
		ms_password_stage(&stage, path, ms_buf_slice(hash), err) < 0))
		return -1;
	rc = users_change(u, w->add ? NULL : w->name, decide, w, err);
	if (rc == 0 && hash != NULL)
		rc = ms_password_install(&stage, w->number, err);
	else if (rc == 0 && (w->set & MS_SET_PASSWORD))
		rc = ms_password_remove(path, w->number, err);
	ms_password_unstage(&stage);
	return rc;
}

static bool
has_password_option(const struct users *u)
{
	return u->opt->password_fd >= 0 || u->opt->password_file != NULL;
}

/* ---- add ---- */

static int
add_one(struct users *u, const char *name, struct ms_err *err)
{
	struct wish w = {.u = u,
	    .name = name,
	    .add = true,
	    .want = u->opt->want,
	    .set = u->opt->set};
	struct ms_buf hash = {0};
	int rc = 0;

	w.want.name = name;
	if ((w.set & MS_SET_AUTHENTICATION) == 0) {
		w.set |= MS_SET_AUTHENTICATION;
		w.want.authentication = strcmp(name, MS_CATCHALL) == 0
					    ? MS_LOGIN_NONE
					    : MS_LOGIN_INTEGRATED;
	}
	if (has_password_option(u)) {
		w.set |= MS_SET_PASSWORD;
		w.want.has_password = true;
		rc = check_login(&w.want, true, err);
		if (rc == 0)
			rc = read_hash(u, &hash, err);
	}
	if (rc == 0)
		rc = carry_out(u, &w, hash.n > 0 ? &hash : NULL, err);
	ms_buf_release(&hash);
	return rc;
}

int
users_add(struct users *u)
{
	struct ms_err err = {0};

	if (u->count > 1 && (u->opt->set & MS_SET_ADDRESSES) != 0) {
		ms_fail(&err, MS_USAGE,
		    "--address is for one user: no two have the same");
		return users_failed(NULL, &err);
	}
	if (u->count > 1 && has_password_option(u)) {
		ms_fail(&err, MS_USAGE, "a password is for one user");
		return users_failed(NULL, &err);
	}
	return users_each(u, add_one);
}

/* ---- passwd ---- */

static int
passwd_one(struct users *u, const char *name, struct ms_err *err)
{
	struct wish w = {.u = u, .name = name, .set = MS_SET_PASSWORD};
	struct ms_account now = {0};
	struct ms_buf hash = {0};
	int rc;

	w.want.has_password = !u->opt->remove;
	/* Asked for only if it can be used. */
	rc = users_find(u, name, &now, err);
	if (rc == 0)
		rc = check_login(&now, w.want.has_password, err);
	ms_account_release(&now);
	if (rc == 0 && w.want.has_password)
		rc = read_hash(u, &hash, err);
	if (rc == 0)
		rc = carry_out(u, &w, hash.n > 0 ? &hash : NULL, err);
	ms_buf_release(&hash);
	return rc;
}

int
users_passwd(struct users *u)
{
	return users_each(u, passwd_one);
}
