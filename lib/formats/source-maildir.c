/*
 * source-maildir.c - the names in a Maildir: flags, keywords, folders.
 * ms-stream(5), Maildirs; cr.yp.to/proto/maildir.html, Maildir++.
 */
#include "source-impl.h"
#include "utf8.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define KEYWORDS_MAX 65536 /* bytes of dovecot-keywords that are read */

static bool
has_dir(int dir, const char *name)
{
	struct stat st;

	return fstatat(dir, name, &st, AT_SYMLINK_NOFOLLOW) == 0 &&
	       S_ISDIR(st.st_mode);
}

/* Whether the directory contains nothing but cur, tmp and hidden files. */
static bool
stands_alone(int dir)
{
	struct dirent *e;
	bool alone = true;
	DIR *d;
	int fd;

	fd = openat(dir, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0)
		return false;
	d = fdopendir(fd);
	if (d == NULL) {
		close(fd);
		return false;
	}
	while (alone && (e = readdir(d)) != NULL)
		alone = e->d_name[0] == '.' || strcmp(e->d_name, "cur") == 0 ||
			strcmp(e->d_name, "tmp") == 0;
	closedir(d);
	return alone;
}

/* Copies of Maildirs easily lose empty directories, so new can be missing. */
bool
ms_maildir_is(int dir)
{
	return has_dir(dir, "cur") &&
	       (has_dir(dir, "new") || stands_alone(dir));
}

/* A line is a number, a space and a name. The number 0 means the letter a. */
static void
keyword_line(struct ms_keywords *k, const char *p, size_t n)
{
	const char *space = memchr(p, ' ', n);
	unsigned i = 0;
	size_t digits;

	digits = space != NULL ? (size_t)(space - p) : 0;
	if (digits < 1 || digits > 2)
		return;
	for (size_t d = 0; d < digits; d++) {
		if (p[d] < '0' || p[d] > '9')
			return;
		i = 10 * i + (unsigned)(p[d] - '0');
	}
	n -= digits + 1;
	p += digits + 1;
	if (i >= MS_KEYWORDS || n == 0 || k->name[i] != NULL)
		return;
	/* Keywords are printable atoms (IMAP); other names are ignored. */
	for (size_t d = 0; d < n; d++)
		if (p[d] <= ' ' || p[d] >= 0x7f)
			return;
	k->name[i] = ms_xstrndup(p, n);
}

void
ms_keywords_read(struct ms_keywords *k, int dir)
{
	char *text, *p, *lf;
	ssize_t n;
	int fd;

	*k = (struct ms_keywords){0};
	fd = openat(dir, "dovecot-keywords",
	    O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
	if (fd < 0)
		return;
	text = ms_xmalloc(KEYWORDS_MAX);
	n = read(fd, text, KEYWORDS_MAX);
	for (p = text; n > 0 && p < text + n; p = lf + 1) {
		lf = memchr(p, '\n', (size_t)(text + n - p));
		if (lf == NULL)
			break;
		keyword_line(k, p, (size_t)(lf - p));
	}
	free(text);
	close(fd);
}

void
ms_keywords_release(struct ms_keywords *k)
{
	for (size_t i = 0; i < MS_KEYWORDS; i++)
		free(k->name[i]);
	*k = (struct ms_keywords){0};
}

/*
 * Finds the letters after ":2,"; "!2," or ";2," on file systems without colons.
 */
static const char *
info(const char *name)
{
	size_t n = strlen(name);

	for (size_t i = n; i-- > 0;)
		if ((name[i] == ':' || name[i] == '!' || name[i] == ';') &&
		    name[i + 1] == '2' && name[i + 2] == ',')
			return name + i + 3;
	return "";
}

static void
add_flag(struct ms_buf *out, const char *flag)
{
	if (out->n > 0)
		ms_buf_add_byte(out, ' ');
	ms_buf_add_str(out, flag);
}

void
ms_maildir_flags(
    struct ms_buf *out, const char *name, const struct ms_keywords *k)
{
	static const struct {
		char letter;
		const char *flag;
	} flags[] = {{'S', "\\Seen"}, {'R', "\\Answered"}, {'F', "\\Flagged"},
	    {'D', "\\Draft"}, {'T', "\\Deleted"}, {'P', "$Forwarded"}};
	const char *letters = info(name);

	ms_buf_clear(out);
	for (size_t i = 0; i < sizeof(flags) / sizeof(flags[0]); i++)
		if (strchr(letters, flags[i].letter) != NULL)
			add_flag(out, flags[i].flag);
	for (int i = 0; i < MS_KEYWORDS; i++)
		if (k->name[i] != NULL && strchr(letters, 'a' + i) != NULL)
			add_flag(out, k->name[i]);
}

static void
add_level(struct ms_buf *folder, const char *p, size_t n)
{
	struct ms_slice raw = {(const unsigned char *)p, n};
	struct ms_buf text = {0};

	if (ms_mutf7_decode(raw, &text) == 0 && text.n > 0)
		raw = ms_buf_slice(&text);
	ms_folder_add(folder, raw);
	ms_buf_release(&text);
}

void
ms_maildir_folder(struct ms_buf *folder, const char *name)
{
	const char *dot;

	if (name[0] != '.') {
		add_level(folder, name, strlen(name));
		return;
	}
	for (name++;; name = dot + 1) {
		dot = strchr(name, '.');
		add_level(folder, name,
		    dot != NULL ? (size_t)(dot - name) : strlen(name));
		if (dot == NULL)
			break;
	}
}
