/* work.c - what a worker does with a message: hashes it, looks it up and
 * segments it. ms-archive(5), Writing. */
#include <stdlib.h>
#include <string.h>

#include "clock.h"
#include "impl.h"

#define SPARE_MAX (1024 * 1024) /* a spare unit's buffers are not larger */
#define TRANSACTION_MS 500      /* long read transactions let the index grow */

static void
shrink(struct ms_buf *b)
{
	if (b->cap > SPARE_MAX)
		ms_buf_release(b);
	ms_buf_clear(b);
}

void
ms_work_unit_clear(struct work_unit *unit)
{
	shrink(&unit->bytes);
	shrink(&unit->text);
	shrink(&unit->contents);
	shrink(&unit->blobs);
	shrink(&unit->entries);
	shrink(&unit->found);
	unit->rc = 0;
}

void
ms_work_unit_free(struct work_unit *unit)
{
	ms_buf_release(&unit->bytes);
	ms_buf_release(&unit->text);
	ms_buf_release(&unit->contents);
	ms_buf_release(&unit->blobs);
	ms_buf_release(&unit->entries);
	ms_buf_release(&unit->found);
	free(unit);
}

/* Keeps a BLOB of the current message unless the archive has it. */
static void
add_blob(void *ctx, const unsigned char *p, size_t n,
    const unsigned char digest[MS_SHA_LEN])
{
	struct worker *w = ctx;
	struct work_unit *unit = w->work_unit;
	struct found_blob f = {.at = unit->blobs.n, .n = (uint32_t)n};
	uint64_t number;
	int got;

	got = ms_archive_blob(w->a, w->txn, digest, &number, &unit->err);
	if (got < 0)
		unit->rc = -1;
	if (got != 0)
		return;
	memcpy(f.digest, digest, MS_SHA_LEN);
	ms_buf_add(&unit->blobs, p, n);
	ms_buf_add(&unit->found, &f, sizeof(f));
}

void
ms_worker_init(struct worker *w, struct ms_archive *a)
{
	w->a = a;
	w->hasher = ms_message_hasher_new();
	w->segmenter = ms_segmenter_new(add_blob, w);
	w->zstd = ms_block_compressor();
}

void
ms_worker_release(struct worker *w)
{
	ms_message_hasher_free(w->hasher);
	ms_segmenter_free(w->segmenter);
	ms_block_compressor_free(w->zstd);
	ms_archive_view_free(w->view);
}

/* Has no person removed this occurrence? 1, 0, -1. */
static int
in_view(struct ms_txn *txn, uint64_t occurrence, struct ms_err *err)
{
	struct ms_view_row view;
	int got = ms_index_view(txn, occurrence, &view, err);

	if (got < 0)
		return -1;
	return got == 0 || view.folder != 0;
}

/*
 * Marks the deposit of a known message as resolved if the message is recorded
 * in its folder with its place, and no other message has that place. A
 * destination gets the folder's number only after its label is recorded, so a
 * resolved deposit misses no label.
 */
static int
resolve(struct ms_txn *txn, struct entry *e, struct ms_slice place,
    uint64_t first, struct ms_err *err)
{
	uint64_t folder, occurrence, of_place;
	struct ms_message_row row;
	struct ms_dest *dest = e->d.dest;
	int got = 1;

	folder = atomic_load(&dest->number);
	if (folder != 0) {
		got = ms_index_in_folder(txn, first, folder, &occurrence, err);
		if (got == 1 && place.n > 0) {
			got =
			    ms_index_place(txn, folder, place, &of_place, err);
			if (got == 1)
				got = of_place == occurrence;
		}
		if (got == 1)
			got = in_view(txn, occurrence, err);
		/* Without a place, and from another archive, a move may be new
		 * information. */
		e->d.resolved =
		    got == 1 && e->d.shown_n == 0 &&
		    (e->d.from_n == 0 || (place.n > 0 && !e->d.has_left));
	}
	if (got < 0 || e->d.resolved)
		return got < 0 ? -1 : 0;
	got = ms_index_message(txn, first, &row, err);
	if (got == 1)
		ms_deposit_date(&e->d, &row.desc);
	return got < 0 ? -1 : 0;
}

int
ms_work_user(struct ms_txn *txn, struct entry *e, struct ms_err *err)
{
	struct ms_dest *dest = e->d.dest;
	uint64_t user;
	int got;

	e->no_user = false;
	if (dest->create_user || atomic_load(&dest->has_user))
		return 0;
	got = ms_index_active_user(txn, dest->user, &user, err);
	if (got == 1)
		atomic_store(&dest->has_user, true);
	e->no_user = got == 0;
	return got < 0 ? -1 : 0;
}

/* Finds the message that a reference makes known, so that it is read back. */
static int
look_up_reference(struct ms_txn *txn, struct entry *e, struct ms_err *err)
{
	int got = ms_index_id(txn, e->d.id, &e->known_as, err);

	if (got == 0)
		e->known_as = 0;
	return got < 0 ? -1 : 0;
}

/* Ends the segmenting of a message and fills e with what its record needs. */
static int
finish_new_message(struct worker *w, struct ms_txn *txn,
    const struct ms_identity *identity, struct entry *e, bool id_known,
    struct ms_slice *content, struct ms_err *err)
{
	struct ms_recipe r;
	int got = 0;

	ms_segment_end(w->segmenter, identity, content);
	if (ms_recipe_parse(&r, *content, err) < 0)
		return ms_fail(
		    err, MS_BUG, "segmenter: %s", err != NULL ? err->msg : "");
	ms_recipe_describe(&r, &e->meta.desc);
	e->meta.key_count = ms_mail_thread_keys(r.header, e->meta.keys);
	ms_deposit_date(&e->d, &e->meta.desc);
	memcpy(e->meta.head, identity->head, MS_SHA_LEN);
	e->size = identity->size;
	e->mixed_eol = identity->form == MS_FORM_STORED;
	if (e->mixed_eol && id_known)
		got = ms_archive_same_message(
		    w->a, txn, identity->id, *content, &e->d.message, err);
	e->known_as = got == 1 ? e->d.message : 0;
	e->is_new = got == 0;
	if (e->is_new)
		ms_sha256(content->p, content->n, e->digest);
	return got < 0 ? -1 : 0;
}

/*
 * Looks a message up by its id; *known receives whether the archive has it.
 * Returns 1 if nothing more is to be done, 0 if the message must be segmented,
 * or -1. A known message with mixed line ends is segmented too, to find out
 * whether the archive has a copy with the same line ends.
 */
static int
look_up(struct ms_txn *txn, const struct ms_identity *identity, struct entry *e,
    struct ms_slice place, bool *known, struct ms_err *err)
{
	uint64_t first;
	int got;

	memcpy(e->d.id, identity->id, MS_SHA_LEN);
	e->d.form = (uint8_t)identity->form;
	got = ms_index_id(txn, identity->id, &first, err);
	*known = got == 1;
	if (got <= 0 || identity->form == MS_FORM_STORED)
		return got < 0 ? -1 : 0;
	e->known_as = first;
	return resolve(txn, e, place, first, err) < 0 ? -1 : 1;
}

int
ms_work_finish(struct worker *w, struct ms_txn *txn,
    const struct ms_identity *identity, struct entry *e, struct ms_slice place,
    struct ms_slice *content, struct ms_err *err)
{
	bool known = false;
	int got = 0;

	if (!e->again)
		got = look_up(txn, identity, e, place, &known, err);
	return got == 0 ? finish_new_message(
			      w, txn, identity, e, known, content, err)
			: got;
}

int
ms_work_take_over(struct ms_txn *txn, struct entry *e, const struct entry *from,
    struct ms_slice place, struct ms_err *err)
{
	struct ms_deposit d = from->d;

	d.dest = e->d.dest;
	d.copy = e->d.copy;
	d.more = e->d.more;
	d.resolved = false;
	*e = *from;
	e->d = d;
	e->no_user = false;
	if (e->is_new || d.form == MS_FORM_STORED)
		return 0;
	return resolve(txn, e, place, e->known_as, err);
}

/* An entry of the same message before this one that was processed; or NULL. */
static const struct entry *
processed(const struct entry *e)
{
	while (e->d.copy)
		if (!(--e)->no_user)
			return e;
	return NULL;
}

static int
work_entry(struct worker *w, struct work_unit *unit, struct entry *e)
{
	const unsigned char *p = unit->bytes.p + e->at;
	struct ms_identity identity;
	struct ms_slice content;
	bool known = false;
	int got = 0;

	ms_message_hasher_add(w->hasher, p, e->n);
	ms_message_hasher_end(w->hasher, &identity);
	if (!e->again)
		got = look_up(w->txn, &identity, e,
		    (struct ms_slice){unit->text.p + e->d.place, e->d.place_n},
		    &known, &unit->err);
	if (got != 0)
		return got < 0 ? -1 : 0;
	e->blob = unit->found.n / sizeof(struct found_blob);
	ms_segment_add(w->segmenter, p, e->n);
	if (finish_new_message(
		w, w->txn, &identity, e, known, &content, &unit->err) < 0 ||
	    unit->rc < 0)
		return -1;
	e->blob_n = unit->found.n / sizeof(struct found_blob) - e->blob;
	e->content = unit->contents.n;
	e->content_n = content.n;
	ms_buf_add(&unit->contents, content.p, content.n);
	return 0;
}

/* Processes an entry of a unit in the transaction of the worker. */
static int
look_at(struct worker *w, struct work_unit *unit, struct entry *e)
{
	const struct entry *from;

	if (e->d.receipt)
		return ms_work_user(w->txn, e, &unit->err);
	if (e->d.reference)
		return w->view == NULL
			   ? 0
			   : look_up_reference(w->txn, e, &unit->err);
	if (ms_work_user(w->txn, e, &unit->err) < 0)
		return -1;
	if (e->no_user)
		return 0;
	from = processed(e);
	if (from == NULL)
		return work_entry(w, unit, e);
	return ms_work_take_over(w->txn, e, from,
	    (struct ms_slice){unit->text.p + e->d.place, e->d.place_n},
	    &unit->err);
}

/*
 * Processes messages of a work unit from the ith on in one read transaction,
 * which may last TRANSACTION_MS: lookups are slow while the archive is not in
 * memory. Returns the index of the first message that is left.
 */
static size_t
work_some(struct worker *w, struct work_unit *unit, size_t i)
{
	struct entry *e = (struct entry *)(void *)unit->entries.p;
	size_t n = unit->entries.n / sizeof(*e);
	int64_t until = ms_clock_ms() + TRANSACTION_MS;
	struct ms_txn txn;

	/* cppcheck-suppress autoVariables; for this call only */
	w->txn = &txn;
	unit->rc = ms_index_begin(w->a->ix, &txn, &unit->err);
	if (unit->rc < 0)
		return i;
	do
		if (look_at(w, unit, &e[i]) < 0)
			unit->rc = -1;
	while (++i < n && unit->rc == 0 && ms_clock_ms() < until);
	ms_index_end(&txn);
	return i;
}

/* ---- reading back ---- */

int
ms_work_read_back(struct worker *w, struct entry *e, struct ms_err *err)
{
	struct ms_err why = {0};

	/* What is newer than the handle was just written and synced. */
	if (w->view == NULL || e->known_as == 0 ||
	    e->known_as >= w->a->recent ||
	    ms_archive_read_back(w->view, e->known_as, e->d.id, &why) == 0)
		return 1;
	if (why.code != MS_DATA && why.code != MS_IO) {
		*err = why;
		return -1;
	}
	e->known_as = e->d.message = 0;
	e->ref_damaged = e->d.resolved = e->d.reference;
	e->again = e->d.again = e->is_new = !e->d.reference;
	return 0;
}

/* Segments a message again that was found to be damaged in the archive. */
static int
store_again(struct worker *w, struct work_unit *unit, struct entry *e)
{
	struct ms_txn txn;
	int rc;

	/* cppcheck-suppress autoVariables; for this call only */
	w->txn = &txn;
	if (ms_index_begin(w->a->ix, &txn, &unit->err) < 0)
		return -1;
	rc = work_entry(w, unit, e);
	ms_index_end(&txn);
	return rc;
}

static int
read_back(struct worker *w, struct work_unit *unit, struct entry *e)
{
	const struct entry *from = e->no_user ? NULL : processed(e);
	int got;

	if (from != NULL)
		return from->again ? ms_work_take_over(NULL, e, from,
					 (struct ms_slice){0}, &unit->err)
				   : 0;
	got = ms_work_read_back(w, e, &unit->err);
	if (got == 0 && e->again)
		return store_again(w, unit, e);
	return got < 0 ? -1 : 0;
}

void
ms_work_unit_run(struct worker *w, struct work_unit *unit)
{
	struct entry *e = (struct entry *)(void *)unit->entries.p;
	size_t i = 0, n = unit->entries.n / sizeof(struct entry);

	w->work_unit = unit;
	while (i < n && unit->rc == 0)
		i = work_some(w, unit, i);
	for (i = 0; i < n && unit->rc == 0 && w->view != NULL; i++)
		if (read_back(w, unit, &e[i]) < 0)
			unit->rc = -1;
}
