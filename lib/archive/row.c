/* row.c - one row of a walk: what the index has of an occurrence.
 * ms-archive(5), Index. */
#include <string.h>

#include "walk.h"

static void
copy_field(char out[MS_ROW_FIELD], struct ms_slice s)
{
	size_t n = s.n < MS_ROW_FIELD ? s.n : MS_ROW_FIELD - 1;

	if (n > 0)
		memcpy(out, s.p, n);
	out[n] = '\0';
}

int
ms_walk_row(struct ms_txn *txn, const struct ms_occurrence_row *o,
    struct ms_row *row, struct ms_err *err)
{
	struct ms_message_row m;
	int got;

	*row = (struct ms_row){.number = o->number,
	    .message = o->message,
	    .folder = o->folder,
	    .date = o->date,
	    .form = (enum ms_form)o->form,
	    .bits = o->bits & (MS_BODY_NOT_SEEN | MS_DATE_UNKNOWN)};
	copy_field(row->flags, o->flags);
	copy_field(row->place, o->place);
	if ((o->bits & MS_ROW_HAS_OTHER) != 0 || o->flags.n >= MS_ROW_FIELD ||
	    o->place.n >= MS_ROW_FIELD)
		row->bits |= MS_ROW_MORE;
	if ((o->bits & MS_ROW_IS_SENT) != 0)
		row->bits |= MS_ROW_SENT;
	got = ms_index_moved(txn, o->number, &row->moved_to, err);
	if (got < 0)
		return -1;
	if (got == 1)
		row->bits |= MS_ROW_MOVED;
	else
		row->moved_to = 0;
	got = ms_index_message(txn, o->message, &m, err);
	if (got < 0)
		return -1;
	if (got == 1) {
		memcpy(row->id, m.id, MS_SHA_LEN);
		row->size = m.size;
		row->desc = m.desc;
	} else {
		row->bits |= MS_ROW_MISSING;
	}
	return 0;
}
