/*
 * view-change.h - takes occurrences out of view, moves them, shows folders
 * under other names, and undoes that. ms-archive(5), View. Layer: above change,
 * account.
 */
#ifndef MS_VIEW_CHANGE_H
#define MS_VIEW_CHANGE_H
#include "change.h"

/* An occurrence that is removed or moved. */
struct ms_view_item {
	uint64_t own;        /* folder of the OCCURRENCE */
	uint64_t user;       /* to whom it is shown now */
	uint64_t source;     /* of its folder */
	uint64_t occurrence; /* its number */
};

struct ms_view_change {
	enum ms_view_kind kind;
	const char *as;    /* the user of the archive who acts, or NULL */
	const char *query; /* remarks; NULL: none */
	const char *reason;
	struct ms_view_item *items; /* removed or moved; are sorted, and
				     * each occurrence is kept once */
	size_t count;
	const char *folder; /* where they are moved to; the new name */
	uint64_t user; /* where they are moved to; 0: each stays with its user.
			  The user of a folder that is renamed */
	const char *from; /* the name of the folder that is renamed */
};

/*
 * ms_view_write() records a change. It counts when the function returns 0; what
 * does not fit into one event and one batch counts together with the last part.
 * A folder that is renamed takes the folders below it along.
 *   number    receives the number of the change
 *   count     receives how many occurrences, or folders, it has
 * Errors: MS_AUTH (as: the user may not do this), MS_NOINPUT (there is no
 * folder of that name), or as ms_archive_change().
 */
int ms_view_write(struct ms_archive *a, struct ms_view_change *v,
    uint64_t *number, uint64_t *count, struct ms_err *err);

/*
 * ms_view_undo() undoes a change.
 *   kinds    bits, 1 << enum ms_view_kind, of the changes that may be undone
 *   as       may undo own changes, and those that the user could turn back:
 *            with the right `delete` on whom removed mail comes back to, or the
 *            rights that moving it back would need
 * Errors: MS_NOINPUT (there is no such change, or it was undone), MS_USAGE (the
 * change is of another kind), MS_AUTH, or as ms_archive_change().
 */
int ms_view_undo(struct ms_archive *a, uint64_t number, unsigned kinds,
    const char *as, const char *reason, struct ms_change_row *row,
    struct ms_err *err);

#endif
