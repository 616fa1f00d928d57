/*
 * event.h - EVENT records, each of which is a JSON object. ms-archive(5),
 * EVENT. Layer: above mail, record-row; jansson.
 */
#ifndef MS_EVENT_H
#define MS_EVENT_H
#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>
#include "record-row.h"

enum ms_event_kind {
	MS_EVENT_OTHER, /* valid, but not kept in the index */
	MS_EVENT_ARCHIVE,
	MS_EVENT_USER,
	MS_EVENT_SOURCE,
	MS_EVENT_FOLDER,
	MS_EVENT_LABEL,
	MS_EVENT_PURGE,
	MS_EVENT_DELETE, /* written by ms_event_delete() */
	MS_EVENT_DELETED,
	/* Written by change.h. The numbers are stored in the index: only add
	 * kinds at the end. */
	MS_EVENT_USER_SET,
	MS_EVENT_SETTINGS,
	MS_EVENT_PROFILE,
	MS_EVENT_PROFILE_SET,
	MS_EVENT_RUN,
	MS_EVENT_MAILBOX,
	MS_EVENT_RAN,
	MS_EVENT_STATE, /* written by state.h */
	MS_EVENT_VIEW,  /* written by view-change.h */
	MS_EVENT_UNDO,
	MS_EVENT_ACCESS /* written by actor.h */
};
/* The events that ms_history_open() lists, by what they are about. */
enum ms_history_class {
	/* user, user-set, settings; the first view event of a change; undo */
	MS_HISTORY_USERS = 1,
	MS_HISTORY_RUNS = 2 /* profile, profile-set, run, mailbox, ran */
};

/* "user-set" ...; NULL for MS_EVENT_OTHER. */
const char *ms_event_name(enum ms_event_kind kind);

/* Unused members are NULL or 0. */
struct ms_event {
	enum ms_event_kind kind;
	char *name; /* of a user or folder; URL of a source; id of an archive;
		       label */
	uint64_t user, source; /* of a folder or label */
	uint64_t *records;     /* purged */
	size_t record_count;
	int64_t time;
	/* Of users, settings, profiles and runs: */
	uint64_t target;      /* the number that it names; 0: the event is the
				 first of its target, or is about the
				 settings */
	struct ms_buf fields; /* a row of record-row.h; a field without bytes
				 removes the field */
	json_t *json;         /* of MS_EVENT_STATE and those after it: the event
				 itself */
};

/* MS_DATA: not JSON, or a known event without a required key. */
int ms_event_parse(
    struct ms_event *ev, struct ms_slice json, struct ms_err *err);
void ms_event_release(struct ms_event *ev);
/*
 * Looks up the login name, which each event that is written names. A process
 * calls this function before it confines itself, because the lookup reads files
 * that a sandbox hides.
 */
void ms_event_find_login(void);
/* ms_event_write() appends the JSON of an event, with the time (now) and the
 * actor (the login name). ev->name must be valid UTF-8. */
void ms_event_write(struct ms_buf *out, const struct ms_event *ev);
/*
 * ms_event_json() appends an event of this name with these keys (the function
 * owns them afterwards), the time and the actor.
 *   as    the user of the archive that acts, or NULL
 */
void ms_event_json(
    struct ms_buf *out, const char *event, json_t *keys, const char *as);
/* ms_event_fields() appends the row of fields that the keys of an event set,
 * for a target of this kind. A key of the wrong type is ignored. */
void ms_event_fields(
    struct ms_buf *out, enum ms_row_kind kind, const json_t *o);
/* ms_event_state_fields() does the same with an object of a state event, which
 * has more keys. ms_event_state_keys() sets the keys of such an object; a field
 * without a value has no key. */
void ms_event_state_fields(
    struct ms_buf *out, enum ms_row_kind kind, const json_t *o);
void ms_event_state_keys(
    json_t *o, enum ms_row_kind kind, const struct ms_record_row *row);
/* A list of record-row.h as an array of texts. */
json_t *ms_event_list_json(struct ms_slice list);

#define MS_DELETION_MAX 4096 /* messages in one event */

/* Messages of a folder at its source. All members are borrowed. */
struct ms_deletion {
	uint64_t user, source, folder; /* numbers */
	const char *const *places;     /* "UIDVALIDITY/UID" or UIDLs, UTF-8 */
	const uint64_t *occurrences; /* of these messages, in the same order */
	size_t count;                /* 1..MS_DELETION_MAX */
};
/*
 * ms_event_delete() appends the JSON of an event, with the time and the actor.
 *   done    false: the source will be asked to delete these messages; this
 *           event is written before that. true: they were deleted.
 * MS_DATA: a place is not UTF-8, or the event would be longer than
 * MS_EVENT_MAX.
 */
int ms_event_delete(struct ms_buf *out, const struct ms_deletion *d, bool done,
    struct ms_err *err);

#endif
