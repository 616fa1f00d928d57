/* block.c - records gathered, compressed, checked. ms-archive(5), Blocks. */
#include "block.h"

#include <assert.h>
#include <stdlib.h>
#include <zstd.h>

#include "le.h"

#define TABLE_ROW 8
#define RUN_ROW 16
#define SALTS_DRAWN (64 * MS_SALT_LEN) /* at a time: each draw is a call */
#define RECORD_STUB 1                  /* flag in a record's table row */

static const char magic[4] = {'M', 'S', 'B', '1'};

void
ms_keyed_check(const unsigned char key[MS_KEY_LEN],
    const unsigned char digest[MS_SHA_LEN], unsigned char out[MS_CHECK_LEN])
{
	unsigned char b[MS_KEY_LEN + MS_SHA_LEN], h[MS_SHA_LEN];

	memcpy(b, key, MS_KEY_LEN);
	memcpy(b + MS_KEY_LEN, digest, MS_SHA_LEN);
	ms_sha256(b, sizeof(b), h);
	memcpy(out, h, MS_CHECK_LEN);
}

static void
header_check(const unsigned char *p, const unsigned char key[MS_KEY_LEN],
    unsigned char out[MS_CHECK_LEN])
{
	unsigned char digest[MS_SHA_LEN];

	ms_sha256(p, MS_BLOCK_HEADER - MS_CHECK_LEN, digest);
	ms_keyed_check(key, digest, out);
}

void
ms_block_header_write(const struct ms_block_header *h,
    const unsigned char key[MS_KEY_LEN], unsigned char out[MS_BLOCK_HEADER])
{
	memset(out, 0, MS_BLOCK_HEADER);
	memcpy(out, magic, sizeof(magic));
	out[4] = h->kind;
	out[5] = h->codec;
	ms_put_le16(out + 6, h->flags);
	ms_put_le64(out + 8, h->first);
	ms_put_le32(out + 16, h->count);
	ms_put_le32(out + 20, h->runs);
	ms_put_le32(out + 24, h->payload);
	ms_put_le32(out + 28, h->stored);
	memcpy(out + 80, h->check, MS_CHECK_LEN);
	memcpy(out + MS_BLOCK_KEY_AT, key, MS_KEY_LEN);
	header_check(out, key, out + MS_BLOCK_HEADER - MS_CHECK_LEN);
}

/* Bytes of the stored part before the frame. */
static uint64_t
prefix_length(const struct ms_block_header *h)
{
	uint64_t row = MS_SALT_LEN;

	if (h->kind == MS_BLOCK_DATA)
		row += MS_SHA_LEN;
	return (uint64_t)h->runs * RUN_ROW + h->count * row;
}

int
ms_block_header_parse(struct ms_block_header *h,
    const unsigned char in[MS_BLOCK_HEADER],
    const unsigned char key[MS_KEY_LEN], struct ms_err *err)
{
	unsigned char check[MS_CHECK_LEN];

	if (memcmp(in, magic, sizeof(magic)) != 0)
		return ms_fail(err, MS_DATA, "no block header");
	header_check(in, key, check);
	if (memcmp(check, in + MS_BLOCK_HEADER - MS_CHECK_LEN, sizeof(check)) !=
	    0)
		return ms_fail(
		    err, MS_DATA, "the checksum of a block header is wrong");
	h->kind = in[4];
	h->codec = in[5];
	h->flags = ms_le16(in + 6);
	h->first = ms_le64(in + 8);
	h->count = ms_le32(in + 16);
	h->runs = ms_le32(in + 20);
	h->payload = ms_le32(in + 24);
	h->stored = ms_le32(in + 28);
	memcpy(h->check, in + 80, MS_CHECK_LEN);
	if (h->kind < MS_BLOCK_DATA || h->kind > MS_BLOCK_DIRECTORY ||
	    h->codec > 1)
		return ms_fail(err, MS_DATA, "block of unknown kind %u/%u",
		    (unsigned)h->kind, (unsigned)h->codec);
	if ((h->flags & MS_BLOCK_ENCRYPTED) != 0)
		return ms_fail(err, MS_DATA,
		    "block is encrypted, which this version cannot read");
	if ((h->kind == MS_BLOCK_DIRECTORY) != (h->count == 0) ||
	    h->stored == 0)
		return ms_fail(err, MS_DATA, "block header of no records");
	if (h->payload > MS_BLOCK_PAYLOAD_MAX ||
	    h->stored > MS_BLOCK_STORED_MAX ||
	    h->count > MS_BLOCK_RECORDS_MAX || h->runs > h->count ||
	    h->first > UINT64_MAX / 2 || prefix_length(h) > h->stored)
		return ms_fail(err, MS_DATA, "block header beyond its limits");
	return 0;
}

/* ---- building ---- */

static void
add_row(struct ms_block_builder *b, const struct ms_record *rec,
    const unsigned char digest[MS_SHA_LEN],
    const unsigned char salt[MS_SALT_LEN])
{
	unsigned char row[TABLE_ROW] = {rec->type, rec->stub ? RECORD_STUB : 0};
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
	unsigned char *last = NULL, run[RUN_ROW] = {0};

	if (b->runs.n > 0)
		last = b->runs.p + b->runs.n - RUN_ROW;
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

/* What a thread that compresses keeps: memory that is used for each block
 * costs no page faults. */
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

/* What a block far above the usual size needed is not kept. */
static void
forget(struct ms_buf *b)
{
	ms_buf_clear(b);
	if (b->cap > 2 * ZSTD_compressBound(MS_BLOCK_FULL))
		ms_buf_release(b);
}

/* The builder's table and contents, in one piece, as a frame or, if that is
 * not smaller, as they are. Returns the codec. */
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
	/* One run that the header can say is not listed. */
	if (b->runs.n > RUN_ROW)
		h->runs = (uint32_t)(b->runs.n / RUN_ROW);
	if (b->runs.n > 0)
		h->first = ms_le64(b->runs.p);

	assert(h->payload <= MS_BLOCK_PAYLOAD_MAX);
	h->codec = make_frame(c, b, &frame);
	ms_buf_clear(out);
	ms_buf_clear(&image->leaves);
	ms_buf_room(out, MS_BLOCK_HEADER + prefix_length(h) + frame.n);
	memset(out->p, 0, MS_BLOCK_HEADER);
	out->n = MS_BLOCK_HEADER;
	if (h->runs > 0)
		ms_buf_add(out, b->runs.p, b->runs.n);
	if (b->kind == MS_BLOCK_DATA)
		ms_buf_add(out, b->digests.p, b->digests.n);
	ms_buf_add(out, b->salts.p, b->salts.n);
	ms_buf_add(out, frame.p, frame.n);
	ms_buf_add(&image->leaves, b->leaves.p, b->leaves.n);
	forget(&c->payload);
	forget(&c->frame);
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

/* ---- reading ---- */

/* The runs ascend, do not touch, and hold as many records as the block. */
static int
check_runs(const struct ms_block *b, struct ms_err *err)
{
	uint64_t total = 0, next = 0;
	uint32_t i;

	for (i = 0; i < b->header.runs; i++) {
		const unsigned char *r = b->runs + (size_t)i * RUN_ROW;

		if (ms_le64(r) < next || ms_le64(r) > UINT64_MAX / 2 ||
		    ms_le32(r + 8) == 0)
			return ms_fail(err, MS_DATA, "the runs of a block");
		next = ms_le64(r) + ms_le32(r + 8);
		total += ms_le32(r + 8);
	}
	if (b->header.runs > 0 &&
	    (total != b->header.count || ms_le64(b->runs) != b->header.first))
		return ms_fail(err, MS_DATA, "the runs of a block");
	return 0;
}

int
ms_block_views(struct ms_block *b, struct ms_err *err)
{
	const struct ms_block_header *h = &b->header;
	const unsigned char *p = b->stored.p;

	b->open = false;
	if (b->stored.n != h->stored || prefix_length(h) > h->stored)
		return ms_fail(err, MS_DATA, "the length of a block");
	b->runs = p;
	p += (size_t)h->runs * RUN_ROW;
	b->digests = NULL;
	if (h->kind == MS_BLOCK_DATA) {
		b->digests = p;
		p += (size_t)h->count * MS_SHA_LEN;
	}
	b->salts = p;
	p += (size_t)h->count * MS_SALT_LEN;
	b->frame = (struct ms_slice){p, (size_t)(b->stored.p + h->stored - p)};
	return check_runs(b, err);
}

int
ms_block_verify(const struct ms_block *b, const unsigned char key[MS_KEY_LEN],
    struct ms_err *err)
{
	unsigned char digest[MS_SHA_LEN], check[MS_CHECK_LEN];

	ms_sha256(b->stored.p, b->stored.n, digest);
	ms_keyed_check(key, digest, check);
	if (memcmp(check, b->header.check, sizeof(check)) != 0)
		return ms_fail(
		    err, MS_DATA, "the checksum of a block is wrong");
	return 0;
}

static int
decompress(struct ms_block *b, struct ms_err *err)
{
	size_t n, want = b->header.payload;

	ms_buf_clear(&b->payload);
	if (b->header.codec == 0) {
		if (b->frame.n != want)
			return ms_fail(err, MS_DATA, "the length of a block");
		ms_buf_add(&b->payload, b->frame.p, b->frame.n);
		return 0;
	}
	n = ZSTD_decompress(
	    ms_buf_room(&b->payload, want), want, b->frame.p, b->frame.n);
	if (ZSTD_isError(n))
		return ms_fail(err, MS_DATA, "zstd: %s", ZSTD_getErrorName(n));
	if (n != want)
		return ms_fail(err, MS_DATA, "the length of a block");
	b->payload.n = n;
	return 0;
}

/* The table's contents must fill the payload, and kinds be in their place. */
static int
check_table(struct ms_block *b, struct ms_err *err)
{
	const struct ms_block_header *h = &b->header;
	uint64_t at = (uint64_t)h->count * TABLE_ROW;
	const unsigned char *row = b->payload.p;
	uint32_t i;

	if (at > b->payload.n)
		return ms_fail(err, MS_DATA, "the table of a block");
	b->starts = ms_xreallocarray(
	    b->starts, (size_t)h->count + 1, sizeof(*b->starts));
	for (i = 0; i < h->count; i++, row += TABLE_ROW) {
		bool stub = (row[1] & RECORD_STUB) != 0;

		b->starts[i] = (uint32_t)at;
		at += ms_le32(row + 4);
		if (at > b->payload.n || ms_le32(row + 4) > MS_RECORD_MAX ||
		    (stub && ms_le32(row + 4) != MS_SHA_LEN) ||
		    (h->kind == MS_BLOCK_DATA) != (row[0] == MS_BLOB))
			return ms_fail(err, MS_DATA, "the table of a block");
	}
	b->starts[i] = (uint32_t)at;
	if (h->kind != MS_BLOCK_DIRECTORY && at != b->payload.n)
		return ms_fail(err, MS_DATA, "the table of a block");
	return 0;
}

int
ms_block_open(struct ms_block *b, struct ms_err *err)
{
	if (b->open)
		return 0;
	if (decompress(b, err) < 0 || check_table(b, err) < 0)
		return -1;
	b->open = true;
	return 0;
}

void
ms_block_record(const struct ms_block *b, uint32_t i, struct ms_record *rec)
{
	const unsigned char *row = b->payload.p + (size_t)i * TABLE_ROW;

	assert(b->open && i < b->header.count);
	rec->type = row[0];
	rec->stub = (row[1] & RECORD_STUB) != 0;
	rec->content = (struct ms_slice){
	    b->payload.p + b->starts[i], b->starts[i + 1] - b->starts[i]};
}

uint64_t
ms_block_number(const struct ms_block *b, uint32_t i)
{
	const unsigned char *r = b->runs;
	uint32_t k;

	if (b->header.runs == 0)
		return b->header.first + i;
	for (k = 0; k < b->header.runs; k++, r += RUN_ROW) {
		if (i < ms_le32(r + 8))
			return ms_le64(r) + i;
		i -= ms_le32(r + 8);
	}
	return 0;
}

int
ms_numbers_next(struct ms_numbers *it, uint64_t *number)
{
	const struct ms_block_header *h = &it->block->header;
	const unsigned char *r = it->block->runs;

	if (h->runs == 0) {
		*number = h->first + it->i;
		return it->i++ < h->count;
	}
	if (it->run == h->runs)
		return 0;
	r += (size_t)it->run * RUN_ROW;
	*number = ms_le64(r) + it->i;
	if (++it->i == ms_le32(r + 8)) {
		it->run++;
		it->i = 0;
	}
	return 1;
}

void
ms_block_leaf(
    const struct ms_block *b, uint32_t i, unsigned char leaf[MS_SHA_LEN])
{
	unsigned char digest[MS_SHA_LEN];
	struct ms_record rec;

	if (b->header.kind == MS_BLOCK_DATA && !b->open) {
		ms_record_leaf(MS_BLOB, b->salts + (size_t)i * MS_SALT_LEN,
		    b->digests + (size_t)i * MS_SHA_LEN, leaf);
		return;
	}
	ms_block_record(b, i, &rec);
	if (rec.stub) {
		memcpy(leaf, rec.content.p, MS_SHA_LEN);
		return;
	}
	if (rec.type == MS_BLOB)
		memcpy(digest, b->digests + (size_t)i * MS_SHA_LEN, MS_SHA_LEN);
	else
		ms_sha256(rec.content.p, rec.content.n, digest);
	ms_record_leaf(
	    rec.type, b->salts + (size_t)i * MS_SALT_LEN, digest, leaf);
}

void
ms_block_clear(struct ms_block *b)
{
	ms_buf_clear(&b->stored);
	ms_buf_clear(&b->payload);
	b->open = false;
}

void
ms_block_release(struct ms_block *b)
{
	ms_buf_release(&b->stored);
	ms_buf_release(&b->payload);
	free(b->starts);
	*b = (struct ms_block){0};
}
