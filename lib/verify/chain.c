/* chain.c - the batches of one pack: complete, their roots, the chain;
 * what is torn and what is damage. ms-archive(5), Chain, States on disk. */
#include "impl.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define SECTOR 512 /* bytes that reach a disk together */

static void
tell(struct ms_verify_run *r, uint64_t at, const char *reason)
{
	char where[96];

	snprintf(where, sizeof(where), "pack/%s, offset %llu", r->pack->name,
	    (unsigned long long)at);
	ms_verify_fault(r, MS_FAULT_PACK, where, "%s", reason);
}

#define TELL(r, at, ...)                                                       \
	do {                                                                   \
		char tell_text[512];                                           \
		snprintf(tell_text, sizeof(tell_text), __VA_ARGS__);           \
		tell((r), (at), tell_text);                                    \
	} while (0)

/* Names the records from first to last that no block holds. */
static void
tell_missing(
    struct ms_verify_run *r, uint64_t at, uint64_t first, uint64_t last)
{
	struct ms_range gap;

	while (first <= last && ms_ranges_gap(&r->seen, first, last, &gap)) {
		if (gap.first == gap.last)
			TELL(r, at, "record %llu is missing",
			    (unsigned long long)gap.first);
		else
			TELL(r, at, "records %llu to %llu are missing",
			    (unsigned long long)gap.first,
			    (unsigned long long)gap.last);
		first = gap.last + 1;
	}
}

/* With data: is the root that of the leaves? All of them are there. */
static int
check_root(struct ms_verify_run *r, const struct ms_verify_batch *b,
    struct ms_err *err)
{
	unsigned char leaf[MS_SHA_LEN], root[MS_SHA_LEN];
	struct ms_tree tree = {0};
	uint64_t n;

	for (n = b->commit.first; n < b->number; n++) {
		if (ms_leaves_get(&r->leaves, n, leaf, err) < 0)
			return -1;
		ms_tree_add(&tree, leaf);
	}
	ms_tree_root(&tree, root);
	if (memcmp(root, b->commit.root, MS_SHA_LEN) != 0)
		TELL(r, b->at,
		    "the root of records %llu to %llu is wrong: something in "
		    "them was exchanged",
		    (unsigned long long)b->commit.first,
		    (unsigned long long)b->number - 1);
	return 0;
}

/*
 * One batch, in order. Returns 1 when it counts, 0 when it is torn: not all
 * of the last one reached the disk, but its COMMIT did.
 */
static int
check_batch(struct ms_verify_run *r, const struct ms_verify_batch *b,
    bool may_be_torn, struct ms_err *err)
{
	const struct ms_commit *c = &b->commit;
	unsigned char chain[MS_SHA_LEN];
	struct ms_range gap;

	if (may_be_torn && c->first <= r->next &&
	    ms_ranges_gap(&r->seen, c->first, b->number, &gap))
		return 0;
	if (c->first > r->next)
		tell_missing(r, b->at, r->next, c->first - 1);
	else if (c->first < r->next)
		TELL(r, b->at, "COMMIT %llu begins before its predecessor ends",
		    (unsigned long long)b->number);
	else if (r->chain_known) {
		ms_chain(r->chain, c->root, chain);
		if (memcmp(chain, c->chain, MS_SHA_LEN) != 0)
			TELL(r, b->at, "the chain of COMMIT %llu is wrong",
			    (unsigned long long)b->number);
	}
	if (ms_ranges_gap(&r->seen, c->first, b->number, &gap))
		tell_missing(r, b->at, c->first, b->number);
	else if (r->v->how == MS_VERIFY_DATA && check_root(r, b, err) < 0)
		return -1;
	if (b->number + 1 == r->known.next &&
	    memcmp(c->chain, r->known.chain, MS_SHA_LEN) == 0)
		r->known_met = true;
	memcpy(r->chain, c->chain, MS_SHA_LEN);
	r->chain_known = true;
	r->next = b->number + 1;
	r->sum->batches++;
	r->sum->records += (uint64_t)c->count + 1;
	return 1;
}

static void
check_trailer(struct ms_verify_run *r)
{
	const struct ms_pack_trailer *t = &r->trailer;
	uint64_t at = r->size - MS_PACK_TRAILER;

	if (t->last >= r->next) {
		tell_missing(r, at, r->next, t->last);
		r->next = t->last + 1;
		memcpy(r->chain, t->chain, MS_SHA_LEN);
		r->chain_known = true;
		return;
	}
	if (t->last + 1 != r->next || t->first != r->pack->header.first)
		tell(r, at, "the trailer names other records");
	if (r->chain_known && memcmp(t->chain, r->chain, MS_SHA_LEN) != 0)
		tell(r, at, "the trailer has another chain");
	if (t->directory != r->directory)
		tell(r, at, "the trailer does not find the directory");
	else if (t->blocks != r->rows.n / MS_DIRECTORY_ROW && r->faults.n == 0)
		tell(r, at, "the trailer counts other blocks");
}

/*
 * Is what stands behind the last batch a seal of just the right length in
 * which bytes were changed, rather than one that was not written to its end?
 * What never reached the disk is missing or zeros, by sectors.
 */
static int
seal_changed(const struct ms_verify_run *r, uint64_t at, struct ms_err *err)
{
	unsigned char *p, *q, raw[MS_PACK_TRAILER];
	struct ms_pack_trailer t;
	struct ms_block_header h;
	uint64_t end = r->size, n = end - at;
	size_t i, step;
	int rc = 0;
	ssize_t k;

	if (n < MS_BLOCK_HEADER + MS_PACK_TRAILER ||
	    n > MS_BLOCK_STORED_MAX + MS_BLOCK_HEADER + MS_PACK_TRAILER)
		return 0;
	p = ms_xmalloc((size_t)n);
	k = pread(r->pack->fd, p, (size_t)n, (off_t)at);
	if (k < 0)
		rc = ms_fail_errno(err, "pack/%s", r->pack->name);
	else if ((uint64_t)k == n) {
		memcpy(raw, p + n - MS_PACK_TRAILER, sizeof(raw));
		rc = (ms_pack_trailer_parse(&t, raw, NULL) == 0 &&
			 t.directory == at) ||
		     (ms_block_header_parse(&h, p, r->pack->header.key, NULL) ==
			     0 &&
			 h.kind == MS_BLOCK_DIRECTORY &&
			 ms_block_length(&h) + MS_PACK_TRAILER == n);
	}
	for (q = p; rc == 1 && q < p + n; q += step) {
		step = SECTOR - (size_t)((at + (uint64_t)(q - p)) % SECTOR);
		if (step > (size_t)(p + n - q))
			step = (size_t)(p + n - q);
		for (i = 0; i < step && q[i] == 0; i++)
			;
		if (i == step)
			rc = 0;
	}
	free(p);
	return rc;
}

/* What follows the last batch of the last pack: nothing, or torn, or damage
 * after all. Returns the offset up to which kept faults are damage. */
static int
check_tail(struct ms_verify_run *r, uint64_t *end, struct ms_err *err)
{
	bool known = r->known.pack == r->pack->header.number &&
		     r->known.generation == r->pack->header.generation;
	char where[96];
	int changed;

	if (known && *end < r->known.end) {
		tell(r, *end,
		    r->size < r->known.end
			? "the pack is shorter than the index says"
			: "the last batch is not whole, but was committed");
		tell_missing(r, *end, r->next, r->known.next - 1);
		*end = r->size;
		return 0;
	}
	if (*end == r->size)
		return 0;
	changed = seal_changed(r, *end, err);
	if (changed < 0)
		return -1;
	if (changed == 1) {
		tell(r, *end,
		    "the seal is damaged; the next writer mends it, and no "
		    "mail is lost");
		return 0;
	}
	snprintf(where, sizeof(where), "pack/%s, offset %llu", r->pack->name,
	    (unsigned long long)*end);
	ms_verify_fault(r, MS_FAULT_NOTE, where,
	    "%llu bytes of a batch or seal that was never finished",
	    (unsigned long long)(r->size - *end));
	return 0;
}

static int
by_number(const void *a, const void *b)
{
	const struct ms_verify_batch *x = a, *y = b;

	return (x->number > y->number) - (x->number < y->number);
}

/* Tells of the faults that were kept and lie before end. */
static void
tell_kept(struct ms_verify_run *r, uint64_t end)
{
	struct ms_pack_fault *f = (void *)r->faults.p;
	size_t i;

	for (i = 0; i < r->faults.n / sizeof(*f); i++) {
		if (f[i].at < end)
			tell(r, f[i].at, f[i].reason);
		free(f[i].reason);
	}
	ms_buf_clear(&r->faults);
}

int
ms_verify_batches(struct ms_verify_run *r, struct ms_err *err)
{
	struct ms_verify_batch *b = (void *)r->batches.p;
	size_t i, count = r->batches.n / sizeof(*b);
	bool grows = r->last && !r->sealed && r->pack->header.generation == 0;
	uint64_t twice, end = MS_PACK_HEADER;
	struct ms_range rest;
	int got;

	twice = ms_ranges_settle(&r->seen);
	if (twice != 0)
		TELL(r, 0, "record %llu is there twice",
		    (unsigned long long)twice);
	if (count > 0)
		qsort(b, count, sizeof(*b), by_number);
	for (i = 0; i < count; i++) {
		if (b[i].commit.first + b[i].commit.count != b[i].number ||
		    b[i].commit.first < r->leaves.first) {
			TELL(r, b[i].at, "COMMIT %llu states other records",
			    (unsigned long long)b[i].number);
			continue;
		}
		got = check_batch(r, &b[i], grows && i + 1 == count, err);
		if (got < 0)
			return -1;
		if (got == 0)
			break;
		end = b[i].end;
	}
	if (grows) {
		if (check_tail(r, &end, err) < 0)
			return -1;
	} else {
		end = r->size;
		if (r->sealed)
			check_trailer(r);
		else
			tell(r, end,
			    "the pack is not sealed: its trailer is "
			    "damaged or missing");
		rest.last = r->seen.n > 0 ? r->seen.p[r->seen.n - 1].last : 0;
		if (rest.last >= r->next)
			TELL(r, end, "records %llu to %llu have no COMMIT",
			    (unsigned long long)r->next,
			    (unsigned long long)rest.last);
	}
	tell_kept(r, end);
	return 0;
}
