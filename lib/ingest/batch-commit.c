/* batch-commit.c - looks up, numbers, writes, syncs and indexes a batch, all
 * under `lock`. ms-archive(5), Writing. */
#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "batch-impl.h"

#define SIFTS_MAX 3 /* of one batch */

static uint64_t commits; /* serial number of the last one in this process */

static void
commit_release(struct ms_committer *c)
{
	ms_committer_clear(c);
	ms_map_release(&c->names);
	ms_map_release(&c->message_folders);
	ms_map_release(&c->places);
}

/* ---- what has become known ---- */

/*
 * Marks the messages and BLOBs that the archive has by now. *total and *known
 * receive bytes of all and of the marked ones.
 */
static int
look_up_new_records(struct ms_committer *c, uint64_t *total, uint64_t *known,
    struct ms_err *err)
{
	size_t i, messages, blobs;
	struct ms_new_message *m = ms_batch_messages(c->b, &messages);
	struct ms_new_blob *bl = ms_batch_blobs(c->b, &blobs);
	uint64_t number;
	int got;

	*total = *known = 0;
	for (i = 0; i < messages; i++, m++) {
		got = ms_index_id(&c->txn, m->id, &number, err);
		if (got < 0)
			return -1;
		m->id_known = got == 1;
		m->known = m->id_known && !m->mixed_eol && !m->again;
		if (m->known)
			m->number = number;
		*total += m->bytes;
		*known += m->known ? m->bytes : 0;
	}
	for (i = 0; i < blobs; i++, bl++) {
		got = ms_archive_blob(c->a, &c->txn, bl->digest, &number, err);
		if (got < 0)
			return -1;
		bl->known = got == 1;
		*total += bl->bytes;
		*known += bl->known ? bl->bytes : 0;
	}
	return 0;
}

/* ---- writing ---- */

static size_t
count_records(struct ms_block_image *const *list, uint32_t n)
{
	size_t count = 0;
	uint32_t i;

	for (i = 0; i < n; i++)
		count += list[i]->header.count;
	return count;
}

/*
 * Numbers the BLOBs and MESSAGEs, which are written first and in their order,
 * and puts their index rows. Records that are known get rows too, as they would
 * if the batch were read from its pack.
 */
static int
number_records(struct ms_committer *c, struct ms_err *err)
{
	size_t i, messages, blobs;
	struct ms_new_message *m = ms_batch_messages(c->b, &messages);
	const struct ms_new_blob *bl = ms_batch_blobs(c->b, &blobs);
	uint64_t next = c->pos.next;

	assert(count_records(c->b->data, c->b->data_n) == blobs);
	assert(count_records(c->b->meta, c->b->meta_n) == messages);
	for (i = 0; i < blobs; i++, next++)
		ms_indexer_blob(c->a->indexer, next, bl[i].digest);
	for (i = 0; i < messages; i++, m++, next++) {
		if (!m->known)
			m->number = next;
		ms_indexer_message(
		    c->a->indexer, next, m->id, m->size, &m->meta);
	}
	c->last_first = next;
	return ms_indexer_put(c->a->indexer, &c->txn, err);
}

static void
index_block(
    struct ms_committer *c, const struct ms_block_header *h, uint64_t *at)
{
	ms_indexer_block(c->a->indexer, &c->a->tail->header, *at, h, NULL);
	*at += ms_block_length(h);
}

/* Writes and syncs the batch, then puts the index rows of its blocks. */
static int
write_out(struct ms_committer *c, struct ms_err *err)
{
	uint32_t i, n = 0;
	struct ms_block_image **all =
	    ms_xcalloc(c->b->data_n + c->b->meta_n + c->closed_n,
		sizeof(struct ms_block_image *));
	struct ms_block_header last = {.kind = MS_BLOCK_META};
	struct ms_commit commit;
	uint64_t at, first = c->last_first;
	int rc = -1;

	for (i = 0; i < c->b->data_n; i++)
		all[n++] = c->b->data[i];
	for (i = 0; i < c->b->meta_n; i++)
		all[n++] = c->b->meta[i];
	for (i = 0; i < c->closed_n; i++)
		all[n++] = c->closed[i];
	at = c->pos.end;
	if (ms_log_append(c->a->tail, &c->pos, all, n, &c->last, &commit, err) <
	    0)
		goto out;
	c->durable = true;
	for (i = 0; i < n; i++)
		index_block(c, &all[i]->header, &at);
	last.first = first;
	last.count = (uint32_t)(c->pos.next - first);
	last.stored = (uint32_t)(c->pos.end - at - MS_BLOCK_HEADER);
	index_block(c, &last, &at);
	ms_indexer_commit(c->a->indexer, c->pos.next - 1, &commit);
	rc = ms_indexer_put(c->a->indexer, &c->txn, err);
	if (rc == 0)
		rc = ms_index_set_position(&c->txn, &c->pos, err);
out:
	free(all);
	return rc;
}

/* ---- the commit ---- */

static void
set_outcomes(const struct ms_batch *b)
{
	size_t i, messages, n;
	const struct ms_new_message *m = ms_batch_messages(b, &messages);
	struct ms_deposit *d = ms_batch_deposits(b, &n);
	struct ms_map seen = {0};

	for (i = 0; i < n; i++) {
		if (d[i].outcome == MS_OUTCOME_FAILED)
			continue;
		d[i].outcome =
		    d[i].removed != 0 ? MS_OUTCOME_LEFT_OUT : MS_OUTCOME_KNOWN;
		if (d[i].removed != 0)
			continue;
		/* The first copy of a new message is new, a second one in the
		 * same batch is known already. */
		if (d[i].new_message != MS_NO_NEW_MESSAGE &&
		    (!m[d[i].new_message].id_known ||
			m[d[i].new_message].again) &&
		    !ms_map_add(&seen, d[i].id, 0, NULL))
			d[i].outcome = MS_OUTCOME_NEW;
	}
	ms_map_release(&seen);
}

enum {
	DONE = 0,
	SIFT = 1,
	MAP_FULL = 2
};

/*
 * Records the deposits and writes everything, in the transaction. *written
 * receives whether there was anything to write.
 */
static int
fill(struct ms_committer *c, bool *written, struct ms_err *err)
{
	struct ms_deposit *d;
	size_t i, n;

	if (number_records(c, err) < 0)
		return -1;
	d = ms_batch_deposits(c->b, &n);
	for (i = 0; i < n; i++)
		if (!d[i].resolved && ms_committer_deposit(c, &d[i], err) < 0)
			return -1;
	if (c->b->decide != NULL && c->b->decide(c->b->decide_ctx, c, err) < 0)
		return -1;
	*written =
	    c->last.count + c->closed_n + c->b->data_n + c->b->meta_n > 0;
	return *written ? write_out(c, err) : 0;
}

/*
 * Tries to commit once; the caller holds `lock`. Returns DONE; SIFT if much of
 * the batch has become known, so it is to be sifted and tried again; MAP_FULL
 * if the map of the index must grow first; or -1.
 */
static int
attempt(struct ms_committer *c, bool sift_allowed, struct ms_err *err)
{
	uint64_t total, known;
	bool written = false;
	int rc;

	c->pos = c->a->checked;
	if (ms_index_begin_write(c->a->ix, &c->txn, err) < 0)
		return -1;
	ms_indexer_clear(c->a->indexer);
	rc = look_up_new_records(c, &total, &known, err);
	if (rc == 0 && sift_allowed && known > total / 10)
		rc = SIFT;
	if (rc == 0)
		rc = fill(c, &written, err);
	if (rc == 0 && written)
		rc = ms_index_commit(&c->txn, err);
	else
		ms_index_abort(&c->txn);
	if (rc == 0) {
		c->a->checked = c->pos;
		set_outcomes(c->b);
	}
	return rc < 0 && c->txn.full ? MAP_FULL : rc;
}

/*
 * Lets the map of the index grow after MAP_FULL. A batch that is in its pack
 * already is indexed from there. Returns DONE, MAP_FULL (try again) or -1.
 */
static int
after_full(struct ms_committer *c, struct ms_err *err)
{
	if (ms_index_grow(c->a->ix, err) < 0)
		return -1;
	if (!c->durable)
		return MAP_FULL;
	if (ms_archive_catch_up(c->a, true, err) < 0)
		return -1;
	set_outcomes(c->b);
	return DONE;
}

/* Resets what an attempt has set, before the next one. */
static void
forget_attempt(struct ms_committer *c)
{
	struct ms_deposit *d;
	size_t i, n;

	d = ms_batch_deposits(c->b, &n);
	for (i = 0; i < n; i++) {
		if (d[i].resolved)
			continue;
		d[i].occurrence = d[i].source_missing = false;
		d[i].removed = 0;
		free(d[i].err);
		d[i].err = NULL;
		d[i].outcome = MS_OUTCOME_NEW;
	}
	ms_committer_clear(c);
	c->restored = c->imported = 0;
	ms_map_clear(&c->names);
	ms_map_clear(&c->message_folders);
	ms_map_clear(&c->places);
}

/* Lets the workers use the folder numbers, which never change again. */
static void
publish_numbers(struct ms_committer *c)
{
	struct ms_deposit *d;
	size_t i, n;

	d = ms_batch_deposits(c->b, &n);
	for (i = 0; i < n; i++)
		if (d[i].dest->commit_serial == c->serial &&
		    d[i].dest->commit_folder != 0)
			atomic_store(
			    &d[i].dest->number, d[i].dest->commit_folder);
}

static bool
nothing_to_do(const struct ms_batch *b)
{
	const struct ms_deposit *d;
	size_t i, n;

	if (b->data_n + b->meta_n > 0 || b->decide != NULL)
		return false;
	d = ms_batch_deposits(b, &n);
	for (i = 0; i < n; i++)
		if (!d[i].resolved)
			return false;
	return true;
}

int
ms_batch_commit(struct ms_archive *a, struct ms_batch *b, struct ms_err *err)
{
	struct ms_committer c = {.a = a, .b = b, .last.kind = MS_BLOCK_META};
	int rc, sifts = 0;

	assert(a->mode == MS_ARCHIVE_WRITE);
	if (nothing_to_do(b)) {
		set_outcomes(b);
		return 0;
	}
	do {
		c.serial = ++commits;
		rc = -1;
		if (ms_archive_lock(a, true, err) < 0)
			break;
		rc = ms_archive_catch_up(a, true, err);
		if (rc == 0)
			rc = ms_archive_seal(a, err);
		if (rc == 0)
			rc = ms_archive_begin_pack(a, err);
		if (rc == 0 && b->view)
			rc = ms_archive_use_view(a, err);
		if (rc == 0)
			rc = attempt(&c, sifts < SIFTS_MAX, err);
		if (rc != DONE)
			a->checked = (struct ms_position){0};
		if (rc == MAP_FULL)
			rc = after_full(&c, err);
		ms_archive_unlock(a);
		if (rc == DONE)
			publish_numbers(&c);
		if (rc == SIFT || rc == MAP_FULL)
			forget_attempt(&c);
		if (rc == SIFT && (++sifts, ms_batch_sift(b, err) < 0))
			rc = -1;
	} while (rc == SIFT || rc == MAP_FULL);
	commit_release(&c);
	return rc;
}
