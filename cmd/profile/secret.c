/*
 * secret.c - the verb secret: the passwords of profiles. Each one is a file in
 * secret/profile/ with the name NUMBER.NAME, where NUMBER is that of the owner,
 * or admin.NAME, because all admins share their secrets.
 */
#include "common.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

#include "fs.h"

/* Opens ARCHIVE/secret/profile, and creates it if needed. */
static int
open_folder(struct tool *t, struct ms_err *err)
{
	int fd =
	    ms_fs_open_below(t->path, "secret/profile", O_CREAT | O_DIRECTORY);

	if (fd < 0)
		ms_fail_errno(err, "%s/secret/profile", t->path);
	return fd;
}

static void
file_name(struct ms_buf *out, const struct ms_account *owner, const char *name)
{
	if (ms_account_has(owner, MS_PRIVILEGE_ADMIN))
		ms_buf_printf(out, "admin.%s", name);
	else
		ms_buf_printf(out, "%" PRIu64 ".%s", owner->number, name);
}

int
profile_secret(struct tool *t, const struct ms_account *owner, const char *name,
    struct ms_secret *s, struct ms_err *err)
{
	struct ms_buf path = {0};
	int fd, rc = -1;

	ms_buf_add_str(&path, "secret/profile/");
	file_name(&path, owner, name);
	fd = ms_fs_open_below(t->path, ms_buf_str(&path), O_RDONLY);
	if (fd >= 0)
		rc = ms_secret_fd(s, fd, err);
	else if (errno == ENOENT)
		rc = ms_fail(err, MS_NOINPUT,
		    "secret '%s' is not set; run ms-profile secret %s", name,
		    name);
	else
		rc = ms_fail_errno(err, "%s", ms_buf_str(&path));
	ms_buf_release(&path);
	return rc;
}

/* Removes what processes have left that were killed in ms_fs_replace(). The
 * caller holds the lock of the folder. */
static void
sweep(int folder)
{
	int fd = openat(folder, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *d = fd >= 0 ? fdopendir(fd) : NULL;
	struct dirent *e;

	if (d == NULL) {
		if (fd >= 0)
			close(fd);
		return;
	}
	while ((e = readdir(d)) != NULL)
		if (strncmp(e->d_name, ".ms-", 4) == 0)
			unlinkat(fd, e->d_name, 0);
	closedir(d);
}

static int
store(struct tool *t, const struct ms_account *owner, const char *name,
    const struct ms_secret *s, struct ms_err *err)
{
	struct ms_slice bytes = {(const unsigned char *)s->s, s->n};
	struct ms_buf file = {0};
	int dir = open_folder(t, err), rc = -1;

	if (dir < 0)
		return -1;
	file_name(&file, owner, name);
	if (flock(dir, LOCK_EX) < 0) {
		ms_fail_errno(err, "secret/profile");
	} else {
		sweep(dir);
		rc =
		    ms_fs_replace(dir, "", ms_buf_str(&file), 0600, bytes, err);
	}
	close(dir);
	ms_buf_release(&file);
	return rc;
}

static int
remove_secret(struct tool *t, const struct ms_account *owner, const char *name,
    struct ms_err *err)
{
	struct ms_buf file = {0};
	int dir = open_folder(t, err), rc = -1;

	if (dir < 0)
		return -1;
	file_name(&file, owner, name);
	if (unlinkat(dir, ms_buf_str(&file), 0) == 0)
		rc = ms_fs_sync(dir, "secret/profile", err);
	else if (errno == ENOENT)
		ms_fail(err, MS_NOINPUT, "no such secret");
	else
		ms_fail_errno(err, "secret/profile");
	close(dir);
	ms_buf_release(&file);
	return rc;
}

/* ---- the verb ---- */

static int
ask(struct ms_secret *s, const char *name, struct ms_err *err)
{
	struct ms_buf prompt = {0};
	int rc;

	ms_buf_printf(&prompt, "Password for '%s': ", name);
	rc = ms_secret_ask_twice(s, ms_buf_str(&prompt), err);
	ms_buf_release(&prompt);
	return rc;
}

static int
get(struct ms_secret *s, const struct profile_options *opt, const char *name,
    struct ms_err *err)
{
	if (opt->file != NULL && ms_secret_file_exposed(opt->file))
		ms_warn(TOOL, MS_SECRET_EXPOSED, opt->file);
	if (opt->file != NULL)
		return ms_secret_file(s, opt->file, err);
	if (opt->password_fd >= 0)
		return ms_secret_inherited(s, opt->password_fd, err);
	return ask(s, name, err);
}

static int
change(struct tool *t, const struct profile_options *opt, const char *name,
    struct ms_err *err)
{
	struct ms_account owner = {0};
	struct ms_secret s = {0};
	int rc = -1;

	if (!ms_profile_secret_ok(name))
		return ms_fail(err, MS_USAGE,
		    "invalid name of a secret (use letters, digits and "
		    "._-@+)");
	if (tool_privileged(t, MS_PRIVILEGE_MODIFY_PROFILES, err) < 0 ||
	    tool_owner(t, opt->owner, &owner, err) < 0)
		goto out;
	if (opt->remove)
		rc = remove_secret(t, &owner, name, err);
	else if (get(&s, opt, name, err) == 0)
		rc = store(t, &owner, name, &s, err);
out:
	ms_secret_wipe(&s);
	ms_account_release(&owner);
	return rc;
}

int
verb_secret(const struct ms_args *args)
{
	struct tool *t = args->values;
	struct ms_err err = {0};

	if (tool_open(t, MS_ARCHIVE_JOBS, &err) == 0)
		change(t, &t->opt, args->v[0], &err);
	return tool_close(t, 0, &err);
}
