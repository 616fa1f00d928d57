/* batch-deposit.c - records one message in one folder: an OCCURRENCE or a
 * PLACE. ms-archive(5), Records. */
#include "batch-impl.h"

#include <string.h>

/* Has the occurrence of a message (first of its id) in a folder this place,
 * although another message has it now? 1, 0, -1. */
static int
had_place(struct ms_committer *c, uint64_t first, const struct ms_place *unit,
    struct ms_err *err)
{
	struct ms_place_row row = {.occurrence = unit->occurrence};
	struct ms_slice own;
	int got;

	/* Lookups must also see what this batch has recorded. */
	if (ms_indexer_put(c->a->indexer, &c->txn, err) < 0)
		return -1;
	got = ms_committer_own_place(c, first, unit->folder, &own, err);
	if (got < 0 || (got == 1 && ms_slice_eq(own, unit->place)))
		return got;
	while ((got = ms_index_next_place(&c->txn, &row, err)) == 1 &&
	       row.occurrence == unit->occurrence) {
		if (ms_slice_eq(row.place, unit->place))
			return 1;
		row.number++;
	}
	return got < 0 ? -1 : 0;
}

/* Is this place of the occurrence recorded? A source can give the place of one
 * message to another one; that is recorded once. 1, 0, -1. */
static int
knows_place(struct ms_committer *c, uint64_t first, const struct ms_place *unit,
    const unsigned char digest[MS_SHA_LEN], struct ms_err *err)
{
	uint64_t number;
	int got = 1;

	if (!ms_map_get(&c->places, digest, &number))
		got = ms_index_place(
		    &c->txn, unit->folder, unit->place, &number, err);
	return got != 1 || number == unit->occurrence
		   ? got
		   : had_place(c, first, unit, err);
}

/* Records a further place of an occurrence. Returns 1, 0 if the place is known,
 * or -1. */
static int
add_place(struct ms_committer *c, const struct ms_deposit *d, uint64_t first,
    uint64_t folder, uint64_t occurrence, struct ms_err *err)
{
	struct ms_place unit = {.occurrence = occurrence,
	    .folder = folder,
	    .place = ms_deposit_text(c, d->place, d->place_n),
	    .flags = ms_deposit_text(c, d->flags, d->flags_n)};
	unsigned char digest[MS_SHA_LEN];
	struct ms_buf content = {0};
	uint64_t number;
	int got;

	if (unit.place.n == 0)
		return 0;
	ms_deposit_digest(unit.place.p, unit.place.n, folder, digest);
	got = knows_place(c, first, &unit, digest, err);
	if (got != 0)
		return got < 0 ? -1 : 0;
	ms_map_add(&c->places, digest, occurrence, NULL);
	ms_place_write(&content, &unit);
	got = ms_committer_record(
	    c, MS_PLACE, ms_buf_slice(&content), &number, err);
	ms_buf_release(&content);
	return got < 0 ? -1 : 1;
}

static int
add_occurrence(struct ms_committer *c, struct ms_deposit *d, uint64_t folder,
    uint64_t message, uint64_t *number, struct ms_err *err)
{
	struct ms_occurrence o = {.message = message,
	    .folder = folder,
	    .date = d->date,
	    .raw = d->raw,
	    .form = d->form,
	    .bits = d->bits,
	    .place = ms_deposit_text(c, d->place, d->place_n),
	    .flags = ms_deposit_text(c, d->flags, d->flags_n),
	    .other = ms_deposit_text(c, d->other, d->other_n),
	    .email_id = ms_deposit_text(c, d->email_id, d->email_id_n)};
	unsigned char digest[MS_SHA_LEN];
	struct ms_buf content = {0};
	int rc;

	memcpy(o.id, d->id, MS_SHA_LEN);
	ms_occurrence_write(&content, &o);
	rc = ms_committer_record(
	    c, MS_OCCURRENCE, ms_buf_slice(&content), number, err);
	ms_buf_release(&content);
	if (o.place.n > 0) {
		ms_deposit_digest(o.place.p, o.place.n, folder, digest);
		ms_map_add(&c->places, digest, *number, NULL);
	}
	d->occurrence = true;
	return rc;
}

/*
 * Finds an occurrence of a message (first of its id) that the user has, if
 * possible one of the same source. The slices of copy are not valid afterwards.
 * Returns 1, 0 or -1.
 */
static int
find_copy(struct ms_committer *c, const struct ms_deposit *d, uint64_t first,
    struct ms_occurrence_row *copy, struct ms_err *err)
{
	struct ms_message_folder m = {.message = first};
	bool any = false, same = false;
	struct ms_folder_row folder;
	uint64_t user, source;
	int got, found;

	got = ms_committer_owner(c, d, &user, &source, err);
	if (got <= 0)
		return got;
	/* Lookups must also see what this batch has recorded. */
	if (ms_indexer_put(c->a->indexer, &c->txn, err) < 0)
		return -1;
	for (; !same &&
	       (got = ms_index_next_message_folder(&c->txn, &m, err)) == 1 &&
	       m.message == first;
	     m.folder++) {
		found = ms_index_folder(&c->txn, m.folder, &folder, err);
		if (found == 1 && folder.user == user) {
			same = folder.source == source;
			if (!any || same) {
				copy->folder = m.folder;
				copy->date = m.date;
				copy->number = m.occurrence;
				found = ms_index_occurrence(&c->txn, copy, err);
			}
			any = true;
		}
		if (found < 0)
			return -1;
	}
	return got < 0 ? -1 : any;
}

/*
 * Resolves a reference: the user must have the message (first of its id). Its
 * form was not seen, so that of the user's copy is used. Returns 1, 0 if the
 * user does not have the message, or -1.
 */
static int
resolve_reference(struct ms_committer *c, struct ms_deposit *d, uint64_t first,
    uint64_t *message, struct ms_err *err)
{
	struct ms_occurrence_row copy = {0};
	struct ms_message_row row = {0};
	int got, whole;

	got = find_copy(c, d, first, &copy, err);
	if (got <= 0)
		return got;
	whole = ms_index_message(&c->txn, copy.message, &row, err);
	if (whole == 1)
		whole = ms_index_whole(&c->txn, copy.message, err);
	if (whole < 0)
		return -1;
	ms_deposit_date(d, &row.desc);
	if (whole == 1) {
		*message = copy.message;
		d->form = copy.form;
	}
	return 1;
}

/* Finds the MESSAGE of a deposit, and the first MESSAGE of its id. Returns 1, 0
 * if the archive has no message of this id, or -1. */
static int
find_message(struct ms_committer *c, struct ms_deposit *d, uint64_t *message,
    uint64_t *first, struct ms_err *err)
{
	size_t messages;
	const struct ms_new_message *m = ms_batch_messages(c->b, &messages);
	int got = ms_index_id(&c->txn, d->id, first, err);

	if (got <= 0)
		return got;
	*message = d->new_message != MS_NO_NEW_MESSAGE
		       ? m[d->new_message].number
		       : d->message;
	if (*message == 0)
		*message = *first;
	return 1;
}

/*
 * The message is in this folder already: records its place. A message that has
 * left the folder according to both archives is not back because of a place
 * that only the other archive knew. Returns 1, 0 if nothing is new, or -1.
 */
static int
add_to_known(struct ms_committer *c, const struct ms_deposit *d, uint64_t first,
    uint64_t folder, uint64_t occurrence, struct ms_err *err)
{
	struct ms_mark mark = {0};
	int got;

	if (d->gone && ms_committer_mark(c, occurrence, &mark, err) < 0)
		return -1;
	got = add_place(c, d, first, folder, occurrence, err);
	if (got == 1 && mark.to != 0 &&
	    ms_committer_set_mark(c, occurrence, mark, err) < 0)
		return -1;
	return got;
}

int
ms_committer_deposit(
    struct ms_committer *c, struct ms_deposit *d, struct ms_err *err)
{
	uint64_t folder, message, first, occurrence;
	unsigned char digest[MS_SHA_LEN];
	bool arrived = false;
	int got;

	if (d->receipt)
		return ms_committer_receipt(c, d, err);
	got = ms_committer_folder(c, d->dest, &folder, err);
	if (got == 0)
		ms_fail(ms_deposit_fail(d), MS_DATA,
		    "the archive has no user '%s'", d->dest->user);
	if (got <= 0)
		return got;
	got = find_message(c, d, &message, &first, err);
	if (got == 1 && d->reference)
		got = resolve_reference(c, d, first, &message, err);
	if (got == 0)
		ms_fail(ms_deposit_fail(d), MS_DATA, "%s",
		    d->reference
			? "refers to a message that the user does not have"
			: "its message is no longer in the archive");
	if (got <= 0)
		return got;
	got = ms_committer_occurrence(c, d, first, folder, &occurrence, err);
	if (got == 1) {
		got = add_to_known(c, d, first, folder, occurrence, err);
		arrived = got == 1 || d->place_n == 0;
	} else if (got == 0) {
		got = add_occurrence(c, d, folder, message, &occurrence, err);
		ms_deposit_digest(d->id, MS_SHA_LEN, folder, digest);
		ms_map_add(&c->message_folders, digest, occurrence, NULL);
		arrived = true;
	}
	if (got >= 0 && d->from_n > 0)
		got = ms_committer_moved(
		    c, d, first, occurrence, folder, arrived, err);
	if (got >= 0 && d->shown_n > 0)
		got = ms_committer_shown(c, d, occurrence, folder, err);
	return got < 0 ? -1
		       : ms_committer_removed(c, d, occurrence, folder, err);
}
