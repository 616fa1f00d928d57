/*
 * change.h - changes users, settings and profiles. A change is decided and
 * committed under `lock`, so that two processes cannot use the same name.
 * ms-archive(5), EVENT. Layer: above batch.
 */
#ifndef MS_CHANGE_H
#define MS_CHANGE_H
#include <jansson.h>
#include "archive.h"
#include "index.h"

#define MS_CHANGE_EVENTS 16384 /* events of one change */

struct ms_change;

/*
 * The function that decides a change. It looks values up in ms_change_txn() and
 * adds events, whose effects are visible there. It returns 0, or -1 with err
 * set to change nothing. It may be called again, each time from the beginning
 * (when the map of the index was full), and must not wait or use pipes and
 * sockets.
 */
typedef int ms_decide_fn(void *ctx, struct ms_change *ch, struct ms_err *err);

/*
 * ms_archive_change() takes the lock, catches up, calls decide() and commits
 * its events in one batch.
 *   a    open for writing
 *   as   the user of the archive who makes the change; NULL: the login name of
 *        the process
 * The function returns 0 when the events are durable, or -1 with err set as by
 * decide() or ms_batch_commit().
 */
int ms_archive_change(struct ms_archive *a, const char *as,
    ms_decide_fn *decide, void *ctx, struct ms_err *err);

/* The same with view and undo events, which are a feature of the archive. */
int ms_archive_change_view(struct ms_archive *a, const char *as,
    ms_decide_fn *decide, void *ctx, struct ms_err *err);

struct ms_txn *ms_change_txn(struct ms_change *ch);
/*
 * ms_change_event() adds an event (ms-archive(5), EVENT) with time and actor.
 *   event    its name
 *   keys     its further keys; the function takes over the reference
 *   number   receives its record number; may be NULL
 * Errors: MS_USAGE (the event would be longer than MS_EVENT_MAX, or there are
 * too many events), or as ms_batch_commit().
 */
int ms_change_event(struct ms_change *ch, const char *event, json_t *keys,
    uint64_t *number, struct ms_err *err);

#endif
