/*
 * address.c - the first bare address of an address field. RFC 5322, 3.4 and
 * 4.4; departures: ms-quirks(7), Addresses.
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

/*
 * The state of the search, which reads byte by byte and ends with the first
 * mailbox that contains "@".
 */
struct search {
	unsigned char word[MS_ADDRESS_MAX];
	size_t n;
	bool too_long; /* the current word does not fit */
	bool blank;    /* blanks follow the current word */
	bool angle;    /* between < and > */
	unsigned
	    words; /* words so far in this mailbox, or between its < and > */
	bool tentative; /* best is the only word so far */
	enum rank rank;
	unsigned char *best;
	size_t best_n;
};

/* Whether the n bytes at p can be an address. */
static bool
acceptable(const unsigned char *p, size_t n)
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

/* Ends the current word. */
static void
end_word(struct search *s)
{
	const unsigned char *p = s->word;
	size_t n = s->n;
	enum rank rank;

	if (n == 0)
		return;
	if (n > 2 && p[0] == '"' && memchr(p + 1, '"', n - 1) == p + n - 1) {
		p++;
		n -= 2;
	}
	if (s->words++ > 0)
		forget_word(s);
	rank = rank_of(s, p, n);
	if (rank > s->rank && !s->too_long && acceptable(p, n)) {
		memcpy(s->best, p, n);
		s->best_n = n;
		s->rank = rank;
		s->tentative = rank < RANK_ADDRESS;
	}
	s->n = 0;
	s->blank = s->too_long = false;
}

static void
add_byte(struct search *s, unsigned char c)
{
	bool at = c == '@' || (s->n > 0 && s->word[s->n - 1] == '@');

	if (s->blank && !at) /* "joe @ example.org" is one word */
		end_word(s);
	s->blank = false;
	if (s->n < sizeof(s->word))
		s->word[s->n++] = c;
	else
		s->too_long = true;
}

static bool
is_delimiter(unsigned char c)
{
	return c == '<' || c == '>' || c == ',' || c == ';' || c == ':';
}

/* Handles a delimiter. Returns true if the search is over. */
static bool
handle_delimiter(struct search *s, unsigned char c)
{
	end_word(s);
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

/*
 * Reads the quoted string that begins at i, and returns the position after it.
 */
static size_t
read_quoted(struct search *s, struct ms_slice body, size_t i)
{
	add_byte(s, body.p[i++]);
	while (i < body.n) {
		unsigned char c = body.p[i++];

		if (c == '\\' && i < body.n) {
			add_byte(s, c);
			c = body.p[i++];
		} else if (c == '"') {
			add_byte(s, c);
			break;
		}
		add_byte(s, c);
	}
	return i;
}

size_t
ms_address_first(struct ms_slice body, unsigned char out[MS_ADDRESS_MAX])
{
	struct search s = {.best = out};
	bool quotes = true; /* a closing quote may follow */
	size_t i = 0;

	while (i < body.n) {
		unsigned char c = body.p[i];

		if (c == '"' && quotes)
			quotes =
			    memchr(body.p + i + 1, '"', body.n - i - 1) != NULL;
		if (c == '"' && quotes) {
			i = read_quoted(&s, body, i);
			continue;
		}
		if (c == '(') {
			i = ms_skip_comment(body, i);
			s.blank = s.n > 0;
			continue;
		}
		i++;
		if (ms_is_blank(c))
			s.blank = s.n > 0;
		else if (!is_delimiter(c))
			add_byte(&s, c);
		else if (handle_delimiter(&s, c))
			return s.best_n;
	}
	end_word(&s);
	return s.rank > RANK_NONE ? s.best_n : 0;
}
