/*
 * client-place.c - accounts, names and folders, for the drivers of mail
 * clients. ms-quirks(7), Mail clients.
 */
#include "client-impl.h"

#include <dirent.h>
#include <fcntl.h>
#include <fnmatch.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>
#include <unistd.h>
#include "utf8.h"

const struct ms_client_account *
ms_client_account_new(
    struct ms_client_state *c, const char *name, const char *label)
{
	struct ms_client_account *a = ms_xcalloc(1, sizeof(*a));
	struct ms_buf source = {0}, text = {0};

	ms_buf_printf(&source, MS_SOURCE_LOCAL "%s/", c->driver->name);
	ms_text_add(&source, ms_slice_str(name), false);
	a->source = ms_xstrdup(ms_buf_str(&source));
	if (label != NULL && label[0] != '\0') {
		ms_text_add(&text, ms_slice_str(label), false);
		if (text.n <= MS_CLIENT_LABEL_MAX)
			a->label = ms_xstrdup(ms_buf_str(&text));
	}
	ms_buf_release(&source);
	ms_buf_release(&text);
	a->next = c->accounts;
	c->accounts = a;
	return a;
}

bool
ms_client_matches(const char *const *patterns, const char *name)
{
	for (; patterns != NULL && *patterns != NULL; patterns++)
		if (fnmatch(*patterns, name, FNM_CASEFOLD) == 0)
			return true;
	return false;
}

bool
ms_client_has(int fd, const char *name, bool directory)
{
	struct stat st;

	return fstatat(fd, name, &st, AT_SYMLINK_NOFOLLOW) == 0 &&
	       S_ISDIR(st.st_mode) == directory;
}

bool
ms_client_has_any(int fd, const char *pattern)
{
	bool found = false;
	struct dirent *e;
	DIR *d;

	fd = openat(fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	d = fd >= 0 ? fdopendir(fd) : NULL;
	if (d == NULL) {
		if (fd >= 0)
			close(fd);
		return false;
	}
	while (!found && (e = readdir(d)) != NULL)
		found = fnmatch(pattern, e->d_name, FNM_CASEFOLD) == 0;
	closedir(d);
	return found;
}

void
ms_client_level(struct ms_buf *folder, struct ms_slice name, bool utf7)
{
	struct ms_buf text = {0};

	if (utf7 && ms_mutf7_decode(name, &text) == 0 && text.n > 0)
		name = ms_buf_slice(&text);
	ms_folder_add(folder, name);
	ms_buf_release(&text);
}

void
ms_client_inbox(struct ms_buf *folder)
{
	char *p = ms_buf_str(folder);

	if (strncasecmp(p, "inbox", 5) == 0 && (p[5] == '\0' || p[5] == '/'))
		memcpy(p, "INBOX", 5);
}
