/*
 * unpack.c - the files in containers, and in containers in them. libarchive
 * reads every layer; the inner ones read what the one around them gives.
 * libarchive has had faults with damaged files, so this code runs in a confined
 * process. Filters such as uuencode, which text can begin with, are not used.
 */
#include "unpack.h"

#include <archive.h>
#include <archive_entry.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <time.h>
#include <unistd.h>

#define BLOCK 65536
#define FAILURES_MAX 1000 /* one after another, of a damaged container */

struct layer {
	struct ms_unpack *all;
	struct archive *archive;
	size_t path_n;      /* bytes of the path to this container */
	bool raw;           /* a compressed file, which is no container */
	struct ms_buf head; /* bytes that were read to tell what it is */
	size_t head_at;
	unsigned char block[BLOCK];
};

struct ms_unpack {
	int fd;
	bool is_file;     /* can be read at any position */
	off_t at, size;   /* of a file */
	uint64_t read;    /* bytes of the outermost container */
	uint64_t written; /* bytes of its files */
	uint64_t files;
	bool ended, bomb;
	unsigned failures;
	struct ms_buf path;
	size_t depth; /* layers; the last one is the innermost */
	struct layer *layer[MS_UNPACK_DEPTH_MAX];
	struct ms_buf head; /* first bytes of the file */
	size_t head_at;
};

/* ---- kinds ---- */

/* Whether the block is the header of a file in a tar: its sum is right. */
static bool
is_tar(struct ms_slice head)
{
	unsigned long sum = 0, want = 0;
	size_t i = 148;

	if (head.n < MS_UNPACK_HEAD)
		return false;
	while (i < 156 && head.p[i] == ' ')
		i++;
	for (; i < 156 && head.p[i] >= '0' && head.p[i] <= '7'; i++)
		want = want * 8 + (head.p[i] - '0');
	for (i = 0; i < MS_UNPACK_HEAD; i++)
		sum += i >= 148 && i < 156 ? ' ' : head.p[i];
	return want == sum;
}

bool
ms_unpack_is(struct ms_slice head)
{
	static const struct {
		size_t n;
		const char *bytes;
	} kinds[] = {{2, "\x1f\x8b"}, {3, "BZh"},
	    {6, "\xfd"
		"7zXZ\0"},
	    {4, "\x28\xb5\x2f\xfd"}, {4, "PK\3\4"}, {4, "PK\5\6"},
	    {6, "7z\xbc\xaf\x27\x1c"}};

	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++)
		if (head.n >= kinds[i].n &&
		    memcmp(head.p, kinds[i].bytes, kinds[i].n) == 0)
			return true;
	return is_tar(head);
}

/* ---- what libarchive reads ---- */

static la_ssize_t
fail_read(struct archive *a, int error)
{
	archive_set_error(a, error, "%s", strerror(error));
	return ARCHIVE_FATAL;
}

static la_ssize_t
read_fd(struct archive *a, void *ctx, const void **out)
{
	struct layer *l = ctx;
	struct ms_unpack *u = l->all;
	ssize_t n;

	*out = l->block;
	if (l->head_at < l->head.n) {
		*out = l->head.p + l->head_at;
		n = (ssize_t)(l->head.n - l->head_at);
		l->head_at = l->head.n;
	} else {
		do
			n = u->is_file ? pread(u->fd, l->block, BLOCK, u->at)
				       : read(u->fd, l->block, BLOCK);
		while (n < 0 && errno == EINTR);
	}
	if (n < 0)
		return fail_read(a, errno);
	u->at += n;
	u->read += (uint64_t)n;
	return n;
}

/* For zip and 7z, whose lists of files are at the end. */
static la_int64_t
seek_fd(struct archive *a, void *ctx, la_int64_t offset, int whence)
{
	struct ms_unpack *u = ((struct layer *)ctx)->all;
	off_t base = whence == SEEK_CUR   ? u->at
		     : whence == SEEK_END ? u->size
					  : 0;

	if (__builtin_add_overflow(base, offset, &base) || base < 0)
		return fail_read(a, EINVAL);
	u->at = base;
	return base;
}

static la_int64_t
skip_fd(struct archive *a, void *ctx, la_int64_t n)
{
	struct ms_unpack *u = ((struct layer *)ctx)->all;

	(void)a;
	if (n < 0 || n > u->size - u->at)
		return 0; /* libarchive then reads instead */
	u->at += n;
	u->read += (uint64_t)n;
	return n;
}

/* The bytes of a file in the container around this one. */
static la_ssize_t
read_outer(struct archive *a, void *ctx, const void **out)
{
	struct layer *l = ctx;
	struct ms_unpack *u = l->all;
	struct archive *outer = u->layer[u->depth - 2]->archive;
	la_ssize_t n;

	if (l->head_at < l->head.n) {
		*out = l->head.p + l->head_at;
		n = (la_ssize_t)(l->head.n - l->head_at);
		l->head_at = l->head.n;
		return n;
	}
	*out = l->block;
	n = archive_read_data(outer, l->block, BLOCK);
	if (n < 0)
		archive_set_error(
		    a, archive_errno(outer), "%s", archive_error_string(outer));
	return n < 0 ? ARCHIVE_FATAL : n;
}

/* ---- layers ---- */

static int
fail_archive(struct archive *a, struct ms_err *err)
{
	const char *why = archive_error_string(a);

	return ms_fail(
	    err, MS_DATA, "%s", why != NULL ? why : "the container is damaged");
}

static void
pop(struct ms_unpack *u)
{
	struct layer *l = u->layer[--u->depth];

	archive_read_free(l->archive);
	ms_buf_release(&l->head);
	free(l);
}

static struct archive *
new_archive(void)
{
	struct archive *a = archive_read_new();

	if (a == NULL)
		ms_out_of_memory();
	archive_read_support_filter_gzip(a);
	archive_read_support_filter_bzip2(a);
	archive_read_support_filter_xz(a);
	archive_read_support_filter_zstd(a);
	archive_read_support_format_tar(a);
	archive_read_support_format_zip(a);
	archive_read_support_format_7zip(a);
	archive_read_support_format_raw(a);
	return a;
}

/* Adds a layer, which owns head from now on. */
static int
push(struct ms_unpack *u, struct ms_buf *head, struct ms_err *err)
{
	struct layer *l = ms_xcalloc(1, sizeof *l);
	bool outermost = u->depth == 0;

	l->all = u;
	l->archive = new_archive();
	l->path_n = u->path.n;
	l->head = *head;
	*head = (struct ms_buf){0};
	u->layer[u->depth++] = l;
	archive_read_set_callback_data(l->archive, l);
	archive_read_set_read_callback(
	    l->archive, outermost ? read_fd : read_outer);
	if (outermost && u->is_file) {
		archive_read_set_seek_callback(l->archive, seek_fd);
		archive_read_set_skip_callback(l->archive, skip_fd);
	}
	if (archive_read_open1(l->archive) >= ARCHIVE_WARN)
		return 0;
	fail_archive(l->archive, err);
	pop(u);
	return -1;
}

int
ms_unpack_open(struct ms_unpack **out, int fd, int64_t size,
    struct ms_slice head, struct ms_err *err)
{
	struct ms_unpack *u = ms_xcalloc(1, sizeof *u);
	struct ms_buf copy = {0};

	u->fd = fd;
	u->is_file = size >= 0;
	u->size = size;
	ms_buf_add(&copy, head.p, head.n);
	if (push(u, &copy, err) < 0) {
		ms_unpack_close(u);
		return -1;
	}
	*out = u;
	return 0;
}

void
ms_unpack_close(struct ms_unpack *u)
{
	if (u == NULL)
		return;
	while (u->depth > 0)
		pop(u);
	ms_buf_release(&u->path);
	ms_buf_release(&u->head);
	free(u);
}

/*
 * Names are converted by iconv(3), whose list of modules the C library reads
 * once. The dates of zip files are local: without TZ the C library looks at
 * /etc/localtime each time, and with it once.
 */
void
ms_unpack_warm_up(void)
{
	struct archive_entry *e = archive_entry_new();

	archive_entry_set_pathname(e, "x");
	(void)archive_entry_pathname_utf8(e);
	archive_entry_set_pathname_utf8(e, "x");
	(void)archive_entry_pathname(e);
	archive_entry_free(e);
	setenv("TZ", "/etc/localtime", 0);
	tzset();
}

/* ---- paths ---- */

/* Adds the levels of a path; zip files of Windows have "\" between them. */
static void
add_path(struct ms_unpack *u, const char *path, bool zip)
{
	const char *ends = zip ? "/\\" : "/";

	while (*path != '\0') {
		size_t n = strcspn(path, ends);
		bool skip = n == 0 || (n == 1 && path[0] == '.') ||
			    (n == 2 && path[0] == '.' && path[1] == '.');

		if (!skip && u->path.n + n < MS_UNPACK_PATH_MAX) {
			ms_buf_add(&u->path, path, n);
			ms_buf_add_byte(&u->path, '\0');
		}
		path += n + (path[n] != '\0');
	}
}

/* Cuts one suffix of containers off a name of n bytes, of which one remains. */
static size_t
without_suffix(const char *name, size_t n)
{
	static const char *const suffixes[] = {".gz", ".bz2", ".xz", ".zst",
	    ".tgz", ".tbz", ".txz", ".tar", ".zip", ".7z"};

	for (size_t i = 0; i < sizeof(suffixes) / sizeof(suffixes[0]); i++) {
		size_t k = strlen(suffixes[i]);

		if (n > k && strncasecmp(name + n - k, suffixes[i], k) == 0)
			return n - k;
	}
	return n;
}

size_t
ms_unpack_stem(const char *name, size_t n)
{
	size_t k;

	while ((k = without_suffix(name, n)) < n)
		n = k;
	return n;
}

/* Removes the suffixes of a container from the last level. */
static void
drop_suffixes(struct ms_unpack *u)
{
	size_t begin = u->path.n;

	if (begin == 0)
		return;
	for (begin--; begin > 0 && u->path.p[begin - 1] != '\0'; begin--)
		;
	u->path.n = begin + ms_unpack_stem((char *)u->path.p + begin,
				u->path.n - 1 - begin);
	ms_buf_add_byte(&u->path, '\0');
}

/* ---- files ---- */

/* What is wrong with an entry that is no file with bytes, or NULL. */
static const char *
why_not(struct archive_entry *e)
{
	if (archive_entry_is_data_encrypted(e) ||
	    archive_entry_is_metadata_encrypted(e))
		return "encrypted; unpack it with its password first";
	if (archive_entry_hardlink(e) != NULL)
		return "a link to another file, not followed";
	if (archive_entry_filetype(e) == AE_IFLNK)
		return "a symbolic link, not followed";
	if (archive_entry_filetype(e) != AE_IFREG)
		return "not a regular file";
	return NULL;
}

/* Reads the first bytes of the entry into u->head. */
static int
read_head(struct ms_unpack *u, struct archive *a, struct ms_err *err)
{
	unsigned char *p;
	la_ssize_t n;

	ms_buf_clear(&u->head);
	u->head_at = 0;
	while (u->head.n < MS_UNPACK_HEAD) {
		p = ms_buf_room(&u->head, MS_UNPACK_HEAD);
		n = archive_read_data(a, p, MS_UNPACK_HEAD - u->head.n);
		if (n < 0)
			return fail_archive(a, err);
		if (n == 0)
			break;
		u->head.n += (size_t)n;
	}
	return 0;
}

/* A container that fails has no more files. */
static int
layer_failed(struct ms_unpack *u, struct ms_err *err)
{
	fail_archive(u->layer[u->depth - 1]->archive, err);
	pop(u);
	u->ended = u->depth == 0;
	return -1;
}

/* Finds the next entry that is no directory. Returns 1; 0: this container has
 * none; -1. */
static int
next_entry(struct ms_unpack *u, struct archive_entry **e, struct ms_err *err)
{
	struct layer *l = u->layer[u->depth - 1];
	int rc;

	do {
		rc = archive_read_next_header(l->archive, e);
		if (rc == ARCHIVE_EOF)
			return 0;
		if (rc == ARCHIVE_FATAL ||
		    (rc < ARCHIVE_WARN && ++u->failures == FAILURES_MAX))
			return layer_failed(u, err);
		if (rc < ARCHIVE_WARN)
			return fail_archive(l->archive, err);
		u->failures = 0;
	} while (archive_entry_filetype(*e) == AE_IFDIR);
	return 1;
}

static int
limit_files(struct ms_unpack *u, struct ms_err *err)
{
	if (++u->files <= MS_UNPACK_FILES_MAX)
		return 0;
	u->ended = true;
	return ms_fail(err, MS_DATA, "the container has more than %d files",
	    MS_UNPACK_FILES_MAX);
}

/* Names the entry, and reads its first bytes. As ms_unpack_next(). */
static int
begin_entry(struct ms_unpack *u, struct archive_entry *e,
    struct ms_unpacked *file, struct ms_err *err)
{
	struct layer *l = u->layer[u->depth - 1];
	/* Names in UTF-8 do not depend on the locale; others are as stored. */
	const char *utf8 = archive_entry_pathname_utf8(e);
	const char *name = utf8 != NULL ? utf8 : archive_entry_pathname(e);
	bool zip = (archive_format(l->archive) & ARCHIVE_FORMAT_BASE_MASK) ==
		   ARCHIVE_FORMAT_ZIP;
	const char *why = why_not(e);

	l->raw = archive_format(l->archive) == ARCHIVE_FORMAT_RAW;
	if (!l->raw)
		add_path(u, name != NULL ? name : "", zip);
	file->path = ms_buf_slice(&u->path);
	file->has_mtime = archive_entry_mtime_is_set(e);
	file->mtime = file->has_mtime ? archive_entry_mtime(e) : 0;
	if (limit_files(u, err) < 0)
		return -1;
	if (l->raw && archive_filter_count(l->archive) == 1) {
		ms_fail(err, MS_DATA, "the container is damaged");
		pop(u);
		u->ended = u->depth == 0;
		return -1;
	}
	if (why != NULL)
		return ms_fail(err, MS_DATA, "%s", why);
	return read_head(u, l->archive, err) < 0 ? -1 : 1;
}

int
ms_unpack_next(
    struct ms_unpack *u, struct ms_unpacked *file, struct ms_err *err)
{
	struct archive_entry *e;
	int rc;

	*file = (struct ms_unpacked){0};
	while (!u->ended) {
		u->path.n = u->layer[u->depth - 1]->path_n;
		file->path = ms_buf_slice(&u->path);
		rc = next_entry(u, &e, err);
		if (rc < 0)
			return -1;
		if (rc == 0) {
			pop(u);
			u->ended = u->depth == 0;
			continue;
		}
		rc = begin_entry(u, e, file, err);
		if (rc < 0 || !ms_unpack_is(ms_buf_slice(&u->head)))
			return rc;
		if (u->depth == MS_UNPACK_DEPTH_MAX)
			return ms_fail(err, MS_DATA,
			    "containers in containers, more than %d deep",
			    MS_UNPACK_DEPTH_MAX);
		drop_suffixes(u);
		if (push(u, &u->head, err) < 0)
			return -1;
	}
	return 0;
}

/* Whether the files have more bytes than files of this container can have. */
static bool
is_bomb(const struct ms_unpack *u)
{
	return u->written > MS_UNPACK_FREE &&
	       u->written / MS_UNPACK_TIMES > u->read;
}

int64_t
ms_unpack_read(
    struct ms_unpack *u, unsigned char *p, size_t n, struct ms_err *err)
{
	struct archive *a;
	la_ssize_t got;

	if (u->ended)
		return 0;
	a = u->layer[u->depth - 1]->archive;
	if (u->head_at < u->head.n) {
		if (n > u->head.n - u->head_at)
			n = u->head.n - u->head_at;
		memcpy(p, u->head.p + u->head_at, n);
		u->head_at += n;
		got = (la_ssize_t)n;
	} else {
		got = archive_read_data(a, p, n);
	}
	if (got < 0)
		return fail_archive(a, err);
	u->written += (uint64_t)got;
	if (!is_bomb(u))
		return got;
	u->ended = true;
	return ms_fail(err, MS_DATA,
	    "more than %d times the size of the container comes out of it",
	    MS_UNPACK_TIMES);
}

uint64_t
ms_unpack_used(const struct ms_unpack *u)
{
	return u->read;
}
