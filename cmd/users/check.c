/* check.c - ms-users check: checks a password. The checkpassword interface,
 * https://cr.yp.to/checkpwd/interface.html, with the additions of Dovecot. The
 * manual is ms-users(1). */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "directory.h"
#include "opt.h"
#include "password.h"
#include "report.h"
#include "people.h"

#define CREDENTIALS_FD 3
#define CREDENTIALS_MAX 512 /* bytes, by the interface */

enum {
	REFUSED = 1,
	MISUSED = 2,
	UNKNOWN = 3, /* Dovecot looks up a user that does not exist */
	TEMPORARY = 111
};

struct credentials {
	char bytes[CREDENTIALS_MAX + 1];
	const char *name, *password;
};

/* 0, or an exit status. */
static int
read_credentials(struct credentials *c)
{
	size_t n = 0, name, password;
	ssize_t k;

	do {
		k = read(CREDENTIALS_FD, c->bytes + n, sizeof(c->bytes) - n);
		if (k < 0 && errno != EINTR)
			return MISUSED;
		n += k > 0 ? (size_t)k : 0;
	} while (k != 0 && n < sizeof(c->bytes));
	close(CREDENTIALS_FD);
	if (n > CREDENTIALS_MAX)
		return REFUSED;
	name = strnlen(c->bytes, n);
	if (name == n)
		return MISUSED;
	password = strnlen(c->bytes + name + 1, n - name - 1);
	if (name + 1 + password == n)
		return MISUSED;
	c->name = c->bytes;
	c->password = c->bytes + name + 1;
	return 0;
}

/* ---- the check ---- */

static int
ask_directory(struct users *u, const struct ms_account *user,
    const char *password, struct ms_err *err)
{
	struct ms_settings s = {0};
	struct ms_directory where;
	int got;

	if (*user->directory != '\0')
		return directory_check(u, user, password, err);
	if (ms_settings_get(u->a, &s, err) < 0)
		return -1;
	where = (struct ms_directory){.url = s.directory_url,
	    .ca_file = s.directory_ca_file,
	    .timeout = s.directory_timeout};
	if (*s.directory_url == '\0')
		got = ms_fail(err, MS_USAGE, "no directory: set directory-url");
	else
		got = ms_directory_check(&where, user->dn, password, err);
	ms_settings_release(&s);
	return got;
}

/* 1: the password is right; 0; -1. A user who may not log in costs as much time
 * as any other, so that the time does not reveal which users exist. */
static int
check_password(struct users *u, const struct ms_account *user, bool may,
    const char *password, struct ms_err *err)
{
	struct ms_buf hash = {0};
	int got = 0;

	if (may && user->authentication == MS_LOGIN_DIRECTORY)
		return ask_directory(u, user, password, err);
	if (may && user->authentication == MS_LOGIN_INTEGRATED &&
	    user->has_password)
		got = ms_password_read(
		    ms_archive_path(u->a), user->number, &hash, err);
	if (got < 0)
		return -1;
	got =
	    ms_password_matches(password, got == 1 ? ms_buf_str(&hash) : NULL);
	ms_buf_release(&hash);
	return got;
}

/* Returns an exit status. *name receives the name of the user. */
static int
check(struct users *u, const struct credentials *c, bool look_up,
    struct ms_buf *name, struct ms_err *err)
{
	struct ms_account user = {0};
	int got, status = TEMPORARY;
	bool may;

	got = ms_account_login(u->a, c->name, &user, err);
	if (got < 0)
		goto out;
	may = got == 1 && ms_account_has(&user, MS_PRIVILEGE_LOGIN);
	if (got == 1)
		ms_buf_add_str(name, user.name);
	if (look_up) {
		status = may ? 0 : UNKNOWN;
		goto out;
	}
	got = check_password(u, &user, may, c->password, err);
	if (got >= 0)
		status = got == 1 ? 0 : REFUSED;
out:
	ms_account_release(&user);
	return status;
}

static int
start_program(struct users *u, struct ms_buf *name, bool look_up)
{
	if (setenv("USER", ms_buf_str(name), 1) < 0 ||
	    (look_up && setenv("AUTHORIZED", "2", 1) < 0)) {
		ms_warn(TOOL, "%s", strerror(errno));
		return TEMPORARY;
	}
	execvp(u->args[0], u->args);
	ms_warn(TOOL, "%s: %s", u->args[0], strerror(errno));
	return TEMPORARY;
}

int
users_check(struct users *u)
{
	const char *authorized = getenv("AUTHORIZED"), *dir;
	bool look_up = authorized != NULL && strcmp(authorized, "1") == 0;
	struct credentials c = {0};
	struct ms_buf name = {0};
	struct ms_err err = {0};
	int status;

	if (u->opt->as != NULL) {
		ms_fail_option(&err, "as", "not for check");
		return ms_command_misused(u->command, &err);
	}
	status = read_credentials(&c);
	if (status == 0) {
		status = TEMPORARY;
		if (ms_opt_archive(&dir, u->opt->archive, &err) == 0 &&
		    ms_archive_open(&u->a, dir, MS_ARCHIVE_READ, &err) == 0)
			status = check(u, &c, look_up, &name, &err);
		ms_archive_close(u->a);
		u->a = NULL;
	} else if (status == MISUSED) {
		ms_fail(&err, MS_USAGE,
		    "descriptor 3: expected name, password and time, each with "
		    "a NUL");
	}
	explicit_bzero(&c, sizeof(c));
	if (err.code != MS_OK)
		ms_warn(TOOL, "%s", err.msg);
	if (status == 0 && u->count > 0)
		status = start_program(u, &name, look_up);
	ms_buf_release(&name);
	return status;
}
