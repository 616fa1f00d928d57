/*
 * address.c - the words and delimiters of an address field, and the first bare
 * address. RFC 5322, 3.4 and 4.4; departures: ms-quirks(7), Addresses.
 */
#include "impl.h"
#include "utf8.h"

#include <string.h>

/*
 * The kinds of text that can serve as the address of a mailbox. The highest
 * rank wins.
 */
enum rank {
	RANK_NONE,
	RANK_WORD,       /* "root", the only word */
	RANK_ANGLE_WORD, /* <root> */
	RANK_ADDRESS,    /* a@b */
	RANK_ANGLE_ADDRESS
};

/* The state of the search, which ends with the first mailbox that contains "@".
 */
struct search {
	struct ms_address_scan scan;
	bool angle; /* between < and > */
	unsigned
	    words; /* words so far in this mailbox, or between its < and > */
	bool tentative; /* best is the only word so far */
	enum rank rank;
	unsigned char *best;
	size_t best_n;
};

/* ---- words and delimiters ---- */

static bool
is_delimiter(unsigned char c)
{
	return c == '<' || c == '>' || c == ',' || c == ';' || c == ':';
}

/* Does c begin another word? "joe @ example.org" is one word. */
static bool
begins_word(const struct ms_address_scan *s, unsigned char c)
{
	return s->blank && c != '@' && s->word[s->n - 1] != '@';
}

static void
add_byte(struct ms_address_scan *s, unsigned char c)
{
	s->blank = false;
	if (s->n < sizeof(s->word))
		s->word[s->n++] = c;
	else
		s->too_long = true;
}

/* Reads the quoted string that begins at s->i. */
static void
read_quoted(struct ms_address_scan *s)
{
	struct ms_slice body = s->body;

	add_byte(s, body.p[s->i++]);
	while (s->i < body.n) {
		unsigned char c = body.p[s->i++];

		add_byte(s, c);
		if (c == '"')
			break;
		if (c == '\\' && s->i < body.n)
			add_byte(s, body.p[s->i++]);
	}
}

/* Is the quote at s->i the first of two? */
static bool
is_quoted(struct ms_address_scan *s)
{
	const unsigned char *next = s->body.p + s->i + 1;

	if (!s->no_quotes)
		s->no_quotes = memchr(next, '"', s->body.n - s->i - 1) == NULL;
	return !s->no_quotes;
}

/*
 * The length of the encoded word at p (RFC 2047, 2), or 0 if there is none. The
 * search ends at a blank and at the next "=?", so that the time is linear.
 */
static size_t
encoded_length(const unsigned char *p, size_t n)
{
	size_t i = 2, marks = 0;

	if (n < 2 || p[0] != '=' || p[1] != '?')
		return 0;
	for (; i < n && !ms_is_blank(p[i]); i++) {
		if (marks == 2 && p[i] == '?' && i + 1 < n && p[i + 1] == '=')
			return i + 2;
		if (p[i] == '=' && i + 1 < n && p[i + 1] == '?')
			return 0;
		marks += p[i] == '?';
	}
	return 0;
}

/* Adds the encoded word at s->i, if there is one. */
static bool
read_encoded(struct ms_address_scan *s)
{
	size_t n =
	    s->encoded ? encoded_length(s->body.p + s->i, s->body.n - s->i) : 0;

	for (size_t i = 0; i < n; i++)
		add_byte(s, s->body.p[s->i++]);
	return n > 0;
}

int
ms_address_next_token(struct ms_address_scan *s)
{
	s->n = 0;
	s->blank = s->too_long = false;
	while (s->i < s->body.n) {
		unsigned char c = s->body.p[s->i];

		if (ms_is_blank(c)) {
			s->blank = s->n > 0;
			s->i++;
		} else if (c == '(') {
			s->blank = s->n > 0;
			s->i = ms_skip_comment(s->body, s->i);
		} else if (begins_word(s, c) || (is_delimiter(c) && s->n > 0)) {
			return MS_ADDRESS_WORD;
		} else if (is_delimiter(c)) {
			s->i++;
			return c;
		} else if (c == '"' && is_quoted(s)) {
			read_quoted(s);
		} else if (!read_encoded(s)) {
			add_byte(s, c);
			s->i++;
		}
	}
	return s->n > 0 ? MS_ADDRESS_WORD : MS_ADDRESS_END;
}

bool
ms_address_acceptable(const unsigned char *p, size_t n)
{
	if (n == 0 || !ms_utf8_valid(p, n))
		return false;
	if (memmem(p, n, "=?", 2) != NULL) /* an encoded name */
		return false;
	for (size_t i = 0; i < n; i++)
		if (p[i] <= ' ' || p[i] == 0x7f)
			return false;
	return true;
}

/* ---- the search ---- */

/* The only word so far turned out to be the display name of an address. */
static void
forget_word(struct search *s)
{
	if (s->tentative)
		s->rank = RANK_NONE;
	s->tentative = false;
}

/* Ranks the word p, n as an address. */
static enum rank
rank_of(const struct search *s, const unsigned char *p, size_t n)
{
	const unsigned char *at = memchr(p, '@', n);

	if (at == NULL && s->words > 1)
		return RANK_NONE;
	if (at == NULL)
		return s->angle ? RANK_ANGLE_WORD : RANK_WORD;
	if (at == p || p[n - 1] == '@')
		return RANK_NONE;
	return s->angle ? RANK_ANGLE_ADDRESS : RANK_ADDRESS;
}

struct ms_slice
ms_address_unquote(const struct ms_address_scan *s)
{
	const unsigned char *p = s->word;
	size_t n = s->n;

	if (n > 2 && p[0] == '"' && memchr(p + 1, '"', n - 1) == p + n - 1)
		return (struct ms_slice){p + 1, n - 2};
	return (struct ms_slice){p, n};
}

static void
handle_word(struct search *s)
{
	struct ms_slice word = ms_address_unquote(&s->scan);
	enum rank rank;

	if (s->words++ > 0)
		forget_word(s);
	rank = rank_of(s, word.p, word.n);
	if (rank > s->rank && !s->scan.too_long &&
	    ms_address_acceptable(word.p, word.n)) {
		memcpy(s->best, word.p, word.n);
		s->best_n = word.n;
		s->rank = rank;
		s->tentative = rank < RANK_ADDRESS;
	}
}

/* Handles a delimiter. Returns true if the search is over. */
static bool
handle_delimiter(struct search *s, int c)
{
	if (s->angle &&
	    c != '>') /* part of a route: <@relay:joe@example.org> */
		return false;
	s->words = 0;
	switch (c) {
	case '<':
		forget_word(s);
		s->angle = true;
		return false;
	case '>':
		s->tentative = s->angle = false;
		s->words = 1;
		return s->rank == RANK_ANGLE_ADDRESS;
	case ':': /* the words before it are the name of a group */
		forget_word(s);
		return false;
	default: /* , or ; */
		s->tentative = false;
		return s->rank >= RANK_ADDRESS;
	}
}

size_t
ms_address_first(struct ms_slice body, unsigned char out[MS_ADDRESS_MAX])
{
	struct search s = {.scan = {.body = body}, .best = out};
	int token;

	while ((token = ms_address_next_token(&s.scan)) != MS_ADDRESS_END) {
		if (token == MS_ADDRESS_WORD)
			handle_word(&s);
		else if (handle_delimiter(&s, token))
			break;
	}
	return s.rank > RANK_NONE ? s.best_n : 0;
}
