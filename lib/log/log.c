/* log.c - the log read from packs, batch by batch, also past damage.
 * ms-archive(5), Writing and States on disk. */
#include "log.h"

#include <string.h>

void
ms_position_enter(struct ms_position *pos, const struct ms_pack_header *pack)
{
	pos->pack = pack->number;
	pos->generation = pack->generation;
	pos->end = MS_PACK_HEADER;
	pos->blocks = 0;
	pos->commit = 0; /* the last COMMIT is in the pack before */
}

/* The last record of a block, if that is a COMMIT. */
static bool
commit_of(struct ms_block *b, struct ms_commit *c)
{
	struct ms_record rec;

	if (b->header.kind != MS_BLOCK_META || b->header.count == 0 ||
	    ms_block_open(b, NULL) < 0)
		return false;
	ms_block_record(b, b->header.count - 1, &rec);
	return rec.type == MS_COMMIT && !rec.stub &&
	       ms_commit_parse(c, rec.content, NULL) == 0;
}

static void
pass_over(void *ctx, const struct ms_pack_damage *d)
{
	(void)ctx;
	(void)d;
}

int
ms_log_goes_on(const struct ms_pack *pk, uint64_t offset, uint64_t first,
    struct ms_err *err)
{
	struct ms_block b = {0};
	struct ms_commit c;
	uint64_t size;
	int got;

	if (ms_pack_size(pk, &size, err) < 0)
		return -1;
	while ((got = ms_pack_next_block(
		    pk, &offset, size, &b, pass_over, NULL, err)) == 1) {
		if (commit_of(&b, &c) && c.first > first)
			break;
		offset += ms_block_length(&b.header);
	}
	ms_block_release(&b);
	return got;
}

/* ---- the reader ---- */

void
ms_log_reader_begin(struct ms_log_reader *r, const struct ms_pack *pk)
{
	r->pack = pk;
	ms_position_enter(&r->pos, &pk->header);
	r->pos.next = pk->header.first;
	memcpy(r->pos.chain, pk->header.chain, MS_SHA_LEN);
}

void
ms_log_reader_release(struct ms_log_reader *r)
{
	ms_log_extent_release(&r->extent);
}

/* A block that is not whole but has a valid header counts as a block. */
static void
count_damaged(void *ctx, const struct ms_pack_damage *d)
{
	struct ms_position *pos = ctx;

	if (d->header != NULL)
		pos->blocks++;
}

/*
 * Keeps a whole block of a damaged batch. The batch ends with a COMMIT, unless
 * BLOBs of later batches precede that COMMIT.
 */
static void
keep_block(struct ms_log_reader *r, struct ms_block *b)
{
	uint64_t last = ms_block_number(b, b->header.count - 1);
	struct ms_position *pos = &r->pos;
	uint64_t at = pos->end;
	struct ms_commit c;

	pos->end += ms_block_length(&b->header);
	pos->blocks++;
	if (last >= pos->next)
		pos->next = last + 1;
	if (commit_of(b, &c)) {
		memcpy(pos->chain, c.chain, MS_SHA_LEN);
		pos->commit = at;
		r->salvage = last + 1 != pos->next;
	}
	ms_log_extent_keep(&r->extent, at, b);
}

/* The next whole block of the damaged batch, as an extent of its own. */
static int
salvage(struct ms_log_reader *r, struct ms_err *err)
{
	struct ms_block b = {0};
	struct ms_err why = {0};
	uint64_t size;
	int got;

	ms_log_extent_clear(&r->extent);
	if (ms_pack_size(r->pack, &size, err) < 0)
		return -1;
	for (;;) {
		got = ms_pack_next_block(r->pack, &r->pos.end, size, &b,
		    count_damaged, &r->pos, err);
		if (got == 1 && b.header.kind == MS_BLOCK_DIRECTORY)
			got = 0;
		if (got <= 0)
			break;
		if (b.header.kind == MS_BLOCK_DATA ||
		    ms_block_open(&b, &why) == 0) {
			keep_block(r, &b);
			break;
		}
		got = r->damage(r->ctx, &why, err);
		if (got <= 0)
			break;
		r->pos.end += ms_block_length(&b.header);
		r->pos.blocks++;
	}
	ms_block_release(&b);
	return got;
}

int
ms_log_read_next(struct ms_log_reader *r, struct ms_err *err)
{
	struct ms_position *pos = &r->pos;
	struct ms_err why = {0};
	int got;

	if (r->salvage)
		return salvage(r, err);
	got = ms_log_extent_read(
	    &r->extent, r->pack, pos->end, pos->next, pos->chain, &why);
	if (got == 1) {
		pos->pack = r->pack->header.number;
		pos->generation = r->pack->header.generation;
		pos->end = r->extent.end;
		pos->blocks += ms_log_extent_count(&r->extent);
		pos->commit = r->extent.commit;
		pos->next = r->extent.next;
		memcpy(pos->chain, r->extent.chain, MS_SHA_LEN);
	}
	if (got >= 0)
		return got;
	if (why.code != MS_DATA || r->damage == NULL) {
		if (err != NULL)
			*err = why;
		return -1;
	}
	got = r->damage(r->ctx, &why, err);
	if (got <= 0)
		return got;
	r->salvage = true;
	return salvage(r, err);
}

int
ms_log_goes_through(const struct ms_pack *pk, uint64_t next,
    const unsigned char chain[MS_SHA_LEN], struct ms_err *err)
{
	struct ms_log_reader r = {0};
	int got = 1;

	if (pk->header.first >= next)
		return pk->header.first == next &&
		       memcmp(pk->header.chain, chain, MS_SHA_LEN) == 0;
	ms_log_reader_begin(&r, pk);
	while (got == 1 && r.pos.next < next)
		got = ms_log_read_next(&r, err);
	if (got == 1)
		got = ms_log_extent_continues(&r.extent, next, chain);
	ms_log_reader_release(&r);
	return got;
}

/* Reads a pack from the header to the directory and compares it with its
 * directory and trailer. 1, -1: MS_DATA (they differ), MS_IO. */
static int
follow_whole(const struct ms_pack *pk, struct ms_err *err)
{
	struct ms_log_reader r = {0};
	struct ms_pack_trailer t;
	int got;

	if (ms_pack_check_seal(pk, &t, err) < 0)
		return -1;
	ms_log_reader_begin(&r, pk);
	while ((got = ms_log_read_next(&r, err)) == 1)
		;
	ms_log_reader_release(&r);
	if (got < 0)
		return -1;
	if (r.pos.end != t.directory || r.pos.blocks != t.blocks ||
	    r.pos.next != t.last + 1 ||
	    memcmp(r.pos.chain, t.chain, MS_SHA_LEN) != 0)
		return ms_fail(err, MS_DATA,
		    "pack/%s: the trailer does not match the blocks", pk->name);
	return 1;
}

int
ms_log_whole(const struct ms_pack *pk, struct ms_err *err)
{
	struct ms_err why = {0};

	if (pk->header_damaged)
		ms_fail(
		    &why, MS_DATA, "pack/%s: the header is damaged", pk->name);
	else if (follow_whole(pk, &why) == 1)
		return 1;
	if (err != NULL)
		*err = why;
	return why.code == MS_DATA ? 0 : -1;
}
