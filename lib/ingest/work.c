/* work.c - what a worker does with messages: hash, look up, segment. */
#include <stdlib.h>
#include <string.h>

#include "clock.h"
#include "impl.h"

#define KEEP (1024 * 1024) /* a spare parcel's buffers are not larger */
#define TRANSACTION_MS 500 /* a read transaction should not last a second */

static void
shrink(struct ms_buf *b)
{
	if (b->cap > KEEP)
		ms_buf_release(b);
	ms_buf_clear(b);
}

void
ms_work_unit_clear(struct work_unit *pl)
{
	shrink(&pl->bytes);
	shrink(&pl->text);
	shrink(&pl->contents);
	shrink(&pl->blobs);
	ms_buf_clear(&pl->entries);
	ms_buf_clear(&pl->found);
	pl->rc = 0;
}

void
ms_work_unit_free(struct work_unit *pl)
{
	if (pl == NULL)
		return;
	ms_buf_release(&pl->bytes);
	ms_buf_release(&pl->text);
	ms_buf_release(&pl->contents);
	ms_buf_release(&pl->blobs);
	ms_buf_release(&pl->entries);
	ms_buf_release(&pl->found);
	free(pl);
}

/* A BLOB of the message at hand: kept unless the archive has it. */
static void
take_blob(void *ctx, const unsigned char *p, size_t n,
    const unsigned char digest[MS_SHA_LEN])
{
	struct worker *w = ctx;
	struct work_unit *pl = w->work_unit;
	struct found_blob f = {.at = pl->blobs.n, .n = (uint32_t)n};
	uint64_t number;
	int got;

	got = ms_archive_blob(w->a, w->txn, digest, &number, &pl->err);
	if (got < 0)
		pl->rc = -1;
	if (got != 0)
		return;
	memcpy(f.digest, digest, MS_SHA_LEN);
	ms_buf_add(&pl->blobs, p, n);
	ms_buf_add(&pl->found, &f, sizeof(f));
}

void
ms_worker_init(struct worker *w, struct ms_archive *a)
{
	w->a = a;
	w->wire = ms_message_hasher_new();
	w->segmenter = ms_segmenter_new(take_blob, w);
	w->zstd = ms_block_compressor();
}

void
ms_worker_release(struct worker *w)
{
	ms_message_hasher_free(w->wire);
	ms_segmenter_free(w->segmenter);
	ms_block_compressor_free(w->zstd);
}

/* The date of a message that has none from its place. */
static void
set_date(struct entry *e, const struct ms_desc *desc)
{
	if (e->has_date)
		return;
	if ((desc->bits & MS_DESC_DATE) != 0) {
		e->d.date = desc->date;
	} else if (e->has_fallback) {
		e->d.date = e->fallback;
	} else {
		e->d.date = 0;
		e->d.bits |= MS_DATE_UNKNOWN;
	}
}

/*
 * A known message: is it recorded in its folder, with its place? Then it is
 * settled. The folder's number is there once its label is, too.
 */
static int
settle(struct ms_txn *txn, struct entry *e, struct ms_slice place,
    uint64_t first, struct ms_err *err)
{
	uint64_t folder, occurrence;
	struct ms_message_row row;
	struct ms_dest *dest = e->d.dest;
	int got = 1;

	folder = atomic_load(&dest->number);
	if (folder != 0) {
		got = ms_index_message_folders(
		    txn, first, folder, &occurrence, err);
		if (got == 1 && place.n > 0)
			got = ms_index_place(
			    txn, folder, place, &occurrence, err);
		/* That it was moved may be news where it has no place. */
		e->d.resolved = got == 1 && (place.n > 0 || e->d.from_n == 0);
	}
	if (got < 0 || e->d.resolved || e->has_date)
		return got < 0 ? -1 : 0;
	got = ms_index_message(txn, first, &row, err);
	if (got == 1)
		set_date(e, &row.desc);
	return got < 0 ? -1 : 0;
}

int
ms_work_user(struct ms_txn *txn, struct entry *e, struct ms_err *err)
{
	struct ms_dest *dest = e->d.dest;
	uint64_t user;
	int got;

	if (dest->create_user || atomic_load(&dest->has_user))
		return 0;
	got = ms_index_live_user(txn, dest->user, &user, err);
	if (got == 1)
		atomic_store(&dest->has_user, true);
	e->no_user = got == 0;
	return got < 0 ? -1 : 0;
}

/* A message that is to be segmented, or was: what goes into its record. */
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
	ms_mail_describe(r.header, &e->note.desc);
	set_date(e, &e->note.desc);
	memcpy(e->note.head, identity->head, MS_SHA_LEN);
	e->size = identity->size;
	e->own = identity->form == MS_FORM_STORED;
	if (e->own && id_known)
		got = ms_archive_same_message(
		    w->a, txn, identity->id, *content, &e->d.message, err);
	e->fresh = got == 0;
	return got < 0 ? -1 : 0;
}

/*
 * Looks a message up. *known: its id is. 1: that is all there is to do; 0: it
 * must be segmented, be it only to see whether its line ends, which are mixed,
 * are those of a copy that is there; -1.
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
	return settle(txn, e, place, first, err) < 0 ? -1 : 1;
}

int
ms_work_finish(struct worker *w, struct ms_txn *txn,
    const struct ms_identity *identity, struct entry *e, struct ms_slice place,
    struct ms_slice *content, struct ms_err *err)
{
	bool known;
	int got;

	got = look_up(txn, identity, e, place, &known, err);
	if (got == 0)
		return finish_new_message(
		    w, txn, identity, e, known, content, err);
	ms_segment_abort(w->segmenter);
	*content = (struct ms_slice){0};
	return got < 0 ? -1 : 0;
}

static int
work_entry(struct worker *w, struct work_unit *pl, struct entry *e)
{
	const unsigned char *p = pl->bytes.p + e->at;
	struct ms_identity identity;
	struct ms_slice content;
	bool known;
	int got;

	if (ms_work_user(w->txn, e, &pl->err) < 0)
		return -1;
	if (e->no_user)
		return 0;
	ms_message_hasher_add(w->wire, p, e->n);
	ms_message_hasher_end(w->wire, &identity);
	got = look_up(w->txn, &identity, e,
	    (struct ms_slice){pl->text.p + e->d.place, e->d.place_n}, &known,
	    &pl->err);
	if (got != 0)
		return got < 0 ? -1 : 0;
	e->blob = pl->found.n / sizeof(struct found_blob);
	ms_segment_add(w->segmenter, p, e->n);
	if (finish_new_message(
		w, w->txn, &identity, e, known, &content, &pl->err) < 0 ||
	    pl->rc < 0)
		return -1;
	e->blob_n = pl->found.n / sizeof(struct found_blob) - e->blob;
	e->content = pl->contents.n;
	e->content_n = content.n;
	ms_buf_add(&pl->contents, content.p, content.n);
	return 0;
}

/* The messages of a parcel from the ith on, for as long as a transaction may
 * last. Looking up is slow while the archive is not in memory. */
static size_t
work_some(struct worker *w, struct work_unit *pl, size_t i)
{
	struct entry *e = (struct entry *)(void *)pl->entries.p;
	size_t n = pl->entries.n / sizeof(*e);
	int64_t until = ms_clock_ms() + TRANSACTION_MS;
	struct ms_txn txn;

	/* cppcheck-suppress autoVariables; for this call only */
	w->txn = &txn;
	pl->rc = ms_index_begin(w->a->ix, &txn, &pl->err);
	if (pl->rc < 0)
		return i;
	do
		if (!e[i].d.reference && work_entry(w, pl, &e[i]) < 0)
			pl->rc = -1;
	while (++i < n && pl->rc == 0 && ms_clock_ms() < until);
	ms_index_end(&txn);
	return i;
}

void
ms_work_unit_run(struct worker *w, struct work_unit *pl)
{
	size_t i = 0, n = pl->entries.n / sizeof(struct entry);

	w->work_unit = pl;
	pl->rc = 0;
	while (i < n && pl->rc == 0)
		i = work_some(w, pl, i);
}
