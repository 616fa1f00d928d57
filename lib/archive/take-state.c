/* take-state.c - a rebuild takes from the old index what the packs have lost.
 * ms-archive(5), States on disk. */
#include "state.h"

#include <string.h>

#include "impl.h"

struct take {
	struct ms_archive *a;
	struct ms_index *ix, *old; /* new, old */
	struct ms_txn txn;         /* of the new index */
	struct ms_position end;    /* of the log, as the old one knows it */
	bool proved;               /* the old one belongs to these packs */
	struct ms_state_filter filter;
	const struct ms_damage_sink *taken; /* NULL: objects are only counted */
	size_t count;
	bool view;       /* some of them are changes of the view */
	uint64_t change; /* the last change that was reported */
};

/* ---- does the old index belong to these packs? ---- */

/* The chain of a COMMIT. 1; 0: the COMMIT is missing; -1. */
static int
chain_of(struct take *t, uint64_t commit, unsigned char chain[MS_SHA_LEN],
    struct ms_err *err)
{
	struct ms_buf content = {0};
	struct ms_err why = {0};
	struct ms_commit c;
	int rc;

	t->a->ix = t->ix;
	rc = ms_archive_content(t->a, commit, MS_COMMIT, &content, &why);
	t->a->ix = NULL;
	if (rc == 0)
		rc = ms_commit_parse(&c, ms_buf_slice(&content), &why);
	if (rc == 0)
		memcpy(chain, c.chain, MS_SHA_LEN);
	ms_buf_release(&content);
	if (rc < 0 && why.code != MS_DATA) {
		*err = why;
		return -1;
	}
	return rc == 0;
}

/* Sets t->proved. 1; 0: the index is of other packs; -1: it cannot be read. */
static int
compare(struct take *t, struct ms_err *err)
{
	unsigned char id[MS_ID_LEN], chain[MS_SHA_LEN];
	struct ms_position pos = {0};
	struct ms_txn txn;
	int got;

	if (ms_index_begin(t->old, &txn, err) < 0)
		return -1;
	got = ms_index_archive(&txn, id, err);
	if (got == 0)
		got = ms_index_position(&txn, &pos, err);
	ms_index_end(&txn);
	if (got < 0)
		return -1;
	t->end = pos;
	if (memcmp(id, t->a->id, MS_ID_LEN) != 0 || pos.next <= 1)
		return 0;
	got = chain_of(t, pos.next - 1, chain, err);
	if (got == 0)
		got = ms_archive_other_blocks(t->a, &pos, err);
	else if (got == 1)
		t->proved = memcmp(chain, pos.chain, MS_SHA_LEN) == 0;
	if (got < 0)
		return -1;
	return got == 0 || t->proved;
}

/* ---- what is taken ---- */

/* A change of several events is reported once. */
static bool
was_reported(struct take *t, const struct ms_state_object *o)
{
	uint64_t last = t->change;

	if (o->key.kind != MS_STATE_CHANGE)
		return false;
	t->change = o->key.number;
	return last == o->key.number;
}

static void
report(struct take *t, const struct ms_state_object *o)
{
	static const struct {
		const char *what, *name;
	} kinds[] = {
	    [MS_STATE_SETTINGS] = {"the settings", NULL},
	    [MS_STATE_USER] = {"user", "name"},
	    [MS_STATE_SOURCE] = {"source", "url"},
	    [MS_STATE_FOLDER] = {"folder", "name"},
	    [MS_STATE_LABEL] = {"label", "label"},
	    [MS_STATE_PROFILE] = {"profile", "name"},
	    [MS_STATE_CHANGE] = {"change", NULL},
	};
	const char *key = kinds[o->key.kind].name, *name = NULL;
	struct ms_buf text = {0};

	if (was_reported(t, o))
		return;
	if (key != NULL)
		name = json_string_value(json_object_get(o->json, key));
	ms_buf_add_str(&text, kinds[o->key.kind].what);
	if (name != NULL)
		ms_buf_printf(&text, " '%s'", name);
	if (name != NULL && o->key.kind != MS_STATE_LABEL)
		ms_buf_printf(
		    &text, " (number %llu)", (unsigned long long)o->key.number);
	if (o->key.kind == MS_STATE_CHANGE)
		ms_buf_printf(
		    &text, " %llu", (unsigned long long)o->key.number);
	t->taken->fn(t->taken->ctx, ms_buf_str(&text));
	ms_buf_release(&text);
}

/* Has the event of a user or a profile no effect in the packs, although it can
 * be read there? 1, 0, -1. */
static int
has_no_effect(
    struct take *t, const struct ms_state_object *o, struct ms_err *err)
{
	struct ms_record_row row;
	struct ms_location loc;
	int got;

	if (o->key.kind != MS_STATE_USER && o->key.kind != MS_STATE_PROFILE)
		return 0;
	got = ms_index_locate(&t->txn, o->key.number, &loc, err);
	if (got != 1)
		return got;
	got = ms_index_record_row(&t->txn,
	    o->key.kind == MS_STATE_USER ? MS_ROW_USER : MS_ROW_PROFILE,
	    o->key.number, &row, err);
	return got < 0 ? -1 : !got;
}

/*
 * An object is taken if the packs lack it. If it is not certain that the index
 * belongs to these packs, the packs must also lack the record of the object.
 */
static int
want(void *ctx, const struct ms_state_object *o, struct ms_err *err)
{
	struct take *t = ctx;
	struct ms_location loc;
	uint64_t number = o->changed > 0 ? o->changed : o->key.number;
	int got = ms_state_is_newer(&t->txn, o, err);

	if (got == 1) {
		got = t->proved ? has_no_effect(t, o, err)
				: ms_index_locate(&t->txn, number, &loc, err);
		got = got < 0 ? -1 : !got;
	}
	if (got != 1)
		return got;
	t->count++;
	t->view |= o->key.kind == MS_STATE_CHANGE;
	if (t->taken != NULL)
		report(t, o);
	return 1;
}

static int
count(struct take *t, struct ms_err *err)
{
	struct ms_state_key at = {0};
	struct ms_buf json = {0};
	struct ms_txn txn;
	int got;

	if (ms_index_begin(t->ix, &t->txn, err) < 0)
		return -1;
	got = ms_index_begin(t->old, &txn, err);
	if (got == 0) {
		do {
			got = ms_state_event(&txn, &at, &t->filter, &json, err);
		} while (got == 1);
		ms_index_end(&txn);
	}
	ms_index_end(&t->txn);
	ms_buf_release(&json);
	return got;
}

/* Writes the objects to the log. */
static int
take(struct take *t, struct ms_err *err)
{
	struct ms_position pos;
	int rc;

	if (ms_archive_ready_tail(t->a, t->ix, t->view, &t->end, &pos, err) <
		0 ||
	    ms_index_begin(t->ix, &t->txn, err) < 0)
		return -1;
	rc = ms_archive_write_state(t->old, &t->filter, t->a->tail, &pos, err);
	ms_index_end(&t->txn);
	return rc < 0 ? -1 : ms_archive_follow(t->a, t->ix, &pos, err);
}

/* May this version write to the archive? */
static bool
may_write(struct ms_archive *a)
{
	enum ms_archive_mode mode = a->mode;
	bool may;

	a->mode = MS_ARCHIVE_WRITE;
	may = ms_archive_read_format(a, NULL) == 0;
	a->mode = mode;
	return may;
}

/* Opens the old index and counts what it has to give. 0 if it cannot be read,
 * or is of other packs. */
static int
look(struct take *t, struct ms_err *err)
{
	struct ms_err why = {0};
	int got;

	got = ms_index_open_old(&t->old, t->a->path, &why);
	if (got == 0)
		got = compare(t, &why);
	if (got == 1)
		got = count(t, &why);
	if (got >= 0 || why.code == MS_NOINPUT || why.code == MS_INDEX ||
	    why.code == MS_DATA)
		return 0;
	/* The old index may have the only copy, and stays. */
	if (err != NULL)
		*err = why;
	return -1;
}

int
ms_archive_take_state(struct ms_archive *a, struct ms_index *ix,
    const struct ms_damage_sink *taken, struct ms_err *err)
{
	struct take t = {.a = a, .ix = ix};
	int rc;

	t.filter = (struct ms_state_filter){.want = want, .ctx = &t};
	if (!may_write(a))
		return 0;
	rc = look(&t, err);
	if (rc == 0 && t.count > 0) {
		t.taken = taken;
		rc = take(&t, err);
	}
	ms_index_close(t.old);
	return rc;
}
