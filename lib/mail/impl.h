/* impl.h - shared by the files of the mail module. Layer: private to mail. */
#ifndef MS_MAIL_IMPL_H
#define MS_MAIL_IMPL_H
#include "charset.h"
#include "mail.h"

/* White space in header fields, including the line ends of folds. */
static inline bool
ms_is_blank(unsigned char c)
{
	return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

/*
 * Returns the position after the comment that begins with "(" at i. Comments
 * nest.
 */
size_t ms_skip_comment(struct ms_slice s, size_t i);

/* The separator before the next character of display text. */
enum ms_gap {
	MS_GAP_NONE = 0,
	MS_GAP_BLANK = 1,
	MS_GAP_COMMA = 2 /* ", " */
};

/*
 * Display text that is being collected: whole characters in p. When p is full,
 * its contents go to out; without out, the text ends there and `cut` is set.
 * Set p, max and out, and zero the rest.
 */
struct ms_text {
	unsigned char *p;
	size_t n, max;
	struct ms_buf *out; /* or NULL */
	enum ms_gap gap;    /* written before the next character */
	bool any;           /* something has been written */
	bool cut;           /* something did not fit; the rest is ignored */
	const struct ms_charset *raw; /* the set of bytes that are not UTF-8 */
	struct ms_buf bytes, utf8;    /* for encoded words */
};

/*
 * Adds the body of a field, which may be folded. If not_utf8 is set, text
 * outside encoded words is in the character set t->raw. The time is linear.
 */
void ms_text_field(struct ms_text *t, struct ms_slice body, bool not_utf8);
/* Passes the rest to out and releases the buffers. */
void ms_text_end(struct ms_text *t);

/*
 * An address field is read as words and the delimiters < > , ; : between them.
 * A quoted string is part of a word, with its quotes and backslashes; comments
 * and blanks separate words. If `encoded` is set, an encoded word is part of a
 * word, whatever characters it has. Set body and encoded, and zero the rest.
 */
struct ms_address_scan {
	struct ms_slice body;
	size_t i;                           /* what is left of body */
	unsigned char word[MS_ADDRESS_MAX]; /* the word that was read */
	size_t n;
	bool encoded;
	bool too_long;  /* the word does not fit */
	bool blank;     /* blanks follow the word; private */
	bool no_quotes; /* no quote follows; private */
};
enum {
	MS_ADDRESS_END = 0,
	MS_ADDRESS_WORD = 'w' /* any other token is a delimiter */
};
/* Reads the next token. The time for a whole field is linear. */
int ms_address_next_token(struct ms_address_scan *s);
/* The word without its quotes, if it is one quoted string. */
struct ms_slice ms_address_unquote(const struct ms_address_scan *s);
/* Whether the n bytes at p can be an address: UTF-8 without blanks, controls
 * and encoded words. */
bool ms_address_acceptable(const unsigned char *p, size_t n);

/*
 * Finds the first bare address in the body of an address field, which may be
 * folded. Returns its length, or 0 if there is none.
 */
size_t ms_address_first(
    struct ms_slice body, unsigned char out[MS_ADDRESS_MAX]);

#endif
