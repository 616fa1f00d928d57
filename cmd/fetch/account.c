/*
 * account.c - counts what becomes of messages, and reports failures.
 * ms-fetch(1)
 */
#include "account.h"

#include <inttypes.h>

const char *
account_where(struct ms_buf *b, const struct folder *f, uint32_t uid)
{
	const struct ms_mailbox_state *m = &f->mailbox;

	ms_buf_clear(b);
	if (m->places == NULL)
		ms_buf_printf(b, "%s, UID %" PRIu32, m->name, uid);
	else if (uid <= m->uids.n && m->places[uid - 1] != NULL)
		ms_buf_printf(b, "%s, UIDL %s", m->name, m->places[uid - 1]);
	else
		ms_buf_printf(b, "%s, message %" PRIu32, m->name, uid);
	return ms_buf_str(b);
}

void
account_failed(
    struct run *r, struct folder *f, uint32_t uid, const char *reason)
{
	struct ms_buf where = {0};

	ms_report_failed(r->report, account_where(&where, f, uid), reason);
	f->tally->failed++;
	r->trailer->failed++;
	ms_buf_release(&where);
}

void
account_left_out(
    struct run *r, struct folder *f, uint32_t uid, const char *reason)
{
	struct ms_buf where = {0};

	ms_report_left_out(r->report, account_where(&where, f, uid), reason);
	f->tally->left_out++;
	ms_buf_release(&where);
}

void
account_folder_failed(
    struct run *r, struct folder *f, const char *reason, uint64_t messages)
{
	ms_report_failed(r->report, f->mailbox.name, reason);
	f->tally->failed += messages;
	r->trailer->failed += messages;
}

void
account_folder_unreadable(struct run *r, struct folder *f, const char *reason)
{
	f->tally->seen++;
	f->state = FOLDER_FAILED;
	account_folder_failed(r, f, reason, 1);
}

/* Messages of an open folder that no task or queue will deal with any more. */
static uint64_t
unfinished(struct run *r, struct folder *f)
{
	const struct worker_pool *pool = r->pool;
	uint64_t left = ms_mailbox_waiting(&f->mailbox);
	size_t i;

	if (f->mailbox.probe != 0) { /* the folder was not planned yet */
		f->tally->seen += f->mailbox.uids.n;
		return f->mailbox.uids.n;
	}
	for (i = 0; i < pool->count; i++)
		if (pool->workers[i].task.folder == f)
			left += pool->workers[i].task.left;
	return left;
}

void
account_rest(struct run *r)
{
	struct ms_buf why = {0};
	struct folder *f;
	uint64_t left;

	for (f = r->folders; f < r->folders + r->folder_count; f++) {
		if (f->state == FOLDER_WAITS || f->state == FOLDER_IN_SURVEY)
			account_folder_unreadable(r, f, r->aborted.msg);
		if (f->state != FOLDER_OPEN || (left = unfinished(r, f)) == 0)
			continue;
		ms_buf_clear(&why);
		ms_buf_printf(&why, "%" PRIu64 " %s not fetched: %s", left,
		    left == 1 ? "message" : "messages", r->aborted.msg);
		account_folder_failed(r, f, ms_buf_str(&why), left);
	}
	ms_buf_release(&why);
}

void
account_abort(struct run *r, const struct ms_err *why)
{
	if (r->aborted.code == MS_OK)
		r->aborted = *why;
}

int
account_status(const struct run *r)
{
	if (r->aborted.code != MS_OK)
		return ms_status(r->aborted.code);
	if (r->damage != MS_OK)
		return ms_status(r->damage);
	return r->trailer->failed > 0 ? MS_STATUS_SOME : 0;
}
