/* repack.c - a regrouped pack has the same records, in extents that can be
 * read, with any sequence of batches. ms-archive(5), Generations. */
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "archive/impl.h"
#include "le.h"
#include "tap.h"

#define KIB 1024

/* `count` batches of the same shape. */
struct shape {
	unsigned count;
	unsigned blobs, blob_size; /* each in a block of its own, or not */
	unsigned metas, meta_size;
	bool alone; /* a block for each record */
	bool stubs; /* every third record is one */
};

struct table {
	const char *name;
	unsigned extents; /* at least */
	struct shape shapes[5];
};

/* Shapes of batches, as mailboxes and tests have them. */
static const struct table tables[] = {
    {"one batch", 1, {{1, 3, 5000, 3, 200, false, false}}},
    {"no BLOBs", 1, {{40, 0, 0, 2, 300, true, false}}},
    {"no meta records but COMMITs", 1, {{40, 2, 4000, 0, 0, true, false}}},
    {"many batches of one message", 1, {{500, 1, 4000, 2, 400, true, false}}},
    /* The record that no longer fits closes a block behind a COMMIT while
     * the BLOBs of its own batch, the last one, lie before. */
    {"a block ends with a COMMIT, the last batch has BLOBs", 1,
	{{3, 1, 3000, 1, 100, true, false},
	    {1, 2, 3000, 1, 1024 * KIB - 9, true, false}}},
    {"a block ends with a COMMIT, other batches follow", 1,
	{{3, 1, 3000, 1, 100, true, false},
	    {1, 2, 3000, 1, 1024 * KIB - 9, true, false},
	    {1, 0, 0, 1, 1024 * KIB - 9, true, false},
	    {4, 2, 3000, 1, 600 * KIB, true, false}}},
    {"a meta block as large as can be between small ones", 1,
	{{2, 0, 0, 3, 50, true, false}, {2, 1, 50, 1, 8192 * KIB, true, false},
	    {2, 1, 4096 * KIB, 1, 50, true, false}}},
    {"more bytes of BLOBs than an extent takes", 3,
	{{20, 2, 1024 * KIB, 2, 200, true, false}}},
    {"more meta records than an extent takes", 2,
	{{12, 0, 0, 1, 4096 * KIB, true, false}}},
    {"stubs", 1, {{30, 5, 900, 5, 90, false, true}}},
    {"empty contents", 1, {{10, 1, 1, 4, 0, true, false}}},
    {"all shapes together", 2,
	{{50, 1, 3000, 3, 300, true, false},
	    {2, 9, 2048 * KIB, 9, 20, false, true},
	    {1, 0, 0, 4000, 60, false, false}, {50, 4, 30, 1, 5000, true, true},
	    {1, 2, 4096 * KIB, 2, 8192 * KIB, true, false}}},
};

/* Shapes at a limit: as many extents, and not more. A batch has four blocks,
 * with that of the COMMIT. */
static const struct table limits[] = {
    {"as many blocks as an extent takes", 1,
	{{1024, 1, 20, 2, 20, true, false}}},
    {"one block more than an extent takes", 2,
	{{1025, 1, 20, 2, 20, true, false}}},
    {"more records than an extent takes", 2,
	{{5, 0, 0, 60000, 4, false, false}}},
};

static uint64_t state = 1;

/* xorshift64, because the bytes must not be compressible. */
static uint64_t
next_random(void)
{
	state ^= state << 13;
	state ^= state >> 7;
	state ^= state << 17;
	return state;
}

static void
random_bytes(struct ms_buf *b, size_t n)
{
	unsigned char *p = ms_buf_room(b, n + 8);
	size_t i;

	for (i = 0; i < n; i += 8)
		ms_put_le64(p + i, next_random());
	b->n += n;
}

/* ---- a pack ---- */

static void
put_record(struct ms_block_builder *b, uint8_t type, unsigned size, bool stub)
{
	static const unsigned char none[MS_SHA_LEN];
	unsigned char digest[MS_SHA_LEN];
	struct ms_buf content = {0};
	struct ms_record rec = {.type = type, .stub = stub};

	random_bytes(&content, stub ? MS_SHA_LEN : size);
	rec.content = ms_buf_slice(&content);
	ms_sha256(content.p, content.n, digest);
	if (stub)
		ms_block_carry(b, b->count + 1, &rec, none, none);
	else if (b->runs.n >
		 0) /* all records of a block come with numbers, or none */
		ms_block_carry(b, b->count + 1, &rec, digest, digest);
	else
		ms_block_add(b, type, rec.content, digest);
	ms_buf_release(&content);
}

/* Adds finished blocks of one kind; returns the new number. */
static size_t
put_blocks(struct ms_block_image **list, size_t n, enum ms_block_kind kind,
    const struct shape *s, void *zstd)
{
	bool data = kind == MS_BLOCK_DATA;
	unsigned i, count = data ? s->blobs : s->metas;
	struct ms_block_builder b = {.kind = kind};

	for (i = 0; i < count; i++) {
		put_record(&b, data ? MS_BLOB : 200,
		    data ? s->blob_size : s->meta_size, s->stubs && i % 3 == 0);
		if (!s->alone && i + 1 < count && ms_block_size(&b) < 900 * KIB)
			continue;
		list[n] = ms_xcalloc(1, sizeof(**list));
		ms_block_finish(&b, zstd, list[n++]);
	}
	ms_block_builder_release(&b);
	return n;
}

static int
put_batch(const struct ms_pack *pk, struct ms_position *pos,
    const struct shape *s, struct ms_err *err)
{
	struct ms_block_image **list =
	    ms_xcalloc(s->blobs + s->metas, sizeof(*list));
	struct ms_block_builder last = {.kind = MS_BLOCK_META};
	void *zstd = ms_block_compressor();
	struct ms_commit commit;
	size_t i, n;
	int rc;

	n = put_blocks(list, 0, MS_BLOCK_DATA, s, zstd);
	n = put_blocks(list, n, MS_BLOCK_META, s, zstd);
	rc = ms_log_append(pk, pos, list, n, &last, &commit, err);
	for (i = 0; i < n; i++) {
		ms_block_image_release(list[i]);
		free(list[i]);
	}
	free(list);
	ms_block_builder_release(&last);
	ms_block_compressor_free(zstd);
	return rc;
}

/* ---- comparing two packs ---- */

/* A digest of everything of a record that must not change. */
static int
read_records(const struct ms_pack *pk, struct ms_buf *sums, uint64_t *full)
{
	struct ms_block b = {0};
	uint64_t at = MS_PACK_HEADER, number;
	struct ms_record rec;
	struct ms_buf all = {0};
	bool header_ok;
	uint32_t i;
	int got;

	*full = 0;
	while ((got = ms_pack_read(pk, at, &b, &header_ok, NULL)) == 1 &&
	       b.header.kind != MS_BLOCK_DIRECTORY &&
	       ms_block_open(&b, NULL) == 0) {
		struct ms_numbers numbers = {.block = &b};

		for (i = 0; ms_numbers_next(&numbers, &number) == 1; i++) {
			ms_block_record(&b, i, &rec);
			ms_buf_clear(&all);
			ms_buf_add_byte(&all, rec.type);
			ms_buf_add_byte(&all, rec.stub);
			ms_buf_add(
			    &all, b.salts + i * MS_SALT_LEN, MS_SALT_LEN);
			if (b.digests != NULL)
				ms_buf_add(&all, b.digests + i * MS_SHA_LEN,
				    MS_SHA_LEN);
			ms_buf_add(&all, rec.content.p, rec.content.n);
			if (number * MS_SHA_LEN > sums->n) {
				size_t more = number * MS_SHA_LEN - sums->n;

				memset(ms_buf_room(sums, more), 0, more);
				sums->n += more;
			}
			ms_sha256(
			    all.p, all.n, sums->p + (number - 1) * MS_SHA_LEN);
		}
		at += ms_block_length(&b.header);
		*full += b.header.payload >= 512 * KIB;
	}
	ms_block_release(&b);
	ms_buf_release(&all);
	return got;
}

/* Reads all extents; how many, or 0 if something is not whole. */
static unsigned
count_extents(const struct ms_pack *pk, struct ms_position *pos)
{
	struct ms_log_reader r = {0};
	struct ms_err err = {0};
	unsigned n = 0;
	int got;

	ms_log_reader_begin(&r, pk);
	while ((got = ms_log_read_next(&r, &err)) == 1)
		n++;
	*pos = r.pos;
	if (got < 0)
		printf("# %s\n", err.msg);
	ms_log_reader_release(&r);
	return got == 0 ? n : 0;
}

static void
compare(const struct table *t, const struct ms_pack *from,
    const struct ms_pack *to, const struct ms_position *end)
{
	struct ms_buf want = {0}, got = {0};
	uint64_t full_before, full;
	struct ms_pack_trailer trailer;
	struct ms_position pos = {0};
	unsigned n;

	read_records(from, &want, &full_before);
	read_records(to, &got, &full);
	ok(want.n / MS_SHA_LEN == end->next - 1 &&
		ms_slice_eq(ms_buf_slice(&want), ms_buf_slice(&got)),
	    "%s: the pack has the same %zu records", t->name,
	    want.n / MS_SHA_LEN);
	n = count_extents(to, &pos);
	ok(n >= t->extents, "%s: the pack is read in %u extents", t->name, n);
	ok(pos.next == end->next &&
		memcmp(pos.chain, end->chain, MS_SHA_LEN) == 0,
	    "%s: the position at the end is the same", t->name);
	ok(pos.blocks <= end->blocks,
	    "%s: there are %llu blocks in place of %llu", t->name,
	    (unsigned long long)pos.blocks, (unsigned long long)end->blocks);
	/* All blocks but two of an extent, and those around large records. */
	ok(full >= full_before, "%s: %llu of the blocks are full", t->name,
	    (unsigned long long)full);
	ok(ms_pack_sealed(to, &trailer, NULL) == 1 &&
		trailer.blocks == pos.blocks && trailer.first == 1 &&
		trailer.last == pos.next - 1 && trailer.directory == pos.end &&
		memcmp(trailer.chain, pos.chain, MS_SHA_LEN) == 0,
	    "%s: the pack is sealed", t->name);
	ms_buf_release(&want);
	ms_buf_release(&got);
}

/* ---- all shapes ---- */

static int
make_pack(struct ms_archive *a, const struct table *t, struct ms_pack **pk,
    struct ms_position *pos, struct ms_err *err)
{
	struct ms_pack_header h = {.number = 1, .first = 1};
	const struct shape *s;
	unsigned i;

	if (ms_pack_create(pk, a->packfd, a->tmpfd, &h, err) < 0)
		return -1;
	*pos = (struct ms_position){.next = 1};
	ms_position_enter(pos, &(*pk)->header);
	for (s = t->shapes; s < t->shapes + 5; s++)
		for (i = 0; i < s->count; i++)
			if (put_batch(*pk, pos, s, err) < 0)
				return -1;
	return 0;
}

static void
check(struct ms_archive *a, const struct table *t)
{
	struct ms_pack *from = NULL, *to = NULL, *again = NULL;
	struct ms_err err = {0};
	struct ms_position pos = {0}, end = {0};

	if (make_pack(a, t, &from, &pos, &err) < 0 ||
	    ms_archive_repack(a, from, pos.end, &to, &err) < 0) {
		ok(false, "%s: %s", t->name, err.msg);
		return;
	}
	ok(to->header.generation == 1 && to->header.number == 1 &&
		to->header.first == 1,
	    "%s: the pack has the next generation", t->name);
	compare(t, from, to, &pos);
	/* A regrouped pack can be regrouped. */
	ok(ms_pack_install(to, a->packfd, a->tmpfd, &err) == 0 &&
		count_extents(to, &end) > 0 &&
		ms_archive_repack(a, to, end.end, &again, &err) == 0,
	    "%s: the pack is regrouped again", t->name);
	if (again != NULL)
		compare(t, to, again, &end);
	ms_pack_close(from);
	ms_pack_close(to);
	ms_pack_close(again);
}

static void
check_limit(struct ms_archive *a, const struct table *t)
{
	struct ms_pack *from = NULL, *to = NULL;
	struct ms_err err = {0};
	struct ms_position pos = {0}, end;
	unsigned n;

	if (make_pack(a, t, &from, &pos, &err) < 0 ||
	    ms_archive_repack(a, from, pos.end, &to, &err) < 0) {
		ok(false, "%s: %s", t->name, err.msg);
		return;
	}
	n = count_extents(to, &end);
	ok(n == t->extents && end.next == pos.next, "%s: %u extents", t->name,
	    n);
	ms_pack_close(from);
	ms_pack_close(to);
}

/* The end of a block of this kind in the first half of a pack. */
static uint64_t
end_of_block(
    const struct ms_pack *pk, const struct ms_position *pos, unsigned kind)
{
	struct ms_block_header h;
	uint64_t at = MS_PACK_HEADER, end = 0;

	while (at < pos->end / 2 &&
	       ms_pack_next_header(pk, &at, pos->end, &h, NULL) == 1) {
		at += ms_block_length(&h);
		if (h.kind == kind)
			end = at;
	}
	return end;
}

static void
check_damaged(struct ms_archive *a, unsigned kind)
{
	struct ms_pack *from, *to;
	struct ms_err err = {0};
	struct ms_position pos;
	uint64_t at;
	unsigned char c = 0;

	if (make_pack(a, &tables[3], &from, &pos, &err) < 0) {
		ok(false, "%s", err.msg);
		return;
	}
	ok(ms_archive_repack(a, from, pos.end + 1, &to, &err) < 0 &&
		err.code == MS_DATA,
	    "a pack that ends too early: %s", err.msg);
	from->header_damaged = true;
	ok(ms_archive_repack(a, from, pos.end, &to, &err) < 0 &&
		err.code == MS_DATA && strstr(err.msg, "header is damaged"),
	    "a pack with a damaged header: %s", err.msg);
	from->header_damaged = false;
	at = end_of_block(from, &pos, kind) - 5;
	if (pread(from->fd, &c, 1, (off_t)at) == 1)
		c ^= 1;
	ok(ms_pack_write(from, at, &c, 1, NULL) == 0 &&
		ms_archive_repack(a, from, pos.end, &to, &err) < 0 &&
		err.code == MS_DATA,
	    "a damaged pack is not rewritten: %s", err.msg);
	ok(faccessat(a->tmpfd, "pack.new", F_OK, 0) < 0, "no file is left");
	ok(ms_pack_seal(from, pos.end, pos.next - 1, pos.chain, &err) == 0,
	    "a damaged pack is sealed with its damage");
	ms_pack_close(from);
}

int
main(void)
{
	/* What fsync costs is not what is tested. */
	char memory[] = "/dev/shm/ms-repack.XXXXXX",
	     disk[] = "/tmp/ms-repack.XXXXXX", *dir;
	struct ms_archive a = {.mode = MS_ARCHIVE_WRITE};
	size_t i;
	int fd;

	dir = mkdtemp(memory);
	if (dir == NULL)
		dir = mkdtemp(disk);
	if (dir == NULL)
		return 1;
	fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	mkdirat(fd, "pack", 0700);
	mkdirat(fd, "tmp", 0700);
	a.packfd = openat(fd, "pack", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	a.tmpfd = openat(fd, "tmp", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	for (i = 0; i < sizeof(tables) / sizeof(tables[0]); i++)
		check(&a, &tables[i]);
	for (i = 0; i < sizeof(limits) / sizeof(limits[0]); i++)
		check_limit(&a, &limits[i]);
	check_damaged(&a, MS_BLOCK_DATA);
	check_damaged(&a, MS_BLOCK_META);
	unlinkat(a.packfd, "00000001.pack", 0);
	unlinkat(a.packfd, "00000001.1.pack", 0);
	ms_pack_discard(a.tmpfd);
	unlinkat(fd, "pack", AT_REMOVEDIR);
	unlinkat(fd, "tmp", AT_REMOVEDIR);
	close(a.packfd);
	close(a.tmpfd);
	close(fd);
	rmdir(dir);
	return done();
}
