/* folders-impl.h - what folders*.c share. Not for others. Layer: folders. */
#ifndef MS_FOLDERS_IMPL_H
#define MS_FOLDERS_IMPL_H
#include <locale.h>
#include <regex.h>

#include "folders.h"

/* A pattern, understood. */
struct ms_folders_pattern {
	char *text; /* as the user wrote it */
	char *path; /* NULL: it is a regex */
	bool only;  /* not what is below */
	regex_t re;
};
struct ms_folders_patterns {
	struct ms_folders_pattern *p;
	size_t n;
};

struct ms_folders {
	struct ms_folders_options options; /* without the texts */
	struct ms_folders_patterns include, exclude;
	struct ms_folders_pattern sent; /* --sent-folder; text NULL: none */
	size_t copies; /* of characters, in all regexes: folders-regex.c */
	locale_t utf8; /* of regexes; 0: there is none on this system */
};

/*
 * Limits the memory that the compiler of regexes needs: adds to `copies` the
 * characters that the repetitions in a regex stand for. MS_USAGE: they are
 * more than MS_FOLDERS_COPIES, or groups are nested too deep.
 */
int ms_folders_regex_limit(
    const char *regex, size_t *copies, struct ms_err *err);

/* Whether a folder is top itself, or lies below it. INBOX as the first level
 * may be in any case. */
enum ms_folders_relation {
	MS_FOLDERS_APART,
	MS_FOLDERS_SAME,
	MS_FOLDERS_BELOW
};
enum ms_folders_relation ms_folders_relate(const char *name, const char *top);
/* The first of the patterns that a name meets; NULL: none. */
const char *ms_folders_meets(const struct ms_folders *r,
    const struct ms_folders_patterns *patterns, const char *name);
/* Does the name meet an include pattern, no regex, that speaks of top itself or
 * of what lies in it? */
bool ms_folders_named(
    const struct ms_folders *r, const char *name, const char *top);

#endif
