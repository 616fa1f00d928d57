/* group.c - puts moved occurrences before those that they were moved to.
 * ms-stream(5), Moves of another archive. */
#include <stdlib.h>
#include <string.h>

#include "numbers.h"
#include "run.h"

struct export_group {
	struct ms_buf targets; /* uint64_t: occurrences that others were moved
				  to, ascending */
	struct ms_buf rows;    /* struct ms_row: those of one message that were
				  moved, and their targets */
};

int
export_group_open(struct export_run *r, struct ms_err *err)
{
	r->group = ms_xcalloc(1, sizeof(*r->group));
	return ms_archive_moved_to(r->archive, &r->group->targets, err);
}

void
export_group_free(struct export_group *g)
{
	if (g == NULL)
		return;
	ms_buf_release(&g->targets);
	ms_buf_release(&g->rows);
	free(g);
}

/* ---- one message ---- */

#define NOWHERE SIZE_MAX /* moved to an occurrence that is not exported */

/* A row of the group, and how many moves lead from it to an occurrence that was
 * not moved. */
struct step {
	const struct ms_row *row;
	size_t moves;
};

static int
by_number(const void *va, const void *vb)
{
	const struct step *a = va, *b = vb;

	return ms_compare_u64(&a->row->number, &b->row->number);
}

/* Those with the same target are side by side. */
static int
by_moves(const void *va, const void *vb)
{
	const struct step *a = va, *b = vb;
	int c;

	if (a->moves != b->moves)
		return a->moves > b->moves ? -1 : 1;
	c = ms_compare_u64(&a->row->moved_to, &b->row->moved_to);
	return c != 0 ? c : ms_compare_u64(&a->row->folder, &b->row->folder);
}

static size_t
count_moves(const struct step *steps, size_t n, const struct ms_row *row)
{
	struct ms_row want = {0};
	struct step key = {.row = &want};
	const struct step *next;
	size_t moves = 0;

	while ((row->bits & MS_ROW_MOVED) != 0) {
		want.number = row->moved_to;
		next = bsearch(&key, steps, n, sizeof(*steps), by_number);
		if (next == NULL || ++moves > n)
			return NOWHERE;
		row = next->row;
	}
	return moves;
}

/* The first step with so many moves and with a target not below this one. */
static size_t
lower_bound(const struct step *steps, size_t n, size_t moves, uint64_t target)
{
	size_t low = 0, mid;

	while (low < n) {
		mid = low + (n - low) / 2;
		if (steps[mid].moves > moves ||
		    (steps[mid].moves == moves &&
			steps[mid].row->moved_to < target))
			low = mid + 1;
		else
			n = mid;
	}
	return low;
}

/* Exports row i. Those that were moved to it come before it, side by side. */
static int
export_step(struct export_run *r, const struct step *steps, size_t i,
    const struct ms_row *const *rows, struct ms_err *err)
{
	struct export_choice c = {.row = *rows[i], .away = steps[i].moves > 0};
	size_t moves = steps[i].moves + 1, k;

	k = lower_bound(steps, i, moves, c.row.number);
	c.from = rows + k;
	while (k + c.from_count < i && steps[k + c.from_count].moves == moves &&
	       rows[k + c.from_count]->moved_to == c.row.number)
		c.from_count++;
	return export_choose(r, &c, err);
}

/* Drops the steps that lead nowhere and sorts the others. Returns how many. */
static size_t
order_steps(struct step *steps, size_t n)
{
	size_t i, kept = 0;

	if (n > 0)
		qsort(steps, n, sizeof(*steps), by_number);
	for (i = 0; i < n; i++)
		steps[i].moves = count_moves(steps, n, steps[i].row);
	for (i = 0; i < n; i++)
		if (steps[i].moves != NOWHERE)
			steps[kept++] = steps[i];
	if (kept > 0)
		qsort(steps, kept, sizeof(*steps), by_moves);
	return kept;
}

static int
export_rows(struct export_run *r, struct ms_err *err)
{
	struct export_group *g = r->group;
	const struct ms_row *all = (const void *)g->rows.p;
	size_t i, n = g->rows.n / sizeof(*all);
	struct step *steps = ms_xcalloc(n + 1, sizeof(*steps));
	const struct ms_row **rows = ms_xcalloc(n + 1, sizeof(*rows));
	int rc = 0;

	for (i = 0; i < n; i++)
		steps[i].row = &all[i];
	n = order_steps(steps, n);
	for (i = 0; i < n; i++)
		rows[i] = steps[i].row;
	for (i = 0; i < n && rc == 0; i++)
		rc = export_step(r, steps, i, rows, err);
	free(rows);
	free(steps);
	ms_buf_clear(&g->rows);
	return rc;
}

/* ---- rows ---- */

int
export_group_add(
    struct export_run *r, const struct ms_row *row, struct ms_err *err)
{
	struct export_group *g = r->group;
	const uint64_t *targets = (const void *)g->targets.p;
	const struct ms_row *first = (const void *)g->rows.p;
	const struct export_choice c = {.row = *row};
	bool moved = (row->bits & MS_ROW_MOVED) != 0;
	int foreign = export_is_foreign(r, row, err);

	if (foreign < 0)
		return -1;
	if (g->rows.n > 0 && memcmp(first->id, row->id, MS_SHA_LEN) != 0 &&
	    export_rows(r, err) < 0)
		return -1;
	if (foreign == 1 && moved)
		return 0;
	if (foreign == 1 ||
	    (!moved && ms_find_u64(targets, g->targets.n / sizeof(*targets),
			   row->number) == NULL))
		return export_choose(r, &c, err);
	ms_buf_add(&g->rows, row, sizeof(*row));
	return 0;
}

int
export_group_end(struct export_run *r, struct ms_err *err)
{
	return r->group != NULL ? export_rows(r, err) : 0;
}
