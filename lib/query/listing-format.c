/* listing-format.c - lines of fields that the user chooses. ms-list(1),
 * Formats. */
#include "listing-format.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "nearest.h"
#include "time.h"

enum field {
	FIELD_TEXT, /* no field, but text */
	FIELD_ID,
	FIELD_SHORT,
	FIELD_DATE,
	FIELD_ARRIVED,
	FIELD_ARCHIVED,
	FIELD_USER,
	FIELD_FOLDER,
	FIELD_SIZE,
	FIELD_FROM,
	FIELD_TO,
	FIELD_CC,
	FIELD_SUBJECT,
	FIELD_MESSAGE_ID,
	FIELD_SOURCE,
	FIELD_LABEL,
	FIELD_FLAGS,
	FIELD_NUMBER,
	FIELDS
};

/* The names are those of the keys of ms-json(5). */
static const char *const names[FIELDS] = {
    [FIELD_ID] = "id",
    [FIELD_SHORT] = "short",
    [FIELD_DATE] = "date",
    [FIELD_ARRIVED] = "arrived",
    [FIELD_ARCHIVED] = "archived",
    [FIELD_USER] = "user",
    [FIELD_FOLDER] = "folder",
    [FIELD_SIZE] = "size",
    [FIELD_FROM] = "from",
    [FIELD_TO] = "to",
    [FIELD_CC] = "cc",
    [FIELD_SUBJECT] = "subject",
    [FIELD_MESSAGE_ID] = "message_id",
    [FIELD_SOURCE] = "source",
    [FIELD_LABEL] = "label",
    [FIELD_FLAGS] = "flags",
    [FIELD_NUMBER] = "number",
};

struct piece {
	enum field field;
	size_t at, n; /* FIELD_TEXT: where its text is */
};

struct ms_format {
	struct piece pieces[MS_FORMAT_PIECES];
	size_t n;
	struct ms_buf text;
};

const char *
ms_format_field(size_t i)
{
	return i + 1 < FIELDS ? names[i + 1] : NULL;
}

/* ---- parsing ---- */

static int
add_piece(struct ms_format *f, struct piece piece, struct ms_err *err)
{
	if (f->n == MS_FORMAT_PIECES)
		return ms_fail(err, MS_USAGE, "more than %d fields and texts",
		    MS_FORMAT_PIECES);
	f->pieces[f->n++] = piece;
	return 0;
}

/* Adds a byte of text to the last piece, or to a new one. */
static int
add_byte(struct ms_format *f, unsigned char c, struct ms_err *err)
{
	struct piece text = {.field = FIELD_TEXT, .at = f->text.n};

	if ((f->n == 0 || f->pieces[f->n - 1].field != FIELD_TEXT) &&
	    add_piece(f, text, err) < 0)
		return -1;
	ms_buf_add_byte(&f->text, c);
	f->pieces[f->n - 1].n++;
	return 0;
}

static int
unknown_field(struct ms_slice name, struct ms_err *err)
{
	char wanted[32] = "";
	struct ms_nearest nearest = {.wanted = wanted};

	if (name.n < sizeof(wanted) && name.n > 0)
		memcpy(wanted, name.p, name.n);
	for (int i = 1; i < FIELDS && *wanted != '\0'; i++)
		ms_nearest_try(&nearest, names[i]);
	if (nearest.word != NULL)
		return ms_fail(err, MS_USAGE,
		    "there is no field '%s' (did you mean '%s'?)", wanted,
		    nearest.word);
	return ms_fail(err, MS_USAGE,
	    "there is no field '%.*s'; ms-list(1), Formats, lists them",
	    (int)(name.n < 40 ? name.n : 40), (const char *)name.p);
}

static int
add_field(struct ms_format *f, const char *p, size_t n, struct ms_err *err)
{
	struct ms_slice name = {(const unsigned char *)p, n};

	for (int i = 1; i < FIELDS; i++)
		if (ms_slice_is(name, names[i]))
			return add_piece(
			    f, (struct piece){.field = (enum field)i}, err);
	return unknown_field(name, err);
}

/* Adds the field that begins at the brace *p, which moves to its end. */
static int
parse_field(struct ms_format *f, const char **p, struct ms_err *err)
{
	const char *close = strchr(*p, '}'), *name = *p + 1;

	if (name[0] == '{') {
		++*p;
		return add_byte(f, '{', err);
	}
	if (close == NULL)
		return ms_fail(err, MS_USAGE,
		    "'%.40s' has no '}' ('{{' is a brace itself)", *p);
	*p = close;
	return add_field(f, name, (size_t)(close - name), err);
}

static int
parse_escape(struct ms_format *f, const char **p, struct ms_err *err)
{
	static const char escapes[] = "tn0\\", bytes[] = "\t\n\0\\";
	const char *found = *++*p != '\0' ? strchr(escapes, **p) : NULL;

	if (found == NULL)
		return ms_fail(err, MS_USAGE,
		    "there is no escape '\\%.1s' (try \\t \\n \\0 \\\\)", *p);
	return add_byte(f, (unsigned char)bytes[found - escapes], err);
}

/* Adds a list of fields, with TABs between them. */
static int
parse_list(struct ms_format *f, const char *list, struct ms_err *err)
{
	for (;;) {
		size_t n = strcspn(list, ",");

		if (add_field(f, list, n, err) < 0)
			return -1;
		if (list[n] == '\0')
			return 0;
		if (add_byte(f, '\t', err) < 0)
			return -1;
		list += n + 1;
	}
}

static int
parse_text(struct ms_format *f, const char *p, struct ms_err *err)
{
	int rc = 0;

	for (; *p != '\0' && rc == 0; p++)
		rc = *p == '{'    ? parse_field(f, &p, err)
		     : *p == '\\' ? parse_escape(f, &p, err)
				  : add_byte(f, (unsigned char)*p, err);
	return rc;
}

static int
parse(struct ms_format **out, const char *text,
    int (*with)(struct ms_format *, const char *, struct ms_err *),
    struct ms_err *err)
{
	struct ms_format *f = ms_xcalloc(1, sizeof(*f));

	if (with(f, text, err) < 0) {
		ms_format_free(f);
		return -1;
	}
	*out = f;
	return 0;
}

int
ms_format_parse(struct ms_format **out, const char *text, struct ms_err *err)
{
	return parse(out, text, parse_text, err);
}

int
ms_format_parse_fields(
    struct ms_format **out, const char *list, struct ms_err *err)
{
	return parse(out, list, parse_list, err);
}

void
ms_format_free(struct ms_format *f)
{
	if (f == NULL)
		return;
	ms_buf_release(&f->text);
	free(f);
}

/* ---- writing ---- */

/* An occurrence, and its header if that had to be read. */
struct line {
	struct ms_buf *out;
	struct ms_archive *a;
	const struct ms_row *row;
	const struct ms_folder *folder;
	struct ms_buf header, value;
	int got; /* of ms_archive_header(); 2: not read yet */
	struct ms_err *err;
};

static void
add_text(struct line *l, const char *text)
{
	ms_listing_escape(l->out, text, strlen(text));
}

static void
add_date(struct line *l, bool known, int64_t t)
{
	char text[21];

	if (!known)
		return;
	ms_time_format(t, text);
	ms_buf_add_str(l->out, text);
}

static int
add_archived(struct line *l)
{
	int64_t t = 0;
	int got = ms_archive_archived(l->a, l->row->number, &t, l->err);

	add_date(l, got == 1, t);
	return got < 0 ? -1 : 0;
}

static int
read_header(struct line *l)
{
	if (l->got == 2)
		l->got = ms_archive_header(
		    l->a, l->row->message, l->row->id, &l->header, l->err);
	return l->got;
}

/* Adds a field of the header; kept: the part that the index has, or NULL. */
static int
add_header(struct line *l, enum ms_mail_field field,
    const struct ms_desc_field *kept, unsigned cut)
{
	const unsigned raw =
	    cut == MS_DESC_FROM_CUT ? MS_DESC_FROM_RAW : MS_DESC_SUBJECT_RAW;
	unsigned incomplete = cut;

	if ((l->row->desc.bits & MS_DESC_PARTIAL) != 0)
		incomplete |= raw | MS_DESC_PARTIAL;
	if (kept != NULL && (l->row->desc.bits & incomplete) == 0) {
		ms_listing_escape(l->out, kept->s, kept->n);
		return 0;
	}
	if (read_header(l) < 0) {
		if (kept != NULL)
			ms_listing_escape(l->out, kept->s, kept->n);
		return -1;
	}
	ms_buf_clear(&l->value);
	ms_mail_decode(ms_buf_slice(&l->header), field, &l->value);
	if (l->value.n > 0)
		ms_listing_escape(l->out, (const char *)l->value.p, l->value.n);
	return l->got == 1 ? ms_archive_header_cut(l->err) : 0;
}

static int
add_id(struct line *l, bool is_short)
{
	char hex[MS_SHA_HEX + 1];

	ms_hex(l->row->id, MS_SHA_LEN, hex);
	if (is_short && ms_archive_short_id(l->a, l->row->id, hex, l->err) < 0)
		return -1;
	ms_buf_add_str(l->out, hex);
	return 0;
}

static int
add_value(struct line *l, enum field field)
{
	const struct ms_row *row = l->row;
	bool dated = (row->bits & MS_ROW_UNDATED) == 0;

	switch (field) {
	case FIELD_ID:
	case FIELD_SHORT:
		return add_id(l, field == FIELD_SHORT);
	case FIELD_DATE:
		add_date(l, dated, row->sent);
		return 0;
	case FIELD_ARRIVED:
		add_date(l, dated, row->arrived);
		return 0;
	case FIELD_ARCHIVED:
		return add_archived(l);
	case FIELD_USER:
		add_text(l, l->folder->user_name);
		return 0;
	case FIELD_FOLDER:
		add_text(l, l->folder->name);
		return 0;
	case FIELD_SIZE:
		ms_buf_printf(l->out, "%" PRIu64, row->size);
		return 0;
	case FIELD_FROM:
		return add_header(
		    l, MS_MAIL_FROM, &row->desc.from, MS_DESC_FROM_CUT);
	case FIELD_TO:
		return add_header(l, MS_MAIL_TO, NULL, 0);
	case FIELD_CC:
		return add_header(l, MS_MAIL_CC, NULL, 0);
	case FIELD_SUBJECT:
		return add_header(l, MS_MAIL_SUBJECT, &row->desc.subject,
		    MS_DESC_SUBJECT_CUT);
	case FIELD_MESSAGE_ID:
		return add_header(l, MS_MAIL_MESSAGE_ID, NULL, 0);
	case FIELD_SOURCE:
		add_text(l, l->folder->source_url);
		return 0;
	case FIELD_LABEL:
		if (l->folder->label != NULL)
			add_text(l, l->folder->label);
		return 0;
	case FIELD_FLAGS:
		add_text(l, row->flags);
		return 0;
	default:
		ms_buf_printf(l->out, "%" PRIu64, row->number);
		return 0;
	}
}

int
ms_format_write(struct ms_buf *out, const struct ms_format *f,
    struct ms_archive *a, const struct ms_row *row,
    const struct ms_folder *folder, char end, struct ms_err *err)
{
	struct line l = {.out = out,
	    .a = a,
	    .row = row,
	    .folder = folder,
	    .got = 2,
	    .err = err};
	int rc = 0;

	for (size_t i = 0; i < f->n; i++) {
		const struct piece *p = &f->pieces[i];

		if (p->field == FIELD_TEXT)
			ms_buf_add(out, f->text.p + p->at, p->n);
		else if (add_value(&l, p->field) < 0)
			rc = -1;
	}
	ms_buf_add_byte(out, (unsigned char)end);
	ms_buf_release(&l.header);
	ms_buf_release(&l.value);
	return rc;
}
