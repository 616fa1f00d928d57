/*
 * source-emlx.c - a file of Apple Mail: the number of bytes of a message, the
 * message, and its properties in XML, which are not read. ms-stream(5), Single
 * messages.
 */
#include "client-impl.h"

#include <string.h>
#include "message-hasher.h"

#define COUNT_MAX 64 /* bytes of the first line */

/*
 * Parses the first line, a decimal number, perhaps with blanks around it and
 * after a byte order mark. Returns the length of the line, or 0.
 */
size_t
ms_emlx_count(struct ms_slice w, uint64_t *count)
{
	size_t n = w.n < COUNT_MAX ? w.n : COUNT_MAX, i = 0, digits = 0;

	*count = 0;
	if (n >= 3 && memcmp(w.p, "\xef\xbb\xbf", 3) == 0)
		i = 3;
	while (i < n && (w.p[i] == ' ' || w.p[i] == '\t'))
		i++;
	for (; i < n && w.p[i] >= '0' && w.p[i] <= '9'; i++, digits++)
		if (*count <= MS_MESSAGE_MAX)
			*count = 10 * *count + (w.p[i] - '0');
	while (i < n && (w.p[i] == ' ' || w.p[i] == '\t' || w.p[i] == '\r'))
		i++;
	return digits > 0 && i < n && w.p[i] == '\n' ? i + 1 : 0;
}

/* Whether the first line is a field: 1, 0, or -1 if more bytes are needed. */
static int
begins_with_field(struct ms_slice w, bool eof)
{
	const unsigned char *lf = memchr(w.p, '\n', w.n);

	if (lf == NULL && !eof && w.n <= MS_MBOX_FIELD_MAX)
		return -1;
	if (lf != NULL)
		w.n = (size_t)(lf - w.p);
	return ms_mbox_field_name(w).n > 0;
}

/* A file with that name is one, unless it begins with a header. */
static int
looks(const struct ms_source *src, struct ms_slice w, bool eof)
{
	uint64_t count;
	size_t n;
	int rc;

	if (w.n <= COUNT_MAX && !eof)
		return -1;
	n = ms_emlx_count(w, &count);
	if (src->file.emlx && (n > 0 || w.n == 0))
		return n > 0;
	if (n == 0 && !src->file.emlx)
		return 0;
	rc = begins_with_field((struct ms_slice){w.p + n, w.n - n}, eof);
	return rc < 0 || !src->file.emlx ? rc : !rc;
}

static void
begin(struct ms_source *src)
{
	size_t n = ms_emlx_count(ms_input_window(&src->in), &src->left);

	ms_source_file_folder(src, false);
	src->no_count = n == 0;
	ms_input_use(&src->in, n);
	src->properties = n > 0 ? src->in.offset + src->left : 0;
}

static int
next(struct ms_source *src, struct ms_err *err)
{
	if (src->count > 0)
		return 0;
	ms_source_where(src);
	if (src->file.partial)
		return ms_fail(err, MS_DATA,
		    "an Apple .emlx file without its attachments, which are in "
		    "other files");
	if (src->no_count)
		return ms_fail(err, MS_DATA,
		    "an Apple .emlx file that does not begin with a number of "
		    "bytes");
	ms_source_set_folder(src);
	return 1;
}

/* The message must end where the properties begin, or at the end. */
static int
check_end(struct ms_source *src, struct ms_err *err)
{
	static const char xml[] = "<?xml";
	struct ms_slice w;
	int rc;

	while ((w = ms_input_window(&src->in)).n < sizeof(xml) - 1) {
		rc = ms_input_more(&src->in, err);
		if (rc < 0)
			return -1;
		if (rc == 0)
			break;
	}
	if (w.n == 0 ||
	    (w.n >= sizeof(xml) - 1 && memcmp(w.p, xml, sizeof(xml) - 1) == 0))
		return 0;
	return ms_fail(
	    err, MS_DATA, "an Apple .emlx file whose number of bytes is wrong");
}

static int
read_piece(struct ms_source *src, struct ms_slice *piece, struct ms_err *err)
{
	int rc;

	if (src->left == 0)
		return check_end(src, err);
	*piece = ms_input_window(&src->in);
	if (piece->n == 0) {
		rc = ms_input_more(&src->in, err);
		if (rc == 0)
			ms_fail(err, MS_DATA,
			    "an Apple .emlx file that ends in its message");
		if (rc <= 0)
			return -1;
		*piece = ms_input_window(&src->in);
	}
	if (piece->n > src->left)
		piece->n = (size_t)src->left;
	src->left -= piece->n;
	ms_input_use(&src->in, piece->n);
	return 1;
}

const struct ms_source_format ms_source_emlx = {
    .format = MS_FORMAT_EMLX,
    .one = true,
    .looks = looks,
    .begin = begin,
    .next = next,
    .read = read_piece,
};
