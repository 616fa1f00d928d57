/* source-tree.c - walks a directory tree for mail: files, mboxes, Maildirs.
 * ms-stream(5), Directories and Maildirs. */
#include "client-impl.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define DEPTH_MAX 100                 /* depth of nested directories */
#define NAMES_MAX ((size_t)512 << 20) /* bytes of the names in a directory */

/*
 * The kind of an entry is the first byte of its name in the list, and so
 * determines the order of the walk.
 */
enum kind {
	KIND_MAIL = 'a', /* cur or new of a Maildir */
	KIND_FILE,
	KIND_LINK,
	KIND_OTHER,
	KIND_DIR
};

/* The names of a directory, sorted. */
struct names {
	struct ms_buf text; /* kind, name and NUL of each entry */
	uint32_t *at;       /* the positions of the entries in text */
	size_t count, cap, next;
};

enum level_is {
	PLAIN,
	MAILDIR,
	MESSAGES /* cur or new */
};

struct level {
	DIR *dir;
	enum level_is is;
	bool inside;  /* a Maildir, or below one */
	bool package; /* of Apple Mail: NAME.mbox */
	bool profile; /* of Thunderbird */
	struct names names;
	size_t path_n, folder_n; /* lengths for the level above */
	struct ms_keywords keywords;
	struct ms_client_dir client;
	struct ms_buf above; /* the folder of the level above, if there is a
				client, which can begin it anew */
};

struct ms_tree {
	int root;           /* the first directory to open, or -1 */
	struct ms_buf path; /* of the current directory, on disk */
	struct ms_buf folder;
	bool skipped; /* a file, because only Maildirs are read */
	bool ended;
	size_t depth;
	struct level level[DEPTH_MAX];
};

struct ms_tree *
ms_tree_open(int fd, const char *root)
{
	struct ms_tree *t = ms_xcalloc(1, sizeof(*t));
	size_t n = strlen(root);

	while (n > 1 && root[n - 1] == '/')
		n--;
	t->root = fd;
	ms_buf_add(&t->path, root, n);
	return t;
}

/* Gives the folder back that the client has perhaps changed. */
static void
forget_client(struct ms_tree *t, struct level *lv)
{
	if (lv->above.n > 0) {
		ms_buf_clear(&t->folder);
		ms_buf_add(&t->folder, lv->above.p, lv->above.n);
	}
	ms_buf_release(&lv->above);
	ms_client_leave(&lv->client);
}

static void
pop(struct ms_tree *t)
{
	struct level *lv = &t->level[--t->depth];

	closedir(lv->dir);
	ms_buf_release(&lv->names.text);
	free(lv->names.at);
	ms_keywords_release(&lv->keywords);
	t->path.n = lv->path_n;
	t->folder.n = lv->folder_n;
	forget_client(t, lv);
}

void
ms_tree_close(struct ms_tree *t)
{
	if (t == NULL)
		return;
	while (t->depth > 0)
		pop(t);
	if (t->root >= 0)
		close(t->root);
	ms_buf_release(&t->path);
	ms_buf_release(&t->folder);
	free(t);
}

/* ---- the names of a directory ---- */

static enum kind
kind_of_mode(mode_t mode)
{
	if (S_ISREG(mode))
		return KIND_FILE;
	if (S_ISDIR(mode))
		return KIND_DIR;
	return S_ISLNK(mode) ? KIND_LINK : KIND_OTHER;
}

static enum kind
kind_of(const struct dirent *d, int dir)
{
	struct stat st;

	if (d->d_type != DT_UNKNOWN)
		return kind_of_mode(DTTOIF(d->d_type));
	if (fstatat(dir, d->d_name, &st, AT_SYMLINK_NOFOLLOW) < 0)
		return KIND_FILE; /* opening it will report the error */
	return kind_of_mode(st.st_mode);
}

/*
 * Whether a link, whose name begins with a dot, points to a folder of a
 * Maildir.
 */
static bool
leads_to_maildir(int dir, const char *name)
{
	int fd = openat(dir, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	bool yes;

	if (fd < 0)
		return false;
	yes = ms_maildir_is(fd, name);
	close(fd);
	return yes;
}

/* The directories of a profile of Thunderbird that have mail. */
static bool
is_mail_of_profile(const char *name)
{
	return strcmp(name, "Mail") == 0 || strcmp(name, "ImapMail") == 0;
}

/* Whether an entry is visited, and as what kind. */
static bool
is_wanted(const struct ms_client_state *c, const struct level *lv,
    const char *name, enum kind *kind)
{
	bool cur_new = strcmp(name, "cur") == 0 || strcmp(name, "new") == 0;

	if (strcmp(name, ".") == 0 || strcmp(name, "..") == 0)
		return false;
	if (lv->is == MESSAGES)
		return name[0] != '.';
	if (lv->is == MAILDIR && *kind == KIND_DIR && cur_new)
		*kind = KIND_MAIL;
	if (lv->is == MAILDIR && strcmp(name, "tmp") == 0)
		return false;
	if (lv->package && (strcmp(name, "table_of_contents") == 0 ||
			       strcmp(name, "Info.plist") == 0))
		return false;
	if (lv->profile)
		return *kind == KIND_DIR && is_mail_of_profile(name);
	if (*kind == KIND_LINK && name[0] == '.')
		return leads_to_maildir(dirfd(lv->dir), name);
	if (c != NULL && *kind != KIND_DIR && *kind != KIND_MAIL &&
	    !ms_client_wants(c, &lv->client, name))
		return false;
	return *kind == KIND_DIR || *kind == KIND_MAIL ||
	       !ms_is_bookkeeping(name);
}

static int
add_name(struct names *l, enum kind kind, const char *name, struct ms_err *err)
{
	size_t n = strlen(name) + 1;

	if (l->text.n + n + 1 > NAMES_MAX)
		return ms_fail(err, MS_DATA,
		    "more than %zu bytes of names in a directory", NAMES_MAX);
	if (l->count == l->cap) {
		l->cap = l->cap < 64 ? 64 : 2 * l->cap;
		l->at = ms_xreallocarray(l->at, l->cap, sizeof(l->at[0]));
	}
	l->at[l->count++] = (uint32_t)l->text.n;
	ms_buf_add_byte(&l->text, (unsigned char)kind);
	ms_buf_add(&l->text, name, n);
	return 0;
}

static int
by_name(const void *a, const void *b, void *text)
{
	uint32_t x, y;

	memcpy(&x, a, sizeof(x));
	memcpy(&y, b, sizeof(y));
	return strcmp((char *)text + x, (char *)text + y);
}

/*
 * Reads and sorts the names of a directory. Returns -1 if some could not be
 * read; the others are kept.
 */
static int
list(const struct ms_client_state *c, struct level *lv, struct ms_err *err)
{
	struct names *l = &lv->names;
	struct dirent *d;
	enum kind kind;
	int rc = 0;

	for (;;) {
		errno = 0;
		d = readdir(lv->dir);
		if (d == NULL && errno != 0)
			rc = ms_fail_errno(err, "read");
		if (d == NULL)
			break;
		kind = kind_of(d, dirfd(lv->dir));
		if (!is_wanted(c, lv, d->d_name, &kind))
			continue;
		if (add_name(l, kind, d->d_name, err) < 0) {
			rc = -1;
			break;
		}
	}
	if (l->count > 1)
		qsort_r(l->at, l->count, sizeof(l->at[0]), by_name, l->text.p);
	return rc;
}

/* ---- levels ---- */

/*
 * Sets src->where to an entry of the current directory, or to the directory if
 * name is NULL, for an error.
 */
static void
set_where(struct ms_source *src, const char *name)
{
	struct ms_buf *b = &src->file.name;

	ms_buf_clear(b);
	ms_text_add(b, ms_buf_slice(&src->tree->path), false);
	if (name != NULL) {
		ms_buf_add_byte(b, '/');
		ms_text_add(b, ms_slice_str(name), false);
	}
	ms_source_where(src);
}

static void
name_level(
    struct ms_tree *t, const struct level *lv, const char *name, bool folder)
{
	struct ms_slice s = ms_slice_str(name);

	ms_buf_add_byte(&t->path, '/');
	ms_buf_add_str(&t->path, name);
	if (lv->is == MESSAGES || !folder)
		return;
	if (lv->inside) {
		ms_maildir_folder(&t->folder, name);
		return;
	}
	/* The messages of a package of Apple Mail are in the folder NAME. */
	if (t->depth > 1 && lv[-1].package && strcmp(name, "Messages") == 0)
		return;
	/* Thunderbird stores the folders below the mbox Work in Work.sbd. */
	if (ms_name_ends(name, ".sbd"))
		s.n -= 4;
	ms_folder_add(&t->folder, lv->package ? ms_name_stem(name) : s);
}

/* Whether the directory is a package of Apple Mail, which is one mbox. */
static bool
is_package(int dir, const char *name)
{
	struct stat st;

	return ms_name_ends(name, ".mbox") &&
	       ((fstatat(dir, "mbox", &st, AT_SYMLINK_NOFOLLOW) == 0 &&
		    S_ISREG(st.st_mode)) ||
		   (fstatat(dir, "Messages", &st, AT_SYMLINK_NOFOLLOW) == 0 &&
		       S_ISDIR(st.st_mode)));
}

/* Whether the directory is a profile of Thunderbird, which has mail in two
 * directories, and many files of other kinds. */
static bool
is_profile(int dir)
{
	struct stat st;

	return fstatat(dir, "prefs.js", &st, AT_SYMLINK_NOFOLLOW) == 0 &&
	       S_ISREG(st.st_mode) &&
	       ((fstatat(dir, "Mail", &st, AT_SYMLINK_NOFOLLOW) == 0 &&
		    S_ISDIR(st.st_mode)) ||
		   (fstatat(dir, "ImapMail", &st, AT_SYMLINK_NOFOLLOW) == 0 &&
		       S_ISDIR(st.st_mode)));
}

/* The last level of the path on the command line. */
static const char *
root_name(struct ms_tree *t)
{
	const char *path = ms_buf_str(&t->path), *slash = strrchr(path, '/');

	return slash != NULL ? slash + 1 : path;
}

/* Whether the directory holds more than what mail programs leave in it. */
static bool
holds_files(int dir)
{
	struct dirent *e;
	bool found = false;
	DIR *d;

	d = fdopendir(dir);
	if (d == NULL) {
		close(dir);
		return true;
	}
	while (!found && (e = readdir(d)) != NULL)
		found = !ms_is_bookkeeping(e->d_name) &&
			strcmp(e->d_name, "tmp") != 0;
	closedir(d);
	return found;
}

/* Asks the client about a directory; it can append to t->folder. */
static enum ms_client_entry
ask_client(struct ms_source *src, int fd, const char *name, bool messages,
    bool maildir)
{
	struct ms_tree *t = src->tree;
	struct level *lv = &t->level[t->depth];
	struct ms_client_place at = {.parent = -1,
	    .fd = fd,
	    .name = name != NULL ? name : root_name(t),
	    .path = ms_buf_str(&t->path),
	    .root = name == NULL,
	    .maildir = maildir};

	*lv = (struct level){.path_n = t->path.n, .folder_n = t->folder.n};
	if (src->client == NULL || messages)
		return MS_CLIENT_AS_USUAL;
	ms_buf_add(&lv->above, t->folder.p, t->folder.n);
	if (t->depth > 0)
		at.parent = dirfd(lv[-1].dir);
	return ms_client_enter(src->client,
	    t->depth > 0 ? &lv[-1].client : NULL, &at, &lv->client, &t->folder);
}

static void
remark_hidden(struct ms_source *src, int fd, const char *name)
{
	if (!holds_files(fd))
		return;
	set_where(src, name);
	ms_source_remark(src, "hidden directory, not read");
}

/*
 * Enters a directory, and closes fd when it is left; name is NULL for the root.
 * A directory whose name begins with a dot is skipped unless it is a Maildir.
 */
static int
push(struct ms_source *src, int fd, const char *name, bool messages,
    struct ms_err *err)
{
	struct ms_tree *t = src->tree;
	struct level *lv = &t->level[t->depth];
	bool maildir = !messages && ms_maildir_is(fd, name);
	enum ms_client_entry entry =
	    ask_client(src, fd, name, messages, maildir);

	if (entry == MS_CLIENT_SKIP) {
		close(fd);
		forget_client(t, lv);
		return 0;
	}
	if (entry == MS_CLIENT_AS_USUAL && name != NULL && name[0] == '.' &&
	    !maildir) {
		forget_client(t, lv);
		remark_hidden(src, fd, name);
		return 0;
	}
	lv->is = messages ? MESSAGES : maildir ? MAILDIR : PLAIN;
	lv->package = !messages && !maildir &&
		      is_package(fd, name != NULL ? name : root_name(t));
	lv->profile =
	    src->client == NULL && !messages && !maildir && is_profile(fd);
	lv->inside = maildir || (t->depth > 0 && lv[-1].inside);
	lv->dir = fdopendir(fd);
	if (lv->dir == NULL) {
		ms_fail_errno(err, "cannot be opened");
		close(fd);
		forget_client(t, lv);
		set_where(src, name);
		return -1;
	}
	t->depth++;
	if (name != NULL)
		name_level(t, lv, name, entry == MS_CLIENT_AS_USUAL);
	else if (lv->package && src->into == NULL &&
		 entry == MS_CLIENT_AS_USUAL)
		ms_folder_add(&t->folder, ms_name_stem(root_name(t)));
	if (maildir) {
		src->found = true;
		ms_keywords_read(&lv->keywords, fd);
	}
	if (lv->profile) {
		set_where(src, NULL);
		ms_source_remark(src,
		    "profile of Thunderbird, of which only Mail and ImapMail "
		    "are read; see --client");
	}
	if (list(src->client, lv, err) < 0) {
		set_where(src, NULL);
		return -1;
	}
	return 0;
}

static int
enter(
    struct ms_source *src, const char *name, bool messages, struct ms_err *err)
{
	struct ms_tree *t = src->tree;
	struct level *top = &t->level[t->depth - 1];
	int fd;

	if (top->is == MESSAGES) {
		set_where(src, name);
		return ms_fail(err, MS_DATA, "not a regular file");
	}
	if (t->depth == DEPTH_MAX) {
		set_where(src, name);
		return ms_fail(
		    err, MS_DATA, "more than %d nested directories", DEPTH_MAX);
	}
	fd = openat(dirfd(top->dir), name,
	    O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (fd < 0) {
		ms_fail_errno(err, "cannot be opened");
		set_where(src, name);
		return -1;
	}
	return push(src, fd, name, messages, err);
}

/* ---- files ---- */

/* Whether the file contains the messages of a package of Apple Mail. */
static bool
is_mbox(const struct level *lv, const char *name)
{
	return lv->package && strcmp(name, "mbox") == 0;
}

/* Thunderbird stores an empty folder as an empty file next to its index. */
static bool
is_empty_folder(int dir, const char *name, const struct stat *st)
{
	struct ms_buf index = {0};
	bool yes;

	if (st->st_size > 0)
		return false;
	ms_buf_add_str(&index, name);
	ms_buf_add_str(&index, ".msf");
	yes =
	    faccessat(dir, ms_buf_str(&index), F_OK, AT_SYMLINK_NOFOLLOW) == 0;
	ms_buf_release(&index);
	return yes;
}

/*
 * Opens a file in the current directory. Returns 1; 0, the file is skipped; -1.
 */
static int
open_file(struct ms_source *src, const char *name, int *out, struct ms_err *err)
{
	struct ms_tree *t = src->tree;
	const struct level *lv = &t->level[t->depth - 1];
	struct ms_source_file *f = &src->file;
	struct stat st;
	int fd;

	set_where(src, name);
	fd = openat(dirfd(lv->dir), name,
	    O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
	if (fd < 0)
		return ms_fail_errno(err, "cannot be opened");
	if (fstat(fd, &st) < 0 || !S_ISREG(st.st_mode)) {
		close(fd);
		return ms_fail(err, MS_DATA, "not a regular file");
	}
	if (lv->is != MESSAGES && st.st_size == 0 &&
	    (src->client != NULL || is_mbox(lv, name) ||
		is_empty_folder(dirfd(lv->dir), name, &st))) {
		src->found = true;
		close(fd);
		return 0;
	}
	ms_buf_clear(&f->folder);
	ms_buf_add(&f->folder, t->folder.p, t->folder.n);
	ms_buf_clear(&f->stem);
	ms_buf_clear(&f->flags);
	f->delivery = lv->is == MESSAGES;
	if (f->delivery)
		ms_maildir_flags(&f->flags, name, &lv[-1].keywords);
	else if (!is_mbox(lv, name))
		ms_folder_add(&f->stem, ms_name_stem(name));
	f->mtime = st.st_mtim.tv_sec;
	f->has_mtime = true;
	f->in_tree = true;
	f->eml = ms_name_ends(name, ".eml");
	f->emlx = ms_name_ends(name, ".emlx");
	f->partial = ms_name_ends(name, ".partial.emlx");
	f->message = false;
	if (src->client != NULL)
		ms_client_file(src, f->delivery ? &lv[-1].client : &lv->client,
		    dirfd(lv->dir), name);
	*out = fd;
	return 1;
}

/*
 * Enters a directory, or opens a file. Returns 1 if *out is open, 0 to go on,
 * or -1.
 */
static int
visit(struct ms_source *src, const char *entry, int *out, struct ms_err *err)
{
	const struct level *lv = &src->tree->level[src->tree->depth - 1];
	const char *name = entry + 1;

	switch ((enum kind)entry[0]) {
	case KIND_MAIL:
	case KIND_DIR:
		return enter(src, name, entry[0] == KIND_MAIL, err);
	case KIND_FILE:
		/*
		 * A user who asks for a Maildir does not get other files in the
		 * tree.
		 */
		if (src->opt.format == MS_FORMAT_MAILDIR &&
		    lv->is != MESSAGES) {
			src->tree->skipped = true;
			return 0;
		}
		return open_file(src, name, out, err);
	case KIND_LINK:
		set_where(src, name);
		return ms_fail(err, MS_DATA, "symbolic link, not followed");
	default:
		set_where(src, name);
		return ms_fail(err, MS_DATA, "not a regular file");
	}
}

int
ms_tree_next(struct ms_source *src, int *out, struct ms_err *err)
{
	struct ms_tree *t = src->tree;
	struct level *lv;
	int rc, fd = t->root;

	if (fd >= 0) {
		t->root = -1;
		if (push(src, fd, NULL, false, err) < 0)
			return -1;
	}
	while (t->depth > 0) {
		lv = &t->level[t->depth - 1];
		if (lv->names.next == lv->names.count) {
			pop(t);
			continue;
		}
		rc = visit(src,
		    (const char *)lv->names.text.p +
			lv->names.at[lv->names.next++],
		    out, err);
		if (rc != 0)
			return rc;
	}
	if (src->found || t->ended)
		return 0;
	t->ended = true;
	set_where(src, NULL);
	if (!src->failed && !t->skipped)
		return ms_fail(err, MS_NOINPUT, "contains no mail");
	if (src->opt.format == MS_FORMAT_MAILDIR)
		return ms_fail(err, MS_DATA, "contains no Maildir");
	return 0;
}
