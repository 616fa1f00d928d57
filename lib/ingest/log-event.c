/* log-event.c - records one EVENT in a batch of its own. ms-archive(5), EVENT.
 */
#include "batch.h"

#include <assert.h>

#include "batch-impl.h"
#include "event.h"

static int
add_note(void *ctx, struct ms_committer *c, struct ms_err *err)
{
	uint64_t number;

	return ms_committer_record(c, MS_EVENT, ctx, &number, err);
}

int
ms_archive_log_event(
    struct ms_archive *a, struct ms_slice json, struct ms_err *err)
{
	struct ms_buf content = {0};
	struct ms_batch b = {.decide = add_note, .decide_ctx = &content};
	struct ms_event ev;
	int rc;

	assert(a->mode == MS_ARCHIVE_WRITE);
	/* What could not be read back must not get into the log. */
	if (json.n > MS_EVENT_MAX)
		return ms_fail(err, MS_BUG, "an EVENT of %zu bytes", json.n);
	if (ms_event_parse(&ev, json, err) < 0)
		return ms_fail(err, MS_BUG, "that is no EVENT");
	ms_event_release(&ev);
	ms_buf_add(&content, json.p, json.n);
	rc = ms_batch_commit(a, &b, err);
	ms_buf_release(&content);
	ms_batch_release(&b);
	return rc;
}
