/*
 * unpack.c - the files in containers: each kind, containers in containers, what
 * is no file, damage, and bombs.
 */
#include "formats/unpack.h"

#include <archive.h>
#include <archive_entry.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>
#include "tap.h"

/* ---- writing ---- */

static la_ssize_t
to_buf(struct archive *a, void *ctx, const void *p, size_t n)
{
	(void)a;
	ms_buf_add(ctx, p, n);
	return (la_ssize_t)n;
}

/* Begins a container, which archive_write_free() completes in out. */
static struct archive *
begin(struct ms_buf *out, int format, int filter)
{
	struct archive *a = archive_write_new();

	ms_buf_clear(out);
	archive_write_set_format(a, format);
	archive_write_add_filter(a, filter);
	archive_write_set_bytes_in_last_block(a, 1);
	if (archive_write_open(a, out, NULL, to_buf, NULL) != ARCHIVE_OK)
		printf("# %s\n", archive_error_string(a));
	return a;
}

static struct archive_entry *
entry(const char *path, unsigned type, size_t n)
{
	struct archive_entry *e = archive_entry_new();

	archive_entry_set_pathname(e, path);
	archive_entry_set_filetype(e, type);
	archive_entry_set_perm(e, 0644);
	archive_entry_set_size(e, (la_int64_t)n);
	archive_entry_set_mtime(e, 1234567890, 0);
	return e;
}

static void
add(struct archive *a, const char *path, struct ms_slice content)
{
	struct archive_entry *e = entry(path, AE_IFREG, content.n);

	archive_write_header(a, e);
	archive_write_data(a, content.p, content.n);
	archive_entry_free(e);
}

static void
add_str(struct archive *a, const char *path, const char *content)
{
	add(a, path, ms_slice_str(content));
}

/* A container with one file. */
static void
pack(struct ms_buf *out, int format, int filter, const char *path,
    struct ms_slice content)
{
	struct archive *a = begin(out, format, filter);

	add(a, path, content);
	archive_write_free(a);
}

#define TAR ARCHIVE_FORMAT_TAR_PAX_RESTRICTED
#define ZIP ARCHIVE_FORMAT_ZIP
#define PLAIN ARCHIVE_FILTER_NONE

/* ---- reading ---- */

static int
file_with(struct ms_slice bytes)
{
	int fd = memfd_create("unpack", MFD_CLOEXEC);

	if (write(fd, bytes.p, bytes.n) != (ssize_t)bytes.n)
		perror("write");
	return fd;
}

static void
list_file(struct ms_unpack *u, const struct ms_unpacked *file,
    struct ms_buf *out, struct ms_err *err)
{
	unsigned char p[100];
	int64_t n;
	size_t total = 0;

	for (size_t i = 0; i < file->path.n; i++)
		ms_buf_add_byte(
		    out, file->path.p[i] != '\0' ? file->path.p[i] : '/');
	ms_buf_add_byte(out, '=');
	while ((n = ms_unpack_read(u, p, sizeof p, err)) > 0) {
		if (total < 1000)
			ms_buf_add(out, p, (size_t)n);
		total += (size_t)n;
	}
	ms_buf_add_str(out, n < 0 ? "!;" : ";");
}

/* What a container has: "path=content;", and "path: error;". */
static void
list(int fd, int64_t size, struct ms_slice head, struct ms_buf *out)
{
	struct ms_unpack *u = NULL;
	struct ms_unpacked file;
	struct ms_err err = {0};
	int rc;

	ms_buf_clear(out);
	if (ms_unpack_open(&u, fd, size, head, &err) < 0) {
		ms_buf_printf(out, "%s;", err.msg);
		return;
	}
	while ((rc = ms_unpack_next(u, &file, &err)) != 0) {
		if (rc > 0) {
			list_file(u, &file, out, &err);
			continue;
		}
		for (size_t i = 0; i < file.path.n; i++)
			ms_buf_add_byte(
			    out, file.path.p[i] != '\0' ? file.path.p[i] : '/');
		ms_buf_printf(out, ": %s;", err.msg);
	}
	ms_unpack_close(u);
}

static void
list_file_of(const struct ms_buf *container, struct ms_buf *out)
{
	int fd = file_with(ms_buf_slice(container));

	list(fd, (int64_t)container->n, (struct ms_slice){0}, out);
	close(fd);
}

static bool
is(struct ms_buf *got, const char *want)
{
	bool same = strcmp(ms_buf_str(got), want) == 0;

	if (!same)
		printf("# %.300s\n", ms_buf_str(got));
	return same;
}

static bool
contains(const struct ms_buf *container, const char *want)
{
	struct ms_buf got = {0};
	bool same;

	list_file_of(container, &got);
	same = is(&got, want);
	ms_buf_release(&got);
	return same;
}

/* ---- tests ---- */

static void
test_kinds(void)
{
	static const struct {
		const char *name;
		int format, filter;
	} kinds[] = {{"tar", TAR, PLAIN},
	    {"old tar", ARCHIVE_FORMAT_TAR_GNUTAR, PLAIN},
	    {"tar.gz", TAR, ARCHIVE_FILTER_GZIP},
	    {"tar.bz2", TAR, ARCHIVE_FILTER_BZIP2},
	    {"tar.xz", TAR, ARCHIVE_FILTER_XZ},
	    {"tar.zst", TAR, ARCHIVE_FILTER_ZSTD}, {"zip", ZIP, PLAIN},
	    {"7z", ARCHIVE_FORMAT_7ZIP, PLAIN}};
	struct ms_buf c = {0};

	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
		struct archive *a = begin(&c, kinds[i].format, kinds[i].filter);

		add_str(a, "Mail/Inbox", "one");
		add_str(a, "./Mail/../Work//x", "two");
		archive_write_free(a);
		ok(ms_unpack_is(ms_buf_slice(&c)), "%s is a container",
		    kinds[i].name);
		ok(contains(&c, "Mail/Inbox/=one;Mail/Work/x/=two;"),
		    "%s: its files", kinds[i].name);
	}
	pack(&c, ARCHIVE_FORMAT_RAW, ARCHIVE_FILTER_GZIP, "x",
	    ms_slice_str("one"));
	ok(contains(&c, "=one;"), "a file that is only compressed has no name");
	ok(!ms_unpack_is(ms_slice_str("From a@b.org\nSubject: x\n")) &&
		!ms_unpack_is((struct ms_slice){NULL, 0}),
	    "mail and nothing are no containers");
	ms_buf_release(&c);
}

static void
test_nested(void)
{
	struct ms_buf a = {0}, b = {0};
	struct archive *w;
	int i;

	pack(&a, ARCHIVE_FORMAT_RAW, ARCHIVE_FILTER_GZIP, "x",
	    ms_slice_str("one"));
	pack(&b, ZIP, PLAIN, "in/mail.mbox.gz", ms_buf_slice(&a));
	w = begin(&a, TAR, ARCHIVE_FILTER_XZ);
	add(w, "2019/old.zip", ms_buf_slice(&b));
	add_str(w, "new", "two");
	archive_write_free(w);
	ok(contains(&a, "2019/old/in/mail.mbox/=one;new/=two;"),
	    "containers in containers are levels without a suffix");
	pack(&b, TAR, PLAIN, "x.tar.gz", ms_slice_str("\x1f\x8bnothing"));
	ok(contains(&b, "x/: the container is damaged;"),
	    "a damaged one in another is named");
	pack(&a, TAR, PLAIN, "f", ms_slice_str("x"));
	for (i = 0; i < MS_UNPACK_DEPTH_MAX; i++) {
		pack(&b, TAR, PLAIN, "t", ms_buf_slice(&a));
		ms_buf_clear(&a);
		ms_buf_add(&a, b.p, b.n);
	}
	ok(contains(&a,
	       "t/t/t/t/t/t/t/t/: containers in containers, more than 8 "
	       "deep;"),
	    "too many containers in containers");
	ms_buf_release(&a);
	ms_buf_release(&b);
}

static void
test_no_files(void)
{
	struct ms_buf c = {0};
	struct archive *a = begin(&c, TAR, PLAIN);
	struct archive_entry *e = entry("dir", AE_IFDIR, 0);

	archive_write_header(a, e);
	archive_entry_free(e);
	e = entry("link", AE_IFLNK, 0);
	archive_entry_set_symlink(e, "/etc/passwd");
	archive_write_header(a, e);
	archive_entry_free(e);
	e = entry("hard", AE_IFREG, 0);
	archive_entry_set_hardlink(e, "file");
	archive_write_header(a, e);
	archive_entry_free(e);
	e = entry("fifo", AE_IFIFO, 0);
	archive_write_header(a, e);
	archive_entry_free(e);
	add_str(a, "/etc/../../up", "absolute");
	archive_write_free(a);
	ok(contains(&c, "link/: a symbolic link, not followed;"
			"hard/: a link to another file, not followed;"
			"fifo/: not a regular file;etc/up/=absolute;"),
	    "links and fifos are named, and paths are names only");
	ms_buf_release(&c);
}

static void
test_windows(void)
{
	struct ms_buf c = {0};

	pack(&c, ZIP, PLAIN, "Mail\\Inbox\\1.eml", ms_slice_str("one"));
	ok(contains(&c, "Mail/Inbox/1.eml/=one;"),
	    "a backslash separates levels in a zip");
	pack(&c, TAR, PLAIN, "a\\b", ms_slice_str("one"));
	ok(contains(&c, "a\\b/=one;"), "and not in a tar");
	ms_buf_release(&c);
}

static void
test_encrypted(void)
{
	struct ms_buf c = {0};
	struct archive *a = archive_write_new();

	archive_write_set_format_zip(a);
	archive_write_set_options(a, "zip:encryption=zipcrypt");
	archive_write_set_passphrase(a, "secret");
	archive_write_open(a, &c, NULL, to_buf, NULL);
	add_str(a, "one", "first");
	add_str(a, "two", "second");
	archive_write_free(a);
	ok(contains(&c, "one/: encrypted; unpack it with its password first;"
			"two/: encrypted; unpack it with its password first;"),
	    "each encrypted file is named");
	ms_buf_release(&c);
}

/* The bytes through a pipe, of which some were read before. */
static void
test_pipe(void)
{
	struct ms_buf c = {0}, got = {0};
	struct ms_slice head = {0};
	int p[2];

	pack(&c, TAR, ARCHIVE_FILTER_GZIP, "a", ms_slice_str("one"));
	if (pipe(p) < 0 || write(p[1], c.p + 20, c.n - 20) < 0)
		perror("pipe");
	close(p[1]);
	head = (struct ms_slice){c.p, 20};
	list(p[0], -1, head, &got);
	ok(is(&got, "a/=one;"), "a container from a pipe");
	close(p[0]);
	ms_buf_release(&c);
	ms_buf_release(&got);
}

static void
test_damage(void)
{
	struct ms_buf c = {0}, got = {0};
	struct archive *a = begin(&c, ZIP, PLAIN);
	size_t bad = 0;

	add_str(a, "one", "first");
	add_str(a, "two", "second");
	archive_write_free(a);
	c.n -= 40; /* the list of files at the end */
	ok(contains(&c, "one/=first;two/=second;"),
	    "a zip without its directory");
	for (size_t n = 1; n < 60; n++) {
		c.n -= 1;
		list_file_of(&c, &got);
		bad += strstr(ms_buf_str(&got), "one/=first;") == NULL;
	}
	ok(bad == 0, "a zip that is cut off keeps the files before");
	pack(&c, TAR, ARCHIVE_FILTER_GZIP, "a", ms_slice_str("one"));
	c.n = c.n / 2;
	list_file_of(&c, &got);
	ok(is(&got, "truncated gzip input;"),
	    "a compressed tar that is cut off is named");
	ms_buf_release(&c);
	ms_buf_release(&got);
}

static void
test_bomb(void)
{
	struct ms_buf c = {0}, got = {0};
	struct archive *a = begin(&c, ARCHIVE_FORMAT_RAW, ARCHIVE_FILTER_ZSTD);
	struct archive_entry *e = entry("x", AE_IFREG, 0);
	static unsigned char same[1 << 20];

	memset(same, 'x', sizeof same);
	archive_entry_unset_size(e);
	archive_write_header(a, e);
	for (int i = 0; i < 257; i++)
		archive_write_data(a, same, sizeof same);
	archive_entry_free(e);
	archive_write_free(a);
	list_file_of(&c, &got);
	ok(got.n > 2 && strcmp(ms_buf_str(&got) + got.n - 2, "!;") == 0,
	    "a bomb is stopped");
	ms_buf_release(&c);
	ms_buf_release(&got);
}

int
main(void)
{
	test_kinds();
	test_nested();
	test_no_files();
	test_windows();
	test_encrypted();
	test_pipe();
	test_damage();
	test_bomb();
	return done();
}
