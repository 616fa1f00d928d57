/* position.c - the position of an index: is it on this log?
 * ms-archive(5), States on disk. */
#include <stdlib.h>
#include <string.h>

#include "impl.h"

int
ms_archive_other_packs(
    struct ms_archive *a, const char *why, struct ms_err *err)
{
	a->other_packs = true;
	return ms_fail(err, MS_DATA,
	    "index: belongs to other packs (%s); run ms-verify "
	    "--rebuild-index",
	    why);
}

int
ms_archive_find_pack(struct ms_archive *a, uint32_t number,
    struct ms_pack_name *name, struct ms_err *err)
{
	struct ms_pack_name *names;
	size_t i, n;
	int rc = 0;

	if (ms_pack_list(a->packfd, &names, &n, err) < 0)
		return -1;
	n = ms_pack_newest(names, n);
	for (i = 0; i < n; i++)
		if (names[i].number == number) {
			*name = names[i];
			rc = 1;
		}
	free(names);
	return rc;
}

int
ms_archive_check_last(struct ms_archive *a, uint32_t number, struct ms_err *err)
{
	struct ms_pack_name *names, name = {number, 0};
	char missing[32];
	size_t n;
	int rc = 0;

	if (ms_pack_list(a->packfd, &names, &n, err) < 0)
		return -1;
	if (n > 0 && names[n - 1].number > number) {
		ms_pack_name_format(name, missing);
		rc = ms_fail(err, MS_DATA,
		    "pack/%s: is missing, although there are later packs; "
		    "ms-verify --rebuild-index indexes the others",
		    missing);
	}
	free(names);
	return rc;
}

int
ms_archive_open_tail(struct ms_archive *a, uint32_t number, struct ms_err *err)
{
	struct ms_pack_name name;
	int got;

	ms_pack_close(a->tail);
	a->tail = NULL;
	got = ms_archive_find_pack(a, number, &name, err);
	if (got <= 0)
		return got;
	if (ms_pack_open(&a->tail, a->packfd, name, true, err) < 0)
		return -1;
	if (!a->tail->header_damaged &&
	    memcmp(a->tail->header.archive, a->id, MS_ID_LEN) != 0)
		return ms_fail(err, MS_DATA,
		    "pack/%s: belongs to another archive", a->tail->name);
	return 1;
}

/* Does this block end with the last COMMIT of the index? */
static bool
ends_with_commit(struct ms_block *b, const struct ms_position *pos)
{
	struct ms_record rec;
	struct ms_commit c;

	if (ms_block_open(b, NULL) < 0)
		return false;
	ms_block_record(b, b->header.count - 1, &rec);
	return rec.type == MS_COMMIT && !rec.stub &&
	       ms_commit_parse(&c, rec.content, NULL) == 0 &&
	       memcmp(c.chain, pos->chain, MS_SHA_LEN) == 0;
}

/*
 * The block with the last COMMIT of the index cannot be read. Does the pack
 * have other blocks where that block should be? Then it is another pack, and
 * not a damaged one. 1, 0, -1.
 */
static int
has_other_blocks(
    const struct ms_pack *pk, const struct ms_position *pos, struct ms_err *err)
{
	uint64_t at = MS_PACK_HEADER;
	struct ms_block_header h;
	int got;

	while ((got = ms_pack_next_header(pk, &at, pos->end, &h, err)) == 1 &&
	       at + ms_block_length(&h) <= pos->commit)
		at += ms_block_length(&h);
	if (got != 1)
		return got;
	return at != pos->commit || at + ms_block_length(&h) > pos->end ||
	       (h.runs == 0 && h.first + h.count != pos->next);
}

/* Does the pack end before the index does, with the block in which the last
 * COMMIT of the index should be? 1, 0, -1. */
static int
ends_before(
    const struct ms_pack *pk, const struct ms_position *pos, struct ms_err *err)
{
	struct ms_block_header h;
	uint64_t at = pos->commit, size;
	int got;

	if (ms_pack_size(pk, &size, err) < 0)
		return -1;
	got = ms_pack_next_header(pk, &at, size, &h, err);
	return got == 1 ? size < pos->end && at == pos->commit &&
			      at + ms_block_length(&h) == size
			: got;
}

int
ms_archive_other_blocks(
    struct ms_archive *a, const struct ms_position *pos, struct ms_err *err)
{
	struct ms_pack_name name;
	struct ms_pack *pk;
	int got = ms_archive_find_pack(a, pos->pack, &name, err);

	if (got != 1 || name.generation != pos->generation)
		return got < 0 ? -1 : 0;
	if (ms_pack_open(&pk, a->packfd, name, false, NULL) < 0)
		return 0;
	got = has_other_blocks(pk, pos, err);
	if (got == 0)
		got = ends_before(pk, pos, err);
	ms_pack_close(pk);
	return got;
}

/* Is the last COMMIT of the index at its place? */
static int
check_commit(struct ms_archive *a, const struct ms_pack *pk,
    const struct ms_position *pos, struct ms_err *err)
{
	struct ms_block b = {0};
	struct ms_err why = {0};
	bool header_ok;
	int got, rc;

	got = ms_pack_read(pk, pos->commit, &b, &header_ok, &why);
	rc = got == 1 && ends_with_commit(&b, pos) ? 0 : -1;
	ms_block_release(&b);
	if (rc == 0)
		return 0;
	if (got < 0 && why.code != MS_DATA) {
		if (err != NULL)
			*err = why;
		return -1;
	}
	/* A reader can still read what is not damaged. */
	if (got != 1 && a->mode == MS_ARCHIVE_READ) {
		rc = has_other_blocks(pk, pos, err);
		if (rc <= 0)
			return rc;
	}
	return ms_archive_other_packs(a, "another chain", err);
}

/* Is pos a position of the log in this pack? 0, -1. */
static int
check_pack(struct ms_archive *a, const struct ms_pack *pk,
    const struct ms_position *pos, struct ms_err *err)
{
	uint64_t size;

	if (pk->header.generation < pos->generation)
		return ms_archive_other_packs(
		    a, "a pack of an earlier generation", err);
	if (ms_pack_size(pk, &size, err) < 0)
		return -1;
	if (size < pos->end)
		return ms_archive_other_packs(a, "a pack is shorter", err);
	return pos->commit != 0 ? check_commit(a, pk, pos, err) : 0;
}

int
ms_archive_check_position(
    struct ms_archive *a, const struct ms_position *pos, struct ms_err *err)
{
	int got;

	if (pos->pack == 0)
		return 0;
	got = ms_archive_open_tail(a, pos->pack, err);
	if (got < 0)
		return -1;
	if (got == 0)
		return ms_archive_other_packs(a, "a pack is missing", err);
	if (a->tail->header.generation > pos->generation)
		return 0; /* ms_archive_switch_generation() checks it */
	return check_pack(a, a->tail, pos, err);
}

/* The pack was regrouped since the index was written. A reader does not read a
 * whole pack to compare the chain. */
static int
check_newer(struct ms_archive *a, const struct ms_pack *pk,
    const struct ms_position *pos, struct ms_err *err)
{
	int got = 1;

	if (a->mode == MS_ARCHIVE_WRITE)
		got = ms_log_goes_through(pk, pos->next, pos->chain, err);
	if (got < 0)
		return -1;
	return got == 1 ? 0 : ms_archive_other_packs(a, "another chain", err);
}

int
ms_archive_fits(void *ctx, const struct ms_position *pos, struct ms_err *err)
{
	struct ms_archive *a = ctx;
	struct ms_pack_name name;
	struct ms_err why = {0};
	struct ms_pack *pk = NULL;
	int got = 0, i;

	if (pos->pack == 0)
		return 0;
	for (i = 0; i < MS_ARCHIVE_TRIES && pk == NULL; i++) {
		got = ms_archive_find_pack(a, pos->pack, &name, err);
		if (got < 0)
			return -1;
		if (got == 0 ||
		    (ms_pack_open(&pk, a->packfd, name, false, &why) < 0 &&
			why.code != MS_NOINPUT))
			break;
	}
	if (pk == NULL)
		return ms_archive_other_packs(
		    a, got == 1 ? why.msg : "a pack is missing", err);
	if (!pk->header_damaged &&
	    memcmp(pk->header.archive, a->id, MS_ID_LEN) != 0)
		got =
		    ms_archive_other_packs(a, "a pack of another archive", err);
	else if (pk->header.generation > pos->generation)
		got = check_newer(a, pk, pos, err);
	else
		got = check_pack(a, pk, pos, err);
	ms_pack_close(pk);
	return got;
}

int
ms_archive_read_position(
    struct ms_archive *a, struct ms_position *pos, struct ms_err *err)
{
	unsigned char id[MS_ID_LEN];
	struct ms_txn txn;
	int rc;

	do {
		if (ms_index_begin(a->ix, &txn, err) < 0)
			return -1;
		rc = ms_index_position(&txn, pos, err);
		if (rc == 0)
			rc = ms_index_archive(&txn, id, err);
	} while (ms_index_end(&txn) != 0);
	if (rc == 0 && memcmp(id, a->id, MS_ID_LEN) != 0)
		rc = ms_archive_other_packs(a, "another archive", err);
	return rc;
}

int
ms_archive_attach(struct ms_archive *a, struct ms_err *err)
{
	if (ms_index_open(&a->ix, a->path, a->read_only, err) < 0) {
		a->ix = NULL;
		return -1;
	}
	ms_index_guard(a->ix, ms_archive_fits, a);
	return 0;
}
