/* change.c - changes users, settings and profiles by events that are decided
 * under `lock`. ms-archive(5), EVENT. */
#include "change.h"

#include "batch.h"
#include "event.h"

struct ms_change {
	struct ms_committer *c;
	const char *as;
	ms_decide_fn *decide;
	void *ctx;
	size_t events, bytes;
};

struct ms_txn *
ms_change_txn(struct ms_change *ch)
{
	return ms_committer_txn(ch->c);
}

int
ms_change_event(struct ms_change *ch, const char *event, json_t *keys,
    uint64_t *number, struct ms_err *err)
{
	struct ms_buf json = {0};
	uint64_t n;
	int rc = -1;

	ms_event_json(&json, event, keys, ch->as);
	ch->events++;
	ch->bytes += json.n;
	if (json.n > MS_EVENT_MAX)
		ms_fail(err, MS_USAGE, "the change is longer than %d bytes",
		    MS_EVENT_MAX);
	else if (ch->events > MS_CHANGE_EVENTS || ch->bytes > MS_BATCH_META)
		ms_fail(err, MS_USAGE, "too much for one change");
	else
		rc = ms_committer_event(ch->c, ms_buf_slice(&json),
		    number != NULL ? number : &n, err);
	ms_buf_release(&json);
	return rc;
}

static int
decide(void *ctx, struct ms_committer *c, struct ms_err *err)
{
	struct ms_change *ch = ctx;

	ch->c = c;
	ch->events = ch->bytes = 0;
	return ch->decide(ch->ctx, ch, err);
}

static int
commit(
    struct ms_archive *a, struct ms_change *ch, bool view, struct ms_err *err)
{
	struct ms_batch b = {.decide = decide, .decide_ctx = ch, .view = view};
	int rc;

	rc = ms_batch_commit(a, &b, err);
	ms_batch_release(&b);
	return rc;
}

int
ms_archive_change(struct ms_archive *a, const char *as, ms_decide_fn *fn,
    void *ctx, struct ms_err *err)
{
	struct ms_change ch = {.as = as, .decide = fn, .ctx = ctx};

	return commit(a, &ch, false, err);
}

int
ms_archive_change_view(struct ms_archive *a, const char *as, ms_decide_fn *fn,
    void *ctx, struct ms_err *err)
{
	struct ms_change ch = {.as = as, .decide = fn, .ctx = ctx};

	return commit(a, &ch, true, err);
}
