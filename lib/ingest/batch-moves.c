/* batch-moves.c - records that messages were moved to another folder, as their
 * source or another archive says. ms-archive(5), MOVED. */
#include "batch-impl.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

#define MARKS_MAX 4096 /* of a message that are followed */

int
ms_committer_mark(struct ms_committer *c, uint64_t occurrence,
    struct ms_mark *mark, struct ms_err *err)
{
	int got;

	*mark = (struct ms_mark){0};
	/* Lookups must also see what this batch has recorded. */
	if (ms_indexer_put(c->a->indexer, &c->txn, err) < 0)
		return -1;
	got = ms_index_last_move(
	    &c->txn, occurrence, &mark->to, &mark->time, err);
	return got < 0 ? -1 : 0;
}

static int
write_moved(struct ms_committer *c, uint64_t left, struct ms_mark mark,
    struct ms_err *err)
{
	struct ms_moved m = {.left = left, .now = mark.to, .time = mark.time};
	struct ms_buf content = {0};
	uint64_t number;
	int rc;

	ms_moved_write(&content, &m);
	rc = ms_committer_record(
	    c, MS_MOVED, ms_buf_slice(&content), &number, err);
	ms_buf_release(&content);
	return rc;
}

/* A MOVED removes the mark of the new occurrence, which is therefore written
 * again, and so on. */
int
ms_committer_set_mark(struct ms_committer *c, uint64_t left,
    struct ms_mark mark, struct ms_err *err)
{
	const uint64_t start = left;
	struct ms_mark next;
	int i;

	for (i = 0; i < MARKS_MAX && mark.to != 0 && mark.to != start; i++) {
		if (ms_committer_mark(c, mark.to, &next, err) < 0 ||
		    write_moved(c, left, mark, err) < 0)
			return -1;
		left = mark.to;
		mark = next;
	}
	return 0;
}

/* Finds the folder from which the message was moved, of the same user and
 * source. Returns 1, 0 or -1. */
static int
find_source_folder(struct ms_committer *c, const struct ms_deposit *d,
    uint64_t *folder, struct ms_err *err)
{
	char *name = ms_xstrndup(c->b->text.p + d->from, d->from_n);
	uint64_t user, source;
	int got = ms_committer_owner(c, d, &user, &source, err);

	if (got == 1)
		got = ms_committer_folder_of(
		    c, user, source, name, false, folder, err);
	free(name);
	return got;
}

static int64_t
after(int64_t time)
{
	return time < INT64_MAX ? time + 1 : time;
}

/* The time of a move that is recorded now: after all earlier moves of these
 * occurrences, so that another archive can tell the order. */
static int64_t
time_of_move(const struct ms_mark *left, const struct ms_mark *now)
{
	int64_t t = time(NULL);

	if (t <= left->time)
		t = after(left->time);
	return t > now->time ? t : after(now->time);
}

/* ---- moves that another archive has recorded ---- */

/* Is a place one of the words of this list? */
static bool
has_word(struct ms_slice list, struct ms_slice place)
{
	const unsigned char *end;
	size_t n;

	for (; list.n > 0; list.p += n, list.n -= n) {
		end = memchr(list.p, ' ', list.n);
		n = end != NULL ? (size_t)(end - list.p) : list.n;
		if (ms_slice_eq((struct ms_slice){list.p, n}, place))
			return true;
		n += end != NULL;
	}
	return false;
}

/* The UIDs of an occurrence: whether it has any, and whether all of them are in
 * a list. */
struct uids {
	bool any, all_listed;
};

static void
see_place(struct uids *u, struct ms_slice list, struct ms_slice place)
{
	if (!ms_place_is_uid(place))
		return;
	u->any = true;
	u->all_listed = u->all_listed && has_word(list, place);
}

static int
find_uids(struct ms_committer *c, uint64_t first, uint64_t folder,
    uint64_t occurrence, struct ms_slice list, struct uids *u,
    struct ms_err *err)
{
	struct ms_place_row row = {.occurrence = occurrence};
	struct ms_slice own = {0};
	int got = ms_committer_own_place(c, first, folder, &own, err);

	*u = (struct uids){false, true};
	if (got < 0)
		return -1;
	see_place(u, list, own);
	while ((got = ms_index_next_place(&c->txn, &row, err)) == 1 &&
	       row.occurrence == occurrence) {
		see_place(u, list, row.place);
		row.number++;
	}
	return got < 0 ? -1 : 0;
}

/* Finds the folder of an occurrence of a message. 1, 0, -1. */
static int
folder_of(struct ms_committer *c, uint64_t first, uint64_t occurrence,
    struct ms_folder_row *folder, struct ms_err *err)
{
	struct ms_message_folder m = {.message = first};
	int got;

	for (; (got = ms_index_next_message_folder(&c->txn, &m, err)) == 1 &&
	       m.message == first;
	     m.folder++)
		if (m.occurrence == occurrence)
			return ms_index_folder(&c->txn, m.folder, folder, err);
	return got < 0 ? -1 : 0;
}

/* Two archives have different moves out of the same folder: does the move of
 * the deposit count? That is the later one, or else that to the folder whose
 * name is higher, so that both archives decide alike. 1, 0, -1. */
static int
beats(struct ms_committer *c, const struct ms_deposit *d, uint64_t first,
    const struct ms_mark *mark, struct ms_err *err)
{
	struct ms_folder_row row;
	char *name;
	int got;

	if (d->moved_at != mark->time)
		return d->moved_at > mark->time;
	got = folder_of(c, first, mark->to, &row, err);
	if (got <= 0)
		return got < 0 ? -1 : 1;
	name = ms_xstrndup(row.name.p, row.name.n);
	got = strcmp(d->dest->folder, name) > 0;
	free(name);
	return got;
}

/*
 * The other archive says that the message has left this folder. That is new
 * here unless the message came back: to a place that the other archive did not
 * know, or, if there are no places, by a later move. 1, 0, -1.
 */
static int
has_left(struct ms_committer *c, const struct ms_deposit *d, uint64_t first,
    uint64_t folder, uint64_t occurrence, const struct ms_mark *mark,
    struct ms_err *err)
{
	struct uids u;

	if (mark->to != 0)
		return beats(c, d, first, mark, err);
	if (find_uids(c, first, folder, occurrence,
		ms_deposit_text(c, d->left, d->left_n), &u, err) < 0)
		return -1;
	return u.any ? u.all_listed : d->moved_at >= mark->time;
}

/* Does the mark of the new occurrence remain, although the message came there?
 */
static int
keeps_mark(struct ms_committer *c, const struct ms_deposit *d, uint64_t first,
    uint64_t occurrence, const struct ms_mark *mark, struct ms_err *err)
{
	struct ms_folder_row folder;
	struct uids u = {0};
	int got;

	if (mark->to == 0)
		return 0;
	got = folder_of(c, first, occurrence, &folder, err);
	if (got == 1)
		got = find_uids(c, first, folder.number, occurrence,
		    (struct ms_slice){0}, &u, err);
	return got < 0 ? -1 : u.any || mark->time > d->moved_at;
}

/* Does following the marks from an occurrence lead to another one? 1, 0, -1. */
static int
leads_to(struct ms_committer *c, uint64_t from, uint64_t to, struct ms_err *err)
{
	struct ms_mark mark = {.to = from};
	int i;

	for (i = 0; i < MARKS_MAX && mark.to != 0; i++) {
		if (mark.to == to)
			return 1;
		if (ms_committer_mark(c, mark.to, &mark, err) < 0)
			return -1;
	}
	return i == MARKS_MAX;
}

static int
merge_move(struct ms_committer *c, const struct ms_deposit *d, uint64_t first,
    uint64_t folder, uint64_t left, uint64_t now, struct ms_err *err)
{
	struct ms_mark old, next, mark = {now, d->moved_at};
	int got;

	if (ms_committer_mark(c, left, &old, err) < 0 ||
	    ms_committer_mark(c, now, &next, err) < 0)
		return -1;
	if (old.to == now)
		return 0;
	got = has_left(c, d, first, folder, left, &old, err);
	if (got == 1)
		got = keeps_mark(c, d, first, now, &next, err);
	else
		return got;
	/* One of the occurrences of a message must have no mark. */
	if (got == 1) {
		got = leads_to(c, next.to, left, err);
		if (got < 0)
			return -1;
		got = !got;
	}
	if (got == 1)
		return ms_committer_set_mark(c, left, mark, err);
	return got < 0 ? -1 : write_moved(c, left, mark, err);
}

/* ---- a move ---- */

/* Records the move; *from receives the occurrence that the message has left,
 * or 0. */
static int
record_move(struct ms_committer *c, struct ms_deposit *d, uint64_t first,
    uint64_t occurrence, bool arrived, uint64_t *from, struct ms_err *err)
{
	struct ms_mark mark = {0}, now = {0};
	uint64_t folder = 0, left = 0;
	int got;

	/* If the place was known, so was the move, and an old stream may
	 * repeat it. */
	if (!arrived && !d->has_left)
		return 0;
	got = find_source_folder(c, d, &folder, err);
	if (got == 1)
		got = ms_committer_occurrence(c, d, first, folder, &left, err);
	d->source_missing = got == 0 || (got == 1 && left == occurrence);
	if (got < 0 || d->source_missing)
		return got < 0 ? -1 : 0;
	*from = left;
	if (d->has_left)
		return merge_move(c, d, first, folder, left, occurrence, err);
	if (ms_committer_mark(c, left, &mark, err) < 0 ||
	    ms_committer_mark(c, occurrence, &now, err) < 0)
		return -1;
	if (mark.to == occurrence)
		return 0;
	mark = (struct ms_mark){occurrence, time_of_move(&mark, &now)};
	return write_moved(c, left, mark, err);
}

int
ms_committer_moved(struct ms_committer *c, struct ms_deposit *d, uint64_t first,
    uint64_t occurrence, uint64_t folder, bool arrived, struct ms_err *err)
{
	struct ms_mark mark = {0};
	uint64_t left = 0;

	if (record_move(c, d, first, occurrence, arrived, &left, err) < 0)
		return -1;
	if (left != 0 && ms_committer_mark(c, left, &mark, err) < 0)
		return -1;
	if (left == 0 || mark.to != occurrence)
		return 0;
	return ms_committer_follow(c, left, occurrence, folder, err);
}
