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
#include "client-impl.h"
#include "container.h"
#include "outlook.h"
#include "utf8.h"
#include "message-hasher.h"

/* In the order in which they are tried. */
static const struct ms_source_format *const formats[] = {&ms_source_outlook,
    &ms_source_stream, &ms_source_mbox, &ms_source_emlx, &ms_source_eml};
#define FORMATS (sizeof(formats) / sizeof(formats[0]))

/* ---- one file ---- */

static void
end_file(struct ms_source *src)
{
	if (src->in.container == NULL)
		src->done += src->in.offset;
	else
		ms_source_points_drain(src);
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
	const char *mismatch = NULL;
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
	if (mismatch == NULL)
		(void)ms_source_refuse(ms_input_window(&src->in), err);
	else
		(void)ms_fail(err, MS_DATA, "%s", mismatch);
	return NULL;
}

/* Containers in containers are unpacked with them. */
static bool
can_be_container(const struct ms_source *src)
{
	return !src->container.open && !src->file.delivery &&
	       (src->opt.format == MS_FORMAT_AUTO ||
		   src->opt.format == MS_FORMAT_MBOX);
}

static int
begin_container(struct ms_source *src, struct ms_err *err)
{
	int rc = ms_source_container_begin(src, err);

	src->in.offset = 0; /* the container counts its bytes */
	end_file(src);
	if (rc == 0)
		ms_source_container_resume(src);
	return rc;
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
	if (src->container.open)
		ms_source_container_input(src);
	else
		src->points.on = false;
	src->count = src->properties = 0;
	src->outlook_begun = false;
	ms_source_where(src);
	rc = ms_input_more(&src->in, err);
	/* A client's own formats need other files, too. */
	if (rc > 0 && src->client != NULL && !src->container.open)
		format = ms_client_format(src);
	if (rc == 0)
		(void)ms_fail(err, MS_NOINPUT, "empty");
	else if (rc > 0 && format == NULL && can_be_container(src) &&
		 ms_source_is_container(src))
		return begin_container(src, err);
	else if (rc > 0 && format == NULL)
		format = src->file.delivery || src->file.message ||
				 src->opt.format == MS_FORMAT_EML
			     ? &ms_source_eml
			     : tell_format(src, err);
	/* A stream is believed, so a file must not be one by chance. */
	if (format == &ms_source_stream && owned &&
	    src->opt.format == MS_FORMAT_AUTO) {
		(void)ms_fail(err, MS_DATA,
		    "begins like a message stream; if you trust it, use "
		    "--format stream");
		format = NULL;
	}
	if (format == NULL) {
		end_file(src);
		return -1;
	}
	src->format = format;
	format->begin(src);
	if (format == &ms_source_mbox)
		ms_source_points_mbox(src);
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
	f->emlx = ms_name_ends(base, ".emlx");
	f->partial = ms_name_ends(base, ".partial.emlx");
	if (src->client != NULL)
		ms_client_file(src, NULL, AT_FDCWD, path);
}

/* The bytes of a file after its position. */
static uint64_t
rest_of(int fd, uint64_t size)
{
	off_t at = lseek(fd, 0, SEEK_CUR);

	return at > 0 && (uint64_t)at < size ? size - (uint64_t)at : size;
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
		return ms_fail(err, MS_NOINPUT, "%s", strerror(errno));
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
		if (!owned)
			src->total = rest_of(fd, src->total);
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
	if (opt->client != MS_CLIENT_NONE)
		src->client = ms_client_open(&src->opt, src->into);
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
	ms_buf_release(&src->writer_folder);
	ms_buf_release(&src->file.name);
	ms_buf_release(&src->file.folder);
	ms_buf_release(&src->file.stem);
	ms_buf_release(&src->file.flags);
	ms_client_close(src->client);
	ms_buf_release(&src->container.name);
	ms_buf_release(&src->container.folder);
	ms_buf_release(&src->container.stem);
	free(src->into);
	free(src);
}

/* ---- messages ---- */

static int
read_message(struct ms_source *src, struct ms_slice *piece, struct ms_err *err)
{
	return src->client != NULL ? ms_client_read(src, piece, err)
				   : src->format->read(src, piece, err);
}

/* Skips the rest of a message that the caller has not read to its end. */
static void
skip_rest(struct ms_source *src)
{
	struct ms_slice piece;

	if (src->format->one)
		src->reading = false;
	while (src->reading)
		src->reading = read_message(src, &piece, NULL) > 0;
}

static int
next_message(struct ms_source *src, struct ms_err *err)
{
	int fd, rc;

	for (;;) {
		if (src->format != NULL) {
			skip_rest(src);
			ms_envelope_release(&src->env);
			src->trusted = false;
			ms_source_set_date(src, MS_RAW_NONE, 0);
			rc = 0;
			if (!src->in.failed)
				rc = src->format->next(src, err);
			src->container.failed |= rc < 0;
			if (rc != 0)
				return rc;
			end_file(src);
		}
		if (src->container.open) {
			rc = ms_source_container_next(src, err);
			if (rc > 0 && begin_file(src, -1, true, err) < 0) {
				src->container.failed = true;
				return -1;
			}
			if (rc < 0)
				return -1;
			continue;
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

/* The message that was found, or the same one in its next folder. */
static int
find_message(struct ms_source *src, struct ms_err *err)
{
	int rc;

	if (src->client != NULL && ms_client_again(src))
		return 1;
	rc = next_message(src, err);
	if (rc > 0 && src->client != NULL)
		rc = ms_client_begin(src, err);
	return rc;
}

int
ms_source_next(
    struct ms_source *src, struct ms_arrival *arrival, struct ms_err *err)
{
	int rc = find_message(src, err);

	*arrival = (struct ms_arrival){.env = src->env,
	    .trusted = src->trusted,
	    .where = ms_buf_str(&src->where),
	    .raw = src->raw};
	if (rc == 0)
		return 0;
	if (src->format == NULL) { /* a file or directory cannot be opened */
		src->failed = true;
		return -1;
	}
	src->count++;
	src->failed |= rc < 0;
	if (rc < 0)
		return -1;
	src->found = src->reading = true;
	src->points.messages++;
	src->given = 0;
	if (src->client != NULL) {
		arrival->left_out = ms_client_left_out(src->client);
		arrival->fault = ms_client_fault(src->client);
	}
	if (src->file.has_mtime && (src->format->one || src->file.eml) &&
	    (src->raw.kind == MS_RAW_THUNDERBIRD || !ms_raw_is_date(src->raw)))
		arrival->raw =
		    (struct ms_raw_date){src->file.mtime, MS_RAW_FILE};
	return 1;
}

int
ms_source_read(
    struct ms_source *src, struct ms_slice *piece, struct ms_err *err)
{
	int rc;

	if (!src->reading)
		return 0;
	rc = read_message(src, piece, err);
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
ms_source_progress(const struct ms_source *src, struct ms_progress *p)
{
	uint64_t items = 0, done;

	if (src->outlook_begun)
		items = ms_mapi_reader_items(src->opt.outlook, &done);
	if (items > 0) {
		p->messages = done;
		p->messages_total = items;
		return;
	}
	p->bytes = src->done;
	if (src->container.open)
		p->bytes += ms_container_used(src->opt.containers);
	else if (src->format != NULL)
		p->bytes += src->in.offset;
	p->bytes_total = src->total;
}

bool
ms_source_is_outlook(const struct ms_source *src)
{
	return src->format == &ms_source_outlook;
}

uint64_t
ms_source_left_out(const struct ms_source *src)
{
	return src->left_out;
}

bool
ms_source_writer(const struct ms_source *src, struct ms_progress *p)
{
	if (src->writer.messages == 0)
		return false;
	*p = src->writer;
	return true;
}

int
ms_source_trailer(
    const struct ms_source *src, struct ms_trailer *t, bool *whole)
{
	*t = src->trailer;
	*whole = src->whole;
	return src->stream;
}
