/*
 * impl.h - what the files of the mail module share; nobody else includes
 * it. Layer: within mail.
 */
#ifndef MS_MAIL_IMPL_H
#define MS_MAIL_IMPL_H
#include "charset.h"
#include "mail.h"

/* White space as headers have it, line ends of folds included. */
static inline bool
ms_is_blank(unsigned char c)
{
	return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

/* What follows the comment at i, where s has "("; comments nest. */
size_t ms_skip_comment(struct ms_slice s, size_t i);

/* How two pieces of display text are joined, once the second one comes. */
enum ms_gap {
	MS_GAP_NONE = 0,
	MS_GAP_BLANK = 1,
	MS_GAP_COMMA = 2 /* ", " */
};

/*
 * Display text in the making: whole characters, collected in p. When p is full
 * it goes to out; without out that is the end, and `cut` says so. Begin with
 * p, max and out set and the rest zero.
 */
struct ms_text {
	unsigned char *p;
	size_t n, max;
	struct ms_buf *out; /* or NULL */
	enum ms_gap gap;    /* comes before the next character */
	bool any;           /* something has been written */
	bool cut;           /* something did not fit; no more is taken */
	const struct ms_charset *raw; /* of bytes that are not UTF-8 */
	struct ms_buf bytes, utf8;    /* for encoded words */
};

/*
 * Adds a field's body, folded as it stands. not_utf8: what is not an encoded
 * word in it is written in t->raw. Linear.
 */
void ms_text_field(struct ms_text *t, struct ms_slice body, bool not_utf8);
/* Hands the rest to out and frees what the decoder needed. */
void ms_text_end(struct ms_text *t);

/*
 * The first bare address in the body of an address field, which may be
 * folded. Returns its length, 0 if there is none.
 */
size_t ms_address_first(
    struct ms_slice body, unsigned char out[MS_ADDRESS_MAX]);

#endif
