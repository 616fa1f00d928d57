/* mail-address.c - the first bare address of an address field. RFC 5322, 3.4
 * and 4.4; what else is met: ms-quirks(7), Addresses. */
#include "mail-impl.h"

#include <string.h>

/* What a mailbox offers as its address; the highest one is taken. */
enum rank {
	RANK_NONE,
	RANK_WORD,       /* its only word: "root" */
	RANK_ANGLE_WORD, /* <root> */
	RANK_ADDRESS,    /* a@b */
	RANK_ANGLE_ADDRESS
};

/* The search, byte by byte; one mailbox after the other. */
struct search {
	unsigned char word[MS_ADDRESS_MAX];
	size_t n;
	bool too_long; /* the word at hand is */
	bool blank;    /* stands between that word and the next byte */
	bool angle;    /* within <> */
	bool multiple; /* the mailbox has several words outside <> */
	enum rank rank;
	unsigned char *best;
	size_t best_n;
};

/* Can the n bytes at p stand for an address? */
static bool
acceptable(const unsigned char *p, size_t n)
{
	if (n == 0 || !ms_utf8_valid(p, n))
		return false;
	if (n > 2 && p[0] == '=' && p[1] == '?') /* an encoded name */
		return false;
	for (size_t i = 0; i < n; i++)
		if (p[i] <= ' ' || p[i] == 0x7f)
			return false;
	return true;
}

/* The word at hand is complete. */
static void
end_word(struct search *s)
{
	const unsigned char *p = s->word, *at;
	size_t n = s->n;
	enum rank rank = s->angle ? RANK_ANGLE_WORD : RANK_WORD;

	if (n == 0)
		return;
	s->n = 0;
	s->blank = false;
	if (!s->angle && s->rank == RANK_WORD)
		s->multiple = true;
	if (n > 2 && p[0] == '"' && memchr(p + 1, '"', n - 1) == p + n - 1) {
		p++;
		n -= 2;
	}
	at = memchr(p, '@', n);
	if (at != NULL)
		rank = at > p && p[n - 1] != '@' ? rank + 2 : RANK_NONE;
	if (s->too_long || !acceptable(p, n))
		rank = RANK_NONE;
	s->too_long = false;
	if (rank > s->rank) {
		memcpy(s->best, p, n);
		s->best_n = n;
		s->rank = rank;
	} else if (s->rank == RANK_NONE) {
		s->multiple = true;
	}
}

/* The mailbox is complete. True: it has an address. */
static bool
end_mailbox(struct search *s)
{
	end_word(s);
	if (s->rank > RANK_WORD || (s->rank == RANK_WORD && !s->multiple))
		return true;
	s->rank = RANK_NONE;
	s->multiple = false;
	return false;
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

/* A mark of the syntax. True: the search is over. */
static bool
take_mark(struct search *s, unsigned char c)
{
	if (s->angle && c != '>') {
		end_word(s); /* a route: <@relay:joe@example.org> */
		return false;
	}
	switch (c) {
	case '<':
		end_word(s);
		s->angle = true;
		return false;
	case '>':
		end_word(s);
		s->angle = false;
		return s->rank == RANK_ANGLE_ADDRESS;
	case ':': /* what stood before is the name of a group */
		end_word(s);
		if (s->rank < RANK_ADDRESS)
			s->rank = RANK_NONE;
		s->multiple = false;
		return false;
	default: /* , or ; */
		return end_mailbox(s);
	}
}

/* Takes the quoted string that begins at i; returns what follows it. */
static size_t
take_quoted(struct search *s, struct ms_slice body, size_t i)
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
	bool quotes = true; /* there may be a quote ahead */
	size_t i = 0;

	while (i < body.n) {
		unsigned char c = body.p[i];

		if (c == '"' && quotes)
			quotes =
			    memchr(body.p + i + 1, '"', body.n - i - 1) != NULL;
		if (c == '"' && quotes) {
			i = take_quoted(&s, body, i);
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
		else if (memchr("<>,;:", c, 5) == NULL)
			add_byte(&s, c);
		else if (take_mark(&s, c))
			return s.best_n;
	}
	return end_mailbox(&s) ? s.best_n : 0;
}
