/* confine.c - the sandbox of ms-ingest: ms-ingest(1), Sandbox. */
#include "run.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "sandbox.h"

#define SINGLE_MAX 256 /* inputs that are allowed one by one */

/* The directory of a file, or what else the path is, as a new string. */
static char *
directory_of(const char *path)
{
	const char *slash = strrchr(path, '/');
	struct stat st;

	if (lstat(path, &st) < 0 || !S_ISREG(st.st_mode))
		return ms_xstrdup(path);
	if (slash == NULL)
		return ms_xstrdup(".");
	return ms_xstrndup(path, slash > path ? (size_t)(slash - path) : 1);
}

/*
 * What the process can read. A rule for each of many files would cost more time
 * than to read them, so the directories of many files are allowed instead. The
 * caller frees the list and its strings.
 */
static char **
readable(char *paths[])
{
	size_t n = 0, out = 0, i;
	char **list, *path;

	while (paths[n] != NULL)
		n++;
	list = ms_xcalloc(n + 1, sizeof(*list));
	for (i = 0; i < n; i++) {
		path = n > SINGLE_MAX ? directory_of(paths[i])
				      : ms_xstrdup(paths[i]);
		if (out > 0 && strcmp(list[out - 1], path) == 0)
			free(path);
		else
			list[out++] = path;
	}
	return list;
}

enum ms_sandbox_profile
ingest_sandbox(const struct ingest_options *opt)
{
	return opt->lmtp ? MS_SANDBOX_LISTEN : MS_SANDBOX_FILES;
}

int
ingest_confine(const struct ingest_options *opt, const char *archive,
    char *paths[], struct ms_err *err)
{
	const char *temp = getenv("TMPDIR");
	const char *const write[] = {
	    temp != NULL && *temp != '\0' ? temp : "/tmp", archive, NULL};
	char **read = readable(paths), **p;
	const struct ms_sandbox sb = {.profile = ingest_sandbox(opt),
	    .read = (const char *const *)read,
	    .write = write};
	int rc = ms_sandbox_enter(&sb, err);

	for (p = read; *p != NULL; p++)
		free(*p);
	free(read);
	return rc;
}
