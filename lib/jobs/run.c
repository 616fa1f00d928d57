/* run.c - runs in the archive's log, read back. ms-archive(5), EVENT. */
#include "run.h"

#include <stdlib.h>
#include <string.h>

#include "history.h"
#include "json.h"
#include "record-store.h"

static const char *const results[] = {
    [MS_RUN_OPEN] = "",
    [MS_RUN_SUCCEEDED] = "succeeded",
    [MS_RUN_ERRORS] = "completed with errors",
    [MS_RUN_FAILED] = "failed",
    [MS_RUN_CANCELLED] = "cancelled",
};

const char *
ms_run_result_name(enum ms_run_result r)
{
	return results[r];
}

static enum ms_run_result
result_of(const char *name)
{
	int i;

	for (i = MS_RUN_SUCCEEDED; i <= MS_RUN_CANCELLED; i++)
		if (strcmp(name, results[i]) == 0)
			return (enum ms_run_result)i;
	return MS_RUN_OPEN;
}

/* ---- reading back ---- */

void
ms_run_release(struct ms_run *r)
{
	ms_buf_release(&r->row);
	*r = (struct ms_run){0};
}

int
ms_run_get(
    struct ms_archive *a, uint64_t number, struct ms_run *r, struct ms_err *err)
{
	struct ms_record_key key = {.kind = MS_ROW_RUN, .number = number};
	struct ms_record_row o;
	int got;

	got = ms_record_store_get(a, NULL, &key, &r->row, err);
	if (got <= 0)
		return got;
	if (ms_record_row_parse(&o, ms_buf_slice(&r->row), err) < 0)
		return -1;
	r->number = number;
	r->profile = ms_record_row_number(&o, MS_FIELD_PROFILE);
	r->name = ms_record_row_text(&o, MS_FIELD_NAME);
	r->kind = ms_record_row_text(&o, MS_FIELD_KIND);
	r->mailboxes = ms_record_row_number(&o, MS_FIELD_MAILBOXES);
	r->began = (int64_t)ms_record_row_number(&o, MS_FIELD_MADE);
	r->ended = (int64_t)ms_record_row_number(&o, MS_FIELD_ENDED);
	r->result = result_of(ms_record_row_text(&o, MS_FIELD_RESULT));
	r->status = (int)ms_record_row_number(&o, MS_FIELD_STATUS);
	r->ran = ms_record_row_number(&o, MS_FIELD_RAN);
	r->counts =
	    (struct ms_tally){.seen = ms_record_row_number(&o, MS_FIELD_SEEN),
		.new = ms_record_row_number(&o, MS_FIELD_NEW),
		.known = ms_record_row_number(&o, MS_FIELD_KNOWN),
		.left_out = ms_record_row_number(&o, MS_FIELD_LEFT_OUT),
		.failed = ms_record_row_number(&o, MS_FIELD_FAILED),
		.deleted = ms_record_row_number(&o, MS_FIELD_DELETIONS),
		.failed_folders =
		    ms_record_row_number(&o, MS_FIELD_FAILED_FOLDERS)};
	return 1;
}

struct ms_runs {
	struct ms_archive *a;
	struct ms_history *events;
	uint64_t profile;
};

struct ms_runs *
ms_runs_open(struct ms_archive *a, uint64_t profile, int64_t since)
{
	struct ms_history_select sel = {.class = MS_HISTORY_RUNS,
	    .has_since = true,
	    .since = since,
	    .kinds = 1U << MS_EVENT_RUN};
	struct ms_runs *w = ms_xcalloc(1, sizeof(*w));

	w->a = a;
	w->profile = profile;
	w->events = ms_history_open(a, &sel);
	return w;
}

void
ms_runs_close(struct ms_runs *w)
{
	if (w == NULL)
		return;
	ms_history_close(w->events);
	free(w);
}

int
ms_runs_next(struct ms_runs *w, struct ms_run *r, struct ms_err *err)
{
	struct ms_event_row row;
	int got;

	do {
		got = ms_history_next(w->events, &row, err);
		if (got == 1)
			got = ms_run_get(w->a, row.number, r, err);
		if (got <= 0)
			return got;
	} while (w->profile != 0 && r->profile != w->profile);
	return 1;
}

/* ---- mailboxes ---- */

/* Calls fn with the mailbox that an event describes. */
static int
call_with_mailbox(const json_t *o, int64_t time, ms_run_mailbox_fn *fn,
    void *ctx, struct ms_err *err)
{
	const json_t *list = json_object_get(o, "failures"), *f;
	struct ms_run_failure *failures =
	    ms_xcalloc(json_array_size(list) + 1, sizeof(*failures));
	struct ms_run_mailbox m = {.user = ms_json_text_of(o, "user"),
	    .source = ms_json_text_of(o, "source"),
	    .status = (int)ms_json_number_of(o, "status"),
	    .result = result_of(ms_json_text_of(o, "result")),
	    .counts = ms_tally_of_json(o),
	    .seconds = ms_json_number_of(o, "seconds"),
	    .reason = json_string_value(json_object_get(o, "reason")),
	    .failures = failures,
	    .failure_count = json_array_size(list),
	    .more = ms_json_number_of(o, "more_failures"),
	    .time = time};
	size_t i;
	int rc;

	json_array_foreach(list, i, f)
	{
		failures[i] = (struct ms_run_failure){
		    (char *)(uintptr_t)ms_json_text_of(f, "where"),
		    (char *)(uintptr_t)ms_json_text_of(f, "reason")};
	}
	rc = fn(ctx, &m, err);
	free(failures);
	return rc;
}

int
ms_run_mailboxes(struct ms_archive *a, uint64_t run, ms_run_mailbox_fn *fn,
    void *ctx, struct ms_err *err)
{
	struct ms_history_select sel = {.class = MS_HISTORY_RUNS,
	    .target = run,
	    .above = run,
	    .kinds = 1U << MS_EVENT_MAILBOX,
	    .forward = true};
	struct ms_buf json = {0};
	struct ms_event_row row;
	struct ms_run r = {0};
	struct ms_history *h;
	json_t *o;
	int rc;

	if (ms_run_get(a, run, &r, err) < 0)
		return -1;
	sel.below = r.ran; /* 0: it has not ended */
	ms_run_release(&r);
	h = ms_history_open(a, &sel);
	while ((rc = ms_history_next(h, &row, err)) == 1) {
		ms_buf_clear(&json);
		rc = ms_history_read(a, row.number, &json, err);
		if (rc < 0)
			break;
		o = json_loadb((const char *)json.p, json.n, 0, NULL);
		rc = call_with_mailbox(o, row.time, fn, ctx, err);
		json_decref(o);
		if (rc < 0)
			break;
	}
	ms_history_close(h);
	ms_buf_release(&json);
	return rc < 0 ? -1 : 0;
}
