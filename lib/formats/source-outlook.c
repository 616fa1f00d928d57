/*
 * source-outlook.c - a file of Outlook, whose messages a confined process makes
 * (outlook.h). ms-mapi(7); ms-stream(5), Files of Outlook.
 */
#include "source-impl.h"

#include <string.h>
#include <sys/stat.h>
#include "msg.h"
#include "outlook.h"
#include "pst.h"

static int
looks(const struct ms_source *src, struct ms_slice w, bool eof)
{
	if (src->opt.outlook == NULL)
		return 0;
	if (w.n < MS_MAPI_HEAD && !eof)
		return -1;
	return ms_mapi_file_kind(w) != MS_MAPI_FILE_NONE;
}

static void
begin(struct ms_source *src)
{
	ms_source_file_folder(src, false);
	src->outlook_kind = (int)ms_mapi_file_kind(ms_input_window(&src->in));
	/* The time of a PST file is that of no item. */
	if (src->outlook_kind == MS_MAPI_FILE_PST)
		src->file.has_mtime = false;
}

/* A pipe, a file that is partly read or one in a container cannot be read at
 * any position: its bytes are copied to a file. Returns its descriptor, or -1.
 */
static int
copy_input(struct ms_source *src, struct ms_spool *copy, struct ms_err *err)
{
	const uint64_t max = src->outlook_kind == MS_MAPI_FILE_PST
				 ? MS_PST_COPY_MAX
				 : MS_MSG_MAX;
	struct ms_slice w;
	int rc;

	do {
		w = ms_input_window(&src->in);
		if (ms_spool_add(copy, w.p, w.n, err) < 0)
			return -1;
		ms_input_use(&src->in, w.n);
		if (src->in.offset > max)
			return ms_fail(err, MS_DATA,
			    "larger than %llu bytes, and not a file",
			    (unsigned long long)max);
		rc = ms_input_more(&src->in, err);
	} while (rc > 0);
	return rc < 0 ? -1 : ms_spool_file(copy, err);
}

static int
start(struct ms_source *src, struct ms_err *err)
{
	struct ms_mapi_reader_options opt = {
	    .codepage = (unsigned)src->opt.codepage,
	    .mail_only = src->opt.mail_only,
	    .recover = src->opt.recover};
	struct ms_spool copy = {.fd = -1};
	bool file = src->in.whole;
	int fd = file ? src->in.fd : copy_input(src, &copy, err), rc = -1;

	if (file && src->outlook_kind == MS_MAPI_FILE_PST)
		opt.skip = ms_source_points_pst(src);
	if (fd >= 0)
		rc = ms_mapi_reader_begin(src->opt.outlook, fd,
		    (enum ms_mapi_file)src->outlook_kind, &opt, err);

	ms_spool_release(&copy); /* the reader has its own descriptor */
	src->outlook_begun = rc == 0;
	return rc;
}

/* Before the end of the file, because the reader then begins another one. */
static void
end(struct ms_source *src)
{
	uint64_t n = ms_mapi_reader_left_out(src->opt.outlook);
	size_t folders;
	const struct ms_mapi_folder *f =
	    ms_mapi_reader_folders(src->opt.outlook, &folders);

	for (; src->opt.pst_folder != NULL && folders > 0; folders--)
		src->opt.pst_folder(
		    src->opt.remark_ctx, ms_buf_str(&src->file.name), f++);

	src->found |= n > 0;
	src->left_out += n;
	src->outlook_begun = false;
}

/* The name of a PST file without its suffix. */
static struct ms_slice
stem(struct ms_source *src)
{
	const char *name = ms_buf_str(&src->file.stem);
	struct ms_slice s = ms_slice_str(name);

	if (ms_name_ends(name, ".pst") || ms_name_ends(name, ".ost"))
		s.n -= 4;
	return s;
}

/* The folder in the file is below that of the file. */
static void
set_folder(struct ms_source *src, const struct ms_mapi_message *m)
{
	struct ms_buf folder = {0};

	ms_buf_add(&folder, src->file.folder.p, src->file.folder.n);
	if (src->outlook_kind == MS_MAPI_FILE_PST && src->file.in_tree)
		ms_folder_add(&folder, stem(src));
	if (folder.n > 0 && m->folder[0] != '\0')
		ms_buf_add_byte(&folder, '/');
	ms_buf_add_str(&folder, m->folder);
	ms_source_folder(src, ms_buf_str(&folder));
	ms_source_set_folder(src);
	if (m->special[0] != '\0')
		ms_envelope_set(&src->env, MS_ATTR_SPECIAL, m->special);
	if (m->what[0] != '\0') {
		ms_source_where(src);
		ms_buf_printf(&src->where, ": %s", m->what);
	}
	ms_buf_release(&folder);
}

static int
next(struct ms_source *src, struct ms_err *err)
{
	struct ms_mapi_message m;
	int rc;

	ms_source_where(src);
	if (!src->outlook_begun && src->count == 0 && start(src, err) < 0)
		return -1;
	if (!src->outlook_begun)
		return 0;
	ms_source_points_pst_more(src);
	rc = ms_mapi_reader_next(src->opt.outlook, &m, err);
	if (rc == 0)
		end(src);
	if (rc <= 0)
		return rc;
	set_folder(src, &m);
	if (m.flags[0] != '\0')
		ms_envelope_set(&src->env, MS_ATTR_FLAGS, m.flags);
	if (m.has_date)
		ms_source_set_date(src, MS_RAW_INTERNALDATE, m.date);
	return 1;
}

static int
read_piece(struct ms_source *src, struct ms_slice *piece, struct ms_err *err)
{
	return ms_mapi_reader_read(src->opt.outlook, piece, err);
}

const struct ms_source_format ms_source_outlook = {
    .format = MS_FORMAT_OUTLOOK,
    .one = true,
    .looks = looks,
    .begin = begin,
    .next = next,
    .read = read_piece,
};
