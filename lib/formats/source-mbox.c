/*
 * source-mbox.c - an mbox of another program: its messages, and the dates of
 * their From_ lines. ms-stream(5), Foreign mboxes.
 */
#include "source-impl.h"

#include <inttypes.h>
#include <string.h>

/* Is the first field of the window a field of mail? */
static bool
first_field_is_mail(struct ms_slice w)
{
	struct ms_slice line, name;
	const unsigned char *lf;

	do {
		lf = memchr(w.p, '\n', w.n);
		line = (struct ms_slice){
		    w.p, lf != NULL ? (size_t)(lf - w.p) : w.n};
		name = ms_mbox_field_name(line);
		if (name.n > 0)
			return ms_source_mail_field(name);
		w.n -= line.n + (lf != NULL);
		w.p += line.n + (lf != NULL);
	} while (lf != NULL);
	return false;
}

static int
looks(const struct ms_source *src, struct ms_slice window, bool eof)
{
	int rc;

	/* If the user names the format, the beginning can be missing. */
	if (src->opt.format == MS_FORMAT_MBOX)
		return 1;
	rc = ms_mbox_looks(window.p, window.n, eof);
	if (rc > 0 && ms_source_is_other(window))
		return 0;
	return rc == 2 && !src->file.eml ? first_field_is_mail(window) : rc;
}

/* An .eml with a From_ line at its beginning is an mbox with one message. */
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

/* Reports bytes before the first From_ line, which are not a message. */
static int
no_message(struct ms_source *src, uint64_t bytes, struct ms_err *err)
{
	ms_source_where_at(src, " @ ", 0);
	if (!ms_mbox_ended(&src->mbox))
		return ms_fail(err, MS_DATA, "not an mbox: no From_ line");
	return ms_fail(err, MS_DATA,
	    "%" PRIu64 " bytes before the first From_ line", bytes);
}

/* Finds the next From_ line. Returns like ms_source_next(). */
static int
next_from(struct ms_source *src, struct ms_slice *from, uint64_t *offset,
    struct ms_err *err)
{
	uint64_t bytes = 0;

	for (;;) {
		switch (ms_source_split(src, from, offset, err)) {
		case MS_MBOX_FROM:
			return 1;
		case MS_MBOX_DATA:
			bytes += from->n;
			break;
		case MS_MBOX_END:
			if (bytes > 0)
				return no_message(src, bytes, err);
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
	if (rc == 0 && src->count == 0) /* the file consists of empty lines */
		return no_message(src, 0, err);
	if (rc <= 0)
		return rc;
	ms_source_where_at(src, " @ ", offset);
	ms_source_set_folder(src);
	if (ms_mbox_date(from, &date))
		ms_source_set_date(src,
		    ms_mbox_thunderbird(from) ? MS_RAW_THUNDERBIRD
					      : MS_RAW_FROM_LINE,
		    date);
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
    .mismatch = "not an mbox: it does not begin with a From_ line",
    .looks = looks,
    .begin = begin,
    .next = next,
    .read = read_piece,
};
