/* listing-json.c - writes an occurrence as a line of JSON. ms-json(5),
 * Messages. */
#include "json.h"
#include "listing.h"
#include "time.h"

#include <string.h>

/* The fields of which the index has the beginning. */
static const struct {
	const char *key;
	enum ms_mail_field field;
	int cut, raw;
} fields[] = {
    {"from", MS_MAIL_FROM, MS_DESC_FROM_CUT, MS_DESC_FROM_RAW},
    {"subject", MS_MAIL_SUBJECT, MS_DESC_SUBJECT_CUT, MS_DESC_SUBJECT_RAW},
};
#define FIELDS (sizeof(fields) / sizeof(fields[0]))

static void
set_string(json_t *o, const char *key, const char *text)
{
	ms_json_text(o, key, ms_slice_str(text));
}

static void
set_desc(json_t *o, const struct ms_desc *d)
{
	const struct ms_desc_field *kept[FIELDS] = {&d->from, &d->subject};
	json_t *cut = NULL;

	for (size_t i = 0; i < FIELDS; i++) {
		ms_json_text(o, fields[i].key,
		    (struct ms_slice){
			(const unsigned char *)kept[i]->s, kept[i]->n});
		if ((d->bits & fields[i].cut) == 0)
			continue;
		if (cut == NULL)
			cut = json_array();
		json_array_append_new(cut, json_string(fields[i].key));
	}
	if (cut != NULL)
		json_object_set_new(o, "cut", cut);
}

/* Adds the bytes of fields that are not UTF-8, which only the header has. */
static int
set_raw(json_t *o, struct ms_archive *a, const struct ms_row *row,
    struct ms_err *err)
{
	struct ms_buf header = {0}, raw = {0};
	int rc = 0;

	if ((row->desc.bits & (MS_DESC_FROM_RAW | MS_DESC_SUBJECT_RAW)) == 0)
		return 0;
	rc = ms_archive_header(a, row->message, &header, err);
	for (size_t i = 0; rc == 0 && i < FIELDS; i++) {
		if ((row->desc.bits & fields[i].raw) == 0)
			continue;
		ms_buf_clear(&raw);
		ms_mail_raw(ms_buf_slice(&header), fields[i].field, &raw);
		ms_json_base64(o, fields[i].key, ms_buf_slice(&raw));
	}
	ms_buf_release(&header);
	ms_buf_release(&raw);
	return rc;
}

/* Adds what the terms is:moved and is:sent ask for. */
static void
set_words(json_t *o, const struct ms_row *row)
{
	if ((row->bits & MS_ROW_SENT) != 0)
		json_object_set_new(o, "sent", json_true());
	if ((row->bits & MS_ROW_MOVED) != 0)
		ms_json_number(o, "moved_to", row->moved_to);
}

int
ms_listing_json(struct ms_buf *out, struct ms_archive *a,
    const struct ms_row *row, const struct ms_folder *folder, char end,
    struct ms_err *err)
{
	json_t *o = json_object();
	char hex[MS_SHA_HEX + 1], date[21];
	int rc;

	ms_hex(row->id, MS_SHA_LEN, hex);
	ms_time_format(row->date, date);
	set_string(o, "id", hex);
	json_object_set_new(o, "date",
	    (row->bits & MS_ROW_UNDATED) != 0 ? json_null()
					      : json_string(date));
	set_string(o, "user", folder->user_name);
	set_string(o, "folder", folder->name);
	ms_json_number(o, "size", row->size);
	set_desc(o, &row->desc);
	rc = set_raw(o, a, row, err);
	set_string(o, "source", folder->source_url);
	set_string(o, "label", folder->label != NULL ? folder->label : "");
	set_string(o, "flags", row->flags);
	set_words(o, row);
	ms_json_number(o, "number", row->number);
	ms_json_line(out, o);
	ms_buf_add_byte(out, (unsigned char)end);
	json_decref(o);
	return rc;
}
