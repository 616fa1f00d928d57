/* view-merge.c - view and undo events as rows of the index. ms-archive(5),
 * EVENT and View. */
#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "event.h"
#include "impl.h"
#include "le.h"
#include "ranges.h"

/* A number of an event, or 0. */
static uint64_t
number_of(const json_t *v)
{
	json_int_t n = json_integer_value(v);

	return n > 0 ? (uint64_t)n : 0;
}

static uint64_t
get_number(const json_t *o, const char *key)
{
	return number_of(json_object_get(o, key));
}

static enum ms_view_kind
kind_of(const char *name)
{
	for (size_t i = 1; name != NULL && i <= MS_VIEW_RESTORE; i++)
		if (strcmp(name, ms_view_kind_name((enum ms_view_kind)i)) == 0)
			return (enum ms_view_kind)i;
	return MS_VIEW_OTHER;
}

/* The row of a change, or a new one if no event has named it before. 0, -1. */
static int
get_change(struct ms_txn *txn, uint64_t number, struct ms_change_row *row,
    struct ms_err *err)
{
	int got;

	row->number = number;
	got = ms_index_change(txn, row, err);
	if (got == 0)
		*row = (struct ms_change_row){.number = number};
	return got < 0 ? -1 : 0;
}

/* Puts a row for each OCCURRENCE that the event lists. 0, -1. */
static int
put_views(struct ms_txn *txn, struct ms_change_row *change, const json_t *o,
    struct ms_err *err)
{
	struct ms_ranges list = {.list = json_object_get(o, "ranges")};
	uint64_t folder = get_number(o, "folder"), own = get_number(o, "from");
	unsigned char key[MS_PAIR], value[8];
	uint64_t occurrence;

	ms_put_le64(value, folder);
	while (ms_ranges_next(&list, &occurrence)) {
		change->count++;
		ms_pair_key(key, occurrence, change->number);
		if (ms_index_put(txn, MS_TABLE_VIEW, key, sizeof(key), value,
			sizeof(value), err) < 0)
			return -1;
	}
	if (folder == 0)
		return 0;
	ms_pair_key(key, folder, own);
	return ms_index_put(txn, MS_TABLE_TARGET, key, sizeof(key), "", 0, err);
}

/* Puts a row for each folder that the event lists. 0, -1. */
static int
put_names(struct ms_txn *txn, struct ms_change_row *change, const json_t *o,
    struct ms_err *err)
{
	const json_t *list = json_object_get(o, "folders"), *v;
	const json_t *names = json_object_get(o, "names");
	unsigned char key[MS_PAIR];
	const char *name;
	size_t i;

	json_array_foreach(list, i, v)
	{
		name = json_string_value(json_array_get(names, i));
		if (number_of(v) == 0 || name == NULL)
			continue;
		change->count++;
		ms_pair_key(key, number_of(v), change->number);
		if (ms_index_put(txn, MS_TABLE_SHOWN, key, sizeof(key), name,
			strlen(name), err) < 0)
			return -1;
	}
	return 0;
}

/* An event that was added later, when a message was moved at its source, is not
 * one of the parts of the change. */
static int
merge_view(struct ms_txn *txn, struct ms_change_row *row, uint64_t number,
    const json_t *o, struct ms_err *err)
{
	uint64_t parts = get_number(o, "parts");

	if (number == row->number) {
		row->kind = (uint8_t)kind_of(
		    json_string_value(json_object_get(o, "what")));
		row->parts = parts > 0 ? (uint32_t)parts : 1;
		row->time = json_integer_value(json_object_get(o, "time"));
	}
	if (!json_is_true(json_object_get(o, "added")))
		row->seen++;
	return put_views(txn, row, o, err) < 0 ||
		       put_names(txn, row, o, err) < 0
		   ? -1
		   : 0;
}

/* The first undo event counts. */
static void
merge_undo(struct ms_change_row *row, uint64_t number)
{
	if (row->undone == 0 || number < row->undone)
		row->undone = number;
}

static bool
is_undo(const json_t *o)
{
	const char *event = json_string_value(json_object_get(o, "event"));

	return event != NULL && strcmp(event, "undo") == 0;
}

/* The history has the first event of a change, and those that undo it. */
static int
put_history(struct ms_txn *txn, uint64_t change, uint64_t number,
    const json_t *o, struct ms_err *err)
{
	struct ms_event_row row = {.number = number,
	    .target = change,
	    .time = json_integer_value(json_object_get(o, "time")),
	    .kind = is_undo(o) ? MS_EVENT_UNDO : MS_EVENT_VIEW};

	if (!is_undo(o) && number != change)
		return 0;
	return ms_index_put_event(txn, MS_HISTORY_USERS, &row, err);
}

/* Keeps the object for the repeated state. 0, -1. */
static int
put_object(struct ms_txn *txn, uint64_t change, uint64_t number,
    const json_t *o, struct ms_err *err)
{
	char *text = json_dumps(o, JSON_COMPACT | JSON_SORT_KEYS);
	unsigned char key[MS_PAIR];
	int rc;

	assert(text != NULL);
	ms_pair_key(key, change, number);
	rc = ms_index_put(txn, MS_TABLE_CHANGE_EVENT, key, sizeof(key), text,
	    strlen(text), err);
	free(text);
	return rc;
}

int
ms_view_restore(struct ms_txn *txn, uint64_t change, uint64_t number,
    const json_t *o, struct ms_err *err)
{
	struct ms_change_event_row was = {.change = change, .number = number};
	struct ms_change_row row = {0};
	int got = ms_index_change_event(txn, &was, err);

	if (got != 0)
		return got < 0 ? -1 : 0;
	if (put_object(txn, change, number, o, err) < 0 ||
	    put_history(txn, change, number, o, err) < 0 ||
	    get_change(txn, change, &row, err) < 0)
		return -1;
	if (is_undo(o))
		merge_undo(&row, number);
	else if (merge_view(txn, &row, number, o, err) < 0)
		return -1;
	return ms_index_put_change(txn, &row, err);
}

/* The event as a state event repeats it. */
static json_t *
to_object(uint64_t number, const json_t *event)
{
	const json_t *list = json_object_get(event, "occurrences");
	json_t *o = json_copy((json_t *)event);

	json_object_set_new(o, "number", json_integer((json_int_t)number));
	json_object_set_new(o, "ranges", ms_ranges_new(list));
	if (list == NULL)
		json_object_del(o, "ranges");
	json_object_del(o, "occurrences");
	return o;
}

int
ms_view_merge(struct ms_txn *txn, uint64_t number, const struct ms_event *ev,
    struct ms_err *err)
{
	uint64_t change = get_number(ev->json, "change");
	json_t *o = to_object(number, ev->json);
	int rc;

	rc = ms_view_restore(txn, change > 0 ? change : number, number, o, err);
	json_decref(o);
	return rc;
}
