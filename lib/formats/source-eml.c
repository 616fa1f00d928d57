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
 * Whether a line shows that the text is mail: it is a field that mail has, but
 * not a Date below other fields, which many formats have; in a file that is
 * named as mail, any field.
 */
static bool
shows_mail(const struct ms_source *src, struct ms_slice name, bool first)
{
	if (name.n == 0 || src->file.eml)
		return name.n > 0;
	return ms_source_mail_field(name) &&
	       (first || name.n != 4 || (name.p[0] | 0x20) != 'd');
}

static bool
is_blank(const unsigned char *p, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (p[i] != ' ' && p[i] != '\t' && p[i] != '\r')
			return false;
	return true;
}

/* Whether a field of mail stands before the first empty line below text. */
static int
looks(const struct ms_source *src, struct ms_slice w, bool eof)
{
	const unsigned char *p = w.p, *end, *lf;
	bool something = false, fields = false;
	struct ms_slice name;
	size_t n;

	if (w.n < MS_SOURCE_KIND_MIN && !eof)
		return -1;
	if (ms_source_is_other(w))
		return 0;
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
		if (!ms_is_text((struct ms_slice){p, n}))
			return 0;
		if (lf == NULL && !eof)
			return -1;
		name = ms_mbox_field_name((struct ms_slice){p, n});
		if (shows_mail(src, name, !fields))
			return 1;
		fields |= name.n > 0;
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
		ms_source_set_date(src, MS_RAW_MTIME, f->mtime);
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
