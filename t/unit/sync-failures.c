/*
 * sync-failures.c - each call of LMDB and of the file system fails once while
 * lib/sync looks up what the archive has: the failure is reported, or the
 * decisions are the same.
 */
#include "expunge.h"
#include "failing.h"
#include "synced.h"

static const struct ms_choice every;

static const char *header; /* of each answer; NULL: that of its text */

/* Answers each probe with the header of the text of its UID, then, if it is
 * asked for, with the body. */
static int
survey(const struct ms_sync_rules *rules, struct ms_lookup *l,
    struct ms_mailbox_state *m, const char *const *texts, struct ms_buf *out,
    struct ms_err *err)
{
	struct ms_sync_plan plan = {0};
	unsigned char head[MS_SHA_LEN], id[MS_SHA_LEN];
	struct ms_msg_info info;
	uint32_t uid;
	bool body;
	int rc = ms_sync_surveyed(rules, l, m, &plan, err);

	while (rc == 1) {
		body = ms_queue_take(&m->queue[MS_STAGE_FETCH], &uid, 1) == 1;
		if (!body &&
		    ms_queue_take(&m->queue[MS_STAGE_LOOK], &uid, 1) != 1)
			break;
		info = info_of(uid, header != NULL ? header : texts[uid],
		    MS_HAS_HEAD | MS_HAS_SIZE, head);
		if (body) {
			ms_sha256(texts[uid], strlen(texts[uid]), id);
			info.has = MS_HAS_ID;
			info.id = id;
		}
		rc = ms_sync_probed(rules, l, m, uid, &info, &plan, err);
	}
	ms_buf_printf(out, "%s%sknown %" PRIu64,
	    plan.uids_reused ? "reused " : "",
	    plan.renumbered ? "renumbered " : "", plan.known);
	show_queues(out, m);
	ms_sync_plan_release(&plan);
	return rc;
}

static const char *const by_uid[] = {[3] = TEXT("B")};
static const char *const by_uidl[] = {
    [1] = TEXT("1"), [2] = TEXT("2"), [3] = TEXT("x")};

/* Known and new messages of an IMAP folder; one of these is in another. */
static int
fetch(struct ms_lookup *l, struct ms_buf *out, struct ms_err *err)
{
	const struct ms_sync_rules rules = {.choice = &every};
	const struct ms_folder_content there[] = {{"Work", true}};
	struct ms_mailbox_state m = {
	    .name = ms_xstrdup("INBOX"), .uidvalidity = 7};
	unsigned char head[MS_SHA_LEN];
	const struct ms_msg_info info =
	    info_of(9, TEXT("W"), MS_HAS_HEAD | MS_HAS_SIZE, head);
	struct ms_sync_decision d = {0};
	const char *folder = NULL;
	int rc;

	read_uids(&m.uids, "1 2 3 9 19");
	rc = survey(&rules, l, &m, by_uid, out, err);
	if (rc == 0)
		rc = ms_sync_message(&rules, l, &m, &info, &d, err);
	if (rc == 0)
		rc = ms_lookup_moved_from(l, there, 1, d.message, &folder, err);
	ms_buf_printf(out, " action %d from %s", (int)d.action,
	    folder != NULL ? folder : "-");
	ms_mailbox_release(&m);
	return rc;
}

/* A server that repairs headers: the body of the probe proves the places. */
static int
fetch_repaired(struct ms_lookup *l, struct ms_buf *out, struct ms_err *err)
{
	const struct ms_sync_rules rules = {.choice = &every};
	struct ms_mailbox_state m = {
	    .name = ms_xstrdup("INBOX"), .uidvalidity = 7};
	int rc;

	read_uids(&m.uids, "1 3");
	header = NOTICE;
	rc = survey(&rules, l, &m, by_uid, out, err);
	header = NULL;
	ms_mailbox_release(&m);
	return rc;
}

/* A POP3 mailbox, where sizes are compared, and one message differs. */
static int
fetch_pop(struct ms_lookup *l, struct ms_buf *out, struct ms_err *err)
{
	const struct ms_sync_rules rules = {.choice = &every};
	struct ms_mailbox_state m = {.name = ms_xstrdup("Pop")};
	int rc;

	read_uidls(&m, "1=44 2=44 3=99");
	rc = survey(&rules, l, &m, by_uidl, out, err);
	ms_mailbox_release(&m);
	return rc;
}

/* A folder with another UIDVALIDITY. */
static int
fetch_renumbered(struct ms_lookup *l, struct ms_buf *out, struct ms_err *err)
{
	const struct ms_sync_rules rules = {
	    .choice = &every, .delete_archived = true};
	struct ms_mailbox_state m = {
	    .name = ms_xstrdup("INBOX"), .uidvalidity = 8};
	int rc;

	read_uids(&m.uids, "1 3");
	rc = survey(&rules, l, &m, by_uid, out, err);
	ms_mailbox_release(&m);
	return rc;
}

/* Deletes a message: what is looked up before, and the copy is read back. */
static int
expunge(struct ms_lookup *l, struct ms_buf *out, struct ms_err *err)
{
	const struct ms_sync_rules rules = {.choice = &every,
	    .delete_archived = true,
	    .force_short = true,
	    .has_archived_before = true,
	    .archived_before = INT64_MAX};
	struct ms_mailbox_state m = {
	    .name = ms_xstrdup("INBOX"), .uidvalidity = 7};
	unsigned char head[MS_SHA_LEN];
	struct ms_msg_info info;
	struct ms_sync_decision d = {0};
	struct ms_proof copy = {.size = 0};
	struct ms_expunge *e = NULL;
	int rc;

	read_uids(&m.uids, "3 19");
	rc = survey(&rules, l, &m, by_uid, out, err);
	if (rc == 0)
		rc = ms_expunge_open(&e, &rules, l, err);
	info = info_of(19, NOTICE, MS_HAS_HEAD | MS_HAS_SIZE, head);
	if (rc == 0) {
		ms_expunge_message(e, &m, &info, &d);
		*err = d.reason;
		rc = d.action == MS_SYNC_DELETE ? 0 : -1;
	}
	if (rc == 0)
		rc = ms_expunge_read_back(e, &m, 19, &copy, err);
	ms_buf_printf(out, " action %d id %02x", (int)d.action, copy.id[0]);
	ms_expunge_close(e);
	ms_mailbox_release(&m);
	return rc;
}

typedef int sync_fn(struct ms_lookup *, struct ms_buf *, struct ms_err *);

/* Runs with a new lookup, while this call fails; 0: none. */
static int
run(sync_fn *fn, long call, struct ms_buf *out, struct ms_err *err)
{
	const struct ms_lookup_options options = {.archive = dir,
	    .user = "alice",
	    .source = SOURCE,
	    .watch_moves = true};
	struct ms_lookup *l;
	int rc;

	ms_buf_clear(out);
	*err = (struct ms_err){0};
	fail_call(call, EIO);
	rc = ms_lookup_open(&l, &options, err);
	if (rc == 0)
		rc = fn(l, out, err);
	atomic_store(&fail_at, 0);
	ms_lookup_close(l);
	return rc;
}

static void
each_call_fails(sync_fn *fn, const char *want, const char *name)
{
	struct ms_buf out = {0};
	struct ms_err err;
	long call = 0, silent = 0;
	int rc;

	do {
		rc = run(fn, ++call, &out, &err);
		if (txns == 0 && (rc < 0 ? err.code == MS_IO
					 : strcmp(ms_buf_str(&out), want) == 0))
			continue;
		printf("# call %ld, %s: %d, %s, %s\n", call,
		    atomic_load(&has_failed) ? failed : "-", rc,
		    ms_buf_str(&out), err.msg);
		silent++;
	} while (atomic_load(&has_failed));
	ok(rc == 0 && call > 20 && silent == 0,
	    "%s: each failure of %ld is reported", name, call - 1);
	ms_buf_release(&out);
}

int
main(void)
{
	if (!synced_begin())
		return done();
	each_call_fails(
	    fetch, "known 3 look 2,9 action 5 from Work", "an IMAP folder");
	each_call_fails(fetch_repaired, "known 2", "a repaired header");
	each_call_fails(
	    fetch_pop, "reused known 0 look 1,2,3", "a POP3 mailbox");
	each_call_fails(
	    fetch_renumbered, "renumbered known 0", "another UIDVALIDITY");
	each_call_fails(
	    expunge, "known 0 look 3,19 action 1 id a5", "deleting");
	return synced_end();
}
