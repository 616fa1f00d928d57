/* terminal.c - the line of an occurrence on a terminal. ms-list(1), Output. */
#include "terminal.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "color.h"
#include "human.h"
#include "term.h"

#define FROM_MIN 18 /* columns; a wide terminal gives more */
#define FROM_MAX 30
#define FOLDER_MIN 12
#define FOLDER_MAX 24
#define FOLDER_WIDTH 100 /* of a terminal that shows folders */
#define SIZE_COLUMNS 8   /* 1023 KiB */

static void
add_column(struct ms_buf *out, const char *text, size_t width)
{
	ms_term_fit(out, text, width, false);
	ms_buf_add_str(out, "  ");
}

static void
add_field(struct ms_buf *text, const struct ms_desc_field *f, bool cut)
{
	ms_buf_clear(text);
	ms_buf_add(text, f->s, f->n);
	if (cut)
		ms_buf_add_str(text, "\xe2\x80\xa6"); /* an ellipsis */
}

/* "Anna <anna@example.org>" becomes "Anna", and "Anna" in quotes, too. */
static void
add_sender(struct ms_buf *text, const struct ms_desc *d)
{
	const char *address;

	add_field(text, &d->from, (d->bits & MS_DESC_FROM_CUT) != 0);
	address = strstr(ms_buf_str(text), " <");
	if (address != NULL && address > (const char *)text->p)
		text->n = (size_t)(address - (const char *)text->p);
	if (text->n < 3 || text->p[0] != '"')
		return;
	if (text->p[text->n - 1] == '"')
		text->n--;
	memmove(text->p, text->p + 1, --text->n);
}

static size_t
share(size_t width, size_t part, size_t min, size_t max)
{
	size_t n = width / part;

	return n < min ? min : n > max ? max : n;
}

/* Returns the columns of the id. */
static size_t
add_id(struct ms_buf *out, struct ms_archive *a, const struct ms_row *row)
{
	char digits[MS_SHA_HEX + 1];

	/* If the ids cannot be compared, the line is still right. */
	if (ms_archive_short_id(a, row->id, digits, NULL) < 0)
		ms_hex(row->id, MS_SHORT_ID / 2, digits);
	ms_color_begin(out, STDOUT_FILENO, MS_STYLE_ID);
	ms_buf_add_str(out, digits);
	ms_color_end(out, STDOUT_FILENO);
	ms_buf_add_str(out, "  ");
	return strlen(digits) + 2;
}

static void
add_date(struct ms_buf *out, struct ms_buf *text, const struct ms_row *row)
{
	ms_term_date(text, row->sent, false);
	if ((row->bits & MS_ROW_UNDATED) == 0)
		ms_buf_add(out, text->p, text->n);
	else
		ms_term_fit(out, "", ms_term_columns(ms_buf_str(text)), false);
	ms_buf_add_str(out, "  ");
}

/* Adds the user, if there are several, and the folder. */
static void
add_place(
    struct ms_buf *out, const struct ms_folder *folder, bool user, size_t width)
{
	struct ms_buf text = {0};

	if (user)
		ms_buf_printf(&text, "%s ", folder->user_name);
	ms_buf_add_str(&text, folder->name);
	add_column(out, ms_buf_str(&text), width);
	ms_buf_release(&text);
}

static void
add_size(struct ms_buf *out, uint64_t size)
{
	struct ms_buf text = {0};

	ms_human_bytes(&text, size);
	ms_term_fit(out, ms_buf_str(&text), SIZE_COLUMNS, true);
	ms_buf_add_str(out, "  ");
	ms_buf_release(&text);
}

void
terminal_line(struct ms_buf *out, struct ms_archive *a,
    const struct ms_row *row, const struct ms_folder *folder, unsigned columns)
{
	size_t width = ms_term_width(STDOUT_FILENO), used;
	size_t from = share(width, 6, FROM_MIN, FROM_MAX);
	size_t place = share(width, 8, FOLDER_MIN, FOLDER_MAX);
	const struct ms_desc *d = &row->desc;
	struct ms_buf text = {0};

	used = add_id(out, a, row);
	add_date(out, &text, row);
	used += ms_term_columns(ms_buf_str(&text)) + 2 + from + 2 +
		SIZE_COLUMNS + 2;
	add_sender(&text, d);
	add_column(out, ms_buf_str(&text), from);
	if (columns != 0 || width >= FOLDER_WIDTH) {
		add_place(out, folder, (columns & TERMINAL_USER) != 0, place);
		used += place + 2;
	}
	add_size(out, row->size);
	add_field(&text, &d->subject, (d->bits & MS_DESC_SUBJECT_CUT) != 0);
	ms_term_fit(
	    out, ms_buf_str(&text), width > used ? width - used : 1, false);
	while (out->n > 0 && out->p[out->n - 1] == ' ')
		out->n--;
	ms_buf_add_byte(out, '\n');
	ms_buf_release(&text);
}

int
terminal_has_users(struct ms_archive *a, struct ms_err *err)
{
	const struct ms_folder **folders;
	size_t count;
	int several = 0;

	if (ms_archive_folders(a, &folders, &count, err) < 0)
		return -1;
	for (size_t i = 1; i < count; i++)
		several |=
		    strcmp(folders[i]->user_name, folders[0]->user_name) != 0;
	free(folders);
	return several;
}
