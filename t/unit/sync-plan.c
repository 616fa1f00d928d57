/* sync-plan.c - tests lib/sync/plan.c: what becomes of the messages of a
 * folder, by what the server and the archive have. */
#include "synced.h"

static const struct ms_choice every,
    unseen = {.unseen = true},
    by_field = {.by_date_field = true, .has_since = true},
    field_only = {.by_date_field = true}, small = {.smaller = 10};

/* ---- surveys ---- */

enum archive {
	ALICE,
	CAROL, /* no user of the archive */
	OTHER, /* alice, and a source that the archive does not have */
	NONE   /* no archive */
};

struct survey {
	const char *name;
	enum archive archive;
	uint32_t uidvalidity;
	const char *folder;
	const char *uids, *uidls; /* as the server lists them; one is NULL */
	/* header of the probe: a text, "" for an answer without a header, or
	 * NULL for no answer */
	const char *probe;
	const char *want;
	const struct ms_choice *choice;
	const char *met, *unmet;
	const char *seen; /* by the survey before */
	uint32_t seen_validity;
	bool exact, delete;
};

static const struct survey surveys[] = {
    {"no archive: everything is fetched", NONE, 7, "INBOX", "1 2", NULL, NULL,
	"seen 2 known 0 fetch 1,2", .choice = &every},
    {"a new user", CAROL, 7, "INBOX", "1 2", NULL, NULL,
	"seen 2 known 0 fetch 1,2", .choice = &every},
    {"an empty folder", ALICE, 7, "INBOX", "", NULL, NULL, "seen 0 known 0",
	.choice = &every},
    {"a new source: messages can be recognised", OTHER, 7, "INBOX", "1 2", NULL,
	NULL, "seen 2 known 0 look 1,2", .choice = &every},
    {"known and new messages", ALICE, 7, "INBOX", "1 2 3 4 9", NULL, TEXT("B"),
	"probe 3: seen 5 known 2 look 2,4,9", .choice = &every},
    {"the known message with the highest UID is the probe", ALICE, 7, "INBOX",
	"1 3 5 6", NULL, TEXT("C"), "probe 5: seen 4 known 3 look 6",
	.choice = &every},
    {"only known messages", ALICE, 7, "INBOX", "1 3 5", NULL, TEXT("C"),
	"probe 5: seen 3 known 3", .choice = &every},
    {"one known message", ALICE, 7, "INBOX", "1", NULL, TEXT("A"),
	"probe 1: seen 1 known 1", .choice = &every},
    {"known messages that are gone", ALICE, 7, "INBOX", "3", NULL, TEXT("B"),
	"probe 3: seen 1 known 1", .choice = &every},
    {"the probe is another message: no UID is known", ALICE, 7, "INBOX",
	"1 2 3", NULL, TEXT("A"), "probe 3: reused seen 3 known 0 look 1,2,3",
	.choice = &every},
    {"the probe has no header", ALICE, 7, "INBOX", "1 3", NULL, "",
	"probe 3: reused seen 2 known 0 look 1,3", .choice = &every},
    {"the probe has no answer", ALICE, 7, "INBOX", "1 3", NULL, NULL,
	"probe 3: reused seen 2 known 0 look 1,3", .choice = &every},
    {"another UIDVALIDITY", ALICE, 8, "INBOX", "1 3", NULL, NULL,
	"seen 2 known 0 look 1,3", .choice = &every},
    {"UIDVALIDITY 1", ALICE, 1, "INBOX", "1 3", NULL, TEXT("D"),
	"probe 3: seen 2 known 1 look 1", .choice = &every},
    {"no UIDVALIDITY", ALICE, 0, "INBOX", "1 3", NULL, NULL,
	"seen 2 known 0 look 1,3", .choice = &every},
    {"a new folder", ALICE, 7, "Neu", "1 3", NULL, NULL,
	"seen 2 known 0 look 1,3", .choice = &every},
    {"another folder", ALICE, 7, "Work", "1 2 3", NULL, TEXT("W"),
	"probe 2: seen 3 known 1 look 1,3", .choice = &every},

    {"UIDLs", ALICE, 0, "INBOX", NULL, "p9 p1 - p2", NULL,
	"seen 4 known 2 look 1,3", .choice = &every},
    {"only known UIDLs", ALICE, 0, "INBOX", NULL, "p1 p2", NULL,
	"seen 2 known 2", .choice = &every},
    {"unknown UIDLs", ALICE, 0, "INBOX", NULL, "p9 -", NULL,
	"seen 2 known 0 look 1,2", .choice = &every},
    {"UIDLs of another folder", ALICE, 0, "Work", NULL, "p1", NULL,
	"seen 1 known 0 look 1", .choice = &every},

    {"chosen messages, judged by their attributes", NONE, 7, "INBOX", "1 2 3",
	NULL, NULL, "seen 3 known 0 look 1,3 left 2 (not chosen)",
	.choice = &unseen, .met = "1", .unmet = "2"},
    {"an exact search", NONE, 7, "INBOX", "1 2 3", NULL, NULL,
	"seen 3 known 0 look 3 fetch 1 left 2 (not chosen)", .choice = &unseen,
	.met = "1", .unmet = "2", .exact = true},
    {"an exact search of messages that can be recognised", OTHER, 7, "INBOX",
	"1 2 3", NULL, NULL, "seen 3 known 0 look 1,3 left 2 (not chosen)",
	.choice = &unseen, .met = "1", .unmet = "2", .exact = true},
    {"every message: a search does not count", NONE, 7, "INBOX", "1 2", NULL,
	NULL, "seen 2 known 0 fetch 1,2", .choice = &every, .met = "1",
	.unmet = "2"},
    {"known messages are known whether they are chosen or not", ALICE, 7,
	"INBOX", "1 2", NULL, TEXT("A"),
	"probe 1: seen 2 known 1 left 2 (not chosen)", .choice = &unseen,
	.met = "", .unmet = "1 2"},

    {"following: new messages only", NONE, 7, "INBOX", "1 2 3", NULL, NULL,
	"seen 1 known 0 fetch 3", .choice = &every, .seen = "1 2",
	.seen_validity = 7},
    {"following: no probe", ALICE, 7, "INBOX", "1 3 5 6", NULL, NULL,
	"seen 2 known 1 look 6", .choice = &every, .seen = "1 3",
	.seen_validity = 7},
    {"following: nothing new", ALICE, 7, "INBOX", "2 4", NULL, NULL,
	"seen 0 known 0", .choice = &every, .seen = "2 4", .seen_validity = 7},
    {"following: another UIDVALIDITY", NONE, 8, "INBOX", "1 2", NULL, NULL,
	"seen 2 known 0 fetch 1,2", .choice = &every, .seen = "1 2",
	.seen_validity = 7},
    {"following: UIDLs", NONE, 0, "INBOX", NULL, "c - a b", NULL,
	"seen 2 known 0 fetch 2,4", .choice = &every, .seen = "a - c"},
    {"following: the mailbox was empty", ALICE, 7, "INBOX", "1", NULL,
	TEXT("A"), "probe 1: seen 1 known 1", .choice = &every, .seen = "",
	.seen_validity = 7},

    {"deleting: what the archive has at its place", ALICE, 7, "INBOX",
	"1 2 3 5", NULL, TEXT("C"),
	"probe 5: seen 4 known 0 look 1,3,5 left 2 (not archived)",
	.choice = &every, .delete = true},
    {"deleting: the probe is another message", ALICE, 7, "INBOX", "1 3", NULL,
	TEXT("C"), "probe 3: reused seen 2 known 0 left 1,3 (not archived)",
	.choice = &every, .delete = true},
    {"deleting: nothing is known", ALICE, 7, "Neu", "1", NULL, NULL,
	"seen 1 known 0 left 1 (not archived)", .choice = &every,
	.delete = true},
};

static struct ms_lookup *
open_lookup(enum archive which, bool watch_moves)
{
	return lookup_of(which == NONE ? NULL : dir,
	    which == CAROL ? "carol" : "alice",
	    which == OTHER ? "imap://x@h/" : SOURCE, watch_moves);
}

static void
show_plan(struct ms_buf *got, const struct ms_mailbox_state *m,
    const struct ms_sync_plan *plan)
{
	ms_buf_printf(got, "%sseen %" PRIu64 " known %" PRIu64,
	    plan->uids_reused ? "reused " : "", plan->seen, plan->known);
	show_queues(got, m);
	if (plan->left_out.n > 0) {
		show(got, "left", plan->left_out.v, plan->left_out.n);
		ms_buf_printf(got, " (%s)", plan->left_out_reason);
	}
}

static void
set_up(struct ms_mailbox_state *m, const struct survey *t)
{
	*m = (struct ms_mailbox_state){.name = ms_xstrdup(t->folder)};
	if (t->seen != NULL && t->uidls != NULL)
		read_uidls(m, t->seen);
	else
		read_uids(&m->uids, t->seen);
	m->uidvalidity = t->seen_validity;
	ms_mailbox_resurvey(m);
	m->uidvalidity = t->uidvalidity;
	if (t->uidls != NULL)
		read_uidls(m, t->uidls);
	else
		read_uids(&m->uids, t->uids);
	read_uids(&m->met, t->met);
	read_uids(&m->unmet, t->unmet);
}

static void
check_survey(const struct survey *t)
{
	const struct ms_sync_rules rules = {.choice = t->choice,
	    .search_is_exact = t->exact,
	    .delete_archived = t->delete};
	struct ms_lookup *l = open_lookup(t->archive, false);
	struct ms_mailbox_state m;
	struct ms_sync_plan plan = {0};
	struct ms_msg_info info = {0};
	unsigned char head[MS_SHA_LEN];
	struct ms_buf got = {0};
	struct ms_err err = {0};
	uint32_t uid = 0;
	int rc;

	set_up(&m, t);
	rc = ms_sync_surveyed(&rules, l, &m, &plan, &err);
	if (rc == 1) {
		ms_buf_printf(&got, "probe %" PRIu32 ": ", m.probe);
		if (ms_queue_take(&m.queue[MS_STAGE_LOOK], &uid, 1) != 1 ||
		    uid != m.probe || ms_mailbox_waiting(&m) > 0 ||
		    plan.seen > 0)
			ms_buf_add_str(&got, "not asked for ");
		if (t->probe != NULL && *t->probe != '\0')
			info = info_of(
			    uid, t->probe, MS_HAS_HEAD | MS_HAS_SIZE, head);
		rc = ms_sync_probed(&rules, l, &m,
		    t->probe != NULL ? &info : NULL, &plan, &err);
	}
	show_plan(&got, &m, &plan);
	ok(rc == 0 && strcmp(ms_buf_str(&got), t->want) == 0, "%s", t->name);
	if (strcmp(ms_buf_str(&got), t->want) != 0)
		printf("# got:  %s\n# want: %s\n", ms_buf_str(&got), t->want);
	ok(m.probe == 0 && m.occurrence == NULL && m.met.n == 0 &&
		m.unmet.n == 0,
	    "  nothing is left of the survey");
	ms_sync_plan_release(&plan);
	ok(plan.left_out.v == NULL && plan.seen == 0, "  the plan is released");
	ms_mailbox_release(&m);
	ms_lookup_close(l);
	ms_buf_release(&got);
}

/* ---- messages ---- */

#define HEAD_SIZE (MS_HAS_HEAD | MS_HAS_SIZE)

struct message {
	const char *name, *folder, *text, *want;
	unsigned has;
	int more; /* bytes that the server says in addition */
	const struct ms_choice *choice;
	const char *flags;
	enum archive archive;
	bool no_moves; /* moves are not watched */
};

static const struct message messages[] = {
    {"a new message", "INBOX", TEXT("new"), "fetch", .has = HEAD_SIZE},
    {"of a known header, but another size", "INBOX", TEXT("W"), "fetch",
	.has = HEAD_SIZE, .more = 1},
    {"of a known size, but another header", "INBOX", TEXT("X"), "fetch",
	.has = HEAD_SIZE},
    {"no size", "INBOX", TEXT("A"), "fetch", .has = MS_HAS_HEAD},
    {"no header", "INBOX", TEXT("A"), "fetch", .has = MS_HAS_SIZE},
    {"in the same folder", "INBOX", TEXT("A"), "reference A", .has = HEAD_SIZE},
    {"in another folder", "INBOX", TEXT("W"), "maybe moved W",
	.has = HEAD_SIZE},
    {"in another folder; moves are not watched", "INBOX", TEXT("W"),
	"reference W", .has = HEAD_SIZE, .no_moves = true},
    {"in a new folder", "Neu", TEXT("C"), "maybe moved C", .has = HEAD_SIZE},
    {"in this folder too", "Work", TEXT("A"), "reference A", .has = HEAD_SIZE},
    {"was moved out of this folder before", "Work", TEXT("M"), "maybe moved M",
	.has = HEAD_SIZE},
    {"was moved into this folder before", "Later", TEXT("M"), "reference M",
	.has = HEAD_SIZE},
    {"of another source", "INBOX", TEXT("O"), "reference O", .has = HEAD_SIZE},
    {"from a new source", "INBOX", TEXT("A"), "reference A", .has = HEAD_SIZE,
	.archive = OTHER},
    {"of another user", "INBOX", TEXT("BOB"), "fetch", .has = HEAD_SIZE},
    {"two messages of this header and size", "Twins", HEADER("TWIN") "two\r\n",
	"fetch", .has = HEAD_SIZE},
    {"no archive", "INBOX", TEXT("A"), "fetch", .has = HEAD_SIZE,
	.archive = NONE},
    {"not chosen", "INBOX", TEXT("new"), "left out: seen",
	.has = HEAD_SIZE | MS_HAS_FLAGS, .choice = &unseen, .flags = "\\Seen"},
    {"chosen", "INBOX", TEXT("new"), "fetch", .has = HEAD_SIZE | MS_HAS_FLAGS,
	.choice = &unseen, .flags = "\\Flagged"},
    {"flags not known: chosen", "INBOX", TEXT("new"), "fetch", .has = HEAD_SIZE,
	.choice = &unseen, .flags = "\\Seen"},
    {"size not known: chosen", "INBOX", TEXT("new"), "fetch",
	.has = MS_HAS_HEAD, .choice = &small, .flags = ""},
    {"too large", "INBOX", TEXT("A"), "left out: too large", .has = HEAD_SIZE,
	.choice = &small, .flags = ""},
};

static void
show_decision(struct ms_buf *got, const struct ms_sync_decision *d,
    const char *text, const struct ms_mailbox_state *m)
{
	unsigned char id[MS_SHA_LEN];

	ms_sha256(text, strlen(text), id);
	switch (d->action) {
	case MS_SYNC_LEFT_OUT:
		ms_buf_printf(got, "left out: %s", d->reason.msg);
		break;
	case MS_SYNC_FETCH:
		ms_buf_add_str(got, "fetch");
		break;
	case MS_SYNC_REFERENCE:
	case MS_SYNC_MAYBE_MOVED:
		ms_buf_printf(got, "%s %s%.*s",
		    d->action == MS_SYNC_REFERENCE ? "reference"
						   : "maybe moved",
		    memcmp(id, d->id, sizeof(id)) != 0 ? "another than "
		    : d->message == 0                  ? "no "
						       : "",
		    (int)strcspn(text + 9, "\r"), text + 9);
		break;
	default:
		ms_buf_add_str(got, "?");
	}
	if ((d->action == MS_SYNC_FETCH) !=
	    (ms_queue_count(&m->queue[MS_STAGE_FETCH]) == 1))
		ms_buf_add_str(got, " not queued");
}

static void
check_message(const struct message *t)
{
	const struct ms_sync_rules rules = {
	    .choice = t->choice != NULL ? t->choice : &every};
	struct ms_lookup *l = open_lookup(t->archive, !t->no_moves);
	struct ms_mailbox_state m = {
	    .name = ms_xstrdup(t->folder), .uidvalidity = 7};
	unsigned char head[MS_SHA_LEN];
	struct ms_msg_info info = info_of(70, t->text, t->has, head);
	struct ms_sync_decision d = {0};
	struct ms_sync_plan plan = {0};
	struct ms_buf got = {0};
	struct ms_err err = {0};
	int rc;

	info.size += (uint64_t)t->more;
	if (t->flags != NULL)
		info.flags = t->flags;
	read_uids(&m.uids, "70");
	rc = ms_sync_surveyed(&rules, l, &m, &plan, &err);
	ms_queue_release(&m.queue[MS_STAGE_LOOK]);
	ms_queue_release(&m.queue[MS_STAGE_FETCH]);
	if (rc == 0)
		rc = ms_sync_message(&rules, l, &m, &info, &d, &err);
	show_decision(&got, &d, t->text, &m);
	ok(rc == 0 && strcmp(ms_buf_str(&got), t->want) == 0,
	    "a message: %s: %s", t->name, ms_buf_str(&got));
	ms_sync_plan_release(&plan);
	ms_mailbox_release(&m);
	ms_lookup_close(l);
	ms_buf_release(&got);
}

static void
check_needs_heads(void)
{
	static const struct {
		const char *name;
		const struct ms_choice *choice;
		enum archive archive;
		bool delete, want;
	} rows[] = {
	    {"messages can be recognised", &every, ALICE, false, true},
	    {"no message can be recognised", &every, NONE, false, false},
	    {"deleting compares by place", &every, ALICE, true, false},
	    {"the choice needs the Date field", &by_field, NONE, false, true},
	    {"also for deleting", &by_field, ALICE, true, true},
	    {"no date is chosen", &field_only, NONE, false, false},
	};
	size_t i;

	for (i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		const struct ms_sync_rules rules = {.choice = rows[i].choice,
		    .delete_archived = rows[i].delete};
		struct ms_lookup *l = open_lookup(rows[i].archive, false);

		ok(ms_sync_needs_heads(&rules, l) == rows[i].want,
		    "headers: %s", rows[i].name);
		ms_lookup_close(l);
	}
}

/* What ms_sync_choose() is told of a message counts only with its bit. */
static void
check_attributes(void)
{
	static const struct ms_choice since = {.has_since = true,
					  .since = 1000},
				      sent = {.has_since = true,
					  .since = 1000,
					  .by_date_field = true},
				      large = {.larger = 1000};
	static const struct {
		const char *name;
		const struct ms_choice *choice;
		int64_t date, sent;
		uint64_t size;
		unsigned has;
		enum ms_chosen want;
	} rows[] = {
	    {"date", &since, 1000, 0, 0, MS_HAS_DATE, MS_CHOSEN},
	    {"an early date", &since, 999, 1000, 0, MS_HAS_DATE, MS_LEFT_OUT},
	    {"no date", &since, 999, 1000, 0, MS_HAS_SENT, MS_UNSURE},
	    {"Date field", &sent, 0, 1000, 0, MS_HAS_SENT, MS_CHOSEN},
	    {"an early Date field", &sent, 1000, 999, 0,
		MS_HAS_SENT | MS_HAS_DATE, MS_LEFT_OUT},
	    {"no Date field", &sent, 1000, 999, 0, MS_HAS_DATE, MS_UNSURE},
	    {"size", &large, 0, 0, 1001, MS_HAS_SIZE, MS_CHOSEN},
	    {"a small size", &large, 0, 0, 1000, MS_HAS_SIZE, MS_LEFT_OUT},
	    {"no size", &large, 0, 0, 1000, 0, MS_UNSURE},
	};
	const char *why;
	size_t i;

	for (i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		const struct ms_msg_info info = {.has = rows[i].has,
		    .date = rows[i].date,
		    .sent = rows[i].sent,
		    .size = rows[i].size,
		    .flags = ""};

		ok(ms_sync_choose(rows[i].choice, &info, &why) == rows[i].want,
		    "attributes: %s", rows[i].name);
	}
}

/* A probe that cannot be compared is an error, and no other message. */
static void
check_damage(void)
{
	const struct ms_sync_rules rules = {.choice = &every};
	struct ms_lookup *l = open_lookup(ALICE, false);
	struct ms_mailbox_state m = {
	    .name = ms_xstrdup("INBOX"), .uidvalidity = 7};
	struct ms_sync_plan plan = {0};
	unsigned char head[MS_SHA_LEN];
	const struct ms_msg_info info =
	    info_of(3, TEXT("B"), MS_HAS_HEAD | MS_HAS_SIZE, head);
	struct ms_err err = {0};

	read_uids(&m.uids, "3");
	ok(ms_sync_surveyed(&rules, l, &m, &plan, &err) == 1, "a probe");
	nftw(dir, spoil, 8, FTW_PHYS);
	ok(ms_sync_probed(&rules, l, &m, &info, &plan, &err) < 0, "damage: %s",
	    err.msg);
	ms_sync_plan_release(&plan);
	ms_mailbox_release(&m);
	ms_lookup_close(l);
}

int
main(void)
{
	struct ms_lookup *l;
	struct ms_err err = {0};
	size_t i;

	if (!synced_begin())
		return done();
	for (i = 0; i < sizeof(surveys) / sizeof(*surveys); i++)
		check_survey(&surveys[i]);
	for (i = 0; i < sizeof(messages) / sizeof(*messages); i++)
		check_message(&messages[i]);
	check_needs_heads();
	check_attributes();
	ok(ms_lookup_open(&l,
	       &(struct ms_lookup_options){.archive = "/nonexistent",
		   .user = "alice",
		   .source = SOURCE},
	       &err) < 0 &&
		err.code == MS_NOINPUT,
	    "an archive that does not exist: %s", err.msg);
	ms_lookup_close(l);
	ms_lookup_close(NULL);
	check_damage();
	return synced_end();
}
