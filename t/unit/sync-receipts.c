/*
 * sync-receipts.c - tests what lib/sync does with a mailbox whose messages are
 * assigned to users: which places are known, and which messages may be deleted,
 * after a person has removed a copy or damage has taken one. ms-archive(5),
 * RECEIPT.
 */
#include "synced.h"

#include <fcntl.h>

#include "archive-writer.h"
#include "block.h"
#include "expunge.h"
#include "message-hasher.h"
#include "verify.h"

#define USER "@m"
#define MAILBOX "Mailbox"

/* The messages of the mailbox, by UID, and who has got them. */
static const struct {
	const char *text;
	bool alice, bob;
} messages[] = {
    {TEXT("A1"), true, true},
    {TEXT("B1"), false, true},
    {TEXT("C1"), true, false},
};
#define COUNT (sizeof(messages) / sizeof(messages[0]))

/* The batch in which a message was given. */
static struct {
	uint64_t begin;
	uint32_t pack;
} batches[COUNT];

/* ---- the archive ---- */

static void
give(const char *user, const char *text, struct ms_buf *who)
{
	unsigned char id[MS_SHA_LEN];
	char hex[MS_SHA_HEX + 1];

	dest = ms_ingest_dest(in, user, SOURCE, "Given", NULL, true);
	store("", text);
	ms_sha256(text, strlen(text), id);
	ms_hex(id, MS_SHA_LEN, hex);
	ms_buf_add(who, hex, sizeof(hex));
	ms_buf_add(who, user, strlen(user) + 1);
	ms_buf_add(who, "Given", sizeof("Given"));
}

static void
describe(const char *text, struct ms_given *given)
{
	struct ms_message_hasher *h = ms_message_hasher_new();
	struct ms_identity identity;

	ms_message_hasher_add(h, (const unsigned char *)text, strlen(text));
	ms_message_hasher_end(h, &identity);
	ms_message_hasher_free(h);
	memcpy(given->id, identity.id, MS_SHA_LEN);
	memcpy(given->head, identity.head, MS_SHA_LEN);
	given->size = identity.size;
	ms_header_top(ms_slice_str(text), given->top);
}

/* Gives a message to its users in one batch, and records the RECEIPT in the
 * next one. */
static void
assign(struct ms_archive *a, size_t i)
{
	struct ms_given given = {.identifies = true};
	struct ms_buf who = {0};
	char place[16];
	struct ms_spec spec = {.place = place, .where = "a RECEIPT"};

	batches[i].begin = a->checked.end;
	in = ms_ingest_new(a, 1, store_result, NULL);
	if (messages[i].alice)
		give("alice", messages[i].text, &who);
	if (messages[i].bob)
		give("bob", messages[i].text, &who);
	ok(ms_ingest_commit(in, NULL) == 0, "message %zu is given", i + 1);
	batches[i].pack = a->tail->header.number;
	snprintf(place, sizeof(place), "7/%zu", i + 1);
	describe(messages[i].text, &given);
	spec.dest = ms_ingest_dest(in, USER, SOURCE, MAILBOX, NULL, true);
	ms_ingest_receipt(in, &spec, &given, ms_buf_slice(&who), NULL);
	ok(ms_ingest_finish(in, NULL) == 0, "  and has a RECEIPT");
	ms_buf_release(&who);
}

static void
fill_mailbox(void)
{
	struct ms_archive *a = NULL;
	size_t i;

	ok(ms_archive_open(&a, dir, MS_ARCHIVE_WRITE, NULL) == 0, "an archive");
	for (i = 0; i < COUNT; i++)
		assign(a, i);
	ms_archive_close(a);
}

/* Removes alice's copy of a message from view. */
static void
remove_copy(size_t i)
{
	struct ms_view_item item = {.own = 0};
	struct ms_view_change v = {
	    .kind = MS_VIEW_REMOVE, .items = &item, .count = 1};
	static const struct ms_select all = {.order = MS_BY_FOLDER};
	unsigned char id[MS_SHA_LEN];
	const struct ms_folder *f;
	const struct ms_row *row;
	struct ms_archive *a = NULL;
	struct ms_walk *w;
	uint64_t count = 0;

	ms_sha256(messages[i].text, strlen(messages[i].text), id);
	ms_archive_open(&a, dir, MS_ARCHIVE_WRITE, NULL);
	ms_archive_user(a, "alice", &item.user, NULL);
	ms_walk_open(&w, a, &all, NULL);
	while (ms_walk_next(w, &row, NULL) == 1)
		if (memcmp(row->id, id, MS_SHA_LEN) == 0 &&
		    ms_archive_folder_get(a, row->own, &f, NULL) == 1 &&
		    f->user == item.user) {
			item.own = row->own;
			item.source = f->source;
			item.occurrence = row->number;
		}
	ms_walk_close(w);
	ok(ms_view_write(a, &v, &removal, &count, NULL) == 0 && count == 1,
	    "a copy is removed by hand");
	ms_archive_close(a);
}

static void
ignore(void *ctx, const struct ms_fault *f)
{
	(void)ctx;
	(void)f;
}

/* Damages the batch in which a message was given, and builds the index again.
 */
static void
lose(size_t i)
{
	struct ms_verify v = {.how = MS_VERIFY_DATA, .fault = ignore};
	struct ms_verify_sum sum = {0};
	char path[SCRATCH_MAX + 32];
	int fd;

	snprintf(path, sizeof(path), "%s/pack/%08x.pack", dir,
	    (unsigned)batches[i].pack);
	fd = open(path, O_WRONLY);
	ok(pwrite(fd, "?", 1, (off_t)batches[i].begin + MS_BLOCK_HEADER + 1) ==
		1,
	    "message %zu is damaged", i + 1);
	close(fd);
	ok(ms_verify_rebuild(&v, dir, &sum, NULL) == 0,
	    "  and lost when the index is built again");
}

/* ---- what may be deleted ---- */

/* Appends for each message: whether its place is known, may be deleted, and is
 * read back. */
static void
show_message(struct ms_expunge *e, struct ms_mailbox_state *m, size_t i,
    struct ms_buf *out)
{
	const struct ms_msg_info info = {.uid = (uint32_t)i + 1, .flags = ""};
	struct ms_sync_decision d;
	struct ms_given given;
	struct ms_proof proof;

	describe(messages[i].text, &given);
	ms_expunge_message(e, m, &info, &d);
	ms_buf_printf(out, "%s%zu%s%s%s", i > 0 ? " " : "", i + 1,
	    m->occurrence[i] != 0 ? " known" : "",
	    d.action == MS_SYNC_DELETE ? " delete" : "",
	    ms_expunge_read_back(e, m, info.uid, &proof, NULL) < 0 ? ""
	    : memcmp(proof.id, given.id, MS_SHA_LEN) == 0 &&
		    proof.size == given.size
		? " whole"
		: " another");
}

static void
check(const char *want, const char *name)
{
	static const struct ms_choice every;
	const struct ms_sync_rules rules = {.choice = &every};
	struct ms_lookup *l = lookup_of(dir, USER, SOURCE, false);
	struct ms_mailbox_state m = {
	    .name = ms_xstrdup(MAILBOX), .uidvalidity = 7};
	struct ms_expunge *e = NULL;
	struct ms_buf got = {0};
	size_t i;

	read_uids(&m.uids, "1 2 3");
	m.occurrence = ms_xcalloc(COUNT, sizeof(*m.occurrence));
	ok(ms_lookup_places(l, &m, NULL) == 0 &&
		ms_expunge_open(&e, &rules, l, NULL) == 0,
	    "%s", name);
	for (i = 0; i < COUNT; i++)
		show_message(e, &m, i, &got);
	ok(strcmp(ms_buf_str(&got), want) == 0, "  %s", ms_buf_str(&got));
	ms_expunge_close(e);
	ms_mailbox_release(&m);
	ms_lookup_close(l);
	ms_buf_release(&got);
}

int
main(void)
{
	if (!synced_begin())
		return done();
	fill_mailbox();
	check("1 known delete whole 2 known delete whole 3 known delete whole",
	    "an archive without damage");
	remove_copy(0);
	check("1 known 2 known delete whole 3 known delete whole",
	    "one of two users has removed a message");
	lose(1);
	/* Nothing is deleted that is not read back. */
	check("1 known 2 delete 3 known delete whole", "a message was lost");
	return synced_end();
}
