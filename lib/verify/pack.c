/* pack.c - all packs of an archive are checked in order. ms-archive(5), Packs.
 */
#include "impl.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define OPEN_TRIES 4 /* a pack may be regrouped meanwhile */

static void
pack_where(struct ms_pack_name name, char out[64])
{
	char file[32];

	ms_pack_name_format(name, file);
	snprintf(out, 64, "pack/%s", file);
}

/* Compares the header with FORMAT and with the pack before. */
static void
check_header(struct ms_verify_run *r, const char *where)
{
	const struct ms_pack_header *h = &r->pack->header;

	if (r->pack->header_damaged) {
		ms_verify_fault(
		    r, MS_FAULT_PACK, where, "offset 0: the header is damaged");
	} else {
		if (h->first != r->next && r->chain_known)
			ms_verify_fault(r, MS_FAULT_PACK, where,
			    "begins with record %llu, expected %llu",
			    (unsigned long long)h->first,
			    (unsigned long long)r->next);
		else if (r->chain_known &&
			 memcmp(h->chain, r->chain, MS_SHA_LEN) != 0)
			ms_verify_fault(r, MS_FAULT_PACK, where,
			    "the chain in the header is not that of the pack "
			    "before");
		if (!r->chain_known || h->first != r->next) {
			memcpy(r->chain, h->chain, MS_SHA_LEN);
			r->chain_known = true;
		}
	}
	if (h->first > r->next)
		r->next = h->first;
}

static void
release_pack(struct ms_verify_run *r)
{
	struct ms_pack_fault *f = (void *)r->faults.p;
	size_t i;

	for (i = 0; i < r->faults.n / sizeof(*f); i++)
		free(f[i].reason);
	ms_buf_clear(&r->faults);
	ms_buf_clear(&r->rows);
	ms_buf_clear(&r->batches);
	r->seen.n = 0;
	r->directory = 0;
	ms_leaves_close(&r->leaves);
	ms_pack_close(r->pack);
	r->pack = NULL;
}

/* Checks an open pack. */
static int
check_open(struct ms_verify_run *r, const char *where, struct ms_err *err)
{
	uint64_t first = r->pack->header.first;
	int got;

	if (!r->pack->header_damaged &&
	    memcmp(r->pack->header.archive, r->archive, MS_ID_LEN) != 0) {
		ms_verify_fault(
		    r, MS_FAULT_PACK, where, "belongs to another archive");
		r->chain_known = false;
		return 0;
	}
	got = ms_pack_sealed(r->pack, &r->trailer, err);
	if (got < 0 || ms_pack_size(r->pack, &r->size, err) < 0)
		return -1;
	r->sealed = got == 1;
	check_header(r, where);
	r->expect = first;
	/* A record takes at least the length of its salt. */
	if (ms_leaves_open(&r->leaves, r->spoolfd, first,
		first + r->size / MS_SALT_LEN + 1, err) < 0)
		return -1;
	if (ms_verify_walk(r, err) < 0 || ms_verify_batches(r, err) < 0)
		return -1;
	r->sum->packs++;
	r->sum->bytes += r->size;
	r->done += r->size;
	return 0;
}

/* The message without the place at its beginning. */
static const char *
bare(const char *msg, const char *where)
{
	size_t n = strlen(where);

	if (strncmp(msg, where, n) == 0 && strncmp(msg + n, ": ", 2) == 0)
		return msg + n + 2;
	return msg;
}

/* Opens a pack, or the later generation that has replaced it since the folder
 * was read. */
static int
open_newest(
    struct ms_verify_run *r, struct ms_pack_name *name, struct ms_err *err)
{
	struct ms_err why = {0};
	struct ms_pack_name *names;
	size_t i, n;
	int tries;

	for (tries = 0; tries < OPEN_TRIES; tries++) {
		if (ms_pack_open(&r->pack, r->packfd, *name, false, &why) == 0)
			return 0;
		if (why.code != MS_NOINPUT)
			break;
		if (ms_pack_list(r->packfd, &names, &n, err) < 0)
			return -1;
		n = ms_pack_newest(names, n);
		for (i = 0; i < n; i++)
			if (names[i].number == name->number)
				*name = names[i];
		free(names);
	}
	*err = why;
	return -1;
}

static int
check_pack(
    struct ms_verify_run *r, struct ms_pack_name name, struct ms_err *err)
{
	struct ms_err why = {0};
	char where[64];
	int rc;

	rc = open_newest(r, &name, &why);
	pack_where(name, where);
	if (rc < 0) {
		r->pack = NULL;
		if (why.code != MS_DATA) {
			*err = why;
			return -1;
		}
		ms_verify_fault(r, MS_FAULT_PACK, where, "cannot be read: %s",
		    bare(why.msg, where));
		r->chain_known = false;
		return 0;
	}
	rc = check_open(r, where, err);
	release_pack(r);
	return rc;
}

/* Reports stubs that no purge event names. */
static void
check_stubs(struct ms_verify_run *r)
{
	struct ms_range gap;
	uint64_t from;
	size_t i;

	ms_ranges_sort(&r->stubs);
	ms_ranges_sort(&r->purged);
	for (i = 0; i < r->stubs.n; i++) {
		from = r->stubs.p[i].first;
		while (
		    ms_ranges_gap(&r->purged, from, r->stubs.p[i].last, &gap)) {
			ms_verify_fault(r, MS_FAULT_PACK, "records",
			    "%llu to %llu are stubs that no later purge event "
			    "names",
			    (unsigned long long)gap.first,
			    (unsigned long long)gap.last);
			from = gap.last + 1;
		}
	}
}

/* The sum of the sizes of all packs, for the progress. */
static uint64_t
bytes_of(int dirfd, const struct ms_pack_name *names, size_t count)
{
	uint64_t n, sum = 0;
	struct ms_pack *pk;
	size_t i;

	for (i = 0; i < count; i++) {
		if (ms_pack_open(&pk, dirfd, names[i], false, NULL) < 0)
			continue;
		if (ms_pack_size(pk, &n, NULL) == 0)
			sum += n;
		ms_pack_close(pk);
	}
	return sum;
}

/* If there is damage, reports packs that have a later generation: these are
 * deleted when the later generation is whole. */
static int
remark_superseded(struct ms_verify_run *r, struct ms_err *err)
{
	struct ms_pack_name *names;
	size_t i, count;
	char where[64];

	if (r->sum->faults == 0)
		return 0;
	if (ms_pack_list(r->packfd, &names, &count, err) < 0)
		return -1;
	for (i = 0; i + 1 < count; i++) {
		if (names[i].number != names[i + 1].number)
			continue;
		pack_where(names[i], where);
		ms_verify_fault(r, MS_FAULT_REMARK, where,
		    "has a later generation; the older one is kept until a "
		    "writer has found the later one whole");
	}
	free(names);
	return 0;
}

int
ms_verify_packs(struct ms_verify_run *r, struct ms_err *err)
{
	struct ms_pack_name *names = NULL;
	size_t i, count = 0;
	uint32_t number = 1;
	char where[64];
	int rc = -1;

	if (ms_pack_list(r->packfd, &names, &count, err) < 0)
		return -1;
	count = ms_pack_newest(names, count);
	if (count == 0)
		ms_verify_fault(r, MS_FAULT_PACK, "pack", "contains no pack");
	r->total = bytes_of(r->packfd, names, count);
	r->next = 1;
	r->chain_known = true;
	for (i = 0; i < count; i++, number++) {
		if (names[i].number != number) {
			pack_where((struct ms_pack_name){number, 0}, where);
			ms_verify_fault(r, MS_FAULT_PACK, where, "is missing");
			number = names[i].number;
			r->chain_known = false;
		}
		r->last = i + 1 == count;
		if (check_pack(r, names[i], err) < 0)
			goto out;
	}
	if (r->known.pack > (count > 0 ? names[count - 1].number : 0)) {
		pack_where((struct ms_pack_name){r->known.pack, 0}, where);
		ms_verify_fault(r, MS_FAULT_PACK, where,
		    "is missing, although the index includes it");
	}
	check_stubs(r);
	memcpy(r->sum->chain, r->chain, MS_SHA_LEN);
	rc = remark_superseded(r, err);
out:
	free(names);
	ms_ranges_release(&r->stubs);
	ms_ranges_release(&r->purged);
	ms_ranges_release(&r->seen);
	ms_buf_release(&r->rows);
	ms_buf_release(&r->batches);
	ms_buf_release(&r->faults);
	return rc;
}
