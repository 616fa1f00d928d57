/* block.c - blocks are built, sealed and read; any change is found. */
#include "block.h"

#include <stdlib.h>
#include <string.h>

#include "le.h"
#include "tap.h"

static const unsigned char key[MS_KEY_LEN] = "the id of a pack";

static struct ms_slice
str(const char *s)
{
	return (struct ms_slice){(const unsigned char *)s, strlen(s)};
}

static void
add(struct ms_block_builder *b, uint8_t type, struct ms_slice content)
{
	unsigned char digest[MS_SHA_LEN];

	ms_sha256(content.p, content.n, digest);
	ms_block_add(b, type, content, digest);
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
		add(&b, type, str(texts[i]));
	ok(ms_block_size(&b) == 4 * 8 + 3 + 5 + 1, "the size of the payload");
	finish(&b, &image);
	ms_block_seal(&image, 100, key);
	ok(read_back(&got, image.bytes.p, image.bytes.n) == 0,
	    "kind %d: a block is read back", (int)kind);
	ok(got.header.first == 100 && got.header.count == 4 &&
		got.header.kind == kind && got.header.runs == 0,
	    "with its header");
	for (i = 0; i < 4; i++) {
		ms_block_record(&got, i, &rec);
		ms_block_leaf(&got, i, leaf);
		bad += rec.type != type || rec.stub ||
		       !ms_slice_eq(rec.content, str(texts[i])) ||
		       ms_block_number(&got, i) != 100 + i ||
		       memcmp(leaf, image.leaves.p + (size_t)i * MS_SHA_LEN,
			   sizeof(leaf)) != 0;
	}
	ok(bad == 0, "and its records, numbers and leaves");
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
	ok(bad == 0, "so is any cut");
	ok(ms_block_header_parse(&got.header, image.bytes.p, other, NULL) < 0,
	    "under the key of another pack it is not a block");
	ok(read_back(&got, image.bytes.p, image.bytes.n) == 0,
	    "unchanged, it passes the checks");
	ms_block_image_release(&image);
	ms_block_release(&got);
}

/* Numbers with gaps, and a stub between them. */
static void
carried(void)
{
	static const uint64_t numbers[] = {5, 6, 9, 20, 21, 22};
	struct ms_block_builder b = {.kind = MS_BLOCK_META};
	struct ms_block_image image = {0};
	unsigned char salt[MS_SALT_LEN] = "salt", digest[MS_SHA_LEN] = "d";
	unsigned char gone[MS_SHA_LEN] = "leaf of what is gone", leaf[32];
	struct ms_block got = {0};
	struct ms_record rec;
	size_t i, bad = 0;

	for (i = 0; i < 6; i++) {
		rec =
		    (struct ms_record){.type = MS_EVENT, .content = str("{}")};
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
	    "three runs, one stub");
	for (i = 0; i < 6; i++) {
		ms_block_record(&got, (uint32_t)i, &rec);
		bad += ms_block_number(&got, (uint32_t)i) != numbers[i] ||
		       rec.stub != (i == 2);
	}
	ms_block_leaf(&got, 2, leaf);
	ok(bad == 0 && memcmp(leaf, gone, sizeof(leaf)) == 0,
	    "their numbers, and the leaf of the stub");
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
	    "unchanged");
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

int
main(void)
{
	round_trip(MS_BLOCK_META, MS_OCCURRENCE);
	round_trip(MS_BLOCK_DATA, MS_BLOB);
	altered();
	carried();
	sizes();
	limits();
	return done();
}
