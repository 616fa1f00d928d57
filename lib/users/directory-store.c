/* directory-store.c - the settings and passwords of directories.
 * ms-archive(5), EVENT, settings. */
#include "directory-store.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "fs.h"

static const char *const keys[MS_DIRECTORY_KEYS] = {
    [MS_DIRECTORY_PRESET] = "preset",
    [MS_DIRECTORY_URL] = "url",
    [MS_DIRECTORY_BIND_DN] = "bind-dn",
    [MS_DIRECTORY_PASSWORD_FILE] = "password-file",
    [MS_DIRECTORY_BASE] = "base",
    [MS_DIRECTORY_FILTER] = "filter",
    [MS_DIRECTORY_GROUP] = "group",
    [MS_DIRECTORY_NAME_ATTRIBUTE] = "name-attribute",
    [MS_DIRECTORY_LOCAL_PART] = "local-part",
    [MS_DIRECTORY_FULL_NAME_ATTRIBUTE] = "full-name-attribute",
    [MS_DIRECTORY_ADDRESS_ATTRIBUTE] = "address-attribute",
    [MS_DIRECTORY_FOLLOW_REFERRALS] = "follow-referrals",
    [MS_DIRECTORY_CA_FILE] = "ca-file",
    [MS_DIRECTORY_PIN] = "pin",
    [MS_DIRECTORY_ANY_CERTIFICATE] = "accept-any-certificate",
};

const char *
ms_directory_key_name(enum ms_directory_key key)
{
	return keys[key];
}

void
ms_stored_directory_release(struct ms_stored_directory *d)
{
	ms_buf_release(&d->name);
	for (int i = 0; i < MS_DIRECTORY_KEYS; i++)
		ms_buf_release(&d->values[i]);
}

void
ms_stored_directory_add(
    struct ms_stored_directory *d, enum ms_directory_key key, const char *value)
{
	if (*value != '\0')
		ms_buf_add(&d->values[key], value, strlen(value) + 1);
}

const char *
ms_stored_directory_value(
    const struct ms_stored_directory *d, enum ms_directory_key key)
{
	const char *first = ms_list_next(ms_buf_slice(&d->values[key]), NULL);

	return first != NULL ? first : "";
}

bool
ms_directory_name_ok(const char *name)
{
	static const char ok[] = "abcdefghijklmnopqrstuvwxyz"
				 "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-";
	size_t n = strlen(name);

	return n > 0 && n <= MS_DIRECTORY_NAME_MAX && strspn(name, ok) == n &&
	       strchr("._-", name[0]) == NULL;
}

/* ---- the stored text: lines `key=value`, of which the first is the name ----
 */

static void
take_line(struct ms_stored_directory *d, const char *line, size_t n)
{
	char *copy = ms_xstrndup((const unsigned char *)line, n);
	char *value = strchr(copy, '=');

	if (value != NULL) {
		*value++ = '\0';
		if (strcmp(copy, "name") == 0)
			ms_buf_add_str(&d->name, value);
		for (int i = 0; i < MS_DIRECTORY_KEYS; i++)
			if (strcmp(copy, keys[i]) == 0)
				ms_stored_directory_add(
				    d, (enum ms_directory_key)i, value);
	}
	free(copy);
}

int
ms_stored_directory_at(
    const struct ms_settings *s, size_t n, struct ms_stored_directory *d)
{
	const char *text = ms_list_next(s->directories, NULL);
	size_t line;

	while (n-- > 0 && text != NULL)
		text = ms_list_next(s->directories, text);
	if (text == NULL)
		return 0;
	for (; *text != '\0'; text += line + (text[line] == '\n')) {
		line = strcspn(text, "\n");
		take_line(d, text, line);
	}
	ms_buf_str(&d->name);
	return 1;
}

int
ms_stored_directory_find(const struct ms_settings *s, const char *name,
    struct ms_stored_directory *d)
{
	for (size_t n = 0; ms_stored_directory_at(s, n, d) == 1; n++) {
		if (strcmp(ms_buf_str(&d->name), name) == 0)
			return 1;
		ms_stored_directory_release(d);
	}
	return 0;
}

static int
write_one(
    struct ms_buf *out, const struct ms_stored_directory *d, struct ms_err *err)
{
	size_t start = out->n;
	struct ms_slice list;
	const char *v;

	ms_buf_add_str(out, "name=");
	ms_buf_add(out, d->name.p, d->name.n);
	for (int i = 0; i < MS_DIRECTORY_KEYS; i++) {
		list = ms_buf_slice(&d->values[i]);
		for (v = ms_list_next(list, NULL); v != NULL;
		     v = ms_list_next(list, v)) {
			if (!ms_account_text_ok(v, MS_DN_MAX))
				return ms_fail(
				    err, MS_USAGE, "%s: invalid text", keys[i]);
			ms_buf_printf(out, "\n%s=%s", keys[i], v);
		}
	}
	if (out->n - start > MS_DIRECTORY_TEXT_MAX)
		return ms_fail(err, MS_USAGE, "too many settings");
	ms_buf_add_byte(out, '\0');
	return 0;
}

int
ms_stored_directories_write(struct ms_buf *out, const struct ms_settings *s,
    const char *without, const struct ms_stored_directory *with,
    struct ms_err *err)
{
	struct ms_stored_directory d = {0};
	size_t n, kept = 0;
	int rc = 0;

	for (n = 0; rc == 0 && ms_stored_directory_at(s, n, &d) == 1; n++) {
		if (strcmp(ms_buf_str(&d.name), without) != 0) {
			rc = write_one(out, &d, err);
			kept++;
		}
		ms_stored_directory_release(&d);
	}
	if (rc == 0 && with != NULL && kept >= MS_DIRECTORIES_MAX)
		rc = ms_fail(err, MS_USAGE, "more than %d directories",
		    MS_DIRECTORIES_MAX);
	if (rc == 0 && with != NULL)
		rc = write_one(out, with, err);
	return rc;
}

/* ---- passwords ---- */

/* Opens ARCHIVE/secret/directory, and creates it if needed. */
static int
open_folder(const char *archive, struct ms_err *err)
{
	struct ms_buf path = {0};
	int secret, fd = -1;

	ms_buf_printf(&path, "%s/secret", archive);
	secret = open(
	    ms_buf_str(&path), O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (secret >= 0 &&
	    (mkdirat(secret, "directory", 0700) == 0 || errno == EEXIST))
		fd = openat(secret, "directory",
		    O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (fd < 0)
		ms_fail_errno(err, "%s/directory", ms_buf_str(&path));
	else if (ms_fs_sync(secret, "secret", err) < 0) {
		close(fd);
		fd = -1;
	}
	if (secret >= 0)
		close(secret);
	ms_buf_release(&path);
	return fd;
}

int
ms_directory_secret_read(const char *archive, const char *name,
    struct ms_secret *s, struct ms_err *err)
{
	struct ms_buf path = {0};
	int got = 0;

	ms_buf_printf(&path, "%s/secret/directory/%s", archive, name);
	if (access(ms_buf_str(&path), F_OK) == 0 || errno != ENOENT)
		got = ms_secret_file(s, ms_buf_str(&path), err) < 0 ? -1 : 1;
	ms_buf_release(&path);
	return got;
}

int
ms_directory_secret_write(const char *archive, const char *name,
    const struct ms_secret *s, struct ms_err *err)
{
	struct ms_slice bytes = {(const unsigned char *)s->s, s->n};
	int fd = open_folder(archive, err), rc;

	if (fd < 0)
		return -1;
	rc = ms_fs_replace(fd, "", name, 0600, bytes, err);
	close(fd);
	return rc;
}

int
ms_directory_secret_remove(
    const char *archive, const char *name, struct ms_err *err)
{
	int fd = open_folder(archive, err), rc = 0;

	if (fd < 0)
		return -1;
	if (unlinkat(fd, name, 0) == 0)
		rc = ms_fs_sync(fd, "secret/directory", err);
	else if (errno != ENOENT)
		rc = ms_fail_errno(err, "secret/directory/%s", name);
	close(fd);
	return rc;
}
