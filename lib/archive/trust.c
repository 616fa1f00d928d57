/* trust.c - who may write to an archive. See ms_archive_trust();
 * ms-security(7), Archives of others. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <pwd.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "archive.h"
#include "config.h"

/* Does the configuration of the caller list this archive as safe? 1, 0, -1.
 * Its path can have been changed since it was opened. */
static int
is_listed(const char *dir, const struct stat *opened, struct ms_err *err)
{
	char *path = realpath(dir, NULL);
	struct stat st;
	int got = 0;

	if (path == NULL || stat(path, &st) < 0)
		got = ms_fail_errno(err, "%s", dir);
	else if (st.st_dev == opened->st_dev && st.st_ino == opened->st_ino)
		got = ms_config_has_path("safe", path, err);
	free(path);
	return got;
}

/* ---- what other users can change ---- */

static bool
is_writable(const struct stat *st)
{
	return st->st_uid != geteuid() || (st->st_mode & 0022) != 0;
}

/* Other users reach nothing below a directory that they cannot search. */
static bool
is_reachable(const struct stat *st)
{
	return (st->st_mode & 0011) != 0;
}

/* Looks at an entry of a directory, "./a/b", and appends it to `directories` if
 * more is below it. Links are not followed anywhere. */
static bool
is_entry_writable(
    int fd, const char *directory, const char *name, struct ms_buf *directories)
{
	size_t begin = directories->n;
	const char *path;
	struct stat st;

	ms_buf_printf(directories, "%s/%s", directory, name);
	ms_buf_add_byte(directories, '\0');
	path = (const char *)directories->p + begin;
	if (fstatat(fd, path, &st, AT_SYMLINK_NOFOLLOW) < 0 ||
	    S_ISLNK(st.st_mode)) {
		directories->n = begin;
		return false;
	}
	if (is_writable(&st))
		return true;
	if (!S_ISDIR(st.st_mode) || !is_reachable(&st))
		directories->n = begin;
	return false;
}

/* The same for all entries of a directory of the list. */
static bool
is_writable_in(int fd, size_t at, struct ms_buf *directories)
{
	char *directory = ms_xstrdup((const char *)directories->p + at);
	int copy = openat(
	    fd, directory, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	DIR *d = copy >= 0 ? fdopendir(copy) : NULL;
	const struct dirent *e;
	bool found = false;

	while (d != NULL && !found && (e = readdir(d)) != NULL)
		found =
		    strcmp(e->d_name, ".") != 0 &&
		    strcmp(e->d_name, "..") != 0 &&
		    is_entry_writable(fd, directory, e->d_name, directories);
	if (d != NULL)
		closedir(d);
	else if (copy >= 0)
		close(copy);
	free(directory);
	return found;
}

/* 0: other users can write nothing of the archive. */
static int
check_below(const char *dir, int fd, const struct stat *st, struct ms_err *err)
{
	struct ms_buf list = {0}; /* directories, each with its NUL */
	const char *last = ".";
	bool found = is_writable(st);
	size_t at = 0;

	ms_buf_add(&list, last, 2);
	while (!found && is_reachable(st) && at < list.n) {
		found = is_writable_in(fd, at, &list);
		at += strlen((const char *)list.p + at) + 1;
	}
	for (; found && at < list.n; at += strlen(last) + 1)
		last = (const char *)list.p + at;
	if (found)
		ms_fail(err, MS_AUTH,
		    "%s%s: other users can write there; take that away with "
		    "chmod go-w or chown",
		    dir, last + 1);
	ms_buf_release(&list);
	return found ? -1 : 0;
}

static int
fail_owner(const char *dir, uid_t owner, struct ms_err *err)
{
	const struct passwd *pw = getpwuid(owner);
	struct ms_buf name = {0};

	if (pw != NULL)
		ms_buf_add_str(&name, pw->pw_name);
	else
		ms_buf_printf(&name, "#%lu", (unsigned long)owner);
	if (geteuid() == 0)
		ms_fail(err, MS_AUTH,
		    "%s: belongs to user %s; run this as that user, with sudo "
		    "-u %s",
		    dir, ms_buf_str(&name), ms_buf_str(&name));
	else
		ms_fail(err, MS_AUTH,
		    "%s: belongs to user %s; if you trust it, list it as "
		    "'safe' in %s",
		    dir, ms_buf_str(&name),
		    ms_config_path() != NULL ? ms_config_path()
					     : "ms-config(5)");
	ms_buf_release(&name);
	return -1;
}

int
ms_archive_trust(const char *dir, int fd, struct ms_err *err)
{
	struct ms_err why = {0};
	struct stat st;
	int got;

	if (fstat(fd, &st) < 0)
		return ms_fail_errno(err, "%s", dir);
	if (st.st_uid == geteuid() && check_below(dir, fd, &st, NULL) == 0)
		return 0;
	got = is_listed(dir, &st, &why);
	if (got == 1)
		return 0;
	if (got < 0) {
		if (err != NULL)
			*err = why;
		return -1;
	}
	if (st.st_uid != geteuid())
		return fail_owner(dir, st.st_uid, err);
	return check_below(dir, fd, &st, err);
}

bool
ms_archive_trusted(const char *dir)
{
	int fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	bool trusted = fd >= 0 && ms_archive_trust(dir, fd, NULL) == 0;

	if (fd >= 0)
		close(fd);
	return trusted;
}
