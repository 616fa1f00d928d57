/*
 * folders.h - which of a mailbox's folders are read, and why: patterns, what a
 * folder is for, whose it is. ms-fetch(1), Folders. Layer: above imap.
 */
#ifndef MS_FOLDERS_H
#define MS_FOLDERS_H
#include <stdbool.h>
#include <stddef.h>
#include "imap.h"

#define MS_FOLDERS_PATTERNS 1000    /* of one kind */
#define MS_FOLDERS_PATTERN_MAX 4096 /* bytes of one */

/*
 * What the user wants. A pattern is UTF-8 and meant for ms_imap_folder.name:
 *   Private      this folder and all below it
 *   Private/.    this folder only
 *   ||REGEX      a POSIX extended regex that is found anywhere in the name
 *   |i|REGEX     the same, upper and lower case alike
 * INBOX as the first level may be written in any case.
 */
struct ms_folders_options {
	const char *const *include; /* only what these name; none: everything */
	size_t include_count;
	const char *const *exclude; /* wins over include */
	size_t exclude_count;
	bool all;    /* Trash, Junk, Drafts, Outbox too */
	bool others; /* other users' folders too */
	bool shared; /* shared folders too */
	const char
	    *sent;  /* this very folder is the sent folder; NULL: find it */
	bool gmail; /* MS_CAP_GMAIL: All Mail stands for the labels */
};

struct ms_folders;

/* Copies the options. MS_USAGE: a pattern makes no sense; the sentence quotes
 * it. */
int ms_folders_new(struct ms_folders **out,
    const struct ms_folders_options *options, struct ms_err *err);
void ms_folders_free(struct ms_folders *r);

#define MS_FOLDERS_WHY 128 /* bytes of a reason; a long pattern is cut */

enum ms_folder_way {
	MS_FOLDER_LEFT,  /* is not read */
	MS_FOLDER_OPEN,  /* is opened and read */
	MS_FOLDER_LABELS /* its messages are read in All Mail, where they
			    have it as a label (Gmail) */
};
struct ms_folder_verdict {
	enum ms_folder_way way;
	unsigned uses; /* attributes, or usual names; see ms_imap_folder */
	bool named;    /* the user's own patterns decided, not our rules */
	char why[MS_FOLDERS_WHY]; /* "excluded by 'Private'", "Trash by its
			  name"; of those that are read "" or "Sent by
			  SPECIAL-USE" */
};
/* Judges a mailbox's whole list of folders; out has room for count. */
void ms_folders_judge(const struct ms_folders *r,
    const struct ms_imap_folder *folders, size_t count,
    struct ms_folder_verdict *out);

/*
 * The first pattern of include, or the sent folder's name, at or behind *at
 * that no folder of the list answers to; *at moves behind it. NULL: no more.
 * Begin with *at = 0.
 */
const char *ms_folders_unmatched(const struct ms_folders *r,
    const struct ms_imap_folder *folders, size_t count, size_t *at);

/*
 * Gmail: the folders that a message of All Mail is in by its labels
 * (ms_imap_message.labels). Calls in(ctx, i) for each that is read. False,
 * *why set and nobody called: it is to be left out, because folders that are
 * left out have it and no folder that is read; All Mail, Starred and Important
 * do not count here.
 */
bool ms_folders_labels(const struct ms_imap_folder *folders,
    const struct ms_folder_verdict *verdicts, size_t count, const char *labels,
    void (*in)(void *ctx, size_t i), void *ctx, const char **why);

/* What `use` (one MS_USE_*) is called: "Sent", "Trash". */
const char *ms_folders_use(unsigned use);
/* MS_USE_*, joined by |, of a name that is usual for something in one of the
 * common languages: "Papierkorb", "Sent Items"; else 0. One level, UTF-8. */
unsigned ms_folders_usual(const char *level);

#endif
