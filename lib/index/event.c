/* event.c - EVENT records as JSON. ms-archive(5), EVENT. */
#include "event.h"

#include <assert.h>
#include <jansson.h>
#include <pwd.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "record.h"
#include "utf8.h"

/* The name of each event, and the key that ms_event.name comes from. */
static const struct {
	const char *event, *key;
} kinds[] = {
    [MS_EVENT_OTHER] = {NULL, NULL},
    [MS_EVENT_ARCHIVE] = {"archive", "id"},
    [MS_EVENT_USER] = {"user", "name"},
    [MS_EVENT_SOURCE] = {"source", "url"},
    [MS_EVENT_FOLDER] = {"folder", "name"},
    [MS_EVENT_LABEL] = {"label", "label"},
    [MS_EVENT_PURGE] = {"purge", "reason"},
    [MS_EVENT_DELETE] = {"delete", NULL},
    [MS_EVENT_DELETED] = {"deleted", NULL},
    [MS_EVENT_USER_SET] = {"user-set", NULL},
    [MS_EVENT_SETTINGS] = {"settings", NULL},
    [MS_EVENT_PROFILE] = {"profile", "name"},
    [MS_EVENT_PROFILE_SET] = {"profile-set", NULL},
    [MS_EVENT_RUN] = {"run", NULL},
    [MS_EVENT_MAILBOX] = {"mailbox", NULL},
    [MS_EVENT_RAN] = {"ran", NULL},
    [MS_EVENT_STATE] = {"state", NULL},
    [MS_EVENT_VIEW] = {"view", NULL},
    [MS_EVENT_UNDO] = {"undo", NULL},
    [MS_EVENT_ACCESS] = {"access", NULL},
};

/* What an event is about, and the key that has the number of its target. */
static const struct {
	enum ms_row_kind kind;
	const char *key; /* NULL: the event itself, or the settings */
} targets[] = {
    [MS_EVENT_USER] = {MS_ROW_USER, NULL},
    [MS_EVENT_USER_SET] = {MS_ROW_USER, "user"},
    [MS_EVENT_SETTINGS] = {MS_ROW_SETTINGS, NULL},
    [MS_EVENT_PROFILE] = {MS_ROW_PROFILE, NULL},
    [MS_EVENT_PROFILE_SET] = {MS_ROW_PROFILE, "profile"},
    [MS_EVENT_RUN] = {MS_ROW_RUN, NULL},
    [MS_EVENT_MAILBOX] = {MS_ROW_RUN, "run"},
    [MS_EVENT_RAN] = {MS_ROW_RUN, "run"},
    [MS_EVENT_UNDO] = {0, NULL},
    [MS_EVENT_ACCESS] = {MS_ROW_USER, "user"},
};

const char *
ms_event_name(enum ms_event_kind kind)
{
	return kinds[kind].event;
}

static enum ms_event_kind
kind_of(const char *event)
{
	size_t i;

	for (i = 1; i < sizeof(kinds) / sizeof(kinds[0]); i++)
		if (strcmp(event, kinds[i].event) == 0)
			return (enum ms_event_kind)i;
	return MS_EVENT_OTHER;
}

static int
number_of(const json_t *o, const char *key, uint64_t *out)
{
	const json_t *v = json_object_get(o, key);

	if (!json_is_integer(v) || json_integer_value(v) <= 0)
		return -1;
	*out = (uint64_t)json_integer_value(v);
	return 0;
}

static int
records_of(struct ms_event *ev, const json_t *o)
{
	const json_t *a = json_object_get(o, "records"), *v;
	size_t i, n = json_array_size(a);

	if (!json_is_array(a))
		return -1;
	ev->records = ms_xcalloc(n, sizeof(*ev->records));
	json_array_foreach(a, i, v)
	{
		if (!json_is_integer(v) || json_integer_value(v) <= 0)
			return -1;
		ev->records[ev->record_count++] =
		    (uint64_t)json_integer_value(v);
	}
	return 0;
}

/* The target of an event and its fields, if it has any. */
static int
parse_target(struct ms_event *ev, const json_t *o, struct ms_err *err)
{
	enum ms_row_kind kind = targets[ev->kind].kind;

	if (kind == 0)
		return 0;
	if (targets[ev->kind].key != NULL &&
	    number_of(o, targets[ev->kind].key, &ev->target) < 0)
		return ms_fail(err, MS_DATA, "EVENT %s without %s",
		    kinds[ev->kind].event, targets[ev->kind].key);
	if (ev->kind != MS_EVENT_MAILBOX && ev->kind != MS_EVENT_ACCESS)
		ms_event_fields(&ev->fields, kind, o);
	return 0;
}

int
ms_event_parse(struct ms_event *ev, struct ms_slice json, struct ms_err *err)
{
	json_t *o;
	const char *s;
	int rc = -1;

	*ev = (struct ms_event){0};
	o = json_loadb((const char *)json.p, json.n, 0, NULL);
	s = json_string_value(json_object_get(o, "event"));
	if (s == NULL) {
		ms_fail(err, MS_DATA, "EVENT is not a JSON object");
		goto out;
	}
	ev->kind = kind_of(s);
	ev->time = json_integer_value(json_object_get(o, "time"));
	if (ev->kind >= MS_EVENT_STATE)
		ev->json = json_incref(o);
	if (parse_target(ev, o, err) < 0)
		goto out;
	if (kinds[ev->kind].key == NULL) {
		rc = 0;
		goto out;
	}
	s = json_string_value(json_object_get(o, kinds[ev->kind].key));
	if (s == NULL && ev->kind != MS_EVENT_PURGE) {
		ms_fail(err, MS_DATA, "EVENT %s without %s",
		    kinds[ev->kind].event, kinds[ev->kind].key);
		goto out;
	}
	if (s != NULL)
		ev->name = ms_xstrdup(s);
	if ((ev->kind == MS_EVENT_FOLDER || ev->kind == MS_EVENT_LABEL) &&
	    (number_of(o, "user", &ev->user) < 0 ||
		number_of(o, "source", &ev->source) < 0)) {
		ms_fail(err, MS_DATA, "EVENT %s without user or source",
		    kinds[ev->kind].event);
		goto out;
	}
	if (ev->kind == MS_EVENT_PURGE && records_of(ev, o) < 0) {
		ms_fail(err, MS_DATA, "EVENT purge without records");
		goto out;
	}
	rc = 0;
out:
	json_decref(o);
	if (rc < 0)
		ms_event_release(ev);
	return rc;
}

void
ms_event_release(struct ms_event *ev)
{
	free(ev->name);
	free(ev->records);
	ms_buf_release(&ev->fields);
	json_decref(ev->json);
	*ev = (struct ms_event){0};
}

static char login[256]; /* of this process; empty until it is looked up */

void
ms_event_find_login(void)
{
	struct passwd pw, *found = NULL;
	char space[4096];

	if (login[0] != '\0')
		return;
	if (getpwuid_r(getuid(), &pw, space, sizeof(space), &found) == 0 &&
	    found != NULL)
		snprintf(login, sizeof(login), "%s", found->pw_name);
	if (login[0] == '\0' ||
	    !ms_utf8_valid((const unsigned char *)login, strlen(login)))
		snprintf(
		    login, sizeof(login), "uid %lu", (unsigned long)getuid());
}

/* Adds the keys that every event has, and writes the event as text. */
static void
write_json(struct ms_buf *out, json_t *o, const char *as)
{
	char *text;

	ms_event_find_login();
	json_object_set_new(o, "time", json_integer((json_int_t)time(NULL)));
	json_object_set_new(o, "actor", json_string(as != NULL ? as : login));
	if (as != NULL)
		json_object_set_new(o, "login", json_string(login));
	text = json_dumps(o, JSON_COMPACT);
	assert(text != NULL);
	ms_buf_add_str(out, text);
	free(text);
	json_decref(o);
}

void
ms_event_write(struct ms_buf *out, const struct ms_event *ev)
{
	json_t *o = json_object();

	/* An event without its name could not be parsed again. */
	assert(
	    ms_utf8_valid((const unsigned char *)ev->name, strlen(ev->name)));
	assert(ev->kind > MS_EVENT_OTHER && ev->kind < MS_EVENT_PURGE);
	json_object_set_new(o, "event", json_string(kinds[ev->kind].event));
	json_object_set_new(o, kinds[ev->kind].key, json_string(ev->name));
	if (ev->user != 0)
		json_object_set_new(
		    o, "user", json_integer((json_int_t)ev->user));
	if (ev->source != 0)
		json_object_set_new(
		    o, "source", json_integer((json_int_t)ev->source));
	write_json(out, o, NULL);
}

void
ms_event_json(
    struct ms_buf *out, const char *event, json_t *keys, const char *as)
{
	json_t *o = json_object();

	json_object_set_new(o, "event", json_string(event));
	json_object_update(o, keys);
	json_decref(keys);
	write_json(out, o, as);
}

int
ms_event_delete(struct ms_buf *out, const struct ms_deletion *d, bool done,
    struct ms_err *err)
{
	json_t *o = json_object(), *places = json_array();
	json_t *occurrences = json_array();
	size_t start = out->n, i;
	int rc = 0;

	assert(d->count > 0 && d->count <= MS_DELETION_MAX);
	for (i = 0; i < d->count && rc == 0; i++) {
		/* json_string() is NULL for invalid UTF-8; the result is -1. */
		rc = json_array_append_new(places, json_string(d->places[i]));
		json_array_append_new(
		    occurrences, json_integer((json_int_t)d->occurrences[i]));
	}
	json_object_set_new(o, "event",
	    json_string(
		kinds[done ? MS_EVENT_DELETED : MS_EVENT_DELETE].event));
	json_object_set_new(o, "user", json_integer((json_int_t)d->user));
	json_object_set_new(o, "source", json_integer((json_int_t)d->source));
	json_object_set_new(o, "folder", json_integer((json_int_t)d->folder));
	json_object_set_new(o, "places", places);
	json_object_set_new(o, "occurrences", occurrences);
	if (rc < 0) {
		json_decref(o);
		return ms_fail(err, MS_DATA, "a place is not UTF-8");
	}
	write_json(out, o, NULL);
	if (out->n - start <= MS_EVENT_MAX)
		return 0;
	out->n = start;
	return ms_fail(err, MS_DATA, "places are too long for an event");
}
