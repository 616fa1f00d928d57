/* walk.c - the blocks of one pack are checked in order. ms-archive(5), Blocks.
 */
#include "impl.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "event.h"
#include "le.h"

/* A regrouped pack has as many batches as it had blocks before that. */
#define BATCHES_MAX (4 * MS_PACK_BLOCKS_MAX)

/* The message without the place, which the finding has itself. */
static const char *
bare_reason(const struct ms_err *why)
{
	const char *p = strstr(why->msg, "offset ");

	p = p == NULL ? NULL : strstr(p, ": ");
	return p == NULL ? why->msg : p + 2;
}

/* Are all numbers of the block possible in this pack? */
static bool
numbers_fit(struct ms_verify_run *r, uint64_t at, const struct ms_block *b)
{
	uint64_t first = b->header.first;
	uint64_t last = ms_block_number(b, b->header.count - 1);

	if (first < r->leaves.first || last >= r->leaves.limit) {
		ms_verify_keep(r, at,
		    "records %llu to %llu do not belong to this pack",
		    (unsigned long long)first, (unsigned long long)last);
		return false;
	}
	if (r->pack->header.generation == 0) {
		if (first < r->expect)
			ms_verify_keep(r, at, "record %llu, expected %llu",
			    (unsigned long long)first,
			    (unsigned long long)r->expect);
		r->expect = last + 1;
	}
	return true;
}

/* Adds the numbers of a block, run by run, to those that were seen. */
static void
add_seen(struct ms_verify_run *r, const struct ms_block *b)
{
	const unsigned char *run = b->runs;
	uint32_t i;

	if (b->header.runs == 0)
		ms_ranges_add(&r->seen, b->header.first,
		    b->header.first + b->header.count - 1);
	for (i = 0; i < b->header.runs; i++, run += 16)
		ms_ranges_add(&r->seen, ms_le64(run),
		    ms_le64(run) + ms_le32(run + 8) - 1);
}

static void
check_commit(struct ms_verify_run *r, uint64_t at, const struct ms_block *b,
    uint32_t i, const struct ms_record *rec)
{
	struct ms_verify_batch batch = {.number = ms_block_number(b, i),
	    .at = at,
	    .end = at + ms_block_length(&b->header)};
	struct ms_err why = {0};

	if (ms_commit_parse(&batch.commit, rec->content, &why) < 0) {
		ms_verify_keep(r, at, "record %llu: %s",
		    (unsigned long long)batch.number, why.msg);
		return;
	}
	if (r->pack->header.generation == 0 && i + 1 < b->header.count)
		ms_verify_keep(r, at, "a COMMIT is not the last of its block");
	if (r->batches.n / sizeof(batch) < BATCHES_MAX)
		ms_buf_add(&r->batches, &batch, sizeof(batch));
	else
		ms_verify_keep(r, at, "more batches than a pack can have");
}

static void
check_event(struct ms_verify_run *r, uint64_t at, uint64_t number,
    const struct ms_record *rec)
{
	struct ms_event ev = {0};
	struct ms_err why = {0};
	size_t i;

	if (ms_event_parse(&ev, rec->content, &why) < 0)
		ms_verify_keep(r, at, "record %llu: %s",
		    (unsigned long long)number, why.msg);
	/* A purge event can only name records before it. */
	for (i = 0; i < ev.record_count; i++)
		if (ev.records[i] < number)
			ms_ranges_add(&r->purged, ev.records[i], ev.records[i]);
	ms_event_release(&ev);
}

static void
check_stub(struct ms_verify_run *r, uint64_t at, const struct ms_block *b,
    uint32_t i, uint64_t number)
{
	static const unsigned char zeros[MS_SHA_LEN];
	const unsigned char *salt = b->salts + (size_t)i * MS_SALT_LEN;

	ms_ranges_add(&r->stubs, number, number);
	if ((b->header.flags & MS_BLOCK_STUBS) == 0 ||
	    memcmp(salt, zeros, MS_SALT_LEN) != 0 ||
	    (b->digests != NULL && memcmp(b->digests + (size_t)i * MS_SHA_LEN,
				       zeros, MS_SHA_LEN) != 0))
		ms_verify_keep(r, at, "record %llu: an invalid stub",
		    (unsigned long long)number);
}

/* A RECEIPT is written after its OCCURRENCEs. */
static bool
check_receipt(uint64_t number, const struct ms_record *rec, struct ms_err *why)
{
	struct ms_receipt r;

	if (ms_receipt_parse(&r, rec->content, why) < 0)
		return false;
	return ms_receipt_occurrence(&r, r.count - 1) < number ||
	       ms_fail(why, MS_DATA, "RECEIPT of later records") == 0;
}

/* Do readers accept the content of a MESSAGE, PLACE, MOVED or RECEIPT? */
static bool
can_parse(uint64_t number, const struct ms_record *rec, struct ms_err *why)
{
	struct ms_recipe recipe;
	struct ms_place place;
	struct ms_moved moved;

	switch (rec->type) {
	case MS_MESSAGE:
		return ms_recipe_parse(&recipe, rec->content, why) == 0;
	case MS_PLACE:
		return ms_place_parse(&place, rec->content, why) == 0;
	case MS_RECEIPT:
		return check_receipt(number, rec, why);
	default:
		return ms_moved_parse(&moved, rec->content, why) == 0;
	}
}

/* Checks the content of a record, as far as possible without others. */
static void
check_record(
    struct ms_verify_run *r, uint64_t at, const struct ms_block *b, uint32_t i)
{
	uint64_t number = ms_block_number(b, i);
	unsigned char digest[MS_SHA_LEN];
	struct ms_occurrence o;
	struct ms_record rec;
	struct ms_err why = {0};

	ms_block_record(b, i, &rec);
	if (rec.stub) {
		check_stub(r, at, b, i, number);
		if (rec.type == MS_COMMIT)
			ms_verify_keep(r, at, "record %llu: a purged COMMIT",
			    (unsigned long long)number);
		return;
	}
	switch (rec.type) {
	case MS_BLOB:
		ms_sha256(rec.content.p, rec.content.n, digest);
		if (memcmp(digest, b->digests + (size_t)i * MS_SHA_LEN,
			MS_SHA_LEN) != 0)
			ms_verify_keep(r, at,
			    "record %llu does not match its digest",
			    (unsigned long long)number);
		break;
	case MS_OCCURRENCE:
		if (ms_occurrence_parse(&o, rec.content, &why) < 0)
			ms_verify_keep(r, at, "record %llu: %s",
			    (unsigned long long)number, why.msg);
		break;
	case MS_MESSAGE:
	case MS_PLACE:
	case MS_MOVED:
	case MS_RECEIPT:
		if (!can_parse(number, &rec, &why))
			ms_verify_keep(r, at, "record %llu: %s",
			    (unsigned long long)number, why.msg);
		break;
	case MS_EVENT:
		check_event(r, at, number, &rec);
		break;
	case MS_COMMIT:
		check_commit(r, at, b, i, &rec);
		break;
	default:
		break;
	}
}

/* With --data: stores the leaves of a block, run by run. */
static int
put_leaves(
    struct ms_verify_run *r, const struct ms_block *b, struct ms_err *err)
{
	uint32_t i, from = 0, count = b->header.count;
	unsigned char *leaves = ms_xreallocarray(NULL, count, MS_SHA_LEN);
	uint64_t first = b->header.first;
	int rc = 0;

	for (i = 0; i < count; i++)
		ms_block_leaf(b, i, leaves + (size_t)i * MS_SHA_LEN);
	for (i = 1; i <= count && rc == 0; i++) {
		if (i < count && ms_block_number(b, i) == first + (i - from))
			continue;
		rc = ms_leaves_put(&r->leaves, first,
		    leaves + (size_t)from * MS_SHA_LEN, i - from, err);
		from = i;
		if (i < count)
			first = ms_block_number(b, i);
	}
	free(leaves);
	return rc;
}

static int
check_block(struct ms_verify_run *r, uint64_t at, struct ms_block *b,
    struct ms_err *err)
{
	bool all = r->v->how == MS_VERIFY_DATA;
	struct ms_err why = {0};
	struct ms_record rec;
	uint32_t i;

	r->sum->blocks++;
	if (!numbers_fit(r, at, b))
		return 0;
	if ((all || b->header.kind == MS_BLOCK_META) &&
	    ms_block_open(b, &why) < 0) {
		ms_verify_keep(r, at, "%s", why.msg);
		return 0;
	}
	add_seen(r, b);
	if (!all && b->header.kind == MS_BLOCK_DATA)
		return 0;
	for (i = 0; i < b->header.count; i++) {
		if (!all) {
			ms_block_record(b, i, &rec);
			if (rec.type != MS_COMMIT)
				continue;
		}
		check_record(r, at, b, i);
	}
	return all ? put_leaves(r, b, err) : 0;
}

static void
add_row(struct ms_verify_run *r, uint64_t at, const struct ms_block_header *h)
{
	unsigned char row[MS_DIRECTORY_ROW] = {0};

	ms_put_le64(row, at);
	row[8] = h->kind;
	ms_put_le64(row + 16, h->first);
	ms_put_le32(row + 24, h->count);
	ms_put_le32(row + 28, h->runs);
	ms_put_le32(row + 32, h->payload);
	ms_put_le32(row + 36, h->stored);
	ms_buf_add(&r->rows, row, sizeof(row));
}

/* A directory must list exactly the blocks before it. */
static void
check_directory(struct ms_verify_run *r, uint64_t at, struct ms_block *b)
{
	struct ms_err why = {0};

	r->directory = at;
	if (at + ms_block_length(&b->header) + MS_PACK_TRAILER != r->size)
		ms_verify_keep(r, at, "a directory without a trailer");
	if (ms_block_open(b, &why) < 0)
		ms_verify_keep(r, at, "%s", why.msg);
	else if (!ms_slice_eq(
		     ms_buf_slice(&b->payload), ms_buf_slice(&r->rows)))
		ms_verify_keep(
		    r, at, "the directory does not match the blocks");
}

/* Keeps damage: a part of the pack that is not a whole block. */
static void
keep_damage(void *ctx, const struct ms_pack_damage *d)
{
	struct ms_verify_run *r = ctx;

	if (d->header != NULL && d->header->kind == MS_BLOCK_DIRECTORY)
		r->directory = d->at;
	else if (d->header != NULL)
		add_row(r, d->at, d->header);
	ms_verify_keep(r, d->at, "%s; %llu bytes", bare_reason(d->why),
	    (unsigned long long)d->length);
}

int
ms_verify_walk(struct ms_verify_run *r, struct ms_err *err)
{
	uint64_t at = MS_PACK_HEADER, end = r->size;
	struct ms_block b = {0};
	int got;

	if (r->sealed)
		end -= MS_PACK_TRAILER;
	while ((got = ms_pack_next_block(
		    r->pack, &at, end, &b, keep_damage, r, err)) == 1) {
		if (r->v->progress != NULL)
			r->v->progress(
			    r->v->ctx, "packs", r->done + at, r->total);
		if (b.header.kind == MS_BLOCK_DIRECTORY) {
			check_directory(r, at, &b);
		} else {
			add_row(r, at, &b.header);
			if (check_block(r, at, &b, err) < 0) {
				got = -1;
				break;
			}
		}
		at += ms_block_length(&b.header);
	}
	ms_block_release(&b);
	return got;
}
