/* archive-read.c - records and messages read back. ms-archive(5), Records. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "archive-impl.h"
#include "le.h"

#define PACKS_OPEN 64
#define BLOCKS_KEPT 32
#define BYTES_KEPT (32 * 1024 * 1024) /* of decompressed blocks */
#define TRIES 4 /* a pack may be rewritten while we look for it */

struct kept_block {
	uint32_t pack, generation;
	uint64_t offset, used; /* used: when, 0 the slot is free */
	struct ms_block block;
};

struct kept_pack {
	struct ms_pack *pack;
	uint64_t used;
};

struct ms_reader {
	pthread_mutex_t lock; /* of packs: workers look up digests */
	struct kept_pack packs[PACKS_OPEN];
	struct kept_block blocks[BLOCKS_KEPT];
	uint64_t clock;
	struct ms_buf message;   /* content of the MESSAGE being emitted */
	struct ms_buf locations; /* of its BLOBs */
};

struct ms_reader *
ms_reader_new(void)
{
	struct ms_reader *r = ms_xcalloc(1, sizeof(*r));

	pthread_mutex_init(&r->lock, NULL);
	return r;
}

void
ms_reader_free(struct ms_reader *r)
{
	size_t i;

	if (r == NULL)
		return;
	for (i = 0; i < PACKS_OPEN; i++)
		ms_pack_close(r->packs[i].pack);
	for (i = 0; i < BLOCKS_KEPT; i++)
		ms_block_release(&r->blocks[i].block);
	ms_buf_release(&r->message);
	ms_buf_release(&r->locations);
	pthread_mutex_destroy(&r->lock);
	free(r);
}

/* ---- packs and blocks kept ---- */

/* The open pack; reader's lock is held. NULL with err set. */
static struct ms_pack *
get_pack(struct ms_archive *a, uint32_t number, uint32_t generation,
    struct ms_err *err)
{
	struct ms_reader *r = a->reader;
	struct kept_pack *k, *oldest = &r->packs[0];
	struct ms_pack *pk;
	size_t i;

	for (i = 0; i < PACKS_OPEN; i++) {
		k = &r->packs[i];
		if (k->pack != NULL && k->pack->header.number == number &&
		    k->pack->header.generation == generation) {
			k->used = ++r->clock;
			return k->pack;
		}
		if (k->used < oldest->used)
			oldest = k;
	}
	if (ms_pack_open(&pk, a->packfd,
		(struct ms_pack_name){number, generation}, false, err) < 0)
		return NULL;
	ms_pack_close(oldest->pack);
	*oldest = (struct kept_pack){pk, ++r->clock};
	return pk;
}

/* A slot for one more block: the least used go until there is room. */
static struct kept_block *
free_slot(struct ms_reader *r)
{
	struct kept_block *oldest, *empty, *k;
	size_t bytes;

	for (;;) {
		oldest = empty = NULL;
		bytes = 0;
		for (k = r->blocks; k < r->blocks + BLOCKS_KEPT; k++) {
			if (k->used == 0) {
				empty = k;
				continue;
			}
			bytes += k->block.payload.cap + k->block.stored.cap;
			if (oldest == NULL || k->used < oldest->used)
				oldest = k;
		}
		if (empty != NULL && bytes <= BYTES_KEPT)
			return empty;
		ms_block_release(&oldest->block);
		oldest->used = 0;
	}
}

/* The open block at loc. 1; 0: its pack was rewritten; -1. */
static int
get_block(struct ms_archive *a, const struct ms_location *loc,
    struct ms_block **out, struct ms_err *err)
{
	struct ms_reader *r = a->reader;
	struct ms_err why = {0};
	struct kept_block *k;
	struct ms_pack *pk;
	bool header_ok;
	int got = -1;
	size_t i;

	for (i = 0; i < BLOCKS_KEPT; i++) {
		k = &r->blocks[i];
		if (k->used != 0 && k->offset == loc->offset &&
		    k->pack == loc->pack && k->generation == loc->generation) {
			k->used = ++r->clock;
			*out = &k->block;
			return 1;
		}
	}
	k = free_slot(r);
	k->used = 0;
	pthread_mutex_lock(&r->lock);
	pk = get_pack(a, loc->pack, loc->generation, &why);
	if (pk != NULL)
		got =
		    ms_pack_read(pk, loc->offset, &k->block, &header_ok, &why);
	pthread_mutex_unlock(&r->lock);
	if (pk == NULL && why.code == MS_NOINPUT)
		return 0;
	if (got == 0)
		ms_fail(&why, MS_DATA, "pack %u ends before offset %llu",
		    (unsigned)loc->pack, (unsigned long long)loc->offset);
	if (got == 1 && ms_block_open(&k->block, &why) < 0)
		got = -1;
	if (got != 1) {
		if (err != NULL)
			*err = why;
		return -1;
	}
	k->pack = loc->pack;
	k->generation = loc->generation;
	k->offset = loc->offset;
	k->used = ++r->clock;
	*out = &k->block;
	return 1;
}

/* ---- records ---- */

/* Where a record is now. 1, 0 unknown, -1. */
static int
locate(struct ms_archive *a, uint64_t number, struct ms_location *loc,
    struct ms_err *err)
{
	struct ms_txn txn;
	int got;

	do {
		if (ms_index_begin(a->ix, &txn, err) < 0)
			return -1;
		got = ms_index_locate(&txn, number, loc, err);
	} while (ms_index_end(&txn) != 0);
	return got;
}

/* A view of record `number`; until the next record is asked for. */
static int
get_record(struct ms_archive *a, uint64_t number, uint8_t type,
    struct ms_record *rec, struct ms_err *err)
{
	struct ms_location loc;
	struct ms_block *b;
	int got = 0, i;

	for (i = 0; i < TRIES && got == 0; i++) {
		got = locate(a, number, &loc, err);
		if (got < 0)
			return -1;
		if (got == 0)
			return ms_fail(err, MS_DATA, "record %llu is missing",
			    (unsigned long long)number);
		got = get_block(a, &loc, &b, err);
	}
	if (got == 0)
		return ms_fail(
		    err, MS_DATA, "pack %u is missing", (unsigned)loc.pack);
	if (got < 0)
		return ms_context(
		    err, "record %llu", (unsigned long long)number);
	if (loc.place >= b->header.count)
		return ms_fail(err, MS_DATA,
		    "record %llu is not where the index says: run ms-verify "
		    "--rebuild-index",
		    (unsigned long long)number);
	ms_block_record(b, loc.place, rec);
	if (rec->stub)
		return ms_fail(err, MS_DATA, "record %llu was purged",
		    (unsigned long long)number);
	if (rec->type != type)
		return ms_fail(err, MS_DATA,
		    "record %llu is of type %u, not %u: run ms-verify "
		    "--rebuild-index",
		    (unsigned long long)number, (unsigned)rec->type,
		    (unsigned)type);
	return 0;
}

int
ms_archive_content(struct ms_archive *a, uint64_t number, uint8_t type,
    struct ms_buf *out, struct ms_err *err)
{
	struct ms_record rec;

	if (get_record(a, number, type, &rec, err) < 0)
		return -1;
	ms_buf_add(out, rec.content.p, rec.content.n);
	return 0;
}

/* ---- BLOBs ---- */

int
ms_archive_blob_digest(struct ms_archive *a, struct ms_txn *txn,
    uint64_t number, unsigned char digest[MS_SHA_LEN], struct ms_err *err)
{
	unsigned char raw[MS_BLOCK_HEADER];
	struct ms_block_header h;
	struct ms_location loc;
	struct ms_pack *pk;
	uint64_t at;
	int got;

	got = ms_index_locate(txn, number, &loc, err);
	if (got <= 0)
		return got;
	got = 0;
	pthread_mutex_lock(&a->reader->lock);
	pk = get_pack(a, loc.pack, loc.generation, NULL);
	if (pk != NULL &&
	    pread(pk->fd, raw, sizeof(raw), (off_t)loc.offset) ==
		(ssize_t)sizeof(raw) &&
	    ms_block_header_parse(&h, raw, pk->header.key, NULL) == 0 &&
	    h.kind == MS_BLOCK_DATA && loc.place < h.count) {
		at = loc.offset + MS_BLOCK_HEADER + (uint64_t)h.runs * 16 +
		     (uint64_t)loc.place * MS_SHA_LEN;
		got =
		    pread(pk->fd, digest, MS_SHA_LEN, (off_t)at) == MS_SHA_LEN;
	}
	pthread_mutex_unlock(&a->reader->lock);
	return got;
}

int
ms_archive_blob(struct ms_archive *a, struct ms_txn *txn,
    const unsigned char digest[MS_SHA_LEN], uint64_t *number,
    struct ms_err *err)
{
	unsigned char whole[MS_SHA_LEN];
	MDB_val k = {16, (void *)digest}, v;
	int got, same;

	got = ms_index_seek(txn, MS_TABLE_BLOB, MDB_SET_KEY, &k, &v, err);
	while (got == 1) {
		if (v.mv_size != 8)
			return ms_fail(err, MS_DATA,
			    "index damaged (blob): run ms-verify "
			    "--rebuild-index");
		*number = ms_be64(v.mv_data);
		same = ms_archive_blob_digest(a, txn, *number, whole, err);
		if (same < 0)
			return -1;
		if (same == 1 && memcmp(whole, digest, MS_SHA_LEN) == 0)
			return 1;
		got = ms_index_seek(
		    txn, MS_TABLE_BLOB, MDB_NEXT_DUP, &k, &v, err);
	}
	return got;
}

/* Where a BLOB is; the digest is compared when it is read, or now if several
 * share its first 16 bytes. 1, 0, -1. */
static int
locate_blob(struct ms_archive *a, struct ms_txn *txn,
    const unsigned char digest[MS_SHA_LEN], struct ms_location *loc,
    struct ms_err *err)
{
	MDB_val k = {16, (void *)digest}, v;
	uint64_t number;
	int got;

	got = ms_index_seek(txn, MS_TABLE_BLOB, MDB_SET_KEY, &k, &v, err);
	if (got <= 0 || v.mv_size != 8)
		return got < 0 ? -1 : 0;
	number = ms_be64(v.mv_data);
	if (ms_index_seek(txn, MS_TABLE_BLOB, MDB_NEXT_DUP, &k, &v, err) == 1)
		got = ms_archive_blob(a, txn, digest, &number, err);
	if (got <= 0)
		return got;
	return ms_index_locate(txn, number, loc, err);
}

/* Compares a MESSAGE with content, in a block of the caller's. 1, 0, -1. */
static int
same_content(struct ms_archive *a, struct ms_txn *txn, uint64_t number,
    struct ms_slice content, struct ms_block *b, struct ms_err *err)
{
	struct ms_location loc;
	struct ms_record rec;
	struct ms_pack *pk;
	bool header_ok;
	int got;

	got = ms_index_locate(txn, number, &loc, err);
	if (got <= 0)
		return got;
	got = 0;
	pthread_mutex_lock(&a->reader->lock);
	pk = get_pack(a, loc.pack, loc.generation, NULL);
	if (pk != NULL)
		got = ms_pack_read(pk, loc.offset, b, &header_ok, NULL);
	pthread_mutex_unlock(&a->reader->lock);
	if (got != 1 || loc.place >= b->header.count ||
	    ms_block_open(b, NULL) < 0)
		return 0; /* damaged: no copy to rely on */
	ms_block_record(b, loc.place, &rec);
	return rec.type == MS_MESSAGE && !rec.stub &&
	       ms_slice_eq(rec.content, content);
}

int
ms_archive_same_message(struct ms_archive *a, struct ms_txn *txn,
    const unsigned char id[MS_SHA_LEN], struct ms_slice content,
    uint64_t *number, struct ms_err *err)
{
	MDB_val k = {16, (void *)id}, v;
	struct ms_block b = {0};
	int got, same = 0;

	got = ms_index_seek(txn, MS_TABLE_ID, MDB_SET_KEY, &k, &v, err);
	while (got == 1 && v.mv_size == 8) {
		*number = ms_be64(v.mv_data);
		same = same_content(a, txn, *number, content, &b, err);
		if (same != 0)
			break;
		got =
		    ms_index_seek(txn, MS_TABLE_ID, MDB_NEXT_DUP, &k, &v, err);
	}
	ms_block_release(&b);
	return got < 0 ? -1 : same;
}

/* ---- messages ---- */

static int
load_recipe(struct ms_archive *a, uint64_t message, struct ms_recipe *r,
    struct ms_err *err)
{
	struct ms_buf *m = &a->reader->message;

	ms_buf_clear(m);
	if (ms_archive_content(a, message, MS_MESSAGE, m, err) < 0)
		return -1;
	if (ms_recipe_parse(r, ms_buf_slice(m), err) < 0)
		return ms_context(
		    err, "record %llu", (unsigned long long)message);
	return 0;
}

/* The places of a recipe's BLOBs, in order, into reader->locations. */
static int
locate_blobs(
    struct ms_archive *a, const struct ms_recipe *r, struct ms_err *err)
{
	struct ms_recipe_walk walk = {0};
	char hex[MS_SHA_HEX + 1];
	struct ms_location loc;
	struct ms_item item;
	struct ms_txn txn;
	int got = 1;

	ms_buf_clear(&a->reader->locations);
	if (ms_index_begin(a->ix, &txn, err) < 0)
		return -1;
	while (got == 1 && ms_recipe_next(r, &walk, &item) == 1) {
		if (!item.blob)
			continue;
		got = locate_blob(a, &txn, item.digest, &loc, err);
		if (got == 0) {
			ms_hex(item.digest, MS_SHA_LEN, hex);
			ms_fail(err, MS_DATA, "BLOB %s is missing", hex);
		}
		ms_buf_add(&a->reader->locations, &loc, sizeof(loc));
	}
	if (ms_index_end(&txn) != 0)
		return locate_blobs(a, r, err);
	return got == 1 ? 0 : -1;
}

/* A BLOB's bytes; until the next block is asked for. 1, 0 rewritten, -1. */
static int
get_blob(struct ms_archive *a, const struct ms_location *loc,
    const struct ms_item *item, struct ms_slice *bytes, struct ms_err *err)
{
	char hex[MS_SHA_HEX + 1];
	struct ms_record rec;
	struct ms_block *b;
	int got;

	got = get_block(a, loc, &b, err);
	if (got <= 0)
		return got;
	ms_hex(item->digest, MS_SHA_LEN, hex);
	if (b->header.kind != MS_BLOCK_DATA || loc->place >= b->header.count)
		return ms_fail(err, MS_DATA,
		    "BLOB %s is not where the index says: run ms-verify "
		    "--rebuild-index",
		    hex);
	ms_block_record(b, loc->place, &rec);
	if (rec.stub)
		return ms_fail(err, MS_DATA, "BLOB %s was purged", hex);
	if (memcmp(b->digests + (size_t)loc->place * MS_SHA_LEN, item->digest,
		MS_SHA_LEN) != 0 ||
	    rec.content.n != item->n)
		return ms_fail(err, MS_DATA, "BLOB %s is missing", hex);
	*bytes = rec.content;
	return 1;
}

/* Walks a message's pieces; emit may be NULL: only look whether they are
 * there. */
static int
walk_message(struct ms_archive *a, uint64_t message, struct ms_assembly *as,
    struct ms_err *err)
{
	struct ms_recipe_walk walk = {0};
	const struct ms_location *loc;
	struct ms_recipe r;
	struct ms_item item;
	size_t i = 0;
	int got, tries = 0;

	if (load_recipe(a, message, &r, err) < 0 ||
	    locate_blobs(a, &r, err) < 0)
		return -1;
	while (ms_recipe_next(&r, &walk, &item) == 1) {
		struct ms_slice bytes = item.bytes;

		while (item.blob) {
			loc = (const struct ms_location *)(const void *)
				  a->reader->locations.p +
			      i;
			got = get_blob(a, loc, &item, &bytes, err);
			if (got < 0)
				return -1;
			if (got == 1)
				break;
			if (++tries > TRIES)
				return ms_fail(err, MS_DATA,
				    "pack %u is missing", (unsigned)loc->pack);
			if (locate_blobs(a, &r, err) < 0)
				return -1;
		}
		i += item.blob ? 1 : 0;
		if (as->emit != NULL && ms_assemble(as, &item, bytes, err) < 0)
			return -1;
	}
	return 0;
}

int
ms_archive_emit(struct ms_archive *a, uint64_t message, enum ms_form form,
    ms_emit_fn *emit, void *ctx, struct ms_err *err)
{
	struct ms_assembly as = {.form = form, .emit = emit, .ctx = ctx};

	return walk_message(a, message, &as, err);
}

int
ms_archive_check(struct ms_archive *a, uint64_t message, struct ms_err *err)
{
	struct ms_assembly none = {0};

	return walk_message(a, message, &none, err);
}

int
ms_archive_header(struct ms_archive *a, uint64_t message, struct ms_buf *out,
    struct ms_err *err)
{
	struct ms_recipe r;

	if (load_recipe(a, message, &r, err) < 0)
		return -1;
	ms_buf_add(out, r.header.p, r.header.n);
	return 0;
}

int
ms_archive_identity(struct ms_archive *a, uint64_t message,
    unsigned char id[MS_SHA_LEN], uint64_t *size, struct ms_err *err)
{
	struct ms_recipe r;

	if (load_recipe(a, message, &r, err) < 0)
		return -1;
	memcpy(id, r.id, MS_SHA_LEN);
	*size = r.size;
	return 0;
}
