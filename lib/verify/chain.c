/* chain.c - the batches of one pack: records, roots, chain, and whether the end
 * is torn or damaged. ms-archive(5), Chain and States on disk. */
#include "impl.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define SECTOR 512 /* bytes that a disk writes at once */

static void
report(struct ms_verify_run *r, uint64_t at, const char *reason)
{
	char where[96];

	snprintf(where, sizeof(where), "pack/%s, offset %llu", r->pack->name,
	    (unsigned long long)at);
	ms_verify_fault(r, MS_FAULT_PACK, where, "%s", reason);
}

#define REPORT(r, at, ...)                                                     \
	do {                                                                   \
		char report_text[512];                                         \
		snprintf(report_text, sizeof(report_text), __VA_ARGS__);       \
		report((r), (at), report_text);                                \
	} while (0)

/* Reports the records from first to last that are in no block. */
static void
report_missing_records(
    struct ms_verify_run *r, uint64_t at, uint64_t first, uint64_t last)
{
	struct ms_range gap;

	while (first <= last && ms_ranges_gap(&r->seen, first, last, &gap)) {
		if (gap.first == gap.last)
			REPORT(r, at, "record %llu is missing",
			    (unsigned long long)gap.first);
		else
			REPORT(r, at, "records %llu to %llu are missing",
			    (unsigned long long)gap.first,
			    (unsigned long long)gap.last);
		first = gap.last + 1;
	}
}

/* With --data: is the root that of the leaves? All records are present. */
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
		REPORT(r, b->at,
		    "the root of records %llu to %llu is wrong: a record was "
		    "replaced",
		    (unsigned long long)b->commit.first,
		    (unsigned long long)b->number - 1);
	return 0;
}

/*
 * Checks the next batch. Returns 1, or 0 if it is torn: the last batch, of
 * which the COMMIT reached the disk but other blocks did not.
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
		report_missing_records(r, b->at, r->next, c->first - 1);
	else if (c->first < r->next)
		REPORT(r, b->at,
		    "COMMIT %llu begins before the COMMIT before it",
		    (unsigned long long)b->number);
	else if (r->chain_known) {
		ms_chain(r->chain, c->root, chain);
		if (memcmp(chain, c->chain, MS_SHA_LEN) != 0)
			REPORT(r, b->at, "the chain of COMMIT %llu is wrong",
			    (unsigned long long)b->number);
	}
	if (ms_ranges_gap(&r->seen, c->first, b->number, &gap))
		report_missing_records(r, b->at, c->first, b->number);
	else if (r->v->how == MS_VERIFY_DATA && check_root(r, b, err) < 0)
		return -1;
	if (b->number + 1 == r->known.next &&
	    memcmp(c->chain, r->known.chain, MS_SHA_LEN) == 0)
		r->known_found = true;
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
		report_missing_records(r, at, r->next, t->last);
		r->next = t->last + 1;
		memcpy(r->chain, t->chain, MS_SHA_LEN);
		r->chain_known = true;
		return;
	}
	if (t->last + 1 != r->next || t->first != r->pack->header.first)
		report(r, at, "the trailer has the wrong records");
	if (r->chain_known && memcmp(t->chain, r->chain, MS_SHA_LEN) != 0)
		report(r, at, "the trailer has the wrong chain");
	if (t->directory != r->directory)
		report(
		    r, at, "the trailer has the wrong offset of the directory");
	else if (t->blocks != r->rows.n / MS_DIRECTORY_ROW && r->faults.n == 0)
		report(r, at, "the trailer has the wrong number of blocks");
}

/*
 * Is the end of the pack, after the last batch, a seal of exactly the right
 * length with changed bytes, and not a seal that was only partly written?
 * Sectors that did not reach the disk are missing or zero.
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

/* Checks what follows the last batch of the last pack: nothing, a torn end, or
 * damage. *end becomes the offset before which kept faults are damage. */
static int
check_tail(struct ms_verify_run *r, uint64_t *end, struct ms_err *err)
{
	bool known = r->known.pack == r->pack->header.number &&
		     r->known.generation == r->pack->header.generation;
	char where[96];
	int changed;

	if (known && *end < r->known.end) {
		report(r, *end,
		    r->size < r->known.end
			? "the pack is shorter than the position of the index"
			: "the last batch is not whole, although it was "
			  "committed");
		report_missing_records(r, *end, r->next, r->known.next - 1);
		*end = r->size;
		return 0;
	}
	if (*end == r->size)
		return 0;
	changed = seal_changed(r, *end, err);
	if (changed < 0)
		return -1;
	if (changed == 1) {
		report(r, *end,
		    "the seal is damaged; no mail is lost, and the next writer "
		    "repairs the seal");
		return 0;
	}
	snprintf(where, sizeof(where), "pack/%s, offset %llu", r->pack->name,
	    (unsigned long long)*end);
	ms_verify_fault(r, MS_FAULT_REMARK, where,
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

/* Reports the kept faults that are before end. */
static void
report_kept(struct ms_verify_run *r, uint64_t end)
{
	struct ms_pack_fault *f = (void *)r->faults.p;
	size_t i;

	for (i = 0; i < r->faults.n / sizeof(*f); i++) {
		if (f[i].at < end)
			report(r, f[i].at, f[i].reason);
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

	twice = ms_ranges_sort(&r->seen);
	if (twice != 0)
		REPORT(r, 0, "record %llu occurs twice",
		    (unsigned long long)twice);
	if (count > 0)
		qsort(b, count, sizeof(*b), by_number);
	for (i = 0; i < count; i++) {
		if (b[i].commit.first + b[i].commit.count != b[i].number ||
		    b[i].commit.first < r->leaves.first) {
			REPORT(r, b[i].at,
			    "COMMIT %llu does not match its records",
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
			report(r, end,
			    "the pack is not sealed: its trailer is "
			    "damaged or missing");
		rest.last = r->seen.n > 0 ? r->seen.p[r->seen.n - 1].last : 0;
		if (rest.last >= r->next)
			REPORT(r, end, "records %llu to %llu have no COMMIT",
			    (unsigned long long)r->next,
			    (unsigned long long)rest.last);
	}
	report_kept(r, end);
	return 0;
}
