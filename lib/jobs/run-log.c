/* run-log.c - a run that goes on is recorded in the archive's log.
 * ms-archive(5), EVENT. */
#include "run.h"

#include <stdlib.h>
#include <string.h>

#include "clock.h"
#include "json.h"

#define WAITING_MAX 64       /* mailboxes of one commit */
#define WAITING_BYTES 262144 /* of their failures */
#define WAITING_MS 5000      /* that the first mailbox waits */

struct ms_run_log {
	struct ms_archive *archive;
	const char *as;
	uint64_t run;
	bool continued; /* another process has begun the run */
	json_t *waiting[WAITING_MAX];
	size_t n, bytes;      /* bytes: of their failures */
	int64_t since_ms;     /* since when the first mailbox waits */
	struct ms_err failed; /* why something could not be recorded */
};

/* ---- as JSON ---- */

static void
set_text(json_t *o, const char *key, const char *text, enum ms_run_json form)
{
	json_t *both;

	if (text == NULL || (form == MS_RUN_JSON_REPORT && *text == '\0'))
		return;
	if (form == MS_RUN_JSON_REPORT) {
		ms_json_text(o, key, ms_slice_str(text));
		return;
	}
	/* An event has the text without KEY_b64. */
	both = json_object();
	ms_json_text(both, "", ms_slice_str(text));
	json_object_set(o, key, json_object_get(both, ""));
	json_decref(both);
}

static size_t
set_failures(json_t *o, const struct ms_run_mailbox *m, enum ms_run_json form)
{
	json_t *list = json_array(), *f;
	size_t i, n, bytes = 0;

	for (i = 0; i < m->failure_count && i < MS_RUN_FAILURES; i++) {
		n = strlen(m->failures[i].where) +
		    strlen(m->failures[i].reason);
		if (n > MS_RUN_FAILURE_BYTES - bytes)
			break;
		bytes += n;
		f = json_object();
		set_text(f, "where", m->failures[i].where, form);
		set_text(f, "reason", m->failures[i].reason, form);
		json_array_append_new(list, f);
	}
	if (m->failure_count > 0)
		json_object_set(o, "failures", list);
	json_decref(list);
	if (m->failure_count + m->more > i)
		ms_json_number(
		    o, "more_failures", m->failure_count - i + m->more);
	return bytes;
}

size_t
ms_run_mailbox_json(
    json_t *o, const struct ms_run_mailbox *m, enum ms_run_json form)
{
	set_text(o, "user", m->user, form);
	set_text(o, "source", m->source, form);
	set_text(o, "result", ms_run_result_name(m->result), form);
	ms_json_number(o, "status", (uint64_t)m->status);
	ms_tally_json(
	    o, &m->counts, form == MS_RUN_JSON_EVENT || m->counts.deleted > 0);
	ms_json_number(o, "seconds", m->seconds);
	set_text(o, "reason", m->reason, form);
	return set_failures(o, m, form);
}

/* ---- events ---- */

/* Events that are recorded together. */
struct events {
	const char *name;
	json_t **keys;
	size_t n;
	uint64_t number; /* receives the number of the last event */
};

static int
add_events(void *ctx, struct ms_change *ch, struct ms_err *err)
{
	struct events *e = ctx;
	size_t i;

	for (i = 0; i < e->n; i++)
		if (ms_change_event(ch, e->name, json_incref(e->keys[i]),
			&e->number, err) < 0)
			return -1;
	return 0;
}

/* Releases the keys. */
static int
record(struct ms_run_log *log, const char *name, json_t **keys, size_t n,
    uint64_t *number, struct ms_err *err)
{
	struct events e = {name, keys, n, 0};
	int rc = ms_archive_change(log->archive, log->as, add_events, &e, err);
	size_t i;

	for (i = 0; i < n; i++)
		json_decref(keys[i]);
	if (rc == 0 && number != NULL)
		*number = e.number;
	return rc;
}

int
ms_run_log_begin(struct ms_run_log **out, struct ms_archive *a, const char *as,
    const struct ms_run *r, struct ms_err *err)
{
	struct ms_run_log *log = ms_xcalloc(1, sizeof(*log));
	json_t *keys;

	*log = (struct ms_run_log){.archive = a, .as = as, .run = r->number};
	log->continued = r->number != 0;
	if (!log->continued) {
		keys = json_object();
		if (r->profile != 0)
			ms_json_number(keys, "profile", r->profile);
		set_text(keys, "name", r->name, MS_RUN_JSON_EVENT);
		set_text(keys, "kind", r->kind, MS_RUN_JSON_EVENT);
		ms_json_number(keys, "mailboxes", r->mailboxes);
		if (record(log, "run", &keys, 1, &log->run, err) < 0) {
			free(log);
			return -1;
		}
	}
	*out = log;
	return 0;
}

uint64_t
ms_run_log_number(const struct ms_run_log *log)
{
	return log != NULL ? log->run : 0;
}

/* -1: something could not be recorded, now or before. */
static int
status(const struct ms_run_log *log)
{
	return log->failed.code == MS_OK ? 0 : -1;
}

/* Records events; only the first error is kept. */
static void
try_record(struct ms_run_log *log, const char *name, json_t **keys, size_t n)
{
	record(
	    log, name, keys, n, NULL, status(log) == 0 ? &log->failed : NULL);
}

static void
flush(struct ms_run_log *log)
{
	if (log->n > 0)
		try_record(log, "mailbox", log->waiting, log->n);
	log->n = log->bytes = 0;
}

int
ms_run_log_add(struct ms_run_log *log, const struct ms_run_mailbox *m)
{
	json_t *keys;

	if (log == NULL)
		return 0;
	keys = json_object();
	ms_json_number(keys, "run", log->run);
	log->bytes += ms_run_mailbox_json(keys, m, MS_RUN_JSON_EVENT);
	if (log->n == 0)
		log->since_ms = ms_clock_ms();
	log->waiting[log->n++] = keys;
	if (log->n == WAITING_MAX || log->bytes > WAITING_BYTES)
		flush(log);
	return ms_run_log_tick(log);
}

int
ms_run_log_tick(struct ms_run_log *log)
{
	if (log == NULL)
		return 0;
	if (log->n > 0 && ms_clock_ms() - log->since_ms >= WAITING_MS)
		flush(log);
	return status(log);
}

int
ms_run_log_flush(struct ms_run_log *log, struct ms_err *err)
{
	if (log == NULL)
		return 0;
	flush(log);
	if (status(log) < 0 && err != NULL)
		*err = log->failed;
	return status(log);
}

int
ms_run_log_end(
    struct ms_run_log *log, const struct ms_run *r, struct ms_err *err)
{
	json_t *keys;
	int rc;

	if (log == NULL)
		return 0;
	flush(log);
	if (!log->continued) {
		keys = json_object();
		ms_json_number(keys, "run", log->run);
		set_text(keys, "result", ms_run_result_name(r->result),
		    MS_RUN_JSON_EVENT);
		ms_json_number(keys, "status", (uint64_t)r->status);
		ms_tally_json(keys, &r->counts, true);
		try_record(log, "ran", &keys, 1);
	}
	rc = ms_run_log_flush(log, err);
	free(log);
	return rc;
}
