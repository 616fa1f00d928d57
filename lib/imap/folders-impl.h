/* folders-impl.h - what folders*.c share. Not for others. Layer: folders. */
#ifndef MS_FOLDERS_IMPL_H
#define MS_FOLDERS_IMPL_H
#include <locale.h>
#include <regex.h>

#include "folders.h"

/* A pattern, understood. */
struct ms_folders_pattern {
	char *text; /* as the user wrote it */
	bool regex;
	regex_t re;
	char *path; /* if the pattern is not a regex */
	bool only;  /* not what is below */
};

struct ms_folders {
	struct ms_folders_pattern *include, *exclude;
	size_t include_count, exclude_count;
	bool all, others, shared, gmail;
	char *sent;
	locale_t utf8; /* of regexes; 0: there is none on this system */
};

/* Are two names the same? INBOX as first level in any case. */
bool ms_folders_same(const char *a, const char *b);
/* Does name lie below top? */
bool ms_folders_below(const char *name, const char *top);
/* The --sent-folder, or NULL. */
const char *ms_folders_sent(const struct ms_folders *r);
/* The exclude pattern that a name meets; NULL: none. */
const char *ms_folders_excluded(const struct ms_folders *r, const char *name);
/* Does it meet an include pattern, or are there none? */
bool ms_folders_included(const struct ms_folders *r, const char *name);
/* Does it meet an include pattern, no regex, that speaks of top itself or of
 * what lies in it? */
bool ms_folders_named(
    const struct ms_folders *r, const char *name, const char *top);

#endif
