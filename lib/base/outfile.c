/* outfile.c - standard output, or a file that gets its name when it is
 * complete. */
#include "outfile.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "fs.h"
#include "sha.h"

#define OUT_BUFFER 262144 /* bytes gathered before a write(2) */
#define PIPE_SIZE (1024 * 1024)

/* ---- names ---- */

void
ms_temp_name(struct ms_buf *out)
{
	unsigned char salt[8];
	char hex[2 * sizeof(salt) + 1];

	ms_random(salt, sizeof(salt));
	ms_hex(salt, sizeof(salt), hex);
	ms_buf_printf(out, ".ms-export-%s.tmp", hex);
}

int
ms_rename_new(int from_dir, const char *from, int to_dir, const char *to,
    struct ms_err *err)
{
	if (renameat2(from_dir, from, to_dir, to, RENAME_NOREPLACE) == 0)
		return 0;
	/* File systems without RENAME_NOREPLACE mostly have hard links. */
	if ((errno == EINVAL || errno == ENOSYS) &&
	    linkat(from_dir, from, to_dir, to, 0) == 0) {
		unlinkat(from_dir, from, 0);
		return 0;
	}
	return ms_fail_errno(err, "%s", to);
}

/* ---- one file ---- */

/* Creates the temporary file next to its final name. */
static int
open_temp(struct ms_outfile *o, struct ms_err *err)
{
	const char *slash = strrchr(o->path, '/');
	struct ms_buf name = {0};
	int fd;

	if (slash != NULL)
		ms_buf_add(&name, o->path, (size_t)(slash + 1 - o->path));
	ms_temp_name(&name);
	o->temp = ms_xstrdup(ms_buf_str(&name));
	ms_buf_release(&name);
	fd = open(o->temp, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	return fd < 0 ? ms_fail_errno(err, "%s", o->path) : fd;
}

static int
open_dest(struct ms_outfile *o, const char *dest, struct ms_err *err)
{
	struct stat st;

	o->path = ms_xstrdup(dest);
	if (stat(dest, &st) < 0)
		return open_temp(o, err);
	if (S_ISDIR(st.st_mode))
		return ms_fail(
		    err, MS_EXISTS, "%s: is a directory; give a file", dest);
	if (!S_ISREG(st.st_mode))
		return ms_fs_create(dest, err);
	if (st.st_size > 0)
		return ms_fail(err, MS_EXISTS,
		    "%s: already exists and is not empty", dest);
	o->replace = true; /* mktemp(1) creates an empty file */
	return open_temp(o, err);
}

static void
release(struct ms_outfile *o)
{
	free(o->path);
	free(o->temp);
	free(o->buffer);
	*o = (struct ms_outfile){.f = NULL};
}

int
ms_outfile_open(struct ms_outfile *o, const char *dest, struct ms_err *err)
{
	static char for_stdout[OUT_BUFFER]; /* stdout is used after the outfile
					       is closed */
	int fd;

	*o = (struct ms_outfile){.f = stdout};
	if (strcmp(dest, "-") == 0) {
		setvbuf(stdout, for_stdout, _IOFBF, OUT_BUFFER);
		/*
		 * A larger pipe wakes the reader less often; the size is a
		 * request only.
		 */
		(void)fcntl(STDOUT_FILENO, F_SETPIPE_SZ, PIPE_SIZE);
		return 0;
	}
	fd = open_dest(o, dest, err);
	o->f = fd < 0 ? NULL : fdopen(fd, "w");
	if (o->f == NULL) {
		release(o);
		return -1;
	}
	o->buffer = ms_xmalloc(OUT_BUFFER);
	setvbuf(o->f, o->buffer, _IOFBF, OUT_BUFFER);
	return 0;
}

static int
fail_write(const struct ms_outfile *o, struct ms_err *err)
{
	return ms_fail_errno(
	    err, "%s", o->path != NULL ? o->path : "standard output");
}

int
ms_outfile_write(
    struct ms_outfile *o, const void *p, size_t n, struct ms_err *err)
{
	if (fwrite_unlocked(p, 1, n, o->f) != n)
		return fail_write(o, err);
	return 0;
}

int
ms_outfile_flush(struct ms_outfile *o, struct ms_err *err)
{
	return fflush(o->f) != 0 ? fail_write(o, err) : 0;
}

/* Makes the directory entry of a file durable. */
static int
sync_parent(const char *path, struct ms_err *err)
{
	const char *slash = strrchr(path, '/');
	char *dir = slash == NULL
			? ms_xstrdup(".")
			: ms_xstrndup(path, (size_t)(slash + 1 - path));
	int fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC), rc = 0;

	if (fd < 0 || fsync(fd) < 0)
		rc = ms_fail_errno(err, "%s", dir);
	if (fd >= 0)
		close(fd);
	free(dir);
	return rc;
}

/* Renames the temporary file to its final name. */
static int
publish(struct ms_outfile *o, struct ms_err *err)
{
	struct stat st;

	if (o->replace && stat(o->path, &st) == 0 && S_ISREG(st.st_mode) &&
	    st.st_size == 0) {
		if (rename(o->temp, o->path) < 0)
			return fail_write(o, err);
	} else if (ms_rename_new(AT_FDCWD, o->temp, AT_FDCWD, o->path, err) <
		   0) {
		return -1;
	}
	return sync_parent(o->path, err);
}

int
ms_outfile_close(struct ms_outfile *o, bool keep, struct ms_err *err)
{
	int rc = ms_outfile_flush(o, err);

	if (o->path != NULL) {
		if (rc == 0 && o->temp != NULL && keep &&
		    fsync(fileno(o->f)) < 0)
			rc = fail_write(o, err);
		if (fclose(o->f) != 0 && rc == 0)
			rc = fail_write(o, err);
		if (rc == 0 && o->temp != NULL && keep)
			rc = publish(o, err);
		if (o->temp != NULL && (rc < 0 || !keep))
			unlink(o->temp);
	}
	release(o);
	return rc;
}
