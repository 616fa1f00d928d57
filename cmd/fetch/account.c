/*
 * account.c - counts what becomes of messages, and reports failures.
 * ms-fetch(1)
 */
#include "account.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "numbers.h"

#define WHERE_MAX 1000 /* bytes of a set of UIDs in a line */

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

/* Appends `INBOX, UIDs 3:5,9` for as many UIDs as fit into a line, which are
 * ascending. Returns how many. UIDLs are listed, messages without are numbered.
 */
static size_t
add_where(
    struct ms_buf *b, const struct folder *f, const uint32_t *uids, size_t n)
{
	const struct ms_mailbox_state *m = &f->mailbox;
	size_t i;

	if (n == 1 || (m->places != NULL && m->places[uids[0] - 1] == NULL)) {
		account_where(b, f, uids[0]);
		return 1;
	}
	ms_buf_clear(b);
	if (m->places == NULL) {
		ms_buf_printf(b, "%s, UIDs ", m->name);
		return ms_uid_set_write(b, uids, n, WHERE_MAX);
	}
	ms_buf_printf(b, "%s, UIDLs", m->name);
	for (i = 0; i < n && m->places[uids[i] - 1] != NULL && b->n < WHERE_MAX;
	     i++)
		ms_buf_printf(b, " %s", m->places[uids[i] - 1]);
	return i;
}

/* Calls report() for lines that name these messages. */
static void
report_all(struct run *r, const struct folder *f, uint32_t *uids, size_t n,
    void (*report)(struct run *, const char *where, const char *reason),
    const char *reason)
{
	struct ms_buf where = {0};
	size_t done;

	if (n > 0)
		qsort(uids, n, sizeof(*uids), ms_compare_u32);
	for (; n > 0; uids += done, n -= done) {
		done = add_where(&where, f, uids, n);
		report(r, ms_buf_str(&where), reason);
	}
	ms_buf_release(&where);
}

static void
report_failed(struct run *r, const char *where, const char *reason)
{
	ms_report_failed(r->report, where, reason);
}

void
account_all_failed(struct run *r, struct folder *f, uint32_t *uids, size_t n,
    const char *reason)
{
	report_all(r, f, uids, n, report_failed, reason);
	f->tally->failed += n;
	r->trailer->failed += n;
}

void
account_failed(
    struct run *r, struct folder *f, uint32_t uid, const char *reason)
{
	account_all_failed(r, f, &uid, 1, reason);
}

/* ---- messages that are left out ---- */

static void
report_left_out(struct run *r, const char *where, const char *reason)
{
	ms_report_left_out(r->report, where, reason);
	if (r->opt->report.verbose)
		ms_report_note(r->report, "%s: left out: %s", where, reason);
}

/* Reports messages of a folder that were left out for one reason. */
static void
report_class(struct run *r, const struct folder *f, struct left_out *l)
{
	uint32_t *uids = (uint32_t *)(void *)l->uids.p;
	size_t n = l->uids.n / sizeof(*uids);

	report_all(r, f, uids, n, report_left_out, l->reason);
	/* A user who deletes wants to know why messages stay. */
	if (r->expunge != NULL && !r->opt->report.verbose)
		ms_report_note(r->report, "%s: %zu %s left out: %s",
		    f->mailbox.name, n, n == 1 ? "message" : "messages",
		    l->reason);
}

void
account_forget_left_out(struct folder *f)
{
	while (f->left_out_count > 0) {
		f->left_out_count--;
		free(f->left_out[f->left_out_count].reason);
		ms_buf_release(&f->left_out[f->left_out_count].uids);
		f->left_out[f->left_out_count] = (struct left_out){0};
	}
}

void
account_report_folder(struct run *r, struct folder *f)
{
	struct left_out *l;

	for (l = f->left_out; l < f->left_out + f->left_out_count; l++)
		report_class(r, f, l);
	account_forget_left_out(f);
}

void
account_report_left_out(struct run *r)
{
	size_t i;

	for (i = 0; i < r->folder_count; i++)
		account_report_folder(r, r->folders + i);
}

void
account_left_out(
    struct run *r, struct folder *f, uint32_t uid, const char *reason)
{
	size_t i;

	for (i = 0; i < f->left_out_count; i++)
		if (strcmp(f->left_out[i].reason, reason) == 0)
			break;
	if (i == LEFT_OUT_REASONS) { /* so many reasons: one by one */
		report_all(r, f, &uid, 1, report_left_out, reason);
	} else {
		if (i == f->left_out_count)
			f->left_out[f->left_out_count++].reason =
			    ms_xstrdup(reason);
		ms_buf_add(&f->left_out[i].uids, &uid, sizeof(uid));
	}
	f->tally->left_out++;
}

static void
report_short(struct run *r, const char *where, const char *reason)
{
	const struct ms_report_text texts[] = {
	    {"where", where}, {"reason", reason}};

	ms_report_line(r->report, "short", texts, 2);
	if (r->opt->report.verbose)
		ms_report_note(r->report, "%s: short: %s", where, reason);
}

void
account_shorts(
    struct run *r, const struct folder *f, const struct ms_uid_list *uids)
{
	report_all(r, f, uids->v, uids->n, report_short,
	    "the archive has less than the server announced");
}

/* ---- folders ---- */

void
account_folder_failed(
    struct run *r, struct ms_tally *t, const char *name, const char *reason)
{
	ms_report_failed(r->report, name, reason);
	t->failed_folders++;
}

void
account_folder_messages_failed(
    struct run *r, struct folder *f, const char *reason, uint64_t messages)
{
	ms_report_failed(r->report, f->mailbox.name, reason);
	f->tally->seen += messages;
	f->tally->failed += messages;
	r->trailer->failed += messages;
}

void
account_folder_unreadable(struct run *r, struct folder *f, const char *reason)
{
	f->state = FOLDER_FAILED;
	account_folder_failed(r, f->tally, f->mailbox.name, reason);
}

static void
add_uids(struct ms_buf *b, const uint32_t *uids, size_t n)
{
	ms_buf_add(b, uids, n * sizeof(*uids));
}

/* Appends the messages of an open folder that no task or queue will deal with
 * any more. */
static void
add_unfinished(struct run *r, struct folder *f, struct ms_buf *uids)
{
	const struct ms_mailbox_state *m = &f->mailbox;
	const struct worker_pool *pool = r->pool;
	const struct task *t;
	size_t i, k;

	if (m->probing > 0) { /* the folder was not planned yet */
		f->tally->seen += m->uids.n;
		add_uids(uids, m->uids.v, m->uids.n);
		return;
	}
	for (i = 0; i < MS_STAGES; i++)
		add_uids(uids, m->queue[i].v + m->queue[i].first,
		    ms_queue_count(&m->queue[i]));
	for (i = 0; i < pool->count; i++) {
		t = &pool->workers[i].task;
		if (t->folder != f || t->left == 0)
			continue;
		if (t->renumbered != f->backoff.renumbered)
			account_uncount(f, t->left); /* the UIDs are void */
		for (k = 0; t->renumbered == f->backoff.renumbered && k < t->n;
		     k++)
			if (!t->answered[k])
				add_uids(uids, t->uid + k, 1);
	}
}

void
account_rest(struct run *r)
{
	struct ms_buf why = {0}, uids = {0};
	struct folder *f;

	ms_buf_printf(&why, "not %s: %s",
	    r->expunge != NULL ? "deleted" : "fetched", r->aborted.msg);
	for (f = r->folders; f < r->folders + r->folder_count; f++) {
		ms_buf_clear(&uids);
		add_unfinished(r, f, &uids);
		if (f->state == FOLDER_WAITS || f->state == FOLDER_IN_SURVEY)
			account_folder_unreadable(r, f, r->aborted.msg);
		account_all_failed(r, f, (uint32_t *)(void *)uids.p,
		    uids.n / sizeof(uint32_t), ms_buf_str(&why));
	}
	ms_buf_release(&why);
	ms_buf_release(&uids);
}

void
account_uncount(struct folder *f, uint64_t messages)
{
	f->tally->seen -= messages <= f->tally->seen ? messages : 0;
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
	struct ms_tally sum = ms_report_total(r->report);

	if (r->aborted.code != MS_OK)
		return ms_status(r->aborted.code);
	if (r->damage != MS_OK)
		return ms_status(r->damage);
	return sum.failed + sum.failed_folders > 0 ? MS_STATUS_SOME : 0;
}
