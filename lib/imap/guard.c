/*
 * guard.c - checks the bytes of an IMAP server for what libetpan 1.9.4 cannot
 * handle. RFC 3501, 9; only as much of the grammar as this needs.
 *
 * libetpan must never treat bytes as a literal's body, or as a quoted string,
 * that were not treated as such here. Where libetpan is more lenient than the
 * grammar about these two (`{-1}`, `{3}abc`, line ends inside quotes), the
 * server is refused.
 */
#include "guard.h"

#include <string.h>
#include <strings.h>

enum state {
	START,  /* of a line */
	HEAD,   /* in the words that tell the kind of line */
	TEXT,   /* in a status line */
	DATA,   /* in any other line */
	QUOTED, /* in a quoted string */
	ESCAPE, /* after a backslash in it */
	SIZE,   /* in the size of a literal, after `{` */
	SIZED,  /* after its `}` */
	SIZE_CR /* after the CR after it */
};

#define NUMBER_MAX UINT32_MAX

static int
nonsense(struct ms_err *err, const char *what)
{
	return ms_fail(
	    err, MS_PROTO, "the server's answer is invalid: %s", what);
}

static int
too_large(struct ms_err *err)
{
	return nonsense(err, "a number above 2^32");
}

static bool
is_digit(unsigned char c)
{
	return c >= '0' && c <= '9';
}

/* Does the text begin with exactly this word, in any case? */
static bool
begins(const char *line, const char *word)
{
	size_t n = strlen(word);

	return strncasecmp(line, word, n) == 0 &&
	       (line[n] == ' ' || line[n] == '\0');
}

/* ---- status lines ---- */

/*
 * Is the list of PERMANENTFLAGS empty, or does it begin with a flag? If not,
 * libetpan frees a list that it does not have.
 */
static bool
flags_begin_well(const char *p)
{
	static const char special[] = "(){%*\"\\]";

	if (*p == '\\')
		return p[1] == '*' || ((unsigned char)p[1] > ' ' &&
					  strchr(special, p[1]) == NULL);
	return *p == ')' ||
	       ((unsigned char)*p > ' ' && strchr(special, *p) == NULL);
}

/* The response code of a line, if it has one; RFC 3501, 7.1. */
static int
check_code(const struct ms_imap_guard *g, struct ms_err *err)
{
	static const char *const counts[] = {
	    "UIDVALIDITY ", "UIDNEXT ", "UNSEEN "};
	static const char flags[] = "PERMANENTFLAGS ";
	const char *p = strchr(g->head, '['), *q;
	uint64_t number = 0;
	size_t i;

	if (p == NULL)
		return 0;
	p += strspn(p, "[ ");
	if (strncasecmp(p, flags, strlen(flags)) == 0) {
		p += strlen(flags);
		/*
		 * In a greeting, anything but a flag crashes libetpan, and
		 * servers send none.
		 */
		if (!g->greeted || g->strings ||
		    (*p == '(' && !flags_begin_well(p + 1 + (p[1] == ' '))))
			return nonsense(err, "PERMANENTFLAGS");
	}
	/*
	 * No charset was requested; in a greeting, strings here crash libetpan.
	 */
	if (strncasecmp(p, "BADCHARSET (", 12) == 0)
		return nonsense(err, "BADCHARSET");
	for (i = 0; i < sizeof(counts) / sizeof(counts[0]); i++) {
		if (strncasecmp(p, counts[i], strlen(counts[i])) != 0)
			continue;
		for (q = p + strlen(counts[i]);
		     is_digit((unsigned char)*q) && number <= NUMBER_MAX; q++)
			number = number * 10 + (unsigned)(*q - '0');
		if (number > NUMBER_MAX)
			return too_large(err);
	}
	return 0;
}

static int
end_of_status(struct ms_imap_guard *g, struct ms_err *err)
{
	while (g->head_n > 0 && (g->head[g->head_n - 1] == '\r' ||
				    g->head[g->head_n - 1] == ' '))
		g->head[--g->head_n] = '\0';
	if (check_code(g, err) < 0)
		return -1;
	g->greeted = true;
	if (g->status != NULL)
		g->status(g->ctx, g->head);
	return 0;
}

/* ---- the kind of a line ---- */

static bool
is_status(const char *word)
{
	return begins(word, "OK") || begins(word, "NO") ||
	       begins(word, "BAD") || begins(word, "BYE") ||
	       begins(word, "PREAUTH");
}

/* Keeps the beginning of a line, as a string with single blanks. */
static void
keep(struct ms_imap_guard *g, unsigned char c)
{
	if (c == '\t')
		c = ' ';
	if (g->head_n == MS_IMAP_HEAD_MAX - 1 ||
	    (c == ' ' && g->head_n > 0 && g->head[g->head_n - 1] == ' '))
		return;
	g->head[g->head_n++] = (char)c;
	g->head[g->head_n] = '\0';
}

/* Does c end a word? */
static bool
ends_word(unsigned char c)
{
	return c <= ' ' || c == '(' || c == ')' || c == '{' || c == '"' ||
	       c == '[';
}

/*
 * A byte of HEAD ends a word. The kind of a line is known by `* ` and a word,
 * or a number and a word. Changes the state when it is known.
 */
static int
find_kind(struct ms_imap_guard *g, unsigned char c, struct ms_err *err)
{
	const char *p = g->head;
	uint64_t number = 0;
	bool end = c == '\r' || c == '\n';

	if (*p != '*') {
		g->state = TEXT;
		return 0;
	}
	if (p[1] != ' ' && !(p[1] == '\0' && c == ' '))
		return nonsense(err, "an asterisk without a blank");
	if (p[1] == '\0' || p[2] == '\0')
		return end ? nonsense(err, "an empty line") : 0;
	p += 2;
	if (is_status(p)) {
		g->state = TEXT;
		return 0;
	}
	g->state = DATA;
	g->kind = MS_LINE_OTHER;
	if (is_digit((unsigned char)*p)) {
		for (; is_digit((unsigned char)*p) && number <= NUMBER_MAX; p++)
			number = number * 10 + (unsigned)(*p - '0');
		if (number > NUMBER_MAX)
			return too_large(err);
		if (*p == ' ')
			p++;
		if (*p == '\0' && c == ' ') {
			g->state = HEAD; /* the word follows */
			return 0;
		}
		if (begins(p, "FETCH"))
			g->kind = MS_LINE_FETCH;
	} else if (begins(p, "SEARCH")) {
		g->kind = MS_LINE_SEARCH;
	} else if (begins(p, "STATUS")) {
		g->kind = MS_LINE_FOLDER;
	} else if (begins(p, "NAMESPACE")) {
		g->kind = MS_LINE_NAMESPACE;
	}
	g->events++;
	return 0;
}

/* ---- data lines ---- */

/* Must this number fit 32 bits? */
static bool
counted(const struct ms_imap_guard *g)
{
	switch (g->kind) {
	case MS_LINE_FETCH:
		return g->depth == 1 &&
		       strcasecmp(g->attribute, "X-GM-MSGID") != 0 &&
		       strcasecmp(g->attribute, "X-GM-THRID") != 0;
	case MS_LINE_SEARCH:
		return g->depth == 0;
	case MS_LINE_FOLDER:
		return g->depth == 1 &&
		       strcasecmp(g->attribute, "HIGHESTMODSEQ") != 0 &&
		       strcasecmp(g->attribute, "SIZE") != 0;
	default:
		return false;
	}
}

/* Is this literal a body, which libetpan passes on in pieces? */
static bool
streamed(const struct ms_imap_guard *g)
{
	return g->bodies && g->kind == MS_LINE_FETCH && g->depth == 1 &&
	       (g->solid == ']' || g->solid == '>' ||
		   strcasecmp(g->attribute, "RFC822") == 0 ||
		   strcasecmp(g->attribute, "RFC822.TEXT") == 0);
}

/* Checks numbers, and reads the names of attributes at the first level. */
static int
check_word(struct ms_imap_guard *g, unsigned char c, struct ms_err *err)
{
	bool begun = g->last != ' ' && g->last != '(' && g->last != '"';

	if (is_digit(c)) {
		g->number = g->in_number ? g->number * 10 : 0;
		g->number += (unsigned)(c - '0');
		g->in_number = true;
		if (g->number > NUMBER_MAX) {
			if (counted(g))
				return too_large(err);
			g->number = NUMBER_MAX; /* whatever it is */
		}
	} else {
		g->in_number = false;
	}
	if (g->depth != 1 || c <= ' ')
		return 0;
	if (!begun && (g->naming = !is_digit(c)))
		g->attribute_n = 0;
	if (g->naming && g->attribute_n < sizeof(g->attribute) - 1) {
		g->attribute[g->attribute_n++] = (char)c;
		g->attribute[g->attribute_n] = '\0';
	}
	return 0;
}

/* Checks a byte of DATA. */
static int
check_data(struct ms_imap_guard *g, unsigned char c, struct ms_err *err)
{
	switch (c) {
	case '\n':
		if (g->depth > 0)
			return nonsense(err, "a line ends inside parentheses");
		g->state = START;
		return 0;
	case '"':
		g->in_number = false;
		g->empty = true;
		g->state = QUOTED;
		return 0;
	case '{':
		g->number = 0;
		g->in_number = false;
		g->state = SIZE;
		return 0;
	case '(':
		g->in_number = false;
		if (++g->depth > MS_IMAP_DEPTH_MAX)
			return ms_fail(err, MS_PROTO,
			    "the server's answer has parentheses more than %d "
			    "deep",
			    MS_IMAP_DEPTH_MAX);
		break;
	case ')':
		g->in_number = false;
		if (g->depth == 0)
			return nonsense(err, "an unbalanced parenthesis");
		/* CVE-2022-4121 */
		if (g->kind == MS_LINE_FOLDER && g->solid == '(')
			return nonsense(err, "STATUS without a status");
		g->depth--;
		break;
	default:
		if (c < ' ' && c != '\t' && c != '\r')
			return nonsense(err, "a control byte");
		if (check_word(g, c == '\t' ? ' ' : c, err) < 0)
			return -1;
		break;
	}
	g->last = (char)(c == '\t' ? ' ' : c);
	if (g->last != ' ')
		g->solid = g->last;
	return 0;
}

/* Checks a byte of a literal's size, or of the line end after it. */
static int
check_size(struct ms_imap_guard *g, unsigned char c, struct ms_err *err)
{
	if (g->state == SIZE && is_digit(c)) {
		g->number = g->number * 10 + (unsigned)(c - '0');
		g->in_number = true;
		return g->number > NUMBER_MAX ? too_large(err) : 0;
	}
	if (g->state == SIZE && c == '}' && g->in_number) {
		g->state = SIZED;
		return 0;
	}
	if (g->state == SIZED && c == '\r') {
		g->state = SIZE_CR;
		return 0;
	}
	if (g->state == SIZE || c != '\n')
		return nonsense(err, "a literal without a size");
	if (g->number > MS_IMAP_LITERAL_MAX && !streamed(g))
		return ms_fail(err, MS_PROTO,
		    "the server sends a literal of %u bytes where no message "
		    "is expected",
		    (unsigned)g->number);
	g->in_number = false;
	g->literal = g->number;
	g->last = g->solid = '"'; /* the next byte begins another word */
	g->state = DATA;
	return 0;
}

static int
check_quoted(struct ms_imap_guard *g, unsigned char c, struct ms_err *err)
{
	if (c == '\n' || c == '\r' || c == '\0')
		return nonsense(err, "a line ends inside quotes");
	if (g->state == ESCAPE) {
		g->state = QUOTED;
		if (c == '"' || c == '\\')
			return 0;
	}
	if (c == '"') {
		/*
		 * libetpan uses the last byte of an empty prefix as the
		 * delimiter.
		 */
		if (g->empty && g->kind == MS_LINE_NAMESPACE && g->solid == '"')
			return nonsense(err, "NAMESPACE without a delimiter");
		g->state = DATA;
		g->last = g->solid = '"';
		return 0;
	}
	g->empty = false;
	if (c == '\\')
		g->state = ESCAPE;
	return 0;
}

/* ---- all lines ---- */

/* Checks the first byte of a line. */
static int
begin_line(struct ms_imap_guard *g, unsigned char c, struct ms_err *err)
{
	g->length = g->head_n = g->attribute_n = 0;
	g->head[0] = g->attribute[0] = g->last = g->solid = '\0';
	g->depth = 0;
	g->in_number = g->code_over = g->strings = false;
	if (c != '*' && c != '+' && !is_digit(c) &&
	    !((c | 0x20) >= 'a' && (c | 0x20) <= 'z'))
		return nonsense(err, "a line of an unknown kind");
	g->state = c == '+' ? TEXT : HEAD;
	keep(g, c);
	return 0;
}

static int
check_byte(struct ms_imap_guard *g, unsigned char c, struct ms_err *err)
{
	if (g->state == START)
		return begin_line(g, c, err);
	if (++g->length > MS_IMAP_LINE_MAX)
		return ms_fail(err, MS_PROTO,
		    "the server sends a line longer than %d bytes",
		    MS_IMAP_LINE_MAX);
	if (g->state == HEAD && ends_word(c) && find_kind(g, c, err) < 0)
		return -1;
	switch (g->state) {
	case HEAD:
	case TEXT:
		if (c == '\0')
			return nonsense(err, "a NUL byte");
		if (c == ']')
			g->code_over = true;
		if (!g->code_over && (c == '"' || c == '{'))
			g->strings = true;
		if (c != '\n') {
			keep(g, c);
			return 0;
		}
		g->state = START;
		return end_of_status(g, err);
	case QUOTED:
	case ESCAPE:
		return check_quoted(g, c, err);
	case SIZE:
	case SIZED:
	case SIZE_CR:
		return check_size(g, c, err);
	default:
		return check_data(g, c, err);
	}
}

/*
 * Does this byte begin a label such as \Inbox without quotes? Gmail's manual
 * shows such labels, but libetpan does not accept them.
 */
static bool
begins_label(const struct ms_imap_guard *g, unsigned char c)
{
	return c == '\\' && g->kind == MS_LINE_FETCH && g->state == DATA &&
	       g->depth == 2 && (g->last == ' ' || g->last == '(') &&
	       strcasecmp(g->attribute, "X-GM-LABELS") == 0;
}

/* Does this byte end a line such as `A1 OK`? libetpan requires a text. */
static bool
ends_bare(const struct ms_imap_guard *g, unsigned char c)
{
	const char *word = strchr(g->head, ' ');

	return c == '\r' && (g->state == HEAD || g->state == TEXT) &&
	       word != NULL && strchr(word + 1, ' ') == NULL &&
	       is_status(word + 1);
}

/* May these be letters of the attribute INTERNALDATE of a FETCH? */
static bool
in_date(const struct ms_imap_guard *g)
{
	return g->kind == MS_LINE_FETCH && g->state == DATA && g->depth == 1 &&
	       g->attribute_n > 0 && g->attribute_n <= MS_IMAP_DATE_LEN &&
	       g->last == g->attribute[g->attribute_n - 1] &&
	       strncasecmp(g->attribute, "INTERNALDATE", g->attribute_n) == 0;
}

size_t
ms_imap_guard_date_begun(const struct ms_imap_guard *g)
{
	return in_date(g) && g->attribute_n < MS_IMAP_DATE_LEN ? g->attribute_n
							       : 0;
}

int
ms_imap_guard_push(
    struct ms_imap_guard *g, const void *p, size_t n, struct ms_err *err)
{
	const unsigned char *s = p;
	size_t i = 0;

	while (i < n) {
		if (g->literal > 0) {
			if (g->literal >= n - i) {
				g->literal -= n - i;
				return 0;
			}
			i += (size_t)g->literal;
			g->literal = 0;
		}
		if (g->label != NULL && begins_label(g, s[i]))
			g->label(g->ctx, i);
		if (g->no_text != NULL && ends_bare(g, s[i]))
			g->no_text(g->ctx, i);
		if (check_byte(g, s[i], err) < 0)
			return -1;
		if (g->attribute_n == MS_IMAP_DATE_LEN && g->date != NULL &&
		    in_date(g))
			g->date(g->ctx, i);
		i++;
	}
	return 0;
}
