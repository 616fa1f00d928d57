/* extent.c - batches read from a pack, with their records, roots and chain
 * checked. ms-archive(5), Chain. */
#include <stdlib.h>
#include <string.h>

#include "le.h"
#include "log.h"

void
ms_log_extent_clear(struct ms_log_extent *s)
{
	size_t i, n = ms_log_extent_count(s);
	struct ms_log_block *b = (struct ms_log_block *)(void *)s->blocks.p;

	for (i = 0; i < n; i++) {
		if (b[i].open == NULL)
			continue;
		ms_block_release(b[i].open);
		free(b[i].open);
	}
	ms_buf_clear(&s->blocks);
	ms_buf_clear(&s->prefixes);
	ms_buf_clear(&s->leaves);
	ms_buf_clear(&s->have);
	ms_buf_clear(&s->commits);
	s->meta = 0;
	s->beyond = false;
}

void
ms_log_extent_release(struct ms_log_extent *s)
{
	ms_log_extent_clear(s);
	ms_buf_release(&s->blocks);
	ms_buf_release(&s->prefixes);
	ms_buf_release(&s->leaves);
	ms_buf_release(&s->have);
	ms_buf_release(&s->commits);
}

size_t
ms_log_extent_count(const struct ms_log_extent *s)
{
	return s->blocks.n / sizeof(struct ms_log_block);
}

const struct ms_log_block *
ms_log_extent_block(const struct ms_log_extent *s, size_t i)
{
	return (const struct ms_log_block *)(const void *)s->blocks.p + i;
}

const unsigned char *
ms_log_extent_runs(const struct ms_log_extent *s, const struct ms_log_block *b)
{
	return s->prefixes.p + b->prefix;
}

const unsigned char *
ms_log_extent_digests(
    const struct ms_log_extent *s, const struct ms_log_block *b)
{
	return s->prefixes.p + b->prefix + (size_t)b->header.runs * 16;
}

/* Too many whole blocks: not an interrupted write. */
static int
beyond_limits(struct ms_log_extent *s, struct ms_err *err)
{
	s->beyond = true;
	return ms_fail(
	    err, MS_DATA, "a batch exceeds the limits of this version");
}

/* Stores the leaf of each record under its number, which must be new. */
static int
add_leaves(
    struct ms_log_extent *s, const struct ms_block *b, struct ms_err *err)
{
	struct ms_numbers numbers = {.block = b};
	uint64_t number, at;
	uint32_t i;

	for (i = 0; ms_numbers_next(&numbers, &number) == 1; i++) {
		at = number - s->first;
		if (number == s->first + MS_EXTENT_RECORDS_MAX)
			return beyond_limits(s, err);
		if (number < s->first || at >= MS_EXTENT_RECORDS_MAX)
			return ms_fail(err, MS_DATA,
			    "record %llu, expected %llu or a later one",
			    (unsigned long long)number,
			    (unsigned long long)s->first);
		if (at >= s->have.n) {
			size_t more = (size_t)at + 1 - s->have.n;

			memset(ms_buf_room(&s->have, more), 0, more);
			s->have.n += more;
			ms_buf_room(&s->leaves, more * MS_SHA_LEN);
			s->leaves.n += more * MS_SHA_LEN;
		}
		if (s->have.p[at] != 0)
			return ms_fail(err, MS_DATA, "record %llu twice",
			    (unsigned long long)number);
		s->have.p[at] = 1;
		ms_block_leaf(b, i, s->leaves.p + at * MS_SHA_LEN);
	}
	return 0;
}

/* Adds the COMMITs of a meta block. *last: the last record is a COMMIT. */
static int
add_commits(struct ms_log_extent *s, const struct ms_block *b, bool *last,
    struct ms_err *err)
{
	struct ms_numbers numbers = {.block = b};
	struct ms_record rec;
	struct ms_commit c;
	uint64_t number;
	uint32_t i;

	for (i = 0; ms_numbers_next(&numbers, &number) == 1; i++) {
		ms_block_record(b, i, &rec);
		*last = rec.type == MS_COMMIT && !rec.stub;
		if (!*last)
			continue;
		if (ms_commit_parse(&c, rec.content, err) < 0)
			return -1;
		if (c.first + c.count != number)
			return ms_fail(
			    err, MS_DATA, "a COMMIT does not close its batch");
		ms_buf_add(&s->commits, &c, sizeof(c));
	}
	return 0;
}

void
ms_log_extent_keep(struct ms_log_extent *s, uint64_t offset, struct ms_block *b)
{
	bool meta = b->header.kind == MS_BLOCK_META;
	struct ms_log_block lb = {
	    .offset = offset, .header = b->header, .prefix = s->prefixes.n};

	ms_buf_add(&s->prefixes, b->runs,
	    (size_t)b->header.runs * 16 +
		(meta ? 0 : (size_t)b->header.count * MS_SHA_LEN));
	if (meta) {
		s->meta += b->header.payload;
		lb.open = ms_xmalloc(sizeof(*b));
		*lb.open = *b;
		*b = (struct ms_block){0};
	}
	ms_buf_add(&s->blocks, &lb, sizeof(lb));
}

/*
 * Takes over the block that was just read. A data block with stubs must be open
 * for its leaves, but need not stay open. *last: the last record is a COMMIT.
 */
static int
add_block(struct ms_log_extent *s, uint64_t offset, struct ms_block *b,
    bool *last, struct ms_err *err)
{
	bool meta = b->header.kind == MS_BLOCK_META;

	*last = false;
	if (ms_log_extent_count(s) >= MS_EXTENT_BLOCKS_MAX)
		return beyond_limits(s, err);
	if ((meta || (b->header.flags & MS_BLOCK_STUBS) != 0) &&
	    ms_block_open(b, err) < 0)
		return -1;
	if (add_leaves(s, b, err) < 0)
		return -1;
	if (meta && s->meta + b->header.payload > MS_EXTENT_META_MAX)
		return beyond_limits(s, err);
	if (meta && add_commits(s, b, last, err) < 0)
		return -1;
	ms_log_extent_keep(s, offset, b);
	return 0;
}

/* Are all records present, and are the roots and the chain those of the
 * COMMITs? */
static int
check_commits(struct ms_log_extent *s, struct ms_err *err)
{
	const struct ms_commit *c = (const void *)s->commits.p;
	size_t i, n = s->commits.n / sizeof(*c);
	uint64_t number = s->first, k;
	unsigned char h[MS_SHA_LEN];

	if (memchr(s->have.p, 0, s->have.n) != NULL)
		return ms_fail(err, MS_DATA, "a record is missing");
	for (i = 0; i < n; i++, c++) {
		struct ms_tree tree = {0};

		if (c->first != number)
			return ms_fail(err, MS_DATA,
			    "COMMIT from record %llu, expected %llu",
			    (unsigned long long)c->first,
			    (unsigned long long)number);
		for (k = 0; k < c->count; k++)
			ms_tree_add(
			    &tree, s->leaves.p +
				       (c->first - s->first + k) * MS_SHA_LEN);
		ms_tree_root(&tree, h);
		if (memcmp(h, c->root, sizeof(h)) != 0)
			return ms_fail(
			    err, MS_DATA, "the root of a batch is wrong");
		ms_chain(s->chain, c->root, h);
		if (memcmp(h, c->chain, sizeof(h)) != 0)
			return ms_fail(err, MS_DATA, "the chain is broken");
		memcpy(s->chain, h, sizeof(h));
		number = c->first + c->count + 1;
	}
	if (number != s->first + s->have.n)
		return ms_fail(err, MS_DATA,
		    "record %llu follows the COMMIT of its batch",
		    (unsigned long long)number);
	s->next = number;
	return 0;
}

/*
 * A batch ends with its COMMIT. In a regrouped pack a block may end with a
 * COMMIT while data blocks before it hold BLOBs of later batches.
 */
static bool
is_whole(const struct ms_log_extent *s, const struct ms_pack *pk)
{
	const struct ms_commit *c = (const void *)s->commits.p;

	if (pk->header.generation == 0)
		return true;
	c += s->commits.n / sizeof(*c) - 1;
	return c->first + c->count + 1 == s->first + s->have.n &&
	       memchr(s->have.p, 0, s->have.n) == NULL;
}

int
ms_log_extent_read(struct ms_log_extent *s, const struct ms_pack *pk,
    uint64_t offset, uint64_t next, const unsigned char chain[MS_SHA_LEN],
    struct ms_err *err)
{
	uint64_t start = offset;
	struct ms_block b = {0};
	bool last = false, header_ok;
	int got, rc = -1;

	ms_log_extent_clear(s);
	s->first = next;
	memcpy(s->chain, chain, MS_SHA_LEN);
	while (!last) {
		got = ms_pack_read(pk, offset, &b, &header_ok, err);
		if (got < 0)
			goto out;
		if (got == 0 || b.header.kind == MS_BLOCK_DIRECTORY) {
			rc = 0;
			if (offset != start)
				rc = ms_fail(err, MS_DATA,
				    "pack/%s, offset %llu: a batch without "
				    "its COMMIT",
				    pk->name, (unsigned long long)start);
			goto out;
		}
		s->commit = offset;
		if (add_block(s, offset, &b, &last, err) < 0) {
			ms_context(err, "pack/%s, offset %llu", pk->name,
			    (unsigned long long)offset);
			goto out;
		}
		offset += ms_block_length(
		    &ms_log_extent_block(s, ms_log_extent_count(s) - 1)
			 ->header);
		last = last && is_whole(s, pk);
	}
	if (check_commits(s, err) < 0) {
		ms_context(err, "pack/%s, offset %llu", pk->name,
		    (unsigned long long)start);
		goto out;
	}
	s->end = offset;
	rc = 1;
out:
	ms_block_release(&b);
	return rc;
}

bool
ms_log_extent_continues(const struct ms_log_extent *s, uint64_t next,
    const unsigned char chain[MS_SHA_LEN])
{
	const struct ms_commit *c = (const void *)s->commits.p;
	size_t i, n = s->commits.n / sizeof(*c);

	for (i = 0; i < n; i++)
		if (c[i].first + c[i].count + 1 == next)
			return memcmp(c[i].chain, chain, MS_SHA_LEN) == 0;
	return false;
}
