/* view-log.c - prints the changes of ms-remove(1) and ms-move(1). */
#include <stdio.h>
#include <string.h>

#include "history.h"
#include "json.h"
#include "listing.h"
#include "report.h"
#include "term.h"
#include "time.h"
#include "view-tool.h"

/* "" if the change counts. */
static const char *
state_of(const struct ms_change_row *row)
{
	if (row->undone != 0)
		return "undone";
	return ms_change_counts(row) ? "" : "incomplete";
}

static void
add_text(struct ms_buf *out, const char *text)
{
	ms_buf_add_byte(out, '\t');
	if (text != NULL)
		ms_listing_escape(out, text, strlen(text));
}

static const char *
text_of(const json_t *event, const char *key)
{
	return json_string_value(json_object_get(event, key));
}

static void
write_line(
    struct ms_buf *out, const struct ms_change_row *row, const json_t *event)
{
	char when[21];

	ms_time_format(row->time, when);
	ms_buf_printf(out, "%llu\t%s", (unsigned long long)row->number, when);
	add_text(out, text_of(event, "actor"));
	add_text(out, ms_view_kind_name((enum ms_view_kind)row->kind));
	ms_buf_printf(out, "\t%llu", (unsigned long long)row->count);
	add_text(out, state_of(row));
	add_text(out, text_of(event, "to"));
	add_text(out, text_of(event, "query"));
	add_text(out, text_of(event, "reason"));
	ms_buf_add_byte(out, '\n');
}

/* On a terminal. */
static const struct ms_column columns[] = {
    {.heading = "CHANGE", .right = true},
    {.heading = "WHEN"},
    {.heading = "WHO"},
    {.heading = "WHAT"},
    {.heading = "COUNT", .right = true},
    {.heading = "STATE", .plain = ""},
    {.heading = "FOLDER", .shrink = true, .plain = ""},
    {.heading = "REASON", .shrink = true, .plain = ""},
    {.heading = "QUERY"},
};

static void
add_number(struct ms_table *table, uint64_t n)
{
	char text[21];

	snprintf(text, sizeof(text), "%llu", (unsigned long long)n);
	ms_table_add(table, text);
}

static void
add_cell(struct ms_table *table, const char *text)
{
	ms_table_add(table, text != NULL ? text : "");
}

static void
write_row(struct ms_table *table, const struct ms_change_row *row,
    const json_t *event)
{
	struct ms_buf when = {0};

	ms_term_date(&when, row->time, true);
	add_number(table, row->number);
	ms_table_add(table, ms_buf_str(&when));
	add_cell(table, text_of(event, "actor"));
	add_cell(table, ms_view_kind_name((enum ms_view_kind)row->kind));
	add_number(table, row->count);
	add_cell(table, state_of(row));
	add_cell(table, text_of(event, "to"));
	add_cell(table, text_of(event, "reason"));
	add_cell(table, text_of(event, "query"));
	ms_table_row(table);
	ms_buf_release(&when);
}

static void
set_text(json_t *o, const char *key, const json_t *event)
{
	if (text_of(event, key) != NULL)
		json_object_set(o, key, json_object_get(event, key));
}

static void
write_object(
    struct ms_buf *out, const struct ms_change_row *row, const json_t *event)
{
	json_t *o = json_object();
	char when[21];

	ms_time_format(row->time, when);
	ms_json_number(o, "change", row->number);
	json_object_set_new(o, "time", json_string(when));
	set_text(o, "actor", event);
	json_object_set_new(o, "kind",
	    json_string(ms_view_kind_name((enum ms_view_kind)row->kind)));
	ms_json_number(o, "count", row->count);
	json_object_set_new(o, "state", json_string(state_of(row)));
	if (row->undone != 0)
		ms_json_number(o, "undone", row->undone);
	set_text(o, "to", event);
	set_text(o, "query", event);
	set_text(o, "reason", event);
	ms_json_line(out, o);
	ms_buf_add_byte(out, '\n');
	json_decref(o);
}

/* Prints one change. A change whose first event is lost is named. */
static void
print_change(struct view_tool *t, struct ms_table *table,
    const struct ms_change_row *row)
{
	struct ms_buf json = {0};
	struct ms_err why = {0};
	json_t *event = NULL;
	char where[32];

	if (ms_history_change(
		t->archive, row->number, row->number, &json, &why) == 0)
		event = json_loadb((const char *)json.p, json.n, 0, NULL);
	if (event == NULL) {
		snprintf(where, sizeof(where), "change %llu",
		    (unsigned long long)row->number);
		ms_report_failed(t->report, where, why.msg);
		t->failed++;
		t->some_failed = true;
	}
	if (t->opt->json)
		write_object(&t->out, row, event);
	else if (table != NULL)
		write_row(table, row, event);
	else
		write_line(&t->out, row, event);
	json_decref(event);
	ms_buf_release(&json);
}

/* The next change from *row on; no transaction lasts. 1, 0, -1. */
static int
next_change(struct view_tool *t, struct ms_change_row *row, struct ms_err *err)
{
	const struct ms_change_row from = *row;
	struct ms_txn txn;
	int got;

	do {
		*row = from;
		if (ms_index_begin(ms_archive_index(t->archive), &txn, err) < 0)
			return -1;
		got = ms_index_next_change(&txn, row, err);
	} while (ms_index_end(&txn) != 0);
	return got;
}

/* Has the index lost changes? 0; -1: MS_INDEX. */
static int
check_changes(struct view_tool *t, struct ms_err *err)
{
	struct ms_txn txn;
	int rc;

	do {
		if (ms_index_begin(ms_archive_index(t->archive), &txn, err) < 0)
			return -1;
		rc = ms_index_check(&txn, MS_INDEX_NAMES, err);
	} while (ms_index_end(&txn) != 0);
	return rc;
}

int
view_log(struct view_tool *t, struct ms_err *err)
{
	struct ms_change_row row = {0};
	struct ms_table *table = NULL;
	int got, rc = 0;

	if (check_changes(t, err) < 0)
		return -1;
	if (ms_term_stdout() && !t->opt->json)
		table =
		    ms_table_new(columns, sizeof(columns) / sizeof(columns[0]));
	for (; rc == 0 && (got = next_change(t, &row, err)) != 0;
	     row.number++) {
		if (got == 1 && (t->kinds >> row.kind & 1) == 0)
			continue;
		if (got == 1)
			print_change(t, table, &row);
		rc = got == 1 ? view_flush(t, err) : -1;
	}
	ms_table_end(table);
	return rc;
}
