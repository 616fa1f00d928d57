/* import.c - states of imports under way. ms-archive(5), Interrupted
 * imports. */
#include "import.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "fs.h"
#include "impl.h"

#define FOLDER "resume"
#define FIRST "ms-resume 1\n"
#define NEW ".new"
#define NEW_SECONDS 3600 /* after which a .new belongs to no running tool */
#define HEAD_MAX 256     /* bytes of the lines around a state, with the user */

static int
open_folder(struct ms_archive *a)
{
	return openat(
	    a->dirfd, FOLDER, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
}

static bool
is_name(const char *name)
{
	return strlen(name) == MS_SHA_HEX &&
	       strspn(name, "0123456789abcdef") == MS_SHA_HEX;
}

/* ---- what a state vouches for ---- */

/* The number of the last COMMIT in the index, and its chain. */
static int
last_commit(struct ms_archive *a, struct ms_position *pos, struct ms_err *err)
{
	struct ms_txn txn;

	do {
		if (ms_index_begin(a->ix, &txn, err) < 0 ||
		    ms_index_position(&txn, pos, err) < 0) {
			(void)ms_index_end(&txn);
			return -1;
		}
	} while (ms_index_end(&txn) != 0);
	return 0;
}

/* Whether the archive has this COMMIT: it is not an older copy. */
static bool
has_commit(struct ms_archive *a, uint64_t number,
    const unsigned char chain[MS_SHA_LEN])
{
	struct ms_position pos;
	struct ms_buf content = {0};
	struct ms_commit c;
	bool has;

	has = last_commit(a, &pos, NULL) == 0 && number < pos.next &&
	      ms_archive_content(a, number, MS_COMMIT, &content, NULL) == 0 &&
	      ms_commit_parse(&c, ms_buf_slice(&content), NULL) == 0 &&
	      memcmp(c.chain, chain, MS_SHA_LEN) == 0;
	ms_buf_release(&content);
	return has;
}

/* Whether a folder still belongs to a user of this name. */
static bool
has_folder(struct ms_archive *a, uint64_t number, struct ms_slice user)
{
	const struct ms_folder *f;

	return number == 0 ||
	       (ms_archive_folder_get(a, number, &f, NULL) == 1 &&
		   ms_slice_eq(ms_slice_str(f->user_name), user));
}

/* ---- the text of a file ---- */

/* Takes a line, without its line end, from the text. */
static bool
take_line(struct ms_slice *text, struct ms_slice *line)
{
	const unsigned char *lf = memchr(text->p, '\n', text->n);

	if (lf == NULL)
		return false;
	*line = (struct ms_slice){text->p, (size_t)(lf - text->p)};
	text->n -= line->n + 1;
	text->p += line->n + 1;
	return true;
}

/* Takes a number and the blank after it from the line. */
static bool
take_number(struct ms_slice *line, uint64_t *out)
{
	size_t i = 0;

	*out = 0;
	for (; i < line->n && line->p[i] >= '0' && line->p[i] <= '9'; i++)
		if (__builtin_mul_overflow(*out, 10, out) ||
		    __builtin_add_overflow(
			*out, (uint64_t)(line->p[i] - '0'), out))
			return false;
	if (i == 0 || i == line->n || line->p[i] != ' ')
		return false;
	line->p += i + 1;
	line->n -= i + 1;
	return true;
}

/* Whether the last line has the digest of all lines before, which remain. */
static bool
check_sum(struct ms_slice *text)
{
	unsigned char want[MS_SHA_LEN], got[MS_SHA_LEN];
	struct ms_slice hex;

	if (text->n < MS_SHA_HEX + 1 || text->p[text->n - 1] != '\n')
		return false;
	text->n -= MS_SHA_HEX + 1;
	hex = (struct ms_slice){text->p + text->n, MS_SHA_HEX};
	ms_sha256(text->p, text->n, got);
	return ms_unhex(hex, want, MS_SHA_LEN) == MS_SHA_LEN &&
	       memcmp(want, got, MS_SHA_LEN) == 0;
}

/* Checks a file. *state receives the state in it. */
static bool
check(struct ms_archive *a, struct ms_slice text, struct ms_slice *state)
{
	unsigned char chain[MS_SHA_LEN];
	uint64_t number, folder;
	struct ms_slice line;

	if (text.n < strlen(FIRST) || memcmp(text.p, FIRST, strlen(FIRST)) != 0)
		return false;
	if (!check_sum(&text) || !take_line(&text, &line) ||
	    !take_line(&text, &line) || !take_number(&line, &number) ||
	    ms_unhex(line, chain, MS_SHA_LEN) != MS_SHA_LEN ||
	    !has_commit(a, number, chain) || !take_line(&text, &line) ||
	    !take_number(&line, &folder) || !has_folder(a, folder, line))
		return false;
	*state = text;
	return true;
}

/* ---- files ---- */

struct file {
	char name[MS_SHA_HEX + 1];
	time_t time;
};

static int
newest_first(const void *a, const void *b)
{
	const struct file *x = a, *y = b;

	return x->time != y->time ? (x->time < y->time ? 1 : -1)
				  : strcmp(x->name, y->name);
}

/* Lists the states, and deletes what is too old. */
static void
list(DIR *d, struct ms_buf *files)
{
	const time_t now = time(NULL);
	struct file f = {0};
	struct dirent *e;
	struct stat st;
	size_t n;

	while ((e = readdir(d)) != NULL) {
		n = strlen(e->d_name);
		if (e->d_name[0] == '.' ||
		    fstatat(dirfd(d), e->d_name, &st, AT_SYMLINK_NOFOLLOW) < 0)
			continue;
		if (is_name(e->d_name) &&
		    now - st.st_mtim.tv_sec < MS_IMPORT_DAYS * 86400) {
			memcpy(f.name, e->d_name, sizeof(f.name));
			f.time = st.st_mtim.tv_sec;
			ms_buf_add(files, &f, sizeof(f));
		} else if (is_name(e->d_name) ||
			   (n > strlen(NEW) &&
			       strcmp(e->d_name + n - strlen(NEW), NEW) == 0 &&
			       now - st.st_mtim.tv_sec > NEW_SECONDS)) {
			(void)unlinkat(dirfd(d), e->d_name, 0);
		}
	}
}

static void
read_state(struct ms_archive *a, int dir, const struct file *f,
    ms_import_fn *fn, void *ctx)
{
	struct ms_buf text = {0};
	struct ms_slice state;

	if (ms_buf_read_at(&text, dir, f->name, f->name,
		MS_IMPORT_MAX + HEAD_MAX, NULL) == 0 &&
	    check(a, ms_buf_slice(&text), &state))
		fn(ctx, f->name, state);
	else
		(void)unlinkat(dir, f->name, 0);
	ms_buf_release(&text);
}

void
ms_import_read(struct ms_archive *a, ms_import_fn *fn, void *ctx)
{
	int fd = open_folder(a);
	DIR *d = fd < 0 ? NULL : fdopendir(fd);
	struct ms_buf files = {0};
	struct file *f;
	size_t n;

	if (d == NULL) {
		if (fd >= 0)
			close(fd);
		return;
	}
	list(d, &files);
	f = (struct file *)(void *)files.p;
	n = files.n / sizeof(*f);
	if (n > 1)
		qsort(f, n, sizeof(*f), newest_first);
	for (size_t i = 0; i < n; i++)
		if (i < MS_IMPORT_FILES)
			read_state(a, dirfd(d), &f[i], fn, ctx);
		else
			(void)unlinkat(dirfd(d), f[i].name, 0);
	closedir(d);
	ms_buf_release(&files);
}

/* Makes the text of a file. */
static int
make_text(struct ms_archive *a, uint64_t folder, const char *user,
    struct ms_slice state, struct ms_buf *out, struct ms_err *err)
{
	unsigned char sum[MS_SHA_LEN];
	char hex[MS_SHA_HEX + 1];
	struct ms_position pos;

	if (state.n > MS_IMPORT_MAX)
		return ms_fail(err, MS_BUG, "a state of %zu bytes", state.n);
	if (last_commit(a, &pos, err) < 0)
		return -1;
	if (pos.next == 0)
		return ms_fail(err, MS_BUG, "a state without a commit");
	ms_hex(pos.chain, MS_SHA_LEN, hex);
	ms_buf_printf(out, FIRST "%" PRIu64 " %s\n%" PRIu64 " %s\n",
	    pos.next - 1, hex, folder, user);
	ms_buf_add(out, state.p, state.n);
	ms_sha256(out->p, out->n, sum);
	ms_hex(sum, MS_SHA_LEN, hex);
	ms_buf_printf(out, "%s\n", hex);
	return 0;
}

/* Writes the file under a name of this process, and renames it. */
static int
replace(int dir, const char *name, struct ms_slice text, struct ms_err *err)
{
	char temp[MS_SHA_HEX + 32];
	int fd, rc;

	snprintf(temp, sizeof(temp), "%s.%ld" NEW, name, (long)getpid());
	(void)unlinkat(dir, temp, 0);
	fd = openat(dir, temp,
	    O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
	rc = fd < 0 ? -1 : ms_fs_write(fd, text.p, text.n);
	if (rc == 0)
		rc = renameat(dir, temp, dir, name);
	if (rc < 0) {
		ms_fail_errno(err, FOLDER "/%s", name);
		(void)unlinkat(dir, temp, 0);
	}
	if (fd >= 0)
		close(fd);
	return rc;
}

int
ms_import_write(struct ms_archive *a, const char *name, uint64_t folder,
    const char *user, struct ms_slice state, struct ms_err *err)
{
	struct ms_buf text = {0};
	int dir = open_folder(a), rc = -1;

	if (dir < 0 && errno == ENOENT && mkdirat(a->dirfd, FOLDER, 0700) == 0)
		dir = open_folder(a);
	if (dir < 0)
		ms_fail_errno(err, FOLDER);
	else if (make_text(a, folder, user, state, &text, err) == 0)
		rc = replace(dir, name, ms_buf_slice(&text), err);
	if (dir >= 0)
		close(dir);
	ms_buf_release(&text);
	return rc;
}

void
ms_import_remove(struct ms_archive *a, const char *name)
{
	int dir = open_folder(a);

	if (dir < 0)
		return;
	(void)unlinkat(dir, name, 0);
	close(dir);
}
