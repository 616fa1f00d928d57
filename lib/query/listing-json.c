/* listing-json.c - writes an occurrence as a line of JSON. ms-json(5),
 * Messages. */
#include "json.h"
#include "listing.h"
#include "time.h"
#include "utf8.h"

#include <string.h>

/* The fields of a header. Some can occur several times. */
static const struct {
	const char *key;
	enum ms_mail_field field;
	bool several;
} fields[] = {
    {"from", MS_MAIL_FROM, false},
    {"to", MS_MAIL_TO, true},
    {"cc", MS_MAIL_CC, true},
    {"subject", MS_MAIL_SUBJECT, false},
    {"message_id", MS_MAIL_MESSAGE_ID, false},
};
#define FIELDS (sizeof(fields) / sizeof(fields[0]))

static void
set_string(json_t *o, const char *key, const char *text)
{
	ms_json_text(o, key, ms_slice_str(text));
}

/* Adds the name of a field that may not be whole to "cut". */
static void
add_cut(json_t *o, const char *key)
{
	json_t *cut = json_object_get(o, "cut");

	if (cut == NULL) {
		cut = json_array();
		json_object_set_new(o, "cut", cut);
	}
	json_array_append_new(cut, json_string(key));
}

/*
 * Adds a field in full and, if they are not UTF-8, its bytes. `cut`: the header
 * goes on.
 */
static void
set_field(json_t *o, size_t i, struct ms_slice message, bool cut)
{
	struct ms_buf text = {0}, raw = {0};

	ms_mail_decode(message, fields[i].field, &text);
	ms_mail_raw(message, fields[i].field, &raw);
	ms_json_text(o, fields[i].key, ms_buf_slice(&text));
	if (!ms_utf8_valid(raw.p, raw.n))
		ms_json_base64(o, fields[i].key, ms_buf_slice(&raw));
	if (cut && (fields[i].several || raw.n == 0))
		add_cut(o, fields[i].key);
	ms_buf_release(&text);
	ms_buf_release(&raw);
}

/* Adds the beginning of a field, which the index has. */
static void
set_kept(json_t *o, const char *key, const struct ms_desc_field *kept, bool cut)
{
	ms_json_text(
	    o, key, (struct ms_slice){(const unsigned char *)kept->s, kept->n});
	if (cut)
		add_cut(o, key);
}

/*
 * Adds the fields of the header. Returns -1 if they may not be whole; "cut"
 * names those that are not.
 */
static int
set_fields(json_t *o, struct ms_archive *a, const struct ms_row *row,
    struct ms_err *err)
{
	const struct ms_desc *d = &row->desc;
	struct ms_buf header = {0};
	int rc = ms_archive_header(a, row->message, row->id, &header, err);

	for (size_t i = 0; rc >= 0 && i < FIELDS; i++)
		set_field(o, i, ms_buf_slice(&header), rc == 1);
	if (rc < 0) {
		set_kept(o, "from", &d->from, d->bits & MS_DESC_FROM_CUT);
		set_kept(
		    o, "subject", &d->subject, d->bits & MS_DESC_SUBJECT_CUT);
	}
	ms_buf_release(&header);
	return rc == 1 ? ms_archive_header_cut(err) : rc;
}

static void
set_date(json_t *o, const char *key, bool known, int64_t t)
{
	char text[21];

	ms_time_format(t, text);
	json_object_set_new(o, key, known ? json_string(text) : json_null());
}

/* Adds the three dates: sent, arrived, archived. */
static int
set_dates(json_t *o, struct ms_archive *a, const struct ms_row *row,
    struct ms_err *err)
{
	bool known = (row->bits & MS_ROW_UNDATED) == 0;
	int64_t archived = 0;
	int got = ms_archive_archived(a, row->number, &archived, err);

	set_date(o, "date", known, row->sent);
	set_date(o, "arrived", known, row->arrived);
	set_date(o, "archived", got == 1, archived);
	return got < 0 ? -1 : 0;
}

/* Adds what the terms is:moved, is:removed and is:sent ask for. */
static void
set_words(json_t *o, const struct ms_row *row)
{
	if ((row->bits & MS_ROW_SENT) != 0)
		json_object_set_new(o, "sent", json_true());
	if ((row->bits & MS_ROW_MOVED) != 0)
		ms_json_number(o, "moved_to", row->moved_to);
	if ((row->bits & MS_ROW_REMOVED) != 0)
		json_object_set_new(o, "removed", json_true());
	if (row->change != 0)
		ms_json_number(o, "change", row->change);
}

/* Adds the places beyond the first one, if there are any. */
static int
set_places(json_t *o, struct ms_archive *a, const struct ms_row *row,
    struct ms_err *err)
{
	struct ms_buf further = {0};
	const char *place, *flags;
	json_t *all = json_array(), *one;
	size_t at = 0;
	int rc = ms_archive_further_places(a, row->number, &further, err);

	while (rc == 0 &&
	       (place = ms_further_place(&further, &at, &flags)) != NULL) {
		one = json_object();
		set_string(one, "uid", place);
		set_string(one, "flags", flags);
		json_array_append_new(all, one);
	}
	if (json_array_size(all) > 0)
		json_object_set(o, "places", all);
	json_decref(all);
	ms_buf_release(&further);
	return rc;
}

int
ms_listing_json(struct ms_buf *out, struct ms_archive *a,
    const struct ms_row *row, const struct ms_folder *folder, char end,
    struct ms_err *err)
{
	json_t *o = json_object();
	char hex[MS_SHA_HEX + 1];
	int rc;

	ms_hex(row->id, MS_SHA_LEN, hex);
	set_string(o, "id", hex);
	rc = set_dates(o, a, row, err);
	set_string(o, "user", folder->user_name);
	set_string(o, "folder", folder->name);
	ms_json_number(o, "size", row->size);
	if (set_fields(o, a, row, err) < 0)
		rc = -1;
	set_string(o, "source", folder->source_url);
	set_string(o, "label", folder->label != NULL ? folder->label : "");
	set_string(o, "flags", row->flags);
	set_words(o, row);
	if (set_places(o, a, row, err) < 0)
		rc = -1;
	ms_json_number(o, "number", row->number);
	ms_json_line(out, o);
	ms_buf_add_byte(out, (unsigned char)end);
	json_decref(o);
	return rc;
}
