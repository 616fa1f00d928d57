/*
 * sync-model.c - a model of deletion at the source: random servers, with a
 * second client that changes them between any two commands, and random
 * archives: whole, an older backup, a damaged one, that of another mailbox.
 * No message is ever gone from the server, by us, that the archive cannot give
 * back. And a run that fetches accounts for every message.
 *
 * usage: sync-model [RUNS [SEED]]
 */
#include "synced.h"

#include <fcntl.h>
#include <time.h>

#include "expunge.h"

#define RUNS 100000
#define TEXTS 16
#define SLOTS 8 /* messages that a folder has at most */
#define ARCHIVES 16
#define HEADER_BYTES 256 /* of a pack */

static uint64_t seed;

static uint32_t
dice(uint32_t n)
{
	seed = seed * 6364136223846793005u + 1442695040888963407u;
	return (uint32_t)(seed >> 33) % n;
}

/* ---- messages ---- */

/* Pairs have the same header and the same size, and differ in the body: with a
 * Message-ID, without, and a notice in place of a message. */
static char texts[TEXTS][256];
/* What the archives have of the EMAILIDs, which servers give by the text. */
static char email_ids[TEXTS][64];
static unsigned char heads[TEXTS][MS_SHA_LEN], ids[TEXTS][MS_SHA_LEN];

static void
make_texts(void)
{
	char hex[MS_SHA_HEX + 1];
	const char *end;
	size_t i;

	for (i = 0; i < TEXTS; i++) {
		if (i % 4 == 3)
			snprintf(texts[i], sizeof(texts[i]), "%s", NOTICE);
		else
			snprintf(texts[i], sizeof(texts[i]),
			    "Subject: %zu\r\n%s%s\r\nbody %zu of %zu\r\n",
			    i / 2, i % 8 < 4 ? "Message-ID: <" : "X-None: ",
			    i % 8 < 4 ? "x@h>\r\n" : "x\r\n", i % 2, i / 2);
		end = strstr(texts[i], "\r\n\r\n") + 4;
		ms_sha256(texts[i], (size_t)(end - texts[i]), heads[i]);
		ms_sha256(texts[i], strlen(texts[i]), ids[i]);
		ms_hex(ids[i], MS_SHA_LEN, hex);
		snprintf(
		    email_ids[i], sizeof(email_ids[i]), "M0-%zu %.16s", i, hex);
	}
}

/* ---- archives ---- */

struct archive {
	char dir[SCRATCH_MAX + 8];
	struct ms_lookup *lookup;
	bool gives[TEXTS]; /* it can give this text back */
};
static struct archive archives[ARCHIVES];
static size_t archive_count;

static int
compare_piece(void *ctx, const unsigned char *p, size_t n, struct ms_err *err)
{
	struct ms_buf *b = ctx;

	(void)err;
	ms_buf_add(b, p, n);
	return 0;
}

/* Does a fresh look at the archive give back a text, byte for byte? */
static bool
gives(struct ms_archive *a, size_t i)
{
	struct ms_buf got = {0};
	char hex[MS_SHA_HEX + 1];
	uint64_t message;
	bool same;

	ms_hex(ids[i], MS_SHA_LEN, hex);
	same = ms_archive_find(a, hex, &message, 1, NULL) == 1 &&
	       ms_archive_emit(a, message, ids[i], MS_FORM_CRLF, compare_piece,
		   &got, NULL) == 0 &&
	       got.n == strlen(texts[i]) && memcmp(got.p, texts[i], got.n) == 0;
	ms_buf_release(&got);
	return same;
}

/* The archive has text `shift` + i at UID i + 1, for the first n; every third
 * only as a reference, every fifth also at another UID. Every fourth has no
 * EMAILID. */
static void
fill_model(const char *path, size_t n, size_t shift)
{
	struct ms_archive *a = NULL;
	char place[64];
	size_t i, k;

	if (ms_archive_init(path, "alice", NULL) < 0 ||
	    ms_archive_open(&a, path, MS_ARCHIVE_WRITE, NULL) < 0) {
		ok(false, "an archive");
		return;
	}
	in = ms_ingest_new(a, 1, store_result, NULL);
	for (i = 0; i < 2 * n; i++) {
		dest = ms_ingest_dest(in, "alice", SOURCE,
		    i < n ? "Other" : "INBOX", NULL, false);
		snprintf(place, sizeof(place), i % 5 == 4 ? "u%zu" : "7/%zu",
		    i % n + 1);
		k = (i % n + shift) % TEXTS;
		if (i >= n && i % 3 == 0)
			refer(place, texts[k], NULL);
		else
			store_with(
			    place, texts[k], i % 4 > 0 ? email_ids[k] : NULL);
		snprintf(place, sizeof(place), "u%zu", i % n + 1);
		store(place, texts[k]);
	}
	store("short 3 7/6", NOTICE);
	ms_ingest_finish(in, NULL);
	ms_archive_close(a);
}

/* Changes one byte of the pack. */
static void
damage(const char *path)
{
	char name[SCRATCH_MAX + 40];
	struct stat st;
	unsigned char byte;
	off_t at;
	int fd;

	snprintf(name, sizeof(name), "%s/pack/00000001.pack", path);
	fd = open(name, O_RDWR);
	if (fd < 0 || fstat(fd, &st) < 0)
		return;
	at = HEADER_BYTES + (off_t)dice((uint32_t)st.st_size - HEADER_BYTES);
	if (pread(fd, &byte, 1, at) == 1) {
		byte ^= (unsigned char)(1u << dice(8));
		if (pwrite(fd, &byte, 1, at) != 1)
			ok(false, "damage");
	}
	close(fd);
}

static void
make_archives(const char *root)
{
	const struct ms_lookup_options options = {
	    .user = "alice", .source = SOURCE, .watch_moves = true};
	struct ms_lookup_options mine;
	struct archive *a;
	size_t i, k, damaged = 0;

	for (i = 0; i < ARCHIVES; i++) {
		a = &archives[archive_count];
		*a = (struct archive){.lookup = NULL};
		snprintf(a->dir, sizeof(a->dir), "%.40s/%zu", root, i);
		/* whole; an older backup; of another mailbox; damaged */
		fill_model(a->dir, i == 1 ? SLOTS / 2 : SLOTS, i == 2 ? 3 : 0);
		if (i > 2)
			damage(a->dir);
		mine = options;
		mine.archive = a->dir;
		if (ms_lookup_open(&a->lookup, &mine, NULL) < 0) {
			ms_lookup_close(a->lookup);
			continue; /* refused: nothing can be deleted */
		}
		for (k = 0; k < TEXTS; k++)
			a->gives[k] = gives(ms_lookup_archive(a->lookup), k);
		for (k = 0; i > 2 && k < SLOTS; k++)
			damaged += !a->gives[k];
		archive_count++;
	}
	ok(archive_count >= 3, "%zu archives", archive_count);
	ok(damaged > 0, "the damaged ones lack %zu messages", damaged);
}

/* ---- the server ---- */

struct server {
	bool pop3, uidplus, counts_lf, objectid;
	unsigned generation; /* of the EMAILIDs */
	uint32_t uidvalidity, next;
	size_t n;
	struct slot {
		uint32_t uid;
		size_t text;
		bool flagged, marked, ours; /* ours: deleted by us */
	} slot[SLOTS];
	uint32_t announced; /* added to each size */
};

/* What the rules of the protocols forbid, and servers do. */
static void
misbehave(struct server *s)
{
	size_t i = s->n > 0 ? dice((uint32_t)s->n) : 0, k;

	if (s->n == 0)
		return;
	switch (dice(6)) {
	case 0: /* another body, perhaps with the same header and size */
		s->slot[i].text ^= 1;
		break;
	case 1: /* other messages under the same UIDs */
		for (k = 0; k < s->n; k++)
			s->slot[k].text = (s->slot[k].text + 1) % TEXTS;
		break;
	case 2:
		s->slot[i].text = dice(TEXTS);
		break;
	case 3: /* the size is an estimate */
		s->announced = dice(3) * 100;
		break;
	case 4: /* other EMAILIDs, or none, for the same messages */
		s->generation += dice(2);
		s->objectid = dice(2) == 0;
		break;
	default:
		s->uidvalidity = 7 + dice(2);
	}
}

static void
remove_slot(struct server *s, size_t i)
{
	memmove(s->slot + i, s->slot + i + 1, (--s->n - i) * sizeof(*s->slot));
}

/* What another client may do at any time. */
static void
second_client(struct server *s)
{
	size_t i = s->n > 0 ? dice((uint32_t)s->n) : 0;

	if (dice(3) > 0)
		return;
	switch (dice(4)) {
	case 0:
		if (s->n > 0)
			remove_slot(s, i);
		break;
	case 1:
		if (s->n < SLOTS)
			s->slot[s->n++] = (struct slot){
			    .uid = s->next++, .text = dice(TEXTS)};
		break;
	case 2:
		if (s->n > 0)
			s->slot[i].flagged = !s->slot[i].flagged;
		break;
	default:
		if (s->n > 0)
			s->slot[i].marked = !s->slot[i].marked;
	}
}

static void
make_server(struct server *s)
{
	size_t i, n = dice(SLOTS + 1);

	*s = (struct server){.pop3 = dice(3) == 0,
	    .uidplus = dice(4) > 0,
	    .counts_lf = dice(4) == 0,
	    .objectid = dice(2) == 0,
	    .generation = dice(4) == 0,
	    .uidvalidity = dice(8) == 0 ? 8 : 7,
	    .next = SLOTS + 1};
	for (i = 0; i < SLOTS && s->n < n; i++)
		if (dice(4) > 0)
			s->slot[s->n++] = (struct slot){.uid = (uint32_t)i + 1,
			    .text = dice(6) > 0 ? i : dice(TEXTS),
			    .flagged = dice(8) == 0};
	if (dice(2) == 0)
		misbehave(s);
}

static struct slot *
find_slot(struct server *s, uint32_t uid)
{
	size_t i;

	for (i = 0; i < s->n; i++)
		if (s->slot[i].uid == uid)
			return &s->slot[i];
	return NULL;
}

static uint64_t
announced(const struct server *s, const struct slot *slot)
{
	return strlen(texts[slot->text]) + s->announced -
	       (s->counts_lf ? 4 : 0);
}

/* ---- a session ---- */

struct session {
	struct server *s;
	struct ms_mailbox_state m;
	struct ms_sync_rules rules;
	struct ms_lookup *l;
	uint32_t uid[SLOTS]; /* POP3: of each item of the list */
	char email_id[32];
	uint64_t known, left_out, sent, gone;
};

static uint32_t
real_uid(const struct session *t, uint32_t uid)
{
	return t->s->pop3 ? t->uid[uid - 1] : uid;
}

static void
survey(struct session *t)
{
	char uidl[16];
	size_t i;

	t->m.uidvalidity = t->s->pop3 ? 0 : t->s->uidvalidity;
	for (i = 0; i < t->s->n; i++) {
		t->uid[i] = t->s->slot[i].uid;
		snprintf(uidl, sizeof(uidl), "u%" PRIu32, t->uid[i]);
		if (t->s->pop3)
			ms_mailbox_add_uidl(&t->m, uidl,
			    announced(t->s, &t->s->slot[i]), SLOTS);
		else
			ms_uid_list_add(&t->m.uids, t->uid[i], SLOTS);
	}
}

/* The answer to a request for a header, or for a body; false: it is gone. */
static bool
describe(struct session *t, uint32_t uid, bool body, struct ms_msg_info *info)
{
	const struct slot *slot = find_slot(t->s, real_uid(t, uid));
	const char *text, *p;

	if (slot == NULL)
		return false;
	text = texts[slot->text];
	snprintf(t->email_id, sizeof(t->email_id), "M%u-%zu", t->s->generation,
	    slot->text);
	*info = (struct ms_msg_info){.uid = uid,
	    .has = MS_HAS_SIZE | (t->s->pop3 ? 0 : MS_HAS_FLAGS),
	    .size = announced(t->s, slot),
	    .flags = slot->flagged ? "\\Flagged" : "",
	    .email_id = t->s->objectid && !t->s->pop3 ? t->email_id : ""};
	if (!body) {
		info->has |= MS_HAS_HEAD;
		info->head = heads[slot->text];
		return true;
	}
	info->has |= MS_HAS_ID;
	info->id = ids[slot->text];
	info->bytes = strlen(text);
	for (p = text; (p = strchr(p, '\n')) != NULL; p++)
		info->lines++;
	return true;
}

/* Surveys and plans the folder. Returns 0, or -1. */
static int
plan(struct session *t, struct ms_sync_plan *out)
{
	struct ms_msg_info info;
	uint32_t uid;
	bool body, there;
	int rc;

	survey(t);
	rc = ms_sync_surveyed(&t->rules, t->l, &t->m, out, NULL);
	while (rc == 1) {
		second_client(t->s);
		body = ms_queue_take(&t->m.queue[MS_STAGE_FETCH], &uid, 1) == 1;
		if (!body &&
		    ms_queue_take(&t->m.queue[MS_STAGE_LOOK], &uid, 1) != 1)
			return -1;
		there = describe(t, uid, body, &info);
		rc = ms_sync_probed(&t->rules, t->l, &t->m, uid,
		    there ? &info : NULL, out, NULL);
	}
	return rc;
}

/* ---- a run that deletes ---- */

static uint64_t by_email_id;

/* Is the message proved, by its EMAILID or its body? */
static bool
is_proved(struct session *t, uint32_t uid, const struct ms_proof *proof)
{
	struct ms_msg_info info;

	if (describe(t, uid, false, &info) && ms_expunge_proved(&info, proof)) {
		by_email_id++;
		return true;
	}
	second_client(t->s);
	return describe(t, uid, true, &info) &&
	       ms_expunge_doubt(&info, proof, t->rules.force_short) == NULL;
}

/* What a worker does with messages whose copies were read back: compares them
 * in the session that deletes, and expunges exactly these. */
static void
delete_verified(struct session *t, const uint32_t *uids,
    const struct ms_proof *proofs, size_t n)
{
	uint32_t validity = t->s->uidvalidity;
	uint32_t verified[SLOTS];
	struct slot *slot;
	size_t i, count = 0;

	if (!t->s->pop3 && (!t->s->uidplus || validity != t->m.uidvalidity))
		return;
	for (i = 0; i < n; i++) {
		second_client(t->s);
		if (is_proved(t, uids[i], &proofs[i]))
			verified[count++] = real_uid(t, uids[i]);
	}
	for (i = 0; i < count; i++) {
		second_client(t->s);
		slot = find_slot(t->s, verified[i]);
		if (slot != NULL)
			slot->ours = true;
	}
}

static void
run_delete(struct session *t)
{
	struct ms_sync_plan p = {0};
	struct ms_proof proofs[SLOTS];
	struct ms_sync_decision d;
	struct ms_expunge *e = NULL;
	struct ms_msg_info info;
	uint32_t uids[SLOTS], uid;
	size_t n = 0;

	if (ms_expunge_open(&e, &t->rules, t->l, NULL) == 0 &&
	    plan(t, &p) == 0) {
		while (
		    ms_queue_take(&t->m.queue[MS_STAGE_LOOK], &uid, 1) == 1) {
			second_client(t->s);
			if (describe(t, uid, false, &info))
				ms_expunge_message(e, &t->m, &info, &d);
		}
		while (
		    ms_queue_take(&t->m.queue[MS_STAGE_DELETE], &uid, 1) == 1)
			if (ms_expunge_read_back(
				e, &t->m, uid, &proofs[n], NULL) == 0)
				uids[n++] = uid;
		ms_expunge_distrust(e, proofs, n);
		/* Another session, perhaps: the server may misbehave again. */
		if (dice(4) == 0)
			misbehave(t->s);
		delete_verified(t, uids, proofs, n);
	}
	ms_sync_plan_release(&p);
	ms_expunge_close(e);
}

/* ---- a run that fetches ---- */

/* Returns whether every message was accounted for. */
static bool
run_fetch(struct session *t)
{
	struct ms_sync_plan p = {0};
	struct ms_sync_decision d;
	struct ms_msg_info info;
	const struct slot *slot;
	uint64_t counted = 0;
	uint32_t uid;
	size_t i;
	bool good = plan(t, &p) == 0;

	counted = p.known + p.removed_count;
	for (i = 0; i < MS_SYNC_REASONS; i++)
		counted += p.left_out[i].uids.n;
	while (
	    good && ms_queue_take(&t->m.queue[MS_STAGE_LOOK], &uid, 1) == 1) {
		second_client(t->s);
		slot = find_slot(t->s, real_uid(t, uid));
		if (!describe(t, uid, false, &info)) {
			counted++;
			continue;
		}
		good = ms_sync_message(
			   &t->rules, t->l, &t->m, &info, &d, NULL) == 0;
		if (good && d.action != MS_SYNC_FETCH)
			counted++;
		/* What is recognised has the same header, which identifies. */
		if (good && (d.action == MS_SYNC_REFERENCE ||
				d.action == MS_SYNC_MAYBE_MOVED))
			good = strstr(texts[slot->text], "Message-ID") != NULL;
	}
	counted += ms_queue_count(&t->m.queue[MS_STAGE_FETCH]);
	good = good && counted == p.seen && p.seen == t->m.uids.n;
	ms_sync_plan_release(&p);
	return good;
}

/* ---- the runs ---- */

static const struct ms_choice every;
static uint64_t deletions, refused, fetches;

/* Returns whether the run kept its promise. */
static bool
run(void)
{
	struct archive *a =
	    &archives[dice(2) == 0 ? 0 : dice((uint32_t)archive_count)];
	struct server s;
	struct session t = {.s = &s, .l = a->lookup};
	bool good = true, deletes = dice(4) > 0;
	size_t i;

	make_server(&s);
	t.m.name = ms_xstrdup("INBOX");
	t.rules = (struct ms_sync_rules){.choice = &every,
	    .delete_archived = deletes,
	    .force_short = dice(4) == 0};
	if (deletes)
		run_delete(&t);
	else
		good = run_fetch(&t);
	fetches += !deletes;
	for (i = 0; i < s.n; i++) {
		if (!s.slot[i].ours)
			refused++;
		else if (++deletions, !a->gives[s.slot[i].text])
			good = false;
	}
	ms_mailbox_release(&t.m);
	return good;
}

int
main(int argc, char *argv[])
{
	long runs = argc > 1 ? strtol(argv[1], NULL, 10) : RUNS, i, bad = 0;
	uint64_t before;
	size_t k;

	seed = argc > 2 ? strtoull(argv[2], NULL, 10) : (uint64_t)time(NULL);
	printf("# seed %" PRIu64 "\n", seed);
	make_texts();
	if (scratch_make(dir) == NULL)
		return 1;
	make_archives(dir);
	for (i = 0; i < runs && bad < 10; i++) {
		before = seed;
		if (!run()) {
			printf("# run %ld with seed %" PRIu64 "\n", i, before);
			bad++;
		}
	}
	ok(bad == 0, "%ld runs lose no message", i);
	ok(deletions > (uint64_t)runs / 10, "%" PRIu64 " messages were deleted",
	    deletions);
	ok(by_email_id > (uint64_t)runs / 100,
	    "%" PRIu64 " were proved by an EMAILID", by_email_id);
	ok(refused > 0 && fetches > 0,
	    "%" PRIu64 " were not; %" PRIu64 " runs fetched", refused, fetches);
	for (k = 0; k < archive_count; k++)
		ms_lookup_close(archives[k].lookup);
	return synced_end();
}
