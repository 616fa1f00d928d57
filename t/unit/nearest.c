/* nearest.c - the word that was probably meant by a mistyped one. */
#include "nearest.h"

#include <string.h>

#include "tap.h"

static const char *const words[] = {"archive", "json", "quiet", "rename", "on",
    "delete-archived", "delete-older-than", "insecure-plaintext"};

/* NULL: no word is near. */
static const struct {
	const char *wanted, *word;
} rows[] = {
    {"archive", "archive"},
    {"arch", "archive"},      /* the beginning of a word */
    {"archvie", "archive"},   /* two letters exchanged */
    {"arcive", "archive"},    /* one is missing */
    {"archiive", "archive"},  /* one too many */
    {"artschive", "archive"}, /* two changes in seven letters */
    {"artschife", NULL},      /* three */
    {"jsno", "json"},
    {"jsnno", NULL}, /* a short word may differ in one */
    {"remove", NULL},
    {"rename-", "rename"},
    {"no", "on"},
    {"Archvie", "archive"}, /* capitals do not count */
    {"JSON", "json"},
    {"ARCH", "archive"},
    {"xy", NULL},
    {"delete", "delete-archived"}, /* the first of equals */
    {"delete-old-than", "delete-older-than"},
    {"insecur-plantxt", "insecure-plaintext"},
    {"", NULL},
    {"0123456789012345678901234567890123456789x", NULL},
};

/* In a list, which is shown if no word is near. */
static const struct {
	const char *wanted, *want;
} lists[] = {
    {"wriet", " (did you mean 'write'?)"},
    {"del", " (did you mean 'delete'?)"},
    {"raed", " (did you mean 'read'?)"},
    {"none", " (try read, write, delete)"},
    {"", " (try read, write, delete)"},
};

int
main(void)
{
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct ms_nearest near = {.wanted = rows[i].wanted};

		for (size_t j = 0; j < sizeof(words) / sizeof(words[0]); j++)
			ms_nearest_try(&near, words[j]);
		ok(rows[i].word == NULL
			? near.word == NULL
			: near.word != NULL &&
			      strcmp(near.word, rows[i].word) == 0,
		    "'%s': %s", rows[i].wanted,
		    near.word != NULL ? near.word : "none");
	}
	for (size_t i = 0; i < sizeof(lists) / sizeof(lists[0]); i++) {
		struct ms_hint hint;

		ms_hint(lists[i].wanted, "read, write, delete", &hint);
		ok(strcmp(hint.text, lists[i].want) == 0, "'%s':%s",
		    lists[i].wanted, hint.text);
	}
	return done();
}
