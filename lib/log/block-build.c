/* block-build.c - blocks are built: records collected, compressed and numbered.
 * ms-archive(5), Blocks. */
#include <assert.h>
#include <stdlib.h>
#include <string.h>
#include <zstd.h>

#include "block-impl.h"
#include "le.h"

#define SALTS_DRAWN (64 * MS_SALT_LEN) /* bytes drawn by one system call */

static void
add_row(struct ms_block_builder *b, const struct ms_record *rec,
    const unsigned char digest[MS_SHA_LEN],
    const unsigned char salt[MS_SALT_LEN])
{
	unsigned char row[MS_BLOCK_ROW] = {
	    rec->type, rec->stub ? MS_RECORD_STUB : 0};
	unsigned char *leaf = ms_buf_room(&b->leaves, MS_SHA_LEN);

	assert(rec->content.n <= MS_RECORD_MAX);
	ms_put_le32(row + 4, (uint32_t)rec->content.n);
	ms_buf_add(&b->table, row, sizeof(row));
	ms_buf_add(&b->contents, rec->content.p, rec->content.n);
	ms_buf_add(&b->digests, digest, MS_SHA_LEN);
	ms_buf_add(&b->salts, salt, MS_SALT_LEN);
	if (rec->stub)
		memcpy(leaf, rec->content.p, MS_SHA_LEN);
	else
		ms_record_leaf(rec->type, salt, digest, leaf);
	b->leaves.n += MS_SHA_LEN;
	b->count++;
}

uint32_t
ms_block_add(struct ms_block_builder *b, uint8_t type, struct ms_slice content,
    const unsigned char digest[MS_SHA_LEN])
{
	struct ms_record rec = {.type = type, .content = content};

	if (b->random.n == 0) {
		ms_random(ms_buf_room(&b->random, SALTS_DRAWN), SALTS_DRAWN);
		b->random.n = SALTS_DRAWN;
	}
	b->random.n -= MS_SALT_LEN;
	add_row(b, &rec, digest, b->random.p + b->random.n);
	return b->count - 1;
}

void
ms_block_carry(struct ms_block_builder *b, uint64_t number,
    const struct ms_record *rec, const unsigned char digest[MS_SHA_LEN],
    const unsigned char salt[MS_SALT_LEN])
{
	unsigned char *last = NULL, run[MS_BLOCK_RUN] = {0};

	if (b->runs.n > 0)
		last = b->runs.p + b->runs.n - MS_BLOCK_RUN;
	if (last != NULL && ms_le64(last) + ms_le32(last + 8) == number) {
		ms_put_le32(last + 8, ms_le32(last + 8) + 1);
	} else {
		ms_put_le64(run, number);
		ms_put_le32(run + 8, 1);
		ms_buf_add(&b->runs, run, sizeof(run));
	}
	add_row(b, rec, digest, salt);
	b->stubs |= rec->stub;
}

size_t
ms_block_size(const struct ms_block_builder *b)
{
	return b->table.n + b->contents.n;
}

void
ms_block_builder_release(struct ms_block_builder *b)
{
	ms_buf_release(&b->table);
	ms_buf_release(&b->contents);
	ms_buf_release(&b->digests);
	ms_buf_release(&b->salts);
	ms_buf_release(&b->leaves);
	ms_buf_release(&b->random);
	ms_buf_release(&b->runs);
	b->count = 0;
	b->stubs = false;
}

/* The state of a thread that compresses. Its memory is reused for each block,
 * which saves page faults. */
struct compressor {
	ZSTD_CCtx *z;
	struct ms_buf payload, frame;
};

void *
ms_block_compressor(void)
{
	struct compressor *c = ms_xcalloc(1, sizeof(*c));

	c->z = ZSTD_createCCtx();
	if (c->z == NULL)
		ms_out_of_memory();
	ZSTD_CCtx_setParameter(c->z, ZSTD_c_compressionLevel, MS_ZSTD_LEVEL);
	return c;
}

void
ms_block_compressor_free(void *zstd)
{
	struct compressor *c = zstd;

	if (c == NULL)
		return;
	ZSTD_freeCCtx(c->z);
	ms_buf_release(&c->payload);
	ms_buf_release(&c->frame);
	free(c);
}

/* The table and the contents of the builder as a compressed frame or, if that
 * is not smaller, as they are. Returns the codec. */
static uint8_t
make_frame(struct compressor *c, const struct ms_block_builder *b,
    struct ms_slice *frame)
{
	size_t n, bound = ZSTD_compressBound(ms_block_size(b));

	ms_buf_room(&c->payload, ms_block_size(b));
	ms_buf_add(&c->payload, b->table.p, b->table.n);
	ms_buf_add(&c->payload, b->contents.p, b->contents.n);
	n = ZSTD_compress2(c->z, ms_buf_room(&c->frame, bound), bound,
	    c->payload.p, c->payload.n);
	if (!ZSTD_isError(n) && n < c->payload.n) {
		*frame = (struct ms_slice){c->frame.p, n};
		return 1;
	}
	*frame = ms_buf_slice(&c->payload);
	return 0;
}

void
ms_block_finish(
    struct ms_block_builder *b, void *zstd, struct ms_block_image *image)
{
	struct ms_block_header *h = &image->header;
	struct ms_buf *out = &image->bytes;
	struct compressor *c = zstd;
	struct ms_slice frame;

	*h = (struct ms_block_header){.kind = (uint8_t)b->kind,
	    .flags = b->stubs ? MS_BLOCK_STUBS : 0,
	    .count = b->count,
	    .payload = (uint32_t)ms_block_size(b)};
	/* A single run is in the header, and is not listed. */
	if (b->runs.n > MS_BLOCK_RUN)
		h->runs = (uint32_t)(b->runs.n / MS_BLOCK_RUN);
	if (b->runs.n > 0)
		h->first = ms_le64(b->runs.p);

	assert(h->payload <= MS_BLOCK_PAYLOAD_MAX);
	h->codec = make_frame(c, b, &frame);
	ms_buf_clear(out);
	ms_buf_clear(&image->leaves);
	ms_buf_room(out, MS_BLOCK_HEADER + ms_block_prefix(h) + frame.n);
	out->n = MS_BLOCK_HEADER;
	if (h->runs > 0)
		ms_buf_add(out, b->runs.p, b->runs.n);
	if (b->kind == MS_BLOCK_DATA)
		ms_buf_add(out, b->digests.p, b->digests.n);
	ms_buf_add(out, b->salts.p, b->salts.n);
	ms_buf_add(out, frame.p, frame.n);
	ms_buf_add(&image->leaves, b->leaves.p, b->leaves.n);
	ms_buf_clear(&c->payload);
	/* Both are large only if the block is far above the usual size. */
	if (c->frame.cap > 2 * ZSTD_compressBound(MS_BLOCK_FULL)) {
		ms_buf_release(&c->payload);
		ms_buf_release(&c->frame);
	}
	h->stored = (uint32_t)(out->n - MS_BLOCK_HEADER);
	ms_sha256(out->p + MS_BLOCK_HEADER, h->stored, image->digest);
	ms_buf_clear(&b->table);
	ms_buf_clear(&b->contents);
	ms_buf_clear(&b->digests);
	ms_buf_clear(&b->salts);
	ms_buf_clear(&b->leaves);
	ms_buf_clear(&b->runs);
	b->count = 0;
	b->stubs = false;
}

void
ms_block_seal(struct ms_block_image *image, uint64_t first,
    const unsigned char key[MS_KEY_LEN])
{
	image->header.first = first;
	ms_keyed_check(key, image->digest, image->header.check);
	ms_block_header_write(&image->header, key, image->bytes.p);
}

void
ms_block_image_release(struct ms_block_image *image)
{
	ms_buf_release(&image->bytes);
	ms_buf_release(&image->leaves);
}
