/*
 * archive-lookup.h - what an archive has of a user's mailbox: by place, by
 * header and size, and in which folder a message lay before. ms-fetch(1), What
 * is already there. Layer: above archive, mailbox-state.
 */
#ifndef MS_ARCHIVE_LOOKUP_H
#define MS_ARCHIVE_LOOKUP_H
#include "archive.h"
#include "mailbox-state.h"

struct ms_lookup;

struct ms_lookup_options {
	const char *archive; /* NULL: no archive, and every message is new */
	const char *user, *source;
	bool write;       /* deletions will be recorded in the archive's log */
	bool watch_moves; /* ms_lookup_moved_from() will be asked */
};

/* The strings of options are borrowed for the call. Close *out also after a
 * failure, which has the errors of ms_archive_open(). */
int ms_lookup_open(struct ms_lookup **out,
    const struct ms_lookup_options *options, struct ms_err *err);
void ms_lookup_close(struct ms_lookup *l);
/* The archive, or NULL; it stays the lookup's. */
struct ms_archive *ms_lookup_archive(struct ms_lookup *l);
/* The numbers of the user and the source; 0: not in the archive. */
void ms_lookup_numbers(
    const struct ms_lookup *l, uint64_t *user, uint64_t *source);

/* Sets m->number, m->occurrence for each of m->uids whose place the archive
 * knows, and m->shorts for those of them that it has only with a short body. */
int ms_lookup_places(
    struct ms_lookup *l, struct ms_mailbox_state *m, struct ms_err *err);
/* The server still has these messages (m->occurrence) at their places. */
void ms_lookup_confirm(struct ms_lookup *l, const struct ms_mailbox_state *m);
/* Sets m->removed for each of m->uids, by m->occurrence. */
int ms_lookup_removed(
    struct ms_lookup *l, struct ms_mailbox_state *m, struct ms_err *err);
/* Does the message of an OCCURRENCE, or of a RECEIPT, have this header? Returns
 * 1, 0 or -1. */
int ms_lookup_same_head(struct ms_lookup *l, uint64_t occurrence,
    const struct ms_msg_info *info, struct ms_err *err);
/* Does its header have this top (MS_HAS_TOP)? The same results. */
int ms_lookup_same_top(struct ms_lookup *l, uint64_t occurrence,
    const struct ms_msg_info *info, struct ms_err *err);
/* Does it have this id? The same results. */
int ms_lookup_same_body(struct ms_lookup *l, uint64_t occurrence,
    const struct ms_msg_info *info, struct ms_err *err);
/* The sizes in the archive, or MS_SIZE_UNKNOWN, of the messages that have an
 * OCCURRENCE or RECEIPT in m->occurrence; sizes has a place for each of
 * m->uids. */
int ms_lookup_sizes(struct ms_lookup *l, const struct ms_mailbox_state *m,
    uint64_t *sizes, struct ms_err *err);
/* Does the archive have messages of this folder under another UIDVALIDITY?
 * Returns 1, 0 or -1. */
int ms_lookup_was_renumbered(
    struct ms_lookup *l, const struct ms_mailbox_state *m, struct ms_err *err);

/* Can messages be recognised by header and size? */
int ms_lookup_has_heads(struct ms_lookup *l, bool *has, struct ms_err *err);
/* Does the user have the message that the server describes? Only a header that
 * identifies its message is proof (ms_mail_identifies()). Returns 1 (id and the
 * number of its MESSAGE or RECEIPT are set), 0 or -1. */
int ms_lookup_recognise(struct ms_lookup *l, const struct ms_msg_info *info,
    unsigned char id[MS_SHA_LEN], uint64_t *message, struct ms_err *err);

/*
 * Returns 1 if a recognised message has no OCCURRENCE in this folder, but one
 * in another folder of the same source: it may have been moved. Else 0 or -1.
 */
int ms_lookup_elsewhere(struct ms_lookup *l, const struct ms_mailbox_state *m,
    uint64_t message, struct ms_err *err);

/* A folder that the server lists. */
struct ms_folder_content {
	const char *name;
	bool known; /* all its messages were listed, or it can have none */
};
/*
 * The folder from which a message was moved: one with an OCCURRENCE that the
 * server was not seen to have. To be asked when all folders were surveyed.
 *   content, n  the server's folders; the first of a name counts; a folder that
 *               is not among them no longer exists
 *   folder      receives its name, which lives as long as l, or NULL. Each
 *               OCCURRENCE is given once.
 */
int ms_lookup_moved_from(struct ms_lookup *l,
    const struct ms_folder_content *content, size_t n, uint64_t message,
    const char **folder, struct ms_err *err);

#endif
