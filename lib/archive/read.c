/* read.c - records read from the packs. ms-archive(5), Records. */
#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "impl.h"
#include "le.h"

#define PACKS_OPEN 64
#define BLOCKS_KEPT 32
#define BYTES_KEPT (32 * 1024 * 1024) /* of decompressed blocks */
#define PROOFS 8192 /* remembered results of ms_archive_block_whole() */
#define USUAL_BLOCK (2 * MS_BLOCK_FULL) /* bytes, stored and decompressed */

struct kept_block {
	uint32_t pack, generation;
	uint64_t offset, used; /* used: by clock; 0: the slot is free */
	struct ms_block block;
};

struct kept_pack {
	struct ms_pack *pack;
	uint64_t used;
};

/* Are the stored bytes of a block right? pack 0: an empty slot. */
struct proof {
	uint32_t pack, generation;
	uint64_t offset;
	bool whole;
};

struct ms_reader {
	pthread_mutex_t lock; /* of packs and proofs, which workers use */
	struct kept_pack packs[PACKS_OPEN];
	struct proof proofs[PROOFS];
	struct kept_block blocks[BLOCKS_KEPT];
	uint64_t clock;
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
	pthread_mutex_destroy(&r->lock);
	free(r);
}

/* ---- packs and blocks kept ---- */

/* The open pack, or NULL with err set. The caller holds r->lock. */
static struct ms_pack *
get_pack(struct ms_archive *a, uint32_t number, uint32_t generation,
    struct ms_err *err)
{
	struct ms_reader *r = a->reader;
	struct kept_pack *k, *oldest = &r->packs[0], *before = NULL;
	struct ms_pack *pk;
	size_t i;

	for (i = 0; i < PACKS_OPEN; i++) {
		k = &r->packs[i];
		if (k->pack != NULL && k->pack->header.number == number &&
		    k->pack->header.generation == generation) {
			k->used = ++r->clock;
			return k->pack;
		}
		if (k->pack != NULL && k->pack->header.number == number)
			before = k;
		if (k->used < oldest->used)
			oldest = k;
	}
	if (ms_pack_open(&pk, a->packfd,
		(struct ms_pack_name){number, generation}, false, err) < 0)
		return NULL;
	/* The old generation of a pack takes disk space until it is closed. */
	if (before != NULL)
		oldest = before;
	ms_pack_close(oldest->pack);
	*oldest = (struct kept_pack){pk, ++r->clock};
	return pk;
}

int
ms_archive_borrow(
    struct ms_archive *a, const struct ms_location *loc, struct ms_pack *pk)
{
	struct ms_pack *kept;

	pthread_mutex_lock(&a->reader->lock);
	kept = get_pack(a, loc->pack, loc->generation, NULL);
	if (kept != NULL) {
		*pk = *kept;
		pk->fd = fcntl(kept->fd, F_DUPFD_CLOEXEC, 0);
	}
	pthread_mutex_unlock(&a->reader->lock);
	return kept != NULL && pk->fd >= 0;
}

/* The slot of a block; another block can replace it. */
static struct proof *
proof_of(struct ms_reader *r, const struct ms_location *loc)
{
	return &r->proofs[(loc->offset + loc->pack) % PROOFS];
}

bool
ms_archive_block_whole(struct ms_archive *a, const struct ms_location *loc,
    const struct ms_pack *pk)
{
	struct proof *p = proof_of(a->reader, loc), now;
	struct ms_block b = {0};
	struct ms_err why = {0};
	bool header_ok;

	pthread_mutex_lock(&a->reader->lock);
	now = *p;
	pthread_mutex_unlock(&a->reader->lock);
	if (now.pack == loc->pack && now.generation == loc->generation &&
	    now.offset == loc->offset)
		return now.whole;
	now = (struct proof){.pack = loc->pack,
	    .generation = loc->generation,
	    .offset = loc->offset,
	    .whole = ms_pack_read(pk, loc->offset, &b, &header_ok, &why) == 1};
	ms_block_release(&b);
	pthread_mutex_lock(&a->reader->lock);
	*p = now;
	pthread_mutex_unlock(&a->reader->lock);
	if (!now.whole && a->damage != NULL)
		a->damage->fn(a->damage->ctx, why.msg);
	return now.whole;
}

void
ms_archive_report_damage(
    struct ms_archive *a, const struct ms_damage_sink *sink)
{
	a->damage = sink;
}

/*
 * A slot for one more block. If the blocks have as much memory as allowed, the
 * block that was not used for the longest time is replaced and its memory
 * reused; if they have more, it is freed.
 */
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
		if (empty != NULL && bytes + USUAL_BLOCK <= BYTES_KEPT)
			return empty;
		assert(oldest != NULL); /* some block has the bytes */
		if (bytes <= BYTES_KEPT)
			return oldest;
		ms_block_release(&oldest->block);
		oldest->used = 0;
	}
}

int
ms_archive_block(struct ms_archive *a, const struct ms_location *loc,
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
	k->used = 0; /* its memory is reused */
	pthread_mutex_lock(&r->lock);
	pk = get_pack(a, loc->pack, loc->generation, &why);
	if (pk != NULL)
		got =
		    ms_pack_read(pk, loc->offset, &k->block, &header_ok, &why);
	pthread_mutex_unlock(&r->lock);
	if (pk == NULL && why.code == MS_NOINPUT)
		return 0;
	if (got == 0)
		ms_fail(&why, MS_DATA, "pack %u: ends before offset %llu",
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

/* The place of a record. 1, 0 unknown, -1. */
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

/* The block with record `number`, if it is kept: blocks never change, so the
 * index is not needed. */
static struct ms_block *
kept_block_of(struct ms_reader *r, uint64_t number, uint32_t *place)
{
	struct kept_block *k;

	for (k = r->blocks; k < r->blocks + BLOCKS_KEPT; k++) {
		const struct ms_block_header *h = &k->block.header;

		if (k->used == 0 || h->runs != 0 || number < h->first ||
		    number - h->first >= h->count)
			continue;
		k->used = ++r->clock;
		*place = (uint32_t)(number - h->first);
		return &k->block;
	}
	return NULL;
}

/* Is the record missing in the packs, or has the index lost its row? */
static int
record_missing(struct ms_archive *a, uint64_t number, struct ms_err *err)
{
	if (ms_archive_check_index(a, MS_INDEX_BLOCKS, err) < 0)
		return -1;
	return ms_fail(err, MS_DATA, "record %llu: is missing",
	    (unsigned long long)number);
}

int
ms_archive_block_of(struct ms_archive *a, uint64_t number, struct ms_block **b,
    uint32_t *place, struct ms_err *err)
{
	struct ms_location loc = {0};
	int got = 0, i;

	*b = kept_block_of(a->reader, number, place);
	if (*b != NULL)
		return 0;
	for (i = 0; i < MS_ARCHIVE_TRIES && got == 0; i++) {
		got = locate(a, number, &loc, err);
		if (got < 0)
			return -1;
		if (got == 0)
			return record_missing(a, number, err);
		got = ms_archive_block(a, &loc, b, err);
		if (got == 0 && i > 0 && a->refresh(a, &loc, err) < 0)
			return -1;
	}
	if (got == 0)
		return ms_fail(
		    err, MS_DATA, "pack %u: is missing", (unsigned)loc.pack);
	if (got < 0)
		return ms_context(
		    err, "record %llu", (unsigned long long)number);
	*place = loc.place;
	if (loc.place >= (*b)->header.count ||
	    ms_block_number(*b, loc.place) != number)
		return ms_fail(err, MS_DATA,
		    "record %llu: not at its place in the index; run ms-verify "
		    "--rebuild-index",
		    (unsigned long long)number);
	return 0;
}

/* A view of record `number`, valid until the next record is read. */
static int
get_record(struct ms_archive *a, uint64_t number, uint8_t type,
    struct ms_record *rec, struct ms_err *err)
{
	struct ms_block *b;
	uint32_t place = 0;

	if (ms_archive_block_of(a, number, &b, &place, err) < 0)
		return -1;
	ms_block_record(b, place, rec);
	if (rec->stub)
		return ms_fail(err, MS_DATA, "record %llu: was purged",
		    (unsigned long long)number);
	if (rec->type != type)
		return ms_fail(err, MS_DATA,
		    "record %llu: is of type %u, not %u; run ms-verify "
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

int
ms_archive_occurrence_at(struct ms_archive *a, uint64_t number,
    struct ms_occurrence *o, struct ms_buf *content, struct ms_err *err)
{
	size_t start = content->n;

	if (ms_archive_content(a, number, MS_OCCURRENCE, content, err) < 0)
		return -1;
	return ms_occurrence_parse(
	    o, (struct ms_slice){content->p + start, content->n - start}, err);
}

int
ms_archive_occurrence(struct ms_archive *a, const struct ms_row *row,
    struct ms_occurrence *o, struct ms_buf *content, struct ms_err *err)
{
	if (ms_archive_occurrence_at(a, row->number, o, content, err) < 0)
		return -1;
	if (o->folder == row->own && memcmp(o->id, row->id, MS_SHA_LEN) == 0)
		return 0;
	return ms_fail(err, MS_DATA,
	    "record %llu: is another occurrence than the index says; run "
	    "ms-verify --rebuild-index",
	    (unsigned long long)row->number);
}
