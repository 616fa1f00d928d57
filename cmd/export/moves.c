/* moves.c - writes what a stream says of places and moves. ms-stream(5), Moves
 * of another archive. */
#include <string.h>

#include "record.h"
#include "run.h"

#define MOVED_PLACES_MAX 49152 /* bytes; an envelope has 65,536 */

/* If the list would be too long, places are left out. An archive that has one
 * of these does not mark its occurrence as moved. */
static void
add_uid(struct ms_buf *list, struct ms_slice place)
{
	if (!ms_place_is_uid(place) || list->n + place.n >= MOVED_PLACES_MAX)
		return;
	if (list->n > 0)
		ms_buf_add_byte(list, ' ');
	ms_buf_add(list, place.p, place.n);
}

int
export_describe_move(struct export_run *r, const struct ms_row *from,
    struct ms_out_message *m, struct ms_buf *places, struct ms_err *err)
{
	const struct ms_folder *f = NULL;
	struct ms_buf further = {0}, content = {0};
	struct ms_occurrence o = {0};
	const char *place, *flags;
	size_t at = 0;
	int rc;

	ms_buf_clear(places);
	rc = ms_archive_folder_get(r->archive, from->own, &f, err);
	if (rc == 1)
		rc = ms_archive_occurrence_at(
		    r->archive, from->number, &o, &content, err);
	if (rc == 0 && f != NULL)
		rc = ms_archive_further_places(
		    r->archive, from->number, &further, err);
	if (rc == 0 && f != NULL) {
		add_uid(places, o.place);
		while (
		    (place = ms_further_place(&further, &at, &flags)) != NULL)
			add_uid(places, ms_slice_str(place));
		m->moved_from = f->source_name;
		m->moved_places = ms_buf_str(places);
		m->moved_at = from->moved_at;
	}
	ms_buf_release(&further);
	ms_buf_release(&content);
	return rc;
}

static int
write_reference(
    struct export_run *r, const struct ms_out_message *m, struct ms_err *err)
{
	if (ms_sink_begin(r->sink, m, err) < 0 ||
	    ms_sink_end(r->sink, err) < 0) {
		r->sink_failed = true;
		return -1;
	}
	r->sum.messages++;
	return 0;
}

static int
write_places(struct export_run *r, const struct export_choice *c,
    struct ms_out_message *m, struct ms_err *err)
{
	struct ms_buf further = {0};
	size_t at = 0;
	int rc;

	rc =
	    ms_archive_further_places(r->archive, c->row.number, &further, err);
	while (rc == 0 &&
	       (m->place = ms_further_place(&further, &at, &m->flags)) != NULL)
		rc = write_reference(r, m, err);
	ms_buf_release(&further);
	return rc;
}

int
export_references(struct export_run *r, const struct export_choice *c,
    const struct ms_out_message *whole, struct ms_err *err)
{
	struct ms_out_message m = {.id = whole->id,
	    .user = whole->user,
	    .source = whole->source,
	    .label = whole->label,
	    .folder = whole->folder,
	    .raw = {0, MS_RAW_NONE},
	    .moved_away = whole->moved_away};
	struct ms_buf places = {0};
	char hex[MS_SHA_HEX + 1];
	size_t i;
	int rc;

	ms_hex(whole->id, MS_SHA_LEN, hex);
	m.ref = hex;
	/* An occurrence without a place has no further places; nor are they
	 * written if its place is left out. */
	rc = *whole->place != '\0' ? write_places(r, c, &m, err) : 0;
	m.place = whole->place;
	m.flags = NULL;
	for (i = 1; i < c->from_count && rc == 0; i++) {
		rc = export_describe_move(r, c->from[i], &m, &places, err);
		if (rc == 0)
			rc = write_reference(r, &m, err);
	}
	ms_buf_release(&places);
	return rc;
}
