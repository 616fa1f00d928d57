/* nearest.c - words in a list, and the optimal string alignment distance of two
 * words. See nearest.h. */
#include "nearest.h"

#include <stdio.h>
#include <string.h>

#define LETTERS 40 /* of a word; a longer one is not near to any */

static size_t
least(size_t a, size_t b)
{
	return a < b ? a : b;
}

/* Without the locale. */
static int
lower(char c)
{
	return c >= 'A' && c <= 'Z' ? c - 'A' + 'a' : c;
}

static bool
same(char a, char b)
{
	return lower(a) == lower(b);
}

/* Each row of the matrix has the distances of the first i letters of a to the
 * first j letters of b. */
static size_t
distance(const char *a, size_t an, const char *b, size_t bn)
{
	size_t d[LETTERS + 1][LETTERS + 1];

	for (size_t i = 0; i <= an; i++)
		d[i][0] = i;
	for (size_t j = 0; j <= bn; j++)
		d[0][j] = j;
	for (size_t i = 1; i <= an; i++) {
		for (size_t j = 1; j <= bn; j++) {
			d[i][j] = least(least(d[i - 1][j], d[i][j - 1]) + 1,
			    d[i - 1][j - 1] + !same(a[i - 1], b[j - 1]));
			if (i > 1 && j > 1 && same(a[i - 1], b[j - 2]) &&
			    same(a[i - 2], b[j - 1]))
				d[i][j] = least(d[i][j], d[i - 2][j - 2] + 1);
		}
	}
	return d[an][bn];
}

static void
try_word(struct ms_nearest *n, const char *word, size_t b)
{
	size_t a = strlen(n->wanted), d, most;

	if (a == 0 || a > LETTERS || b > LETTERS)
		return;
	most = b <= 4 ? 1 : b <= 8 ? 2 : 3;
	d = a <= b ? distance(n->wanted, a, word, a) : 1;
	if (d > 0)
		d = distance(n->wanted, a, word, b);
	if (d <= most && (n->word == NULL || d < n->distance)) {
		n->word = word;
		n->letters = b;
		n->distance = d;
	}
}

void
ms_nearest_try(struct ms_nearest *n, const char *word)
{
	try_word(n, word, strlen(word));
}

void
ms_nearest_try_list(struct ms_nearest *n, const char *list)
{
	static const char between[] = " ,|";
	size_t length;

	for (; *list != '\0'; list += length) {
		list += strspn(list, between);
		length = strcspn(list, between);
		try_word(n, list, length);
	}
}

const char *
ms_nearest_hint(const struct ms_nearest *n, struct ms_hint *hint)
{
	hint->text[0] = '\0';
	if (n->word != NULL)
		snprintf(hint->text, sizeof(hint->text),
		    " (did you mean '%.*s'?)", (int)n->letters, n->word);
	return hint->text;
}

const char *
ms_hint(const char *wanted, const char *list, struct ms_hint *hint)
{
	struct ms_nearest near = {.wanted = wanted};

	ms_nearest_try_list(&near, list);
	if (*ms_nearest_hint(&near, hint) == '\0')
		snprintf(hint->text, sizeof(hint->text), " (try %s)", list);
	return hint->text;
}

int
ms_fail_choice(const char *wanted, const char *list, struct ms_err *err)
{
	struct ms_nearest near = {.wanted = wanted};
	struct ms_hint hint;

	ms_nearest_try_list(&near, list);
	return ms_fail(err, MS_USAGE, "'%.40s' is none of %s%s", wanted, list,
	    ms_nearest_hint(&near, &hint));
}

bool
ms_word_in(const char *word, const char *list)
{
	size_t n = strlen(word), len;

	for (; *list != '\0'; list += strspn(list, " ")) {
		len = strcspn(list, " ");
		if (len == n && memcmp(list, word, n) == 0)
			return true;
		list += len;
	}
	return false;
}
