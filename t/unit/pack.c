/* pack.c - headers, trailers and names; blocks in a file, also in a damaged
 * one; batches that are whole or not. */
#include "pack.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "log.h"
#include "tap.h"

static const unsigned char no_chain[MS_SHA_LEN];

/* ---- headers, trailers, names ---- */

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
	    "00000004.01.pack", "x", "99999999999.pack", "00000005.1.2.pack"};
	static const struct ms_pack_name want[] = {
	    {1, 0}, {1, 9}, {1, 10}, {2, 0}, {123456789, 0}};
	char dir[] = "/tmp/ms-pack.XXXXXX";
	struct ms_pack_name *got = NULL;
	size_t i, n = 0, bad = 0;
	int fd;

	if (mkdtemp(dir) == NULL)
		return;
	fd = open(dir, O_RDONLY | O_DIRECTORY);
	for (i = 0; i < sizeof(files) / sizeof(files[0]); i++)
		close(openat(fd, files[i], O_WRONLY | O_CREAT, 0600));
	ok(ms_pack_list(fd, &got, &n, NULL) == 0 && n == 5,
	    "only packs are listed (%zu)", n);
	for (i = 0; i < 5 && i < n; i++)
		bad += got[i].number != want[i].number ||
		       got[i].generation != want[i].generation;
	ok(bad == 0, "by number, then generation");
	n = ms_pack_newest(got, n);
	ok(n == 3 && got[0].generation == 10 && got[1].number == 2,
	    "the newest of each");
	ok(ms_pack_newest(got, 0) == 0, "of no packs there is none");
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
	char dir[] = "/tmp/ms-pack.XXXXXX";
	struct ms_pack_header h = {.number = 1, .first = 1};
	struct ms_pack *pk = NULL;
	struct ms_err err = {0};
	unsigned char raw[MS_PACK_HEADER] = {0};
	int fd, file;

	if (mkdtemp(dir) == NULL)
		return;
	fd = open(dir, O_RDONLY | O_DIRECTORY);
	ok(ms_pack_open(&pk, fd, name, false, &err) < 0 &&
		err.code == MS_NOINPUT,
	    "no pack: %s", err.msg);
	file = openat(fd, "00000001.pack", O_RDWR | O_CREAT, 0600);
	ms_pack_header_write(&h, raw);
	(void)!pwrite(file, raw, sizeof(raw) - 1, 0);
	err = (struct ms_err){0};
	ok(ms_pack_open(&pk, fd, name, false, &err) < 0 && err.code == MS_DATA,
	    "a short header: %s", err.msg);
	(void)!pwrite(file, raw, sizeof(raw), 0);
	ok(ms_pack_open(&pk, fd, name, false, &err) == 0 &&
		pk->header.first == 1 && !pk->header_damaged,
	    "a header is enough");
	ms_pack_close(pk);
	(void)!pwrite(file, "?", 1, 0);
	err = (struct ms_err){0};
	ok(ms_pack_open(&pk, fd, name, false, &err) < 0 && err.code == MS_DATA,
	    "a damaged header, and no block with a key: %s", err.msg);
	(void)!pwrite(file, raw, sizeof(raw), 0);
	renameat(fd, "00000001.pack", fd, "00000002.pack");
	err = (struct ms_err){0};
	ok(ms_pack_open(&pk, fd, second, false, &err) < 0 &&
		err.code == MS_DATA,
	    "another number in the header: %s", err.msg);
	renameat(fd, "00000002.pack", fd, "00000001.1.pack");
	err = (struct ms_err){0};
	ok(ms_pack_open(&pk, fd, next, false, &err) < 0 && err.code == MS_DATA,
	    "another generation in the header: %s", err.msg);
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
	int rc;

	add(&data, MS_BLOB, "a BLOB");
	add(&data, MS_BLOB, "another");
	add(&meta, MS_MESSAGE, "what is no MESSAGE to a log");
	add(&last, MS_EVENT, "{}");
	ms_block_finish(&data, zstd, &first);
	ms_block_finish(&meta, zstd, &second);
	rc = ms_log_append(&f->pk, &f->pos, images, 2, &last, NULL);
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

	ok(make(&f), "four batches");
	ok(f.pos.next == 21 && f.pos.blocks == 12, "of five records each");
	ok(readable(&f, &damaged) == 4 && !damaged, "are read back");
	ok(ms_log_extent_read(&s, &f.pk, MS_PACK_HEADER, 1, no_chain, NULL) ==
		    1 &&
		ms_log_extent_count(&s) == 3 && s.next == 6 &&
		s.end == f.start[1].end &&
		memcmp(s.chain, f.start[1].chain, sizeof(s.chain)) == 0,
	    "the first ends where the second begins");
	ok(ms_log_extent_read(&s, &f.pk, MS_PACK_HEADER, 2, no_chain, NULL) < 0,
	    "another number is damage");
	ok(ms_log_extent_read(&s, &f.pk, MS_PACK_HEADER, 1, other, NULL) < 0,
	    "and so is another chain");
	ok(ms_log_extent_read(
	       &s, &f.pk, f.pos.end, f.pos.next, f.pos.chain, NULL) == 0,
	    "no batch begins at the end");
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
	ok(bad == 0, "a bit in any of %zu bytes is damage, with more behind",
	    bits);
	for (at = f.start[3].end; at < f.pos.end; at += 7) {
		flip(&f, at, (unsigned)at % 8);
		bad += readable(&f, &damaged) != 3 || !damaged;
		bad += ms_log_goes_on(
			   &f.pk, f.start[3].end, f.start[3].next, NULL) != 0;
		flip(&f, at, (unsigned)at % 8);
	}
	ok(bad == 0, "in the last batch, with nothing after it");
	for (at = f.pos.end - 1; at > f.start[3].end; at -= 5) {
		ms_pack_cut(&f.pk, at, NULL);
		bad += readable(&f, &damaged) != 3 || !damaged;
	}
	ok(bad == 0, "a cut batch is not whole");
	close(f.pk.fd);
}

static void
sealing(void)
{
	struct ms_pack_trailer t = {0};
	struct ms_block b = {0};
	struct fixture f;
	bool damaged, header_ok;
	uint64_t size = 0;

	if (!make(&f))
		return;
	ok(ms_pack_sealed(&f.pk, &t, NULL) == 0, "a pack that is not full");
	ok(ms_pack_seal(&f.pk, f.pos.end, f.pos.next - 1, f.pos.chain, NULL) ==
		    0 &&
		ms_pack_sealed(&f.pk, &t, NULL) == 1,
	    "is sealed");
	ok(t.directory == f.pos.end && t.blocks == 12 && t.first == 1 &&
		t.last == 20,
	    "the trailer has its contents");
	ok(ms_pack_read(&f.pk, t.directory, &b, &header_ok, NULL) == 1 &&
		b.header.kind == MS_BLOCK_DIRECTORY &&
		ms_block_open(&b, NULL) == 0 &&
		b.payload.n == (size_t)12 * MS_DIRECTORY_ROW,
	    "the directory has a row for each block");
	ms_pack_size(&f.pk, &size, NULL);
	ok(ms_pack_read(&f.pk, size - MS_PACK_TRAILER, &b, &header_ok, NULL) ==
		0,
	    "a trailer is not a block");
	ok(readable(&f, &damaged) == 4 && !damaged, "all batches are there");
	ms_pack_cut(&f.pk, size - 1, NULL);
	ok(ms_pack_sealed(&f.pk, &t, NULL) == 0,
	    "with a cut trailer it is not sealed");
	ms_block_release(&b);
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
	ok(bad == 0, "a block is found wherever it begins");
	ms_pack_cut(&pk, MS_BLOCK_HEADER, NULL);
	ms_pack_write(&pk, 0, raw, sizeof(raw), NULL);
	ok(ms_pack_resync(&pk, 0, &found, NULL) == 1 && found == 0,
	    "so is one that ends with the file");
	ms_pack_cut(&pk, MS_BLOCK_HEADER - 1, NULL);
	ok(ms_pack_resync(&pk, 0, &found, NULL) == 0,
	    "and not one that is cut");
	ok(ms_pack_sync(&pk, NULL) == 0, "it is synced");
	close(pk.fd);
	ok(ms_pack_sync(&pk, NULL) < 0, "a closed one is not");
	ok(ms_pack_resync(&pk, 0, &found, NULL) < 0, "nor is it searched");
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
	ok(bad == 0, "through the end of each batch, and nothing else");
	ok(ms_log_goes_through(&f.pk, f.pos.next, f.pos.chain, NULL) == 1,
	    "and through its end");
	ok(ms_log_goes_through(&f.pk, f.pos.next + 5, f.pos.chain, NULL) == 0,
	    "not further");
	ok(ms_log_goes_through(&f.pk, 0, no_chain, NULL) == 0,
	    "nor through what is before it");
	flip(&f, f.start[1].end, 0);
	ok(ms_log_goes_through(
	       &f.pk, f.start[1].next, f.start[1].chain, NULL) == 1,
	    "as far as it is whole");
	ok(ms_log_goes_through(
	       &f.pk, f.start[2].next, f.start[2].chain, NULL) != 1,
	    "and not through damage");
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
	    "an open pack is not: %s", err.msg);
	ms_pack_seal(&f.pk, f.pos.end, f.pos.next - 1, f.pos.chain, NULL);
	ok(ms_log_whole(&f.pk, NULL) == 1, "a sealed pack is whole");
	f.pk.header_damaged = true;
	ok(ms_log_whole(&f.pk, NULL) == 0, "not with a damaged header");
	f.pk.header_damaged = false;
	flip(&f, f.start[2].end + MS_BLOCK_HEADER, 0);
	ok(ms_log_whole(&f.pk, NULL) == 0, "nor with a damaged block");
	flip(&f, f.start[2].end + MS_BLOCK_HEADER, 0);
	ms_pack_cut(&f.pk, f.pos.end, NULL);
	ms_pack_seal(&f.pk, f.pos.end, f.pos.next, f.pos.chain, NULL);
	ok(ms_log_whole(&f.pk, NULL) == 0, "nor with another last record");
	ms_pack_cut(&f.pk, f.pos.end, NULL);
	ms_pack_seal(&f.pk, f.pos.end, f.pos.next - 1, other, NULL);
	ok(ms_log_whole(&f.pk, NULL) == 0, "nor with another chain");
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
	    "a shorter one is not, whatever it ends with");
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
	ok(fd >= 0 && bad == 0, "with I/O errors");
	ms_block_release(&b);
	close(fd);
}

int
main(void)
{
	headers();
	names();
	opening();
	edges();
	batches();
	damage();
	through();
	whole();
	sealing();
	shortest();
	unreadable();
	return done();
}
