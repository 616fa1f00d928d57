/*
 * term.h - what a person looks for in texts: words that stand next to each
 * other in one part of a message. ms-query(7), Words. Layer: above store.
 */
#ifndef MS_TEXT_TERM_H
#define MS_TEXT_TERM_H
#include "store.h"

#define MS_TEXT_PREFIX_MIN 2 /* letters and digits of a prefix, at least */

/* A term. {0} is empty. */
struct ms_text_term {
	unsigned parts; /* 1 << enum ms_text_part ...: where the words can be */
	bool prefix;    /* the last word is the beginning of what it matches */
	struct ms_buf text;  /* folded */
	struct ms_buf words; /* each after its length in two bytes */
	size_t count;
};

/*
 * Reads an operand.
 *   prefix  the operand had a `*` at its end, which is not part of it
 * MS_USAGE: it has no letter or digit, or a prefix is too short. The caller
 * releases the term in any case.
 */
int ms_text_term_read(struct ms_text_term *term, struct ms_slice operand,
    bool prefix, unsigned parts, struct ms_err *err);
void ms_text_term_release(struct ms_text_term *term);
/* Appends the term as an expression of FTS5. */
void ms_text_term_expression(
    const struct ms_text_term *term, struct ms_buf *out);
/* Has the message the words? The answer is that of ms_text_store_search(). */
bool ms_text_term_matches(
    const struct ms_text_term *term, const struct ms_text_message *m);

#endif
