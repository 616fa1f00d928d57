/* sync-short.c - tests lib/sync/short-body.c: which bodies are short, and how
 * the archive counts the runs that have received one. */
#include "synced.h"

#include "short-body.h"

static const struct {
	const char *rule;
	bool announced;
	uint64_t size, bytes, lines;
	bool want;
} bodies[] = {
    {"as announced", true, 5000, 5000, 50, false},
    {"longer", true, 5000, 9000, 50, false},
    {"a notice", true, 5000, 300, 8, true},
    {"half of it", true, 5000, 2500, 50, true},
    {"10 % less", true, 5000, 4500, 0, false},
    {"a little more than 10 % less", true, 5000, 4499, 0, true},
    {"one byte for each line", true, 5000, 4450, 50, false},
    {"a little more than that", true, 5000, 4449, 50, true},
    {"empty", true, 1, 0, 0, true},
    {"empty, as announced", true, 0, 0, 0, false},
    {"empty, and no size is announced", false, 0, 0, 0, true},
    {"no size is announced", false, 0, 300, 8, false},
    {"a size that means nothing", true, UINT64_MAX, 300, 8, true},
    {"a tiny message whose line end is counted twice", true, 12, 11, 1, false},
};

static void
check_bodies(void)
{
	size_t i;

	for (i = 0; i < sizeof(bodies) / sizeof(*bodies); i++) {
		const struct ms_msg_info info = {
		    .has = bodies[i].announced ? MS_HAS_SIZE : 0,
		    .size = bodies[i].size,
		    .bytes = bodies[i].bytes,
		    .lines = bodies[i].lines};

		ok(ms_body_is_short(&info) == bodies[i].want, "short: %s",
		    bodies[i].rule);
	}
}

/* The archive is that of synced.h. */
static const struct {
	const char *rule, *folder;
	uint32_t uidvalidity, uid;
	const char *uidls;
	const char *body;
	int runs;
	const char *place;
} counts[] = {
    {"a first run", "INBOX", 7, 50, NULL, NOTICE, 1,
	"short 1 " NOTICE_ID " 7/50"},
    {"after two runs", "INBOX", 7, 20, NULL, NOTICE, 3, "short 3 7/20"},
    {"after three runs", "INBOX", 7, 19, NULL, NOTICE, 3, "short 3 7/19"},
    {"after two runs with another body", "INBOX", 7, 20, NULL, "", 1,
	"short 1 e3b0c44298fc1c14 7/20"},
    {"after two runs under another UIDVALIDITY", "INBOX", 8, 20, NULL, NOTICE,
	1, "short 1 " NOTICE_ID " 8/20"},
    {"a new folder", "Neu", 7, 20, NULL, NOTICE, 1,
	"short 1 " NOTICE_ID " 7/20"},
    {"a UIDL", "INBOX", 0, 2, "- x", NOTICE, 1, "short 1 " NOTICE_ID " x"},
    {"no UIDL", "INBOX", 0, 1, "- x", NOTICE, 1, ""},
    {"no UIDVALIDITY", "INBOX", 0, 20, NULL, NOTICE, 1, ""},
};

static void
check_counts(const char *archive)
{
	struct ms_lookup *l = lookup_of(archive, "alice", SOURCE, false);
	struct ms_buf place = {0};
	unsigned char id[MS_SHA_LEN];
	size_t i;
	int runs;

	for (i = 0; i < sizeof(counts) / sizeof(*counts); i++) {
		struct ms_mailbox_state m = {
		    .name = ms_xstrdup(counts[i].folder),
		    .uidvalidity = counts[i].uidvalidity};
		const struct ms_msg_info info = {
		    .uid = counts[i].uid, .has = MS_HAS_ID, .id = id};

		if (counts[i].uidls != NULL)
			read_uidls(&m, counts[i].uidls);
		m.occurrence = ms_xcalloc(3, sizeof(*m.occurrence));
		ms_sha256(counts[i].body, strlen(counts[i].body), id);
		ms_lookup_places(l, &m, NULL);
		runs = ms_short_runs(
		    ms_lookup_archive(l), &m, &info, &place, NULL);
		if (archive == NULL)
			ok(runs == 1, "no archive: %s", counts[i].rule);
		else
			ok(runs == counts[i].runs && strcmp(ms_buf_str(&place),
							 counts[i].place) == 0,
			    "%s: %d, %s", counts[i].rule, runs,
			    ms_buf_str(&place));
		ms_mailbox_release(&m);
	}
	ms_buf_release(&place);
	ms_lookup_close(l);
}

int
main(void)
{
	check_bodies();
	if (!synced_begin())
		return done();
	check_counts(dir);
	check_counts(NULL);
	return synced_end();
}
