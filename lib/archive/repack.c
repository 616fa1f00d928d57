/* repack.c - a pack regrouped into full blocks, with the same records and
 * numbers, under `lock`. ms-archive(5), Sealed packs. */
#include <string.h>

#include "impl.h"
#include "log.h"

/*
 * Limits of an extent: a reader holds its meta blocks and leaves in memory, and
 * should need little more for it than for a batch. A single batch may be
 * larger.
 */
#define EXTENT_STORED MS_BATCH_STORED
#define EXTENT_META MS_BATCH_META
#define EXTENT_BLOCKS (MS_EXTENT_BLOCKS_MAX / 2)
#define EXTENT_RECORDS (MS_EXTENT_RECORDS_MAX / 4)

/* The size of an extent. */
struct extent_size {
	uint64_t stored, meta, blocks, records;
};

struct repack {
	const struct ms_pack *from;
	struct ms_pack *to;
	uint64_t end;                       /* offset after what was written */
	struct ms_block_builder data, meta; /* not yet full */
	struct ms_buf metas;         /* finished blocks, written after the
					data blocks */
	struct extent_size gathered; /* of the current extent */
	struct ms_block block;       /* a data block that is read */
	struct ms_block_image image;
	void *zstd;
};

/* ---- writing ---- */

static int
append(struct repack *rp, const struct ms_buf *bytes, struct ms_err *err)
{
	if (ms_pack_write(rp->to, rp->end, bytes->p, bytes->n, err) < 0)
		return -1;
	rp->end += bytes->n;
	return 0;
}

static int
finish_block(struct repack *rp, struct ms_block_builder *b, struct ms_err *err)
{
	struct ms_block_image *image = &rp->image;

	if (b->count == 0)
		return 0;
	ms_block_finish(b, rp->zstd, image);
	ms_block_seal(image, image->header.first, rp->to->header.key);
	if (b->kind == MS_BLOCK_DATA)
		return append(rp, &image->bytes, err);
	ms_buf_add(&rp->metas, image->bytes.p, image->bytes.n);
	return 0;
}

/* The last record is a COMMIT, because only whole batches were added. */
static int
finish_extent(struct repack *rp, struct ms_err *err)
{
	if (finish_block(rp, &rp->data, err) < 0 ||
	    finish_block(rp, &rp->meta, err) < 0 ||
	    append(rp, &rp->metas, err) < 0)
		return -1;
	ms_buf_clear(&rp->metas);
	rp->gathered = (struct extent_size){0};
	return 0;
}

/* ---- copying ---- */

/* Adds the records of an open block to the blocks of its kind. */
static int
carry(struct repack *rp, const struct ms_block *b, struct ms_err *err)
{
	bool data = b->header.kind == MS_BLOCK_DATA;
	struct ms_block_builder *to = data ? &rp->data : &rp->meta;
	struct ms_numbers numbers = {.block = b};
	static const unsigned char unused[MS_SHA_LEN];
	struct ms_record rec;
	uint64_t number;
	uint32_t i;

	for (i = 0; ms_numbers_next(&numbers, &number) == 1; i++) {
		ms_block_record(b, i, &rec);
		if ((ms_block_size(to) + rec.content.n > MS_BLOCK_FULL ||
			to->count == MS_BLOCK_RECORDS_MAX) &&
		    finish_block(rp, to, err) < 0)
			return -1;
		ms_block_carry(to, number, &rec,
		    data ? b->digests + (size_t)i * MS_SHA_LEN : unused,
		    b->salts + (size_t)i * MS_SALT_LEN);
	}
	return 0;
}

static int
carry_data(struct repack *rp, uint64_t offset, struct ms_err *err)
{
	bool header_ok;
	int got;

	got = ms_pack_read(rp->from, offset, &rp->block, &header_ok, err);
	if (got == 0)
		return ms_fail(err, MS_DATA, "pack/%s, offset %llu: no block",
		    rp->from->name, (unsigned long long)offset);
	if (got < 0 || ms_block_open(&rp->block, err) < 0)
		return -1;
	return carry(rp, &rp->block, err);
}

static struct extent_size
measure(const struct ms_log_extent *s)
{
	size_t i, n = ms_log_extent_count(s);
	struct extent_size e = {
	    .meta = s->meta, .blocks = n, .records = s->next - s->first};

	for (i = 0; i < n; i++)
		e.stored += ms_log_extent_block(s, i)->header.stored;
	return e;
}

/* Adds the batches that were read to the current extent, or to a new one. */
static int
carry_extent(
    struct repack *rp, const struct ms_log_extent *s, struct ms_err *err)
{
	struct extent_size *g = &rp->gathered, e = measure(s);
	const struct ms_log_block *b;
	size_t i;

	if ((g->stored + e.stored > EXTENT_STORED ||
		g->meta + e.meta > EXTENT_META ||
		g->blocks + e.blocks > EXTENT_BLOCKS ||
		g->records + e.records > EXTENT_RECORDS) &&
	    finish_extent(rp, err) < 0)
		return -1;
	g->stored += e.stored;
	g->meta += e.meta;
	g->blocks += e.blocks;
	g->records += e.records;
	for (i = 0; i < e.blocks; i++) {
		b = ms_log_extent_block(s, i);
		if (b->open != NULL ? carry(rp, b->open, err) < 0
				    : carry_data(rp, b->offset, err) < 0)
			return -1;
	}
	return 0;
}

/* ---- the whole ---- */

static int
copy_all(struct repack *rp, uint64_t end, struct ms_err *err)
{
	struct ms_log_reader r = {0};
	int got = 1;

	ms_log_reader_begin(&r, rp->from);
	while (got == 1 && r.pos.end < end) {
		got = ms_log_read_next(&r, err);
		if (got == 0)
			got = ms_fail(err, MS_DATA, "pack/%s: ends too early",
			    rp->from->name);
		else if (got == 1 && carry_extent(rp, &r.extent, err) < 0)
			got = -1;
	}
	ms_log_reader_release(&r);
	if (got < 0 || finish_extent(rp, err) < 0)
		return -1;
	return ms_pack_seal(rp->to, rp->end, r.pos.next - 1, r.pos.chain, err);
}

int
ms_archive_repack(struct ms_archive *a, const struct ms_pack *from,
    uint64_t end, struct ms_pack **out, struct ms_err *err)
{
	struct repack rp = {.from = from,
	    .end = MS_PACK_HEADER,
	    .data.kind = MS_BLOCK_DATA,
	    .meta.kind = MS_BLOCK_META};
	struct ms_pack_header next = from->header;
	int rc;

	if (from->header_damaged)
		return ms_fail(
		    err, MS_DATA, "pack/%s: the header is damaged", from->name);
	next.generation++;
	if (ms_pack_begin(&rp.to, a->tmpfd, &next, err) < 0)
		return -1;
	rp.zstd = ms_block_compressor();
	rc = copy_all(&rp, end, err);
	ms_block_compressor_free(rp.zstd);
	ms_block_builder_release(&rp.data);
	ms_block_builder_release(&rp.meta);
	ms_block_image_release(&rp.image);
	ms_block_release(&rp.block);
	ms_buf_release(&rp.metas);
	if (rc < 0) {
		ms_pack_close(rp.to);
		ms_pack_discard(a->tmpfd);
		return -1;
	}
	*out = rp.to;
	return 0;
}
