/* state.c - the live state, written as state events and restored from them.
 * ms-archive(5), EVENT. */
#include "state.h"

#include <string.h>

#include "impl.h"
#include "le.h"
#include "ranges.h"

#define OVERHEAD 1024 /* bytes of an event besides its objects */

/* The key of an event that has the objects of a kind, and the kind of their
 * rows; the settings are one object, others are in an array. */
static const struct {
	const char *key;
	enum ms_row_kind row;
} kinds[MS_STATE_KINDS] = {
    [MS_STATE_SETTINGS] = {"settings", MS_ROW_SETTINGS},
    [MS_STATE_USER] = {"users", MS_ROW_USER},
    [MS_STATE_SOURCE] = {"sources", 0},
    [MS_STATE_FOLDER] = {"folders", 0},
    [MS_STATE_LABEL] = {"labels", 0},
    [MS_STATE_PROFILE] = {"profiles", MS_ROW_PROFILE},
    [MS_STATE_CHANGE] = {"changes", 0},
};

/* ---- rows to objects ---- */

static void
set_number(json_t *o, const char *key, uint64_t n)
{
	json_object_set_new(o, key, json_integer((json_int_t)n));
}

static void
set_text(json_t *o, const char *key, struct ms_slice text)
{
	json_object_set_new(o, key, json_stringn((const char *)text.p, text.n));
}

/* Sets the keys of a row. A row of an earlier version of the index does not
 * know its last event. */
static void
set_row(
    struct ms_state_object *o, json_t *json, const struct ms_record_row *row)
{
	ms_event_state_keys(json, kinds[o->key.kind].row, row);
	o->changed = ms_record_row_number(row, MS_FIELD_CHANGED);
	o->changes = ms_record_row_number(row, MS_FIELD_CHANGES);
	if (o->changes > 0)
		return;
	o->changed = o->key.number;
	o->changes = 1;
	set_number(json, "changed", o->changed);
	set_number(json, "changes", o->changes);
}

static int
next_settings(struct ms_txn *txn, struct ms_state_object *o, json_t *json,
    struct ms_err *err)
{
	struct ms_record_row row;
	int got;

	if (o->key.number > 0)
		return 0;
	got = ms_index_record_row(txn, MS_ROW_SETTINGS, 0, &row, err);
	if (got == 1)
		set_row(o, json, &row);
	return got;
}

/* A user without a row has no effect, but folders may name it. */
static int
next_user(struct ms_txn *txn, struct ms_state_object *o, json_t *json,
    struct ms_err *err)
{
	struct ms_record_row row;
	struct ms_slice name;
	int got;

	got = ms_index_next_name(txn, MS_NAME_USER, &o->key.number, &name, err);
	if (got <= 0)
		return got;
	set_number(json, "number", o->key.number);
	set_text(json, "name", name);
	got = ms_index_record_row(txn, MS_ROW_USER, o->key.number, &row, err);
	if (got == 1)
		set_row(o, json, &row);
	else if (got == 0)
		json_object_set_new(json, "no_effect", json_true());
	return got < 0 ? -1 : 1;
}

static int
next_source(struct ms_txn *txn, struct ms_state_object *o, json_t *json,
    struct ms_err *err)
{
	struct ms_slice url;
	int got;

	got =
	    ms_index_next_name(txn, MS_NAME_SOURCE, &o->key.number, &url, err);
	if (got != 1)
		return got;
	set_number(json, "number", o->key.number);
	set_text(json, "url", url);
	return 1;
}

static int
next_folder(struct ms_txn *txn, struct ms_state_object *o, json_t *json,
    struct ms_err *err)
{
	struct ms_folder_row row = {.number = o->key.number};
	int got = ms_index_next_folder(txn, &row, err);

	if (got != 1)
		return got;
	o->key.number = row.number;
	set_number(json, "number", row.number);
	set_number(json, "user", row.user);
	set_number(json, "source", row.source);
	set_text(json, "name", row.name);
	return 1;
}

static int
next_label(struct ms_txn *txn, struct ms_state_object *o, json_t *json,
    struct ms_err *err)
{
	struct ms_label_row row = {
	    .user = o->key.number, .source = o->key.second};
	int got = ms_index_next_label(txn, &row, err);

	if (got != 1)
		return got;
	o->key.number = row.user;
	o->key.second = row.source;
	o->changed = row.number;
	set_number(json, "user", row.user);
	set_number(json, "source", row.source);
	set_text(json, "label", row.label);
	set_number(json, "changed", row.number);
	return 1;
}

static int
next_profile(struct ms_txn *txn, struct ms_state_object *o, json_t *json,
    struct ms_err *err)
{
	struct ms_record_row row;
	struct ms_slice v;
	int got;

	got = ms_index_next_record_row(
	    txn, MS_ROW_PROFILE, &o->key.number, &v, err);
	if (got != 1)
		return got;
	if (ms_record_row_parse(&row, v, err) < 0)
		return -1;
	set_number(json, "number", o->key.number);
	set_row(o, json, &row);
	return 1;
}

static int
next_change(struct ms_txn *txn, struct ms_state_object *o, json_t *json,
    struct ms_err *err)
{
	struct ms_change_event_row row = {
	    .change = o->key.number, .number = o->key.second};
	json_t *event;
	int got = ms_index_next_change_event(txn, &row, err);

	if (got != 1)
		return got;
	o->key.number = row.change;
	o->key.second = row.number;
	o->changed = row.number;
	event = json_loadb((const char *)row.json.p, row.json.n, 0, NULL);
	if (event == NULL)
		return ms_index_damaged(err, "change-event");
	json_object_update(json, event);
	json_decref(event);
	return 1;
}

/* The first object at or after *at, with new JSON. 1, 0, -1. */
static int
next_object(struct ms_txn *txn, struct ms_state_key *at,
    struct ms_state_object *o, json_t *json, struct ms_state_filter *f,
    struct ms_err *err)
{
	static int (*const next[])(struct ms_txn * txn,
	    struct ms_state_object * o, json_t * json,
	    struct ms_err * err) = {[MS_STATE_SETTINGS] = next_settings,
	    [MS_STATE_USER] = next_user,
	    [MS_STATE_SOURCE] = next_source,
	    [MS_STATE_FOLDER] = next_folder,
	    [MS_STATE_LABEL] = next_label,
	    [MS_STATE_PROFILE] = next_profile,
	    [MS_STATE_CHANGE] = next_change};
	struct ms_err why = {0};
	int got = 0;

	for (; at->kind < MS_STATE_KINDS;
	     *at = (struct ms_state_key){.kind = at->kind + 1}) {
		*o = (struct ms_state_object){.key = *at, .json = json};
		got = next[at->kind](txn, o, json, &why);
		if (got < 0 && f != NULL && why.code == MS_INDEX) {
			f->damaged = true;
			json_object_clear(json);
			got = 0;
		}
		if (got == 1)
			*at = o->key;
		if (got != 0)
			break;
	}
	if (got < 0 && err != NULL)
		*err = why;
	return got;
}

static void
move_on(struct ms_state_key *at)
{
	bool pair = at->kind == MS_STATE_LABEL || at->kind == MS_STATE_CHANGE;

	if (pair && ++at->second != 0)
		return;
	at->number++;
}

/* Adds an object to the event; takes the reference over. */
static void
add_object(json_t *event, enum ms_state_kind kind, json_t *json)
{
	json_t *list = json_object_get(event, kinds[kind].key);

	if (kind == MS_STATE_SETTINGS) {
		json_object_set_new(event, kinds[kind].key, json);
		return;
	}
	if (list == NULL) {
		list = json_array();
		json_object_set_new(event, kinds[kind].key, list);
	}
	json_array_append_new(list, json);
}

int
ms_state_event(struct ms_txn *txn, struct ms_state_key *at,
    struct ms_state_filter *f, struct ms_buf *json, struct ms_err *err)
{
	json_t *event = json_object(), *o = json_object();
	struct ms_state_object object;
	size_t size = 0, n;
	int got;

	while ((got = next_object(txn, at, &object, o, f, err)) == 1) {
		n = json_dumpb(o, NULL, 0, JSON_COMPACT);
		if (size > 0 && size + n > MS_STATE_EVENT)
			break;
		got = f == NULL ? 1 : f->want(f->ctx, &object, err);
		if (got < 0)
			break;
		if (got == 1 && n <= MS_EVENT_MAX - OVERHEAD) {
			add_object(event, object.key.kind, o);
			size += n + 1;
			o = json_object();
		} else {
			json_object_clear(o);
		}
		move_on(at);
	}
	json_decref(o);
	if (got >= 0 && size > 0) {
		ms_buf_clear(json);
		ms_event_json(json, "state", event, NULL);
		return 1;
	}
	json_decref(event);
	return got;
}

/* ---- objects to rows ---- */

static uint64_t
get_number(const json_t *o, const char *key)
{
	json_int_t n = json_integer_value(json_object_get(o, key));

	return n > 0 ? (uint64_t)n : 0;
}

static const char *
get_text(const json_t *o, const char *key)
{
	return json_string_value(json_object_get(o, key));
}

static bool
has_no_effect(const json_t *o)
{
	return json_is_true(json_object_get(o, "no_effect"));
}

/* The key of an event of a change. False: it lacks a key, and is ignored. */
static bool
parse_change(struct ms_state_object *o)
{
	const char *event = get_text(o->json, "event");
	uint64_t change = get_number(o->json, "change");

	o->key.second = get_number(o->json, "number");
	o->key.number = change > 0 ? change : o->key.second;
	o->changed = o->key.second;
	o->changes = 0;
	return event != NULL && o->key.second > 0 &&
	       (strcmp(event, "view") == 0 ||
		   (strcmp(event, "undo") == 0 && change > 0)) &&
	       ms_ranges_ok(json_object_get(o->json, "ranges"));
}

/* The object of an event. False: it lacks a key, and is ignored. */
static bool
parse_object(
    struct ms_state_object *o, enum ms_state_kind kind, const json_t *json)
{
	static const char *const text[] = {[MS_STATE_USER] = "name",
	    [MS_STATE_SOURCE] = "url",
	    [MS_STATE_FOLDER] = "name",
	    [MS_STATE_LABEL] = "label",
	    [MS_STATE_PROFILE] = "name"};
	bool owned = kind == MS_STATE_FOLDER || kind == MS_STATE_LABEL;

	*o = (struct ms_state_object){.key.kind = kind,
	    .changed = get_number(json, "changed"),
	    .changes = get_number(json, "changes"),
	    .json = json};
	if (kind == MS_STATE_SETTINGS)
		return json_is_object(json);
	if (kind == MS_STATE_CHANGE)
		return parse_change(o);
	o->key.number =
	    get_number(json, kind == MS_STATE_LABEL ? "user" : "number");
	o->key.second = kind == MS_STATE_LABEL ? get_number(json, "source") : 0;
	return o->key.number > 0 && get_text(json, text[kind]) != NULL &&
	       (!owned || (get_number(json, "user") > 0 &&
			      get_number(json, "source") > 0));
}

int
ms_state_is_newer(
    struct ms_txn *txn, const struct ms_state_object *o, struct ms_err *err)
{
	uint64_t n = o->key.number, changed = 0;
	struct ms_change_event_row event = {n, o->key.second, {0}};
	struct ms_folder_row folder;
	struct ms_label_row label;
	struct ms_record_row row;
	struct ms_slice name;
	int got;

	if (o->key.kind == MS_STATE_SOURCE ||
	    (o->key.kind == MS_STATE_USER && has_no_effect(o->json))) {
		got = ms_index_name_of(txn,
		    o->key.kind == MS_STATE_USER ? MS_NAME_USER
						 : MS_NAME_SOURCE,
		    n, &name, err);
		return got < 0 ? -1 : !got;
	}
	if (o->key.kind == MS_STATE_FOLDER) {
		got = ms_index_folder(txn, n, &folder, err);
		return got < 0 ? -1 : !got;
	}
	if (o->key.kind == MS_STATE_LABEL) {
		got = ms_index_label(txn, n, o->key.second, &label, err);
		if (got < 0)
			return -1;
		return got == 0 || o->changed > label.number;
	}
	if (o->key.kind == MS_STATE_CHANGE) {
		got = ms_index_change_event(txn, &event, err);
		return got < 0 ? -1 : !got;
	}
	got = ms_index_record_row(txn, kinds[o->key.kind].row, n, &row, err);
	if (got != 1)
		return got < 0 ? -1 : 1;
	changed = ms_record_row_number(&row, MS_FIELD_CHANGED);
	return o->changed != changed
		   ? o->changed > changed
		   : o->changes > ms_record_row_number(&row, MS_FIELD_CHANGES);
}

/* The lowest number with a name has it. */
static int
put_name(struct ms_txn *txn, enum ms_name_kind kind, uint64_t user,
    uint64_t source, const char *name, uint64_t number, struct ms_err *err)
{
	unsigned char key[NAME_KEY], v[8];
	uint64_t has;
	int got;

	got = ms_index_exact_name(txn, kind, user, source, name, &has, err);
	if (got < 0 || (got == 1 && has <= number))
		return got < 0 ? -1 : 0;
	ms_name_key(key, kind, user, source, name);
	ms_put_le64(v, number);
	return ms_index_put(
	    txn, MS_TABLE_NAME, key, sizeof(key), v, sizeof(v), err);
}

static int
put_source(
    struct ms_txn *txn, const struct ms_state_object *o, struct ms_err *err)
{
	const char *url = get_text(o->json, "url");
	unsigned char key[8];

	ms_put_be64(key, o->key.number);
	if (ms_index_put(txn, MS_TABLE_SOURCE, key, sizeof(key), url,
		strlen(url), err) < 0)
		return -1;
	return put_name(txn, MS_NAME_SOURCE, 0, 0, url, o->key.number, err);
}

/* A value of numbers and a text. */
static int
put_numbered(struct ms_txn *txn, enum ms_table table, const void *key,
    size_t key_n, const uint64_t *numbers, size_t count, const char *text,
    struct ms_err *err)
{
	struct ms_buf value = {0};
	unsigned char v[8];
	size_t i;
	int rc;

	for (i = 0; i < count; i++) {
		ms_put_le64(v, numbers[i]);
		ms_buf_add(&value, v, sizeof(v));
	}
	ms_buf_add_str(&value, text);
	rc = ms_index_put(txn, table, key, key_n, value.p, value.n, err);
	ms_buf_release(&value);
	return rc;
}

static int
put_folder(
    struct ms_txn *txn, const struct ms_state_object *o, struct ms_err *err)
{
	const uint64_t of[] = {
	    get_number(o->json, "user"), get_number(o->json, "source")};
	const char *name = get_text(o->json, "name");
	unsigned char key[8];

	ms_put_be64(key, o->key.number);
	if (put_numbered(
		txn, MS_TABLE_FOLDER, key, sizeof(key), of, 2, name, err) < 0)
		return -1;
	return put_name(
	    txn, MS_NAME_FOLDER, of[0], of[1], name, o->key.number, err);
}

static int
put_label(
    struct ms_txn *txn, const struct ms_state_object *o, struct ms_err *err)
{
	unsigned char key[16];

	ms_put_be64(key, o->key.number);
	ms_put_be64(key + 8, o->key.second);
	return put_numbered(txn, MS_TABLE_LABEL, key, sizeof(key), &o->changed,
	    1, get_text(o->json, "label"), err);
}

static int
put_row(struct ms_txn *txn, const struct ms_state_object *o, struct ms_err *err)
{
	enum ms_row_kind kind = kinds[o->key.kind].row;
	struct ms_record_row row;
	struct ms_buf fields = {0};
	int rc;

	if (kind == MS_ROW_USER && has_no_effect(o->json))
		return ms_index_put_user_name(
		    txn, o->key.number, get_text(o->json, "name"), err);
	ms_event_state_fields(&fields, kind, o->json);
	rc = ms_record_row_parse(&row, ms_buf_slice(&fields), err);
	if (rc == 0)
		rc = ms_index_replace_row(txn, kind, o->key.number, &row, err);
	ms_buf_release(&fields);
	return rc;
}

static int
put_change(
    struct ms_txn *txn, const struct ms_state_object *o, struct ms_err *err)
{
	return ms_view_restore(txn, o->key.number, o->key.second, o->json, err);
}

static int
restore(struct ms_txn *txn, enum ms_state_kind kind, const json_t *json,
    struct ms_err *err)
{
	static int (*const put[])(struct ms_txn * txn,
	    const struct ms_state_object *o,
	    struct ms_err *err) = {[MS_STATE_SETTINGS] = put_row,
	    [MS_STATE_USER] = put_row,
	    [MS_STATE_SOURCE] = put_source,
	    [MS_STATE_FOLDER] = put_folder,
	    [MS_STATE_LABEL] = put_label,
	    [MS_STATE_PROFILE] = put_row,
	    [MS_STATE_CHANGE] = put_change};
	struct ms_state_object o;
	int got;

	if (!parse_object(&o, kind, json))
		return 0;
	got = ms_state_is_newer(txn, &o, err);
	return got == 1 ? put[kind](txn, &o, err) : got;
}

int
ms_state_restore(
    struct ms_txn *txn, const struct ms_event *ev, struct ms_err *err)
{
	const json_t *list, *o;
	size_t i, n;
	int kind;

	for (kind = 0; kind < MS_STATE_KINDS; kind++) {
		list = json_object_get(ev->json, kinds[kind].key);
		if (kind == MS_STATE_SETTINGS) {
			if (restore(txn, (enum ms_state_kind)kind, list, err) <
			    0)
				return -1;
			continue;
		}
		n = json_array_size(list);
		for (i = 0; i < n; i++) {
			o = json_array_get(list, i);
			if (restore(txn, (enum ms_state_kind)kind, o, err) < 0)
				return -1;
		}
	}
	return 0;
}
