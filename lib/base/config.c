/* config.c - the configuration file. See config.h. */
#include "config.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "fs.h"
#include "local-date.h"
#include "nearest.h"

#define ACCOUNT "account " /* begins the name of a section */

#define DATE_BYTES 40 /* of the format of dates */

static const char *const keys[] = {
    "archive", "color", "converter", "date", "pager", "safe", NULL};

static struct {
	bool read;
	struct ms_buf path, text;
} file;

const char *
ms_config_path(void)
{
	const char *dir = getenv("XDG_CONFIG_HOME"), *home = getenv("HOME");

	if (file.path.n > 0)
		return ms_buf_str(&file.path);
	/* The specification says that a relative path is to be ignored. */
	if (dir != NULL && *dir == '/')
		ms_buf_printf(&file.path, "%s/ms/config", dir);
	else if (home != NULL && *home == '/')
		ms_buf_printf(&file.path, "%s/.config/ms/config", home);
	else
		return NULL;
	return ms_buf_str(&file.path);
}

/* ---- reading ---- */

/* The file can name commands, so no other user may write it. */
static int
check_file(int fd, struct ms_err *err)
{
	struct stat st;

	if (fstat(fd, &st) < 0)
		return ms_fail_errno(err, "%s", ms_config_path());
	if (!S_ISREG(st.st_mode))
		return ms_fail(
		    err, MS_USAGE, "%s: not a file", ms_config_path());
	if ((st.st_uid != geteuid() && st.st_uid != 0) ||
	    (st.st_mode & (S_IWGRP | S_IWOTH)) != 0)
		return ms_fail(err, MS_AUTH,
		    "%s: others can write this file; make it yours, with "
		    "chmod go-w",
		    ms_config_path());
	return 0;
}

static int
unknown_key(const char *key, struct ms_err *err)
{
	struct ms_nearest near = {.wanted = key};
	struct ms_hint hint;

	for (size_t i = 0; keys[i] != NULL; i++)
		ms_nearest_try(&near, keys[i]);
	return ms_fail(err, MS_USAGE, "no key '%.*s'%s", MS_INI_KEY_MAX, key,
	    ms_nearest_hint(&near, &hint));
}

/* "application/pdf pdftotext - -"; the command is a name or a whole path. */
static bool
is_converter(const char *value)
{
	size_t type = strcspn(value, " \t"), slash = strcspn(value, "/");
	const char *command = value + type + strspn(value + type, " \t");
	size_t n = strcspn(command, " \t");

	return slash > 0 && slash + 1 < type && n > 0 &&
	       (command[0] == '/' || memchr(command, '/', n) == NULL);
}

static int
check_text(const char *key, const char *value, struct ms_err *err)
{
	struct ms_buf date = {0};
	bool ok = true;

	if (ms_word_in(key, "archive safe") && value[0] != '/')
		return ms_fail(err, MS_USAGE,
		    "%s: '%.80s' is not a path that begins with /", key, value);
	if (strcmp(key, "color") == 0 &&
	    !ms_word_in(value, "auto always never")) {
		ms_fail_choice(value, "auto | always | never", err);
		return ms_context(err, "color");
	}
	if (strcmp(key, "converter") == 0 && !is_converter(value))
		return ms_fail(err, MS_USAGE,
		    "converter: '%.80s' is not a media type and a command, as "
		    "in 'application/pdf pdftotext - -'",
		    value);
	if (strcmp(key, "date") == 0) {
		ok = *value != '\0' && strlen(value) <= DATE_BYTES &&
		     ms_local_date(&date, value, 0) == 0;
		ms_buf_release(&date);
	}
	if (!ok)
		return ms_fail(err, MS_USAGE,
		    "date: use %%Y, %%m, %%d and %%%%, in at most %d bytes",
		    DATE_BYTES);
	return 0;
}

/* An ms_ini_fn. The keys of an account are checked by ms-fetch. */
static int
check_value(void *ctx, const struct ms_ini_value *v, struct ms_err *err)
{
	size_t i;

	(void)ctx;
	if (v->section[0] != '\0') {
		if (strncmp(v->section, ACCOUNT, sizeof(ACCOUNT) - 1) != 0)
			return ms_fail(err, MS_USAGE,
			    "section [%.80s]: only [account NAME] is known",
			    v->section);
		return 0;
	}
	for (i = 0; keys[i] != NULL; i++)
		if (strcmp(keys[i], v->key) == 0)
			break;
	if (keys[i] == NULL)
		return unknown_key(v->key, err);
	return check_text(v->key, v->value, err);
}

static int
read_values(ms_ini_fn *fn, void *ctx, struct ms_err *err)
{
	if (ms_ini_read(ms_buf_slice(&file.text), true, fn, ctx, err) < 0)
		return ms_context(err, "%s", ms_config_path());
	return 0;
}

static int
load(struct ms_err *err)
{
	int fd, rc;

	if (file.read || ms_config_path() == NULL)
		return 0;
	fd = open(ms_config_path(), O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	if (fd < 0 && (errno == ENOENT || errno == ENOTDIR)) {
		file.read = true;
		return 0;
	}
	if (fd < 0)
		return ms_fail_errno(err, "%s", ms_config_path());
	rc = check_file(fd, err);
	if (rc == 0)
		rc = ms_buf_read_fd(
		    &file.text, fd, ms_config_path(), MS_CONFIG_MAX, err);
	close(fd);
	if (rc == 0)
		rc = read_values(check_value, NULL, err);
	if (rc < 0)
		ms_buf_clear(&file.text);
	file.read = rc == 0;
	return rc;
}

/* ---- values ---- */

/* What is looked for: a value outside of the sections, or a section. */
struct search {
	const char *key, *section; /* neither: all accounts */
	const char *path;          /* the value must be this file */
	struct ms_buf *value; /* receives the last value, as INI text has it */
	ms_ini_fn *fn;
	void *ctx;
	int found;
};

/* path: without links. */
static int
is_path(const char *value, const char *path)
{
	char *resolved = realpath(value, NULL);
	int same = resolved != NULL && strcmp(resolved, path) == 0;

	free(resolved);
	return same;
}

static int
match(void *ctx, const struct ms_ini_value *v, struct ms_err *err)
{
	struct search *s = ctx;

	if (s->fn != NULL && s->key == NULL) {
		struct ms_ini_value of = *v;

		if (strncmp(v->section, ACCOUNT, sizeof(ACCOUNT) - 1) != 0)
			return 0;
		of.section += sizeof(ACCOUNT) - 1;
		if (s->section != NULL && strcmp(of.section, s->section) != 0)
			return 0;
		s->found = 1;
		return s->fn(s->ctx, &of, err);
	}
	if (v->section[0] != '\0' || strcmp(v->key, s->key) != 0)
		return 0;
	if (s->path != NULL) {
		s->found |= is_path(v->value, s->path);
		return 0;
	}
	s->found = 1;
	if (s->fn != NULL)
		return s->fn(s->ctx, v, err);
	ms_buf_clear(s->value);
	ms_buf_add_str(s->value, v->value);
	return 0;
}

static int
search(struct search *s, struct ms_err *err)
{
	if (load(err) < 0 || read_values(match, s, err) < 0)
		return -1;
	return s->found;
}

int
ms_config_value(const char *key, const char **value, struct ms_err *err)
{
	static struct ms_buf text;
	struct search s = {.key = key, .value = &text};
	int got = search(&s, err);

	*value = got == 1 ? ms_buf_str(&text) : NULL;
	return got;
}

int
ms_config_has_path(const char *key, const char *path, struct ms_err *err)
{
	struct search s = {.key = key, .path = path};

	return search(&s, err);
}

int
ms_config_values(const char *key, ms_ini_fn *fn, void *ctx, struct ms_err *err)
{
	struct search s = {.key = key, .fn = fn, .ctx = ctx};

	return search(&s, err) < 0 ? -1 : 0;
}

void
ms_config_ignore(void)
{
	ms_buf_clear(&file.text);
	file.read = true;
}

int
ms_config_account(
    const char *name, ms_ini_fn *fn, void *ctx, struct ms_err *err)
{
	struct search s = {.section = name, .fn = fn, .ctx = ctx};

	return search(&s, err);
}

int
ms_config_accounts(ms_ini_fn *fn, void *ctx, struct ms_err *err)
{
	struct search s = {.fn = fn, .ctx = ctx};

	return search(&s, err) < 0 ? -1 : 0;
}

/* ---- writing ---- */

/* The line of the key `archive`; 0: none. */
static int
find_archive(void *ctx, const struct ms_ini_value *v, struct ms_err *err)
{
	unsigned *line = ctx;

	(void)err;
	if (v->section[0] == '\0' && strcmp(v->key, "archive") == 0)
		*line = v->line;
	return 0;
}

/* Appends the text of the file, with another line of this number; 0: with a new
 * first line. */
static void
write_text(struct ms_buf *out, unsigned number, const char *archive)
{
	struct ms_slice text = ms_buf_slice(&file.text);
	const unsigned char *lf;
	size_t n;

	if (number == 0)
		ms_buf_printf(out, "archive = %s\n", archive);
	for (unsigned i = 1; text.n > 0; i++) {
		lf = memchr(text.p, '\n', text.n);
		n = lf != NULL ? (size_t)(lf - text.p) + 1 : text.n;
		if (i == number)
			ms_buf_printf(out, "archive = %s\n", archive);
		else
			ms_buf_add(out, text.p, n);
		text.p += n;
		text.n -= n;
	}
}

/* Opens the folder of the file, and creates it and its parent. */
static int
open_folder(struct ms_err *err)
{
	char *path = ms_xstrdup(ms_config_path()), *slash;
	int fd;

	*strrchr(path, '/') = '\0';
	slash = strrchr(path, '/');
	*slash = '\0';
	(void)mkdir(path, 0700);
	*slash = '/';
	(void)mkdir(path, 0700);
	fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0)
		ms_fail_errno(err, "%s", path);
	free(path);
	return fd;
}

int
ms_config_set_archive(const char *archive, struct ms_err *err)
{
	struct ms_buf text = {0};
	unsigned line = 0;
	int fd, rc;

	if (ms_config_path() == NULL)
		return ms_fail(err, MS_USAGE,
		    "HOME is not set, so there is no place for a configuration "
		    "file");
	if (ms_ini_check_value(archive, err) < 0)
		return ms_context(err, "%.200s", archive);
	if (load(err) < 0 || read_values(find_archive, &line, err) < 0)
		return -1;
	fd = open_folder(err);
	if (fd < 0)
		return -1;
	write_text(&text, line, archive);
	rc = ms_fs_replace(fd, "", "config", 0600, ms_buf_slice(&text), err);
	close(fd);
	ms_buf_release(&text);
	return rc < 0 ? ms_context(err, "%s", ms_config_path()) : 0;
}
