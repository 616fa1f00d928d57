/* batch-deposit.c - records one message in one folder: an OCCURRENCE or a
 * PLACE, and MOVED. ms-archive(5), Records. */
#include "batch-impl.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "le.h"

static struct ms_slice
text(const struct ms_batch *b, size_t at, uint32_t n)
{
	return (struct ms_slice){n > 0 ? b->text.p + at : NULL, n};
}

static void
pair_digest(
    const void *p, size_t n, uint64_t folder, unsigned char digest[MS_SHA_LEN])
{
	struct ms_buf b = {0};

	ms_buf_add(&b, &folder, sizeof(folder));
	ms_buf_add(&b, p, n);
	ms_sha256(b.p, b.n, digest);
	ms_buf_release(&b);
}

/* Records a further place of an occurrence. Returns 1, 0 if the place is known,
 * or -1. */
static int
add_place(struct ms_committer *c, const struct ms_deposit *d, uint64_t folder,
    uint64_t occurrence, struct ms_err *err)
{
	struct ms_place unit = {.occurrence = occurrence,
	    .folder = folder,
	    .place = text(c->b, d->place, d->place_n)};
	unsigned char digest[MS_SHA_LEN];
	struct ms_buf content = {0};
	uint64_t number;
	int got;

	if (unit.place.n == 0)
		return 0;
	got = ms_index_place(&c->txn, folder, unit.place, &number, err);
	if (got != 0)
		return got < 0 ? -1 : 0;
	pair_digest(unit.place.p, unit.place.n, folder, digest);
	if (ms_map_add(&c->places, digest, occurrence, NULL))
		return 0;
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
	    .form = d->form,
	    .bits = d->bits,
	    .place = text(c->b, d->place, d->place_n),
	    .flags = text(c->b, d->flags, d->flags_n),
	    .other = text(c->b, d->other, d->other_n)};
	unsigned char digest[MS_SHA_LEN];
	struct ms_buf content = {0};
	int rc;

	memcpy(o.id, d->id, MS_SHA_LEN);
	ms_occurrence_write(&content, &o);
	rc = ms_committer_record(
	    c, MS_OCCURRENCE, ms_buf_slice(&content), number, err);
	ms_buf_release(&content);
	if (o.place.n > 0) {
		pair_digest(o.place.p, o.place.n, folder, digest);
		ms_map_add(&c->places, digest, *number, NULL);
	}
	d->occurrence = true;
	return rc;
}

/* Finds the user and the source of a deposit. Returns 1, 0 or -1. */
static int
find_owner(struct ms_committer *c, const struct ms_deposit *d, uint64_t *user,
    uint64_t *source, struct ms_err *err)
{
	int got = ms_committer_name(
	    c, MS_NAME_USER, 0, 0, d->dest->user, false, user, err);

	return got <= 0 ? got
			: ms_committer_name(c, MS_NAME_SOURCE, 0, 0,
			      d->dest->source, false, source, err);
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

	got = find_owner(c, d, &user, &source, err);
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
	struct ms_message_row row;
	int got, whole;

	got = find_copy(c, d, first, &copy, err);
	if (got <= 0)
		return got;
	whole = ms_index_message(&c->txn, copy.message, &row, err);
	if (whole == 1)
		whole = ms_index_whole(&c->txn, copy.message, err);
	if (whole < 0)
		return -1;
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

/* Finds the occurrence of a message (first of its id) in a folder. Returns 1, 0
 * or -1. */
static int
find_message_folder(struct ms_committer *c, const struct ms_deposit *d,
    uint64_t first, uint64_t folder, uint64_t *occurrence, struct ms_err *err)
{
	unsigned char digest[MS_SHA_LEN];

	pair_digest(d->id, MS_SHA_LEN, folder, digest);
	if (ms_map_get(&c->message_folders, digest, occurrence))
		return 1;
	return ms_index_in_folder(&c->txn, first, folder, occurrence, err);
}

/* Finds the folder from which the message was moved, of the same user and
 * source. Returns 1, 0 or -1. */
static int
find_source_folder(struct ms_committer *c, const struct ms_deposit *d,
    uint64_t *folder, struct ms_err *err)
{
	char *name = ms_xstrndup(c->b->text.p + d->from, d->from_n);
	uint64_t user, source;
	int got = find_owner(c, d, &user, &source, err);

	if (got == 1)
		got = ms_committer_name(
		    c, MS_NAME_FOLDER, user, source, name, false, folder, err);
	free(name);
	return got;
}

/*
 * Records that the message was moved to this occurrence: a MOVED names the
 * occurrence in the folder from which it came. If that folder does not have the
 * message (the stream may be wrong, or older than the archive), no MOVED is
 * written.
 */
static int
add_moved(struct ms_committer *c, struct ms_deposit *d, uint64_t first,
    uint64_t occurrence, struct ms_err *err)
{
	struct ms_moved m = {.now = occurrence, .time = time(NULL)};
	struct ms_buf content = {0};
	uint64_t folder, to, number;
	int got;

	got = find_source_folder(c, d, &folder, err);
	if (got == 1)
		got = find_message_folder(c, d, first, folder, &m.left, err);
	d->source_missing = got == 0 || (got == 1 && m.left == occurrence);
	if (got < 0 || d->source_missing)
		return got < 0 ? -1 : 0;
	/* Lookups must also see what this batch has recorded. */
	if (ms_indexer_put(c->a->indexer, &c->txn, err) < 0)
		return -1;
	got = ms_index_moved(&c->txn, m.left, &to, err);
	if (got < 0 || (got == 1 && to == occurrence))
		return got < 0 ? -1 : 0;
	ms_moved_write(&content, &m);
	got = ms_committer_record(
	    c, MS_MOVED, ms_buf_slice(&content), &number, err);
	ms_buf_release(&content);
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
	got = find_message_folder(c, d, first, folder, &occurrence, err);
	if (got == 1) {
		got = add_place(c, d, folder, occurrence, err);
		arrived = got == 1 || d->place_n == 0;
	} else if (got == 0) {
		got = add_occurrence(c, d, folder, message, &occurrence, err);
		pair_digest(d->id, MS_SHA_LEN, folder, digest);
		ms_map_add(&c->message_folders, digest, occurrence, NULL);
		arrived = true;
	}
	/* If the place was known, so was the move, and an old stream may
	 * repeat it. */
	if (got >= 0 && d->from_n > 0 && arrived)
		got = add_moved(c, d, first, occurrence, err);
	return got < 0 ? -1 : 0;
}
