/* argv.c - lists of arguments. See profile-words.h. */
#include "argv.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "buf.h"

static void
take_word(struct plan_words *w, char *word)
{
	w->word = ms_xreallocarray(w->word, w->count + 2, sizeof(*w->word));
	w->word[w->count++] = word;
}

void
plan_word(struct plan_words *w, const char *word)
{
	take_word(w, ms_xstrdup(word));
}

void
plan_wordf(struct plan_words *w, const char *fmt, ...)
{
	char *word;
	va_list ap;
	int n;

	va_start(ap, fmt);
	n = vasprintf(&word, fmt, ap);
	va_end(ap);
	if (n < 0)
		ms_out_of_memory();
	take_word(w, word);
}

const char *const *
plan_words(struct plan_words *w)
{
	if (w->word == NULL)
		w->word = ms_xmalloc(sizeof(*w->word));
	w->word[w->count] = NULL;
	return (const char *const *)w->word;
}

void
plan_words_release(struct plan_words *w)
{
	for (size_t i = 0; i < w->count; i++)
		free(w->word[i]);
	free(w->word);
	*w = (struct plan_words){0};
}
