/*
 * source.c - opens an input, recognizes its format by its contents, and returns
 * its messages. ms-stream(5).
 */
#include "source-impl.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include "utf8.h"
#include "message-hasher.h"

/* In the order in which they are tried. */
static const struct ms_source_format *const formats[] = {
    &ms_source_stream, &ms_source_mbox, &ms_source_eml};
#define FORMATS (sizeof(formats) / sizeof(formats[0]))

/* ---- one file ---- */

static void
end_file(struct ms_source *src)
{
	src->done += src->in.offset;
	ms_input_end(&src->in);
	src->format = NULL;
}

/*
 * Tries the formats in turn, and reads more if one of them needs it. Returns
 * NULL if the input has none of the formats or cannot be read.
 */
static const struct ms_source_format *
tell_format(struct ms_source *src, struct ms_err *err)
{
	const char *mismatch = ms_source_eml.mismatch;
	const struct ms_source_format *f;
	bool more = true;
	int rc;

	for (size_t i = 0; i < FORMATS; i++) {
		f = formats[i];
		if (src->opt.format == f->format)
			mismatch = f->mismatch;
		else if (src->opt.format != MS_FORMAT_AUTO)
			continue;
		while ((rc = f->looks(src, ms_input_window(&src->in), !more)) <
		       0) {
			rc = ms_input_more(&src->in, err);
			if (rc < 0)
				return NULL;
			more = rc > 0;
		}
		if (rc > 0)
			return f;
	}
	(void)ms_fail(err, MS_DATA, "%s", mismatch);
	return NULL;
}

/*
 * Begins a file, and recognizes its format; src->file is filled. Returns 0, or
 * -1 (empty, not mail, not readable) with the file closed.
 */
static int
begin_file(struct ms_source *src, int fd, bool owned, struct ms_err *err)
{
	const struct ms_source_format *format = NULL;
	int rc;

	ms_input_begin(&src->in, fd, owned);
	src->count = 0;
	ms_source_where(src);
	rc = ms_input_more(&src->in, err);
	if (rc == 0)
		(void)ms_fail(err, MS_NOINPUT, "empty");
	else if (rc > 0)
		format = src->file.delivery || src->opt.format == MS_FORMAT_EML
			     ? &ms_source_eml
			     : tell_format(src, err);
	if (format == NULL) {
		end_file(src);
		return -1;
	}
	src->format = format;
	format->begin(src);
	return 0;
}

/* ---- the input ---- */

static void
name_file(struct ms_source *src, const char *path)
{
	struct ms_source_file *f = &src->file;
	const char *base = strrchr(path, '/');

	f->named = true;
	if (strcmp(path, "-") == 0) {
		ms_buf_add_str(&f->name, "stdin");
		return;
	}
	base = base != NULL ? base + 1 : path;
	ms_text_add(&f->name, ms_slice_str(path), false);
	ms_folder_add(&f->stem, ms_name_stem(base));
	f->eml = ms_name_ends(base, ".eml");
}

static int
begin_named(struct ms_source *src, const char *path, struct ms_err *err)
{
	bool owned = strcmp(path, "-") != 0;
	int fd = STDIN_FILENO;
	struct stat st;

	if (owned)
		fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
	if (fd < 0)
		return ms_fail(err, MS_NOINPUT, "open: %s", strerror(errno));
	if (fstat(fd, &st) < 0) {
		ms_fail_errno(err, "stat");
		goto fail;
	}
	if (S_ISDIR(st.st_mode) &&
	    (!owned || src->opt.format == MS_FORMAT_STREAM)) {
		ms_fail(err, MS_DATA, "a directory is not a message stream");
		goto fail;
	}
	if (S_ISDIR(st.st_mode)) {
		src->tree = ms_tree_open(fd, path);
		return 0;
	}
	if (src->opt.format == MS_FORMAT_MAILDIR) {
		ms_fail(err, MS_DATA, "not a Maildir");
		goto fail;
	}
	name_file(src, path);
	if (S_ISREG(st.st_mode)) {
		src->file.mtime = st.st_mtim.tv_sec;
		src->file.has_mtime = true;
		src->total = (uint64_t)st.st_size;
		(void)posix_fadvise(fd, 0, 0, POSIX_FADV_SEQUENTIAL);
	}
	return begin_file(src, fd, owned, err);
fail:
	if (owned)
		close(fd);
	return -1;
}

int
ms_source_open(struct ms_source **out, const char *path,
    const struct ms_source_options *opt, struct ms_err *err)
{
	struct ms_source *src;

	if (opt->into != NULL &&
	    !ms_utf8_valid((const unsigned char *)opt->into, strlen(opt->into)))
		return ms_fail(err, MS_USAGE, "the folder name is not UTF-8");
	src = ms_xcalloc(1, sizeof(*src));
	src->opt = *opt;
	src->in.eof = true;
	if (opt->into != NULL && opt->into[0] != '\0')
		src->into = ms_xstrdup(opt->into);
	if (begin_named(src, path, err) < 0) {
		ms_source_close(src);
		return -1;
	}
	*out = src;
	return 0;
}

void
ms_source_close(struct ms_source *src)
{
	if (src == NULL)
		return;
	ms_tree_close(src->tree);
	ms_input_release(&src->in);
	ms_envelope_release(&src->env);
	ms_buf_release(&src->where);
	ms_buf_release(&src->folder);
	ms_buf_release(&src->file.name);
	ms_buf_release(&src->file.folder);
	ms_buf_release(&src->file.stem);
	ms_buf_release(&src->file.flags);
	free(src->into);
	free(src);
}

/* ---- messages ---- */

/* Skips the rest of a message that the caller has not read to its end. */
static void
skip_rest(struct ms_source *src)
{
	struct ms_slice piece;

	if (src->format->one)
		src->reading = false;
	while (src->reading)
		src->reading = src->format->read(src, &piece, NULL) > 0;
}

static int
next_message(struct ms_source *src, struct ms_err *err)
{
	int fd, rc;

	for (;;) {
		if (src->format != NULL) {
			skip_rest(src);
			ms_envelope_release(&src->env);
			src->trusted = src->has_date = false;
			rc = 0;
			if (!src->in.failed)
				rc = src->format->next(src, err);
			if (rc != 0)
				return rc;
			end_file(src);
		}
		if (src->tree == NULL)
			return 0;
		rc = ms_tree_next(src, &fd, err);
		if (rc <= 0)
			return rc;
		if (begin_file(src, fd, true, err) < 0)
			return -1;
	}
}

int
ms_source_next(
    struct ms_source *src, struct ms_arrival *arrival, struct ms_err *err)
{
	int rc = next_message(src, err);

	*arrival = (struct ms_arrival){.env = src->env,
	    .trusted = src->trusted,
	    .where = ms_buf_str(&src->where),
	    .date = src->date,
	    .has_date = src->has_date};
	if (rc == 0)
		return 0;
	if (src->format == NULL)
		return -1; /* a file or directory that could not be opened */
	src->count++;
	if (rc < 0)
		return -1;
	src->reading = true;
	src->given = 0;
	if (src->file.has_mtime && (src->format->one || src->file.eml)) {
		arrival->fallback_date = src->file.mtime;
		arrival->has_fallback_date = true;
	}
	return 1;
}

int
ms_source_read(
    struct ms_source *src, struct ms_slice *piece, struct ms_err *err)
{
	int rc;

	if (!src->reading)
		return 0;
	rc = src->format->read(src, piece, err);
	if (rc <= 0) {
		src->reading = false;
		return rc;
	}
	src->given += piece->n;
	if (src->given > MS_MESSAGE_MAX)
		return ms_fail(err, MS_DATA, "larger than %llu bytes",
		    (unsigned long long)MS_MESSAGE_MAX);
	return 1;
}

void
ms_source_progress(const struct ms_source *src, uint64_t *done, uint64_t *total)
{
	*done = src->done + (src->format != NULL ? src->in.offset : 0);
	*total = src->total;
}

int
ms_source_trailer(
    const struct ms_source *src, struct ms_trailer *t, bool *whole)
{
	*t = src->trailer;
	*whole = src->whole;
	return src->stream;
}
