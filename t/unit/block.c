/* block.c - blocks are built, sealed and read; any change is found. */
#include "block.h"

#include <stdlib.h>
#include <string.h>

#include "block-impl.h"
#include "le.h"
#include "tap.h"

static const unsigned char key[MS_KEY_LEN] = "the id of a pack";

static struct ms_slice
str(const char *s)
{
	return (struct ms_slice){(const unsigned char *)s, strlen(s)};
}

static uint32_t
add(struct ms_block_builder *b, uint8_t type, struct ms_slice content)
{
	unsigned char digest[MS_SHA_LEN];

	ms_sha256(content.p, content.n, digest);
	return ms_block_add(b, type, content, digest);
}

static void
finish(struct ms_block_builder *b, struct ms_block_image *image)
{
	void *zstd = ms_block_compressor();

	ms_block_finish(b, zstd, image);
	ms_block_compressor_free(zstd);
	ms_block_builder_release(b);
}

/* A sealed block as a reader gets it. 0; -1: a check fails. */
static int
read_back(struct ms_block *b, const unsigned char *p, size_t n)
{
	ms_block_clear(b);
	if (n < MS_BLOCK_HEADER ||
	    ms_block_header_parse(&b->header, p, key, NULL) < 0)
		return -1;
	ms_buf_add(&b->stored, p + MS_BLOCK_HEADER, n - MS_BLOCK_HEADER);
	if (ms_block_views(b, NULL) < 0 || ms_block_verify(b, key, NULL) < 0)
		return -1;
	return ms_block_open(b, NULL);
}

static void
round_trip(enum ms_block_kind kind, uint8_t type)
{
	static const char *const texts[] = {"one", "", "three", "x"};
	struct ms_block_builder b = {.kind = kind};
	struct ms_block_image image = {0};
	struct ms_block got = {0};
	unsigned char leaf[MS_SHA_LEN];
	struct ms_record rec;
	size_t bad = 0;
	uint32_t i;

	for (i = 0; i < 4; i++)
		bad += add(&b, type, str(texts[i])) != i;
	ok(ms_block_size(&b) == 4 * 8 + 3 + 5 + 1 && bad == 0,
	    "the size of the payload and the places are known");
	finish(&b, &image);
	ms_block_seal(&image, 100, key);
	got.digests = key; /* what another block has left in the buffer */
	ok(read_back(&got, image.bytes.p, image.bytes.n) == 0 &&
		(got.digests != NULL) == (kind == MS_BLOCK_DATA),
	    "kind %d: a block is read back", (int)kind);
	ok(got.header.first == 100 && got.header.count == 4 &&
		got.header.kind == kind && got.header.runs == 0,
	    "the header is right");
	for (i = 0; i < 4; i++) {
		ms_block_record(&got, i, &rec);
		ms_block_leaf(&got, i, leaf);
		bad += rec.type != type || rec.stub ||
		       !ms_slice_eq(rec.content, str(texts[i])) ||
		       ms_block_number(&got, i) != 100 + i ||
		       memcmp(leaf, image.leaves.p + (size_t)i * MS_SHA_LEN,
			   sizeof(leaf)) != 0;
	}
	ok(bad == 0, "the records, numbers and leaves are right");
	ms_block_image_release(&image);
	ms_block_release(&got);
}

static void
altered(void)
{
	struct ms_block_builder b = {.kind = MS_BLOCK_META};
	struct ms_block_image image = {0};
	struct ms_block got = {0};
	unsigned char other[MS_KEY_LEN] = "another pack's i";
	size_t i, bad = 0;

	add(&b, MS_EVENT, str("{\"event\":\"archive\"}"));
	add(&b, MS_EVENT, str("{\"event\":\"user\"}"));
	finish(&b, &image);
	ms_block_seal(&image, 1, key);
	for (i = 0; i < image.bytes.n * 8; i++) {
		image.bytes.p[i / 8] ^= (unsigned char)(1u << i % 8);
		bad += read_back(&got, image.bytes.p, image.bytes.n) == 0;
		image.bytes.p[i / 8] ^= (unsigned char)(1u << i % 8);
	}
	ok(bad == 0, "any flipped bit is found");
	for (i = 0; i < image.bytes.n; i++)
		bad += read_back(&got, image.bytes.p, i) == 0;
	ok(bad == 0, "any incomplete block is found");
	ok(ms_block_header_parse(&got.header, image.bytes.p, other, NULL) < 0,
	    "under the key of another pack it is not a block");
	ok(read_back(&got, image.bytes.p, image.bytes.n) == 0,
	    "the unchanged block passes the checks");
	ms_block_image_release(&image);
	ms_block_release(&got);
}

/* The numbers have gaps, and one record is a stub. */
static void
carried(enum ms_block_kind kind, uint8_t type)
{
	static const uint64_t numbers[] = {5, 6, 9, 20, 21, 22};
	struct ms_block_builder b = {.kind = kind};
	struct ms_block_image image = {0};
	unsigned char salt[MS_SALT_LEN] = "salt", digest[MS_SHA_LEN];
	unsigned char gone[MS_SHA_LEN] = "leaf of what is gone", leaf[32];
	struct ms_block got = {0};
	struct ms_record rec;
	size_t i, bad = 0;

	ms_sha256("{}", 2, digest);

	for (i = 0; i < 6; i++) {
		rec = (struct ms_record){.type = type, .content = str("{}")};
		if (i == 2) {
			rec.stub = true;
			rec.content = (struct ms_slice){gone, sizeof(gone)};
		}
		ms_block_carry(&b, numbers[i], &rec, digest, salt);
	}
	finish(&b, &image);
	ms_block_seal(&image, image.header.first, key);
	ok(read_back(&got, image.bytes.p, image.bytes.n) == 0 &&
		got.header.runs == 3 && got.header.first == 5 &&
		(got.header.flags & MS_BLOCK_STUBS) != 0,
	    "a block with three runs and a stub is read");
	for (i = 0; i < 6; i++) {
		ms_block_record(&got, (uint32_t)i, &rec);
		bad += ms_block_number(&got, (uint32_t)i) != numbers[i] ||
		       rec.stub != (i == 2);
	}
	ms_block_leaf(&got, 2, leaf);
	ok(bad == 0 && memcmp(leaf, gone, sizeof(leaf)) == 0,
	    "the numbers and the leaf of the stub are right");
	ms_block_leaf(&got, 3, leaf);
	ms_record_leaf(type, salt, digest, gone);
	ok(memcmp(leaf, gone, sizeof(leaf)) == 0 &&
		memcmp(image.leaves.p + (size_t)3 * MS_SHA_LEN, leaf,
		    sizeof(leaf)) == 0,
	    "so is that of another record");
	for (i = 0; i < 2; i++) {
		rec = (struct ms_record){.type = type, .content = str("{}")};
		ms_block_carry(&b, 30 + i, &rec, digest, salt);
	}
	finish(&b, &image);
	ms_block_seal(&image, image.header.first, key);
	ok(read_back(&got, image.bytes.p, image.bytes.n) == 0 &&
		got.header.runs == 0 && got.header.first == 30 &&
		ms_block_number(&got, 1) == 31 &&
		(got.header.flags & MS_BLOCK_STUBS) == 0 &&
		image.leaves.n == 2 * MS_SHA_LEN,
	    "one run is in the header only");
	ms_block_image_release(&image);
	ms_block_release(&got);
}

static void
sizes(void)
{
	static unsigned char noise[3 * 1024 * 1024];
	struct ms_block_builder b = {.kind = MS_BLOCK_DATA};
	struct ms_block_image image = {0};
	struct ms_block got = {0};
	struct ms_record rec;

	ms_random(noise, sizeof(noise));
	add(&b, MS_BLOB, (struct ms_slice){noise, sizeof(noise)});
	finish(&b, &image);
	ms_block_seal(&image, 1, key);
	ok(image.header.codec == 0, "bytes that do not get smaller are stored");
	ok(read_back(&got, image.bytes.p, image.bytes.n) == 0, "and read back");
	ms_block_record(&got, 0, &rec);
	ok(rec.content.n == sizeof(noise) &&
		memcmp(rec.content.p, noise, sizeof(noise)) == 0,
	    "the bytes are the same as before");
	ms_block_image_release(&image);
	image = (struct ms_block_image){0};

	memset(noise, 'a', sizeof(noise));
	b = (struct ms_block_builder){.kind = MS_BLOCK_DATA};
	add(&b, MS_BLOB, (struct ms_slice){noise, sizeof(noise)});
	finish(&b, &image);
	ms_block_seal(&image, 1, key);
	ok(image.header.codec == 1 && image.bytes.n < 10000,
	    "bytes that get smaller are compressed");
	ok(read_back(&got, image.bytes.p, image.bytes.n) == 0 &&
		got.payload.n == 8 + sizeof(noise),
	    "and read back");
	ms_block_image_release(&image);
	ms_block_release(&got);
}

/* Headers with a valid checksum and lengths beyond the limits. */
static void
limits(void)
{
	static const struct {
		struct ms_block_header h;
		bool good;
	} rows[] = {
	    {{.kind = 2, .count = 1, .stored = 100, .first = 1}, true},
	    {{.kind = 0, .count = 1, .stored = 100, .first = 1}, false},
	    {{.kind = 4, .count = 1, .stored = 100, .first = 1}, false},
	    {{.kind = 2, .count = 0, .stored = 100, .first = 1}, false},
	    {{.kind = 2, .count = 7, .stored = 100, .first = 1}, false},
	    {{.kind = 2, .count = 1, .stored = 16, .first = 1}, true},
	    {{.kind = 2, .count = 1, .stored = 15, .first = 1}, false},
	    {{.kind = 1, .count = 1, .stored = 48, .first = 1}, true},
	    {{.kind = 1, .count = 1, .stored = 47, .first = 1}, false},
	    {{.kind = 3, .count = 1, .stored = 100, .first = 1}, false},
	    {{.kind = 3, .count = 0, .stored = 1, .first = 1}, true},
	    {{.kind = 3, .count = 0, .stored = 0, .first = 1}, false},
	    {{.kind = 2, .codec = 1, .count = 1, .stored = 100}, true},
	    {{.kind = 2, .count = 2, .runs = 2, .stored = 64}, true},
	    {{.kind = 2, .count = 2, .runs = 2, .stored = 63}, false},
	    {{.kind = 2, .codec = 2, .count = 1, .stored = 100}, false},
	    {{.kind = 2, .flags = 1, .count = 1, .stored = 100}, false},
	    {{.kind = 2, .count = 1, .runs = 2, .stored = 100}, false},
	    {{.kind = 2, .count = 65537, .stored = 32 << 20}, false},
	    {{.kind = 2, .count = 1, .stored = (32 << 20) + 1}, false},
	    {{.kind = 2, .count = 1, .stored = UINT32_MAX}, false},
	    {{.kind = 2, .count = 1, .stored = 100, .payload = 16 << 20}, true},
	    {{.kind = 2, .count = 1, .stored = 100, .payload = (16 << 20) + 1},
		false},
	    {{.kind = 2, .count = 1, .stored = 100, .first = UINT64_MAX},
		false},
	};
	unsigned char raw[MS_BLOCK_HEADER];
	struct ms_block_header h;
	size_t i;

	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		ms_block_header_write(&rows[i].h, key, raw);
		ok((ms_block_header_parse(&h, raw, key, NULL) == 0) ==
			rows[i].good,
		    "header %zu is %s", i, rows[i].good ? "taken" : "refused");
	}
}

/* Runs of numbers in a block of `count` records. */
static void
runs(void)
{
	static const struct {
		const char *name;
		uint32_t count, n;
		struct {
			uint64_t first;
			uint32_t count;
		} runs[3];
		uint64_t first; /* in the header */
		bool good;
	} rows[] = {
	    {"none", 2, 0, {{0, 0}}, 5, true},
	    {"two", 3, 2, {{5, 2}, {9, 1}}, 5, true},
	    {"adjacent", 3, 2, {{5, 2}, {7, 1}}, 5, true},
	    {"overlapping", 3, 2, {{5, 2}, {6, 1}}, 5, false},
	    {"descending", 3, 2, {{5, 2}, {4, 1}}, 5, false},
	    {"the first run is empty", 1, 2, {{5, 0}, {9, 1}}, 5, false},
	    {"the last run is empty", 2, 2, {{5, 2}, {9, 0}}, 5, false},
	    {"the last run is empty, of the highest number", 2, 2,
		{{5, 2}, {UINT64_MAX / 2, 0}}, 5, false},
	    {"one record too few", 4, 2, {{5, 2}, {9, 1}}, 5, false},
	    {"one record too many", 2, 2, {{5, 2}, {9, 1}}, 5, false},
	    {"the first number is not that of the header", 3, 2,
		{{5, 2}, {9, 1}}, 4, false},
	    {"the last number is the highest possible", 2, 2,
		{{5, 1}, {UINT64_MAX / 2, 1}}, 5, true},
	    {"a number is beyond the highest possible", 2, 2,
		{{5, 1}, {UINT64_MAX / 2 + 1, 1}}, 5, false},
	    {"long runs", 90000, 2, {{5, 70000}, {70005, 20000}}, 5, true},
	};
	struct ms_block b = {0};
	size_t i, k, bad;
	uint64_t number, want;
	struct ms_err err;
	int rc;

	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct ms_numbers it = {.block = &b};

		b.header = (struct ms_block_header){.kind = MS_BLOCK_META,
		    .count = rows[i].count,
		    .runs = rows[i].n,
		    .first = rows[i].first};
		b.header.stored = (uint32_t)ms_block_prefix(&b.header);
		ms_buf_clear(&b.stored);
		memset(ms_buf_room(&b.stored, b.header.stored), 0,
		    b.header.stored);
		for (k = 0; k < rows[i].n; k++) {
			ms_put_le64(b.stored.p + k * MS_BLOCK_RUN,
			    rows[i].runs[k].first);
			ms_put_le32(b.stored.p + k * MS_BLOCK_RUN + 8,
			    rows[i].runs[k].count);
		}
		b.stored.n = b.header.stored;
		err = (struct ms_err){0};
		rc = ms_block_views(&b, &err);
		bad = 0;
		want = rows[i].first;
		for (k = 0; rc == 0 && k < rows[i].count; k++, want++) {
			if (rows[i].n > 1 && k == rows[i].runs[0].count)
				want = rows[i].runs[1].first;
			bad += ms_numbers_next(&it, &number) != 1 ||
			       number != want ||
			       ms_block_number(&b, (uint32_t)k) != want;
		}
		if (rc == 0)
			bad += ms_numbers_next(&it, &number) != 0;
		ok(bad == 0 && (rows[i].good ? rc == 0
					     : rc < 0 && err.code == MS_DATA),
		    "runs: %s", rows[i].name);
	}
	b.header.stored++;
	ok(ms_block_views(&b, NULL) < 0, "a block that is too short");
	ms_block_release(&b);
	ms_block_release(&b);
	ok(b.stored.p == NULL && b.starts == NULL, "a block is released twice");
}

/* Equal records have different salts, which no block repeats. */
static void
salts(void)
{
	enum {
		COUNT = 200
	};
	struct ms_block_builder b = {.kind = MS_BLOCK_META};
	struct ms_block_image image = {0};
	struct ms_block got = {0};
	size_t i, k, bad = 0;

	for (i = 0; i < COUNT; i++)
		add(&b, MS_EVENT, str("{}"));
	finish(&b, &image);
	ms_block_seal(&image, 1, key);
	ok(read_back(&got, image.bytes.p, image.bytes.n) == 0, "equal records");
	for (i = 0; i < COUNT; i++)
		for (k = 0; k < i; k++)
			bad += memcmp(got.salts + i * MS_SALT_LEN,
				   got.salts + k * MS_SALT_LEN, 8) == 0;
	ok(bad == 0, "their salts differ");
	ms_block_image_release(&image);
	ms_block_release(&got);
}

/* A builder is empty after a block, also of its stubs. */
static void
again(void)
{
	struct ms_block_builder b = {.kind = MS_BLOCK_META};
	struct ms_block_image one = {0}, other = {0};
	unsigned char salt[MS_SALT_LEN] = "salt", digest[MS_SHA_LEN] = "d";
	struct ms_record rec = {
	    .type = MS_EVENT, .stub = true, .content = {digest, MS_SHA_LEN}};
	struct ms_block got = {0};
	void *zstd = ms_block_compressor();

	ms_block_carry(&b, 5, &rec, digest, salt);
	ms_block_carry(&b, 7, &rec, digest, salt);
	ms_block_finish(&b, zstd, &one);
	ok(b.count == 0 && ms_block_size(&b) == 0, "a builder is empty");
	add(&b, MS_EVENT, str("{}"));
	ms_block_finish(&b, zstd, &other);
	ms_block_seal(&other, 9, key);
	ok((one.header.flags & MS_BLOCK_STUBS) != 0 &&
		(other.header.flags & MS_BLOCK_STUBS) == 0,
	    "the next block has no stubs");
	ok(read_back(&got, other.bytes.p, other.bytes.n) == 0 &&
		got.header.runs == 0 && got.header.count == 1 &&
		other.leaves.n == MS_SHA_LEN && ms_block_number(&got, 0) == 9,
	    "and one record");
	ms_block_compressor_free(zstd);
	ms_block_builder_release(&b);
	ms_block_image_release(&one);
	ms_block_image_release(&other);
	ms_block_release(&got);
}

/* The payload has another length than the header says. */
static void
lengths(void)
{
	static unsigned char text[5000];
	struct ms_block got = {0};
	struct ms_err err;
	int codec, more;

	for (codec = 0; codec < 2; codec++)
		for (more = -1; more <= 1; more++) {
			struct ms_block_builder b = {.kind = MS_BLOCK_META};
			struct ms_block_image image = {0};

			memset(text, 'a', sizeof(text));
			if (codec == 0)
				ms_random(text, sizeof(text));
			add(&b, MS_EVENT, (struct ms_slice){text, 5000});
			finish(&b, &image);
			image.header.payload += (uint32_t)more;
			ms_block_seal(&image, 1, key);
			err = (struct ms_err){0};
			ms_block_clear(&got);
			ms_block_header_parse(
			    &got.header, image.bytes.p, key, NULL);
			ms_buf_add(&got.stored, image.bytes.p + MS_BLOCK_HEADER,
			    image.bytes.n - MS_BLOCK_HEADER);
			ok(image.header.codec == codec &&
				ms_block_views(&got, NULL) == 0 &&
				(ms_block_open(&got, &err) == 0) ==
				    (more == 0) &&
				err.code == (more == 0 ? MS_OK : MS_DATA),
			    "codec %d, a payload of %d bytes more: %s", codec,
			    more, err.msg);
			ms_block_image_release(&image);
		}
	ms_block_release(&got);
}

/* The table of a block with two records of 600 bytes each. */
static void
tables(void)
{
	static const struct {
		const char *name;
		enum ms_block_kind kind;
		unsigned char type, flags; /* of the first record */
		int one, other;            /* added to the lengths */
		bool good;
	} rows[] = {
	    {"as it was", MS_BLOCK_META, MS_EVENT, 0, 0, 0, true},
	    {"another border", MS_BLOCK_META, MS_EVENT, 0, 8, -8, true},
	    {"an empty record", MS_BLOCK_META, MS_EVENT, 0, -600, 600, true},
	    {"one byte more", MS_BLOCK_META, MS_EVENT, 0, 0, 1, false},
	    {"one byte less", MS_BLOCK_META, MS_EVENT, 0, 0, -1, false},
	    {"the first one longer", MS_BLOCK_META, MS_EVENT, 0, 601, -600,
		false},
	    {"a length of 4 GiB", MS_BLOCK_META, MS_EVENT, 0, -601, 601, false},
	    {"a BLOB among others", MS_BLOCK_META, MS_BLOB, 0, 0, 0, false},
	    {"a BLOB", MS_BLOCK_DATA, MS_BLOB, 0, 0, 0, true},
	    {"another record among BLOBs", MS_BLOCK_DATA, MS_EVENT, 0, 0, 0,
		false},
	    {"a stub", MS_BLOCK_META, MS_EVENT, MS_RECORD_STUB, -568, 568,
		true},
	    {"a long stub", MS_BLOCK_META, MS_EVENT, MS_RECORD_STUB, -567, 567,
		false},
	    {"a short stub", MS_BLOCK_META, MS_EVENT, MS_RECORD_STUB, -569, 569,
		false},
	    {"an unknown type", MS_BLOCK_META, 77, 0, 0, 0, true},
	};
	unsigned char text[600], *table;
	struct ms_block got = {0};
	struct ms_err err;
	size_t i;

	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct ms_block_builder b = {.kind = rows[i].kind};
		struct ms_block_image image = {0};

		for (int k = 0; k < 2; k++) {
			ms_random(text, sizeof(text));
			add(&b,
			    rows[i].kind == MS_BLOCK_DATA ? MS_BLOB : MS_EVENT,
			    (struct ms_slice){text, sizeof(text)});
		}
		finish(&b, &image);
		ms_block_seal(&image, 1, key);
		ms_block_clear(&got);
		ms_block_header_parse(&got.header, image.bytes.p, key, NULL);
		ms_buf_add(&got.stored, image.bytes.p + MS_BLOCK_HEADER,
		    image.bytes.n - MS_BLOCK_HEADER);
		table = got.stored.p + got.stored.n - 1200 - 16;
		table[0] = rows[i].type;
		table[1] = rows[i].flags;
		ms_put_le32(table + 4, (uint32_t)(600 + rows[i].one));
		ms_put_le32(table + 12, (uint32_t)(600 + rows[i].other));
		err = (struct ms_err){0};
		ok(got.header.codec == 0 && ms_block_views(&got, NULL) == 0 &&
			(ms_block_open(&got, &err) == 0) == rows[i].good &&
			err.code == (rows[i].good ? MS_OK : MS_DATA),
		    "a table: %s: %s", rows[i].name, err.msg);
		ms_block_image_release(&image);
	}
	ms_block_release(&got);
}

/* Stored bytes of a block of `count` records whose table has one row, for a
 * content of n zeros. */
static int
open_table(struct ms_block *b, uint32_t count, size_t n, struct ms_err *err)
{
	size_t prefix = (size_t)count * MS_SALT_LEN, payload = 8 + n;

	ms_block_clear(b);
	b->header = (struct ms_block_header){.kind = MS_BLOCK_META,
	    .count = count,
	    .payload = (uint32_t)payload,
	    .stored = (uint32_t)(prefix + payload)};
	memset(ms_buf_room(&b->stored, b->header.stored), 0, b->header.stored);
	b->stored.n = b->header.stored;
	b->stored.p[prefix] = MS_EVENT;
	ms_put_le32(b->stored.p + prefix + 4, (uint32_t)n);
	*err = (struct ms_err){0};
	return ms_block_views(b, err) < 0 ? -2 : ms_block_open(b, err);
}

/* The longest record; a table that is longer than the payload. */
static void
long_tables(void)
{
	struct ms_block b = {0};
	struct ms_record rec;
	struct ms_err err;

	ok(open_table(&b, 1, MS_RECORD_MAX, &err) == 0 && b.open,
	    "a record of 8 MiB is accepted: %s", err.msg);
	ms_block_clear(&b);
	ok(!b.open && b.stored.n == 0 && b.payload.n == 0,
	    "a block is emptied");
	ok(open_table(&b, 1, MS_RECORD_MAX + 1, &err) == -1 &&
		err.code == MS_DATA,
	    "a longer record is refused: %s", err.msg);
	ok(open_table(&b, 2, 0, &err) == -1 && err.code == MS_DATA && !b.open,
	    "a table of one row for two records is refused: %s", err.msg);
	/* A block that could not be opened is opened when it is mended. */
	ok(open_table(&b, 1, 5, &err) == 0, "a block");
	b.open = false;
	b.stored.p[MS_SALT_LEN + 4]++;
	ok(ms_block_open(&b, &err) == -1 && !b.open, "a wrong length");
	b.stored.p[MS_SALT_LEN + 4]--;
	ok(ms_block_open(&b, &err) == 0 && b.payload.n == 8 + 5,
	    "the right length: the payload is there once");
	ms_block_record(&b, 0, &rec);
	ok(rec.type == MS_EVENT && rec.content.n == 5, "and its record");
	ms_block_release(&b);
}

/* Bytes are stored as they are until a frame is smaller, not only as large. */
static void
just_smaller(void)
{
	unsigned char text[400];
	struct ms_block_image image = {0};
	size_t i, bad = 0, compressed = 0, n;

	ms_random(text, sizeof(text));
	memset(text + 100, 'a', 300);
	for (i = 100; i <= sizeof(text); i++) {
		struct ms_block_builder b = {.kind = MS_BLOCK_META};

		add(&b, MS_EVENT, (struct ms_slice){text, i});
		finish(&b, &image); /* into the same image */
		n = image.header.stored - MS_SALT_LEN;
		compressed += image.header.codec;
		bad += image.header.codec == 0 ? n != 8 + i : n >= 8 + i;
		bad += image.bytes.n != MS_BLOCK_HEADER + MS_SALT_LEN + n ||
		       image.leaves.n != MS_SHA_LEN;
	}
	ok(bad == 0 && compressed > 200 && compressed < 301,
	    "a frame is used if it is smaller (%zu of 301)", compressed);
	ms_block_image_release(&image);
}

int
main(void)
{
	round_trip(MS_BLOCK_META, MS_OCCURRENCE);
	round_trip(MS_BLOCK_DATA, MS_BLOB);
	altered();
	carried(MS_BLOCK_META, MS_EVENT);
	carried(MS_BLOCK_DATA, MS_BLOB);
	sizes();
	limits();
	runs();
	salts();
	again();
	lengths();
	tables();
	long_tables();
	just_smaller();
	ms_block_compressor_free(NULL);
	return done();
}
