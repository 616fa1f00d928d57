/* format.c - the file FORMAT: the version, the id and the features of an
 * archive. ms-archive(5), Features. */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "fs.h"
#include "impl.h"

#define FORMAT_MAX 65536

/* ---- reading ---- */

/* The features that a program must know and this version knows, and their bits
 * in the header of a pack. */
static const struct {
	const char *line;
	uint64_t bit;
} known[] = {{MS_FEATURE_VIEW, MS_PACK_VIEW}};

/* The bit of a line of FORMAT, or 0. */
static uint64_t
bit_of(const char *line)
{
	for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++)
		if (strcmp(line, known[i].line) == 0)
			return known[i].bit;
	return 0;
}

/* May this version ignore a feature, in the mode in which the archive is open?
 */
static bool
may_ignore(const struct ms_archive *a, const char *line)
{
	return strncmp(line, "note ", 5) == 0 ||
	       (strncmp(line, "write ", 6) == 0 && a->mode != MS_ARCHIVE_WRITE);
}

/* Parses FORMAT, which consists of lines. */
static int
parse_format(struct ms_archive *a, char *text, struct ms_err *err)
{
	bool first = true, have_id = false;
	char *line, *end;

	a->pack_features = 0;
	for (line = text; *line != '\0'; line = end + 1) {
		end = strchr(line, '\n');
		if (end == NULL)
			return ms_fail(
			    err, MS_DATA, "the last line has no end");
		*end = '\0';
		if (first && strcmp(line, "ms-archive 1") != 0)
			return ms_fail(
			    err, MS_DATA, "unknown format '%.40s'", line);
		if (strncmp(line, "id ", 3) == 0) {
			have_id = ms_unhex(ms_slice_str(line + 3), a->id,
				      MS_ID_LEN) == MS_ID_LEN;
		} else if (!first && bit_of(line) == 0 &&
			   !may_ignore(a, line)) {
			return ms_fail(err, MS_DATA,
			    "'%.60s' needs a newer version", line);
		}
		a->pack_features |= bit_of(line);
		first = false;
	}
	if (!have_id)
		return ms_fail(err, MS_DATA, "no archive id");
	return 0;
}

int
ms_archive_missing(const char *dir, struct ms_err *err)
{
	return ms_fail(err, MS_NOINPUT,
	    "%s: there is no archive (ms-init makes one)", dir);
}

static int
read_text(const struct ms_archive *a, struct ms_buf *text, struct ms_err *err)
{
	struct ms_buf path = {0};
	int rc;

	ms_buf_printf(&path, "%s/FORMAT", a->path);
	rc = ms_buf_read_at(
	    text, a->dirfd, "FORMAT", ms_buf_str(&path), FORMAT_MAX, err);
	if (rc < 0 && err != NULL && err->code == MS_NOINPUT)
		ms_archive_missing(a->path, err);
	if (rc == 0 && strlen(ms_buf_str(text)) != text->n)
		rc = ms_fail(
		    err, MS_DATA, "%s: contains a NUL byte", ms_buf_str(&path));
	ms_buf_release(&path);
	return rc;
}

/* Which file FORMAT is. A missing file is found by read_text(). */
static int
look_at(const struct ms_archive *a, struct stat *st, struct ms_err *err)
{
	*st = (struct stat){0};
	if (fstatat(a->dirfd, "FORMAT", st, AT_SYMLINK_NOFOLLOW) < 0 &&
	    errno != ENOENT)
		return ms_fail_errno(err, "%s/FORMAT", a->path);
	return 0;
}

int
ms_archive_read_format(struct ms_archive *a, struct ms_err *err)
{
	struct ms_buf text = {0};
	struct stat st;
	int rc;

	/* A file that replaces FORMAT meanwhile is read again later. */
	rc = look_at(a, &st, err);
	if (rc == 0)
		rc = read_text(a, &text, err);
	if (rc == 0) {
		rc = parse_format(a, ms_buf_str(&text), err);
		if (rc < 0)
			ms_context(err, "%s/FORMAT", a->path);
	}
	ms_buf_release(&text);
	a->format_ino = st.st_ino;
	a->format_time = rc == 0 ? st.st_mtim : (struct timespec){0};
	return rc;
}

int
ms_archive_reread_format(struct ms_archive *a, struct ms_err *err)
{
	unsigned char id[MS_ID_LEN];
	struct stat st;

	if (look_at(a, &st, err) < 0)
		return -1;
	if (st.st_ino == a->format_ino &&
	    st.st_mtim.tv_sec == a->format_time.tv_sec &&
	    st.st_mtim.tv_nsec == a->format_time.tv_nsec)
		return 0;
	memcpy(id, a->id, MS_ID_LEN);
	if (ms_archive_read_format(a, err) < 0)
		return -1;
	if (memcmp(id, a->id, MS_ID_LEN) == 0)
		return 0;
	return ms_fail(
	    err, MS_DATA, "%s/FORMAT: is of another archive now", a->path);
}

/* ---- a feature is added ---- */

static bool
has_line(const char *text, const char *line)
{
	size_t n = strlen(line);

	for (; text != NULL; text = strchr(text, '\n')) {
		text += *text == '\n';
		if (strncmp(text, line, n) == 0 && text[n] == '\n')
			return true;
	}
	return false;
}

int
ms_archive_add_feature(
    struct ms_archive *a, const char *line, struct ms_err *err)
{
	struct ms_buf text = {0};
	int rc;

	rc = read_text(a, &text, err);
	if (rc < 0 || has_line(ms_buf_str(&text), line))
		goto out;
	ms_buf_printf(&text, "%s\n", line);
	rc = ms_fs_replace(
	    a->dirfd, "tmp/", "FORMAT", 0600, ms_buf_slice(&text), err);
	if (rc == 0)
		rc = ms_archive_read_format(a, err);
out:
	ms_buf_release(&text);
	return rc;
}
