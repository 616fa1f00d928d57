/*
 * words.h - the words of a folded text, as the text index and the search of a
 * single message see them. ms-query(7), Words. Layer: above fold.
 *
 * A word is a run of letters, marks and digits (general categories L, M, N and
 * Co). Scripts that do not put blanks between words, and Hangul, whose words
 * have endings, have no such words: each two neighbouring characters are a
 * word, and the last character of a run is one by itself. So any part of a run
 * is found as a phrase, and a single character as the beginning of a word. In
 * Chinese and Japanese a line can end within a word: one line end between two
 * such characters does not part them.
 */
#ifndef MS_TEXT_WORDS_H
#define MS_TEXT_WORDS_H
#include <stdbool.h>
#include <stdint.h>
#include "buf.h"

#define MS_WORD_MAX                                                            \
	128 /* bytes of a word; the rest of a longer one is ignored */

struct ms_words {
	struct ms_slice text; /* folded: ms_text_fold() */
	/* The text is what a person looks for: the last character of its last
	 * run is no word by itself. */
	bool query;
	/* After ms_words_next(): the word is one character of such a script and
	 * the last word of a query, so it is the beginning of what it matches.
	 */
	bool beginning;
	size_t at; /* byte after the last word */
	/* For words.c: the last word was two characters, of which the second
	 * is at `at`. */
	bool in_run;
	unsigned char pair[8];
};

/*
 * Begins with {.text = TEXT}. Returns the next word, valid until the next call
 * and as long as the text, or false at the end.
 */
bool ms_words_next(struct ms_words *w, struct ms_slice *word);

#endif
