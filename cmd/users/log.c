/* log.c - ms-users log: the changes of users. The manual is ms-users(1). */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "history.h"
#include "json.h"
#include "listing.h"
#include "numbers.h"
#include "query.h"
#include "report.h"
#include "time.h"
#include "users.h"

/* Appends the events that the options select, the newest first: struct
 * ms_event_row. */
static int
select_events(struct users *u, struct ms_buf *rows, struct ms_err *err)
{
	struct ms_history_select sel = {.class = MS_HISTORY_USERS};
	const char *since = u->opt->since;
	struct ms_account user = {0};
	struct ms_event_row row;
	struct ms_history *h;
	uint64_t left = u->opt->last;
	int got = 1;

	if (since != NULL) {
		sel.has_since = true;
		if (!ms_query_date(
			since, strlen(since), time(NULL), &sel.since))
			return ms_fail_option(
			    err, "since", "'%.40s' is not a date", since);
	}
	if (u->count > 0) {
		got = ms_account_find(u->a, u->args[0], &user, err);
		sel.target = user.number;
		ms_account_release(&user);
		if (got == 0)
			return ms_fail(
			    err, MS_NOINPUT, "no user '%s'", u->args[0]);
		if (got < 0)
			return -1;
	}
	h = ms_history_open(u->a, &sel);
	for (; left > 0 && (got = ms_history_next(h, &row, err)) == 1; left--)
		ms_buf_add(rows, &row, sizeof(row));
	ms_history_close(h);
	return got < 0 ? -1 : 0;
}

/* ---- names of users, by number ---- */

/* For more events than this, all names are read at once. */
#define MANY 1000

struct name {
	uint64_t number;
	size_t at; /* of its text in `texts` */
};
struct names {
	struct ms_buf list; /* struct name, by number; empty: not read */
	struct ms_buf texts, one;
};

static int
names_load(struct names *n, struct users *u, struct ms_err *err)
{
	struct ms_record_store *w = ms_record_store_open(u->a, MS_ROW_USER);
	struct ms_account user = {0};
	struct name name;
	int got;

	while ((got = ms_accounts_next(w, &user, err)) == 1) {
		name = (struct name){user.number, n->texts.n};
		ms_buf_add(&n->list, &name, sizeof(name));
		ms_buf_add(&n->texts, user.name, strlen(user.name) + 1);
	}
	ms_record_store_close(w);
	ms_account_release(&user);
	return got;
}

/* Returns "" for number 0, which is no user, and NULL on failure. */
static const char *
name_of(struct names *n, struct users *u, uint64_t number, struct ms_err *err)
{
	const struct name *found;

	if (number == 0)
		return "";
	if (n->list.n > 0) {
		found = bsearch(&number, n->list.p, n->list.n / sizeof(*found),
		    sizeof(*found), ms_compare_u64);
		if (found != NULL)
			return (const char *)n->texts.p + found->at;
	}
	if (users_name_of(u->a, number, &n->one, err) < 0)
		return NULL;
	return ms_buf_str(&n->one);
}

static void
names_release(struct names *n)
{
	ms_buf_release(&n->list);
	ms_buf_release(&n->texts);
	ms_buf_release(&n->one);
}

/* ---- writing ---- */

#define TAIL 64 /* bytes; time and actor are mostly within the last ones */

/*
 * Finds a key with the comma before it; NULL: not found. A `"` within a text
 * follows a `\`, so that a text cannot look like a key. Our own events have
 * time and actor at the end.
 */
static const unsigned char *
find_key(struct ms_slice json, const char *key)
{
	size_t skip = json.n > TAIL ? json.n - TAIL : 0, n = strlen(key);
	const unsigned char *p = memmem(json.p + skip, json.n - skip, key, n);

	return p != NULL || skip == 0 ? p : memmem(json.p, json.n, key, n);
}

static void
write_actor(struct ms_buf *out, struct ms_slice json)
{
	static const char key[] = ",\"actor\":\"";
	const unsigned char *p = find_key(json, key), *end = json.p + json.n;
	size_t n;

	if (p == NULL) {
		ms_buf_add_byte(out, '?');
		return;
	}
	p += sizeof(key) - 1;
	for (n = 0; p + n < end && p[n] != '"'; n++)
		n += p[n] == '\\';
	ms_json_add(out, (const char *)p, p + n < end ? n : (size_t)(end - p));
}

/* Appends the members of an event without those that all events have. */
static void
write_changes(struct ms_buf *out, struct ms_slice json)
{
	static const char user_key[] = "\"user\":";
	const unsigned char *from = memchr(json.p, ',', json.n);
	const unsigned char *to = find_key(json, ",\"time\":");

	if (from == NULL || to == NULL || from > to) {
		ms_json_add(out, (const char *)json.p, json.n);
		return;
	}
	from += from < to;
	if ((size_t)(to - from) > sizeof(user_key) &&
	    memcmp(from, user_key, sizeof(user_key) - 1) == 0) {
		from = memchr(from, ',', (size_t)(to - from) + 1);
		from += from < to;
	}
	ms_buf_add_byte(out, '{');
	ms_json_add(out, (const char *)from, (size_t)(to - from));
	ms_buf_add_byte(out, '}');
}

static void
write_line(struct ms_buf *out, const struct ms_event_row *row, const char *when,
    const char *name, struct ms_slice json)
{
	ms_buf_add_str(out, when);
	ms_buf_add_byte(out, '\t');
	write_actor(out, json);
	ms_buf_add_byte(out, '\t');
	ms_buf_add_str(out, ms_event_name((enum ms_event_kind)row->kind));
	ms_buf_add_byte(out, '\t');
	ms_listing_escape(out, name, strlen(name));
	ms_buf_add_byte(out, '\t');
	write_changes(out, json);
	ms_buf_add_byte(out, '\n');
}

static void
write_object(struct ms_buf *out, const struct ms_event_row *row,
    const char *when, const char *name, struct ms_slice json)
{
	char number[24];

	snprintf(number, sizeof(number), "%" PRIu64, row->number);
	ms_buf_add_str(out, "{\"number\":");
	ms_buf_add_str(out, number);
	ms_buf_add_str(out, ",\"time\":\"");
	ms_buf_add_str(out, when);
	ms_buf_add_str(out, "\",\"kind\":\"");
	ms_buf_add_str(out, ms_event_name((enum ms_event_kind)row->kind));
	ms_buf_add_byte(out, '"');
	if (row->target != 0) {
		ms_buf_add_str(out, ",\"user\":");
		ms_json_put_text(out, name);
	}
	ms_buf_add_str(out, ",\"event\":");
	ms_json_add(out, (const char *)json.p, json.n);
	ms_buf_add_str(out, "}\n");
}

/* Writes an event of users or settings. 0, -1. */
static int
write_event(struct users *u, struct names *names,
    const struct ms_event_row *row, struct ms_err *err)
{
	const char *name = name_of(names, u, row->target, err);
	struct ms_buf json = {0};
	char when[21];
	int rc =
	    name == NULL ? -1 : ms_history_read(u->a, row->number, &json, err);

	if (rc == 0) {
		ms_time_format(row->time, when);
		(u->opt->json ? write_object : write_line)(
		    &u->out, row, when, name, ms_buf_slice(&json));
	}
	ms_buf_release(&json);
	return rc;
}

/* 0; 1: some events are damaged, and named; -1. */
static int
write_events(struct users *u, const struct ms_buf *rows, struct ms_err *err)
{
	struct names names = {0};
	struct ms_event_row row;
	size_t i = rows->n / sizeof(row);
	int rc = i > MANY ? names_load(&names, u, err) : 0, got;

	while (rc >= 0 && i-- > 0) {
		struct ms_err why = {0};

		memcpy(&row, rows->p + i * sizeof(row), sizeof(row));
		got = row.kind == MS_EVENT_VIEW || row.kind == MS_EVENT_UNDO
			  ? users_log_view(u, &row, &why)
			  : write_event(u, &names, &row, &why);
		if (got < 0 && why.code == MS_INDEX) {
			*err = why;
			rc = -1;
		} else if (got < 0) {
			ms_warn(TOOL, "%s", why.msg);
			rc = MS_STATUS_SOME;
		} else if (users_flush(u, false, err) < 0) {
			rc = -1;
		}
	}
	names_release(&names);
	return rc;
}

int
users_log(struct users *u)
{
	struct ms_buf rows = {0};
	struct ms_err err = {0};
	int rc = -1;

	if (users_may_look(u, u->count > 0 ? u->args[0] : NULL, &err) == 0 &&
	    select_events(u, &rows, &err) == 0)
		rc = write_events(u, &rows, &err);
	if (rc >= 0 && users_flush(u, true, &err) < 0)
		rc = -1;
	ms_buf_release(&rows);
	return rc < 0 ? users_failed(NULL, &err) : rc;
}
