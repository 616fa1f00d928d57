/*
 * position.c - tests lib/archive/position.c: which positions of an index fit
 * the packs of an archive, and which belong to other packs. ms-archive(5),
 * States on disk.
 */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "archive/impl.h"
#include "scratch.h"
#include "stored.h"

#define BATCHES 4
#define END (BATCHES - 1)

enum damage {
	SOUND,
	BYTES,  /* of the block with the last COMMIT of the position */
	HEADER, /* of that block */
	BEFORE, /* bytes of the block before it */
	PACK    /* the header of the pack */
};

/* Where the pack ends. */
enum length {
	WHOLE,
	TORN,       /* after the bytes of an interrupted write */
	SHORTER,    /* one byte too early */
	AT_BATCH,   /* with the batch of the position */
	AFTER_BATCH /* one byte later */
};

/*
 * A position after a batch, with differences, and whether it fits the pack. If
 * the COMMIT is at its place, nothing else is compared: NULL.
 */
static const struct row {
	const char *name;
	unsigned batch;
	enum damage damage;
	enum length length;
	int pack, generation, end, commit, next;
	bool chain, later; /* later: it ends where the last batch does */
	const char *reads, *writes; /* why it does not fit; "": it fits */
	int other;                  /* does the pack have other blocks there? */
} rows[] = {
    {.name = "the end of the log", .batch = END, .reads = "", .writes = ""},
    {.name = "of a batch", .batch = 1, .reads = "", .writes = ""},
    {.name = "of the first one", .batch = 0, .reads = "", .writes = ""},
    {.name = "bytes after it",
	.batch = END,
	.length = TORN,
	.reads = "",
	.writes = ""},
    {.name = "an earlier end", .batch = END, .end = -1, .other = 1},
    {.name = "a later end",
	.batch = END,
	.end = 1,
	.reads = "shorter",
	.writes = "shorter",
	.other = 1},
    {.name = "another offset",
	.batch = END,
	.commit = -1,
	.reads = "chain",
	.writes = "chain",
	.other = 1},
    {.name = "another number", .batch = END, .next = 1, .other = 1},
    {.name = "another chain",
	.batch = END,
	.chain = true,
	.reads = "chain",
	.writes = "chain"},
    {.name = "a later generation",
	.batch = END,
	.generation = 1,
	.reads = "earlier generation",
	.writes = "earlier generation"},
    {.name = "a later pack",
	.batch = END,
	.pack = 1,
	.reads = "is missing",
	.writes = "is missing"},

    /* A reader can read what is not damaged. */
    {.name = "a damaged COMMIT",
	.batch = END,
	.damage = BYTES,
	.reads = "",
	.writes = "chain"},
    {.name = "of another batch",
	.batch = 1,
	.damage = BYTES,
	.reads = "",
	.writes = "chain"},
    {.name = "and another number",
	.batch = END,
	.damage = BYTES,
	.next = 1,
	.reads = "chain",
	.writes = "chain",
	.other = 1},
    {.name = "and another offset",
	.batch = END,
	.damage = BYTES,
	.commit = -1,
	.reads = "chain",
	.writes = "chain",
	.other = 1},
    {.name = "and an earlier end",
	.batch = END,
	.damage = BYTES,
	.end = -1,
	.reads = "chain",
	.writes = "chain",
	.other = 1},
    {.name = "and a chain, which cannot be compared",
	.batch = END,
	.damage = BYTES,
	.chain = true,
	.reads = "",
	.writes = "chain"},
    {.name = "a damaged block header",
	.batch = END,
	.damage = HEADER,
	.next = 1,
	.reads = "",
	.writes = "chain"},
    {.name = "damage before it",
	.batch = END,
	.damage = BEFORE,
	.reads = "",
	.writes = ""},
    {.name = "a damaged header of the pack",
	.batch = END,
	.damage = PACK,
	.reads = "",
	.writes = ""},

    {.name = "a pack that was cut",
	.batch = END,
	.length = SHORTER,
	.reads = "shorter",
	.writes = "shorter"},
    {.name = "after a batch",
	.batch = 1,
	.length = AT_BATCH,
	.reads = "",
	.writes = ""},
    {.name = "a last block that is shorter than in the index",
	.batch = 1,
	.length = AT_BATCH,
	.later = true,
	.reads = "shorter",
	.writes = "shorter",
	.other = 1},
    {.name = "and bytes after it",
	.batch = 1,
	.length = AFTER_BATCH,
	.later = true,
	.reads = "shorter",
	.writes = "shorter"},
};

static char dir[SCRATCH_MAX];
static struct ms_archive *a;
static struct ms_position known[BATCHES]; /* after each batch */
static unsigned char saved[1 << 16];      /* the pack, as it was written */
static size_t saved_n;

/* ---- an archive ---- */

/* Each batch has a BLOB and a message, in several blocks. */
static void
fill(void)
{
	struct ms_buf text = {0};
	unsigned i, k;

	for (i = 0; i < BATCHES; i++) {
		ms_buf_clear(&text);
		ms_buf_printf(&text, "Subject: %u\r\n\r\n", i);
		for (k = 0; k < 500; k++)
			ms_buf_printf(&text, "%u ", (k + i) * 7919);
		in = ms_ingest_new(a, 1, store_result, NULL);
		dest = ms_ingest_dest(in, "alice", SOURCE, "A", NULL, false);
		store("", ms_buf_str(&text));
		ok(ms_ingest_finish(in, NULL) == 0, "a batch");
		known[i] = a->checked;
	}
	ms_buf_release(&text);
}

static void
put_byte(uint64_t at)
{
	unsigned char c = saved[at] ^ 1;

	ok(ms_pack_write(a->tail, at, &c, 1, NULL) == 0, "damage");
}

/* Damages the pack, as far as a row says so. */
static void
make_pack(const struct row *r)
{
	const struct ms_position *pos = &known[r->batch];
	static const unsigned char torn[9] = "torn";

	ms_pack_write(a->tail, 0, saved, saved_n, NULL);
	ms_pack_cut(a->tail, saved_n, NULL);
	if (r->damage == BYTES)
		put_byte(pos->end - 1);
	else if (r->damage == HEADER)
		put_byte(pos->commit + 20);
	else if (r->damage == BEFORE)
		put_byte(pos->commit - 1);
	else if (r->damage == PACK)
		put_byte(20);
	if (r->length == TORN)
		ms_pack_write(a->tail, saved_n, torn, sizeof(torn), NULL);
	else if (r->length == SHORTER)
		ms_pack_cut(a->tail, saved_n - 1, NULL);
	else if (r->length != WHOLE)
		ms_pack_cut(
		    a->tail, pos->end + (r->length == AFTER_BATCH), NULL);
}

/* ---- checks ---- */

/* Another handle has a reader of its own. */
static int
fits(enum ms_archive_mode mode, const struct ms_position *pos,
    struct ms_err *err, bool *other)
{
	struct ms_archive *b = NULL;
	int rc;

	*err = (struct ms_err){0};
	if (ms_archive_open_log(&b, dir, mode, err) < 0)
		return -1;
	rc = ms_archive_fits(b, pos, err);
	*other = b->other_packs;
	ms_archive_close(b);
	return rc;
}

static void
expect(enum ms_archive_mode mode, const struct ms_position *pos,
    const char *says, const char *name)
{
	struct ms_err err = {0};
	bool other = false;
	int rc = fits(mode, pos, &err, &other);

	if (says == NULL)
		return;
	ok(says[0] == '\0' ? rc == 0 && !other
			   : rc < 0 && other && err.code == MS_DATA &&
				 strstr(err.msg, says) != NULL,
	    "%s: %s: %s", name,
	    mode == MS_ARCHIVE_READ ? "a reader" : "a writer", err.msg);
}

/* The same as for ms_archive_fits(), for the holder of `lock`. */
static void
expect_locked(const struct ms_position *pos, const char *says)
{
	struct ms_archive *b = NULL;
	struct ms_err err = {0};
	int rc;

	if (ms_archive_open_log(&b, dir, MS_ARCHIVE_WRITE, &err) < 0)
		return;
	rc = ms_archive_check_position(b, pos, &err);
	ok(says == NULL ||
		(says[0] == '\0'
			? rc == 0 && b->tail->header.number == pos->pack
			: rc < 0 && strstr(err.msg, says) != NULL),
	    "  with `lock`: %s", err.msg);
	ms_archive_close(b);
}

static void
check(const struct row *r)
{
	struct ms_position pos = known[r->batch];

	make_pack(r);
	pos.pack += (uint32_t)r->pack;
	pos.generation += (uint32_t)r->generation;
	pos.end += (uint64_t)r->end;
	pos.commit += (uint64_t)r->commit;
	pos.next += (uint64_t)r->next;
	pos.chain[3] ^= r->chain;
	if (r->later)
		pos.end = known[END].end;
	expect(MS_ARCHIVE_READ, &pos, r->reads, r->name);
	expect(MS_ARCHIVE_WRITE, &pos, r->writes, r->name);
	expect_locked(&pos, r->writes);
	ok(ms_archive_other_blocks(a, &pos, NULL) == r->other,
	    "  %s other blocks", r->other == 1 ? "it has" : "it has no");
}

/* A position without a COMMIT, or in no pack, is one at the beginning. */
static void
check_beginning(void)
{
	struct ms_position pos = {.next = 1};

	expect(MS_ARCHIVE_READ, &pos, "", "in no pack");
	expect(MS_ARCHIVE_WRITE, &pos, "", "in no pack");
	ok(ms_archive_check_position(a, &pos, NULL) == 0, "  with `lock`");
	ok(ms_archive_other_blocks(a, &pos, NULL) == 0, "  no other blocks");
	pos.pack = 1;
	pos.end = MS_PACK_HEADER;
	expect(MS_ARCHIVE_READ, &pos, "", "without a COMMIT");
	expect(MS_ARCHIVE_WRITE, &pos, "", "without a COMMIT");
	expect_locked(&pos, "");
}

/* The position is in the generation before. A reader does not compare it. */
static void
check_regrouped(void)
{
	struct ms_position pos;
	struct ms_err err = {0};

	make_pack(&rows[0]);
	a->seal_bytes = 1;
	ok(ms_archive_lock(a, true, &err) == 1 &&
		ms_archive_catch_up(a, true, &err) == 0 &&
		ms_archive_seal(a, &err) == 0 &&
		a->tail->header.generation == 1,
	    "a pack is regrouped: %s", err.msg);
	for (unsigned i = 0; i < BATCHES; i++) {
		pos = known[i];
		expect(MS_ARCHIVE_READ, &pos, "", "the generation before");
		expect(MS_ARCHIVE_WRITE, &pos, "", "the generation before");
		expect_locked(&pos, "");
		ok(ms_archive_other_blocks(a, &pos, NULL) == 0,
		    "  they are not compared");
		pos.chain[3] ^= 1;
		expect(MS_ARCHIVE_READ, &pos, "", "and another chain");
		expect(MS_ARCHIVE_WRITE, &pos, "chain", "and another chain");
		pos = known[i];
		pos.next++;
		expect(MS_ARCHIVE_READ, &pos, "", "and another number");
		expect(MS_ARCHIVE_WRITE, &pos, "chain", "and another number");
	}
}

/* Is there a BLOB with a digest that no BLOB has? */
static bool
has_stale(void)
{
	static const unsigned char digest[MS_SHA_LEN] = "stale";
	uint64_t number = 0;
	struct ms_txn txn;
	int got;

	if (ms_index_begin(a->ix, &txn, NULL) < 0)
		return true;
	got = ms_index_next_blob(&txn, digest, &number, NULL);
	ms_index_end(&txn);
	return got != 0;
}

/*
 * The position is where the pack begins: all of the new generation is new, if
 * it continues the same chain. Rows that an earlier failure has left are not
 * put.
 */
static void
check_new_generation(void)
{
	static const unsigned char digest[MS_SHA_LEN] = "stale";
	struct ms_position pos = {.pack = 1, .next = 1, .end = MS_PACK_HEADER};
	struct ms_err err = {0};

	pos.chain[3] ^= 1;
	ok(ms_archive_switch_generation(a, &pos, &err) < 0 &&
		strstr(err.msg, "another chain") != NULL,
	    "a generation that continues another chain: %s", err.msg);
	pos = (struct ms_position){.pack = 1, .end = MS_PACK_HEADER};
	ok(ms_archive_switch_generation(a, &pos, &err) < 0 &&
		strstr(err.msg, "another chain") != NULL,
	    "one that begins later: %s", err.msg);
	pos.next = 1;
	ms_indexer_blob(a->indexer, 1000000, digest);
	ok(ms_archive_switch_generation(a, &pos, &err) == 0 && pos.next == 1 &&
		pos.generation == 1 && pos.end == MS_PACK_HEADER,
	    "one that begins at the position");
	ok(!has_stale(), "  without the rows of a failure");
	ms_indexer_blob(a->indexer, 1000000, digest);
	ok(ms_archive_catch_up(a, true, &err) == 0 &&
		a->checked.next == known[END].next &&
		memcmp(a->checked.chain, known[END].chain, MS_SHA_LEN) == 0,
	    "  its records are indexed: %s", err.msg);
	ok(!has_stale(), "  without such rows");
}

int
main(void)
{
	struct ms_err err = {0};
	uint64_t size = 0;

	scratch_make(dir);
	ok(ms_archive_init(dir, "alice", &err) == 0 &&
		ms_archive_open(&a, dir, MS_ARCHIVE_WRITE, &err) == 0,
	    "an archive: %s", err.msg);
	fill();
	ok(ms_pack_size(a->tail, &size, NULL) == 0 && size < sizeof(saved) &&
		pread(a->tail->fd, saved, size, 0) == (ssize_t)size,
	    "its pack");
	saved_n = (size_t)size;
	check_beginning();
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		check(&rows[i]);
	check_regrouped();
	check_new_generation();
	ms_archive_close(a);
	scratch_remove(dir);
	return done();
}
