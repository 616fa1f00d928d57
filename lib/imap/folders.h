/*
 * folders.h - selects the folders of a mailbox that are read: by patterns, by
 * their special use and by their owner. ms-fetch(1), Folders. Layer: above
 * imap.
 */
#ifndef MS_FOLDERS_H
#define MS_FOLDERS_H
#include <stdbool.h>
#include <stddef.h>
#include "imap.h"

#define MS_FOLDERS_PATTERNS 1000    /* include patterns, or exclude patterns */
#define MS_FOLDERS_PATTERN_MAX 4096 /* bytes of a pattern */
/* Characters that the repetitions of all regexes add: (a?){1,2000} needs some
 * 100 MB of memory, and (a?){1,20000} a hundred times as much. */
#define MS_FOLDERS_COPIES 2000

/*
 * The user's options. A pattern is UTF-8 and applies to ms_imap_folder.name:
 *   Private      this folder and all folders below it
 *   Private/.    this folder only
 *   ||REGEX      a POSIX extended regex, found anywhere in the name
 *   |i|REGEX     the same, ignoring case
 * INBOX as the first level may be written in any case.
 */
struct ms_folders_options {
	const char *const *include; /* only these folders; none: all */
	size_t include_count;
	const char *const *exclude; /* overrides include */
	size_t exclude_count;
	bool all;         /* also Trash, Junk, Drafts and Outbox */
	bool others;      /* also folders of other users */
	bool shared;      /* also shared folders */
	const char *sent; /* name of the sent folder; NULL: find it */
	bool gmail;       /* MS_CAP_GMAIL: All Mail is read for the labels */
};

struct ms_folders;

/* Copies the options. MS_USAGE: a pattern is invalid; the message quotes it. */
int ms_folders_new(struct ms_folders **out,
    const struct ms_folders_options *options, struct ms_err *err);
void ms_folders_free(struct ms_folders *r);

#define MS_FOLDERS_WHY 128 /* bytes of a reason; a long pattern is cut */

enum ms_folder_mode {
	MS_FOLDER_SKIP,  /* is not read */
	MS_FOLDER_READ,  /* is opened and read */
	MS_FOLDER_LABELS /* is read as a label of the messages in All Mail
			    (Gmail) */
};
struct ms_folder_verdict {
	enum ms_folder_mode mode;
	unsigned uses; /* by attributes or usual names; see ms_imap_folder */
	/* "excluded by 'Private'", "Trash by its name"; of a folder that is
	 * read, "" or "Sent by SPECIAL-USE". */
	char why[MS_FOLDERS_WHY];
	/* The option that would read a folder that a default leaves out; NULL
	 * for any other folder. */
	const char *option;
};
/* Decides about all folders of a mailbox. out has room for count verdicts. */
void ms_folders_match(const struct ms_folders *r,
    const struct ms_imap_folder *folders, size_t count,
    struct ms_folder_verdict *out);

/*
 * Iterates over the include patterns, and the name of the sent folder, that
 * match no folder of the list. *at is 0 before the first call. Returns NULL at
 * the end.
 */
const char *ms_folders_unmatched(const struct ms_folders *r,
    const struct ms_imap_folder *folders, size_t count, size_t *at);

/*
 * Gmail: finds the folders that the labels of a message in All Mail stand for
 * (ms_imap_message.labels), and calls in(ctx, i) for each that is read. Returns
 * false, with *why set and without a call, if the message is to be left out:
 * folders that are not read have it, and no folder that is read does. All Mail,
 * Starred and Important do not count here.
 */
bool ms_folders_labels(const struct ms_imap_folder *folders,
    const struct ms_folder_verdict *verdicts, size_t count, const char *labels,
    void (*in)(void *ctx, size_t i), void *ctx, const char **why);

/* The name of a use (one MS_USE_*): "Sent", "Trash". */
const char *ms_folders_use(unsigned use);
/* The uses, MS_USE_* joined by |, for which a folder name is usual in one of
 * the common languages: "Papierkorb", "Sent Items"; or 0. level: one level of a
 * name, UTF-8. */
unsigned ms_folders_usual(const char *level);

#endif
