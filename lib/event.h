/*
 * event.h - EVENT records: one JSON object each. ms-archive(5), EVENT.
 * Layer: above mail; jansson.
 */
#ifndef MS_EVENT_H
#define MS_EVENT_H
#include <stdbool.h>
#include <stdint.h>
#include "buf.h"

enum ms_event_kind {
	MS_EVENT_OTHER, /* legal, but nothing the index keeps */
	MS_EVENT_ARCHIVE,
	MS_EVENT_USER,
	MS_EVENT_SOURCE,
	MS_EVENT_FOLDER,
	MS_EVENT_LABEL,
	MS_EVENT_PURGE,
	MS_EVENT_DELETE, /* written by ms_event_delete() */
	MS_EVENT_DELETED
};

/* Unused members are NULL or 0. */
struct ms_event {
	enum ms_event_kind kind;
	char *name; /* user's or folder's name, source's url, archive's id,
		       label */
	uint64_t user, source; /* of a folder or label */
	uint64_t *records;     /* purged */
	size_t record_count;
};

/* MS_DATA: not JSON, or a known event without what it must have. */
int ms_event_parse(
    struct ms_event *ev, struct ms_slice json, struct ms_err *err);
void ms_event_release(struct ms_event *ev);
/* Appends the JSON of an event of these kinds, with time (now) and actor (the
 * operating system's login name). Its name is valid UTF-8. */
void ms_event_write(struct ms_buf *out, const struct ms_event *ev);

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
