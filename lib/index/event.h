/*
 * event.h - EVENT records: one JSON object each. ms-archive(5), EVENT.
 * Layer: above mail, record-row; jansson.
 */
#ifndef MS_EVENT_H
#define MS_EVENT_H
#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>
#include "record-row.h"

enum ms_event_kind {
	MS_EVENT_OTHER, /* legal, but nothing the index keeps */
	MS_EVENT_ARCHIVE,
	MS_EVENT_USER,
	MS_EVENT_SOURCE,
	MS_EVENT_FOLDER,
	MS_EVENT_LABEL,
	MS_EVENT_PURGE,
	MS_EVENT_DELETE, /* written by ms_event_delete() */
	MS_EVENT_DELETED,
	/* Written by change.h. Stored in the index: only ever add kinds. */
	MS_EVENT_USER_SET,
	MS_EVENT_SETTINGS,
	MS_EVENT_PROFILE,
	MS_EVENT_PROFILE_SET,
	MS_EVENT_RUN,
	MS_EVENT_MAILBOX,
	MS_EVENT_RAN
};
/* The events that ms_history_open() walks through, by what they are about. */
enum ms_history_class {
	MS_HISTORY_USERS = 1, /* user, user-set, settings */
	MS_HISTORY_RUNS = 2   /* profile, profile-set, run, mailbox, ran */
};

/* "user-set" ...; NULL for MS_EVENT_OTHER. */
const char *ms_event_name(enum ms_event_kind kind);

/* Unused members are NULL or 0. */
struct ms_event {
	enum ms_event_kind kind;
	char *name; /* user's or folder's name, source's url, archive's id,
		       label */
	uint64_t user, source; /* of a folder or label */
	uint64_t *records;     /* purged */
	size_t record_count;
	int64_t time;
	/* Of users, settings, profiles and runs: */
	uint64_t target;      /* the number it names; 0: its own, or none */
	struct ms_buf fields; /* what it says, as a row of record-row.h in which
				 a field without bytes takes that one away */
};

/* MS_DATA: not JSON, or a known event without what it must have. */
int ms_event_parse(
    struct ms_event *ev, struct ms_slice json, struct ms_err *err);
void ms_event_release(struct ms_event *ev);
/* Appends the JSON of an event of these kinds, with time (now) and actor (the
 * operating system's login name). Its name is valid UTF-8. */
void ms_event_write(struct ms_buf *out, const struct ms_event *ev);
/*
 * Appends an event of this name with these keys, which are taken over, time
 * and actor. as: the user of the archive who does it, or NULL.
 */
void ms_event_json(
    struct ms_buf *out, const char *event, json_t *keys, const char *as);
/* The fields that the keys of an event say, of an object of this kind:
 * appended. Those of another type than they must have are passed over. */
void ms_event_fields(
    struct ms_buf *out, enum ms_row_kind kind, const json_t *o);

#define MS_DELETION_MAX 4096 /* messages in one event */

/* Messages of a folder at its source. All borrowed. */
struct ms_deletion {
	uint64_t user, source, folder; /* their numbers */
	const char *const *places;     /* "UIDVALIDITY/UID" or UIDLs, UTF-8 */
	const uint64_t *occurrences;   /* that keep them, in the same order */
	size_t count;                  /* 1..MS_DELETION_MAX */
};
/*
 * Appends the JSON of an event: the source is about to be asked to delete
 * these (done: false, written before it is asked), or they were found to be
 * gone then (true). With time and actor. MS_DATA: a place is not UTF-8, or it
 * would be longer than MS_EVENT_MAX.
 */
int ms_event_delete(struct ms_buf *out, const struct ms_deletion *d, bool done,
    struct ms_err *err);

#endif
