/* source-mbox.c - somebody's mbox: its messages, and the dates that their
 * From_ lines hold. ms-stream(5), Foreign mboxes. */
#include "source-impl.h"

#include <inttypes.h>
#include "mail.h"

static int
looks(const struct ms_source *src, struct ms_slice window, bool eof)
{
	(void)src;
	return ms_mbox_looks(window.p, window.n, eof);
}

/* A From_ line on top of an .eml makes it an mbox of one. */
static bool
single(const struct ms_source *src)
{
	return src->file.eml && src->opt.format == MS_FORMAT_AUTO;
}

static void
begin(struct ms_source *src)
{
	ms_mbox_init(&src->mbox, single(src) ? MS_MBOX_SINGLE : MS_MBOX_FOREIGN,
	    src->opt.unquote);
}

static int
next(struct ms_source *src, struct ms_err *err)
{
	char text[MS_MBOX_DATE_MAX];
	enum ms_mbox_event event;
	struct ms_slice w, from;
	uint64_t offset;
	int64_t date;
	size_t used;

	for (;;) {
		w = ms_input_window(&src->in);
		event = ms_mbox_next(
		    &src->mbox, w.p, w.n, src->in.eof, &used, &from);
		offset = src->in.offset;
		ms_input_use(&src->in, used);
		if (event == MS_MBOX_FROM)
			break;
		if (event != MS_MBOX_MORE)
			return 0;
		ms_source_where(src, " @ %" PRIu64, offset);
		if (ms_input_more(&src->in, err) < 0)
			return -1;
	}
	offset += (uint64_t)(from.p - w.p);
	ms_source_where(src, " @ %" PRIu64, offset);
	ms_source_file_folder(src, !single(src));
	if (ms_mbox_date(from, text) && ms_mail_date(ms_slice_str(text), &date))
		ms_source_set_date(src, date);
	return 1;
}

static int
read_piece(struct ms_source *src, struct ms_slice *piece, struct ms_err *err)
{
	enum ms_mbox_event event;
	struct ms_slice w;
	size_t used;

	for (;;) {
		w = ms_input_window(&src->in);
		event = ms_mbox_next(
		    &src->mbox, w.p, w.n, src->in.eof, &used, piece);
		ms_input_use(&src->in, used);
		if (event == MS_MBOX_DATA)
			return 1;
		if (event != MS_MBOX_MORE)
			return 0;
		if (ms_input_more(&src->in, err) < 0)
			return -1;
	}
}

const struct ms_source_format ms_source_mbox = {
    .format = MS_FORMAT_MBOX,
    .lack = "not an mbox: it does not begin with a From_ line",
    .looks = looks,
    .begin = begin,
    .next = next,
    .read = read_piece,
};
