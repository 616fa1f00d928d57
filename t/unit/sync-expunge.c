/* sync-expunge.c - tests lib/sync/expunge.c: which messages may be deleted at
 * the source, and what the log says of them. */
#include "synced.h"

#include "archive-writer.h"
#include "expunge.h"
#include "history.h"

#define LONG_AGO 1000
#define FAR_AHEAD ((int64_t)1 << 40)

struct row {
	const char *name, *folder;
	uint32_t uidvalidity, uid;
	const char *uidls; /* POP3: of messages 1, 2 .. */
	const char *flags; /* NULL: the server has none */
	const char *want;
	int64_t archived_before; /* 0: no such rule */
	struct ms_choice choice;
	const char *body;  /* if the body is to be compared */
	const char *after; /* the decision by the body */
};

static const struct row rows[] = {
    {"an archived message", "INBOX", 7, 1, NULL, "", .want = "delete"},
    {"a flagged message", "INBOX", 7, 1, NULL, "\\Flagged",
	.want = "left out: flagged"},
    {"not archived", "INBOX", 7, 2, NULL, "", .want = "failed: not archived"},
    {"another UIDVALIDITY", "INBOX", 8, 1, NULL, "",
	.want = "failed: not archived"},
    {"no UIDVALIDITY", "INBOX", 0, 1, NULL, "",
	.want =
	    "failed: the server gives the message no UID or UIDL that lasts"},
    {"a UIDL; POP3 has no flags", "INBOX", 0, 2, "x p1", NULL,
	.want = "delete"},
    {"no UIDL", "INBOX", 0, 1, "- p1", NULL,
	.want =
	    "failed: the server gives the message no UID or UIDL that lasts"},
    {"a message past the end", "INBOX", 0, 3, "x p1", NULL,
	.want =
	    "failed: the server gives the message no UID or UIDL that lasts"},
    {"not chosen", "INBOX", 7, 1, NULL, "", "left out: not seen",
	.choice = {.seen = true}},
    {"chosen", "INBOX", 7, 1, NULL, "\\Seen", "delete",
	.choice = {.seen = true}},
    {"flags are unknown: POP3 has none", "INBOX", 0, 1, "p1", NULL,
	"left out: not seen", .choice = {.seen = true}},
    {"an attribute is unknown", "INBOX", 7, 1, NULL, "",
	"left out: size is unknown", .choice = {.smaller = 10}},
    {"archived too recently", "INBOX", 7, 1, NULL, "",
	"left out: archived too recently", .archived_before = LONG_AGO},
    {"archived long ago", "INBOX", 7, 1, NULL, "", "delete",
	.archived_before = FAR_AHEAD},
    {"only its header was compared", "Work", 7, 6, NULL, "", "fetch",
	.body = TEXT("R"), .after = "delete"},
    {"only its header was compared, and the body differs", "Work", 7, 6, NULL,
	"", "fetch", .body = HEADER("R") "other\r\n",
	.after = "failed: not deleted: its body differs from that of the "
		 "archived message with the same header and size"},
    {"its body was seen in another folder", "Work", 7, 4, NULL, "", "fetch",
	.body = TEXT("A"), .after = "delete"},
};

static void
show_decision(struct ms_buf *got, const struct ms_sync_decision *d,
    struct ms_mailbox_state *m, uint32_t uid)
{
	static const char *const name[] = {[MS_SYNC_FETCH] = "fetch",
	    [MS_SYNC_DELETE] = "delete",
	    [MS_SYNC_LEFT_OUT] = "left out: ",
	    [MS_SYNC_FAILED] = "failed: ",
	    [MS_SYNC_REFERENCE] = "reference",
	    [MS_SYNC_MAYBE_MOVED] = "moved"};
	enum ms_stage stage =
	    d->action == MS_SYNC_DELETE ? MS_STAGE_DELETE : MS_STAGE_FETCH;
	uint32_t queued = 0;

	ms_buf_clear(got);
	ms_buf_printf(got, "%s%s", name[d->action], d->reason.msg);
	if (d->action > MS_SYNC_DELETE)
		queued = uid;
	else
		ms_queue_take(&m->queue[stage], &queued, 1);
	if (queued != uid || ms_mailbox_waiting(m) > 0)
		ms_buf_add_str(got, ", not queued");
}

static struct ms_lookup *
open_to_write(void)
{
	const struct ms_lookup_options options = {
	    .archive = dir, .user = "alice", .source = SOURCE, .write = true};
	struct ms_lookup *l;
	struct ms_err err = {0};

	ok(ms_lookup_open(&l, &options, &err) == 0, "opened to write: %s",
	    err.msg);
	return l;
}

/* A folder of this name whose number is known. */
static void
find_folder(struct ms_mailbox_state *m, struct ms_lookup *l, const char *name)
{
	*m = (struct ms_mailbox_state){.name = ms_xstrdup(name)};
	m->occurrence = ms_xcalloc(1, sizeof(*m->occurrence));
	if (ms_lookup_places(l, m, NULL) < 0 || m->number == 0)
		ok(false, "no folder %s", name);
}

static void
check(struct ms_lookup *l, const struct row *t)
{
	const struct ms_sync_rules rules = {.choice = &t->choice,
	    .delete_archived = true,
	    .has_archived_before = t->archived_before != 0,
	    .archived_before = t->archived_before};
	struct ms_msg_info info = {
	    .uid = t->uid, .has = MS_HAS_FLAGS, .flags = t->flags};
	struct ms_expunge *e;
	struct ms_mailbox_state m;
	struct ms_sync_decision d;
	struct ms_buf got = {0};

	if (t->flags == NULL)
		info.has = 0;
	ok(ms_expunge_open(&e, &rules, l, NULL) == 0, "%s", t->name);
	find_folder(&m, l, t->folder);
	m.uidvalidity = t->uidvalidity;
	if (t->uidls != NULL)
		read_uidls(&m, t->uidls);
	ms_expunge_message(e, &m, &info, &d);
	show_decision(&got, &d, &m, t->uid);
	ok(strcmp(ms_buf_str(&got), t->want) == 0, "  %s", ms_buf_str(&got));
	if (t->body != NULL) {
		/* A body that was cancelled leaves nothing behind. */
		ms_expunge_body(e, (const unsigned char *)"cancelled", 9);
		ms_expunge_body_cancel(e);
		ms_expunge_body(e, (const unsigned char *)t->body, 3);
		ms_expunge_body(
		    e, (const unsigned char *)t->body + 3, strlen(t->body) - 3);
		ms_expunge_body_end(e, &m, t->uid, &d);
		show_decision(&got, &d, &m, t->uid);
		ok(strcmp(ms_buf_str(&got), t->after) == 0, "  %s",
		    ms_buf_str(&got));
		ms_expunge_body_end(e, &m, 99, &d);
		show_decision(&got, &d, &m, t->uid);
		ok(strcmp(ms_buf_str(&got), "failed: not archived") == 0,
		    "  of a message that is not archived: %s",
		    ms_buf_str(&got));
	}
	ms_mailbox_release(&m);
	ms_expunge_close(e);
	ms_buf_release(&got);
}

/* The JSON of the last event in the log. */
static const char *
last_event(struct ms_archive *a, struct ms_buf *json)
{
	uint64_t n = a->checked.next;

	ms_buf_clear(json);
	while (n-- > 1 && ms_history_read(a, n, json, NULL) < 0)
		ms_buf_clear(json);
	return ms_buf_str(json);
}

/* Is the last event about these UIDs of m, in this order? */
static bool
is_event(struct ms_lookup *l, const struct ms_mailbox_state *m,
    const char *kind, const uint32_t *uids, size_t n)
{
	struct ms_archive *a = ms_lookup_archive(l);
	struct ms_buf json = {0}, places = {0}, numbers = {0}, want = {0};
	uint64_t user, source, number;
	char text[32];
	size_t i;
	bool same;

	ms_lookup_numbers(l, &user, &source);
	for (i = 0; i < n; i++) {
		ms_mailbox_place(m, uids[i], text);
		ms_archive_place(a, m->number, text, &number, NULL);
		ms_buf_printf(&places, "%s\"%s\"", i > 0 ? "," : "", text);
		ms_buf_printf(&numbers, "%s%" PRIu64, i > 0 ? "," : "", number);
	}
	ms_buf_printf(&want,
	    "{\"event\":\"%s\",\"user\":%" PRIu64 ",\"source\":%" PRIu64
	    ",\"folder\":%" PRIu64 ",\"places\":[%s],\"occurrences\":[%s],",
	    kind, user, source, m->number, ms_buf_str(&places),
	    ms_buf_str(&numbers));
	same = strncmp(last_event(a, &json), ms_buf_str(&want), want.n) == 0;
	if (!same)
		printf(
		    "# %s is not %s\n", ms_buf_str(&json), ms_buf_str(&want));
	ms_buf_release(&json);
	ms_buf_release(&places);
	ms_buf_release(&numbers);
	ms_buf_release(&want);
	return same;
}

static void
check_log(struct ms_lookup *l)
{
	static const uint32_t two[] = {1, 5}, three[] = {3};
	static const struct ms_choice every;
	const struct ms_sync_rules rules = {.choice = &every};
	struct ms_archive *a = ms_lookup_archive(l);
	struct ms_mailbox_state m;
	struct ms_expunge *e;
	struct ms_err err = {0};
	uint64_t next;

	ms_expunge_open(&e, &rules, l, NULL);
	find_folder(&m, l, "INBOX");
	m.uidvalidity = 7;
	next = a->checked.next;
	ok(ms_expunge_end(e, &m, &err) == 0 && a->checked.next == next,
	    "nothing was deleted: nothing is recorded");
	ok(ms_expunge_begin(e, &m, two, 2, &err) == 0 &&
		is_event(l, &m, "delete", two, 2),
	    "what is about to be deleted is recorded: %s", err.msg);
	ms_expunge_deleted(e, 5);
	ok(ms_expunge_end(e, &m, &err) == 0 &&
		is_event(l, &m, "deleted", two + 1, 1),
	    "what was deleted is recorded: %s", err.msg);
	next = a->checked.next;
	ok(ms_expunge_end(e, &m, &err) == 0 && a->checked.next == next,
	    "  once");
	ms_expunge_deleted(e, 5);
	ok(ms_expunge_begin(e, &m, three, 1, &err) == 0 &&
		is_event(l, &m, "delete", three, 1),
	    "the next request");
	next = a->checked.next;
	ok(ms_expunge_end(e, &m, &err) == 0 && a->checked.next == next,
	    "  begins without the answers to the last one");
	ms_mailbox_release(&m);
	ms_expunge_close(e);
}

/* What was not recorded is not deleted. */
static void
check_log_fails(struct ms_lookup *l)
{
	static const uint32_t one[] = {1};
	static const struct ms_choice every;
	const struct ms_sync_rules rules = {.choice = &every};
	struct ms_mailbox_state m;
	struct ms_expunge *e;
	struct ms_err err = {0};

	ms_expunge_open(&e, &rules, l, NULL);
	find_folder(&m, l, "INBOX");
	read_uidls(&m, "\xff");
	ok(ms_expunge_begin(e, &m, one, 1, &err) < 0 && err.code == MS_DATA,
	    "an event that cannot be recorded: %s", err.msg);
	ms_expunge_deleted(e, 1);
	ok(ms_expunge_end(e, &m, &err) < 0, "  nor its answers");
	ms_mailbox_release(&m);
	ms_expunge_close(e);
}

static void
check_read_back(struct ms_lookup *l)
{
	static const struct ms_choice every;
	const struct ms_sync_rules rules = {.choice = &every};
	const char text[] = TEXT("B");
	struct ms_identity got;
	unsigned char id[MS_SHA_LEN], head[MS_SHA_LEN];
	struct ms_mailbox_state m;
	struct ms_expunge *e;
	struct ms_err err = {0};

	ms_expunge_open(&e, &rules, l, NULL);
	find_folder(&m, l, "INBOX");
	m.uidvalidity = 7;
	info_of(3, text, 0, head);
	ms_sha256(text, strlen(text), id);
	ok(ms_expunge_read_back(e, &m, 3, &got, &err) == 0 &&
		got.size == strlen(text) &&
		memcmp(got.id, id, sizeof(id)) == 0 &&
		memcmp(got.head, head, sizeof(head)) == 0,
	    "the archive's copy: %s", err.msg);
	ok(ms_expunge_read_back(e, &m, 4, &got, &err) < 0 &&
		strcmp(err.msg, "not archived") == 0,
	    "no copy: %s", err.msg);
	ms_mailbox_release(&m);
	ms_expunge_close(e);
}

/* The time of the archive is compared to the second. */
static void
check_archived_before(struct ms_lookup *l)
{
	static const struct ms_choice every;
	struct ms_sync_rules rules = {
	    .choice = &every, .has_archived_before = true};
	const struct ms_msg_info info = {.uid = 1, .flags = ""};
	struct ms_archive *a = ms_lookup_archive(l);
	struct ms_sync_decision d;
	struct ms_mailbox_state m;
	struct ms_expunge *e;
	uint64_t number = 0;
	int64_t when = 0;

	ms_expunge_open(&e, &rules, l, NULL);
	find_folder(&m, l, "INBOX");
	m.uidvalidity = 7;
	ms_archive_place(a, m.number, "7/1", &number, NULL);
	ms_archive_committed(a, number, &when, NULL);
	rules.archived_before = when;
	ms_expunge_message(e, &m, &info, &d);
	ok(d.action == MS_SYNC_LEFT_OUT, "archived at this second");
	rules.archived_before = when + 1;
	ms_expunge_message(e, &m, &info, &d);
	ok(d.action == MS_SYNC_DELETE, "archived in the second before");
	ms_mailbox_release(&m);
	ms_expunge_close(e);
}

static void
check_damage(struct ms_lookup *l)
{
	static const struct ms_choice every;
	const struct ms_sync_rules rules = {
	    .choice = &every, .has_archived_before = true};
	const struct ms_msg_info info = {.uid = 1, .flags = ""};
	struct ms_identity got;
	struct ms_mailbox_state m;
	struct ms_expunge *e;
	struct ms_sync_decision d;
	struct ms_err err = {0};

	ms_expunge_open(&e, &rules, l, NULL);
	find_folder(&m, l, "INBOX");
	m.uidvalidity = 7;
	nftw(dir, spoil, 8, FTW_PHYS);
	ok(ms_expunge_read_back(e, &m, 1, &got, &err) < 0, "damage: %s",
	    err.msg);
	ms_expunge_message(e, &m, &info, &d);
	ok(d.action == MS_SYNC_FAILED || d.action == MS_SYNC_LEFT_OUT,
	    "damage: nothing is deleted: %s", d.reason.msg);
	ms_mailbox_release(&m);
	ms_expunge_close(e);
}

int
main(void)
{
	static const struct ms_choice every;
	const struct ms_sync_rules rules = {.choice = &every};
	struct ms_lookup *l;
	struct ms_expunge *e;
	struct ms_err err = {0};
	size_t i;

	if (!synced_begin())
		return done();
	l = open_to_write();
	for (i = 0; i < sizeof(rows) / sizeof(*rows); i++)
		check(l, &rows[i]);
	check_archived_before(l);
	check_read_back(l);
	check_log(l);
	check_log_fails(l);
	ms_lookup_close(l);
	l = lookup_of(dir, "alice", SOURCE, false);
	check_damage(l);
	ms_lookup_close(l);
	l = lookup_of(NULL, "alice", SOURCE, false);
	ok(ms_expunge_open(&e, &rules, l, &err) < 0 && err.code == MS_USAGE,
	    "no archive: %s", err.msg);
	ms_expunge_close(e);
	ms_expunge_close(NULL);
	ms_lookup_close(l);
	return synced_end();
}
