/*
 * client-mork.c - the name of a folder in an .msf of Thunderbird, a text in the
 * format Mork (wiki.mozilla.org/Mork, developer.mozilla.org "Mork structure").
 * Only the cells of three columns are looked at. ms-quirks(7), Mail clients.
 */
#include "client-impl.h"

#include <string.h>
#include "utf8.h"

#define ID_MAX 8 /* hexadecimal digits of an atom */

enum {
	MAILBOX_NAME,
	FOLDER_NAME,
	ONLINE_NAME,
	COLUMNS
};

struct mork {
	struct ms_slice column[COLUMNS]; /* the ids of the columns */
	struct ms_slice atom[COLUMNS];   /* the ids of their values, or */
	struct ms_buf text[COLUMNS];     /* the values */
	bool columns;                    /* this dictionary has columns */
};

/* What the text says about the names. */
typedef void cell_fn(struct mork *m, struct ms_slice cell, bool in_dictionary);

/* The bytes of a cell after its "(", up to its ")"; an escaped character does
 * not end it. */
static size_t
cell_length(struct ms_slice s)
{
	size_t i = 0;

	while (i < s.n && s.p[i] != ')')
		i += s.p[i] == '\\' ? 2 : 1;
	return i < s.n ? i : s.n;
}

/* Calls fn for each cell of the text. Between < and > is a dictionary, in which
 * <(a=c)> says that it has columns. */
static void
each_cell(struct mork *m, struct ms_slice s, cell_fn *fn)
{
	const unsigned char *lf;
	unsigned depth = 0;
	size_t n = 1;

	for (; s.n > 0; s.p += n, s.n -= n) {
		n = 1;
		switch (s.p[0]) {
		case '<':
			if (depth == 0)
				m->columns = false;
			depth++;
			break;
		case '>':
			depth -= depth > 0;
			break;
		case '/':
			lf = memchr(s.p, '\n', s.n);
			if (s.n > 1 && s.p[1] == '/')
				n = lf != NULL ? (size_t)(lf - s.p) : s.n;
			break;
		case '(':
			n += cell_length((struct ms_slice){s.p + 1, s.n - 1});
			fn(m, (struct ms_slice){s.p + 1, n - 1}, depth > 0);
			break;
		default:
			break;
		}
	}
}

/* Divides ID=TEXT. */
static bool
definition(struct ms_slice cell, struct ms_slice *id, struct ms_slice *text)
{
	const unsigned char *eq = memchr(cell.p, '=', cell.n);

	if (eq == NULL || eq == cell.p || (size_t)(eq - cell.p) > ID_MAX)
		return false;
	*id = (struct ms_slice){cell.p, (size_t)(eq - cell.p)};
	*text = (struct ms_slice){eq + 1, cell.n - id->n - 1};
	return true;
}

/* First: which ids do the columns have? */
static void
find_column(struct mork *m, struct ms_slice cell, bool in_dictionary)
{
	static const char *const names[COLUMNS] = {
	    "mailboxName", "folderName", "onlineName"};
	struct ms_slice id, text;

	if (!in_dictionary || !definition(cell, &id, &text))
		return;
	if (ms_slice_eq(cell, ms_slice_str("a=c")))
		m->columns = true;
	for (size_t i = 0; m->columns && i < COLUMNS; i++)
		if (ms_slice_eq(text, ms_slice_str(names[i])))
			m->column[i] = id;
}

/* A text with \ before special characters, and $XX for other bytes. */
static void
add_text(struct ms_slice s, struct ms_buf *out)
{
	uint32_t c;

	ms_buf_clear(out);
	for (size_t i = 0; i < s.n; i++) {
		if (s.p[i] == '\\' && i + 1 < s.n) {
			i++;
			if (s.p[i] == '\r' && i + 1 < s.n && s.p[i + 1] == '\n')
				i++;
			if (s.p[i] != '\n')
				ms_buf_add_byte(out, s.p[i]);
		} else if (s.p[i] == '$' && i + 2 < s.n &&
			   ms_client_hex(
			       (struct ms_slice){s.p + i + 1, 2}, &c)) {
			ms_buf_add_byte(out, (unsigned char)c);
			i += 2;
		} else {
			ms_buf_add_byte(out, s.p[i]);
		}
	}
}

/* Second: the last cell of each column, ^COLUMN=TEXT or ^COLUMN^ATOM. */
static void
find_cell(struct mork *m, struct ms_slice cell, bool in_dictionary)
{
	struct ms_slice rest;
	size_t n;

	if (in_dictionary || cell.n == 0 || cell.p[0] != '^')
		return;
	for (size_t i = 0; i < COLUMNS; i++) {
		n = m->column[i].n;
		if (n == 0 || cell.n < n + 2 ||
		    memcmp(cell.p + 1, m->column[i].p, n) != 0)
			continue;
		rest = (struct ms_slice){cell.p + n + 2, cell.n - n - 2};
		if (cell.p[n + 1] == '=') {
			m->atom[i].n = 0;
			add_text(rest, &m->text[i]);
		} else if (cell.p[n + 1] == '^' && rest.n <= ID_MAX) {
			m->atom[i] = rest;
			ms_buf_clear(&m->text[i]);
		}
	}
}

/* Third: the texts of the atoms. */
static void
find_atom(struct mork *m, struct ms_slice cell, bool in_dictionary)
{
	struct ms_slice id, text;

	if (!in_dictionary || !definition(cell, &id, &text))
		return;
	if (ms_slice_eq(cell, ms_slice_str("a=c")))
		m->columns = true;
	for (size_t i = 0; !m->columns && i < COLUMNS; i++)
		if (m->atom[i].n > 0 && ms_slice_eq(m->atom[i], id))
			add_text(text, &m->text[i]);
}

bool
ms_msf_name(struct ms_slice text, struct ms_buf *out)
{
	struct mork m = {0};
	size_t before = out->n, i = 0, slash;

	each_cell(&m, text, find_column);
	each_cell(&m, text, find_cell);
	each_cell(&m, text, find_atom);
	while (i < COLUMNS && m.text[i].n == 0)
		i++;
	if (i == ONLINE_NAME) { /* a path on the server */
		for (slash = m.text[i].n; slash > 0; slash--)
			if (m.text[i].p[slash - 1] == '/')
				break;
		const struct ms_slice last = {
		    m.text[i].p + slash, m.text[i].n - slash};

		if (ms_mutf7_decode(last, out) < 0)
			ms_buf_add(out, last.p, last.n);
	} else if (i < COLUMNS) {
		ms_buf_add(out, m.text[i].p, m.text[i].n);
	}
	for (i = 0; i < COLUMNS; i++)
		ms_buf_release(&m.text[i]);
	return out->n > before;
}
