/* log-view.c - ms-users log: what ms-remove and ms-move have changed. The
 * manual is ms-users(1). */
#include <string.h>

#include "event.h"
#include "history.h"
#include "json.h"
#include "listing.h"
#include "time.h"
#include "users.h"

/* Deletes the lists, which can have thousands of numbers. */
static void
drop_lists(json_t *event)
{
	static const char *const keys[] = {
	    "number", "ranges", "folders", "names"};

	for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++)
		json_object_del(event, keys[i]);
}

/* Deletes what a line has in other columns, or what says nothing to a person.
 */
static void
drop_columns(json_t *event)
{
	static const char *const keys[] = {"event", "time", "actor", "login",
	    "what", "parts", "from", "folder"};

	for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++)
		json_object_del(event, keys[i]);
}

static const char *
kind_of(const struct ms_event_row *row, const struct ms_change_row *change)
{
	if (row->kind == MS_EVENT_UNDO)
		return ms_event_name(MS_EVENT_UNDO);
	return ms_view_kind_name((enum ms_view_kind)change->kind);
}

static void
set_change(json_t *o, const struct ms_event_row *row,
    const struct ms_change_row *change)
{
	ms_json_number(o, "change", change->number);
	if (row->kind != MS_EVENT_UNDO)
		ms_json_number(o, "count", change->count);
}

static void
write_line(struct ms_buf *out, const struct ms_event_row *row,
    const struct ms_change_row *change, json_t *event)
{
	const char *actor = json_string_value(json_object_get(event, "actor"));
	struct ms_buf text = {0};
	json_t *o = json_object();
	char when[21];

	if (actor != NULL)
		ms_json_put_text(&text, actor);
	ms_time_format(row->time, when);
	ms_buf_printf(out, "%s\t", when);
	if (actor != NULL)
		ms_buf_add(out, text.p + 1, text.n - 2);
	ms_buf_printf(out, "\t%s\t\t", kind_of(row, change));
	drop_columns(event);
	set_change(o, row, change);
	json_object_update_missing(o, event);
	ms_json_line(out, o);
	ms_buf_add_byte(out, '\n');
	json_decref(o);
	ms_buf_release(&text);
}

static void
write_object(struct ms_buf *out, const struct ms_event_row *row,
    const struct ms_change_row *change, json_t *event)
{
	json_t *o = json_object();
	char when[21];

	ms_time_format(row->time, when);
	ms_json_number(o, "number", row->number);
	json_object_set_new(o, "time", json_string(when));
	json_object_set_new(o, "kind", json_string(kind_of(row, change)));
	set_change(o, row, change);
	json_object_set(o, "event", event);
	ms_json_line(out, o);
	ms_buf_add_byte(out, '\n');
	json_decref(o);
}

/* The row of a change; no transaction lasts. 0, -1. */
static int
read_change(struct users *u, struct ms_change_row *change, struct ms_err *err)
{
	const uint64_t number = change->number;
	struct ms_txn txn;
	int got;

	do {
		*change = (struct ms_change_row){.number = number};
		if (ms_index_begin(ms_archive_index(u->a), &txn, err) < 0)
			return -1;
		got = ms_index_change(&txn, change, err);
	} while (ms_index_end(&txn) != 0);
	if (got == 0)
		*change = (struct ms_change_row){.number = number};
	return got < 0 ? -1 : 0;
}

int
users_log_view(
    struct users *u, const struct ms_event_row *row, struct ms_err *err)
{
	struct ms_change_row change = {.number = row->target};
	struct ms_buf json = {0};
	json_t *event = NULL;
	int rc;

	rc = ms_history_change(u->a, row->target, row->number, &json, err);
	if (rc == 0)
		rc = read_change(u, &change, err);
	if (rc == 0)
		event = json_loadb((const char *)json.p, json.n, 0, NULL);
	if (rc == 0 && event != NULL) {
		drop_lists(event);
		(u->opt->json ? write_object : write_line)(
		    &u->out, row, &change, event);
	}
	json_decref(event);
	ms_buf_release(&json);
	return rc;
}
