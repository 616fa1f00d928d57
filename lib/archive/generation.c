/* generation.c - a pack was regrouped: the index follows, the old generation is
 * deleted, under `lock`. ms-archive(5), States on disk. */
#include <dirent.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "impl.h"
#include "fs.h"
#include "le.h"

/* ---- the new places of its records ---- */

/* Does this pack begin at the position of the index? */
static bool
begins_there(const struct ms_pack_header *h, const struct ms_position *known)
{
	return h->first == known->next &&
	       memcmp(h->chain, known->chain, MS_SHA_LEN) == 0;
}

/*
 * Indexes the tail from its beginning to the position of the index. That
 * position may be within an extent; then the rest of the extent is new.
 */
static int
switch_generation(struct ms_archive *a, struct ms_txn *txn,
    const struct ms_position *known, struct ms_position *pos,
    struct ms_err *err)
{
	const struct ms_pack_header *h = &a->tail->header;
	struct ms_log_reader r = {.pos = *known};
	int got = 1;

	ms_log_reader_begin(&r, a->tail);
	ms_indexer_clear(a->indexer);
	if (ms_index_forget_blocks(txn, h->first, err) < 0)
		return -1;
	if (h->first >= known->next && !begins_there(h, known))
		return ms_archive_other_packs(a, "another chain", err);
	while (got == 1 && r.pos.next < known->next) {
		got = ms_log_read_next(&r, err);
		if (got == 0)
			got =
			    ms_archive_other_packs(a, "a pack is shorter", err);
		else if (got == 1 && r.pos.next >= known->next &&
			 !ms_log_extent_continues(
			     &r.extent, known->next, known->chain))
			got = ms_archive_other_packs(a, "another chain", err);
		else if (got == 1 && ms_archive_index_extent(a, txn, &r,
					 known->next, NULL, err) < 0)
			got = -1;
	}
	*pos = r.pos;
	ms_log_reader_release(&r);
	return got < 0 ? -1 : ms_index_set_position(txn, pos, err);
}

int
ms_archive_switch_generation(
    struct ms_archive *a, struct ms_position *pos, struct ms_err *err)
{
	const struct ms_position known = *pos;
	struct ms_txn txn;
	int rc;

	if (a->tail->header_damaged)
		return ms_fail(err, MS_DATA,
		    "pack/%s: the header is damaged; ms-verify shows more",
		    a->tail->name);
	do {
		if (ms_index_begin_write(a->ix, &txn, err) < 0)
			return -1;
		rc = switch_generation(a, &txn, &known, pos, err);
		if (rc < 0)
			ms_index_abort(&txn);
		else
			rc = ms_index_commit(&txn, err);
		if (rc < 0 && txn.full && ms_index_grow(a->ix, err) < 0)
			return -1;
	} while (rc < 0 && txn.full);
	return rc;
}

/* ---- old generations ---- */

/* Does the index find the first record of this pack in it? 1, 0, -1. */
static int
is_known(struct ms_archive *a, const struct ms_pack *pk, struct ms_err *err)
{
	const struct ms_pack_header *h = &pk->header;
	struct ms_location loc;
	struct ms_txn txn;
	int got;

	do {
		if (ms_index_begin(a->ix, &txn, err) < 0)
			return -1;
		got = ms_index_locate(&txn, h->first, &loc, err);
	} while (ms_index_end(&txn) != 0);
	if (got <= 0)
		return got;
	return loc.pack == h->number && loc.generation == h->generation;
}

/*
 * Can the generations before this one be deleted? If this one is not whole,
 * they may be the only copy. 1, 0, -1.
 */
static int
replaces_older(
    struct ms_archive *a, struct ms_pack_name name, struct ms_err *err)
{
	struct ms_pack *pk;
	int got;

	if (ms_pack_open(&pk, a->packfd, name, false, NULL) < 0)
		return 0;
	got = is_known(a, pk, err);
	if (got == 1 && memcmp(pk->header.key, a->proved, MS_KEY_LEN) != 0)
		got = ms_log_whole(pk, err);
	if (got == 1)
		memcpy(a->proved, pk->header.key, MS_KEY_LEN);
	ms_pack_close(pk);
	return got;
}

static int
drop_superseded(struct ms_archive *a, struct ms_err *err)
{
	struct ms_pack_name *names;
	size_t i, n, highest;
	char file[32];
	int got = 0;

	if (ms_pack_list(a->packfd, &names, &n, err) < 0)
		return -1;
	for (i = 0; i + 1 < n && got >= 0; i++) {
		if (names[i].number != names[i + 1].number)
			continue;
		for (highest = i + 1; highest + 1 < n; highest++)
			if (names[highest + 1].number != names[i].number)
				break;
		got = replaces_older(a, names[highest], err);
		/* If this fails, the next writer tries again. */
		ms_pack_name_format(names[i], file);
		if (got == 1)
			unlinkat(a->packfd, file, 0);
	}
	free(names);
	return got < 0 ? -1 : 0;
}

/* Deletes what ends in .new: files, an index, and the folder of ms-verify with
 * an index. */
static int
sweep_tmp(struct ms_archive *a, struct ms_err *err)
{
	struct dirent *e;
	int fd, inner;
	size_t n;
	DIR *d;

	fd = openat(a->tmpfd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0)
		return ms_fail_errno(err, "tmp");
	d = fdopendir(fd);
	if (d == NULL) {
		close(fd);
		return ms_fail_errno(err, "tmp");
	}
	while ((e = readdir(d)) != NULL) {
		n = strlen(e->d_name);
		if (n <= 4 || strcmp(e->d_name + n - 4, ".new") != 0)
			continue;
		inner = openat(a->tmpfd, e->d_name,
		    O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
		if (inner >= 0) {
			ms_fs_remove(inner, "index");
			close(inner);
		}
		ms_fs_remove(a->tmpfd, e->d_name);
	}
	closedir(d);
	return 0;
}

int
ms_archive_clean(struct ms_archive *a, struct ms_err *err)
{
	return drop_superseded(a, err) < 0 ? -1 : sweep_tmp(a, err);
}
