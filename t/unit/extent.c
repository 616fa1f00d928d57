/* extent.c - tests lib/log/extent.c: batches whose checksums are right, and
 * whose records or COMMITs are not. ms-archive(5), Packs. */
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "log.h"
#include "tap.h"

#define FIRST 100 /* number of the first record of the extent */

/*
 * The blocks of an extent: the numbers of their records, and `|` between two
 * blocks. c is a COMMIT of all records since the last one, with the next
 * number. These are wrong in one thing:
 *   f   its first record   n   their number   r   its root   h   its chain
 *   a   its hash algorithm
 *   k   it counts one more record, which is in a later block
 */
static const struct row {
	const char *name, *blocks, *says; /* "": whole */
	unsigned count, commits;          /* of the records, if it is whole */
} rows[] = {
    {"a batch", "100 101 c", "", 3, 1},
    {"only a COMMIT", "c", "", 1, 1},
    {"several blocks", "100 | 101 102 | c", "", 4, 1},
    {"two batches", "100 c 102 c", "", 4, 2},
    {"not in order", "101 | 100 102 c", "", 4, 1},
    {"two batches in several blocks", "100 103 | 101 c 104 c", "", 6, 2},
    {"an earlier record", "99 100 c", "record 99, expected 100", 0, 0},
    {"one twice", "100 | 100 101 c", "record 100 twice", 0, 0},
    {"one is missing", "100 103 | c", "a record is missing", 0, 0},
    {"a much later record", "100 1048676 | c",
	"a batch exceeds the limits of this version", 0, 0},
    {"one more", "100 1048677 | c", "record 1048677, expected 100", 0, 0},
    {"one after the COMMIT", "100 102 | c", "record 102 follows the COMMIT", 0,
	0},
    {"another first record", "100 101 f", "COMMIT from record 101, expected", 0,
	0},
    {"another number of records", "100 101 n", "does not close its batch", 0,
	0},
    {"another root", "100 101 r", "root of a batch is wrong", 0, 0},
    {"another chain", "100 101 h", "chain is broken", 0, 0},
    {"of the second batch", "100 c 102 h", "chain is broken", 0, 0},
    {"another hash algorithm", "100 101 a", "unknown hash algorithm 2", 0, 0},
    {"no COMMIT", "100 101", "a batch without its COMMIT", 0, 0},
    {"nothing", "", "-", 0, 0},
};

/* In a regrouped pack, a block can end with a COMMIT, and the extent goes on.
 */
static const struct row regrouped[] = {
    {"regrouped: one batch", "100 101 c", "", 3, 1},
    {"regrouped: a BLOB of the next batch", "100 103 | 101 c | 104 c", "", 6,
	2},
    {"regrouped: a BLOB of the third batch", "100 105 | 101 c 103 c | 106 c",
	"", 8, 3},
    {"regrouped: a record after its COMMIT", "100 k | 101 103 c", "", 5, 2},
    {"regrouped: no COMMIT", "100 103 | 101 c | 104",
	"a batch without its COMMIT", 0, 0},
};

static struct ms_pack pk;
static unsigned char chain[MS_SHA_LEN]; /* before the extent */

/* What is known of the records since the last COMMIT. */
struct batch {
	uint64_t first, next;
	unsigned char leaves[16][MS_SHA_LEN]; /* by number, from FIRST */
	unsigned char chain[MS_SHA_LEN];
};

/* The leaf of an event with this number: a block of its own has the same. */
static void
carry(struct ms_block_builder *b, uint64_t number, uint8_t type,
    struct ms_slice content, struct batch *batch)
{
	unsigned char salt[MS_SALT_LEN] = "salt", digest[MS_SHA_LEN];
	const struct ms_record rec = {.type = type, .content = content};
	size_t at = number - FIRST;

	ms_sha256(content.p, content.n, digest);
	ms_block_carry(b, number, &rec, digest, salt);
	if (at < 16)
		memcpy(batch->leaves[at],
		    b->leaves.p + b->leaves.n - MS_SHA_LEN, MS_SHA_LEN);
	if (number == batch->next)
		batch->next++;
}

static void
commit(struct ms_block_builder *b, char how, struct batch *batch)
{
	struct ms_commit c = {.first = batch->first, .time = 1};
	struct ms_tree tree = {0};
	struct ms_buf content = {0};
	uint64_t n;

	while (batch->leaves[batch->next - FIRST][0] != 0)
		batch->next++;
	if (how == 'k') /* all events have the same leaf */
		memcpy(batch->leaves[batch->next++ - FIRST], batch->leaves[0],
		    MS_SHA_LEN);
	c.count = (uint32_t)(batch->next - batch->first);
	for (n = batch->first; n < batch->next; n++)
		ms_tree_add(&tree, batch->leaves[n - FIRST]);
	ms_tree_root(&tree, c.root);
	c.root[5] ^= how == 'r';
	ms_chain(batch->chain, c.root, c.chain);
	c.chain[5] ^= how == 'h';
	memcpy(batch->chain, c.chain, MS_SHA_LEN);
	c.first += how == 'f';
	c.count -= how == 'f';
	c.count += how == 'n';
	ms_commit_write(&content, &c);
	content.p[12] += how == 'a';
	carry(b, batch->next, MS_COMMIT, ms_buf_slice(&content), batch);
	batch->first = batch->next;
	ms_buf_release(&content);
}

/* Writes a block at *at. */
static void
write_block(struct ms_block_builder *b, uint64_t first, uint64_t *at)
{
	struct ms_block_image image = {0};
	void *zstd = ms_block_compressor();

	ms_block_finish(b, zstd, &image);
	ms_block_seal(&image, first, pk.header.key);
	if (ms_pack_write(&pk, *at, image.bytes.p, image.bytes.n, NULL) < 0)
		ok(false, "a block is written");
	*at += image.bytes.n;
	ms_block_image_release(&image);
	ms_block_compressor_free(zstd);
}

/* Writes the blocks of a row, and returns where they end. */
static uint64_t
forge(const char *s, struct batch *batch)
{
	struct ms_block_builder b = {.kind = MS_BLOCK_META};
	uint64_t at = MS_PACK_HEADER, number, first = 0;
	char *end;

	for (; *s != '\0'; s += strspn(s, " ")) {
		if (b.count == 0)
			first = batch->next;
		if (*s >= '0' && *s <= '9') {
			number = strtoull(s, &end, 10);
			if (b.count == 0)
				first = number;
			carry(&b, number, MS_EVENT, ms_slice_str("{}"), batch);
			s = end;
		} else if (*s++ == '|') {
			write_block(&b, first, &at);
		} else {
			commit(&b, s[-1], batch);
		}
	}
	if (b.count > 0)
		write_block(&b, first, &at);
	ms_block_builder_release(&b);
	return at;
}

/* s: still has what the last row has left. */
static void
check(const struct row *r, struct ms_log_extent *s)
{
	struct batch batch = {.first = FIRST, .next = FIRST};
	struct ms_err err = {0};
	size_t i, payload = 0, all = 0;
	const struct ms_commit *c;
	uint64_t end;
	int got;

	memcpy(batch.chain, chain, sizeof(chain));
	ms_pack_cut(&pk, MS_PACK_HEADER, NULL);
	end = forge(r->blocks, &batch);
	got = ms_log_extent_read(s, &pk, MS_PACK_HEADER, FIRST, chain, &err);
	if (r->says[0] != '\0')
		ok(r->says[0] == '-' ? got == 0
				     : got < 0 && err.code == MS_DATA &&
					   strstr(err.msg, r->says) != NULL &&
					   strstr(err.msg, ", offset ") != NULL,
		    "%s: %d, %s", r->name, got, err.msg);
	else
		ok(got == 1 && s->end == end && s->next == FIRST + r->count &&
			s->commits.n == r->commits * sizeof(struct ms_commit) &&
			memcmp(s->chain, batch.chain, MS_SHA_LEN) == 0,
		    "%s: %d, up to record %llu: %s", r->name, got,
		    (unsigned long long)s->next, err.msg);
	c = (const void *)s->commits.p;
	for (i = 0; got == 1 && i < r->commits; i++, c++)
		all += ms_log_extent_continues(
		    s, c->first + c->count + 1, c->chain);
	ok(got < 1 || all == r->commits,
	    "  the log continues after %zu batches", all);
	for (i = 0; i < ms_log_extent_count(s); i++)
		payload += ms_log_extent_block(s, i)->header.payload;
	ok(s->meta == payload &&
		s->beyond == (strstr(r->says, "exceeds") != NULL),
	    "  %zu bytes of meta blocks%s", s->meta,
	    s->beyond ? ", beyond the limits" : "");
}

/* Appends records n to m - 1 to b, with their leaves; `stub`: that one. */
static void
carry_blobs(struct ms_block_builder *b, uint64_t n, uint64_t m, uint64_t stub,
    struct batch *batch)
{
	unsigned char salt[MS_SALT_LEN] = "salt", digest[MS_SHA_LEN];
	unsigned char gone[MS_SHA_LEN] = "the leaf of what is gone";
	struct ms_record rec;

	for (; n < m; n++) {
		rec = (struct ms_record){.type = MS_BLOB, .stub = n == stub};
		rec.content = rec.stub ? (struct ms_slice){gone, sizeof(gone)}
				       : ms_slice_str("a BLOB");
		ms_sha256(rec.content.p, rec.content.n, digest);
		ms_block_carry(b, n, &rec, digest, salt);
		memcpy(batch->leaves[n - FIRST],
		    b->leaves.p + b->leaves.n - MS_SHA_LEN, MS_SHA_LEN);
	}
}

/* The leaf of a stub is its content, also in a data block, whose other leaves
 * are known without its contents. Its runs and digests are kept. */
static void
data_blocks(void)
{
	struct ms_block_builder b = {.kind = MS_BLOCK_DATA};
	struct batch batch = {.first = FIRST, .next = FIRST};
	struct ms_buf runs = {0}, digests = {0};
	uint64_t at = MS_PACK_HEADER;
	const struct ms_log_block *lb;
	struct ms_log_extent s = {0};
	struct ms_err err = {0};
	int got;

	memcpy(batch.chain, chain, sizeof(chain));
	ms_pack_cut(&pk, MS_PACK_HEADER, NULL);
	carry_blobs(&b, FIRST + 1, FIRST + 2, 0, &batch);
	write_block(&b, FIRST + 1, &at);
	carry_blobs(&b, FIRST, FIRST + 1, 0, &batch);
	carry_blobs(&b, FIRST + 3, FIRST + 6, FIRST + 4, &batch);
	ms_buf_add(&runs, b.runs.p, b.runs.n);
	ms_buf_add(&digests, b.digests.p, b.digests.n);
	write_block(&b, FIRST, &at);
	b.kind = MS_BLOCK_META;
	carry(&b, FIRST + 2, MS_EVENT, ms_slice_str("{}"), &batch);
	commit(&b, 'c', &batch);
	write_block(&b, FIRST + 2, &at);
	got = ms_log_extent_read(&s, &pk, MS_PACK_HEADER, FIRST, chain, &err);
	ok(got == 1 && s.next == FIRST + 7 && s.end == at &&
		ms_log_extent_count(&s) == 3,
	    "data blocks with gaps and a stub: %d %s", got, err.msg);
	lb = ms_log_extent_block(&s, 1);
	ok(lb->header.runs == 2 && lb->header.count == 4 && lb->open == NULL &&
		memcmp(ms_log_extent_runs(&s, lb), runs.p, runs.n) == 0 &&
		memcmp(ms_log_extent_digests(&s, lb), digests.p, digests.n) ==
		    0,
	    "the runs and digests of a data block");
	lb = ms_log_extent_block(&s, 0);
	ok(lb->header.runs == 0 && lb->offset == MS_PACK_HEADER &&
		memcmp(ms_log_extent_digests(&s, lb), digests.p, MS_SHA_LEN) ==
		    0,
	    "the digest of a block without runs");
	lb = ms_log_extent_block(&s, 2);
	ok(lb->header.runs == 2 && lb->open != NULL &&
		ms_block_number(lb->open, 1) == FIRST + 6 &&
		s.commit == lb->offset && s.meta == lb->header.payload,
	    "a meta block is open");
	ok(ms_log_extent_continues(&s, FIRST + 7, batch.chain) &&
		!ms_log_extent_continues(&s, FIRST + 6, batch.chain) &&
		!ms_log_extent_continues(&s, FIRST + 7, chain),
	    "the log continues after the batch");
	ms_log_extent_release(&s);
	ms_block_builder_release(&b);
	ms_buf_release(&runs);
	ms_buf_release(&digests);
}

/* An extent has at most MS_EXTENT_BLOCKS_MAX blocks. */
static void
many_blocks(void)
{
	struct ms_block_builder b = {.kind = MS_BLOCK_META};
	struct ms_block_image image = {0};
	void *zstd = ms_block_compressor();
	uint64_t at = MS_PACK_HEADER, n;
	struct ms_buf all = {0};
	struct ms_log_extent s = {0};
	struct ms_err err = {0};

	ms_block_add(&b, 200, ms_slice_str(""), chain);
	ms_block_finish(&b, zstd, &image);
	for (n = 0; n < MS_EXTENT_BLOCKS_MAX; n++) {
		ms_block_seal(&image, FIRST + n, pk.header.key);
		ms_buf_add(&all, image.bytes.p, image.bytes.n);
	}
	ms_pack_cut(&pk, MS_PACK_HEADER, NULL);
	ms_pack_write(&pk, at, all.p, all.n, NULL);
	at += all.n;
	ok(ms_log_extent_read(&s, &pk, MS_PACK_HEADER, FIRST, chain, &err) ==
		    -1 &&
		!s.beyond && strstr(err.msg, "without its COMMIT") != NULL,
	    "%d blocks without a COMMIT: %s", MS_EXTENT_BLOCKS_MAX, err.msg);
	ms_block_seal(&image, FIRST + n, pk.header.key);
	ms_pack_write(&pk, at, image.bytes.p, image.bytes.n, NULL);
	err = (struct ms_err){0};
	ok(ms_log_extent_read(&s, &pk, MS_PACK_HEADER, FIRST, chain, &err) ==
		    -1 &&
		s.beyond && err.code == MS_DATA,
	    "one more: %s", err.msg);
	ms_log_extent_release(&s);
	ms_buf_release(&all);
	ms_block_image_release(&image);
	ms_block_builder_release(&b);
	ms_block_compressor_free(zstd);
}

int
main(void)
{
	unsigned char raw[MS_PACK_HEADER];
	struct ms_log_extent s = {0};
	size_t i;

	memset(chain, 'c', sizeof(chain));
	memcpy(pk.header.key, "the id of a pack", MS_KEY_LEN);
	pk.fd = memfd_create("pack", MFD_CLOEXEC);
	ms_pack_header_write(&pk.header, raw);
	ok(ms_pack_write(&pk, 0, raw, sizeof(raw), NULL) == 0, "a pack");
	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		check(&rows[i], &s);
	pk.header.generation = 1;
	for (i = 0; i < sizeof(regrouped) / sizeof(regrouped[0]); i++)
		check(&regrouped[i], &s);
	pk.header.generation = 0;
	ms_log_extent_release(&s);
	data_blocks();
	many_blocks();
	close(pk.fd);
	return done();
}
