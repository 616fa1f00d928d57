/*
 * block.c - fuzzes blocks and records of any content with valid checksums, as
 * in an archive that another program has made.
 */
#include "fuzz.h"
#include "block.h"
#include "event.h"
#include "le.h"
#include "recipe.h"

#include <string.h>

/*
 * kind, codec, flags, runs; u16 count; u32 payload; then the stored bytes:
 * salts, table, contents.
 */
const struct fuzz_seed fuzz_seeds[] = {
    SEED("\2\0\0\0\1\0\22\0\0\0saltsaltsaltsalt\6\0\0\0\12\0\0\0{\"event\":1"),
    SEED("\2\0\2\0\1\0\50\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0"
	 "\3\1\0\0\40\0\0\0leafleafleafleafleafleafleafleaf"),
    SEED("\1\0\0\0\1\0\14\0\0\0digestdigestdigestdigestdigestdisalt"
	 "saltsaltsalt\1\0\0\0\4\0\0\0blob"),
    SEED("\2\0\0\2\2\0\20\0\0\0\7\0\0\0\0\0\0\0\1\0\0\0\0\0\0\0"
	 "\11\0\0\0\0\0\0\0\1\0\0\0\0\0\0\0salt1234salt5678salt1234"
	 "salt5678\10\0\0\0\0\0\0\0\11\0\0\0\0\0\0\0"),
    SEED("\3\0\0\0\0\0\100\0\0\0row4567812345678row4567812345678row4567812"
	 "345678row4567812345678"),
    SEED("\2\0\0\0\1\0\140\0\0\0saltsaltsaltsalt\7\0\0\0\130\0\0\0\1\0\0\0"
	 "\0\0\0\0\1\0\0\0\1\0\0\0rootrootrootrootrootrootrootrootchaichai"
	 "chaichaichaichaichaichai\0\0\0\0\0\0\0\0"),
    SEEDS_END};

static void
read_recipe(struct ms_slice content)
{
	struct ms_recipe_walk walk = {0};
	struct ms_recipe r;
	struct ms_item item;
	uint32_t items = 0;

	if (ms_recipe_parse(&r, content, NULL) < 0)
		return;
	while (ms_recipe_next(&r, &walk, &item) == 1)
		items++;
	require(items == r.items);
}

static void
read_event(struct ms_slice content)
{
	struct ms_event ev = {0};

	ms_event_parse(&ev, content, NULL);
	ms_event_release(&ev);
}

static void
read_record(const struct ms_record *rec)
{
	struct ms_occurrence o;
	struct ms_commit c;
	struct ms_receipt receipt;
	struct ms_place pl;

	if (rec->stub) {
		require(rec->content.n == MS_SHA_LEN);
		return;
	}
	switch (rec->type) {
	case MS_MESSAGE:
		read_recipe(rec->content);
		break;
	case MS_OCCURRENCE:
		if (ms_occurrence_parse(&o, rec->content, NULL) == 0)
			require(o.form <= 2 && o.flags.n <= MS_FIELD_MAX);
		break;
	case MS_RECEIPT:
		if (ms_receipt_parse(&receipt, rec->content, NULL) == 0)
			require(
			    receipt.count > 0 &&
			    receipt.occurrences.n == (size_t)receipt.count * 8);
		break;
	case MS_PLACE:
		ms_place_parse(&pl, rec->content, NULL);
		break;
	case MS_EVENT:
		read_event(rec->content);
		break;
	case MS_COMMIT:
		ms_commit_parse(&c, rec->content, NULL);
		break;
	default:
		break;
	}
}

/* The records fill the payload, and their numbers ascend. */
static void
read_block(struct ms_block *b)
{
	unsigned char leaf[MS_SHA_LEN];
	struct ms_record rec;
	uint64_t number, last = 0;
	size_t sum = 0;
	uint32_t i;

	for (i = 0; i < b->header.count; i++) {
		number = ms_block_number(b, i);
		require(i == 0 ? number == b->header.first : number > last);
		last = number;
		ms_block_record(b, i, &rec);
		sum += rec.content.n;
		ms_block_leaf(b, i, leaf);
		read_record(&rec);
	}
	require(sum + 8 * (size_t)b->header.count <= b->payload.n);
}

int
LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
	static const unsigned char key[MS_KEY_LEN] = "the id of a pack";
	unsigned char raw[MS_BLOCK_HEADER], digest[MS_SHA_LEN];
	struct ms_block_header h = {.first = 7};
	struct ms_block b = {0};

	if (n < 10)
		return 0;
	h.kind = p[0];
	h.codec = p[1];
	h.flags = p[2];
	h.runs = p[3];
	h.count = ms_le16(p + 4);
	h.payload = ms_le32(p + 6);
	p += 10;
	n -= 10;
	h.stored = (uint32_t)n;
	ms_sha256(p, n, digest);
	ms_keyed_check(key, digest, h.check);
	ms_block_header_write(&h, key, raw);
	if (ms_block_header_parse(&b.header, raw, key, NULL) == 0) {
		ms_buf_add(&b.stored, p, n);
		require(ms_block_verify(&b, key, NULL) == 0);
		if (ms_block_views(&b, NULL) == 0 &&
		    ms_block_open(&b, NULL) == 0)
			read_block(&b);
	}
	ms_block_release(&b);
	return 0;
}
