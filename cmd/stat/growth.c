/* growth.c - what came into the archive in each month. See stat.h. */
#include <stdlib.h>
#include <string.h>

#include "index.h"
#include "stat.h"
#include "time.h"

#define ROWS 8192 /* read in one transaction */

/* ---- the months, from the COMMITs ---- */

/* A COMMIT: the last record of a batch. Clocks are set back at times; then the
 * records count as those of the later month. */
static void
add_commit(struct growth *g, const struct ms_commit_row *row)
{
	struct month *last = g->n > 0 ? &g->v[g->n - 1] : NULL;
	char text[21];

	ms_time_format(row->time, text);
	text[strlen("2026-11")] = '\0';
	if (last == NULL || strcmp(text, last->name) > 0) {
		g->v = ms_xreallocarray(g->v, g->n + 1, sizeof(*g->v));
		last = &g->v[g->n++];
		*last = (struct month){0};
		memcpy(last->name, text, sizeof(last->name));
	}
	last->end = row->number + 1;
}

/* Reads the next COMMITs. 1: there may be more; 0; -1. */
static int
read_commits(struct growth *g, struct ms_index *ix, struct ms_commit_row *at,
    struct ms_err *err)
{
	struct ms_commit_row *rows = ms_xcalloc(ROWS, sizeof(*rows)), next;
	struct ms_txn txn;
	int got = -1, n;

	do {
		next = *at;
		n = 0;
		if (ms_index_begin(ix, &txn, err) < 0)
			break;
		while (n < ROWS &&
		       (got = ms_index_next_commit(&txn, &next, err)) == 1) {
			rows[n++] = next;
			next.number++;
		}
	} while (ms_index_end(&txn) != 0);
	*at = next;
	for (int i = 0; i < n && got >= 0; i++)
		add_commit(g, &rows[i]);
	free(rows);
	return got;
}

/* ---- the packs ---- */

/* The place of record `number` in the packs. Without such a record, the result
 * is the end of the packs. */
static int
find_place(struct ms_index *ix, const struct storage *s, uint64_t number,
    uint64_t *place, struct ms_err *err)
{
	struct ms_location loc;
	struct ms_txn txn;
	int got = -1;

	do {
		if (ms_index_begin(ix, &txn, err) < 0)
			return -1;
		got = ms_index_locate(&txn, number, &loc, err);
	} while (ms_index_end(&txn) != 0);
	*place =
	    got == 1 ? storage_before(s, loc.pack, loc.offset) : s->pack_bytes;
	return got < 0 ? -1 : 0;
}

static int
read_stored(struct growth *g, struct ms_index *ix, const struct storage *s,
    struct ms_err *err)
{
	uint64_t before = 0, end;

	for (size_t i = 0; i < g->n; i++) {
		if (find_place(ix, s, g->v[i].end, &end, err) < 0)
			return -1;
		g->v[i].stored = end > before ? end - before : 0;
		before = end;
	}
	return 0;
}

int
growth_open(struct growth *g, struct ms_archive *a, const struct storage *s,
    struct ms_err *err)
{
	struct ms_index *ix = ms_archive_index(a);
	struct ms_commit_row at = {0};
	int got;

	while ((got = read_commits(g, ix, &at, err)) == 1)
		;
	if (got < 0 || s == NULL)
		return got;
	return read_stored(g, ix, s, err);
}

void
growth_add(struct growth *g, const struct ms_row *row)
{
	size_t low = 0, high = g->n;

	while (low < high) {
		size_t mid = low + (high - low) / 2;

		if (row->message < g->v[mid].end)
			high = mid;
		else
			low = mid + 1;
	}
	/* A record after the last COMMIT came after the months were read. */
	if (low == g->n)
		return;
	g->v[low].messages++;
	g->v[low].bytes += row->size;
}

void
growth_release(struct growth *g)
{
	free(g->v);
}
