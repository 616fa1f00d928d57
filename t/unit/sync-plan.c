/* sync-plan.c - tests lib/sync/plan.c: what is done with each message of a
 * folder, for different states of the server and the archive. */
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
	uint64_t uidvalidity;
	const char *folder;
	const char *uids, *uidls; /* as the server lists them; one is NULL */
	/* answers to the probes: a text, "" for an answer without a header; and
	 * when all are used, no answer */
	const char *probes[8];
	const char *want;
	const struct ms_choice *choice;
	const char *met, *unmet;
	const char *seen; /* by the survey before */
	uint32_t seen_validity;
	bool exact, delete, force;
};

static const struct survey surveys[] = {
    {"no archive: everything is fetched", NONE, 7, "INBOX", "1 2", NULL, {NULL},
	"seen 2 known 0 fetch 1,2", .choice = &every},
    {"a new user", CAROL, 7, "INBOX", "1 2", NULL, {NULL},
	"seen 2 known 0 fetch 1,2", .choice = &every},
    {"an empty folder", ALICE, 7, "INBOX", "", NULL, {NULL}, "seen 0 known 0",
	.choice = &every},
    {"a new source: messages can be recognised", OTHER, 7, "INBOX", "1 2", NULL,
	{NULL}, "seen 2 known 0 look 1,2", .choice = &every},
    {"known and new messages", ALICE, 7, "INBOX", "1 2 3 4 9", NULL,
	{TEXT("B")}, "probe 3: seen 5 known 2 look 2,4,9", .choice = &every},
    {"the known message with the highest UID is the probe", ALICE, 7, "INBOX",
	"1 3 5 6", NULL, {TEXT("C")}, "probe 5: seen 4 known 3 look 6",
	.choice = &every},
    {"only known messages", ALICE, 7, "INBOX", "1 3 5", NULL, {TEXT("C")},
	"probe 5: seen 3 known 3", .choice = &every},
    {"one known message", ALICE, 7, "INBOX", "1", NULL, {TEXT("A")},
	"probe 1: seen 1 known 1", .choice = &every},
    {"known messages that are gone", ALICE, 7, "INBOX", "3", NULL, {TEXT("B")},
	"probe 3: seen 1 known 1", .choice = &every},
    {"the probe is another message: no UID is known", ALICE, 7, "INBOX",
	"1 2 3", NULL, {TEXT("A")},
	"probe 3: body 3: reused seen 3 known 0 look 1,2,3", .choice = &every},
    {"the probe has no header", ALICE, 7, "INBOX", "1 3", NULL, {""},
	"probe 3: body 3: reused seen 2 known 0 look 1,3", .choice = &every},
    {"the probe has no answer", ALICE, 7, "INBOX", "1 3", NULL, {NULL},
	"probe 3: reused seen 2 known 0 look 1,3", .choice = &every},
    {"another UIDVALIDITY", ALICE, 8, "INBOX", "1 3", NULL, {NULL},
	"seen 2 known 0 look 1,3", .choice = &every},
    {"UIDVALIDITY 1", ALICE, 1, "INBOX", "1 3", NULL, {TEXT("D")},
	"probe 3: seen 2 known 1 look 1", .choice = &every},
    {"a UIDVALIDITY of more than 32 bits", ALICE, 4294967303, "Large", "1 2",
	NULL, {TEXT("LARGE")}, "probe 2: seen 2 known 1 look 1",
	.choice = &every},
    {"the same in 32 bits", ALICE, 7, "Large", "1 2", NULL, {NULL},
	"seen 2 known 0 look 1,2", .choice = &every},
    {"no UIDVALIDITY", ALICE, 0, "INBOX", "1 3", NULL, {NULL},
	"seen 2 known 0 look 1,3", .choice = &every},
    {"a new folder", ALICE, 7, "Neu", "1 3", NULL, {NULL},
	"seen 2 known 0 look 1,3", .choice = &every},
    {"another folder", ALICE, 7, "Work", "1 2 3", NULL, {TEXT("W")},
	"probe 2: seen 3 known 1 look 1,3", .choice = &every},
    {"UIDLs", ALICE, 0, "INBOX", NULL, "p9 p1 - p2", {TEXT("P"), TEXT("Q")},
	"probe 2: probe 4: seen 4 known 2 look 1,3", .choice = &every},
    {"only known UIDLs", ALICE, 0, "INBOX", NULL, "p1 p2",
	{TEXT("P"), TEXT("Q")}, "probe 1: probe 2: seen 2 known 2",
	.choice = &every},
    {"unknown UIDLs", ALICE, 0, "INBOX", NULL, "p9 -", {NULL},
	"seen 2 known 0 look 1,2", .choice = &every},
    {"UIDLs of another folder", ALICE, 0, "Work", NULL, "p1", {NULL},
	"seen 1 known 0 look 1", .choice = &every},
    {"chosen messages, judged by their attributes", NONE, 7, "INBOX", "1 2 3",
	NULL, {NULL}, "seen 3 known 0 look 1,3 left 2 (not chosen)",
	.choice = &unseen, .met = "1", .unmet = "2"},
    {"an exact search", NONE, 7, "INBOX", "1 2 3", NULL, {NULL},
	"seen 3 known 0 look 3 fetch 1 left 2 (not chosen)", .choice = &unseen,
	.met = "1", .unmet = "2", .exact = true},
    {"an exact search of messages that can be recognised", OTHER, 7, "INBOX",
	"1 2 3", NULL, {NULL}, "seen 3 known 0 look 1,3 left 2 (not chosen)",
	.choice = &unseen, .met = "1", .unmet = "2", .exact = true},
    {"every message: a search does not count", NONE, 7, "INBOX", "1 2", NULL,
	{NULL}, "seen 2 known 0 fetch 1,2", .choice = &every, .met = "1",
	.unmet = "2"},
    {"known messages are known whether they are chosen or not", ALICE, 7,
	"INBOX", "1 2", NULL, {TEXT("A")},
	"probe 1: seen 2 known 1 left 2 (not chosen)", .choice = &unseen,
	.met = "", .unmet = "1 2"},
    {"following: new messages only", NONE, 7, "INBOX", "1 2 3", NULL, {NULL},
	"seen 1 known 0 fetch 3", .choice = &every, .seen = "1 2",
	.seen_validity = 7},
    {"following: no probe", ALICE, 7, "INBOX", "1 3 5 6", NULL, {NULL},
	"seen 2 known 1 look 6", .choice = &every, .seen = "1 3",
	.seen_validity = 7},
    {"following: nothing new", ALICE, 7, "INBOX", "2 4", NULL, {NULL},
	"seen 0 known 0", .choice = &every, .seen = "2 4", .seen_validity = 7},
    {"following: another UIDVALIDITY", NONE, 8, "INBOX", "1 2", NULL, {NULL},
	"seen 2 known 0 fetch 1,2", .choice = &every, .seen = "1 2",
	.seen_validity = 7},
    {"following: UIDLs", NONE, 0, "INBOX", NULL, "c - a b", {NULL},
	"seen 2 known 0 fetch 2,4", .choice = &every, .seen = "a - c"},
    {"following: the mailbox was empty", ALICE, 7, "INBOX", "1", NULL,
	{TEXT("A")}, "probe 1: seen 1 known 1", .choice = &every, .seen = "",
	.seen_validity = 7},
    {"deleting: what the archive has at its place", ALICE, 7, "INBOX",
	"1 2 3 5", NULL, {TEXT("C")},
	"probe 5: seen 4 known 0 look 1,3,5 left 2 (not archived)",
	.choice = &every, .delete = true},
    {"deleting: the probe is another message", ALICE, 7, "INBOX", "1 3", NULL,
	{TEXT("C")},
	"probe 3: body 3: reused seen 2 known 0 left 1,3 (the server's UIDs "
	"name other messages than in the archive: fetch the folder again)",
	.choice = &every, .delete = true},
    {"deleting: nothing is known", ALICE, 7, "Neu", "1", NULL, {NULL},
	"seen 1 known 0 left 1 (not archived)", .choice = &every,
	.delete = true},
    {"the header of the probe differs, the body is the same", ALICE, 7, "INBOX",
	"1 3", NULL, {TEXT("A"), TEXT("B")}, "probe 3: body 3: seen 2 known 2",
	.choice = &every},
    {"no header, the body is the same", ALICE, 7, "INBOX", "1 3", NULL,
	{"", TEXT("B")}, "probe 3: body 3: seen 2 known 2", .choice = &every},
    {"a short body in three runs is known, but no probe", ALICE, 7, "INBOX",
	"1 19 20", NULL, {TEXT("A")},
	"probe 1: seen 3 known 2 look 20 short 19", .choice = &every},
    {"UIDLs with the sizes of the archive", ALICE, 0, "INBOX", NULL,
	"p1=44 p2=44", {TEXT("P"), TEXT("Q")},
	"probe 1: probe 2: seen 2 known 2", .choice = &every},
    {"UIDLs, and TOP is refused", ALICE, 0, "INBOX", NULL, "p1",
	{"", TEXT("P")}, "probe 1: body 1: seen 1 known 1", .choice = &every},
    {"no TOP: only the last sample is read", ALICE, 0, "Pop", NULL,
	"1=44 2=44 3=44 4=44 5=44 6=44 7=44 8=44 9=44",
	{"", "", "", "", "", TEXT("9")},
	"probe 1: probe 3: probe 5: probe 7: probe 9: body 9: seen 9 known 9",
	.choice = &every},
    {"no TOP: the last sample is another message", ALICE, 0, "Pop", NULL,
	"1=44 2=44 3=44 4=44", {"", "", "", "", TEXT("5")},
	"probe 1: probe 2: probe 3: probe 4: body 4: reused seen 4 known 0 "
	"look 1,2,3,4",
	.choice = &every},
    {"no TOP, and a size looks wrong: its body is read", ALICE, 0, "Pop", NULL,
	"1=44 2=99 3=44 4=44", {"", "", TEXT("x"), "", "", TEXT("4")},
	"probe 1: probe 2: body 2: probe 3: probe 4: body 4: reused seen 4 "
	"known 0 look 1,2,3,4",
	.choice = &every},
    {"no TOP, and sizes are estimates: all are read", ALICE, 0, "Pop", NULL,
	"1=45 2=45 3=45 4=45",
	{"", TEXT("1"), "", TEXT("2"), "", TEXT("3"), "", TEXT("4")},
	"probe 1: body 1: probe 2: body 2: probe 3: body 3: probe 4: body 4: "
	"seen 4 known 4",
	.choice = &every},
    {"a UIDL of another message: it was a sample", ALICE, 0, "INBOX", NULL,
	"p1 p2", {TEXT("Q"), TEXT("Q"), TEXT("Q")},
	"probe 1: body 1: probe 2: reused seen 2 known 0 look 1,2",
	.choice = &every},
    {"a UIDL whose size looks wrong", ALICE, 0, "Pop", NULL,
	"1=44 2=44 3=44 4=44 5=44 6=44 7=44 8=99 9=44",
	{TEXT("1"), TEXT("3"), TEXT("5"), TEXT("7"), TEXT("x"), TEXT("x"),
	    TEXT("9")},
	"probe 1: probe 3: probe 5: probe 7: probe 8: body 8: probe 9: seen 9 "
	"known 8 look 8",
	.choice = &every},
    {"a UIDL whose size looks wrong, but it is the same message", ALICE, 0,
	"Pop", NULL, "1=44 2=44 3=44 4=44 5=44 6=44 7=44 8=99 9=44",
	{TEXT("1"), TEXT("3"), TEXT("5"), TEXT("7"), TEXT("8"), TEXT("9")},
	"probe 1: probe 3: probe 5: probe 7: probe 8: probe 9: seen 9 known 9",
	.choice = &every},
    {"a server that counts otherwise", ALICE, 0, "Pop", NULL,
	"1=60 2=60 3=60 4=60 5=60 6=60 7=60 8=60 9=200",
	{TEXT("1"), TEXT("3"), TEXT("5"), TEXT("7"), TEXT("9")},
	"probe 1: probe 3: probe 5: probe 7: probe 9: seen 9 known 9",
	.choice = &every},
    {"most sizes are equal: the others look wrong", ALICE, 0, "Pop", NULL,
	"1=44 2=45 3=45 4=45 5=44 6=45 7=44 8=44 9=44",
	{TEXT("1"), TEXT("2"), TEXT("3"), TEXT("4"), TEXT("5"), TEXT("6"),
	    TEXT("7"), TEXT("9")},
	"probe 1: probe 2: probe 3: probe 4: probe 5: probe 6: probe 7: "
	"probe 9: seen 9 known 9",
	.choice = &every},
    {"most sizes differ a little: none looks wrong", ALICE, 0, "Pop", NULL,
	"1=44 2=45 3=45 4=45 5=45 6=45 7=44 8=44 9=44",
	{TEXT("1"), TEXT("3"), TEXT("5"), TEXT("7"), TEXT("9")},
	"probe 1: probe 3: probe 5: probe 7: probe 9: seen 9 known 9",
	.choice = &every},
    {"the largest difference of a size that is estimated", ALICE, 0, "Pop",
	NULL, "1=44 2=112 3=45 4=113 5=45 6=45 7=44 8=44 9=44",
	{TEXT("1"), TEXT("3"), TEXT("4"), TEXT("5"), TEXT("7"), TEXT("9")},
	"probe 1: probe 3: probe 4: probe 5: probe 7: probe 9: seen 9 known 9",
	.choice = &every},
    {"no sizes in the list", ALICE, 0, "Pop", NULL, "1 2=44 3 4 5 6 7 8=99 9",
	{TEXT("1"), TEXT("3"), TEXT("5"), TEXT("7"), TEXT("8"), TEXT("9")},
	"probe 1: probe 3: probe 5: probe 7: probe 8: probe 9: seen 9 known 9",
	.choice = &every},
    {"the number of the message is its UIDL, and one was deleted", ALICE, 0,
	"Pop", NULL, "1=44 2=44 3=44",
	{TEXT("2"), TEXT("2"), TEXT("3"), TEXT("3"), TEXT("4"), TEXT("4")},
	"probe 1: body 1: probe 2: body 2: probe 3: body 3: reused seen 3 "
	"known 0 look 1,2,3",
	.choice = &every},
    {"a message that was removed by hand", ALICE, 7, "INBOX", "1 21 22", NULL,
	{TEXT("GONE")}, "probe 21: seen 3 known 1 look 22 removed 21",
	.choice = &every},
    {"only a message that was removed by hand", ALICE, 7, "INBOX", "21", NULL,
	{TEXT("GONE")}, "probe 21: seen 1 known 0 removed 21",
	.choice = &every},
    {"following: a message that was removed by hand", ALICE, 7, "INBOX", "1 21",
	NULL, {NULL}, "seen 1 known 1", .choice = &every, .seen = "21",
	.seen_validity = 7},
    {"deleting: a message that was removed by hand", ALICE, 7, "INBOX",
	"1 2 19 21 22", NULL, {TEXT("GONE")},
	"probe 21: seen 5 known 0 look 1 left 2,22 (not archived) left 19 (the "
	"archive has a short body (--force-short)) removed 21 "
	"short 19",
	.choice = &every, .delete = true},
    {"deleting: the first message is known", ALICE, 7, "INBOX", "1 2", NULL,
	{TEXT("A")}, "probe 1: seen 2 known 0 look 1 left 2 (not archived)",
	.choice = &every, .delete = true},
    {"deleting: an empty folder of another UIDVALIDITY", ALICE, 8, "INBOX", "",
	NULL, {NULL}, "seen 0 known 0", .choice = &every, .delete = true},
    {"deleting: new mail in a folder that has two UIDVALIDITYs", ALICE, 1,
	"INBOX", "9", NULL, {NULL}, "seen 1 known 0 left 9 (not archived)",
	.choice = &every, .delete = true},
    {"deleting: UIDLs that are not known", ALICE, 0, "INBOX", NULL, "p9",
	{NULL}, "seen 1 known 0 left 1 (not archived)", .choice = &every,
	.delete = true},
    {"deleting: a short body", ALICE, 7, "INBOX", "1 19", NULL, {TEXT("A")},
	"probe 1: seen 2 known 0 look 1 left 19 (the archive has a short body "
	"(--force-short)) short 19",
	.choice = &every, .delete = true},
    {"deleting: a short body, forced", ALICE, 7, "INBOX", "1 19", NULL,
	{TEXT("A")}, "probe 1: seen 2 known 0 look 1,19 short 19",
	.choice = &every, .delete = true, .force = true},
    {"deleting: another UIDVALIDITY", ALICE, 8, "INBOX", "1", NULL, {NULL},
	"seen 1 known 0 left 1 (not archived under this UIDVALIDITY: fetch the "
	"folder again)",
	.choice = &every, .delete = true},
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
	const struct ms_left_out *l;

	ms_buf_printf(got, "%sseen %" PRIu64 " known %" PRIu64,
	    plan->uids_reused ? "reused " : "", plan->seen, plan->known);
	show_queues(got, m);
	for (l = plan->left_out; l->reason != NULL; l++) {
		show(got, "left", l->uids.v, l->uids.n);
		ms_buf_printf(got, " (%s)", l->reason);
	}
	for (size_t i = 0; i < plan->removed_count; i++)
		ms_buf_printf(got, " removed %" PRIu32 "%s",
		    plan->removed[i].uid,
		    plan->removed[i].change == removal ? ""
						       : " by another change");
	if (plan->shorts.n > 0)
		show(got, "short", plan->shorts.v, plan->shorts.n);
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

/* Answers the probes with the texts of t->probe: a header, then, if it is asked
 * for, a body. */
static int
answer_probes(const struct ms_sync_rules *rules, struct ms_lookup *l,
    struct ms_mailbox_state *m, const struct survey *t,
    struct ms_sync_plan *plan, struct ms_buf *got)
{
	const char *const *text = t->probes;
	unsigned char head[MS_SHA_LEN], id[MS_SHA_LEN];
	struct ms_msg_info info;
	uint32_t uid;
	bool body;
	int rc = 1;

	while (rc == 1) {
		body = ms_queue_take(&m->queue[MS_STAGE_FETCH], &uid, 1) == 1;
		if (!body &&
		    ms_queue_take(&m->queue[MS_STAGE_LOOK], &uid, 1) != 1)
			return -1; /* nothing is asked for */
		ms_buf_printf(
		    got, "%s %" PRIu32 ": ", body ? "body" : "probe", uid);
		info = (struct ms_msg_info){.uid = uid};
		if (*text != NULL && **text != '\0' && body) {
			ms_sha256(*text, strlen(*text), id);
			info.has = MS_HAS_ID;
			info.id = id;
		} else if (*text != NULL && **text != '\0') {
			info = info_of(uid, *text,
			    MS_HAS_SIZE |
				(t->uidls != NULL ? MS_HAS_HEAD : MS_HAS_TOP),
			    head);
		}
		rc = ms_sync_probed(
		    rules, l, m, uid, *text != NULL ? &info : NULL, plan, NULL);
		text += *text != NULL;
	}
	return rc;
}

static void
check_survey(const struct survey *t)
{
	const struct ms_sync_rules rules = {.choice = t->choice,
	    .search_is_exact = t->exact,
	    .delete_archived = t->delete,
	    .force_short = t->force};
	struct ms_lookup *l = open_lookup(t->archive, false);
	struct ms_mailbox_state m;
	struct ms_sync_plan plan = {0};
	struct ms_buf got = {0};
	struct ms_err err = {0};
	int rc;

	set_up(&m, t);
	rc = ms_sync_surveyed(&rules, l, &m, &plan, &err);
	if (rc == 1) {
		rc = answer_probes(&rules, l, &m, t, &plan, &got);
	}
	show_plan(&got, &m, &plan);
	ok(rc == 0 && strcmp(ms_buf_str(&got), t->want) == 0, "%s", t->name);
	if (strcmp(ms_buf_str(&got), t->want) != 0)
		printf("# got:  %s\n# want: %s\n", ms_buf_str(&got), t->want);
	ok(plan.seen > 0 || !plan.renumbered || t->seen != NULL,
	    "  an empty folder is not renumbered");
	ok(m.probing == 0 && m.samples.n == 0 && m.by_size.n == 0 &&
		m.shorts.n == 0 && m.occurrence == NULL && m.met.n == 0 &&
		m.unmet.n == 0,
	    "  nothing is left of the survey");
	ms_sync_plan_release(&plan);
	ok(plan.left_out[0].uids.v == NULL && plan.seen == 0,
	    "  the plan is released");
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
    {"a header without Message-ID, Date and Received", "INBOX", BARE, "fetch",
	.has = HEAD_SIZE},
    {"a Date and one Received", "INBOX", ONE_HOP, "fetch", .has = HEAD_SIZE},
    {"a Date and two Received", "INBOX", TWO_HOPS, "reference hop",
	.has = HEAD_SIZE},
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
				      arrival = {.has_since = true,
					  .since = 1000,
					  .by_date_field = true,
					  .arrival_agrees = true},
				      large = {.larger = 1000};
	static const struct {
		const char *name;
		const struct ms_choice *choice;
		int64_t date, sent;
		uint64_t size;
		unsigned has;
		enum ms_chosen want;
		int64_t received;
	} rows[] = {
	    {"date", &since, 1000, 0, 0, MS_HAS_DATE, MS_CHOSEN, 0},
	    {"an early date", &since, 999, 1000, 0, MS_HAS_DATE, MS_LEFT_OUT,
		0},
	    {"no date", &since, 999, 1000, 0, MS_HAS_SENT, MS_UNSURE, 0},
	    {"Date field", &sent, 0, 1000, 0, MS_HAS_SENT, MS_CHOSEN, 0},
	    {"an early Date field", &sent, 1000, 999, 0,
		MS_HAS_SENT | MS_HAS_DATE, MS_LEFT_OUT, 0},
	    {"no Date field", &sent, 1000, 999, 0, MS_HAS_DATE, MS_UNSURE, 0},
	    {"Received", &arrival, 0, 1000, 0, MS_HAS_SENT | MS_HAS_RECEIVED,
		MS_CHOSEN, 1000},
	    {"an early Received", &arrival, 1000, 1000, 0,
		MS_HAS_SENT | MS_HAS_RECEIVED, MS_LEFT_OUT, 999},
	    {"no Received", &arrival, 1000, 1000, 0, MS_HAS_SENT, MS_UNSURE,
		1000},
	    {"size", &large, 0, 0, 1001, MS_HAS_SIZE, MS_CHOSEN, 0},
	    {"a small size", &large, 0, 0, 1000, MS_HAS_SIZE, MS_LEFT_OUT, 0},
	    {"no size", &large, 0, 0, 1000, 0, MS_UNSURE, 0},
	};
	const char *why;
	size_t i;

	for (i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		const struct ms_msg_info info = {.has = rows[i].has,
		    .date = rows[i].date,
		    .sent = rows[i].sent,
		    .received = rows[i].received,
		    .size = rows[i].size,
		    .flags = ""};

		ok(ms_sync_choose(rows[i].choice, &info, &why) == rows[i].want,
		    "attributes: %s", rows[i].name);
	}
}

/* What the archive has of a message with a header longer than its top: its
 * header, top and id are compared with those of the server. */
static void
check_same(void)
{
	struct ms_lookup *l = open_lookup(ALICE, false);
	struct ms_mailbox_state m = {
	    .name = ms_xstrdup("Long"), .uidvalidity = 7};
	unsigned char whole[MS_SHA_LEN], top[MS_SHA_LEN], id[MS_SHA_LEN];
	struct ms_msg_info info = {.uid = 1};
	struct ms_buf text = {0};
	struct ms_err err = {0};
	uint64_t occurrence;
	struct ms_archive *a;

	ms_buf_printf(
	    &text, "X: %0*d\r\n%s", 2 * MS_TOP_MAX, 0, HEADER("LONG"));
	ms_sha256(text.p, text.n, whole);
	ms_sha256(text.p, MS_TOP_MAX, top);
	ms_buf_add_str(&text, "body");
	ms_sha256(text.p, text.n, id);
	ms_lookup_close(l);
	if (ms_archive_open(&a, dir, MS_ARCHIVE_WRITE, NULL) < 0)
		ok(false, "an archive");
	in = ms_ingest_new(a, 1, store_result, NULL);
	dest = ms_ingest_dest(in, "alice", SOURCE, "Long", NULL, false);
	store("7/1", ms_buf_str(&text));
	ok(ms_ingest_finish(in, NULL) == 0, "a long header is stored");
	ms_archive_close(a);
	l = open_lookup(ALICE, false);
	read_uids(&m.uids, "1 2");
	m.occurrence = ms_xcalloc(2, sizeof(*m.occurrence));
	ok(ms_lookup_places(l, &m, &err) == 0 && m.occurrence[0] != 0 &&
		m.occurrence[1] == 0 && ms_lookup_removed(l, &m, &err) == 0 &&
		!m.removed[0],
	    "its place is found: %s", err.msg);
	occurrence = m.occurrence[0];
	info.head = whole;
	ok(ms_lookup_same_head(l, occurrence, &info, &err) == 1 &&
		ms_lookup_same_top(l, occurrence, &info, &err) == 0,
	    "the whole header is the same");
	info.head = top;
	ok(ms_lookup_same_head(l, occurrence, &info, &err) == 0 &&
		ms_lookup_same_top(l, occurrence, &info, &err) == 1,
	    "its top is the same");
	info.id = id;
	ok(ms_lookup_same_body(l, occurrence, &info, &err) == 1,
	    "the body is the same");
	info.id = whole;
	ok(ms_lookup_same_body(l, occurrence, &info, &err) == 0,
	    "another body is not");
	info.head = whole;
	info.id = id;
	/* The first record is the EVENT that describes the archive. */
	ok(ms_lookup_same_head(l, 1, &info, &err) != 1 &&
		ms_lookup_same_top(l, 1, &info, &err) != 1 &&
		ms_lookup_same_body(l, 1, &info, &err) != 1,
	    "another record is no such message");
	ms_mailbox_release(&m);
	ms_lookup_close(l);
	ms_buf_release(&text);
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
	ok(ms_sync_surveyed(&rules, l, &m, &plan, &err) == 1,
	    "a folder has a probe");
	nftw(dir, spoil, 8, FTW_PHYS);
	ok(ms_sync_probed(&rules, l, &m, 3, &info, &plan, &err) == 1,
	    "damage: the header proves nothing: %s", err.msg);
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
	    "the archive does not exist: %s", err.msg);
	ms_lookup_close(l);
	ms_lookup_close(NULL);
	check_same();
	check_damage();
	return synced_end();
}
