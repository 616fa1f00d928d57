/*
 * reader.c - divides the bytes of an IMAP server into responses and values. RFC
 * 3501, 7 and 9; RFC 9051, 9; ms-quirks(7).
 *
 * A response is collected in `record` without line ends, except that a literal
 * stands there as `{5}\r\nbytes`, and one that is not kept as `{-}\r\n`. A line
 * has no LF, so the server cannot write either by other means.
 */
#include "reader.h"

#include <string.h>
#include <strings.h>

#define NOT_KEPT "{-}\r\n"
#define LITERAL_BYTES_MAX ((uint64_t)1 << 62)
/* Bytes that are searched for the end of these, once for each atom: */
#define MARK_MAX 16      /* {65536} and its line end; BINARY.PEEK[ */
#define SECTION_MAX 1024 /* BODY[...]<0> */

#define NAMED(table, p, n)                                                     \
	ms_imap_name(table, sizeof(table) / sizeof((table)[0]),                \
	    (struct ms_slice){p, n})

static int
lose(struct ms_imap_reader *r, struct ms_err *err, const char *why)
{
	r->lost = true;
	return ms_fail(
	    err, MS_PROTO, "the server's answer is invalid: %s", why);
}

static bool
is_blank(unsigned char c)
{
	return c == ' ' || c == '\t' || c == '\r';
}

/* How many blanks are at p? */
static size_t
blanks(const unsigned char *p, size_t n)
{
	size_t i;

	for (i = 0; i < n && is_blank(p[i]); i++)
		;
	return i;
}

bool
ms_imap_number(struct ms_slice text, uint64_t max, uint64_t *out)
{
	uint64_t n = 0;
	unsigned digit;
	size_t i;

	for (i = 0; i < text.n; i++) {
		digit = text.p[i] - (unsigned)'0';
		if (digit > 9 || digit > max || n > (max - digit) / 10)
			return false;
		n = n * 10 + digit;
	}
	*out = n;
	return text.n > 0;
}

/* ---- values ---- */

/* A value in the record, and the positions of its bytes. */
struct token {
	enum ms_imap_type type;
	size_t from, to; /* its text */
	size_t end;
	bool escaped; /* the text has a backslash before a byte */
};

static void
lex_quoted(const unsigned char *p, size_t n, struct token *t)
{
	size_t i;

	t->from = t->end + 1;
	for (i = t->from; i < n && p[i] != '"'; i++)
		if (p[i] == '\\' && i + 1 < n) {
			t->escaped = true;
			i++;
		}
	t->type = i < n ? MS_IMAP_STRING : MS_IMAP_TORN;
	t->to = i;
	t->end = i < n ? i + 1 : n;
}

/* A literal in the record. Returns false if the brace begins an atom. */
static bool
lex_literal(const unsigned char *p, size_t n, struct token *t)
{
	size_t left = n - t->end;
	const unsigned char *end =
	    memchr(p + t->end, '\n', left < MARK_MAX ? left : MARK_MAX);
	struct ms_slice size = {p + t->end + 1, 0};
	uint64_t bytes = 0;

	if (end == NULL || end - size.p < 2 || end[-1] != '\r' ||
	    end[-2] != '}')
		return false;
	size.n = (size_t)(end - 2 - size.p);
	t->from = t->to = (size_t)(end + 1 - p);
	t->type = MS_IMAP_DROPPED;
	if (size.n != 1 || *size.p != '-') {
		if (!ms_imap_number(size, n - t->from, &bytes))
			return false;
		t->type = MS_IMAP_STRING;
		t->to += bytes;
	}
	t->end = t->to;
	return true;
}

/* The names of the parts of a message, whose values can be of any length. */
enum {
	SECTIONS = 1, /* a section in brackets follows */
	WHOLE
};
static const struct ms_imap_name parts[] = {
    {"BODY", SECTIONS},
    {"BODY.PEEK", SECTIONS},
    {"BINARY", SECTIONS},
    {"BINARY.PEEK", SECTIONS},
    {"RFC822", WHOLE},
    {"RFC822.HEADER", WHOLE},
    {"RFC822.TEXT", WHOLE},
    {"RFC822.PEEK", WHOLE},
};

unsigned
ms_imap_name(const struct ms_imap_name *table, size_t n, struct ms_slice text)
{
	for (size_t i = 0; i < n; i++)
		if (ms_slice_is(text, table[i].name))
			return table[i].value;
	return 0;
}

/*
 * The length of a name such as `BODY[HEADER.FIELDS (DATE)]<0>`, in which blanks
 * and parentheses do not end the atom; 0 if p is none.
 */
static size_t
section_length(const unsigned char *p, size_t n)
{
	bool possible = n > 0 && (*p == 'B' || *p == 'b');
	const unsigned char *open =
	    possible ? memchr(p, '[', n < MARK_MAX ? n : MARK_MAX) : NULL;
	const unsigned char *end, *origin;

	if (open == NULL || NAMED(parts, p, (size_t)(open - p)) != SECTIONS)
		return 0;
	if (n > SECTION_MAX)
		n = SECTION_MAX;
	end = memchr(open, ']', n - (size_t)(open - p));
	if (end == NULL)
		return 0;
	if (++end < p + n && *end == '<') {
		origin = memchr(end, '>', (size_t)(p + n - end));
		end = origin != NULL ? origin + 1 : end;
	}
	return (size_t)(end - p);
}

static void
lex_atom(const unsigned char *p, size_t n, struct token *t)
{
	size_t i = t->end + section_length(p + t->end, n - t->end);

	if (i == t->end)
		while (i < n && !is_blank(p[i]) && p[i] != '(' && p[i] != ')')
			i++;
	t->type = MS_IMAP_ATOM;
	t->from = t->end;
	t->to = t->end = i;
}

/* Reads the value at `at`. */
static struct token
lex(const struct ms_buf *record, size_t at)
{
	const unsigned char *p = record->p;
	struct token t = {.type = MS_IMAP_END};

	at += record->n > at ? blanks(p + at, record->n - at) : 0;
	t.from = t.to = t.end = at;
	if (at == record->n)
		return t;
	if (p[at] == '"') {
		lex_quoted(p, record->n, &t);
	} else if (p[at] == '(' || p[at] == ')') {
		t.type = p[at] == '(' ? MS_IMAP_OPEN : MS_IMAP_CLOSE;
		t.end++;
	} else if (p[at] != '{' || !lex_literal(p, record->n, &t)) {
		lex_atom(p, record->n, &t);
	}
	return t;
}

/* The text of a quoted string, without the backslashes before other bytes. */
static struct ms_slice
unescape(struct ms_buf *out, const unsigned char *p, size_t n)
{
	size_t i;

	ms_buf_clear(out);
	for (i = 0; i < n; i++) {
		if (p[i] == '\\' && i + 1 < n)
			i++;
		ms_buf_add_byte(out, p[i]);
	}
	return ms_buf_slice(out);
}

void
ms_imap_value(struct ms_imap_reader *r, struct ms_imap_value *v)
{
	struct token t = lex(&r->record, r->at);

	r->at = t.end;
	v->type = t.type;
	v->text = (struct ms_slice){r->record.p + t.from, t.to - t.from};
	if (t.escaped)
		v->text = unescape(&r->string, v->text.p, v->text.n);
}

void
ms_imap_value_next(struct ms_imap_reader *r, struct ms_imap_value *v)
{
	size_t depth = 0;

	do {
		if (v->type == MS_IMAP_OPEN)
			depth++;
		else if (v->type == MS_IMAP_CLOSE && depth > 0)
			depth--;
		ms_imap_value(r, v);
	} while (depth > 0 && v->type != MS_IMAP_END);
}

void
ms_imap_value_leave(struct ms_imap_reader *r, struct ms_imap_value *v)
{
	while (v->type != MS_IMAP_CLOSE && v->type != MS_IMAP_END)
		ms_imap_value_next(r, v);
}

struct ms_slice
ms_imap_value_rest(const struct ms_imap_reader *r)
{
	const unsigned char *p = r->record.p + r->at;
	size_t n = r->record.n - r->at;

	p += blanks(p, n);
	n -= (size_t)(p - r->record.p) - r->at;
	while (n > 0 && is_blank(p[n - 1]))
		n--;
	return (struct ms_slice){p, n};
}

/* ---- the beginning of a response ---- */

static const struct ms_imap_name words[] = {
    {"FETCH", MS_IMAP_FETCH},
    {"OK", MS_IMAP_OK},
    {"NO", MS_IMAP_NO},
    {"BAD", MS_IMAP_BAD},
    {"BYE", MS_IMAP_BYE},
    {"PREAUTH", MS_IMAP_PREAUTH},
    {"CAPABILITY", MS_IMAP_CAPABILITY},
    {"ESEARCH", MS_IMAP_ESEARCH},
    {"EXISTS", MS_IMAP_EXISTS},
    {"EXPUNGE", MS_IMAP_EXPUNGE},
    {"LIST", MS_IMAP_LIST},
    {"NAMESPACE", MS_IMAP_NAMESPACE},
    {"SEARCH", MS_IMAP_SEARCH},
};

/* Reads a word at *at and passes it and a blank. */
static struct ms_slice
next_word(const unsigned char *p, size_t n, size_t *at)
{
	struct ms_slice word;
	size_t i;

	*at += blanks(p + *at, n - *at);
	for (i = *at; i < n && !is_blank(p[i]) && p[i] != '(' && p[i] != '[';
	     i++)
		;
	word = (struct ms_slice){p + *at, i - *at};
	*at = i < n && is_blank(p[i]) ? i + 1 : i;
	return word;
}

/* Does a response begin with this line? */
static bool
begins_response(const struct ms_imap_reader *r, struct ms_slice line)
{
	size_t n = strlen(r->tag);

	if (line.n == 0)
		return false;
	if (*line.p == '+')
		return true;
	if (*line.p == '*')
		return line.n > 1 && is_blank(line.p[1]);
	return n > 0 && line.n > n && memcmp(line.p, r->tag, n) == 0 &&
	       is_blank(line.p[n]);
}

/* Reads what precedes the values, and sets `at`. */
static void
begin_data(struct ms_imap_reader *r, struct ms_slice line)
{
	struct ms_slice word;
	uint64_t number = 0;
	bool counted = false;

	word = next_word(line.p, line.n, &r->at);
	if (word.n > 0 && *word.p >= '0' && *word.p <= '9') {
		counted = ms_imap_number(word, UINT32_MAX, &number);
		word = next_word(line.p, line.n, &r->at);
	}
	r->number = (uint32_t)number;
	r->word = (enum ms_imap_word)NAMED(words, word.p, word.n);
	if (r->word >= MS_IMAP_OK && r->word <= MS_IMAP_PREAUTH)
		r->kind = MS_IMAP_STATUS;
	/* The literals of a FETCH are sections, whatever its number is. */
	if ((r->word == MS_IMAP_EXISTS || r->word == MS_IMAP_EXPUNGE) &&
	    !counted)
		r->word = MS_IMAP_OTHER;
}

/* Begins a response. Returns 1, 0 to ignore an empty line, or -1. */
static int
begin(struct ms_imap_reader *r, struct ms_slice line, struct ms_err *err)
{
	if (blanks(line.p, line.n) == line.n)
		return 0;
	if (!begins_response(r, line))
		return lose(r, err, "a line of an unknown kind");
	r->begun = true;
	r->word = MS_IMAP_OTHER;
	r->number = 0;
	r->at = 1;
	if (*line.p == '+') {
		r->kind = MS_IMAP_CONTINUE;
		r->at += line.n > 1 && line.p[1] == ' ';
		return 1;
	}
	r->kind = MS_IMAP_DATA;
	if (*line.p != '*')
		r->at = strlen(r->tag);
	begin_data(r, line);
	if (*line.p == '*')
		return 1;
	if (r->kind != MS_IMAP_STATUS || r->word > MS_IMAP_BAD)
		return lose(r, err, "a tag without a status");
	r->kind = MS_IMAP_TAGGED;
	return 1;
}

const char *
ms_imap_reader_text(struct ms_imap_reader *r)
{
	char *p;
	size_t i;

	for (i = r->at; i < r->record.n; i++)
		if (r->record.p[i] == '\0')
			r->record.p[i] = '?';
	p = ms_buf_str(&r->record) + r->at;
	return p + strspn(p, " ");
}

/* ---- literals ---- */

/*
 * Is the last atom of a line the size of a literal: `{5}`, `{5+}`, `~{5}`?
 * Returns 1 with the size, 0 if it is not, or -1 if it could be meant as one.
 */
static int
read_size(const struct ms_imap_reader *r, const struct token *t, uint64_t *size)
{
	const unsigned char *p = r->record.p + t->from;
	size_t n = t->to - t->from;
	bool fetch = r->word == MS_IMAP_FETCH;

	if (fetch && memchr(p, '{', n) == NULL)
		return memchr(p, '}', n) == NULL ? 0 : -1;
	if (n > 0 && *p == '~') {
		p++;
		n--;
	}
	if (n == 0 || *p != '{')
		return fetch ? -1 : 0;
	if (n > 2 && p[n - 1] == '}') {
		n -= 2;
		if (n > 1 && p[n] == '+')
			n--;
		if (ms_imap_number(
			(struct ms_slice){p + 1, n}, LITERAL_BYTES_MAX, size))
			return 1;
	}
	/* Outside of FETCH, a name without quotes may begin with a brace. */
	return !fetch && n > 1 && ((p[1] | 0x20) >= 'a' && (p[1] | 0x20) <= 'z')
		   ? 0
		   : -1;
}

/* The bytes of a literal follow; its size is the last atom of the record. */
static void
begin_literal(struct ms_imap_reader *r, const struct token *t, uint64_t size)
{
	r->record.n = t->from;
	r->left = size;
	if (r->name_n > 0)
		r->literal = PASS;
	else if (size <= MS_IMAP_LITERAL_MAX &&
		 r->record.n + size < MS_IMAP_LINE_MAX)
		r->literal = KEEP;
	else
		r->literal = DROP;
	if (r->literal == KEEP)
		ms_buf_printf(
		    &r->record, "{%llu}\r\n", (unsigned long long)size);
	else
		ms_buf_add_str(&r->record, NOT_KEPT);
	r->has_section |= r->literal == PASS;
	r->after_literal = true;
	r->broken = false;
	/* Of a literal that is kept, what follows is not scanned. */
	r->scanned =
	    r->record.n + (r->literal == KEEP ? (size_t)size : (size_t)0);
}

/* Reads the bytes of a literal. Returns whether they are an event. */
static bool
read_literal(struct ms_imap_reader *r)
{
	size_t n = r->in.n < r->left ? r->in.n : (size_t)r->left;

	r->piece = (struct ms_slice){r->in.p, n};
	r->in.p += n;
	r->in.n -= n;
	r->left -= n;
	if (r->literal == PASS) {
		r->passed += n;
		r->section =
		    (struct ms_slice){r->record.p + r->name, r->name_n};
		return n > 0;
	}
	r->text += n;
	if (r->literal == KEEP)
		ms_buf_add(&r->record, r->piece.p, n);
	return false;
}

/* ---- lines ---- */

/* Notes a value. At the first level of a FETCH, a section needs a string or
 * NIL: anything else could have been the size of a literal. */
static int
scan_value(struct ms_imap_reader *r, const struct token *t, struct ms_err *err)
{
	const unsigned char *p = r->record.p + t->from;
	size_t n = t->to - t->from;
	bool named = r->name_n > 0;

	if (named && t->type != MS_IMAP_STRING &&
	    (n != 3 || strncasecmp((const char *)p, "NIL", 3) != 0))
		return lose(r, err, "a section of a message without a size");
	r->name_n = 0;
	r->has_section |= named && t->type == MS_IMAP_STRING;
	if (t->type == MS_IMAP_OPEN)
		r->depth++;
	else if (t->type == MS_IMAP_CLOSE && r->depth > 0)
		r->depth--;
	else if (t->type == MS_IMAP_TORN &&
		 (r->word == MS_IMAP_FETCH || (n > 0 && p[n - 1] == '}')))
		return lose(r, err, "a line ends inside quotes");
	else if (t->type == MS_IMAP_ATOM && !named && r->depth == 1 &&
		 r->word == MS_IMAP_FETCH &&
		 (NAMED(parts, p, n) == WHOLE || section_length(p, n) > 0)) {
		r->name = t->from;
		r->name_n = n;
	}
	return 0;
}

/*
 * Reads the values of a line as far as framing needs it. Returns 1 if the
 * response is complete, 0 if more of it follows, or -1.
 */
static int
scan(struct ms_imap_reader *r, struct ms_err *err)
{
	struct token t;
	uint64_t size = 0;
	int rc;

	for (;;) {
		t = lex(&r->record, r->scanned);
		r->scanned = t.end;
		if (t.type == MS_IMAP_END)
			break;
		if (t.type == MS_IMAP_ATOM && t.end == r->record.n) {
			rc = read_size(r, &t, &size);
			if (rc < 0)
				return lose(r, err, "a literal without a size");
			if (rc > 0) {
				begin_literal(r, &t, size);
				return 0;
			}
		}
		if (scan_value(r, &t, err) < 0)
			return -1;
		r->after_literal = false;
	}
	if (r->name_n > 0)
		return lose(r, err, "a section of a message without a size");
	/* Some servers send a line end between a literal and `)`. */
	r->broken =
	    r->after_literal && r->word == MS_IMAP_FETCH && r->depth > 0;
	return !r->broken;
}

/* Checks the line after a literal: does the literal end where it should? */
static bool
follows_literal(const struct ms_imap_reader *r, struct ms_slice line)
{
	size_t i = blanks(line.p, line.n);

	return i == line.n || line.p[i] == ')' || (i > 0 && !r->broken);
}

/* Reads a line. Returns as scan(). */
static int
read_line(struct ms_imap_reader *r, struct ms_slice line, struct ms_err *err)
{
	int rc;

	if (!r->begun) {
		rc = begin(r, line, err);
		if (rc <= 0)
			return rc;
	} else if (!follows_literal(r, line)) {
		return lose(r, err, "text directly after a literal");
	}
	if (r->record.n + line.n > MS_IMAP_LINE_MAX)
		return lose(r, err, "a line is too long");
	r->name_n = 0;
	ms_buf_add(&r->record, line.p, line.n);
	if (r->kind != MS_IMAP_DATA)
		return 1;
	if (r->scanned < r->at)
		r->scanned = r->at;
	return scan(r, err);
}

/* Finds the next line. Returns 1, 0 if it is not complete, or -1. */
static int
next_line(struct ms_imap_reader *r, struct ms_slice *line, struct ms_err *err)
{
	const unsigned char *end;
	size_t n;

	if (r->is_ready) {
		*line = r->ready;
		r->is_ready = false;
		return 1;
	}
	if (r->in.n == 0)
		return 0;
	end = memchr(r->in.p, '\n', r->in.n);
	n = end != NULL ? (size_t)(end + 1 - r->in.p) : r->in.n;
	*line = (struct ms_slice){r->in.p, n};
	if (r->line.n + n > MS_IMAP_LINE_MAX) {
		r->lost = true;
		return ms_fail(err, MS_PROTO,
		    "the server sends a line longer than %d bytes",
		    MS_IMAP_LINE_MAX);
	}
	r->in.p += n;
	r->in.n -= n;
	r->text += n;
	if (end == NULL || r->line.n > 0) {
		ms_buf_add(&r->line, line->p, n);
		*line = ms_buf_slice(&r->line);
	}
	if (end == NULL)
		return 0;
	for (line->n--; line->n > 0 && line->p[line->n - 1] == '\r'; line->n--)
		;
	return 1;
}

/* ---- events ---- */

void
ms_imap_reader_release(struct ms_imap_reader *r)
{
	ms_buf_release(&r->line);
	ms_buf_release(&r->record);
	ms_buf_release(&r->string);
}

void
ms_imap_reader_push(struct ms_imap_reader *r, const void *p, size_t n)
{
	r->in = (struct ms_slice){p, n};
}

bool
ms_imap_reader_ahead(const struct ms_imap_reader *r)
{
	return r->in.n > 0 || r->line.n > 0 || r->is_ready;
}

/* Forgets the response that was reported. */
static void
clear(struct ms_imap_reader *r)
{
	ms_buf_clear(&r->record);
	r->scanned = r->at = r->name_n = 0;
	r->depth = 0;
	r->begun = r->has_section = r->after_literal = r->broken = r->done =
	    false;
}

/* Reads a line, or the line after a response that is complete. */
static int
take_line(struct ms_imap_reader *r, struct ms_slice line, struct ms_err *err)
{
	int rc;

	if (!r->done) {
		rc = read_line(r, line, err);
		ms_buf_clear(&r->line);
		r->done = rc > 0;
		return r->done && r->has_section ? 0 : rc;
	}
	if (blanks(line.p, line.n) == line.n) {
		ms_buf_clear(&r->line);
		return 0;
	}
	if (!begins_response(r, line))
		return lose(r, err, "a literal of another size");
	r->ready = line;
	r->is_ready = true;
	return 1;
}

int
ms_imap_reader_next(struct ms_imap_reader *r, struct ms_err *err)
{
	struct ms_slice line;
	int rc;

	if (r->lost)
		return lose(r, err, "it cannot be divided into responses");
	if (r->done && (r->is_ready || !r->has_section))
		clear(r);
	for (;;) {
		if (r->left > 0) {
			if (read_literal(r))
				return MS_IMAP_PIECE;
			if (r->left > 0)
				return 0;
		}
		rc = next_line(r, &line, err);
		if (rc > 0)
			rc = take_line(r, line, err);
		if (rc < 0)
			return -1;
		if (rc > 0)
			return MS_IMAP_RESPONSE;
		if (r->in.n == 0 && r->left == 0 && !r->is_ready)
			return 0;
	}
}
