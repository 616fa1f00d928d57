/* view-change.c - records what a person removes, moves, renames and undoes.
 * ms-archive(5), View. */
#include "view-change.h"

#include <stdlib.h>
#include <string.h>

#include "account.h"
#include "history.h"

#define PART_MAX 16384 /* occurrences of an event */
#define BATCH_PARTS 64 /* events of a batch */

/* A part of the items that one event lists: they have the same own folder and
 * the same user. */
struct part {
	size_t at, n;
};

/* A folder into which messages of a source are moved. */
struct target {
	uint64_t user, source, number;
};

struct writer {
	struct ms_view_change *v;
	struct ms_change *ch;  /* of the batch that is being written */
	struct ms_buf parts;   /* struct part */
	struct ms_buf targets; /* struct target: those of the batch */
	size_t part_max, batch_parts;
	size_t at;       /* the first part that is not yet written */
	uint64_t actor;  /* user of v->as, or 0 */
	uint64_t number; /* of the change; 0: nothing was written */
	uint64_t count;
};

static int
compare_items(const void *va, const void *vb)
{
	const struct ms_view_item *a = va, *b = vb;

	if (a->own != b->own)
		return a->own < b->own ? -1 : 1;
	if (a->user != b->user)
		return a->user < b->user ? -1 : 1;
	return (a->occurrence > b->occurrence) -
	       (a->occurrence < b->occurrence);
}

/* MS_VIEW_PART Ns "occurrences,events" sets other limits, for tests. */
static void
set_limits(struct writer *w)
{
	const char *s = getenv("MS_VIEW_PART");
	char *end = NULL;
	unsigned long part = 0, batch = 0;

	if (s != NULL)
		part = strtoul(s, &end, 10);
	if (end != NULL && *end == ',')
		batch = strtoul(end + 1, NULL, 10);
	w->part_max = part >= 1 && part <= PART_MAX ? part : PART_MAX;
	w->batch_parts =
	    batch >= 1 && batch <= BATCH_PARTS ? batch : BATCH_PARTS;
}

static int
by_occurrence(const void *va, const void *vb)
{
	const struct ms_view_item *a = va, *b = vb;

	if (a->occurrence != b->occurrence)
		return a->occurrence < b->occurrence ? -1 : 1;
	return (a->user > b->user) - (a->user < b->user);
}

/* A change lists an occurrence once; sorts the items into the order of parts.
 */
static void
sort_items(struct ms_view_change *v)
{
	struct ms_view_item *items = v->items;
	size_t i, n = 0;

	if (v->count == 0)
		return;
	qsort(items, v->count, sizeof(*items), by_occurrence);
	for (i = 0; i < v->count; i++)
		if (n == 0 || items[n - 1].occurrence != items[i].occurrence)
			items[n++] = items[i];
	v->count = n;
	qsort(items, n, sizeof(*items), compare_items);
}

static void
make_parts(struct writer *w)
{
	const struct ms_view_item *items = w->v->items;
	struct part p;
	size_t i;

	sort_items(w->v);
	for (i = 0; i < w->v->count; i += p.n) {
		p = (struct part){i, 1};
		while (i + p.n < w->v->count && p.n < w->part_max &&
		       items[i].own == items[i + p.n].own &&
		       items[i].user == items[i + p.n].user)
			p.n++;
		ms_buf_add(&w->parts, &p, sizeof(p));
	}
}

static size_t
part_count(const struct writer *w)
{
	return w->parts.n / sizeof(struct part);
}

static const struct part *
part_at(const struct writer *w, size_t i)
{
	return (const struct part *)(const void *)w->parts.p + i;
}

/* ---- who may do this ---- */

static int
forbid(const struct ms_account *u, struct ms_err *err)
{
	return ms_fail(err, MS_AUTH,
	    "--as: user '%.99s' has no such right on the archive that shows "
	    "this mail (ms-users grant --on)",
	    u->name);
}

/* May u take mail of user `from` out of view, or show it to user `to`
 * (0: nowhere)? */
static bool
may(const struct ms_account *u, uint64_t from, uint64_t to)
{
	if (from == to)
		return ms_account_may(u, to, MS_RIGHT_WRITE);
	return ms_account_may(u, from, MS_RIGHT_DELETE) &&
	       (to == 0 || ms_account_may(u, to, MS_RIGHT_WRITE));
}

/* The user who acts, with the privilege that a kind of change needs. 0, -1. */
static int
find_actor(struct ms_txn *txn, const char *as, enum ms_view_kind kind,
    struct ms_account *u, struct ms_err *err)
{
	bool remove = kind == MS_VIEW_REMOVE || kind == MS_VIEW_RESTORE;
	int got = ms_account_find_in(txn, as, u, err);

	if (got == 0 || (got == 1 && u->deleted))
		return ms_fail(err, MS_AUTH, "--as: no user '%s'", as);
	if (got == 1 && u->disabled)
		return ms_fail(
		    err, MS_AUTH, "--as: user '%s' is disabled", u->name);
	if (got == 1 && !ms_account_has(u,
			    remove ? MS_PRIVILEGE_DELETE : MS_PRIVILEGE_MOVE))
		return ms_fail(err, MS_AUTH,
		    "--as: user '%.99s' lacks the privilege '%s'", u->name,
		    remove ? "delete" : "move");
	return got < 0 ? -1 : 0;
}

static uint64_t
target_user(const struct ms_view_change *v, const struct ms_view_item *item)
{
	if (v->kind == MS_VIEW_REMOVE)
		return 0;
	return v->user != 0 ? v->user : item->user;
}

static int
check_actor(struct writer *w, struct ms_txn *txn, struct ms_err *err)
{
	const struct ms_view_item *item;
	struct ms_account u = {0};
	int rc;

	if (w->v->as == NULL)
		return 0;
	rc = find_actor(txn, w->v->as, w->v->kind, &u, err);
	for (size_t i = 0; rc == 0 && i < part_count(w); i++) {
		item = &w->v->items[part_at(w, i)->at];
		if (!may(&u, item->user, target_user(w->v, item)))
			rc = forbid(&u, err);
	}
	if (rc == 0 && w->v->kind == MS_VIEW_RENAME &&
	    !may(&u, w->v->user, w->v->user))
		rc = forbid(&u, err);
	w->actor = u.number;
	ms_account_release(&u);
	return rc;
}

/* ---- folders ---- */

/*
 * Finds the folder of a user and a source that is shown under the name, or
 * creates one. A source can have a folder of this name that is shown under
 * another one: the new folder has the name for the view only, because the first
 * folder of a name is the one that a source finds.
 */
static int
look_for_folder(struct writer *w, uint64_t user, uint64_t source,
    uint64_t *number, struct ms_err *err)
{
	int got = ms_index_find_shown(
	    ms_change_txn(w->ch), user, source, w->v->folder, number, err);

	if (got != 0)
		return got < 0 ? -1 : 0;
	return ms_change_event(w->ch, "folder",
	    json_pack("{ss sI sI}", "name", w->v->folder, "user",
		(json_int_t)user, "source", (json_int_t)source),
	    number, err);
}

/* The same; a folder that this batch creates is not in the index yet. */
static int
find_folder(struct writer *w, uint64_t user, uint64_t source, uint64_t *number,
    struct ms_err *err)
{
	const struct target *t = (const void *)w->targets.p;
	struct target found = {user, source, 0};

	for (size_t i = 0; i < w->targets.n / sizeof(*t); i++)
		if (t[i].user == user && t[i].source == source) {
			*number = t[i].number;
			return 0;
		}
	if (look_for_folder(w, user, source, number, err) < 0)
		return -1;
	found.number = *number;
	ms_buf_add(&w->targets, &found, sizeof(found));
	return 0;
}

/* ---- events ---- */

static void
set_text(json_t *o, const char *key, const char *text)
{
	if (text != NULL)
		json_object_set_new(o, key, json_string(text));
}

static void
set_number(json_t *o, const char *key, uint64_t n)
{
	json_object_set_new(o, key, json_integer((json_int_t)n));
}

/* The first event describes the change, the others name the first one. */
static int
add_event(struct writer *w, json_t *keys, size_t parts, struct ms_err *err)
{
	uint64_t number;

	if (w->number != 0) {
		set_number(keys, "change", w->number);
	} else {
		set_text(keys, "what", ms_view_kind_name(w->v->kind));
		if (w->actor != 0)
			set_number(keys, "by", w->actor);
		if (parts > 1)
			set_number(keys, "parts", parts);
		set_text(keys, "to", w->v->folder);
		set_text(keys, "query", w->v->query);
		set_text(keys, "reason", w->v->reason);
	}
	if (ms_change_event(w->ch, "view", keys, &number, err) < 0)
		return -1;
	if (w->number == 0)
		w->number = number;
	return 0;
}

static int
add_part(struct writer *w, const struct part *p, struct ms_err *err)
{
	const struct ms_view_item *item = &w->v->items[p->at];
	uint64_t to = target_user(w->v, item), folder = 0;
	json_t *keys, *list;

	if (to != 0 && find_folder(w, to, item->source, &folder, err) < 0)
		return -1;
	keys = json_object();
	list = json_array();
	set_number(keys, "from", item->own);
	if (folder != 0)
		set_number(keys, "folder", folder);
	for (size_t i = 0; i < p->n; i++)
		json_array_append_new(
		    list, json_integer((json_int_t)item[i].occurrence));
	json_object_set_new(keys, "occurrences", list);
	return add_event(w, keys, part_count(w), err);
}

/* Decides one batch. It may be called again, from the beginning. */
static int
decide_items(void *ctx, struct ms_change *ch, struct ms_err *err)
{
	struct writer *w = ctx;
	size_t end = w->at + w->batch_parts;

	w->ch = ch;
	ms_buf_clear(&w->targets);
	if (w->at == 0)
		w->number = 0;
	if (check_actor(w, ms_change_txn(ch), err) < 0)
		return -1;
	for (size_t i = w->at; i < part_count(w) && i < end; i++)
		if (add_part(w, part_at(w, i), err) < 0)
			return -1;
	return 0;
}

/* ---- a folder is renamed ---- */

/* Is this the name, or that of a folder below it? Appends what it becomes. */
static bool
renamed(const struct ms_view_change *v, struct ms_slice name, struct ms_buf *to)
{
	size_t n = strlen(v->from);

	if (name.n < n || memcmp(name.p, v->from, n) != 0 ||
	    (name.n > n && name.p[n] != '/'))
		return false;
	ms_buf_clear(to);
	ms_buf_add_str(to, v->folder);
	ms_buf_add(to, name.p + n, name.n - n);
	return true;
}

static int
collect_folders(struct writer *w, struct ms_txn *txn, json_t *folders,
    json_t *names, struct ms_err *err)
{
	struct ms_buf to = {0};
	struct ms_folder_row row = {0};
	struct ms_slice name;
	int got;

	w->count = 0;
	for (; (got = ms_index_next_folder(txn, &row, err)) == 1;
	     row.number++) {
		if (row.user != w->v->user)
			continue;
		got = ms_index_shown_name(txn, &row, &name, err);
		if (got < 0)
			break;
		if (!renamed(w->v, name, &to))
			continue;
		if (to.n > MS_FOLDER_MAX) {
			got = ms_fail(err, MS_USAGE,
			    "the name of a folder below it would be too long");
			break;
		}
		json_array_append_new(
		    folders, json_integer((json_int_t)row.number));
		json_array_append_new(names, json_string(ms_buf_str(&to)));
		w->count++;
	}
	ms_buf_release(&to);
	if (got == 0 && w->count == 0)
		return ms_fail(err, MS_NOINPUT,
		    "the user has no folder '%.200s'", w->v->from);
	return got;
}

/* Adds the event of a rename, or only checks whether it could be written. */
static int
rename_folders(
    struct writer *w, struct ms_txn *txn, bool write, struct ms_err *err)
{
	json_t *folders = json_array(), *names = json_array();
	json_t *keys = json_object();
	int rc;

	json_object_set_new(keys, "folders", folders);
	json_object_set_new(keys, "names", names);
	rc = check_actor(w, txn, err);
	if (rc == 0)
		rc = collect_folders(w, txn, folders, names, err);
	if (rc == 0 && write)
		rc = add_event(w, json_incref(keys), 1, err);
	json_decref(keys);
	return rc;
}

static int
decide_rename(void *ctx, struct ms_change *ch, struct ms_err *err)
{
	struct writer *w = ctx;

	w->ch = ch;
	w->number = 0;
	return rename_folders(w, ms_change_txn(ch), true, err);
}

/* Calls fn, which only checks, before the archive is locked. */
typedef int check_fn(void *ctx, struct ms_txn *txn, struct ms_err *err);
static int
check_first(struct ms_archive *a, check_fn *fn, void *ctx, struct ms_err *err)
{
	struct ms_txn txn;
	int rc;

	do {
		if (ms_index_begin(ms_archive_index(a), &txn, err) < 0)
			return -1;
		rc = fn(ctx, &txn, err);
	} while (ms_index_end(&txn) != 0);
	return rc;
}

static int
check_write(void *ctx, struct ms_txn *txn, struct ms_err *err)
{
	struct writer *w = ctx;

	return w->v->kind == MS_VIEW_RENAME ? rename_folders(w, txn, false, err)
					    : check_actor(w, txn, err);
}

int
ms_view_write(struct ms_archive *a, struct ms_view_change *v, uint64_t *number,
    uint64_t *count, struct ms_err *err)
{
	bool rename = v->kind == MS_VIEW_RENAME;
	struct writer w = {.v = v};
	int rc;

	set_limits(&w);
	if (!rename)
		make_parts(&w);
	w.count = v->count;
	/* The first change adds a feature to the archive: what is refused adds
	 * nothing. */
	rc = check_first(a, check_write, &w, err);
	if (rc == 0 && rename)
		rc = ms_archive_change_view(a, v->as, decide_rename, &w, err);
	for (; rc == 0 && w.at < part_count(&w); w.at += w.batch_parts)
		rc = ms_archive_change_view(a, v->as, decide_items, &w, err);
	ms_buf_release(&w.parts);
	ms_buf_release(&w.targets);
	*number = w.number;
	*count = w.count;
	return rc;
}

/* ---- undo ---- */

struct undo {
	struct ms_archive *a;
	const char *as, *reason;
	uint64_t by; /* the user who made the change; 0: unknown */
	unsigned kinds;
	struct ms_change_row *row;
};

/* The user of a folder; 0 if its event is lost. 0, -1. */
static int
user_of(struct ms_txn *txn, uint64_t folder, uint64_t *user, struct ms_err *err)
{
	struct ms_folder_row row = {0};
	int got = ms_index_folder(txn, folder, &row, err);

	*user = got == 1 ? row.user : 0;
	return got < 0 ? -1 : 0;
}

/* The folder of an OCCURRENCE; 0 if it is lost. */
static uint64_t
own_folder(struct ms_archive *a, uint64_t occurrence)
{
	struct ms_occurrence own = {0};
	struct ms_buf content = {0};
	uint64_t folder = 0;

	if (ms_archive_content(a, occurrence, MS_OCCURRENCE, &content, NULL) ==
		0 &&
	    ms_occurrence_parse(&own, ms_buf_slice(&content), NULL) == 0)
		folder = own.folder;
	ms_buf_release(&content);
	return folder;
}

/* May the user turn back what a change says about an occurrence? 1, 0, -1. */
static int
may_turn_back(const struct undo *u, const struct ms_account *actor,
    struct ms_txn *txn, uint64_t occurrence, const struct ms_view_row *view,
    struct ms_err *err)
{
	struct ms_view_row before = {0};
	uint64_t from, to;
	int got =
	    ms_index_view_before(txn, occurrence, view->change, &before, err);

	if (got == 0)
		before.folder = own_folder(u->a, occurrence);
	if (got < 0 || user_of(txn, before.folder, &from, err) < 0 ||
	    user_of(txn, view->folder, &to, err) < 0)
		return -1;
	/* It was removed before, and shown again: by --restore-removed. */
	if (from == 0 && before.change != 0 && before.folder == 0)
		return to != 0 && ms_account_may(actor, to, MS_RIGHT_DELETE);
	if (from == 0 || (to == 0 && view->folder != 0))
		return 0;
	return to == 0 ? ms_account_may(actor, from, MS_RIGHT_DELETE)
		       : may(actor, to, from);
}

/* May the user turn back all that a change says? 1, 0, -1. */
static int
may_undo(const struct undo *u, const struct ms_account *actor,
    struct ms_txn *txn, struct ms_err *err)
{
	uint64_t change = u->row->number, occurrence = 0, folder = 0;
	uint64_t named = 0, user = 0;
	struct ms_view_row view = {0};
	int got, may_it = 1;

	for (; may_it == 1 &&
	       (got = ms_index_next_view(txn, &occurrence, &view, err)) != 0;
	     view.change++) {
		if (got < 0)
			return -1;
		if (view.change == change)
			may_it = may_turn_back(
			    u, actor, txn, occurrence, &view, err);
	}
	for (; may_it == 1 &&
	       (got = ms_index_next_shown(txn, &folder, &named, err)) != 0;
	     named++) {
		if (got < 0 ||
		    (named == change && user_of(txn, folder, &user, err) < 0))
			return -1;
		if (named == change)
			may_it = user != 0 && may(actor, user, user);
	}
	return may_it;
}

/* Own changes, and those that the user could turn back by another change. */
static int
check_undo_as(const struct undo *u, struct ms_txn *txn, struct ms_err *err)
{
	struct ms_account actor = {0};
	int rc, got;

	rc = find_actor(
	    txn, u->as, (enum ms_view_kind)u->row->kind, &actor, err);
	if (rc == 0 && u->by != actor.number &&
	    !ms_account_has(&actor, MS_PRIVILEGE_ADMIN)) {
		got = may_undo(u, &actor, txn, err);
		rc = got == 0 ? forbid(&actor, err) : got < 0 ? -1 : 0;
	}
	ms_account_release(&actor);
	return rc;
}

static int
check_undo(void *ctx, struct ms_txn *txn, struct ms_err *err)
{
	const struct undo *u = ctx;
	struct ms_change_row *row = u->row;
	unsigned long long n = row->number;
	int got = ms_index_change(txn, row, err);

	if (got == 0)
		return ms_fail(err, MS_NOINPUT,
		    "there is no change %llu (--log lists the changes)", n);
	if (got < 0)
		return -1;
	if ((u->kinds >> row->kind & 1) == 0)
		return ms_fail(err, MS_USAGE, "change %llu is a %s; use ms-%s",
		    n, ms_view_kind_name((enum ms_view_kind)row->kind),
		    (u->kinds >> MS_VIEW_REMOVE & 1) != 0 ? "move" : "remove");
	if (row->undone != 0)
		return ms_fail(
		    err, MS_NOINPUT, "change %llu was undone already", n);
	return u->as == NULL ? 0 : check_undo_as(u, txn, err);
}

/* The user who made a change by --as; 0: unknown. Its
 * actor is no proof: another user may have got the name since. */
static uint64_t
made_by(struct ms_archive *a, uint64_t number)
{
	struct ms_buf json = {0};
	json_int_t by = 0;
	json_t *o;

	if (ms_history_change(a, number, number, &json, NULL) == 0) {
		o = json_loadb((const char *)json.p, json.n, 0, NULL);
		by = json_integer_value(json_object_get(o, "by"));
		json_decref(o);
	}
	ms_buf_release(&json);
	return by > 0 ? (uint64_t)by : 0;
}

static int
decide_undo(void *ctx, struct ms_change *ch, struct ms_err *err)
{
	const struct undo *u = ctx;
	json_t *keys;

	if (check_undo(ctx, ms_change_txn(ch), err) < 0)
		return -1;
	keys = json_object();
	set_number(keys, "change", u->row->number);
	set_text(keys, "reason", u->reason);
	return ms_change_event(ch, "undo", keys, NULL, err);
}

int
ms_view_undo(struct ms_archive *a, uint64_t number, unsigned kinds,
    const char *as, const char *reason, struct ms_change_row *row,
    struct ms_err *err)
{
	struct undo u = {
	    .a = a, .as = as, .reason = reason, .kinds = kinds, .row = row};

	row->number = number;
	if (as != NULL)
		u.by = made_by(a, number);
	if (check_first(a, check_undo, &u, err) < 0)
		return -1;
	return ms_archive_change_view(a, as, decide_undo, &u, err);
}
