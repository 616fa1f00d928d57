/* password.c - ms-users add, passwd: sets passwords. The manual is
 * ms-users(1). */
#include <string.h>

#include "password.h"
#include "report.h"
#include "secret.h"
#include "users.h"

/* Reads the password from the place that the options name, and hashes it. */
static int
read_hash(struct users *u, struct ms_buf *hash, struct ms_err *err)
{
	struct ms_secret s = {0};
	const char *file = u->opt->password_file;
	int rc;

	if (file != NULL && ms_secret_file_exposed(file))
		ms_warn(TOOL, MS_SECRET_EXPOSED, file);
	if (u->opt->password_fd >= 0)
		rc = ms_secret_inherited(&s, u->opt->password_fd, err);
	else if (file != NULL)
		rc = ms_secret_file(&s, file, err);
	else
		rc = ms_secret_ask_twice(&s, "New password: ", err);
	if (rc == 0)
		rc = ms_password_hash(s.s, hash, err);
	ms_secret_wipe(&s);
	return rc;
}

/* A user to be added, or a password to be set or removed. */
struct request {
	struct users *u;
	const char *name;
	struct ms_account want;
	unsigned set;
	bool add;
	uint64_t number; /* of the user */
};

static int
check_login(const struct ms_account *now, bool set, struct ms_err *err)
{
	static const char *const why[] = {
	    [MS_LOGIN_NONE] = "the user cannot log in; first set "
			      "--authentication integrated",
	    [MS_LOGIN_DIRECTORY] = "the user logs in with the password of "
				   "the directory"};

	if (set && now->authentication != MS_LOGIN_INTEGRATED)
		return ms_fail(err, MS_USAGE, "%s", why[now->authentication]);
	return 0;
}

static int
decide(void *ctx, struct ms_change *ch, struct ms_err *err)
{
	struct request *req = ctx;
	struct ms_account now = {0};
	int rc;

	if (req->add)
		return ms_account_add(
		    ch, &req->want, req->set, &req->number, err);
	rc = users_find_in(ch, req->name, &now, err);
	if (rc == 0)
		rc = check_login(&now, req->want.has_password, err);
	if (rc == 0)
		rc = ms_account_set(
		    ch, now.number, &req->want, MS_SET_PASSWORD, NULL, err);
	req->number = now.number;
	ms_account_release(&now);
	return rc;
}

/*
 * A process that was killed while it removed a password leaves the file of the
 * password. The file must not become valid when the log says that the user has
 * a password again.
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
 * Records the change, then installs the password: every password that can be
 * used is in the log. hash NULL: no password is set.
 */
static int
apply(struct users *u, struct request *req, const struct ms_buf *hash,
    struct ms_err *err)
{
	struct ms_password_stage stage = {.secret = -1};
	const char *path = ms_archive_path(u->a);
	int rc = 0;

	if (hash != NULL &&
	    (drop_stale(u, req->name, err) < 0 ||
		ms_password_stage(&stage, path, ms_buf_slice(hash), err) < 0))
		return -1;
	rc = users_change(u, req->add ? NULL : req->name, decide, req, err);
	if (rc == 0 && hash != NULL)
		rc = ms_password_install(&stage, req->number, err);
	else if (rc == 0 && (req->set & MS_SET_PASSWORD))
		rc = ms_password_remove(path, req->number, err);
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
	struct request req = {.u = u,
	    .name = name,
	    .add = true,
	    .want = u->opt->want,
	    .set = u->opt->set};
	struct ms_buf hash = {0};
	int rc = 0;

	req.want.name = name;
	if ((req.set & MS_SET_AUTHENTICATION) == 0) {
		req.set |= MS_SET_AUTHENTICATION;
		req.want.authentication = strcmp(name, MS_CATCHALL) == 0
					      ? MS_LOGIN_NONE
					      : MS_LOGIN_INTEGRATED;
	}
	if (has_password_option(u)) {
		req.set |= MS_SET_PASSWORD;
		req.want.has_password = true;
		rc = check_login(&req.want, true, err);
		if (rc == 0)
			rc = read_hash(u, &hash, err);
	}
	if (rc == 0)
		rc = apply(u, &req, hash.n > 0 ? &hash : NULL, err);
	ms_buf_release(&hash);
	return rc;
}

int
users_add(struct users *u)
{
	struct ms_err err = {0};

	if (u->count > 1 && (u->opt->set & MS_SET_ADDRESSES) != 0) {
		ms_fail(&err, MS_USAGE,
		    "--address needs a single user, because an address belongs "
		    "to one user");
		return users_failed(NULL, &err);
	}
	if (u->count > 1 && has_password_option(u)) {
		ms_fail(&err, MS_USAGE, "a password needs a single user");
		return users_failed(NULL, &err);
	}
	return users_each(u, add_one);
}

/* ---- passwd ---- */

static int
passwd_one(struct users *u, const char *name, struct ms_err *err)
{
	struct request req = {.u = u, .name = name, .set = MS_SET_PASSWORD};
	struct ms_account now = {0};
	struct ms_buf hash = {0};
	int rc;

	req.want.has_password = !u->opt->remove;
	/* Ask for a password only if the user can use it. */
	rc = users_find(u, name, &now, err);
	if (rc == 0)
		rc = check_login(&now, req.want.has_password, err);
	ms_account_release(&now);
	if (rc == 0 && req.want.has_password)
		rc = read_hash(u, &hash, err);
	if (rc == 0)
		rc = apply(u, &req, hash.n > 0 ? &hash : NULL, err);
	ms_buf_release(&hash);
	return rc;
}

int
users_passwd(struct users *u)
{
	return users_each(u, passwd_one);
}
