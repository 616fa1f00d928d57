/*
 * csv.c - a table of separated values, row by row. Where RFC 4180 says nothing,
 * the output of spreadsheets is accepted: ms-csvbatch(1), The file.
 */
#include "csv-impl.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "secret.h"

#define SAMPLE_ROWS 100 /* that are examined to find the separator */

struct ms_csv {
	struct ms_buf
	    text; /* UTF-8; fields are terminated and unquoted in place */
	unsigned char *at, *end;
	uint64_t line; /* of `at` */
	size_t plain, plain_first;
	unsigned char separator;
	const char *charset;
	bool given; /* the character set was given */
	char *field[MS_CSV_COLUMNS_MAX];
	char *header_field[MS_CSV_COLUMNS_MAX];
	struct ms_csv_row header;
};

static const char separators[] = ";,|\t";

/* ---- one row ---- */

/* The state while a row is read. If field is NULL, the text is not changed. */
struct reader {
	unsigned char *at, *end;
	unsigned char separator;
	size_t plain;
	uint64_t lines; /* line ends so far */
	size_t count;
	size_t used;  /* the number of the last field that is not empty */
	char **field; /* NULL: only check the row */
	bool blank;   /* the field consists of blanks */
	bool empty;   /* only blanks so far */
};

static bool
is_line_end(unsigned char c)
{
	return c == '\n' || c == '\r';
}

/* Skips LF, CRLF or CR. */
static void
pass_line_end(struct reader *r)
{
	if (*r->at == '\r' && r->end - r->at > 1 && r->at[1] == '\n')
		r->at++;
	r->at++;
	r->lines++;
}

static void
pass_blanks(struct reader *r)
{
	while (r->at < r->end && (*r->at == ' ' || *r->at == '\t') &&
	       *r->at != r->separator)
		r->at++;
}

static int
check_size(
    const struct reader *r, const unsigned char *begin, struct ms_err *err)
{
	return r->at - begin <= MS_CSV_FIELD_MAX
		   ? 0
		   : ms_fail(err, MS_DATA, "column %zu has more than %d bytes",
			 r->count + 1, MS_CSV_FIELD_MAX);
}

static int
refuse_nul(const struct reader *r, struct ms_err *err)
{
	return ms_fail(
	    err, MS_DATA, "column %zu contains a NUL byte", r->count + 1);
}

/* Reads a quoted field. Its contents move back over doubled quotes. */
static int
quoted(struct reader *r, char **text, struct ms_err *err)
{
	unsigned char quote = *r->at++, *begin = r->at, *to = r->at, *from;

	for (; r->at < r->end; r->at++) {
		from = r->at;
		if (*from == '\0')
			return refuse_nul(r, err);
		if (check_size(r, begin, err) < 0)
			return -1;
		if (is_line_end(*from)) {
			if (r->count < r->plain)
				break;
			if (*from == '\n' || from[1] != '\n')
				r->lines++; /* from[1] can be the NUL after the
					       text */
		}
		if (*from == quote) {
			if (r->end - from < 2 || from[1] != quote) {
				r->at++;
				*text = (char *)begin;
				r->blank = to == begin;
				if (r->field != NULL)
					*to = '\0';
				return 0;
			}
			r->at++;
		}
		if (r->field != NULL)
			*to = *from;
		to++;
	}
	return ms_fail(err, MS_DATA, "column %zu: quote %c is not closed",
	    r->count + 1, quote);
}

static int
unquoted(struct reader *r, struct ms_err *err)
{
	const unsigned char *begin = r->at;

	for (; r->at < r->end && *r->at != r->separator; r->at++) {
		if (is_line_end(*r->at))
			break;
		if (*r->at == '\0')
			return refuse_nul(r, err);
		if (check_size(r, begin, err) < 0)
			return -1;
		r->blank &= *r->at == ' ' || *r->at == '\t';
	}
	r->empty &= r->blank;
	return 0;
}

/* Returns 1 if another field follows, 0 after the last one. */
static int
read_field(struct reader *r, struct ms_err *err)
{
	unsigned char *begin = r->at, *end;
	char *text = (char *)begin;
	bool more;

	if (r->count == MS_CSV_COLUMNS_MAX)
		return ms_fail(
		    err, MS_DATA, "more than %d columns", MS_CSV_COLUMNS_MAX);
	r->blank = true;
	pass_blanks(r);
	if (r->at < r->end && (*r->at == '"' || *r->at == '\'')) {
		if (quoted(r, &text, err) < 0)
			return -1;
		r->empty = false;
		pass_blanks(r);
		if (r->at < r->end && *r->at != r->separator &&
		    !is_line_end(*r->at))
			return ms_fail(err, MS_DATA,
			    "column %zu continues after its closing quote",
			    r->count + 1);
		end = NULL;
	} else {
		r->at = begin;
		if (unquoted(r, err) < 0)
			return -1;
		end = r->at;
	}
	more = r->at < r->end && *r->at == r->separator;
	if (more)
		r->at++;
	else if (r->at < r->end)
		pass_line_end(r);
	if (r->field != NULL) {
		if (end != NULL)
			*end = '\0';
		r->field[r->count] = text;
	}
	r->count++;
	if (!r->blank)
		r->used = r->count;
	return more;
}

static int
read_row(struct reader *r, struct ms_err *err)
{
	int more;

	r->empty = true;
	while ((more = read_field(r, err)) == 1)
		;
	return more;
}

static struct reader
reader_at(const struct ms_csv *c, size_t plain)
{
	return (struct reader){.at = c->at,
	    .end = c->end,
	    .separator = c->separator,
	    .plain = plain};
}

static void
pass_line(struct ms_csv *c)
{
	struct reader r = reader_at(c, 0);

	while (r.at < r.end && !is_line_end(*r.at))
		r.at++;
	if (r.at < r.end)
		pass_line_end(&r);
	c->at = r.at;
	c->line += r.lines;
}

/*
 * Checks first that the row can be read, because reading changes the text.
 * Returns 1; 0 at the end; -1.
 */
static int
next_row(struct ms_csv *c, size_t plain, char **field, struct ms_csv_row *row,
    struct ms_err *err)
{
	size_t named = row != &c->header ? c->header.count : 0;
	struct reader check, row_reader;

	for (;;) {
		if (c->at == c->end)
			return 0;
		check = row_reader = reader_at(c, plain);
		*row = (struct ms_csv_row){.line = c->line, .field = field};
		if (read_row(&check, err) < 0) {
			pass_line(c);
			return -1;
		}
		if (!check.empty)
			break;
		c->at = check.at;
		c->line += check.lines;
	}
	row_reader.field = field;
	(void)read_row(&row_reader, NULL);
	row->count = row_reader.count;
	/* Spreadsheets write empty columns at the end of rows. */
	while (row->count > check.used && row->count > named)
		row->count--;
	c->at = row_reader.at;
	c->line += row_reader.lines;
	return 1;
}

int
ms_csv_next(struct ms_csv *c, struct ms_csv_row *row, struct ms_err *err)
{
	return next_row(c, c->plain, c->field, row, err);
}

/* ---- the separator ---- */

/* Reads the first line "sep=;" of Excel. Returns 1 if it was there. */
static int
read_sep_line(struct ms_csv *c, struct ms_err *err)
{
	const char *p = (const char *)c->at;
	size_t n = 0;
	bool quote = *p == '"';

	while (p + n < (const char *)c->end && !is_line_end(c->at[n]))
		n++;
	if (quote && n > 1 && p[n - 1] == '"') {
		p++;
		n -= 2;
	}
	if (n < 4 || strncasecmp(p, "sep=", 4) != 0)
		return 0;
	if (n != 5 || p[4] == '\0' || strchr(separators, p[4]) == NULL)
		return ms_fail(
		    err, MS_DATA, "line 1: sep= must be one of ; , | and TAB");
	c->separator = (unsigned char)p[4];
	pass_line(c);
	return 1;
}

/* How well this separator fits the table; 0: not at all. */
static unsigned
weigh(const struct ms_csv *c, char separator)
{
	struct ms_csv look = {
	    .at = c->at, .end = c->end, .separator = (unsigned char)separator};
	struct reader r;
	size_t columns = 0, rows = 0;
	unsigned weight = 0;

	while (look.at < look.end && rows < SAMPLE_ROWS) {
		r = reader_at(&look, columns > 0 ? c->plain : c->plain_first);
		if (read_row(&r, NULL) < 0) {
			if (columns == 0)
				return 0;
			pass_line(&look);
			rows++;
			continue;
		}
		look.at = r.at;
		if (r.empty)
			continue;
		rows++;
		if (columns == 0 && r.used < 2)
			return 0;
		if (columns == 0)
			columns = r.used;
		if (r.count > 1)
			weight +=
			    r.count >= columns && r.used <= columns ? 3 : 1;
	}
	return weight;
}

static int
find_separator(struct ms_csv *c, struct ms_err *err)
{
	const char *s;
	unsigned best = 0, weight;

	for (s = separators; *s != '\0'; s++) {
		weight = weigh(c, *s);
		if (weight > best) {
			best = weight;
			c->separator = (unsigned char)*s;
		}
	}
	return best > 0 ? 0
			: ms_fail(err, MS_DATA,
			      "the first row does not name two columns "
			      "separated by ; , | or TAB");
}

/* ---- a table ---- */

static int
begin(struct ms_csv *c, struct ms_err *err)
{
	int got = read_sep_line(c, err);

	if (got == 0)
		got = find_separator(c, err);
	if (got < 0)
		return -1;
	got = next_row(c, c->plain_first, c->header_field, &c->header, err);
	if (got < 0)
		return ms_context(
		    err, "line %llu", (unsigned long long)c->header.line);
	if (got == 0 || c->header.count < 2)
		return ms_fail(err, MS_DATA, "no row names two columns");
	return 0;
}

int
ms_csv_open(struct ms_csv **out, struct ms_slice table, size_t plain,
    bool data_first, const char *encoding, struct ms_err *err)
{
	struct ms_csv *c = ms_xcalloc(1, sizeof(*c));
	size_t i;

	c->plain = plain;
	c->plain_first = data_first ? plain : 0;
	c->line = 1;
	c->given = encoding != NULL;
	if (table.n > MS_CSV_BYTES_MAX) {
		ms_fail(err, MS_DATA, "table has more than %zu bytes",
		    MS_CSV_BYTES_MAX);
		goto fail;
	}
	c->charset = ms_csv_decode(&c->text, table, encoding, err);
	if (c->charset == NULL)
		goto fail;
	ms_buf_str(&c->text);
	c->at = c->text.p;
	c->end = c->text.p + c->text.n;
	for (i = 0; i < c->text.n; i++)
		if (!is_line_end(c->at[i]) && c->at[i] != ' ')
			break;
	if (i == c->text.n) {
		ms_fail(err, MS_NOINPUT, "table is empty");
		goto fail;
	}
	if (begin(c, err) < 0)
		goto fail;
	*out = c;
	return 0;
fail:
	ms_csv_close(c);
	return -1;
}

const struct ms_csv_row *
ms_csv_header(const struct ms_csv *c)
{
	return &c->header;
}

char
ms_csv_separator(const struct ms_csv *c)
{
	return (char)c->separator;
}

const char *
ms_csv_charset(const struct ms_csv *c)
{
	return c->charset;
}

const char *
ms_csv_remark(const struct ms_csv *c)
{
	if (c->given || strcmp(c->charset, MS_CSV_ASSUMED) != 0)
		return NULL;
	return "not UTF-8: read as " MS_CSV_ASSUMED
	       "; --encoding names another code page";
}

void
ms_csv_close(struct ms_csv *c)
{
	if (c == NULL)
		return;
	ms_secret_forget(&c->text);
	free(c);
}
