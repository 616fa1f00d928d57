/* rebuild.c - an index from the packs alone, around what is damaged.
 * ms-archive(5), States on disk. All of it by the holder of `lock`. */
#include <stdlib.h>
#include <string.h>

#include "archive-impl.h"

#define STEPS_A_COMMIT 64 /* stretches, or damaged places, a transaction */

struct rebuild {
	struct ms_archive *a;
	const struct ms_position *known; /* or NULL */
	ms_damage_fn *damage;
	void *ctx;
	struct ms_pack_name *names;
	size_t count, next_name; /* the pack at hand is the one before it */
	struct ms_pack *pack;
	struct ms_log_extent extent;
};

static void
tell(struct rebuild *rb, const char *what)
{
	rb->damage(rb->ctx, what);
}

/* ---- packs, one after another ---- */

/* Says which numbers between two packs have none. */
static void
tell_missing(struct rebuild *rb, uint32_t from, uint32_t to)
{
	struct ms_buf text = {0};
	char name[32];

	for (; from < to; from++) {
		ms_buf_clear(&text);
		ms_pack_name_format((struct ms_pack_name){from, 0}, name);
		ms_buf_printf(&text, "pack/%s is missing", name);
		tell(rb, ms_buf_str(&text));
	}
	ms_buf_release(&text);
}

/* Opens the pack rb->names[i]. 1, 0 it can't be used, and was told; -1. */
static int
open_pack(struct rebuild *rb, size_t i, struct ms_err *err)
{
	struct ms_err why = {0};

	ms_pack_close(rb->pack);
	rb->pack = NULL;
	if (ms_pack_open(&rb->pack, rb->a->packfd, rb->names[i], false, &why) <
	    0) {
		rb->pack = NULL;
		if (why.code != MS_DATA) {
			*err = why;
			return -1;
		}
		tell(rb, why.msg);
		return 0;
	}
	if (rb->pack->header_damaged)
		return 1;
	if (memcmp(rb->pack->header.archive, rb->a->id, MS_ID_LEN) == 0)
		return 1;
	tell(rb, "a pack belongs to another archive");
	return 0;
}

/* On to the next pack that can be used. 1; 0 that was the last one; -1. */
static int
next_pack(struct rebuild *rb, struct ms_position *pos, struct ms_err *err)
{
	const struct ms_pack_header *h;
	uint32_t number;
	int got = 0;

	while (got == 0) {
		if (rb->next_name == rb->count)
			return 0;
		number = rb->next_name == 0
			     ? 0
			     : rb->names[rb->next_name - 1].number;
		tell_missing(rb, number + 1, rb->names[rb->next_name].number);
		got = open_pack(rb, rb->next_name++, err);
	}
	if (got < 0)
		return -1;
	h = &rb->pack->header;
	ms_position_enter(pos, h);
	/* A later number: what lay between is damaged or missing. A lower one
	 * is a lie, or no header. */
	if (h->first > pos->next)
		pos->next = h->first;
	if (!rb->pack->header_damaged && h->first == pos->next)
		memcpy(pos->chain, h->chain, MS_SHA_LEN);
	return 1;
}

/* ---- what is whole ---- */

static int
index_record(struct rebuild *rb, struct ms_txn *txn, uint64_t number,
    const struct ms_record *rec, struct ms_err *err)
{
	struct ms_err why = {0};

	if (ms_indexer_record(rb->a->indexer, txn, number, rec, &why) == 0)
		return 0;
	if (why.code != MS_DATA || txn->full) {
		*err = why;
		return -1;
	}
	tell(rb, why.msg);
	return 0;
}

/* A block by its parts; `open` is it, opened, if that is wanted. */
static int
index_block(struct rebuild *rb, struct ms_txn *txn, uint64_t offset,
    const struct ms_block_header *h, const unsigned char *runs,
    const unsigned char *digests, const struct ms_block *open,
    struct ms_err *err)
{
	/* For numbers only: a block that was not opened has no contents. */
	struct ms_block shape = {.header = *h, .runs = runs};
	struct ms_numbers numbers = {.block = &shape};
	struct ms_indexer *in = rb->a->indexer;
	struct ms_record rec;
	uint64_t number;
	uint32_t i;

	ms_indexer_block(in, &rb->pack->header, offset, h, runs);
	for (i = 0; ms_numbers_next(&numbers, &number) == 1; i++) {
		if (open == NULL) {
			ms_indexer_blob(
			    in, number, digests + (size_t)i * MS_SHA_LEN);
			continue;
		}
		ms_block_record(open, i, &rec);
		if (index_record(rb, txn, number, &rec, err) < 0)
			return -1;
	}
	return ms_indexer_put(in, txn, err);
}

static int
index_extent(struct rebuild *rb, struct ms_txn *txn, struct ms_position *pos,
    struct ms_err *err)
{
	const struct ms_log_extent *s = &rb->extent;
	size_t i, n = ms_log_extent_count(s);

	for (i = 0; i < n; i++) {
		const struct ms_log_block *b = ms_log_extent_block(s, i);

		if (index_block(rb, txn, b->offset, &b->header,
			ms_log_extent_runs(s, b), ms_log_extent_digests(s, b),
			b->open, err) < 0)
			return -1;
	}
	ms_log_extent_pass(s, &rb->pack->header, pos);
	return 0;
}

/* ---- what is not ---- */

/* Does the index before this one know what begins at pos? */
static bool
was_known(const struct rebuild *rb, const struct ms_position *pos)
{
	return rb->known != NULL && rb->known->pack == pos->pack &&
	       rb->known->generation == pos->generation &&
	       pos->end < rb->known->end;
}

/* Is what is not whole at pos the end of an interrupted write? 1, 0, -1. */
static int
is_torn(struct rebuild *rb, const struct ms_position *pos, struct ms_err *err)
{
	int got;

	if (rb->next_name < rb->count || was_known(rb, pos) ||
	    rb->extent.beyond)
		return 0;
	got = ms_pack_closed(rb->pack, err);
	if (got == 0)
		got = ms_log_goes_on(rb->pack, pos->end, pos->next, err);
	return got < 0 ? -1 : !got;
}

/*
 * One block of a batch, or stretch, that is not whole. *closed: it ends with a
 * COMMIT, behind which the log goes on; not if BLOBs of later batches have
 * been met.
 */
static int
index_loose(struct rebuild *rb, struct ms_txn *txn, uint64_t offset,
    struct ms_block *b, struct ms_position *pos, bool *closed,
    struct ms_err *err)
{
	bool meta = b->header.kind == MS_BLOCK_META;
	struct ms_err why = {0};
	struct ms_record rec;
	struct ms_commit c;
	uint64_t last;

	*closed = false;
	if (meta && ms_block_open(b, &why) < 0) {
		tell(rb, why.msg);
		return 0;
	}
	last = ms_block_number(b, b->header.count - 1);
	if (index_block(rb, txn, offset, &b->header, b->runs, b->digests,
		meta ? b : NULL, err) < 0)
		return -1;
	if (last >= pos->next)
		pos->next = last + 1;
	if (!meta)
		return 0;
	ms_block_record(b, b->header.count - 1, &rec);
	if (rec.type == MS_COMMIT && !rec.stub &&
	    ms_commit_parse(&c, rec.content, NULL) == 0) {
		memcpy(pos->chain, c.chain, MS_SHA_LEN);
		pos->commit = offset;
		*closed = last + 1 == pos->next;
	}
	return 0;
}

/*
 * The pack ends in damage. What was known to lie there keeps its numbers, and
 * the log goes on behind it.
 */
static void
end_in_damage(struct rebuild *rb, struct ms_position *pos)
{
	const struct ms_position *k = rb->known;
	struct ms_pack_trailer t;

	pos->commit = 0;
	if (ms_pack_sealed(rb->pack, &t, NULL) == 1 && t.last >= pos->next) {
		pos->next = t.last + 1;
		memcpy(pos->chain, t.chain, MS_SHA_LEN);
	} else if (k != NULL && k->pack == pos->pack && k->next >= pos->next) {
		pos->next = k->next;
		memcpy(pos->chain, k->chain, MS_SHA_LEN);
	}
}

/*
 * Indexes the blocks that hold, from pos through the next COMMIT, or to the
 * end of the pack. 1: go on at pos; 0: the pack has no more.
 */
static int
index_around(struct rebuild *rb, struct ms_txn *txn, struct ms_position *pos,
    struct ms_err *err)
{
	struct ms_block b = {0};
	struct ms_err why;
	bool header_ok, closed = false;
	uint64_t at = pos->end, size;
	int got = 1;

	if (ms_pack_size(rb->pack, &size, err) < 0)
		return -1;
	while (!closed) {
		why = (struct ms_err){0};
		got = ms_pack_read(rb->pack, at, &b, &header_ok, &why);
		if (got < 0 && why.code != MS_DATA) {
			*err = why;
			break;
		}
		if (got == 0 ||
		    (got == 1 && b.header.kind == MS_BLOCK_DIRECTORY)) {
			got = 0;
			break;
		}
		if (got == 1) {
			got = index_loose(rb, txn, at, &b, pos, &closed, err);
			if (got < 0)
				break;
		}
		if (header_ok && ms_block_length(&b.header) <= size - at) {
			at += ms_block_length(&b.header);
			pos->blocks++;
			got = 1;
			continue;
		}
		got = ms_pack_resync(rb->pack, at + 1, &at, err);
		if (got == 0)
			at = size;
		if (got <= 0)
			break;
	}
	ms_block_release(&b);
	pos->end = at;
	if (got == 0)
		end_in_damage(rb, pos);
	return got;
}

/* ---- the whole ---- */

/* One stretch, damaged place or pack further. 1; 0: the end of the log. */
static int
step(struct rebuild *rb, struct ms_txn *txn, struct ms_position *pos,
    struct ms_err *err)
{
	struct ms_err why = {0};
	int got;

	got = ms_log_extent_read(
	    &rb->extent, rb->pack, pos->end, pos->next, pos->chain, &why);
	if (got == 1) {
		if (index_extent(rb, txn, pos, err) < 0)
			return -1;
	} else if (got < 0) {
		if (why.code != MS_DATA) {
			*err = why;
			return -1;
		}
		got = is_torn(rb, pos, err);
		if (got != 0)
			return got < 0 ? -1 : 0;
		tell(rb, why.msg);
		got = index_around(rb, txn, pos, err);
	} else if (was_known(rb, pos)) {
		/* As after restoring older packs: they are what counts. */
		tell(rb, "the last pack is shorter than the index said");
	}
	pos->purges += ms_indexer_purges(rb->a->indexer);
	return got == 0 ? next_pack(rb, pos, err) : got;
}

/* Steps, a transaction long. 1 more may come, 0 done, -1. */
static int
steps(struct rebuild *rb, struct ms_txn *txn, struct ms_position *pos,
    struct ms_err *err)
{
	int i, got = 1;

	for (i = 0; got == 1 && i < STEPS_A_COMMIT; i++)
		got = step(rb, txn, pos, err);
	if (got >= 0 && ms_index_set_position(txn, pos, err) < 0)
		return -1;
	return got;
}

/* Stands in the pack again in which an aborted transaction began. */
static int
back_to(struct rebuild *rb, size_t next_name, struct ms_err *err)
{
	rb->next_name = next_name;
	return open_pack(rb, next_name - 1, err) < 0 ? -1 : 0;
}

static int
index_packs(struct rebuild *rb, struct ms_index *ix, struct ms_err *err)
{
	struct ms_position pos = {.next = 1}, start;
	struct ms_txn txn;
	size_t name;
	int got;

	got = next_pack(rb, &pos, err);
	if (got == 0)
		return ms_fail(err, MS_DATA, "no pack can be read");
	while (got == 1) {
		start = pos;
		name = rb->next_name;
		if (ms_index_begin_write(ix, &txn, err) < 0)
			return -1;
		ms_indexer_clear(rb->a->indexer);
		got = steps(rb, &txn, &pos, err);
		if (got < 0)
			ms_index_abort(&txn);
		else if (ms_index_commit(&txn, err) < 0)
			got = -1;
		if (got < 0 && txn.full) {
			pos = start;
			if (ms_index_grow(ix, err) < 0 ||
			    back_to(rb, name, err) < 0)
				return -1;
			got = 1;
		}
	}
	return got;
}

int
ms_archive_index_all(struct ms_archive *a, struct ms_index *ix,
    const struct ms_position *known, ms_damage_fn *damage, void *ctx,
    struct ms_err *err)
{
	struct rebuild rb = {
	    .a = a, .known = known, .damage = damage, .ctx = ctx};
	int rc;

	if (ms_pack_list(a->packfd, &rb.names, &rb.count, err) < 0)
		return -1;
	rb.count = ms_pack_newest(rb.names, rb.count);
	rc = index_packs(&rb, ix, err);
	if (rc == 0 && known != NULL)
		tell_missing(
		    &rb, rb.names[rb.count - 1].number + 1, known->pack + 1);
	ms_log_extent_release(&rb.extent);
	ms_pack_close(rb.pack);
	free(rb.names);
	return rc;
}

static int
count_missing(struct ms_index *ix, uint64_t *lost, struct ms_err *err)
{
	struct ms_txn txn;
	int rc;

	if (ms_index_begin(ix, &txn, err) < 0)
		return -1;
	rc = ms_index_count_missing(&txn, lost, err);
	ms_index_end(&txn);
	return rc;
}

int
ms_archive_rebuild(struct ms_archive *a, const struct ms_position *known,
    ms_damage_fn *damage, void *ctx, uint64_t *lost, struct ms_err *err)
{
	struct ms_index *ix;
	int rc;

	if (ms_archive_new_index(a, &ix, err) < 0)
		return -1;
	rc = ms_archive_index_all(a, ix, known, damage, ctx, err);
	if (rc == 0)
		rc = count_missing(ix, lost, err);
	ms_index_close(ix);
	return rc < 0 ? -1 : ms_archive_install(a, err);
}
