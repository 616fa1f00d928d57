/* nearest.h - words in a list, and the word that was probably meant by a
 * mistyped one. Layer: above err. */
#ifndef MS_NEAREST_H
#define MS_NEAREST_H
#include <stdbool.h>
#include <stddef.h>
#include "err.h"

/* A search; {.wanted = text} begins it. */
struct ms_nearest {
	const char *wanted;
	const char *word; /* the nearest word so far, borrowed, or NULL */
	size_t letters;   /* of this word, which may have no NUL */
	size_t distance;  /* of this word */
};

/*
 * Compares a word. It is near if it begins with the wanted text, or if few
 * letters would have to be changed, inserted, deleted or exchanged with the
 * next one: one in a word of up to four letters, two up to eight, else three.
 * Capitals do not count.
 */
void ms_nearest_try(struct ms_nearest *n, const char *word);

/* What follows an unknown word: " (did you mean 'WORD'?)"; "" if none is near.
 */
struct ms_hint {
	char text[300];
};
const char *ms_nearest_hint(const struct ms_nearest *n, struct ms_hint *hint);

/*
 * Words of a list, which has them between blanks, commas or bars, as in
 * "auto | mbox".
 */
void ms_nearest_try_list(struct ms_nearest *n, const char *list);
/* " (did you mean 'WORD'?)" with the near word of a list, or " (try LIST)". */
const char *ms_hint(const char *wanted, const char *list, struct ms_hint *hint);
/* Fills err with MS_USAGE: "'WORD' is none of LIST", and the near word. -1. */
int ms_fail_choice(const char *wanted, const char *list, struct ms_err *err);

/* Whether a list such as "rm remove" has this word. */
bool ms_word_in(const char *word, const char *list);
#endif
