/* block.c - headers of blocks; blocks are read and checked. ms-archive(5),
 * Blocks. */
#include "block.h"

#include <assert.h>
#include <stdlib.h>
#include <zstd.h>

#include "block-impl.h"
#include "le.h"

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

uint64_t
ms_block_prefix(const struct ms_block_header *h)
{
	uint64_t row = MS_SALT_LEN;

	if (h->kind == MS_BLOCK_DATA)
		row += MS_SHA_LEN;
	return (uint64_t)h->runs * MS_BLOCK_RUN + h->count * row;
}

int
ms_block_header_parse(struct ms_block_header *h,
    const unsigned char in[MS_BLOCK_HEADER],
    const unsigned char key[MS_KEY_LEN], struct ms_err *err)
{
	unsigned char check[MS_CHECK_LEN];

	if (memcmp(in, magic, sizeof(magic)) != 0)
		return ms_fail(err, MS_DATA, "not a block header");
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
		return ms_fail(err, MS_DATA,
		    "a block of unknown kind %u or codec %u", (unsigned)h->kind,
		    (unsigned)h->codec);
	if ((h->flags & MS_BLOCK_ENCRYPTED) != 0)
		return ms_fail(err, MS_DATA,
		    "an encrypted block, which this version cannot read");
	if ((h->kind == MS_BLOCK_DIRECTORY) != (h->count == 0) ||
	    h->stored == 0)
		return ms_fail(err, MS_DATA, "a block header without records");
	if (h->payload > MS_BLOCK_PAYLOAD_MAX ||
	    h->stored > MS_BLOCK_STORED_MAX ||
	    h->count > MS_BLOCK_RECORDS_MAX || h->runs > h->count ||
	    h->first > UINT64_MAX / 2 || ms_block_prefix(h) > h->stored)
		return ms_fail(
		    err, MS_DATA, "a block header exceeds its limits");
	return 0;
}

/* ---- reading ---- */

/* The runs must ascend, be separate, and have as many records as the block. */
static int
check_runs(const struct ms_block *b, struct ms_err *err)
{
	uint64_t total = 0, next = 0;
	uint32_t i;

	for (i = 0; i < b->header.runs; i++) {
		const unsigned char *r = b->runs + (size_t)i * MS_BLOCK_RUN;

		if (ms_le64(r) < next || ms_le64(r) > UINT64_MAX / 2 ||
		    ms_le32(r + 8) == 0)
			return ms_fail(
			    err, MS_DATA, "the runs of a block are wrong");
		next = ms_le64(r) + ms_le32(r + 8);
		total += ms_le32(r + 8);
	}
	if (b->header.runs > 0 &&
	    (total != b->header.count || ms_le64(b->runs) != b->header.first))
		return ms_fail(err, MS_DATA, "the runs of a block are wrong");
	return 0;
}

int
ms_block_views(struct ms_block *b, struct ms_err *err)
{
	const struct ms_block_header *h = &b->header;
	const unsigned char *p = b->stored.p;

	if (b->stored.n != h->stored || ms_block_prefix(h) > h->stored)
		return ms_fail(err, MS_DATA, "the length of a block is wrong");
	b->runs = p;
	p += (size_t)h->runs * MS_BLOCK_RUN;
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
			return ms_fail(
			    err, MS_DATA, "the length of a block is wrong");
		ms_buf_add(&b->payload, b->frame.p, b->frame.n);
		return 0;
	}
	n = ZSTD_decompress(
	    ms_buf_room(&b->payload, want), want, b->frame.p, b->frame.n);
	if (ZSTD_isError(n))
		return ms_fail(err, MS_DATA, "zstd: %s", ZSTD_getErrorName(n));
	if (n != want)
		return ms_fail(err, MS_DATA, "the length of a block is wrong");
	b->payload.n = n;
	return 0;
}

/* The contents must fill the payload, and BLOBs must be in data blocks only. */
static int
check_table(struct ms_block *b, struct ms_err *err)
{
	const struct ms_block_header *h = &b->header;
	uint64_t at = (uint64_t)h->count * MS_BLOCK_ROW;
	const unsigned char *row = b->payload.p;
	uint32_t i;

	if (at > b->payload.n)
		return ms_fail(err, MS_DATA, "the table of a block is wrong");
	b->starts = ms_xreallocarray(
	    b->starts, (size_t)h->count + 1, sizeof(*b->starts));
	for (i = 0; i < h->count; i++, row += MS_BLOCK_ROW) {
		bool stub = (row[1] & MS_RECORD_STUB) != 0;

		b->starts[i] = (uint32_t)at;
		at += ms_le32(row + 4);
		if (ms_le32(row + 4) > MS_RECORD_MAX ||
		    (stub && ms_le32(row + 4) != MS_SHA_LEN) ||
		    (h->kind == MS_BLOCK_DATA) != (row[0] == MS_BLOB))
			return ms_fail(
			    err, MS_DATA, "the table of a block is wrong");
	}
	b->starts[i] = (uint32_t)at;
	if (h->kind != MS_BLOCK_DIRECTORY && at != b->payload.n)
		return ms_fail(err, MS_DATA, "the table of a block is wrong");
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
	const unsigned char *row = b->payload.p + (size_t)i * MS_BLOCK_ROW;

	assert(b->open && i < b->header.count);
	rec->type = row[0];
	rec->stub = (row[1] & MS_RECORD_STUB) != 0;
	rec->content = (struct ms_slice){
	    b->payload.p + b->starts[i], b->starts[i + 1] - b->starts[i]};
}

uint64_t
ms_block_number(const struct ms_block *b, uint32_t i)
{
	const unsigned char *r = b->runs;

	assert(i < b->header.count);
	if (b->header.runs == 0)
		return b->header.first + i;
	for (; i >= ms_le32(r + 8); r += MS_BLOCK_RUN)
		i -= ms_le32(r + 8);
	return ms_le64(r) + i;
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
	r += (size_t)it->run * MS_BLOCK_RUN;
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
