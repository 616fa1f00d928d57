/* argv.h - lists of arguments. Part of ms-profile. */
#ifndef PROFILE_WORDS_H
#define PROFILE_WORDS_H
#include <stddef.h>

/* A list of arguments; {0} is empty. Owns its words. */
struct plan_words {
	char **word;
	size_t count;
};
void plan_word(struct plan_words *w, const char *word);
void plan_wordf(struct plan_words *w, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));
/* The words with a NULL behind them, until the next is added. */
const char *const *plan_words(struct plan_words *w);
void plan_words_release(struct plan_words *w);

#endif
