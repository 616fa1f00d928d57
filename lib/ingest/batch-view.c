/* batch-view.c - what a person removed or moved stays so when a message arrives
 * again or is moved at its source. ms-archive(5), View. */
#include "batch-impl.h"

#include <stdlib.h>

#include "event.h"

static void
set_number(json_t *o, const char *key, uint64_t n)
{
	json_object_set_new(o, key, json_integer((json_int_t)n));
}

/* The keys of an event that shows one occurrence of a folder in another one;
 * shown 0: nowhere. */
static json_t *
view_keys(uint64_t folder, uint64_t occurrence, uint64_t shown)
{
	json_t *keys = json_object(), *list = json_array();

	json_array_append_new(list, json_integer((json_int_t)occurrence));
	set_number(keys, "from", folder);
	if (shown != 0)
		set_number(keys, "folder", shown);
	json_object_set_new(keys, "occurrences", list);
	return keys;
}

static int
add_event(
    struct ms_committer *c, json_t *keys, uint64_t *number, struct ms_err *err)
{
	struct ms_buf json = {0};
	int rc;

	ms_event_json(&json, "view", keys, NULL);
	rc = ms_committer_event(c, ms_buf_slice(&json), number, err);
	ms_buf_release(&json);
	return rc;
}

/* Adds an occurrence to a change. */
static int
add_to_change(
    struct ms_committer *c, json_t *keys, uint64_t change, struct ms_err *err)
{
	uint64_t number;

	set_number(keys, "change", change);
	json_object_set_new(keys, "added", json_true());
	return add_event(c, keys, &number, err);
}

int
ms_committer_follow(struct ms_committer *c, uint64_t left, uint64_t now,
    uint64_t folder, struct ms_err *err)
{
	struct ms_view_row view, its;
	int got;

	got = ms_index_view(&c->txn, left, &view, err);
	if (got != 1)
		return got;
	got = ms_index_view(&c->txn, now, &its, err);
	if (got < 0 || (got == 1 && its.change >= view.change))
		return got < 0 ? -1 : 0;
	return add_to_change(
	    c, view_keys(folder, now, view.folder), view.change, err);
}

/*
 * Where the occurrence was shown before it was removed: the last change before
 * that counts and shows it somewhere, or else its own folder. 0, -1.
 */
static int
shown_before(struct ms_committer *c, uint64_t occurrence, uint64_t folder,
    struct ms_view_row *view, struct ms_err *err)
{
	int got = 1;

	while (got == 1 && view->folder == 0)
		got = ms_index_view_before(
		    &c->txn, occurrence, view->change, view, err);
	if (got == 0)
		view->folder = folder;
	return got < 0 ? -1 : 0;
}

/* The restored occurrences of a batch are one change. */
static int
restore(struct ms_committer *c, uint64_t occurrence, uint64_t folder,
    struct ms_view_row *view, struct ms_err *err)
{
	json_t *keys;

	if (shown_before(c, occurrence, folder, view, err) < 0)
		return -1;
	keys = view_keys(folder, occurrence, view->folder);
	if (c->restored != 0)
		return add_to_change(c, keys, c->restored, err);
	json_object_set_new(
	    keys, "what", json_string(ms_view_kind_name(MS_VIEW_RESTORE)));
	return add_event(c, keys, &c->restored, err);
}

/* ---- another archive ---- */

/* The user to whom the other archive shows the message, and the source of its
 * folder. 1; 0: there is no such user, or no such folder; -1. */
static int
shown_owner(struct ms_committer *c, const struct ms_deposit *d, uint64_t folder,
    uint64_t *user, uint64_t *source, struct ms_err *err)
{
	struct ms_folder_row own;
	char *name;
	int got;

	/* Lookups must also see what this batch has recorded. */
	if (ms_indexer_put(c->a->indexer, &c->txn, err) < 0)
		return -1;
	got = ms_index_folder(&c->txn, folder, &own, err);
	*user = own.user;
	*source = own.source;
	if (got != 1 || d->shown_user_n == 0)
		return got;
	name = ms_xstrndup(c->b->text.p + d->shown_user, d->shown_user_n);
	got = ms_user_name_ok(name)
		  ? ms_committer_user(c, name, d->dest->create_user, user, err)
		  : 0;
	free(name);
	return got;
}

/* Finds or creates the folder that is shown under the name. 0, -1. */
static int
shown_folder(struct ms_committer *c, uint64_t user, uint64_t source,
    struct ms_slice text, uint64_t *number, struct ms_err *err)
{
	char *name = ms_xstrndup(text.p, text.n);
	int got;

	got = ms_index_find_shown(&c->txn, user, source, name, number, err);
	if (got == 0)
		got =
		    ms_committer_add_folder(c, user, source, name, number, err);
	free(name);
	return got < 0 ? -1 : 0;
}

int
ms_committer_shown(struct ms_committer *c, const struct ms_deposit *d,
    uint64_t occurrence, uint64_t folder, struct ms_err *err)
{
	uint64_t user, source, last, shown;
	json_t *keys;
	int got;

	/* Also a change that was undone is a decision. */
	got = ms_index_last_change(&c->txn, occurrence, &last, err);
	if (got != 0)
		return got < 0 ? -1 : 0;
	got = shown_owner(c, d, folder, &user, &source, err);
	if (got != 1)
		return got;
	if (shown_folder(c, user, source,
		ms_deposit_text(c, d->shown, d->shown_n), &shown, err) < 0)
		return -1;
	if (shown == folder)
		return 0;
	keys = view_keys(folder, occurrence, shown);
	if (c->imported != 0)
		return add_to_change(c, keys, c->imported, err);
	json_object_set_new(
	    keys, "what", json_string(ms_view_kind_name(MS_VIEW_MOVE)));
	json_object_set_new(
	    keys, "reason", json_string("moved in another archive"));
	return add_event(c, keys, &c->imported, err);
}

int
ms_committer_removed(struct ms_committer *c, struct ms_deposit *d,
    uint64_t occurrence, uint64_t folder, struct ms_err *err)
{
	struct ms_view_row view;
	int got = ms_index_view(&c->txn, occurrence, &view, err);

	if (got != 1 || view.folder != 0)
		return got < 0 ? -1 : 0;
	if (d->restore)
		return restore(c, occurrence, folder, &view, err);
	d->removed = view.change;
	return 0;
}
