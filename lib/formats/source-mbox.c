/* source-mbox.c - somebody's mbox: its messages, and the dates that their
 * From_ lines hold. ms-stream(5), Foreign mboxes. */
#include "source-impl.h"

#include <inttypes.h>

static int
looks(const struct ms_source *src, struct ms_slice window, bool eof)
{
	/* Said to be one: then its beginning may be missing. */
	if (src->opt.format == MS_FORMAT_MBOX)
		return 1;
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
	ms_source_file_folder(src, !single(src));
}

/* What precedes the first From_ line is no message, but not nothing either. */
static int
no_message(struct ms_source *src, uint64_t junk, struct ms_err *err)
{
	ms_source_where_at(src, " @ ", 0);
	if (!ms_mbox_ended(&src->mbox))
		return ms_fail(err, MS_DATA, "not an mbox: no From_ line");
	return ms_fail(err, MS_DATA,
	    "%" PRIu64 " bytes before the first From_ line", junk);
}

/* Goes on to the next From_ line. As ms_source_next(). */
static int
next_from(struct ms_source *src, struct ms_slice *from, uint64_t *offset,
    struct ms_err *err)
{
	uint64_t junk = 0;

	for (;;) {
		switch (ms_source_split(src, from, offset, err)) {
		case MS_MBOX_FROM:
			return 1;
		case MS_MBOX_DATA:
			junk += from->n;
			break;
		case MS_MBOX_END:
			if (junk > 0)
				return no_message(src, junk, err);
			break;
		case MS_MBOX_DONE:
			return 0;
		default:
			ms_source_where_at(src, " @ ", *offset);
			return -1;
		}
	}
}

static int
next(struct ms_source *src, struct ms_err *err)
{
	struct ms_slice from;
	uint64_t offset;
	int64_t date;
	int rc;

	rc = next_from(src, &from, &offset, err);
	if (rc == 0 && src->count == 0) /* empty lines, and nothing else */
		return no_message(src, 0, err);
	if (rc <= 0)
		return rc;
	ms_source_where_at(src, " @ ", offset);
	ms_source_set_folder(src);
	if (ms_mbox_date(from, &date))
		ms_source_set_date(src, date);
	return 1;
}

static int
read_piece(struct ms_source *src, struct ms_slice *piece, struct ms_err *err)
{
	uint64_t offset;
	int event = ms_source_split(src, piece, &offset, err);

	return event < 0 ? -1 : event == MS_MBOX_DATA;
}

const struct ms_source_format ms_source_mbox = {
    .format = MS_FORMAT_MBOX,
    .lack = "not an mbox: it does not begin with a From_ line",
    .looks = looks,
    .begin = begin,
    .next = next,
    .read = read_piece,
};
