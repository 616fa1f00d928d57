/*
 * source-eml.c - a file that is a single message, and how it is recognized.
 * ms-stream(5), Single messages.
 */
#include "source-impl.h"

#include <string.h>
#include <strings.h>

/* Bytes within which a header field must begin. */
#define LOOK_MAX ((size_t)64 << 10)

/*
 * Recognizes a header field by a narrower rule than that of RFC 5322: the name
 * contains only letters, digits and characters of real names. "http://" at the
 * start of a line is not a field.
 */
static bool
is_field(const unsigned char *p, size_t n)
{
	size_t i = 0;

	while (i < n && (((p[i] | 0x20) >= 'a' && (p[i] | 0x20) <= 'z') ||
			    (p[i] >= '0' && p[i] <= '9') || p[i] == '-' ||
			    p[i] == '_' || p[i] == '.'))
		i++;
	return i > 0 && i < n && i < MS_MBOX_FIELD_MAX && p[i] == ':' &&
	       !(n - i > 2 && p[i + 1] == '/' && p[i + 2] == '/');
}

/*
 * Whether the bytes contain no controls that text does not have. ESC is
 * allowed: it begins ISO 2022 characters.
 */
static bool
is_text(const unsigned char *p, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (p[i] < ' ' && p[i] != '\t' && p[i] != '\r' &&
		    p[i] != '\f' && p[i] != 0x1b)
			return false;
	return true;
}

static bool
is_blank(const unsigned char *p, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (p[i] != ' ' && p[i] != '\t' && p[i] != '\r')
			return false;
	return true;
}

/* Whether the window begins with empty lines and then a header field. */
static int
looks(const struct ms_source *src, struct ms_slice w, bool eof)
{
	const unsigned char *p = w.p, *end, *lf;
	bool something = false;
	size_t n;

	(void)src;
	if (w.n >= LOOK_MAX) {
		w.n = LOOK_MAX;
		eof = true;
	}
	end = p + w.n;
	if (w.n >= 3 && memcmp(p, "\xef\xbb\xbf", 3) == 0)
		p += 3;
	for (; p < end; p = lf + 1) {
		lf = memchr(p, '\n', (size_t)(end - p));
		n = (size_t)((lf != NULL ? lf : end) - p);
		if (!is_text(p, n))
			return 0;
		if (lf == NULL && !eof)
			return -1;
		if (is_field(p, n))
			return 1;
		if (lf == NULL)
			return 0;
		if (!is_blank(p, n))
			something = true;
		else if (something)
			return 0;
	}
	return eof ? 0 : -1;
}

static void
begin(struct ms_source *src)
{
	ms_source_file_folder(src, false);
}

static int
next(struct ms_source *src, struct ms_err *err)
{
	struct ms_source_file *f = &src->file;

	(void)err;
	if (src->count > 0)
		return 0;
	ms_source_where(src);
	ms_source_set_folder(src);
	if (f->delivery)
		ms_source_set_date(src, f->mtime);
	if (f->delivery && f->flags.n > 0)
		ms_envelope_set(
		    &src->env, MS_ATTR_FLAGS, ms_buf_str(&f->flags));
	return 1;
}

static int
read_piece(struct ms_source *src, struct ms_slice *piece, struct ms_err *err)
{
	int rc;

	*piece = ms_input_window(&src->in);
	if (piece->n == 0) {
		rc = ms_input_more(&src->in, err);
		if (rc <= 0)
			return rc;
		*piece = ms_input_window(&src->in);
	}
	ms_input_use(&src->in, piece->n);
	return 1;
}

const struct ms_source_format ms_source_eml = {
    .format = MS_FORMAT_EML,
    .one = true,
    .mismatch = "not a mail message",
    .looks = looks,
    .begin = begin,
    .next = next,
    .read = read_piece,
};
