/*
 * log.c - fuzzes a pack file of any content: reads and finds blocks, checks
 * batches. The checksums of everything that looks like a block are corrected
 * first, so that the code after the checks is reached.
 */
#include "fuzz.h"
#include "le.h"
#include "log.h"

#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

static const unsigned char key[MS_KEY_LEN] = "the id of a pack";

/*
 * A seed is what follows the pack header, without the checksums and without the
 * fields of a block that repeat known values (magic, key). A block is
 *   "B", kind, codec, flags, u8 first, u8 count, u8 runs, u16 stored, u16
 *   payload, then the stored bytes
 * and all other bytes up to the next "B" are used as they are.
 */
#define SALT "saltsaltsaltsalt"
#define HASH "hashhashhashhashhashhashhashhash"
#define ROW(type, n) type "\0\0\0" n "\0\0\0"
/* COMMIT over one record: first 1, count 1, SHA-256. */
#define COMMIT "\1\0\0\0\0\0\0\0\1\0\0\0\1\0\0\0" HASH HASH "\0\0\0\0\0\0\0\0"

const struct fuzz_seed fuzz_seeds[] = {
    /* one batch: EVENT and COMMIT in one block */
    SEED("B\2\0\0\1\2\0\216\0\156\0" SALT SALT ROW("\6", "\6")
	    ROW("\7", "\x58") "{\"a\":}" COMMIT),
    /* a BLOB, then the COMMIT */
    SEED("B\1\0\0\1\1\0\104\0\14\0" HASH SALT ROW(
	"\1", "\4") "blob"
		    "B\2\0\0\2\1\0\160\0\140\0" SALT ROW("\7", "\x58") COMMIT),
    /* a data block with a stub, listed runs */
    SEED("B\1\0\2\1\1\0\130\0\50\0" HASH SALT "\1\1\0\0\40\0\0\0" HASH),
    SEED("B\2\0\0\1\2\2\120\0\20\0\1\0\0\0\0\0\0\0\1\0\0\0\0\0\0\0"
	 "\3\0\0\0\0\0\0\0\1\0\0\0\0\0\0\0" SALT SALT ROW("\6", "\0")
	     ROW("\6", "\0")),
    /* a directory; other bytes between blocks */
    SEED("B\3\0\0\0\0\0\4\0\4\0rows"
	 "noiseMSB1noise"
	 "B\2\0\0\1\1\0\30\0\10\0" SALT ROW("\6", "\0")),
    SEEDS_END};

/* Returns the next byte of the seed, or 0 after its end. */
static unsigned
take(const uint8_t **p, const uint8_t *end)
{
	return *p < end ? *(*p)++ : 0;
}

static unsigned
take16(const uint8_t **p, const uint8_t *end)
{
	unsigned low = take(p, end);

	return low | take(p, end) << 8;
}

static void
add_block(struct ms_buf *out, const uint8_t **p, const uint8_t *end)
{
	struct ms_block_header h = {0};
	unsigned char digest[MS_SHA_LEN];

	h.kind = (uint8_t)take(p, end);
	h.codec = (uint8_t)take(p, end);
	h.flags = (uint16_t)take(p, end);
	h.first = take(p, end);
	h.count = take(p, end);
	h.runs = take(p, end);
	h.stored = take16(p, end);
	h.payload = take16(p, end);
	if (h.stored > (size_t)(end - *p))
		h.stored = (uint32_t)(end - *p);
	ms_sha256(*p, h.stored, digest);
	ms_keyed_check(key, digest, h.check);
	ms_block_header_write(&h, key, ms_buf_room(out, MS_BLOCK_HEADER));
	out->n += MS_BLOCK_HEADER;
	ms_buf_add(out, *p, h.stored);
	*p += h.stored;
}

/* Makes the pack file, after its header. */
static void
make_image(struct ms_buf *out, const uint8_t *p, size_t n)
{
	const uint8_t *end = p + n;

	memset(ms_buf_room(out, MS_PACK_HEADER), 0, MS_PACK_HEADER);
	out->n = MS_PACK_HEADER;
	while (p < end) {
		if (*p == 'B') {
			p++;
			add_block(out, &p, end);
		} else {
			ms_buf_add_byte(out, *p++);
		}
	}
}

/* Each block that is found is after the one before. */
static void
read_blocks(const struct ms_pack *pk, uint64_t size)
{
	uint64_t at = 0, found;
	struct ms_block b = {0};
	bool header_ok;

	while (ms_pack_resync(pk, at, &found, NULL) == 1) {
		require(found >= at && found + MS_BLOCK_HEADER <= size);
		at = found;
		if (ms_pack_read(pk, at, &b, &header_ok, NULL) == 1) {
			require(header_ok &&
				at + ms_block_length(&b.header) <= size);
			ms_block_open(&b, NULL);
		}
		at++;
	}
	ms_block_release(&b);
}

/* An extent contains each of its numbers once, and ends within the file. */
static void
read_extent(const struct ms_pack *pk, uint64_t size)
{
	static const unsigned char chain[MS_SHA_LEN];
	struct ms_log_extent s = {0};
	uint64_t at = MS_PACK_HEADER, next = 1, records;
	size_t i;

	while (ms_log_extent_read(&s, pk, at, next, chain, NULL) == 1) {
		require(s.end > at && s.end <= size && s.next > next);
		require(s.leaves.n == (s.next - next) * MS_SHA_LEN);
		for (i = 0, records = 0; i < ms_log_extent_count(&s); i++)
			records += ms_log_extent_block(&s, i)->header.count;
		require(records == s.next - next);
		at = s.end;
		next = s.next;
	}
	ms_log_extent_release(&s);
	ms_log_goes_on(pk, MS_PACK_HEADER, next, NULL);
}

int
LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
	struct ms_pack pk = {.name = "fuzz"};
	struct ms_pack_trailer t;
	struct ms_buf image = {0};
	unsigned generation;

	memcpy(pk.header.key, key, sizeof(key));
	make_image(&image, p, n);
	pk.fd = memfd_create("pack", MFD_CLOEXEC);
	require(pk.fd >= 0);
	require(ms_pack_write(&pk, 0, image.p, image.n, NULL) == 0);
	for (generation = 0; generation < 2; generation++) {
		pk.header.generation = generation;
		read_extent(&pk, image.n);
	}
	read_blocks(&pk, image.n);
	ms_pack_sealed(&pk, &t, NULL);
	close(pk.fd);
	ms_buf_release(&image);
	return 0;
}
