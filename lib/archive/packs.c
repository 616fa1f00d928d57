/* packs.c - which records are in which pack. ms-archive(5), Packs. */
#include <stdlib.h>

#include "impl.h"

/* The last record that the index knows, plus one. */
static int
read_end(struct ms_archive *a, uint64_t *end, struct ms_err *err)
{
	struct ms_position pos;
	struct ms_txn txn;
	int rc;

	do {
		if (ms_index_begin(a->ix, &txn, err) < 0)
			return -1;
		rc = ms_index_position(&txn, &pos, err);
	} while (ms_index_end(&txn) != 0);
	*end = pos.next;
	return rc;
}

/* Appends the beginning of a pack. A pack whose header is damaged, or that was
 * regrouped just now, has none of its own. 0; -1: MS_IO. */
static int
add_pack(struct ms_archive *a, struct ms_pack_name name, struct ms_buf *out,
    struct ms_err *err)
{
	struct ms_pack_extent extent = {.number = name.number};
	struct ms_pack *pk;
	struct ms_err why = {0};

	if (ms_pack_open(&pk, a->packfd, name, false, &why) < 0) {
		if (why.code == MS_DATA || why.code == MS_NOINPUT)
			return 0;
		return ms_fail_as(err, &why);
	}
	extent.first = pk->header.first;
	if (!pk->header_damaged)
		ms_buf_add(out, &extent, sizeof(extent));
	ms_pack_close(pk);
	return 0;
}

/* Keeps the packs that begin before `end`, and sets their ends. */
static size_t
set_ends(struct ms_pack_extent *packs, size_t n, uint64_t end)
{
	while (n > 0 && packs[n - 1].first > end)
		n--;
	for (size_t i = 0; i < n; i++)
		packs[i].end = i + 1 < n ? packs[i + 1].first : end;
	return n;
}

int
ms_archive_packs(struct ms_archive *a, struct ms_pack_extent **out, size_t *n,
    struct ms_err *err)
{
	struct ms_pack_name *names;
	struct ms_buf list = {0};
	uint64_t end;
	size_t count;
	int rc = 0;

	if (read_end(a, &end, err) < 0 ||
	    ms_pack_list(a->packfd, &names, &count, err) < 0)
		return -1;
	count = ms_pack_newest(names, count);
	for (size_t i = 0; i < count && rc == 0; i++)
		rc = add_pack(a, names[i], &list, err);
	free(names);
	if (rc < 0) {
		ms_buf_release(&list);
		return -1;
	}
	*out = (void *)list.p; /* the caller frees it */
	*n = set_ends(*out, list.n / sizeof(**out), end);
	return 0;
}
