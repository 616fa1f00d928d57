/*
 * change.h - changes to users, settings and profiles: decided and committed
 * under `lock`, so that of two who want the same name one gets it.
 * ms-archive(5), EVENT. Layer: above batch.
 */
#ifndef MS_CHANGE_H
#define MS_CHANGE_H
#include <jansson.h>
#include "archive.h"
#include "index.h"

#define MS_CHANGE_EVENTS 16384 /* events of one change at most */

struct ms_change;

/*
 * Looks up what it needs in ms_change_txn() and adds events, which it finds
 * there from then on. 0, or -1 with err set: then nothing was changed. It may
 * be called more than once (the map was full), each time from the beginning;
 * it touches no pipe or socket and does not wait.
 */
typedef int ms_decide_fn(void *ctx, struct ms_change *ch, struct ms_err *err);

/*
 * Takes the lock, catches up, lets decide() do its work and commits its events
 * in one batch: durable when this returns 0. a is open for writing. as: name
 * of the archive's user who does it; NULL: it is the login of the operating
 * system. -1: as decide() said, or as ms_batch_commit().
 */
int ms_archive_change(struct ms_archive *a, const char *as,
    ms_decide_fn *decide, void *ctx, struct ms_err *err);

struct ms_txn *ms_change_txn(struct ms_change *ch);
/*
 * Adds an event of this name (ms-archive(5), EVENT) with these keys, which are
 * taken over, and time and actor. Its record number in *number (may be NULL).
 * MS_USAGE: it would be longer than MS_EVENT_MAX, or there are too many.
 */
int ms_change_event(struct ms_change *ch, const char *event, json_t *keys,
    uint64_t *number, struct ms_err *err);

#endif
