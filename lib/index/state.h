/*
 * state.h - the live state of an index: users, sources, folders, labels,
 * profiles, the settings, and what was removed, moved or renamed. It is written
 * as state events, and restored from them where the first events are lost.
 * ms-archive(5), EVENT. Layer: index.
 */
#ifndef MS_STATE_H
#define MS_STATE_H
#include <jansson.h>
#include "event.h"
#include "index.h"

enum ms_state_kind {
	MS_STATE_SETTINGS,
	MS_STATE_USER,
	MS_STATE_SOURCE,
	MS_STATE_FOLDER,
	MS_STATE_LABEL,
	MS_STATE_PROFILE,
	MS_STATE_CHANGE, /* an event of a change of the view */
	MS_STATE_KINDS
};

/* The key of an object: in this order, objects follow each other. */
struct ms_state_key {
	enum ms_state_kind kind;
	uint64_t number; /* of the object, the user of a label, or the change of
			    an event; 0: settings */
	uint64_t second; /* the source of a label; the number of the event */
};

struct ms_state_object {
	struct ms_state_key key;
	/* The number of the last event about the object, and how many were
	 * merged; 0 if the first event alone counts. */
	uint64_t changed, changes;
	const json_t *json; /* as in an event; a view */
};

#define MS_STATE_EVENT (256 * 1024) /* bytes after which an event is closed */

/* Which objects are written. */
struct ms_state_filter {
	/* Is this object wanted? 1, 0, -1. */
	int (*want)(
	    void *ctx, const struct ms_state_object *o, struct ms_err *err);
	void *ctx;
	bool damaged; /* receives whether damaged rows were passed over */
};

/*
 * ms_state_event() writes the next objects as the JSON of an event.
 *   at      the position, {0} at the beginning; is moved
 *   f       NULL: all objects. With a filter, a damaged row is not an error,
 *           and ends its kind.
 *   json    receives the event, of at most MS_EVENT_MAX bytes. An object that
 *           does not fit into an event is left out.
 * 1; 0: there are no more objects; -1: MS_INDEX, or what the filter has set.
 */
int ms_state_event(struct ms_txn *txn, struct ms_state_key *at,
    struct ms_state_filter *f, struct ms_buf *json, struct ms_err *err);

/* Does the index of txn lack this object, or know an earlier state of it? 1, 0,
 * -1. */
int ms_state_is_newer(
    struct ms_txn *txn, const struct ms_state_object *o, struct ms_err *err);

/*
 * ms_state_restore() puts each object of a state event that is newer than the
 * index. In an archive without damage there is none. All rows that were
 * collected before must have been put. 0, -1.
 */
int ms_state_restore(
    struct ms_txn *txn, const struct ms_event *ev, struct ms_err *err);

#endif
