/* batch-receipt.c - records that a message of a mailbox was assigned, when all
 * users who should have it do have it. ms-archive(5), RECEIPT. */
#include "batch-impl.h"

#include <stdlib.h>
#include <string.h>

#include "le.h"
#include "numbers.h"
#include "stream.h"

/* ---- who has the message ---- */

/* Finds the occurrence of a message (first of its id) in the folder of a user.
 * 1, 0, -1. */
static int
find_one(struct ms_committer *c, const struct ms_deposit *message,
    uint64_t first, uint64_t source, const char *user, const char *folder,
    uint64_t *occurrence, struct ms_err *err)
{
	uint64_t u, f;
	int got;

	got = ms_committer_user(c, user, false, &u, err);
	if (got == 1)
		got = ms_committer_folder_of(
		    c, u, source, folder, false, &f, err);
	return got == 1 ? ms_committer_occurrence(
			      c, message, first, f, occurrence, err)
			: got;
}

/* The text after `s` in a list of texts, or NULL. */
static const char *
next_text(struct ms_slice list, const char *s)
{
	const char *end = (const char *)list.p + list.n;

	s = s == NULL ? (const char *)list.p : s + strlen(s) + 1;
	return s < end ? s : NULL;
}

/* Finds the first MESSAGE with an id in hex, which is mostly that of the last
 * call. 1, 0, -1. */
static int
find_id(struct ms_committer *c, const char *hex, struct ms_deposit *message,
    uint64_t *first, struct ms_err *err)
{
	unsigned char id[MS_SHA_LEN] = {0};

	(void)ms_unhex(ms_slice_str(hex), id, MS_SHA_LEN);
	if (*first != 0 && memcmp(id, message->id, MS_SHA_LEN) == 0)
		return 1;
	memcpy(message->id, id, MS_SHA_LEN);
	return ms_index_id(&c->txn, id, first, err);
}

/*
 * Collects the occurrences, sorted and each once, in *out (u64 little-endian).
 * 1; 0: a user does not have the message, or there are too many; -1.
 */
static int
find_all(struct ms_committer *c, const struct ms_deposit *d, struct ms_buf *out,
    struct ms_err *err)
{
	const struct ms_slice who = ms_deposit_text(c, d->who, d->who_n);
	const char *id = NULL, *user, *folder = NULL;
	struct ms_deposit message = *d;
	uint64_t first = 0, source, number, *v;
	struct ms_buf all = {0};
	size_t i, n;
	int got;

	got = ms_committer_source(c, d->dest->source, false, &source, err);
	while (got == 1 && (id = next_text(who, folder)) != NULL) {
		user = next_text(who, id);
		folder = next_text(who, user);
		got = find_id(c, id, &message, &first, err);
		if (got == 1)
			got = find_one(c, &message, first, source, user, folder,
			    &number, err);
		if (got == 1)
			ms_buf_add(&all, &number, sizeof(number));
	}
	v = (uint64_t *)(void *)all.p;
	n = all.n / sizeof(*v);
	if (n > 0)
		qsort(v, n, sizeof(*v), ms_compare_u64);
	for (i = 0; got == 1 && i < n; i++)
		if (i == 0 || v[i] != v[i - 1])
			ms_put_le64(ms_buf_room(out, 8), v[i]), out->n += 8;
	ms_buf_release(&all);
	return got == 1 && (out->n == 0 || out->n / 8 > MS_RECEIPT_MAX) ? 0
									: got;
}

/* ---- a message that was recognised by its header ---- */

/* Finds the last RECEIPT with this id of a user, in earlier batches. 1, 0, -1.
 */
static int
find_receipt(struct ms_committer *c, uint64_t user,
    const unsigned char id[MS_SHA_LEN], uint64_t *number, struct ms_err *err)
{
	struct ms_receipt_row row = {0};
	struct ms_folder_row folder;
	uint64_t at;
	int got, owned;

	*number = 0;
	/* Few folders have RECEIPTs. */
	while ((got = ms_index_next_receipt(&c->txn, &row, err)) == 1) {
		at = row.folder;
		owned = ms_index_folder(&c->txn, at, &folder, err);
		if (owned < 0)
			return -1;
		row = (struct ms_receipt_row){.folder = at};
		memcpy(row.id, id, MS_SHA_LEN);
		while (owned == 1 && folder.user == user &&
		       (got = ms_index_next_receipt(&c->txn, &row, err)) == 1 &&
		       row.folder == at &&
		       memcmp(row.id, id, MS_INDEX_DIGEST) == 0) {
			if (memcmp(row.id, id, MS_SHA_LEN) == 0 &&
			    row.number > *number && row.number < c->pos.next)
				*number = row.number;
			row.number++;
		}
		if (got < 0)
			return -1;
		row = (struct ms_receipt_row){.folder = at + 1};
	}
	return got < 0 ? -1 : *number != 0;
}

/* Fills *r from the RECEIPT that the user has; it points into content. 1; 0:
 * there is none that can be read; -1. */
static int
copy_receipt(struct ms_committer *c, const struct ms_deposit *d,
    struct ms_receipt *r, struct ms_buf *content, struct ms_err *err)
{
	uint64_t user, number;
	struct ms_err why = {0};
	int got;

	got = ms_committer_user(c, d->dest->user, false, &user, err);
	if (got == 1)
		got = find_receipt(c, user, d->id, &number, err);
	if (got != 1)
		return got;
	if (ms_archive_content(c->a, number, MS_RECEIPT, content, &why) == 0 &&
	    ms_receipt_parse(r, ms_buf_slice(content), &why) == 0) {
		r->bits |= MS_BODY_NOT_SEEN;
		return 1;
	}
	if (why.code == MS_DATA)
		return 0;
	if (err != NULL)
		*err = why;
	return -1;
}

/* ---- recording ---- */

/* Does the archive know this place of this message with these occurrences? 1,
 * 0, -1. */
static int
is_recorded(
    struct ms_committer *c, const struct ms_receipt *r, struct ms_err *err)
{
	struct ms_receipt_row row = {.folder = r->folder};
	uint64_t who = ms_receipt_who(r->occurrences), last = 0, now;
	int got;

	memcpy(row.id, r->id, MS_SHA_LEN);
	while ((got = ms_index_next_receipt(&c->txn, &row, err)) == 1 &&
	       row.folder == r->folder &&
	       memcmp(row.id, r->id, MS_INDEX_DIGEST) == 0) {
		if (memcmp(row.id, r->id, MS_SHA_LEN) == 0 && row.who == who &&
		    ms_slice_eq(row.place, r->place))
			last = row.number;
		row.number++;
	}
	if (got < 0 || last == 0)
		return got < 0 ? -1 : 0;
	if (r->place.n == 0)
		return 1;
	/* The source may have given the place to another message since. */
	got = ms_index_place(&c->txn, r->folder, r->place, &now, err);
	return got == 1 ? now == last : got;
}

static int
add_receipt(
    struct ms_committer *c, const struct ms_receipt *r, struct ms_err *err)
{
	struct ms_buf content = {0};
	uint64_t number;
	int rc;

	ms_receipt_write(&content, r);
	rc = ms_committer_record(
	    c, MS_RECEIPT, ms_buf_slice(&content), &number, err);
	ms_buf_release(&content);
	return rc;
}

/* Fills *r by what the deposit says, or by an earlier RECEIPT. Slices point
 * into `numbers`. 1; 0, with the reason in the deposit; -1. */
static int
fill(struct ms_committer *c, struct ms_deposit *d, struct ms_receipt *r,
    struct ms_buf *numbers, struct ms_err *err)
{
	struct ms_given given;
	int got;

	if (d->given_n != sizeof(given)) {
		got = copy_receipt(c, d, r, numbers, err);
		if (got == 0)
			ms_fail(ms_deposit_fail(d), MS_DATA,
			    "refers to a message that was not assigned");
		return got;
	}
	memcpy(&given, c->b->text.p + d->given, sizeof(given));
	got = find_all(c, d, numbers, err);
	if (got == 0)
		ms_fail(ms_deposit_fail(d), MS_DATA,
		    "not all of its users have it; fetch it again");
	*r = (struct ms_receipt){.size = given.size,
	    .bits = given.identifies ? MS_RECEIPT_IDENTIFIES : 0,
	    .count = (uint32_t)(numbers->n / 8),
	    .occurrences = ms_buf_slice(numbers)};
	memcpy(r->id, given.id, MS_SHA_LEN);
	memcpy(r->head, given.head, MS_SHA_LEN);
	memcpy(r->top, given.top, MS_SHA_LEN);
	return got;
}

int
ms_committer_receipt(
    struct ms_committer *c, struct ms_deposit *d, struct ms_err *err)
{
	struct ms_buf numbers = {0};
	struct ms_receipt r = {0};
	uint64_t folder;
	int got;

	if (ms_source_is_local(d->dest->source))
		return 0;
	/* Lookups must also see what this batch has recorded. */
	if (ms_indexer_put(c->a->indexer, &c->txn, err) < 0)
		return -1;
	got = fill(c, d, &r, &numbers, err);
	if (got == 1) {
		got = ms_committer_folder(c, d->dest, &folder, err);
		if (got == 0)
			ms_fail(ms_deposit_fail(d), MS_DATA,
			    "the archive has no user '%s'", d->dest->user);
	}
	if (got == 1) {
		r.folder = folder;
		r.place = ms_deposit_text(c, d->place, d->place_n);
		r.flags = ms_deposit_text(c, d->flags, d->flags_n);
		r.email_id = ms_deposit_text(c, d->email_id, d->email_id_n);
		got = is_recorded(c, &r, err);
		if (got == 0)
			got = add_receipt(c, &r, err);
	}
	ms_buf_release(&numbers);
	return got < 0 ? -1 : 0;
}
