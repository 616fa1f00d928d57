/* table.c - tables for terminals. See term.h. */
#include "term.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "color.h"

#define ROWS 1000   /* that are measured together */
#define CELL_MAX 40 /* columns, except in the last one */
#define CELL_MIN 8  /* that are left if the table is too wide */
#define GAP "  "

struct ms_table {
	const struct ms_column *columns;
	size_t n;
	struct ms_buf cells; /* each with a NUL; the rows have n cells each */
	size_t in_row, rows;
	size_t *width; /* 0: the column is left out */
	bool headed;
};

struct ms_table *
ms_table_new(const struct ms_column *columns, size_t n)
{
	struct ms_table *t = ms_xcalloc(1, sizeof(*t));

	t->columns = columns;
	t->n = n;
	t->width = ms_xcalloc(n, sizeof(*t->width));
	return t;
}

/* Widens the columns for the cells that are waiting. */
static void
measure(struct ms_table *t)
{
	const char *cell = (const char *)t->cells.p;
	const struct ms_column *c;
	size_t i, columns;

	for (i = 0; i < t->n; i++)
		if (t->columns[i].plain == NULL && t->width[i] == 0)
			t->width[i] = strlen(t->columns[i].heading);
	for (i = 0; i < t->rows * t->n; i++, cell += strlen(cell) + 1) {
		c = &t->columns[i % t->n];
		if (*cell == '\0' ||
		    (c->plain != NULL && t->width[i % t->n] == 0 &&
			strcmp(cell, c->plain) == 0))
			continue;
		columns = ms_term_columns(cell);
		if (columns < strlen(c->heading))
			columns = strlen(c->heading);
		if (columns > CELL_MAX && i % t->n < t->n - 1)
			columns = CELL_MAX;
		if (t->width[i % t->n] < columns)
			t->width[i % t->n] = columns;
	}
}

/* Cuts the widest column that allows it, and again, until all but the last fit.
 */
static void
shrink(struct ms_table *t)
{
	size_t room = ms_term_width(STDOUT_FILENO) + sizeof(GAP) - 1;
	size_t sum, i, *widest;

	for (;;) {
		sum = 0;
		widest = NULL;
		for (i = 0; i + 1 < t->n; i++) {
			if (t->width[i] > 0)
				sum += t->width[i] + sizeof(GAP) - 1;
			if (t->columns[i].shrink &&
			    t->width[i] > (widest != NULL ? *widest : CELL_MIN))
				widest = &t->width[i];
		}
		if (sum <= room || widest == NULL)
			return;
		--*widest;
	}
}

/* Appends the last cell, on a line of its own if it does not fit. */
static void
add_last(struct ms_buf *line, const char *cell, size_t used, bool head)
{
	size_t columns = ms_term_columns(cell);
	size_t width = ms_term_width(STDOUT_FILENO);

	if (columns == 0 || (head && used + columns > width))
		return;
	if (used + columns > width && used > 0)
		ms_buf_add_str(line, "\n    ");
	ms_term_fit(line, cell, columns, false);
}

static void
trim(struct ms_buf *line)
{
	while (line->n > 0 && line->p[line->n - 1] == ' ')
		line->n--;
}

/* Prints a row; *cell moves to the next one. */
static void
print_row(const struct ms_table *t, const char **cell, bool head)
{
	struct ms_buf line = {0};
	size_t i, used = 0;

	if (head)
		ms_color_begin(&line, STDOUT_FILENO, MS_STYLE_BOLD);
	for (i = 0; i < t->n; i++, *cell += strlen(*cell) + 1) {
		if (t->width[i] == 0)
			continue;
		if (i == t->n - 1) {
			add_last(&line, *cell, used, head);
			break;
		}
		ms_term_fit(&line, *cell, t->width[i], t->columns[i].right);
		ms_buf_add_str(&line, GAP);
		used += t->width[i] + sizeof(GAP) - 1;
	}
	if (i == t->n - 1)
		*cell += strlen(*cell) + 1;
	trim(&line);
	if (head)
		ms_color_end(&line, STDOUT_FILENO);
	ms_buf_add_byte(&line, '\n');
	fwrite(line.p, 1, line.n, stdout);
	ms_buf_release(&line);
}

static void
print_head(struct ms_table *t)
{
	struct ms_buf headings = {0};
	const char *cell;

	for (size_t i = 0; i < t->n; i++)
		ms_buf_add(&headings, t->columns[i].heading,
		    strlen(t->columns[i].heading) + 1);
	cell = (const char *)headings.p;
	print_row(t, &cell, true);
	ms_buf_release(&headings);
	t->headed = true;
}

static void
print_rows(struct ms_table *t)
{
	const char *cell = (const char *)t->cells.p;

	if (t->rows == 0)
		return;
	measure(t);
	shrink(t);
	if (!t->headed)
		print_head(t);
	for (size_t i = 0; i < t->rows; i++)
		print_row(t, &cell, false);
	ms_buf_clear(&t->cells);
	t->rows = 0;
}

void
ms_table_add(struct ms_table *t, const char *text)
{
	if (t->in_row++ < t->n)
		ms_buf_add(&t->cells, text, strlen(text) + 1);
}

void
ms_table_row(struct ms_table *t)
{
	while (t->in_row < t->n)
		ms_table_add(t, "");
	t->in_row = 0;
	if (++t->rows == ROWS)
		print_rows(t);
}

void
ms_table_end(struct ms_table *t)
{
	if (t == NULL)
		return;
	print_rows(t);
	ms_buf_release(&t->cells);
	free(t->width);
	free(t);
}
