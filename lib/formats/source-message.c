/*
 * source-message.c - what the formats set for the current message: folder, date
 * and position. ms-stream(5).
 */
#include "client-impl.h"

#include <inttypes.h>

void
ms_source_folder(struct ms_source *src, const char *name)
{
	struct ms_buf *folder = &src->folder;

	if (name != NULL && name[0] == '\0')
		name = NULL;
	ms_buf_clear(folder);
	if (src->into != NULL)
		ms_buf_add_str(folder, src->into);
	if (src->into != NULL && name != NULL)
		ms_buf_add_byte(folder, '/');
	if (name != NULL)
		ms_buf_add_str(folder, name);
	if (folder->n == 0)
		ms_buf_add_str(folder, "INBOX");
}

void
ms_source_set_folder(struct ms_source *src)
{
	ms_envelope_set(&src->env, MS_ATTR_FOLDER, ms_buf_str(&src->folder));
}

void
ms_source_file_folder(struct ms_source *src, bool mbox)
{
	struct ms_source_file *f = &src->file;
	struct ms_buf path = {0};

	ms_buf_add(&path, f->folder.p, f->folder.n);
	/*
	 * -d replaces the name of an mbox that was given on the command line.
	 */
	if (mbox && f->stem.n > 0 && (f->in_tree || src->into == NULL)) {
		if (path.n > 0)
			ms_buf_add_byte(&path, '/');
		ms_buf_add(&path, f->stem.p, f->stem.n);
	}
	if (src->client != NULL)
		ms_client_inbox(&path);
	ms_source_folder(src, ms_buf_str(&path));
	ms_buf_release(&path);
}

void
ms_source_set_date(struct ms_source *src, enum ms_raw_kind kind, int64_t date)
{
	src->raw = (struct ms_raw_date){date, (uint8_t)kind};
}

void
ms_source_where(struct ms_source *src)
{
	ms_buf_clear(&src->where);
	ms_buf_add(&src->where, src->file.name.p, src->file.name.n);
}

/* Does not use printf, because it runs for every message. */
void
ms_source_where_at(struct ms_source *src, const char *what, uint64_t n)
{
	char digits[20], *p = digits + sizeof(digits);

	do
		*--p = (char)('0' + n % 10);
	while ((n /= 10) > 0);
	ms_source_where(src);
	ms_buf_add_str(&src->where, what);
	ms_buf_add(&src->where, p, (size_t)(digits + sizeof(digits) - p));
}

void
ms_source_remark(struct ms_source *src, const char *text)
{
	if (src->opt.remark != NULL)
		src->opt.remark(
		    src->opt.remark_ctx, ms_buf_str(&src->where), text);
}

void
ms_source_remark_at(struct ms_source *src, uint64_t offset, const char *text)
{
	struct ms_buf where = {0};

	if (src->opt.remark == NULL)
		return;
	ms_buf_add(&where, src->file.name.p, src->file.name.n);
	ms_buf_printf(&where, " @ %" PRIu64, offset);
	src->opt.remark(src->opt.remark_ctx, ms_buf_str(&where), text);
	ms_buf_release(&where);
}

int
ms_source_split(struct ms_source *src, struct ms_slice *piece, uint64_t *offset,
    struct ms_err *err)
{
	enum ms_mbox_event event;
	struct ms_slice w;
	size_t used;

	for (;;) {
		w = ms_input_window(&src->in);
		*offset = src->in.offset;
		*piece =
		    (struct ms_slice){w.p, 0}; /* for events without a piece */
		event = ms_mbox_next(
		    &src->mbox, w.p, w.n, src->in.eof, &used, piece);
		*offset += (uint64_t)(piece->p - w.p);
		ms_input_use(&src->in, used);
		if (event == MS_MBOX_DOUBT) {
			ms_source_remark_at(src, *offset,
			    src->count == 0 && src->mbox.doubted
				? "perhaps no message begins here: too little "
				  "of a header follows"
				: "perhaps a message begins here, but the line "
				  "was kept as text");
			continue;
		}
		if (event != MS_MBOX_MORE)
			return (int)event;
		if (ms_input_more(&src->in, err) < 0)
			return -1;
	}
}
