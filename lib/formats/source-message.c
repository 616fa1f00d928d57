/* source-message.c - what the formats set for the message at hand: folder,
 * date, and where it is. ms-stream(5). */
#include "source-impl.h"

void
ms_source_folder(struct ms_source *src, const char *own)
{
	struct ms_buf *folder = &src->folder;

	if (own != NULL && own[0] == '\0')
		own = NULL;
	ms_buf_clear(folder);
	if (src->into != NULL)
		ms_buf_add_str(folder, src->into);
	if (src->into != NULL && own != NULL)
		ms_buf_add_byte(folder, '/');
	if (own != NULL)
		ms_buf_add_str(folder, own);
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
	struct ms_buf own = {0};

	ms_buf_add(&own, f->folder.p, f->folder.n);
	/* -d stands for the name of an mbox that was named itself. */
	if (mbox && f->stem.n > 0 && (f->in_tree || src->into == NULL)) {
		if (own.n > 0)
			ms_buf_add_byte(&own, '/');
		ms_buf_add(&own, f->stem.p, f->stem.n);
	}
	ms_source_folder(src, ms_buf_str(&own));
	ms_buf_release(&own);
}

void
ms_source_set_date(struct ms_source *src, int64_t date)
{
	src->date = date;
	src->has_date = true;
}

void
ms_source_where(struct ms_source *src)
{
	ms_buf_clear(&src->where);
	ms_buf_add(&src->where, src->file.name.p, src->file.name.n);
}

/* For each message, so not by printf. */
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
		*piece = (struct ms_slice){w.p, 0}; /* unless an event has one */
		event = ms_mbox_next(
		    &src->mbox, w.p, w.n, src->in.eof, &used, piece);
		*offset += (uint64_t)(piece->p - w.p);
		ms_input_use(&src->in, used);
		if (event != MS_MBOX_MORE)
			return (int)event;
		if (ms_input_more(&src->in, err) < 0)
			return -1;
	}
}
