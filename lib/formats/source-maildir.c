/*
 * source-maildir.c - the names in a Maildir: flags, keywords, folders.
 * ms-stream(5), Maildirs; cr.yp.to/proto/maildir.html, Maildir++.
 */
#include "source-impl.h"
#include "utf8.h"

#include <dirent.h>
#include <fcntl.h>
#include <fnmatch.h>
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

bool
ms_is_bookkeeping(const char *name)
{
	static const char *const patterns[] = {"*.msf", "*.lock",
	    "dovecot-acl*", "dovecot-attributes*", "dovecot-keywords*",
	    "dovecot-uidlist*", "dovecot-uidvalidity*", "dovecot.index*",
	    "dovecot.list.index*", "dovecot.mailbox.log*", "maildirfolder",
	    "maildirsize", "courierimap*", "subscriptions",
	    "msgFilterRules.dat", "popstate.dat", "virtualFolders.dat",
	    "filterlog.html", "feeds.json", "feeditems.json", "profiles.ini",
	    "installs.ini"};

	if (name[0] == '.')
		return true;
	for (size_t i = 0; i < sizeof(patterns) / sizeof(patterns[0]); i++)
		if (fnmatch(patterns[i], name, 0) == 0)
			return true;
	return false;
}

/* Is this a name that Maildir itself uses? */
static bool
is_part(const char *name)
{
	return strcmp(name, "cur") == 0 || strcmp(name, "new") == 0 ||
	       strcmp(name, "tmp") == 0 || ms_is_bookkeeping(name);
}

/* Finds the letters after ":2,", or NULL. */
static const char *info(const char *name);

/* Whether a program has given this name to a file when it was delivered. */
static bool
is_delivery(const char *name)
{
	return info(name) != NULL ||
	       (strspn(name, "0123456789") >= 9 &&
		   name[strspn(name, "0123456789")] == '.');
}

/*
 * Tests the names in a directory until one has the result `stop`. Returns
 * whether there was one.
 */
static bool
any_name(int dir, const char *sub, bool (*test)(const char *), bool stop)
{
	struct dirent *e;
	bool found = false;
	DIR *d;
	int fd;

	fd = openat(dir, sub, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (fd < 0)
		return false;
	d = fdopendir(fd);
	if (d == NULL) {
		close(fd);
		return false;
	}
	while (!found && (e = readdir(d)) != NULL)
		found = test(e->d_name) == stop;
	closedir(d);
	return found;
}

bool
ms_maildir_is(int dir, const char *name)
{
	bool cur = has_dir(dir, "cur"), new = has_dir(dir, "new");

	if (cur == new)
		return cur;
	return (name != NULL && name[0] == '.') ||
	       !any_name(dir, ".", is_part, false) ||
	       any_name(dir, cur ? "cur" : "new", is_delivery, true);
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

/* "!2," and ";2," are from file systems without colons. */
static const char *
info(const char *name)
{
	size_t n = strlen(name);

	for (size_t i = n; i-- > 0;)
		if ((name[i] == ':' || name[i] == '!' || name[i] == ';') &&
		    name[i + 1] == '2' && name[i + 2] == ',')
			return name + i + 3;
	return NULL;
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
	if (letters == NULL)
		return;
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
