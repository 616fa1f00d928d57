/* sync-moves.c - tests lib/sync/pending-moves.c: from which folder a recognised
 * message was moved. */
#include "synced.h"

/* A survey of a folder before the moves are decided. */
struct listed {
	const char *folder, *uids, *probe; /* text of the probe */
};

struct moves {
	const char *name;
	struct listed listed[3]; /* folders surveyed before, complete */
	const char *into;        /* the folder with the messages */
	const char *texts[3];    /* messages that are in no known place there */
	/* "+INBOX -Work": folders whose messages are known (+) or not (-), in
	 * this order, first of all that is listed */
	const char *contents;
	const char *want; /* the folder of each, "-" for none */
	const char *source;
	/* a message that is recognised in its folder before */
	const char *recognised_in, *recognised;
};

static const struct moves rows[] = {
    {"a copy in its folder is known", {{"INBOX", "3 5", TEXT("C")}}, "Work",
	{TEXT("A")}, "+INBOX", .want = "reference"},
    {"gone from the only other folder", {{"INBOX", "3 5", TEXT("C")}}, "Neu",
	{TEXT("A")}, "+INBOX -Work", .want = "INBOX"},
    {"still in INBOX", {{"INBOX", "1 3 5", TEXT("C")}}, "Neu", {TEXT("B")},
	"+INBOX", .want = "-"},
    {"INBOX is not known", {{NULL}}, "Neu", {TEXT("B")}, "-INBOX", .want = "-"},
    {"INBOX was left out, the first of the name counts", {{NULL}}, "Neu",
	{TEXT("B")}, "-INBOX +INBOX", .want = "-"},
    {"INBOX was read, the first of the name counts", {{NULL}}, "Neu",
	{TEXT("B")}, "+INBOX -INBOX", .want = "INBOX"},
    {"INBOX is no longer listed", {{NULL}}, "Neu", {TEXT("B")}, "+Work",
	.want = "INBOX"},
    {"another folder does not count", {{NULL}}, "Neu", {TEXT("B")},
	"-INBOX.Sub -Work", .want = "INBOX"},
    {"a message is moved once", {{NULL}}, "Neu", {TEXT("B"), TEXT("B")}, "",
	.want = "INBOX -"},
    {"copies in two folders: each moves once", {{NULL}}, "Neu",
	{TEXT("A"), TEXT("A"), TEXT("A")}, "", .want = "INBOX Work -"},
    {"one of two folders is known", {{NULL}}, "Neu", {TEXT("A"), TEXT("A")},
	"-INBOX", .want = "Work -"},
    {"it moved on before: from the later folder", {{NULL}}, "Neu",
	{TEXT("M"), TEXT("M")}, "", .want = "Later -"},
    {"moved back", {{NULL}}, "Work", {TEXT("M")}, "", .want = "Later"},
    {"moved back, but still in the later folder", {{"Later", "1", TEXT("M")}},
	"Work", {TEXT("M")}, "", .want = "-"},
    {"recognised in its folder: seen there", {{NULL}}, "INBOX",
	{TEXT("B"), TEXT("W")}, "", .want = "reference Work"},
    {"a copy was recognised in its folder", {{NULL}}, "Neu",
	{TEXT("A"), TEXT("A")}, "", .want = "INBOX -", .recognised_in = "Work",
	.recognised = TEXT("A")},
    {"another message was recognised", {{NULL}}, "Neu", {TEXT("A"), TEXT("A")},
	"", .want = "INBOX Work", .recognised_in = "Work",
	.recognised = TEXT("W")},
    {"seen by a recognised copy", {{NULL}}, "Work", {TEXT("A")}, "",
	.want = "reference"},
    {"another source has it: not moved", {{NULL}}, "Neu", {TEXT("O")}, "",
	.want = "reference"},
    {"the other source", {{NULL}}, "Neu", {TEXT("O")}, "", .want = "INBOX",
	.source = "imap://b@h/"},
    {"many are seen, in any order",
	{{"Work", "2 8", TEXT("M")}, {"INBOX", "1 3 5", TEXT("C")}}, "Neu",
	{TEXT("W"), TEXT("C"), TEXT("B")}, "", .want = "- - -"},
};

static void
survey(struct ms_lookup *l, const struct ms_sync_rules *rules,
    struct ms_mailbox_state *m, const char *uids, const char *probe)
{
	unsigned char head[MS_SHA_LEN];
	struct ms_msg_info info;
	struct ms_sync_plan plan = {0};
	struct ms_err err = {0};
	int rc;

	m->uidvalidity = 7;
	read_uids(&m->uids, uids);
	rc = ms_sync_surveyed(rules, l, m, &plan, &err);
	if (rc == 1) {
		info = info_of(m->samples.v[0], probe, MS_HAS_HEAD, head);
		rc = ms_sync_probed(rules, l, m, info.uid, &info, &plan, &err);
	}
	if (rc != 0 || plan.uids_reused)
		ok(false, "survey of %s: %s", m->name, err.msg);
	ms_sync_plan_release(&plan);
}

static size_t
read_contents(char *text, struct ms_folder_content *out)
{
	char *word, *save;
	size_t n = 0;

	for (word = strtok_r(text, " ", &save); word != NULL;
	     word = strtok_r(NULL, " ", &save))
		out[n++] = (struct ms_folder_content){word + 1, *word == '+'};
	return n;
}

static void
decide(struct ms_lookup *l, const struct moves *t, struct ms_buf *got)
{
	static const struct ms_choice every;
	const struct ms_sync_rules rules = {.choice = &every};
	struct ms_mailbox_state m = {.name = ms_xstrdup(t->into)};
	struct ms_pending_moves moves = {0};
	const struct ms_pending_move *move;
	struct ms_folder_content content[4];
	char *contents = ms_xstrdup(t->contents);
	unsigned char head[MS_SHA_LEN];
	struct ms_sync_decision d;
	struct ms_msg_info info;
	uint32_t i;
	size_t n;

	survey(l, &rules, &m, "50 51 52", "");
	for (i = 0; i < 3 && t->texts[i] != NULL; i++) {
		info = info_of(50 + i, t->texts[i],
		    MS_HAS_HEAD | MS_HAS_SIZE | MS_HAS_DATE, head);
		info.date = 1000 + i;
		info.flags = "\\Seen";
		if (ms_sync_message(&rules, l, &m, &info, &d, NULL) < 0)
			ok(false, "a message is surveyed");
		if (d.action == MS_SYNC_REFERENCE)
			ms_buf_add_str(got, " reference");
		if (d.action == MS_SYNC_MAYBE_MOVED)
			ms_pending_moves_add(&moves, &m, &info, &d);
	}
	n = read_contents(contents, content);
	while (ms_pending_moves_next(&moves, l, content, n, &move, NULL) == 1) {
		i = move->uid - 50;
		ms_sha256(t->texts[i], strlen(t->texts[i]), head);
		ms_buf_printf(got, " %s%s",
		    move->folder == &m && i < 3 && move->date == 1000 + i &&
			    (move->has & MS_HAS_DATE) != 0 &&
			    strcmp(move->flags, "\\Seen") == 0 &&
			    memcmp(move->id, head, sizeof(head)) == 0
			? ""
			: "not ",
		    move->from != NULL ? move->from : "-");
	}
	ms_pending_moves_release(&moves);
	if (moves.moves.n > 0 ||
	    ms_pending_moves_next(&moves, l, content, n, &move, NULL) != 0)
		ms_buf_add_str(got, " not empty");
	ms_mailbox_release(&m);
	free(contents);
}

static void
recognise(struct ms_lookup *l, const char *folder, const char *text)
{
	static const struct ms_choice every;
	const struct ms_sync_rules rules = {.choice = &every};
	struct ms_mailbox_state m = {.name = ms_xstrdup(folder)};
	unsigned char head[MS_SHA_LEN];
	struct ms_msg_info info =
	    info_of(60, text, MS_HAS_HEAD | MS_HAS_SIZE, head);
	struct ms_sync_decision d;

	survey(l, &rules, &m, "60", "");
	if (ms_sync_message(&rules, l, &m, &info, &d, NULL) < 0 ||
	    d.action != MS_SYNC_REFERENCE)
		ok(false, "the message is not recognized in %s", folder);
	ms_mailbox_release(&m);
}

static void
check(const struct moves *t)
{
	static const struct ms_choice every;
	const struct ms_sync_rules rules = {.choice = &every};
	struct ms_lookup *l = lookup_of(
	    dir, "alice", t->source != NULL ? t->source : SOURCE, true);
	struct ms_mailbox_state m;
	struct ms_buf got = {0};
	size_t i;

	for (i = 0; i < 3 && t->listed[i].folder != NULL; i++) {
		m = (struct ms_mailbox_state){
		    .name = ms_xstrdup(t->listed[i].folder)};
		survey(l, &rules, &m, t->listed[i].uids, t->listed[i].probe);
		ms_mailbox_release(&m);
	}
	if (t->recognised != NULL)
		recognise(l, t->recognised_in, t->recognised);
	decide(l, t, &got);
	ok(strcmp(ms_buf_str(&got) + (got.n > 0), t->want) == 0, "%s:%s",
	    t->name, ms_buf_str(&got));
	ms_lookup_close(l);
	ms_buf_release(&got);
}

int
main(void)
{
	size_t i;

	if (!synced_begin())
		return done();
	for (i = 0; i < sizeof(rows) / sizeof(*rows); i++)
		check(&rows[i]);
	return synced_end();
}
