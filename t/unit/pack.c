/* pack.c - headers, trailers and names; blocks in a file, also in a damaged
 * one; batches that are whole or not. */
#include "pack.h"

#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "le.h"
#include "log.h"
#include "scratch.h"
#include "tap.h"

static const unsigned char no_chain[MS_SHA_LEN];

/* ---- headers, trailers, names ---- */

/* A pack of a newer version is not taken for a damaged one, and not written. */
static void
unknown_features(void)
{
	struct ms_pack_header h = {.number = 1, .first = 1};
	char dir[SCRATCH_MAX];
	struct ms_err err = {0};
	struct ms_pack *pk = NULL;
	int fd = open(scratch_make(dir), O_RDONLY | O_DIRECTORY);

	h.write_features = 8;
	ok(ms_pack_create(&pk, fd, fd, &h, &err) < 0 && err.code == MS_DATA,
	    "no pack is begun with an unknown write feature: %s", err.msg);
	h.write_features = 0;
	ok(ms_pack_create(&pk, fd, fd, &h, NULL) == 0, "a pack");
	pk->header.write_features = 8;
	ok(ms_pack_write(pk, MS_PACK_HEADER, (unsigned char *)"x", 1, &err) <
		    0 &&
		ms_pack_cut(pk, MS_PACK_HEADER, &err) < 0,
	    "with such a feature it is not written or cut: %s", err.msg);
	pk->header.write_features = 0;
	h = pk->header;
	h.read_features = 4;
	{
		unsigned char raw[MS_PACK_HEADER];

		ms_pack_header_write(&h, raw);
		ok(ms_pack_write(pk, 0, raw, sizeof(raw), NULL) == 0, "read");
	}
	ms_pack_close(pk);
	ok(ms_pack_open(&pk, fd, (struct ms_pack_name){1, 0}, false, &err) <
		    0 &&
		strstr(err.msg, "features") != NULL,
	    "an unknown read feature is named: %s", err.msg);
	close(fd);
	scratch_remove(dir);
}

/* Each field has its place, ms-archive(5), Packs. */
static void
header_fields(void)
{
	unsigned char raw[MS_PACK_HEADER] = {0}, digest[MS_SHA_LEN];
	unsigned char again[MS_PACK_HEADER];
	struct ms_pack_header h = {0};
	struct ms_err err;
	size_t i, bad = 0;

	ms_pack_header_write(&h, raw);
	for (i = 16; i < 128; i++)
		raw[i] = (unsigned char)(i * 7);
	memset(raw + 96, 0, 8); /* the read features */
	ms_sha256(raw, 240, digest);
	ms_keyed_check(raw + 40, digest, raw + 240);
	ok(ms_pack_header_parse(&h, raw, NULL) == 0 &&
		memcmp(h.archive, raw + 16, MS_ID_LEN) == 0 &&
		h.number == ms_le32(raw + 32) &&
		h.generation == ms_le32(raw + 36) &&
		memcmp(h.key, raw + 40, MS_KEY_LEN) == 0 &&
		h.first == ms_le64(raw + 56) &&
		memcmp(h.chain, raw + 64, MS_SHA_LEN) == 0 &&
		h.read_features == 0 &&
		h.write_features == ms_le64(raw + 104) &&
		h.made == ms_le64(raw + 112) && h.state == ms_le64(raw + 120),
	    "each field of a header is read from its place");
	ms_pack_header_write(&h, again);
	ok(memcmp(raw, again, sizeof(raw)) == 0, "and written to it");
	for (i = 128; i < 240; i++)
		bad += again[i] != 0;
	ok(bad == 0, "the reserved bytes are zero");
	for (i = 8; i <= 13; i += 5) { /* the version, the length */
		memcpy(raw, again, sizeof(raw));
		raw[i]++;
		ms_sha256(raw, 240, digest);
		ms_keyed_check(raw + 40, digest, raw + 240);
		err = (struct ms_err){0};
		ok(ms_pack_header_parse(&h, raw, &err) < 0 &&
			err.code == MS_DATA &&
			strstr(err.msg, i == 8 ? "version 2" : "version 1"),
		    "byte %zu: %s", i, err.msg);
	}
}

/* The same for a trailer. */
static void
trailer_fields(void)
{
	unsigned char raw[MS_PACK_TRAILER], again[MS_PACK_TRAILER];
	unsigned char digest[MS_SHA_LEN];
	struct ms_pack_trailer t = {0};
	size_t i, bad = 0;

	ms_pack_trailer_write(&t, raw);
	for (i = 8; i < 72 + MS_KEY_LEN; i++)
		raw[i] = (unsigned char)(i * 7);
	ms_sha256(raw, 112, digest);
	ms_keyed_check(raw + 72, digest, raw + 112);
	ok(ms_pack_trailer_parse(&t, raw, NULL) == 0 &&
		t.directory == ms_le64(raw + 8) &&
		t.blocks == ms_le64(raw + 16) && t.first == ms_le64(raw + 24) &&
		t.last == ms_le64(raw + 32) &&
		memcmp(t.chain, raw + 40, MS_SHA_LEN) == 0 &&
		memcmp(t.key, raw + 72, MS_KEY_LEN) == 0,
	    "each field of a trailer is read from its place");
	ms_pack_trailer_write(&t, again);
	ok(memcmp(raw, again, sizeof(raw)) == 0, "and written to it");
	for (i = 88; i < 112; i++)
		bad += again[i] != 0;
	ok(bad == 0, "the reserved bytes are zero");
}

static void
headers(void)
{
	struct ms_pack_header h = {.number = 7,
	    .generation = 2,
	    .first = 1000,
	    .made = 5,
	    .archive = "archive",
	    .key = "key",
	    .chain = "chain"};
	struct ms_pack_header got;
	struct ms_pack_trailer t = {1, 2, 3, 4, "chain", "key"}, t2;
	unsigned char raw[MS_PACK_HEADER], end[MS_PACK_TRAILER];
	size_t i, bad = 0;

	header_fields();
	trailer_fields();
	ms_pack_header_write(&h, raw);
	ok(ms_pack_header_parse(&got, raw, NULL) == 0 && got.number == 7 &&
		got.generation == 2 && got.first == 1000 && got.made == 5 &&
		memcmp(got.chain, h.chain, sizeof(h.chain)) == 0 &&
		memcmp(got.archive, h.archive, sizeof(h.archive)) == 0,
	    "a header is read back");
	for (i = 0; i < sizeof(raw) * 8; i++) {
		raw[i / 8] ^= (unsigned char)(1u << i % 8);
		bad += ms_pack_header_parse(&got, raw, NULL) == 0;
		raw[i / 8] ^= (unsigned char)(1u << i % 8);
	}
	ok(bad == 0, "any flipped bit is found");
	h.read_features = 4;
	ms_pack_header_write(&h, raw);
	ok(ms_pack_header_parse(&got, raw, NULL) < 0,
	    "an unknown read feature is refused");

	unknown_features();

	ms_pack_trailer_write(&t, end);
	ok(ms_pack_trailer_parse(&t2, end, NULL) == 0 && t2.directory == 1 &&
		t2.blocks == 2 && t2.first == 3 && t2.last == 4,
	    "a trailer is read back");
	for (i = 0; i < sizeof(end) * 8; i++) {
		end[i / 8] ^= (unsigned char)(1u << i % 8);
		bad += ms_pack_trailer_parse(&t2, end, NULL) == 0;
		end[i / 8] ^= (unsigned char)(1u << i % 8);
	}
	ok(bad == 0, "any flipped bit is found");
}

static void
names(void)
{
	static const char *const files[] = {"00000002.pack", "00000001.pack",
	    "00000001.10.pack", "00000001.9.pack", "123456789.pack", "1.pack",
	    "00000003.pack.new", "00000000.pack", "00000004.0.pack",
	    "00000004.01.pack", "x", "99999999999.pack", "00000005.1.2.pack",
	    "00000006.1.pack", "4294967295.pack", "4294967296.pack",
	    "00000007.4294967295.pack", "00000007.4294967296.pack"};
	static const struct ms_pack_name want[] = {{1, 0}, {1, 9}, {1, 10},
	    {2, 0}, {6, 1}, {7, UINT32_MAX}, {123456789, 0}, {UINT32_MAX, 0}};
	struct ms_pack_name pairs[] = {{1, 0}, {2, 0}, {2, 1}, {3, 0}};
	struct ms_err err = {0};
	char dir[SCRATCH_MAX];
	struct ms_pack_name *got = NULL;
	size_t i, n = 0, bad = 0;
	int fd;

	if (scratch_make(dir) == NULL)
		return;
	fd = open(dir, O_RDONLY | O_DIRECTORY);
	for (i = 0; i < sizeof(files) / sizeof(files[0]); i++)
		close(openat(fd, files[i], O_WRONLY | O_CREAT, 0600));
	ok(ms_pack_list(fd, &got, &n, NULL) == 0 && n == 8,
	    "only packs are listed (%zu)", n);
	for (i = 0; i < 8 && i < n; i++)
		bad += got[i].number != want[i].number ||
		       got[i].generation != want[i].generation;
	ok(bad == 0, "packs are sorted by number, then by generation");
	n = ms_pack_newest(got, n);
	ok(n == 6 && got[0].generation == 10 && got[1].number == 2,
	    "the newest generation of each pack is found");
	ok(ms_pack_newest(pairs, 4) == 3 && pairs[0].number == 1 &&
		pairs[1].generation == 1 && pairs[2].number == 3,
	    "also of the second pack");
	ok(ms_pack_list(-1, &got, &n, &err) == -1 && err.code == MS_IO,
	    "no folder: %s", err.msg);
	ok(ms_pack_newest(got, 0) == 0, "no pack is found in an empty folder");
	free(got);
	for (i = 0; i < sizeof(files) / sizeof(files[0]); i++)
		unlinkat(fd, files[i], 0);
	close(fd);
	rmdir(dir);
}

/* Files that ms_pack_open() refuses, and one with a damaged header. */
static void
opening(void)
{
	static const struct ms_pack_name name = {1, 0}, second = {2, 0},
					 next = {1, 1};
	char dir[SCRATCH_MAX];
	struct ms_pack_header h = {.number = 1, .first = 1};
	struct ms_pack *pk = NULL;
	struct ms_err err = {0};
	unsigned char raw[MS_PACK_HEADER] = {0};
	int fd, file;

	if (scratch_make(dir) == NULL)
		return;
	fd = open(dir, O_RDONLY | O_DIRECTORY);
	ok(ms_pack_open(&pk, fd, name, false, &err) < 0 &&
		err.code == MS_NOINPUT,
	    "a file that is no pack is refused: %s", err.msg);
	file = openat(fd, "00000001.pack", O_RDWR | O_CREAT, 0600);
	ms_pack_header_write(&h, raw);
	(void)!pwrite(file, raw, sizeof(raw) - 1, 0);
	err = (struct ms_err){0};
	ok(ms_pack_open(&pk, fd, name, false, &err) < 0 && err.code == MS_DATA,
	    "a short header is refused: %s", err.msg);
	(void)!pwrite(file, raw, sizeof(raw), 0);
	ok(ms_pack_open(&pk, fd, name, false, &err) == 0 &&
		pk->header.first == 1 && !pk->header_damaged,
	    "a pack of only a header is accepted");
	ms_pack_close(pk);
	(void)!pwrite(file, "?", 1, 0);
	err = (struct ms_err){0};
	ok(ms_pack_open(&pk, fd, name, false, &err) < 0 && err.code == MS_DATA,
	    "a damaged header without a block that has the key: %s", err.msg);
	(void)!pwrite(file, raw, sizeof(raw), 0);
	renameat(fd, "00000001.pack", fd, "00000002.pack");
	err = (struct ms_err){0};
	ok(ms_pack_open(&pk, fd, second, false, &err) < 0 &&
		err.code == MS_DATA,
	    "another number in the header is refused: %s", err.msg);
	renameat(fd, "00000002.pack", fd, "00000001.1.pack");
	err = (struct ms_err){0};
	ok(ms_pack_open(&pk, fd, next, false, &err) < 0 && err.code == MS_DATA,
	    "another generation in the header is refused: %s", err.msg);
	unlinkat(fd, "00000001.1.pack", 0);
	close(file);
	close(fd);
	rmdir(dir);
	ms_pack_close(NULL);
}

/* ---- batches ---- */

/* A pack in memory, and the offsets of its batches. */
struct fixture {
	struct ms_pack pk;
	struct ms_position pos, start[4]; /* start: before each batch */
};

static void
add(struct ms_block_builder *b, uint8_t type, const char *text)
{
	struct ms_slice s = ms_slice_str(text);
	unsigned char digest[MS_SHA_LEN];

	ms_sha256(s.p, s.n, digest);
	ms_block_add(b, type, s, digest);
}

/* Two BLOBs, one MESSAGE in a block of its own, an EVENT, the COMMIT. */
static int
append(struct fixture *f)
{
	struct ms_block_builder data = {.kind = MS_BLOCK_DATA};
	struct ms_block_builder meta = {.kind = MS_BLOCK_META};
	struct ms_block_builder last = {.kind = MS_BLOCK_META};
	struct ms_block_image first = {0}, second = {0};
	struct ms_block_image *images[] = {&first, &second};
	void *zstd = ms_block_compressor();
	struct ms_commit commit;
	int rc;

	add(&data, MS_BLOB, "a BLOB");
	add(&data, MS_BLOB, "another");
	add(&meta, MS_MESSAGE,
	    "bytes that are no MESSAGE, which the log does not parse");
	add(&last, MS_EVENT, "{}");
	ms_block_finish(&data, zstd, &first);
	ms_block_finish(&meta, zstd, &second);
	rc = ms_log_append(&f->pk, &f->pos, images, 2, &last, &commit, NULL);
	ms_block_image_release(&first);
	ms_block_image_release(&second);
	ms_block_builder_release(&data);
	ms_block_builder_release(&meta);
	ms_block_builder_release(&last);
	ms_block_compressor_free(zstd);
	return rc;
}

static bool
make(struct fixture *f)
{
	unsigned char raw[MS_PACK_HEADER];
	size_t i;

	*f = (struct fixture){.pk = {.header = {.number = 1, .first = 1}},
	    .pos = {.end = MS_PACK_HEADER, .next = 1}};
	memcpy(f->pk.header.key, "the id of a pack", MS_KEY_LEN);
	f->pk.fd = memfd_create("pack", MFD_CLOEXEC);
	ms_pack_header_write(&f->pk.header, raw);
	if (f->pk.fd < 0 ||
	    ms_pack_write(&f->pk, 0, raw, sizeof(raw), NULL) < 0)
		return false;
	for (i = 0; i < 4; i++) {
		f->start[i] = f->pos;
		if (append(f) < 0)
			return false;
	}
	return true;
}

/* The number of batches that can be read from the first one on. *damaged: a
 * batch that is not whole follows. */
static int
readable(const struct fixture *f, bool *damaged)
{
	struct ms_log_extent s = {0};
	uint64_t at = MS_PACK_HEADER, next = 1;
	unsigned char chain[MS_SHA_LEN] = {0};
	int got, n = 0;

	while ((got = ms_log_extent_read(&s, &f->pk, at, next, chain, NULL)) ==
	       1) {
		at = s.end;
		next = s.next;
		memcpy(chain, s.chain, sizeof(chain));
		n++;
	}
	*damaged = got < 0;
	ms_log_extent_release(&s);
	return n;
}

static void
flip(const struct fixture *f, uint64_t at, unsigned bit)
{
	unsigned char c;

	if (pread(f->pk.fd, &c, 1, (off_t)at) != 1)
		return;
	c ^= (unsigned char)(1u << bit);
	ms_pack_write(&f->pk, at, &c, 1, NULL);
}

static void
batches(void)
{
	static const unsigned char other[MS_SHA_LEN] = "other";
	struct ms_log_extent s = {0};
	struct fixture f;
	bool damaged;

	ok(make(&f), "four batches are read");
	ok(f.pos.next == 21 && f.pos.blocks == 12,
	    "each batch has five records");
	ok(readable(&f, &damaged) == 4 && !damaged, "the contents are right");
	ok(ms_log_extent_read(&s, &f.pk, MS_PACK_HEADER, 1, no_chain, NULL) ==
		    1 &&
		ms_log_extent_count(&s) == 3 && s.next == 6 &&
		s.end == f.start[1].end &&
		memcmp(s.chain, f.start[1].chain, sizeof(s.chain)) == 0,
	    "the first ends where the second begins");
	ok(ms_log_extent_read(&s, &f.pk, MS_PACK_HEADER, 2, no_chain, NULL) < 0,
	    "another number is damage");
	ok(ms_log_extent_read(&s, &f.pk, MS_PACK_HEADER, 1, other, NULL) < 0,
	    "another chain is damage");
	ok(ms_log_extent_read(
	       &s, &f.pk, f.pos.end, f.pos.next, f.pos.chain, NULL) == 0,
	    "no batch begins at the end of the pack");
	ms_log_extent_release(&s);
	close(f.pk.fd);
}

/* Flipped bits in the second batch: the first batch is read, then there is
 * damage, and the log goes on. In the last batch it does not go on. */
static void
damage(void)
{
	struct fixture f;
	uint64_t at;
	size_t bad = 0, bits = 0;
	bool damaged;

	if (!make(&f))
		return;
	for (at = f.start[1].end; at < f.start[2].end; at++, bits++) {
		flip(&f, at, (unsigned)at % 8);
		bad += readable(&f, &damaged) != 1 || !damaged;
		if (at % 16 == 0)
			bad += ms_log_goes_on(&f.pk, f.start[1].end,
				   f.start[1].next, NULL) != 1;
		flip(&f, at, (unsigned)at % 8);
	}
	ok(bad == 0,
	    "a wrong bit in any of %zu bytes is damage, if a batch follows",
	    bits);
	for (at = f.start[3].end; at < f.pos.end; at += 7) {
		flip(&f, at, (unsigned)at % 8);
		bad += readable(&f, &damaged) != 3 || !damaged;
		bad += ms_log_goes_on(
			   &f.pk, f.start[3].end, f.start[3].next, NULL) != 0;
		flip(&f, at, (unsigned)at % 8);
	}
	ok(bad == 0, "in the last batch, a wrong bit is a torn batch");
	for (at = f.pos.end - 1; at > f.start[3].end; at -= 5) {
		ms_pack_cut(&f.pk, at, NULL);
		bad += readable(&f, &damaged) != 3 || !damaged;
	}
	ok(bad == 0, "a cut batch is not whole");
	close(f.pk.fd);
}

/* The rows of a directory, ms-archive(5), Sealed packs. */
static void
check_rows(const struct fixture *f, const struct ms_buf *rows)
{
	unsigned char want[MS_DIRECTORY_ROW];
	struct ms_block_header h;
	uint64_t at = MS_PACK_HEADER;
	size_t i, bad = 0;

	for (i = 0; i < rows->n; i += sizeof(want)) {
		if (ms_pack_next_header(&f->pk, &at, f->pos.end, &h, NULL) != 1)
			break;
		memset(want, 0, sizeof(want));
		ms_put_le64(want, at);
		want[8] = h.kind;
		ms_put_le64(want + 16, h.first);
		ms_put_le32(want + 24, h.count);
		ms_put_le32(want + 28, h.runs);
		ms_put_le32(want + 32, h.payload);
		ms_put_le32(want + 36, h.stored);
		bad += memcmp(want, rows->p + i, sizeof(want)) != 0;
		at += ms_block_length(&h);
	}
	ok(bad == 0 && i == rows->n && at == f->pos.end,
	    "each row says where its block is and what it has");
}

static void
sealing(void)
{
	struct ms_pack_trailer t = {0};
	struct ms_block b = {0};
	struct ms_err err = {0};
	struct fixture f;
	bool damaged, header_ok;
	uint64_t size = 0;

	if (!make(&f))
		return;
	ok(ms_pack_sealed(&f.pk, &t, NULL) == 0, "a pack is not sealed");
	ok(ms_pack_seal(&f.pk, f.pos.end, f.pos.next - 1, f.pos.chain, NULL) ==
		    0 &&
		ms_pack_sealed(&f.pk, &t, NULL) == 1,
	    "the pack is sealed");
	ok(t.directory == f.pos.end && t.blocks == 12 && t.first == 1 &&
		t.last == 20,
	    "the trailer has its contents");
	ok(ms_pack_read(&f.pk, t.directory, &b, &header_ok, NULL) == 1 &&
		b.header.kind == MS_BLOCK_DIRECTORY &&
		ms_block_open(&b, NULL) == 0 &&
		b.payload.n == (size_t)12 * MS_DIRECTORY_ROW,
	    "the directory has a row for each block");
	check_rows(&f, &b.payload);
	ms_pack_size(&f.pk, &size, NULL);
	ok(ms_pack_read(&f.pk, size - MS_PACK_TRAILER, &b, &header_ok, NULL) ==
		0,
	    "a trailer is not a block");
	ok(readable(&f, &damaged) == 4 && !damaged, "all batches can be read");
	ok(ms_pack_check_seal(&f.pk, &t, NULL) == 0, "the seal is right");
	flip(&f, f.start[1].end + 20, 0);
	ok(ms_pack_check_seal(&f.pk, &t, &err) < 0 && err.code == MS_DATA,
	    "a block is not that of the directory: %s", err.msg);
	flip(&f, f.start[1].end + 20, 0);
	flip(&f, t.directory + MS_BLOCK_HEADER, 0);
	err = (struct ms_err){0};
	ok(ms_pack_check_seal(&f.pk, &t, &err) < 0 && err.code == MS_DATA,
	    "the directory is damaged: %s", err.msg);
	flip(&f, t.directory + MS_BLOCK_HEADER, 0);
	ms_pack_cut(&f.pk, size - 1, NULL);
	ok(ms_pack_check_seal(&f.pk, &t, NULL) < 0, "no trailer");
	ok(ms_pack_sealed(&f.pk, &t, NULL) == 0,
	    "a pack with an incomplete trailer is not sealed");
	ms_block_release(&b);
	close(f.pk.fd);
}

/* Writes the bytes of the fixture to 00000001.pack. */
static void
copy_pack(const struct fixture *f, int dir)
{
	int file =
	    openat(dir, "00000001.pack", O_WRONLY | O_CREAT | O_TRUNC, 0600);
	unsigned char *all;
	uint64_t size = 0;

	ms_pack_size(&f->pk, &size, NULL);
	all = ms_xmalloc(size);
	if (pread(f->pk.fd, all, size, 0) != (ssize_t)size ||
	    pwrite(file, all, size, 0) != (ssize_t)size)
		ok(false, "a pack is copied");
	free(all);
	close(file);
}

/* The key of a pack with a damaged header is that of its first block or of its
 * trailer. */
static void
damaged_header(void)
{
	static const struct {
		const char *name;
		bool block, sealed,
		    good; /* block: its header is damaged, too */
	} rows[] = {
	    {"the first block is whole", false, false, true},
	    {"the first block is whole, sealed", false, true, true},
	    {"the first block is damaged", true, false, false},
	    {"the first block is damaged, sealed", true, true, true},
	};
	static const struct ms_pack_name name = {1, 0};
	struct ms_pack_trailer t = {.first = 77};
	unsigned char raw[MS_PACK_TRAILER];
	char dir[SCRATCH_MAX];
	struct ms_pack *pk;
	struct fixture f;
	struct ms_err err;
	bool damaged;
	size_t i;
	int fd = open(scratch_make(dir), O_RDONLY | O_DIRECTORY);

	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		if (!make(&f))
			return;
		if (rows[i].sealed)
			ms_pack_seal(&f.pk, f.pos.end, f.pos.next - 1,
			    f.pos.chain, NULL);
		flip(&f, 20, 0);
		if (rows[i].block)
			flip(&f, MS_PACK_HEADER + 20, 0);
		copy_pack(&f, fd);
		close(f.pk.fd);
		pk = NULL;
		err = (struct ms_err){0};
		ok((ms_pack_open(&pk, fd, name, false, &err) == 0) ==
			rows[i].good,
		    "a damaged header: %s", rows[i].name);
		if (pk == NULL) {
			ok(err.code == MS_DATA &&
				strncmp(err.msg, "pack/00000001.pack: ", 20) ==
				    0,
			    "  %s", err.msg);
			continue;
		}
		ok(pk->header_damaged && pk->header.first == 1 &&
			pk->header.number == 1 &&
			memcmp(pk->header.key, f.pk.header.key, MS_KEY_LEN) ==
			    0,
		    "  the key is known");
		f.pk.fd = pk->fd;
		ok(readable(&f, &damaged) == (rows[i].block ? 0 : 4),
		    "  the batches can be read");
		ms_pack_close(pk);
	}
	if (!make(&f))
		return;
	memcpy(t.key, f.pk.header.key, MS_KEY_LEN);
	ms_pack_trailer_write(&t, raw);
	ms_pack_write(&f.pk, MS_PACK_HEADER, raw, sizeof(raw), NULL);
	ms_pack_cut(&f.pk, MS_PACK_HEADER + MS_PACK_TRAILER, NULL);
	flip(&f, 20, 0);
	copy_pack(&f, fd);
	close(f.pk.fd);
	ok(ms_pack_open(&pk, fd, name, false, NULL) == 0 &&
		pk->header.first == 77,
	    "a pack without blocks: the key is in the trailer");
	ms_pack_close(pk);
	if (!make(&f))
		return;
	ms_pack_write(&f.pk, MS_PACK_HEADER - 1, raw, sizeof(raw), NULL);
	ms_pack_cut(&f.pk, MS_PACK_HEADER + MS_PACK_TRAILER - 1, NULL);
	flip(&f, 20, 0);
	copy_pack(&f, fd);
	close(f.pk.fd);
	ok(ms_pack_open(&pk, fd, name, false, NULL) == -1,
	    "a trailer in the header is none");
	close(fd);
	scratch_remove(dir);
}

/* A trailer is one at the end of the file only. */
static void
false_trailer(void)
{
	struct ms_pack_trailer t = {.first = 1};
	unsigned char raw[MS_PACK_TRAILER + 1] = {0};
	struct ms_block b = {0};
	struct fixture f;
	bool header_ok;

	if (!make(&f))
		return;
	memcpy(t.key, f.pk.header.key, MS_KEY_LEN);
	ms_pack_trailer_write(&t, raw);
	ms_pack_write(&f.pk, f.pos.end, raw, sizeof(raw), NULL);
	ok(ms_pack_read(&f.pk, f.pos.end, &b, &header_ok, NULL) == -1,
	    "a trailer before the end of the file is damage");
	ms_pack_cut(&f.pk, f.pos.end + MS_PACK_TRAILER, NULL);
	ok(ms_pack_read(&f.pk, f.pos.end, &b, &header_ok, NULL) == 0,
	    "at the end it is the end of the blocks");
	t.key[0] ^= 1;
	ms_pack_trailer_write(&t, raw);
	ms_pack_write(&f.pk, f.pos.end, raw, MS_PACK_TRAILER, NULL);
	ok(ms_pack_read(&f.pk, f.pos.end, &b, &header_ok, NULL) == -1,
	    "a trailer of another pack is damage");
	ms_block_release(&b);
	close(f.pk.fd);
}

/* ---- writing ---- */

/* A pack is made in a folder for temporary files, and renamed when it has its
 * header. What a failure leaves is removed. */
static void
creating(void)
{
	struct ms_pack_header like = {
	    .number = 1, .first = 5, .state = 9, .made = 1};
	static const struct ms_pack_name name = {1, 0};
	struct ms_pack *pk = NULL, *other = NULL;
	char dir[SCRATCH_MAX];
	struct ms_err err = {0};
	struct stat st = {0};
	int fd = open(scratch_make(dir), O_RDONLY | O_DIRECTORY);
	int old = openat(fd, "pack.new", O_WRONLY | O_CREAT, 0600);
	time_t now = time(NULL);

	ok(ftruncate(old, 9999) == 0, "an interrupted run has left a file");
	close(old);
	ok(ms_pack_begin(&pk, fd, &like, NULL) == 0 &&
		fstat(pk->fd, &st) == 0 && st.st_size == MS_PACK_HEADER &&
		(st.st_mode & 07777) == 0600,
	    "a pack that is begun has its header, and one reader");
	ok(pk->header.state == 0 && pk->header.first == 5 &&
		(time_t)pk->header.made >= now &&
		(time_t)pk->header.made <= time(NULL),
	    "the header has the time");
	pk->header.state = 1234;
	ok(ms_pack_rewrite_header(pk, NULL) == 0 &&
		ms_pack_install(pk, fd, fd, NULL) == 0 &&
		ms_pack_open(&other, fd, name, false, NULL) == 0 &&
		!other->header_damaged && other->header.state == 1234 &&
		memcmp(other->header.key, pk->header.key, MS_KEY_LEN) == 0,
	    "the header is written again, and the pack installed");
	ms_pack_close(other);
	ok(ms_pack_install(pk, fd, fd, &err) == -1 && err.code != MS_OK,
	    "it can be installed once: %s", err.msg);
	like.number = 2;
	ok(ms_pack_create(&other, fd, fd, &like, NULL) == 0 &&
		memcmp(other->header.key, pk->header.key, MS_KEY_LEN) != 0,
	    "each pack has its own key");
	ms_pack_close(other);
	like.number = 3;
	ok(ms_pack_create(&other, -1, fd, &like, &err) == -1 &&
		faccessat(fd, "pack.new", F_OK, 0) != 0,
	    "a pack that cannot be installed is removed");
	close(pk->fd);
	ok(ms_pack_cut(pk, MS_PACK_HEADER, &err) == -1 && err.code == MS_IO &&
		ms_pack_size(pk, &(uint64_t){0}, &err) == -1 &&
		ms_pack_install(pk, fd, fd, &err) == -1,
	    "a closed pack cannot be cut, measured or installed");
	pk->fd = -1;
	ms_pack_close(pk);
	close(fd);
	scratch_remove(dir);
}

/* A batch that cannot be written whole is cut off, and the position is the same
 * as before. */
static void
cut_back(void)
{
	struct rlimit old, low;
	struct ms_position before;
	struct fixture f;
	uint64_t size = 0, whole = 0;
	size_t i, bad = 0;

	if (!make(&f))
		return;
	ok(f.pos.pack == 1 && f.pos.generation == 0, "a position");
	f.pk.header.number = 8;
	f.pk.header.generation = 3;
	whole = f.pos.end;
	ok(append(&f) == 0 && f.pos.pack == 8 && f.pos.generation == 3,
	    "the position names the pack");
	whole = f.pos.end - whole; /* about the length of a batch */
	before = f.pos;
	signal(SIGXFSZ, SIG_IGN);
	getrlimit(RLIMIT_FSIZE, &old);
	for (i = 0; i < 5; i++) {
		low = old;
		low.rlim_cur = before.end + whole * i / 5;
		setrlimit(RLIMIT_FSIZE, &low);
		bad += append(&f) != -1;
		setrlimit(RLIMIT_FSIZE, &old);
		ms_pack_size(&f.pk, &size, NULL);
		bad += size != before.end ||
		       memcmp(&f.pos, &before, sizeof(before)) != 0;
	}
	ok(bad == 0, "what was written of a batch is cut off");
	ok(ms_pack_cut(&f.pk, before.end, NULL) == 0 && append(&f) == 0,
	    "later, the batch is written");
	close(f.pk.fd);
}

/* The limits of a batch are checked before anything is written. */
static void
batch_limits(void)
{
	static const struct {
		const char *name, *says;
		uint32_t count, payload, last; /* of an image; of `last` */
		size_t images;
	} rows[] = {
	    {"too many records at the end", "of 1 blocks, 65537 records", 0, 0,
		65536, 0},
	    {"too many records", "of 2 blocks, 65537 records", 65535, 0, 1, 1},
	    {"too many bytes", "67108865 bytes", 1, MS_BATCH_META_MAX + 1, 0,
		1},
	    {"too many blocks", "of 8193 blocks, 1 records", 0, 0, 0,
		MS_EXTENT_BLOCKS_MAX},
	};
	static struct ms_block_image *images[MS_EXTENT_BLOCKS_MAX];
	struct ms_block_builder last = {.kind = MS_BLOCK_META};
	struct ms_block_image image = {0};
	struct ms_commit commit;
	struct ms_err err;
	struct fixture f;
	uint64_t size = 0, next;
	size_t i;

	if (!make(&f))
		return;
	for (i = 0; i < MS_EXTENT_BLOCKS_MAX; i++)
		images[i] = &image;
	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		image.header = (struct ms_block_header){.kind = MS_BLOCK_META,
		    .count = rows[i].count,
		    .payload = rows[i].payload};
		last.count = rows[i].last;
		err = (struct ms_err){0};
		ok(ms_log_append(&f.pk, &f.pos, images, rows[i].images, &last,
		       &commit, &err) == -1 &&
			err.code == MS_BUG && strstr(err.msg, rows[i].says),
		    "%s: %s", rows[i].name, err.msg);
	}
	ms_pack_size(&f.pk, &size, NULL);
	ok(size == f.pos.end, "nothing is written");
	last.count = 0;
	for (i = 0; i + 1 < MS_BATCH_RECORDS_MAX; i++)
		ms_block_add(&last, MS_EVENT, ms_slice_str(""), no_chain);
	next = f.pos.next;
	ok(ms_log_append(&f.pk, &f.pos, NULL, 0, &last, &commit, NULL) == 0 &&
		commit.count == MS_BATCH_RECORDS_MAX - 1 &&
		f.pos.next == next + MS_BATCH_RECORDS_MAX,
	    "a batch of 65536 records is written");
	ms_block_builder_release(&last);
	close(f.pk.fd);
}

struct found {
	struct ms_buf text;
	uint64_t at; /* where the next part must begin */
};

static void
show_damage(void *ctx, const struct ms_pack_damage *d)
{
	struct found *f = ctx;

	ms_buf_printf(&f->text, "%s%s%s ", d->header != NULL ? "body" : "lost",
	    d->at == f->at ? "" : "?",
	    d->why->code == MS_DATA && d->why->msg[0] != '\0' ? "" : "!");
	f->at = d->at + d->length;
}

/* Each part of a damaged pack is a block or is passed over. */
static void
parts(void)
{
	static const struct {
		unsigned batch, byte; /* of its first block */
		const char *want;     /* parts before the next block */
	} rows[] = {{1, 20, "lost "}, {1, 130, "body "}, {2, 0, "lost "},
	    {3, 127, "lost "}};
	struct ms_block b = {0};
	struct fixture f;
	uint64_t at;
	size_t i, n;
	int got;

	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct found found = {.at = MS_PACK_HEADER};

		if (!make(&f))
			return;
		flip(&f, f.start[rows[i].batch].end + rows[i].byte, 1);
		at = MS_PACK_HEADER;
		for (n = 0; (got = ms_pack_next_block(&f.pk, &at, f.pos.end, &b,
				 show_damage, &found, NULL)) == 1;
		     n++) {
			if (at != found.at)
				ms_buf_add_str(&found.text, "gap ");
			found.at = at += ms_block_length(&b.header);
		}
		ok(got == 0 && n == 11 && at == f.pos.end &&
			strcmp(ms_buf_str(&found.text), rows[i].want) == 0,
		    "byte %u of batch %u: %s", rows[i].byte, rows[i].batch,
		    ms_buf_str(&found.text));
		ms_buf_release(&found.text);
		close(f.pk.fd);
	}
	ms_block_release(&b);
}

/* A part of a pack that ends with a batch: nothing after it is looked at, and
 * the last block is damaged. */
static void
parts_before(void)
{
	static const struct {
		unsigned batch, byte; /* the part ends after this batch */
		const char *want;
	} rows[] = {{1, 20, "lost "}, {1, 130, "body "}, {3, 20, "lost "},
	    {3, 130, "body "}};
	struct ms_block b = {0};
	struct fixture f;
	uint64_t at, end;
	size_t i, n;
	int got;

	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct found found = {.at = MS_PACK_HEADER};

		if (!make(&f))
			return;
		n = rows[i].batch + 1;
		end = n < 4 ? f.start[n].end : f.pos.end;
		flip(&f,
		    (n < 4 ? f.start[n].commit : f.pos.commit) + rows[i].byte,
		    1);
		at = MS_PACK_HEADER;
		for (n = 0; (got = ms_pack_next_block(&f.pk, &at, end, &b,
				 show_damage, &found, NULL)) == 1;
		     n++)
			found.at = at += ms_block_length(&b.header);
		ok(got == 0 && n == 3 * (rows[i].batch + 1) - 1 && at == end &&
			found.at == end &&
			strcmp(ms_buf_str(&found.text), rows[i].want) == 0,
		    "byte %u of the last block of batch %u: %s", rows[i].byte,
		    rows[i].batch, ms_buf_str(&found.text));
		ms_buf_release(&found.text);
		close(f.pk.fd);
	}
	if (!make(&f))
		return;
	at = f.start[1].end;
	ok(ms_pack_next_block(&f.pk, &at, at, &b, show_damage, NULL, NULL) ==
		    0 &&
		at == f.start[1].end,
	    "no block begins before the end of an empty part");
	ok(ms_pack_closed(&f.pk, NULL) == 0, "a pack is not closed");
	f.pk.header.generation = 1;
	ok(ms_pack_closed(&f.pk, NULL) == 1, "a regrouped pack is closed");
	ms_block_release(&b);
	close(f.pk.fd);
}

/* What the function `damage` of a reader returns, by the number of its call. */
struct damaged {
	unsigned calls;
	int answers[4]; /* 0: 1 */
};

enum {
	STOP = 2,
	FAIL = 3
};

static int
count_damage(void *ctx, const struct ms_err *why, struct ms_err *err)
{
	struct damaged *d = ctx;
	int answer = d->answers[d->calls % 4];

	d->calls++;
	if (why->code != MS_DATA || why->msg[0] == '\0')
		return ms_fail(err, MS_BUG, "no reason is given");
	if (answer == FAIL)
		return ms_fail(err, MS_TEMP, "the caller fails");
	return answer == STOP ? 0 : 1;
}

/* A block of the second batch is damaged: the rest of that batch is read block
 * by block, up to a COMMIT, and the log goes on with its numbers and chain. */
static void
salvage(void)
{
	static const struct {
		unsigned block, reads;
	} rows[] = {{0, 5}, {1, 5}, {2, 7}};
	struct ms_block_header h;
	struct ms_log_reader r;
	struct fixture f;
	size_t i, k;
	uint64_t at;
	struct damaged damaged;
	unsigned reads;
	int got;

	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		if (!make(&f))
			return;
		at = f.start[1].end;
		for (k = 0; k < rows[i].block; k++, at += ms_block_length(&h))
			ms_pack_next_header(&f.pk, &at, f.pos.end, &h, NULL);
		flip(&f, at + MS_BLOCK_HEADER, 1);
		damaged = (struct damaged){0};
		reads = 0;
		r = (struct ms_log_reader){
		    .damage = count_damage, .ctx = &damaged};
		ms_log_reader_begin(&r, &f.pk);
		while ((got = ms_log_read_next(&r, NULL)) == 1) {
			reads++;
			h = ms_log_extent_block(
			    &r.extent, ms_log_extent_count(&r.extent) - 1)
				->header;
			if (r.pos.next != h.first + h.count)
				damaged.calls += 100;
		}
		ok(got == 0 && damaged.calls == 1 && reads == rows[i].reads,
		    "block %u is damaged: %u reads", rows[i].block, reads);
		ok(r.pos.next == f.pos.next && r.pos.blocks == f.pos.blocks &&
			r.pos.end == f.pos.end &&
			r.pos.commit == f.pos.commit &&
			memcmp(r.pos.chain, f.pos.chain, MS_SHA_LEN) == 0,
		    "the position is that of a sound pack");
		ms_log_reader_release(&r);
		close(f.pk.fd);
	}
}

/* Appends a block whose checksums are right, but not the length of its payload:
 * it cannot be decompressed. */
static void
append_unreadable(struct fixture *f, enum ms_block_kind kind)
{
	struct ms_block_builder b = {.kind = kind};
	struct ms_block_image image = {0};
	void *zstd = ms_block_compressor();

	add(&b, kind == MS_BLOCK_DATA ? MS_BLOB : MS_EVENT, "{}");
	ms_block_finish(&b, zstd, &image);
	image.header.payload++;
	ms_block_seal(&image, f->pos.next, f->pk.header.key);
	ms_pack_write(&f->pk, f->pos.end, image.bytes.p, image.bytes.n, NULL);
	f->pos.end += image.bytes.n;
	f->pos.blocks++;
	f->pos.next++;
	ms_block_image_release(&image);
	ms_block_builder_release(&b);
	ms_block_compressor_free(zstd);
}

/*
 * After four batches come a meta and a data block that cannot be decompressed,
 * and the blocks of a batch. `damage` is called for the batch, and for the meta
 * block when the blocks are read one by one. A data block is not decompressed.
 */
static void
salvage_unreadable(void)
{
	static const struct {
		const char *name;
		int answers[4], got;
		unsigned calls, reads, blocks;
	} rows[] = {
	    {"all is read", {0}, 0, 2, 4 + 4, 12 + 5},
	    {"ended before the batch", {STOP}, 0, 1, 4, 12},
	    {"failed before the batch", {FAIL}, -1, 1, 4, 12},
	    {"ended before the block", {0, STOP}, 0, 2, 4, 12},
	    {"failed before the block", {0, FAIL}, -1, 2, 4, 12},
	};
	struct ms_log_reader r;
	struct damaged damaged;
	struct ms_err err;
	struct fixture f;
	unsigned reads;
	size_t i;
	int got;

	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		if (!make(&f))
			return;
		append_unreadable(&f, MS_BLOCK_META);
		append_unreadable(&f, MS_BLOCK_DATA);
		append(&f);
		damaged = (struct damaged){0};
		memcpy(
		    damaged.answers, rows[i].answers, sizeof(rows[i].answers));
		r = (struct ms_log_reader){
		    .damage = count_damage, .ctx = &damaged};
		err = (struct ms_err){0};
		ms_log_reader_begin(&r, &f.pk);
		for (reads = 0; (got = ms_log_read_next(&r, &err)) == 1;
		     reads++)
			;
		ok(got == rows[i].got && damaged.calls == rows[i].calls &&
			reads == rows[i].reads &&
			r.pos.blocks == rows[i].blocks &&
			err.code == (got < 0 ? MS_TEMP : MS_OK),
		    "blocks that cannot be decompressed: %s: %d, %u reads, %s",
		    rows[i].name, got, reads, err.msg);
		ok(rows[i].blocks != f.pos.blocks ||
			(r.pos.next == f.pos.next && r.pos.end == f.pos.end &&
			    !r.salvage),
		    "  the position after them");
		ms_log_reader_release(&r);
		close(f.pk.fd);
	}
}

/* The salvage of the last batch of a sealed pack ends at the directory. */
static void
salvage_sealed(void)
{
	struct damaged damaged = {0};
	struct ms_log_reader r = {.damage = count_damage, .ctx = &damaged};
	struct fixture f;
	unsigned reads = 0;
	int got;

	if (!make(&f))
		return;
	ms_pack_seal(&f.pk, f.pos.end, f.pos.next - 1, f.pos.chain, NULL);
	flip(&f, f.pos.commit + MS_BLOCK_HEADER, 1);
	ms_log_reader_begin(&r, &f.pk);
	while ((got = ms_log_read_next(&r, NULL)) == 1)
		reads++;
	ok(got == 0 && damaged.calls == 1 && reads == 5 && r.pos.blocks == 12 &&
		r.pos.end == f.pos.end && r.salvage &&
		r.pos.commit == f.start[3].commit,
	    "a sealed pack without its last COMMIT: %d, %u reads", got, reads);
	ms_log_reader_release(&r);
	close(f.pk.fd);
}

/* A position moves to the beginning of a pack and keeps the rest. */
static void
entering(void)
{
	const struct ms_pack_header h = {
	    .number = 7, .generation = 2, .first = 50};
	struct ms_position pos = {.pack = 6,
	    .generation = 1,
	    .end = 1000,
	    .blocks = 11,
	    .commit = 900,
	    .next = 50,
	    .chain = "chain"};

	ms_position_enter(&pos, &h);
	ok(pos.pack == 7 && pos.generation == 2 && pos.end == MS_PACK_HEADER &&
		pos.blocks == 0 && pos.commit == 0,
	    "a position at the beginning of a pack");
	ok(pos.next == 50 && pos.chain[0] == 'c',
	    "the numbers and the chain are the same");
}

/* Without `damage`, damage is an error. */
static void
unsalvaged(void)
{
	struct ms_log_reader r = {0};
	struct ms_err err = {0};
	struct fixture f;

	if (!make(&f))
		return;
	flip(&f, f.start[1].end + MS_BLOCK_HEADER, 1);
	ms_log_reader_begin(&r, &f.pk);
	ok(ms_log_read_next(&r, &err) == 1 && r.pos.next == 6 &&
		ms_log_read_next(&r, &err) == -1 && err.code == MS_DATA &&
		r.pos.next == 6,
	    "damage is an error: %s", err.msg);
	ok(ms_log_read_next(&r, NULL) == -1, "also if it is not to be named");
	ms_log_reader_release(&r);
	close(f.pk.fd);
}

/* ms_pack_resync() reads pieces of 1 MiB: a header at the edge of a piece. */
static void
edges(void)
{
	const uint64_t piece = 1024 * 1024;
	const struct ms_block_header h = {
	    .kind = MS_BLOCK_META, .count = 1, .first = 1, .stored = 100};
	struct ms_pack pk = {.fd = memfd_create("pack", MFD_CLOEXEC)};
	struct ms_block_header got;
	unsigned char raw[MS_BLOCK_HEADER], none[MS_BLOCK_HEADER] = {0};
	uint64_t at, found = 0;
	size_t bad = 0;

	ms_block_header_write(&h, pk.header.key, raw);
	for (at = piece - 2 * MS_BLOCK_HEADER; at < piece + 8; at++) {
		ms_pack_write(&pk, at, raw, sizeof(raw), NULL);
		bad += ms_pack_resync(&pk, 0, &found, NULL) != 1 || found != at;
		bad +=
		    ms_pack_resync(&pk, at, &found, NULL) != 1 || found != at;
		bad += ms_pack_resync(&pk, at + 1, &found, NULL) != 0;
		ms_pack_write(&pk, at, none, sizeof(none), NULL);
	}
	ok(bad == 0, "a block is found at any offset");
	for (at = 5; at < 8; at++) {
		ms_pack_write(&pk, at, none, sizeof(none), NULL);
		ms_pack_write(&pk, 8, raw, sizeof(raw), NULL);
		found = at;
		bad +=
		    ms_pack_next_header(&pk, &found, piece, &got, NULL) != 1 ||
		    found != 8 || got.stored != 100;
	}
	found = 9;
	bad += ms_pack_next_header(&pk, &found, piece, &got, NULL) != 0;
	found = 8;
	bad += ms_pack_next_header(&pk, &found, 8, &got, NULL) != 0;
	ok(bad == 0, "the next header is not before the offset, and before the "
		     "end");
	ms_pack_write(&pk, 8, none, sizeof(none), NULL);
	ms_pack_cut(&pk, MS_BLOCK_HEADER, NULL);
	ms_pack_write(&pk, 0, raw, sizeof(raw), NULL);
	ok(ms_pack_resync(&pk, 0, &found, NULL) == 1 && found == 0,
	    "a block that ends with the file is found");
	ms_pack_cut(&pk, MS_BLOCK_HEADER - 1, NULL);
	ok(ms_pack_resync(&pk, 0, &found, NULL) == 0,
	    "an incomplete block is not found");
	ok(ms_pack_sync(&pk, NULL) == 0, "an open pack is synced");
	close(pk.fd);
	ok(ms_pack_sync(&pk, NULL) < 0, "syncing a closed descriptor fails");
	ok(ms_pack_resync(&pk, 0, &found, NULL) < 0,
	    "searching a closed descriptor fails");
}

/* A place in the log and the chain there: does the log go through it? */
static void
through(void)
{
	static const unsigned char other[MS_SHA_LEN] = "other";
	struct fixture f;
	size_t i, bad = 0;

	if (!make(&f))
		return;
	for (i = 0; i < 4; i++) {
		const struct ms_position *p = &f.start[i];

		bad += ms_log_goes_through(&f.pk, p->next, p->chain, NULL) != 1;
		bad += ms_log_goes_through(&f.pk, p->next, other, NULL) != 0;
		bad += ms_log_goes_through(
			   &f.pk, p->next + 1, p->chain, NULL) != 0;
	}
	ok(bad == 0, "the log goes through the end of each batch, and through "
		     "no other position");
	ok(ms_log_goes_through(&f.pk, f.pos.next, f.pos.chain, NULL) == 1,
	    "the log goes through its end");
	ok(ms_log_goes_through(&f.pk, f.pos.next + 5, f.pos.chain, NULL) == 0,
	    "the log does not go through a later position");
	ok(ms_log_goes_through(&f.pk, 0, no_chain, NULL) == 0,
	    "the log does not go through its beginning");
	flip(&f, f.start[1].end, 0);
	ok(ms_log_goes_through(
	       &f.pk, f.start[1].next, f.start[1].chain, NULL) == 1,
	    "the log goes through the positions before the damage");
	ok(ms_log_goes_through(
	       &f.pk, f.start[2].next, f.start[2].chain, NULL) != 1,
	    "the log does not go through damage");
	close(f.pk.fd);
}

/* A sealed pack is whole if its trailer says what its batches say. */
static void
whole(void)
{
	static const unsigned char other[MS_SHA_LEN] = "other";
	struct ms_err err = {0};
	struct fixture f;

	if (!make(&f))
		return;
	ok(ms_log_whole(&f.pk, &err) == 0 && err.code == MS_DATA,
	    "a pack that is not sealed is not whole: %s", err.msg);
	ms_pack_seal(&f.pk, f.pos.end, f.pos.next - 1, f.pos.chain, NULL);
	ok(ms_log_whole(&f.pk, NULL) == 1, "a sealed pack is whole");
	f.pk.header_damaged = true;
	ok(ms_log_whole(&f.pk, NULL) == 0,
	    "a pack with a damaged header is not whole");
	f.pk.header_damaged = false;
	flip(&f, f.start[2].end + MS_BLOCK_HEADER, 0);
	ok(ms_log_whole(&f.pk, NULL) == 0,
	    "a pack with a damaged block is not whole");
	flip(&f, f.start[2].end + MS_BLOCK_HEADER, 0);
	ms_pack_cut(&f.pk, f.pos.end, NULL);
	ms_pack_seal(&f.pk, f.pos.end, f.pos.next, f.pos.chain, NULL);
	ok(ms_log_whole(&f.pk, NULL) == 0,
	    "a pack with another last record is not whole");
	ms_pack_cut(&f.pk, f.pos.end, NULL);
	ms_pack_seal(&f.pk, f.pos.end, f.pos.next - 1, other, NULL);
	ok(ms_log_whole(&f.pk, NULL) == 0,
	    "a pack with another chain is not whole");
	close(f.pk.fd);
}

/* A trailer directly after the header, which is the shortest sealed pack. */
static void
shortest(void)
{
	unsigned char raw[MS_PACK_TRAILER];
	struct ms_pack_trailer t = {.directory = 7};
	struct fixture f;

	if (!make(&f))
		return;
	memcpy(t.key, f.pk.header.key, MS_KEY_LEN);
	ms_pack_trailer_write(&t, raw);
	ms_pack_write(&f.pk, MS_PACK_HEADER, raw, sizeof(raw), NULL);
	ms_pack_cut(&f.pk, MS_PACK_HEADER + MS_PACK_TRAILER, NULL);
	t.directory = 0;
	ok(ms_pack_sealed(&f.pk, &t, NULL) == 1 && t.directory == 7,
	    "a pack of header and trailer is sealed");
	ms_pack_write(&f.pk, MS_PACK_HEADER - 1, raw, sizeof(raw), NULL);
	ms_pack_cut(&f.pk, MS_PACK_HEADER + MS_PACK_TRAILER - 1, NULL);
	ok(ms_pack_sealed(&f.pk, &t, NULL) == 0,
	    "a shorter pack is not sealed, even if it ends with a trailer");
	close(f.pk.fd);
}

/* An error of the disk is not the end of a pack, and not damage. The descriptor
 * is write-only. */
static void
unreadable(void)
{
	struct ms_pack_trailer t;
	struct ms_block_header h;
	struct ms_block b = {0};
	struct ms_err err[6] = {{0}};
	uint64_t at = MS_PACK_HEADER;
	struct fixture f;
	bool header_ok;
	char path[64];
	size_t i, bad = 0;
	int fd;

	if (!make(&f))
		return;
	snprintf(path, sizeof(path), "/proc/self/fd/%d", f.pk.fd);
	fd = open(path, O_WRONLY | O_CLOEXEC);
	close(f.pk.fd);
	f.pk.fd = fd;
	ok(ms_pack_sealed(&f.pk, &t, &err[0]) == -1, "ms_pack_sealed() fails");
	ok(ms_pack_closed(&f.pk, &err[1]) == -1, "ms_pack_closed() fails");
	ok(ms_pack_read(&f.pk, at, &b, &header_ok, &err[2]) == -1,
	    "ms_pack_read() fails");
	ok(ms_pack_next_header(&f.pk, &at, f.pos.end, &h, &err[3]) == -1,
	    "ms_pack_next_header() fails");
	ok(ms_pack_resync(&f.pk, at, &at, &err[4]) == -1,
	    "ms_pack_resync() fails");
	ok(ms_log_goes_on(&f.pk, at, 1, &err[5]) == -1,
	    "ms_log_goes_on() fails");
	for (i = 0; i < 6; i++)
		bad += err[i].code != MS_IO;
	ok(fd >= 0 && bad == 0, "all of them report I/O errors");
	ms_block_release(&b);
	close(fd);
}

int
main(void)
{
	headers();
	names();
	opening();
	parts();
	parts_before();
	salvage();
	salvage_unreadable();
	salvage_sealed();
	unsalvaged();
	entering();
	edges();
	batches();
	damage();
	through();
	whole();
	sealing();
	shortest();
	unreadable();
	damaged_header();
	false_trailer();
	creating();
	cut_back();
	batch_limits();
	return done();
}
