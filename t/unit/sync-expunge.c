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
	/* optional */
	int64_t archived_before; /* 0: no such rule */
	struct ms_choice choice;
	bool force; /* --force-short */
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
    {"recognised by its header", "Work", 7, 6, NULL, "", .want = "delete"},
    {"with a short body", "INBOX", 7, 19, NULL, "",
	.want = "failed: not archived"},
    {"with a short body, forced", "INBOX", 7, 19, NULL, "", .want = "delete",
	.force = true},
    {"with a short body in two runs, forced", "INBOX", 7, 20, NULL, "",
	.want = "failed: not archived", .force = true},
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
	uint32_t queued = 0;

	ms_buf_clear(got);
	ms_buf_printf(got, "%s%s", name[d->action], d->reason.msg);
	if (d->action > MS_SYNC_DELETE)
		queued = uid;
	else
		ms_queue_take(&m->queue[MS_STAGE_DELETE], &queued, 1);
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

	ok(ms_lookup_open(&l, &options, &err) == 0,
	    "an archive is opened for writing: %s", err.msg);
	return l;
}

/* A folder of this name whose number is known. */
static void
find_folder(struct ms_mailbox_state *m, struct ms_lookup *l, const char *name)
{
	*m = (struct ms_mailbox_state){.name = ms_xstrdup(name)};
	m->occurrence = ms_xcalloc(1, sizeof(*m->occurrence));
	if (ms_lookup_places(l, m, NULL) < 0 || m->number == 0)
		ok(false, "the folder %s does not exist", name);
}

static void
check(struct ms_lookup *l, const struct row *t)
{
	const struct ms_sync_rules rules = {.choice = &t->choice,
	    .delete_archived = true,
	    .force_short = t->force,
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
	ms_mailbox_release(&m);
	ms_expunge_close(e);
	ms_buf_release(&got);
}

/* What a person has removed from view is not deleted, and not read back. */
static void
check_removed(struct ms_lookup *l)
{
	static const struct ms_choice every;
	const struct ms_sync_rules rules = {.choice = &every};
	const struct ms_msg_info info = {.uid = 21, .flags = ""};
	struct ms_mailbox_state m;
	struct ms_sync_decision d;
	struct ms_expunge *e;
	struct ms_proof proof;
	struct ms_err err = {0};
	char want[80];

	ms_expunge_open(&e, &rules, l, NULL);
	find_folder(&m, l, "INBOX");
	m.uidvalidity = 7;
	snprintf(want, sizeof(want),
	    "removed by hand: ms-remove --undo %" PRIu64, removal);
	ms_expunge_message(e, &m, &info, &d);
	ok(d.action == MS_SYNC_FAILED && ms_mailbox_waiting(&m) == 0 &&
		strcmp(d.reason.msg, want) == 0,
	    "a message that was removed by hand: %s", d.reason.msg);
	ok(ms_expunge_read_back(e, &m, 21, &proof, &err) < 0 &&
		strcmp(err.msg, want) == 0,
	    "  its copy is not read back: %s", err.msg);
	ms_mailbox_release(&m);
	ms_expunge_close(e);
}

/* Only the body proves that the server's message is the archived one. */
static void
check_doubt(void)
{
	static const struct {
		const char *name;
		uint64_t size, bytes, lines;
		bool other, force;
		const char *want;
	} proofs[] = {
	    {"the same body", 1000, 1000, 10, .want = NULL},
	    {"another body", 1000, 1000, 10, true,
		.want = "the server has another message in its place"},
	    {"the same body, another size", 5, 1000, 10, .want = NULL},
	    {"the same short body", 5000, 300, 10,
		.want = "the server sends a short body (--force-short)"},
	    {"the same short body, forced", 5000, 300, 10, .force = true},
	    {"another short body, forced", 5000, 300, 10, true, true,
		.want = "the server has another message in its place"},
	};
	const struct ms_proof proof = {.id = {1}};
	unsigned char body[MS_SHA_LEN];
	const char *doubt;
	size_t i;

	for (i = 0; i < sizeof(proofs) / sizeof(*proofs); i++) {
		struct ms_msg_info info = {.has = MS_HAS_SIZE | MS_HAS_ID,
		    .size = proofs[i].size,
		    .bytes = proofs[i].bytes,
		    .lines = proofs[i].lines,
		    .id = body};

		memcpy(body, proof.id, sizeof(body));
		body[MS_SHA_LEN - 1] = proofs[i].other;
		doubt = ms_expunge_doubt(&info, &proof, proofs[i].force);
		ok(doubt == proofs[i].want ||
			(doubt != NULL && proofs[i].want != NULL &&
			    strcmp(doubt, proofs[i].want) == 0),
		    "proof: %s: %s", proofs[i].name,
		    doubt != NULL ? doubt : "-");
	}
}

/* An EMAILID is written only with a body of the announced size. */
static void
check_email_id(void)
{
	static const struct {
		const char *name, *email_id, *want;
		unsigned has;
		uint64_t size, bytes;
	} written[] = {
	    {"an EMAILID", "M1", "M1 0100000000000000", MS_HAS_SIZE | MS_HAS_ID,
		9, 9},
	    {"no EMAILID", "", "", MS_HAS_SIZE | MS_HAS_ID, 9, 9},
	    {"another size", "M1", "", MS_HAS_SIZE | MS_HAS_ID, 10, 9},
	    {"no size", "M1", "", MS_HAS_ID, 0, 0},
	    {"the body was not read", "M1", "", MS_HAS_SIZE, 9, 9},
	};
	const unsigned char id[MS_SHA_LEN] = {1};
	struct ms_buf got = {0};
	size_t i;

	for (i = 0; i < sizeof(written) / sizeof(*written); i++) {
		const struct ms_msg_info info = {.has = written[i].has,
		    .size = written[i].size,
		    .bytes = written[i].bytes,
		    .id = id,
		    .email_id = written[i].email_id};

		ms_expunge_email_id(&info, &got);
		ok(strcmp(ms_buf_str(&got), written[i].want) == 0, "%s: '%s'",
		    written[i].name, ms_buf_str(&got));
	}
	ms_buf_release(&got);
}

/* Which of the archived EMAILIDs proves the message that a server describes
 * with EMAILID M1. */
static void
check_proved(struct ms_lookup *l)
{
	static const struct {
		const char *name, *email_id;
		uint32_t uid;
		int64_t larger; /* than the copy */
		bool want;
		bool no_size;
	} proved[] = {
	    {"the EMAILID of the body", "M1", 1, 0, true, false},
	    {"another EMAILID", "M2", 1, 0, false, false},
	    {"no EMAILID at the server", "", 1, 0, false, false},
	    {"another size", "M1", 1, 1, false, false},
	    {"no size", "M1", 1, 0, false, .no_size = true},
	    {"no EMAILID in the archive", "M1", 2, 0, false, false},
	    {"archived with other bytes", "M1", 3, 0, false, false},
	    {"recognised by its header", "M1", 4, 0, false, false},
	    {"without the digits of the id", "M1", 5, 0, false, false},
	    {"a further place of an occurrence", "M1", 6, 0, false, false},
	    {"with one digit less", "M1", 8, 0, false, false},
	    {"with one digit more", "M1", 9, 0, false, false},
	    {"with another digit", "M1", 10, 0, false, false},
	    {"no EMAILID before the digits", "", 11, 0, false, false},
	    {"the same for another message", "", 12, 0, false, false},
	};
	static const struct ms_choice every;
	const struct ms_sync_rules rules = {.choice = &every};
	struct ms_mailbox_state m;
	struct ms_expunge *e;
	struct ms_proof proof[2];
	struct ms_err err = {0};
	size_t i;

	ms_expunge_open(&e, &rules, l, NULL);
	find_folder(&m, l, "Objects");
	m.uidvalidity = 7;
	for (i = 0; i < sizeof(proved) / sizeof(*proved); i++) {
		ok(ms_expunge_read_back(
		       e, &m, proved[i].uid, &proof[0], &err) == 0,
		    "%s: read back %s", proved[i].name, err.msg);
		const struct ms_msg_info info = {
		    .has = proved[i].no_size ? 0 : MS_HAS_SIZE,
		    .size = proof[0].size + (uint64_t)proved[i].larger,
		    .email_id = proved[i].email_id};

		ok(ms_expunge_proved(&info, &proof[0]) == proved[i].want,
		    "  proved: %d", proved[i].want);
	}
	ms_expunge_read_back(e, &m, 1, &proof[0], NULL);
	ms_expunge_distrust(e, proof, 1);
	ok(*proof[0].email_id != 0, "an EMAILID is trusted");
	ms_expunge_read_back(e, &m, 7, &proof[1], NULL);
	ms_expunge_distrust(e, proof, 2);
	ok(*proof[0].email_id == 0 && *proof[1].email_id == 0,
	    "a server that gives one EMAILID to two messages is not");
	ms_mailbox_release(&m);
	ms_expunge_close(e);
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
	    "without a deletion, nothing is recorded");
	ok(ms_expunge_begin(e, &m, two, 2, &err) == 0 &&
		is_event(l, &m, "delete", two, 2),
	    "the messages that will be deleted are recorded: %s", err.msg);
	ms_expunge_deleted(e, 5);
	ok(ms_expunge_end(e, &m, &err) == 0 &&
		is_event(l, &m, "deleted", two + 1, 1),
	    "the deleted messages are recorded: %s", err.msg);
	next = a->checked.next;
	ok(ms_expunge_end(e, &m, &err) == 0 && a->checked.next == next,
	    "  they are recorded once");
	ms_expunge_deleted(e, 5);
	ok(ms_expunge_begin(e, &m, three, 1, &err) == 0 &&
		is_event(l, &m, "delete", three, 1),
	    "another request is recorded");
	next = a->checked.next;
	ok(ms_expunge_end(e, &m, &err) == 0 && a->checked.next == next,
	    "  it has no answers of the last one");
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
	    "an event cannot be recorded: %s", err.msg);
	ms_expunge_deleted(e, 1);
	ok(ms_expunge_end(e, &m, &err) < 0,
	    "  its answers cannot be recorded either");
	ms_mailbox_release(&m);
	ms_expunge_close(e);
}

static void
check_read_back(struct ms_lookup *l)
{
	static const struct ms_choice every;
	const struct ms_sync_rules rules = {.choice = &every};
	const char text[] = TEXT("B");
	struct ms_proof got;
	unsigned char id[MS_SHA_LEN];
	struct ms_mailbox_state m;
	struct ms_expunge *e;
	struct ms_err err = {0};

	ms_expunge_open(&e, &rules, l, NULL);
	find_folder(&m, l, "INBOX");
	m.uidvalidity = 7;
	ms_sha256(text, strlen(text), id);
	ok(ms_expunge_read_back(e, &m, 3, &got, &err) == 0 &&
		memcmp(got.id, id, sizeof(id)) == 0,
	    "the archive's copy: %s", err.msg);
	ok(ms_expunge_read_back(e, &m, 4, &got, &err) < 0 &&
		strcmp(err.msg, "not archived") == 0,
	    "the archive has no copy: %s", err.msg);
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
	ok(d.action == MS_SYNC_LEFT_OUT,
	    "a message that was archived in this second is kept");
	rules.archived_before = when + 1;
	ms_expunge_message(e, &m, &info, &d);
	ok(d.action == MS_SYNC_DELETE,
	    "a message that was archived in the second before is deleted");
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
	struct ms_proof got;
	struct ms_mailbox_state m;
	struct ms_expunge *e;
	struct ms_sync_decision d;
	struct ms_err err = {0};

	ms_expunge_open(&e, &rules, l, NULL);
	find_folder(&m, l, "INBOX");
	m.uidvalidity = 7;
	nftw(dir, spoil, 8, FTW_PHYS);
	ok(ms_expunge_read_back(e, &m, 1, &got, &err) < 0,
	    "the archive is damaged: %s", err.msg);
	ms_expunge_message(e, &m, &info, &d);
	ok(d.action == MS_SYNC_FAILED || d.action == MS_SYNC_LEFT_OUT,
	    "a damaged message is not deleted: %s", d.reason.msg);
	ms_mailbox_release(&m);
	ms_expunge_close(e);
}

/* Messages of a server with EMAILIDs. */
static void
fill_objects(void)
{
	static const char *const letters = "STUVWXYZabcd";
	char text[12][80], email_id[12][64], hex[MS_SHA_HEX + 1];
	unsigned char id[MS_SHA_LEN];
	struct ms_archive *a = NULL;
	size_t i;

	for (i = 0; i < 12; i++) {
		snprintf(text[i], sizeof(text[i]),
		    "Message-ID: <%c@h>\r\n\r\nbody of %c\r\n", letters[i],
		    letters[i]);
		ms_sha256(text[i], strlen(text[i]), id);
		ms_hex(id, MS_SHA_LEN, hex);
		snprintf(email_id[i], sizeof(email_id[i]), "%s %.*s",
		    i < 10 ? "M1" : "",
		    i == 7   ? 15
		    : i == 8 ? 17
			     : 16,
		    hex);
	}
	email_id[9][18] ^= 1;
	if (ms_archive_open(&a, dir, MS_ARCHIVE_WRITE, NULL) < 0)
		ok(false, "an archive");
	in = ms_ingest_new(a, 1, store_result, NULL);
	dest = ms_ingest_dest(in, "alice", SOURCE, "Elsewhere", NULL, false);
	store("7/1", text[3]);
	dest = ms_ingest_dest(in, "alice", SOURCE, "Objects", NULL, false);
	store_with("7/1", text[0], email_id[0]);
	store_with("7/2", text[1], NULL);
	store_with("7/3", text[2], email_id[0]);
	refer("7/4", text[3], NULL);
	store_with("7/5", text[4], "M1");
	store_with("7/6", text[0], email_id[0]);
	store_with("7/7", text[6], email_id[6]);
	store_with("7/8", text[7], email_id[7]);
	store_with("7/9", text[8], email_id[8]);
	store_with("7/10", text[9], email_id[9]);
	store_with("7/11", text[10], email_id[10]);
	store_with("7/12", text[11], email_id[11]);
	ok(ms_ingest_finish(in, NULL) == 0, "messages with EMAILIDs");
	ms_archive_close(a);
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
	fill_objects();
	l = open_to_write();
	for (i = 0; i < sizeof(rows) / sizeof(*rows); i++)
		check(l, &rows[i]);
	check_removed(l);
	check_doubt();
	check_email_id();
	check_proved(l);
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
	    "the archive does not exist: %s", err.msg);
	ms_expunge_close(e);
	ms_expunge_close(NULL);
	ms_lookup_close(l);
	return synced_end();
}
