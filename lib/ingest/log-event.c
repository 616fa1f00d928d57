/* log-event.c - records one EVENT in a batch of its own. ms-archive(5), EVENT.
 */
#include "batch.h"

#include "event.h"

static int
add_event(void *ctx, struct ms_committer *c, struct ms_err *err)
{
	const struct ms_slice *json = ctx;
	uint64_t number;

	return ms_committer_event(c, *json, &number, err);
}

int
ms_archive_log_event(
    struct ms_archive *a, struct ms_slice json, struct ms_err *err)
{
	struct ms_batch b = {.decide = add_event, .decide_ctx = &json};
	struct ms_event ev;
	int rc;

	/* What could not be read back must not get into the log. */
	if (json.n > MS_EVENT_MAX)
		return ms_fail(err, MS_BUG, "an EVENT of %zu bytes", json.n);
	if (ms_event_parse(&ev, json, err) < 0)
		return ms_fail(err, MS_BUG, "that is no EVENT");
	ms_event_release(&ev);
	rc = ms_batch_commit(a, &b, err);
	ms_batch_release(&b);
	return rc;
}
