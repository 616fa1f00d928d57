/*
 * sink-eml.c - a file for each message, in directories that correspond to its
 * folders; or a single message on standard output. ms-export(1), Files.
 */
#include "sink-impl.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "fs.h"

#define CHUNK 262144 /* bytes collected before a write(2) */

/* ---- standard output ---- */

struct raw {
	struct ms_sink sink;
	struct ms_outfile file;
	bool used;
};

static int
raw_begin(
    struct ms_sink *sink, const struct ms_out_message *m, struct ms_err *err)
{
	struct raw *r = (struct raw *)sink;

	(void)m;
	if (r->used)
		return ms_fail(err, MS_USAGE,
		    "standard output takes only one message in this format");
	r->used = true;
	return 0;
}

static int
raw_data(
    struct ms_sink *sink, const unsigned char *p, size_t n, struct ms_err *err)
{
	return ms_outfile_write(&((struct raw *)sink)->file, p, n, err);
}

static int
raw_end(struct ms_sink *sink, struct ms_err *err)
{
	(void)sink;
	(void)err;
	return 0;
}

static int
raw_cancel(struct ms_sink *sink, const char *reason, struct ms_err *err)
{
	(void)sink;
	return ms_fail(
	    err, MS_DATA, "the written message is incomplete: %s", reason);
}

static int
raw_flush(struct ms_sink *sink, struct ms_err *err)
{
	return ms_outfile_flush(&((struct raw *)sink)->file, err);
}

static int
raw_close(struct ms_sink *sink, const struct ms_trailer *t, struct ms_err *err)
{
	struct raw *r = (struct raw *)sink;
	int rc = ms_outfile_close(&r->file, ms_sink_complete(t), err);

	free(r);
	return rc;
}

static const struct ms_sink_ops raw_ops = {.begin = raw_begin,
    .data = raw_data,
    .end = raw_end,
    .cancel = raw_cancel,
    .flush = raw_flush,
    .close = raw_close};

static int
raw_open(struct ms_sink **out, struct ms_err *err)
{
	struct raw *r = ms_xcalloc(1, sizeof(*r));

	r->sink.ops = &raw_ops;
	if (ms_outfile_open(&r->file, "-", err) < 0) {
		free(r);
		return -1;
	}
	*out = &r->sink;
	return 0;
}

/* ---- a directory ---- */

struct files {
	struct ms_sink sink;
	char *dest;
	int root;
	bool made; /* dest was created */
	bool users;
	struct ms_buf folder; /* path of the open directory, below root */
	int dir;
	struct ms_buf name; /* of the current message */
	char *temp;         /* name of every temporary file */
	/*
	 * The current file: a new one, or an existing one with the same name,
	 * whose contents are compared with the message.
	 */
	int fd;
	bool exists;
	int64_t mtime;     /* of the current message */
	struct ms_buf out; /* bytes to write, or space to read into */
};

/* The name is in use by another file, or by something else than a file. */
static int
refuse(const struct files *f, const char *what, struct ms_err *err)
{
	return ms_fail(err, MS_EXISTS, "%s/%.*s%s%.*s: %s", f->dest,
	    (int)f->folder.n, (const char *)f->folder.p,
	    f->folder.n > 0 ? "/" : "", (int)f->name.n, (const char *)f->name.p,
	    what);
}

static int
fail_io(const struct files *f, struct ms_err *err)
{
	return ms_fail_errno(err, "%s/%.*s%s%.*s", f->dest, (int)f->folder.n,
	    (const char *)f->folder.p, f->folder.n > 0 ? "/" : "",
	    (int)f->name.n, (const char *)f->name.p);
}

/* Closes the current file; removes it if it is a temporary file. */
static void
drop(struct files *f)
{
	if (f->fd < 0)
		return;
	close(f->fd);
	f->fd = -1;
	if (!f->exists)
		unlinkat(f->dir, f->temp, 0);
}

/*
 * Opens a directory below dir, and creates it if it is missing. Links are not
 * followed, because another user may have made them.
 */
static int
step(struct files *f, int dir, const char *name, struct ms_err *err)
{
	int fd;

	if (mkdirat(dir, name, 0700) < 0 && errno != EEXIST)
		return fail_io(f, err);
	fd = openat(dir, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (fd < 0 && (errno == ENOTDIR || errno == ELOOP))
		return refuse(
		    f, "a file or link has the name of the directory", err);
	return fd < 0 ? fail_io(f, err) : fd;
}

/* Opens the directory of a folder. */
static int
enter(struct files *f, const struct ms_buf *path, struct ms_err *err)
{
	char *copy, *level, *rest;
	int dir = f->root, below;

	if (f->dir >= 0 &&
	    ms_slice_eq(ms_buf_slice(&f->folder), ms_buf_slice(path)))
		return 0;
	if (f->dir >= 0 && f->dir != f->root)
		close(f->dir);
	f->dir = -1;
	ms_buf_clear(&f->folder);
	ms_buf_add(&f->folder, path->p, path->n);
	rest = copy = ms_xstrndup(path->p, path->n);
	while (path->n > 0 && (level = strsep(&rest, "/")) != NULL) {
		below = step(f, dir, level, err);
		if (dir != f->root)
			close(dir);
		dir = below;
		if (dir < 0)
			break;
	}
	free(copy);
	f->dir = dir;
	return dir < 0 ? -1 : 0;
}

/*
 * The label "local" of files that were read without a label does not make a
 * directory.
 */
static bool
has_label(const struct ms_out_message *m)
{
	if (m->label == NULL || m->label[0] == '\0')
		return false;
	return m->source == NULL || strcmp(m->source, "local:") != 0 ||
	       strcmp(m->label, "local") != 0;
}

/* A message without an occurrence is stored at the top. */
static void
path_of(
    const struct files *f, const struct ms_out_message *m, struct ms_buf *path)
{
	if (m->folder == NULL)
		return;
	if (f->users) {
		ms_file_level(path, ms_slice_str(m->user));
		ms_buf_add_byte(path, '/');
	}
	if (has_label(m)) {
		ms_file_level(path, ms_slice_str(m->label));
		ms_buf_add_byte(path, '/');
	}
	ms_file_folder(path, m->folder);
}

/* Opens the existing file with this name for comparison, or a new one. */
static int
open_file(struct files *f, struct ms_err *err)
{
	struct stat st;

	f->fd = openat(f->dir, ms_buf_str(&f->name),
	    O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
	f->exists = f->fd >= 0;
	if (f->exists) {
		if (fstat(f->fd, &st) == 0 && S_ISREG(st.st_mode))
			return 0;
		drop(f);
		return refuse(f, "not a regular file", err);
	}
	if (errno == ELOOP)
		return refuse(f, "is a link", err);
	if (errno != ENOENT)
		return fail_io(f, err);
	f->fd = openat(
	    f->dir, f->temp, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	return f->fd < 0 ? fail_io(f, err) : 0;
}

static int
files_begin(
    struct ms_sink *sink, const struct ms_out_message *m, struct ms_err *err)
{
	struct files *f = (struct files *)sink;
	struct ms_buf path = {0};
	int rc;

	drop(f);
	ms_buf_clear(&f->out);
	ms_buf_clear(&f->name);
	/* An mtime of the epoch is read as an unknown date. */
	f->mtime = m->has_date ? m->arrived : 0;
	path_of(f, m, &path);
	rc = enter(f, &path, err);
	ms_buf_release(&path);
	if (rc < 0)
		return -1;
	ms_file_message(&f->name, m);
	return open_file(f, err);
}

static int
write_out(struct files *f, const unsigned char *p, size_t n, struct ms_err *err)
{
	if (ms_fs_write(f->fd, p, n) == 0)
		return 0;
	fail_io(f, err);
	drop(f);
	return -1;
}

/* Compares the next bytes of the existing file with these. */
static int
compare(struct files *f, const unsigned char *p, size_t n, struct ms_err *err)
{
	while (n > 0) {
		size_t want = n < CHUNK ? n : CHUNK;
		unsigned char *in = ms_buf_room(&f->out, CHUNK);
		ssize_t got = read(f->fd, in, want);

		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0)
			return fail_io(f, err);
		if (got == 0 || memcmp(in, p, (size_t)got) != 0) {
			drop(f);
			return refuse(
			    f, "already exists with other contents", err);
		}
		p += got;
		n -= (size_t)got;
	}
	return 0;
}

static int
files_data(
    struct ms_sink *sink, const unsigned char *p, size_t n, struct ms_err *err)
{
	struct files *f = (struct files *)sink;

	if (f->exists)
		return compare(f, p, n, err);
	if (f->out.n + n > CHUNK) {
		if (write_out(f, f->out.p, f->out.n, err) < 0)
			return -1;
		ms_buf_clear(&f->out);
	}
	if (n > CHUNK)
		return write_out(f, p, n, err);
	ms_buf_add(&f->out, p, n);
	return 0;
}

/* Sets the date of the file, and gives it its name. */
static int
finish(struct files *f, struct ms_err *err)
{
	struct timespec times[2] = {
	    {.tv_nsec = UTIME_OMIT}, {.tv_sec = (time_t)f->mtime}};
	int rc;

	if (write_out(f, f->out.p, f->out.n, err) < 0)
		return -1;
	/* Some file systems cannot store the date, which is not an error. */
	(void)futimens(f->fd, times);
	rc = ms_rename_new(f->dir, f->temp, f->dir, ms_buf_str(&f->name), err);
	if (rc < 0)
		drop(f);
	return rc;
}

static int
files_end(struct ms_sink *sink, struct ms_err *err)
{
	struct files *f = (struct files *)sink;
	unsigned char more;

	if (!f->exists) {
		if (finish(f, err) < 0)
			return -1;
	} else if (read(f->fd, &more, 1) > 0) {
		drop(f);
		return refuse(
		    f, "is there already, longer, and not overwritten", err);
	}
	close(f->fd);
	f->fd = -1;
	return 0;
}

static int
files_cancel(struct ms_sink *sink, const char *reason, struct ms_err *err)
{
	(void)reason;
	(void)err;
	drop((struct files *)sink);
	return 0;
}

static int
files_flush(struct ms_sink *sink, struct ms_err *err)
{
	(void)sink;
	(void)err;
	return 0;
}

static int
files_close(
    struct ms_sink *sink, const struct ms_trailer *t, struct ms_err *err)
{
	struct files *f = (struct files *)sink;
	int rc = 0;

	drop(f);
	/*
	 * One sync for all files: syncing thousands one by one takes minutes.
	 */
	if (syncfs(f->root) < 0)
		rc = ms_fail_errno(err, "%s", f->dest);
	if (f->dir >= 0 && f->dir != f->root)
		close(f->dir);
	close(f->root);
	if (f->made && t->messages == 0)
		(void)rmdir(f->dest);
	ms_buf_release(&f->folder);
	ms_buf_release(&f->name);
	ms_buf_release(&f->out);
	free(f->dest);
	free(f->temp);
	free(f);
	return rc;
}

static const struct ms_sink_ops files_ops = {.begin = files_begin,
    .data = files_data,
    .end = files_end,
    .cancel = files_cancel,
    .flush = files_flush,
    .close = files_close};

static int
eml_open(
    struct ms_sink **out, const struct ms_sink_options *opt, struct ms_err *err)
{
	struct ms_buf temp = {0};
	struct files *f;
	bool made;
	int root;

	if (strcmp(opt->dest, "-") == 0)
		return raw_open(out, err);
	made = mkdir(opt->dest, 0700) == 0;
	if (!made && errno != EEXIST)
		return ms_fail_errno(err, "%s", opt->dest);
	root = open(opt->dest, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (root < 0 && errno == ENOTDIR)
		return ms_fail(err, MS_EXISTS,
		    "%s: is a file; give a directory", opt->dest);
	if (root < 0)
		return ms_fail_errno(err, "%s", opt->dest);
	f = ms_xcalloc(1, sizeof(*f));
	f->sink.ops = &files_ops;
	f->sink.can_cancel = true;
	f->dest = ms_xstrdup(opt->dest);
	f->root = root;
	f->made = made;
	f->users = opt->users;
	f->dir = f->fd = -1;
	ms_temp_name(&temp);
	f->temp = ms_xstrdup(ms_buf_str(&temp));
	ms_buf_release(&temp);
	*out = &f->sink;
	return 0;
}

const struct ms_sink_format ms_sink_eml = {
    .name = "eml", .eol = MS_EXPORT_ORIGINAL, .single = true, .open = eml_open};
